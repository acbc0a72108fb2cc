/* Intents written as rules: which records break them, are allowed by them, or are undecided. */
#include <stdio.h>
#include <stdlib.h>

#include "core/rule/plan.h"
#include "tests/unit/expr/rows.h"

static struct fl_policy policy;
static struct fl_plan plan;
static struct fl_batch batch;
static struct fl_program_state *state_of_program;
static uint32_t rows;

static int setup(void **state)
{
    (void)state;
    rows_open(&batch);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fl_batch_dispose(&batch);
    return 0;
}

/* app 10.0.1.0/24, bastion 10.0.3.10, db 10.0.10.0/24, and one intent. */
static void intent(const char *yaml)
{
    static const char text[] = "version: 1\nname: t\nnetworks:\n  app: 10.0.1.0/24\n  bastion: 10.0.3.10\n  db: 10.0.10.0/24\n"
                               "services:\n  postgres: [tcp/5432, tcp/6432]\nintents:\n  - {id: x, %s}\n";
    char all[1024];
    struct fl_error_list errors = {0};
    snprintf(all, sizeof all, text, yaml);
    if (fl_policy_parse(fl_str_of(all), "p", ".", &policy, &errors) != FL_OK)
        fail_msg("%s: %s", yaml, errors.items[0].text);
    if (fl_plan_build(&plan, &policy, NULL, 0, &errors) != FL_OK)
        fail_msg("%s: %s", yaml, errors.items[0].text);
    assert_int_equal(plan.rule_count, 3);
    fl_error_list_dispose(&errors);
    state_of_program = fl_program_state_new(plan.program);
    rows_begin(&batch, 32);
    rows = 0;
}

static void drop(void)
{
    fl_program_state_free(state_of_program);
    fl_plan_dispose(&plan);
    fl_policy_dispose(&policy);
}

/* "tcp 10.0.1.5:40000 > 10.0.10.7:5432", "icmp 10.0.1.5 > 10.0.10.7" */
static void record(const char *text)
{
    char protocol[8], src[40], dst[40];
    int srcport = -1, dstport = -1;
    if (sscanf(text, "%7s %39[^:]:%d > %39[^:]:%d", protocol, src, &srcport, dst, &dstport) != 5)
        assert_int_equal(sscanf(text, "%7s %39s > %39s", protocol, src, dst), 3);
    rows_addr(&batch, FL_F_SRCADDR, rows, src);
    rows_addr(&batch, FL_F_DSTADDR, rows, dst);
    rows_int(&batch, FL_F_PROTOCOL, rows, fl_protocol_find(fl_str_of(protocol)));
    if (srcport >= 0)
        rows_int(&batch, FL_F_SRCPORT, rows, srcport);
    if (dstport >= 0)
        rows_int(&batch, FL_F_DSTPORT, rows, dstport);
    rows_int(&batch, FL_F_ACTION, rows, FL_ACTION_ACCEPT);
    rows_int(&batch, FL_F_START_TIME, rows, INT64_C(1795514400000)); /* 2026-11-24T10:00:00Z */
    rows++;
}

/* What the intent says of the first row: b breach, u undecided, p permitted, or - nothing. */
static char verdict_of_row(uint32_t r)
{
    static const char letters[] = {[FL_ROLE_BREACH] = 'b', [FL_ROLE_UNDECIDED] = 'u', [FL_ROLE_PERMITTED] = 'p'};
    char verdict = '-';
    batch.rows = 32;
    fl_derive_run(&plan.derive, NULL, &batch);
    assert_int_equal(fl_program_begin(state_of_program, &batch), FL_OK);
    for (uint32_t i = 0; i < 3; i++) {
        uint64_t out;
        assert_int_equal(fl_program_eval(state_of_program, plan.rules[i].root, NULL, &out), FL_OK);
        if (!(out >> r & 1))
            continue;
        assert_int_equal(verdict, '-'); /* one at most */
        verdict = letters[plan.rules[i].role];
    }
    return verdict;
}

/* Each line: the verdict, a blank, the record. */
static void check(const char *const *lines)
{
    for (; *lines != NULL; lines++) {
        rows_begin(&batch, 32);
        rows = 0;
        record(*lines + 2);
        if (verdict_of_row(0) != **lines)
            fail_msg("%s: %c", *lines, verdict_of_row(0));
    }
}
#define CHECK(...) check((const char *const[]){__VA_ARGS__, NULL})

