/* lines.c: lines as bytes: the raw text, and where in it the fields lie. */
#include "core/engine/lines.h"

#include <string.h>

#include "core/base/limits.h"
#include "core/base/varint.h"

/* How the value of a field is found, in the low bits of its length. */
enum { BEHIND_LAST, AT_OFFSET, IN_FULL, HOW_BITS = 2 };

enum fl_status fl_lines_open(struct fl_lines *lines, uint64_t budget_bytes)
{
    *lines = (struct fl_lines){0};
    fl_map_init(&lines->names);
    fl_buf_init(&lines->bytes);
    return fl_sorter_new(budget_bytes, 0, &lines->sorter);
}

void fl_lines_close(struct fl_lines *lines)
{
    fl_sorter_free(lines->sorter);
    fl_map_dispose(&lines->names);
    fl_buf_dispose(&lines->bytes);
    *lines = (struct fl_lines){0};
}

struct adding {
    struct fl_lines *lines;
    struct fl_str raw;
    size_t behind; /* the value before and the character after it */
};

static void add_field(void *context, const char *name, size_t name_len, const char *value, size_t value_len)
{
    struct adding *a = context;
    struct fl_buf *out = &a->lines->bytes;
    uint32_t id = fl_map_intern(&a->lines->names, (struct fl_str){name, name_len});
    bool in_raw = value >= a->raw.ptr && value + value_len <= a->raw.ptr + a->raw.len;
    size_t at = in_raw ? (size_t)(value - a->raw.ptr) : 0;
    unsigned how = !in_raw ? IN_FULL : at == a->behind ? BEHIND_LAST : AT_OFFSET;
    a->lines->failed |= id == FL_MAP_NONE;
    fl_varint_add(out, id);
    fl_varint_add(out, (uint64_t)value_len << HOW_BITS | how);
    if (how == IN_FULL)
        fl_buf_add(out, value, value_len);
    if (how == AT_OFFSET)
        fl_varint_add(out, at);
    if (in_raw)
        a->behind = at + value_len + 1;
}

enum fl_status fl_line_pack(struct fl_lines *lines, const struct fl_evidence_line *line, struct fl_str *bytes)
{
    struct fl_buf *out = &lines->bytes;
    fl_buf_clear(out);
    fl_varint_add(out, line->record);
    fl_varint_add(out, line->raw.len);
    fl_buf_add(out, line->raw.ptr, line->raw.len);
    struct adding adding = {lines, line->raw, 0};
    if (line->record != 0)
        fl_evidence_fields(line, add_field, &adding);
    *bytes = (struct fl_str){out->data, out->len};
    return lines->failed || out->failed ? FL_E_NOMEM : FL_OK;
}

enum fl_status fl_lines_add(struct fl_lines *lines, const struct fl_evidence_line *line)
{
    struct fl_sorted item = {FL_STR(""), line->tag, FL_STR("")};
    enum fl_status status = fl_line_pack(lines, line, &item.bytes);
    return status == FL_OK ? fl_sorter_add(lines->sorter, &item) : status;
}

static enum fl_status take_field(const struct fl_lines *lines, struct fl_taking *in, struct fl_evidence *e,
                                 size_t *behind, struct fl_arena *arena, struct fl_pair *out)
{
    uint64_t id = fl_take(in), head = fl_take(in), len = head >> HOW_BITS;
    unsigned how = head & ((1u << HOW_BITS) - 1);
    uint64_t at = how == AT_OFFSET ? fl_take(in) : *behind;
    const char *value = e->raw.ptr + at;
    if (in->bad || id >= lines->names.count || (how != IN_FULL && (at > e->raw.len || len > e->raw.len - at)))
        return FL_E_DATA;
    if (how == IN_FULL) {
        const uint8_t *bytes = fl_take_bytes(in, len);
        value = bytes == NULL ? NULL : fl_arena_strndup(arena, (const char *)bytes, (size_t)len);
        if (value == NULL)
            return bytes == NULL ? FL_E_DATA : FL_E_NOMEM;
    } else {
        *behind = (size_t)(at + len + 1);
    }
    bool is_null = len == 1 && value[0] == '-';
    out->name = lines->names.keys[id].ptr;
    out->value = is_null ? FL_VALUE_NULL : (struct fl_value){.type = FL_T_STR, .str = {value, (size_t)len}};
    return FL_OK;
}

enum fl_status fl_line_unpack(const struct fl_lines *lines, struct fl_str bytes, struct fl_arena *arena,
                              struct fl_evidence *out)
{
    struct fl_taking in = {(const uint8_t *)bytes.ptr, bytes.len, false};
    out->record = fl_take(&in);
    uint64_t len = fl_take(&in);
    const uint8_t *raw = fl_take_bytes(&in, len);
    if (raw == NULL)
        return FL_E_DATA;
    out->raw = (struct fl_str){fl_arena_strndup(arena, (const char *)raw, (size_t)len), (size_t)len};
    /* A field takes two bytes at least. */
    size_t most = in.left / 2 < FL_COLUMNS_MAX ? in.left / 2 : FL_COLUMNS_MAX, behind = 0;
    struct fl_pair *fields = fl_arena_alloc(arena, (most + 1) * sizeof *fields);
    if (fields == NULL || out->raw.ptr == NULL)
        return FL_E_NOMEM;
    enum fl_status status = FL_OK;
    out->field_count = 0;
    out->fields = fields;
    while (in.left > 0 && out->field_count < most && status == FL_OK)
        status = take_field(lines, &in, out, &behind, arena, &fields[out->field_count++]);
    return status;
}
