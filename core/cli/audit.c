#include "core/base/log.h"
#include "core/cli/options.h"

static const char help[] =
    "flowlaw audit [-p POLICY] [options] INPUT...\n"
    "\n"
    "Streams flow logs through the policy's intents and rules and prints findings with the records that prove them.\n"
    "INPUT: files, directories, globs, or - for standard input; plain, gzip or zstd.\n"
    "\n"
    "  -p, --policy FILE    the policy; default: the bundled policies/baseline.yaml\n"
    "      --rules DIR      a further folder of rules\n"
    "      --format FORMAT  columns of objects without a header: '${version} ${account-id} ...', default, tgw\n"
    "  -o, --output NAME[=PATH]   text (default) or json; may be repeated, one of them on standard output (PATH -)\n"
    "      --fail-on SEVERITY     info low medium high critical none; wins over the policy's fail_on\n"
    "      --partial FILE   write what was measured to a file in place of a report; flowlaw merge judges many of them\n"
    "      --memory SIZE    bytes to work in, as 512M or 2G (at least 16M); groups beyond it are written to TMPDIR;\n"
    "                       default: half of the machine's, at most 4G\n"
    "      --threads N      default: the CPUs of this process\n"
    "      --as-of DATE     the day on which the report calls waivers expired or soon;\n"
    "                       default: the newest event. A waiver excuses by the record's own time\n"
    "      --profile[=json[=PATH]]  what each rule cost, worst first, on stderr (or as JSON lines in PATH)\n"
    "      --allow-empty    no record at all is fine\n"
    "\n"
    "Exit status: 0 clean, 1 findings at or above fail-on, 2 usage or load error (nothing was audited),\n"
    "3 no such finding but the audit is incomplete, 4 internal error.\n"
    "\n"
    "Example:\n"
    "  flowlaw audit -p examples/quickstart/policy.yaml examples/quickstart/logs\n";

int fl_cli_audit(int count, char **argv)
{
    struct fl_session_options options;
    int exit_status;
    if (!fl_options_parse("audit", help, count, argv, &options, &exit_status))
        return exit_status;
    if (options.input_count == 0) {
        fl_log_error("flowlaw audit: name at least one INPUT, or - for standard input");
        return 2;
    }
    return fl_session_audit(&options);
}
