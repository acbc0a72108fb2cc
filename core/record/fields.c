#include "core/record/fields.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define STORAGE_BOOL        FL_S_U8
#define STORAGE_ACTION      FL_S_U8
#define STORAGE_STATUS      FL_S_U8
#define STORAGE_ORIENTATION FL_S_U8
#define STORAGE_REJECT      FL_S_U8
#define STORAGE_VANTAGE     FL_S_U8
#define STORAGE_U8          FL_S_U8
#define STORAGE_PORT        FL_S_U16
#define STORAGE_INT         FL_S_I64
#define STORAGE_TIME        FL_S_I64
#define STORAGE_DURATION    FL_S_I64
#define STORAGE_SERVICE     FL_S_I64
#define STORAGE_ADDR        FL_S_ADDR
#define STORAGE_STR         FL_S_U32

static char tag_names[FL_TAG_FIELDS][96]; /* empty: free */

const struct fl_field_info fl_fields[FL_FIELD_COUNT] = {
#define FL_FIELD(ID, name, TYPE, what) {#name, FL_T_##TYPE, STORAGE_##TYPE, FL_F_##ID >= FL_DERIVED_FIRST, what},
#include "core/record/fields.def"
#undef FL_FIELD
#define TAG(i)                                                                                                         \
    {                                                                                                                  \
        tag_names[i], FL_T_STR, FL_S_U32, true, "a tag of the inventory"                                               \
    }
#define TAGS(i) TAG(i), TAG(i + 1), TAG(i + 2), TAG(i + 3), TAG(i + 4), TAG(i + 5), TAG(i + 6), TAG(i + 7)
    TAGS(0),
    TAGS(8),
    TAGS(16),
    TAGS(24),
};

static const char *const tag_ends[FL_END_COUNT] = {"src.tag.", "dst.tag.", "client.tag.", "server.tag."};

static enum fl_end tag_end(struct fl_str name)
{
    uint32_t end = 0;
    for (; end < FL_END_COUNT; end++) {
        size_t len = strlen(tag_ends[end]);
        if (name.len > len && memcmp(name.ptr, tag_ends[end], len) == 0)
            break;
    }
    return (enum fl_end)end;
}

struct fl_str fl_field_tag(uint32_t f, enum fl_end *end)
{
    struct fl_str name = fl_str_of(fl_fields[f].name);
    *end = tag_end(name);
    if (*end == FL_END_COUNT)
        return name;
    size_t len = strlen(tag_ends[*end]);
    return (struct fl_str){name.ptr + len, name.len - len};
}

static uint32_t name_tag(struct fl_str name)
{
    if (tag_end(name) == FL_END_COUNT || name.len >= sizeof tag_names[0])
        return FL_FIELD_NONE;
    for (uint32_t i = 0; i < FL_TAG_FIELDS; i++) {
        if (tag_names[i][0] != '\0')
            continue;
        memcpy(tag_names[i], name.ptr, name.len);
        return FL_F_TAG_FIRST + i;
    }
    return FL_FIELD_NONE;
}

uint32_t fl_field_find(struct fl_str name)
{
    if (name.len == 0)
        return FL_FIELD_NONE;
    for (uint32_t f = 0; f < FL_FIELD_COUNT; f++)
        if (fl_str_is(name, fl_fields[f].name))
            return f;
    return name_tag(name);
}

/* account-id, account_id, accountId and AccountID are one name: letters and digits count, case does not. */
static bool same_spelling(struct fl_str provider, const char *name)
{
    size_t i = 0;
    for (;; name++) {
        while (i < provider.len && (provider.ptr[i] == '-' || provider.ptr[i] == '_'))
            i++;
        if (*name == '_')
            continue;
        if (*name == '\0')
            return i == provider.len;
        char c = i < provider.len ? provider.ptr[i] : '\0';
        if (c >= 'A' && c <= 'Z')
            c = (char)(c | 32);
        if (c != *name)
            return false;
        i++;
    }
}

