/* What a condition leaves to each name: never and always are certain, everything else is silence. */
#include "core/expr/domain.h"
#include "tests/unit/expr/rows.h"

/* Networks: app 10.0.1.0/24, prod 10.0.0.0/16 without 10.0.9.0/24, vpc 10.5.0.0/16 of one VPC, world. */
static const char *const names[] = {"app", "prod", "vpc", "world"};
enum { APP, PROD, VPC, WORLD, NETWORKS };

static bool find_network(void *context, struct fl_str name, uint32_t *id)
{
    (void)context;
    for (*id = 0; *id < NETWORKS; ++*id)
        if (fl_str_is(name, names[*id]))
            return true;
    return false;
}

static enum fl_status put(struct fl_prefix_sets *sets, uint32_t set, const char *text, bool except)
{
    struct fl_prefix prefix;
    assert_true(fl_prefix_parse(fl_str_of(text), &prefix, NULL));
    return fl_prefix_sets_add(sets, set, prefix, except);
}

static enum fl_status add(void *context, uint32_t network, struct fl_prefix_sets *sets, uint32_t set)
{
    (void)context;
    static const char *const prefixes[] = {"10.0.1.0/24", "10.0.0.0/16", "10.5.0.0/16", "0.0.0.0/0"};
    enum fl_status status = put(sets, set, prefixes[network], false);
    if (status == FL_OK && network == PROD)
        status = put(sets, set, "10.0.9.0/24", true);
    return status == FL_OK && network == WORLD ? put(sets, set, "::/0", false) : status;
}

static const char *vpc(void *context, uint32_t network)
{
    (void)context;
    return network == VPC ? "vpc-1" : NULL;
}

static const char *account(void *context, uint32_t network)
{
    (void)context, (void)network;
    return NULL;
}

static bool find_slot(void *context, struct fl_str name, struct fl_str member, uint32_t *slot, uint32_t *number,
                      enum fl_type *type)
{
    (void)context;
    *number = 0;
    static const char *const slots[] = {"run", "outcome", "many", "share"};
    static const enum fl_type types[] = {FL_T_INT, FL_T_OUTCOME, FL_T_INT, FL_T_RATIO};
    for (*slot = 0; *slot < 4; ++*slot)
        if (fl_str_is(name, slots[*slot]))
            break;
    *type = *slot < 4 ? types[*slot] : FL_T_NULL;
    return member.len == 0 && *slot < 4;
}

/* many is at least 1, share at least 0. */
static int64_t least(void *context, uint32_t slot, uint32_t member)
{
    (void)context, (void)member;
    return slot == 2 ? 1 : slot == 3 ? 0 : INT64_MIN;
}

static const struct fl_node *number;
static const struct fl_node *find_param(void *context, struct fl_str name)
{
    (void)context;
    return fl_str_is(name, "n") ? number : NULL;
}

struct asked {
    struct fl_arena arena;
    struct fl_domains *domains;
    const struct fl_node *node;
};

static void open(struct asked *a, const char *text)
{
    static const struct fl_network_source networks = {NULL, NETWORKS, add, vpc, account};
    const struct fl_expr_env env = {.fields = true, .network = find_network, .slot = find_slot, .param = find_param};
    struct fl_error err;
    fl_arena_init(&a->arena);
    a->domains = fl_domains_new(&networks);
    assert_non_null(a->domains);
    fl_domains_slots(a->domains, &(struct fl_slot_source){NULL, least});
    assert_int_equal(fl_expr_parse_param(fl_str_of("7"), FL_P_NUMBER, &env, &a->arena, &number, &err), FL_OK);
    if (fl_expr_parse(fl_str_of(text), &env, &a->arena, &a->node, &err) != FL_OK)
        fail_msg("%s: %s", text, err.text);
    assert_int_equal(fl_domains_add(a->domains, a->node), FL_OK);
    assert_int_equal(fl_domains_build(a->domains), FL_OK);
}

static void close(struct asked *a)
{
    fl_domains_free(a->domains);
    fl_arena_dispose(&a->arena);
}

