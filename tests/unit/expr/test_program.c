/* Compiled programs against the plain evaluation: random conditions over random batches, row by row. */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/buf.h"
#include "core/base/memory.h"
#include "core/expr/program.h"
#include "tests/unit/expr/rows.h"

#define NETWORKS 4u
#define PREFIXES 4u

/* Each network: prefixes, then exceptions behind a NULL. */
static const char *const networks[NETWORKS][2 * PREFIXES] = {
    {"10.0.0.0/8", NULL, "10.1.0.0/16", "10.2.2.2/32"},
    {"10.1.2.0/24", "2001:db8::/32", NULL, "2001:db8:1::/48"},
    {"0.0.0.0/0", "2000::/3", NULL, "10.0.0.0/8", "192.0.2.128/25"},
    {"::/0", NULL, "::ffff:0:0/96"}};
static const char *const network_names[NETWORKS] = {"ten", "mixed", "world", "six"};

static const char *const addresses[] = {"10.0.0.1",     "10.1.2.3", "10.2.2.2",        "10.2.2.3",    "192.0.2.1",
                                        "192.0.2.200",  "0.0.0.0",  "255.255.255.255", "2001:db8::1", "2001:db8:1::1",
                                        "2001:db8:2::", "::1",      "fe80::1",         "ff02::1"};
static const char *const prefixes[] = {"10.1.2.3", "10.0.0.0/8",    "10.2.2.2/31", "192.0.2.0/24", "0.0.0.0/0",
                                       "::/0",     "2001:db8::/33", "fe80::/10",   "::1",          "128.0.0.0/1"};
static const char *const texts[] = {"", "eni-0a1", "eni-0a2", "eni-b", "vpc-1", "IPv4"};
static const char *const globs[] = {"*", "eni-0a*", "*1", "?*-?", "[a-f]*", ""};
static const char *const numbers[] = {
    "0", "1", "2", "6", "17", "22", "255", "256", "65535", "65536", "1k", "0.5", "1400", "-1", "9223372036854775807"};
static const int64_t integers[] = {0,   1,   2,    3,    6,     17,    22, 80,        255,
                                   256, 443, 1000, 1400, 32768, 65535, -1, INT64_MAX, INT64_MIN};
#define ANY(dice, list) (list)[roll_below(dice, sizeof(list) / sizeof(list)[0])]

static struct fl_prefix prefix_of(const char *text)
{
    struct fl_prefix p;
    assert_true(fl_prefix_parse(fl_str_of(text), &p, NULL));
    return p;
}

static bool find_network(void *context, struct fl_str name, uint32_t *id)
{
    (void)context;
    for (*id = 0; *id < NETWORKS; ++*id)
        if (fl_str_is(name, network_names[*id]))
            return true;
    return false;
}

static enum fl_status add_network(void *context, uint32_t network, struct fl_prefix_sets *sets, uint32_t set)
{
    (void)context;
    bool except = false;
    for (uint32_t i = 0; i < 2 * PREFIXES; i++) {
        if (networks[network][i] == NULL)
            except = true;
        else if (fl_prefix_sets_add(sets, set, prefix_of(networks[network][i]), except) != FL_OK)
            return FL_E_NOMEM;
    }
    return FL_OK;
}

static const char *unbound(void *context, uint32_t network)
{
    (void)context;
    (void)network;
    return NULL;
}

/* By the definition: in some prefix and in no exception. */
static bool in_network(void *context, uint32_t network, struct fl_addr a)
{
    (void)context;
    bool except = false, inside = false;
    for (uint32_t i = 0; i < 2 * PREFIXES; i++) {
        if (networks[network][i] == NULL)
            except = true;
        else if (fl_prefix_contains(prefix_of(networks[network][i]), a)) {
            if (except)
                return false;
            inside = true;
        }
    }
    return inside;
}

static const struct fl_expr_env env = {.fields = true, .network = find_network};

/* ---- random conditions ---- */

static uint32_t any_field(struct dice *d)
{
    uint32_t f = roll_below(d, FL_F_TAG_FIRST);
    return fl_field_is_set(f) ? f - 1 : f; /* sets have tests of their own */
}

static uint32_t field_of_type(struct dice *d, enum fl_type type)
{
    uint32_t f = any_field(d);
    while (fl_fields[f].type != type || fl_field_is_set(f))
        f = (f + 1) % FL_F_TAG_FIRST;
    return f;
}

static const char *any_op(struct dice *d, bool order)
{
    static const char *const ops[] = {"==", "!=", "<", "<=", ">", ">="};
    return ops[roll_below(d, order ? 6 : 2)];
}

