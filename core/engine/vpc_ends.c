/* vpc_ends.c: whose VPC a group is of.
 *
 * A record tells the VPC of the interface that wrote it. What passes between two VPCs is written at both ends, so the
 * two halves of a conversation first fall into two groups, and a refusal at the receiver would not be seen in the
 * sender's. Which host is in which VPC is known after the merge: then each group moves to the VPC of its server.
 */
#include "core/base/memory.h"
#include "core/engine/verdicts.h"

struct settling {
    const struct fl_judging *j;
    const struct fl_plan_rule *rule;
    struct fl_store *to;
    struct fl_value *keys; /* of the group at hand */
    uint64_t bad_times;
};

/* Is the host known, and elsewhere than where it was seen? */
static bool is_elsewhere(const struct settling *s, const struct fl_value *host, const struct fl_value *seen,
                         struct fl_str *vpc)
{
    struct fl_str in = seen->type == FL_T_STR ? seen->str : FL_STR("");
    return host->type == FL_T_ADDR && fl_judge_other_vpc(s->j, host->addr, in, vpc);
}

static bool is_own(const struct settling *s, const struct fl_value *host)
{
    return host->type == FL_T_ADDR && fl_program_in_network(s->j->plan->program, FL_NET_OURS, host->addr);
}

static enum fl_status settle_group(void *context, const struct fl_group_view *view)
{
    struct settling *s = context;
    struct fl_str vpc;
    for (uint32_t k = 0; k < s->rule->key_count; k++)
        s->keys[k] = view->keys[k];
    for (uint32_t e = 0; e < s->rule->vpc_end_count; e++) {
        const struct fl_value *host = &view->keys[s->rule->vpc_ends[e]];
        if (is_elsewhere(s, host, &view->keys[s->rule->vpc_key], &vpc)) {
            s->keys[s->rule->vpc_key] = (struct fl_value){.type = FL_T_STR, .str = vpc};
            break;
        }
        if (is_own(s, host))
            break; /* where it was seen is as much as is known of it */
    }
    struct fl_table_row row = {.keys = s->keys,
                               .place = {.start_ms = view->window_start_ms},
                               .counters = view->counters,
                               .evidence = view->evidence,
                               .evidence_count = view->evidence_count,
                               .states = view->states};
    return fl_store_add_row(s->to, s->rule->table, &row, &s->bad_times);
}

static enum fl_status settle_table(struct fl_judging *j, const struct fl_plan_rule *rule)
{
    struct settling s = {.j = j, .rule = rule};
    struct fl_store *store = j->part->store;
    struct fl_walk walk = {.window_ms = rule->pane_ms, .every_ms = rule->pane_ms, .visit = settle_group, .context = &s};
    s.keys = fl_alloc_zero((size_t)rule->key_count + 1, sizeof *s.keys);
    enum fl_status status = s.keys == NULL ? FL_E_NOMEM : fl_store_new_like(store, &s.to);
    if (status == FL_OK)
        status = fl_store_walk(store, rule->table, &walk);
    if (status == FL_OK)
        status = fl_store_replace(store, rule->table, s.to);
    if (s.to != NULL)
        fl_store_free(s.to);
    fl_free(s.keys);
    return status == FL_E_LIMIT ? FL_OK : status; /* its rules are void, whatever the VPCs */
}

enum fl_status fl_judge_settle_vpcs(struct fl_judging *j)
{
    enum fl_status status = FL_OK;
    for (uint32_t t = 0; t < j->plan->table_count && status == FL_OK; t++) {
        const struct fl_plan_rule *rule = &j->plan->rules[j->plan->tables[t].rules[0]];
        if (rule->vpc_key != UINT32_MAX && rule->vpc_end_count > 0)
            status = settle_table(j, rule);
    }
    return status == FL_OK ? fl_store_settle(j->part->store) : status;
}
