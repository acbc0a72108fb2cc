/* Rows of CSV: quotes, ends of lines, places, and what is refused. */
#include <stdio.h>

#include "core/text/csv.h"
#include "tests/unit/cmocka_all.h"

/* Every field as (line:column text), rows apart by /. */
static const char *rows_of(const char *text, char *out, size_t size)
{
    struct fl_csv csv;
    struct fl_arena arena;
    struct fl_error err = {0};
    size_t n = 0;
    enum fl_status status;
    out[0] = '\0';
    fl_arena_init(&arena);
    fl_csv_init(&csv, fl_str_of(text));
    while ((status = fl_csv_next(&csv, &arena, &err)) == FL_OK) {
        for (uint32_t i = 0; i < csv.count; i++)
            n += (size_t)snprintf(out + n, size - n, "(%u:%u %.*s)", csv.fields[i].line, csv.fields[i].column,
                                  (int)csv.fields[i].text.len, csv.fields[i].text.ptr);
        n += (size_t)snprintf(out + n, size - n, "/");
    }
    if (status != FL_END)
        snprintf(out + n, size - n, "error %u:%u", err.line, err.column);
    fl_csv_dispose(&csv);
    fl_arena_dispose(&arena);
    return out;
}

static void test_csv__rows_and_places(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", ""},
        {"a,b\n", "(1:1 a)(1:3 b)/"},
        {"a,b", "(1:1 a)(1:3 b)/"},
        {"\xef\xbb\xbf"
         "a\r\nb\r\n",
         "(1:1 a)/(2:1 b)/"},
        {"\n\na\n\n,\n", "(3:1 a)/(5:1 )(5:2 )/"},
        {"\"a,\"\"b\"\"\nc\",d\ne\n", "(1:1 a,\"b\"\nc)(2:4 d)/(3:1 e)/"},
        {"\"\",x\n", "(1:1 )(1:4 x)/"},
        {"a\rb\n", "(1:1 a\rb)/"},
        {"a\n\"b", "(1:1 a)/error 2:1"},
        {"a,b\"c\n", "error 1:3"},
        {"a,\"b\"c\n", "error 1:3"},
    };
    char out[256];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(rows_of(cases[i][0], out, sizeof out), cases[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_csv__rows_and_places)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
