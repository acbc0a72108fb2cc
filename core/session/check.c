/* check.c: does the policy load, what does each rule need, and does the input have it? */
#include <stdio.h>
#include <string.h>

#include "core/base/escape.h"
#include "core/base/log.h"
#include "core/session/check.h"

/* Names of objects, and what stands in them or in a policy, are written by others. */
static void print_safe(const char *text)
{
    struct fl_buf out;
    fl_buf_init(&out);
    fl_escape_terminal(&out, fl_str_of(text));
    if (!out.failed && out.len > 0)
        fwrite(out.data, 1, out.len, stdout);
    fl_buf_dispose(&out);
}

static void print_void(const struct fl_plan_rule *rule)
{
    if (rule->void_reason == NULL)
        return;
    printf("    not evaluated: ");
    print_safe(rule->void_reason);
    printf("\n");
}

static void print_sources(const struct fl_plan_rule *rule)
{
    printf("  %s\n    reads the groups of:", rule->decl->id);
    for (uint32_t i = 0; i < rule->decl->from.count; i++)
        printf(" %s", rule->decl->from.items[i]);
    printf("\n");
    print_void(rule);
}

struct fl_field_set fl_check_reads(const struct fl_plan_rule *rule)
{
    struct fl_field_set fields = {{0}};
    if (rule->from != NULL)
        return fields;
    fl_plan_rule_conditions(rule, &fields);
    for (uint32_t k = 0; k < rule->key_count; k++)
        fl_field_set_add(&fields, rule->keys[k]);
    for (uint32_t m = 0; m < rule->measure_count; m++)
        fl_measure_fields(&rule->measures[m], &fields);
    fl_field_set_add_all(&fields, &rule->lua_fields);
    return fields;
}

static void print_needs(const struct fl_plan_rule *rule)
{
    if (rule->from != NULL) {
        print_sources(rule);
        return;
    }
    struct fl_field_set fields = fl_check_reads(rule);
    printf("  %s\n    reads:", rule->decl->id);
    for (uint32_t f = 0; f < FL_FIELD_COUNT; f++)
        if (fl_field_set_has(&fields, f))
            printf(" %s", fl_fields[f].name);
    printf("\n");
    print_void(rule);
}

/* A record that spans a whole interval is in the window of its start: a window that is not much longer tells little.
   Bundled rules chose theirs knowingly; FL012 is silent about them too. */
static void warn_of_window(const struct fl_plan_rule *rule, int64_t aggregation_ms)
{
    if (rule->decl->bundled || rule->window_ms == 0 || rule->window_ms / 2 >= aggregation_ms)
        return;
    char window[FL_WHEN_TEXT_BYTES], interval[FL_WHEN_TEXT_BYTES];
    fl_duration_format(rule->window_ms, window);
    fl_duration_format(aggregation_ms, interval);
    printf("    warning: its %s of %s is under twice the aggregation interval (%s)\n",
           rule->session ? "session gap" : "window", window, interval);
}

static void print_lacks(const struct fl_plan *plan, const struct fl_plan_rule *rule, const struct fl_layout *layout,
                        const char *first_name)
{
    struct fl_field_set lacking = fl_layout_lacks(plan, rule, &layout->columns);
    const char *before = layout->count > 1 ? " lack" : " lacks", *end = " nothing, and can never satisfy it";
    printf("    ");
    print_safe(first_name);
    if (layout->count > 1)
        printf(" and %u more", layout->count - 1);
    printf("%s", before);
    before = "";
    for (uint32_t f = 0; f < FL_DERIVED_FIRST; f++) {
        if (!fl_field_set_has(&lacking, f))
            continue;
        printf("%s %s", before, fl_fields[f].name);
        before = ",";
        end = "";
    }
    printf("%s\n", end);
}

