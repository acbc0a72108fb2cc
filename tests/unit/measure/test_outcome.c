/* outcome(), one test for each sentence of its definition. */
#include "core/measure/measure.h"
#include "tests/unit/expr/rows.h"

static struct fl_batch batch;
static struct fl_arena arena;
static struct fl_measure outcome;
static uint32_t rows;

static int setup(void **state)
{
    (void)state;
    rows_open(&batch);
    fl_arena_init(&arena);
    outcome = (struct fl_measure){.kind = FL_M_OUTCOME, .field = FL_FIELD_NONE, .by = FL_FIELD_NONE};
    return fl_measure_prepare(&outcome, NULL) == FL_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    fl_batch_dispose(&batch);
    fl_arena_dispose(&arena);
    return 0;
}

#define CLIENT "10.0.1.5"
#define SERVER "10.0.10.7"

/* A conversation of CLIENT with SERVER: call start(), then the records, then is(). */
static void start(void)
{
    rows_begin(&batch, 8);
    rows = 0;
}

enum { ACCEPT = FL_ACTION_ACCEPT, REJECT = FL_ACTION_REJECT };

static uint32_t record(const char *src, int action, enum fl_vantage vantage)
{
    uint32_t r = rows++;
    rows_addr(&batch, FL_F_SRC_PEER, r, src);
    rows_addr(&batch, FL_F_PAIR_SERVER, r, SERVER);
    rows_int(&batch, FL_F_PROTOCOL, r, 6);
    rows_int(&batch, FL_F_PACKETS, r, 10);
    rows_int(&batch, FL_F_BYTES, r, 5000);
    rows_int(&batch, FL_F_ORIENTATION, r, FL_ORIENT_SERVICE);
    rows_int(&batch, FL_F_VANTAGE, r, vantage);
    if (action >= 0)
        rows_int(&batch, FL_F_ACTION, r, action);
    return r;
}

static uint32_t request(int action, enum fl_vantage vantage)
{
    return record(CLIENT, action, vantage);
}

static uint32_t reply(int action, enum fl_vantage vantage)
{
    return record(SERVER, action, vantage);
}

static void is(const char *expected)
{
    uint64_t state[4] = {0};
    struct fl_place place = {0, 0, 0};
    struct fl_value v;
    for (uint32_t r = 0; r < rows; r++)
        assert_int_equal(fl_measure_update(&outcome, state, &batch, r, true, true, &place), FL_OK);
    assert_int_equal(fl_measure_value(&outcome, state, &arena, &v), FL_OK);
    assert_string_equal(v.type == FL_T_NULL ? "-" : fl_enum_text(FL_T_OUTCOME, (uint32_t)v.i), expected);
}

static void test_outcome__blocked_attempt_seen_by_two_interfaces(void **state)
{
    (void)state;
    start();
    request(ACCEPT, FL_VANTAGE_SRC);
    request(REJECT, FL_VANTAGE_DST);
    is("blocked");
}

static void test_outcome__rejected_only_is_blocked(void **state)
{
    (void)state;
    start();
    request(REJECT, FL_VANTAGE_DST);
    is("blocked");
    start();
    request(REJECT, FL_VANTAGE_SRC);
    is("blocked");
}

static void test_outcome__accepted_at_the_server_is_allowed(void **state)
{
    (void)state;
    start();
    request(ACCEPT, FL_VANTAGE_DST);
    is("allowed");
}

static void test_outcome__accepted_at_the_server_outweighs_a_rejection(void **state)
{
    (void)state;
    start();
    request(REJECT, FL_VANTAGE_DST);
    request(ACCEPT, FL_VANTAGE_DST);
    is("allowed");
}

static void test_outcome__accepted_elsewhere_and_rejected_nowhere_is_allowed(void **state)
{
    (void)state;
    static const enum fl_vantage elsewhere[] = {FL_VANTAGE_SRC, FL_VANTAGE_MIDDLE, FL_VANTAGE_UNKNOWN};
    for (size_t i = 0; i < 3; i++) {
        start();
        request(ACCEPT, elsewhere[i]);
        is("allowed");
        request(REJECT, FL_VANTAGE_DST);
        is("blocked");
    }
}

static void test_outcome__unknown_vantage_is_elsewhere(void **state)
{
    (void)state;
    start();
    request(ACCEPT, FL_VANTAGE_UNKNOWN);
    request(REJECT, FL_VANTAGE_UNKNOWN);
    is("blocked");
    start();
    uint32_t r = request(ACCEPT, FL_VANTAGE_UNKNOWN);
    batch.columns[FL_F_VANTAGE].nulls[0] |= UINT64_C(1) << r; /* null is unknown too */
    request(REJECT, FL_VANTAGE_UNKNOWN);
    is("blocked");
}

