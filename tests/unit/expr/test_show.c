/* Conditions shown to people read back as what they were. */
#include "core/expr/expr.h"
#include "tests/unit/expr/rows.h"

static const char *const networks[] = {"app", "db"};

static bool find_network(void *context, struct fl_str name, uint32_t *id)
{
    (void)context;
    for (*id = 0; *id < 2; ++*id)
        if (fl_str_is(name, networks[*id]))
            return true;
    return false;
}

static bool find_slot(void *context, struct fl_str name, struct fl_str member, uint32_t *slot, uint32_t *number,
                      enum fl_type *type)
{
    (void)context, (void)number;
    *slot = 3;
    *type = FL_T_INT;
    return member.len == 0 && fl_str_is(name, "run");
}

static const char *network_name(void *context, uint32_t id)
{
    (void)context;
    return networks[id];
}

static const char *slot_name(void *context, uint32_t slot)
{
    (void)context, (void)slot;
    return "run";
}

static void check(const char *text, const char *shown)
{
    static const struct fl_expr_words words = {NULL, network_name, slot_name};
    const struct fl_expr_env env = {.fields = true, .network = find_network, .slot = find_slot};
    struct fl_arena arena;
    struct fl_buf out, first, second;
    struct fl_error err;
    const struct fl_node *node, *again;
    fl_arena_init(&arena);
    fl_buf_init(&out);
    fl_buf_init(&first);
    fl_buf_init(&second);
    if (fl_expr_parse(fl_str_of(text), &env, &arena, &node, &err) != FL_OK)
        fail_msg("%s: %s", text, err.text);
    fl_expr_show(node, &words, &out);
    assert_string_equal(out.data, shown);
    if (fl_expr_parse((struct fl_str){out.data, out.len}, &env, &arena, &again, &err) != FL_OK)
        fail_msg("%s: %s", out.data, err.text);
    fl_expr_print(node, NULL, NULL, &first);
    fl_expr_print(again, NULL, NULL, &second);
    assert_string_equal(first.data, second.data);
    fl_buf_dispose(&out);
    fl_buf_dispose(&first);
    fl_buf_dispose(&second);
    fl_arena_dispose(&arena);
}

static void test_show__brackets_stand_where_they_are_needed(void **state)
{
    (void)state;
    check("(rejected and accepted) or initiated", "rejected and accepted or initiated");
    check("rejected and (accepted or initiated)", "rejected and (accepted or initiated)");
    check("not (rejected or accepted)", "not (rejected or accepted)");
    check("not (srcaddr in app)", "srcaddr not in app");
    check("not (vpc_id is null)", "vpc_id is not null");
    check("not bytes > 5", "not bytes > 5");
    check("(bytes + 1) * 2 > packets - (1 - packets)", "(bytes + 1) * 2 > packets - (1 - packets)");
    check("bytes / packets > 2 and run >= 8", "bytes / packets > 2 and run >= 8");
}

static void test_show__values_are_written_as_they_are_read(void **state)
{
    (void)state;
    check("protocol in {tcp, 6..17} and protocol == udp", "protocol in {tcp, 6..17} and protocol == udp");
    check("service in {tcp/443, udp/53..55}", "service in {tcp/443, udp/53..55}");
    check("duration > 1h30m and hour in 8..17", "duration > 1h30m and hour in 8..17");
    check("start_time >= \"2026-01-01\"", "start_time >= \"2026-01-01T00:00:00.000Z\"");
    check("srcaddr in {app, 10.0.0.0/8} and dstaddr == 2001:db8::1",
          "srcaddr in {app, 10.0.0.0/8} and dstaddr == 2001:db8::1");
    check("action == reject and log_status != ok", "action == reject and log_status != ok");
    check("vpc_id matches \"a\\\"*\" and region in {\"x\", \"y\"}",
          "vpc_id matches \"a\\\"*\" and region in {\"x\", \"y\"}");
    check("service in {tcp, icmp}", "service in {tcp, icmp}");
    check("srcport in {}", "srcport in {}");
    check("true", "true");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_show__brackets_stand_where_they_are_needed),
        cmocka_unit_test(test_show__values_are_written_as_they_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
