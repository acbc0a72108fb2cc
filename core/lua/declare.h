/* declare.h: how rule{ ... } reads its table. Inside core/lua.
 *
 * The rule at hand is vm->decl; what is read is copied into the arena of the rules. What is wrong is reported, and
 * reading goes on, so that all errors of a file are told at once.
 */
#ifndef FL_LUA_DECLARE_H
#define FL_LUA_DECLARE_H

#include "core/lua/vm.h"
#include "core/rule/locate.h"

/* declare.c: Lua calls it. */
int fl_lua_declare_rule(lua_State *L);

/* declare_fields.c: reports what is wrong at a place of rule{}. */
void fl_declare_report(lua_State *L, const struct fl_rule_spot *spot, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same, and "not" with the value on the top: a key must be something else. */
void fl_declare_refuse(lua_State *L, const char *key, const char *must);
/* The text at that index. */
const char *fl_declare_copy(lua_State *L, int index);
/* A text field of the table at `table`, or NULL. */
const char *fl_declare_text(lua_State *L, int table, const char *key);
const char *fl_declare_duration(lua_State *L, int table, const char *key);
struct fl_texts fl_declare_texts(lua_State *L, int table, const char *key);
/* One text stands for a list of it. */
struct fl_texts fl_declare_text_or_texts(lua_State *L, int table, const char *key);
bool fl_declare_flag(lua_State *L, int table, const char *key);
/* Of the table on the top, list items and names alike. */
lua_Integer fl_declare_member_count(lua_State *L);
/* Sorted keys of the table on the top, "" for one that is no text; the table stays. */
uint32_t fl_declare_keys(lua_State *L, const char ***out);
/* Sorted names of the table on the top, which is that of a key, each that of a `what`; the table stays. */
uint32_t fl_declare_names(lua_State *L, const char *key, const char *what, const char ***out);

/* declare_measures.c: the key `measure` of the table at `table`. */
void fl_declare_measures(lua_State *L, int table, struct fl_rule_decl *decl);

#endif
