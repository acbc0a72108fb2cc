/* blind.c: what the audit could not see, the lines about rules and waivers, and the exit status. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/engine/verdicts.h"

#define SOON_MS (30 * FL_MS_PER_DAY)

enum fl_status fl_judge_blind(struct fl_judging *j, enum fl_blind_kind kind, bool incomplete, uint64_t count,
                              const char *what, const char *format, ...)
{
    char text[768];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (!fl_grow((void **)&j->blind, &j->blind_capacity, j->blind_count + 1, sizeof *j->blind))
        return FL_E_NOMEM;
    struct fl_blind_spot *b = &j->blind[j->blind_count++];
    *b = (struct fl_blind_spot){.kind = kind,
                                .what = fl_arena_strdup(j->arena, what),
                                .text = fl_arena_strdup(j->arena, text),
                                .count = count,
                                .incomplete = incomplete};
    return b->what == NULL || b->text == NULL ? FL_E_NOMEM : FL_OK;
}

static enum fl_status blind_sources(struct fl_judging *j)
{
    uint64_t skipped = 0, empty = 0;
    const char *one = NULL; /* that is empty */
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < j->sources->trouble_count && status == FL_OK; i++) {
        const struct fl_source_trouble *t = &j->sources->troubles[i];
        switch (t->kind) {
        case FL_SOURCE_NO_MATCH:
            status = fl_judge_blind(j, FL_BLIND_NO_MATCH, true, 1, t->name, "%s", t->text);
            break;
        case FL_SOURCE_UNREADABLE:
            status = fl_judge_blind(j, FL_BLIND_UNREADABLE, true, 1, t->name, "%s", t->text);
            break;
        case FL_SOURCE_DUPLICATE: /* the same records either way: the command line is told, not the results */
            break;
        case FL_SOURCE_EMPTY:
            empty++;
            one = t->name;
            break;
        case FL_SOURCE_SKIPPED:
        case FL_SOURCE_SPECIAL:
            skipped++;
            break;
        }
    }
    if (empty > 0 && status == FL_OK)
        status = empty == 1 ? fl_judge_blind(j, FL_BLIND_SKIPPED, false, 1, one, "it is empty")
                            : fl_judge_blind(j, FL_BLIND_SKIPPED, false, empty, "empty objects", "objects are empty");
    if (skipped > 0 && status == FL_OK)
        status = fl_judge_blind(j, FL_BLIND_SKIPPED, false, skipped, "hidden objects",
                                "names that start with . or _ and special files are not read");
    return status;
}

/* "too few fields"; of several lines "too few fields (2), not a record (30)". */
static void add_causes(struct fl_buf *out, const struct fl_object_stats *s)
{
    static const char *const causes[FLP_BAD_COUNT] = {"too few fields", "too many fields", "not a record",
                                                      "line too long"};
    bool alone = fl_object_bad_lines(s) == 1;
    const char *separator = "";
    for (unsigned c = 0; c < FLP_BAD_COUNT; c++) {
        uint64_t count = s->bad_lines[c] + (c == FLP_BAD_TOO_LONG ? s->read.long_lines : 0);
        if (count == 0)
            continue;
        fl_buf_add_format(out, "%s%s", separator, causes[c]);
        if (!alone)
            fl_buf_add_format(out, " (%llu)", (unsigned long long)count);
        separator = ", ";
    }
}

static enum fl_status blind_bad_lines(struct fl_judging *j, const struct fl_object_stats *s, const char *name)
{
    uint64_t bad = fl_object_bad_lines(s);
    if (bad == 0)
        return FL_OK;
    struct fl_buf text;
    fl_buf_init(&text);
    add_causes(&text, s);
    fl_buf_add_format(&text, "; %s%s", bad == 1 ? "" : "first ", name);
    if (s->first_bad_line > 0)
        fl_buf_add_format(&text, ":%llu", (unsigned long long)s->first_bad_line);
    else
        fl_buf_add_format(&text, " at byte %llu", (unsigned long long)fl_object_bad_offset(s));
    if (s->sample_count > 0 && s->samples[0].offset == fl_object_bad_offset(s))
        fl_buf_add_format(&text, ": \"%s\"", s->samples[0].text);
    enum fl_status status = text.failed
                                ? FL_E_NOMEM
                                : fl_judge_blind(j, FL_BLIND_BAD_LINES, false, bad, name,
                                                 bad == 1 ? "one line dropped: %s" : "lines dropped: %s", text.data);
    fl_buf_dispose(&text);
    return status;
}

