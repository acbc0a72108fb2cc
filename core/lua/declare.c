/* declare.c: rule{ ... } and the constructors that stand in it. */
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/lua/library.h"
#include "core/lua/rule_keys.h"
#include "core/lua/vm.h"
#include "core/measure/measure.h"

#define MEASURE_NUMBER_MAX 1000000

static struct fl_arena *arena_of(lua_State *L)
{
    return fl_lua_rules_arena(fl_lua_vm_of(L)->rules);
}

static void report(lua_State *L, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void report(lua_State *L, const char *format, ...)
{
    struct fl_lua_vm *vm = fl_lua_vm_of(L);
    struct fl_error err;
    char text[FL_ERROR_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fl_fail(&err, FL_E_VALUE, "rule %s: %s", vm->id, text);
    fl_error_at(&err, vm->file, vm->decl != NULL ? vm->decl->line : 0, 0);
    if (vm->errors != NULL)
        fl_error_list_add(vm->errors, &err);
}

static const char *copy_text(lua_State *L, int index)
{
    size_t len;
    const char *text = lua_tolstring(L, index, &len);
    if (memchr(text, '\0', len) != NULL) {
        report(L, "texts must not hold a NUL byte");
        len = strlen(text);
    }
    const char *copy = fl_arena_strndup(arena_of(L), text, len);
    if (copy == NULL)
        luaL_error(L, "out of memory");
    return copy;
}

/* A text field of the table at `table`, or NULL. */
static const char *text_field(lua_State *L, int table, const char *key)
{
    const char *text = NULL;
    int type = lua_getfield(L, table, key);
    if (type == LUA_TSTRING)
        text = copy_text(L, -1);
    else if (type != LUA_TNIL)
        report(L, "%s must be text", key);
    lua_pop(L, 1);
    return text;
}

static struct fl_texts texts_field(lua_State *L, int table, const char *key)
{
    struct fl_texts texts = {NULL, 0};
    int type = lua_getfield(L, table, key);
    if (type == LUA_TTABLE) {
        lua_Integer count = luaL_len(L, -1);
        if (count > 256)
            count = 0, report(L, "%s has too many members", key);
        texts.items = fl_arena_alloc(arena_of(L), ((size_t)count + 1) * sizeof *texts.items);
        for (lua_Integer i = 1; texts.items != NULL && i <= count; i++) {
            if (lua_geti(L, -1, i) == LUA_TSTRING)
                texts.items[texts.count++] = copy_text(L, -1);
            else
                report(L, "%s must be a list of texts", key);
            lua_pop(L, 1);
        }
        lua_Integer members = 0;
        for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
            members++;
        if (members > luaL_len(L, -1))
            report(L, "%s must be a list without names: { \"...\" }", key);
    } else if (type != LUA_TNIL) {
        report(L, "%s must be a list: { \"...\" }", key);
    }
    lua_pop(L, 1);
    return texts;
}

static bool flag_field(lua_State *L, int table, const char *key)
{
    int type = lua_getfield(L, table, key);
    bool value = type == LUA_TBOOLEAN && lua_toboolean(L, -1);
    if (type != LUA_TNIL && type != LUA_TBOOLEAN)
        report(L, "%s must be true or false", key);
    lua_pop(L, 1);
    return value;
}

/* One text stands for a list of it. */
static struct fl_texts text_or_texts_field(lua_State *L, int table, const char *key)
{
    bool one = lua_getfield(L, table, key) == LUA_TSTRING;
    lua_pop(L, 1);
    if (!one)
        return texts_field(L, table, key);
    struct fl_texts texts = {.items = fl_arena_alloc(arena_of(L), 2 * sizeof *texts.items)};
    const char *text = text_field(L, table, key);
    if (texts.items != NULL)
        texts.items[texts.count++] = text;
    return texts;
}

/* ---- constructors ---- */

/* Text of one value; numbers and flags as they are written in expressions. */
static void add_operand(lua_State *L, luaL_Buffer *out, int index)
{
    int type = lua_type(L, index);
    if (type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TBOOLEAN)
        luaL_error(L, "a parameter's default is a text, a number, a flag or a list of them");
    luaL_tolstring(L, index, NULL);
    luaL_addvalue(out);
}

static void push_operand(lua_State *L)
{
    luaL_Buffer out;
    if (lua_type(L, 1) != LUA_TTABLE) {
        luaL_buffinit(L, &out);
        add_operand(L, &out, 1);
        luaL_pushresult(&out);
        return;
    }
    lua_Integer count = luaL_len(L, 1);
    lua_pushliteral(L, "{");
    for (lua_Integer i = 1; i <= count; i++) {
        if (i > 1) {
            lua_pushliteral(L, ", ");
            lua_concat(L, 2);
        }
        lua_geti(L, 1, i);
        luaL_tolstring(L, -1, NULL);
        lua_remove(L, -2);
        lua_concat(L, 2);
    }
    lua_pushliteral(L, "}");
    lua_concat(L, 2);
}

/* network "db", number(8, "what it is for") -> { _param = type, value = text, what = text } */
static int make_param(lua_State *L)
{
    luaL_checkany(L, 1);
    if (lua_gettop(L) > 2 || (!lua_isnoneornil(L, 2) && lua_type(L, 2) != LUA_TSTRING))
        return luaL_error(L, "a parameter takes (default, what?): its default and a text that says what it is for");
    lua_settop(L, 2);
    push_operand(L);
    lua_newtable(L);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_setfield(L, -2, "_param");
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, "value");
    if (lua_type(L, 2) == LUA_TSTRING) {
        lua_pushvalue(L, 2);
        lua_setfield(L, -2, "what");
    }
    return 1;
}

/* distinct "server_port" -> { _measure = "distinct", _given = 1, arguments... }. Any of them may be nil. */
static int make_measure(lua_State *L)
{
    int count = lua_gettop(L);
    lua_createtable(L, count, 2);
    for (int i = 1; i <= count; i++) {
        lua_pushvalue(L, i);
        lua_seti(L, -2, i);
    }
    lua_pushinteger(L, count);
    lua_setfield(L, -2, "_given");
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_setfield(L, -2, "_measure");
    return 1;
}

/* ---- rule{} ---- */

static void check_keys(lua_State *L, int table)
{
    lua_pushnil(L);
    while (lua_next(L, table) != 0) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING) {
            report(L, "rule{} takes named keys only");
            continue;
        }
        const char *key = lua_tostring(L, -1);
        struct fl_str_guess guess = {NULL, 99};
        bool known = false;
        for (uint32_t i = 0; i < fl_rule_key_count; i++)
            known |= strcmp(fl_rule_keys[i].name, key) == 0;
        for (uint32_t i = 0; !known && i < fl_rule_key_count; i++)
            fl_str_guess_try(&guess, fl_str_of(key), fl_rule_keys[i].name);
        if (!known && guess.best != NULL)
            report(L, "there is no key \"%s\"; did you mean \"%s\"?", key, guess.best);
        else if (!known)
            report(L, "there is no key \"%s\"", key);
    }
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

