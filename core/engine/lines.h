/* lines.h: raw lines of records, from their places to the findings that show them. Inside core/engine only.
 *
 * Places are sorted by object, so that each object is read again once; the lines are sorted by the finding that wants
 * them. What is over the budget lies in temporary files. One thread.
 */
#ifndef FL_ENGINE_LINES_H
#define FL_ENGINE_LINES_H

#include "core/base/map.h"
#include "core/engine/engine.h"
#include "core/group/sorter.h"
#include "core/record/report.h"

/* ---- places.c: lines that are wanted ---- */

struct fl_places {
    struct fl_sorter *sorter;
};

enum fl_status fl_places_open(struct fl_places *places, uint64_t budget_bytes);
void fl_places_close(struct fl_places *places);
/* Equal ones are wanted once. */
enum fl_status fl_places_want(struct fl_places *places, uint64_t where, uint64_t tag);
/* All of them, see fl_evidence_read(). */
enum fl_status fl_places_read(struct fl_places *places, const struct fl_source_list *sources,
                              const struct fl_part *part, const char *told_format,
                              enum fl_status (*take)(void *context, const struct fl_evidence_line *line),
                              void *context);

/* ---- lines.c: lines that were read ---- */

struct fl_lines {
    struct fl_sorter *sorter;
    struct fl_map names; /* of their fields */
    struct fl_buf bytes; /* of the line at hand */
    bool failed;         /* memory is out */
};

enum fl_status fl_lines_open(struct fl_lines *lines, uint64_t budget_bytes);
void fl_lines_close(struct fl_lines *lines);
/* Keeps a line under its tag; one that could not be read too. */
enum fl_status fl_lines_add(struct fl_lines *lines, const struct fl_evidence_line *line);
/* The line as bytes, until the next call. */
enum fl_status fl_line_pack(struct fl_lines *lines, const struct fl_evidence_line *line, struct fl_str *bytes);
/* What was kept of a line: record, raw and fields are filled in, in the arena. */
enum fl_status fl_line_unpack(const struct fl_lines *lines, struct fl_str bytes, struct fl_arena *arena,
                              struct fl_evidence *out);

#endif
