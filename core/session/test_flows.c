/* test_flows.c: what flows{ ... } and file "..." mean. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/memory.h"
#include "core/session/test_flows.h"

#define DEFAULT_START_MS INT64_C(1767607200000) /* 2026-01-05T10:00:00Z, a Monday */
#define DEFAULT_PACKETS  10
#define DEFAULT_BYTES    1000

#define COUNT_OF(a) (sizeof(a) / sizeof(a)[0])

static const char *const flow_keys[] = {"from",    "to",        "protocol", "action", "start", "every",
                                        "count",   "duration",  "packets",  "bytes",  "flags", "reply",
                                        "vantage", "interface", "vpc",      "log",    NULL};
static const char *const reply_keys[] = {"packets", "bytes", "flags", "action", NULL};

uint32_t fl_test_column(const char *key)
{
    for (unsigned i = 0; flow_keys[i] != NULL; i++)
        if (strcmp(flow_keys[i], key) == 0)
            return FL_FIELD_NONE;
    uint32_t field = fl_field_find(fl_str_of(key));
    return field < FL_DERIVED_FIRST ? field : FL_FIELD_NONE;
}

/* ---- keys ---- */

/* false: there is one that nobody knows. */
static bool check_keys(struct fl_test_errors *errors, const struct fl_datum *d)
{
    bool all_known = true;
    for (uint32_t i = 0; i < d->member_count; i++) {
        const char *key = d->names[i];
        struct fl_str_guess guess = {NULL, 99};
        bool known = fl_test_column(key) != FL_FIELD_NONE;
        for (unsigned k = 0; flow_keys[k] != NULL; k++)
            known |= strcmp(flow_keys[k], key) == 0;
        if (known)
            continue;
        all_known = false;
        for (unsigned k = 0; flow_keys[k] != NULL; k++)
            fl_str_guess_try(&guess, fl_str_of(key), flow_keys[k]);
        for (uint32_t f = 0; f < FL_DERIVED_FIRST; f++)
            fl_str_guess_try(&guess, fl_str_of(key), fl_fields[f].name);
        if (fl_field_find(fl_str_of(key)) != FL_FIELD_NONE)
            fl_test_fail(errors, "flows{}: %s is derived from other fields; give those", key);
        else if (guess.best != NULL)
            fl_test_fail(errors, "flows{} has no key \"%s\"; did you mean \"%s\"?", key, guess.best);
        else
            fl_test_fail(errors,
                         "flows{} has no key \"%s\"; besides its own keys it takes the fields of flowlaw list "
                         "fields",
                         key);
    }
    if (d->item_count > 0)
        fl_test_fail(errors, "flows{} takes named keys only: flows { from = \"10.0.0.1\", to = \"10.0.0.2:443\" }");
    return all_known && d->item_count == 0;
}

static int64_t time_key(struct fl_test_errors *errors, const struct fl_datum *d, const char *key, int64_t absent)
{
    const struct fl_datum *value = fl_datum_get(d, key);
    int64_t ms = absent;
    if (value == NULL)
        return absent;
    bool is_start = strcmp(key, "start") == 0;
    /* A million of the longest stay within 64 bits. */
    const int64_t most = is_start ? INT64_MAX : 36525 * FL_MS_PER_DAY;
    if (value->kind != FL_DATUM_TEXT ||
        !(is_start ? fl_when_parse(value->text, &ms) : fl_duration_parse(value->text, &ms)) || ms > most)
        fl_test_fail(errors,
                     is_start ? "%s must be a date or time: \"2026-01-05T10:00:00Z\""
                              : "%s must be a duration of at most 36525d: \"10s\", \"1m30s\"",
                     key);
    return ms;
}

/* A whole number, or text such as "10k" or "1.5Mi". */
static bool whole(const struct fl_datum *value, int64_t *out)
{
    struct fl_ratio ratio;
    if (value->kind == FL_DATUM_NUMBER && value->whole && value->number >= 0) {
        *out = value->number;
        return true;
    }
    if (value->kind != FL_DATUM_TEXT || !fl_ratio_parse(value->text, &ratio) || ratio.den != 1 || ratio.num < 0 ||
        ratio.num > INT64_MAX)
        return false;
    *out = (int64_t)ratio.num;
    return true;
}

