#include "core/input/unpack.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/memory.h"
#include "core/input/gzip.h"

#define PAD_BYTES   64u
#define HOLD_BYTES  (256u * 1024u)  /* newest ISA-L output, not given out before the next call succeeds */
#define SHORT_BYTES 4096u           /* are moved to the front of the buffer always, so that it stays in the cache */
#define ROOM_BYTES  (1024u * 1024u) /* of a buffer whose text is held back */

bool fl_inflate_force_zlib;

static void damage(struct fl_reader *r, enum fl_damage kind, const char *what)
{
    if (r->stats.damage != FL_DAMAGE_NONE)
        return;
    static const char *const names[] = {"", "gzip: ", "zstd: "};
    r->stats.damage = kind;
    r->stats.damage_offset = fl_feed_tell(&r->feed);
    if (r->streams > 1)
        snprintf(r->stats.damage_text, sizeof r->stats.damage_text, "%s%s near byte %llu (part %u)", names[r->packing],
                 what, (unsigned long long)r->stats.damage_offset, r->streams);
    else
        snprintf(r->stats.damage_text, sizeof r->stats.damage_text, "%s%s near byte %llu", names[r->packing], what,
                 (unsigned long long)r->stats.damage_offset);
}

static enum fl_packing detect(const struct fl_feed *feed)
{
    const uint8_t *p = feed->data + feed->pos;
    size_t n = feed->len - feed->pos;
    if (n >= 2 && p[0] == 0x1f && p[1] == 0x8b)
        return FL_PACKING_GZIP;
    /* A frame, or a skippable frame in front of one. */
    if (n >= 4 && p[1] == 0xb5 && p[2] == 0x2f && p[3] == 0xfd && p[0] == 0x28)
        return FL_PACKING_ZSTD;
    if (n >= 4 && (p[0] & 0xf0) == 0x50 && p[1] == 0x2a && p[2] == 0x4d && p[3] == 0x18)
        return FL_PACKING_ZSTD;
    return FL_PACKING_PLAIN;
}

void fl_unpack_begin(struct fl_reader *r)
{
    fl_feed_fill(&r->feed);
    r->packing = detect(&r->feed);
}

void fl_unpack_dispose(struct fl_reader *r)
{
    if (r->zlib != NULL)
        fl_inflate_zlib.close(r->zlib);
#ifdef FL_HAVE_ISAL
    if (r->isal != NULL)
        fl_inflate_isal.close(r->isal);
#endif
    if (r->zstd != NULL)
        fl_inflate_zstd.close(r->zstd);
    fl_free(r->block);
}

/* The buffer has room for several chunks, so that what is held back moves to its front only now and then. */
bool fl_unpack_room(struct fl_reader *r, size_t more)
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
    if (need < ROOM_BYTES && r->packing != FL_PACKING_PLAIN)
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
    if (!fl_unpack_room(r, r->chunk_bytes))
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

static void **inflater_state(struct fl_reader *r)
{
    if (r->inflater == &fl_inflate_zlib)
        return &r->zlib;
    return r->packing == FL_PACKING_ZSTD ? &r->zstd : &r->isal;
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
    if (r->packing == FL_PACKING_GZIP) {
        bool truncated;
        if (fl_gzip_header(&r->feed, &truncated)) {
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
    bool frame = detect(&r->feed) == FL_PACKING_ZSTD;
    if (!frame && r->streams > 0) {
        count_trailing(r, start);
        return true;
    }
    r->streams++;
    return start_inflater(r, &fl_inflate_zstd);
}

/* Decodes the member or frame anew, by the decoder that gives all before the damage; what was given out is dropped
 * from its output. */
static bool redo(struct fl_reader *r)
{
    r->filled = r->ready;
    r->discard = r->stream_made;
    r->redoing = true;
    fl_feed_seek(&r->feed, r->stream_start);
    if (r->packing == FL_PACKING_ZSTD)
        return start_inflater(r, &fl_inflate_zstd_bytewise);
    bool truncated;
    return fl_gzip_header(&r->feed, &truncated) && start_inflater(r, &fl_inflate_zlib);
}

static bool is_isal(const struct fl_reader *r)
{
    return r->packing == FL_PACKING_GZIP && r->inflater != &fl_inflate_zlib;
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
    if (!fl_unpack_room(r, r->chunk_bytes))
        return false;
    size_t made = 0;
    enum fl_inflate_result result =
        r->inflater->next(*inflater_state(r), &r->feed, (uint8_t *)r->text + r->filled, r->chunk_bytes, &made);
    if (result == FL_INFLATE_NOMEM)
        return false;
    if (is_isal(r) && (result == FL_INFLATE_BAD || result == FL_INFLATE_TRUNCATED))
        return redo(r);
    if (r->packing == FL_PACKING_ZSTD && result == FL_INFLATE_BAD && !r->redoing)
        return redo(r);
    take_output(r, made);
    if (result == FL_INFLATE_MORE) {
        make_ready(r, is_isal(r) ? HOLD_BYTES : 0);
        return true;
    }
    if (result == FL_INFLATE_DONE) {
        const char *what = NULL;
        enum fl_damage found =
            r->packing == FL_PACKING_GZIP ? fl_gzip_trailer(&r->feed, r->crc, r->crc_bytes, &what) : FL_DAMAGE_NONE;
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

bool fl_unpack_more(struct fl_reader *r)
{
    bool ok = r->packing == FL_PACKING_PLAIN ? fill_plain(r) : fill_stream(r);
    r->stats.object_bytes = fl_feed_tell(&r->feed);
    return ok;
}
