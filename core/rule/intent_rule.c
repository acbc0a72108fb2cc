/* intent_rule.c: an intent of the policy, written as rules.
 *
 * <id>              openings that break the intent, grouped as conversations
 * <id>#undecided    conversations that would break it only one way round
 * <id>#permitted    conversations within the intent's reach that it allows
 *
 * An expectation is written as <id>, the conversations that it waits for by quarters of an hour, and <id>#undecided,
 * those that may be such ones.
 */
#include <string.h>

#include "core/base/buf.h"
#include "core/rule/plan.h"

/* The names by which one orientation of a record goes. */
struct sides {
    const char *client, *server, *service;
};
static const struct sides decided = {"pair_client", "pair_server", "pair_service"};
static const struct sides forward = {"src_peer", "dst_peer", "dst_service"};
static const struct sides reverse = {"dst_peer", "src_peer", "src_service"};

static void add_member(struct fl_buf *b, const char *field, const char *network)
{
    fl_buf_add_format(b, "%s in %s", field, network);
}

static void add_service(struct fl_buf *b, const struct sides *s, const char *service)
{
    if (service != NULL)
        fl_buf_add_format(b, " and %s in %s", s->service, service);
}

static void add_side(struct fl_buf *b, const struct fl_intent *intent, const struct sides *s,
                     const struct fl_intent_side *side)
{
    const char *network = side->network != NULL ? side->network : "any";
    fl_buf_add_char(b, '(');
    add_member(b, s->client, strcmp(network, "self") == 0 ? intent->to.text : network);
    add_service(b, s, side->service);
    fl_buf_add_char(b, ')');
}

/* What the intent speaks of, whether allowed or not. */
static void add_reach(struct fl_buf *b, const struct fl_intent *intent, const struct sides *s)
{
    const char *join = "";
    if (intent->from.text != NULL && intent->kind != FL_INTENT_ONLY_FROM) {
        add_member(b, s->client, intent->from.text);
        join = " and ";
    }
    if (intent->to.text != NULL) {
        fl_buf_add_text(b, join);
        add_member(b, s->server, intent->to.text);
    }
    if (intent->service.text != NULL)
        add_service(b, s, intent->service.text);
    if (intent->when.text != NULL)
        fl_buf_add_format(b, " and (%s)", intent->when.text);
}

/* In halves of halves: entries by the thousand would nest too deep for what walks the tree if they stood in a row. */
static void add_sides(struct fl_buf *b, const struct fl_intent *intent, const struct sides *s, uint32_t from,
                      uint32_t to)
{
    if (to - from == 1) {
        add_side(b, intent, s, &intent->only[from]);
        return;
    }
    fl_buf_add_char(b, '(');
    add_sides(b, intent, s, from, from + (to - from) / 2);
    fl_buf_add_text(b, " or ");
    add_sides(b, intent, s, from + (to - from) / 2, to);
    fl_buf_add_char(b, ')');
}

static void add_allowed(struct fl_buf *b, const struct fl_intent *intent, const struct sides *s)
{
    if (intent->only_count == 0)
        fl_buf_add_text(b, "false");
    else
        add_sides(b, intent, s, 0, intent->only_count);
}

/* Unknown service (a portless or cut record) must not count as allowed: is it known to be allowed? */
static void add_breach(struct fl_buf *b, const struct fl_intent *intent, const struct sides *s)
{
    fl_buf_add_char(b, '(');
    add_reach(b, intent, s);
    if (intent->kind != FL_INTENT_DENY && intent->only_count > 0) {
        fl_buf_add_text(b, " and not ");
        add_allowed(b, intent, s);
    }
    fl_buf_add_char(b, ')');
}

static void add_validity(struct fl_buf *b, const struct fl_intent *intent)
{
    char text[FL_WHEN_TEXT_BYTES];
    if (intent->starts_ms != INT64_MIN) {
        fl_when_format(intent->starts_ms, text);
        fl_buf_add_format(b, " and start_time >= \"%s\"", text);
    }
    if (intent->expires_ms != INT64_MAX) {
        fl_when_format(intent->expires_ms, text);
        fl_buf_add_format(b, " and start_time < \"%s\"", text);
    }
}

