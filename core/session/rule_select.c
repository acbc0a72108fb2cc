/* rule_select.c: the entries of a policy's `rules:` -> rule instances. */
#include <string.h>

#include "core/base/memory.h"
#include "core/session/rule_select.h"

static void fail_at(struct fl_selecting *s, uint32_t line, uint32_t column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void fail_at(struct fl_selecting *s, uint32_t line, uint32_t column, const char *format, ...)
{
    struct fl_error err;
    va_list args;
    va_start(args, format);
    fl_fail_args(&err, FL_E_NAME, format, args);
    va_end(args);
    fl_policy_error_at(s->policy, &err, line, column);
    fl_error_list_add(s->errors, &err);
}

/* The declaration of a file, loaded once. NULL: it did not load. */
struct fl_rule_decl *fl_selecting_load(struct fl_selecting *s, const char *id, const char *file, const char *root,
                                       bool bundled)
{
    for (uint32_t i = 0; i < s->loaded_count; i++)
        if (strcmp(s->loaded_files[i], file) == 0)
            return s->loaded[i];
    struct fl_rule_decl *decl = NULL;
    const char *lib = root == NULL ? NULL : fl_arena_printf(s->arena, "%s/lib", root);
    if (fl_lua_rules_load(s->lua, id, file, lib, &decl, s->errors) != FL_OK)
        decl = NULL;
    if (decl != NULL && bundled) {
        decl->file = fl_bundled_rule_file(s->arena, id);
        s->nomem |= decl->file == NULL;
        decl->bundled = true;
    }
    if (!fl_grow((void **)&s->loaded, &s->loaded_capacity, s->loaded_count + 1, sizeof *s->loaded) ||
        !fl_grow((void **)&s->loaded_files, &s->files_capacity, s->loaded_count + 1, sizeof *s->loaded_files)) {
        s->nomem = true;
        return NULL;
    }
    s->loaded[s->loaded_count] = decl;
    s->loaded_files[s->loaded_count++] = file;
    return decl;
}

struct fl_rule_decl *fl_selecting_find(struct fl_selecting *s, const char *id)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (strcmp(s->instances[i]->id, id) == 0)
            return s->instances[i];
    return NULL;
}

/* A copy of the declaration that the policy may change. */
struct fl_rule_decl *fl_selecting_add(struct fl_selecting *s, const struct fl_rule_decl *decl, const char *id)
{
    struct fl_rule_decl *copy = fl_arena_alloc(s->arena, sizeof *copy);
    if (copy == NULL || !fl_grow((void **)&s->instances, &s->capacity, s->count + 1, sizeof *s->instances)) {
        s->nomem = true;
        return NULL;
    }
    *copy = *decl;
    copy->id = id;
    copy->params = fl_arena_alloc(s->arena, ((size_t)decl->param_count + 1) * sizeof *copy->params);
    if (copy->params == NULL) {
        s->nomem = true;
        return NULL;
    }
    if (decl->param_count > 0)
        memcpy(copy->params, decl->params, decl->param_count * sizeof *copy->params);
    s->instances[s->count++] = copy;
    return copy;
}

/* Does the rule have the parameter? */
static bool set_param(struct fl_selecting *s, struct fl_rule_decl *rule, const struct fl_policy_param *p)
{
    for (uint32_t i = 0; i < rule->param_count; i++) {
        if (strcmp(rule->params[i].name, p->name) != 0)
            continue;
        rule->params[i].text = p->text;
        rule->params[i].file = s->policy->file;
        rule->params[i].line = p->line;
        rule->params[i].column = p->column;
        rule->params[i].from_policy = true;
        return true;
    }
    return false;
}

/* A parameter of the entry that none of the rules it names has. */
static void refuse_params(struct fl_selecting *s, const struct fl_rule_use *use, const bool *known)
{
    for (uint32_t i = 0; i < use->param_count; i++) {
        const struct fl_policy_param *p = &use->params[i];
        struct fl_str_guess guess = {NULL, 99};
        if (known[i])
            continue;
        for (uint32_t r = 0; r < s->count; r++)
            if (fl_glob_match(fl_str_of(use->pattern), fl_str_of(s->instances[r]->base_id)))
                for (uint32_t k = 0; k < s->instances[r]->param_count; k++)
                    fl_str_guess_try(&guess, fl_str_of(p->name), s->instances[r]->params[k].name);
        if (guess.best != NULL)
            fail_at(s, p->line, p->column, "%s has no parameter %s; did you mean %s?", use->pattern, p->name,
                    guess.best);
        else
            fail_at(s, p->line, p->column, "%s has no parameter %s", use->pattern, p->name);
    }
}

static void remove_instance(struct fl_selecting *s, const char *id)
{
    for (uint32_t i = 0; i < s->count; i++) {
        if (strcmp(s->instances[i]->id, id) != 0)
            continue;
        memmove(&s->instances[i], &s->instances[i + 1], (s->count - i - 1) * sizeof *s->instances);
        s->count--;
        return;
    }
}

