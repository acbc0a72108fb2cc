/* facts.c: what a condition says of each name: ranges of numbers, classes of addresses, tests of texts. */
#include "core/expr/facts.h"

#include <stdlib.h>
#include <string.h>

static const struct fl_facts IMPOSSIBLE = {true, NULL};
static const struct fl_facts NOTHING = {false, NULL};

/* ---- ranges ---- */

static int compare_ranges(const void *a, const void *b)
{
    const struct fl_value_range *x = a, *y = b;
    return x->low < y->low ? -1 : x->low > y->low;
}

/* Sorts, and joins what touches. */
static uint32_t tidy(struct fl_value_range *ranges, uint32_t count)
{
    uint32_t kept = 0;
    if (count > 1)
        qsort(ranges, count, sizeof *ranges, compare_ranges);
    for (uint32_t i = 0; i < count; i++) {
        if (ranges[i].low > ranges[i].high)
            continue;
        if (kept > 0 && (ranges[kept - 1].high == INT64_MAX || ranges[i].low <= ranges[kept - 1].high + 1)) {
            if (ranges[i].high > ranges[kept - 1].high)
                ranges[kept - 1].high = ranges[i].high;
        } else {
            ranges[kept++] = ranges[i];
        }
    }
    return kept;
}

static int64_t least_of(const struct fl_domains *d, const struct fl_node *name)
{
    if (name->kind != FL_N_SLOT || d->slots.least == NULL)
        return name->kind == FL_N_FIELD && name->type == FL_T_INT ? 0 : INT64_MIN;
    return d->slots.least(d->slots.context, name->slot, name->member);
}

/* What values the name can have at all. */
static struct fl_value_range domain_of(const struct fl_domains *d, const struct fl_node *name)
{
    enum fl_type type = name->type;
    if (name->kind == FL_N_FIELD && name->field == FL_F_HOUR)
        return (struct fl_value_range){0, 23};
    if (name->kind == FL_N_FIELD && name->field == FL_F_WEEKDAY)
        return (struct fl_value_range){1, 7};
    if (type == FL_T_BOOL)
        return (struct fl_value_range){0, 1};
    if (type == FL_T_U8)
        return (struct fl_value_range){0, 255};
    if (type == FL_T_PORT)
        return (struct fl_value_range){0, 65535};
    if (fl_type_is_enum(type)) {
        int64_t last = 0;
        while (fl_enum_text(type, (uint32_t)last + 1) != NULL)
            last++;
        return (struct fl_value_range){0, last};
    }
    return (struct fl_value_range){least_of(d, name), INT64_MAX};
}

static void intersect(struct fl_domains *d, struct fl_fact *a, const struct fl_value_range *b, uint32_t b_count)
{
    struct fl_value_range *out = fl_domains_take(d, (size_t)a->range_count + b_count, sizeof *out);
    uint32_t n = 0, i = 0, k = 0;
    while (out != NULL && i < a->range_count && k < b_count) {
        struct fl_value_range both = {a->ranges[i].low > b[k].low ? a->ranges[i].low : b[k].low,
                                      a->ranges[i].high < b[k].high ? a->ranges[i].high : b[k].high};
        if (both.low <= both.high)
            out[n++] = both;
        if (a->ranges[i].high < b[k].high)
            i++;
        else
            k++;
    }
    a->ranges = out;
    a->range_count = out == NULL ? 0 : n;
}

static uint32_t complement(const struct fl_value_range *in, uint32_t count, struct fl_value_range *out)
{
    uint32_t n = 0;
    int64_t from = INT64_MIN;
    for (uint32_t i = 0; i < count; i++) {
        if (in[i].low > from)
            out[n++] = (struct fl_value_range){from, in[i].low - 1};
        if (in[i].high == INT64_MAX)
            return n;
        from = in[i].high + 1;
    }
    out[n++] = (struct fl_value_range){from, INT64_MAX};
    return n;
}

