#include "core/rule/compile.h"

#include <stdio.h>
#include <string.h>

#include "core/rule/compiling.h"
#include "core/rule/locate.h"

void fl_compiling_fail(struct fl_compiling *c, struct fl_error *err, const char *key, const char *name,
                       const char *text)
{
    const struct fl_rule_spot spot = {key, name, text};
    char full[FL_ERROR_TEXT_BYTES], part[128];
    snprintf(part, sizeof part, "%s%s%s", strcmp(key, "params") == 0 ? "parameter" : key, name != NULL ? " " : "",
             name != NULL ? name : "");
    snprintf(full, sizeof full, "rule %s, %s: %.600s", c->decl->id, part, err->text);
    memcpy(err->text, full, sizeof err->text);
    fl_rule_locate(c->decl->file_text, c->decl->line, &spot, err);
    fl_error_at(err, c->decl->file, err->line, err->column);
    fl_error_list_add(c->errors, err);
    c->failed = true;
}

static void compile_where(struct fl_compiling *c)
{
    struct fl_plan_rule *rule = c->rule;
    struct fl_error err;
    if (c->decl->where != NULL) {
        struct fl_expr_env env;
        fl_rule_where_env(&c->names, &env);
        env.long_text = c->decl->intent != NULL;
        if (fl_expr_parse(fl_str_of(c->decl->where), &env, &c->plan->arena, &rule->where, &err) != FL_OK) {
            fl_compiling_fail(c, &err, "where", NULL, c->decl->where);
            return;
        }
        rule->reads_status = fl_expr_reads(rule->where, FL_F_LOG_STATUS);
    }
    if (rule->from == NULL && fl_program_add(c->plan->program, rule->where, &rule->root, &err) != FL_OK)
        fl_compiling_fail(c, &err, "where", NULL, c->decl->where);
}

static void compile_lua_fields(struct fl_compiling *c)
{
    struct fl_error err;
    if (c->rule->from != NULL && c->decl->has_on_flow && c->decl->group_by.count == 0) {
        fl_fail(&err, FL_E_VALUE, "on_flow(flow) is about records; of groups it takes a state and needs group_by");
        fl_compiling_fail(c, &err, "on_flow", NULL, NULL);
        return;
    }
    for (uint32_t i = 0; i < c->decl->fields.count; i++) {
        uint32_t field;
        if (!fl_compiling_field(c, c->decl->fields.items[i], "fields", NULL, &field))
            continue;
        if (c->rule->from == NULL) {
            fl_field_set_add(&c->rule->lua_fields, field);
        } else if (c->rule->from->columns[field].type == FL_T_LIST) {
            fl_fail(&err, FL_E_TYPE, "%s is a list, which rows cannot hold", c->decl->fields.items[i]);
            fl_compiling_fail(c, &err, "fields", NULL, c->decl->fields.items[i]);
        }
    }
}

static void compile_parts(struct fl_compiling *c)
{
    compile_where(c);
    fl_compiling_keys(c);
    if (c->rule->role == FL_ROLE_EXPECT && !c->decl->intent->expect_each_host)
        c->rule->identity_count = 0;
    if (!c->wrong_params)
        fl_compiling_windows(c);
    if (!c->failed && !c->wrong_params)
        fl_compiling_over(c);
    fl_compiling_measures(c);
    compile_lua_fields(c);
    if (!c->failed)
        fl_compiling_rows(c);
    if (!c->failed)
        fl_compiling_values(c);
    if (!c->failed)
        fl_compiling_having(c);
    c->rule->asks_coverage = fl_compiling_asks_coverage(c->rule);
}

/* A condition that is never true keeps the rule in the report. */
static enum fl_status never(struct fl_compiling *c)
{
    static const struct fl_node node = {
        .kind = FL_N_LITERAL, .type = FL_T_BOOL, .literal = {.type = FL_T_BOOL, .i = 0}};
    c->rule->where = &node;
    c->rule->having_slot = UINT32_MAX;
    return fl_program_add(c->plan->program, &node, &c->rule->root, NULL);
}

