/* check.c: does the policy load, what does each rule need, and does the input have it? */
#include <stdio.h>
#include <string.h>

#include "core/base/log.h"
#include "core/session/session.h"
#include "core/text/escape.h"

#define LIST_SHARE_PERCENT 5u

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

static void print_needs(const struct fl_plan_rule *rule)
{
    if (rule->from != NULL) {
        print_sources(rule);
        return;
    }
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
        const struct fl_sequence *q = rule->measures[m].sequence;
        for (uint32_t s = 0; q != NULL && s < q->step_count; s++)
            fl_expr_fields(q->steps[s].filter, &fields);
    }
    for (uint32_t f = 0; f < FL_FIELD_COUNT; f++)
        if (fl_field_set_has(&rule->lua_fields, f))
            fl_field_set_add(&fields, f);
    printf("  %s\n    reads:", rule->decl->id);
    for (uint32_t f = 0; f < FL_FIELD_COUNT; f++)
        if (fl_field_set_has(&fields, f))
            printf(" %s", fl_fields[f].name);
    printf("\n");
    print_void(rule);
}

/* A record that spans a whole interval is in the window of its start: a window that is not much longer tells little. */
static void warn_of_window(const struct fl_plan_rule *rule, int64_t aggregation_ms)
{
    if (rule->window_ms == 0 || rule->window_ms / 2 >= aggregation_ms)
        return;
    char window[FL_WHEN_TEXT_BYTES], interval[FL_WHEN_TEXT_BYTES];
    fl_duration_format(rule->window_ms, window);
    fl_duration_format(aggregation_ms, interval);
    printf("    warning: its %s of %s is under twice the aggregation interval (%s)\n",
           rule->session ? "session gap" : "window", window, interval);
}

/* Objects with the same columns. */
struct layout {
    struct fl_field_set columns;
    uint32_t first, count; /* of objects */
};

/* The layouts of the input, in order of their first objects. NULL when memory is out. */
static struct layout *list_layouts(struct fl_arena *arena, const struct fl_part *part, uint32_t *count)
{
    struct layout *layouts = fl_arena_alloc(arena, ((size_t)part->object_count + 1) * sizeof *layouts);
    *count = 0;
    for (uint32_t o = 0; layouts != NULL && o < part->object_count; o++) {
        const struct fl_object_stats *s = &part->objects[o];
        uint32_t l = 0;
        if (!s->has_layout)
            continue;
        while (l < *count && memcmp(&layouts[l].columns, &s->columns, sizeof s->columns) != 0)
            l++;
        if (l == *count)
            layouts[(*count)++] = (struct layout){s->columns, o, 0};
        layouts[l].count++;
    }
    return layouts;
}

/* The least that the columns need beside them for the rule to be judged; none when nothing helps. Of two that would do,
 * the one that comes first in the table of fields stays. */
static struct fl_field_set find_lacking(const struct fl_plan *plan, const struct fl_plan_rule *rule,
                                        const struct fl_field_set *columns)
{
    struct fl_field_set with = *columns, lacking = {{0}};
    for (uint32_t f = 0; f < FL_DERIVED_FIRST; f++)
        fl_field_set_add(&with, f);
    if (!fl_plan_rule_possible(plan, rule, &with))
        return lacking;
    for (uint32_t f = FL_DERIVED_FIRST; f-- > 0;) {
        struct fl_field_set without = with;
        without.bits[f / 64] &= ~(UINT64_C(1) << (f % 64));
        if (fl_field_set_has(columns, f))
            continue;
        if (fl_plan_rule_possible(plan, rule, &without))
            with = without;
        else
            fl_field_set_add(&lacking, f);
    }
    return lacking;
}

static void print_lacks(const struct fl_plan *plan, const struct fl_plan_rule *rule, const struct layout *layout,
                        const char *first_name)
{
    struct fl_field_set lacking = find_lacking(plan, rule, &layout->columns);
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
    if (!rule->is_list || kept == NULL || kept->selected * 100 <= records * LIST_SHARE_PERCENT)
        return;
    printf("    warning: its list keeps %llu of %llu records, more than %u %%: narrow `where`\n",
           (unsigned long long)kept->selected, (unsigned long long)records, LIST_SHARE_PERCENT);
}

