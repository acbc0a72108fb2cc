/* The aws_vpc decoder: every kernel set of this processor reports the same for the same chunks.
 *
 * Byte 0 says how long a chunk is, byte 1 which columns are wanted, byte 2 whether a format is told.
 */
#include "core/base/buf.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/plugins/decoder_host.h"

#define PADDING 64

extern const struct flp_plugin flp_plugin_aws_vpc;

static void note(struct fl_buf *out, const void *bytes, size_t len)
{
    fl_buf_add(out, bytes, len);
}

static void note_batch(struct fl_buf *out, const struct host *h)
{
    const struct flp_batch *b = &h->batch;

    note(out, &b->rows, sizeof(b->rows));
    note(out, b->row_start, b->rows * sizeof(uint32_t));
    note(out, b->row_length, b->rows * sizeof(uint32_t));
    for (uint32_t f = 0; f < HOST_FIELDS; f++) {
        const struct flp_column *c = &b->columns[f];

        if (!(h->wanted[f / 64] >> f % 64 & 1) || !c->present)
            continue;
        note(out, &f, sizeof(f));
        note(out, c->values, b->rows * host_value_bytes(f));
        for (uint32_t r = 0; r < b->rows; r++) {
            uint8_t null = c->nulls[r / 64] >> r % 64 & 1;

            FUZZ_CHECK(!null || c->any_null);
            note(out, &null, 1);
        }
    }
}

/* Decodes text, which is whole lines, as one chunk. */
static void decode_chunk(const struct flp_decoder *d, void *self, struct host *h, const char *text, size_t len,
                         struct fl_buf *out)
{
    char error[512], *padded = calloc(1, len + 2 * PADDING);
    size_t at = 0;

    FUZZ_CHECK(padded);
    memcpy(padded + PADDING, text, len);
    while (at < len) {
        const char *p = padded + PADDING + at;
        size_t used = d->decode(self, p, len - at, &h->batch);

        FUZZ_CHECK(used <= len - at);
        note_batch(out, h);
        for (uint32_t r = 0; r < h->batch.rows; r++)
            FUZZ_CHECK((size_t)h->batch.row_start[r] + h->batch.row_length[r] <= used);
        at += used;
        if (at == len)
            break;
        p += used;
        size_t line = (size_t)((const char *)memchr(p, '\n', len - at) - p) + 1;
        bool ok = d->header(self, p, line, error, sizeof(error));

        note(out, &ok, sizeof(ok));
        at += line;
    }
    free(padded);
}

static size_t whole_lines(const char *text, size_t len, size_t chunk)
{
    const char *end = len > chunk ? memchr(text + chunk, '\n', len - chunk) : NULL;

    return end ? (size_t)(end - text) + 1 : len;
}

static bool decode_all(const char *kernels, const uint8_t *how_bytes, const char *text, size_t len, struct fl_buf *out)
{
    static const char *const formats[] = {NULL, "default", "tgw"};
    const struct flp_decoder *d = flp_plugin_aws_vpc.functions;
    struct host *h = host_resize(NULL, sizeof(*h));
    struct flp_host functions = host_functions(h);
    struct flp_open how = {sizeof(how), formats[how_bytes[2] % 3], h->wanted, HOST_WORDS};
    size_t chunk = ((size_t)how_bytes[0] + 1) * 40;
    char error[512], *first = calloc(1, len + 2 * PADDING);
    bool ran = false;

    FUZZ_CHECK(first);
    memcpy(first + PADDING, text, len);
    host_init(h);
    h->poison = true;
    for (uint32_t f = 0; f < HOST_F_CLIENT; f++)
        if (how_bytes[1] % 4 == 0 || (how_bytes[1] >> f % 8 & 1))
            host_want(h, f);
    setenv("FL_KERNELS", kernels, 1);
    void *self = d->open(&functions, &how, error, sizeof(error));
    if (self) {
        ran = true;
        bool begun = d->begin(self, first + PADDING, len, error, sizeof(error));
        for (size_t at = 0; begun && at < len;) {
            size_t n = whole_lines(text + at, len - at, chunk);

            decode_chunk(d, self, h, text + at, n, out);
            at += n;
        }
        note(out, h->events, h->event_count * sizeof(*h->events));
        note(out, h->unknown, strlen(h->unknown));
        d->close(self);
    }
    free(first);
    host_dispose(h);
    free(h);
    return ran;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const wide[] = {"avx2", "avx512"};
    struct fl_buf reference, other;
    char *text;

    if (size < 4 || size > 1 << 16)
        return 0;
    text = malloc(size);
    FUZZ_CHECK(text);
    memcpy(text, data + 3, size - 3);
    text[size - 3] = '\n';
    fl_buf_init(&reference);
    decode_all("portable", data, text, size - 2, &reference);
    for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
        fl_buf_init(&other);
        if (decode_all(wide[i], data, text, size - 2, &other))
            FUZZ_CHECK(other.len == reference.len && (!other.len || !memcmp(other.data, reference.data, other.len)));
        fl_buf_dispose(&other);
    }
    fl_buf_dispose(&reference);
    free(text);
    return 0;
}
