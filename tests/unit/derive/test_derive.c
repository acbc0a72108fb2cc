/* Who opened a conversation, what a rejection was, who recorded it, and when by the clock of the policy. */
#include "core/base/limits.h"
#include "core/derive/derive.h"
#include "tests/unit/expr/rows.h"

static struct fl_derive derive;
static struct fl_batch batch;

static struct fl_buf shown_text;

static int setup(void **state)
{
    (void)state;
    struct fl_field_set all;
    memset(&all, 0xff, sizeof all);
    fl_derive_init(&derive, &all, NULL, NULL);
    rows_open(&batch);
    return 0;
}

static int teardown(void **state)
{
    fl_buf_dispose(&shown_text);
    (void)state;
    fl_batch_dispose(&batch);
    return 0;
}

enum { NULL_FLAGS = -1 };
#define ACCEPT FL_ACTION_ACCEPT
#define REJECT FL_ACTION_REJECT
#define NO_ACTION -1

/* One record from 10.0.0.1 to 10.0.0.2; numbers below 0 are null. */
static void record(int protocol, int srcport, int dstport, int flags, int action)
{
    rows_begin(&batch, 1);
    rows_addr(&batch, FL_F_SRCADDR, 0, "10.0.0.1");
    rows_addr(&batch, FL_F_DSTADDR, 0, "10.0.0.2");
    if (protocol >= 0)
        rows_int(&batch, FL_F_PROTOCOL, 0, protocol);
    if (srcport >= 0)
        rows_int(&batch, FL_F_SRCPORT, 0, srcport);
    if (dstport >= 0)
        rows_int(&batch, FL_F_DSTPORT, 0, dstport);
    if (flags >= 0)
        rows_int(&batch, FL_F_TCP_FLAGS, 0, flags);
    if (action >= 0)
        rows_int(&batch, FL_F_ACTION, 0, action);
    fl_derive_run(&derive, NULL, &batch);
}

static bool is_null(uint32_t field)
{
    return fl_column_null(&batch.columns[field], 0);
}

/* The value as text, "-" for null. */
static const char *shown(uint32_t field)
{
    struct fl_value value;
    fl_batch_value(&batch, field, 0, &value);
    fl_buf_clear(&shown_text);
    fl_value_text(&shown_text, &value);
    fl_buf_add_char(&shown_text, '\0');
    return shown_text.data;
}

static void check(uint32_t field, const char *expected)
{
    if (strcmp(shown(field), expected) != 0)
        fail_msg("%s is %s, not %s", fl_fields[field].name, shown(field), expected);
}

static void check_opened(const char *orientation, const char *initiated)
{
    check(FL_F_ORIENTATION, orientation);
    check(FL_F_INITIATED, initiated);
}

static void check_forward(void)
{
    check(FL_F_CLIENT, "10.0.0.1");
    check(FL_F_SERVER, "10.0.0.2");
}

static void check_backward(void)
{
    check(FL_F_CLIENT, "10.0.0.2");
    check(FL_F_SERVER, "10.0.0.1");
}

/* ---- orientation, row by row ---- */

