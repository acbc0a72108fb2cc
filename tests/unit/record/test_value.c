/* Values: order, canonical bytes, and how they are shown. */
#include <stdio.h>

#include "core/record/value.h"
#include "tests/unit/cmocka_all.h"

#define INT128_MAX ((__int128)(~(unsigned __int128)0 >> 1))
#define INT128_MIN (-INT128_MAX - 1)

static struct fl_value ratio(__int128 num, __int128 den)
{
    return (struct fl_value){.type = FL_T_RATIO, .ratio = {num, den}};
}

static struct fl_value text(const char *bytes, size_t len)
{
    return (struct fl_value){.type = FL_T_STR, .str = {bytes, len}};
}

static struct fl_value address(uint64_t hi, uint64_t lo)
{
    return (struct fl_value){.type = FL_T_ADDR, .addr = {hi, lo}};
}

static struct fl_value number(__int128 i)
{
    return fl_value_int(FL_T_INT, i);
}

static void assert_round_trip(struct fl_value v)
{
    struct fl_buf buf, again;
    struct fl_value back;
    fl_buf_init(&buf);
    fl_buf_init(&again);
    fl_value_encode(&buf, &v);
    fl_buf_add_text(&buf, "tail"); /* what follows is not touched */
    size_t len = buf.len - 4;
    assert_int_equal(fl_value_decode((const uint8_t *)buf.data, buf.len, &back), len);
    assert_int_equal(back.type, v.type);
    assert_int_equal(fl_value_compare(&v, &back), 0);
    fl_value_encode(&again, &back);
    assert_int_equal(again.len, len);
    assert_memory_equal(again.data, buf.data, len);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(fl_value_decode((const uint8_t *)buf.data, cut, &back), 0);
    fl_buf_dispose(&buf);
    fl_buf_dispose(&again);
}

static void test_value__encoding_round_trips(void **state)
{
    (void)state;
    assert_round_trip(FL_VALUE_NULL);
    for (unsigned shift = 0; shift < 127; shift++) {
        __int128 edge = (__int128)1 << shift;
        for (int delta = -1; delta <= 1; delta++) {
            assert_round_trip(number(edge + delta));
            assert_round_trip(number(-edge + delta));
        }
    }
    assert_round_trip(number(INT128_MAX));
    assert_round_trip(number(INT128_MIN));
    assert_round_trip(fl_value_int(FL_T_TIME, INT64_C(4102444799999)));
    assert_round_trip(fl_value_int(FL_T_SERVICE, FL_SERVICE(255, 65535)));
    assert_round_trip(fl_value_int(FL_T_BOOL, 1));
    assert_round_trip(address(0, 0));
    assert_round_trip(address(UINT64_MAX, UINT64_MAX));
    assert_round_trip(text(NULL, 0));
    assert_round_trip(text("a\0b\xff", 4));
    static char wide[70000];
    memset(wide, 'w', sizeof wide);
    assert_round_trip(text(wide, 127));
    assert_round_trip(text(wide, 128));
    assert_round_trip(text(wide, sizeof wide));
    assert_round_trip(ratio(-1, 3));
    assert_round_trip(ratio(INT128_MIN, INT128_MAX));
}

static void test_value__different_values_have_different_bytes(void **state)
{
    struct fl_value values[] = {FL_VALUE_NULL, number(0), number(1), number(-1), number(255), number(256), number(-256),
                                text("", 0), text("\0", 1), text("\0\0", 2), text("1", 1), address(0, 1),
                                address(1, 0), fl_value_int(FL_T_PORT, 1), ratio(1, 1), ratio(1, 2), ratio(2, 1)};
    size_t count = sizeof values / sizeof values[0];
    struct fl_buf a, b;
    (void)state;
    fl_buf_init(&a);
    fl_buf_init(&b);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            fl_buf_clear(&a);
            fl_buf_clear(&b);
            fl_value_encode(&a, &values[i]);
            fl_value_encode(&b, &values[j]);
            assert_int_equal(a.len == b.len && memcmp(a.data, b.data, a.len) == 0, i == j);
        }
    }
    fl_buf_dispose(&a);
    fl_buf_dispose(&b);
}

