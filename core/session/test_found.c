/* test_found.c: findings as an `expect` table. */
#include <ctype.h>
#include <string.h>

#include "core/session/test_bench.h"

static void add_quoted(struct fl_buf *out, struct fl_str text)
{
    fl_buf_add_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '"' || c == '\\')
            fl_buf_add_format(out, "\\%c", c);
        else if (c < 0x20 || c >= 0x7f)
            fl_buf_add_format(out, "\\x%02x", c);
        else
            fl_buf_add_char(out, (char)c);
    }
    fl_buf_add_char(out, '"');
}

static bool is_word(const char *name)
{
    static const char *const words[] = {"and",      "break",  "do",   "else", "elseif", "end",  "false", "for",
                                        "function", "goto",   "if",   "in",   "local",  "nil",  "not",   "or",
                                        "repeat",   "return", "then", "true", "until",  "while"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i], name) == 0)
            return true;
    return false;
}

static void add_key(struct fl_buf *out, const char *name)
{
    bool plain = (isalpha((unsigned char)name[0]) || name[0] == '_') && !is_word(name);
    for (const char *p = name; *p != '\0'; p++)
        plain = plain && (isalnum((unsigned char)*p) || *p == '_');
    if (plain) {
        fl_buf_add_text(out, name);
    } else {
        fl_buf_add_char(out, '[');
        add_quoted(out, fl_str_of(name));
        fl_buf_add_char(out, ']');
    }
    fl_buf_add_text(out, " = ");
}

static void add_value(struct fl_buf *out, const struct fl_value *value)
{
    if (value->type == FL_T_LIST) {
        fl_buf_add_text(out, "{ ");
        for (uint32_t i = 0; i < value->list.count; i++) {
            fl_buf_add_text(out, i > 0 ? ", " : "");
            add_value(out, &value->list.items[value->list.weighted ? 2 * i : i]);
        }
        fl_buf_add_text(out, " }");
        return;
    }
    bool number = (value->type == FL_T_INT || value->type == FL_T_U8 || value->type == FL_T_PORT) &&
                  value->i <= INT64_MAX && value->i >= -INT64_MAX;
    struct fl_buf text;
    fl_buf_init(&text);
    fl_value_text(&text, value);
    struct fl_str shown = {text.data, text.len};
    if (number || value->type == FL_T_BOOL)
        fl_buf_add(out, shown.ptr, shown.len);
    else
        add_quoted(out, shown);
    out->failed |= text.failed;
    fl_buf_dispose(&text);
}

/* Was the name expected within this key of some finding? */
static bool is_named(const struct fl_datum *expect, const char *key, const char *name)
{
    for (uint32_t i = 0; expect != NULL && i < expect->item_count; i++) {
        const struct fl_datum *table = fl_datum_get(expect->items[i], key);
        if (table != NULL && fl_datum_get(table, name) != NULL)
            return true;
    }
    return false;
}

/* The pairs that were expected within this key; all, when none was. */
static void add_pairs(struct fl_buf *out, const struct fl_datum *expect, const char *key, const struct fl_pairs *pairs)
{
    bool any = false;
    const char *separator = " ";
    for (uint32_t i = 0; i < pairs->count; i++)
        any |= is_named(expect, key, pairs->items[i].name);
    fl_buf_add_char(out, '{');
    for (uint32_t i = 0; i < pairs->count; i++) {
        if (any && !is_named(expect, key, pairs->items[i].name))
            continue;
        fl_buf_add_text(out, separator);
        add_key(out, pairs->items[i].name);
        add_value(out, &pairs->items[i].value);
        separator = ", ";
    }
    fl_buf_add_text(out, separator[0] == ',' ? " }" : "}");
}

static void add_texts(struct fl_buf *out, const struct fl_texts *texts)
{
    fl_buf_add_char(out, '{');
    for (uint32_t i = 0; i < texts->count; i++) {
        fl_buf_add_text(out, i > 0 ? ", " : " ");
        add_quoted(out, fl_str_of(texts->items[i]));
    }
    fl_buf_add_text(out, texts->count > 0 ? " }" : "}");
}

