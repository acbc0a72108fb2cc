#include "core/engine/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/engine/findings.h"

static int compare_pairs(const void *a, const void *b)
{
    return strcmp(((const struct fl_pair *)a)->name, ((const struct fl_pair *)b)->name);
}

struct fl_pairs fl_judge_pairs(struct fl_judging *j, const char *const *names, const struct fl_value *values,
                               uint32_t count, bool sorted)
{
    struct fl_pair *pairs = fl_arena_alloc(j->arena, ((size_t)count + 1) * sizeof *pairs);
    if (pairs == NULL)
        return (struct fl_pairs){NULL, 0};
    for (uint32_t i = 0; i < count; i++)
        pairs[i] = (struct fl_pair){names[i], values[i]};
    if (sorted && count > 1)
        qsort(pairs, count, sizeof *pairs, compare_pairs);
    return (struct fl_pairs){pairs, count};
}

static int64_t newest_event(const struct fl_part *part)
{
    int64_t newest = INT64_MIN;
    for (uint32_t o = 0; o < part->object_count; o++)
        if (part->objects[o].records > 0 && part->objects[o].last_ms > newest)
            newest = part->objects[o].last_ms;
    return newest;
}

struct fl_value fl_judge_observed(const struct fl_judging *j)
{
    return j->newest_ms == INT64_MIN ? FL_VALUE_NULL : fl_value_int(FL_T_DURATION, j->newest_ms - j->oldest_ms);
}

static int64_t oldest_event(const struct fl_part *part)
{
    int64_t oldest = INT64_MAX;
    for (uint32_t o = 0; o < part->object_count; o++)
        if (part->objects[o].records > 0 && part->objects[o].first_ms < oldest)
            oldest = part->objects[o].first_ms;
    return oldest;
}

static enum fl_status prepare(struct fl_judging *j)
{
    const struct fl_policy *policy = j->plan->policy;
    j->rules = fl_alloc_zero((size_t)j->plan->rule_count + 1, sizeof *j->rules);
    j->intents = fl_alloc_zero((size_t)policy->intent_count + 1, sizeof *j->intents);
    j->excused = fl_alloc_zero((size_t)j->options->waiver_count + 1, sizeof *j->excused);
    struct fl_intent_result *intents = fl_arena_alloc(j->arena, ((size_t)policy->intent_count + 1) * sizeof *intents);
    if (j->rules == NULL || j->intents == NULL || j->excused == NULL || intents == NULL)
        return FL_E_NOMEM;
    j->report->intents = intents;
    j->report->intent_count = policy->intent_count;
    j->as_of_ms = j->options->as_of_ms != INT64_MIN ? j->options->as_of_ms : newest_event(j->part);
    j->oldest_ms = oldest_event(j->part);
    j->newest_ms = j->oldest_ms == INT64_MAX ? INT64_MIN : newest_event(j->part);
    enum fl_status status = fl_judge_add_inventory(j);
    if (status == FL_OK)
        status = fl_judge_silence_open(j);
    if (status == FL_OK)
        status = fl_judge_concerned_open(j);
    if (status == FL_OK)
        status = fl_judge_open_stores(j);
    if (status == FL_OK)
        status = fl_judge_open_findings(j);
    return status == FL_OK ? fl_judge_settle_vpcs(j) : status;
}

static const char *why_failed(const struct fl_judging *j, enum fl_status status)
{
    const struct fl_findings *findings = j->report->findings;
    const char *trouble =
        findings != NULL && (status == FL_E_IO || status == FL_E_DATA) ? fl_findings_trouble(findings) : NULL;
    if (trouble == NULL)
        trouble = j->trouble;
    return trouble != NULL ? trouble : fl_part_error(j->part, status);
}

enum fl_status fl_judge(const struct fl_plan *plan, struct fl_part *part, const struct fl_source_list *sources,
                        const struct fl_judge_options *options, struct fl_arena *arena, struct fl_report *report_out,
                        struct fl_error *err)
{
    struct fl_judging j = {
        .plan = plan, .part = part, .sources = sources, .options = options, .arena = arena, .report = report_out};
    memset(report_out, 0, sizeof *report_out);
    uint64_t begin = fl_phase_now();
    enum fl_status status = prepare(&j);
    if (status == FL_OK)
        status = fl_judge_groups(&j);
    if (status == FL_OK)
        status = fl_judge_expectations(&j);
    if (status == FL_OK)
        status = fl_judge_findings(&j);
    if (status == FL_OK)
        status = fl_judge_intents(&j);
    if (status == FL_OK)
        status = fl_judge_run(&j);
    if (status != FL_OK)
        fl_fail(err, status, "%s, in the judgement", why_failed(&j, status));
    part->phases.judge_ns = fl_phase_now() - begin - part->phases.evidence_ns;
    fl_judge_close_stores(&j);
    if (status != FL_OK)
        fl_report_close(report_out);
    fl_arena_dispose(&j.scratch);
    fl_free(j.rules);
    fl_free(j.intents);
    fl_free(j.excused);
    fl_free(j.blind);
    return status;
}
