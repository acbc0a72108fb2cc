/* explain_record_show.c: what is told of a record. */
#include <inttypes.h>

#include "core/engine/periods.h"
#include "core/session/explain_json.h"

#define WINDOWS_SHOWN 10

static const uint32_t oriented_from[] = {FL_F_PROTOCOL, FL_F_SRCPORT, FL_F_DSTPORT, FL_F_TCP_FLAGS, FL_F_ACTION};
static const uint32_t oriented_so[] = {FL_F_CLIENT, FL_F_SERVER, FL_F_SERVICE, FL_F_INITIATED};
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char *why_oriented(const struct fl_value *orientation)
{
    static const char *const why[] = {
        [FL_ORIENT_NATIVE] = "the log states it",
        [FL_ORIENT_FLAGS] = "the TCP flags tell: SYN comes from the client, SYN and ACK from the server",
        [FL_ORIENT_REJECT] = "it was refused: the source is the client, unless it is a service's answer",
        [FL_ORIENT_SERVICE] = "exactly one port is that of a listed service: that end is the server",
        [FL_ORIENT_EPHEMERAL] = "exactly one port is at or above 32768: that end is the client",
        [FL_ORIENT_GUESS] = "nothing decides; taken by the lower port, so `initiated` is null",
        [FL_ORIENT_NONE] = "equal ports, or none: nobody is known to have opened it"};
    return why[(size_t)orientation->i];
}

static void add_fields(struct fl_explaining *e, const char *label, const struct fl_explain_record *r,
                       const uint32_t *fields, size_t count)
{
    fl_explain_label(e, label);
    for (size_t i = 0; i < count; i++) {
        fl_buf_add_format(&e->out, "%s%s = ", i > 0 ? ", " : "", fl_fields[fields[i]].name);
        fl_explain_value(e, &r->values[fields[i]]);
    }
    fl_buf_add_char(&e->out, '\n');
}

static void add_orientation(struct fl_explaining *e, const struct fl_explain_record *r)
{
    const struct fl_value *orientation = &r->values[FL_F_ORIENTATION];
    if (orientation->type == FL_T_NULL)
        return;
    fl_explain_label(e, "orientation");
    fl_explain_value(e, orientation);
    fl_buf_add_format(&e->out, ": %s\n", why_oriented(orientation));
    add_fields(e, "  from", r, oriented_from, COUNT(oriented_from));
    add_fields(e, "  so", r, oriented_so, COUNT(oriented_so));
}

static const char *heading(enum fl_rule_role role)
{
    switch (role) {
    case FL_ROLE_BREACH:
        return "breaks the intent, where";
    case FL_ROLE_EXPECT:
        return "is what the intent waits for, where";
    case FL_ROLE_UNDECIDED:
        return "is undecided (one way round only), where";
    case FL_ROLE_PERMITTED:
        return "is permitted by the intent, where";
    case FL_ROLE_RULE:
        break;
    }
    return "where";
}

static void add_fold(struct fl_explaining *e, const struct fl_judged_occurrence *o)
{
    if (o->windows < 2)
        return;
    fl_explain_label(e, "folded");
    fl_buf_add_text(&e->out, "with ");
    fl_buf_add_count(&e->out, o->windows - 1, "overlapping windows");
    fl_buf_add_text(&e->out, " into the occurrence ");
    fl_explain_window(e, o->window_start_ms, o->window_end_ms);
    fl_buf_add_text(&e->out, o->is_worst ? ": this is the worst, which it shows\n" : ": another is the worst\n");
}

static void add_groups(struct fl_explaining *e, const struct fl_explain_record *r, uint32_t rule)
{
    uint32_t total = 0, fired = 0, occurrences = 0, shown = 0;
    uint64_t last = 0;
    for (uint32_t i = 0; i < r->groups.count; i++) {
        const struct fl_kept_group *kept = &r->groups.items[i];
        if (kept->rule != rule)
            continue;
        total++;
        fired += kept->group.fate == FL_FATE_HIT;
        occurrences += kept->group.fate == FL_FATE_HIT && kept->occurrence.number != last;
        last = kept->group.fate == FL_FATE_HIT ? kept->occurrence.number : last;
    }
    if (total == 0 && e->session->plan.rules[rule].window_ms > 0)
        fl_buf_add_text(&e->out, "  so it does not count: without a start time of 1970..2100 it is in no window\n");
    else if (total == 0)
        fl_buf_add_text(&e->out, "  so it counts, but in no group that was judged\n");
    if (total > 1)
        fl_buf_add_format(&e->out, "  it is in %u windows; %u of them fire%s", total, fired, fired == 1 ? "s" : "");
    if (total > 1 && fired > occurrences) {
        fl_buf_add_text(&e->out, ", folded into ");
        fl_buf_add_count(&e->out, occurrences, "occurrences");
    }
    fl_buf_add_text(&e->out, total > 1 ? "\n" : "");
    for (uint32_t i = 0; i < r->groups.count; i++) {
        const struct fl_kept_group *kept = &r->groups.items[i];
        bool wanted = kept->rule == rule && (fired == 0 || kept->group.fate == FL_FATE_HIT);
        if (!wanted || shown++ >= WINDOWS_SHOWN)
            continue;
        fl_buf_add_text(&e->out, shown > 1 ? "\n" : "");
        fl_explain_group(e, kept);
        add_fold(e, &kept->occurrence);
    }
    if (shown > WINDOWS_SHOWN)
        fl_buf_add_format(&e->out, "\n  ... and %u more\n", shown - WINDOWS_SHOWN);
}

