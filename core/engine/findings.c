/* findings.c: folds -> findings: ids and texts, made when somebody looks at them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/escape.h"
#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/engine/findings.h"
#include "core/engine/packed.h"
#include "core/rule/compile.h"

#define ID_FORMAT "flowlaw.finding/1"

static const char *waiver_label(const struct fl_judging *j, int waiver)
{
    if (waiver < 0)
        return NULL;
    const struct fl_waiver *w = &j->plan->policy->waivers[waiver];
    return w->ticket != NULL ? fl_arena_printf(j->arena, "%s (%s)", w->reason, w->ticket) : w->reason;
}

static struct fl_pairs measures_of(struct fl_judging *j, const struct fl_hit *hit)
{
    const struct fl_plan_rule *rule = &j->plan->rules[hit->rule];
    if (rule->role == FL_ROLE_EXPECT) /* what did not take place has no measures */
        return (struct fl_pairs){NULL, 0};
    const char *names[FL_MEASURES_PER_RULE_MAX];
    uint32_t count = rule->measure_count + rule->value_count;
    for (uint32_t m = 0; m < count; m++)
        names[m] = fl_plan_rule_measured(rule, m);
    return fl_judge_pairs(j, names, hit->slots + rule->key_count + FL_COUNTER_COUNT, count, true);
}

static struct fl_pairs identity_of(struct fl_judging *j, const struct fl_hit *hit)
{
    const struct fl_plan_rule *rule = &j->plan->rules[hit->rule];
    const char *names[64];
    struct fl_value values[64];
    uint32_t n = 0;
    for (uint32_t i = 0; i < rule->identity_count && n < 64; i++) {
        struct fl_value value = fl_hit_identity(j->plan, hit, i);
        bool left_out = value.type == FL_T_NULL && hit->slots[rule->identity[i]].type != FL_T_NULL;
        names[n] = rule->key_names[rule->identity[i]];
        values[n] = value;
        n += !left_out;
    }
    return fl_judge_pairs(j, names, values, n, true);
}

