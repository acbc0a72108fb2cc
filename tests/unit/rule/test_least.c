/* How many records a group needs before `having` can be true. That small groups are rightly passed over shows the
 * golden case small_groups. */
#include "core/rule/compile.h"
#include "tests/unit/expr/rows.h"

static struct fl_policy policy;

static int setup(void **state)
{
    (void)state;
    static struct fl_error_list errors;
    return fl_policy_parse(fl_str_of("version: 1\nname: t\n"), "p", ".", &policy, &errors) == FL_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    fl_policy_dispose(&policy);
    return 0;
}

static uint64_t least(const char *having)
{
    static const char *keys[] = {"srcaddr"};
    static struct fl_measure_decl measures[] = {{.name = "ports", .kind = "distinct", .field = "dstport"},
                                                {.name = "hosts", .kind = "distinct", .field = "dstaddr"},
                                                {.name = "run", .kind = "longest_run", .field = "dstport"},
                                                {.name = "refused", .kind = "count", .filter = "rejected"},
                                                {.name = "sent", .kind = "sum", .field = "bytes"},
                                                {.name = "h", .kind = "hours"},
                                                {.name = "i", .kind = "intervals"}};
    struct fl_rule_decl decl = {.id = "r",
                                .base_id = "r",
                                .title = "R",
                                .file = "r.lua",
                                .severity = FL_SEV_LOW,
                                .group_by = {keys, 1},
                                .measures = measures,
                                .measure_count = sizeof measures / sizeof measures[0],
                                .having = having,
                                .source = UINT32_MAX};
    const struct fl_rule_decl *decls = &decl;
    struct fl_error_list errors = {0};
    struct fl_plan plan;
    if (fl_plan_build(&plan, &policy, &decls, 1, &errors) != FL_OK)
        fail_msg("%s", errors.items[0].text);
    uint64_t result = fl_plan_rule_least_records(&plan.rules[0]);
    fl_plan_dispose(&plan);
    fl_error_list_dispose(&errors);
    return result;
}

static void test_least__what_counts_records_takes_as_many(void **state)
{
    (void)state;
    assert_int_equal(least("ports >= 50"), 50);
    assert_int_equal(least("run > 7"), 8);
    assert_int_equal(least("refused == 3"), 3);
    assert_int_equal(least("5 < flows"), 6);
    assert_int_equal(least("h.active >= 4"), 4);
    assert_int_equal(least("i.count >= 6"), 6);
}

static void test_least__conditions_are_weighed(void **state)
{
    (void)state;
    assert_int_equal(least("ports >= 50 and refused >= 3"), 50);
    assert_int_equal(least("ports >= 50 or refused >= 3"), 3);
    assert_int_equal(least("ports >= 50 or sent >= 1G"), 0);
    assert_int_equal(least("ports >= 9 and (sent >= 1G or run >= 4)"), 9);
}

static void test_least__what_tells_nothing_is_nothing(void **state)
{
    (void)state;
    assert_int_equal(least("sent >= 1000"), 0);
    assert_int_equal(least("ports <= 50"), 0);
    assert_int_equal(least("ports != 50"), 0);
    assert_int_equal(least("not (ports >= 50)"), 0);
    assert_int_equal(least("h.quiet >= 8"), 0);
    assert_int_equal(least("ports * 2 >= 50"), 0);
    assert_int_equal(least("srcaddr is null"), 0);
}

static void test_least__an_estimate_takes_no_more_than_is_exact(void **state)
{
    (void)state;
    assert_int_equal(least("hosts >= 4000"), 4000);
    assert_int_equal(least("refused >= 5000"), 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_least__what_counts_records_takes_as_many),
        cmocka_unit_test(test_least__conditions_are_weighed),
        cmocka_unit_test(test_least__what_tells_nothing_is_nothing),
        cmocka_unit_test(test_least__an_estimate_takes_no_more_than_is_exact),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
