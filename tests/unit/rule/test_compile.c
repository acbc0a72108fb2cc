/* Declarations compiled: keys, windows, having, parameters, texts, and what is refused. */
#include <stdio.h>
#include <stdlib.h>

#include "core/rule/compile.h"
#include "tests/unit/expr/rows.h"

static struct fl_policy policy;
static struct fl_plan plan;
static struct fl_error_list errors;

static int setup(void **state)
{
    (void)state;
    static const char text[] =
        "version: 1\nname: t\nnetworks:\n  db: 10.0.10.0/24\nservices:\n  web: [tcp/80, tcp/443]\n";
    return fl_policy_parse(fl_str_of(text), "p", ".", &policy, &errors) == FL_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    fl_policy_dispose(&policy);
    return 0;
}

static const char *group_keys[] = {"client", "server"}, *identity_key[] = {"server"}, *unknown_key[] = {"sever"},
                  *other_key[] = {"service"};
static struct fl_measure_decl port_measures[] = {{.name = "run", .kind = "longest_run", .field = "server_port"},
                                                 {.name = "ports", .kind = "distinct", .field = "server_port"},
                                                 {.name = "refused", .kind = "count", .filter = "rejected"}};

/* The rule on line 7, `where` on 9, `having` on 12; the other keys are not found. */
static const char file_text[] = "\n\n\n\n\n\nrule {\n\nwhere = given,\n\n\nhaving = given,\n}\n";

/* The second example of the design. */
static struct fl_param_decl scan_params[] = {{.name = "run", .type = FL_P_NUMBER, .text = "8"},
                                             {.name = "window", .type = FL_P_DURATION, .text = "10m"},
                                             {.name = "every", .type = FL_P_DURATION, .text = "2m30s"}};

static struct fl_rule_decl scan(void)
{
    return (struct fl_rule_decl){
        .id = "scan/sequential-ports",
        .base_id = "scan/sequential-ports",
        .title = "Walk",
        .file = "r.lua",
        .line = 7,
        .file_text = fl_str_of(file_text),
        .severity = FL_SEV_MEDIUM,
        .params = scan_params,
        .param_count = 3,
        .where = "initiated and protocol in {tcp, udp}",
        .group_by = {group_keys, 2},
        .window = "$window",
        .every = "$every",
        .measures = port_measures,
        .measure_count = 3,
        .having = "run >= $run",
        .identity = {identity_key, 1},
        .finding = "{client} walked {run} of {server}: {ports} ports, {refused} of {flows} refused, $run is {$run}",
        .source = UINT32_MAX};
}

static const struct fl_plan_rule *build(const struct fl_rule_decl *decl)
{
    if (fl_plan_build(&plan, &policy, &decl, 1, &errors) != FL_OK)
        fail_msg("%s", errors.items[0].text);
    return &plan.rules[0];
}

static void drop(void)
{
    fl_plan_dispose(&plan);
    fl_error_list_dispose(&errors);
}

static void test_compile__second_example_of_the_design(void **state)
{
    (void)state;
    struct fl_rule_decl decl = scan();
    const struct fl_plan_rule *rule = build(&decl);
    assert_int_equal(rule->window_ms, 600000);
    assert_int_equal(rule->every_ms, 150000);
    assert_int_equal(rule->pane_ms, 150000);
    assert_int_equal(rule->key_count, 2);
    assert_int_equal(rule->identity_count, 1);
    assert_string_equal(rule->key_names[rule->identity[0]], "server");
    assert_string_equal(rule->having_text, "run >= 8");
    assert_int_equal(rule->having_slot, rule->key_count + FL_COUNTER_COUNT);
    assert_false(rule->having_least_is_worst);
    assert_int_equal(rule->outcome_measure, -1);
    assert_false(rule->reads_status);
    assert_true(fl_field_set_has(&plan.wanted, FL_F_SERVER_PORT) && fl_field_set_has(&plan.wanted, FL_F_DSTPORT));
    drop();
}

