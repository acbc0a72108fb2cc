/* template.c: texts with {measure} {key} {counter} {$param}. */
#include <string.h>

#include "core/rule/compile.h"

static bool add_part(struct fl_template *t, const char *text, uint32_t slot, uint32_t member)
{
    if (text != NULL && *text == '\0' && slot == UINT32_MAX)
        return true;
    t->parts[t->count++] = (struct fl_template_part){text, slot, member};
    return true;
}

/* {$currency} is that of the policy's prices, unless the rule has a parameter of that name. */
static const char *param_text(const struct fl_plan_rule *rule, struct fl_str name)
{
    const struct fl_plan_param *p = fl_plan_rule_param(rule, name);
    if (p != NULL)
        return p->text;
    if (fl_str_is(name, "currency"))
        return rule->currency;
    return NULL;
}

static enum fl_status add_name(struct fl_template *t, const struct fl_plan_rule *rule, struct fl_str name,
                               struct fl_error *err)
{
    enum fl_type type;
    if (name.len > 0 && name.ptr[0] == '$') {
        const char *text = param_text(rule, (struct fl_str){name.ptr + 1, name.len - 1});
        if (text == NULL)
            return fl_fail(err, FL_E_NAME, "the text names {%.*s}, but the rule has no such parameter", (int)name.len,
                           name.ptr);
        add_part(t, text, UINT32_MAX, 0);
        return FL_OK;
    }
    const char *dot = memchr(name.ptr, '.', name.len);
    struct fl_str base = {name.ptr, dot != NULL ? (size_t)(dot - name.ptr) : name.len};
    uint32_t slot = fl_plan_rule_slot(rule, name, &type), member = 0;
    if (slot == UINT32_MAX && dot != NULL) {
        slot = fl_plan_rule_slot(rule, base, &type);
        struct fl_str after = {dot + 1, name.len - base.len - 1};
        if (slot != UINT32_MAX && !fl_plan_rule_member(rule, slot, after, &member, &type))
            slot = UINT32_MAX;
    }
    if (slot == UINT32_MAX)
        return fl_fail(err, FL_E_NAME, "the text names {%.*s}, which is no measure, group key or counter of this rule",
                       (int)name.len, name.ptr);
    add_part(t, NULL, slot, member);
    return FL_OK;
}

/* The error's place in the text. */
static enum fl_status fail_at(enum fl_status status, const char *text, const char *at, struct fl_error *err)
{
    uint32_t line = 1;
    const char *start = text;
    for (const char *p = text; p < at; p++) {
        if (*p == '\n') {
            line++;
            start = p + 1;
        }
    }
    fl_error_at(err, NULL, line, (uint32_t)(at - start) + 1);
    return status;
}

enum fl_status fl_template_compile(const char *text, const struct fl_plan_rule *rule, struct fl_arena *arena,
                                   struct fl_template *out, struct fl_error *err)
{
    uint32_t braces = 0;
    for (const char *p = text; *p != '\0'; p++)
        braces += *p == '{';
    out->count = 0;
    out->by_core = false;
    out->parts = fl_arena_alloc(arena, (2 * (size_t)braces + 1) * sizeof *out->parts);
    if (out->parts == NULL)
        return fl_fail(err, FL_E_NOMEM, "out of memory");
    const char *p = text;
    for (;;) {
        const char *open = strchr(p, '{');
        const char *close = open != NULL ? strchr(open, '}') : NULL;
        if (open != NULL && close == NULL)
            return fail_at(fl_fail(err, FL_E_SYNTAX, "the text has a '{' without '}': %s", open), text, open, err);
        size_t literal = open != NULL ? (size_t)(open - p) : strlen(p);
        char *copy = fl_arena_strndup(arena, p, literal);
        if (copy == NULL)
            return fl_fail(err, FL_E_NOMEM, "out of memory");
        add_part(out, copy, UINT32_MAX, 0);
        if (open == NULL)
            return FL_OK;
        struct fl_str name = {open + 1, (size_t)(close - open - 1)};
        enum fl_status status = add_name(out, rule, name, err);
        if (status != FL_OK)
            return fail_at(status, text, open + 1, err);
        p = close + 1;
    }
}