/* false when memory is out. */
static bool make_id(const struct fl_judging *j, const struct fl_hit *hit, char out[33])
{
    const struct fl_plan_rule *rule = &j->plan->rules[hit->rule];
    const char *id = rule->decl->id, *policy = j->plan->policy->name;
    uint8_t digest[32];
    struct fl_buf identity;
    fl_buf_init(&identity);
    for (uint32_t i = 0; i < rule->identity_count; i++) {
        struct fl_value value = fl_hit_identity(j->plan, hit, i);
        fl_value_encode(&identity, &value);
    }
    struct fl_sha256 *sha = identity.failed ? NULL : fl_sha256_new();
    if (sha != NULL) {
        fl_sha256_add(sha, ID_FORMAT, sizeof ID_FORMAT);
        fl_sha256_add(sha, policy, strlen(policy) + 1);
        fl_sha256_add(sha, id, strlen(id) + 1);
        fl_sha256_add(sha, identity.len > 0 ? identity.data : "", identity.len);
        fl_sha256_finish(sha, digest);
    }
    fl_buf_dispose(&identity);
    for (unsigned i = 0; sha != NULL && i < 16; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
    return sha != NULL;
}

static struct fl_occurrence occurrence_of(struct fl_judging *j, const struct fl_hit *hit)
{
    const struct fl_plan_rule *rule = &j->plan->rules[hit->rule];
    uint32_t keys = rule->role == FL_ROLE_EXPECT ? rule->identity_count : rule->key_count;
    return (struct fl_occurrence){.group = fl_judge_pairs(j, rule->key_names, hit->slots, keys, true),
                                  .window_start_ms = hit->window_start_ms,
                                  .window_end_ms = hit->window_end_ms,
                                  .flows = hit->counters.flows,
                                  .measures = measures_of(j, hit),
                                  .severity = fl_hit_severity(j, hit),
                                  .waived_by = waiver_label(j, hit->waiver)};
}

/* Whether `name` stands in an expression as a word of its own. */
static bool names(const char *text, const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$";
    size_t len = strlen(name);
    for (const char *at = text; (at = strstr(at, name)) != NULL; at++)
        if ((at == text || strchr(letters, at[-1]) == NULL) && (at[len] == '\0' || strchr(letters, at[len]) == NULL))
            return true;
    return false;
}

/* Adds "name = value" if `having` names it: the first behind " (", the others behind ", ". */
static void add_measured(struct fl_buf *out, const char *having, const char *name, const struct fl_value *value,
                         const char **separator)
{
    if (!names(having, name))
        return;
    fl_buf_add_format(out, "%s%s = ", *separator, name);
    fl_value_text(out, value);
    *separator = ", ";
}

/* A measure, or those of its members that `having` names. */
static void add_measure(struct fl_buf *out, const struct fl_plan_rule *rule, uint32_t m, const struct fl_value *value,
                        const char **separator)
{
    const struct fl_measure *measure = m < rule->measure_count ? &rule->measures[m] : NULL;
    uint32_t members = measure != NULL && measure->member_paths != NULL ? fl_measure_member_count(measure->kind) : 0;
    for (uint32_t i = 0; i < members; i++) {
        struct fl_value member = fl_value_member(value, i + 1);
        add_measured(out, rule->having_text, measure->member_paths[i], &member, separator);
    }
    if (members == 0 && value->type != FL_T_LIST)
        add_measured(out, rule->having_text, fl_plan_rule_measured(rule, m), value, separator);
}

/* `having` with the measured values, for a person: "run >= 8: run = 20". */
static const char *threshold_text(struct fl_judging *j, const struct fl_hit *hit)
{
    const struct fl_plan_rule *rule = &j->plan->rules[hit->rule];
    if (rule->having_text == NULL)
        return NULL;
    struct fl_buf out;
    fl_buf_init(&out);
    fl_buf_add_text(&out, rule->having_text);
    const char *separator = " (";
    for (uint32_t m = 0; m < rule->measure_count + rule->value_count; m++)
        add_measure(&out, rule, m, &hit->slots[rule->key_count + FL_COUNTER_COUNT + m], &separator);
    for (uint32_t c = 0; c < FL_COUNTER_COUNT; c++)
        add_measured(&out, rule->having_text, fl_counter_name(c), &hit->slots[rule->key_count + c], &separator);
    for (uint32_t p = 0; p < rule->param_count; p++) {
        struct fl_value value = {.type = FL_T_STR, .str = fl_str_of(rule->params[p].text)};
        const char *name = fl_arena_printf(j->arena, "$%s", rule->params[p].decl->name);
        if (name == NULL)
            out.failed = true;
        else
            add_measured(&out, rule->having_text, name, &value, &separator);
    }
    if (separator[0] == ',')
        fl_buf_add_char(&out, ')');
    const char *text = out.failed ? NULL : fl_arena_strndup(j->arena, out.data, out.len);
    fl_buf_dispose(&out);
    return text;
}

static const char *message_text(struct fl_judging *j, const struct fl_hit *hit)
{
    if (hit->message != NULL)
        return hit->message;
    struct fl_buf out;
    fl_buf_init(&out);
    fl_template_print(&j->plan->rules[hit->rule].message, hit->slots, &out);
    const char *text = out.failed ? NULL : fl_escape_nul(j->arena, (struct fl_str){out.data, out.len});
    fl_buf_dispose(&out);
    return text;
}

static struct fl_pairs params_of(struct fl_judging *j, const struct fl_plan_rule *rule)
{
    struct fl_pair *pairs = fl_arena_alloc(j->arena, (rule->param_count + 1) * sizeof *pairs);
    if (pairs == NULL)
        return (struct fl_pairs){NULL, 0};
    for (uint32_t i = 0; i < rule->param_count; i++) {
        const struct fl_param_decl *p = rule->params[i].decl;
        pairs[i].name = p->name;
        pairs[i].value = (struct fl_value){.type = FL_T_STR, .str = fl_str_of(rule->params[i].text)};
    }
    return (struct fl_pairs){pairs, rule->param_count};
}

static int64_t known_or_none(int64_t ms)
{
    return ms == INT64_MAX ? INT64_MIN : ms;
}

static enum fl_status unpack_worst(struct fl_judging *j, uint32_t rule, const struct fl_fold_part *part,
                                   struct fl_hit worst[FL_OCCURRENCES_SHOWN])
{
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < part->worst_count && status == FL_OK; i++) {
        uint8_t *bytes = fl_arena_alloc(j->arena, part->worst[i]->len); /* texts are views into it */
        if (bytes == NULL)
            return FL_E_NOMEM;
        memcpy(bytes, part->worst[i]->bytes, part->worst[i]->len);
        struct fl_taking in = {bytes, part->worst[i]->len, false};
        status = fl_hit_unpack(j, rule, &in, j->arena, &worst[i]);
    }
    return status;
}

