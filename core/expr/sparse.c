/* sparse.c: terms that test single rows: each row once in a batch, however many conditions ask. */
#include <string.h>

#include "core/base/memory.h"
#include "core/expr/state.h"

static bool text_equal_any(const struct fl_node *node, struct fl_str value)
{
    if (node->kind == FL_N_MATCHES)
        return fl_glob_match(node->right->literal.str, value);
    if (node->kind == FL_N_IN) {
        for (uint32_t i = 0; i < node->right->item_count; i++)
            if (fl_str_equal(node->right->items[i].text, value))
                return true;
        return false;
    }
    int c = fl_str_compare(value, node->right->literal.str);
    return fl_op_holds(node->op, c);
}

static bool prepare_text(struct fl_program_state *s, const struct fl_term *term)
{
    struct fl_text_cache *cache = &s->texts[term->text_cache];
    uint32_t strings = s->batch->strings.count;
    if (strings <= cache->known)
        return true;
    uint32_t room = strings < 256 ? 256 : strings * 2;
    uint8_t *truth = fl_realloc(cache->truth, room, 1);
    if (truth == NULL)
        return false;
    memset(truth + cache->known, 0, room - cache->known);
    cache->truth = truth;
    cache->known = room;
    return true;
}

static bool text_is(struct fl_program_state *s, const struct fl_term *term, uint32_t id)
{
    uint8_t *truth = &s->texts[term->text_cache].truth[id];
    if (*truth == 0)
        *truth = text_equal_any(term->node, s->batch->strings.keys[id]) ? 2 : 1;
    return *truth == 2;
}

/* The peer address at the recording end; false when it is not known. */
static bool recording_end(const struct fl_batch *batch, uint32_t r, struct fl_addr *out, bool *is_src)
{
    const struct fl_column *vantage = &batch->columns[FL_F_VANTAGE];
    if (fl_column_null(vantage, r) || vantage->u8[r] > FL_VANTAGE_DST)
        return false;
    *is_src = vantage->u8[r] == FL_VANTAGE_SRC;
    const struct fl_column *peer = &batch->columns[*is_src ? FL_F_SRC_PEER : FL_F_DST_PEER];
    if (fl_column_null(peer, r))
        return false;
    *out = peer->addr[r];
    return true;
}

static bool is_recording_end(const struct fl_batch *batch, uint32_t field, uint32_t r)
{
    struct fl_addr end;
    bool is_src;
    if (!recording_end(batch, r, &end, &is_src))
        return false;
    switch (field) {
    case FL_F_SRCADDR:
    case FL_F_PKT_SRCADDR:
    case FL_F_SRC_PEER:
        return is_src;
    case FL_F_DSTADDR:
    case FL_F_PKT_DSTADDR:
    case FL_F_DST_PEER:
        return !is_src;
    default:
        return fl_addr_equal(batch->columns[field].addr[r], end);
    }
}

static bool text_column_is(const struct fl_batch *batch, uint32_t field, uint32_t r, const char *text, bool account)
{
    if (text == NULL)
        return true;
    const struct fl_column *c = &batch->columns[field];
    if (fl_column_null(c, r))
        return false;
    struct fl_str a = batch->strings.keys[c->u32[r]], b = fl_str_of(text);
    while (account && a.len > 1 && a.ptr[0] == '0')
        a = (struct fl_str){a.ptr + 1, a.len - 1};
    while (account && b.len > 1 && b.ptr[0] == '0')
        b = (struct fl_str){b.ptr + 1, b.len - 1};
    return fl_str_equal(a, b);
}

/* 1 member, 0 not, -1 unknown: inside the prefixes of a bound network, but not seen from its own end. */
static int in_bound(const struct fl_program *p, const struct fl_term *term, const struct fl_batch *batch, uint32_t r,
                    uint32_t class_id)
{
    int result = 0;
    for (uint32_t i = 0; i < term->bound_count; i++) {
        uint32_t n = term->bound[i];
        if (!fl_prefix_sets_has(&p->sets, class_id, n))
            continue;
        if (!is_recording_end(batch, term->field, r))
            result = -1;
        else if (text_column_is(batch, FL_F_VPC_ID, r, p->vpcs[n], false) &&
                 text_column_is(batch, FL_F_ACCOUNT_ID, r, p->accounts[n], true))
            return 1;
    }
    return result;
}

struct row_context {
    struct fl_program_state *s;
    uint32_t row;
    bool null_field;
};

