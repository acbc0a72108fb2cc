/* value.h: one value of a field, key or measure. Views into text live as long as their owner says. */
#ifndef FL_RECORD_VALUE_H
#define FL_RECORD_VALUE_H

#include "core/base/addr.h"
#include "core/base/arena.h"
#include "core/base/buf.h"
#include "core/record/fields.h"
#include "core/text/json_write.h"
#include "core/text/number.h"

struct fl_value {
    enum fl_type type;    /* FL_T_NULL when null */
    bool may_count_twice; /* a sum with bytes of which nobody knows who wrote them, or made of one; no part of it */
    union {
        __int128 i; /* BOOL, enumerations, U8, PORT, INT, TIME, DURATION, SERVICE */
        struct fl_addr addr;
        struct fl_str str;
        struct fl_ratio ratio;
        struct {
            const struct fl_value *items; /* values, or value and weight in turn when weighted */
            uint32_t count;               /* items (pairs when weighted) */
            bool more;                    /* a set that had more members than it keeps */
            bool weighted;
            const char *const *names; /* of the items, in byte order; NULL: they have none */
        } list;
    };
};

#define FL_VALUE_NULL ((struct fl_value){.type = FL_T_NULL})
static inline struct fl_value fl_value_int(enum fl_type type, __int128 i)
{
    return (struct fl_value){.type = type, .i = i};
}

/* The member-th item of a list with names, counted from 1; null when there is no list. 0 gives the value itself. */
static inline struct fl_value fl_value_member(const struct fl_value *value, uint32_t member)
{
    if (member == 0)
        return *value;
    return value->type == FL_T_LIST && member <= value->list.count ? value->list.items[member - 1] : FL_VALUE_NULL;
}

/* Makes the value's text and members copies in the arena; false when memory is out. */
bool fl_value_copy(struct fl_arena *arena, struct fl_value *value);
/* An instant, or null for INT64_MIN and INT64_MAX, which stand for none. */
static inline struct fl_value fl_value_time(int64_t ms)
{
    return ms == INT64_MAX || ms == INT64_MIN ? FL_VALUE_NULL : fl_value_int(FL_T_TIME, ms);
}

/* For messages: null is "-", service tcp/5432, times RFC 3339, durations 1h30m, lists "a, b, ...". Not escaped. */
void fl_value_text(struct fl_buf *out, const struct fl_value *value);
/* For results: numbers as numbers (strings from 2^53), addresses and services as text, null as null,
 * quotients with at most 3 decimals, lists as arrays (weighted: of {value, weight}; with names: an object). */
void fl_value_json(struct fl_json *w, const struct fl_value *value);
/* Total order for sorting: null last, then by value; both of one type. */
int fl_value_compare(const struct fl_value *a, const struct fl_value *b);
/* Canonical bytes: equal values give equal bytes, usable in keys and ids; decodable. */
void fl_value_encode(struct fl_buf *out, const struct fl_value *value);
/* Reads one encoded value (STR views into the bytes); returns bytes consumed, 0 if damaged. */
size_t fl_value_decode(const uint8_t *bytes, size_t len, struct fl_value *out);

#endif
