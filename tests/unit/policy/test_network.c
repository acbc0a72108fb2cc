/* Networks and services of a policy, and what the built-in ones hold. */
#include <stdio.h>

#include "core/policy/policy.h"
#include "tests/unit/expr/rows.h"

static struct fl_policy policy;
static struct fl_error_list errors;
static struct fl_program *program;

/* Parses a policy: `more` stands behind version and name. */
static enum fl_status parse(const char *more)
{
    char text[2048];
    snprintf(text, sizeof text, "version: 1\nname: t\n%s", more);
    return fl_policy_parse(fl_str_of(text), "p.yaml", ".", &policy, &errors);
}

static void drop(void)
{
    if (program != NULL)
        fl_program_free(program);
    program = NULL;
    fl_policy_dispose(&policy);
    fl_error_list_dispose(&errors);
}

static void load(const char *more)
{
    if (parse(more) != FL_OK)
        fail_msg("%s", errors.count > 0 ? errors.items[0].text : "?");
    struct fl_network_source source = fl_policy_network_source(&policy);
    program = fl_program_new();
    assert_int_equal(fl_program_seal(program, &source, NULL), FL_OK);
}

static void check_in(const char *network, const char *const inside[], const char *const outside[])
{
    int id = fl_policy_network(&policy, fl_str_of(network));
    assert_true(id >= 0);
    for (; *inside != NULL; inside++)
        if (!fl_program_in_network(program, (uint32_t)id, rows_address(*inside)))
            fail_msg("%s is not in %s", *inside, network);
    for (; *outside != NULL; outside++)
        if (fl_program_in_network(program, (uint32_t)id, rows_address(*outside)))
            fail_msg("%s is in %s", *outside, network);
}
#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static const char *const private_inside[] = {
    "10.0.0.0",    "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.1.1", "100.64.0.0", "100.127.255.255",
    "169.254.1.1", "fc00::1",        "fdff::1",    "fe80::1",        "febf::1",     NULL};
static const char *const private_outside[] = {"9.255.255.255",   "11.0.0.0",    "172.15.255.255", "172.32.0.0",
                                              "192.167.255.255", "192.169.0.0", "100.63.255.255", "100.128.0.0",
                                              "169.253.255.255", "8.8.8.8",     "2001:db8::1",    "fe00::1",
                                              "fec0::1",         NULL};

static void test_network__private(void **state)
{
    (void)state;
    load("");
    check_in("private", private_inside, private_outside);
    drop();
}

static void test_network__ours_is_private_without_own(void **state)
{
    (void)state;
    load("");
    check_in("ours", private_inside, private_outside);
    drop();
}

static void test_network__ours_is_what_own_says(void **state)
{
    (void)state;
    load("own: [198.51.100.0/24, \"2001:db8:1::/48\"]\n");
    check_in("ours", LIST("198.51.100.0", "198.51.100.255", "2001:db8:1::9"),
             LIST("10.0.0.1", "198.51.101.0", "2001:db8:2::"));
    drop();
}

static void test_network__internet_is_unicast_that_is_nobody_elses(void **state)
{
    (void)state;
    load("own: [198.51.100.0/24, \"2001:db8:1::/48\"]\n");
    /* Documentation ranges count; so does what a NAT64 makes of an IPv4 address. */
    check_in("internet",
             LIST("8.8.8.8", "1.0.0.0", "223.255.255.255", "192.0.2.1", "198.51.101.0", "203.0.113.5", "2001:db8::1",
                  "2600::1", "64:ff9b::808:808"),
             LIST("198.51.100.7", "2001:db8:1::1", "10.1.1.1", "100.64.0.1", "fd00::1", "fe80::1", "224.0.0.1",
                  "ff02::1", "255.255.255.255", "0.0.0.0", "127.0.0.1", "::", "::1", "168.63.129.16", "35.191.0.1",
                  "169.254.169.254"));
    drop();
}

static void test_network__platform_and_metadata(void **state)
{
    (void)state;
    load("");
    check_in("metadata", LIST("169.254.169.254", "fd00:ec2::254"),
             LIST("169.254.169.253", "fd00:ec2::253", "10.0.0.1"));
    check_in("platform", LIST("169.254.169.254", "fd00:ec2::254", "168.63.129.16", "35.191.12.1", "130.211.3.255"),
             LIST("168.63.129.17", "8.8.8.8", "10.0.0.1", "130.211.4.0"));
    drop();
}