static void test_value__damaged_bytes_decode_to_nothing(void **state)
{
    static const struct {
        uint8_t bytes[8];
        size_t len;
    } bad[] = {{{FL_T_LIST, 1, 0, 0}, 4}, {{255}, 1}, {{FL_T_INT}, 1}, {{FL_T_INT, 0}, 2}, {{FL_T_INT, 17, 1}, 3},
               {{FL_T_INT, 2, 1}, 3}, {{FL_T_STR, 1, 0xff}, 3}, {{FL_T_STR, 1, 4, 'a', 'b', 'c'}, 6},
               {{FL_T_STR, 2, 0xff, 0x7f, 'a'}, 5}, {{FL_T_RATIO, 1, 1}, 3}, {{FL_T_RATIO, 1, 1, 1, 0}, 5},
               {{FL_T_RATIO, 1, 1, 1, 0xff}, 5}};
    struct fl_value v;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (fl_value_decode(bad[i].bytes, bad[i].len, &v) != 0)
            fail_msg("case %zu was taken", i);
    assert_int_equal(fl_value_decode(NULL, 0, &v), 0);
}

static void assert_order(struct fl_value a, struct fl_value b, int expected)
{
    int forth = fl_value_compare(&a, &b), back = fl_value_compare(&b, &a);
    if ((forth > 0) - (forth < 0) != expected || (back > 0) - (back < 0) != -expected)
        fail_msg("order is %d and %d, not %d", forth, back, expected);
}

static void test_value__order(void **state)
{
    (void)state;
    assert_order(FL_VALUE_NULL, FL_VALUE_NULL, 0);
    assert_order(FL_VALUE_NULL, number(INT128_MAX), 1); /* null last */
    assert_order(number(-1), number(0), -1);
    assert_order(number(INT128_MIN), number(INT128_MAX), -1);
    assert_order(number((__int128)1 << 63), number(((__int128)1 << 63) - 1), 1);
    assert_order(text("a", 1), text("a\0", 2), -1);
    assert_order(text("\xff", 1), text("z", 1), 1);
    assert_order(address(0, UINT64_MAX), address(1, 0), -1);
    assert_order(fl_value_int(FL_T_OUTCOME, FL_OUTCOME_BLOCKED), fl_value_int(FL_T_OUTCOME, FL_OUTCOME_ANSWERED), -1);
}

static void test_value__order_of_lists(void **state)
{
    struct fl_value one[] = {number(1)}, two[] = {number(1), number(2)}, pair[] = {number(1), number(9)};
    struct fl_value a = {.type = FL_T_LIST, .list = {one, 1, false, false}};
    struct fl_value b = {.type = FL_T_LIST, .list = {two, 2, false, false}};
    struct fl_value weighted = {.type = FL_T_LIST, .list = {pair, 1, false, true}};
    struct fl_value lighter = {.type = FL_T_LIST, .list = {two, 1, false, true}};
    (void)state;
    assert_order(a, b, -1);
    assert_order(b, b, 0);
    assert_order(lighter, weighted, -1); /* the weight counts */
}

static void test_value__order_of_quotients(void **state)
{
    (void)state;
    assert_order(ratio(1, 2), ratio(2, 4), 0);
    assert_order(ratio(1, 3), ratio(1, 2), -1);
    assert_order(ratio(-1, 2), ratio(-1, 3), -1);
    assert_order(ratio(0, 7), ratio(0, 1), 0);
    assert_order(ratio(-1, 1000), ratio(0, 1), -1);
}

/* Cross products above 2^127 in every sign; the right answer follows from the construction. */
static void test_value__order_of_quotients_without_overflow(void **state)
{
    __int128 big = (__int128)1 << 100;
    (void)state;
    assert_order(ratio(big, big + 1), ratio(big - 1, big), 1);
    assert_order(ratio(big + 1, big), ratio(big, big - 1), -1);
    assert_order(ratio(-big, big + 1), ratio(-(big - 1), big), -1);
    assert_order(ratio(-(big + 1), big), ratio(-big, big - 1), 1);
    assert_order(ratio(big, big + 1), ratio(-(big - 1), big), 1);
    assert_order(ratio(2 * big, big), ratio(4 * big, 2 * big), 0);
    assert_order(ratio(-2 * big, big), ratio(-4 * big, 2 * big), 0);
    assert_order(ratio(2 * big, big), ratio(2 * big + 1, big), -1);   /* exact against a little more */
    assert_order(ratio(-2 * big, big), ratio(-2 * big - 1, big), 1);  /* and a little less, below zero */
    assert_order(ratio(-2 * big, big), ratio(-2 * big + 1, big), -1);
    assert_order(ratio(0, big), ratio(1, INT128_MAX), -1);
    assert_order(ratio(INT128_MAX, 3), ratio(INT128_MAX - 1, 3), 1);
    assert_order(ratio(INT128_MIN, 3), ratio(INT128_MAX, 2), -1);
    assert_order(ratio(INT128_MIN, INT128_MAX), ratio(-INT128_MAX, INT128_MAX), -1);
    assert_order(ratio(INT128_MIN, 1), ratio(INT128_MIN, 2), -1);
}

