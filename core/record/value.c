#include "core/record/value.h"

#include <string.h>

#include "core/base/when.h"

static void add_int(struct fl_buf *out, __int128 i)
{
    char text[FL_INT128_TEXT_BYTES];
    fl_buf_add(out, text, fl_int128_format(i, text));
}

static void list_text(struct fl_buf *out, const struct fl_value *value)
{
    uint32_t step = value->list.weighted ? 2 : 1;
    for (uint32_t i = 0; i < value->list.count; i++) {
        if (i > 0)
            fl_buf_add_text(out, ", ");
        if (value->list.names != NULL)
            fl_buf_add_format(out, "%s ", value->list.names[i]);
        fl_value_text(out, &value->list.items[i * step]);
        if (value->list.weighted) {
            fl_buf_add_text(out, " (");
            fl_value_text(out, &value->list.items[i * step + 1]);
            fl_buf_add_char(out, ')');
        }
    }
    if (value->list.more)
        fl_buf_add_text(out, value->list.count > 0 ? ", ..." : "...");
}

/* Text of everything but null, lists, flags and plain numbers; returns its length, 0 when it is none of them. */
static unsigned special_text(const struct fl_value *value, char out[64])
{
    switch (value->type) {
    case FL_T_TIME:
        return fl_when_format((int64_t)value->i, out);
    case FL_T_DURATION:
        return fl_duration_format((int64_t)value->i, out);
    case FL_T_SERVICE:
        return fl_service_format((int64_t)value->i, out);
    case FL_T_ADDR:
        return fl_addr_format(value->addr, out);
    default:
        return 0;
    }
}

void fl_value_text(struct fl_buf *out, const struct fl_value *value)
{
    char text[FL_INT128_TEXT_BYTES + 16];
    unsigned len = special_text(value, text);
    if (len > 0)
        fl_buf_add(out, text, len);
    else if (value->type == FL_T_NULL)
        fl_buf_add_char(out, '-');
    else if (value->type == FL_T_STR)
        fl_buf_add(out, value->str.ptr, value->str.len);
    else if (value->type == FL_T_BOOL)
        fl_buf_add_text(out, value->i != 0 ? "true" : "false");
    else if (value->type == FL_T_RATIO)
        fl_buf_add(out, text, fl_ratio_format(value->ratio, text));
    else if (value->type == FL_T_LIST)
        list_text(out, value);
    else if (fl_type_is_enum(value->type))
        fl_buf_add_text(out, fl_enum_text(value->type, (uint32_t)value->i));
    else
        add_int(out, value->i);
}

static void list_json(struct fl_json *w, const struct fl_value *value)
{
    uint32_t step = value->list.weighted ? 2 : 1;
    if (value->list.names != NULL)
        fl_json_object(w);
    else
        fl_json_array(w);
    for (uint32_t i = 0; i < value->list.count; i++) {
        if (value->list.names != NULL)
            fl_json_key(w, value->list.names[i]);
        if (!value->list.weighted) {
            fl_value_json(w, &value->list.items[i]);
            continue;
        }
        fl_json_object(w);
        fl_json_key(w, "value");
        fl_value_json(w, &value->list.items[i * step]);
        fl_json_key(w, "weight");
        fl_value_json(w, &value->list.items[i * step + 1]);
        fl_json_end(w);
    }
    fl_json_end(w);
}

static void int_json(struct fl_json *w, __int128 i)
{
    char text[FL_INT128_TEXT_BYTES];
    if (i >= INT64_MIN && i <= INT64_MAX)
        fl_json_i64(w, (int64_t)i);
    else
        fl_json_str(w, (struct fl_str){text, fl_int128_format(i, text)});
}

void fl_value_json(struct fl_json *w, const struct fl_value *value)
{
    char text[FL_INT128_TEXT_BYTES + 16];
    unsigned len = special_text(value, text);
    if (value->type == FL_T_DURATION)
        int_json(w, value->i);
    else if (len > 0)
        fl_json_str(w, (struct fl_str){text, len});
    else if (value->type == FL_T_NULL)
        fl_json_null(w);
    else if (value->type == FL_T_STR)
        fl_json_str(w, value->str);
    else if (value->type == FL_T_BOOL)
        fl_json_bool(w, value->i != 0);
    else if (value->type == FL_T_RATIO)
        fl_json_raw(w, (struct fl_str){text, fl_ratio_format(value->ratio, text)});
    else if (value->type == FL_T_LIST)
        list_json(w, value);
    else if (fl_type_is_enum(value->type))
        fl_json_text(w, fl_enum_text(value->type, (uint32_t)value->i));
    else
        int_json(w, value->i);
}

/* The largest integer that is not above num / den. */
static __int128 whole_part(struct fl_ratio r)
{
    return r.num / r.den - (r.num % r.den < 0);
}

static int compare_ratio(struct fl_ratio a, struct fl_ratio b)
{
    __int128 x, y;
    if (!__builtin_mul_overflow(a.num, b.den, &x) && !__builtin_mul_overflow(b.num, a.den, &y))
        return x < y ? -1 : x > y;
    /* Whole parts decide before anything can overflow; of equal ones the rests in [0, 1). */
    __int128 p = whole_part(a), q = whole_part(b);
    if (p != q)
        return p < q ? -1 : 1;
    struct fl_ratio ra = {a.den, a.num % a.den}, rb = {b.den, b.num % b.den};
    ra.den += ra.den < 0 ? a.den : 0;
    rb.den += rb.den < 0 ? b.den : 0;
    if (ra.den == 0 || rb.den == 0)
        return (ra.den != 0) - (rb.den != 0);
    return compare_ratio(rb, ra);
}

