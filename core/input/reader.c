#include "core/input/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/input/unpack.h"

struct fl_reader *fl_reader_new(size_t chunk_bytes)
{
    struct fl_reader *r = fl_alloc_zero(1, sizeof *r);
    if (r == NULL)
        return NULL;
    r->chunk_bytes = chunk_bytes == 0 ? FL_CHUNK_BYTES : chunk_bytes < 64 ? 64 : chunk_bytes;
    r->feed.fd = -1;
    r->feed.data = fl_alloc(FL_FEED_BYTES);
    if (r->feed.data == NULL) {
        fl_free(r);
        return NULL;
    }
    return r;
}

static void close_file(struct fl_reader *r)
{
    if (r->close_fd && r->feed.fd >= 0)
        close(r->feed.fd);
    r->feed.fd = -1;
}

void fl_reader_free(struct fl_reader *r)
{
    close_file(r);
    fl_unpack_dispose(r);
    fl_free(r->feed.data);
    fl_free(r);
}

const struct fl_read_stats *fl_reader_stats(const struct fl_reader *r)
{
    return &r->stats;
}

enum fl_status fl_reader_open(struct fl_reader *r, const struct fl_source *source, struct fl_error *err)
{
    close_file(r);
    int fd = source->spool_fd;
    r->close_fd = fd < 0;
    if (fd < 0)
        fd = open(source->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fl_fail(err, FL_E_IO, "cannot be opened: %s", strerror(errno));
    r->feed = (struct fl_feed){.fd = fd, .data = r->feed.data};
    r->begin = r->ready = r->filled = 0;
    r->offset = 0;
    r->first = true;
    r->ended = r->skipping = r->in_stream = r->redoing = false;
    r->streams = 0;
    r->stats = (struct fl_read_stats){0};
    fl_unpack_begin(r);
    return FL_OK;
}

/* Behind the last newline of text[begin..ready); begin when there is none. */
static size_t last_line_end(const struct fl_reader *r)
{
    if (r->ready == r->begin)
        return r->begin;
    const char *end = memrchr(r->text + r->begin, '\n', r->ready - r->begin);
    return end == NULL ? r->begin : (size_t)(end - r->text) + 1;
}

/* Drops the beginning of a line that is too long, up to its end when that is here. */
static void skip_line(struct fl_reader *r)
{
    const char *end = memchr(r->text + r->begin, '\n', r->ready - r->begin);
    size_t to = end == NULL ? r->ready : (size_t)(end - r->text) + 1;
    r->offset += to - r->begin;
    r->begin = to;
    r->skipping = end == NULL;
}

static void start_skipping(struct fl_reader *r)
{
    if (r->stats.long_lines++ == 0)
        r->stats.first_long_line_offset = r->offset;
    r->skipping = true;
}

static enum fl_status give(struct fl_reader *r, size_t end, struct fl_chunk *out)
{
    *out = (struct fl_chunk){r->text + r->begin, end - r->begin, r->offset};
    r->offset += end - r->begin;
    r->begin = end;
    r->stats.text_bytes = r->offset;
    r->first = false;
    return FL_OK;
}

/* The object has ended: its last line needs no line end, unless the object is damaged. */
static enum fl_status give_rest(struct fl_reader *r, struct fl_chunk *out)
{
    if (r->begin == r->ready || r->stats.damage != FL_DAMAGE_NONE || r->skipping) {
        r->begin = r->ready;
        return FL_END;
    }
    if (r->ready - r->begin > FL_LINE_BYTES_MAX) {
        start_skipping(r);
        r->begin = r->ready;
        return FL_END;
    }
    if (!fl_unpack_room(r, 1))
        return FL_E_NOMEM;
    r->text[r->filled++] = '\n';
    r->ready = r->filled;
    enum fl_status status = give(r, r->ready, out);
    r->stats.text_bytes = --r->offset;
    return status;
}

/* Lines longer than the limit that lie whole inside text[begin..end) are left out: the chunk ends before one. */
static size_t before_long_line(struct fl_reader *r, size_t end)
{
    size_t at = r->begin;
    while (end - at > FL_LINE_BYTES_MAX) {
        const char *newline = memchr(r->text + at, '\n', end - at);
        size_t next = (size_t)(newline - r->text) + 1;
        if (next - at > FL_LINE_BYTES_MAX + 1)
            return at;
        at = next;
    }
    return end;
}

enum fl_status fl_reader_next(struct fl_reader *r, struct fl_chunk *out)
{
    for (;;) {
        if (r->skipping)
            skip_line(r);
        size_t want = r->first ? FL_LEARN_BYTES : 0;
        size_t end = r->skipping ? r->begin : last_line_end(r);
        bool enough = end > r->begin && (r->ready - r->begin > want || r->ended);
        if (enough) {
            size_t cut = before_long_line(r, end);
            if (cut > r->begin)
                return give(r, cut, out);
            start_skipping(r);
            continue;
        }
        if (r->ended)
            return give_rest(r, out);
        if (end == r->begin && r->ready - r->begin > FL_LINE_BYTES_MAX) {
            start_skipping(r);
            continue;
        }
        if (!fl_unpack_more(r))
            return FL_E_NOMEM;
    }
}
