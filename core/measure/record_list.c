#include "core/measure/record_list.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

size_t fl_record_list_begin(struct fl_record_list *list, const struct fl_place *place)
{
    uint32_t unknown = 0;
    fl_buf_add(&list->bytes, place, sizeof *place);
    fl_buf_add(&list->bytes, &unknown, sizeof unknown);
    return list->bytes.len;
}

enum fl_status fl_record_list_end(struct fl_record_list *list, size_t begun)
{
    if (list->bytes.failed)
        return FL_E_NOMEM;
    uint32_t len = (uint32_t)(list->bytes.len - begun);
    memcpy(list->bytes.data + begun - sizeof len, &len, sizeof len);
    list->count++;
    return FL_OK;
}

enum fl_status fl_record_list_merge(struct fl_record_list *into, const struct fl_record_list *from)
{
    if (from->bytes.len > 0)
        fl_buf_add(&into->bytes, from->bytes.data, from->bytes.len);
    into->count += from->count;
    return into->bytes.failed ? FL_E_NOMEM : FL_OK;
}

void fl_record_list_dispose(struct fl_record_list *list)
{
    fl_buf_dispose(&list->bytes);
    *list = (struct fl_record_list){0};
}

static int by_place(const void *left, const void *right)
{
    const struct fl_record_row *a = left, *b = right;
    if (fl_place_before(a->place, b->place))
        return -1;
    if (fl_place_before(b->place, a->place))
        return 1;
    /* Groups of two rules may have one place. */
    int c = memcmp(a->data, b->data, a->len < b->len ? a->len : b->len);
    return c != 0 ? c : (int)(a->len > b->len) - (int)(a->len < b->len);
}

struct fl_record_row *fl_record_list_sorted(const struct fl_record_list *list)
{
    struct fl_record_row *rows = fl_alloc(((size_t)list->count + 1) * sizeof *rows);
    const uint8_t *p = (const uint8_t *)list->bytes.data;
    bool in_order = true;
    for (uint64_t i = 0; rows != NULL && i < list->count; i++) {
        struct fl_record_row *r = &rows[i];
        memcpy(&r->place, p, sizeof r->place);
        memcpy(&r->len, p + sizeof r->place, sizeof r->len);
        r->data = p + sizeof r->place + sizeof r->len;
        p = r->data + r->len;
        in_order &= i == 0 || by_place(&rows[i - 1], r) <= 0;
    }
    if (rows != NULL && !in_order)
        qsort(rows, list->count, sizeof *rows, by_place);
    return rows;
}

void fl_record_list_save(const struct fl_record_list *list, struct fl_buf *out)
{
    struct fl_record_row *rows = fl_record_list_sorted(list);
    out->failed |= rows == NULL;
    fl_varint_add(out, list->count);
    for (uint64_t i = 0; rows != NULL && i < list->count; i++) {
        fl_varint_add_signed(out, rows[i].place.start_ms);
        fl_varint_add_signed(out, rows[i].place.end_ms);
        fl_varint_add(out, rows[i].place.where);
        fl_varint_add(out, rows[i].len);
        fl_buf_add(out, rows[i].data, rows[i].len);
    }
    fl_free(rows);
}

enum fl_status fl_record_list_load(struct fl_record_list *list, const struct fl_renumbering *sources,
                                   struct fl_taking *in,
                                   bool (*is_row)(const void *context, const uint8_t *data, size_t len),
                                   const void *context)
{
    uint64_t count = fl_take(in);
    enum fl_status status = FL_OK;
    for (uint64_t i = 0; i < count && status == FL_OK; i++) {
        struct fl_place place = {.start_ms = fl_take_signed(in)};
        place.end_ms = fl_take_signed(in);
        place.where = fl_take(in);
        uint64_t len = fl_take(in);
        const uint8_t *data = fl_take_bytes(in, len);
        if (data == NULL || len > UINT32_MAX || !fl_place_renumber(sources, &place.where) ||
            !is_row(context, data, (size_t)len))
            return FL_E_DATA;
        size_t begun = fl_record_list_begin(list, &place);
        fl_buf_add(&list->bytes, data, (size_t)len);
        status = fl_record_list_end(list, begun);
    }
    return in->bad ? FL_E_DATA : status;
}
