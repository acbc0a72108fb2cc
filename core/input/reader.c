#include "core/input/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/input/inflate.h"

#define PAD_BYTES   64u
#define HOLD_BYTES  (256u * 1024u)  /* newest ISA-L output, not given out before the next call succeeds */
#define SHORT_BYTES 4096u           /* are moved to the front of the buffer always, so that it stays in the cache */
#define ROOM_BYTES  (1024u * 1024u) /* of a buffer whose text is held back */

bool fl_inflate_force_zlib;

enum kind { KIND_PLAIN, KIND_GZIP, KIND_ZSTD };

struct fl_reader {
    size_t chunk_bytes;
    struct fl_feed feed;
    bool close_fd;
    enum kind kind;
    char *block; /* PAD + capacity + PAD */
    size_t capacity;
    char *text;   /* block + PAD */
    size_t begin; /* text[begin..ready) may be given out, text[ready..filled) is held back */
    size_t ready, filled;
    uint64_t offset;             /* of text[begin] in the decompressed object */
    bool first, ended, skipping; /* skipping: inside a line that is too long */
    const struct fl_inflater *inflater;
    void *zlib, *isal, *zstd;
    bool in_stream;
    bool redoing;          /* this member is decoded anew after an error */
    uint64_t stream_start; /* compressed offset of the member or frame */
    uint64_t stream_made;  /* text of this stream that is ready (not held back) */
    uint64_t discard;      /* of the redone member: was given out already */
    uint32_t crc;
    uint64_t crc_bytes;
    uint32_t streams;
    struct fl_read_stats stats;
};

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
    if (r->zlib != NULL)
        fl_inflate_zlib.close(r->zlib);
#ifdef FL_HAVE_ISAL
    if (r->isal != NULL)
        fl_inflate_isal.close(r->isal);
#endif
    if (r->zstd != NULL)
        fl_inflate_zstd.close(r->zstd);
    fl_free(r->block);
    fl_free(r->feed.data);
    fl_free(r);
}

const struct fl_read_stats *fl_reader_stats(const struct fl_reader *r)
{
    return &r->stats;
}

static void damage(struct fl_reader *r, enum fl_damage kind, const char *what)
{
    if (r->stats.damage != FL_DAMAGE_NONE)
        return;
    static const char *const names[] = {"", "gzip: ", "zstd: "};
    r->stats.damage = kind;
    r->stats.damage_offset = fl_feed_tell(&r->feed);
    if (r->streams > 1)
        snprintf(r->stats.damage_text, sizeof r->stats.damage_text, "%s%s near byte %llu (part %u)", names[r->kind],
                 what, (unsigned long long)r->stats.damage_offset, r->streams);
    else
        snprintf(r->stats.damage_text, sizeof r->stats.damage_text, "%s%s near byte %llu", names[r->kind], what,
                 (unsigned long long)r->stats.damage_offset);
}

static enum kind detect(const struct fl_feed *feed)
{
    const uint8_t *p = feed->data + feed->pos;
    size_t n = feed->len - feed->pos;
    if (n >= 2 && p[0] == 0x1f && p[1] == 0x8b)
        return KIND_GZIP;
    /* A frame, or a skippable frame in front of one. */
    if (n >= 4 && p[1] == 0xb5 && p[2] == 0x2f && p[3] == 0xfd && p[0] == 0x28)
        return KIND_ZSTD;
    if (n >= 4 && (p[0] & 0xf0) == 0x50 && p[1] == 0x2a && p[2] == 0x4d && p[3] == 0x18)
        return KIND_ZSTD;
    return KIND_PLAIN;
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
    fl_feed_fill(&r->feed);
    r->kind = detect(&r->feed);
    return FL_OK;
}

/* Room for `more` bytes behind what is there; text before `begin` may be dropped. The buffer has room for several
 * chunks, so that what is held back moves to its front only now and then. */
static bool make_room(struct fl_reader *r, size_t more)
{
    bool is_short = r->filled - r->begin <= SHORT_BYTES;
    if (r->filled + more + 1 <= r->capacity && !is_short)
        return true;
    if (r->begin > 0) {
        memmove(r->text, r->text + r->begin, r->filled - r->begin);
        r->ready -= r->begin;
        r->filled -= r->begin;
        r->begin = 0;
    }
    size_t need = r->filled + more + 1;
    if (need <= r->capacity)
        return true;
    if (need < ROOM_BYTES && r->kind != KIND_PLAIN)
        need = ROOM_BYTES;
    char *block = fl_realloc(r->block, need + 2 * PAD_BYTES, 1);
    if (block == NULL)
        return false;
    if (r->block == NULL)
        memset(block, 0, PAD_BYTES);
    r->block = block;
    r->text = block + PAD_BYTES;
    r->capacity = need;
    memset(r->text + need, 0, PAD_BYTES);
    return true;
}

