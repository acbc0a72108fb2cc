/* Measures: any split, order and merge tree of the same records gives one value, that of a plain reference. */
#include <stdlib.h>

#include "core/base/limits.h"
#include "core/measure/measure.h"
#include "core/measure/value_set.h"
#include "tests/unit/expr/rows.h"

#define RECORDS 300u
#define STATES  8u

static struct fl_batch batch;
static struct fl_arena arena;
static const struct fl_node some_filter = {.kind = FL_N_LITERAL, .type = FL_T_BOOL};

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

static const struct fl_sequence_step some_step = {&some_filter, 1};
static const struct fl_sequence some_sequence = {&some_step, 1, 0};

static struct fl_measure prepared(enum fl_measure_kind kind, uint32_t field)
{
    struct fl_measure m = {.kind = kind,
                           .name = "m",
                           .field = field,
                           .by = FL_FIELD_NONE,
                           .filter = &some_filter,
                           .filter2 = &some_filter,
                           .sequence = kind == FL_M_SEQUENCE ? &some_sequence : NULL,
                           .q = {9, 10}};
    struct fl_error err;
    if (fl_measure_prepare(&m, &err) != FL_OK)
        fail_msg("%s", err.text);
    return m;
}

/* ---- records ---- */

/* Filters of a record: bit 0 and 1 of its number's hash. */
static bool passes(uint32_t row, unsigned which)
{
    return (row * 2654435761u) >> (30 + which) & 1;
}

static struct fl_place place_of(uint32_t row)
{
    const struct fl_column *start = &batch.columns[FL_F_START_TIME], *end = &batch.columns[FL_F_END_TIME];
    return (struct fl_place){.start_ms = fl_column_null(start, row) ? INT64_MAX : start->i64[row],
                             .end_ms = fl_column_null(end, row) ? INT64_MAX : end->i64[row],
                             .where = fl_place_where(row % 3, row)};
}

static void any_records(struct dice *d, uint32_t count)
{
    static const char *const addresses[] = {"10.0.0.1", "10.0.0.2", "192.0.2.9", "2001:db8::1", "::1"};
    static const char *const texts[] = {"", "a", "ab", "b", "eni-1"};
    rows_begin(&batch, count);
    for (uint32_t r = 0; r < count; r++) {
        if (roll_below(d, 8) > 0)
            rows_int(&batch, FL_F_BYTES, r, (int64_t)(roll(d) >> (1 + roll_below(d, 62))) - (int64_t)roll_below(d, 50));
        if (roll_below(d, 8) > 0)
            rows_int(&batch, FL_F_PACKETS, r, roll_below(d, 5));
        if (roll_below(d, 8) > 0)
            rows_int(&batch, FL_F_DSTPORT, r, roll_below(d, 40) + (roll_below(d, 3) ? 0 : 65500));
        if (roll_below(d, 8) > 0)
            rows_int(&batch, FL_F_START_TIME, r, roll_below(d, 20) * 1000);
        if (roll_below(d, 8) > 0)
            rows_int(&batch, FL_F_END_TIME, r, roll_below(d, 20) * 1000);
        if (roll_below(d, 8) > 0)
            rows_addr(&batch, FL_F_SRC_PEER, r, addresses[roll_below(d, 5)]);
        if (roll_below(d, 8) > 0)
            rows_addr(&batch, FL_F_PAIR_SERVER, r, addresses[roll_below(d, 3)]);
        if (roll_below(d, 8) > 0)
            rows_text(&batch, FL_F_INTERFACE_ID, r, texts[roll_below(d, 5)]);
        if (roll_below(d, 4) > 0)
            rows_int(&batch, FL_F_ACTION, r, roll_below(d, 2));
        if (roll_below(d, 4) > 0)
            rows_int(&batch, FL_F_TRAFFIC_PATH, r, roll_below(d, 9));
        if (roll_below(d, 4) > 0)
            rows_int(&batch, FL_F_VANTAGE, r, roll_below(d, 4));
        if (roll_below(d, 8) > 0)
            rows_addr(&batch, FL_F_DST_PEER, r, addresses[roll_below(d, 5)]);
        if (roll_below(d, 8) > 0)
            rows_int(&batch, FL_F_FROM_OURS, r, roll_below(d, 2));
        if (roll_below(d, 8) > 0)
            rows_int(&batch, FL_F_FORWARD, r, roll_below(d, 2));
        rows_int(&batch, FL_F_DURATION, r, roll_below(d, 100));
        rows_int(&batch, FL_F_ORIENTATION, r, roll_below(d, 8) ? FL_ORIENT_SERVICE : FL_ORIENT_NONE);
    }
}

