/* Groups: keys, windows, evidence, limits; and that tables merged in any order are one table. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "core/base/when.h"
#include "core/group/entry.h"
#include "core/group/store.h"
#include "tests/unit/expr/rows.h"

static struct fl_batch batch;
static struct fl_buf out;

static int setup(void **state)
{
    (void)state;
    rows_open(&batch);
    fl_buf_init(&out);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fl_batch_dispose(&batch);
    fl_buf_dispose(&out);
    return 0;
}

static const uint32_t port_key[] = {FL_F_DSTPORT};
static struct fl_measure measures[3];

/* Groups by dstport, counts packets and the set of source ports, keeps two places. */
static struct fl_table_spec spec_of(int64_t pane_ms)
{
    static const enum fl_measure_kind kinds[] = {FL_M_COUNT, FL_M_LONGEST_RUN, FL_M_SET};
    static const uint32_t fields[] = {FL_FIELD_NONE, FL_F_SRCPORT, FL_F_SRCPORT};
    for (size_t i = 0; i < 3; i++) {
        measures[i] = (struct fl_measure){.kind = kinds[i], .name = "m", .field = fields[i], .by = FL_FIELD_NONE};
        assert_int_equal(fl_measure_prepare(&measures[i], NULL), FL_OK);
    }
    return (struct fl_table_spec){.keys = port_key,
                                  .key_count = 1,
                                  .pane_ms = pane_ms,
                                  .measures = measures,
                                  .measure_count = 3,
                                  .evidence = 2,
                                  .max_groups = 1000,
                                  .hash_seed = 5};
}

static struct fl_store *new_store(const struct fl_table_spec *spec)
{
    struct fl_store_spec one = {.tables = spec, .table_count = 1};
    struct fl_store *s;
    assert_int_equal(fl_store_new(&one, &s), FL_OK);
    return s;
}

static struct fl_store *new_table(int64_t pane_ms)
{
    static struct fl_table_spec spec; /* outlives the store */
    spec = spec_of(pane_ms);
    return new_store(&spec);
}

static enum fl_status walk(struct fl_store *s, int64_t window_ms, int64_t every_ms,
                           enum fl_status (*visit)(void *context, const struct fl_group_view *view), void *context)
{
    struct fl_walk how = {.window_ms = window_ms, .every_ms = every_ms, .visit = visit, .context = context};
    return fl_store_walk(s, 0, &how);
}

static uint64_t groups(const struct fl_store *s)
{
    return fl_table_groups(fl_store_table(s, 0));
}

static const uint64_t *const no_filters[6];

static uint64_t add_rows(struct fl_store *t)
{
    uint64_t selection[16], bad_times = 0;
    memset(selection, 0, sizeof selection);
    for (uint32_t r = 0; r < batch.rows; r++)
        selection[r >> 6] |= UINT64_C(1) << (r & 63);
    assert_int_equal(fl_store_add(t, 0, &batch, selection, no_filters, &bad_times), FL_OK);
    return bad_times;
}

static void row(uint32_t r, int64_t start_ms, int port)
{
    if (start_ms != INT64_MAX) {
        rows_int(&batch, FL_F_START_TIME, r, start_ms);
        rows_int(&batch, FL_F_END_TIME, r, start_ms + 5);
    }
    if (port >= 0)
        rows_int(&batch, FL_F_DSTPORT, r, port);
    rows_int(&batch, FL_F_PACKETS, r, 2);
    rows_int(&batch, FL_F_BYTES, r, 10);
    rows_int(&batch, FL_F_SRCPORT, r, (int64_t)(1000 + r));
}

