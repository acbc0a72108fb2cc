/* The expression language: what each operator and literal means, how they bind, and what errors say. */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/limits.h"
#include "core/expr/expr.h"
#include "tests/unit/expr/rows.h"

/* ---- an environment with two networks, a service, parameters and measures ---- */

static const char *const network_names[] = {"db", "app-2", NULL};
static const struct fl_set_item web_items[] = {
    {.kind = FL_ITEM_RANGE, .low = FL_SERVICE(6, 80), .high = FL_SERVICE(6, 80)},
    {.kind = FL_ITEM_RANGE, .low = FL_SERVICE(6, 443), .high = FL_SERVICE(6, 443)}};
static const struct {
    const char *name;
    enum fl_type type;
} slots[] = {
    {"outcome", FL_T_OUTCOME}, {"run", FL_T_INT}, {"share", FL_T_RATIO}, {"seen", FL_T_SERVICE}, {"list", FL_T_LIST}};

static struct fl_arena arena;
static const struct fl_node *number_param, *network_param, *port_param, *text_param, *flag_param;

static bool find_network(void *context, struct fl_str name, uint32_t *id)
{
    (void)context;
    for (*id = 0; network_names[*id] != NULL; ++*id)
        if (fl_str_is(name, network_names[*id]))
            return true;
    return false;
}

static bool find_service(void *context, struct fl_str name, const struct fl_set_item **items, uint32_t *count)
{
    (void)context;
    *items = web_items;
    *count = 2;
    return fl_str_is(name, "web");
}

static const struct fl_node *find_param(void *context, struct fl_str name)
{
    (void)context;
    return fl_str_is(name, "n")       ? number_param
           : fl_str_is(name, "net")   ? network_param
           : fl_str_is(name, "ports") ? port_param
           : fl_str_is(name, "text")  ? text_param
           : fl_str_is(name, "on")    ? flag_param
                                      : NULL;
}

static bool find_slot(void *context, struct fl_str name, struct fl_str member, uint32_t *slot, uint32_t *number,
                      enum fl_type *type)
{
    (void)context;
    *number = member.len > 0;
    if (member.len > 0 && !(fl_str_is(name, "i") && fl_str_is(member, "mean")))
        return false;
    for (*slot = 0; *slot < sizeof slots / sizeof slots[0]; ++*slot) {
        *type = slots[*slot].type;
        if (fl_str_is(name, slots[*slot].name))
            return true;
    }
    *type = FL_T_RATIO;
    return member.len > 0;
}

static void visit_names(void *context, void (*visit)(void *guess, const char *name), void *guess)
{
    (void)context;
    for (uint32_t i = 0; network_names[i] != NULL; i++)
        visit(guess, network_names[i]);
    visit(guess, "web");
}

static const struct fl_expr_env env = {.fields = true,
                                       .network = find_network,
                                       .service = find_service,
                                       .param = find_param,
                                       .slot = find_slot,
                                       .names = visit_names};

static const struct fl_node *param(enum fl_param_type type, const char *text)
{
    const struct fl_node *node = NULL;
    struct fl_error err;
    if (fl_expr_parse_param(fl_str_of(text), type, &env, &arena, &node, &err) != FL_OK)
        fail_msg("%s: %s", text, err.text);
    return node;
}

static int setup(void **state)
{
    (void)state;
    fl_arena_init(&arena);
    number_param = param(FL_P_NUMBER, "8");
    network_param = param(FL_P_NETWORK, "{db, 192.0.2.0/24}");
    port_param = param(FL_P_PORT, "{22, 8000..8010}");
    text_param = param(FL_P_TEXT, "eni-0a*");
    flag_param = param(FL_P_FLAG, "true");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fl_arena_dispose(&arena);
    return 0;
}

/* ---- one record ---- */

static struct fl_batch batch;

