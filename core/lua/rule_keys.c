#include "core/lua/rule_keys.h"

const struct fl_rule_key fl_rule_keys[] = {
#define FL_RULE_KEY(name, type, what) {#name, type, what},
#include "core/lua/rule_keys.def"
#undef FL_RULE_KEY
};
const uint32_t fl_rule_key_count = sizeof fl_rule_keys / sizeof fl_rule_keys[0];
