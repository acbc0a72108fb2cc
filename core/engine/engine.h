/* engine.h: plan + objects -> parts. Never includes lua.h: rules' code is reached through fl_rule_ops.
 *
 * fl_engine_run() reads every object with a number of workers and returns one merged part. The part owns its tables;
 * plan and sources must outlive it.
 */
#ifndef FL_ENGINE_ENGINE_H
#define FL_ENGINE_ENGINE_H

#include "core/engine/coverage.h"
#include "core/engine/stats.h"
#include "core/group/container.h"
#include "core/rule/ops.h"
#include "core/rule/plan.h"

/* Somebody who looks at one record, or at every one, while it is scanned, all of the plan's columns filled in. */
struct fl_row_watch {
    bool every;      /* whatever source and offset say */
    uint32_t source; /* rank of the object */
    uint64_t offset; /* of the record in it */
    void *context;
    enum fl_status (*take)(void *context, const struct fl_batch *batch, uint32_t row);
};

struct fl_dedupe;

struct fl_engine_options {
    uint32_t threads;        /* at least 1 */
    size_t chunk_bytes;      /* 0 = default */
    const char *told_format; /* --format or NULL */
    uint64_t memory_bytes;   /* for groups, of all workers together; 0 = without end */
    /* Deal objects to `threads` logical workers on one thread, in an order that this seed gives; 0 = off. */
    uint64_t schedule_seed;
    const struct fl_rule_ops *ops; /* NULL when no rule has code */
    bool counts_only;              /* `where` is counted, nothing is measured and no code runs */
    struct fl_dedupe *collect;     /* set by the engine: this pass only notes records; or NULL */
    const struct fl_dedupe *drop;  /* set by the engine: records that are left out; or NULL */
    /* Called from time to time by worker 0 with totals so far; may be NULL. */
    void (*progress)(void *context, uint64_t object_bytes, uint64_t records);
    void *progress_context;
    const struct fl_row_watch *watch; /* or NULL */
    bool profile;
};

/* What a rule cost; counted when fl_engine_options.profile says so. Times never reach results. */
struct fl_cost {
    uint64_t groups;            /* that were judged, in their windows */
    uint64_t tested;            /* records that its condition was asked about */
    uint64_t scan_ns, judge_ns; /* scan_ns: of its table, in the first rule of it */
    uint64_t held_bytes;        /* of its table when the scan ended, all workers together */
    uint64_t calls, code_ns;    /* of on_flow in the scan and of all code in the judgement */
};
uint64_t fl_cost_now(void); /* ns of processor time of the calling thread */

/* Processor time of all threads, whatever profile says. */
struct fl_phases {
    uint64_t scan_ns, judge_ns, evidence_ns; /* judge_ns: without reading evidence again */
};
uint64_t fl_phase_now(void); /* ns of processor time of all threads */

/* What one rule gathered, its groups aside: they are those of its table in the store. */
struct fl_rule_part {
    uint64_t selected; /* records */
    uint64_t lua_failures;
    char lua_error[320]; /* the first, by record order */
    struct fl_place lua_error_place;
    uint64_t bad_times;
    uint64_t listed;   /* records kept as rows */
    uint64_t unspread; /* records that reach into too many panes to be apportioned */
    bool over_limit, over_list;
    struct fl_cost cost;
    bool stateful; /* its code kept state between calls */
};

/* A partial result: a part in a file, with what its objects are and what its plan measures. */
struct fl_part_file {
    const char *path;
    struct fl_container container;
    struct fl_renumbering sources; /* numbers in the file -> ranks in the list */
    uint32_t *ranks;               /* of these */
    char trouble[512];             /* "" or why its lines cannot be read */
};