/* One line a group: key [window] xflows. */
static enum fl_status show(void *context, const struct fl_group_view *v)
{
    (void)context;
    fl_value_text(&out, &v->keys[0]);
    if (v->window_start_ms != INT64_MIN)
        fl_buf_add_format(&out, "[%lld..%lld]", (long long)v->window_start_ms, (long long)v->window_end_ms);
    fl_buf_add_format(&out, "x%llu ", (unsigned long long)v->counters.flows);
    /* The counters and the measures tell of the same records. */
    assert_int_equal(v->measures[0].i, v->counters.flows);
    assert_int_equal((int64_t)v->counters.bytes, 10 * (int64_t)v->counters.flows);
    return FL_OK;
}

static void check_groups(struct fl_store *t, int64_t window_ms, int64_t every_ms, const char *expected)
{
    fl_buf_clear(&out);
    assert_int_equal(walk(t, window_ms, every_ms, show, NULL), FL_OK);
    fl_buf_add_char(&out, '\0');
    assert_string_equal(out.data, expected);
}

static void test_table__groups_come_in_key_order_with_null_last(void **state)
{
    (void)state;
    static const int ports[] = {443, 22, -1, 443, 9000, -1, 22, 443};
    struct fl_store *t = new_table(0);
    rows_begin(&batch, 8);
    for (uint32_t r = 0; r < 8; r++)
        row(r, r, ports[r]);
    assert_int_equal(add_rows(t), 0);
    assert_int_equal(groups(t), 4);
    check_groups(t, 0, 0, "22x2 443x3 9000x1 -x2 ");
    fl_store_free(t);
}

static void test_table__null_and_zero_are_different_keys(void **state)
{
    (void)state;
    struct fl_store *t = new_table(0);
    rows_begin(&batch, 2);
    row(0, 0, 0);
    row(1, 0, -1);
    add_rows(t);
    check_groups(t, 0, 0, "0x1 -x1 ");
    fl_store_free(t);
}

static void test_table__without_keys_is_one_group(void **state)
{
    (void)state;
    struct fl_table_spec spec = spec_of(0);
    struct fl_store *t;
    spec.key_count = 0;
    t = new_store(&spec);
    rows_begin(&batch, 3);
    for (uint32_t r = 0; r < 3; r++)
        row(r, r, (int)r);
    add_rows(t);
    assert_int_equal(groups(t), 1);
    fl_store_free(t);
}

static void test_table__tumbling_windows_are_aligned_to_the_epoch(void **state)
{
    (void)state;
    static const int64_t starts[] = {0, 99, 100, 199, 250, 1000};
    struct fl_store *t = new_table(100);
    rows_begin(&batch, 6);
    for (uint32_t r = 0; r < 6; r++)
        row(r, starts[r], 22);
    assert_int_equal(add_rows(t), 0);
    check_groups(t, 100, 100, "22[0..100]x2 22[100..200]x2 22[200..300]x1 22[1000..1100]x1 ");
    fl_store_free(t);
}

static void test_table__hopping_windows_overlap(void **state)
{
    (void)state;
    static const int64_t starts[] = {5, 120, 130, 410};
    struct fl_store *t = new_table(100);
    rows_begin(&batch, 4);
    for (uint32_t r = 0; r < 4; r++)
        row(r, starts[r], 22);
    add_rows(t);
    /* Windows of 300 every 100, that hold a record; those before the epoch too. */
    check_groups(t, 300, 100,
                 "22[-200..100]x1 22[-100..200]x3 22[0..300]x3 22[100..400]x2 22[200..500]x1 22[300..600]x1 "
                 "22[400..700]x1 ");
    fl_store_free(t);
}

static void test_table__panes_may_be_finer_than_the_hop(void **state)
{
    (void)state;
    static const int64_t starts[] = {10, 140, 220, 390};
    struct fl_store *t = new_table(50); /* window 250, every 100: panes of 50 */
    rows_begin(&batch, 4);
    for (uint32_t r = 0; r < 4; r++)
        row(r, starts[r], 22);
    add_rows(t);
    check_groups(t, 250, 100,
                 "22[-200..50]x1 22[-100..150]x2 22[0..250]x3 22[100..350]x2 22[200..450]x2 22[300..550]x1 ");
    fl_store_free(t);
}

