/* unpack.h: the decompressed text of one object, in a buffer from which the reader cuts whole lines. Inside core/input.
 *
 * unpack.c moves `ready` and `filled` up and notes damage; reader.c moves `begin` up.
 */
#ifndef FL_INPUT_UNPACK_H
#define FL_INPUT_UNPACK_H

#include "core/input/feed.h"
#include "core/input/inflate.h"
#include "core/input/reader.h"

enum fl_packing { FL_PACKING_PLAIN, FL_PACKING_GZIP, FL_PACKING_ZSTD };

struct fl_reader {
    size_t chunk_bytes;
    struct fl_feed feed;
    bool close_fd;
    enum fl_packing packing;
    char *block; /* capacity bytes, and some before and behind them that may be read */
    size_t capacity;
    char *text;   /* in the block */
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

/* Finds out how the object is packed, whose feed stands at its beginning. */
void fl_unpack_begin(struct fl_reader *r);
/* More text, or r->ended. false when memory is out. */
bool fl_unpack_more(struct fl_reader *r);
/* Room for `more` bytes behind what is there; text before `begin` may be dropped. false when memory is out. */
bool fl_unpack_room(struct fl_reader *r, size_t more);
void fl_unpack_dispose(struct fl_reader *r);

#endif
