/* measures.c: what a rule measures of its groups. */
#include "core/base/limits.h"
#include "core/rule/compiling.h"

const struct fl_node *fl_compiling_filter(struct fl_compiling *c, const char *text, const char *measure, uint32_t *root)
{
    *root = UINT32_MAX;
    if (text == NULL)
        return NULL;
    struct fl_expr_env env;
    fl_rule_where_env(&c->names, &env);
    const struct fl_node *node = NULL;
    struct fl_error err;
    enum fl_status status = fl_expr_parse(fl_str_of(text), &env, &c->plan->arena, &node, &err);
    if (status == FL_OK && c->rule->from == NULL)
        status = fl_program_add(c->plan->program, node, root, &err);
    if (status != FL_OK)
        fl_compiling_fail(c, &err, "measure", measure, text);
    return node;
}

static bool is_key(const struct fl_plan_rule *rule, uint32_t field, uint32_t pair_field)
{
    for (uint32_t k = 0; k < rule->key_count; k++)
        if (rule->keys[k] == field || rule->keys[k] == pair_field)
            return true;
    return false;
}

/* The fold is one over a conversation: what one client was refused says nothing of another. */
static void take_outcome(struct fl_compiling *c, const struct fl_measure_decl *decl)
{
    struct fl_error err;
    c->rule->outcome_measure = (int)c->rule->measure_count;
    if (is_key(c->rule, FL_F_CLIENT, FL_F_PAIR_CLIENT) && is_key(c->rule, FL_F_SERVER, FL_F_PAIR_SERVER) &&
        is_key(c->rule, FL_F_SERVICE, FL_F_PAIR_SERVICE))
        return;
    fl_fail(&err, FL_E_VALUE,
            "outcome() is about one conversation: group_by needs client, server and service; `identity` "
            "says which of them make one finding");
    fl_compiling_fail(c, &err, "measure", decl->name, NULL);
}

static void take_spread(struct fl_compiling *c, const struct fl_measure_decl *decl, struct fl_measure *m)
{
    struct fl_error err;
    m->spread = true;
    c->rule->spreads = true;
    if (c->rule->from != NULL)
        fl_fail(&err, FL_E_VALUE, "spread is about records; the rule reads groups");
    else if (c->rule->pane_ms == 0 || c->rule->session)
        fl_fail(&err, FL_E_VALUE,
                "spread apportions a sum to windows: it needs a `window`; a session and the whole audit hold records "
                "undivided");
    else
        return;
    fl_compiling_fail(c, &err, "measure", decl->name, NULL);
}

static void name_members(struct fl_compiling *c, struct fl_measure *m)
{
    uint32_t count = fl_measure_member_count(m->kind);
    if (count == 0)
        return;
    m->member_paths = fl_arena_alloc(&c->plan->arena, count * sizeof *m->member_paths);
    c->failed |= m->member_paths == NULL;
    for (uint32_t i = 0; m->member_paths != NULL && i < count; i++) {
        m->member_paths[i] = fl_arena_printf(&c->plan->arena, "%s.%s", m->name, fl_measure_member_names(m->kind)[i]);
        if (m->member_paths[i] == NULL) {
            m->member_paths = NULL;
            c->failed = true;
        }
    }
}

/* "0.95", "95%" or a number's "$parameter". */
static bool take_quantile(struct fl_compiling *c, const struct fl_measure_decl *decl, struct fl_ratio *out)
{
    struct fl_error err;
    if (decl->q == NULL)
        return true;
    const struct fl_plan_param *p = decl->q[0] == '$' ? fl_plan_rule_param(c->rule, fl_str_of(decl->q + 1)) : NULL;
    if (p != NULL && p->decl->type == FL_P_NUMBER && p->node != NULL && fl_ratio_parse(fl_str_of(p->decl->text), out))
        return true;
    if (fl_ratio_parse(fl_str_of(decl->q), out))
        return true;
    fl_fail(&err, FL_E_VALUE, "\"%s\" is no share; write 0.95, \"95%%\" or the \"$name\" of a number parameter",
            decl->q);
    fl_compiling_fail(c, &err, "measure", decl->name, NULL);
    return false;
}

