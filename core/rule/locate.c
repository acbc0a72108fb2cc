#include "core/rule/locate.h"

#include <stdio.h>
#include <string.h>

#include "core/rule/lua_text.h"
#include "core/text/yaml.h"

static char byte_at(struct fl_str s, size_t i)
{
    return i < s.len ? s.ptr[i] : '\0';
}

/* `key =` at or behind *at, which moves behind it. */
static bool find_key(struct fl_str s, const char *key, size_t *at)
{
    for (struct fl_lua_token t = fl_lua_next(s, at); t.kind != FL_LUA_END; t = fl_lua_next(s, at)) {
        size_t ahead = *at;
        if (t.kind != FL_LUA_NAME || !fl_str_is((struct fl_str){s.ptr + t.from, t.to - t.from}, key))
            continue;
        struct fl_lua_token mark = fl_lua_next(s, &ahead);
        if (mark.kind == FL_LUA_MARK && s.ptr[mark.from] == '=' && byte_at(s, mark.to) != '=') {
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
static bool holds(struct fl_str s, const struct fl_lua_token *t, const char *text, size_t want, size_t *place)
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
    for (struct fl_lua_token t = fl_lua_next(s, &at); t.kind != FL_LUA_END; t = fl_lua_next(s, &at))
        if (t.kind == FL_LUA_STRING && holds(s, &t, text, want, place))
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