/* Each window by a walk over all records, for random records and window shapes. */
static void test_table__windows_equal_their_definition(void **state)
{
    (void)state;
    static const int64_t shapes[][3] = {{10, 10, 10}, {10, 40, 10}, {10, 30, 20}, {5, 25, 10}, {10, 640, 10}};
    struct dice d = {77};
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        int64_t window = shapes[s][1], every = shapes[s][2];
        struct fl_store *t = new_table(shapes[s][0]);
        struct fl_buf expected;
        fl_buf_init(&expected);
        rows_begin(&batch, 40);
        for (uint32_t r = 0; r < 40; r++)
            row(r, 1000 + roll_below(&d, 400), (int)(22 + r % 2));
        add_rows(t);
        for (int port = 22; port <= 23; port++) {
            for (int64_t w = 0; w < 3000; w += every) {
                uint32_t flows = 0;
                for (uint32_t r = 0; r < 40; r++) {
                    int64_t at = batch.columns[FL_F_START_TIME].i64[r];
                    flows += batch.columns[FL_F_DSTPORT].u16[r] == port && at >= w && at < w + window;
                }
                if (flows > 0)
                    fl_buf_add_format(&expected, "%d[%lld..%lld]x%u ", port, (long long)w, (long long)(w + window),
                                      flows);
            }
        }
        fl_buf_add_char(&expected, '\0');
        check_groups(t, window, every, expected.data);
        fl_buf_dispose(&expected);
        fl_store_free(t);
    }
}

/* A record from start_ms to end_ms; INT64_MAX = null. */
static void span(uint32_t r, int64_t start_ms, int64_t end_ms)
{
    row(r, start_ms, 22);
    if (end_ms == INT64_MAX)
        batch.columns[FL_F_END_TIME].nulls[r >> 6] |= UINT64_C(1) << (r & 63);
    else
        rows_int(&batch, FL_F_END_TIME, r, end_ms);
}

static struct fl_store *new_sessions(int64_t gap_ms)
{
    struct fl_table_spec spec = spec_of(gap_ms);
    spec.session = true;
    return new_store(&spec);
}

static void test_table__a_session_ends_where_its_group_is_silent(void **state)
{
    (void)state;
    struct fl_store *t = new_sessions(100);
    rows_begin(&batch, 7);
    span(0, 1000, 1010);
    span(1, 1110, 1500); /* a gap of exactly 100 joins, and what is long bridges empty panes */
    span(2, 1200, 1210);
    span(3, 1600, INT64_MAX); /* the end is null: the start stands for it */
    span(4, 1701, 1650);      /* 101 behind; ends before it starts */
    span(5, 1801, FL_WHEN_MAX_MS);
    span(6, 99, 300);
    assert_int_equal(add_rows(t), 0);
    check_groups(t, 100, 100, "22[99..300]x1 22[1000..1600]x4 22[1701..1801]x2 ");
    fl_store_free(t);
}

static int by_start(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return x[0] < y[0] ? -1 : x[0] > y[0];
}

