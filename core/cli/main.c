#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/cli/options.h"

#define FL_VERSION "0.1.0"

static const struct {
    const char *name;
    int (*run)(int count, char **argv);
    const char *what;
} verbs[] = {
    {"audit", fl_cli_audit, "stream logs, print findings"},
    {"check", fl_cli_check, "load errors; fields needed and, with INPUT, lacking"},
    {"merge", fl_cli_merge, "judge partial results of many runs together"},
    {"explain", fl_cli_explain, "what a rule asks; why a record or a finding counted"},
    {"test", fl_cli_test, "run the tests that stand in rule files"},
    {"init", fl_cli_init, "a starter policy, a rule and its tests"},
    {"new-rule", fl_cli_new_rule, "a rule with its tests, to be changed"},
    {"editor", fl_cli_editor, "files that help editors: Lua annotations, a schema of policies"},
    {"list", fl_cli_list, "rules, fields, measures, networks, plugins"},
};
#define VERB_COUNT (sizeof verbs / sizeof verbs[0])

static void print_help(FILE *out)
{
    fputs("flowlaw audits network flow logs against your own laws.\n\n", out);
    for (size_t i = 0; i < VERB_COUNT; i++)
        fprintf(out, "  flowlaw %-8s  %s\n", verbs[i].name, verbs[i].what);
    fputs("\nflowlaw VERB --help says more; flowlaw --version says how it was built.\n\nExample:\n"
          "  flowlaw audit -p examples/quickstart/policy.yaml examples/quickstart/logs\n",
          out);
}

static void print_version(void)
{
    printf("flowlaw %s\n", FL_VERSION);
#ifdef FL_HAVE_ISAL
    printf("gzip: ISA-L and zlib\n");
#else
    printf("gzip: zlib (built without ISA-L, which is faster)\n");
#endif
    printf("zstd: yes\n");
}

/* What was printed with memory missing is void; text that did not reach standard output is not a success. audit has
 * told of its results already. */
static int finish(int exit_status)
{
    if (exit_status != FL_EXIT_INTERNAL && fl_memory_ran_out()) {
        fl_log_error("out of memory: what was printed is void");
        return FL_EXIT_INTERNAL;
    }
    if ((fflush(stdout) == 0 && !ferror(stdout)) || exit_status != 0)
        return exit_status;
    fl_log_error("standard output could not be written: %s", strerror(errno));
    return 3;
}

int main(int argc, char **argv)
{
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of writing as others are */
    if (argc < 2) {
        print_help(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(stdout);
        return finish(0);
    }
    if (strcmp(argv[1], "--version") == 0) {
        print_version();
        return finish(0);
    }
    struct fl_str_guess guess = {NULL, 99};
    for (size_t i = 0; i < VERB_COUNT; i++) {
        if (strcmp(argv[1], verbs[i].name) == 0)
            return finish(verbs[i].run(argc - 2, argv + 2));
        fl_str_guess_try(&guess, fl_str_of(argv[1]), verbs[i].name);
    }
    if (guess.best != NULL)
        fl_log_error("there is no verb %s; did you mean %s?", argv[1], guess.best);
    else
        fl_log_error("there is no verb %s; see flowlaw --help", argv[1]);
    return 2;
}
