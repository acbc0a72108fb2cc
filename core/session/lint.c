#include "core/session/lint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"

static bool same(const struct fl_lint *a, const struct fl_lint *b)
{
    return a->code == b->code && a->at.line == b->at.line && a->at.column == b->at.column &&
           strcmp(a->at.file, b->at.file) == 0 && strcmp(a->at.text, b->at.text) == 0;
}

/* Instances of one rule file make one warning of what they share. */
static void add(struct fl_linting *l, enum fl_lint_code code, const char *rule, const char *todo,
                const struct fl_error *at)
{
    struct fl_lint item = {.code = code, .rule = rule, .todo = todo, .at = *at};
    for (uint32_t i = 0; i < l->count; i++)
        if (same(&l->items[i], &item))
            return;
    if (!fl_grow((void **)&l->items, &l->capacity, l->count + 1, sizeof *l->items))
        l->nomem = true;
    else
        l->items[l->count++] = item;
}

/* How a rule is written, whatever the policy and the logs: of no use to those who cannot change it. */
static bool is_about_writing(enum fl_lint_code code)
{
    return code == FL_LINT_PARAM || code == FL_LINT_NO_TEST || code == FL_LINT_UNBOUNDED || code == FL_LINT_CODE ||
           code == FL_LINT_WINDOW || code == FL_LINT_TEST_NAME || code == FL_LINT_HALF;
}

void fl_lint_rule(struct fl_linting *l, enum fl_lint_code code, const struct fl_rule_decl *decl,
                  const struct fl_rule_spot *spot, uint32_t column, const char *todo, const char *format, ...)
{
    if (decl->bundled && is_about_writing(code))
        return;
    char text[FL_ERROR_TEXT_BYTES];
    struct fl_error err;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fl_fail(&err, FL_E_VALUE, "rule %s: %.700s", decl->base_id, text);
    err.line = 1;
    err.column = column;
    fl_rule_locate(decl->file_text, decl->line, spot, &err);
    fl_error_at(&err, decl->file, err.line, err.column);
    add(l, code, decl->id, todo, &err);
}

void fl_lint_file(struct fl_linting *l, enum fl_lint_code code, const struct fl_rule_decl *decl, size_t at,
                  const char *todo, const char *format, ...)
{
    if (decl->bundled && is_about_writing(code))
        return;
    char text[FL_ERROR_TEXT_BYTES];
    struct fl_error err;
    uint32_t line = 1;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fl_fail(&err, FL_E_VALUE, "rule %s: %.700s", decl->base_id, text);
    for (size_t i = 0; i < at; i++)
        line += decl->file_text.ptr[i] == '\n';
    struct fl_str shown = fl_text_line(decl->file_text, line);
    fl_error_at(&err, decl->file, line, (uint32_t)(decl->file_text.ptr + at - shown.ptr) + 1);
    fl_error_show(&err, shown);
    add(l, code, decl->id, todo, &err);
}

void fl_lint_policy(struct fl_linting *l, enum fl_lint_code code, const char *name, uint32_t line, uint32_t column,
                    const char *todo, const char *format, ...)
{
    struct fl_error err;
    va_list args;
    va_start(args, format);
    fl_fail_args(&err, FL_E_VALUE, format, args);
    va_end(args);
    fl_policy_error_at(&l->session->policy, &err, line, column);
    add(l, code, name, todo, &err);
}

static int compare(const void *left, const void *right)
{
    const struct fl_lint *a = left, *b = right;
    int c = strcmp(a->at.file, b->at.file);
    if (c == 0)
        c = a->at.line < b->at.line ? -1 : a->at.line > b->at.line;
    if (c == 0)
        c = a->at.column < b->at.column ? -1 : a->at.column > b->at.column;
    if (c == 0)
        c = (int)a->code - (int)b->code;
    return c != 0 ? c : strcmp(a->at.text, b->at.text);
}

enum fl_status fl_lint_run(struct fl_linting *l, const struct fl_source_list *sources, const struct fl_part *part,
                           struct fl_error *err)
{
    struct fl_network_source networks = fl_policy_network_source(&l->session->policy);
    l->domains = fl_domains_new(&networks);
    if (l->domains == NULL)
        return fl_fail(err, FL_E_NOMEM, "out of memory");
    fl_lint_conditions(l); /* also of intents: their networks are compared with each other */
    fl_lint_rules(l);
    fl_lint_networks(l);
    fl_lint_policy_itself(l);
    fl_lint_names(l);
    if (sources != NULL)
        fl_lint_input(l, sources, part);
    fl_domains_free(l->domains);
    l->domains = NULL;
    if (l->nomem)
        return fl_fail(err, FL_E_NOMEM, "out of memory");
    if (l->count > 1)
        qsort(l->items, l->count, sizeof *l->items, compare);
    return FL_OK;
}

void fl_lint_dispose(struct fl_linting *l)
{
    fl_free(l->items);
    *l = (struct fl_linting){0};
}
