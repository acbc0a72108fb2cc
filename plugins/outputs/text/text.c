/* text.c: results for a person: worst findings first, then intents, rules that were not evaluated, waivers. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/escape.h"
#include "core/base/when.h"
#include "core/plugin/flowlaw_plugin.h"
#include "core/record/report.h"

#define FLUSH_BYTES 65536u

struct page {
    const struct flp_sink *sink;
    struct fl_buf out;
    bool color, failed;
};

static const char *const severity_colors[] = {"\033[36m", "\033[34m", "\033[33m", "\033[31m", "\033[1;31m", ""};

static void put(struct page *p, const char *text)
{
    fl_buf_add_text(&p->out, text);
}

static void put_safe(struct page *p, const char *text)
{
    if (text != NULL)
        fl_escape_terminal(&p->out, fl_str_of(text));
}

static void put_value(struct page *p, const struct fl_value *value)
{
    struct fl_buf text;
    fl_buf_init(&text);
    fl_value_text(&text, value);
    fl_escape_terminal(&p->out, (struct fl_str){text.data != NULL ? text.data : "", text.len});
    fl_buf_dispose(&text);
}

static bool write_out(struct page *p)
{
    p->failed |= p->out.failed || (p->out.len > 0 && !p->sink->write(p->sink->context, p->out.data, p->out.len));
    fl_buf_clear(&p->out);
    return !p->failed;
}

/* There may be more findings than memory holds. */
static bool flush(struct page *p)
{
    return p->out.len < FLUSH_BYTES ? !p->failed : write_out(p);
}

