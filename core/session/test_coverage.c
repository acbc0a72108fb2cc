/* test_coverage.c: which terms of a rule its tests have seen true and seen false. */
#include <string.h>

#include "core/base/escape.h"
#include "core/base/memory.h"
#include "core/session/explain.h"
#include "core/session/test_bench.h"

#define TERM_SHOWN 200u
#define TERMS_MAX  1000u

static bool is_junction(const struct fl_node *node)
{
    return node->kind == FL_N_AND || node->kind == FL_N_OR || node->kind == FL_N_NOT;
}

static uint32_t count_terms(const struct fl_node *node)
{
    if (node == NULL)
        return 0;
    return is_junction(node) ? count_terms(node->left) + count_terms(node->right) : 1;
}

/* Where the term begins in the text. */
static uint32_t start_of(const struct fl_node *node)
{
    while (node->left != NULL)
        node = node->left;
    return node->at;
}

/* Drops what joins a term to the next one: `and`, `or`, `not`, blanks, brackets that close none of its own. */
static struct fl_str trim(struct fl_str text)
{
    static const char *const joints[] = {"and", "or", "not"};
    for (size_t before = text.len + 1; text.len < before;) {
        int open = 0;
        before = text.len;
        while (text.len > 0 && strchr(" \n\t(", text.ptr[text.len - 1]) != NULL)
            text.len--;
        for (size_t i = 0; i < text.len; i++)
            open += text.ptr[i] == '(' ? 1 : text.ptr[i] == ')' ? -1 : 0;
        if (open < 0 && text.len > 0 && text.ptr[text.len - 1] == ')')
            text.len--;
        for (size_t i = 0; i < sizeof joints / sizeof joints[0]; i++) {
            size_t len = strlen(joints[i]);
            if (text.len > len && memcmp(text.ptr + text.len - len, joints[i], len) == 0 &&
                strchr(" \n\t)", text.ptr[text.len - len - 1]) != NULL)
                text.len -= len;
        }
    }
    return text;
}

/* Is it written the other way round than it is asked: `not in`, `not matches`, `is not null`? */
static bool is_negated(const char *text)
{
    return strstr(text, " not in ") != NULL || strstr(text, " not matches ") != NULL ||
           strstr(text, " is not null") != NULL;
}

static void find_starts(const struct fl_node *node, uint32_t starts[TERMS_MAX], uint32_t *count)
{
    if (is_junction(node)) {
        find_starts(node->left, starts, count);
        if (node->right != NULL)
            find_starts(node->right, starts, count);
    } else if (*count < TERMS_MAX) {
        starts[(*count)++] = start_of(node);
    }
}

/* Names the terms of a condition as they are written in the rule. */
static bool name_terms(struct fl_bench *bench, const struct fl_node *node, const char *text, const char *part)
{
    uint32_t starts[TERMS_MAX], count = 0;
    find_starts(node, starts, &count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t end = i + 1 < count ? starts[i + 1] : (uint32_t)strlen(text);
        struct fl_str term = trim((struct fl_str){text + starts[i], end > starts[i] ? end - starts[i] : 0});
        term.len = term.len < TERM_SHOWN ? term.len : TERM_SHOWN;
        char *kept = fl_arena_strndup(&bench->arena, term.ptr, term.len);
        if (kept == NULL)
            return false;
        bench->terms[bench->term_count++] =
            (struct fl_test_term){.part = part, .text = kept, .negated = is_negated(kept)};
    }
    return true;
}

/* Takes the terms from the first plan; values of parameters differ between plans, terms do not. */
static enum fl_status list_terms(struct fl_bench *bench, const struct fl_plan_rule *rule)
{
    /* `where` of a rule that reads groups of other rules is not asked of records. */
    const struct fl_node *where = rule->from == NULL ? rule->where : NULL;
    size_t count = (size_t)count_terms(where) + count_terms(rule->having);
    bench->terms = fl_alloc_zero(count + 1, sizeof *bench->terms);
    bool named = bench->terms != NULL;
    if (named && where != NULL)
        named = name_terms(bench, where, rule->decl->where, "where");
    bench->where_terms = bench->term_count;
    if (named && rule->having != NULL)
        named = name_terms(bench, rule->having, rule->decl->having, "having");
    return named ? FL_OK : FL_E_NOMEM;
}

