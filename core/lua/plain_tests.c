/* plain_tests.c: leaves the tests of a rule file out of its text, so that a run without tests need not compile them.
 *
 * Left out is only what could neither fail nor do anything: blocks at the top of the file that are a name and tables of
 * texts, numbers, flags, flows{ ... } and file "...". Where anything is out of the ordinary, the whole text stays: a
 * word of a test is used elsewhere, or one could see where a block stood (`return`).
 */
#include <string.h>

#include "core/lua/vm.h"

/* Lua compiles tables of this depth, with so many members of lists waiting in registers; 50 are stored at a time. */
enum { DEPTH_MAX = 8, PENDING_MAX = 150, STORED_TOGETHER = 50 };
/* Longer texts are taken from the budget of the file. */
enum { TEXT_BYTES_MAX = 512 };

enum kind { END, NAME, TEXT, OTHER_TEXT, NUMBER, MARK, ODD };

struct token {
    enum kind kind;
    char mark;
    struct fl_str text; /* of a name, or the bytes of what else it is */
};

struct scan {
    const char *at, *end;
    struct token now;
    unsigned depth, pending; /* of the tables around */
};

static inline bool is_word(char c)
{
    return (unsigned)(c | 32) - 'a' < 26 || (unsigned)c - '0' < 10 || c == '_';
}

static inline bool is_digit(char c)
{
    return (unsigned)c - '0' < 10;
}

/* False at what may be a comment of many lines. */
static bool skip_space(struct scan *s)
{
    while (s->at < s->end) {
        if (*s->at == ' ' || *s->at == '\t' || *s->at == '\n') {
            s->at++;
        } else if (s->end - s->at >= 2 && s->at[0] == '-' && s->at[1] == '-') {
            if (s->end - s->at >= 3 && s->at[2] == '[')
                return false;
            const char *line_end = memchr(s->at, '\n', (size_t)(s->end - s->at));
            s->at = line_end == NULL ? s->end : line_end;
        } else {
            break;
        }
    }
    return true;
}

static enum kind with_escapes(struct scan *s, char quote)
{
    for (s->at++; s->at < s->end && *s->at != quote; s->at++) {
        if (*s->at == '\n')
            return ODD;
        s->at += *s->at == '\\';
    }
    s->at++;
    return s->at > s->end ? ODD : OTHER_TEXT;
}

static enum kind quoted(struct scan *s)
{
    const char *from = s->at, *quote = memchr(from + 1, *from, (size_t)(s->end - from - 1));
    size_t len = quote == NULL ? 0 : (size_t)(quote + 1 - from);
    if (quote == NULL || memchr(from, '\\', len) != NULL)
        return with_escapes(s, *from);
    s->at = quote + 1;
    if (memchr(from, '\n', len) != NULL)
        return ODD;
    return len > TEXT_BYTES_MAX ? OTHER_TEXT : TEXT;
}

static enum kind word(struct scan *s)
{
    bool number = is_digit(*s->at);
    while (s->at < s->end && (is_word(*s->at) || (number && *s->at == '.')))
        s->at++;
    return number ? NUMBER : NAME;
}

static void advance(struct scan *s)
{
    if (!skip_space(s)) {
        s->now.kind = ODD;
        return;
    }
    const char *from = s->at;
    s->now = (struct token){.kind = END, .mark = from < s->end ? *from : '\0', .text = {from, 0}};
    if (from == s->end)
        return;
    if (*s->at == '"' || *s->at == '\'') {
        s->now.kind = quoted(s);
    } else if (is_word(*s->at)) {
        s->now.kind = word(s);
    } else {
        s->at++;
        bool long_text = s->now.mark == '[' && s->at < s->end && (*s->at == '[' || *s->at == '=');
        s->now.kind = long_text ? ODD : MARK;
    }
    s->now.text.len = (size_t)(s->at - from);
}

static bool at_mark(const struct scan *s, char mark)
{
    return s->now.kind == MARK && s->now.mark == mark;
}

static bool is_in(struct fl_str name, const char *const words[])
{
    while (*words != NULL && !fl_str_is(name, *words))
        words++;
    return *words != NULL;
}

static bool at_keyword(const struct scan *s)
{
    static const char *const keywords[] = {"and",      "break",  "do",   "else", "elseif", "end",   "false", "for",
                                           "function", "goto",   "if",   "in",   "local",  "nil",   "not",   "or",
                                           "repeat",   "return", "then", "true", "until",  "while", NULL};
    return s->now.kind == NAME && is_in(s->now.text, keywords);
}

/* ---- what is plain: behind it is then the next token ---- */

