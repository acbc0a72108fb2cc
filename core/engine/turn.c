#include "core/engine/turn.h"

#include <string.h>

#include "core/base/memory.h"

#define PAD_BYTES 64u /* readable around a chunk */

void fl_turn_init(struct fl_turn *turn, struct fl_worker *owner)
{
    memset(turn, 0, sizeof *turn);
    turn->owner = owner;
    fl_map_init(&turn->names);
    fl_learned_init(&turn->learned);
    pthread_mutex_init(&turn->lock, NULL);
    pthread_cond_init(&turn->changed, NULL);
}

void fl_turn_dispose(struct fl_turn *turn)
{
    fl_front_close(&turn->front, &turn->owner->host);
    fl_map_dispose(&turn->names);
    fl_learned_dispose(&turn->learned);
    pthread_cond_destroy(&turn->changed);
    pthread_mutex_destroy(&turn->lock);
}

enum fl_status fl_turn_open(struct fl_turn *turn, uint32_t source, bool *open, struct fl_error *err)
{
    turn->source = source;
    turn->shared = false;
    fl_object_stats_clear(&turn->seen_by_guests);
    enum fl_status status = fl_worker_open(turn->owner, source, open, err);
    pthread_mutex_lock(&turn->lock);
    turn->open = *open && status == FL_OK;
    pthread_mutex_unlock(&turn->lock);
    return status;
}

/* What is known of own addresses under the ids of another map of texts, which grows. */
static enum fl_status copy_learned(struct fl_learned *to, struct fl_map *to_names, const struct fl_learned *from,
                                   const struct fl_map *from_names)
{
    enum fl_status status = FL_OK;
    fl_learned_clear(to);
    for (uint32_t i = 0; i < from->capacity && i < from_names->count && status == FL_OK; i++) {
        if (from->state[i] == 0)
            continue;
        uint32_t id = fl_map_intern(to_names, from_names->keys[i]);
        status = id == FL_MAP_NONE ? FL_E_NOMEM : fl_learned_copy(to, id, from, i);
    }
    return status;
}

/* Under the lock, while the owner is not at work. */
static enum fl_status make_front(struct fl_turn *turn)
{
    struct fl_worker *owner = turn->owner;
    if (turn->shared)
        return FL_OK;
    enum fl_status status = copy_learned(&turn->learned, &turn->names, &owner->learned, &owner->batch.strings);
    if (status == FL_OK && !fl_front_open(&turn->front, &owner->host))
        status = FL_E_NOMEM;
    turn->shared = status == FL_OK;
    return status;
}

enum fl_status fl_turn_share(struct fl_turn *turn)
{
    return fl_host_can_share(&turn->owner->host) ? make_front(turn) : FL_OK;
}

static bool copy_chunk(struct fl_worker *worker, struct fl_chunk *chunk)
{
    size_t need = chunk->len + 2 * PAD_BYTES;
    if (need > worker->copy_capacity) {
        char *grown = fl_realloc(worker->copy, need, 1);
        if (grown == NULL)
            return false;
        worker->copy = grown;
        worker->copy_capacity = need;
    }
    memset(worker->copy, 0, PAD_BYTES);
    memcpy(worker->copy + PAD_BYTES, chunk->text, chunk->len);
    memset(worker->copy + PAD_BYTES + chunk->len, 0, PAD_BYTES);
    chunk->text = worker->copy + PAD_BYTES;
    return true;
}

/* Under the lock. */
static enum fl_status cut(struct fl_turn *turn, struct fl_worker *worker, struct fl_chunk *chunk, bool *got)
{
    *got = false;
    if (!turn->open)
        return FL_OK;
    enum fl_status status = fl_reader_next(turn->owner->reader, chunk);
    fl_worker_note_bytes(turn->owner);
    if (status != FL_OK) {
        turn->open = false;
        return status == FL_END ? FL_OK : status;
    }
    struct fl_object_stats *stats =
        worker == turn->owner ? &worker->shared->objects[turn->source] : &worker->guest_stats;
    if (!copy_chunk(worker, chunk) ||
        !fl_front_pass(&turn->front, &worker->host, stats, (struct fl_str){chunk->text, chunk->len}))
        return FL_E_NOMEM;
    *got = true;
    return FL_OK;
}

