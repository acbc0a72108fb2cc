#include "core/rule/locate.h"

#include <string.h>

#include "core/rule/lua_text.h"
#include "core/text/yaml.h"

static char byte_at(struct fl_str s, size_t i)
{
    return i < s.len ? s.ptr[i] : '\0';
}

static bool is_word(struct fl_str s, const struct fl_lua_token *t, const char *word)
{
    return t->kind == FL_LUA_NAME && fl_str_is((struct fl_str){s.ptr + t->from, t->to - t->from}, word);
}

static bool is_mark(struct fl_str s, const struct fl_lua_token *t, const char *marks)
{
    return t->kind == FL_LUA_MARK && strchr(marks, s.ptr[t->from]) != NULL;
}

/* Does `=` follow? Then *at moves behind it. */
static bool take_assignment(struct fl_str s, size_t *at)
{
    size_t ahead = *at;
    struct fl_lua_token mark = fl_lua_next(s, &ahead);
    bool found = is_mark(s, &mark, "=") && byte_at(s, mark.to) != '=';
    if (found)
        *at = ahead;
    return found;
}

/* `key =` at or behind *at, which moves behind it; *key_at is where the key begins. */
static bool find_key(struct fl_str s, const char *key, size_t *at, size_t *key_at)
{
    for (struct fl_lua_token t = fl_lua_next(s, at); t.kind != FL_LUA_END; t = fl_lua_next(s, at)) {
        *key_at = t.from;
        if (is_word(s, &t, key) && take_assignment(s, at))
            return true;
    }
    return false;
}

/* The same of a key of the table that opens next, not of what is in its members. */
static bool find_member(struct fl_str s, const char *key, size_t *at, size_t *key_at)
{
    unsigned depth = 0;
    struct fl_lua_token t = fl_lua_next(s, at);
    for (; t.kind != FL_LUA_END; t = fl_lua_next(s, at)) {
        *key_at = t.from;
        if (is_mark(s, &t, "{([") || is_word(s, &t, "function") || is_word(s, &t, "if") || is_word(s, &t, "do"))
            depth++;
        else if ((is_mark(s, &t, "})]") || is_word(s, &t, "end")) && --depth == 0)
            return false;
        else if (depth == 1 && is_word(s, &t, key) && take_assignment(s, at))
            return true;
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

/* A key of rule{}, or of the table behind that; *at moves behind its `=`, *key_at is where it begins. */
static bool find_spot(struct fl_str file, size_t rule, const struct fl_rule_spot *spot, size_t *at, size_t *key_at)
{
    struct fl_lua_token t = fl_lua_next(file, &(size_t){rule});
    *at = rule;
    if (spot->key == NULL)
        return false;
    while (t.kind != FL_LUA_END && !is_mark(file, &t, "{")) {
        *at = t.to;
        t = fl_lua_next(file, &(size_t){t.to});
    }
    if (find_member(file, spot->key, at, key_at)) {
        size_t behind = *at;
        t = fl_lua_next(file, &(size_t){*at});
        if (spot->name == NULL)
            return true;
        if (is_mark(file, &t, "{") && find_member(file, spot->name, at, key_at))
            return true;
        *at = behind;
        return find_key(file, spot->name, at, key_at);
    }
    /* The table is kept in a variable. */
    *at = 0;
    return find_key(file, spot->key, at, key_at) && (spot->name == NULL || find_key(file, spot->name, at, key_at));
}

void fl_rule_locate(struct fl_str file, uint32_t line, const struct fl_rule_spot *spot, struct fl_error *err)
{
    if (file.len == 0) {
        fl_error_at(err, NULL, line, err->column);
        return;
    }
    size_t rule = (size_t)(fl_text_line(file, line).ptr - file.ptr), start, place = 0, key = rule, behind;
    bool found = find_spot(file, rule, spot, &behind, &key);
    size_t want = spot->text == NULL ? 0 : offset_of(spot->text, err);
    bool is_text = spot->text != NULL && (find_text(file, found ? behind : rule, spot->text, want, &place) ||
                                          find_text(file, 0, spot->text, want, &place));
    if (!is_text && err->source_line[0] != '\0') {
        fl_error_at(err, NULL, found ? line_at(file, key, &start) : line, err->column);
        return;
    }
    if (!is_text)
        place = found ? key : fl_lua_next(file, &rule).from;
    line = line_at(file, place, &start);
    fl_error_at(err, NULL, line, (uint32_t)(place - start) + 1);
    fl_error_show(err, fl_text_line(file, line));
}
