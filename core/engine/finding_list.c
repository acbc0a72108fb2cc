/* finding_list.c: the findings of all rules in the order of the report: counted once, then made for each visit. */
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/engine/findings.h"
#include "core/engine/packed.h"

#define SHARE       8u /* of what the groups leave of their budget, that each of what findings are made from may take */
#define SHARE_LEAST (512u * 1024u)

/* ---- folds, in order ---- */

static enum fl_status advance(struct fl_fold_walk *w)
{
    enum fl_status status = fl_sorter_next(w->walk, &w->next);
    w->any = status == FL_OK;
    return status == FL_END ? FL_OK : status;
}

enum fl_status fl_fold_walk_open(struct fl_fold_walk *w, const struct fl_findings *findings)
{
    *w = (struct fl_fold_walk){.findings = findings};
    fl_buf_init(&w->key);
    enum fl_status status = fl_sorter_walk(findings->folds.sorter, &w->walk);
    return status == FL_OK ? advance(w) : status;
}

void fl_fold_walk_close(struct fl_fold_walk *w)
{
    fl_sorter_walk_end(w->walk);
    fl_buf_dispose(&w->key);
}

static uint32_t rule_of_key(const struct fl_findings *findings, struct fl_str key)
{
    uint32_t rank;
    memcpy(&rank, key.ptr, sizeof rank);
    return findings->rules[__builtin_bswap32(rank)];
}

/* The pieces of a fold come in the order in which they were written. */
static enum fl_status add_piece(struct fl_fold_walk *w, struct fl_fold *fold, uint32_t rule)
{
    struct fl_fold later;
    enum fl_status status = fl_fold_unpack(w->next.bytes, &later);
    if (status == FL_OK)
        status = fl_fold_merge(&w->findings->judging, rule, fold, &later);
    fl_fold_dispose(&later);
    return status == FL_OK ? advance(w) : status;
}

enum fl_status fl_fold_walk_next(struct fl_fold_walk *w, struct fl_fold *fold, uint32_t *rule)
{
    enum fl_status status = FL_OK;
    *fold = (struct fl_fold){0};
    while (w->any && (*rule = rule_of_key(w->findings, w->next.key)) == UINT32_MAX && status == FL_OK)
        status = advance(w);
    if (status != FL_OK || !w->any)
        return status != FL_OK ? status : FL_END;
    fl_buf_clear(&w->key);
    fl_buf_add(&w->key, w->next.key.ptr, w->next.key.len);
    status = w->key.failed ? FL_E_NOMEM : fl_fold_unpack(w->next.bytes, fold);
    if (status == FL_OK)
        status = advance(w);
    while (status == FL_OK && w->any && fl_str_equal(w->next.key, (struct fl_str){w->key.data, w->key.len}))
        status = add_piece(w, fold, *rule);
    return status == FL_OK && fl_fold_is_empty(fold) ? FL_E_DATA : status;
}

struct fl_finding_class fl_finding_class_of(const struct fl_fold *fold)
{
    enum fl_excuse least = fl_fold_excuse(fold);
    const struct fl_packed_hit *worst = fold->excused[least]->worst[0];
    struct fl_taking in = {worst->bytes, worst->len, false};
    return (struct fl_finding_class){least != FL_EXCUSE_NONE, fl_rank_take(&in).severity};
}

/* ---- visiting ---- */

struct visit {
    struct fl_judging j; /* whose arena the findings are made in */
    const struct fl_findings *findings;
    const struct fl_finding_visit *how;
    struct fl_sorter_walk *lines;
    struct fl_sorted line; /* the next */
    bool any_line;
};

static enum fl_status next_line(struct visit *v)
{
    enum fl_status status = fl_sorter_next(v->lines, &v->line);
    v->any_line = status == FL_OK;
    return status == FL_END ? FL_OK : status;
}

