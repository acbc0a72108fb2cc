#include "core/record/report.h"

static const char *const severities[] = {"info", "low", "medium", "high", "critical", "none"};

const char *fl_severity_name(enum fl_severity severity)
{
    return severities[severity];
}

int fl_severity_find(struct fl_str text)
{
    for (int i = 0; i <= FL_SEV_NONE; i++)
        if (fl_str_is(text, severities[i]))
            return i;
    return -1;
}

const char *fl_ending_name(enum fl_ending ending)
{
    static const char *const names[] = {"broken", "held", "held with gaps", "not seen", "not evaluated"};
    return names[ending];
}

bool fl_intent_leaves_gap(const struct fl_run *run, const struct fl_intent_result *intent)
{
    bool fine = intent->optional || intent->not_in_force;
    bool unknown = intent->ending == FL_END_NOT_EVALUATED || (intent->ending == FL_END_NOT_SEEN && !fine);
    return unknown && !run->empty_allowed && run->fail_on != FL_SEV_NONE && intent->severity >= run->fail_on;
}

const char *fl_blind_name(enum fl_blind_kind kind)
{
    static const char *const names[] = {[FL_BLIND_DAMAGED] = "damaged",
                                        [FL_BLIND_UNREADABLE] = "unreadable",
                                        [FL_BLIND_UNRECOGNISED] = "unrecognised",
                                        [FL_BLIND_NO_MATCH] = "no_match",
                                        [FL_BLIND_NO_RECORDS] = "no_records",
                                        [FL_BLIND_BAD_LINES] = "bad_lines",
                                        [FL_BLIND_BAD_VALUES] = "bad_values",
                                        [FL_BLIND_SKIPDATA] = "skipdata",
                                        [FL_BLIND_SILENT] = "silent",
                                        [FL_BLIND_RULE] = "rule",
                                        [FL_BLIND_UNDECIDED] = "undecided",
                                        [FL_BLIND_UNKNOWN_COLUMN] = "unknown_column",
                                        [FL_BLIND_SKIPPED] = "skipped",
                                        [FL_BLIND_BAD_TIME] = "bad_time",
                                        [FL_BLIND_DUPLICATES] = "duplicates",
                                        [FL_BLIND_OTHER] = "other"};
    return names[kind];
}

enum fl_status fl_report_findings(const struct fl_report *report, const struct fl_finding_visit *visit)
{
    enum fl_status status = FL_OK;
    if (report->findings != NULL)
        status = report->finding_source->visit(report->findings, visit);
    return status == FL_END ? FL_OK : status;
}

const char *fl_report_trouble(const struct fl_report *report)
{
    return report->findings != NULL ? report->finding_source->trouble(report->findings) : NULL;
}

void fl_report_close(struct fl_report *report)
{
    if (report->findings != NULL)
        report->finding_source->close(report->findings);
    report->findings = NULL;
}
