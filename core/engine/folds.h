/* folds.h: hits, folded by identity while the groups of their rule are visited: each fold becomes a finding.
 *
 * Hits come in the order of their groups' keys, then windows; those of one identity keep that order. What is in memory
 * belongs to one rule; above the budget, and when the rule is done, all of it goes to the sorter of the judgement, from
 * where it comes back by rule and identity. A fold that went there in pieces is put together again when it is read, so
 * that memory decides nothing. Inside core/engine only. One thread.
 */
#ifndef FL_ENGINE_FOLDS_H
#define FL_ENGINE_FOLDS_H

#include "core/base/buf.h"
#include "core/base/map.h"
#include "core/base/varint.h"
#include "core/engine/verdicts.h"
#include "core/group/sorter.h"

/* How far waivers excuse an occurrence. A finding speaks of those that are excused least, the others are taken out. */
enum fl_excuse { FL_EXCUSE_NONE, FL_EXCUSE_LOWERED, FL_EXCUSE_HIDDEN, FL_EXCUSES };

struct fl_packed_hit {
    uint32_t len;
    uint8_t bytes[]; /* see packed.h */
};

/* The occurrences of one finding that are excused alike. */
struct fl_fold_part {
    uint64_t count;
    struct fl_counters sum;
    struct fl_place *places;      /* the least, up to the policy's `evidence` */
    struct fl_packed_hit **worst; /* worst first, at most FL_OCCURRENCES_SHOWN */
    struct fl_concern concerned;
    uint8_t place_count, worst_count, worst_capacity;
};

struct fl_fold {
    struct fl_fold_part *excused[FL_EXCUSES]; /* NULL where there is none */
};

/* Its only occurrence is still open. */
static inline bool fl_fold_is_empty(const struct fl_fold *fold)
{
    return fold->excused[FL_EXCUSE_NONE] == NULL && fold->excused[FL_EXCUSE_LOWERED] == NULL &&
           fold->excused[FL_EXCUSE_HIDDEN] == NULL;
}

static inline enum fl_excuse fl_fold_excuse(const struct fl_fold *fold)
{
    enum fl_excuse least = FL_EXCUSE_NONE;
    while (least < FL_EXCUSE_HIDDEN && fold->excused[least] == NULL)
        least++;
    return least;
}

/* fold_parts.c */
enum fl_excuse fl_excuse_of(const struct fl_judging *j, const struct fl_hit *hit);
/* Adds an occurrence. */
enum fl_status fl_fold_add(struct fl_judging *j, struct fl_fold *fold, const struct fl_hit *hit,
                           struct fl_buf *scratch);
/* Adds what came later. */
enum fl_status fl_fold_merge(const struct fl_judging *j, uint32_t rule, struct fl_fold *fold,
                             const struct fl_fold *later);
void fl_fold_dispose(struct fl_fold *fold);
void fl_fold_pack(const struct fl_fold *fold, struct fl_buf *out);
/* FL_E_DATA: the bytes are no fold. To be disposed of, also when it fails. */
enum fl_status fl_fold_unpack(struct fl_str bytes, struct fl_fold *out);
void fl_counters_merge(struct fl_counters *into, const struct fl_counters *from);

struct fl_folds {
    uint32_t rule;            /* of the folds in memory */
    struct fl_map identities; /* as keys; the number of a fold */
    struct fl_fold *items;
    uint32_t count, capacity;
    struct fl_buf key, bytes; /* of the hit or fold at hand */
    /* The newest hit, while its window may overlap with that of the next. */
    struct fl_hit last;
    bool has_last;
    struct fl_arena last_arena;
    size_t garbage_bytes; /* what it may hold before earlier hits are dropped from it */
    bool newest_is_worst; /* is the hit that was added last that of its occurrence? */
    uint32_t windows;     /* of that occurrence, */
    uint64_t begun;       /* which is the so manieth of all */
    int64_t held_bytes;
    uint64_t most_bytes;      /* 0 = without end */
    uint64_t pieces;          /* times that memory was emptied */
    struct fl_sorter *sorter; /* keys: place of the rule in the report (4 bytes), identity */
};

/* budget_bytes: of memory and of the sorter each; 0 = without end. To be closed, also when it fails. */
enum fl_status fl_folds_open(struct fl_folds *folds, uint64_t budget_bytes, uint64_t hash_seed);
void fl_folds_close(struct fl_folds *folds);
/* Views in the hit need to live during the call only. */
enum fl_status fl_folds_add(struct fl_judging *j, struct fl_folds *folds, const struct fl_hit *hit);
/* What became of the hit that was added last. */
struct fl_judged_occurrence fl_folds_newest(const struct fl_folds *folds, const struct fl_hit *hit);
/* After the last hit of a rule. */
enum fl_status fl_folds_finish(struct fl_judging *j, struct fl_folds *folds);
/* The rule at hand turned out to be void: forgets what is in memory. */
void fl_folds_forget(struct fl_folds *folds);

#endif
