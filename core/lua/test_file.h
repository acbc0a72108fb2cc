/* test_file.h: the `test "name" { ... }` blocks of a rule file, as data. lua.h stays inside core/lua.
 *
 * A block is copied out of Lua as a tree: what its keys mean is known where tests are run. Trees and texts live as
 * long as the set of rules.
 */
#ifndef FL_LUA_TEST_FILE_H
#define FL_LUA_TEST_FILE_H

#include "core/base/str.h"
#include "core/lua/rule_file.h"

enum fl_datum_kind {
    FL_DATUM_FLAG,
    FL_DATUM_NUMBER, /* whole: number; others: text, as Lua prints it */
    FL_DATUM_TEXT,
    FL_DATUM_TABLE,
    FL_DATUM_FLOWS, /* flows{ ... } */
    FL_DATUM_FILE,  /* file "path": text */
};

struct fl_datum {
    enum fl_datum_kind kind;
    bool flag, whole;
    int64_t number;
    struct fl_str text;            /* also of flags and numbers */
    const struct fl_datum **items; /* 1, 2, 3 ... of a table */
    uint32_t item_count;
    const char **names; /* bytewise, of the members that have one */
    const struct fl_datum **members;
    uint32_t member_count;
    uint32_t line; /* of flows{ ... } and file "..." */
};

struct fl_rule_test {
    const char *name;
    uint32_t line; /* of its table */
    const struct fl_datum *body;
};

struct fl_rule_tests {
    struct fl_rule_test *items; /* in file order */
    uint32_t count, capacity;
};

/* As fl_lua_rules_load(); its tests are added to `tests`. */
enum fl_status fl_lua_rules_load_tests(struct fl_lua_rules *rules, const char *id, const char *file,
                                       const char *lib_folder, struct fl_rule_decl **out, struct fl_rule_tests *tests,
                                       struct fl_error_list *errors);
void fl_rule_tests_dispose(struct fl_rule_tests *tests);

/* A member by name, or NULL. */
const struct fl_datum *fl_datum_get(const struct fl_datum *table, const char *name);

#endif
