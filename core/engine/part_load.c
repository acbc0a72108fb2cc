/* part_load.c: what part_save.c wrote, read back and added up. Nothing in a file is believed before it is checked. */
#include <stdio.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/engine/engine.h"

/* One section; the first failure stays. */
struct section {
    struct fl_block_reader in;
    enum fl_status status;
};

static uint64_t number(struct section *s)
{
    uint64_t value = 0;
    if (s->status == FL_OK)
        s->status = fl_block_take_number(&s->in, &value);
    return s->status == FL_OK ? value : 0;
}

static int64_t signed_number(struct section *s)
{
    uint64_t v = number(s);
    return (int64_t)(v >> 1 ^ -(v & 1));
}

static uint64_t below(struct section *s, uint64_t limit)
{
    uint64_t value = number(s);
    if (value < limit)
        return value;
    if (s->status == FL_OK)
        s->status = FL_E_DATA;
    return 0;
}

/* Valid until the next read. */
static struct fl_str text(struct section *s)
{
    struct fl_str value = FL_STR("");
    if (s->status == FL_OK)
        s->status = fl_block_take_bytes(&s->in, &value);
    return s->status == FL_OK ? value : FL_STR("");
}

static void text_into(struct section *s, char *out, size_t size)
{
    struct fl_str value = text(s);
    if (value.len >= size && s->status == FL_OK)
        s->status = FL_E_DATA;
    snprintf(out, size, "%.*s", (int)(value.len < size ? value.len : 0), value.ptr);
}

/* A field by its name; one that this program does not know is passed over. */
static uint32_t field(struct section *s)
{
    struct fl_str name = text(s);
    for (uint32_t f = 0; f < FL_FIELD_COUNT; f++)
        if (fl_str_is(name, fl_fields[f].name))
            return f;
    return FL_FIELD_NONE;
}

static enum fl_status open_section(struct section *s, const struct fl_part_file *file, enum fl_section_kind kind,
                                   struct fl_packer *packer)
{
    const struct fl_section *where = fl_container_find(&file->container, kind, 0);
    *s = (struct section){.status = where == NULL ? FL_E_DATA : FL_OK};
    if (where != NULL)
        fl_block_reader_open(&s->in, file->container.fd, where->from, where->end, packer);
    return s->status;
}

static enum fl_status close_section(struct section *s)
{
    if (s->status == FL_OK && !fl_block_at_end(&s->in))
        s->status = FL_E_DATA;
    fl_block_reader_close(&s->in);
    return s->status;
}

/* ---- objects ---- */

struct object {
    const char *name;
    struct fl_object_stats stats;
};

struct loading {
    const struct fl_plan *plan;
    struct fl_source_list *sources;
    struct fl_part *part;
    struct fl_packer *packer;
    struct object *objects; /* of all files, as they come */
    uint32_t *firsts;       /* by file: its first object */
    uint32_t object_count, object_capacity;
};

static void take_bad(struct section *s, struct fl_object_stats *o)
{
    for (unsigned c = 0; c < FLP_BAD_COUNT; c++)
        o->bad_lines[c] = number(s);
    o->sample_count = (uint32_t)below(s, FL_BAD_LINES_SHOWN + 1);
    for (uint32_t i = 0; i < o->sample_count; i++) {
        o->samples[i].offset = number(s);
        o->samples[i].cause = (enum flp_bad)below(s, FLP_BAD_COUNT);
        text_into(s, o->samples[i].text, sizeof o->samples[i].text);
    }
    for (uint64_t n = number(s); n > 0 && s->status == FL_OK; n--) {
        uint32_t f = field(s);
        uint64_t count = number(s);
        if (f != FL_FIELD_NONE)
            o->bad_values[f] = count;
    }
}

static void take_read(struct section *s, struct fl_read_stats *read)
{
    read->text_bytes = number(s);
    read->object_bytes = number(s);
    read->trailing_bytes = number(s);
    read->long_lines = number(s);
    read->first_long_line_offset = number(s);
    read->damage = (enum fl_damage)below(s, FL_DAMAGE_TRUNCATED + 1);
    read->damage_offset = number(s);
    text_into(s, read->damage_text, sizeof read->damage_text);
}

