/* What differs between two plans, in words. */
#include "core/base/str.h"
#include "core/session/plan_difference.h"
#include "tests/unit/cmocka_all.h"

#define HEAD "flowlaw.plan/1\nzone UTC\nevidence 5\nown addresses not read\n"
#define TABLE(where, key, pane, measure, of)                                                                           \
    "table 0\n  where " where "\n  lines with data\n  group_by " key "\n  panes " pane "\n  measure " measure "\n" of

static void check(const char *a, const char *b, const char *expected)
{
    struct fl_buf out;
    fl_buf_init(&out);
    fl_plan_difference("a.part", a, "b.part", b, &out);
    fl_buf_add_char(&out, '\0');
    assert_string_equal(out.data, expected);
    fl_buf_dispose(&out);
}

static void test_plan_difference__keys_of_a_rule(void **state)
{
    (void)state;
    const char *a = HEAD TABLE("(x == 1)", "client", "60", "count 0", "  of scan/a 0\n");
    check(a, HEAD TABLE("(x == 2)", "client", "60", "count 0", "  of scan/a 0\n"), "rule scan/a (where)");
    check(a, HEAD TABLE("(x == 2)", "server", "61", "sum 0 bytes", "  of scan/a 0\n"),
          "rule scan/a (where, group_by, window, measure)");
    check(a, HEAD TABLE("(x == 1)", "client", "60", "count 0\n  measure count 1", "  of scan/a 0\n"),
          "rule scan/a (measure)");
    check(a, HEAD TABLE("(x == 1)", "client", "60", "count 0", "  requires 12\n  of scan/a 0\n"),
          "rule scan/a (a module it requires)");
}

static void test_plan_difference__rules_of_one_only(void **state)
{
    (void)state;
    const char *two = HEAD TABLE("a", "client", "60", "count 0", "  of scan/a 0\n  of scan/b 0\n");
    const char *one = HEAD TABLE("a", "client", "60", "count 0", "  of scan/a 0\n");
    check(two, one, "rule scan/b (only in a.part)");
    check(one, two, "rule scan/b (only in b.part)");
    check(HEAD,
          HEAD TABLE("a", "client", "60", "count 0", "  of db 1\n")
              TABLE("b", "server", "0", "count 0", "  of db#permitted 4\n"),
          "intent db (only in b.part)");
    check(two, HEAD TABLE("a", "client", "60", "count 0", "  of scan/b 0\n  of scan/a 0\n"),
          "the order of rules and intents");
}

static void test_plan_difference__policy(void **state)
{
    (void)state;
    check("flowlaw.plan/1\nzone UTC\nnetwork ours 10.0.0.0/8\nservice web 1..2\n",
          "flowlaw.plan/1\nzone Europe/Berlin\nnetwork ours 10.0.0.0/9\nnetwork db 10.1.0.0/16\nscope x\nzo x\n",
          "timezone; network ours; service web (only in a.part); scope (only in b.part); zo (only in b.part)");
    check("flowlaw.plan/1\nevidence 5\n", "flowlaw.plan/2\nevidence 5\n", "the version of flowlaw");
    check("a 1\nb 1\nc 1\nd 1\ne 1\nf 1\ng 1\nh 1\n", "a 2\nb 2\nc 2\nd 2\ne 2\nf 2\ng 2\nh 2\n",
          "a; b; c; d; e; f and 2 more");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plan_difference__keys_of_a_rule),
        cmocka_unit_test(test_plan_difference__rules_of_one_only),
        cmocka_unit_test(test_plan_difference__policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
