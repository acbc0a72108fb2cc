/* findings.c: folded hits -> findings: ids, texts, evidence. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/hash.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/engine/folds.h"
#include "core/rule/compile.h"

#define ID_FORMAT "flowlaw.finding/1"

static int compare_identity(const struct fl_plan *plan, const struct fl_hit *a, const struct fl_hit *b)
{
    for (uint32_t i = 0; i < plan->rules[a->rule].identity_count; i++) {
        struct fl_value x = fl_hit_identity(plan, a, i), y = fl_hit_identity(plan, b, i);
        int c = fl_value_compare(&x, &y);
        if (c != 0)
            return c;
    }
    return 0;
}

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

static void make_id(const struct fl_judging *j, const struct fl_hit *hit, char out[33])
{
    const char *id = j->plan->rules[hit->rule].decl->id;
    const char *policy = j->plan->policy->name;
    uint8_t digest[32];
    struct fl_sha256 *sha = fl_sha256_new();
    if (sha == NULL) {
        out[0] = '\0';
        return;
    }
    fl_sha256_add(sha, ID_FORMAT, sizeof ID_FORMAT);
    fl_sha256_add(sha, policy, strlen(policy) + 1);
    fl_sha256_add(sha, id, strlen(id) + 1);
    fl_sha256_add(sha, hit->identity, hit->identity_len);
    fl_sha256_finish(sha, digest);
    for (unsigned i = 0; i < 16; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
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
    for (uint32_t m = 0; m < rule->measure_count + rule->value_count; m++) {
        const struct fl_value *value = &hit->slots[rule->key_count + FL_COUNTER_COUNT + m];
        if (value->type != FL_T_LIST)
            add_measured(&out, rule->having_text, fl_plan_rule_measured(rule, m), value, &separator);
    }
    for (uint32_t c = 0; c < FL_COUNTER_COUNT; c++)
        if (c != FL_C_FIRST_SEEN && c != FL_C_LAST_SEEN)
            add_measured(&out, rule->having_text, fl_counter_name(c), &hit->slots[rule->key_count + c], &separator);
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
    const char *text = out.failed ? NULL : fl_arena_strndup(j->arena, out.len > 0 ? out.data : "", out.len);
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

static enum fl_status make_finding(struct fl_judging *j, const struct fl_fold *fold, struct fl_finding *f)
{
    enum fl_excuse least = fl_fold_excuse(fold);
    const struct fl_fold_part *part = &fold->excused[least];
    const struct fl_plan_rule *rule = &j->plan->rules[part->worst[0].rule];
    struct fl_hit worst[FL_OCCURRENCES_SHOWN]; /* what the report shows outlives the folds */
    if (part->worst_count == 0)
        return FL_E_INTERNAL;
    for (uint32_t i = 0; i < part->worst_count; i++)
        if (!fl_hit_copy(j->arena, &part->worst[i], fl_plan_rule_slots(rule), &worst[i]))
            return FL_E_NOMEM;
    const struct fl_rule_decl *decl = rule->decl;
    memset(f, 0, sizeof *f);
    make_id(j, worst, f->id);
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

/* ---- evidence ---- */

struct wanted_line {
    struct fl_place place;
    struct fl_evidence *into;
};

struct taking {
    struct fl_judging *j;
    struct wanted_line *wanted;
    struct fl_evidence *current;
    struct fl_pair fields[FL_COLUMNS_MAX];
    uint32_t field_count;
    const struct fl_evidence_line *line; /* at hand */
    const char *raw;                     /* the copy of its text */
    struct fl_map names;
    const char **copies; /* of names, by id */
    uint32_t copy_count, copy_capacity;
    bool failed; /* memory is out */
    uint64_t missing;
};

static int compare_wanted(const void *left, const void *right)
{
    const struct wanted_line *a = left, *b = right;
    return a->place.where < b->place.where ? -1 : a->place.where > b->place.where;
}

/* The name of a column, which the evidence of all findings shares. */
static const char *shared_name(struct taking *t, const char *name, size_t len)
{
    uint32_t id = fl_map_intern(&t->names, (struct fl_str){name, len});
    if (id == FL_MAP_NONE || !fl_grow((void **)&t->copies, &t->copy_capacity, id + 1, sizeof *t->copies))
        return NULL;
    if (id == t->copy_count)
        t->copies[t->copy_count++] = fl_arena_strndup(t->j->arena, name, len);
    return t->copies[id];
}

/* A value lies in the raw line, of which there is a copy, or somewhere else. */
static const char *kept_value(struct taking *t, const char *value, size_t len)
{
    const char *raw = t->line->raw.ptr;
    if (value >= raw && value + len <= raw + t->line->raw.len)
        return t->raw + (value - raw);
    return fl_arena_strndup(t->j->arena, value, len);
}

