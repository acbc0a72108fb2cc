/* domain.h: what a condition leaves to each name: finds conditions, and parts of them, that can never be true.
 *
 * What it says is certain; where it cannot tell it says nothing. Conditions are added first, then built, then asked
 * about. It points into the conditions, which must outlive it. One thread.
 */
#ifndef FL_EXPR_DOMAIN_H
#define FL_EXPR_DOMAIN_H

#include "core/expr/program.h"

struct fl_domains;

struct fl_domains *fl_domains_new(const struct fl_network_source *networks);
void fl_domains_free(struct fl_domains *domains);

/* The least value that a slot (a member of it) can have, a number or duration; INT64_MIN: any. Holds from here on. */
struct fl_slot_source {
    void *context;
    int64_t (*least)(void *context, uint32_t slot, uint32_t member);
};
void fl_domains_slots(struct fl_domains *domains, const struct fl_slot_source *slots);

enum fl_status fl_domains_add(struct fl_domains *domains, const struct fl_node *node);
enum fl_status fl_domains_build(struct fl_domains *domains);

/* Can the condition (or its negation) be true for no record? `text` is what it was parsed from: what compares with a
 * parameter tells nothing, as another value may stand there tomorrow. FL_E_NOMEM leaves *never false. */
enum fl_status fl_domains_never(struct fl_domains *domains, const struct fl_node *node, const char *text, bool negated,
                                bool *never);
/* Values that the condition leaves to a number, port, service ...; UINT64_MAX: no bound that is worth the name. */
enum fl_status fl_domains_values(struct fl_domains *domains, const struct fl_node *node, const char *text,
                                 uint32_t field, uint64_t *count);
/* Is the slot, a number that is never below 0, 0 wherever the condition is true? */
enum fl_status fl_domains_is_zero(struct fl_domains *domains, const struct fl_node *node, const char *text,
                                  uint32_t slot, bool *zero);
/* Does the condition keep the field, an address, out of a network? */
enum fl_status fl_domains_keeps_out(struct fl_domains *domains, const struct fl_node *node, const char *text,
                                    uint32_t field, uint32_t network, bool *out);

/* Sets of addresses or services that were added. A network bound to a VPC or account may hold less than its prefixes.
 */
bool fl_domains_disjoint(const struct fl_domains *domains, const struct fl_node *a, const struct fl_node *b);
bool fl_domains_within(const struct fl_domains *domains, const struct fl_node *inner, const struct fl_node *outer);

#endif
