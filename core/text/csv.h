/* csv.h: rows of comma separated values as RFC 4180 has them, with their places.
 *
 * Fields may stand in quotes, and then hold commas, line ends and doubled quotes. Lines end in LF or CRLF; empty lines
 * are no rows. A mark of byte order in front is skipped. The reader keeps a view of the text; texts of fields live in
 * the arena.
 */
#ifndef FL_TEXT_CSV_H
#define FL_TEXT_CSV_H

#include <stdint.h>

#include "core/base/arena.h"
#include "core/base/status.h"
#include "core/base/str.h"

struct fl_csv_field {
    struct fl_str text;
    uint32_t line, column; /* from 1; of its first character, the quote where there is one */
};

struct fl_csv {
    struct fl_str text;
    size_t at, line_start;
    uint32_t line;
    struct fl_csv_field *fields; /* of the row that was read last */
    uint32_t count, capacity;
};

void fl_csv_init(struct fl_csv *csv, struct fl_str text);
void fl_csv_dispose(struct fl_csv *csv);
/* Reads the next row. FL_END behind the last one; FL_E_SYNTAX with line, column and source line. */
enum fl_status fl_csv_next(struct fl_csv *csv, struct fl_arena *arena, struct fl_error *err);

#endif
