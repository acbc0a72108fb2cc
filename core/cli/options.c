#include "core/cli/options.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/limits.h"
#include "core/base/log.h"
#include "core/plugin/registry.h"

enum parsed { PARSED_RUN, PARSED_HELP, PARSED_ERROR };

struct reading {
    const char *verb;
    char **argv;
    int count, at;
    struct fl_session_options *out;
};

static bool fail(const struct reading *r, const char *text, const char *what)
{
    fl_log_error("flowlaw %s: %s %s; see flowlaw %s --help", r->verb, what, text, r->verb);
    return false;
}

/* The value of `--name value`, `--name=value` or `-nvalue`. NULL and an error when it is missing. */
static const char *value_of(struct reading *r, const char *argument, const char *name)
{
    size_t len = strlen(name);
    if (argument[len] == '=' && argument[1] == '-')
        return argument + len + 1;
    if (argument[1] != '-' && argument[2] != '\0')
        return argument + 2;
    if (r->at + 1 >= r->count) {
        fail(r, "needs a value", name);
        return NULL;
    }
    return r->argv[++r->at];
}

static bool is_option(const char *argument, const char *name)
{
    size_t len = strlen(name);
    if (name[1] != '-')
        return strncmp(argument, name, 2) == 0;
    return strncmp(argument, name, len) == 0 && (argument[len] == '\0' || argument[len] == '=');
}

static bool take_output(struct reading *r, const char *value)
{
    static char names[FL_OUTPUTS_MAX][32];
    const char *equals = strchr(value, '=');
    size_t len = equals == NULL ? strlen(value) : (size_t)(equals - value);
    struct fl_session_options *out = r->out;
    if (out->output_count == FL_OUTPUTS_MAX || len >= sizeof names[0])
        return fail(r, value, "cannot write the output");
    char *name = names[out->output_count];
    memcpy(name, value, len);
    name[len] = '\0';
    if (strcmp(r->verb, "test") == 0) {
        if (strcmp(name, "text") != 0 && strcmp(name, "junit") != 0)
            return fail(r, name, "-o takes text or junit, not");
    } else if (fl_plugin_find(FLP_OUTPUT, name) == NULL) {
        fl_log_error("flowlaw %s: there is no output %s; flowlaw list plugins names them", r->verb, name);
        return false;
    }
    const char *path = equals == NULL || strcmp(equals + 1, "-") == 0 ? NULL : equals + 1;
    for (uint32_t i = 0; i < out->output_count; i++)
        if (path == NULL && out->outputs[i].path == NULL)
            return fail(r, "can go to standard output; give the others a path: -o NAME=PATH", "one output only");
    out->outputs[out->output_count++] = (struct fl_output_choice){name, path};
    return true;
}

static bool take_number(struct reading *r, const char *name, const char *value, int64_t low, int64_t high, int64_t *out)
{
    if (fl_int_parse(fl_str_of(value), out) && *out >= low && *out <= high)
        return true;
    fl_log_error("flowlaw %s: %s takes a number of %lld..%lld, not %s", r->verb, name, (long long)low, (long long)high,
                 value);
    return false;
}

static bool take_severity(struct reading *r, const char *value)
{
    r->out->fail_on = fl_severity_find(fl_str_of(value));
    return r->out->fail_on >= 0 ? true
                                : fail(r, value, "--fail-on takes info, low, medium, high, critical or none, not");
}

static bool take_as_of(struct reading *r, const char *value)
{
    return fl_when_parse(fl_str_of(value), &r->out->as_of_ms) ? true
                                                              : fail(r, value, "--as-of takes a date or time, not");
}

/* Each verb has a bit. */
enum verb {
    VERB_AUDIT = 1,
    VERB_CHECK = 2,
    VERB_LIST = 4,
    VERB_EXPLAIN = 8,
    VERB_TEST = 16,
    VERB_INIT = 32,
    VERB_NEW_RULE = 64,
    VERB_MERGE = 128
};
#define VERB_ANY (VERB_AUDIT | VERB_MERGE | VERB_CHECK | VERB_LIST | VERB_EXPLAIN | VERB_TEST)

static const struct {
    const char *name;
    enum verb verb;
} verbs[] = {
    {"audit", VERB_AUDIT},     {"merge", VERB_MERGE}, {"check", VERB_CHECK}, {"list", VERB_LIST},
    {"explain", VERB_EXPLAIN}, {"test", VERB_TEST},   {"init", VERB_INIT},   {"new-rule", VERB_NEW_RULE},
};

/* TAKES_PERHAPS: a value may follow behind = */
enum takes { TAKES_VALUE, TAKES_NOTHING, TAKES_PERHAPS };

static bool take_policy(struct reading *r, const char *value)
{
    r->out->policy = value;
    return true;
}

static bool take_rules(struct reading *r, const char *value)
{
    r->out->rules = value;
    return true;
}

