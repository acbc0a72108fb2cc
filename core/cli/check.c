#include <stdio.h>

#include "core/cli/options.h"

static const char help[] =
    "flowlaw check [-p POLICY] [--rules DIR] [--format FORMAT] [INPUT...]\n"
    "\n"
    "Loads the policy and its rules and reports every error; says which fields each rule reads; with INPUT, how the\n"
    "columns of each object were decided and which rules they cannot answer.\n"
    "\n"
    "  -p, --policy FILE    the policy; default: the bundled policies/baseline.yaml\n"
    "      --rules DIR      a further folder of rules\n"
    "      --format FORMAT  columns of objects without a header: '${version} ${account-id} ...', default, tgw\n"
    "\n"
    "Exit status: 0 fine, 2 load error, 3 some object or rule cannot be used, 4 internal error.\n"
    "\n"
    "Example:\n"
    "  flowlaw check -p examples/quickstart/policy.yaml examples/quickstart/logs\n";

int fl_cli_check(int count, char **argv)
{
    struct fl_session_options options;
    switch (fl_options_parse("check", count, argv, &options)) {
    case FL_PARSED_HELP:
        fputs(help, stdout);
        return 0;
    case FL_PARSED_ERROR:
        return 2;
    case FL_PARSED_RUN:
        break;
    }
    return fl_session_check(&options);
}
