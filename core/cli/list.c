#include <stdio.h>
#include <string.h>

#include "core/base/escape.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/cli/options.h"
#include "core/plugin/registry.h"

static const char help[] =
    "flowlaw list rules|fields|measures|networks|plugins [-p POLICY] [--rules DIR] [-o json]\n"
    "\n"
    "  rules      intents and rules of the policy, then the rules that it does not use: id, severity, use, title;\n"
    "             -o json adds parameters with their defaults\n"
    "  fields     what conditions may name: name, type, meaning\n"
    "  measures   what a rule may measure: name, arguments, meaning\n"
    "  networks   built-in networks and those of the policy\n"
    "  plugins    decoders and outputs of this program\n"
    "\n"
    "  -p, --policy FILE    the policy; default: the bundled policies/baseline.yaml\n"
    "      --rules DIR      a further folder of rules\n"
    "  -o, --output NAME    text (default) or json: one object a line\n"
    "\n"
    "Exit status: 0 fine, 2 usage or load error, 4 internal error.\n"
    "\n"
    "Example:\n"
    "  flowlaw list rules -p examples/quickstart/policy.yaml\n";

#define CELLS_MAX 4

/* Rows of text are kept until the widths of their columns are known; rows of JSON are written at once. */
struct listing {
    bool json;
    struct fl_buf out;
    struct fl_json w;
    struct fl_arena arena;
    const char *(*rows)[CELLS_MAX];
    uint32_t count, capacity;
};

static void add_row(struct listing *l, const char *a, const char *b, const char *c, const char *d)
{
    const char *cells[CELLS_MAX] = {a, b, c, d};
    if (!fl_grow((void **)&l->rows, &l->capacity, l->count + 1, sizeof *l->rows)) {
        l->out.failed = true;
        return;
    }
    for (unsigned i = 0; i < CELLS_MAX; i++) {
        struct fl_buf safe;
        fl_buf_init(&safe);
        fl_escape_terminal(&safe, fl_str_of(cells[i] == NULL ? "" : cells[i]));
        const char *copy = safe.data == NULL ? "" : fl_arena_strdup(&l->arena, safe.data);
        l->out.failed |= safe.failed || copy == NULL;
        l->rows[l->count][i] = copy == NULL ? "" : copy;
        fl_buf_dispose(&safe);
    }
    l->count++;
}

static void print_rows(struct listing *l)
{
    size_t width[CELLS_MAX] = {0};
    for (uint32_t r = 0; r < l->count; r++)
        for (unsigned i = 0; i < CELLS_MAX; i++)
            if (strlen(l->rows[r][i]) > width[i])
                width[i] = strlen(l->rows[r][i]);
    for (uint32_t r = 0; r < l->count; r++) {
        for (unsigned i = 0; i < CELLS_MAX; i++)
            if (width[i] > 0)
                fl_buf_add_format(&l->out, "%-*s  ", (int)width[i], l->rows[r][i]);
        while (l->out.len > 0 && l->out.data[l->out.len - 1] == ' ')
            l->out.len--;
        fl_buf_add_char(&l->out, '\n');
    }
}

static void put_texts(struct listing *l, const char *key, const struct fl_texts *texts)
{
    fl_json_key(&l->w, key);
    fl_json_array(&l->w);
    for (uint32_t i = 0; i < texts->count; i++)
        fl_json_text(&l->w, texts->items[i]);
    fl_json_end(&l->w);
}

static void begin(struct listing *l, const char *type)
{
    fl_json_init(&l->w, &l->out);
    fl_json_object(&l->w);
    fl_json_put_text(&l->w, "type", type);
}

static void end(struct listing *l)
{
    fl_json_end(&l->w);
    fl_buf_add_char(&l->out, '\n');
}

/* A row of three texts, the same in both forms. */
static void simple(struct listing *l, const char *type, const char *name, const char *key, const char *value,
                   const char *what)
{
    if (!l->json) {
        add_row(l, name, value, what, NULL);
        return;
    }
    begin(l, type);
    fl_json_put_text(&l->w, "name", name);
    fl_json_put_text(&l->w, key, value);
    fl_json_put_text(&l->w, "what", what);
    end(l);
}

/* An enumerated field's values are part of its meaning. */
static const char *field_meaning(struct listing *l, const struct fl_field_info *field)
{
    if (!fl_type_is_enum(field->type))
        return field->what;
    const char *text = field->what, *value;
    for (uint32_t i = 0; (value = fl_enum_text(field->type, i)) != NULL; i++)
        text = fl_arena_printf(&l->arena, "%s%s%s", text, i == 0 ? ": " : " ", value);
    return text;
}