static bool fill_plain(struct fl_reader *r)
{
    if (!make_room(r, r->chunk_bytes))
        return false;
    if (r->feed.pos < r->feed.len) {
        size_t n = r->feed.len - r->feed.pos;
        n = n < r->chunk_bytes ? n : r->chunk_bytes;
        memcpy(r->text + r->filled, r->feed.data + r->feed.pos, n);
        r->feed.pos += n;
        r->filled += n;
    } else {
        /* Behind what was read for detection: straight into place. */
        uint64_t at = r->feed.offset + r->feed.len;
        ssize_t n;
        do
            n = r->feed.end ? 0 : pread(r->feed.fd, r->text + r->filled, r->chunk_bytes, (off_t)at);
        while (n < 0 && errno == EINTR);
        if (n < 0)
            damage(r, FL_DAMAGE_READ, strerror(errno));
        r->ended = n <= 0;
        if (n > 0) {
            r->filled += (size_t)n;
            r->feed.offset = at + (uint64_t)n;
            r->feed.pos = r->feed.len = 0;
        }
    }
    r->ready = r->filled;
    return true;
}

/* RFC 1952: skips one member header. false: not a header (nothing is promised about the position then). */
static bool gzip_header(struct fl_feed *feed, bool *truncated)
{
    uint8_t head[10];
    *truncated = false;
    for (unsigned i = 0; i < sizeof head; i++) {
        int c = fl_feed_byte(feed);
        if (c < 0) {
            *truncated = i >= 2;
            return false;
        }
        head[i] = (uint8_t)c;
        if ((i == 0 && c != 0x1f) || (i == 1 && c != 0x8b))
            return false;
    }
    if (head[2] != 8 || (head[3] & 0xe0) != 0)
        return false;
    unsigned flags = head[3];
    int c = 0;
    if (flags & 4) {
        int low = fl_feed_byte(feed), high = fl_feed_byte(feed);
        for (int n = low < 0 || high < 0 ? 0 : low | high << 8; n > 0 && c >= 0; n--)
            c = fl_feed_byte(feed);
        c = high < 0 ? -1 : c;
    }
    for (unsigned text = 8; text <= 16 && c >= 0; text *= 2)
        if (flags & text)
            do
                c = fl_feed_byte(feed);
            while (c > 0);
    if (c >= 0 && flags & 2)
        c = fl_feed_byte(feed) < 0 ? -1 : fl_feed_byte(feed);
    *truncated = c < 0;
    return c >= 0;
}

static void **inflater_state(struct fl_reader *r)
{
    if (r->inflater == &fl_inflate_zlib)
        return &r->zlib;
    return r->kind == KIND_ZSTD ? &r->zstd : &r->isal;
}

static bool start_inflater(struct fl_reader *r, const struct fl_inflater *inflater)
{
    r->inflater = inflater;
    void **state = inflater_state(r);
    if (*state == NULL)
        *state = inflater->open();
    else
        inflater->reset(*state);
    r->in_stream = *state != NULL;
    r->crc = 0;
    r->crc_bytes = 0;
    return *state != NULL;
}

static const struct fl_inflater *gzip_inflater(void)
{
#ifdef FL_HAVE_ISAL
    if (!fl_inflate_force_zlib)
        return &fl_inflate_isal;
#endif
    return &fl_inflate_zlib;
}

/* Bytes up to the end of the file count as trailing. */
static void count_trailing(struct fl_reader *r, uint64_t from)
{
    fl_feed_seek(&r->feed, from);
    while (fl_feed_fill(&r->feed)) {
        r->stats.trailing_bytes += r->feed.len - r->feed.pos;
        r->feed.pos = r->feed.len;
    }
    r->ended = true;
}

/* At a member or frame border. false when memory is out. */
static bool start_stream(struct fl_reader *r)
{
    uint64_t start = fl_feed_tell(&r->feed);
    if (!fl_feed_fill(&r->feed)) {
        if (r->feed.failed)
            damage(r, FL_DAMAGE_READ, "the file cannot be read on");
        r->ended = true;
        return true;
    }
    r->stream_start = start;
    r->stream_made = r->discard = 0;
    r->redoing = false;
    if (r->kind == KIND_GZIP) {
        bool truncated;
        if (gzip_header(&r->feed, &truncated)) {
            r->streams++;
            return start_inflater(r, gzip_inflater());
        }
        if (truncated || r->streams == 0) {
            r->streams++;
            damage(r, truncated ? FL_DAMAGE_TRUNCATED : FL_DAMAGE_STREAM,
                   truncated ? "cut off within a header" : "bad header");
            r->ended = true;
        } else {
            count_trailing(r, start);
        }
        return true;
    }
    bool frame = detect(&r->feed) == KIND_ZSTD;
    if (!frame && r->streams > 0) {
        count_trailing(r, start);
        return true;
    }
    r->streams++;
    return start_inflater(r, &fl_inflate_zstd);
}

