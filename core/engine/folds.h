/* folds.h: the hits of one rule, folded by identity while its groups are visited. Inside core/engine only.
 *
 * Hits come in the order of their groups' keys, then windows; those of one identity keep that order. A fold owns copies
 * of the hits that it keeps.
 */
#ifndef FL_ENGINE_FOLDS_H
#define FL_ENGINE_FOLDS_H

#include "core/base/buf.h"
#include "core/base/map.h"
#include "core/engine/verdicts.h"

/* How far waivers excuse an occurrence. A finding speaks of those that are excused least, the others are taken out. */
enum fl_excuse { FL_EXCUSE_NONE, FL_EXCUSE_LOWERED, FL_EXCUSE_HIDDEN, FL_EXCUSES };

/* The occurrences of one finding that are excused alike. */
struct fl_fold_part {
    uint64_t count;
    struct fl_counters sum;
    struct fl_place *places; /* the least, up to the policy's `evidence` */
    uint32_t place_count;
    uint32_t worst_count, worst_capacity;
    struct fl_hit *worst; /* worst first, at most FL_OCCURRENCES_SHOWN */
    struct fl_concern concerned;
};

struct fl_fold {
    struct fl_fold_part excused[FL_EXCUSES];
    struct fl_hit last; /* its window may overlap with the next */
    bool has_last;
    bool newest_is_worst; /* of its occurrence */
    uint32_t windows;     /* of the newest occurrence */
    uint64_t occurrences; /* that began */
};

static inline enum fl_excuse fl_fold_excuse(const struct fl_fold *fold)
{
    enum fl_excuse least = FL_EXCUSE_NONE;
    while (least < FL_EXCUSE_HIDDEN && fold->excused[least].count == 0)
        least++;
    return least;
}

struct fl_folds {
    struct fl_map identities; /* canonical bytes; the number of a fold */
    struct fl_fold *items;
    uint32_t count, capacity, slot_count;
    struct fl_arena arena; /* hits that are kept, and displaced ones until they are collected */
    size_t settled_bytes;  /* of the arena after the last collection */
    struct fl_arena places;
    struct fl_buf key; /* of the hit at hand */
};

void fl_folds_init(struct fl_folds *folds, uint32_t slot_count);
void fl_folds_dispose(struct fl_folds *folds); /* empty and usable again */
/* Views in the hit need to live during the call only. */
enum fl_status fl_folds_add(struct fl_judging *j, struct fl_folds *folds, struct fl_hit *hit);
/* What became of the hit that was added last. */
struct fl_judged_occurrence fl_folds_newest(const struct fl_folds *folds, const struct fl_hit *hit);
/* After the last hit. */
enum fl_status fl_folds_close(struct fl_judging *j, struct fl_folds *folds);

#endif
