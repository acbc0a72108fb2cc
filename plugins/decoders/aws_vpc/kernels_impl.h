/* kernels_impl.h: the column kernels, compiled once into each kernel set.
 *
 * The including file may bring better versions of some functions; it then defines, before this:
 *     FL_VPC_MASKS  masks_of(text): where the separators of 64 bytes are
 *     FL_VPC_DOTS   dots_of(text): bit i: text[i] is a dot, of 16 bytes
 *     FL_VPC_SCAN   scan(), which then needs no masks_of()
 *     FL_VPC_ADDR   addr_column(), which then needs no dots_of()
 * All functions are static: the same name is compiled with other instructions in each set.
 */
#ifndef FL_PLUGINS_AWS_VPC_KERNELS_IMPL_H
#define FL_PLUGINS_AWS_VPC_KERNELS_IMPL_H

#include "plugins/decoders/aws_vpc/kernels_base.h"

/* ---- structural scan ---- */

#if !defined(FL_VPC_MASKS) && !defined(FL_VPC_SCAN)
ALWAYS_INLINE struct masks masks_of(const char *text)
{
    struct masks m = {0, 0, 0};

    for (int i = 0; i < 8; i++) {
        uint64_t v = load8(text + 8 * i);
        uint64_t small = ~((v & EACH_BYTE(0x7f)) + EACH_BYTE(0x5f)) & ~v & EACH_BYTE(0x80);

        m.separators |= top_bits(small) << 8 * i;
        m.blanks |= top_bits(zero_bytes(v ^ EACH_BYTE(' '))) << 8 * i;
        m.newlines |= top_bits(zero_bytes(v ^ EACH_BYTE('\n'))) << 8 * i;
    }
    return m;
}
#endif

#ifndef FL_VPC_SCAN
/* Writes base + i for each set bit i, and up to 12 words in all even if there are fewer. */
ALWAYS_INLINE uint32_t put_positions(uint64_t bits, uint32_t base, uint32_t *to)
{
    uint32_t n = count_bits(bits);

    for (int i = 0; i < 8; i++) {
        to[i] = base + (uint32_t)__builtin_ctzll(bits | UINT64_C(1) << 63);
        bits &= bits - 1;
    }
    if (unlikely(n > 8)) {
        for (int i = 8; i < 12; i++) {
            to[i] = base + (uint32_t)__builtin_ctzll(bits | UINT64_C(1) << 63);
            bits &= bits - 1;
        }
        for (uint32_t i = 12; i < n; i++) {
            to[i] = base + (uint32_t)__builtin_ctzll(bits);
            bits &= bits - 1;
        }
    }
    return n;
}

static void scan(const char *text, uint32_t len, uint32_t *ends, struct fl_vpc_shape *shape)
{
    uint32_t n = 0, newlines = 0;
    uint64_t odd = 0, before = 1; /* before: was the last byte a separator? */

    for (uint32_t at = 0; at < len; at += 64) {
        struct masks m = masks_of(text + at);

        if (unlikely(len - at < 64)) {
            uint64_t in_text = (UINT64_C(1) << (len - at)) - 1;

            m.separators &= in_text;
            m.blanks &= in_text;
            m.newlines &= in_text;
        }
        odd |= m.separators & (m.separators << 1 | before);
        odd |= m.separators ^ (m.blanks | m.newlines);
        before = m.separators >> 63;
        newlines += count_bits(m.newlines);
        n += put_positions(m.separators, at, ends + n);
    }
    *shape = (struct fl_vpc_shape){n, newlines, odd != 0};
}
#endif

static enum fl_vpc_rows_found spans(const struct fl_vpc_rows *in, uint32_t guard, uint32_t *starts, uint32_t *lengths)
{
    const char *text = in->text;
    const uint32_t *end = in->ends + in->columns - 1, *field = in->ends + guard - 1;
    uint32_t start = 0, uneven = 0, suspect = 0;