static const char *where_breach(const struct fl_intent *intent, struct fl_arena *arena)
{
    struct fl_buf b;
    fl_buf_init(&b);
    fl_buf_add_text(&b, "((initiated is not null and ");
    add_breach(&b, intent, &decided);
    fl_buf_add_text(&b, ") or (initiated is null and ");
    add_breach(&b, intent, &forward);
    fl_buf_add_text(&b, intent->strict ? " or " : " and ");
    if (intent->strict)
        fl_buf_add_text(&b, "initiated is null and ");
    add_breach(&b, intent, &reverse);
    fl_buf_add_text(&b, "))");
    add_validity(&b, intent);
    const char *text = b.failed ? NULL : fl_arena_strdup(arena, b.data);
    fl_buf_dispose(&b);
    return text;
}

static const char *where_undecided(const struct fl_intent *intent, struct fl_arena *arena)
{
    if (intent->strict) /* what is undecided is a breach already */
        return "false";
    struct fl_buf b;
    fl_buf_init(&b);
    /* strict: what is undecided stands among the breaches. */
    fl_buf_add_text(&b, intent->strict ? "false and (" : "initiated is null and (");
    add_breach(&b, intent, &forward);
    fl_buf_add_text(&b, " or ");
    add_breach(&b, intent, &reverse);
    fl_buf_add_text(&b, ") and not (");
    add_breach(&b, intent, &forward);
    fl_buf_add_text(&b, " and ");
    add_breach(&b, intent, &reverse);
    fl_buf_add_char(&b, ')');
    add_validity(&b, intent);
    const char *text = b.failed ? NULL : fl_arena_strdup(arena, b.data);
    fl_buf_dispose(&b);
    return text;
}

static const char *where_permitted(const struct fl_intent *intent, struct fl_arena *arena)
{
    struct fl_buf b;
    fl_buf_init(&b);
    fl_buf_add_text(&b, "initiated is not null and ");
    add_reach(&b, intent, &decided);
    if (intent->kind == FL_INTENT_DENY) {
        fl_buf_add_text(&b, " and false");
    } else {
        fl_buf_add_text(&b, " and ");
        add_allowed(&b, intent, &decided);
    }
    add_validity(&b, intent);
    const char *text = b.failed ? NULL : fl_arena_strdup(arena, b.data);
    fl_buf_dispose(&b);
    return text;
}

static struct fl_texts texts(struct fl_arena *arena, const char *const *items, uint32_t count)
{
    const char **copy = fl_arena_alloc(arena, count * sizeof *copy);
    if (copy == NULL)
        return (struct fl_texts){NULL, 0};
    memcpy(copy, items, count * sizeof *copy);
    return (struct fl_texts){copy, count};
}

static const char *message_of(const struct fl_intent *intent)
{
    switch (intent->kind) {
    case FL_INTENT_DENY:
        return "{client} reached {server} on {service}, {outcome}; this is denied "
               "({flows} records, {bytes} bytes)";
    case FL_INTENT_ONLY:
    case FL_INTENT_ONLY_FROM:
    case FL_INTENT_EXPECT:
        break;
    }
    return "{client} reached {server} on {service}, {outcome}; the intent does not "
           "allow it ({flows} records, {bytes} bytes)";
}

static struct fl_rule_decl *start_decl(const struct fl_policy *policy, const struct fl_intent *intent,
                                       struct fl_arena *arena, const char *suffix)
{
    static const char *const keys[] = {"pair_client", "pair_server", "pair_service"};
    struct fl_rule_decl *d = fl_arena_alloc(arena, sizeof *d);
    if (d == NULL)
        return NULL;
    d->id = fl_arena_printf(arena, "%s%s", intent->id, suffix);
    d->base_id = d->id;
    d->title = intent->title != NULL ? intent->title : intent->id;
    d->file = policy->file;
    d->line = intent->line;
    d->severity = intent->severity;
    d->controls = intent->controls;
    d->attack = intent->attack;
    d->remediation = intent->remediation;
    d->source = UINT32_MAX;
    d->intent = intent;
    d->group_by = texts(arena, keys, 3);
    d->measures = fl_arena_alloc(arena, 2 * sizeof *d->measures);
    if (d->measures == NULL || d->group_by.items == NULL)
        return NULL;
    d->measures[0] = (struct fl_measure_decl){.name = "outcome", .kind = "outcome"};
    d->measures[1] = (struct fl_measure_decl){.name = "via_endpoint", .kind = "via_endpoint"};
    d->measure_count = 2;
    return d;
}

