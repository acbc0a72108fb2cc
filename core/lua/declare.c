/* declare.c: rule{ ... } */
#include "core/lua/declare.h"

#include <lauxlib.h>
#include <string.h>

#include "core/lua/rule_keys.h"

static bool is_known(const char *key)
{
    uint32_t i = 0;
    while (i < fl_rule_key_count && strcmp(fl_rule_keys[i].name, key) != 0)
        i++;
    return i < fl_rule_key_count;
}

/* Of the table on the top. */
static void check_keys(lua_State *L)
{
    const char **keys;
    uint32_t count = fl_declare_keys(L, &keys);
    for (uint32_t k = 0; k < count; k++) {
        const char *key = keys[k];
        struct fl_str_guess guess = {NULL, 99};
        if (key[0] == '\0')
            fl_declare_report(L, &(struct fl_rule_spot){0}, "rule{} takes named keys only");
        if (key[0] == '\0' || is_known(key))
            continue;
        for (uint32_t i = 0; i < fl_rule_key_count; i++)
            fl_str_guess_try(&guess, fl_str_of(key), fl_rule_keys[i].name);
        if (guess.best != NULL)
            fl_declare_report(L, &(struct fl_rule_spot){.key = key}, "there is no key \"%s\"; did you mean \"%s\"?",
                              key, guess.best);
        else
            fl_declare_report(L, &(struct fl_rule_spot){.key = key}, "there is no key \"%s\"", key);
    }
}

static void take_params(lua_State *L, int table, struct fl_rule_decl *decl)
{
    const char **names;
    int type = lua_getfield(L, table, "params");
    if (type == LUA_TTABLE) {
        uint32_t count = fl_declare_names(L, "params", "parameter", &names);
        decl->params = fl_arena_alloc(fl_lua_arena_of(L), ((size_t)count + 1) * sizeof *decl->params);
        for (uint32_t i = 0; decl->params != NULL && i < count; i++) {
            bool made = lua_getfield(L, -1, names[i]) == LUA_TTABLE;
            struct fl_param_decl *p = &decl->params[decl->param_count];
            if (made && lua_getfield(L, -1, "_param") == LUA_TNUMBER) {
                *p = (struct fl_param_decl){.name = names[i],
                                            .type = (enum fl_param_type)lua_tointeger(L, -1),
                                            .file = decl->file,
                                            .line = decl->line};
                lua_pop(L, 1);
                p->text = p->default_text = fl_declare_text(L, lua_gettop(L), "value");
                p->what = fl_declare_text(L, lua_gettop(L), "what");
                decl->param_count += p->text != NULL;
            } else {
                fl_declare_report(
                    L, &(struct fl_rule_spot){.key = "params", .name = names[i]},
                    "parameter %s must be made by network, service, duration, port, number, text, flag or price",
                    names[i]);
                lua_pop(L, made ? 1 : 0);
            }
            lua_pop(L, 1);
        }
    } else if (type != LUA_TNIL) {
        fl_declare_refuse(L, "params", "a table: { name = number(5), ... }");
    }
    lua_pop(L, 1);
}

static void take_values(lua_State *L, int table, struct fl_rule_decl *decl)
{
    const char **names;
    int type = lua_getfield(L, table, "value");
    if (type == LUA_TTABLE) {
        uint32_t count = fl_declare_names(L, "value", "value", &names);
        decl->values = fl_arena_alloc(fl_lua_arena_of(L), ((size_t)count + 1) * sizeof *decl->values);
        for (uint32_t i = 0; decl->values != NULL && i < count; i++) {
            const char *text = fl_declare_text(L, lua_gettop(L), names[i]);
            if (text != NULL)
                decl->values[decl->value_count++] = (struct fl_value_decl){names[i], text};
        }
    } else if (type != LUA_TNIL) {
        fl_declare_refuse(L, "value", "a table: { name = \"an expression\", ... }");
    }
    lua_pop(L, 1);
}

static int take_function(lua_State *L, int table, const char *key)
{
    int type = lua_getfield(L, table, key);
    if (type == LUA_TFUNCTION)
        return luaL_ref(L, LUA_REGISTRYINDEX);
    if (type != LUA_TNIL)
        fl_declare_refuse(L, key, "a function");
    lua_pop(L, 1);
    return LUA_NOREF;
}

