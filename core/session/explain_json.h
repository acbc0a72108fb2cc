/* explain_json.h: explanations as JSON, one object a line. Inside core/session; docs/explain.md has the schema.
 *
 * The functions that write text fill e->out, which is scratch then: fl_explain_put_out() makes a string of it.
 */
#ifndef FL_SESSION_EXPLAIN_JSON_H
#define FL_SESSION_EXPLAIN_JSON_H

#include "core/session/explain.h"

#define FL_EXPLAIN_SCHEMA "flowlaw.explain/1"

/* Begins the document: its type, schema and subject. */
void fl_explain_put_head(struct fl_explaining *e, const char *type, const char *id);
void fl_explain_put_null(struct fl_explaining *e, const char *key);
void fl_explain_put_texts(struct fl_explaining *e, const char *key, const struct fl_texts *texts);
void fl_explain_put_value(struct fl_explaining *e, const char *key, const struct fl_value *value);
/* "file:line" */
void fl_explain_put_place(struct fl_explaining *e, const char *key, const char *file, uint32_t line);
/* { start, end }; null without a window. */
void fl_explain_put_window(struct fl_explaining *e, const char *key, int64_t start_ms, int64_t end_ms);
/* What was written to e->out; empties it. */
void fl_explain_put_out(struct fl_explaining *e, const char *key);
/* A line of a log: as `key`, or, where it is not UTF-8, as `key`_base64. */
void fl_explain_put_raw(struct fl_explaining *e, struct fl_str raw);
void fl_explain_put_role(struct fl_explaining *e, const struct fl_plan_rule *rule);

/* A condition with the values that decided it; NULL: null. */
void fl_explain_put_tree(struct fl_explaining *e, const char *key, const struct fl_node *node,
                         const struct fl_explain_values *values);
/* The members of the object of a group, which the caller opens and ends. */
void fl_explain_put_group(struct fl_explaining *e, const struct fl_kept_group *kept);
void fl_explain_put_measures(struct fl_explaining *e, const struct fl_kept_group *kept);

#endif