static int64_t number_key(struct fl_test_errors *errors, const struct fl_datum *d, const char *key, int64_t absent)
{
    const struct fl_datum *value = fl_datum_get(d, key);
    int64_t number = absent;
    if (value != NULL && !whole(value, &number))
        fl_test_fail(errors, "%s must be a whole number such as 1000, \"10k\" or \"1.5Mi\"", key);
    return number;
}

/* "SYN,ACK" -> 18. -1 when a name is not one. */
static int64_t flags_of(struct fl_str text)
{
    static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG"};
    int64_t flags = 0;
    for (size_t at = 0; at <= text.len;) {
        const char *comma = at < text.len ? memchr(text.ptr + at, ',', text.len - at) : NULL;
        size_t end = comma == NULL ? text.len : (size_t)(comma - text.ptr);
        while (at < end && text.ptr[at] == ' ')
            at++;
        struct fl_str name = {text.ptr + at, end - at};
        unsigned i = 0;
        while (i < COUNT_OF(names) && !fl_str_is(name, names[i]))
            i++;
        if (i == COUNT_OF(names))
            return -1;
        flags |= INT64_C(1) << i;
        at = end + 1;
    }
    return flags;
}

static int64_t flags_key(struct fl_test_errors *errors, const struct fl_datum *d, int64_t absent)
{
    const struct fl_datum *value = fl_datum_get(d, "flags");
    if (value == NULL)
        return absent;
    if (value->kind == FL_DATUM_FLAG && !value->flag)
        return -1;
    if (value->kind == FL_DATUM_NUMBER && value->whole && value->number >= 0 && value->number < 256)
        return value->number;
    int64_t flags = value->kind == FL_DATUM_TEXT ? flags_of(value->text) : -1;
    if (flags < 0)
        fl_test_fail(errors, "flags must be names such as \"SYN\" or \"SYN,ACK\" (FIN SYN RST PSH ACK URG), their "
                             "number, or false for a log that has none");
    return flags;
}

/* Index of a text in a list that ends with NULL, or `absent` without the key. */
static int choice_key(struct fl_test_errors *errors, const struct fl_datum *d, const char *key,
                      const char *const choices[], int absent)
{
    const struct fl_datum *value = fl_datum_get(d, key);
    if (value == NULL)
        return absent;
    char all[128] = "";
    for (int i = 0; choices[i] != NULL; i++) {
        if (value->kind == FL_DATUM_TEXT && fl_str_is(value->text, choices[i]))
            return i;
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s\"%s\"", i == 0 ? "" : ", ", choices[i]);
    }
    fl_test_fail(errors, "%s must be one of %s", key, all);
    return absent;
}

static bool rejected_key(struct fl_test_errors *errors, const struct fl_datum *d)
{
    static const char *const actions[] = {"accept", "reject", NULL};
    return choice_key(errors, d, "action", actions, 0) == 1;
}

static void read_reply(struct fl_test_errors *errors, struct fl_test_block *b)
{
    const struct fl_datum *reply = fl_datum_get(b->datum, "reply");
    bool is_table = reply != NULL && reply->kind == FL_DATUM_TABLE;
    b->reply = (struct fl_test_traffic){DEFAULT_PACKETS, DEFAULT_BYTES, b->protocol == 6 ? 19 : 0, false};
    b->has_reply = is_table || (reply != NULL && reply->kind == FL_DATUM_FLAG && reply->flag);
    if (reply != NULL && !is_table && reply->kind != FL_DATUM_FLAG)
        fl_test_fail(errors, "reply must be true or a table: reply = { packets = 8, bytes = 90000 }");
    if (!is_table)
        return;
    for (uint32_t i = 0; i < reply->member_count; i++)
        fl_test_knows(errors, "reply", reply->names[i], reply_keys);
    b->reply.packets = number_key(errors, reply, "packets", b->reply.packets);
    b->reply.bytes = number_key(errors, reply, "bytes", b->reply.bytes);
    b->reply.flags = flags_key(errors, reply, b->reply.flags);
    b->reply.rejected = rejected_key(errors, reply);
}