static struct fl_value_range compared(enum fl_op op, int64_t c, bool *ok)
{
    *ok = true;
    switch (op) {
    case FL_OP_EQ:
    case FL_OP_NE: /* the caller turns it round */
        return (struct fl_value_range){c, c};
    case FL_OP_LT:
        *ok = c > INT64_MIN;
        return (struct fl_value_range){INT64_MIN, c - (c > INT64_MIN)};
    case FL_OP_LE:
        return (struct fl_value_range){INT64_MIN, c};
    case FL_OP_GT:
        *ok = c < INT64_MAX;
        return (struct fl_value_range){c + (c < INT64_MAX), INT64_MAX};
    default:
        return (struct fl_value_range){c, INT64_MAX};
    }
}

static void set_ranges(struct fl_domains *d, struct fl_fact *f, const struct fl_node *name,
                       struct fl_value_range *ranges, uint32_t count, bool negated)
{
    struct fl_value_range whole = domain_of(d, name);
    count = tidy(ranges, count);
    if (negated) {
        struct fl_value_range *rest = fl_domains_take(d, (size_t)count + 1, sizeof *rest);
        count = rest == NULL ? 0 : complement(ranges, count, rest);
        ranges = rest;
    }
    f->has_ranges = true;
    f->ranges = ranges;
    f->range_count = count;
    intersect(d, f, &whole, 1);
}

/* ---- facts ---- */

static bool is_name(const struct fl_node *node)
{
    return node != NULL && (node->kind == FL_N_FIELD || node->kind == FL_N_SLOT);
}

static struct fl_fact *new_fact(struct fl_domains *d, const struct fl_node *name)
{
    struct fl_fact *f = fl_domains_take(d, 1, sizeof *f);
    if (f == NULL)
        return NULL;
    f->key = name->kind == FL_N_FIELD ? name->field : fl_fact_slot_key(name->slot, name->member);
    f->is_known = true;
    return f;
}

/* Is a value of the test written as a parameter? */
static bool by_param(const struct fl_domains *d, const struct fl_node *value)
{
    if (d->text == NULL || value == NULL)
        return false;
    size_t len = strlen(d->text);
    if (value->at >= len)
        return false;
    const char *at = d->text + value->at;
    if (*at == '{') {
        const char *end = strchr(at, '}'), *sign = strchr(at, '$');
        return sign != NULL && (end == NULL || sign < end);
    }
    return *at == '$';
}

/* accepted and rejected speak of one column. */
static struct fl_facts of_flag(struct fl_domains *d, const struct fl_node *node, bool negated)
{
    struct fl_fact *f = new_fact(d, node);
    struct fl_value_range *one = fl_domains_take(d, 1, sizeof *one);
    if (f == NULL || one == NULL)
        return NOTHING;
    bool wanted = !negated;
    if (node->kind == FL_N_FIELD && (node->field == FL_F_ACCEPTED || node->field == FL_F_REJECTED)) {
        f->key = FL_F_ACTION;
        bool accept = (node->field == FL_F_ACCEPTED) == wanted;
        *one = accept ? (struct fl_value_range){FL_ACTION_ACCEPT, FL_ACTION_ACCEPT}
                      : (struct fl_value_range){FL_ACTION_REJECT, FL_ACTION_REJECT};
    } else {
        *one = (struct fl_value_range){wanted, wanted};
    }
    f->has_ranges = true;
    f->ranges = one;
    f->range_count = 1;
    return (struct fl_facts){false, f};
}

static struct fl_facts of_addresses(struct fl_domains *d, const struct fl_node *node, bool negated)
{
    struct fl_fact *f = new_fact(d, node->left);
    uint64_t *classes = fl_domains_take(d, fl_domains_class_words(d), sizeof *classes);
    bool any = false;
    if (f == NULL || classes == NULL)
        return NOTHING;
    for (uint32_t c = 0; c < d->sets.class_count; c++) {
        if (!fl_class_marked(d->real, c) || !fl_domains_class_is(d, c, node->right, negated))
            continue;
        fl_class_mark(classes, c);
        any = true;
    }
    f->classes = classes;
    return any ? (struct fl_facts){false, f} : IMPOSSIBLE;
}

