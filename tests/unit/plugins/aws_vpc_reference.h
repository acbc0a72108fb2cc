/* aws_vpc_reference.h: a naive decoder of VPC flow logs, to compare the fast one with.
 *
 * Both sides write what they read as text, one line a record or bad line, in order of the input:
 *     @OFFSET+LEN nodata=0 FIELD=VALUE ...     VALUE: a number, an address, [text], null or bad
 *     !OFFSET+LEN CAUSE
 *     header OFFSET, or header OFFSET refused
 * so that equality is equality of strings. Include after decoder_host.h.
 */
#ifndef FL_TESTS_AWS_VPC_REFERENCE_H
#define FL_TESTS_AWS_VPC_REFERENCE_H

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>

#define REF_COLUMNS 600
#define REF_PADDING 64

extern const struct flp_plugin flp_plugin_aws_vpc;

struct ref_text {
    char *bytes;
    size_t len, capacity;
};

__attribute__((format(printf, 2, 3))) static void ref_print(struct ref_text *t, const char *format,
                                                            ...)
{
    va_list args;
    int n;

    if (t->capacity - t->len < 512) {
        t->capacity = t->capacity * 2 + 4096;
        t->bytes = host_resize(t->bytes, t->capacity);
    }
    va_start(args, format);
    n = vsnprintf(t->bytes + t->len, 512, format, args);
    va_end(args);
    t->len += (size_t)(n < 511 ? n : 511);
}

struct ref_field {
    const char *text;
    size_t len;
};

struct ref_layout {
    uint32_t count;
    uint32_t field[REF_COLUMNS];
};

struct reference {
    const uint64_t *wanted;
    struct ref_layout layout;
    struct ref_text *out;
};

static size_t ref_split(const char *line, size_t len, struct ref_field *fields)
{
    size_t n = 0;

    for (size_t i = 0; i < len;) {
        size_t from;

        if (line[i] == ' ' || line[i] == '\t') {
            i++;
            continue;
        }
        for (from = i; i < len && line[i] != ' ' && line[i] != '\t';)
            i++;
        if (n < REF_COLUMNS)
            fields[n] = (struct ref_field){line + from, i - from};
        n++;
    }
    return n;
}

static bool ref_is_name(struct ref_field f)
{
    if (!f.len || f.len > 64 || !isalpha((unsigned char)f.text[0]))
        return false;
    for (size_t i = 0; i < f.len; i++)
        if (!isalnum((unsigned char)f.text[i]) && f.text[i] != '-' && f.text[i] != '_')
            return false;
    return true;
}

static bool ref_is_header(const struct ref_field *fields, size_t n)
{
    uint32_t known = 0;

    for (size_t i = 0; i < n; i++) {
        if (!ref_is_name(fields[i]))
            return false;
        known += host_field_find(fields[i].text, fields[i].len) != FLP_NO_FIELD;
    }
    return known >= 2;
}

static bool ref_same_column(struct ref_field a, struct ref_field b)
{
    uint32_t field = host_field_find(a.text, a.len);

    if (field != FLP_NO_FIELD)
        return field == host_field_find(b.text, b.len);
    return a.len == b.len && !memcmp(a.text, b.text, a.len);
}

static bool ref_take_header(struct reference *ref, const struct ref_field *fields, size_t n)
{
    ref->layout.count = 0;
    if (n > 128)
        return false;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++)
            if (ref_same_column(fields[i], fields[k]))
                return false;
        ref->layout.field[i] = host_field_find(fields[i].text, fields[i].len);
    }
    ref->layout.count = (uint32_t)n;
    return true;
}

static bool ref_is(struct ref_field f, const char *word)
{
    return f.len == strlen(word) && !strncasecmp(f.text, word, f.len);
}

static bool ref_number(struct ref_field f, uint64_t most, uint64_t *out)
{
    unsigned __int128 v = 0;

    for (size_t i = 0; i < f.len; i++) {
        if (!isdigit((unsigned char)f.text[i]))
            return false;
        v = v * 10 + (unsigned)(f.text[i] - '0');
        if (v > most)
            return false;
    }
    *out = (uint64_t)v;
    return f.len > 0;
}

static void ref_addr(struct ref_text *out, const uint64_t addr[2])
{
    char text[64];
    unsigned char bytes[16];
    bool v4 = !addr[0] && addr[1] >> 32 == 0xffff;

    for (int i = 0; i < 16; i++)
        bytes[i] = (unsigned char)(addr[i / 8] >> (7 - i % 8) * 8);
    ref_print(out, "%s",
              inet_ntop(v4 ? AF_INET : AF_INET6, bytes + (v4 ? 12 : 0), text, sizeof(text)));
}

static void ref_int(struct ref_text *out, struct ref_field f, uint64_t most, bool time)
{
    uint64_t v;

    if (!ref_number(f, most, &v)) {
        ref_print(out, "bad");
        return;
    }
    if (time) {
        if (v < 100000000000u)
            v *= 1000;
        else if (v >= 100000000000000000u)
            v /= 1000000;
        else if (v >= 100000000000000u)
            v /= 1000;
    }
    ref_print(out, "%" PRIu64, v);
}

