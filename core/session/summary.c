/* summary.c: the end of a run in a few lines on stderr, blind spots included. */
#include <stdio.h>

#include "core/base/escape.h"
#include "core/base/when.h"
#include "core/session/session.h"

static void add_findings(struct fl_buf *out, const struct fl_report *report)
{
    uint64_t waived = 0;
    fl_buf_add_format(out, "findings: %llu", (unsigned long long)report->finding_count);
    const char *separator = " (";
    for (int s = FL_SEV_CRITICAL; s >= FL_SEV_INFO; s--) {
        uint64_t shown = fl_report_shown(report, (enum fl_severity)s);
        waived += report->hidden_counts[s];
        if (shown == 0)
            continue;
        fl_buf_add_format(out, "%s%llu %s", separator, (unsigned long long)shown,
                          fl_severity_name((enum fl_severity)s));
        separator = ", ";
    }
    if (waived > 0) {
        fl_buf_add_format(out, "%s%llu waived", separator, (unsigned long long)waived);
        separator = ", ";
    }
    fl_buf_add_text(out, separator[0] == ',' ? ")\n" : "\n");
}

static void add_intents(struct fl_buf *out, const struct fl_report *report)
{
    for (uint32_t i = 0; i < report->intent_count; i++) {
        const struct fl_intent_result *r = &report->intents[i];
        if (!fl_intent_leaves_gap(&report->run, r))
            continue;
        fl_buf_add_text(out, "flowlaw: incomplete: intent ");
        fl_escape_terminal(out, fl_str_of(r->id));
        fl_buf_add_format(out, ": %s", fl_ending_name(r->ending));
        if (r->reason != NULL) {
            fl_buf_add_text(out, ": ");
            fl_escape_terminal(out, fl_str_of(r->reason));
        }
        fl_buf_add_char(out, '\n');
    }
}

void fl_session_summary(const struct fl_report *report)
{
    const struct fl_run *run = &report->run;
    struct fl_buf out;
    char first[FL_WHEN_TEXT_BYTES] = "-", last[FL_WHEN_TEXT_BYTES] = "-";
    fl_buf_init(&out);
    if (run->first_ms != INT64_MIN) {
        fl_when_format(run->first_ms, first);
        fl_when_format(run->last_ms, last);
    }
    fl_buf_add_text(&out, "flowlaw: ");
    fl_buf_add_count(&out, run->records, "records");
    fl_buf_add_text(&out, " of ");
    fl_buf_add_count(&out, run->input_count, "objects");
    fl_buf_add_format(&out, ", %s to %s\n", first, last);
    fl_buf_add_text(&out, "flowlaw: ");
    add_findings(&out, report);
    for (uint32_t i = 0; i < report->blind_spot_count; i++) {
        const struct fl_blind_spot *b = &report->blind_spots[i];
        fl_buf_add_format(&out, "flowlaw: %s: ", b->incomplete ? "incomplete" : "note");
        fl_escape_terminal(&out, fl_str_of(b->what));
        if (b->count > 1)
            fl_buf_add_format(&out, ": %llu", (unsigned long long)b->count);
        fl_buf_add_text(&out, b->count > 1 ? " " : ": ");
        fl_escape_terminal(&out, fl_str_of(b->text));
        fl_buf_add_char(&out, '\n');
    }
    add_intents(&out, report);
    if (!run->complete)
        fl_buf_add_text(&out, "flowlaw: this audit is incomplete\n");
    if (!out.failed && out.len > 0)
        fwrite(out.data, 1, out.len, stderr);
    fl_buf_dispose(&out);
}
