#include "core/expr/term.h"

#include <stdlib.h>
#include <string.h>

#define DIRECT_RANGES 3u

static bool is_constant(const struct fl_node *node)
{
    return node->kind == FL_N_LITERAL;
}

bool fl_term_is_direct(const struct fl_term *term)
{
    return term->range_count <= DIRECT_RANGES;
}

/* Values of an integer field for which `field op constant` holds, as at most two ranges. */
static uint32_t compare_ranges(enum fl_op op, int64_t c, struct fl_range out[2])
{
    switch (op) {
    case FL_OP_EQ:
        out[0] = (struct fl_range){c, c};
        return 1;
    case FL_OP_LT:
    case FL_OP_LE:
        if (op == FL_OP_LT && c == INT64_MIN)
            return 0;
        out[0] = (struct fl_range){INT64_MIN, op == FL_OP_LT ? c - 1 : c};
        return 1;
    case FL_OP_GT:
    case FL_OP_GE:
        if (op == FL_OP_GT && c == INT64_MAX)
            return 0;
        out[0] = (struct fl_range){op == FL_OP_GT ? c + 1 : c, INT64_MAX};
        return 1;
    default: {
        uint32_t n = 0;
        if (c != INT64_MIN)
            out[n++] = (struct fl_range){INT64_MIN, c - 1};
        if (c != INT64_MAX)
            out[n++] = (struct fl_range){c + 1, INT64_MAX};
        return n;
    }
    }
}

static enum fl_status take_compare(struct fl_term *term, struct fl_arena *arena)
{
    const struct fl_node *node = term->node;
    struct fl_range ranges[2];
    term->range_count = compare_ranges(node->op, (int64_t)node->right->literal.i, ranges);
    term->ranges = fl_arena_alloc(arena, 2 * sizeof *term->ranges);
    if (term->ranges == NULL)
        return FL_E_NOMEM;
    memcpy(term->ranges, ranges, term->range_count * sizeof *ranges);
    return FL_OK;
}

static int by_low(const void *left, const void *right)
{
    const struct fl_range *a = left, *b = right;
    return a->low < b->low ? -1 : a->low > b->low;
}

/* Rising, without overlap: equal sets, however they are written. */
static void merge_ranges(struct fl_term *term)
{
    struct fl_range *ranges = term->ranges;
    uint32_t count = 0;
    if (term->range_count > 1)
        qsort(ranges, term->range_count, sizeof *ranges, by_low);
    for (uint32_t i = 0; i < term->range_count; i++) {
        if (ranges[i].low > ranges[i].high)
            continue;
        if (count == 0 || (ranges[count - 1].high < INT64_MAX && ranges[i].low > ranges[count - 1].high + 1))
            ranges[count++] = ranges[i];
        else if (ranges[i].high > ranges[count - 1].high)
            ranges[count - 1].high = ranges[i].high;
    }
    term->range_count = count;
}

static enum fl_status take_items(struct fl_term *term, const struct fl_node *set, struct fl_arena *arena)
{
    term->range_count = set->item_count;
    term->ranges = fl_arena_alloc(arena, ((size_t)set->item_count + 1) * sizeof *term->ranges);
    if (term->ranges == NULL)
        return FL_E_NOMEM;
    for (uint32_t i = 0; i < set->item_count; i++)
        term->ranges[i] = (struct fl_range){set->items[i].low, set->items[i].high};
    merge_ranges(term);
    return FL_OK;
}

/* A flag alone: true for 1. */
static enum fl_status take_flag(struct fl_term *term, struct fl_arena *arena)
{
    term->range_count = 1;
    term->ranges = fl_arena_alloc(arena, sizeof *term->ranges);
    if (term->ranges == NULL)
        return FL_E_NOMEM;
    term->ranges[0] = (struct fl_range){1, 1};
    return FL_OK;
}

static void classify_field(struct fl_term *term, const struct fl_node *field)
{
    term->field = field->field;
    switch (fl_fields[field->field].storage) {
    case FL_S_U8:
    case FL_S_U16:
        term->kind = FL_TERM_NARROW;
        return;
    case FL_S_I64:
        term->kind = FL_TERM_RANGES;
        return;
    case FL_S_ADDR:
        term->kind = FL_TERM_ADDR;
        return;
    case FL_S_U32:
        term->kind = FL_TERM_TEXT;
        return;
    }
}

enum fl_status fl_term_classify(struct fl_term *term, struct fl_arena *arena)
{
    const struct fl_node *node = term->node;
    term->kind = FL_TERM_GENERIC;
    term->field = FL_FIELD_NONE;
    if (node->kind == FL_N_FIELD) {
        classify_field(term, node);
        return take_flag(term, arena);
    }
    if (node->left == NULL || node->left->kind != FL_N_FIELD)
        return FL_OK;
    if (node->kind == FL_N_IS_NULL) {
        term->kind = FL_TERM_NULL;
        term->field = node->left->field;
        return FL_OK;
    }
    if (node->kind == FL_N_MATCHES) {
        classify_field(term, node->left);
        return FL_OK;
    }
    if (node->kind == FL_N_IN) {
        classify_field(term, node->left);
        bool ranges = term->kind == FL_TERM_NARROW || term->kind == FL_TERM_RANGES;
        return ranges ? take_items(term, node->right, arena) : FL_OK;
    }
    if (node->kind != FL_N_COMPARE || !is_constant(node->right))
        return FL_OK;
    enum fl_type constant = node->right->type;
    if (constant == FL_T_STR) {
        classify_field(term, node->left);
        return FL_OK;
    }
    if (constant == FL_T_ADDR || constant == FL_T_RATIO || node->right->literal.i > INT64_MAX ||
        node->right->literal.i < INT64_MIN)
        return FL_OK;
    classify_field(term, node->left);
    return take_compare(term, arena);
}