static enum fl_status take_evidence(struct visit *v, uint64_t number, const struct fl_fold *fold, struct fl_finding *f)
{
    const struct fl_fold_part *part = fold->excused[fl_fold_excuse(fold)];
    struct fl_evidence *evidence = fl_arena_alloc(v->j.arena, ((size_t)part->place_count + 1) * sizeof *evidence);
    enum fl_status status = evidence == NULL ? FL_E_NOMEM : FL_OK;
    while (status == FL_OK && v->any_line && v->line.number >> FL_TAG_SLOT_BITS < number)
        status = next_line(v);
    for (uint32_t i = 0; i < part->place_count && status == FL_OK; i++) {
        if (!v->any_line || v->line.number != (number << FL_TAG_SLOT_BITS | i))
            return FL_E_DATA;
        evidence[i].source = v->j.sources->items[fl_place_source(part->places[i])].name;
        evidence[i].offset = fl_place_offset(part->places[i]);
        status = fl_line_unpack(&v->findings->lines, v->line.bytes, v->j.arena, &evidence[i]);
        if (status == FL_OK)
            status = next_line(v);
    }
    f->evidence = evidence;
    f->evidence_count = part->place_count;
    return status;
}

static bool is_asked_for(const struct visit *v, const struct fl_fold *fold)
{
    struct fl_finding_class is = fl_finding_class_of(fold);
    return v->how->only == NULL || (v->how->only->waived == is.waived && v->how->only->severity == is.severity);
}

static enum fl_status show(struct visit *v, uint64_t number, const struct fl_fold *fold, uint32_t rule)
{
    struct fl_arena own;
    struct fl_finding finding;
    fl_arena_init(&own);
    v->j.arena = v->how->arena != NULL ? v->how->arena : &own;
    enum fl_status status = fl_finding_make(&v->j, rule, fold, &finding);
    if (status == FL_OK)
        status = take_evidence(v, number, fold, &finding);
    if (status == FL_OK)
        status = v->how->take(v->how->context, &finding);
    fl_arena_dispose(&own);
    return status;
}

static enum fl_status visit_folds(struct visit *v, struct fl_fold_walk *folds)
{
    struct fl_fold fold;
    uint32_t rule;
    enum fl_status status = FL_OK;
    for (uint64_t number = 0; status == FL_OK; number++) {
        status = fl_fold_walk_next(folds, &fold, &rule);
        if (status == FL_OK && is_asked_for(v, &fold))
            status = show(v, number, &fold, rule);
        fl_fold_dispose(&fold);
    }
    return status;
}

static enum fl_status visit_findings(const struct fl_findings *findings, const struct fl_finding_visit *how)
{
    struct visit v = {.j = findings->judging, .findings = findings, .how = how};
    struct fl_fold_walk folds;
    enum fl_status status = fl_fold_walk_open(&folds, findings);
    if (status == FL_OK)
        status = fl_sorter_walk(findings->lines.sorter, &v.lines);
    if (status == FL_OK)
        status = next_line(&v);
    if (status == FL_OK)
        status = visit_folds(&v, &folds);
    fl_sorter_walk_end(v.lines);
    fl_fold_walk_close(&folds);
    return status;
}

static void close_findings(struct fl_findings *findings)
{
    fl_folds_close(&findings->folds);
    fl_places_close(&findings->places);
    fl_lines_close(&findings->lines);
    fl_free(findings->rules);
    fl_free(findings);
}

const char *fl_findings_trouble(const struct fl_findings *findings)
{
    const struct fl_sorter *sorters[] = {findings->folds.sorter, findings->places.sorter, findings->lines.sorter};
    for (uint32_t i = 0; i < sizeof sorters / sizeof sorters[0]; i++)
        if (fl_sorter_trouble(sorters[i]) != NULL)
            return fl_sorter_trouble(sorters[i]);
    return NULL;
}

const struct fl_finding_source fl_findings_source = {visit_findings, close_findings, fl_findings_trouble};

/* ---- opening ---- */

static int compare_rules(const void *left, const void *right, void *context)
{
    const struct fl_plan *plan = context;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    int c = strcmp(plan->rules[a].decl->id, plan->rules[b].decl->id);
    return c != 0 ? c : (a > b) - (a < b);
}

