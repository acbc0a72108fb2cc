/* fuzz.h: what every fuzzer offers to its driver: libFuzzer, or replay.c for the kept inputs.
 *
 * A fuzzer frees all it makes and keeps no state between inputs, so that any input can be replayed alone. It calls
 * abort() when a promise does not hold; crashes and sanitizers find the rest.
 */
#ifndef FL_TESTS_FUZZ_H
#define FL_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(promise) \
    do {                    \
        if (!(promise))     \
            abort();        \
    } while (0)

#endif
