/* test_run.c: one rule file with its tests: records through the engine, findings against what is expected. */
#include <stdio.h>
#include <string.h>

#include "core/base/escape.h"
#include "core/base/memory.h"
#include "core/session/test_bench.h"

static const char *const test_keys[] = {"params", "policy", "flows", "expect", "not_evaluated", NULL};

/* ---- errors ---- */

void fl_test_fail(struct fl_test_errors *errors, const char *format, ...)
{
    struct fl_error err;
    va_list args;
    va_start(args, format);
    fl_fail_args(&err, FL_E_VALUE, format, args);
    va_end(args);
    fl_error_at(&err, errors->file, errors->line, 0);
    fl_error_list_add(&errors->list, &err);
}

bool fl_test_knows(struct fl_test_errors *errors, const char *what, const char *key, const char *const known[])
{
    struct fl_str_guess guess = {NULL, 99};
    for (unsigned i = 0; known[i] != NULL; i++) {
        if (strcmp(known[i], key) == 0)
            return true;
        fl_str_guess_try(&guess, fl_str_of(key), known[i]);
    }
    if (guess.best != NULL)
        fl_test_fail(errors, "%s has no key \"%s\"; did you mean \"%s\"?", what, key, guess.best);
    else
        fl_test_fail(errors, "%s has no key \"%s\"", what, key);
    return false;
}

/* ---- the code of the rule ---- */

static enum fl_status open_kept_vm(void *context, void **vm, struct fl_error *err)
{
    struct fl_test_vm *kept = context;
    enum fl_status status = FL_OK;
    if (kept->vm == NULL)
        status = kept->real->open_vm(kept->real->context, &kept->vm, err);
    *vm = kept->vm;
    return status;
}

static void keep_vm(void *vm)
{
    (void)vm;
}

static void drop_vm(struct fl_test_vm *kept)
{
    if (kept->vm != NULL)
        kept->real->close_vm(kept->vm);
    kept->vm = NULL;
}

/* ---- plans ---- */

static void close_plan(struct fl_test_plan *p)
{
    if (p->planned)
        fl_plan_dispose(&p->plan);
    fl_policy_dispose(&p->policy);
    fl_arena_dispose(&p->arena);
    fl_error_list_dispose(&p->errors);
    fl_free(p->text);
    fl_free(p);
}

static enum fl_status compile(struct fl_bench *bench, struct fl_test_plan *p)
{
    const struct fl_rule_decl **decls;
    uint32_t count;
    enum fl_status status =
        fl_policy_parse(fl_str_of(p->text), "policy of the test", bench->found.root, &p->policy, &p->errors);
    if (status == FL_OK)
        status = fl_rule_select(bench->roots, &p->policy, bench->lua, &p->arena, &decls, &count, &p->errors);
    if (status != FL_OK)
        return status;
    p->planned = true;
    status = fl_plan_build(&p->plan, &p->policy, decls, count, &p->errors);
    if (status == FL_OK)
        status = fl_waivers_bind(&p->plan, &p->waivers, &p->waiver_count, &p->errors);
    p->usable = status == FL_OK && p->errors.count == 0;
    return status;
}

/* The plan for this text of a policy, compiled once. NULL when memory is out. */
static struct fl_test_plan *plan_for(struct fl_bench *bench, const char *text)
{
    for (uint32_t i = bench->plan_count; i-- > 0;)
        if (strcmp(bench->plans[i]->text, text) == 0)
            return bench->plans[i];
    struct fl_test_plan *p = fl_alloc_zero(1, sizeof *p);
    if (p == NULL)
        return NULL;
    fl_arena_init(&p->arena);
    p->text = fl_strdup(text);
    if (p->text == NULL || compile(bench, p) == FL_E_NOMEM ||
        !fl_grow((void **)&bench->plans, &bench->plan_capacity, bench->plan_count + 1, sizeof *bench->plans)) {
        close_plan(p);
        return NULL;
    }
    bench->plans[bench->plan_count++] = p;
    drop_vm(&bench->vm); /* it may lack what was loaded for this plan */
    return p;
}

