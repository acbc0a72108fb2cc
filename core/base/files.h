/* files.h: the texts of a policy and of its rules: from the disk, or from a part that carries them.
 *
 * The shelf is one for the process and has one user at a time: the loaders run on one thread, before any worker. It
 * keeps what was read when it was told to; once it was filled from a part, nothing is read from the disk.
 */
#ifndef FL_BASE_FILES_H
#define FL_BASE_FILES_H

#include <stdbool.h>

#include "core/base/buf.h"
#include "core/base/status.h"
#include "core/base/str.h"

struct fl_file_text {
    char *path; /* as it was opened */
    char *text;
    size_t len;
    char *id, *root; /* of a rule that stands in a root, else NULL */
    bool bundled;
};

/* From now on what is read is kept. */
void fl_files_keep(void);
/* Puts a text there in place of the file. From now on nothing else can be read. */
enum fl_status fl_files_put(struct fl_str path, struct fl_str text);
/* About what was put last: a rule's id and root (id.ptr is NULL for what is no rule), and whether the program brings
 * it. */
enum fl_status fl_files_put_about(struct fl_str id, struct fl_str root, bool bundled);
/* Back to the disk; nothing is kept. */
void fl_files_clear(void);

bool fl_files_are_put(void);
/* The text that stands for a file, NUL terminated; NULL when there is none. */
const struct fl_file_text *fl_files_find(const char *path);
/* What was kept or put, in the order of reading. */
const struct fl_file_text *fl_files_list(size_t *count);
/* A reader tells what it read from the disk. */
enum fl_status fl_files_note(const char *path, const char *text, size_t len);
/* Adds the file to `out`, or the text that stands for it. FL_E_IO when it cannot be read, FL_E_LIMIT when it has more
 * than max_bytes; the error reads as what is said of the file. */
enum fl_status fl_files_read(const char *path, size_t max_bytes, struct fl_buf *out, struct fl_error *err);

#endif
