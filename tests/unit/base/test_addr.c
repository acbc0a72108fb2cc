/* Addresses and prefixes as text: RFC 4291 forms in, RFC 5952 text out. */
#include <arpa/inet.h>
#include <stdio.h>

#include "core/base/addr.h"
#include "tests/unit/cmocka_all.h"

static struct fl_addr addr(const char *text)
{
    struct fl_addr a;
    if (!fl_addr_parse(fl_str_of(text), &a))
        fail_msg("%s was refused", text);
    return a;
}

static void assert_text(const char *input, const char *expected)
{
    char out[FL_ADDR_TEXT_BYTES];
    unsigned len = fl_addr_format(addr(input), out);
    assert_string_equal(out, expected);
    assert_int_equal(len, strlen(expected));
}

static void test_addr__canonical_text(void **state)
{
    (void)state;
    assert_text("0.0.0.0", "0.0.0.0");
    assert_text("255.255.255.255", "255.255.255.255");
    assert_text("::", "::");
    assert_text("::1", "::1");
    assert_text("1::", "1::");
    assert_text("0:0:0:0:0:0:0:1", "::1");
    assert_text("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"); /* the first of two equal runs */
    assert_text("2001:0:0:1:0:0:0:1", "2001:0:0:1::1");       /* the longest run */
    assert_text("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"); /* one group is not shortened */
    assert_text("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0");
    assert_text("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8");
    assert_text("64:ff9b::192.0.2.33", "64:ff9b::c000:221");
    assert_text("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    assert_text("::ffff:10.1.2.3", "10.1.2.3"); /* one value for one address, however it is written */
    assert_text("::ffff:a01:203", "10.1.2.3");
}

static void test_addr__refuses_what_is_malformed(void **state)
{
    static const char *const bad[] = {
        "", "1", ".", "1.2.3", "1.2.3.", "1.2.3.4.", ".1.2.3.4", "1.2.3.4.5", "256.1.1.1", "1.2.3.1000", "01.2.3.4",
        "1.2.3.00", "1.2.3.-4", "+1.2.3.4", " 1.2.3.4", "1.2.3.4 ", "0x1.2.3.4", "1..2.3", ":", ":::", "1:", ":1",
        "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1::2::3", "::12345", "::g",
        "1:::2", "::1.2.3", "::1.2.3.4:5", "1.2.3.4::", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.256", "fe80::1%eth0", "-",
        "[::1]", "::ffff:01.2.3.4"};
    struct fl_addr a;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (fl_addr_parse(fl_str_of(bad[i]), &a))
            fail_msg("\"%s\" was taken", bad[i]);
    assert_false(fl_addr_parse((struct fl_str){"1.2.3.4\0", 8}, &a));
    assert_true(fl_addr_parse((struct fl_str){"1.2.3.45", 7}, &a)); /* the view ends it */
    assert_true(fl_addr_equal(a, fl_addr_v4(0x01020304)));
}

/* The C library is the independent reader of IPv6 text, and of IPv4 text without leading zeros. */
static void test_addr__agrees_with_inet_pton(void **state)
{
    static const char alphabet[] = "0123456789abcdfF:::::....";
    uint32_t random = 1;
    char text[48];
    unsigned taken = 0;
    (void)state;
    for (unsigned round = 0; round < 200000; round++) {
        unsigned len = 2;
        for (unsigned i = 0; i < 20; i++) {
            random = random * 1664525u + 1013904223u;
            text[i] = alphabet[(random >> 16) % (sizeof alphabet - 1)];
            if ((random >> 8) % 16 == 0 && i >= 2) {
                len = i;
                break;
            }
            len = i + 1;
        }
        text[len] = '\0';
        struct fl_addr a;
        uint8_t v6[16];
        bool ours = fl_addr_parse(fl_str_of(text), &a);
        bool theirs = inet_pton(AF_INET6, text, v6) == 1;
        if (strchr(text, ':') != NULL && ours != theirs)
            fail_msg("%s: ours %d, inet_pton %d", text, ours, theirs);
        if (!theirs || !ours)
            continue;
        uint64_t hi = 0, lo = 0;
        for (unsigned i = 0; i < 8; i++) {
            hi = hi << 8 | v6[i];
            lo = lo << 8 | v6[i + 8];
        }
        assert_true(a.hi == hi && a.lo == lo);
        taken++;
    }
    assert_true(taken > 100);
}

static void test_addr__random_values_round_trip(void **state)
{
    uint64_t random = 7;
    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        uint64_t part[2] = {0, 0};
        for (unsigned g = 0; g < 8; g++) { /* half of all groups zero: every shape of a gap */
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
            uint64_t group = random >> 63 ? 0 : (random >> 40) & 0xffff;
            part[g / 4] = part[g / 4] << 16 | group;
        }
        struct fl_addr a = {part[0], part[1]}, back;
        char text[FL_ADDR_TEXT_BYTES], theirs[INET6_ADDRSTRLEN];
        unsigned len = fl_addr_format(a, text);
        assert_true(len == strlen(text) && fl_addr_parse(fl_str_of(text), &back) && fl_addr_equal(a, back));
        uint8_t bytes[16];
        for (unsigned i = 0; i < 16; i++)
            bytes[i] = (uint8_t)(part[i / 8] >> (56 - 8 * (i % 8)));
        inet_ntop(AF_INET6, bytes, theirs, sizeof theirs);
        if (strchr(theirs, '.') == NULL) /* the C library writes ::a.b.c.d for old compatible addresses */
            assert_string_equal(text, theirs);
    }
}