uint32_t fl_field_find_provider(struct fl_str name)
{
    if (same_spelling(name, "start"))
        return FL_F_START_TIME;
    if (same_spelling(name, "end"))
        return FL_F_END_TIME;
    for (uint32_t f = 0; f < FL_DERIVED_FIRST; f++)
        if (same_spelling(name, fl_fields[f].name))
            return f;
    return FL_FIELD_NONE;
}

const char *fl_field_alias(struct fl_str name)
{
    static const struct {
        const char *field, *aliases[10];
    } others[] = {
        {"srcaddr", {"srcip", "sourceip", "sip", "src", "saddr", "source", "sourceaddress", "srcaddress", "ipsrc"}},
        {"dstaddr", {"dstip", "destip", "destinationip", "dip", "dst", "daddr", "destination", "destinationaddress"}},
        {"srcport", {"sport", "sourceport", "spt"}},
        {"dstport", {"dport", "destport", "destinationport", "dpt"}},
        {"server_port", {"port"}},
        {"client", {"clientip", "clientaddr"}},
        {"server", {"serverip", "serveraddr"}},
        {"protocol", {"proto", "ipproto", "ipprotocol", "protocolnumber", "transport"}},
        {"bytes", {"octets", "bytecount", "numbytes", "bytessent"}},
        {"packets", {"pkts", "packetcount", "numpackets", "packetssent"}},
        {"start_time", {"starttime", "timestamp", "time"}},
        {"end_time", {"stop", "stoptime"}},
        {"interface_id", {"eni", "eniid", "interface"}},
        {"account_id", {"account"}},
        {"vpc_id", {"vpc"}},
        {"subnet_id", {"subnet"}},
        {"instance_id", {"instance"}},
        {"az_id", {"az", "availabilityzone"}},
        {"flow_direction", {"direction"}},
        {"tcp_flags", {"flags"}},
        {"action", {"verdict", "disposition"}},
        {"weekday", {"dayofweek", "day"}},
    };
    uint32_t f = fl_field_find_provider(name);
    if (fl_field_find(name) != FL_FIELD_NONE)
        return NULL;
    if (f != FL_FIELD_NONE)
        return fl_fields[f].name;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        for (size_t k = 0; k < 10 && others[i].aliases[k] != NULL; k++)
            if (same_spelling(name, others[i].aliases[k]))
                return others[i].field;
    return NULL;
}

static const char *const actions[] = {"accept", "reject", NULL};
static const char *const statuses[] = {"ok", "nodata", "skipdata", NULL};
static const char *const orientations[] = {"native", "flags", "reject", "service", "ephemeral", "guess", "none", NULL};
static const char *const reject_kinds[] = {"attempt", "late", "reply", NULL};
static const char *const vantages[] = {"src", "dst", "middle", "unknown", NULL};
static const char *const outcomes[] = {"blocked", "allowed", "answered", NULL};

static const char *const *enum_texts(enum fl_type type)
{
    switch (type) {
    case FL_T_ACTION:
        return actions;
    case FL_T_STATUS:
        return statuses;
    case FL_T_ORIENTATION:
        return orientations;
    case FL_T_REJECT:
        return reject_kinds;
    case FL_T_VANTAGE:
        return vantages;
    case FL_T_OUTCOME:
        return outcomes;
    default:
        return NULL;
    }
}

bool fl_type_is_enum(enum fl_type type)
{
    return enum_texts(type) != NULL;
}

const char *fl_enum_text(enum fl_type type, uint32_t value)
{
    const char *const *texts = enum_texts(type);
    for (uint32_t i = 0; texts != NULL && texts[i] != NULL; i++)
        if (i == value)
            return texts[i];
    return NULL;
}

int fl_enum_find(enum fl_type type, struct fl_str text)
{
    const char *const *texts = enum_texts(type);
    for (int i = 0; texts != NULL && texts[i] != NULL; i++)
        if (strlen(texts[i]) == text.len && strncasecmp(texts[i], text.ptr, text.len) == 0)
            return i;
    return -1;
}

