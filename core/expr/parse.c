#include <stdio.h>
#include <strings.h>

#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/base/when.h"
#include "core/expr/parser.h"

static enum fl_status parse_or(struct parser *p, const struct fl_node **out);
static enum fl_status parse_sum(struct parser *p, struct hint hint, const struct fl_node **out);

static void place_error(struct parser *p, uint32_t at)
{
    uint32_t line = 1, start = 0;
    for (uint32_t i = 0; i < at && i < p->text.len; i++) {
        if (p->text.ptr[i] == '\n') {
            line++;
            start = i + 1;
        }
    }
    fl_error_at(p->err, NULL, line, at - start + 1);
    if (p->err == NULL)
        return;
    size_t end = start;
    while (end < p->text.len && p->text.ptr[end] != '\n')
        end++;
    snprintf(p->err->source_line, sizeof p->err->source_line, "%.*s", (int)(end - start), p->text.ptr + start);
}

enum fl_status fl_parse_fail(struct parser *p, uint32_t at, enum fl_status code, const char *format, ...)
{
    char text[FL_ERROR_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fl_fail(p->err, code, "%s", text);
    place_error(p, at);
    return code;
}

enum fl_status fl_parse_advance(struct parser *p)
{
    p->before_end = p->now.end;
    struct fl_error local;
    struct fl_error *err = p->err != NULL ? p->err : &local;
    enum fl_status status = fl_token_next(p->text, p->now.end, p->arena, &p->now, err);
    if (status != FL_OK && status != FL_E_NOMEM && p->err != NULL)
        place_error(p, err->column > 0 ? err->column - 1 : 0);
    return status;
}

bool fl_parse_at_mark(const struct parser *p, const char *mark)
{
    return p->now.kind == FL_TOKEN_MARK && fl_str_is(p->now.text, mark);
}

bool fl_parse_at_word(const struct parser *p, const char *word)
{
    return p->now.kind == FL_TOKEN_NAME && fl_str_is(p->now.text, word);
}

enum fl_status fl_parse_expect(struct parser *p, const char *mark)
{
    if (!fl_parse_at_mark(p, mark))
        return fl_parse_fail(p, p->now.at, FL_E_SYNTAX, "\"%s\" is missing here", mark);
    return fl_parse_advance(p);
}

struct fl_node *fl_parse_node(struct parser *p, enum fl_node_kind kind, enum fl_type type, uint32_t at)
{
    struct fl_node *node = fl_arena_alloc(p->arena, sizeof *node);
    if (node == NULL) {
        fl_fail(p->err, FL_E_NOMEM, "out of memory");
        return NULL;
    }
    node->kind = kind;
    node->type = type;
    node->at = at;
    return node;
}

static enum fl_status literal(struct parser *p, struct fl_value value, uint32_t at, const struct fl_node **out)
{
    struct fl_node *node = fl_parse_node(p, FL_N_LITERAL, value.type, at);
    if (node == NULL)
        return FL_E_NOMEM;
    node->literal = value;
    *out = node;
    return FL_OK;
}

enum fl_status fl_parse_binary(struct parser *p, enum fl_node_kind kind, enum fl_op op, enum fl_type type,
                               const struct fl_node *left, const struct fl_node *right, uint32_t at,
                               const struct fl_node **out)
{
    struct fl_node *node = fl_parse_node(p, kind, type, at);
    if (node == NULL)
        return FL_E_NOMEM;
    node->op = op;
    node->left = left;
    node->right = right;
    node->height = 1 + left->height;
    if (right != NULL && right->height >= node->height)
        node->height = 1 + right->height;
    if (node->height > FL_EXPR_HEIGHT_MAX)
        return fl_parse_fail(p, at, FL_E_LIMIT, "more than %u operators in a row; name many values by a set",
                             FL_EXPR_HEIGHT_MAX);
    *out = node;
    return FL_OK;
}

/* ---- names ---- */

struct name_guess {
    struct fl_str_guess guess;
    struct fl_str text;
};

static void guess_name(void *context, const char *name)
{
    struct name_guess *g = context;
    fl_str_guess_try(&g->guess, g->text, name);
}

enum fl_status fl_parse_unknown(struct parser *p, struct fl_str name, uint32_t at, enum fl_type type)
{
    struct name_guess guess = {{NULL, 99}, name};
    static const char *const words[] = {"and", "or", "not", "in", "is", "null", "matches", "true", "false"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        guess_name(&guess, words[i]);
    if (p->env->fields)
        for (uint32_t f = 0; f < FL_FIELD_COUNT; f++)
            guess_name(&guess, fl_fields[f].name);
    if (p->env->names != NULL)
        p->env->names(p->env->context, guess_name, &guess);
    const char *enum_text;
    for (uint32_t i = 0; (enum_text = fl_enum_text(type, i)) != NULL; i++)
        guess_name(&guess, enum_text);
    const char *dash = memchr(name.ptr, '-', name.len);
    if (dash != NULL && p->env->fields &&
        fl_field_find((struct fl_str){name.ptr, (size_t)(dash - name.ptr)}) != FL_FIELD_NONE)
        return fl_parse_fail(p, at, FL_E_NAME, "nothing is called \"%.*s\"; put blanks around a minus", (int)name.len,
                             name.ptr);
    if (!p->env->fields && p->env->slot != NULL && fl_field_find(name) != FL_FIELD_NONE)
        return fl_parse_fail(p, at, FL_E_NAME,
                             "%.*s is a field of records; here stand group keys, measures and counters", (int)name.len,
                             name.ptr);
    if (guess.guess.best != NULL)
        return fl_parse_fail(p, at, FL_E_NAME, "nothing is called \"%.*s\"; did you mean \"%s\"?", (int)name.len,
                             name.ptr, guess.guess.best);
    return fl_parse_fail(p, at, FL_E_NAME, "nothing is called \"%.*s\"", (int)name.len, name.ptr);
}

bool fl_parse_find_service(struct parser *p, struct fl_str name, const struct fl_set_item **items, uint32_t *count)
{
    return p->env->service != NULL && p->env->service(p->env->context, name, items, count);
}

bool fl_parse_find_network(struct parser *p, struct fl_str name, uint32_t *id)
{
    return p->env->network != NULL && p->env->network(p->env->context, name, id);
}

/* protocol/port, without blanks: the token behind the name is the slash. */
bool fl_parse_at_service(struct parser *p, struct fl_str name, int *protocol)
{
    *protocol = fl_protocol_find(name);
    return *protocol >= 0 && fl_parse_at_mark(p, "/") && p->now.at == p->before_end;
}

static enum fl_status take_int(struct parser *p, int64_t low, int64_t high, const char *what, int64_t *out)
{
    if (p->now.kind != FL_TOKEN_NUMBER || p->now.number.den != 1)
        return fl_parse_fail(p, p->now.at, FL_E_SYNTAX, "%s is missing here", what);
    if (p->now.number.num < low || p->now.number.num > high)
        return fl_parse_fail(p, p->now.at, FL_E_VALUE, "%s lies in %lld..%lld", what, (long long)low, (long long)high);
    *out = (int64_t)p->now.number.num;
    return fl_parse_advance(p);
}

/* Behind "tcp": "/443" or "/53..55". */
enum fl_status fl_parse_ports(struct parser *p, int protocol, struct fl_set_item *item)
{
    int64_t low = 0, high;
    enum fl_status status = fl_parse_advance(p);
    if (status == FL_OK)
        status = take_int(p, 0, 65535, "a port", &low);
    if (status != FL_OK)
        return status;
    high = low;
    if (fl_parse_at_mark(p, "..")) {
        status = fl_parse_advance(p);
        if (status == FL_OK)
            status = take_int(p, low, 65535, "the last port", &high);
    }
    *item = (struct fl_set_item){
        .kind = FL_ITEM_RANGE, .low = FL_SERVICE(protocol, low), .high = FL_SERVICE(protocol, high)};
    return status;
}

enum fl_status fl_parse_param(struct parser *p, const struct fl_node **out)
{
    const struct fl_node *node = p->env->param != NULL ? p->env->param(p->env->context, p->now.text) : NULL;
    if (node == NULL)
        return fl_parse_fail(p, p->now.at, FL_E_NAME, "there is no parameter $%.*s", (int)p->now.text.len,
                             p->now.text.ptr);
    /* A copy, so that errors point at $name and not into the parameter's own text. */
    struct fl_node *copy = fl_parse_node(p, node->kind, node->type, p->now.at);
    if (copy == NULL)
        return FL_E_NOMEM;
    *copy = *node;
    copy->at = p->now.at;
    *out = copy;
    return fl_parse_advance(p);
}

static enum fl_status name_operand(struct parser *p, struct hint hint, const struct fl_node **out)
{
    struct fl_str name = p->now.text;
    uint32_t at = p->now.at;
    enum fl_status status = fl_parse_advance(p);
    if (status != FL_OK)
        return status;
    int value = fl_enum_find(hint.type, name);
    if (value >= 0)
        return literal(p, fl_value_int(hint.type, value), at, out);
    if (hint.is_protocol && (value = fl_protocol_find(name)) >= 0)
        return literal(p, fl_value_int(FL_T_U8, value), at, out);
    if (fl_parse_at_service(p, name, &value)) {
        struct fl_set_item item;
        status = fl_parse_ports(p, value, &item);
        if (status == FL_OK && item.low != item.high)
            return fl_parse_fail(p, at, FL_E_TYPE, "a range of ports belongs behind `in`");
        return status != FL_OK ? status : literal(p, fl_value_int(FL_T_SERVICE, item.low), at, out);
    }
    if (hint.type == FL_T_SERVICE && (value = fl_protocol_find(name)) >= 0 && !fl_protocol_has_ports((unsigned)value))
        return literal(p, fl_value_int(FL_T_SERVICE, FL_SERVICE(value, 0)), at, out);
    if (fl_str_is(name, "true") || fl_str_is(name, "false"))
        return literal(p, fl_value_int(FL_T_BOOL, fl_str_is(name, "true")), at, out);
    struct fl_node *node;
    uint32_t field = p->env->fields ? fl_field_find(name) : FL_FIELD_NONE;
    if (field != FL_FIELD_NONE) {
        node = fl_parse_node(p, FL_N_FIELD, fl_fields[field].type, at);
        if (node == NULL)
            return FL_E_NOMEM;
        node->field = field;
        *out = node;
        return FL_OK;
    }
    const char *dot = memchr(name.ptr, '.', name.len);
    size_t head = dot == NULL ? name.len : (size_t)(dot - name.ptr);
    struct fl_str base = {name.ptr, head};
    struct fl_str member = {dot == NULL ? "" : dot + 1, dot == NULL ? 0 : name.len - head - 1};
    uint32_t slot, network, number = 0;
    enum fl_type type;
    const struct fl_str none = {"", 0};
    if (p->env->slot != NULL && (p->env->slot(p->env->context, name, none, &slot, &number, &type) ||
                                 (dot != NULL && p->env->slot(p->env->context, base, member, &slot, &number, &type)))) {
        node = fl_parse_node(p, FL_N_SLOT, type, at);
        if (node == NULL)
            return FL_E_NOMEM;
        node->slot = slot;
        node->member = number;
        if (number > 0 && (node->member_name = fl_arena_strndup(p->arena, member.ptr, member.len)) == NULL)
            return FL_E_NOMEM;
        *out = node;
        return FL_OK;
    }
    const struct fl_set_item *items;
    uint32_t count;
    if (fl_parse_find_network(p, name, &network) || fl_parse_find_service(p, name, &items, &count))
        return fl_parse_fail(p, at, FL_E_TYPE, "\"%.*s\" is a set: write `in %.*s`", (int)name.len, name.ptr,
                             (int)name.len, name.ptr);
    return fl_parse_unknown(p, name, at, hint.type);
}

/* ---- operands ---- */

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
    return status != FL_OK ? status : literal(p, value, at, out);
}

static enum fl_status arith(struct parser *p, enum fl_op op, const struct fl_node *left, const struct fl_node *right,
                            uint32_t at, const struct fl_node **out)
{
    enum fl_type type;
    if (!fl_check_arith(op, left->type, right->type, &type) || left->kind == FL_N_SET || right->kind == FL_N_SET)
        return fl_parse_fail(p, at, FL_E_TYPE, "cannot calculate with %s and %s", fl_type_phrase(left->type),
                             fl_type_phrase(right->type));
    return fl_parse_binary(p, FL_N_ARITH, op, type, left, right, at, out);
}

static enum fl_status parse_primary(struct parser *p, struct hint hint, const struct fl_node **out);

/* -x is 0 - x, in the unit of x. */
static enum fl_status parse_minus(struct parser *p, struct hint hint, const struct fl_node **out)
{
    uint32_t at = p->now.at;
    const struct fl_node *zero, *operand;
    if (++p->depth > FL_EXPR_DEPTH_MAX)
        return fl_parse_fail(p, at, FL_E_LIMIT, "nested more than %u deep", FL_EXPR_DEPTH_MAX);
    enum fl_status status = fl_parse_advance(p);
    if (status == FL_OK)
        status = parse_primary(p, hint, &operand);
    if (status != FL_OK)
        return status;
    p->depth--;
    if (operand->kind == FL_N_LITERAL && operand->type == FL_T_INT)
        return literal(p, fl_value_int(FL_T_INT, -operand->literal.i), at, out);
    status = literal(p, fl_value_int(operand->type == FL_T_DURATION ? FL_T_DURATION : FL_T_INT, 0), at, &zero);
    return status != FL_OK ? status : arith(p, FL_OP_SUB, zero, operand, at, out);
}

static enum fl_status parse_primary(struct parser *p, struct hint hint, const struct fl_node **out)
{
    uint32_t at = p->now.at;
    enum fl_status status;
    switch (p->now.kind) {
    case FL_TOKEN_NUMBER:
        return number_literal(p, out);
    case FL_TOKEN_DURATION: {
        int64_t ms = p->now.ms;
        status = fl_parse_advance(p);
        return status != FL_OK ? status : literal(p, fl_value_int(FL_T_DURATION, ms), at, out);
    }
    case FL_TOKEN_PREFIX: {
        if (!p->now.is_address)
            return fl_parse_fail(p, at, FL_E_TYPE, "a prefix is a set: write `in %.*s`", (int)p->now.text.len,
                                 p->now.text.ptr);
        struct fl_value value = {.type = FL_T_ADDR, .addr = p->now.prefix.addr};
        status = fl_parse_advance(p);
        return status != FL_OK ? status : literal(p, value, at, out);
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
        return status != FL_OK ? status : literal(p, value, at, out);
    }
    case FL_TOKEN_PARAM:
        return fl_parse_param(p, out);
    case FL_TOKEN_NAME:
        return name_operand(p, hint, out);
    case FL_TOKEN_END:
        return fl_parse_fail(p, at, FL_E_SYNTAX, "a value is missing at the end");
    case FL_TOKEN_MARK:
        break;
    }
    if (fl_parse_at_mark(p, "(")) {
        status = fl_parse_advance(p);
        if (status == FL_OK)
            status = parse_or(p, out);
        return status != FL_OK ? status : fl_parse_expect(p, ")");
    }
    if (fl_parse_at_mark(p, "-"))
        return parse_minus(p, hint, out);
    return fl_parse_fail(p, at, FL_E_SYNTAX, "a value is missing before \"%.*s\"", (int)p->now.text.len,
                         p->now.text.ptr);
}

static bool is_operator(const struct parser *p, const char *const marks[], const enum fl_op ops[], enum fl_op *op)
{
    for (unsigned i = 0; marks[i] != NULL; i++) {
        if (fl_parse_at_mark(p, marks[i])) {
            *op = ops[i];
            return true;
        }
    }
    return false;
}

static enum fl_status parse_chain(struct parser *p, struct hint hint, bool products, const struct fl_node **out)
{
    static const char *const product_marks[] = {"*", "/", "%", NULL}, *const sum_marks[] = {"+", "-", NULL};
    static const enum fl_op product_ops[] = {FL_OP_MUL, FL_OP_DIV, FL_OP_MOD}, sum_ops[] = {FL_OP_ADD, FL_OP_SUB};
    enum fl_status status = products ? parse_primary(p, hint, out) : parse_chain(p, hint, true, out);
    enum fl_op op;
    while (status == FL_OK &&
           is_operator(p, products ? product_marks : sum_marks, products ? product_ops : sum_ops, &op)) {
        uint32_t at = p->now.at;
        const struct fl_node *right;
        struct hint none = {FL_T_NULL, false};
        status = fl_parse_advance(p);
        if (status == FL_OK)
            status = products ? parse_primary(p, none, &right) : parse_chain(p, none, true, &right);
        if (status == FL_OK)
            status = arith(p, op, *out, right, at, out);
    }
    return status;
}

static enum fl_status parse_sum(struct parser *p, struct hint hint, const struct fl_node **out)
{
    return parse_chain(p, hint, false, out);
}

/* ---- tests ---- */

static struct hint hint_of(const struct fl_node *node)
{
    return (struct hint){node->type, node->kind == FL_N_FIELD && node->field == FL_F_PROTOCOL};
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
        status = parse_primary(p, (struct hint){FL_T_STR, false}, &right);
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
    if (left->kind == FL_N_SET || left->type == FL_T_LIST || left->type == FL_T_RATIO || left->type == FL_T_BOOL)
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

static enum fl_status parse_compare(struct parser *p, enum fl_op op, const struct fl_node *left,
                                    const struct fl_node **out)
{
    uint32_t at = p->now.at;
    enum fl_status status = fl_parse_advance(p);
    const struct fl_node *right;
    if (status == FL_OK)
        status = parse_sum(p, hint_of(left), &right);
    if (status != FL_OK)
        return status;
    if (right->kind == FL_N_SET || left->kind == FL_N_SET)
        return fl_parse_fail(p, at, FL_E_TYPE, "a set is tested with `in`");
    if (fl_parse_is_set(left) || fl_parse_is_set(right))
        return fl_parse_some_equal(p, op, left, right, at, out);
    if (!fl_check_compare(op, left->type, right->type))
        return fl_parse_fail(p, right->at, FL_E_TYPE, "%s cannot be compared with %s", fl_type_phrase(left->type),
                             fl_type_phrase(right->type));
    return fl_parse_binary(p, FL_N_COMPARE, op, FL_T_BOOL, left, right, at, out);
}

static enum fl_status parse_test(struct parser *p, const struct fl_node **out)
{
    static const char *const marks[] = {"==", "!=", "<=", ">=", "<", ">", NULL};
    static const enum fl_op ops[] = {FL_OP_EQ, FL_OP_NE, FL_OP_LE, FL_OP_GE, FL_OP_LT, FL_OP_GT};
    const struct fl_node *left;
    enum fl_status status = parse_sum(p, (struct hint){FL_T_NULL, false}, &left);
    if (status != FL_OK)
        return status;
    enum fl_op op;
    if (is_operator(p, marks, ops, &op))
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
    return FL_OK;
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

static enum fl_status parse_or(struct parser *p, const struct fl_node **out)
{
    if (++p->depth > FL_EXPR_DEPTH_MAX)
        return fl_parse_fail(p, p->now.at, FL_E_LIMIT, "nested more than %u deep", FL_EXPR_DEPTH_MAX);
    enum fl_status status = parse_junction(p, true, out);
    p->depth--;
    return status;
}

static enum fl_status start(struct parser *p, struct fl_str text)
{
    if (text.len > (p->env->long_text ? UINT32_MAX - 1 : FL_EXPR_BYTES_MAX))
        return fl_fail(p->err, FL_E_LIMIT, "the expression is longer than %u bytes", FL_EXPR_BYTES_MAX);
    return fl_parse_advance(p);
}

static enum fl_status expect_end(struct parser *p)
{
    if (p->now.kind == FL_TOKEN_END)
        return FL_OK;
    return fl_parse_fail(p, p->now.at, FL_E_SYNTAX, "\"and\", \"or\" or the end is expected here");
}

enum fl_status fl_expr_parse(struct fl_str text, const struct fl_expr_env *env, struct fl_arena *arena,
                             const struct fl_node **out, struct fl_error *err)
{
    struct parser p = {.text = text, .env = env, .arena = arena, .err = err};
    enum fl_status status = start(&p, text);
    if (status == FL_OK && p.now.kind == FL_TOKEN_END)
        return fl_parse_fail(&p, 0, FL_E_SYNTAX, "the condition is empty");
    if (status == FL_OK)
        status = parse_or(&p, out);
    if (status == FL_OK)
        status = expect_end(&p);
    return status != FL_OK ? status : need_condition(&p, *out);
}

enum fl_status fl_expr_parse_value(struct fl_str text, const struct fl_expr_env *env, struct fl_arena *arena,
                                   const struct fl_node **out, struct fl_error *err)
{
    struct parser p = {.text = text, .env = env, .arena = arena, .err = err};
    enum fl_status status = start(&p, text);
    if (status == FL_OK && p.now.kind == FL_TOKEN_END)
        return fl_parse_fail(&p, 0, FL_E_SYNTAX, "the value is empty");
    if (status == FL_OK)
        status = parse_or(&p, out);
    if (status == FL_OK)
        status = expect_end(&p);
    if (status == FL_OK && (*out)->kind == FL_N_SET)
        return fl_parse_fail(&p, (*out)->at, FL_E_TYPE, "a set is no value; test it with `in`");
    return status;
}

static enum fl_status parse_scalar(struct parser *p, enum fl_type type, const struct fl_node **out)
{
    enum fl_status status = parse_primary(p, (struct hint){type, false}, out);
    if (status != FL_OK)
        return status;
    bool fits =
        (*out)->kind == FL_N_LITERAL && ((*out)->type == type || (type == FL_T_INT && (*out)->type == FL_T_RATIO));
    return fits ? FL_OK : fl_parse_fail(p, (*out)->at, FL_E_TYPE, "this is no %s", fl_type_name(type));
}

enum fl_status fl_expr_parse_param(struct fl_str text, enum fl_param_type type, const struct fl_expr_env *env,
                                   struct fl_arena *arena, const struct fl_node **out, struct fl_error *err)
{
    struct parser p = {.text = text, .env = env, .arena = arena, .err = err};
    if (type == FL_P_TEXT) {
        char *copy = fl_arena_strndup(arena, text.ptr, text.len);
        return copy == NULL ? fl_fail(err, FL_E_NOMEM, "out of memory")
                            : literal(&p, (struct fl_value){.type = FL_T_STR, .str = {copy, text.len}}, 0, out);
    }
    enum fl_status status = start(&p, text);
    if (status != FL_OK)
        return status;
    switch (type) {
    case FL_P_NETWORK:
        status = fl_parse_set(&p, (struct hint){FL_T_ADDR, false}, out);
        break;
    case FL_P_SERVICE:
        status = fl_parse_set(&p, (struct hint){FL_T_SERVICE, false}, out);
        break;
    case FL_P_PORT:
        status = fl_parse_set(&p, (struct hint){FL_T_PORT, false}, out);
        break;
    case FL_P_DURATION:
        status = parse_scalar(&p, FL_T_DURATION, out);
        break;
    case FL_P_NUMBER:
    case FL_P_PRICE:
        status = parse_scalar(&p, FL_T_INT, out);
        break;
    case FL_P_FLAG:
        status = parse_scalar(&p, FL_T_BOOL, out);
        break;
    case FL_P_TEXT:
        break;
    }
    return status != FL_OK ? status : expect_end(&p);
}
