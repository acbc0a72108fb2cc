/* Handles: a flow or group kept beyond its call reads nothing, whatever the call at hand is about.
 *
 * The sandbox leaves rules no place to keep one in; keep() and kept() are such a place, for these tests alone. */
#include <stdlib.h>

#include "core/base/limits.h"
#include "core/lua/vm.h"
#include "tests/unit/expr/rows.h"

static const char code_text[] =
    "local function try(f, ...)\n"
    "  local ok, text = pcall(f, ...)\n"
    "  return { message = ok and 'read ' .. tostring(text) or text:gsub('^[^ ]+ ', '') }\n"
    "end\n"
    "local function read() return kept().dstport end\n"
    "rule { title = 'x', severity = 'low', fields = { 'dstport' }, identity = { 'dstport' },\n"
    "  on_flow = function(flow)\n"
    "    if flow.dstport == 1 then keep(flow) return try(read) end\n"
    "    if flow.dstport == 2 then return try(read) end\n"
    "    if flow.dstport == 3 then return { message = tostring(flow == kept()) } end\n"
    "    if flow.dstport == 4 then return { message = ('%s %s'):format(flow, tostring(flow)) } end\n"
    "    if flow.dstport == 5 then return try(string.len, flow) end\n"
    "    if flow.dstport == 6 then return try(function() flow.dstport = 1 end) end\n"
    "    return flow\n"
    "  end,\n"
    "  on_group = function(group)\n"
    "    if group.dstport == 1 then keep(group) end\n"
    "    return try(read)\n"
    "  end }\n";

static struct fl_lua_rules *rules;
static struct fl_lua_vm *vm;
static struct fl_rule_decl decl;
static struct fl_batch batch;
static struct fl_arena arena;

static int keep(lua_State *L)
{
    lua_settop(L, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, "test.kept");
    return 0;
}

static int kept(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "test.kept");
    return 1;
}

static int setup(void **state)
{
    (void)state;
    struct fl_error err;
    struct fl_error_list errors = {0};
    fl_arena_init(&arena);
    rows_open(&batch);
    rules = fl_lua_rules_new();
    vm = fl_lua_vm_new(rules);
    lua_getfield(vm->L, LUA_REGISTRYINDEX, "flowlaw.library");
    lua_pushcfunction(vm->L, keep);
    lua_setfield(vm->L, -2, "keep");
    lua_pushcfunction(vm->L, kept);
    lua_setfield(vm->L, -2, "kept");
    decl = (struct fl_rule_decl){.id = "r", .file = "r.lua"};
    vm->decl = &decl;
    vm->errors = &errors;
    if (fl_lua_load_text(vm, "r", "r.lua", NULL, fl_str_of(code_text), &err) != FL_OK)
        fail_msg("%s", err.text);
    assert_int_equal(errors.count, 0);
    vm->errors = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fl_lua_vm_free(vm);
    fl_lua_rules_free(rules);
    fl_batch_dispose(&batch);
    fl_arena_dispose(&arena);
    return 0;
}

/* What on_flow says of a record to this port, in row 0; row 1 goes to 7777. */
static const char *ask_flow(uint16_t port)
{
    struct fl_verdict verdict;
    struct fl_error err;
    rows_begin(&batch, 2);
    rows_int(&batch, FL_F_DSTPORT, 0, port);
    rows_int(&batch, FL_F_DSTPORT, 1, 7777);
    if (fl_lua_on_flow(vm, 0, &decl, &batch, 0, &arena, &verdict, &err) != FL_OK)
        return fl_arena_strdup(&arena, err.text);
    return verdict.message;
}

static const char *ask_group(int64_t port)
{
    static const char *const keys[] = {"dstport"};
    struct fl_group_names names = {.keys = keys, .key_count = 1};
    struct fl_value key = fl_value_int(FL_T_PORT, port);
    struct fl_group_view view = {.keys = &key};
    struct fl_verdict verdict;
    struct fl_error err;
    if (fl_lua_on_group(vm, 0, &decl, &names, &view, &arena, &verdict, &err) != FL_OK)
        return fl_arena_strdup(&arena, err.text);
    return verdict.message;
}

#define FLOW_GONE "this flow belongs to an earlier call: it can be read during its own call only"
#define GROUP_GONE "this group belongs to an earlier call: it can be read during its own call only"

static void test_cursor__a_handle_is_read_in_its_call(void **state)
{
    (void)state;
    assert_string_equal(ask_flow(1), "read 1");
    assert_string_equal(ask_group(1), "read 1");
}

static void test_cursor__a_kept_flow_raises_in_later_calls(void **state)
{
    (void)state;
    ask_flow(1);
    assert_string_equal(ask_flow(2), FLOW_GONE);
    assert_string_equal(ask_flow(2), FLOW_GONE);
    assert_string_equal(ask_group(2), FLOW_GONE);
}

static void test_cursor__a_kept_group_raises_in_later_calls(void **state)
{
    (void)state;
    ask_group(1);
    assert_string_equal(ask_group(2), GROUP_GONE);
    assert_string_equal(ask_flow(2), GROUP_GONE);
}

static void test_cursor__handles_of_two_calls_differ(void **state)
{
    (void)state;
    ask_flow(1);
    assert_string_equal(ask_flow(3), "false");
}

/* Addresses and call numbers would differ between threads. */
static void test_cursor__a_handle_has_no_number_for_rules(void **state)
{
    (void)state;
    assert_string_equal(ask_flow(4), "userdata userdata");
    assert_string_equal(ask_flow(5), "argument #1 to 'string.len' (string expected, got flow or group)");
    assert_string_equal(ask_flow(6), "flows and groups are read-only");
    assert_string_equal(ask_flow(7), "r.lua:7: a rule returns nothing, true, false or a table, not a userdata");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cursor__a_handle_is_read_in_its_call),
        cmocka_unit_test(test_cursor__a_kept_flow_raises_in_later_calls),
        cmocka_unit_test(test_cursor__a_kept_group_raises_in_later_calls),
        cmocka_unit_test(test_cursor__handles_of_two_calls_differ),
        cmocka_unit_test(test_cursor__a_handle_has_no_number_for_rules),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
