/* test_expect.c: expected findings against those there are: a subset of each, one to one, in any order. */
#include <stdio.h>
#include <string.h>

#include "core/base/escape.h"
#include "core/base/memory.h"
#include "core/session/test_bench.h"

#define PAIRS_MAX   10000000u
#define LIST_SHOWN  20u /* findings nobody expected */
#define VALUE_SHOWN 200u

/* One comparison; `out` NULL only counts. */
struct comparing {
    struct fl_buf *out;
    struct fl_test_errors *errors;
    uint32_t differences;
};

static const char *const finding_keys[] = {
    "rule",   "title",   "severity", "message",  "controls",    "attack",     "remediation",
    "params", "group",   "measures", "extra",    "occurrences", "first_seen", "last_seen",
    "flows",  "packets", "bytes",    "evidence", "threshold",   "waived",     NULL};
static const char *const occurrence_keys[] = {"group",    "window_start", "window_end", "flows",
                                              "measures", "severity",     NULL};

/* ---- values ---- */

static void add_datum(struct fl_buf *out, const struct fl_datum *d)
{
    switch (d->kind) {
    case FL_DATUM_FLAG:
    case FL_DATUM_NUMBER:
        fl_buf_add(out, d->text.ptr, d->text.len);
        return;
    case FL_DATUM_TEXT:
    case FL_DATUM_FILE:
        fl_buf_add_char(out, '"');
        fl_escape_terminal(out, d->text);
        fl_buf_add_char(out, '"');
        return;
    case FL_DATUM_TABLE:
    case FL_DATUM_FLOWS:
        break;
    }
    const char *separator = "{ ";
    for (uint32_t i = 0; i < d->item_count; i++, separator = ", ") {
        fl_buf_add_text(out, separator);
        add_datum(out, d->items[i]);
    }
    for (uint32_t i = 0; i < d->member_count; i++, separator = ", ") {
        fl_buf_add_text(out, separator);
        fl_escape_terminal(out, fl_str_of(d->names[i]));
        fl_buf_add_text(out, " = ");
        add_datum(out, d->members[i]);
    }
    fl_buf_add_text(out, separator[0] == ',' ? " }" : "{}");
}

/* As a rule author would write it. */
void fl_test_add_value(struct fl_buf *out, const struct fl_value *value)
{
    if (value->type == FL_T_LIST) {
        const char *separator = "{ ";
        for (uint32_t i = 0; i < value->list.count; i++, separator = ", ") {
            fl_buf_add_text(out, separator);
            fl_test_add_value(out, &value->list.items[value->list.weighted ? 2 * i : i]);
        }
        fl_buf_add_text(out, separator[0] == ',' ? " }" : "{}");
        return;
    }
    bool bare = value->type == FL_T_INT || value->type == FL_T_U8 || value->type == FL_T_PORT ||
                value->type == FL_T_BOOL || value->type == FL_T_RATIO;
    struct fl_buf text;
    fl_buf_init(&text);
    fl_value_text(&text, value);
    fl_buf_add_text(out, bare ? "" : "\"");
    fl_escape_terminal(out, (struct fl_str){text.data, text.len});
    fl_buf_add_text(out, bare ? "" : "\"");
    fl_buf_dispose(&text);
}

static bool same_text(struct fl_str text, const struct fl_value *value)
{
    struct fl_buf shown;
    fl_buf_init(&shown);
    fl_value_text(&shown, value);
    bool same = fl_str_equal(text, (struct fl_str){shown.data, shown.len});
    fl_buf_dispose(&shown);
    return same;
}

