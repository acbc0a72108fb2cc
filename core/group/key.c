#include "core/group/key.h"

/* The first byte. Integers: INT_ZERO + n for those of n bytes, INT_ZERO - n for negative ones, so that longer ones lie
 * further out. Addresses: IPv4 is short and stands where ::ffff:0:0/96 lies in the order of all addresses. */
enum { ADDR_BELOW = 0x01, ADDR_V4 = 0x02, ADDR_ABOVE = 0x03, TEXT = 0x04, INT_ZERO = 0x40, NONE = 0xff };

/* In text, 00 is written 00 ff, and the end 00 01. */
enum { TEXT_END = 0x01, TEXT_ZERO = 0xff };

static uint64_t big_endian(uint64_t v)
{
    return __builtin_bswap64(v);
}

static void add_text(struct fl_buf *out, struct fl_str text)
{
    static const char zero[] = {0, (char)TEXT_ZERO}, end[] = {0, TEXT_END};
    fl_buf_add_char(out, TEXT);
    while (text.len > 0) {
        const char *nul = memchr(text.ptr, 0, text.len);
        size_t plain = nul == NULL ? text.len : (size_t)(nul - text.ptr);
        fl_buf_add(out, text.ptr, plain);
        if (nul == NULL)
            break;
        fl_buf_add(out, zero, sizeof zero);
        text.ptr += plain + 1;
        text.len -= plain + 1;
    }
    fl_buf_add(out, end, sizeof end);
}

static uint8_t *put_addr(uint8_t *p, struct fl_addr a)
{
    if (fl_addr_is_v4(a)) {
        uint32_t v4 = __builtin_bswap32((uint32_t)a.lo);
        *p++ = ADDR_V4;
        memcpy(p, &v4, sizeof v4);
        return p + sizeof v4;
    }
    uint64_t hi = big_endian(a.hi), lo = big_endian(a.lo);
    *p++ = a.hi == 0 && a.lo < UINT64_C(0xffff00000000) ? ADDR_BELOW : ADDR_ABOVE;
    memcpy(p, &hi, sizeof hi);
    memcpy(p + 8, &lo, sizeof lo);
    return p + 16;
}

static uint8_t *put_small(uint8_t *p, uint64_t v)
{
    unsigned n = v == 0 ? 0 : (71u - (unsigned)__builtin_clzll(v)) / 8;
    uint64_t bytes = v == 0 ? 0 : big_endian(v << (64 - 8 * n));
    *p++ = (uint8_t)(INT_ZERO + n);
    memcpy(p, &bytes, sizeof bytes);
    return p + n;
}

static uint8_t *put_int(uint8_t *p, __int128 v)
{
    if (v >= 0 && v <= INT64_MAX)
        return put_small(p, (uint64_t)v);
    /* A negative one is as long as its complement, and holds what is above the least of that length. */
    unsigned __int128 reach = v < 0 ? ~(unsigned __int128)v : (unsigned __int128)v;
    unsigned n = v < 0 ? 1 : 0;
    while (n < 16 && reach >> (8 * n) != 0)
        n++;
    *p++ = (uint8_t)(v < 0 ? INT_ZERO - n : INT_ZERO + n);
    for (unsigned i = n; i-- > 0;)
        *p++ = (uint8_t)((unsigned __int128)v >> (8 * i));
    return p;
}

void fl_key_add(struct fl_buf *out, const struct fl_value *value)
{
    if (value->type == FL_T_STR) {
        add_text(out, value->str);
        return;
    }
    if (!fl_buf_reserve(out, FL_KEY_PART_BYTES + 8))
        return;
    uint8_t *begin = (uint8_t *)out->data + out->len, *p = begin;
    if (value->type == FL_T_NULL)
        *p++ = NONE;
    else
        p = value->type == FL_T_ADDR ? put_addr(p, value->addr) : put_int(p, value->i);
    out->len += (size_t)(p - begin);
}

