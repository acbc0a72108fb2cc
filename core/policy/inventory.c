/* inventory.c: the hosts that a policy names: flat CSV files, or entries in the policy itself. */
#include <fnmatch.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "core/base/files.h"
#include "core/base/limits.h"
#include "core/policy/load.h"

static void load_file(struct fl_policy_loader *l, const struct fl_yaml_node *node, const char *path)
{
    const struct fl_inventory *inv = l->policy->inventory;
    struct fl_buf text;
    for (uint32_t i = 0; i < inv->count; i++) {
        if (strcmp(inv->entries[i].file, path) == 0) {
            fl_load_fail(l, node, "%s is named twice", path);
            return;
        }
    }
    fl_buf_init(&text);
    if (fl_load_file(l, node, path, FL_INVENTORY_BYTES_MAX, &text)) {
        struct fl_str all = {text.data != NULL ? text.data : "", text.len};
        l->nomem |= fl_inventory_add_csv(l->policy->inventory, all, path, l->errors) == FL_E_NOMEM;
    }
    fl_buf_dispose(&text);
}

static bool ends_with(struct fl_str text, const char *end)
{
    size_t len = strlen(end);
    return text.len >= len && memcmp(text.ptr + text.len - len, end, len) == 0;
}

static void load_paths(struct fl_policy_loader *l, const struct fl_yaml_node *node)
{
    char pattern[4096];
    if (ends_with(node->text, ".json")) {
        fl_load_fail(l, node, "an inventory is read from flat CSV files; the JSON of a provider is not supported");
        return;
    }
    bool absolute = node->text.len > 0 && node->text.ptr[0] == '/';
    snprintf(pattern, sizeof pattern, "%s%s%.*s", absolute ? "" : l->policy->folder, absolute ? "" : "/",
             (int)node->text.len, node->text.ptr);
    if (fl_files_are_put()) {
        size_t count;
        const struct fl_file_text *texts = fl_files_list(&count);
        for (size_t i = 0; i < count; i++)
            if (fnmatch(pattern, texts[i].path, FNM_PATHNAME) == 0)
                load_file(l, node, texts[i].path);
        return;
    }
    glob_t found;
    int result = glob(pattern, 0, NULL, &found);
    if (result == GLOB_NOSPACE)
        l->nomem = true;
    else if (result != 0)
        fl_load_fail(l, node, "%s %s", pattern,
                     strpbrk(pattern, "*?[") != NULL ? "matches no file" : "cannot be read: there is no such file");
    for (size_t i = 0; result == 0 && i < found.gl_pathc; i++)
        load_file(l, node, found.gl_pathv[i]);
    if (result == 0)
        globfree(&found);
}

/* { address: 10.0.1.5, name: web1, sg: [sg-1, sg-2] }: a list is written as one cell is, with ; between. */
static void load_entry(struct fl_policy_loader *l, const struct fl_yaml_node *node)
{
    struct fl_inventory *inv = l->policy->inventory;
    struct fl_error err;
    struct fl_host_entry *e = fl_inventory_begin(inv, l->policy->file, node->line, node->column);
    if (e == NULL) {
        l->nomem = true;
        return;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        const struct fl_yaml_node *key = node->keys[i], *value = node->items[i];
        const char *guess;
        if (!fl_inventory_column(key->text, &guess)) {
            fl_load_fail(l, key, "a host has no \"%.*s\"%s%s%s", (int)key->text.len, key->text.ptr,
                         guess != NULL ? "; did you mean \"" : "", guess != NULL ? guess : "",
                         guess != NULL ? "\"?" : "");
            continue;
        }
        uint32_t count = value->kind == FL_YAML_SCALAR ? 1 : value->kind == FL_YAML_LIST ? value->count : 0;
        struct fl_buf cell;
        fl_buf_init(&cell);
        for (uint32_t k = 0; k < count; k++) {
            const struct fl_yaml_node *item = value->kind == FL_YAML_LIST ? value->items[k] : value;
            fl_buf_add_text(&cell, k > 0 ? ";" : "");
            fl_buf_add(&cell, item->text.ptr, item->text.len);
        }
        struct fl_str text = {cell.len > 0 ? cell.data : "", cell.len};
        enum fl_status status = cell.failed ? FL_E_NOMEM : fl_inventory_set(inv, e, key->text, text, &err);
        l->nomem |= status == FL_E_NOMEM;
        if (count == 0)
            fl_load_fail(l, value, "a text or a list of texts belongs here");
        else if (status != FL_OK && status != FL_E_NOMEM)
            fl_load_fail(l, value, "%s", err.text);
        fl_buf_dispose(&cell);
    }
    if (fl_inventory_check(inv, &err) != FL_OK)
        fl_load_fail(l, node, "%s", err.text);
}

static void load_member(struct fl_policy_loader *l, const struct fl_yaml_node *node)
{
    if (node->kind == FL_YAML_SCALAR)
        load_paths(l, node);
    else if (node->kind == FL_YAML_MAP)
        load_entry(l, node);
    else
        fl_load_fail(l, node, "a path or a host belongs here");
}

/* Shows the line of each error since `before`: hosts are compared when their texts are gone. */
static void show_lines(struct fl_policy_loader *l, uint32_t before)
{
    for (uint32_t i = before; i < l->errors->count; i++) {
        struct fl_error *e = &l->errors->items[i];
        struct fl_error unread;
        struct fl_buf text;
        fl_buf_init(&text);
        if (fl_files_read(e->file, FL_INVENTORY_BYTES_MAX, &text, &unread) == FL_OK)
            fl_error_show(e, fl_text_line((struct fl_str){text.data, text.len}, e->line));
        fl_buf_dispose(&text);
    }
}

void fl_load_inventory(struct fl_policy_loader *l, const struct fl_yaml_node *root)
{
    const struct fl_yaml_node *node = fl_yaml_get(root, "inventory"), *files = node;
    if (node == NULL)
        return;
    struct fl_inventory *inv = l->policy->inventory = fl_load_alloc(l, 1, sizeof *inv);
    if (inv == NULL)
        return;
    fl_inventory_init(inv);
    if (node->kind == FL_YAML_MAP && fl_yaml_get(node, "address") == NULL && fl_yaml_get(node, "interface") == NULL) {
        fl_load_keys(l, node, "inventory", FL_MAP_INVENTORY);
        inv->as_of_ms = fl_load_date(l, node, "as_of", false, INT64_MIN);
        files = fl_yaml_get(node, "files");
        if (files == NULL)
            fl_load_fail(l, node, "inventory needs files");
    }
    if (files != NULL && files->kind == FL_YAML_LIST)
        for (uint32_t i = 0; i < files->count; i++)
            load_member(l, files->items[i]);
    else if (files != NULL)
        load_member(l, files);
    uint32_t before = l->errors->count;
    l->nomem |= !l->nomem && fl_inventory_seal(inv, l->errors) == FL_E_NOMEM;
    show_lines(l, before);
}
