#include "core/expr/domain.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

/* A number of the prefix sets for each literal prefix, found by what it stands in. */
struct literal {
    const void *owner; /* set item, or literal node */
    uint32_t set;
};

struct fl_domains {
    struct fl_arena arena;
    struct fl_network_source networks;
    struct fl_prefix_sets sets;
    struct literal *literals;
    uint32_t literal_count, literal_capacity;
    uint64_t *real;   /* classes that some address has */
    const char *text; /* of the condition at hand */
    bool nomem;
};

struct range {
    int64_t low, high;
};

/* A test of a text: candidates come from those that name texts. */
struct text_test {
    const struct fl_node *node;
    bool negated;
    const struct text_test *next;
};

/* What is known of one name where the condition is true. */
struct fact {
    uint32_t key; /* field, or FL_FIELD_COUNT + slot */
    bool is_null, is_known;
    bool has_ranges;
    struct range *ranges; /* ascending, apart */
    uint32_t range_count;
    uint64_t *classes; /* of addresses; NULL: no bound */
    const struct text_test *texts;
    struct fact *next;
};

/* NULL with impossible: no record satisfies it. */
struct facts {
    bool impossible;
    struct fact *first;
};

static const struct facts IMPOSSIBLE = {true, NULL};
static const struct facts NOTHING = {false, NULL};

struct fl_domains *fl_domains_new(const struct fl_network_source *networks)
{
    struct fl_domains *d = fl_alloc_zero(1, sizeof *d);
    if (d == NULL)
        return NULL;
    fl_arena_init(&d->arena);
    fl_prefix_sets_init(&d->sets);
    d->networks = *networks;
    return d;
}

void fl_domains_free(struct fl_domains *d)
{
    if (d == NULL)
        return;
    fl_prefix_sets_dispose(&d->sets);
    fl_free(d->literals);
    fl_arena_dispose(&d->arena);
    fl_free(d);
}

static void *take(struct fl_domains *d, size_t count, size_t bytes)
{
    void *block = fl_arena_alloc(&d->arena, (count + 1) * bytes);
    if (block == NULL)
        d->nomem = true;
    else
        memset(block, 0, (count + 1) * bytes);
    return block;
}

static size_t class_words(const struct fl_domains *d)
{
    return (d->sets.class_count + 63) / 64;
}

static void mark(uint64_t *classes, uint32_t class_id)
{
    classes[class_id >> 6] |= UINT64_C(1) << (class_id & 63);
}

static bool is_marked(const uint64_t *classes, uint32_t class_id)
{
    return classes[class_id >> 6] >> (class_id & 63) & 1;
}

static void find_real_classes(struct fl_domains *d)
{
    for (uint32_t i = 0; i < 65536; i++)
        if (!(d->sets.v4_top[i] & FL_PREFIX_BLOCK))
            mark(d->real, d->sets.v4_top[i]);
    for (uint64_t i = 0; i < (uint64_t)d->sets.v4_block_count * 256; i++)
        if (!(d->sets.v4_blocks[i] & FL_PREFIX_BLOCK))
            mark(d->real, d->sets.v4_blocks[i]);
    for (uint32_t i = 0; i < d->sets.v6_count; i++)
        mark(d->real, d->sets.v6_classes[i]);
}

/* ---- adding ---- */

static enum fl_status add_prefix(struct fl_domains *d, const void *owner, struct fl_prefix prefix)
{
    if (!fl_grow((void **)&d->literals, &d->literal_capacity, d->literal_count + 1, sizeof *d->literals))
        return FL_E_NOMEM;
    uint32_t set = d->networks.count + d->literal_count;
    d->literals[d->literal_count++] = (struct literal){owner, set};
    return fl_prefix_sets_add(&d->sets, set, prefix, false);
}

enum fl_status fl_domains_add(struct fl_domains *d, const struct fl_node *node)
{
    enum fl_status status = FL_OK;
    if (node == NULL)
        return FL_OK;
    if (node->kind == FL_N_LITERAL && node->type == FL_T_ADDR)
        status = add_prefix(d, node, (struct fl_prefix){node->literal.addr, 128});
    for (uint32_t i = 0; i < node->item_count && status == FL_OK; i++)
        if (node->items[i].kind == FL_ITEM_PREFIX)
            status = add_prefix(d, &node->items[i], node->items[i].prefix);
    if (status == FL_OK)
        status = fl_domains_add(d, node->left);
    return status == FL_OK ? fl_domains_add(d, node->right) : status;
}

static int compare_literals(const void *a, const void *b)
{
    const char *x = ((const struct literal *)a)->owner, *y = ((const struct literal *)b)->owner;
    return x < y ? -1 : x > y;
}