static enum fl_status blind_bad_values(struct fl_judging *j, const struct fl_object_stats *s, const char *name)
{
    enum fl_status status = FL_OK;
    for (uint32_t f = 0; f < FL_FIELD_COUNT && status == FL_OK; f++)
        if (s->bad_values[f] > 0)
            status = fl_judge_blind(j, FL_BLIND_BAD_VALUES, false, s->bad_values[f], name,
                                    s->bad_values[f] == 1
                                        ? "one value of %s is malformed or out of range, and counts as null"
                                        : "values of %s are malformed or out of range, and count as null",
                                    fl_fields[f].name);
    return status;
}

static enum fl_status blind_foreign(struct fl_judging *j)
{
    uint64_t count = 0;
    const char *first = NULL, *what = NULL;
    for (uint32_t o = 0; o < j->part->object_count; o++) {
        if (!j->part->objects[o].foreign)
            continue;
        if (count++ == 0) {
            first = j->sources->items[o].name;
            what = j->part->objects[o].trouble;
        }
    }
    return count == 0 ? FL_OK
                      : fl_judge_blind(j, FL_BLIND_SKIPPED, false, count, "foreign objects",
                                       "objects that hold no flows are not read; first %s: %s", first, what);
}

static enum fl_status blind_objects(struct fl_judging *j)
{
    enum fl_status status = blind_foreign(j);
    for (uint32_t o = 0; o < j->part->object_count && status == FL_OK; o++) {
        const struct fl_object_stats *s = &j->part->objects[o];
        const char *name = j->sources->items[o].name;
        if (!s->opened)
            status = fl_judge_blind(j, FL_BLIND_UNREADABLE, true, 1, name, "%s", s->trouble);
        else if (s->read.damage != FL_DAMAGE_NONE)
            status = fl_judge_blind(j, FL_BLIND_DAMAGED, true, 1, name, "%s; the whole records before it are audited",
                                    s->read.damage_text);
        if (s->opened && !s->recognised && !s->foreign && s->trouble[0] != '\0' && status == FL_OK)
            status = fl_judge_blind(j, FL_BLIND_UNRECOGNISED, true, 1, name, "%s", s->trouble);
        else if (s->recognised && s->trouble[0] != '\0' && status == FL_OK)
            status = fl_judge_blind(j, FL_BLIND_BAD_LINES, true, 1, name, "%s", s->trouble);
        if (s->read.trailing_bytes > 0 && status == FL_OK)
            status = fl_judge_blind(j, FL_BLIND_OTHER, false, s->read.trailing_bytes, name,
                                    "bytes behind the end of the compressed data are not read");
        if (status == FL_OK)
            status = blind_bad_lines(j, s, name);
        if (status == FL_OK)
            status = blind_bad_values(j, s, name);
    }
    return status;
}

static enum fl_status blind_duplicates(struct fl_judging *j)
{
    const struct fl_run *run = &j->report->run;
    if (!run->deduped)
        return FL_OK;
    return fl_judge_blind(j, FL_BLIND_DUPLICATES, false, run->duplicates, "dedupe",
                          run->duplicates == 0   ? "no record is there twice; the input was read twice to know"
                          : run->duplicates == 1 ? "one record equals another one in every field and was left out; the "
                                                   "input was read twice"
                                                 : "records that equal another one in every field were left out; the "
                                                   "input was read twice");
}