/* The member's checksum and length against what was made; *what says in which way they are wrong. */
static enum fl_damage trailer_damage(struct fl_reader *r, const char **what)
{
    uint32_t words[2] = {0, 0};
    for (unsigned i = 0; i < 8; i++) {
        int c = fl_feed_byte(&r->feed);
        if (c < 0) {
            *what = "cut off within a checksum";
            return FL_DAMAGE_TRUNCATED;
        }
        words[i / 4] |= (uint32_t)c << (8 * (i % 4));
    }
    if (words[0] == r->crc && words[1] == (uint32_t)r->crc_bytes)
        return FL_DAMAGE_NONE;
    *what = words[0] != r->crc ? "bad checksum" : "bad length";
    return FL_DAMAGE_CHECKSUM;
}

/* Decodes the member or frame anew, by the decoder that gives all before the damage; what was given out is dropped
 * from its output. */
static bool redo(struct fl_reader *r)
{
    r->filled = r->ready;
    r->discard = r->stream_made;
    r->redoing = true;
    fl_feed_seek(&r->feed, r->stream_start);
    if (r->kind == KIND_ZSTD)
        return start_inflater(r, &fl_inflate_zstd_bytewise);
    bool truncated;
    return gzip_header(&r->feed, &truncated) && start_inflater(r, &fl_inflate_zlib);
}

static bool is_isal(const struct fl_reader *r)
{
    return r->kind == KIND_GZIP && r->inflater != &fl_inflate_zlib;
}

static void take_output(struct fl_reader *r, size_t made)
{
    uint8_t *out = (uint8_t *)r->text + r->filled;
    if (r->inflater->crc != NULL)
        r->crc = r->inflater->crc(r->crc, out, made);
    r->crc_bytes += made;
    size_t drop = r->discard < made ? (size_t)r->discard : made;
    if (drop > 0) {
        memmove(out, out + drop, made - drop);
        r->discard -= drop;
    }
    r->filled += made - drop;
}

/* Lets go of held-back text. */
static void make_ready(struct fl_reader *r, size_t hold)
{
    if (r->filled - r->ready <= hold)
        return;
    size_t more = r->filled - r->ready - hold;
    r->ready += more;
    r->stream_made += more;
}

static bool fill_stream(struct fl_reader *r)
{
    if (!r->in_stream)
        return start_stream(r);
    if (!make_room(r, r->chunk_bytes))
        return false;
    size_t made = 0;
    enum fl_inflate_result result =
        r->inflater->next(*inflater_state(r), &r->feed, (uint8_t *)r->text + r->filled, r->chunk_bytes, &made);
    if (result == FL_INFLATE_NOMEM)
        return false;
    if (is_isal(r) && (result == FL_INFLATE_BAD || result == FL_INFLATE_TRUNCATED))
        return redo(r);
    if (r->kind == KIND_ZSTD && result == FL_INFLATE_BAD && !r->redoing)
        return redo(r);
    take_output(r, made);
    if (result == FL_INFLATE_MORE) {
        make_ready(r, is_isal(r) ? HOLD_BYTES : 0);
        return true;
    }
    if (result == FL_INFLATE_DONE) {
        const char *what = NULL;
        enum fl_damage found = r->kind == KIND_GZIP ? trailer_damage(r, &what) : FL_DAMAGE_NONE;
        /* ISA-L reads some damaged streams to their end that zlib refuses. */
        if (found != FL_DAMAGE_NONE && is_isal(r))
            return redo(r);
        make_ready(r, 0);
        r->in_stream = false;
        if (found != FL_DAMAGE_NONE)
            damage(r, found, what);
        r->ended = found == FL_DAMAGE_TRUNCATED;
        return true;
    }
    make_ready(r, 0);
    r->in_stream = false;
    bool cut = result == FL_INFLATE_TRUNCATED;
    if (r->feed.failed)
        damage(r, FL_DAMAGE_READ, "the file cannot be read on");
    damage(r, cut ? FL_DAMAGE_TRUNCATED : FL_DAMAGE_STREAM, cut ? "cut off" : "damaged data");
    r->ended = true;
    return true;
}

static bool fill(struct fl_reader *r)
{
    bool ok = r->kind == KIND_PLAIN ? fill_plain(r) : fill_stream(r);
    r->stats.object_bytes = fl_feed_tell(&r->feed);
    return ok;
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
    if (!make_room(r, 1))
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
        if (!fill(r))
            return FL_E_NOMEM;
    }
}
