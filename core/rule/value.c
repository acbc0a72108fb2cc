/* value.c: what is computed from measures, and the prices that such values are computed with. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/rule/compiling.h"

static const struct fl_node *amount_node(struct fl_compiling *c, struct fl_ratio amount)
{
    struct fl_node *node = fl_arena_alloc(&c->plan->arena, sizeof *node);
    if (node == NULL) {
        c->failed = true;
        return NULL;
    }
    node->kind = FL_N_LITERAL;
    node->type = FL_T_RATIO;
    node->literal = (struct fl_value){.type = FL_T_RATIO, .ratio = amount};
    return node;
}

static void unknown_price(struct fl_compiling *c, const struct fl_param_decl *p, const char *guess)
{
    struct fl_error err;
    if (!p->from_policy) {
        c->rule->void_reason = fl_arena_printf(&c->plan->arena, "no price: add %s to the policy's prices", p->text);
        return;
    }
    fl_fail(&err, FL_E_NAME, "the policy has no price \"%s\"%s%s%s", p->text, guess != NULL ? "; did you mean \"" : "",
            guess != NULL ? guess : "", guess != NULL ? "\"?" : "");
    fl_compiling_fail(c, &err, "params", p->name, p->text);
    fl_policy_error_at(c->plan->policy, &c->errors->items[c->errors->count - 1], p->line, p->column);
}

bool fl_compiling_price(struct fl_compiling *c, const struct fl_param_decl *p, const struct fl_node **node,
                        const char **text)
{
    struct fl_ratio amount = {0, 1};
    const char *guess;
    if (fl_ratio_parse(fl_str_of(p->text), &amount))
        return false;
    const struct fl_price *price = fl_policy_price(c->plan->policy, fl_str_of(p->text), &guess);
    if (price == NULL)
        unknown_price(c, p, guess);
    else
        *text = price->text;
    *node = amount_node(c, price != NULL ? price->amount : amount);
    return true;
}

bool fl_compiling_name_is_free(struct fl_compiling *c, const char *key, const char *name, const char *text)
{
    enum fl_type type;
    struct fl_error err;
    uint32_t slot = fl_plan_rule_slot(c->rule, fl_str_of(name), &type), keys = c->rule->key_count;
    if (slot == UINT32_MAX)
        return true;
    fl_fail(&err, FL_E_NAME, "a %s is called %s already",
            slot < keys                      ? "group key"
            : slot < keys + FL_COUNTER_COUNT ? "counter of every group"
                                             : "measure",
            name);
    fl_compiling_fail(c, &err, key, name, text);
    return false;
}

static enum fl_status compile_value(struct fl_compiling *c, const struct fl_value_decl *decl, struct fl_error *err)
{
    struct fl_expr_env env;
    fl_rule_having_env(&c->names, &env);
    const struct fl_node *node = NULL;
    enum fl_status status = fl_expr_parse_value(fl_str_of(decl->text), &env, &c->plan->arena, &node, err);
    if (status == FL_OK && node->type == FL_T_LIST)
        status = fl_fail(err, FL_E_TYPE, "a list is no value to calculate with");
    if (status == FL_OK)
        c->rule->values[c->rule->value_count++] = (struct fl_plan_value){decl->name, node};
    return status;
}

/* Does the error point at this name in the text, which has one line? */
static bool points_at(const struct fl_error *err, const char *text, const char *name)
{
    size_t len = strlen(name);
    if (err->line > 1 || err->column == 0 || err->column > strlen(text))
        return false;
    const char *at = text + err->column - 1;
    return strncmp(at, name, len) == 0 && !isalnum((unsigned char)at[len]) && at[len] != '_' && at[len] != '.';
}

/* A value may name others: those that can be compiled come first, until nothing more can be. */
static void compile_in_turn(struct fl_compiling *c, const struct fl_value_decl **left, uint32_t count)
{
    struct fl_error err;
    for (uint32_t before = count + 1; count > 0 && count < before;) {
        uint32_t kept = 0;
        before = count;
        for (uint32_t i = 0; i < count; i++)
            if (compile_value(c, left[i], &err) != FL_OK)
                left[kept++] = left[i];
        count = kept;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (compile_value(c, left[i], &err) == FL_OK)
            continue;
        for (uint32_t k = 0; k < count && err.code == FL_E_NAME; k++)
            if (points_at(&err, left[i]->text, left[k]->name))
                snprintf(err.text, sizeof err.text,
                         k == i ? "it is made of itself" : "it needs the value %s, which cannot be computed itself",
                         left[k]->name);
        fl_compiling_fail(c, &err, "value", left[i]->name, left[i]->text);
    }
}

void fl_compiling_values(struct fl_compiling *c)
{
    struct fl_plan_rule *rule = c->rule;
    uint32_t count = c->decl->value_count;
    if (count == 0)
        return;
    if (count + rule->measure_count > FL_MEASURES_PER_RULE_MAX) {
        struct fl_error err;
        fl_fail(&err, FL_E_LIMIT, "%u measures and values; at most %u are allowed", count + rule->measure_count,
                FL_MEASURES_PER_RULE_MAX);
        fl_compiling_fail(c, &err, "value", NULL, NULL);
        return;
    }
    const struct fl_value_decl *left[FL_MEASURES_PER_RULE_MAX];
    rule->values = fl_arena_alloc(&c->plan->arena, count * sizeof *rule->values);
    if (rule->values == NULL) {
        c->failed = true;
        return;
    }
    uint32_t free_names = 0;
    for (uint32_t i = 0; i < count; i++)
        if (fl_compiling_name_is_free(c, "value", c->decl->values[i].name, c->decl->values[i].text))
            left[free_names++] = &c->decl->values[i];
    compile_in_turn(c, left, free_names);
}