static void add(const struct fl_measure *m, void *state, uint32_t row)
{
    struct fl_place place = place_of(row);
    assert_int_equal(fl_measure_update(m, state, &batch, row, passes(row, 0), passes(row, 1), &place), FL_OK);
}

/* The state as bytes, each of which a loader must need. */
static struct fl_buf saved(const struct fl_measure *m, const void *state)
{
    struct fl_buf bytes;
    fl_buf_init(&bytes);
    fl_measure_save(m, state, &bytes);
    assert_false(bytes.failed);
    return bytes;
}

/* A state of its own out of bytes that lie in a block of just their size; FL_E_DATA where they are cut off. */
static enum fl_status loaded(const struct fl_measure *m, const struct fl_buf *bytes, size_t len, char **state)
{
    uint8_t *block = malloc(len + (len == 0));
    size_t used = 0;
    if (len > 0)
        memcpy(block, bytes->data, len);
    *state = calloc(1, m->state_bytes);
    enum fl_status status = fl_measure_load(m, *state, block, len, &used);
    if (status == FL_OK)
        assert_int_equal(used, len);
    free(block);
    return status;
}

static void check_cut_off(struct dice *d, const struct fl_measure *m, const struct fl_buf *bytes)
{
    char *state;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(loaded(m, bytes, roll_below(d, (uint32_t)bytes->len), &state), FL_E_DATA);
        fl_measure_dispose(m, state);
        free(state);
    }
}

/* What a spilled state or that of another machine's part goes through. */
static char *saved_and_loaded(struct dice *d, const struct fl_measure *m, char *state)
{
    char *copy;
    struct fl_buf bytes = saved(m, state);
    check_cut_off(d, m, &bytes);
    assert_int_equal(loaded(m, &bytes, bytes.len, &copy), FL_OK);
    struct fl_buf again = saved(m, copy);
    assert_int_equal(again.len, bytes.len);
    assert_memory_equal(again.data, bytes.data, bytes.len);
    fl_buf_dispose(&again);
    fl_buf_dispose(&bytes);
    fl_measure_dispose(m, state);
    free(state);
    return copy;
}

/* Shuffles the records, deals them to some states, and merges those in a random tree. */
static struct fl_value measured(struct dice *d, const struct fl_measure *m, uint32_t count, struct fl_buf *bytes)
{
    uint32_t order[RECORDS];
    char *states[STATES];
    uint32_t left = 1 + roll_below(d, STATES);
    struct fl_value value;
    for (uint32_t i = 0; i < left; i++)
        states[i] = calloc(1, m->state_bytes);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t k = roll_below(d, i + 1);
        order[i] = order[k];
        order[k] = i;
    }
    for (uint32_t i = 0; i < count; i++)
        add(m, states[roll_below(d, left)], order[i]);
    while (left > 1) {
        uint32_t into = roll_below(d, left), from = (into + 1 + roll_below(d, left - 1)) % left;
        if (roll_below(d, 2))
            states[from] = saved_and_loaded(d, m, states[from]);
        if (roll_below(d, 4) == 0)
            states[into] = saved_and_loaded(d, m, states[into]);
        assert_int_equal(fl_measure_merge(m, states[into], states[from]), FL_OK);
        fl_measure_dispose(m, states[from]);
        free(states[from]);
        states[from] = states[--left];
    }
    assert_int_equal(fl_measure_value(m, states[0], &arena, &value), FL_OK);
    *bytes = saved(m, states[0]);
    fl_measure_dispose(m, states[0]);
    free(states[0]);
    return value;
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

