/* having.c: the condition on a group, and the text of its finding. */
#include "core/rule/compiling.h"

/* The measure first named in `having`, and whether less of it is worse. */
struct having_walk {
    uint32_t first; /* slots from here on count */
    bool negated;   /* below an odd number of `not` */
    bool less;      /* the side of the comparison at hand wants little */
};

static bool find_having_slot(const struct fl_node *node, struct having_walk walk, struct fl_plan_rule *rule)
{
    if (node == NULL)
        return false;
    if (node->kind == FL_N_SLOT && node->slot >= walk.first) {
        rule->having_slot = node->slot;
        rule->having_member = node->member;
        rule->having_least_is_worst = walk.less;
        return true;
    }
    struct having_walk left = walk, right = walk;
    left.negated = right.negated = walk.negated != (node->kind == FL_N_NOT);
    if (node->kind == FL_N_COMPARE) {
        bool wants_less = node->op == FL_OP_LT || node->op == FL_OP_LE;
        bool wants_more = node->op == FL_OP_GT || node->op == FL_OP_GE;
        left.less = walk.negated ? wants_more : wants_less;
        right.less = walk.negated ? wants_less : wants_more;
    }
    return find_having_slot(node->left, left, rule) || find_having_slot(node->right, right, rule);
}

/* The value that a distinct() above its exact range is compared with: its estimate would decide. */
static bool check_exact(struct fl_compiling *c, const struct fl_node *count, const struct fl_node *constant)
{
    const struct fl_plan_rule *rule = c->rule;
    uint32_t measures = rule->key_count + FL_COUNTER_COUNT;
    if (count->kind != FL_N_SLOT || count->slot < measures || constant->kind != FL_N_LITERAL ||
        constant->type != FL_T_INT)
        return true;
    const struct fl_measure *m = &rule->measures[count->slot - measures];
    if (m->kind != FL_M_DISTINCT || m->field_type == FL_T_PORT || constant->literal.i <= m->k)
        return true;
    struct fl_error err;
    long long value = (long long)constant->literal.i;
    fl_fail(&err, FL_E_VALUE,
            "%s is exact to %u values only, and is compared with %lld; write distinct(\"%s\", { exact = %lld })",
            m->name, m->k, value, m->field_name, value);
    fl_compiling_fail(c, &err, "having", NULL, c->decl->having);
    return false;
}

static bool check_distinct(struct fl_compiling *c, const struct fl_node *node)
{
    if (node == NULL)
        return true;
    if (node->kind == FL_N_COMPARE)
        return check_exact(c, node->left, node->right) && check_exact(c, node->right, node->left);
    return check_distinct(c, node->left) && check_distinct(c, node->right);
}

void fl_compiling_having(struct fl_compiling *c)
{
    struct fl_plan_rule *rule = c->rule;
    rule->having_slot = UINT32_MAX;
    struct fl_error err;
    if (c->decl->having != NULL) {
        struct fl_expr_env env;
        fl_rule_having_env(&c->names, &env);
        if (fl_expr_parse(fl_str_of(c->decl->having), &env, &c->plan->arena, &rule->having, &err) != FL_OK) {
            fl_compiling_fail(c, &err, "having", NULL, c->decl->having);
            return;
        }
        if (!check_distinct(c, rule->having))
            return;
        rule->having_text = fl_compiling_with_params(c, c->decl->having);
        struct having_walk measures = {.first = rule->key_count + FL_COUNTER_COUNT};
        struct having_walk counters = {.first = rule->key_count};
        if (!find_having_slot(rule->having, measures, rule))
            find_having_slot(rule->having, counters, rule);
    }
    const char *text = c->decl->finding != NULL ? c->decl->finding : c->decl->title;
    if (fl_template_compile(text, rule, &c->plan->arena, &rule->message, &err) != FL_OK)
        fl_compiling_fail(c, &err, "finding", NULL, text);
    rule->message.by_core = c->decl->intent != NULL;
}