/* Digits, and more behind one dot. */
static bool plain_number(struct scan *s)
{
    size_t at = 0, len = s->now.text.len;
    const char *text = s->now.text.ptr;
    while (at < len && is_digit(text[at]))
        at++;
    if (at + 1 < len && text[at] == '.')
        for (at++; at < len && is_digit(text[at]); at++)
            ;
    bool plain = s->now.kind == NUMBER && at == len && len <= 15;
    advance(s);
    return plain;
}

static bool plain_table(struct scan *s);

static bool plain_value(struct scan *s)
{
    static const char *const constants[] = {"true", "false", "nil", NULL};
    bool is_file = false;
    if (at_mark(s, '{'))
        return plain_table(s);
    if (at_mark(s, '-')) {
        advance(s);
        return plain_number(s);
    }
    if (s->now.kind == NUMBER)
        return plain_number(s);
    if (s->now.kind == NAME) {
        bool constant = is_in(s->now.text, constants), is_flows = fl_str_is(s->now.text, "flows");
        is_file = fl_str_is(s->now.text, "file");
        advance(s);
        if (!is_file)
            return constant || (is_flows && at_mark(s, '{') && plain_table(s));
    }
    bool plain = s->now.kind == TEXT;
    advance(s);
    return plain;
}

/* Behind the name and the sign of a member; false where none is. */
static bool member_name(struct scan *s)
{
    struct scan ahead = *s;
    if (s->now.kind != NAME || at_keyword(s))
        return false;
    advance(&ahead);
    if (!at_mark(&ahead, '='))
        return false;
    advance(&ahead);
    *s = ahead;
    return true;
}

static bool plain_table(struct scan *s)
{
    unsigned listed = 0;
    if (++s->depth > DEPTH_MAX)
        return false;
    advance(s);
    while (!at_mark(s, '}')) {
        if (!member_name(s) && listed < STORED_TOGETHER) {
            listed++;
            s->pending++;
        }
        if (s->pending > PENDING_MAX || !plain_value(s))
            return false;
        if (at_mark(s, ',') || at_mark(s, ';'))
            advance(s);
        else if (!at_mark(s, '}'))
            return false;
    }
    s->depth--;
    s->pending -= listed;
    advance(s);
    return true;
}

/* test "name" { ... }, and behind it something that begins a statement. */
static bool plain_test(struct scan *s)
{
    advance(s);
    if (s->now.kind != TEXT)
        return false;
    advance(s);
    if (!at_mark(s, '{') || !plain_table(s))
        return false;
    return s->now.kind == END || (s->now.kind == NAME && (!at_keyword(s) || fl_str_is(s->now.text, "local")));
}

/* ---- the file ---- */

/* Where the top of the file is not: in how many brackets, and in how many bodies that end with `end` or `until`. */
struct nesting {
    int brackets, bodies;
};

static void nest(struct nesting *n, const struct token *token)
{
    static const char *const begins[] = {"function", "if", "do", "repeat", NULL}, *const ends[] = {"end", "until",
                                                                                                   NULL};
    if (token->kind == NAME) {
        n->bodies += is_in(token->text, begins) - is_in(token->text, ends);
    } else if (token->kind == MARK) {
        char mark = token->mark;
        n->brackets += (mark == '(' || mark == '[' || mark == '{') - (mark == ')' || mark == ']' || mark == '}');
    }
}

static char *copy_lines(char *to, const char *from, const char *end)
{
    while ((from = memchr(from, '\n', (size_t)(end - from))) != NULL) {
        *to++ = '\n';
        from++;
    }
    return to;
}

bool fl_lua_leave_out_tests(struct fl_str text, char *out, size_t *len)
{
    static const char *const of_tests[] = {"flows", "file", "_ENV", NULL};
    struct scan s = {.at = text.ptr, .end = text.ptr + text.len};
    struct nesting nesting = {0, 0};
    const char *from = text.ptr;
    char *to = out;
    bool statement_ended = true;
    if (memchr(text.ptr, '\r', text.len) != NULL)
        return false;
    advance(&s);
    while (s.now.kind != END) {
        bool at_top = nesting.brackets == 0 && nesting.bodies == 0;
        if (s.now.kind == NAME && fl_str_is(s.now.text, "test")) {
            const char *block = s.now.text.ptr;
            if (!at_top || !statement_ended || !plain_test(&s))
                return false;
            memcpy(to, from, (size_t)(block - from));
            to = copy_lines(to + (block - from), block, s.now.text.ptr);
            from = s.now.text.ptr;
            continue;
        }
        if (s.now.kind == ODD ||
            (s.now.kind == NAME && (is_in(s.now.text, of_tests) || (at_top && fl_str_is(s.now.text, "return")))))
            return false;
        nest(&nesting, &s.now);
        statement_ended = at_mark(&s, '}') || at_mark(&s, ')');
        advance(&s);
    }
    memcpy(to, from, (size_t)(s.end - from));
    to += s.end - from;
    *to = '\0';
    *len = (size_t)(to - out);
    return *len < text.len;
}