/* Against a walk over the records in order of their starts; dealt to several tables in any order. */
static void test_table__sessions_equal_their_definition(void **state)
{
    (void)state;
    struct dice d = {31};
    for (int round = 0; round < 200; round++) {
        int64_t gap = 1 + roll_below(&d, 30), spans[60][2];
        struct fl_store *parts[3];
        for (int i = 0; i < 3; i++)
            parts[i] = new_sessions(gap);
        for (uint32_t r = 0; r < 60; r++) {
            spans[r][0] = roll_below(&d, 1500);
            spans[r][1] = spans[r][0] + (roll_below(&d, 10) == 0 ? roll_below(&d, 200) : roll_below(&d, 8));
            rows_begin(&batch, 1);
            span(0, spans[r][0], spans[r][1]);
            add_rows(parts[roll_below(&d, 3)]);
        }
        qsort(spans, 60, sizeof spans[0], by_start);
        struct fl_buf expected;
        fl_buf_init(&expected);
        for (uint32_t from = 0, to; from < 60; from = to) {
            int64_t reach = spans[from][1];
            for (to = from + 1; to < 60 && spans[to][0] - reach <= gap; to++)
                reach = spans[to][1] > reach ? spans[to][1] : reach;
            fl_buf_add_format(&expected, "22[%lld..%lld]x%u ", (long long)spans[from][0], (long long)reach, to - from);
        }
        fl_buf_add_char(&expected, '\0');
        assert_int_equal(fl_store_absorb(parts[1], parts[2]), FL_OK);
        assert_int_equal(fl_store_absorb(parts[0], parts[1]), FL_OK);
        check_groups(parts[0], gap, gap, expected.data);
        fl_buf_dispose(&expected);
        for (int i = 0; i < 3; i++)
            fl_store_free(parts[i]);
    }
}

static void test_table__late_records_reach_their_window(void **state)
{
    (void)state;
    struct fl_store *t = new_table(100);
    static const int64_t starts[] = {950, 10, 960, 20};
    for (uint32_t i = 0; i < 4; i++) { /* a batch each, times going back and forth */
        rows_begin(&batch, 1);
        row(0, starts[i], 22);
        add_rows(t);
    }
    check_groups(t, 100, 100, "22[0..100]x2 22[900..1000]x2 ");
    fl_store_free(t);
}

static void test_table__times_outside_1970_to_2100_are_counted(void **state)
{
    (void)state;
    struct fl_store *t = new_table(1000), *plain = new_table(0);
    rows_begin(&batch, 6);
    row(0, -1, 22);
    row(1, 0, 22);
    row(2, FL_WHEN_MAX_MS - 1, 22);
    row(3, FL_WHEN_MAX_MS, 22);
    row(4, INT64_MAX, 22); /* null */
    row(5, INT64_MIN, 22);
    assert_int_equal(add_rows(t), 4);
    check_groups(t, 1000, 1000, "22[0..1000]x1 22[4102444799000..4102444800000]x1 ");
    /* Without windows every record counts, and no time is bad. */
    assert_int_equal(add_rows(plain), 0);
    check_groups(plain, 0, 0, "22x6 ");
    fl_store_free(t);
    fl_store_free(plain);
}

/* ---- counters and evidence ---- */

static struct fl_counters seen_counters;
static struct fl_place seen_places[8];
static uint32_t seen_place_count;

static enum fl_status keep_view(void *context, const struct fl_group_view *v)
{
    (void)context;
    seen_counters = v->counters;
    seen_place_count = v->evidence_count;
    memcpy(seen_places, v->evidence, v->evidence_count * sizeof *seen_places);
    return FL_OK;
}

static void test_table__counters(void **state)
{
    (void)state;
    struct fl_store *t = new_table(0);
    rows_begin(&batch, 4);
    rows_int(&batch, FL_F_START_TIME, 0, 100);
    rows_int(&batch, FL_F_END_TIME, 0, 200);
    rows_int(&batch, FL_F_START_TIME, 1, 50); /* no end: the start stands for it */
    rows_int(&batch, FL_F_END_TIME, 2, 300);  /* no start */
    rows_int(&batch, FL_F_BYTES, 0, INT64_MAX);
    rows_int(&batch, FL_F_BYTES, 1, INT64_MAX);
    rows_int(&batch, FL_F_PACKETS, 3, 7);
    for (uint32_t r = 0; r < 4; r++)
        rows_int(&batch, FL_F_DSTPORT, r, 22);
    add_rows(t);
    assert_int_equal(walk(t, 0, 0, keep_view, NULL), FL_OK);
    assert_int_equal(seen_counters.flows, 4);
    assert_true(seen_counters.bytes == (__int128)INT64_MAX * 2);
    assert_int_equal((int64_t)seen_counters.packets, 7);
    assert_int_equal(seen_counters.first_ms, 50);
    assert_int_equal(seen_counters.last_ms, 300);
    fl_store_free(t);
}

