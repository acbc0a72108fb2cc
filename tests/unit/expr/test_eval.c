/* Three-valued logic, exact numbers, globs, and what a condition can come to without some fields. */

#include "core/expr/expr.h"
#include "core/expr/program.h"
#include "tests/unit/expr/rows.h"

static struct fl_arena arena;
static const struct fl_expr_env env = {.fields = true};

static int setup(void **state)
{
    (void)state;
    fl_arena_init(&arena);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fl_arena_dispose(&arena);
    return 0;
}

static const struct fl_node *parse(const char *text)
{
    const struct fl_node *node = NULL;
    struct fl_error err;
    if (fl_expr_parse(fl_str_of(text), &env, &arena, &node, &err) != FL_OK)
        fail_msg("%s: %s", text, err.text);
    return node;
}

static void get(void *context, const struct fl_node *node, struct fl_value *out)
{
    fl_batch_value(context, node->field, 0, out);
}

static char truth_of(struct fl_batch *batch, const char *text)
{
    struct fl_eval eval = {batch, get, NULL};
    struct fl_value v = fl_expr_eval(parse(text), &eval);
    return v.type == FL_T_NULL ? '?' : v.i != 0 ? 't' : 'f';
}

/* accepted, rejected and initiated stand for two operands: t, f or ? each. */
static void set_flag(struct fl_batch *batch, uint32_t field, char truth)
{
    rows_column(batch, field);
    if (truth != '?')
        rows_int(batch, field, 0, truth == 't');
}

static void test_eval__kleene(void **state)
{
    (void)state;
    /* Kleene's strong tables: a, b, a and b, a or b, not a. */
    static const char tables[9][6] = {"ttttf", "tfftf", "t??tf", "ftftt", "fffft", "f?f?t", "?t?t?", "?ff??", "?????"};
    struct fl_batch batch;
    rows_open(&batch);
    for (size_t i = 0; i < 9; i++) {
        rows_begin(&batch, 1);
        set_flag(&batch, FL_F_ACCEPTED, tables[i][0]);
        set_flag(&batch, FL_F_REJECTED, tables[i][1]);
        assert_int_equal(truth_of(&batch, "accepted and rejected"), tables[i][2]);
        assert_int_equal(truth_of(&batch, "accepted or rejected"), tables[i][3]);
        assert_int_equal(truth_of(&batch, "not accepted"), tables[i][4]);
        /* De Morgan holds in three values too. */
        assert_int_equal(truth_of(&batch, "not (accepted and rejected)"),
                         truth_of(&batch, "not accepted or not rejected"));
    }
    fl_batch_dispose(&batch);
}

static void test_eval__a_test_of_null_is_unknown(void **state)
{
    (void)state;
    static const char *const tests[] = {
        "bytes == 0", "bytes != 0", "bytes < 1", "0 < bytes", "bytes == packets", "dstport in {}", "dstport not in {}",
        "not (dstport in {22})", "dstport in 0..65535", "srcaddr in ::/0", "srcaddr not in 10.0.0.0/8", "srcaddr == dstaddr",
        "interface_id matches \"*\"", "interface_id not matches \"*\"", "interface_id in {\"\"}", "bytes + 1 == 1",
        "bytes * 0 == 0", "bytes / packets > 1", "1 == 1 / bytes", "-bytes == 0", "accepted == accepted"};
    struct fl_batch batch;
    rows_open(&batch);
    rows_begin(&batch, 1);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        if (truth_of(&batch, tests[i]) != '?')
            fail_msg("%s", tests[i]);
    assert_int_equal(truth_of(&batch, "bytes is null"), 't');
    assert_int_equal(truth_of(&batch, "bytes is not null"), 'f');
    assert_int_equal(truth_of(&batch, "bytes / packets is null"), 't');
    fl_batch_dispose(&batch);
}

