/* library.c: the functions that rules may call. Whatever is not listed here does not exist for them. */
#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/str.h"
#include "core/lua/vm.h"

#define PATTERN_WORK_MAX 10000000.0
#define PATTERN_WORK_PER_BYTE 16 /* the bound is seldom met: charged at a discount */

static const struct {
    const char *name, *why;
} blocked[] = {
    {"io", "rules do not read or write files"},
    {"os", "rules have no clock and no system; times are in the record"},
    {"debug", "rules cannot look behind the sandbox"},
    {"load", "rules are plain text, loaded once"},
    {"loadstring", "rules are plain text, loaded once"},
    {"loadfile", "use require"},
    {"dofile", "use require"},
    {"package", "use require"},
    {"coroutine", "a rule is called once for each record or group"},
    {"next", "use pairs, which has an order"},
    {"setmetatable", "rules use plain tables"},
    {"getmetatable", "rules use plain tables"},
    {"rawset", "rules use plain tables"},
    {"rawget", "rules use plain tables"},
    {"rawequal", "use =="},
    {"rawlen", "use #"},
    {"collectgarbage", "memory is limited, not managed, by rules"},
    {"print", "return a message from on_flow or on_group"},
    {"warn", "return a message from on_flow or on_group"},
    {"xpcall", "use pcall"},
    {"_G", "global names are read-only"},
};

static int refuse(lua_State *L)
{
    return luaL_error(L, "%s is not available in rules: %s", lua_tostring(L, lua_upvalueindex(1)),
                      lua_tostring(L, lua_upvalueindex(2)));
}

static int refuse_change(lua_State *L)
{
    return luaL_error(L, "the library is read-only");
}

/* ---- text of values ---- */

static int safe_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    switch (lua_type(L, 1)) {
    case LUA_TNUMBER:
    case LUA_TSTRING:
    case LUA_TNIL:
    case LUA_TBOOLEAN:
        luaL_tolstring(L, 1, NULL);
        return 1;
    default:
        lua_pushstring(L, luaL_typename(L, 1)); /* addresses would differ from run to run */
        return 1;
    }
}

/* ---- order ---- */

/* Numbers ascending, then texts bytewise. */
static bool key_before(lua_State *L, int a, int b)
{
    bool x = lua_type(L, a) == LUA_TNUMBER, y = lua_type(L, b) == LUA_TNUMBER;
    if (x != y)
        return x;
    if (x)
        return lua_compare(L, a, b, LUA_OPLT);
    struct fl_str s, t;
    s.ptr = lua_tolstring(L, a, &s.len);
    t.ptr = lua_tolstring(L, b, &t.len);
    return fl_str_compare(s, t) < 0;
}

static bool value_before(lua_State *L, int list, int function, lua_Integer a, lua_Integer b)
{
    bool before;
    if (function == 0) {
        lua_geti(L, list, a);
        lua_geti(L, list, b);
        before = lua_compare(L, -2, -1, LUA_OPLT);
        lua_pop(L, 2);
        return before;
    }
    lua_pushvalue(L, function);
    lua_geti(L, list, a);
    lua_geti(L, list, b);
    lua_call(L, 2, 1);
    before = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return before;
}

/* Stable merge of list[low..middle] and list[middle + 1..high] through `spare`. */
static void merge(lua_State *L, int list, int spare, int function, bool keys, lua_Integer low, lua_Integer middle,
                  lua_Integer high)
{
    lua_Integer a = low, b = middle + 1;
    for (lua_Integer out = low; out <= high; out++) {
        bool take_right = a > middle;
        if (!take_right && b <= high) {
            if (keys) {
                lua_geti(L, list, b);
                lua_geti(L, list, a);
                take_right = key_before(L, lua_gettop(L) - 1, lua_gettop(L));
                lua_pop(L, 2);
            } else {
                take_right = value_before(L, list, function, b, a);
            }
        }
        lua_geti(L, list, take_right ? b++ : a++);
        lua_seti(L, spare, out);
    }
    for (lua_Integer i = low; i <= high; i++) {
        lua_geti(L, spare, i);
        lua_seti(L, list, i);
    }
}

