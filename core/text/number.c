#include "core/text/number.h"

#include <stdio.h>

bool fl_int_parse(struct fl_str text, int64_t *out)
{
    bool negative = text.len > 0 && text.ptr[0] == '-';
    size_t i = negative;
    int64_t value = 0;
    if (i == text.len)
        return false;
    for (; i < text.len; i++) {
        unsigned digit = (unsigned)(text.ptr[i] - '0');
        /* Built towards the sign, so that INT64_MIN is reached too. */
        if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            (negative ? __builtin_sub_overflow(value, (int64_t)digit, &value)
                      : __builtin_add_overflow(value, (int64_t)digit, &value)))
            return false;
    }
    *out = value;
    return true;
}

static __int128 gcd(__int128 a, __int128 b)
{
    while (b != 0) {
        __int128 t = a % b;
        a = b;
        b = t;
    }
    return a < 0 ? -a : a;
}

/* The factor of a suffix and whether it divides: k M G Ki Mi Gi %. false: unknown. */
static bool suffix(struct fl_str text, int64_t *factor, bool *divides)
{
    static const struct {
        const char *name;
        int64_t factor;
    } suffixes[] = {{"", 1},
                    {"k", 1000},
                    {"M", 1000000},
                    {"G", 1000000000},
                    {"Ki", 1024},
                    {"Mi", 1024 * 1024},
                    {"Gi", 1024 * 1024 * 1024}};
    *divides = fl_str_is(text, "%");
    *factor = 100;
    if (*divides)
        return true;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        if (fl_str_is(text, suffixes[i].name)) {
            *factor = suffixes[i].factor;
            return true;
        }
    }
    return false;
}

bool fl_ratio_parse(struct fl_str text, struct fl_ratio *out)
{
    bool negative = text.len > 0 && text.ptr[0] == '-', point = false;
    size_t i = negative;
    unsigned digits = 0, decimals = 0;
    __int128 num = 0, den = 1;
    for (; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '.' && !point && digits > 0) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9')
            break;
        if (++digits > 19)
            return false;
        num = num * 10 + (c - '0');
        if (point) {
            den *= 10;
            decimals++;
        }
    }
    int64_t factor;
    bool divides;
    if (digits == 0 || (point && decimals == 0) ||
        !suffix((struct fl_str){text.ptr + i, text.len - i}, &factor, &divides))
        return false;
    if (divides)
        den *= factor;
    else
        num *= factor;
    __int128 g = gcd(num, den);
    out->num = (negative ? -num : num) / g;
    out->den = den / g;
    return true;
}

static unsigned format_unsigned(unsigned __int128 value, char *out)
{
    char digits[FL_INT128_TEXT_BYTES];
    unsigned n = 0, len = 0;
    do {
        digits[n++] = (char)('0' + (unsigned)(value % 10));
        value /= 10;
    } while (value != 0);
    while (n > 0)
        out[len++] = digits[--n];
    out[len] = '\0';
    return len;
}

unsigned fl_int128_format(__int128 value, char out[FL_INT128_TEXT_BYTES])
{
    if (value >= 0)
        return format_unsigned((unsigned __int128)value, out);
    out[0] = '-';
    return 1 + format_unsigned(-(unsigned __int128)value, out + 1);
}

unsigned fl_ratio_format(struct fl_ratio value, char out[FL_INT128_TEXT_BYTES + 8])
{
    if (value.den == 0)
        return (unsigned)snprintf(out, FL_INT128_TEXT_BYTES, "-");
    bool negative = (value.num < 0) != (value.den < 0);
    unsigned __int128 num = value.num < 0 ? -(unsigned __int128)value.num : (unsigned __int128)value.num;
    unsigned __int128 den = value.den < 0 ? -(unsigned __int128)value.den : (unsigned __int128)value.den;
    unsigned __int128 whole = num / den, rest = num % den;
    unsigned thousandths = 0;
    /* Digit by digit, so that rest * 1000 cannot overflow; den may be near 2^127. */
    for (unsigned i = 0; i < 3; i++) {
        unsigned digit = 0;
        unsigned __int128 sum = 0;
        for (unsigned k = 0; k < 10; k++) {
            if (sum >= den - rest) {
                sum -= den - rest;
                digit++;
            } else {
                sum += rest;
            }
        }
        rest = sum;
        thousandths = thousandths * 10 + digit;
    }
    if (rest >= den - rest)
        thousandths++;
    if (thousandths == 1000) {
        whole++;
        thousandths = 0;
    }
    unsigned len = 0;
    if (negative && (whole != 0 || thousandths != 0))
        out[len++] = '-';
    len += format_unsigned(whole, out + len);
    if (thousandths == 0)
        return len;
    len += (unsigned)snprintf(out + len, 8, ".%03u", thousandths);
    while (out[len - 1] == '0')
        out[--len] = '\0';
    return len;
}
