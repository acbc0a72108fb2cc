/* parse_operand.c: values, and what is calculated with them. */
#include <stdio.h>

#include "core/base/limits.h"
#include "core/base/when.h"
#include "core/expr/parser.h"

static enum fl_status number_literal(struct parser *p, const struct fl_node **out)
{
    struct fl_ratio n = p->now.number;
    uint32_t at = p->now.at;
    struct fl_value value = {.type = FL_T_RATIO, .ratio = n};
    if (n.den == 1) {
        if (n.num > INT64_MAX)
            return fl_parse_fail(p, at, FL_E_VALUE, "the number is too large; at most 2^63 - 1");
        value = fl_value_int(FL_T_INT, n.num);
    }
    enum fl_status status = fl_parse_advance(p);
    return status != FL_OK ? status : fl_parse_literal(p, value, at, out);
}

static enum fl_status arith(struct parser *p, enum fl_op op, const struct fl_node *left, const struct fl_node *right,
                            uint32_t at, const struct fl_node **out)
{
    enum fl_type type;
    if (!fl_check_arith(op, left->type, right->type, &type) || left->kind == FL_N_SET || right->kind == FL_N_SET) {
        char text[128];
        snprintf(text, sizeof text, "cannot calculate with %s and %s", fl_type_phrase(left->type),
                 fl_type_phrase(right->type));
        return fl_parse_fail_type(p, at, left->type == FL_T_LIST ? left : right, text);
    }
    return fl_parse_binary(p, FL_N_ARITH, op, type, left, right, at, out);
}

/* -x is 0 - x, in the unit of x. */
static enum fl_status parse_minus(struct parser *p, struct hint hint, const struct fl_node **out)
{
    uint32_t at = p->now.at;
    const struct fl_node *zero, *operand;
    if (++p->depth > FL_EXPR_DEPTH_MAX)
        return fl_parse_fail(p, at, FL_E_LIMIT, "nested more than %u deep", FL_EXPR_DEPTH_MAX);
    enum fl_status status = fl_parse_advance(p);
    if (status == FL_OK)
        status = fl_parse_primary(p, hint, &operand);
    if (status != FL_OK)
        return status;
    p->depth--;
    if (operand->kind == FL_N_LITERAL && operand->type == FL_T_INT)
        return fl_parse_literal(p, fl_value_int(FL_T_INT, -operand->literal.i), at, out);
    status = fl_parse_literal(p, fl_value_int(operand->type == FL_T_DURATION ? FL_T_DURATION : FL_T_INT, 0), at, &zero);
    return status != FL_OK ? status : arith(p, FL_OP_SUB, zero, operand, at, out);
}

enum fl_status fl_parse_primary(struct parser *p, struct hint hint, const struct fl_node **out)
{
    uint32_t at = p->now.at;
    enum fl_status status;
    switch (p->now.kind) {
    case FL_TOKEN_NUMBER:
        return number_literal(p, out);
    case FL_TOKEN_DURATION: {
        int64_t ms = p->now.ms;
        status = fl_parse_advance(p);
        return status != FL_OK ? status : fl_parse_literal(p, fl_value_int(FL_T_DURATION, ms), at, out);
    }
    case FL_TOKEN_PREFIX: {
        if (!p->now.is_address)
            return fl_parse_fail(p, at, FL_E_TYPE, "a prefix is a set: write `in %.*s`", (int)p->now.text.len,
                                 p->now.text.ptr);
        struct fl_value value = {.type = FL_T_ADDR, .addr = p->now.prefix.addr};
        status = fl_parse_advance(p);
        return status != FL_OK ? status : fl_parse_literal(p, value, at, out);
    }
    case FL_TOKEN_TEXT: {
        struct fl_value value = {.type = FL_T_STR, .str = p->now.text};
        if (hint.type == FL_T_TIME) {
            int64_t ms;
            if (!fl_when_parse(p->now.text, &ms))
                return fl_parse_fail(p, at, FL_E_VALUE, "this is no time; write \"2026-11-24T10:00:00Z\" or a date");
            value = fl_value_int(FL_T_TIME, ms);
        }
        status = fl_parse_advance(p);
        return status != FL_OK ? status : fl_parse_literal(p, value, at, out);
    }
    case FL_TOKEN_PARAM:
        return fl_parse_param(p, out);
    case FL_TOKEN_NAME:
        return fl_parse_name(p, hint, out);
    case FL_TOKEN_END:
        return fl_parse_fail(p, at, FL_E_SYNTAX, "a value is missing at the end");
    case FL_TOKEN_MARK:
        break;
    }
    if (fl_parse_at_mark(p, "(")) {
        status = fl_parse_advance(p);
        if (status == FL_OK)
            status = fl_parse_or(p, out);
        return status != FL_OK ? status : fl_parse_expect(p, ")");
    }
    if (fl_parse_at_mark(p, "-"))
        return parse_minus(p, hint, out);
    return fl_parse_fail(p, at, FL_E_SYNTAX, "a value is missing before \"%.*s\"", (int)p->now.text.len,
                         p->now.text.ptr);
}

static enum fl_status parse_chain(struct parser *p, struct hint hint, bool products, const struct fl_node **out)
{
    static const char *const product_marks[] = {"*", "/", "%", NULL}, *const sum_marks[] = {"+", "-", NULL};
    static const enum fl_op product_ops[] = {FL_OP_MUL, FL_OP_DIV, FL_OP_MOD}, sum_ops[] = {FL_OP_ADD, FL_OP_SUB};
    enum fl_status status = products ? fl_parse_primary(p, hint, out) : parse_chain(p, hint, true, out);
    enum fl_op op;
    while (status == FL_OK &&
           fl_parse_at_operator(p, products ? product_marks : sum_marks, products ? product_ops : sum_ops, &op)) {
        uint32_t at = p->now.at;
        const struct fl_node *right;
        struct hint none = {FL_T_NULL, false, NULL};
        status = fl_parse_advance(p);
        if (status == FL_OK)
            status = products ? fl_parse_primary(p, none, &right) : parse_chain(p, none, true, &right);
        if (status == FL_OK)
            status = arith(p, op, *out, right, at, out);
    }
    return status;
}

enum fl_status fl_parse_sum(struct parser *p, struct hint hint, const struct fl_node **out)
{
    return parse_chain(p, hint, false, out);
}
