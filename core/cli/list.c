#include <stdio.h>
#include <string.h>

#include "core/base/log.h"
#include "core/cli/options.h"
#include "core/plugin/registry.h"

static const char help[] =
    "flowlaw list rules|fields|measures|networks|plugins [-p POLICY] [-o json]\n"
    "\n"
    "Example:\n"
    "  flowlaw list fields\n";

/* A row of a list: the name, a second column and what it is. JSON writes one object a row. */
struct listing {
    bool json;
    const char *type;
    struct fl_buf out;
    struct fl_json w;
};

static void row(struct listing *l, const char *name, const char *second_key, const char *second, const char *what)
{
    if (!l->json) {
        fl_buf_add_format(&l->out, "%-32s %-12s %s\n", name, second, what != NULL ? what : "");
        return;
    }
    fl_json_init(&l->w, &l->out);
    fl_json_object(&l->w);
    fl_json_key(&l->w, "type");
    fl_json_text(&l->w, l->type);
    fl_json_key(&l->w, "name");
    fl_json_text(&l->w, name);
    fl_json_key(&l->w, second_key);
    fl_json_text(&l->w, second);
    fl_json_key(&l->w, "what");
    fl_json_text(&l->w, what);
    fl_json_end(&l->w);
    fl_buf_add_char(&l->out, '\n');
}

static void list_fields(struct listing *l)
{
    for (uint32_t f = 0; f < FL_FIELD_COUNT; f++)
        row(l, fl_fields[f].name, "value", fl_type_name(fl_fields[f].type), fl_fields[f].what);
}

static void list_measures(struct listing *l)
{
    for (uint32_t m = 0; m < FL_MEASURE_COUNT; m++)
        row(l, fl_measures[m].name, "arguments", fl_measures[m].args, fl_measures[m].what);
}

static void list_plugins(struct listing *l)
{
    static const char *const kinds[] = {"", "decoder", "output", "source"};
    const struct flp_plugin *plugin;
    for (unsigned i = 0; (plugin = fl_plugin_at(i)) != NULL; i++)
        row(l, plugin->name, "kind", kinds[plugin->kind], plugin->summary);
}

static void list_networks(struct listing *l, const struct fl_policy *policy)
{
    char text[FL_PREFIX_TEXT_BYTES];
    struct fl_buf what;
    for (uint32_t n = 0; n < policy->network_count; n++) {
        const struct fl_network *network = &policy->networks[n];
        fl_buf_init(&what);
        for (uint32_t i = 0; i < network->prefix_count; i++) {
            fl_prefix_format(network->prefixes[i], text);
            fl_buf_add_format(&what, "%s%s", i > 0 ? " " : "", text);
        }
        for (uint32_t i = 0; i < network->except_count; i++) {
            fl_prefix_format(network->excepts[i], text);
            fl_buf_add_format(&what, " except %s", text);
        }
        row(l, network->name, "kind", network->builtin ? "built-in" : "policy", what.data != NULL ? what.data : "");
        fl_buf_dispose(&what);
    }
}

static void list_rules(struct listing *l, const struct fl_session *session)
{
    for (uint32_t r = 0; r < session->plan.rule_count; r++) {
        const struct fl_plan_rule *rule = &session->plan.rules[r];
        if (rule->role > FL_ROLE_BREACH)
            continue;
        row(l, rule->decl->id, "severity", fl_severity_name(rule->decl->severity), rule->decl->title);
    }
}

/* Every rule found in the roots, used by the policy or not. */
static void list_found(struct listing *l, struct fl_session *session)
{
    struct fl_error_list ignored = {0};
    for (uint32_t i = 0; i < session->roots.count; i++) {
        const struct fl_rule_found *found = &session->roots.items[i];
        bool used = false;
        for (uint32_t r = 0; r < session->plan.rule_count; r++)
            used |= strcmp(session->plan.rules[r].decl->base_id, found->id) == 0;
        if (used)
            continue;
        struct fl_rule_decl *decl = NULL;
        const char *lib = fl_arena_printf(&session->arena, "%s/lib", found->root);
        if (fl_lua_rules_load(session->lua, found->id, found->file, lib, &decl, &ignored) == FL_OK)
            row(l, found->id, "severity", "not used", decl->title);
        else
            row(l, found->id, "severity", "broken", found->file);
    }
    fl_error_list_dispose(&ignored);
}

static int list_policy(struct listing *l, const char *what, const struct fl_session_options *options)
{
    struct fl_session session;
    struct fl_error_list errors = {0};
    int exit_status = 0;
    if (fl_session_open(&session, options, &errors) != FL_OK)
        exit_status = fl_session_refuse(&errors);
    else if (strcmp(what, "networks") == 0)
        list_networks(l, &session.policy);
    else {
        list_rules(l, &session);
        list_found(l, &session);
    }
    fl_error_list_dispose(&errors);
    fl_session_close(&session);
    return exit_status;
}

int fl_cli_list(int count, char **argv)
{
    struct fl_session_options options;
    enum fl_parsed parsed = fl_options_parse("list", count, argv, &options);
    if (parsed == FL_PARSED_HELP) {
        fputs(help, stdout);
        return 0;
    }
    if (parsed == FL_PARSED_ERROR)
        return 2;
    const char *what = options.input_count == 1 ? options.inputs[0] : "";
    struct listing l = {.json = strcmp(options.outputs[0].name, "json") == 0, .type = what};
    fl_buf_init(&l.out);
    int exit_status = 0;
    if (strcmp(what, "fields") == 0)
        list_fields(&l);
    else if (strcmp(what, "measures") == 0)
        list_measures(&l);
    else if (strcmp(what, "plugins") == 0)
        list_plugins(&l);
    else if (strcmp(what, "rules") == 0 || strcmp(what, "networks") == 0)
        exit_status = list_policy(&l, what, &options);
    else {
        fl_log_error("flowlaw list: one of rules, fields, measures, networks, plugins");
        exit_status = 2;
    }
    if (l.out.len > 0)
        fwrite(l.out.data, 1, l.out.len, stdout);
    fl_buf_dispose(&l.out);
    return exit_status;
}
