/* SPDX-License-Identifier: Apache-2.0
 *
 * base/civil.h: dates of the proleptic Gregorian calendar. Pure, any thread.
 *
 * A day is counted from 1970-01-01. Years 0..9999 are meant; nothing checks them.
 */
#ifndef TAJO_BASE_CIVIL_H
#define TAJO_BASE_CIVIL_H

#include <stdint.h>

struct civil_date {
    int year;
    int month; /* 1..12 */
    int day;   /* 1..31 */
};

int64_t civil_to_days(struct civil_date date);
struct civil_date civil_from_days(int64_t days);
int civil_month_days(int year, int month);
int civil_weekday(int64_t days); /* 0: Sunday */

#endif