enum fl_status fl_bench_compile(struct fl_bench *bench, const struct fl_policy *policy, struct fl_error_list *errors)
{
    struct fl_arena arena;
    struct fl_policy none = {0}, only;
    struct fl_rule_use use = {.pattern = bench->found.id, .severity = -1, .enabled = true};
    const struct fl_rule_decl **decls;
    uint32_t count;
    enum fl_status status = FL_OK;
    fl_arena_init(&arena);
    if (policy == NULL)
        status = fl_policy_parse(FL_STR("version: 1\nname: test\n"), "policy of the test", ".", &none, errors);
    only = policy != NULL ? *policy : none;
    only.uses = &use;
    only.use_count = 1;
    only.intent_count = only.waiver_count = 0;
    if (status == FL_OK)
        status = fl_rule_select(bench->roots, &only, bench->lua, &arena, &decls, &count, errors);
    if (status == FL_OK) {
        struct fl_plan plan;
        status = fl_plan_build(&plan, &only, decls, count, errors);
        fl_plan_dispose(&plan);
    }
    fl_policy_dispose(&none);
    fl_arena_dispose(&arena);
    return status;
}

/* ---- bench ---- */

enum fl_status fl_bench_open(struct fl_bench *bench, const struct fl_rule_roots *roots,
                             const struct fl_rule_found *found, struct fl_error_list *errors)
{
    *bench = (struct fl_bench){.roots = roots, .found = *found};
    fl_arena_init(&bench->arena);
    fl_buf_init(&bench->load_errors);
    bench->lua = fl_lua_rules_new();
    const char *lib = fl_arena_printf(&bench->arena, "%s/lib", found->root);
    bench->shown = found->bundled ? fl_bundled_rule_file(&bench->arena, found->id) : found->file;
    if (bench->lua == NULL || lib == NULL || bench->shown == NULL)
        return FL_E_NOMEM;
    bench->vm.real = fl_lua_rules_ops(bench->lua);
    bench->ops = *bench->vm.real;
    bench->ops.open_vm = open_kept_vm;
    bench->ops.close_vm = keep_vm;
    bench->ops.context = &bench->vm;
    return fl_lua_rules_load_tests(bench->lua, found->id, found->file, lib, &bench->decl, &bench->tests, errors);
}

void fl_bench_close(struct fl_bench *bench)
{
    for (uint32_t i = 0; i < bench->plan_count; i++)
        close_plan(bench->plans[i]);
    fl_free(bench->plans);
    fl_free(bench->terms);
    fl_buf_dispose(&bench->load_errors);
    drop_vm(&bench->vm);
    fl_rule_tests_dispose(&bench->tests);
    if (bench->lua != NULL)
        fl_lua_rules_free(bench->lua);
    fl_arena_dispose(&bench->arena);
}

/* ---- one test ---- */

struct running {
    struct fl_bench *bench;
    const struct fl_rule_test *test;
    const struct fl_test_plan *plan;
    struct fl_source_list sources;
    struct fl_test_errors errors;
    struct fl_buf *text, *found;
    bool passed;
};

static void line(struct running *r, const char *before, const char *text)
{
    fl_buf_add_text(r->text, before);
    fl_escape_terminal(r->text, fl_str_of(text));
    fl_buf_add_char(r->text, '\n');
}

/* Lines that the decoder refuses say that a value given to flows{} is wrong. */
static void check_input(struct running *r, const struct fl_part *part)
{
    r->errors.line = r->test->line;
    for (uint32_t o = 0; o < part->object_count; o++) {
        const struct fl_object_stats *s = &part->objects[o];
        bool made = r->sources.items[o].path == NULL;
        if (!made && !s->recognised)
            fl_test_fail(&r->errors, "the fixture %s is no flow log: %s", r->sources.items[o].name, s->trouble);
        if (made && fl_object_bad_lines(s) > 0)
            fl_test_fail(&r->errors, "flows{} makes a line that is refused: %s",
                         s->sample_count > 0 ? s->samples[0].text : "too long");
        for (uint32_t f = 0; made && f < FL_FIELD_COUNT; f++)
            if (s->bad_values[f] > 0)
                fl_test_fail(&r->errors, "flows{}: what is given for %s is no value of it", fl_fields[f].name);
    }
    for (uint32_t i = 0; i < part->unknown_columns.count; i++)
        fl_test_fail(&r->errors, "flows{}: an AWS log has no column %.*s", (int)part->unknown_columns.keys[i].len,
                     part->unknown_columns.keys[i].ptr);
}

