#include "core/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* One write per message, so that messages of several threads do not mix. */
static void put_line(const char *prefix, const char *text)
{
    char out[2048];
    size_t n = (size_t)snprintf(out, sizeof out, "%s", prefix);
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0' && n + 6 < sizeof out; p++) {
        if (*p < 0x20 || *p == 0x7f)
            n += (size_t)snprintf(out + n, sizeof out - n, "\\x%02x", *p);
        else
            out[n++] = (char)*p;
    }
    out[n++] = '\n';
    fwrite(out, 1, n, stderr);
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
