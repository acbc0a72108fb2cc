/* cursor.c: the flow and the group that code of a rule reads, and the calls that it is read in.
 *
 * Code holds a handle: a light userdata that is a number, not an address, and costs no memory. It says which call of
 * this VM it was made for; the row or group itself stands in the VM. A handle of another call reads nothing.
 */
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/lua/vm.h"

#define LIST_ITEM_BYTES 64

static void push_number(lua_State *L, __int128 i)
{
    if (i >= INT64_MIN && i <= INT64_MAX)
        lua_pushinteger(L, (lua_Integer)i);
    else
        lua_pushnumber(L, (lua_Number)i);
}

/* __index of a table of members: those that are null are not in it. */
static int missing_member(lua_State *L)
{
    const char *const *names = lua_touserdata(L, lua_upvalueindex(1));
    uint32_t count = (uint32_t)lua_tointeger(L, lua_upvalueindex(2));
    struct fl_str_guess guess = {NULL, 99};
    size_t len;
    const char *name = luaL_tolstring(L, 2, &len);
    fl_lua_charge(L, len);
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0)
            return 0;
        fl_str_guess_try(&guess, (struct fl_str){name, len}, names[i]);
    }
    if (guess.best != NULL)
        return luaL_error(L, "the measure has no member \"%s\"; did you mean \"%s\"?", name, guess.best);
    luaL_Buffer all;
    luaL_buffinit(L, &all);
    for (uint32_t i = 0; i < count; i++) {
        luaL_addchar(&all, ' ');
        luaL_addstring(&all, names[i]);
    }
    luaL_pushresult(&all);
    return luaL_error(L, "the measure has no member \"%s\", but%s", name, lua_tostring(L, -1));
}

static void push_value(lua_State *L, const struct fl_value *value);

/* { mean = 300000, ... }, as conditions and texts name them. */
static void push_members(lua_State *L, const struct fl_value *value)
{
    lua_createtable(L, 0, (int)value->list.count);
    for (uint32_t i = 0; i < value->list.count; i++) {
        push_value(L, &value->list.items[i]);
        lua_setfield(L, -2, value->list.names[i]);
    }
    lua_createtable(L, 0, 1);
    lua_pushlightuserdata(L, (void *)value->list.names);
    lua_pushinteger(L, (lua_Integer)value->list.count);
    lua_pushcclosure(L, missing_member, 2);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
}

static void push_value(lua_State *L, const struct fl_value *value)
{
    char text[FL_INT128_TEXT_BYTES + 16];
    switch (value->type) {
    case FL_T_NULL:
        lua_pushnil(L);
        return;
    case FL_T_BOOL:
        lua_pushboolean(L, value->i != 0);
        return;
    case FL_T_STR:
        lua_pushlstring(L, value->str.ptr, value->str.len);
        return;
    case FL_T_ADDR:
        lua_pushlstring(L, text, fl_addr_format(value->addr, text));
        return;
    case FL_T_SERVICE:
        lua_pushlstring(L, text, fl_service_format((int64_t)value->i, text));
        return;
    case FL_T_RATIO:
        lua_pushlstring(L, text, fl_ratio_format(value->ratio, text));
        lua_stringtonumber(L, lua_tostring(L, -1));
        lua_remove(L, -2);
        return;
    case FL_T_LIST: {
        uint32_t step = value->list.weighted ? 2 : 1;
        fl_lua_charge(L, (size_t)value->list.count * LIST_ITEM_BYTES); /* each reading makes the list anew */
        if (value->list.names != NULL) {
            push_members(L, value);
            return;
        }
        lua_createtable(L, (int)value->list.count, 0);
        for (uint32_t i = 0; i < value->list.count; i++) {
            push_value(L, &value->list.items[i * step]);
            lua_seti(L, -2, (lua_Integer)i + 1);
        }
        return;
    }
    default:
        if (fl_type_is_enum(value->type))
            lua_pushstring(L, fl_enum_text(value->type, (uint32_t)value->i));
        else
            push_number(L, value->i);
    }
}

void fl_lua_push_cell(lua_State *L, const struct fl_batch *batch, uint32_t field, uint32_t row)
{
    const struct fl_column *c = &batch->columns[field];
    enum fl_type type = fl_fields[field].type;
    bool is_count = type == FL_T_U8 || type == FL_T_PORT || type == FL_T_INT || type == FL_T_TIME;
    struct fl_value value;
    if (is_count && fl_column_null(c, row)) {
        lua_pushnil(L);
    } else if (is_count) {
        enum fl_storage storage = fl_fields[field].storage;
        lua_pushinteger(L, storage == FL_S_U8 ? c->u8[row] : storage == FL_S_U16 ? c->u16[row] : c->i64[row]);
    } else {
        fl_batch_value(batch, field, row, &value);
        push_value(L, &value);
    }
}

