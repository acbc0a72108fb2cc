/* Exact numbers. */
#include <stdio.h>

#include "core/text/number.h"
#include "tests/unit/cmocka_all.h"

#define INT128_MAX ((__int128)(~(unsigned __int128)0 >> 1))
#define INT128_MIN (-INT128_MAX - 1)

static void test_number__int_parse(void **state)
{
    static const char *const bad[] = {"", "-", "+1", " 1", "1 ", "1.0", "0x10", "1e3", "--1", "9223372036854775808",
                                      "-9223372036854775809", "99999999999999999999999", "1_000", "\xd9\xa1"};
    int64_t v;
    (void)state;
    assert_true(fl_int_parse(FL_STR("0"), &v) && v == 0);
    assert_true(fl_int_parse(FL_STR("-0"), &v) && v == 0);
    assert_true(fl_int_parse(FL_STR("007"), &v) && v == 7);
    assert_true(fl_int_parse(FL_STR("9223372036854775807"), &v) && v == INT64_MAX);
    assert_true(fl_int_parse(FL_STR("-9223372036854775808"), &v) && v == INT64_MIN);
    assert_true(fl_int_parse(FL_STR("00000000000000000000000000000001"), &v) && v == 1);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (fl_int_parse(fl_str_of(bad[i]), &v))
            fail_msg("\"%s\" was taken", bad[i]);
    assert_false(fl_int_parse((struct fl_str){"1\0", 2}, &v));
}

static void assert_ratio(const char *text, int64_t num, int64_t den)
{
    struct fl_ratio r;
    if (!fl_ratio_parse(fl_str_of(text), &r))
        fail_msg("\"%s\" was refused", text);
    if (r.num != num || r.den != den)
        fail_msg("\"%s\" is %lld/%lld", text, (long long)r.num, (long long)r.den);
}

static void test_number__ratio_parse(void **state)
{
    static const char *const bad[] = {"", "-", ".", ".5", "1.", "1..2", "1.2.3", "%", "1 %", "1%%", "1K", "1ki", "1kk",
                                      "1T", "1e3", "+1", "1.5.", "12345678901234567890", "0.1234567890123456789", "1,5"};
    struct fl_ratio r;
    (void)state;
    assert_ratio("12", 12, 1);
    assert_ratio("0", 0, 1);
    assert_ratio("0.000", 0, 1);
    assert_ratio("-0", 0, 1);
    assert_ratio("0.8", 4, 5);
    assert_ratio("-0.75", -3, 4);
    assert_ratio("95%", 19, 20);
    assert_ratio("0.5%", 1, 200);
    assert_ratio("150%", 3, 2);
    assert_ratio("10k", 10000, 1);
    assert_ratio("1.5Ki", 1536, 1);
    assert_ratio("1.5Gi", INT64_C(1610612736), 1);
    assert_ratio("2M", 2000000, 1);
    assert_ratio("3G", INT64_C(3000000000), 1);
    assert_ratio("2Mi", 2097152, 1);
    assert_ratio("0.1Ki", 512, 5);
    assert_ratio("999999999999999999", INT64_C(999999999999999999), 1);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (fl_ratio_parse(fl_str_of(bad[i]), &r))
            fail_msg("\"%s\" was taken", bad[i]);
    assert_true(fl_ratio_parse(FL_STR("999999999999999999Gi"), &r));
    assert_true(r.num == (__int128)INT64_C(999999999999999999) * 1073741824 && r.den == 1);
    assert_true(fl_ratio_parse(FL_STR("0.0000000000000000001%"), &r) == false); /* 20 digits */
    assert_true(fl_ratio_parse(FL_STR("0.00000000000000001%"), &r));
    assert_true(r.num == 1 && r.den == (__int128)INT64_C(100000000000000000) * 100);
}

