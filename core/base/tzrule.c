/* SPDX-License-Identifier: Apache-2.0 */
#include "base/tzrule.h"

#include "base/civil.h"
#include "base/error.h"

#include <string.h>

#define DAY      INT64_C(86400)
#define LAST_DAY 365

struct cursor {
    const char *at;
    const char *end;
};

static int peek(const struct cursor *c)
{
    return c->at < c->end ? (unsigned char)*c->at : 0;
}

static int take(struct cursor *c, char want)
{
    if (peek(c) != (unsigned char)want)
        return 0;
    c->at++;
    return 1;
}

static int is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static int take_number(struct cursor *c, int min, int max, int *ret)
{
    int v = 0;
    if (!is_digit(peek(c)))
        return 0;
    for (; is_digit(peek(c)); c->at++) {
        v = v * 10 + (*c->at - '0');
        if (v > max)
            return 0;
    }
    *ret = v;
    return v >= min;
}

/* "CET" or "<+0330>": the name itself is of no use here. */
static int take_name(struct cursor *c)
{
    const char *start = c->at;
    if (take(c, '<')) {
        while (peek(c) != 0 && peek(c) != '>')
            c->at++;
        return take(c, '>');
    }
    while ((peek(c) | 0x20) >= 'a' && (peek(c) | 0x20) <= 'z')
        c->at++;
    return c->at - start >= 3;
}

/* [+-]hh[:mm[:ss]] */
static int take_time(struct cursor *c, int max_hours, int64_t *ret)
{
    int hours = 0;
    int minutes = 0;
    int seconds = 0;
    int sign = take(c, '-') ? -1 : 1;
    if (sign > 0)
        take(c, '+');
    if (!take_number(c, 0, max_hours, &hours))
        return 0;
    if (take(c, ':') && !take_number(c, 0, 59, &minutes))
        return 0;
    if (take(c, ':') && !take_number(c, 0, 59, &seconds))
        return 0;
    *ret = sign * ((int64_t)(hours * 60 + minutes) * 60 + seconds);
    return 1;
}

static int take_date(struct cursor *c, struct tzrule_date *ret)
{
    struct tzrule_date date = {.time = 2 * 3600};
    int ok = 0;
    if (take(c, 'M')) {
        date.kind = TZRULE_MONTH;
        ok = take_number(c, 1, 12, &date.month) && take(c, '.') &&
             take_number(c, 1, 5, &date.week) && take(c, '.') && take_number(c, 0, 6, &date.day);
    } else if (take(c, 'J')) {
        date.kind = TZRULE_JULIAN;
        ok = take_number(c, 1, LAST_DAY, &date.day);
    } else {
        date.kind = TZRULE_DAY;
        ok = take_number(c, 0, LAST_DAY, &date.day);
    }
    if (ok && take(c, '/'))
        ok = take_time(c, 167, &date.time);
    *ret = date;
    return ok;
}

int tzrule_parse(const char *text, size_t len, struct tzrule *ret)
{
    struct cursor c = {text, text + len};
    struct tzrule rule = {0};
    int64_t west = 0;
    if (!take_name(&c) || !take_time(&c, 24, &west))
        return ERR_DATA;
    rule.standard = -west;
    if (c.at < c.end) {
        rule.has_summer = 1;
        rule.summer = rule.standard + 3600;
        if (!take_name(&c))
            return ERR_DATA;
        if (peek(&c) != ',') {
            if (!take_time(&c, 24, &west))
                return ERR_DATA;
            rule.summer = -west;
        }
        if (!take(&c, ',') || !take_date(&c, &rule.start) || !take(&c, ',') ||
            !take_date(&c, &rule.end) || c.at != c.end)
            return ERR_DATA;
    }
    *ret = rule;
    return 0;
}

/* Local seconds since 1970 at which the date's time comes in a year. */
static int64_t date_in_year(const struct tzrule_date *date, int year)
{
    int64_t first = civil_to_days((struct civil_date){year, 1, 1});
    int64_t days = 0;
    if (date->kind == TZRULE_DAY) {
        days = first + date->day;
    } else if (date->kind == TZRULE_JULIAN) {
        int leap = civil_month_days(year, 2) == 29;
        days = first + date->day - 1 + (leap && date->day >= 60);
    } else {
        int64_t start = civil_to_days((struct civil_date){year, date->month, 1});
        int in_month = (date->day - civil_weekday(start) + 7) % 7 + (date->week - 1) * 7;
        while (in_month >= civil_month_days(year, date->month))
            in_month -= 7;
        days = start + in_month;
    }
    return days * DAY + date->time;
}

int64_t tzrule_offset(const struct tzrule *rule, int64_t unix_seconds)
{
    if (!rule->has_summer)
        return rule->standard;
    int64_t local = unix_seconds + rule->standard;
    int64_t days = local / DAY - (local % DAY < 0);
    int year = civil_from_days(days).year;
    int64_t start = date_in_year(&rule->start, year) - rule->standard;
    int64_t end = date_in_year(&rule->end, year) - rule->summer;
    int summer = start < end ? unix_seconds >= start && unix_seconds < end
                             : !(unix_seconds >= end && unix_seconds < start);
    return summer ? rule->summer : rule->standard;
}
