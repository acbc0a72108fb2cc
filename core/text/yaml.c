#include "core/text/yaml.h"

#include <stdarg.h>
#include <string.h>
#include <yaml.h>

#include "core/base/limits.h"
#include "core/base/map.h"
#include "core/base/memory.h"
#include "core/base/utf8.h"

#define DEPTH_MAX 64u
#define FEW_KEYS  32u /* that are compared one by one */

struct loader {
    yaml_parser_t parser;
    struct fl_yaml_doc *doc;
    struct fl_error *err;
};

struct node_list {
    const struct fl_yaml_node **items;
    uint32_t count, capacity;
    struct fl_map texts; /* of keys, when there are many */
};

struct fl_str fl_text_line(struct fl_str text, uint32_t line)
{
    const char *p = text.ptr, *end = text.ptr + text.len;
    for (uint32_t n = 1; n < line && p < end; n++) {
        const char *next = memchr(p, '\n', (size_t)(end - p));
        p = next == NULL ? end : next + 1;
    }
    const char *stop = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
    size_t len = stop == NULL ? (size_t)(end - p) : (size_t)(stop - p);
    if (len > 0 && p[len - 1] == '\r')
        len--;
    return (struct fl_str){p, len};
}

static void show_line(const struct fl_yaml_doc *doc, struct fl_error *err)
{
    if (err == NULL || err->line == 0)
        return;
    fl_error_show(err, fl_text_line(doc->source, err->line));
}

enum fl_status fl_yaml_fail(const struct fl_yaml_doc *doc, const struct fl_yaml_node *node, struct fl_error *err,
                            enum fl_status code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fl_fail_args(err, code, format, args);
    va_end(args);
    fl_error_at(err, doc->file, node != NULL ? node->line : 0, node != NULL ? node->column : 0);
    show_line(doc, err);
    return code;
}

static enum fl_status fail_at(struct loader *l, yaml_mark_t mark, enum fl_status code, const char *format,
                              const char *argument)
{
    fl_fail(l->err, code, format, argument);
    fl_error_at(l->err, l->doc->file, (uint32_t)mark.line + 1, (uint32_t)mark.column + 1);
    show_line(l->doc, l->err);
    return code;
}

/* Where a byte stands. libyaml tells a place for errors of grammar, but only an offset for bytes that it refuses. */
static yaml_mark_t mark_of(struct fl_str source, size_t offset)
{
    yaml_mark_t mark = {.index = offset};
    for (size_t i = 0; i < offset && i < source.len; i++) {
        if (source.ptr[i] == '\n') {
            mark.line++;
            mark.column = 0;
        } else if ((source.ptr[i] & 0xc0) != 0x80) {
            mark.column++;
        }
    }
    return mark;
}

static enum fl_status next_event(struct loader *l, yaml_event_t *event)
{
    if (yaml_parser_parse(&l->parser, event))
        return FL_OK;
    const char *problem = l->parser.problem != NULL ? l->parser.problem : "not YAML";
    yaml_mark_t mark = l->parser.error == YAML_READER_ERROR ? mark_of(l->doc->source, l->parser.problem_offset)
                                                            : l->parser.problem_mark;
    struct fl_str text = fl_text_line(l->doc->source, (uint32_t)mark.line + 1);
    size_t spaces = 0;
    while (spaces < text.len && text.ptr[spaces] == ' ')
        spaces++;
    if (spaces < text.len && text.ptr[spaces] == '\t' && l->parser.error == YAML_SCANNER_ERROR) {
        mark.column = spaces;
        return fail_at(l, mark, FL_E_SYNTAX, "this is no well-formed YAML: %s", "tabs do not indent; use spaces");
    }
    return fail_at(l, mark, l->parser.error == YAML_MEMORY_ERROR ? FL_E_NOMEM : FL_E_SYNTAX,
                   "this is no well-formed YAML: %s", problem);
}

static enum fl_status parse_node(struct loader *l, yaml_event_t *event, unsigned depth,
                                 const struct fl_yaml_node **out);

static struct fl_yaml_node *new_node(struct loader *l, const yaml_event_t *event, enum fl_yaml_kind kind)
{
    struct fl_yaml_node *node = fl_arena_alloc(&l->doc->arena, sizeof *node);
    if (node != NULL) {
        node->kind = kind;
        node->line = (uint32_t)event->start_mark.line + 1;
        node->column = (uint32_t)event->start_mark.column + 1;
    }
    return node;
}