static void test_intent__only(void **state)
{
    (void)state;
    intent("to: db, only: [{from: app, service: postgres}, {from: bastion, service: tcp/22}]");
    CHECK("p tcp 10.0.1.5:40000 > 10.0.10.7:5432", "p tcp 10.0.1.5:40000 > 10.0.10.7:6432",
          "p tcp 10.0.10.7:5432 > 10.0.1.5:40000", /* its reply */
          "b tcp 10.0.1.5:40000 > 10.0.10.7:22",   /* right network, wrong service */
          "b tcp 10.0.3.10:40000 > 10.0.10.7:5432", "p tcp 10.0.3.10:40000 > 10.0.10.7:22",
          "b tcp 10.0.2.5:40000 > 10.0.10.7:5432", "b tcp 192.0.2.1:40000 > 10.0.10.7:5432",
          "b tcp 10.0.10.7:5432 > 192.0.2.1:40000", /* the reply half of a breach */
          "b udp 10.0.1.5:40000 > 10.0.10.7:5432",
          "- tcp 10.0.10.7:40000 > 10.0.1.5:443", /* opened by the database */
          "- tcp 10.0.1.5:40000 > 10.0.2.7:5432");
    drop();
}

static void test_intent__only_speaks_of_every_protocol(void **state)
{
    (void)state;
    intent("to: db, only: [{from: app}]");
    CHECK("p udp 10.0.1.5:40000 > 10.0.10.7:53", "b udp 10.0.2.5:40000 > 10.0.10.7:53");
    drop();
}

static void test_intent__traffic_inside_counts_unless_self_is_listed(void **state)
{
    (void)state;
    intent("to: db, only: [{from: app, service: postgres}]");
    CHECK("b tcp 10.0.10.8:40000 > 10.0.10.7:5432");
    drop();
    intent("to: db, only: [{from: app, service: postgres}, {from: self}]");
    CHECK("p tcp 10.0.10.8:40000 > 10.0.10.7:5432", "p tcp 10.0.10.8:40000 > 10.0.10.7:22", "b tcp 10.0.2.5:40000 > 10.0.10.7:22");
    drop();
    intent("to: db, only: [{from: self, service: tcp/22}]");
    CHECK("p tcp 10.0.10.8:40000 > 10.0.10.7:22", "b tcp 10.0.10.8:40000 > 10.0.10.7:5432");
    drop();
}

static void test_intent__only_of_nothing_allows_nothing(void **state)
{
    (void)state;
    intent("to: db, only: []");
    CHECK("b tcp 10.0.1.5:40000 > 10.0.10.7:5432", "b tcp 10.0.10.8:40000 > 10.0.10.7:22", "- tcp 10.0.10.7:40000 > 10.0.1.5:443");
    drop();
}

static void test_intent__lists_are_unions(void **state)
{
    (void)state;
    intent("to: [db, 10.0.11.0/24], only: [{from: [app, 10.0.2.0/24], service: [postgres, tcp/22]}]");
    CHECK("p tcp 10.0.1.5:40000 > 10.0.10.7:5432", "p tcp 10.0.2.5:40000 > 10.0.11.7:22", "b tcp 10.0.3.10:40000 > 10.0.11.7:22",
          "b tcp 10.0.2.5:40000 > 10.0.11.7:443");
    drop();
}

static void test_intent__self_in_a_list(void **state)
{
    (void)state;
    intent("to: db, only: [{from: [app, self], service: postgres}]");
    CHECK("p tcp 10.0.1.5:40000 > 10.0.10.7:5432", "p tcp 10.0.10.8:40000 > 10.0.10.7:5432",
          "b tcp 10.0.10.8:40000 > 10.0.10.7:22", "b tcp 10.0.3.10:40000 > 10.0.10.7:5432");
    drop();
    intent("to: [db, 10.0.11.0/24], only: [{from: \"{self, bastion}\"}]");
    CHECK("p tcp 10.0.11.8:40000 > 10.0.10.7:22", "p tcp 10.0.3.10:40000 > 10.0.11.7:22",
          "b tcp 10.0.1.5:40000 > 10.0.11.7:22");
    drop();
    intent("to: db, service: postgres, only_from: [\"{app, self}\"]");
    CHECK("p tcp 10.0.10.8:40000 > 10.0.10.7:5432", "b tcp 10.0.3.10:40000 > 10.0.10.7:5432");
    drop();
}

static void test_intent__only_from_speaks_of_its_service_alone(void **state)
{
    (void)state;
    intent("to: db, service: postgres, only_from: [app, bastion]");
    CHECK("p tcp 10.0.1.5:40000 > 10.0.10.7:5432", "p tcp 10.0.3.10:40000 > 10.0.10.7:6432",
          "b tcp 10.0.2.5:40000 > 10.0.10.7:5432", "- tcp 10.0.2.5:40000 > 10.0.10.7:22",
          "b tcp 10.0.10.8:40000 > 10.0.10.7:5432"); /* inside counts */
    drop();
    intent("to: db, service: postgres, only_from: [app, self]");
    CHECK("p tcp 10.0.10.8:40000 > 10.0.10.7:5432", "b tcp 10.0.3.10:40000 > 10.0.10.7:5432");
    drop();
    intent("to: db, service: postgres, only_from: app");
    CHECK("p tcp 10.0.1.5:40000 > 10.0.10.7:5432", "b tcp 10.0.3.10:40000 > 10.0.10.7:5432");
    drop();
}

