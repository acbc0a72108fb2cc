/* explain_tree.c: conditions with the values that decided them. */
#include "core/rule/compile.h"
#include "core/session/explain.h"

#define CHILDREN_SHOWN 24   /* of one junction */
#define LEAF_BYTES_MAX 2000 /* of a condition's text: a list of addresses may be longer than anybody reads */

const char *fl_explain_slot_name(const struct fl_plan_rule *rule, uint32_t slot, bool rows)
{
    if (rows)
        return rule->from->columns[slot].name;
    if (slot < rule->key_count)
        return rule->key_names[slot];
    slot -= rule->key_count;
    if (slot < FL_COUNTER_COUNT)
        return fl_counter_name((enum fl_counter)slot);
    return fl_plan_rule_measured(rule, slot - FL_COUNTER_COUNT);
}

/* ---- truth ---- */

static void get_value(void *context, const struct fl_node *node, struct fl_value *out)
{
    const struct fl_explain_values *v = context;
    *out = FL_VALUE_NULL;
    if (node->kind == FL_N_FIELD && v->fields != NULL)
        *out = v->fields[node->field];
    if (node->kind == FL_N_SLOT && v->slots != NULL)
        *out = v->slots[node->slot];
}

static bool in_network(void *context, uint32_t network, struct fl_addr addr)
{
    const struct fl_explain_values *v = context;
    return fl_program_in_network(v->plan->program, network, addr);
}

static bool same_text(const struct fl_value *value, const char *text)
{
    return value->type == FL_T_STR && fl_str_is(value->str, text);
}

static bool same_account(const struct fl_value *value, const char *text)
{
    if (value->type != FL_T_STR)
        return false;
    struct fl_str a = value->str, b = fl_str_of(text);
    while (a.len > 1 && a.ptr[0] == '0')
        a = (struct fl_str){a.ptr + 1, a.len - 1};
    while (b.len > 1 && b.ptr[0] == '0')
        b = (struct fl_str){b.ptr + 1, b.len - 1};
    return fl_str_equal(a, b);
}

/* Does the field hold the address of the end whose interface wrote the record? */
static bool is_recording_end(const struct fl_explain_values *v, uint32_t field)
{
    const struct fl_value *vantage = &v->fields[FL_F_VANTAGE];
    if (vantage->type == FL_T_NULL || vantage->i > FL_VANTAGE_DST)
        return false;
    bool is_src = vantage->i == FL_VANTAGE_SRC;
    const struct fl_value *end = &v->fields[is_src ? FL_F_SRC_PEER : FL_F_DST_PEER];
    if (field == FL_F_SRCADDR || field == FL_F_PKT_SRCADDR || field == FL_F_SRC_PEER)
        return is_src;
    if (field == FL_F_DSTADDR || field == FL_F_PKT_DSTADDR || field == FL_F_DST_PEER)
        return !is_src;
    return end->type == FL_T_ADDR && v->fields[field].type == FL_T_ADDR &&
           fl_addr_equal(end->addr, v->fields[field].addr);
}

/* A network of one VPC or account holds at the recording end only: what is inside its addresses and seen from
 * elsewhere is unknown. */
static int in_bound_networks(const struct fl_node *node, const struct fl_explain_values *v)
{
    const struct fl_value *value = &v->fields[node->left->field];
    int result = 0;
    for (uint32_t i = 0; i < node->right->item_count; i++) {
        const struct fl_set_item *item = &node->right->items[i];
        struct fl_node one = {.kind = FL_N_SET, .type = node->right->type, .items = item, .item_count = 1};
        struct fl_node test = {.kind = FL_N_IN, .type = FL_T_BOOL, .left = node->left, .right = &one};
        struct fl_eval eval = {(void *)v, get_value, in_network};
        struct fl_value inside = fl_expr_eval(&test, &eval);
        if (inside.type == FL_T_NULL)
            return -1;
        if (inside.i == 0)
            continue;
        const struct fl_network *n = item->kind == FL_ITEM_NETWORK ? &v->plan->policy->networks[item->network] : NULL;
        if (n == NULL || (n->vpc == NULL && n->account == NULL))
            return 1;
        if (!is_recording_end(v, node->left->field))
            result = -1;
        else if ((n->vpc == NULL || same_text(&v->fields[FL_F_VPC_ID], n->vpc)) &&
                 (n->account == NULL || same_account(&v->fields[FL_F_ACCOUNT_ID], n->account)))
            return 1;
    }
    return value->type == FL_T_NULL ? -1 : result;
}

