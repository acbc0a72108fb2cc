/* fields.h: ids, types and names of the record's fields, generated from fields.def. Read-only. */
#ifndef FL_RECORD_FIELDS_H
#define FL_RECORD_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/str.h"

enum fl_field {
#define FL_FIELD(ID, name, TYPE, what) FL_F_##ID,
#include "core/record/fields.def"
#undef FL_FIELD
    FL_F_TAG_FIRST, /* src.tag.X and so on: fields that get their names when rules name them */
    FL_FIELD_COUNT = FL_F_TAG_FIRST + 32
};
#define FL_TAG_FIELDS (FL_FIELD_COUNT - FL_F_TAG_FIRST)
#define FL_FIELD_NONE UINT32_MAX

/* What a value means. */
enum fl_type {
    FL_T_NULL, /* of the literal null only */
    FL_T_BOOL,
    FL_T_ACTION,
    FL_T_STATUS,
    FL_T_ORIENTATION,
    FL_T_REJECT,
    FL_T_VANTAGE,
    FL_T_OUTCOME,
    FL_T_U8,
    FL_T_PORT,
    FL_T_INT,
    FL_T_TIME,     /* ms since 1970 UTC */
    FL_T_DURATION, /* ms */
    FL_T_SERVICE,  /* protocol << 16 | port */
    FL_T_ADDR,
    FL_T_STR,
    FL_T_RATIO, /* exact quotient; never a column */
    FL_T_LIST,  /* top, set: measures only */
};

/* How a column is stored. */
enum fl_storage { FL_S_U8, FL_S_U16, FL_S_I64, FL_S_U32, FL_S_ADDR };

struct fl_field_info {
    const char *name;
    enum fl_type type;
    enum fl_storage storage;
    bool derived;
    const char *what;
};
extern const struct fl_field_info fl_fields[FL_FIELD_COUNT];

/* May its column be filled row by row, on demand? Text is interned in one go, and a line's status decides what it is.
 */
static inline bool fl_field_can_be_lazy(uint32_t f)
{
    return (fl_fields[f].storage != FL_S_U32 || f >= FL_DERIVED_FIRST) && f != FL_F_LOG_STATUS;
}

/* The ends of a record whose host an inventory may know. */
enum fl_end { FL_END_SRC, FL_END_DST, FL_END_CLIENT, FL_END_SERVER, FL_END_COUNT };
#define FL_TEXTS_PER_END ((FL_F_TAG_FIRST - FL_F_SRC_NAME) / FL_END_COUNT)

static inline bool fl_field_of_inventory(uint32_t f)
{
    return f >= FL_F_SRC_NAME && f < FL_FIELD_COUNT;
}
/* The tag and the end of a field from FL_F_TAG_FIRST on; FL_END_COUNT when it has no name yet. */
struct fl_str fl_field_tag(uint32_t f, enum fl_end *end);
/* Is it a text that holds a set of texts, ; between? */
static inline bool fl_field_is_set(uint32_t f)
{
    return f == FL_F_SRC_SG || f == FL_F_DST_SG || f == FL_F_CLIENT_SG || f == FL_F_SERVER_SG;
}

/* FL_FIELD_NONE if there is none. A tag that is named for the first time becomes a field: to be called while rules
 * load, by one thread; FL_FIELD_NONE also when there are FL_TAG_FIELDS of them already. Accepts the record's own names
 * only (srcaddr, start_time). */
uint32_t fl_field_find(struct fl_str name);

/* Also the providers' spellings: start, end, log-status, logStatus, srcAddr. */
uint32_t fl_field_find_provider(struct fl_str name);

/* The record's own name for what other tools call so (src_ip, dport, proto), for proposals; NULL when it is no such
 * name. */
const char *fl_field_alias(struct fl_str name);

/* Enumerated types: the text of a value ("accept"), NULL if out of range; and back (case-insensitive), -1. */
const char *fl_enum_text(enum fl_type type, uint32_t value);
int fl_enum_find(enum fl_type type, struct fl_str text);
bool fl_type_is_enum(enum fl_type type);
const char *fl_type_name(enum fl_type type);
const char *fl_type_phrase(enum fl_type type); /* "an address" */

/* Values are ordered where the order means something: outcome blocked < allowed < answered. */
enum fl_action { FL_ACTION_ACCEPT, FL_ACTION_REJECT };
enum fl_log_status { FL_STATUS_OK, FL_STATUS_NODATA, FL_STATUS_SKIPDATA };
enum fl_orientation {
    FL_ORIENT_NATIVE,
    FL_ORIENT_FLAGS,
    FL_ORIENT_REJECT,
    FL_ORIENT_SERVICE,
    FL_ORIENT_EPHEMERAL,
    FL_ORIENT_GUESS,
    FL_ORIENT_NONE,
};
enum fl_reject_kind { FL_REJECT_ATTEMPT, FL_REJECT_LATE, FL_REJECT_REPLY };
enum fl_vantage { FL_VANTAGE_SRC, FL_VANTAGE_DST, FL_VANTAGE_MIDDLE, FL_VANTAGE_UNKNOWN };
enum fl_outcome { FL_OUTCOME_BLOCKED, FL_OUTCOME_ALLOWED, FL_OUTCOME_ANSWERED };

/* A set of fields. */
#define FL_FIELD_WORDS ((FL_FIELD_COUNT + 63) / 64)
struct fl_field_set {
    uint64_t bits[FL_FIELD_WORDS];
};
static inline void fl_field_set_add(struct fl_field_set *s, uint32_t f)
{
    s->bits[f >> 6] |= UINT64_C(1) << (f & 63);
}
static inline bool fl_field_set_has(const struct fl_field_set *s, uint32_t f)
{
    return s->bits[f >> 6] >> (f & 63) & 1;
}
static inline void fl_field_set_add_all(struct fl_field_set *s, const struct fl_field_set *more)
{
    for (uint32_t w = 0; w < FL_FIELD_WORDS; w++)
        s->bits[w] |= more->bits[w];
}

#define FL_SERVICE(protocol, port) ((int64_t)(protocol) << 16 | (port))
/* "tcp/443", "icmp" for port 0 of a portless protocol, "47" for unnamed protocols. NUL terminated. */
#define FL_SERVICE_TEXT_BYTES 32
unsigned fl_service_format(int64_t service, char out[FL_SERVICE_TEXT_BYTES]);
/* IANA keyword of a protocol number, or NULL; and back (case-insensitive; -1). */
const char *fl_protocol_name(unsigned protocol);
int fl_protocol_find(struct fl_str name);
static inline bool fl_protocol_has_ports(unsigned protocol)
{
    return protocol == 6 || protocol == 17 || protocol == 132;
}

#endif
