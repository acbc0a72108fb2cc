/* start.c: flowlaw init, flowlaw new-rule. */
#include "core/base/log.h"
#include "core/cli/options.h"

static const char init_help[] = "flowlaw init [DIR]\n"
                                "\n"
                                "Writes DIR/policy.yaml and a rule with its tests below DIR/rules; they load and pass "
                                "as they are. Nothing that is\n"
                                "there is overwritten.\n"
                                "\n"
                                "Exit status: 0 written, 2 a file is there already or cannot be written.\n"
                                "\n"
                                "Example:\n"
                                "  flowlaw init laws\n";

static const char new_rule_help[] =
    "flowlaw new-rule ID [--rules DIR]\n"
    "\n"
    "Writes DIR/ID.lua: a rule with a true case, a false case and a case of return traffic, which pass as they are.\n"
    "\n"
    "      --rules DIR      the folder of rules; default: rules\n"
    "\n"
    "Exit status: 0 written, 2 the file is there already or cannot be written.\n"
    "\n"
    "Example:\n"
    "  flowlaw new-rule lateral/ssh-from-web\n";

int fl_cli_init(int count, char **argv)
{
    struct fl_session_options options;
    int exit_status;
    if (!fl_options_parse("init", init_help, count, argv, &options, &exit_status))
        return exit_status;
    if (options.input_count > 1) {
        fl_log_error("flowlaw init: name one folder");
        return 2;
    }
    return fl_session_init(options.input_count == 1 ? options.inputs[0] : ".");
}

int fl_cli_new_rule(int count, char **argv)
{
    struct fl_session_options options;
    int exit_status;
    if (!fl_options_parse("new-rule", new_rule_help, count, argv, &options, &exit_status))
        return exit_status;
    if (options.input_count != 1) {
        fl_log_error("flowlaw new-rule: name the rule: flowlaw new-rule lateral/ssh-from-web");
        return 2;
    }
    return fl_session_new_rule(options.inputs[0], options.rules);
}