static void test_network__multicast_and_any(void **state)
{
    (void)state;
    load("");
    check_in("multicast", LIST("224.0.0.0", "239.255.255.255", "ff00::", "ff02::fb"),
             LIST("223.255.255.255", "240.0.0.0", "fe80::1"));
    check_in("any", LIST("0.0.0.0", "255.255.255.255", "::", "ffff::1"), (const char *const[]){NULL});
    drop();
}

static void test_network__naming_changes_no_builtin(void **state)
{
    (void)state;
    load("networks:\n  office: 203.0.113.0/24\n  lan: 10.0.0.0/24\n");
    check_in("internet", LIST("203.0.113.7"), LIST("10.0.0.1"));
    check_in("ours", LIST("10.0.0.1", "192.168.0.1"), LIST("203.0.113.7"));
    drop();
}

static void test_network__one_cidr_a_list_a_map_and_names(void **state)
{
    (void)state;
    load("networks:\n  one: 10.0.0.1\n  list: [10.1.0.0/24, \"2001:db8::/64\"]\n  map: {cidr: [10.2.0.0/16]}\n"
         "  all-3: [one, list, 192.0.2.0/24]\n");
    check_in("one", LIST("10.0.0.1"), LIST("10.0.0.0", "10.0.0.2"));
    check_in("list", LIST("10.1.0.255", "2001:db8::5"), LIST("10.1.1.0", "2001:db8:0:1::"));
    check_in("map", LIST("10.2.255.255"), LIST("10.3.0.0"));
    check_in("all-3", LIST("10.0.0.1", "10.1.0.9", "192.0.2.9", "2001:db8::1"), LIST("10.2.0.1"));
    drop();
}

/* Each name stands for all of the one before, twice: 2^60 prefixes, were they not told apart. */
static void test_network__networks_of_networks_do_not_double(void **state)
{
    char text[2048];
    size_t len = (size_t)snprintf(text, sizeof text, "networks:\n  n0: [10.0.0.0/8, 10.0.0.0/8, 192.0.2.0/24]\n");
    (void)state;
    for (unsigned i = 1; i <= 60; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "  n%u: [n%u, n%u]\n", i, i - 1, i > 1 ? i - 2 : 0);
    load(text);
    const struct fl_network *last = &policy.networks[fl_policy_network(&policy, FL_STR("n60"))];
    assert_int_equal(last->prefix_count, 2);
    check_in("n60", LIST("10.1.2.3", "192.0.2.1"), LIST("192.0.3.1"));
    drop();
}

static void test_network__except_subtracts(void **state)
{
    (void)state;
    load("networks:\n  a: {cidr: [10.0.0.0/8, 10.1.0.0/16], except: [10.1.2.0/24, 10.9.9.9, 192.0.2.0/24]}\n");
    check_in("a", LIST("10.1.1.255", "10.1.3.0", "10.9.9.8", "10.9.9.10"),
             LIST("10.1.2.0", "10.1.2.255", "10.9.9.9", "192.0.2.1"));
    drop();
}

static void test_network__binding(void **state)
{
    (void)state;
    load("networks:\n  db: {cidr: 10.0.0.0/24, vpc: vpc-1}\n  pay: {cidr: 10.0.0.0/24, account: \"012\"}\n");
    struct fl_network_source source = fl_policy_network_source(&policy);
    assert_string_equal(source.vpc(source.context, FL_NET_BUILTIN_COUNT), "vpc-1");
    assert_null(source.account(source.context, FL_NET_BUILTIN_COUNT));
    assert_string_equal(source.account(source.context, FL_NET_BUILTIN_COUNT + 1), "012");
    drop();
}