static void add_number(struct dice *d, struct fl_buf *b, unsigned depth)
{
    static const enum fl_type types[] = {FL_T_U8, FL_T_PORT, FL_T_INT, FL_T_INT, FL_T_INT};
    static const char *const ops[] = {"+", "-", "*", "/"};
    switch (roll_below(d, depth > 2 ? 2 : 4)) {
    case 0:
        fl_buf_add_text(b, fl_fields[field_of_type(d, ANY(d, types))].name);
        return;
    case 1:
        fl_buf_add_text(b, ANY(d, numbers));
        return;
    default:
        fl_buf_add_char(b, '(');
        add_number(d, b, depth + 1);
        fl_buf_add_format(b, " %s ", ANY(d, ops));
        add_number(d, b, depth + 1);
        fl_buf_add_char(b, ')');
    }
}

static void add_literal(struct dice *d, struct fl_buf *b, enum fl_type type)
{
    static const char *const services[] = {"tcp/22", "tcp/443", "udp/53", "icmp"};
    static const char *const times[] = {"\"1970-01-01\"", "\"1970-01-01T00:00:01Z\"", "\"2026-11-24T10:00:00Z\""};
    static const char *const durations[] = {"0s", "1ms", "3ms", "1s", "7d"};
    if (fl_type_is_enum(type)) {
        uint32_t count = 0;
        while (fl_enum_text(type, count) != NULL)
            count++;
        fl_buf_add_text(b, fl_enum_text(type, roll_below(d, count)));
    } else if (type == FL_T_BOOL)
        fl_buf_add_text(b, roll_below(d, 2) ? "true" : "false");
    else if (type == FL_T_SERVICE)
        fl_buf_add_text(b, ANY(d, services));
    else if (type == FL_T_TIME)
        fl_buf_add_text(b, ANY(d, times));
    else if (type == FL_T_DURATION)
        fl_buf_add_text(b, ANY(d, durations));
    else if (type == FL_T_ADDR)
        fl_buf_add_text(b, ANY(d, addresses));
    else if (type == FL_T_STR)
        fl_buf_add_format(b, "\"%s\"", ANY(d, texts));
    else
        fl_buf_add_text(b, ANY(d, numbers));
}

static void add_member(struct dice *d, struct fl_buf *b, enum fl_type type)
{
    static const char *const ranges[] = {"0..10", "22", "80..443", "255..65535", "0..65535", "17"};
    static const char *const services[] = {"tcp", "udp", "tcp/22..443", "udp/53", "icmp"};
    if (type == FL_T_ADDR)
        fl_buf_add_text(b, roll_below(d, 2) ? network_names[roll_below(d, NETWORKS)] : ANY(d, prefixes));
    else if (type == FL_T_SERVICE)
        fl_buf_add_text(b, ANY(d, services));
    else if (type == FL_T_U8 || type == FL_T_PORT || type == FL_T_INT)
        fl_buf_add_text(b, ANY(d, ranges));
    else
        add_literal(d, b, type);
}

static void add_set(struct dice *d, struct fl_buf *b, enum fl_type type)
{
    uint32_t count = roll_below(d, 7);
    fl_buf_add_char(b, '{');
    for (uint32_t i = 0; i < count; i++) {
        fl_buf_add_text(b, i > 0 ? ", " : "");
        add_member(d, b, type);
    }
    fl_buf_add_char(b, '}');
}

static void add_test(struct dice *d, struct fl_buf *b)
{
    uint32_t f = any_field(d);
    enum fl_type type = fl_fields[f].type;
    bool ordered = type != FL_T_BOOL && type != FL_T_ADDR && type != FL_T_SERVICE;
    const char *name = fl_fields[f].name, *no = roll_below(d, 2) ? "not " : "";
    switch (roll_below(d, 7)) {
    case 0:
        fl_buf_add_format(b, "%s is %snull", name, no);
        return;
    case 1:
        fl_buf_add_format(b, "%s %s %s", name, any_op(d, ordered), fl_fields[field_of_type(d, type)].name);
        return;
    case 2:
        add_number(d, b, 0);
        fl_buf_add_format(b, " %s ", any_op(d, true));
        add_number(d, b, 0);
        return;
    case 3:
        if (type == FL_T_BOOL)
            fl_buf_add_text(b, name);
        else if (type == FL_T_STR)
            fl_buf_add_format(b, "%s %smatches \"%s\"", name, no, ANY(d, globs));
        else
            fl_buf_add_format(b, "%s in six", fl_fields[field_of_type(d, FL_T_ADDR)].name);
        return;
    case 4:
        fl_buf_add_format(b, "%s %s ", name, any_op(d, ordered));
        add_literal(d, b, type);
        return;
    default:
        if (type == FL_T_BOOL) {
            fl_buf_add_text(b, name);
            return;
        }
        fl_buf_add_format(b, "%s %sin ", name, no);
        add_set(d, b, type);
    }
}

