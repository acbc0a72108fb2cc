/* constructors.c: what stands in rule{ ... }: parameters, measures, the inventory. */
#include <lauxlib.h>

#include "core/lua/declare.h"
#include "core/lua/library.h"
#include "core/measure/measure.h"

/* Text of the default; numbers and flags as they are written in expressions. */
static void push_operand(lua_State *L)
{
    luaL_Buffer out;
    int type = lua_type(L, 1);
    if (type != LUA_TTABLE) {
        if (type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TBOOLEAN)
            luaL_error(L, "a parameter's default is a text, a number, a flag or a list of them");
        luaL_tolstring(L, 1, NULL);
        return;
    }
    lua_Integer count = luaL_len(L, 1);
    luaL_buffinit(L, &out);
    luaL_addchar(&out, '{');
    for (lua_Integer i = 1; i <= count; i++) {
        if (i > 1)
            luaL_addstring(&out, ", ");
        lua_geti(L, 1, i);
        luaL_tolstring(L, -1, NULL);
        lua_remove(L, -2);
        luaL_addvalue(&out);
    }
    luaL_addchar(&out, '}');
    luaL_pushresult(&out);
}

/* network "db", number(8, "what it is for") -> { _param = type, value = text, what = text } */
static int make_param(lua_State *L)
{
    luaL_checkany(L, 1);
    if (lua_gettop(L) > 2 || (!lua_isnoneornil(L, 2) && lua_type(L, 2) != LUA_TSTRING))
        return luaL_error(L, "a parameter takes (default, what?): its default and a text that says what it is for");
    lua_settop(L, 2);
    push_operand(L);
    lua_createtable(L, 0, 3);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_setfield(L, -2, "_param");
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, "value");
    if (lua_type(L, 2) == LUA_TSTRING) {
        lua_pushvalue(L, 2);
        lua_setfield(L, -2, "what");
    }
    return 1;
}

/* distinct "server_port" -> { _measure = "distinct", _given = 1, arguments... }. Any of them may be nil. */
static int make_measure(lua_State *L)
{
    int count = lua_gettop(L);
    lua_createtable(L, count, 2);
    for (int i = 1; i <= count; i++) {
        lua_pushvalue(L, i);
        lua_seti(L, -2, i);
    }
    lua_pushinteger(L, count);
    lua_setfield(L, -2, "_given");
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_setfield(L, -2, "_measure");
    return 1;
}

static int no_such_list(lua_State *L)
{
    return luaL_error(L, "inventory has no %s; write inventory.interfaces or inventory.addresses",
                      luaL_tolstring(L, 2, NULL));
}

/* inventory.interfaces is the text that stands for it. */
static void add_inventory(lua_State *L)
{
    lua_newtable(L);
    lua_pushliteral(L, "inventory.interfaces");
    lua_setfield(L, -2, "interfaces");
    lua_pushliteral(L, "inventory.addresses");
    lua_setfield(L, -2, "addresses");
    lua_newtable(L);
    lua_pushcfunction(L, no_such_list);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_setfield(L, -2, "inventory");
}

void fl_lua_add_constructors(lua_State *L)
{
    const char *name;
    for (int type = 0; (name = fl_param_type_name((enum fl_param_type)type)) != NULL; type++) {
        lua_pushinteger(L, type);
        lua_pushcclosure(L, make_param, 1);
        lua_setfield(L, -2, name);
    }
    for (uint32_t m = 0; m < FL_MEASURE_COUNT; m++) {
        if (fl_measures[m].args == NULL)
            continue;
        lua_pushstring(L, fl_measures[m].name);
        lua_pushcclosure(L, make_measure, 1);
        lua_setfield(L, -2, fl_measures[m].name);
    }
    add_inventory(L);
    static const luaL_Reg functions[] = {{"rule", fl_lua_declare_rule},
                                         {"test", fl_lua_begin_test},
                                         {"flows", fl_lua_make_flows},
                                         {"file", fl_lua_make_file},
                                         {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
