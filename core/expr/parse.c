/* parse.c: conditions, and whole texts of conditions, values and parameters. */
#include <stdio.h>

#include "core/base/limits.h"
#include "core/expr/parser.h"

static struct hint hint_of(const struct fl_node *node)
{
    return (struct hint){node->type, node->kind == FL_N_FIELD && node->field == FL_F_PROTOCOL, node};
}

static enum fl_status negate(struct parser *p, bool yes, uint32_t at, const struct fl_node **node)
{
    return yes ? fl_parse_binary(p, FL_N_NOT, 0, FL_T_BOOL, *node, NULL, at, node) : FL_OK;
}

static enum fl_status parse_is_null(struct parser *p, const struct fl_node *left, const struct fl_node **out)
{
    uint32_t at = p->now.at;
    enum fl_status status = fl_parse_advance(p);
    bool negated = status == FL_OK && fl_parse_at_word(p, "not");
    if (negated)
        status = fl_parse_advance(p);
    if (status != FL_OK)
        return status;
    if (!fl_parse_at_word(p, "null"))
        return fl_parse_fail(p, p->now.at, FL_E_SYNTAX, "write `is null` or `is not null`");
    status = fl_parse_advance(p);
    if (status == FL_OK)
        status = fl_parse_binary(p, FL_N_IS_NULL, 0, FL_T_BOOL, left, NULL, at, out);
    return status != FL_OK ? status : negate(p, negated, at, out);
}

static enum fl_status parse_matches(struct parser *p, const struct fl_node *left, bool negated,
                                    const struct fl_node **out)
{
    uint32_t at = p->now.at;
    if (left->type != FL_T_STR)
        return fl_parse_fail(p, at, FL_E_TYPE, "`matches` tests text; this is %s", fl_type_phrase(left->type));
    enum fl_status status = fl_parse_advance(p);
    const struct fl_node *right;
    if (status == FL_OK)
        status = fl_parse_primary(p, (struct hint){FL_T_STR, false, NULL}, &right);
    if (status != FL_OK)
        return status;
    if (right->kind != FL_N_LITERAL || right->type != FL_T_STR)
        return fl_parse_fail(p, right->at, FL_E_TYPE, "a pattern in quotes belongs here");
    if (fl_parse_is_set(left))
        status = fl_parse_some_matches(p, left, right->literal.str, at, out);
    else
        status = fl_parse_binary(p, FL_N_MATCHES, 0, FL_T_BOOL, left, right, at, out);
    return status != FL_OK ? status : negate(p, negated, at, out);
}

static enum fl_status parse_in(struct parser *p, const struct fl_node *left, bool negated, const struct fl_node **out)
{
    uint32_t at = p->now.at;
    if (left->type == FL_T_LIST)
        return fl_parse_fail_type(p, at, left, "a list cannot be tested with `in`");
    if (left->kind == FL_N_SET || left->type == FL_T_RATIO || left->type == FL_T_BOOL)
        return fl_parse_fail(p, at, FL_E_TYPE, "%s cannot be tested with `in`", fl_type_phrase(left->type));
    enum fl_status status = fl_parse_advance(p);
    const struct fl_node *set;
    if (status == FL_OK)
        status = fl_parse_set(p, hint_of(left), &set);
    if (status == FL_OK)
        status = fl_parse_is_set(left) ? fl_parse_some_in(p, left, set, at, out)
                                       : fl_parse_binary(p, FL_N_IN, 0, FL_T_BOOL, left, set, at, out);
    return status != FL_OK ? status : negate(p, negated, at, out);
}

static enum fl_status refuse_compare(struct parser *p, const struct fl_node *left, const struct fl_node *right)
{
    char text[128];
    bool is_port = left->type == FL_T_SERVICE && right->kind == FL_N_LITERAL && right->type == FL_T_INT;
    snprintf(text, sizeof text, "%s cannot be compared with %s", fl_type_phrase(left->type),
             fl_type_phrase(right->type));
    if (is_port)
        return fl_parse_fail(p, right->at, FL_E_TYPE, "%s; write tcp/%lld, or test server_port", text,
                             (long long)right->literal.i);
    char proposal[FL_PROPOSAL_BYTES] = "";
    if (right->kind == FL_N_LITERAL && right->type == FL_T_STR)
        fl_propose_unquoted(hint_of(left), right->literal.str, proposal);
    else if (right->kind == FL_N_LITERAL && right->type == FL_T_INT && left->type == FL_T_DURATION)
        fl_propose_duration((struct fl_ratio){right->literal.i, 1}, proposal);
    if (proposal[0] != '\0')
        return fl_parse_fail(p, right->at, FL_E_TYPE, "%s%s", text, proposal);
    return fl_parse_fail_type(p, right->at, left->type == FL_T_LIST ? left : right, text);
}

