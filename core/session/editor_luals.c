/* editor_luals.c: annotations for the Lua language server. */
#include <stdio.h>
#include <string.h>

#include "core/lua/rule_keys.h"
#include "core/measure/measure.h"
#include "core/rule/compile.h"
#include "core/session/editor.h"

static const char *lua_type(enum fl_type type)
{
    switch (type) {
    case FL_T_BOOL:
        return "boolean";
    case FL_T_U8:
    case FL_T_PORT:
    case FL_T_INT:
    case FL_T_TIME:
    case FL_T_DURATION:
        return "integer";
    default:
        return "string"; /* addresses, services, texts, names of enumerations */
    }
}

static void add_type(struct fl_buf *out, enum fl_type type)
{
    const char *value;
    if (!fl_type_is_enum(type)) {
        fl_buf_add_text(out, lua_type(type));
        return;
    }
    for (uint32_t i = 0; (value = fl_enum_text(type, i)) != NULL; i++)
        fl_buf_add_format(out, "%s\"%s\"", i > 0 ? "|" : "", value);
}

/* Fields of tags get their names from rules: here they have none. */
static bool has_name(uint32_t field)
{
    return fl_fields[field].name[0] != '\0';
}

static void add_fields(struct fl_buf *out)
{
    fl_buf_add_text(out, "---A field of the record.\n---@alias flowlaw.Field\n");
    for (uint32_t f = 0; f < FL_FIELD_COUNT; f++)
        if (has_name(f))
            fl_buf_add_format(out, "---| \"%s\" # %s\n", fl_fields[f].name, fl_fields[f].what);
    fl_buf_add_text(out, "---| string # src.tag.NAME, dst.tag.NAME, client.tag.NAME, server.tag.NAME: a tag of the "
                         "inventory\n");
    fl_buf_add_text(out,
                    "\n---One record: the fields that the rule declares in `fields`; null is nil. Times and durations "
                    "are milliseconds.\n---@class (exact) flowlaw.Flow\n");
    for (uint32_t f = 0; f < FL_FIELD_COUNT; f++) {
        if (!has_name(f))
            continue;
        bool plain = strchr(fl_fields[f].name, '.') == NULL;
        fl_buf_add_format(out, plain ? "---@field %s (" : "---@field [\"%s\"] (", fl_fields[f].name);
        add_type(out, fl_fields[f].type);
        fl_buf_add_format(out, ")? %s\n", fl_fields[f].what);
    }
    fl_buf_add_text(out, "---@field [string] string? a tag of the inventory: src.tag.NAME and so on\n");
}

static void add_group(struct fl_buf *out)
{
    fl_buf_add_text(out, "\n---A closed group: its keys, measures and computed values by name, and\n"
                         "---@class flowlaw.Group\n");
    for (uint32_t c = 0; c < FL_COUNTER_COUNT; c++)
        fl_buf_add_format(out, "---@field %s integer?\n", fl_counter_name((enum fl_counter)c));
    fl_buf_add_text(out, "---@field window_start integer? ms; nil without windows\n"
                         "---@field window_end integer?\n"
                         "---@field [string] any\n");
}

static void add_rule(struct fl_buf *out)
{
    fl_buf_add_text(out,
                    "\n---nil or false: no. true: yes. A table: yes, with these in place of the rule's own; further "
                    "fields stand under `extra`.\n"
                    "---@alias flowlaw.Verdict nil|boolean|{ severity: string?, title: string?, message: string?, "
                    "[string]: string|number|boolean }\n"
                    "\n---@class flowlaw.Param\n---@class flowlaw.Measure\n"
                    "\n---@class (exact) flowlaw.Rule\n");
    for (uint32_t i = 0; i < fl_rule_key_count; i++)
        fl_buf_add_format(out, "---@field %s %s %s\n", fl_rule_keys[i].name, fl_rule_keys[i].type,
                          fl_rule_keys[i].what);
    fl_buf_add_text(out, "\n---Declares the rule of this file.\n---@param declaration flowlaw.Rule\n"
                         "function rule(declaration) end\n");
}

static void add_params(struct fl_buf *out)
{
    const char *name;
    for (int type = 0; (name = fl_param_type_name((enum fl_param_type)type)) != NULL; type++)
        fl_buf_add_format(out,
                          "\n---A parameter: a typed value that a policy may set.\n"
                          "---@param default string|number|boolean|table\n---@param what string? what it is for\n"
                          "---@return flowlaw.Param\nfunction %s(default, what) end\n",
                          name);
}

/* "field, { exact = N }?, by?": one argument of a measure, its name as Lua has it. */
struct argument {
    char name[32];
    const char *type;
    bool optional;
};

static bool has(struct fl_str text, const char *part)
{
    size_t len = strlen(part);
    for (size_t i = 0; i + len <= text.len; i++)
        if (memcmp(text.ptr + i, part, len) == 0)
            return true;
    return false;
}