static bool take_format(struct reading *r, const char *value)
{
    r->out->format = value;
    return true;
}

static bool take_threads(struct reading *r, const char *value)
{
    int64_t number;
    if (!take_number(r, "--threads", value, 1, 1024, &number))
        return false;
    r->out->threads = (uint32_t)number;
    return true;
}

static bool take_allow_empty(struct reading *r, const char *value)
{
    (void)value;
    r->out->allow_empty = true;
    return true;
}

/* --profile, --profile=json, --profile=json=PATH */
static bool take_profile(struct reading *r, const char *value)
{
    r->out->profile = true;
    r->out->profile_json = value != NULL;
    if (value == NULL)
        return true;
    if (strcmp(value, "json") != 0 && (strncmp(value, "json=", 5) != 0 || value[5] == '\0'))
        return fail(r, value, "--profile takes nothing, json or json=PATH, not");
    r->out->profile_path = value[4] == '=' ? value + 5 : NULL;
    return true;
}

static bool take_strict(struct reading *r, const char *value)
{
    (void)value;
    r->out->strict = true;
    return true;
}

static bool take_record(struct reading *r, const char *value)
{
    int64_t number;
    if (!take_number(r, "--record", value, 1, INT64_MAX, &number))
        return false;
    r->out->record = (uint64_t)number;
    return true;
}

static bool take_finding(struct reading *r, const char *value)
{
    r->out->finding = value;
    return true;
}

static bool take_coverage(struct reading *r, const char *value)
{
    (void)value;
    r->out->coverage = true;
    return true;
}

static bool take_update(struct reading *r, const char *value)
{
    (void)value;
    r->out->update = true;
    return true;
}

static bool take_pattern(struct reading *r, const char *value)
{
    r->out->pattern = value;
    return true;
}

static bool take_partial(struct reading *r, const char *value)
{
    r->out->partial = value;
    return true;
}

/* Bytes with K, M, G or T of 1,024: 512M. */
static bool take_memory(struct reading *r, const char *value)
{
    static const char units[] = "KMGT";
    struct fl_str digits = {value, strspn(value, "0123456789")};
    const char *unit = value + digits.len, *found = unit[0] == '\0' ? NULL : strchr(units, unit[0] & ~0x20);
    int64_t number = 0;
    unsigned shift = found == NULL ? 0 : 10 * (unsigned)(found - units + 1);
    bool ok = digits.len > 0 && digits.len < 12 && fl_int_parse(digits, &number) &&
              (unit[0] == '\0' || (found != NULL && unit[1] == '\0')) && number <= INT64_MAX >> shift;
    r->out->memory_bytes = ok ? (uint64_t)number << shift : 0;
    if (ok && r->out->memory_bytes >= FL_MEMORY_MIN)
        return true;
    fl_log_error("flowlaw %s: --memory takes a size of at least %uM, as 512M or 2G, not %s", r->verb,
                 (unsigned)(FL_MEMORY_MIN >> 20), value);
    return false;
}

static const struct option {
    const char *name;
    unsigned verbs; /* that use it */
    enum takes takes;
    bool (*take)(struct reading *r, const char *value); /* value: NULL when it takes nothing */
} options[] = {
    {"-p", VERB_ANY, TAKES_VALUE, take_policy},
    {"--policy", VERB_ANY, TAKES_VALUE, take_policy},
    {"--rules", VERB_ANY | VERB_NEW_RULE, TAKES_VALUE, take_rules},
    {"--format", VERB_AUDIT | VERB_CHECK | VERB_EXPLAIN, TAKES_VALUE, take_format},
    {"--threads", VERB_AUDIT, TAKES_VALUE, take_threads},
    {"--partial", VERB_AUDIT | VERB_MERGE, TAKES_VALUE, take_partial},
    {"--memory", VERB_AUDIT | VERB_MERGE | VERB_EXPLAIN, TAKES_VALUE, take_memory},
    {"--fail-on", VERB_AUDIT | VERB_MERGE, TAKES_VALUE, take_severity},
    {"-o", VERB_AUDIT | VERB_MERGE | VERB_LIST | VERB_CHECK | VERB_EXPLAIN | VERB_TEST, TAKES_VALUE, take_output},
    {"--output", VERB_AUDIT | VERB_MERGE | VERB_LIST | VERB_CHECK | VERB_EXPLAIN | VERB_TEST, TAKES_VALUE, take_output},
    {"--as-of", VERB_AUDIT | VERB_MERGE, TAKES_VALUE, take_as_of},
    {"--allow-empty", VERB_AUDIT | VERB_MERGE, TAKES_NOTHING, take_allow_empty},
    {"--profile", VERB_AUDIT, TAKES_PERHAPS, take_profile},
    {"--strict", VERB_CHECK, TAKES_NOTHING, take_strict},
    {"--record", VERB_EXPLAIN, TAKES_VALUE, take_record},
    {"--coverage", VERB_TEST, TAKES_NOTHING, take_coverage},
    {"--update", VERB_TEST, TAKES_NOTHING, take_update},
    {"-k", VERB_TEST, TAKES_VALUE, take_pattern},
    {"--finding", VERB_EXPLAIN, TAKES_VALUE, take_finding},
};
#define OPTION_COUNT (sizeof options / sizeof options[0])

