#include <zlib.h>

#include "core/base/memory.h"
#include "core/input/inflate.h"

static void *zlib_open(void)
{
    z_stream *z = fl_alloc_zero(1, sizeof *z);
    if (z != NULL && inflateInit2(z, -15) != Z_OK) {
        fl_free(z);
        return NULL;
    }
    return z;
}

static void zlib_close(void *state)
{
    inflateEnd(state);
    fl_free(state);
}

static void zlib_reset(void *state)
{
    inflateReset(state);
}

static enum fl_inflate_result zlib_next(void *state, struct fl_feed *feed, uint8_t *out, size_t cap, size_t *made)
{
    z_stream *z = state;
    z->next_out = out;
    z->avail_out = (uInt)cap;
    enum fl_inflate_result result = FL_INFLATE_MORE;
    while (result == FL_INFLATE_MORE && z->avail_out > 0) {
        /* Without input too: the rest of a match may be waiting for room. */
        bool fed = fl_feed_fill(feed);
        uInt room = z->avail_out;
        z->next_in = feed->data + feed->pos;
        z->avail_in = (uInt)(feed->len - feed->pos);
        int code = inflate(z, Z_NO_FLUSH);
        feed->pos = feed->len - z->avail_in;
        if (code == Z_STREAM_END)
            result = FL_INFLATE_DONE;
        else if (code == Z_MEM_ERROR)
            result = FL_INFLATE_NOMEM;
        else if (code != Z_OK && code != Z_BUF_ERROR)
            result = FL_INFLATE_BAD;
        else if (!fed && z->avail_out == room)
            result = FL_INFLATE_TRUNCATED;
    }
    *made = cap - z->avail_out;
    return result;
}

static uint32_t zlib_crc(uint32_t crc, const uint8_t *bytes, size_t len)
{
    return (uint32_t)crc32(crc, bytes, (uInt)len);
}

const struct fl_inflater fl_inflate_zlib = {"zlib", zlib_open, zlib_close, zlib_reset, zlib_next, zlib_crc};
