#include "core/base/when.h"

#include <stdio.h>

int64_t fl_days_from_civil(int year, int month, int day)
{
    /* Years start in March, so that the leap day is the last of its year. */
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

void fl_civil_from_days(int64_t days, int *year, int *month, int *day)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted + (shifted < 10 ? 3 : -9));
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

unsigned fl_when_format(int64_t ms, char out[FL_WHEN_TEXT_BYTES])
{
    int64_t days = floor_div(ms, FL_MS_PER_DAY);
    int64_t rest = ms - days * FL_MS_PER_DAY;
    int year, month, day;
    fl_civil_from_days(days, &year, &month, &day);
    if (year < 0 || year > 9999)
        return (unsigned)snprintf(out, FL_WHEN_TEXT_BYTES, "%lldms", (long long)ms);
    return (unsigned)snprintf(out, FL_WHEN_TEXT_BYTES, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)year,
                              (unsigned)month, (unsigned)day, (unsigned)(rest / FL_MS_PER_HOUR),
                              (unsigned)(rest / FL_MS_PER_MINUTE % 60), (unsigned)(rest / FL_MS_PER_SECOND % 60),
                              (unsigned)(rest % 1000));
}

static bool digits(struct fl_str text, size_t at, size_t count, int *out)
{
    if (at + count > text.len)
        return false;
    *out = 0;
    for (size_t i = at; i < at + count; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        *out = *out * 10 + (text.ptr[i] - '0');
    }
    return true;
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

static bool parse_date(struct fl_str text, int *year, int *month, int *day)
{
    return text.len >= 10 && digits(text, 0, 4, year) && text.ptr[4] == '-' && digits(text, 5, 2, month) &&
           text.ptr[7] == '-' && digits(text, 8, 2, day) && *month >= 1 && *month <= 12 && *day >= 1 &&
           *day <= month_days(*year, *month);
}

bool fl_date_parse(struct fl_str text, int *year, int *month, int *day)
{
    return text.len == 10 && parse_date(text, year, month, day);
}

static bool parse_offset(struct fl_str text, size_t at, int64_t *ms)
{
    *ms = 0;
    if (at + 1 == text.len && (text.ptr[at] | 32) == 'z')
        return true;
    int hours, minutes;
    if (at + 6 != text.len || (text.ptr[at] != '+' && text.ptr[at] != '-') || !digits(text, at + 1, 2, &hours) ||
        text.ptr[at + 3] != ':' || !digits(text, at + 4, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *ms = (hours * 60 + minutes) * FL_MS_PER_MINUTE;
    if (text.ptr[at] == '-')
        *ms = -*ms;
    return true;
}

bool fl_when_parse(struct fl_str text, int64_t *ms)
{
    int year, month, day, hour, minute, second;
    if (!parse_date(text, &year, &month, &day))
        return false;
    *ms = fl_days_from_civil(year, month, day) * FL_MS_PER_DAY;
    if (text.len == 10)
        return true;
    if (((text.ptr[10] | 32) != 't' && text.ptr[10] != ' ') || !digits(text, 11, 2, &hour) || text.len < 20 ||
        text.ptr[13] != ':' || !digits(text, 14, 2, &minute) || text.ptr[16] != ':' || !digits(text, 17, 2, &second) ||
        hour > 23 || minute > 59 || second > 60)
        return false;
    size_t at = 19;
    int64_t fraction = 0;
    if (text.ptr[at] == '.') {
        int64_t scale = 100;
        size_t start = ++at;
        for (; at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9'; at++, scale /= 10)
            fraction += (text.ptr[at] - '0') * scale;
        if (at == start)
            return false;
    }
    int64_t offset;
    if (!parse_offset(text, at, &offset))
        return false;
    *ms += hour * FL_MS_PER_HOUR + minute * FL_MS_PER_MINUTE + second * FL_MS_PER_SECOND + fraction - offset;
    return true;
}

static const struct {
    const char *name;
    int64_t ms;
} units[] = {{"d", FL_MS_PER_DAY}, {"h", FL_MS_PER_HOUR}, {"m", FL_MS_PER_MINUTE}, {"s", FL_MS_PER_SECOND}, {"ms", 1}};
#define UNIT_COUNT (sizeof units / sizeof units[0])

/* Units in falling order, each at most once. */
bool fl_duration_parse(struct fl_str text, int64_t *ms)
{
    size_t i = 0, next_unit = 0;
    *ms = 0;
    if (text.len == 0)
        return false;
    while (i < text.len) {
        int64_t value = 0;
        size_t start = i;
        for (; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++)
            if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, text.ptr[i] - '0', &value))
                return false;
        size_t unit_start = i;
        while (i < text.len && text.ptr[i] >= 'a' && text.ptr[i] <= 'z')
            i++;
        struct fl_str unit = {text.ptr + unit_start, i - unit_start};
        while (next_unit < UNIT_COUNT && !fl_str_is(unit, units[next_unit].name))
            next_unit++;
        if (unit_start == start || next_unit == UNIT_COUNT ||
            __builtin_mul_overflow(value, units[next_unit].ms, &value) || __builtin_add_overflow(*ms, value, ms))
            return false;
        next_unit++;
    }
    return true;
}

unsigned fl_duration_format(int64_t ms, char out[FL_WHEN_TEXT_BYTES])
{
    unsigned n = 0;
    out[0] = '\0';
    if (ms < 0)
        return (unsigned)snprintf(out, FL_WHEN_TEXT_BYTES, "-%llums", (unsigned long long)-(uint64_t)ms);
    for (size_t u = 0; u < UNIT_COUNT && n < FL_WHEN_TEXT_BYTES - 1; u++) {
        if (ms / units[u].ms == 0)
            continue;
        n +=
            (unsigned)snprintf(out + n, FL_WHEN_TEXT_BYTES - n, "%lld%s", (long long)(ms / units[u].ms), units[u].name);
        ms %= units[u].ms;
    }
    return n > 0 ? n : (unsigned)snprintf(out, FL_WHEN_TEXT_BYTES, "0s");
}
