/* Tests left out of a rule file's text, against Lua itself: what is left loads and does the same. */
#include <glob.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/lua/vm.h"
#include "tests/unit/cmocka_all.h"

static char rest[65536];

static bool leave_out(const char *text)
{
    size_t len;
    return fl_lua_leave_out_tests(fl_str_of(text), rest, &len) && strlen(rest) == len;
}

static void test_plain_tests__leaves_out_what_does_nothing(void **state)
{
    (void)state;
    assert_true(leave_out("rule { a = 1 }\n\ntest \"a\" {\n  x = -1.5,\n  y = { 'b', true; nil },\n}\n"));
    assert_string_equal(rest, "rule { a = 1 }\n\n\n\n\n\n");
    assert_true(leave_out("-- it's\nrule { on_flow = function(f) return f.bytes end }\n"
                          "test 'a' { flows = { flows { from = \"10.0.0.1\", n = 1 }, file 'x.log' } } -- so\n"
                          "test 'b' {} local x = {}\ntest \"it's\" {}"));
    assert_string_equal(rest, "-- it's\nrule { on_flow = function(f) return f.bytes end }\n\nlocal x = {}\n");
}

static void test_plain_tests__leaves_in_what_may_matter(void **state)
{
    static const char *const texts[] = {
        "rule { a = 1 }\n",
        "test 'a' { x = y }\n",
        "test 'a' { x = f() }\n",
        "test 'a' { 'a' .. 'b' }\n",
        "test 'a' { [1] = 2 }\n",
        "test 'a' { end = 2 }\n",
        "test 'a' { x = 0x10 }\n",
        "test 'a' { x = 1 \n",
        "test 'a' { x = 'a\\n' }\n",
        "test 'a' { x = 'a\n' }\n",
        "test 'a' { x = [[a]] }\n",
        "test 'a' { --[[ }\n]] }\n",
        "test 'a' { { { { { { { { { } } } } } } } } }\n",
        "test('a') {}\n",
        "test 'a' ({})\n",
        "test 'a' {} ()\n",
        "test 'a' {}.x = 1\n",
        "x = {}\ntest 'a' {}\nand 1",
        "x = 1 test 'a' {}\n",
        "if x() then test 'a' {} end\n",
        "f { test 'a' {} }\n",
        "local test = f()\ntest 'a' {}\n",
        "flows = f {}\ntest 'a' { flows {} }\n",
        "_ENV = {}\ntest 'a' { }\n",
        "return {}\ntest 'a' { }\n",
        "function f() g() test 'a' {} local x end\n",
        "x = {}\r\ntest 'a' {}\r\n",
    };
    char wide[4096] = "test 'a' {";
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (leave_out(texts[i]))
            fail_msg("left out of: %s", texts[i]);
    /* More values at once than the registers of a function. */
    for (unsigned depth = 0; depth < 4; depth++) {
        for (unsigned i = 0; i < 49; i++)
            strcat(wide, "1,");
        strcat(wide, "{");
    }
    strcat(wide, "}}}}}\n");
    assert_false(leave_out(wide));
    memset(wide, 'x', 700);
    memcpy(wide, "test 'a' { '", 12);
    memcpy(wide + 700, "' }\n", 5);
    assert_false(leave_out(wide));
}

/* ---- against Lua ---- */

static int note(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "noted");
    lua_Debug ar;
    lua_getstack(L, 1, &ar);
    lua_getinfo(L, "l", &ar);
    lua_pushfstring(L, "%s %d %s;", lua_tostring(L, -1), ar.currentline, luaL_typename(L, 1));
    lua_setfield(L, LUA_REGISTRYINDEX, "noted");
    lua_settop(L, 1);
    return 1;
}

static int ignore(lua_State *L)
{
    lua_settop(L, 1);
    return 1;
}

static int begin_test(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TSTRING);
    lua_pushcfunction(L, ignore);
    return 1;
}