static void test_orient__flags(void **state)
{
    (void)state;
    static const struct {
        int flags;
        const char *orientation, *initiated;
    } cases[] = {
        {2, "flags", "true"}, {3, "flags", "true"}, {7, "flags", "true"},  {18, "flags", "false"},
        {19, "flags", "false"}, {22, "flags", "false"},
        /* No SYN: the next row decides; here both ports are high, so the lower one is guessed to serve. */
        {0, "guess", "-"}, {1, "guess", "-"}, {4, "guess", "-"}, {16, "guess", "-"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        record(6, 40001, 40000, cases[i].flags, ACCEPT);
        check_opened(cases[i].orientation, cases[i].initiated);
    }
    record(6, 443, 40000, 2, ACCEPT); /* flags come before ports */
    check_opened("flags", "true");
    check_forward();
    check(FL_F_SERVICE, "tcp/40000");
    record(6, 443, 40000, 18, REJECT);
    check_opened("flags", "false");
    check_backward();
    check(FL_F_SERVICE, "tcp/443");
    check(FL_F_CLIENT_PORT, "40000");
    check(FL_F_SERVER_PORT, "443");
}

static void test_orient__flags_are_of_tcp_only(void **state)
{
    (void)state;
    record(17, 53, 40000, 2, ACCEPT);
    check_opened("service", "false");
}

static void test_orient__reject(void **state)
{
    (void)state;
    record(6, 40000, 443, NULL_FLAGS, REJECT);
    check_opened("reject", "true");
    check_forward();
    record(6, 443, 1024, NULL_FLAGS, REJECT); /* not into the ephemeral range: an attempt */
    check_opened("reject", "true");
    record(6, 443, 32768, NULL_FLAGS, REJECT); /* a rejected reply */
    check_opened("reject", "false");
    check_backward();
    record(6, 443, 32767, NULL_FLAGS, REJECT);
    check_opened("reject", "true");
    record(6, 40000, 50000, NULL_FLAGS, REJECT); /* no service port */
    check_opened("reject", "true");
    record(1, 0, 0, NULL_FLAGS, REJECT); /* comes before none */
    check_opened("reject", "true");
    check_forward();
    check(FL_F_SERVICE, "icmp");
    record(17, 123, 123, NULL_FLAGS, REJECT);
    check_opened("reject", "true");
}

static void test_orient__service(void **state)
{
    (void)state;
    record(6, 50000, 443, NULL_FLAGS, ACCEPT);
    check_opened("service", "true");
    check_forward();
    check(FL_F_SERVICE, "tcp/443");
    record(6, 443, 50000, NULL_FLAGS, ACCEPT);
    check_opened("service", "false");
    check_backward();
    record(17, 53, 1025, NULL_FLAGS, ACCEPT);
    check_opened("service", "false");
    record(6, 443, 9, NULL_FLAGS, ACCEPT); /* a listed port, though the other is lower */
    check_opened("service", "false");
}

static void test_orient__two_services_are_not_decided_by_service(void **state)
{
    (void)state;
    record(6, 80, 443, NULL_FLAGS, ACCEPT);
    check_opened("guess", "-");
    check_backward(); /* the lower port serves */
}

static void test_orient__services_of_the_policy(void **state)
{
    (void)state;
    static const char text[] = "version: 1\nname: t\nservices:\n  mine: [tcp/40100, udp/40200..40214]\n"
                               "  wide: tcp/41000..41016\n";
    struct fl_policy policy;
    struct fl_error_list errors = {0};
    struct fl_field_set all;
    struct fl_derive with, without = derive;
    assert_int_equal(fl_policy_parse(fl_str_of(text), "p", ".", &policy, &errors), FL_OK);
    memset(&all, 0xff, sizeof all);
    fl_derive_init(&with, &all, &policy, NULL);
    derive = with;
    record(6, 50000, 40100, NULL_FLAGS, ACCEPT);
    check_opened("service", "true");
    record(17, 40214, 50000, NULL_FLAGS, ACCEPT);
    check_opened("service", "false");
    record(6, 50000, 40200, NULL_FLAGS, ACCEPT); /* listed for udp */
    check_opened("guess", "-");
    record(6, 50000, 41003, NULL_FLAGS, ACCEPT); /* 17 ports are more than 16 */
    check_opened("guess", "-");
    derive = without;
    fl_policy_dispose(&policy);
}

static void test_orient__ephemeral(void **state)
{
    (void)state;
    record(6, 32768, 32767, NULL_FLAGS, ACCEPT);
    check_opened("ephemeral", "true");
    check_forward();
    record(6, 4444, 60000, NULL_FLAGS, ACCEPT);
    check_opened("ephemeral", "false");
    check_backward();
    check(FL_F_SERVICE, "tcp/4444");
}

static void test_orient__guess(void **state)
{
    (void)state;
    record(17, 40001, 40000, NULL_FLAGS, ACCEPT);
    check_opened("guess", "-");
    check_forward();
    check(FL_F_SERVICE, "udp/40000");
    record(17, 1111, 2222, NULL_FLAGS, ACCEPT);
    check_opened("guess", "-");
    check_backward();
    check(FL_F_SERVER_PORT, "1111");
}

static void test_orient__none(void **state)
{
    (void)state;
    static const int ends[][3] = {{1, 0, 0}, {17, 123, 123}, {17, 500, 500}, {47, -1, -1}, {6, -1, 443}, {-1, 80, 1024}};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        record(ends[i][0], ends[i][1], ends[i][2], NULL_FLAGS, ACCEPT);
        check_opened("none", "-");
        static const uint32_t fields[] = {FL_F_CLIENT, FL_F_SERVER, FL_F_SERVICE, FL_F_CLIENT_PORT, FL_F_SERVER_PORT};
        for (size_t k = 0; k < sizeof fields / sizeof fields[0]; k++)
            assert_true(is_null(fields[k]));
        /* Both halves fall into one unordered pair. */
        check(FL_F_PAIR_CLIENT, "10.0.0.1");
        check(FL_F_PAIR_SERVER, "10.0.0.2");
    }
}

