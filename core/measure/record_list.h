/* record_list.h: rows of records kept until all input is read: the state of list measures. Inside core/measure.
 *
 * Rows are appended in any order; whoever reads them sorts them into record order. A zeroed list is an empty one.
 */
#ifndef FL_MEASURE_RECORD_LIST_H
#define FL_MEASURE_RECORD_LIST_H

#include "core/base/buf.h"
#include "core/base/status.h"
#include "core/base/varint.h"
#include "core/record/place.h"

struct fl_record_list {
    struct fl_buf bytes; /* of every row: its place, the length of its data, its data */
    uint64_t count;
};

struct fl_record_row {
    struct fl_place place;
    const uint8_t *data; /* views into the list */
    uint32_t len;
};

/* Begins a row; the caller adds its data to list->bytes and ends it. */
size_t fl_record_list_begin(struct fl_record_list *list, const struct fl_place *place);
/* FL_E_NOMEM when anything of the row found no room. */
enum fl_status fl_record_list_end(struct fl_record_list *list, size_t begun);
enum fl_status fl_record_list_merge(struct fl_record_list *into, const struct fl_record_list *from);
void fl_record_list_dispose(struct fl_record_list *list);

/* The rows in record order, so that equal lists give equal bytes. */
void fl_record_list_save(const struct fl_record_list *list, struct fl_buf *out);
/* Reads what was saved into an empty list. is_row says whether data are those of a row. FL_E_DATA. */
enum fl_status fl_record_list_load(struct fl_record_list *list, const struct fl_renumbering *sources,
                                   struct fl_taking *in,
                                   bool (*is_row)(const void *context, const uint8_t *data, size_t len),
                                   const void *context);

/* The rows in record order; the caller frees them. NULL when memory is out. */
struct fl_record_row *fl_record_list_sorted(const struct fl_record_list *list);

#endif
