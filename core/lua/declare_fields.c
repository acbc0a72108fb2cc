/* declare_fields.c: keys of a Lua table as texts, lists and flags. */
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/lua/declare.h"

/* What telling an error is charged beside the text that is looked through for its place: a rule may go on. */
enum { REPORT_CHARGE_BYTES = 65536 };

void fl_declare_report(lua_State *L, const struct fl_rule_spot *spot, const char *format, ...)
{
    struct fl_lua_vm *vm = fl_lua_vm_of(L);
    struct fl_error err;
    char text[FL_ERROR_TEXT_BYTES];
    fl_lua_charge(L, REPORT_CHARGE_BYTES + vm->text.len);
    if (vm->errors == NULL)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fl_fail(&err, FL_E_VALUE, "rule %.100s: %.600s", vm->id, text);
    fl_rule_locate(vm->text, vm->decl->line, spot, &err);
    fl_error_at(&err, vm->file, err.line, err.column);
    fl_error_list_add(vm->errors, &err);
}

void fl_declare_refuse(lua_State *L, const char *key, const char *must)
{
    struct fl_rule_spot spot = {.key = key};
    int type = lua_type(L, -1);
    if (type == LUA_TSTRING) {
        spot.text = lua_tostring(L, -1);
        fl_declare_report(L, &spot, "%s must be %s, not \"%.60s\"", key, must, spot.text);
    } else if (type == LUA_TNUMBER || type == LUA_TBOOLEAN) {
        fl_declare_report(L, &spot, "%s must be %s, not %s", key, must, luaL_tolstring(L, -1, NULL));
        lua_pop(L, 1);
    } else {
        fl_declare_report(L, &spot, "%s must be %s, not a %s", key, must, lua_typename(L, type));
    }
}

const char *fl_declare_copy(lua_State *L, int index)
{
    size_t len;
    const char *text = lua_tolstring(L, index, &len);
    if (memchr(text, '\0', len) != NULL) {
        fl_declare_report(L, &(struct fl_rule_spot){.text = text}, "texts must not hold a NUL byte");
        len = strlen(text);
    }
    const char *copy = fl_arena_strndup(fl_lua_arena_of(L), text, len);
    if (copy == NULL)
        luaL_error(L, "out of memory");
    return copy;
}

static const char *take_text(lua_State *L, int table, const char *key, const char *must)
{
    const char *text = NULL;
    int type = lua_getfield(L, table, key);
    if (type == LUA_TSTRING)
        text = fl_declare_copy(L, -1);
    else if (type != LUA_TNIL)
        fl_declare_refuse(L, key, must);
    lua_pop(L, 1);
    return text;
}

const char *fl_declare_text(lua_State *L, int table, const char *key)
{
    return take_text(L, table, key, "text");
}

const char *fl_declare_duration(lua_State *L, int table, const char *key)
{
    return take_text(L, table, key, "a duration such as \"90s\", \"5m\" or \"1h30m\"");
}

lua_Integer fl_declare_member_count(lua_State *L)
{
    lua_Integer count = 0;
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
        count++;
    return count;
}

struct fl_texts fl_declare_texts(lua_State *L, int table, const char *key)
{
    struct fl_texts texts = {NULL, 0};
    int type = lua_getfield(L, table, key);
    if (type == LUA_TTABLE) {
        lua_Integer count = luaL_len(L, -1);
        if (count > 256)
            count = 0, fl_declare_report(L, &(struct fl_rule_spot){.key = key}, "%s has more than 256 members", key);
        texts.items = fl_arena_alloc(fl_lua_arena_of(L), ((size_t)count + 1) * sizeof *texts.items);
        for (lua_Integer i = 1; texts.items != NULL && i <= count; i++) {
            if (lua_geti(L, -1, i) == LUA_TSTRING)
                texts.items[texts.count++] = fl_declare_copy(L, -1);
            else
                fl_declare_refuse(L, key, "a list of texts");
            lua_pop(L, 1);
        }
        if (fl_declare_member_count(L) > luaL_len(L, -1))
            fl_declare_report(L, &(struct fl_rule_spot){.key = key}, "%s must be a list without names: { \"...\" }",
                              key);
    } else if (type != LUA_TNIL) {
        fl_declare_refuse(L, key, "a list: { \"...\" }");
    }
    lua_pop(L, 1);
    return texts;
}

bool fl_declare_flag(lua_State *L, int table, const char *key)
{
    int type = lua_getfield(L, table, key);
    bool value = type == LUA_TBOOLEAN && lua_toboolean(L, -1);
    if (type != LUA_TNIL && type != LUA_TBOOLEAN)
        fl_declare_refuse(L, key, "true or false");
    lua_pop(L, 1);
    return value;
}

struct fl_texts fl_declare_text_or_texts(lua_State *L, int table, const char *key)
{
    bool one = lua_getfield(L, table, key) == LUA_TSTRING;
    lua_pop(L, 1);
    if (!one)
        return fl_declare_texts(L, table, key);
    struct fl_texts texts = {.items = fl_arena_alloc(fl_lua_arena_of(L), 2 * sizeof *texts.items)};
    const char *text = fl_declare_text(L, table, key);
    if (texts.items != NULL)
        texts.items[texts.count++] = text;
    return texts;
}

static bool is_identifier(const char *name)
{
    static const char *const words[] = {"and", "or", "not", "in", "is", "null", "true", "false", "matches"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i], name) == 0)
            return false;
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    return len > 0 && name[len] == '\0' && (name[0] < '0' || name[0] > '9');
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

uint32_t fl_declare_keys(lua_State *L, const char ***out)
{
    int table = lua_gettop(L);
    size_t count = (size_t)fl_declare_member_count(L);
    const char **keys = fl_arena_alloc(fl_lua_arena_of(L), (count + 1) * sizeof *keys);
    uint32_t kept = 0;
    lua_pushnil(L);
    while (keys != NULL && lua_next(L, table) != 0) {
        lua_pop(L, 1);
        keys[kept++] = lua_type(L, -1) == LUA_TSTRING ? fl_declare_copy(L, -1) : "";
    }
    if (keys != NULL)
        qsort(keys, kept, sizeof *keys, compare_names);
    *out = keys;
    return kept;
}

uint32_t fl_declare_names(lua_State *L, const char *key, const char *what, const char ***out)
{
    const char **names;
    uint32_t count = fl_declare_keys(L, &names), kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        const char *name = names[i];
        if (is_identifier(name))
            names[kept++] = name;
        else
            fl_declare_report(L, &(struct fl_rule_spot){key, name[0] != '\0' ? name : NULL, NULL},
                              "\"%s\" is no name for a %s: letters, digits and _, not a word of the language", name,
                              what);
    }
    *out = names;
    return kept;
}
