/* memory.c: how much memory a run may take. Results never depend on it. */
#include <stdio.h>
#include <unistd.h>

#include "core/base/limits.h"
#include "core/session/session.h"
#include "core/text/number.h"

#define MOST_BY_DEFAULT  (UINT64_C(4) << 30)
#define RUN_BYTES        (UINT64_C(8) << 20) /* of program, plan and report, about */
#define BYTES_PER_THREAD (UINT64_C(3) << 20) /* of chunks and columns */

/* What the control group allows; UINT64_MAX when it says nothing. */
static uint64_t group_limit(void)
{
    FILE *file = fopen("/sys/fs/cgroup/memory.max", "re");
    char line[32] = "";
    int64_t bytes;
    if (file == NULL)
        return UINT64_MAX;
    size_t len = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    while (len > 0 && line[len - 1] == '\n')
        len--;
    return fl_int_parse((struct fl_str){line, len}, &bytes) && bytes >= 0 ? (uint64_t)bytes : UINT64_MAX;
}

uint64_t fl_session_memory(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    uint64_t most = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : 0, limit = group_limit();
    most = (limit < most ? limit : most) / 2;
    if (most < FL_MEMORY_MIN)
        return FL_MEMORY_MIN;
    return most < MOST_BY_DEFAULT ? most : MOST_BY_DEFAULT;
}

uint64_t fl_session_group_memory(const struct fl_session_options *options, uint32_t threads)
{
    uint64_t all = options->memory_bytes > 0 ? options->memory_bytes : fl_session_memory();
    uint64_t taken = RUN_BYTES + threads * BYTES_PER_THREAD;
    return taken < all / 2 ? all - taken : all / 2;
}