static bool text_passes(const struct fl_text_test *t, struct fl_str text)
{
    const struct fl_node *right = t->node->right;
    bool result = false;
    if (t->node->kind == FL_N_IN)
        for (uint32_t i = 0; i < right->item_count; i++)
            result |= fl_str_equal(right->items[i].text, text);
    else if (t->node->kind == FL_N_MATCHES)
        result = fl_glob_match(right->literal.str, text);
    else if (t->node->op == FL_OP_EQ || t->node->op == FL_OP_NE)
        result = fl_str_equal(right->literal.str, text) == (t->node->op == FL_OP_EQ);
    else
        return true;
    return result != t->negated;
}

static bool passes_all(const struct fl_text_test *tests, struct fl_str text)
{
    for (; tests != NULL; tests = tests->next)
        if (!text_passes(tests, text))
            return false;
    return true;
}

/* A pattern that every text fits. */
static bool is_any_text(struct fl_str pattern)
{
    for (size_t i = 0; i < pattern.len; i++)
        if (pattern.ptr[i] != '*')
            return false;
    return pattern.len > 0;
}

/* A pattern that one text fits: itself. */
static bool is_plain(struct fl_str pattern)
{
    for (size_t i = 0; i < pattern.len; i++)
        if (memchr("*?[\\", pattern.ptr[i], 4) != NULL)
            return false;
    return true;
}

/* A log has no empty text; an inventory and a group may. */
static bool can_be(const struct fl_fact *f, struct fl_str text)
{
    return (text.len > 0 || f->key >= FL_DERIVED_FIRST) && passes_all(f->texts, text);
}

/* Some test names all texts that can be: does none of them pass the others? */
static bool no_text(const struct fl_fact *f)
{
    for (const struct fl_text_test *t = f->texts; t != NULL; t = t->next) {
        const struct fl_node *n = t->node;
        bool some = false;
        if ((n->kind == FL_N_COMPARE && n->op == (t->negated ? FL_OP_NE : FL_OP_EQ)) ||
            (n->kind == FL_N_MATCHES && !t->negated && is_plain(n->right->literal.str)))
            return !can_be(f, n->right->literal.str);
        if (n->kind != FL_N_IN || t->negated)
            continue;
        for (uint32_t i = 0; i < n->right->item_count && !some; i++)
            some = can_be(f, n->right->items[i].text);
        return !some;
    }
    return false;
}

static struct fl_facts of_texts(struct fl_domains *d, const struct fl_node *node, bool negated)
{
    struct fl_fact *f = new_fact(d, node->left);
    struct fl_text_test *test = fl_domains_take(d, 1, sizeof *test);
    if (f == NULL || test == NULL)
        return NOTHING;
    *test = (struct fl_text_test){node, negated, NULL};
    f->texts = test;
    if (node->kind == FL_N_MATCHES && negated && is_any_text(node->right->literal.str))
        return IMPOSSIBLE;
    return no_text(f) ? IMPOSSIBLE : (struct fl_facts){false, f};
}

static struct fl_facts of_items(struct fl_domains *d, const struct fl_node *node, bool negated)
{
    struct fl_fact *f = new_fact(d, node->left);
    struct fl_value_range *ranges = fl_domains_take(d, node->right->item_count, sizeof *ranges);
    if (f == NULL || ranges == NULL)
        return NOTHING;
    for (uint32_t i = 0; i < node->right->item_count; i++)
        ranges[i] = (struct fl_value_range){node->right->items[i].low, node->right->items[i].high};
    set_ranges(d, f, node->left, ranges, node->right->item_count, negated);
    return f->range_count == 0 && !d->nomem ? IMPOSSIBLE : (struct fl_facts){false, f};
}

static struct fl_facts of_number(struct fl_domains *d, const struct fl_node *node, bool negated)
{
    bool fits = node->right->literal.i >= INT64_MIN && node->right->literal.i <= INT64_MAX, ok;
    struct fl_fact *f = new_fact(d, node->left);
    struct fl_value_range *range = fl_domains_take(d, 1, sizeof *range);
    if (f == NULL || range == NULL || !fits)
        return NOTHING;
    *range = compared(node->op, (int64_t)node->right->literal.i, &ok);
    set_ranges(d, f, node->left, range, ok, negated != (node->op == FL_OP_NE));
    return f->range_count == 0 && !d->nomem ? IMPOSSIBLE : (struct fl_facts){false, f};
}

