/* Names of fields, enumerated values, protocols and services; places and batches. */
#include <stdio.h>

#include "core/record/batch.h"
#include "core/record/place.h"
#include "core/record/report.h"
#include "core/record/value.h"
#include "tests/unit/cmocka_all.h"

static void test_fields__own_names_are_exact(void **state)
{
    (void)state;
    assert_int_equal(fl_field_find(FL_STR("srcaddr")), FL_F_SRCADDR);
    assert_int_equal(fl_field_find(FL_STR("start_time")), FL_F_START_TIME);
    assert_int_equal(fl_field_find(FL_STR("server_port")), FL_F_SERVER_PORT);
    assert_int_equal(fl_field_find(FL_STR("SrcAddr")), FL_FIELD_NONE);
    assert_int_equal(fl_field_find(FL_STR("start")), FL_FIELD_NONE);
    assert_int_equal(fl_field_find(FL_STR("")), FL_FIELD_NONE);
    assert_int_equal(fl_field_find((struct fl_str){"srcaddr\0", 8}), FL_FIELD_NONE);
}

static void test_fields__a_tag_becomes_a_field_when_it_is_named(void **state)
{
    (void)state;
    char name[32];
    enum fl_end end;
    uint32_t first = fl_field_find(FL_STR("server.tag.Tier"));
    assert_int_equal(first, FL_F_TAG_FIRST);
    assert_int_equal(fl_field_find(FL_STR("server.tag.Tier")), first);
    assert_true(fl_str_is(fl_field_tag(first, &end), "Tier"));
    assert_int_equal(end, FL_END_SERVER);
    assert_string_equal(fl_fields[first].name, "server.tag.Tier");
    assert_int_equal(fl_field_find(FL_STR("server.tag.")), FL_FIELD_NONE);
    assert_int_equal(fl_field_find(FL_STR("sender.tag.Tier")), FL_FIELD_NONE);
    for (uint32_t i = 1; i < FL_TAG_FIELDS; i++) {
        snprintf(name, sizeof name, "src.tag.%u", i);
        assert_int_equal(fl_field_find(fl_str_of(name)), FL_F_TAG_FIRST + i);
    }
    assert_int_equal(fl_field_find(FL_STR("dst.tag.Tier")), FL_FIELD_NONE);
}

