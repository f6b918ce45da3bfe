/* SPDX-License-Identifier: Apache-2.0
 *
 * base/tzrule.h: the rule at the end of a time zone file, "CET-1CEST,M3.5.0,M10.5.0/3" (POSIX TZ
 * with RFC 8536's wider hours). It holds for all times after the file's last transition. Pure.
 */
#ifndef TAJO_BASE_TZRULE_H
#define TAJO_BASE_TZRULE_H

#include <stddef.h>
#include <stdint.h>

enum tzrule_kind {
    TZRULE_MONTH,  /* Mm.w.d: the w-th weekday d of month m, w 5: the last */
    TZRULE_JULIAN, /* Jn: day 1..365, 29 February is not counted */
    TZRULE_DAY     /* n: day 0..365 */
};

struct tzrule_date {
    enum tzrule_kind kind;
    int month, week, day;
    int64_t time; /* seconds after midnight, may be negative or beyond a day */
};

struct tzrule {
    int64_t standard; /* seconds east of UTC */
    int64_t summer;
    int has_summer;
    struct tzrule_date start, end;
};

/* 0 or ERR_DATA. */
int tzrule_parse(const char *text, size_t len, struct tzrule *ret);
int64_t tzrule_offset(const struct tzrule *rule, int64_t unix_seconds);

#endif
