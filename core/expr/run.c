/* run.c: programs over batches. */
#include <string.h>

#include "core/base/memory.h"
#include "core/expr/state.h"

struct fl_program_state *fl_program_state_new(const struct fl_program *program)
{
    struct fl_program_state *s = fl_alloc_zero(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->program = program;
    s->group_done = fl_alloc_zero((size_t)program->group_count + 1, sizeof *s->group_done);
    s->group_first = fl_alloc_zero((size_t)program->group_count + 1, sizeof *s->group_first);
    s->texts = fl_alloc_zero((size_t)program->text_cache_count + 1, sizeof *s->texts);
    s->sparse_turns = fl_alloc_zero((size_t)program->sparse_count + 1, sizeof *s->sparse_turns);
    s->class_turns = fl_alloc_zero((size_t)program->class_slot_count + 1, sizeof *s->class_turns);
    if (s->group_done == NULL || s->group_first == NULL || s->texts == NULL || s->sparse_turns == NULL ||
        s->class_turns == NULL) {
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
    fl_free(s->sparse_turns);
    fl_free(s->sparse_bits);
    fl_free(s->class_turns);
    fl_free(s->class_known);
    fl_free(s->classes);
    fl_free(s->missing);
    fl_free(s);
}

uint64_t fl_program_null_arithmetic(const struct fl_program_state *s)
{
    return s->null_arithmetic;
}

static bool grow_bits(uint64_t **bits, size_t maps, uint32_t words)
{
    uint64_t *grown = fl_realloc(*bits, maps * words, sizeof *grown);
    if (grown != NULL)
        *bits = grown;
    return grown != NULL;
}

enum fl_status fl_program_begin(struct fl_program_state *s, struct fl_batch *batch)
{
    s->batch = batch;
    s->words = fl_batch_words(batch);
    s->turn++;
    memset(s->group_done, 0, s->program->group_count * sizeof *s->group_done);
    if (s->words <= s->words_held)
        return FL_OK;
    uint32_t words = s->words_held == 0 ? 1 : s->words_held, slots = s->program->class_slot_count;
    while (words < s->words)
        words *= 2;
    bool ok = grow_bits(&s->group_bits, (size_t)s->narrow_terms + 1, words) &&
              grow_bits(&s->sparse_bits, 3 * (size_t)s->program->sparse_count + 1, words) &&
              grow_bits(&s->class_known, (size_t)slots + 1, words) && grow_bits(&s->missing, 1, words);
    uint32_t *classes = ok ? fl_realloc(s->classes, ((size_t)slots * words + 1) * 64, sizeof *classes) : NULL;
    if (classes == NULL)
        return FL_E_NOMEM;
    s->classes = classes;
    for (uint32_t i = 0; i < s->stack_count; i++)
        if (!grow_bits(&s->stack[i], 1, words))
            return FL_E_NOMEM;
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

static enum fl_status run_term(struct fl_program_state *s, uint32_t t, const uint64_t *in, uint64_t *out)
{
    const struct fl_term *term = &s->program->terms[t];
    if (term->kind == FL_TERM_NULL)
        return fl_null_run(s, term, in, out);
    if (term->kind != FL_TERM_NARROW)
        return fl_sparse_run(s, term, in, out);
    if (!s->group_done[term->group])
        fl_narrow_run(s, term->group);
    const uint64_t *bits = fl_group_term_bits(s, term->group, term->bit);
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
