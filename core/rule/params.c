/* params.c: the values of a rule's parameters, and the texts that name them. */
#include <string.h>

#include "core/base/buf.h"
#include "core/base/when.h"
#include "core/rule/compiling.h"

/* A value of the parameter's type, in whose place what reads the parameter can be checked. */
static const struct fl_node *stand_in(enum fl_param_type type)
{
    static const struct fl_node nodes[] = {
        [FL_P_NETWORK] = {.kind = FL_N_SET, .type = FL_T_ADDR},
        [FL_P_SERVICE] = {.kind = FL_N_SET, .type = FL_T_SERVICE},
        [FL_P_PORT] = {.kind = FL_N_SET, .type = FL_T_PORT},
        [FL_P_DURATION] = {.type = FL_T_DURATION, .literal = {.type = FL_T_DURATION, .i = FL_MS_PER_MINUTE}},
        [FL_P_NUMBER] = {.type = FL_T_INT, .literal = {.type = FL_T_INT, .i = 1}},
        [FL_P_TEXT] = {.type = FL_T_STR, .literal = {.type = FL_T_STR, .str = {"", 0}}},
        [FL_P_FLAG] = {.type = FL_T_BOOL, .literal = {.type = FL_T_BOOL, .i = 1}},
        [FL_P_PRICE] = {.type = FL_T_RATIO, .literal = {.type = FL_T_RATIO, .ratio = {1, 1}}},
    };
    return &nodes[type];
}

void fl_compiling_params(struct fl_compiling *c)
{
    struct fl_plan_rule *rule = c->rule;
    rule->params = fl_arena_alloc(&c->plan->arena, (c->decl->param_count + 1) * sizeof *rule->params);
    if (rule->params == NULL) {
        c->failed = true;
        return;
    }
    for (uint32_t i = 0; i < c->decl->param_count; i++) {
        const struct fl_param_decl *p = &c->decl->params[i];
        struct fl_expr_env env;
        fl_rule_where_env(&c->names, &env);
        struct fl_error err;
        const struct fl_node *node = NULL;
        enum fl_status status = FL_OK;
        const char *text = p->text;
        if (p->type != FL_P_PRICE || !fl_compiling_price(c, p, &node, &text))
            status = fl_expr_parse_param(fl_str_of(p->text), p->type, &env, &c->plan->arena, &node, &err);
        if (status == FL_E_NAME && !p->from_policy && (p->type == FL_P_NETWORK || p->type == FL_P_SERVICE)) {
            /* A default that the policy does not define: the rule has nothing to judge by. */
            rule->void_reason = fl_arena_printf(&c->plan->arena, "parameter %s: the policy defines no %s \"%s\"%s",
                                                p->name, p->type == FL_P_NETWORK ? "network" : "service", p->text,
                                                strcmp(p->text, "dark") == 0 ? ", which needs an inventory" : "");
            node = stand_in(p->type);
        } else if (status != FL_OK) {
            fl_compiling_fail(c, &err, "params", p->name, p->text);
            if (p->from_policy && c->errors->count > 0)
                fl_policy_error_at(c->plan->policy, &c->errors->items[c->errors->count - 1], p->line, p->column);
            node = stand_in(p->type);
        }
        rule->params[rule->param_count++] = (struct fl_plan_param){p, node, text};
    }
}

static void fail_unknown(struct fl_compiling *c, const char *text, struct fl_error *err)
{
    struct fl_str_guess guess = {NULL, 99};
    for (uint32_t i = 0; i < c->rule->param_count; i++)
        fl_str_guess_try(&guess, fl_str_of(text + 1), c->rule->params[i].decl->name);
    fl_fail(err, FL_E_NAME, "there is no parameter %s%s%s%s", text, guess.best != NULL ? "; did you mean $" : "",
            guess.best != NULL ? guess.best : "", guess.best != NULL ? "?" : "");
}

bool fl_compiling_duration(struct fl_compiling *c, const char *text, const char *key, int64_t *out)
{
    *out = 0;
    if (text == NULL)
        return true;
    struct fl_error err;
    if (text[0] == '$') {
        const struct fl_plan_param *p = fl_plan_rule_param(c->rule, fl_str_of(text + 1));
        if (p != NULL && p->decl->type == FL_P_DURATION && p->node != NULL)
            *out = (int64_t)p->node->literal.i;
        if (*out != 0)
            return true;
        if (p == NULL)
            fail_unknown(c, text, &err);
        else if (p->decl->type != FL_P_DURATION)
            fl_fail(&err, FL_E_TYPE, "%s is no duration; write params = { %s = duration \"5m\" }", text, text + 1);
        else
            fl_fail(&err, FL_E_VALUE, "%s is 0; a duration is longer", text);
        fl_compiling_fail(c, &err, key, NULL, text);
        return false;
    }
    if (!fl_duration_parse(fl_str_of(text), out) || *out == 0) {
        fl_fail(&err, FL_E_VALUE, "\"%s\" is no duration; write 90s, 5m, 1h30m or 7d", text);
        fl_compiling_fail(c, &err, key, NULL, text);
        return false;
    }
    return true;
}

/* The condition as it reads with the values of its parameters in place; a flag's name says more than true or false. */
const char *fl_compiling_with_params(struct fl_compiling *c, const char *text)
{
    struct fl_buf out;
    fl_buf_init(&out);
    for (const char *p = text; *p != '\0';) {
        const struct fl_plan_param *hit = NULL;
        size_t len = 0;
        if (*p == '$') {
            len = 1 + strspn(p + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
            hit = fl_plan_rule_param(c->rule, (struct fl_str){p + 1, len - 1});
        }
        if (hit != NULL && hit->decl->type != FL_P_FLAG) {
            fl_buf_add_text(&out, hit->text);
            p += len;
        } else {
            fl_buf_add_char(&out, *p++);
        }
    }
    const char *copy = out.failed ? NULL : fl_arena_strndup(&c->plan->arena, out.data, out.len);
    fl_buf_dispose(&out);
    return copy;
}
