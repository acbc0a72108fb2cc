/* build.h: the inside of a program, shared by the compiler (program.c) and the evaluator (state.h). */
#ifndef FL_EXPR_BUILD_H
#define FL_EXPR_BUILD_H

#include "core/base/map.h"
#include "core/expr/term.h"

enum fl_program_kind { FL_P_CONST, FL_P_TERM, FL_P_ALL, FL_P_SOME };

struct fl_program_node {
    enum fl_program_kind kind;
    bool value;           /* CONST */
    uint32_t term;        /* TERM */
    uint32_t left, right; /* as written */
    uint32_t *children;   /* ALL, SOME: flattened, cheapest first */
    uint32_t child_count;
};

struct fl_program {
    struct fl_arena arena;
    struct fl_map term_texts; /* canonical text -> term */
    struct fl_map root_texts; /* canonical text -> condition */
    uint32_t *roots;          /* by condition */
    uint32_t root_capacity;
    struct fl_term *terms;
    uint32_t term_count, term_capacity;
    struct fl_program_node *nodes;
    uint32_t node_count, node_capacity;
    struct fl_term_group *groups;
    uint32_t group_count, group_capacity;
    uint32_t text_cache_count;
    uint32_t sparse_count;                /* terms that test single rows */
    uint32_t class_slot_count;            /* address fields that terms test */
    uint32_t class_slots[FL_FIELD_COUNT]; /* by field: slot + 1 */
    struct fl_prefix_sets sets;
    uint32_t network_count;
    const char **vpcs, **accounts; /* by network */
    bool has_bound;
    struct fl_field_set fields;
};

#endif
