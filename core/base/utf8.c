#include "core/base/utf8.h"

size_t fl_utf8_length(struct fl_str text, size_t at)
{
    const unsigned char *p = (const unsigned char *)text.ptr + at;
    size_t left = text.len - at;
    if (p[0] < 0x80)
        return 1;
    size_t n = p[0] >= 0xc2 && p[0] <= 0xdf ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 : p[0] >= 0xf0 && p[0] <= 0xf4 ? 4 : 0;
    if (n == 0 || left < n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    bool surrogate = p[0] == 0xed && p[1] > 0x9f;
    bool too_high = p[0] == 0xf4 && p[1] > 0x8f;
    return overlong || surrogate || too_high ? 0 : n;
}

uint32_t fl_utf8_code(struct fl_str text, size_t at)
{
    const unsigned char *p = (const unsigned char *)text.ptr + at;
    size_t n = fl_utf8_length(text, at);
    if (n <= 1)
        return p[0];
    uint32_t code = p[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++)
        code = code << 6 | (p[i] & 0x3f);
    return code;
}

bool fl_utf8_valid(struct fl_str text)
{
    for (size_t i = 0; i < text.len;) {
        size_t n = fl_utf8_length(text, i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}