/* Sorted names of the table on the top; the table stays. */
static uint32_t sorted_names(lua_State *L, const char *what, const char ***out)
{
    uint32_t count = 0;
    int table = lua_gettop(L);
    lua_pushnil(L);
    while (lua_next(L, table) != 0) {
        lua_pop(L, 1);
        count++;
    }
    const char **names = fl_arena_alloc(arena_of(L), ((size_t)count + 1) * sizeof *names);
    uint32_t kept = 0;
    lua_pushnil(L);
    while (names != NULL && lua_next(L, table) != 0) {
        lua_pop(L, 1);
        const char *name = lua_type(L, -1) == LUA_TSTRING ? copy_text(L, -1) : "";
        if (!is_identifier(name)) {
            report(L, "\"%s\" is no name for a %s: letters, digits and _, not a word of the language", name, what);
            continue;
        }
        uint32_t at = kept++;
        for (; at > 0 && strcmp(names[at - 1], name) > 0; at--)
            names[at] = names[at - 1];
        names[at] = name;
    }
    *out = names;
    return kept;
}

static void take_params(lua_State *L, int table, struct fl_rule_decl *decl)
{
    const char **names;
    int type = lua_getfield(L, table, "params");
    if (type == LUA_TTABLE) {
        uint32_t count = sorted_names(L, "parameter", &names);
        decl->params = fl_arena_alloc(arena_of(L), ((size_t)count + 1) * sizeof *decl->params);
        for (uint32_t i = 0; decl->params != NULL && i < count; i++) {
            bool made = lua_getfield(L, -1, names[i]) == LUA_TTABLE;
            struct fl_param_decl *p = &decl->params[decl->param_count];
            if (made && lua_getfield(L, -1, "_param") == LUA_TNUMBER) {
                *p = (struct fl_param_decl){.name = names[i],
                                            .type = (enum fl_param_type)lua_tointeger(L, -1),
                                            .file = decl->file,
                                            .line = decl->line};
                lua_pop(L, 1);
                p->text = p->default_text = text_field(L, lua_gettop(L), "value");
                p->what = text_field(L, lua_gettop(L), "what");
                decl->param_count += p->text != NULL;
            } else {
                report(L, "parameter %s must be made by network, service, duration, port, number, text, flag or price",
                       names[i]);
                lua_pop(L, made ? 1 : 0);
            }
            lua_pop(L, 1);
        }
    } else if (type != LUA_TNIL) {
        report(L, "params must be a table");
    }
    lua_pop(L, 1);
}