static void test_template__prints_keys_measures_counters_and_parameters(void **state)
{
    (void)state;
    struct fl_rule_decl decl = scan();
    const struct fl_plan_rule *rule = build(&decl);
    struct fl_value slots[2 + FL_COUNTER_COUNT + 3] = {{.type = FL_T_ADDR, .addr = rows_address("10.0.1.5")},
                                                       {.type = FL_T_NULL},
                                                       [2 + FL_C_FLOWS] = fl_value_int(FL_T_INT, 12)};
    slots[2 + FL_COUNTER_COUNT] = fl_value_int(FL_T_INT, 9);
    slots[2 + FL_COUNTER_COUNT + 1] = fl_value_int(FL_T_INT, 10);
    slots[2 + FL_COUNTER_COUNT + 2] = fl_value_int(FL_T_INT, 11);
    struct fl_buf out;
    fl_buf_init(&out);
    fl_template_print(&rule->message, slots, &out);
    fl_buf_add_char(&out, '\0');
    assert_string_equal(out.data, "10.0.1.5 walked 9 of -: 10 ports, 11 of 12 refused, $run is 8");
    fl_buf_dispose(&out);
    drop();
}

static void test_template__one_reads_right_in_texts_of_the_core(void **state)
{
    (void)state;
    struct fl_rule_decl decl = scan();
    decl.finding = "({flows} records, {bytes} bytes, {run} walks) {ports}s {refused} clients: {ports} ports";
    const struct fl_plan_rule *rule = build(&decl);
    struct fl_value slots[2 + FL_COUNTER_COUNT + 3];
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++)
        slots[i] = fl_value_int(FL_T_INT, 1);
    slots[2 + FL_C_BYTES] = fl_value_int(FL_T_INT, 11);
    slots[2 + FL_COUNTER_COUNT + 1] = fl_value_int(FL_T_INT, 0);
    struct fl_template text = rule->message;
    for (int by_core = 0; by_core < 2; by_core++) {
        struct fl_buf out;
        fl_buf_init(&out);
        text.by_core |= by_core == 1;
        fl_template_print(&text, slots, &out);
        fl_buf_add_char(&out, '\0');
        assert_string_equal(out.data, by_core ? "(1 record, 11 bytes, 1 walk) 0s 1 client: 0 ports"
                                              : "(1 records, 11 bytes, 1 walks) 0s 1 clients: 0 ports");
        fl_buf_dispose(&out);
    }
    drop();
}

static void print_values(const char *finding, struct fl_value value, const char *expected)
{
    struct fl_rule_decl decl = scan();
    struct fl_buf out;
    decl.finding = finding;
    const struct fl_plan_rule *rule = build(&decl);
    struct fl_value slots[2 + FL_COUNTER_COUNT + 3] = {value, value};
    fl_buf_init(&out);
    fl_template_print(&rule->message, slots, &out);
    fl_buf_add_char(&out, '\0');
    assert_string_equal(out.data, expected);
    fl_buf_dispose(&out);
    drop();
}

static void test_template__values_as_text(void **state)
{
    (void)state;
    print_values("on {client}", fl_value_int(FL_T_SERVICE, FL_SERVICE(6, 5432)), "on tcp/5432");
    print_values("{client}{server}", fl_value_int(FL_T_SERVICE, FL_SERVICE(1, 0)), "icmpicmp");
    print_values("{client}", fl_value_int(FL_T_OUTCOME, FL_OUTCOME_ANSWERED), "answered");
    print_values("{client}", (struct fl_value){.type = FL_T_RATIO, .ratio = {2, 3}}, "0.667");
    print_values("{client}", fl_value_int(FL_T_DURATION, 5400000), "1h30m");
    print_values("{client}", fl_value_int(FL_T_TIME, 1795514400000), "2026-11-24T10:00:00.000Z");
    print_values("a } alone, and nothing", FL_VALUE_NULL, "a } alone, and nothing");
    print_values("", FL_VALUE_NULL, "");
}

static void test_compile__without_group_by_the_keys_are_identity(void **state)
{
    (void)state;
    struct fl_rule_decl decl = scan();
    decl.group_by = (struct fl_texts){NULL, 0};
    decl.finding = "{server}";
    const struct fl_plan_rule *rule = build(&decl);
    assert_int_equal(rule->key_count, 1);
    assert_int_equal(rule->identity_count, 1);
    drop();
    decl.identity = (struct fl_texts){NULL, 0};
    decl.finding = "{flows}";
    rule = build(&decl);
    assert_int_equal(rule->key_count, 0); /* the whole audit is one group */
    drop();
    decl = scan();
    decl.identity = (struct fl_texts){NULL, 0};
    rule = build(&decl);
    assert_int_equal(rule->identity_count, 2); /* default: group_by */
    drop();
}

