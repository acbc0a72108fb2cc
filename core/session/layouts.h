/* layouts.h: which columns the objects of an input have, and what a rule lacks there. Inside core/session. */
#ifndef FL_SESSION_LAYOUTS_H
#define FL_SESSION_LAYOUTS_H

#include "core/session/session.h"

/* Objects with the same columns. */
struct fl_layout {
    struct fl_field_set columns;
    uint32_t first, count; /* of objects */
};

/* The layouts of the input, in order of their first objects. NULL when memory is out. */
struct fl_layout *fl_layouts_list(struct fl_arena *arena, const struct fl_part *part, uint32_t *count);

/* The least that the columns need beside them for the rule to be judged; none when nothing helps. Of two that would do,
 * the one that comes first in the table of fields stays. */
struct fl_field_set fl_layout_lacks(const struct fl_plan *plan, const struct fl_plan_rule *rule,
                                    const struct fl_field_set *columns);

#endif
