/* parse_set.c: members of sets: ranges, services, networks, prefixes, texts, parameters. */
#include "core/base/memory.h"
#include "core/base/when.h"
#include "core/expr/parser.h"

/* All of a protocol: every port, or its one portless service. */
static struct fl_set_item whole_protocol(int protocol)
{
    return (struct fl_set_item){
        .kind = FL_ITEM_RANGE, .low = FL_SERVICE(protocol, 0), .high = FL_SERVICE(protocol, 65535)};
}

struct items {
    struct fl_set_item *items;
    uint32_t count, capacity;
};

static enum fl_status push(struct parser *p, struct items *list, struct fl_set_item item)
{
    if (!fl_grow((void **)&list->items, &list->capacity, list->count + 1, sizeof *list->items))
        return fl_fail(p->err, FL_E_NOMEM, "out of memory");
    list->items[list->count++] = item;
    return FL_OK;
}

static enum fl_status push_all(struct parser *p, struct items *list, const struct fl_set_item *items, uint32_t count)
{
    enum fl_status status = FL_OK;
    for (uint32_t i = 0; i < count && status == FL_OK; i++)
        status = push(p, list, items[i]);
    return status;
}

static enum fl_status push_param(struct parser *p, struct items *list, enum fl_type type)
{
    uint32_t at = p->now.at;
    const struct fl_node *node = NULL;
    enum fl_status status = fl_parse_param(p, &node);
    if (status != FL_OK)
        return status;
    if (!fl_check_member(type, node->type))
        return fl_parse_fail(p, at, FL_E_TYPE, "the parameter is %s, but %s is tested here", fl_type_phrase(node->type),
                             fl_type_phrase(type));
    if (node->kind == FL_N_SET)
        return push_all(p, list, node->items, node->item_count);
    if (node->type == FL_T_STR)
        return push(p, list, (struct fl_set_item){.kind = FL_ITEM_TEXT, .text = node->literal.str});
    return push(
        p, list,
        (struct fl_set_item){.kind = FL_ITEM_RANGE, .low = (int64_t)node->literal.i, .high = (int64_t)node->literal.i});
}

static enum fl_status push_name(struct parser *p, struct items *list, struct hint hint)
{
    struct fl_str name = p->now.text;
    uint32_t at = p->now.at, network;
    enum fl_status status = fl_parse_advance(p);
    if (status != FL_OK)
        return status;
    int value = fl_enum_find(hint.type, name);
    if (value >= 0)
        return push(p, list, (struct fl_set_item){.kind = FL_ITEM_RANGE, .low = value, .high = value});
    if (hint.type == FL_T_ADDR) {
        if (fl_parse_find_network(p, name, &network))
            return push(p, list, (struct fl_set_item){.kind = FL_ITEM_NETWORK, .network = network});
        return fl_parse_unknown(p, name, at, hint);
    }
    if (hint.type == FL_T_SERVICE) {
        struct fl_set_item item;
        const struct fl_set_item *items;
        uint32_t count;
        if (fl_parse_at_service(p, name, &value)) {
            status = fl_parse_ports(p, value, &item);
            return status != FL_OK ? status : push(p, list, item);
        }
        if (fl_parse_find_service(p, name, &items, &count))
            return push_all(p, list, items, count);
        if ((value = fl_protocol_find(name)) >= 0)
            return push(p, list, whole_protocol(value));
        return fl_parse_unknown(p, name, at, hint);
    }
    if (hint.is_protocol && (value = fl_protocol_find(name)) >= 0)
        return push(p, list, (struct fl_set_item){.kind = FL_ITEM_RANGE, .low = value, .high = value});
    return fl_parse_unknown(p, name, at, hint);
}

static enum fl_status refuse_member(struct parser *p, struct hint hint)
{
    char proposal[FL_PROPOSAL_BYTES] = "";
    if (fl_parse_at_mark(p, "("))
        return fl_propose_set(p);
    if (p->now.kind == FL_TOKEN_TEXT)
        fl_propose_unquoted(hint, p->now.text, proposal);
    else if (p->now.kind == FL_TOKEN_NUMBER && hint.type == FL_T_DURATION)
        fl_propose_duration(p->now.number, proposal);
    return fl_parse_fail(p, p->now.at, FL_E_TYPE, "%s is tested here; this is none%s", fl_type_phrase(hint.type),
                         proposal);
}

/* One end of a range: a number, a duration or a time. */
static enum fl_status range_end(struct parser *p, struct hint hint, int64_t *out)
{
    enum fl_type type = hint.type;
    bool negative = fl_parse_at_mark(p, "-");
    enum fl_status status = negative ? fl_parse_advance(p) : FL_OK;
    if (status != FL_OK)
        return status;
    if (p->now.kind == FL_TOKEN_DURATION && type == FL_T_DURATION)
        *out = p->now.ms;
    else if (p->now.kind == FL_TOKEN_TEXT && type == FL_T_TIME) {
        if (!fl_when_parse(p->now.text, out))
            return fl_parse_fail(p, p->now.at, FL_E_VALUE, "this is no time");
    } else if (p->now.kind == FL_TOKEN_NUMBER && p->now.number.den == 1 && p->now.number.num <= INT64_MAX &&
               fl_type_is_number(type))
        *out = (int64_t)p->now.number.num;
    else if (p->now.kind == FL_TOKEN_NUMBER && type == FL_T_SERVICE)
        return fl_parse_fail(p, p->now.at, FL_E_TYPE, "%.*s is no service; write tcp/%.*s", (int)p->now.text.len,
                             p->now.text.ptr, (int)p->now.text.len, p->now.text.ptr);
    else
        return refuse_member(p, hint);
    if (negative)
        *out = -*out;
    if (type == FL_T_PORT && (*out < 0 || *out > 65535))
        return fl_parse_fail(p, p->now.at, FL_E_VALUE, "a port lies in 0..65535");
    return fl_parse_advance(p);
}

