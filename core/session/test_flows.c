/* test_flows.c: flows{ ... } -> lines of a flow log, as AWS would write them. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/memory.h"
#include "core/session/test_bench.h"

#define DEFAULT_START_MS INT64_C(1767607200000) /* 2026-01-05T10:00:00Z, a Monday */
#define DEFAULT_PACKETS  10
#define DEFAULT_BYTES    1000
#define DEFAULT_ACCOUNT  "123456789012"
#define DEFAULT_VPC      "vpc-0123456789abcdef0"
#define MIDDLE_ADDRESS   "10.0.0.100"
#define EPHEMERAL_FIRST  49152
#define EPHEMERAL_COUNT  16384

enum log_kind { LOG_V5, LOG_V2, LOG_TGW, LOG_KINDS };
static const char *const log_names[LOG_KINDS] = {"v5", "v2", "tgw"};

/* clang-format off */
static const uint32_t v5_columns[] = {
    FL_F_VERSION, FL_F_ACCOUNT_ID, FL_F_INTERFACE_ID, FL_F_SRCADDR, FL_F_DSTADDR, FL_F_SRCPORT, FL_F_DSTPORT,
    FL_F_PROTOCOL, FL_F_PACKETS, FL_F_BYTES, FL_F_START_TIME, FL_F_END_TIME, FL_F_ACTION, FL_F_LOG_STATUS,
    FL_F_VPC_ID, FL_F_SUBNET_ID, FL_F_INSTANCE_ID, FL_F_TCP_FLAGS, FL_F_TYPE, FL_F_PKT_SRCADDR, FL_F_PKT_DSTADDR,
    FL_F_REGION, FL_F_AZ_ID, FL_F_SUBLOCATION_TYPE, FL_F_SUBLOCATION_ID, FL_F_PKT_SRC_AWS_SERVICE,
    FL_F_PKT_DST_AWS_SERVICE, FL_F_FLOW_DIRECTION, FL_F_TRAFFIC_PATH};
static const uint32_t tgw_columns[] = {
    FL_F_VERSION, FL_F_RESOURCE_TYPE, FL_F_ACCOUNT_ID, FL_F_TGW_ID, FL_F_TGW_ATTACHMENT_ID,
    FL_F_TGW_SRC_VPC_ACCOUNT_ID, FL_F_TGW_DST_VPC_ACCOUNT_ID, FL_F_TGW_SRC_VPC_ID, FL_F_TGW_DST_VPC_ID,
    FL_F_TGW_SRC_SUBNET_ID, FL_F_TGW_DST_SUBNET_ID, FL_F_TGW_SRC_ENI, FL_F_TGW_DST_ENI, FL_F_TGW_SRC_AZ_ID,
    FL_F_TGW_DST_AZ_ID, FL_F_TGW_PAIR_ATTACHMENT_ID, FL_F_SRCADDR, FL_F_DSTADDR, FL_F_SRCPORT, FL_F_DSTPORT,
    FL_F_PROTOCOL, FL_F_PACKETS, FL_F_BYTES, FL_F_START_TIME, FL_F_END_TIME, FL_F_LOG_STATUS, FL_F_TYPE,
    FL_F_PACKETS_LOST_NO_ROUTE, FL_F_PACKETS_LOST_BLACKHOLE, FL_F_PACKETS_LOST_MTU_EXCEEDED,
    FL_F_PACKETS_LOST_TTL_EXPIRED, FL_F_TCP_FLAGS, FL_F_REGION, FL_F_FLOW_DIRECTION, FL_F_PKT_SRC_AWS_SERVICE,
    FL_F_PKT_DST_AWS_SERVICE};
#define V2_COUNT 14u /* the first columns of v5 */
/* clang-format on */
#define COUNT_OF(a) (sizeof(a) / sizeof(a)[0])

/* One side of a conversation in numbers. */
struct traffic {
    int64_t packets, bytes, flags; /* flags < 0: not known */
    bool rejected;
};

enum vantage { BY_SRC, BY_DST, BY_BOTH, BY_MIDDLE, BY_NEAREST };