static int refuse_field(lua_State *L, const char *name)
{
    if (fl_field_find(fl_str_of(name)) == FL_FIELD_NONE)
        return luaL_error(L, "a flow has no field \"%s\"", name);
    return luaL_error(L, "the rule does not declare the field \"%s\": add it to fields = { ... }", name);
}

/* The key of an access, which is free while it is short. */
static const char *take_key(lua_State *L, size_t *len)
{
    const char *name = luaL_checklstring(L, 2, len);
    if (*len >= FL_LUA_BYTES_PER_STEP)
        fl_lua_charge(L, *len);
    return name;
}

int fl_lua_index_flow(lua_State *L)
{
    struct fl_lua_vm *vm = fl_lua_vm_of(L);
    size_t len;
    const char *name = take_key(L, &len);
    uint32_t i = 0, count = vm->at_decl->fields.count;
    while (i < count && (vm->fields[i].len != len || memcmp(vm->fields[i].name, name, len) != 0))
        i++;
    if (i == count)
        return refuse_field(L, name);
    if (vm->row_values != NULL)
        push_value(L, &vm->row_values[i]);
    else
        fl_lua_push_cell(L, vm->batch, vm->fields[i].field, vm->row);
    return 1;
}

static int group_index(lua_State *L, struct fl_lua_vm *vm)
{
    size_t len;
    const char *name = take_key(L, &len);
    const struct fl_group_view *view = vm->view;
    for (uint32_t k = 0; k < vm->names->key_count; k++) {
        if (strcmp(vm->names->keys[k], name) == 0) {
            push_value(L, &view->keys[k]);
            return 1;
        }
    }
    for (uint32_t m = 0; m < vm->names->measure_count; m++) {
        if (strcmp(vm->names->measures[m], name) == 0) {
            push_value(L, &view->measures[m]);
            return 1;
        }
    }
    if (strcmp(name, "flows") == 0)
        push_number(L, view->counters.flows);
    else if (strcmp(name, "packets") == 0)
        push_number(L, view->counters.packets);
    else if (strcmp(name, "bytes") == 0)
        push_number(L, view->counters.bytes);
    else if (strcmp(name, "first_seen") == 0)
        push_number(L, view->counters.first_ms);
    else if (strcmp(name, "last_seen") == 0)
        push_number(L, view->counters.last_ms);
    else if (strcmp(name, "window_start") == 0 || strcmp(name, "window_end") == 0) {
        int64_t ms = name[7] == 's' ? view->window_start_ms : view->window_end_ms;
        if (ms == INT64_MIN)
            lua_pushnil(L);
        else
            lua_pushinteger(L, ms);
    } else if (strcmp(name, "logged") == 0 || strcmp(name, "skipped") == 0 || strcmp(name, "vpc_logged") == 0)
        return luaL_error(L, "%s is counted where having or a value names it: value = { seen = \"%s\" } is group.seen",
                          name, name);
    else
        return luaL_error(L, "the group has no key, measure or counter \"%s\"", name);
    return 1;
}

static int read_only(lua_State *L)
{
    return luaL_error(L, "flows and groups are read-only");
}

#define HANDLE_IS_GROUP ((uintptr_t)1)

static int handle_index(lua_State *L)
{
    struct fl_lua_vm *vm = fl_lua_vm_of(L);
    uintptr_t handle = (uintptr_t)lua_touserdata(L, 1);
    bool is_group = handle & HANDLE_IS_GROUP;
    if (handle != vm->handle) {
        size_t len;
        take_key(L, &len);
        return luaL_error(L, "this %s belongs to an earlier call: it can be read during its own call only",
                          is_group ? "group" : "flow");
    }
    return is_group ? group_index(L, vm) : fl_lua_index_flow(L);
}

/* All light userdata share one metatable. */
void fl_lua_make_handles(lua_State *L)
{
    lua_pushlightuserdata(L, NULL);
    lua_newtable(L);
    lua_pushcfunction(L, handle_index);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, read_only);
    lua_setfield(L, -2, "__newindex");
    lua_pushliteral(L, "flow or group");
    lua_setfield(L, -2, "__name");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}

/* The state of the group at hand, kept in the registry from call to call. */
static void push_state(lua_State *L, bool fresh)
{
    static const char key = 0;
    if (fresh) {
        lua_newtable(L);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
    }
    lua_rawgetp(L, LUA_REGISTRYINDEX, &key);
}

/* The function and its argument are on the stack. */
static int run_call(lua_State *L)
{
    struct fl_lua_vm *vm = fl_lua_vm_of(L);
    if (vm->row_values != NULL)
        push_state(L, vm->fresh_state);
    lua_call(L, lua_gettop(L) - 1, 1);
    vm->verdict_status = fl_lua_take_verdict(L, vm->arena, vm->verdict, vm->verdict_error);
    return 0;
}

/* Puts the rule's file and line before an error that does not begin with a place in that file: words without one, an
 * error of a module, a verdict that cannot be used. */
