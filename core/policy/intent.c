/* intent.c: intents: only, only_from, deny, expect. */
#include <string.h>

#include "core/base/buf.h"
#include "core/policy/load.h"

#define EXPECT_MIN_MAX 1000000000

/* Names and CIDRs must mean something; the error stands where they are written. */
static void check_network(struct fl_policy_loader *l, const struct fl_text_at *at, bool self_allowed)
{
    if (at->text == NULL || (self_allowed && strcmp(at->text, "self") == 0))
        return;
    struct fl_expr_env env = {0};
    fl_policy_expr_env(l->policy, &env);
    const struct fl_node *node;
    struct fl_error err;
    if (fl_expr_parse_param(fl_str_of(at->text), FL_P_NETWORK, &env, &l->policy->arena, &node, &err) == FL_OK)
        return;
    struct fl_yaml_node place = {.line = at->line, .column = at->column};
    fl_load_fail(l, &place, "%s", err.text);
}

static void check_service(struct fl_policy_loader *l, const struct fl_text_at *at)
{
    if (at->text == NULL)
        return;
    struct fl_expr_env env = {0};
    fl_policy_expr_env(l->policy, &env);
    const struct fl_node *node;
    struct fl_error err;
    if (fl_expr_parse_param(fl_str_of(at->text), FL_P_SERVICE, &env, &l->policy->arena, &node, &err) == FL_OK)
        return;
    struct fl_yaml_node place = {.line = at->line, .column = at->column};
    fl_load_fail(l, &place, "%s", err.text);
}

/* A set whose member `self` is replaced; by may be a set too. */
static const char *replace_self(struct fl_policy_loader *l, const char *set, const char *by)
{
    struct fl_buf out;
    fl_buf_init(&out);
    size_t by_len = strlen(by);
    bool by_set = by_len > 1 && by[0] == '{' && by[by_len - 1] == '}';
    for (const char *p = set; *p != '\0';) {
        size_t len = strcspn(p, "{, }");
        if (len == 4 && memcmp(p, "self", 4) == 0)
            fl_buf_add(&out, by + by_set, by_len - 2 * by_set);
        else
            fl_buf_add(&out, p, len);
        p += len;
        if (*p != '\0')
            fl_buf_add_char(&out, *p++);
    }
    const char *text = fl_load_copy(l, (struct fl_str){out.data, out.len});
    l->nomem |= out.failed;
    fl_buf_dispose(&out);
    return text;
}

/* Who may: a set may hold `self` beside others; `self` alone stays as it is. */
static const char *load_who(struct fl_policy_loader *l, const struct fl_intent *intent, const struct fl_text_at *from)
{
    if (from->text == NULL || from->text[0] != '{') {
        check_network(l, from, true);
        return from->text;
    }
    struct fl_text_at others = *from;
    others.text = replace_self(l, from->text, "any");
    check_network(l, &others, false);
    return intent->to.text == NULL ? others.text : replace_self(l, from->text, intent->to.text);
}

static void load_only(struct fl_policy_loader *l, struct fl_intent *intent, const struct fl_yaml_node *list)
{
    if (list->kind != FL_YAML_LIST) {
        fl_load_fail(l, list, "only must be a list of { from: ..., service: ... }");
        return;
    }
    struct fl_intent_side *sides = fl_load_alloc(l, list->count, sizeof *sides);
    for (uint32_t i = 0; sides != NULL && i < list->count; i++) {
        const struct fl_yaml_node *item = list->items[i];
        if (!fl_load_keys(l, item, "an entry of only", FL_MAP_ONLY))
            continue;
        struct fl_text_at from = fl_load_operand(l, item, "from"), service = fl_load_operand(l, item, "service");
        if (from.text == NULL)
            fl_load_fail(l, item, "an entry of only needs from (a network, a CIDR or self)");
        const char *who = load_who(l, intent, &from);
        check_service(l, &service);
        sides[intent->only_count++] = (struct fl_intent_side){who, service.text, item->line, item->column};
    }
    intent->only = sides;
}