/* Rules come in the order of their ids. */
static enum fl_status rank_rules(struct fl_judging *j, struct fl_findings *findings)
{
    uint32_t count = j->plan->rule_count;
    findings->rules = fl_alloc(((size_t)count + 1) * sizeof *findings->rules);
    j->ranks = fl_arena_alloc(j->arena, ((size_t)count + 1) * sizeof *j->ranks);
    if (findings->rules == NULL || j->ranks == NULL)
        return FL_E_NOMEM;
    for (uint32_t i = 0; i < count; i++)
        findings->rules[i] = i;
    qsort_r(findings->rules, count, sizeof *findings->rules, compare_rules, (void *)j->plan);
    for (uint32_t i = 0; i < count; i++)
        j->ranks[findings->rules[i]] = i;
    return FL_OK;
}

static uint64_t share(const struct fl_judging *j)
{
    uint64_t left = fl_store_left_bytes(j->part->store);
    return left == 0 || left / SHARE > SHARE_LEAST ? left / SHARE : SHARE_LEAST;
}

enum fl_status fl_judge_open_findings(struct fl_judging *j)
{
    struct fl_findings *findings = fl_alloc_zero(1, sizeof *findings);
    uint64_t seed;
    if (findings == NULL)
        return FL_E_NOMEM;
    memcpy(&seed, j->plan->digest, sizeof seed);
    j->report->findings = findings;
    j->report->finding_source = &fl_findings_source;
    j->folds = &findings->folds;
    enum fl_status status = rank_rules(j, findings);
    if (status == FL_OK)
        status = fl_folds_open(&findings->folds, share(j), seed);
    if (status == FL_OK)
        status = fl_lines_open(&findings->lines, share(j));
    findings->judging = (struct fl_judging){
        .plan = j->plan, .part = j->part, .sources = j->sources, .options = j->options, .concerned = j->concerned};
    return status;
}

/* ---- counting, and their evidence ---- */

struct counting {
    struct fl_judging *j;
    struct fl_findings *findings;
    struct fl_evidence **undecided; /* of conversations, counted on behind the findings */
    uint32_t undecided_count;
    uint64_t missing;
};

static void count_intent(struct fl_judging *j, const struct fl_plan_rule *rule, struct fl_finding_class is)
{
    if (rule->decl->intent == NULL)
        return;
    struct fl_intent_tally *tally = &j->intents[rule->decl->intent - j->plan->policy->intents];
    tally->breaches++;
    tally->breaches_waived += is.waived;
    if (!is.waived && (!tally->any_breach || is.severity > tally->worst)) {
        tally->worst = is.severity;
        tally->any_breach = true;
    }
}

static enum fl_status want(struct counting *c, uint64_t number, const struct fl_place *places, uint32_t count)
{
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < count && status == FL_OK; i++)
        status = fl_places_want(&c->findings->places, places[i].where, number << FL_TAG_SLOT_BITS | i);
    return status;
}

static enum fl_status count_fold(struct counting *c, const struct fl_fold *fold, uint32_t rule)
{
    struct fl_report *report = c->j->report;
    struct fl_finding_class is = fl_finding_class_of(fold);
    enum fl_excuse least = fl_fold_excuse(fold);
    const struct fl_fold_part *part = fold->excused[least];
    if (is.severity >= FL_SEV_NONE)
        return FL_E_DATA;
    report->finding_counts[is.waived][is.severity]++;
    report->hidden_counts[is.severity] += least == FL_EXCUSE_HIDDEN;
    c->j->rules[rule].findings++;
    count_intent(c->j, &c->j->plan->rules[rule], is);
    return want(c, report->finding_count++, part->places, part->place_count);
}

static enum fl_status count_folds(struct counting *c)
{
    struct fl_fold_walk folds;
    enum fl_status status = fl_fold_walk_open(&folds, c->findings);
    while (status == FL_OK) {
        struct fl_fold fold;
        uint32_t rule;
        status = fl_fold_walk_next(&folds, &fold, &rule);
        if (status == FL_OK)
            status = count_fold(c, &fold, rule);
        fl_fold_dispose(&fold);
    }
    fl_fold_walk_close(&folds);
    return status == FL_END ? FL_OK : status;
}

