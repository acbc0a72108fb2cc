/* log.h: messages for people, on stderr; control bytes are escaped. Thread safe. */
#ifndef FL_BASE_LOG_H
#define FL_BASE_LOG_H

#include "core/base/status.h"

/* "flowlaw: warning: ..." */
void fl_log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void fl_log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* file:line:column: text, then the source line with a caret when known. */
void fl_log_status(const struct fl_error *err);

#endif