bool fl_test_equals(const struct fl_datum *d, const struct fl_value *value)
{
    struct fl_addr addr;
    int64_t ms;
    if (d->kind == FL_DATUM_TABLE && value->type == FL_T_LIST) {
        bool same = d->member_count == 0 && d->item_count == value->list.count;
        for (uint32_t i = 0; same && i < d->item_count; i++)
            same = fl_test_equals(d->items[i], &value->list.items[value->list.weighted ? 2 * i : i]);
        return same;
    }
    if (d->kind == FL_DATUM_FLAG)
        return value->type == FL_T_BOOL && value->i == d->flag;
    if (d->kind == FL_DATUM_NUMBER && d->whole && (value->type == FL_T_TIME || value->type == FL_T_DURATION))
        return value->i == d->number;
    if (d->kind != FL_DATUM_NUMBER && d->kind != FL_DATUM_TEXT)
        return false;
    if (value->type == FL_T_ADDR && fl_addr_parse(d->text, &addr))
        return fl_addr_equal(addr, value->addr);
    if (value->type == FL_T_TIME && fl_when_parse(d->text, &ms))
        return value->i == ms;
    if (value->type == FL_T_DURATION && fl_duration_parse(d->text, &ms))
        return value->i == ms;
    return same_text(d->text, value);
}

static void differ(struct comparing *c, const char *path, const char *name, const struct fl_datum *expected,
                   const struct fl_value *actual)
{
    c->differences++;
    if (c->out == NULL)
        return;
    fl_buf_add_text(c->out, "    ");
    fl_buf_add_text(c->out, path);
    fl_escape_terminal(c->out, fl_str_of(name));
    fl_buf_add_text(c->out, ": expected ");
    add_datum(c->out, expected);
    fl_buf_add_text(c->out, ", got ");
    if (actual == NULL)
        fl_buf_add_text(c->out, "nothing of that name");
    else
        fl_test_add_value(c->out, actual);
    fl_buf_add_char(c->out, '\n');
}

static void check_value(struct comparing *c, const char *path, const char *name, const struct fl_datum *expected,
                        struct fl_value actual)
{
    if (!fl_test_equals(expected, &actual))
        differ(c, path, name, expected, &actual);
}

/* A text; with `*` in it, a pattern. */
static void check_text(struct comparing *c, const char *name, const struct fl_datum *expected, const char *actual)
{
    struct fl_value value = FL_VALUE_NULL;
    if (actual != NULL)
        value = (struct fl_value){.type = FL_T_STR, .str = fl_str_of(actual)};
    bool matches = expected->kind == FL_DATUM_TEXT && actual != NULL &&
                   memchr(expected->text.ptr, '*', expected->text.len) != NULL &&
                   fl_glob_match(expected->text, value.str);
    if (!matches)
        check_value(c, "", name, expected, value);
}

static void check_texts(struct comparing *c, const char *name, const struct fl_datum *expected,
                        const struct fl_texts *actual)
{
    for (uint32_t i = 0; i < expected->item_count; i++) {
        bool found = false;
        for (uint32_t k = 0; k < actual->count; k++)
            found |= expected->items[i]->kind == FL_DATUM_TEXT && fl_str_is(expected->items[i]->text, actual->items[k]);
        if (!found)
            differ(c, name, " holds", expected->items[i], NULL);
    }
}

static const struct fl_pair *find_pair(const struct fl_pairs *pairs, const char *name)
{
    for (uint32_t i = 0; pairs != NULL && i < pairs->count; i++)
        if (strcmp(pairs->items[i].name, name) == 0)
            return &pairs->items[i];
    return NULL;
}

/* more: further names, or NULL. */
static void check_pairs(struct comparing *c, const char *path, const struct fl_datum *expected,
                        const struct fl_pairs *actual, const struct fl_pairs *more)
{
    char prefix[64];
    snprintf(prefix, sizeof prefix, "%s.", path);
    if (expected->kind != FL_DATUM_TABLE || expected->item_count > 0) {
        fl_test_fail(c->errors, "expect: %s must be a table of names and values", path);
        return;
    }
    for (uint32_t i = 0; i < expected->member_count; i++) {
        const struct fl_pair *pair = find_pair(actual, expected->names[i]);
        if (pair == NULL)
            pair = find_pair(more, expected->names[i]);
        if (pair == NULL)
            differ(c, prefix, expected->names[i], expected->members[i], NULL);
        else
            check_value(c, prefix, expected->names[i], expected->members[i], pair->value);
    }
}

