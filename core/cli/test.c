#include "core/cli/options.h"

static const char help[] =
    "flowlaw test [PATH...] [-p POLICY] [--rules DIR] [-k PATTERN] [options]\n"
    "\n"
    "Runs the test \"name\" { ... } blocks that stand in rule files, on the engine that audit uses.\n"
    "PATH: a rule file or a folder; without PATH every rule under the roots: --rules, ./rules and the bundled ones.\n"
    "\n"
    "  -p, --policy FILE    the rules that this policy uses\n"
    "      --rules DIR      a further folder of rules\n"
    "  -k PATTERN           only tests with this in the rule's id or in their name; a glob matches the whole of "
    "either\n"
    "      --coverage       name rules without a test, and terms that no test made both true and false\n"
    "      --update         write what was found into the expect of tests that fail\n"
    "  -o, --output NAME[=PATH]   text (default) or junit; may be repeated\n"
    "\n"
    "Exit status: 0 all passed, 1 some failed, 2 usage or load error, 4 internal error.\n"
    "\n"
    "Example:\n"
    "  flowlaw test rules/scan/sequential-ports.lua\n";

int fl_cli_test(int count, char **argv)
{
    struct fl_session_options options;
    int exit_status;
    if (!fl_options_parse("test", help, count, argv, &options, &exit_status))
        return exit_status;
    return fl_session_test(&options);
}