static void check_value(const struct fl_measure *m, struct fl_value value, struct fl_value expected, uint64_t seed)
{
    bool same = value.type == expected.type && fl_value_compare(&value, &expected) == 0;
    if (same && value.type == FL_T_LIST)
        same = value.list.more == expected.list.more && value.list.weighted == expected.list.weighted;
    if (!same)
        fail_msg("%s, seed %u: %s, not %s", fl_measures[m->kind].name, (unsigned)seed, shown(value), shown(expected));
}

typedef struct fl_value reference(const struct fl_measure *m, uint32_t count);

static void check_measure(const struct fl_measure *m, reference *expected)
{
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct dice d = {seed * UINT64_C(0x9e3779b97f4a7c15)};
        uint32_t count = seed == 1 ? 0 : seed == 2 ? 1 : RECORDS / (1 + roll_below(&d, 6));
        any_records(&d, count);
        struct fl_value value = expected(m, count);
        struct fl_buf first = {0};
        for (int tree = 0; tree < 6; tree++) {
            struct fl_buf bytes;
            check_value(m, measured(&d, m, count, &bytes), value, seed);
            if (tree > 0)
                assert_true(bytes.len == first.len && memcmp(bytes.data, first.data, first.len) == 0);
            fl_buf_dispose(&first);
            first = bytes;
        }
        fl_buf_dispose(&first);
    }
}

static struct fl_value cell(uint32_t field, uint32_t row)
{
    struct fl_value v;
    fl_batch_value(&batch, field, row, &v);
    return v;
}

/* ---- references ---- */

static struct fl_value count_reference(const struct fl_measure *m, uint32_t count)
{
    (void)m;
    int64_t n = 0;
    for (uint32_t r = 0; r < count; r++)
        n += passes(r, 0);
    return fl_value_int(FL_T_INT, n);
}

static struct fl_value plain_sum_reference(const struct fl_measure *m, uint32_t count)
{
    __int128 sum = 0;
    for (uint32_t r = 0; r < count; r++)
        if (passes(r, 0) && cell(m->field, r).type != FL_T_NULL)
            sum += cell(m->field, r).i;
    return fl_value_int(m->field == FL_F_DURATION ? FL_T_DURATION : FL_T_INT, sum);
}

#define WAYS 4

/* Who opened the conversation, and which address is the lower one. */
static int way_of(uint32_t r)
{
    struct fl_value forward = cell(FL_F_FORWARD, r), src = cell(FL_F_SRC_PEER, r), dst = cell(FL_F_DST_PEER, r);
    bool both = src.type != FL_T_NULL && dst.type != FL_T_NULL;
    return (forward.type != FL_T_NULL && forward.i != 0) * 2 + (both && fl_value_compare(&src, &dst) < 0);
}

/* Once: each way, the larger of what left and of what arrived from us; and what came from others. */
static struct fl_value sum_reference(const struct fl_measure *m, uint32_t count)
{
    __int128 left[WAYS] = {0}, arrived[WAYS] = {0}, between = 0, sum = 0;
    for (uint32_t r = 0; r < count; r++) {
        struct fl_value vantage = cell(FL_F_VANTAGE, r), value = cell(m->field, r), own = cell(FL_F_FROM_OURS, r);
        if (!passes(r, 0) || value.type == FL_T_NULL)
            continue;
        int at = vantage.type == FL_T_NULL ? FL_VANTAGE_UNKNOWN : (int)vantage.i;
        bool ours = own.type != FL_T_NULL && own.i != 0;
        __int128 *into = at == FL_VANTAGE_SRC           ? &left[way_of(r)]
                         : at == FL_VANTAGE_DST && ours ? &arrived[way_of(r)]
                         : at == FL_VANTAGE_MIDDLE      ? &between
                                                        : &sum;
        *into += value.i;
    }
    for (int way = 0; way < WAYS; way++)
        sum += left[way] > arrived[way] ? left[way] : arrived[way];
    return fl_value_int(FL_T_INT, sum != 0 ? sum : between);
}