static struct fl_value time_value(int64_t ms)
{
    return ms == INT64_MIN ? FL_VALUE_NULL : fl_value_int(FL_T_TIME, ms);
}

static struct fl_value number_value(__int128 number)
{
    return fl_value_int(FL_T_INT, number);
}

/* ---- occurrences ---- */

static uint32_t occurrence_differs(struct comparing *c, const struct fl_datum *expected, const struct fl_occurrence *o)
{
    struct comparing inner = {.errors = c->errors};
    for (uint32_t i = 0; i < expected->member_count; i++) {
        const char *name = expected->names[i];
        const struct fl_datum *d = expected->members[i];
        if (strcmp(name, "group") == 0)
            check_pairs(&inner, "group", d, &o->group, NULL);
        else if (strcmp(name, "measures") == 0)
            check_pairs(&inner, "measures", d, &o->measures, NULL);
        else if (strcmp(name, "flows") == 0)
            check_value(&inner, "", name, d, number_value(o->flows));
        else if (strcmp(name, "severity") == 0)
            check_text(&inner, name, d, fl_severity_name(o->severity));
        else if (strcmp(name, "window_start") == 0)
            check_value(&inner, "", name, d, time_value(o->window_start_ms));
        else if (strcmp(name, "window_end") == 0)
            check_value(&inner, "", name, d, time_value(o->window_end_ms));
        else
            fl_test_knows(c->errors, "an occurrence", name, occurrence_keys);
    }
    return inner.differences;
}

/* A number, or a list of which each is one of the worst ten, in that order. */
static void check_occurrences(struct comparing *c, const struct fl_datum *expected, const struct fl_finding *f)
{
    if (expected->kind != FL_DATUM_TABLE) {
        check_value(c, "", "occurrences", expected, number_value(f->occurrence_count));
        return;
    }
    struct fl_value count = number_value(f->occurrence_count);
    bool same = expected->item_count == f->worst_count;
    for (uint32_t i = 0; i < expected->item_count && i < f->worst_count; i++)
        if (occurrence_differs(c, expected->items[i], &f->worst[i]) > 0)
            same = false;
    if (!same)
        differ(c, "", "occurrences", expected, &count);
}

/* ---- findings ---- */

static void check_key(struct comparing *c, const char *name, const struct fl_datum *d, const struct fl_finding *f)
{
    if (strcmp(name, "rule") == 0)
        check_text(c, name, d, f->rule);
    else if (strcmp(name, "title") == 0)
        check_text(c, name, d, f->title);
    else if (strcmp(name, "severity") == 0)
        check_text(c, name, d, fl_severity_name(f->severity));
    else if (strcmp(name, "message") == 0)
        check_text(c, name, d, f->message);
    else if (strcmp(name, "remediation") == 0)
        check_text(c, name, d, f->remediation);
    else if (strcmp(name, "threshold") == 0)
        check_text(c, name, d, f->threshold);
    else if (strcmp(name, "controls") == 0)
        check_texts(c, name, d, &f->controls);
    else if (strcmp(name, "attack") == 0)
        check_texts(c, name, d, &f->attack);
    else if (strcmp(name, "params") == 0)
        check_pairs(c, name, d, &f->params, NULL);
    else if (strcmp(name, "group") == 0)
        /* Keys beside the identity: those of the worst occurrence. */
        check_pairs(c, name, d, &f->group, f->worst_count > 0 ? &f->worst[0].group : NULL);
    else if (strcmp(name, "measures") == 0)
        check_pairs(c, name, d, &f->measures, NULL);
    else if (strcmp(name, "extra") == 0)
        check_pairs(c, name, d, &f->extra, NULL);
    else if (strcmp(name, "occurrences") == 0)
        check_occurrences(c, d, f);
    else if (strcmp(name, "first_seen") == 0)
        check_value(c, "", name, d, time_value(f->first_seen_ms));
    else if (strcmp(name, "last_seen") == 0)
        check_value(c, "", name, d, time_value(f->last_seen_ms));
    else if (strcmp(name, "flows") == 0)
        check_value(c, "", name, d, number_value(f->flows));
    else if (strcmp(name, "packets") == 0)
        check_value(c, "", name, d, number_value(f->packets));
    else if (strcmp(name, "bytes") == 0)
        check_value(c, "", name, d, number_value(f->bytes));
    else if (strcmp(name, "evidence") == 0)
        check_value(c, "", name, d, number_value(f->evidence_count));
    else
        check_value(c, "", name, d, fl_value_int(FL_T_BOOL, f->waived != NULL));
}