static enum fl_status parse_compare(struct parser *p, enum fl_op op, const struct fl_node *left,
                                    const struct fl_node **out)
{
    uint32_t at = p->now.at;
    enum fl_status status = fl_parse_advance(p);
    const struct fl_node *right;
    if (status == FL_OK)
        status = fl_parse_sum(p, hint_of(left), &right);
    if (status != FL_OK)
        return status;
    if (right->kind == FL_N_SET || left->kind == FL_N_SET)
        return fl_parse_fail(p, at, FL_E_TYPE, "a set is tested with `in`");
    if (fl_parse_is_set(left) || fl_parse_is_set(right))
        return fl_parse_some_equal(p, op, left, right, at, out);
    if (!fl_check_compare(op, left->type, right->type))
        return refuse_compare(p, left, right);
    return fl_parse_binary(p, FL_N_COMPARE, op, FL_T_BOOL, left, right, at, out);
}

static enum fl_status parse_test(struct parser *p, const struct fl_node **out)
{
    static const char *const marks[] = {"==", "!=", "<=", ">=", "<", ">", NULL};
    static const enum fl_op ops[] = {FL_OP_EQ, FL_OP_NE, FL_OP_LE, FL_OP_GE, FL_OP_LT, FL_OP_GT};
    const struct fl_node *left;
    enum fl_status status = fl_parse_sum(p, (struct hint){FL_T_NULL, false, NULL}, &left);
    if (status != FL_OK)
        return status;
    enum fl_op op;
    if (fl_parse_at_operator(p, marks, ops, &op))
        return parse_compare(p, op, left, out);
    if (fl_parse_at_word(p, "is"))
        return parse_is_null(p, left, out);
    bool negated = fl_parse_at_word(p, "not");
    if (negated) {
        status = fl_parse_advance(p);
        if (status != FL_OK)
            return status;
        if (!fl_parse_at_word(p, "in") && !fl_parse_at_word(p, "matches"))
            return fl_parse_fail(p, p->now.at, FL_E_SYNTAX,
                                 "`not` stands before a test, or in `not in`, `not matches`");
    }
    if (fl_parse_at_word(p, "in"))
        return parse_in(p, left, negated, out);
    if (fl_parse_at_word(p, "matches"))
        return parse_matches(p, left, negated, out);
    *out = left;
    return fl_propose_test(p, left);
}

static enum fl_status need_condition(struct parser *p, const struct fl_node *node)
{
    if (node->type == FL_T_BOOL && node->kind != FL_N_SET)
        return FL_OK;
    return fl_parse_fail(p, node->at, FL_E_TYPE, "this is %s, not a condition", fl_type_phrase(node->type));
}

static enum fl_status parse_not(struct parser *p, const struct fl_node **out)
{
    uint32_t at = p->now.at;
    if (++p->depth > FL_EXPR_DEPTH_MAX)
        return fl_parse_fail(p, at, FL_E_LIMIT, "nested more than %u deep", FL_EXPR_DEPTH_MAX);
    enum fl_status status;
    if (fl_parse_at_word(p, "not")) {
        status = fl_parse_advance(p);
        if (status == FL_OK)
            status = parse_not(p, out);
        if (status == FL_OK)
            status = need_condition(p, *out);
        if (status == FL_OK)
            status = negate(p, true, at, out);
    } else {
        status = parse_test(p, out);
    }
    p->depth--;
    return status;
}

static enum fl_status parse_junction(struct parser *p, bool is_or, const struct fl_node **out)
{
    const char *word = is_or ? "or" : "and";
    enum fl_status status = is_or ? parse_junction(p, false, out) : parse_not(p, out);
    while (status == FL_OK && fl_parse_at_word(p, word)) {
        uint32_t at = p->now.at;
        const struct fl_node *right;
        status = need_condition(p, *out);
        if (status == FL_OK)
            status = fl_parse_advance(p);
        if (status == FL_OK)
            status = is_or ? parse_junction(p, false, &right) : parse_not(p, &right);
        if (status == FL_OK)
            status = need_condition(p, right);
        if (status == FL_OK)
            status = fl_parse_binary(p, is_or ? FL_N_OR : FL_N_AND, 0, FL_T_BOOL, *out, right, at, out);
    }
    return status;
}

enum fl_status fl_parse_or(struct parser *p, const struct fl_node **out)
{
    if (++p->depth > FL_EXPR_DEPTH_MAX)
        return fl_parse_fail(p, p->now.at, FL_E_LIMIT, "nested more than %u deep", FL_EXPR_DEPTH_MAX);
    enum fl_status status = parse_junction(p, true, out);
    p->depth--;
    return status;
}

