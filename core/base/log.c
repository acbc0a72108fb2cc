#include "core/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/escape.h"

#define CHARACTER_MAX 16 /* bytes of one that is escaped */

/* One write per message, so that messages of several threads do not mix; no memory, for that may be what is told. */
static void put_line(const char *prefix, const char *text)
{
    char out[2048];
    struct fl_str all = fl_str_of(text);
    bool harmful;
    size_t len = (size_t)snprintf(out, sizeof out, "%s", prefix), n;
    for (size_t i = 0; i < all.len && len + CHARACTER_MAX < sizeof out; i += n) {
        n = fl_escape_character(all, i, &harmful);
        for (size_t k = i; k < i + n; k++) {
            if (harmful)
                len += (size_t)snprintf(out + len, sizeof out - len, "\\x%02x", (unsigned char)text[k]);
            else
                out[len++] = text[k];
        }
    }
    out[len++] = '\n';
    fwrite(out, 1, len, stderr);
}

void fl_log_warning(const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    put_line("flowlaw: warning: ", text);
}

void fl_log_error(const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    put_line("flowlaw: error: ", text);
}

void fl_log_status(const struct fl_error *err)
{
    char text[FL_ERROR_TEXT_BYTES + FL_ERROR_FILE_BYTES + 64];
    if (err->file[0] == '\0')
        snprintf(text, sizeof text, "%s", err->text);
    else if (err->line == 0)
        snprintf(text, sizeof text, "%s: %s", err->file, err->text);
    else if (err->column == 0)
        snprintf(text, sizeof text, "%s:%u: %s", err->file, err->line, err->text);
    else
        snprintf(text, sizeof text, "%s:%u:%u: %s", err->file, err->line, err->column, err->text);
    put_line("flowlaw: error: ", text);
    if (err->source_line[0] == '\0')
        return;
    put_line("    ", err->source_line);
    char caret[FL_ERROR_FILE_BYTES];
    if (fl_error_caret(err, caret))
        put_line("    ", caret);
}
