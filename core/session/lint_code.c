/* lint_code.c: FL007, FL017, and counting tests. Reads the text of the rule file; nothing is run. */
#include <string.h>

#include "core/base/map.h"
#include "core/rule/lua_text.h"
#include "core/session/lint.h"

struct reading {
    struct fl_str file;
    size_t at;
    struct fl_lua_token now;
    struct fl_str flow; /* name of the function's argument */
    uint32_t field;     /* that was read last */
    struct fl_buf where;
    bool reads_flow, fits;
};

static struct fl_str text_of(const struct reading *r)
{
    return (struct fl_str){r->file.ptr + r->now.from, r->now.to - r->now.from};
}

static void advance(struct reading *r)
{
    r->now = fl_lua_next(r->file, &r->at);
}

static bool at_word(const struct reading *r, const char *word)
{
    return (r->now.kind == FL_LUA_NAME || r->now.kind == FL_LUA_MARK) && fl_str_is(text_of(r), word);
}

static bool take_word(struct reading *r, const char *word)
{
    bool is = at_word(r, word);
    if (is)
        advance(r);
    return is;
}

uint32_t fl_lint_tests(struct fl_str file)
{
    uint32_t tests = 0;
    struct reading r = {.file = file};
    for (advance(&r); r.now.kind != FL_LUA_END;) {
        bool test = at_word(&r, "test");
        advance(&r);
        tests += test && (r.now.kind == FL_LUA_STRING || at_word(&r, "("));
    }
    return tests;
}

/* Names as they are written; one that code puts together is not read. */
static bool next_test(struct reading *r, struct fl_lua_token *name)
{
    while (r->now.kind != FL_LUA_END) {
        bool test = take_word(r, "test");
        if (!test)
            advance(r);
        else if (take_word(r, "(") || r->now.kind == FL_LUA_STRING)
            *name = r->now;
        if (!test || r->now.kind != FL_LUA_STRING)
            continue;
        advance(r);
        if (!at_word(r, "."))
            return true;
    }
    return false;
}

void fl_lint_test_names(struct fl_linting *l, const struct fl_rule_decl *decl)
{
    struct reading r = {.file = decl->file_text};
    struct fl_lua_token name = {0};
    struct fl_map names;
    fl_map_init(&names);
    for (advance(&r); !l->nomem && next_test(&r, &name);) {
        struct fl_str words = {r.file.ptr + name.from, name.to - name.from};
        uint32_t before = names.count;
        l->nomem |= fl_map_intern(&names, words) == FL_MAP_NONE;
        if (names.count == before && !l->nomem)
            fl_lint_file(l, FL_LINT_TEST_NAME, decl, name.from, "give it a name that says what it is about",
                         "an earlier test is called \"%.*s\" too: which of them fails cannot be told", (int)words.len,
                         words.ptr);
    }
    fl_map_dispose(&names);
}

/* ---- an expression over fields and constants, as a condition ---- */

static void add_blank(struct reading *r)
{
    if (r->where.len > 0 && r->where.data[r->where.len - 1] != '(')
        fl_buf_add_char(&r->where, ' ');
}

/* `.name` behind the argument. */
static bool take_field(struct reading *r)
{
    if (!take_word(r, ".") || r->now.kind != FL_LUA_NAME || fl_field_find(text_of(r)) == FL_FIELD_NONE)
        return false;
    fl_buf_add(&r->where, text_of(r).ptr, text_of(r).len);
    r->field = fl_field_find(text_of(r));
    r->reads_flow = true;
    advance(r);
    return true;
}

static bool is_number(struct fl_str s)
{
    return s.len > 0 && strspn(s.ptr, "0123456789") >= s.len;
}

/* A comparison of two bytes; one of one byte is not taken for it. */
static const char *operator_at(struct reading *r)
{
    static const struct {
        const char *lua, *ours;
    } operators[] = {{"==", "=="}, {"~=", "!="}, {"<=", "<="}, {">=", ">="}, {"<", "<"},
                     {">", ">"},   {"+", "+"},   {"-", "-"},   {"*", "*"}};
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        size_t len = strlen(operators[i].lua);
        if (r->now.from + len > r->file.len || memcmp(r->file.ptr + r->now.from, operators[i].lua, len) != 0)
            continue;
        advance(r);
        if (len == 2)
            advance(r);
        return operators[i].ours;
    }
    return NULL;
}

static bool take_or(struct reading *r);

