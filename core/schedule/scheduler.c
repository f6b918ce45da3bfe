/* SPDX-License-Identifier: Apache-2.0 */
#include "schedule/scheduler.h"

#include "base/clock.h"
#include "base/cron.h"
#include "base/mem.h"
#include "log/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BACKOFF_FIRST_MS  60000
#define BACKOFF_MOST_MS   3600000
#define BUGS_BEFORE_PAUSE 3

struct slot {
    struct scheduler *scheduler;
    const struct source *source;
    struct run *run;
    struct loop_timer timer;
    struct cron cron;
    struct cron full_cron;
    int has_cron; /* "" is never: only by hand */
    int has_full_cron;
    int full_due;
    int64_t next_ms;
    int failures; /* in a row */
    int bugs;     /* in a row */
    char reason[sizeof(((struct err_info *)0)->what)];
    struct scheduler_state *state;
};

struct scheduler {
    struct loop *loop;
    struct store *store;
    const struct config_host *host;
    struct slot *slots;
    struct scheduler_state *states;
    size_t count;
    void (*changed)(void *arg);
    void *arg;
    void (*stopped)(void *arg);
    void *stopped_arg;
    int stopping;
    size_t looks; /* into the history, under way in the store */
};

static void begin(void *arg);

/* Stopped is told when nothing of this can be called any more. */
static void tell_when_idle(const struct scheduler *scheduler)
{
    size_t busy = scheduler->looks;
    for (size_t i = 0; i < scheduler->count; i++)
        busy += scheduler->slots[i].run != NULL;
    if (busy == 0)
        scheduler->stopped(scheduler->stopped_arg);
}

/* A line's first time after since; 0: never. */
static int64_t first_after(const struct slot *slot, const struct cron *cron, int64_t since)
{
    int64_t next = 0;
    return cron_next(cron, since, slot->source->config->timezone, &next) == 0 ? next : 0;
}

/* The first time after since, of whichever of the two cron lines comes first. What has passed is
 * due now, once, and as a full run when one was among it. */
static int64_t next_by_cron(struct slot *slot, int64_t since, int64_t now)
{
    int64_t next = slot->has_cron ? first_after(slot, &slot->cron, since) : 0;
    int64_t full = slot->has_full_cron ? first_after(slot, &slot->full_cron, since) : 0;
    slot->full_due = full != 0 && (next == 0 || full <= next || full <= now);
    if (slot->full_due)
        next = full;
    return next != 0 && next < now ? now : next;
}

/* When the run that has just ended was due; a clock that was set back does not count. */
static int64_t was_due(const struct slot *slot, int64_t now)
{
    return slot->next_ms < now ? slot->next_ms : now;
}

static void wait_until(struct slot *slot, int64_t when_ms)
{
    int64_t delay = when_ms - clock_unix_ms();
    slot->next_ms = when_ms;
    slot->state->next_ms = when_ms;
    if (when_ms == 0)
        return;
    /* Long waits are cut so that a changed system clock is noticed. */
    if (delay > BACKOFF_MOST_MS)
        delay = BACKOFF_MOST_MS;
    loop_timer_set(slot->scheduler->loop, &slot->timer, delay < 0 ? 0 : delay, begin, slot);
}

static void pause_slot(struct slot *slot, const struct err_info *e)
{
    slot->state->paused = 1;
    slot->state->next_ms = 0;
    log_line(LOG_LEVEL_ERROR, "schedule", "source paused", "source=%s class=%s error=%s mend=%s",
             slot->source->name, err_name(e->code), log_quote(e->what), log_quote(e->mend));
}

static void after_failure(struct slot *slot, const struct run_result *result)
{
    const struct err_info *e = &result->error;
    slot->failures++;
    slot->state->failures++;
    /* Somebody who cannot be read is given up after as many tries: no reason to stop reading. */
    slot->bugs = e->code == ERR_BUG && !result->refreshing ? slot->bugs + 1 : 0;
    snprintf(slot->reason, sizeof(slot->reason), "%s", e->what);
    if (e->code == ERR_AUTH || e->code == ERR_CONFIG || e->code == ERR_USAGE ||
        e->code == ERR_UNSUPPORTED || slot->bugs >= BUGS_BEFORE_PAUSE) {
        pause_slot(slot, e);
        return;
    }
    int64_t backoff = BACKOFF_FIRST_MS;
    for (int i = 1; i < slot->failures && backoff < BACKOFF_MOST_MS; i++)
        backoff *= 2;
    if (backoff > BACKOFF_MOST_MS)
        backoff = BACKOFF_MOST_MS;
    int64_t now = clock_unix_ms();
    /* A full run that failed left its hold, which makes the next one full; one whose time came
     * while another failed must not be forgotten. */
    int64_t full =
        slot->has_full_cron ? first_after(slot, &slot->full_cron, was_due(slot, now)) : 0;
    int full_passed = full != 0 && full <= now;
    int64_t scheduled = next_by_cron(slot, now, now);
    if (scheduled == 0 || scheduled >= now + backoff) {
        scheduled = now + backoff;
        slot->full_due = 0;
    }
    slot->full_due |= full_passed;
    wait_until(slot, scheduled);
}

