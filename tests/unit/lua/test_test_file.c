/* test "name" { ... } blocks as data. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/lua/test_file.h"
#include "tests/unit/cmocka_all.h"

#define RULE "rule { title = 'x', severity = 'low', identity = { 'srcaddr' } }\n"

static enum fl_status load(const char *text, struct fl_lua_rules *rules, struct fl_rule_tests *tests,
                           struct fl_error_list *errors)
{
    char path[] = "/tmp/flowlaw-test-XXXXXX";
    struct fl_rule_decl *decl;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    enum fl_status status = fl_lua_rules_load_tests(rules, "r", path, NULL, &decl, tests, errors);
    unlink(path);
    return status;
}

static void test_test_file__copies_blocks(void **state)
{
    struct fl_lua_rules *rules = fl_lua_rules_new();
    struct fl_rule_tests tests = {0};
    struct fl_error_list errors = {0};
    (void)state;
    assert_int_equal(load(RULE "test 'a' {\n  flows = flows { from = '10.0.0.1', b = true, n = 7, f = 0.5 },\n"
                               "  expect = { {}, { x = 'y' } },\n}\n"
                               "for i = 1, 2 do test('b' .. i) { flows = file 'x.log' } end\n",
                          rules, &tests, &errors),
                     FL_OK);
    assert_int_equal(tests.count, 3);
    assert_string_equal(tests.items[0].name, "a");
    assert_string_equal(tests.items[2].name, "b2");
    assert_int_equal(tests.items[0].line, 2);
    const struct fl_datum *flows = fl_datum_get(tests.items[0].body, "flows");
    assert_int_equal(flows->kind, FL_DATUM_FLOWS);
    assert_int_equal(flows->line, 3);
    assert_int_equal(flows->member_count, 4);
    assert_true(fl_datum_get(flows, "b")->flag);
    assert_int_equal(fl_datum_get(flows, "n")->number, 7);
    assert_false(fl_datum_get(flows, "f")->whole);
    const struct fl_datum *expect = fl_datum_get(tests.items[0].body, "expect");
    assert_int_equal(expect->item_count, 2);
    assert_true(fl_str_is(fl_datum_get(expect->items[1], "x")->text, "y"));
    assert_int_equal(fl_datum_get(tests.items[1].body, "flows")->kind, FL_DATUM_FILE);
    fl_rule_tests_dispose(&tests);
    fl_error_list_dispose(&errors);
    fl_lua_rules_free(rules);
}

static void test_test_file__refuses(void **state)
{
    static const char *const cases[] = {
        RULE "test 'a' { f = function() end }\n",
        RULE "test 'a' { [1.5] = 2 }\n",
        RULE "test 'a' { 1, nil, 3, [9] = 1 }\n",
        RULE "test 'a' 'b'\n",
        RULE "test(7) {}\n",
        RULE "local t = {} t.t = t test 'a' { t = t }\n",
        RULE "while true do test 'a' {} end\n",
        RULE "flows 'x'\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fl_lua_rules *rules = fl_lua_rules_new();
        struct fl_rule_tests tests = {0};
        struct fl_error_list errors = {0};
        assert_int_not_equal(load(cases[i], rules, &tests, &errors), FL_OK);
        assert_int_equal(errors.count, 1);
        fl_rule_tests_dispose(&tests);
        fl_error_list_dispose(&errors);
        fl_lua_rules_free(rules);
    }
}

/* # of a table with gaps may be 2^62, for which there is no room. */
static void test_test_file__a_list_with_gaps_has_no_length(void **state)
{
    struct fl_lua_rules *rules = fl_lua_rules_new();
    struct fl_rule_tests tests = {0};
    struct fl_error_list errors = {0};
    (void)state;
    load(RULE "local t = {} for k = 62, 0, -1 do t[1 << k] = 1 end for i = 1, 36 do t[i] = 1 end test 'a' { t = t }\n",
         rules, &tests, &errors);
    assert_int_equal(errors.count, 1);
    assert_non_null(strstr(errors.items[0].text, "the budget is used up"));
    fl_rule_tests_dispose(&tests);
    fl_error_list_dispose(&errors);
    fl_lua_rules_free(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_test_file__copies_blocks),
        cmocka_unit_test(test_test_file__refuses),
        cmocka_unit_test(test_test_file__a_list_with_gaps_has_no_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
