/* hash.h: XXH3 for tables, SHA-256 for digests and ids. xxhash.h and nettle are included by hash.c only. */
#ifndef FL_BASE_HASH_H
#define FL_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t fl_hash64(const void *bytes, size_t len, uint64_t seed);
void fl_hash128(const void *bytes, size_t len, uint64_t seed, uint64_t out[2]);

struct fl_sha256;
struct fl_sha256 *fl_sha256_new(void); /* NULL when memory is out */
void fl_sha256_add(struct fl_sha256 *sha, const void *bytes, size_t len);
void fl_sha256_finish(struct fl_sha256 *sha, uint8_t digest[32]); /* frees sha */

#endif
