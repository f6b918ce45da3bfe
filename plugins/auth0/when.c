/* SPDX-License-Identifier: Apache-2.0 */
#include "auth0/when.h"

#include <stdio.h>
#include <string.h>

#define DAY_MS    INT64_C(86400000)
#define LATEST_MS INT64_C(253402300799999) /* the last millisecond of the year 9999 */

/* Days since 1970-01-01 in the Gregorian calendar, years counted from March so that the leap day
 * is the last of its year. */
static int64_t count_days(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = y / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static int count_month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

static bool make_time(int year, int month, int day, const int clock[3], int64_t *ret_ms)
{
    if (year < 1970 || year > 9999 || month < 1 || month > 12 || day < 1 ||
        day > count_month_days(year, month) || clock[0] > 23 || clock[1] > 59 || clock[2] > 60)
        return false;
    int64_t seconds = clock[0] * 3600 + clock[1] * 60 + clock[2];
    *ret_ms = count_days(year, month, day) * DAY_MS + seconds * 1000;
    return true;
}

static bool take_digits(struct tajo_str *text, size_t count, int *ret)
{
    int value = 0;
    if (text->len < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (text->data[i] < '0' || text->data[i] > '9')
            return false;
        value = value * 10 + (text->data[i] - '0');
    }
    text->data += count;
    text->len -= count;
    *ret = value;
    return true;
}

static bool take_char(struct tajo_str *text, char c)
{
    if (text->len == 0 || text->data[0] != c)
        return false;
    text->data++;
    text->len--;
    return true;
}

static bool take_clock(struct tajo_str *text, int clock[3])
{
    return take_digits(text, 2, &clock[0]) && take_char(text, ':') &&
           take_digits(text, 2, &clock[1]) && take_char(text, ':') &&
           take_digits(text, 2, &clock[2]);
}

static bool take_fraction(struct tajo_str *text, int *ret_ms)
{
    int ms = 0, digit = 0, count = 0;
    if (!take_char(text, '.'))
        return true;
    for (; take_digits(text, 1, &digit); count++)
        if (count < 3)
            ms += digit * (count == 0 ? 100 : count == 1 ? 10 : 1);
    *ret_ms = ms;
    return count > 0;
}

static bool take_offset(struct tajo_str *text, int64_t *ret_ms)
{
    int hours = 0, minutes = 0;
    if (take_char(text, 'Z') || take_char(text, 'z'))
        return true;
    bool west = take_char(text, '-');
    if (!west && !take_char(text, '+'))
        return false;
    if (!take_digits(text, 2, &hours))
        return false;
    take_char(text, ':');
    if (!take_digits(text, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    int64_t offset = (int64_t)(hours * 60 + minutes) * 60000;
    *ret_ms = west ? -offset : offset;
    return true;
}

bool auth0_when_parse_iso(struct tajo_str text, int64_t *ret_ms)
{
    int year = 0, month = 0, day = 0, clock[3] = {0}, fraction = 0;
    int64_t offset = 0, ms = 0;
    if (!take_digits(&text, 4, &year) || !take_char(&text, '-') || !take_digits(&text, 2, &month) ||
        !take_char(&text, '-') || !take_digits(&text, 2, &day) ||
        (!take_char(&text, 'T') && !take_char(&text, ' ')) || !take_clock(&text, clock) ||
        !take_fraction(&text, &fraction) || !take_offset(&text, &offset) || text.len != 0)
        return false;
    if (!make_time(year, month, day, clock, &ms))
        return false;
    ms += fraction - offset;
    if (ms < 0 || ms > LATEST_MS)
        return false;
    *ret_ms = ms;
    return true;
}

bool auth0_when_parse_http(struct tajo_str text, int64_t *ret_ms)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int day = 0, month = 0, year = 0, clock[3] = {0};
    if (text.len < 5 || text.data[3] != ',' || text.data[4] != ' ')
        return false;
    text.data += 5;
    text.len -= 5;
    if (!take_digits(&text, 2, &day) || !take_char(&text, ' ') || text.len < 3)
        return false;
    while (month < 12 && memcmp(months + month * 3, text.data, 3) != 0)
        month++;
    text.data += 3;
    text.len -= 3;
    if (month == 12 || !take_char(&text, ' ') || !take_digits(&text, 4, &year) ||
        !take_char(&text, ' ') || !take_clock(&text, clock) || text.len != 4 ||
        memcmp(text.data, " GMT", 4) != 0)
        return false;
    return make_time(year, month + 1, day, clock, ret_ms);
}

void auth0_when_format_iso(int64_t ms, char room[AUTH0_WHEN_SIZE])
{
    ms = ms < 0 ? 0 : ms > LATEST_MS ? LATEST_MS : ms;
    int64_t days = ms / DAY_MS, rest = ms % DAY_MS;
    int year = 1970 + (int)(days / 366);
    while (count_days(year + 1, 1, 1) <= days)
        year++;
    int month = 1;
    while (month < 12 && count_days(year, month + 1, 1) <= days)
        month++;
    char text[64];
    snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year, month,
             (int)(days - count_days(year, month, 1)) + 1, (int)(rest / 3600000),
             (int)(rest / 60000 % 60), (int)(rest / 1000 % 60), (int)(rest % 1000));
    memcpy(room, text, AUTH0_WHEN_SIZE - 1);
    room[AUTH0_WHEN_SIZE - 1] = '\0';
}
