/* Rows added in blocks, and groups found by the number of their text, against one row after the other. */
#include "core/base/buf.h"
#include "core/base/memory.h"
#include "core/group/store.h"
#include "tests/unit/expr/rows.h"

#define ROWS   900u
#define STATES 7u

static struct fl_batch batch;

static int setup(void **state)
{
    (void)state;
    rows_open(&batch);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fl_batch_dispose(&batch);
    return 0;
}

static void any_rows(struct dice *d)
{
    static const char *const texts[] = {"", "a", "eni-1", "eni-2", "a text that is longer than what fits a member"};
    rows_begin(&batch, ROWS);
    for (uint32_t r = 0; r < ROWS; r++) {
        uint32_t n = roll_below(d, roll_below(d, 2) ? 5 : 4000);
        rows_int(&batch, FL_F_START_TIME, r, (int64_t)roll_below(d, 5) * 60000);
        rows_int(&batch, FL_F_PACKETS, r, roll_below(d, 9));
        if (roll_below(d, 8) == 0)
            continue;
        rows_text(&batch, FL_F_INTERFACE_ID, r, texts[n % 5]);
        rows_int(&batch, FL_F_SRCPORT, r, n);
        rows_int(&batch, FL_F_SERVICE, r, FL_SERVICE(6, n));
        rows_int(&batch, FL_F_BYTES, r, (int64_t)n - 100);
        rows_cell(&batch, FL_F_SRC_PEER, r)->addr[r] = fl_addr_v4(n);
    }
}

static struct fl_measure measure_of(enum fl_measure_kind kind, uint32_t field, uint32_t by)
{
    struct fl_measure m = {.kind = kind, .name = "m", .field = field, .by = by};
    static const struct fl_node filter = {.kind = FL_N_LITERAL, .type = FL_T_BOOL};
    m.filter = m.filter2 = &filter;
    m.k = kind == FL_M_DISTINCT && field == FL_F_BYTES ? 50 : 0;
    assert_int_equal(fl_measure_prepare(&m, NULL), FL_OK);
    return m;
}

struct side {
    void *states[STATES];
};

static struct fl_place place_of_row(uint32_t row)
{
    return (struct fl_place){batch.columns[FL_F_START_TIME].i64[row], INT64_MAX, fl_place_where(0, row)};
}

/* The next rows as one block; returns how many. */
static uint32_t add_block(struct dice *d, const struct fl_measure *m, struct side *blocks, struct side *single,
                          uint32_t from)
{
    uint32_t count = 1 + roll_below(d, FL_UPDATE_ROWS_MAX), rows[FL_UPDATE_ROWS_MAX];
    void *states[FL_UPDATE_ROWS_MAX];
    struct fl_place places[FL_UPDATE_ROWS_MAX];
    const struct fl_place *at[FL_UPDATE_ROWS_MAX];
    struct fl_rows_update u = {&batch, 0, rows, states, at, roll(d), roll(d)};
    for (; u.count < count && from + u.count < ROWS; u.count++) {
        uint32_t i = u.count, which = roll_below(d, STATES);
        rows[i] = from + i;
        places[i] = place_of_row(rows[i]);
        at[i] = &places[i];
        states[i] = blocks->states[which];
        assert_int_equal(
            fl_measure_update(m, single->states[which], &batch, rows[i], u.pass >> i & 1, u.pass2 >> i & 1, &places[i]),
            FL_OK);
    }
    uint64_t held = u.count == 64 ? ~UINT64_C(0) : (UINT64_C(1) << u.count) - 1;
    u.pass &= held;
    u.pass2 &= held;
    assert_int_equal(fl_measure_update_rows(m, &u), FL_OK);
    return u.count;
}

static void check_blocks(struct dice *d, const struct fl_measure *m)
{
    struct side blocks, single;
    for (uint32_t i = 0; i < STATES; i++) {
        blocks.states[i] = fl_alloc_zero(1, m->state_bytes);
        single.states[i] = fl_alloc_zero(1, m->state_bytes);
    }
    for (uint32_t r = 0; r < ROWS;)
        r += add_block(d, m, &blocks, &single, r);
    for (uint32_t i = 0; i < STATES; i++) {
        struct fl_buf a, b;
        fl_buf_init(&a);
        fl_buf_init(&b);
        fl_measure_save(m, blocks.states[i], &a);
        fl_measure_save(m, single.states[i], &b);
        assert_true(a.len == b.len && memcmp(a.data, b.data, a.len) == 0);
        fl_buf_dispose(&a);
        fl_buf_dispose(&b);
        fl_measure_dispose(m, blocks.states[i]);
        fl_measure_dispose(m, single.states[i]);
        fl_free(blocks.states[i]);
        fl_free(single.states[i]);
    }
}