static void get(void *context, const struct fl_node *node, struct fl_value *out)
{
    (void)context;
    if (node->kind == FL_N_FIELD)
        fl_batch_value(&batch, node->field, 0, out);
    else if (node->slot == 0)
        *out = fl_value_int(FL_T_OUTCOME, FL_OUTCOME_ALLOWED);
    else if (node->slot == 1)
        *out = fl_value_int(FL_T_INT, 8);
    else if (node->slot == 2)
        *out = (struct fl_value){.type = FL_T_RATIO, .ratio = {19, 20}};
    else if (node->slot == 3)
        *out = fl_value_int(FL_T_SERVICE, FL_SERVICE(17, 53));
}

/* db is 10.0.10.0/24; app-2 is empty. */
static bool in_network(void *context, uint32_t network, struct fl_addr a)
{
    (void)context;
    return network == 0 && a.hi == 0 && a.lo >> 8 == rows_address("10.0.10.0").lo >> 8;
}

static void one_record(void)
{
    rows_open(&batch);
    rows_begin(&batch, 1);
    rows_addr(&batch, FL_F_SRCADDR, 0, "10.0.1.5");
    rows_addr(&batch, FL_F_DSTADDR, 0, "10.0.10.7");
    rows_addr(&batch, FL_F_CLIENT, 0, "10.0.1.5");
    rows_addr(&batch, FL_F_SERVER, 0, "10.0.10.7");
    rows_addr(&batch, FL_F_PKT_SRCADDR, 0, "2001:db8::5");
    rows_int(&batch, FL_F_SRCPORT, 0, 40000);
    rows_int(&batch, FL_F_DSTPORT, 0, 5432);
    rows_int(&batch, FL_F_SERVER_PORT, 0, 5432);
    rows_int(&batch, FL_F_SERVICE, 0, FL_SERVICE(6, 5432));
    rows_int(&batch, FL_F_PROTOCOL, 0, 6);
    rows_int(&batch, FL_F_PACKETS, 0, 3);
    rows_int(&batch, FL_F_BYTES, 0, 4200);
    rows_int(&batch, FL_F_START_TIME, 0, INT64_C(1795514400000)); /* 2026-11-24T10:00:00Z */
    rows_int(&batch, FL_F_END_TIME, 0, INT64_C(1795514460000));
    rows_int(&batch, FL_F_DURATION, 0, 60000);
    rows_int(&batch, FL_F_ACTION, 0, FL_ACTION_REJECT);
    rows_int(&batch, FL_F_REJECTED, 0, 1);
    rows_int(&batch, FL_F_ACCEPTED, 0, 0);
    rows_int(&batch, FL_F_HOUR, 0, 10);
    rows_int(&batch, FL_F_VERSION, 0, INT64_MAX);
    rows_text(&batch, FL_F_INTERFACE_ID, 0, "eni-0a1");
}

static char truth_of(const char *text)
{
    const struct fl_node *node = NULL;
    struct fl_error err;
    if (fl_expr_parse(fl_str_of(text), &env, &arena, &node, &err) != FL_OK)
        fail_msg("%s: %u:%u %s", text, err.line, err.column, err.text);
    struct fl_eval eval = {NULL, get, in_network};
    struct fl_value v = fl_expr_eval(node, &eval);
    return v.type == FL_T_NULL ? '?' : v.i != 0 ? 't' : 'f';
}

/* Each line: the expected truth (t f ?), a blank, the condition. */
static void check_truths(const char *const cases[], size_t count)
{
    one_record();
    for (size_t i = 0; i < count; i++)
        if (truth_of(cases[i] + 2) != cases[i][0])
            fail_msg("%s is %c", cases[i] + 2, truth_of(cases[i] + 2));
    fl_batch_dispose(&batch);
}
#define CHECK_TRUTHS(cases) check_truths(cases, sizeof cases / sizeof cases[0])

