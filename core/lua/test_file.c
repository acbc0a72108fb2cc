#include "core/lua/test_file.h"

#include <lauxlib.h>
#include <stdlib.h>

#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/lua/library.h"
#include "core/lua/vm.h"

#define DEPTH_MAX        16
#define CHARGE_PER_DATUM 64
#define LINE_KEY         "\1line" /* no key that a rule would write */
#define FILE_KEY         "\1file"

static void *need(lua_State *L, void *block)
{
    if (block == NULL)
        luaL_error(L, "out of memory");
    return block;
}

static uint32_t current_line(lua_State *L)
{
    lua_Debug ar;
    if (lua_getstack(L, 1, &ar) && lua_getinfo(L, "l", &ar) && ar.currentline > 0)
        return (uint32_t)ar.currentline;
    return 0;
}

static struct fl_str copy_text(lua_State *L, int index)
{
    size_t len;
    const char *text = lua_tolstring(L, index, &len);
    fl_lua_charge(L, len);
    return (struct fl_str){need(L, fl_arena_strndup(fl_lua_arena_of(L), text, len)), len};
}

/* As Lua prints it. */
static struct fl_str printed(lua_State *L, int index)
{
    luaL_tolstring(L, index, NULL);
    struct fl_str text = copy_text(L, -1);
    lua_pop(L, 1);
    return text;
}

static const struct fl_datum *copy_value(lua_State *L, int index, unsigned depth);

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Members by name, in byte order. */
static void copy_members(lua_State *L, int index, struct fl_datum *d, unsigned depth)
{
    uint32_t count = 0;
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1))
        count += lua_type(L, -2) == LUA_TSTRING;
    d->names = need(L, fl_arena_alloc(fl_lua_arena_of(L), ((size_t)count + 1) * sizeof *d->names));
    d->members = need(L, fl_arena_alloc(fl_lua_arena_of(L), ((size_t)count + 1) * sizeof *d->members));
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) == LUA_TNUMBER && lua_isinteger(L, -2) && lua_tointeger(L, -2) >= 1 &&
            lua_tointeger(L, -2) <= (lua_Integer)d->item_count)
            continue;
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "a table of a test holds names and lists without gaps");
        if (lua_tostring(L, -2)[0] != LINE_KEY[0])
            d->names[d->member_count++] = copy_text(L, -2).ptr;
    }
    if (d->member_count > 1)
        qsort(d->names, d->member_count, sizeof *d->names, compare_names);
    for (uint32_t i = 0; i < d->member_count; i++) {
        lua_getfield(L, index, d->names[i]);
        d->members[i] = copy_value(L, lua_gettop(L), depth + 1);
        lua_pop(L, 1);
    }
}

static void copy_table(lua_State *L, int index, struct fl_datum *d, unsigned depth)
{
    luaL_checkstack(L, 8, NULL);
    d->kind = FL_DATUM_TABLE;
    if (lua_getfield(L, index, LINE_KEY) == LUA_TNUMBER) {
        d->kind = FL_DATUM_FLOWS;
        d->line = (uint32_t)lua_tointeger(L, -1);
    }
    lua_pop(L, 1);
    if (lua_getfield(L, index, FILE_KEY) == LUA_TSTRING) {
        d->kind = FL_DATUM_FILE;
        d->text = copy_text(L, -1);
    }
    lua_pop(L, 1);
    lua_Unsigned count = lua_rawlen(L, index);
    fl_lua_charge_values(L, (lua_Integer)count, CHARGE_PER_DATUM);
    d->items = need(L, fl_arena_alloc(fl_lua_arena_of(L), ((size_t)count + 1) * sizeof *d->items));
    for (; d->item_count < count; d->item_count++) {
        lua_rawgeti(L, index, (lua_Integer)d->item_count + 1);
        d->items[d->item_count] = copy_value(L, lua_gettop(L), depth + 1);
        lua_pop(L, 1);
    }
    copy_members(L, index, d, depth);
}

