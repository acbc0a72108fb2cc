/* run.c: programs over batches. */
#include <string.h>

#include "core/base/memory.h"
#include "core/expr/build.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

struct text_cache {
    uint8_t *truth; /* by string id: 0 not yet asked, 1 false, 2 true */
    uint32_t known;
};

struct fl_program_state {
    const struct fl_program *program;
    struct fl_batch *batch;
    uint32_t words;
    bool *group_done;     /* by group, for the batch at hand */
    uint64_t *group_bits; /* group g, term i: group_bits[(first[g] + i) * words_held] */
    uint32_t *group_first;
    uint32_t narrow_terms;
    uint32_t words_held;
    uint64_t **stack; /* scratch bitmaps by depth */
    uint32_t stack_count, stack_capacity;
    struct text_cache *texts;
    uint64_t null_arithmetic;
};

struct fl_program_state *fl_program_state_new(const struct fl_program *program)
{
    struct fl_program_state *s = fl_alloc_zero(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->program = program;
    s->group_done = fl_alloc_zero((size_t)program->group_count + 1, sizeof *s->group_done);
    s->group_first = fl_alloc_zero((size_t)program->group_count + 1, sizeof *s->group_first);
    s->texts = fl_alloc_zero((size_t)program->text_cache_count + 1, sizeof *s->texts);
    if (s->group_done == NULL || s->group_first == NULL || s->texts == NULL) {
        fl_program_state_free(s);
        return NULL;
    }
    for (uint32_t g = 0; g < program->group_count; g++) {
        s->group_first[g] = s->narrow_terms;
        s->narrow_terms += program->groups[g].term_count;
    }
    return s;
}

void fl_program_state_free(struct fl_program_state *s)
{
    for (uint32_t i = 0; i < s->stack_count; i++)
        fl_free(s->stack[i]);
    for (uint32_t i = 0; s->texts != NULL && i < s->program->text_cache_count; i++)
        fl_free(s->texts[i].truth);
    fl_free(s->stack);
    fl_free(s->texts);
    fl_free(s->group_done);
    fl_free(s->group_bits);
    fl_free(s->group_first);
    fl_free(s);
}

uint64_t fl_program_null_arithmetic(const struct fl_program_state *s)
{
    return s->null_arithmetic;
}

enum fl_status fl_program_begin(struct fl_program_state *s, struct fl_batch *batch)
{
    s->batch = batch;
    s->words = fl_batch_words(batch);
    memset(s->group_done, 0, s->program->group_count * sizeof *s->group_done);
    if (s->words <= s->words_held)
        return FL_OK;
    uint32_t words = (s->words + 63) & ~63u;
    uint64_t *bits = fl_realloc(s->group_bits, (size_t)words * (s->narrow_terms + 1), sizeof *bits);
    if (bits == NULL)
        return FL_E_NOMEM;
    s->group_bits = bits;
    for (uint32_t i = 0; i < s->stack_count; i++) {
        uint64_t *grown = fl_realloc(s->stack[i], words, sizeof *grown);
        if (grown == NULL)
            return FL_E_NOMEM;
        s->stack[i] = grown;
    }
    s->words_held = words;
    return FL_OK;
}

static uint64_t *scratch(struct fl_program_state *s, uint32_t depth)
{
    while (depth >= s->stack_count) {
        if (!fl_grow((void **)&s->stack, &s->stack_capacity, depth + 1, sizeof *s->stack))
            return NULL;
        s->stack[s->stack_count] = fl_alloc((size_t)s->words_held * sizeof(uint64_t));
        if (s->stack[s->stack_count] == NULL)
            return NULL;
        s->stack_count++;
    }
    return s->stack[depth];
}

/* ---- narrow columns ---- */

static uint64_t *term_bits(struct fl_program_state *s, uint32_t group, uint32_t bit)
{
    return s->group_bits + (size_t)(s->group_first[group] + bit) * s->words_held;
}

static uint64_t known_mask(const struct fl_column *c, uint32_t word)
{
    return c->any_null ? ~c->nulls[word] : ~UINT64_C(0);
}

/* 64 bytes equal to a value, as bits. The column is readable up to a multiple of 64 rows. */
static uint64_t equal_bytes(const uint8_t *p, uint8_t value)
{
    uint64_t bits = 0;
#ifdef __SSE2__
    __m128i v = _mm_set1_epi8((char)value);
    for (unsigned i = 0; i < 4; i++) {
        __m128i x = _mm_load_si128((const __m128i *)(p + 16 * i));
        bits |= (uint64_t)(uint16_t)_mm_movemask_epi8(_mm_cmpeq_epi8(x, v)) << (16 * i);
    }
#else
    for (unsigned i = 0; i < 64; i++)
        bits |= (uint64_t)(p[i] == value) << i;
#endif
    return bits;
}

/* The same of 64 numbers of two bytes. */
static uint64_t equal_words(const uint16_t *p, uint16_t value)
{
    uint64_t bits = 0;
#ifdef __SSE2__
    __m128i v = _mm_set1_epi16((short)value);
    for (unsigned i = 0; i < 4; i++) {
        __m128i a = _mm_cmpeq_epi16(_mm_load_si128((const __m128i *)(p + 16 * i)), v);
        __m128i b = _mm_cmpeq_epi16(_mm_load_si128((const __m128i *)(p + 16 * i + 8)), v);
        bits |= (uint64_t)(uint16_t)_mm_movemask_epi8(_mm_packs_epi16(a, b)) << (16 * i);
    }
#else
    for (unsigned i = 0; i < 64; i++)
        bits |= (uint64_t)(p[i] == value) << i;
#endif
    return bits;
}

static void run_single_values(struct fl_program_state *s, uint32_t g, const struct fl_column *c, bool wide)
{
    const struct fl_term_group *group = &s->program->groups[g];
    for (uint32_t w = 0; w < s->words; w++) {
        uint64_t known = known_mask(c, w);
        size_t row = 64 * (size_t)w;
        for (uint32_t i = 0; i < group->term_count; i++)
            term_bits(s, g, i)[w] = known & (wide ? equal_words(c->u16 + row, group->values[i])
                                                  : equal_bytes(c->u8 + row, (uint8_t)group->values[i]));
    }
}

static void scatter(struct fl_program_state *s, uint32_t g, uint32_t word, uint32_t row, uint64_t terms)
{
    for (; terms != 0; terms &= terms - 1)
        term_bits(s, g, (uint32_t)__builtin_ctzll(terms))[word] |= UINT64_C(1) << row;
}

static void run_classes(struct fl_program_state *s, uint32_t g, const struct fl_column *c, bool wide)
{
    const struct fl_term_group *group = &s->program->groups[g];
    for (uint32_t i = 0; i < group->term_count; i++)
        memset(term_bits(s, g, i), 0, s->words * sizeof(uint64_t));
    for (uint32_t w = 0; w < s->words; w++) {
        uint64_t known = known_mask(c, w);
        uint32_t rows = s->batch->rows - w * 64 < 64 ? s->batch->rows - w * 64 : 64;
        for (uint32_t r = 0; r < rows; r++) {
            size_t row = (size_t)w * 64 + r;
            uint64_t terms = group->class_terms[group->class_of[wide ? c->u16[row] : c->u8[row]]];
            if (terms != 0 && (known >> r & 1))
                scatter(s, g, w, r, terms);
        }
    }
}

static void run_group(struct fl_program_state *s, uint32_t g)
{
    const struct fl_term_group *group = &s->program->groups[g];
    const struct fl_column *c = &s->batch->columns[group->field];
    bool wide = fl_fields[group->field].storage == FL_S_U16;
    s->group_done[g] = true;
    if (!c->present)
        for (uint32_t i = 0; i < group->term_count; i++)
            memset(term_bits(s, g, i), 0, s->words * sizeof(uint64_t));
    else if (group->single_values)
        run_single_values(s, g, c, wide);
    else
        run_classes(s, g, c, wide);
}

/* ---- tests of single rows ---- */

static bool in_ranges(const struct fl_term *term, int64_t value)
{
    for (uint32_t i = 0; i < term->range_count; i++)
        if (value >= term->ranges[i].low && value <= term->ranges[i].high)
            return true;
    return false;
}

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
    switch (node->op) {
    case FL_OP_EQ:
        return c == 0;
    case FL_OP_NE:
        return c != 0;
    case FL_OP_LT:
        return c < 0;
    case FL_OP_LE:
        return c <= 0;
    case FL_OP_GT:
        return c > 0;
    default:
        return c >= 0;
    }
}

