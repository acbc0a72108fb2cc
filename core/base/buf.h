/* buf.h: a growing byte buffer.
 *
 * The buffer owns its bytes. A failed growth sets `failed` and later appends do nothing, so that a
 * writer checks once at the end. data is always NUL terminated when not NULL.
 */
#ifndef FL_BASE_BUF_H
#define FL_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fl_buf {
    char *data;
    size_t len, capacity;
    bool failed;
};

void fl_buf_init(struct fl_buf *buf);
void fl_buf_dispose(struct fl_buf *buf);
void fl_buf_clear(struct fl_buf *buf); /* keeps the capacity */
bool fl_buf_reserve(struct fl_buf *buf, size_t more_bytes);
void fl_buf_add(struct fl_buf *buf, const void *bytes, size_t len);
void fl_buf_add_char(struct fl_buf *buf, char c);
void fl_buf_add_text(struct fl_buf *buf, const char *text);
void fl_buf_add_format(struct fl_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void fl_buf_add_u64(struct fl_buf *buf, uint64_t value);
/* "1 record", "2 records": the noun is given as for many and ends in s. */
void fl_buf_add_count(struct fl_buf *buf, uint64_t count, const char *nouns);
void fl_buf_add_i64(struct fl_buf *buf, int64_t value);

#endif