static void test_eval__not_in_equals_not_of_in(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"dstport not in {22, 80..90}", "not (dstport in {22, 80..90})"},
        {"srcaddr not in {10.0.0.0/8, ::1}", "not (srcaddr in {10.0.0.0/8, ::1})"},
        {"interface_id not in {\"a\", \"b\"}", "not (interface_id in {\"a\", \"b\"})"},
        {"action not in {accept}", "not (action in {accept})"},
    };
    struct fl_batch batch;
    rows_open(&batch);
    for (int row = 0; row < 3; row++) {
        rows_begin(&batch, 1);
        if (row > 0) {
            rows_int(&batch, FL_F_DSTPORT, 0, row == 1 ? 85 : 443);
            rows_addr(&batch, FL_F_SRCADDR, 0, row == 1 ? "10.9.9.9" : "192.0.2.1");
            rows_text(&batch, FL_F_INTERFACE_ID, 0, row == 1 ? "b" : "c");
            rows_int(&batch, FL_F_ACTION, 0, row == 1 ? FL_ACTION_ACCEPT : FL_ACTION_REJECT);
        }
        for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
            assert_int_equal(truth_of(&batch, pairs[i][0]), "?ft"[row]);
            assert_int_equal(truth_of(&batch, pairs[i][1]), "?ft"[row]);
        }
    }
    fl_batch_dispose(&batch);
}

static void set_numbers(struct fl_batch *batch, int64_t bytes, int64_t packets, int64_t version)
{
    rows_begin(batch, 1);
    rows_int(batch, FL_F_BYTES, 0, bytes);
    rows_int(batch, FL_F_PACKETS, 0, packets);
    rows_int(batch, FL_F_VERSION, 0, version);
}

static void test_eval__quotients_are_exact(void **state)
{
    (void)state;
    struct fl_batch batch;
    rows_open(&batch);
    set_numbers(&batch, 10, 3, 1);
    assert_int_equal(truth_of(&batch, "bytes / packets * packets == bytes"), 't');
    assert_int_equal(truth_of(&batch, "bytes / packets == 3"), 'f');
    assert_int_equal(truth_of(&batch, "bytes / packets > 3.333333333333333333"), 't');
    assert_int_equal(truth_of(&batch, "bytes / packets < 3.333333333333333334"), 't');
    assert_int_equal(truth_of(&batch, "bytes / packets + 2 / packets == 4"), 't');
    assert_int_equal(truth_of(&batch, "(0 - bytes) / packets < -3.333333333333333333"), 't');
    /* Neighbours that a double cannot tell apart. */
    set_numbers(&batch, INT64_MAX, INT64_MAX - 1, 1);
    assert_int_equal(truth_of(&batch, "bytes / packets > 1"), 't');
    assert_int_equal(truth_of(&batch, "packets / bytes < 1"), 't');
    assert_int_equal(truth_of(&batch, "bytes / packets != packets / bytes"), 't');
    fl_batch_dispose(&batch);
}

static void test_eval__zero_divisors_and_overflow_are_null(void **state)
{
    (void)state;
    struct fl_batch batch;
    rows_open(&batch);
    set_numbers(&batch, INT64_MAX, 0, INT64_MIN);
    assert_int_equal(truth_of(&batch, "bytes / packets > 0"), '?');
    assert_int_equal(truth_of(&batch, "bytes % packets == 0"), '?');
    assert_int_equal(truth_of(&batch, "bytes / packets is null"), 't');
    /* 128 bits hold a product of two, not of three. */
    assert_int_equal(truth_of(&batch, "bytes * bytes > bytes"), 't');
    assert_int_equal(truth_of(&batch, "bytes * bytes * bytes > 0"), '?');
    assert_int_equal(truth_of(&batch, "bytes * bytes * 2 + bytes * bytes * 2 > 0"), '?');
    assert_int_equal(truth_of(&batch, "version * version > 0"), 't');
    assert_int_equal(truth_of(&batch, "version * version * -2 % -1 == 0"), '?');
    assert_int_equal(truth_of(&batch, "bytes % -1 == 0"), 't');
    assert_int_equal(truth_of(&batch, "version % -1 == 0"), 't');
    fl_batch_dispose(&batch);
}

