/* rule_keys.h: the keys of rule{ }, from rule_keys.def. Read-only; any thread. */
#ifndef FL_LUA_RULE_KEYS_H
#define FL_LUA_RULE_KEYS_H

#include <stdint.h>

struct fl_rule_key {
    const char *name;
    const char *type; /* in an annotation; one that ends with ? may be left out */
    const char *what;
};
extern const struct fl_rule_key fl_rule_keys[];
extern const uint32_t fl_rule_key_count;

#endif
