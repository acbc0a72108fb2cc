#include "core/base/escape.h"

#include <string.h>

#include "core/base/utf8.h"

static void hex_bytes(struct fl_buf *out, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fl_buf_add_format(out, "\\x%02x", (unsigned char)bytes[i]);
}

bool fl_escape_is_harmful(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x200e || code == 0x200f || code == 0x061c ||
           (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code == 0x2028 || code == 0x2029;
}

size_t fl_escape_character(struct fl_str text, size_t at, bool *harmful)
{
    size_t n = fl_utf8_length(text, at);
    *harmful = n == 0 || fl_escape_is_harmful(fl_utf8_code(text, at));
    return n == 0 ? 1 : n;
}

void fl_escape_terminal(struct fl_buf *out, struct fl_str text)
{
    bool harmful;
    for (size_t i = 0, n; i < text.len; i += n) {
        n = fl_escape_character(text, i, &harmful);
        if (harmful)
            hex_bytes(out, text.ptr + i, n);
        else
            fl_buf_add(out, text.ptr + i, n);
    }
}

void fl_escape_base64(struct fl_buf *out, struct fl_str bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes.len; i += 3) {
        const unsigned char *p = (const unsigned char *)bytes.ptr + i;
        size_t left = bytes.len - i;
        unsigned v = (unsigned)p[0] << 16 | (left > 1 ? (unsigned)p[1] << 8 : 0) | (left > 2 ? p[2] : 0u);
        char four[4] = {digits[v >> 18], digits[v >> 12 & 63], left > 1 ? digits[v >> 6 & 63] : '=',
                        left > 2 ? digits[v & 63] : '='};
        fl_buf_add(out, four, 4);
    }
}

const char *fl_escape_nul(struct fl_arena *arena, struct fl_str text)
{
    static const char shown[] = "\\x00";
    size_t len = text.len + 1, at = 0;
    for (size_t i = 0; i < text.len; i++)
        len += text.ptr[i] == '\0' ? sizeof shown - 2 : 0;
    char *out = fl_arena_alloc(arena, len);
    if (out == NULL)
        return NULL;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\0') {
            memcpy(out + at, shown, sizeof shown - 1);
            at += sizeof shown - 1;
        } else {
            out[at++] = text.ptr[i];
        }
    }
    out[at] = '\0';
    return out;
}
