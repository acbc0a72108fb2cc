/* The line that is shown under an error, and the caret beneath it. */
#include <string.h>

#include "core/base/status.h"
#include "tests/unit/cmocka_all.h"

static struct fl_error shown(const char *line, uint32_t column)
{
    struct fl_error err;
    fl_fail(&err, FL_E_NAME, "x");
    fl_error_at(&err, "f", 1, column);
    fl_error_show(&err, fl_str_of(line));
    return err;
}

static void test_status__a_short_line_is_shown_as_it_is(void **state)
{
    char caret[FL_ERROR_FILE_BYTES];
    (void)state;
    struct fl_error err = shown("\ta = b", 4);
    assert_string_equal(err.source_line, " a = b");
    assert_true(fl_error_caret(&err, caret));
    assert_string_equal(caret, "   ^");
    err = shown("a = b", 6); /* behind its end */
    assert_true(fl_error_caret(&err, caret));
    assert_string_equal(caret, "     ^");
    err = shown("a = b", 7);
    assert_false(fl_error_caret(&err, caret));
    err = shown("a = b", 0);
    assert_false(fl_error_caret(&err, caret));
}

static void test_status__the_caret_stands_under_a_character(void **state)
{
    char caret[FL_ERROR_FILE_BYTES];
    (void)state;
    struct fl_error err = shown("t = \"\xc3\xa9\xe2\x82\xac\" x", 12);
    assert_int_equal(err.source_line[err.caret - 1], ' ');
    assert_true(fl_error_caret(&err, caret));
    assert_string_equal(caret, "        ^");
}

/* Every column of lines of many lengths: the caret stands under the byte that is meant, and nothing is cut in two. */
static void test_status__a_long_line_is_cut_around_the_column(void **state)
{
    char line[700], caret[FL_ERROR_FILE_BYTES];
    (void)state;
    for (size_t len = 150; len < sizeof line - 1; len += 51) {
        for (size_t i = 0; i < len; i++)
            line[i] = i % 2 == 0 ? '\xc3' : (char)(0x80 + i / 2 % 64); /* characters of two bytes */
        line[len - len % 2] = '\0';
        for (uint32_t column = 1; column < len - 1; column += 2) {
            struct fl_error err = shown(line, column);
            const char *text = err.source_line;
            assert_true(err.caret > 0 && strlen(text) < 210);
            assert_memory_equal(text + err.caret - 1, line + column - 1, 2);
            size_t from = strncmp(text, "...", 3) == 0 ? 3 : 0, to = strlen(text);
            to -= strcmp(text + to - 3, "...") == 0 ? 3 : 0;
            assert_int_equal((unsigned char)text[from], 0xc3);
            assert_int_equal((to - from) % 2, 0);
            assert_true(fl_error_caret(&err, caret));
            assert_int_equal(strlen(caret), from + (err.caret - 1 - from) / 2 + 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status__a_short_line_is_shown_as_it_is),
        cmocka_unit_test(test_status__the_caret_stands_under_a_character),
        cmocka_unit_test(test_status__a_long_line_is_cut_around_the_column),
    };
    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