enum fl_status fl_finding_make(struct fl_judging *j, uint32_t rule_index, const struct fl_fold *fold,
                               struct fl_finding *f)
{
    enum fl_excuse least = fl_fold_excuse(fold);
    const struct fl_fold_part *part = fold->excused[least];
    const struct fl_plan_rule *rule = &j->plan->rules[rule_index];
    const struct fl_rule_decl *decl = rule->decl;
    struct fl_hit worst[FL_OCCURRENCES_SHOWN] = {{0}};
    enum fl_status status = unpack_worst(j, rule_index, part, worst);
    memset(f, 0, sizeof *f);
    if (status != FL_OK)
        return status;
    if (!make_id(j, worst, f->id))
        return FL_E_NOMEM;
    f->rule = decl->id;
    f->title = worst->title != NULL ? worst->title : decl->title;
    f->severity = fl_hit_severity(j, worst);
    f->message = message_text(j, worst);
    f->controls = decl->controls;
    f->attack = decl->attack;
    f->remediation = decl->remediation;
    f->params = params_of(j, rule);
    f->group = identity_of(j, worst);
    f->measures = measures_of(j, worst);
    f->extra = worst->extra;
    f->threshold = threshold_text(j, worst);
    f->declared_file = decl->file;
    f->declared_line = decl->line;
    f->coverage = fl_judge_concerned(j, &part->concerned);
    if (least != FL_EXCUSE_NONE) {
        f->waived = waiver_label(j, worst->waiver);
        f->waived_severity = fl_waiver_severity(j->plan->policy->waivers[worst->waiver].effect);
    }
    f->occurrence_count = part->count;
    f->occurrence_first_ms = f->first_seen_ms = known_or_none(part->sum.first_ms);
    f->occurrence_last_ms = f->last_seen_ms = part->sum.last_ms;
    f->flows = part->sum.flows;
    f->packets = part->sum.packets;
    f->bytes = part->sum.bytes;
    f->worst_count = part->worst_count;
    struct fl_occurrence *shown = fl_arena_alloc(j->arena, f->worst_count * sizeof *shown);
    if (shown == NULL || f->message == NULL)
        return FL_E_NOMEM;
    for (uint32_t i = 0; i < f->worst_count; i++)
        shown[i] = occurrence_of(j, &worst[i]);
    f->worst = shown;
    return FL_OK;
}

enum fl_status fl_judge_keep_hit(struct fl_judging *j, struct fl_hit *hit)
{
    hit->waiver = -1;
    fl_judge_waive(j, hit);
    return fl_folds_add(j, j->folds, hit);
}

enum fl_status fl_judge_tell_hit(const struct fl_judging *j, const struct fl_hit *hit)
{
    const struct fl_judge_watch *watch = j->options->watch;
    char id[33];
    if (watch == NULL)
        return FL_OK;
    if (!make_id(j, hit, id))
        return FL_E_NOMEM;
    struct fl_judged_hit told = {id,
                                 hit->rule,
                                 hit->slots,
                                 hit->window_start_ms,
                                 hit->window_end_ms,
                                 fl_hit_severity(j, hit),
                                 hit->waiver,
                                 fl_folds_newest(j->folds, hit)};
    return watch->hit(watch->context, &told);
}
