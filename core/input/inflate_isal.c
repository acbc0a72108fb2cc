#include "core/input/inflate.h"

#ifdef FL_HAVE_ISAL
#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include "core/base/memory.h"

static void isal_reset(void *state)
{
    struct inflate_state *s = state;
    isal_inflate_init(s);
    s->crc_flag = ISAL_DEFLATE;
}

static void *isal_open(void)
{
    struct inflate_state *s = fl_alloc_aligned(64, sizeof *s);
    if (s != NULL)
        isal_reset(s);
    return s;
}

static void isal_close(void *state)
{
    fl_free(state);
}

static enum fl_inflate_result isal_next(void *state, struct fl_feed *feed, uint8_t *out, size_t cap, size_t *made)
{
    struct inflate_state *s = state;
    s->next_out = out;
    s->avail_out = (uint32_t)cap;
    enum fl_inflate_result result = FL_INFLATE_MORE;
    while (result == FL_INFLATE_MORE && s->avail_out > 0) {
        bool fed = fl_feed_fill(feed);
        uint32_t before = s->avail_out;
        s->next_in = feed->data + feed->pos;
        s->avail_in = (uint32_t)(feed->len - feed->pos);
        int code = isal_inflate(s);
        feed->pos = feed->len - s->avail_in;
        if (code != ISAL_DECOMP_OK)
            result = FL_INFLATE_BAD;
        else if (s->block_state == ISAL_BLOCK_FINISH)
            result = FL_INFLATE_DONE;
        else if (!fed && s->avail_out == before)
            result = FL_INFLATE_TRUNCATED;
    }
    /* Whole bytes that it took ahead belong to what follows the stream. */
    if (result == FL_INFLATE_DONE)
        fl_feed_seek(feed, fl_feed_tell(feed) - (uint64_t)(s->read_in_length / 8));
    *made = cap - s->avail_out;
    return result;
}

static uint32_t isal_crc(uint32_t crc, const uint8_t *bytes, size_t len)
{
    return crc32_gzip_refl(crc, bytes, len);
}

const struct fl_inflater fl_inflate_isal = {"ISA-L", isal_open, isal_close, isal_reset, isal_next, isal_crc};
#endif
