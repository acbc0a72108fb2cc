#include "core/policy/policy.h"

#include <string.h>

#include "core/base/files.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/policy/load.h"

static void refuse_unsupported(struct fl_policy_loader *l, const struct fl_yaml_node *root)
{
    static const char *const later[] = {"formats", "queries"};
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++) {
        const struct fl_yaml_node *node = fl_yaml_get(root, later[i]);
        if (node != NULL && !(node->kind == FL_YAML_SCALAR && fl_str_is(node->text, "false")))
            fl_load_fail(l, node, "%s is not supported by this version", later[i]);
    }
}

static uint64_t load_count(struct fl_policy_loader *l, const struct fl_yaml_node *root, const char *key,
                           uint64_t absent, int64_t low, int64_t high)
{
    const struct fl_yaml_node *node = fl_yaml_get(root, key);
    if (node == NULL)
        return absent;
    struct fl_ratio n;
    if (node->kind == FL_YAML_SCALAR && fl_ratio_parse(node->text, &n) && n.den == 1 && n.num >= low && n.num <= high)
        return (uint64_t)n.num;
    fl_load_fail(l, node, "%s must be a whole number of %lld..%lld", key, (long long)low, (long long)high);
    return absent;
}

static void load_zone(struct fl_policy_loader *l, const struct fl_yaml_node *root)
{
    struct fl_policy *p = l->policy;
    struct fl_text_at zone = fl_load_text_at(l, root, "timezone");
    struct fl_error err;
    p->zone_name = zone.text != NULL ? zone.text : "UTC";
    if (fl_zone_open(p->zone_name, &p->zone, &err) != FL_OK)
        fl_load_fail(l, fl_yaml_get(root, "timezone"), "%s", err.text);
}

static void load_limits(struct fl_policy_loader *l, const struct fl_yaml_node *root)
{
    struct fl_policy *p = l->policy;
    const struct fl_yaml_node *fail_on = fl_yaml_get(root, "fail_on"), *skip = fl_yaml_get(root, "max_skipdata");
    p->fail_on = FL_SEV_MEDIUM;
    if (fail_on != NULL) {
        int severity = fail_on->kind == FL_YAML_SCALAR ? fl_severity_find(fail_on->text) : -1;
        if (severity < 0)
            fl_load_fail(l, fail_on, "fail_on must be info, low, medium, high, critical or none");
        else
            p->fail_on = (enum fl_severity)severity;
    }
    p->max_skipdata = (struct fl_ratio){1, 100};
    if (skip != NULL && (skip->kind != FL_YAML_SCALAR || !fl_ratio_parse(skip->text, &p->max_skipdata) ||
                         p->max_skipdata.num < 0 || p->max_skipdata.num > p->max_skipdata.den))
        fl_load_fail(l, skip, "max_skipdata must be a share such as 1%% or 0.05");
    p->evidence = (uint32_t)load_count(l, root, "evidence", FL_EVIDENCE_DEFAULT, 1, FL_EVIDENCE_MAX);
    p->max_bad_lines = load_count(l, root, "max_bad_lines", 0, 0, INT64_MAX);
    p->max_list_records = load_count(l, root, "max_list_records", FL_LIST_RECORDS_MAX, 1, UINT32_MAX);
    p->max_groups = load_count(l, root, "max_groups", FL_GROUPS_MAX_DEFAULT, 1, UINT32_MAX - 1);
    p->aggregation_ms = FL_MS_PER_MINUTE;
    struct fl_text_at aggregation = fl_load_text_at(l, root, "aggregation");
    if (aggregation.text != NULL && !fl_duration_parse(fl_str_of(aggregation.text), &p->aggregation_ms))
        fl_load_fail(l, fl_yaml_get(root, "aggregation"), "aggregation must be a duration such as 1m or 10m");
}

