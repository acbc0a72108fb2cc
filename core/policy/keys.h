/* keys.h: the keys of a policy's maps, from keys.def. Read-only; any thread. */
#ifndef FL_POLICY_KEYS_H
#define FL_POLICY_KEYS_H

#include <stdint.h>

/* What a key's value is, as far as a JSON Schema can say. */
enum fl_key_kind {
    FL_KEY_VERSION,
    FL_KEY_TEXT,
    FL_KEY_TEXTS,   /* a text or a list of texts */
    FL_KEY_MEMBERS, /* of a network: a CIDR, an address, a name, or a list */
    FL_KEY_OPERAND, /* a name, a CIDR, a service, or a list */
    FL_KEY_CONDITION,
    FL_KEY_FLAG,
    FL_KEY_COUNT,
    FL_KEY_POSITIVE, /* a count of 1 at least */
    FL_KEY_EVIDENCE,
    FL_KEY_SHARE,
    FL_KEY_DURATION,
    FL_KEY_DATE,
    FL_KEY_SEVERITY,
    FL_KEY_FAIL_ON,
    FL_KEY_EFFECT,
    FL_KEY_EACH,
    FL_KEY_REFUSED,
    FL_KEY_TAGS,
    FL_KEY_PARAMS,
    FL_KEY_PRICES,
    FL_KEY_FILES,
    FL_KEY_SERVICES,
    /* Maps of their own. */
    FL_KEY_NETWORKS,
    FL_KEY_SUBNETS,
    FL_KEY_INTENTS,
    FL_KEY_ONLY,
    FL_KEY_EXPECT,
    FL_KEY_USES,
    FL_KEY_WAIVERS,
    FL_KEY_INVENTORY,
};

enum fl_key_map {
    FL_MAP_POLICY,
    FL_MAP_NETWORK,
    FL_MAP_SUBNETS,
    FL_MAP_INTENT,
    FL_MAP_ONLY,
    FL_MAP_EXPECT,
    FL_MAP_USE,
    FL_MAP_WAIVER,
    FL_MAP_INVENTORY,
    FL_MAP_COUNT
};

struct fl_key {
    enum fl_key_map map;
    const char *name;
    enum fl_key_kind kind;
    const char *what;
};
extern const struct fl_key fl_keys[];
extern const uint32_t fl_key_count;

#endif