static void merge_sort(lua_State *L, int list, int function, bool keys, lua_Integer count)
{
    luaL_checkstack(L, 8, "too many values to sort");
    lua_newtable(L);
    int spare = lua_gettop(L);
    for (lua_Integer width = 1; width < count; width *= 2) {
        fl_lua_charge(L, (size_t)count * 16);
        for (lua_Integer low = 1; low + width <= count; low += 2 * width) {
            lua_Integer high = low + 2 * width - 1;
            merge(L, list, spare, function, keys, low, low + width - 1, high < count ? high : count);
        }
    }
    lua_pop(L, 1);
}

static int sort(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer count = luaL_len(L, 1);
    bool function = !lua_isnoneornil(L, 2);
    if (function)
        luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_settop(L, 2);
    merge_sort(L, 1, function ? 2 : 0, false, count);
    return 0;
}

static int next_pair(lua_State *L)
{
    lua_Integer i = lua_tointeger(L, lua_upvalueindex(2)) + 1;
    lua_pushinteger(L, i);
    lua_replace(L, lua_upvalueindex(2));
    if (lua_geti(L, lua_upvalueindex(1), i) == LUA_TNIL)
        return 1;
    lua_pushvalue(L, -1);
    lua_gettable(L, lua_upvalueindex(3));
    return 2;
}

static int ordered_pairs(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    if (fl_lua_push_origin(L, 1))
        lua_replace(L, 1);
    lua_newtable(L);
    lua_Integer count = 0;
    lua_pushnil(L);
    while (lua_next(L, 1) != 0) {
        lua_pop(L, 1);
        int type = lua_type(L, -1);
        if (type != LUA_TNUMBER && type != LUA_TSTRING)
            return luaL_error(L, "pairs: keys must be numbers or texts, not %s", luaL_typename(L, -1));
        lua_pushvalue(L, -1);
        lua_seti(L, 2, ++count);
    }
    merge_sort(L, 2, 0, true, count);
    lua_pushinteger(L, 0);
    lua_pushvalue(L, 1);
    lua_pushcclosure(L, next_pair, 3);
    return 1;
}

/* ---- pcall ---- */

static int safe_pcall(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushboolean(L, 1);
    lua_insert(L, 1);
    int code = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0);
    if (code == LUA_OK)
        return lua_gettop(L);
    struct fl_lua_vm *vm = fl_lua_vm_of(L);
    if (code == LUA_ERRMEM && vm->overrun == NULL)
        fl_lua_note_memory(vm);
    if (vm->overrun != NULL)
        return lua_error(L);
    lua_pushboolean(L, 0);
    lua_insert(L, -2);
    return 2;
}

/* ---- text functions: charged by what they touch ---- */

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

static int safe_rep(lua_State *L)
{
    size_t len, separator_len = 0;
    luaL_checklstring(L, 1, &len);
    lua_Integer n = luaL_checkinteger(L, 2);
    luaL_optlstring(L, 3, "", &separator_len);
    if (n > 0 && 2 * (double)n * (double)(len + separator_len) > FL_LUA_MEMORY_BYTES) {
        fl_lua_vm_of(L)->overrun = "bytes";
        return luaL_error(L, "string.rep would make more than %d bytes", (int)(FL_LUA_MEMORY_BYTES / 2));
    }
    if (n > 0)
        fl_lua_charge(L, (size_t)n * (len + separator_len));
    return call_original(L);
}

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
    if (work > PATTERN_WORK_MAX)
        return luaL_error(L, "the pattern has too many repeats (%d) for a text of %d bytes", (int)repeats, (int)len);
    fl_lua_charge(L, len + pattern_len + (size_t)work / PATTERN_WORK_PER_BYTE);
    return call_original(L);
}