static void take_stats(struct section *s, struct fl_object_stats *o)
{
    fl_object_stats_clear(o);
    uint64_t flags = below(s, 16);
    o->opened = flags & 1;
    o->recognised = flags & 2;
    o->foreign = flags & 4;
    o->has_layout = flags & 8;
    text_into(s, o->format, sizeof o->format);
    o->format_offset = number(s);
    text_into(s, o->trouble, sizeof o->trouble);
    o->trouble_offset = number(s);
    for (uint64_t n = number(s); n > 0 && s->status == FL_OK; n--) {
        uint32_t f = field(s);
        if (f != FL_FIELD_NONE)
            fl_field_set_add(&o->columns, f);
    }
    o->records = number(s);
    o->no_data = number(s);
    o->skip_data = number(s);
    take_bad(s, o);
    o->first_ms = signed_number(s);
    o->last_ms = signed_number(s);
    o->long_records = number(s);
    o->longest_ms = signed_number(s);
    take_read(s, &o->read);
    o->first_bad_line = fl_object_bad_lines(o) > 0 ? number(s) : 0;
}

static enum fl_status take_object(struct loading *l, struct section *s)
{
    if (!fl_grow((void **)&l->objects, &l->object_capacity, l->object_count + 1, sizeof *l->objects))
        return FL_E_NOMEM;
    struct object *o = &l->objects[l->object_count];
    char *name = NULL;
    struct fl_str shown = text(s);
    uint8_t sha256[32] = {0};
    if (s->status == FL_OK && (name = fl_arena_strndup(&l->sources->arena, shown.ptr, shown.len)) == NULL)
        return FL_E_NOMEM;
    uint64_t size = number(s);
    struct fl_str sha = text(s);
    if (sha.len == sizeof sha256)
        memcpy(sha256, sha.ptr, sizeof sha256);
    else if (s->status == FL_OK)
        s->status = FL_E_DATA;
    take_stats(s, &o->stats);
    if (s->status != FL_OK || name == NULL)
        return s->status;
    if (o->stats.records == 0) /* a lone header may well be there twice, and counts nothing */
        memset(sha256, 0, sizeof sha256);
    o->name = name;
    l->object_count++;
    return fl_source_list_add(l->sources, fl_str_of(name), size, sha256);
}

static enum fl_status take_sources(struct loading *l, const struct fl_part_file *file)
{
    struct section s;
    enum fl_status status = open_section(&s, file, FL_SECTION_SOURCES, l->packer);
    if (status != FL_OK)
        return status;
    for (uint64_t n = below(&s, FL_PLACE_SOURCE_MAX); n > 0 && s.status == FL_OK; n--)
        s.status = take_object(l, &s);
    for (uint64_t n = number(&s); n > 0 && s.status == FL_OK; n--) {
        enum fl_source_trouble_kind kind = (enum fl_source_trouble_kind)below(&s, FL_SOURCE_SPECIAL + 1);
        char name[4096], why[512];
        text_into(&s, name, sizeof name);
        text_into(&s, why, sizeof why);
        if (s.status == FL_OK)
            s.status = fl_source_list_add_trouble(l->sources, kind, fl_str_of(name), fl_str_of(why));
    }
    return close_section(&s);
}

static uint32_t rank_of(const struct fl_source_list *sources, const char *name)
{
    uint32_t low = 0, high = sources->count;
    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;
        if (strcmp(sources->items[middle].name, name) <= 0)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* An object that is there twice would count twice. */
static enum fl_status check_twice(const struct loading *l, struct fl_error *err)
{
    const struct fl_source_list *list = l->sources;
    static const uint8_t unknown[32];
    struct fl_map seen;
    fl_map_init(&seen);
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < list->count && status == FL_OK; i++) {
        const struct fl_source *s = &list->items[i];
        if (i > 0 && strcmp(s->name, list->items[i - 1].name) == 0) {
            status = fl_fail(err, FL_E_USAGE, "cannot be merged: the object %s is in two of them", s->name);
            break;
        }
        if (memcmp(s->sha256, unknown, sizeof unknown) == 0)
            continue;
        uint32_t before = seen.count;
        uint32_t id = fl_map_intern(&seen, (struct fl_str){(const char *)s->sha256, sizeof s->sha256});
        if (id == FL_MAP_NONE)
            status = FL_E_NOMEM;
        else if (id < before)
            status = fl_fail(err, FL_E_USAGE,
                             "cannot be merged: the object %s is there a second time under another name", s->name);
    }
    fl_map_dispose(&seen);
    return status;
}

