#include "core/group/run.h"

#include "core/base/memory.h"
#include "core/base/varint.h"
#include "core/base/when.h"

/* ---- writing ---- */

void fl_row_writer_init(struct fl_row_writer *w)
{
    fl_buf_init(&w->key);
    fl_buf_init(&w->body);
}

void fl_row_writer_dispose(struct fl_row_writer *w)
{
    fl_buf_dispose(&w->key);
    fl_buf_dispose(&w->body);
}

void fl_row_writer_restart(struct fl_row_writer *w)
{
    fl_buf_clear(&w->key);
}

static void put_key(struct fl_row_writer *w, const uint8_t *key, size_t len)
{
    size_t shared = 0;
    while (shared < len && shared < w->key.len && (uint8_t)w->key.data[shared] == key[shared])
        shared++;
    fl_varint_add(&w->body, shared);
    fl_varint_add(&w->body, len - shared);
    fl_buf_add(&w->body, key + shared, len - shared);
    w->key.len = shared;
    fl_buf_add(&w->key, key + shared, len - shared);
}

/* The end as its distance from the start, which is short. */
static void put_places(struct fl_buf *out, const struct fl_entry *e)
{
    const struct fl_place *places = fl_entry_places(e);
    fl_varint_add(out, e->place_count);
    for (uint32_t i = 0; i < e->place_count; i++) {
        fl_varint_add_signed(out, places[i].start_ms);
        fl_varint_add_signed(out, (int64_t)((uint64_t)places[i].end_ms - (uint64_t)places[i].start_ms));
        fl_varint_add(out, places[i].where);
    }
}

static enum fl_status put_states(struct fl_buf *out, const struct fl_table *t, const struct fl_entry *e)
{
    for (uint32_t m = 0; m < t->spec.measure_count; m++)
        fl_measure_save(&t->measures[m], fl_entry_state(t, e, m), out);
    return out->failed ? FL_E_NOMEM : FL_OK;
}

void fl_row_write(struct fl_row_writer *w, struct fl_block_writer *out, const struct fl_table *shape,
                  const uint8_t *key, const struct fl_entry *e)
{
    fl_buf_clear(&w->body);
    put_key(w, key, e->key_len);
    fl_varint_add(&w->body, e->flows);
    fl_varint_add(&w->body, e->packets);
    fl_varint_add_signed(&w->body, e->packets_high);
    fl_varint_add(&w->body, e->bytes);
    fl_varint_add_signed(&w->body, e->bytes_high);
    fl_varint_add_signed(&w->body, e->last_ms);
    put_places(&w->body, e);
    enum fl_status status = put_states(&w->body, shape, e);
    if (status == FL_OK && (w->key.failed || w->body.failed))
        status = FL_E_NOMEM;
    if (status == FL_OK && w->body.len > out->item_most)
        status = FL_E_LIMIT;
    if (status != FL_OK && out->status == FL_OK)
        out->status = status;
    fl_block_add_bytes(out, w->body.data, w->body.len);
}

/* ---- reading ---- */

enum fl_status fl_run_cursor_open(struct fl_run_cursor *c, const struct fl_table *shape, int fd,
                                  const struct fl_section *section, const struct fl_renumbering *sources,
                                  struct fl_packer *packer)
{
    *c = (struct fl_run_cursor){.shape = shape, .sources = sources, .left = section->rows, .name = c->name};
    fl_buf_init(&c->key);
    fl_block_reader_open(&c->in, fd, section->from, section->end, packer);
    if (c->name == NULL)
        c->in.item_most = SIZE_MAX;
    c->entry = fl_alloc_zero(1, shape->entry_bytes);
    c->measures = fl_alloc_zero((size_t)shape->spec.measure_count + 1, sizeof *c->measures);
    if (c->entry == NULL || c->measures == NULL)
        return FL_E_NOMEM;
    for (uint32_t m = 0; m < shape->spec.measure_count; m++) {
        c->measures[m] = shape->measures[m];
        c->measures[m].sources = sources;
    }
    return FL_OK;
}

static void drop_states(struct fl_run_cursor *c)
{
    fl_entry_dispose_states(c->shape, c->entry);
    memset(c->entry, 0, c->shape->entry_bytes);
}

