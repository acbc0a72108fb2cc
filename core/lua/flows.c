/* flows.c: on_flow about many records in one protected call.
 *
 * A straight function (straight.c) is not called: its body stands in a loop in Lua over up to FL_LUA_LOOP_ROWS records,
 * with tables of values, the columns, for the fields that it names. The loop answers for calls in which nothing is
 * raised, and only for these: else its records are asked about as any function is asked, one after the other through a
 * handle, each with its own budget. A loop has one budget, which is thus used up no later than that of any call in it.
 */
#include <lauxlib.h>
#include <string.h>

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/lua/vm.h"

/* What was returned for the row at hand, at 1, is more than yes or no. false: it cannot be used; verdict_status. */
static bool take_said(lua_State *L, struct fl_lua_vm *vm)
{
    struct fl_verdict verdict;
    vm->verdict_status = fl_lua_take_verdict(L, vm->arena, &verdict, vm->verdict_error);
    if (vm->verdict_status == FL_OK)
        vm->said(vm->said_context, vm->row, &verdict);
    return vm->verdict_status == FL_OK;
}

/* ---- one after the other ---- */

/* One row. false: it failed, or the code kept state; verdict_status says which. */
static bool ask_flow(lua_State *L, struct fl_lua_vm *vm, const struct fl_lua_rule_code *code, bool *hit)
{
    vm->handle = ++vm->calls << 1;
    vm->longest_text = code->longest_text;
    fl_lua_arm(vm, FL_LUA_STEPS_PER_CALL);
    lua_rawgeti(L, LUA_REGISTRYINDEX, code->on_flow);
    lua_pushlightuserdata(L, (void *)vm->handle);
    lua_call(L, 1, 1);
    *hit = lua_toboolean(L, 1);
    if (lua_type(L, 1) > LUA_TBOOLEAN)
        take_said(L, vm);
    lua_settop(L, 0);
    if (vm->verdict_status == FL_OK && code->upvalue_count > 0 && !fl_lua_upvalues_unchanged(vm, code))
        vm->verdict_status = FL_E_VOID;
    return vm->verdict_status == FL_OK;
}

/* The first row from `row` on that is asked about, or rows_end. */
static uint32_t next_row(const struct fl_lua_vm *vm, uint32_t row)
{
    for (uint32_t w = row / 64; row < vm->rows_end; row = ++w * 64) {
        uint64_t bits = vm->rows[w] >> (row % 64);
        if (bits != 0)
            return row + (uint32_t)__builtin_ctzll(bits) < vm->rows_end ? row + (uint32_t)__builtin_ctzll(bits)
                                                                        : vm->rows_end;
    }
    return vm->rows_end;
}

static void refuse_row(struct fl_lua_vm *vm, uint32_t row)
{
    vm->rows[row / 64] &= ~(UINT64_C(1) << (row % 64));
}

/* Rows from vm->row up to rows_end, or up to the one that fails. */
static int run_flows(lua_State *L)
{
    struct fl_lua_vm *vm = fl_lua_vm_of(L);
    const struct fl_lua_rule_code *code = &vm->code[vm->at_rule];
    for (vm->row = next_row(vm, vm->row); vm->row < vm->rows_end; vm->row = next_row(vm, vm->row + 1)) {
        bool hit;
        if (!ask_flow(L, vm, code, &hit))
            return 0;
        if (!hit)
            refuse_row(vm, vm->row);
    }
    return 0;
}

/* ---- by the loop ---- */

/* Fields without a column. The loop has put the number of its row into the table at [1]. */
static int index_row(lua_State *L)
{
    struct fl_lua_vm *vm = fl_lua_vm_of(L);
    lua_rawgeti(L, 1, 1);
    vm->row = vm->loop_rows[lua_tointeger(L, -1) - 1];
    lua_pop(L, 1);
    return fl_lua_index_flow(L);
}

