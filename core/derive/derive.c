#include "core/derive/parts.h"

#include "core/base/memory.h"

#include <string.h>

/* field <- what it is computed from; the first list is needed to be other than null at all. */
struct dependency {
    uint32_t field;
    uint32_t needs[4]; /* without these the field is always null */
    uint32_t uses[8];  /* these only sharpen it */
};
#define END FL_FIELD_NONE
#define ORIENT_USES                                                                                                    \
    {                                                                                                                  \
        FL_F_PROTOCOL, FL_F_SRCPORT, FL_F_DSTPORT, FL_F_TCP_FLAGS, FL_F_ACTION, END                                    \
    }

#define HOST_USES                                                                                                      \
    {                                                                                                                  \
        FL_F_VANTAGE, FL_F_INTERFACE_ID, FL_F_VPC_ID, END                                                              \
    }
#define TAG_USES                                                                                                       \
    {                                                                                                                  \
        FL_F_FORWARD, FL_F_VANTAGE, FL_F_INTERFACE_ID, FL_F_VPC_ID, END                                                \
    }
#define TAG(i)                                                                                                         \
    {                                                                                                                  \
        FL_F_TAG_FIRST + (i), {FL_F_SRC_PEER, FL_F_DST_PEER, END}, TAG_USES                                            \
    }
#define TAGS(i) TAG(i), TAG(i + 1), TAG(i + 2), TAG(i + 3), TAG(i + 4), TAG(i + 5), TAG(i + 6), TAG(i + 7)

