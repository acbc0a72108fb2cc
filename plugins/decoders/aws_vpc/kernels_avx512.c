/* kernels_avx512.c: kernels for AVX-512 with VBMI2; this file alone is compiled for them. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "plugins/decoders/aws_vpc/kernels_base.h"
#include "plugins/decoders/aws_vpc/kernels_v4.h"

/* base + each of 16 bytes. */
ALWAYS_INLINE void put_16(uint32_t *to, uint32_t base, __m128i bytes)
{
    __m512i from = _mm512_set1_epi32((int)base);

    _mm512_storeu_si512(to, _mm512_add_epi32(from, _mm512_cvtepu8_epi32(bytes)));
}

/* Positions of the set bits, 16 at a time, by compressing the numbers 0..63. */
ALWAYS_INLINE void put_compressed(uint64_t bits, uint32_t count, uint32_t base, __m512i numbers, uint32_t *to)
{
    __m512i packed = _mm512_maskz_compress_epi8(bits, numbers);

    put_16(to, base, _mm512_castsi512_si128(packed));
    if (likely(count <= 16))
        return;
    put_16(to + 16, base, _mm512_extracti32x4_epi32(packed, 1));
    put_16(to + 32, base, _mm512_extracti32x4_epi32(packed, 2));
    put_16(to + 48, base, _mm512_extracti32x4_epi32(packed, 3));
}

#define FL_VPC_SCAN
static void scan(const char *text, uint32_t len, uint32_t *ends, struct fl_vpc_shape *shape)
{
    const __m512i blank = _mm512_set1_epi8(' '), newline = _mm512_set1_epi8('\n');
    uint32_t n = 0, newlines = 0;
    uint64_t odd = 0, before = 1;
    uint8_t counting[64];
    __m512i numbers;

    for (int i = 0; i < 64; i++)
        counting[i] = (uint8_t)i;
    numbers = _mm512_loadu_si512(counting);
    for (uint32_t at = 0; at < len; at += 64) {
        __m512i v = _mm512_loadu_si512(text + at);
        uint64_t separators = _mm512_cmple_epu8_mask(v, blank);
        uint64_t blanks = _mm512_cmpeq_epi8_mask(v, blank);
        uint64_t lines = _mm512_cmpeq_epi8_mask(v, newline);
        uint32_t count;

        /* A masked load would be far slower than a load and masks behind it. */
        if (unlikely(len - at < 64)) {
            uint64_t in_text = (UINT64_C(1) << (len - at)) - 1;

            separators &= in_text;
            blanks &= in_text;
            lines &= in_text;
        }
        count = count_bits(separators);
        odd |= separators & (separators << 1 | before);
        odd |= separators ^ (blanks | lines);
        before = separators >> 63;
        newlines += count_bits(lines);
        put_compressed(separators, count, at, numbers, ends + n);
        n += count;
    }
    *shape = (struct fl_vpc_shape){n, newlines, odd != 0};
}

#include "plugins/decoders/aws_vpc/kernels_impl.h"

const struct fl_vpc_kernels fl_vpc_kernels_avx512 = FL_VPC_KERNELS("avx512");
#endif