static void test_orient__portless_protocols_have_no_ports(void **state)
{
    (void)state;
    record(1, 0, 0, NULL_FLAGS, REJECT);
    assert_true(is_null(FL_F_CLIENT_PORT) && is_null(FL_F_SERVER_PORT));
    check(FL_F_SRC_SERVICE, "icmp");
}

/* ---- behind NAT ---- */

static void test_orient__peers_come_from_the_packet(void **state)
{
    (void)state;
    record(6, 50000, 443, NULL_FLAGS, ACCEPT);
    rows_addr(&batch, FL_F_PKT_SRCADDR, 0, "198.51.100.7"); /* srcaddr names a NAT gateway */
    rows_addr(&batch, FL_F_PKT_DSTADDR, 0, "10.0.0.2");
    fl_derive_run(&derive, NULL, &batch);
    check(FL_F_CLIENT, "198.51.100.7");
    check(FL_F_SERVER, "10.0.0.2");
    check(FL_F_SRC_PEER, "198.51.100.7");
    record(6, 50000, 443, NULL_FLAGS, ACCEPT);
    rows_column(&batch, FL_F_PKT_SRCADDR); /* the column is there, this cell is null */
    fl_derive_run(&derive, NULL, &batch);
    check(FL_F_CLIENT, "10.0.0.1");
}

/* ---- reject_kind ---- */

static void test_reject_kind__attempt(void **state)
{
    (void)state;
    record(6, 50000, 443, 2, REJECT);
    check(FL_F_REJECT_KIND, "attempt");
    record(6, 50000, 443, NULL_FLAGS, REJECT); /* flags unknown, oriented client -> server */
    check(FL_F_REJECT_KIND, "attempt");
    record(17, 50000, 53, NULL_FLAGS, REJECT);
    check(FL_F_REJECT_KIND, "attempt");
    record(1, 0, 0, NULL_FLAGS, REJECT);
    check(FL_F_REJECT_KIND, "attempt");
    record(6, 50000, 443, 3, REJECT);
    check(FL_F_REJECT_KIND, "attempt");
}

static void test_reject_kind__late(void **state)
{
    (void)state;
    static const int flags[] = {0, 1, 4, 5, 16};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        record(6, 50000, 443, flags[i], REJECT);
        check(FL_F_REJECT_KIND, "late");
    }
    record(17, 50000, 53, 0, REJECT); /* flags mean nothing for udp */
    check(FL_F_REJECT_KIND, "attempt");
}

static void test_reject_kind__reply_is_tested_before_attempt(void **state)
{
    (void)state;
    record(6, 443, 50000, 18, REJECT);
    check(FL_F_REJECT_KIND, "reply");
    record(6, 443, 50000, NULL_FLAGS, REJECT);
    check(FL_F_REJECT_KIND, "reply");
    record(6, 443, 50000, 1, REJECT); /* a rejected reply by its ports, though no SYN was seen */
    check(FL_F_REJECT_KIND, "reply");
    record(17, 53, 50000, NULL_FLAGS, REJECT);
    check(FL_F_REJECT_KIND, "reply");
}

static void test_reject_kind__is_null_unless_rejected(void **state)
{
    (void)state;
    record(6, 50000, 443, 2, ACCEPT);
    assert_true(is_null(FL_F_REJECT_KIND));
    check(FL_F_ACCEPTED, "true");
    check(FL_F_REJECTED, "false");
    record(6, 50000, 443, 2, NO_ACTION);
    assert_true(is_null(FL_F_REJECT_KIND) && is_null(FL_F_ACCEPTED) && is_null(FL_F_REJECTED));
}

/* ---- vantage ---- */

struct seen {
    const char *interface, *direction, *src, *dst, *pkt_src, *pkt_dst;
};