static struct fl_value extreme_reference(const struct fl_measure *m, uint32_t count)
{
    struct fl_value best = FL_VALUE_NULL;
    for (uint32_t r = 0; r < count; r++) {
        struct fl_value v = cell(m->field, r);
        if (v.type == FL_T_NULL)
            continue;
        if (best.type == FL_T_NULL || (m->kind == FL_M_MIN ? v.i < best.i : v.i > best.i))
            best = v;
    }
    return best;
}

static struct fl_value mean_reference(const struct fl_measure *m, uint32_t count)
{
    __int128 sum = 0, n = 0;
    for (uint32_t r = 0; r < count; r++) {
        struct fl_value v = cell(m->field, r);
        if (v.type != FL_T_NULL && passes(r, 0)) {
            sum += v.i;
            n++;
        }
    }
    return n == 0 ? FL_VALUE_NULL : (struct fl_value){.type = FL_T_RATIO, .ratio = {sum, n}};
}

static struct fl_value ratio_reference(const struct fl_measure *m, uint32_t count)
{
    (void)m;
    __int128 a = 0, b = 0;
    for (uint32_t r = 0; r < count; r++) {
        a += passes(r, 0);
        b += passes(r, 1);
    }
    return b == 0 ? FL_VALUE_NULL : (struct fl_value){.type = FL_T_RATIO, .ratio = {a, b}};
}

static bool seen_before(uint32_t field, uint32_t row)
{
    struct fl_value v = cell(field, row);
    for (uint32_t r = 0; r < row; r++) {
        struct fl_value w = cell(field, r);
        if (w.type != FL_T_NULL && fl_value_compare(&v, &w) == 0)
            return true;
    }
    return false;
}

static struct fl_value distinct_reference(const struct fl_measure *m, uint32_t count)
{
    int64_t n = 0;
    for (uint32_t r = 0; r < count; r++)
        n += cell(m->field, r).type != FL_T_NULL && !seen_before(m->field, r);
    return fl_value_int(FL_T_INT, n);
}

static struct fl_value run_reference(const struct fl_measure *m, uint32_t count)
{
    static bool seen[65536];
    memset(seen, 0, sizeof seen);
    for (uint32_t r = 0; r < count; r++)
        if (cell(m->field, r).type != FL_T_NULL)
            seen[(uint16_t)cell(m->field, r).i] = true;
    int64_t best = 0, run = 0;
    for (uint32_t p = 0; p < 65536; p++) {
        run = seen[p] ? run + 1 : 0;
        best = run > best ? run : best;
    }
    return fl_value_int(FL_T_INT, best);
}

/* Different values in ascending order, each with its weight. */
static uint32_t tally(const struct fl_measure *m, uint32_t count, struct fl_value *pairs)
{
    uint32_t n = 0;
    for (uint32_t r = 0; r < count; r++) {
        struct fl_value v = cell(m->field, r);
        struct fl_value w = m->by == FL_FIELD_NONE ? fl_value_int(FL_T_INT, 1) : cell(m->by, r);
        if (v.type == FL_T_NULL || w.type == FL_T_NULL)
            continue;
        uint32_t at = 0;
        while (at < n && fl_value_compare(&pairs[2 * at], &v) < 0)
            at++;
        if (at == n || fl_value_compare(&pairs[2 * at], &v) != 0) {
            memmove(pairs + 2 * at + 2, pairs + 2 * at, (n - at) * 2 * sizeof *pairs);
            pairs[2 * at] = v;
            pairs[2 * at + 1] = fl_value_int(FL_T_INT, 0);
            n++;
        }
        pairs[2 * at + 1].i += w.i;
    }
    return n;
}

static struct fl_value set_reference(const struct fl_measure *m, uint32_t count)
{
    static struct fl_value pairs[2 * RECORDS + 2], items[RECORDS];
    uint32_t n = tally(m, count, pairs);
    struct fl_value v = {.type = n == 0 ? FL_T_NULL : FL_T_LIST};
    for (uint32_t i = 0; i < n && i < m->k; i++)
        items[i] = pairs[2 * i];
    v.list.items = items;
    v.list.count = n < m->k ? n : m->k;
    v.list.more = n > m->k;
    return v;
}