static void add_condition(struct dice *d, struct fl_buf *b, unsigned depth)
{
    uint32_t kind = depth > 4 ? 0 : roll_below(d, 6);
    if (kind <= 1) {
        add_test(d, b);
        return;
    }
    if (kind == 2)
        fl_buf_add_text(b, "not ");
    fl_buf_add_char(b, '(');
    add_condition(d, b, depth + 1);
    if (kind > 2) {
        fl_buf_add_text(b, kind % 2 ? " and " : " or ");
        add_condition(d, b, depth + 1);
    }
    fl_buf_add_char(b, ')');
}

/* ---- random batches ---- */

static void any_cell(struct dice *d, struct fl_batch *batch, uint32_t field, uint32_t row)
{
    struct fl_column *c = &batch->columns[field];
    enum fl_type type = fl_fields[field].type;
    int64_t i = ANY(d, integers);
    switch (fl_fields[field].storage) {
    case FL_S_U8:
        c->u8[row] = (uint8_t)(type == FL_T_BOOL ? roll_below(d, 2) : type == FL_T_U8 ? i : roll_below(d, 2));
        return;
    case FL_S_U16:
        c->u16[row] = (uint16_t)i;
        return;
    case FL_S_I64:
        c->i64[row] = type == FL_T_SERVICE ? FL_SERVICE(roll_below(d, 2) ? 6 : 17, i & 0xffff) : i;
        return;
    case FL_S_U32:
        c->u32[row] = fl_map_intern(&batch->strings, fl_str_of(ANY(d, texts)));
        return;
    case FL_S_ADDR:
        c->addr[row] = rows_address(ANY(d, addresses));
        return;
    }
}

static void any_column(struct dice *d, struct fl_batch *batch, uint32_t field)
{
    static const size_t bytes[] = {[FL_S_U8] = 1, [FL_S_U16] = 2, [FL_S_I64] = 8, [FL_S_U32] = 4, [FL_S_ADDR] = 16};
    struct fl_column *c = &batch->columns[field];
    uint32_t held = fl_batch_words(batch) * 64, nulls = roll_below(d, 4);
    c->present = roll_below(d, 6) > 0;
    c->any_null = nulls > 0;
    /* What lies behind the rows means nothing: rubbish. */
    memset(c->values, 0xa5, held * bytes[fl_fields[field].storage]);
    memset(c->nulls, 0x5a, held / 8);
    for (uint32_t r = 0; r < batch->rows; r++) {
        bool null = roll_below(d, 4) < nulls;
        uint64_t bit = UINT64_C(1) << (r & 63);
        c->nulls[r >> 6] = (c->nulls[r >> 6] & ~bit) | (null ? bit : 0);
        any_cell(d, batch, field, r);
        if (null)
            memset((char *)c->values + r * bytes[fl_fields[field].storage], 0, bytes[fl_fields[field].storage]);
    }
}

static void any_batch(struct dice *d, struct fl_batch *batch, uint32_t rows)
{
    rows_begin(batch, rows);
    for (uint32_t f = 0; f < FL_FIELD_COUNT; f++)
        any_column(d, batch, f);
}

/* ---- the comparison ---- */

struct row {
    const struct fl_batch *batch;
    uint32_t row;
};

static void get(void *context, const struct fl_node *node, struct fl_value *out)
{
    const struct row *r = context;
    fl_batch_value(r->batch, node->field, r->row, out);
}

static void compare(const struct fl_node *node, const char *text, const struct fl_batch *batch, const uint64_t *within,
                    const uint64_t *out)
{
    for (uint32_t r = 0; r < fl_batch_words(batch) * 64; r++) {
        bool bit = out[r >> 6] >> (r & 63) & 1;
        bool expected = r < batch->rows && (within == NULL || (within[r >> 6] >> (r & 63) & 1));
        if (expected) {
            struct row row = {batch, r};
            struct fl_eval eval = {&row, get, in_network};
            struct fl_value v = fl_expr_eval(node, &eval);
            expected = v.type != FL_T_NULL && v.i != 0;
        }
        if (bit != expected)
            fail_msg("row %u of %u is %d%s: %s", r, batch->rows, bit, within != NULL ? " within" : "", text);
    }
}

#define CONDITIONS 48u

