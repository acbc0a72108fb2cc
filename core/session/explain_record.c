/* explain_record.c: why a record counted for a rule, or did not. */
#include <string.h>

#include "core/base/log.h"
#include "core/session/explain.h"

/* ---- while the record is scanned ---- */

static enum fl_status ask_code(struct fl_explain_record *r, uint32_t index, const struct fl_batch *batch, uint32_t row)
{
    const struct fl_rule_decl *decl = r->e->session->plan.rules[index].decl;
    struct fl_verdict verdict = {.severity = -1};
    struct fl_error err;
    enum fl_status status =
        r->ops->on_flow(r->vm, decl->source, decl, batch, row, &r->e->session->arena, &verdict, &err);
    if (status == FL_E_NOMEM)
        return status;
    r->selected[index] = status == FL_OK && verdict.hit;
    r->code[index] = status == FL_OK ? (verdict.hit ? "true" : "false")
                                     : fl_arena_printf(&r->e->session->arena, "failed: %s", err.text);
    return r->code[index] == NULL ? FL_E_NOMEM : FL_OK;
}

bool fl_explain_sees(const struct fl_explain_record *r, const struct fl_plan_rule *rule)
{
    return !r->no_data || rule->reads_status;
}

static enum fl_status take_row(void *context, const struct fl_batch *batch, uint32_t row)
{
    struct fl_explain_record *r = context;
    const struct fl_plan *plan = &r->e->session->plan;
    r->seen = true;
    r->no_data = batch->any_no_data && (batch->no_data[row >> 6] >> (row & 63) & 1);
    for (uint32_t f = 0; f < FL_FIELD_COUNT; f++) {
        if (!fl_field_set_has(&plan->wanted, f))
            continue;
        fl_batch_value(batch, f, row, &r->values[f]);
        if (!fl_value_copy(&r->e->session->arena, &r->values[f]))
            return FL_E_NOMEM;
    }
    struct fl_explain_values values = {.plan = plan, .fields = r->values};
    if (plan->scope != NULL && fl_explain_truth(plan->scope, &values) != 1)
        return FL_OK;
    for (uint32_t i = 0; i < plan->rule_count; i++) {
        const struct fl_plan_rule *rule = &plan->rules[i];
        if (!fl_explain_concerns(r->e, rule) || rule->from != NULL || rule->void_reason != NULL ||
            !fl_explain_sees(r, rule))
            continue;
        r->selected[i] = rule->where == NULL || fl_explain_truth(rule->where, &values) == 1;
        enum fl_status status = FL_OK;
        if (r->selected[i] && rule->decl->has_on_flow && !rule->has_rows && r->vm != NULL)
            status = ask_code(r, i, batch, row);
        if (status != FL_OK)
            return status;
    }
    return FL_OK;
}

/* ---- while the groups are judged ---- */

/* Is it a group, in a window, that the record is in? */
static bool holds_record(const struct fl_explain_record *r, uint32_t index, const struct fl_value *slots, int64_t start,
                         int64_t end)
{
    const struct fl_plan_rule *rule = &r->e->session->plan.rules[index];
    const struct fl_value *time = &r->values[FL_F_START_TIME];
    if (!r->selected[index])
        return false;
    for (uint32_t k = 0; k < rule->key_count; k++)
        if (slots[k].type != r->values[rule->keys[k]].type ||
            fl_value_compare(&slots[k], &r->values[rule->keys[k]]) != 0)
            return false;
    return start == INT64_MIN ||
           (time->type != FL_T_NULL && time->i >= start && (time->i < end || (rule->session && time->i == end)));
}

static enum fl_status take_group(void *context, uint32_t rule, const struct fl_judged_group *group)
{
    struct fl_explain_record *r = context;
    if (!holds_record(r, rule, group->slots, group->window_start_ms, group->window_end_ms))
        return FL_OK;
    return fl_explain_keep(r->e, &r->groups, rule, group);
}

static enum fl_status take_hit(void *context, const struct fl_judged_hit *hit)
{
    struct fl_explain_record *r = context;
    fl_explain_fold_hit(&r->groups, hit);
    for (uint32_t i = 0; i < r->groups.count; i++) {
        struct fl_kept_group *kept = &r->groups.items[i];
        if (kept->rule != hit->rule || kept->group.window_start_ms != hit->window_start_ms ||
            !holds_record(r, hit->rule, hit->slots, hit->window_start_ms, hit->window_end_ms))
            continue;
        fl_explain_keep_hit(kept, hit);
    }
    return FL_OK;
}