static void test_outcome__accepted_reply_is_an_answer(void **state)
{
    (void)state;
    static const enum fl_vantage anywhere[] = {FL_VANTAGE_SRC, FL_VANTAGE_DST, FL_VANTAGE_MIDDLE, FL_VANTAGE_UNKNOWN};
    for (size_t i = 0; i < 4; i++) {
        start();
        request(ACCEPT, FL_VANTAGE_DST);
        reply(ACCEPT, anywhere[i]);
        is("answered");
    }
    start();
    reply(ACCEPT, FL_VANTAGE_SRC); /* the request was in an earlier window */
    is("answered");
}

static void test_outcome__rejected_reply_is_none(void **state)
{
    (void)state;
    start();
    request(ACCEPT, FL_VANTAGE_DST);
    reply(REJECT, FL_VANTAGE_SRC);
    is("allowed");
}

static void test_outcome__bare_reset_of_ipv4_has_at_most_40_bytes_a_packet(void **state)
{
    (void)state;
    static const struct {
        int64_t packets, bytes;
        const char *outcome;
    } cases[] = {{1, 40, "allowed"},   {1, 41, "answered"}, {3, 120, "allowed"},
                 {3, 121, "answered"}, {2, 60, "allowed"},  {INT64_MAX, INT64_MAX, "allowed"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start();
        request(ACCEPT, FL_VANTAGE_DST);
        uint32_t r = reply(ACCEPT, FL_VANTAGE_SRC);
        rows_int(&batch, FL_F_PACKETS, r, cases[i].packets);
        rows_int(&batch, FL_F_BYTES, r, cases[i].bytes);
        is(cases[i].outcome);
    }
}

static void test_outcome__bare_reset_of_ipv6_has_at_most_60_bytes_a_packet(void **state)
{
    (void)state;
    for (int64_t bytes = 60; bytes <= 61; bytes++) {
        start();
        uint32_t r = reply(ACCEPT, FL_VANTAGE_SRC);
        rows_addr(&batch, FL_F_SRC_PEER, r, "2001:db8::7");
        rows_addr(&batch, FL_F_PAIR_SERVER, r, "2001:db8::7");
        rows_int(&batch, FL_F_PACKETS, r, 1);
        rows_int(&batch, FL_F_BYTES, r, bytes);
        is(bytes == 60 ? "allowed" : "answered");
    }
}

static void test_outcome__known_flags_decide_about_resets(void **state)
{
    (void)state;
    static const struct {
        int64_t flags, bytes;
        const char *outcome;
    } cases[] = {
        {4, 40, "allowed"},   {4, 4000, "allowed"}, /* only RST, whatever its size */
        {18, 40, "answered"}, {19, 40, "answered"}, {22, 40, "answered"}, {5, 40, "answered"}, {0, 40, "answered"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start();
        request(ACCEPT, FL_VANTAGE_DST);
        uint32_t r = reply(ACCEPT, FL_VANTAGE_SRC);
        rows_int(&batch, FL_F_TCP_FLAGS, r, cases[i].flags);
        rows_int(&batch, FL_F_PACKETS, r, 1);
        rows_int(&batch, FL_F_BYTES, r, cases[i].bytes);
        is(cases[i].outcome);
    }
}

static void test_outcome__small_replies_of_other_protocols_are_answers(void **state)
{
    (void)state;
    start();
    uint32_t r = reply(ACCEPT, FL_VANTAGE_SRC);
    rows_int(&batch, FL_F_PROTOCOL, r, 17);
    rows_int(&batch, FL_F_PACKETS, r, 1);
    rows_int(&batch, FL_F_BYTES, r, 29);
    is("answered");
}

static void test_outcome__bare_reset_is_seen_at_the_servers_own_interface(void **state)
{
    (void)state;
    /* Both halves count for it: the closed port's reset left the server. */
    start();
    request(ACCEPT, FL_VANTAGE_SRC);
    request(REJECT, FL_VANTAGE_MIDDLE);
    uint32_t r = reply(ACCEPT, FL_VANTAGE_SRC);
    rows_int(&batch, FL_F_TCP_FLAGS, r, 4);
    is("allowed");
    start();
    request(ACCEPT, FL_VANTAGE_SRC);
    request(REJECT, FL_VANTAGE_MIDDLE);
    r = reply(ACCEPT, FL_VANTAGE_DST); /* seen at the client only */
    rows_int(&batch, FL_F_TCP_FLAGS, r, 4);
    is("blocked");
}

static void test_outcome__transit_gateway_has_no_action(void **state)
{
    (void)state;
    start();
    request(-1, FL_VANTAGE_MIDDLE);
    reply(-1, FL_VANTAGE_MIDDLE);
    is("-");
    request(REJECT, FL_VANTAGE_DST); /* one record with an action is enough */
    is("blocked");
}

static void test_outcome__nat_gateway_is_not_the_servers_own_interface(void **state)
{
    (void)state;
    static const char *const types[] = {"nat_gateway", "regional_nat_gateway", "network_load_balancer"};
    for (size_t i = 0; i < 3; i++) {
        start();
        uint32_t r = request(ACCEPT, FL_VANTAGE_DST);
        rows_text(&batch, FL_F_INTERFACE_TYPE, r, types[i]);
        request(REJECT, FL_VANTAGE_SRC);
        is(i < 2 ? "blocked" : "allowed");
    }
    start();
    uint32_t r = request(ACCEPT, FL_VANTAGE_DST); /* elsewhere, and rejected nowhere */
    rows_text(&batch, FL_F_INTERFACE_TYPE, r, "nat_gateway");
    is("allowed");
}

static void test_outcome__replies_need_no_decided_orientation(void **state)
{
    (void)state;
    /* initiated is null: the server is guessed, and its records are replies all the same. */
    start();
    uint32_t r = reply(ACCEPT, FL_VANTAGE_UNKNOWN);
    rows_int(&batch, FL_F_ORIENTATION, r, FL_ORIENT_GUESS);
    rows_column(&batch, FL_F_INITIATED);
    is("answered");
}

static uint32_t ping(const char *src)
{
    uint32_t r = record(src, ACCEPT, FL_VANTAGE_UNKNOWN);
    rows_int(&batch, FL_F_PROTOCOL, r, 1);
    rows_int(&batch, FL_F_ORIENTATION, r, FL_ORIENT_NONE);
    return r;
}

static void test_outcome__one_direction_without_a_server_is_no_answer(void **state)
{
    (void)state;
    /* The higher address stands for the server of the pair, but nothing says that it is one. */
    start();
    ping(SERVER);
    is("allowed");
    start();
    ping(CLIENT);
    is("allowed");
    ping(SERVER);
    is("answered");
}

static void test_outcome__order(void **state)
{
    (void)state;
    assert_true(FL_OUTCOME_BLOCKED < FL_OUTCOME_ALLOWED && FL_OUTCOME_ALLOWED < FL_OUTCOME_ANSWERED);
    start();
    request(REJECT, FL_VANTAGE_DST);
    request(ACCEPT, FL_VANTAGE_DST);
    reply(ACCEPT, FL_VANTAGE_SRC);
    is("answered");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outcome__blocked_attempt_seen_by_two_interfaces),
        cmocka_unit_test(test_outcome__rejected_only_is_blocked),
        cmocka_unit_test(test_outcome__accepted_at_the_server_is_allowed),
        cmocka_unit_test(test_outcome__accepted_at_the_server_outweighs_a_rejection),
        cmocka_unit_test(test_outcome__accepted_elsewhere_and_rejected_nowhere_is_allowed),
        cmocka_unit_test(test_outcome__unknown_vantage_is_elsewhere),
        cmocka_unit_test(test_outcome__accepted_reply_is_an_answer),
        cmocka_unit_test(test_outcome__rejected_reply_is_none),
        cmocka_unit_test(test_outcome__bare_reset_of_ipv4_has_at_most_40_bytes_a_packet),
        cmocka_unit_test(test_outcome__bare_reset_of_ipv6_has_at_most_60_bytes_a_packet),
        cmocka_unit_test(test_outcome__known_flags_decide_about_resets),
        cmocka_unit_test(test_outcome__small_replies_of_other_protocols_are_answers),
        cmocka_unit_test(test_outcome__bare_reset_is_seen_at_the_servers_own_interface),
        cmocka_unit_test(test_outcome__transit_gateway_has_no_action),
        cmocka_unit_test(test_outcome__nat_gateway_is_not_the_servers_own_interface),
        cmocka_unit_test(test_outcome__replies_need_no_decided_orientation),
        cmocka_unit_test(test_outcome__one_direction_without_a_server_is_no_answer),
        cmocka_unit_test(test_outcome__order),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
