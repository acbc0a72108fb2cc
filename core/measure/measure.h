/* measure.h: what a rule measures over the records of a group. Pure: no threads, no I/O.
 *
 * A measure is a fold: its state depends only on the multiset of records, and merging states is commutative
 * and associative; or it is a list, which keeps a row of each record and reads them in record order once all input is
 * there (sequence, rows): then merging is the union. A state is `state_bytes` of plain memory owned by the group, plus
 * heap blocks that fl_measure_dispose() frees. A zeroed state is a valid empty one. One file per measure; measures.def
 * lists them.
 */
#ifndef FL_MEASURE_MEASURE_H
#define FL_MEASURE_MEASURE_H

#include "core/base/arena.h"
#include "core/base/status.h"
#include "core/base/when.h"
#include "core/expr/expr.h"
#include "core/record/batch.h"
#include "core/record/place.h"
#include "core/record/value.h"

enum fl_measure_kind {
#define FL_MEASURE(ID, name, args, what) FL_M_##ID,
#include "core/measure/measures.def"
#undef FL_MEASURE
    FL_MEASURE_COUNT
};

struct fl_sequence_step {
    const struct fl_node *filter;
    uint32_t times;
};
struct fl_sequence {
    const struct fl_sequence_step *steps;
    uint32_t step_count; /* at most FL_SEQUENCE_STEPS_MAX */
    int64_t within_ms;   /* 0: in any time */
};

/* One declared measure, compiled. */
struct fl_measure {
    enum fl_measure_kind kind;
    const char *name;                       /* as the rule calls it */
    uint32_t field;                         /* FL_FIELD_NONE when it takes none */
    uint32_t by;                            /* top: field that weighs; FL_FIELD_NONE = records */
    const char *field_name, *by_name;       /* as errors call them; NULL: those of the fields of the record */
    enum fl_type field_type, by_type;       /* of their values; FL_T_NULL: those of the fields of the record */
    uint32_t k;                             /* top, set: how many are kept for showing; distinct: exact up to */
    const struct fl_node *filter, *filter2; /* count, sum, ratio; NULL = every record */
    bool spread;                            /* sum: apportioned to the panes that a record reaches into */
    const struct fl_sequence *sequence;     /* of sequence, else NULL */
    uint32_t first_step;                    /* sequence: where the filters of its steps begin in its table's */
    const uint32_t *row_fields;             /* rows: fields kept of each record */
    uint32_t row_field_count;
    enum fl_type type; /* of its value */
    uint32_t state_bytes, state_offset;
    uint32_t mark_offset; /* over groups: where the state says that some value of theirs may count twice; 0: nowhere */
    uint64_t hash_seed;   /* of values in states; equal where states are merged */
    const struct fl_renumbering *sources; /* of the places in states that are loaded; NULL: as they are */
    struct fl_ratio q;                    /* quantile */
    int64_t slot_ms;                      /* hours, intervals: raised to what the log can tell apart */
    int64_t aggregation_ms;               /* of the log */
    const struct fl_zone *zone;           /* hours; NULL = UTC */
    const char **member_paths;            /* "i.mean" for each of its members, for messages; may be NULL */
};

struct fl_measure_info {
    const char *name, *args, *what; /* args as documented: "field, filter?" */
};
extern const struct fl_measure_info fl_measures[FL_MEASURE_COUNT];

/* Finds a kind by its name; FL_MEASURE_COUNT if there is none. */
enum fl_measure_kind fl_measure_find(struct fl_str name);

/* Members of a measure's value, `i.mean`: the number of that one, from 1, and its type; 0 when there is none. */
uint32_t fl_measure_member(enum fl_measure_kind kind, struct fl_str name, enum fl_type *type);
uint32_t fl_measure_member_count(enum fl_measure_kind kind);
const char *const *fl_measure_member_names(enum fl_measure_kind kind);

/* Do both measure the same, whatever their names? Filters are told apart by the caller. */
bool fl_measure_same(const struct fl_measure *a, const struct fl_measure *b);