/* ---- */

static int find_source(const struct fl_explaining *e, const struct fl_source_list *sources)
{
    struct fl_source_list first;
    int found = -1;
    if (fl_source_list_open(&first, e->inputs, 1, NULL) != FL_OK)
        return -1;
    for (uint32_t i = 0; first.count == 1 && i < sources->count; i++)
        if (strcmp(sources->items[i].name, first.items[0].name) == 0)
            found = (int)i;
    fl_source_list_close(&first);
    return found;
}

/* What the orientation is told from, beside what the rule reads. */
static void want_fields(struct fl_explaining *e)
{
    static const uint32_t fields[] = {FL_F_ORIENTATION, FL_F_CLIENT,  FL_F_SERVER,    FL_F_SERVICE,
                                      FL_F_INITIATED,   FL_F_VANTAGE, FL_F_START_TIME};
    struct fl_field_set set = {{0}};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        fl_field_set_add(&set, fields[i]);
    fl_plan_want(&e->session->plan, &set);
}

static enum fl_status run(struct fl_explaining *e, struct fl_explain_record *r, const struct fl_source_list *sources,
                          const struct fl_row_watch *row, struct fl_error *err)
{
    struct fl_judge_watch judge = {r, take_group, take_hit};
    struct fl_explain_watch watch = {row, &judge};
    struct fl_report report = {0};
    struct fl_part part = {0};
    r->ops = fl_lua_rules_ops(e->session->lua);
    enum fl_status status = r->ops->open_vm(r->ops->context, &r->vm, err);
    if (status == FL_OK)
        status = fl_explain_run(e, sources, &watch, &part, &report, err);
    fl_report_close(&report);
    fl_part_dispose(&part);
    if (r->vm != NULL)
        r->ops->close_vm(r->vm);
    return status;
}

static int explain_in(struct fl_explaining *e, struct fl_explain_record *r, const struct fl_source_list *sources)
{
    int source = find_source(e, sources);
    struct fl_buf raw;
    struct fl_error err;
    struct fl_row_watch row = {.context = r, .take = take_row};
    int exit_status = FL_EXIT_INTERNAL;
    if (source < 0) {
        fl_log_error("flowlaw explain: %s is not one file that can be read", e->inputs[0]);
        return 2;
    }
    fl_buf_init(&raw);
    row.source = (uint32_t)source;
    enum fl_status status = fl_evidence_locate(&sources->items[source], e->options->record, &row.offset, &raw);
    if (status == FL_END || status == FL_E_IO) {
        fl_log_error("flowlaw explain: %s %s", sources->items[source].name,
                     status == FL_END ? "has no line with that number" : "cannot be read");
        exit_status = 3;
    } else if (status == FL_OK && (status = run(e, r, sources, &row, &err)) == FL_OK) {
        r->source = sources->items[source].name;
        r->line = (struct fl_str){raw.len > 0 ? raw.data : "", raw.len};
        if (e->json)
            fl_explain_put_record(e, r);
        else
            fl_explain_add_record(e, r);
        exit_status = r->seen ? 0 : 3;
    } else {
        fl_log_error("flowlaw explain: %s", status == FL_E_NOMEM ? "out of memory" : err.text);
    }
    fl_buf_dispose(&raw);
    return exit_status;
}

int fl_explain_record(struct fl_explaining *e)
{
    struct fl_arena *arena = &e->session->arena;
    struct fl_explain_record *r = fl_arena_alloc(arena, sizeof *r);
    struct fl_source_list sources;
    struct fl_error err;
    size_t rules = (size_t)e->session->plan.rule_count + 1;
    if (r == NULL)
        return FL_EXIT_INTERNAL;
    memset(r, 0, sizeof *r);
    r->e = e;
    r->selected = fl_arena_alloc(arena, rules * sizeof *r->selected);
    r->code = fl_arena_alloc(arena, rules * sizeof *r->code);
    if (r->selected == NULL || r->code == NULL)
        return FL_EXIT_INTERNAL;
    memset(r->selected, 0, rules * sizeof *r->selected);
    memset(r->code, 0, rules * sizeof *r->code);
    want_fields(e);
    if (fl_source_list_open(&sources, e->inputs, e->input_count, &err) != FL_OK) {
        fl_log_status(&err);
        return FL_EXIT_INTERNAL;
    }
    int exit_status = explain_in(e, r, &sources);
    fl_source_list_close(&sources);
    fl_free(r->groups.items);
    return exit_status;
}
