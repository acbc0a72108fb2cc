#include "core/cli/options.h"

static const char help[] =
    "flowlaw check [-p POLICY] [--strict] [options] [INPUT...]\n"
    "\n"
    "Loads the policy and its rules and reports every error; says which fields each rule reads; with INPUT, how the\n"
    "columns of each object were decided and which rules they cannot answer.\n"
    "\n"
    "  -p, --policy FILE    the policy; default: the bundled policies/baseline.yaml\n"
    "      --rules DIR      a further folder of rules\n"
    "      --format FORMAT  columns of objects without a header: '${version} ${account-id} ...', default, tgw\n"
    "      --strict         the linter too: what loads but is likely wrong, by code (docs/checks.md)\n"
    "  -o, --output NAME    text (default) or json, one object a line\n"
    "\n"
    "Exit status: 0 fine, 1 --strict found something, 2 load error, 3 some object or rule cannot be used, 4 internal "
    "error.\n"
    "\n"
    "Example:\n"
    "  flowlaw check -p examples/quickstart/policy.yaml examples/quickstart/logs\n";

int fl_cli_check(int count, char **argv)
{
    struct fl_session_options options;
    int exit_status;
    if (!fl_options_parse("check", help, count, argv, &options, &exit_status))
        return exit_status;
    if (!fl_options_text_or_json("check", &options))
        return 2;
    return fl_session_check(&options);
}
