/* lua_text.h: the text of a rule file, token by token, without running it.
 *
 * The file has been loaded: what is read here is valid Lua. Pure functions over the caller's memory; any thread.
 */
#ifndef FL_RULE_LUA_TEXT_H
#define FL_RULE_LUA_TEXT_H

#include "core/base/str.h"

enum fl_lua_token_kind { FL_LUA_END, FL_LUA_NAME, FL_LUA_STRING, FL_LUA_MARK };

struct fl_lua_token {
    enum fl_lua_token_kind kind; /* names hold words and numbers; a mark is one byte */
    size_t from, to;             /* of a string: what stands between its marks */
    bool raw;                    /* a string in long brackets: no escapes */
};

/* The token at or behind *at, blanks and comments skipped; *at moves behind it. */
struct fl_lua_token fl_lua_next(struct fl_str s, size_t *at);

#endif
