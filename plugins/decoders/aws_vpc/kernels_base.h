/* kernels_base.h: what all kernel sets build on: loads, byte tricks in 64-bit words. */
#ifndef FL_PLUGINS_AWS_VPC_KERNELS_BASE_H
#define FL_PLUGINS_AWS_VPC_KERNELS_BASE_H

#include <string.h>

#include "plugins/decoders/aws_vpc/aws_vpc.h"

#define likely(x)     __builtin_expect(!!(x), 1)
#define unlikely(x)   __builtin_expect(!!(x), 0)
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define EACH_BYTE(b)  (UINT64_C(0x0101010101010101) * (b))

/* Bit i speaks of byte i. */
struct masks {
    uint64_t separators, blanks, newlines;
};

ALWAYS_INLINE uint64_t load8(const char *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

ALWAYS_INLINE uint32_t load4(const char *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof(v));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap32(v);
#endif
    return v;
}

ALWAYS_INLINE uint32_t load2(const char *p)
{
    return (uint32_t)(unsigned char)p[0] | (uint32_t)(unsigned char)p[1] << 8;
}

/* The top bit of each byte that is zero. */
ALWAYS_INLINE uint64_t zero_bytes(uint64_t v)
{
    return ~((v & EACH_BYTE(0x7f)) + EACH_BYTE(0x7f)) & ~v & EACH_BYTE(0x80);
}

/* Gathers the top bits of eight bytes. */
ALWAYS_INLINE uint64_t top_bits(uint64_t v)
{
    return (v >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

#if defined(__POPCNT__)
ALWAYS_INLINE uint32_t count_bits(uint64_t v)
{
    return (uint32_t)__builtin_popcountll(v);
}
#else
ALWAYS_INLINE uint32_t count_bits(uint64_t v)
{
    v -= v >> 1 & EACH_BYTE(0x55);
    v = (v & EACH_BYTE(0x33)) + (v >> 2 & EACH_BYTE(0x33));
    v = (v + (v >> 4)) & EACH_BYTE(0x0f);
    return (uint32_t)(v * EACH_BYTE(1) >> 56);
}
#endif

ALWAYS_INLINE void store_v4(uint64_t *to, uint32_t address)
{
    to[0] = 0;
    to[1] = UINT64_C(0xffff00000000) | address;
}

#endif