struct block {
    const struct fl_datum *datum;
    enum log_kind kind;
    struct fl_test_ends from, to;
    int64_t protocol, start_ms, every_ms, duration_ms, count;
    struct traffic request, reply;
    bool has_reply;
    enum vantage vantage;
    const char *src_interface, *dst_interface; /* NULL: made from the address */
    const char *status;                        /* not OK: a line without data */
};

struct building {
    const struct fl_policy *policy;
    struct fl_test_errors *errors;
    struct fl_field_set columns;
    uint32_t order[FL_FIELD_COUNT], order_count;
    enum log_kind kind;
    struct fl_buf *out;
    const struct block *block;
    uint64_t records;
};

static const char *const flow_keys[] = {"from",    "to",        "protocol", "action", "start", "every",
                                        "count",   "duration",  "packets",  "bytes",  "flags", "reply",
                                        "vantage", "interface", "vpc",      "log",    NULL};
static const char *const reply_keys[] = {"packets", "bytes", "flags", "action", NULL};

/* The column that a key names beside the builder's own keys, or FL_FIELD_NONE. */
static uint32_t column_of(const char *key)
{
    for (unsigned i = 0; flow_keys[i] != NULL; i++)
        if (strcmp(flow_keys[i], key) == 0)
            return FL_FIELD_NONE;
    uint32_t field = fl_field_find(fl_str_of(key));
    return field < FL_DERIVED_FIRST ? field : FL_FIELD_NONE;
}

/* ---- keys ---- */

static void check_keys(struct fl_test_errors *errors, const struct fl_datum *d)
{
    for (uint32_t i = 0; i < d->member_count; i++) {
        const char *key = d->names[i];
        struct fl_str_guess guess = {NULL, 99};
        bool known = column_of(key) != FL_FIELD_NONE;
        for (unsigned k = 0; flow_keys[k] != NULL; k++)
            known |= strcmp(flow_keys[k], key) == 0;
        if (known)
            continue;
        for (unsigned k = 0; flow_keys[k] != NULL; k++)
            fl_str_guess_try(&guess, fl_str_of(key), flow_keys[k]);
        for (uint32_t f = 0; f < FL_DERIVED_FIRST; f++)
            fl_str_guess_try(&guess, fl_str_of(key), fl_fields[f].name);
        if (fl_field_find(fl_str_of(key)) != FL_FIELD_NONE)
            fl_test_fail(errors, "flows{}: %s is derived from other fields; give those", key);
        else if (guess.best != NULL)
            fl_test_fail(errors, "flows{} has no key \"%s\"; did you mean \"%s\"?", key, guess.best);
        else
            fl_test_fail(errors,
                         "flows{} has no key \"%s\"; besides its own keys it takes the fields of flowlaw list "
                         "fields",
                         key);
    }
    if (d->item_count > 0)
        fl_test_fail(errors, "flows{} takes named keys only: flows { from = \"10.0.0.1\", to = \"10.0.0.2:443\" }");
}

static int64_t time_key(struct fl_test_errors *errors, const struct fl_datum *d, const char *key, int64_t absent)
{
    const struct fl_datum *value = fl_datum_get(d, key);
    int64_t ms = absent;
    if (value == NULL)
        return absent;
    bool is_start = strcmp(key, "start") == 0;
    if (value->kind != FL_DATUM_TEXT ||
        !(is_start ? fl_when_parse(value->text, &ms) : fl_duration_parse(value->text, &ms)))
        fl_test_fail(errors,
                     is_start ? "%s must be a date or time: \"2026-01-05T10:00:00Z\""
                              : "%s must be a duration: \"10s\", \"1m30s\"",
                     key);
    return ms;
}

/* A whole number, or text such as "10k" or "1.5Mi". */
static bool whole(const struct fl_datum *value, int64_t *out)
{
    struct fl_ratio ratio;
    if (value->kind == FL_DATUM_NUMBER && value->whole && value->number >= 0) {
        *out = value->number;
        return true;
    }
    if (value->kind != FL_DATUM_TEXT || !fl_ratio_parse(value->text, &ratio) || ratio.den != 1 || ratio.num < 0 ||
        ratio.num > INT64_MAX)
        return false;
    *out = (int64_t)ratio.num;
    return true;
}