/* 'n' never, 'a' always where known, '?' neither. */
static void check(const char *text, char wanted)
{
    struct asked a;
    bool never, always;
    open(&a, text);
    assert_int_equal(fl_domains_never(a.domains, a.node, text, false, &never), FL_OK);
    assert_int_equal(fl_domains_never(a.domains, a.node, text, true, &always), FL_OK);
    char got = never ? 'n' : always ? 'a' : '?';
    if (got != wanted)
        fail_msg("%s: %c, not %c", text, got, wanted);
    close(&a);
}

static void test_domain__numbers(void **state)
{
    (void)state;
    check("srcport == 1 and srcport == 2", 'n');
    check("srcport == 1 and dstport == 2", '?');
    check("srcport < 5 and srcport > 4", 'n');
    check("srcport <= 5 and srcport >= 5", '?');
    check("srcport in {1, 5..9} and srcport in {2..4, 10}", 'n');
    check("srcport in {1, 5..9} and srcport in {2..4, 9}", '?');
    check("srcport in {}", 'n');
    check("srcport not in {}", 'a');
    check("srcport > 65535", 'n');
    check("srcport >= 0", 'a');
    check("bytes < 0", 'n');
    check("weekday == 0", 'n');
    check("hour in 0..23", 'a');
    check("srcport == 1 and (srcport == 2 or srcport == 3)", 'n');
    check("srcport == 1 and (srcport == 2 or dstport == 3)", '?');
    check("not (srcport != 1 or srcport != 2)", 'n');
    check("srcport != 1 or srcport != 2", 'a');
    check("run >= 8 and run < 8", 'n');
    check("run > 0 and run < 3", '?');
    check("bytes > 1.5 and bytes < 1", '?');
    check("bytes / packets > 3 and bytes / packets < 2", '?');
    check("service == tcp/22 and service in tcp/80..90", 'n');
    check("1 > 2", 'n');
    check("true", 'a');
}

static void test_domain__flags_and_enumerations(void **state)
{
    (void)state;
    check("accepted and rejected", 'n');
    check("accepted and not rejected", '?');
    check("accepted and action == reject", 'n');
    check("initiated and not initiated", 'n');
    check("initiated or not initiated", 'a');
    check("outcome >= blocked", 'a');
    check("outcome > answered", 'n');
    check("log_status == skipdata and log_status == ok", 'n');
}

static void test_domain__nulls(void **state)
{
    (void)state;
    check("vpc_id is null and vpc_id == \"x\"", 'n');
    check("vpc_id is null and vpc_id is not null", 'n');
    check("vpc_id is null or vpc_id is not null", 'a');
    check("vpc_id is null", '?');
    check("srcport is null and srcport > 3", 'n');
}

static void test_domain__addresses(void **state)
{
    (void)state;
    check("srcaddr in app and srcaddr in 10.0.2.0/24", 'n');
    check("srcaddr in app and srcaddr in prod", '?');
    check("srcaddr in app and srcaddr not in prod", 'n');
    check("srcaddr in prod and srcaddr in 10.0.9.0/25", 'n');
    check("srcaddr in world", 'a');
    check("srcaddr == 10.0.1.1 and srcaddr in app", '?');
    check("srcaddr == 10.0.2.1 and srcaddr in app", 'n');
    check("srcaddr == 10.0.2.1 and srcaddr != 10.0.2.1", 'n');
    check("srcaddr in vpc and srcaddr not in vpc", '?');
    check("srcaddr in vpc and srcaddr in app", 'n');
    check("srcaddr in {app, vpc} and dstaddr not in {app}", '?');
}

static void test_domain__texts(void **state)
{
    (void)state;
    check("vpc_id == \"a\" and vpc_id == \"b\"", 'n');
    check("vpc_id in {\"a\", \"b\"} and vpc_id in {\"c\"}", 'n');
    check("vpc_id in {\"a\", \"b\"} and vpc_id not in {\"a\"}", '?');
    check("vpc_id == \"abc\" and vpc_id matches \"b*\"", 'n');
    check("vpc_id == \"abc\" and vpc_id matches \"a*\"", '?');
    check("vpc_id matches \"a*\" and vpc_id matches \"b*\"", '?');
    check("vpc_id != \"a\" and vpc_id == \"a\"", 'n');
    check("vpc_id matches \"\"", 'n');
    check("vpc_id == \"\"", 'n');
    check("vpc_id in {\"\", \"a\"}", '?');
    check("src.name == \"\"", '?');
    check("src.name != \"\"", '?');
    check("vpc_id != \"\"", 'a');
    check("vpc_id matches \"*\"", 'a');
    check("vpc_id matches \"**\"", 'a');
    check("vpc_id matches \"?*\"", '?');
    check("vpc_id matches \"a\" and vpc_id == \"b\"", 'n');
    check("vpc_id matches \"[a\" and vpc_id == \"[a\"", '?');
    check("vpc_id matches \"a\" and vpc_id matches \"?\"", '?');
}