/* Asks each term below a node; *at is its index. */
static void see_terms(struct fl_bench *bench, const struct fl_node *node, const struct fl_explain_values *values,
                      uint32_t *at)
{
    if (node == NULL)
        return;
    if (is_junction(node)) {
        see_terms(bench, node->left, values, at);
        see_terms(bench, node->right, values, at);
        return;
    }
    if (*at >= bench->term_count)
        return;
    struct fl_test_term *term = &bench->terms[(*at)++];
    int truth = fl_explain_truth(node, values);
    if (truth >= 0)
        term->seen[term->negated ? !truth : truth] = true;
}

static const struct fl_plan_rule *own_rule(const struct fl_test_watch *w)
{
    for (uint32_t i = 0; i < w->plan->rule_count; i++)
        if (strcmp(w->plan->rules[i].decl->id, w->bench->found.id) == 0)
            return &w->plan->rules[i];
    return NULL;
}

static enum fl_status take_row(void *context, const struct fl_batch *batch, uint32_t row)
{
    struct fl_test_watch *w = context;
    struct fl_value fields[FL_FIELD_COUNT];
    if (w->rule->from != NULL)
        return FL_OK;
    for (uint32_t f = 0; f < FL_FIELD_COUNT; f++) {
        fields[f] = FL_VALUE_NULL;
        if (fl_field_set_has(&w->plan->wanted, f))
            fl_batch_value(batch, f, row, &fields[f]);
    }
    struct fl_explain_values values = {.plan = w->plan, .rule = w->rule, .fields = fields};
    uint32_t at = 0;
    see_terms(w->bench, w->rule->where, &values, &at);
    return FL_OK;
}

static enum fl_status take_group(void *context, uint32_t rule, const struct fl_judged_group *group)
{
    struct fl_test_watch *w = context;
    if (&w->plan->rules[rule] != w->rule)
        return FL_OK;
    struct fl_explain_values values = {.plan = w->plan, .rule = w->rule, .slots = group->slots};
    uint32_t at = w->bench->where_terms;
    see_terms(w->bench, w->rule->having, &values, &at);
    return FL_OK;
}

static enum fl_status take_hit(void *context, const struct fl_judged_hit *hit)
{
    (void)context;
    (void)hit;
    return FL_OK;
}

enum fl_status fl_test_watch_open(struct fl_test_watch *w, struct fl_bench *bench, const struct fl_plan *plan)
{
    *w = (struct fl_test_watch){.bench = bench, .plan = plan};
    w->rule = own_rule(w);
    w->row = (struct fl_row_watch){.every = true, .context = w, .take = take_row};
    w->judge = (struct fl_judge_watch){w, take_group, take_hit};
    if (w->rule == NULL || bench->terms != NULL)
        return FL_OK;
    return list_terms(bench, w->rule);
}

/* ---- */

static void add_term(struct fl_buf *out, const struct fl_bench *bench, const struct fl_test_term *term)
{
    fl_buf_add_text(out, "  ");
    fl_escape_terminal(out, fl_str_of(bench->found.id));
    fl_buf_add_format(out, ": %s: no test makes this %s: ", term->part,
                      !term->seen[0] && !term->seen[1] ? "true, none false"
                      : term->seen[1]                  ? "false"
                                                       : "true");
    fl_escape_terminal(out, fl_str_of(term->text));
    fl_buf_add_char(out, '\n');
}

void fl_test_coverage(const struct fl_bench *benches, uint32_t count, struct fl_buf *out)
{
    uint32_t tested = 0, terms = 0, covered = 0, rules = 0;
    fl_buf_add_text(out, "coverage\n");
    for (uint32_t i = 0; i < count; i++) {
        const struct fl_bench *bench = &benches[i];
        if (bench->decl == NULL)
            continue;
        rules++;
        tested += bench->tests.count > 0;
        if (bench->tests.count == 0) {
            fl_buf_add_text(out, "  ");
            fl_escape_terminal(out, fl_str_of(bench->found.id));
            fl_buf_add_text(out, ": no test\n");
        }
        terms += bench->term_count;
        for (uint32_t k = 0; k < bench->term_count; k++) {
            bool both = bench->terms[k].seen[0] && bench->terms[k].seen[1];
            covered += both;
            if (!both)
                add_term(out, bench, &bench->terms[k]);
        }
    }
    fl_buf_add_format(out, "%u of ", tested);
    fl_buf_add_count(out, rules, "rules");
    fl_buf_add_format(out, " ha%s tests; %u of ", rules == 1 ? "s" : "ve", covered);
    fl_buf_add_count(out, terms, "terms");
    fl_buf_add_format(out, " %s both true and false\n", terms == 1 ? "was" : "were");
}