static bool used_by(const struct reading *r, const struct option *option)
{
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(r->verb, verbs[i].name) == 0)
            return (option->verbs & verbs[i].verb) != 0;
    return false;
}

static bool no_option(const struct reading *r, const char *argument)
{
    struct fl_str_guess guess = {NULL, 99};
    struct fl_str name = {argument, strcspn(argument, "=")};
    if (name.len < 4)
        return fail(r, argument, "there is no option");
    for (unsigned i = 0; i < OPTION_COUNT; i++)
        if (used_by(r, &options[i]))
            fl_str_guess_try(&guess, name, options[i].name);
    fl_str_guess_try(&guess, name, "--help");
    if (guess.best == NULL)
        return fail(r, argument, "there is no option");
    fl_log_error("flowlaw %s: there is no option %.*s; did you mean %s?", r->verb, (int)name.len, name.ptr, guess.best);
    return false;
}

static bool take_option(struct reading *r, const char *argument)
{
    unsigned i = 0;
    while (i < OPTION_COUNT && !is_option(argument, options[i].name))
        i++;
    if (i == OPTION_COUNT)
        return no_option(r, argument);
    if (!used_by(r, &options[i]))
        return fail(r, "has no use here", options[i].name);
    if (options[i].takes == TAKES_NOTHING && strchr(argument, '=') != NULL)
        return fail(r, "takes no value", options[i].name);
    const char *value = NULL;
    const char *equals = strchr(argument, '=');
    if (options[i].takes == TAKES_PERHAPS)
        return options[i].take(r, equals == NULL ? NULL : equals + 1);
    if (options[i].takes == TAKES_VALUE && (value = value_of(r, argument, options[i].name)) == NULL)
        return false;
    return options[i].take(r, value);
}

/* For tests: FL_SCHEDULE=seed deals objects and chunks to logical workers in a shuffled order, FL_CHUNK sets the bytes
 * of a chunk. */
static void take_environment(struct fl_session_options *out)
{
    const char *seed = getenv("FL_SCHEDULE"), *chunk = getenv("FL_CHUNK");
    int64_t number;
    if (seed != NULL && fl_int_parse(fl_str_of(seed), &number) && number > 0)
        out->schedule_seed = (uint64_t)number;
    if (chunk != NULL && fl_int_parse(fl_str_of(chunk), &number) && number >= 64 && number <= 1 << 24)
        out->chunk_bytes = (size_t)number;
}

static enum parsed read_options(const char *verb, int count, char **argv, struct fl_session_options *out)
{
    struct reading r = {.verb = verb, .argv = argv, .count = count, .out = out};
    *out = (struct fl_session_options){.fail_on = -1, .as_of_ms = INT64_MIN, .inputs = argv};
    bool options_end = false;
    for (r.at = 0; r.at < count; r.at++) {
        char *argument = argv[r.at];
        if (options_end || argument[0] != '-' || argument[1] == '\0') {
            argv[out->input_count++] = argument;
            continue;
        }
        if (strcmp(argument, "--") == 0)
            options_end = true;
        else if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0)
            return PARSED_HELP;
        else if (!take_option(&r, argument))
            return PARSED_ERROR;
    }
    if (out->partial != NULL && (out->output_count > 0 || out->profile)) {
        fail(&r, "writes no report, so -o and --profile have no use beside it (flowlaw merge takes -o)", "--partial");
        return PARSED_ERROR;
    }
    if (out->output_count == 0)
        out->outputs[out->output_count++] = (struct fl_output_choice){"text", NULL};
    take_environment(out);
    return PARSED_RUN;
}

bool fl_options_text_or_json(const char *verb, const struct fl_session_options *read)
{
    const struct fl_output_choice *output = &read->outputs[0];
    if (read->output_count == 1 && output->path == NULL &&
        (strcmp(output->name, "text") == 0 || strcmp(output->name, "json") == 0))
        return true;
    fl_log_error("flowlaw %s: writes to standard output: -o text or -o json", verb);
    return false;
}

bool fl_options_parse(const char *verb, const char *help, int count, char **argv, struct fl_session_options *out,
                      int *exit_status)
{
    enum parsed parsed = read_options(verb, count, argv, out);
    *exit_status = parsed == PARSED_HELP ? 0 : 2;
    if (parsed == PARSED_HELP)
        fputs(help, stdout);
    return parsed == PARSED_RUN;
}
