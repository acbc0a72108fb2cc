/* rows.c: on_flow(flow, state) over the records of a group, in record order. */
#include <string.h>

#include "core/engine/verdicts.h"

#define SCRATCH_BYTES_MAX (256u * 1024u)

struct asking {
    struct fl_judging *j;
    const struct fl_rule_decl *decl;
    struct fl_arena scratch; /* what single calls return */
    bool begun;
    struct fl_verdict *worst; /* of the calls so far, copied */
    struct fl_error *err;
};

static int severity_of(const struct asking *a, const struct fl_verdict *verdict)
{
    return verdict->severity >= 0 ? verdict->severity : (int)a->decl->severity;
}

static enum fl_status ask_row(void *context, const struct fl_value *values)
{
    struct asking *a = context;
    const struct fl_judge_options *options = a->j->options;
    struct fl_verdict verdict = {.severity = -1};
    enum fl_status status =
        options->ops->on_row(options->vm, a->decl->source, a->decl, !a->begun, values, &a->scratch, &verdict, a->err);
    a->begun = true;
    if (status == FL_OK && verdict.hit && (!a->worst->hit || severity_of(a, &verdict) > severity_of(a, a->worst)))
        status = fl_verdict_copy(&a->j->scratch, &verdict, a->worst) ? FL_OK : FL_E_NOMEM;
    if (a->scratch.held_bytes > SCRATCH_BYTES_MAX) {
        fl_arena_dispose(&a->scratch);
        fl_arena_init(&a->scratch);
    }
    return status;
}

enum fl_status fl_judge_ask_rows(struct fl_judging *j, const struct fl_plan_rule *rule,
                                 const struct fl_group_view *view, struct fl_verdict *worst, struct fl_error *err)
{
    struct asking a = {.j = j, .decl = rule->decl, .worst = worst, .err = err};
    *worst = (struct fl_verdict){.severity = -1};
    fl_arena_init(&a.scratch);
    enum fl_status status =
        fl_measure_visit_rows(&rule->measures[rule->measure_count], view->states[rule->measure_count], ask_row, &a);
    fl_arena_dispose(&a.scratch);
    return status;
}

static const struct fl_pair *find_pair(const struct fl_pairs *pairs, const char *name)
{
    for (uint32_t i = 0; i < pairs->count; i++)
        if (strcmp(pairs->items[i].name, name) == 0)
            return &pairs->items[i];
    return NULL;
}

/* Both are sorted by name; of equal names the later verdict's stands. */
static enum fl_status merge_extra(struct fl_arena *arena, struct fl_pairs *into, const struct fl_pairs *from)
{
    struct fl_pair *pairs = fl_arena_alloc(arena, ((size_t)into->count + from->count + 1) * sizeof *pairs);
    if (pairs == NULL)
        return FL_E_NOMEM;
    uint32_t count = 0, a = 0, b = 0;
    while (a < into->count || b < from->count) {
        if (b == from->count || (a < into->count && strcmp(into->items[a].name, from->items[b].name) < 0)) {
            pairs[count++] = into->items[a++];
        } else {
            a += a < into->count && find_pair(from, into->items[a].name) == &from->items[b];
            pairs[count++] = from->items[b++];
        }
    }
    *into = (struct fl_pairs){pairs, count};
    return FL_OK;
}

enum fl_status fl_verdict_override(struct fl_arena *arena, struct fl_verdict *into, const struct fl_verdict *by)
{
    into->hit = by->hit;
    if (by->severity >= 0)
        into->severity = by->severity;
    if (by->title != NULL)
        into->title = by->title;
    if (by->message != NULL)
        into->message = by->message;
    return by->extra.count > 0 ? merge_extra(arena, &into->extra, &by->extra) : FL_OK;
}