bool fl_judge_all_out_of_scope(const struct fl_judging *j)
{
    uint64_t records = 0;
    if (j->part->out_of_scope == 0)
        return false;
    for (uint32_t o = 0; o < j->part->object_count; o++)
        records += j->part->objects[o].records;
    return j->part->out_of_scope + j->part->duplicates == records;
}

static enum fl_status blind_scope(struct fl_judging *j)
{
    bool all = fl_judge_all_out_of_scope(j), one = j->part->out_of_scope == 1;
    const char *what = one ? "one record is out of the policy's scope" : "records are out of the policy's scope";
    return all ? fl_judge_blind(j, FL_BLIND_OTHER, true, j->part->out_of_scope, "scope",
                                "%s, and no other is there: nothing was judged", what)
               : fl_judge_blind(j, FL_BLIND_OTHER, false, j->part->out_of_scope, "scope", "%s", what);
}

static enum fl_status blind_totals(struct fl_judging *j)
{
    const struct fl_part *part = j->part;
    const struct fl_run *run = &j->report->run;
    const struct fl_policy *policy = j->plan->policy;
    enum fl_status status = FL_OK;
    if (run->records == 0)
        status = fl_judge_blind(j, FL_BLIND_NO_RECORDS, !j->options->allow_empty, 0, "input",
                                "not one record was read; --allow-empty says that this is fine");
    if (status == FL_OK && run->bad_lines > policy->max_bad_lines)
        status = fl_judge_blind(j, FL_BLIND_BAD_LINES, true, run->bad_lines, "input",
                                run->bad_lines == 1 ? "one line was dropped, more than max_bad_lines (%llu) allows"
                                                    : "lines were dropped, more than max_bad_lines (%llu) allows",
                                (unsigned long long)policy->max_bad_lines);
    /* lost / minutes > num / den, without division */
    bool over = (__int128)run->coverage.lost_minutes * policy->max_skipdata.den >
                (__int128)run->coverage.minutes * policy->max_skipdata.num;
    if (status == FL_OK && run->skip_data > 0)
        status = fl_judge_blind(
            j, FL_BLIND_SKIPDATA, over, run->skip_data, "input",
            run->skip_data == 1 ? "one SKIPDATA line: %llu of %llu interface-minutes were not logged in full%s"
                                : "SKIPDATA lines: %llu of %llu interface-minutes were not logged in full%s",
            (unsigned long long)run->coverage.lost_minutes, (unsigned long long)run->coverage.minutes,
            over ? ", more than max_skipdata allows" : "");
    uint64_t undecided = part->undecided_guess + part->undecided_none;
    if (status == FL_OK && undecided > 0)
        status = fl_judge_blind(j, FL_BLIND_UNDECIDED, false, undecided, "orientation",
                                undecided == 1 ? "one record does not tell who opened the conversation (no ports or "
                                                 "equal ports: %llu, two listed or two unlisted ports: %llu)"
                                               : "records do not tell who opened the conversation (no ports or "
                                                 "equal ports: %llu, two listed or two unlisted ports: %llu)",
                                (unsigned long long)part->undecided_none, (unsigned long long)part->undecided_guess);
    if (status == FL_OK && part->out_of_scope > 0)
        status = blind_scope(j);
    uint64_t null_arithmetic = part->null_arithmetic + j->null_arithmetic;
    if (status == FL_OK && null_arithmetic > 0)
        status = fl_judge_blind(j, FL_BLIND_OTHER, false, null_arithmetic, "arithmetic",
                                null_arithmetic == 1 ? "one division by zero or overflow, which counts as unknown"
                                                     : "divisions by zero or overflows, which count as unknown");
    return status;
}