static int64_t number_key(struct fl_test_errors *errors, const struct fl_datum *d, const char *key, int64_t absent)
{
    const struct fl_datum *value = fl_datum_get(d, key);
    int64_t number = absent;
    if (value != NULL && !whole(value, &number))
        fl_test_fail(errors, "%s must be a whole number such as 1000, \"10k\" or \"1.5Mi\"", key);
    return number;
}

/* "SYN,ACK" -> 18. -1 when a name is not one. */
static int64_t flags_of(struct fl_str text)
{
    static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG"};
    int64_t flags = 0;
    for (size_t at = 0; at <= text.len;) {
        const char *comma = at < text.len ? memchr(text.ptr + at, ',', text.len - at) : NULL;
        size_t end = comma == NULL ? text.len : (size_t)(comma - text.ptr);
        while (at < end && text.ptr[at] == ' ')
            at++;
        struct fl_str name = {text.ptr + at, end - at};
        unsigned i = 0;
        while (i < COUNT_OF(names) && !fl_str_is(name, names[i]))
            i++;
        if (i == COUNT_OF(names))
            return -1;
        flags |= INT64_C(1) << i;
        at = end + 1;
    }
    return flags;
}

static int64_t flags_key(struct fl_test_errors *errors, const struct fl_datum *d, int64_t absent)
{
    const struct fl_datum *value = fl_datum_get(d, "flags");
    if (value == NULL)
        return absent;
    if (value->kind == FL_DATUM_FLAG && !value->flag)
        return -1;
    if (value->kind == FL_DATUM_NUMBER && value->whole && value->number >= 0 && value->number < 256)
        return value->number;
    int64_t flags = value->kind == FL_DATUM_TEXT ? flags_of(value->text) : -1;
    if (flags < 0)
        fl_test_fail(errors, "flags must be names such as \"SYN\" or \"SYN,ACK\" (FIN SYN RST PSH ACK URG), their "
                             "number, or false for a log that has none");
    return flags;
}

/* Index of a text in a list that ends with NULL, or `absent` without the key. */
static int choice_key(struct fl_test_errors *errors, const struct fl_datum *d, const char *key,
                      const char *const choices[], int absent)
{
    const struct fl_datum *value = fl_datum_get(d, key);
    if (value == NULL)
        return absent;
    char all[128] = "";
    for (int i = 0; choices[i] != NULL; i++) {
        if (value->kind == FL_DATUM_TEXT && fl_str_is(value->text, choices[i]))
            return i;
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s\"%s\"", i == 0 ? "" : ", ", choices[i]);
    }
    fl_test_fail(errors, "%s must be one of %s", key, all);
    return absent;
}

static bool rejected_key(struct fl_test_errors *errors, const struct fl_datum *d)
{
    static const char *const actions[] = {"accept", "reject", NULL};
    return choice_key(errors, d, "action", actions, 0) == 1;
}

static void read_reply(struct fl_test_errors *errors, struct block *b)
{
    const struct fl_datum *reply = fl_datum_get(b->datum, "reply");
    bool is_table = reply != NULL && reply->kind == FL_DATUM_TABLE;
    b->reply = (struct traffic){DEFAULT_PACKETS, DEFAULT_BYTES, b->protocol == 6 ? 19 : 0, false};
    b->has_reply = is_table || (reply != NULL && reply->kind == FL_DATUM_FLAG && reply->flag);
    if (reply != NULL && !is_table && reply->kind != FL_DATUM_FLAG)
        fl_test_fail(errors, "reply must be true or a table: reply = { packets = 8, bytes = 90000 }");
    if (!is_table)
        return;
    for (uint32_t i = 0; i < reply->member_count; i++)
        fl_test_knows(errors, "reply", reply->names[i], reply_keys);
    b->reply.packets = number_key(errors, reply, "packets", b->reply.packets);
    b->reply.bytes = number_key(errors, reply, "bytes", b->reply.bytes);
    b->reply.flags = flags_key(errors, reply, b->reply.flags);
    b->reply.rejected = rejected_key(errors, reply);
}

