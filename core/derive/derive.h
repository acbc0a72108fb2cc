/* derive.h: columns that are computed from decoded ones: who opened the conversation, from where it was seen,
 * and what kind of rejection it was.
 *
 * The configuration is read-only and shared; what was learned of an object belongs to the worker that reads it.
 */
#ifndef FL_DERIVE_DERIVE_H
#define FL_DERIVE_DERIVE_H

#include "core/base/when.h"
#include "core/policy/policy.h"
#include "core/record/batch.h"

/* Services that orientation knows: the policy's of at most 16 ports, and the shipped list. */
struct fl_port_list {
    uint64_t tcp[1024], udp[1024], sctp[1024];
};
void fl_port_list_init(struct fl_port_list *list, const struct fl_policy *policy);

static inline bool fl_port_listed(const struct fl_port_list *list, unsigned protocol, unsigned port)
{
    const uint64_t *bits = protocol == 6 ? list->tcp : protocol == 17 ? list->udp : protocol == 132 ? list->sctp : NULL;
    return bits != NULL && (bits[port >> 6] >> (port & 63) & 1);
}

/* What the texts of one worker's batches are in the inventory, and the other way round. Owned by the worker. */
struct fl_join {
    const struct fl_inventory *inventory; /* NULL: there is none */
    uint32_t *text_of; /* by string of the batch: text + 2; 1: the inventory has none; 0: not asked */
    uint32_t text_capacity;
    uint32_t *string_of; /* by text: string of the batch + 1; 0: not asked */
};
void fl_join_init(struct fl_join *join, const struct fl_inventory *inventory);
void fl_join_dispose(struct fl_join *join);

/* Own address of each interface, as far as one object tells: the one address common to all records of the
 * interface among the lines that end within the object's first FL_LEARN_BYTES of text. */
struct fl_learned {
    struct fl_addr (*candidates)[2]; /* by interned interface id */
    uint8_t *state;                  /* number of candidates left + 1; 0 = not seen */
    uint32_t capacity;
    struct fl_join *join; /* or NULL: nothing of an inventory is known */
};
void fl_learned_init(struct fl_learned *learned);
void fl_learned_dispose(struct fl_learned *learned);
void fl_learned_clear(struct fl_learned *learned);
/* To be called with the first batches of an object, before fl_derive_run(). Reads interface_id, srcaddr, dstaddr. */
enum fl_status fl_learned_add(struct fl_learned *learned, struct fl_batch *batch);
/* Sets the bits of the rows that are learned from. */
void fl_learned_rows(const struct fl_batch *batch, uint64_t *rows);
/* For sharing an object: what is known of an interface, to be put in under the other worker's id of it. */
enum fl_status fl_learned_copy(struct fl_learned *to, uint32_t to_interface, const struct fl_learned *from,
                               uint32_t from_interface);
bool fl_learned_address(const struct fl_learned *learned, uint32_t interface, struct fl_addr *out);

struct fl_derive {
    struct fl_field_set wanted; /* derived fields to compute, closed under dependency */
    struct fl_port_list ports;
    const struct fl_zone *zone;
    const struct fl_program *networks; /* sealed; NULL: no address is known to be ours */
};

/* Adds to `fields` everything that its derived members are computed from. */
void fl_derive_needs(struct fl_field_set *fields);

/* Together they tell which address is the recording interface's own. */
#define FL_OWN_FIELDS 3u
extern const uint32_t fl_own_fields[FL_OWN_FIELDS];
/* Adds to `present` (decoded columns of an object) the derived fields that can be other than null there. */
void fl_derive_present(struct fl_field_set *present);

void fl_derive_init(struct fl_derive *derive, const struct fl_field_set *fields, const struct fl_policy *policy,
                    const struct fl_program *networks);
/* Fills the wanted derived columns of a new batch, but for lazy ones. learned may be NULL. */
enum fl_status fl_derive_run(const struct fl_derive *derive, const struct fl_learned *learned, struct fl_batch *batch);
/* Fills these rows of one derived column. */
enum fl_status fl_derive_fill(const struct fl_derive *derive, const struct fl_learned *learned, struct fl_batch *batch,
                              uint32_t field, const uint64_t *rows);

#endif