static const struct dependency dependencies[] = {
    TAGS(0),
    TAGS(8),
    TAGS(16),
    TAGS(24),
    {FL_F_SRC_NAME, {FL_F_SRC_PEER, END}, HOST_USES},
    {FL_F_SRC_SUBNET, {FL_F_SRC_PEER, END}, HOST_USES},
    {FL_F_SRC_AZ, {FL_F_SRC_PEER, END}, HOST_USES},
    {FL_F_SRC_VPC, {FL_F_SRC_PEER, END}, HOST_USES},
    {FL_F_SRC_SG, {FL_F_SRC_PEER, END}, HOST_USES},
    {FL_F_SRC_ACCOUNT, {FL_F_SRC_PEER, END}, HOST_USES},
    {FL_F_DST_NAME, {FL_F_DST_PEER, END}, HOST_USES},
    {FL_F_DST_SUBNET, {FL_F_DST_PEER, END}, HOST_USES},
    {FL_F_DST_AZ, {FL_F_DST_PEER, END}, HOST_USES},
    {FL_F_DST_VPC, {FL_F_DST_PEER, END}, HOST_USES},
    {FL_F_DST_SG, {FL_F_DST_PEER, END}, HOST_USES},
    {FL_F_DST_ACCOUNT, {FL_F_DST_PEER, END}, HOST_USES},
    {FL_F_CLIENT_NAME, {FL_F_SRC_PEER, FL_F_DST_PEER, FL_F_FORWARD, END}, HOST_USES},
    {FL_F_CLIENT_SUBNET, {FL_F_SRC_PEER, FL_F_DST_PEER, FL_F_FORWARD, END}, HOST_USES},
    {FL_F_CLIENT_AZ, {FL_F_SRC_PEER, FL_F_DST_PEER, FL_F_FORWARD, END}, HOST_USES},
    {FL_F_CLIENT_VPC, {FL_F_SRC_PEER, FL_F_DST_PEER, FL_F_FORWARD, END}, HOST_USES},
    {FL_F_CLIENT_SG, {FL_F_SRC_PEER, FL_F_DST_PEER, FL_F_FORWARD, END}, HOST_USES},
    {FL_F_CLIENT_ACCOUNT, {FL_F_SRC_PEER, FL_F_DST_PEER, FL_F_FORWARD, END}, HOST_USES},
    {FL_F_SERVER_NAME, {FL_F_SRC_PEER, FL_F_DST_PEER, FL_F_FORWARD, END}, HOST_USES},
    {FL_F_SERVER_SUBNET, {FL_F_SRC_PEER, FL_F_DST_PEER, FL_F_FORWARD, END}, HOST_USES},
    {FL_F_SERVER_AZ, {FL_F_SRC_PEER, FL_F_DST_PEER, FL_F_FORWARD, END}, HOST_USES},
    {FL_F_SERVER_VPC, {FL_F_SRC_PEER, FL_F_DST_PEER, FL_F_FORWARD, END}, HOST_USES},
    {FL_F_SERVER_SG, {FL_F_SRC_PEER, FL_F_DST_PEER, FL_F_FORWARD, END}, HOST_USES},
    {FL_F_SERVER_ACCOUNT, {FL_F_SRC_PEER, FL_F_DST_PEER, FL_F_FORWARD, END}, HOST_USES},
    {FL_F_PAIR_CLIENT, {FL_F_SRC_PEER, FL_F_DST_PEER, END}, {FL_F_FORWARD, END}},
    {FL_F_PAIR_SERVER, {FL_F_SRC_PEER, FL_F_DST_PEER, END}, {FL_F_FORWARD, END}},
    {FL_F_PAIR_SERVICE, {FL_F_PROTOCOL, END}, {FL_F_SRCPORT, FL_F_DSTPORT, FL_F_FORWARD, END}},
    {FL_F_CLIENT, {FL_F_SRC_PEER, FL_F_DST_PEER, FL_F_FORWARD, END}, {END}},
    {FL_F_SERVER, {FL_F_SRC_PEER, FL_F_DST_PEER, FL_F_FORWARD, END}, {END}},
    {FL_F_CLIENT_PORT, {FL_F_SRCPORT, FL_F_DSTPORT, FL_F_FORWARD, END}, {FL_F_PROTOCOL, END}},
    {FL_F_SERVER_PORT, {FL_F_SRCPORT, FL_F_DSTPORT, FL_F_FORWARD, END}, {FL_F_PROTOCOL, END}},
    {FL_F_SERVICE, {FL_F_PROTOCOL, FL_F_FORWARD, END}, {FL_F_SRCPORT, FL_F_DSTPORT, END}},
    {FL_F_REJECT_KIND, {FL_F_ACTION, FL_F_INITIATED, END}, {FL_F_TCP_FLAGS, FL_F_PROTOCOL, END}},
    {FL_F_INITIATED, {FL_F_FORWARD, END}, {END}},
    {FL_F_FORWARD, {FL_F_ORIENTATION, END}, {END}},
    {FL_F_ORIENTATION, {END}, ORIENT_USES},
    {FL_F_ACCEPTED, {FL_F_ACTION, END}, {END}},
    {FL_F_REJECTED, {FL_F_ACTION, END}, {END}},
    {FL_F_DURATION, {FL_F_START_TIME, FL_F_END_TIME, END}, {END}},
    {FL_F_HOUR, {FL_F_START_TIME, END}, {END}},
    {FL_F_WEEKDAY, {FL_F_START_TIME, END}, {END}},
    {FL_F_OWN_VPC_ID, {FL_F_VPC_ID, FL_F_VANTAGE, END}, {END}},
    {FL_F_VANTAGE,
     {FL_F_SRC_PEER, FL_F_DST_PEER, END},
     {FL_F_INTERFACE_ID, FL_F_FLOW_DIRECTION, FL_F_SRCADDR, FL_F_DSTADDR, FL_F_PKT_SRCADDR, FL_F_PKT_DSTADDR, END}},
    {FL_F_SRC_SERVICE, {FL_F_PROTOCOL, END}, {FL_F_SRCPORT, END}},
    {FL_F_DST_SERVICE, {FL_F_PROTOCOL, END}, {FL_F_DSTPORT, END}},
    {FL_F_FROM_OURS, {FL_F_SRC_PEER, END}, {END}},
    {FL_F_SRC_PEER, {FL_F_SRCADDR, END}, {FL_F_PKT_SRCADDR, END}},
    {FL_F_DST_PEER, {FL_F_DSTADDR, END}, {FL_F_PKT_DSTADDR, END}},
};
#define DEPENDENCY_COUNT (sizeof dependencies / sizeof dependencies[0])

