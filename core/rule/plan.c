#include "core/rule/plan.h"

#include <string.h>

#include "core/rule/compiling.h"

static enum fl_status parse_scope(struct fl_plan *plan, struct fl_error_list *errors)
{
    plan->scope_root = UINT32_MAX;
    const struct fl_text_at *scope = &plan->policy->scope;
    if (scope->text == NULL)
        return FL_OK;
    struct fl_expr_env env = {.fields = true};
    fl_policy_expr_env(plan->policy, &env);
    struct fl_error err;
    enum fl_status status = fl_expr_parse(fl_str_of(scope->text), &env, &plan->arena, &plan->scope, &err);
    if (status != FL_OK) {
        fl_policy_fail_expr(plan->policy, scope, &err, errors);
        return status;
    }
    return fl_program_add(plan->program, plan->scope, &plan->scope_root, &err);
}

/* What every batch needs in all rows, whatever the rules ask: coverage. */
static void add_core_fields(const struct fl_plan *plan, struct fl_field_set *fields)
{
    static const uint32_t always[] = {FL_F_INTERFACE_ID, FL_F_LOG_STATUS, FL_F_START_TIME, FL_F_END_TIME};
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
        fl_field_set_add(fields, always[i]);
    for (size_t i = 0; plan->needs_interfaces && i < FL_OWN_FIELDS; i++)
        fl_field_set_add(fields, fl_own_fields[i]);
}

/* Which interface an address is of is asked of few rows only, so that these columns may be lazy. */
static void add_own_fields(const struct fl_plan *plan, struct fl_field_set *fields)
{
    if (!plan->learns_own)
        return;
    for (size_t i = 0; i < FL_OWN_FIELDS; i++)
        fl_field_set_add(fields, fl_own_fields[i]);
    fl_field_set_add(fields, FL_F_VPC_ID);
}

static void collect_fields(struct fl_plan *plan)
{
    fl_program_fields(plan->program, &plan->wanted);
    for (uint32_t i = 0; i < plan->rule_count; i++) {
        struct fl_plan_rule *rule = &plan->rules[i];
        for (uint32_t k = 0; k < rule->key_count; k++)
            rule->has_addr_key |= rule->key_types[k] == FL_T_ADDR;
        plan->learns_own |= rule->has_addr_key;
        if (rule->from != NULL)
            continue;
        for (uint32_t k = 0; k < rule->key_count; k++)
            fl_field_set_add(&rule->reads, rule->keys[k]);
        for (uint32_t m = 0; m < rule->measure_count; m++)
            fl_measure_fields(&rule->measures[m], &rule->reads);
        fl_field_set_add(&rule->reads, FL_F_PACKETS);
        fl_field_set_add(&rule->reads, FL_F_BYTES);
        fl_field_set_add_all(&plan->wanted, &rule->reads);
        fl_field_set_add_all(&plan->wanted, &rule->lua_fields);
    }
    add_core_fields(plan, &plan->wanted);
    add_own_fields(plan, &plan->wanted);
    fl_derive_needs(&plan->wanted);
}

/* A column that only single rows are asked of is lazy, unless one that is not is computed from it. */
static void choose_lazy(struct fl_plan *plan)
{
    struct fl_field_set eager = {{0}};
    fl_program_whole_columns(plan->program, &eager);
    add_core_fields(plan, &eager);
    for (uint32_t f = 0; f < FL_FIELD_COUNT; f++)
        if (fl_field_set_has(&plan->wanted, f) && (!fl_field_can_be_lazy(f) || f == FL_F_ORIENTATION))
            fl_field_set_add(&eager, f);
    fl_derive_needs(&eager);
    for (uint32_t w = 0; w < FL_FIELD_WORDS; w++)
        plan->lazy.bits[w] = plan->wanted.bits[w] & ~eager.bits[w];
}

/* Has each rule that it reads been compiled? If not, the error is theirs. */
static bool sources_compiled(const struct fl_plan *plan, const struct fl_rule_peers *peers, uint32_t index)
{
    const struct fl_texts *from = &peers->decls[index]->from;
    for (uint32_t i = 0; i < from->count; i++)
        for (uint32_t d = 0; d < peers->count; d++)
            if (strcmp(peers->decls[d]->id, from->items[i]) == 0 && plan->rules[peers->base + d].depth == 0)
                return false;
    return true;
}

/* Rules stand in the order of their declarations, and are compiled behind those that they read. */
static enum fl_status compile_in_order(struct fl_plan *plan, const struct fl_rule_decl *const *decls, uint32_t count,
                                       struct fl_error_list *errors)
{
    struct fl_rule_peers peers = {decls, count, plan->rule_count};
    uint32_t ordered = 0;
    plan->order = fl_arena_alloc(&plan->arena, ((size_t)plan->rule_count + count + 1) * sizeof *plan->order);
    if (plan->order == NULL)
        return FL_E_NOMEM;
    uint32_t *order = plan->order + peers.base;
    for (uint32_t i = 0; i < peers.base; i++)
        plan->order[i] = i;
    enum fl_status status = fl_relations_order(plan, decls, count, errors, order, &ordered);
    if (status != FL_OK)
        return status;
    memset(plan->rules + peers.base, 0, (size_t)count * sizeof *plan->rules);
    for (uint32_t i = 0; i < ordered; i++) {
        struct fl_plan_rule *rule = &plan->rules[peers.base + order[i]];
        if (!sources_compiled(plan, &peers, order[i]) ||
            fl_rule_compile(plan, decls[order[i]], &peers, rule, errors) != FL_OK)
            rule->depth = 0;
        order[i] += peers.base;
    }
    plan->rule_count += count;
    return FL_OK;
}

