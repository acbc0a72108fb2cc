/* json.c: results as typed JSON lines. The shape is documented in docs/results.md. */
#include <stdio.h>

#include "core/base/escape.h"
#include "core/base/utf8.h"
#include "core/base/when.h"
#include "core/plugin/flowlaw_plugin.h"
#include "core/record/report.h"

static void put_time(struct fl_json *w, const char *key, int64_t ms)
{
    char text[FL_WHEN_TEXT_BYTES];
    fl_json_key(w, key);
    if (ms == INT64_MIN || ms == INT64_MAX)
        fl_json_null(w);
    else
        fl_json_str(w, (struct fl_str){text, fl_when_format(ms, text)});
}

static void put_wide(struct fl_json *w, const char *key, __int128 value)
{
    struct fl_value v = fl_value_int(FL_T_INT, value);
    fl_json_key(w, key);
    fl_value_json(w, &v);
}

static void put_texts(struct fl_json *w, const char *key, const struct fl_texts *texts)
{
    fl_json_key(w, key);
    fl_json_array(w);
    for (uint32_t i = 0; i < texts->count; i++)
        fl_json_text(w, texts->items[i]);
    fl_json_end(w);
}

static void put_pairs(struct fl_json *w, const char *key, const struct fl_pair *items, uint32_t count)
{
    fl_json_key(w, key);
    fl_json_object(w);
    for (uint32_t i = 0; i < count; i++) {
        fl_json_key(w, items[i].name);
        fl_value_json(w, &items[i].value);
    }
    fl_json_end(w);
}

static void put_declared(struct fl_json *w, const char *file, uint32_t line)
{
    char text[512];
    snprintf(text, sizeof text, "%s:%u", file != NULL ? file : "-", line);
    fl_json_put_text(w, "declared_at", text);
}

static void put_coverage(struct fl_json *w, const struct fl_coverage *c)
{
    struct fl_value share = FL_VALUE_NULL;
    if (c->minutes > 0)
        share = (struct fl_value){.type = FL_T_RATIO, .ratio = {c->lost_minutes, c->minutes}};
    fl_json_key(w, "coverage");
    fl_json_object(w);
    fl_json_put_u64(w, "minutes", c->minutes);
    fl_json_put_u64(w, "lost_minutes", c->lost_minutes);
    fl_json_key(w, "lost_share");
    fl_value_json(w, &share);
    fl_json_put_bool(w, "damaged", c->damaged);
    fl_json_put_bool(w, "sampled", c->sampled);
    fl_json_end(w);
}

static void put_evidence(struct fl_json *w, const struct fl_evidence *items, uint32_t count)
{
    fl_json_key(w, "evidence");
    fl_json_array(w);
    for (uint32_t i = 0; i < count; i++) {
        const struct fl_evidence *e = &items[i];
        fl_json_object(w);
        fl_json_put_text(w, "source", e->source);
        fl_json_put_u64(w, "record", e->record);
        fl_json_put_u64(w, "offset", e->offset);
        if (fl_utf8_valid(e->raw)) {
            fl_json_key(w, "raw");
            fl_json_str(w, e->raw);
        } else {
            struct fl_buf base64;
            fl_buf_init(&base64);
            fl_escape_base64(&base64, e->raw);
            fl_json_key(w, "raw_base64");
            fl_json_str(w, (struct fl_str){base64.data, base64.len});
            w->out->failed |= base64.failed;
            fl_buf_dispose(&base64);
        }
        put_pairs(w, "fields", e->fields, e->field_count);
        fl_json_end(w);
    }
    fl_json_end(w);
}

static void put_run(struct fl_json *w, const struct fl_run *run)
{
    fl_json_put_text(w, "schema", FL_RESULTS_SCHEMA);
    fl_json_put_text(w, "policy", run->policy);
    fl_json_put_text(w, "policy_file", run->policy_file);
    fl_json_key(w, "inputs");
    fl_json_array(w);
    for (uint32_t i = 0; i < run->input_count; i++) {
        fl_json_object(w);
        fl_json_put_text(w, "name", run->inputs[i].name);
        fl_json_put_text(w, "format", run->inputs[i].format);
        fl_json_put_u64(w, "bytes", run->inputs[i].bytes);
        fl_json_put_u64(w, "records", run->inputs[i].records);
        fl_json_end(w);
    }
    fl_json_end(w);
    fl_json_put_u64(w, "records", run->records);
    fl_json_put_u64(w, "bytes", run->bytes);
    fl_json_put_u64(w, "bad_lines", run->bad_lines);
    fl_json_put_u64(w, "no_data", run->no_data);
    fl_json_put_u64(w, "skip_data", run->skip_data);
    if (run->deduped)
        fl_json_put_u64(w, "duplicates", run->duplicates);
    put_time(w, "first", run->first_ms);
    put_time(w, "last", run->last_ms);
    put_coverage(w, &run->coverage);
    fl_json_put_text(w, "fail_on", fl_severity_name(run->fail_on));
    fl_json_put_bool(w, "complete", run->complete);
    fl_json_put_u64(w, "exit_status", (uint64_t)run->exit_status);
}

