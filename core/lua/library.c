/* library.c: the functions that rules may call. Whatever is not listed here does not exist for them.
 *
 * What a function touches is taken from the budget: charge.c before it runs, and the allocator for each text of
 * 1 KiB and more that anything makes (sub, rep, gsub, concat, `..`, error). Constant work, so free: assert error
 * ipairs type tostring, string.len, of math all but max and min, utf8.charpattern, insert at the end. pcall, for its
 * own part, moves its arguments, which the caller's instructions and memory bound.
 *
 * What the VM does within one instruction tells nobody. `==`, `<` and `<=` of texts and looking up a key touch at most
 * the shorter text's bytes: no text is longer than FL_LUA_TEXT_BYTES_MAX, and an instruction costs the more the longer
 * the longest text is that the code may hold. Not charged are copying `...`, at most the values that the stack holds
 * within the memory limit; # of a table, by halving; and what gsub copied before its replacement function raised.
 */
#include <lauxlib.h>
#include <lualib.h>

#include "core/lua/library.h"
#include "core/lua/vm.h"

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
    if (vm->overrun != NULL || vm->looping) /* a loop answers for calls that raise nothing */
        return lua_error(L);
    lua_pushboolean(L, 0);
    lua_insert(L, -2);
    return 2;
}

/* ---- require ---- */

static void note_module(lua_State *L, const char *text, size_t len)
{
    struct fl_lua_vm *vm = fl_lua_vm_of(L);
    struct fl_rule_module *module = fl_arena_alloc(fl_lua_rules_arena(vm->rules), sizeof *module);
    if (module == NULL)
        luaL_error(L, "out of memory");
    *module = (struct fl_rule_module){{text, len}, vm->decl->modules};
    vm->decl->modules = module;
}

/* Pushes the module's chunk. It is compiled once for all rules, and reads the globals of the rule that loads. */
static void push_chunk(lua_State *L, const char *path, const char *name, struct fl_str text)
{
    struct fl_lua_vm *vm = fl_lua_vm_of(L);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, "flowlaw.chunks");
    if (lua_getfield(L, -1, path) == LUA_TNIL) {
        fl_lua_refuse_env(L, name, text);
        size_t longest = vm->longest_text;
        vm->longest_text = 0;
        int code = luaL_loadbufferx(L, text.ptr, text.len, name, "t");
        bool long_texts = vm->longest_text > 0;
        if (longest > vm->longest_text)
            vm->longest_text = longest;
        if (code != LUA_OK)
            lua_error(L);
        /* Long texts are taken from the budget of each rule that has them made. */
        if (!long_texts) {
            lua_pushvalue(L, -1);
            lua_setfield(L, -4, path);
        }
    }
    /* A variable of its own for the globals: what another rule's functions read through must stay theirs. */
    if (luaL_loadbufferx(L, "", 0, name, "t") != LUA_OK)
        lua_error(L);
    lua_getfield(L, LUA_REGISTRYINDEX, "flowlaw.env");
    lua_setupvalue(L, -2, 1);
    lua_upvaluejoin(L, -2, 1, -1, 1);
    lua_pop(L, 1);
}

/* What looking for a module's file is charged: a rule may catch the error and ask again. */
enum { LOOKUP_CHARGE_BYTES = 16384 };

static int require(lua_State *L)
{
    struct fl_lua_vm *vm = fl_lua_vm_of(L);
    const char *name = luaL_checkstring(L, 1);
    fl_lua_charge(L, LOOKUP_CHARGE_BYTES);
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
    if (vm->errors != NULL) /* the first time that the file is loaded */
        note_module(L, text, len);
    fl_lua_charge(L, len * FL_LUA_BYTES_PER_STEP); /* compiled already or not, which must not matter */
    fl_lua_chunk_name(path, chunk);
    push_chunk(L, path, chunk, (struct fl_str){text, len});
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

/* room: how many members it will have, about. */
static void push_part(lua_State *L, const char *name, lua_CFunction open, const char *const names[], int room)
{
    lua_createtable(L, 0, room);
    luaL_requiref(L, name, open, 0);
    copy_names(L, names);
    lua_pop(L, 1);
}

static void add_strings(lua_State *L)
{
    static const char *const names[] = {"byte",  "char",  "find", "format",  "gmatch", "gsub",  "len",
                                        "lower", "match", "rep",  "reverse", "sub",    "upper", NULL};
    push_part(L, "string", luaopen_string, names, 16);
    fl_lua_charge_strings(L);
    lua_setfield(L, -2, "string");
}

static void add_parts(lua_State *L)
{
    static const char *const tables[] = {"concat", "insert", "remove", "unpack", "pack", NULL};
    static const char *const numbers[] = {"abs",  "ceil", "floor",      "max",        "min", "tointeger",
                                          "type", "huge", "maxinteger", "mininteger", "ult", NULL};
    static const char *const characters[] = {"char", "codepoint", "len", "offset", "charpattern", NULL};
    push_part(L, "table", luaopen_table, tables, 8);
    fl_lua_charge_tables(L);
    lua_pushcfunction(L, fl_lua_sort);
    lua_setfield(L, -2, "sort");
    lua_setfield(L, -2, "table");
    push_part(L, "math", luaopen_math, numbers, 16);
    fl_lua_charge_math(L);
    lua_setfield(L, -2, "math");
    push_part(L, "utf8", luaopen_utf8, characters, 8);
    fl_lua_charge_utf8(L);
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
        lua_pushcfunction(L, fl_lua_refuse_change);
        lua_setfield(L, -2, "__newindex");
        lua_setmetatable(L, -2);
        lua_setfield(L, -2, blocked[i].name);
    }
}

void fl_lua_push_library(lua_State *L)
{
    static const char *const base[] = {"assert", "error", "ipairs", "select", "tonumber", "type", NULL};
    push_part(L, "_G", luaopen_base, base, 80);
    lua_pushcfunction(L, safe_tostring);
    lua_setfield(L, -2, "tostring");
    lua_pushcfunction(L, fl_lua_pairs);
    lua_setfield(L, -2, "pairs");
    lua_pushcfunction(L, safe_pcall);
    lua_setfield(L, -2, "pcall");
    lua_pushcfunction(L, require);
    lua_setfield(L, -2, "require");
    fl_lua_charge_base(L);
    add_strings(L);
    add_parts(L);
    add_blocked(L);
}
