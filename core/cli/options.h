/* options.h: the command line of the verbs that read a policy. */
#ifndef FL_CLI_OPTIONS_H
#define FL_CLI_OPTIONS_H

#include "core/session/session.h"

/* Reads argv[0..count) behind the verb. Inputs are collected at the front of argv. false: the verb ends with
 * *exit_status, its help printed or its errors logged. */
bool fl_options_parse(const char *verb, const char *help, int count, char **argv, struct fl_session_options *out,
                      int *exit_status);

/* Is the output text or JSON on standard output, as verbs without a report write? Logs an error if not. */
bool fl_options_text_or_json(const char *verb, const struct fl_session_options *read);

int fl_cli_audit(int count, char **argv);
int fl_cli_check(int count, char **argv);
int fl_cli_merge(int count, char **argv);
int fl_cli_explain(int count, char **argv);
int fl_cli_test(int count, char **argv);
int fl_cli_init(int count, char **argv);
int fl_cli_new_rule(int count, char **argv);
int fl_cli_editor(int count, char **argv);
int fl_cli_list(int count, char **argv);

#endif
