/* editor_schema.c: a JSON Schema of policies, from the table that the loader checks keys by. */
#include <string.h>

#include "core/base/limits.h"
#include "core/policy/keys.h"
#include "core/record/report.h"
#include "core/session/editor.h"
#include "core/text/json_write.h"

static void put_ref(struct fl_json *w, const char *name)
{
    fl_json_object(w);
    fl_json_put_text(w, "$ref", name);
    fl_json_end(w);
}

static void put_enum(struct fl_json *w, const char *const *names)
{
    fl_json_key(w, "enum");
    fl_json_array(w);
    for (; *names != NULL; names++)
        fl_json_text(w, *names);
    fl_json_end(w);
}

static void put_any(struct fl_json *w, const char *const *refs)
{
    fl_json_key(w, "anyOf");
    fl_json_array(w);
    for (; *refs != NULL; refs++)
        put_ref(w, *refs);
    fl_json_end(w);
}

static void put_list_of(struct fl_json *w, const char *ref)
{
    fl_json_put_text(w, "type", "array");
    fl_json_key(w, "items");
    put_ref(w, ref);
}

static void put_map_of(struct fl_json *w, const char *const *refs)
{
    fl_json_put_text(w, "type", "object");
    fl_json_key(w, "additionalProperties");
    fl_json_object(w);
    put_any(w, refs);
    fl_json_end(w);
}

static void put_severities(struct fl_json *w, bool none)
{
    fl_json_key(w, "enum");
    fl_json_array(w);
    for (int s = FL_SEV_INFO; s < FL_SEV_NONE + (none ? 1 : 0); s++)
        fl_json_text(w, fl_severity_name((enum fl_severity)s));
    fl_json_end(w);
}

static void put_bounds(struct fl_json *w, const char *type, int64_t least, int64_t most)
{
    fl_json_put_text(w, "type", type);
    fl_json_key(w, "minimum");
    fl_json_i64(w, least);
    if (most == INT64_MAX)
        return;
    fl_json_key(w, "maximum");
    fl_json_i64(w, most);
}

static void put_share(struct fl_json *w)
{
    fl_json_key(w, "anyOf");
    fl_json_array(w);
    fl_json_object(w);
    put_bounds(w, "number", 0, 1);
    fl_json_end(w);
    fl_json_object(w);
    fl_json_put_text(w, "type", "string");
    fl_json_put_text(w, "pattern", "^([0-9]{1,2}(\\.[0-9]+)?|100(\\.0+)?)%$|^(0(\\.[0-9]+)?|1(\\.0+)?)$");
    fl_json_end(w);
    fl_json_end(w);
}

/* An intent says exactly one of these; `deny: false` says nothing. */
static void put_forms(struct fl_json *w)
{
    static const char *const forms[] = {"only", "only_from", "deny", "expect", NULL};
    fl_json_key(w, "oneOf");
    fl_json_array(w);
    for (const char *const *form = forms; *form != NULL; form++) {
        fl_json_object(w);
        fl_json_key(w, "required");
        fl_json_array(w);
        fl_json_text(w, *form);
        fl_json_end(w);
        if (strcmp(*form, "deny") == 0) {
            fl_json_key(w, "properties");
            fl_json_object(w);
            fl_json_key(w, "deny");
            fl_json_object(w);
            fl_json_key(w, "const");
            fl_json_bool(w, true);
            fl_json_end(w);
            fl_json_end(w);
        }
        fl_json_end(w);
    }
    fl_json_end(w);
}

