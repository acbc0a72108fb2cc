/* lint_conditions.c: FL001 and FL002. */
#include <stdio.h>

#include "core/session/explain.h"
#include "core/session/lint.h"

/* One condition at hand. */
struct checking {
    struct fl_linting *l;
    const struct fl_plan_rule *rule;
    const char *text;
    bool rows;                       /* `where` or a filter of a rule that reads groups */
    const struct fl_rule_spot *spot; /* in a rule file, or NULL: */
    const char *name;                /* in the policy, as messages call it */
    const char *subject;             /* NULL: name */
    const struct fl_text_at *at;
};

static const char *network_name(void *context, uint32_t id)
{
    const struct checking *c = context;
    return c->l->session->policy.networks[id].name;
}

static const char *slot_name(void *context, uint32_t slot)
{
    const struct checking *c = context;
    return fl_explain_slot_name(c->rule, slot, c->rows);
}

/* Where a part of the condition begins in its text. */
static uint32_t start_of(const struct fl_node *node)
{
    uint32_t at = node->at;
    for (const struct fl_node *n = node; n != NULL; n = n->left)
        at = n->at < at ? n->at : at;
    return at;
}

/* Is it a test whether an address is one of ours? */
static bool tests_ours(const struct fl_node *node)
{
    while (node->kind == FL_N_NOT)
        node = node->left;
    return node->kind == FL_N_IN && node->right->item_count == 1 && node->right->items[0].kind == FL_ITEM_NETWORK &&
           node->right->items[0].network == FL_NET_OURS;
}

/* A conjunction without its tests of `ours`; NULL when nothing else is in it. */
static const struct fl_node *without_ours(const struct checking *c, const struct fl_node *node)
{
    if (node->kind != FL_N_AND)
        return tests_ours(node) ? NULL : node;
    const struct fl_node *left = without_ours(c, node->left), *right = without_ours(c, node->right);
    if (left == NULL || right == NULL)
        return left == NULL ? right : left;
    struct fl_node *both = fl_arena_alloc(&c->l->session->arena, sizeof *both);
    c->l->nomem |= both == NULL;
    if (both == NULL)
        return NULL;
    *both = *node;
    both->left = left;
    both->right = right;
    return both;
}

/* What is ours is none of the internet, whatever it is. */
static bool names_internet(const struct fl_node *node)
{
    if (node == NULL)
        return false;
    for (uint32_t i = 0; node->kind == FL_N_SET && i < node->item_count; i++)
        if (node->items[i].kind == FL_ITEM_NETWORK && node->items[i].network == FL_NET_INTERNET)
            return true;
    return names_internet(node->left) || names_internet(node->right);
}

/* Would it be true of some record, were other addresses ours? */
static bool is_for_want_of_own(const struct checking *c, const struct fl_node *node)
{
    const struct fl_node *rest = without_ours(c, node);
    bool never = false;
    if (rest == node || names_internet(rest))
        return false;
    if (rest != NULL && fl_domains_never(c->l->domains, rest, c->text, false, &never) != FL_OK)
        c->l->nomem = true;
    return !never;
}

/* ---- what a group has at least ---- */

static bool counts_records(const struct fl_measure *m)
{
    return m->kind == FL_M_COUNT && m->filter == NULL;
}

/* Members may have no record, and neither has a window that records of an earlier one only reach into. */
static bool exists_by_first(const struct fl_plan_rule *rule)
{
    return rule->over == FL_OVER_NONE && !rule->spreads;
}

/* Of records every number is at least 0; columns of other groups may be values below it. */
static int64_t least_measured(const struct fl_plan_rule *rule, const struct fl_measure *m, uint32_t member)
{
    switch (m->kind) {
    case FL_M_COUNT:
        return counts_records(m) && exists_by_first(rule);
    case FL_M_CONNECTIONS:
    case FL_M_DISTINCT:
    case FL_M_LONGEST_RUN:
    case FL_M_RATIO:
    case FL_M_SEQUENCE:
        return 0;
    case FL_M_SUM:
    case FL_M_MIN:
    case FL_M_MAX:
    case FL_M_MEAN:
    case FL_M_QUANTILE:
    case FL_M_FIRST:
    case FL_M_LAST:
        return member == 0 && rule->from == NULL && fl_fields[m->field].type == FL_T_INT ? 0 : INT64_MIN;
    default:
        return INT64_MIN;
    }
}