static void test_table__evidence_is_the_least_places_in_record_order(void **state)
{
    (void)state;
    struct fl_store *t = new_table(0);
    struct dice d = {9};
    struct fl_place all[40], least[2];
    rows_begin(&batch, 40);
    for (uint32_t r = 0; r < 40; r++) {
        bool timed = roll_below(&d, 6) > 0;
        row(r, timed ? roll_below(&d, 3) : INT64_MAX, 22);
        all[r] = (struct fl_place){timed ? batch.columns[FL_F_START_TIME].i64[r] : INT64_MAX,
                                   timed ? batch.columns[FL_F_END_TIME].i64[r] : INT64_MAX,
                                   fl_place_where(4, 1000 + r * 100)};
    }
    batch.source = 4;
    batch.base_offset = 1000;
    add_rows(t);
    batch.source = 0;
    batch.base_offset = 0;
    for (int i = 0; i < 2; i++) {
        uint32_t best = i;
        for (uint32_t r = i; r < 40; r++)
            if (fl_place_before(all[r], all[best]))
                best = r;
        least[i] = all[best];
        all[best] = all[i];
    }
    assert_int_equal(walk(t, 0, 0, keep_view, NULL), FL_OK);
    assert_int_equal(seen_place_count, 2);
    assert_memory_equal(seen_places, least, sizeof least);
    fl_store_free(t);
}

/* Groups of several panes and rules may have a record in common. */
static void test_table__a_record_is_evidence_once(void **state)
{
    (void)state;
    struct fl_store *t = new_table(0);
    rows_begin(&batch, 2);
    row(0, 100, 22);
    row(1, 200, 22);
    for (int i = 0; i < 3; i++) {
        add_rows(t);
        if (i == 1)
            assert_int_equal(fl_store_spill(t), FL_OK);
    }
    assert_int_equal(walk(t, 0, 0, keep_view, NULL), FL_OK);
    assert_int_equal(seen_place_count, 2);
    assert_int_equal(seen_places[0].start_ms, 100);
    assert_int_equal(seen_places[1].start_ms, 200);
    fl_store_free(t);
}

static void test_place__order(void **state)
{
    (void)state;
    /* (start, end, source, offset), null last; each before the next. */
    const struct fl_place ascending[] = {
        {1, 9, fl_place_where(9, 9)},         {2, 3, fl_place_where(9, 9)},
        {2, 4, fl_place_where(1, 500)},       {2, 4, fl_place_where(2, 4)},
        {2, 4, fl_place_where(2, 5)},         {2, INT64_MAX, fl_place_where(0, 0)},
        {INT64_MAX, 1, fl_place_where(0, 0)}, {INT64_MAX, INT64_MAX, fl_place_where(0, 0)}};
    for (size_t i = 0; i < 8; i++)
        for (size_t k = 0; k < 8; k++)
            assert_int_equal(fl_place_before(ascending[i], ascending[k]), i < k);
    struct fl_place p = {0, 0, fl_place_where(FL_PLACE_SOURCE_MAX, FL_PLACE_OFFSET_MAX)};
    assert_int_equal(fl_place_source(p), FL_PLACE_SOURCE_MAX);
    assert_int_equal(fl_place_offset(p), FL_PLACE_OFFSET_MAX);
}

/* ---- merging ---- */

