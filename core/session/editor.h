/* editor.h: files that help editors, written from the program's own tables. */
#ifndef FL_SESSION_EDITOR_H
#define FL_SESSION_EDITOR_H

#include "core/base/buf.h"

/* Annotations of everything that a rule file can name, for the Lua language server: valid Lua, never run. */
void fl_editor_luals(struct fl_buf *out);
/* A JSON Schema (draft 2020-12) of policies. */
void fl_editor_schema(struct fl_buf *out);

#endif
