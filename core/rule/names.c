/* names.c: what names mean in a rule's conditions and texts. */
#include "core/rule/compile.h"

const char *fl_counter_name(enum fl_counter counter)
{
    static const char *const names[FL_COUNTER_COUNT] = {"flows",    "packets", "bytes",   "first_seen", "last_seen",
                                                        "observed", "logged",  "skipped", "vpc_logged"};
    return names[counter];
}

static enum fl_type counter_type(enum fl_counter counter)
{
    if (counter >= FL_C_OBSERVED)
        return FL_T_DURATION;
    return counter == FL_C_FIRST_SEEN || counter == FL_C_LAST_SEEN ? FL_T_TIME : FL_T_INT;
}

const struct fl_plan_param *fl_plan_rule_param(const struct fl_plan_rule *rule, struct fl_str name)
{
    for (uint32_t i = 0; i < rule->param_count; i++)
        if (fl_str_is(name, rule->params[i].decl->name))
            return &rule->params[i];
    return NULL;
}

uint32_t fl_plan_rule_slot(const struct fl_plan_rule *rule, struct fl_str name, enum fl_type *type)
{
    uint32_t slot = 0;
    for (uint32_t k = 0; k < rule->key_count; k++, slot++) {
        if (fl_str_is(name, rule->key_names[k])) {
            *type = rule->key_types[k];
            return slot;
        }
    }
    uint32_t counters = slot;
    for (uint32_t m = 0; m < rule->measure_count; m++) {
        if (fl_str_is(name, rule->measures[m].name)) {
            *type = rule->measures[m].type;
            return counters + FL_COUNTER_COUNT + m;
        }
    }
    for (uint32_t v = 0; v < rule->value_count; v++) {
        if (fl_str_is(name, rule->values[v].name)) {
            *type = rule->values[v].node->type;
            return counters + FL_COUNTER_COUNT + rule->measure_count + v;
        }
    }
    for (uint32_t c = 0; c < FL_COUNTER_COUNT; c++) {
        if (fl_str_is(name, fl_counter_name(c))) {
            *type = counter_type(c);
            return counters + c;
        }
    }
    return UINT32_MAX;
}

bool fl_plan_rule_member(const struct fl_plan_rule *rule, uint32_t slot, struct fl_str member, uint32_t *number,
                         enum fl_type *type)
{
    uint32_t first = rule->key_count + FL_COUNTER_COUNT;
    if (slot < first || slot - first >= rule->measure_count)
        return false;
    *number = fl_measure_member(rule->measures[slot - first].kind, member, type);
    return *number > 0;
}

/* The policy's callbacks expect the policy as context: forward with it. */
static bool find_network(void *context, struct fl_str name, uint32_t *id)
{
    const struct fl_rule_names *names = context;
    int found = fl_policy_network(names->policy, name);
    *id = (uint32_t)found;
    return found >= 0;
}

static bool find_service(void *context, struct fl_str name, const struct fl_set_item **items, uint32_t *count)
{
    const struct fl_rule_names *names = context;
    for (uint32_t i = 0; i < names->policy->service_count; i++) {
        const struct fl_service_def *service = &names->policy->services[i];
        if (fl_str_is(name, service->name)) {
            *items = service->items;
            *count = service->item_count;
            return true;
        }
    }
    return false;
}

static const struct fl_node *find_param(void *context, struct fl_str name)
{
    const struct fl_rule_names *names = context;
    const struct fl_plan_param *p = fl_plan_rule_param(names->rule, name);
    return p != NULL ? p->node : NULL;
}

static void param_names(void *context, void (*visit)(void *guess, const char *name), void *guess)
{
    const struct fl_rule_names *names = context;
    for (uint32_t i = 0; i < names->rule->param_count; i++)
        visit(guess, names->rule->params[i].decl->name);
}

static bool find_slot(void *context, struct fl_str name, struct fl_str member, uint32_t *slot, uint32_t *number,
                      enum fl_type *type)
{
    const struct fl_rule_names *names = context;
    *slot = fl_plan_rule_slot(names->rule, name, type);
    *number = 0;
    return *slot != UINT32_MAX && (member.len == 0 || fl_plan_rule_member(names->rule, *slot, member, number, type));
}

static void visit_networks(const struct fl_policy *policy, void (*visit)(void *guess, const char *name), void *guess)
{
    for (uint32_t i = 0; i < policy->network_count; i++)
        visit(guess, policy->networks[i].name);
    for (uint32_t i = 0; i < policy->service_count; i++)
        visit(guess, policy->services[i].name);
}

static void where_names(void *context, void (*visit)(void *guess, const char *name), void *guess)
{
    visit_networks(((const struct fl_rule_names *)context)->policy, visit, guess);
}

/* The guess keeps what it is shown, so that the whole names are those that prepare() made. */
static void visit_members(const struct fl_measure *m, void (*visit)(void *guess, const char *name), void *guess)
{
    for (uint32_t i = 0; m->member_paths != NULL && i < fl_measure_member_count(m->kind); i++)
        visit(guess, m->member_paths[i]);
}

static void having_names(void *context, void (*visit)(void *guess, const char *name), void *guess)
{
    const struct fl_rule_names *names = context;
    for (uint32_t k = 0; k < names->rule->key_count; k++)
        visit(guess, names->rule->key_names[k]);
    for (uint32_t c = 0; c < FL_COUNTER_COUNT; c++)
        visit(guess, fl_counter_name(c));
    for (uint32_t m = 0; m < names->rule->measure_count; m++) {
        visit(guess, names->rule->measures[m].name);
        visit_members(&names->rule->measures[m], visit, guess);
    }
    for (uint32_t v = 0; v < names->rule->value_count; v++)
        visit(guess, names->rule->values[v].name);
    visit_networks(names->policy, visit, guess);
}

static bool find_column(void *context, struct fl_str name, struct fl_str member, uint32_t *slot, uint32_t *number,
                        enum fl_type *type)
{
    const struct fl_rule_names *names = context;
    const struct fl_from *from = names->rule->from;
    *slot = member.len > 0 ? UINT32_MAX : fl_from_column(from, name);
    if (*slot == UINT32_MAX)
        return false;
    *type = from->columns[*slot].type;
    *number = 0;
    return true;
}

static void column_names(void *context, void (*visit)(void *guess, const char *name), void *guess)
{
    const struct fl_rule_names *names = context;
    for (uint32_t i = 0; i < names->rule->from->column_count; i++)
        visit(guess, names->rule->from->columns[i].name);
    visit_networks(names->policy, visit, guess);
}

void fl_rule_where_env(struct fl_rule_names *names, struct fl_expr_env *env)
{
    *env = (struct fl_expr_env){.context = names,
                                .fields = true,
                                .network = find_network,
                                .service = find_service,
                                .param = find_param,
                                .names = where_names,
                                .params = param_names};
    if (names->rule->from == NULL)
        return;
    env->fields = false;
    env->slot = find_column;
    env->names = column_names;
}

void fl_rule_having_env(struct fl_rule_names *names, struct fl_expr_env *env)
{
    *env = (struct fl_expr_env){.context = names,
                                .network = find_network,
                                .service = find_service,
                                .param = find_param,
                                .slot = find_slot,
                                .names = having_names,
                                .params = param_names};
}
