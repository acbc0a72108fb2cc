#include "core/group/container.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/hash.h"
#include "core/base/memory.h"

#define HEAD_BYTES    48u
#define TRAILER_BYTES 40u
#define SECTIONS_MAX  1000000u
#define CHECKSUM_SEED 1u

static const char head_magic[8] = "flowpart", end_magic[8] = "flowend\n";

static void put(uint8_t *p, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

static uint64_t get(const uint8_t *p, unsigned bytes)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < bytes; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

enum fl_status fl_container_create(struct fl_container_writer *w, int fd, const uint8_t digest[32])
{
    uint8_t head[HEAD_BYTES] = {0};
    *w = (struct fl_container_writer){0};
    enum fl_status status = fl_block_writer_open(&w->blocks, fd, 3);
    memcpy(head, head_magic, sizeof head_magic);
    put(head + 8, FL_CONTAINER_VERSION, 4);
    memcpy(head + 16, digest, 32);
    fl_block_raw(&w->blocks, head, sizeof head);
    return status == FL_OK ? w->blocks.status : status;
}

void fl_container_begin(struct fl_container_writer *w, enum fl_section_kind kind, uint32_t number)
{
    fl_block_flush(&w->blocks);
    if (!fl_grow((void **)&w->sections, &w->capacity, w->count + 1, sizeof *w->sections)) {
        w->blocks.status = FL_E_NOMEM;
        return;
    }
    w->sections[w->count++] = (struct fl_container_section){kind, number, {.from = w->blocks.at}};
}

void fl_container_end(struct fl_container_writer *w, uint64_t rows)
{
    fl_block_flush(&w->blocks);
    if (w->blocks.status != FL_OK)
        return;
    w->sections[w->count - 1].where.end = w->blocks.at;
    w->sections[w->count - 1].where.rows = rows;
}

enum fl_status fl_container_finish(struct fl_container_writer *w)
{
    uint8_t trailer[TRAILER_BYTES];
    fl_block_flush(&w->blocks);
    put(trailer, w->blocks.at, 8);
    for (uint32_t i = 0; i < w->count; i++) {
        const struct fl_container_section *s = &w->sections[i];
        fl_block_add_number(&w->blocks, s->kind);
        fl_block_add_number(&w->blocks, s->number);
        fl_block_add_number(&w->blocks, s->where.from);
        fl_block_add_number(&w->blocks, s->where.end);
        fl_block_add_number(&w->blocks, s->where.rows);
    }
    fl_block_flush(&w->blocks);
    put(trailer + 8, w->blocks.at, 8);
    put(trailer + 16, w->count, 8);
    put(trailer + 24, fl_hash64(trailer, 24, CHECKSUM_SEED), 8);
    memcpy(trailer + 32, end_magic, sizeof end_magic);
    fl_block_raw(&w->blocks, trailer, sizeof trailer);
    return w->blocks.status;
}

void fl_container_writer_close(struct fl_container_writer *w)
{
    fl_block_writer_close(&w->blocks);
    fl_free(w->sections);
    w->sections = NULL;
}

/* ---- reading ---- */

static bool read_at(int fd, uint64_t at, void *out, size_t len)
{
    return pread(fd, out, len, (off_t)at) == (ssize_t)len;
}

static enum fl_status take_section(struct fl_container *c, struct fl_block_reader *in, uint64_t end)
{
    uint64_t v[5];
    for (unsigned i = 0; i < 5; i++) {
        enum fl_status status = fl_block_take_number(in, &v[i]);
        if (status != FL_OK)
            return status;
    }
    if (v[0] >= FL_SECTION_KINDS || v[1] > UINT32_MAX || v[2] < HEAD_BYTES || v[3] < v[2] || v[3] > end)
        return FL_E_DATA;
    if (!fl_grow((void **)&c->sections, &c->capacity, c->count + 1, sizeof *c->sections))
        return FL_E_NOMEM;
    c->sections[c->count++] =
        (struct fl_container_section){(enum fl_section_kind)v[0], (uint32_t)v[1], {v[2], v[3], v[4]}};
    return FL_OK;
}

static enum fl_status take_footer(struct fl_container *c, uint64_t size)
{
    uint8_t trailer[TRAILER_BYTES];
    if (size < HEAD_BYTES + TRAILER_BYTES || !read_at(c->fd, size - TRAILER_BYTES, trailer, sizeof trailer))
        return FL_E_DATA;
    uint64_t from = get(trailer, 8), end = get(trailer + 8, 8), count = get(trailer + 16, 8);
    if (memcmp(trailer + 32, end_magic, sizeof end_magic) != 0 ||
        get(trailer + 24, 8) != fl_hash64(trailer, 24, CHECKSUM_SEED) || from < HEAD_BYTES || end < from ||
        end != size - TRAILER_BYTES || count > SECTIONS_MAX)
        return FL_E_DATA;
    struct fl_block_reader in;
    struct fl_packer *packer = fl_packer_new();
    if (packer == NULL)
        return FL_E_NOMEM;
    fl_block_reader_open(&in, c->fd, from, end, packer);
    enum fl_status status = FL_OK;
    for (uint64_t i = 0; i < count && status == FL_OK; i++)
        status = take_section(c, &in, from);
    if (status == FL_OK && !fl_block_at_end(&in))
        status = FL_E_DATA;
    fl_block_reader_close(&in);
    fl_packer_free(packer);
    return status;
}

enum fl_status fl_container_open(struct fl_container *c, int fd, struct fl_error *err)
{
    uint8_t head[HEAD_BYTES];
    struct stat st;
    *c = (struct fl_container){.fd = fd};
    if (fstat(fd, &st) != 0 || !read_at(fd, 0, head, sizeof head) || memcmp(head, head_magic, sizeof head_magic) != 0) {
        fl_container_close(c);
        return fl_fail(err, FL_E_DATA, "is no partial result of flowlaw audit --partial");
    }
    uint64_t version = get(head + 8, 4);
    if (version != FL_CONTAINER_VERSION) {
        fl_container_close(c);
        return fl_fail(err, FL_E_DATA, "is a partial result of format %llu; this program reads format %u",
                       (unsigned long long)version, FL_CONTAINER_VERSION);
    }
    memcpy(c->digest, head + 16, sizeof c->digest);
    enum fl_status status = get(head + 12, 4) != 0 ? FL_E_DATA : take_footer(c, (uint64_t)st.st_size);
    if (status == FL_OK)
        return FL_OK;
    fl_container_close(c);
    return fl_fail(err, status, status == FL_E_NOMEM ? "out of memory" : "is cut off or damaged");
}

void fl_container_close(struct fl_container *c)
{
    if (c->fd >= 0)
        close(c->fd);
    fl_free(c->sections);
    *c = (struct fl_container){.fd = -1};
}

const struct fl_section *fl_container_find(const struct fl_container *c, enum fl_section_kind kind, uint32_t number)
{
    for (uint32_t i = 0; i < c->count; i++)
        if (c->sections[i].kind == kind && c->sections[i].number == number)
            return &c->sections[i].where;
    return NULL;
}
