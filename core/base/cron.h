/* SPDX-License-Identifier: Apache-2.0
 *
 * base/cron.h: when a schedule such as "0 0,4,8 * * mon-fri" is due. Pure but for reading time zone
 * files; any thread.
 *
 *     minute 0-59, hour 0-23, day of month 1-31, month 1-12 or jan-dec, weekday 0-7 or sun-sat
 *     (0 and 7 are Sunday); each "*", a value, a range a-b, a list a,b, or any with a step "/n".
 *     @hourly @daily @midnight @weekly @monthly @yearly @annually
 * As in cron, when day of month and weekday are both restricted, either of them is enough.
 *
 * Clock changes: a time that the clock skips is due once, when it skips; a time that comes twice is
 * due the first time only. Schedules of every hour go by elapsed time and notice neither.
 */
#ifndef TAJO_BASE_CRON_H
#define TAJO_BASE_CRON_H

#include "base/error.h"
#include "base/timezone.h"

#include <stdint.h>

struct cron { /* bit n: n is taken */
    uint64_t minutes;
    uint64_t hours;
    uint64_t days;
    uint64_t months;
    uint64_t weekdays; /* 0..6 */
    int any_day;       /* day of month is "*" */
    int any_weekday;
};

/* ERR_CONFIG with a sentence that names the field; also for dates that never come, 31 Feb. */
int cron_parse(const char *text, struct cron *ret, struct err_info *e);

/* The first time after after_unix_ms, in a zone as of tz_open. ERR_CONFIG: unknown zone. */
int cron_next(const struct cron *cron, int64_t after_unix_ms, const char *timezone, int64_t *ret);

/* The same with an open zone; cannot fail. */
int64_t cron_next_in(const struct cron *cron, int64_t after_unix_ms, const struct tz *zone);

#endif
