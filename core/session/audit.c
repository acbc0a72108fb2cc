#include <sched.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "core/base/files.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/session/session.h"

struct progress {
    uint64_t total_bytes;
    struct timespec start, shown;
};

static double seconds_since(const struct timespec *then)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - then->tv_sec) + (double)(now.tv_nsec - then->tv_nsec) * 1e-9;
}

static void show_progress(void *context, uint64_t object_bytes, uint64_t records)
{
    struct progress *p = context;
    if (seconds_since(&p->shown) < 0.2)
        return;
    clock_gettime(CLOCK_MONOTONIC, &p->shown);
    double elapsed = seconds_since(&p->start);
    double share = p->total_bytes > 0 ? (double)object_bytes / (double)p->total_bytes : 0;
    fprintf(stderr, "\r\033[K%3.0f %%  %llu records  %.1f M/s  %.0f s left", share * 100, (unsigned long long)records,
            elapsed > 0 ? (double)records / elapsed / 1e6 : 0, share > 0.01 ? elapsed / share - elapsed : 0);
}

static uint32_t cpus(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    int count = CPU_COUNT(&set);
    return count < 1 ? 1 : (uint32_t)count;
}

static enum fl_status scan(struct fl_session *session, const struct fl_session_options *options,
                           const struct fl_source_list *sources, const struct fl_rule_ops *ops, struct fl_part *part,
                           struct fl_error *err)
{
    struct progress progress = {0};
    bool terminal = isatty(STDERR_FILENO);
    clock_gettime(CLOCK_MONOTONIC, &progress.start);
    progress.shown = progress.start;
    for (uint32_t i = 0; i < sources->count; i++)
        progress.total_bytes += sources->items[i].size_bytes;
    uint32_t threads = options->threads > 0 ? options->threads : cpus();
    struct fl_engine_options engine = {.threads = threads,
                                       .memory_bytes = fl_session_group_memory(options, threads),
                                       .chunk_bytes = options->chunk_bytes,
                                       .told_format = options->format,
                                       .schedule_seed = options->schedule_seed,
                                       .ops = ops,
                                       .profile = options->profile,
                                       .progress = terminal ? show_progress : NULL,
                                       .progress_context = &progress};
    enum fl_status status = fl_engine_run(&session->plan, sources, &engine, part, err);
    if (terminal)
        fputs("\r\033[K", stderr);
    return status;
}

static bool has_code(const struct fl_plan *plan)
{
    for (uint32_t i = 0; i < plan->rule_count; i++)
        if (plan->rules[i].decl->has_on_flow || plan->rules[i].decl->has_on_group)
            return true;
    return false;
}

static enum fl_status judge(struct fl_session *session, const struct fl_session_options *options,
                            const struct fl_source_list *sources, const struct fl_rule_ops *ops, struct fl_part *part,
                            struct fl_report *report, struct fl_error *err)
{
    void *vm = NULL;
    enum fl_status status = FL_OK;
    if (ops != NULL)
        status = ops->open_vm(ops->context, &vm, err);
    struct fl_judge_options how = {.ops = ops,
                                   .vm = vm,
                                   .waivers = session->waivers,
                                   .waiver_count = session->waiver_count,
                                   .as_of_ms = options->as_of_ms,
                                   .fail_on = options->fail_on,
                                   .allow_empty = options->allow_empty,
                                   .told_format = options->format,
                                   .profile = options->profile};
    if (status == FL_OK)
        status = fl_judge(&session->plan, part, sources, &how, &session->arena, report, err);
    if (vm != NULL)
        ops->close_vm(vm);
    return status;
}

static const struct fl_rule_ops *ops_of(struct fl_session *session)
{
    return has_code(&session->plan) ? fl_lua_rules_ops(session->lua) : NULL;
}

int fl_session_judge(struct fl_session *session, const struct fl_session_options *options,
                     const struct fl_source_list *sources, struct fl_part *part)
{
    struct fl_report report = {0};
    struct fl_error err;
    enum fl_status status = judge(session, options, sources, ops_of(session), part, &report, &err);
    if (status == FL_OK && fl_memory_ran_out())
        status = fl_fail(&err, FL_E_NOMEM, "out of memory");
    if (status != FL_OK) {
        fl_log_status(&err);
        fl_report_close(&report);
        return FL_EXIT_INTERNAL;
    }
    bool delivered = fl_session_deliver(options, &report);
    fl_session_summary(&report);
    fl_report_close(&report);
    if (options->profile && !fl_session_profile(options, &session->plan, part))
        delivered = false;
    return !delivered && report.run.exit_status == 0 ? 3 : report.run.exit_status;
}

static int run(struct fl_session *session, const struct fl_session_options *options, struct fl_source_list *sources)
{
    struct fl_part part = {0};
    struct fl_error err;
    int exit_status = FL_EXIT_INTERNAL;
    enum fl_status status = scan(session, options, sources, ops_of(session), &part, &err);
    if (status == FL_OK && options->partial != NULL)
        status = fl_source_list_hash(sources, &err);
    if (status != FL_OK)
        fl_log_status(&err);
    else if (options->partial != NULL)
        exit_status = fl_session_save_part(session, options, sources, &part);
    else
        exit_status = fl_session_judge(session, options, sources, &part);
    fl_part_dispose(&part);
    return exit_status;
}

static void warn_of_duplicates(const struct fl_source_list *sources)
{
    for (uint32_t i = 0; i < sources->trouble_count; i++)
        if (sources->troubles[i].kind == FL_SOURCE_DUPLICATE)
            fl_log_warning("%s %s", sources->troubles[i].name, sources->troubles[i].text);
}

int fl_session_audit(const struct fl_session_options *options)
{
    struct fl_session session;
    struct fl_error_list errors = {0};
    struct fl_source_list sources;
    struct fl_error err;
    int exit_status;
    if (!fl_session_can_deliver(options)) {
        fl_log_error("nothing was audited");
        return 2;
    }
    if (options->partial != NULL)
        fl_files_keep();
    if (fl_session_open(&session, options, &errors) != FL_OK) {
        exit_status = fl_session_refuse(&errors, "nothing was audited");
    } else if (options->partial != NULL && session.policy.dedupe) {
        fl_log_error("flowlaw audit: --partial has no use with `dedupe`: which records are there twice shows only when "
                     "all are read in one run");
        exit_status = 2;
    } else if (fl_source_list_open(&sources, options->inputs, options->input_count, &err) != FL_OK) {
        fl_log_status(&err);
        exit_status = FL_EXIT_INTERNAL;
    } else {
        warn_of_duplicates(&sources);
        exit_status = run(&session, options, &sources);
        fl_source_list_close(&sources);
    }
    fl_error_list_dispose(&errors);
    fl_session_close(&session);
    fl_files_clear();
    return exit_status;
}