static int safe_format(lua_State *L)
{
    size_t len;
    const char *format = luaL_checklstring(L, 1, &len);
    for (const char *p = format; (p = strchr(p, '%')) != NULL; p++) {
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

/* insert, remove and unpack move up to the whole table; select copies its arguments. */
static int charged_table(lua_State *L)
{
    lua_Integer count = lua_gettop(L);
    if (lua_type(L, 1) == LUA_TTABLE && (count > 1 || lua_tointeger(L, lua_upvalueindex(2))))
        count += luaL_len(L, 1);
    fl_lua_charge(L, (size_t)(count > 0 ? count : 0) * 16);
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
    if (to >= from)
        fl_lua_charge(L, (size_t)(to - from) * 16);
    return call_original(L);
}

/* ---- require ---- */

static int require(lua_State *L)
{
    struct fl_lua_vm *vm = fl_lua_vm_of(L);
    const char *name = luaL_checkstring(L, 1);
    if (!vm->loading)
        return luaL_error(L, "require belongs to the beginning of a rule file");
    char error[256], chunk[64];
    size_t len;
    const char *path;
    const char *text = fl_lua_module_text(vm->rules, vm->lib_folder, vm->file, name, &path, &len, error, sizeof error);
    if (text == NULL)
        return luaL_error(L, "%s", error);
    lua_getfield(L, LUA_REGISTRYINDEX, "flowlaw.modules");
    if (lua_getfield(L, -1, path) != LUA_TNIL)
        return 1;
    if (len > 0 && text[0] == LUA_SIGNATURE[0])
        return luaL_error(L, "the module %s is compiled Lua; only text is read", name);
    fl_lua_chunk_name(path, chunk);
    if (luaL_loadbufferx(L, text, len, chunk, "t") != LUA_OK)
        return lua_error(L);
    lua_getfield(L, LUA_REGISTRYINDEX, "flowlaw.env");
    lua_setupvalue(L, -2, 1);
    lua_call(L, 0, 1);
    if (lua_isnil(L, -1))
        return luaL_error(L, "the module %s returns nothing", name);
    lua_getfield(L, LUA_REGISTRYINDEX, "flowlaw.modules");
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, path);
    lua_pop(L, 1);
    return 1;
}

/* ---- the table ---- */

/* Copies functions named in a list from the table on the top into the table below it. */
static void copy_names(lua_State *L, const char *const names[])
{
    for (; *names != NULL; names++) {
        lua_getfield(L, -1, *names);
        lua_setfield(L, -3, *names);
    }
}

/* library[key] becomes wrapper(original). The table is at -1. */
static void wrap(lua_State *L, const char *key, lua_CFunction wrapper, int flag)
{
    lua_getfield(L, -1, key);
    lua_pushinteger(L, flag);
    lua_pushcclosure(L, wrapper, 2);
    lua_setfield(L, -2, key);
}

static void push_part(lua_State *L, const char *name, lua_CFunction open, const char *const names[])
{
    lua_newtable(L);
    luaL_requiref(L, name, open, 0);
    copy_names(L, names);
    lua_pop(L, 1);
}

static void add_strings(lua_State *L)
{
    static const char *const names[] = {"byte", "char", "find", "format", "gmatch", "gsub", "len",
                                        "lower", "match", "rep", "reverse", "sub", "upper", NULL};
    push_part(L, "string", luaopen_string, names);
    wrap(L, "rep", safe_rep, 0);
    wrap(L, "find", guarded_pattern, 1);
    wrap(L, "match", guarded_pattern, 0);
    wrap(L, "gmatch", guarded_pattern, 0);
    wrap(L, "gsub", guarded_pattern, 0);
    wrap(L, "format", safe_format, 0);
    wrap(L, "lower", charged, 0);
    wrap(L, "upper", charged, 0);
    wrap(L, "reverse", charged, 0);
    wrap(L, "byte", charged, 0);
    lua_setfield(L, -2, "string");
}

static void add_parts(lua_State *L)
{
    static const char *const tables[] = {"concat", "insert", "remove", "unpack", "pack", NULL};
    static const char *const numbers[] = {"abs", "ceil", "floor", "max", "min", "tointeger", "type", "huge",
                                          "maxinteger", "mininteger", "ult", NULL};
    static const char *const characters[] = {"char", "codepoint", "len", "offset", "charpattern", NULL};
    push_part(L, "table", luaopen_table, tables);
    wrap(L, "concat", safe_concat, 0);
    wrap(L, "insert", charged_insert, 0);
    wrap(L, "remove", charged_table, 0);
    wrap(L, "unpack", charged_table, 1);
    lua_pushcfunction(L, sort);
    lua_setfield(L, -2, "sort");
    lua_setfield(L, -2, "table");
    push_part(L, "math", luaopen_math, numbers);
    lua_setfield(L, -2, "math");
    push_part(L, "utf8", luaopen_utf8, characters);
    lua_setfield(L, -2, "utf8");
}

static void add_blocked(lua_State *L)
{
    for (size_t i = 0; i < sizeof blocked / sizeof blocked[0]; i++) {
        lua_newtable(L);
        lua_newtable(L);
        lua_pushstring(L, blocked[i].name);
        lua_pushstring(L, blocked[i].why);
        lua_pushcclosure(L, refuse, 2);
        lua_pushvalue(L, -1);
        lua_setfield(L, -3, "__index");
        lua_setfield(L, -2, "__call");
        lua_pushcfunction(L, refuse_change);
        lua_setfield(L, -2, "__newindex");
        lua_setmetatable(L, -2);
        lua_setfield(L, -2, blocked[i].name);
    }
}

void fl_lua_push_library(lua_State *L)
{
    static const char *const base[] = {"assert", "error", "ipairs", "select", "tonumber", "type", NULL};
    push_part(L, "_G", luaopen_base, base);
    lua_pushcfunction(L, safe_tostring);
    lua_setfield(L, -2, "tostring");
    lua_pushcfunction(L, ordered_pairs);
    lua_setfield(L, -2, "pairs");
    lua_pushcfunction(L, safe_pcall);
    lua_setfield(L, -2, "pcall");
    lua_pushcfunction(L, require);
    lua_setfield(L, -2, "require");
    wrap(L, "select", charged_table, 0);
    wrap(L, "tonumber", charged, 0);
    add_strings(L);
    add_parts(L);
    add_blocked(L);
}

/* ---- read-only ---- */

static const struct {
    const char *name, *why;
} missing[] = {
    {"dump", "functions have no text"},
    {"random", "the same input must give the same findings"},
    {"randomseed", "the same input must give the same findings"},
    {"sqrt", "its last digit differs between machines"},
    {"sin", "its last digit differs between machines"},
    {"cos", "its last digit differs between machines"},
    {"tan", "its last digit differs between machines"},
    {"asin", "its last digit differs between machines"},
    {"acos", "its last digit differs between machines"},
    {"atan", "its last digit differs between machines"},
    {"exp", "its last digit differs between machines"},
    {"log", "its last digit differs between machines"},
};

/* Upvalues: the table, its name. */
static int library_index(lua_State *L)
{
    lua_settop(L, 2);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
        return 1;
    const char *part = lua_tostring(L, lua_upvalueindex(2)), *name = luaL_checkstring(L, 2);
    for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++)
        if (strcmp(missing[i].name, name) == 0)
            return luaL_error(L, "%s.%s is not available in rules: %s", part, name, missing[i].why);
    return luaL_error(L, "there is no %s.%s in rules", part, name);
}

