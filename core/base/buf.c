#include "core/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/memory.h"

void fl_buf_init(struct fl_buf *buf)
{
    *buf = (struct fl_buf){0};
}

void fl_buf_dispose(struct fl_buf *buf)
{
    fl_free(buf->data);
    *buf = (struct fl_buf){0};
}

void fl_buf_clear(struct fl_buf *buf)
{
    buf->len = 0;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

bool fl_buf_reserve(struct fl_buf *buf, size_t more_bytes)
{
    if (buf->failed)
        return false;
    if (more_bytes < buf->capacity - buf->len)
        return true;
    size_t need = buf->len + more_bytes + 1;
    if (need < more_bytes) {
        buf->failed = true;
        return false;
    }
    size_t capacity = buf->capacity < 64 ? 64 : buf->capacity;
    while (capacity < need)
        capacity = capacity > SIZE_MAX / 2 ? need : capacity * 2;
    char *data = fl_realloc(buf->data, capacity, 1);
    if (data == NULL) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->capacity = capacity;
    buf->data[buf->len] = '\0';
    return true;
}

void fl_buf_add(struct fl_buf *buf, const void *bytes, size_t len)
{
    if (!fl_buf_reserve(buf, len))
        return;
    if (len > 0)
        memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void fl_buf_add_char(struct fl_buf *buf, char c)
{
    fl_buf_add(buf, &c, 1);
}

void fl_buf_add_text(struct fl_buf *buf, const char *text)
{
    fl_buf_add(buf, text, strlen(text));
}

void fl_buf_add_format(struct fl_buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    size_t room = buf->capacity - buf->len;
    int len = vsnprintf(room > 0 ? buf->data + buf->len : NULL, room, format, args);
    va_end(args);
    bool fits = len >= 0 && (size_t)len < room && !buf->failed;
    if (room > 0 && !fits)
        buf->data[buf->len] = '\0';
    if (len < 0)
        buf->failed = true;
    else if (!fits && (fits = fl_buf_reserve(buf, (size_t)len)))
        vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
    if (fits)
        buf->len += (size_t)len;
    va_end(again);
}

void fl_buf_add_u64(struct fl_buf *buf, uint64_t value)
{
    char digits[20];
    unsigned n = 0;
    do {
        digits[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    if (!fl_buf_reserve(buf, n))
        return;
    while (n > 0)
        buf->data[buf->len++] = digits[--n];
    buf->data[buf->len] = '\0';
}

void fl_buf_add_i64(struct fl_buf *buf, int64_t value)
{
    if (value < 0)
        fl_buf_add_char(buf, '-');
    fl_buf_add_u64(buf, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void fl_buf_add_count(struct fl_buf *buf, uint64_t count, const char *nouns)
{
    fl_buf_add_u64(buf, count);
    fl_buf_add_char(buf, ' ');
    fl_buf_add(buf, nouns, strlen(nouns) - (count == 1));
}