struct fl_part {
    struct fl_store *store;
    struct fl_rule_part *rules; /* by rule of the plan */
    uint32_t rule_count;
    struct fl_object_stats *objects; /* by rank */
    uint32_t object_count;
    struct fl_coverage_map coverage;
    struct fl_map unknown_columns;
    uint64_t undecided_guess, undecided_none; /* records with orientation guess or none */
    uint64_t out_of_scope;
    uint64_t duplicates; /* records left out by dedupe */
    uint64_t null_arithmetic;
    struct fl_phases phases;
    struct fl_part_file *files; /* that this part was read from; their rows and lines are read when they are needed */
    uint32_t file_count;
};

enum fl_status fl_engine_run(const struct fl_plan *plan, const struct fl_source_list *sources,
                             const struct fl_engine_options *options, struct fl_part *out, struct fl_error *err);
void fl_part_dispose(struct fl_part *part);
/* What became of a call that failed, in a sentence. */
const char *fl_part_error(const struct fl_part *part, enum fl_status status);
/* Adds what another worker, or another part, counted for the same rule. Groups lie in the stores. */
void fl_rule_part_merge(struct fl_rule_part *into, const struct fl_rule_part *from);

/* A line to be read again, and what its reader knows it by. */
struct fl_wanted {
    uint64_t where; /* of its place */
    uint64_t tag;
};
/* Lines that are wanted, in the order of `where`; FL_END behind the last. */
struct fl_wanted_feed {
    void *context;
    enum fl_status (*next)(void *context, struct fl_wanted *out);
};
/* Reads these lines again, each object once. The callback gets the line's tag, number and text (without line end), and
 * may ask for its named fields through fl_evidence_fields(). A line whose object changed or cannot be read is
 * reported with record number 0. */
struct fl_evidence_line {
    uint64_t tag;
    uint64_t record;
    struct fl_str raw;
    void *token;                 /* or NULL: the line comes from a part, with its fields */
    const struct fl_str *fields; /* name and value in turn */
    uint32_t field_count;
};
enum fl_status fl_evidence_read(const struct fl_source_list *sources, const struct fl_part *part,
                                const struct fl_wanted_feed *feed, const char *told_format,
                                enum fl_status (*take)(void *context, const struct fl_evidence_line *line),
                                void *context);
void fl_evidence_fields(const struct fl_evidence_line *line,
                        void (*emit)(void *context, const char *name, size_t name_len, const char *value,
                                     size_t value_len),
                        void *context);

/* The number of the line that begins at this offset of the decompressed object; 0 when that cannot be read again, or is
 * too far behind to be read for a number alone. */
enum fl_status fl_evidence_line_at(const struct fl_source *source, uint64_t offset, uint64_t *line);

/* Where the line with this number begins in the decompressed object; its text, without line end, goes to raw. A line
 * that is too long to be a record has no text, and may be told as UINT64_MAX. FL_END: the object has fewer lines;
 * FL_E_IO: it cannot be opened. */
enum fl_status fl_evidence_locate(const struct fl_source *source, uint64_t record, uint64_t *offset,
                                  struct fl_buf *raw);

/* part_save.c: the sections of a part, the texts of policy and rules aside. The hashes
 * of the sources are filled in. FL_E_IO: writing failed, see out->blocks.error; else err says what failed. */
enum fl_status fl_part_save(const struct fl_plan *plan, struct fl_part *part, const struct fl_source_list *sources,
                            const char *told_format, struct fl_container_writer *out, struct fl_error *err);
/* part_load.c: reads and adds up what the files hold, but rows and lines. files: opened, of equal plans; they become
 * the part's, also when it fails. The list is filled with their sources. */
enum fl_status fl_part_load(const struct fl_plan *plan, struct fl_part_file *files, uint32_t file_count,
                            uint64_t memory_bytes, struct fl_source_list *sources, struct fl_part *out,
                            struct fl_error *err);
/* part_lines.c: as fl_evidence_read(), from the files of the part; lines come in the order of the files. */
enum fl_status fl_part_lines(const struct fl_part *part, const struct fl_wanted_feed *feed,
                             enum fl_status (*take)(void *context, const struct fl_evidence_line *line), void *context);

#endif
