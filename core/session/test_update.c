/* test_update.c: writes what was found in place of what was expected, in the text of the rule file. */
#include <ctype.h>
#include <stdlib.h>

#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/session/test_bench.h"

/* ---- Lua as far as it takes to find a table ---- */

enum token_kind { TOKEN_END, TOKEN_NAME, TOKEN_STRING, TOKEN_OTHER };
struct token {
    enum token_kind kind;
    size_t start, end;
    uint32_t line;
};
struct scanner {
    struct fl_str text;
    size_t at;
    uint32_t line;
};

static char peek(const struct scanner *s, size_t ahead)
{
    return s->at + ahead < s->text.len ? s->text.ptr[s->at + ahead] : '\0';
}

static void step(struct scanner *s, size_t bytes)
{
    for (; bytes > 0 && s->at < s->text.len; bytes--)
        s->line += s->text.ptr[s->at++] == '\n';
}

/* Behind a long bracket `[==[ ... ]==]`; false when none begins here. */
static bool skip_long(struct scanner *s)
{
    size_t level = 0;
    if (peek(s, 0) != '[')
        return false;
    while (peek(s, 1 + level) == '=')
        level++;
    if (peek(s, 1 + level) != '[')
        return false;
    step(s, level + 2);
    for (; s->at < s->text.len; step(s, 1)) {
        size_t n = 0;
        if (peek(s, 0) != ']')
            continue;
        while (n < level && peek(s, 1 + n) == '=')
            n++;
        if (n == level && peek(s, 1 + n) == ']') {
            step(s, level + 2);
            break;
        }
    }
    return true;
}

static void skip_blanks(struct scanner *s)
{
    for (;;) {
        if (isspace((unsigned char)peek(s, 0)) && s->at < s->text.len) {
            step(s, 1);
        } else if (peek(s, 0) == '-' && peek(s, 1) == '-') {
            step(s, 2);
            if (!skip_long(s))
                while (s->at < s->text.len && peek(s, 0) != '\n')
                    step(s, 1);
        } else {
            return;
        }
    }
}

static void skip_quoted(struct scanner *s)
{
    char quote = peek(s, 0);
    step(s, 1);
    while (s->at < s->text.len && peek(s, 0) != quote)
        step(s, peek(s, 0) == '\\' ? 2 : 1);
    step(s, 1);
}

static struct token next(struct scanner *s)
{
    skip_blanks(s);
    struct token t = {TOKEN_OTHER, s->at, 0, s->line};
    char c = peek(s, 0);
    if (s->at >= s->text.len) {
        t.kind = TOKEN_END;
    } else if (c == '"' || c == '\'') {
        t.kind = TOKEN_STRING;
        skip_quoted(s);
    } else if (isalnum((unsigned char)c) || c == '_') {
        t.kind = TOKEN_NAME;
        while (isalnum((unsigned char)peek(s, 0)) || peek(s, 0) == '_')
            step(s, 1);
    } else if (skip_long(s)) {
        t.kind = TOKEN_STRING;
    } else {
        bool pair = (c == '=' || c == '~' || c == '<' || c == '>') && peek(s, 1) == '=';
        step(s, pair ? 2 : 1);
    }
    t.end = s->at;
    return t;
}

static bool is(const struct scanner *s, const struct token *t, const char *text)
{
    return t->kind != TOKEN_STRING && fl_str_is((struct fl_str){s->text.ptr + t->start, t->end - t->start}, text);
}

/* From behind an opening bracket to behind its closing one. */
static struct token close_bracket(struct scanner *s)
{
    unsigned depth = 1;
    struct token t = {0};
    while (depth > 0 && (t = next(s)).kind != TOKEN_END) {
        if (is(s, &t, "{") || is(s, &t, "(") || is(s, &t, "["))
            depth++;
        if (is(s, &t, "}") || is(s, &t, ")") || is(s, &t, "]"))
            depth--;
    }
    return t;
}

