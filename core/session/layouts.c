#include "core/session/layouts.h"

#include <string.h>

struct fl_layout *fl_layouts_list(struct fl_arena *arena, const struct fl_part *part, uint32_t *count)
{
    struct fl_layout *layouts = fl_arena_alloc(arena, ((size_t)part->object_count + 1) * sizeof *layouts);
    *count = 0;
    for (uint32_t o = 0; layouts != NULL && o < part->object_count; o++) {
        const struct fl_object_stats *s = &part->objects[o];
        uint32_t l = 0;
        if (!s->has_layout)
            continue;
        while (l < *count && memcmp(&layouts[l].columns, &s->columns, sizeof s->columns) != 0)
            l++;
        if (l == *count)
            layouts[(*count)++] = (struct fl_layout){s->columns, o, 0};
        layouts[l].count++;
    }
    return layouts;
}

struct fl_field_set fl_layout_lacks(const struct fl_plan *plan, const struct fl_plan_rule *rule,
                                    const struct fl_field_set *columns)
{
    struct fl_field_set with = *columns, lacking = {{0}};
    for (uint32_t f = 0; f < FL_DERIVED_FIRST; f++)
        fl_field_set_add(&with, f);
    if (!fl_plan_rule_possible(plan, rule, &with))
        return lacking;
    for (uint32_t f = FL_DERIVED_FIRST; f-- > 0;) {
        struct fl_field_set without = with;
        without.bits[f / 64] &= ~(UINT64_C(1) << (f % 64));
        if (fl_field_set_has(columns, f))
            continue;
        if (fl_plan_rule_possible(plan, rule, &without))
            with = without;
        else
            fl_field_set_add(&lacking, f);
    }
    return lacking;
}