static void test_parse__operators(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "t bytes == 4200",
        "f bytes != 4200",
        "f bytes < 4200",
        "t bytes <= 4200",
        "f bytes > 4200",
        "t bytes >= 4200",
        "t bytes + 1 == 4201",
        "t bytes - 1 == 4199",
        "t bytes * 2 == 8400",
        "t bytes / packets == 1400",
        "t bytes % 1000 == 200",
        "t -bytes == -4200",
        "t - 4200 == -bytes",
        "t --bytes == bytes",
        "t dstport in {22, 5432}",
        "f dstport not in {22, 5432}",
        "t dstport in 5432",
        "f dstport in {}",
        "t dstport not in {}",
        "t interface_id matches \"eni-0a*\"",
        "f interface_id not matches \"eni-0a*\"",
        "f interface_id matches \"0a\"",
        "t tcp_flags is null",
        "f tcp_flags is not null",
        "f bytes is null",
        "t rejected",
        "f accepted",
        "t not accepted",
        "t rejected and not accepted",
        "t accepted or rejected",
        "t rejected == true",
        "t accepted == false",
        "t true",
        "f false",
        "t not not rejected",
        "t interface_id == \"eni-0a1\"",
        "t interface_id < \"eni-0b\"",
        "t interface_id in {\"x\", \"eni-0a1\"}",
    };
    CHECK_TRUTHS(cases);
}

static void test_parse__precedence(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "t true or true and false",
        "f (true or true) and false",
        "t not false or true",
        "f not (false or true)",
        "t false and false or true",
        "f false and (false or true)",
        "t 2 + 3 * 4 == 14",
        "t (2 + 3) * 4 == 20",
        "t 10 - 3 - 2 == 5",
        "t 100 / 10 / 5 == 2",
        "t 7 % 4 + 1 == 4",
        "t 2 * -3 == -6",
        "t 1 + 1 > 1 and 1 < 2",
        /* A comparison binds closer than not. */
        "t not accepted == true",
        "f not dstport in {5432}",
    };
    CHECK_TRUTHS(cases);
}

static void test_parse__numbers(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "t 2k == 2000",
        "t 3M == 3000000",
        "t 1G == 1000000000",
        "t 1Ki == 1024",
        "t 2Mi == 2097152",
        "t 1Gi == 1073741824",
        "t 1.5Ki == 1536",
        "t 0.5k == 500",
        "t 95% == 0.95",
        "t share == 95%",
        "t share > 0.949999999",
        "f share < 0.95",
        "t 0.1 + 0.2 == 0.3",
        "t 50% * 4 == 2",
        "t 12.5% == 0.125",
        "t bytes / packets > 1399.999",
        "t bytes / 4000 == 1.05",
        "t version == 9223372036854775807",
        "t version > 9223372036854775806",
        "t version + 1 > version",
    };
    CHECK_TRUTHS(cases);
}

static void test_parse__durations_and_times(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "t duration == 60s",
        "t duration == 1m",
        "t duration < 1h30m",
        "t duration in 30s..2m",
        "f duration in {90s, 5m}",
        "t 1h30m == 90m",
        "t 7d == 168h",
        "t 1s500ms == 1500ms",
        "t end_time - start_time == 1m",
        "t start_time == \"2026-11-24T10:00:00Z\"",
        "t start_time >= \"2026-11-24\"",
        "t start_time < \"2026-11-24T12:00:01+02:00\"",
        "f start_time < \"2026-11-24T12:00:00+02:00\"",
        "t start_time in \"2026-11-24\"..\"2026-11-25\"",
        "t end_time + 1m > end_time",
        "t duration / 30s == 2",
        "t duration * 2 == 2m",
        "t 2 * duration == 2m",
        "t duration % 50s == 10s",
        "t bytes / (duration / 1s) == 70",
        "t -duration == -60s",
    };
    CHECK_TRUTHS(cases);
}

