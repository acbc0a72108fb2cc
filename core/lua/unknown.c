/* unknown.c: what is said of a global name that there is not. */
#include <lauxlib.h>
#include <string.h>

#include "core/lua/library.h"
#include "core/lua/vm.h"

/* What comparing a name with every name of the library is charged: a rule may catch the error and ask again. */
enum { GUESS_CHARGE_BYTES = 65536 };

/* What other languages call so. */
static const char *own_name(const char *name)
{
    static const struct {
        const char *theirs, *ours;
    } names[] = {
        {"avg", "mean"},
        {"average", "mean"},
        {"median", "quantile"},
        {"percentile", "quantile"},
        {"minimum", "min"},
        {"maximum", "max"},
        {"uniq", "distinct"},
        {"unique", "distinct"},
        {"cardinality", "distinct"},
        {"count_distinct", "distinct"},
        {"integer", "number"},
        {"int", "number"},
        {"float", "number"},
        {"bool", "flag"},
        {"boolean", "flag"},
        {"str", "text"},
        {"cidr", "network"},
        {"address", "network"},
        {"time", "duration"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i].theirs, name) == 0)
            return names[i].ours;
    return NULL;
}

int fl_lua_unknown_global(lua_State *L)
{
    const char *name = luaL_checkstring(L, 2);
    struct fl_str_guess guess = {own_name(name), 99};
    fl_lua_charge(L, GUESS_CHARGE_BYTES);
    if (guess.best != NULL)
        return luaL_error(L, "there is no \"%s\" in rules; did you mean \"%s\"?", name, guess.best);
    if (strcmp(name, "params") == 0 || strcmp(name, "param") == 0)
        return luaL_error(L,
                          "there is no \"%s\" in rules: code reads no parameters. Test $name in where and having; "
                          "on_group reads value = { most = \"$name\" } as group.most",
                          name);
    lua_getfield(L, LUA_REGISTRYINDEX, "flowlaw.library");
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
        fl_str_guess_try(&guess, fl_str_of(name), lua_tostring(L, -2));
    if (guess.best != NULL)
        return luaL_error(L, "there is no \"%s\" in rules; did you mean \"%s\"?", name, guess.best);
    return luaL_error(L, "there is no \"%s\" in rules; a text stands in quotes: \"%s\"", name, name);
}