static void test_intent__deny(void **state)
{
    (void)state;
    intent("from: db, to: internet, deny: true");
    CHECK("b tcp 10.0.10.7:40000 > 192.0.2.1:443", "b tcp 192.0.2.1:443 > 10.0.10.7:40000", /* the reply half */
          "- tcp 10.0.1.5:40000 > 192.0.2.1:443", "- tcp 10.0.10.7:40000 > 10.0.1.5:443",
          "- tcp 192.0.2.1:40000 > 10.0.10.7:5432", "- tcp 10.0.10.7:40000 > 169.254.169.254:80");
    drop();
    intent("from: db, to: internet, service: tcp/443, deny: true");
    CHECK("b tcp 10.0.10.7:40000 > 192.0.2.1:443", "- tcp 10.0.10.7:40000 > 192.0.2.1:80");
    drop();
}

static void test_intent__undecided_breaks_only_both_ways_round(void **state)
{
    (void)state;
    intent("to: db, only: [{from: app}]");
    CHECK("u icmp 10.0.2.5 > 10.0.10.7", "u icmp 10.0.10.7 > 10.0.2.5", /* one orientation would */
          "- icmp 10.0.1.5 > 10.0.10.7",                             /* neither would */
          "b icmp 10.0.10.8 > 10.0.10.7",                            /* both would */
          "u udp 10.0.2.5:40001 > 10.0.10.7:40000",                   /* guessed only */
          "u udp 10.0.2.5:123 > 10.0.10.7:123", "b udp 10.0.10.8:500 > 10.0.10.7:500");
    drop();
    intent("from: db, to: internet, deny: true");
    CHECK("u icmp 10.0.10.7 > 192.0.2.1", "u icmp 192.0.2.1 > 10.0.10.7", "- icmp 10.0.1.5 > 192.0.2.1");
    drop();
}

static void test_intent__undecided_by_service(void **state)
{
    (void)state;
    /* Were 10.0.10.7 the server, its port would be 5432: allowed; the other way round nothing is said. */
    intent("to: db, only: [{from: app, service: [postgres, udp/41000]}]");
    CHECK("- udp 10.0.1.5:42000 > 10.0.10.7:41000", "u udp 10.0.1.5:41000 > 10.0.10.7:42000");
    drop();
}

static void test_intent__strict_makes_undecided_a_breach(void **state)
{
    (void)state;
    intent("to: db, only: [{from: app}], strict: true");
    batch.rows = 32;
    record("icmp 10.0.2.5 > 10.0.10.7");
    assert_int_equal(verdict_of_row(0), 'b');
    CHECK("- icmp 10.0.1.5 > 10.0.10.7", "b icmp 10.0.10.7 > 10.0.2.5", "b icmp 10.0.10.8 > 10.0.10.7",
          "p tcp 10.0.1.5:40000 > 10.0.10.7:5432");
    drop();
}

static void test_intent__when_narrows(void **state)
{
    (void)state;
    intent("to: db, only: [{from: app}], when: \"hour in 9..17 or false\"");
    CHECK("b tcp 10.0.2.5:40000 > 10.0.10.7:22", "p tcp 10.0.1.5:40000 > 10.0.10.7:22");
    drop();
    intent("to: db, only: [{from: app}], when: hour not in 9..17");
    CHECK("- tcp 10.0.2.5:40000 > 10.0.10.7:22", "- tcp 10.0.1.5:40000 > 10.0.10.7:22", "- icmp 10.0.10.8 > 10.0.10.7");
    drop();
}

static void test_intent__starts_and_expires_in_event_time(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        char verdict;
    } cases[] = {{"starts: 2026-11-24", 'b'}, {"starts: 2026-11-25", '-'}, {"expires: 2026-11-24", 'b'}, {"expires: 2026-11-23", '-'},
                 {"starts: 2026-11-01, expires: 2026-11-30", 'b'}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char yaml[128];
        snprintf(yaml, sizeof yaml, "to: db, only: [{from: app}], %s", cases[i].yaml);
        intent(yaml);
        record("tcp 10.0.2.5:40000 > 10.0.10.7:22");
        assert_int_equal(verdict_of_row(0), cases[i].verdict);
        drop();
    }
}