static const struct fl_rule_result *own_result(const struct running *r, const struct fl_report *report)
{
    for (uint32_t i = 0; i < report->rule_count; i++)
        if (strcmp(report->rules[i].id, r->bench->found.id) == 0)
            return &report->rules[i];
    return NULL;
}

/* Must the rule end as not evaluated? */
static bool is_said(const struct fl_datum *not_evaluated)
{
    return not_evaluated != NULL && (not_evaluated->flag || not_evaluated->kind == FL_DATUM_TEXT);
}

static void add_difference(struct running *r, const struct fl_datum *said, const char *reason)
{
    fl_buf_add_text(r->text, "  not_evaluated: expected \"");
    fl_escape_terminal(r->text, said->text);
    line(r, "\", got: ", reason);
}

/* not_evaluated = true, or a pattern of the reason. */
static bool is_void_as_said(struct running *r, const struct fl_datum *said, bool evaluated,
                            const struct fl_rule_result *result)
{
    const char *reason = result != NULL && result->reason != NULL ? result->reason : "";
    if (evaluated)
        line(r, "  expected: ", "the rule is not evaluated; it was");
    else if (said->kind != FL_DATUM_TEXT || fl_glob_match(said->text, fl_str_of(reason)))
        return true;
    else
        add_difference(r, said, reason);
    return false;
}

/* A call that failed left out a record or a group: what is found without it proves nothing. */
static void check_code(struct running *r, const struct fl_report *report)
{
    for (uint32_t i = 0; i < report->blind_spot_count; i++)
        if (report->blind_spots[i].kind == FL_BLIND_RULE && report->blind_spots[i].incomplete)
            fl_test_fail(&r->errors, "%s", report->blind_spots[i].text);
}

/* The findings of the rule that is tested. */
struct own_findings {
    const char *rule;
    struct fl_arena *arena;
    const struct fl_finding **items;
    uint32_t count, capacity;
};

static enum fl_status keep_own(void *context, const struct fl_finding *f)
{
    struct own_findings *own = context;
    if (strcmp(f->rule, own->rule) != 0)
        return FL_OK;
    struct fl_finding *copy = fl_arena_alloc(own->arena, sizeof *copy);
    if (copy == NULL ||
        !fl_grow((void **)&own->items, &own->capacity, own->count + 1, sizeof(const struct fl_finding *)))
        return FL_E_NOMEM;
    *copy = *f;
    own->items[own->count++] = copy;
    return FL_OK;
}

static enum fl_status check_findings(struct running *r, const struct fl_report *report, const struct fl_test_near *near,
                                     struct fl_arena *arena)
{
    const struct fl_datum *expect = fl_datum_get(r->test->body, "expect");
    const struct fl_datum *not_evaluated = fl_datum_get(r->test->body, "not_evaluated");
    const struct fl_rule_result *result = own_result(r, report);
    bool evaluated = result != NULL && result->evaluated;
    struct own_findings found = {.rule = r->bench->found.id, .arena = arena};
    struct fl_finding_visit visit = {.arena = arena, .take = keep_own, .context = &found};
    r->errors.line = r->test->line;
    if (is_said(not_evaluated)) {
        r->passed = is_void_as_said(r, not_evaluated, evaluated, result);
        if (expect == NULL)
            return FL_OK;
    } else if (!evaluated) {
        line(r, "  the rule was not evaluated: ", result != NULL && result->reason != NULL ? result->reason : "-");
        return FL_OK;
    } else {
        r->passed = true;
        check_code(r, report);
    }
    enum fl_status status = fl_report_findings(report, &visit);
    if (status == FL_OK && expect != NULL && !fl_test_compare(expect, found.items, found.count, r->text, &r->errors))
        r->passed = false;
    if (status == FL_OK && !r->passed && expect != NULL && expect->item_count > 0 && found.count == 0 &&
        r->errors.list.count == 0)
        fl_test_near_show(near, r->text);
    if (status == FL_OK && !r->passed && r->bench->updates && evaluated && r->errors.list.count == 0)
        fl_test_write_found(expect, found.items, found.count, r->found);
    fl_free(found.items);
    return status;
}