const char *fl_type_name(enum fl_type type)
{
    static const char *const names[] = {[FL_T_NULL] = "null",
                                        [FL_T_BOOL] = "flag",
                                        [FL_T_ACTION] = "action",
                                        [FL_T_STATUS] = "log status",
                                        [FL_T_ORIENTATION] = "orientation",
                                        [FL_T_REJECT] = "reject kind",
                                        [FL_T_VANTAGE] = "vantage",
                                        [FL_T_OUTCOME] = "outcome",
                                        [FL_T_U8] = "number",
                                        [FL_T_PORT] = "port",
                                        [FL_T_INT] = "number",
                                        [FL_T_TIME] = "time",
                                        [FL_T_DURATION] = "duration",
                                        [FL_T_SERVICE] = "service",
                                        [FL_T_ADDR] = "address",
                                        [FL_T_STR] = "text",
                                        [FL_T_RATIO] = "quotient",
                                        [FL_T_LIST] = "list"};
    return names[type];
}

const char *fl_type_phrase(enum fl_type type)
{
    static const char *const phrases[] = {[FL_T_NULL] = "null",
                                          [FL_T_BOOL] = "a flag",
                                          [FL_T_ACTION] = "an action",
                                          [FL_T_STATUS] = "a log status",
                                          [FL_T_ORIENTATION] = "an orientation",
                                          [FL_T_REJECT] = "a reject kind",
                                          [FL_T_VANTAGE] = "a vantage",
                                          [FL_T_OUTCOME] = "an outcome",
                                          [FL_T_U8] = "a number",
                                          [FL_T_PORT] = "a port",
                                          [FL_T_INT] = "a number",
                                          [FL_T_TIME] = "a time",
                                          [FL_T_DURATION] = "a duration",
                                          [FL_T_SERVICE] = "a service",
                                          [FL_T_ADDR] = "an address",
                                          [FL_T_STR] = "text",
                                          [FL_T_RATIO] = "a quotient",
                                          [FL_T_LIST] = "a list"};
    return phrases[type];
}

/* IANA protocol keywords in common use. The first name of a number is the one that is shown. */
static const struct {
    uint8_t number;
    const char *name;
} protocols[] = {{0, "hopopt"},     {1, "icmp"},        {2, "igmp"},       {4, "ipv4"},       {6, "tcp"},
                 {8, "egp"},        {9, "igp"},         {17, "udp"},       {27, "rdp"},       {33, "dccp"},
                 {41, "ipv6"},      {43, "ipv6-route"}, {44, "ipv6-frag"}, {46, "rsvp"},      {47, "gre"},
                 {50, "esp"},       {51, "ah"},         {58, "icmpv6"},    {58, "ipv6-icmp"}, {59, "ipv6-nonxt"},
                 {60, "ipv6-opts"}, {88, "eigrp"},      {89, "ospf"},      {89, "ospfigp"},   {94, "ipip"},
                 {97, "etherip"},   {98, "encap"},      {103, "pim"},      {108, "ipcomp"},   {112, "vrrp"},
                 {115, "l2tp"},     {132, "sctp"},      {133, "fc"},       {136, "udplite"},  {137, "mpls-in-ip"}};
#define PROTOCOL_COUNT (sizeof protocols / sizeof protocols[0])

const char *fl_protocol_name(unsigned protocol)
{
    for (size_t i = 0; i < PROTOCOL_COUNT; i++)
        if (protocols[i].number == protocol)
            return protocols[i].name;
    return NULL;
}

int fl_protocol_find(struct fl_str name)
{
    for (size_t i = 0; i < PROTOCOL_COUNT; i++)
        if (strlen(protocols[i].name) == name.len && strncasecmp(protocols[i].name, name.ptr, name.len) == 0)
            return protocols[i].number;
    return -1;
}

unsigned fl_service_format(int64_t service, char out[FL_SERVICE_TEXT_BYTES])
{
    unsigned protocol = (unsigned)(service >> 16) & 0xff, port = (unsigned)service & 0xffff;
    const char *name = fl_protocol_name(protocol);
    char number[12];
    if (name == NULL) {
        snprintf(number, sizeof number, "%u", protocol);
        name = number;
    }
    if (!fl_protocol_has_ports(protocol) && port == 0)
        return (unsigned)snprintf(out, FL_SERVICE_TEXT_BYTES, "%s", name);
    return (unsigned)snprintf(out, FL_SERVICE_TEXT_BYTES, "%s/%u", name, port);
}