static struct fl_value top_reference(const struct fl_measure *m, uint32_t count)
{
    static struct fl_value pairs[2 * RECORDS + 2], items[2 * RECORDS];
    uint32_t n = tally(m, count, pairs), shown_count = n < m->k ? n : m->k;
    bool taken[RECORDS] = {false};
    struct fl_value v = {.type = n == 0 ? FL_T_NULL : FL_T_LIST};
    for (uint32_t i = 0; i < shown_count; i++) {
        uint32_t best = UINT32_MAX;
        for (uint32_t k = 0; k < n; k++)
            if (!taken[k] && (best == UINT32_MAX || pairs[2 * k + 1].i > pairs[2 * best + 1].i))
                best = k;
        taken[best] = true;
        items[2 * i] = pairs[2 * best];
        items[2 * i + 1] = pairs[2 * best + 1];
    }
    v.list.items = items;
    v.list.count = shown_count;
    v.list.more = n > shown_count;
    v.list.weighted = true;
    return v;
}

/* By (start, end, source, offset), null last. */
static struct fl_value order_reference(const struct fl_measure *m, uint32_t count)
{
    uint32_t best = UINT32_MAX;
    for (uint32_t r = 0; r < count; r++) {
        if (best == UINT32_MAX) {
            best = r;
            continue;
        }
        const uint32_t keys[] = {FL_F_START_TIME, FL_F_END_TIME};
        int c = 0;
        for (size_t k = 0; k < 2 && c == 0; k++) {
            struct fl_value a = cell(keys[k], r), b = cell(keys[k], best);
            c = fl_value_compare(&a, &b);
        }
        if (c == 0)
            c = r % 3 != best % 3 ? (r % 3 < best % 3 ? -1 : 1) : r < best ? -1 : 1;
        if (m->kind == FL_M_FIRST ? c < 0 : c > 0)
            best = r;
    }
    return best == UINT32_MAX ? FL_VALUE_NULL : cell(m->field, best);
}

static int compare_numbers(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return a < b ? -1 : a > b;
}

/* The number of that rank in order, then the middle of the 32nd of a doubling that it is in. */
static struct fl_value quantile_reference(const struct fl_measure *m, uint32_t count)
{
    int64_t numbers[RECORDS];
    uint32_t n = 0;
    for (uint32_t r = 0; r < count; r++)
        if (!fl_column_null(&batch.columns[m->field], r))
            numbers[n++] = batch.columns[m->field].i64[r];
    if (n == 0)
        return FL_VALUE_NULL;
    qsort(numbers, n, sizeof numbers[0], compare_numbers);
    int64_t rank = (int64_t)((n * m->q.num + m->q.den - 1) / m->q.den);
    __int128 value = numbers[rank > 0 ? rank - 1 : 0], width = 1, size = value < 0 ? -value : value;
    while (size >= 64 * width)
        width *= 2;
    size = size / width * width + width / 2;
    return fl_value_int(FL_T_INT, value < 0 ? -size : size);
}

static void test_measure__quantile(void **state)
{
    (void)state;
    static const struct fl_ratio shares[] = {{0, 1}, {1, 2}, {95, 100}, {1, 1}};
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        struct fl_measure m = prepared(FL_M_QUANTILE, FL_F_BYTES);
        m.q = shares[i];
        check_measure(&m, quantile_reference);
    }
}

static bool same_connection(uint32_t a, uint32_t b)
{
    const struct fl_addr *src = batch.columns[FL_F_SRC_PEER].addr, *dst = batch.columns[FL_F_DST_PEER].addr;
    const uint16_t *sport = batch.columns[FL_F_SRCPORT].u16, *dport = batch.columns[FL_F_DSTPORT].u16;
    bool forward =
        fl_addr_equal(src[a], src[b]) && fl_addr_equal(dst[a], dst[b]) && sport[a] == sport[b] && dport[a] == dport[b];
    bool back =
        fl_addr_equal(src[a], dst[b]) && fl_addr_equal(dst[a], src[b]) && sport[a] == dport[b] && dport[a] == sport[b];
    return forward || back;
}