    for (uint32_t r = 0; r < in->rows; r++, end += in->columns, field += in->columns) {
        uint32_t last = *end;

        uneven |= (uint32_t)(text[last] ^ '\n');
        suspect |= (uint32_t)(text[start] == '#') | (uint32_t)((unsigned char)text[*field + 1] >= 'A');
        starts[r] = start;
        lengths[r] = last - start;
        start = last + 1;
    }
    if (uneven)
        return FL_VPC_ROWS_UNEVEN;
    return suspect ? FL_VPC_ROWS_SUSPECT : FL_VPC_ROWS_GOOD;
}

/* ---- numbers ---- */

/* Eight digits as bytes of 0..9, the first one lowest. */
ALWAYS_INLINE uint64_t eight_digits(uint64_t v)
{
    v = v * 10 + (v >> 8);
    v = (v & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x000f424000000064) +
        (v >> 16 & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x0000271000000001);
    return v >> 32;
}

/* Nonzero if a byte is above 9. */
ALWAYS_INLINE uint64_t not_digits(uint64_t v)
{
    return ((v + EACH_BYTE(0x76)) | v) & EACH_BYTE(0x80);
}

/* Fields of one to eight digits; all others are odd. */
ALWAYS_INLINE void number_column(const struct fl_vpc_job *job, enum flp_storage storage, uint64_t most)
{
    const char *text = job->in.text;
    const uint32_t *end = job->in.ends + job->at;
    uint32_t columns = job->in.columns, rows = job->in.rows;
    void *values = job->column->values;

    for (uint32_t r = 0; r < rows; r++, end += columns) {
        uint32_t start = end[-1] + 1, len = end[0] - start;
        uint64_t digits = (load8(text + start) ^ EACH_BYTE('0')) << ((8 - len) * 8 & 63);
        uint64_t v = eight_digits(digits);

        if (storage == FLP_U8)
            ((uint8_t *)values)[r] = (uint8_t)v;
        else if (storage == FLP_U16)
            ((uint16_t *)values)[r] = (uint16_t)v;
        else
            ((int64_t *)values)[r] = (int64_t)v;
        if (unlikely((not_digits(digits) != 0) | (len > 8) | (v > most)))
            fl_vpc_odd(job, r);
    }
}

static void u8_column(const struct fl_vpc_job *job)
{
    number_column(job, FLP_U8, UINT8_MAX);
}

static void u16_column(const struct fl_vpc_job *job)
{
    number_column(job, FLP_U16, UINT16_MAX);
}

static void int_column(const struct fl_vpc_job *job)
{
    number_column(job, FLP_INT, INT64_MAX);
}

/* Seconds of ten digits; all others are odd. */
static void time_column(const struct fl_vpc_job *job)
{
    const char *text = job->in.text;
    const uint32_t *end = job->in.ends + job->at;
    uint32_t columns = job->in.columns, rows = job->in.rows;
    int64_t *values = job->column->values;

    for (uint32_t r = 0; r < rows; r++, end += columns) {
        uint32_t start = end[-1] + 1, len = end[0] - start;
        uint64_t digits = load8(text + start + 2) ^ EACH_BYTE('0');
        uint64_t head = load2(text + start) ^ 0x3030;

        values[r] = (int64_t)(((head & 0xff) * 10 + (head >> 8)) * 100000000 + eight_digits(digits)) * 1000;
        if (unlikely(((not_digits(digits) | not_digits(head)) != 0) | (len != 10)))
            fl_vpc_odd(job, r);
    }
}

/* ---- words ---- */

static void action_column(const struct fl_vpc_job *job)
{
    const char *text = job->in.text;
    const uint32_t *end = job->in.ends + job->at;
    const uint64_t accept = UINT64_C(0x545045434341), reject = UINT64_C(0x5443454a4552);
    uint32_t columns = job->in.columns, rows = job->in.rows;
    uint8_t *values = job->column->values;

    for (uint32_t r = 0; r < rows; r++, end += columns) {
        uint32_t start = end[-1] + 1;
        uint64_t word = load8(text + start) & UINT64_C(0xffffffffffff);

        values[r] = word == reject;
        if (unlikely((end[0] - start != 6) | ((word != accept) & (word != reject))))
            fl_vpc_odd(job, r);
    }
}

