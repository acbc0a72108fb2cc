/* eval.c: the plain, exact evaluation of a tree: the reference that programs are measured against. */
#include "core/expr/check.h"

/* Kept out of results, so that a negation or a remainder cannot overflow. */
#define LEAST_INT128 (((__int128)1 << 126) * -2)

static struct fl_value unknown(void)
{
    return FL_VALUE_NULL;
}

static struct fl_value truth(bool value)
{
    return fl_value_int(FL_T_BOOL, value);
}

static struct fl_ratio ratio_of(const struct fl_value *value)
{
    if (value->type == FL_T_RATIO)
        return value->ratio;
    return (struct fl_ratio){value->i, 1};
}

static __int128 gcd(__int128 a, __int128 b)
{
    while (b != 0) {
        __int128 t = a % b;
        a = b;
        b = t;
    }
    return a < 0 ? -a : a;
}

static struct fl_value make_ratio(__int128 num, __int128 den)
{
    if (den == 0 || num == LEAST_INT128 || den == LEAST_INT128)
        return unknown();
    if (den < 0) {
        num = -num;
        den = -den;
    }
    __int128 g = gcd(num, den);
    return (struct fl_value){.type = FL_T_RATIO, .ratio = {num / g, den / g}};
}

static bool sum_128(bool subtract, __int128 a, __int128 b, __int128 *out)
{
    return subtract ? __builtin_sub_overflow(a, b, out) : __builtin_add_overflow(a, b, out);
}

static struct fl_value ratio_arith(enum fl_op op, struct fl_ratio a, struct fl_ratio b)
{
    __int128 x, y, z;
    switch (op) {
    case FL_OP_MUL:
        if (__builtin_mul_overflow(a.num, b.num, &x) || __builtin_mul_overflow(a.den, b.den, &y))
            return unknown();
        return make_ratio(x, y);
    case FL_OP_DIV:
        if (b.num == 0 || __builtin_mul_overflow(a.num, b.den, &x) || __builtin_mul_overflow(a.den, b.num, &y))
            return unknown();
        return make_ratio(x, y);
    default:
        if (__builtin_mul_overflow(a.num, b.den, &x) || __builtin_mul_overflow(b.num, a.den, &y) ||
            sum_128(op == FL_OP_SUB, x, y, &z) || __builtin_mul_overflow(a.den, b.den, &x))
            return unknown();
        return make_ratio(z, x);
    }
}

static struct fl_value int_arith(enum fl_op op, enum fl_type type, __int128 a, __int128 b)
{
    __int128 out;
    bool overflow = false;
    switch (op) {
    case FL_OP_ADD:
    case FL_OP_SUB:
        overflow = sum_128(op == FL_OP_SUB, a, b, &out);
        break;
    case FL_OP_MUL:
        overflow = __builtin_mul_overflow(a, b, &out);
        break;
    default:
        if (b == 0)
            return unknown();
        out = a % b;
        break;
    }
    return overflow || out == LEAST_INT128 ? unknown() : fl_value_int(type, out);
}

static struct fl_value arith(const struct fl_node *node, const struct fl_value *a, const struct fl_value *b)
{
    if (a->type == FL_T_NULL || b->type == FL_T_NULL)
        return unknown();
    if (node->type == FL_T_RATIO)
        return ratio_arith(node->op, ratio_of(a), ratio_of(b));
    return int_arith(node->op, node->type, a->i, b->i);
}

bool fl_op_holds(enum fl_op op, int c)
{
    switch (op) {
    case FL_OP_EQ:
        return c == 0;
    case FL_OP_NE:
        return c != 0;
    case FL_OP_LT:
        return c < 0;
    case FL_OP_LE:
        return c <= 0;
    case FL_OP_GT:
        return c > 0;
    default:
        return c >= 0;
    }
}

static struct fl_value compare(const struct fl_node *node, const struct fl_value *a, const struct fl_value *b)
{
    if (a->type == FL_T_NULL || b->type == FL_T_NULL)
        return unknown();
    if (a->type == FL_T_RATIO || b->type == FL_T_RATIO) {
        struct fl_value x = {.type = FL_T_RATIO, .ratio = ratio_of(a)};
        struct fl_value y = {.type = FL_T_RATIO, .ratio = ratio_of(b)};
        return truth(fl_op_holds(node->op, fl_value_compare(&x, &y)));
    }
    return truth(fl_op_holds(node->op, fl_value_compare(a, b)));
}

static bool in_item(const struct fl_set_item *item, const struct fl_value *v, const struct fl_eval *eval)
{
    switch (item->kind) {
    case FL_ITEM_RANGE:
        return v->i >= item->low && v->i <= item->high;
    case FL_ITEM_PREFIX:
        return fl_prefix_contains(item->prefix, v->addr);
    case FL_ITEM_NETWORK:
        return eval->in_network != NULL && eval->in_network(eval->context, item->network, v->addr);
    case FL_ITEM_TEXT:
        return fl_str_equal(item->text, v->str);
    }
    return false;
}

static struct fl_value member(const struct fl_node *set, const struct fl_value *v, const struct fl_eval *eval)
{
    if (v->type == FL_T_NULL)
        return unknown();
    bool found = false;
    for (uint32_t i = 0; i < set->item_count && !found; i++)
        found = in_item(&set->items[i], v, eval);
    struct fl_value out = truth(found);
    out.may_count_twice = v->may_count_twice;
    return out;
}

/* Kleene: the deciding value wins over unknown. */
static struct fl_value junction(const struct fl_node *node, const struct fl_eval *eval)
{
    bool deciding = node->kind == FL_N_OR;
    struct fl_value a = fl_expr_eval(node->left, eval);
    if (a.type == FL_T_BOOL && (a.i != 0) == deciding)
        return a;
    struct fl_value b = fl_expr_eval(node->right, eval);
    if (b.type == FL_T_BOOL && (b.i != 0) == deciding)
        return b;
    if (a.type == FL_T_NULL)
        return a;
    b.may_count_twice = b.type != FL_T_NULL && (a.may_count_twice || b.may_count_twice);
    return b;
}

struct fl_value fl_expr_eval(const struct fl_node *node, const struct fl_eval *eval)
{
    struct fl_value a, b, out = FL_VALUE_NULL;
    switch (node->kind) {
    case FL_N_LITERAL:
        return node->literal;
    case FL_N_FIELD:
        eval->get(eval->context, node, &out);
        return out;
    case FL_N_SLOT:
        eval->get(eval->context, node, &out);
        return fl_value_member(&out, node->member);
    case FL_N_AND:
    case FL_N_OR:
        return junction(node, eval);
    case FL_N_SET:
        return out;
    default:
        break;
    }
    a = fl_expr_eval(node->left, eval);
    switch (node->kind) {
    case FL_N_NOT:
        a.i = a.type != FL_T_NULL && a.i == 0;
        return a;
    case FL_N_IS_NULL:
        return truth(a.type == FL_T_NULL);
    case FL_N_IN:
        return member(node->right, &a, eval);
    case FL_N_MATCHES:
        return a.type == FL_T_NULL ? a : truth(fl_glob_match(node->right->literal.str, a.str));
    default:
        break;
    }
    b = fl_expr_eval(node->right, eval);
    out = node->kind == FL_N_ARITH ? arith(node, &a, &b) : compare(node, &a, &b);
    out.may_count_twice = out.type != FL_T_NULL && (a.may_count_twice || b.may_count_twice);
    return out;
}
