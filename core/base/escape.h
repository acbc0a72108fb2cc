/* escape.h: makes text from the input harmless for where it is shown. */
#ifndef FL_BASE_ESCAPE_H
#define FL_BASE_ESCAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/base/str.h"

/* Does the character change what a terminal shows around it? */
bool fl_escape_is_harmful(uint32_t code);
/* Bytes of the character there, 1 where it is no UTF-8. *harmful: a terminal must not get them as they are. */
size_t fl_escape_character(struct fl_str text, size_t at, bool *harmful);
/* For a terminal: control bytes, DEL, invalid UTF-8, C1 controls and bidirectional overrides become \xNN. */
void fl_escape_terminal(struct fl_buf *out, struct fl_str text);

/* A C string of text from the input, each NUL as \x00. NULL when memory is out. */
const char *fl_escape_nul(struct fl_arena *arena, struct fl_str text);

/* Standard base64 with padding (RFC 4648). */
void fl_escape_base64(struct fl_buf *out, struct fl_str bytes);

#endif
