/* findings.h: the findings of a report, made one after the other from folds and lines. Inside core/engine only.
 *
 * They keep folds and lines, and refer to plan, part and sources, which outlive them. One thread.
 */
#ifndef FL_ENGINE_FINDINGS_H
#define FL_ENGINE_FINDINGS_H

#include "core/engine/folds.h"
#include "core/engine/lines.h"

/* A line is wanted by a finding, counted in the order of the report, for one of its evidence places. */
#define FL_TAG_SLOT_BITS 7u
_Static_assert(FL_EVIDENCE_MAX < 1u << FL_TAG_SLOT_BITS, "a tag holds the number of an evidence place");

struct fl_findings {
    struct fl_judging judging; /* plan, part, sources and what is known of interfaces; the rest is not there */
    uint32_t *rules;           /* by place in the report; UINT32_MAX: void */
    struct fl_folds folds;
    struct fl_places places; /* of lines that are wanted, until they are read */
    struct fl_lines lines;
};

/* Folds in the order of the report. */
struct fl_fold_walk {
    const struct fl_findings *findings;
    struct fl_sorter_walk *walk;
    struct fl_sorted next; /* of which nothing was taken yet */
    bool any;
    struct fl_buf key; /* of the fold at hand */
};
enum fl_status fl_fold_walk_open(struct fl_fold_walk *w, const struct fl_findings *findings);
void fl_fold_walk_close(struct fl_fold_walk *w); /* also when it could not be opened */
/* To be disposed of. FL_END behind the last. */
enum fl_status fl_fold_walk_next(struct fl_fold_walk *w, struct fl_fold *fold, uint32_t *rule);

/* Without evidence; in j->arena. */
enum fl_status fl_finding_make(struct fl_judging *j, uint32_t rule, const struct fl_fold *fold, struct fl_finding *f);
struct fl_finding_class fl_finding_class_of(const struct fl_fold *fold);

extern const struct fl_finding_source fl_findings_source;
/* What went wrong with a temporary file; NULL: nothing did. */
const char *fl_findings_trouble(const struct fl_findings *findings);

#endif