/* What a value of the kind looks like; inside an object that is open. */
static void put_kind(struct fl_json *w, enum fl_key_kind kind)
{
    static const char *const effects[] = {"hide", "info", "low", "medium", NULL}, *const ends[] = {"host", "any", NULL};
    static const char *const members[] = {"#/$defs/scalar", "#/$defs/scalars", NULL};
    static const char *const network[] = {"#/$defs/scalar", "#/$defs/scalars", "#/$defs/network", NULL};
    static const char *const expect[] = {"#/$defs/daily", "#/$defs/expect", NULL};
    static const char *const scalar[] = {"#/$defs/scalar", NULL};
    static const char *const inventory[] = {"#/$defs/scalar", "#/$defs/hosts", "#/$defs/inventory", "#/$defs/host",
                                            NULL};
    switch (kind) {
    case FL_KEY_VERSION:
        fl_json_key(w, "enum");
        fl_json_array(w);
        fl_json_i64(w, 1);
        fl_json_text(w, "1");
        fl_json_end(w);
        return;
    case FL_KEY_TEXT: /* YAML reads 12 and true as numbers and flags: the loader takes them as they are written */
    case FL_KEY_CONDITION:
        put_any(w, scalar);
        return;
    case FL_KEY_TEXTS:
    case FL_KEY_MEMBERS:
    case FL_KEY_OPERAND:
    case FL_KEY_SERVICES:
    case FL_KEY_NETWORKS:
    case FL_KEY_PARAMS:
    case FL_KEY_PRICES:
    case FL_KEY_TAGS:
        if (kind == FL_KEY_NETWORKS)
            put_map_of(w, network);
        else if (kind == FL_KEY_SERVICES || kind == FL_KEY_PARAMS)
            put_map_of(w, members);
        else if (kind == FL_KEY_PRICES || kind == FL_KEY_TAGS)
            put_map_of(w, scalar);
        else
            put_any(w, members);
        return;
    case FL_KEY_FLAG:
        fl_json_put_text(w, "type", "boolean");
        return;
    case FL_KEY_COUNT:
    case FL_KEY_POSITIVE:
        put_bounds(w, "integer", kind == FL_KEY_POSITIVE, INT64_MAX);
        return;
    case FL_KEY_EVIDENCE:
        put_bounds(w, "integer", 1, FL_EVIDENCE_MAX);
        return;
    case FL_KEY_SHARE:
        put_share(w);
        return;
    case FL_KEY_DURATION:
        fl_json_put_text(w, "type", "string");
        fl_json_put_text(w, "pattern", "^([0-9]+(ms|s|m|h|d))+$");
        return;
    case FL_KEY_DATE:
        fl_json_put_text(w, "type", "string");
        fl_json_put_text(w, "pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$");
        return;
    case FL_KEY_SEVERITY:
    case FL_KEY_FAIL_ON:
        put_severities(w, kind == FL_KEY_FAIL_ON);
        return;
    case FL_KEY_EFFECT:
        put_enum(w, effects);
        return;
    case FL_KEY_EACH:
        put_enum(w, ends);
        return;
    case FL_KEY_REFUSED:
        fl_json_key(w, "const");
        fl_json_bool(w, false);
        return;
    case FL_KEY_SUBNETS:
        fl_json_put_text(w, "$ref", "#/$defs/subnets");
        return;
    case FL_KEY_EXPECT:
        put_any(w, expect);
        return;
    case FL_KEY_FILES:
        put_any(w, members);
        return;
    case FL_KEY_INVENTORY:
        put_any(w, inventory);
        return;
    case FL_KEY_INTENTS:
        put_list_of(w, "#/$defs/intent");
        return;
    case FL_KEY_ONLY:
        put_list_of(w, "#/$defs/only");
        return;
    case FL_KEY_USES:
        put_list_of(w, "#/$defs/use");
        return;
    case FL_KEY_WAIVERS:
        put_list_of(w, "#/$defs/waiver");
        return;
    }
}