/* The functions of the table on the top become known as the library's. The list is at `list`. */
static void note_functions(lua_State *L, int list)
{
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -1) != LUA_TFUNCTION)
            continue;
        lua_pushvalue(L, -1);
        lua_pushboolean(L, 1);
        lua_rawset(L, list);
    }
}

/* Library[name], a table, is replaced by one that only reads it. The library is on the top. */
static void seal_part(lua_State *L, const char *name, int list)
{
    lua_getfield(L, -1, name);
    note_functions(L, list);
    lua_newtable(L);
    lua_newtable(L);
    lua_pushvalue(L, -3);
    lua_pushstring(L, name);
    lua_pushcclosure(L, library_index, 2);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, refuse_change);
    lua_setfield(L, -2, "__newindex");
    lua_pushvalue(L, -1);
    lua_setmetatable(L, -3);
    if (strcmp(name, "string") == 0) { /* ("x"):rep() goes through it too */
        lua_pushliteral(L, "");
        lua_pushvalue(L, -2);
        lua_setmetatable(L, -2);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    lua_setfield(L, -3, name);
    lua_pop(L, 1);
}

void fl_lua_seal_library(lua_State *L)
{
    lua_newtable(L);
    int list = lua_gettop(L);
    lua_pushvalue(L, list - 1);
    note_functions(L, list);
    static const char *const parts[] = {"string", "table", "math", "utf8"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        seal_part(L, parts[i], list);
    lua_pop(L, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, "flowlaw.functions");
}

bool fl_lua_in_library(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "flowlaw.functions");
    lua_pushvalue(L, -2);
    bool known = lua_rawget(L, -2) != LUA_TNIL;
    lua_pop(L, 2);
    return known;
}