static enum fl_status build_rules(struct fl_plan *plan, const struct fl_rule_decl *const *decls, uint32_t count,
                                  struct fl_error_list *errors)
{
    uint32_t capacity = count + 3 * plan->policy->intent_count;
    plan->rules = fl_arena_alloc(&plan->arena, (size_t)(capacity + 1) * sizeof *plan->rules);
    if (plan->rules == NULL)
        return FL_E_NOMEM;
    for (uint32_t i = 0; i < plan->policy->intent_count; i++) {
        const struct fl_rule_decl *written[3];
        uint32_t n = fl_intent_rules(plan->policy, &plan->policy->intents[i], &plan->arena, written);
        if (n == 0)
            return FL_E_NOMEM;
        for (uint32_t k = 0; k < n; k++)
            if (fl_rule_compile(plan, written[k], NULL, &plan->rules[plan->rule_count], errors) == FL_OK)
                plan->rule_count++;
    }
    return compile_in_order(plan, decls, count, errors);
}

enum fl_status fl_plan_build(struct fl_plan *plan, const struct fl_policy *policy,
                             const struct fl_rule_decl *const *decls, uint32_t count, struct fl_error_list *errors)
{
    memset(plan, 0, sizeof *plan);
    fl_arena_init(&plan->arena);
    plan->policy = policy;
    plan->needs_interfaces = policy->intent_count > 0;
    plan->program = fl_program_new();
    if (plan->program == NULL)
        return FL_E_NOMEM;
    uint32_t errors_before = errors->count;
    enum fl_status status = parse_scope(plan, errors);
    if (status == FL_E_NOMEM)
        return status;
    status = build_rules(plan, decls, count, errors);
    if (status != FL_OK)
        return status;
    if (errors->count > errors_before)
        return FL_E_VALUE;
    if (fl_relations_link(plan) != FL_OK)
        return FL_E_NOMEM;
    struct fl_network_source networks = fl_policy_network_source(policy);
    struct fl_error err;
    status = fl_program_seal(plan->program, &networks, &err);
    if (status != FL_OK) {
        fl_error_list_add(errors, &err);
        return status;
    }
    collect_fields(plan);
    choose_lazy(plan);
    status = fl_plan_make_tables(plan);
    if (status == FL_OK)
        status = fl_plan_describe(plan);
    if (status != FL_OK)
        return status;
    /* Who chooses the traffic must not be able to choose keys and values that collide. */
    uint64_t seed;
    memcpy(&seed, plan->digest, sizeof seed);
    for (uint32_t t = 0; t < plan->table_count; t++) {
        plan->table_specs[t].hash_seed = seed;
        for (uint32_t m = 0; m < plan->tables[t].measure_count; m++)
            plan->tables[t].measures[m].hash_seed = seed;
    }
    fl_derive_init(&plan->derive, &plan->wanted, policy, plan->program);
    return FL_OK;
}

void fl_plan_want(struct fl_plan *plan, const struct fl_field_set *fields)
{
    fl_field_set_add_all(&plan->wanted, fields);
    fl_derive_needs(&plan->wanted);
    choose_lazy(plan);
    fl_derive_init(&plan->derive, &plan->wanted, plan->policy, plan->program);
}

void fl_plan_rule_conditions(const struct fl_plan_rule *rule, struct fl_field_set *fields)
{
    fl_expr_fields(rule->where, fields);
    for (uint32_t m = 0; m < rule->measure_count; m++) {
        fl_expr_fields(rule->measures[m].filter, fields);
        fl_expr_fields(rule->measures[m].filter2, fields);
        const struct fl_sequence *q = rule->measures[m].sequence;
        for (uint32_t s = 0; q != NULL && s < q->step_count; s++)
            fl_expr_fields(q->steps[s].filter, fields);
    }
}

void fl_plan_dispose(struct fl_plan *plan)
{
    if (plan->program != NULL)
        fl_program_free(plan->program);
    fl_arena_dispose(&plan->arena);
    memset(plan, 0, sizeof *plan);
}

/* A literal behind the number 1: its first word, set for many, loses the s. */
static void add_singular(struct fl_buf *out, const char *text)
{
    size_t word = text[0] == ' ' ? 1 + strspn(text + 1, "abcdefghijklmnopqrstuvwxyz") : 0;
    bool many = word > 1 && text[word - 1] == 's';
    fl_buf_add(out, text, word - many);
    fl_buf_add_text(out, text + word);
}

void fl_template_print(const struct fl_template *t, const struct fl_value *slots, struct fl_buf *out)
{
    bool one = false;
    for (uint32_t i = 0; i < t->count; i++) {
        if (t->parts[i].slot != UINT32_MAX) {
            const struct fl_value member = fl_value_member(&slots[t->parts[i].slot], t->parts[i].member);
            const struct fl_value *value = &member;
            fl_value_text(out, value);
            one = t->by_core && value->type == FL_T_INT && value->i == 1;
            continue;
        }
        if (one)
            add_singular(out, t->parts[i].text);
        else
            fl_buf_add_text(out, t->parts[i].text);
        one = false;
    }
}
