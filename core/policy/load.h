/* load.h: the inside of the policy loader, shared by its files. */
#ifndef FL_POLICY_LOAD_H
#define FL_POLICY_LOAD_H

#include "core/policy/keys.h"
#include "core/policy/policy.h"

struct fl_policy_loader {
    struct fl_policy *policy;
    struct fl_yaml_doc *doc;
    struct fl_error_list *errors;
    bool nomem;
};

/* Adds an error at a node. */
void fl_load_fail(struct fl_policy_loader *l, const struct fl_yaml_node *node, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Reports every key that keys.def does not give the map, with a did-you-mean. false if node is no map. */
bool fl_load_keys(struct fl_policy_loader *l, const struct fl_yaml_node *node, const char *what, enum fl_key_map map);

/* Values of keys; each reports what is wrong. NULL / default when the key is absent. */
/* Another kind than that of the key is an error: it "must be `shape`". */
const struct fl_yaml_node *fl_load_of_kind(struct fl_policy_loader *l, const struct fl_yaml_node *map, const char *key,
                                           enum fl_yaml_kind kind, const char *shape);
const char *fl_load_text(struct fl_policy_loader *l, const struct fl_yaml_node *map, const char *key);
struct fl_text_at fl_load_text_at(struct fl_policy_loader *l, const struct fl_yaml_node *map, const char *key);
bool fl_load_flag(struct fl_policy_loader *l, const struct fl_yaml_node *map, const char *key, bool absent);
struct fl_texts fl_load_texts(struct fl_policy_loader *l, const struct fl_yaml_node *map, const char *key);
/* A scalar, or a list of scalars as "{a, b}". */
struct fl_text_at fl_load_operand(struct fl_policy_loader *l, const struct fl_yaml_node *map, const char *key);
int fl_load_severity(struct fl_policy_loader *l, const struct fl_yaml_node *map, const char *key, int absent);
/* A date as the start of its day (or of the next one when `end`) in the policy's zone. */
int64_t fl_load_date(struct fl_policy_loader *l, const struct fl_yaml_node *map, const char *key, bool end,
                     int64_t absent);
/* Checks a condition over records, if there is one; call it when networks and services are known. */
void fl_load_condition(struct fl_policy_loader *l, const struct fl_text_at *at, const char *what);
/* Is the key free to be the name of a network or service? Reports if not. */
bool fl_load_name(struct fl_policy_loader *l, const struct fl_yaml_node *key);
/* Adds the file that a node names to `out`; false when it cannot be read, which is an error at the node. */
bool fl_load_file(struct fl_policy_loader *l, const struct fl_yaml_node *node, const char *path, size_t max_bytes,
                  struct fl_buf *out);
char *fl_load_copy(struct fl_policy_loader *l, struct fl_str text);
void *fl_load_alloc(struct fl_policy_loader *l, size_t count, size_t bytes);

/* Before the networks: they read it. */
void fl_load_inventory(struct fl_policy_loader *l, const struct fl_yaml_node *root);
void fl_load_networks(struct fl_policy_loader *l, const struct fl_yaml_node *root);
void fl_load_services(struct fl_policy_loader *l, const struct fl_yaml_node *root);
void fl_load_intents(struct fl_policy_loader *l, const struct fl_yaml_node *root);
void fl_load_uses(struct fl_policy_loader *l, const struct fl_yaml_node *root);
void fl_load_prices(struct fl_policy_loader *l, const struct fl_yaml_node *root);
void fl_load_waivers(struct fl_policy_loader *l, const struct fl_yaml_node *root);

#endif
