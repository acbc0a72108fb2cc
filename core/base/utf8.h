/* utf8.h: one well-formed character of UTF-8 at a time (Unicode, table 3-7: no overlong forms, no surrogates). */
#ifndef FL_BASE_UTF8_H
#define FL_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/str.h"

/* Bytes of the character that starts at `at`: 1..4, or 0 if none does. */
size_t fl_utf8_length(struct fl_str text, size_t at);
/* Its code point; undefined where fl_utf8_length() is 0. */
uint32_t fl_utf8_code(struct fl_str text, size_t at);
bool fl_utf8_valid(struct fl_str text);

#endif
