/* rule_sources.c: rules that are only there because others read their groups. */
#include <string.h>

#include "core/session/rule_select.h"

static const struct fl_rule_found *find_file(const struct fl_selecting *s, const char *id)
{
    for (uint32_t i = 0; i < s->roots->count; i++)
        if (strcmp(s->roots->items[i].id, id) == 0)
            return &s->roots->items[i];
    return NULL;
}

static const char *near_id(const struct fl_selecting *s, const char *id)
{
    struct fl_str_guess guess = {NULL, 99};
    for (uint32_t i = 0; i < s->roots->count; i++)
        fl_str_guess_try(&guess, fl_str_of(id), s->roots->items[i].id);
    for (uint32_t i = 0; i < s->count; i++)
        fl_str_guess_try(&guess, fl_str_of(id), s->instances[i]->id);
    return guess.best;
}

/* A rule that the policy does not use, but another one reads: it makes no findings. */
static void add_source(struct fl_selecting *s, struct fl_rule_decl *reader, uint32_t source)
{
    const char *id = reader->from.items[source];
    if (fl_selecting_find(s, id) != NULL)
        return;
    const struct fl_rule_found *found = find_file(s, id);
    if (found == NULL) {
        reader->from_guesses[source] = near_id(s, id);
        return;
    }
    struct fl_rule_decl *decl = fl_selecting_load(s, found->id, found->file, found->root, found->bundled);
    struct fl_rule_decl *rule = decl == NULL ? NULL : fl_selecting_add(s, decl, id);
    if (rule != NULL)
        rule->signal = true;
}

void fl_selecting_sources(struct fl_selecting *s)
{
    for (uint32_t i = 0; i < s->count; i++) { /* the list grows meanwhile */
        struct fl_rule_decl *reader = s->instances[i];
        if (reader->from.count == 0)
            continue;
        reader->from_guesses = fl_arena_alloc(s->arena, reader->from.count * sizeof *reader->from_guesses);
        if (reader->from_guesses == NULL) {
            s->nomem = true;
            return;
        }
        memset(reader->from_guesses, 0, reader->from.count * sizeof *reader->from_guesses);
        for (uint32_t k = 0; k < reader->from.count; k++)
            add_source(s, reader, k);
    }
}
