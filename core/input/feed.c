#include "core/input/feed.h"

#include <errno.h>
#include <unistd.h>

bool fl_feed_fill(struct fl_feed *feed)
{
    if (feed->pos < feed->len)
        return true;
    if (feed->end)
        return false;
    feed->offset += feed->len;
    feed->pos = feed->len = 0;
    ssize_t n;
    do
        n = pread(feed->fd, feed->data, FL_FEED_BYTES, (off_t)feed->offset);
    while (n < 0 && errno == EINTR);
    feed->failed = n < 0;
    feed->end = n <= 0;
    feed->len = n > 0 ? (size_t)n : 0;
    return n > 0;
}

void fl_feed_seek(struct fl_feed *feed, uint64_t offset)
{
    if (offset >= feed->offset && offset <= feed->offset + feed->len) {
        feed->pos = (size_t)(offset - feed->offset);
        return;
    }
    feed->offset = offset;
    feed->pos = feed->len = 0;
    feed->end = feed->failed = false;
}

int fl_feed_byte(struct fl_feed *feed)
{
    return fl_feed_fill(feed) ? feed->data[feed->pos++] : -1;
}