/* Fills in state_bytes and type, and checks that the measure can take its field's type. The error names both. */
enum fl_status fl_measure_prepare(struct fl_measure *measure, struct fl_error *err);
/* Is it about records alone, so that it cannot measure groups of another rule? */
bool fl_measure_reads_records(enum fl_measure_kind kind);
/* Fields that the measure itself reads (its filters aside). */
void fl_measure_fields(const struct fl_measure *measure, struct fl_field_set *fields);

/* One record. pass and pass2: is filter (filter2) true for it? place: the record's place in record order. */
enum fl_status fl_measure_update(const struct fl_measure *measure, void *state, const struct fl_batch *batch,
                                 uint32_t row, bool pass, bool pass2, const struct fl_place *place);
/* Many records at once, each with the state of its group: the same as fl_measure_update() of one after the other. */
#define FL_UPDATE_ROWS_MAX 64u
struct fl_rows_update {
    const struct fl_batch *batch;
    uint32_t count; /* at most FL_UPDATE_ROWS_MAX */
    const uint32_t *rows;
    void *const *states;
    const struct fl_place *const *places;
    uint64_t pass, pass2; /* bit i: of row i */
};
enum fl_status fl_measure_update_rows(const struct fl_measure *measure, const struct fl_rows_update *u);
/* One row that is a group of another rule: fields of the measure are numbers of slots. */
enum fl_status fl_measure_update_slots(const struct fl_measure *measure, void *state, const struct fl_value *slots,
                                       bool pass, bool pass2, uint32_t steps, const struct fl_place *place);
/* The same for the part of a record that lies in [from_ms, to_ms); for measures that are spread. */
enum fl_status fl_measure_update_part(const struct fl_measure *measure, void *state, const struct fl_batch *batch,
                                      uint32_t row, bool pass, const struct fl_place *place, int64_t from_ms,
                                      int64_t to_ms);
/* The last of the panes that a record reaches into, by its start and end. That of its start when it reaches into more
 * than FL_SPREAD_PANES_MAX: it is not spread then. */
int64_t fl_spread_last_pane(const struct fl_place *place, int64_t pane_ms);
/* The same for a sequence. Bit s of steps: does the record meet step s? */
enum fl_status fl_measure_update_steps(const struct fl_measure *measure, void *state, const struct fl_batch *batch,
                                       uint32_t row, uint32_t steps, const struct fl_place *place);
enum fl_status fl_measure_merge(const struct fl_measure *measure, void *into, const void *from);
void fl_measure_dispose(const struct fl_measure *measure, void *state);
/* Appends the state as bytes of this machine's order (little-endian machines share them): equal states give equal
 * bytes, whatever order records came in. */
void fl_measure_save(const struct fl_measure *measure, const void *state, struct fl_buf *out);
/* Reads what fl_measure_save() wrote into a zeroed state, which must be disposed even when this fails. *used: how many
 * of the bytes it took. FL_E_DATA when they are no state of this measure. */
enum fl_status fl_measure_load(const struct fl_measure *measure, void *state, const uint8_t *bytes, size_t len,
                               size_t *used);
/* The value; lists and text live in the arena. Over no record: count sum distinct longest_run connections 0, all else
 * null. */
enum fl_status fl_measure_value(const struct fl_measure *measure, const void *state, struct fl_arena *arena,
                                struct fl_value *out);
/* How many records a group has at least where the value (that member of it) is at least `value`; 0: not known. Filters
 * aside, so that it holds whatever they are. */
uint64_t fl_measure_least_records(const struct fl_measure *measure, uint32_t member, uint64_t value);
/* Does it keep a row of each record? */
static inline bool fl_measure_is_list(const struct fl_measure *measure)
{
    return measure->kind == FL_M_SEQUENCE || measure->kind == FL_M_ROWS;
}
/* verdict: what was noted of the record that counts; empty when nothing was. Views into the state. */
struct fl_str fl_measure_noted(const void *state);
/* rows: calls visit for each record in record order, with the values of its fields. visit returning not FL_OK ends it.
 */
enum fl_status fl_measure_visit_rows(const struct fl_measure *measure, const void *state,
                                     enum fl_status (*visit)(void *context, const struct fl_value *values),
                                     void *context);

#endif
