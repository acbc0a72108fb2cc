/* part_save.c: a part as sections of a file. part_load.c reads what is written here, in the same order. */
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/engine/engine.h"
#include "core/engine/lines.h"

static void put_text(struct fl_block_writer *w, const char *text)
{
    fl_block_add_bytes(w, text, strlen(text));
}

static void put_signed(struct fl_block_writer *w, int64_t value)
{
    fl_block_add_number(w, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
}

static void put_fields(struct fl_block_writer *w, const struct fl_field_set *set)
{
    uint32_t count = 0;
    for (uint32_t f = 0; f < FL_FIELD_COUNT; f++)
        count += fl_field_set_has(set, f);
    fl_block_add_number(w, count);
    for (uint32_t f = 0; f < FL_FIELD_COUNT; f++)
        if (fl_field_set_has(set, f))
            put_text(w, fl_fields[f].name);
}

static void put_bad(struct fl_block_writer *w, const struct fl_object_stats *s)
{
    for (unsigned c = 0; c < FLP_BAD_COUNT; c++)
        fl_block_add_number(w, s->bad_lines[c]);
    fl_block_add_number(w, s->sample_count);
    for (uint32_t i = 0; i < s->sample_count; i++) {
        fl_block_add_number(w, s->samples[i].offset);
        fl_block_add_number(w, s->samples[i].cause);
        put_text(w, s->samples[i].text);
    }
    uint32_t fields = 0;
    for (uint32_t f = 0; f < FL_FIELD_COUNT; f++)
        fields += s->bad_values[f] > 0;
    fl_block_add_number(w, fields);
    for (uint32_t f = 0; f < FL_FIELD_COUNT; f++) {
        if (s->bad_values[f] == 0)
            continue;
        put_text(w, fl_fields[f].name);
        fl_block_add_number(w, s->bad_values[f]);
    }
}

static void put_object(struct fl_block_writer *w, const struct fl_source *source, const struct fl_object_stats *s)
{
    put_text(w, source->name);
    fl_block_add_number(w, source->size_bytes);
    fl_block_add_bytes(w, source->sha256, sizeof source->sha256);
    fl_block_add_number(w, (uint64_t)s->opened | (uint64_t)s->recognised << 1 | (uint64_t)s->foreign << 2 |
                               (uint64_t)s->has_layout << 3);
    put_text(w, s->format);
    fl_block_add_number(w, s->format_offset);
    put_text(w, s->trouble);
    fl_block_add_number(w, s->trouble_offset);
    put_fields(w, &s->columns);
    fl_block_add_number(w, s->records);
    fl_block_add_number(w, s->no_data);
    fl_block_add_number(w, s->skip_data);
    put_bad(w, s);
    put_signed(w, s->first_ms);
    put_signed(w, s->last_ms);
    fl_block_add_number(w, s->long_records);
    put_signed(w, s->longest_ms);
    fl_block_add_number(w, s->read.text_bytes);
    fl_block_add_number(w, s->read.object_bytes);
    fl_block_add_number(w, s->read.trailing_bytes);
    fl_block_add_number(w, s->read.long_lines);
    fl_block_add_number(w, s->read.first_long_line_offset);
    fl_block_add_number(w, s->read.damage);
    fl_block_add_number(w, s->read.damage_offset);
    put_text(w, s->read.damage_text);
    if (fl_object_bad_lines(s) > 0)
        fl_block_add_number(w, s->first_bad_line);
}

static void save_sources(struct fl_container_writer *out, const struct fl_source_list *sources,
                         const struct fl_part *part)
{
    struct fl_block_writer *w = &out->blocks;
    fl_container_begin(out, FL_SECTION_SOURCES, 0);
    fl_block_add_number(w, sources->count);
    for (uint32_t i = 0; i < sources->count; i++)
        put_object(w, &sources->items[i], &part->objects[i]);
    fl_block_add_number(w, sources->trouble_count);
    for (uint32_t i = 0; i < sources->trouble_count; i++) {
        fl_block_add_number(w, sources->troubles[i].kind);
        put_text(w, sources->troubles[i].name);
        put_text(w, sources->troubles[i].text);
    }
    fl_container_end(out, sources->count);
}

static int compare_texts(const void *a, const void *b)
{
    return fl_str_compare(*(const struct fl_str *)a, *(const struct fl_str *)b);
}

static void put_rule(struct fl_block_writer *w, const char *id, const struct fl_rule_part *r)
{
    put_text(w, id);
    fl_block_add_number(w, r->selected);
    fl_block_add_number(w, r->bad_times);
    fl_block_add_number(w, r->listed);
    fl_block_add_number(w, r->unspread);
    fl_block_add_number(w, (uint64_t)r->over_limit | (uint64_t)r->over_list << 1 | (uint64_t)r->stateful << 2);
    fl_block_add_number(w, r->lua_failures);
    put_text(w, r->lua_error);
    put_signed(w, r->lua_error_place.start_ms);
    put_signed(w, r->lua_error_place.end_ms);
    fl_block_add_number(w, r->lua_error_place.where);
}

static enum fl_status save_totals(struct fl_container_writer *out, const struct fl_plan *plan,
                                  const struct fl_part *part)
{
    struct fl_block_writer *w = &out->blocks;
    const struct fl_map *columns = &part->unknown_columns;
    struct fl_str *names = fl_alloc(((size_t)columns->count + 1) * sizeof *names);
    if (names == NULL)
        return FL_E_NOMEM;
    if (columns->count > 0)
        memcpy(names, columns->keys, columns->count * sizeof *names);
    qsort(names, columns->count, sizeof *names, compare_texts);
    fl_container_begin(out, FL_SECTION_TOTALS, 0);
    fl_block_add_number(w, part->undecided_guess);
    fl_block_add_number(w, part->undecided_none);
    fl_block_add_number(w, part->out_of_scope);
    fl_block_add_number(w, part->duplicates);
    fl_block_add_number(w, part->null_arithmetic);
    fl_block_add_number(w, columns->count);
    for (uint32_t i = 0; i < columns->count; i++)
        fl_block_add_bytes(w, names[i].ptr, names[i].len);
    fl_free(names);
    uint32_t rules = 0;
    for (uint32_t i = 0; i < plan->rule_count; i++)
        rules += plan->rules[i].from == NULL;
    fl_block_add_number(w, rules);
    for (uint32_t i = 0; i < plan->rule_count; i++) {
        if (plan->rules[i].from != NULL)
            continue;
        fl_block_add_number(w, plan->rules[i].role);
        put_rule(w, plan->rules[i].decl->id, &part->rules[i]);
    }
    fl_container_end(out, rules);
    return FL_OK;
}

/* ---- coverage: by name of the interface, whatever order they came in ---- */

static int compare_named(const void *left, const void *right, void *context)
{
    const struct fl_str *names = context;
    return fl_str_compare(names[*(const uint32_t *)left], names[*(const uint32_t *)right]);
}

static void put_interface(struct fl_block_writer *w, const struct fl_coverage_map *map, uint32_t id)
{
    static const struct fl_interface none;
    const struct fl_interface *item = id < map->item_capacity ? &map->items[id] : &none;
    fl_block_add_bytes(w, map->interfaces.keys[id].ptr, map->interfaces.keys[id].len);
    fl_block_add_number(w, item->records);
    fl_block_add_number(w, item->skipped);
    struct fl_str vpc = item->vpc != 0 ? map->vpcs.keys[item->vpc - 1] : FL_STR("");
    fl_block_add_number(w, item->vpc != 0);
    fl_block_add_bytes(w, vpc.ptr, vpc.len);
    fl_block_add_number(w, item->address_count);
    for (uint32_t a = 0; a < item->address_count; a++) {
        fl_block_add_number(w, item->addresses[a].hi);
        fl_block_add_number(w, item->addresses[a].lo);
    }
}

struct saving_hours {
    struct fl_block_writer *w;
    const uint32_t *ranks; /* of interfaces, by name */
    uint64_t count;
};

static enum fl_status count_hour(void *context, const struct fl_coverage_hour *hour)
{
    (void)hour;
    ((struct saving_hours *)context)->count++;
    return FL_OK;
}

static enum fl_status put_hour(void *context, const struct fl_coverage_hour *hour)
{
    struct saving_hours *s = context;
    fl_block_add_number(s->w, s->ranks[hour->interface]);
    fl_block_add_number(s->w, hour->hour);
    fl_block_add_number(s->w, hour->seen & ~FL_COVERAGE_IN_USE);
    fl_block_add_number(s->w, hour->lost);
    return s->w->status;
}

static enum fl_status put_hours(struct fl_container_writer *out, struct fl_coverage_map *map, const uint32_t *ranks)
{
    struct saving_hours s = {&out->blocks, ranks, 0};
    enum fl_status status = fl_coverage_finish(map, true);
    if (status == FL_OK)
        status = fl_coverage_hours(map, count_hour, &s);
    fl_block_add_number(&out->blocks, s.count);
    if (status == FL_OK)
        status = fl_coverage_hours(map, put_hour, &s);
    fl_container_end(out, s.count);
    return status;
}

static enum fl_status save_coverage(struct fl_container_writer *out, struct fl_coverage_map *map)
{
    uint32_t count = map->interfaces.count;
    uint32_t *order = fl_alloc(((size_t)count + 1) * sizeof *order),
             *ranks = fl_alloc(((size_t)count + 1) * sizeof *ranks);
    enum fl_status status = order == NULL || ranks == NULL ? FL_E_NOMEM : FL_OK;
    for (uint32_t i = 0; status == FL_OK && i < count; i++)
        order[i] = i;
    if (status == FL_OK && count > 1)
        qsort_r(order, count, sizeof *order, compare_named, map->interfaces.keys);
    for (uint32_t i = 0; status == FL_OK && i < count; i++)
        ranks[order[i]] = i;
    if (status == FL_OK) {
        fl_container_begin(out, FL_SECTION_COVERAGE, 0);
        fl_block_add_number(&out->blocks, count);
        for (uint32_t i = 0; i < count; i++)
            put_interface(&out->blocks, map, order[i]);
        status = put_hours(out, map, ranks);
    }
    fl_free(order);
    fl_free(ranks);
    return status;
}

/* ---- rows, and the lines of the places in them ---- */

struct saving {
    const struct fl_source_list *sources;
    const struct fl_part *part;
    const char *told_format;
    struct fl_container_writer *out;
    struct fl_places places; /* each once, in the order of objects and offsets */
    uint64_t lines, missing;
};

static enum fl_status keep_place(void *context, const struct fl_place *place)
{
    struct saving *s = context;
    return fl_places_want(&s->places, place->where, place->where);
}

struct field_list {
    struct fl_block_writer *w;
    uint32_t count;
};

static void count_field(void *context, const char *name, size_t name_len, const char *value, size_t value_len)
{
    (void)name;
    (void)name_len;
    (void)value;
    (void)value_len;
    ((struct field_list *)context)->count++;
}

static void put_field(void *context, const char *name, size_t name_len, const char *value, size_t value_len)
{
    struct field_list *list = context;
    fl_block_add_bytes(list->w, name, name_len);
    fl_block_add_bytes(list->w, value, value_len);
}

static enum fl_status put_line(void *context, const struct fl_evidence_line *line)
{
    struct saving *s = context;
    struct fl_block_writer *w = &s->out->blocks;
    struct field_list fields = {w, 0};
    if (line->record == 0) {
        s->missing++;
        return FL_OK;
    }
    fl_block_add_number(w, line->tag);
    fl_block_add_number(w, line->record);
    fl_block_add_bytes(w, line->raw.ptr, line->raw.len);
    fl_evidence_fields(line, count_field, &fields);
    fl_block_add_number(w, fields.count);
    fl_evidence_fields(line, put_field, &fields);
    s->lines++;
    return w->status;
}

static enum fl_status save_lines(struct saving *s)
{
    fl_container_begin(s->out, FL_SECTION_LINES, 0);
    enum fl_status status = fl_places_read(&s->places, s->sources, s->part, s->told_format, put_line, s);
    fl_container_end(s->out, s->lines);
    return status;
}

static enum fl_status save_rows(struct saving *s, const struct fl_plan *plan)
{
    enum fl_status status = FL_OK;
    for (uint32_t t = 0, number = 0; t < plan->table_count && status == FL_OK; t++) {
        uint64_t rows = 0;
        if (plan->rules[plan->tables[t].rules[0]].from != NULL)
            continue;
        fl_container_begin(s->out, FL_SECTION_ROWS, number++);
        status = fl_store_write(s->part->store, t, &s->out->blocks, &rows, keep_place, s);
        fl_container_end(s->out, rows);
    }
    return status;
}

enum fl_status fl_part_save(const struct fl_plan *plan, struct fl_part *part, const struct fl_source_list *sources,
                            const char *told_format, struct fl_container_writer *out, struct fl_error *err)
{
    struct saving s = {.sources = sources, .part = part, .told_format = told_format, .out = out};
    fl_container_begin(out, FL_SECTION_PLAN, 0);
    fl_block_add(&out->blocks, plan->text, plan->text_len);
    fl_container_end(out, 0);
    save_sources(out, sources, part);
    enum fl_status status = save_totals(out, plan, part);
    if (status == FL_OK)
        status = save_coverage(out, &part->coverage);
    if (status == FL_OK)
        status = fl_places_open(&s.places, fl_store_left_bytes(part->store));
    if (status == FL_OK)
        status = save_rows(&s, plan);
    if (status == FL_OK)
        status = save_lines(&s);
    if (status == FL_OK)
        status = out->blocks.status;
    const char *trouble = status == FL_E_IO ? fl_sorter_trouble(s.places.sorter) : NULL;
    if (status != FL_OK)
        fl_fail(err, status, "%s", trouble != NULL ? trouble : fl_part_error(part, status));
    else if (s.missing > 0)
        status = fl_fail(err, FL_E_DATA, "%llu record%s could not be read again: the input changed while the audit ran",
                         (unsigned long long)s.missing, s.missing == 1 ? "" : "s");
    fl_places_close(&s.places);
    return status;
}
