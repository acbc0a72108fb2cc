#include "core/engine/schedule.h"

#include "core/base/memory.h"

/* What a logical worker is about: its own object, or chunks of somebody's. */
struct actor {
    struct fl_turn *own;
    bool owns;              /* its turn is open or has to be closed */
    struct fl_turn *visits; /* as a guest, or NULL */
    struct fl_chunk chunk;
    bool has_chunk;
};

struct scheduling {
    struct actor *actors;
    uint32_t count, source_count, taken;
    uint32_t *order;
    uint64_t random;
    struct fl_error *err;
};

static uint64_t next_random(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void shuffle_objects(struct scheduling *s)
{
    for (uint32_t i = 0; i < s->source_count; i++) {
        uint32_t j = (uint32_t)(next_random(&s->random) % (i + 1));
        s->order[i] = s->order[j];
        s->order[j] = i;
    }
}

static enum fl_status take_object(struct scheduling *s, struct actor *a)
{
    bool open;
    enum fl_status status = fl_turn_open(a->own, s->order[s->taken++], &open, s->err);
    if (status == FL_OK && open)
        status = fl_turn_share(a->own);
    a->owns = open;
    if (!open)
        fl_turn_close(a->own);
    else if (!a->own->shared)
        status = fl_turn_own(a->own, s->err); /* a decoder that cannot share */
    return status;
}

static bool is_visited(const struct scheduling *s, const struct fl_turn *turn)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (s->actors[i].visits == turn)
            return true;
    return false;
}

/* Somebody else's open turn, or NULL. */
static struct fl_turn *find_open(struct scheduling *s, const struct actor *a)
{
    uint32_t first = (uint32_t)(next_random(&s->random) % s->count);
    for (uint32_t i = 0; i < s->count; i++) {
        struct actor *other = &s->actors[(first + i) % s->count];
        if (other != a && other->owns && other->own->open)
            return other->own;
    }
    return NULL;
}

static enum fl_status run_chunk(struct actor *a)
{
    a->has_chunk = false;
    return fl_worker_chunk(a->own->owner, &a->chunk);
}

/* One step of one worker, which may have nothing to do. */
static enum fl_status step(struct scheduling *s, struct actor *a)
{
    enum fl_status status = FL_OK;
    if (a->has_chunk)
        return run_chunk(a);
    if (a->visits != NULL) {
        bool stays = next_random(&s->random) % 4 != 0;
        if (stays)
            status = fl_turn_take(a->visits, a->own->owner, &a->chunk, &a->has_chunk);
        if (!a->has_chunk) {
            fl_turn_leave(a->visits, a->own->owner);
            a->visits = NULL;
        }
        return status;
    }
    if (a->owns) {
        status = fl_turn_take(a->own, a->own->owner, &a->chunk, &a->has_chunk);
        if (!a->has_chunk && !is_visited(s, a->own)) {
            fl_turn_close(a->own);
            a->owns = false;
        }
        return status;
    }
    struct fl_turn *other = find_open(s, a);
    bool helps = other != NULL && (s->taken == s->source_count || next_random(&s->random) % 2 == 0);
    if (helps && fl_turn_join(other, a->own->owner, &status))
        a->visits = other;
    else if (s->taken < s->source_count)
        status = take_object(s, a);
    return status;
}

static bool all_done(const struct scheduling *s)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (s->actors[i].owns || s->actors[i].visits != NULL || s->actors[i].has_chunk)
            return false;
    return s->taken == s->source_count;
}

enum fl_status fl_schedule_run(struct fl_turn *turns, uint32_t count, uint32_t source_count, uint64_t seed,
                               struct fl_error *err)
{
    struct scheduling s = {.actors = fl_alloc_zero(count, sizeof *s.actors),
                           .count = count,
                           .source_count = source_count,
                           .order = fl_alloc_zero((size_t)source_count + 1, sizeof *s.order),
                           .random = seed,
                           .err = err};
    enum fl_status status = FL_OK;
    if (s.actors == NULL || s.order == NULL)
        status = fl_fail(err, FL_E_NOMEM, "out of memory");
    for (uint32_t i = 0; i < count && status == FL_OK; i++)
        s.actors[i].own = &turns[i];
    if (status == FL_OK)
        shuffle_objects(&s);
    while (status == FL_OK && !all_done(&s)) {
        struct actor *a = &s.actors[next_random(&s.random) % count];
        status = step(&s, a);
        if (status != FL_OK)
            fl_worker_fail(a->own->owner, status, err);
    }
    fl_free(s.actors);
    fl_free(s.order);
    return status;
}
