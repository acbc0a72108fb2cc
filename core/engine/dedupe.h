/* dedupe.h: records that overlapping flow logs hold twice: which of them are left out.
 *
 * Equal in every decoded field that is not null; of equal ones the least place survives. A pass of its own over the
 * input hashes every record to 128 bits and keeps hash and place, 24 bytes a record: in memory, and beyond a worker's
 * share of --memory, at most FL_DEDUPE_RUN_BYTES, as sorted runs in an unnamed temporary file, which are then merged.
 * What is left is the sorted list of places to drop, 8 bytes a duplicate; the pass that judges needs no hashes. So
 * memory does not grow with the input, but with what is dropped, and no order of arrival matters.
 *
 * While the first pass runs each worker has a collector of its own; the list is read-only afterwards.
 */
#ifndef FL_ENGINE_DEDUPE_H
#define FL_ENGINE_DEDUPE_H

#include <pthread.h>

#include "core/base/buf.h"
#include "core/base/status.h"
#include "core/record/batch.h"

struct fl_seen {
    uint64_t hash[2];
    uint64_t where; /* of the place */
};

/* Sorted records: in memory, or from an offset of the file on. */
struct fl_seen_run {
    struct fl_seen *items; /* NULL: in the file */
    uint64_t offset, count;
};

struct fl_dedupe {
    pthread_mutex_t lock; /* of all below, while workers collect */
    int fd;               /* -1: nothing is written */
    uint64_t file_bytes;
    struct fl_seen_run *runs;
    uint32_t run_count, run_capacity;
    uint64_t memory_bytes;
    uint32_t run_records; /* that a worker keeps before it writes them */
    uint64_t *places;     /* to drop, sorted */
    uint64_t count, capacity;
};

struct fl_collector {
    struct fl_dedupe *dedupe;
    struct fl_seen *items;
    uint32_t count, capacity;
    uint64_t (*texts)[2]; /* hashes of the interned texts, by id */
    uint32_t text_count, text_capacity;
    struct fl_buf row;
};

/* memory_bytes: of all workers together while they collect, as nothing else needs it then; 0 = without end. */
void fl_dedupe_init(struct fl_dedupe *dedupe, uint64_t memory_bytes, uint32_t workers);
void fl_dedupe_dispose(struct fl_dedupe *dedupe);

void fl_collector_init(struct fl_collector *c, struct fl_dedupe *dedupe);
/* Notes every row. FL_E_IO: the temporary file cannot be written. */
enum fl_status fl_collector_add(struct fl_collector *c, const struct fl_batch *batch);
/* Hands over what is left, and is empty. */
enum fl_status fl_collector_finish(struct fl_collector *c);
void fl_collector_dispose(struct fl_collector *c);

/* All is collected: finds the places to drop. */
enum fl_status fl_dedupe_settle(struct fl_dedupe *dedupe);
/* What the list of them leaves of the memory, but at least a quarter. */
uint64_t fl_dedupe_left_bytes(const struct fl_dedupe *dedupe);
/* Clears the bits of rows that are dropped; returns how many those are. */
uint64_t fl_dedupe_drop(const struct fl_dedupe *dedupe, const struct fl_batch *batch, uint64_t *rows);

#endif
