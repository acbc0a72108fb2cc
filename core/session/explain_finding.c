/* explain_finding.c: what a finding rests on. */
#include <inttypes.h>
#include <string.h>

#include "core/base/log.h"
#include "core/session/explain.h"

#define EXCUSED_SHOWN 10
#define WINDOWS_SHOWN 10 /* of those that are folded into one */
#define OTHERS_SHOWN  10

struct finding {
    struct fl_explaining *e;
    const char *id; /* or its beginning */
    struct fl_kept_groups groups;
};

static enum fl_status pass_group(void *context, uint32_t rule, const struct fl_judged_group *group)
{
    (void)context, (void)rule, (void)group;
    return FL_OK;
}

static bool is_meant(const char *id, const char *wanted)
{
    return strncmp(id, wanted, strlen(wanted)) == 0;
}

static enum fl_status take_hit(void *context, const struct fl_judged_hit *hit)
{
    struct finding *f = context;
    if (!is_meant(hit->id, f->id))
        return FL_OK;
    struct fl_judged_group group = {FL_FATE_HIT, hit->slots, hit->window_start_ms, hit->window_end_ms};
    fl_explain_fold_hit(&f->groups, hit);
    enum fl_status status = fl_explain_keep(f->e, &f->groups, hit->rule, &group);
    if (status == FL_OK)
        fl_explain_keep_hit(&f->groups.items[f->groups.count - 1], hit);
    return status;
}

/* ---- occurrences ---- */

/* Is the group, in its worst window, this occurrence of the report? */
static bool is_occurrence(const struct finding *found, const struct fl_kept_group *kept, const struct fl_occurrence *o)
{
    const struct fl_plan_rule *rule = &found->e->session->plan.rules[kept->rule];
    if (!kept->occurrence.is_worst || kept->occurrence.window_start_ms != o->window_start_ms)
        return false;
    for (uint32_t i = 0; i < o->group.count; i++)
        for (uint32_t k = 0; k < rule->key_count; k++)
            if (strcmp(rule->key_names[k], o->group.items[i].name) == 0 &&
                fl_value_compare(&kept->group.slots[k], &o->group.items[i].value) != 0)
                return false;
    return true;
}

/* The other windows of its occurrence, which count no more than once. */
static void add_folded(const struct finding *found, const struct fl_kept_group *worst)
{
    struct fl_explaining *e = found->e;
    uint32_t shown = 0;
    for (uint32_t i = 0; i < found->groups.count; i++) {
        const struct fl_kept_group *kept = &found->groups.items[i];
        if (kept == worst || kept->occurrence.number != worst->occurrence.number)
            continue;
        if (shown++ == WINDOWS_SHOWN) {
            fl_buf_add_format(&e->out, "  ... and %u more\n", worst->occurrence.windows - 1 - WINDOWS_SHOWN);
            return;
        }
        fl_explain_label(e, "folded");
        fl_explain_window(e, kept->group.window_start_ms, kept->group.window_end_ms);
        fl_buf_add_text(&e->out, "   ");
        fl_explain_measures(e, kept);
    }
}

static void add_occurrence(const struct finding *found, const struct fl_kept_group *worst)
{
    struct fl_explaining *e = found->e;
    const struct fl_judged_occurrence *o = &worst->occurrence;
    if (o->windows > 1) {
        fl_buf_add_format(&e->out, ": %u overlapping windows, ", o->windows);
        fl_explain_window(e, o->window_start_ms, o->window_end_ms);
        fl_buf_add_text(&e->out, "; the worst is");
    }
    fl_buf_add_char(&e->out, '\n');
    fl_explain_group(e, worst);
    add_folded(found, worst);
}

/* Those that the report speaks of, worst first. */
static void add_occurrences(const struct finding *found, const struct fl_finding *f)
{
    struct fl_explaining *e = found->e;
    for (uint32_t o = 0; o < f->worst_count; o++)
        for (uint32_t i = 0; i < found->groups.count; i++)
            if (is_occurrence(found, &found->groups.items[i], &f->worst[o])) {
                fl_buf_add_format(&e->out, "\n occurrence %u of %" PRIu64, o + 1, f->occurrence_count);
                add_occurrence(found, &found->groups.items[i]);
            }
    if (f->occurrence_count > f->worst_count)
        fl_buf_add_format(&e->out, "\n ... and %" PRIu64 " more\n", f->occurrence_count - f->worst_count);
}

enum excuse { EXCUSED_NOT, EXCUSED_LOWERED, EXCUSED_HIDDEN };

static enum excuse excuse_of(const struct finding *found, const struct fl_kept_group *kept)
{
    if (kept->waiver < 0)
        return EXCUSED_NOT;
    bool hides = found->e->session->policy.waivers[kept->waiver].effect == FL_WAIVE_HIDE;
    return hides ? EXCUSED_HIDDEN : EXCUSED_LOWERED;
}