/* What the loader asks for, by map. */
static const char *const *required_keys(enum fl_key_map map)
{
    static const char *const none[] = {NULL}, *const policy[] = {"version", "name", NULL};
    static const char *const intent[] = {"id", "to", NULL}, *const only[] = {"from", NULL},
                             *const use[] = {"use", NULL};
    static const char *const waiver[] = {"rule", "reason", NULL}, *const subnets[] = {"tag", NULL};
    static const char *const inventory[] = {"files", NULL}, *const expect[] = {"every", NULL};
    switch (map) {
    case FL_MAP_POLICY:
        return policy;
    case FL_MAP_INTENT:
        return intent;
    case FL_MAP_ONLY:
        return only;
    case FL_MAP_USE:
        return use;
    case FL_MAP_WAIVER:
        return waiver;
    case FL_MAP_SUBNETS:
        return subnets;
    case FL_MAP_INVENTORY:
        return inventory;
    case FL_MAP_EXPECT:
        return expect;
    default:
        return none;
    }
}

/* The keys of one map; inside an object that is open. */
static void put_map(struct fl_json *w, enum fl_key_map map)
{
    fl_json_put_text(w, "type", "object");
    fl_json_key(w, "additionalProperties");
    fl_json_bool(w, false);
    fl_json_key(w, "properties");
    fl_json_object(w);
    for (uint32_t i = 0; i < fl_key_count; i++) {
        if (fl_keys[i].map != map)
            continue;
        fl_json_key(w, fl_keys[i].name);
        fl_json_object(w);
        fl_json_put_text(w, "description", fl_keys[i].what);
        put_kind(w, fl_keys[i].kind);
        fl_json_end(w);
    }
    fl_json_end(w);
    const char *const *required = required_keys(map);
    if (*required == NULL)
        return;
    fl_json_key(w, "required");
    fl_json_array(w);
    for (; *required != NULL; required++)
        fl_json_text(w, *required);
    fl_json_end(w);
}

static void put_parts(struct fl_json *w)
{
    static const struct {
        const char *name;
        enum fl_key_map map;
    } maps[] = {{"network", FL_MAP_NETWORK}, {"subnets", FL_MAP_SUBNETS},    {"intent", FL_MAP_INTENT},
                {"only", FL_MAP_ONLY},       {"expect", FL_MAP_EXPECT},      {"use", FL_MAP_USE},
                {"waiver", FL_MAP_WAIVER},   {"inventory", FL_MAP_INVENTORY}};
    static const char *const scalars[] = {"string", "number", "boolean", NULL}, *const hosts[] = {"#/$defs/scalar",
                                                                                                  "#/$defs/host", NULL};
    static const char *const daily[] = {"daily", NULL};
    fl_json_key(w, "$defs");
    fl_json_object(w);
    fl_json_key(w, "scalar");
    fl_json_object(w);
    fl_json_key(w, "type");
    fl_json_array(w);
    for (const char *const *s = scalars; *s != NULL; s++)
        fl_json_text(w, *s);
    fl_json_end(w);
    fl_json_end(w);
    fl_json_key(w, "scalars");
    fl_json_object(w);
    put_list_of(w, "#/$defs/scalar");
    fl_json_end(w);
    fl_json_key(w, "daily");
    fl_json_object(w);
    put_enum(w, daily);
    fl_json_end(w);
    fl_json_key(w, "host");
    fl_json_object(w);
    fl_json_put_text(w, "type", "object");
    fl_json_end(w);
    fl_json_key(w, "hosts");
    fl_json_object(w);
    fl_json_put_text(w, "type", "array");
    fl_json_key(w, "items");
    fl_json_object(w);
    put_any(w, hosts);
    fl_json_end(w);
    fl_json_end(w);
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
        fl_json_key(w, maps[i].name);
        fl_json_object(w);
        put_map(w, maps[i].map);
        if (maps[i].map == FL_MAP_INTENT)
            put_forms(w);
        fl_json_end(w);
    }
    fl_json_end(w);
}

void fl_editor_schema(struct fl_buf *out)
{
    struct fl_json w;
    fl_json_init(&w, out);
    fl_json_object(&w);
    fl_json_put_text(&w, "$schema", "https://json-schema.org/draft/2020-12/schema");
    fl_json_put_text(&w, "title", "flowlaw policy");
    put_map(&w, FL_MAP_POLICY);
    put_parts(&w);
    fl_json_end(&w);
    fl_buf_add_char(out, '\n');
}