enum fl_status fl_turn_take(struct fl_turn *turn, struct fl_worker *worker, struct fl_chunk *chunk, bool *got)
{
    pthread_mutex_lock(&turn->lock);
    enum fl_status status = cut(turn, worker, chunk, got);
    if (!turn->open)
        pthread_cond_broadcast(&turn->changed);
    pthread_mutex_unlock(&turn->lock);
    return status;
}

/* One chunk by the owner alone; the lock is held when it returns. */
static enum fl_status run_in_place(struct fl_turn *turn, bool *more, struct fl_error *err)
{
    pthread_mutex_unlock(&turn->lock);
    enum fl_status status = fl_worker_next(turn->owner, more, err);
    pthread_mutex_lock(&turn->lock);
    return status;
}

/* Until the object ends or a guest comes. */
static enum fl_status run_alone(struct fl_turn *turn, struct fl_error *err)
{
    enum fl_status status = FL_OK;
    bool more = true;
    pthread_mutex_lock(&turn->lock);
    while (more && status == FL_OK && turn->guests == 0 && !turn->shared)
        status = run_in_place(turn, &more, err);
    turn->open = turn->open && more && status == FL_OK;
    if (turn->open && make_front(turn) != FL_OK)
        status = fl_fail(err, FL_E_NOMEM, "out of memory");
    pthread_cond_broadcast(&turn->changed);
    pthread_mutex_unlock(&turn->lock);
    return status;
}

enum fl_status fl_turn_own(struct fl_turn *turn, struct fl_error *err)
{
    enum fl_status status = run_alone(turn, err);
    struct fl_chunk chunk;
    bool got = status == FL_OK && turn->shared;
    if (status != FL_OK)
        return status;
    while (got && status == FL_OK) {
        status = fl_turn_take(turn, turn->owner, &chunk, &got);
        if (status == FL_OK && got)
            status = fl_worker_chunk(turn->owner, &chunk);
    }
    return status == FL_OK ? status : fl_worker_fail(turn->owner, status, err);
}

void fl_turn_close(struct fl_turn *turn)
{
    pthread_mutex_lock(&turn->lock);
    turn->open = false;
    pthread_cond_broadcast(&turn->changed);
    while (turn->guests > 0)
        pthread_cond_wait(&turn->changed, &turn->lock);
    pthread_mutex_unlock(&turn->lock);
    if (turn->shared)
        fl_object_stats_merge(&turn->owner->shared->objects[turn->source], &turn->seen_by_guests);
    fl_worker_close(turn->owner, turn->source);
}

bool fl_turn_join(struct fl_turn *turn, struct fl_worker *guest, enum fl_status *status)
{
    *status = FL_OK;
    pthread_mutex_lock(&turn->lock);
    if (!turn->open || !fl_host_can_share(&turn->owner->host)) {
        pthread_mutex_unlock(&turn->lock);
        return false;
    }
    turn->guests++;
    while (turn->open && !turn->shared)
        pthread_cond_wait(&turn->changed, &turn->lock);
    bool joined = turn->open && turn->shared;
    if (joined) {
        fl_object_stats_clear(&guest->guest_stats);
        guest->batch.source = turn->source;
        *status = copy_learned(&guest->learned, &guest->batch.strings, &turn->learned, &turn->names);
    } else {
        turn->guests--;
        pthread_cond_broadcast(&turn->changed);
    }
    pthread_mutex_unlock(&turn->lock);
    return joined;
}

void fl_turn_leave(struct fl_turn *turn, struct fl_worker *guest)
{
    pthread_mutex_lock(&turn->lock);
    fl_object_stats_merge(&turn->seen_by_guests, &guest->guest_stats);
    turn->guests--;
    pthread_cond_broadcast(&turn->changed);
    pthread_mutex_unlock(&turn->lock);
}
