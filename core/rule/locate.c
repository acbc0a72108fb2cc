#include "core/rule/locate.h"

#include <stdio.h>
#include <string.h>

#include "core/text/yaml.h"

enum token_kind { TOKEN_END, TOKEN_NAME, TOKEN_STRING, TOKEN_MARK };

struct token {
    enum token_kind kind;
    size_t from, to; /* of a string: what stands between its marks */
    bool raw;        /* a string in long brackets: no escapes */
};

static char byte_at(struct fl_str s, size_t i)
{
    return i < s.len ? s.ptr[i] : '\0';
}

static bool in_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* [[ or [==[ at `at`: its length, or 0. */
static size_t long_open(struct fl_str s, size_t at)
{
    size_t n = at + 1;
    if (byte_at(s, at) != '[')
        return 0;
    while (byte_at(s, n) == '=')
        n++;
    return byte_at(s, n) == '[' ? n + 1 - at : 0;
}

/* The offset of the bracket that closes one of `open` bytes, or the end. */
static size_t long_close(struct fl_str s, size_t from, size_t open)
{
    for (size_t i = from; i + open <= s.len; i++) {
        size_t n = 1;
        while (s.ptr[i] == ']' && n + 1 < open && s.ptr[i + n] == '=')
            n++;
        if (s.ptr[i] == ']' && n + 1 == open && s.ptr[i + n] == ']')
            return i;
    }
    return s.len;
}

/* Behind blanks and comments. */
static size_t skip(struct fl_str s, size_t at)
{
    while (at < s.len) {
        if (s.ptr[at] == ' ' || (s.ptr[at] >= '\t' && s.ptr[at] <= '\r')) {
            at++;
        } else if (s.ptr[at] == '-' && byte_at(s, at + 1) == '-') {
            size_t open = long_open(s, at + 2);
            if (open > 0)
                at = long_close(s, at + 2 + open, open) + open;
            else
                while (at < s.len && s.ptr[at] != '\n')
                    at++;
        } else {
            break;
        }
    }
    return at < s.len ? at : s.len;
}

/* The token at or behind *at, which moves behind it. */
static struct token next(struct fl_str s, size_t *at)
{
    size_t i = skip(s, *at);
    struct token t = {.kind = TOKEN_END, .from = i, .to = i};
    size_t open = long_open(s, i);
    char c = byte_at(s, i);
    if (open > 0) {
        t.from = i + open;
        t.to = long_close(s, t.from, open);
        t.kind = TOKEN_STRING;
        t.raw = true;
        *at = t.to + open < s.len ? t.to + open : s.len;
    } else if (c == '"' || c == '\'') {
        for (t.from = ++i; i < s.len && s.ptr[i] != c; i++)
            i += s.ptr[i] == '\\';
        t.to = i < s.len ? i : s.len;
        t.kind = TOKEN_STRING;
        *at = t.to < s.len ? t.to + 1 : s.len;
    } else {
        t.kind = i == s.len ? TOKEN_END : in_name(c) ? TOKEN_NAME : TOKEN_MARK;
        while (t.kind == TOKEN_NAME && in_name(byte_at(s, i)))
            i++;
        t.to = *at = t.kind == TOKEN_MARK ? i + 1 : i;
    }
    return t;
}

/* `key =` at or behind *at, which moves behind it. */
static bool find_key(struct fl_str s, const char *key, size_t *at)
{
    for (struct token t = next(s, at); t.kind != TOKEN_END; t = next(s, at)) {
        size_t ahead = *at;
        if (t.kind != TOKEN_NAME || !fl_str_is((struct fl_str){s.ptr + t.from, t.to - t.from}, key))
            continue;
        struct token mark = next(s, &ahead);
        if (mark.kind == TOKEN_MARK && s.ptr[mark.from] == '=' && byte_at(s, mark.to) != '=') {
            *at = ahead;
            return true;
        }
    }
    return false;
}

/* The byte that an escape behind a backslash stands for; -1: nothing (\z, or an escape that is not read here). */
static int escaped(struct fl_str s, size_t *at)
{
    static const char letters[] = "abfnrtv\\\"'\n", bytes[] = "\a\b\f\n\r\t\v\\\"'\n";
    char c = byte_at(s, (*at)++);
    const char *letter = c == '\0' ? NULL : strchr(letters, c);
    if (letter != NULL)
        return (unsigned char)bytes[letter - letters];
    if (c == 'z')
        while (*at < s.len && (s.ptr[*at] == ' ' || (s.ptr[*at] >= '\t' && s.ptr[*at] <= '\r')))
            (*at)++;
    return -1;
}

/* Is the string the text? *place becomes the offset in the file of the text's byte `want`. */
static bool holds(struct fl_str s, const struct token *t, const char *text, size_t want, size_t *place)
{
    struct fl_str inside = {s.ptr, t->to};
    size_t at = t->from, n = 0;
    if (t->raw && byte_at(inside, at) == '\r')
        at++;
    if (t->raw && byte_at(inside, at) == '\n')
        at++;
    while (at < t->to) {
        size_t here = at;
        int c = (unsigned char)s.ptr[at++];
        if (c == '\r' && byte_at(inside, at) == '\n')
            continue;
        if (c == '\\' && !t->raw) {
            bool nothing = byte_at(inside, at) == 'z';
            c = escaped(inside, &at);
            if (nothing)
                continue;
        }
        if (n == want)
            *place = here;
        if (text[n] == '\0' || c != (unsigned char)text[n++])
            return false;
    }
    if (n <= want)
        *place = t->to;
    return text[n] == '\0';
}

static bool find_text(struct fl_str s, size_t at, const char *text, size_t want, size_t *place)
{
    for (struct token t = next(s, &at); t.kind != TOKEN_END; t = next(s, &at))
        if (t.kind == TOKEN_STRING && holds(s, &t, text, want, place))
            return true;
    return false;
}

/* An error's place inside a text as a number of bytes. */
static size_t offset_of(const char *text, const struct fl_error *err)
{
    const char *line = text;
    for (uint32_t n = 1; n < err->line && strchr(line, '\n') != NULL; n++)
        line = strchr(line, '\n') + 1;
    size_t at = (size_t)(line - text) + (err->column > 0 ? err->column - 1 : 0);
    return at <= strlen(text) ? at : strlen(text);
}

static uint32_t line_at(struct fl_str s, size_t at, size_t *start)
{
    uint32_t line = 1;
    *start = 0;
    for (size_t i = 0; i < at && i < s.len; i++) {
        if (s.ptr[i] == '\n') {
            line++;
            *start = i + 1;
        }
    }
    return line;
}

static void show_line(struct fl_str file, uint32_t line, struct fl_error *err)
{
    struct fl_str text = fl_text_line(file, line);
    snprintf(err->source_line, sizeof err->source_line, "%.*s", (int)text.len, text.ptr);
    /* The caret stands under a byte: a tab takes one column too. */
    for (char *c = err->source_line; *c != '\0'; c++)
        if (*c == '\t')
            *c = ' ';
}

void fl_rule_locate(struct fl_str file, uint32_t line, const struct fl_rule_spot *spot, struct fl_error *err)
{
    if (file.len == 0) {
        fl_error_at(err, NULL, line, err->column);
        return;
    }
    size_t rule = (size_t)(fl_text_line(file, line).ptr - file.ptr), start, place = 0;
    size_t key = rule;
    bool found = find_key(file, spot->key, &key) && (spot->name == NULL || find_key(file, spot->name, &key));
    if (!found) {
        key = 0;
        found = find_key(file, spot->key, &key) && (spot->name == NULL || find_key(file, spot->name, &key));
    }
    size_t from = found ? key : rule;
    size_t want = spot->text == NULL ? 0 : offset_of(spot->text, err);
    if (spot->text != NULL &&
        (find_text(file, from, spot->text, want, &place) || find_text(file, 0, spot->text, want, &place))) {
        uint32_t at = line_at(file, place, &start);
        fl_error_at(err, NULL, at, (uint32_t)(place - start) + 1);
        show_line(file, at, err);
        return;
    }
    if (found)
        line = line_at(file, key, &start);
    if (err->source_line[0] == '\0')
        show_line(file, line, err);
    fl_error_at(err, NULL, line, err->column);
}
