#include "core/group/rows.h"

#include "core/base/memory.h"

#define FETCH_AHEAD 6u

enum fl_status fl_cursor_next(struct fl_cursor *c)
{
    if (c->run != NULL) {
        enum fl_status status = fl_run_cursor_next(c->run);
        c->row = (struct fl_row){(const uint8_t *)c->run->key.data, c->run->entry, false};
        return status;
    }
    if (c->at == c->table->count)
        return FL_END;
    c->row.entry = fl_table_at(c->table, c->table->sorted[c->at++]);
    c->row.key = fl_entry_key(c->table, c->row.entry);
    c->row.lasting = true;
    if (c->at + FETCH_AHEAD < c->table->count) {
        const char *ahead = (const char *)fl_table_at(c->table, c->table->sorted[c->at + FETCH_AHEAD]);
        for (uint32_t at = 0; at <= c->table->entry_bytes; at += 64)
            __builtin_prefetch(ahead + at);
    }
    return FL_OK;
}

static int compare(const struct fl_rows *r, uint32_t a, uint32_t b)
{
    const struct fl_row *x = &r->cursors[a].row, *y = &r->cursors[b].row;
    return fl_key_compare(x->key, x->entry->key_len, y->key, y->entry->key_len);
}

static void sink(struct fl_rows *r, uint32_t at)
{
    uint32_t moving = r->heap[at];
    for (uint32_t child; (child = 2 * at + 1) < r->heap_count; at = child) {
        child += child + 1 < r->heap_count && compare(r, r->heap[child + 1], r->heap[child]) < 0;
        if (compare(r, moving, r->heap[child]) <= 0)
            break;
        r->heap[at] = r->heap[child];
    }
    r->heap[at] = moving;
}

/* The cursor at the top moves on. */
static enum fl_status advance(struct fl_rows *r)
{
    enum fl_status status = fl_cursor_next(&r->cursors[r->heap[0]]);
    if (status == FL_END)
        r->heap[0] = r->heap[--r->heap_count];
    else if (status != FL_OK)
        return status;
    if (r->heap_count > 1)
        sink(r, 0);
    return FL_OK;
}

enum fl_status fl_rows_open(struct fl_rows *r, const struct fl_table *shape, struct fl_cursor *cursors, uint32_t count,
                            struct fl_packer *packer)
{
    *r = (struct fl_rows){.shape = shape, .cursors = cursors, .cursor_count = count, .packer = packer};
    fl_buf_init(&r->key);
    r->heap = fl_alloc(((size_t)count + 1) * sizeof *r->heap);
    r->sum = fl_alloc_zero(1, shape->entry_bytes);
    if (r->heap == NULL || r->sum == NULL)
        return FL_E_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        enum fl_status status = fl_cursor_next(&cursors[i]);
        if (status == FL_OK)
            r->heap[r->heap_count++] = i;
        else if (status != FL_END)
            return status;
    }
    for (uint32_t i = r->heap_count / 2; i-- > 0;)
        sink(r, i);
    return FL_OK;
}

static bool is_key_of(const struct fl_rows *r, uint32_t cursor, const uint8_t *key, size_t len)
{
    const struct fl_row *row = &r->cursors[cursor].row;
    return row->entry->key_len == len && memcmp(row->key, key, len) == 0;
}

/* Does the cursor at the top share its key with another one? */
static bool top_is_shared(const struct fl_rows *r)
{
    const struct fl_row *top = &r->cursors[r->heap[0]].row;
    for (uint32_t child = 1; child <= 2 && child < r->heap_count; child++)
        if (is_key_of(r, r->heap[child], top->key, top->entry->key_len))
            return true;
    return false;
}

static enum fl_status add_up(struct fl_rows *r, struct fl_row *out)
{
    const struct fl_row *top = &r->cursors[r->heap[0]].row;
    fl_buf_clear(&r->key);
    fl_buf_add(&r->key, top->key, top->entry->key_len);
    if (r->key.failed)
        return FL_E_NOMEM;
    fl_entry_clear(r->sum);
    r->sum->key_len = top->entry->key_len;
    while (r->heap_count > 0 && is_key_of(r, r->heap[0], (const uint8_t *)r->key.data, r->key.len)) {
        enum fl_status status = fl_entry_merge(r->shape, r->sum, r->cursors[r->heap[0]].row.entry);
        if (status == FL_OK)
            status = advance(r);
        if (status != FL_OK)
            return status;
    }
    *out = (struct fl_row){(const uint8_t *)r->key.data, r->sum, false};
    return FL_OK;
}

/* The sum's states are gone, or were moved out. */
static void forget_sum(struct fl_rows *r)
{
    fl_entry_dispose_states(r->shape, r->sum);
    memset(r->sum, 0, r->shape->entry_bytes);
}

enum fl_status fl_rows_next(struct fl_rows *r, struct fl_row *out)
{
    enum fl_status status = FL_OK;
    if (r->top_used)
        status = advance(r);
    else
        forget_sum(r);
    r->top_used = false;
    if (status != FL_OK)
        return status;
    if (r->heap_count == 0)
        return FL_END;
    if (top_is_shared(r))
        return add_up(r, out);
    *out = r->cursors[r->heap[0]].row;
    r->top_used = true;
    return FL_OK;
}

void fl_rows_close(struct fl_rows *r)
{
    if (r->sum != NULL)
        fl_entry_dispose_states(r->shape, r->sum);
    for (uint32_t i = 0; i < r->cursor_count; i++) {
        if (r->cursors[i].run != NULL)
            fl_run_cursor_close(r->cursors[i].run);
        fl_free(r->cursors[i].run);
    }
    fl_free(r->sum);
    fl_free(r->heap);
    fl_free(r->cursors);
    fl_buf_dispose(&r->key);
    fl_packer_free(r->packer);
    *r = (struct fl_rows){0};
}