/* Everything that a view says, in full. */
static enum fl_status show_all(void *context, const struct fl_group_view *v)
{
    (void)context;
    fl_value_text(&out, &v->keys[0]);
    fl_buf_add_format(&out, " %lld %llu %lld %lld %lld %lld:", (long long)v->window_start_ms,
                      (unsigned long long)v->counters.flows, (long long)v->counters.packets,
                      (long long)v->counters.bytes, (long long)v->counters.first_ms, (long long)v->counters.last_ms);
    for (uint32_t m = 0; m < 3; m++) {
        fl_buf_add_char(&out, ' ');
        fl_value_text(&out, &v->measures[m]);
    }
    for (uint32_t i = 0; i < v->evidence_count; i++)
        fl_buf_add_format(&out, " @%lld/%llx", (long long)v->evidence[i].start_ms,
                          (unsigned long long)v->evidence[i].where);
    fl_buf_add_char(&out, '\n');
    return FL_OK;
}

static char *described(struct fl_store *t, int64_t window_ms)
{
    fl_buf_clear(&out);
    assert_int_equal(walk(t, window_ms, window_ms > 0 ? 100 : 0, show_all, NULL), FL_OK);
    fl_buf_add_char(&out, '\0');
    return strdup(out.data);
}

/* Records of one chunk, repeatable: chunk c has other places, times and keys than chunk c + 1. */
static void chunk(uint32_t c)
{
    struct dice d = {(c + 1) * UINT64_C(0x9e3779b97f4a7c15)};
    uint32_t rows = 20 + roll_below(&d, 100);
    rows_begin(&batch, rows);
    batch.source = c % 3;
    batch.base_offset = c * 100000;
    for (uint32_t r = 0; r < rows; r++)
        row(r, roll_below(&d, 50) ? roll_below(&d, 2000) : INT64_MAX, roll_below(&d, 9) ? (int)roll_below(&d, 30) : -1);
}

static void merged_in_any_order(int64_t pane_ms, int64_t window_ms, bool spilling)
{
    enum { CHUNKS = 12, TABLES = 4 };
    struct fl_store *whole = new_table(pane_ms);
    uint64_t bad_whole = 0;
    for (uint32_t c = 0; c < CHUNKS; c++) {
        chunk(c);
        bad_whole += add_rows(whole);
    }
    char *expected = described(whole, window_ms);
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct dice d = {seed * 977};
        struct fl_store *tables[TABLES];
        uint64_t bad = 0;
        for (int i = 0; i < TABLES; i++)
            tables[i] = new_table(pane_ms);
        uint32_t first = roll_below(&d, CHUNKS);
        for (uint32_t k = 0; k < CHUNKS; k++) { /* 5 and 12 have no common divisor: every chunk once */
            chunk((first + 5 * k) % CHUNKS);
            uint32_t into = roll_below(&d, TABLES);
            bad += add_rows(tables[into]);
            if (spilling && roll_below(&d, 3) == 0)
                assert_int_equal(fl_store_spill(tables[into]), FL_OK);
        }
        for (uint32_t left = TABLES; left > 1; left--) {
            uint32_t into = roll_below(&d, left), from = (into + 1 + roll_below(&d, left - 1)) % left;
            assert_int_equal(fl_store_absorb(tables[into], tables[from]), FL_OK);
            fl_store_free(tables[from]);
            tables[from] = tables[left - 1];
        }
        char *merged = described(tables[0], window_ms);
        assert_string_equal(merged, expected);
        assert_int_equal(bad, bad_whole);
        free(merged);
        fl_store_free(tables[0]);
    }
    free(expected);
    fl_store_free(whole);
    batch.source = 0;
    batch.base_offset = 0;
}

static void test_table__merged_in_any_order_is_one_table(void **state)
{
    (void)state;
    merged_in_any_order(0, 0, false);
    merged_in_any_order(100, 100, false);
    merged_in_any_order(100, 400, false);
}

static void test_table__runs_in_files_are_one_table(void **state)
{
    (void)state;
    merged_in_any_order(0, 0, true);
    merged_in_any_order(100, 100, true);
    merged_in_any_order(100, 400, true);
}

