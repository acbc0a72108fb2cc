/* on_flow about many records gives what asking about one after the other gives: hits, what they say, and failures, in
 * the midst of a batch too. `straight` functions are those whose body runs in a loop. */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/lua/vm.h"
#include "tests/unit/expr/rows.h"

#define ROWS 700

static const struct {
    bool straight;
    const char *before, *body;
} cases[] = {
    {true, "", "return flow.bytes > 100000000000"},
    {true, "", "return flow.bytes > 500"},
    {true, "", "return flow.bytes"},
    {true, "", "return"},
    {true, "", ""},
    {true, "", "return nil;"},
    {true, "", "local b = flow.bytes"},
    {true, "", "if flow.bytes > 900 then return true end"},
    {true, "", "if flow.bytes > 900 then return end return flow.dstport == 22"},
    {true, "", "if flow.bytes > 900 then return; elseif flow.bytes > 100 then return false else return true end"},
    {true, "", "do return flow.bytes > 3 end"},
    {true, "", "do local x = flow.bytes if x and x > 3 then return x > 700 end end return flow.packets == nil"},
    {true, "", "return flow.packets ~= nil and flow.packets / 2 > 100"},
    {true, "", "return flow.packets > 100"},
    {true, "", "return flow.packets > 100, flow.packets"},
    {true, "", "return flow.no_such"},
    {true, "", "return flow.end_time"},
    {true, "", "return flow.action == 'reject' -- flow is not used here\n"},
    {true, "", "return flow.action == \"reject\" and flow.srcaddr ~= '10.0.0.1'"},
    {true, "", "return flow.srcaddr:find('^10%.') ~= nil"},
    {true, "", "local a = flow.interface_id return a ~= nil and a == [[eni-1]]"},
    {true, "",
     "local text = 'to ' .. flow.dstport .. ' ' .. flow.dstport return { message = text; severity = 'high' }"},
    {true, "", "if flow.bytes % 97 == 0 then return { message = 'b' .. flow.bytes } end return flow.bytes > 500"},
    {true, "", "if flow.bytes % 97 == 0 then return {} end return flow.bytes > 990"},
    {true, "", "if flow.bytes % 97 == 0 then return { severity = 'worst' } end return flow.bytes > 500"},
    {true, "", "if flow.bytes % 97 == 0 then return 42 end return flow.bytes > 500"},
    {true, "", "if flow.bytes % 97 == 0 then return string end return flow.bytes > 500"},
    {true, "", "if flow.bytes % 97 == 0 then error('my words') end return flow.bytes > 500"},
    {true, "", "if flow.bytes % 97 == 0 then error({}) end return flow.bytes > 500"},
    {true, "", "if flow.bytes % 97 == 0 then count = 1 end return flow.bytes > 500"},
    {true, "", "if flow.bytes % 97 == 0 then os.time() end return flow.bytes > 500"},
    {true, "", "if flow.bytes % 97 == 0 then local s = ('x'):rep(1e5) end return flow.bytes > 500"},
    {true, "", "local ok, why = pcall(error, 'x', 2) return { message = tostring(why) }"},
    {true, "", "local ok, why = pcall(error, 'x', 3) return { message = tostring(why) }"},
    {true, "", "local ok, why = pcall(string.rep) return { message = tostring(why) }"},
    {true, "", "local ok, n = pcall(math.abs, flow.bytes) return ok and n > 300"},
    {true, "", "local s = ('x'):rep(60000) return s:upper() == s"}, /* of one budget 20 calls are paid */
    {true, "", "local s = ('x'):rep(60000) s = s:upper() .. s:lower():reverse() .. s return true"},
    {true, "local limit = 500", "return flow.bytes > limit"},
    {true, "local limit, name = 500, 'x'", "local l = limit if l == 3 then return name end return flow.bytes > limit"},
    {true, "local ports = { [22] = true, [23] = { 'x' } }", "return ports[flow.dstport]"},
    {true, "local ports = { [22] = true }", "if flow.bytes > 900 then ports[1] = true end return ports[flow.dstport]"},
    {true, "local find = string.find", "return find(flow.srcaddr, '^10%.') ~= nil"},
    {true, "limit = 500", "return flow.bytes > limit"},
    {true, "", "local x <const> = 500 return flow.bytes > x"},
    {true, "", "if flow.bytes % 97 == 0 then return flows { severity = 'low' } end return flow.bytes > 500"},
    {true, "", "return\nflow\n.\nbytes > 5"},
    /* not in a loop */
    {false, "local limit = 500", "if flow.bytes > 900 then limit = 1 end return flow.bytes > limit"},
    {false, "local a, b = 1, 2", "if flow.bytes > 900 then a, b = b, a end return flow.bytes > 500"},
    {false, "local n = 0", "n = (n + 1) % 2 return n == 0"},
    {false, "local function big(n) return n > 500 end", "return big(flow.bytes)"},
    {false, "function big(n) return n > 500 end", "return big(flow.bytes)"},
    {false, "local t = { big = function(n) return n > 500 end }", "return t.big(flow.bytes)"},
    {false, "", "local f = function() return flow.bytes > 5 end return f()"},
    {false, "", "for i = 1, 10 do if flow.bytes == i * 10 then return true end end"},
    {false, "", "while flow.bytes > 900 do end return true"},
    {false, "", "repeat local x = flow.bytes until x < 900 return true"},
    {false, "", "::again:: if flow.bytes > 900 then goto again end return true"},
    {false, "", "return flow['bytes'] > 5"},
    {false, "", "local f = flow return f.bytes > 500"},
    {false, "", "return type(flow) == 'userdata'"},
    {false, "", "flow.bytes = 1 return true"},
    {false, "", "local t = {} t.bytes, flow.bytes = 1, 2 return true"},
    {false, "", "local t = { ['flow'] = { bytes = 5 } } return t.flow.bytes == 5"},
    {false, "", "local FL_said = flow.bytes return FL_said == 5"},
    {false, "", "flow = nil return true"},
    {false, "local port <const> = 22", "return math.abs(flow.dstport) == port"},
};
#define CASE_COUNT (sizeof cases / sizeof cases[0])