static enum fl_status run_engine(struct running *r, struct fl_arena *arena, struct fl_error *err)
{
    struct fl_bench *bench = r->bench;
    struct fl_engine_options options = {.threads = 1, .ops = &bench->ops};
    struct fl_judge_options how = {.ops = &bench->ops,
                                   .waivers = r->plan->waivers,
                                   .waiver_count = r->plan->waiver_count,
                                   .as_of_ms = INT64_MIN,
                                   .fail_on = -1,
                                   .allow_empty = true};
    struct fl_part part = {0};
    struct fl_report report = {0};
    struct fl_test_watch watch;
    struct fl_test_near near;
    if (bench->covers) {
        if (fl_test_watch_open(&watch, bench, &r->plan->plan) != FL_OK)
            return fl_fail(err, FL_E_NOMEM, "out of memory");
        options.watch = watch.rule != NULL ? &watch.row : NULL;
        how.watch = watch.rule != NULL ? &watch.judge : NULL;
    }
    fl_test_near_open(&near, &r->plan->plan, bench->found.id, fl_datum_get(r->test->body, "expect"), how.watch, arena);
    how.watch = &near.judge;
    enum fl_status status = fl_engine_run(&r->plan->plan, &r->sources, &options, &part, err);
    if (status == FL_OK)
        check_input(r, &part);
    if (status == FL_OK)
        status = open_kept_vm(&bench->vm, &how.vm, err);
    if (status == FL_OK)
        status = fl_judge(&r->plan->plan, &part, &r->sources, &how, arena, &report, err);
    if (status == FL_OK)
        status = check_findings(r, &report, &near, arena);
    fl_report_close(&report);
    for (uint32_t i = 0; i < part.rule_count; i++)
        if (part.rules[i].stateful)
            drop_vm(&bench->vm);
    fl_part_dispose(&part);
    return status;
}

static bool is_of_test(const struct fl_error *e)
{
    return strcmp(e->file, "policy of the test") == 0;
}

/* The test before this one that told the same of the rule, or NULL. */
static const char *told_by(const struct running *r, const struct fl_error *e)
{
    for (uint32_t p = 0; p < r->bench->plan_count && !is_of_test(e); p++) {
        const struct fl_test_plan *plan = r->bench->plans[p];
        for (uint32_t i = 0; plan->told_by != NULL && i < plan->errors.count; i++) {
            const struct fl_error *told = &plan->errors.items[i];
            if (told->line == e->line && told->column == e->column && strcmp(told->file, e->file) == 0 &&
                strcmp(told->text, e->text) == 0)
                return plan->told_by;
        }
    }
    return NULL;
}

/* The source line with a caret, as in the log. */
static void add_excerpt(struct running *r, const struct fl_error *e)
{
    if (is_of_test(e) || e->source_line[0] == '\0') /* a text that the user did not write */
        return;
    line(r, "    ", e->source_line);
    char caret[FL_ERROR_FILE_BYTES];
    if (fl_error_caret(e, caret))
        line(r, "    ", caret);
}

static void take_errors(struct running *r, const struct fl_error_list *list)
{
    const char *named = NULL;
    for (uint32_t i = 0; i < list->count; i++) {
        char place[FL_ERROR_FILE_BYTES + 32];
        const struct fl_error *e = &list->items[i];
        const char *before = told_by(r, e);
        r->passed = false;
        if (before != NULL) {
            if (named != before)
                line(r, "  what is wrong with the rule is told above, at: ", before);
            named = before;
            continue;
        }
        if (is_of_test(e))
            snprintf(place, sizeof place, "  %s:%u: ", r->bench->shown, r->test->line);
        else if (e->column == 0)
            snprintf(place, sizeof place, "  %s:%u: ", e->file, e->line);
        else
            snprintf(place, sizeof place, "  %s:%u:%u: ", e->file, e->line, e->column);
        fl_escape_terminal(r->text, fl_str_of(place));
        line(r, "", e->text);
        add_excerpt(r, e);
    }
}