void fl_lua_name_place(struct fl_lua_vm *vm, int function, struct fl_error *err)
{
    const struct fl_rule_decl *decl = vm->at_decl;
    char chunk[64], text[FL_ERROR_TEXT_BYTES];
    lua_Debug ar;
    fl_lua_chunk_name(decl->file, chunk);
    size_t len = strlen(chunk + 1);
    if (strncmp(err->text, chunk + 1, len) == 0 && err->text[len] == ':')
        return;
    snprintf(text, sizeof text, "%s", err->text);
    lua_rawgeti(vm->L, LUA_REGISTRYINDEX, function);
    lua_getinfo(vm->L, ">S", &ar);
    bool stands_there = ar.linedefined > 0 && strcmp(ar.source, chunk) == 0;
    fl_fail(err, err->code, "%s:%u: %s", chunk + 1, stands_there ? (uint32_t)ar.linedefined : decl->line, text);
}

/* Looks the declared fields up, once. */
enum fl_status fl_lua_begin_rule(struct fl_lua_vm *vm, uint32_t rule, const struct fl_rule_decl *decl,
                                 struct fl_error *err)
{
    struct fl_lua_rule_code *code = &vm->code[rule];
    vm->at_decl = decl;
    if (code->fields == NULL) {
        code->fields = fl_alloc_zero((size_t)decl->fields.count + 1, sizeof *code->fields);
        for (uint32_t i = 0; code->fields != NULL && i < decl->fields.count; i++) {
            struct fl_str name = fl_str_of(decl->fields.items[i]);
            uint32_t field = fl_field_find(name);
            code->fields[i] = (struct fl_lua_field){.name = name.ptr, .len = name.len, .field = field};
            code->fields[i].fits_column = field != FL_FIELD_NONE && fl_fields[field].storage != FL_S_U32 &&
                                          fl_fields[field].storage != FL_S_ADDR &&
                                          fl_fields[field].type != FL_T_SERVICE;
        }
    }
    vm->fields = code->fields;
    return code->fields != NULL ? FL_OK : fl_fail(err, FL_E_NOMEM, "out of memory");
}

static enum fl_status call(struct fl_lua_vm *vm, uint32_t rule, int function, bool is_group, struct fl_arena *arena,
                           struct fl_verdict *out, struct fl_error *err)
{
    lua_State *L = vm->L;
    lua_settop(L, 0);
    vm->arena = arena;
    vm->verdict = out;
    vm->verdict_error = err;
    vm->longest_text = vm->code[rule].longest_text;
    lua_pushcfunction(L, run_call);
    lua_rawgeti(L, LUA_REGISTRYINDEX, function);
    vm->handle = ++vm->calls << 1 | (is_group ? HANDLE_IS_GROUP : 0);
    lua_pushlightuserdata(L, (void *)vm->handle);
    enum fl_status status = fl_lua_call(vm, 2, 0, FL_LUA_STEPS_PER_CALL, err);
    vm->handle = 0;
    if (status == FL_OK)
        status = vm->verdict_status;
    lua_settop(L, 0);
    if (status != FL_E_NOMEM && !fl_lua_upvalues_unchanged(vm, &vm->code[rule]))
        status = fl_fail(err, FL_E_VOID, "the code changed a variable outside it: state lives in measures");
    if (status == FL_E_LUA)
        fl_lua_name_place(vm, function, err);
    return status;
}

enum fl_status fl_lua_on_flow(void *context, uint32_t rule, const struct fl_rule_decl *decl,
                              const struct fl_batch *batch, uint32_t row, struct fl_arena *arena,
                              struct fl_verdict *out, struct fl_error *err)
{
    struct fl_lua_vm *vm = context;
    enum fl_status status = fl_lua_begin_rule(vm, rule, decl, err);
    vm->batch = batch;
    vm->row = row;
    if (status == FL_OK)
        status = call(vm, rule, vm->code[rule].on_flow, false, arena, out, err);
    vm->batch = NULL;
    return status;
}

enum fl_status fl_lua_on_row(void *context, uint32_t rule, const struct fl_rule_decl *decl, bool first,
                             const struct fl_value *values, struct fl_arena *arena, struct fl_verdict *out,
                             struct fl_error *err)
{
    struct fl_lua_vm *vm = context;
    enum fl_status status = fl_lua_begin_rule(vm, rule, decl, err);
    vm->row_values = values;
    vm->fresh_state = first;
    if (status == FL_OK)
        status = call(vm, rule, vm->code[rule].on_flow, false, arena, out, err);
    vm->row_values = NULL;
    return status;
}

enum fl_status fl_lua_on_group(void *context, uint32_t rule, const struct fl_rule_decl *decl,
                               const struct fl_group_names *names, const struct fl_group_view *view,
                               struct fl_arena *arena, struct fl_verdict *out, struct fl_error *err)
{
    struct fl_lua_vm *vm = context;
    vm->at_decl = decl;
    vm->names = names;
    vm->view = view;
    enum fl_status status = call(vm, rule, vm->code[rule].on_group, true, arena, out, err);
    vm->view = NULL;
    return status;
}
