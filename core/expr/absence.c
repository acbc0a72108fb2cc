/* absence.c: what a condition can come to where columns are missing. */
#include "core/expr/expr.h"

/* What a condition can come to: any of these. */
enum { CAN_TRUE = 1, CAN_FALSE = 2, CAN_UNKNOWN = 4, CAN_ANY = 7 };

bool fl_expr_is_null(const struct fl_node *node, const struct fl_absence *absence)
{
    if (node->kind == FL_N_FIELD)
        return !fl_field_set_has(absence->present, node->field);
    if (node->kind == FL_N_SLOT)
        return absence->slot != NULL && absence->slot(absence->context, node->slot);
    if (node->kind == FL_N_ARITH)
        return fl_expr_is_null(node->left, absence) || fl_expr_is_null(node->right, absence);
    return false;
}

/* Can a value be known to be in the set? */
static bool has_members(const struct fl_node *set, const struct fl_absence *absence)
{
    for (uint32_t i = 0; i < set->item_count; i++)
        if (set->items[i].kind != FL_ITEM_NETWORK || absence->network == NULL ||
            !absence->network(absence->context, set->items[i].network))
            return true;
    return false;
}

static unsigned fold(const struct fl_node *node, const struct fl_absence *absence);

static unsigned fold_junction(const struct fl_node *node, const struct fl_absence *absence)
{
    unsigned a = fold(node->left, absence), b = fold(node->right, absence), out = 0;
    unsigned wins = node->kind == FL_N_OR ? CAN_TRUE : CAN_FALSE, loses = node->kind == FL_N_OR ? CAN_FALSE : CAN_TRUE;
    if ((a | b) & wins)
        out |= wins;
    if (a & b & loses)
        out |= loses;
    if (((a & CAN_UNKNOWN) && (b & (CAN_UNKNOWN | loses))) || ((b & CAN_UNKNOWN) && (a & (CAN_UNKNOWN | loses))))
        out |= CAN_UNKNOWN;
    return out;
}

static unsigned fold(const struct fl_node *node, const struct fl_absence *absence)
{
    unsigned a;
    switch (node->kind) {
    case FL_N_LITERAL:
        return node->literal.i != 0 ? CAN_TRUE : CAN_FALSE;
    case FL_N_AND:
    case FL_N_OR:
        return fold_junction(node, absence);
    case FL_N_NOT:
        a = fold(node->left, absence);
        return (a & CAN_UNKNOWN) | (a & CAN_TRUE ? CAN_FALSE : 0) | (a & CAN_FALSE ? CAN_TRUE : 0);
    case FL_N_IS_NULL:
        return fl_expr_is_null(node->left, absence) ? CAN_TRUE : CAN_TRUE | CAN_FALSE;
    case FL_N_IN:
        if (fl_expr_is_null(node->left, absence))
            return CAN_UNKNOWN;
        return has_members(node->right, absence) ? CAN_ANY : CAN_FALSE | CAN_UNKNOWN;
    case FL_N_COMPARE:
    case FL_N_MATCHES:
        return fl_expr_is_null(node->left, absence) || fl_expr_is_null(node->right, absence) ? CAN_UNKNOWN : CAN_ANY;
    default:
        return fl_expr_is_null(node, absence) ? CAN_UNKNOWN : CAN_ANY;
    }
}

bool fl_expr_can_be_true(const struct fl_node *node, const struct fl_absence *absence)
{
    return (fold(node, absence) & CAN_TRUE) != 0;
}