static void test_measure__connections_are_counted_once_whatever_the_direction(void **state)
{
    (void)state;
    static const char *const addresses[] = {"10.0.0.1", "10.0.0.2", "2001:db8::1"};
    struct dice d = {11};
    struct fl_measure m = prepared(FL_M_CONNECTIONS, FL_FIELD_NONE);
    uint32_t expected = 0;
    rows_begin(&batch, RECORDS);
    for (uint32_t r = 0; r < RECORDS; r++) {
        rows_addr(&batch, FL_F_SRC_PEER, r, addresses[roll_below(&d, 3)]);
        rows_addr(&batch, FL_F_DST_PEER, r, addresses[roll_below(&d, 3)]);
        rows_int(&batch, FL_F_SRCPORT, r, roll_below(&d, 6));
        rows_int(&batch, FL_F_DSTPORT, r, roll_below(&d, 6));
        rows_int(&batch, FL_F_PROTOCOL, r, 6);
        bool seen = false;
        for (uint32_t before = 0; before < r; before++)
            seen |= same_connection(before, r);
        expected += !seen;
    }
    for (int i = 0; i < 20; i++) {
        struct fl_buf bytes;
        struct fl_value value = measured(&d, &m, RECORDS, &bytes);
        assert_int_equal(value.i, expected);
        fl_buf_dispose(&bytes);
    }
}

static struct fl_value endpoint_reference(const struct fl_measure *m, uint32_t count)
{
    (void)m;
    bool via = false;
    for (uint32_t r = 0; r < count; r++)
        via |= cell(FL_F_TRAFFIC_PATH, r).type != FL_T_NULL && cell(FL_F_TRAFFIC_PATH, r).i == 7;
    return count == 0 ? FL_VALUE_NULL : fl_value_int(FL_T_BOOL, via);
}

/* ---- one property test each ---- */

static void test_measure__count(void **state)
{
    (void)state;
    struct fl_measure m = prepared(FL_M_COUNT, FL_FIELD_NONE);
    check_measure(&m, count_reference);
}

static void test_measure__sum(void **state)
{
    (void)state;
    struct fl_measure m = prepared(FL_M_SUM, FL_F_BYTES), d = prepared(FL_M_SUM, FL_F_DURATION);
    check_measure(&m, sum_reference);
    check_measure(&d, plain_sum_reference);
}

static void test_measure__min_and_max(void **state)
{
    (void)state;
    static const uint32_t fields[] = {FL_F_BYTES, FL_F_DSTPORT, FL_F_START_TIME, FL_F_DURATION};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct fl_measure least = prepared(FL_M_MIN, fields[i]), greatest = prepared(FL_M_MAX, fields[i]);
        check_measure(&least, extreme_reference);
        check_measure(&greatest, extreme_reference);
    }
}

static void test_measure__mean(void **state)
{
    (void)state;
    struct fl_measure m = prepared(FL_M_MEAN, FL_F_BYTES);
    check_measure(&m, mean_reference);
}

static void test_measure__ratio(void **state)
{
    (void)state;
    struct fl_measure m = prepared(FL_M_RATIO, FL_FIELD_NONE);
    check_measure(&m, ratio_reference);
}

static void test_measure__distinct(void **state)
{
    (void)state;
    static const uint32_t fields[] = {FL_F_DSTPORT, FL_F_SRC_PEER, FL_F_INTERFACE_ID, FL_F_BYTES, FL_F_ACTION};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct fl_measure m = prepared(FL_M_DISTINCT, fields[i]);
        check_measure(&m, distinct_reference);
    }
}

static void test_measure__longest_run(void **state)
{
    (void)state;
    struct fl_measure m = prepared(FL_M_LONGEST_RUN, FL_F_DSTPORT);
    check_measure(&m, run_reference);
}

static void test_measure__top(void **state)
{
    (void)state;
    struct fl_measure m = prepared(FL_M_TOP, FL_F_DSTPORT);
    m.k = 5;
    check_measure(&m, top_reference);
    m.by = FL_F_BYTES;
    check_measure(&m, top_reference);
    struct fl_measure texts = prepared(FL_M_TOP, FL_F_INTERFACE_ID), addresses = prepared(FL_M_TOP, FL_F_SRC_PEER);
    addresses.k = 2;
    addresses.by = FL_F_PACKETS;
    check_measure(&texts, top_reference);
    check_measure(&addresses, top_reference);
}

