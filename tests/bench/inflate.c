/* inflate.c: what the library alone needs for gzip files: read, inflate, check the CRC, nothing else.
 *
 *     inflate isal|zlib FILE...
 *
 * One core, 256 KiB buffers, every member of a file. Prints the bytes of text. This is the ceiling that
 * an audit of the same files is compared with. Status 3: the library is not built in.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>
#ifdef FL_HAVE_ISAL
#include <isa-l/igzip_lib.h>
#endif

#define BUFFER_BYTES ((size_t)256 << 10)

static uint8_t in[BUFFER_BYTES], out[BUFFER_BYTES];

static size_t fill(int fd)
{
    ssize_t n = read(fd, in, sizeof(in));

    if (n < 0) {
        perror("inflate: read");
        exit(1);
    }
    return (size_t)n;
}

/* Both return the bytes of text, or -1 when the file is damaged or ends early. */
static int64_t by_zlib(int fd)
{
    static z_stream z;
    static bool open;
    int64_t total = 0;
    int result = Z_STREAM_END;

    if (!open && inflateInit2(&z, 15 + 16) != Z_OK)
        return -1;
    open = true;
    inflateReset(&z);
    z.avail_in = 0;
    for (;;) {
        if (!z.avail_in) {
            z.next_in = in;
            z.avail_in = (unsigned)fill(fd);
            if (!z.avail_in)
                return result == Z_STREAM_END ? total : -1;
        }
        if (result == Z_STREAM_END)
            inflateReset(&z);
        do {
            z.next_out = out;
            z.avail_out = sizeof(out);
            result = inflate(&z, Z_NO_FLUSH);
            if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
                return -1;
            total += (int64_t)(sizeof(out) - z.avail_out);
        } while (!z.avail_out && result != Z_STREAM_END);
    }
}

#ifdef FL_HAVE_ISAL
static void restart(struct inflate_state *state)
{
    isal_inflate_reset(state);
    state->crc_flag = ISAL_GZIP;
}

static int64_t by_isal(int fd)
{
    static struct inflate_state state;
    int64_t total = 0;
    bool done = true;

    isal_inflate_init(&state);
    restart(&state);
    state.avail_in = 0;
    for (;;) {
        if (!state.avail_in) {
            state.next_in = in;
            state.avail_in = (uint32_t)fill(fd);
            if (!state.avail_in && done)
                return total;
            if (!state.avail_in)
                return -1;
        }
        if (done)
            restart(&state);
        do {
            state.next_out = out;
            state.avail_out = sizeof(out);
            if (isal_inflate(&state) != ISAL_DECOMP_OK)
                return -1;
            total += (int64_t)(sizeof(out) - state.avail_out);
        } while (!state.avail_out);
        done = state.block_state == ISAL_BLOCK_FINISH;
    }
}
#else
static int64_t by_isal(int fd)
{
    (void)fd;
    fputs("inflate: built without ISA-L\n", stderr);
    exit(3);
}
#endif

int main(int argc, char **argv)
{
    bool isal = argc > 1 && !strcmp(argv[1], "isal");
    int64_t total = 0;

    if (argc < 3 || (!isal && strcmp(argv[1], "zlib"))) {
        fputs("usage: inflate isal|zlib FILE...\n", stderr);
        return 2;
    }
    for (int i = 2; i < argc; i++) {
        int fd = open(argv[i], O_RDONLY | O_CLOEXEC);
        int64_t bytes = fd < 0 ? -1 : isal ? by_isal(fd) : by_zlib(fd);

        if (bytes < 0) {
            fprintf(stderr, "inflate: %s: unreadable or damaged\n", argv[i]);
            return 1;
        }
        close(fd);
        total += bytes;
    }
    printf("%lld\n", (long long)total);
    return 0;
}
