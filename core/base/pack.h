/* pack.h: zstd for blocks in memory. A packer belongs to one thread at a time. */
#ifndef FL_BASE_PACK_H
#define FL_BASE_PACK_H

#include <stdbool.h>
#include <stddef.h>

struct fl_packer;

struct fl_packer *fl_packer_new(void); /* NULL when memory is out */
void fl_packer_free(struct fl_packer *packer);

/* Room that len bytes need at most. */
size_t fl_pack_bound(size_t len);
/* Bytes written; 0 when memory is out. level: of zstd, negative ones are faster. */
size_t fl_pack(struct fl_packer *packer, int level, const void *bytes, size_t len, void *out, size_t out_bytes);
/* false when the bytes are not what packs to exactly out_bytes, or memory is out. */
bool fl_unpack(struct fl_packer *packer, const void *bytes, size_t len, void *out, size_t out_bytes);

#endif