static void see(uint32_t row, struct seen s)
{
    rows_text(&batch, FL_F_INTERFACE_ID, row, s.interface);
    if (s.direction != NULL)
        rows_text(&batch, FL_F_FLOW_DIRECTION, row, s.direction);
    rows_addr(&batch, FL_F_SRCADDR, row, s.src);
    rows_addr(&batch, FL_F_DSTADDR, row, s.dst);
    if (s.pkt_src != NULL)
        rows_addr(&batch, FL_F_PKT_SRCADDR, row, s.pkt_src);
    if (s.pkt_dst != NULL)
        rows_addr(&batch, FL_F_PKT_DSTADDR, row, s.pkt_dst);
}

static void check_vantage(struct seen s, const char *expected)
{
    rows_begin(&batch, 1);
    see(0, s);
    fl_derive_run(&derive, NULL, &batch);
    check(FL_F_VANTAGE, expected);
}

static void test_vantage__by_direction(void **state)
{
    (void)state;
    check_vantage((struct seen){"eni-1", "ingress", "10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.2"}, "dst");
    check_vantage((struct seen){"eni-1", "egress", "10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.2"}, "src");
    check_vantage((struct seen){"eni-1", "egress", "10.0.0.1", "10.0.0.2", NULL, NULL}, "src");
    /* The other end's packet address says nothing about this interface. */
    check_vantage((struct seen){"eni-1", "ingress", "10.0.0.9", "10.0.0.2", "192.0.2.1", "10.0.0.2"}, "dst");
}

static void test_vantage__direction_with_a_foreign_packet_address_is_middle(void **state)
{
    (void)state;
    check_vantage((struct seen){"eni-1", "ingress", "10.0.1.1", "10.0.0.220", "10.0.1.1", "192.0.2.1"}, "middle");
    check_vantage((struct seen){"eni-1", "egress", "10.0.0.220", "192.0.2.1", "10.0.1.1", "192.0.2.1"}, "middle");
}

static void test_vantage__is_unknown_without_direction_and_address(void **state)
{
    (void)state;
    check_vantage((struct seen){"eni-1", NULL, "10.0.0.1", "10.0.0.2", NULL, NULL}, "unknown");
}

/* Three records of an interface whose address is 10.0.0.5, then what is asked. */
static void learned(struct seen asked, const char *expected)
{
    struct fl_learned l;
    rows_begin(&batch, 3);
    see(0, asked);
    see(1, (struct seen){"eni-5", NULL, "10.0.0.5", "10.0.0.6", NULL, NULL});
    see(2, (struct seen){"eni-5", NULL, "10.0.0.7", "10.0.0.5", NULL, NULL});
    fl_learned_init(&l);
    assert_int_equal(fl_learned_add(&l, &batch), FL_OK);
    fl_derive_run(&derive, &l, &batch);
    check(FL_F_VANTAGE, expected);
    fl_learned_dispose(&l);
}

static void test_vantage__by_the_address_common_to_an_interface(void **state)
{
    (void)state;
    learned((struct seen){"eni-5", NULL, "10.0.0.5", "192.0.2.1", NULL, NULL}, "src");
    learned((struct seen){"eni-5", NULL, "192.0.2.1", "10.0.0.5", NULL, NULL}, "dst");
    learned((struct seen){"eni-6", NULL, "192.0.2.1", "10.0.0.5", NULL, NULL}, "unknown");
}

static void test_vantage__both_sides_foreign_is_middle(void **state)
{
    (void)state;
    learned((struct seen){"eni-5", NULL, "10.0.0.5", "10.0.0.9", "10.0.1.1", "192.0.2.1"}, "middle");
}