static void test_parse__addresses(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "t srcaddr == 10.0.1.5",
        "t srcaddr in 10.0.0.0/8",
        "f srcaddr in {10.0.2.0/24, 192.0.2.1}",
        "t pkt_srcaddr == 2001:db8::5",
        "t pkt_srcaddr in 2001:db8::/32",
        "t pkt_srcaddr not in {::/64, fe80::/10}",
        "t srcaddr in {10.0.1.5}",
        "t srcaddr != dstaddr",
        "t server in db",
        "f client in db",
        "t client not in {db, app-2}",
        "t server in $net",
        "t 192.0.2.9 in $net",
        "f client in $net",
        "t client == srcaddr",
        "t ::ffff:10.0.1.5 == srcaddr",
        "t server in {app-2, db}",
    };
    CHECK_TRUTHS(cases);
}

static void test_parse__services_and_protocols(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "t service == tcp/5432",       "f service in web",     "t service not in {web, udp/53..55}",
        "t service in tcp/5430..5440", "t service in tcp",     "f service in {udp, icmp}",
        "t protocol == tcp",           "t protocol == 6",      "t protocol in {tcp, udp}",
        "f protocol in {udp, sctp}",   "t protocol in {5..7}", "t seen == udp/53",
        "t seen in udp/53..55",        "f seen == icmp",
    };
    CHECK_TRUTHS(cases);
}

static void test_parse__enumerations_come_first_beside_their_field(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "t action == reject",    "f action == accept",     "t action in {accept, REJECT}",     "t outcome >= allowed",
        "f outcome == answered", "t outcome > blocked",    "t outcome in {allowed, answered}", "? log_status == ok",
        "? vantage == src",      "? orientation != guess", "? reject_kind == attempt",
    };
    CHECK_TRUTHS(cases);
}

static void test_parse__parameters(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "t run >= $n",
        "f run > $n",
        "t hour not in {$n}",
        "t dstport not in $ports",
        "t 22 in $ports",
        "t 8010 in {1, $ports}",
        "t interface_id matches $text",
        "t $on",
        "f not $on",
        "t rejected == $on",
    };
    CHECK_TRUTHS(cases);
}

static void test_parse__examples_of_the_design(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "f rejected and server_port in {22, 3389, 5900..5910}",
        "t bytes / packets > 1399 and interface_id matches \"eni-0a*\"",
        "f srcaddr not in $net and hour not in 8..17",
        "? i.mean > 3",
        /* initiated is null here; false decides all the same. */
        "f initiated and client in db and server in db and service not in {tcp/443, tcp/8443}",
        "? initiated and client not in db and server in db and service not in {tcp/443, tcp/8443}",
    };
    CHECK_TRUTHS(cases);
}

static void test_parse__blanks_and_lines_do_not_matter(void **state)
{
    (void)state;
    static const char *const cases[] = {"t \n rejected\n  and\tdstport\r\n==5432 ", "t (bytes)/packets==1400"};
    CHECK_TRUTHS(cases);
}

/* ---- errors ---- */

struct bad {
    const char *text;
    uint32_t line, column;
    const char *says; /* a part of the message */
};

static void check_bad(const struct bad *bad)
{
    const struct fl_node *node;
    struct fl_error err = {0};
    enum fl_status status = fl_expr_parse(fl_str_of(bad->text), &env, &arena, &node, &err);
    if (status == FL_OK)
        fail_msg("%s: no error", bad->text);
    assert_int_equal(status, err.code);
    if (err.line != bad->line || err.column != bad->column || strstr(err.text, bad->says) == NULL)
        fail_msg("%s: %u:%u %s", bad->text, err.line, err.column, err.text);
    /* The line to show is the line that the place names. */
    const char *start = bad->text;
    for (uint32_t i = 1; i < err.line; i++)
        start = strchr(start, '\n') + 1;
    size_t len = strcspn(start, "\n");
    assert_int_equal(strlen(err.source_line), len);
    assert_memory_equal(err.source_line, start, len);
}