static enum fl_status blind_aggregation(struct fl_judging *j)
{
    uint64_t count = 0;
    int64_t longest_ms = 0;
    const char *first = NULL;
    for (uint32_t o = 0; o < j->part->object_count; o++) {
        const struct fl_object_stats *s = &j->part->objects[o];
        count += s->long_records;
        longest_ms = s->longest_ms > longest_ms ? s->longest_ms : longest_ms;
        first = first == NULL && s->long_records > 0 ? j->sources->items[o].name : first;
    }
    if (count == 0)
        return FL_OK;
    char interval[FL_WHEN_TEXT_BYTES], longest[FL_WHEN_TEXT_BYTES];
    fl_duration_format(j->plan->policy->aggregation_ms, interval);
    fl_duration_format(longest_ms, longest);
    return fl_judge_blind(j, FL_BLIND_OTHER, false, count, "aggregation",
                          "records span more than the aggregation interval of the policy (%s), the longest %s; "
                          "first in %s; `aggregation` tells the interval of your logs",
                          interval, longest, first);
}

/* An inventory tells of a day: hosts come and go. */
static enum fl_status blind_inventory(struct fl_judging *j)
{
    const struct fl_inventory *inventory = j->plan->policy->inventory;
    const struct fl_run *run = &j->report->run;
    if (inventory == NULL || inventory->as_of_ms == INT64_MIN || run->first_ms == INT64_MIN)
        return FL_OK;
    int64_t after = (int64_t)(((__int128)run->last_ms - inventory->as_of_ms) / FL_MS_PER_DAY);
    int64_t before = (int64_t)(((__int128)inventory->as_of_ms - run->first_ms) / FL_MS_PER_DAY);
    if (after > FL_INVENTORY_DAYS_MAX)
        return fl_judge_blind(j, FL_BLIND_OTHER, false, (uint64_t)after, "inventory",
                              "days lie between the inventory (as_of) and the newest record: hosts that came since are "
                              "not known, and addresses that changed hands count as their old hosts'");
    if (before > FL_INVENTORY_DAYS_MAX)
        return fl_judge_blind(j, FL_BLIND_OTHER, false, (uint64_t)before, "inventory",
                              "days lie between the oldest record and the inventory (as_of): hosts that were gone by "
                              "then are not known, and addresses that changed hands count as their new hosts'");
    return FL_OK;
}

static int compare_texts(const void *a, const void *b)
{
    return fl_str_compare(*(const struct fl_str *)a, *(const struct fl_str *)b);
}

static enum fl_status blind_columns(struct fl_judging *j)
{
    struct fl_map *map = &j->part->unknown_columns;
    if (map->count == 0)
        return FL_OK;
    struct fl_str *names = fl_arena_alloc(j->arena, map->count * sizeof *names);
    if (names == NULL)
        return FL_E_NOMEM;
    memcpy(names, map->keys, map->count * sizeof *names);
    qsort(names, map->count, sizeof *names, compare_texts);
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < map->count && status == FL_OK; i++) {
        const char *name = fl_arena_strndup(j->arena, names[i].ptr, names[i].len);
        status = name == NULL ? FL_E_NOMEM
                              : fl_judge_blind(j, FL_BLIND_UNKNOWN_COLUMN, false, 1, name,
                                               "a column that flowlaw does not know; it is kept in evidence");
    }
    return status;
}

static void object_share(const struct fl_judging *j, const struct fl_plan_rule *rule, uint64_t *read, uint64_t *lacking,
                         const char **lacks)
{
    *read = *lacking = 0;
    *lacks = NULL;
    for (uint32_t o = 0; o < j->part->object_count; o++) {
        const struct fl_object_stats *s = &j->part->objects[o];
        if (!s->has_layout || s->records == 0)
            continue;
        (*read)++;
        if (rule->void_reason != NULL || fl_plan_rule_possible(j->plan, rule, &s->columns))
            continue;
        (*lacking)++;
        if (*lacks == NULL)
            *lacks = fl_plan_rule_lacks(j->plan, rule, &s->columns);
    }
}

