/* lint_rules.c: parameters, tests, keys, identities, windows, outcomes of rules. */
#include <string.h>

#include "core/rule/lua_text.h"
#include "core/session/lint.h"

#define VALUES_MAX 1024 /* of a key field that still make a table of bounded size */

static bool in_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Does some text of the Lua name $param? */
static bool names_param(struct fl_str file, const char *param)
{
    size_t at = 0, len = strlen(param);
    for (struct fl_lua_token t = fl_lua_next(file, &at); t.kind != FL_LUA_END; t = fl_lua_next(file, &at)) {
        for (size_t i = t.from; t.kind == FL_LUA_STRING && i + len < t.to; i++)
            if (file.ptr[i] == '$' && memcmp(file.ptr + i + 1, param, len) == 0 &&
                (i + 1 + len == t.to || !in_name(file.ptr[i + 1 + len])))
                return true;
    }
    return false;
}

static bool is_used(const struct fl_rule_decl *decl, const char *param)
{
    bool used = names_param(decl->file_text, param);
    for (const struct fl_rule_module *m = decl->modules; m != NULL && !used; m = m->next)
        used = names_param(m->text, param);
    return used;
}

static void check_params(struct fl_linting *l, const struct fl_rule_decl *decl)
{
    for (uint32_t i = 0; i < decl->param_count; i++) {
        const struct fl_rule_spot spot = {"params", decl->params[i].name, NULL};
        if (!is_used(decl, decl->params[i].name))
            fl_lint_rule(l, FL_LINT_PARAM, decl, &spot, 0, "take it out, or name it by $ where its value belongs",
                         "parameter %s is not used", decl->params[i].name);
    }
}

static void check_tests(struct fl_linting *l, const struct fl_rule_decl *decl)
{
    const struct fl_rule_spot spot = {"title", NULL, decl->title};
    if (fl_lint_tests(decl->file_text) == 0)
        fl_lint_rule(l, FL_LINT_NO_TEST, decl, &spot, 0,
                     "write test blocks beside it: a case that fires, one that does not, and return traffic",
                     "it has no test");
}

/* ---- keys ---- */

/* Takes a new value with every connection or record. */
static const char *why_unbounded(uint32_t field)
{
    switch (field) {
    case FL_F_CLIENT_PORT:
        return "clients take a new port for each connection";
    case FL_F_SRCPORT:
    case FL_F_DSTPORT:
    case FL_F_SRC_SERVICE:
    case FL_F_DST_SERVICE:
        return "on one half of a conversation it is the client's, which is new for each connection";
    case FL_F_START_TIME:
    case FL_F_END_TIME:
        return "nearly every record has a time of its own; windows cut time";
    case FL_F_BYTES:
    case FL_F_PACKETS:
    case FL_F_DURATION:
        return "it is an amount, which is nearly always another";
    default:
        return NULL;
    }
}

static void check_keys(struct fl_linting *l, const struct fl_plan_rule *rule)
{
    const struct fl_rule_decl *decl = rule->decl;
    const char *key = decl->group_by.count > 0 ? "group_by" : "identity";
    for (uint32_t k = 0; k < rule->key_count; k++) {
        const struct fl_rule_spot spot = {key, NULL, rule->key_names[k]};
        const char *why = why_unbounded(rule->keys[k]);
        uint64_t values = UINT64_MAX;
        if (why == NULL || rule->from != NULL)
            continue;
        if (fl_domains_values(l->domains, rule->where, NULL, rule->keys[k], &values) != FL_OK)
            l->nomem = true;
        if (values > VALUES_MAX)
            fl_lint_rule(l, FL_LINT_UNBOUNDED, decl, &spot, 0,
                         "group by what stays the same (server, server_port, service), or bound it in `where`",
                         "groups by %s grow without bound: %s", rule->key_names[k], why);
    }
}

static bool is_end(uint32_t field)
{
    static const uint32_t ends[] = {FL_F_CLIENT,   FL_F_SERVER,   FL_F_SRCADDR,     FL_F_DSTADDR,
                                    FL_F_SRC_PEER, FL_F_DST_PEER, FL_F_PKT_SRCADDR, FL_F_PKT_DSTADDR};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (field == ends[i])
            return true;
    return false;
}