static bool prepare_text(struct fl_program_state *s, const struct fl_term *term)
{
    struct text_cache *cache = &s->texts[term->text_cache];
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

static bool addr_is(const struct fl_program *p, const struct fl_term *term, const struct fl_batch *batch, uint32_t r)
{
    uint32_t class_id = fl_prefix_sets_class(&p->sets, batch->columns[term->field].addr[r]);
    bool member = term->classes[class_id >> 6] >> (class_id & 63) & 1;
    if (term->bound_count > 0 && !member) {
        int bound = in_bound(p, term, batch, r, class_id);
        if (bound < 0)
            return false;
        member = bound > 0;
    }
    return member != term->negated;
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

static bool generic_is(struct fl_program_state *s, const struct fl_term *term, uint32_t r)
{
    struct row_context context = {s, r, false};
    struct fl_eval eval = {&context, get_field, in_network};
    struct fl_value v = fl_expr_eval(term->node, &eval);
    if (v.type == FL_T_NULL) {
        s->null_arithmetic += !context.null_field;
        return false;
    }
    return (v.i != 0) != term->negated;
}

static bool row_is(struct fl_program_state *s, const struct fl_term *term, const struct fl_column *c, uint32_t r)
{
    switch (term->kind) {
    case FL_TERM_RANGES:
        return in_ranges(term, c->i64[r]) != term->negated;
    case FL_TERM_ADDR:
        return addr_is(s->program, term, s->batch, r);
    case FL_TERM_TEXT:
        return text_is(s, term, c->u32[r]) != term->negated;
    default:
        return generic_is(s, term, r);
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

static enum fl_status run_sparse(struct fl_program_state *s, const struct fl_term *term, const uint64_t *in,
                                 uint64_t *out)
{
    const struct fl_column *c = term->field == FL_FIELD_NONE ? NULL : &s->batch->columns[term->field];
    if (c != NULL && !c->present) {
        memset(out, 0, s->words * sizeof *out);
        return FL_OK;
    }
    if (need_fields(s, term, in) != FL_OK || (term->kind == FL_TERM_TEXT && !prepare_text(s, term)))
        return FL_E_NOMEM;
    for (uint32_t w = 0; w < s->words; w++) {
        uint64_t bits = in[w] & (c != NULL ? known_mask(c, w) : ~UINT64_C(0)), result = 0;
        for (; bits != 0; bits &= bits - 1) {
            uint32_t r = (uint32_t)__builtin_ctzll(bits);
            result |= (uint64_t)row_is(s, term, c, w * 64 + r) << r;
        }
        out[w] = result;
    }
    return FL_OK;
}

static enum fl_status run_null(struct fl_program_state *s, const struct fl_term *term, const uint64_t *in,
                               uint64_t *out)
{
    const struct fl_column *c = &s->batch->columns[term->field];
    enum fl_status status = need_fields(s, term, in);
    for (uint32_t w = 0; w < s->words; w++) {
        uint64_t null = !c->present ? ~UINT64_C(0) : c->any_null ? c->nulls[w] : 0;
        out[w] = in[w] & (term->negated ? ~null : null);
    }
    return status;
}

static enum fl_status run_term(struct fl_program_state *s, uint32_t t, const uint64_t *in, uint64_t *out)
{
    const struct fl_term *term = &s->program->terms[t];
    if (term->kind == FL_TERM_NULL)
        return run_null(s, term, in, out);
    if (term->kind != FL_TERM_NARROW)
        return run_sparse(s, term, in, out);
    if (!s->group_done[term->group])
        run_group(s, term->group);
    const uint64_t *bits = term_bits(s, term->group, term->bit);
    for (uint32_t w = 0; w < s->words; w++)
        out[w] = in[w] & bits[w];
    return FL_OK;
}

/* ---- junctions ---- */

static bool any_bit(const uint64_t *bits, uint32_t words)
{
    uint64_t any = 0;
    for (uint32_t w = 0; w < words; w++)
        any |= bits[w];
    return any != 0;
}

static enum fl_status run_node(struct fl_program_state *s, uint32_t n, const uint64_t *in, uint64_t *out,
                               uint32_t depth);

static enum fl_status run_all(struct fl_program_state *s, const struct fl_program_node *node, const uint64_t *in,
                              uint64_t *out, uint32_t depth)
{
    const uint64_t *left = in;
    for (uint32_t i = 0; i < node->child_count; i++) {
        enum fl_status status = run_node(s, node->children[i], left, out, depth);
        if (status != FL_OK)
            return status;
        if (!any_bit(out, s->words))
            return FL_OK;
        left = out;
    }
    return FL_OK;
}

static enum fl_status run_some(struct fl_program_state *s, const struct fl_program_node *node, const uint64_t *in,
                               uint64_t *out, uint32_t depth)
{
    uint64_t *rest = scratch(s, depth), *hits = scratch(s, depth + 1);
    if (rest == NULL || hits == NULL)
        return FL_E_NOMEM;
    rest = s->stack[depth];
    memcpy(rest, in, s->words * sizeof *rest);
    memset(out, 0, s->words * sizeof *out);
    for (uint32_t i = 0; i < node->child_count; i++) {
        enum fl_status status = run_node(s, node->children[i], rest, hits, depth + 2);
        if (status != FL_OK)
            return status;
        for (uint32_t w = 0; w < s->words; w++) {
            out[w] |= hits[w];
            rest[w] &= ~hits[w];
        }
        if (!any_bit(rest, s->words))
            return FL_OK;
    }
    return FL_OK;
}

/* out may be the same as in for terms and ALL; SOME keeps a copy of in. */
static enum fl_status run_node(struct fl_program_state *s, uint32_t n, const uint64_t *in, uint64_t *out,
                               uint32_t depth)
{
    const struct fl_program_node *node = &s->program->nodes[n];
    switch (node->kind) {
    case FL_P_TERM:
        return run_term(s, node->term, in, out);
    case FL_P_ALL:
        return run_all(s, node, in, out, depth);
    case FL_P_SOME:
        return run_some(s, node, in, out, depth);
    case FL_P_CONST:
        break;
    }
    if (!node->value)
        memset(out, 0, s->words * sizeof *out);
    else if (out != in)
        memcpy(out, in, s->words * sizeof *out);
    return FL_OK;
}

enum fl_status fl_program_eval(struct fl_program_state *s, uint32_t root, const uint64_t *within, uint64_t *out)
{
    if (within == NULL) {
        memset(out, 0xff, s->words * sizeof *out);
        if (s->batch->rows % 64 != 0)
            out[s->words - 1] = (UINT64_C(1) << (s->batch->rows % 64)) - 1;
        within = out;
    }
    return run_node(s, root, within, out, 0);
}