/* The list in the order of names, and what each number of a file stands for there. */
static enum fl_status rank_objects(struct loading *l, struct fl_part_file *files, uint32_t file_count,
                                   struct fl_error *err)
{
    struct fl_part *part = l->part;
    fl_source_list_order(l->sources);
    enum fl_status status = check_twice(l, err);
    part->objects = fl_alloc_zero((size_t)l->object_count + 1, sizeof *part->objects);
    if (status != FL_OK || part->objects == NULL)
        return status != FL_OK ? status : FL_E_NOMEM;
    part->object_count = l->object_count;
    for (uint32_t f = 0; f < file_count; f++) {
        uint32_t first = l->firsts[f], count = (f + 1 < file_count ? l->firsts[f + 1] : l->object_count) - first;
        files[f].ranks = fl_alloc(((size_t)count + 1) * sizeof *files[f].ranks);
        if (files[f].ranks == NULL)
            return FL_E_NOMEM;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t rank = rank_of(l->sources, l->objects[first + i].name);
            if (i > 0 && rank <= files[f].ranks[i - 1])
                return FL_E_DATA;
            files[f].ranks[i] = rank;
            part->objects[rank] = l->objects[first + i].stats;
        }
        files[f].sources = (struct fl_renumbering){files[f].ranks, count};
    }
    return FL_OK;
}

/* ---- totals ---- */

static void take_rule(struct loading *l, struct section *s, const struct fl_part_file *file)
{
    struct fl_rule_part r = {0};
    uint64_t role = number(s);
    struct fl_str id = text(s);
    uint32_t rule = 0;
    while (rule < l->plan->rule_count &&
           (l->plan->rules[rule].role != (enum fl_rule_role)role || !fl_str_is(id, l->plan->rules[rule].decl->id)))
        rule++;
    r.selected = number(s);
    r.bad_times = number(s);
    r.listed = number(s);
    r.unspread = number(s);
    uint64_t flags = below(s, 8);
    r.over_limit = flags & 1;
    r.over_list = flags & 2;
    r.stateful = flags & 4;
    r.lua_failures = number(s);
    text_into(s, r.lua_error, sizeof r.lua_error);
    r.lua_error_place.start_ms = signed_number(s);
    r.lua_error_place.end_ms = signed_number(s);
    r.lua_error_place.where = number(s);
    if (r.lua_failures > 0 && !fl_place_renumber(&file->sources, &r.lua_error_place.where) && s->status == FL_OK)
        s->status = FL_E_DATA;
    if (s->status == FL_OK && rule < l->plan->rule_count)
        fl_rule_part_merge(&l->part->rules[rule], &r);
}

static enum fl_status take_totals(struct loading *l, const struct fl_part_file *file)
{
    struct section s;
    struct fl_part *part = l->part;
    enum fl_status status = open_section(&s, file, FL_SECTION_TOTALS, l->packer);
    if (status != FL_OK)
        return status;
    part->undecided_guess += number(&s);
    part->undecided_none += number(&s);
    part->out_of_scope += number(&s);
    part->duplicates += number(&s);
    part->null_arithmetic += number(&s);
    for (uint64_t n = number(&s); n > 0 && s.status == FL_OK; n--) {
        struct fl_str name = text(&s);
        if (s.status == FL_OK && fl_map_intern(&part->unknown_columns, name) == FL_MAP_NONE)
            s.status = FL_E_NOMEM;
    }
    for (uint64_t n = number(&s); n > 0 && s.status == FL_OK; n--)
        take_rule(l, &s, file);
    return close_section(&s);
}

/* ---- coverage ---- */

static void take_interface(struct fl_coverage_map *map, struct section *s)
{
    struct fl_str name = text(s);
    uint32_t id = s->status == FL_OK ? fl_map_intern(&map->interfaces, name) : FL_MAP_NONE;
    if (s->status == FL_OK && (id == FL_MAP_NONE || id + 1 != map->interfaces.count))
        s->status = id == FL_MAP_NONE ? FL_E_NOMEM : FL_E_DATA; /* one name twice */
    uint64_t records = number(s), skipped = number(s), has_vpc = below(s, 2);
    if (s->status == FL_OK)
        s->status = fl_coverage_add_records(map, id, records, skipped);
    struct fl_str vpc = text(s);
    if (s->status == FL_OK && has_vpc && !fl_coverage_add_vpc(map, id, vpc))
        s->status = FL_E_NOMEM;
    for (uint64_t n = below(s, FL_ADDRESSES_PER_INTERFACE_MAX + 1); n > 0 && s->status == FL_OK; n--) {
        struct fl_addr addr = {.hi = number(s)};
        addr.lo = number(s);
        if (s->status == FL_OK && !fl_coverage_add_address(map, id, addr))
            s->status = FL_E_NOMEM;
    }
}