static void add_columns(const struct fl_lua_vm *vm, struct fl_buf *buf)
{
    for (uint32_t i = 0; i < vm->at_decl->fields.count; i++)
        if (vm->fields[i].has_column)
            fl_buf_add_format(buf, ", FL_c%u", i);
}

/* Names of what the function, at 1, finds outside: they are arguments of the text that makes the loop. */
static void add_upvalues(lua_State *L, struct fl_buf *buf)
{
    const char *name;
    for (int i = 1; (name = lua_getupvalue(L, 1, i)) != NULL; i++) {
        fl_buf_add_format(buf, ", %s", name);
        lua_pop(L, 1);
    }
}

static void write_loop(lua_State *L, const struct fl_lua_vm *vm, const struct fl_lua_rule_code *code,
                       struct fl_buf *buf)
{
    struct fl_buf body;
    fl_buf_init(&body);
    fl_lua_write_body(&body, &code->straight, vm->fields, vm->at_decl->fields.count);
    bool row = body.data != NULL && strstr(body.data, "FL_row.") != NULL;
    fl_buf_add_text(buf, "local FL_row, FL_hits");
    add_columns(vm, buf);
    add_upvalues(L, buf);
    fl_buf_add_text(buf, " = ...\n"
                         "return function(FL_from, FL_to)\n"
                         "local FL_count, FL_said, FL_row, FL_hits");
    add_columns(vm, buf);
    fl_buf_add_text(buf, " = 0, nil, FL_row, FL_hits");
    add_columns(vm, buf);
    fl_buf_add_text(buf, "\nfor FL_i = FL_from, FL_to do\n");
    fl_buf_add_text(buf, row ? "FL_row[1] = FL_i do\n" : "do\n");
    fl_buf_add(buf, body.data, body.len);
    fl_buf_add_text(buf, "\nend\n"
                         "::FL_answered::\n"
                         "if FL_said then\n"
                         "if FL_said ~= true then return FL_count, FL_i, FL_said end\n"
                         "FL_count = FL_count + 1\n"
                         "FL_hits[FL_count] = FL_i\n"
                         "end\n"
                         "end\n"
                         "return FL_count\n"
                         "end\n");
    buf->failed |= body.failed;
    fl_buf_dispose(&body);
}

/* The tables of all loops of the VM, as one runs at a time. */
enum { TABLE_ROW = 1, TABLE_HITS, TABLE_FIRST_COLUMN };

static void push_table(lua_State *L, struct fl_lua_vm *vm, int which)
{
    if (vm->loop_tables == 0) {
        lua_newtable(L);
        vm->loop_tables = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, vm->loop_tables);
    if (lua_rawgeti(L, -1, which) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_createtable(L, which == TABLE_ROW ? 1 : FL_LUA_LOOP_ROWS, 0);
        if (which == TABLE_ROW) {
            lua_newtable(L);
            lua_pushcfunction(L, index_row);
            lua_setfield(L, -2, "__index");
            lua_setmetatable(L, -2);
        }
        lua_pushvalue(L, -1);
        lua_rawseti(L, -3, which);
    }
    lua_remove(L, -2);
}

/* false: it does not compile, as it has more variables than a function may have. */
static bool make_loop(lua_State *L, struct fl_lua_vm *vm, struct fl_lua_rule_code *code)
{
    struct fl_buf buf;
    fl_buf_init(&buf);
    lua_rawgeti(L, LUA_REGISTRYINDEX, code->on_flow);
    write_loop(L, vm, code, &buf);
    int status = buf.failed ? LUA_ERRMEM : luaL_loadbufferx(L, buf.data, buf.len, "=", "t");
    fl_buf_dispose(&buf);
    if (status == LUA_ERRMEM)
        luaL_error(L, "out of memory");
    if (status != LUA_OK)
        return false;
    lua_pushnil(L);
    lua_setupvalue(L, -2, 1); /* the loop has no global names but those of the function */
    luaL_checkstack(L, 512, NULL);
    push_table(L, vm, TABLE_ROW);
    push_table(L, vm, TABLE_HITS);
    int columns = 0;
    for (uint32_t i = 0; i < vm->at_decl->fields.count; i++) {
        if (!vm->fields[i].has_column)
            continue;
        vm->fields[i].column = TABLE_FIRST_COLUMN + columns++;
        push_table(L, vm, vm->fields[i].column);
    }
    int upvalues = 0;
    while (lua_getupvalue(L, 1, upvalues + 1) != NULL)
        upvalues++;
    lua_call(L, 2 + columns + upvalues, 1);
    code->loop = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_settop(L, 0);
    return true;
}

