/* SPDX-License-Identifier: Apache-2.0
 *
 * schedule/scheduler.h: runs every source when its cron line says so, for `tajo-connect run`.
 *
 * scheduler_new, scheduler_start, ... scheduler_stop (ends what runs, then calls stopped),
 * scheduler_free. A source never runs twice at once; a time that passes while it runs is made up
 * for by one run right after. What a failed run leads to is its error's class:
 *   transient, rate, system   again after 1, 2, 4 ... 60 minutes, or at the next scheduled time
 *   auth, config, usage       paused with the reason until the process is started again
 *   bug (crash, hang)         again as above; paused after three in a row (not counting those at
 *                             refreshes, which end by themselves)
 * A source that has never ended a full or incremental run well runs at once at start. Loop thread
 * only.
 */
#ifndef TAJO_SCHEDULE_SCHEDULER_H
#define TAJO_SCHEDULE_SCHEDULER_H

#include "schedule/run.h"

struct scheduler;

struct scheduler_state { /* of one source, for metrics and status */
    const struct source *source;
    int running;
    int paused;              /* reason says why */
    const char *reason;      /* last error's sentence; "" when the last run ended well */
    int64_t next_ms;         /* Unix time; 0: never */
    int64_t last_success_ms; /* Unix time, 0: not in this process */
    uint64_t runs, failures;
    uint64_t read;
};

struct scheduler *scheduler_new(struct loop *loop, struct store *store, struct source_set *set,
                                const struct config_host *host,
                                void (*changed)(void *arg), /* a run ended: deliver */
                                void *arg);
void scheduler_start(struct scheduler *scheduler);
void scheduler_stop(struct scheduler *scheduler, void (*stopped)(void *arg), void *arg);
struct scheduler *scheduler_free(struct scheduler *scheduler);

/* Rows in the order of the set. */
size_t scheduler_states(const struct scheduler *scheduler, const struct scheduler_state **ret);

#endif