/* known[i] becomes true when the rule has the entry's parameter i. */
static void use_one(struct fl_selecting *s, const struct fl_rule_use *use, const char *id, const char *file,
                    const char *root, bool bundled, bool *known)
{
    const char *name = use->as != NULL ? use->as : id;
    if (!use->enabled) {
        remove_instance(s, name);
        memset(known, 1, use->param_count);
        return;
    }
    struct fl_rule_decl *rule = fl_selecting_find(s, name);
    if (rule == NULL) {
        struct fl_rule_decl *decl = fl_selecting_load(s, id, file, root, bundled);
        rule = decl == NULL ? NULL : fl_selecting_add(s, decl, name);
    } else if (use->as != NULL) {
        fail_at(s, use->line, use->column, "there are two rules called %s", name);
        return;
    }
    if (rule == NULL) {
        memset(known, 1, use->param_count); /* the rule's own error says enough */
        return;
    }
    if (use->severity >= 0)
        rule->severity = (enum fl_severity)use->severity;
    for (uint32_t i = 0; i < use->param_count; i++)
        known[i] |= set_param(s, rule, &use->params[i]);
}

/* ./rules/ours.lua has the id rules/ours. */
static void use_path(struct fl_selecting *s, const struct fl_rule_use *use)
{
    const char *relative = use->pattern + 2;
    size_t len = strlen(relative);
    if (len < 5 || strcmp(relative + len - 4, ".lua") != 0) {
        fail_at(s, use->line, use->column, "a path to a rule ends in .lua");
        return;
    }
    const char *id = fl_arena_strndup(s->arena, relative, len - 4);
    const char *file = fl_arena_printf(s->arena, "%s/%s", s->policy->folder, relative);
    bool *known = fl_arena_alloc(s->arena, use->param_count + 1);
    if (id == NULL || file == NULL || known == NULL) {
        s->nomem = true;
        return;
    }
    use_one(s, use, id, file, s->policy->folder, false, known);
    refuse_params(s, use, known);
}

static void use_pattern(struct fl_selecting *s, const struct fl_rule_use *use)
{
    uint32_t matched = 0;
    struct fl_str_guess guess = {NULL, 99};
    bool *known = fl_arena_alloc(s->arena, use->param_count + 1);
    if (known == NULL) {
        s->nomem = true;
        return;
    }
    for (uint32_t i = 0; i < s->roots->count; i++) {
        const struct fl_rule_found *found = &s->roots->items[i];
        if (!fl_glob_match(fl_str_of(use->pattern), fl_str_of(found->id)))
            continue;
        matched++;
        use_one(s, use, found->id, found->file, found->root, found->bundled, known);
    }
    for (uint32_t i = 0; matched == 0 && i < s->roots->count; i++)
        fl_str_guess_try(&guess, fl_str_of(use->pattern), s->roots->items[i].id);
    if (matched > 0)
        refuse_params(s, use, known);
    if (matched > 1 && use->as != NULL)
        fail_at(s, use->line, use->column, "`as` names one rule, but %s matches %u", use->pattern, matched);
    if (matched == 0 && guess.best != NULL)
        fail_at(s, use->line, use->column, "no rule is called %s; did you mean %s?", use->pattern, guess.best);
    else if (matched == 0)
        fail_at(s, use->line, use->column, "%s matches no rule%s", use->pattern,
                s->roots->bundled == NULL ? "; the bundled rules are not beside this program" : "");
}

static void check_ids(struct fl_selecting *s)
{
    for (uint32_t i = 0; i < s->policy->intent_count; i++)
        if (fl_selecting_find(s, s->policy->intents[i].id) != NULL)
            fail_at(s, s->policy->intents[i].line, 0, "an intent and a rule are both called %s",
                    s->policy->intents[i].id);
}

enum fl_status fl_rule_select(const struct fl_rule_roots *roots, const struct fl_policy *policy,
                              struct fl_lua_rules *lua, struct fl_arena *arena, const struct fl_rule_decl ***out,
                              uint32_t *count, struct fl_error_list *errors)
{
    struct fl_selecting s = {.roots = roots, .policy = policy, .lua = lua, .arena = arena, .errors = errors};
    uint32_t errors_before = errors->count;
    for (uint32_t i = 0; i < policy->use_count; i++) {
        const struct fl_rule_use *use = &policy->uses[i];
        if (strncmp(use->pattern, "./", 2) == 0)
            use_path(&s, use);
        else
            use_pattern(&s, use);
    }
    fl_selecting_sources(&s);
    check_ids(&s);
    *count = s.count;
    *out = fl_arena_alloc(arena, ((size_t)s.count + 1) * sizeof **out);
    if (*out == NULL)
        s.nomem = true;
    for (uint32_t i = 0; *out != NULL && i < s.count; i++)
        (*out)[i] = s.instances[i];
    fl_free(s.loaded);
    fl_free(s.loaded_files);
    fl_free(s.instances);
    if (s.nomem)
        return FL_E_NOMEM;
    return errors->count > errors_before ? FL_E_VALUE : FL_OK;
}
