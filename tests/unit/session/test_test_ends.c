/* How tests of rules write addresses and ports. */
#include "core/base/memory.h"
#include "core/session/test_bench.h"
#include "tests/unit/cmocka_all.h"

static struct fl_test_ends read_ends(const char *text, bool *ok)
{
    struct fl_datum datum = {.kind = FL_DATUM_TEXT, .text = fl_str_of(text)};
    struct fl_test_errors errors = {.file = "r.lua", .line = 3};
    struct fl_test_ends ends = {0};
    *ok = fl_test_ends_read(&datum, "from", &ends, &errors);
    assert_int_equal(errors.list.count, *ok ? 0 : 1);
    fl_error_list_dispose(&errors.list);
    return ends;
}

static const char *text_of(const struct fl_test_end *end)
{
    static char out[80];
    char addr[FL_ADDR_TEXT_BYTES];
    fl_addr_format(end->addr, addr);
    snprintf(out, sizeof out, "%s %d", addr, end->port);
    return out;
}

static void test_ends__forms(void **state)
{
    static const struct {
        const char *text;
        uint32_t count;
        const char *first, *last;
    } cases[] = {
        {"10.0.0.1", 1, "10.0.0.1 -1", "10.0.0.1 -1"},
        {"10.0.0.1:443", 1, "10.0.0.1 443", "10.0.0.1 443"},
        {"10.0.0.250..10.0.1.5", 12, "10.0.0.250 -1", "10.0.1.5 -1"},
        {"10.0.0.1..10.0.0.9 by 4:1..100 by 50", 6, "10.0.0.1 1", "10.0.0.9 51"},
        {"10.0.0.7/30:22,80..81", 12, "10.0.0.4 22", "10.0.0.7 81"},
        {"2001:db8::1", 1, "2001:db8::1 -1", "2001:db8::1 -1"},
        {"[2001:db8::1]:53", 1, "2001:db8::1 53", "2001:db8::1 53"},
        {"2001:db8::fffe..2001:db8::1:1", 4, "2001:db8::fffe -1", "2001:db8::1:1 -1"},
        {"2001:db8::/126", 4, "2001:db8:: -1", "2001:db8::3 -1"},
        {"10.0.0.1:65535", 1, "10.0.0.1 65535", "10.0.0.1 65535"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool ok;
        struct fl_test_ends ends = read_ends(cases[i].text, &ok);
        assert_true(ok);
        assert_int_equal(ends.count, cases[i].count);
        assert_string_equal(text_of(&ends.items[0]), cases[i].first);
        assert_string_equal(text_of(&ends.items[ends.count - 1]), cases[i].last);
        fl_free(ends.items);
    }
}

static void test_ends__refuses(void **state)
{
    static const char *const cases[] = {"",
                                        "host",
                                        "10.0.0.1:",
                                        "10.0.0.1:65536",
                                        "10.0.0.1:9..1",
                                        "10.0.0.9..10.0.0.1",
                                        "10.0.0.1..2001:db8::1",
                                        "10.0.0.0/33",
                                        "2001:db8::/40",
                                        "10.0.0.0/8",
                                        "10.0.0.1:1 by 0",
                                        "[2001:db8::1",
                                        "10.0.0.1:443x",
                                        "::/64"};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool ok;
        struct fl_test_ends ends = read_ends(cases[i], &ok);
        assert_false(ok);
        fl_free(ends.items);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ends__forms),
        cmocka_unit_test(test_ends__refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
