/* run.h: rows of one table in a file, in key order. Inside core/group.
 *
 * A row: bytes shared with the key before, the rest of the key, counters, places, states as the measures save them. A
 * cursor trusts nothing that it reads.
 */
#ifndef FL_GROUP_RUN_H
#define FL_GROUP_RUN_H

#include "core/group/block.h"
#include "core/group/entry.h"

/* Where a table's rows lie in a file. */
struct fl_section {
    uint64_t from, end, rows;
};

struct fl_row_writer {
    struct fl_buf key, body;
};

void fl_row_writer_init(struct fl_row_writer *w);
void fl_row_writer_dispose(struct fl_row_writer *w);
/* Begins another table. */
void fl_row_writer_restart(struct fl_row_writer *w);
/* Failures are kept in out->status. */
void fl_row_write(struct fl_row_writer *w, struct fl_block_writer *out, const struct fl_table *shape,
                  const uint8_t *key, const struct fl_entry *entry);

struct fl_run_cursor {
    const struct fl_table *shape;
    const struct fl_renumbering *sources;
    struct fl_measure *measures; /* of the shape, that number places so */
    const char *name;            /* of the file, for messages, or NULL */
    bool damaged;
    struct fl_block_reader in;
    uint64_t left; /* rows */
    bool any;      /* a row was read */
    struct fl_buf key;
    struct fl_entry *entry; /* owns its states */
};

/* The packer is shared with other cursors of the thread. */
enum fl_status fl_run_cursor_open(struct fl_run_cursor *c, const struct fl_table *shape, int fd,
                                  const struct fl_section *section, const struct fl_renumbering *sources,
                                  struct fl_packer *packer);
void fl_run_cursor_close(struct fl_run_cursor *c);
/* Reads the next row into entry and key. FL_END; FL_E_DATA: it is damaged or no row of this table. */
enum fl_status fl_run_cursor_next(struct fl_run_cursor *c);

#endif
