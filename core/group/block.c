#include "core/group/block.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/base/varint.h"

/* Before each block: bytes of text, bytes packed, and a checksum of the packed ones keyed by the two. */
#define HEAD_BYTES 16u

static void put_u32(uint8_t *p, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

static void put_u64(uint8_t *p, uint64_t v)
{
    put_u32(p, (uint32_t)v);
    put_u32(p + 4, (uint32_t)(v >> 32));
}

static uint32_t get_u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t get_u64(const uint8_t *p)
{
    return get_u32(p) | (uint64_t)get_u32(p + 4) << 32;
}

static uint64_t checksum(const void *packed, uint32_t packed_len, uint32_t text_len)
{
    return fl_hash64(packed, packed_len, (uint64_t)text_len << 32 | packed_len);
}

/* ---- writing ---- */

enum fl_status fl_block_writer_open(struct fl_block_writer *w, int fd, int level)
{
    *w = (struct fl_block_writer){.fd = fd, .level = level, .item_most = FL_ITEM_BYTES_MAX};
    fl_buf_init(&w->text);
    fl_buf_init(&w->packed);
    w->packer = fl_packer_new();
    bool ok = w->packer != NULL && fl_buf_reserve(&w->text, FL_BLOCK_BYTES + FL_VARINT_BYTES) &&
              fl_buf_reserve(&w->packed, HEAD_BYTES + fl_pack_bound(FL_BLOCK_BYTES));
    w->status = ok ? FL_OK : FL_E_NOMEM;
    return w->status;
}

void fl_block_writer_close(struct fl_block_writer *w)
{
    fl_buf_dispose(&w->text);
    fl_buf_dispose(&w->packed);
    fl_packer_free(w->packer);
    w->packer = NULL;
}

void fl_block_raw(struct fl_block_writer *w, const void *bytes, size_t len)
{
    const char *p = bytes;
    while (len > 0 && w->status == FL_OK) {
        ssize_t n = write(w->fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            w->error = n < 0 ? errno : ENOSPC;
            w->status = FL_E_IO;
            return;
        }
        p += n;
        len -= (size_t)n;
        w->at += (uint64_t)n;
    }
}

void fl_block_flush(struct fl_block_writer *w)
{
    if (w->status != FL_OK || w->text.len == 0)
        return;
    uint8_t *head = (uint8_t *)w->packed.data;
    size_t room = w->packed.capacity - HEAD_BYTES;
    size_t n = fl_pack(w->packer, w->level, w->text.data, w->text.len, head + HEAD_BYTES, room);
    if (n == 0) {
        w->status = FL_E_NOMEM;
        return;
    }
    put_u32(head, (uint32_t)w->text.len);
    put_u32(head + 4, (uint32_t)n);
    put_u64(head + 8, checksum(head + HEAD_BYTES, (uint32_t)n, (uint32_t)w->text.len));
    fl_block_raw(w, head, HEAD_BYTES + n);
    fl_buf_clear(&w->text);
}

void fl_block_add(struct fl_block_writer *w, const void *bytes, size_t len)
{
    const char *p = bytes;
    while (len > 0 && w->status == FL_OK) {
        size_t room = FL_BLOCK_BYTES - w->text.len, n = len < room ? len : room;
        fl_buf_add(&w->text, p, n);
        p += n;
        len -= n;
        if (w->text.len == FL_BLOCK_BYTES)
            fl_block_flush(w);
    }
}

void fl_block_add_number(struct fl_block_writer *w, uint64_t value)
{
    char bytes[FL_VARINT_BYTES + 2];
    struct fl_buf number = {.data = bytes, .capacity = sizeof bytes};
    fl_varint_add(&number, value);
    fl_block_add(w, bytes, number.len);
}

void fl_block_add_bytes(struct fl_block_writer *w, const void *bytes, size_t len)
{
    fl_block_add_number(w, len);
    fl_block_add(w, bytes, len);
}

/* ---- reading ---- */

void fl_block_reader_open(struct fl_block_reader *r, int fd, uint64_t from, uint64_t end, struct fl_packer *packer)
{
    *r = (struct fl_block_reader){.fd = fd, .at = from, .end = end, .packer = packer, .item_most = FL_ITEM_BYTES_MAX};
    fl_buf_init(&r->text);
    fl_buf_init(&r->packed);
}

void fl_block_reader_close(struct fl_block_reader *r)
{
    fl_buf_dispose(&r->text);
    fl_buf_dispose(&r->packed);
}

static enum fl_status read_exactly(struct fl_block_reader *r, void *out, size_t len)
{
    char *p = out;
    if (r->end < r->at || r->end - r->at < len)
        return FL_E_DATA;
    while (len > 0) {
        ssize_t n = pread(r->fd, p, len, (off_t)r->at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            r->error = errno;
        if (n <= 0)
            return n < 0 ? FL_E_IO : FL_E_DATA;
        p += n;
        len -= (size_t)n;
        r->at += (uint64_t)n;
    }
    return FL_OK;
}

/* Appends the next block's text to what is left of the one before. */
static enum fl_status next_block(struct fl_block_reader *r)
{
    uint8_t head[HEAD_BYTES];
    if (r->at >= r->end)
        return FL_E_DATA;
    enum fl_status status = read_exactly(r, head, sizeof head);
    if (status != FL_OK)
        return status;
    uint32_t text = get_u32(head), packed = get_u32(head + 4);
    if (text == 0 || text > FL_BLOCK_BYTES || packed == 0 || packed > fl_pack_bound(FL_BLOCK_BYTES))
        return FL_E_DATA;
    if (r->pos > 0) {
        memmove(r->text.data, r->text.data + r->pos, r->text.len - r->pos);
        r->text.len -= r->pos;
        r->pos = 0;
    }
    fl_buf_clear(&r->packed);
    if (!fl_buf_reserve(&r->packed, packed) || !fl_buf_reserve(&r->text, text))
        return FL_E_NOMEM;
    status = read_exactly(r, r->packed.data, packed);
    if (status != FL_OK)
        return status;
    if (checksum(r->packed.data, packed, text) != get_u64(head + 8) ||
        !fl_unpack(r->packer, r->packed.data, packed, r->text.data + r->text.len, text))
        return fl_memory_ran_out() ? FL_E_NOMEM : FL_E_DATA;
    r->text.len += text;
    return FL_OK;
}

enum fl_status fl_block_take(struct fl_block_reader *r, size_t len, const uint8_t **out)
{
    if (len > r->item_most)
        return FL_E_DATA;
    while (r->text.len - r->pos < len) {
        enum fl_status status = next_block(r);
        if (status != FL_OK)
            return status;
    }
    *out = (const uint8_t *)r->text.data + r->pos;
    r->pos += len;
    return FL_OK;
}

enum fl_status fl_block_take_number(struct fl_block_reader *r, uint64_t *out)
{
    uint8_t bytes[FL_VARINT_BYTES];
    for (size_t n = 0; n < FL_VARINT_BYTES; n++) {
        const uint8_t *p;
        enum fl_status status = fl_block_take(r, 1, &p);
        if (status != FL_OK)
            return status;
        bytes[n] = *p;
        if (*p < 0x80)
            return fl_varint_take(bytes, n + 1, out) > 0 ? FL_OK : FL_E_DATA;
    }
    return FL_E_DATA;
}

enum fl_status fl_block_take_bytes(struct fl_block_reader *r, struct fl_str *out)
{
    uint64_t len = 0;
    const uint8_t *p = (const uint8_t *)"";
    enum fl_status status = fl_block_take_number(r, &len);
    if (status == FL_OK)
        status = len > r->item_most ? FL_E_DATA : fl_block_take(r, (size_t)len, &p);
    *out = (struct fl_str){(const char *)p, status == FL_OK ? (size_t)len : 0};
    return status;
}

bool fl_block_at_end(struct fl_block_reader *r)
{
    return r->pos == r->text.len && r->at >= r->end;
}
