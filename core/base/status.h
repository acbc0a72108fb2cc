/* status.h: how a function says that it failed.
 *
 * A fallible function returns enum fl_status and describes the failure in the caller's
 * struct fl_error (which may be NULL). Error text is copied into the struct: no ownership passes.
 */
#ifndef FL_BASE_STATUS_H
#define FL_BASE_STATUS_H

#include <stdarg.h>
#include <stdint.h>

#include "core/base/str.h"

enum fl_status {
    FL_OK = 0,
    FL_END,        /* no more items; not an error */
    FL_E_NOMEM,    /* an allocation failed */
    FL_E_SYNTAX,   /* text does not follow its grammar */
    FL_E_TYPE,     /* an expression or parameter has the wrong type */
    FL_E_NAME,     /* a name that nothing defines */
    FL_E_VALUE,    /* a value outside what is allowed */
    FL_E_IO,       /* the operating system refused */
    FL_E_DATA,     /* input is damaged */
    FL_E_LIMIT,    /* a documented limit was met */
    FL_E_LUA,      /* a rule's Lua code failed */
    FL_E_VOID,     /* a rule's Lua code kept state: nothing that it says can be used */
    FL_E_USAGE,    /* the command line is wrong */
    FL_E_INTERNAL, /* a bug of ours */
};

#define FL_ERROR_TEXT_BYTES 768
#define FL_ERROR_FILE_BYTES 256

/* line and column count from 1; 0 = unknown. source_line (may be empty) is what is shown of the line, and caret where
 * the column is in it (0: not there). */
struct fl_error {
    enum fl_status code;
    uint32_t line, column, caret;
    char file[FL_ERROR_FILE_BYTES];
    char text[FL_ERROR_TEXT_BYTES];
    char source_line[FL_ERROR_FILE_BYTES];
};

/* Fills *err (if not NULL) and returns code, so that `return fl_fail(...)` reads well. */
enum fl_status fl_fail(struct fl_error *err, enum fl_status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
enum fl_status fl_fail_args(struct fl_error *err, enum fl_status code, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

/* Adds the place to an error made by fl_fail(). file may be NULL to keep what is there. */
void fl_error_at(struct fl_error *err, const char *file, uint32_t line, uint32_t column);
/* Takes the line to show, of a long one what stands around the column. Before that the error has its place. */
void fl_error_show(struct fl_error *err, struct fl_str line);
/* What stands beneath source_line: blanks and a caret, with a NUL; false when there is none. */
bool fl_error_caret(const struct fl_error *err, char out[FL_ERROR_FILE_BYTES]);

/* A growing list of errors: loaders report everything that is wrong, not only the first. */
struct fl_error_list {
    struct fl_error *items;
    uint32_t count, capacity;
};

void fl_error_list_add(struct fl_error_list *list, const struct fl_error *err);
void fl_error_list_dispose(struct fl_error_list *list);

#endif
