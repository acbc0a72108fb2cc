/* import_csv.c: hosts out of a flat CSV: one row for each address of each interface. */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/buf.h"
#include "core/base/limits.h"
#include "core/base/memory.h"
#include "core/inventory/inventory.h"
#include "core/text/csv.h"
#include "core/text/yaml.h"

#define GROUPS_MAX 64u

static const char *const text_columns[FL_HOST_TEXT_COUNT] = {"name", "subnet",  "az",       "vpc",
                                                             "sg",   "account", "interface"};

bool fl_inventory_column(struct fl_str name, const char **guess)
{
    struct fl_str_guess best = {NULL, 99};
    static const char *const others[] = {"address", "tags"};
    bool known = false;
    for (size_t i = 0; i < FL_HOST_TEXT_COUNT + 2; i++) {
        const char *column = i < FL_HOST_TEXT_COUNT ? text_columns[i] : others[i - FL_HOST_TEXT_COUNT];
        known |= fl_str_is(name, column);
        fl_str_guess_try(&best, name, column);
    }
    *guess = best.best;
    return known;
}

struct fl_host_entry *fl_inventory_begin(struct fl_inventory *inv, const char *file, uint32_t line, uint32_t column)
{
    if (!fl_grow((void **)&inv->entries, &inv->capacity, inv->count + 1, sizeof *inv->entries))
        return NULL;
    struct fl_host_entry *e = &inv->entries[inv->count++];
    *e = (struct fl_host_entry){.file = file, .line = line, .column = column};
    for (unsigned t = 0; t < FL_HOST_TEXT_COUNT; t++)
        e->texts[t] = FL_MAP_NONE;
    return e;
}

static struct fl_str trimmed(struct fl_str text)
{
    while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t')) {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
        text.len--;
    return text;
}

/* Cuts the next member off a list of members with ; between. */
static struct fl_str next_member(struct fl_str *rest)
{
    const char *end = memchr(rest->ptr, ';', rest->len);
    size_t len = end != NULL ? (size_t)(end - rest->ptr) : rest->len;
    struct fl_str member = trimmed((struct fl_str){rest->ptr, len});
    size_t used = len + (end != NULL);
    rest->ptr += used;
    rest->len -= used;
    return member;
}

static enum fl_status set_text(struct fl_inventory *inv, struct fl_host_entry *e, unsigned text, struct fl_str value)
{
    e->texts[text] = fl_map_intern(&inv->texts, value);
    return e->texts[text] == FL_MAP_NONE ? FL_E_NOMEM : FL_OK;
}

static int compare_members(const void *left, const void *right)
{
    return fl_str_compare(*(const struct fl_str *)left, *(const struct fl_str *)right);
}

/* Groups are a set: their order in the file means nothing. */
static enum fl_status set_groups(struct fl_inventory *inv, struct fl_host_entry *e, struct fl_str value,
                                 struct fl_error *err)
{
    struct fl_str members[GROUPS_MAX], rest = value;
    uint32_t count = 0;
    while (rest.len > 0) {
        struct fl_str member = next_member(&rest);
        if (count == GROUPS_MAX)
            return fl_fail(err, FL_E_LIMIT, "more than %u groups", GROUPS_MAX);
        members[count] = member;
        count += member.len > 0;
    }
    qsort(members, count, sizeof members[0], compare_members);
    struct fl_buf out;
    fl_buf_init(&out);
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0 && fl_str_equal(members[i], members[i - 1]))
            continue;
        fl_buf_add_text(&out, i > 0 ? ";" : "");
        fl_buf_add(&out, members[i].ptr, members[i].len);
    }
    enum fl_status status = out.failed ? FL_E_NOMEM : FL_OK;
    if (status == FL_OK && out.len > 0)
        status = set_text(inv, e, FL_HOST_SG, (struct fl_str){out.data, out.len});
    fl_buf_dispose(&out);
    return status;
}

