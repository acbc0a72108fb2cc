#include "core/session/plan_difference.h"

#include <string.h>

#include "core/base/str.h"

#define SHOWN 6u /* differences */

struct telling {
    struct fl_buf *out;
    struct fl_buf told; /* a line each */
    uint32_t count;
};

/* What begins a line of a table and the key of a rule it comes from. */
static const struct {
    const char *label, *key;
} table_lines[] = {
    {"  where ", "where"},
    {"  lines ", "whether it reads NODATA and SKIPDATA"},
    {"  group_by", "group_by"},
    {"  panes ", "window"},
    {"  measure ", "measure"},
    {"  on_flow ", "on_flow"},
    {"  requires ", "a module it requires"},
};
#define TABLE_LINES (sizeof table_lines / sizeof table_lines[0])

static struct fl_str line_at(const char *text)
{
    return (struct fl_str){text, strcspn(text, "\n")};
}

static const char *next_line(const char *text)
{
    text += strcspn(text, "\n");
    return *text == '\0' ? text : text + 1;
}

static bool starts(const char *text, const char *label)
{
    return strncmp(text, label, strlen(label)) == 0;
}

/* Behind the lines of a table. */
static const char *table_end(const char *table)
{
    do
        table = next_line(table);
    while (*table == ' ');
    return table;
}

/* The table that measures for the rule of this line; NULL. */
static const char *table_of(const char *plan, struct fl_str of)
{
    for (const char *at = plan, *table = NULL; *at != '\0'; at = next_line(at)) {
        if (starts(at, "table "))
            table = at;
        else if (table != NULL && fl_str_equal(line_at(at), of))
            return table;
    }
    return NULL;
}

/* The next line of this label in a table; NULL behind the last. */
static const char *find_in_table(const char *from, const char *end, const char *label)
{
    while (from < end && !starts(from, label))
        from = next_line(from);
    return from < end ? from : NULL;
}

static bool differs_in(const char *a, const char *b, const char *label)
{
    const char *a_end = table_end(a), *b_end = table_end(b);
    for (;;) {
        a = find_in_table(a, a_end, label);
        b = find_in_table(b, b_end, label);
        if (a == NULL || b == NULL || !fl_str_equal(line_at(a), line_at(b)))
            return a != b;
        a = next_line(a);
        b = next_line(b);
    }
}

/* Once each: an intent stands for several rules. */
static void tell(struct telling *t, const char *kind, struct fl_str name, struct fl_str how)
{
    struct fl_buf one;
    fl_buf_init(&one);
    fl_buf_add_format(&one, "\n%s", kind);
    fl_buf_add(&one, name.ptr, name.len);
    if (how.len > 0) {
        fl_buf_add_text(&one, " (");
        fl_buf_add(&one, how.ptr, how.len);
        fl_buf_add_char(&one, ')');
    }
    fl_buf_add_char(&one, '\n');
    t->told.failed |= one.failed;
    if (!t->told.failed && (t->told.len == 0 || memmem(t->told.data, t->told.len, one.data, one.len) == NULL)) {
        if (t->count++ < SHOWN) {
            fl_buf_add_text(t->out, t->count > 1 ? "; " : "");
            fl_buf_add(t->out, one.data + 1, one.len - 2);
        }
        fl_buf_add(&t->told, one.data, one.len);
    }
    fl_buf_dispose(&one);
}

static void tell_only(struct telling *t, const char *kind, struct fl_str name, const char *where)
{
    struct fl_buf how;
    fl_buf_init(&how);
    fl_buf_add_text(&how, "only in ");
    fl_buf_add_text(&how, where);
    t->told.failed |= how.failed;
    tell(t, kind, name, (struct fl_str){how.data, how.len});
    fl_buf_dispose(&how);
}