/* Scaling both parts by one large factor forces the long way; small fractions give the answer. */
static void test_value__order_of_scaled_quotients(void **state)
{
    __int128 f = ((__int128)1 << 90) + 12345, g = ((__int128)1 << 91) + 7;
    (void)state;
    for (int a = -12; a <= 12; a++)
        for (int b = 1; b <= 6; b++)
            for (int c = -12; c <= 12; c++)
                for (int d = 1; d <= 6; d++)
                    assert_order(ratio(a * f, b * f), ratio(c * g, d * g), a * d < c * b ? -1 : a * d > c * b);
}

static void assert_shown(struct fl_value v, const char *as_text, const char *as_json)
{
    struct fl_buf out;
    struct fl_json w;
    fl_buf_init(&out);
    fl_value_text(&out, &v);
    assert_string_equal(out.data, as_text);
    fl_buf_clear(&out);
    fl_json_init(&w, &out);
    fl_value_json(&w, &v);
    assert_string_equal(out.data, as_json);
    fl_buf_dispose(&out);
}

static void test_value__shown(void **state)
{
    (void)state;
    assert_shown(FL_VALUE_NULL, "-", "null");
    assert_shown(number(0), "0", "0");
    assert_shown(number((__int128)1 << 53), "9007199254740992", "\"9007199254740992\"");
    assert_shown(number(-((__int128)1 << 53) + 1), "-9007199254740991", "-9007199254740991");
    assert_shown(number((__int128)1 << 64), "18446744073709551616", "\"18446744073709551616\"");
    assert_shown(number(INT128_MIN), "-170141183460469231731687303715884105728",
                 "\"-170141183460469231731687303715884105728\"");
    assert_shown(fl_value_int(FL_T_BOOL, 0), "false", "false");
    assert_shown(fl_value_int(FL_T_TIME, -1), "1969-12-31T23:59:59.999Z", "\"1969-12-31T23:59:59.999Z\"");
    assert_shown(fl_value_int(FL_T_DURATION, 5400000), "1h30m", "5400000");
    assert_shown(fl_value_int(FL_T_SERVICE, FL_SERVICE(6, 5432)), "tcp/5432", "\"tcp/5432\"");
    assert_shown(fl_value_int(FL_T_ACTION, FL_ACTION_REJECT), "reject", "\"reject\"");
    assert_shown(fl_value_int(FL_T_OUTCOME, FL_OUTCOME_ANSWERED), "answered", "\"answered\"");
    assert_shown(address(0, UINT64_C(0xffff0a000001)), "10.0.0.1", "\"10.0.0.1\"");
    assert_shown(ratio(2, 3), "0.667", "0.667");
    assert_shown(text("a\"\n", 3), "a\"\n", "\"a\\\"\\u000a\"");
}

static void test_value__lists_shown(void **state)
{
    struct fl_value items[] = {number(22), number(80)};
    struct fl_value set = {.type = FL_T_LIST, .list = {items, 2, true, false}};
    struct fl_value top = {.type = FL_T_LIST, .list = {items, 1, false, true}};
    struct fl_value none = {.type = FL_T_LIST, .list = {NULL, 0, false, false}};
    struct fl_value hidden = {.type = FL_T_LIST, .list = {NULL, 0, true, false}};
    (void)state;
    assert_shown(set, "22, 80, ...", "[22,80]");
    assert_shown(top, "22 (80)", "[{\"value\":22,\"weight\":80}]");
    assert_shown(hidden, "...", "[]");
    struct fl_buf out;
    fl_buf_init(&out);
    fl_value_text(&out, &none);
    assert_int_equal(out.len, 0);
    fl_buf_dispose(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_value__encoding_round_trips),
        cmocka_unit_test(test_value__different_values_have_different_bytes),
        cmocka_unit_test(test_value__damaged_bytes_decode_to_nothing),
        cmocka_unit_test(test_value__order),
        cmocka_unit_test(test_value__order_of_lists),
        cmocka_unit_test(test_value__order_of_quotients),
        cmocka_unit_test(test_value__order_of_quotients_without_overflow),
        cmocka_unit_test(test_value__order_of_scaled_quotients),
        cmocka_unit_test(test_value__shown),
        cmocka_unit_test(test_value__lists_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
