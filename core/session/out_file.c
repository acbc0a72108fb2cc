#include "core/session/out_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/log.h"

static const int ending_signals[] = {SIGHUP, SIGINT, SIGTERM, SIGPIPE};
#define SIGNALS (sizeof ending_signals / sizeof ending_signals[0])

static struct sigaction before[SIGNALS];
static const char *volatile unfinished;

static void remove_unfinished(int number)
{
    unlink(unfinished);
    raise(number); /* pending until this returns; then it ends the program */
}

static void watch_signals(const char *path)
{
    struct sigaction how = {.sa_handler = remove_unfinished, .sa_flags = SA_RESETHAND};
    unfinished = path;
    for (size_t i = 0; i < SIGNALS; i++)
        if (sigaction(ending_signals[i], NULL, &before[i]) == 0 && before[i].sa_handler == SIG_DFL)
            sigaction(ending_signals[i], &how, NULL);
}

static void leave_signals(void)
{
    for (size_t i = 0; i < SIGNALS; i++)
        sigaction(ending_signals[i], &before[i], NULL);
}

bool fl_out_is_special(const char *path)
{
    struct stat st;
    if (strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0)
        return true;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

void fl_out_target(const char *path, char target[PATH_MAX])
{
    if (realpath(path, target) == NULL)
        snprintf(target, PATH_MAX, "%s", path);
}

static mode_t mode_for(const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0)
        return st.st_mode & 0777;
    mode_t mask = umask(077);
    umask(mask);
    return 0666 & ~mask;
}

static int open_beside(struct fl_out_file *out)
{
    fl_out_target(out->path, out->target);
    if (snprintf(out->beside, sizeof out->beside, "%s.XXXXXX", out->target) >= (int)sizeof out->beside) {
        errno = ENAMETOOLONG;
        return -1;
    }
    mode_t mode = mode_for(out->path);
    int fd = mkostemp(out->beside, O_CLOEXEC);
    if (fd < 0)
        return -1;
    watch_signals(out->beside);
    fchmod(fd, mode); /* refused by some file systems: then it stays private */
    return fd;
}

bool fl_out_file_open(struct fl_out_file *out, const char *path)
{
    out->path = path;
    out->beside[0] = '\0';
    int fd = fl_out_is_special(path) ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : open_beside(out);
    out->file = fd < 0 ? NULL : fdopen(fd, "w");
    if (out->file != NULL)
        return true;
    fl_log_error("%s cannot be written: %s", path, strerror(errno));
    if (fd >= 0) {
        close(fd);
        if (out->beside[0] != '\0') {
            unlink(out->beside);
            leave_signals();
        }
    }
    return false;
}

bool fl_out_file_close(struct fl_out_file *out, const char *cause)
{
    bool beside = out->beside[0] != '\0';
    if (fclose(out->file) != 0 && cause == NULL)
        cause = strerror(errno);
    if (beside && cause == NULL && rename(out->beside, out->target) != 0)
        cause = strerror(errno);
    if (cause != NULL) {
        fl_log_error("%s could not be written: %s", out->path, cause);
        if (beside)
            unlink(out->beside);
    }
    if (beside)
        leave_signals();
    return cause == NULL;
}
