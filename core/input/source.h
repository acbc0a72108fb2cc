/* source.h: INPUT arguments -> the list of objects to read, in name order.
 *
 * INPUT is a file, a directory (recursive, in name order), a glob (also when the shell left it alone)
 * or "-" (stdin, spooled to an unlinked temporary file so that evidence can be read again).
 * An object's name is the path as given without leading "./", plus the path below a directory.
 * One object reached twice (same device and inode) is kept once, under its bytewise least name, with a warning.
 */
#ifndef FL_INPUT_SOURCE_H
#define FL_INPUT_SOURCE_H

#include "core/base/arena.h"
#include "core/base/status.h"
#include "core/base/str.h"

struct fl_source {
    const char *name; /* as shown */
    const char *path; /* as opened; NULL for stdin and texts of this program */
    uint64_t size_bytes, device, inode;
    int64_t mtime_ns;
    uint8_t sha256[32]; /* of its bytes, where they were asked for */
    int spool_fd;       /* where there is no path, else -1 */
};

enum fl_source_trouble_kind {
    FL_SOURCE_NO_MATCH,   /* an INPUT that matches nothing: incomplete */
    FL_SOURCE_UNREADABLE, /* a file or directory without permission: incomplete */
    FL_SOURCE_DUPLICATE,  /* reached twice: a warning */
    FL_SOURCE_SKIPPED,    /* name starts with . or _: counted */
    FL_SOURCE_EMPTY,      /* empty object: counted */
    FL_SOURCE_SPECIAL,    /* device, socket: counted; not incomplete */
};
struct fl_source_trouble {
    enum fl_source_trouble_kind kind;
    const char *name;
    const char *text; /* one sentence */
};

struct fl_source_list {
    struct fl_arena arena;
    struct fl_source *items; /* bytewise by name; index = rank */
    uint32_t count, capacity;
    struct fl_source_trouble *troubles;
    uint32_t trouble_count, trouble_capacity;
};

/* Fails only for out of memory or more than FL_PLACE_SOURCE_MAX objects. */
enum fl_status fl_source_list_open(struct fl_source_list *list, char *const *inputs, uint32_t input_count,
                                   struct fl_error *err);
/* One more INPUT. */
enum fl_status fl_source_list_add_path(struct fl_source_list *list, const char *input, struct fl_error *err);
/* An object whose text this program made; the text is copied. A list that is built from texts starts without INPUT. */
enum fl_status fl_source_list_add_text(struct fl_source_list *list, const char *name, struct fl_str text,
                                       struct fl_error *err);
/* Lists made by hand: an object that cannot be opened any more, and a trouble; then all are brought into order. */
enum fl_status fl_source_list_add(struct fl_source_list *list, struct fl_str name, uint64_t size_bytes,
                                  const uint8_t sha256[32]);
enum fl_status fl_source_list_add_trouble(struct fl_source_list *list, enum fl_source_trouble_kind kind,
                                          struct fl_str name, struct fl_str text);
void fl_source_list_order(struct fl_source_list *list);
/* Fills in the SHA-256 of every object. FL_E_IO when one cannot be read any more. */
enum fl_status fl_source_list_hash(struct fl_source_list *list, struct fl_error *err);
void fl_source_list_close(struct fl_source_list *list);

#endif
