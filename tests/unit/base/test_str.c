/* Text views and the guess behind "did you mean". */
#include "core/base/str.h"
#include "tests/unit/cmocka_all.h"

static const char *guess(const char *text, const char *const *candidates)
{
    struct fl_str_guess g = {NULL, 99};
    for (; *candidates != NULL; candidates++)
        fl_str_guess_try(&g, fl_str_of(text), *candidates);
    return g.best;
}

static void test_str__compare_is_bytewise(void **state)
{
    (void)state;
    assert_true(fl_str_compare(FL_STR("a"), FL_STR("b")) < 0);
    assert_true(fl_str_compare(FL_STR("ab"), FL_STR("a")) > 0);
    assert_true(fl_str_compare(FL_STR("Z"), FL_STR("a")) < 0);
    assert_true(fl_str_compare(FL_STR("\x7f"), FL_STR("\x80")) < 0); /* unsigned bytes */
    assert_true(fl_str_compare((struct fl_str){"a\0", 2}, (struct fl_str){"a\0b", 3}) < 0);
    assert_int_equal(fl_str_compare((struct fl_str){NULL, 0}, FL_STR("")), 0);
    assert_false(fl_str_equal((struct fl_str){"a\0b", 3}, FL_STR("a")));
    assert_true(fl_str_equal((struct fl_str){NULL, 0}, FL_STR("")));
}

static void test_str__guess_each_kind_of_slip(void **state)
{
    static const char *const names[] = {"srcport", "dstport", "protocol", "bytes", NULL};
    (void)state;
    assert_string_equal(guess("srcprt", names), "srcport");   /* one left out */
    assert_string_equal(guess("srccport", names), "srcport"); /* one too many */
    assert_string_equal(guess("srcpart", names), "srcport");  /* one wrong */
    assert_string_equal(guess("srcoprt", names), "srcport");  /* two swapped */
    assert_string_equal(guess("bytse", names), "bytes");
    assert_string_equal(guess("protocoll", names), "protocol");
    assert_string_equal(guess("prtcol", names), "protocol"); /* two slips in a long name */
    assert_string_equal(guess("bytes", names), "bytes");
    assert_null(guess("packets", names));
    assert_null(guess("src", names));
    assert_null(guess("", names));
}

static void test_str__guess_takes_the_nearest(void **state)
{
    static const char *const far_first[] = {"dstpart", "dstport", "dstports", NULL};
    static const char *const equal[] = {"cat", "bat", NULL}, *const of_test[] = {"set", "test", NULL};
    (void)state;
    assert_string_equal(guess("dstport", far_first), "dstport");
    assert_string_equal(guess("hat", equal), "bat");     /* whatever their order */
    assert_string_equal(guess("tset", of_test), "test"); /* two swapped before one too many */
}

static void test_str__guess_of_short_and_long_text(void **state)
{
    static const char *const short_names[] = {"db", "x", "", NULL};
    static char long_name[64], other[64];
    const char *const long_names[] = {long_name, NULL};
    (void)state;
    assert_null(guess("q", short_names));  /* one slip is all of it */
    assert_null(guess("qq", short_names)); /* two slips in two bytes */
    assert_string_equal(guess("dc", short_names), "db");
    memset(long_name, 'a', 48);
    memset(other, 'a', 48);
    other[20] = 'b';
    assert_ptr_equal(guess(other, long_names), long_name);
    long_name[48] = other[48] = 'a';
    assert_null(guess(other, long_names)); /* above 48 bytes nobody guesses */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_str__compare_is_bytewise),
        cmocka_unit_test(test_str__guess_each_kind_of_slip),
        cmocka_unit_test(test_str__guess_takes_the_nearest),
        cmocka_unit_test(test_str__guess_of_short_and_long_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
