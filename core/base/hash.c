#include "core/base/hash.h"

#define XXH_INLINE_ALL
#include <nettle/sha2.h>
#include <xxhash.h>

#include "core/base/memory.h"

uint64_t fl_hash64(const void *bytes, size_t len, uint64_t seed)
{
    return XXH3_64bits_withSeed(bytes, len, seed);
}

void fl_hash128(const void *bytes, size_t len, uint64_t seed, uint64_t out[2])
{
    XXH128_hash_t hash = XXH3_128bits_withSeed(bytes, len, seed);
    out[0] = hash.high64;
    out[1] = hash.low64;
}

struct fl_sha256 {
    struct sha256_ctx context;
};

struct fl_sha256 *fl_sha256_new(void)
{
    struct fl_sha256 *sha = fl_alloc(sizeof *sha);
    if (sha != NULL)
        sha256_init(&sha->context);
    return sha;
}

void fl_sha256_add(struct fl_sha256 *sha, const void *bytes, size_t len)
{
    sha256_update(&sha->context, len, bytes);
}

void fl_sha256_finish(struct fl_sha256 *sha, uint8_t digest[32])
{
    sha256_digest(&sha->context, 32, digest);
    fl_free(sha);
}