struct span {
    int64_t start_ms, end_ms; /* both INT64_MIN: none */
};

/* The period of an expectation that the record counts in. */
static struct span period_of(struct fl_explaining *e, const struct fl_explain_record *r,
                             const struct fl_plan_rule *rule)
{
    struct span span = {INT64_MIN, INT64_MIN};
    struct fl_periods periods;
    int64_t ms = (int64_t)r->values[FL_F_START_TIME].i;
    if (rule->role != FL_ROLE_EXPECT || r->values[FL_F_START_TIME].type == FL_T_NULL)
        return span;
    int64_t every_ms = rule->decl->intent->expect_every_ms;
    e->out.failed |= fl_periods_init(&periods, e->session->policy.zone, every_ms, ms, ms) != FL_OK;
    uint32_t at = fl_periods_find(&periods, ms);
    if (at != UINT32_MAX)
        span = (struct span){periods.starts[at], periods.starts[at + 1]};
    fl_periods_dispose(&periods);
    return span;
}

static void add_period(struct fl_explaining *e, const struct fl_explain_record *r, const struct fl_plan_rule *rule)
{
    struct span span = period_of(e, r, rule);
    fl_explain_label(e, "period");
    if (span.start_ms == INT64_MIN) {
        fl_buf_add_text(&e->out, "none: the record has no start\n");
        return;
    }
    fl_explain_window(e, span.start_ms, span.end_ms);
    fl_buf_add_text(&e->out, ": its conversation counts there, if it was let in or answered\n");
}

static void add_rule(struct fl_explaining *e, const struct fl_explain_record *r, uint32_t index)
{
    const struct fl_plan_rule *rule = &e->session->plan.rules[index];
    struct fl_explain_values values = {.plan = &e->session->plan, .rule = rule, .fields = r->values};
    values.brief = rule->decl->intent != NULL; /* written by the core for both ways round */
    fl_buf_add_format(&e->out, "\n %s\n", heading(rule->role));
    if (rule->void_reason != NULL) {
        fl_buf_add_text(&e->out, "  not evaluated: ");
        fl_explain_add(e, rule->void_reason);
        fl_buf_add_char(&e->out, '\n');
        return;
    }
    if (rule->from != NULL) {
        fl_buf_add_text(&e->out, "  it reads groups of other rules, not records; explain the record for those: ");
        for (uint32_t i = 0; i < rule->decl->from.count; i++) {
            fl_buf_add_text(&e->out, i > 0 ? ", " : "");
            fl_explain_add(e, rule->decl->from.items[i]);
        }
        fl_buf_add_char(&e->out, '\n');
        return;
    }
    if (!fl_explain_sees(r, rule)) {
        fl_buf_add_text(&e->out, "  it does not see this line: NODATA and SKIPDATA reach only rules whose `where` "
                                 "names log_status\n");
        return;
    }
    if (rule->where == NULL)
        fl_buf_add_text(&e->out, "  true     (every record)\n");
    else
        fl_explain_tree(e, rule->where, &values, 2);
    if (r->code[index] != NULL) {
        fl_explain_label(e, "on_flow");
        fl_explain_add(e, r->code[index]);
        fl_buf_add_char(&e->out, '\n');
    }
    if (!r->selected[index]) {
        fl_buf_add_text(&e->out, "  so it does not count\n");
        return;
    }
    if (rule->role == FL_ROLE_EXPECT)
        add_period(e, r, rule);
    else
        add_groups(e, r, index);
}

static void add_head(struct fl_explaining *e, const struct fl_explain_record *r)
{
    fl_explain_add(e, e->name);
    fl_buf_add_format(&e->out, " and record %" PRIu64 " of ", e->options->record);
    fl_explain_add(e, r->source);
    fl_buf_add_char(&e->out, '\n');
    fl_explain_label(e, "line");
    fl_explain_add_str(e, r->line);
    fl_buf_add_char(&e->out, '\n');
}

