/* parse_texts.c: tests of fields that are sets of texts with ; between, such as security groups.
 *
 * A test holds when it does for one member. It is written as tests of the whole text, which has the member alone,
 * first, last or between others.
 */
#include <string.h>

#include "core/base/buf.h"
#include "core/expr/parser.h"

bool fl_parse_is_set(const struct fl_node *node)
{
    return node->kind == FL_N_FIELD && fl_field_is_set(node->field);
}

static enum fl_status matches(struct parser *p, const struct fl_node *left, struct fl_buf *pattern, uint32_t at,
                              const struct fl_node **out)
{
    char *copy = pattern->failed ? NULL : fl_arena_strndup(p->arena, pattern->data, pattern->len);
    struct fl_node *right = copy == NULL ? NULL : fl_parse_node(p, FL_N_LITERAL, FL_T_STR, at);
    if (right == NULL)
        return fl_fail(p->err, FL_E_NOMEM, "out of memory");
    right->literal = (struct fl_value){.type = FL_T_STR, .str = {copy, pattern->len}};
    return fl_parse_binary(p, FL_N_MATCHES, 0, FL_T_BOOL, left, right, at, out);
}

/* Adds a test to those that one of must hold. */
static enum fl_status either(struct parser *p, const struct fl_node *test, uint32_t at, const struct fl_node **some)
{
    if (*some == NULL) {
        *some = test;
        return FL_OK;
    }
    return fl_parse_binary(p, FL_N_OR, 0, FL_T_BOOL, *some, test, at, some);
}

static enum fl_status some_matches(struct parser *p, const struct fl_node *left, struct fl_str pattern, uint32_t at,
                                   const struct fl_node **some)
{
    static const char *const around[][2] = {{"", ""}, {"", ";*"}, {"*;", ""}, {"*;", ";*"}};
    enum fl_status status = FL_OK;
    for (size_t i = 0; i < 4 && status == FL_OK; i++) {
        struct fl_buf whole;
        const struct fl_node *test = NULL;
        fl_buf_init(&whole);
        fl_buf_add_text(&whole, around[i][0]);
        fl_buf_add(&whole, pattern.ptr, pattern.len);
        fl_buf_add_text(&whole, around[i][1]);
        fl_buf_add_text(&whole, "");
        status = matches(p, left, &whole, at, &test);
        fl_buf_dispose(&whole);
        if (status == FL_OK)
            status = either(p, test, at, some);
    }
    return status;
}

/* The text itself as a pattern. */
static enum fl_status some_is(struct parser *p, const struct fl_node *left, struct fl_str text, uint32_t at,
                              const struct fl_node **some)
{
    struct fl_buf pattern;
    fl_buf_init(&pattern);
    for (size_t i = 0; i < text.len; i++) {
        if (strchr("*?[]\\", text.ptr[i]) != NULL && text.ptr[i] != '\0')
            fl_buf_add_char(&pattern, '\\');
        fl_buf_add_char(&pattern, text.ptr[i]);
    }
    struct fl_str all = {pattern.len > 0 ? pattern.data : "", pattern.len};
    enum fl_status status =
        pattern.failed ? fl_fail(p->err, FL_E_NOMEM, "out of memory") : some_matches(p, left, all, at, some);
    fl_buf_dispose(&pattern);
    return status;
}

enum fl_status fl_parse_some_matches(struct parser *p, const struct fl_node *left, struct fl_str pattern, uint32_t at,
                                     const struct fl_node **out)
{
    const struct fl_node *some = NULL;
    enum fl_status status = some_matches(p, left, pattern, at, &some);
    *out = some;
    return status;
}

enum fl_status fl_parse_some_in(struct parser *p, const struct fl_node *left, const struct fl_node *set, uint32_t at,
                                const struct fl_node **out)
{
    const struct fl_node *some = NULL;
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < set->item_count && status == FL_OK; i++)
        status = some_is(p, left, set->items[i].text, at, &some);
    if (status == FL_OK && some == NULL) /* nothing is in an empty set */
        return fl_parse_binary(p, FL_N_IN, 0, FL_T_BOOL, left, set, at, out);
    *out = some;
    return status;
}

enum fl_status fl_parse_some_equal(struct parser *p, enum fl_op op, const struct fl_node *left,
                                   const struct fl_node *right, uint32_t at, const struct fl_node **out)
{
    const struct fl_node *some = NULL, *field = fl_parse_is_set(left) ? left : right;
    const struct fl_node *text = field == left ? right : left;
    if ((op != FL_OP_EQ && op != FL_OP_NE) || text->kind != FL_N_LITERAL || text->type != FL_T_STR)
        return fl_parse_fail(p, at, FL_E_TYPE, "%s is a set: compare it with a text by ==, !=, in or matches",
                             fl_fields[field->field].name);
    enum fl_status status = some_is(p, field, text->literal.str, at, &some);
    if (status == FL_OK && op == FL_OP_NE)
        return fl_parse_binary(p, FL_N_NOT, 0, FL_T_BOOL, some, NULL, at, out);
    *out = some;
    return status;
}