static void load_root(struct fl_policy_loader *l, const struct fl_yaml_node *root)
{
    struct fl_policy *p = l->policy;
    if (!fl_load_keys(l, root, "a policy", FL_MAP_POLICY))
        return;
    const struct fl_yaml_node *version = fl_yaml_get(root, "version");
    int64_t number;
    bool is_number = version != NULL && version->kind == FL_YAML_SCALAR && fl_int_parse(version->text, &number);
    if (!is_number)
        fl_load_fail(l, version != NULL ? version : root, "a policy begins with version: 1");
    else if (number != 1)
        fl_load_fail(l, version, "this flowlaw knows version 1 of policies only, not %lld", (long long)number);
    p->name = fl_load_text(l, root, "name");
    if (p->name == NULL)
        fl_load_fail(l, root, "a policy needs a name: findings' ids are made from it");
    refuse_unsupported(l, root);
    p->dedupe = fl_load_flag(l, root, "dedupe", false);
    p->split_by_vpc = fl_load_flag(l, root, "split_by_vpc", false);
    load_zone(l, root);
    load_limits(l, root);
    fl_load_prices(l, root);
    fl_load_inventory(l, root);
    p->scope = fl_load_text_at(l, root, "scope");
    fl_load_networks(l, root);
    if (p->networks == NULL)
        return;
    fl_load_services(l, root);
    fl_load_condition(l, &p->scope, "scope");
    fl_load_intents(l, root);
    fl_load_uses(l, root);
    fl_load_waivers(l, root);
}

enum fl_status fl_policy_parse(struct fl_str text, const char *file, const char *folder, struct fl_policy *out,
                               struct fl_error_list *errors)
{
    memset(out, 0, sizeof *out);
    fl_arena_init(&out->arena);
    out->file = fl_arena_strdup(&out->arena, file);
    out->folder = fl_arena_strdup(&out->arena, folder);
    out->text = fl_arena_strndup(&out->arena, text.ptr, text.len);
    if (out->file == NULL || out->folder == NULL || out->text == NULL)
        return FL_E_NOMEM;
    struct fl_yaml_doc doc;
    struct fl_error err;
    uint32_t before = errors->count;
    struct fl_policy_loader l = {.policy = out, .doc = &doc, .errors = errors};
    enum fl_status status = fl_yaml_parse(text, file, &doc, &err);
    if (status != FL_OK)
        fl_error_list_add(errors, &err);
    else
        load_root(&l, doc.root);
    fl_yaml_dispose(&doc);
    if (l.nomem)
        return FL_E_NOMEM;
    return status != FL_OK ? status : errors->count > before ? FL_E_VALUE : FL_OK;
}

enum fl_status fl_policy_load(const char *path, struct fl_policy *out, struct fl_error_list *errors)
{
    struct fl_buf text;
    struct fl_error err;
    memset(out, 0, sizeof *out);
    fl_buf_init(&text);
    enum fl_status status = fl_files_read(path, FL_POLICY_BYTES_MAX, &text, &err);
    if (status != FL_OK) {
        fl_error_at(&err, path, 0, 0);
        fl_error_list_add(errors, &err);
    } else {
        const char *slash = strrchr(path, '/');
        char *folder = slash == NULL ? fl_strdup(".") : fl_strdup(path);
        if (folder != NULL && slash != NULL)
            folder[slash == path ? 1 : slash - path] = '\0';
        struct fl_str all = {text.data != NULL ? text.data : "", text.len};
        status = folder == NULL ? FL_E_NOMEM : fl_policy_parse(all, path, folder, out, errors);
        fl_free(folder);
    }
    fl_buf_dispose(&text);
    return status;
}

void fl_policy_dispose(struct fl_policy *policy)
{
    fl_zone_close(policy->zone);
    if (policy->inventory != NULL)
        fl_inventory_dispose(policy->inventory);
    fl_map_dispose(&policy->network_names);
    fl_arena_dispose(&policy->arena);
    memset(policy, 0, sizeof *policy);
}
