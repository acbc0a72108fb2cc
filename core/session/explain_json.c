/* explain_json.c: what explanations in JSON are made of. */
#include "core/session/explain_json.h"

#include "core/base/escape.h"
#include "core/base/utf8.h"

void fl_explain_put_head(struct fl_explaining *e, const char *type, const char *id)
{
    fl_json_object(&e->w);
    fl_json_put_text(&e->w, "type", type);
    fl_json_put_text(&e->w, "schema", FL_EXPLAIN_SCHEMA);
    fl_json_put_text(&e->w, "id", id);
}

void fl_explain_put_null(struct fl_explaining *e, const char *key)
{
    fl_json_key(&e->w, key);
    fl_json_null(&e->w);
}

void fl_explain_put_texts(struct fl_explaining *e, const char *key, const struct fl_texts *texts)
{
    fl_json_key(&e->w, key);
    fl_json_array(&e->w);
    for (uint32_t i = 0; i < texts->count; i++)
        fl_json_text(&e->w, texts->items[i]);
    fl_json_end(&e->w);
}

void fl_explain_put_value(struct fl_explaining *e, const char *key, const struct fl_value *value)
{
    fl_json_key(&e->w, key);
    fl_value_json(&e->w, value);
}

void fl_explain_put_out(struct fl_explaining *e, const char *key)
{
    fl_json_key(&e->w, key);
    fl_json_str(&e->w, (struct fl_str){e->out.len > 0 ? e->out.data : "", e->out.len});
    e->doc.failed |= e->out.failed;
    fl_buf_clear(&e->out);
}

void fl_explain_put_place(struct fl_explaining *e, const char *key, const char *file, uint32_t line)
{
    fl_buf_add_format(&e->out, "%s:%u", file, line);
    fl_explain_put_out(e, key);
}

static void put_time(struct fl_explaining *e, const char *key, int64_t ms)
{
    struct fl_value time = fl_value_time(ms);
    fl_explain_put_value(e, key, &time);
}

void fl_explain_put_window(struct fl_explaining *e, const char *key, int64_t start_ms, int64_t end_ms)
{
    if (start_ms == INT64_MIN) {
        fl_explain_put_null(e, key);
        return;
    }
    fl_json_key(&e->w, key);
    fl_json_object(&e->w);
    put_time(e, "start", start_ms);
    put_time(e, "end", end_ms);
    fl_json_end(&e->w);
}

void fl_explain_put_raw(struct fl_explaining *e, struct fl_str raw)
{
    if (fl_utf8_valid(raw)) {
        fl_buf_add(&e->out, raw.ptr, raw.len);
        fl_explain_put_out(e, "raw");
    } else {
        fl_escape_base64(&e->out, raw);
        fl_explain_put_out(e, "raw_base64");
    }
}

void fl_explain_put_role(struct fl_explaining *e, const struct fl_plan_rule *rule)
{
    static const char *const roles[] = {[FL_ROLE_RULE] = "rule",
                                        [FL_ROLE_BREACH] = "breaks",
                                        [FL_ROLE_EXPECT] = "expected",
                                        [FL_ROLE_UNDECIDED] = "undecided",
                                        [FL_ROLE_PERMITTED] = "permitted"};
    fl_json_put_text(&e->w, "role", roles[rule->role]);
}

/* ---- conditions ---- */

static void put_named(void *context, const char *name, const struct fl_value *value)
{
    fl_explain_put_value(context, name, value);
}

static void put_node(void *context, const struct fl_node *node, const struct fl_explain_values *values);

static void put_children(struct fl_explaining *e, const struct fl_node *node, const struct fl_explain_values *values)
{
    fl_json_put_text(&e->w, "test", node->kind == FL_N_AND ? "all of" : "any of");
    fl_json_key(&e->w, "of");
    fl_json_array(&e->w);
    uint32_t left_out = fl_explain_children(node, values, put_node, e);
    fl_json_end(&e->w);
    fl_json_put_u64(&e->w, "left_out", left_out);
}

static void put_node(void *context, const struct fl_node *node, const struct fl_explain_values *values)
{
    struct fl_explaining *e = context;
    int truth = fl_explain_truth(node, values);
    fl_json_object(&e->w);
    if (truth < 0)
        fl_explain_put_null(e, "truth");
    else
        fl_json_put_bool(&e->w, "truth", truth == 1);
    if (fl_explain_is_junction(node)) {
        put_children(e, node, values);
    } else if (node->kind == FL_N_NOT && fl_explain_is_junction(node->left)) {
        fl_json_put_text(&e->w, "test", "not");
        fl_json_key(&e->w, "of");
        fl_json_array(&e->w);
        put_node(e, node->left, values);
        fl_json_end(&e->w);
    } else {
        fl_explain_leaf(e, node, values);
        fl_explain_put_out(e, "test");
        fl_json_key(&e->w, "values");
        fl_json_object(&e->w);
        fl_explain_visit_values(node, values, put_named, e);
        fl_json_end(&e->w);
    }
    fl_json_end(&e->w);
}