static struct fl_batch batch;
static struct fl_arena arena;
static struct fl_rule_decl decl;
static struct fl_lua_rules *rules;
static struct fl_lua_vm *vm;

static void load(const char *text)
{
    struct fl_error err;
    struct fl_error_list errors = {0};
    rules = fl_lua_rules_new();
    vm = fl_lua_vm_new(rules);
    decl = (struct fl_rule_decl){.id = "r", .file = "r.lua"};
    vm->decl = &decl;
    vm->errors = &errors;
    if (fl_lua_load_text(vm, "r", "r.lua", NULL, fl_str_of(text), &err) != FL_OK)
        fail_msg("%s: %s", text, err.text);
    assert_int_equal(errors.count, 0);
    vm->errors = NULL;
}

static void unload(void)
{
    fl_lua_vm_free(vm);
    fl_lua_rules_free(rules);
    fl_arena_dispose(&arena);
    fl_arena_init(&arena);
}

static void load_function(const char *before, const char *body)
{
    static char text[1024]; /* of which the VM keeps views */
    snprintf(text, sizeof text,
             "%s\nrule { title = 'x', severity = 'low', identity = { 'dstport' },\n"
             "  fields = { 'bytes', 'packets', 'dstport', 'action', 'srcaddr', 'interface_id' },\n"
             "  on_flow = function(flow) %s end }\n",
             before, body);
    load(text);
}

static void make_rows(void)
{
    uint64_t random = 7;
    rows_begin(&batch, ROWS);
    rows_column(&batch, FL_F_PACKETS);
    for (uint32_t r = 0; r < ROWS; r++) {
        char address[32];
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        uint32_t n = (uint32_t)(random >> 33);
        rows_int(&batch, FL_F_BYTES, r, n % 1000);
        if (n % 31 != 0)
            rows_int(&batch, FL_F_PACKETS, r, n % 500);
        rows_int(&batch, FL_F_DSTPORT, r, 20 + n % 5);
        rows_int(&batch, FL_F_ACTION, r, n / 7 % 2);
        snprintf(address, sizeof address, "%u.0.0.%u", n % 2 ? 10u : 192u, n % 250);
        rows_addr(&batch, FL_F_SRCADDR, r, address);
        rows_text(&batch, FL_F_INTERFACE_ID, r, n % 3 ? "eni-1" : "eni-2");
    }
    batch.columns[FL_F_BYTES].any_null = false;
}

static void write_verdict(struct fl_buf *out, const struct fl_verdict *verdict)
{
    fl_buf_add_format(out, " severity %d, message %s", verdict->severity,
                      verdict->message != NULL ? verdict->message : "none");
}

/* A line for each row that is a hit or fails. */
static void ask_each(struct fl_buf *out, uint64_t *rows)
{
    for (uint32_t r = 0; r < ROWS; r++) {
        struct fl_verdict verdict;
        struct fl_error err;
        if (!(rows[r / 64] >> (r % 64) & 1))
            continue;
        enum fl_status status = fl_lua_on_flow(vm, 0, &decl, &batch, r, &arena, &verdict, &err);
        if (status == FL_E_VOID) {
            fl_buf_add_format(out, "%u void\n", r);
            return;
        }
        if (status != FL_OK)
            fl_buf_add_format(out, "%u fails: %s\n", r, err.text);
        else if (verdict.hit) {
            fl_buf_add_format(out, "%u", r);
            if (verdict.severity >= 0 || verdict.message != NULL)
                write_verdict(out, &verdict);
            fl_buf_add_char(out, '\n');
        }
    }
}

struct told {
    char text[ROWS][128];
};

