/* narrow.c: terms over columns of one or two bytes, for all rows of a batch. */
#include <string.h>

#include "core/expr/state.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Which of 64 bytes lie within [low, high], as bits. The column is readable up to a multiple of 64 rows. */
static uint64_t bytes_within(const uint8_t *p, uint8_t low, uint8_t high)
{
    uint64_t bits = 0;
#ifdef __SSE2__
    __m128i base = _mm_set1_epi8((char)low), span = _mm_set1_epi8((char)(high - low)), zero = _mm_setzero_si128();
    for (unsigned i = 0; i < 4; i++) {
        __m128i x = _mm_sub_epi8(_mm_load_si128((const __m128i *)(p + 16 * i)), base);
        __m128i in = _mm_cmpeq_epi8(_mm_subs_epu8(x, span), zero);
        bits |= (uint64_t)(uint16_t)_mm_movemask_epi8(in) << (16 * i);
    }
#else
    for (unsigned i = 0; i < 64; i++)
        bits |= (uint64_t)(p[i] >= low && p[i] <= high) << i;
#endif
    return bits;
}

/* The same of 64 numbers of two bytes. */
static uint64_t words_within(const uint16_t *p, uint16_t low, uint16_t high)
{
    uint64_t bits = 0;
#ifdef __SSE2__
    __m128i base = _mm_set1_epi16((short)low), span = _mm_set1_epi16((short)(high - low)), zero = _mm_setzero_si128();
    for (unsigned i = 0; i < 4; i++) {
        __m128i a = _mm_sub_epi16(_mm_load_si128((const __m128i *)(p + 16 * i)), base);
        __m128i b = _mm_sub_epi16(_mm_load_si128((const __m128i *)(p + 16 * i + 8)), base);
        a = _mm_cmpeq_epi16(_mm_subs_epu16(a, span), zero);
        b = _mm_cmpeq_epi16(_mm_subs_epu16(b, span), zero);
        bits |= (uint64_t)(uint16_t)_mm_movemask_epi8(_mm_packs_epi16(a, b)) << (16 * i);
    }
#else
    for (unsigned i = 0; i < 64; i++)
        bits |= (uint64_t)(p[i] >= low && p[i] <= high) << i;
#endif
    return bits;
}

static void run_direct(struct fl_program_state *s, const struct fl_term *term, const struct fl_column *c, bool wide,
                       uint64_t *out)
{
    int64_t most = wide ? UINT16_MAX : UINT8_MAX;
    memset(out, 0, s->words * sizeof *out);
    for (uint32_t i = 0; i < term->range_count; i++) {
        int64_t low = term->ranges[i].low < 0 ? 0 : term->ranges[i].low;
        int64_t high = term->ranges[i].high > most ? most : term->ranges[i].high;
        for (uint32_t w = 0; w < s->words && low <= high; w++)
            out[w] |= wide ? words_within(c->u16 + 64 * (size_t)w, (uint16_t)low, (uint16_t)high)
                           : bytes_within(c->u8 + 64 * (size_t)w, (uint8_t)low, (uint8_t)high);
    }
    for (uint32_t w = 0; w < s->words; w++)
        out[w] = fl_known_mask(c, w) & (term->negated ? ~out[w] : out[w]);
}

static void scatter(struct fl_program_state *s, uint32_t g, uint32_t word, uint32_t row, uint64_t terms)
{
    for (; terms != 0; terms &= terms - 1)
        fl_group_term_bits(s, g, (uint32_t)__builtin_ctzll(terms))[word] |= UINT64_C(1) << row;
}

static void run_classes(struct fl_program_state *s, uint32_t g, const struct fl_column *c, bool wide)
{
    const struct fl_term_group *group = &s->program->groups[g];
    for (uint32_t i = 0; i < group->term_count; i++)
        memset(fl_group_term_bits(s, g, i), 0, s->words * sizeof(uint64_t));
    for (uint32_t w = 0; w < s->words; w++) {
        uint64_t known = fl_known_mask(c, w);
        uint32_t rows = s->batch->rows - w * 64 < 64 ? s->batch->rows - w * 64 : 64;
        for (uint32_t r = 0; r < rows; r++) {
            size_t row = (size_t)w * 64 + r;
            uint64_t terms = group->class_terms[group->class_of[wide ? c->u16[row] : c->u8[row]]];
            if (terms != 0 && (known >> r & 1))
                scatter(s, g, w, r, terms);
        }
    }
}

void fl_narrow_run(struct fl_program_state *s, uint32_t g)
{
    const struct fl_term_group *group = &s->program->groups[g];
    const struct fl_column *c = &s->batch->columns[group->field];
    bool wide = fl_fields[group->field].storage == FL_S_U16;
    s->group_done[g] = true;
    if (c->present && !group->direct) {
        run_classes(s, g, c, wide);
        return;
    }
    for (uint32_t i = 0; i < group->term_count; i++)
        if (c->present)
            run_direct(s, &s->program->terms[group->terms[i]], c, wide, fl_group_term_bits(s, g, i));
        else
            memset(fl_group_term_bits(s, g, i), 0, s->words * sizeof(uint64_t));
}
