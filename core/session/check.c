/* check.c: does the policy load, what does each rule need, and does the input have it? */
#include <stdio.h>
#include <string.h>

#include "core/base/log.h"
#include "core/session/session.h"

static void print_needs(const struct fl_plan_rule *rule)
{
    struct fl_field_set fields = {{0}};
    if (rule->where != NULL)
        fl_expr_fields(rule->where, &fields);
    for (uint32_t k = 0; k < rule->key_count; k++)
        fl_field_set_add(&fields, rule->keys[k]);
    for (uint32_t m = 0; m < rule->measure_count; m++) {
        fl_measure_fields(&rule->measures[m], &fields);
        if (rule->measures[m].filter != NULL)
            fl_expr_fields(rule->measures[m].filter, &fields);
        if (rule->measures[m].filter2 != NULL)
            fl_expr_fields(rule->measures[m].filter2, &fields);
    }
    for (uint32_t f = 0; f < FL_FIELD_COUNT; f++)
        if (fl_field_set_has(&rule->lua_fields, f))
            fl_field_set_add(&fields, f);
    printf("  %s\n    reads:", rule->decl->id);
    for (uint32_t f = 0; f < FL_FIELD_COUNT; f++)
        if (fl_field_set_has(&fields, f))
            printf(" %s", fl_fields[f].name);
    printf("\n");
    if (rule->void_reason != NULL)
        printf("    not evaluated: %s\n", rule->void_reason);
}

/* A record that spans a whole interval is in the window of its start: a window that is not much longer tells little. */
static void warn_of_window(const struct fl_plan_rule *rule, int64_t aggregation_ms)
{
    if (rule->window_ms == 0 || rule->window_ms / 2 >= aggregation_ms)
        return;
    char window[FL_WHEN_TEXT_BYTES], interval[FL_WHEN_TEXT_BYTES];
    fl_duration_format(rule->window_ms, window);
    fl_duration_format(aggregation_ms, interval);
    printf("    warning: its window of %s is under twice the aggregation interval (%s)\n", window, interval);
}

/* Counts the objects of each layout against each rule. Returns true when some rule cannot be evaluated anywhere. */
static bool print_lacking(const struct fl_plan *plan, const struct fl_part *part)
{
    bool any = false;
    for (uint32_t r = 0; r < plan->rule_count; r++) {
        const struct fl_plan_rule *rule = &plan->rules[r];
        if (rule->role == FL_ROLE_UNDECIDED || rule->role == FL_ROLE_PERMITTED)
            continue;
        uint32_t read = 0, lacking = 0;
        const char *lacks = NULL;
        for (uint32_t o = 0; o < part->object_count; o++) {
            const struct fl_object_stats *s = &part->objects[o];
            if (!s->has_layout)
                continue;
            read++;
            if (fl_plan_rule_possible(plan, rule, &s->columns))
                continue;
            lacking++;
            lacks = lacks == NULL ? fl_plan_rule_lacks(plan, rule, &s->columns) : lacks;
        }
        if (lacking > 0)
            printf("  %s: %u of %u objects lack the field %s\n", rule->decl->id, lacking, read,
                   lacks != NULL ? lacks : "needed");
        any |= read > 0 && lacking == read;
    }
    return any;
}

static int check_inputs(struct fl_session *session, const struct fl_session_options *options)
{
    struct fl_source_list sources;
    struct fl_part part = {0};
    struct fl_error err;
    /* Nothing is measured: the layouts are what is asked for. */
    uint32_t rule_count = session->plan.rule_count;
    if (fl_source_list_open(&sources, options->inputs, options->input_count, &err) != FL_OK) {
        fl_log_status(&err);
        return FL_EXIT_INTERNAL;
    }
    struct fl_engine_options engine = {.threads = 1, .told_format = options->format};
    session->plan.rule_count = 0;
    enum fl_status status = fl_engine_run(&session->plan, &sources, &engine, &part, &err);
    session->plan.rule_count = rule_count;
    int exit_status = 0;
    if (status != FL_OK) {
        fl_log_status(&err);
        exit_status = FL_EXIT_INTERNAL;
    } else {
        printf("Input\n");
        for (uint32_t o = 0; o < part.object_count; o++) {
            const struct fl_object_stats *s = &part.objects[o];
            printf("  %s: %s, %llu records\n", sources.items[o].name,
                   s->recognised ? s->format : s->trouble, (unsigned long long)s->records);
            exit_status = s->recognised || s->foreign ? exit_status : 3;
        }
        for (uint32_t i = 0; i < sources.trouble_count; i++) {
            printf("  %s: %s\n", sources.troubles[i].name, sources.troubles[i].text);
            if (sources.troubles[i].kind <= FL_SOURCE_UNREADABLE)
                exit_status = 3;
        }
        if (print_lacking(&session->plan, &part))
            exit_status = 3;
    }
    fl_part_dispose(&part);
    fl_source_list_close(&sources);
    return exit_status;
}

int fl_session_check(const struct fl_session_options *options)
{
    struct fl_session session;
    struct fl_error_list errors = {0};
    int exit_status = 0;
    if (fl_session_open(&session, options, &errors) != FL_OK) {
        exit_status = fl_session_refuse(&errors);
    } else {
        printf("%s: policy %s loads\n", session.policy.file, session.policy.name);
        for (uint32_t r = 0; r < session.plan.rule_count; r++)
            if (session.plan.rules[r].role <= FL_ROLE_BREACH) {
                print_needs(&session.plan.rules[r]);
                warn_of_window(&session.plan.rules[r], session.policy.aggregation_ms);
            }
        if (options->input_count > 0)
            exit_status = check_inputs(&session, options);
    }
    fl_error_list_dispose(&errors);
    fl_session_close(&session);
    return exit_status;
}