enum fl_status fl_domains_build(struct fl_domains *d)
{
    enum fl_status status = FL_OK;
    for (uint32_t n = 0; n < d->networks.count && status == FL_OK; n++)
        status = d->networks.add(d->networks.context, n, &d->sets, n);
    if (d->sets.set_count < d->networks.count + d->literal_count)
        d->sets.set_count = d->networks.count + d->literal_count;
    if (d->literal_count > 0)
        qsort(d->literals, d->literal_count, sizeof *d->literals, compare_literals);
    if (status == FL_OK)
        status = fl_prefix_sets_build(&d->sets);
    if (status == FL_OK && (d->real = take(d, class_words(d), sizeof *d->real)) == NULL)
        status = FL_E_NOMEM;
    if (status == FL_OK)
        find_real_classes(d);
    return status;
}

/* ---- addresses ---- */

static uint32_t literal_set(const struct fl_domains *d, const void *owner)
{
    struct literal wanted = {owner, 0};
    const struct literal *found =
        d->literal_count == 0 ? NULL
                              : bsearch(&wanted, d->literals, d->literal_count, sizeof *d->literals, compare_literals);
    return found == NULL ? UINT32_MAX : found->set;
}

static bool is_bound(const struct fl_domains *d, uint32_t network)
{
    return d->networks.vpc(d->networks.context, network) != NULL ||
           d->networks.account(d->networks.context, network) != NULL;
}

/* Is the class of addresses in the set: for certain, or perhaps? */
static bool class_in_set(const struct fl_domains *d, uint32_t class_id, const struct fl_node *set, bool certain)
{
    for (uint32_t i = 0; i < set->item_count; i++) {
        const struct fl_set_item *item = &set->items[i];
        uint32_t number = item->kind == FL_ITEM_NETWORK ? item->network : literal_set(d, item);
        if (certain && item->kind == FL_ITEM_NETWORK && is_bound(d, item->network))
            continue;
        if (number != UINT32_MAX && fl_prefix_sets_has(&d->sets, class_id, number))
            return true;
    }
    return false;
}

static bool class_is(const struct fl_domains *d, uint32_t class_id, const struct fl_node *right, bool negated)
{
    if (right->kind == FL_N_SET)
        return class_in_set(d, class_id, right, negated) != negated;
    uint32_t set = literal_set(d, right);
    return set == UINT32_MAX || fl_prefix_sets_has(&d->sets, class_id, set) != negated;
}

bool fl_domains_disjoint(const struct fl_domains *d, const struct fl_node *a, const struct fl_node *b)
{
    if (a->type == FL_T_ADDR) {
        for (uint32_t c = 0; c < d->sets.class_count; c++)
            if (is_marked(d->real, c) && class_in_set(d, c, a, false) && class_in_set(d, c, b, false))
                return false;
        return true;
    }
    for (uint32_t i = 0; i < a->item_count; i++)
        for (uint32_t k = 0; k < b->item_count; k++)
            if (a->items[i].low <= b->items[k].high && b->items[k].low <= a->items[i].high)
                return false;
    return true;
}

bool fl_domains_within(const struct fl_domains *d, const struct fl_node *inner, const struct fl_node *outer)
{
    if (inner->type == FL_T_ADDR) {
        for (uint32_t c = 0; c < d->sets.class_count; c++)
            if (is_marked(d->real, c) && class_in_set(d, c, inner, false) && !class_in_set(d, c, outer, true))
                return false;
        return true;
    }
    for (uint32_t i = 0; i < inner->item_count; i++) {
        bool held = false;
        for (uint32_t k = 0; k < outer->item_count; k++)
            held |= inner->items[i].low >= outer->items[k].low && inner->items[i].high <= outer->items[k].high;
        if (!held)
            return false;
    }
    return true;
}

/* ---- ranges ---- */

static int compare_ranges(const void *a, const void *b)
{
    const struct range *x = a, *y = b;
    return x->low < y->low ? -1 : x->low > y->low;
}

/* Sorts, and joins what touches. */
static uint32_t tidy(struct range *ranges, uint32_t count)
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

/* What values the name can have at all. */
static struct range domain_of(const struct fl_node *name)
{
    enum fl_type type = name->type;
    if (name->kind == FL_N_FIELD && name->field == FL_F_HOUR)
        return (struct range){0, 23};
    if (name->kind == FL_N_FIELD && name->field == FL_F_WEEKDAY)
        return (struct range){1, 7};
    if (type == FL_T_BOOL)
        return (struct range){0, 1};
    if (type == FL_T_U8)
        return (struct range){0, 255};
    if (type == FL_T_PORT)
        return (struct range){0, 65535};
    if (type == FL_T_INT && name->kind == FL_N_FIELD)
        return (struct range){0, INT64_MAX};
    if (fl_type_is_enum(type)) {
        int64_t last = 0;
        while (fl_enum_text(type, (uint32_t)last + 1) != NULL)
            last++;
        return (struct range){0, last};
    }
    return (struct range){INT64_MIN, INT64_MAX};
}