static void compile_measure(struct fl_compiling *c, const struct fl_measure_decl *decl)
{
    struct fl_plan_rule *rule = c->rule;
    struct fl_measure *m = &rule->measures[rule->measure_count];
    uint32_t *roots = &rule->filters[2 * rule->measure_count];
    *m = (struct fl_measure){.kind = fl_measure_find(fl_str_of(decl->kind)),
                             .name = decl->name,
                             .field = FL_FIELD_NONE,
                             .by = FL_FIELD_NONE,
                             .k = (uint32_t)decl->k};
    struct fl_error err;
    if (!fl_compiling_name_is_free(c, "measure", decl->name, NULL))
        return;
    if (m->kind == FL_MEASURE_COUNT) {
        fl_fail(&err, FL_E_NAME, "there is no measure \"%s\"", decl->kind);
        fl_compiling_fail(c, &err, "measure", decl->name, NULL);
        return;
    }
    if (rule->from != NULL && fl_measure_reads_records(m->kind)) {
        fl_fail(&err, FL_E_TYPE, "%s() is about records; the rule reads groups", decl->kind);
        fl_compiling_fail(c, &err, "measure", decl->name, NULL);
        return;
    }
    if (decl->field != NULL && !fl_compiling_field(c, decl->field, "measure", decl->name, &m->field))
        return;
    if (decl->by != NULL && !fl_compiling_field(c, decl->by, "measure", decl->name, &m->by))
        return;
    if (rule->from != NULL && m->field != FL_FIELD_NONE) {
        m->field_name = rule->from->columns[m->field].name;
        m->field_type = rule->from->columns[m->field].type;
    }
    if (rule->from != NULL && m->by != FL_FIELD_NONE) {
        m->by_name = rule->from->columns[m->by].name;
        m->by_type = rule->from->columns[m->by].type;
    }
    m->filter = fl_compiling_filter(c, decl->filter, decl->name, &roots[0]);
    m->filter2 = fl_compiling_filter(c, decl->filter2, decl->name, &roots[1]);
    if (decl->spread)
        take_spread(c, decl, m);
    m->zone = c->plan->policy->zone;
    m->aggregation_ms = c->plan->policy->aggregation_ms;
    if (!fl_compiling_duration(c, decl->slot, "measure", &m->slot_ms) || !take_quantile(c, decl, &m->q))
        return;
    if (m->kind == FL_M_SEQUENCE)
        fl_compiling_sequence(c, decl, m);
    if (m->kind == FL_M_SEQUENCE && m->sequence == NULL)
        return;
    if (fl_measure_prepare(m, &err) != FL_OK) {
        fl_compiling_fail(c, &err, "measure", decl->name, NULL);
        return;
    }
    if (m->kind == FL_M_OUTCOME)
        take_outcome(c, decl);
    name_members(c, m);
    rule->measure_count++;
}

void fl_compiling_measures(struct fl_compiling *c)
{
    struct fl_plan_rule *rule = c->rule;
    uint32_t count = c->decl->measure_count;
    if (count > FL_MEASURES_PER_RULE_MAX) {
        struct fl_error err;
        fl_fail(&err, FL_E_LIMIT, "%u measures; at most %u are allowed", count, FL_MEASURES_PER_RULE_MAX);
        fl_compiling_fail(c, &err, "measure", NULL, NULL);
        return;
    }
    rule->measures = fl_arena_alloc(&c->plan->arena, (count + 1) * sizeof *rule->measures);
    rule->filters = fl_arena_alloc(&c->plan->arena, (count + 1) * 2 * sizeof *rule->filters);
    if (rule->measures == NULL || rule->filters == NULL || !fl_compiling_begin_steps(c)) {
        c->failed = true;
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        compile_measure(c, &c->decl->measures[i]);
}
