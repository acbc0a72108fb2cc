/* relations.c: rules that read the groups of other rules: which they are, in what order, and what their rows have. */
#include <stdio.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/rule/compiling.h"
#include "core/rule/locate.h"

/* ---- order ---- */

enum { UNSEEN, OPEN, DONE, BROKEN };

struct ordering {
    struct fl_plan *plan;
    const struct fl_rule_decl *const *decls;
    uint32_t count;
    struct fl_error_list *errors;
    uint8_t *states, *depths; /* by declaration */
    uint32_t *path, path_count;
    uint32_t *order, order_count;
    enum fl_status status;
};

static void fail_from(struct ordering *o, const struct fl_rule_decl *decl, const char *source, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void fail_from(struct ordering *o, const struct fl_rule_decl *decl, const char *source, const char *format, ...)
{
    const struct fl_rule_spot spot = {"from", NULL, source};
    char text[FL_ERROR_TEXT_BYTES - 200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct fl_error err;
    fl_fail(&err, FL_E_NAME, "rule %.100s, from: %.600s", decl->id, text);
    fl_rule_locate(decl->file_text, decl->line, &spot, &err);
    fl_error_at(&err, decl->file, err.line, err.column);
    fl_error_list_add(o->errors, &err);
}

static void fail_unknown(struct ordering *o, const struct fl_rule_decl *decl, uint32_t source)
{
    const char *id = decl->from.items[source];
    const char *guess = decl->from_guesses != NULL ? decl->from_guesses[source] : NULL;
    for (uint32_t i = 0; i < o->plan->policy->intent_count; i++) {
        if (strcmp(o->plan->policy->intents[i].id, id) == 0) {
            fail_from(o, decl, id, "%s is an intent; the groups of rules can be read", id);
            return;
        }
    }
    if (guess != NULL)
        fail_from(o, decl, id, "no rule is called %s; did you mean %s?", id, guess);
    else
        fail_from(o, decl, id, "no rule is called %s", id);
}

static uint32_t find_decl(const struct fl_rule_decl *const *decls, uint32_t count, const char *id)
{
    uint32_t i = 0;
    while (i < count && strcmp(decls[i]->id, id) != 0)
        i++;
    return i;
}

/* The way from `to` back to itself. */
static void fail_circle(struct ordering *o, const struct fl_rule_decl *decl, uint32_t to)
{
    struct fl_buf way;
    fl_buf_init(&way);
    uint32_t from = o->path_count;
    while (from > 0 && o->path[from - 1] != to)
        from--;
    for (uint32_t i = from - 1; i < o->path_count; i++)
        fl_buf_add_format(&way, "%s reads ", o->decls[o->path[i]]->id);
    fl_buf_add_format(&way, "%s", o->decls[to]->id);
    fl_buf_add_char(&way, '\0');
    if (!way.failed)
        fail_from(o, decl, o->decls[to]->id, "rules read each other in a circle: %s", way.data);
    fl_buf_dispose(&way);
}

static void place(struct ordering *o, uint32_t index)
{
    const struct fl_rule_decl *decl = o->decls[index];
    bool good = true;
    uint8_t depth = 0;
    o->states[index] = OPEN;
    o->path[o->path_count++] = index;
    for (uint32_t i = 0; i < decl->from.count; i++) {
        uint32_t source = find_decl(o->decls, o->count, decl->from.items[i]);
        if (source == o->count) {
            fail_unknown(o, decl, i);
            good = false;
            continue;
        }
        if (o->states[source] == OPEN)
            fail_circle(o, decl, source);
        else if (o->states[source] == UNSEEN)
            place(o, source);
        good &= o->states[source] == DONE;
        if (o->depths[source] > depth)
            depth = o->depths[source];
    }
    if (good && depth >= FL_RULE_DEPTH_MAX) {
        fail_from(o, decl, decl->from.items[0], "rules that read rules go at most %u deep", FL_RULE_DEPTH_MAX);
        good = false;
    }
    o->path_count--;
    o->depths[index] = (uint8_t)(depth + 1);
    o->states[index] = good ? DONE : BROKEN;
    if (good)
        o->order[o->order_count++] = index;
}

enum fl_status fl_relations_order(struct fl_plan *plan, const struct fl_rule_decl *const *decls, uint32_t count,
                                  struct fl_error_list *errors, uint32_t *order, uint32_t *order_count)
{
    struct ordering o = {.plan = plan, .decls = decls, .count = count, .errors = errors, .order = order};
    o.states = fl_alloc_zero((size_t)count + 1, 1);
    o.depths = fl_alloc_zero((size_t)count + 1, 1);
    o.path = fl_alloc_zero((size_t)count + 1, sizeof *o.path);
    bool memory = o.states != NULL && o.depths != NULL && o.path != NULL;
    for (uint32_t i = 0; memory && i < count; i++)
        if (o.states[i] == UNSEEN)
            place(&o, i);
    *order_count = o.order_count;
    fl_free(o.states);
    fl_free(o.depths);
    fl_free(o.path);
    return memory ? FL_OK : FL_E_NOMEM;
}

enum fl_status fl_relations_link(struct fl_plan *plan)
{
    for (uint32_t s = 0; s < plan->rule_count; s++) {
        struct fl_plan_rule *source = &plan->rules[s];
        for (int pass = 0; pass < 2; pass++) {
            if (pass == 1)
                source->readers = fl_arena_alloc(&plan->arena, (source->reader_count + 1) * sizeof *source->readers);
            if (pass == 1 && source->readers == NULL)
                return FL_E_NOMEM;
            source->reader_count = 0;
            for (uint32_t r = 0; r < plan->rule_count; r++) {
                const struct fl_from *from = plan->rules[r].from;
                for (uint32_t i = 0; from != NULL && i < from->source_count; i++) {
                    if (from->sources[i] != s)
                        continue;
                    if (pass == 1)
                        source->readers[source->reader_count] = (struct fl_reader){r, i};
                    source->reader_count++;
                }
            }
        }
    }
    return FL_OK;
}

/* ---- columns ---- */

uint32_t fl_from_column(const struct fl_from *from, struct fl_str name)
{
    for (uint32_t i = 0; i < from->column_count; i++)
        if (fl_str_is(name, from->columns[i].name))
            return i;
    return UINT32_MAX;
}

static const char *slot_name(const struct fl_plan_rule *rule, uint32_t slot)
{
    if (slot < rule->key_count)
        return rule->key_names[slot];
    slot -= rule->key_count;
    return slot < FL_COUNTER_COUNT ? fl_counter_name(slot) : fl_plan_rule_measured(rule, slot - FL_COUNTER_COUNT);
}

/* The measure whose slot it is; NULL. */
static const struct fl_measure *measure_at(const struct fl_plan_rule *rule, uint32_t slot)
{
    uint32_t first = rule->key_count + FL_COUNTER_COUNT;
    return slot >= first && slot - first < rule->measure_count ? &rule->measures[slot - first] : NULL;
}

/* Finds a key, counter, measure or value, or "i.mean". false: the rule has none. */
static bool find_in(const struct fl_plan_rule *rule, const char *name, uint32_t *slot, uint32_t *member,
                    enum fl_type *type)
{
    const char *dot = strchr(name, '.');
    *member = 0;
    *slot = fl_plan_rule_slot(rule, fl_str_of(name), type);
    if (*slot != UINT32_MAX || dot == NULL)
        return *slot != UINT32_MAX;
    *slot = fl_plan_rule_slot(rule, (struct fl_str){name, (size_t)(dot - name)}, type);
    return *slot != UINT32_MAX && fl_plan_rule_member(rule, *slot, fl_str_of(dot + 1), member, type);
}

/* A column for the name, when every source has it and means the same type. */
static bool add_common(struct fl_compiling *c, struct fl_from *from, const char *name)
{
    struct fl_from_column *column = &from->columns[from->column_count];
    uint32_t *slots = fl_arena_alloc(&c->plan->arena, 2 * from->source_count * sizeof *slots);
    if (slots == NULL)
        return false;
    if (fl_from_column(from, fl_str_of(name)) != UINT32_MAX)
        return true;
    *column = (struct fl_from_column){.name = name, .slots = slots, .members = slots + from->source_count};
    for (uint32_t i = 0; i < from->source_count; i++) {
        const struct fl_plan_rule *source = &c->plan->rules[from->sources[i]];
        enum fl_type type = FL_T_NULL;
        if (!find_in(source, name, &slots[i], &column->members[i], &type) || (i > 0 && type != column->type))
            return true;
        uint32_t field = slots[i] < source->key_count ? source->keys[slots[i]] : FL_FIELD_NONE;
        column->field = i == 0 || field == column->field ? field : FL_FIELD_NONE;
        column->type = type;
    }
    from->column_count++;
    return true;
}

/* The columns of a slot of the first source: the slot's, and one for each of its members. */
static bool add_slot(struct fl_compiling *c, struct fl_from *from, uint32_t slot)
{
    const struct fl_plan_rule *first = &c->plan->rules[from->sources[0]];
    const struct fl_measure *measure = measure_at(first, slot);
    bool ok = add_common(c, from, slot_name(first, slot));
    for (uint32_t i = 0; measure != NULL && i < fl_measure_member_count(measure->kind) && ok; i++)
        ok = add_common(c, from, measure->member_paths[i]);
    return ok;
}

static void add_own(struct fl_from *from)
{
    static const struct fl_from_column own[] = {
        {.name = "start_time", .type = FL_T_TIME, .kind = FL_FROM_START_TIME},
        {.name = "window_start", .type = FL_T_TIME, .kind = FL_FROM_WINDOW_START},
        {.name = "window_end", .type = FL_T_TIME, .kind = FL_FROM_WINDOW_END},
        {.name = "hour", .type = FL_T_U8, .kind = FL_FROM_HOUR},
        {.name = "weekday", .type = FL_T_U8, .kind = FL_FROM_WEEKDAY},
        {.name = "rule", .type = FL_T_STR, .kind = FL_FROM_RULE},
    };
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        if (fl_from_column(from, fl_str_of(own[i].name)) != UINT32_MAX)
            continue;
        from->columns[from->column_count] = own[i];
        from->columns[from->column_count++].field = FL_FIELD_NONE;
    }
}
#define OWN_COLUMNS 6u

void fl_compiling_from(struct fl_compiling *c, const struct fl_rule_peers *peers)
{
    const struct fl_texts *ids = &c->decl->from;
    struct fl_arena *arena = &c->plan->arena;
    struct fl_from *from = fl_arena_alloc(arena, sizeof *from);
    uint32_t *sources = fl_arena_alloc(arena, ids->count * sizeof *sources);
    c->failed |= from == NULL || sources == NULL;
    if (c->failed)
        return;
    memset(from, 0, sizeof *from);
    from->sources = sources;
    for (uint32_t i = 0; i < ids->count; i++) {
        uint32_t source = peers->base + find_decl(peers->decls, peers->count, ids->items[i]);
        const struct fl_plan_rule *rule = &c->plan->rules[source];
        if (rule->depth >= c->rule->depth)
            c->rule->depth = rule->depth + 1;
        if (rule->void_reason != NULL)
            c->rule->void_reason =
                fl_arena_printf(arena, "it reads %s, which is not evaluated: %s", ids->items[i], rule->void_reason);
        from->sources[from->source_count++] = source;
    }
    const struct fl_plan_rule *first = &c->plan->rules[from->sources[0]];
    uint32_t slots = fl_plan_rule_slots(first), members = 0;
    for (uint32_t m = 0; m < first->measure_count; m++)
        members += fl_measure_member_count(first->measures[m].kind);
    from->columns = fl_arena_alloc(arena, (slots + members + OWN_COLUMNS) * sizeof *from->columns);
    c->failed |= from->columns == NULL;
    for (uint32_t s = 0; s < slots && !c->failed; s++)
        c->failed |= !add_slot(c, from, s);
    if (!c->failed)
        add_own(from);
    c->rule->from = from;
}

/* The first source that has no such name, or another type for it than the first one. */
static bool explain_union(struct fl_compiling *c, const char *name, struct fl_error *err)
{
    const struct fl_from *from = c->rule->from;
    enum fl_type first = FL_T_NULL, type = FL_T_NULL;
    uint32_t known = UINT32_MAX, unknown = UINT32_MAX;
    for (uint32_t i = 0; i < from->source_count; i++) {
        const char *id = c->decl->from.items[i];
        uint32_t slot, member;
        if (!find_in(&c->plan->rules[from->sources[i]], name, &slot, &member, &type)) {
            unknown = i;
            continue;
        }
        if (known != UINT32_MAX && type != first) {
            fl_fail(err, FL_E_TYPE, "%s is %s in %s and %s in %s", name, fl_type_phrase(first),
                    c->decl->from.items[known], fl_type_phrase(type), id);
            return true;
        }
        known = i;
        first = type;
    }
    if (known == UINT32_MAX || unknown == UINT32_MAX)
        return false;
    fl_fail(err, FL_E_NAME, "%s is not in all that is read: %s has none", name, c->decl->from.items[unknown]);
    return true;
}

bool fl_compiling_column(struct fl_compiling *c, const char *name, const char *key, const char *measure, uint32_t *out)
{
    const struct fl_from *from = c->rule->from;
    struct fl_str_guess guess = {NULL, 99};
    struct fl_error err;
    *out = fl_from_column(from, fl_str_of(name));
    if (*out != UINT32_MAX)
        return true;
    for (uint32_t i = 0; i < from->column_count; i++)
        fl_str_guess_try(&guess, fl_str_of(name), from->columns[i].name);
    if (!explain_union(c, name, &err))
        fl_fail(&err, FL_E_NAME, "the groups that it reads have no \"%s\"%s%s%s", name,
                guess.best != NULL ? "; did you mean \"" : "", guess.best != NULL ? guess.best : "",
                guess.best != NULL ? "\"?" : "");
    fl_compiling_fail(c, &err, key, measure, name);
    return false;
}