/* Is there a key that nobody knows and that this one was meant by? */
static bool is_misspelt(lua_State *L, int table, const char *key)
{
    struct fl_str_guess guess = {NULL, 99};
    for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1))
        if (lua_type(L, -2) == LUA_TSTRING && !is_known(lua_tostring(L, -2)))
            fl_str_guess_try(&guess, fl_str_of(lua_tostring(L, -2)), key);
    return guess.best != NULL;
}

/* A text without which there is no rule. */
static const char *need_text(lua_State *L, int table, const char *key, const char *what)
{
    bool missing = lua_getfield(L, table, key) == LUA_TNIL;
    lua_pop(L, 1);
    if (missing && !is_misspelt(L, table, key))
        fl_declare_report(L, &(struct fl_rule_spot){0}, "%s is missing: %s", key, what);
    return missing ? NULL : fl_declare_text(L, table, key);
}

static void take_severity(lua_State *L, int table, struct fl_rule_decl *decl)
{
    const char *severity = need_text(L, table, "severity", "info, low, medium, high or critical");
    int value = severity == NULL ? FL_SEV_INFO : fl_severity_find(fl_str_of(severity));
    decl->severity = (enum fl_severity)value;
    if (value >= 0 && value < FL_SEV_NONE)
        return;
    struct fl_str_guess guess = {NULL, 99};
    for (int i = 0; i < FL_SEV_NONE; i++)
        fl_str_guess_try(&guess, fl_str_of(severity), fl_severity_name((enum fl_severity)i));
    fl_declare_report(L, &(struct fl_rule_spot){.key = "severity", .text = severity},
                      "severity must be info, low, medium, high or critical, not \"%.60s\"%s%s%s", severity,
                      guess.best != NULL ? "; did you mean \"" : "", guess.best != NULL ? guess.best : "",
                      guess.best != NULL ? "\"?" : "");
    decl->severity = FL_SEV_INFO;
}

int fl_lua_declare_rule(lua_State *L)
{
    struct fl_lua_vm *vm = fl_lua_vm_of(L);
    if (!vm->loading)
        return luaL_error(L, "rule{} belongs to the top of a rule file");
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    struct fl_rule_decl *decl = vm->decl;
    lua_Debug ar;
    if (lua_getstack(L, 1, &ar) && lua_getinfo(L, "l", &ar) && ar.currentline > 0)
        decl->line = (uint32_t)ar.currentline;
    if (vm->rule_calls++ > 0) {
        fl_declare_report(L, &(struct fl_rule_spot){0}, "a file declares one rule; this is its second rule{}");
        return 0;
    }
    check_keys(L);
    decl->title = need_text(L, 1, "title", "a short text that names what is found");
    if (decl->title == NULL)
        decl->title = decl->id;
    take_severity(L, 1, decl);
    decl->description = fl_declare_text(L, 1, "description");
    decl->controls = fl_declare_texts(L, 1, "controls");
    decl->attack = fl_declare_texts(L, 1, "attack");
    decl->remediation = fl_declare_text(L, 1, "remediation");
    decl->signal = fl_declare_flag(L, 1, "signal");
    decl->over = fl_declare_text(L, 1, "over");
    decl->from = fl_declare_text_or_texts(L, 1, "from");
    decl->where = fl_declare_text(L, 1, "where");
    decl->group_by = fl_declare_texts(L, 1, "group_by");
    decl->window = fl_declare_duration(L, 1, "window");
    decl->every = fl_declare_duration(L, 1, "every");
    decl->session = fl_declare_duration(L, 1, "session");
    decl->having = fl_declare_text(L, 1, "having");
    decl->identity = fl_declare_texts(L, 1, "identity");
    decl->finding = fl_declare_text(L, 1, "finding");
    decl->fields = fl_declare_texts(L, 1, "fields");
    take_params(L, 1, decl);
    fl_declare_measures(L, 1, decl);
    take_values(L, 1, decl);
    vm->on_flow = take_function(L, 1, "on_flow");
    vm->on_group = take_function(L, 1, "on_group");
    decl->has_on_flow = vm->on_flow != LUA_NOREF;
    decl->has_on_group = vm->on_group != LUA_NOREF;
    return 0;
}
