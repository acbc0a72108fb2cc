/* Policies as trees: what is read, what is refused, and the place that an error names. */
#include <stdio.h>
#include <stdlib.h>

#include "core/text/yaml.h"
#include "tests/unit/cmocka_all.h"

static struct fl_yaml_doc doc;
static struct fl_error err;

static const struct fl_yaml_node *parse(const char *text)
{
    memset(&err, 0, sizeof err);
    if (fl_yaml_parse(fl_str_of(text), "p.yaml", &doc, &err) != FL_OK)
        fail_msg("%u:%u %s", err.line, err.column, err.text);
    return doc.root;
}

static void assert_refused(struct fl_str text, enum fl_status code, uint32_t line, uint32_t column, const char *part)
{
    memset(&err, 0, sizeof err);
    if (fl_yaml_parse(text, "p.yaml", &doc, &err) != code || err.code != code)
        fail_msg("%.*s: status %d %s", (int)text.len, text.ptr, err.code, err.text);
    if (strstr(err.text, part) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", err.text, part);
    if (err.line != line || err.column != column)
        fail_msg("%s at %u:%u, not %u:%u", err.text, err.line, err.column, line, column);
    assert_string_equal(err.file, "p.yaml");
    fl_yaml_dispose(&doc);
}

static void assert_scalar(const struct fl_yaml_node *node, const char *text, bool quoted, uint32_t line,
                          uint32_t column)
{
    assert_non_null(node);
    assert_int_equal(node->kind, FL_YAML_SCALAR);
    assert_true(fl_str_is(node->text, text));
    assert_int_equal(node->quoted, quoted);
    assert_int_equal(node->line, line);
    assert_int_equal(node->column, column);
}

static void test_yaml__tree_with_places(void **state)
{
    const struct fl_yaml_node *root = parse("# comment\nname: prod\nlist: [1, \"2\", 'x y']\nmap:\n  k: v\nempty:\n"
                                            "text: |\n  a\n  b\n"), *node;
    (void)state;
    assert_int_equal(root->kind, FL_YAML_MAP);
    assert_int_equal(root->count, 5);
    assert_scalar(fl_yaml_get(root, "name"), "prod", false, 2, 7);
    node = fl_yaml_get(root, "list");
    assert_int_equal(node->kind, FL_YAML_LIST);
    assert_int_equal(node->count, 3);
    assert_scalar(node->items[0], "1", false, 3, 8);
    assert_scalar(node->items[1], "2", true, 3, 11);
    assert_scalar(node->items[2], "x y", true, 3, 16);
    assert_scalar(fl_yaml_get(fl_yaml_get(root, "map"), "k"), "v", false, 5, 6);
    assert_scalar(root->keys[3], "empty", false, 6, 1);
    assert_true(fl_str_is(fl_yaml_get(root, "empty")->text, ""));
    assert_true(fl_str_is(fl_yaml_get(root, "text")->text, "a\nb\n"));
    assert_null(fl_yaml_get(root, "nam"));
    assert_null(fl_yaml_get(fl_yaml_get(root, "name"), "k")); /* a scalar has no keys */
    assert_null(fl_yaml_get(NULL, "k"));
    fl_yaml_dispose(&doc);
}

static void test_yaml__nothing_is_an_empty_map(void **state)
{
    static const char *const texts[] = {"", "\n\n", "# only a comment\n", "---\n...\n"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const struct fl_yaml_node *root = parse(texts[i]);
        assert_int_equal(root->kind, FL_YAML_MAP);
        assert_int_equal(root->count, 0);
        fl_yaml_dispose(&doc);
    }
    assert_true(fl_str_is(parse(texts[3])->text, "")); /* an explicit document holds an empty value */
    fl_yaml_dispose(&doc);
}

static void test_yaml__byte_order_mark_and_line_ends(void **state)
{
    const struct fl_yaml_node *root = parse("\xef\xbb\xbfname: prod\r\nzone: \"\xc3\xa9\"\r\n");
    (void)state;
    assert_true(fl_str_is(fl_yaml_get(root, "name")->text, "prod"));
    assert_true(fl_str_is(fl_yaml_get(root, "zone")->text, "\xc3\xa9"));
    fl_yaml_dispose(&doc);
}

static void test_yaml__anchors_aliases_and_tags(void **state)
{
    (void)state;
    assert_refused(FL_STR("a: &x 1\nb: 2\n"), FL_E_SYNTAX, 1, 4, "anchors and aliases");
    assert_refused(FL_STR("b: 2\na: [1, *x]\n"), FL_E_SYNTAX, 2, 8, "anchors and aliases");
    assert_refused(FL_STR("*x\n"), FL_E_SYNTAX, 1, 1, "anchors and aliases");
    assert_refused(FL_STR("a:\n  <<: *x\n"), FL_E_SYNTAX, 2, 7, "anchors and aliases");
    assert_refused(FL_STR("a: &x {b: 1}\n"), FL_E_SYNTAX, 1, 4, "anchors and aliases");
    assert_refused(FL_STR("a: &x [b]\n"), FL_E_SYNTAX, 1, 4, "anchors and aliases");
    assert_refused(FL_STR("&k a: 1\n"), FL_E_SYNTAX, 1, 1, "anchors and aliases");
    assert_refused(FL_STR("a: !!str 1\n"), FL_E_SYNTAX, 1, 4, "tags");
    assert_refused(FL_STR("a: !x [1]\n"), FL_E_SYNTAX, 1, 4, "tags");
    assert_refused(FL_STR("a: ! 1\n"), FL_E_SYNTAX, 1, 4, "tags");
}

/* Each of so many keys, once more behind them: the place of the first is told. */
static void test_yaml__many_keys(void **state)
{
    char text[2048], expected[64];
    (void)state;
    for (unsigned again = 0; again <= 100; again++) {
        size_t len = 0;
        for (unsigned k = 0; k < 100; k++)
            len += (size_t)snprintf(text + len, sizeof text - len, "key%u: 1\n", k);
        snprintf(text + len, sizeof text - len, "key%u: 2\n", again);
        if (again == 100) {
            parse(text);
            assert_int_equal(doc.root->count, 101);
            fl_yaml_dispose(&doc);
            continue;
        }
        snprintf(expected, sizeof expected, "\"key%u\" stands twice; first in line %u", again, again + 1);
        assert_refused(fl_str_of(text), FL_E_SYNTAX, 101, 1, expected);
    }
}

static void test_yaml__keys(void **state)
{
    (void)state;
    assert_refused(FL_STR("a: 1\nb: 2\n\"a\": 3\n"), FL_E_SYNTAX, 3, 1, "\"a\" stands twice; first in line 1");
    assert_string_equal(err.source_line, "\"a\": 3");
    assert_refused(FL_STR("x: {a: 1, a: 2}\n"), FL_E_SYNTAX, 1, 11, "stands twice");
    assert_refused(FL_STR("? [a]\n: 1\n"), FL_E_SYNTAX, 1, 3, "plain text");
    assert_refused(FL_STR("? {a: 1}\n: 1\n"), FL_E_SYNTAX, 1, 3, "plain text");
    parse("a: {b: 1}\nc: {b: 2}\n"); /* equal keys of different maps are fine */
    fl_yaml_dispose(&doc);
}

static void test_yaml__malformed(void **state)
{
    (void)state;
    assert_refused(FL_STR("a: [1, 2\nb: 3\n"), FL_E_SYNTAX, 2, 2, "no well-formed YAML");
    assert_refused(FL_STR("a: \"open\n"), FL_E_SYNTAX, 2, 1, "no well-formed YAML");
    assert_refused(FL_STR("a:\n\t- 1\n"), FL_E_SYNTAX, 2, 1, "no well-formed YAML");
    assert_refused(FL_STR("a: 1\n---\nb: 2\n"), FL_E_SYNTAX, 2, 1, "only one document");
    assert_refused(FL_STR("a: \"\\0\"\n"), FL_E_SYNTAX, 1, 4, "NUL");
    assert_refused(FL_STR("a: caf\xe9\n"), FL_E_SYNTAX, 0, 0, "UTF-8");
    assert_refused((struct fl_str){"a: 1\0b: 2\n", 10}, FL_E_SYNTAX, 1, 5, "control characters");
    assert_refused(FL_STR("a: 1\nb: \"\xc3\xa9\x01\"\n"), FL_E_SYNTAX, 2, 6, "control characters");
}

static char *nested(unsigned depth)
{
    char *text = malloc(2 * depth + 1);
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    text[2 * depth] = '\0';
    return text;
}

static void test_yaml__depth(void **state)
{
    char *fine = nested(65), *deep = nested(66), *very_deep = nested(100000);
    (void)state;
    parse(fine);
    fl_yaml_dispose(&doc);
    assert_refused(fl_str_of(deep), FL_E_LIMIT, 1, 66, "nested too deeply");
    assert_refused(fl_str_of(very_deep), FL_E_LIMIT, 1, 66, "nested too deeply");
    free(fine);
    free(deep);
    free(very_deep);
}

static void test_yaml__fail_shows_the_line(void **state)
{
    const struct fl_yaml_node *root = parse("a: 1\n  \nb:   [2, 3]\r\n");
    char wide[1000];
    (void)state;
    enum fl_status status = fl_yaml_fail(&doc, fl_yaml_get(root, "b")->items[1], &err, FL_E_VALUE, "%d is odd", 3);
    assert_int_equal(status, FL_E_VALUE);
    assert_int_equal(err.line, 3);
    assert_int_equal(err.column, 10);
    assert_string_equal(err.text, "3 is odd");
    assert_string_equal(err.source_line, "b:   [2, 3]");
    assert_int_equal(fl_yaml_fail(&doc, NULL, &err, FL_E_VALUE, "no place"), FL_E_VALUE);
    assert_int_equal(err.line, 0);
    assert_int_equal(fl_yaml_fail(&doc, root, NULL, FL_E_VALUE, "nobody listens"), FL_E_VALUE);
    fl_yaml_dispose(&doc);
    memset(wide, 'w', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    root = parse(wide);
    fl_yaml_fail(&doc, root, &err, FL_E_VALUE, "wide");
    assert_true(strlen(err.source_line) < sizeof err.source_line); /* what stands around the column */
    fl_yaml_dispose(&doc);
}

static void assert_line(const char *text, uint32_t line, const char *expected)
{
    assert_true(fl_str_is(fl_text_line(fl_str_of(text), line), expected));
}

static void test_yaml__text_line(void **state)
{
    (void)state;
    assert_line("a\nb\r\n\nd", 1, "a");
    assert_line("a\nb\r\n\nd", 2, "b");
    assert_line("a\nb\r\n\nd", 3, "");
    assert_line("a\nb\r\n\nd", 4, "d");
    assert_line("a\nb\r\n\nd", 5, "");
    assert_line("", 1, "");
    assert_line("\n", 2, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_yaml__many_keys),
        cmocka_unit_test(test_yaml__tree_with_places),
        cmocka_unit_test(test_yaml__nothing_is_an_empty_map),
        cmocka_unit_test(test_yaml__byte_order_mark_and_line_ends),
        cmocka_unit_test(test_yaml__anchors_aliases_and_tags),
        cmocka_unit_test(test_yaml__keys),
        cmocka_unit_test(test_yaml__malformed),
        cmocka_unit_test(test_yaml__depth),
        cmocka_unit_test(test_yaml__fail_shows_the_line),
        cmocka_unit_test(test_yaml__text_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