static void take_field(void *context, const char *name, size_t name_len, const char *value, size_t value_len)
{
    struct taking *t = context;
    if (t->field_count == FL_COLUMNS_MAX || t->failed)
        return;
    struct fl_pair *field = &t->fields[t->field_count++];
    bool is_null = value_len == 1 && value[0] == '-';
    field->name = shared_name(t, name, name_len);
    field->value = is_null ? FL_VALUE_NULL
                           : (struct fl_value){.type = FL_T_STR, .str = {kept_value(t, value, value_len), value_len}};
    t->failed = field->name == NULL || (!is_null && field->value.str.ptr == NULL);
}

static enum fl_status take_line(void *context, const struct fl_evidence_line *line)
{
    struct taking *t = context;
    struct fl_evidence *e = t->wanted[line->index].into;
    if (line->record == 0) {
        t->missing++;
        e->raw = FL_STR("");
        return FL_OK;
    }
    e->record = line->record;
    e->raw.ptr = fl_arena_strndup(t->j->arena, line->raw.ptr, line->raw.len);
    e->raw.len = line->raw.len;
    if (e->raw.ptr == NULL)
        return FL_E_NOMEM;
    t->line = line;
    t->raw = e->raw.ptr;
    t->field_count = 0;
    fl_evidence_fields(line, take_field, t);
    struct fl_pair *fields = fl_arena_alloc(t->j->arena, (t->field_count + 1) * sizeof *fields);
    if (t->failed || fields == NULL)
        return FL_E_NOMEM;
    memcpy(fields, t->fields, t->field_count * sizeof *fields);
    e->fields = fields;
    e->field_count = t->field_count;
    return FL_OK;
}

struct wanted_list {
    struct wanted_line *items;
    uint32_t count, capacity;
};

static enum fl_status want(struct fl_judging *j, struct wanted_list *list, const struct fl_place *places,
                           uint32_t count, const struct fl_evidence **out, uint32_t *out_count)
{
    struct fl_evidence *evidence = fl_arena_alloc(j->arena, (count + 1) * sizeof *evidence);
    if (evidence == NULL || !fl_grow((void **)&list->items, &list->capacity, list->count + count, sizeof *list->items))
        return FL_E_NOMEM;
    for (uint32_t i = 0; i < count; i++) {
        evidence[i].source = j->sources->items[fl_place_source(places[i])].name;
        evidence[i].offset = fl_place_offset(places[i]);
        list->items[list->count++] = (struct wanted_line){places[i], &evidence[i]};
    }
    *out = evidence;
    *out_count = count;
    return FL_OK;
}

static enum fl_status read_evidence(struct fl_judging *j, struct wanted_list *list)
{
    if (list->count == 0)
        return FL_OK;
    qsort(list->items, list->count, sizeof *list->items, compare_wanted);
    struct fl_place *places = fl_alloc((size_t)list->count * sizeof *places);
    struct taking *t = fl_alloc_zero(1, sizeof *t);
    enum fl_status status = places == NULL || t == NULL ? FL_E_NOMEM : FL_OK;
    if (status == FL_OK) {
        for (uint32_t i = 0; i < list->count; i++)
            places[i] = list->items[i].place;
        t->j = j;
        t->wanted = list->items;
        fl_map_init(&t->names);
        uint64_t begin = fl_phase_now();
        status = fl_evidence_read(j->sources, j->part, places, list->count, j->options->told_format, take_line, t);
        j->part->phases.evidence_ns += fl_phase_now() - begin;
        if (status == FL_OK && t->missing > 0)
            status = fl_judge_blind(j, FL_BLIND_OTHER, true, t->missing, "evidence",
                                    "records could not be read again: their objects changed "
                                    "while the audit ran");
    }
    if (t != NULL) {
        fl_map_dispose(&t->names);
        fl_free(t->copies);
    }
    fl_free(places);
    fl_free(t);
    return status;
}

static enum fl_status undecided_evidence(struct fl_judging *j, struct wanted_list *list, struct fl_intent_tally *tally,
                                         struct fl_undecided *out)
{
    for (uint32_t u = 0; u < tally->undecided_kept; u++) {
        const struct fl_hit *hit = &tally->undecided[u];
        const struct fl_plan_rule *rule = &j->plan->rules[hit->rule];
        out[u].group = fl_judge_pairs(j, rule->key_names, hit->slots, rule->key_count, true);
        out[u].flows = hit->counters.flows;
        enum fl_status status =
            want(j, list, hit->evidence, hit->evidence_count, &out[u].evidence, &out[u].evidence_count);
        if (status != FL_OK)
            return status;
    }
    return FL_OK;
}

static void count_intent(struct fl_judging *j, const struct fl_plan_rule *rule, const struct fl_finding *f)
{
    if (rule->decl->intent == NULL)
        return;
    struct fl_intent_tally *tally = &j->intents[rule->decl->intent - j->plan->policy->intents];
    tally->breaches++;
    tally->breaches_waived += f->waived != NULL;
    if (f->waived == NULL && (!tally->any_breach || f->severity > tally->worst)) {
        tally->worst = f->severity;
        tally->any_breach = true;
    }
}