static void test_addr__order_is_numeric(void **state)
{
    (void)state;
    assert_true(fl_addr_compare(addr("9.255.255.255"), addr("10.0.0.0")) < 0);
    assert_true(fl_addr_compare(addr("255.255.255.255"), addr("::1:0:0:0")) < 0);
    assert_true(fl_addr_compare(addr("::fffe:ffff:ffff"), addr("0.0.0.0")) < 0);
    assert_int_equal(fl_addr_compare(addr("::ffff:1.2.3.4"), addr("1.2.3.4")), 0);
    assert_true(fl_addr_compare(addr("ffff::"), addr("8000::1")) > 0);
}

static void assert_prefix(const char *input, const char *expected, bool host_bits, const char *last)
{
    struct fl_prefix p;
    bool set;
    char out[FL_PREFIX_TEXT_BYTES], end[FL_ADDR_TEXT_BYTES];
    assert_true(fl_prefix_parse(fl_str_of(input), &p, &set));
    fl_prefix_format(p, out);
    fl_addr_format(fl_prefix_last(p), end);
    assert_string_equal(out, expected);
    assert_int_equal(set, host_bits);
    assert_string_equal(end, last);
}

static void test_addr__prefixes(void **state)
{
    (void)state;
    assert_prefix("10.0.0.0/8", "10.0.0.0/8", false, "10.255.255.255");
    assert_prefix("10.1.2.3/8", "10.0.0.0/8", true, "10.255.255.255");
    assert_prefix("10.1.2.3", "10.1.2.3/32", false, "10.1.2.3");
    assert_prefix("0.0.0.0/0", "0.0.0.0/0", false, "255.255.255.255");
    assert_prefix("255.255.255.255/0", "0.0.0.0/0", true, "255.255.255.255");
    assert_prefix("2001:db8::/32", "2001:db8::/32", false, "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff");
    assert_prefix("2001:db8::1/64", "2001:db8::/64", true, "2001:db8::ffff:ffff:ffff:ffff");
    assert_prefix("2001:db8::8001/113", "2001:db8::8000/113", true, "2001:db8::ffff");
    assert_prefix("::/0", "::/0", false, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    assert_prefix("::1", "::1/128", false, "::1");
    assert_prefix("::ffff:10.0.0.0/104", "10.0.0.0/8", false, "10.255.255.255");
}

static void test_addr__malformed_prefixes(void **state)
{
    static const char *const bad[] = {"10.0.0.0/33", "10.0.0.0/", "/8", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/8/8",
                                      "::/129", "::/0128", "::/1280", "10.0.0.0 /8", "10.0.0.0/ 8", "10.0.0/8",
                                      "10.0.0.0/255.0.0.0", "::/-1", ""};
    struct fl_prefix p;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (fl_prefix_parse(fl_str_of(bad[i]), &p, NULL))
            fail_msg("\"%s\" was taken", bad[i]);
}

static void test_addr__prefix_contains_its_ends_only(void **state)
{
    struct fl_prefix p;
    (void)state;
    assert_true(fl_prefix_parse(FL_STR("10.0.0.128/25"), &p, NULL));
    assert_true(fl_prefix_contains(p, addr("10.0.0.128")) && fl_prefix_contains(p, addr("10.0.0.255")));
    assert_false(fl_prefix_contains(p, addr("10.0.0.127")) || fl_prefix_contains(p, addr("10.0.1.0")));
    assert_true(fl_prefix_parse(FL_STR("2001:db8:0:0:8000::/65"), &p, NULL));
    assert_true(fl_prefix_contains(p, addr("2001:db8::ffff:0:0:1")));
    assert_false(fl_prefix_contains(p, addr("2001:db8::7fff:0:0:1")));
    assert_true(fl_prefix_parse(FL_STR("0.0.0.0/0"), &p, NULL));
    assert_true(fl_prefix_contains(p, addr("255.255.255.255")));
    assert_false(fl_prefix_contains(p, addr("::1")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addr__canonical_text),
        cmocka_unit_test(test_addr__refuses_what_is_malformed),
        cmocka_unit_test(test_addr__agrees_with_inet_pton),
        cmocka_unit_test(test_addr__random_values_round_trip),
        cmocka_unit_test(test_addr__order_is_numeric),
        cmocka_unit_test(test_addr__prefixes),
        cmocka_unit_test(test_addr__malformed_prefixes),
        cmocka_unit_test(test_addr__prefix_contains_its_ends_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