/* What a waiver took out: a finding speaks of those that are excused least. */
static void add_excused(const struct finding *found)
{
    struct fl_explaining *e = found->e;
    enum excuse least = EXCUSED_HIDDEN;
    uint32_t count = 0;
    for (uint32_t i = 0; i < found->groups.count; i++)
        if (excuse_of(found, &found->groups.items[i]) < least)
            least = excuse_of(found, &found->groups.items[i]);
    for (uint32_t i = 0; i < found->groups.count; i++) {
        const struct fl_kept_group *kept = &found->groups.items[i];
        if (!kept->occurrence.is_worst || excuse_of(found, kept) == least || count++ >= EXCUSED_SHOWN)
            continue;
        fl_buf_add_format(&e->out, "\n excused occurrence %u, which the finding leaves out", count);
        add_occurrence(found, kept);
    }
    if (count > EXCUSED_SHOWN)
        fl_buf_add_format(&e->out, "\n ... and %u more\n", count - EXCUSED_SHOWN);
}

static void add_line(struct fl_explaining *e, const char *label, const char *text)
{
    if (text == NULL)
        return;
    fl_explain_label(e, label);
    fl_explain_add(e, text);
    fl_buf_add_char(&e->out, '\n');
}

static void add_evidence(struct fl_explaining *e, const struct fl_finding *f)
{
    fl_buf_add_format(&e->out, "\n records (the first %u of %" PRIu64 ")\n", f->evidence_count, f->flows);
    for (uint32_t i = 0; i < f->evidence_count; i++) {
        fl_buf_add_text(&e->out, "  ");
        fl_explain_add(e, f->evidence[i].source);
        fl_buf_add_format(&e->out, ":%" PRIu64 "  ", f->evidence[i].record);
        fl_explain_add_str(e, f->evidence[i].raw);
        fl_buf_add_char(&e->out, '\n');
    }
    if (f->evidence_count == 0)
        return;
    fl_buf_add_text(&e->out, "  why one of them counted: flowlaw explain ");
    fl_explain_add(e, f->rule);
    fl_buf_add_format(&e->out, " --record %" PRIu64 " ", f->evidence[0].record);
    fl_explain_add(e, f->evidence[0].source);
    if (e->options->policy != NULL) {
        fl_buf_add_text(&e->out, " -p ");
        fl_explain_add(e, e->options->policy);
    }
    if (e->options->rules != NULL) {
        fl_buf_add_text(&e->out, " --rules ");
        fl_explain_add(e, e->options->rules);
    }
    fl_buf_add_char(&e->out, '\n');
}

static void show(struct fl_explaining *e, const struct finding *found, const struct fl_finding *f)
{
    fl_buf_add_format(&e->out, "finding %s: %s of ", f->id, fl_severity_name(f->severity));
    fl_explain_add(e, f->rule);
    fl_buf_add_char(&e->out, '\n');
    add_line(e, "message", f->message);
    add_line(e, "law", f->title);
    fl_explain_label(e, "declared");
    fl_explain_add(e, f->declared_file);
    fl_buf_add_format(&e->out, ":%u\n", f->declared_line);
    add_line(e, "threshold", f->threshold);
    add_line(e, "waived", f->waived);
    add_occurrences(found, f);
    add_excused(found);
    add_evidence(e, f);
}

static int none(const struct fl_report *report, const char *id)
{
    fl_log_error("there is no finding %s in this input under this policy; it has %u", id, report->finding_count);
    for (uint32_t i = 0; i < report->finding_count && i < OTHERS_SHOWN; i++)
        fl_log_error("  %s  %s: %s", report->findings[i].id, report->findings[i].rule, report->findings[i].message);
    return 3;
}

static int choose(struct fl_explaining *e, const struct finding *found, const struct fl_report *report)
{
    const struct fl_finding *meant = NULL;
    for (uint32_t i = 0; i < report->finding_count; i++) {
        if (!is_meant(report->findings[i].id, found->id))
            continue;
        if (meant != NULL) {
            fl_log_error("more than one finding begins with %s: give more digits", found->id);
            return 2;
        }
        meant = &report->findings[i];
    }
    if (meant == NULL)
        return none(report, found->id);
    show(e, found, meant);
    return 0;
}

int fl_explain_finding(struct fl_explaining *e, const char *id)
{
    struct finding found = {.e = e, .id = id};
    struct fl_judge_watch judge = {&found, pass_group, take_hit};
    struct fl_explain_watch watch = {NULL, &judge};
    struct fl_source_list sources;
    struct fl_report report;
    struct fl_error err;
    int exit_status = FL_EXIT_INTERNAL;
    if (fl_source_list_open(&sources, e->inputs, e->input_count, &err) != FL_OK) {
        fl_log_status(&err);
        return FL_EXIT_INTERNAL;
    }
    if (fl_explain_run(e, &sources, &watch, &report, &err) == FL_OK)
        exit_status = choose(e, &found, &report);
    else
        fl_log_status(&err);
    fl_free(found.groups.items);
    fl_source_list_close(&sources);
    return exit_status;
}
