/* deliver.c: a report to its outputs. Files are written beside their target and renamed when complete. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/plugin/registry.h"
#include "core/session/session.h"

static bool write_file(void *context, const char *bytes, size_t len)
{
    return fwrite(bytes, 1, len, context) == len;
}

static bool wants_color(FILE *file)
{
    const char *no_color = getenv("NO_COLOR");
    return isatty(fileno(file)) && (no_color == NULL || no_color[0] == '\0');
}

static const char *cause(void)
{
    return fl_memory_ran_out() ? "out of memory" : strerror(errno);
}

static bool deliver_stdout(const struct flp_output *output, const struct fl_report *report)
{
    struct flp_sink sink = {write_file, stdout, wants_color(stdout)};
    bool ok = output->write(report, &sink) && fflush(stdout) == 0;
    if (!ok)
        fl_log_error("standard output could not be written: %s", cause());
    return ok;
}

/* A device or a pipe: there is nothing to rename, and renaming would put a file in its place. */
static bool is_special(const char *path)
{
    struct stat st;
    if (strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0)
        return true;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

static bool deliver_special(const struct flp_output *output, const struct fl_report *report, const char *path)
{
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        fl_log_error("%s cannot be written: %s", path, strerror(errno));
        return false;
    }
    struct flp_sink sink = {write_file, file, wants_color(file)};
    bool ok = output->write(report, &sink);
    ok = fclose(file) == 0 && ok;
    if (!ok)
        fl_log_error("%s could not be delivered: %s", path, strerror(errno));
    return ok;
}

static bool deliver_path(const struct flp_output *output, const struct fl_report *report, const char *path)
{
    if (is_special(path))
        return deliver_special(output, report, path);
    char beside[4096];
    snprintf(beside, sizeof beside, "%s.XXXXXX", path);
    int fd = mkstemp(beside);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (file == NULL) {
        fl_log_error("%s cannot be written: %s", path, strerror(errno));
        return false;
    }
    struct flp_sink sink = {write_file, file, false};
    bool ok = output->write(report, &sink) && !fl_memory_ran_out();
    ok = fchmod(fd, 0644) == 0 && ok;
    ok = fclose(file) == 0 && ok;
    ok = ok && rename(beside, path) == 0;
    if (!ok) {
        fl_log_error("%s could not be delivered: %s", path, cause());
        unlink(beside);
    }
    return ok;
}

bool fl_session_write_file(const char *path, struct fl_str text)
{
    char beside[4096];
    struct stat st;
    if (is_special(path)) {
        FILE *special = fopen(path, "we");
        bool written = special != NULL && fwrite(text.ptr, 1, text.len, special) == text.len;
        written = special != NULL && fclose(special) == 0 && written;
        if (!written)
            fl_log_error("%s cannot be written: %s", path, strerror(errno));
        return written;
    }
    mode_t mode = stat(path, &st) == 0 ? st.st_mode & 0777 : 0644;
    snprintf(beside, sizeof beside, "%s.XXXXXX", path);
    int fd = mkstemp(beside);
    if (fd < 0) {
        fl_log_error("%s cannot be written: %s", path, strerror(errno));
        return false;
    }
    bool ok = fchmod(fd, mode) == 0;
    for (size_t done = 0; ok && done < text.len;) {
        ssize_t put = write(fd, text.ptr + done, text.len - done);
        ok = put > 0;
        done += ok ? (size_t)put : 0;
    }
    ok = close(fd) == 0 && ok;
    ok = ok && rename(beside, path) == 0;
    if (!ok) {
        fl_log_error("%s cannot be written: %s", path, strerror(errno));
        unlink(beside);
    }
    return ok;
}

bool fl_session_deliver(const struct fl_session_options *options, const struct fl_report *report)
{
    bool ok = true;
    for (uint32_t i = 0; i < options->output_count; i++) {
        const struct fl_output_choice *choice = &options->outputs[i];
        const struct flp_output *output = fl_plugin_find(FLP_OUTPUT, choice->name)->functions;
        bool delivered =
            choice->path == NULL ? deliver_stdout(output, report) : deliver_path(output, report, choice->path);
        ok = ok && delivered;
    }
    return ok;
}

/* A file is written beside its target and renamed, so it is the folder that must let it. */
static bool can_write(const char *path)
{
    struct stat st;
    char folder[4096];
    if (is_special(path))
        return true;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        fl_log_error("%s cannot be written: it is a folder", path);
        return false;
    }
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[slash == folder] = '\0';
    if (slash == NULL)
        snprintf(folder, sizeof folder, ".");
    if (stat(folder, &st) == 0 && !S_ISDIR(st.st_mode))
        errno = ENOTDIR;
    else if (access(folder, W_OK | X_OK) == 0)
        return true;
    fl_log_error("%s cannot be written: %s", path, strerror(errno));
    return false;
}

bool fl_session_can_deliver(const struct fl_session_options *options)
{
    bool ok = options->partial == NULL || can_write(options->partial);
    for (uint32_t i = 0; i < options->output_count; i++)
        if (options->outputs[i].path != NULL && !can_write(options->outputs[i].path))
            ok = false;
    return ok;
}