static void test_measure__set(void **state)
{
    (void)state;
    static const uint32_t fields[] = {FL_F_DSTPORT, FL_F_SRC_PEER, FL_F_INTERFACE_ID, FL_F_BYTES};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct fl_measure m = prepared(FL_M_SET, fields[i]);
        m.k = 3;
        check_measure(&m, set_reference);
        m.k = 200;
        check_measure(&m, set_reference);
    }
}

static void test_measure__first_and_last(void **state)
{
    (void)state;
    static const uint32_t fields[] = {FL_F_BYTES, FL_F_INTERFACE_ID, FL_F_SRC_PEER, FL_F_START_TIME};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct fl_measure first = prepared(FL_M_FIRST, fields[i]), last = prepared(FL_M_LAST, fields[i]);
        check_measure(&first, order_reference);
        check_measure(&last, order_reference);
    }
}

static void test_measure__via_endpoint(void **state)
{
    (void)state;
    struct fl_measure m = prepared(FL_M_VIA_ENDPOINT, FL_FIELD_NONE);
    check_measure(&m, endpoint_reference);
}

/* outcome() has tests of its own; here only that it is a fold. */
static void test_measure__outcome_is_a_fold(void **state)
{
    (void)state;
    struct fl_measure m = prepared(FL_M_OUTCOME, FL_FIELD_NONE);
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct dice d = {seed * UINT64_C(0x9e3779b97f4a7c15)};
        uint32_t count = 1 + roll_below(&d, 6);
        any_records(&d, count);
        struct fl_buf bytes;
        struct fl_value value = measured(&d, &m, count, &bytes);
        fl_buf_dispose(&bytes);
        for (int tree = 0; tree < 6; tree++) {
            check_value(&m, measured(&d, &m, count, &bytes), value, seed);
            fl_buf_dispose(&bytes);
        }
    }
}

/* Groups of two rules may have one place: in any order they come to the same state. */
static void test_measure__equal_places(void **state)
{
    (void)state;
    static const enum fl_measure_kind kinds[] = {FL_M_FIRST, FL_M_LAST, FL_M_SEQUENCE};
    struct fl_value slots[2] = {fl_value_int(FL_T_INT, 7), fl_value_int(FL_T_INT, 8)};
    struct fl_place place = {.start_ms = 5, .end_ms = 6, .where = 7};
    for (size_t k = 0; k < 3; k++) {
        struct fl_measure m = prepared(kinds[k], kinds[k] == FL_M_SEQUENCE ? FL_FIELD_NONE : FL_F_BYTES);
        struct fl_buf saved[2];
        m.field = 0;
        for (unsigned turn = 0; turn < 2; turn++) {
            uint64_t states[2][16] = {{0}};
            fl_buf_init(&saved[turn]);
            for (unsigned i = 0; i < 2; i++)
                fl_measure_update_slots(&m, states[i], &slots[i ^ turn], true, true, 1 + (i ^ turn), &place);
            fl_measure_merge(&m, states[0], states[1]);
            fl_measure_save(&m, states[0], &saved[turn]);
            fl_measure_dispose(&m, states[0]);
            fl_measure_dispose(&m, states[1]);
        }
        assert_int_equal(saved[0].len, saved[1].len);
        assert_memory_equal(saved[0].data, saved[1].data, saved[0].len);
        fl_buf_dispose(&saved[0]);
        fl_buf_dispose(&saved[1]);
    }
}