static uint64_t count_records(const struct fl_part *part)
{
    uint64_t sum = 0;
    for (uint32_t o = 0; o < part->object_count; o++)
        sum += part->objects[o].records;
    return sum;
}

/* Each rule against every layout. Returns true when some rule can be judged nowhere. */
static bool print_rules(const struct fl_plan *plan, const struct fl_source_list *sources, const struct fl_part *part,
                        const struct layout *layouts, uint32_t layout_count)
{
    bool any = false, headed = false;
    for (uint32_t r = 0; r < plan->rule_count; r++) {
        const struct fl_plan_rule *rule = &plan->rules[r];
        uint32_t read = 0, judged = 0;
        if (rule->role > FL_ROLE_BREACH)
            continue;
        if (!headed)
            printf("Intents and rules\n");
        headed = true;
        for (uint32_t l = 0; l < layout_count; l++) {
            read += layouts[l].count;
            if (rule->void_reason == NULL && fl_plan_rule_possible(plan, rule, &layouts[l].columns))
                judged += layouts[l].count;
        }
        any |= judged == 0;
        printf("  %s: %u of %u objects can be judged\n", rule->decl->id, judged, read);
        print_void(rule);
        for (uint32_t l = 0; l < layout_count && rule->void_reason == NULL; l++)
            if (!fl_plan_rule_possible(plan, rule, &layouts[l].columns))
                print_lacks(plan, rule, &layouts[l], sources->items[layouts[l].first].name);
        warn_of_list(rule, part->rule_count > 0 ? &part->rules[r] : NULL, count_records(part));
    }
    return any;
}

static void print_entry(const char *name, const char *text)
{
    printf("  ");
    print_safe(name);
    printf(": ");
    print_safe(text);
}

static int check_inputs(struct fl_session *session, const struct fl_session_options *options)
{
    struct fl_source_list sources;
    struct fl_part part = {0};
    struct fl_error err;
    /* Nothing is measured: the layouts are what is asked for, and how much lists would keep. */
    uint32_t rule_count = session->plan.rule_count;
    bool has_lists = false;
    for (uint32_t r = 0; r < rule_count; r++)
        has_lists |= session->plan.rules[r].is_list;
    if (fl_source_list_open(&sources, options->inputs, options->input_count, &err) != FL_OK) {
        fl_log_status(&err);
        return FL_EXIT_INTERNAL;
    }
    struct fl_engine_options engine = {.threads = 1, .told_format = options->format, .counts_only = true};
    if (!has_lists)
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
            const char *trouble = s->trouble[0] != '\0' ? s->trouble : "no record";
            print_entry(sources.items[o].name, s->recognised ? s->format : trouble);
            if (s->recognised)
                printf(", %llu record%s", (unsigned long long)s->records, s->records == 1 ? "" : "s");
            printf("\n");
            exit_status = s->recognised || s->foreign ? exit_status : 3;
            if (s->read.damage != FL_DAMAGE_NONE) {
                printf("    damaged: ");
                print_safe(s->read.damage_text);
                printf("\n");
                exit_status = 3;
            }
        }
        for (uint32_t i = 0; i < sources.trouble_count; i++) {
            print_entry(sources.troubles[i].name, sources.troubles[i].text);
            printf("\n");
            if (sources.troubles[i].kind <= FL_SOURCE_UNREADABLE)
                exit_status = 3;
        }
        uint32_t layout_count;
        struct layout *layouts = list_layouts(&session->arena, &part, &layout_count);
        if (layouts == NULL)
            exit_status = FL_EXIT_INTERNAL;
        else if (print_rules(&session->plan, &sources, &part, layouts, layout_count))
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
        exit_status = fl_session_refuse(&errors, "the policy does not load");
    } else {
        uint32_t rules = 0;
        for (uint32_t r = 0; r < session.plan.rule_count; r++)
            rules += session.plan.rules[r].role == FL_ROLE_RULE;
        printf("policy ");
        print_safe(session.policy.name);
        printf(" loads: %u intent%s, %u rule%s, %u waiver%s\n", session.policy.intent_count,
               session.policy.intent_count == 1 ? "" : "s", rules, rules == 1 ? "" : "s", session.policy.waiver_count,
               session.policy.waiver_count == 1 ? "" : "s");
        for (uint32_t r = 0; r < session.plan.rule_count; r++)
            if (session.plan.rules[r].role <= FL_ROLE_EXPECT) {
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
