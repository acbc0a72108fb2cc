/* straight.c: a function of a rule whose body may stand in a loop of the engine (flows.c), read off the rule's text.
 *
 * A straight function has no loop and reaches no other Lua function: a call takes no more instructions than the
 * function holds, and so few are not counted. It assigns to no variable outside it, and of its argument it only reads
 * fields by name. What is in doubt is not straight.
 */
#include <lauxlib.h>
#include <string.h>

#include "core/lua/vm.h"
#include "core/rule/lua_text.h"

#define INSTRUCTION_BYTES 4     /* at least */
#define OWN_NAMES         "FL_" /* begins the names that the loop's text has beside the function's */

static const char *const opens[] = {"(", "[", "{", NULL}, *const closes[] = {")", "]", "}", NULL};

struct reading {
    struct fl_str text;
    size_t at, line_at; /* `line` was counted up to line_at */
    int line;           /* of the token at hand */
    struct fl_lua_token now;
    int dots; /* right before it */
};

static struct fl_str word_of(const struct reading *r)
{
    return (struct fl_str){r->text.ptr + r->now.from, r->now.kind == FL_LUA_STRING ? 0 : r->now.to - r->now.from};
}

static bool at_word(const struct reading *r, const char *word)
{
    return fl_str_is(word_of(r), word);
}

static bool at_one_of(const struct reading *r, const char *const words[])
{
    while (*words != NULL && !at_word(r, *words))
        words++;
    return *words != NULL;
}

static void advance(struct reading *r)
{
    r->dots = at_word(r, ".") ? r->dots + 1 : 0;
    r->now = fl_lua_next(r->text, &r->at);
    for (; r->line_at < r->now.from; r->line_at++)
        r->line += r->text.ptr[r->line_at] == '\n';
}

/* Moves to the `(` of the one function of which Lua tells this line: somewhere from its word `function` to there.
 * false: there are several, and nothing says which it is; or a constant (`local n <const> = 1`) stands before it, which
 * is no variable of the function, so that a loop would take its name for a global one. */
static bool find_function(struct reading *r, int line)
{
    struct reading found = *r;
    uint32_t count = 0;
    for (advance(r); r->now.kind != FL_LUA_END && r->line <= line; advance(r)) {
        if (count == 0 && at_word(r, "const"))
            return false;
        if (!at_word(r, "function"))
            continue;
        while (r->now.kind != FL_LUA_END && !at_word(r, "("))
            advance(r);
        if (r->line >= line) {
            found = *r;
            count++;
        }
    }
    *r = found;
    return count == 1;
}

static bool is_upvalue(lua_State *L, int function, struct fl_str word)
{
    const char *name;
    bool is = false;
    for (int i = 1; !is && (name = lua_getupvalue(L, function, i)) != NULL; i++) {
        lua_pop(L, 1);
        is = fl_str_is(word, name);
    }
    return is;
}

/* Behind a name outside of all brackets: does an assignment to it follow, or may it? */
static bool may_assign(const struct reading *r, int depth)
{
    bool compares = at_word(r, "=") && r->now.to < r->text.len && r->text.ptr[r->now.to] == '=';
    return depth == 0 && (at_word(r, ",") || (at_word(r, "=") && !compares));
}

/* `.name` behind the argument, which is not assigned to. */
static bool take_field(struct reading *r)
{
    bool dot = at_word(r, ".");
    advance(r);
    bool name = r->now.kind == FL_LUA_NAME;
    advance(r);
    return dot && name;
}

static bool is_refused(const struct reading *r)
{
    static const char *const words[] = {"function", "for", "while", "repeat", "goto", NULL};
    struct fl_str word = word_of(r);
    return r->now.kind == FL_LUA_END || at_one_of(r, words) ||
           (word.len >= strlen(OWN_NAMES) && memcmp(word.ptr, OWN_NAMES, strlen(OWN_NAMES)) == 0);
}

/* `(name)`: the name. */
static struct fl_str take_argument(struct reading *r)
{
    advance(r);
    struct fl_str name = is_refused(r) ? (struct fl_str){NULL, 0} : word_of(r);
    advance(r);
    return at_word(r, ")") ? name : (struct fl_str){NULL, 0};
}