enum fl_status fl_judge_keep_hit(struct fl_judging *j, struct fl_hit *hit)
{
    hit->waiver = -1;
    fl_judge_waive(j, hit);
    return fl_folds_add(j, &j->folds[hit->rule], hit);
}

enum fl_status fl_judge_tell_hit(const struct fl_judging *j, const struct fl_hit *hit)
{
    const struct fl_judge_watch *watch = j->options->watch;
    char id[33];
    if (watch == NULL)
        return FL_OK;
    make_id(j, hit, id);
    struct fl_judged_hit told = {id,
                                 hit->rule,
                                 hit->slots,
                                 hit->window_start_ms,
                                 hit->window_end_ms,
                                 fl_hit_severity(j, hit),
                                 hit->waiver,
                                 fl_folds_newest(&j->folds[hit->rule], hit)};
    return watch->hit(watch->context, &told);
}

static const struct fl_hit *worst_of(const struct fl_fold *fold)
{
    return &fold->excused[fl_fold_excuse(fold)].worst[0];
}

static int compare_folds(const void *left, const void *right, void *context)
{
    return compare_identity(context, worst_of(*(const struct fl_fold *const *)left),
                            worst_of(*(const struct fl_fold *const *)right));
}

static int compare_rules(const void *left, const void *right, void *context)
{
    const struct fl_plan *plan = context;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    int c = strcmp(plan->rules[a].decl->id, plan->rules[b].decl->id);
    return c != 0 ? c : (a > b) - (a < b);
}

/* Rules in the order of the report: by id. */
static uint32_t *sorted_rules(const struct fl_judging *j)
{
    uint32_t *rules = fl_alloc(((size_t)j->plan->rule_count + 1) * sizeof *rules);
    for (uint32_t i = 0; rules != NULL && i < j->plan->rule_count; i++)
        rules[i] = i;
    if (rules != NULL)
        qsort_r(rules, j->plan->rule_count, sizeof *rules, compare_rules, (void *)j->plan);
    return rules;
}

/* Appends the findings of one rule, by identity. */
static enum fl_status rule_findings(struct fl_judging *j, uint32_t index, struct fl_finding *findings,
                                    struct wanted_list *list)
{
    struct fl_folds *folds = &j->folds[index];
    enum fl_status status = fl_folds_close(j, folds);
    const struct fl_fold **sorted = fl_alloc(((size_t)folds->count + 1) * sizeof *sorted);
    if (status == FL_OK && sorted == NULL)
        status = FL_E_NOMEM;
    for (uint32_t i = 0; status == FL_OK && i < folds->count; i++)
        sorted[i] = &folds->items[i];
    if (status == FL_OK)
        qsort_r(sorted, folds->count, sizeof(struct fl_fold *), compare_folds, (void *)j->plan);
    for (uint32_t i = 0; status == FL_OK && i < folds->count; i++) {
        const struct fl_fold_part *part = &sorted[i]->excused[fl_fold_excuse(sorted[i])];
        struct fl_finding *f = &findings[j->report->finding_count];
        status = make_finding(j, sorted[i], f);
        if (status == FL_OK)
            status = want(j, list, part->places, part->place_count, &f->evidence, &f->evidence_count);
        j->report->finding_count++;
        count_intent(j, &j->plan->rules[index], f);
    }
    j->rules[index].findings = folds->count;
    fl_free(sorted);
    fl_folds_dispose(folds);
    return status;
}

static enum fl_status undecided_of_intents(struct fl_judging *j, struct wanted_list *list)
{
    struct fl_intent_result *intents = (struct fl_intent_result *)j->report->intents;
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < j->report->intent_count && status == FL_OK; i++) {
        struct fl_undecided *u = fl_arena_alloc(j->arena, (FL_OCCURRENCES_SHOWN + 1) * sizeof *u);
        status = u == NULL ? FL_E_NOMEM : undecided_evidence(j, list, &j->intents[i], u);
        intents[i].undecided = u;
        intents[i].undecided_shown = j->intents[i].undecided_kept;
    }
    return status;
}

enum fl_status fl_judge_findings(struct fl_judging *j)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < j->plan->rule_count; i++)
        count += j->folds[i].count;
    struct fl_finding *findings = fl_arena_alloc(j->arena, (size_t)(count + 1) * sizeof *findings);
    uint32_t *rules = sorted_rules(j);
    struct wanted_list list = {0};
    enum fl_status status = findings == NULL || rules == NULL ? FL_E_NOMEM : FL_OK;
    for (uint32_t i = 0; i < j->plan->rule_count && status == FL_OK; i++)
        status = rule_findings(j, rules[i], findings, &list);
    j->report->findings = findings;
    if (status == FL_OK)
        status = undecided_of_intents(j, &list);
    if (status == FL_OK)
        status = read_evidence(j, &list);
    fl_free(rules);
    fl_free(list.items);
    return status;
}
