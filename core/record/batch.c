#include "core/record/batch.h"

#include <string.h>

#include "core/base/memory.h"
#include "core/record/value.h"

#define ROWS_MIN  64u /* the first chunk says how many there are: memory of many more need not be touched */
#define ALIGNMENT 64u

static size_t storage_bytes(enum fl_storage storage)
{
    static const uint8_t bytes[] = {[FL_S_U8] = 1, [FL_S_U16] = 2, [FL_S_I64] = 8, [FL_S_U32] = 4, [FL_S_ADDR] = 16};
    return bytes[storage];
}

static void free_columns(struct fl_batch *batch)
{
    for (uint32_t f = 0; f < FL_FIELD_COUNT; f++) {
        fl_free(batch->columns[f].values);
        fl_free(batch->columns[f].nulls);
        fl_free(batch->columns[f].filled);
        fl_free(batch->columns[f].missing);
        batch->columns[f] = (struct fl_column){0};
    }
    fl_free(batch->row_start);
    fl_free(batch->row_length);
    fl_free(batch->no_data);
    batch->row_start = batch->row_length = NULL;
    batch->no_data = NULL;
    batch->capacity = 0;
}

static bool make(void **block, size_t bytes)
{
    if (*block == NULL)
        *block = fl_alloc_aligned(ALIGNMENT, bytes);
    return *block != NULL;
}

/* What the column has not yet. */
static bool make_column(struct fl_batch *batch, uint32_t f, uint32_t capacity)
{
    struct fl_column *c = &batch->columns[f];
    if (!fl_field_set_has(&batch->allocated, f))
        return true;
    return make(&c->values, capacity * storage_bytes(fl_fields[f].storage)) && make((void **)&c->nulls, capacity / 8) &&
           (!fl_field_set_has(&batch->lazy, f) ||
            (make((void **)&c->filled, capacity / 8) && make((void **)&c->missing, capacity / 8)));
}

enum fl_status fl_batch_init(struct fl_batch *batch, const struct fl_field_set *wanted)
{
    memset(batch, 0, sizeof *batch);
    fl_map_init(&batch->strings);
    batch->allocated = *wanted;
    return fl_batch_reserve(batch, ROWS_MIN);
}

enum fl_status fl_batch_make_lazy(struct fl_batch *batch, const struct fl_field_set *lazy, fl_batch_fill_fn *fill,
                                  void *context)
{
    batch->lazy = *lazy;
    batch->fill = fill;
    batch->fill_context = context;
    for (uint32_t f = 0; f < FL_FIELD_COUNT; f++)
        if (!make_column(batch, f, batch->capacity))
            return FL_E_NOMEM;
    return FL_OK;
}

void fl_batch_dispose(struct fl_batch *batch)
{
    free_columns(batch);
    fl_map_dispose(&batch->strings);
    memset(batch, 0, sizeof *batch);
}

enum fl_status fl_batch_reserve(struct fl_batch *batch, uint32_t rows)
{
    if (rows <= batch->capacity)
        return FL_OK;
    if (rows > UINT32_MAX / 2)
        return FL_E_NOMEM;
    uint32_t capacity = batch->capacity < ROWS_MIN ? ROWS_MIN : batch->capacity;
    while (capacity < rows)
        capacity *= 2;
    free_columns(batch);
    size_t bitmap_bytes = capacity / 8;
    bool ok = true;
    for (uint32_t f = 0; f < FL_FIELD_COUNT && ok; f++)
        ok = make_column(batch, f, capacity);
    batch->row_start = fl_alloc_aligned(ALIGNMENT, capacity * sizeof *batch->row_start);
    batch->row_length = fl_alloc_aligned(ALIGNMENT, capacity * sizeof *batch->row_length);
    batch->no_data = fl_alloc_aligned(ALIGNMENT, bitmap_bytes);
    if (!ok || batch->row_start == NULL || batch->row_length == NULL || batch->no_data == NULL) {
        free_columns(batch);
        return FL_E_NOMEM;
    }
    batch->capacity = capacity;
    return FL_OK;
}

enum fl_status fl_batch_fill(struct fl_batch *batch, uint32_t field, const uint64_t *rows)
{
    struct fl_column *c = &batch->columns[field];
    uint64_t any = 0;
    for (uint32_t w = 0; w < fl_batch_words(batch); w++) {
        c->missing[w] = rows[w] & ~c->filled[w];
        c->filled[w] |= rows[w];
        any |= c->missing[w];
    }
    return any == 0 ? FL_OK : batch->fill(batch->fill_context, batch, field, c->missing);
}

void fl_batch_value(const struct fl_batch *batch, uint32_t field, uint32_t row, struct fl_value *out)
{
    const struct fl_column *c = &batch->columns[field];
    *out = FL_VALUE_NULL;
    if (c->values == NULL || fl_column_null(c, row))
        return;
    out->type = fl_fields[field].type;
    switch (fl_fields[field].storage) {
    case FL_S_U8:
        out->i = c->u8[row];
        return;
    case FL_S_U16:
        out->i = c->u16[row];
        return;
    case FL_S_I64:
        out->i = c->i64[row];
        return;
    case FL_S_U32:
        out->str = batch->strings.keys[c->u32[row]];
        return;
    case FL_S_ADDR:
        out->addr = c->addr[row];
        return;
    }
}