static void test_vantage__two_common_addresses_teach_nothing(void **state)
{
    (void)state;
    struct fl_learned l;
    struct fl_addr own;
    rows_begin(&batch, 2);
    see(0, (struct seen){"eni-1", NULL, "10.0.0.1", "10.0.0.2", NULL, NULL});
    see(1, (struct seen){"eni-1", NULL, "10.0.0.2", "10.0.0.1", NULL, NULL});
    fl_learned_init(&l);
    assert_int_equal(fl_learned_add(&l, &batch), FL_OK);
    uint32_t id = fl_map_find(&batch.strings, FL_STR("eni-1"));
    assert_false(fl_learned_address(&l, id, &own));
    /* A third record leaves one; a fourth, foreign one leaves none. */
    rows_begin(&batch, 1);
    see(0, (struct seen){"eni-1", NULL, "10.0.0.2", "10.0.0.3", NULL, NULL});
    assert_int_equal(fl_learned_add(&l, &batch), FL_OK);
    assert_true(fl_learned_address(&l, id, &own) && fl_addr_equal(own, rows_address("10.0.0.2")));
    rows_begin(&batch, 1);
    see(0, (struct seen){"eni-1", NULL, "10.0.0.8", "10.0.0.9", NULL, NULL});
    assert_int_equal(fl_learned_add(&l, &batch), FL_OK);
    assert_false(fl_learned_address(&l, id, &own));
    fl_learned_clear(&l);
    assert_false(fl_learned_address(&l, id, &own));
    fl_learned_dispose(&l);
}

static void test_vantage__learns_from_the_first_64_kib_only(void **state)
{
    (void)state;
    struct fl_learned l;
    struct fl_addr own;
    rows_begin(&batch, 2);
    see(0, (struct seen){"eni-1", NULL, "10.0.0.1", "10.0.0.2", NULL, NULL});
    see(1, (struct seen){"eni-1", NULL, "10.0.0.1", "10.0.0.3", NULL, NULL});
    /* The second line ends one byte behind them. */
    batch.base_offset = FL_LEARN_BYTES - 199;
    fl_learned_init(&l);
    assert_int_equal(fl_learned_add(&l, &batch), FL_OK);
    uint32_t id = fl_map_find(&batch.strings, FL_STR("eni-1"));
    assert_false(fl_learned_address(&l, id, &own));
    fl_learned_clear(&l);
    batch.base_offset = FL_LEARN_BYTES - 200; /* exactly at their end */
    assert_int_equal(fl_learned_add(&l, &batch), FL_OK);
    assert_true(fl_learned_address(&l, id, &own));
    batch.base_offset = 0;
    fl_learned_dispose(&l);
}

/* ---- the clock ---- */

static void at(const char *when, const char *hour, const char *weekday)
{
    int64_t ms;
    assert_true(fl_when_parse(fl_str_of(when), &ms));
    rows_begin(&batch, 1);
    rows_int(&batch, FL_F_START_TIME, 0, ms);
    rows_int(&batch, FL_F_END_TIME, 0, ms + 59999);
    fl_derive_run(&derive, NULL, &batch);
    check(FL_F_HOUR, hour);
    check(FL_F_WEEKDAY, weekday);
    check(FL_F_DURATION, "59s999ms");
}

static void test_clock__utc(void **state)
{
    (void)state;
    at("1970-01-01T00:00:00Z", "0", "4"); /* a Thursday */
    at("2026-11-23T00:00:00Z", "0", "1"); /* Monday */
    at("2026-11-29T23:59:59Z", "23", "7");
    at("2024-02-29T12:30:00Z", "12", "4");
}

static void test_clock__zone_with_summer_time(void **state)
{
    (void)state;
    struct fl_zone *zone;
    struct fl_error err;
    if (fl_zone_open("Europe/Berlin", &zone, &err) != FL_OK)
        skip();
    derive.zone = zone;
    at("2026-03-29T00:59:59Z", "1", "7"); /* the last second of winter time */
    at("2026-03-29T01:00:00Z", "3", "7"); /* 02:00 does not happen */
    at("2026-10-25T00:30:00Z", "2", "7"); /* summer time's 02:30 */
    at("2026-10-25T01:30:00Z", "2", "7"); /* and winter time's */
    at("2026-10-25T23:30:00Z", "0", "1"); /* Monday already */
    at("2090-07-01T22:30:00Z", "0", "7"); /* by the rule behind the table: Sunday 2090-07-02 */
    derive.zone = NULL;
    fl_zone_close(zone);
}

static void test_clock__zones_west_and_off_the_hour(void **state)
{
    (void)state;
    struct fl_zone *zone;
    struct fl_error err;
    if (fl_zone_open("America/New_York", &zone, &err) != FL_OK)
        skip();
    derive.zone = zone;
    at("1970-01-01T02:00:00Z", "21", "3");
    at("2026-07-01T03:59:59Z", "23", "2");
    derive.zone = NULL;
    fl_zone_close(zone);
    assert_int_equal(fl_zone_open("Asia/Kathmandu", &zone, &err), FL_OK);
    derive.zone = zone;
    at("2026-11-24T18:15:00Z", "0", "3"); /* + 5:45 */
    at("2026-11-24T18:14:59Z", "23", "2");
    derive.zone = NULL;
    fl_zone_close(zone);
}

