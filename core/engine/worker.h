/* worker.h: one worker: reads objects, decodes, derives, selects, adds to its own part. One thread uses it at a time.
 */
#ifndef FL_ENGINE_WORKER_H
#define FL_ENGINE_WORKER_H

#include <stdatomic.h>

#include "core/engine/dedupe.h"
#include "core/engine/engine.h"
#include "core/engine/host.h"

/* What all workers have read so far. */
struct fl_engine_totals {
    _Atomic uint64_t object_bytes, records;
};

struct fl_worker {
    const struct fl_plan *plan;
    const struct fl_engine_options *options;
    const struct fl_source_list *sources;
    uint32_t share;         /* this worker has one of so many shares of the memory */
    struct fl_part *shared; /* its objects[] are written by whoever reads them */
    struct fl_reader *reader;
    struct fl_batch batch;
    struct fl_host host;
    struct fl_learned learned;
    struct fl_join join;
    struct fl_program_state *program;
    struct fl_row_note *notes; /* what code says of rows of the batch; bytes are found when all are there */
    uint32_t note_count, note_capacity;
    struct fl_buf note_bytes;
    struct fl_collector collector; /* while records are noted for dedupe */
    void *vm;
    struct fl_arena scratch; /* for callbacks, emptied when it grows */
    struct fl_part part;     /* objects unused */
    uint64_t *bitmaps;       /* base, selection, then one per filter of the table at hand */
    uint32_t bitmap_words, bitmap_count;
    const uint64_t **filters; /* of the table at hand: bitmaps or NULL */
    char *copy;               /* a chunk of an object that other workers read too */
    size_t copy_capacity;
    struct fl_object_stats guest_stats; /* of an object that another worker owns */
    uint64_t noted_bytes;               /* of the open object, in the totals already */
    struct fl_engine_totals *totals;
    bool tells_progress;
};

/* workers: how many share the memory. */
enum fl_status fl_worker_init(struct fl_worker *worker, const struct fl_plan *plan,
                              const struct fl_source_list *sources, const struct fl_engine_options *options,
                              uint32_t workers, struct fl_part *shared, struct fl_error *err);
/* Says in *err what became of a call that failed; returns status. */
enum fl_status fl_worker_fail(const struct fl_worker *worker, enum fl_status status, struct fl_error *err);
void fl_worker_dispose(struct fl_worker *worker);

/* Opens an object and runs its first chunk. *more: it was read, and there may be further chunks. */
enum fl_status fl_worker_open(struct fl_worker *worker, uint32_t source, bool *more, struct fl_error *err);
/* Runs the next chunk of the object that is open. *more = false: there was none. */
enum fl_status fl_worker_next(struct fl_worker *worker, bool *more, struct fl_error *err);
/* Runs a chunk that the host is ready for. */
enum fl_status fl_worker_chunk(struct fl_worker *worker, const struct fl_chunk *chunk);
/* The object is read. */
void fl_worker_close(struct fl_worker *worker, uint32_t source);
/* Adds what the reader has read to the totals. */
void fl_worker_note_bytes(struct fl_worker *worker);

#endif
