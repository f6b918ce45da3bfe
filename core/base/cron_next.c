/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cron.h"

#include "base/civil.h"

#define DAY       INT64_C(86400)
#define ALL_HOURS ((UINT64_C(1) << 24) - 1)
/* The clock was never moved by more: a time on the wall that is due after an instant shows at most
 * so much less than the wall did at that instant. */
#define LARGEST_MOVE (26 * 3600)
/* 29 February may be eight years away; a given weekday on a given date twelve. */
#define MAX_DAYS (13 * 366)

static int date_matches(const struct cron *cron, int64_t days)
{
    struct civil_date date = civil_from_days(days);
    if ((cron->months >> date.month & 1) == 0)
        return 0;
    int day = (int)(cron->days >> date.day & 1);
    int weekday = (int)(cron->weekdays >> civil_weekday(days) & 1);
    return cron->any_day || cron->any_weekday ? day && weekday : day || weekday;
}

struct search {
    const struct cron *cron;
    const struct tz *zone;
    int64_t after; /* seconds */
    int64_t best;  /* INT64_MAX: none yet */
};

/* Returns 1 when no later time on the wall can be due earlier than what was found. */
static int try_local(struct search *s, int64_t local)
{
    int64_t at[2] = {0, 0};
    int every_hour = s->cron->hours == ALL_HOURS;
    int count = tz_instants(s->zone, local, at);
    if (count == 0 && every_hour)
        return 0; /* the minutes after the change come anyway */
    for (int i = 0; i < (count == 2 && every_hour ? 2 : 1); i++)
        if (at[i] > s->after && at[i] < s->best)
            s->best = at[i];
    return at[0] > s->after;
}

static int try_day(struct search *s, int64_t days, int64_t from)
{
    if (!date_matches(s->cron, days))
        return 0;
    for (int hour = 0; hour < 24; hour++) {
        if ((s->cron->hours >> hour & 1) == 0)
            continue;
        for (int minute = 0; minute < 60; minute++) {
            int64_t local = days * DAY + hour * 3600 + minute * 60;
            if (local >= from && (s->cron->minutes >> minute & 1) != 0 && try_local(s, local))
                return 1;
        }
    }
    return 0;
}

int64_t cron_next_in(const struct cron *cron, int64_t after_unix_ms, const struct tz *zone)
{
    int64_t after = after_unix_ms / 1000 - (after_unix_ms % 1000 < 0);
    struct search s = {cron, zone, after, INT64_MAX};
    int64_t from = after + tz_offset(zone, after) - LARGEST_MOVE;
    int64_t day = from / DAY - (from % DAY < 0);
    for (int i = 0; i < MAX_DAYS; i++)
        if (try_day(&s, day + i, from))
            break;
    return s.best == INT64_MAX ? INT64_MAX : s.best * 1000;
}

int cron_next(const struct cron *cron, int64_t after_unix_ms, const char *timezone, int64_t *ret)
{
    struct tz *zone _cleanup_(cleanup_tz_free) = NULL;
    int r = tz_open(timezone, &zone, NULL);
    if (r != 0)
        return r;
    *ret = cron_next_in(cron, after_unix_ms, zone);
    return 0;
}