static void list_fields(struct listing *l)
{
    const char *value;
    for (uint32_t f = 0; f < FL_F_TAG_FIRST; f++) {
        const struct fl_field_info *field = &fl_fields[f];
        if (!l->json) {
            add_row(l, field->name, fl_type_name(field->type), field_meaning(l, field), NULL);
            continue;
        }
        begin(l, "field");
        fl_json_put_text(&l->w, "name", field->name);
        fl_json_put_text(&l->w, "value", fl_type_name(field->type));
        fl_json_put_bool(&l->w, "derived", field->derived);
        fl_json_key(&l->w, "values");
        fl_json_array(&l->w);
        for (uint32_t i = 0; fl_type_is_enum(field->type) && (value = fl_enum_text(field->type, i)) != NULL; i++)
            fl_json_text(&l->w, value);
        fl_json_end(&l->w);
        fl_json_put_text(&l->w, "what", field->what);
        end(l);
    }
}

static void list_measures(struct listing *l)
{
    for (uint32_t m = 0; m < FL_MEASURE_COUNT; m++)
        if (fl_measures[m].args != NULL)
            simple(l, "measure", fl_measures[m].name, "arguments", fl_measures[m].args, fl_measures[m].what);
}

static void list_plugins(struct listing *l)
{
    static const char *const kinds[] = {"", "decoder", "output", "source"};
    const struct flp_plugin *plugin;
    for (unsigned i = 0; (plugin = fl_plugin_at(i)) != NULL; i++)
        simple(l, "plugin", plugin->name, "kind", kinds[plugin->kind], plugin->summary);
}

static void put_prefixes(struct listing *l, const char *key, const struct fl_prefix *prefixes, uint32_t count)
{
    char text[FL_PREFIX_TEXT_BYTES];
    fl_json_key(&l->w, key);
    fl_json_array(&l->w);
    for (uint32_t i = 0; i < count; i++) {
        fl_prefix_format(prefixes[i], text);
        fl_json_text(&l->w, text);
    }
    fl_json_end(&l->w);
}

static const char *prefixes_text(struct listing *l, const struct fl_network *n)
{
    char text[FL_PREFIX_TEXT_BYTES];
    struct fl_buf out;
    fl_buf_init(&out);
    for (uint32_t i = 0; i < n->prefix_count + n->except_count; i++) {
        fl_prefix_format(i < n->prefix_count ? n->prefixes[i] : n->excepts[i - n->prefix_count], text);
        fl_buf_add_format(&out, "%s%s%s", i > 0 ? " " : "", i == n->prefix_count ? "except " : "", text);
    }
    if (n->vpc != NULL)
        fl_buf_add_format(&out, " in vpc %s", n->vpc);
    if (n->account != NULL)
        fl_buf_add_format(&out, " in account %s", n->account);
    const char *copy = out.data == NULL ? "" : fl_arena_strdup(&l->arena, out.data);
    fl_buf_dispose(&out);
    return copy;
}

static void list_networks(struct listing *l, const struct fl_policy *policy)
{
    for (uint32_t i = 0; i < policy->network_count; i++) {
        const struct fl_network *n = &policy->networks[i];
        const char *kind = n->builtin ? "built-in" : "policy";
        if (!l->json) {
            add_row(l, n->name, kind, prefixes_text(l, n), NULL);
            continue;
        }
        begin(l, "network");
        fl_json_put_text(&l->w, "name", n->name);
        fl_json_put_text(&l->w, "kind", kind);
        put_prefixes(l, "cidr", n->prefixes, n->prefix_count);
        put_prefixes(l, "except", n->excepts, n->except_count);
        fl_json_put_text(&l->w, "vpc", n->vpc);
        fl_json_put_text(&l->w, "account", n->account);
        end(l);
    }
}

static void put_params(struct listing *l, const struct fl_rule_decl *decl)
{
    fl_json_key(&l->w, "params");
    fl_json_array(&l->w);
    for (uint32_t i = 0; i < decl->param_count; i++) {
        const struct fl_param_decl *p = &decl->params[i];
        fl_json_object(&l->w);
        fl_json_put_text(&l->w, "name", p->name);
        fl_json_put_text(&l->w, "value", fl_param_type_name(p->type));
        fl_json_put_text(&l->w, "default", p->default_text);
        fl_json_put_text(&l->w, "policy", p->from_policy ? p->text : NULL);
        fl_json_put_text(&l->w, "what", p->what);
        fl_json_end(&l->w);
    }
    fl_json_end(&l->w);
}