const uint32_t fl_own_fields[FL_OWN_FIELDS] = {FL_F_VANTAGE, FL_F_SRC_PEER, FL_F_DST_PEER};

void fl_derive_needs(struct fl_field_set *fields)
{
    /* The table lists a field before what it is computed from: one pass closes the set. */
    for (size_t i = 0; i < DEPENDENCY_COUNT; i++) {
        const struct dependency *d = &dependencies[i];
        if (!fl_field_set_has(fields, d->field))
            continue;
        for (const uint32_t *f = d->needs; *f != END; f++)
            fl_field_set_add(fields, *f);
        for (const uint32_t *f = d->uses; *f != END; f++)
            fl_field_set_add(fields, *f);
        /* They are computed together. */
        if (d->field == FL_F_ORIENTATION)
            fl_field_set_add(fields, FL_F_FORWARD);
    }
}

static bool has_all(const struct fl_field_set *set, const uint32_t *fields)
{
    for (; *fields != END; fields++)
        if (!fl_field_set_has(set, *fields))
            return false;
    return true;
}

void fl_derive_present(struct fl_field_set *present)
{
    if (fl_field_set_has(present, FL_F_PKT_SRCADDR))
        fl_field_set_add(present, FL_F_SRC_PEER);
    if (fl_field_set_has(present, FL_F_PKT_DSTADDR))
        fl_field_set_add(present, FL_F_DST_PEER);
    bool ports = fl_field_set_has(present, FL_F_SRCPORT) && fl_field_set_has(present, FL_F_DSTPORT);
    bool decides = ports || fl_field_set_has(present, FL_F_ACTION) || fl_field_set_has(present, FL_F_TCP_FLAGS);
    for (size_t i = DEPENDENCY_COUNT; i-- > 0;) {
        const struct dependency *d = &dependencies[i];
        if (d->field == FL_F_ORIENTATION && !decides)
            continue;
        if (has_all(present, d->needs))
            fl_field_set_add(present, d->field);
    }
}

void fl_port_list_init(struct fl_port_list *list, const struct fl_policy *policy)
{
    memset(list, 0, sizeof *list);
    fl_listed_services(list->tcp, list->udp);
    for (uint32_t s = 0; policy != NULL && s < policy->service_count; s++) {
        const struct fl_service_def *service = &policy->services[s];
        if (service->port_count > FL_LISTED_SERVICE_PORTS_MAX)
            continue;
        for (uint32_t i = 0; i < service->item_count; i++) {
            for (int64_t v = service->items[i].low; v <= service->items[i].high; v++) {
                unsigned protocol = (unsigned)(v >> 16), port = (unsigned)(v & 0xffff);
                uint64_t *bits = protocol == 6     ? list->tcp
                                 : protocol == 17  ? list->udp
                                 : protocol == 132 ? list->sctp
                                                   : NULL;
                if (bits != NULL)
                    bits[port >> 6] |= UINT64_C(1) << (port & 63);
            }
        }
    }
}

void fl_derive_init(struct fl_derive *derive, const struct fl_field_set *fields, const struct fl_policy *policy,
                    const struct fl_program *networks)
{
    derive->networks = networks;
    derive->wanted = *fields;
    fl_derive_needs(&derive->wanted);
    derive->zone = policy != NULL ? policy->zone : NULL;
    fl_port_list_init(&derive->ports, policy);
}