static void test_domain__names_beside_themselves(void **state)
{
    (void)state;
    check("bytes == bytes", 'a');
    check("bytes >= bytes", 'a');
    check("bytes < bytes", 'n');
    check("not (bytes <= bytes)", 'n');
    check("vpc_id != vpc_id", 'n');
    check("vpc_id != subnet_id", '?');
    check("bytes > packets", '?');
    check("run > run", 'n');
    check("run > many", '?');
}

static void test_domain__least_values_of_slots(void **state)
{
    (void)state;
    check("many == 0", 'n');
    check("many < 1", 'n');
    check("many >= 1", 'a');
    check("many > 0", 'a');
    check("many != 0", 'a');
    check("many > 1", '?');
    check("many == $n", '?');
    check("run >= 0", '?');
    check("share >= 0", 'a');
    check("share > 0", '?');
    check("share > -1", 'a');
    check("share != -1", 'a');
    check("share < 0", 'n');
    check("share <= 0", '?');
    check("share <= -1", 'n');
    check("share == 0", '?');
    check("share == -1", 'n');
    check("share == 0.5", '?');
    check("not (share >= 0)", 'n');
}

static void test_domain__parameters_tell_nothing(void **state)
{
    (void)state;
    check("srcport == $n and srcport == 8", '?');
    check("bytes >= 0 and bytes > $n", '?');
    check("run >= $n and run < 3", '?');
}

static void test_domain__values_and_networks_left(void **state)
{
    (void)state;
    struct asked a;
    uint64_t count;
    bool out;
    open(&a, "srcport in {22, 3389, 5900..5910} and srcaddr in app and protocol == tcp");
    assert_int_equal(fl_domains_values(a.domains, a.node, NULL, FL_F_SRCPORT, &count), FL_OK);
    assert_int_equal(count, 13);
    assert_int_equal(fl_domains_values(a.domains, a.node, NULL, FL_F_DSTPORT, &count), FL_OK);
    assert_true(count == UINT64_MAX);
    assert_int_equal(fl_domains_keeps_out(a.domains, a.node, NULL, FL_F_SRCADDR, VPC, &out), FL_OK);
    assert_true(out);
    assert_int_equal(fl_domains_keeps_out(a.domains, a.node, NULL, FL_F_SRCADDR, PROD, &out), FL_OK);
    assert_false(out);
    assert_int_equal(fl_domains_keeps_out(a.domains, a.node, NULL, FL_F_DSTADDR, VPC, &out), FL_OK);
    assert_false(out);
    close(&a);
}

static bool is_zero(const char *text, uint32_t slot)
{
    struct asked a;
    bool zero;
    open(&a, text);
    assert_int_equal(fl_domains_is_zero(a.domains, a.node, NULL, slot, &zero), FL_OK);
    close(&a);
    return zero;
}

static void test_domain__slots_that_are_zero(void **state)
{
    (void)state;
    assert_true(is_zero("run == 0 and outcome >= blocked", 0));
    assert_true(is_zero("run < 1", 0));
    assert_true(is_zero("run == 0 or run <= 0", 0));
    assert_false(is_zero("run <= 1", 0));
    assert_false(is_zero("run == 0 or outcome == blocked", 0));
    assert_false(is_zero("run == 0", 2));
    assert_false(is_zero("run != 0", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_domain__numbers),
        cmocka_unit_test(test_domain__flags_and_enumerations),
        cmocka_unit_test(test_domain__nulls),
        cmocka_unit_test(test_domain__addresses),
        cmocka_unit_test(test_domain__texts),
        cmocka_unit_test(test_domain__names_beside_themselves),
        cmocka_unit_test(test_domain__least_values_of_slots),
        cmocka_unit_test(test_domain__parameters_tell_nothing),
        cmocka_unit_test(test_domain__values_and_networks_left),
        cmocka_unit_test(test_domain__slots_that_are_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
