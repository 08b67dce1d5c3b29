/* text_time.c: dates, times and timestamps as text (functions.md 2.3 and 2.6), in UTC.
 *
 * Owns nothing. Patterns, zones by name and calendars are the functions' business; this is what
 * CAST, literals and columns need. */
#include <string.h>

#include "type/value.h"

enum { MS_PER_SECOND = 1000, MS_PER_MINUTE = 60000, MS_PER_HOUR = 3600000, MS_PER_DAY = 86400000 };

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t floor_mod(int64_t a, int64_t b)
{
    return a % b + (a % b < 0 ? b : 0);
}

/* ---- the calendar
 * -------------------------------------------------------------------------------- The proleptic
 * Gregorian calendar in eras of 400 years, years beginning in March, so that a leap day is the last
 * of its year. */

typedef struct Day {
    int64_t year;
    int month, day;
} Day;

enum { DAYS_PER_ERA = 146097, DAYS_TO_1970 = 719468 /* from 0000-03-01 */ };

static Day day_of(int64_t days)
{
    int64_t era = floor_div(days + DAYS_TO_1970, DAYS_PER_ERA);
    int in_era = (int)(days + DAYS_TO_1970 - era * DAYS_PER_ERA);
    int year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int in_year = in_era - (365 * year + year / 4 - year / 100);
    int march_month = (5 * in_year + 2) / 153;
    int day = in_year - (153 * march_month + 2) / 5 + 1;
    int month = march_month < 10 ? march_month + 3 : march_month - 9;
    return (Day){era * 400 + year + (month <= 2), month, day};
}

static int64_t days_of(Day d)
{
    int64_t year = d.year - (d.month <= 2), era = floor_div(year, 400), in_era = year - era * 400;
    int march_month = d.month > 2 ? d.month - 3 : d.month + 9;
    int64_t in_year = (153 * march_month + 2) / 5 + d.day - 1;
    return era * DAYS_PER_ERA + in_era * 365 + in_era / 4 - in_era / 100 + in_year - DAYS_TO_1970;
}

