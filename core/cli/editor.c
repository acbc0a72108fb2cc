#include <stdio.h>
#include <string.h>

#include "core/base/log.h"
#include "core/cli/options.h"
#include "core/session/editor.h"

static const char help[] =
    "flowlaw editor luals|policy-schema\n"
    "\n"
    "Writes a file that helps an editor, to standard output.\n"
    "\n"
    "  luals           annotations of what rule files can name, for the Lua language server (a library file)\n"
    "  policy-schema   a JSON Schema (draft 2020-12) of policies, for YAML language servers\n"
    "\n"
    "Exit status: 0 written, 2 usage error, 4 internal error.\n"
    "\n"
    "Example:\n"
    "  flowlaw editor policy-schema > policy.schema.json\n";

int fl_cli_editor(int count, char **argv)
{
    struct fl_buf out;
    if (count == 1 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)) {
        fputs(help, stdout);
        return 0;
    }
    fl_buf_init(&out);
    if (count == 1 && strcmp(argv[0], "luals") == 0) {
        fl_editor_luals(&out);
    } else if (count == 1 && strcmp(argv[0], "policy-schema") == 0) {
        fl_editor_schema(&out);
    } else {
        fl_log_error("flowlaw editor: name one of luals, policy-schema; see flowlaw editor --help");
        return 2;
    }
    bool failed = out.failed;
    if (!failed)
        fwrite(out.data, 1, out.len, stdout);
    fl_buf_dispose(&out);
    if (failed)
        fl_log_error("out of memory");
    return failed ? FL_EXIT_INTERNAL : 0;
}