static enum fl_status rule_line(struct fl_judging *j, uint32_t index, struct fl_rule_result *r)
{
    const struct fl_plan_rule *rule = &j->plan->rules[index];
    const struct fl_rule_tally *tally = &j->rules[index];
    const struct fl_rule_part *part = &j->part->rules[index];
    const char *lacks;
    *r = (struct fl_rule_result){.id = rule->decl->id,
                                 .title = rule->decl->title,
                                 .severity = rule->decl->severity,
                                 .signal = rule->decl->signal,
                                 .records_selected = part->selected,
                                 .groups = tally->groups,
                                 .findings = tally->findings,
                                 .declared_file = rule->decl->file,
                                 .declared_line = rule->decl->line};
    object_share(j, rule, &r->objects, &r->objects_lacking, &lacks);
    uint64_t failures = part->lua_failures + tally->failures;
    if (tally->void_reason != NULL)
        r->reason = tally->void_reason;
    else if (r->objects > 0 && r->objects_lacking == r->objects)
        r->reason = fl_arena_printf(j->arena, "the input lacks the field %s", lacks != NULL ? lacks : "needed");
    else if (tally->groups > 0 && tally->without_action == tally->groups)
        r->reason = fl_judge_no_action(j, "no record of its conversations has an action");
    r->evaluated = r->reason == NULL && r->objects > 0;
    if (r->reason == NULL && r->objects == 0)
        r->reason = "no record was read";
    else if (r->reason == NULL && r->objects_lacking > 0)
        r->reason = fl_arena_printf(j->arena, "%llu of %llu objects lack%s the field %s",
                                    (unsigned long long)r->objects_lacking, (unsigned long long)r->objects,
                                    r->objects_lacking == 1 ? "s" : "", lacks != NULL ? lacks : "needed");
    else if (r->reason == NULL && failures > 0)
        r->reason = fl_arena_printf(j->arena, "its code failed %llu time%s, losing what it was called for; first: %s",
                                    (unsigned long long)failures, failures == 1 ? "" : "s",
                                    part->lua_failures > 0 ? part->lua_error : tally->lua_error);
    enum fl_status status = FL_OK;
    bool is_void = tally->void_reason != NULL;
    if (is_void) /* how far a worker came before the rule was void depends on threads */
        r->records_selected = r->groups = 0;
    if (!r->evaluated && r->objects > 0)
        status = fl_judge_blind(j, FL_BLIND_RULE, is_void && rule->void_reason == NULL, 1, r->id, "not evaluated: %s",
                                r->reason);
    else if (r->evaluated && r->objects_lacking > 1) /* the count stands before the text */
        status = fl_judge_blind(j, FL_BLIND_RULE, failures > 0, r->objects_lacking, r->id,
                                "objects (of %llu) lack the field %s", (unsigned long long)r->objects,
                                lacks != NULL ? lacks : "needed");
    else if (r->evaluated && r->reason != NULL)
        status = fl_judge_blind(j, FL_BLIND_RULE, failures > 0, r->objects_lacking, r->id, "%s", r->reason);
    if (status == FL_OK && part->bad_times > 0 && !is_void)
        status = fl_judge_blind(j, FL_BLIND_BAD_TIME, false, part->bad_times, r->id,
                                part->bad_times == 1 ? "one record without a start time of 1970..2100 is in no window"
                                                     : "records without a start time of 1970..2100 are in no window");
    if (status == FL_OK && part->unspread > 0 && !is_void)
        status = fl_judge_blind(j, FL_BLIND_BAD_TIME, false, part->unspread, r->id,
                                part->unspread == 1 ? "one record that reaches into more than %u panes is not spread: "
                                                      "it counts in the window of its start"
                                                    : "records that reach into more than %u panes are not spread: they "
                                                      "count in the window of their start",
                                FL_SPREAD_PANES_MAX);
    return status;
}

static enum fl_status rule_lines(struct fl_judging *j)
{
    struct fl_rule_result *rules = fl_arena_alloc(j->arena, ((size_t)j->plan->rule_count + 1) * sizeof *rules);
    if (rules == NULL)
        return FL_E_NOMEM;
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < j->plan->rule_count && status == FL_OK; i++)
        if (j->plan->rules[i].role == FL_ROLE_RULE)
            status = rule_line(j, i, &rules[j->report->rule_count++]);
    j->report->rules = rules;
    return status;
}

