#include <string.h>

#include "core/input/reader.h"

static const struct {
    const char *magic;
    size_t len;
    const char *what;
} containers[] = {
    {"PAR1", 4, "a Parquet file"},        {"PK\x03\x04", 4, "a ZIP archive"},
    {"SQLite format 3", 15, "an SQLite database"}, {"BZh", 3, "bzip2 data"},
    {"\xfd" "7zXZ", 5, "xz data"},        {"ORC", 3, "an ORC file"},
    {"Obj\x01", 4, "an Avro file"},
};

bool fl_detect_foreign(const char *text, size_t len, const char **what)
{
    for (size_t i = 0; i < sizeof containers / sizeof containers[0]; i++) {
        if (len >= containers[i].len && memcmp(text, containers[i].magic, containers[i].len) == 0) {
            *what = containers[i].what;
            return true;
        }
    }
    return false;
}
