#include "core/lua/vm.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/memory.h"

#define LONG_TEXT_BYTES 1024

/* A text is made. Long ones are made anew by every `..` and by many functions: they cost what they hold. Short ones are
 * shared with earlier calls or not, which must not matter. */
static bool allow_text(struct fl_lua_vm *vm, size_t bytes)
{
    if (bytes < LONG_TEXT_BYTES)
        return true;
    if (bytes > FL_LUA_TEXT_BYTES_MAX + LONG_TEXT_BYTES) {
        vm->overrun = "a text of more than 64 KiB";
        return false;
    }
    if (bytes > vm->longest_text)
        vm->longest_text = bytes;
    if (!vm->calling)
        return true;
    vm->steps_left -= (int64_t)(bytes / FL_LUA_BYTES_PER_STEP);
    if (vm->steps_left < 0)
        vm->overrun = "bytes";
    return vm->steps_left >= 0;
}

static void *allocate(void *context, void *block, size_t old_bytes, size_t new_bytes)
{
    struct fl_lua_vm *vm = context;
    size_t held = block == NULL ? 0 : old_bytes;
    if (new_bytes == 0) {
        vm->used_bytes -= held;
        fl_free(block);
        return NULL;
    }
    /* Without a block old_bytes tells what is made. */
    if (block == NULL && old_bytes == LUA_TSTRING && !allow_text(vm, new_bytes))
        return NULL;
    /* Not an overrun yet: Lua collects its garbage and asks again. */
    if (new_bytes > held && vm->used_bytes - held + new_bytes > vm->limit_bytes)
        return NULL;
    void *grown = fl_realloc(block, new_bytes, 1);
    vm->exhausted |= grown == NULL;
    if (grown != NULL)
        vm->used_bytes = vm->used_bytes - held + new_bytes;
    return grown;
}

int fl_lua_overrun(lua_State *L, const char *what)
{
    fl_lua_vm_of(L)->overrun = what;
    return luaL_error(L, "the budget is used up (%s)", what);
}

static void on_steps(lua_State *L, lua_Debug *ar)
{
    struct fl_lua_vm *vm = fl_lua_vm_of(L);
    /* Comparing two texts, or finding one in a table, is one instruction however long they are. */
    vm->steps_left -= FL_LUA_HOOK_STEPS * (int64_t)(1 + vm->longest_text / LONG_TEXT_BYTES);
    if (vm->steps_left >= 0)
        return;
    vm->overrun = "instructions";
    lua_getinfo(L, "Sl", ar);
    lua_pushfstring(L, "%s:%d: the budget is used up (instructions)", ar->short_src, ar->currentline);
    lua_error(L);
}

void fl_lua_charge(lua_State *L, size_t bytes)
{
    struct fl_lua_vm *vm = fl_lua_vm_of(L);
    if (bytes / FL_LUA_BYTES_PER_STEP > INT32_MAX)
        fl_lua_overrun(L, "bytes");
    vm->steps_left -= (int64_t)(bytes / FL_LUA_BYTES_PER_STEP);
    if (vm->steps_left < 0)
        fl_lua_overrun(L, "bytes");
}

void fl_lua_charge_values(lua_State *L, lua_Integer count, size_t bytes)
{
    if (count > INT32_MAX)
        fl_lua_overrun(L, "bytes");
    if (count > 0)
        fl_lua_charge(L, (size_t)count * bytes);
}

static const char memory_limit[] = "memory", no_memory[] = "no memory";

void fl_lua_note_memory(struct fl_lua_vm *vm)
{
    vm->overrun = vm->exhausted ? no_memory : memory_limit;
}

static void take_error(struct fl_lua_vm *vm, int code, struct fl_error *err)
{
    lua_State *L = vm->L;
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    if (vm->overrun == NULL && code == LUA_ERRMEM)
        fl_lua_note_memory(vm);
    if (vm->overrun == memory_limit)
        fl_fail(err, FL_E_LUA, "more than %zu MiB of memory", vm->limit_bytes >> 20);
    else if (vm->overrun == no_memory)
        fl_fail(err, FL_E_NOMEM, "out of memory");
    else if (code == LUA_ERRMEM)
        fl_fail(err, FL_E_LUA, "the budget is used up (%s)", vm->overrun);
    else
        fl_fail(err, FL_E_LUA, "%s", text != NULL ? text : "an error that is not text");
    lua_settop(L, 0);
}

void fl_lua_renew(struct fl_lua_vm *vm, int64_t steps)
{
    vm->steps_left = steps;
    vm->overrun = NULL;
    vm->exhausted = false;
}

void fl_lua_arm(struct fl_lua_vm *vm, int64_t steps)
{
    fl_lua_renew(vm, steps);
    lua_sethook(vm->L, on_steps, LUA_MASKCOUNT, FL_LUA_HOOK_STEPS); /* begins to count anew */
}

enum fl_status fl_lua_call(struct fl_lua_vm *vm, int arguments, int results, int64_t steps, struct fl_error *err)
{
    fl_lua_arm(vm, steps);
    vm->calling = true;
    int code = lua_pcall(vm->L, arguments, results, 0);
    vm->calling = false;
    if (code == LUA_OK)
        return FL_OK;
    take_error(vm, code, err);
    return err->code;
}

/* In protected mode, as every allocation may fail. */
static int set_up(lua_State *L)
{
    fl_lua_push_library(L);
    fl_lua_add_constructors(L);
    fl_lua_seal_library(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "flowlaw.library");
    fl_lua_make_handles(L);
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
    *(struct fl_lua_vm **)lua_getextraspace(vm->L) = vm;
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
    for (uint32_t i = 0; i < vm->code_count; i++) {
        fl_free(vm->code[i].upvalues);
        fl_free(vm->code[i].fields);
    }
    fl_free(vm->code);
    fl_free(vm);
}
