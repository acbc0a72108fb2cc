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

static void put(struct line *l, const char *key, const char *text)
{
    fl_json_key(&l->w, key);
    fl_json_text(&l->w, text);
}

static void put_count(struct line *l, const char *key, uint64_t count)
{
    fl_json_key(&l->w, key);
    fl_json_u64(&l->w, count);
}

static void put_flag(struct line *l, const char *key, bool value)
{
    fl_json_key(&l->w, key);
    fl_json_bool(&l->w, value);
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
    put(&l, "schema", CHECK_SCHEMA);
    put(&l, "name", policy->name);
    put(&l, "file", policy->file);
    put_count(&l, "intents", policy->intent_count);
    put_count(&l, "rules", rules);
    put_count(&l, "waivers", policy->waiver_count);
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
        put(&l, "name", input->sources.items[o].name);
        put(&l, "format", s->recognised ? s->format : NULL);
        put_count(&l, "records", s->records);
        put(&l, "trouble", s->recognised ? damage_of(s) : trouble);
        put_flag(&l, "skipped", s->foreign);
        end(&l);
    }
    for (uint32_t i = 0; i < input->sources.trouble_count; i++) {
        begin(&l, "object");
        put(&l, "name", input->sources.troubles[i].name);
        put(&l, "format", NULL);
        put_count(&l, "records", 0);
        put(&l, "trouble", input->sources.troubles[i].text);
        put_flag(&l, "skipped", input->sources.troubles[i].kind > FL_SOURCE_UNREADABLE);
        end(&l);
    }
}

static void put_rule(const struct fl_session *session, const struct fl_plan_rule *rule,
                     const struct fl_checked_input *input)
{
    struct fl_field_set reads = fl_check_reads(rule);
    struct line l;
    begin(&l, rule->role == FL_ROLE_RULE ? "rule" : "intent");
    put(&l, "id", rule->decl->id);
    put_fields(&l, "reads", &reads);
    fl_json_key(&l.w, "from");
    fl_json_array(&l.w);
    for (uint32_t i = 0; i < rule->decl->from.count; i++)
        fl_json_text(&l.w, rule->decl->from.items[i]);
    fl_json_end(&l.w);
    put(&l, "not_evaluated", rule->void_reason);
    if (input != NULL) {
        uint32_t read;
        uint32_t judged = fl_check_judged(&session->plan, rule, input, &read);
        put_count(&l, "objects", read);
        put_count(&l, "objects_lacking", read - judged);
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
    put(&l, "code", code);
    put(&l, "level", fl_check_level(item->code));
    put(&l, "subject", item->rule);
    put(&l, "file", item->at.file);
    put_count(&l, "line", item->at.line);
    put_count(&l, "column", item->at.column);
    put(&l, "text", item->at.text);
    put(&l, "todo", item->todo);
    end(&l);
}