static enum fl_status want_undecided(struct counting *c, const struct fl_intent_tally *tally, struct fl_undecided *out)
{
    enum fl_status status = FL_OK;
    for (uint32_t u = 0; u < tally->undecided_kept && status == FL_OK; u++) {
        const struct fl_hit *hit = &tally->undecided[u];
        const struct fl_plan_rule *rule = &c->j->plan->rules[hit->rule];
        struct fl_evidence *evidence =
            fl_arena_alloc(c->j->arena, ((size_t)hit->evidence_count + 1) * sizeof *evidence);
        if (evidence == NULL)
            return FL_E_NOMEM;
        for (uint32_t i = 0; i < hit->evidence_count; i++) {
            evidence[i].source = c->j->sources->items[fl_place_source(hit->evidence[i])].name;
            evidence[i].offset = fl_place_offset(hit->evidence[i]);
        }
        out[u].group = fl_judge_pairs(c->j, rule->key_names, hit->slots, rule->key_count, true);
        out[u].flows = hit->counters.flows;
        out[u].evidence = evidence;
        out[u].evidence_count = hit->evidence_count;
        status = want(c, c->j->report->finding_count + c->undecided_count, hit->evidence, hit->evidence_count);
        c->undecided[c->undecided_count++] = evidence;
    }
    return status;
}

static enum fl_status count_undecided(struct counting *c)
{
    struct fl_report *report = c->j->report;
    struct fl_intent_result *intents = (struct fl_intent_result *)report->intents;
    enum fl_status status = FL_OK;
    c->undecided =
        fl_arena_alloc(c->j->arena, ((size_t)report->intent_count * FL_OCCURRENCES_SHOWN + 1) * sizeof *c->undecided);
    if (c->undecided == NULL)
        return FL_E_NOMEM;
    for (uint32_t i = 0; i < report->intent_count && status == FL_OK; i++) {
        struct fl_undecided *u = fl_arena_alloc(c->j->arena, (FL_OCCURRENCES_SHOWN + 1) * sizeof *u);
        status = u == NULL ? FL_E_NOMEM : want_undecided(c, &c->j->intents[i], u);
        intents[i].undecided = u;
        intents[i].undecided_shown = c->j->intents[i].undecided_kept;
    }
    return status;
}

static enum fl_status take_line(void *context, const struct fl_evidence_line *line)
{
    struct counting *c = context;
    uint64_t number = line->tag >> FL_TAG_SLOT_BITS, findings = c->j->report->finding_count;
    struct fl_lines *lines = &c->findings->lines;
    c->missing += line->record == 0;
    if (number < findings)
        return fl_lines_add(lines, line);
    struct fl_str bytes;
    enum fl_status status = fl_line_pack(lines, line, &bytes);
    if (status != FL_OK)
        return status;
    struct fl_evidence *e = &c->undecided[number - findings][line->tag & ((1u << FL_TAG_SLOT_BITS) - 1)];
    return fl_line_unpack(lines, bytes, c->j->arena, e);
}

static enum fl_status read_evidence(struct counting *c)
{
    struct fl_judging *j = c->j;
    uint64_t begin = fl_phase_now();
    enum fl_status status =
        fl_places_read(&c->findings->places, j->sources, j->part, j->options->told_format, take_line, c);
    j->part->phases.evidence_ns += fl_phase_now() - begin;
    if (status == FL_OK)
        status = fl_sorter_settle(c->findings->lines.sorter);
    if (status == FL_OK && c->missing > 0)
        status = fl_judge_blind(j, FL_BLIND_OTHER, true, c->missing, "evidence",
                                "records could not be read again: their objects changed while the audit ran");
    return status;
}

enum fl_status fl_judge_findings(struct fl_judging *j)
{
    struct fl_findings *findings = j->report->findings;
    struct counting c = {.j = j, .findings = findings};
    enum fl_status status = fl_folds_finish(j, j->folds);
    if (status == FL_OK)
        status = fl_sorter_settle(j->folds->sorter);
    for (uint32_t i = 0; i < j->plan->rule_count; i++)
        if (j->rules[i].void_reason != NULL)
            findings->rules[j->ranks[i]] = UINT32_MAX;
    if (status == FL_OK)
        status = fl_places_open(&findings->places, share(j));
    if (status == FL_OK)
        status = count_folds(&c);
    if (status == FL_OK)
        status = count_undecided(&c);
    if (status == FL_OK)
        status = read_evidence(&c);
    if (status == FL_OK)
        fl_places_close(&findings->places);
    return status;
}
