#include "core/expr/domain.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/expr/facts.h"

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

void fl_domains_slots(struct fl_domains *d, const struct fl_slot_source *slots)
{
    d->slots = *slots;
}

void *fl_domains_take(struct fl_domains *d, size_t count, size_t bytes)
{
    void *block = fl_arena_alloc(&d->arena, (count + 1) * bytes);
    if (block == NULL)
        d->nomem = true;
    else
        memset(block, 0, (count + 1) * bytes);
    return block;
}

static void find_real_classes(struct fl_domains *d)
{
    for (uint32_t i = 0; i < 65536; i++)
        if (!(d->sets.v4_top[i] & FL_PREFIX_BLOCK))
            fl_class_mark(d->real, d->sets.v4_top[i]);
    for (uint64_t i = 0; i < (uint64_t)d->sets.v4_block_count * 256; i++)
        if (!(d->sets.v4_blocks[i] & FL_PREFIX_BLOCK))
            fl_class_mark(d->real, d->sets.v4_blocks[i]);
    for (uint32_t i = 0; i < d->sets.v6_count; i++)
        fl_class_mark(d->real, d->sets.v6_classes[i]);
}

/* ---- adding ---- */

static enum fl_status add_prefix(struct fl_domains *d, const void *owner, struct fl_prefix prefix)
{
    if (!fl_grow((void **)&d->literals, &d->literal_capacity, d->literal_count + 1, sizeof *d->literals))
        return FL_E_NOMEM;
    uint32_t set = d->networks.count + d->literal_count;
    d->literals[d->literal_count++] = (struct fl_domain_literal){owner, set};
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
    const char *x = ((const struct fl_domain_literal *)a)->owner, *y = ((const struct fl_domain_literal *)b)->owner;
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
    if (status == FL_OK && (d->real = fl_domains_take(d, fl_domains_class_words(d), sizeof *d->real)) == NULL)
        status = FL_E_NOMEM;
    if (status == FL_OK)
        find_real_classes(d);
    return status;
}

/* ---- addresses ---- */

static uint32_t literal_set(const struct fl_domains *d, const void *owner)
{
    struct fl_domain_literal wanted = {owner, 0};
    const struct fl_domain_literal *found =
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

bool fl_domains_class_is(const struct fl_domains *d, uint32_t class_id, const struct fl_node *right, bool negated)
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
            if (fl_class_marked(d->real, c) && class_in_set(d, c, a, false) && class_in_set(d, c, b, false))
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
            if (fl_class_marked(d->real, c) && class_in_set(d, c, inner, false) && !class_in_set(d, c, outer, true))
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

static enum fl_status ask(struct fl_domains *d, const struct fl_node *node, const char *text, bool negated,
                          struct fl_facts *out)
{
    d->text = text;
    d->nomem = false;
    *out = node == NULL ? (struct fl_facts){false, NULL} : fl_facts_of(d, node, negated);
    return d->nomem ? FL_E_NOMEM : FL_OK;
}

enum fl_status fl_domains_never(struct fl_domains *d, const struct fl_node *node, const char *text, bool negated,
                                bool *never)
{
    struct fl_facts facts;
    enum fl_status status = ask(d, node, text, negated, &facts);
    *never = status == FL_OK && facts.impossible;
    return status;
}

enum fl_status fl_domains_values(struct fl_domains *d, const struct fl_node *node, const char *text, uint32_t field,
                                 uint64_t *count)
{
    struct fl_facts facts;
    enum fl_status status = ask(d, node, text, false, &facts);
    const struct fl_fact *f = fl_facts_find(facts, field);
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

enum fl_status fl_domains_is_zero(struct fl_domains *d, const struct fl_node *node, const char *text, uint32_t slot,
                                  bool *zero)
{
    struct fl_facts facts;
    enum fl_status status = ask(d, node, text, false, &facts);
    const struct fl_fact *f = fl_facts_find(facts, fl_fact_slot_key(slot, 0));
    *zero =
        status == FL_OK && f != NULL && f->has_ranges && f->range_count > 0 && f->ranges[f->range_count - 1].high <= 0;
    return status;
}

enum fl_status fl_domains_keeps_out(struct fl_domains *d, const struct fl_node *node, const char *text, uint32_t field,
                                    uint32_t network, bool *out)
{
    struct fl_facts facts;
    enum fl_status status = ask(d, node, text, false, &facts);
    const struct fl_fact *f = fl_facts_find(facts, field);
    *out = status == FL_OK && (facts.impossible || (f != NULL && f->classes != NULL));
    for (uint32_t c = 0; *out && !facts.impossible && c < d->sets.class_count; c++)
        if (fl_class_marked(f->classes, c) && fl_prefix_sets_has(&d->sets, c, network))
            *out = false;
    return status;
}
