/* print.c: canonical text, the fields that a tree reads, and what it can come to without some of them. */
#include "core/expr/print.h"

const char *const fl_op_texts[] = {"==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%"};

struct printing {
    const char *(*network_name)(void *context, uint32_t id);
    void *context;
    struct fl_buf *out;
};

void fl_expr_quote(struct fl_buf *out, struct fl_str text)
{
    fl_buf_add_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\')
            fl_buf_add_char(out, '\\');
        fl_buf_add_char(out, text.ptr[i]);
    }
    fl_buf_add_char(out, '"');
}

static void add_number(struct fl_buf *out, char sign, uint32_t number)
{
    fl_buf_add_char(out, sign);
    fl_buf_add_u64(out, number);
}

static void print_item(struct printing *p, const struct fl_set_item *item)
{
    char text[FL_PREFIX_TEXT_BYTES];
    switch (item->kind) {
    case FL_ITEM_RANGE:
        fl_buf_add_i64(p->out, item->low);
        if (item->high != item->low) {
            fl_buf_add_text(p->out, "..");
            fl_buf_add_i64(p->out, item->high);
        }
        return;
    case FL_ITEM_PREFIX:
        fl_buf_add(p->out, text, fl_prefix_format(item->prefix, text));
        return;
    case FL_ITEM_NETWORK:
        if (p->network_name != NULL)
            fl_buf_add_text(p->out, p->network_name(p->context, item->network));
        else
            add_number(p->out, '#', item->network);
        return;
    case FL_ITEM_TEXT:
        fl_expr_quote(p->out, item->text);
        return;
    }
}

static void print_literal(struct fl_buf *out, const struct fl_node *node)
{
    if (node->type == FL_T_STR)
        fl_expr_quote(out, node->literal.str);
    else if (node->type == FL_T_RATIO) {
        char text[FL_INT128_TEXT_BYTES];
        fl_buf_add(out, text, fl_int128_format(node->literal.ratio.num, text));
        fl_buf_add_char(out, '/');
        fl_buf_add(out, text, fl_int128_format(node->literal.ratio.den, text));
    } else
        fl_value_text(out, &node->literal);
}

static void print_node(struct printing *p, const struct fl_node *node)
{
    struct fl_buf *out = p->out;
    switch (node->kind) {
    case FL_N_LITERAL:
        print_literal(out, node);
        return;
    case FL_N_FIELD:
        fl_buf_add_text(out, fl_fields[node->field].name);
        return;
    case FL_N_SLOT:
        add_number(out, '@', node->slot);
        if (node->member > 0)
            add_number(out, '.', node->member);
        return;
    case FL_N_SET:
        fl_buf_add_char(out, '{');
        for (uint32_t i = 0; i < node->item_count; i++) {
            if (i > 0)
                fl_buf_add_char(out, ',');
            print_item(p, &node->items[i]);
        }
        fl_buf_add_char(out, '}');
        return;
    case FL_N_NOT:
        fl_buf_add_text(out, "(not ");
        print_node(p, node->left);
        break;
    case FL_N_IS_NULL:
        fl_buf_add_char(out, '(');
        print_node(p, node->left);
        fl_buf_add_text(out, " is null");
        break;
    default:
        fl_buf_add_char(out, '(');
        print_node(p, node->left);
        fl_buf_add_char(out, ' ');
        fl_buf_add_text(out, node->kind == FL_N_AND       ? "and"
                             : node->kind == FL_N_OR      ? "or"
                             : node->kind == FL_N_IN      ? "in"
                             : node->kind == FL_N_MATCHES ? "matches"
                                                          : fl_op_texts[node->op]);
        fl_buf_add_char(out, ' ');
        print_node(p, node->right);
        break;
    }
    fl_buf_add_char(out, ')');
}

void fl_expr_print(const struct fl_node *node, const char *(*network_name)(void *context, uint32_t id), void *context,
                   struct fl_buf *out)
{
    struct printing p = {network_name, context, out};
    print_node(&p, node);
}

void fl_expr_fields(const struct fl_node *node, struct fl_field_set *fields)
{
    if (node == NULL)
        return;
    if (node->kind == FL_N_FIELD)
        fl_field_set_add(fields, node->field);
    fl_expr_fields(node->left, fields);
    fl_expr_fields(node->right, fields);
}

bool fl_expr_reads(const struct fl_node *node, uint32_t field)
{
    struct fl_field_set fields = {{0}};
    fl_expr_fields(node, &fields);
    return fl_field_set_has(&fields, field);
}
