/* test_log.c: conversations -> lines of a flow log, as AWS would write them. */
#include <string.h>

#include "core/session/test_flows.h"

#define DEFAULT_ACCOUNT "123456789012"
#define DEFAULT_VPC     "vpc-0123456789abcdef0"
#define MIDDLE_ADDRESS  "10.0.0.100"
#define EPHEMERAL_FIRST 49152
#define EPHEMERAL_COUNT 16384
#define COUNT_OF(a)     (sizeof(a) / sizeof(a)[0])

static const char *const log_names[FL_TEST_LOGS] = {"v5", "v2", "tgw"};

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

struct building {
    const struct fl_policy *policy;
    struct fl_test_errors *errors;
    struct fl_field_set columns;
    uint32_t order[FL_FIELD_COUNT], order_count;
    enum fl_test_log kind;
    struct fl_buf *out;
    const struct fl_test_block *block;
    uint64_t records;
};

/* One record as it is about to be written. */
struct record {
    struct fl_test_end src, dst;
    struct fl_addr pkt_src, pkt_dst;
    const struct fl_test_traffic *traffic;
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
        fl_buf_add_i64(out, b->kind == FL_TEST_V2 ? 2 : b->kind == FL_TEST_TGW ? 6 : 5);
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
        if (given != NULL && fl_test_column(fl_fields[field].name) != FL_FIELD_NONE)
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
                            const struct fl_test_traffic *traffic, bool at_src, bool is_reply, int64_t start_ms)
{
    const struct fl_test_block *block = b->block;
    struct record r = {.src = *src, .dst = *dst, .pkt_src = src->addr, .pkt_dst = dst->addr, .traffic = traffic};
    r.start_ms = start_ms;
    r.end_ms = start_ms + block->duration_ms;
    r.ingress = !at_src;
    r.owner = at_src ? src->addr : dst->addr;
    r.interface = at_src == !is_reply ? block->src_interface : block->dst_interface;
    if (block->vantage == FL_TEST_BY_MIDDLE) {
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
    const struct fl_test_block *block = b->block;
    int64_t start_ms = block->start_ms + (int64_t)number * block->every_ms;
    int32_t ephemeral = EPHEMERAL_FIRST + (int32_t)(number % EPHEMERAL_COUNT);
    from.port = from.port < 0 ? ephemeral : from.port;
    to.port = to.port < 0 ? ephemeral : to.port;
    enum fl_test_vantage vantage = block->vantage;
    if (vantage == FL_TEST_BY_NEAREST)
        vantage = is_ours(b->policy, to.addr) ? FL_TEST_BY_DST : FL_TEST_BY_SRC;
    bool by_from = vantage == FL_TEST_BY_SRC || vantage == FL_TEST_BY_BOTH, by_to = vantage != FL_TEST_BY_SRC;
    if (by_from)
        write_direction(b, &from, &to, &block->request, true, false, start_ms);
    if (by_to)
        write_direction(b, &from, &to, &block->request, false, false, start_ms);
    if (block->has_reply && by_to)
        write_direction(b, &to, &from, &block->reply, true, true, start_ms);
    if (block->has_reply && by_from)
        write_direction(b, &to, &from, &block->reply, false, true, start_ms);
}

static void write_block(struct building *b, const struct fl_test_block *block)
{
    uint64_t number = 0;
    b->block = block;
    b->errors->line = block->datum->line;
    for (int64_t n = 0; n < block->count && block->status != NULL; n++, number++) {
        static const struct fl_test_traffic none;
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
static void choose_columns(struct building *b, const struct fl_test_block *blocks, uint32_t count)
{
    const uint32_t *base = b->kind == FL_TEST_TGW ? tgw_columns : v5_columns;
    b->order_count = b->kind == FL_TEST_TGW  ? COUNT_OF(tgw_columns)
                     : b->kind == FL_TEST_V2 ? V2_COUNT
                                             : COUNT_OF(v5_columns);
    memset(&b->columns, 0, sizeof b->columns);
    for (uint32_t i = 0; i < b->order_count; i++) {
        b->order[i] = base[i];
        fl_field_set_add(&b->columns, base[i]);
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct fl_datum *d = blocks[i].datum;
        for (uint32_t k = 0; k < d->member_count && blocks[i].kind == b->kind; k++) {
            uint32_t field = fl_test_column(d->names[k]);
            if (field == FL_FIELD_NONE || fl_field_set_has(&b->columns, field))
                continue;
            b->errors->line = d->line;
            if (b->kind == FL_TEST_V2)
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

enum fl_status fl_test_write_logs(const struct fl_test_block *blocks, uint32_t count, const struct fl_policy *policy,
                                  struct fl_source_list *out, struct fl_test_errors *errors)
{
    struct fl_buf text;
    struct building b = {.policy = policy, .errors = errors, .out = &text};
    enum fl_status status = FL_OK;
    fl_buf_init(&text);
    for (unsigned kind = 0; kind < FL_TEST_LOGS && status == FL_OK; kind++) {
        struct fl_error err;
        bool any = false;
        b.kind = (enum fl_test_log)kind;
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