/* The arguments of one measure, as fl_measures[].args says: "field, k?, by?". */
struct arguments {
    struct fl_measure_decl *m;
    const char *takes;
};

static void refuse_argument(lua_State *L, const struct arguments *a, const char *what, const char *why)
{
    report(L, "measure %s: %s takes (%s): %s%s", a->m->name, a->m->kind, a->takes, what, why);
}

static int64_t whole_number(lua_State *L, int index)
{
    int64_t value = lua_isinteger(L, index) ? lua_tointeger(L, index) : 0;
    return value > 0 && value <= MEASURE_NUMBER_MAX ? value : 0;
}

/* { exact = N } on the top. */
static bool take_exact(lua_State *L, struct fl_measure_decl *m)
{
    if (lua_type(L, -1) != LUA_TTABLE)
        return false;
    int members = 0;
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
        members++;
    lua_getfield(L, -1, "exact");
    m->k = whole_number(L, -1);
    lua_pop(L, 1);
    return m->k > 0 && members == 1;
}

/* { spread = true } on the top. */
static bool take_spread(lua_State *L, struct fl_measure_decl *m)
{
    int members = 0;
    if (lua_type(L, -1) != LUA_TTABLE)
        return false;
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
        members++;
    m->spread = lua_getfield(L, -1, "spread") == LUA_TBOOLEAN && lua_toboolean(L, -1);
    bool fine = lua_type(L, -1) == LUA_TBOOLEAN && members == 1;
    lua_pop(L, 1);
    return fine;
}