static int64_t protocol_key(struct fl_test_errors *errors, const struct fl_datum *d)
{
    const struct fl_datum *value = fl_datum_get(d, "protocol");
    if (value == NULL)
        return 6;
    if (value->kind == FL_DATUM_NUMBER && value->whole && value->number >= 0 && value->number < 256)
        return value->number;
    int protocol = value->kind == FL_DATUM_TEXT ? fl_protocol_find(value->text) : -1;
    if (protocol < 0)
        fl_test_fail(errors, "protocol must be a name such as \"tcp\", \"udp\" or \"icmp\", or a number up to 255");
    return protocol < 0 ? 6 : protocol;
}

static void read_interface(struct fl_test_errors *errors, struct block *b)
{
    const struct fl_datum *value = fl_datum_get(b->datum, "interface");
    if (value == NULL)
        return;
    const struct fl_datum *src = value, *dst = value;
    if (value->kind == FL_DATUM_TABLE) {
        src = fl_datum_get(value, "src");
        dst = fl_datum_get(value, "dst");
    }
    if ((src != NULL && src->kind != FL_DATUM_TEXT) || (dst != NULL && dst->kind != FL_DATUM_TEXT) ||
        (src == NULL && dst == NULL)) {
        fl_test_fail(errors, "interface must be text, or one for each end: { src = \"eni-a\", dst = \"eni-b\" }");
        return;
    }
    b->src_interface = src == NULL ? NULL : src->text.ptr;
    b->dst_interface = dst == NULL ? NULL : dst->text.ptr;
}

static void read_ends(struct fl_test_errors *errors, struct block *b)
{
    const struct fl_datum *from = fl_datum_get(b->datum, "from"), *to = fl_datum_get(b->datum, "to");
    if (from == NULL || to == NULL) {
        if (b->status == NULL)
            fl_test_fail(errors, "flows{} needs from and to: flows { from = \"10.0.0.1\", to = \"10.0.0.2:443\" }");
        return;
    }
    if (!fl_test_ends_read(from, "from", &b->from, errors) || !fl_test_ends_read(to, "to", &b->to, errors))
        return;
    for (uint32_t i = 0; i < b->from.count; i++)
        for (uint32_t k = 0; k < b->to.count && fl_protocol_has_ports((unsigned)b->protocol); k++)
            if (b->from.items[i].port < 0 && b->to.items[k].port < 0) {
                fl_test_fail(errors, "which port? Give one to `to`: \"10.0.0.2:443\"");
                return;
            }
    if ((uint64_t)b->from.count * b->to.count > FL_TEST_RECORDS_MAX ||
        (b->count > 0 && (uint64_t)b->from.count * b->to.count > FL_TEST_RECORDS_MAX / (uint64_t)b->count))
        fl_test_fail(errors, "flows{} makes more than %u conversations", FL_TEST_RECORDS_MAX);
}

static void read_block(struct fl_test_errors *errors, const struct fl_datum *d, struct block *b)
{
    static const char *const vantages[] = {"src", "dst", "both", "middle", NULL};
    static const char *const logs[] = {"v5", "v2", "tgw", NULL};
    *b = (struct block){.datum = d};
    errors->line = d->line;
    check_keys(errors, d);
    const struct fl_datum *status = fl_datum_get(d, "log_status");
    b->status =
        status != NULL && status->kind == FL_DATUM_TEXT && !fl_str_is(status->text, "OK") ? status->text.ptr : NULL;
    b->kind = (enum log_kind)choice_key(errors, d, "log", logs, LOG_V5);
    b->vantage = (enum vantage)choice_key(errors, d, "vantage", vantages, BY_NEAREST);
    b->protocol = protocol_key(errors, d);
    b->start_ms = time_key(errors, d, "start", DEFAULT_START_MS);
    b->every_ms = time_key(errors, d, "every", 0);
    b->duration_ms = time_key(errors, d, "duration", 10 * FL_MS_PER_SECOND);
    b->count = number_key(errors, d, "count", 1);
    b->request.rejected = rejected_key(errors, d);
    b->request.packets = number_key(errors, d, "packets", DEFAULT_PACKETS);
    b->request.bytes = number_key(errors, d, "bytes", DEFAULT_BYTES);
    b->request.flags = flags_key(errors, d, b->protocol != 6 ? 0 : b->request.rejected ? 2 : 3);
    read_reply(errors, b);
    read_interface(errors, b);
    read_ends(errors, b);
}

