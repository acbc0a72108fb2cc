/* lint_intents.c: FL010, intents that exclude each other, and FL011, networks that overlap. */
#include <string.h>

#include "core/session/lint.h"

/* Who may reach what by which service; NULL = every service. */
struct pass {
    const struct fl_node *from, *service;
    uint32_t line, column;
};

struct law {
    const struct fl_intent *intent;
    const struct fl_node *from, *to, *service, *when;
    struct pass *passes; /* only, only_from */
    bool always;         /* no `when`, no dates */
};

struct fl_lint_laws {
    struct law *items;
    uint32_t count;
};

/* ---- reading ---- */

static const struct fl_node *read(struct fl_linting *l, const char *text, enum fl_param_type type)
{
    struct fl_expr_env env = {0};
    const struct fl_node *node = NULL;
    if (text == NULL)
        return NULL;
    fl_policy_expr_env(&l->session->policy, &env);
    if (fl_expr_parse_param(fl_str_of(text), type, &env, &l->session->arena, &node, NULL) != FL_OK ||
        fl_domains_add(l->domains, node) != FL_OK)
        l->nomem = true;
    return node;
}

static const struct fl_node *read_when(struct fl_linting *l, const char *text)
{
    struct fl_expr_env env = {.fields = true};
    const struct fl_node *node = NULL;
    if (text == NULL)
        return NULL;
    fl_policy_expr_env(&l->session->policy, &env);
    if (fl_expr_parse(fl_str_of(text), &env, &l->session->arena, &node, NULL) != FL_OK ||
        fl_domains_add(l->domains, node) != FL_OK)
        l->nomem = true;
    return node;
}

static void read_law(struct fl_linting *l, const struct fl_intent *intent, struct law *law)
{
    law->intent = intent;
    law->from = intent->kind == FL_INTENT_ONLY_FROM ? NULL : read(l, intent->from.text, FL_P_NETWORK);
    law->to = read(l, intent->to.text, FL_P_NETWORK);
    law->service = read(l, intent->service.text, FL_P_SERVICE);
    law->when = read_when(l, intent->when.text);
    law->always = intent->when.text == NULL && intent->starts_ms == INT64_MIN && intent->expires_ms == INT64_MAX;
    law->passes = fl_arena_alloc(&l->session->arena, ((size_t)intent->only_count + 1) * sizeof *law->passes);
    if (law->passes == NULL) {
        l->nomem = true;
        return;
    }
    for (uint32_t i = 0; i < intent->only_count; i++) {
        const struct fl_intent_side *side = &intent->only[i];
        bool self = side->network != NULL && strcmp(side->network, "self") == 0;
        law->passes[i] = (struct pass){self ? law->to : read(l, side->network, FL_P_NETWORK),
                                       side->service != NULL ? read(l, side->service, FL_P_SERVICE) : law->service,
                                       side->line, side->column};
    }
}

struct fl_lint_laws *fl_lint_laws_read(struct fl_linting *l)
{
    const struct fl_policy *policy = &l->session->policy;
    struct fl_lint_laws *laws = fl_arena_alloc(&l->session->arena, sizeof *laws);
    struct law *items = fl_arena_alloc(&l->session->arena, ((size_t)policy->intent_count + 1) * sizeof *items);
    if (laws == NULL || items == NULL)
        return NULL;
    for (uint32_t i = 0; i < policy->intent_count; i++)
        read_law(l, &policy->intents[i], &items[i]);
    *laws = (struct fl_lint_laws){items, policy->intent_count};
    return laws;
}

const struct fl_node *fl_lint_when(const struct fl_lint_laws *laws, uint32_t intent)
{
    return laws->items[intent].when;
}

/* ---- comparing; a set that is NULL is everything ---- */

static bool within(const struct fl_linting *l, const struct fl_node *inner, const struct fl_node *outer)
{
    return outer == NULL || (inner != NULL && fl_domains_within(l->domains, inner, outer));
}

static bool disjoint(const struct fl_linting *l, const struct fl_node *a, const struct fl_node *b)
{
    return a != NULL && b != NULL && fl_domains_disjoint(l->domains, a, b);
}

/* Does the law speak of everything that goes from `from` to `to` by the service? */
static bool covers(const struct fl_linting *l, const struct law *law, const struct pass *pass, const struct fl_node *to)
{
    return law->always && within(l, to, law->to) && within(l, pass->service, law->service) &&
           (law->intent->kind != FL_INTENT_DENY || within(l, pass->from, law->from));
}

/* Whatever goes that way, does the law forbid all of it? */
static bool forbids(const struct fl_linting *l, const struct law *law, const struct pass *pass,
                    const struct fl_node *to)
{
    enum fl_intent_kind kind = law->intent->kind;
    if (kind == FL_INTENT_EXPECT || !covers(l, law, pass, to))
        return false;
    if (kind == FL_INTENT_DENY)
        return true;
    for (uint32_t i = 0; i < law->intent->only_count; i++)
        if (!disjoint(l, law->passes[i].from, pass->from) && !disjoint(l, law->passes[i].service, pass->service))
            return false;
    return true;
}