static enum fl_status set_tags(struct fl_inventory *inv, struct fl_host_entry *e, struct fl_str value,
                               struct fl_error *err)
{
    uint32_t most = 1;
    for (size_t i = 0; i < value.len; i++)
        most += value.ptr[i] == ';';
    e->tags = fl_arena_alloc(&inv->arena, most * sizeof *e->tags);
    if (e->tags == NULL)
        return FL_E_NOMEM;
    while (value.len > 0) {
        struct fl_str tag = next_member(&value);
        const char *mark = tag.len > 0 ? memchr(tag.ptr, '=', tag.len) : NULL;
        if (tag.len == 0)
            continue;
        if (mark == NULL || mark == tag.ptr)
            return fl_fail(err, FL_E_VALUE, "\"%.*s\" is no tag; write Key=Value, several with ; between", (int)tag.len,
                           tag.ptr);
        size_t key = (size_t)(mark - tag.ptr);
        struct fl_host_tag *t = &e->tags[e->tag_count++];
        t->key = fl_map_intern(&inv->texts, (struct fl_str){tag.ptr, key});
        t->value = fl_map_intern(&inv->texts, (struct fl_str){mark + 1, tag.len - key - 1});
        if (t->key == FL_MAP_NONE || t->value == FL_MAP_NONE)
            return FL_E_NOMEM;
    }
    return FL_OK;
}

/* A subnet is told by its id, or by its range: what begins as a range must be one. */
static bool check_subnet(struct fl_str value, struct fl_error *err)
{
    const char *slash = memchr(value.ptr, '/', value.len);
    struct fl_addr addr;
    struct fl_prefix prefix;
    bool host_bits = false;
    if (slash == NULL || !fl_addr_parse((struct fl_str){value.ptr, (size_t)(slash - value.ptr)}, &addr))
        return true;
    bool ok = fl_prefix_parse(value, &prefix, &host_bits);
    if (!ok)
        fl_fail(err, FL_E_VALUE, "\"%.*s\" is no CIDR; a subnet is written 10.0.1.0/24, or as its id", (int)value.len,
                value.ptr);
    else if (host_bits)
        fl_fail(err, FL_E_VALUE, "\"%.*s\" is no subnet: bits behind the prefix are set", (int)value.len, value.ptr);
    return ok && !host_bits;
}

enum fl_status fl_inventory_set(struct fl_inventory *inv, struct fl_host_entry *e, struct fl_str column,
                                struct fl_str value, struct fl_error *err)
{
    value = trimmed(value);
    if (value.len == 0 || fl_str_is(value, "-"))
        return FL_OK;
    if (fl_str_is(column, "address")) {
        e->has_addr = fl_addr_parse(value, &e->addr);
        return e->has_addr ? FL_OK : fl_fail(err, FL_E_VALUE, "\"%.*s\" is no address", (int)value.len, value.ptr);
    }
    if (fl_str_is(column, "subnet") && !check_subnet(value, err))
        return FL_E_VALUE;
    if (fl_str_is(column, "tags"))
        return set_tags(inv, e, value, err);
    if (fl_str_is(column, "sg"))
        return set_groups(inv, e, value, err);
    for (unsigned t = 0; t < FL_HOST_TEXT_COUNT; t++)
        if (fl_str_is(column, text_columns[t]))
            return set_text(inv, e, t, value);
    return FL_OK;
}

enum fl_status fl_inventory_check(struct fl_inventory *inv, struct fl_error *err)
{
    const struct fl_host_entry *e = &inv->entries[inv->count - 1];
    if (e->has_addr || e->texts[FL_HOST_INTERFACE] != FL_MAP_NONE)
        return FL_OK;
    return fl_fail(err, FL_E_VALUE, "a host needs an address or an interface");
}

/* ---- files ---- */

struct importing {
    struct fl_inventory *inv;
    struct fl_csv csv;
    struct fl_arena scratch;
    struct fl_str *columns;
    uint32_t column_count;
    const char *file;
    struct fl_error_list *errors;
    uint32_t errors_most; /* then the rest is not read */
};

static void fail_at(struct importing *in, const struct fl_csv_field *at, struct fl_error *err)
{
    fl_error_at(err, in->file, at->line, at->column);
    fl_error_show(err, fl_text_line(in->csv.text, at->line));
    fl_error_list_add(in->errors, err);
}