static const struct fl_yaml_node **keep(struct loader *l, const struct node_list *list)
{
    const struct fl_yaml_node **copy = fl_arena_alloc(&l->doc->arena, ((size_t)list->count + 1) * sizeof *copy);
    if (copy != NULL && list->count > 0)
        memcpy(copy, list->items, list->count * sizeof *copy);
    return copy;
}

static bool push(struct node_list *list, const struct fl_yaml_node *node)
{
    if (!fl_grow((void **)&list->items, &list->capacity, list->count + 1, sizeof *list->items))
        return false;
    list->items[list->count++] = node;
    return true;
}

/* Which key has this text? Behind the last: none; FL_MAP_NONE: memory is out. */
static uint32_t find_key(struct node_list *keys, struct fl_str text)
{
    uint32_t found = 0;
    if (keys->count < FEW_KEYS) {
        while (found < keys->count && !fl_str_equal(keys->items[found]->text, text))
            found++;
        return found;
    }
    for (uint32_t i = keys->texts.count; i < keys->count && found != FL_MAP_NONE; i++)
        found = fl_map_intern(&keys->texts, keys->items[i]->text);
    return found == FL_MAP_NONE ? found : fl_map_intern(&keys->texts, text);
}

static enum fl_status check_key(struct loader *l, struct node_list *keys, const struct fl_yaml_node *key)
{
    if (key->kind != FL_YAML_SCALAR)
        return fl_yaml_fail(l->doc, key, l->err, FL_E_SYNTAX, "a key must be plain text");
    uint32_t found = find_key(keys, key->text);
    if (found == FL_MAP_NONE)
        return FL_E_NOMEM;
    return found == keys->count
               ? FL_OK
               : fl_yaml_fail(l->doc, key, l->err, FL_E_SYNTAX, "the key \"%.*s\" stands twice; first in line %u",
                              (int)key->text.len, key->text.ptr, keys->items[found]->line);
}

/* Items up to the end event; in a map, keys and values in turn. */
static enum fl_status parse_items(struct loader *l, unsigned depth, yaml_event_type_t end, struct node_list *keys,
                                  struct node_list *items)
{
    for (;;) {
        yaml_event_t event;
        enum fl_status status = next_event(l, &event);
        if (status != FL_OK)
            return status;
        if (event.type == end) {
            yaml_event_delete(&event);
            return FL_OK;
        }
        const struct fl_yaml_node *node = NULL;
        bool is_key = keys != NULL && keys->count == items->count;
        status = parse_node(l, &event, depth, &node);
        yaml_event_delete(&event);
        if (status == FL_OK && is_key)
            status = check_key(l, keys, node);
        if (status == FL_OK && !push(is_key ? keys : items, node))
            status = FL_E_NOMEM;
        if (status != FL_OK)
            return status;
    }
}

static enum fl_status parse_collection(struct loader *l, const yaml_event_t *event, unsigned depth,
                                       const struct fl_yaml_node **out)
{
    bool is_map = event->type == YAML_MAPPING_START_EVENT;
    struct fl_yaml_node *node = new_node(l, event, is_map ? FL_YAML_MAP : FL_YAML_LIST);
    struct node_list keys = {0}, items = {0};
    enum fl_status status = FL_E_NOMEM;
    if (node != NULL)
        status = parse_items(l, depth + 1, is_map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT,
                             is_map ? &keys : NULL, &items);
    if (status == FL_OK) {
        node->count = items.count;
        node->items = keep(l, &items);
        node->keys = keep(l, &keys);
        if (node->items == NULL || node->keys == NULL)
            status = FL_E_NOMEM;
    }
    fl_free(keys.items);
    fl_map_dispose(&keys.texts);
    fl_free(items.items);
    *out = node;
    return status;
}

static enum fl_status parse_scalar(struct loader *l, const yaml_event_t *event, const struct fl_yaml_node **out)
{
    struct fl_yaml_node *node = new_node(l, event, FL_YAML_SCALAR);
    if (node == NULL)
        return FL_E_NOMEM;
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->text.len = event->data.scalar.length;
    node->text.ptr = fl_arena_strndup(&l->doc->arena, (const char *)event->data.scalar.value, node->text.len);
    *out = node;
    if (node->text.ptr == NULL)
        return FL_E_NOMEM;
    if (memchr(node->text.ptr, '\0', node->text.len) != NULL)
        return fl_yaml_fail(l->doc, node, l->err, FL_E_SYNTAX, "text must not hold a NUL byte");
    return FL_OK;
}

static bool has_anchor_or_tag(const yaml_event_t *event, const char **what)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
    }
    *what = anchor != NULL ? "anchors and aliases are refused: write the value out"
                           : "tags are refused: write the plain value";
    return anchor != NULL || tag != NULL;
}