/* A list keeps a row of each record: its `where` should let few through. */
static void warn_of_list(const struct fl_plan_rule *rule, const struct fl_rule_part *kept, uint64_t records)
{
    if (!rule->is_list || kept == NULL || kept->selected * 100 <= records * FL_LIST_SHARE_PERCENT)
        return;
    printf("    warning: its list keeps %llu of %llu records, more than %u %%: narrow `where`\n",
           (unsigned long long)kept->selected, (unsigned long long)records, FL_LIST_SHARE_PERCENT);
}

static uint64_t count_records(const struct fl_part *part)
{
    uint64_t sum = 0;
    for (uint32_t o = 0; o < part->object_count; o++)
        sum += part->objects[o].records;
    return sum;
}

uint32_t fl_check_judged(const struct fl_plan *plan, const struct fl_plan_rule *rule,
                         const struct fl_checked_input *input, uint32_t *read)
{
    uint32_t judged = 0;
    *read = 0;
    for (uint32_t l = 0; l < input->layout_count; l++) {
        *read += input->layouts[l].count;
        if (rule->void_reason == NULL && fl_plan_rule_possible(plan, rule, &input->layouts[l].columns))
            judged += input->layouts[l].count;
    }
    return judged;
}

static void warn_of_unnamed(const struct fl_plan *plan, const struct fl_part *part)
{
    struct fl_lint_unnamed unnamed;
    if (!fl_lint_unnamed(plan, part, &unnamed))
        return;
    struct fl_buf text;
    fl_buf_init(&text);
    fl_buf_add_format(&text, FL_LINT_UNNAMED_TEXT, unnamed.addr, (int)unnamed.interface.len, unnamed.interface.ptr,
                      fl_policy_ours_text(plan->policy));
    if (!text.failed) {
        printf("  warning: ");
        print_safe(text.data);
        printf("\n    -> " FL_LINT_OWN_TODO "\n");
    }
    fl_buf_dispose(&text);
}

/* Each rule against every layout. */
static void print_rules(const struct fl_plan *plan, const struct fl_checked_input *input)
{
    bool headed = false;
    for (uint32_t r = 0; r < plan->rule_count; r++) {
        const struct fl_plan_rule *rule = &plan->rules[r];
        uint32_t read;
        if (rule->role > FL_ROLE_EXPECT)
            continue;
        if (!headed)
            printf("Intents and rules\n");
        headed = true;
        uint32_t judged = fl_check_judged(plan, rule, input, &read);
        printf("  %s: %u of %u object%s can be judged\n", rule->decl->id, judged, read, read == 1 ? "" : "s");
        print_void(rule);
        for (uint32_t l = 0; l < input->layout_count && rule->void_reason == NULL; l++)
            if (!fl_plan_rule_possible(plan, rule, &input->layouts[l].columns))
                print_lacks(plan, rule, &input->layouts[l], input->sources.items[input->layouts[l].first].name);
        warn_of_list(rule, input->part.rule_count > 0 ? &input->part.rules[r] : NULL, count_records(&input->part));
    }
}

static void print_entry(const char *name, const char *text)
{
    printf("  ");
    print_safe(name);
    printf(": ");
    print_safe(text);
}

static void print_input(const struct fl_checked_input *input)
{
    printf("Input\n");
    for (uint32_t o = 0; o < input->part.object_count; o++) {
        const struct fl_object_stats *s = &input->part.objects[o];
        const char *trouble = s->trouble[0] != '\0' ? s->trouble : "no record";
        print_entry(input->sources.items[o].name, s->recognised ? s->format : trouble);
        if (s->recognised)
            printf(", %llu record%s", (unsigned long long)s->records, s->records == 1 ? "" : "s");
        printf("\n");
        if (s->read.damage != FL_DAMAGE_NONE) {
            printf("    damaged: ");
            print_safe(s->read.damage_text);
            printf("\n");
        }
    }
    for (uint32_t i = 0; i < input->sources.trouble_count; i++) {
        print_entry(input->sources.troubles[i].name, input->sources.troubles[i].text);
        printf("\n");
    }
}

