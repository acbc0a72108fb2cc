/* Points in time, dates and durations. Epochs were computed with Python's datetime. */
#include <time.h>

#include "core/base/when.h"
#include "tests/unit/cmocka_all.h"

static void assert_when(int64_t ms, const char *expected)
{
    char out[FL_WHEN_TEXT_BYTES];
    assert_int_equal(fl_when_format(ms, out), strlen(expected));
    assert_string_equal(out, expected);
}

static void test_when__format(void **state)
{
    char out[FL_WHEN_TEXT_BYTES];
    (void)state;
    assert_when(0, "1970-01-01T00:00:00.000Z");
    assert_when(-1, "1969-12-31T23:59:59.999Z");
    assert_when(FL_WHEN_MAX_MS, "2100-01-01T00:00:00.000Z");
    assert_when(INT64_C(951782400000), "2000-02-29T00:00:00.000Z");
    assert_when(INT64_C(4107542399999), "2100-02-28T23:59:59.999Z");
    assert_when(INT64_C(4107542400000), "2100-03-01T00:00:00.000Z"); /* 2100 is no leap year */
    assert_when(INT64_C(253402300799999), "9999-12-31T23:59:59.999Z");
    assert_when(INT64_C(253402300800000), "253402300800000ms");
    assert_when(INT64_MAX, "9223372036854775807ms");
    assert_when(INT64_MIN, "-9223372036854775808ms");
    assert_true(fl_when_format(INT64_MIN, out) < FL_WHEN_TEXT_BYTES);
}

static void test_when__days_agree_with_the_c_library(void **state)
{
    (void)state;
    for (int64_t day = -200000; day < 200000; day += 13) {
        time_t t = (time_t)(day * 86400);
        struct tm tm;
        int year, month, dom;
        gmtime_r(&t, &tm);
        fl_civil_from_days(day, &year, &month, &dom);
        assert_int_equal(year, tm.tm_year + 1900);
        assert_int_equal(month, tm.tm_mon + 1);
        assert_int_equal(dom, tm.tm_mday);
        assert_int_equal(fl_days_from_civil(year, month, dom), day);
    }
}

static void test_when__dates(void **state)
{
    static const char *const bad[] = {"", "2027-1-31", "2027-13-01", "2027-00-10", "2027-01-00", "2027-04-31",
                                      "2027-02-29", "2100-02-29", "1900-02-29", "2027-01-31 ", "2027/01/31",
                                      "20270131", "-027-01-31", "2027-01-3a", "2027-01-31T00:00:00Z"};
    int year, month, day;
    (void)state;
    assert_true(fl_date_parse(FL_STR("2028-02-29"), &year, &month, &day));
    assert_true(year == 2028 && month == 2 && day == 29);
    assert_true(fl_date_parse(FL_STR("2000-02-29"), &year, &month, &day));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (fl_date_parse(fl_str_of(bad[i]), &year, &month, &day))
            fail_msg("\"%s\" was taken", bad[i]);
}

static void assert_parse(const char *text, int64_t expected)
{
    int64_t ms;
    if (!fl_when_parse(fl_str_of(text), &ms))
        fail_msg("\"%s\" was refused", text);
    assert_int_equal(ms, expected);
}

static void test_when__parse(void **state)
{
    static const char *const bad[] = {
        "2026-11-24T10:24:41", "2026-11-24T10:24Z", "2026-11-24T24:00:00Z", "2026-11-24T10:60:00Z",
        "2026-11-24T10:24:61Z", "2026-11-24T10:24:41.Z", "2026-11-24T10:24:41+0100", "2026-11-24T10:24:41+24:00",
        "2026-11-24T10:24:41+01:60", "2026-11-24T10:24:41Zx", "2026-11-24T", "2026-11-24x10:24:41Z",
        "2026-02-30T10:24:41Z", "", "now", "2026-11-24T10:24:41.5", "2026-11-24T1:024:41Z"};
    int64_t ms;
    (void)state;
    assert_parse("1970-01-01", 0);
    assert_parse("1969-12-31T23:59:59.999Z", -1);
    assert_parse("2026-11-24T10:24:41Z", INT64_C(1795515881000));
    assert_parse("2026-11-24t10:24:41z", INT64_C(1795515881000));
    assert_parse("2026-11-24 10:24:41Z", INT64_C(1795515881000));
    assert_parse("2026-11-24T10:24:41.1Z", INT64_C(1795515881100));
    assert_parse("2026-11-24T10:24:41.123999999999999999999999Z", INT64_C(1795515881123));
    assert_parse("2026-11-24T10:24:41+05:30", INT64_C(1795515881000) - 19800000);
    assert_parse("2026-11-24T10:24:41-00:30", INT64_C(1795515881000) + 1800000);
    assert_parse("1970-01-01T00:00:00+23:59", -86340000);
    assert_parse("2100-01-01T00:00:00Z", FL_WHEN_MAX_MS);
    assert_parse("2016-12-31T23:59:60Z", INT64_C(1483228800000)); /* a leap second is the next second */
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (fl_when_parse(fl_str_of(bad[i]), &ms))
            fail_msg("\"%s\" was taken", bad[i]);
}

static void test_when__durations(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {{"0s", 0}, {"90s", 90000}, {"5m", 300000}, {"1h30m", 5400000}, {"7d", 604800000}, {"250ms", 250},
                {"1d1h1m1s1ms", 90061001}, {"1m1ms", 60001}, {"9223372036854775807ms", INT64_MAX},
                {"007s", 7000}};
    static const char *const bad[] = {"", "5", "m", "-5m", "+5m", "5 m", "5M", "1.5h", "30m1h", "5m5m", "5min", "1h30",
                                      "9223372036854775808ms", "9223372036854775807s", "106751991168d", " 5m",
                                      "106751991167d8h", "5m\n"};
    int64_t ms;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (!fl_duration_parse(fl_str_of(good[i].text), &ms))
            fail_msg("\"%s\" was refused", good[i].text);
        assert_int_equal(ms, good[i].ms);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (fl_duration_parse(fl_str_of(bad[i]), &ms))
            fail_msg("\"%s\" was taken", bad[i]);
}

static void test_when__duration_text_round_trips(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{0, "0s"}, {1, "1ms"}, {999, "999ms"}, {1000, "1s"}, {90000, "1m30s"}, {86400000, "1d"},
                 {90061001, "1d1h1m1s1ms"}, {INT64_MAX, "106751991167d7h12m55s807ms"}, {-1, "-1ms"},
                 {INT64_MIN, "-9223372036854775808ms"}};
    char out[FL_WHEN_TEXT_BYTES];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t back;
        assert_int_equal(fl_duration_format(cases[i].ms, out), strlen(cases[i].text));
        assert_string_equal(out, cases[i].text);
        if (cases[i].ms >= 0)
            assert_true(fl_duration_parse(fl_str_of(out), &back) && back == cases[i].ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_when__format),
        cmocka_unit_test(test_when__days_agree_with_the_c_library),
        cmocka_unit_test(test_when__dates),
        cmocka_unit_test(test_when__parse),
        cmocka_unit_test(test_when__durations),
        cmocka_unit_test(test_when__duration_text_round_trips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