static const struct fl_datum *copy_value(lua_State *L, int index, unsigned depth)
{
    fl_lua_charge(L, CHARGE_PER_DATUM);
    struct fl_datum *d = need(L, fl_arena_alloc(fl_lua_arena_of(L), sizeof *d));
    if (depth > DEPTH_MAX)
        luaL_error(L, "a test nests at most %d tables", DEPTH_MAX);
    switch (lua_type(L, index)) {
    case LUA_TBOOLEAN:
        d->kind = FL_DATUM_FLAG;
        d->flag = lua_toboolean(L, index);
        d->text = printed(L, index);
        break;
    case LUA_TNUMBER:
        d->kind = FL_DATUM_NUMBER;
        d->whole = lua_isinteger(L, index);
        d->number = d->whole ? lua_tointeger(L, index) : 0;
        d->text = printed(L, index);
        break;
    case LUA_TSTRING:
        d->kind = FL_DATUM_TEXT;
        d->text = copy_text(L, index);
        break;
    case LUA_TTABLE:
        copy_table(L, index, d, depth);
        break;
    default:
        luaL_error(L, "a test holds texts, numbers, flags and tables, not a %s", luaL_typename(L, index));
    }
    return d;
}

/* ---- what files call ---- */

/* The table behind test "name". Its name is upvalue 1. */
static int take_test(lua_State *L)
{
    struct fl_lua_vm *vm = fl_lua_vm_of(L);
    if (vm->tests == NULL)
        return 0;
    if (lua_type(L, 1) != LUA_TTABLE)
        return luaL_error(L, "a test is written test \"name\" { flows = ..., expect = ... }");
    if (vm->tests->count >= FL_TESTS_PER_FILE_MAX)
        return luaL_error(L, "a file holds at most %d tests", (int)FL_TESTS_PER_FILE_MAX);
    struct fl_rule_test test = {.name = copy_text(L, lua_upvalueindex(1)).ptr, .line = current_line(L)};
    lua_settop(L, 1);
    test.body = copy_value(L, 1, 0);
    if (!fl_grow((void **)&vm->tests->items, &vm->tests->capacity, vm->tests->count + 1, sizeof test))
        return luaL_error(L, "out of memory");
    vm->tests->items[vm->tests->count++] = test;
    return 0;
}

static void need_loading(lua_State *L, const char *what)
{
    if (!fl_lua_vm_of(L)->loading)
        luaL_error(L, "%s belongs to the top of a rule file", what);
}

int fl_lua_begin_test(lua_State *L)
{
    need_loading(L, "test");
    luaL_checktype(L, 1, LUA_TSTRING);
    lua_settop(L, 1);
    lua_pushcclosure(L, take_test, 1);
    return 1;
}

int fl_lua_make_flows(lua_State *L)
{
    need_loading(L, "flows");
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_pushinteger(L, current_line(L));
    lua_setfield(L, 1, LINE_KEY);
    return 1;
}

int fl_lua_make_file(lua_State *L)
{
    need_loading(L, "file");
    luaL_checktype(L, 1, LUA_TSTRING);
    lua_settop(L, 1);
    lua_newtable(L);
    lua_pushinteger(L, current_line(L));
    lua_setfield(L, -2, LINE_KEY);
    lua_pushvalue(L, 1);
    lua_setfield(L, -2, FILE_KEY);
    return 1;
}

/* ---- */

void fl_rule_tests_dispose(struct fl_rule_tests *tests)
{
    fl_free(tests->items);
    *tests = (struct fl_rule_tests){0};
}

const struct fl_datum *fl_datum_get(const struct fl_datum *table, const char *name)
{
    for (uint32_t i = 0; i < table->member_count; i++)
        if (strcmp(table->names[i], name) == 0)
            return table->members[i];
    return NULL;
}