static void test_blocks__equal_one_row_after_the_other(void **state)
{
    (void)state;
    static const struct {
        enum fl_measure_kind kind;
        uint32_t field, by;
    } measures[] = {{FL_M_COUNT, FL_FIELD_NONE, FL_FIELD_NONE},
                    {FL_M_RATIO, FL_FIELD_NONE, FL_FIELD_NONE},
                    {FL_M_SUM, FL_F_BYTES, FL_FIELD_NONE},
                    {FL_M_DISTINCT, FL_F_SRCPORT, FL_FIELD_NONE},
                    {FL_M_DISTINCT, FL_F_SRC_PEER, FL_FIELD_NONE},
                    {FL_M_DISTINCT, FL_F_BYTES, FL_FIELD_NONE},
                    {FL_M_DISTINCT, FL_F_INTERFACE_ID, FL_FIELD_NONE},
                    {FL_M_DISTINCT, FL_F_DSTPORT, FL_FIELD_NONE},
                    {FL_M_LONGEST_RUN, FL_F_SRCPORT, FL_FIELD_NONE},
                    {FL_M_TOP, FL_F_SERVICE, FL_FIELD_NONE},
                    {FL_M_TOP, FL_F_SRC_PEER, FL_F_BYTES},
                    {FL_M_TOP, FL_F_BYTES, FL_F_PACKETS},
                    {FL_M_TOP, FL_F_INTERFACE_ID, FL_FIELD_NONE},
                    {FL_M_TOP, FL_F_INTERFACE_ID, FL_F_BYTES},
                    {FL_M_TOP, FL_F_DST_PEER, FL_FIELD_NONE},
                    {FL_M_SET, FL_F_SRC_PEER, FL_FIELD_NONE},
                    {FL_M_FIRST, FL_F_BYTES, FL_FIELD_NONE}};
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct dice d = {seed * UINT64_C(0x9e3779b97f4a7c15)};
        any_rows(&d);
        for (size_t i = 0; i < sizeof measures / sizeof measures[0]; i++) {
            struct fl_measure m = measure_of(measures[i].kind, measures[i].field, measures[i].by);
            check_blocks(&d, &m);
        }
    }
}

/* ---- groups of one text ---- */

static enum fl_status show(void *context, const struct fl_group_view *v)
{
    struct fl_buf *out = context;
    fl_value_text(out, &v->keys[0]);
    fl_buf_add_format(out, "[%lld] %llu flows %llu packets, first %llu of %u\n", (long long)v->window_start_ms,
                      (unsigned long long)v->counters.flows, (unsigned long long)v->counters.packets,
                      (unsigned long long)v->evidence[0].where, v->evidence_count);
    return FL_OK;
}

/* Groups of texts by a table; with a second key, of which every row has none, they are not found by number. */
static struct fl_buf groups_of(uint64_t seed, uint32_t key_count, int64_t pane_ms)
{
    static const uint32_t keys[] = {FL_F_INTERFACE_ID, FL_F_DSTPORT};
    struct fl_table_spec table = {
        .keys = keys, .key_count = key_count, .pane_ms = pane_ms, .evidence = 2, .max_groups = 1000};
    struct fl_store_spec spec = {.tables = &table, .table_count = 1};
    struct fl_store *store;
    struct dice d = {seed * UINT64_C(0x9e3779b97f4a7c15)};
    uint64_t selection[(ROWS + 63) / 64], bad_times = 0;
    struct fl_buf out;
    assert_int_equal(fl_store_new(&spec, &store), FL_OK);
    for (int i = 0; i < 4; i++) {
        any_rows(&d);
        batch.base_offset = (uint64_t)i * 1000000;
        fl_batch_all_rows(&batch, selection);
        assert_int_equal(fl_store_add(store, 0, &batch, selection, NULL, &bad_times), FL_OK);
        if (i == 1)
            assert_int_equal(fl_store_spill(store), FL_OK);
    }
    assert_int_equal(fl_store_settle(store), FL_OK);
    fl_buf_init(&out);
    struct fl_walk walk = {.window_ms = pane_ms, .every_ms = pane_ms, .visit = show, .context = &out};
    assert_int_equal(fl_store_walk(store, 0, &walk), FL_OK);
    fl_store_free(store);
    return out;
}

static void test_blocks__groups_of_one_text_are_found_by_its_number(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        for (int64_t pane_ms = 0; pane_ms <= 120000; pane_ms += 60000) {
            struct fl_buf one = groups_of(seed, 1, pane_ms), two = groups_of(seed, 2, pane_ms);
            assert_true(one.len > 0);
            assert_string_equal(one.data, two.data);
            fl_buf_dispose(&one);
            fl_buf_dispose(&two);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks__equal_one_row_after_the_other),
        cmocka_unit_test(test_blocks__groups_of_one_text_are_found_by_its_number),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