static int64_t protocol_key(struct fl_test_errors *errors, const struct fl_datum *d)
{
    const struct fl_datum *value = fl_datum_get(d, "protocol");
    if (value == NULL)
        return 6;
    if (value->kind == FL_DATUM_NUMBER && value->whole && value->number >= 0 && value->number < 256)
        return value->number;
    int protocol = value->kind == FL_DATUM_TEXT ? fl_protocol_find(value->text) : -1;
    if (protocol < 0)
        fl_test_fail(errors, "protocol must be a name such as \"tcp\", \"udp\" or \"icmp\", or a number up to 255");
    return protocol < 0 ? 6 : protocol;
}

static void read_interface(struct fl_test_errors *errors, struct fl_test_block *b)
{
    const struct fl_datum *value = fl_datum_get(b->datum, "interface");
    if (value == NULL)
        return;
    const struct fl_datum *src = value, *dst = value;
    if (value->kind == FL_DATUM_TABLE) {
        src = fl_datum_get(value, "src");
        dst = fl_datum_get(value, "dst");
    }
    if ((src != NULL && src->kind != FL_DATUM_TEXT) || (dst != NULL && dst->kind != FL_DATUM_TEXT) ||
        (src == NULL && dst == NULL)) {
        fl_test_fail(errors, "interface must be text, or one for each end: { src = \"eni-a\", dst = \"eni-b\" }");
        return;
    }
    b->src_interface = src == NULL ? NULL : src->text.ptr;
    b->dst_interface = dst == NULL ? NULL : dst->text.ptr;
}

static void read_ends(struct fl_test_errors *errors, struct fl_test_block *b)
{
    const struct fl_datum *from = fl_datum_get(b->datum, "from"), *to = fl_datum_get(b->datum, "to");
    if (from == NULL || to == NULL) {
        if (b->status == NULL)
            fl_test_fail(errors, "flows{} needs from and to: flows { from = \"10.0.0.1\", to = \"10.0.0.2:443\" }");
        return;
    }
    if (!fl_test_ends_read(from, "from", &b->from, errors) || !fl_test_ends_read(to, "to", &b->to, errors))
        return;
    for (uint32_t i = 0; i < b->from.count; i++)
        for (uint32_t k = 0; k < b->to.count && fl_protocol_has_ports((unsigned)b->protocol); k++)
            if (b->from.items[i].port < 0 && b->to.items[k].port < 0) {
                fl_test_fail(errors, "which port? Give one to `to`: \"10.0.0.2:443\"");
                return;
            }
    if ((uint64_t)b->from.count * b->to.count > FL_TEST_RECORDS_MAX ||
        (b->count > 0 && (uint64_t)b->from.count * b->to.count > FL_TEST_RECORDS_MAX / (uint64_t)b->count))
        fl_test_fail(errors, "flows{} makes more than %u conversations", FL_TEST_RECORDS_MAX);
}