static void on_ended(void *arg, const struct run_result *result)
{
    struct slot *slot = arg;
    struct scheduler *scheduler = slot->scheduler;
    slot->state->runs++;
    slot->state->read += result->read;
    slot->state->running = 0;
    if (result->result == 0) {
        slot->failures = 0;
        slot->bugs = 0;
        slot->reason[0] = '\0';
        slot->state->last_success_ms = clock_unix_ms();
        int64_t now = clock_unix_ms();
        if (!scheduler->stopping)
            wait_until(slot, next_by_cron(slot, was_due(slot, now), now));
    } else if (!scheduler->stopping) {
        after_failure(slot, result);
    }
    slot->run = run_free(slot->run);
    if (!scheduler->stopping)
        scheduler->changed(scheduler->arg);
    else
        tell_when_idle(scheduler);
}

static void begin(void *arg)
{
    struct slot *slot = arg;
    struct scheduler *scheduler = slot->scheduler;
    if (slot->next_ms > clock_unix_ms() + 500) { /* woken early: a long wait is slept in parts */
        wait_until(slot, slot->next_ms);
        return;
    }
    static const struct run_handlers handlers = {.ended = on_ended};
    struct run_options options = {.mode = slot->full_due ? RUN_FULL : RUN_AUTO};
    slot->state->running = 1;
    slot->run = run_start(scheduler->loop, scheduler->store, slot->source, scheduler->host,
                          &options, &handlers, slot);
}

struct scheduler *scheduler_new(struct loop *loop, struct store *store, struct source_set *set,
                                const struct config_host *host, void (*changed)(void *arg),
                                void *arg)
{
    struct scheduler *scheduler = mem_alloc(sizeof(*scheduler));
    scheduler->loop = loop;
    scheduler->store = store;
    scheduler->host = host;
    scheduler->changed = changed;
    scheduler->arg = arg;
    scheduler->count = set->source_count;
    scheduler->slots = mem_array(set->source_count + 1, sizeof(*scheduler->slots));
    scheduler->states = mem_array(set->source_count + 1, sizeof(*scheduler->states));
    for (size_t i = 0; i < set->source_count; i++) {
        struct slot *slot = &scheduler->slots[i];
        slot->scheduler = scheduler;
        slot->source = &set->sources[i];
        slot->state = &scheduler->states[i];
        slot->state->source = slot->source;
        slot->state->reason = slot->reason;
        const struct config_source *config = slot->source->config;
        /* Both lines were checked with the configuration. */
        if (config->schedule[0] != '\0')
            slot->has_cron = cron_parse(config->schedule, &slot->cron, NULL) == 0;
        if (config->full_schedule[0] != '\0')
            slot->has_full_cron = cron_parse(config->full_schedule, &slot->full_cron, NULL) == 0;
    }
    return scheduler;
}

/* Whether a source ever ended a run well that is not about named people only decides between "now"
 * and "at its time". */
struct first_look {
    struct slot *slot;
    int has_run;
};

static int work_look(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct first_look *look = arg;
    static const char *const modes[] = {"full", "incremental"};
    for (int i = 0; i < 2 && !look->has_run; i++) {
        struct run_row row = {0};
        int r = run_last(tx, look->slot->source->name, modes[i], 1, &row, e);
        run_clear(&row);
        if (r < 0 && r != ERR_NOT_FOUND)
            return r;
        look->has_run = r == 0;
    }
    return 0;
}

static void done_look(void *arg, int result, const struct err_info *e)
{
    struct first_look *look = arg;
    struct slot *slot = look->slot;
    struct scheduler *scheduler = slot->scheduler;
    scheduler->looks--;
    if (result < 0)
        log_line(LOG_LEVEL_WARN, "schedule", "history cannot be read", "source=%s error=%s",
                 slot->source->name, log_quote(e->what));
    int64_t now = clock_unix_ms();
    if (scheduler->stopping)
        tell_when_idle(scheduler);
    else
        wait_until(slot, look->has_run ? next_by_cron(slot, now, now) : now);
    free(look);
}

void scheduler_start(struct scheduler *scheduler)
{
    for (size_t i = 0; i < scheduler->count; i++) {
        struct first_look *look = mem_alloc(sizeof(*look));
        look->slot = &scheduler->slots[i];
        scheduler->looks++;
        store_submit(scheduler->store, work_look, done_look, look);
    }
}

void scheduler_stop(struct scheduler *scheduler, void (*stopped)(void *arg), void *arg)
{
    scheduler->stopping = 1;
    scheduler->stopped = stopped;
    scheduler->stopped_arg = arg;
    for (size_t i = 0; i < scheduler->count; i++) {
        loop_timer_clear(scheduler->loop, &scheduler->slots[i].timer);
        if (scheduler->slots[i].run != NULL)
            run_stop(scheduler->slots[i].run);
    }
    tell_when_idle(scheduler);
}

struct scheduler *scheduler_free(struct scheduler *scheduler)
{
    if (scheduler == NULL)
        return NULL;
    for (size_t i = 0; i < scheduler->count; i++) {
        loop_timer_clear(scheduler->loop, &scheduler->slots[i].timer);
        run_free(scheduler->slots[i].run);
    }
    free(scheduler->slots);
    free(scheduler->states);
    free(scheduler);
    return NULL;
}

size_t scheduler_states(const struct scheduler *scheduler, const struct scheduler_state **ret)
{
    *ret = scheduler->states;
    return scheduler->count;
}
