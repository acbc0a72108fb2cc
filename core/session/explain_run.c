#include "core/session/explain.h"

static bool has_code(const struct fl_plan *plan)
{
    for (uint32_t i = 0; i < plan->rule_count; i++)
        if (plan->rules[i].decl->has_on_flow || plan->rules[i].decl->has_on_group)
            return true;
    return false;
}

enum fl_status fl_explain_run(struct fl_explaining *e, const struct fl_source_list *sources,
                              const struct fl_explain_watch *watch, struct fl_part *part, struct fl_report *report,
                              struct fl_error *err)
{
    struct fl_session *session = e->session;
    const struct fl_rule_ops *ops = has_code(&session->plan) ? fl_lua_rules_ops(session->lua) : NULL;
    struct fl_engine_options engine = {.threads = 1,
                                       .memory_bytes = fl_session_group_memory(e->options, 1),
                                       .told_format = e->options->format,
                                       .ops = ops,
                                       .watch = watch->row};
    void *vm = NULL;
    enum fl_status status = fl_engine_run(&session->plan, sources, &engine, part, err);
    if (status == FL_OK && ops != NULL)
        status = ops->open_vm(ops->context, &vm, err);
    struct fl_judge_options how = {.ops = ops,
                                   .vm = vm,
                                   .waivers = session->waivers,
                                   .waiver_count = session->waiver_count,
                                   .as_of_ms = INT64_MIN,
                                   .fail_on = -1,
                                   .told_format = e->options->format,
                                   .watch = watch->judge};
    if (status == FL_OK)
        status = fl_judge(&session->plan, part, sources, &how, &session->arena, report, err);
    if (vm != NULL)
        ops->close_vm(vm);
    return status;
}