/* A budget that holds a few groups makes more runs than a walk reads at once. */
static void test_table__what_does_not_fit_into_memory_is_written(void **state)
{
    (void)state;
    struct fl_table_spec spec = spec_of(0);
    spec.max_groups = 100000;
    struct fl_store_spec little = {.tables = &spec, .table_count = 1, .budget_bytes = 20000};
    struct fl_store *whole = new_store(&spec), *s;
    assert_int_equal(fl_store_new(&little, &s), FL_OK);
    for (uint32_t c = 0; c < 60; c++) {
        chunk(c);
        for (uint32_t r = 0; r < batch.rows; r++)
            rows_int(&batch, FL_F_DSTPORT, r, (int64_t)(c * 7 + r * 131) % 5000);
        add_rows(whole);
        add_rows(s);
        assert_true(fl_store_held_bytes(s) < 20000);
    }
    assert_int_equal(fl_store_settle(s), FL_OK);
    assert_int_equal(fl_store_held_bytes(s), 0);
    char *expected = described(whole, 0), *got = described(s, 0);
    assert_string_equal(got, expected);
    free(expected);
    free(got);
    fl_store_free(whole);
    fl_store_free(s);
    batch.source = 0;
    batch.base_offset = 0;
}

/* A process has few open files: a store has one, however many runs it writes. */
static void test_table__runs_share_a_file(void **state)
{
    (void)state;
    struct fl_store *whole = new_table(100), *s = new_table(100);
    struct rlimit before, few;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = 40;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    for (uint32_t worker = 0; worker < 20; worker++) {
        struct fl_store *other = new_table(100);
        for (uint32_t c = 0; c < 15; c++) {
            chunk(worker * 15 + c);
            add_rows(whole);
            add_rows(other);
            assert_int_equal(fl_store_spill(other), FL_OK);
        }
        assert_int_equal(fl_store_absorb(s, other), FL_OK);
        fl_store_free(other);
    }
    assert_int_equal(fl_store_settle(s), FL_OK);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    char *expected = described(whole, 100), *got = described(s, 100);
    assert_string_equal(got, expected);
    free(expected);
    free(got);
    fl_store_free(whole);
    fl_store_free(s);
    batch.source = 0;
    batch.base_offset = 0;
}

static enum fl_status move_group(void *context, const struct fl_group_view *v)
{
    struct fl_table_row moved = {.keys = v->keys,
                                 .place = {.start_ms = v->window_start_ms},
                                 .counters = v->counters,
                                 .evidence = v->evidence,
                                 .evidence_count = v->evidence_count,
                                 .states = v->states};
    uint64_t bad_times = 0;
    enum fl_status status = fl_store_add_row(context, 0, &moved, &bad_times);
    assert_int_equal(bad_times, 0);
    return status;
}

/* Pane by pane, so that the windows of the new table are those of the old one. */
static void test_table__groups_moved_one_by_one_are_the_same(void **state)
{
    (void)state;
    static const int64_t panes[] = {0, 100};
    for (size_t i = 0; i < 2; i++) {
        struct fl_store *whole = new_table(panes[i]), *moved;
        assert_int_equal(fl_store_new_like(whole, &moved), FL_OK);
        for (uint32_t c = 0; c < 4; c++) {
            chunk(c);
            add_rows(whole);
        }
        assert_int_equal(walk(whole, panes[i], panes[i], move_group, moved), FL_OK);
        char *expected = described(whole, 4 * panes[i]), *got = described(moved, 4 * panes[i]);
        assert_string_equal(got, expected);
        free(expected);
        free(got);
        fl_store_free(whole);
        fl_store_free(moved);
    }
    batch.source = 0;
    batch.base_offset = 0;
}

