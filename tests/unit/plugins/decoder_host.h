/* decoder_host.h: a small host for decoders, for tests and benchmarks.
 *
 * It knows the fields of core/record/fields.def, keeps one batch, interns strings into ids that
 * count from 1 in order of appearance (0 is null), and records what the decoder reports. struct
 * host owns everything; it belongs to one thread. All functions are static: this header is included
 * by one file of a program.
 */
#ifndef FL_TESTS_DECODER_HOST_H
#define FL_TESTS_DECODER_HOST_H

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/plugin/flowlaw_plugin.h"

enum {
#define FL_FIELD(ID, name, TYPE, what) HOST_F_##ID,
#include "core/record/fields.def"
#undef FL_FIELD
    HOST_FIELDS
};
#undef FL_DERIVED_FIRST
#define HOST_WORDS ((HOST_FIELDS + 63) / 64)

struct host_field {
    const char *name, *type;
};
static const struct host_field host_fields[HOST_FIELDS] = {
#define FL_FIELD(ID, name, TYPE, what) {#name, #TYPE},
#include "core/record/fields.def"
#undef FL_FIELD
};
#undef FL_DERIVED_FIRST

/* What the decoder reported, in order. */
struct host_event {
    enum { HOST_BAD_LINE, HOST_BAD_VALUE } kind;
    uint32_t a, b, c; /* offset, len, cause; or field, row */
};

struct host_string {
    uint64_t hash;
    uint32_t start, len, id;
};

struct host {
    struct flp_batch batch; /* first: batch.host leads here too */
    struct flp_column columns[HOST_FIELDS];
    uint64_t wanted[HOST_WORDS];
    struct host_event *events;
    uint32_t event_count, event_capacity;
    struct host_string *strings; /* open addressing */
    uint32_t string_slots, string_count;
    char *names;
    uint32_t names_used, names_capacity;
    char unknown[4096]; /* names of unknown columns, each followed by a blank */
    bool poison;        /* fill new rows with rubbish */
    bool no_memory;     /* reserve() fails */
};

static char host_plain(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool host_same(const char *known, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '-' || text[i] == '_')
            continue;
        while (*known == '_')
            known++;
        if (host_plain(text[i]) != *known++)
            return false;
    }
    return !*known;
}

static uint32_t host_field_find(const char *name, size_t len)
{
    if (host_same("start", name, len))
        return HOST_F_START_TIME;
    if (host_same("end", name, len))
        return HOST_F_END_TIME;
    for (uint32_t i = 0; i < HOST_F_CLIENT; i++)
        if (host_same(host_fields[i].name, name, len))
            return i;
    return FLP_NO_FIELD;
}

static enum flp_storage host_storage(uint32_t field)
{
    static const struct {
        const char *type;
        enum flp_storage storage;
    } map[] = {{"U8", FLP_U8},        {"PORT", FLP_U16},     {"INT", FLP_INT},
               {"TIME", FLP_TIME_MS}, {"ADDR", FLP_ADDR},    {"ACTION", FLP_ACTION},
               {"STR", FLP_STRING},   {"STATUS", FLP_STATUS}};

    for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
        if (!strcmp(host_fields[field].type, map[i].type))
            return map[i].storage;
    return FLP_INT;
}

static size_t host_value_bytes(uint32_t field)
{
    switch (host_storage(field)) {
    case FLP_U16:
        return 2;
    case FLP_INT:
    case FLP_TIME_MS:
        return 8;
    case FLP_STRING:
        return 4;
    case FLP_ADDR:
        return 16;
    default:
        return 1;
    }
}

static void *host_resize(void *old, size_t bytes)
{
    void *p = realloc(old, bytes);

    if (!p)
        abort();
    return p;
}

static void *host_fresh(struct host *h, void *old, size_t bytes)
{
    void *p;

    free(old);
    p = host_resize(NULL, bytes);
    if (h->poison)
        memset(p, 0xA5, bytes);
    return p;
}

static bool host_reserve(struct flp_batch *batch, uint32_t rows)
{
    struct host *h = batch->host;
    uint32_t capacity = rows > 64 ? (rows + 63) / 64 * 64 : 64;

    if (h->no_memory)
        return false;
    if (rows <= batch->capacity && !h->poison)
        return true;
    batch->capacity = capacity;
    batch->row_start = host_fresh(h, batch->row_start, capacity * sizeof(uint32_t));
    batch->row_length = host_fresh(h, batch->row_length, capacity * sizeof(uint32_t));
    batch->no_data = host_fresh(h, batch->no_data, capacity / 8);
    for (uint32_t f = 0; f < HOST_FIELDS; f++) {
        if (!(h->wanted[f / 64] >> f % 64 & 1))
            continue;
        h->columns[f].values = host_fresh(h, h->columns[f].values, capacity * host_value_bytes(f));
        h->columns[f].nulls = host_fresh(h, h->columns[f].nulls, capacity / 8);
    }
    return true;
}

static uint64_t host_load8(const char *p)
{
    uint64_t v;

    memcpy(&v, p, 8);
    return v;
}

static uint64_t host_hash(const char *text, uint32_t len)
{
    uint64_t h = len;

    for (; len > 8; len -= 8, text += 8)
        h = (h ^ host_load8(text)) * UINT64_C(0x9e3779b97f4a7c15);
    h = (h ^ (host_load8(text) << (8 - len) * 8)) * UINT64_C(0xd6e8feb86659fd93);
    return h ^ h >> 32;
}