static void put_intent(struct fl_json *w, const struct fl_intent_result *r)
{
    fl_json_put_text(w, "id", r->id);
    fl_json_put_text(w, "title", r->title);
    fl_json_put_text(w, "severity", fl_severity_name(r->severity));
    fl_json_put_text(w, "ending", fl_ending_name(r->ending));
    fl_json_put_bool(w, "waived", r->waived);
    fl_json_put_bool(w, "optional", r->optional);
    fl_json_put_text(w, "reason", r->reason);
    fl_json_put_u64(w, "permitted_flows", r->permitted_flows);
    fl_json_put_u64(w, "permitted_conversations", r->permitted_conversations);
    fl_json_put_u64(w, "blocked_attempts", r->blocked_attempts);
    fl_json_put_u64(w, "breaches", r->breaches);
    fl_json_key(w, "undecided");
    fl_json_object(w);
    fl_json_put_u64(w, "count", r->undecided_count);
    fl_json_key(w, "worst");
    fl_json_array(w);
    for (uint32_t i = 0; i < r->undecided_shown; i++) {
        fl_json_object(w);
        put_pairs(w, "group", r->undecided[i].group.items, r->undecided[i].group.count);
        fl_json_put_u64(w, "flows", r->undecided[i].flows);
        put_evidence(w, r->undecided[i].evidence, r->undecided[i].evidence_count);
        fl_json_end(w);
    }
    fl_json_end(w);
    fl_json_end(w);
    put_texts(w, "controls", &r->controls);
    put_declared(w, r->declared_file, r->declared_line);
}

static void put_rule(struct fl_json *w, const struct fl_rule_result *r)
{
    fl_json_put_text(w, "id", r->id);
    fl_json_put_text(w, "title", r->title);
    fl_json_put_text(w, "severity", fl_severity_name(r->severity));
    fl_json_put_bool(w, "evaluated", r->evaluated);
    fl_json_put_text(w, "reason", r->reason);
    fl_json_put_u64(w, "objects", r->objects);
    fl_json_put_u64(w, "objects_lacking", r->objects_lacking);
    fl_json_put_u64(w, "records_selected", r->records_selected);
    fl_json_put_u64(w, "groups", r->groups);
    fl_json_put_u64(w, "findings", r->findings);
    if (r->signal)
        fl_json_put_bool(w, "signal", true);
    put_declared(w, r->declared_file, r->declared_line);
}

/* Sums with records that do not tell whose interface wrote them; the key is there only with such. */
static void put_may_count_twice(struct fl_json *w, const struct fl_pairs *measures)
{
    uint32_t names = 0;
    for (uint32_t i = 0; i < measures->count; i++) {
        if (!measures->items[i].value.may_count_twice)
            continue;
        if (names++ == 0) {
            fl_json_key(w, "may_count_twice");
            fl_json_array(w);
        }
        fl_json_text(w, measures->items[i].name);
    }
    if (names > 0)
        fl_json_end(w);
}

static void put_occurrences(struct fl_json *w, const struct fl_finding *f)
{
    fl_json_key(w, "occurrences");
    fl_json_object(w);
    fl_json_put_u64(w, "count", f->occurrence_count);
    put_time(w, "first", f->occurrence_first_ms);
    put_time(w, "last", f->occurrence_last_ms);
    fl_json_key(w, "worst");
    fl_json_array(w);
    for (uint32_t i = 0; i < f->worst_count; i++) {
        const struct fl_occurrence *o = &f->worst[i];
        fl_json_object(w);
        put_pairs(w, "group", o->group.items, o->group.count);
        fl_json_key(w, "window");
        if (o->window_start_ms == INT64_MIN) {
            fl_json_null(w);
        } else {
            fl_json_object(w);
            put_time(w, "start", o->window_start_ms);
            put_time(w, "end", o->window_end_ms);
            fl_json_end(w);
        }
        fl_json_put_u64(w, "flows", o->flows);
        put_pairs(w, "measures", o->measures.items, o->measures.count);
        put_may_count_twice(w, &o->measures);
        fl_json_put_text(w, "severity", fl_severity_name(o->severity));
        fl_json_put_text(w, "waived_by", o->waived_by);
        fl_json_end(w);
    }
    fl_json_end(w);
    fl_json_end(w);
}

