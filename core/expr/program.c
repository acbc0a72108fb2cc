#include "core/expr/program.h"

#include "core/base/map.h"
#include "core/base/memory.h"
#include "core/expr/build.h"

struct fl_program *fl_program_new(void)
{
    struct fl_program *p = fl_alloc_zero(1, sizeof *p);
    if (p == NULL)
        return NULL;
    fl_arena_init(&p->arena);
    fl_map_init(&p->term_texts);
    fl_prefix_sets_init(&p->sets);
    return p;
}

void fl_program_free(struct fl_program *p)
{
    for (uint32_t g = 0; g < p->group_count; g++) {
        fl_free(p->groups[g].class_of);
        fl_free(p->groups[g].class_terms);
    }
    fl_free(p->groups);
    fl_free(p->terms);
    fl_free(p->nodes);
    fl_map_dispose(&p->term_texts);
    fl_map_dispose(&p->root_texts);
    fl_free(p->roots);
    fl_prefix_sets_dispose(&p->sets);
    fl_arena_dispose(&p->arena);
    fl_free(p);
}

static uint32_t add_node(struct fl_program *p, struct fl_program_node node)
{
    if (!fl_grow((void **)&p->nodes, &p->node_capacity, p->node_count + 1, sizeof *p->nodes))
        return UINT32_MAX;
    p->nodes[p->node_count] = node;
    return p->node_count++;
}

static void number_term(struct fl_program *p, struct fl_term *term)
{
    if (term->kind != FL_TERM_NARROW && term->kind != FL_TERM_NULL)
        term->sparse = p->sparse_count++;
    if (term->kind == FL_TERM_TEXT)
        term->text_cache = p->text_cache_count++;
    if (term->kind != FL_TERM_ADDR)
        return;
    if (p->class_slots[term->field] == 0)
        p->class_slots[term->field] = ++p->class_slot_count;
    term->class_slot = p->class_slots[term->field] - 1;
}

static enum fl_status add_term(struct fl_program *p, const struct fl_node *leaf, bool negated, uint32_t *out)
{
    struct fl_buf text;
    fl_buf_init(&text);
    fl_buf_add_text(&text, negated ? "not " : "");
    fl_expr_print(leaf, NULL, NULL, &text);
    uint32_t before = p->term_texts.count;
    *out = text.failed ? FL_MAP_NONE : fl_map_intern(&p->term_texts, (struct fl_str){text.data, text.len});
    fl_buf_dispose(&text);
    if (*out == FL_MAP_NONE)
        return FL_E_NOMEM;
    if (*out < before)
        return FL_OK;
    if (!fl_grow((void **)&p->terms, &p->term_capacity, p->term_count + 1, sizeof *p->terms))
        return FL_E_NOMEM;
    struct fl_term *term = &p->terms[p->term_count++];
    *term = (struct fl_term){.node = leaf, .negated = negated};
    enum fl_status status = fl_term_classify(term, &p->arena);
    number_term(p, term);
    fl_expr_fields(leaf, &p->fields);
    fl_expr_fields(leaf, &term->fields);
    return status;
}

/* Compiles the condition, or its negation, with `not` pushed to the leaves. UINT32_MAX when memory is out. */
static uint32_t compile(struct fl_program *p, const struct fl_node *node, bool negated)
{
    if (node->kind == FL_N_NOT)
        return compile(p, node->left, !negated);
    if (node->kind == FL_N_LITERAL)
        return add_node(
            p, (struct fl_program_node){.kind = FL_P_CONST,
                                        .value = node->type == FL_T_BOOL && (node->literal.i != 0) != negated});
    if (node->kind == FL_N_AND || node->kind == FL_N_OR) {
        bool is_and = (node->kind == FL_N_AND) != negated;
        uint32_t left = compile(p, node->left, negated);
        uint32_t right = left == UINT32_MAX ? left : compile(p, node->right, negated);
        if (right == UINT32_MAX)
            return right;
        return add_node(p,
                        (struct fl_program_node){.kind = is_and ? FL_P_ALL : FL_P_SOME, .left = left, .right = right});
    }
    uint32_t term;
    if (add_term(p, node, negated, &term) != FL_OK)
        return UINT32_MAX;
    return add_node(p, (struct fl_program_node){.kind = FL_P_TERM, .term = term});
}

