/* kernels_portable.c: kernels for any processor; on x86-64 with SSE2, which each of them has. */
#include "plugins/decoders/aws_vpc/kernels_base.h"

#if defined(__SSE2__)
#include <emmintrin.h>

#define FL_VPC_MASKS
ALWAYS_INLINE struct masks masks_of(const char *text)
{
    const __m128i blank = _mm_set1_epi8(' '), newline = _mm_set1_epi8('\n');
    struct masks m = {0, 0, 0};

    for (int i = 0; i < 4; i++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(text + 16 * i));
        __m128i small = _mm_cmpeq_epi8(_mm_min_epu8(v, blank), v);

        m.separators |= (uint64_t)(uint32_t)_mm_movemask_epi8(small) << 16 * i;
        m.blanks |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, blank)) << 16 * i;
        m.newlines |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, newline)) << 16 * i;
    }
    return m;
}

#define FL_VPC_DOTS
ALWAYS_INLINE uint32_t dots_of(const char *text)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)text);

    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('.')));
}
#endif

#include "plugins/decoders/aws_vpc/kernels_impl.h"

const struct fl_vpc_kernels fl_vpc_kernels_portable = FL_VPC_KERNELS("portable");
