/* token.h: words of the expression language. Inside core/expr. */
#ifndef FL_EXPR_TOKEN_H
#define FL_EXPR_TOKEN_H

#include "core/expr/expr.h"

enum fl_token_kind {
    FL_TOKEN_END,
    FL_TOKEN_NAME,     /* also with dots: i.mean */
    FL_TOKEN_PARAM,    /* $name; text is the name */
    FL_TOKEN_NUMBER,   /* number: exact */
    FL_TOKEN_DURATION, /* ms */
    FL_TOKEN_PREFIX,   /* address or CIDR; is_address: written without a length */
    FL_TOKEN_TEXT,     /* quoted; text is what it means */
    FL_TOKEN_MARK,     /* operator or bracket: text */
};

struct fl_token {
    enum fl_token_kind kind;
    uint32_t at; /* byte offset */
    uint32_t end;
    struct fl_str text;
    struct fl_ratio number;
    int64_t ms;
    struct fl_prefix prefix;
    bool is_address;
};

/* Reads the token at or behind `at`. FL_E_SYNTAX with err->column = byte offset + 1. */
enum fl_status fl_token_next(struct fl_str text, uint32_t at, struct fl_arena *arena, struct fl_token *out,
                             struct fl_error *err);

#endif
