/* replay.c: runs a fuzzer over kept inputs, without libFuzzer: replay_<what> FILE... */
#include <stdio.h>

#include "tests/fuzz/fuzz.h"

static int replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    size_t len = 0, got = 0;

    if (!file) {
        perror(path);
        return 1;
    }
    do {
        len += got;
        bytes = realloc(bytes, len + 65536);
        if (!bytes)
            return 1;
        got = fread(bytes + len, 1, 65536, file);
    } while (got > 0);
    fclose(file);
    /* Of its exact size, so that a sanitizer sees a read behind the end. */
    bytes = realloc(bytes, len ? len : 1);
    LLVMFuzzerTestOneInput(bytes, len);
    free(bytes);
    return 0;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        /* The last line before a crash names the input. */
        printf("%s\n", argv[i]);
        fflush(stdout);
        if (replay(argv[i]))
            return 1;
    }
    return 0;
}