/* The argument is on the top; `what` is its name without "?". */
static void take_argument(lua_State *L, const struct arguments *a, const char *what)
{
    struct fl_measure_decl *m = a->m;
    if (strcmp(what, "k") == 0) {
        if ((m->k = whole_number(L, -1)) == 0)
            refuse_argument(L, a, what, " must be a whole number of 1..1000000");
        return;
    }
    if (strcmp(what, "{ exact = N }") == 0) {
        if (!take_exact(L, m))
            refuse_argument(L, a, what, " must be just that, with a whole number of 1..1000000");
        return;
    }
    if (strcmp(what, "{ spread = true }") == 0) {
        if (!take_spread(L, m))
            refuse_argument(L, a, what, " must be just that");
        return;
    }
    bool number = strcmp(what, "q") == 0 && lua_type(L, -1) == LUA_TNUMBER;
    if (lua_type(L, -1) != LUA_TSTRING && !number) {
        refuse_argument(L, a, what, " must be text");
        return;
    }
    const char *text = copy_text(L, -1);
    if (strcmp(what, "by") == 0)
        m->by = text;
    else if (strcmp(what, "q") == 0)
        m->q = text;
    else if (strcmp(what, "slot") == 0)
        m->slot = text;
    else if (strcmp(what, "filter") != 0)
        m->field = text;
    else if (m->filter == NULL)
        m->filter = text;
    else
        m->filter2 = text;
}

/* A step of a sequence, on the top: "filter" or { "filter", times = 3 }. */
static bool take_step(lua_State *L, struct fl_step_decl *step)
{
    *step = (struct fl_step_decl){.times = 1};
    if (lua_type(L, -1) == LUA_TSTRING) {
        step->filter = copy_text(L, -1);
        return true;
    }
    if (lua_type(L, -1) != LUA_TTABLE)
        return false;
    int members = 0;
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
        members++;
    if (lua_geti(L, -1, 1) == LUA_TSTRING)
        step->filter = copy_text(L, -1);
    int type = lua_getfield(L, -2, "times");
    const char *text = type == LUA_TSTRING ? lua_tostring(L, -1) : "";
    if (type == LUA_TNUMBER)
        step->times = whole_number(L, -1);
    else if (text[0] == '$')
        step->times_param = copy_text(L, -1);
    bool times_ok = type == LUA_TNIL || step->times_param != NULL ||
                    (type == LUA_TNUMBER && step->times >= 1 && step->times <= FL_SEQUENCE_TIMES_MAX);
    lua_pop(L, 2);
    return step->filter != NULL && times_ok && members == 1 + (type != LUA_TNIL);
}

/* sequence{ step, ..., within = "5m" }: its table is on the top. */
static void take_sequence(lua_State *L, struct fl_measure_decl *m)
{
    bool fine = lua_type(L, -1) == LUA_TTABLE;
    lua_Integer count = fine ? luaL_len(L, -1) : 0, members = 0;
    if (count < 1 || count > FL_SEQUENCE_STEPS_MAX) {
        report(
            L,
            "measure %s: sequence takes 1 to %u steps: sequence{ \"rejected\", { \"accepted\", times = 2 }, within = "
            "\"5m\" }",
            m->name, FL_SEQUENCE_STEPS_MAX);
        return;
    }
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1))
        members++;
    m->steps = fl_arena_alloc(arena_of(L), (size_t)count * sizeof *m->steps);
    for (lua_Integer i = 1; m->steps != NULL && i <= count; i++) {
        lua_geti(L, -1, i);
        if (!take_step(L, &m->steps[m->step_count++]))
            report(L, "measure %s: step %d of a sequence is a filter, or { filter, times = N } with a number of 1..%u",
                   m->name, (int)i, FL_SEQUENCE_TIMES_MAX);
        lua_pop(L, 1);
    }
    m->within = text_field(L, lua_gettop(L), "within");
    if (members != count + (m->within != NULL))
        report(L, "measure %s: a sequence takes steps and within, nothing else", m->name);
}

