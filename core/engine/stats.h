/* stats.h: what happened to one object while it was read. Workers that share an object have one each, which
 * are then merged. */
#ifndef FL_ENGINE_STATS_H
#define FL_ENGINE_STATS_H

#include "core/input/reader.h"
#include "core/input/source.h"
#include "core/plugin/flowlaw_plugin.h"
#include "core/record/fields.h"

struct fl_bad_sample {
    uint64_t offset;
    enum flp_bad cause;
    char text[96]; /* the beginning of the line */
};

struct fl_object_stats {
    bool opened;
    bool recognised; /* a decoder took it */
    bool foreign;    /* a known neighbour of flow logs: skipped, nothing is lost */
    char format[96]; /* "aws_vpc: header": the last one in force */
    uint64_t format_offset;
    char trouble[320]; /* why it was not read */
    uint64_t trouble_offset;
    bool has_layout;
    struct fl_field_set columns; /* decoded columns of every layout it used */
    uint64_t records, no_data, skip_data;
    uint64_t bad_lines[FLP_BAD_COUNT];
    struct fl_bad_sample samples[FL_BAD_LINES_SHOWN];
    uint32_t sample_count;
    uint64_t first_bad_line; /* its number in the object, when all is read; 0: not known */
    uint64_t bad_values[FL_FIELD_COUNT];
    int64_t first_ms, last_ms; /* INT64_MAX / INT64_MIN without records */
    uint64_t long_records;     /* that span more than the policy's aggregation interval */
    int64_t longest_ms;        /* of these */
    struct fl_read_stats read;
};

void fl_object_stats_clear(struct fl_object_stats *stats);
/* Adds what another worker saw of the same object; stats->read stays. */
void fl_object_stats_merge(struct fl_object_stats *into, const struct fl_object_stats *from);

/* Where the first one begins; there is one. */
static inline uint64_t fl_object_bad_offset(const struct fl_object_stats *s)
{
    bool is_long =
        s->sample_count == 0 || (s->read.long_lines > 0 && s->read.first_long_line_offset < s->samples[0].offset);
    return is_long ? s->read.first_long_line_offset : s->samples[0].offset;
}

static inline uint64_t fl_object_bad_lines(const struct fl_object_stats *s)
{
    uint64_t sum = s->read.long_lines;
    for (unsigned i = 0; i < FLP_BAD_COUNT; i++)
        sum += s->bad_lines[i];
    return sum;
}

#endif
