#include "core/base/status.h"

#include <stdio.h>
#include <string.h>

#include "core/base/memory.h"

enum fl_status fl_fail_args(struct fl_error *err, enum fl_status code, const char *format, va_list args)
{
    if (err == NULL)
        return code;
    err->code = code;
    err->line = err->column = err->caret = 0;
    err->file[0] = err->source_line[0] = '\0';
    vsnprintf(err->text, sizeof err->text, format, args);
    return code;
}

enum fl_status fl_fail(struct fl_error *err, enum fl_status code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fl_fail_args(err, code, format, args);
    va_end(args);
    return code;
}

void fl_error_at(struct fl_error *err, const char *file, uint32_t line, uint32_t column)
{
    if (err == NULL)
        return;
    if (file != NULL)
        snprintf(err->file, sizeof err->file, "%s", file);
    err->line = line;
    err->column = column;
}

/* A line that is longer than a terminal is wide: what is left of it, and how much of that is before the column. */
enum { SHOWN_BYTES = 200, SHOWN_BEFORE = 120 };

static bool is_inside_character(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

void fl_error_show(struct fl_error *err, struct fl_str line)
{
    size_t at = err->column > 0 ? err->column - 1 : 0, from = 0, to = line.len;
    if (line.len > SHOWN_BYTES) {
        from = at > SHOWN_BEFORE ? at - SHOWN_BEFORE : 0;
        to = from + SHOWN_BYTES;
        if (to > line.len) {
            to = line.len;
            from = to - SHOWN_BYTES;
        }
        while (from > 0 && is_inside_character(line.ptr[from]))
            from--;
        while (to < line.len && is_inside_character(line.ptr[to]))
            to--;
    }
    int before = snprintf(err->source_line, sizeof err->source_line, "%s", from > 0 ? "..." : "");
    snprintf(err->source_line + before, sizeof err->source_line - (size_t)before, "%.*s%s", (int)(to - from),
             line.ptr + from, to < line.len ? "..." : "");
    /* The caret stands under a character: a tab takes one column too. */
    for (char *c = err->source_line; *c != '\0'; c++)
        if (*c == '\t')
            *c = ' ';
    size_t caret = at - from + (size_t)before;
    err->caret = err->column > 0 && at >= from && caret <= strlen(err->source_line) ? (uint32_t)caret + 1 : 0;
}

bool fl_error_caret(const struct fl_error *err, char out[FL_ERROR_FILE_BYTES])
{
    size_t n = 0;
    for (uint32_t i = 0; i + 1 < err->caret; i++)
        if (!is_inside_character(err->source_line[i]))
            out[n++] = ' ';
    out[n] = '^';
    out[n + 1] = '\0';
    return err->caret > 0;
}

void fl_error_list_add(struct fl_error_list *list, const struct fl_error *err)
{
    if (!fl_grow((void **)&list->items, &list->capacity, list->count + 1, sizeof *list->items))
        return;
    list->items[list->count++] = *err;
}

void fl_error_list_dispose(struct fl_error_list *list)
{
    fl_free(list->items);
    *list = (struct fl_error_list){0};
}
