/* json_write.h: JSON into a buffer, one value after the other; commas and escapes are its job.
 *
 *     fl_json_object(&w); fl_json_key(&w, "type"); fl_json_str(&w, FL_STR("run")); fl_json_end(&w);
 *
 * Text that is not valid UTF-8 is written with U+FFFD in place of each bad byte. Compact, no spaces.
 */
#ifndef FL_TEXT_JSON_WRITE_H
#define FL_TEXT_JSON_WRITE_H

#include "core/base/buf.h"
#include "core/base/str.h"

#define FL_JSON_DEPTH_MAX 160 /* a condition of FL_EXPR_DEPTH_MAX brackets takes two levels for each */

struct fl_json {
    struct fl_buf *out;
    unsigned depth;
    bool need_comma[FL_JSON_DEPTH_MAX];
    bool is_array[FL_JSON_DEPTH_MAX];
    bool after_key;
};

void fl_json_init(struct fl_json *w, struct fl_buf *out);
void fl_json_object(struct fl_json *w);
void fl_json_array(struct fl_json *w);
void fl_json_end(struct fl_json *w); /* closes the innermost object or array */
void fl_json_key(struct fl_json *w, const char *key);
void fl_json_key_str(struct fl_json *w, struct fl_str key);
void fl_json_str(struct fl_json *w, struct fl_str text);
void fl_json_text(struct fl_json *w, const char *text); /* NULL writes null */
void fl_json_bool(struct fl_json *w, bool value);
void fl_json_null(struct fl_json *w);
/* Integers from 2^53 on are written as strings, as readers with doubles would lose them. */
void fl_json_i64(struct fl_json *w, int64_t value);
void fl_json_u64(struct fl_json *w, uint64_t value);
/* A key and its value; a text that is NULL writes null. */
void fl_json_put_text(struct fl_json *w, const char *key, const char *text);
void fl_json_put_bool(struct fl_json *w, const char *key, bool value);
void fl_json_put_u64(struct fl_json *w, const char *key, uint64_t value);
/* Already formatted number text. */
void fl_json_raw(struct fl_json *w, struct fl_str text);

#endif
