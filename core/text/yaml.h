/* yaml.h: a YAML document as a tree with places. yaml.c is the only file that includes libyaml.
 *
 * One document; mappings with text keys; anchors, aliases, tags and duplicate keys are errors.
 * The tree owns everything and is read-only; node views live as long as the document.
 */
#ifndef FL_TEXT_YAML_H
#define FL_TEXT_YAML_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/status.h"
#include "core/base/str.h"

enum fl_yaml_kind { FL_YAML_SCALAR, FL_YAML_LIST, FL_YAML_MAP };

struct fl_yaml_node {
    enum fl_yaml_kind kind;
    uint32_t line, column;             /* from 1 */
    bool quoted;                       /* scalars: was quoted, so "5" is text */
    struct fl_str text;                /* scalars */
    uint32_t count;                    /* items, or pairs of a map */
    const struct fl_yaml_node **keys;  /* maps only, scalars */
    const struct fl_yaml_node **items; /* list items or map values */
};

struct fl_yaml_doc {
    struct fl_arena arena;
    const char *file;
    struct fl_str source; /* the whole text, to show lines in errors */
    const struct fl_yaml_node *root;
};

/* Parses text; file is the name for errors. The document copies both. An empty document is an empty map. */
enum fl_status fl_yaml_parse(struct fl_str text, const char *file, struct fl_yaml_doc *out, struct fl_error *err);
void fl_yaml_dispose(struct fl_yaml_doc *doc);

/* The value of a key or NULL. */
const struct fl_yaml_node *fl_yaml_get(const struct fl_yaml_node *map, const char *key);

/* An error at a node: file, line, column and source line are filled in. Returns code. */
enum fl_status fl_yaml_fail(const struct fl_yaml_doc *doc, const struct fl_yaml_node *node, struct fl_error *err,
                            enum fl_status code, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The line with this number (from 1) of a text, without its end. */
struct fl_str fl_text_line(struct fl_str text, uint32_t line);

#endif
