/* freeze.c: what a rule's code reaches between calls, by upvalues and global names, cannot be changed by it.
 *
 * Tables become empty tables that read through to what they stand for and refuse writes. Scalars in upvalues cannot be
 * guarded; they are compared after every call.
 */
#include <lauxlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/lua/vm.h"

static const char origin_key;

bool fl_lua_push_origin(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    if (!lua_getmetatable(L, index))
        return false;
    bool frozen = lua_rawgetp(L, -1, &origin_key) == LUA_TTABLE;
    lua_remove(L, -2);
    if (!frozen)
        lua_pop(L, 1);
    return frozen;
}

static int refuse_write(lua_State *L)
{
    return luaL_error(L, "this table is read-only after load: state lives in measures, not in tables");
}

static int origin_length(lua_State *L)
{
    lua_pushinteger(L, fl_lua_push_origin(L, 1) ? luaL_len(L, -1) : 0);
    return 1;
}

static void freeze_value(lua_State *L, int seen, struct fl_lua_vm *vm, struct fl_lua_rule_code *code);

/* Replaces the table on the top by a frozen one. */
static void freeze_table(lua_State *L, int seen, struct fl_lua_vm *vm, struct fl_lua_rule_code *code)
{
    if (fl_lua_push_origin(L, -1)) {
        lua_pop(L, 1);
        return;
    }
    int origin = lua_gettop(L);
    lua_newtable(L); /* stands for it from now on */
    int proxy = lua_gettop(L);
    lua_pushvalue(L, origin);
    lua_pushvalue(L, proxy);
    lua_rawset(L, seen);
    lua_newtable(L);
    lua_pushvalue(L, origin);
    lua_setfield(L, -2, "__index");
    lua_pushvalue(L, origin);
    lua_rawsetp(L, -2, &origin_key);
    lua_pushcfunction(L, refuse_write);
    lua_setfield(L, -2, "__newindex");
    lua_pushcfunction(L, origin_length);
    lua_setfield(L, -2, "__len");
    lua_setmetatable(L, proxy);
    lua_pushnil(L);
    while (lua_next(L, origin) != 0) {
        freeze_value(L, seen, vm, code);
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, origin); /* an existing key: the walk goes on */
    }
    lua_remove(L, origin);
}

static void note_upvalue(lua_State *L, struct fl_lua_vm *vm, struct fl_lua_rule_code *code, int function, int index)
{
    if (!fl_grow((void **)&code->upvalues, &code->upvalue_capacity, code->upvalue_count + 1, sizeof *code->upvalues)) {
        vm->exhausted = true;
        fl_lua_note_memory(vm);
        luaL_error(L, "out of memory");
    }
    struct fl_lua_upvalue *u = &code->upvalues[code->upvalue_count++];
    u->value = luaL_ref(L, LUA_REGISTRYINDEX); /* the value on the top */
    lua_pushvalue(L, function);
    u->function = luaL_ref(L, LUA_REGISTRYINDEX);
    u->index = index;
}

static void freeze_function(lua_State *L, int seen, struct fl_lua_vm *vm, struct fl_lua_rule_code *code)
{
    int function = lua_gettop(L);
    lua_pushvalue(L, function);
    lua_pushboolean(L, 1);
    lua_rawset(L, seen);
    if (lua_iscfunction(L, function) && lua_getupvalue(L, function, 1) != NULL) {
        lua_settop(L, function);
        if (!fl_lua_in_library(L))
            luaL_error(L, "an iterator cannot be kept between calls: make it where it is used");
    }
    if (lua_iscfunction(L, function))
        return;
    const char *name;
    for (int i = 1; (name = lua_getupvalue(L, function, i)) != NULL; i++) {
        if (strcmp(name, "_ENV") == 0) {
            lua_pop(L, 1);
            continue;
        }
        freeze_value(L, seen, vm, code);
        lua_pushvalue(L, -1);
        lua_setupvalue(L, function, i);
        note_upvalue(L, vm, code, function, i);
    }
}

/* Freezes the value on the top; a table there is replaced. */
static void freeze_value(lua_State *L, int seen, struct fl_lua_vm *vm, struct fl_lua_rule_code *code)
{
    luaL_checkstack(L, 16, "nested too deeply");
    int type = lua_type(L, -1);
    if (type != LUA_TTABLE && type != LUA_TFUNCTION)
        return;
    code->functions += type == LUA_TFUNCTION && !lua_iscfunction(L, -1);
    lua_pushvalue(L, -1);
    int known = lua_rawget(L, seen);
    if (known == LUA_TTABLE) {
        lua_remove(L, -2);
        return;
    }
    lua_pop(L, 1);
    if (known != LUA_TNIL)
        return;
    if (type == LUA_TTABLE)
        freeze_table(L, seen, vm, code);
    else
        freeze_function(L, seen, vm, code);
}

/* One walk for all of them, so that what two reach stays one table. */
void fl_lua_freeze(struct fl_lua_vm *vm, struct fl_lua_rule_code *code, int globals, const int functions[], int count)
{
    lua_State *L = vm->L;
    lua_newtable(L);
    int seen = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, globals) != 0;) {
        freeze_value(L, seen, vm, code);
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, globals); /* an existing key: the walk goes on */
    }
    for (int i = 0; i < count; i++) {
        if (functions[i] == LUA_NOREF)
            continue;
        lua_rawgeti(L, LUA_REGISTRYINDEX, functions[i]);
        freeze_value(L, seen, vm, code);
        lua_pop(L, 1);
        if (i == 0)
            code->on_flow_alone = code->functions == 1;
    }
    lua_settop(L, seen - 1);
}

/* 1 and 1.0 are equal to Lua, but read differently; what is no number is not equal to itself. */
static bool is_same(lua_State *L, int a, int b)
{
    if (lua_type(L, a) != LUA_TNUMBER || lua_type(L, b) != LUA_TNUMBER || lua_isinteger(L, a) || lua_isinteger(L, b))
        return lua_rawequal(L, a, b) && lua_isinteger(L, a) == lua_isinteger(L, b);
    lua_Number x = lua_tonumber(L, a), y = lua_tonumber(L, b);
    uint64_t x_bits, y_bits;
    memcpy(&x_bits, &x, sizeof x);
    memcpy(&y_bits, &y, sizeof y);
    return x_bits == y_bits;
}

bool fl_lua_upvalues_unchanged(struct fl_lua_vm *vm, const struct fl_lua_rule_code *code)
{
    lua_State *L = vm->L;
    bool same = true;
    for (uint32_t i = 0; i < code->upvalue_count && same; i++) {
        const struct fl_lua_upvalue *u = &code->upvalues[i];
        lua_rawgeti(L, LUA_REGISTRYINDEX, u->function);
        lua_getupvalue(L, -1, u->index);
        lua_rawgeti(L, LUA_REGISTRYINDEX, u->value);
        same = is_same(L, -1, -2);
        lua_pop(L, 3);
    }
    return same;
}