static void put_finding(struct fl_json *w, const struct fl_finding *f)
{
    fl_json_put_text(w, "id", f->id);
    fl_json_put_text(w, "rule", f->rule);
    fl_json_put_text(w, "title", f->title);
    fl_json_put_text(w, "severity", fl_severity_name(f->severity));
    fl_json_put_text(w, "message", f->message);
    put_texts(w, "controls", &f->controls);
    put_texts(w, "attack", &f->attack);
    fl_json_put_text(w, "remediation", f->remediation);
    put_pairs(w, "params", f->params.items, f->params.count);
    put_pairs(w, "group", f->group.items, f->group.count);
    put_pairs(w, "measures", f->measures.items, f->measures.count);
    put_may_count_twice(w, &f->measures);
    put_pairs(w, "extra", f->extra.items, f->extra.count);
    put_occurrences(w, f);
    put_time(w, "first_seen", f->first_seen_ms);
    put_time(w, "last_seen", f->last_seen_ms);
    fl_json_put_u64(w, "flows", f->flows);
    put_wide(w, "packets", f->packets);
    put_wide(w, "bytes", f->bytes);
    put_evidence(w, f->evidence, f->evidence_count);
    fl_json_put_text(w, "threshold", f->threshold);
    fl_json_put_text(w, "waived", f->waived);
    fl_json_put_bool(w, "hidden", f->waived != NULL && f->waived_severity == FL_SEV_NONE);
    put_declared(w, f->declared_file, f->declared_line);
    put_coverage(w, &f->coverage);
}

static void put_waiver(struct fl_json *w, const struct fl_waiver_result *r)
{
    fl_json_put_text(w, "rule", r->rule);
    fl_json_put_text(w, "where", r->where);
    fl_json_put_text(w, "owner", r->owner);
    fl_json_put_text(w, "reason", r->reason);
    fl_json_put_text(w, "ticket", r->ticket);
    fl_json_put_text(w, "expires", r->expires);
    fl_json_put_text(w, "state", r->state);
    fl_json_put_u64(w, "occurrences", r->occurrences);
    put_declared(w, r->declared_file, r->declared_line);
}

static void put_blind_spot(struct fl_json *w, const struct fl_blind_spot *b)
{
    fl_json_put_text(w, "kind", fl_blind_name(b->kind));
    fl_json_put_text(w, "what", b->what);
    fl_json_put_text(w, "text", b->text);
    fl_json_put_u64(w, "count", b->count);
    fl_json_put_bool(w, "incomplete", b->incomplete);
}

struct lines {
    const struct flp_sink *sink;
    struct fl_buf out;
    struct fl_json w;
    bool ok;
};

static void begin(struct lines *l, const char *type)
{
    fl_buf_clear(&l->out);
    fl_json_init(&l->w, &l->out);
    fl_json_object(&l->w);
    fl_json_put_text(&l->w, "type", type);
}

static void end(struct lines *l)
{
    fl_json_end(&l->w);
    fl_buf_add_char(&l->out, '\n');
    l->ok = l->ok && !l->out.failed && l->sink->write(l->sink->context, l->out.data, l->out.len);
}

static enum fl_status write_finding(void *context, const struct fl_finding *f)
{
    struct lines *l = context;
    begin(l, "finding");
    put_finding(&l->w, f);
    end(l);
    return l->ok ? FL_OK : FL_END;
}

static bool json_write(const struct fl_report *report, const struct flp_sink *sink)
{
    struct lines l = {.sink = sink, .ok = true};
    fl_buf_init(&l.out);
    begin(&l, "run");
    put_run(&l.w, &report->run);
    end(&l);
    for (uint32_t i = 0; i < report->intent_count; i++) {
        begin(&l, "intent");
        put_intent(&l.w, &report->intents[i]);
        end(&l);
    }
    for (uint32_t i = 0; i < report->rule_count; i++) {
        begin(&l, "rule");
        put_rule(&l.w, &report->rules[i]);
        end(&l);
    }
    struct fl_finding_visit visit = {.take = write_finding, .context = &l};
    if (fl_report_findings(report, &visit) != FL_OK)
        l.ok = false;
    for (uint32_t i = 0; i < report->waiver_count; i++) {
        begin(&l, "waiver");
        put_waiver(&l.w, &report->waivers[i]);
        end(&l);
    }
    for (uint32_t i = 0; i < report->blind_spot_count; i++) {
        begin(&l, "blind_spot");
        put_blind_spot(&l.w, &report->blind_spots[i]);
        end(&l);
    }
    fl_buf_dispose(&l.out);
    return l.ok;
}

static const struct flp_output output = {.size = sizeof output, .write = json_write};
extern const struct flp_plugin flp_plugin_json;
const struct flp_plugin flp_plugin_json = {.abi = FLP_ABI,
                                           .size = sizeof flp_plugin_json,
                                           .kind = FLP_OUTPUT,
                                           .name = "json",
                                           .summary = "typed JSON lines, versioned (docs/results.md)",
                                           .functions = &output};
