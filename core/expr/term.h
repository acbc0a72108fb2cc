/* term.h: the leaves of compiled conditions. Inside core/expr.
 *
 * A term is a test or its negation; both are false where the test is unknown. Terms over narrow columns (ports,
 * protocol, enumerations, flags) are evaluated for all rows of a batch in one pass over the column, whatever their
 * number; the others look only at rows that are still in play.
 */
#ifndef FL_EXPR_TERM_H
#define FL_EXPR_TERM_H

#include "core/expr/program.h"

enum fl_term_kind {
    FL_TERM_NARROW,  /* u8 or u16 column against constants: a table of all values */
    FL_TERM_RANGES,  /* i64 column against ranges */
    FL_TERM_ADDR,    /* address in networks and prefixes: a table of classes */
    FL_TERM_TEXT,    /* text equal, in or matches: a cache by interned id */
    FL_TERM_NULL,    /* column is null */
    FL_TERM_GENERIC, /* walked row by row */
};

struct fl_range {
    int64_t low, high;
};

struct fl_term {
    enum fl_term_kind kind;
    const struct fl_node *node; /* without the negation */
    bool negated;
    uint32_t field;
    /* NARROW: group and bit within it */
    uint32_t group, bit;
    struct fl_range *ranges; /* rising, without overlap */
    uint32_t range_count;
    uint64_t *classes;     /* ADDR: bit c = addresses of class c are members */
    uint32_t *prefix_sets; /* ADDR: set number of each literal prefix, by item */
    uint32_t *bound;       /* ADDR: networks bound to a VPC or account */
    uint32_t bound_count;
    uint32_t class_slot;        /* ADDR: of its field among those whose addresses are classified */
    uint32_t sparse;            /* RANGES, ADDR, TEXT, GENERIC: its number among these */
    uint32_t text_cache;        /* TEXT: index of its cache in the state */
    struct fl_field_set fields; /* that single rows are tested by */
};

/* Up to 64 NARROW terms over one column. */
#define FL_GROUP_TERMS 64u
struct fl_term_group {
    uint32_t field;
    uint32_t term_count;
    uint32_t terms[FL_GROUP_TERMS];
    uint16_t *class_of;    /* by value: 256 or 65,536 */
    uint64_t *class_terms; /* by class: bits of terms that are true */
    uint32_t class_count;
    /* Terms of few ranges have groups of their own: the column is compared with each. */
    bool direct;
};

/* Classifies a leaf; fills kind, field, ranges. */
enum fl_status fl_term_classify(struct fl_term *term, struct fl_arena *arena);
/* NARROW: are its ranges so few that comparing is cheaper than a table? */
bool fl_term_is_direct(const struct fl_term *term);

#endif
