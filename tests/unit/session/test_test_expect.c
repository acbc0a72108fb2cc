/* What tests of rules expect against what was found. */
#include "core/base/memory.h"
#include "core/session/test_bench.h"
#include "tests/unit/cmocka_all.h"

#define MEMBERS_MAX 4

struct entry {
    struct fl_datum datum, values[MEMBERS_MAX];
    const char *names[MEMBERS_MAX];
    const struct fl_datum *members[MEMBERS_MAX];
};

static void expect_text(struct entry *e, const char *name, const char *text)
{
    uint32_t i = e->datum.member_count++;
    e->datum.kind = FL_DATUM_TABLE;
    e->datum.names = e->names;
    e->datum.members = e->members;
    e->values[i] = (struct fl_datum){.kind = FL_DATUM_TEXT, .text = fl_str_of(text)};
    e->names[i] = name;
    e->members[i] = &e->values[i];
}

static struct fl_finding finding(enum fl_severity severity, const char *message)
{
    return (struct fl_finding){.rule = "r", .title = "t", .severity = severity, .message = message};
}

static bool compare(const struct fl_datum **entries, uint32_t entry_count, const struct fl_finding *findings,
                    uint32_t count, struct fl_buf *diff, uint32_t *errors)
{
    struct fl_datum expect = {.kind = FL_DATUM_TABLE, .items = entries, .item_count = entry_count};
    const struct fl_finding *list[8];
    struct fl_test_errors told = {.file = "r.lua", .line = 1};
    for (uint32_t i = 0; i < count; i++)
        list[i] = &findings[i];
    fl_buf_init(diff);
    bool same = fl_test_compare(&expect, list, count, diff, &told);
    *errors = told.list.count;
    fl_error_list_dispose(&told.list);
    return same;
}

/* The first entry fits both; it must leave to the second the only one that fits that. */
static void test_expect__loose_entries_give_way(void **state)
{
    struct entry loose = {0}, tight = {0}, tighter = {0};
    struct fl_finding findings[] = {finding(FL_SEV_LOW, "one"), finding(FL_SEV_LOW, "two"),
                                    finding(FL_SEV_LOW, "three")};
    struct fl_buf diff;
    uint32_t errors;
    (void)state;
    expect_text(&loose, "severity", "low");
    expect_text(&tight, "message", "t*");
    expect_text(&tighter, "message", "two");
    const struct fl_datum *entries[] = {&loose.datum, &tight.datum, &tighter.datum};
    assert_true(compare(entries, 3, findings, 3, &diff, &errors));
    assert_int_equal(diff.len, 0);
    fl_buf_dispose(&diff);
    assert_false(compare(entries, 2, findings, 3, &diff, &errors));
    fl_buf_dispose(&diff);
    expect_text(&loose, "message", "two");
    assert_false(compare(entries, 3, findings, 3, &diff, &errors));
    fl_buf_dispose(&diff);
}

static void test_expect__shows_the_nearest(void **state)
{
    struct entry e = {0};
    struct fl_finding findings[] = {finding(FL_SEV_HIGH, "far"), finding(FL_SEV_LOW, "near\x1b")};
    struct fl_buf diff;
    uint32_t errors;
    (void)state;
    expect_text(&e, "severity", "low");
    expect_text(&e, "message", "exact");
    const struct fl_datum *entries[] = {&e.datum};
    assert_false(compare(entries, 1, findings, 2, &diff, &errors));
    assert_non_null(strstr(diff.data, "the nearest is low near\\x1b"));
    assert_non_null(strstr(diff.data, "message: expected \"exact\", got \"near\\x1b\""));
    assert_null(strstr(diff.data, "severity: expected"));
    assert_non_null(strstr(diff.data, "not expected: high far"));
    fl_buf_dispose(&diff);
}

static void test_expect__nothing(void **state)
{
    struct fl_finding findings[] = {finding(FL_SEV_HIGH, "m")};
    struct fl_buf diff;
    uint32_t errors;
    (void)state;
    assert_true(compare(NULL, 0, findings, 0, &diff, &errors));
    fl_buf_dispose(&diff);
    assert_false(compare(NULL, 0, findings, 1, &diff, &errors));
    fl_buf_dispose(&diff);
}

static void test_expect__unknown_keys_are_mistakes(void **state)
{
    struct entry e = {0};
    struct fl_buf diff;
    uint32_t errors;
    (void)state;
    expect_text(&e, "mesage", "x");
    const struct fl_datum *entries[] = {&e.datum};
    assert_false(compare(entries, 1, NULL, 0, &diff, &errors));
    assert_int_equal(errors, 1);
    fl_buf_dispose(&diff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expect__loose_entries_give_way),
        cmocka_unit_test(test_expect__shows_the_nearest),
        cmocka_unit_test(test_expect__nothing),
        cmocka_unit_test(test_expect__unknown_keys_are_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
