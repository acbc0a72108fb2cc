/* JSON text, byte for byte as RFC 8259 wants it. */
#include "core/text/json_write.h"
#include "tests/unit/cmocka_all.h"

#define BYTES(literal) ((struct fl_str){(literal), sizeof(literal) - 1})

static void test_json_write__commas_and_nesting(void **state)
{
    struct fl_buf out;
    struct fl_json w;
    (void)state;
    fl_buf_init(&out);
    fl_json_init(&w, &out);
    fl_json_object(&w);
    fl_json_key(&w, "a");
    fl_json_array(&w);
    fl_json_array(&w);
    fl_json_end(&w);
    fl_json_object(&w);
    fl_json_end(&w);
    fl_json_null(&w);
    fl_json_bool(&w, true);
    fl_json_bool(&w, false);
    fl_json_raw(&w, FL_STR("0.5"));
    fl_json_end(&w);
    fl_json_key(&w, "b");
    fl_json_text(&w, NULL);
    fl_json_key_str(&w, BYTES("\"\0"));
    fl_json_text(&w, "");
    fl_json_end(&w);
    fl_json_end(&w); /* one too many does nothing */
    assert_string_equal(out.data, "{\"a\":[[],{},null,true,false,0.5],\"b\":null,\"\\\"\\u0000\":\"\"}");
    assert_false(out.failed);
    fl_buf_dispose(&out);
}

static void assert_text(struct fl_str text, const char *expected)
{
    struct fl_buf out;
    struct fl_json w;
    fl_buf_init(&out);
    fl_json_init(&w, &out);
    fl_json_str(&w, text);
    assert_string_equal(out.data, expected);
    fl_buf_dispose(&out);
}

static void test_json_write__text(void **state)
{
    (void)state;
    assert_text(BYTES(""), "\"\"");
    assert_text(BYTES("\"\\/"), "\"\\\"\\\\/\"");
    assert_text(BYTES("\0\n\x1f\x7f"), "\"\\u0000\\u000a\\u001f\\u007f\"");
    /* A terminal takes C1 controls and overrides of direction for orders. */
    assert_text(BYTES("\xc2\x9bm\xc2\xa0\xe2\x80\xae"), "\"\\u009bm\xc2\xa0\\u202e\"");
    assert_text(BYTES("\xc3\xa9\xf0\x9f\x92\xa9"), "\"\xc3\xa9\xf0\x9f\x92\xa9\"");
    assert_text(BYTES("a\xff" "b"), "\"a\xef\xbf\xbd" "b\"");
    assert_text(BYTES("\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd\""); /* one for each bad byte */
    assert_text(BYTES("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

static void assert_i64(int64_t value, const char *expected)
{
    struct fl_buf out;
    struct fl_json w;
    fl_buf_init(&out);
    fl_json_init(&w, &out);
    fl_json_i64(&w, value);
    if (value >= 0) {
        fl_buf_add_char(&out, ' ');
        fl_json_u64(&w, (uint64_t)value);
    }
    char both[128];
    strcpy(both, expected);
    if (value >= 0)
        strcat(strcat(both, " "), expected);
    assert_string_equal(out.data, both);
    fl_buf_dispose(&out);
}

static void test_json_write__integers_from_2_to_the_53_are_text(void **state)
{
    struct fl_buf out;
    struct fl_json w;
    (void)state;
    assert_i64(0, "0");
    assert_i64(-1, "-1");
    assert_i64(INT64_C(9007199254740991), "9007199254740991");
    assert_i64(INT64_C(9007199254740992), "\"9007199254740992\"");
    assert_i64(INT64_C(-9007199254740991), "-9007199254740991");
    assert_i64(INT64_C(-9007199254740992), "\"-9007199254740992\"");
    assert_i64(INT64_MAX, "\"9223372036854775807\"");
    assert_i64(INT64_MIN, "\"-9223372036854775808\"");
    fl_buf_init(&out);
    fl_json_init(&w, &out);
    fl_json_u64(&w, UINT64_MAX);
    assert_string_equal(out.data, "\"18446744073709551615\"");
    fl_buf_dispose(&out);
}

static void test_json_write__too_deep_fails(void **state)
{
    struct fl_buf out;
    struct fl_json w;
    (void)state;
    fl_buf_init(&out);
    fl_json_init(&w, &out);
    for (unsigned i = 1; i < FL_JSON_DEPTH_MAX; i++)
        fl_json_array(&w);
    assert_false(out.failed);
    fl_json_array(&w);
    assert_true(out.failed);
    for (unsigned i = 0; i < 2 * FL_JSON_DEPTH_MAX; i++)
        fl_json_end(&w);
    fl_buf_dispose(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_write__commas_and_nesting),
        cmocka_unit_test(test_json_write__text),
        cmocka_unit_test(test_json_write__integers_from_2_to_the_53_are_text),
        cmocka_unit_test(test_json_write__too_deep_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
