/* rule_roots.h: where rule files are found, and which of them a policy uses. */
#ifndef FL_SESSION_RULE_ROOTS_H
#define FL_SESSION_RULE_ROOTS_H

#include "core/base/arena.h"
#include "core/lua/rule_file.h"
#include "core/policy/policy.h"

struct fl_rule_found {
    const char *id, *file, *root;
    bool bundled;
};

struct fl_rule_roots {
    struct fl_arena arena;
    struct fl_rule_found *items; /* by id */
    uint32_t count, capacity;
    const char *bundled; /* the folder that holds rules/ and policies/, or NULL */
};

/* The folder of what is shipped: ../share/flowlaw from the executable's real path, or the build tree's own. */
const char *fl_bundled_folder(struct fl_arena *arena);
/* How a bundled rule is called where its file is shown: where it is installed must not show in results, and it must not
 * look like one of the user's. NULL when memory is out. */
const char *fl_bundled_rule_file(struct fl_arena *arena, const char *id);

/* Lists --rules DIR (or NULL), rules/ beside the policy, and the bundled rules. One id in two roots is an error. */
enum fl_status fl_rule_roots_open(struct fl_rule_roots *roots, const char *rules_option, const char *policy_folder,
                                  struct fl_error_list *errors);
/* The folder of rules that is meant where neither a policy nor --rules names one: ./rules, where it is there; or NULL.
 */
const char *fl_own_rules(void);
/* One more file, which lies in none of them. Earlier views into `items` end. NULL when memory is out. */
const struct fl_rule_found *fl_rule_roots_add(struct fl_rule_roots *roots, const char *root, const char *id,
                                              const char *file);
void fl_rule_roots_close(struct fl_rule_roots *roots);

/* The instances that the policy uses, with its parameters and severities, in order of use. */
enum fl_status fl_rule_select(const struct fl_rule_roots *roots, const struct fl_policy *policy,
                              struct fl_lua_rules *lua, struct fl_arena *arena, const struct fl_rule_decl ***out,
                              uint32_t *count, struct fl_error_list *errors);

#endif
