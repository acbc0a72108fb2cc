/* kernels_v4.h: IPv4 by byte shuffle (SSSE3), for the kernel sets that have it.
 *
 * The places of the dots select a shuffle that brings each octet into four bytes of its own, so
 * that the digits of all four are checked and weighted together.
 */
#ifndef FL_PLUGINS_AWS_VPC_KERNELS_V4_H
#define FL_PLUGINS_AWS_VPC_KERNELS_V4_H

#include <immintrin.h>

#include "plugins/decoders/aws_vpc/kernels_base.h"

#define FL_VPC_ADDR
static void addr_column(const struct fl_vpc_job *job)
{
    const struct fl_vpc_v4_table *table = &job->self->v4;
    const char *text = job->in.text;
    const uint32_t *end = job->in.ends + job->at;
    uint32_t columns = job->in.columns, rows = job->in.rows;
    uint64_t *values = job->column->values;
    const __m128i dot = _mm_set1_epi8('.'), zero = _mm_set1_epi8('0');
    const __m128i weights = _mm_set1_epi32(0x010a6400), ones = _mm_set1_epi16(1);
    const __m128i most = _mm_set1_epi32(255), nine = _mm_set1_epi8(9);

    for (uint32_t r = 0; r < rows; r++, end += columns, values += 2) {
        uint32_t start = end[-1] + 1, len = end[0] - start;
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(text + start));
        uint32_t dots = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, dot)), slot;
        const struct fl_vpc_v4_form *form;
        __m128i digits, octets, least, bad;

        dots = (dots & ((1u << (len & 31)) - 1)) | 1u << (len & 31);
        slot = FL_VPC_V4_HASH(dots);
        form = &table->forms[slot];
        digits =
            _mm_shuffle_epi8(_mm_xor_si128(v, zero), _mm_loadu_si128((const __m128i *)(const void *)form->shuffle));
        octets = _mm_madd_epi16(_mm_maddubs_epi16(weights, digits), ones);
        bad = _mm_xor_si128(_mm_max_epu8(digits, nine), nine);
        bad = _mm_or_si128(bad, _mm_cmpgt_epi32(octets, most));
        least = _mm_loadu_si128((const __m128i *)(const void *)form->least);
        bad = _mm_or_si128(bad, _mm_cmpgt_epi32(least, octets));
        octets = _mm_packus_epi16(_mm_packs_epi32(octets, octets), octets);
        store_v4(values, __builtin_bswap32((uint32_t)_mm_cvtsi128_si32(octets)));
        if (unlikely((!_mm_testz_si128(bad, bad)) | (table->dots[slot] != dots) | (len > 15)))
            fl_vpc_odd(job, r);
    }
}

#endif
