#include "core/expr/token.h"

#include "core/base/when.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_word(char c)
{
    return is_letter(c) || is_digit(c);
}

static char char_at(struct fl_str text, size_t i)
{
    return i < text.len ? text.ptr[i] : '\0';
}

static enum fl_status fail(struct fl_error *err, uint32_t at, const char *what)
{
    fl_fail(err, FL_E_SYNTAX, "%s", what);
    fl_error_at(err, NULL, 0, at + 1);
    return FL_E_SYNTAX;
}

/* Length of an address at the start: IPv6 has two colons at least, IPv4 three dots. 0 = none. */
static size_t address_length(struct fl_str rest)
{
    size_t n = 0, colons = 0, dots = 0;
    for (; n < rest.len; n++) {
        char c = rest.ptr[n];
        if (c == '.' && char_at(rest, n + 1) == '.')
            break;
        if (c == ':')
            colons++;
        else if (c == '.')
            dots++;
        else if (!is_hex(c))
            break;
    }
    if (colons >= 2)
        return n;
    return dots == 3 && is_digit(rest.ptr[0]) ? n : 0;
}

static enum fl_status take_prefix(struct fl_str rest, size_t len, struct fl_token *t, struct fl_error *err)
{
    t->is_address = true;
    if (char_at(rest, len) == '/' && is_digit(char_at(rest, len + 1))) {
        t->is_address = false;
        len++;
        while (is_digit(char_at(rest, len)))
            len++;
    }
    struct fl_str text = {rest.ptr, len};
    bool host_bits;
    if (!fl_prefix_parse(text, &t->prefix, &host_bits)) {
        fl_fail(err, FL_E_SYNTAX, "\"%.*s\" is no address or prefix", (int)len, rest.ptr);
        fl_error_at(err, NULL, 0, t->at + 1);
        return FL_E_SYNTAX;
    }
    if (host_bits) {
        char right[FL_PREFIX_TEXT_BYTES];
        fl_prefix_format(t->prefix, right);
        fl_fail(err, FL_E_VALUE, "%.*s has bits set behind its length; the network is %s", (int)len, rest.ptr, right);
        fl_error_at(err, NULL, 0, t->at + 1);
        return FL_E_VALUE;
    }
    t->kind = FL_TOKEN_PREFIX;
    t->end = t->at + (uint32_t)len;
    t->text = text;
    return FL_OK;
}

static enum fl_status take_number(struct fl_str rest, struct fl_token *t, struct fl_error *err)
{
    size_t n = 0;
    while (is_digit(char_at(rest, n)) || (char_at(rest, n) == '.' && is_digit(char_at(rest, n + 1))))
        n++;
    while (is_letter(char_at(rest, n)) || is_digit(char_at(rest, n)))
        n++;
    if (char_at(rest, n) == '%')
        n++;
    if (char_at(rest, n) == '%' && rest.ptr[n - 1] == '%')
        return fail(err, t->at + (uint32_t)n, "a share is written with one %: 50%");
    t->text = (struct fl_str){rest.ptr, n};
    t->end = t->at + (uint32_t)n;
    if (fl_ratio_parse(t->text, &t->number)) {
        t->kind = FL_TOKEN_NUMBER;
        return FL_OK;
    }
    if (fl_duration_parse(t->text, &t->ms)) {
        t->kind = FL_TOKEN_DURATION;
        return FL_OK;
    }
    fl_fail(err, FL_E_SYNTAX, "\"%.*s\" is neither a number (k M G Ki Mi Gi, %%) nor a duration (90s 5m 1h30m 7d)",
            (int)n, rest.ptr);
    fl_error_at(err, NULL, 0, t->at + 1);
    return FL_E_SYNTAX;
}

static enum fl_status take_text(struct fl_str rest, struct fl_arena *arena, struct fl_token *t, struct fl_error *err)
{
    char *out = fl_arena_alloc(arena, rest.len + 1);
    if (out == NULL)
        return fl_fail(err, FL_E_NOMEM, "out of memory");
    size_t len = 0, i = 1;
    while (i < rest.len && rest.ptr[i] != '"') {
        if (rest.ptr[i] == '\\') {
            char c = char_at(rest, i + 1);
            if (c != '"' && c != '\\')
                return fail(err, t->at + (uint32_t)i, "in a text, \\ stands before \" or \\ only");
            i++;
        }
        out[len++] = rest.ptr[i++];
    }
    if (i >= rest.len)
        return fail(err, t->at, "this text has no closing \"");
    t->kind = FL_TOKEN_TEXT;
    t->text = (struct fl_str){out, len};
    t->end = t->at + (uint32_t)i + 1;
    return FL_OK;
}