static void ref_status(struct ref_text *out, struct ref_field f)
{
    static const char *const words[] = {"ok", "nodata", "skipdata"};

    for (unsigned i = 0; i < 3; i++) {
        if (ref_is(f, words[i])) {
            ref_print(out, "%u", i);
            return;
        }
    }
    ref_print(out, "bad");
}

static void ref_value(struct ref_text *out, uint32_t field, struct ref_field f)
{
    uint64_t addr[2];

    if (f.len == 1 && *f.text == '-') {
        ref_print(out, "null");
        return;
    }
    switch (host_storage(field)) {
    case FLP_U8:
        ref_int(out, f, 255, false);
        break;
    case FLP_U16:
        ref_int(out, f, 65535, false);
        break;
    case FLP_INT:
        ref_int(out, f, INT64_MAX, false);
        break;
    case FLP_TIME_MS:
        ref_int(out, f, INT64_MAX, true);
        break;
    case FLP_ADDR:
        if (host_parse_addr(f.text, f.len, addr))
            ref_addr(out, addr);
        else
            ref_print(out, "bad");
        break;
    case FLP_ACTION:
        ref_print(out, "%s", ref_is(f, "accept") ? "0" : ref_is(f, "reject") ? "1" : "bad");
        break;
    case FLP_STATUS:
        ref_status(out, f);
        break;
    case FLP_STRING:
        ref_print(out, "[%.*s]", (int)(f.len < 100 ? f.len : 100), f.text);
        break;
    }
}

static bool ref_is_data(uint32_t field)
{
    static const uint32_t data[] = {
        HOST_F_SRCADDR, HOST_F_DSTADDR, HOST_F_SRCPORT, HOST_F_DSTPORT, HOST_F_PROTOCOL,
        HOST_F_PACKETS, HOST_F_BYTES, HOST_F_ACTION, HOST_F_TCP_FLAGS, HOST_F_PKT_SRCADDR,
        HOST_F_PKT_DSTADDR, HOST_F_PKT_SRC_AWS_SERVICE, HOST_F_PKT_DST_AWS_SERVICE,
    };

    for (size_t i = 0; i < sizeof(data) / sizeof(data[0]); i++)
        if (field == data[i])
            return true;
    return false;
}

static bool ref_no_data(const struct reference *ref, const struct ref_field *fields)
{
    bool quiet = false;

    for (uint32_t i = 0; i < ref->layout.count; i++) {
        if (ref->layout.field[i] == HOST_F_LOG_STATUS)
            quiet = ref_is(fields[i], "nodata") || ref_is(fields[i], "skipdata");
        if (ref_is_data(ref->layout.field[i]) && (fields[i].len != 1 || *fields[i].text != '-'))
            return false;
    }
    return quiet;
}

static void ref_row(struct reference *ref, const struct ref_field *fields, size_t offset,
                    size_t len)
{
    ref_print(ref->out, "@%zu+%zu nodata=%d", offset, len, ref_no_data(ref, fields));
    for (uint32_t f = 0; f < HOST_FIELDS; f++) {
        if (!(ref->wanted[f / 64] >> f % 64 & 1))
            continue;
        for (uint32_t i = 0; i < ref->layout.count; i++) {
            if (ref->layout.field[i] != f)
                continue;
            ref_print(ref->out, " %s=", host_fields[f].name);
            ref_value(ref->out, f, fields[i]);
        }
    }
    ref_print(ref->out, "\n");
}

static void ref_line(struct reference *ref, const char *line, size_t len, size_t offset)
{
    static struct ref_field fields[REF_COLUMNS];
    size_t mark = len >= 3 && !memcmp(line, "\xEF\xBB\xBF", 3) ? 3 : 0;
    size_t n = ref_split(line + mark, len - mark, fields);
    enum flp_bad cause;

    if (ref_is_header(fields, n)) {
        bool ok = ref_take_header(ref, fields, n);

        ref_print(ref->out, "header %zu%s\n", offset, ok ? "" : " refused");
        return;
    }
    n = ref_split(line, len, fields);
    if (!n)
        return;
    if (*fields[0].text != '#' && n == ref->layout.count) {
        ref_row(ref, fields, offset, len);
        return;
    }
    cause = n < ref->layout.count ? FLP_BAD_TOO_FEW : FLP_BAD_TOO_MANY;
    if (!ref->layout.count || *fields[0].text == '#' || n == 1)
        cause = FLP_BAD_NOT_A_RECORD;
    ref_print(ref->out, "!%zu+%zu %d\n", offset, len, (int)cause);
}