static void test_fields__provider_spellings(void **state)
{
    static const struct {
        const char *text;
        uint32_t field;
    } cases[] = {
        {"account-id", FL_F_ACCOUNT_ID},
        {"account_id", FL_F_ACCOUNT_ID},
        {"accountId", FL_F_ACCOUNT_ID},
        {"AccountID", FL_F_ACCOUNT_ID},
        {"start", FL_F_START_TIME},
        {"end", FL_F_END_TIME},
        {"END", FL_F_END_TIME},
        {"start_time", FL_F_START_TIME},
        {"log-status", FL_F_LOG_STATUS},
        {"logStatus", FL_F_LOG_STATUS},
        {"srcAddr", FL_F_SRCADDR},
        {"pkt-srcaddr", FL_F_PKT_SRCADDR},
        {"pkt-src-aws-service", FL_F_PKT_SRC_AWS_SERVICE},
        {"instance-tag", FL_F_INSTANCE_TAG},
        {"instance-tag-2", FL_F_INSTANCE_TAG_2},
        {"tcp-flags", FL_F_TCP_FLAGS},
        {"tgw-src-vpc-account-id", FL_F_TGW_SRC_VPC_ACCOUNT_ID},
        {"packets-lost-no-route", FL_F_PACKETS_LOST_NO_ROUTE},
        {"", FL_FIELD_NONE},
        {"-", FL_FIELD_NONE},
        {"__", FL_FIELD_NONE},
        {"src addr", FL_FIELD_NONE},
        {"srcaddr2", FL_FIELD_NONE},
        {"srcadd", FL_FIELD_NONE},
        {"instance-tag-3", FL_FIELD_NONE},
        {"client", FL_FIELD_NONE},
        {"server_port", FL_FIELD_NONE}, /* derived: no column of a log */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (fl_field_find_provider(fl_str_of(cases[i].text)) != cases[i].field)
            fail_msg("%s", cases[i].text);
}

static void test_fields__every_stored_field_is_found_in_each_spelling(void **state)
{
    (void)state;
    for (uint32_t f = 0; f < FL_F_TAG_FIRST; f++) {
        const char *name = fl_fields[f].name;
        char dashed[64], camel[64];
        size_t n = 0, len = strlen(name);
        for (size_t i = 0; i <= len; i++)
            dashed[i] = name[i] == '_' ? '-' : name[i];
        for (size_t i = 0; i <= len; i++)
            if (name[i] != '_')
                camel[n++] = i > 0 && name[i - 1] == '_' && name[i] >= 'a' ? (char)(name[i] - 32) : name[i];
        assert_int_equal(fl_field_find(fl_str_of(name)), f);
        uint32_t expected = f < FL_DERIVED_FIRST ? f : FL_FIELD_NONE;
        assert_int_equal(fl_fields[f].derived, f >= FL_DERIVED_FIRST);
        assert_int_equal(fl_field_find_provider(fl_str_of(name)), expected);
        assert_int_equal(fl_field_find_provider(fl_str_of(dashed)), expected);
        assert_int_equal(fl_field_find_provider(fl_str_of(camel)), expected);
        assert_non_null(fl_type_name(fl_fields[f].type));
    }
}

static void test_fields__enumerated_values(void **state)
{
    (void)state;
    assert_int_equal(fl_enum_find(FL_T_ACTION, FL_STR("ACCEPT")), FL_ACTION_ACCEPT);
    assert_int_equal(fl_enum_find(FL_T_ACTION, FL_STR("Reject")), FL_ACTION_REJECT);
    assert_int_equal(fl_enum_find(FL_T_STATUS, FL_STR("SKIPDATA")), FL_STATUS_SKIPDATA);
    assert_int_equal(fl_enum_find(FL_T_ACTION, FL_STR("accepted")), -1);
    assert_int_equal(fl_enum_find(FL_T_ACTION, FL_STR("")), -1);
    assert_int_equal(fl_enum_find(FL_T_ACTION, (struct fl_str){"accept\0", 7}), -1);
    assert_int_equal(fl_enum_find(FL_T_INT, FL_STR("accept")), -1);
    assert_string_equal(fl_enum_text(FL_T_OUTCOME, FL_OUTCOME_ANSWERED), "answered");
    assert_string_equal(fl_enum_text(FL_T_ORIENTATION, FL_ORIENT_NONE), "none");
    assert_string_equal(fl_enum_text(FL_T_REJECT, FL_REJECT_REPLY), "reply");
    assert_string_equal(fl_enum_text(FL_T_VANTAGE, FL_VANTAGE_UNKNOWN), "unknown");
    assert_null(fl_enum_text(FL_T_ACTION, 2));
    assert_null(fl_enum_text(FL_T_ORIENTATION, 7));
    assert_null(fl_enum_text(FL_T_INT, 0));
    assert_true(fl_type_is_enum(FL_T_VANTAGE) && !fl_type_is_enum(FL_T_BOOL));
}

static void test_fields__protocols(void **state)
{
    (void)state;
    assert_string_equal(fl_protocol_name(6), "tcp");
    assert_string_equal(fl_protocol_name(17), "udp");
    assert_string_equal(fl_protocol_name(0), "hopopt");
    assert_string_equal(fl_protocol_name(58), "icmpv6");
    assert_null(fl_protocol_name(254));
    assert_null(fl_protocol_name(256)); /* 256 is not 0 */
    assert_int_equal(fl_protocol_find(FL_STR("TCP")), 6);
    assert_int_equal(fl_protocol_find(FL_STR("ipv6-icmp")), 58);
    assert_int_equal(fl_protocol_find(FL_STR("icmpv6")), 58);
    assert_int_equal(fl_protocol_find(FL_STR("esp")), 50);
    assert_int_equal(fl_protocol_find(FL_STR("sctp")), 132);
    assert_int_equal(fl_protocol_find(FL_STR("tc")), -1);
    assert_int_equal(fl_protocol_find(FL_STR("")), -1);
    for (unsigned p = 0; p < 256; p++) {
        const char *name = fl_protocol_name(p);
        if (name != NULL)
            assert_int_equal(fl_protocol_find(fl_str_of(name)), p);
        assert_int_equal(fl_protocol_has_ports(p), p == 6 || p == 17 || p == 132);
    }
}

static void assert_service(int64_t service, const char *expected)
{
    char out[FL_SERVICE_TEXT_BYTES];
    assert_int_equal(fl_service_format(service, out), strlen(expected));
    assert_string_equal(out, expected);
}

static void test_fields__services(void **state)
{
    (void)state;
    assert_service(FL_SERVICE(6, 443), "tcp/443");
    assert_service(FL_SERVICE(17, 65535), "udp/65535");
    assert_service(FL_SERVICE(6, 0), "tcp/0");
    assert_service(FL_SERVICE(1, 0), "icmp");
    assert_service(FL_SERVICE(254, 0), "254");
    assert_service(FL_SERVICE(254, 9), "254/9");
    assert_service(FL_SERVICE(132, 38412), "sctp/38412");
    assert_service(FL_SERVICE(0, 0), "hopopt");
    assert_service(FL_SERVICE(43, 65535), "ipv6-route/65535");
}

static void test_fields__names_of_severities_endings_and_blind_spots(void **state)
{
    (void)state;
    for (int s = 0; s <= FL_SEV_NONE; s++)
        assert_int_equal(fl_severity_find(fl_str_of(fl_severity_name((enum fl_severity)s))), s);
    assert_int_equal(fl_severity_find(FL_STR("High")), -1);
    assert_int_equal(fl_severity_find(FL_STR("")), -1);
    assert_string_equal(fl_ending_name(FL_END_HELD_WITH_GAPS), "held with gaps");
    assert_string_equal(fl_ending_name(FL_END_NOT_EVALUATED), "not evaluated");
    for (int k = 0; k <= FL_BLIND_OTHER; k++)
        assert_non_null(fl_blind_name((enum fl_blind_kind)k));
}

static void test_place__order(void **state)
{
    struct fl_place a = {10, 20, fl_place_where(1, FL_PLACE_OFFSET_MAX)}, b = a;
    (void)state;
    assert_false(fl_place_before(a, b));
    b.where = fl_place_where(2, 0);
    assert_true(fl_place_before(a, b) && !fl_place_before(b, a)); /* the source before the offset */
    b.end_ms = 19;
    assert_true(fl_place_before(b, a));
    b.end_ms = INT64_MAX; /* null last */
    assert_true(fl_place_before(a, b));
    b.start_ms = -1;
    assert_true(fl_place_before(b, a));
    a.where = fl_place_where(FL_PLACE_SOURCE_MAX, FL_PLACE_OFFSET_MAX);
    assert_int_equal(fl_place_source(a), FL_PLACE_SOURCE_MAX);
    assert_int_equal(fl_place_offset(a), FL_PLACE_OFFSET_MAX);
}

static void test_batch__columns_grow_and_null_is_null(void **state)
{
    struct fl_field_set wanted = {{0}};
    struct fl_batch batch;
    struct fl_value v;
    (void)state;
    fl_field_set_add(&wanted, FL_F_SRCPORT);
    fl_field_set_add(&wanted, FL_F_INTERFACE_ID);
    fl_field_set_add(&wanted, FL_F_SERVICE);
    assert_int_equal(fl_batch_init(&batch, &wanted), FL_OK);
    assert_int_equal(batch.capacity % 64, 0);
    assert_int_equal(fl_batch_reserve(&batch, batch.capacity + 1), FL_OK);
    assert_true(batch.capacity % 64 == 0 && batch.capacity > 64);
    struct fl_column *port = &batch.columns[FL_F_SRCPORT], *id = &batch.columns[FL_F_INTERFACE_ID];
    uint32_t last = batch.capacity - 1;
    batch.rows = batch.capacity;
    port->u16[last] = 65535;
    id->u32[last] = fl_map_intern(&batch.strings, FL_STR("eni-1"));
    fl_batch_value(&batch, FL_F_SRCPORT, last, &v);
    assert_int_equal(v.type, FL_T_NULL); /* the object lacks the column */
    port->present = id->present = true;
    fl_batch_value(&batch, FL_F_SRCPORT, last, &v);
    assert_true(v.type == FL_T_PORT && v.i == 65535);
    fl_batch_value(&batch, FL_F_INTERFACE_ID, last, &v);
    assert_true(v.type == FL_T_STR && fl_str_is(v.str, "eni-1"));
    port->any_null = true;
    memset(port->nulls, 0, batch.capacity / 8);
    port->nulls[last / 64] = UINT64_C(1) << 63;
    fl_batch_value(&batch, FL_F_SRCPORT, last, &v);
    assert_int_equal(v.type, FL_T_NULL);
    fl_batch_value(&batch, FL_F_DSTPORT, last, &v);
    assert_int_equal(v.type, FL_T_NULL); /* nobody wanted it */
    assert_int_equal(fl_batch_reserve(&batch, UINT32_MAX), FL_E_NOMEM);
    fl_batch_dispose(&batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields__own_names_are_exact),
        cmocka_unit_test(test_fields__a_tag_becomes_a_field_when_it_is_named),
        cmocka_unit_test(test_fields__provider_spellings),
        cmocka_unit_test(test_fields__every_stored_field_is_found_in_each_spelling),
        cmocka_unit_test(test_fields__enumerated_values),
        cmocka_unit_test(test_fields__protocols),
        cmocka_unit_test(test_fields__services),
        cmocka_unit_test(test_fields__names_of_severities_endings_and_blind_spots),
        cmocka_unit_test(test_place__order),
        cmocka_unit_test(test_batch__columns_grow_and_null_is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