/* A key that is missing may be one of those that nobody knows. */
static void check_keys(struct running *r)
{
    const struct fl_datum *body = r->test->body, *not_evaluated = fl_datum_get(body, "not_evaluated");
    bool known = true;
    for (uint32_t i = 0; i < body->member_count; i++)
        known &= fl_test_knows(&r->errors, "a test", body->names[i], test_keys);
    if (body->item_count > 0)
        fl_test_fail(&r->errors, "a test takes named keys only: flows = ..., expect = ...");
    if (known && fl_datum_get(body, "flows") == NULL)
        fl_test_fail(&r->errors, "flows is missing: flows = flows { ... } or file \"...\"");
    if (not_evaluated != NULL && not_evaluated->kind != FL_DATUM_FLAG && not_evaluated->kind != FL_DATUM_TEXT)
        fl_test_fail(&r->errors, "not_evaluated must be true, or a pattern of the reason in quotes");
    else if (known && !is_said(not_evaluated) && fl_datum_get(body, "expect") == NULL)
        fl_test_fail(&r->errors, "expect is missing: expect = { ... }, or expect = {} for no finding");
}

static enum fl_status run_test(struct running *r, struct fl_arena *arena, struct fl_error *err)
{
    struct fl_buf text;
    const struct fl_datum *body = r->test->body, *flows = fl_datum_get(body, "flows");
    enum fl_status status = FL_OK;
    check_keys(r);
    fl_buf_init(&text);
    fl_test_policy_text(body, r->bench->found.id, &text, &r->errors);
    struct fl_test_plan *plan = text.failed ? NULL : plan_for(r->bench, text.data);
    fl_buf_dispose(&text);
    if (plan == NULL)
        return fl_fail(err, FL_E_NOMEM, "out of memory");
    r->plan = plan;
    take_errors(r, &plan->errors);
    for (uint32_t i = 0; i < plan->errors.count; i++)
        r->bench->broken |= !is_of_test(&plan->errors.items[i]);
    if (plan->told_by == NULL)
        plan->told_by = r->test->name;
    if (!r->plan->usable)
        return FL_OK;
    char folder[4096];
    snprintf(folder, sizeof folder, "%s", r->bench->found.file);
    char *slash = strrchr(folder, '/');
    snprintf(slash != NULL ? slash : folder, slash != NULL ? 1 : 2, "%s", slash != NULL ? "" : ".");
    if (flows != NULL)
        status = fl_test_sources(flows, &r->plan->policy, folder, r->bench->found.root, &r->sources, &r->errors);
    if (status != FL_OK)
        return fl_fail(err, status, "out of memory");
    return r->errors.list.count > 0 ? FL_OK : run_engine(r, arena, err);
}

enum fl_status fl_bench_run(struct fl_bench *bench, const struct fl_rule_test *test, struct fl_test_verdict *out,
                            struct fl_error *err)
{
    *out = (struct fl_test_verdict){.bench = bench, .test = test};
    fl_buf_init(&out->text);
    fl_buf_init(&out->found);
    struct running r = {.bench = bench,
                        .test = test,
                        .errors = {.file = bench->shown, .line = test->line},
                        .text = &out->text,
                        .found = &out->found};
    struct fl_arena arena;
    fl_arena_init(&arena);
    enum fl_status status = fl_source_list_open(&r.sources, NULL, 0, err);
    if (status == FL_OK) {
        status = run_test(&r, &arena, err);
        fl_source_list_close(&r.sources);
    }
    take_errors(&r, &r.errors.list);
    out->passed = r.passed;
    if (status == FL_OK && (out->text.failed || out->found.failed || fl_memory_ran_out()))
        status = fl_fail(err, FL_E_NOMEM, "out of memory");
    fl_error_list_dispose(&r.errors.list);
    fl_arena_dispose(&arena);
    return status;
}
