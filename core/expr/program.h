/* program.h: conditions compiled to run over whole batches.
 *
 * One program holds every condition of a plan; equal terms are stored and evaluated once. After
 * fl_program_seal() it is read-only and shared by all workers; each worker has its own state.
 * Two-valued bitmaps suffice: a bit is 1 where the (negation-free) condition is true, 0 where false or unknown.
 */
#ifndef FL_EXPR_PROGRAM_H
#define FL_EXPR_PROGRAM_H

#include "core/base/prefix_set.h"
#include "core/expr/expr.h"
#include "core/record/batch.h"

struct fl_program;
struct fl_program_state;

/* How the program learns what a network is; called while sealing. Bound networks (of one VPC or account) hold only
 * at the recording end of a record. */
struct fl_network_source {
    void *context;
    uint32_t count;
    /* Adds the network's prefixes and exceptions to sets under the given set number. */
    enum fl_status (*add)(void *context, uint32_t network, struct fl_prefix_sets *sets, uint32_t set);
    /* NULL or the vpc / account that the network is bound to. */
    const char *(*vpc)(void *context, uint32_t network);
    const char *(*account)(void *context, uint32_t network);
};

struct fl_program *fl_program_new(void);
void fl_program_free(struct fl_program *program);

/* Adds a condition (NULL = always true); *root names it. */
enum fl_status fl_program_add(struct fl_program *program, const struct fl_node *condition, uint32_t *root,
                              struct fl_error *err);
enum fl_status fl_program_seal(struct fl_program *program, const struct fl_network_source *networks,
                               struct fl_error *err);
/* Fields that the conditions read (valid before sealing too). Bound networks add vantage, vpc_id, account_id. */
void fl_program_fields(const struct fl_program *program, struct fl_field_set *fields);

/* Of those, the fields whose whole columns are looked at; others are asked for row by row (fl_batch_need). After
 * sealing. */
void fl_program_whole_columns(const struct fl_program *program, struct fl_field_set *fields);

/* A term of a condition, as it is run: equal terms of all conditions have one number. */
struct fl_program_leaf {
    uint32_t number;
    const struct fl_node *node; /* without the negation */
    bool negated;
    bool whole_column; /* tested for all rows of a batch in one pass; else for the rows still in play */
};
/* Visits the terms below a root; the same one may come twice. */
void fl_program_visit(const struct fl_program *program, uint32_t root,
                      void (*visit)(void *context, const struct fl_program_leaf *leaf), void *context);

bool fl_program_in_network(const struct fl_program *program, uint32_t network, struct fl_addr addr);

struct fl_program_state *fl_program_state_new(const struct fl_program *program);
void fl_program_state_free(struct fl_program_state *state);

/* A new batch: forgets cached terms. */
enum fl_status fl_program_begin(struct fl_program_state *state, struct fl_batch *batch);
/* out[word] = rows of `within` (NULL = all rows) for which the condition is true. out has
 * fl_batch_words() words; bits behind the rows are 0. */
enum fl_status fl_program_eval(struct fl_program_state *state, uint32_t root, const uint64_t *within, uint64_t *out);

/* Counted effects of arithmetic since the state was made: divisions by zero and overflows, which are null. */
uint64_t fl_program_null_arithmetic(const struct fl_program_state *state);

#endif
