/* gzip.h: what stands around the deflate stream of a gzip member (RFC 1952). Inside core/input. */
#ifndef FL_INPUT_GZIP_H
#define FL_INPUT_GZIP_H

#include "core/input/feed.h"
#include "core/input/reader.h"

/* Skips one member header. false: not a header (nothing is promised about the position then). */
bool fl_gzip_header(struct fl_feed *feed, bool *truncated);
/* Takes the checksum and length behind a member, and compares them with those of what was made; *what says in which way
 * they are wrong. */
enum fl_damage fl_gzip_trailer(struct fl_feed *feed, uint32_t crc, uint64_t made_bytes, const char **what);

#endif