static int64_t least_in_group(void *context, uint32_t slot, uint32_t member)
{
    const struct fl_plan_rule *rule = context;
    if (slot < rule->key_count)
        return rule->from == NULL && rule->key_types[slot] == FL_T_INT ? 0 : INT64_MIN;
    slot -= rule->key_count;
    if (slot == FL_C_FLOWS)
        return rule->from == NULL && exists_by_first(rule); /* groups may be of members that have none */
    if (slot < FL_COUNTER_COUNT)
        return rule->from == NULL && (slot == FL_C_PACKETS || slot == FL_C_BYTES) ? 0 : INT64_MIN;
    slot -= FL_COUNTER_COUNT;
    return slot < rule->measure_count ? least_measured(rule, &rule->measures[slot], member) : INT64_MIN;
}

/* Is it a test of how many records there are? */
static bool tests_records(const struct checking *c, const struct fl_node *node)
{
    const struct fl_node *name = node->left;
    if (c->rule == NULL || c->rows || name == NULL || name->kind != FL_N_SLOT || node->kind != FL_N_COMPARE ||
        node->right->kind != FL_N_LITERAL || name->slot < c->rule->key_count)
        return false;
    uint32_t slot = name->slot - c->rule->key_count;
    return slot == FL_C_FLOWS || (slot >= FL_COUNTER_COUNT && slot - FL_COUNTER_COUNT < c->rule->measure_count &&
                                  counts_records(&c->rule->measures[slot - FL_COUNTER_COUNT]));
}

static const char *what_to_do(const struct checking *c, const struct fl_node *node, bool always)
{
    if (tests_records(c, node) && exists_by_first(c->rule))
        return "a group exists by its first record: correct the number, or name in `over` those that may have none";
    if (always)
        return "leave it out, or correct what it compares with; `is not null` asks whether a value is known";
    if (is_for_want_of_own(c, node))
        return "set `own` in the policy to all addresses that are yours, private ones too: none that is in `ours` now "
               "satisfies it";
    return "correct the values or names that it compares: nothing can satisfy all of it";
}

static void tell(const struct checking *c, const struct fl_node *node, bool always)
{
    const char *todo = what_to_do(c, node, always);
    struct fl_expr_words words = {(void *)c, network_name, slot_name};
    struct fl_buf part;
    fl_buf_init(&part);
    fl_expr_show(node, &words, &part);
    int len = part.failed ? 0 : part.len > 300 ? 300 : (int)part.len;
    enum fl_lint_code code = always ? FL_LINT_ALWAYS : FL_LINT_NEVER;
    const char *what = always ? "always true where its values are known" : "never true";
    c->l->nomem |= part.failed;
    if (c->spot != NULL)
        fl_lint_rule(c->l, code, c->rule->decl, c->spot, start_of(node) + 1, todo, "%s%s%s: \"%.*s\" is %s",
                     c->spot->key, c->spot->name != NULL ? " " : "", c->spot->name != NULL ? c->spot->name : "", len,
                     part.data, what);
    else
        fl_lint_policy(c->l, code, c->subject != NULL ? c->subject : c->name, c->at->line, c->at->column, todo,
                       "%s: \"%.*s\" is %s", c->name, len, part.data, what);
    fl_buf_dispose(&part);
}

/* What was told of a condition. */
enum told { TOLD_NOTHING, TOLD_ALWAYS, TOLD_NEVER };

/* Tells of the least parts that are constant. One that is always true says nothing of what stands beside it. */
static enum told check_part(const struct checking *c, const struct fl_node *node)
{
    enum told told = TOLD_NOTHING;
    if (node->kind == FL_N_AND || node->kind == FL_N_OR) {
        enum told left = check_part(c, node->left), right = check_part(c, node->right);
        told = left > right ? left : right;
    } else if (node->kind == FL_N_NOT) {
        return check_part(c, node->left);
    }
    bool never = false, always = false;
    if (told == TOLD_NEVER || (told == TOLD_ALWAYS && node->kind == FL_N_OR))
        return told;
    if (fl_domains_never(c->l->domains, node, c->text, false, &never) != FL_OK ||
        (!never && told == TOLD_NOTHING && fl_domains_never(c->l->domains, node, c->text, true, &always) != FL_OK))
        c->l->nomem = true;
    /* Naming log_status has a meaning of its own: the rule sees NODATA and SKIPDATA lines. */
    always = always && !(node->left != NULL && node->left->kind == FL_N_FIELD && node->left->field == FL_F_LOG_STATUS);
    if (never || always)
        tell(c, node, always);
    return never ? TOLD_NEVER : always ? TOLD_ALWAYS : told;
}

/* Of a ratio and a sequence each filter has to be there: `true` says that every record is meant. */
static void check_filter(const struct checking *of, const struct fl_measure *m, const struct fl_node *filter,
                         const char *text)
{
    const struct fl_rule_spot spot = {"measure", m->name, text};
    struct checking c = *of;
    c.text = text;
    c.spot = &spot;
    if (filter != NULL && (m->kind == FL_M_COUNT || m->kind == FL_M_SUM || filter->kind != FL_N_LITERAL))
        check_part(&c, filter);
}

