/* Keys: bytes in the order of their values, and back. */
#include <stdlib.h>

#include "core/group/key.h"
#include "tests/unit/expr/rows.h"

static int64_t wild_int(struct dice *d)
{
    static const int64_t edges[] = {0, 1, -1, 255, 256, -256, -257, INT64_MAX, INT64_MIN, 65535, 65536};
    uint64_t v = ((uint64_t)roll_below(d, 1u << 31) << 33 | roll_below(d, 1u << 31)) >> roll_below(d, 64);
    return roll_below(d, 3) == 0 ? edges[roll_below(d, 11)] : roll_below(d, 2) ? (int64_t)v : (int64_t)-v;
}

static struct fl_value wild(struct dice *d, enum fl_type type, char text[8])
{
    struct fl_value v = {.type = type};
    if (roll_below(d, 12) == 0)
        return FL_VALUE_NULL;
    if (type == FL_T_ADDR) {
        static const uint64_t hi[] = {0, 0, 0, 1, UINT64_MAX, UINT64_C(0x20010db800000000)};
        static const uint64_t lo[] = {0,
                                      1,
                                      UINT64_C(0xfffeffffffff),
                                      UINT64_C(0xffff00000000),
                                      UINT64_C(0xffff0a000001),
                                      UINT64_C(0xffffffffffff),
                                      UINT64_C(0x1000000000000),
                                      UINT64_MAX};
        v.addr = (struct fl_addr){hi[roll_below(d, 6)], lo[roll_below(d, 8)]};
    } else if (type == FL_T_STR) {
        static const char letters[] = {0, 1, 'a', 'b', (char)0xff};
        v.str = (struct fl_str){text, roll_below(d, 6)};
        for (size_t i = 0; i < v.str.len; i++)
            text[i] = letters[roll_below(d, 5)];
    } else {
        v.i = wild_int(d);
        if (roll_below(d, 8) == 0)
            v.i *= wild_int(d);
    }
    return v;
}

static void test_key__order_is_that_of_the_values(void **state)
{
    (void)state;
    static const enum fl_type types[] = {FL_T_INT, FL_T_ADDR, FL_T_STR};
    struct dice d = {4711};
    struct fl_buf a, b;
    struct fl_arena arena;
    fl_buf_init(&a);
    fl_buf_init(&b);
    fl_arena_init(&arena);
    for (int round = 0; round < 60000; round++) {
        char texts[4][8];
        struct fl_value x[2], y[2], back;
        int by_values = 0;
        fl_buf_clear(&a);
        fl_buf_clear(&b);
        for (int k = 0; k < 2; k++) {
            enum fl_type type = types[(round + k) % 3];
            x[k] = wild(&d, type, texts[k]);
            y[k] = wild(&d, type, texts[2 + k]);
            fl_key_add(&a, &x[k]);
            fl_key_add(&b, &y[k]);
            if (by_values == 0)
                by_values = fl_value_compare(&x[k], &y[k]);
        }
        int by_bytes = fl_key_compare((uint8_t *)a.data, a.len, (uint8_t *)b.data, b.len);
        assert_int_equal((by_bytes > 0) - (by_bytes < 0), (by_values > 0) - (by_values < 0));
        size_t at = 0;
        for (int k = 0; k < 2; k++) {
            size_t n = fl_key_decode((uint8_t *)a.data + at, a.len - at, types[(round + k) % 3], &arena, &back);
            assert_int_not_equal(n, 0);
            assert_int_equal(back.type, x[k].type);
            assert_int_equal(fl_value_compare(&back, &x[k]), 0);
            at += n;
        }
        assert_int_equal(at, a.len);
    }
    fl_buf_dispose(&a);
    fl_buf_dispose(&b);
    fl_arena_dispose(&arena);
}

static void test_key__bytes_cut_short_are_no_key(void **state)
{
    (void)state;
    static const struct fl_value values[] = {
        {.type = FL_T_INT, .i = 70000}, {.type = FL_T_ADDR, .addr = {1, 2}}, {.type = FL_T_STR, .str = {"a\0b", 3}}};
    struct fl_buf bytes;
    struct fl_arena arena;
    fl_buf_init(&bytes);
    fl_arena_init(&arena);
    for (int i = 0; i < 3; i++) {
        struct fl_value back;
        fl_buf_clear(&bytes);
        fl_key_add(&bytes, &values[i]);
        for (size_t len = 0; len < bytes.len; len++) {
            uint8_t *exact = malloc(len + 1);
            memcpy(exact, bytes.data, len);
            assert_int_equal(fl_key_decode(exact, len, values[i].type, &arena, &back), 0);
            free(exact);
        }
    }
    fl_buf_dispose(&bytes);
    fl_arena_dispose(&arena);
}

static void test_key__panes(void **state)
{
    (void)state;
    struct fl_buf bytes;
    fl_buf_init(&bytes);
    fl_key_add_pane(&bytes, INT64_C(4102444799999));
    assert_int_equal(bytes.len, FL_KEY_PANE_BYTES);
    assert_int_equal(fl_key_pane((uint8_t *)bytes.data), INT64_C(4102444799999));
    fl_buf_dispose(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_key__order_is_that_of_the_values),
        cmocka_unit_test(test_key__bytes_cut_short_are_no_key),
        cmocka_unit_test(test_key__panes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