/* Records were read, but neither a rule nor an intent could say anything of them: that is not a clean audit. Rules that
 * are read by others only say nothing by themselves. */
static enum fl_status blind_to_all(struct fl_judging *j)
{
    const struct fl_report *report = j->report;
    uint32_t rules = 0;
    bool evaluated = false;
    for (uint32_t i = 0; i < report->intent_count; i++)
        evaluated |= report->intents[i].ending != FL_END_NOT_EVALUATED;
    for (uint32_t i = 0; i < report->rule_count; i++) {
        rules += !report->rules[i].signal;
        evaluated |= report->rules[i].evaluated && !report->rules[i].signal;
    }
    if (evaluated || report->run.records == 0)
        return FL_OK;
    if (rules == 0 && report->intent_count == 0)
        return fl_judge_blind(j, FL_BLIND_RULE, true, 1, "rules",
                              "the policy has neither intents nor rules that make findings: nothing was judged");
    if (rules == 0)
        return FL_OK;
    return rules == 1 ? fl_judge_blind(j, FL_BLIND_RULE, true, 1, "rules",
                                       "the only one could not be evaluated: nothing was judged")
                      : fl_judge_blind(j, FL_BLIND_RULE, true, 1, "rules",
                                       "none of %u could be evaluated: nothing was judged", rules);
}

/* Rules that look for what should not be select nothing where all is well, but so do those whose networks are not in
 * this log. */
static enum fl_status blind_to_selection(struct fl_judging *j)
{
    const struct fl_report *report = j->report;
    uint32_t evaluated = 0;
    uint64_t selected = 0;
    for (uint32_t i = 0; i < report->rule_count; i++) {
        evaluated += report->rules[i].evaluated;
        selected += report->rules[i].records_selected;
    }
    if (report->run.records == 0 || evaluated == 0 || selected + report->finding_count > 0)
        return FL_OK;
    return fl_judge_blind(j, FL_BLIND_OTHER, false, 1, "rules",
                          "none selected a record: all is well, or this is not the network of the policy");
}

static enum fl_status blind_intents(struct fl_judging *j)
{
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < j->report->intent_count && status == FL_OK; i++) {
        const struct fl_intent_result *r = &j->report->intents[i];
        if (r->not_in_force)
            status = fl_judge_blind(j, FL_BLIND_RULE, false, 1, r->id, "%s", r->reason);
    }
    return status;
}

static enum fl_status waiver_lines(struct fl_judging *j)
{
    const struct fl_policy *policy = j->plan->policy;
    struct fl_waiver_result *lines = fl_arena_alloc(j->arena, ((size_t)policy->waiver_count + 1) * sizeof *lines);
    if (lines == NULL)
        return FL_E_NOMEM;
    for (uint32_t i = 0; i < policy->waiver_count; i++) {
        const struct fl_waiver *w = &policy->waivers[i];
        uint64_t excused = fl_judge_waived(j, i);
        bool expired = w->expires_ms != INT64_MAX && j->as_of_ms != INT64_MIN && j->as_of_ms >= w->expires_ms;
        bool soon = w->expires_ms != INT64_MAX && j->as_of_ms != INT64_MIN && j->as_of_ms >= w->expires_ms - SOON_MS;
        lines[i] = (struct fl_waiver_result){.rule = w->rule,
                                             .where = w->where.text,
                                             .owner = w->owner,
                                             .reason = w->reason,
                                             .ticket = w->ticket,
                                             .expires = w->expires,
                                             .state = expired        ? "expired"
                                                      : excused == 0 ? "unused"
                                                      : soon         ? "soon"
                                                                     : "used",
                                             .occurrences = excused,
                                             .declared_file = policy->file,
                                             .declared_line = w->line};
    }
    j->report->waivers = lines;
    j->report->waiver_count = policy->waiver_count;
    return FL_OK;
}