/* Also runs where nobody reads the column: no_data depends on it. */
static void status_column(const struct fl_vpc_job *job)
{
    const char *text = job->in.text;
    const uint32_t *end = job->in.ends + job->at;
    uint32_t columns = job->in.columns, rows = job->in.rows;

    if (job->column)
        memset(job->column->values, 0, rows);
    for (uint32_t r = 0; r < rows; r++, end += columns) {
        uint32_t start = end[-1] + 1;

        if (unlikely((end[0] - start != 2) | (load2(text + start) != ('O' | 'K' << 8))))
            fl_vpc_odd_status(job, r);
    }
}

/* ---- addresses ---- */

#ifndef FL_VPC_ADDR
#ifndef FL_VPC_DOTS
ALWAYS_INLINE uint32_t dots_of(const char *text)
{
    return (uint32_t)(top_bits(zero_bytes(load8(text) ^ EACH_BYTE('.'))) |
                      top_bits(zero_bytes(load8(text + 8) ^ EACH_BYTE('.'))) << 8);
}
#endif

/* One octet: up to three digits that end at text + end. Sets bits of *bad. */
ALWAYS_INLINE uint32_t octet(const char *text, uint32_t start, uint32_t end, uint64_t *bad)
{
    static const uint8_t least[4] = {0, 0, 10, 100};
    uint32_t len = end - start;
    uint32_t digits = (load4(text + start) ^ 0x30303030) << ((4 - len) * 8 & 31);
    uint32_t v = (digits >> 8 & 0xff) * 100 + (digits >> 16 & 0xff) * 10 + (digits >> 24);

    *bad |= not_digits(digits) | (len - 1 > 2) | (v > 255) | (v < least[len & 3]);
    return v;
}

static void addr_column(const struct fl_vpc_job *job)
{
    const char *text = job->in.text;
    const uint32_t *end = job->in.ends + job->at;
    uint32_t columns = job->in.columns, rows = job->in.rows;
    uint64_t *values = job->column->values;

    for (uint32_t r = 0; r < rows; r++, end += columns, values += 2) {
        uint32_t start = end[-1] + 1, len = end[0] - start, a, b, c, address;
        uint32_t dots = dots_of(text + start);
        uint64_t bad = 0;

        /* Bits above the field stand for missing dots. More or fewer dots than three, and fields of
         * more than 15 bytes, always leave an octet that is too long or has a dot in it. */
        dots = (dots & ((1u << (len & 31)) - 1)) | 0x70000;
        a = (uint32_t)__builtin_ctz(dots);
        dots &= dots - 1;
        b = (uint32_t)__builtin_ctz(dots);
        dots &= dots - 1;
        c = (uint32_t)__builtin_ctz(dots);
        address = octet(text + start, 0, a, &bad) << 24;
        address |= octet(text + start, a + 1, b, &bad) << 16;
        address |= octet(text + start, b + 1, c, &bad) << 8;
        address |= octet(text + start, c + 1, len, &bad);
        store_v4(values, address);
        if (unlikely(bad != 0))
            fl_vpc_odd(job, r);
    }
}
#endif

#define FL_VPC_KERNELS(set_name)                                                                                       \
    {                                                                                                                  \
        .name = set_name, .scan = scan, .spans = spans,                                                                \
        .column = {                                                                                                    \
            [FLP_U8] = u8_column,         [FLP_U16] = u16_column,   [FLP_INT] = int_column,                            \
            [FLP_TIME_MS] = time_column,  [FLP_ADDR] = addr_column, [FLP_ACTION] = action_column,                      \
            [FLP_STATUS] = status_column,                                                                              \
        },                                                                                                             \
    }

#endif
