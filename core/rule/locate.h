/* locate.h: where a text of a rule stands in its Lua file, for messages.
 *
 * The file has been loaded: what is read here is valid Lua. Nothing is run, so a text that code put together is not
 * found. Pure functions over the caller's memory; any thread.
 */
#ifndef FL_RULE_LOCATE_H
#define FL_RULE_LOCATE_H

#include "core/base/status.h"
#include "core/base/str.h"

struct fl_rule_spot {
    const char *key;  /* key of rule{}: "where", "measure", ...; NULL: the rule itself */
    const char *name; /* key of the table behind it, or NULL */
    const char *text; /* the value as the rule has it, or NULL */
};

/* Moves an error with a place inside spot->text to its place in the file; line is where rule{} stands. A text that no
 * string of the file holds as it is keeps its own line to show, beside the line of its key. Without a text, or a line
 * to show, the place is the key; where there is none, the rule. */
void fl_rule_locate(struct fl_str file, uint32_t line, const struct fl_rule_spot *spot, struct fl_error *err);

#endif
