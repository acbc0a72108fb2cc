/* hours and intervals: any order and merge tree of the same records gives one value, that of a plain reference. */
#include <stdlib.h>

#include "core/measure/measure.h"
#include "tests/unit/expr/rows.h"

#define RECORDS 200u
#define STATES  6u
#define HOUR_MS INT64_C(3600000)
#define MONDAY  (INT64_C(1767571200) * 1000) /* 2026-01-05T00:00:00Z */
#define HOURS   (14 * 24)

static struct fl_batch batch;
static struct fl_arena arena;
static int64_t starts[RECORDS];

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

static void any_starts(struct dice *d, uint32_t count)
{
    static const int64_t steps[] = {30 * 1000, 10 * 60 * 1000, HOUR_MS, 7 * HOUR_MS};
    int64_t step = steps[roll_below(d, 4)];
    rows_begin(&batch, count);
    for (uint32_t r = 0; r < count; r++) {
        starts[r] = MONDAY + (int64_t)roll_below(d, 40) * step + (int64_t)roll_below(d, 2) * 59 * 1000;
        rows_int(&batch, FL_F_START_TIME, r, starts[r]);
    }
}

static struct fl_measure prepared(enum fl_measure_kind kind, int64_t slot_ms)
{
    struct fl_measure m = {.kind = kind, .name = "m", .field = FL_FIELD_NONE, .by = FL_FIELD_NONE, .slot_ms = slot_ms};
    struct fl_error err;
    assert_int_equal(fl_measure_prepare(&m, &err), FL_OK);
    return m;
}

static void *moved_through_bytes(const struct fl_measure *m, void *state)
{
    struct fl_buf bytes;
    size_t used;
    void *copy = calloc(1, m->state_bytes);
    fl_buf_init(&bytes);
    fl_measure_save(m, state, &bytes);
    assert_int_equal(fl_measure_load(m, copy, (const uint8_t *)bytes.data, bytes.len, &used), FL_OK);
    assert_int_equal(used, bytes.len);
    fl_buf_dispose(&bytes);
    fl_measure_dispose(m, state);
    free(state);
    return copy;
}

/* Deals the records to some states in any order, and merges those in a random tree. */
static struct fl_value measured(struct dice *d, const struct fl_measure *m, uint32_t count)
{
    void *states[STATES];
    uint32_t left = 1 + roll_below(d, STATES), first = count > 0 ? roll_below(d, count) : 0;
    struct fl_value value;
    for (uint32_t i = 0; i < left; i++)
        states[i] = calloc(1, m->state_bytes);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t r = (first + i * 7) % count; /* 7 divides no count in use */
        struct fl_place place = {.start_ms = starts[r], .end_ms = starts[r], .where = fl_place_where(0, r)};
        assert_int_equal(fl_measure_update(m, states[roll_below(d, left)], &batch, r, true, true, &place), FL_OK);
    }
    while (left > 1) {
        uint32_t into = roll_below(d, left), from = (into + 1 + roll_below(d, left - 1)) % left;
        if (roll_below(d, 2))
            states[from] = moved_through_bytes(m, states[from]);
        assert_int_equal(fl_measure_merge(m, states[into], states[from]), FL_OK);
        fl_measure_dispose(m, states[from]);
        free(states[from]);
        states[from] = states[--left];
    }
    assert_int_equal(fl_measure_value(m, states[0], &arena, &value), FL_OK);
    fl_measure_dispose(m, states[0]);
    free(states[0]);
    return value;
}

static void check_member(const struct fl_measure *m, const struct fl_value *value, const char *name,
                         struct fl_value expected)
{
    enum fl_type type;
    uint32_t number = fl_measure_member(m->kind, fl_str_of(name), &type);
    assert_int_not_equal(number, 0);
    struct fl_value got = fl_value_member(value, number);
    if (got.type != expected.type || (got.type != FL_T_NULL && fl_value_compare(&got, &expected) != 0))
        fail_msg("%s is %lld (type %d), not %lld (type %d)", name, (long long)got.i, (int)got.type,
                 (long long)expected.i, (int)expected.type);
}

static void check_number(const struct fl_measure *m, const struct fl_value *value, const char *name, int64_t expected)
{
    check_member(m, value, name, fl_value_int(FL_T_INT, expected));
}

/* ---- hours ---- */

static int64_t count_of(const bool *set, uint32_t count, uint32_t modulo)
{
    bool seen[HOURS] = {false};
    int64_t n = 0;
    for (uint32_t h = 0; h < count; h++) {
        n += set[h] && !seen[h % modulo];
        seen[h % modulo] |= set[h];
    }
    return n;
}

static uint32_t quiet_from(const bool *active, uint32_t first)
{
    uint32_t n = 0;
    for (; n < 24; n++)
        for (uint32_t day = 0; day < HOURS / 24; day++)
            if (active[day * 24 + (first + n) % 24])
                return n;
    return n;
}