/* ---- lines ---- */

/* One record as it is about to be written. */
struct record {
    struct fl_test_end src, dst;
    struct fl_addr pkt_src, pkt_dst;
    const struct traffic *traffic;
    const char *interface; /* or NULL */
    struct fl_addr owner;  /* whose interface it is, when that has no name */
    bool ingress;
    int64_t start_ms, end_ms;
};

static void add_addr(struct fl_buf *out, struct fl_addr addr)
{
    char text[FL_ADDR_TEXT_BYTES];
    fl_buf_add(out, text, fl_addr_format(addr, text));
}

/* Seconds where they are exact, else milliseconds: the decoder scales by magnitude. */
static void add_time(struct fl_buf *out, int64_t ms)
{
    fl_buf_add_i64(out, ms % FL_MS_PER_SECOND == 0 ? ms / FL_MS_PER_SECOND : ms);
}

static void add_interface(struct fl_buf *out, const struct record *r)
{
    if (r->interface != NULL)
        fl_buf_add_text(out, r->interface);
    else
        fl_buf_add_format(
            out, "eni-%017llx",
            (unsigned long long)(fl_addr_is_v4(r->owner) ? r->owner.lo & 0xffffffff : r->owner.lo ^ r->owner.hi));
}

static void add_override(struct building *b, const struct fl_datum *value, const char *key)
{
    if (value->kind == FL_DATUM_FLAG && !value->flag) {
        fl_buf_add_char(b->out, '-');
        return;
    }
    if (value->kind != FL_DATUM_TEXT && value->kind != FL_DATUM_NUMBER)
        fl_test_fail(b->errors, "%s must be text, a number, or false for `-`", key);
    else if (value->text.len == 0 || memchr(value->text.ptr, ' ', value->text.len) != NULL ||
             memchr(value->text.ptr, '\n', value->text.len) != NULL)
        fl_test_fail(b->errors, "%s must not be empty and must not hold spaces: a log line is cut at them", key);
    else
        fl_buf_add(b->out, value->text.ptr, value->text.len);
}

static int64_t port_of(const struct building *b, const struct fl_test_end *end)
{
    return fl_protocol_has_ports((unsigned)b->block->protocol) && end->port > 0 ? end->port : 0;
}

static void add_field(struct building *b, const struct record *r, uint32_t field)
{
    struct fl_buf *out = b->out;
    switch (field) {
    case FL_F_VERSION:
        fl_buf_add_i64(out, b->kind == LOG_V2 ? 2 : b->kind == LOG_TGW ? 6 : 5);
        return;
    case FL_F_ACCOUNT_ID:
        fl_buf_add_text(out, DEFAULT_ACCOUNT);
        return;
    case FL_F_INTERFACE_ID:
        add_interface(out, r);
        return;
    case FL_F_SRCADDR:
        add_addr(out, r->src.addr);
        return;
    case FL_F_DSTADDR:
        add_addr(out, r->dst.addr);
        return;
    case FL_F_PKT_SRCADDR:
        add_addr(out, r->pkt_src);
        return;
    case FL_F_PKT_DSTADDR:
        add_addr(out, r->pkt_dst);
        return;
    case FL_F_SRCPORT:
        fl_buf_add_i64(out, port_of(b, &r->src));
        return;
    case FL_F_DSTPORT:
        fl_buf_add_i64(out, port_of(b, &r->dst));
        return;
    case FL_F_PROTOCOL:
        fl_buf_add_i64(out, b->block->protocol);
        return;
    case FL_F_PACKETS:
        fl_buf_add_i64(out, r->traffic->packets);
        return;
    case FL_F_BYTES:
        fl_buf_add_i64(out, r->traffic->bytes);
        return;
    case FL_F_START_TIME:
        add_time(out, r->start_ms);
        return;
    case FL_F_END_TIME:
        add_time(out, r->end_ms);
        return;
    case FL_F_ACTION:
        fl_buf_add_text(out, r->traffic->rejected ? "REJECT" : "ACCEPT");
        return;
    case FL_F_LOG_STATUS:
        fl_buf_add_text(out, "OK");
        return;
    case FL_F_VPC_ID:
        fl_buf_add_text(out, DEFAULT_VPC);
        return;
    case FL_F_TCP_FLAGS:
        if (r->traffic->flags < 0)
            fl_buf_add_char(out, '-');
        else
            fl_buf_add_i64(out, r->traffic->flags);
        return;
    case FL_F_TYPE:
        fl_buf_add_text(out, fl_addr_is_v4(r->src.addr) ? "IPv4" : "IPv6");
        return;
    case FL_F_FLOW_DIRECTION:
        fl_buf_add_text(out, r->ingress ? "ingress" : "egress");
        return;
    case FL_F_RESOURCE_TYPE:
        fl_buf_add_text(out, "TransitGateway");
        return;
    default:
        fl_buf_add_char(out, '-');
    }
}

