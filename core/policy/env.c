/* env.c: what the policy's names mean to expressions and programs. */
#include "core/policy/policy.h"

#include <string.h>

#include "core/text/yaml.h"

int fl_policy_network(const struct fl_policy *policy, struct fl_str name)
{
    uint32_t found = fl_map_find(&policy->network_names, name);
    return found == FL_MAP_NONE ? -1 : (int)found;
}

static enum fl_status add(void *context, uint32_t network, struct fl_prefix_sets *sets, uint32_t set)
{
    const struct fl_network *n = &((const struct fl_policy *)context)->networks[network];
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < n->prefix_count && status == FL_OK; i++)
        status = fl_prefix_sets_add(sets, set, n->prefixes[i], false);
    for (uint32_t i = 0; i < n->except_count && status == FL_OK; i++)
        status = fl_prefix_sets_add(sets, set, n->excepts[i], true);
    return status;
}

static const char *vpc(void *context, uint32_t network)
{
    return ((const struct fl_policy *)context)->networks[network].vpc;
}

static const char *account(void *context, uint32_t network)
{
    return ((const struct fl_policy *)context)->networks[network].account;
}

struct fl_network_source fl_policy_network_source(const struct fl_policy *policy)
{
    return (struct fl_network_source){(void *)policy, policy->network_count, add, vpc, account};
}

static bool find_network(void *context, struct fl_str name, uint32_t *id)
{
    int found = fl_policy_network(context, name);
    *id = (uint32_t)found;
    return found >= 0;
}

static bool find_service(void *context, struct fl_str name, const struct fl_set_item **items, uint32_t *count)
{
    const struct fl_policy *policy = context;
    for (uint32_t i = 0; i < policy->service_count; i++) {
        if (fl_str_is(name, policy->services[i].name)) {
            *items = policy->services[i].items;
            *count = policy->services[i].item_count;
            return true;
        }
    }
    return false;
}

static void names(void *context, void (*visit)(void *guess, const char *name), void *guess)
{
    const struct fl_policy *policy = context;
    for (uint32_t i = 0; i < policy->network_count; i++)
        visit(guess, policy->networks[i].name);
    for (uint32_t i = 0; i < policy->service_count; i++)
        visit(guess, policy->services[i].name);
}

void fl_policy_expr_env(const struct fl_policy *policy, struct fl_expr_env *env)
{
    env->context = (void *)policy;
    env->network = find_network;
    env->service = find_service;
    env->names = names;
}

void fl_policy_error_at(const struct fl_policy *policy, struct fl_error *err, uint32_t line, uint32_t column)
{
    fl_error_at(err, policy->file, line, column);
    fl_error_show(err, fl_text_line(fl_str_of(policy->text), line));
}

void fl_policy_fail_expr(const struct fl_policy *policy, const struct fl_text_at *expr, struct fl_error *err,
                         struct fl_error_list *errors)
{
    struct fl_str line = fl_text_line(fl_str_of(policy->text), expr->line);
    size_t len = strlen(expr->text), at = expr->column > 0 ? expr->column - 1 : 0;
    if (at < line.len && (line.ptr[at] == '"' || line.ptr[at] == '\''))
        at++;
    bool is_written_so = at + len <= line.len && memcmp(line.ptr + at, expr->text, len) == 0;
    if (is_written_so)
        err->column = (uint32_t)at + (err->column > 0 ? err->column : 1);
    fl_error_at(err, policy->file, expr->line, err->column);
    if (is_written_so)
        fl_error_show(err, line);
    fl_error_list_add(errors, err);
}
