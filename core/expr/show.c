/* show.c: conditions as a person would write them. */
#include "core/expr/print.h"

struct showing {
    const struct fl_expr_words *words;
    struct fl_buf *out;
};

/* How tightly an operator binds; what binds looser than its place allows stands in brackets. */
enum bond { BOND_OR = 1, BOND_AND, BOND_NOT, BOND_TEST, BOND_SUM, BOND_PRODUCT, BOND_ATOM };

static void show(struct showing *s, const struct fl_node *node, enum bond at_least);

static bool is_protocol(const struct fl_node *node)
{
    return node != NULL && node->kind == FL_N_FIELD && node->field == FL_F_PROTOCOL;
}

/* A number, service, duration ...; protocols by name beside `protocol`. */
static void show_bound(struct showing *s, enum fl_type type, __int128 bound, const struct fl_node *beside)
{
    const char *name = is_protocol(beside) && bound >= 0 && bound < 256 ? fl_protocol_name((unsigned)bound) : NULL;
    struct fl_value value = fl_value_int(type, bound);
    if (name != NULL)
        fl_buf_add_text(s->out, name);
    else if (type == FL_T_TIME)
        fl_buf_add_char(s->out, '"');
    if (name == NULL)
        fl_value_text(s->out, &value);
    if (name == NULL && type == FL_T_TIME)
        fl_buf_add_char(s->out, '"');
}

/* tcp/443, udp/53..55, or every port of a protocol. */
static bool show_services(struct showing *s, const struct fl_set_item *item)
{
    unsigned protocol = (unsigned)(item->low >> 16), low = (unsigned)item->low & 0xffff;
    unsigned high = (unsigned)item->high & 0xffff;
    const char *name = fl_protocol_name(protocol);
    if (item->low == item->high || name == NULL || item->high >> 16 != item->low >> 16)
        return false;
    fl_buf_add_text(s->out, name);
    if (low > 0 || high < 0xffff)
        fl_buf_add_format(s->out, "/%u..%u", low, high);
    return true;
}

static void show_range(struct showing *s, enum fl_type type, const struct fl_set_item *item,
                       const struct fl_node *beside)
{
    if (type == FL_T_SERVICE && show_services(s, item))
        return;
    bool one = item->low == item->high;
    show_bound(s, type, item->low, one ? beside : NULL);
    if (!one) {
        fl_buf_add_text(s->out, "..");
        show_bound(s, type, item->high, NULL);
    }
}

static void show_item(struct showing *s, const struct fl_node *set, const struct fl_set_item *item,
                      const struct fl_node *beside)
{
    char text[FL_PREFIX_TEXT_BYTES];
    switch (item->kind) {
    case FL_ITEM_RANGE:
        show_range(s, set->type, item, beside);
        return;
    case FL_ITEM_PREFIX:
        fl_buf_add(s->out, text, fl_prefix_format(item->prefix, text));
        return;
    case FL_ITEM_NETWORK:
        fl_buf_add_text(s->out, s->words->network(s->words->context, item->network));
        return;
    case FL_ITEM_TEXT:
        fl_expr_quote(s->out, item->text);
        return;
    }
}

static void show_set(struct showing *s, const struct fl_node *set, const struct fl_node *beside)
{
    bool braces = set->item_count != 1;
    if (braces)
        fl_buf_add_char(s->out, '{');
    for (uint32_t i = 0; i < set->item_count; i++) {
        fl_buf_add_text(s->out, i > 0 ? ", " : "");
        show_item(s, set, &set->items[i], beside);
    }
    if (braces)
        fl_buf_add_char(s->out, '}');
}

static void show_operand(struct showing *s, const struct fl_node *node, const struct fl_node *beside,
                         enum bond at_least)
{
    if (node->kind == FL_N_SET)
        show_set(s, node, beside);
    else if (node->kind == FL_N_LITERAL && node->type == FL_T_STR)
        fl_expr_quote(s->out, node->literal.str);
    else if (node->kind == FL_N_LITERAL && node->type != FL_T_RATIO && node->type != FL_T_ADDR &&
             node->type != FL_T_NULL && node->type != FL_T_LIST)
        show_bound(s, node->type, node->literal.i, beside);
    else
        show(s, node, at_least);
}

static enum bond bond_of(const struct fl_node *node)
{
    switch (node->kind) {
    case FL_N_OR:
        return BOND_OR;
    case FL_N_AND:
        return BOND_AND;
    case FL_N_NOT: /* "x not in S" and "x is not null" are tests */
        return node->left->kind == FL_N_IN || node->left->kind == FL_N_IS_NULL || node->left->kind == FL_N_MATCHES
                   ? BOND_TEST
                   : BOND_NOT;
    case FL_N_COMPARE:
    case FL_N_IN:
    case FL_N_MATCHES:
    case FL_N_IS_NULL:
        return BOND_TEST;
    case FL_N_ARITH:
        return node->op == FL_OP_ADD || node->op == FL_OP_SUB ? BOND_SUM : BOND_PRODUCT;
    default:
        return BOND_ATOM;
    }
}

static void show_test(struct showing *s, const struct fl_node *node, bool negated)
{
    show_operand(s, node->left, NULL, BOND_SUM);
    if (node->kind == FL_N_IS_NULL) {
        fl_buf_add_text(s->out, negated ? " is not null" : " is null");
        return;
    }
    const char *word = node->kind == FL_N_IN ? "in" : node->kind == FL_N_MATCHES ? "matches" : fl_op_texts[node->op];
    fl_buf_add_format(s->out, " %s%s ", negated ? "not " : "", word);
    show_operand(s, node->right, node->left, BOND_SUM);
}

static void show_inner(struct showing *s, const struct fl_node *node)
{
    enum bond bond = bond_of(node);
    switch (node->kind) {
    case FL_N_LITERAL:
        if (node->flag != NULL)
            fl_buf_add_format(s->out, "$%s", node->flag);
        else
            fl_value_text(s->out, &node->literal);
        return;
    case FL_N_FIELD:
        fl_buf_add_text(s->out, fl_fields[node->field].name);
        return;
    case FL_N_SLOT:
        fl_buf_add_text(s->out, s->words->slot(s->words->context, node->slot));
        if (node->member_name != NULL)
            fl_buf_add_format(s->out, ".%s", node->member_name);
        return;
    case FL_N_SET:
        show_set(s, node, NULL);
        return;
    case FL_N_NOT:
        if (bond == BOND_TEST) {
            show_test(s, node->left, true);
            return;
        }
        fl_buf_add_text(s->out, "not ");
        show(s, node->left, BOND_TEST);
        return;
    case FL_N_AND:
    case FL_N_OR:
        show(s, node->left, bond);
        fl_buf_add_text(s->out, node->kind == FL_N_AND ? " and " : " or ");
        show(s, node->right, bond);
        return;
    case FL_N_ARITH:
        show_operand(s, node->left, NULL, bond);
        fl_buf_add_format(s->out, " %s ", fl_op_texts[node->op]);
        show_operand(s, node->right, NULL, bond + 1);
        return;
    default:
        show_test(s, node, false);
    }
}

static void show(struct showing *s, const struct fl_node *node, enum bond at_least)
{
    bool brackets = bond_of(node) < at_least;
    if (brackets)
        fl_buf_add_char(s->out, '(');
    show_inner(s, node);
    if (brackets)
        fl_buf_add_char(s->out, ')');
}

void fl_expr_show(const struct fl_node *node, const struct fl_expr_words *words, struct fl_buf *out)
{
    struct showing s = {words, out};
    show(&s, node, BOND_OR);
}