static void tell_tables(struct telling *t, const char *kind, struct fl_str id, const char *a, const char *b)
{
    struct fl_buf keys;
    fl_buf_init(&keys);
    for (size_t i = 0; i < TABLE_LINES; i++) {
        if (!differs_in(a, b, table_lines[i].label))
            continue;
        fl_buf_add_text(&keys, keys.len > 0 ? ", " : "");
        fl_buf_add_text(&keys, table_lines[i].key);
    }
    t->told.failed |= keys.failed;
    if (keys.len > 0)
        tell(t, kind, id, (struct fl_str){keys.data, keys.len});
    fl_buf_dispose(&keys);
}

/* Rules of `a`: those that `b` lacks, and with `both` those that differ there. */
static void tell_rules(struct telling *t, const char *a_name, const char *a, const char *b, bool both)
{
    for (const char *at = a, *table = NULL; *at != '\0'; at = next_line(at)) {
        if (starts(at, "table "))
            table = at;
        if (table == NULL || !starts(at, "  of "))
            continue;
        struct fl_str of = line_at(at), id = {of.ptr + 5, of.len - 5};
        while (id.len > 0 && id.ptr[id.len - 1] != ' ')
            id.len--;
        const char *kind = id.len > 0 && id.ptr[id.len] == '0' ? "rule " : "intent ";
        id.len -= id.len > 0;
        const char *part = memchr(id.ptr, '#', id.len); /* ID#undecided: one of the rules of an intent */
        id.len = part != NULL ? (size_t)(part - id.ptr) : id.len;
        const char *other = table_of(b, of);
        if (other == NULL)
            tell_only(t, kind, id, a_name);
        else if (both)
            tell_tables(t, kind, id, table, other);
    }
}

/* What a line outside of tables speaks of: its first word, of networks and services their name too. */
static struct fl_str subject(const char *line)
{
    size_t len = strcspn(line, " \n");
    if (line[len] == ' ' && (starts(line, "network ") || starts(line, "service ") || starts(line, "own ")))
        len += 1 + strcspn(line + len + 1, " \n");
    return (struct fl_str){line, len};
}

static const char *find_subject(const char *plan, struct fl_str name)
{
    for (; *plan != '\0'; plan = next_line(plan))
        if (*plan != ' ' && fl_str_equal(subject(plan), name))
            return plan;
    return NULL;
}

static void tell_subject(struct telling *t, struct fl_str name, const char *only_in)
{
    if (starts(name.ptr, "flowlaw.plan/"))
        name = FL_STR("the version of flowlaw");
    else if (starts(name.ptr, "zone "))
        name = FL_STR("timezone");
    if (only_in != NULL)
        tell_only(t, "", name, only_in);
    else
        tell(t, "", name, FL_STR(""));
}

static void tell_policy(struct telling *t, const char *a_name, const char *a, const char *b, bool both)
{
    for (; *a != '\0'; a = next_line(a)) {
        /* `own addresses` follows from what the rules group by. */
        if (*a == ' ' || starts(a, "table ") || starts(a, "own addresses "))
            continue;
        const char *other = find_subject(b, subject(a));
        /* A network is there if a rule names it, and then the rule differs. */
        if (other == NULL && !starts(a, "network "))
            tell_subject(t, subject(a), starts(a, "flowlaw.plan/") ? NULL : a_name);
        else if (other != NULL && both && !fl_str_equal(line_at(a), line_at(other)))
            tell_subject(t, subject(a), NULL);
    }
}

void fl_plan_difference(const char *a_name, const char *a, const char *b_name, const char *b, struct fl_buf *out)
{
    struct telling t = {.out = out};
    fl_buf_init(&t.told);
    tell_policy(&t, a_name, a, b, true);
    tell_policy(&t, b_name, b, a, false);
    tell_rules(&t, a_name, a, b, true);
    tell_rules(&t, b_name, b, a, false);
    if (t.count == 0)
        fl_buf_add_text(out, "the order of rules and intents");
    if (t.count > SHOWN)
        fl_buf_add_format(out, " and %u more", t.count - SHOWN);
    out->failed |= t.told.failed;
    fl_buf_dispose(&t.told);
}
