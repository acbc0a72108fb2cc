#include "core/base/pack.h"

#include <zstd.h>

#include "core/base/memory.h"

struct fl_packer {
    ZSTD_CCtx *c; /* each made when it is first needed */
    ZSTD_DCtx *d;
};

struct fl_packer *fl_packer_new(void)
{
    return fl_alloc_zero(1, sizeof(struct fl_packer));
}

void fl_packer_free(struct fl_packer *p)
{
    if (p == NULL)
        return;
    ZSTD_freeCCtx(p->c);
    ZSTD_freeDCtx(p->d);
    fl_free(p);
}

size_t fl_pack_bound(size_t len)
{
    return ZSTD_compressBound(len);
}

size_t fl_pack(struct fl_packer *p, int level, const void *bytes, size_t len, void *out, size_t out_bytes)
{
    if (p->c == NULL && (p->c = ZSTD_createCCtx()) == NULL)
        return 0;
    size_t n = ZSTD_compressCCtx(p->c, out, out_bytes, bytes, len, level);
    return ZSTD_isError(n) ? 0 : n;
}

bool fl_unpack(struct fl_packer *p, const void *bytes, size_t len, void *out, size_t out_bytes)
{
    if (p->d == NULL && (p->d = ZSTD_createDCtx()) == NULL)
        return false;
    size_t n = ZSTD_decompressDCtx(p->d, out, out_bytes, bytes, len);
    return !ZSTD_isError(n) && n == out_bytes;
}