static void run_batch(struct dice *d, struct fl_program_state *s, const uint32_t *roots,
                      const struct fl_node *const *nodes, const struct fl_buf *shown, struct fl_batch *batch)
{
    uint64_t out[16], within[16];
    assert_true(fl_batch_words(batch) <= 16);
    assert_int_equal(fl_program_begin(s, batch), FL_OK);
    for (uint32_t i = 0; i < CONDITIONS; i++) {
        const char *text = shown[i].data;
        assert_int_equal(fl_program_eval(s, roots[i], NULL, out), FL_OK);
        compare(nodes[i], text, batch, NULL, out);
        for (uint32_t w = 0; w < fl_batch_words(batch); w++)
            within[w] = roll(d) & roll(d);
        if (batch->rows % 64 != 0)
            within[batch->rows / 64] &= (UINT64_C(1) << (batch->rows % 64)) - 1;
        assert_int_equal(fl_program_eval(s, roots[i], within, out), FL_OK);
        compare(nodes[i], text, batch, within, out);
        /* The selection may be narrowed in place. */
        assert_int_equal(fl_program_eval(s, roots[i], within, within), FL_OK);
        assert_memory_equal(within, out, fl_batch_words(batch) * sizeof *out);
    }
}

static void check_program(struct dice *d, struct fl_batch *batch)
{
    static const uint32_t sizes[] = {1, 63, 64, 65, 200, 7, 1000, 128};
    struct fl_arena arena;
    struct fl_buf texts_of[CONDITIONS];
    const struct fl_node *nodes[CONDITIONS];
    uint32_t roots[CONDITIONS];
    struct fl_error err;
    fl_arena_init(&arena);
    struct fl_program *program = fl_program_new();
    for (uint32_t i = 0; i < CONDITIONS; i++) {
        fl_buf_init(&texts_of[i]);
        add_condition(d, &texts_of[i], 0);
        fl_buf_add_char(&texts_of[i], '\0');
        if (fl_expr_parse(fl_str_of(texts_of[i].data), &env, &arena, &nodes[i], &err) != FL_OK)
            fail_msg("%s: %u %s", texts_of[i].data, err.column, err.text);
        assert_int_equal(fl_program_add(program, nodes[i], &roots[i], &err), FL_OK);
    }
    struct fl_network_source source = {NULL, NETWORKS, add_network, unbound, unbound};
    assert_int_equal(fl_program_seal(program, &source, &err), FL_OK);
    struct fl_program_state *s = fl_program_state_new(program);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        any_batch(d, batch, sizes[i]);
        run_batch(d, s, roots, nodes, texts_of, batch);
    }
    for (uint32_t i = 0; i < CONDITIONS; i++)
        fl_buf_dispose(&texts_of[i]);
    fl_program_state_free(s);
    fl_program_free(program);
    fl_arena_dispose(&arena);
}

static void test_program__equals_the_plain_evaluation(void **state)
{
    (void)state;
    struct fl_batch batch;
    rows_open(&batch);
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct dice dice = {seed * UINT64_C(0x9e3779b97f4a7c15)};
        check_program(&dice, &batch);
    }
    fl_batch_dispose(&batch);
}

static void test_program__no_condition_is_true(void **state)
{
    (void)state;
    struct fl_batch batch;
    uint64_t out[2];
    uint32_t root;
    struct fl_program *program = fl_program_new();
    struct fl_network_source none = {NULL, 0, add_network, unbound, unbound};
    assert_int_equal(fl_program_add(program, NULL, &root, NULL), FL_OK);
    assert_int_equal(fl_program_seal(program, &none, NULL), FL_OK);
    struct fl_program_state *s = fl_program_state_new(program);
    rows_open(&batch);
    rows_begin(&batch, 70);
    assert_int_equal(fl_program_begin(s, &batch), FL_OK);
    assert_int_equal(fl_program_eval(s, root, NULL, out), FL_OK);
    assert_true(out[0] == UINT64_MAX && out[1] == 63);
    fl_program_state_free(s);
    fl_program_free(program);
    fl_batch_dispose(&batch);
}

/* ---- networks bound to a VPC or account hold at the recording end only (SEMANTICS 4) ---- */

static const char *bound_vpc(void *context, uint32_t network)
{
    (void)context;
    return network == 0 ? "vpc-1" : NULL;
}

static void bound_row(struct fl_batch *batch, uint32_t r, enum fl_vantage vantage, const char *vpc)
{
    rows_addr(batch, FL_F_CLIENT, r, "10.0.0.1");
    rows_addr(batch, FL_F_SRC_PEER, r, "10.0.0.1");
    rows_addr(batch, FL_F_SRCADDR, r, "10.0.0.1");
    rows_addr(batch, FL_F_DST_PEER, r, "10.3.0.1");
    rows_addr(batch, FL_F_SERVER, r, "10.3.0.1");
    rows_int(batch, FL_F_VANTAGE, r, vantage);
    rows_text(batch, FL_F_VPC_ID, r, vpc);
}

