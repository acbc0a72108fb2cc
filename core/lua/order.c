/* order.c: pairs and table.sort, whose order depends on nothing but the keys and values. */
#include <lauxlib.h>

#include "core/base/str.h"
#include "core/lua/library.h"
#include "core/lua/vm.h"

/* Texts on the top two places may be equal up to the end of the shorter one. */
static void charge_comparison(lua_State *L)
{
    if (lua_type(L, -1) == LUA_TSTRING && lua_type(L, -2) == LUA_TSTRING) {
        size_t a = lua_rawlen(L, -1), b = lua_rawlen(L, -2);
        fl_lua_charge(L, a < b ? a : b);
    }
}

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
        charge_comparison(L);
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
                charge_comparison(L);
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
        fl_lua_charge_values(L, count, 16);
        for (lua_Integer low = 1; low + width <= count; low += 2 * width) {
            lua_Integer high = low + 2 * width - 1;
            merge(L, list, spare, function, keys, low, low + width - 1, high < count ? high : count);
        }
    }
    lua_pop(L, 1);
}

int fl_lua_sort(lua_State *L)
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

int fl_lua_pairs(lua_State *L)
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
            return luaL_error(L, "pairs: keys must be numbers or texts");
        lua_pushvalue(L, -1);
        lua_seti(L, 2, ++count);
    }
    merge_sort(L, 2, 0, true, count);
    lua_pushinteger(L, 0);
    lua_pushvalue(L, 1);
    lua_pushcclosure(L, next_pair, 3);
    return 1;
}