static void test_intent__is_not_evaluated_without_its_fields(void **state)
{
    (void)state;
    static const uint32_t fields[] = {FL_F_SRCADDR, FL_F_DSTADDR, FL_F_SRCPORT, FL_F_DSTPORT, FL_F_PROTOCOL, FL_F_ACTION};
    intent("to: db, only: [{from: app}]");
    struct fl_field_set all = {{0}};
    for (size_t i = 0; i < 6; i++)
        fl_field_set_add(&all, fields[i]);
    assert_true(fl_plan_rule_possible(&plan, &plan.rules[0], &all));
    assert_null(fl_plan_rule_lacks(&plan, &plan.rules[0], &all));
    /* A log without action (transit gateway) says nothing about reaching. */
    struct fl_field_set some = all;
    some.bits[FL_F_ACTION >> 6] &= ~(UINT64_C(1) << (FL_F_ACTION & 63));
    assert_false(fl_plan_rule_possible(&plan, &plan.rules[0], &some));
    assert_string_equal(fl_plan_rule_lacks(&plan, &plan.rules[0], &some), "action");
    some = all;
    some.bits[FL_F_SRCADDR >> 6] &= ~(UINT64_C(1) << (FL_F_SRCADDR & 63));
    assert_false(fl_plan_rule_possible(&plan, &plan.rules[0], &some));
    assert_string_equal(fl_plan_rule_lacks(&plan, &plan.rules[0], &some), "srcaddr");
    drop();
}

static void test_intent__errors(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *says;
    } cases[] = {
        {"id: a, to: db", "one of only, only_from, deny"},
        {"id: a, to: any, only: [{from: any}], deny: true", "one of only, only_from, deny"},
        {"id: a, to: any, deny: true", "deny needs from"},
        {"id: a, from: any, deny: true", "needs to"},
        {"id: a, to: any, only_from: any", "needs the service"},
        {"id: a, from: any, to: any, only: [{from: any}]", "stand in its entries"},
        {"id: a, to: any, only: [{service: tcp/22}]", "needs from"},
        {"id: a, to: any, only: [{from: nowhere}]", "nothing is called \"nowhere\""},
        {"id: a, to: any, only: [{from: any, service: nothing}]", "nothing is called \"nothing\""},
        {"id: a, to: self, only: [{from: any}]", "nothing is called \"self\""},
        {"id: a, to: any, only: [{from: [self, nowhere]}]", "nothing is called \"nowhere\""},
        {"id: a, to: any, from: [any, self], deny: true", "nothing is called \"self\""},
        {"id: a#b, to: any, only: [{from: any}]", "must not hold #"},
        {"to: any, only: [{from: any}]", "needs an id"},
        {"id: a, to: any, only: [{from: any}], when: dstprt == 1", "when: nothing is called \"dstprt\"; did you mean \"dstport\"?"},
        {"id: a, to: any, only: [{from: any}], when: \"true) or (true\"", "when: "},
        {"id: a, to: any, onyl: [{from: any}]", "only"},
        {"id: a, to: any, only: [{from: any}], severity: urgent", "severity"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        struct fl_error_list errors = {0};
        bool said = false;
        snprintf(text, sizeof text, "version: 1\nname: t\nintents:\n  - {%s}\n", cases[i].yaml);
        assert_int_equal(fl_policy_parse(fl_str_of(text), "p", ".", &policy, &errors), FL_E_VALUE);
        for (uint32_t k = 0; k < errors.count; k++) {
            said |= strstr(errors.items[k].text, cases[i].says) != NULL;
            assert_int_equal(errors.items[k].line, 4);
        }
        if (!said)
            fail_msg("%s: %s", cases[i].yaml, errors.items[0].text);
        fl_error_list_dispose(&errors);
        fl_policy_dispose(&policy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_intent__only),
        cmocka_unit_test(test_intent__only_speaks_of_every_protocol),
        cmocka_unit_test(test_intent__traffic_inside_counts_unless_self_is_listed),
        cmocka_unit_test(test_intent__only_of_nothing_allows_nothing),
        cmocka_unit_test(test_intent__lists_are_unions),
        cmocka_unit_test(test_intent__self_in_a_list),
        cmocka_unit_test(test_intent__only_from_speaks_of_its_service_alone),
        cmocka_unit_test(test_intent__deny),
        cmocka_unit_test(test_intent__undecided_breaks_only_both_ways_round),
        cmocka_unit_test(test_intent__undecided_by_service),
        cmocka_unit_test(test_intent__strict_makes_undecided_a_breach),
        cmocka_unit_test(test_intent__when_narrows),
        cmocka_unit_test(test_intent__starts_and_expires_in_event_time),
        cmocka_unit_test(test_intent__is_not_evaluated_without_its_fields),
        cmocka_unit_test(test_intent__errors),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