static void load_only_from(struct fl_policy_loader *l, struct fl_intent *intent, const struct fl_yaml_node *node)
{
    uint32_t count = node->kind == FL_YAML_LIST ? node->count : 1;
    struct fl_intent_side *sides = fl_load_alloc(l, count, sizeof *sides);
    for (uint32_t i = 0; sides != NULL && i < count; i++) {
        const struct fl_yaml_node *item = node->kind == FL_YAML_LIST ? node->items[i] : node;
        if (item->kind != FL_YAML_SCALAR) {
            fl_load_fail(l, item, "only_from must be a network or a list of networks");
            continue;
        }
        struct fl_text_at from = {fl_load_copy(l, item->text), item->line, item->column};
        sides[intent->only_count++] =
            (struct fl_intent_side){load_who(l, intent, &from), NULL, item->line, item->column};
    }
    intent->only = sides;
}

/* Periods begin at local midnight and at equal steps of the local clock, so they must fit into a day. */
static void load_every(struct fl_policy_loader *l, struct fl_intent *intent, const struct fl_yaml_node *map)
{
    const struct fl_yaml_node *node = fl_yaml_get(map, "every");
    int64_t ms = 0;
    if (node == NULL) {
        fl_load_fail(l, map, "expect needs every, a duration like 1d");
        return;
    }
    bool known = node->kind == FL_YAML_SCALAR && fl_duration_parse(node->text, &ms) && ms > 0;
    bool fits = ms % (15 * FL_MS_PER_MINUTE) == 0 && ms <= 366 * FL_MS_PER_DAY &&
                (ms % FL_MS_PER_DAY == 0 || FL_MS_PER_DAY % (ms > 0 ? ms : 1) == 0);
    if (!known || !fits)
        fl_load_fail(l, node,
                     "every must be whole days up to 366d, or whole quarters of an hour that divide a day, "
                     "like 15m, 1h, 6h");
    else
        intent->expect_every_ms = ms;
}

static void load_expect(struct fl_policy_loader *l, struct fl_intent *intent, const struct fl_yaml_node *node)
{
    intent->expect_every_ms = FL_MS_PER_DAY;
    intent->expect_min = 1;
    if (node->kind == FL_YAML_SCALAR) {
        if (!fl_str_is(node->text, "daily"))
            fl_load_fail(l, node, "expect must be daily, or { every: 1d, each: host | any, min: 1 }");
        return;
    }
    if (!fl_load_keys(l, node, "expect", FL_MAP_EXPECT))
        return;
    load_every(l, intent, node);
    const char *each = fl_load_text(l, node, "each");
    intent->expect_each_host = each != NULL && strcmp(each, "host") == 0;
    if (each != NULL && !intent->expect_each_host && strcmp(each, "any") != 0)
        fl_load_fail(l, fl_yaml_get(node, "each"), "each must be host or any");
    const struct fl_yaml_node *min = fl_yaml_get(node, "min");
    if (min != NULL && (min->kind != FL_YAML_SCALAR || !fl_int_parse(min->text, &intent->expect_min) ||
                        intent->expect_min < 1 || intent->expect_min > EXPECT_MIN_MAX))
        fl_load_fail(l, min, "min must be a whole number from 1 to %d", EXPECT_MIN_MAX);
}

