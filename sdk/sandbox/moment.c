/* SPDX-License-Identifier: Apache-2.0 */
#include "moment.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_MS INT64_C(86400000)

int64_t moment_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Days since 1970 and back, after Howard Hinnant's "chrono-compatible low-level date algorithms";
 * gmtime_r() would cost more than all the rest of a generated user. */
static int64_t days_from_date(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = year / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_from_days(int64_t days, int64_t *ret_year, int64_t *ret_month, int64_t *ret_day)
{
    days += 719468;
    int64_t era = days / 146097;
    int64_t of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t shifted = (5 * of_year + 2) / 153;
    *ret_day = of_year - (153 * shifted + 2) / 5 + 1;
    *ret_month = shifted + (shifted < 10 ? 3 : -9);
    *ret_year = year + era * 400 + (*ret_month <= 2);
}

static char *put(char *at, int64_t number, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        at[i] = (char)('0' + number % 10);
        number /= 10;
    }
    return at + digits;
}

void moment_format(int64_t ms, char text[MOMENT_SIZE])
{
    int64_t year, month, day;
    int64_t rest = ms % DAY_MS;
    date_from_days(ms / DAY_MS, &year, &month, &day);
    char *at = put(text, year, 4);
    *at++ = '-';
    at = put(at, month, 2);
    *at++ = '-';
    at = put(at, day, 2);
    *at++ = 'T';
    at = put(at, rest / 3600000, 2);
    *at++ = ':';
    at = put(at, rest / 60000 % 60, 2);
    *at++ = ':';
    at = put(at, rest / 1000 % 60, 2);
    *at++ = '.';
    at = put(at, rest % 1000, 3);
    *at++ = 'Z';
    *at = '\0';
}

static bool take(const char **text, int digits, int64_t *ret_number)
{
    int64_t number = 0;
    for (int i = 0; i < digits; i++) {
        char c = (*text)[i];
        if (c < '0' || c > '9') {
            return false;
        }
        number = number * 10 + (c - '0');
    }
    *text += digits;
    *ret_number = number;
    return true;
}

static bool take_char(const char **text, char c)
{
    bool there = **text == c;
    *text += there;
    return there;
}

static bool take_date(const char **text, int64_t *ret_days)
{
    static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t year, month, day;
    if (!take(text, 4, &year) || !take_char(text, '-') || !take(text, 2, &month) ||
        !take_char(text, '-') || !take(text, 2, &day) || month < 1 || month > 12 || day < 1) {
        return false;
    }
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day > lengths[month - 1] || (month == 2 && day == 29 && !leap)) {
        return false;
    }
    *ret_days = days_from_date(year, month, day);
    return true;
}

static int64_t take_fraction(const char **text)
{
    int64_t ms = 0;
    int64_t unit = 100;
    if (take_char(text, '.')) {
        while (**text >= '0' && **text <= '9') {
            ms += (**text - '0') * unit;
            unit /= 10;
            (*text)++;
        }
    }
    return ms;
}

static bool take_zone(const char **text, int64_t *ret_ms)
{
    int64_t hours, minutes = 0;
    int64_t sign = **text == '-' ? -1 : 1;
    *ret_ms = 0;
    if (take_char(text, 'Z') || **text == '\0') {
        return true;
    }
    if ((!take_char(text, '+') && !take_char(text, '-')) || !take(text, 2, &hours)) {
        return false;
    }
    take_char(text, ':');
    if (**text && !take(text, 2, &minutes)) {
        return false;
    }
    *ret_ms = sign * (hours * 60 + minutes) * 60000;
    return true;
}

bool moment_parse(const char *text, int64_t *ret_ms)
{
    int64_t days, hours = 0, minutes = 0, seconds = 0, fraction = 0, zone = 0;
    if (!take_date(&text, &days)) {
        return false;
    }
    if (take_char(&text, 'T') || take_char(&text, ' ')) {
        if (!take(&text, 2, &hours) || !take_char(&text, ':') || !take(&text, 2, &minutes)) {
            return false;
        }
        if (take_char(&text, ':') && !take(&text, 2, &seconds)) {
            return false;
        }
        fraction = take_fraction(&text);
        if (!take_zone(&text, &zone)) {
            return false;
        }
    }
    if (*text || hours > 23 || minutes > 59 || seconds > 60) {
        return false;
    }
    *ret_ms = days * DAY_MS + hours * 3600000 + minutes * 60000 + seconds * 1000 + fraction - zone;
    return true;
}

bool moment_is_date(const char *text)
{
    int64_t ms;
    return strlen(text) == 10 && moment_parse(text, &ms);
}