static void add_time(struct fl_buf *out, int64_t ms)
{
    struct fl_value value = ms == INT64_MIN ? FL_VALUE_NULL : fl_value_int(FL_T_TIME, ms);
    add_value(out, &value);
}

static void add_text(struct fl_buf *out, const char *text)
{
    add_quoted(out, fl_str_of(text == NULL ? "-" : text));
}

static void add_number(struct fl_buf *out, __int128 number)
{
    struct fl_value value = fl_value_int(FL_T_INT, number);
    add_value(out, &value);
}

static void add_member(struct fl_buf *out, const struct fl_datum *expect, const char *key, const struct fl_finding *f)
{
    if (strcmp(key, "group") == 0)
        add_pairs(out, expect, key, &f->group);
    else if (strcmp(key, "severity") == 0)
        add_text(out, fl_severity_name(f->severity));
    else if (strcmp(key, "measures") == 0)
        add_pairs(out, expect, key, &f->measures);
    else if (strcmp(key, "params") == 0)
        add_pairs(out, expect, key, &f->params);
    else if (strcmp(key, "extra") == 0)
        add_pairs(out, expect, key, &f->extra);
    else if (strcmp(key, "rule") == 0)
        add_text(out, f->rule);
    else if (strcmp(key, "title") == 0)
        add_text(out, f->title);
    else if (strcmp(key, "message") == 0)
        add_text(out, f->message);
    else if (strcmp(key, "remediation") == 0)
        add_text(out, f->remediation);
    else if (strcmp(key, "threshold") == 0)
        add_text(out, f->threshold);
    else if (strcmp(key, "controls") == 0)
        add_texts(out, &f->controls);
    else if (strcmp(key, "attack") == 0)
        add_texts(out, &f->attack);
    else if (strcmp(key, "first_seen") == 0)
        add_time(out, f->first_seen_ms);
    else if (strcmp(key, "last_seen") == 0)
        add_time(out, f->last_seen_ms);
    else if (strcmp(key, "occurrences") == 0)
        add_number(out, f->occurrence_count);
    else if (strcmp(key, "flows") == 0)
        add_number(out, f->flows);
    else if (strcmp(key, "packets") == 0)
        add_number(out, f->packets);
    else if (strcmp(key, "bytes") == 0)
        add_number(out, f->bytes);
    else if (strcmp(key, "evidence") == 0)
        add_number(out, f->evidence_count);
    else
        fl_buf_add_text(out, f->waived != NULL ? "true" : "false");
}

/* Which keys are written: those that were expected of some finding, else what names a finding. */
static bool is_wanted(const struct fl_datum *expect, const char *key)
{
    bool any = false;
    for (uint32_t i = 0; expect != NULL && i < expect->item_count; i++) {
        any |= expect->items[i]->member_count > 0;
        if (fl_datum_get(expect->items[i], key) != NULL)
            return true;
    }
    return !any && (strcmp(key, "group") == 0 || strcmp(key, "severity") == 0 || strcmp(key, "measures") == 0);
}

void fl_test_write_found(const struct fl_datum *expect, const struct fl_finding *const *findings, uint32_t count,
                         struct fl_buf *out)
{
    static const char *const keys[] = {"rule",      "title",    "group",   "severity",    "message",
                                       "measures",  "extra",    "params",  "occurrences", "first_seen",
                                       "last_seen", "flows",    "packets", "bytes",       "evidence",
                                       "threshold", "controls", "attack",  "remediation", "waived"};
    fl_buf_add_text(out, count > 0 ? "{\n" : "{}");
    for (uint32_t i = 0; i < count; i++) {
        const char *separator = "    { ";
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
            if (!is_wanted(expect, keys[k]))
                continue;
            fl_buf_add_text(out, separator);
            fl_buf_add_format(out, "%s = ", keys[k]);
            add_member(out, expect, keys[k], findings[i]);
            separator = ", ";
        }
        fl_buf_add_text(out, " },\n");
    }
    fl_buf_add_text(out, count > 0 ? "  }" : "");
}