/* The range ends before it begins: what goes round, such as hours of the night, is two ranges. */
static enum fl_status refuse_range(struct parser *p, uint32_t at, struct hint hint, long long low, long long high)
{
    static const char text[] = "the range ends before it begins";
    uint32_t field = hint.beside != NULL && hint.beside->kind == FL_N_FIELD ? hint.beside->field : FL_FIELD_NONE;
    int first = field == FL_F_HOUR ? 0 : 1, last = field == FL_F_HOUR ? 23 : 7;
    if ((field == FL_F_HOUR || field == FL_F_WEEKDAY) && low <= last && high >= first)
        return fl_parse_fail(p, at, FL_E_VALUE, "%s; write {%lld..%d, %d..%lld}", text, low, last, first, high);
    if (fl_type_is_number(hint.type))
        return fl_parse_fail(p, at, FL_E_VALUE, "%s; write %lld..%lld", text, high, low);
    return fl_parse_fail(p, at, FL_E_VALUE, "%s", text);
}

static enum fl_status push_range(struct parser *p, struct items *list, struct hint hint)
{
    struct fl_set_item item = {.kind = FL_ITEM_RANGE};
    uint32_t at = p->now.at;
    enum fl_status status = range_end(p, hint, &item.low);
    if (status != FL_OK)
        return status;
    item.high = item.low;
    if (fl_parse_at_mark(p, "..")) {
        status = fl_parse_advance(p);
        if (status == FL_OK)
            status = range_end(p, hint, &item.high);
        if (status == FL_OK && item.high < item.low)
            return refuse_range(p, at, hint, item.low, item.high);
    }
    return status != FL_OK ? status : push(p, list, item);
}

static enum fl_status push_member(struct parser *p, struct items *list, struct hint hint)
{
    if (p->now.kind == FL_TOKEN_PARAM)
        return push_param(p, list, hint.type);
    if (p->now.kind == FL_TOKEN_NAME)
        return push_name(p, list, hint);
    if (p->now.kind == FL_TOKEN_PREFIX) {
        if (hint.type != FL_T_ADDR)
            return fl_parse_fail(p, p->now.at, FL_E_TYPE, "%s is tested here; this is an address",
                                 fl_type_phrase(hint.type));
        struct fl_set_item item = {.kind = FL_ITEM_PREFIX, .prefix = p->now.prefix};
        enum fl_status status = fl_parse_advance(p);
        return status != FL_OK ? status : push(p, list, item);
    }
    if (p->now.kind == FL_TOKEN_TEXT && hint.type == FL_T_STR) {
        struct fl_set_item item = {.kind = FL_ITEM_TEXT, .text = p->now.text};
        enum fl_status status = fl_parse_advance(p);
        return status != FL_OK ? status : push(p, list, item);
    }
    return push_range(p, list, hint);
}

static enum fl_status push_item(struct parser *p, struct items *list, struct hint hint)
{
    uint32_t at = p->now.at, before = list->count;
    enum fl_status status = push_member(p, list, hint);
    return status == FL_OK && list->count == before + 1 ? fl_propose_behind_member(p, at, &list->items[before])
                                                        : status;
}

enum fl_status fl_parse_set(struct parser *p, struct hint hint, const struct fl_node **out)
{
    struct items list = {0};
    uint32_t at = p->now.at;
    enum fl_status status;
    if (!fl_parse_at_mark(p, "{")) {
        status = push_item(p, &list, hint);
        if (status == FL_OK && fl_parse_at_mark(p, ","))
            status = fl_propose_braces(p, at);
    } else {
        status = fl_parse_advance(p);
        while (status == FL_OK && !fl_parse_at_mark(p, "}")) {
            status = push_item(p, &list, hint);
            if (status != FL_OK || fl_parse_at_mark(p, "}") || p->now.kind == FL_TOKEN_END)
                break;
            status = fl_parse_expect(p, ",");
        }
        if (status == FL_OK)
            status = fl_parse_expect(p, "}");
    }
    struct fl_node *node = status == FL_OK ? fl_parse_node(p, FL_N_SET, hint.type, at) : NULL;
    if (node != NULL) {
        struct fl_set_item *items = fl_arena_alloc(p->arena, ((size_t)list.count + 1) * sizeof *items);
        if (items == NULL)
            status = fl_fail(p->err, FL_E_NOMEM, "out of memory");
        else if (list.count > 0)
            memcpy(items, list.items, list.count * sizeof *items);
        node->items = items;
        node->item_count = list.count;
        *out = node;
    } else if (status == FL_OK) {
        status = FL_E_NOMEM;
    }
    fl_free(list.items);
    return status;
}
