/* packed.h: hits as bytes, a sixth of what they take as values. Inside core/engine only.
 *
 * For this process: what was packed is read back under the same plan. Reading makes views into the bytes.
 */
#ifndef FL_ENGINE_PACKED_H
#define FL_ENGINE_PACKED_H

#include "core/base/varint.h"
#include "core/engine/verdicts.h"

/* What decides which of two hits of a rule is worse. */
struct fl_rank {
    enum fl_severity severity; /* as a waiver lowers it */
    struct fl_value having;    /* the measure that `having` names first; null without one, or where that is a list */
    uint64_t flows;
};

struct fl_rank fl_rank_of(const struct fl_judging *j, const struct fl_hit *hit);
/* Severity, then the measure first named in having, known ones first, then flows. Neither is worse: the first is. */
bool fl_rank_worse(const struct fl_plan_rule *rule, const struct fl_rank *a, const struct fl_rank *b);

/* Evidence is left out, and of the counters all but the flows; failures are kept in out. */
void fl_hit_pack(const struct fl_judging *j, const struct fl_hit *hit, struct fl_buf *out);
/* The rank with which a packed hit begins. */
struct fl_rank fl_rank_take(struct fl_taking *in);
/* Arrays lie in the arena. FL_E_DATA: these are no packed hit of the rule. */
enum fl_status fl_hit_unpack(const struct fl_judging *j, uint32_t rule, struct fl_taking *in, struct fl_arena *arena,
                             struct fl_hit *out);

/* Sums of more than 64 bits. */
void fl_wide_pack(struct fl_buf *out, __int128 value);
__int128 fl_wide_take(struct fl_taking *in);

#endif