static void tell_expected(struct fl_linting *l, const struct fl_intent *expected, const struct fl_intent *forbidding)
{
    fl_lint_policy(l, FL_LINT_EXCLUDE, expected->id, expected->line, expected->column,
                   "change one of the two: no flow can comply with both",
                   "intent %s expects what intent %s (line %u) forbids", expected->id, forbidding->id,
                   forbidding->line);
}

static void tell_permitted(struct fl_linting *l, const struct fl_intent *permitting, const struct pass *pass,
                           const struct fl_intent *forbidding)
{
    fl_lint_policy(l, FL_LINT_EXCLUDE, permitting->id, pass->line, pass->column,
                   "take the entry out, or let the other intent allow it too: no flow can comply with both",
                   "intent %s permits what intent %s (line %u) forbids", permitting->id, forbidding->id,
                   forbidding->line);
}

static void compare(struct fl_linting *l, const struct law *law, const struct law *other)
{
    if (law->intent->kind == FL_INTENT_EXPECT) {
        struct pass expected = {law->from, law->service, 0, 0};
        if (forbids(l, other, &expected, law->to))
            tell_expected(l, law->intent, other->intent);
        return;
    }
    for (uint32_t i = 0; i < law->intent->only_count; i++)
        if (forbids(l, other, &law->passes[i], law->to))
            tell_permitted(l, law->intent, &law->passes[i], other->intent);
}

void fl_lint_laws_compare(struct fl_linting *l, const struct fl_lint_laws *laws)
{
    for (uint32_t i = 0; i < laws->count; i++)
        for (uint32_t k = 0; k < laws->count; k++)
            if (i != k)
                compare(l, &laws->items[i], &laws->items[k]);
}

/* ---- networks ---- */

static bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL || strcmp(a, b) == 0;
}

static struct fl_node set_of(const struct fl_set_item *item)
{
    return (struct fl_node){.kind = FL_N_SET, .type = FL_T_ADDR, .items = item, .item_count = 1};
}

/* From the least to the highest address of its prefixes. */
struct span {
    struct fl_addr low, high;
};

static struct span span_of(const struct fl_network *n)
{
    struct span span = {{UINT64_MAX, UINT64_MAX}, {0, 0}};
    for (uint32_t i = 0; i < n->prefix_count; i++) {
        struct fl_addr last = fl_prefix_last(n->prefixes[i]);
        if (fl_addr_compare(n->prefixes[i].addr, span.low) < 0)
            span.low = n->prefixes[i].addr;
        if (fl_addr_compare(last, span.high) > 0)
            span.high = last;
    }
    return span;
}

static bool are_apart(const struct span *a, const struct span *b)
{
    return fl_addr_compare(a->high, b->low) < 0 || fl_addr_compare(b->high, a->low) < 0;
}

/* Networks inside one another are a usual thing; equal ones, and such that overlap in part, are not. Most are far
 * apart, which their ends tell at once. */
void fl_lint_networks(struct fl_linting *l)
{
    const struct fl_policy *policy = &l->session->policy;
    struct span *spans = fl_arena_alloc(&l->session->arena, ((size_t)policy->network_count + 1) * sizeof *spans);
    l->nomem |= spans == NULL;
    for (uint32_t i = 0; i < policy->network_count && !l->nomem; i++)
        spans[i] = span_of(&policy->networks[i]);
    for (uint32_t b = FL_NET_BUILTIN_COUNT; b < policy->network_count && !l->nomem; b++) {
        for (uint32_t a = FL_NET_BUILTIN_COUNT; a < b; a++) {
            const struct fl_network *x = &policy->networks[a], *y = &policy->networks[b];
            if (x->builtin || y->builtin) /* dark holds parts of subnets by its meaning */
                continue;
            struct fl_set_item items[] = {{.kind = FL_ITEM_NETWORK, .network = a},
                                          {.kind = FL_ITEM_NETWORK, .network = b}};
            struct fl_node first = set_of(&items[0]), second = set_of(&items[1]);
            if (are_apart(&spans[a], &spans[b]) || !same_text(x->vpc, y->vpc) || !same_text(x->account, y->account) ||
                fl_domains_disjoint(l->domains, &first, &second))
                continue;
            bool inside = fl_domains_within(l->domains, &first, &second);
            bool holds = fl_domains_within(l->domains, &second, &first);
            if (inside != holds)
                continue;
            fl_lint_policy(l, FL_LINT_OVERLAP, y->name, y->line, y->column,
                           inside ? "keep one of them: an address in both counts for both"
                                  : "move the addresses that both hold into one of them, or cut them out with except",
                           "networks %s (line %u) and %s %s", x->name, x->line, y->name,
                           inside ? "hold the same addresses" : "overlap, and neither holds the other");
        }
    }
}
