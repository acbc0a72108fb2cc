/* Periods of expectations in zones whose clocks change. Expected instants were computed with Python's zoneinfo. */
#include <stdio.h>
#include <stdlib.h>

#include "core/engine/periods.h"
#include "tests/unit/cmocka_all.h"

#define HOUR_S 3600
#define DAY_S (24 * HOUR_S)

/* The periods from the one that holds first_s to the one that holds the second before the last edge have these edges. */
static void assert_periods(const char *name, int64_t every_s, int64_t first_s, const int64_t *edges_s, uint32_t count)
{
    struct fl_zone *zone;
    struct fl_periods periods;
    assert_int_equal(fl_zone_open(name, &zone, NULL), FL_OK);
    assert_int_equal(fl_periods_init(&periods, zone, every_s * 1000, first_s * 1000, (edges_s[count] - 1) * 1000), FL_OK);
    assert_int_equal(periods.count, count);
    for (uint32_t i = 0; i <= count; i++)
        assert_int_equal(periods.starts[i], edges_s[i] * 1000);
    fl_periods_dispose(&periods);
    fl_zone_close(zone);
}

static void test_periods__days_of_23_and_25_hours(void **state)
{
    (void)state;
    static const int64_t spring[] = {1774652400, 1774738800, 1774821600, 1774908000};
    assert_int_equal(spring[2] - spring[1], 23 * HOUR_S);
    assert_periods("Europe/Berlin", DAY_S, spring[0] + 1, spring, 3);
    static const int64_t autumn[] = {1792792800, 1792879200, 1792969200, 1793055600};
    assert_int_equal(autumn[2] - autumn[1], 25 * HOUR_S);
    assert_periods("Europe/Berlin", DAY_S, autumn[0], autumn, 3);
}

static void test_periods__steps_follow_the_local_clock(void **state)
{
    (void)state;
    static const int64_t spring[] = {1774738800, 1774756800, 1774778400};
    assert_periods("Europe/Berlin", 6 * HOUR_S, spring[0], spring, 2);
    static const int64_t no_two_o_clock[] = {1774738800, 1774749600};
    assert_periods("Europe/Berlin", 2 * HOUR_S, no_two_o_clock[0], no_two_o_clock, 1);
}

static void test_periods__an_hour_shown_twice(void **state)
{
    (void)state;
    static const int64_t hours[] = {1792882800, 1792886400, 1792890000, 1792893600};
    assert_periods("Europe/Berlin", HOUR_S, hours[0], hours, 3);
    static const int64_t two_hours[] = {1792879200, 1792886400, 1792897200};
    assert_periods("Europe/Berlin", 2 * HOUR_S, two_hours[0], two_hours, 2);
}

static void test_periods__weeks_begin_on_mondays(void **state)
{
    (void)state;
    static const int64_t weeks[] = {1774220400, 1774821600, 1775426400};
    assert_periods("Europe/Berlin", 7 * DAY_S, weeks[1] - 1, weeks, 2);
}

static void test_periods__a_zone_of_quarter_hours(void **state)
{
    (void)state;
    static const int64_t hours[] = {1767204900, 1767208500, 1767212100};
    assert_periods("Asia/Kathmandu", HOUR_S, hours[0] + 10, hours, 2);
}

static void test_periods__the_first_holds_the_first_instant(void **state)
{
    (void)state;
    static const int64_t hours[] = {5 * HOUR_S, 6 * HOUR_S, 7 * HOUR_S};
    assert_periods("UTC", HOUR_S, 5 * HOUR_S + 1799, hours, 2);
}

static void test_periods__find(void **state)
{
    (void)state;
    struct fl_periods periods;
    assert_int_equal(fl_periods_init(&periods, NULL, FL_MS_PER_DAY, FL_MS_PER_DAY, 4 * FL_MS_PER_DAY - 1), FL_OK);
    assert_int_equal(periods.count, 3);
    assert_int_equal(fl_periods_find(&periods, FL_MS_PER_DAY - 1), UINT32_MAX);
    assert_int_equal(fl_periods_find(&periods, FL_MS_PER_DAY), 0);
    assert_int_equal(fl_periods_find(&periods, 2 * FL_MS_PER_DAY - 1), 0);
    assert_int_equal(fl_periods_find(&periods, 2 * FL_MS_PER_DAY), 1);
    assert_int_equal(fl_periods_find(&periods, 4 * FL_MS_PER_DAY - 1), 2);
    assert_int_equal(fl_periods_find(&periods, 4 * FL_MS_PER_DAY), UINT32_MAX);
    fl_periods_dispose(&periods);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_periods__days_of_23_and_25_hours),
                                       cmocka_unit_test(test_periods__steps_follow_the_local_clock),
                                       cmocka_unit_test(test_periods__an_hour_shown_twice),
                                       cmocka_unit_test(test_periods__weeks_begin_on_mondays),
                                       cmocka_unit_test(test_periods__a_zone_of_quarter_hours),
                                       cmocka_unit_test(test_periods__the_first_holds_the_first_instant),
                                       cmocka_unit_test(test_periods__find)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