static void get_field(void *context, const struct fl_node *node, struct fl_value *out)
{
    struct row_context *c = context;
    fl_batch_value(c->s->batch, node->field, c->row, out);
    c->null_field |= out->type == FL_T_NULL;
}

static bool in_network(void *context, uint32_t network, struct fl_addr addr)
{
    struct row_context *c = context;
    return fl_program_in_network(c->s->program, network, addr);
}

static uint64_t *sparse_bits(const struct fl_program_state *s, const struct fl_term *term, uint32_t which)
{
    return s->sparse_bits + ((size_t)term->sparse * 3 + which) * s->words_held;
}

/* Of more than two ranges. */
static bool in_ranges(const struct fl_term *term, int64_t value)
{
    const struct fl_range *base = term->ranges;
    for (uint32_t n = term->range_count; n > 1;) {
        uint32_t half = n / 2;
        base += base[half].low <= value ? half : 0;
        n -= half;
    }
    return value >= base->low && value <= base->high;
}

static void test_ranges(const struct fl_program_state *s, const struct fl_term *term, const uint64_t *rows,
                        uint64_t *truth)
{
    const struct fl_column *c = &s->batch->columns[term->field];
    for (uint32_t w = 0; w < s->words; w++) {
        uint64_t todo = rows[w] & fl_known_mask(c, w), result = 0;
        const int64_t *values = c->i64 + 64 * (size_t)w;
        for (uint64_t bits = term->range_count > 2 ? todo : 0; bits != 0; bits &= bits - 1) {
            uint32_t r = (uint32_t)__builtin_ctzll(bits);
            result |= (uint64_t)in_ranges(term, values[r]) << r;
        }
        for (uint32_t i = 0; i < term->range_count && term->range_count <= 2; i++) {
            const struct fl_range *range = &term->ranges[i];
            for (uint64_t bits = todo & ~result; bits != 0; bits &= bits - 1) {
                uint32_t r = (uint32_t)__builtin_ctzll(bits);
                result |= (uint64_t)(values[r] >= range->low && values[r] <= range->high) << r;
            }
        }
        truth[w] |= term->negated ? todo & ~result : result;
    }
}

/* Classes of addresses, by row: found once in a batch for all terms over a field. */
static const uint32_t *need_classes(struct fl_program_state *s, const struct fl_term *term, const uint64_t *rows)
{
    const struct fl_column *c = &s->batch->columns[term->field];
    uint64_t *known = s->class_known + (size_t)term->class_slot * s->words_held;
    uint32_t *classes = s->classes + (size_t)term->class_slot * s->words_held * 64;
    if (s->class_turns[term->class_slot] != s->turn)
        memset(known, 0, s->words * sizeof *known);
    s->class_turns[term->class_slot] = s->turn;
    for (uint32_t w = 0; w < s->words; w++) {
        for (uint64_t bits = rows[w] & ~known[w]; bits != 0; bits &= bits - 1) {
            size_t r = (size_t)w * 64 + (uint32_t)__builtin_ctzll(bits);
            classes[r] = fl_prefix_sets_class(&s->program->sets, c->addr[r]);
        }
        known[w] |= rows[w];
    }
    return classes;
}

static void test_addresses(struct fl_program_state *s, const struct fl_term *term, const uint64_t *rows,
                           uint64_t *truth)
{
    const struct fl_column *c = &s->batch->columns[term->field];
    const uint32_t *classes = need_classes(s, term, rows);
    for (uint32_t w = 0; w < s->words; w++) {
        uint64_t todo = rows[w] & fl_known_mask(c, w), members = 0, unknown = 0;
        for (uint64_t bits = todo; bits != 0; bits &= bits - 1) {
            uint32_t r = (uint32_t)__builtin_ctzll(bits), class_id = classes[(size_t)w * 64 + r];
            members |= (term->classes[class_id >> 6] >> (class_id & 63) & 1) << r;
        }
        for (uint64_t bits = term->bound_count > 0 ? todo & ~members : 0; bits != 0; bits &= bits - 1) {
            uint32_t r = (uint32_t)__builtin_ctzll(bits);
            int bound = in_bound(s->program, term, s->batch, w * 64 + r, classes[(size_t)w * 64 + r]);
            members |= (uint64_t)(bound > 0) << r;
            unknown |= (uint64_t)(bound < 0) << r;
        }
        truth[w] |= todo & ~unknown & (term->negated ? ~members : members);
    }
}

