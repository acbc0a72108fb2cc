/* rule_file.h: Lua rule files -> declarations, and the VMs that run their code. lua.h stays inside core/lua.
 *
 * A set remembers the text of every file loaded, so that each worker's VM can load the same files again.
 * The set is read-only while VMs run; one VM belongs to one thread.
 */
#ifndef FL_LUA_RULE_FILE_H
#define FL_LUA_RULE_FILE_H

#include "core/rule/ops.h"

struct fl_lua_rules;

struct fl_lua_rules *fl_lua_rules_new(void);
void fl_lua_rules_free(struct fl_lua_rules *rules);

/* Loads one rule file: runs its text in a sandbox and takes its rule{} declaration. id: path under the rule root
 * without ".lua". lib_folder: where `require "x"` finds rules/lib/x.lua (or NULL). Every error found goes to errors,
 * with file, line, column and the line where known. The declaration lives as long as the set; a file loaded again under
 * the same id gives the same one. */
enum fl_status fl_lua_rules_load(struct fl_lua_rules *rules, const char *id, const char *file, const char *lib_folder,
                                 struct fl_rule_decl **out, struct fl_error_list *errors);

/* The engine's way in. Lives as long as the set. */
const struct fl_rule_ops *fl_lua_rules_ops(struct fl_lua_rules *rules);

#endif
