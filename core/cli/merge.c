#include "core/base/log.h"
#include "core/cli/options.h"

static const char help[] =
    "flowlaw merge [-p POLICY] [options] FILE...\n"
    "\n"
    "Judges partial results (audit --partial) of different objects together: the results are those of one audit\n"
    "over all of these objects, byte for byte. Without -p by the policy and the rules that the files carry; with -p\n"
    "anew, as long as that policy measures the same: thresholds, severities, waivers and texts may differ.\n"
    "\n"
    "  -p, --policy FILE    judge by this policy\n"
    "      --rules DIR      with -p: a further folder of rules\n"
    "      --partial OUT    write a bigger partial result in place of a report, so that merges form a tree\n"
    "  -o, --output NAME[=PATH]   text (default) or json; may be repeated, one of them on standard output (PATH -)\n"
    "      --fail-on SEVERITY     info low medium high critical none; wins over the policy's fail_on\n"
    "      --memory SIZE    bytes to work in, as 512M or 2G (at least 16M)\n"
    "      --as-of DATE     the day on which the report calls waivers expired or soon\n"
    "      --allow-empty    no record at all is fine\n"
    "\n"
    "Exit status: as of audit. Files that measure different things, or hold one object twice, are refused with 2.\n"
    "\n"
    "Example:\n"
    "  flowlaw audit -p examples/quickstart/policy.yaml --partial all.part examples/quickstart/logs\n"
    "  flowlaw merge all.part\n";

int fl_cli_merge(int count, char **argv)
{
    struct fl_session_options options;
    int exit_status;
    if (!fl_options_parse("merge", help, count, argv, &options, &exit_status))
        return exit_status;
    if (options.input_count == 0) {
        fl_log_error("flowlaw merge: name at least one partial result");
        return 2;
    }
    return fl_session_merge(&options);
}
