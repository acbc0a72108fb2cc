#include "core/policy/keys.h"

const struct fl_key fl_keys[] = {
#define FL_KEY(MAP, name, KIND, what) {FL_MAP_##MAP, #name, FL_KEY_##KIND, what},
#include "core/policy/keys.def"
#undef FL_KEY
};
const uint32_t fl_key_count = sizeof fl_keys / sizeof fl_keys[0];