static void compute(const struct fl_derive *derive, const struct fl_learned *learned, struct fl_batch *batch,
                    uint32_t field, const uint64_t *rows)
{
    switch (field) {
    case FL_F_SRC_PEER:
    case FL_F_DST_PEER:
        fl_derive_peer(batch, field, rows);
        return;
    case FL_F_SRC_SERVICE:
    case FL_F_DST_SERVICE:
        fl_derive_end_service(batch, field, rows);
        return;
    case FL_F_ORIENTATION:
        fl_derive_orientation(derive, batch, rows);
        return;
    case FL_F_FORWARD:
        return;
    case FL_F_ACCEPTED:
    case FL_F_REJECTED:
        fl_derive_action_is(batch, field, rows);
        return;
    case FL_F_REJECT_KIND:
        fl_derive_reject_kind(batch, rows);
        return;
    case FL_F_DURATION:
        fl_derive_duration(batch, rows);
        return;
    case FL_F_HOUR:
    case FL_F_WEEKDAY:
        fl_derive_clock(derive, batch, field, rows);
        return;
    case FL_F_VANTAGE:
        fl_derive_vantage(learned, batch, rows);
        return;
    case FL_F_FROM_OURS:
        fl_derive_from_ours(derive, batch, rows);
        return;
    case FL_F_OWN_VPC_ID:
        fl_derive_own_vpc(batch, rows);
        return;
    default:
        if (fl_field_of_inventory(field)) {
            fl_derive_host(learned, batch, field, rows);
            return;
        }
        fl_derive_oriented(batch, field, rows);
    }
}

static const struct dependency *dependency_of(uint32_t field)
{
    for (size_t i = 0; i < DEPENDENCY_COUNT; i++)
        if (dependencies[i].field == field)
            return &dependencies[i];
    return NULL;
}

static enum fl_status need_all(struct fl_batch *batch, const uint32_t *fields, const uint64_t *rows)
{
    enum fl_status status = FL_OK;
    for (; *fields != END && status == FL_OK; fields++)
        status = fl_batch_need(batch, *fields, rows);
    return status;
}

enum fl_status fl_derive_fill(const struct fl_derive *derive, const struct fl_learned *learned, struct fl_batch *batch,
                              uint32_t field, const uint64_t *rows)
{
    const struct dependency *d = dependency_of(field);
    enum fl_status status = need_all(batch, d->needs, rows);
    if (status == FL_OK)
        status = need_all(batch, d->uses, rows);
    if (status == FL_OK)
        compute(derive, learned, batch, field, rows);
    return status;
}

static void start_columns(const struct fl_derive *derive, struct fl_batch *batch)
{
    for (uint32_t f = FL_DERIVED_FIRST; f < FL_FIELD_COUNT; f++) {
        struct fl_column *c = &batch->columns[f];
        if (!fl_field_set_has(&derive->wanted, f) || c->values == NULL)
            continue;
        c->present = true;
        c->any_null = false;
        memset(c->nulls, 0, (size_t)fl_batch_words(batch) * sizeof c->nulls[0]);
        fl_batch_forget(batch, f);
    }
}

enum fl_status fl_derive_run(const struct fl_derive *derive, const struct fl_learned *learned, struct fl_batch *batch)
{
    start_columns(derive, batch);
    uint64_t *rows = fl_alloc(((size_t)fl_batch_words(batch) + 1) * sizeof *rows);
    if (rows == NULL)
        return FL_E_NOMEM;
    fl_batch_all_rows(batch, rows);
    enum fl_status status = FL_OK;
    /* What a field is computed from stands behind it in the table. */
    for (size_t i = DEPENDENCY_COUNT; i-- > 0 && status == FL_OK;) {
        const struct fl_column *c = &batch->columns[dependencies[i].field];
        if (fl_field_set_has(&derive->wanted, dependencies[i].field) && c->values != NULL && c->filled == NULL)
            status = fl_derive_fill(derive, learned, batch, dependencies[i].field, rows);
    }
    fl_free(rows);
    return status;
}