static void check_hours(const struct fl_measure *m, const struct fl_value *value, uint32_t count)
{
    bool active[HOURS] = {false}, days[HOURS / 24] = {false};
    int64_t weekend = 0;
    uint32_t best = 0, from = 0;
    for (uint32_t r = 0; r < count; r++) {
        uint32_t hour = (uint32_t)((starts[r] - MONDAY) / HOUR_MS);
        active[hour] = days[hour / 24] = true;
    }
    for (uint32_t h = 0; h < HOURS; h++)
        weekend += active[h] && h % 168 >= 120;
    for (uint32_t first = 0; first < 24; first++) {
        if (quiet_from(active, first) > best) {
            best = quiet_from(active, first);
            from = first;
        }
    }
    check_number(m, value, "active", count_of(active, HOURS, HOURS));
    check_number(m, value, "days", count_of(days, HOURS / 24, HOURS / 24));
    check_number(m, value, "of_day", count_of(active, HOURS, 24));
    check_number(m, value, "of_week", count_of(active, HOURS, 168));
    check_number(m, value, "weekend", weekend);
    check_number(m, value, "quiet", best);
    check_member(m, value, "quiet_from", best > 0 ? fl_value_int(FL_T_INT, from) : FL_VALUE_NULL);
    check_member(m, value, "quiet_to", best > 0 ? fl_value_int(FL_T_INT, (from + best) % 24) : FL_VALUE_NULL);
}

/* ---- intervals ---- */

static int compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return a < b ? -1 : a > b;
}

/* Steps between different slots, in rising order; their number. */
static uint32_t steps_of(const struct fl_measure *m, uint32_t count, int64_t *steps)
{
    int64_t slots[RECORDS];
    uint32_t n = 0;
    for (uint32_t r = 0; r < count; r++)
        slots[r] = starts[r] / m->slot_ms;
    qsort(slots, count, sizeof *slots, compare);
    for (uint32_t i = 1; i < count; i++)
        if (slots[i] != slots[i - 1])
            steps[n++] = slots[i] - slots[i - 1];
    qsort(steps, n, sizeof *steps, compare);
    return n;
}

static void check_intervals(const struct fl_measure *m, const struct fl_value *value, uint32_t count)
{
    int64_t steps[RECORDS], sum = 0, squares = 0, near = 0, cv = 0;
    uint32_t n = steps_of(m, count, steps);
    if (n < 2) {
        assert_int_equal(value->type, FL_T_NULL);
        return;
    }
    int64_t median = steps[(n - 1) / 2];
    for (uint32_t i = 0; i < n; i++) {
        sum += steps[i];
        squares += steps[i] * steps[i];
        near += llabs(steps[i] - median) <= 1;
    }
    /* The greatest part of a thousand that is not above: (cv * sum / 1000)^2 <= n * squares - sum^2. */
    while ((cv + 1) * (cv + 1) * sum * sum <= (n * squares - sum * sum) * 1000000)
        cv++;
    check_number(m, value, "count", n);
    check_member(m, value, "cv", (struct fl_value){.type = FL_T_RATIO, .ratio = {cv, 1000}});
    check_member(m, value, "longest", fl_value_int(FL_T_DURATION, steps[n - 1] * m->slot_ms));
    check_member(m, value, "mean", fl_value_int(FL_T_DURATION, (2 * sum * m->slot_ms + n) / (2 * (int64_t)n)));
    check_member(m, value, "median", fl_value_int(FL_T_DURATION, median * m->slot_ms));
    check_member(m, value, "near", (struct fl_value){.type = FL_T_RATIO, .ratio = {near, n}});
    check_member(m, value, "shortest", fl_value_int(FL_T_DURATION, steps[0] * m->slot_ms));
}

static void check_measure(struct fl_measure m,
                          void (*check)(const struct fl_measure *m, const struct fl_value *value, uint32_t count))
{
    static const uint32_t counts[] = {0, 1, 2, 3, 10, 50, 200};
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct dice d = {seed * UINT64_C(0x9e3779b97f4a7c15)};
        uint32_t count = counts[roll_below(&d, 7)];
        any_starts(&d, count);
        for (int tree = 0; tree < 4; tree++) {
            struct fl_value value = measured(&d, &m, count);
            if (count == 0)
                assert_int_equal(value.type, FL_T_NULL);
            else
                check(&m, &value, count);
        }
    }
}

static void test_active__hours_equal_a_reference_in_any_merge_tree(void **state)
{
    (void)state;
    check_measure(prepared(FL_M_HOURS, 0), check_hours);
}

static void test_active__intervals_equal_a_reference_in_any_merge_tree(void **state)
{
    (void)state;
    check_measure(prepared(FL_M_INTERVALS, 0), check_intervals);
    check_measure(prepared(FL_M_INTERVALS, 5 * 60 * 1000), check_intervals);
}

static void test_active__slots_are_no_shorter_than_the_log_can_tell(void **state)
{
    (void)state;
    assert_int_equal(prepared(FL_M_INTERVALS, 1000).slot_ms, 60 * 1000);
    struct fl_measure m = {
        .kind = FL_M_HOURS, .name = "m", .field = FL_FIELD_NONE, .by = FL_FIELD_NONE, .aggregation_ms = 10 * 60 * 1000};
    struct fl_error err;
    assert_int_equal(fl_measure_prepare(&m, &err), FL_OK);
    assert_int_equal(m.slot_ms, 10 * 60 * 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_active__hours_equal_a_reference_in_any_merge_tree),
        cmocka_unit_test(test_active__intervals_equal_a_reference_in_any_merge_tree),
        cmocka_unit_test(test_active__slots_are_no_shorter_than_the_log_can_tell),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
