/* check_json.c: `flowlaw check -o json`. */
#include <stdio.h>

#include "core/session/check.h"

#define CHECK_SCHEMA "flowlaw.check/1"

/* One line: buffer and writer. */
struct line {
    struct fl_buf out;
    struct fl_json w;
};

static void begin(struct line *l, const char *type)
{
    fl_buf_init(&l->out);
    fl_json_init(&l->w, &l->out);
    fl_json_object(&l->w);
    fl_json_key(&l->w, "type");
    fl_json_text(&l->w, type);
}

static void end(struct line *l)
{
    fl_json_end(&l->w);
    fl_buf_add_char(&l->out, '\n');
    if (!l->out.failed)
        fwrite(l->out.data, 1, l->out.len, stdout);
    fl_buf_dispose(&l->out);
}

static void put_fields(struct line *l, const char *key, const struct fl_field_set *fields)
{
    fl_json_key(&l->w, key);
    fl_json_array(&l->w);
    for (uint32_t f = 0; f < FL_FIELD_COUNT; f++)
        if (fl_field_set_has(fields, f))
            fl_json_text(&l->w, fl_fields[f].name);
    fl_json_end(&l->w);
}

void fl_check_put_policy(const struct fl_session *session)
{
    const struct fl_policy *policy = &session->policy;
    uint32_t rules = 0;
    struct line l;
    for (uint32_t r = 0; r < session->plan.rule_count; r++)
        rules += session->plan.rules[r].role == FL_ROLE_RULE;
    begin(&l, "policy");
    fl_json_put_text(&l.w, "schema", CHECK_SCHEMA);
    fl_json_put_text(&l.w, "name", policy->name);
    fl_json_put_text(&l.w, "file", policy->file);
    fl_json_put_u64(&l.w, "intents", policy->intent_count);
    fl_json_put_u64(&l.w, "rules", rules);
    fl_json_put_u64(&l.w, "waivers", policy->waiver_count);
    end(&l);
}

static const char *damage_of(const struct fl_object_stats *stats)
{
    return stats->read.damage != FL_DAMAGE_NONE ? stats->read.damage_text : NULL;
}

/* Of what is recognised the format, of the rest why it is not. */
void fl_check_put_input(const struct fl_checked_input *input)
{
    struct line l;
    for (uint32_t o = 0; o < input->part.object_count; o++) {
        const struct fl_object_stats *s = &input->part.objects[o];
        const char *trouble = s->trouble[0] != '\0' ? s->trouble : "no record";
        begin(&l, "object");
        fl_json_put_text(&l.w, "name", input->sources.items[o].name);
        fl_json_put_text(&l.w, "format", s->recognised ? s->format : NULL);
        fl_json_put_u64(&l.w, "records", s->records);
        fl_json_put_text(&l.w, "trouble", s->recognised ? damage_of(s) : trouble);
        fl_json_put_bool(&l.w, "skipped", s->foreign);
        end(&l);
    }
    for (uint32_t i = 0; i < input->sources.trouble_count; i++) {
        begin(&l, "object");
        fl_json_put_text(&l.w, "name", input->sources.troubles[i].name);
        fl_json_put_text(&l.w, "format", NULL);
        fl_json_put_u64(&l.w, "records", 0);
        fl_json_put_text(&l.w, "trouble", input->sources.troubles[i].text);
        fl_json_put_bool(&l.w, "skipped", input->sources.troubles[i].kind > FL_SOURCE_UNREADABLE);
        end(&l);
    }
}

static void put_rule(const struct fl_session *session, const struct fl_plan_rule *rule,
                     const struct fl_checked_input *input)
{
    struct fl_field_set reads = fl_check_reads(rule);
    struct line l;
    begin(&l, rule->role == FL_ROLE_RULE ? "rule" : "intent");
    fl_json_put_text(&l.w, "id", rule->decl->id);
    put_fields(&l, "reads", &reads);
    fl_json_key(&l.w, "from");
    fl_json_array(&l.w);
    for (uint32_t i = 0; i < rule->decl->from.count; i++)
        fl_json_text(&l.w, rule->decl->from.items[i]);
    fl_json_end(&l.w);
    fl_json_put_text(&l.w, "not_evaluated", rule->void_reason);
    if (input != NULL) {
        uint32_t read;
        uint32_t judged = fl_check_judged(&session->plan, rule, input, &read);
        fl_json_put_u64(&l.w, "objects", read);
        fl_json_put_u64(&l.w, "objects_lacking", read - judged);
    }
    end(&l);
}

void fl_check_put_rules(const struct fl_session *session, const struct fl_checked_input *input)
{
    for (uint32_t r = 0; r < session->plan.rule_count; r++)
        if (session->plan.rules[r].role <= FL_ROLE_EXPECT)
            put_rule(session, &session->plan.rules[r], input);
}

void fl_check_put_lint(const struct fl_lint *item)
{
    char code[16];
    struct line l;
    snprintf(code, sizeof code, "FL%03d", (int)item->code);
    begin(&l, "check");
    fl_json_put_text(&l.w, "code", code);
    fl_json_put_text(&l.w, "level", fl_check_level(item->code));
    fl_json_put_text(&l.w, "subject", item->rule);
    fl_json_put_text(&l.w, "file", item->at.file);
    fl_json_put_u64(&l.w, "line", item->at.line);
    fl_json_put_u64(&l.w, "column", item->at.column);
    fl_json_put_text(&l.w, "text", item->at.text);
    fl_json_put_text(&l.w, "todo", item->todo);
    end(&l);
}
