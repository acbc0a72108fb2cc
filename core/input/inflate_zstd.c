#include <zstd.h>

#include "core/input/inflate.h"

#define WINDOW_LOG_MAX 27 /* 128 MiB: what `zstd` itself accepts without being told */

static void zstd_reset(void *state)
{
    ZSTD_DCtx_reset(state, ZSTD_reset_session_only);
}

static void *zstd_open(void)
{
    ZSTD_DCtx *d = ZSTD_createDCtx();
    if (d != NULL)
        ZSTD_DCtx_setParameter(d, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    return d;
}

static void zstd_close(void *state)
{
    ZSTD_freeDCtx(state);
}

static enum fl_inflate_result decode(ZSTD_DCtx *d, struct fl_feed *feed, size_t step, uint8_t *out, size_t cap,
                                     size_t *made)
{
    ZSTD_outBuffer o = {out, cap, 0};
    enum fl_inflate_result result = FL_INFLATE_MORE;
    while (result == FL_INFLATE_MORE && o.pos < cap) {
        bool fed = fl_feed_fill(feed);
        size_t unread = feed->len - feed->pos;
        ZSTD_inBuffer i = {feed->data + feed->pos, unread < step ? unread : step, 0};
        size_t before = o.pos;
        size_t code = ZSTD_decompressStream(d, &o, &i);
        feed->pos += i.pos;
        if (ZSTD_isError(code))
            result = FL_INFLATE_BAD;
        else if (code == 0)
            result = FL_INFLATE_DONE;
        else if (!fed && o.pos == before)
            result = FL_INFLATE_TRUNCATED;
    }
    *made = o.pos;
    return result;
}

static enum fl_inflate_result zstd_next(void *state, struct fl_feed *feed, uint8_t *out, size_t cap, size_t *made)
{
    return decode(state, feed, SIZE_MAX, out, cap, made);
}

/* A call that fails forgets what it made, and a whole small frame is one call. Byte by byte, every block before the
 * damage has been given out when the call that meets the damage begins. */
static enum fl_inflate_result zstd_next_byte(void *state, struct fl_feed *feed, uint8_t *out, size_t cap, size_t *made)
{
    return decode(state, feed, 1, out, cap, made);
}

const struct fl_inflater fl_inflate_zstd = {"zstd", zstd_open, zstd_close, zstd_reset, zstd_next, NULL};
const struct fl_inflater fl_inflate_zstd_bytewise = {"zstd", zstd_open, zstd_close, zstd_reset, zstd_next_byte, NULL};