/* What a text does: false when it does not compile; else what `note` saw, and the error, if any. */
static bool outcome(const char *text, char out[1024])
{
    lua_State *L = luaL_newstate();
    lua_pushliteral(L, "");
    lua_setfield(L, LUA_REGISTRYINDEX, "noted");
    lua_register(L, "note", note);
    lua_register(L, "test", begin_test);
    lua_register(L, "flows", ignore);
    lua_register(L, "file", ignore);
    lua_register(L, "pairs", ignore);
    bool compiles = luaL_loadbufferx(L, text, strlen(text), "=r", "t") == LUA_OK;
    const char *error = compiles && lua_pcall(L, 0, 0, 0) != LUA_OK ? lua_tostring(L, -1) : "";
    lua_getfield(L, LUA_REGISTRYINDEX, "noted");
    snprintf(out, 1024, "%s%s", lua_tostring(L, -1), error);
    lua_close(L);
    return compiles;
}

static void assert_same(const char *text)
{
    char whole[1024], left[1024];
    if (!leave_out(text) || !outcome(rest, left))
        return;
    if (!outcome(text, whole))
        fail_msg("does not compile, but without its tests it does:\n%s", text);
    if (strcmp(whole, left) != 0)
        fail_msg("%s\nis not\n%s\nof\n%s", left, whole, text);
}

static void test_plain_tests__agrees_with_lua(void **state)
{
    static const char *const pieces[] = {
        "test 'a' {}",
        "test 'a' { x = 1 }\n",
        "test 'a' { 'b', c = { flows {} } }\n",
        "\n",
        "note(1)\n",
        "note {}\n",
        "x = {}",
        "x = y",
        "local z = { a = {} }\n",
        "local",
        "return",
        "return {}\n",
        "if x then",
        "end\n",
        "for k in pairs {}",
        "do",
        "and x",
        "or {}",
        "goto l",
        "::l::",
        ".x",
        "(note)(2)\n",
        "{ }",
        "{",
        "}",
        "function f()",
        "function(a)",
        "-- test 'a' {\n",
        "\"t\"",
        "x = function() end",
        ";",
        "=",
        "repeat",
        "until x",
        "while x do",
        "else",
        "not",
        "#",
        "in",
        "then",
        "f",
        "note(f and f())\n",
    };
    char text[2048];
    uint64_t random = 1;
    unsigned left_out = 0;
    (void)state;
    for (unsigned i = 0; i < 60000; i++) {
        text[0] = '\0';
        for (unsigned k = 0; k < 2 + i % 9; k++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            /* Every third is a test, else few texts have one that is left out. */
            uint64_t piece =
                (random >> 33) % 3 == 0 ? (random >> 40) % 3 : (random >> 40) % (sizeof pieces / sizeof pieces[0]);
            strcat(strcat(text, pieces[piece]), " ");
        }
        if (leave_out(text)) {
            left_out++;
            assert_same(text);
        }
    }
    assert_true(left_out > 1000);
}

static void test_plain_tests__of_bundled_rules(void **state)
{
    glob_t found;
    unsigned with = 0, left_out = 0;
    (void)state;
    assert_int_equal(glob("rules/*/*.lua", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        static char text[65536];
        FILE *file = fopen(found.gl_pathv[i], "rb");
        assert_non_null(file);
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
        fclose(file);
        if (strstr(text, "\ntest \"") == NULL)
            continue;
        with++;
        left_out += leave_out(text) && strstr(rest, "\ntest") == NULL;
    }
    globfree(&found);
    assert_true(with >= 60);
    assert_true(left_out * 10 >= with * 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_tests__leaves_out_what_does_nothing),
        cmocka_unit_test(test_plain_tests__leaves_in_what_may_matter),
        cmocka_unit_test(test_plain_tests__agrees_with_lua),
        cmocka_unit_test(test_plain_tests__of_bundled_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
