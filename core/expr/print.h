/* print.h: how parts of expressions are written, for machines and for people alike. Inside core/expr. */
#ifndef FL_EXPR_PRINT_H
#define FL_EXPR_PRINT_H

#include "core/expr/expr.h"

extern const char *const fl_op_texts[]; /* by enum fl_op */
void fl_expr_quote(struct fl_buf *out, struct fl_str text);

#endif