static void test_program__bound_network_holds_at_the_recording_end(void **state)
{
    (void)state;
    struct fl_arena arena;
    struct fl_batch batch;
    struct fl_error err;
    const char *const conditions[] = {"client in ten", "client not in ten", "server in ten"};
    const uint64_t expected[] = {1, 2, 4};
    uint32_t roots[3];
    fl_arena_init(&arena);
    struct fl_program *program = fl_program_new();
    for (size_t i = 0; i < 3; i++) {
        const struct fl_node *node;
        assert_int_equal(fl_expr_parse(fl_str_of(conditions[i]), &env, &arena, &node, &err), FL_OK);
        assert_int_equal(fl_program_add(program, node, &roots[i], &err), FL_OK);
    }
    struct fl_network_source source = {NULL, NETWORKS, add_network, bound_vpc, unbound};
    assert_int_equal(fl_program_seal(program, &source, &err), FL_OK);
    struct fl_field_set fields = {{0}};
    fl_program_fields(program, &fields);
    assert_true(fl_field_set_has(&fields, FL_F_VANTAGE) && fl_field_set_has(&fields, FL_F_VPC_ID));
    rows_open(&batch);
    rows_begin(&batch, 4);
    bound_row(&batch, 0, FL_VANTAGE_SRC, "vpc-1");     /* the client's own interface, in that VPC */
    bound_row(&batch, 1, FL_VANTAGE_SRC, "vpc-2");     /* another VPC: known not to be it */
    bound_row(&batch, 2, FL_VANTAGE_DST, "vpc-1");     /* the server's: nothing known of the client's VPC */
    bound_row(&batch, 3, FL_VANTAGE_UNKNOWN, "vpc-1"); /* nothing known of either */
    struct fl_program_state *s = fl_program_state_new(program);
    assert_int_equal(fl_program_begin(s, &batch), FL_OK);
    for (size_t i = 0; i < 3; i++) {
        uint64_t out;
        assert_int_equal(fl_program_eval(s, roots[i], NULL, &out), FL_OK);
        assert_int_equal(out, expected[i]);
    }
    fl_program_state_free(s);
    fl_program_free(program);
    fl_batch_dispose(&batch);
    fl_arena_dispose(&arena);
}

/* A rule of thousands of alternatives must not take memory by the square of their number. */
static void test_program__long_junctions_stay_small(void **state)
{
    (void)state;
    struct fl_arena arena;
    struct fl_buf text;
    const struct fl_node *node;
    struct fl_error err;
    uint32_t root;
    fl_arena_init(&arena);
    fl_buf_init(&text);
    for (int i = 0; i < 1900; i++)
        fl_buf_add_format(&text, "%sbytes == %d", i > 0 ? " or " : "", 2 * i);
    assert_int_equal(fl_expr_parse((struct fl_str){text.data, text.len}, &env, &arena, &node, &err), FL_OK);
    int64_t held_before = fl_memory_held_by_thread();
    struct fl_program *program = fl_program_new();
    struct fl_network_source none = {NULL, 0, add_network, unbound, unbound};
    assert_int_equal(fl_program_add(program, node, &root, &err), FL_OK);
    assert_int_equal(fl_program_seal(program, &none, &err), FL_OK);
    assert_true(fl_memory_held_by_thread() - held_before < 1024 * 1024);
    struct fl_program_state *s = fl_program_state_new(program);
    struct fl_batch batch;
    uint64_t out;
    rows_open(&batch);
    rows_begin(&batch, 3);
    rows_int(&batch, FL_F_BYTES, 0, 3798);
    rows_int(&batch, FL_F_BYTES, 1, 3799);
    rows_int(&batch, FL_F_BYTES, 2, 0);
    assert_int_equal(fl_program_begin(s, &batch), FL_OK);
    assert_int_equal(fl_program_eval(s, root, NULL, &out), FL_OK);
    assert_int_equal(out, 5);
    fl_program_state_free(s);
    fl_program_free(program);
    fl_buf_dispose(&text);
    fl_batch_dispose(&batch);
    fl_arena_dispose(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_program__equals_the_plain_evaluation),
        cmocka_unit_test(test_program__no_condition_is_true),
        cmocka_unit_test(test_program__bound_network_holds_at_the_recording_end),
        cmocka_unit_test(test_program__long_junctions_stay_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
