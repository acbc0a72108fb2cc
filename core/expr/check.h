/* check.h: which types go together. Inside core/expr. */
#ifndef FL_EXPR_CHECK_H
#define FL_EXPR_CHECK_H

#include "core/expr/expr.h"

bool fl_type_is_number(enum fl_type type); /* U8 PORT INT RATIO */
bool fl_check_arith(enum fl_op op, enum fl_type left, enum fl_type right, enum fl_type *result);
bool fl_check_compare(enum fl_op op, enum fl_type left, enum fl_type right);
/* May members of this type stand in a set that a value of `tested` is tested against? */
bool fl_check_member(enum fl_type tested, enum fl_type member);

#endif