static void rule_row(struct listing *l, const char *use, const struct fl_rule_decl *decl)
{
    const char *severity = fl_severity_name(decl->severity);
    if (!l->json) {
        add_row(l, decl->id, severity, use, decl->title);
        return;
    }
    begin(l, "rule");
    fl_json_put_text(&l->w, "id", decl->id);
    fl_json_put_text(&l->w, "severity", severity);
    fl_json_put_text(&l->w, "use", use);
    fl_json_put_text(&l->w, "title", decl->title);
    fl_json_put_text(&l->w, "description", decl->description);
    put_params(l, decl);
    put_texts(l, "controls", &decl->controls);
    put_texts(l, "attack", &decl->attack);
    fl_json_put_text(&l->w, "remediation", decl->remediation);
    fl_json_put_text(&l->w, "declared_at", fl_arena_printf(&l->arena, "%s:%u", decl->file, decl->line));
    end(l);
}

static void broken_row(struct listing *l, const char *id, const struct fl_error *err)
{
    const char *text = fl_arena_printf(&l->arena, "%s:%u: %s", err->file, err->line, err->text);
    if (!l->json) {
        add_row(l, id, "-", "broken", text);
        return;
    }
    begin(l, "rule");
    fl_json_put_text(&l->w, "id", id);
    fl_json_put_text(&l->w, "use", "broken");
    fl_json_put_text(&l->w, "error", text);
    end(l);
}

/* Every rule found in the roots that the policy does not use. */
static void list_unused(struct listing *l, struct fl_session *session)
{
    for (uint32_t i = 0; i < session->roots.count; i++) {
        const struct fl_rule_found *found = &session->roots.items[i];
        bool used = false;
        for (uint32_t r = 0; r < session->plan.rule_count; r++)
            used |= strcmp(session->plan.rules[r].decl->base_id, found->id) == 0;
        if (used)
            continue;
        struct fl_error_list errors = {0};
        struct fl_rule_decl *decl = NULL;
        const char *lib = fl_arena_printf(&session->arena, "%s/lib", found->root);
        bool loads = fl_lua_rules_load(session->lua, found->id, found->file, lib, &decl, &errors) == FL_OK;
        if (loads && found->bundled)
            decl->file = fl_bundled_rule_file(&session->arena, found->id);
        if (loads)
            rule_row(l, "not used", decl);
        else if (errors.count > 0)
            broken_row(l, found->id, &errors.items[0]);
        fl_error_list_dispose(&errors);
    }
}

static void list_rules(struct listing *l, struct fl_session *session)
{
    for (uint32_t r = 0; r < session->plan.rule_count; r++) {
        const struct fl_plan_rule *rule = &session->plan.rules[r];
        if (rule->role <= FL_ROLE_EXPECT)
            rule_row(l, rule->decl->intent != NULL ? "intent" : rule->decl->signal ? "signal" : "used", rule->decl);
    }
    list_unused(l, session);
}

static int list_policy(struct listing *l, const char *what, const struct fl_session_options *options)
{
    struct fl_session session;
    struct fl_error_list errors = {0};
    int exit_status = 0;
    if (fl_session_open(&session, options, &errors) != FL_OK)
        exit_status = fl_session_refuse(&errors, "nothing was listed");
    else if (strcmp(what, "networks") == 0)
        list_networks(l, &session.policy);
    else
        list_rules(l, &session);
    fl_error_list_dispose(&errors);
    fl_session_close(&session);
    return exit_status;
}

static int list(struct listing *l, const struct fl_session_options *options)
{
    const char *what = options->input_count == 1 ? options->inputs[0] : "";
    if (!fl_options_text_or_json("list", options))
        return 2;
    bool of_program = strcmp(what, "fields") == 0 || strcmp(what, "measures") == 0 || strcmp(what, "plugins") == 0;
    if (of_program && (options->policy != NULL || options->rules != NULL)) {
        fl_log_error("flowlaw list: %s are the same for every policy: leave out -p and --rules", what);
        return 2;
    }
    if (strcmp(what, "fields") == 0)
        list_fields(l);
    else if (strcmp(what, "measures") == 0)
        list_measures(l);
    else if (strcmp(what, "plugins") == 0)
        list_plugins(l);
    else if (strcmp(what, "rules") == 0 || strcmp(what, "networks") == 0)
        return list_policy(l, what, options);
    else {
        fl_log_error("flowlaw list: name one of rules, fields, measures, networks, plugins");
        return 2;
    }
    return 0;
}

int fl_cli_list(int count, char **argv)
{
    struct fl_session_options options;
    int exit_status;
    if (!fl_options_parse("list", help, count, argv, &options, &exit_status))
        return exit_status;
    struct listing l = {.json = strcmp(options.outputs[0].name, "json") == 0};
    fl_buf_init(&l.out);
    fl_arena_init(&l.arena);
    exit_status = list(&l, &options);
    print_rows(&l);
    if (l.out.failed) {
        fl_log_error("out of memory");
        exit_status = 4;
    } else if (l.out.len > 0) {
        fwrite(l.out.data, 1, l.out.len, stdout);
    }
    fl_free(l.rows);
    fl_arena_dispose(&l.arena);
    fl_buf_dispose(&l.out);
    return exit_status;
}