/* The constructor's table is on the top. */
static void take_measure(lua_State *L, struct fl_measure_decl *m, int given)
{
    struct arguments a = {.m = m, .takes = fl_measures[fl_measure_find(fl_str_of(m->kind))].args};
    int at = 1;
    for (const char *rest = a.takes; *rest != '\0';) {
        char what[32];
        size_t len = strcspn(rest, ",");
        bool optional = rest[len - 1] == '?';
        snprintf(what, sizeof what, "%.*s", (int)(len - optional), rest);
        rest += len + (rest[len] == ',' ? 2 : 0);
        int type = lua_geti(L, -1, at++);
        if (optional && type == LUA_TTABLE && what[0] != '{' && strchr(rest, '{') != NULL)
            at--; /* left out: the table is the argument behind it */
        else if (type != LUA_TNIL)
            take_argument(L, &a, what);
        else if (!optional)
            refuse_argument(L, &a, what, " is missing");
        lua_pop(L, 1);
    }
    if (given >= at)
        report(L, "measure %s: %s takes (%s), not %d argument%s", m->name, m->kind, a.takes, given,
               given == 1 ? "" : "s");
}

static void take_measures(lua_State *L, int table, struct fl_rule_decl *decl)
{
    const char **names;
    int type = lua_getfield(L, table, "measure");
    if (type == LUA_TTABLE) {
        uint32_t count = sorted_names(L, "measure", &names);
        decl->measures = fl_arena_alloc(arena_of(L), ((size_t)count + 1) * sizeof *decl->measures);
        for (uint32_t i = 0; decl->measures != NULL && i < count; i++) {
            bool made = lua_getfield(L, -1, names[i]) == LUA_TTABLE;
            struct fl_measure_decl *m = &decl->measures[decl->measure_count];
            const char *kind = made ? text_field(L, lua_gettop(L), "_measure") : NULL;
            int given = 0;
            if (made) {
                lua_getfield(L, -1, "_given");
                given = (int)lua_tointeger(L, -1);
                lua_pop(L, 1);
            }
            if (kind == NULL || fl_measure_find(fl_str_of(kind)) == FL_MEASURE_COUNT) {
                report(L,
                       lua_isfunction(L, -1) ? "measure %s: a measure is called, with brackets: count()"
                                             : "measure %s must be made by count(), sum(), distinct(), ...",
                       names[i]);
            } else {
                *m = (struct fl_measure_decl){.name = names[i], .kind = kind};
                if (fl_measure_find(fl_str_of(kind)) == FL_M_SEQUENCE) {
                    lua_geti(L, -1, 1);
                    take_sequence(L, m);
                    lua_pop(L, 1);
                } else {
                    take_measure(L, m, given);
                }
                decl->measure_count++;
            }
            lua_pop(L, 1);
        }
    } else if (type != LUA_TNIL) {
        report(L, "measure must be a table: { name = count(), ... }");
    }
    lua_pop(L, 1);
}

static void take_values(lua_State *L, int table, struct fl_rule_decl *decl)
{
    const char **names;
    int type = lua_getfield(L, table, "value");
    if (type == LUA_TTABLE) {
        uint32_t count = sorted_names(L, "value", &names);
        decl->values = fl_arena_alloc(arena_of(L), ((size_t)count + 1) * sizeof *decl->values);
        for (uint32_t i = 0; decl->values != NULL && i < count; i++) {
            const char *text = text_field(L, lua_gettop(L), names[i]);
            if (text != NULL)
                decl->values[decl->value_count++] = (struct fl_value_decl){names[i], text};
        }
    } else if (type != LUA_TNIL) {
        report(L, "value must be a table: { name = \"an expression\", ... }");
    }
    lua_pop(L, 1);
}

static int take_function(lua_State *L, int table, const char *key)
{
    int type = lua_getfield(L, table, key);
    if (type == LUA_TFUNCTION)
        return luaL_ref(L, LUA_REGISTRYINDEX);
    if (type != LUA_TNIL)
        report(L, "%s must be a function", key);
    lua_pop(L, 1);
    return LUA_NOREF;
}

