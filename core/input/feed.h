/* feed.h: bytes of an open file by position, through one reused buffer. Inside core/input. */
#ifndef FL_INPUT_FEED_H
#define FL_INPUT_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FL_FEED_BYTES (64u * 1024u)

struct fl_feed {
    int fd;
    uint8_t *data;    /* FL_FEED_BYTES */
    size_t pos, len;  /* unread: data[pos..len) */
    uint64_t offset;  /* of data[0] in the file */
    bool end, failed; /* nothing follows data[len]; the last read failed */
};

/* Makes unread bytes available; false at the end of the file or after a failure. */
bool fl_feed_fill(struct fl_feed *feed);
/* Moves the position. */
void fl_feed_seek(struct fl_feed *feed, uint64_t offset);
/* The next byte, or -1. */
int fl_feed_byte(struct fl_feed *feed);
static inline uint64_t fl_feed_tell(const struct fl_feed *feed)
{
    return feed->offset + feed->pos;
}

#endif