static int compare_lists(const struct fl_value *a, const struct fl_value *b)
{
    uint32_t n = a->list.count < b->list.count ? a->list.count : b->list.count;
    uint32_t step = a->list.weighted ? 2 : 1;
    for (uint32_t i = 0; i < n * step; i++) {
        int c = fl_value_compare(&a->list.items[i], &b->list.items[i]);
        if (c != 0)
            return c;
    }
    return a->list.count < b->list.count ? -1 : a->list.count > b->list.count;
}

int fl_value_compare(const struct fl_value *a, const struct fl_value *b)
{
    if (a->type == FL_T_NULL || b->type == FL_T_NULL)
        return (a->type == FL_T_NULL) - (b->type == FL_T_NULL);
    switch (a->type) {
    case FL_T_ADDR:
        return fl_addr_compare(a->addr, b->addr);
    case FL_T_STR:
        return fl_str_compare(a->str, b->str);
    case FL_T_RATIO:
        return compare_ratio(a->ratio, b->ratio);
    case FL_T_LIST:
        return compare_lists(a, b);
    default:
        return a->i < b->i ? -1 : a->i > b->i;
    }
}

/* Type byte, then: nothing (null); 16 bytes (address); length and bytes (text); two numbers (quotient);
 * count, flags and members (list); else one number: a count of bytes and as many, little endian. */
static void put_int(struct fl_buf *out, __int128 i)
{
    uint8_t bytes[17];
    unsigned n = 1;
    if (i > 0 && i <= INT64_MAX) { /* most are */
        uint64_t low = (uint64_t)i;
        bytes[0] = (uint8_t)((64u - (unsigned)__builtin_clzll(low)) / 8 + 1);
        for (; n <= bytes[0]; n++, low >>= 8)
            bytes[n] = (uint8_t)low;
        fl_buf_add(out, bytes, n);
        return;
    }
    for (__int128 rest = i;; rest >>= 8) {
        bytes[n++] = (uint8_t)rest;
        if (n > 16 || (rest >> 8 == (rest & 0x80 ? -1 : 0) && (rest >> 7 & 1) == (rest < 0)))
            break;
    }
    bytes[0] = (uint8_t)(n - 1);
    fl_buf_add(out, bytes, n);
}

static size_t take_int(const uint8_t *p, size_t len, __int128 *out)
{
    if (len < 1 || p[0] < 1 || p[0] > 16 || len < 1u + p[0])
        return 0;
    unsigned __int128 v = p[p[0]] & 0x80 ? ~(unsigned __int128)0 : 0;
    for (unsigned i = p[0]; i >= 1; i--)
        v = v << 8 | p[i];
    *out = (__int128)v;
    return 1u + p[0];
}

void fl_value_encode(struct fl_buf *out, const struct fl_value *value)
{
    fl_buf_add_char(out, (char)value->type);
    switch (value->type) {
    case FL_T_NULL:
        return;
    case FL_T_ADDR:
        fl_buf_add(out, &value->addr.hi, 8);
        fl_buf_add(out, &value->addr.lo, 8);
        return;
    case FL_T_STR:
        put_int(out, (__int128)value->str.len);
        fl_buf_add(out, value->str.ptr, value->str.len);
        return;
    case FL_T_RATIO:
        put_int(out, value->ratio.num);
        put_int(out, value->ratio.den);
        return;
    case FL_T_LIST:
        put_int(out, value->list.count);
        fl_buf_add_char(out, (char)(value->list.more | value->list.weighted << 1));
        for (uint32_t i = 0; i < value->list.count * (value->list.weighted ? 2 : 1); i++)
            fl_value_encode(out, &value->list.items[i]);
        return;
    default:
        put_int(out, value->i);
    }
}

size_t fl_value_decode(const uint8_t *bytes, size_t len, struct fl_value *out)
{
    size_t n, m;
    __int128 i;
    if (len < 1 || bytes[0] >= FL_T_LIST)
        return 0;
    out->type = (enum fl_type)bytes[0];
    bytes++;
    len--;
    switch (out->type) {
    case FL_T_NULL:
        return 1;
    case FL_T_ADDR:
        if (len < 16)
            return 0;
        memcpy(&out->addr.hi, bytes, 8);
        memcpy(&out->addr.lo, bytes + 8, 8);
        return 17;
    case FL_T_STR:
        n = take_int(bytes, len, &i);
        if (n == 0 || i < 0 || i > (__int128)(len - n))
            return 0;
        out->str = (struct fl_str){(const char *)bytes + n, (size_t)i};
        return 1 + n + (size_t)i;
    case FL_T_RATIO:
        n = take_int(bytes, len, &out->ratio.num);
        m = n == 0 ? 0 : take_int(bytes + n, len - n, &out->ratio.den);
        return m == 0 || out->ratio.den <= 0 ? 0 : 1 + n + m;
    default:
        n = take_int(bytes, len, &out->i);
        return n == 0 ? 0 : 1 + n;
    }
}

bool fl_value_copy(struct fl_arena *arena, struct fl_value *value)
{
    if (value->type == FL_T_STR) {
        value->str.ptr = fl_arena_strndup(arena, value->str.ptr, value->str.len);
        return value->str.ptr != NULL;
    }
    if (value->type != FL_T_LIST)
        return true;
    uint32_t n = value->list.count * (value->list.weighted ? 2 : 1);
    struct fl_value *items = fl_arena_alloc(arena, (size_t)(n + 1) * sizeof *items);
    if (items == NULL)
        return false;
    if (n > 0)
        memcpy(items, value->list.items, n * sizeof *items);
    for (uint32_t i = 0; i < n; i++)
        if (!fl_value_copy(arena, &items[i]))
            return false;
    value->list.items = items;
    return true;
}
