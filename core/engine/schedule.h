/* schedule.h: every order that threads could come to, on one thread.
 *
 * A seed deals objects and chunks to logical workers: who takes what, and in which order chunks are judged. Results
 * must not depend on it, which tests check by permutation.
 */
#ifndef FL_ENGINE_SCHEDULE_H
#define FL_ENGINE_SCHEDULE_H

#include "core/engine/turn.h"

enum fl_status fl_schedule_run(struct fl_turn *turns, uint32_t count, uint32_t source_count, uint64_t seed,
                               struct fl_error *err);

#endif