static struct argument read_argument(struct fl_str text)
{
    struct argument a = {.type = "any", .optional = text.len > 0 && text.ptr[text.len - 1] == '?'};
    const char *name = "argument";
    if (has(text, "{")) {
        name = "options";
        a.type = "table";
    } else if (has(text, "filter")) {
        name = "filter";
        a.type = "string";
    } else if (has(text, "field")) {
        name = "field";
        a.type = "flowlaw.Field|string";
    } else if (fl_str_is(text, "by") || fl_str_is(text, "by?")) {
        name = "by";
        a.type = "flowlaw.Field|string";
    } else if (fl_str_is(text, "k") || fl_str_is(text, "k?")) {
        name = "k";
        a.type = "integer";
    } else if (fl_str_is(text, "q")) {
        name = "q";
        a.type = "number|string";
    } else if (fl_str_is(text, "slot?")) {
        name = "slot";
        a.type = "string";
    }
    snprintf(a.name, sizeof a.name, "%s", name);
    return a;
}

/* Splits at commas that stand in no braces. */
static uint32_t read_arguments(const char *args, struct argument *out, uint32_t most)
{
    uint32_t count = 0, depth = 0;
    for (const char *begin = args, *p = args;; p++) {
        depth += *p == '{';
        depth -= *p == '}' && depth > 0;
        if ((*p != ',' || depth > 0) && *p != '\0')
            continue;
        if (p > begin && count < most) {
            out[count] = read_argument((struct fl_str){begin, (size_t)(p - begin)});
            if (count > 0 && strcmp(out[count].name, out[count - 1].name) == 0)
                out[count].name[strnlen(out[count].name, sizeof out[count].name - 2)] = '2'; /* filter, filter2 */
            count++;
        }
        if (*p == '\0')
            return count;
        begin = p + 1 + (p[1] == ' ');
    }
}

static void add_measures(struct fl_buf *out)
{
    for (uint32_t m = 0; m < FL_MEASURE_COUNT; m++) {
        struct argument arguments[8];
        if (fl_measures[m].args == NULL) /* no rule names it */
            continue;
        uint32_t count = read_arguments(fl_measures[m].args, arguments, 8);
        fl_buf_add_format(out, "\n---%s\n", fl_measures[m].what);
        for (uint32_t i = 0; i < count; i++)
            fl_buf_add_format(out, "---@param %s (%s)%s\n", arguments[i].name, arguments[i].type,
                              arguments[i].optional ? "?" : "");
        fl_buf_add_format(out, "---@return flowlaw.Measure\nfunction %s(", fl_measures[m].name);
        for (uint32_t i = 0; i < count; i++)
            fl_buf_add_format(out, "%s%s", i > 0 ? ", " : "", arguments[i].name);
        fl_buf_add_text(out, ") end\n");
    }
}

static void add_tests(struct fl_buf *out)
{
    fl_buf_add_text(out,
                    "\n---@class flowlaw.Flows\n"
                    "\n---@class flowlaw.FlowsSpec\n"
                    "---@field from string|string[] address, with :port; ranges a..b\n"
                    "---@field to string|string[]\n"
                    "---@field protocol (string|integer)? default tcp\n"
                    "---@field action string? accept or reject\n"
                    "---@field start string? time of the first\n"
                    "---@field every string? from one to the next\n"
                    "---@field count integer? how often the whole walk is repeated\n"
                    "---@field duration string?\n"
                    "---@field flags (string|integer|false)?\n"
                    "---@field reply (boolean|table)? adds the reverse records\n"
                    "---@field vantage string? src, dst, both or middle\n"
                    "---@field log string? v5, v2 or tgw\n"
                    "---@field [string] any any field of the record by its name\n"
                    "\n---@class flowlaw.Test\n"
                    "---@field params table<string, any>?\n"
                    "---@field policy table?\n"
                    "---@field flows flowlaw.Flows|flowlaw.Flows[]\n"
                    "---@field expect table[]? as many as the findings there are, each a part of one\n"
                    "---@field not_evaluated boolean?\n"
                    "\n---Makes records of conversations.\n---@param spec flowlaw.FlowsSpec\n---@return flowlaw.Flows\n"
                    "function flows(spec) end\n"
                    "\n---Records of a file beside the rule.\n---@param path string\n---@return flowlaw.Flows\n"
                    "function file(path) end\n"
                    "\n---A test of this file's rule, run by `flowlaw test`.\n---@param name string\n"
                    "---@return fun(body: flowlaw.Test)\nfunction test(name) end\n");
}

void fl_editor_luals(struct fl_buf *out)
{
    fl_buf_add_text(out,
                    "---@meta flowlaw\n-- What rule files can name. Written by `flowlaw editor luals`; never run.\n\n");
    add_fields(out);
    add_group(out);
    add_rule(out);
    add_params(out);
    add_measures(out);
    add_tests(out);
}