static void read_block(struct fl_test_errors *errors, const struct fl_datum *d, struct fl_test_block *b)
{
    static const char *const vantages[] = {"src", "dst", "both", "middle", NULL};
    static const char *const logs[] = {"v5", "v2", "tgw", NULL};
    *b = (struct fl_test_block){.datum = d};
    errors->line = d->line;
    bool keys_are_known = check_keys(errors, d);
    const struct fl_datum *status = fl_datum_get(d, "log_status");
    b->status =
        status != NULL && status->kind == FL_DATUM_TEXT && !fl_str_is(status->text, "OK") ? status->text.ptr : NULL;
    b->kind = (enum fl_test_log)choice_key(errors, d, "log", logs, FL_TEST_V5);
    b->vantage = (enum fl_test_vantage)choice_key(errors, d, "vantage", vantages, FL_TEST_BY_NEAREST);
    b->protocol = protocol_key(errors, d);
    b->start_ms = time_key(errors, d, "start", DEFAULT_START_MS);
    b->every_ms = time_key(errors, d, "every", 0);
    b->duration_ms = time_key(errors, d, "duration", 10 * FL_MS_PER_SECOND);
    b->count = number_key(errors, d, "count", 1);
    b->request.rejected = rejected_key(errors, d);
    b->request.packets = number_key(errors, d, "packets", DEFAULT_PACKETS);
    b->request.bytes = number_key(errors, d, "bytes", DEFAULT_BYTES);
    b->request.flags = flags_key(errors, d, b->protocol != 6 ? 0 : b->request.rejected ? 2 : 3);
    read_reply(errors, b);
    read_interface(errors, b);
    if (keys_are_known || (fl_datum_get(d, "from") != NULL && fl_datum_get(d, "to") != NULL))
        read_ends(errors, b);
}

/* ---- files ---- */

/* Relative, and inside the root even when links are followed. */
static bool is_inside(const char *root, const char *path)
{
    char *real_root = realpath(root, NULL), *real = realpath(path, NULL);
    size_t len = real_root == NULL ? 0 : strlen(real_root);
    bool inside = real_root != NULL && real != NULL && strncmp(real, real_root, len) == 0 &&
                  (real[len] == '/' || real[len] == '\0');
    free(real_root);
    free(real);
    return inside;
}

static enum fl_status add_file(const struct fl_datum *d, const char *folder, const char *root,
                               struct fl_source_list *out, struct fl_test_errors *errors)
{
    errors->line = d->line;
    char path[PATH_MAX];
    struct fl_error err;
    snprintf(path, sizeof path, "%s/%s", folder, d->text.ptr);
    struct stat st;
    if (d->text.ptr[0] == '/' || (stat(path, &st) == 0 && !is_inside(root, path))) {
        fl_test_fail(errors, "file \"%s\": a fixture lies below the folder of the rules", d->text.ptr);
        return FL_OK;
    }
    uint32_t before = out->trouble_count, count = out->count;
    enum fl_status status = fl_source_list_add_path(out, path, &err);
    if (status == FL_OK && out->trouble_count > before)
        fl_test_fail(errors, "file \"%s\": %s", d->text.ptr, out->troubles[before].text);
    else if (status == FL_OK && out->count == count)
        fl_test_fail(errors, "file \"%s\" holds nothing", d->text.ptr);
    return status;
}

/* ---- */

enum fl_status fl_test_sources(const struct fl_datum *flows, const struct fl_policy *policy, const char *folder,
                               const char *root, struct fl_source_list *out, struct fl_test_errors *errors)
{
    const struct fl_datum *const one[] = {flows};
    bool is_list = flows->kind == FL_DATUM_TABLE && flows->member_count == 0;
    const struct fl_datum *const *items = is_list ? flows->items : one;
    uint32_t item_count = is_list ? flows->item_count : 1, count = 0;
    enum fl_status status = FL_OK;
    struct fl_test_block *blocks = fl_alloc_zero((size_t)item_count + 1, sizeof *blocks);
    if (blocks == NULL)
        return FL_E_NOMEM;
    for (uint32_t i = 0; i < item_count && status == FL_OK; i++) {
        if (items[i]->kind == FL_DATUM_FLOWS)
            read_block(errors, items[i], &blocks[count++]);
        else if (items[i]->kind == FL_DATUM_FILE)
            status = add_file(items[i], folder, root, out, errors);
        else
            fl_test_fail(errors, "flows must be flows { ... }, file \"...\" or a list of such");
    }
    if (status == FL_OK && errors->list.count == 0)
        status = fl_test_write_logs(blocks, count, policy, out, errors);
    for (uint32_t i = 0; i < count; i++) {
        fl_free(blocks[i].from.items);
        fl_free(blocks[i].to.items);
    }
    fl_free(blocks);
    return status;
}