static enum fl_status run_line(struct fl_judging *j)
{
    struct fl_run *run = &j->report->run;
    const struct fl_policy *policy = j->plan->policy;
    struct fl_run_input *inputs = fl_arena_alloc(j->arena, ((size_t)j->part->object_count + 1) * sizeof *inputs);
    if (inputs == NULL)
        return FL_E_NOMEM;
    run->policy = policy->name;
    run->policy_file = policy->file;
    run->first_ms = run->last_ms = INT64_MIN;
    for (uint32_t o = 0; o < j->part->object_count; o++) {
        const struct fl_object_stats *s = &j->part->objects[o];
        inputs[o] = (struct fl_run_input){j->sources->items[o].name, fl_arena_strdup(j->arena, s->format),
                                          s->read.text_bytes, s->records};
        run->records += s->records;
        run->bytes += s->read.text_bytes;
        run->bad_lines += fl_object_bad_lines(s);
        run->no_data += s->no_data;
        run->skip_data += s->skip_data;
        if (s->records == 0 || s->first_ms == INT64_MAX)
            continue;
        if (run->first_ms == INT64_MIN || s->first_ms < run->first_ms)
            run->first_ms = s->first_ms;
        if (s->last_ms > run->last_ms)
            run->last_ms = s->last_ms;
    }
    run->empty_allowed = run->records == 0 && j->options->allow_empty;
    run->deduped = policy->dedupe;
    run->duplicates = j->part->duplicates;
    run->inputs = inputs;
    run->input_count = j->part->object_count;
    run->coverage = fl_judge_coverage(j, NULL, 0);
    run->fail_on = j->options->fail_on >= 0 ? (enum fl_severity)j->options->fail_on : policy->fail_on;
    return FL_OK;
}

static bool counts(const struct fl_run *run, enum fl_severity severity)
{
    return run->fail_on != FL_SEV_NONE && severity != FL_SEV_NONE && severity >= run->fail_on;
}

static void set_status(struct fl_judging *j)
{
    struct fl_report *report = j->report;
    struct fl_run *run = &report->run;
    bool incomplete = false, failed = false;
    for (uint32_t i = 0; i < report->blind_spot_count; i++)
        incomplete |= report->blind_spots[i].incomplete;
    for (uint32_t i = 0; i < report->intent_count; i++)
        incomplete |= fl_intent_leaves_gap(run, &report->intents[i]);
    for (enum fl_severity s = FL_SEV_INFO; s < FL_SEV_NONE; s++)
        failed |= counts(run, s) && fl_report_shown(report, s) > 0;
    run->complete = !incomplete;
    run->exit_status = failed ? 1 : incomplete ? 3 : 0;
}

enum fl_status fl_judge_run(struct fl_judging *j)
{
    enum fl_status status = run_line(j);
    if (status == FL_OK)
        status = blind_sources(j);
    if (status == FL_OK)
        status = blind_objects(j);
    if (status == FL_OK)
        status = blind_totals(j);
    if (status == FL_OK)
        status = blind_duplicates(j);
    if (status == FL_OK)
        status = fl_judge_silence(j);
    if (status == FL_OK)
        status = blind_aggregation(j);
    if (status == FL_OK)
        status = blind_inventory(j);
    if (status == FL_OK)
        status = blind_columns(j);
    if (status == FL_OK)
        status = fl_judge_own(j);
    if (status == FL_OK)
        status = rule_lines(j);
    if (status == FL_OK)
        status = blind_intents(j);
    if (status == FL_OK)
        status = blind_to_all(j);
    if (status == FL_OK)
        status = blind_to_selection(j);
    if (status == FL_OK)
        status = waiver_lines(j);
    if (status != FL_OK)
        return status;
    struct fl_blind_spot *blind = fl_arena_alloc(j->arena, ((size_t)j->blind_count + 1) * sizeof *blind);
    if (blind == NULL)
        return FL_E_NOMEM;
    if (j->blind_count > 0)
        memcpy(blind, j->blind, j->blind_count * sizeof *blind);
    j->report->blind_spots = blind;
    j->report->blind_spot_count = j->blind_count;
    set_status(j);
    return FL_OK;
}