/* Fractions too large for a cross product, around zero and around each other. */
static void test_eval__large_quotients_compare_exactly(void **state)
{
    (void)state;
    const __int128 big = (__int128)1 << 126;
    const struct fl_ratio ascending[] = {{-big, 1}, {-big, big - 1}, {-1, 1}, {1 - big, big}, {-1, big}, {0, big},
                                         {1, big},  {1, big - 1},    {big - 1, big}, {1, 1}, {big, big - 1}, {big, 1}};
    for (size_t i = 0; i < sizeof ascending / sizeof ascending[0]; i++) {
        for (size_t k = 0; k < sizeof ascending / sizeof ascending[0]; k++) {
            struct fl_value a = {.type = FL_T_RATIO, .ratio = ascending[i]};
            struct fl_value b = {.type = FL_T_RATIO, .ratio = ascending[k]};
            int expected = i < k ? -1 : i > k;
            if (fl_value_compare(&a, &b) != expected)
                fail_msg("%zu against %zu", i, k);
        }
    }
}

/* ---- counted arithmetic ---- */

static enum fl_status no_network(void *context, uint32_t network, struct fl_prefix_sets *sets, uint32_t set)
{
    (void)context;
    (void)network;
    (void)sets;
    (void)set;
    return FL_OK;
}

static const char *unbound(void *context, uint32_t network)
{
    (void)context;
    (void)network;
    return NULL;
}

static void test_eval__null_arithmetic_is_counted(void **state)
{
    (void)state;
    struct fl_batch batch;
    rows_open(&batch);
    rows_begin(&batch, 4);
    for (uint32_t r = 0; r < 3; r++) {
        rows_int(&batch, FL_F_BYTES, r, 100);
        rows_int(&batch, FL_F_PACKETS, r, r); /* row 0 divides by zero; row 3 is null */
    }
    struct fl_network_source none = {NULL, 0, no_network, unbound, unbound};
    struct fl_program *program = fl_program_new();
    uint32_t root;
    uint64_t out;
    assert_int_equal(fl_program_add(program, parse("bytes / packets > 60"), &root, NULL), FL_OK);
    assert_int_equal(fl_program_seal(program, &none, NULL), FL_OK);
    struct fl_program_state *s = fl_program_state_new(program);
    assert_int_equal(fl_program_begin(s, &batch), FL_OK);
    assert_int_equal(fl_program_eval(s, root, NULL, &out), FL_OK);
    assert_int_equal(out, 2);
    assert_int_equal(fl_program_null_arithmetic(s), 1);
    fl_program_state_free(s);
    fl_program_free(program);
    fl_batch_dispose(&batch);
}

/* ---- globs ---- */

static bool glob(const char *pattern, const char *text)
{
    return fl_glob_match(fl_str_of(pattern), fl_str_of(text));
}