static void check_finding(struct comparing *c, const struct fl_datum *expected, const struct fl_finding *f)
{
    for (uint32_t i = 0; i < expected->member_count; i++)
        check_key(c, expected->names[i], expected->members[i], f);
}

static uint32_t distance(const struct fl_datum *expected, const struct fl_finding *f, struct fl_test_errors *errors)
{
    struct comparing c = {.errors = errors};
    check_finding(&c, expected, f);
    return c.differences;
}

/* ---- matching ---- */

struct matching {
    const uint32_t *distances; /* expected x found */
    uint32_t found_count;
    uint32_t *taken_by; /* by finding: expected entry, or UINT32_MAX */
    bool *visited;      /* by finding */
};

/* Finds a finding for the entry, moving others to another of theirs where that helps. */
static bool find_place(struct matching *m, uint32_t entry)
{
    for (uint32_t f = 0; f < m->found_count; f++) {
        if (m->visited[f] || m->distances[(size_t)entry * m->found_count + f] > 0)
            continue;
        m->visited[f] = true;
        if (m->taken_by[f] == UINT32_MAX || find_place(m, m->taken_by[f])) {
            m->taken_by[f] = entry;
            return true;
        }
    }
    return false;
}

static void add_summary(struct fl_buf *out, const struct fl_finding *f)
{
    fl_buf_add_format(out, "%s", fl_severity_name(f->severity));
    for (uint32_t i = 0; i < f->group.count; i++) {
        fl_buf_add_text(out, i == 0 ? " { " : ", ");
        fl_escape_terminal(out, fl_str_of(f->group.items[i].name));
        fl_buf_add_text(out, " = ");
        fl_test_add_value(out, &f->group.items[i].value);
    }
    fl_buf_add_text(out, f->group.count > 0 ? " } " : " ");
    struct fl_str message = fl_str_of(f->message);
    message.len = message.len < VALUE_SHOWN ? message.len : VALUE_SHOWN;
    fl_escape_terminal(out, message);
    fl_buf_add_char(out, '\n');
}

/* Which finding nobody matched is the nearest to the entry? UINT32_MAX when none is left. */
static uint32_t nearest(const struct matching *m, uint32_t entry)
{
    uint32_t best = UINT32_MAX;
    const uint32_t *row = &m->distances[(size_t)entry * m->found_count];
    for (uint32_t f = 0; f < m->found_count; f++)
        if (m->taken_by[f] == UINT32_MAX && !m->visited[f] && (best == UINT32_MAX || row[f] < row[best]))
            best = f;
    return best;
}

static void add_missing(struct fl_buf *diff, const struct fl_datum *entry, uint32_t number,
                        const struct fl_finding *near, struct fl_test_errors *errors)
{
    fl_buf_add_format(diff, "  expected finding %u ", number);
    add_datum(diff, entry);
    if (near == NULL) {
        fl_buf_add_text(diff, ": there is none\n");
        return;
    }
    fl_buf_add_text(diff, "\n  the nearest is ");
    add_summary(diff, near);
    struct comparing c = {.out = diff, .errors = errors};
    check_finding(&c, entry, near);
}

