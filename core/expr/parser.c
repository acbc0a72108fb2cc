#include "core/expr/parser.h"

#include "core/base/limits.h"

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
    fl_error_show(p->err, (struct fl_str){p->text.ptr + start, end - start});
}

enum fl_status fl_parse_fail(struct parser *p, uint32_t at, enum fl_status code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fl_fail_args(p->err, code, format, args);
    va_end(args);
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

bool fl_parse_at_operator(const struct parser *p, const char *const marks[], const enum fl_op ops[], enum fl_op *op)
{
    for (unsigned i = 0; marks[i] != NULL; i++) {
        if (fl_parse_at_mark(p, marks[i])) {
            *op = ops[i];
            return true;
        }
    }
    return false;
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

enum fl_status fl_parse_literal(struct parser *p, struct fl_value value, uint32_t at, const struct fl_node **out)
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
