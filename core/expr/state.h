/* state.h: the inside of a program's state, shared by the files that run it. One worker uses a state.
 *
 * Whatever is found out about rows of a batch is kept until the next one: bits of every narrow term, and for the other
 * terms the rows that were tested with what came of it. Rules that share a term pay for it once.
 */
#ifndef FL_EXPR_STATE_H
#define FL_EXPR_STATE_H

#include "core/expr/build.h"

struct fl_text_cache {
    uint8_t *truth; /* by string id: 0 not yet asked, 1 false, 2 true */
    uint32_t known;
};

struct fl_program_state {
    const struct fl_program *program;
    struct fl_batch *batch;
    uint32_t words, words_held;
    uint64_t turn;        /* number of the batch at hand: what has another one is of an older batch */
    bool *group_done;     /* by group, for the batch at hand */
    uint64_t *group_bits; /* group g, term i: group_bits[(first[g] + i) * words_held] */
    uint32_t *group_first;
    uint32_t narrow_terms;
    uint64_t *sparse_turns; /* by sparse term */
    uint64_t *sparse_bits;  /* of each: rows tested, rows true, rows whose arithmetic was null */
    uint64_t *class_turns;  /* by address field that terms test */
    uint64_t *class_known;  /* of each: rows whose class is known */
    uint32_t *classes;
    uint64_t *missing; /* scratch */
    uint64_t **stack;  /* scratch bitmaps by depth */
    uint32_t stack_count, stack_capacity;
    struct fl_text_cache *texts;
    uint64_t null_arithmetic;
};

static inline uint64_t fl_known_mask(const struct fl_column *c, uint32_t word)
{
    return c->any_null ? ~c->nulls[word] : ~UINT64_C(0);
}
static inline uint64_t *fl_group_term_bits(const struct fl_program_state *s, uint32_t group, uint32_t bit)
{
    return s->group_bits + (size_t)(s->group_first[group] + bit) * s->words_held;
}

/* narrow.c: tests all rows of the batch by the terms of a group. */
void fl_narrow_run(struct fl_program_state *state, uint32_t group);
/* sparse.c: the rows of `in` for which the term is true; `out` may be `in`. */
enum fl_status fl_sparse_run(struct fl_program_state *state, const struct fl_term *term, const uint64_t *in,
                             uint64_t *out);
enum fl_status fl_null_run(struct fl_program_state *state, const struct fl_term *term, const uint64_t *in,
                           uint64_t *out);

#endif
