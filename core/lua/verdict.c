/* verdict.c: what code of a rule returned. */
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/escape.h"
#include "core/base/limits.h"
#include "core/lua/vm.h"

#define FIELD_BYTES 64 /* of a verdict: what taking it costs */

static const char *copy_text(lua_State *L, int index, struct fl_arena *arena)
{
    size_t len;
    const char *text = lua_tolstring(L, index, &len);
    return fl_arena_strndup(arena, text, len);
}

/* FL_E_LUA: it is none that a verdict can hold. */
static enum fl_status take_value(lua_State *L, struct fl_arena *arena, struct fl_value *out)
{
    *out = FL_VALUE_NULL;
    if (lua_isinteger(L, -1)) {
        *out = fl_value_int(FL_T_INT, lua_tointeger(L, -1));
    } else if (lua_type(L, -1) == LUA_TBOOLEAN) {
        *out = fl_value_int(FL_T_BOOL, lua_toboolean(L, -1));
    } else if (lua_type(L, -1) == LUA_TSTRING || lua_type(L, -1) == LUA_TNUMBER) {
        size_t len;
        luaL_tolstring(L, -1, &len);
        const char *copy = copy_text(L, -1, arena);
        lua_pop(L, 1);
        *out = (struct fl_value){.type = FL_T_STR, .str = {copy, len}};
        return copy != NULL ? FL_OK : FL_E_NOMEM;
    } else {
        return FL_E_LUA;
    }
    return FL_OK;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct fl_pair *)a)->name, ((const struct fl_pair *)b)->name);
}

/* By name: the order that Lua tells fields in differs from run to run. */
static enum fl_status take_extra(lua_State *L, struct fl_arena *arena, struct fl_verdict *out, struct fl_error *err)
{
    lua_Integer count = 0;
    uint32_t kept = 0;
    for (lua_pushnil(L); lua_next(L, 1) != 0; lua_pop(L, 1))
        count++;
    fl_lua_charge_values(L, count, FIELD_BYTES);
    struct fl_pair *pairs = fl_arena_alloc(arena, ((size_t)count + 1) * sizeof *pairs);
    if (pairs == NULL)
        return FL_E_NOMEM;
    for (lua_pushnil(L); lua_next(L, 1) != 0; lua_pop(L, 1)) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
        if (name[0] == '\0' || strlen(name) != lua_rawlen(L, -2))
            return fl_fail(err, FL_E_LUA, "a verdict has named fields only");
        if (strcmp(name, "severity") == 0 || strcmp(name, "title") == 0 || strcmp(name, "message") == 0)
            continue;
        const char *copy = copy_text(L, -2, arena);
        if (copy == NULL)
            return FL_E_NOMEM;
        pairs[kept++].name = copy;
    }
    qsort(pairs, kept, sizeof *pairs, compare_names);
    for (uint32_t i = 0; i < kept; i++) {
        lua_getfield(L, 1, pairs[i].name);
        enum fl_status status = take_value(L, arena, &pairs[i].value);
        lua_pop(L, 1);
        if (status == FL_E_LUA)
            fl_fail(err, status, "the field %s of a verdict must be text, a number or a flag", pairs[i].name);
        if (status != FL_OK)
            return status;
    }
    out->extra = (struct fl_pairs){pairs, kept};
    return FL_OK;
}

static enum fl_status take_override(lua_State *L, const char *key, struct fl_arena *arena, const char **out,
                                    struct fl_error *err)
{
    int type = lua_getfield(L, 1, key);
    enum fl_status status = FL_OK;
    size_t len;
    const char *text = type == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;
    if (text != NULL)
        status = (*out = fl_escape_nul(arena, (struct fl_str){text, len})) != NULL ? FL_OK : FL_E_NOMEM;
    else if (type != LUA_TNIL)
        status = fl_fail(err, FL_E_LUA, "%s must be text", key);
    lua_pop(L, 1);
    return status;
}

/* Verdicts of a whole batch lie in memory together. */
static enum fl_status limit_size(const struct fl_verdict *verdict, struct fl_error *err)
{
    size_t bytes = (verdict->title != NULL ? strlen(verdict->title) : 0) +
                   (verdict->message != NULL ? strlen(verdict->message) : 0);
    for (uint32_t i = 0; i < verdict->extra.count; i++) {
        const struct fl_value *value = &verdict->extra.items[i].value;
        bytes += strlen(verdict->extra.items[i].name) + (value->type == FL_T_STR ? value->str.len : sizeof value->i);
    }
    return bytes <= FL_VERDICT_BYTES_MAX ? FL_OK
                                         : fl_fail(err, FL_E_LUA, "a verdict of %zu bytes: its texts take at most %u",
                                                   bytes, FL_VERDICT_BYTES_MAX);
}

enum fl_status fl_lua_take_verdict(lua_State *L, struct fl_arena *arena, struct fl_verdict *out, struct fl_error *err)
{
    int type = lua_type(L, 1);
    *out = (struct fl_verdict){.severity = -1};
    if (type == LUA_TNIL || type == LUA_TBOOLEAN) {
        out->hit = lua_toboolean(L, 1);
        return FL_OK;
    }
    if (type != LUA_TTABLE)
        return fl_fail(err, FL_E_LUA, "a rule returns nothing, true, false or a table, not a %s", luaL_typename(L, 1));
    if (fl_lua_push_origin(L, 1))
        lua_replace(L, 1);
    else if (lua_getmetatable(L, 1))
        return fl_fail(err, FL_E_LUA, "a rule returns a plain table, not a part of the library");
    out->hit = true;
    const char *severity = NULL;
    enum fl_status status = take_override(L, "severity", arena, &severity, err);
    if (status == FL_OK)
        status = take_override(L, "title", arena, &out->title, err);
    if (status == FL_OK)
        status = take_override(L, "message", arena, &out->message, err);
    if (status == FL_OK && severity != NULL) {
        out->severity = fl_severity_find(fl_str_of(severity));
        if (out->severity < 0 || out->severity >= FL_SEV_NONE)
            return fl_fail(err, FL_E_LUA, "severity must be info, low, medium, high or critical, not \"%.60s\"",
                           severity);
    }
    if (status == FL_OK)
        status = take_extra(L, arena, out, err);
    return status == FL_OK ? limit_size(out, err) : status;
}
