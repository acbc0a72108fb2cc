/* UTF-8, terminal escapes and base64. */
#include "core/base/escape.h"
#include "core/base/utf8.h"
#include "tests/unit/cmocka_all.h"

#define BYTES(literal) ((struct fl_str){(literal), sizeof(literal) - 1})

/* Every code point, by the definition of UTF-8: surrogates have no form, all others exactly one. */
static void test_utf8__every_code_point(void **state)
{
    (void)state;
    for (uint32_t code = 0; code <= 0x10ffff; code++) {
        char b[4];
        size_t n;
        if (code < 0x80) {
            b[0] = (char)code;
            n = 1;
        } else if (code < 0x800) {
            b[0] = (char)(0xc0 | code >> 6);
            b[1] = (char)(0x80 | (code & 63));
            n = 2;
        } else if (code < 0x10000) {
            b[0] = (char)(0xe0 | code >> 12);
            b[1] = (char)(0x80 | (code >> 6 & 63));
            b[2] = (char)(0x80 | (code & 63));
            n = 3;
        } else {
            b[0] = (char)(0xf0 | code >> 18);
            b[1] = (char)(0x80 | (code >> 12 & 63));
            b[2] = (char)(0x80 | (code >> 6 & 63));
            b[3] = (char)(0x80 | (code & 63));
            n = 4;
        }
        struct fl_str text = {b, n};
        bool surrogate = code >= 0xd800 && code <= 0xdfff;
        if (fl_utf8_length(text, 0) != (surrogate ? 0 : n))
            fail_msg("U+%04X", code);
        if (!surrogate && fl_utf8_code(text, 0) != code)
            fail_msg("U+%04X decodes to U+%04X", code, fl_utf8_code(text, 0));
        if (n > 1 && fl_utf8_length((struct fl_str){b, n - 1}, 0) != 0)
            fail_msg("U+%04X is taken though its last byte is missing", code);
    }
}

static void test_utf8__ill_formed(void **state)
{
    static const struct fl_str bad[] = {
        BYTES("\x80"), BYTES("\xbf"), BYTES("\xc0\x80"), BYTES("\xc1\xbf"), BYTES("\xe0\x80\x80"),
        BYTES("\xe0\x9f\xbf"), BYTES("\xed\xa0\x80"), BYTES("\xf0\x80\x80\x80"), BYTES("\xf0\x8f\xbf\xbf"),
        BYTES("\xf4\x90\x80\x80"), BYTES("\xf5\x80\x80\x80"), BYTES("\xff"), BYTES("\xfe"), BYTES("\xc3("),
        BYTES("\xe2\x28\xa1"), BYTES("\xe2\x82("), BYTES("\xf0\x9f\x92("), BYTES("\xf8\x88\x80\x80\x80")};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(fl_utf8_length(bad[i], 0), 0);
        assert_false(fl_utf8_valid(bad[i]));
    }
    assert_true(fl_utf8_valid(BYTES("")));
    assert_true(fl_utf8_valid(BYTES("a\0\xc3\xa9\xe2\x82\xac\xf0\x9f\x92\xa9z")));
    assert_false(fl_utf8_valid(BYTES("good until the end \xe2\x82")));
}

static void assert_terminal(struct fl_str text, const char *expected)
{
    struct fl_buf out;
    fl_buf_init(&out);
    fl_escape_terminal(&out, text);
    assert_string_equal(out.data == NULL ? "" : out.data, expected);
    fl_buf_dispose(&out);
}

static void test_escape__terminal(void **state)
{
    (void)state;
    assert_terminal(BYTES(""), "");
    assert_terminal(BYTES("plain ~ text"), "plain ~ text");
    assert_terminal(BYTES("\x1b[31mred\x1b[0m"), "\\x1b[31mred\\x1b[0m");
    assert_terminal(BYTES("a\0b\n\t\r\x7f"), "a\\x00b\\x0a\\x09\\x0d\\x7f");
    assert_terminal(BYTES("caf\xc3\xa9 \xf0\x9f\x92\xa9"), "caf\xc3\xa9 \xf0\x9f\x92\xa9");
    assert_terminal(BYTES("\xc2\x9b" "31m"), "\\xc2\\x9b31m");             /* the 8-bit CSI */
    assert_terminal(BYTES("\xe2\x80\xae" "x"), "\\xe2\\x80\\xaex");        /* right-to-left override */
    assert_terminal(BYTES("\xe2\x81\xa6"), "\\xe2\\x81\\xa6");             /* isolate */
    assert_terminal(BYTES("\xff\xe2\x82" "A"), "\\xff\\xe2\\x82A");        /* each bad byte on its own */
    assert_terminal(BYTES("\xc2\xa0"), "\xc2\xa0");
}

static void assert_base64(struct fl_str bytes, const char *expected)
{
    struct fl_buf out;
    fl_buf_init(&out);
    fl_escape_base64(&out, bytes);
    assert_string_equal(out.data == NULL ? "" : out.data, expected);
    fl_buf_dispose(&out);
}

/* The vectors of RFC 4648, section 10. */
static void test_escape__base64(void **state)
{
    (void)state;
    assert_base64(BYTES(""), "");
    assert_base64(BYTES("f"), "Zg==");
    assert_base64(BYTES("fo"), "Zm8=");
    assert_base64(BYTES("foo"), "Zm9v");
    assert_base64(BYTES("foob"), "Zm9vYg==");
    assert_base64(BYTES("fooba"), "Zm9vYmE=");
    assert_base64(BYTES("foobar"), "Zm9vYmFy");
    assert_base64(BYTES("\xff\xff\xfe"), "///+");
    assert_base64(BYTES("\0\0\0\0"), "AAAAAA==");
}

static void test_escape__nul(void **state)
{
    (void)state;
    struct fl_arena arena;
    fl_arena_init(&arena);
    assert_string_equal(fl_escape_nul(&arena, BYTES("")), "");
    assert_string_equal(fl_escape_nul(&arena, BYTES("a\x1b" "b")), "a\x1b" "b");
    assert_string_equal(fl_escape_nul(&arena, BYTES("\0a\0\0b\0")), "\\x00a\\x00\\x00b\\x00");
    fl_arena_dispose(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8__every_code_point),
        cmocka_unit_test(test_utf8__ill_formed),
        cmocka_unit_test(test_escape__terminal),
        cmocka_unit_test(test_escape__base64),
        cmocka_unit_test(test_escape__nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
