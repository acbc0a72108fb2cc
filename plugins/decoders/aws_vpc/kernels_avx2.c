/* kernels_avx2.c: kernels for AVX2 and BMI; this file alone is compiled for them. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "plugins/decoders/aws_vpc/kernels_base.h"
#include "plugins/decoders/aws_vpc/kernels_v4.h"

#define FL_VPC_MASKS
ALWAYS_INLINE uint64_t both(__m256i low, __m256i high)
{
    uint64_t bits = (uint32_t)_mm256_movemask_epi8(high);

    return bits << 32 | (uint32_t)_mm256_movemask_epi8(low);
}

ALWAYS_INLINE struct masks masks_of(const char *text)
{
    const __m256i blank = _mm256_set1_epi8(' '), newline = _mm256_set1_epi8('\n');
    __m256i a = _mm256_loadu_si256((const __m256i *)(const void *)text);
    __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(text + 32));

    return (struct masks){
        .separators =
            both(_mm256_cmpeq_epi8(_mm256_min_epu8(a, blank), a), _mm256_cmpeq_epi8(_mm256_min_epu8(b, blank), b)),
        .blanks = both(_mm256_cmpeq_epi8(a, blank), _mm256_cmpeq_epi8(b, blank)),
        .newlines = both(_mm256_cmpeq_epi8(a, newline), _mm256_cmpeq_epi8(b, newline)),
    };
}

#include "plugins/decoders/aws_vpc/kernels_impl.h"

const struct fl_vpc_kernels fl_vpc_kernels_avx2 = FL_VPC_KERNELS("avx2");
#endif
