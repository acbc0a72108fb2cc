#include <string.h>

#include "core/input/reader.h"

#define FORM_SEPARATORS_MIN 3u /* in the first line */

static const struct {
    const char *magic;
    size_t len;
    const char *what;
} containers[] = {
    {"PAR1", 4, "a Parquet file"},
    {"PK\x03\x04", 4, "a ZIP archive"},
    {"SQLite format 3", 15, "an SQLite database"},
    {"BZh", 3, "bzip2 data"},
    {"\xfd"
     "7zXZ",
     5, "xz data"},
    {"ORC", 3, "an ORC file"},
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

/* Behind blanks and then `token`; NULL when something else stands there. */
static const char *behind(const char *at, const char *end, const char *token)
{
    size_t len = strlen(token);
    while (at != NULL && at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n'))
        at++;
    return at != NULL && (size_t)(end - at) >= len && memcmp(at, token, len) == 0 ? at + len : NULL;
}

bool fl_detect_neighbour(const char *text, size_t len, const char **what)
{
    const char *end = text + len, *object = behind(text, end, "{");
    size_t looked = len < FL_LEARN_BYTES ? len : FL_LEARN_BYTES;
    if (behind(behind(behind(object, end, "\"Records\""), end, ":"), end, "[") != NULL &&
        memmem(text, looked, "\"eventVersion\"", 14) != NULL) {
        *what = "a CloudTrail log";
        return true;
    }
    if (object != NULL && memmem(text, looked, "\"digestStartTime\"", 17) != NULL) {
        *what = "a CloudTrail digest";
        return true;
    }
    return false;
}

const char *fl_detect_form(const char *text, size_t len)
{
    static const struct {
        char separator;
        const char *what;
    } forms[] = {{',', "comma-separated values"}, {';', "values separated by semicolons"}};
    const char *end = text + len;
    size_t spaces = 0, counts[sizeof forms / sizeof forms[0]] = {0};
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3;
    if (behind(text, end, "{") != NULL || behind(text, end, "[") != NULL)
        return "JSON";
    for (; text < end && *text != '\n'; text++) {
        if ((unsigned char)*text < ' ' && *text != '\t' && *text != '\r')
            return NULL;
        spaces += *text == ' ';
        for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
            counts[i] += *text == forms[i].separator;
    }
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (counts[i] >= FORM_SEPARATORS_MIN && counts[i] > spaces)
            return forms[i].what;
    return NULL;
}
