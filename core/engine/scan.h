/* scan.h: what a worker does with each batch: counts its rows, then selects rows for every table of the plan and adds
 * them. For the thread that has the worker; all memory is the worker's. */
#ifndef FL_ENGINE_SCAN_H
#define FL_ENGINE_SCAN_H

#include "core/engine/worker.h"

/* Derives, counts and runs all rules over the batch that was decoded last. */
enum fl_status fl_scan_batch(struct fl_worker *worker);

/* ---- shared by scan.c and scan_table.c ---- */

/* The rows of one table among those of the batch. with_data, every_line: rows in scope. */
enum fl_status fl_scan_table(struct fl_worker *worker, uint32_t index, const uint64_t *with_data,
                             const uint64_t *every_line);
/* Brings what is still lazy of these fields. */
enum fl_status fl_scan_need(struct fl_worker *worker, const struct fl_field_set *fields, const uint64_t *rows);
/* Which interface an address is of, as far as these rows tell. */
enum fl_status fl_scan_note_own(struct fl_worker *worker, const uint64_t *rows);

static inline uint64_t *fl_scan_bitmap(struct fl_worker *worker, uint32_t index)
{
    return worker->bitmaps + (size_t)index * worker->bitmap_words;
}

static inline uint64_t fl_scan_count(const uint64_t *bits, uint32_t words)
{
    uint64_t sum = 0;
    for (uint32_t w = 0; w < words; w++)
        sum += (uint64_t)__builtin_popcountll(bits[w]);
    return sum;
}

#endif