static void assert_int128(__int128 value, const char *expected)
{
    char out[FL_INT128_TEXT_BYTES];
    assert_int_equal(fl_int128_format(value, out), strlen(expected));
    assert_string_equal(out, expected);
}

static void test_number__int128_format(void **state)
{
    (void)state;
    assert_int128(0, "0");
    assert_int128(-1, "-1");
    assert_int128(INT64_MIN, "-9223372036854775808");
    assert_int128((__int128)1 << 64, "18446744073709551616");
    assert_int128(INT128_MAX, "170141183460469231731687303715884105727");
    assert_int128(INT128_MIN, "-170141183460469231731687303715884105728");
}

static void assert_quotient(__int128 num, __int128 den, const char *expected)
{
    char out[FL_INT128_TEXT_BYTES + 8];
    assert_int_equal(fl_ratio_format((struct fl_ratio){num, den}, out), strlen(expected));
    assert_string_equal(out, expected);
}

static void test_number__ratio_format_rounds_half_away_from_zero(void **state)
{
    (void)state;
    assert_quotient(0, 5, "0");
    assert_quotient(6, 3, "2");
    assert_quotient(1, 2, "0.5");
    assert_quotient(1, 3, "0.333");
    assert_quotient(2, 3, "0.667");
    assert_quotient(1, 2000, "0.001");
    assert_quotient(-1, 2000, "-0.001");
    assert_quotient(1, 2001, "0");
    assert_quotient(-1, 2001, "0"); /* no negative zero */
    assert_quotient(1999, 2000, "1");
    assert_quotient(-1999, 2000, "-1");
    assert_quotient(19999, 2000, "10");
    assert_quotient(12345, 10000, "1.235");
    assert_quotient(12344, 10000, "1.234");
    assert_quotient(11, 10, "1.1");
    assert_quotient(101, 100, "1.01");
    assert_quotient(100, 1, "100"); /* only zeros behind a point are dropped */
    assert_quotient(1, -4, "-0.25");
}

static void test_number__ratio_format_at_the_ends(void **state)
{
    (void)state;
    assert_quotient(INT128_MAX, 1, "170141183460469231731687303715884105727");
    assert_quotient(INT128_MIN, 1, "-170141183460469231731687303715884105728");
    assert_quotient(INT128_MAX, INT128_MAX, "1");
    assert_quotient(INT128_MAX - 1, INT128_MAX, "1");
    assert_quotient(INT128_MAX / 2, INT128_MAX, "0.5");
    assert_quotient(INT128_MAX, 2, "85070591730234615865843651857942052863.5");
    assert_quotient(1, INT128_MAX, "0");
    assert_quotient(INT128_MIN, INT128_MAX, "-1");
}

/* Against integer arithmetic that cannot overflow in this range. */
static void test_number__ratio_format_of_small_quotients(void **state)
{
    (void)state;
    for (int num = -200; num <= 200; num++) {
        for (int den = 1; den <= 64; den++) {
            int magnitude = num < 0 ? -num : num;
            int thousandths = (magnitude * 1000 * 2 + den) / (2 * den);
            char expected[32], out[FL_INT128_TEXT_BYTES + 8];
            int n = snprintf(expected, sizeof expected, "%s%d.%03d", num < 0 && thousandths > 0 ? "-" : "",
                             thousandths / 1000, thousandths % 1000);
            while (expected[n - 1] == '0')
                expected[--n] = '\0';
            if (expected[n - 1] == '.')
                expected[--n] = '\0';
            fl_ratio_format((struct fl_ratio){num, den}, out);
            assert_string_equal(out, expected);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_number__int_parse),
        cmocka_unit_test(test_number__ratio_parse),
        cmocka_unit_test(test_number__int128_format),
        cmocka_unit_test(test_number__ratio_format_rounds_half_away_from_zero),
        cmocka_unit_test(test_number__ratio_format_at_the_ends),
        cmocka_unit_test(test_number__ratio_format_of_small_quotients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