/* The condition's number; *is_new when no equal one was added before. UINT32_MAX when memory is out. */
static uint32_t intern_condition(struct fl_program *p, const struct fl_node *condition, bool *is_new)
{
    struct fl_buf text;
    fl_buf_init(&text);
    fl_buf_add_char(&text, condition == NULL ? '-' : '+');
    if (condition != NULL)
        fl_expr_print(condition, NULL, NULL, &text);
    uint32_t before = p->root_texts.count;
    uint32_t id = text.failed ? FL_MAP_NONE : fl_map_intern(&p->root_texts, (struct fl_str){text.data, text.len});
    fl_buf_dispose(&text);
    *is_new = id != FL_MAP_NONE && id >= before;
    if (*is_new && !fl_grow((void **)&p->roots, &p->root_capacity, id + 1, sizeof *p->roots))
        return UINT32_MAX;
    return id;
}

enum fl_status fl_program_add(struct fl_program *p, const struct fl_node *condition, uint32_t *root,
                              struct fl_error *err)
{
    bool is_new;
    uint32_t id = intern_condition(p, condition, &is_new);
    *root = id == UINT32_MAX || is_new ? UINT32_MAX : p->roots[id];
    if (id == UINT32_MAX)
        return fl_fail(err, FL_E_NOMEM, "out of memory");
    if (!is_new)
        return FL_OK;
    *root = condition == NULL ? add_node(p, (struct fl_program_node){.kind = FL_P_CONST, .value = true})
                              : compile(p, condition, false);
    p->roots[id] = *root;
    return *root == UINT32_MAX ? fl_fail(err, FL_E_NOMEM, "out of memory") : FL_OK;
}

/* ---- sealing ---- */

static struct fl_term_group *group_with_room(struct fl_program *p, uint32_t field, bool direct)
{
    for (uint32_t g = 0; g < p->group_count; g++)
        if (p->groups[g].field == field && p->groups[g].direct == direct && p->groups[g].term_count < FL_GROUP_TERMS)
            return &p->groups[g];
    if (!fl_grow((void **)&p->groups, &p->group_capacity, p->group_count + 1, sizeof *p->groups))
        return NULL;
    struct fl_term_group *group = &p->groups[p->group_count++];
    *group = (struct fl_term_group){.field = field, .direct = direct};
    return group;
}

static uint32_t value_count(uint32_t field)
{
    return fl_fields[field].storage == FL_S_U8 ? 256 : 65536;
}

static bool group_terms(struct fl_program *p)
{
    for (uint32_t t = 0; t < p->term_count; t++) {
        struct fl_term *term = &p->terms[t];
        if (term->kind != FL_TERM_NARROW)
            continue;
        struct fl_term_group *group = group_with_room(p, term->field, fl_term_is_direct(term));
        if (group == NULL)
            return false;
        term->group = (uint32_t)(group - p->groups);
        term->bit = group->term_count;
        group->terms[group->term_count++] = t;
    }
    return true;
}

static void mark_values(const struct fl_term *term, uint64_t bit, uint64_t *masks, int64_t values)
{
    for (uint32_t i = 0; i < term->range_count; i++) {
        int64_t low = term->ranges[i].low < 0 ? 0 : term->ranges[i].low;
        int64_t high = term->ranges[i].high >= values ? values - 1 : term->ranges[i].high;
        for (int64_t v = low; v <= high; v++)
            masks[v] |= bit;
    }
    for (int64_t v = 0; term->negated && v < values; v++)
        masks[v] ^= bit;
}

/* Values of one class make the same terms of the group true. */
static bool build_group(struct fl_program *p, struct fl_term_group *group)
{
    if (group->direct)
        return true;
    uint32_t values = value_count(group->field);
    group->class_of = fl_alloc_zero(values, sizeof *group->class_of);
    group->class_terms = fl_alloc_zero(values, sizeof *group->class_terms);
    uint64_t *masks = fl_alloc_zero(values, sizeof *masks);
    struct fl_map classes;
    fl_map_init(&classes);
    bool ok = group->class_of != NULL && group->class_terms != NULL && masks != NULL;
    for (uint32_t i = 0; ok && i < group->term_count; i++)
        mark_values(&p->terms[group->terms[i]], UINT64_C(1) << i, masks, values);
    uint32_t id = 0;
    for (uint32_t v = 0; ok && v < values; v++) {
        if (v == 0 || masks[v] != masks[v - 1])
            id = fl_map_intern(&classes, (struct fl_str){(const char *)&masks[v], sizeof masks[v]});
        ok = id != FL_MAP_NONE;
        group->class_of[v] = (uint16_t)id;
        group->class_terms[ok ? id : 0] = masks[v];
    }
    group->class_count = classes.count;
    fl_map_dispose(&classes);
    fl_free(masks);
    return ok;
}