void fl_explain_put_tree(struct fl_explaining *e, const char *key, const struct fl_node *node,
                         const struct fl_explain_values *values)
{
    fl_json_key(&e->w, key);
    if (node == NULL)
        fl_json_null(&e->w);
    else
        put_node(e, node, values);
}

/* ---- groups ---- */

static void put_slots(struct fl_explaining *e, const char *key, const struct fl_kept_group *kept, uint32_t from,
                      uint32_t count)
{
    const struct fl_plan_rule *rule = &e->session->plan.rules[kept->rule];
    fl_json_key(&e->w, key);
    fl_json_object(&e->w);
    for (uint32_t i = from; i < from + count; i++)
        fl_explain_put_value(e, fl_explain_slot_name(rule, i, false), &kept->group.slots[i]);
    fl_json_end(&e->w);
}

void fl_explain_put_measures(struct fl_explaining *e, const struct fl_kept_group *kept)
{
    const struct fl_plan_rule *rule = &e->session->plan.rules[kept->rule];
    uint32_t from = rule->key_count + FL_COUNTER_COUNT, twice = 0;
    uint32_t count = rule->role == FL_ROLE_EXPECT ? 0 : rule->measure_count + rule->value_count;
    put_slots(e, "measures", kept, from, count);
    for (uint32_t i = from; i < from + count; i++) {
        if (!kept->group.slots[i].may_count_twice)
            continue;
        if (twice++ == 0) {
            fl_json_key(&e->w, "may_count_twice");
            fl_json_array(&e->w);
        }
        fl_json_text(&e->w, fl_explain_slot_name(rule, i, false));
    }
    if (twice > 0)
        fl_json_end(&e->w);
}

static void put_waiver(void *context, const struct fl_waiver *waiver, enum fl_waiver_answer answer,
                       const struct fl_node *where, const struct fl_explain_values *values)
{
    static const char *const answers[] = {
        [FL_WAIVER_OTHER] = "no", [FL_WAIVER_EXPIRED] = "expired", [FL_WAIVER_EXCUSES] = "excuses"};
    struct fl_explaining *e = context;
    fl_json_object(&e->w);
    fl_explain_put_place(e, "declared_at", e->session->policy.file, waiver->line);
    fl_json_put_text(&e->w, "reason", waiver->reason);
    fl_json_put_text(&e->w, "answer", answers[answer]);
    fl_explain_put_tree(e, "where", where, values);
    fl_json_end(&e->w);
}

static void put_judgement(struct fl_explaining *e, const struct fl_kept_group *kept)
{
    bool hit = kept->id[0] != '\0';
    fl_json_put_text(&e->w, "fate", fl_explain_fate_name(kept->group.fate));
    fl_json_put_text(&e->w, "finding", hit ? kept->id : NULL);
    fl_json_put_text(&e->w, "severity", hit ? fl_severity_name(kept->severity) : NULL);
    fl_json_key(&e->w, "waivers");
    fl_json_array(&e->w);
    if (hit)
        fl_explain_visit_waivers(e, kept, put_waiver, e);
    fl_json_end(&e->w);
    if (!hit) {
        fl_explain_put_null(e, "occurrence");
        return;
    }
    fl_json_key(&e->w, "occurrence");
    fl_json_object(&e->w);
    fl_json_put_u64(&e->w, "windows", kept->occurrence.windows);
    fl_explain_put_window(e, "window", kept->occurrence.window_start_ms, kept->occurrence.window_end_ms);
    fl_json_put_bool(&e->w, "is_worst", kept->occurrence.is_worst);
    fl_json_end(&e->w);
}

void fl_explain_put_group(struct fl_explaining *e, const struct fl_kept_group *kept)
{
    const struct fl_plan_rule *rule = &e->session->plan.rules[kept->rule];
    bool by_periods = rule->role == FL_ROLE_EXPECT;
    struct fl_explain_values values = {.plan = &e->session->plan, .rule = rule, .slots = kept->group.slots};
    put_slots(e, "group", kept, 0, by_periods ? rule->identity_count : rule->key_count);
    fl_explain_put_window(e, "window", kept->group.window_start_ms, kept->group.window_end_ms);
    put_slots(e, "counters", kept, rule->key_count, by_periods ? 0 : fl_explain_counters(rule));
    fl_explain_put_measures(e, kept);
    fl_explain_put_tree(e, "having", rule->having, &values);
    put_judgement(e, kept);
}