static void test_network__errors(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t line, column;
        const char *says;
    } cases[] = {
        {"networks:\n  bytes: 10.0.0.0/8\n", 4, 3, "a field of the record"},
        {"networks:\n  internet: 10.0.0.0/8\n", 4, 3, "a built-in network"},
        {"networks:\n  not: 10.0.0.0/8\n", 4, 3, "a word of the expression language"},
        {"networks:\n  self: 10.0.0.0/8\n", 4, 3, "a word of the expression language"},
        {"networks:\n  tcp: 10.0.0.0/8\n", 4, 3, "a protocol"},
        {"networks:\n  2a: 10.0.0.0/8\n", 4, 3, "begins with a letter"},
        {"networks:\n  a b: 10.0.0.0/8\n", 4, 3, "a name has"},
        {"networks:\n  a-: 10.0.0.0/8\n", 4, 3, "a name has"},
        {"networks:\n  a: 10.0.0.1/8\n", 4, 6, "the network is 10.0.0.0/8"},
        {"networks:\n  a: [b]\n", 4, 7, "no network defined above"},
        {"networks:\n  a: {cidr: 10.0.0.0/8, excpet: 10.0.0.0/9}\n", 4, 25, "except"},
        {"networks:\n  a: {vpc: vpc-1}\n", 4, 6, "needs cidr, file or subnets"},
        {"networks:\n  a: {cidr: 10.0.0.0/8, except: 10.0.0.0/9}\n  b: [a]\n", 5, 7, "with exceptions"},
        {"networks:\n  a: {cidr: 10.0.0.0/8, vpc: vpc-1}\n  b: [a]\n", 5, 7, "bound to a vpc"},
        {"networks:\n  b: internet\n", 4, 6, "with exceptions"},
        {"networks:\n  a: {file: no/such/file}\n", 4, 13, "cannot be read: No such file"},
        {"networks:\n  a: {file: .}\n", 4, 13, "cannot be read to its end: Is a directory"},
        {"services:\n  web: tcp/99999\n", 4, 8, "no service"},
        {"services:\n  web: \"{tcp/80, tcp/443}\"\n", 4, 8, "a list"},
        {"services:\n  srcport: tcp/80\n", 4, 3, "a field of the record"},
        {"services:\n  and: tcp/80\n", 4, 3, "a word of the expression language"},
        {"services:\n  a b: tcp/80\n", 4, 3, "a name has"},
        {"networks:\n  web: 10.0.0.0/8\nservices:\n  web: tcp/80\n", 6, 3, "another network"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(parse(cases[i].text), FL_E_VALUE);
        const struct fl_error *e = &errors.items[0];
        if (errors.count != 1 || e->line != cases[i].line || e->column != cases[i].column ||
            strstr(e->text, cases[i].says) == NULL)
            fail_msg("%s: %u errors, %u:%u %s", cases[i].text, errors.count, e->line, e->column, e->text);
        assert_string_equal(e->file, "p.yaml");
        drop();
    }
}

static void test_service__items_and_ports(void **state)
{
    (void)state;
    load("services:\n  db: [tcp/5432, tcp/6432]\n  dns: udp/53..55\n  ping: icmp\n  all: tcp\n");
    assert_int_equal(policy.service_count, 4);
    assert_int_equal(policy.services[0].item_count, 2);
    assert_int_equal(policy.services[0].port_count, 2);
    assert_int_equal(policy.services[1].port_count, 3);
    assert_int_equal(policy.services[1].items[0].low, FL_SERVICE(17, 53));
    assert_int_equal(policy.services[1].items[0].high, FL_SERVICE(17, 55));
    assert_int_equal(policy.services[2].items[0].low, FL_SERVICE(1, 0));
    assert_true(policy.services[3].port_count > 16);
    drop();
}

static bool listed(const uint64_t bits[1024], unsigned port)
{
    return bits[port >> 6] >> (port & 63) & 1;
}

static void test_service__shipped_ports(void **state)
{
    static uint64_t tcp[1024], udp[1024];
    fl_listed_services(tcp, udp);
    (void)state;
    assert_true(listed(tcp, 443) && listed(tcp, 5432) && listed(udp, 53));
    assert_false(listed(tcp, 32768));
    assert_false(listed(tcp, 4444));
    assert_false(listed(udp, 22));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_network__private),
        cmocka_unit_test(test_network__ours_is_private_without_own),
        cmocka_unit_test(test_network__ours_is_what_own_says),
        cmocka_unit_test(test_network__internet_is_unicast_that_is_nobody_elses),
        cmocka_unit_test(test_network__platform_and_metadata),
        cmocka_unit_test(test_network__multicast_and_any),
        cmocka_unit_test(test_network__naming_changes_no_builtin),
        cmocka_unit_test(test_network__one_cidr_a_list_a_map_and_names),
        cmocka_unit_test(test_network__networks_of_networks_do_not_double),
        cmocka_unit_test(test_network__except_subtracts),
        cmocka_unit_test(test_network__binding),
        cmocka_unit_test(test_network__errors),
        cmocka_unit_test(test_service__items_and_ports),
        cmocka_unit_test(test_service__shipped_ports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