static void load_kind(struct fl_policy_loader *l, struct fl_intent *intent, const struct fl_yaml_node *node)
{
    const struct fl_yaml_node *only = fl_yaml_get(node, "only"), *only_from = fl_yaml_get(node, "only_from");
    const struct fl_yaml_node *expect = fl_yaml_get(node, "expect");
    uint32_t before = l->errors->count;
    bool deny = fl_load_flag(l, node, "deny", false);
    if (l->errors->count > before)
        return;
    unsigned kinds = (only != NULL) + (only_from != NULL) + deny + (expect != NULL);
    if (kinds != 1) {
        fl_load_fail(l, node, "an intent says one of only, only_from, deny: true and expect");
        return;
    }
    if (only != NULL) {
        intent->kind = FL_INTENT_ONLY;
        load_only(l, intent, only);
        if (intent->from.text != NULL || intent->service.text != NULL)
            fl_load_fail(l, node, "with only, from and service stand in its entries");
    } else if (only_from != NULL) {
        intent->kind = FL_INTENT_ONLY_FROM;
        load_only_from(l, intent, only_from);
        if (intent->service.text == NULL)
            fl_load_fail(l, node, "only_from needs the service that it speaks of; for every service write only");
    } else if (deny) {
        intent->kind = FL_INTENT_DENY;
        if (intent->from.text == NULL)
            fl_load_fail(l, node, "deny needs from");
    } else {
        intent->kind = FL_INTENT_EXPECT;
        load_expect(l, intent, expect);
        if (intent->from.text == NULL)
            fl_load_fail(l, node, "expect needs from");
    }
    if (intent->to.text == NULL)
        fl_load_fail(l, node, "an intent needs to");
}

static bool id_is_used(const struct fl_policy *policy, const char *id)
{
    for (uint32_t i = 0; i < policy->intent_count; i++)
        if (strcmp(policy->intents[i].id, id) == 0)
            return true;
    return false;
}

static void load_intent(struct fl_policy_loader *l, const struct fl_yaml_node *node)
{
    struct fl_intent *intent = &l->policy->intents[l->policy->intent_count];
    if (!fl_load_keys(l, node, "an intent", FL_MAP_INTENT))
        return;
    *intent = (struct fl_intent){.id = fl_load_text(l, node, "id"),
                                 .title = fl_load_text(l, node, "title"),
                                 .from = fl_load_operand(l, node, "from"),
                                 .to = fl_load_operand(l, node, "to"),
                                 .service = fl_load_operand(l, node, "service"),
                                 .when = fl_load_text_at(l, node, "when"),
                                 .strict = fl_load_flag(l, node, "strict", false),
                                 .optional = fl_load_flag(l, node, "optional", false),
                                 .starts_ms = fl_load_date(l, node, "starts", false, INT64_MIN),
                                 .expires_ms = fl_load_date(l, node, "expires", true, INT64_MAX),
                                 .severity = (enum fl_severity)fl_load_severity(l, node, "severity", FL_SEV_MEDIUM),
                                 .controls = fl_load_texts(l, node, "controls"),
                                 .attack = fl_load_texts(l, node, "attack"),
                                 .remediation = fl_load_text(l, node, "remediation"),
                                 .line = node->line,
                                 .column = node->column};
    if (intent->id == NULL) {
        fl_load_fail(l, node, "an intent needs an id");
        return;
    }
    if (intent->starts_ms >= intent->expires_ms)
        fl_load_fail(l, fl_yaml_get(node, "expires"), "it expires before it starts: it would never be in force");
    if (strchr(intent->id, '#') != NULL)
        fl_load_fail(l, node, "an id must not hold #");
    if (id_is_used(l->policy, intent->id))
        fl_load_fail(l, node, "two intents have the id \"%s\"", intent->id);
    check_network(l, &intent->from, false);
    check_network(l, &intent->to, false);
    check_service(l, &intent->service);
    fl_load_condition(l, &intent->when, "when");
    load_kind(l, intent, node);
    l->policy->intent_count++;
}

void fl_load_intents(struct fl_policy_loader *l, const struct fl_yaml_node *root)
{
    const struct fl_yaml_node *list = fl_load_of_kind(l, root, "intents", FL_YAML_LIST, "a list");
    if (list == NULL)
        return;
    l->policy->intents = fl_load_alloc(l, list->count, sizeof *l->policy->intents);
    for (uint32_t i = 0; l->policy->intents != NULL && i < list->count; i++)
        load_intent(l, list->items[i]);
}
