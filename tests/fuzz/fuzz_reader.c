/* gzip, zstd and plain objects: the same text, damage and counts by zlib alone and with ISA-L, for any chunk size. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/input/inflate.h"
#include "core/input/reader.h"
#include "tests/fuzz/fuzz.h"

#define TEXT_MAX ((size_t)64 << 20) /* a bomb is cut here */

struct reading {
    uint64_t sum, bytes;
    struct fl_read_stats stats;
    bool cut;
};

static void add_chunk(struct reading *r, const struct fl_chunk *chunk)
{
    FUZZ_CHECK(chunk->len > 0 && chunk->text[chunk->len - 1] == '\n');
    for (size_t i = 0; i < chunk->len; i++)
        r->sum = (r->sum ^ (uint8_t)chunk->text[i]) * UINT64_C(0x100000001b3);
    r->bytes += chunk->len;
}

static struct reading read_all(int fd, size_t size, size_t chunk_bytes, bool zlib_alone)
{
    struct fl_source source = {.name = "fuzz", .size_bytes = size, .spool_fd = fd};
    struct fl_reader *reader = fl_reader_new(chunk_bytes);
    struct reading r = {0};
    struct fl_chunk chunk;
    struct fl_error err;

    fl_inflate_force_zlib = zlib_alone;
    FUZZ_CHECK(reader && fl_reader_open(reader, &source, &err) == FL_OK);
    while (!r.cut && fl_reader_next(reader, &chunk) == FL_OK) {
        add_chunk(&r, &chunk);
        r.cut = r.bytes > TEXT_MAX;
    }
    r.stats = *fl_reader_stats(reader);
    fl_reader_free(reader);
    fl_inflate_force_zlib = false;
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("object", MFD_CLOEXEC);

    FUZZ_CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    struct reading reference = read_all(fd, size, 0, true);
    static const size_t chunks[] = {0, 100, 5000};
    for (size_t i = 0; i < 3 && !reference.cut; i++) {
        struct reading r = read_all(fd, size, chunks[i], false);

        FUZZ_CHECK(r.sum == reference.sum && r.bytes == reference.bytes);
        FUZZ_CHECK(r.stats.text_bytes == reference.stats.text_bytes);
        FUZZ_CHECK(r.stats.trailing_bytes == reference.stats.trailing_bytes);
        FUZZ_CHECK(r.stats.long_lines == reference.stats.long_lines);
        FUZZ_CHECK(r.stats.damage == reference.stats.damage);
        FUZZ_CHECK(!strcmp(r.stats.damage_text, reference.stats.damage_text));
    }
    close(fd);
    return 0;
}