void fl_key_add_cell(struct fl_buf *out, const struct fl_batch *batch, uint32_t field, uint32_t row)
{
    const struct fl_column *c = &batch->columns[field];
    if (!fl_buf_reserve(out, FL_KEY_PART_BYTES + 8))
        return;
    uint8_t *begin = (uint8_t *)out->data + out->len, *p = begin;
    if (c->values == NULL || fl_column_null(c, row)) {
        *p++ = NONE;
        out->len++;
        return;
    }
    switch (fl_fields[field].storage) {
    case FL_S_U8:
        p = put_small(p, c->u8[row]);
        break;
    case FL_S_U16:
        p = put_small(p, c->u16[row]);
        break;
    case FL_S_I64:
        p = put_int(p, c->i64[row]);
        break;
    case FL_S_U32:
        add_text(out, batch->strings.keys[c->u32[row]]);
        return;
    case FL_S_ADDR:
        p = put_addr(p, c->addr[row]);
        break;
    }
    out->len += (size_t)(p - begin);
}

static size_t take_text(const uint8_t *p, size_t len, struct fl_arena *arena, struct fl_value *out)
{
    size_t at = 1, zeros = 0;
    for (;; at += 2, zeros++) {
        const uint8_t *nul = memchr(p + at, 0, len - at);
        if (nul == NULL || (size_t)(nul - p) + 1 >= len)
            return 0;
        at = (size_t)(nul - p);
        if (p[at + 1] == TEXT_END)
            break;
        if (p[at + 1] != TEXT_ZERO)
            return 0;
    }
    out->str = (struct fl_str){(const char *)p + 1, at - 1};
    if (zeros == 0)
        return at + 2;
    char *plain = fl_arena_alloc(arena, at);
    if (plain == NULL)
        return 0;
    size_t n = 0;
    for (size_t i = 1; i < at; i++) {
        plain[n++] = (char)p[i];
        i += p[i] == 0;
    }
    out->str = (struct fl_str){plain, n};
    return at + 2;
}

static size_t take_addr(const uint8_t *p, size_t len, struct fl_value *out)
{
    if (p[0] == ADDR_V4) {
        uint32_t v4;
        if (len < 1 + sizeof v4)
            return 0;
        memcpy(&v4, p + 1, sizeof v4);
        out->addr = fl_addr_v4(__builtin_bswap32(v4));
        return 1 + sizeof v4;
    }
    if (len < 17 || (p[0] != ADDR_BELOW && p[0] != ADDR_ABOVE))
        return 0;
    memcpy(&out->addr.hi, p + 1, 8);
    memcpy(&out->addr.lo, p + 9, 8);
    out->addr.hi = big_endian(out->addr.hi);
    out->addr.lo = big_endian(out->addr.lo);
    return 17;
}

static size_t take_int(const uint8_t *p, size_t len, struct fl_value *out)
{
    bool negative = p[0] < INT_ZERO;
    unsigned n = negative ? INT_ZERO - p[0] : p[0] - INT_ZERO;
    if (n > 16 || len < 1 + n)
        return 0;
    unsigned __int128 v = negative ? ~(unsigned __int128)0 : 0;
    for (unsigned i = 1; i <= n; i++)
        v = v << 8 | p[i];
    out->i = (__int128)v;
    return 1 + n;
}

size_t fl_key_decode(const uint8_t *p, size_t len, enum fl_type type, struct fl_arena *arena, struct fl_value *out)
{
    if (len == 0)
        return 0;
    if (p[0] == NONE) {
        *out = FL_VALUE_NULL;
        return 1;
    }
    out->type = type;
    if (type == FL_T_ADDR)
        return take_addr(p, len, out);
    if (type == FL_T_STR)
        return p[0] == TEXT ? take_text(p, len, arena, out) : 0;
    return take_int(p, len, out);
}

void fl_key_add_pane(struct fl_buf *out, int64_t pane)
{
    uint64_t bytes = big_endian((uint64_t)pane << (64 - 8 * FL_KEY_PANE_BYTES));
    fl_buf_add(out, &bytes, FL_KEY_PANE_BYTES);
}

int64_t fl_key_pane(const uint8_t *pane)
{
    uint64_t bytes = 0;
    memcpy(&bytes, pane, FL_KEY_PANE_BYTES);
    return (int64_t)(big_endian(bytes) >> (64 - 8 * FL_KEY_PANE_BYTES));
}