static void test_texts(struct fl_program_state *s, const struct fl_term *term, const uint64_t *rows, uint64_t *truth)
{
    const struct fl_column *c = &s->batch->columns[term->field];
    for (uint32_t w = 0; w < s->words; w++) {
        for (uint64_t bits = rows[w] & fl_known_mask(c, w); bits != 0; bits &= bits - 1) {
            uint32_t r = (uint32_t)__builtin_ctzll(bits);
            truth[w] |= (uint64_t)(text_is(s, term, c->u32[w * 64 + r]) != term->negated) << r;
        }
    }
}

static void test_generic(struct fl_program_state *s, const struct fl_term *term, const uint64_t *rows, uint64_t *truth)
{
    uint64_t *nulls = sparse_bits(s, term, 2);
    for (uint32_t w = 0; w < s->words; w++) {
        for (uint64_t bits = rows[w]; bits != 0; bits &= bits - 1) {
            uint32_t r = (uint32_t)__builtin_ctzll(bits);
            struct row_context context = {s, w * 64 + r, false};
            struct fl_eval eval = {&context, get_field, in_network};
            struct fl_value v = fl_expr_eval(term->node, &eval);
            if (v.type != FL_T_NULL)
                truth[w] |= (uint64_t)((v.i != 0) != term->negated) << r;
            else
                nulls[w] |= (uint64_t)!context.null_field << r;
        }
    }
}

static enum fl_status need_fields(struct fl_program_state *s, const struct fl_term *term, const uint64_t *in)
{
    enum fl_status status = FL_OK;
    for (uint32_t w = 0; w < FL_FIELD_WORDS && status == FL_OK; w++)
        for (uint64_t bits = term->fields.bits[w]; bits != 0 && status == FL_OK; bits &= bits - 1)
            status = fl_batch_need(s->batch, w * 64 + (uint32_t)__builtin_ctzll(bits), in);
    return status;
}

/* Tests the rows of s->missing. */
static enum fl_status test_missing(struct fl_program_state *s, const struct fl_term *term)
{
    uint64_t *truth = sparse_bits(s, term, 1);
    if (need_fields(s, term, s->missing) != FL_OK || (term->kind == FL_TERM_TEXT && !prepare_text(s, term)))
        return FL_E_NOMEM;
    switch (term->kind) {
    case FL_TERM_RANGES:
        test_ranges(s, term, s->missing, truth);
        return FL_OK;
    case FL_TERM_ADDR:
        test_addresses(s, term, s->missing, truth);
        return FL_OK;
    case FL_TERM_TEXT:
        test_texts(s, term, s->missing, truth);
        return FL_OK;
    default:
        test_generic(s, term, s->missing, truth);
        return FL_OK;
    }
}

enum fl_status fl_sparse_run(struct fl_program_state *s, const struct fl_term *term, const uint64_t *in, uint64_t *out)
{
    if (term->field != FL_FIELD_NONE && !s->batch->columns[term->field].present) {
        memset(out, 0, s->words * sizeof *out);
        return FL_OK;
    }
    uint64_t *tested = sparse_bits(s, term, 0), *truth = sparse_bits(s, term, 1), *nulls = sparse_bits(s, term, 2);
    if (s->sparse_turns[term->sparse] != s->turn)
        for (uint32_t w = 0; w < s->words; w++)
            tested[w] = truth[w] = nulls[w] = 0;
    s->sparse_turns[term->sparse] = s->turn;
    uint64_t any = 0;
    for (uint32_t w = 0; w < s->words; w++) {
        s->missing[w] = in[w] & ~tested[w];
        tested[w] |= in[w];
        any |= s->missing[w];
    }
    if (any != 0 && test_missing(s, term) != FL_OK)
        return FL_E_NOMEM;
    for (uint32_t w = 0; term->kind == FL_TERM_GENERIC && w < s->words; w++)
        s->null_arithmetic += (uint64_t)__builtin_popcountll(in[w] & nulls[w]);
    for (uint32_t w = 0; w < s->words; w++)
        out[w] = in[w] & truth[w];
    return FL_OK;
}

enum fl_status fl_null_run(struct fl_program_state *s, const struct fl_term *term, const uint64_t *in, uint64_t *out)
{
    const struct fl_column *c = &s->batch->columns[term->field];
    enum fl_status status = need_fields(s, term, in);
    for (uint32_t w = 0; w < s->words; w++) {
        uint64_t null = !c->present ? ~UINT64_C(0) : c->any_null ? c->nulls[w] : 0;
        out[w] = in[w] & (term->negated ? ~null : null);
    }
    return status;
}
