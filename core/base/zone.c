/* zone.c: time zones from TZif files (RFC 8536). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/base/when.h"

#define ZONE_FILE_BYTES_MAX (1024 * 1024)

/* When in a year the clocks change: Mm.w.d/time, Jn or n of a POSIX TZ string. */
struct zone_rule {
    char kind; /* 'M', 'J' or 'n' */
    int month, week, day;
    int64_t time_s;
};

struct fl_zone {
    int64_t *starts_s; /* ascending */
    int64_t *offsets_s;
    uint32_t count;
    int64_t first_offset_s;
    bool has_footer, footer_dst;
    int64_t std_s, dst_s;
    struct zone_rule to_dst, to_std;
};

static int64_t big_endian(const uint8_t *p, unsigned bytes)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < bytes; i++)
        v = v << 8 | p[i];
    return bytes == 4 ? (int64_t)(int32_t)(uint32_t)v : (int64_t)v;
}

static const char *parse_number(const char *p, int64_t *out)
{
    if (*p < '0' || *p > '9')
        return NULL;
    for (*out = 0; *p >= '0' && *p <= '9' && *out < 100000; p++)
        *out = *out * 10 + (*p - '0');
    return p;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static const char *parse_clock(const char *p, int64_t *out)
{
    int64_t sign = 1, part, total = 0;
    if (*p == '+' || *p == '-')
        sign = *p++ == '-' ? -1 : 1;
    for (int64_t scale = 3600; scale >= 1; scale /= 60) {
        p = parse_number(p, &part);
        if (p == NULL)
            return NULL;
        total += part * scale;
        if (*p != ':' || scale == 1)
            break;
        p++;
    }
    *out = sign * total;
    return p;
}

static const char *skip_name(const char *p)
{
    if (*p == '<') {
        p = strchr(p, '>');
        return p == NULL ? NULL : p + 1;
    }
    const char *start = p;
    while ((*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z'))
        p++;
    return p - start >= 3 ? p : NULL;
}

static const char *parse_rule(const char *p, struct zone_rule *rule)
{
    int64_t a = 0, b = 0, c = 0;
    rule->time_s = 7200;
    rule->kind = *p == 'M' || *p == 'J' ? *p++ : 'n';
    p = parse_number(p, &a);
    if (p != NULL && rule->kind == 'M') {
        p = *p == '.' ? parse_number(p + 1, &b) : NULL;
        p = p != NULL && *p == '.' ? parse_number(p + 1, &c) : NULL;
        if (p == NULL || a < 1 || a > 12 || b < 1 || b > 5 || c > 6)
            return NULL;
    }
    rule->month = (int)a;
    rule->week = (int)b;
    rule->day = rule->kind == 'M' ? (int)c : (int)a;
    if (p != NULL && *p == '/')
        p = parse_clock(p + 1, &rule->time_s);
    return p;
}

/* "CET-1CEST,M3.5.0,M10.5.0/3" */
static void parse_footer(struct fl_zone *zone, const char *p)
{
    int64_t west;
    p = skip_name(p);
    p = p == NULL ? NULL : parse_clock(p, &west);
    if (p == NULL)
        return;
    zone->std_s = zone->dst_s = -west;
    zone->has_footer = true;
    if (*p == '\0')
        return;
    p = skip_name(p);
    if (p == NULL)
        return;
    zone->dst_s = zone->std_s + 3600;
    if (*p != ',') {
        p = parse_clock(p, &west);
        if (p == NULL)
            return;
        zone->dst_s = -west;
    }
    p = *p == ',' ? parse_rule(p + 1, &zone->to_dst) : NULL;
    p = p != NULL && *p == ',' ? parse_rule(p + 1, &zone->to_std) : NULL;
    zone->footer_dst = p != NULL;
}

/* Local seconds since 1970 at which the rule applies in that year. */
static int64_t rule_time(const struct zone_rule *rule, int year)
{
    int64_t day;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (rule->kind == 'J') {
        day = fl_days_from_civil(year, 1, 1) + rule->day - 1 + (leap && rule->day >= 60);
    } else if (rule->kind == 'n') {
        day = fl_days_from_civil(year, 1, 1) + rule->day;
    } else {
        int64_t first = fl_days_from_civil(year, rule->month, 1);
        int64_t weekday = ((first + 4) % 7 + 7) % 7;
        day = first + (rule->day - weekday + 7) % 7 + 7 * (rule->week - 1);
        int64_t next_month =
            rule->month == 12 ? fl_days_from_civil(year + 1, 1, 1) : fl_days_from_civil(year, rule->month + 1, 1);
        while (day >= next_month)
            day -= 7;
    }
    return day * 86400 + rule->time_s;
}

static int64_t footer_offset(const struct fl_zone *zone, int64_t utc_s)
{
    if (!zone->footer_dst)
        return zone->std_s;
    int year, month, day;
    int64_t local_s = utc_s + zone->std_s;
    fl_civil_from_days(local_s / 86400 - (local_s % 86400 < 0), &year, &month, &day);
    int64_t dst_start = rule_time(&zone->to_dst, year) - zone->std_s;
    int64_t dst_end = rule_time(&zone->to_std, year) - zone->dst_s;
    bool dst = dst_start < dst_end ? utc_s >= dst_start && utc_s < dst_end : utc_s >= dst_start || utc_s < dst_end;
    return dst ? zone->dst_s : zone->std_s;
}

int64_t fl_zone_offset_ms(const struct fl_zone *zone, int64_t utc_ms)
{
    if (zone == NULL)
        return 0;
    int64_t s = utc_ms / 1000 - (utc_ms % 1000 < 0);
    if (zone->count == 0 || s < zone->starts_s[0])
        return (zone->count == 0 && zone->has_footer ? footer_offset(zone, s) : zone->first_offset_s) * 1000;
    if (zone->has_footer && s >= zone->starts_s[zone->count - 1])
        return footer_offset(zone, s) * 1000;
    uint32_t low = 0, high = zone->count;
    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;
        if (zone->starts_s[middle] <= s)
            low = middle;
        else
            high = middle;
    }
    return zone->offsets_s[low] * 1000;
}

/* One day is added so that western offsets near 1970 stay positive. */
static int64_t local_hours(const struct fl_zone *zone, int64_t utc_ms)
{
    return (utc_ms + fl_zone_offset_ms(zone, utc_ms) + FL_MS_PER_DAY) / FL_MS_PER_HOUR;
}

unsigned fl_zone_hour(const struct fl_zone *zone, int64_t utc_ms)
{
    return (unsigned)(local_hours(zone, utc_ms) % 24);
}

unsigned fl_zone_weekday(const struct fl_zone *zone, int64_t utc_ms)
{
    /* 1970-01-01 was a Thursday (4); day 0 here is the day before it. */
    return (unsigned)((local_hours(zone, utc_ms) / 24 + 2) % 7 + 1);
}

int64_t fl_zone_day_start(const struct fl_zone *zone, int64_t local_day)
{
    int64_t local_ms = local_day * FL_MS_PER_DAY;
    /* No zone changes twice within two days, so these are the offsets on both sides of any change that night. The
     * day begins at the earlier candidate at which its date has come. */
    int64_t before = local_ms - fl_zone_offset_ms(zone, local_ms - FL_MS_PER_DAY);
    int64_t after = local_ms - fl_zone_offset_ms(zone, local_ms + FL_MS_PER_DAY);
    int64_t early = before < after ? before : after, late = before < after ? after : before;
    return early + fl_zone_offset_ms(zone, early) >= local_ms ? early : late;
}

struct tzif {
    const uint8_t *data;
    size_t len;
};

static bool header(struct tzif *f, int64_t counts[6])
{
    if (f->len < 44 || memcmp(f->data, "TZif", 4) != 0)
        return false;
    for (unsigned i = 0; i < 6; i++) {
        counts[i] = big_endian(f->data + 20 + 4 * i, 4);
        if (counts[i] < 0 || counts[i] > 100000)
            return false;
    }
    f->data += 44;
    f->len -= 44;
    return true;
}

/* counts: isut, isstd, leap, time, type, char. */
static size_t body_bytes(const int64_t c[6], size_t time_bytes)
{
    return (size_t)c[3] * (time_bytes + 1) + (size_t)c[4] * 6 + (size_t)c[5] + (size_t)c[2] * (time_bytes + 4) +
           (size_t)c[1] + (size_t)c[0];
}

static bool take_body(struct fl_zone *zone, const uint8_t *p, const int64_t c[6])
{
    uint32_t times = (uint32_t)c[3];
    const uint8_t *index = p + 8 * (size_t)times, *types = index + times;
    zone->starts_s = fl_alloc_zero((size_t)times + 1, sizeof *zone->starts_s);
    zone->offsets_s = fl_alloc_zero((size_t)times + 1, sizeof *zone->offsets_s);
    if (zone->starts_s == NULL || zone->offsets_s == NULL || c[4] < 1)
        return false;
    zone->first_offset_s = big_endian(types, 4);
    for (uint32_t i = 0; i < times; i++) {
        if (index[i] >= c[4])
            return false;
        zone->starts_s[i] = big_endian(p + 8 * (size_t)i, 8);
        zone->offsets_s[i] = big_endian(types + 6 * (size_t)index[i], 4);
    }
    zone->count = times;
    return true;
}

static bool parse_file(struct fl_zone *zone, struct tzif f)
{
    int64_t counts[6];
    if (f.len < 5 || f.data[4] < '2' || !header(&f, counts) || f.len < body_bytes(counts, 4))
        return false;
    f.data += body_bytes(counts, 4);
    f.len -= body_bytes(counts, 4);
    if (!header(&f, counts) || f.len < body_bytes(counts, 8) || !take_body(zone, f.data, counts))
        return false;
    f.data += body_bytes(counts, 8);
    f.len -= body_bytes(counts, 8);
    char footer[128];
    if (f.len < 2 || f.data[0] != '\n')
        return true;
    const uint8_t *end = memchr(f.data + 1, '\n', f.len - 1);
    size_t len = end == NULL ? 0 : (size_t)(end - f.data) - 1;
    if (len > 0 && len < sizeof footer) {
        memcpy(footer, f.data + 1, len);
        footer[len] = '\0';
        parse_footer(zone, footer);
    }
    return true;
}

static bool name_is_safe(const char *name)
{
    return name[0] != '\0' && name[0] != '/' && strstr(name, "..") == NULL && strlen(name) < 128;
}

enum fl_status fl_zone_open(const char *name, struct fl_zone **out, struct fl_error *err)
{
    *out = NULL;
    if (strcmp(name, "UTC") == 0)
        return FL_OK;
    if (!name_is_safe(name))
        return fl_fail(err, FL_E_VALUE, "\"%s\" is no time zone name; write one like Europe/Berlin", name);
    const char *folder = getenv("TZDIR");
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder != NULL ? folder : "/usr/share/zoneinfo", name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return fl_fail(err, FL_E_VALUE, "time zone \"%s\" is not in %s; is the name right, and tzdata installed?", name,
                       folder != NULL ? folder : "/usr/share/zoneinfo");
    uint8_t *data = fl_alloc(ZONE_FILE_BYTES_MAX);
    struct fl_zone *zone = fl_alloc_zero(1, sizeof *zone);
    enum fl_status status = FL_OK;
    if (data == NULL || zone == NULL)
        status = fl_fail(err, FL_E_NOMEM, "out of memory");
    else if (!parse_file(zone, (struct tzif){data, fread(data, 1, ZONE_FILE_BYTES_MAX, file)}))
        status = fl_fail(err, FL_E_DATA, "%s is no usable time zone file", path);
    fclose(file);
    fl_free(data);
    if (status != FL_OK)
        fl_zone_close(zone);
    else
        *out = zone;
    return status;
}

void fl_zone_close(struct fl_zone *zone)
{
    if (zone == NULL)
        return;
    fl_free(zone->starts_s);
    fl_free(zone->offsets_s);
    fl_free(zone);
}