/* The table behind `expect =` in a test's table, whose opening bracket was read. */
static bool find_expect(struct scanner *s, size_t *start, size_t *end)
{
    struct token before = {0}, t = next(s);
    for (bool first = true; t.kind != TOKEN_END && !is(s, &t, "}"); first = false) {
        bool begins = first || is(s, &before, ",") || is(s, &before, ";");
        before = t;
        if (begins && is(s, &t, "expect")) {
            struct token equals = next(s), open = next(s);
            if (!is(s, &equals, "=") || !is(s, &open, "{"))
                return false;
            struct token close = close_bracket(s);
            *start = open.start;
            *end = close.end;
            struct token behind = next(s);
            return is(s, &close, "}") && (is(s, &behind, ",") || is(s, &behind, ";") || is(s, &behind, "}"));
        }
        if (is(s, &t, "{") || is(s, &t, "(") || is(s, &t, "["))
            before = close_bracket(s);
        t = next(s);
    }
    return false;
}

/* The expect table of the test whose table begins on this line: test "name" { ... }. */
static bool find_test(struct fl_str text, uint32_t line, size_t *start, size_t *end)
{
    struct scanner s = {text, 0, 1};
    struct token t;
    while ((t = next(&s)).kind != TOKEN_END) {
        if (!is(&s, &t, "test"))
            continue;
        struct token name = next(&s);
        if (is(&s, &name, "("))
            close_bracket(&s);
        else if (name.kind != TOKEN_STRING)
            continue;
        struct token open = next(&s);
        if (is(&s, &open, "{") && open.line == line)
            return find_expect(&s, start, end);
    }
    return false;
}

/* ---- */

struct change {
    size_t start, end;
    const struct fl_buf *text;
};

static int compare_changes(const void *a, const void *b)
{
    const struct change *x = a, *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

static uint32_t tests_on_line(const struct fl_bench *bench, uint32_t line)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < bench->tests.count; i++)
        count += bench->tests.items[i].line == line;
    return count;
}

/* The changes of one file; those that cannot be made are told. */
static uint32_t collect(struct fl_bench *bench, const struct fl_test_verdict *verdicts, uint32_t count,
                        struct change *changes)
{
    uint32_t made = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct fl_test_verdict *v = &verdicts[i];
        struct change *c = &changes[made];
        if (v->bench != bench || v->passed)
            continue;
        if (v->found.len == 0)
            fl_log_warning("%s:%u: cannot be updated: see what is wrong with it", bench->shown, v->test->line);
        else if (tests_on_line(bench, v->test->line) > 1)
            fl_log_warning("%s:%u: cannot be updated: several tests are made there", bench->shown, v->test->line);
        else if (!find_test(bench->decl->file_text, v->test->line, &c->start, &c->end))
            fl_log_warning("%s:%u: cannot be updated: expect is not written as a table", bench->shown, v->test->line);
        else
            changes[made++].text = &v->found;
    }
    return made;
}

/* Writes a file anew with its changes. */
static bool rewrite(const struct fl_bench *bench, struct change *changes, uint32_t count)
{
    struct fl_buf out;
    struct fl_str text = bench->decl->file_text;
    size_t at = 0;
    fl_buf_init(&out);
    qsort(changes, count, sizeof *changes, compare_changes);
    for (uint32_t i = 0; i < count; i++) {
        fl_buf_add(&out, text.ptr + at, changes[i].start - at);
        fl_buf_add(&out, changes[i].text->data, changes[i].text->len);
        at = changes[i].end;
    }
    fl_buf_add(&out, text.ptr + at, text.len - at);
    bool ok = !out.failed && fl_session_write_file(bench->found.file, (struct fl_str){out.data, out.len});
    fl_buf_dispose(&out);
    return ok;
}

uint32_t fl_test_update(struct fl_bench *benches, uint32_t bench_count, const struct fl_test_verdict *verdicts,
                        uint32_t count)
{
    uint32_t updated = 0;
    struct change *changes = fl_alloc_zero((size_t)count + 1, sizeof *changes);
    for (uint32_t i = 0; changes != NULL && i < bench_count; i++) {
        uint32_t made = collect(&benches[i], verdicts, count, changes);
        if (made > 0 && rewrite(&benches[i], changes, made))
            updated += made;
    }
    fl_free(changes);
    return updated;
}