static bool same_name(const struct fl_node *a, const struct fl_node *b)
{
    return is_name(a) && is_name(b) && a->kind == b->kind &&
           (a->kind == FL_N_FIELD ? a->field == b->field : a->slot == b->slot && a->member == b->member);
}

static struct fl_facts of_known(struct fl_domains *d, const struct fl_node *node)
{
    struct fl_fact *f = is_name(node) ? new_fact(d, node) : NULL;
    return f == NULL ? NOTHING : (struct fl_facts){false, f};
}

/* A name compared with itself. */
static struct fl_facts of_itself(struct fl_domains *d, const struct fl_node *node, bool negated)
{
    bool holds = node->op == FL_OP_EQ || node->op == FL_OP_LE || node->op == FL_OP_GE;
    return holds != negated ? of_known(d, node->left) : IMPOSSIBLE;
}

/* An exact fraction: all that is known of it is how small it can be. */
static struct fl_facts of_fraction(struct fl_domains *d, const struct fl_node *node, bool negated)
{
    int64_t least = least_of(d, node->left);
    const struct fl_value *c = &node->right->literal;
    if (node->kind != FL_N_COMPARE || node->left->type != FL_T_RATIO || node->right->type != FL_T_INT ||
        least == INT64_MIN || c->i > least)
        return of_known(d, node->left);
    bool below = c->i < least,
         always = node->op == FL_OP_GE || (below && (node->op == FL_OP_GT || node->op == FL_OP_NE));
    bool never = node->op == FL_OP_LT || (below && (node->op == FL_OP_LE || node->op == FL_OP_EQ));
    return (negated ? always : never) ? IMPOSSIBLE : of_known(d, node->left);
}

static struct fl_facts of_null(struct fl_domains *d, const struct fl_node *node, bool negated)
{
    struct fl_facts facts = of_known(d, node->left);
    if (facts.first != NULL && !negated) {
        facts.first->is_known = false;
        facts.first->is_null = true;
    }
    return facts;
}

/* A test that names nothing: it is what it is. */
static struct fl_facts of_constant(const struct fl_node *node, bool negated)
{
    struct fl_eval eval = {NULL, NULL, NULL};
    struct fl_value value = fl_expr_eval(node, &eval);
    return value.type == FL_T_BOOL && (value.i != 0) != negated ? NOTHING : IMPOSSIBLE;
}

static bool names_something(const struct fl_node *node)
{
    return node != NULL && (is_name(node) || names_something(node->left) || names_something(node->right));
}

static struct fl_facts of_leaf(struct fl_domains *d, const struct fl_node *node, bool negated)
{
    if (is_name(node))
        return of_flag(d, node, negated);
    if (node->kind == FL_N_IS_NULL)
        return of_null(d, node, negated);
    if (by_param(d, node->right) || by_param(d, node->left) || by_param(d, node))
        return of_known(d, node->left);
    if (!names_something(node))
        return of_constant(node, negated);
    if (!is_name(node->left) || node->right == NULL)
        return NOTHING;
    enum fl_type type = node->left->type;
    if (node->kind == FL_N_COMPARE && same_name(node->left, node->right))
        return of_itself(d, node, negated);
    bool constant = node->right->kind == FL_N_SET || node->right->kind == FL_N_LITERAL;
    if (!constant)
        return of_known(d, node->left);
    if (type == FL_T_ADDR)
        return of_addresses(d, node, negated != (node->kind == FL_N_COMPARE && node->op == FL_OP_NE));
    if (type == FL_T_STR)
        return of_texts(d, node, negated);
    if (type == FL_T_RATIO || type == FL_T_LIST || node->right->type == FL_T_RATIO)
        return of_fraction(d, node, negated);
    return node->kind == FL_N_IN ? of_items(d, node, negated) : of_number(d, node, negated);
}

