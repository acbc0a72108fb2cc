#include "core/lua/vm.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/memory.h"

#define HOOK_STEPS 1000
#define BYTES_PER_STEP 16

static void *allocate(void *context, void *block, size_t old_bytes, size_t new_bytes)
{
    struct fl_lua_vm *vm = context;
    size_t held = block == NULL ? 0 : old_bytes;
    if (new_bytes == 0) {
        vm->used_bytes -= held;
        fl_free(block);
        return NULL;
    }
    if (new_bytes > held && vm->used_bytes - held + new_bytes > vm->limit_bytes) {
        vm->overrun = "memory";
        return NULL;
    }
    void *grown = fl_realloc(block, new_bytes, 1);
    if (grown != NULL)
        vm->used_bytes = vm->used_bytes - held + new_bytes;
    return grown;
}

struct fl_lua_vm *fl_lua_vm_of(lua_State *L)
{
    void *vm;
    lua_getallocf(L, &vm);
    return vm;
}

int fl_lua_overrun(lua_State *L, const char *what)
{
    fl_lua_vm_of(L)->overrun = what;
    return luaL_error(L, "the budget is used up (%s)", what);
}

static void on_steps(lua_State *L, lua_Debug *ar)
{
    (void)ar;
    struct fl_lua_vm *vm = fl_lua_vm_of(L);
    vm->steps_left -= HOOK_STEPS;
    if (vm->steps_left < 0)
        fl_lua_overrun(L, "instructions");
}

void fl_lua_charge(lua_State *L, size_t bytes)
{
    struct fl_lua_vm *vm = fl_lua_vm_of(L);
    if (bytes / BYTES_PER_STEP > INT32_MAX)
        fl_lua_overrun(L, "bytes");
    vm->steps_left -= (int64_t)(bytes / BYTES_PER_STEP);
    if (vm->steps_left < 0)
        fl_lua_overrun(L, "bytes");
}

static void take_error(struct fl_lua_vm *vm, int code, struct fl_error *err)
{
    lua_State *L = vm->L;
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    if (vm->overrun != NULL && strcmp(vm->overrun, "memory") == 0)
        fl_fail(err, FL_E_LUA, "more than %zu MiB of memory", vm->limit_bytes >> 20);
    else if (code == LUA_ERRMEM)
        fl_fail(err, FL_E_NOMEM, "out of memory");
    else
        fl_fail(err, FL_E_LUA, "%s", text != NULL ? text : "an error that is not text");
    lua_settop(L, 0);
}

enum fl_status fl_lua_call(struct fl_lua_vm *vm, int arguments, int results, int64_t steps, struct fl_error *err)
{
    vm->steps_left = steps;
    vm->overrun = NULL;
    lua_sethook(vm->L, on_steps, LUA_MASKCOUNT, HOOK_STEPS);
    int code = lua_pcall(vm->L, arguments, results, 0);
    if (code == LUA_OK)
        return FL_OK;
    take_error(vm, code, err);
    return code == LUA_ERRMEM && vm->overrun == NULL ? FL_E_NOMEM : FL_E_LUA;
}

/* In protected mode, as every allocation may fail. */
static int set_up(lua_State *L)
{
    struct fl_lua_vm *vm = fl_lua_vm_of(L);
    fl_lua_push_library(L);
    fl_lua_add_constructors(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "flowlaw.library");
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "flowlaw.modules");
    fl_lua_make_cursors(vm);
    return 0;
}

struct fl_lua_vm *fl_lua_vm_new(struct fl_lua_rules *rules)
{
    struct fl_lua_vm *vm = fl_alloc_zero(1, sizeof *vm);
    if (vm == NULL)
        return NULL;
    vm->rules = rules;
    vm->limit_bytes = FL_LUA_MEMORY_BYTES;
    vm->L = lua_newstate(allocate, vm);
    if (vm->L == NULL) {
        fl_free(vm);
        return NULL;
    }
    lua_pushcfunction(vm->L, set_up);
    if (lua_pcall(vm->L, 0, 0, 0) != LUA_OK) {
        fl_lua_vm_free(vm);
        return NULL;
    }
    return vm;
}

void fl_lua_vm_free(struct fl_lua_vm *vm)
{
    lua_close(vm->L);
    for (uint32_t i = 0; i < vm->code_count; i++)
        fl_free(vm->code[i].upvalues);
    fl_free(vm->code);
    fl_free(vm);
}
