/* library.h: the parts of the library that rules see. Inside core/lua; functions of Lua's calling convention. */
#ifndef FL_LUA_LIBRARY_H
#define FL_LUA_LIBRARY_H

#include <lua.h>

/* order.c */
int fl_lua_pairs(lua_State *L); /* numbers ascending, then texts bytewise */
int fl_lua_sort(lua_State *L);  /* stable */

/* charge.c: wraps functions of the table on the top, which is the base library, `string`, `table` ... */
void fl_lua_charge_base(lua_State *L);
void fl_lua_charge_strings(lua_State *L);
void fl_lua_charge_tables(lua_State *L);
void fl_lua_charge_math(lua_State *L);
void fl_lua_charge_utf8(lua_State *L);

/* test_file.c: test "name" { ... }, flows{ ... }, file "path". */
int fl_lua_begin_test(lua_State *L);
int fl_lua_make_flows(lua_State *L);
int fl_lua_make_file(lua_State *L);

/* seal.c: raises that the library is read-only. */
int fl_lua_unknown_global(lua_State *L); /* (table, name): raises, with a proposal */
int fl_lua_refuse_change(lua_State *L);

#endif
