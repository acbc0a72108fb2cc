#include "core/base/log.h"
#include "core/cli/options.h"

static const char help[] =
    "flowlaw explain RULE [-p POLICY]\n"
    "flowlaw explain RULE --record N FILE [INPUT...] [-p POLICY]\n"
    "flowlaw explain FINDING-ID INPUT... [-p POLICY]     (or --finding ID)\n"
    "\n"
    "RULE alone: the compiled plan: terms, columns, keys, windows, measures, parameters and where their values are "
    "set.\n"
    "RULE is the id of a rule or an intent; a rule need not be used by the policy.\n"
    "With --record: which parts of `where` are true, false or unknown for line N of FILE (decompressed), who opened "
    "the\n"
    "conversation and how that is known, and what became of its group; the groups hold the records of every INPUT.\n"
    "With the id of a finding: its groups, `having` with the measured values, the waiver that decided, the records.\n"
    "\n"
    "  -p, --policy FILE    the policy; default: the bundled policies/baseline.yaml\n"
    "      --rules DIR      a further folder of rules; without -p, of a rule: ./rules, where it is there\n"
    "      --format FORMAT  columns of objects without a header: '${version} ${account-id} ...', default, tgw\n"
    "      --record N       a record of the first INPUT, as evidence names it\n"
    "      --finding ID     the id of a finding, or at least its first 8 digits\n"
    "      --memory SIZE    bytes to work in, as of audit\n"
    "  -o, --output NAME    text (default) or json: one object on a line (docs/explain.md)\n"
    "\n"
    "Exit status: 0 explained, 2 usage or load error, 3 no such record or finding, 4 internal error.\n"
    "\n"
    "Example:\n"
    "  flowlaw explain scan/sequential-ports -p examples/quickstart/policy.yaml\n";

int fl_cli_explain(int count, char **argv)
{
    struct fl_session_options options;
    int exit_status;
    if (!fl_options_parse("explain", help, count, argv, &options, &exit_status))
        return exit_status;
    if (!fl_options_text_or_json("explain", &options))
        return 2;
    if (options.finding == NULL && options.input_count == 0) {
        fl_log_error("flowlaw explain: name a rule, an intent or a finding");
        return 2;
    }
    return fl_session_explain(&options);
}
