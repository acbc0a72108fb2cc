#include "core/engine/engine.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/base/memory.h"
#include "core/engine/schedule.h"

#define SHARE_BYTES (2u * 1024u * 1024u) /* of an object that make one more worker worth its start */

struct run {
    struct fl_worker *workers;
    struct fl_turn *turns; /* by worker */
    uint32_t worker_count;
    uint32_t source_count;
    struct fl_engine_totals totals;
    atomic_uint next; /* object to take */
    atomic_int stop;  /* a worker failed */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint32_t owners; /* workers that still take objects */
    uint64_t news;   /* grows when a turn opens or an owner ends */
};

struct thread {
    struct run *run;
    uint32_t index;
    pthread_t id;
    bool started;
    enum fl_status status;
    struct fl_error err;
};

static void tell(struct run *run, bool owner_ends)
{
    pthread_mutex_lock(&run->lock);
    run->owners -= owner_ends;
    run->news++;
    pthread_cond_broadcast(&run->changed);
    pthread_mutex_unlock(&run->lock);
}

static enum fl_status read_object(struct run *run, struct fl_turn *turn, uint32_t source, struct fl_error *err)
{
    bool open;
    enum fl_status status = fl_turn_open(turn, source, &open, err);
    if (open) {
        if (run->worker_count > 1)
            tell(run, false);
        status = fl_turn_own(turn, err);
    }
    fl_turn_close(turn);
    return status;
}

static enum fl_status visit(struct fl_turn *turn, struct fl_worker *guest, bool *joined)
{
    enum fl_status status;
    struct fl_chunk chunk;
    bool got = true;
    if (!fl_turn_join(turn, guest, &status))
        return FL_OK;
    *joined = true;
    while (got && status == FL_OK) {
        status = fl_turn_take(turn, guest, &chunk, &got);
        if (status == FL_OK && got)
            status = fl_worker_chunk(guest, &chunk);
    }
    fl_turn_leave(turn, guest);
    return status;
}

/* No object is left to take: takes chunks of those that others still read. */
static enum fl_status help(struct run *run, struct fl_worker *guest)
{
    enum fl_status status = FL_OK;
    uint64_t seen;
    pthread_mutex_lock(&run->lock);
    do {
        seen = run->news;
        pthread_mutex_unlock(&run->lock);
        bool joined = false;
        for (uint32_t i = 0; i < run->worker_count && status == FL_OK; i++)
            if (run->turns[i].owner != guest)
                status = visit(&run->turns[i], guest, &joined);
        pthread_mutex_lock(&run->lock);
        while (!joined && status == FL_OK && run->news == seen && run->owners > 0 && !atomic_load(&run->stop))
            pthread_cond_wait(&run->changed, &run->lock);
    } while (status == FL_OK && run->owners > 0 && !atomic_load(&run->stop));
    pthread_mutex_unlock(&run->lock);
    return status;
}

static void *work(void *argument)
{
    struct thread *t = argument;
    struct run *run = t->run;
    while (t->status == FL_OK && !atomic_load(&run->stop)) {
        uint32_t source = atomic_fetch_add(&run->next, 1);
        if (source >= run->source_count)
            break;
        t->status = read_object(run, &run->turns[t->index], source, &t->err);
    }
    if (t->status != FL_OK)
        atomic_store(&run->stop, 1);
    tell(run, true);
    if (t->status == FL_OK && run->worker_count > 1) {
        t->status = help(run, &run->workers[t->index]);
        if (t->status != FL_OK) {
            fl_worker_fail(&run->workers[t->index], t->status, &t->err);
            atomic_store(&run->stop, 1);
        }
    }
    return NULL;
}

