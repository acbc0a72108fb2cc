/* ops.h: how the engine calls code of a rule. Lua implements it; tests implement it in C.
 *
 * One VM per worker and one for the judgement; `rule` is fl_rule_decl.source, the same number in every VM.
 */
#ifndef FL_RULE_OPS_H
#define FL_RULE_OPS_H

#include "core/group/store.h"
#include "core/rule/rule.h"

/* What a callback said. Texts live in the arena given to the call. */
struct fl_verdict {
    bool hit;
    int severity; /* enum fl_severity or -1: not overridden */
    const char *title, *message;
    struct fl_pairs extra;
};

/* As bytes for a note of a batch (see the measure `verdict`), and back. FL_E_DATA: they are no verdict. */
void fl_verdict_encode(const struct fl_verdict *verdict, struct fl_buf *out);
enum fl_status fl_verdict_decode(struct fl_str bytes, struct fl_arena *arena, struct fl_verdict *out);

/* A group with the names that Lua uses for its keys and measures. */
struct fl_group_names {
    const char *const *keys;
    uint32_t key_count;
    const char *const *measures;
    uint32_t measure_count;
};

struct fl_rule_ops {
    /* A pure test of one record. Only fields declared by the rule may be read. FL_E_LUA: the call failed;
     * FL_E_VOID: the code kept state between calls, so the rule cannot be used. */
    enum fl_status (*on_flow)(void *vm, uint32_t rule, const struct fl_rule_decl *decl, const struct fl_batch *batch,
                              uint32_t row, struct fl_arena *arena, struct fl_verdict *out, struct fl_error *err);
    /* The same for rows of a batch, from *from on: clears the bits of those that are no hit, and tells `said` of hits
     * that say more than yes; their texts are gone after that. Not FL_OK: the call for
     * the row that *from tells then failed; the rows behind it were not asked. */
    enum fl_status (*on_flows)(void *vm, uint32_t rule, const struct fl_rule_decl *decl, const struct fl_batch *batch,
                               uint64_t *rows, uint32_t *from, struct fl_arena *arena,
                               void (*said)(void *context, uint32_t row, const struct fl_verdict *verdict),
                               void *said_context, struct fl_error *err);
    /* The same with a state, over the records of a group in record order; `first`: begins a group, with a new state.
     * values: by the rule's `fields`. */
    enum fl_status (*on_row)(void *vm, uint32_t rule, const struct fl_rule_decl *decl, bool first,
                             const struct fl_value *values, struct fl_arena *arena, struct fl_verdict *out,
                             struct fl_error *err);
    enum fl_status (*on_group)(void *vm, uint32_t rule, const struct fl_rule_decl *decl,
                               const struct fl_group_names *names, const struct fl_group_view *view,
                               struct fl_arena *arena, struct fl_verdict *out, struct fl_error *err);
    enum fl_status (*open_vm)(void *context, void **vm, struct fl_error *err); /* loads every rule file again */
    void (*close_vm)(void *vm);
    void *context;
};

#endif