/* A rule that has nothing to judge by: its parts are checked and dropped, so that they cost no column of the input. */
static enum fl_status compile_void(struct fl_compiling *c)
{
    struct fl_program *program = c->plan->program;
    struct fl_plan_rule bare = *c->rule;
    c->plan->program = fl_program_new();
    if (c->plan->program != NULL) {
        compile_parts(c);
        fl_program_free(c->plan->program);
    }
    bool checked = c->plan->program != NULL && !c->failed;
    c->plan->program = program;
    *c->rule = bare;
    return checked ? never(c) : FL_E_VALUE;
}

/* Can it select nothing because the policy has no inventory? Its own columns then cost nothing: it has none. */
static bool lacks_inventory(struct fl_compiling *c)
{
    struct fl_field_set read = {{0}}, all = {{0}};
    struct fl_plan_rule *rule = c->rule;
    if (c->plan->policy->inventory != NULL || rule->from != NULL)
        return false;
    fl_expr_fields(rule->where, &read);
    for (uint32_t k = 0; k < rule->key_count; k++)
        fl_field_set_add(&read, rule->keys[k]);
    for (uint32_t m = 0; m < rule->measure_count; m++)
        fl_measure_fields(&rule->measures[m], &read);
    uint32_t first = FL_F_SRC_NAME;
    while (first < FL_FIELD_COUNT && !fl_field_set_has(&read, first))
        first++;
    for (uint32_t f = 0; f < FL_DERIVED_FIRST; f++)
        fl_field_set_add(&all, f);
    if (first == FL_FIELD_COUNT || fl_plan_rule_possible(c->plan, rule, &all))
        return false;
    rule->void_reason = fl_arena_printf(&c->plan->arena,
                                        "no inventory: it reads %s, which comes from the policy's "
                                        "inventory: [hosts.csv]",
                                        fl_fields[first].name);
    return true;
}

/* A rule that turned out to have nothing to judge by, when its parts were in the program already. */
static enum fl_status drop_parts(struct fl_compiling *c)
{
    struct fl_plan_rule *rule = c->rule;
    rule->key_count = rule->identity_count = rule->measure_count = rule->value_count = 0;
    rule->having = NULL;
    return never(c);
}

enum fl_status fl_rule_compile(struct fl_plan *plan, const struct fl_rule_decl *decl, const struct fl_rule_peers *peers,
                               struct fl_plan_rule *rule, struct fl_error_list *errors)
{
    memset(rule, 0, sizeof *rule);
    rule->decl = decl;
    rule->role = fl_rule_role_of(decl);
    rule->outcome_measure = -1;
    rule->depth = 1;
    rule->vpc_key = UINT32_MAX;
    rule->currency = plan->policy->currency != NULL ? plan->policy->currency : "";
    struct fl_compiling c = {.plan = plan, .decl = decl, .rule = rule, .errors = errors, .names = {plan->policy, rule}};
    if (decl->from.count > 0)
        fl_compiling_from(&c, peers);
    /* Of a rule that is not evaluated it is not known what its groups would have. */
    if (rule->void_reason != NULL)
        return c.failed ? FL_E_NOMEM : never(&c);
    fl_compiling_params(&c);
    if (c.failed && rule->param_count == decl->param_count) {
        /* The other parts are checked too, so that all errors are told at once. */
        c.failed = false;
        c.wrong_params = true;
        compile_void(&c);
    }
    if (c.failed || c.wrong_params)
        return FL_E_VALUE;
    if (rule->void_reason != NULL)
        return compile_void(&c);
    compile_parts(&c);
    if (!c.failed && (rule->void_reason != NULL || lacks_inventory(&c)))
        return drop_parts(&c);
    return c.failed ? FL_E_VALUE : FL_OK;
}
