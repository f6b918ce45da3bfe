/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include "base/civil.h"
#include "base/error.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_MS  INT64_C(86400000)
#define LAST_MS INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_unix_ms(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_monotonic_ms(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

const char *clock_format_iso(int64_t unix_ms, char buf[CLOCK_ISO_SIZE])
{
    if (unix_ms < 0)
        unix_ms = 0;
    if (unix_ms > LAST_MS)
        unix_ms = LAST_MS;
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    size_t len = strftime(buf, CLOCK_ISO_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
    unsigned rest = (unsigned)(unix_ms % 1000);
    snprintf(buf + len, CLOCK_ISO_SIZE - len, ".%03uZ", rest % 1000);
    return buf;
}

struct cursor {
    const char *at;
    const char *end;
};

static int take_number(struct cursor *c, int digits, int min, int max, int *ret)
{
    int v = 0;
    if (c->end - c->at < digits)
        return 0;
    for (int i = 0; i < digits; i++) {
        if (c->at[i] < '0' || c->at[i] > '9')
            return 0;
        v = v * 10 + (c->at[i] - '0');
    }
    c->at += digits;
    *ret = v;
    return v >= min && v <= max;
}

static int take_char(struct cursor *c, const char *any)
{
    if (c->at == c->end || *c->at == '\0' || strchr(any, *c->at) == NULL)
        return 0;
    c->at++;
    return 1;
}

/* ".123456": milliseconds are kept, the rest is read over. */
static int take_fraction(struct cursor *c, int64_t *ret_ms)
{
    int64_t ms = 0;
    int64_t unit = 100;
    const char *start = c->at;
    while (c->at < c->end && *c->at >= '0' && *c->at <= '9') {
        ms += (*c->at - '0') * unit;
        unit /= 10;
        c->at++;
    }
    *ret_ms = ms;
    return c->at > start;
}

static int take_zone(struct cursor *c, int64_t *ret_ms)
{
    int hours = 0;
    int minutes = 0;
    if (c->at == c->end || take_char(c, "Zz"))
        return 1;
    int sign = *c->at == '-' ? -1 : 1;
    if (!take_char(c, "+-") || !take_number(c, 2, 0, 23, &hours))
        return 0;
    take_char(c, ":");
    if (c->at < c->end && !take_number(c, 2, 0, 59, &minutes))
        return 0;
    *ret_ms = sign * (int64_t)(hours * 60 + minutes) * 60000;
    return 1;
}

static int take_time(struct cursor *c, int64_t *ret_ms)
{
    int hour = 0;
    int minute = 0;
    int second = 0;
    int64_t fraction = 0;
    int64_t zone = 0;
    if (!take_char(c, "Tt ") || !take_number(c, 2, 0, 23, &hour) || !take_char(c, ":") ||
        !take_number(c, 2, 0, 59, &minute))
        return 0;
    if (take_char(c, ":") && !take_number(c, 2, 0, 60, &second))
        return 0;
    if (take_char(c, ".,") && !take_fraction(c, &fraction))
        return 0;
    if (!take_zone(c, &zone))
        return 0;
    *ret_ms = ((int64_t)(hour * 60 + minute) * 60 + second) * 1000 + fraction - zone;
    return 1;
}

int clock_parse_iso(const char *text, size_t len, int64_t *ret_unix_ms)
{
    struct cursor c = {text, text + len};
    int year = 0;
    int month = 0;
    int day = 0;
    int64_t in_day = 0;
    if (!take_number(&c, 4, 0, 9999, &year) || !take_char(&c, "-") ||
        !take_number(&c, 2, 1, 12, &month) || !take_char(&c, "-") ||
        !take_number(&c, 2, 1, civil_month_days(year, month), &day))
        return ERR_DATA;
    if (c.at < c.end && (!take_time(&c, &in_day) || c.at != c.end))
        return ERR_DATA;
    *ret_unix_ms = civil_to_days((struct civil_date){year, month, day}) * DAY_MS + in_day;
    return 0;
}