static int month_days(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

/* ---- printing
 * ------------------------------------------------------------------------------------ */

void text_put_date(Buf *out, int32_t days)
{
    Day d = day_of(days);
    const char *sign = d.year < 0 ? "-" : d.year > 9999 ? "+" : "";
    buf_printf(out, "%s%04lld-%02d-%02d", sign, (long long)(d.year < 0 ? -d.year : d.year), d.month,
               d.day);
}

/* HH:mm:ss of a time of day, in any column, also one that a hostile record put outside the day. */
static void put_clock(Buf *out, int64_t ms, bool seconds)
{
    int64_t day = floor_mod(ms, MS_PER_DAY);
    buf_printf(out, "%02d:%02d", (int)(day / MS_PER_HOUR), (int)(day / MS_PER_MINUTE % 60));
    if (seconds)
        buf_printf(out, ":%02d", (int)(day / MS_PER_SECOND % 60));
}

void text_put_time(Buf *out, int32_t ms)
{
    put_clock(out, ms, ms / MS_PER_SECOND % 60 != 0);
}

void text_put_timestamp(Buf *out, int64_t ms)
{
    int64_t days = floor_div(ms, MS_PER_DAY);
    Day d = day_of(days);
    const char *sign = d.year < 0 ? "-" : d.year > 9999 ? "+" : "";
    buf_printf(out, "%s%04lld-%02d-%02dT", sign, (long long)(d.year < 0 ? -d.year : d.year),
               d.month, d.day);
    put_clock(out, ms, true);
    buf_printf(out, ".%03d", (int)floor_mod(ms, MS_PER_SECOND));
}

void text_put_timestamp_sql(Buf *out, int64_t ms)
{
    size_t from = out->len;
    text_put_timestamp(out, ms);
    char *t = memchr(out->ptr + from, 'T', out->len - from);
    *t = ' ';
    for (int i = 0; i < 2 && out->ptr[out->len - 1] == '0'; i++)
        out->len--;
}

/* ---- reading
 * ------------------------------------------------------------------------------------- */

/* Exactly `count` digits at s[*at]; -1 when they are not there. */
static int64_t take_number(Str s, uint32_t *at, uint32_t count)
{
    int64_t v = 0;
    if (s.len - *at < count)
        return -1;
    for (uint32_t i = 0; i < count; i++) {
        char c = s.ptr[*at + i];
        if (c < '0' || c > '9')
            return -1;
        v = v * 10 + (c - '0');
    }
    *at += count;
    return v;
}

static bool take_char(Str s, uint32_t *at, char c)
{
    if (*at >= s.len || s.ptr[*at] != c)
        return false;
    ++*at;
    return true;
}

/* yyyy, yyyy-MM or yyyy-MM-dd from *at; `parts` says how many were there. Four digits of the year,
 * or a sign and up to nine. */
static bool take_day(Str s, uint32_t *at, Day *d, int *parts)
{
    bool minus = take_char(s, at, '-'), sign = minus || take_char(s, at, '+');
    uint32_t digits = 4;
    while (sign && digits < 9 && *at + digits < s.len && s.ptr[*at + digits] >= '0' &&
           s.ptr[*at + digits] <= '9')
        digits++;
    int64_t year = take_number(s, at, digits), month = 1, day = 1;
    *parts = 1;
    if (year < 0)
        return false;
    if (take_char(s, at, '-')) {
        month = take_number(s, at, 2);
        *parts = 2;
        if (take_char(s, at, '-')) {
            day = take_number(s, at, 2);
            *parts = 3;
        }
    }
    *d = (Day){minus ? -year : year, (int)month, (int)day};
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

bool text_take_date(Str s, int32_t *days)
{
    uint32_t at = 0;
    Day d;
    int parts;
    if (!take_day(s, &at, &d, &parts) || at != s.len || d.day > month_days(d.year, d.month))
        return false;
    int64_t n = days_of(d);
    *days = (int32_t)n;
    return n >= INT32_MIN && n <= INT32_MAX;
}

bool text_take_time(Str s, int32_t *ms)
{
    uint32_t at = 0;
    int64_t hour = take_number(s, &at, 2), minute = -1, second = 0, fraction = 0;
    if (take_char(s, &at, ':'))
        minute = take_number(s, &at, 2);
    if (minute >= 0 && take_char(s, &at, ':')) {
        second = take_number(s, &at, 2);
        if (second >= 0 && take_char(s, &at, '.')) {
            uint32_t first = at;
            for (int unit = 100; at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9'; unit /= 10)
                fraction += unit * (s.ptr[at++] - '0');
            if (at == first || at - first > 9)
                return false;
        }
    }
    if (at != s.len || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
        second > 59)
        return false;
    *ms =
        (int32_t)(hour * MS_PER_HOUR + minute * MS_PER_MINUTE + second * MS_PER_SECOND + fraction);
    return true;
}

/* +hh, +hhmm or +hh:mm, up to 18 hours, in ms east of UTC. */
static bool take_zone(Str s, int64_t *east_ms)
{
    uint32_t at = 1;
    int64_t hour = take_number(s, &at, 2), minute = 0;
    if (at < s.len) {
        take_char(s, &at, ':');
        minute = take_number(s, &at, 2);
    }
    if (at != s.len || hour < 0 || minute < 0 || minute > 59 || hour * 60 + minute > 18 * 60)
        return false;
    *east_ms = (hour * MS_PER_HOUR + minute * MS_PER_MINUTE) * (s.ptr[0] == '-' ? -1 : 1);
    return true;
}

/* Any beginning of HH:mm:ss.SSS; what is missing counts as zeros. */
static bool take_clock_prefix(Str s, int64_t *ms)
{
    char full[] = "00:00:00.000";
    if (s.len >= sizeof full)
        return false;
    for (uint32_t i = 0; i < s.len; i++) {
        bool digit = s.ptr[i] >= '0' && s.ptr[i] <= '9';
        if (full[i] == '0' ? !digit : s.ptr[i] != full[i])
            return false;
        full[i] = s.ptr[i];
    }
    int32_t clock_ms;
    if (!text_take_time(str_make(full, sizeof full - 1), &clock_ms))
        return false;
    *ms = clock_ms;
    return true;
}

bool text_take_timestamp(Str s, int64_t *ms)
{
    uint32_t at = 0;
    Day d;
    int parts;
    int64_t clock_ms = 0, east_ms = 0;
    if (s.len && (s.ptr[s.len - 1] == 'Z'))
        s.len--;
    if (!take_day(s, &at, &d, &parts))
        return false;
    if (d.day > month_days(d.year, d.month))
        d.day = month_days(d.year, d.month); /* clamped here, refused in a DATE */
    if (at < s.len) {
        if (parts < 3 || !take_char(s, &at, 'T'))
            return false;
        uint32_t zone = at;
        while (zone < s.len && s.ptr[zone] != '+' && s.ptr[zone] != '-')
            zone++;
        if (!take_clock_prefix((Str){s.ptr + at, zone - at}, &clock_ms))
            return false;
        if (zone < s.len && !take_zone((Str){s.ptr + zone, s.len - zone}, &east_ms))
            return false;
    }
    int64_t day_ms;
    if (__builtin_mul_overflow(days_of(d), (int64_t)MS_PER_DAY, &day_ms))
        return false;
    return !__builtin_add_overflow(day_ms, clock_ms - east_ms, ms);
}
