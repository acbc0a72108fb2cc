/* explain_finding.c: what a finding rests on. */
#include <inttypes.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/session/explain_json.h"

#define EXCUSED_SHOWN 10
#define OTHERS_SHOWN  10
#define WINDOWS_SHOWN 10 /* of those that are folded into one, as text */

struct finding {
    struct fl_explaining *e;
    const char *id; /* or its beginning */
    struct fl_kept_groups groups;
    const struct fl_kept_group *occurrences[FL_OCCURRENCES_SHOWN]; /* each by its worst window */
    uint32_t occurrence_count;
    const struct fl_kept_group *excused[EXCUSED_SHOWN];
    uint32_t excused_count; /* and those beyond */
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

/* Those that the report speaks of, worst first. */
static void list_occurrences(struct finding *found, const struct fl_finding *f)
{
    for (uint32_t o = 0; o < f->worst_count && found->occurrence_count < FL_OCCURRENCES_SHOWN; o++)
        for (uint32_t i = 0; i < found->groups.count; i++)
            if (is_occurrence(found, &found->groups.items[i], &f->worst[o])) {
                found->occurrences[found->occurrence_count++] = &found->groups.items[i];
                break;
            }
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
static void list_excused(struct finding *found)
{
    enum excuse least = EXCUSED_HIDDEN;
    for (uint32_t i = 0; i < found->groups.count; i++)
        if (excuse_of(found, &found->groups.items[i]) < least)
            least = excuse_of(found, &found->groups.items[i]);
    for (uint32_t i = 0; i < found->groups.count; i++) {
        const struct fl_kept_group *kept = &found->groups.items[i];
        if (!kept->occurrence.is_worst || excuse_of(found, kept) == least)
            continue;
        if (found->excused_count < EXCUSED_SHOWN)
            found->excused[found->excused_count] = kept;
        found->excused_count++;
    }
}

/* Visits other windows of the occurrence, which count no more than once: the first ones up to `limit`. */
static void visit_folded(const struct finding *found, const struct fl_kept_group *worst, uint32_t limit,
                         void (*visit)(struct fl_explaining *e, const struct fl_kept_group *folded))
{
    uint32_t left = worst->occurrence.windows - 1;
    left = left < limit ? left : limit;
    for (uint32_t i = 0; left > 0 && i < found->groups.count; i++) {
        const struct fl_kept_group *kept = &found->groups.items[i];
        if (kept == worst || kept->occurrence.number != worst->occurrence.number)
            continue;
        visit(found->e, kept);
        left--;
    }
}

/* ---- text ---- */

static void add_line(struct fl_explaining *e, const char *label, const char *text)
{
    if (text == NULL)
        return;
    fl_explain_label(e, label);
    fl_explain_add(e, text);
    fl_buf_add_char(&e->out, '\n');
}

static void add_folded(struct fl_explaining *e, const struct fl_kept_group *folded)
{
    fl_explain_label(e, "folded");
    fl_explain_window(e, folded->group.window_start_ms, folded->group.window_end_ms);
    fl_buf_add_text(&e->out, "   ");
    fl_explain_measures(e, folded);
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
    visit_folded(found, worst, WINDOWS_SHOWN, add_folded);
    if (o->windows - 1 > WINDOWS_SHOWN)
        fl_buf_add_format(&e->out, "  ... and %u more\n", o->windows - 1 - WINDOWS_SHOWN);
}

static void add_occurrences(const struct finding *found, const struct fl_finding *f)
{
    struct fl_explaining *e = found->e;
    for (uint32_t i = 0; i < found->occurrence_count; i++) {
        fl_buf_add_format(&e->out, "\n occurrence %u of %" PRIu64, i + 1, f->occurrence_count);
        add_occurrence(found, found->occurrences[i]);
    }
    if (f->occurrence_count > found->occurrence_count)
        fl_buf_add_format(&e->out, "\n ... and %" PRIu64 " more\n", f->occurrence_count - found->occurrence_count);
    for (uint32_t i = 0; i < found->excused_count && i < EXCUSED_SHOWN; i++) {
        fl_buf_add_format(&e->out, "\n excused occurrence %u, which the finding leaves out", i + 1);
        add_occurrence(found, found->excused[i]);
    }
    if (found->excused_count > EXCUSED_SHOWN)
        fl_buf_add_format(&e->out, "\n ... and %u more\n", found->excused_count - EXCUSED_SHOWN);
}

/* The command that explains the first record. */
static void add_next(struct fl_explaining *e, const struct fl_finding *f)
{
    fl_buf_add_text(&e->out, "flowlaw explain ");
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
}

static void add_evidence(struct fl_explaining *e, const struct fl_finding *f)
{
    if (f->evidence_count == 0) {
        fl_buf_add_text(&e->out, f->flows == 0 ? "\n no records: it is about what is absent\n"
                                               : "\n no records: the policy keeps none (evidence: 0)\n");
        return;
    }
    fl_buf_add_format(&e->out, "\n records (the first %u of %" PRIu64 ")\n", f->evidence_count, f->flows);
    for (uint32_t i = 0; i < f->evidence_count; i++) {
        fl_buf_add_text(&e->out, "  ");
        fl_explain_add(e, f->evidence[i].source);
        fl_buf_add_format(&e->out, ":%" PRIu64 "  ", f->evidence[i].record);
        fl_explain_add_str(e, f->evidence[i].raw);
        fl_buf_add_char(&e->out, '\n');
    }
    fl_buf_add_text(&e->out, "  why one of them counted: ");
    add_next(e, f);
    fl_buf_add_char(&e->out, '\n');
}
static void show_text(struct fl_explaining *e, const struct finding *found, const struct fl_finding *f)
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
    add_evidence(e, f);
}

/* ---- JSON ---- */

static void put_folded(struct fl_explaining *e, const struct fl_kept_group *folded)
{
    fl_json_object(&e->w);
    fl_explain_put_window(e, "window", folded->group.window_start_ms, folded->group.window_end_ms);
    fl_explain_put_measures(e, folded);
    fl_json_end(&e->w);
}

static void put_occurrences(const struct finding *found, const char *key, const struct fl_kept_group *const *items,
                            uint32_t count)
{
    struct fl_explaining *e = found->e;
    fl_json_key(&e->w, key);
    fl_json_array(&e->w);
    for (uint32_t i = 0; i < count; i++) {
        fl_json_object(&e->w);
        fl_explain_put_group(e, items[i]);
        fl_json_key(&e->w, "folded");
        fl_json_array(&e->w);
        visit_folded(found, items[i], UINT32_MAX, put_folded);
        fl_json_end(&e->w);
        fl_json_end(&e->w);
    }
    fl_json_end(&e->w);
}

static void put_evidence(struct fl_explaining *e, const struct fl_finding *f)
{
    fl_json_key(&e->w, "evidence");
    fl_json_array(&e->w);
    for (uint32_t i = 0; i < f->evidence_count; i++) {
        fl_json_object(&e->w);
        fl_json_put_text(&e->w, "source", f->evidence[i].source);
        fl_json_put_u64(&e->w, "record", f->evidence[i].record);
        fl_explain_put_raw(e, f->evidence[i].raw);
        fl_json_end(&e->w);
    }
    fl_json_end(&e->w);
    if (f->evidence_count > 0) {
        add_next(e, f);
        fl_explain_put_out(e, "next");
    } else {
        fl_explain_put_null(e, "next");
    }
}

static void show_json(struct fl_explaining *e, const struct finding *found, const struct fl_finding *f)
{
    fl_explain_put_head(e, "explain_finding", f->id);
    fl_json_put_text(&e->w, "rule", f->rule);
    fl_json_put_text(&e->w, "severity", fl_severity_name(f->severity));
    fl_json_put_text(&e->w, "title", f->title);
    fl_json_put_text(&e->w, "message", f->message);
    fl_explain_put_place(e, "declared_at", f->declared_file, f->declared_line);
    fl_json_put_text(&e->w, "threshold", f->threshold);
    fl_json_put_text(&e->w, "waived", f->waived);
    fl_json_put_u64(&e->w, "flows", f->flows);
    fl_json_put_u64(&e->w, "occurrence_count", f->occurrence_count);
    put_occurrences(found, "occurrences", found->occurrences, found->occurrence_count);
    fl_json_put_u64(&e->w, "excused_count", found->excused_count);
    put_occurrences(found, "excused", found->excused,
                    found->excused_count < EXCUSED_SHOWN ? found->excused_count : EXCUSED_SHOWN);
    put_evidence(e, f);
    fl_json_end(&e->w);
    fl_buf_add_char(&e->doc, '\n');
}

/* ---- which finding is meant ---- */

struct choosing {
    struct fl_explaining *e;
    struct finding *found;
    uint32_t count; /* of those whose ids begin so */
    uint32_t told;
};

static enum fl_status tell_other(void *context, const struct fl_finding *f)
{
    struct choosing *c = context;
    fl_log_error("  %s  %s: %s", f->id, f->rule, f->message);
    return ++c->told < OTHERS_SHOWN ? FL_OK : FL_END;
}

static enum fl_status count_meant(void *context, const struct fl_finding *f)
{
    struct choosing *c = context;
    c->count += is_meant(f->id, c->found->id);
    return c->count < 2 ? FL_OK : FL_END;
}

static enum fl_status show_meant(void *context, const struct fl_finding *f)
{
    struct choosing *c = context;
    if (!is_meant(f->id, c->found->id))
        return FL_OK;
    list_occurrences(c->found, f);
    list_excused(c->found);
    if (c->e->json)
        show_json(c->e, c->found, f);
    else
        show_text(c->e, c->found, f);
    return FL_END;
}

static enum fl_status visit(const struct fl_report *report, struct choosing *c,
                            enum fl_status (*take)(void *context, const struct fl_finding *f))
{
    struct fl_finding_visit how = {.take = take, .context = c};
    return fl_report_findings(report, &how);
}

static enum fl_status choose(const struct fl_report *report, struct choosing *c, int *exit_status)
{
    enum fl_status status = visit(report, c, count_meant);
    if (status != FL_OK)
        return status;
    *exit_status = c->count == 1 ? 0 : c->count == 0 ? 3 : 2;
    if (c->count == 1)
        return visit(report, c, show_meant);
    if (c->count > 1) {
        fl_log_error("more than one finding begins with %s: give more digits", c->found->id);
        return FL_OK;
    }
    fl_log_error("there is no finding %s in this input under this policy; it has %" PRIu64, c->found->id,
                 report->finding_count);
    return visit(report, c, tell_other);
}

int fl_explain_finding(struct fl_explaining *e, const char *id)
{
    struct finding found = {.e = e, .id = id};
    struct fl_judge_watch judge = {&found, pass_group, take_hit};
    struct fl_explain_watch watch = {NULL, &judge};
    struct fl_source_list sources;
    struct fl_report report = {0};
    struct fl_part part = {0};
    struct choosing choosing = {.e = e, .found = &found};
    struct fl_error err;
    int exit_status = FL_EXIT_INTERNAL;
    if (fl_source_list_open(&sources, e->inputs, e->input_count, &err) != FL_OK) {
        fl_log_status(&err);
        return FL_EXIT_INTERNAL;
    }
    enum fl_status status = fl_explain_run(e, &sources, &watch, &part, &report, &err);
    if (status == FL_OK && choose(&report, &choosing, &exit_status) != FL_OK)
        status = fl_fail(&err, FL_E_NOMEM, "out of memory");
    if (status != FL_OK) {
        fl_log_status(&err);
        exit_status = FL_EXIT_INTERNAL;
    }
    fl_report_close(&report);
    fl_part_dispose(&part);
    fl_free(found.groups.items);
    fl_source_list_close(&sources);
    return exit_status;
}
