/* rows.h: groups as a stream in key order, one row for each key and pane. Inside core/group. */
#ifndef FL_GROUP_ROWS_H
#define FL_GROUP_ROWS_H

#include "core/group/run.h"

struct fl_store;

struct fl_row {
    const uint8_t *key; /* of entry->key_len bytes, the pane's last; valid until the next row */
    struct fl_entry *entry;
    bool lasting; /* the entry stays as long as its table; else until the next row, and its states may be moved out */
};

/* Rows of one source: of a sorted table, or of a run. */
struct fl_cursor {
    struct fl_row row;
    const struct fl_table *table;
    uint32_t at;
    struct fl_run_cursor *run; /* owned; or NULL */
};

/* FL_END behind the last row. */
enum fl_status fl_cursor_next(struct fl_cursor *c);

/* The rows of several sources as one stream: rows of equal keys are added up. */
struct fl_rows {
    const struct fl_table *shape;
    struct fl_cursor *cursors;
    uint32_t cursor_count;
    uint32_t *heap; /* cursors by key, the least at the top */
    uint32_t heap_count;
    bool top_used;        /* the row given out last is that of the cursor at the top */
    struct fl_entry *sum; /* else it is this one */
    struct fl_buf key;
    struct fl_packer *packer; /* of the cursors */
};

/* Takes cursors and packer over; the cursors stand before their first rows; also when it fails. */
enum fl_status fl_rows_open(struct fl_rows *rows, const struct fl_table *shape, struct fl_cursor *cursors,
                            uint32_t count, struct fl_packer *packer);
enum fl_status fl_rows_next(struct fl_rows *rows, struct fl_row *out);
void fl_rows_close(struct fl_rows *rows);

/* store.c: all rows of a table. To be closed, also when it fails; the store must not change before. */
enum fl_status fl_store_rows(struct fl_store *store, uint32_t table, struct fl_rows *out);
/* store.c: after a failure; what the rows of a file say of it becomes the trouble of the store. */
void fl_store_note_trouble(struct fl_store *store, const struct fl_rows *rows, enum fl_status status);

#endif