static int junction_truth(const struct fl_node *node, const struct fl_explain_values *values)
{
    int a = fl_explain_truth(node->left, values), b = fl_explain_truth(node->right, values);
    int deciding = node->kind == FL_N_OR;
    if (a == deciding || b == deciding)
        return deciding;
    return a < 0 || b < 0 ? -1 : !deciding;
}

int fl_explain_truth(const struct fl_node *node, const struct fl_explain_values *values)
{
    if (node->kind == FL_N_AND || node->kind == FL_N_OR)
        return junction_truth(node, values);
    if (node->kind == FL_N_NOT) {
        int inner = fl_explain_truth(node->left, values);
        return inner < 0 ? inner : !inner;
    }
    if (node->kind == FL_N_IN && node->left->kind == FL_N_FIELD && values->fields != NULL &&
        node->right->type == FL_T_ADDR)
        return in_bound_networks(node, values);
    struct fl_eval eval = {(void *)values, get_value, in_network};
    struct fl_value result = fl_expr_eval(node, &eval);
    return result.type == FL_T_NULL ? -1 : result.i != 0;
}

/* ---- text ---- */

static const char *network_name(void *context, uint32_t id)
{
    const struct fl_explain_values *v = context;
    return v->plan->policy->networks[id].name;
}

static const char *slot_name(void *context, uint32_t slot)
{
    const struct fl_explain_values *v = context;
    return fl_explain_slot_name(v->rule, slot, v->rows);
}

static void add_condition(struct fl_explaining *e, const struct fl_node *node, const struct fl_explain_values *values)
{
    struct fl_expr_words words = {(void *)values, network_name, slot_name};
    struct fl_buf text;
    fl_buf_init(&text);
    fl_expr_show(node, &words, &text);
    e->out.failed |= text.failed;
    if (!text.failed && text.len > 0)
        fl_explain_add_str(e, (struct fl_str){text.data, text.len < LEAF_BYTES_MAX ? text.len : LEAF_BYTES_MAX});
    if (text.len > LEAF_BYTES_MAX)
        fl_buf_add_text(&e->out, " ...");
    fl_buf_dispose(&text);
}

void fl_explain_condition(struct fl_explaining *e, const struct fl_plan_rule *rule, const struct fl_node *node)
{
    struct fl_explain_values names = {.plan = &e->session->plan, .rule = rule, .rows = rule->from != NULL};
    add_condition(e, node, &names);
}

void fl_explain_having(struct fl_explaining *e, const struct fl_plan_rule *rule, const struct fl_node *node)
{
    struct fl_explain_values names = {.plan = &e->session->plan, .rule = rule};
    add_condition(e, node, &names);
}

/* The networks of the policy that an address is in, or else the built-in ones. */
static void add_networks(struct fl_explaining *e, const struct fl_explain_values *values, struct fl_addr addr)
{
    const struct fl_policy *policy = values->plan->policy;
    const char *before = " (in ";
    bool any = false;
    for (uint32_t pass = 0; pass < 2 && !any; pass++) {
        for (uint32_t n = 0; n < policy->network_count; n++) {
            if (policy->networks[n].builtin != (pass == 1) || n == FL_NET_ANY ||
                !fl_program_in_network(values->plan->program, n, addr))
                continue;
            fl_buf_add_text(&e->out, before);
            fl_explain_add(e, policy->networks[n].name);
            before = ", ";
            any = true;
        }
    }
    if (any)
        fl_buf_add_char(&e->out, ')');
}

struct naming {
    const struct fl_explain_values *values;
    struct fl_field_set fields;
    uint64_t slots;
    void (*visit)(void *context, const char *name, const struct fl_value *value);
    void *context;
};

static void visit_named(struct naming *n, const char *name, const struct fl_node *node)
{
    struct fl_value value;
    get_value((void *)n->values, node, &value);
    n->visit(n->context, name, &value);
}

static void visit_names(struct naming *n, const struct fl_node *node)
{
    if (node == NULL)
        return;
    if (node->kind == FL_N_FIELD && !fl_field_set_has(&n->fields, node->field)) {
        fl_field_set_add(&n->fields, node->field);
        visit_named(n, fl_fields[node->field].name, node);
    }
    if (node->kind == FL_N_SLOT && node->slot < 64 && !(n->slots >> node->slot & 1)) {
        n->slots |= UINT64_C(1) << node->slot;
        visit_named(n, fl_explain_slot_name(n->values->rule, node->slot, n->values->rows), node);
    }
    visit_names(n, node->left);
    visit_names(n, node->right);
}