/* Is the column there, whatever the log status? */
static bool is_data(uint32_t field)
{
    return field != FL_F_VERSION && field != FL_F_ACCOUNT_ID && field != FL_F_INTERFACE_ID &&
           field != FL_F_START_TIME && field != FL_F_END_TIME && field != FL_F_LOG_STATUS;
}

static void add_record(struct building *b, const struct record *r)
{
    const struct fl_datum *d = b->block->datum;
    if (++b->records > FL_TEST_RECORDS_MAX) {
        if (b->records == FL_TEST_RECORDS_MAX + 1)
            fl_test_fail(b->errors, "a test makes at most %u records", FL_TEST_RECORDS_MAX);
        return;
    }
    for (uint32_t i = 0; i < b->order_count; i++) {
        uint32_t field = b->order[i];
        const struct fl_datum *given = fl_datum_get(d, fl_fields[field].name);
        if (given == NULL && field == FL_F_VPC_ID)
            given = fl_datum_get(d, "vpc");
        if (i > 0)
            fl_buf_add_char(b->out, ' ');
        if (given != NULL && column_of(fl_fields[field].name) != FL_FIELD_NONE)
            add_override(b, given, fl_fields[field].name);
        else if (given != NULL && field == FL_F_VPC_ID)
            add_override(b, given, "vpc");
        else if (b->block->status != NULL && is_data(field))
            fl_buf_add_char(b->out, '-');
        else
            add_field(b, r, field);
    }
    fl_buf_add_char(b->out, '\n');
}

static bool is_ours(const struct fl_policy *policy, struct fl_addr addr)
{
    static const uint32_t nets[] = {FL_NET_OURS, FL_NET_PRIVATE};
    for (unsigned i = 0; i < COUNT_OF(nets); i++)
        for (uint32_t p = 0; p < policy->networks[nets[i]].prefix_count; p++)
            if (fl_prefix_contains(policy->networks[nets[i]].prefixes[p], addr))
                return true;
    return false;
}

/* The record of one direction, as an interface at one end or between them writes it. */
static void write_direction(struct building *b, const struct fl_test_end *src, const struct fl_test_end *dst,
                            const struct traffic *traffic, bool at_src, bool is_reply, int64_t start_ms)
{
    const struct block *block = b->block;
    struct record r = {.src = *src, .dst = *dst, .pkt_src = src->addr, .pkt_dst = dst->addr, .traffic = traffic};
    r.start_ms = start_ms;
    r.end_ms = start_ms + block->duration_ms;
    r.ingress = !at_src;
    r.owner = at_src ? src->addr : dst->addr;
    r.interface = at_src == !is_reply ? block->src_interface : block->dst_interface;
    if (block->vantage == BY_MIDDLE) {
        fl_addr_parse(fl_str_of(MIDDLE_ADDRESS), &r.owner);
        r.interface = block->src_interface;
        r.ingress = !is_reply;
        if (r.ingress)
            r.dst.addr = r.owner;
        else
            r.src.addr = r.owner;
    }
    add_record(b, &r);
}