static enum fl_status start(struct parser *p)
{
    if (p->text.len > (p->env->long_text ? UINT32_MAX - 1 : FL_EXPR_BYTES_MAX))
        return fl_fail(p->err, FL_E_LIMIT, "the expression is longer than %u bytes", FL_EXPR_BYTES_MAX);
    return fl_parse_advance(p);
}

static enum fl_status expect_end(struct parser *p)
{
    if (p->now.kind == FL_TOKEN_END)
        return FL_OK;
    return fl_parse_fail(p, p->now.at, FL_E_SYNTAX, "\"and\", \"or\" or the end is expected here");
}

/* All of the text, of which `what` tells when it is empty. */
static enum fl_status parse_whole(struct parser *p, const char *what, const struct fl_node **out)
{
    enum fl_status status = start(p);
    if (status == FL_OK && p->now.kind == FL_TOKEN_END)
        return fl_parse_fail(p, 0, FL_E_SYNTAX, "the %s is empty", what);
    if (status == FL_OK)
        status = fl_parse_or(p, out);
    return status != FL_OK ? status : expect_end(p);
}

enum fl_status fl_expr_parse(struct fl_str text, const struct fl_expr_env *env, struct fl_arena *arena,
                             const struct fl_node **out, struct fl_error *err)
{
    struct parser p = {.text = text, .env = env, .arena = arena, .err = err};
    enum fl_status status = parse_whole(&p, "condition", out);
    return status != FL_OK ? status : need_condition(&p, *out);
}

enum fl_status fl_expr_parse_value(struct fl_str text, const struct fl_expr_env *env, struct fl_arena *arena,
                                   const struct fl_node **out, struct fl_error *err)
{
    struct parser p = {.text = text, .env = env, .arena = arena, .err = err};
    enum fl_status status = parse_whole(&p, "value", out);
    if (status == FL_OK && (*out)->kind == FL_N_SET)
        return fl_parse_fail(&p, (*out)->at, FL_E_TYPE, "a set is no value; test it with `in`");
    return status;
}

/* One literal of the type, and nothing behind it. */
static enum fl_status parse_scalar(struct parser *p, enum fl_type type, const struct fl_node **out)
{
    enum fl_status status = start(p);
    if (status == FL_OK && p->now.kind != FL_TOKEN_PARAM)
        status = fl_parse_primary(p, (struct hint){type, false, NULL}, out);
    if (status == FL_E_NOMEM || status == FL_E_LIMIT || status == FL_E_VALUE)
        return status;
    if (status == FL_OK && p->now.kind == FL_TOKEN_END && (*out)->kind == FL_N_LITERAL &&
        ((*out)->type == type || (type == FL_T_INT && (*out)->type == FL_T_RATIO)))
        return FL_OK;
    return fl_parse_fail(p, 0, FL_E_TYPE, "\"%.*s\" is no %s; write %s", p->text.len > 60 ? 60 : (int)p->text.len,
                         p->text.ptr, type == FL_T_BOOL ? "flag" : fl_type_name(type),
                         type == FL_T_DURATION ? "90s, 5m, 1h30m or 7d"
                         : type == FL_T_BOOL   ? "true or false"
                                               : "20, 1.5M or 95%");
}

enum fl_status fl_expr_parse_param(struct fl_str text, enum fl_param_type type, const struct fl_expr_env *env,
                                   struct fl_arena *arena, const struct fl_node **out, struct fl_error *err)
{
    struct parser p = {.text = text, .env = env, .arena = arena, .err = err};
    if (type == FL_P_TEXT) {
        char *copy = fl_arena_strndup(arena, text.ptr, text.len);
        return copy == NULL
                   ? fl_fail(err, FL_E_NOMEM, "out of memory")
                   : fl_parse_literal(&p, (struct fl_value){.type = FL_T_STR, .str = {copy, text.len}}, 0, out);
    }
    enum fl_status status;
    switch (type) {
    case FL_P_DURATION:
        return parse_scalar(&p, FL_T_DURATION, out);
    case FL_P_FLAG:
        return parse_scalar(&p, FL_T_BOOL, out);
    case FL_P_NETWORK:
    case FL_P_SERVICE:
    case FL_P_PORT:
        break;
    default:
        return parse_scalar(&p, FL_T_INT, out);
    }
    enum fl_type members = type == FL_P_NETWORK ? FL_T_ADDR : type == FL_P_SERVICE ? FL_T_SERVICE : FL_T_PORT;
    status = start(&p);
    if (status == FL_OK)
        status = fl_parse_set(&p, (struct hint){members, false, NULL}, out);
    return status != FL_OK ? status : expect_end(&p);
}