void fl_explain_visit_values(const struct fl_node *node, const struct fl_explain_values *values,
                             void (*visit)(void *context, const char *name, const struct fl_value *value),
                             void *context)
{
    struct naming n = {.values = values, .visit = visit, .context = context};
    visit_names(&n, node);
}

struct adding_values {
    struct fl_explaining *e;
    const struct fl_explain_values *values;
    const char *separator;
};

/* "name = value" */
static void add_value(void *context, const char *name, const struct fl_value *value)
{
    struct adding_values *a = context;
    fl_buf_add_text(&a->e->out, a->separator);
    fl_explain_add(a->e, name);
    fl_buf_add_text(&a->e->out, " = ");
    fl_explain_value(a->e, value);
    if (value->type == FL_T_ADDR)
        add_networks(a->e, a->values, value->addr);
    a->separator = ", ";
}

static void begin_line(struct fl_explaining *e, int truth, unsigned indent)
{
    fl_buf_add_format(&e->out, "%*s%-9s", (int)indent, "", truth < 0 ? "unknown" : truth ? "true" : "false");
}

bool fl_explain_is_junction(const struct fl_node *node)
{
    return node->kind == FL_N_AND || node->kind == FL_N_OR;
}

struct children {
    const struct fl_explain_values *values;
    enum fl_node_kind kind;
    uint32_t total, shown;
    bool all;    /* every one; else those only that made the junction what it is */
    int telling; /* their truth */
    void (*visit)(void *context, const struct fl_node *child, const struct fl_explain_values *values);
    void *context;
};

static void count_children(struct children *c, const struct fl_node *node)
{
    if (node->kind == c->kind) {
        count_children(c, node->left);
        count_children(c, node->right);
    } else {
        c->total++;
    }
}

static void visit_children(struct children *c, const struct fl_node *node)
{
    if (node->kind == c->kind) {
        visit_children(c, node->left);
        visit_children(c, node->right);
        return;
    }
    if ((!c->all && fl_explain_truth(node, c->values) != c->telling) || c->shown >= CHILDREN_SHOWN)
        return;
    c->shown++;
    c->visit(c->context, node, c->values);
}

uint32_t fl_explain_children(const struct fl_node *node, const struct fl_explain_values *values,
                             void (*visit)(void *context, const struct fl_node *child,
                                           const struct fl_explain_values *values),
                             void *context)
{
    struct children c = {.values = values, .kind = node->kind, .visit = visit, .context = context};
    c.telling = fl_explain_truth(node, values);
    count_children(&c, node);
    c.all = c.total <= CHILDREN_SHOWN && !values->brief;
    visit_children(&c, node);
    return c.total - c.shown;
}

void fl_explain_leaf(struct fl_explaining *e, const struct fl_node *node, const struct fl_explain_values *values)
{
    add_condition(e, node, values);
}

struct adding_tree {
    struct fl_explaining *e;
    unsigned indent;
};

static void add_child(void *context, const struct fl_node *node, const struct fl_explain_values *values)
{
    struct adding_tree *a = context;
    fl_explain_tree(a->e, node, values, a->indent);
}

void fl_explain_tree(struct fl_explaining *e, const struct fl_node *node, const struct fl_explain_values *values,
                     unsigned indent)
{
    begin_line(e, fl_explain_truth(node, values), indent);
    if (fl_explain_is_junction(node)) {
        struct adding_tree a = {e, indent + 2};
        fl_buf_add_text(&e->out, node->kind == FL_N_AND ? "all of\n" : "any of\n");
        uint32_t left_out = fl_explain_children(node, values, add_child, &a);
        if (left_out > 0 && !values->brief)
            fl_buf_add_format(&e->out, "%*s... and %u more\n", (int)indent + 2, "", left_out);
    } else if (node->kind == FL_N_NOT && fl_explain_is_junction(node->left)) {
        fl_buf_add_text(&e->out, "not\n");
        fl_explain_tree(e, node->left, values, indent + 2);
    } else {
        struct adding_values a = {e, values, "   "};
        add_condition(e, node, values);
        fl_explain_visit_values(node, values, add_value, &a);
        fl_buf_add_char(&e->out, '\n');
    }
}