static void write_conversation(struct building *b, struct fl_test_end from, struct fl_test_end to, uint64_t number)
{
    const struct block *block = b->block;
    int64_t start_ms = block->start_ms + (int64_t)number * block->every_ms;
    int32_t ephemeral = EPHEMERAL_FIRST + (int32_t)(number % EPHEMERAL_COUNT);
    from.port = from.port < 0 ? ephemeral : from.port;
    to.port = to.port < 0 ? ephemeral : to.port;
    enum vantage vantage = block->vantage;
    if (vantage == BY_NEAREST)
        vantage = is_ours(b->policy, to.addr) ? BY_DST : BY_SRC;
    bool by_from = vantage == BY_SRC || vantage == BY_BOTH, by_to = vantage != BY_SRC;
    if (by_from)
        write_direction(b, &from, &to, &block->request, true, false, start_ms);
    if (by_to)
        write_direction(b, &from, &to, &block->request, false, false, start_ms);
    if (block->has_reply && by_to)
        write_direction(b, &to, &from, &block->reply, true, true, start_ms);
    if (block->has_reply && by_from)
        write_direction(b, &to, &from, &block->reply, false, true, start_ms);
}

static void write_block(struct building *b, const struct block *block)
{
    uint64_t number = 0;
    b->block = block;
    b->errors->line = block->datum->line;
    for (int64_t n = 0; n < block->count && block->status != NULL; n++, number++) {
        static const struct traffic none;
        struct record r = {.traffic = &none, .interface = block->src_interface};
        r.owner = block->to.count > 0 ? block->to.items[0].addr : fl_addr_v4(0x0a000001);
        r.start_ms = block->start_ms + n * block->every_ms;
        r.end_ms = r.start_ms + block->duration_ms;
        add_record(b, &r);
    }
    for (int64_t n = 0; n < block->count && block->status == NULL; n++)
        for (uint32_t f = 0; f < block->from.count; f++)
            for (uint32_t t = 0; t < block->to.count && b->records <= FL_TEST_RECORDS_MAX; t++)
                write_conversation(b, block->from.items[f], block->to.items[t], number++);
}

/* The columns of one kind of log: its own, then those that blocks of it name. */
static void choose_columns(struct building *b, const struct block *blocks, uint32_t count)
{
    const uint32_t *base = b->kind == LOG_TGW ? tgw_columns : v5_columns;
    b->order_count = b->kind == LOG_TGW ? COUNT_OF(tgw_columns) : b->kind == LOG_V2 ? V2_COUNT : COUNT_OF(v5_columns);
    memset(&b->columns, 0, sizeof b->columns);
    for (uint32_t i = 0; i < b->order_count; i++) {
        b->order[i] = base[i];
        fl_field_set_add(&b->columns, base[i]);
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct fl_datum *d = blocks[i].datum;
        for (uint32_t k = 0; k < d->member_count && blocks[i].kind == b->kind; k++) {
            uint32_t field = column_of(d->names[k]);
            if (field == FL_FIELD_NONE || fl_field_set_has(&b->columns, field))
                continue;
            b->errors->line = d->line;
            if (b->kind == LOG_V2)
                fl_test_fail(b->errors, "flows{}: a log of version 2 has no %s", d->names[k]);
            fl_field_set_add(&b->columns, field);
            b->order[b->order_count++] = field;
        }
    }
}

static void write_header(struct building *b)
{
    for (uint32_t i = 0; i < b->order_count; i++) {
        const char *name = fl_fields[b->order[i]].name;
        if (i > 0)
            fl_buf_add_char(b->out, ' ');
        if (b->order[i] == FL_F_START_TIME || b->order[i] == FL_F_END_TIME)
            name = b->order[i] == FL_F_START_TIME ? "start" : "end";
        for (; *name != '\0'; name++)
            fl_buf_add_char(b->out, *name == '_' ? '-' : *name);
    }
    fl_buf_add_char(b->out, '\n');
}

