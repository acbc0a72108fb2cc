/* plan_difference.h: in words, what two plans that fl_plan_describe wrote measure differently: the keys of the policy,
 * networks and services, and the rules and intents with the keys in which they differ. Any thread.
 */
#ifndef FL_SESSION_PLAN_DIFFERENCE_H
#define FL_SESSION_PLAN_DIFFERENCE_H

#include "core/base/buf.h"

/* Appends as "timezone; rule scan/ports (where, window); intent db (only in a.part)". The names say whose plans they
 * are. Where there is more than a line can hold, "and N more" ends it. */
void fl_plan_difference(const char *a_name, const char *a, const char *b_name, const char *b, struct fl_buf *out);

#endif
