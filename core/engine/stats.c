#include "core/engine/stats.h"

#include <string.h>

void fl_object_stats_clear(struct fl_object_stats *stats)
{
    memset(stats, 0, sizeof *stats);
    stats->first_ms = INT64_MAX;
    stats->last_ms = INT64_MIN;
}

/* The samples with the least offsets stay, whoever saw them. */
static void merge_samples(struct fl_object_stats *into, const struct fl_object_stats *from)
{
    for (uint32_t i = 0; i < from->sample_count; i++) {
        uint32_t at = into->sample_count;
        while (at > 0 && into->samples[at - 1].offset > from->samples[i].offset)
            at--;
        if (at == FL_BAD_LINES_SHOWN)
            continue;
        if (into->sample_count < FL_BAD_LINES_SHOWN)
            into->sample_count++;
        memmove(into->samples + at + 1, into->samples + at, (into->sample_count - at - 1) * sizeof into->samples[0]);
        into->samples[at] = from->samples[i];
    }
}

static void merge_layouts(struct fl_object_stats *into, const struct fl_object_stats *from)
{
    if (!from->has_layout)
        return;
    if (!into->has_layout)
        into->columns = from->columns;
    for (uint32_t w = 0; w < FL_FIELD_WORDS; w++)
        into->columns.bits[w] &= from->columns.bits[w];
    if (!into->has_layout || from->format_offset > into->format_offset) {
        into->format_offset = from->format_offset;
        memcpy(into->format, from->format, sizeof into->format);
    }
    into->has_layout = true;
}

void fl_object_stats_merge(struct fl_object_stats *into, const struct fl_object_stats *from)
{
    merge_layouts(into, from);
    merge_samples(into, from);
    if (from->trouble[0] != '\0' && (into->trouble[0] == '\0' || from->trouble_offset < into->trouble_offset)) {
        into->trouble_offset = from->trouble_offset;
        memcpy(into->trouble, from->trouble, sizeof into->trouble);
    }
    into->records += from->records;
    into->no_data += from->no_data;
    into->skip_data += from->skip_data;
    for (unsigned c = 0; c < FLP_BAD_COUNT; c++)
        into->bad_lines[c] += from->bad_lines[c];
    for (uint32_t f = 0; f < FL_FIELD_COUNT; f++)
        into->bad_values[f] += from->bad_values[f];
    into->long_records += from->long_records;
    into->longest_ms = from->longest_ms > into->longest_ms ? from->longest_ms : into->longest_ms;
    into->first_ms = from->first_ms < into->first_ms ? from->first_ms : into->first_ms;
    into->last_ms = from->last_ms > into->last_ms ? from->last_ms : into->last_ms;
}