static void test_measure__over_no_record(void **state)
{
    (void)state;
    for (uint32_t kind = 0; kind < FL_MEASURE_COUNT; kind++) {
        bool no_field = kind == FL_M_COUNT || kind == FL_M_RATIO || kind == FL_M_OUTCOME || kind == FL_M_VIA_ENDPOINT ||
                        kind == FL_M_CONNECTIONS || kind == FL_M_HOURS || kind == FL_M_INTERVALS;
        uint32_t field = no_field ? FL_FIELD_NONE : kind == FL_M_LONGEST_RUN ? FL_F_DSTPORT : FL_F_BYTES;
        struct fl_measure m = prepared((enum fl_measure_kind)kind, field);
        bool zero = kind == FL_M_COUNT || kind == FL_M_SUM || kind == FL_M_DISTINCT || kind == FL_M_LONGEST_RUN ||
                    kind == FL_M_CONNECTIONS;
        char none[256] = {0};
        struct fl_value v;
        assert_true(m.state_bytes <= sizeof none);
        assert_int_equal(fl_measure_value(&m, none, &arena, &v), FL_OK);
        if (zero ? v.type != FL_T_INT || v.i != 0 : v.type != FL_T_NULL)
            fail_msg("%s over no record is %s", fl_measures[kind].name, shown(v));
        fl_measure_dispose(&m, none);
    }
}

static void test_measure__wrong_fields_are_refused(void **state)
{
    (void)state;
    static const struct {
        enum fl_measure_kind kind;
        uint32_t field, by;
        const char *says;
    } cases[] = {
        {FL_M_SUM, FL_F_SRCADDR, FL_FIELD_NONE, "srcaddr is an address"},
        {FL_M_SUM, FL_FIELD_NONE, FL_FIELD_NONE, "sum needs"},
        {FL_M_SUM, FL_F_DSTPORT, FL_FIELD_NONE, "dstport is a port"},
        {FL_M_MEAN, FL_F_START_TIME, FL_FIELD_NONE, "is a time"},
        {FL_M_MIN, FL_F_INTERFACE_ID, FL_FIELD_NONE, "min needs"},
        {FL_M_MAX, FL_F_ACTION, FL_FIELD_NONE, "max needs"},
        {FL_M_LONGEST_RUN, FL_F_BYTES, FL_FIELD_NONE, "a port field"},
        {FL_M_TOP, FL_F_DSTPORT, FL_F_SRCADDR, "weighs by a number"},
        {FL_M_COUNT, FL_F_BYTES, FL_FIELD_NONE, "takes a filter"},
        {FL_M_SET, FL_FIELD_NONE, FL_FIELD_NONE, "set needs a field that is no quotient or list"},
        {FL_M_FIRST, FL_FIELD_NONE, FL_FIELD_NONE, "first needs"},
        {FL_M_DISTINCT, FL_FIELD_NONE, FL_FIELD_NONE, "distinct needs"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fl_measure m = {.kind = cases[i].kind, .field = cases[i].field, .by = cases[i].by};
        struct fl_error err;
        assert_int_equal(fl_measure_prepare(&m, &err), FL_E_TYPE);
        if (strstr(err.text, cases[i].says) == NULL)
            fail_msg("%s", err.text);
    }
}

/* ---- many values ---- */

static void test_measure__find(void **state)
{
    (void)state;
    assert_int_equal(fl_measure_find(FL_STR("longest_run")), FL_M_LONGEST_RUN);
    assert_int_equal(fl_measure_find(FL_STR("longest")), FL_MEASURE_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_measure__count),
        cmocka_unit_test(test_measure__sum),
        cmocka_unit_test(test_measure__min_and_max),
        cmocka_unit_test(test_measure__mean),
        cmocka_unit_test(test_measure__ratio),
        cmocka_unit_test(test_measure__distinct),
        cmocka_unit_test(test_measure__longest_run),
        cmocka_unit_test(test_measure__top),
        cmocka_unit_test(test_measure__set),
        cmocka_unit_test(test_measure__first_and_last),
        cmocka_unit_test(test_measure__quantile),
        cmocka_unit_test(test_measure__connections_are_counted_once_whatever_the_direction),
        cmocka_unit_test(test_measure__via_endpoint),
        cmocka_unit_test(test_measure__outcome_is_a_fold),
        cmocka_unit_test(test_measure__equal_places),
        cmocka_unit_test(test_measure__over_no_record),
        cmocka_unit_test(test_measure__wrong_fields_are_refused),
        cmocka_unit_test(test_measure__find),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
