/* facts.h: the inside of domains: what is known of names where a condition is true. Inside core/expr.
 *
 * Everything lives in the arena of the domains; a failed allocation sets nomem, and what comes out then means nothing.
 */
#ifndef FL_EXPR_FACTS_H
#define FL_EXPR_FACTS_H

#include "core/expr/domain.h"

/* A number of the prefix sets for each literal prefix, found by what it stands in. */
struct fl_domain_literal {
    const void *owner; /* set item, or literal node */
    uint32_t set;
};

struct fl_domains {
    struct fl_arena arena;
    struct fl_network_source networks;
    struct fl_prefix_sets sets;
    struct fl_domain_literal *literals;
    uint32_t literal_count, literal_capacity;
    uint64_t *real;   /* classes that some address has */
    const char *text; /* of the condition at hand */
    struct fl_slot_source slots;
    bool nomem;
};

struct fl_value_range {
    int64_t low, high;
};

/* A test of a text: candidates come from those that name texts. */
struct fl_text_test {
    const struct fl_node *node;
    bool negated;
    const struct fl_text_test *next;
};

/* What is known of one name where the condition is true. */
struct fl_fact {
    uint32_t key; /* field, or fl_fact_slot_key() */
    bool is_null, is_known;
    bool has_ranges;
    struct fl_value_range *ranges; /* ascending, apart */
    uint32_t range_count;
    uint64_t *classes; /* of addresses; NULL: no bound */
    const struct fl_text_test *texts;
    struct fl_fact *next;
};

static inline uint32_t fl_fact_slot_key(uint32_t slot, uint32_t member)
{
    return FL_FIELD_COUNT + (slot << 8) + member;
}

/* NULL with impossible: no record satisfies it. */
struct fl_facts {
    bool impossible;
    struct fl_fact *first;
};

/* facts.c: of a condition or its negation. */
struct fl_facts fl_facts_of(struct fl_domains *domains, const struct fl_node *node, bool negated);
struct fl_fact *fl_facts_find(struct fl_facts facts, uint32_t key);

/* domain.c */
void *fl_domains_take(struct fl_domains *domains, size_t count, size_t bytes); /* zeroed; NULL sets nomem */
/* Is an address of the class in the set, or equal to the literal? Where that is not certain, both answers are true. */
bool fl_domains_class_is(const struct fl_domains *domains, uint32_t class_id, const struct fl_node *right,
                         bool negated);
static inline size_t fl_domains_class_words(const struct fl_domains *domains)
{
    return (domains->sets.class_count + 63) / 64;
}
static inline void fl_class_mark(uint64_t *classes, uint32_t class_id)
{
    classes[class_id >> 6] |= UINT64_C(1) << (class_id & 63);
}
static inline bool fl_class_marked(const uint64_t *classes, uint32_t class_id)
{
    return classes[class_id >> 6] >> (class_id & 63) & 1;
}

#endif
