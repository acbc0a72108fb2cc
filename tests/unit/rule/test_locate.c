/* Places of errors: from a place inside a rule's text to one in its Lua file. */
#include <string.h>

#include "core/rule/locate.h"
#include "tests/unit/cmocka_all.h"

static struct fl_error located(const char *file, uint32_t rule_line, struct fl_rule_spot spot, uint32_t line,
                               uint32_t column)
{
    struct fl_error err;
    fl_fail(&err, FL_E_NAME, "x");
    fl_error_at(&err, "r.lua", line, column);
    if (column > 0)
        strcpy(err.source_line, "its own line");
    fl_rule_locate(fl_str_of(file), rule_line, &spot, &err);
    return err;
}

static void is_at(struct fl_error err, uint32_t line, uint32_t column, const char *shown)
{
    assert_int_equal(err.line, line);
    assert_int_equal(err.column, column);
    assert_string_equal(err.source_line, shown);
}

static void test_locate__a_text_of_one_line(void **state)
{
    (void)state;
    const char *file = "-- where = \"a and b\"\nrule {\n  title = \"a and b\",\n  where = \"a and b\",\n}\n";
    struct fl_rule_spot where = {"where", NULL, "a and b"};
    is_at(located(file, 2, where, 1, 7), 4, 18, "  where = \"a and b\",");
    is_at(located(file, 2, where, 0, 0), 4, 12, "  where = \"a and b\",");
    is_at(located("rule{where='a'}", 1, (struct fl_rule_spot){"where", NULL, "a"}, 1, 1), 1, 13, "rule{where='a'}");
}

static void test_locate__long_brackets_count_their_own_lines(void **state)
{
    (void)state;
    const char *file = "rule {\n  where = [==[\n  a ]] and\n    b]==],\n}\n";
    struct fl_rule_spot where = {"where", NULL, "  a ]] and\n    b"};
    is_at(located(file, 1, where, 1, 3), 3, 3, "  a ]] and");
    is_at(located(file, 1, where, 2, 5), 4, 5, "    b]==],");
    is_at(located(file, 1, where, 2, 6), 4, 6, "    b]==],"); /* the end of the text */
    const char *dos = "rule {\r\n  where = [[\r\na\r\nb]],\r\n}\r\n";
    is_at(located(dos, 1, (struct fl_rule_spot){"where", NULL, "a\nb"}, 2, 1), 4, 1, "b]],");
}

static void test_locate__escapes_and_the_columns_behind_them(void **state)
{
    (void)state;
    const char *file = "rule {\n\twhere = \"a == \\\"x\\\" and b\\\n or \\z\n   c\",\n}\n";
    struct fl_rule_spot where = {"where", NULL, "a == \"x\" and b\n or c"};
    is_at(located(file, 1, where, 1, 6), 2, 16, " where = \"a == \\\"x\\\" and b\\"); /* the tab as one blank */
    is_at(located(file, 1, where, 1, 14), 2, 26, " where = \"a == \\\"x\\\" and b\\");
    is_at(located(file, 1, where, 2, 5), 4, 4, "   c\",");
}

static void test_locate__the_key_decides_between_equal_texts(void **state)
{
    (void)state;
    const char *file = "rule {\n"
                       "  where = \"x\",\n"
                       "  params = { n = network \"x\" },\n"
                       "  measure = { a = count \"x\", --[[ b = \"x\" ]]\n"
                       "              b = count(\"x\") },\n"
                       "  having = \"x\" }\n";
    is_at(located(file, 1, (struct fl_rule_spot){"params", "n", "x"}, 1, 1), 3, 27,
          "  params = { n = network \"x\" },");
    is_at(located(file, 1, (struct fl_rule_spot){"measure", "b", "x"}, 1, 1), 5, 26,
          "              b = count(\"x\") },");
    is_at(located(file, 1, (struct fl_rule_spot){"having", NULL, "x"}, 1, 1), 6, 13, "  having = \"x\" }");
}

static void test_locate__a_text_kept_in_a_variable(void **state)
{
    (void)state;
    const char *file = "local scans = \"a and b\"\nrule {\n  where = scans,\n}\n";
    is_at(located(file, 2, (struct fl_rule_spot){"where", NULL, "a and b"}, 1, 7), 1, 22, "local scans = \"a and b\"");
}

static void test_locate__a_text_put_together_keeps_its_own_line(void **state)
{
    (void)state;
    const char *file = "rule {\n  where = \"a\" .. \" and b\",\n}\n";
    is_at(located(file, 1, (struct fl_rule_spot){"where", NULL, "a and b"}, 1, 7), 2, 7, "its own line");
    is_at(located(file, 1, (struct fl_rule_spot){"where", NULL, "a and b"}, 0, 0), 2, 3,
          "  where = \"a\" .. \" and b\",");
    is_at(located(file, 1, (struct fl_rule_spot){"having", NULL, "b"}, 1, 1), 1, 1, "its own line");
    is_at(located("", 7, (struct fl_rule_spot){"where", NULL, "a"}, 1, 1), 7, 1, "its own line");
}

static void test_locate__a_key_is_one_of_the_table_itself(void **state)
{
    (void)state;
    const char *file = "rule {\n"
                       "  params = { window = number(5), n = number(window) },\n"
                       "  on_flow = function(f) if f.x then every, window = 1, { window = 2 } end end,\n"
                       "  window = 600, [\"every\"] = 5,\n"
                       "}\n"
                       "test \"x\" { every = 3 }\n";
    is_at(located(file, 1, (struct fl_rule_spot){"window", NULL, NULL}, 0, 0), 4, 3,
          "  window = 600, [\"every\"] = 5,");
    is_at(located(file, 1, (struct fl_rule_spot){"params", "n", NULL}, 0, 0), 2, 34,
          "  params = { window = number(5), n = number(window) },");
    is_at(located(file, 1, (struct fl_rule_spot){NULL, NULL, NULL}, 0, 0), 1, 1, "rule {");
    is_at(located(file, 1, (struct fl_rule_spot){"having", NULL, NULL}, 0, 0), 1, 1, "rule {");
    const char *apart = "local spec = {\n  having = 5 }\nrule(spec)\n";
    is_at(located(apart, 3, (struct fl_rule_spot){"having", NULL, NULL}, 0, 0), 2, 3, "  having = 5 }");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_locate__a_text_of_one_line),
        cmocka_unit_test(test_locate__long_brackets_count_their_own_lines),
        cmocka_unit_test(test_locate__escapes_and_the_columns_behind_them),
        cmocka_unit_test(test_locate__the_key_decides_between_equal_texts),
        cmocka_unit_test(test_locate__a_text_kept_in_a_variable),
        cmocka_unit_test(test_locate__a_text_put_together_keeps_its_own_line),
        cmocka_unit_test(test_locate__a_key_is_one_of_the_table_itself),
    };
    return cmocka_run_group_tests_name("locate", tests, NULL, NULL);
}
