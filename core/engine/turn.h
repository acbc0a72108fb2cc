/* turn.h: one object, read by the worker that took it and by others that have none left.
 *
 * Reading, inflating, cutting and header lines happen in order, under the turn's lock; chunks are decoded and judged
 * outside it. As long as nobody else comes, the owner works in the reader's own buffer; from then on everybody copies
 * the chunk that it cuts. A turn belongs to its owner's worker and is used for one object after the other.
 */
#ifndef FL_ENGINE_TURN_H
#define FL_ENGINE_TURN_H

#include <pthread.h>

#include "core/engine/worker.h"

struct fl_turn {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct fl_worker *owner;
    uint32_t source;
    bool open;   /* there may be chunks left */
    bool shared; /* the front is ready for others */
    uint32_t guests;
    struct fl_front front;
    struct fl_map names; /* interfaces that the owner learned about, and what */
    struct fl_learned learned;
    struct fl_object_stats seen_by_guests;
};

void fl_turn_init(struct fl_turn *turn, struct fl_worker *owner);
void fl_turn_dispose(struct fl_turn *turn);

/* The owner takes an object and runs its first chunk; *open: others may come, and fl_turn_close() must follow. */
enum fl_status fl_turn_open(struct fl_turn *turn, uint32_t source, bool *open, struct fl_error *err);
/* The owner reads on to the end of the object. */
enum fl_status fl_turn_own(struct fl_turn *turn, struct fl_error *err);
/* The owner, after the last chunk or a failure: waits for the guests. */
void fl_turn_close(struct fl_turn *turn);

/* A guest joins; false when there is nothing to share. Then it takes and runs chunks until *got is false, and leaves.
 */
bool fl_turn_join(struct fl_turn *turn, struct fl_worker *guest, enum fl_status *status);
void fl_turn_leave(struct fl_turn *turn, struct fl_worker *guest);
/* Cuts a chunk and makes the worker ready to run it with fl_worker_chunk(). Also for an owner that shares. */
enum fl_status fl_turn_take(struct fl_turn *turn, struct fl_worker *worker, struct fl_chunk *chunk, bool *got);

/* Makes the front ready, so that even a lone owner takes copies. For tests of every order (FL_SCHEDULE). */
enum fl_status fl_turn_share(struct fl_turn *turn);

#endif