static void test_clock__missing_and_impossible_times_are_null(void **state)
{
    (void)state;
    rows_begin(&batch, 1);
    rows_int(&batch, FL_F_START_TIME, 0, FL_WHEN_MAX_MS);
    rows_int(&batch, FL_F_END_TIME, 0, FL_WHEN_MAX_MS - 1);
    fl_derive_run(&derive, NULL, &batch);
    assert_true(is_null(FL_F_HOUR) && is_null(FL_F_WEEKDAY) && is_null(FL_F_DURATION));
    rows_begin(&batch, 1);
    rows_int(&batch, FL_F_END_TIME, 0, 5);
    fl_derive_run(&derive, NULL, &batch);
    assert_true(is_null(FL_F_HOUR) && is_null(FL_F_WEEKDAY) && is_null(FL_F_DURATION));
}

/* ---- what can be derived from which columns ---- */

static void test_derive__present(void **state)
{
    (void)state;
    static const uint32_t version_2[] = {FL_F_SRCADDR, FL_F_DSTADDR, FL_F_SRCPORT, FL_F_DSTPORT, FL_F_PROTOCOL};
    struct fl_field_set present = {{0}};
    for (size_t i = 0; i < sizeof version_2 / sizeof version_2[0]; i++)
        fl_field_set_add(&present, version_2[i]);
    fl_derive_present(&present);
    assert_true(fl_field_set_has(&present, FL_F_CLIENT) && fl_field_set_has(&present, FL_F_SERVICE));
    assert_true(fl_field_set_has(&present, FL_F_VANTAGE) && fl_field_set_has(&present, FL_F_INITIATED));
    assert_false(fl_field_set_has(&present, FL_F_REJECT_KIND));
    assert_false(fl_field_set_has(&present, FL_F_ACCEPTED));
    assert_false(fl_field_set_has(&present, FL_F_HOUR));
    present = (struct fl_field_set){{0}};
    fl_field_set_add(&present, FL_F_PKT_SRCADDR);
    fl_field_set_add(&present, FL_F_PKT_DSTADDR);
    fl_derive_present(&present);
    assert_true(fl_field_set_has(&present, FL_F_SRC_PEER));
    assert_false(fl_field_set_has(&present, FL_F_CLIENT)); /* nothing tells who opened */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orient__flags),
        cmocka_unit_test(test_orient__flags_are_of_tcp_only),
        cmocka_unit_test(test_orient__reject),
        cmocka_unit_test(test_orient__service),
        cmocka_unit_test(test_orient__two_services_are_not_decided_by_service),
        cmocka_unit_test(test_orient__services_of_the_policy),
        cmocka_unit_test(test_orient__ephemeral),
        cmocka_unit_test(test_orient__guess),
        cmocka_unit_test(test_orient__none),
        cmocka_unit_test(test_orient__portless_protocols_have_no_ports),
        cmocka_unit_test(test_orient__peers_come_from_the_packet),
        cmocka_unit_test(test_reject_kind__attempt),
        cmocka_unit_test(test_reject_kind__late),
        cmocka_unit_test(test_reject_kind__reply_is_tested_before_attempt),
        cmocka_unit_test(test_reject_kind__is_null_unless_rejected),
        cmocka_unit_test(test_vantage__by_direction),
        cmocka_unit_test(test_vantage__direction_with_a_foreign_packet_address_is_middle),
        cmocka_unit_test(test_vantage__is_unknown_without_direction_and_address),
        cmocka_unit_test(test_vantage__by_the_address_common_to_an_interface),
        cmocka_unit_test(test_vantage__both_sides_foreign_is_middle),
        cmocka_unit_test(test_vantage__two_common_addresses_teach_nothing),
        cmocka_unit_test(test_vantage__learns_from_the_first_64_kib_only),
        cmocka_unit_test(test_clock__utc),
        cmocka_unit_test(test_clock__zone_with_summer_time),
        cmocka_unit_test(test_clock__zones_west_and_off_the_hour),
        cmocka_unit_test(test_clock__missing_and_impossible_times_are_null),
        cmocka_unit_test(test_derive__present),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
