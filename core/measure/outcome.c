/* outcome(): what became of a conversation, over both halves. via_endpoint(): did it leave through a gateway endpoint?
 */
#include "core/measure/kind.h"

enum {
    SEEN_ACTION = 1,
    SEEN_ACCEPT_ELSEWHERE = 2,
    SEEN_ACCEPT_AT_SERVER = 4,
    SEEN_REJECT = 8,
    SEEN_ANSWER = 16,
};

/* A record that names no server counts for either end being it: bits of the second way stand above the first's. */
#define OTHER_WAY             8
#define TCP_RESET             4
#define GATEWAY_ENDPOINT_PATH 7

static enum fl_status outcome_prepare(struct fl_measure *m, struct fl_error *err)
{
    (void)err;
    m->type = FL_T_OUTCOME;
    m->state_bytes = sizeof(uint64_t);
    return FL_OK;
}

static bool is_nat(const struct fl_update *u)
{
    const struct fl_column *c = &u->batch->columns[FL_F_INTERFACE_TYPE];
    if (c->values == NULL || fl_column_null(c, u->row))
        return false;
    struct fl_str type = u->batch->strings.keys[c->u32[u->row]];
    return fl_str_is(type, "nat_gateway") || fl_str_is(type, "regional_nat_gateway");
}

static bool names_no_server(const struct fl_update *u)
{
    const struct fl_column *c = &u->batch->columns[FL_F_ORIENTATION];
    return c->values != NULL && !fl_column_null(c, u->row) && c->u8[u->row] == FL_ORIENT_NONE;
}

static bool is_reply(const struct fl_update *u)
{
    const struct fl_column *server = &u->batch->columns[FL_F_PAIR_SERVER];
    const struct fl_column *src = &u->batch->columns[FL_F_SRC_PEER];
    return !fl_column_null(server, u->row) && !fl_column_null(src, u->row) &&
           fl_addr_equal(server->addr[u->row], src->addr[u->row]);
}

/* A closed port answers with a reset of at most 40 bytes (IPv6: 60): that is no answer. */
static bool is_bare_reset(const struct fl_update *u)
{
    const struct fl_column *c = u->batch->columns;
    int64_t protocol, flags, packets, bytes;
    if (!fl_update_int(u, FL_F_PROTOCOL, &protocol) || protocol != 6)
        return false;
    if (fl_update_int(u, FL_F_TCP_FLAGS, &flags))
        return flags == TCP_RESET;
    if (!fl_update_int(u, FL_F_PACKETS, &packets) || !fl_update_int(u, FL_F_BYTES, &bytes))
        return false;
    int64_t size = fl_addr_is_v4(c[FL_F_SRC_PEER].addr[u->row]) ? 40 : 60;
    return bytes / size < packets || (bytes / size == packets && bytes % size == 0);
}

/* What an accepted record says when it is a reply, or is none. */
static uint64_t accepted_flags(const struct fl_update *u, bool reply)
{
    int64_t vantage = FL_VANTAGE_UNKNOWN;
    fl_update_int(u, FL_F_VANTAGE, &vantage);
    bool at_server = vantage == (reply ? FL_VANTAGE_SRC : FL_VANTAGE_DST) && !is_nat(u);
    return (at_server ? SEEN_ACCEPT_AT_SERVER : SEEN_ACCEPT_ELSEWHERE) | (reply && !is_bare_reset(u) ? SEEN_ANSWER : 0);
}

static enum fl_status outcome_update(const struct fl_measure *m, void *state, const struct fl_update *u)
{
    (void)m;
    const struct fl_column *action = &u->batch->columns[FL_F_ACTION];
    uint64_t *seen = state;
    if (fl_column_null(action, u->row))
        return FL_OK;
    uint64_t one = SEEN_REJECT, other = SEEN_REJECT;
    if (action->u8[u->row] != FL_ACTION_REJECT) {
        bool reply = is_reply(u);
        one = accepted_flags(u, reply);
        other = names_no_server(u) ? accepted_flags(u, !reply) : one;
    }
    *seen |= SEEN_ACTION | one | (SEEN_ACTION | other) << OTHER_WAY;
    return FL_OK;
}

static enum fl_status flags_merge(const struct fl_measure *m, void *into, const void *from)
{
    (void)m;
    *(uint64_t *)into |= *(const uint64_t *)from;
    return FL_OK;
}

static enum fl_outcome outcome_of(uint64_t seen)
{
    if (seen & SEEN_ANSWER)
        return FL_OUTCOME_ANSWERED;
    bool let_in = (seen & SEEN_ACCEPT_AT_SERVER) || ((seen & SEEN_ACCEPT_ELSEWHERE) && !(seen & SEEN_REJECT));
    return let_in ? FL_OUTCOME_ALLOWED : FL_OUTCOME_BLOCKED;
}

static enum fl_status outcome_value(const struct fl_measure *m, const void *state, struct fl_arena *arena,
                                    struct fl_value *out)
{
    (void)m;
    (void)arena;
    uint64_t seen = *(const uint64_t *)state;
    if (!(seen & SEEN_ACTION))
        return FL_OK;
    /* Only what holds either way is claimed. */
    enum fl_outcome one = outcome_of(seen), other = outcome_of(seen >> OTHER_WAY);
    *out = fl_value_int(FL_T_OUTCOME, one < other ? one : other);
    return FL_OK;
}

const struct fl_measure_ops fl_measure_outcome = {
    outcome_prepare, outcome_update, flags_merge, outcome_value, NULL, NULL, NULL, NULL};

enum { SEEN_RECORD = 1, SEEN_ENDPOINT = 2 };

static enum fl_status endpoint_prepare(struct fl_measure *m, struct fl_error *err)
{
    (void)err;
    m->type = FL_T_BOOL;
    m->state_bytes = sizeof(uint64_t);
    return FL_OK;
}

static enum fl_status endpoint_update(const struct fl_measure *m, void *state, const struct fl_update *u)
{
    (void)m;
    int64_t path;
    if (fl_update_int(u, FL_F_TRAFFIC_PATH, &path))
        *(uint64_t *)state |= path == GATEWAY_ENDPOINT_PATH ? SEEN_ENDPOINT : 0;
    *(uint64_t *)state |= SEEN_RECORD;
    return FL_OK;
}

static enum fl_status endpoint_value(const struct fl_measure *m, const void *state, struct fl_arena *arena,
                                     struct fl_value *out)
{
    (void)m;
    (void)arena;
    uint64_t seen = *(const uint64_t *)state;
    if (seen != 0)
        *out = fl_value_int(FL_T_BOOL, (seen & SEEN_ENDPOINT) != 0);
    return FL_OK;
}

const struct fl_measure_ops fl_measure_via_endpoint = {
    endpoint_prepare, endpoint_update, flags_merge, endpoint_value, NULL, NULL, NULL, NULL};