static void take(void *context, uint32_t row, const struct fl_verdict *verdict)
{
    struct told *told = context;
    struct fl_buf buf;
    fl_buf_init(&buf);
    if (verdict->severity >= 0 || verdict->message != NULL)
        write_verdict(&buf, verdict);
    assert_string_equal(told->text[row], ""); /* told once */
    snprintf(told->text[row], sizeof told->text[row], "%s", buf.data != NULL ? buf.data : "");
    fl_buf_dispose(&buf);
}

/* As the engine does: on behind each row that fails. */
static void ask_together(struct fl_buf *out, uint64_t *rows)
{
    static struct told told;
    static char fails[ROWS][FL_ERROR_TEXT_BYTES];
    uint32_t void_at = ROWS;
    memset(&told, 0, sizeof told);
    memset(fails, 0, sizeof fails);
    for (uint32_t from = 0; from < ROWS; from++) {
        struct fl_error err;
        enum fl_status status = fl_lua_on_flows(vm, 0, &decl, &batch, rows, &from, &arena, take, &told, &err);
        if (status == FL_OK)
            break;
        if (status == FL_E_VOID) {
            void_at = from;
            break;
        }
        snprintf(fails[from], sizeof fails[from], "%s", err.text);
        rows[from / 64] &= ~(UINT64_C(1) << (from % 64));
    }
    for (uint32_t r = 0; r < void_at; r++) {
        if (fails[r][0] != '\0')
            fl_buf_add_format(out, "%u fails: %s\n", r, fails[r]);
        if (rows[r / 64] >> (r % 64) & 1)
            fl_buf_add_format(out, "%u%s\n", r, told.text[r]);
    }
    if (void_at < ROWS)
        fl_buf_add_format(out, "%u void\n", void_at);
}

/* The case in a VM of its own. every: each row is asked about; else one of three, and few at the beginning. */
static char *ask_case(size_t i, bool every, void (*ask)(struct fl_buf *out, uint64_t *rows))
{
    uint64_t rows[(ROWS + 63) / 64];
    struct fl_buf out;
    fl_buf_init(&out);
    fl_batch_all_rows(&batch, rows);
    for (uint32_t r = 0; r < ROWS && !every; r++)
        if (r % 3 != 0 || r < 130)
            rows[r / 64] &= ~(UINT64_C(1) << (r % 64));
    load_function(cases[i].before, cases[i].body);
    if (vm->code[0].is_straight != cases[i].straight)
        fail_msg("%s: straight: %d", cases[i].body, vm->code[0].is_straight);
    ask(&out, rows);
    if (vm->code[0].is_straight != cases[i].straight)
        fail_msg("%s: its loop does not compile", cases[i].body);
    unload();
    fl_buf_add_text(&out, "end\n");
    return out.data;
}

static void test_flows__together_is_one_after_the_other(void **state)
{
    (void)state;
    make_rows();
    for (size_t i = 0; i < 2 * CASE_COUNT; i++) {
        char *each = ask_case(i / 2, i % 2, ask_each), *together = ask_case(i / 2, i % 2, ask_together);
        if (strcmp(each, together) != 0)
            fail_msg("%s\none after the other:\n%.600s\ntogether:\n%.600s", cases[i / 2].body, each, together);
        fl_free(each);
        fl_free(together);
    }
}

/* Where the text could be read as another function's, or hides something, the function is asked the plain way. */
static void test_flows__hostile_texts_are_not_straight(void **state)
{
    static const char *const texts[] = {
        "rule { %s on_flow = function\n(flow) local f = function(flow) return true end while flow.bytes > 900 do end "
        "return f(flow) end }",
        "local function\nf\n(flow) local g = function(flow) return true end while flow.bytes > 900 do end return "
        "g(flow) "
        "end\nrule { %s on_flow = f }",
        "local t, d = {}, function(flow) return true end function t.f\n(flow) while flow.bytes > 900 do end return "
        "true "
        "end\nrule { %s on_flow = t.f }",
        "rule { %s on_flow = function(flow) --\rwhile flow.bytes > 900 do end\n return true end }",
        "rule { %s on_flow = function(flow) local t = setmetatable return flow.bytes > 5 end, "
        "on_group = function(group) end }",
        "rule { %s on_flow = function(flow, more) return flow.bytes > 5 end }",
        "rule { %s on_flow = function(FL_i) return FL_i.bytes > 5 end }",
        "function check(flow) return pcall(check) end\nrule { %s on_flow = check }",
        "local check\nfunction check() return pcall(check) or pcall(check) end\nrule { %s on_flow = check }",
    };
    (void)state;
    make_rows();
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char text[1024];
        snprintf(text, sizeof text, texts[i], /* the format is one of the above */
                 "title = 'x', severity = 'low', identity = { 'dstport' }, fields = { 'bytes' },\n");
        load(text);
        if (vm->code[0].is_straight)
            fail_msg("%s", text);
        unload();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flows__together_is_one_after_the_other),
        cmocka_unit_test(test_flows__hostile_texts_are_not_straight),
    };
    fl_arena_init(&arena);
    rows_open(&batch);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    fl_batch_dispose(&batch);
    fl_arena_dispose(&arena);
    return failed;
}