static void host_strings_grow(struct host *h)
{
    uint32_t slots = h->string_slots ? h->string_slots * 2 : 1024;
    struct host_string *grown = calloc(slots, sizeof(*grown));

    if (!grown)
        abort();
    for (uint32_t i = 0; i < h->string_slots; i++) {
        uint32_t at = (uint32_t)h->strings[i].hash & (slots - 1);

        if (!h->strings[i].id)
            continue;
        while (grown[at].id)
            at = (at + 1) & (slots - 1);
        grown[at] = h->strings[i];
    }
    free(h->strings);
    h->strings = grown;
    h->string_slots = slots;
}

static uint32_t host_intern_one(struct host *h, const char *text, uint32_t len)
{
    uint64_t hash = host_hash(text, len);
    uint32_t at;

    if (h->string_count * 2 >= h->string_slots)
        host_strings_grow(h);
    for (at = (uint32_t)hash & (h->string_slots - 1); h->strings[at].id;
         at = (at + 1) & (h->string_slots - 1)) {
        const struct host_string *s = &h->strings[at];

        if (s->hash == hash && s->len == len && !memcmp(h->names + s->start, text, len))
            return s->id;
    }
    if (h->names_used + len > h->names_capacity) {
        h->names_capacity = (h->names_used + len) * 2;
        h->names = host_resize(h->names, h->names_capacity);
    }
    memcpy(h->names + h->names_used, text, len);
    h->strings[at] = (struct host_string){hash, h->names_used, len, ++h->string_count};
    h->names_used += len;
    return h->string_count;
}

static bool host_intern(struct flp_batch *batch, uint32_t field, const char *text,
                        const uint32_t *starts, const uint32_t *lengths, uint32_t rows)
{
    struct host *h = batch->host;
    struct flp_column *column = &batch->columns[field];
    uint32_t *ids = column->values;

    for (uint32_t r = 0; r < rows; r++) {
        if (lengths[r] == 1 && text[starts[r]] == '-') {
            ids[r] = 0;
            column->nulls[r / 64] |= UINT64_C(1) << r % 64;
            column->any_null = true;
        } else {
            ids[r] = host_intern_one(h, text + starts[r], lengths[r]);
        }
    }
    return true;
}

static uint64_t host_big_endian(const unsigned char *p)
{
    uint64_t v = 0;

    for (int i = 0; i < 8; i++)
        v = v << 8 | p[i];
    return v;
}

static bool host_parse_addr(const char *text, size_t len, uint64_t out[2])
{
    unsigned char bytes[16] = {[10] = 0xff, [11] = 0xff};
    char copy[64];

    if (!len || len >= sizeof(copy) || memchr(text, 0, len))
        return false;
    memcpy(copy, text, len);
    copy[len] = 0;
    if (inet_pton(AF_INET, copy, bytes + 12) != 1 && inet_pton(AF_INET6, copy, bytes) != 1)
        return false;
    out[0] = host_big_endian(bytes);
    out[1] = host_big_endian(bytes + 8);
    return true;
}

static void host_event(struct host *h, struct host_event event)
{
    if (h->event_count == h->event_capacity) {
        h->event_capacity = h->event_capacity ? h->event_capacity * 2 : 64;
        h->events = host_resize(h->events, h->event_capacity * sizeof(*h->events));
    }
    h->events[h->event_count++] = event;
}

static void host_bad_line(struct flp_batch *batch, uint32_t offset, uint32_t len,
                          enum flp_bad cause)
{
    host_event(batch->host, (struct host_event){HOST_BAD_LINE, offset, len, cause});
}

static void host_bad_value(struct flp_batch *batch, uint32_t field, uint32_t row)
{
    host_event(batch->host, (struct host_event){HOST_BAD_VALUE, field, row, 0});
}

static void host_unknown(void *context, const char *name, size_t len)
{
    struct host *h = context;
    size_t used = strlen(h->unknown);

    if (used + len + 2 <= sizeof(h->unknown))
        snprintf(h->unknown + used, sizeof(h->unknown) - used, "%.*s ", (int)len, name);
}

__attribute__((unused)) static void host_want(struct host *h, uint32_t field)
{
    h->wanted[field / 64] |= UINT64_C(1) << field % 64;
}

static void host_init(struct host *h)
{
    memset(h, 0, sizeof(*h));
    h->batch.columns = h->columns;
    h->batch.field_count = HOST_FIELDS;
    h->batch.host = h;
}

/* The function table for a decoder; it must outlive the decoder. */
static struct flp_host host_functions(struct host *h)
{
    return (struct flp_host){
        .abi = FLP_ABI,
        .size = sizeof(struct flp_host),
        .field = host_field_find,
        .storage = host_storage,
        .reserve = host_reserve,
        .intern = host_intern,
        .parse_addr = host_parse_addr,
        .bad_line = host_bad_line,
        .bad_value = host_bad_value,
        .unknown_column = host_unknown,
        .context = h,
    };
}

static void host_dispose(struct host *h)
{
    for (uint32_t f = 0; f < HOST_FIELDS; f++) {
        free(h->columns[f].values);
        free(h->columns[f].nulls);
    }
    free(h->batch.row_start);
    free(h->batch.row_length);
    free(h->batch.no_data);
    free(h->events);
    free(h->strings);
    free(h->names);
}

#endif
