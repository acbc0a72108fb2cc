#include "core/base/varint.h"

void fl_varint_add(struct fl_buf *out, uint64_t value)
{
    if (!fl_buf_reserve(out, FL_VARINT_BYTES))
        return;
    char *p = out->data + out->len;
    while (value >= 0x80) {
        *p++ = (char)(value | 0x80);
        value >>= 7;
    }
    *p++ = (char)value;
    out->len = (size_t)(p - out->data);
}

void fl_varint_add_signed(struct fl_buf *out, int64_t value)
{
    fl_varint_add(out, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
}

size_t fl_varint_take(const uint8_t *p, size_t len, uint64_t *out)
{
    uint64_t value = 0;
    for (size_t i = 0; i < len && i < FL_VARINT_BYTES; i++) {
        value |= (uint64_t)(p[i] & 0x7f) << (7 * i);
        if (p[i] < 0x80) {
            *out = value;
            return i + 1;
        }
    }
    return 0;
}

uint64_t fl_take(struct fl_taking *in)
{
    uint64_t value = 0;
    size_t n = fl_varint_take(in->at, in->left, &value);
    in->bad |= n == 0;
    in->at += n;
    in->left -= n;
    return value;
}

int64_t fl_take_signed(struct fl_taking *in)
{
    return fl_varint_sign(fl_take(in));
}

const uint8_t *fl_take_bytes(struct fl_taking *in, uint64_t len)
{
    const uint8_t *p = in->at;
    if (in->bad || len > in->left) {
        in->bad = true;
        return NULL;
    }
    in->at += len;
    in->left -= (size_t)len;
    return p;
}
