/* worker.h: one worker: reads objects, decodes, derives, selects, adds to its own part. One thread uses it. */
#ifndef FL_ENGINE_WORKER_H
#define FL_ENGINE_WORKER_H

#include "core/engine/engine.h"
#include "core/engine/host.h"

struct fl_worker {
    const struct fl_plan *plan;
    const struct fl_engine_options *options;
    const struct fl_source_list *sources;
    struct fl_part *shared;   /* its objects[] are written by whoever reads them */
    struct fl_reader *reader;
    struct fl_batch batch;
    struct fl_host host;
    struct fl_learned learned;
    struct fl_program_state *program;
    void *vm;
    struct fl_arena scratch;  /* for callbacks, emptied when it grows */
    struct fl_part part;      /* objects unused */
    uint64_t *bitmaps;        /* base, selection, then one per filter of the rule at hand */
    uint32_t bitmap_words, bitmap_count;
    uint64_t text_bytes, records; /* totals, for progress */
};

enum fl_status fl_worker_init(struct fl_worker *worker, const struct fl_plan *plan,
                              const struct fl_source_list *sources,
                              const struct fl_engine_options *options, struct fl_part *shared,
                              struct fl_error *err);
void fl_worker_dispose(struct fl_worker *worker);
enum fl_status fl_worker_read(struct fl_worker *worker, uint32_t source, struct fl_error *err);

#endif
