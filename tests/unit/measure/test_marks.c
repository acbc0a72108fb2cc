/* Values that may count twice: what is measured of them over groups says so, whatever the way that the state took. */
#include <stdlib.h>

#include "core/measure/measure.h"
#include "tests/unit/expr/rows.h"

static struct fl_measure over_groups(enum fl_measure_kind kind)
{
    struct fl_measure m = {.kind = kind,
                           .name = "m",
                           .field = 0,
                           .field_name = "moved",
                           .field_type = FL_T_INT,
                           .by = FL_FIELD_NONE,
                           .q = {9, 10}};
    struct fl_error err;
    assert_int_equal(fl_measure_prepare(&m, &err), FL_OK);
    return m;
}

/* As a state that was spilled comes back. */
static char *saved_and_loaded(const struct fl_measure *m, char *state)
{
    struct fl_buf bytes;
    size_t used;
    char *copy = calloc(1, m->state_bytes), *cut = calloc(1, m->state_bytes);
    fl_buf_init(&bytes);
    fl_measure_save(m, state, &bytes);
    assert_int_equal(fl_measure_load(m, copy, (const uint8_t *)bytes.data, bytes.len, &used), FL_OK);
    assert_int_equal(used, bytes.len);
    assert_int_equal(fl_measure_load(m, cut, (const uint8_t *)bytes.data, bytes.len - 1, &used), FL_E_DATA);
    fl_buf_dispose(&bytes);
    fl_measure_dispose(m, state);
    fl_measure_dispose(m, cut);
    free(state);
    free(cut);
    return copy;
}

/* Is the value of two groups marked, of which one is plain? */
static bool is_marked(const struct fl_measure *m, bool marked, bool pass)
{
    struct fl_place place = {.start_ms = 5, .end_ms = 6, .where = 7};
    struct fl_value plain = fl_value_int(FL_T_INT, 3), other = fl_value_int(FL_T_INT, 4), value;
    struct fl_arena arena;
    char *a = calloc(1, m->state_bytes), *b = calloc(1, m->state_bytes);
    other.may_count_twice = marked;
    fl_arena_init(&arena);
    assert_int_equal(fl_measure_update_slots(m, a, &plain, true, true, 0, &place), FL_OK);
    assert_int_equal(fl_measure_update_slots(m, b, &other, pass, true, 0, &place), FL_OK);
    b = saved_and_loaded(m, b);
    assert_int_equal(fl_measure_merge(m, a, b), FL_OK);
    a = saved_and_loaded(m, a);
    assert_int_equal(fl_measure_value(m, a, &arena, &value), FL_OK);
    bool is = value.may_count_twice;
    fl_measure_dispose(m, a);
    fl_measure_dispose(m, b);
    fl_arena_dispose(&arena);
    free(a);
    free(b);
    return is;
}

static void test_marks__are_kept_by_every_measure_of_a_value(void **state)
{
    (void)state;
    static const enum fl_measure_kind kinds[] = {FL_M_SUM, FL_M_MIN, FL_M_MAX,   FL_M_MEAN, FL_M_DISTINCT,
                                                 FL_M_TOP, FL_M_SET, FL_M_FIRST, FL_M_LAST, FL_M_QUANTILE};
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        struct fl_measure m = over_groups(kinds[k]);
        assert_false(is_marked(&m, false, true));
        assert_true(is_marked(&m, true, true));
        assert_true(is_marked(&m, true, false) == (kinds[k] != FL_M_SUM)); /* which takes a filter */
    }
}

static void test_marks__take_no_room_in_states_of_records(void **state)
{
    (void)state;
    struct fl_measure m = {.kind = FL_M_MIN, .name = "m", .field = FL_F_BYTES, .by = FL_FIELD_NONE};
    struct fl_error err;
    assert_int_equal(fl_measure_prepare(&m, &err), FL_OK);
    assert_int_equal(m.mark_offset, 0);
    assert_int_equal(m.state_bytes + 8, over_groups(FL_M_MIN).state_bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marks__are_kept_by_every_measure_of_a_value),
        cmocka_unit_test(test_marks__take_no_room_in_states_of_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
