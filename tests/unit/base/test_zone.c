/* Time zones: both changes of a year, both hemispheres, and where a calendar day begins.
 * Expected values were computed with Python's zoneinfo; days by walking to the first minute of the date. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/when.h"
#include "tests/unit/cmocka_all.h"

static void assert_offset(const char *name, int64_t utc_s, int64_t expected_s)
{
    struct fl_zone *zone;
    assert_int_equal(fl_zone_open(name, &zone, NULL), FL_OK);
    assert_int_equal(fl_zone_offset_ms(zone, utc_s * 1000), expected_s * 1000);
    fl_zone_close(zone);
}

static void test_zone__offsets_at_the_change(void **state)
{
    (void)state;
    assert_offset("Europe/Berlin", 1774745999, 3600);
    assert_offset("Europe/Berlin", 1774746000, 7200);
    assert_offset("Europe/Berlin", 1792889999, 7200);
    assert_offset("Europe/Berlin", 1792890000, 3600);
    assert_offset("America/New_York", 1772953199, -18000);
    assert_offset("America/New_York", 1772953200, -14400);
    assert_offset("America/New_York", 1793512799, -14400);
    assert_offset("America/New_York", 1793512800, -18000);
    assert_offset("America/Sao_Paulo", 1508036399, -10800);
    assert_offset("America/Sao_Paulo", 1508036400, -7200);
}

static void test_zone__milliseconds_before_the_change(void **state)
{
    struct fl_zone *zone;
    (void)state;
    assert_int_equal(fl_zone_open("Europe/Berlin", &zone, NULL), FL_OK);
    assert_int_equal(fl_zone_offset_ms(zone, INT64_C(1774745999999)), 3600000);
    assert_int_equal(fl_zone_offset_ms(zone, -1), 3600000);
    fl_zone_close(zone);
}

static void test_zone__far_years_and_odd_offsets(void **state)
{
    (void)state;
    assert_offset("Europe/Berlin", 0, 3600);
    assert_offset("Europe/Berlin", 4086547200, 7200); /* July 2099: by the rule at the end of the file */
    assert_offset("Australia/Lord_Howe", 1767225600, 39600); /* half an hour of summer time */
    assert_offset("Australia/Lord_Howe", 1782864000, 37800);
    assert_offset("Asia/Kathmandu", 1767225600, 20700);
    assert_offset("Europe/Dublin", 2840140800, 0); /* its winter time is the one that deviates */
    assert_offset("Europe/Dublin", 2855865600, 3600);
    assert_offset("America/St_Johns", 2540246400, -9000);
    assert_offset("Pacific/Chatham", 2524608000, 49500);
}

static void assert_day(const char *name, const char *date, const char *expected)
{
    struct fl_zone *zone;
    int year, month, day;
    char out[FL_WHEN_TEXT_BYTES];
    assert_int_equal(fl_zone_open(name, &zone, NULL), FL_OK);
    assert_true(fl_date_parse(fl_str_of(date), &year, &month, &day));
    fl_when_format(fl_zone_day_start(zone, fl_days_from_civil(year, month, day)), out);
    fl_zone_close(zone);
    if (strcmp(out, expected) != 0)
        fail_msg("%s in %s begins %s, not %s", date, name, out, expected);
}

static void test_zone__day_start(void **state)
{
    (void)state;
    assert_int_equal(fl_zone_day_start(NULL, 1), FL_MS_PER_DAY);
    assert_day("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00.000Z"); /* a day of 23 hours */
    assert_day("Europe/Berlin", "2026-03-30", "2026-03-29T22:00:00.000Z");
    assert_day("Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00.000Z"); /* and one of 25 */
    assert_day("Europe/Berlin", "2026-10-26", "2026-10-25T23:00:00.000Z");
    assert_day("Asia/Kathmandu", "2026-01-01", "2025-12-31T18:15:00.000Z");
    assert_day("Pacific/Kiritimati", "2026-06-01", "2026-05-31T10:00:00.000Z");
}