/* From `)` up to the `end` of the function; only `if` and `do` have one besides. */
static bool take_body(lua_State *L, int function, struct reading *r, struct fl_lua_straight *out)
{
    int depth = 0, blocks = 1;
    out->body.ptr = r->text.ptr + r->now.to;
    for (advance(r);;) {
        depth += at_one_of(r, opens) - at_one_of(r, closes);
        blocks += at_word(r, "if") + at_word(r, "do") - at_word(r, "end");
        if (blocks == 0)
            break;
        if (is_refused(r))
            return false;
        bool name = r->now.kind == FL_LUA_NAME;
        bool is_argument = name && fl_str_equal(word_of(r), out->argument);
        bool is_field = is_argument && r->dots == 1; /* of something else */
        bool outside = name && is_upvalue(L, function, word_of(r));
        advance(r);
        if (is_field || (is_argument && !take_field(r)) || ((is_argument || outside) && may_assign(r, depth)))
            return false;
    }
    out->body.len = (size_t)(r->text.ptr + r->now.from - out->body.ptr);
    return true;
}

static int count_bytes(lua_State *L, const void *part, size_t bytes, void *sum)
{
    (void)L;
    (void)part;
    *(size_t *)sum += bytes;
    return 0;
}

bool fl_lua_find_straight(lua_State *L, struct fl_str text, struct fl_lua_straight *out)
{
    lua_Debug info;
    size_t bytes = 0;
    int function = lua_gettop(L);
    /* Bytes that Lua and this file may see differently, and modules, whose functions stand in other texts. */
    if (memchr(text.ptr, '\r', text.len) != NULL || memchr(text.ptr, '\0', text.len) != NULL)
        return false;
    lua_getfield(L, LUA_REGISTRYINDEX, "flowlaw.modules");
    lua_pushnil(L);
    bool modules = lua_next(L, -2) != 0;
    lua_settop(L, function);
    lua_pushvalue(L, function);
    lua_getinfo(L, ">S", &info);
    if (modules || strcmp(info.what, "Lua") != 0 || lua_dump(L, count_bytes, &bytes, 1) != 0)
        return false;
    struct reading r = {.text = text, .line = 1};
    if (bytes / INSTRUCTION_BYTES >= FL_LUA_HOOK_STEPS || !find_function(&r, info.linedefined))
        return false;
    out->argument = take_argument(&r);
    return out->argument.len > 0 && take_body(L, function, &r, out);
}

/* ---- its body in a loop ---- */

struct writing {
    struct reading r;
    struct fl_buf *buf;
    size_t copied;
};

/* What was not copied yet, up to the token at hand, then `text`. */
static void put(struct writing *w, const char *text)
{
    fl_buf_add(w->buf, w->r.text.ptr + w->copied, w->r.now.from - w->copied);
    fl_buf_add_text(w->buf, text);
    w->copied = w->r.now.from;
}

/* The argument with `.name` behind it: from the field's column if it has one. */
static void put_field(struct writing *w, struct fl_lua_field *fields, uint32_t field_count)
{
    put(w, "");
    advance(&w->r);
    advance(&w->r);
    w->copied = w->r.now.to;
    for (uint32_t i = 0; i < field_count; i++) {
        if (fields[i].fits_column && fl_str_is(word_of(&w->r), fields[i].name)) {
            fields[i].has_column = true;
            fl_buf_add_format(w->buf, "FL_c%u[FL_i]", i);
            return;
        }
    }
    fl_buf_add_format(w->buf, "FL_row.%.*s", (int)word_of(&w->r).len, word_of(&w->r).ptr);
}

void fl_lua_write_body(struct fl_buf *buf, const struct fl_lua_straight *straight, struct fl_lua_field *fields,
                       uint32_t field_count)
{
    static const char *const ends[] = {"end", "else", "elseif", ";", NULL};
    struct writing w = {.r = {.text = straight->body}, .buf = buf};
    bool returns = false, bare = false;
    int depth = 0;
    for (advance(&w.r); w.r.now.kind != FL_LUA_END; advance(&w.r)) {
        depth += at_one_of(&w.r, opens) - at_one_of(&w.r, closes);
        if (returns && depth == 0 && at_one_of(&w.r, ends)) {
            put(&w, bare ? " nil goto FL_answered " : " goto FL_answered ");
            returns = false;
        } else if (at_word(&w.r, "return")) {
            put(&w, "FL_said =");
            w.copied = w.r.now.to;
            returns = bare = true;
            continue;
        } else if (w.r.now.kind == FL_LUA_NAME && fl_str_equal(word_of(&w.r), straight->argument)) {
            put_field(&w, fields, field_count);
        }
        bare = false;
    }
    put(&w, !returns ? " FL_said = nil" : bare ? " nil" : "");
}