static void test_glob__meanings(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool match;
    } cases[] = {
        {"", "", true},          {"", "a", false},        {"*", "", true},          {"*", "abc", true},
        {"a*", "abc", true},     {"a*", "bac", false},    {"*c", "abc", true},      {"*c", "abcd", false},
        {"a*c", "abc", true},    {"a*c", "ac", true},     {"a**c", "abbc", true},   {"a*b*c", "aXbYc", true},
        {"a*b*c", "acb", false}, {"?", "a", true},        {"?", "", false},         {"a?c", "abc", true},
        {"a?c", "ac", false},    {"[abc]x", "bx", true},  {"[abc]x", "dx", false},  {"[a-f]*", "eni", true},
        {"[a-f]*", "gni", false},{"[!a-f]*", "gni", true},{"[!a-f]*", "eni", false},{"[]x]", "]", true},
        {"[a-]", "-", true},     {"[", "[", true},        {"[a", "[a", true},       {"\\*", "*", true},
        {"\\*", "a", false},     {"a\\?", "a?", true},    {"\\[a]", "[a]", true},   {"\\", "\\", true},
        {"*.b", "a.b.b", true},  {"eni-0a*", "eni-0a1", true}, {"ENI*", "eni", false}, {"*a*a*b", "aaaab", true},
        {"[\xc3-\xff]", "\xe9", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (glob(cases[i].pattern, cases[i].text) != cases[i].match)
            fail_msg("%s on %s", cases[i].pattern, cases[i].text);
}

/* The plain definition, for short patterns of * ? and letters. */
static bool glob_reference(const char *p, const char *t)
{
    if (*p == '\0')
        return *t == '\0';
    if (*p == '*')
        return glob_reference(p + 1, t) || (*t != '\0' && glob_reference(p, t + 1));
    return *t != '\0' && (*p == '?' || *p == *t) && glob_reference(p + 1, t + 1);
}

static void test_glob__equals_its_definition(void **state)
{
    (void)state;
    struct dice dice = {11};
    for (int i = 0; i < 20000; i++) {
        char p[8] = "", t[10] = "";
        for (uint32_t k = roll_below(&dice, 8), n = 0; n < k; n++)
            p[n] = "ab*?"[roll_below(&dice, 4)], p[n + 1] = '\0';
        for (uint32_t k = roll_below(&dice, 10), n = 0; n < k; n++)
            t[n] = "ab"[roll_below(&dice, 2)], t[n + 1] = '\0';
        if (glob(p, t) != glob_reference(p, t))
            fail_msg("%s on %s", p, t);
    }
}

static void test_glob__pathological_patterns_end_soon(void **state)
{
    (void)state;
    static char stars[4001], brackets[20001], text[20001];
    for (size_t i = 0; i + 1 < sizeof stars; i += 2)
        memcpy(stars + i, "a*", 2);
    stars[sizeof stars - 2] = 'b';
    memset(brackets, '[', sizeof brackets - 1);
    brackets[0] = '*';
    memset(text, 'a', sizeof text - 1);
    /* Backtracking over 2,000 stars would not end; neither does this depend on a clock: it hangs or passes. */
    assert_false(glob(stars, text));
    memset(text, '[', sizeof text - 1);
    assert_true(glob(brackets, text));
}

/* ---- without some fields ---- */

static void test_eval__can_be_true_without_fields(void **state)
{
    (void)state;
    /* With bytes, dstport and accepted only. */
    static const char *const cases[] = {
        "t bytes > 1", "f packets > 1", "f not (packets > 1)", "t packets > 1 or bytes > 1", "f packets > 1 and bytes > 1",
        "t packets is null", "f packets is not null", "f bytes / packets > 1", "t bytes / packets is null", "t accepted",
        "f rejected", "f not rejected", "f srcaddr in {10.0.0.0/8}", "f srcaddr not in {10.0.0.0/8}", "f dstport in {}",
        "t dstport not in {}", "t true", "f false", "t not (rejected and bytes > 1)", "f interface_id matches \"*\"",
        "f bytes > 1 and (rejected or packets == 1)",
    };
    struct fl_field_set present = {{0}};
    fl_field_set_add(&present, FL_F_BYTES);
    fl_field_set_add(&present, FL_F_DSTPORT);
    fl_field_set_add(&present, FL_F_ACCEPTED);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (fl_expr_can_be_true(parse(cases[i] + 2), &(struct fl_absence){.present = &present}) != (cases[i][0] == 't'))
            fail_msg("%s", cases[i] + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eval__kleene),
        cmocka_unit_test(test_eval__a_test_of_null_is_unknown),
        cmocka_unit_test(test_eval__not_in_equals_not_of_in),
        cmocka_unit_test(test_eval__quotients_are_exact),
        cmocka_unit_test(test_eval__zero_divisors_and_overflow_are_null),
        cmocka_unit_test(test_eval__large_quotients_compare_exactly),
        cmocka_unit_test(test_eval__null_arithmetic_is_counted),
        cmocka_unit_test(test_glob__meanings),
        cmocka_unit_test(test_glob__equals_its_definition),
        cmocka_unit_test(test_glob__pathological_patterns_end_soon),
        cmocka_unit_test(test_eval__can_be_true_without_fields),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