static void test_zone__day_start_where_midnight_is_skipped(void **state)
{
    (void)state;
    assert_day("America/Sao_Paulo", "2017-10-15", "2017-10-15T03:00:00.000Z");
    assert_day("Asia/Amman", "2019-03-29", "2019-03-28T22:00:00.000Z");
    assert_day("Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00.000Z");
    assert_day("America/Santiago", "2026-09-06", "2026-09-06T04:00:00.000Z");
    assert_day("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00.000Z"); /* the 30th did not exist there */
}

static void test_zone__day_start_where_midnight_comes_twice(void **state)
{
    (void)state;
    assert_day("Asia/Amman", "2019-10-25", "2019-10-24T21:00:00.000Z"); /* 01:00 went back to 00:00 */
    assert_day("Asia/Amman", "2019-10-26", "2019-10-25T22:00:00.000Z");
    assert_day("America/Havana", "2018-11-04", "2018-11-04T04:00:00.000Z");
    assert_day("America/Sao_Paulo", "2018-02-18", "2018-02-18T03:00:00.000Z"); /* 00:00 went back to 23:00 */
    assert_day("Asia/Beirut", "2019-10-27", "2019-10-26T22:00:00.000Z");
    assert_day("America/Santiago", "2026-04-05", "2026-04-05T04:00:00.000Z");
}

static void test_zone__names_that_are_none(void **state)
{
    static const char *const bad[] = {"", "/etc/passwd", "../zoneinfo/UTC", "Europe/../../x", "Europe/Berlni",
                                      "Europe", "zone.tab"};
    struct fl_zone *zone;
    struct fl_error err;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err.text[0] = '\0';
        assert_true(fl_zone_open(bad[i], &zone, &err) != FL_OK);
        assert_null(zone);
        assert_true(err.text[0] != '\0');
    }
    assert_int_equal(fl_zone_open("UTC", &zone, NULL), FL_OK);
    assert_null(zone); /* NULL is UTC */
}

static void write_zone(const char *folder, const char *name, const void *bytes, size_t len)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    fclose(file);
}

/* A real zone file, cut at every byte: an error or a zone, never a read beyond the end. */
static void test_zone__a_file_cut_at_every_byte(void **state)
{
    char folder[] = "/tmp/fl_zone_XXXXXX", path[64];
    static uint8_t bytes[8192];
    (void)state;
    FILE *file = fopen("/usr/share/zoneinfo/Asia/Kathmandu", "rb");
    assert_non_null(file);
    size_t len = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_true(len > 100 && len < sizeof bytes);
    assert_non_null(mkdtemp(folder));
    setenv("TZDIR", folder, 1);
    unsigned usable = 0;
    for (size_t cut = 0; cut <= len; cut++) {
        struct fl_zone *zone;
        write_zone(folder, "Cut", bytes, cut);
        if (fl_zone_open("Cut", &zone, NULL) == FL_OK) {
            assert_in_range(fl_zone_offset_ms(zone, INT64_C(1774746000000)) / 1000, 19800, 20700);
            fl_zone_close(zone);
            usable++;
        }
    }
    unsetenv("TZDIR");
    snprintf(path, sizeof path, "%s/Cut", folder);
    unlink(path);
    rmdir(folder);
    assert_in_range(usable, 1, 40); /* only cuts within the footer leave a usable table */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zone__offsets_at_the_change),
        cmocka_unit_test(test_zone__milliseconds_before_the_change),
        cmocka_unit_test(test_zone__far_years_and_odd_offsets),
        cmocka_unit_test(test_zone__day_start),
        cmocka_unit_test(test_zone__day_start_where_midnight_is_skipped),
        cmocka_unit_test(test_zone__day_start_where_midnight_comes_twice),
        cmocka_unit_test(test_zone__names_that_are_none),
        cmocka_unit_test(test_zone__a_file_cut_at_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
