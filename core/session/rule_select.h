/* rule_select.h: the rules of a policy while they are gathered, shared by the files that do so. Inside core/session. */
#ifndef FL_SESSION_RULE_SELECT_H
#define FL_SESSION_RULE_SELECT_H

#include "core/session/rule_roots.h"

struct fl_selecting {
    const struct fl_rule_roots *roots;
    const struct fl_policy *policy;
    struct fl_lua_rules *lua;
    struct fl_arena *arena;
    struct fl_error_list *errors;
    struct fl_rule_decl **loaded; /* by file: the declaration as written, shared by its instances */
    const char **loaded_files;
    uint32_t loaded_count, loaded_capacity, files_capacity;
    struct fl_rule_decl **instances;
    uint32_t count, capacity;
    bool nomem;
};

/* The declaration of a file, loaded once. NULL: it did not load. */
struct fl_rule_decl *fl_selecting_load(struct fl_selecting *s, const char *id, const char *file, const char *root,
                                       bool bundled);
struct fl_rule_decl *fl_selecting_find(struct fl_selecting *s, const char *id);
/* A copy of the declaration that the policy may change. */
struct fl_rule_decl *fl_selecting_add(struct fl_selecting *s, const struct fl_rule_decl *decl, const char *id);
/* rule_sources.c: adds the rules that those which are there read. */
void fl_selecting_sources(struct fl_selecting *s);

#endif