/* [22, 3389] */
static enum fl_status refuse_bracket(struct fl_str rest, const struct fl_token *t, struct fl_error *err)
{
    const char *end = rest.ptr[0] == '[' ? memchr(rest.ptr, ']', rest.len) : NULL;
    if (end == NULL || end - rest.ptr > 100)
        return fail(err, t->at, "a set stands in braces: {22, 3389}");
    fl_fail(err, FL_E_SYNTAX, "a set stands in braces: {%.*s}", (int)(end - rest.ptr - 1), rest.ptr + 1);
    fl_error_at(err, NULL, 0, t->at + 1);
    return FL_E_SYNTAX;
}

/* One & is about bits, as in tcp_flags & 2: what stands behind the bit is cut off by %. */
static enum fl_status refuse_bits(struct fl_str rest, const struct fl_token *t, struct fl_error *err)
{
    size_t at = 1;
    unsigned bit = 0;
    while (char_at(rest, at) == ' ')
        at++;
    for (; is_digit(char_at(rest, at)) && bit < 1000; at++)
        bit = 10 * bit + (unsigned)(rest.ptr[at] - '0');
    bool one = bit > 0 && bit < 1000 && (bit & (bit - 1)) == 0;
    bit = one ? bit : 2;
    fl_fail(err, FL_E_SYNTAX, "write and, or, not; %sthe bit %u is tested by `%% %u >= %u`: tcp_flags %% %u >= %u",
            one ? "" : "for example ", bit, 2 * bit, bit, 2 * bit, bit);
    fl_error_at(err, NULL, 0, t->at + 1);
    return FL_E_SYNTAX;
}

static enum fl_status take_mark(struct fl_str rest, struct fl_token *t, struct fl_error *err)
{
    static const char *const marks[] = {"==", "!=", "<=", ">=", "..", "<", ">", "(", ")",
                                        "{",  "}",  ",",  "+",  "-",  "*", "/", "%"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        struct fl_str mark = fl_str_of(marks[i]);
        if (rest.len >= mark.len && memcmp(rest.ptr, mark.ptr, mark.len) == 0) {
            t->kind = FL_TOKEN_MARK;
            t->text = mark;
            t->end = t->at + (uint32_t)mark.len;
            return FL_OK;
        }
    }
    if (rest.ptr[0] == '=')
        return fail(err, t->at, "\"=\" is no operator; write ==");
    if (rest.ptr[0] == '[' || rest.ptr[0] == ']')
        return refuse_bracket(rest, t, err);
    if (rest.ptr[0] == '&' && char_at(rest, 1) != '&')
        return refuse_bits(rest, t, err);
    if (rest.ptr[0] == '&' || rest.ptr[0] == '|' || rest.ptr[0] == '!')
        return fail(err, t->at, "write and, or, not");
    if (rest.ptr[0] == '\'')
        return fail(err, t->at, "texts stand in double quotes");
    return fail(err, t->at, "this character has no meaning here");
}

enum fl_status fl_token_next(struct fl_str text, uint32_t at, struct fl_arena *arena, struct fl_token *out,
                             struct fl_error *err)
{
    while (at < text.len &&
           (text.ptr[at] == ' ' || text.ptr[at] == '\t' || text.ptr[at] == '\n' || text.ptr[at] == '\r'))
        at++;
    *out = (struct fl_token){.at = at, .end = at};
    if (at >= text.len)
        return FL_OK;
    struct fl_str rest = {text.ptr + at, text.len - at};
    char c = rest.ptr[0];
    if (is_hex(c) || c == ':') {
        size_t len = address_length(rest);
        if (len > 0)
            return take_prefix(rest, len, out, err);
    }
    if (is_digit(c))
        return take_number(rest, out, err);
    if (c == '"')
        return take_text(rest, arena, out, err);
    size_t start = c == '$';
    if (is_letter(char_at(rest, start))) {
        size_t n = start;
        while (
            is_word(char_at(rest, n)) ||
            (char_at(rest, n) == '-' && n > start && is_word(char_at(rest, n - 1)) && is_word(char_at(rest, n + 1))) ||
            (char_at(rest, n) == '.' && is_letter(char_at(rest, n + 1))))
            n++;
        out->kind = start ? FL_TOKEN_PARAM : FL_TOKEN_NAME;
        out->text = (struct fl_str){rest.ptr + start, n - start};
        out->end = at + (uint32_t)n;
        return FL_OK;
    }
    return take_mark(rest, out, err);
}
