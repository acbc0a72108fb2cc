/* decode_bench.c: how fast the aws_vpc decoder reads text that is already in memory.
 *
 *     decode_bench FILE [--columns NAME,...] [--chunk BYTES] [--repeat N]
 *
 * Prints, for each kernel set of this processor, the best of N passes over the file (at most 256
 * MiB of it) in GB/s and million rows a second. The file starts with a header line, as
 * tests/bench/gen writes it.
 */
#include <time.h>

#include "tests/unit/plugins/decoder_host.h"

#define PADDING  64
#define TEXT_MAX ((size_t)256 << 20)

extern const struct flp_plugin flp_plugin_aws_vpc;

struct bench {
    const struct flp_decoder *decoder;
    char *text; /* with PADDING bytes before and after */
    size_t len, chunk;
    const char *columns;
    unsigned repeat;
};

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool read_file(struct bench *b, const char *path)
{
    FILE *file = fopen(path, "rb");

    if (!file)
        return false;
    b->text = host_resize(NULL, TEXT_MAX + 2 * PADDING);
    memset(b->text, 0, PADDING);
    b->text += PADDING;
    b->len = fread(b->text, 1, TEXT_MAX, file);
    while (b->len && b->text[b->len - 1] != '\n')
        b->len--;
    memset(b->text + b->len, 0, PADDING);
    fclose(file);
    return b->len > 0;
}

/* The chunk of whole lines at `at`. */
static size_t chunk_at(const struct bench *b, size_t at)
{
    size_t end = at + b->chunk;

    if (end >= b->len)
        return b->len - at;
    while (end > at && b->text[end - 1] != '\n')
        end--;
    return end > at ? end - at : b->len - at;
}

static uint64_t pass(const struct bench *b, void *decoder, struct host *h)
{
    char error[512];
    uint64_t rows = 0;

    if (!b->decoder->begin(decoder, b->text, chunk_at(b, 0), error, sizeof(error))) {
        fprintf(stderr, "decode_bench: %s\n", error);
        exit(1);
    }
    for (size_t at = 0; at < b->len;) {
        size_t len = chunk_at(b, at), used = b->decoder->decode(decoder, b->text + at, len, &h->batch);

        rows += h->batch.rows;
        at += used;
        if (used < len) {
            size_t line = (size_t)((char *)memchr(b->text + at, '\n', b->len - at) - (b->text + at)) + 1;

            if (!b->decoder->header(decoder, b->text + at, line, error, sizeof(error)))
                exit(1);
            at += line;
        }
    }
    return rows;
}

static void want_columns(struct host *h, const char *list)
{
    while (*list) {
        size_t len = strcspn(list, ",");
        uint32_t field = host_field_find(list, len);

        if (field == FLP_NO_FIELD) {
            fprintf(stderr, "decode_bench: no column %.*s\n", (int)len, list);
            exit(2);
        }
        host_want(h, field);
        list += len + (list[len] == ',');
    }
}

static void run(const struct bench *b, const char *kernels)
{
    struct host *h = host_resize(NULL, sizeof(*h));
    struct flp_open how = {sizeof(how), NULL, h->wanted, HOST_WORDS};
    struct flp_host functions = host_functions(h);
    double best = 1e9;
    uint64_t rows = 0;
    char error[512];
    void *decoder;

    host_init(h);
    want_columns(h, b->columns);
    setenv("FL_KERNELS", kernels, 1);
    decoder = b->decoder->open(&functions, &how, error, sizeof(error));
    if (!decoder) {
        printf("%-9s %s\n", kernels, error);
        free(h);
        return;
    }
    for (unsigned i = 0; i < b->repeat; i++) {
        double start = seconds(), took;

        h->event_count = 0;
        rows = pass(b, decoder, h);
        took = seconds() - start;
        best = took < best ? took : best;
    }
    printf("%-9s %6.2f GB/s %7.2f M rows/s  (%llu rows, %u events)\n", kernels, (double)b->len / best / 1e9,
           (double)rows / best / 1e6, (unsigned long long)rows, h->event_count);
    b->decoder->close(decoder);
    host_dispose(h);
    free(h);
}

int main(int argc, char **argv)
{
    struct bench b = {.decoder = flp_plugin_aws_vpc.functions,
                      .chunk = 128 << 10,
                      .columns = "interface-id,srcaddr,dstaddr,dstport,bytes,start,end,action,log-status",
                      .repeat = 5};
    const char *path = NULL;

    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--columns") && i + 1 < argc)
            b.columns = argv[++i];
        else if (!strcmp(argv[i], "--chunk") && i + 1 < argc)
            b.chunk = strtoull(argv[++i], NULL, 10);
        else if (!strcmp(argv[i], "--repeat") && i + 1 < argc)
            b.repeat = (unsigned)strtoul(argv[++i], NULL, 10);
        else
            path = argv[i];
    }
    if (!path || !read_file(&b, path)) {
        fputs("usage: decode_bench FILE [--columns NAME,...] [--chunk BYTES] [--repeat N]\n", stderr);
        return 2;
    }
    run(&b, "portable");
    run(&b, "avx2");
    run(&b, "avx512");
    free(b.text - PADDING);
    return 0;
}