static enum fl_status take_coverage(struct loading *l, const struct fl_part_file *file)
{
    struct section s;
    struct fl_coverage_map map;
    enum fl_status status = open_section(&s, file, FL_SECTION_COVERAGE, l->packer);
    if (status != FL_OK)
        return status;
    s.status = fl_coverage_init(&map, l->part->coverage.most_bytes);
    for (uint64_t n = number(&s); n > 0 && s.status == FL_OK; n--)
        take_interface(&map, &s);
    for (uint64_t n = number(&s); n > 0 && s.status == FL_OK; n--) {
        uint32_t interface = (uint32_t)below(&s, map.interfaces.count), hour = (uint32_t)below(&s, UINT32_MAX);
        uint64_t seen = below(&s, UINT64_C(1) << 60), lost = below(&s, UINT64_C(1) << 60);
        if (s.status == FL_OK)
            s.status = fl_coverage_add_hour(&map, interface, hour, seen, lost);
    }
    status = close_section(&s);
    if (status == FL_OK)
        status = fl_coverage_merge(&l->part->coverage, &map);
    fl_coverage_dispose(&map);
    return status;
}

/* ---- rows: read when they are walked over ---- */

static enum fl_status add_rows(struct loading *l, const struct fl_part_file *file)
{
    const struct fl_plan *plan = l->plan;
    const struct fl_section **sections = fl_alloc_zero((size_t)plan->table_count + 1, sizeof *sections);
    enum fl_status status = sections == NULL ? FL_E_NOMEM : FL_OK;
    for (uint32_t t = 0, n = 0; t < plan->table_count && status == FL_OK; t++) {
        if (plan->rules[plan->tables[t].rules[0]].from != NULL)
            continue;
        sections[t] = fl_container_find(&file->container, FL_SECTION_ROWS, n++);
        status = sections[t] == NULL ? FL_E_DATA : FL_OK;
    }
    if (status == FL_OK)
        status = fl_store_add_file(l->part->store, file->container.fd, sections, file->path, &file->sources);
    fl_free(sections);
    return status;
}

static enum fl_status prepare(struct loading *l, uint32_t file_count, uint64_t memory_bytes)
{
    struct fl_part *part = l->part;
    struct fl_store_spec spec = {.tables = l->plan->table_specs,
                                 .table_count = l->plan->table_count,
                                 .budget_bytes = memory_bytes - memory_bytes / FL_COVERAGE_SHARE * 2};
    part->rules = fl_alloc_zero((size_t)l->plan->rule_count + 1, sizeof *part->rules);
    part->rule_count = l->plan->rule_count;
    l->firsts = fl_alloc_zero((size_t)file_count + 1, sizeof *l->firsts);
    l->packer = fl_packer_new();
    fl_map_init(&part->unknown_columns);
    fl_arena_init(&l->sources->arena);
    if (part->rules == NULL || l->firsts == NULL || l->packer == NULL)
        return FL_E_NOMEM;
    enum fl_status status = fl_coverage_init(&part->coverage, memory_bytes / FL_COVERAGE_SHARE);
    return status == FL_OK ? fl_store_new(&spec, &part->store) : status;
}

static enum fl_status load_files(struct loading *l, struct fl_error *err)
{
    struct fl_part *part = l->part;
    enum fl_status status = FL_OK;
    uint32_t f = 0;
    for (; f < part->file_count && status == FL_OK; f++) {
        l->firsts[f] = l->object_count;
        status = take_sources(l, &part->files[f]);
    }
    if (status == FL_OK) {
        status = rank_objects(l, part->files, part->file_count, err);
        if (status == FL_E_USAGE)
            return status;
        for (f = 0; f < part->file_count && status == FL_OK; f++) {
            status = take_totals(l, &part->files[f]);
            if (status == FL_OK)
                status = take_coverage(l, &part->files[f]);
            if (status == FL_OK)
                status = add_rows(l, &part->files[f]);
        }
    }
    if (status == FL_OK) {
        f = 0;
        status = fl_coverage_finish(&part->coverage, false);
        if (status == FL_OK)
            status = fl_store_settle(part->store);
    }
    if (status == FL_E_DATA && f > 0)
        return fl_fail(err, status, "%s is damaged", part->files[f - 1].path);
    return status == FL_OK
               ? FL_OK
               : fl_fail(err, status, "%s", status == FL_E_NOMEM ? "out of memory" : fl_part_error(part, status));
}

enum fl_status fl_part_load(const struct fl_plan *plan, struct fl_part_file *files, uint32_t file_count,
                            uint64_t memory_bytes, struct fl_source_list *sources, struct fl_part *out,
                            struct fl_error *err)
{
    memset(out, 0, sizeof *out);
    memset(sources, 0, sizeof *sources);
    out->files = files;
    out->file_count = file_count;
    struct loading l = {.plan = plan, .sources = sources, .part = out};
    enum fl_status status = prepare(&l, file_count, memory_bytes);
    if (status == FL_OK)
        status = load_files(&l, err);
    else
        fl_fail(err, status, "out of memory");
    fl_packer_free(l.packer);
    fl_free(l.objects);
    fl_free(l.firsts);
    return status;
}