static enum fl_status add_prefix_sets(struct fl_program *p, const struct fl_network_source *networks)
{
    uint32_t next = networks->count;
    enum fl_status status = FL_OK;
    for (uint32_t n = 0; n < networks->count && status == FL_OK; n++)
        status = networks->add(networks->context, n, &p->sets, n);
    for (uint32_t t = 0; t < p->term_count && status == FL_OK; t++) {
        struct fl_term *term = &p->terms[t];
        if (term->kind != FL_TERM_ADDR)
            continue;
        const struct fl_node *set = term->node->right;
        term->prefix_sets = fl_arena_alloc(&p->arena, ((size_t)set->item_count + 1) * sizeof(uint32_t));
        if (term->prefix_sets == NULL)
            return FL_E_NOMEM;
        for (uint32_t i = 0; i < set->item_count && status == FL_OK; i++) {
            if (set->items[i].kind != FL_ITEM_PREFIX)
                continue;
            term->prefix_sets[i] = next;
            status = fl_prefix_sets_add(&p->sets, next++, set->items[i].prefix, false);
        }
    }
    if (p->sets.set_count < next)
        p->sets.set_count = next;
    return status == FL_OK ? fl_prefix_sets_build(&p->sets) : status;
}

static bool is_bound(const struct fl_network_source *networks, uint32_t n)
{
    return networks->vpc(networks->context, n) != NULL || networks->account(networks->context, n) != NULL;
}

/* What a network that is bound to a VPC or account is matched by. */
static void add_bound_fields(struct fl_field_set *fields)
{
    static const uint32_t bound[] = {FL_F_VANTAGE, FL_F_VPC_ID, FL_F_ACCOUNT_ID, FL_F_SRC_PEER, FL_F_DST_PEER};
    for (size_t i = 0; i < sizeof bound / sizeof bound[0]; i++)
        fl_field_set_add(fields, bound[i]);
}

static bool build_classes(struct fl_program *p, struct fl_term *term, const struct fl_network_source *networks)
{
    const struct fl_node *set = term->node->right;
    size_t words = (p->sets.class_count + 63) / 64;
    term->classes = fl_arena_alloc(&p->arena, words * sizeof *term->classes);
    term->bound = fl_arena_alloc(&p->arena, ((size_t)set->item_count + 1) * sizeof *term->bound);
    if (term->classes == NULL || term->bound == NULL)
        return false;
    for (uint32_t i = 0; i < set->item_count; i++) {
        const struct fl_set_item *item = &set->items[i];
        if (item->kind == FL_ITEM_NETWORK && is_bound(networks, item->network)) {
            term->bound[term->bound_count++] = item->network;
            p->has_bound = true;
            add_bound_fields(&term->fields);
            continue;
        }
        uint32_t number = item->kind == FL_ITEM_NETWORK ? item->network : term->prefix_sets[i];
        for (uint32_t c = 0; c < p->sets.class_count; c++)
            if (fl_prefix_sets_has(&p->sets, c, number))
                term->classes[c >> 6] |= UINT64_C(1) << (c & 63);
    }
    return true;
}

static bool copy_bindings(struct fl_program *p, const struct fl_network_source *networks)
{
    p->network_count = networks->count;
    p->vpcs = fl_arena_alloc(&p->arena, ((size_t)networks->count + 1) * sizeof *p->vpcs);
    p->accounts = fl_arena_alloc(&p->arena, ((size_t)networks->count + 1) * sizeof *p->accounts);
    if (p->vpcs == NULL || p->accounts == NULL)
        return false;
    for (uint32_t n = 0; n < networks->count; n++) {
        p->vpcs[n] = networks->vpc(networks->context, n);
        p->accounts[n] = networks->account(networks->context, n);
    }
    return true;
}

/* Cheap tests first: what a junction does is the same in any order. */
static unsigned cost(const struct fl_program *p, uint32_t n)
{
    const struct fl_program_node *node = &p->nodes[n];
    switch (node->kind) {
    case FL_P_CONST:
        return 0;
    case FL_P_TERM: {
        static const unsigned costs[] = {[FL_TERM_NARROW] = 1, [FL_TERM_NULL] = 1, [FL_TERM_RANGES] = 2,
                                         [FL_TERM_TEXT] = 3,   [FL_TERM_ADDR] = 4, [FL_TERM_GENERIC] = 50};
        return costs[p->terms[node->term].kind];
    }
    default:
        return cost(p, node->left) + cost(p, node->right);
    }
}