/* Is some object, or some rule, of no use? */
static bool lacks_something(const struct fl_plan *plan, const struct fl_checked_input *input)
{
    bool lacks = false;
    for (uint32_t o = 0; o < input->part.object_count; o++) {
        const struct fl_object_stats *s = &input->part.objects[o];
        lacks |= !(s->recognised || s->foreign) || s->read.damage != FL_DAMAGE_NONE;
    }
    for (uint32_t i = 0; i < input->sources.trouble_count; i++)
        lacks |= input->sources.troubles[i].kind <= FL_SOURCE_UNREADABLE;
    for (uint32_t r = 0; r < plan->rule_count; r++) {
        uint32_t read;
        if (plan->rules[r].role <= FL_ROLE_EXPECT)
            lacks |= fl_check_judged(plan, &plan->rules[r], input, &read) == 0;
    }
    return lacks;
}

/* Nothing is measured: the layouts are what is asked for, and how much lists would keep. */
static enum fl_status read_input(struct fl_session *session, const struct fl_session_options *options,
                                 struct fl_checked_input *input, struct fl_error *err)
{
    uint32_t rule_count = session->plan.rule_count;
    bool has_lists = false;
    for (uint32_t r = 0; r < rule_count; r++)
        has_lists |= session->plan.rules[r].is_list;
    struct fl_engine_options engine = {.threads = 1, .told_format = options->format, .counts_only = true};
    enum fl_status status = fl_source_list_open(&input->sources, options->inputs, options->input_count, err);
    if (status != FL_OK)
        return status;
    if (!has_lists)
        session->plan.rule_count = 0;
    status = fl_engine_run(&session->plan, &input->sources, &engine, &input->part, err);
    session->plan.rule_count = rule_count;
    if (status != FL_OK)
        return status;
    input->layouts = fl_layouts_list(&session->arena, &input->part, &input->layout_count);
    return input->layouts == NULL ? fl_fail(err, FL_E_NOMEM, "out of memory") : FL_OK;
}

/* ---- warnings ---- */

const char *fl_check_level(enum fl_lint_code code)
{
    return code == FL_LINT_EXCLUDE ? "error" : code == FL_LINT_UNUSED ? "note" : "warning";
}

static void print_lint(const struct fl_lint *item)
{
    print_safe(item->at.file);
    if (item->at.line > 0)
        printf(":%u", item->at.line);
    if (item->at.column > 0)
        printf(":%u", item->at.column);
    printf(": FL%03d %s: ", (int)item->code, fl_check_level(item->code));
    print_safe(item->at.text);
    printf("\n");
    if (item->at.source_line[0] != '\0') {
        printf("    ");
        print_safe(item->at.source_line);
        printf("\n");
        char caret[FL_ERROR_FILE_BYTES];
        if (fl_error_caret(&item->at, caret))
            printf("    %s\n", caret);
    }
    printf("    -> %s\n", item->todo);
}

/* What is told without --strict too. */
static bool is_told_always(enum fl_lint_code code)
{
    return code == FL_LINT_LIST || code == FL_LINT_LACKING || code == FL_LINT_WINDOW || code == FL_LINT_VOID ||
           code == FL_LINT_OWN;
}

