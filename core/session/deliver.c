/* deliver.c: a report to its outputs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/plugin/registry.h"
#include "core/session/out_file.h"
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

/* Why an output is not whole: what it reads of the report may lie in a temporary file. */
static const char *cause(const struct fl_report *report, int error)
{
    const char *trouble = fl_report_trouble(report);
    if (trouble != NULL)
        return trouble;
    return fl_memory_ran_out() ? "out of memory" : strerror(error);
}

static bool deliver_stdout(const struct flp_output *output, const struct fl_report *report)
{
    struct flp_sink sink = {write_file, stdout, wants_color(stdout)};
    bool ok = output->write(report, &sink) && fflush(stdout) == 0;
    if (!ok)
        fl_log_error("standard output could not be written: %s", cause(report, errno));
    return ok;
}

static bool deliver_path(const struct flp_output *output, const struct fl_report *report, const char *path)
{
    struct fl_out_file out;
    if (!fl_out_file_open(&out, path))
        return false;
    struct flp_sink sink = {write_file, out.file, wants_color(out.file)};
    bool ok = output->write(report, &sink) && !fl_memory_ran_out();
    return fl_out_file_close(&out, ok ? NULL : cause(report, errno));
}

bool fl_session_write_file(const char *path, struct fl_str text)
{
    struct fl_out_file out;
    if (!fl_out_file_open(&out, path))
        return false;
    bool ok = fwrite(text.ptr, 1, text.len, out.file) == text.len;
    return fl_out_file_close(&out, ok ? NULL : strerror(errno));
}

static bool deliver(const struct fl_output_choice *choice, const struct fl_report *report)
{
    const struct flp_output *output = fl_plugin_find(FLP_OUTPUT, choice->name)->functions;
    return choice->path == NULL ? deliver_stdout(output, report) : deliver_path(output, report, choice->path);
}

/* Standard output last: a reader of it that leaves ends the program. */
bool fl_session_deliver(const struct fl_session_options *options, const struct fl_report *report)
{
    bool ok = true;
    for (uint32_t i = 0; i < options->output_count; i++)
        if (options->outputs[i].path != NULL)
            ok = deliver(&options->outputs[i], report) && ok;
    for (uint32_t i = 0; i < options->output_count; i++)
        if (options->outputs[i].path == NULL)
            ok = deliver(&options->outputs[i], report) && ok;
    return ok;
}

/* A file is written beside its target and renamed, so it is the folder that must let it. */
static bool can_write(const char *path)
{
    struct stat st;
    char folder[PATH_MAX];
    if (fl_out_is_special(path))
        return true;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        fl_log_error("%s cannot be written: it is a folder", path);
        return false;
    }
    fl_out_target(path, folder);
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
    if (options->profile_path != NULL && !can_write(options->profile_path))
        ok = false;
    for (uint32_t i = 0; i < options->output_count; i++)
        if (options->outputs[i].path != NULL && !can_write(options->outputs[i].path))
            ok = false;
    return ok;
}