void fl_run_cursor_close(struct fl_run_cursor *c)
{
    if (c->entry != NULL)
        drop_states(c);
    fl_free(c->entry);
    fl_free(c->measures);
    c->entry = NULL;
    c->measures = NULL;
    fl_buf_dispose(&c->key);
    fl_block_reader_close(&c->in);
}

/* The key is greater than the one before, and has a pane that there can be. */
static enum fl_status take_key(struct fl_run_cursor *c, struct fl_taking *in)
{
    uint64_t shared = fl_take(in), rest = fl_take(in);
    if (in->bad || shared > c->key.len || rest > in->left)
        return FL_E_DATA;
    size_t before = c->key.len - shared;
    int order = memcmp(in->at, c->key.data != NULL ? c->key.data + shared : "", rest < before ? rest : before);
    if (c->any && (order < 0 || (order == 0 && rest <= before)))
        return FL_E_DATA;
    c->key.len = (size_t)shared;
    fl_buf_add(&c->key, in->at, (size_t)rest);
    in->at += rest;
    in->left -= (size_t)rest;
    if (c->key.failed)
        return FL_E_NOMEM;
    int64_t pane_ms = c->shape->spec.pane_ms;
    if (c->key.len > UINT32_MAX / 2 || (pane_ms != 0 && c->key.len < FL_KEY_PANE_BYTES))
        return FL_E_DATA;
    const uint8_t *end = (const uint8_t *)c->key.data + c->key.len;
    return pane_ms != 0 && fl_key_pane(end - FL_KEY_PANE_BYTES) > FL_WHEN_MAX_MS / pane_ms ? FL_E_DATA : FL_OK;
}

static bool take_places(struct fl_run_cursor *c, struct fl_taking *in)
{
    struct fl_place *places = fl_entry_places(c->entry);
    uint64_t count = fl_take(in);
    if (in->bad || count > c->shape->spec.evidence)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        int64_t start = fl_take_signed(in), length = fl_take_signed(in);
        places[i] = (struct fl_place){start, (int64_t)((uint64_t)start + (uint64_t)length), fl_take(in)};
        if (in->bad || !fl_place_renumber(c->sources, &places[i].where) ||
            (i > 0 && !fl_place_before(places[i - 1], places[i])))
            return false;
    }
    c->entry->place_count = (uint32_t)count;
    return true;
}

static bool take_high(struct fl_taking *in, int32_t *out)
{
    int64_t high = fl_take_signed(in);
    *out = (int32_t)high;
    return high >= INT32_MIN && high <= INT32_MAX;
}

static enum fl_status take_row(struct fl_run_cursor *c, struct fl_taking *in)
{
    struct fl_entry *e = c->entry;
    enum fl_status status = take_key(c, in);
    if (status != FL_OK)
        return status;
    e->key_len = (uint32_t)c->key.len;
    e->flows = fl_take(in);
    e->packets = fl_take(in);
    bool ok = take_high(in, &e->packets_high);
    e->bytes = fl_take(in);
    ok = take_high(in, &e->bytes_high) && ok;
    e->last_ms = fl_take_signed(in);
    if (!ok || in->bad || !take_places(c, in))
        return FL_E_DATA;
    for (uint32_t m = 0; m < c->shape->spec.measure_count; m++) {
        size_t used = 0;
        status = fl_measure_load(&c->measures[m], fl_entry_state(c->shape, e, m), in->at, in->left, &used);
        if (status != FL_OK || used > in->left)
            return status != FL_OK ? status : FL_E_DATA;
        in->at += used;
        in->left -= used;
    }
    return in->left == 0 ? FL_OK : FL_E_DATA;
}

enum fl_status fl_run_cursor_next(struct fl_run_cursor *c)
{
    drop_states(c);
    if (c->left == 0) {
        c->damaged = !fl_block_at_end(&c->in);
        return c->damaged ? FL_E_DATA : FL_END;
    }
    struct fl_str text;
    enum fl_status status = fl_block_take_bytes(&c->in, &text);
    c->damaged = status == FL_E_DATA;
    if (status != FL_OK)
        return status;
    struct fl_taking in = {(const uint8_t *)text.ptr, text.len, false};
    c->left--;
    status = take_row(c, &in);
    c->any = true;
    c->damaged = status == FL_E_DATA;
    return status;
}
