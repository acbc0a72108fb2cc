#include "core/input/gzip.h"

bool fl_gzip_header(struct fl_feed *feed, bool *truncated)
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

enum fl_damage fl_gzip_trailer(struct fl_feed *feed, uint32_t crc, uint64_t made_bytes, const char **what)
{
    uint32_t words[2] = {0, 0};
    for (unsigned i = 0; i < 8; i++) {
        int c = fl_feed_byte(feed);
        if (c < 0) {
            *what = "cut off within a checksum";
            return FL_DAMAGE_TRUNCATED;
        }
        words[i / 4] |= (uint32_t)c << (8 * (i % 4));
    }
    if (words[0] == crc && words[1] == (uint32_t)made_bytes)
        return FL_DAMAGE_NONE;
    *what = words[0] != crc ? "bad checksum" : "bad length";
    return FL_DAMAGE_CHECKSUM;
}