/* The layout in force before the first header is told in ref->layout. */
__attribute__((unused)) static void ref_decode(struct reference *ref, const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        const char *newline = memchr(text + at, '\n', len - at);
        size_t end = newline ? (size_t)(newline - text) : len;
        size_t used = end > at && text[end - 1] == '\r' ? end - 1 : end;

        ref_line(ref, text + at, used - at, at);
        at = newline ? end + 1 : len;
    }
}

/* ---- the same from a host's batch ---- */

static const struct host_event *dump_bad_value(const struct host *h, uint32_t field, uint32_t row)
{
    for (uint32_t i = 0; i < h->event_count; i++) {
        const struct host_event *e = &h->events[i];

        if (e->kind == HOST_BAD_VALUE && e->a == field && e->b == row)
            return e;
    }
    return NULL;
}

static void dump_string(struct ref_text *out, const struct host *h, uint32_t id)
{
    for (uint32_t i = 0; i < h->string_slots; i++) {
        const struct host_string *s = &h->strings[i];

        if (s->id == id) {
            ref_print(out, "[%.*s]", (int)(s->len < 100 ? s->len : 100), h->names + s->start);
            return;
        }
    }
    ref_print(out, "[?%u]", id);
}

static void dump_value(struct ref_text *out, const struct host *h, uint32_t field, uint32_t row)
{
    const struct flp_column *c = &h->columns[field];
    size_t bytes = host_value_bytes(field);
    uint64_t value[2] = {0, 0};

    memcpy(value, (char *)c->values + row * bytes, bytes);
    if (c->nulls[row / 64] >> row % 64 & 1) {
        ref_print(out, "%s", dump_bad_value(h, field, row) ? "bad" : "null");
        if (value[0] || value[1] || !c->any_null)
            ref_print(out, "?");
    } else if (host_storage(field) == FLP_STRING) {
        dump_string(out, h, (uint32_t)value[0]);
    } else if (host_storage(field) == FLP_ADDR) {
        ref_addr(out, value);
    } else {
        ref_print(out, "%" PRIu64, value[0]);
    }
}

static void dump_row(struct ref_text *out, const struct host *h, uint32_t row, size_t base)
{
    const struct flp_batch *b = &h->batch;
    bool no_data = b->no_data[row / 64] >> row % 64 & 1;

    ref_print(out, "@%zu+%u nodata=%d", base + b->row_start[row], b->row_length[row], no_data);
    if (no_data && !b->any_no_data)
        ref_print(out, "?");
    for (uint32_t f = 0; f < HOST_FIELDS; f++) {
        if (!(h->wanted[f / 64] >> f % 64 & 1) || !h->columns[f].present)
            continue;
        ref_print(out, " %s=", host_fields[f].name);
        dump_value(out, h, f, row);
    }
    ref_print(out, "\n");
}

/* Rows and bad lines in the order of the text; base is the offset of the chunk. */
static void dump_batch(struct ref_text *out, const struct host *h, size_t base)
{
    uint32_t row = 0;

    for (uint32_t i = 0; i < h->event_count; i++) {
        const struct host_event *e = &h->events[i];

        if (e->kind != HOST_BAD_LINE)
            continue;
        for (; row < h->batch.rows && h->batch.row_start[row] < e->a; row++)
            dump_row(out, h, row, base);
        ref_print(out, "!%zu+%u %u\n", base + e->a, e->b, e->c);
    }
    for (; row < h->batch.rows; row++)
        dump_row(out, h, row, base);
}

/* ---- a decoder over a text, as a host drives it ---- */

struct run {
    const struct flp_decoder *decoder;
    void *self;
    struct host *host;
    struct ref_text *out;
    char poison; /* what stands around the text */
};

/* A copy with 64 bytes of `fill` before and after it, and nothing beyond those. */
static char *padded(const char *text, size_t len, char fill)
{
    char *p = host_resize(NULL, len + 2 * REF_PADDING);

    memset(p, fill, len + 2 * REF_PADDING);
    if (len)
        memcpy(p + REF_PADDING, text, len);
    return p;
}

static size_t line_length(const char *text, size_t len)
{
    const char *newline = memchr(text, '\n', len);

    return newline ? (size_t)(newline - text) + 1 : len;
}

/* Decodes one chunk and puts the headers in it into force. Returns false when memory is out. */
static bool run_chunk(struct run *r, const char *chunk, size_t len, size_t base)
{
    char error[256];
    size_t at = 0;

    while (at < len) {
        char *copy = padded(chunk + at, len - at, r->poison);
        size_t used;

        r->host->event_count = 0;
        used = r->decoder->decode(r->self, copy + REF_PADDING, len - at, &r->host->batch);
        if (used > len - at) {
            free(copy);
            return false;
        }
        dump_batch(r->out, r->host, base + at);
        at += used;
        if (at < len) {
            size_t line = line_length(chunk + at, len - at);
            bool ok = r->decoder->header(r->self, copy + REF_PADDING + used, line, error,
                                         sizeof(error));

            ref_print(r->out, "header %zu%s\n", base + at, ok ? "" : " refused");
            at += line;
        }
        free(copy);
    }
    return true;
}

#endif
