#include "core/policy/load.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/base/files.h"

void fl_load_fail(struct fl_policy_loader *l, const struct fl_yaml_node *node, const char *format, ...)
{
    char text[FL_ERROR_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct fl_error err;
    fl_yaml_fail(l->doc, node, &err, FL_E_VALUE, "%s", text);
    fl_error_list_add(l->errors, &err);
}

bool fl_load_file(struct fl_policy_loader *l, const struct fl_yaml_node *node, const char *path, size_t max_bytes,
                  struct fl_buf *out)
{
    struct fl_error err;
    enum fl_status status = fl_files_read(path, max_bytes, out, &err);
    l->nomem |= status == FL_E_NOMEM;
    if (status == FL_E_IO || status == FL_E_LIMIT)
        fl_load_fail(l, node, "%s %s", path, err.text);
    return status == FL_OK;
}

char *fl_load_copy(struct fl_policy_loader *l, struct fl_str text)
{
    char *copy = fl_arena_strndup(&l->policy->arena, text.ptr, text.len);
    l->nomem |= copy == NULL;
    return copy;
}

void *fl_load_alloc(struct fl_policy_loader *l, size_t count, size_t bytes)
{
    void *block = fl_arena_alloc(&l->policy->arena, (count + 1) * bytes);
    l->nomem |= block == NULL;
    return block;
}

bool fl_load_keys(struct fl_policy_loader *l, const struct fl_yaml_node *node, const char *what, enum fl_key_map map)
{
    if (node->kind != FL_YAML_MAP) {
        const char *key = map == FL_MAP_ONLY ? "from" : "use";
        if (node->kind == FL_YAML_SCALAR && node->text.len > 0 && (map == FL_MAP_ONLY || map == FL_MAP_USE))
            fl_load_fail(l, node, "%s must be a map of keys and values; write { %s: %.*s }", what, key,
                         node->text.len > 100 ? 100 : (int)node->text.len, node->text.ptr);
        else
            fl_load_fail(l, node, "%s must be a map of keys and values", what);
        return false;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        struct fl_str key = node->keys[i]->text;
        struct fl_str_guess guess = {NULL, 99};
        bool known = false;
        for (uint32_t k = 0; k < fl_key_count; k++)
            known |= fl_keys[k].map == map && fl_str_is(key, fl_keys[k].name);
        for (uint32_t k = 0; !known && k < fl_key_count; k++)
            if (fl_keys[k].map == map)
                fl_str_guess_try(&guess, key, fl_keys[k].name);
        if (!known && guess.best != NULL)
            fl_load_fail(l, node->keys[i], "%s has no key \"%.*s\"; did you mean \"%s\"?", what, (int)key.len, key.ptr,
                         guess.best);
        else if (!known)
            fl_load_fail(l, node->keys[i], "%s has no key \"%.*s\"", what, (int)key.len, key.ptr);
    }
    return true;
}

struct fl_text_at fl_load_text_at(struct fl_policy_loader *l, const struct fl_yaml_node *map, const char *key)
{
    const struct fl_yaml_node *node = fl_yaml_get(map, key);
    if (node == NULL)
        return (struct fl_text_at){NULL, 0, 0};
    if (node->kind != FL_YAML_SCALAR || (node->text.len == 0 && !node->quoted)) {
        fl_load_fail(l, node, "%s must be text", key);
        return (struct fl_text_at){NULL, 0, 0};
    }
    return (struct fl_text_at){fl_load_copy(l, node->text), node->line, node->column};
}

const struct fl_yaml_node *fl_load_of_kind(struct fl_policy_loader *l, const struct fl_yaml_node *map, const char *key,
                                           enum fl_yaml_kind kind, const char *shape)
{
    const struct fl_yaml_node *node = fl_yaml_get(map, key);
    if (node == NULL || node->kind == kind)
        return node;
    fl_load_fail(l, node, "%s must be %s", key, shape);
    return NULL;
}

const char *fl_load_text(struct fl_policy_loader *l, const struct fl_yaml_node *map, const char *key)
{
    return fl_load_text_at(l, map, key).text;
}

bool fl_load_flag(struct fl_policy_loader *l, const struct fl_yaml_node *map, const char *key, bool absent)
{
    const struct fl_yaml_node *node = fl_yaml_get(map, key);
    if (node == NULL)
        return absent;
    if (node->kind == FL_YAML_SCALAR && fl_str_is(node->text, "true"))
        return true;
    if (node->kind != FL_YAML_SCALAR || !fl_str_is(node->text, "false"))
        fl_load_fail(l, node, "%s must be true or false", key);
    return false;
}

struct fl_texts fl_load_texts(struct fl_policy_loader *l, const struct fl_yaml_node *map, const char *key)
{
    const struct fl_yaml_node *node = fl_yaml_get(map, key);
    struct fl_texts texts = {NULL, 0};
    if (node == NULL)
        return texts;
    uint32_t count = node->kind == FL_YAML_LIST ? node->count : 1;
    texts.items = fl_load_alloc(l, count, sizeof *texts.items);
    for (uint32_t i = 0; texts.items != NULL && i < count; i++) {
        const struct fl_yaml_node *item = node->kind == FL_YAML_LIST ? node->items[i] : node;
        if (item->kind != FL_YAML_SCALAR)
            fl_load_fail(l, item, "%s must be a text or a list of texts", key);
        else
            texts.items[texts.count++] = fl_load_copy(l, item->text);
    }
    return texts;
}

struct fl_text_at fl_load_operand(struct fl_policy_loader *l, const struct fl_yaml_node *map, const char *key)
{
    const struct fl_yaml_node *node = fl_yaml_get(map, key);
    if (node == NULL || node->kind != FL_YAML_LIST)
        return fl_load_text_at(l, map, key);
    struct fl_buf out;
    fl_buf_init(&out);
    fl_buf_add_char(&out, '{');
    for (uint32_t i = 0; i < node->count; i++) {
        if (node->items[i]->kind != FL_YAML_SCALAR) {
            fl_load_fail(l, node->items[i], "%s must be a text or a list of texts", key);
            continue;
        }
        fl_buf_add_text(&out, i > 0 ? ", " : "");
        fl_buf_add(&out, node->items[i]->text.ptr, node->items[i]->text.len);
    }
    fl_buf_add_char(&out, '}');
    struct fl_text_at result = {fl_load_copy(l, (struct fl_str){out.data, out.len}), node->line, node->column};
    l->nomem |= out.failed;
    fl_buf_dispose(&out);
    return result;
}

int fl_load_severity(struct fl_policy_loader *l, const struct fl_yaml_node *map, const char *key, int absent)
{
    const struct fl_yaml_node *node = fl_yaml_get(map, key);
    if (node == NULL)
        return absent;
    int severity = node->kind == FL_YAML_SCALAR ? fl_severity_find(node->text) : -1;
    if (severity < 0 || severity >= FL_SEV_NONE) {
        fl_load_fail(l, node, "%s must be info, low, medium, high or critical", key);
        return absent;
    }
    return severity;
}

/* Where the text begins that stands at a place: behind the quote, if there is one. 0: in another line. */
static uint32_t text_column(const struct fl_policy_loader *l, const struct fl_text_at *at)
{
    struct fl_str line = fl_text_line(fl_str_of(l->policy->text), at->line);
    if (at->column == 0 || at->column > line.len)
        return 0;
    char first = line.ptr[at->column - 1];
    if (first == '|' || first == '>')
        return 0;
    return at->column + (first == '"' || first == '\'');
}

void fl_load_condition(struct fl_policy_loader *l, const struct fl_text_at *at, const char *what)
{
    if (at->text == NULL)
        return;
    struct fl_expr_env env = {.fields = true};
    fl_policy_expr_env(l->policy, &env);
    const struct fl_node *node;
    struct fl_error err;
    enum fl_status status = fl_expr_parse(fl_str_of(at->text), &env, &l->policy->arena, &node, &err);
    l->nomem |= status == FL_E_NOMEM;
    if (status == FL_OK || l->nomem)
        return;
    uint32_t start = text_column(l, at);
    struct fl_yaml_node place = {.line = at->line, .column = at->column};
    if (start > 0 && err.line <= 1 && err.column > 0)
        place.column = start + err.column - 1;
    fl_load_fail(l, &place, "%s: %s", what, err.text);
}

int64_t fl_load_date(struct fl_policy_loader *l, const struct fl_yaml_node *map, const char *key, bool end,
                     int64_t absent)
{
    const struct fl_yaml_node *node = fl_yaml_get(map, key);
    if (node == NULL)
        return absent;
    int year, month, day;
    if (node->kind != FL_YAML_SCALAR || !fl_date_parse(node->text, &year, &month, &day)) {
        fl_load_fail(l, node, "%s must be a date like 2027-01-31", key);
        return absent;
    }
    return fl_zone_day_start(l->policy->zone, fl_days_from_civil(year, month, day) + (end ? 1 : 0));
}