static void take_severity(lua_State *L, int table, struct fl_rule_decl *decl)
{
    const char *severity = text_field(L, table, "severity");
    int value = severity == NULL ? -1 : fl_severity_find(fl_str_of(severity));
    if (value < 0 || value >= FL_SEV_NONE) {
        report(L, severity == NULL ? "severity is missing: info, low, medium, high or critical"
                                   : "severity must be info, low, medium, high or critical");
        value = FL_SEV_INFO;
    }
    decl->severity = (enum fl_severity)value;
}

static int declare_rule(lua_State *L)
{
    struct fl_lua_vm *vm = fl_lua_vm_of(L);
    if (!vm->loading)
        return luaL_error(L, "rule{} belongs to the top of a rule file");
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    struct fl_rule_decl *decl = vm->decl;
    lua_Debug ar;
    if (vm->rule_calls++ > 0) {
        report(L, "a file declares one rule; this is its second rule{}");
        return 0;
    }
    if (lua_getstack(L, 1, &ar) && lua_getinfo(L, "l", &ar) && ar.currentline > 0)
        decl->line = (uint32_t)ar.currentline;
    check_keys(L, 1);
    decl->title = text_field(L, 1, "title");
    if (decl->title == NULL) {
        report(L, "title is missing");
        decl->title = decl->id;
    }
    take_severity(L, 1, decl);
    decl->description = text_field(L, 1, "description");
    decl->controls = texts_field(L, 1, "controls");
    decl->attack = texts_field(L, 1, "attack");
    decl->remediation = text_field(L, 1, "remediation");
    decl->signal = flag_field(L, 1, "signal");
    decl->over = text_field(L, 1, "over");
    decl->from = text_or_texts_field(L, 1, "from");
    decl->where = text_field(L, 1, "where");
    decl->group_by = texts_field(L, 1, "group_by");
    decl->window = text_field(L, 1, "window");
    decl->every = text_field(L, 1, "every");
    decl->session = text_field(L, 1, "session");
    decl->having = text_field(L, 1, "having");
    decl->identity = texts_field(L, 1, "identity");
    decl->finding = text_field(L, 1, "finding");
    decl->fields = texts_field(L, 1, "fields");
    take_params(L, 1, decl);
    take_measures(L, 1, decl);
    take_values(L, 1, decl);
    vm->on_flow = take_function(L, 1, "on_flow");
    vm->on_group = take_function(L, 1, "on_group");
    decl->has_on_flow = vm->on_flow != LUA_NOREF;
    decl->has_on_group = vm->on_group != LUA_NOREF;
    return 0;
}

void fl_lua_add_constructors(lua_State *L)
{
    const char *name;
    for (int type = 0; (name = fl_param_type_name((enum fl_param_type)type)) != NULL; type++) {
        lua_pushinteger(L, type);
        lua_pushcclosure(L, make_param, 1);
        lua_setfield(L, -2, name);
    }
    for (uint32_t m = 0; m < FL_MEASURE_COUNT; m++) {
        if (fl_measures[m].args == NULL)
            continue;
        lua_pushstring(L, fl_measures[m].name);
        lua_pushcclosure(L, make_measure, 1);
        lua_setfield(L, -2, fl_measures[m].name);
    }
    /* inventory.interfaces is the text that stands for it. */
    lua_newtable(L);
    lua_pushliteral(L, "inventory.interfaces");
    lua_setfield(L, -2, "interfaces");
    lua_pushliteral(L, "inventory.addresses");
    lua_setfield(L, -2, "addresses");
    lua_setfield(L, -2, "inventory");
    lua_pushcfunction(L, declare_rule);
    lua_setfield(L, -2, "rule");
    lua_pushcfunction(L, fl_lua_begin_test);
    lua_setfield(L, -2, "test");
    lua_pushcfunction(L, fl_lua_make_flows);
    lua_setfield(L, -2, "flows");
    lua_pushcfunction(L, fl_lua_make_file);
    lua_setfield(L, -2, "file");
}