static enum fl_status parse_node(struct loader *l, yaml_event_t *event, unsigned depth, const struct fl_yaml_node **out)
{
    const char *what;
    if (event->type == YAML_ALIAS_EVENT)
        return fail_at(l, event->start_mark, FL_E_SYNTAX, "%s", "anchors and aliases are refused: write the value out");
    if (has_anchor_or_tag(event, &what))
        return fail_at(l, event->start_mark, FL_E_SYNTAX, "%s", what);
    if (depth > DEPTH_MAX)
        return fail_at(l, event->start_mark, FL_E_LIMIT, "%s", "nested too deeply");
    if (event->type == YAML_SCALAR_EVENT)
        return parse_scalar(l, event, out);
    if (event->type == YAML_MAPPING_START_EVENT || event->type == YAML_SEQUENCE_START_EVENT)
        return parse_collection(l, event, depth, out);
    return fail_at(l, event->start_mark, FL_E_SYNTAX, "%s", "a value is missing here");
}

static enum fl_status parse_stream(struct loader *l)
{
    const struct fl_yaml_node *root = NULL;
    for (;;) {
        yaml_event_t event;
        enum fl_status status = next_event(l, &event);
        if (status != FL_OK)
            return status;
        yaml_event_type_t type = event.type;
        bool is_content = type == YAML_SCALAR_EVENT || type == YAML_MAPPING_START_EVENT ||
                          type == YAML_SEQUENCE_START_EVENT || type == YAML_ALIAS_EVENT;
        if (type == YAML_DOCUMENT_START_EVENT && root != NULL)
            status = fail_at(l, event.start_mark, FL_E_SYNTAX, "%s", "only one document is allowed");
        else if (is_content)
            status = parse_node(l, &event, 0, &root);
        yaml_event_delete(&event);
        if (status != FL_OK)
            return status;
        if (type == YAML_STREAM_END_EVENT)
            break;
    }
    if (root == NULL) {
        struct fl_yaml_node *empty = fl_arena_alloc(&l->doc->arena, sizeof *empty);
        if (empty == NULL)
            return FL_E_NOMEM;
        empty->kind = FL_YAML_MAP;
        empty->line = empty->column = 1;
        root = empty;
    }
    l->doc->root = root;
    return FL_OK;
}

enum fl_status fl_yaml_parse(struct fl_str text, const char *file, struct fl_yaml_doc *out, struct fl_error *err)
{
    static const char mark[] = "\xef\xbb\xbf"; /* some editors put a byte order mark first */
    if (text.len >= 3 && memcmp(text.ptr, mark, 3) == 0)
        text = (struct fl_str){text.ptr + 3, text.len - 3};
    memset(out, 0, sizeof *out);
    fl_arena_init(&out->arena);
    out->file = fl_arena_strdup(&out->arena, file);
    out->source = (struct fl_str){fl_arena_strndup(&out->arena, text.ptr, text.len), text.len};
    if (out->file == NULL || out->source.ptr == NULL)
        return fl_fail(err, FL_E_NOMEM, "out of memory");
    enum fl_status status;
    if (text.len > FL_POLICY_BYTES_MAX) {
        status = fl_fail(err, FL_E_LIMIT, "the file is larger than %u bytes", FL_POLICY_BYTES_MAX);
        fl_error_at(err, file, 0, 0);
        return status;
    }
    if (!fl_utf8_valid(text)) {
        status = fl_fail(err, FL_E_SYNTAX, "the file is not valid UTF-8");
        fl_error_at(err, file, 0, 0);
        return status;
    }
    struct loader l = {.doc = out, .err = err};
    if (!yaml_parser_initialize(&l.parser))
        return fl_fail(err, FL_E_NOMEM, "out of memory");
    yaml_parser_set_encoding(&l.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&l.parser, (const unsigned char *)out->source.ptr, text.len);
    status = parse_stream(&l);
    yaml_parser_delete(&l.parser);
    if (status == FL_E_NOMEM)
        fl_fail(err, status, "out of memory");
    return status;
}

void fl_yaml_dispose(struct fl_yaml_doc *doc)
{
    fl_arena_dispose(&doc->arena);
    memset(doc, 0, sizeof *doc);
}

const struct fl_yaml_node *fl_yaml_get(const struct fl_yaml_node *map, const char *key)
{
    if (map == NULL || map->kind != FL_YAML_MAP)
        return NULL;
    for (uint32_t i = 0; i < map->count; i++)
        if (fl_str_is(map->keys[i]->text, key))
            return map->items[i];
    return NULL;
}
