#include <string.h>

#include "core/base/files.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/engine/host.h"
#include "core/session/session.h"

static enum fl_status check_format(const char *format, struct fl_error_list *errors)
{
    struct fl_error err = {0};
    enum fl_status status = format == NULL ? FL_OK : fl_host_check_format(format, &err);
    if (status != FL_OK)
        fl_error_list_add(errors, &err);
    return status;
}

/* Without -p: is it that of the program, or one that a part carries? */
static bool is_bundled_policy(void)
{
    size_t count;
    return !fl_files_are_put() || fl_files_list(&count)[0].bundled;
}

static const char *policy_path(struct fl_session *session, const struct fl_session_options *options,
                               struct fl_error_list *errors)
{
    if (options->policy != NULL)
        return options->policy;
    size_t count;
    if (fl_files_are_put())
        return fl_files_list(&count)[0].path; /* the policy is what was read first */
    const char *bundled = fl_bundled_folder(&session->arena);
    if (bundled != NULL)
        return fl_arena_printf(&session->arena, "%s/policies/baseline.yaml", bundled);
    struct fl_error err;
    fl_fail(&err, FL_E_IO, "the bundled policies are not beside this program; name a policy with -p");
    fl_error_list_add(errors, &err);
    return NULL;
}

/* Does some entry of the policy's rules use the rule? */
static bool is_used(const struct fl_policy *policy, const char *id)
{
    for (uint32_t i = 0; i < policy->use_count; i++) {
        const struct fl_rule_use *use = &policy->uses[i];
        if (use->enabled && fl_glob_match(fl_str_of(use->as != NULL ? use->as : use->pattern), fl_str_of(id)))
            return true;
    }
    return false;
}

/* A rule that is asked for, though the policy does not use it: as it stands in its file. */
static enum fl_status use_too(struct fl_session *session, const char *id)
{
    struct fl_policy *policy = &session->policy;
    const struct fl_rule_found *found = NULL;
    for (uint32_t i = 0; id != NULL && i < session->roots.count; i++)
        if (strcmp(session->roots.items[i].id, id) == 0)
            found = &session->roots.items[i];
    if (found == NULL || is_used(policy, id))
        return FL_OK;
    struct fl_rule_use *uses = fl_arena_alloc(&session->arena, ((size_t)policy->use_count + 1) * sizeof *uses);
    if (uses == NULL)
        return FL_E_NOMEM;
    if (policy->use_count > 0)
        memcpy(uses, policy->uses, policy->use_count * sizeof *uses);
    uses[policy->use_count++] = (struct fl_rule_use){.pattern = found->id, .severity = -1, .enabled = true};
    policy->uses = uses;
    return FL_OK;
}

static enum fl_status select_rules(struct fl_session *session, const struct fl_session_options *options,
                                   const struct fl_rule_decl ***decls, uint32_t *count, struct fl_error_list *errors)
{
    session->lua = fl_lua_rules_new();
    if (session->lua == NULL)
        return FL_E_NOMEM;
    *decls = NULL;
    *count = 0;
    enum fl_status status = fl_rule_roots_open(&session->roots, options->rules, session->policy.folder, errors);
    if (status == FL_OK)
        status = use_too(session, options->rule);
    if (status != FL_OK)
        return status;
    return fl_rule_select(&session->roots, &session->policy, session->lua, &session->arena, decls, count, errors);
}

static enum fl_status open_rules(struct fl_session *session, const struct fl_session_options *options,
                                 struct fl_error_list *errors)
{
    const struct fl_rule_decl **decls;
    uint32_t count;
    enum fl_status status = select_rules(session, options, &decls, &count, errors);
    if (status == FL_E_NOMEM || decls == NULL)
        return status;
    /* The plan is built even when rules are missing, so that all errors are told at once. */
    session->planned = true;
    enum fl_status planned = fl_plan_build(&session->plan, &session->policy, decls, count, errors);
    if (status == FL_OK)
        status = planned;
    if (status != FL_OK)
        return status;
    return fl_waivers_bind(&session->plan, &session->waivers, &session->waiver_count, errors);
}

enum fl_status fl_session_open(struct fl_session *session, const struct fl_session_options *options,
                               struct fl_error_list *errors)
{
    memset(session, 0, sizeof *session);
    fl_arena_init(&session->arena);
    const char *path = policy_path(session, options, errors);
    if (path == NULL)
        return FL_E_IO;
    if (check_format(options->format, errors) == FL_E_NOMEM)
        return FL_E_NOMEM;
    enum fl_status status = fl_policy_load(path, &session->policy, errors);
    /* As fl_bundled_rule_file() says of rules. */
    if (status == FL_OK && options->policy == NULL && is_bundled_policy())
        session->policy.file = "bundled policies/baseline.yaml";
    if (status == FL_OK) {
        status = open_rules(session, options, errors);
    } else if (status == FL_E_VALUE) {
        /* Rule files do not depend on what is wrong in the policy: their errors are told in the same run. */
        const struct fl_rule_decl **decls;
        uint32_t count;
        if (select_rules(session, options, &decls, &count, errors) == FL_E_NOMEM)
            status = FL_E_NOMEM;
    }
    if (status == FL_OK && errors->count > 0)
        status = FL_E_VALUE;
    return status;
}

void fl_session_close(struct fl_session *session)
{
    if (session->planned)
        fl_plan_dispose(&session->plan);
    if (session->lua != NULL)
        fl_lua_rules_free(session->lua);
    fl_rule_roots_close(&session->roots);
    fl_policy_dispose(&session->policy);
    fl_arena_dispose(&session->arena);
    memset(session, 0, sizeof *session);
}

int fl_session_refuse(const struct fl_error_list *errors, const char *consequence)
{
    bool out_of_memory = errors->count == 0 || fl_memory_ran_out();
    for (uint32_t i = 0; i < errors->count; i++)
        out_of_memory |= errors->items[i].code == FL_E_NOMEM;
    if (out_of_memory) {
        fl_log_error("out of memory: %s", consequence);
        return FL_EXIT_INTERNAL;
    }
    for (uint32_t i = 0; i < errors->count; i++)
        fl_log_status(&errors->items[i]);
    fl_log_error("%s: %u %s", consequence, errors->count, errors->count == 1 ? "error" : "errors");
    return 2;
}