void fl_explain_add_record(struct fl_explaining *e, const struct fl_explain_record *r)
{
    const struct fl_plan *plan = &e->session->plan;
    struct fl_explain_values values = {.plan = plan, .fields = r->values};
    add_head(e, r);
    if (!r->seen) {
        fl_buf_add_text(&e->out, "  this line is no record: a header, an empty line, or one that cannot be read "
                                 "(flowlaw audit counts those by cause)\n");
        return;
    }
    add_orientation(e, r);
    if (plan->scope != NULL) {
        fl_buf_add_text(&e->out, "\n scope of the policy\n");
        fl_explain_tree(e, plan->scope, &values, 2);
        if (fl_explain_truth(plan->scope, &values) != 1) {
            fl_buf_add_text(&e->out, "  out of scope: no rule sees it\n");
            return;
        }
    }
    for (uint32_t i = 0; i < plan->rule_count; i++)
        if (fl_explain_concerns(e, &plan->rules[i]))
            add_rule(e, r, i);
}

/* ---- JSON ---- */

static void put_fields(struct fl_explaining *e, const char *key, const struct fl_explain_record *r,
                       const uint32_t *fields, size_t count)
{
    fl_json_key(&e->w, key);
    fl_json_object(&e->w);
    for (size_t i = 0; i < count; i++)
        fl_explain_put_value(e, fl_fields[fields[i]].name, &r->values[fields[i]]);
    fl_json_end(&e->w);
}

static void put_orientation(struct fl_explaining *e, const struct fl_explain_record *r)
{
    const struct fl_value *orientation = &r->values[FL_F_ORIENTATION];
    if (orientation->type == FL_T_NULL) {
        fl_explain_put_null(e, "orientation");
        return;
    }
    fl_json_key(&e->w, "orientation");
    fl_json_object(&e->w);
    fl_explain_put_value(e, "told_by", orientation);
    fl_json_put_text(&e->w, "why", why_oriented(orientation));
    put_fields(e, "from", r, oriented_from, COUNT(oriented_from));
    put_fields(e, "so", r, oriented_so, COUNT(oriented_so));
    fl_json_end(&e->w);
}

static void put_rule(struct fl_explaining *e, const struct fl_explain_record *r, uint32_t index)
{
    const struct fl_plan_rule *rule = &e->session->plan.rules[index];
    struct fl_explain_values values = {.plan = &e->session->plan, .rule = rule, .fields = r->values};
    bool sees = fl_explain_sees(r, rule), asked = rule->void_reason == NULL && rule->from == NULL && sees;
    values.brief = rule->decl->intent != NULL;
    fl_json_object(&e->w);
    fl_explain_put_role(e, rule);
    fl_json_put_text(&e->w, "not_evaluated", rule->void_reason);
    fl_explain_put_texts(e, "from", &rule->decl->from);
    fl_json_put_bool(&e->w, "sees_line", sees);
    fl_explain_put_tree(e, "where", asked ? rule->where : NULL, &values);
    fl_json_put_text(&e->w, "on_flow", r->code[index]);
    fl_json_put_bool(&e->w, "selected", r->selected[index]);
    struct span period = r->selected[index] ? period_of(e, r, rule) : (struct span){INT64_MIN, INT64_MIN};
    fl_explain_put_window(e, "period", period.start_ms, period.end_ms);
    fl_json_key(&e->w, "groups");
    fl_json_array(&e->w);
    for (uint32_t i = 0; i < r->groups.count; i++) {
        if (r->groups.items[i].rule != index || rule->role == FL_ROLE_EXPECT)
            continue;
        fl_json_object(&e->w);
        fl_explain_put_group(e, &r->groups.items[i]);
        fl_json_end(&e->w);
    }
    fl_json_end(&e->w);
    fl_json_end(&e->w);
}

void fl_explain_put_record(struct fl_explaining *e, const struct fl_explain_record *r)
{
    const struct fl_plan *plan = &e->session->plan;
    struct fl_explain_values values = {.plan = plan, .fields = r->values};
    fl_explain_put_head(e, "explain_record", e->name);
    fl_json_put_text(&e->w, "source", r->source);
    fl_json_put_u64(&e->w, "record", e->options->record);
    fl_explain_put_raw(e, r->line);
    fl_json_put_bool(&e->w, "is_record", r->seen);
    put_orientation(e, r);
    bool in_scope = r->seen && (plan->scope == NULL || fl_explain_truth(plan->scope, &values) == 1);
    fl_explain_put_tree(e, "scope", r->seen ? plan->scope : NULL, &values);
    fl_json_put_bool(&e->w, "in_scope", in_scope);
    fl_json_key(&e->w, "parts");
    fl_json_array(&e->w);
    for (uint32_t i = 0; in_scope && i < plan->rule_count; i++)
        if (fl_explain_concerns(e, &plan->rules[i]))
            put_rule(e, r, i);
    fl_json_end(&e->w);
    fl_json_end(&e->w);
    fl_buf_add_char(&e->doc, '\n');
}