static void test_parse__errors_name_the_place(void **state)
{
    (void)state;
    static const struct bad cases[] = {
        {"", 1, 1, "empty"},
        {"  \n ", 1, 1, "empty"},
        {"bytes >", 1, 8, "value is missing"},
        {"bytes > > 1", 1, 9, "value is missing before \">\""},
        {"bytes = 1", 1, 7, "write =="},
        {"bytes > 9223372036854775808", 1, 9, "at most 2^63 - 1"},
        {"bytes-1 > 0", 1, 1, "blanks around a minus"},
        {"rejected && accepted", 1, 10, "and, or, not"},
        {"interface_id == 'x'", 1, 17, "double quotes"},
        {"interface_id == \"x", 1, 17, "no closing"},
        {"interface_id == \"\\n\"", 1, 18, "stands before"},
        {"bytes > 12x", 1, 9, "neither a number"},
        {"bytes > 99999999999999999999", 1, 9, "neither a number"},
        {"srcaddr == 10.0.0.256", 1, 12, "no address"},
        {"srcaddr in 10.0.0.1/8", 1, 12, "the network is 10.0.0.0/8"},
        {"srcaddr == 10.0.0.0/8", 1, 12, "write `in 10.0.0.0/8`"},
        {"bytes is 3", 1, 10, "is null"},
        {"bytes not 3", 1, 11, "not in"},
        {"(rejected", 1, 10, "\")\" is missing"},
        {"dstport in {1, 2", 1, 17, "\"}\" is missing"},
        {"dstport in {1 2}", 1, 15, "\",\" is missing"},
        {"dstport in 9..3", 1, 12, "ends before it begins; write 3..9"},
        {"hour in 20..6", 1, 9, "write {20..23, 0..6}"},
        {"weekday not in {6..2}", 1, 17, "write {6..7, 1..2}"},
        {"duration in 5m..1m", 1, 13, "ends before it begins"},
        {"bytes / packets < 50%% and rejected", 1, 22, "with one %"},
        {"server_port in true", 1, 16, "nothing is called \"true\""},
        {"bytes + and rejected", 1, 9, "a value is missing before \"and\""},
        {"bytes == null", 1, 10, "write `is null`"},
        {"service == 21", 1, 12, "write tcp/21"},
        {"service in 443", 1, 12, "443 is no service; write tcp/443"},
        {"dstport in 70000", 1, 12, "0..65535"},
        {"service == tcp/70000", 1, 16, "0..65535"},
        {"service == tcp/80..90", 1, 12, "behind `in`"},
        {"service in tcp/90..80", 1, 20, "last port"},
        {"rejected bytes", 1, 10, "the end is expected"},
        {"bytes", 1, 1, "not a condition"},
        {"rejected and bytes", 1, 14, "not a condition"},
        {"not bytes", 1, 5, "not a condition"},
        {"dstport == db", 1, 12, "write `in db`"},
        {"bytes > srcaddr", 1, 9, "cannot be compared"},
        {"srcaddr < 10.0.0.1", 1, 11, "cannot be compared"},
        {"bytes + srcaddr > 1", 1, 7, "cannot calculate"},
        {"bytes % 0.5 == 0", 1, 7, "cannot calculate"},
        {"bytes matches \"x\"", 1, 7, "`matches` tests text"},
        {"interface_id matches bytes", 1, 22, "pattern"},
        {"rejected in {1}", 1, 10, "cannot be tested with `in`"},
        {"list in {1}", 1, 6, "cannot be tested with `in`"},
        {"list == 1", 1, 9, "cannot be compared"},
        {"srcaddr in {22}", 1, 13, "an address is tested here"},
        {"dstport in {10.0.0.1}", 1, 13, "this is an address"},
        {"$net == 1", 1, 6, "tested with `in`"},
        {"bytes > $gone", 1, 9, "no parameter $gone"},
        {"start_time > \"yesterday\"", 1, 14, "no time"},
        {"rejected and\n  bytes >> 1", 2, 10, "value is missing"},
        {"rejected\nand bytes > $text\nand accepted", 2, 13, "cannot be compared"},
        {"rejected and\n  dstport in $text", 2, 14, "the parameter is text"},
        {"-srcaddr == 10.0.0.1", 1, 1, "cannot calculate"},
        {"-rejected", 1, 1, "cannot calculate"},
        {"bytes > -\"x\"", 1, 9, "cannot calculate"},
        {"bytes > -$ports", 1, 9, "cannot calculate"},
        {"- > 1", 1, 3, "value is missing"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_bad(&cases[i]);
}

static void test_parse__unknown_names_get_a_guess(void **state)
{
    (void)state;
    static const struct bad cases[] = {
        {"rejectd", 1, 1, "did you mean \"rejected\"?"},
        {"dtsport == 1", 1, 1, "did you mean \"dstport\"?"},
        {"rejected adn accepted", 1, 10, "expected here"},
        {"server in client", 1, 11, "client is no value"},
        {"server in dbb", 1, 11, "did you mean \"db\"?"},
        {"service in wbe", 1, 12, "did you mean \"web\"?"},
        {"action == rejct", 1, 11, "did you mean \"reject\"?"},
        {"outcome >= anwsered", 1, 12, "did you mean \"answered\"?"},
        {"nothinglikeit", 1, 1, "nothing is called \"nothinglikeit\"; here stand fields of records"},
        {"dstport == qqqqqq", 1, 12, "nothing is called \"qqqqqq\"; a port is wanted here"},
        {"bytes > 3 * qqqqqq", 1, 13, "nothing is called \"qqqqqq\""},
        {"outcome >= qqqqqq", 1, 12, "; an outcome is wanted here: blocked, allowed or answered"},
        {"protocol == qqqqqq", 1, 13, "; a protocol is wanted here: tcp, udp, icmp or its number"},
        {"server in qqqqqq", 1, 11, "; a network or an address is wanted here"},
        {"service in {tcp/443, qqqqqq}", 1, 22, "; a service is wanted here, such as tcp/443"},
        {"interface_id == qqqqqq", 1, 17, "; a text in quotes is wanted here"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_bad(&cases[i]);
}

static void test_parse__what_other_languages_write_gets_a_proposal(void **state)
{
    (void)state;
    static const struct bad cases[] = {
        {"srcport in 22,23", 1, 14, "`in {22,23}`"},
        {"(srcport in 22, 23) and accepted", 1, 15, "`in {22, 23}`"},
        {"srcport in $n, 23 and accepted", 1, 14, "`in {$n, 23}`"},
        {"srcport in (22, 23)", 1, 12, "`in {22, 23}`"},
        {"srcport in (22, 23", 1, 12, "`in {...}`"},
        {"srcport in [22, 23]", 1, 12, "a set stands in braces: {22, 23}"},
        {"srcport in [22, 23", 1, 12, "a set stands in braces"},
        {"srcport in 22-25", 1, 14, "`in 22..25`"},
        {"duration in {1s-5m}", 1, 16, "`in 1s..5m`"},
        {"srcport in 22-", 1, 14, "`in 22..LAST`"},
        {"hour between 8 and 17 and accepted", 1, 6, "write `hour in 8..17`"},
        {"hour between 8", 1, 6, "write `hour in FIRST..LAST`"},
        {"interface_id like \"eni%\"", 1, 14, "matches"},
        {"srcaddr like \"10.%\"", 1, 9, "`in 10.0.0.0/8`"},
        {"srcaddr in 10.0.0.1-10.0.0.9", 1, 20, ": {10.0.0.1, 10.0.0.2/31, 10.0.0.4/30, 10.0.0.8/31}"},
        {"srcaddr in 0.0.0.0..255.255.255.255", 1, 19, ": {0.0.0.0/0}"},
        {"srcaddr in {db, 10.0.0.0..10.0.1.255}", 1, 25, ": {10.0.0.0/23}"},
        {"srcaddr in 10.0.0.9..10.0.0.1", 1, 20, "such as 10.0.1.0/24"},
        {"srcaddr in 2001:db8::1-2001:db8::2", 1, 23, "such as 10.0.1.0/24"},
        {"srcaddr in 10.0.0.1-9", 1, 20, "such as 10.0.1.0/24"},
        {"duration > 300", 1, 12, "; write 300s or 5m"},
        {"duration > 301", 1, 12, "; write 301s"},
        {"duration in 60", 1, 13, "; write 60s or 1m"},
        {"action == \"ACCEPT\"", 1, 11, "; write accept"},
        {"action in {\"reject\"}", 1, 12, "; write reject"},
        {"action == \"drop\"", 1, 11, "; write accept or reject"},
        {"protocol == \"tcp\"", 1, 13, "without quotes: tcp"},
        {"srcaddr == \"10.0.0.1\"", 1, 12, "without quotes: 10.0.0.1"},
        {"service == \"tcp/22\"", 1, 12, "without quotes: tcp/22"},
        {"srcport in \"22\"", 1, 12, "without quotes: 22"},
        {"tcp_flags == \"SYN\"", 1, 14, "write tcp_flags == 2 for SYN alone, tcp_flags % 4 >= 2 for SYN among"},
        {"tcp_flags == ACK", 1, 14, "tcp_flags % 32 >= 16"},
        {"bytes == SYN", 1, 10, "nothing is called \"SYN\"; a number is wanted here"},
        {"tcp_flags & 16 == 16", 1, 11, "tcp_flags % 32 >= 16"},
        {"tcp_flags & 18 == 2", 1, 11, "for example the bit 2"},
        {"service == tcp/22-25", 1, 18, "`in tcp/22..25`"},
        {"service in {tcp/22-25}", 1, 19, "`in tcp/22..25`"},
        {"service == tcp/22..25", 1, 12, "`in tcp/22..25`"},
        {"src_ip == 10.0.0.1", 1, 1, "did you mean \"srcaddr\"?"},
        {"rejected and sport == 1", 1, 14, "did you mean \"srcport\"?"},
        {"dst_port == 1", 1, 1, "did you mean \"dstport\"?"},
        {"proto == 6", 1, 1, "did you mean \"protocol\"?"},
        {"start > \"2026-01-01\"", 1, 1, "did you mean \"start_time\"?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_bad(&cases[i]);
}

/* text repeated, then an end; on the heap. */
static char *repeat(const char *before, const char *text, size_t times, const char *after)
{
    size_t n = strlen(text), len = strlen(before);
    char *out = malloc(len + n * times + strlen(after) + 1);
    memcpy(out, before, len);
    for (size_t i = 0; i < times; i++)
        memcpy(out + len + i * n, text, n);
    strcpy(out + len + n * times, after);
    return out;
}

static enum fl_status parse_status(char *text, struct fl_error *err)
{
    const struct fl_node *node;
    enum fl_status status = fl_expr_parse(fl_str_of(text), &env, &arena, &node, err);
    free(text);
    return status;
}

static void test_parse__depth_and_size_have_limits(void **state)
{
    (void)state;
    struct fl_error err;
    assert_int_equal(parse_status(repeat("", "(", 20, "rejected))))))))))))))))))))"), &err), FL_OK);
    assert_int_equal(parse_status(repeat("", "(", 30000, "rejected"), &err), FL_E_LIMIT);
    assert_int_equal(parse_status(repeat("", "not ", 16000, "rejected"), &err), FL_E_LIMIT);
    assert_int_equal(parse_status(repeat("bytes > ", "-", 60000, "1"), &err), FL_E_LIMIT);
    assert_int_equal(parse_status(repeat("bytes > 1", "+1", 30000, ""), &err), FL_E_LIMIT);
    assert_int_equal(parse_status(repeat("bytes > 1", " ", FL_EXPR_BYTES_MAX, ""), &err), FL_E_LIMIT);
    assert_non_null(strstr(err.text, "65536"));
    /* A long list of alternatives is no nesting. */
    assert_int_equal(parse_status(repeat("rejected", " or rejected", 900, ""), &err), FL_OK);
}

static void test_parse__parameters_by_type(void **state)
{
    (void)state;
    struct fl_error err;
    const struct fl_node *node;
    assert_int_equal(param(FL_P_DURATION, "1h30m")->literal.i, 5400000);
    assert_int_equal(param(FL_P_NUMBER, "10k")->literal.i, 10000);
    assert_int_equal(param(FL_P_NUMBER, "-5")->literal.i, -5);
    assert_int_equal(param(FL_P_NUMBER, "0.8")->literal.ratio.num, 4);
    assert_int_equal(param(FL_P_NUMBER, "0.8")->literal.ratio.den, 5);
    assert_int_equal(param(FL_P_FLAG, "false")->literal.i, 0);
    assert_int_equal(param(FL_P_SERVICE, "{web, udp/53..55}")->item_count, 3);
    assert_int_equal(param(FL_P_PORT, "22")->items[0].low, 22);
    assert_true(fl_str_is(param(FL_P_TEXT, "a \"b\" or c")->literal.str, "a \"b\" or c"));
    static const struct {
        enum fl_param_type type;
        const char *text;
        enum fl_status status;
    } bad[] = {{FL_P_NETWORK, "dbx", FL_E_NAME},
               {FL_P_SERVICE, "webb", FL_E_NAME},
               {FL_P_PORT, "70000", FL_E_VALUE},
               {FL_P_DURATION, "5", FL_E_TYPE},
               {FL_P_NUMBER, "5m", FL_E_TYPE},
               {FL_P_FLAG, "1", FL_E_TYPE},
               {FL_P_NETWORK, "db or true", FL_E_SYNTAX},
               {FL_P_NUMBER, "", FL_E_TYPE},
               {FL_P_DURATION, "10 minutes", FL_E_TYPE},
               {FL_P_NUMBER, "many", FL_E_TYPE},
               {FL_P_NUMBER, "5 or 6", FL_E_TYPE}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(fl_expr_parse_param(fl_str_of(bad[i].text), bad[i].type, &env, &arena, &node, &err),
                         bad[i].status);
    fl_expr_parse_param(FL_STR("10 minutes"), FL_P_DURATION, &env, &arena, &node, &err);
    assert_string_equal(err.text, "\"10 minutes\" is no duration; write 90s, 5m, 1h30m or 7d");
    assert_int_equal(err.column, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse__operators),
        cmocka_unit_test(test_parse__precedence),
        cmocka_unit_test(test_parse__numbers),
        cmocka_unit_test(test_parse__durations_and_times),
        cmocka_unit_test(test_parse__addresses),
        cmocka_unit_test(test_parse__services_and_protocols),
        cmocka_unit_test(test_parse__enumerations_come_first_beside_their_field),
        cmocka_unit_test(test_parse__parameters),
        cmocka_unit_test(test_parse__examples_of_the_design),
        cmocka_unit_test(test_parse__blanks_and_lines_do_not_matter),
        cmocka_unit_test(test_parse__errors_name_the_place),
        cmocka_unit_test(test_parse__unknown_names_get_a_guess),
        cmocka_unit_test(test_parse__what_other_languages_write_gets_a_proposal),
        cmocka_unit_test(test_parse__depth_and_size_have_limits),
        cmocka_unit_test(test_parse__parameters_by_type),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
