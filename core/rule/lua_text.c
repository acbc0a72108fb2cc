#include "core/rule/lua_text.h"

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
                while (at < s.len && s.ptr[at] != '\n' && s.ptr[at] != '\r')
                    at++;
        } else {
            break;
        }
    }
    return at < s.len ? at : s.len;
}

/* The token at or behind *at, which moves behind it. */
struct fl_lua_token fl_lua_next(struct fl_str s, size_t *at)
{
    size_t i = skip(s, *at);
    struct fl_lua_token t = {.kind = FL_LUA_END, .from = i, .to = i};
    size_t open = long_open(s, i);
    char c = byte_at(s, i);
    if (open > 0) {
        t.from = i + open;
        t.to = long_close(s, t.from, open);
        t.kind = FL_LUA_STRING;
        t.raw = true;
        *at = t.to + open < s.len ? t.to + open : s.len;
    } else if (c == '"' || c == '\'') {
        for (t.from = ++i; i < s.len && s.ptr[i] != c; i++)
            i += s.ptr[i] == '\\';
        t.to = i < s.len ? i : s.len;
        t.kind = FL_LUA_STRING;
        *at = t.to < s.len ? t.to + 1 : s.len;
    } else {
        t.kind = i == s.len ? FL_LUA_END : in_name(c) ? FL_LUA_NAME : FL_LUA_MARK;
        while (t.kind == FL_LUA_NAME && in_name(byte_at(s, i)))
            i++;
        t.to = *at = t.kind == FL_LUA_MARK ? i + 1 : i;
    }
    return t;
}