static enum fl_status take_header(struct importing *in)
{
    struct fl_error err;
    enum fl_status status = FL_OK;
    bool keyed = false;
    in->columns = fl_arena_alloc(&in->scratch, in->csv.count * sizeof *in->columns);
    if (in->columns == NULL)
        return FL_E_NOMEM;
    for (uint32_t i = 0; i < in->csv.count && in->errors->count < in->errors_most; i++) {
        const char *guess;
        struct fl_str name = in->columns[i] = trimmed(in->csv.fields[i].text);
        bool again = false;
        for (uint32_t k = 0; k < i; k++)
            again |= fl_str_equal(in->columns[k], name);
        keyed |= fl_str_is(name, "address") || fl_str_is(name, "interface");
        if (in->csv.count == 1 && (memchr(name.ptr, ';', name.len) != NULL || memchr(name.ptr, '\t', name.len) != NULL))
            status =
                fl_fail(&err, FL_E_NAME,
                        "commas stand between columns: write address,name (; stands between members of sg and tags)");
        else if (!fl_inventory_column(name, &guess))
            status = guess != NULL ? fl_fail(&err, FL_E_NAME, "there is no column \"%.*s\"; did you mean \"%s\"?",
                                             (int)name.len, name.ptr, guess)
                                   : fl_fail(&err, FL_E_NAME,
                                             "there is no column \"%.*s\"; there are address, interface, vpc, "
                                             "account, az, subnet, name, sg and tags",
                                             (int)name.len, name.ptr);
        else if (again)
            status = fl_fail(&err, FL_E_NAME, "the column %.*s is there twice", (int)name.len, name.ptr);
        else
            continue;
        fail_at(in, &in->csv.fields[i], &err);
    }
    in->column_count = in->csv.count;
    if (status == FL_OK && !keyed) {
        status = fl_fail(&err, FL_E_VALUE, "the header needs a column address or interface");
        fail_at(in, &in->csv.fields[0], &err);
    }
    return status;
}

static enum fl_status take_row(struct importing *in)
{
    struct fl_error err;
    const struct fl_csv_field *fields = in->csv.fields;
    if (in->csv.count != in->column_count) {
        fl_fail(&err, FL_E_SYNTAX, "the row has %u field%s, the header %u", in->csv.count,
                in->csv.count == 1 ? "" : "s", in->column_count);
        fail_at(in, &fields[0], &err);
        return FL_OK;
    }
    struct fl_host_entry *e = fl_inventory_begin(in->inv, in->file, fields[0].line, fields[0].column);
    if (e == NULL)
        return FL_E_NOMEM;
    for (uint32_t i = 0; i < in->csv.count; i++) {
        enum fl_status status = fl_inventory_set(in->inv, e, in->columns[i], fields[i].text, &err);
        if (status == FL_E_NOMEM)
            return status;
        if (status != FL_OK) {
            fail_at(in, &fields[i], &err);
            return FL_OK;
        }
        if (fl_str_is(in->columns[i], "address"))
            e->column = fields[i].column;
    }
    if (fl_inventory_check(in->inv, &err) != FL_OK)
        fail_at(in, &fields[0], &err);
    return FL_OK;
}

enum fl_status fl_inventory_add_csv(struct fl_inventory *inv, struct fl_str text, const char *file,
                                    struct fl_error_list *errors)
{
    struct importing in = {.inv = inv,
                           .file = fl_arena_strdup(&inv->arena, file),
                           .errors = errors,
                           .errors_most = errors->count + FL_INVENTORY_ERRORS_MAX};
    struct fl_error err;
    uint32_t before = errors->count;
    if (in.file == NULL)
        return FL_E_NOMEM;
    fl_arena_init(&in.scratch);
    fl_csv_init(&in.csv, text);
    enum fl_status status = fl_csv_next(&in.csv, &in.scratch, &err);
    if (status == FL_END) {
        fl_fail(&err, FL_E_VALUE, "the file is empty; its first line names the columns");
        fl_error_at(&err, file, 1, 1);
        fl_error_list_add(errors, &err);
    } else if (status == FL_OK && (status = take_header(&in)) == FL_OK) {
        while (status == FL_OK && errors->count < in.errors_most &&
               (status = fl_csv_next(&in.csv, &in.scratch, &err)) == FL_OK)
            status = take_row(&in);
    }
    if (status == FL_E_SYNTAX) {
        struct fl_csv_field at = {.line = err.line, .column = err.column};
        fail_at(&in, &at, &err);
    }
    fl_csv_dispose(&in.csv);
    fl_arena_dispose(&in.scratch);
    if (status == FL_E_NOMEM)
        return status;
    return errors->count > before ? FL_E_VALUE : FL_OK;
}
