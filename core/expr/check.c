#include "core/expr/check.h"

const char *fl_param_type_name(enum fl_param_type type)
{
    static const char *const names[] = {
        [FL_P_NETWORK] = "network", [FL_P_SERVICE] = "service", [FL_P_DURATION] = "duration", [FL_P_PORT] = "port",
        [FL_P_NUMBER] = "number",   [FL_P_TEXT] = "text",       [FL_P_FLAG] = "flag",         [FL_P_PRICE] = "price"};
    return (size_t)type < sizeof names / sizeof names[0] ? names[type] : NULL;
}

bool fl_type_is_number(enum fl_type type)
{
    return type == FL_T_U8 || type == FL_T_PORT || type == FL_T_INT || type == FL_T_RATIO;
}

bool fl_check_arith(enum fl_op op, enum fl_type left, enum fl_type right, enum fl_type *result)
{
    bool numbers = fl_type_is_number(left) && fl_type_is_number(right);
    bool ratio = left == FL_T_RATIO || right == FL_T_RATIO;
    bool sum = op == FL_OP_ADD || op == FL_OP_SUB;
    if (numbers) {
        *result = op == FL_OP_DIV || ratio ? FL_T_RATIO : FL_T_INT;
        return op != FL_OP_MOD || !ratio;
    }
    if (left == FL_T_TIME && right == FL_T_TIME && op == FL_OP_SUB) {
        *result = FL_T_DURATION;
        return true;
    }
    if (left == FL_T_TIME && right == FL_T_DURATION && sum) {
        *result = FL_T_TIME;
        return true;
    }
    if (left == FL_T_DURATION && right == FL_T_DURATION) {
        *result = op == FL_OP_DIV ? FL_T_RATIO : FL_T_DURATION;
        return sum || op == FL_OP_DIV || op == FL_OP_MOD;
    }
    if (left == FL_T_DURATION && (right == FL_T_INT || right == FL_T_U8 || right == FL_T_PORT)) {
        *result = op == FL_OP_DIV ? FL_T_RATIO : FL_T_DURATION;
        return op == FL_OP_MUL || op == FL_OP_DIV;
    }
    if (fl_type_is_number(left) && right == FL_T_DURATION) {
        *result = op == FL_OP_DIV ? FL_T_RATIO : FL_T_DURATION;
        return op == FL_OP_DIV || (op == FL_OP_MUL && left != FL_T_RATIO);
    }
    return false;
}

bool fl_check_compare(enum fl_op op, enum fl_type left, enum fl_type right)
{
    if (left == FL_T_LIST || right == FL_T_LIST || left == FL_T_NULL || right == FL_T_NULL)
        return false;
    if (fl_type_is_number(left) && fl_type_is_number(right))
        return true;
    bool equality = op == FL_OP_EQ || op == FL_OP_NE;
    if (left != right)
        return false;
    return equality || (left != FL_T_BOOL && left != FL_T_ADDR && left != FL_T_SERVICE);
}

bool fl_check_member(enum fl_type tested, enum fl_type member)
{
    if (tested == member)
        return true;
    return member != FL_T_RATIO && tested != FL_T_RATIO && fl_type_is_number(tested) && fl_type_is_number(member);
}
