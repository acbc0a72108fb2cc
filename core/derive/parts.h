/* parts.h: how the derived fields are computed, a function for each family. Inside core/derive.
 *
 * Each fills `field` in the rows whose bits are set; the columns that it is computed from have their values there.
 */
#ifndef FL_DERIVE_PARTS_H
#define FL_DERIVE_PARTS_H

#include "core/derive/column.h"
#include "core/derive/derive.h"

void fl_derive_peer(struct fl_batch *batch, uint32_t field, const uint64_t *rows);
void fl_derive_from_ours(const struct fl_derive *derive, struct fl_batch *batch, const uint64_t *rows);
void fl_derive_end_service(struct fl_batch *batch, uint32_t field, const uint64_t *rows);
/* Protocol and port as a service; null where the protocol, or the port that it should have, is. */
void fl_derive_put_service(struct fl_column *out, uint32_t row, const struct fl_column *protocol,
                           const struct fl_column *port);

/* orientation and forward, each where its column is there. */
void fl_derive_orientation(const struct fl_derive *derive, struct fl_batch *batch, const uint64_t *rows);
/* initiated client server client_port server_port service pair_*: read from orientation and forward. */
void fl_derive_oriented(struct fl_batch *batch, uint32_t field, const uint64_t *rows);

void fl_derive_vantage(const struct fl_learned *learned, struct fl_batch *batch, const uint64_t *rows);
/* What the inventory tells of the end that the field is about. */
void fl_derive_host(const struct fl_learned *learned, struct fl_batch *batch, uint32_t field, const uint64_t *rows);
/* The vantage by the inventory's addresses of the interface; unknown where it has none. */
enum fl_vantage fl_join_vantage(const struct fl_learned *learned, const struct fl_batch *batch, uint32_t r);
void fl_derive_own_vpc(struct fl_batch *batch, const uint64_t *rows);
void fl_derive_action_is(struct fl_batch *batch, uint32_t field, const uint64_t *rows);
void fl_derive_reject_kind(struct fl_batch *batch, const uint64_t *rows);
void fl_derive_duration(struct fl_batch *batch, const uint64_t *rows);
void fl_derive_clock(const struct fl_derive *derive, struct fl_batch *batch, uint32_t field, const uint64_t *rows);

#endif