static struct fl_rule_decl *breach_decl(const struct fl_policy *policy, const struct fl_intent *intent,
                                        struct fl_arena *arena)
{
    struct fl_rule_decl *d = start_decl(policy, intent, arena, "");
    if (d == NULL)
        return NULL;
    d->where = where_breach(intent, arena);
    d->finding = message_of(intent);
    return d->where == NULL ? NULL : d;
}

static void add_whole_reach(struct fl_buf *b, const struct fl_intent *intent, const struct sides *s)
{
    fl_buf_add_char(b, '(');
    add_reach(b, intent, s);
    fl_buf_add_char(b, ')');
}

/* Where one host is waited for, it must be known which end opened; where any will do, both ways round may fit. */
static const char *where_expected(const struct fl_intent *intent, struct fl_arena *arena)
{
    struct fl_buf b;
    fl_buf_init(&b);
    fl_buf_add_text(&b, "((initiated is not null and ");
    add_whole_reach(&b, intent, &decided);
    if (!intent->expect_each_host) {
        fl_buf_add_text(&b, ") or (initiated is null and ");
        add_whole_reach(&b, intent, &forward);
        fl_buf_add_text(&b, " and ");
        add_whole_reach(&b, intent, &reverse);
    }
    fl_buf_add_text(&b, "))");
    add_validity(&b, intent);
    const char *text = b.failed ? NULL : fl_arena_strdup(arena, b.data);
    fl_buf_dispose(&b);
    return text;
}

static const char *where_perhaps_expected(const struct fl_intent *intent, struct fl_arena *arena)
{
    if (intent->strict)
        return "false";
    struct fl_buf b;
    fl_buf_init(&b);
    fl_buf_add_text(&b, "initiated is null and (");
    add_whole_reach(&b, intent, &forward);
    fl_buf_add_text(&b, " or ");
    add_whole_reach(&b, intent, &reverse);
    fl_buf_add_char(&b, ')');
    add_validity(&b, intent);
    const char *text = b.failed ? NULL : fl_arena_strdup(arena, b.data);
    fl_buf_dispose(&b);
    return text;
}

/* A finding of an expectation is made from the host waited for, or from nothing but the law itself. */
static uint32_t expect_rules(const struct fl_policy *policy, const struct fl_intent *intent, struct fl_arena *arena,
                             const struct fl_rule_decl *out[3])
{
    static const char *const host[] = {"pair_client"};
    struct fl_rule_decl *expected = start_decl(policy, intent, arena, "");
    struct fl_rule_decl *undecided = start_decl(policy, intent, arena, "#undecided");
    if (expected == NULL || undecided == NULL)
        return 0;
    expected->where = where_expected(intent, arena);
    undecided->where = where_perhaps_expected(intent, arena);
    expected->identity = texts(arena, host, 1);
    expected->window = undecided->window = "15m";
    if (expected->where == NULL || undecided->where == NULL || expected->identity.items == NULL)
        return 0;
    out[0] = expected;
    out[1] = undecided;
    return 2;
}

uint32_t fl_intent_rules(const struct fl_policy *policy, const struct fl_intent *intent, struct fl_arena *arena,
                         const struct fl_rule_decl *out[3])
{
    if (intent->kind == FL_INTENT_EXPECT)
        return expect_rules(policy, intent, arena, out);
    struct fl_rule_decl *breach = breach_decl(policy, intent, arena);
    struct fl_rule_decl *undecided = start_decl(policy, intent, arena, "#undecided");
    struct fl_rule_decl *permitted = start_decl(policy, intent, arena, "#permitted");
    if (breach == NULL || undecided == NULL || permitted == NULL)
        return 0;
    undecided->where = where_undecided(intent, arena);
    permitted->where = where_permitted(intent, arena);
    if (undecided->where == NULL || permitted->where == NULL)
        return 0;
    out[0] = breach;
    out[1] = undecided;
    out[2] = permitted;
    return 3;
}

enum fl_rule_role fl_rule_role_of(const struct fl_rule_decl *decl)
{
    if (decl->intent == NULL)
        return FL_ROLE_RULE;
    if (strstr(decl->id, "#undecided") != NULL)
        return FL_ROLE_UNDECIDED;
    if (strstr(decl->id, "#permitted") != NULL)
        return FL_ROLE_PERMITTED;
    return decl->intent->kind == FL_INTENT_EXPECT ? FL_ROLE_EXPECT : FL_ROLE_BREACH;
}