/* Returns whether --strict found something. */
static bool print_lints(const struct fl_linting *l, bool strict, bool json)
{
    uint32_t errors = 0, notes = 0;
    for (uint32_t i = 0; i < l->count; i++) {
        errors += l->items[i].code == FL_LINT_EXCLUDE;
        notes += l->items[i].code == FL_LINT_UNUSED;
        if (!json)
            print_lint(&l->items[i]);
        else if (strict || is_told_always(l->items[i].code))
            fl_check_put_lint(&l->items[i]);
    }
    uint32_t warnings = l->count - errors - notes;
    if (!json)
        printf("%u error%s, %u warning%s", errors, errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
    if (!json && notes > 0)
        printf(", %u note%s", notes, notes == 1 ? "" : "s");
    if (!json)
        printf("\n");
    return strict && errors + warnings > 0;
}

/* Status 1 wins over what the inputs came to, as findings of an audit do. */
static int check_lints(struct fl_session *session, const struct fl_checked_input *input, bool strict, bool json,
                       int exit_status)
{
    struct fl_linting l = {.session = session};
    struct fl_error err;
    enum fl_status status =
        fl_lint_run(&l, input != NULL ? &input->sources : NULL, input != NULL ? &input->part : NULL, &err);
    if (status != FL_OK) {
        fl_log_status(&err);
        exit_status = FL_EXIT_INTERNAL;
    } else if (print_lints(&l, strict, json)) {
        exit_status = 1;
    }
    fl_lint_dispose(&l);
    return exit_status;
}

static void warn_of_own(const struct fl_policy *policy)
{
    const struct fl_network *network = fl_lint_private_network(policy);
    if (network != NULL)
        printf("  warning: " FL_LINT_OWN_TEXT "\n    -> " FL_LINT_OWN_TODO "\n", network->name);
}

static void print_policy(const struct fl_session *session, bool strict)
{
    const struct fl_plan *plan = &session->plan;
    uint32_t rules = 0;
    for (uint32_t r = 0; r < plan->rule_count; r++)
        rules += plan->rules[r].role == FL_ROLE_RULE;
    printf("policy ");
    print_safe(session->policy.name);
    printf(" loads: %u intent%s, %u rule%s, %u waiver%s\n", session->policy.intent_count,
           session->policy.intent_count == 1 ? "" : "s", rules, rules == 1 ? "" : "s", session->policy.waiver_count,
           session->policy.waiver_count == 1 ? "" : "s");
    for (uint32_t r = 0; r < plan->rule_count; r++) {
        if (plan->rules[r].role > FL_ROLE_EXPECT)
            continue;
        print_needs(&plan->rules[r]);
        warn_of_window(&plan->rules[r], session->policy.aggregation_ms);
    }
    if (!strict)
        warn_of_own(&session->policy);
}

static void print_loaded(const struct fl_session *session, const struct fl_checked_input *input, bool strict, bool json)
{
    if (json) {
        fl_check_put_policy(session);
        if (input != NULL)
            fl_check_put_input(input);
        fl_check_put_rules(session, input);
        return;
    }
    print_policy(session, strict);
    if (input != NULL) {
        print_input(input);
        if (!strict)
            warn_of_unnamed(&session->plan, &input->part);
        print_rules(&session->plan, input);
    }
}

static int check_loaded(struct fl_session *session, const struct fl_session_options *options)
{
    struct fl_checked_input read = {0}, *input = options->input_count > 0 ? &read : NULL;
    struct fl_error err;
    bool json = strcmp(options->outputs[0].name, "json") == 0;
    int exit_status = FL_EXIT_INTERNAL;
    if (input != NULL && read_input(session, options, input, &err) != FL_OK) {
        fl_log_status(&err);
    } else {
        print_loaded(session, input, options->strict, json);
        exit_status = input != NULL && lacks_something(&session->plan, input) ? 3 : 0;
        if (options->strict || json)
            exit_status = check_lints(session, input, options->strict, json, exit_status);
    }
    fl_part_dispose(&read.part);
    fl_source_list_close(&read.sources);
    return exit_status;
}

int fl_session_check(const struct fl_session_options *options)
{
    struct fl_session session;
    struct fl_error_list errors = {0};
    bool loads = fl_session_open(&session, options, &errors) == FL_OK;
    int exit_status = loads ? check_loaded(&session, options) : fl_session_refuse(&errors, "the policy does not load");
    fl_error_list_dispose(&errors);
    fl_session_close(&session);
    return exit_status;
}
