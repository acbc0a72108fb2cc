#include "core/base/status.h"

#include <stdio.h>

#include "core/base/memory.h"

enum fl_status fl_fail_args(struct fl_error *err, enum fl_status code, const char *format, va_list args)
{
    if (err == NULL)
        return code;
    err->code = code;
    err->line = err->column = 0;
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