static bool match(const struct fl_datum *expect, const struct fl_finding *const *findings, struct matching *m,
                  struct fl_buf *diff, struct fl_test_errors *errors)
{
    uint32_t unexpected = 0, shown = 0;
    bool all = expect->item_count == m->found_count, *placed = fl_alloc_zero((size_t)expect->item_count + 1, 1);
    for (uint32_t e = 0; placed != NULL && e < expect->item_count; e++) {
        memset(m->visited, 0, m->found_count);
        placed[e] = find_place(m, e);
        all = all && placed[e];
    }
    if (all || placed == NULL) {
        fl_free(placed);
        return placed != NULL;
    }
    if (expect->item_count == m->found_count) {
        fl_buf_add_format(diff, m->found_count == 1 ? "  the finding differs\n" : "  some of %u findings differ\n",
                          m->found_count);
    } else {
        fl_buf_add_format(diff, "  expected ");
        fl_buf_add_count(diff, expect->item_count, "findings");
        fl_buf_add_format(diff, ", got %u\n", m->found_count);
    }
    memset(m->visited, 0, m->found_count); /* now: shown beside an entry */
    for (uint32_t e = 0; e < expect->item_count; e++) {
        if (placed[e])
            continue;
        uint32_t near = nearest(m, e);
        if (near != UINT32_MAX)
            m->visited[near] = true;
        add_missing(diff, expect->items[e], e + 1, near == UINT32_MAX ? NULL : findings[near], errors);
    }
    for (uint32_t f = 0; f < m->found_count; f++) {
        if (m->taken_by[f] != UINT32_MAX || m->visited[f])
            continue;
        if (shown++ < LIST_SHOWN) {
            fl_buf_add_text(diff, "  not expected: ");
            add_summary(diff, findings[f]);
        }
        unexpected++;
    }
    if (unexpected > LIST_SHOWN)
        fl_buf_add_format(diff, "  ... and %u more that nobody expected\n", unexpected - LIST_SHOWN);
    fl_free(placed);
    return false;
}

static bool check_entries(const struct fl_datum *expect, struct fl_test_errors *errors)
{
    uint32_t before = errors->list.count;
    if (expect->kind != FL_DATUM_TABLE || expect->member_count > 0) {
        fl_test_fail(errors, "expect must be a list: { { group = { server = \"10.0.0.1\" } } }, or {} for no finding");
        return false;
    }
    for (uint32_t i = 0; i < expect->item_count; i++) {
        const struct fl_datum *entry = expect->items[i];
        if (entry->kind != FL_DATUM_TABLE || entry->item_count > 0)
            fl_test_fail(errors, "expect: each entry is a table of keys of a finding");
        for (uint32_t k = 0; entry->kind == FL_DATUM_TABLE && k < entry->member_count; k++)
            fl_test_knows(errors, "a finding", entry->names[k], finding_keys);
    }
    return errors->list.count == before;
}

bool fl_test_compare(const struct fl_datum *expect, const struct fl_finding *const *findings, uint32_t count,
                     struct fl_buf *diff, struct fl_test_errors *errors)
{
    if (!check_entries(expect, errors))
        return false;
    uint64_t pairs = (uint64_t)expect->item_count * count;
    if (pairs > PAIRS_MAX) {
        fl_test_fail(errors, "%u expected findings and %u found are too many to compare", expect->item_count, count);
        return false;
    }
    uint32_t *distances = fl_alloc_zero((size_t)pairs + 1, sizeof *distances);
    struct matching m = {distances, count, fl_alloc_zero((size_t)count + 1, sizeof *m.taken_by),
                         fl_alloc_zero((size_t)count + 1, sizeof *m.visited)};
    bool ok = distances != NULL && m.taken_by != NULL && m.visited != NULL;
    for (uint32_t f = 0; ok && f < count; f++) {
        m.taken_by[f] = UINT32_MAX;
        for (uint32_t e = 0; e < expect->item_count; e++)
            distances[(size_t)e * count + f] = distance(expect->items[e], findings[f], errors);
    }
    ok = ok && errors->list.count == 0 && match(expect, findings, &m, diff, errors);
    fl_free(distances);
    fl_free(m.taken_by);
    fl_free(m.visited);
    return ok;
}