static void test_table__over_limit_is_judged_on_merged_keys(void **state)
{
    (void)state;
    struct fl_table_spec spec = spec_of(0);
    spec.max_groups = 3;
    struct fl_store *a = new_store(&spec), *b = new_store(&spec), *c = new_store(&spec);
    rows_begin(&batch, 3);
    for (uint32_t r = 0; r < 3; r++)
        row(r, r, (int)r);
    add_rows(a);
    add_rows(b); /* the same three keys */
    assert_int_equal(fl_store_absorb(a, b), FL_OK);
    check_groups(a, 0, 0, "0x2 1x2 2x2 ");
    rows_begin(&batch, 1);
    row(0, 0, 99);
    add_rows(c);
    assert_false(fl_table_over_limit(fl_store_table(c, 0)));
    assert_int_equal(fl_store_absorb(a, c), FL_OK);
    fl_buf_clear(&out);
    assert_int_equal(walk(a, 0, 0, show, NULL), FL_E_LIMIT);
    assert_int_equal(out.len, 0);
    fl_store_free(a);
    fl_store_free(b);
    fl_store_free(c);
}

/* At most 192 bytes a group, its key aside, with two measures and three places; also where the table just grew. */
static void test_table__bytes_of_a_group(void **state)
{
    (void)state;
    struct fl_table_spec spec = spec_of(0);
    spec.measure_count = 2;
    spec.evidence = 3;
    struct fl_store *t = new_store(&spec);
    uint32_t slots_per_group_most = 3; /* 1 / 0.35, when it has just doubled */
    assert_in_range(fl_store_table(t, 0)->entry_bytes + slots_per_group_most * sizeof(struct fl_slot), 0, 192);
    fl_store_free(t);
}

static enum fl_status keep_count(void *context, const struct fl_group_view *v)
{
    *(int64_t *)context = (int64_t)v->measures[0].i;
    return FL_OK;
}

static void test_table__filters_choose_what_is_counted(void **state)
{
    (void)state;
    struct fl_table_spec spec = spec_of(0);
    struct fl_store *t;
    spec.measure_count = 1;
    t = new_store(&spec);
    rows_begin(&batch, 3);
    for (uint32_t r = 0; r < 3; r++)
        row(r, r, 22);
    const uint64_t filter = 4, selection = 6, *const filters[2] = {&filter, NULL};
    uint64_t bad = 0;
    int64_t counted = 0;
    assert_int_equal(fl_store_add(t, 0, &batch, &selection, filters, &bad), FL_OK);
    assert_int_equal(walk(t, 0, 0, keep_count, &counted), FL_OK);
    assert_int_equal(counted, 1);
    fl_store_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table__groups_come_in_key_order_with_null_last),
        cmocka_unit_test(test_table__null_and_zero_are_different_keys),
        cmocka_unit_test(test_table__without_keys_is_one_group),
        cmocka_unit_test(test_table__tumbling_windows_are_aligned_to_the_epoch),
        cmocka_unit_test(test_table__hopping_windows_overlap),
        cmocka_unit_test(test_table__panes_may_be_finer_than_the_hop),
        cmocka_unit_test(test_table__windows_equal_their_definition),
        cmocka_unit_test(test_table__a_session_ends_where_its_group_is_silent),
        cmocka_unit_test(test_table__sessions_equal_their_definition),
        cmocka_unit_test(test_table__late_records_reach_their_window),
        cmocka_unit_test(test_table__times_outside_1970_to_2100_are_counted),
        cmocka_unit_test(test_table__counters),
        cmocka_unit_test(test_table__evidence_is_the_least_places_in_record_order),
        cmocka_unit_test(test_table__a_record_is_evidence_once),
        cmocka_unit_test(test_place__order),
        cmocka_unit_test(test_table__merged_in_any_order_is_one_table),
        cmocka_unit_test(test_table__runs_in_files_are_one_table),
        cmocka_unit_test(test_table__what_does_not_fit_into_memory_is_written),
        cmocka_unit_test(test_table__runs_share_a_file),
        cmocka_unit_test(test_table__groups_moved_one_by_one_are_the_same),
        cmocka_unit_test(test_table__over_limit_is_judged_on_merged_keys),
        cmocka_unit_test(test_table__bytes_of_a_group),
        cmocka_unit_test(test_table__filters_choose_what_is_counted),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