/* into becomes what both say; false: they contradict. */
static bool both_hold(struct fl_domains *d, struct fl_fact *into, const struct fl_fact *other)
{
    into->is_null |= other->is_null;
    into->is_known |= other->is_known;
    if (into->is_null && into->is_known)
        return false;
    if (into->has_ranges && other->has_ranges) {
        intersect(d, into, other->ranges, other->range_count);
        if (into->range_count == 0 && !d->nomem)
            return false;
    } else if (other->has_ranges) {
        into->has_ranges = true;
        into->ranges = other->ranges;
        into->range_count = other->range_count;
    }
    if (other->classes != NULL) {
        uint64_t *classes = fl_domains_take(d, fl_domains_class_words(d), sizeof *classes), any = 0;
        for (size_t w = 0; classes != NULL && w < fl_domains_class_words(d); w++)
            any |= classes[w] = other->classes[w] & (into->classes != NULL ? into->classes[w] : ~UINT64_C(0));
        into->classes = classes;
        if (any == 0 && !d->nomem)
            return false;
    }
    for (const struct fl_text_test *t = other->texts; t != NULL; t = t->next) {
        struct fl_text_test *copy = fl_domains_take(d, 1, sizeof *copy);
        if (copy == NULL)
            return true;
        *copy = (struct fl_text_test){t->node, t->negated, into->texts};
        into->texts = copy;
    }
    return !no_text(into);
}

struct fl_fact *fl_facts_find(struct fl_facts facts, uint32_t key)
{
    for (struct fl_fact *f = facts.first; f != NULL; f = f->next)
        if (f->key == key)
            return f;
    return NULL;
}

static struct fl_facts conjunction(struct fl_domains *d, struct fl_facts a, struct fl_facts b)
{
    if (a.impossible || b.impossible)
        return IMPOSSIBLE;
    for (struct fl_fact *next, *f = b.first; f != NULL; f = next) {
        next = f->next;
        struct fl_fact *same = fl_facts_find(a, f->key);
        if (same == NULL) {
            f->next = a.first;
            a.first = f;
        } else if (!both_hold(d, same, f)) {
            return IMPOSSIBLE;
        }
    }
    return a;
}

/* What either leaves open, of names that both bound. */
static struct fl_facts disjunction(struct fl_domains *d, struct fl_facts a, struct fl_facts b)
{
    if (a.impossible || b.impossible)
        return a.impossible ? b : a;
    struct fl_facts out = NOTHING;
    for (struct fl_fact *next, *f = a.first; f != NULL; f = next) {
        next = f->next;
        const struct fl_fact *g = fl_facts_find(b, f->key);
        if (g == NULL)
            continue;
        f->is_null &= g->is_null;
        f->is_known &= g->is_known;
        f->has_ranges &= g->has_ranges;
        f->texts = NULL;
        if (f->has_ranges) {
            struct fl_value_range *all = fl_domains_take(d, (size_t)f->range_count + g->range_count, sizeof *all);
            if (all == NULL)
                return NOTHING;
            if (f->range_count > 0)
                memcpy(all, f->ranges, f->range_count * sizeof *all);
            if (g->range_count > 0)
                memcpy(all + f->range_count, g->ranges, g->range_count * sizeof *all);
            f->range_count = tidy(all, f->range_count + g->range_count);
            f->ranges = all;
        }
        for (size_t w = 0; f->classes != NULL && g->classes != NULL && w < fl_domains_class_words(d); w++)
            f->classes[w] |= g->classes[w];
        if (g->classes == NULL)
            f->classes = NULL;
        f->next = out.first;
        out.first = f;
    }
    return out;
}

struct fl_facts fl_facts_of(struct fl_domains *d, const struct fl_node *node, bool negated)
{
    if (node->kind == FL_N_NOT)
        return fl_facts_of(d, node->left, !negated);
    if (node->kind != FL_N_AND && node->kind != FL_N_OR)
        return of_leaf(d, node, negated);
    struct fl_facts a = fl_facts_of(d, node->left, negated), b = fl_facts_of(d, node->right, negated);
    return (node->kind == FL_N_AND) != negated ? conjunction(d, a, b) : disjunction(d, a, b);
}