static void test_compile__windows(void **state)
{
    (void)state;
    static const struct {
        const char *window, *every;
        int64_t window_ms, every_ms, pane_ms;
    } cases[] = {{"10m", NULL, 600000, 600000, 600000},
                 {"10m", "4m", 600000, 240000, 120000},
                 {"64s", "1s", 64000, 1000, 1000},
                 {NULL, NULL, 0, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fl_rule_decl decl = scan();
        decl.window = cases[i].window;
        decl.every = cases[i].every;
        const struct fl_plan_rule *rule = build(&decl);
        assert_int_equal(rule->window_ms, cases[i].window_ms);
        assert_int_equal(rule->every_ms, cases[i].every_ms);
        assert_int_equal(rule->pane_ms, cases[i].pane_ms);
        drop();
    }
}

static void test_compile__having_names_what_is_worst(void **state)
{
    (void)state;
    static const struct {
        const char *having;
        uint32_t slot; /* behind the keys: counters, then run, ports, refused */
        bool least;
    } cases[] = {
        {"run >= 8", FL_COUNTER_COUNT, false},
        {"run < 8", FL_COUNTER_COUNT, true},
        {"8 > ports", FL_COUNTER_COUNT + 1, true},
        {"8 <= ports and run < 3", FL_COUNTER_COUNT + 1, false},
        {"bytes > 1 and run <= 3", FL_COUNTER_COUNT, true}, /* a measure comes before a counter */
        {"bytes > 1", FL_C_BYTES, false},
        {"not (run < 8)", FL_COUNTER_COUNT, false},
        {"not (run >= 8)", FL_COUNTER_COUNT, true},
        {"refused / flows > 0.5", FL_COUNTER_COUNT + 2, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fl_rule_decl decl = scan();
        decl.having = cases[i].having;
        const struct fl_plan_rule *rule = build(&decl);
        if (rule->having_slot != 2 + cases[i].slot || rule->having_least_is_worst != cases[i].least)
            fail_msg("%s: %u %d", cases[i].having, rule->having_slot, rule->having_least_is_worst);
        drop();
    }
}

static void test_compile__lines_without_data_need_log_status(void **state)
{
    (void)state;
    struct fl_rule_decl decl = scan();
    decl.where = "log_status == skipdata or rejected";
    assert_true(build(&decl)->reads_status);
    drop();
}

static void refused(const struct fl_rule_decl *decl, uint32_t line, const char *says)
{
    assert_int_equal(fl_plan_build(&plan, &policy, &decl, 1, &errors), FL_E_VALUE);
    const struct fl_error *e = &errors.items[0];
    if (errors.count != 1 || e->line != line || strstr(e->text, says) == NULL)
        fail_msg("%u errors; %s:%u %s", errors.count, e->file, e->line, e->text);
    assert_string_equal(e->file, "r.lua");
    assert_non_null(strstr(e->text, "scan/sequential-ports"));
    drop();
}

static void test_compile__unknown_default_network_voids_the_rule(void **state)
{
    (void)state;
    struct fl_param_decl params[] = {{.name = "server", .type = FL_P_NETWORK, .text = "pci"}};
    struct fl_rule_decl decl = scan();
    decl.params = params;
    decl.param_count = 1;
    decl.where = "server in $server";
    decl.window = decl.every = decl.having = NULL;
    decl.finding = NULL;
    const struct fl_plan_rule *rule = build(&decl);
    assert_non_null(rule->void_reason);
    assert_non_null(strstr(rule->void_reason, "no network \"pci\""));
    struct fl_field_set fields = {{0}};
    fl_program_fields(plan.program, &fields);
    assert_false(fl_field_set_has(&fields, FL_F_SERVER)); /* nothing is asked of the input for it */
    drop();
    /* What else is wrong with it is an error all the same. */
    decl.where = "client in $server and initiatd";
    refused(&decl, 9, "did you mean \"initiated\"?");
    decl.where = "srcport in $server";
    refused(&decl, 9, "");
    decl.where = "client in $server";
    decl.having = "flws > 1";
    refused(&decl, 12, "did you mean \"flows\"?");
    decl.having = NULL;
    /* Written in the policy, it is an error with its place there. */
    params[0].from_policy = true;
    params[0].line = 30;
    params[0].column = 5;
    const struct fl_rule_decl *list[] = {&decl};
    assert_int_equal(fl_plan_build(&plan, &policy, list, 1, &errors), FL_E_VALUE);
    assert_string_equal(errors.items[0].file, "p");
    assert_int_equal(errors.items[0].line, 30);
    assert_int_equal(errors.items[0].column, 5);
    drop();
}

/* ---- what is refused ---- */

static void test_compile__refuses(void **state)
{
    (void)state;
    struct fl_rule_decl decl = scan();
    decl.where = "initiatd";
    refused(&decl, 9, "did you mean \"initiated\"?");
    decl = scan();
    decl.having = "runn > 3";
    refused(&decl, 12, "did you mean \"run\"?");
    decl = scan();
    decl.having = "dstport > 3"; /* a field is no measure */
    refused(&decl, 12, "dstport is a field of records");
    decl = scan();
    decl.finding = "{clinet}";
    refused(&decl, 7, "no measure, group key or counter");
    decl = scan();
    decl.finding = "{$gone}";
    refused(&decl, 7, "no such parameter");
    decl = scan();
    decl.finding = "{client";
    refused(&decl, 7, "without '}'");
    decl = scan();
    decl.identity = (struct fl_texts){other_key, 1};
    refused(&decl, 7, "not in group_by");
    decl = scan();
    decl.every = "20m";
    refused(&decl, 7, "longer than `window`");
    decl = scan();
    decl.window = "65m";
    decl.every = "1m";
    refused(&decl, 7, "65 panes");
    decl = scan();
    decl.window = NULL;
    refused(&decl, 7, "needs a `window`");
    decl = scan();
    decl.window = "10";
    refused(&decl, 7, "no duration");
    decl = scan();
    decl.window = "$run";
    refused(&decl, 7, "$run is no duration; write params");
    decl = scan();
    decl.window = "$gone";
    refused(&decl, 7, "no parameter $gone");
}

static void test_compile__refuses_unknown_keys_and_measures(void **state)
{
    (void)state;
    struct fl_rule_decl decl = scan();
    decl.group_by = (struct fl_texts){unknown_key, 1};
    decl.identity = (struct fl_texts){NULL, 0};
    decl.finding = "{flows}";
    refused(&decl, 7, "did you mean \"server\"?");
    decl = scan();
    struct fl_measure_decl wrong[] = {{.name = "run", .kind = "longest_run", .field = "bytes"}};
    decl.measures = wrong;
    decl.measure_count = 1;
    refused(&decl, 7, "longest_run needs a port field; bytes is a number");
    wrong[0] = (struct fl_measure_decl){.name = "run", .kind = "count", .filter = "rejected and"};
    refused(&decl, 7, "value is missing at the end");
}

static void test_compile__distinct_must_be_exact_where_it_is_compared(void **state)
{
    (void)state;
    static const struct {
        const char *field, *having;
        int64_t k;
        bool exact;
    } cases[] = {
        {"client", "n > 4096", 0, true},      {"client", "n > 4097", 0, false},
        {"client", "n > 5000", 5000, true},   {"client", "n > 11", 10, false},
        {"client", "11 <= n", 10, false},     {"client", "flows > 1 and not (n < 11)", 10, false},
        {"server_port", "n > 5000", 0, true}, {"client", "flows > 5000", 0, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fl_measure_decl n[] = {{.name = "n", .kind = "distinct", .field = cases[i].field, .k = cases[i].k}};
        struct fl_rule_decl decl = scan();
        decl.measures = n;
        decl.measure_count = 1;
        decl.having = cases[i].having;
        decl.finding = "{n}";
        if (cases[i].exact) {
            build(&decl);
            drop();
        } else {
            refused(&decl, 12, "is exact to");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compile__second_example_of_the_design),
        cmocka_unit_test(test_template__prints_keys_measures_counters_and_parameters),
        cmocka_unit_test(test_template__one_reads_right_in_texts_of_the_core),
        cmocka_unit_test(test_template__values_as_text),
        cmocka_unit_test(test_compile__without_group_by_the_keys_are_identity),
        cmocka_unit_test(test_compile__windows),
        cmocka_unit_test(test_compile__having_names_what_is_worst),
        cmocka_unit_test(test_compile__lines_without_data_need_log_status),
        cmocka_unit_test(test_compile__unknown_default_network_voids_the_rule),
        cmocka_unit_test(test_compile__refuses),
        cmocka_unit_test(test_compile__distinct_must_be_exact_where_it_is_compared),
        cmocka_unit_test(test_compile__refuses_unknown_keys_and_measures),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
