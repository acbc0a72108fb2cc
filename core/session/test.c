/* test.c: flowlaw test: which rule files, which of their tests, and what came out. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/escape.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/session/test_bench.h"

struct testing {
    const struct fl_session_options *options;
    struct fl_test_files files;
    struct fl_bench *benches;
    uint32_t bench_count;
    struct fl_test_verdict *verdicts;
    uint32_t verdict_count, verdict_capacity;
    uint32_t passed, failed, unloaded;
};

/* -k: part of a rule's id or of a test's name, or a pattern of the whole of either. */
static bool chosen(const char *pattern, const char *rule, const char *name)
{
    if (pattern == NULL)
        return true;
    if (strpbrk(pattern, "*?[") == NULL)
        return strstr(rule, pattern) != NULL || strstr(name, pattern) != NULL;
    return fl_glob_match(fl_str_of(pattern), fl_str_of(rule)) || fl_glob_match(fl_str_of(pattern), fl_str_of(name));
}

static enum fl_status run_bench(struct testing *t, struct fl_bench *bench, struct fl_error *err)
{
    for (uint32_t i = 0; i < bench->tests.count; i++) {
        const struct fl_rule_test *test = &bench->tests.items[i];
        if (!chosen(t->options->pattern, bench->found.id, test->name))
            continue;
        if (!fl_grow((void **)&t->verdicts, &t->verdict_capacity, t->verdict_count + 1, sizeof *t->verdicts))
            return fl_fail(err, FL_E_NOMEM, "out of memory");
        struct fl_test_verdict *verdict = &t->verdicts[t->verdict_count++];
        enum fl_status status = fl_bench_run(bench, test, verdict, err);
        if (status != FL_OK)
            return status;
        t->passed += verdict->passed;
        t->failed += !verdict->passed;
    }
    return FL_OK;
}

/* Errors of a rule file go to the log, and are kept for reports. */
static void tell_errors(struct fl_bench *bench, const struct fl_error_list *errors)
{
    for (uint32_t i = 0; i < errors->count; i++) {
        const struct fl_error *e = &errors->items[i];
        fl_log_status(e);
        fl_escape_terminal(&bench->load_errors, fl_str_of(e->file));
        fl_buf_add_format(&bench->load_errors, ":%u: ", e->line);
        fl_escape_terminal(&bench->load_errors, fl_str_of(e->text));
        fl_buf_add_char(&bench->load_errors, '\n');
    }
}

static enum fl_status run_all(struct testing *t, struct fl_error *err)
{
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < t->files.count && status == FL_OK; i++) {
        struct fl_error_list errors = {0};
        struct fl_bench *bench = &t->benches[t->bench_count++];
        status = fl_bench_open(bench, t->files.items[i].roots, &t->files.items[i].found, &errors);
        if (status == FL_OK && bench->tests.count == 0)
            status = fl_bench_compile(bench, t->options->policy != NULL ? &t->files.policy : NULL, &errors);
        tell_errors(bench, &errors);
        fl_error_list_dispose(&errors);
        if (status == FL_E_NOMEM)
            return fl_fail(err, FL_E_NOMEM, "out of memory");
        t->unloaded += status != FL_OK;
        bench->covers = t->options->coverage;
        bench->updates = t->options->update;
        status = status == FL_OK ? run_bench(t, bench, err) : FL_OK;
        t->unloaded += bench->broken;
    }
    return status;
}

static void add_verdict(struct fl_buf *out, const struct fl_test_verdict *v)
{
    if (v->passed)
        return;
    fl_buf_add_text(out, "FAIL ");
    fl_escape_terminal(out, fl_str_of(v->bench->found.id));
    fl_buf_add_text(out, ": ");
    fl_escape_terminal(out, fl_str_of(v->test->name));
    fl_buf_add_text(out, " (");
    fl_escape_terminal(out, fl_str_of(v->bench->shown));
    fl_buf_add_format(out, ":%u)\n", v->test->line);
    fl_buf_add(out, v->text.data, v->text.len);
}