static void check_rule(struct fl_linting *l, const struct fl_plan_rule *rule)
{
    const struct fl_rule_decl *decl = rule->decl;
    const struct fl_rule_spot where = {"where", NULL, decl->where}, having = {"having", NULL, decl->having};
    struct checking c = {.l = l, .rule = rule, .text = decl->where, .rows = rule->from != NULL, .spot = &where};
    if (rule->where != NULL)
        check_part(&c, rule->where);
    for (uint32_t m = 0; m < rule->measure_count; m++) {
        const struct fl_measure *measure = &rule->measures[m];
        check_filter(&c, measure, measure->filter, decl->measures[m].filter);
        check_filter(&c, measure, measure->filter2, decl->measures[m].filter2);
        for (uint32_t s = 0; measure->sequence != NULL && s < measure->sequence->step_count; s++)
            check_filter(&c, measure, measure->sequence->steps[s].filter, decl->measures[m].steps[s].filter);
    }
    c.rows = false;
    c.text = decl->having;
    c.spot = &having;
    fl_domains_slots(l->domains, &(struct fl_slot_source){(void *)rule, least_in_group});
    if (rule->having != NULL)
        check_part(&c, rule->having);
    fl_domains_slots(l->domains, &(struct fl_slot_source){NULL, NULL});
}

static bool is_written(const struct fl_plan_rule *rule)
{
    return rule->decl->intent == NULL && rule->void_reason == NULL;
}

static void add_nodes(struct fl_linting *l)
{
    const struct fl_session *s = l->session;
    enum fl_status status = fl_domains_add(l->domains, s->plan.scope);
    for (uint32_t w = 0; w < s->waiver_count && status == FL_OK; w++)
        status = fl_domains_add(l->domains, s->waivers[w].where);
    for (uint32_t r = 0; r < s->plan.rule_count && status == FL_OK; r++) {
        const struct fl_plan_rule *rule = &s->plan.rules[r];
        if (!is_written(rule))
            continue;
        status = fl_domains_add(l->domains, rule->where);
        if (status == FL_OK)
            status = fl_domains_add(l->domains, rule->having);
        for (uint32_t m = 0; m < rule->measure_count && status == FL_OK; m++) {
            status = fl_domains_add(l->domains, rule->measures[m].filter);
            if (status == FL_OK)
                status = fl_domains_add(l->domains, rule->measures[m].filter2);
            const struct fl_sequence *q = rule->measures[m].sequence;
            for (uint32_t i = 0; q != NULL && i < q->step_count && status == FL_OK; i++)
                status = fl_domains_add(l->domains, q->steps[i].filter);
        }
    }
    l->nomem |= status != FL_OK;
}

static void check_when(struct fl_linting *l, const struct fl_intent *intent, const struct fl_node *when)
{
    char name[FL_ERROR_TEXT_BYTES];
    snprintf(name, sizeof name, "when of intent %.300s", intent->id);
    struct checking c = {.l = l, .text = intent->when.text, .name = name, .subject = intent->id, .at = &intent->when};
    if (when != NULL)
        check_part(&c, when);
}

static void check_policy(struct fl_linting *l)
{
    const struct fl_session *s = l->session;
    const struct fl_policy *policy = &s->policy;
    if (s->plan.scope != NULL) {
        struct checking c = {.l = l, .text = policy->scope.text, .name = "scope", .at = &policy->scope};
        check_part(&c, s->plan.scope);
    }
    for (uint32_t w = 0; w < s->waiver_count; w++) {
        const struct fl_text_at *where = &policy->waivers[s->waivers[w].waiver].where;
        struct checking c = {.l = l,
                             .rule = &s->plan.rules[s->waivers[w].rule],
                             .text = where->text,
                             .name = "the waiver's where",
                             .at = where};
        if (s->waivers[w].where != NULL)
            check_part(&c, s->waivers[w].where);
    }
}

void fl_lint_conditions(struct fl_linting *l)
{
    struct fl_lint_laws *laws = fl_lint_laws_read(l);
    add_nodes(l);
    if (l->nomem || laws == NULL || fl_domains_build(l->domains) != FL_OK) {
        l->nomem = true;
        return;
    }
    fl_lint_laws_compare(l, laws);
    for (uint32_t i = 0; i < l->session->policy.intent_count; i++)
        check_when(l, &l->session->policy.intents[i], fl_lint_when(laws, i));
    check_policy(l);
    for (uint32_t r = 0; r < l->session->plan.rule_count; r++)
        if (is_written(&l->session->plan.rules[r]))
            check_rule(l, &l->session->plan.rules[r]);
}