static void put_format(struct page *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put_format(struct page *p, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    put(p, text);
}

static void put_colored(struct page *p, const char *color, const char *text)
{
    if (p->color)
        put(p, color);
    put(p, text);
    if (p->color)
        put(p, "\033[0m");
}

static void put_time(struct page *p, int64_t ms)
{
    char text[FL_WHEN_TEXT_BYTES];
    if (ms == INT64_MIN || ms == INT64_MAX)
        put(p, "-");
    else {
        unsigned n = fl_when_format(ms, text);
        /* Whole seconds are what flow logs have. */
        if (n > 5 && strcmp(text + n - 5, ".000Z") == 0)
            memcpy(text + n - 5, "Z", 2);
        put(p, text);
    }
}

static void put_pairs(struct page *p, const char *label, const struct fl_pairs *pairs)
{
    if (pairs->count == 0)
        return;
    put_format(p, "    %-12s", label);
    for (uint32_t i = 0; i < pairs->count; i++) {
        put(p, i > 0 ? "  " : "");
        put_safe(p, pairs->items[i].name);
        put(p, "=");
        put_value(p, &pairs->items[i].value);
    }
    put(p, "\n");
}

static void put_list(struct page *p, const char *label, const struct fl_texts *texts)
{
    if (texts->count == 0)
        return;
    put_format(p, "    %-12s", label);
    for (uint32_t i = 0; i < texts->count; i++) {
        put(p, i > 0 ? ", " : "");
        put_safe(p, texts->items[i]);
    }
    put(p, "\n");
}

static void put_line(struct page *p, const char *label, const char *text)
{
    if (text == NULL)
        return;
    put_format(p, "    %-12s", label);
    put_safe(p, text);
    put(p, "\n");
}

/* The first records need not be those that decided: an answer may come after many refusals. */
static void put_evidence(struct page *p, const struct fl_evidence *items, uint32_t count, uint64_t records)
{
    for (uint32_t i = 0; i < count; i++) {
        put_format(p, "    %-12s", i == 0 ? "evidence" : "");
        put_safe(p, items[i].source);
        put_format(p, ":%llu  ", (unsigned long long)items[i].record);
        fl_escape_terminal(&p->out, items[i].raw);
        put(p, "\n");
    }
    if (count > 0 && records > count)
        put_format(p, "    %-12s(the first %u of %llu records)\n", "", count, (unsigned long long)records);
}

/* Sums with records that do not tell whose interface wrote them. */
static void put_may_count_twice(struct page *p, const struct fl_pairs *measures)
{
    uint32_t names = 0;
    for (uint32_t i = 0; i < measures->count; i++) {
        if (!measures->items[i].value.may_count_twice)
            continue;
        if (names == 0)
            put_format(p, "    %-12s", "caution");
        put(p, names++ > 0 ? ", " : "");
        put_safe(p, measures->items[i].name);
    }
    if (names > 0)
        put(p, " may count twice: whose interface wrote some records is unknown\n");
}

static void put_occurrences(struct page *p, const struct fl_finding *f)
{
    put_format(p, "    %-12s%llu, ", "occurrences", (unsigned long long)f->occurrence_count);
    if (f->flows == 0 && f->first_seen_ms == INT64_MIN) {
        put(p, "no records: it is about what is absent\n");
        return;
    }
    fl_buf_add_count(&p->out, f->flows, "records");
    put(p, ", ");
    put_time(p, f->first_seen_ms);
    put(p, " to ");
    put_time(p, f->last_seen_ms);
    put(p, "\n");
}

static void put_finding(struct page *p, const struct fl_finding *f)
{
    char tag[16];
    snprintf(tag, sizeof tag, "%-8s", fl_severity_name(f->severity));
    put_colored(p, severity_colors[f->severity], tag);
    put(p, "  ");
    put_colored(p, "\033[1m", f->rule);
    bool lowered = f->waived != NULL && f->waived_severity != FL_SEV_NONE;
    put(p, lowered ? "  (lowered by a waiver)" : f->waived != NULL ? "  (waived)" : "");
    put(p, "\n    ");
    put_safe(p, f->message);
    put(p, "\n");
    if (strcmp(f->title, f->message) != 0)
        put_line(p, "law", f->title);
    put_pairs(p, "group", &f->group);
    put_pairs(p, "measures", &f->measures);
    put_may_count_twice(p, &f->measures);
    put_pairs(p, "extra", &f->extra);
    put_occurrences(p, f);
    if (f->worst_count > 0 && f->worst[0].window_start_ms != INT64_MIN) {
        put_format(p, "    %-12s", "window");
        put_time(p, f->worst[0].window_start_ms);
        put(p, " to ");
        put_time(p, f->worst[0].window_end_ms);
        put(p, "\n");
    }
    put_line(p, "threshold", f->threshold);
    put_line(p, lowered ? "lowered by" : "waived", f->waived);
    put_evidence(p, f->evidence, f->evidence_count, f->flows);
    put_line(p, "remedy", f->remediation);
    put_list(p, "controls", &f->controls);
    put_list(p, "attack", &f->attack);
    put_format(p, "    %-12s", "declared at");
    put_safe(p, f->declared_file);
    put_format(p, ":%u\n    %-12s%s\n\n", f->declared_line, "id", f->id);
}

static enum fl_status write_finding(void *context, const struct fl_finding *f)
{
    struct page *p = context;
    put_finding(p, f);
    return flush(p) ? FL_OK : FL_END;
}

/* Waived ones last, the worst severity first, and then in the order of the report. */
static bool put_findings(struct page *p, const struct fl_report *report)
{
    for (int waived = 0; waived < 2; waived++) {
        for (int severity = FL_SEV_CRITICAL; severity >= FL_SEV_INFO; severity--) {
            struct fl_finding_class only = {waived != 0, (enum fl_severity)severity};
            struct fl_finding_visit visit = {.only = &only, .take = write_finding, .context = p};
            if (report->finding_counts[waived][severity] > 0 && fl_report_findings(report, &visit) != FL_OK)
                return false;
        }
    }
    if (report->finding_count == 0)
        put(p, "No findings.\n\n");
    return true;
}

static const char *const ending_colors[] = {"\033[31m", "\033[32m", "\033[33m", "\033[35m", "\033[35m"};

static void put_intents(struct page *p, const struct fl_report *report)
{
    if (report->intent_count == 0)
        return;
    put(p, "Intents\n");
    for (uint32_t i = 0; i < report->intent_count; i++) {
        const struct fl_intent_result *r = &report->intents[i];
        char ending[24];
        snprintf(ending, sizeof ending, "%-15s", fl_ending_name(r->ending));
        put(p, "  ");
        put_colored(p, ending_colors[r->ending], ending);
        put(p, "  ");
        put_safe(p, r->id);
        put_format(p, "  (permitted %llu, blocked %llu, undecided %llu%s)\n",
                   (unsigned long long)r->permitted_conversations, (unsigned long long)r->blocked_attempts,
                   (unsigned long long)r->undecided_count, r->waived ? ", waived" : "");
        if (r->reason != NULL) {
            put(p, "                   ");
            put_safe(p, r->reason);
            put(p, "\n");
        }
    }
    put(p, "\n");
}

static void put_rules(struct page *p, const struct fl_report *report)
{
    bool any = false;
    for (uint32_t i = 0; i < report->rule_count; i++) {
        const struct fl_rule_result *r = &report->rules[i];
        if (r->evaluated)
            continue;
        put(p, any ? "" : "Not evaluated\n");
        any = true;
        put(p, "  ");
        put_safe(p, r->id);
        put(p, ": ");
        put_safe(p, r->reason);
        put(p, "\n");
    }
    put(p, any ? "\n" : "");
}

static void put_waivers(struct page *p, const struct fl_report *report)
{
    if (report->waiver_count == 0)
        return;
    put(p, "Waivers\n");
    for (uint32_t i = 0; i < report->waiver_count; i++) {
        const struct fl_waiver_result *w = &report->waivers[i];
        put_format(p, "  %-8s  ", w->state);
        put_safe(p, w->rule);
        put(p, w->where != NULL ? " where " : "");
        put_safe(p, w->where);
        put(p, ": ");
        put_safe(p, w->reason);
        put(p, w->owner != NULL ? ", owner " : "");
        put_safe(p, w->owner);
        put(p, w->expires != NULL ? ", until " : "");
        put_safe(p, w->expires);
        put(p, "\n");
    }
    put(p, "\n");
}

static bool text_write(const struct fl_report *report, const struct flp_sink *sink)
{
    struct page p = {.sink = sink, .color = sink->color};
    fl_buf_init(&p.out);
    bool ok = put_findings(&p, report);
    put_intents(&p, report);
    put_rules(&p, report);
    put_waivers(&p, report);
    ok = ok && write_out(&p);
    fl_buf_dispose(&p.out);
    return ok;
}

static const struct flp_output output = {.size = sizeof output, .write = text_write};
extern const struct flp_plugin flp_plugin_text;
const struct flp_plugin flp_plugin_text = {.abi = FLP_ABI,
                                           .size = sizeof flp_plugin_text,
                                           .kind = FLP_OUTPUT,
                                           .name = "text",
                                           .summary = "for a person at a terminal, worst findings first",
                                           .functions = &output};
