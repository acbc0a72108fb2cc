/* out_file.h: a file for results. It is written beside its target and renamed when it is whole, so that what stands at
 * the target is always whole; a signal that ends the program removes it. A device or a pipe is written as it is: there
 * is nothing to rename, and renaming would put a file in its place. One file at a time, by the main thread.
 */
#ifndef FL_SESSION_OUT_FILE_H
#define FL_SESSION_OUT_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

struct fl_out_file {
    FILE *file;
    const char *path;
    char target[PATH_MAX]; /* where a link at the path leads to */
    char beside[PATH_MAX]; /* "" for a device or a pipe */
};

bool fl_out_is_special(const char *path);
/* The file that a link leads to, which is what is replaced; else the path. */
void fl_out_target(const char *path, char target[PATH_MAX]);
/* The file has the mode of the one that it replaces, else what the umask leaves. false, and an error in the log. */
bool fl_out_file_open(struct fl_out_file *out, const char *path);
/* cause: why it is not whole, or NULL. false, and an error in the log, when it does not stand at its target. */
bool fl_out_file_close(struct fl_out_file *out, const char *cause);

#endif
