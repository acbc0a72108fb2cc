/* declare_measures.c: what the constructors of measures were called with. */
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/lua/declare.h"
#include "core/measure/measure.h"

#define MEASURE_NUMBER_MAX 1000000

/* The arguments of one measure, as fl_measures[].args says: "field, k?, by?". */
struct arguments {
    struct fl_measure_decl *m;
    const char *takes;
};

static void refuse_argument(lua_State *L, const struct arguments *a, const char *what, const char *why)
{
    const struct fl_rule_spot spot = {.key = "measure", .name = a->m->name};
    fl_declare_report(L, &spot, "measure %s: %s takes (%s): %s%s", a->m->name, a->m->kind, a->takes, what, why);
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
    lua_getfield(L, -1, "exact");
    m->k = whole_number(L, -1);
    lua_pop(L, 1);
    return m->k > 0 && fl_declare_member_count(L) == 1;
}

/* { spread = true } on the top. */
static bool take_spread(lua_State *L, struct fl_measure_decl *m)
{
    if (lua_type(L, -1) != LUA_TTABLE)
        return false;
    bool fine = lua_getfield(L, -1, "spread") == LUA_TBOOLEAN;
    m->spread = fine && lua_toboolean(L, -1);
    lua_pop(L, 1);
    return fine && fl_declare_member_count(L) == 1;
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
    const char *text = fl_declare_copy(L, -1);
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
        step->filter = fl_declare_copy(L, -1);
        return true;
    }
    if (lua_type(L, -1) != LUA_TTABLE)
        return false;
    lua_Integer members = fl_declare_member_count(L);
    if (lua_geti(L, -1, 1) == LUA_TSTRING)
        step->filter = fl_declare_copy(L, -1);
    int type = lua_getfield(L, -2, "times");
    const char *text = type == LUA_TSTRING ? lua_tostring(L, -1) : "";
    if (type == LUA_TNUMBER)
        step->times = whole_number(L, -1);
    else if (text[0] == '$')
        step->times_param = fl_declare_copy(L, -1);
    bool times_ok = type == LUA_TNIL || step->times_param != NULL ||
                    (type == LUA_TNUMBER && step->times >= 1 && step->times <= FL_SEQUENCE_TIMES_MAX);
    lua_pop(L, 2);
    return step->filter != NULL && times_ok && members == 1 + (type != LUA_TNIL);
}

/* sequence{ step, ..., within = "5m" }: its table is on the top. */
static void take_sequence(lua_State *L, struct fl_measure_decl *m)
{
    const struct fl_rule_spot spot = {.key = "measure", .name = m->name};
    bool fine = lua_type(L, -1) == LUA_TTABLE;
    lua_Integer count = fine ? luaL_len(L, -1) : 0;
    if (count < 1 || count > FL_SEQUENCE_STEPS_MAX) {
        fl_declare_report(
            L, &spot,
            "measure %s: sequence takes 1 to %u steps: sequence{ \"rejected\", { \"accepted\", times = 2 }, within = "
            "\"5m\" }",
            m->name, FL_SEQUENCE_STEPS_MAX);
        return;
    }
    m->steps = fl_arena_alloc(fl_lua_arena_of(L), (size_t)count * sizeof *m->steps);
    for (lua_Integer i = 1; m->steps != NULL && i <= count; i++) {
        lua_geti(L, -1, i);
        if (!take_step(L, &m->steps[m->step_count++]))
            fl_declare_report(
                L, &spot,
                "measure %s: step %d of a sequence is a filter, or { filter, times = N } with a number of 1..%u",
                m->name, (int)i, FL_SEQUENCE_TIMES_MAX);
        lua_pop(L, 1);
    }
    int type = lua_getfield(L, -1, "within");
    if (type == LUA_TSTRING)
        m->within = fl_declare_copy(L, -1);
    else if (type != LUA_TNIL)
        fl_declare_report(L, &spot, "measure %s: within must be a duration such as \"90s\" or \"5m\", not %s", m->name,
                          type == LUA_TNUMBER ? lua_tostring(L, -1) : luaL_typename(L, -1));
    lua_pop(L, 1);
    if (fl_declare_member_count(L) != count + (type != LUA_TNIL))
        fl_declare_report(L, &spot, "measure %s: a sequence takes steps and within, nothing else", m->name);
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
        fl_declare_report(L, &(struct fl_rule_spot){.key = "measure", .name = m->name},
                          "measure %s: %s takes (%s), not %d argument%s", m->name, m->kind, a.takes, given,
                          given == 1 ? "" : "s");
}

void fl_declare_measures(lua_State *L, int table, struct fl_rule_decl *decl)
{
    const char **names;
    int type = lua_getfield(L, table, "measure");
    if (type == LUA_TTABLE) {
        uint32_t count = fl_declare_names(L, "measure", "measure", &names);
        decl->measures = fl_arena_alloc(fl_lua_arena_of(L), ((size_t)count + 1) * sizeof *decl->measures);
        for (uint32_t i = 0; decl->measures != NULL && i < count; i++) {
            bool made = lua_getfield(L, -1, names[i]) == LUA_TTABLE;
            struct fl_measure_decl *m = &decl->measures[decl->measure_count];
            const char *kind = made ? fl_declare_text(L, lua_gettop(L), "_measure") : NULL;
            int given = 0;
            if (made) {
                lua_getfield(L, -1, "_given");
                given = (int)lua_tointeger(L, -1);
                lua_pop(L, 1);
            }
            if (kind == NULL || fl_measure_find(fl_str_of(kind)) == FL_MEASURE_COUNT) {
                fl_declare_report(L, &(struct fl_rule_spot){.key = "measure", .name = names[i]},
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
        fl_declare_refuse(L, "measure", "a table: { name = count(), ... }");
    }
    lua_pop(L, 1);
}