/* Whole numbers without nulls, which most columns are, without asking for each value what it is. */
static void fill_numbers(lua_State *L, const struct fl_lua_vm *vm, const int64_t *values)
{
    for (uint32_t k = 0; k < vm->loop_to; k++) {
        lua_pushinteger(L, values[vm->loop_rows[k]]);
        lua_rawseti(L, -2, (lua_Integer)k + 1);
    }
}

static void fill_columns(lua_State *L, struct fl_lua_vm *vm)
{
    for (uint32_t i = 0; i < vm->at_decl->fields.count; i++) {
        if (!vm->fields[i].has_column)
            continue;
        uint32_t field = vm->fields[i].field;
        const struct fl_column *c = &vm->batch->columns[field];
        bool numbers = fl_fields[field].storage == FL_S_I64 && c->present && !c->any_null;
        push_table(L, vm, vm->fields[i].column);
        if (numbers)
            fill_numbers(L, vm, c->i64);
        for (uint32_t k = 0; !numbers && k < vm->loop_to; k++) {
            fl_lua_push_cell(L, vm->batch, field, vm->loop_rows[k]);
            lua_rawseti(L, -2, (lua_Integer)k + 1);
        }
        lua_pop(L, 1);
    }
}

/* Refuses those of loop_rows from loop_from up to `to` that are not among the hits. */
static void take_hits(lua_State *L, struct fl_lua_vm *vm, uint32_t to, uint32_t hits)
{
    for (uint32_t k = vm->loop_from; k <= to; k++)
        refuse_row(vm, vm->loop_rows[k - 1]);
    push_table(L, vm, TABLE_HITS);
    for (uint32_t h = 1; h <= hits; h++) {
        lua_rawgeti(L, -1, h);
        uint32_t row = vm->loop_rows[lua_tointeger(L, -1) - 1];
        vm->rows[row / 64] |= UINT64_C(1) << (row % 64);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* Asks about loop_rows. false: what was returned for the row at hand cannot be used. */
static bool run_chunk(lua_State *L, struct fl_lua_vm *vm, int loop)
{
    for (uint32_t to; vm->loop_from <= vm->loop_to; vm->loop_from = to + 1) {
        lua_rawgeti(L, LUA_REGISTRYINDEX, loop);
        lua_pushinteger(L, vm->loop_from);
        lua_pushinteger(L, vm->loop_to);
        vm->looping = true;
        lua_call(L, 2, 3);
        vm->looping = false;
        bool said = !lua_isnil(L, 3);
        to = said ? (uint32_t)lua_tointeger(L, 2) : vm->loop_to;
        take_hits(L, vm, said ? to - 1 : to, (uint32_t)lua_tointeger(L, 1));
        vm->row = vm->loop_rows[to - 1];
        lua_replace(L, 1);
        lua_settop(L, 1);
        if (said && !take_said(L, vm))
            return false;
        lua_settop(L, 0);
    }
    return true;
}

/* The rows from vm->row on that the loop is asked about next. */
static void take_rows(struct fl_lua_vm *vm)
{
    vm->loop_from = 1;
    vm->loop_to = 0;
    for (uint32_t w = vm->row / 64; w * 64 < vm->rows_end && vm->loop_to < FL_LUA_LOOP_ROWS; w++) {
        uint64_t bits = vm->rows[w] & (w == vm->row / 64 ? ~UINT64_C(0) << (vm->row % 64) : ~UINT64_C(0));
        for (; bits != 0 && vm->loop_to < FL_LUA_LOOP_ROWS; bits &= bits - 1)
            vm->loop_rows[vm->loop_to++] = w * 64 + (uint32_t)__builtin_ctzll(bits);
    }
}

static int run_loop(lua_State *L)
{
    struct fl_lua_vm *vm = fl_lua_vm_of(L);
    struct fl_lua_rule_code *code = &vm->code[vm->at_rule];
    lua_sethook(L, NULL, 0, 0);
    vm->loop_from = vm->loop_to = 0;
    if (code->loop == 0) {
        code->is_straight = false; /* tried once */
        if (!make_loop(L, vm, code))
            return luaL_error(L, "no loop");
        code->is_straight = true;
    }
    for (vm->row = next_row(vm, vm->row); vm->row < vm->rows_end; vm->row = next_row(vm, vm->row + 1)) {
        take_rows(vm);
        fill_columns(L, vm);
        /* Reading a field with a long name costs a step, which the columns do not count. */
        fl_lua_renew(vm, FL_LUA_STEPS_PER_CALL - FL_LUA_HOOK_STEPS);
        if (!run_chunk(L, vm, code->loop))
            return 0;
    }
    return 0;
}

static enum fl_status run(struct fl_lua_vm *vm, lua_CFunction function, struct fl_error *err)
{
    lua_settop(vm->L, 0);
    lua_pushcfunction(vm->L, function);
    enum fl_status status = fl_lua_call(vm, 0, 0, FL_LUA_STEPS_PER_CALL, err);
    vm->handle = 0;
    vm->looping = false;
    return status == FL_OK ? vm->verdict_status : status;
}

/* What raised in a loop is told by the plain way, for all rows that the loop had begun. */
static enum fl_status run_straight(struct fl_lua_vm *vm, const struct fl_lua_rule_code *code, struct fl_error *err)
{
    enum fl_status status = FL_OK;
    uint32_t rows = vm->rows_end;
    while (code->is_straight && (status = run(vm, run_loop, err)) == FL_E_LUA && vm->verdict_status == FL_OK) {
        if (vm->loop_from > 0) {
            vm->row = vm->loop_rows[vm->loop_from - 1];
            vm->rows_end = vm->loop_rows[vm->loop_to - 1] + 1;
        }
        status = run(vm, run_flows, err);
        if (status != FL_OK)
            return status;
        vm->rows_end = rows;
    }
    return status;
}

enum fl_status fl_lua_on_flows(void *context, uint32_t rule, const struct fl_rule_decl *decl,
                               const struct fl_batch *batch, uint64_t *rows, uint32_t *from, struct fl_arena *arena,
                               void (*said)(void *context, uint32_t row, const struct fl_verdict *verdict),
                               void *said_context, struct fl_error *err)
{
    struct fl_lua_vm *vm = context;
    enum fl_status status = fl_lua_begin_rule(vm, rule, decl, err);
    if (status != FL_OK)
        return status;
    const struct fl_lua_rule_code *code = &vm->code[rule];
    vm->at_rule = rule;
    vm->batch = batch;
    vm->row = *from;
    vm->rows = rows;
    vm->rows_end = batch->rows;
    vm->said = said;
    vm->said_context = said_context;
    vm->arena = arena;
    vm->verdict_error = err;
    vm->verdict_status = FL_OK;
    status = code->is_straight ? run_straight(vm, code, err) : run(vm, run_flows, err);
    lua_settop(vm->L, 0);
    *from = vm->row;
    vm->batch = NULL;
    if (status == FL_E_LUA && !fl_lua_upvalues_unchanged(vm, code))
        status = FL_E_VOID;
    if (status == FL_E_VOID)
        fl_fail(err, status, "the code changed a variable outside it: state lives in measures");
    else if (status == FL_E_LUA)
        fl_lua_name_place(vm, code->on_flow, err);
    return status;
}