static enum fl_status write_logs(const struct block *blocks, uint32_t count, const struct fl_policy *policy,
                                 struct fl_source_list *out, struct fl_test_errors *errors)
{
    struct fl_buf text;
    struct building b = {.policy = policy, .errors = errors, .out = &text};
    enum fl_status status = FL_OK;
    fl_buf_init(&text);
    for (unsigned kind = 0; kind < LOG_KINDS && status == FL_OK; kind++) {
        struct fl_error err;
        bool any = false;
        b.kind = (enum log_kind)kind;
        for (uint32_t i = 0; i < count; i++)
            any |= blocks[i].kind == b.kind;
        if (!any)
            continue;
        fl_buf_clear(&text);
        choose_columns(&b, blocks, count);
        write_header(&b);
        for (uint32_t i = 0; i < count; i++)
            if (blocks[i].kind == b.kind)
                write_block(&b, &blocks[i]);
        if (text.failed)
            status = FL_E_NOMEM;
        else
            status = fl_source_list_add_text(out, log_names[kind], (struct fl_str){text.data, text.len}, &err);
    }
    fl_buf_dispose(&text);
    return status;
}

/* ---- files ---- */

/* Relative, and inside the root even when links are followed. */
static bool is_inside(const char *root, const char *path)
{
    char *real_root = realpath(root, NULL), *real = realpath(path, NULL);
    size_t len = real_root == NULL ? 0 : strlen(real_root);
    bool inside = real_root != NULL && real != NULL && strncmp(real, real_root, len) == 0 &&
                  (real[len] == '/' || real[len] == '\0');
    free(real_root);
    free(real);
    return inside;
}

static enum fl_status add_file(const struct fl_datum *d, const char *folder, const char *root,
                               struct fl_source_list *out, struct fl_test_errors *errors)
{
    errors->line = d->line;
    char path[PATH_MAX];
    struct fl_error err;
    snprintf(path, sizeof path, "%s/%s", folder, d->text.ptr);
    struct stat st;
    if (d->text.ptr[0] == '/' || (stat(path, &st) == 0 && !is_inside(root, path))) {
        fl_test_fail(errors, "file \"%s\": a fixture lies below the folder of the rules", d->text.ptr);
        return FL_OK;
    }
    uint32_t before = out->trouble_count, count = out->count;
    enum fl_status status = fl_source_list_add_path(out, path, &err);
    if (status == FL_OK && out->trouble_count > before)
        fl_test_fail(errors, "file \"%s\": %s", d->text.ptr, out->troubles[before].text);
    else if (status == FL_OK && out->count == count)
        fl_test_fail(errors, "file \"%s\" holds nothing", d->text.ptr);
    return status;
}

/* ---- */

enum fl_status fl_test_sources(const struct fl_datum *flows, const struct fl_policy *policy, const char *folder,
                               const char *root, struct fl_source_list *out, struct fl_test_errors *errors)
{
    const struct fl_datum *const one[] = {flows};
    bool is_list = flows->kind == FL_DATUM_TABLE && flows->member_count == 0;
    const struct fl_datum *const *items = is_list ? flows->items : one;
    uint32_t item_count = is_list ? flows->item_count : 1, count = 0;
    enum fl_status status = FL_OK;
    struct block *blocks = fl_alloc_zero((size_t)item_count + 1, sizeof *blocks);
    if (blocks == NULL)
        return FL_E_NOMEM;
    for (uint32_t i = 0; i < item_count && status == FL_OK; i++) {
        if (items[i]->kind == FL_DATUM_FLOWS)
            read_block(errors, items[i], &blocks[count++]);
        else if (items[i]->kind == FL_DATUM_FILE)
            status = add_file(items[i], folder, root, out, errors);
        else
            fl_test_fail(errors, "flows must be flows { ... }, file \"...\" or a list of such");
    }
    if (status == FL_OK && errors->list.count == 0)
        status = write_logs(blocks, count, policy, out, errors);
    for (uint32_t i = 0; i < count; i++) {
        fl_free(blocks[i].from.items);
        fl_free(blocks[i].to.items);
    }
    fl_free(blocks);
    return status;
}
