/* seal.c: makes the library read-only, and knows its functions again. */
#include <lauxlib.h>
#include <string.h>

#include "core/lua/library.h"
#include "core/lua/vm.h"

int fl_lua_refuse_change(lua_State *L)
{
    return luaL_error(L, "the library is read-only");
}

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

/* Upvalue: the name of the part. */
static int missing_function(lua_State *L)
{
    const char *part = lua_tostring(L, lua_upvalueindex(1)), *name = luaL_checkstring(L, 2);
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
    lua_pushstring(L, name);
    lua_pushcclosure(L, missing_function, 1);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_newtable(L);
    lua_newtable(L);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, fl_lua_refuse_change);
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
    lua_createtable(L, 0, 96);
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
