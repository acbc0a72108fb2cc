/* when.h: points in time and durations, int64 milliseconds since 1970 (UTC), and time zones.
 *
 * Zones come from the system's tz database by IANA name (TZif files under /usr/share/zoneinfo, read
 * once) or are "UTC". A zone is read-only after loading and may be shared between threads.
 */
#ifndef FL_BASE_WHEN_H
#define FL_BASE_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/status.h"
#include "core/base/str.h"

#define FL_MS_PER_SECOND   INT64_C(1000)
#define FL_MS_PER_MINUTE   INT64_C(60000)
#define FL_MS_PER_HOUR     INT64_C(3600000)
#define FL_MS_PER_DAY      INT64_C(86400000)
#define FL_WHEN_MIN_MS     INT64_C(0)             /* 1970-01-01 */
#define FL_WHEN_MAX_MS     INT64_C(4102444800000) /* 2100-01-01, exclusive */
#define FL_WHEN_TEXT_BYTES 32

static inline bool fl_when_known(int64_t ms)
{
    return ms >= FL_WHEN_MIN_MS && ms < FL_WHEN_MAX_MS;
}

/* RFC 3339 UTC with milliseconds: 2026-11-24T10:24:41.000Z. Returns the length. */
unsigned fl_when_format(int64_t ms, char out[FL_WHEN_TEXT_BYTES]);

/* "2027-01-31" -> start of that day in UTC. false if malformed. */
bool fl_date_parse(struct fl_str text, int *year, int *month, int *day);
/* RFC 3339 with zone offset, or a date. */
bool fl_when_parse(struct fl_str text, int64_t *ms);

/* "90s", "5m", "1h30m", "7d", "250ms". false if malformed or negative. */
bool fl_duration_parse(struct fl_str text, int64_t *ms);
unsigned fl_duration_format(int64_t ms, char out[FL_WHEN_TEXT_BYTES]); /* shortest such text */

int64_t fl_days_from_civil(int year, int month, int day); /* days since 1970-01-01 */
void fl_civil_from_days(int64_t days, int *year, int *month, int *day);

struct fl_zone;
enum fl_status fl_zone_open(const char *name, struct fl_zone **out, struct fl_error *err);
void fl_zone_close(struct fl_zone *zone);
/* Offset of local time from UTC at that instant. zone NULL = UTC. */
int64_t fl_zone_offset_ms(const struct fl_zone *zone, int64_t utc_ms);
/* Local hour 0..23, and day 1 Monday .. 7 Sunday, of an instant of 1970..2100. */
unsigned fl_zone_hour(const struct fl_zone *zone, int64_t utc_ms);
unsigned fl_zone_weekday(const struct fl_zone *zone, int64_t utc_ms);
/* The first instant of a local calendar day (days since 1970-01-01 in local reckoning). */
int64_t fl_zone_day_start(const struct fl_zone *zone, int64_t local_day);

#endif
