/* What a function touches is taken from the budget: 16 bytes, or one value, cost a step. */
#include <stdio.h>

#include "core/base/files.h"
#include "core/base/limits.h"
#include "core/lua/vm.h"
#include "tests/unit/cmocka_all.h"

#define BYTES 32000

/* long: 32,000 bytes; same: an equal text beside it; list: 1,000 numbers; texts: 10 of 3,200 bytes, then a table. */
static const char head[] = "local long, list, texts = ('x'):rep(32000), {}, {}\n"
                           "local same = 'x' .. ('x'):rep(31999)\n"
                           "for i = 1, 1000 do list[i] = i end\n"
                           "for i = 1, 10 do texts[i] = ('y'):rep(3200) end\n"
                           "texts[11] = {}\n"
                           "rule { title = 'x', severity = 'low', fields = { 'dstport' }, identity = { 'dstport' },\n"
                           "  on_flow = function(flow) local _ = ";

static const struct {
    const char *code;
    int bytes; /* touched, or 16 for a value */
} cases[] = {
    {"long:len()", 0},
    {"type(long), tostring(long)", 0},
    {"math.floor(2.5)", 0},
    {"long:sub(5, 15)", 0},
    {"long:sub(1, 16000)", 16000},
    {"long:byte(7)", 16},
    {"long:byte(1, 1000)", 1000 * 16},
    {"long:byte(-1000, -1)", 1000 * 16},
    {"utf8.codepoint(long, 1, 1000)", 1000 * 16},
    {"utf8.len(long)", BYTES},
    {"utf8.len(long, -1600)", 1600},
    {"utf8.offset(long, 31999)", BYTES},
    {"long:find('y', 1, true)", BYTES},
    {"long:upper()", 2 * BYTES}, /* read, and made */
    {"long:reverse()", 2 * BYTES},
    {"tonumber(long)", BYTES},
    {"pcall(string.format, '%s%d', long, {})", BYTES}, /* raises behind the text */
    {"('%s'):format(long)", 2 * BYTES},
    {"table.concat(texts, '', 1, 5)", 2 * 16000},
    {"pcall(table.concat, texts)", BYTES},
    {"table.concat(list, long, 1, 1)", BYTES},
    {"{ table.unpack(list) }", 1000 * 16},
    {"{ table.unpack({}, 1, 800) }", 800 * 16},
    {"select('#', table.unpack(list))", 2 * 1000 * 16},
    {"table.pack(table.unpack(list))", 2 * 1000 * 16},
    {"math.max(table.unpack(list))", 2 * 1000 * 16},
    {"pcall(table.sort, { long, same })", BYTES},
    {"pairs({ [long] = 1, [long:sub(2)] = 2 })", 2 * BYTES}, /* sub makes one */
    {"pcall(function() return flow[long] end)", 3 * BYTES},  /* read, and put into the words of the error */
};
#define CASE_COUNT (sizeof cases / sizeof cases[0])

/* Steps that the code takes in a call: under 1,000 instructions, which are not counted, so only what is charged. */
static int64_t steps_of(const char *code)
{
    struct fl_lua_rules *rules = fl_lua_rules_new();
    struct fl_lua_vm *vm = fl_lua_vm_new(rules);
    struct fl_rule_decl decl = {.id = "r", .file = "r.lua"};
    struct fl_error_list errors = {0};
    struct fl_error err;
    struct fl_arena arena;
    struct fl_verdict verdict;
    char text[1024];
    fl_arena_init(&arena);
    snprintf(text, sizeof text, "%s%s end }\n", head, code);
    vm->decl = &decl;
    vm->errors = &errors;
    if (fl_lua_load_text(vm, "r", "r.lua", NULL, fl_str_of(text), &err) != FL_OK)
        fail_msg("%s: %s", code, err.text);
    if (fl_lua_on_flow(vm, 0, &decl, NULL, 0, &arena, &verdict, &err) != FL_OK)
        fail_msg("%s: %s", code, err.text);
    int64_t steps = (int64_t)FL_LUA_STEPS_PER_CALL - vm->steps_left;
    fl_lua_vm_free(vm);
    fl_lua_rules_free(rules);
    fl_arena_dispose(&arena);
    return steps;
}

static void test_charge__functions_pay_for_what_they_touch(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASE_COUNT; i++) {
        int64_t steps = steps_of(cases[i].code), least = cases[i].bytes / 16;
        if (steps < least - least / 50 || steps > 2 * least + 10)
            fail_msg("%s: %d steps for %d bytes", cases[i].code, (int)steps, cases[i].bytes);
    }
}

/* A module is compiled once, but the instructions of every rule that requires it cost what its texts make them cost. */
static void test_charge__long_texts_of_a_module_count_for_every_rule(void **state)
{
    static const char rule[] = "local long = require 'long'\n"
                               "rule { title = 'x', severity = 'low', identity = { 'srcaddr' } }\n";
    struct fl_lua_rules *rules = fl_lua_rules_new();
    struct fl_lua_vm *vm = fl_lua_vm_new(rules);
    struct fl_error_list errors = {0};
    struct fl_error err;
    char module[5000];
    (void)state;
    snprintf(module, sizeof module, "return '%04000d'", 7);
    assert_int_equal(fl_files_put(fl_str_of("lib/long.lua"), fl_str_of(module)), FL_OK);
    for (unsigned i = 0; i < 2; i++) {
        struct fl_rule_decl decl = {.id = "r", .file = "r.lua"};
        vm->decl = &decl;
        vm->errors = &errors;
        if (fl_lua_load_text(vm, "r", "r.lua", "lib", fl_str_of(rule), &err) != FL_OK)
            fail_msg("%s", err.text);
        assert_true(vm->code[i].longest_text > 4000);
    }
    fl_files_clear();
    fl_lua_vm_free(vm);
    fl_lua_rules_free(rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_charge__functions_pay_for_what_they_touch),
        cmocka_unit_test(test_charge__long_texts_of_a_module_count_for_every_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
