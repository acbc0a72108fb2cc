/* charge.c: functions of Lua whose work grows with what they are given, behind wrappers that charge it to the budget or
 * refuse it. */
#include <lauxlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/lua/library.h"
#include "core/lua/vm.h"

#define PATTERN_WORK_MAX      10000000.0
#define VALUE_BYTES           16
#define PATTERN_WORK_PER_BYTE 16 /* the bound is seldom met: charged at a discount */
#define PATTERN_BYTES_AT_ONCE 16 /* a set, or a run of plain bytes, may be looked through at each place */

static int call_original(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

static int charged(lua_State *L)
{
    for (int i = 1; i <= lua_gettop(L); i++)
        if (lua_type(L, i) == LUA_TSTRING)
            fl_lua_charge(L, lua_rawlen(L, i));
    return call_original(L);
}

/* How many of `len` places the arguments i and j at `first` name; j defaults to i, or to the end. */
static size_t range_length(lua_State *L, int first, size_t len, bool to_the_end)
{
    lua_Integer n = (lua_Integer)len;
    lua_Integer from = luaL_optinteger(L, first, 1);
    lua_Integer to = luaL_optinteger(L, first + 1, to_the_end ? -1 : from);
    from = from < 0 ? from + n + 1 : from;
    to = to < 0 ? to + n + 1 : to;
    from = from < 1 ? 1 : from;
    to = to > n ? n : to;
    return to < from ? 0 : (size_t)(to - from) + 1;
}

/* byte, utf8.codepoint, utf8.len: the bytes of the range, and one value for each where they return them. */
static int charged_range(lua_State *L)
{
    size_t len;
    luaL_checklstring(L, 1, &len);
    bool counts = lua_tointeger(L, lua_upvalueindex(2));
    size_t range = range_length(L, 2, len, counts);
    fl_lua_charge(L, counts ? range : range * VALUE_BYTES);
    return call_original(L);
}

static int safe_rep(lua_State *L)
{
    size_t len, separator_len = 0;
    luaL_checklstring(L, 1, &len);
    lua_Integer n = luaL_checkinteger(L, 2);
    luaL_optlstring(L, 3, "", &separator_len);
    if (n > 0 && (double)n * (double)(len + separator_len) > FL_LUA_TEXT_BYTES_MAX) {
        fl_lua_vm_of(L)->overrun = "bytes";
        return luaL_error(L, "string.rep would make more than %d bytes", (int)FL_LUA_TEXT_BYTES_MAX);
    }
    if (len + separator_len == 0) {
        lua_pushliteral(L, ""); /* the original would copy nothing n times */
        return 1;
    }
    if (n > 0)
        fl_lua_charge(L, (size_t)n * (len + separator_len));
    return call_original(L);
}

/* ---- patterns ---- */

/* Behind the pattern's item at p: a byte, an escape or a set. */
static const char *item_end(const char *p, const char *end)
{
    if (*p == '%' && p + 1 < end)
        return p + 2;
    if (*p != '[')
        return p + 1;
    p += p + 1 < end && p[1] == '^' ? 2 : 1;
    for (bool first = true; p < end && (*p != ']' || first); first = false)
        p += *p == '%' && p + 1 < end ? 2 : 1;
    return p < end ? p + 1 : end;
}

/* What looks at up to the whole text for each place: repeats, %b and %1. */
static unsigned count_repeats(const char *p, const char *end)
{
    unsigned repeats = 0;
    while (p < end) {
        if (*p == '%' && p + 1 < end && (p[1] == 'b' || (p[1] >= '0' && p[1] <= '9')))
            repeats++;
        p = item_end(p, end);
        if (p < end && memchr("*+-?", *p, 4) != NULL) {
            repeats++;
            p++;
        }
    }
    return repeats;
}

/* Repeats of a pattern multiply the work that matching may take. */
static int guarded_pattern(lua_State *L)
{
    size_t len, pattern_len;
    luaL_checklstring(L, 1, &len);
    const char *pattern = luaL_checklstring(L, 2, &pattern_len);
    bool plain = lua_tointeger(L, lua_upvalueindex(2)) && lua_toboolean(L, 4);
    unsigned repeats = plain ? 0 : count_repeats(pattern, pattern + pattern_len);
    double work = (double)len;
    for (unsigned i = 0; i < repeats && work <= PATTERN_WORK_MAX; i++)
        work *= (double)len;
    if (repeats > 0 && work > PATTERN_WORK_MAX)
        return luaL_error(L, "the pattern has too many repeats (%d) for a text of %d bytes", (int)repeats, (int)len);
    size_t replacement = lua_type(L, 3) == LUA_TSTRING ? lua_rawlen(L, 3) : 0;
    size_t turns = 1 + pattern_len / PATTERN_BYTES_AT_ONCE;
    work *= (double)turns;
    fl_lua_charge(L, len + pattern_len + replacement + (size_t)work / PATTERN_WORK_PER_BYTE);
    return call_original(L);
}

/* Behind its end, or an error, an iterator would go through all of the rest again each time that it is called.
 * Upvalues: it, and whether it ended. */
static int next_match(lua_State *L)
{
    bool ended = lua_toboolean(L, lua_upvalueindex(2));
    lua_settop(L, 0);
    if (ended)
        return 0;
    lua_pushboolean(L, true);
    lua_replace(L, lua_upvalueindex(2));
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_call(L, 0, LUA_MULTRET);
    if (lua_gettop(L) > 0) {
        lua_pushboolean(L, false);
        lua_replace(L, lua_upvalueindex(2));
    }
    return lua_gettop(L);
}

static int guarded_gmatch(lua_State *L)
{
    guarded_pattern(L);
    lua_pushboolean(L, false);
    lua_pushcclosure(L, next_match, 2);
    return 1;
}

/* ---- the rest ---- */

static int safe_format(lua_State *L)
{
    size_t len;
    const char *format = luaL_checklstring(L, 1, &len), *format_end = format + len;
    for (const char *p = format; (p = memchr(p, '%', (size_t)(format_end - p))) != NULL; p++) {
        if (p[1] == '%') {
            p++;
            continue;
        }
        const char *end = p + 1 + strspn(p + 1, "-+ #0123456789.");
        if (*end == 'p')
            return luaL_error(L, "%%p is not available in rules: addresses differ from run to run");
    }
    for (int i = 2; i <= lua_gettop(L); i++) {
        int type = lua_type(L, i);
        if (type == LUA_TTABLE || type == LUA_TFUNCTION || type == LUA_TLIGHTUSERDATA) {
            lua_pushstring(L, luaL_typename(L, i));
            lua_replace(L, i);
        }
        if (type == LUA_TSTRING)
            fl_lua_charge(L, lua_rawlen(L, i));
    }
    fl_lua_charge(L, len);
    return call_original(L);
}

/* insert and remove move up to the whole table; others copy or look at each argument. */
static int charged_table(lua_State *L)
{
    int count = lua_gettop(L);
    fl_lua_charge_values(L, count, VALUE_BYTES);
    if (lua_type(L, 1) == LUA_TTABLE && count > 1)
        fl_lua_charge_values(L, luaL_len(L, 1), VALUE_BYTES);
    return call_original(L);
}

static int charged_arguments(lua_State *L)
{
    fl_lua_charge(L, (size_t)lua_gettop(L) * VALUE_BYTES);
    return call_original(L);
}

static int charged_unpack(lua_State *L)
{
    lua_Integer from = luaL_optinteger(L, 2, 1), to = lua_isnoneornil(L, 3) ? luaL_len(L, 1) : luaL_checkinteger(L, 3);
    lua_Unsigned span = (lua_Unsigned)to - (lua_Unsigned)from; /* what overflows is refused by the function itself */
    if (to >= from && span < INT32_MAX)
        fl_lua_charge(L, ((size_t)span + 1) * VALUE_BYTES);
    return call_original(L);
}

static int charged_insert(lua_State *L)
{
    if (lua_gettop(L) > 2)
        return charged_table(L);
    return call_original(L);
}

static int safe_concat(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer from = luaL_optinteger(L, 3, 1), to = lua_isnoneornil(L, 4) ? luaL_len(L, 1) : luaL_checkinteger(L, 4);
    lua_Unsigned span = (lua_Unsigned)to - (lua_Unsigned)from;
    size_t separator_len = 0;
    luaL_optlstring(L, 2, "", &separator_len);
    if (to < from)
        return call_original(L);
    for (lua_Unsigned i = 0; i <= span; i++) {
        int type = lua_geti(L, 1, (lua_Integer)((lua_Unsigned)from + i));
        fl_lua_charge(L, VALUE_BYTES + separator_len + (type == LUA_TSTRING ? lua_rawlen(L, -1) : 0));
        lua_pop(L, 1);
        if (type != LUA_TSTRING && type != LUA_TNUMBER)
            break; /* an error that the function itself words */
    }
    return call_original(L);
}

/* ---- who is wrapped ---- */

/* library[key] becomes wrapper(original). The table is at -1. */
static void wrap(lua_State *L, const char *key, lua_CFunction wrapper, int flag)
{
    lua_getfield(L, -1, key);
    lua_pushinteger(L, flag);
    lua_pushcclosure(L, wrapper, 2);
    lua_setfield(L, -2, key);
}

void fl_lua_charge_base(lua_State *L)
{
    wrap(L, "select", charged_arguments, 0);
    wrap(L, "tonumber", charged, 0);
}

void fl_lua_charge_strings(lua_State *L)
{
    wrap(L, "rep", safe_rep, 0);
    wrap(L, "find", guarded_pattern, 1);
    wrap(L, "match", guarded_pattern, 0);
    wrap(L, "gmatch", guarded_gmatch, 0);
    wrap(L, "gsub", guarded_pattern, 0);
    wrap(L, "format", safe_format, 0);
    wrap(L, "lower", charged, 0);
    wrap(L, "upper", charged, 0);
    wrap(L, "reverse", charged, 0);
    wrap(L, "byte", charged_range, 0);
    wrap(L, "char", charged_arguments, 0);
}

void fl_lua_charge_tables(lua_State *L)
{
    wrap(L, "concat", safe_concat, 0);
    wrap(L, "insert", charged_insert, 0);
    wrap(L, "remove", charged_table, 0);
    wrap(L, "pack", charged_arguments, 0);
    wrap(L, "unpack", charged_unpack, 0);
}

void fl_lua_charge_math(lua_State *L)
{
    wrap(L, "max", charged_arguments, 0);
    wrap(L, "min", charged_arguments, 0);
}

void fl_lua_charge_utf8(lua_State *L)
{
    wrap(L, "char", charged_arguments, 0);
    wrap(L, "codepoint", charged_range, 0);
    wrap(L, "len", charged_range, 1);
    wrap(L, "offset", charged, 0); /* a run of continuation bytes is one character */
}