static bool print(const struct fl_buf *out)
{
    return !out->failed && (out->len == 0 || fwrite(out->data, 1, out->len, stdout) == out->len);
}

/* Without PATH the tests of bundled rules run too. */
static void add_counts(struct fl_buf *out, const struct testing *t)
{
    uint32_t bundled = 0;
    for (uint32_t v = 0; v < t->verdict_count; v++)
        bundled += t->verdicts[v].bench->found.bundled;
    fl_buf_add_format(out, "%u passed, %u failed", t->passed, t->failed);
    if (bundled > 0 && t->options->input_count == 0)
        fl_buf_add_format(out, " (%u of bundled rules)", bundled);
    fl_buf_add_char(out, '\n');
}

/* Text and JUnit, each where the options say. */
static bool deliver(struct testing *t)
{
    bool ok = true;
    for (uint32_t i = 0; i < t->options->output_count && ok; i++) {
        const struct fl_output_choice *choice = &t->options->outputs[i];
        struct fl_buf out;
        fl_buf_init(&out);
        if (strcmp(choice->name, "junit") == 0) {
            fl_test_junit(t->benches, t->bench_count, t->verdicts, t->verdict_count, &out);
        } else {
            for (uint32_t v = 0; v < t->verdict_count; v++)
                add_verdict(&out, &t->verdicts[v]);
            add_counts(&out, t);
            if (t->options->coverage)
                fl_test_coverage(t->benches, t->bench_count, &out);
        }
        ok = choice->path == NULL
                 ? print(&out)
                 : !out.failed && fl_session_write_file(choice->path, (struct fl_str){out.data, out.len});
        fl_buf_dispose(&out);
    }
    return ok;
}

static int report(struct testing *t)
{
    if (!deliver(t))
        return FL_EXIT_INTERNAL;
    uint32_t failed = t->failed;
    if (t->options->update && failed > 0) {
        uint32_t updated = fl_test_update(t->benches, t->bench_count, t->verdicts, t->verdict_count);
        failed -= updated;
        fprintf(stderr, "flowlaw: %u test%s updated\n", updated, updated == 1 ? "" : "s");
    }
    if (t->unloaded > 0) {
        fl_log_error("%u rule file%s did not load", t->unloaded, t->unloaded == 1 ? "" : "s");
        return 2;
    }
    if (t->verdict_count == 0 && t->options->pattern != NULL) {
        fl_log_error("-k %s matches no rule and no test", t->options->pattern);
        return 2;
    }
    return failed > 0 ? 1 : 0;
}

int fl_session_test(const struct fl_session_options *options)
{
    struct testing t = {.options = options};
    struct fl_error_list errors = {0};
    struct fl_error err;
    int exit_status;
    enum fl_status status = fl_test_files_open(&t.files, options, &errors);
    if (status == FL_OK) {
        t.benches = fl_alloc_zero((size_t)t.files.count + 1, sizeof *t.benches);
        status = t.benches == NULL ? FL_E_NOMEM : FL_OK;
    }
    if (status != FL_OK) {
        exit_status = fl_session_refuse(&errors, "nothing was tested");
    } else if (run_all(&t, &err) != FL_OK) {
        fl_log_status(&err);
        exit_status = FL_EXIT_INTERNAL;
    } else {
        exit_status = report(&t);
    }
    for (uint32_t i = 0; i < t.verdict_count; i++) {
        fl_buf_dispose(&t.verdicts[i].text);
        fl_buf_dispose(&t.verdicts[i].found);
    }
    fl_free(t.verdicts);
    for (uint32_t i = 0; i < t.bench_count; i++)
        fl_bench_close(&t.benches[i]);
    fl_free(t.benches);
    fl_test_files_close(&t.files);
    fl_error_list_dispose(&errors);
    return exit_status;
}