static void intersect(struct fl_domains *d, struct fact *a, const struct range *b, uint32_t b_count)
{
    struct range *out = take(d, (size_t)a->range_count + b_count, sizeof *out);
    uint32_t n = 0, i = 0, k = 0;
    while (out != NULL && i < a->range_count && k < b_count) {
        struct range both = {a->ranges[i].low > b[k].low ? a->ranges[i].low : b[k].low,
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

static uint32_t complement(const struct range *in, uint32_t count, struct range *out)
{
    uint32_t n = 0;
    int64_t from = INT64_MIN;
    for (uint32_t i = 0; i < count; i++) {
        if (in[i].low > from)
            out[n++] = (struct range){from, in[i].low - 1};
        if (in[i].high == INT64_MAX)
            return n;
        from = in[i].high + 1;
    }
    out[n++] = (struct range){from, INT64_MAX};
    return n;
}

static struct range compared(enum fl_op op, int64_t c, bool *ok)
{
    *ok = true;
    switch (op) {
    case FL_OP_EQ:
    case FL_OP_NE: /* the caller turns it round */
        return (struct range){c, c};
    case FL_OP_LT:
        *ok = c > INT64_MIN;
        return (struct range){INT64_MIN, c - (c > INT64_MIN)};
    case FL_OP_LE:
        return (struct range){INT64_MIN, c};
    case FL_OP_GT:
        *ok = c < INT64_MAX;
        return (struct range){c + (c < INT64_MAX), INT64_MAX};
    default:
        return (struct range){c, INT64_MAX};
    }
}

static void set_ranges(struct fl_domains *d, struct fact *f, const struct fl_node *name, struct range *ranges,
                       uint32_t count, bool negated)
{
    struct range whole = domain_of(name);
    count = tidy(ranges, count);
    if (negated) {
        struct range *rest = take(d, (size_t)count + 1, sizeof *rest);
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

static struct fact *new_fact(struct fl_domains *d, const struct fl_node *name)
{
    struct fact *f = take(d, 1, sizeof *f);
    if (f == NULL)
        return NULL;
    f->key = name->kind == FL_N_FIELD ? name->field : FL_FIELD_COUNT + name->slot;
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
static struct facts of_flag(struct fl_domains *d, const struct fl_node *node, bool negated)
{
    struct fact *f = new_fact(d, node);
    struct range *one = take(d, 1, sizeof *one);
    if (f == NULL || one == NULL)
        return NOTHING;
    bool wanted = !negated;
    if (node->kind == FL_N_FIELD && (node->field == FL_F_ACCEPTED || node->field == FL_F_REJECTED)) {
        f->key = FL_F_ACTION;
        bool accept = (node->field == FL_F_ACCEPTED) == wanted;
        *one = accept ? (struct range){FL_ACTION_ACCEPT, FL_ACTION_ACCEPT}
                      : (struct range){FL_ACTION_REJECT, FL_ACTION_REJECT};
    } else {
        *one = (struct range){wanted, wanted};
    }
    f->has_ranges = true;
    f->ranges = one;
    f->range_count = 1;
    return (struct facts){false, f};
}

static struct facts of_addresses(struct fl_domains *d, const struct fl_node *node, bool negated)
{
    struct fact *f = new_fact(d, node->left);
    uint64_t *classes = take(d, class_words(d), sizeof *classes);
    bool any = false;
    if (f == NULL || classes == NULL)
        return NOTHING;
    for (uint32_t c = 0; c < d->sets.class_count; c++) {
        if (!is_marked(d->real, c) || !class_is(d, c, node->right, negated))
            continue;
        mark(classes, c);
        any = true;
    }
    f->classes = classes;
    return any ? (struct facts){false, f} : IMPOSSIBLE;
}

static struct facts of_texts(struct fl_domains *d, const struct fl_node *node, bool negated)
{
    struct fact *f = new_fact(d, node->left);
    struct text_test *test = take(d, 1, sizeof *test);
    if (f == NULL || test == NULL)
        return NOTHING;
    *test = (struct text_test){node, negated, NULL};
    f->texts = test;
    bool empty = node->kind == FL_N_IN && node->right->item_count == 0;
    return empty && !negated ? IMPOSSIBLE : (struct facts){false, f};
}

static struct facts of_items(struct fl_domains *d, const struct fl_node *node, bool negated)
{
    struct fact *f = new_fact(d, node->left);
    struct range *ranges = take(d, node->right->item_count, sizeof *ranges);
    if (f == NULL || ranges == NULL)
        return NOTHING;
    for (uint32_t i = 0; i < node->right->item_count; i++)
        ranges[i] = (struct range){node->right->items[i].low, node->right->items[i].high};
    set_ranges(d, f, node->left, ranges, node->right->item_count, negated);
    return f->range_count == 0 && !d->nomem ? IMPOSSIBLE : (struct facts){false, f};
}

static struct facts of_number(struct fl_domains *d, const struct fl_node *node, bool negated)
{
    bool fits = node->right->literal.i >= INT64_MIN && node->right->literal.i <= INT64_MAX, ok;
    struct fact *f = new_fact(d, node->left);
    struct range *range = take(d, 1, sizeof *range);
    if (f == NULL || range == NULL || !fits)
        return NOTHING;
    *range = compared(node->op, (int64_t)node->right->literal.i, &ok);
    set_ranges(d, f, node->left, range, ok, negated != (node->op == FL_OP_NE));
    return f->range_count == 0 && !d->nomem ? IMPOSSIBLE : (struct facts){false, f};
}

static struct facts of_known(struct fl_domains *d, const struct fl_node *node)
{
    struct fact *f = is_name(node) ? new_fact(d, node) : NULL;
    return f == NULL ? NOTHING : (struct facts){false, f};
}

static struct facts of_null(struct fl_domains *d, const struct fl_node *node, bool negated)
{
    struct facts facts = of_known(d, node->left);
    if (facts.first != NULL && !negated) {
        facts.first->is_known = false;
        facts.first->is_null = true;
    }
    return facts;
}

/* A test that names nothing: it is what it is. */
static struct facts of_constant(const struct fl_node *node, bool negated)
{
    struct fl_eval eval = {NULL, NULL, NULL};
    struct fl_value value = fl_expr_eval(node, &eval);
    return value.type == FL_T_BOOL && (value.i != 0) != negated ? NOTHING : IMPOSSIBLE;
}

static bool names_something(const struct fl_node *node)
{
    return node != NULL && (is_name(node) || names_something(node->left) || names_something(node->right));
}

static struct facts of_leaf(struct fl_domains *d, const struct fl_node *node, bool negated)
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
    bool constant = node->right->kind == FL_N_SET || node->right->kind == FL_N_LITERAL;
    if (!constant)
        return of_known(d, node->left);
    if (type == FL_T_ADDR)
        return of_addresses(d, node, negated != (node->kind == FL_N_COMPARE && node->op == FL_OP_NE));
    if (type == FL_T_STR)
        return of_texts(d, node, negated);
    if (type == FL_T_RATIO || type == FL_T_LIST || node->right->type == FL_T_RATIO)
        return of_known(d, node->left);
    return node->kind == FL_N_IN ? of_items(d, node, negated) : of_number(d, node, negated);
}

static bool text_passes(const struct text_test *t, struct fl_str text)
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

static bool passes_all(const struct text_test *tests, struct fl_str text)
{
    for (; tests != NULL; tests = tests->next)
        if (!text_passes(tests, text))
            return false;
    return true;
}

/* Some test names all texts that can be: does none of them pass the others? */
static bool no_text(const struct text_test *tests)
{
    for (const struct text_test *t = tests; t != NULL; t = t->next) {
        const struct fl_node *n = t->node;
        bool some = false;
        if (n->kind == FL_N_COMPARE && n->op == (t->negated ? FL_OP_NE : FL_OP_EQ))
            return !passes_all(tests, n->right->literal.str);
        if (n->kind != FL_N_IN || t->negated)
            continue;
        for (uint32_t i = 0; i < n->right->item_count && !some; i++)
            some = passes_all(tests, n->right->items[i].text);
        return !some;
    }
    return false;
}

/* into becomes what both say; false: they contradict. */
static bool both_hold(struct fl_domains *d, struct fact *into, const struct fact *other)
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
        uint64_t *classes = take(d, class_words(d), sizeof *classes), any = 0;
        for (size_t w = 0; classes != NULL && w < class_words(d); w++)
            any |= classes[w] = other->classes[w] & (into->classes != NULL ? into->classes[w] : ~UINT64_C(0));
        into->classes = classes;
        if (any == 0 && !d->nomem)
            return false;
    }
    for (const struct text_test *t = other->texts; t != NULL; t = t->next) {
        struct text_test *copy = take(d, 1, sizeof *copy);
        if (copy == NULL)
            return true;
        *copy = (struct text_test){t->node, t->negated, into->texts};
        into->texts = copy;
    }
    return !no_text(into->texts);
}

static struct fact *find_fact(struct facts facts, uint32_t key)
{
    for (struct fact *f = facts.first; f != NULL; f = f->next)
        if (f->key == key)
            return f;
    return NULL;
}

static struct facts conjunction(struct fl_domains *d, struct facts a, struct facts b)
{
    if (a.impossible || b.impossible)
        return IMPOSSIBLE;
    for (struct fact *next, *f = b.first; f != NULL; f = next) {
        next = f->next;
        struct fact *same = find_fact(a, f->key);
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
static struct facts disjunction(struct fl_domains *d, struct facts a, struct facts b)
{
    if (a.impossible || b.impossible)
        return a.impossible ? b : a;
    struct facts out = NOTHING;
    for (struct fact *next, *f = a.first; f != NULL; f = next) {
        next = f->next;
        const struct fact *g = find_fact(b, f->key);
        if (g == NULL)
            continue;
        f->is_null &= g->is_null;
        f->is_known &= g->is_known;
        f->has_ranges &= g->has_ranges;
        f->texts = NULL;
        if (f->has_ranges) {
            struct range *all = take(d, (size_t)f->range_count + g->range_count, sizeof *all);
            if (all == NULL)
                return NOTHING;
            if (f->range_count > 0)
                memcpy(all, f->ranges, f->range_count * sizeof *all);
            if (g->range_count > 0)
                memcpy(all + f->range_count, g->ranges, g->range_count * sizeof *all);
            f->range_count = tidy(all, f->range_count + g->range_count);
            f->ranges = all;
        }
        for (size_t w = 0; f->classes != NULL && g->classes != NULL && w < class_words(d); w++)
            f->classes[w] |= g->classes[w];
        if (g->classes == NULL)
            f->classes = NULL;
        f->next = out.first;
        out.first = f;
    }
    return out;
}

static struct facts facts_of(struct fl_domains *d, const struct fl_node *node, bool negated)
{
    if (node->kind == FL_N_NOT)
        return facts_of(d, node->left, !negated);
    if (node->kind != FL_N_AND && node->kind != FL_N_OR)
        return of_leaf(d, node, negated);
    struct facts a = facts_of(d, node->left, negated), b = facts_of(d, node->right, negated);
    return (node->kind == FL_N_AND) != negated ? conjunction(d, a, b) : disjunction(d, a, b);
}

static enum fl_status ask(struct fl_domains *d, const struct fl_node *node, const char *text, bool negated,
                          struct facts *out)
{
    d->text = text;
    d->nomem = false;
    *out = node == NULL ? NOTHING : facts_of(d, node, negated);
    return d->nomem ? FL_E_NOMEM : FL_OK;
}

enum fl_status fl_domains_never(struct fl_domains *d, const struct fl_node *node, const char *text, bool negated,
                                bool *never)
{
    struct facts facts;
    enum fl_status status = ask(d, node, text, negated, &facts);
    *never = status == FL_OK && facts.impossible;
    return status;
}

enum fl_status fl_domains_values(struct fl_domains *d, const struct fl_node *node, const char *text, uint32_t field,
                                 uint64_t *count)
{
    struct facts facts;
    enum fl_status status = ask(d, node, text, false, &facts);
    const struct fact *f = find_fact(facts, field);
    *count = UINT64_MAX;
    if (status != FL_OK || f == NULL || !f->has_ranges)
        return status;
    *count = 0;
    for (uint32_t i = 0; i < f->range_count; i++) {
        uint64_t more = (uint64_t)f->ranges[i].high - (uint64_t)f->ranges[i].low;
        if (more >= UINT64_MAX - 1 - *count) {
            *count = UINT64_MAX;
            return FL_OK;
        }
        *count += more + 1;
    }
    return FL_OK;
}

enum fl_status fl_domains_keeps_out(struct fl_domains *d, const struct fl_node *node, const char *text, uint32_t field,
                                    uint32_t network, bool *out)
{
    struct facts facts;
    enum fl_status status = ask(d, node, text, false, &facts);
    const struct fact *f = find_fact(facts, field);
    *out = status == FL_OK && (facts.impossible || (f != NULL && f->classes != NULL));
    for (uint32_t c = 0; *out && !facts.impossible && c < d->sets.class_count; c++)
        if (is_marked(f->classes, c) && fl_prefix_sets_has(&d->sets, c, network))
            *out = false;
    return status;
}
