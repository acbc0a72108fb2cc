/* inflate.h: one compressed stream after the other, as text. Inside core/input.
 *
 * A stream is a gzip member or a zstd frame. Three decoders share one interface: zlib is the reference, ISA-L and zstd
 * stand in files of their own.
 */
#ifndef FL_INPUT_INFLATE_H
#define FL_INPUT_INFLATE_H

#include "core/input/feed.h"

enum fl_inflate_result {
    FL_INFLATE_MORE,      /* output is full, or some was made */
    FL_INFLATE_DONE,      /* the deflate stream or frame has ended; the feed stands behind it */
    FL_INFLATE_TRUNCATED, /* the input ended within it */
    FL_INFLATE_BAD,       /* the stream is damaged */
    FL_INFLATE_NOMEM,
};

struct fl_inflater {
    const char *name;
    void *(*open)(void);
    void (*close)(void *state);
    void (*reset)(void *state);
    /* Fills out[0..cap) as far as it gets; *made says how far. */
    enum fl_inflate_result (*next)(void *state, struct fl_feed *feed, uint8_t *out, size_t cap, size_t *made);
    uint32_t (*crc)(uint32_t crc, const uint8_t *bytes, size_t len); /* NULL: the stream checks itself */
};

extern const struct fl_inflater fl_inflate_zlib, fl_inflate_zstd;
/* The same as fl_inflate_zstd, slowly: for a damaged frame, to get all that stands before the damage. */
extern const struct fl_inflater fl_inflate_zstd_bytewise;
#ifdef FL_HAVE_ISAL
extern const struct fl_inflater fl_inflate_isal;
#endif

/* For tests: decode gzip by zlib alone, from the next fl_reader_open() on. */
extern bool fl_inflate_force_zlib;

#endif