static enum fl_status run_threads(struct run *run, struct fl_error *err)
{
    struct thread *threads = fl_alloc_zero(run->worker_count, sizeof *threads);
    if (threads == NULL)
        return fl_fail(err, FL_E_NOMEM, "out of memory");
    run->owners = run->worker_count;
    for (uint32_t i = 0; i < run->worker_count; i++) {
        threads[i].run = run;
        threads[i].index = i;
        if (i == 0)
            continue;
        threads[i].started = pthread_create(&threads[i].id, NULL, work, &threads[i]) == 0;
        if (!threads[i].started)
            tell(run, true);
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

void fl_rule_part_merge(struct fl_rule_part *into, const struct fl_rule_part *from)
{
    into->selected += from->selected;
    into->bad_times += from->bad_times;
    into->over_limit |= from->over_limit;
    into->over_list |= from->over_list;
    into->listed += from->listed;
    into->unspread += from->unspread;
    into->stateful |= from->stateful;
    if (from->lua_failures > 0 &&
        (into->lua_failures == 0 || fl_place_before(from->lua_error_place, into->lua_error_place))) {
        into->lua_error_place = from->lua_error_place;
        memcpy(into->lua_error, from->lua_error, sizeof into->lua_error);
    }
    into->lua_failures += from->lua_failures;
    into->cost.tested += from->cost.tested;
    into->cost.scan_ns += from->cost.scan_ns;
    into->cost.held_bytes += from->cost.held_bytes;
    into->cost.calls += from->cost.calls;
    into->cost.code_ns += from->cost.code_ns;
}

static uint64_t ns_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t fl_cost_now(void)
{
    return ns_of(CLOCK_THREAD_CPUTIME_ID);
}

uint64_t fl_phase_now(void)
{
    return ns_of(CLOCK_PROCESS_CPUTIME_ID);
}

static void note_held(const struct fl_plan *plan, struct fl_part *part)
{
    for (uint32_t t = 0; t < plan->table_count; t++)
        part->rules[plan->tables[t].rules[0]].cost.held_bytes = fl_table_held_bytes(fl_store_table(part->store, t));
}

static enum fl_status merge_part(struct fl_part *into, struct fl_part *from)
{
    enum fl_status status = fl_coverage_merge(&into->coverage, &from->coverage);
    for (uint32_t i = 0; i < into->rule_count; i++)
        fl_rule_part_merge(&into->rules[i], &from->rules[i]);
    if (status == FL_OK)
        status = fl_store_absorb(into->store, from->store);
    for (uint32_t i = 0; i < from->unknown_columns.count && status == FL_OK; i++)
        if (fl_map_intern(&into->unknown_columns, from->unknown_columns.keys[i]) == FL_MAP_NONE)
            status = FL_E_NOMEM;
    into->undecided_guess += from->undecided_guess;
    into->undecided_none += from->undecided_none;
    into->out_of_scope += from->out_of_scope;
    into->duplicates += from->duplicates;
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
    for (uint32_t i = 0; i < run->worker_count && run->workers[i].options->profile; i++)
        note_held(run->workers[i].plan, i == 0 ? out : &run->workers[i].part);
    for (uint32_t i = 0; i < run->worker_count; i++) {
        struct fl_coverage_map *coverage = i == 0 ? &out->coverage : &run->workers[i].part.coverage;
        if (status == FL_OK)
            status = fl_coverage_settle(coverage);
        if (status == FL_OK)
            status = fl_collector_finish(&run->workers[i].collector);
        out->null_arithmetic += fl_program_null_arithmetic(run->workers[i].program);
        if (i > 0 && status == FL_OK)
            status = merge_part(out, &run->workers[i].part);
    }
    if (status == FL_OK)
        status = fl_coverage_finish(&out->coverage, false);
    return status == FL_OK ? fl_store_settle(out->store) : status;
}

/* A worker more for each object, and for each so many bytes of one. */
static uint32_t useful_workers(const struct fl_source_list *sources, uint32_t threads)
{
    uint64_t useful = 0;
    for (uint32_t i = 0; i < sources->count && useful < threads; i++)
        useful += 1 + sources->items[i].size_bytes / SHARE_BYTES;
    return useful == 0 ? 1 : useful < threads ? (uint32_t)useful : threads;
}

static enum fl_status start_worker(struct run *run, uint32_t i, const struct fl_plan *plan,
                                   const struct fl_source_list *sources, const struct fl_engine_options *options,
                                   struct fl_part *shared, struct fl_error *err)
{
    struct fl_worker *worker = &run->workers[i];
    enum fl_status status = fl_worker_init(worker, plan, sources, options, run->worker_count, shared, err);
    worker->totals = &run->totals;
    worker->tells_progress = i == 0;
    fl_turn_init(&run->turns[i], worker);
    return status;
}

static enum fl_status run_pass(const struct fl_plan *plan, const struct fl_source_list *sources,
                               const struct fl_engine_options *options, struct fl_part *out, struct fl_error *err)
{
    memset(out, 0, sizeof *out);
    out->objects = fl_alloc_zero((size_t)sources->count + 1, sizeof *out->objects);
    out->object_count = sources->count;
    uint32_t count = options->schedule_seed != 0 ? options->threads : useful_workers(sources, options->threads);
    struct run run = {.workers = fl_alloc_zero(count, sizeof *run.workers),
                      .turns = fl_alloc_zero(count, sizeof *run.turns),
                      .worker_count = count,
                      .source_count = sources->count,
                      .lock = PTHREAD_MUTEX_INITIALIZER,
                      .changed = PTHREAD_COND_INITIALIZER};
    enum fl_status status = FL_OK;
    if (out->objects == NULL || run.workers == NULL || run.turns == NULL)
        status = fl_fail(err, FL_E_NOMEM, "out of memory");
    for (uint32_t i = 0; i < count && status == FL_OK; i++)
        status = start_worker(&run, i, plan, sources, options, out, err);
    if (status == FL_OK)
        status = options->schedule_seed != 0
                     ? fl_schedule_run(run.turns, count, sources->count, options->schedule_seed, err)
                     : run_threads(&run, err);
    if (status == FL_OK && (status = gather(&run, out)) != FL_OK)
        fl_fail(err, status, "%s", fl_part_error(out, status));
    for (uint32_t i = 0; run.workers != NULL && run.turns != NULL && i < count; i++) {
        if (run.workers[i].plan == NULL)
            continue;
        fl_turn_dispose(&run.turns[i]);
        fl_worker_dispose(&run.workers[i]);
    }
    fl_free(run.turns);
    fl_free(run.workers);
    return status;
}

/* What a pass that only notes records decodes: every field there is. */
static enum fl_status plan_collecting(struct fl_plan *first, const struct fl_policy *policy, struct fl_error *err)
{
    memset(first, 0, sizeof *first);
    fl_arena_init(&first->arena);
    first->policy = policy;
    first->scope_root = UINT32_MAX;
    for (uint32_t f = 0; f < FL_DERIVED_FIRST; f++)
        fl_field_set_add(&first->wanted, f);
    fl_derive_init(&first->derive, &first->wanted, policy, NULL);
    first->program = fl_program_new();
    struct fl_network_source networks = fl_policy_network_source(policy);
    return first->program == NULL ? FL_E_NOMEM : fl_program_seal(first->program, &networks, err);
}

static enum fl_status collect(struct fl_plan *first, const struct fl_source_list *sources,
                              const struct fl_engine_options *options, struct fl_dedupe *dedupe, uint64_t *records,
                              struct fl_error *err)
{
    struct fl_engine_options noting = *options;
    struct fl_part part = {0};
    noting.ops = NULL;
    noting.collect = dedupe;
    enum fl_status status = run_pass(first, sources, &noting, &part, err);
    for (uint32_t o = 0; o < part.object_count && status == FL_OK; o++)
        records[o] = part.objects[o].records;
    fl_part_dispose(&part);
    if (status == FL_OK && (status = fl_dedupe_settle(dedupe)) != FL_OK)
        fl_fail(err, status, status == FL_E_NOMEM ? "out of memory" : "the temporary file of dedupe cannot be read");
    return status;
}

/* Reads the input twice: first to find records that are there more than once, then without these. */
static enum fl_status run_deduped(const struct fl_plan *plan, const struct fl_source_list *sources,
                                  const struct fl_engine_options *options, struct fl_part *out, struct fl_error *err)
{
    struct fl_plan first;
    struct fl_dedupe dedupe;
    uint64_t *records = fl_alloc_zero((size_t)sources->count + 1, sizeof *records);
    fl_dedupe_init(&dedupe, options->memory_bytes, options->threads);
    enum fl_status status = plan_collecting(&first, plan->policy, err);
    if (records == NULL)
        status = FL_E_NOMEM;
    if (status == FL_E_NOMEM)
        fl_fail(err, status, "out of memory");
    if (status == FL_OK)
        status = collect(&first, sources, options, &dedupe, records, err);
    fl_plan_dispose(&first);
    struct fl_engine_options judged = *options;
    judged.drop = &dedupe;
    judged.memory_bytes = fl_dedupe_left_bytes(&dedupe);
    if (status == FL_OK)
        status = run_pass(plan, sources, &judged, out, err);
    for (uint32_t o = 0; o < sources->count && status == FL_OK; o++)
        if (out->objects[o].records != records[o] && out->objects[o].trouble[0] == '\0')
            snprintf(out->objects[o].trouble, sizeof out->objects[o].trouble,
                     "it changed between the two times it was read");
    fl_free(records);
    fl_dedupe_dispose(&dedupe);
    return status;
}

/* Objects are read by many at once, who know bytes: the first bad line of each is counted to when all is read. */
static enum fl_status number_bad_lines(const struct fl_source_list *sources, struct fl_part *part, struct fl_error *err)
{
    enum fl_status status = FL_OK;
    for (uint32_t o = 0; o < part->object_count && status == FL_OK; o++) {
        struct fl_object_stats *s = &part->objects[o];
        if (fl_object_bad_lines(s) > 0)
            status = fl_evidence_line_at(&sources->items[o], fl_object_bad_offset(s), &s->first_bad_line);
    }
    return status == FL_OK ? FL_OK : fl_fail(err, status, "out of memory");
}

enum fl_status fl_engine_run(const struct fl_plan *plan, const struct fl_source_list *sources,
                             const struct fl_engine_options *options, struct fl_part *out, struct fl_error *err)
{
    memset(out, 0, sizeof *out);
    bool dedupes = plan->policy->dedupe && plan->rule_count > 0 && !options->counts_only;
    uint64_t begin = fl_phase_now();
    enum fl_status status =
        dedupes ? run_deduped(plan, sources, options, out, err) : run_pass(plan, sources, options, out, err);
    if (status == FL_OK)
        status = number_bad_lines(sources, out, err);
    out->phases.scan_ns = fl_phase_now() - begin;
    return status;
}

const char *fl_part_error(const struct fl_part *part, enum fl_status status)
{
    const char *trouble = status == FL_E_IO ? fl_coverage_trouble(&part->coverage) : NULL;
    for (uint32_t i = 0; i < part->file_count && trouble == NULL; i++)
        if (part->files[i].trouble[0] != '\0')
            trouble = part->files[i].trouble;
    if (trouble == NULL)
        trouble = fl_store_trouble(part->store);
    if (trouble == NULL && status == FL_E_DATA && part->file_count > 0)
        trouble = "groups of a partial result cannot be read: it is damaged, or this program did not write it";
    return trouble != NULL ? trouble : fl_store_error(part->store, status);
}

void fl_part_dispose(struct fl_part *part)
{
    if (part->store != NULL)
        fl_store_free(part->store);
    fl_free(part->rules);
    fl_free(part->objects);
    for (uint32_t i = 0; i < part->file_count; i++) {
        fl_container_close(&part->files[i].container);
        fl_free(part->files[i].ranks);
    }
    fl_free(part->files);
    fl_coverage_dispose(&part->coverage);
    fl_map_dispose(&part->unknown_columns);
    memset(part, 0, sizeof *part);
}
