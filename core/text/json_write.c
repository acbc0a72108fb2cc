#include "core/text/json_write.h"

#include "core/base/escape.h"
#include "core/base/utf8.h"

#define SAFE_INTEGER (INT64_C(1) << 53)

void fl_json_init(struct fl_json *w, struct fl_buf *out)
{
    *w = (struct fl_json){.out = out};
}

static void begin_value(struct fl_json *w)
{
    if (w->depth > 0 && !w->after_key) {
        if (w->need_comma[w->depth])
            fl_buf_add_char(w->out, ',');
        w->need_comma[w->depth] = true;
    }
    w->after_key = false;
}

static void open_level(struct fl_json *w, char bracket, bool is_array)
{
    begin_value(w);
    fl_buf_add_char(w->out, bracket);
    if (w->depth + 1 >= FL_JSON_DEPTH_MAX) {
        w->out->failed = true;
        return;
    }
    w->depth++;
    w->need_comma[w->depth] = false;
    w->is_array[w->depth] = is_array;
}

void fl_json_object(struct fl_json *w)
{
    open_level(w, '{', false);
}

void fl_json_array(struct fl_json *w)
{
    open_level(w, '[', true);
}

void fl_json_end(struct fl_json *w)
{
    if (w->depth == 0)
        return;
    fl_buf_add_char(w->out, w->is_array[w->depth] ? ']' : '}');
    w->depth--;
}

static bool is_plain(char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* One character that is not plain; how many bytes it took. */
static size_t put_special(struct fl_buf *out, struct fl_str text, size_t at)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char c = (unsigned char)text.ptr[at];
    size_t n = fl_utf8_length(text, at);
    if (n == 0) {
        fl_buf_add_text(out, "\xef\xbf\xbd");
        return 1;
    }
    if (n > 1 && fl_escape_is_harmful(fl_utf8_code(text, at))) {
        fl_buf_add_format(out, "\\u%04x", fl_utf8_code(text, at)); /* all of them are below U+10000 */
        return n;
    }
    if (n > 1) {
        fl_buf_add(out, text.ptr + at, n);
        return n;
    }
    if (c == '"' || c == '\\') {
        fl_buf_add_char(out, '\\');
        fl_buf_add_char(out, (char)c);
    } else {
        fl_buf_add_text(out, "\\u00");
        fl_buf_add_char(out, hex[c >> 4]);
        fl_buf_add_char(out, hex[c & 15]);
    }
    return 1;
}

static void put_text(struct fl_buf *out, struct fl_str text)
{
    fl_buf_add_char(out, '"');
    for (size_t i = 0; i < text.len;) {
        size_t begin = i;
        while (i < text.len && is_plain(text.ptr[i]))
            i++;
        fl_buf_add(out, text.ptr + begin, i - begin);
        if (i < text.len)
            i += put_special(out, text, i);
    }
    fl_buf_add_char(out, '"');
}

void fl_json_key_str(struct fl_json *w, struct fl_str key)
{
    begin_value(w);
    put_text(w->out, key);
    fl_buf_add_char(w->out, ':');
    w->after_key = true;
}

void fl_json_key(struct fl_json *w, const char *key)
{
    fl_json_key_str(w, fl_str_of(key));
}

void fl_json_str(struct fl_json *w, struct fl_str text)
{
    begin_value(w);
    put_text(w->out, text);
}

void fl_json_text(struct fl_json *w, const char *text)
{
    if (text == NULL)
        fl_json_null(w);
    else
        fl_json_str(w, fl_str_of(text));
}

void fl_json_bool(struct fl_json *w, bool value)
{
    begin_value(w);
    fl_buf_add_text(w->out, value ? "true" : "false");
}

void fl_json_null(struct fl_json *w)
{
    begin_value(w);
    fl_buf_add_text(w->out, "null");
}

void fl_json_i64(struct fl_json *w, int64_t value)
{
    begin_value(w);
    bool quote = value >= SAFE_INTEGER || value <= -SAFE_INTEGER;
    if (quote)
        fl_buf_add_char(w->out, '"');
    fl_buf_add_i64(w->out, value);
    if (quote)
        fl_buf_add_char(w->out, '"');
}

void fl_json_u64(struct fl_json *w, uint64_t value)
{
    begin_value(w);
    bool quote = value >= (uint64_t)SAFE_INTEGER;
    if (quote)
        fl_buf_add_char(w->out, '"');
    fl_buf_add_u64(w->out, value);
    if (quote)
        fl_buf_add_char(w->out, '"');
}

void fl_json_raw(struct fl_json *w, struct fl_str text)
{
    begin_value(w);
    fl_buf_add(w->out, text.ptr, text.len);
}

void fl_json_put_text(struct fl_json *w, const char *key, const char *text)
{
    fl_json_key(w, key);
    fl_json_text(w, text);
}

void fl_json_put_bool(struct fl_json *w, const char *key, bool value)
{
    fl_json_key(w, key);
    fl_json_bool(w, value);
}

void fl_json_put_u64(struct fl_json *w, const char *key, uint64_t value)
{
    fl_json_key(w, key);
    fl_json_u64(w, value);
}