/* flow.field, a number, a text, or an expression in brackets. */
static bool take_operand(struct reading *r)
{
    add_blank(r);
    if (r->now.kind == FL_LUA_STRING && !r->now.raw && memchr(text_of(r).ptr, '\\', text_of(r).len) == NULL) {
        /* Lua has addresses and names of a few as text, conditions as words. */
        const char *mark = r->field == FL_FIELD_NONE || fl_fields[r->field].type == FL_T_STR ? "\"" : "";
        fl_buf_add_format(&r->where, "%s%.*s%s", mark, (int)text_of(r).len, text_of(r).ptr, mark);
        advance(r);
        return true;
    }
    if (take_word(r, "(")) {
        fl_buf_add_char(&r->where, '(');
        bool inner = take_or(r) && take_word(r, ")");
        fl_buf_add_char(&r->where, ')');
        return inner;
    }
    if (r->now.kind != FL_LUA_NAME)
        return false;
    struct fl_str word = text_of(r);
    advance(r);
    if (fl_str_equal(word, r->flow))
        return take_field(r);
    fl_buf_add(&r->where, word.ptr, word.len);
    return is_number(word) || fl_str_is(word, "true") || fl_str_is(word, "false");
}

/* Sums and comparisons, from left to right: this checks the form only. */
static bool take_comparison(struct reading *r)
{
    if (at_word(r, "not")) {
        add_blank(r);
        fl_buf_add_text(&r->where, "not");
        advance(r);
    }
    if (!take_operand(r))
        return false;
    for (const char *op; (op = operator_at(r)) != NULL;) {
        if ((strcmp(op, "==") == 0 || strcmp(op, "!=") == 0) && at_word(r, "nil")) {
            fl_buf_add_text(&r->where, op[0] == '=' ? " is null" : " is not null");
            advance(r);
            continue;
        }
        fl_buf_add_format(&r->where, " %s", op);
        if (!take_operand(r))
            return false;
    }
    return true;
}

static bool take_joined(struct reading *r, const char *word, bool (*inner)(struct reading *r))
{
    if (!inner(r))
        return false;
    while (take_word(r, word)) {
        fl_buf_add_format(&r->where, " %s", word);
        if (!inner(r))
            return false;
    }
    return true;
}

static bool take_and(struct reading *r)
{
    return take_joined(r, "and", take_comparison);
}

static bool take_or(struct reading *r)
{
    return take_joined(r, "or", take_and);
}

static bool take_no(struct reading *r)
{
    return take_word(r, "return") && (take_word(r, "false") || take_word(r, "nil") || at_word(r, "end"));
}

/* `return EXPR end`, or `if EXPR then return true end end`, with or without the other answer. */
static bool take_body(struct reading *r)
{
    if (take_word(r, "return"))
        return take_or(r) && take_word(r, "end");
    if (!take_word(r, "if") || !take_or(r) || !take_word(r, "then") || !take_word(r, "return") || !take_word(r, "true"))
        return false;
    if (take_word(r, "else") && !take_no(r))
        return false;
    if (!take_word(r, "end"))
        return false;
    return take_word(r, "end") || (take_no(r) && take_word(r, "end"));
}

/* `on_flow = function(flow) BODY` */
static bool take_function(struct reading *r)
{
    if (!take_word(r, "on_flow") || !take_word(r, "=") || !take_word(r, "function") || !take_word(r, "(") ||
        r->now.kind != FL_LUA_NAME)
        return false;
    r->flow = text_of(r);
    advance(r);
    return take_word(r, ")") && take_body(r) && r->reads_flow;
}

void fl_lint_code(struct fl_linting *l, const struct fl_rule_decl *decl)
{
    const struct fl_rule_spot spot = {"on_flow", NULL, NULL};
    struct reading r = {.file = decl->file_text};
    if (!decl->has_on_flow || decl->group_by.count > 0)
        return;
    fl_buf_init(&r.where);
    for (advance(&r); r.now.kind != FL_LUA_END && !r.fits;) {
        size_t at = r.at;
        struct fl_lua_token now = r.now;
        r.where.len = 0;
        r.reads_flow = false;
        r.field = FL_FIELD_NONE;
        r.fits = take_function(&r);
        if (!r.fits) {
            r.at = at;
            r.now = now;
            advance(&r);
        }
    }
    if (r.fits && !r.where.failed)
        fl_lint_rule(l, FL_LINT_CODE, decl, &spot, 0, "write it into `where`, which runs in C over whole batches",
                     "on_flow is a condition: %.*s", (int)r.where.len, r.where.data);
    l->nomem |= r.where.failed;
    fl_buf_dispose(&r.where);
}
