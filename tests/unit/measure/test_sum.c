/* sum: each byte once, whoever wrote of it. */
#include "core/measure/measure.h"
#include "tests/unit/expr/rows.h"

static struct fl_batch batch;
static struct fl_arena arena;

static int setup(void **state)
{
    (void)state;
    rows_open(&batch);
    fl_arena_init(&arena);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fl_batch_dispose(&batch);
    fl_arena_dispose(&arena);
    return 0;
}

static struct fl_value measured(enum fl_measure_kind kind, uint32_t rows)
{
    struct fl_measure m = {.kind = kind, .name = "m", .field = FL_F_BYTES, .by = FL_FIELD_NONE};
    struct fl_error err;
    struct fl_value v;
    char sum[64] = {0};
    assert_int_equal(fl_measure_prepare(&m, &err), FL_OK);
    assert_true(m.state_bytes <= sizeof sum);
    for (uint32_t r = 0; r < rows; r++) {
        struct fl_place place = {.start_ms = 0, .end_ms = 0, .where = fl_place_where(0, r)};
        assert_int_equal(fl_measure_update(&m, sum, &batch, r, true, true, &place), FL_OK);
    }
    assert_int_equal(fl_measure_value(&m, sum, &arena, &v), FL_OK);
    fl_measure_dispose(&m, sum);
    return v;
}

static const char *shown(struct fl_value v)
{
    struct fl_buf text;
    fl_buf_init(&text);
    fl_value_text(&text, &v);
    char *copy = fl_arena_strndup(&arena, text.data, text.len);
    fl_buf_dispose(&text);
    return copy;
}

/* A record of `bytes` that was seen from there. */
static void see(uint32_t row, enum fl_vantage from, bool ours, int64_t bytes)
{
    rows_int(&batch, FL_F_VANTAGE, row, from);
    rows_int(&batch, FL_F_FROM_OURS, row, ours);
    rows_int(&batch, FL_F_BYTES, row, bytes);
    rows_addr(&batch, FL_F_SRC_PEER, row, "10.0.0.1");
    rows_addr(&batch, FL_F_DST_PEER, row, "10.0.0.2");
}

static void test_sum__counts_what_two_interfaces_wrote_once(void **state)
{
    (void)state;
    rows_begin(&batch, 5);
    see(0, FL_VANTAGE_SRC, true, 100);
    see(1, FL_VANTAGE_DST, true, 100);
    see(2, FL_VANTAGE_MIDDLE, true, 100);
    assert_string_equal(shown(measured(FL_M_SUM, 3)), "100");
    see(1, FL_VANTAGE_DST, true, 130); /* one sender writes no log */
    assert_string_equal(shown(measured(FL_M_SUM, 3)), "130");
    see(3, FL_VANTAGE_DST, false, 7);
    assert_string_equal(shown(measured(FL_M_SUM, 4)), "137");
    assert_false(measured(FL_M_SUM, 4).may_count_twice);
    see(4, FL_VANTAGE_UNKNOWN, true, 1000);
    assert_string_equal(shown(measured(FL_M_SUM, 5)), "1137");
    assert_true(measured(FL_M_SUM, 5).may_count_twice);
}

static void test_sum__takes_what_was_seen_between_the_ends_for_want_of_better(void **state)
{
    (void)state;
    rows_begin(&batch, 2);
    see(0, FL_VANTAGE_MIDDLE, true, 3);
    see(1, FL_VANTAGE_MIDDLE, false, 4);
    assert_string_equal(shown(measured(FL_M_SUM, 2)), "7");
}

static void test_sum__adds_both_halves_that_one_interface_wrote(void **state)
{
    (void)state;
    rows_begin(&batch, 2);
    see(0, FL_VANTAGE_SRC, true, 100);
    rows_int(&batch, FL_F_FORWARD, 0, true);
    see(1, FL_VANTAGE_DST, true, 30);
    rows_int(&batch, FL_F_FORWARD, 1, false);
    assert_string_equal(shown(measured(FL_M_SUM, 2)), "130");
}

static void test_sum__is_exact_beyond_64_bits(void **state)
{
    (void)state;
    rows_begin(&batch, 3);
    for (uint32_t r = 0; r < 3; r++)
        rows_int(&batch, FL_F_BYTES, r, INT64_MAX);
    assert_string_equal(shown(measured(FL_M_SUM, 3)), "27670116110564327421");
    assert_string_equal(shown(measured(FL_M_MEAN, 3)), "9223372036854775807");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sum__counts_what_two_interfaces_wrote_once),
        cmocka_unit_test(test_sum__takes_what_was_seen_between_the_ends_for_want_of_better),
        cmocka_unit_test(test_sum__adds_both_halves_that_one_interface_wrote),
        cmocka_unit_test(test_sum__is_exact_beyond_64_bits),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