/* Groups without a record are those of members, which are named, not visitors. */
static bool is_of_members(struct fl_linting *l, const struct fl_plan_rule *rule)
{
    bool none = false;
    if (rule->over != FL_OVER_NONE &&
        fl_domains_is_zero(l->domains, rule->having, NULL, rule->key_count + FL_C_FLOWS, &none) != FL_OK)
        l->nomem = true;
    return none;
}

static void check_identity(struct fl_linting *l, const struct fl_plan_rule *rule)
{
    const struct fl_rule_decl *decl = rule->decl;
    const char *key = decl->identity.count > 0 ? "identity" : "group_by";
    for (uint32_t i = 0; i < rule->identity_count; i++) {
        uint32_t field = rule->keys[rule->identity[i]];
        const struct fl_rule_spot spot = {key, NULL, rule->key_names[rule->identity[i]]};
        bool kept_out = false;
        if (!is_end(field) || rule->from != NULL || rule->decl->signal || is_of_members(l, rule))
            continue;
        /* With the parameters in force: another value is another policy's business. */
        if (rule->where != NULL &&
            fl_domains_keeps_out(l->domains, rule->where, NULL, field, FL_NET_INTERNET, &kept_out) != FL_OK)
            l->nomem = true;
        if (!kept_out)
            fl_lint_rule(l, FL_LINT_IDENTITY, decl, &spot, 0,
                         "name in `identity` the asset that has to be fixed, or keep the internet out in `where`",
                         "identity holds %s, which `where` lets be an address of the internet: every visitor makes a "
                         "finding of its own, and its id is another tomorrow",
                         rule->key_names[rule->identity[i]]);
    }
}

static void check_window(struct fl_linting *l, const struct fl_plan_rule *rule)
{
    const struct fl_rule_spot spot = {rule->session ? "session" : "window", NULL, NULL};
    int64_t aggregation_ms = l->session->policy.aggregation_ms;
    char window[FL_WHEN_TEXT_BYTES], interval[FL_WHEN_TEXT_BYTES];
    if (rule->window_ms == 0 || rule->window_ms / 2 >= aggregation_ms)
        return;
    fl_duration_format(rule->window_ms, window);
    fl_duration_format(aggregation_ms, interval);
    fl_lint_rule(l, FL_LINT_WINDOW, rule->decl, &spot, 0,
                 "take a longer window, or say in the policy's `aggregation` what the logs are cut by",
                 "its %s of %s is under twice the aggregation interval (%s): a record belongs to the window of its "
                 "start, wherever its packets were",
                 spot.key, window, interval);
}

static void check_outcome(struct fl_linting *l, const struct fl_plan_rule *rule)
{
    const struct fl_rule_spot spot = {"where", NULL, NULL};
    uint64_t values = UINT64_MAX;
    if (rule->outcome_measure < 0 || rule->where == NULL)
        return;
    if (fl_domains_values(l->domains, rule->where, NULL, FL_F_INITIATED, &values) != FL_OK)
        l->nomem = true;
    if (values <= 1)
        fl_lint_rule(l, FL_LINT_HALF, rule->decl, &spot, 0,
                     "write `initiated is not null` for `initiated`; count \"initiated\" counts what was opened",
                     "`where` lets through one half of a conversation, so that outcome() is never `answered`");
}

void fl_lint_rules(struct fl_linting *l)
{
    for (uint32_t r = 0; r < l->session->plan.rule_count && !l->nomem; r++) {
        const struct fl_plan_rule *rule = &l->session->plan.rules[r];
        if (rule->decl->intent != NULL)
            continue;
        check_params(l, rule->decl);
        check_tests(l, rule->decl);
        fl_lint_test_names(l, rule->decl);
        fl_lint_code(l, rule->decl);
        if (rule->void_reason != NULL) {
            const struct fl_rule_spot spot = {"params", NULL, NULL};
            fl_lint_rule(l, FL_LINT_VOID, rule->decl, &spot, 0,
                         "define what is missing in the policy, set the parameter, or do not use the rule",
                         "it is never evaluated under this policy: %s", rule->void_reason);
            continue;
        }
        check_keys(l, rule);
        check_identity(l, rule);
        check_window(l, rule);
        check_outcome(l, rule);
    }
}