/* Lists the children through junctions of the same kind; out may be NULL to count them. */
static void flatten(const struct fl_program *p, uint32_t n, enum fl_program_kind kind, uint32_t *out, uint32_t *count)
{
    const struct fl_program_node *node = &p->nodes[n];
    if (node->kind == kind) {
        flatten(p, node->left, kind, out, count);
        flatten(p, node->right, kind, out, count);
    } else {
        if (out != NULL)
            out[*count] = n;
        (*count)++;
    }
}

/* Junctions below a junction of their kind are part of it and never run by themselves. */
static bool *inner_junctions(struct fl_program *p)
{
    bool *inner = fl_alloc_zero((size_t)p->node_count + 1, sizeof *inner);
    for (uint32_t n = 0; inner != NULL && n < p->node_count; n++) {
        const struct fl_program_node *node = &p->nodes[n];
        if (node->kind != FL_P_ALL && node->kind != FL_P_SOME)
            continue;
        inner[node->left] = p->nodes[node->left].kind == node->kind;
        inner[node->right] = p->nodes[node->right].kind == node->kind;
    }
    return inner;
}

static bool order_junction(struct fl_program *p, uint32_t n)
{
    struct fl_program_node *node = &p->nodes[n];
    uint32_t count = 0;
    flatten(p, n, node->kind, NULL, &count);
    uint32_t *children = fl_arena_alloc(&p->arena, count * sizeof *children);
    if (children == NULL)
        return false;
    count = 0;
    flatten(p, n, node->kind, children, &count);
    for (uint32_t i = 1; i < count; i++) {
        uint32_t child = children[i], at = i;
        while (at > 0 && cost(p, children[at - 1]) > cost(p, child)) {
            children[at] = children[at - 1];
            at--;
        }
        children[at] = child;
    }
    node->children = children;
    node->child_count = count;
    return true;
}

static bool order_junctions(struct fl_program *p)
{
    bool *inner = inner_junctions(p), ok = inner != NULL;
    for (uint32_t n = 0; n < p->node_count && ok; n++)
        if (!inner[n] && (p->nodes[n].kind == FL_P_ALL || p->nodes[n].kind == FL_P_SOME))
            ok = order_junction(p, n);
    fl_free(inner);
    return ok;
}

enum fl_status fl_program_seal(struct fl_program *p, const struct fl_network_source *networks, struct fl_error *err)
{
    bool ok = group_terms(p);
    for (uint32_t g = 0; g < p->group_count && ok; g++)
        ok = build_group(p, &p->groups[g]);
    ok = ok && add_prefix_sets(p, networks) == FL_OK && copy_bindings(p, networks);
    for (uint32_t t = 0; t < p->term_count && ok; t++)
        if (p->terms[t].kind == FL_TERM_ADDR)
            ok = build_classes(p, &p->terms[t], networks);
    ok = ok && order_junctions(p);
    return ok ? FL_OK : fl_fail(err, FL_E_NOMEM, "out of memory");
}

void fl_program_fields(const struct fl_program *p, struct fl_field_set *fields)
{
    fl_field_set_add_all(fields, &p->fields);
    if (p->has_bound)
        add_bound_fields(fields);
}

void fl_program_whole_columns(const struct fl_program *p, struct fl_field_set *fields)
{
    for (uint32_t g = 0; g < p->group_count; g++)
        fl_field_set_add(fields, p->groups[g].field);
}

void fl_program_visit(const struct fl_program *p, uint32_t root,
                      void (*visit)(void *context, const struct fl_program_leaf *leaf), void *context)
{
    const struct fl_program_node *node = &p->nodes[root];
    if (node->kind == FL_P_CONST)
        return;
    if (node->kind != FL_P_TERM) {
        fl_program_visit(p, node->left, visit, context);
        fl_program_visit(p, node->right, visit, context);
        return;
    }
    const struct fl_term *term = &p->terms[node->term];
    struct fl_program_leaf leaf = {node->term, term->node, term->negated, term->kind == FL_TERM_NARROW};
    visit(context, &leaf);
}

bool fl_program_in_network(const struct fl_program *p, uint32_t network, struct fl_addr addr)
{
    return network < p->network_count && fl_prefix_sets_has(&p->sets, fl_prefix_sets_class(&p->sets, addr), network);
}
