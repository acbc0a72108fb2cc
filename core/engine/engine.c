#include "core/engine/engine.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/engine/worker.h"

struct run {
    struct fl_worker *workers;
    uint32_t worker_count;
    uint32_t source_count;
    atomic_uint next;        /* object to take */
    atomic_int stop;         /* a worker failed */
};

struct thread {
    struct run *run;
    struct fl_worker *worker;
    pthread_t id;
    bool started;
    enum fl_status status;
    struct fl_error err;
};

static void *work(void *argument)
{
    struct thread *t = argument;
    struct run *run = t->run;
    while (!atomic_load(&run->stop)) {
        uint32_t source = atomic_fetch_add(&run->next, 1);
        if (source >= run->source_count)
            break;
        t->status = fl_worker_read(t->worker, source, &t->err);
        if (t->status != FL_OK) {
            atomic_store(&run->stop, 1);
            break;
        }
    }
    return NULL;
}

static enum fl_status run_threads(struct run *run, struct fl_error *err)
{
    struct thread *threads = fl_alloc_zero(run->worker_count, sizeof *threads);
    if (threads == NULL)
        return fl_fail(err, FL_E_NOMEM, "out of memory");
    for (uint32_t i = 0; i < run->worker_count; i++) {
        threads[i].run = run;
        threads[i].worker = &run->workers[i];
        if (i > 0)
            threads[i].started = pthread_create(&threads[i].id, NULL, work, &threads[i]) == 0;
    }
    /* The calling thread is the first worker; a thread that did not start is only missed. */
    work(&threads[0]);
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < run->worker_count; i++) {
        if (threads[i].started)
            pthread_join(threads[i].id, NULL);
        if (status == FL_OK && threads[i].status != FL_OK) {
            status = threads[i].status;
            if (err != NULL)
                *err = threads[i].err;
        }
    }
    fl_free(threads);
    return status;
}

static uint64_t next_random(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Objects in a shuffled order, each given to some worker, one after the other. */
static enum fl_status run_schedule(struct run *run, uint64_t seed, struct fl_error *err)
{
    uint32_t *order = fl_alloc((size_t)(run->source_count + 1) * sizeof *order);
    if (order == NULL)
        return fl_fail(err, FL_E_NOMEM, "out of memory");
    for (uint32_t i = 0; i < run->source_count; i++) {
        uint32_t j = (uint32_t)(next_random(&seed) % (i + 1));
        order[i] = order[j];
        order[j] = i;
    }
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < run->source_count && status == FL_OK; i++) {
        uint32_t w = (uint32_t)(next_random(&seed) % run->worker_count);
        status = fl_worker_read(&run->workers[w], order[i], err);
    }
    fl_free(order);
    return status;
}

static enum fl_status merge_rule(struct fl_rule_part *into, struct fl_rule_part *from)
{
    into->selected += from->selected;
    into->bad_times += from->bad_times;
    into->over_limit |= from->over_limit;
    into->stateful |= from->stateful;
    if (from->lua_failures > 0 &&
        (into->lua_failures == 0 || fl_place_before(from->lua_error_place, into->lua_error_place))) {
        into->lua_error_place = from->lua_error_place;
        memcpy(into->lua_error, from->lua_error, sizeof into->lua_error);
    }
    into->lua_failures += from->lua_failures;
    enum fl_status status = fl_table_merge(into->table, from->table);
    into->over_limit |= fl_table_over_limit(into->table);
    return status;
}

static enum fl_status merge_part(struct fl_part *into, struct fl_part *from)
{
    enum fl_status status = fl_coverage_merge(&into->coverage, &from->coverage);
    for (uint32_t i = 0; i < into->rule_count && status == FL_OK; i++)
        status = merge_rule(&into->rules[i], &from->rules[i]);
    for (uint32_t i = 0; i < from->unknown_columns.count && status == FL_OK; i++)
        if (fl_map_intern(&into->unknown_columns, from->unknown_columns.keys[i]) == FL_MAP_NONE)
            status = FL_E_NOMEM;
    into->undecided_guess += from->undecided_guess;
    into->undecided_none += from->undecided_none;
    into->out_of_scope += from->out_of_scope;
    return status;
}

/* Moves what worker 0 gathered into out, and merges the others into it. */
static enum fl_status gather(struct run *run, struct fl_part *out)
{
    struct fl_part *first = &run->workers[0].part;
    struct fl_object_stats *objects = out->objects;
    uint32_t object_count = out->object_count;
    *out = *first;
    out->objects = objects;
    out->object_count = object_count;
    memset(first, 0, sizeof *first);
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < run->worker_count; i++) {
        out->null_arithmetic += fl_program_null_arithmetic(run->workers[i].program);
        if (i > 0 && status == FL_OK)
            status = merge_part(out, &run->workers[i].part);
    }
    return status;
}

enum fl_status fl_engine_run(const struct fl_plan *plan, const struct fl_source_list *sources,
                             const struct fl_engine_options *options, struct fl_part *out,
                             struct fl_error *err)
{
    memset(out, 0, sizeof *out);
    out->objects = fl_alloc_zero((size_t)sources->count + 1, sizeof *out->objects);
    out->object_count = sources->count;
    uint32_t count = options->threads;
    if (options->schedule_seed == 0 && count > sources->count)
        count = sources->count > 0 ? sources->count : 1;
    struct run run = {.workers = fl_alloc_zero(count, sizeof *run.workers),
                      .worker_count = count,
                      .source_count = sources->count};
    enum fl_status status = FL_OK;
    if (out->objects == NULL || run.workers == NULL)
        status = fl_fail(err, FL_E_NOMEM, "out of memory");
    for (uint32_t i = 0; i < count && status == FL_OK; i++)
        status = fl_worker_init(&run.workers[i], plan, sources, options, out, err);
    if (status == FL_OK)
        status = options->schedule_seed != 0 ? run_schedule(&run, options->schedule_seed, err)
                                             : run_threads(&run, err);
    if (status == FL_OK && gather(&run, out) != FL_OK)
        status = fl_fail(err, FL_E_NOMEM, "out of memory while merging");
    for (uint32_t i = 0; run.workers != NULL && i < count; i++)
        if (run.workers[i].plan != NULL)
            fl_worker_dispose(&run.workers[i]);
    fl_free(run.workers);
    return status;
}

void fl_part_dispose(struct fl_part *part)
{
    for (uint32_t i = 0; i < part->rule_count; i++)
        if (part->rules[i].table != NULL)
            fl_table_free(part->rules[i].table);
    fl_free(part->rules);
    fl_free(part->objects);
    fl_coverage_dispose(&part->coverage);
    fl_map_dispose(&part->unknown_columns);
    memset(part, 0, sizeof *part);
}
