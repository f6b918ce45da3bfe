/* SPDX-License-Identifier: Apache-2.0
 *
 * The chain of one delivery: recover, then rounds. A round asks the store which groups are due,
 * chooses a way for each and takes it; rounds follow each other until nothing is due.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "brevo/internal.h"
#include "brevo/plan.h"
#include "log/log.h"

#include <inttypes.h>

#define MAX_GROUPS  64
#define MAX_STREAK  5      /* contacts in a row that Brevo could not take: it is Brevo, not them */
#define IMPORT_ROWS 100000 /* in one import, whatever its bytes */

static void start_round(struct delivery *d);
static void begin_rounds(struct delivery *d);
static void finish(struct delivery *d);

int delivery_ends(const struct delivery *delivery)
{
    return delivery->failed || delivery->stopping;
}

void delivery_fail(struct delivery *delivery, const struct err_info *e)
{
    if (delivery->failed)
        return;
    delivery->failed = 1;
    delivery->error = *e;
}

void delivery_postpone(struct delivery *delivery, const struct err_info *e)
{
    delivery->postponed++;
    delivery->postponed_error = *e;
    if (++delivery->streak >= MAX_STREAK)
        delivery_fail(delivery, e);
}

static void report(struct delivery *d)
{
    if (d->brevo->progress != NULL)
        d->brevo->progress(d->brevo->progress_arg, d->done_count, d->total);
}

void delivery_advance(struct delivery *delivery, uint64_t contacts)
{
    delivery->done_count += contacts;
    if (delivery->total < delivery->done_count)
        delivery->total = delivery->done_count;
    report(delivery);
}

void delivery_delivered(struct delivery *delivery, uint64_t contacts)
{
    delivery->streak = 0;
    delivery->brevo->counts.delivered += contacts;
    delivery_advance(delivery, contacts);
}

static void timer_rang(void *arg)
{
    struct delivery *d = arg;
    d->timer_step(d);
}

void delivery_wait(struct delivery *delivery, int64_t delay_ms, step_done step)
{
    delivery->timer_step = step;
    loop_timer_set(delivery->brevo->loop, &delivery->timer, delivery->stopping ? 0 : delay_ms,
                   timer_rang, delivery);
}

int64_t delivery_hourly_left(const struct delivery *delivery)
{
    int64_t left = http_account_limit_left(delivery->brevo->http, CLASS_OTHER);
    return left >= 0 ? left : delivery->brevo->hourly_size;
}

static enum plan plan_group(const struct delivery *d, const struct contact_group *group,
                            int64_t contacts)
{
    if (group->key == 0 || (group->lists.count == 0 && d->brevo->carrier_list < 0))
        return PLAN_SINGLES;
    return plan_choose(contacts, delivery_hourly_left(d));
}

static void next_group(struct delivery *d)
{
    while (d->group_left <= 0 && d->group_next < d->group_count) {
        d->group_next++;
        if (d->group_next < d->group_count)
            d->group_left = d->groups[d->group_next].count;
    }
    if (delivery_ends(d)) {
        finish(d);
        return;
    }
    if (d->group_next >= d->group_count) {
        /* Groups that gave nothing would be found again for ever. */
        if (d->round_taken > 0)
            start_round(d);
        else
            finish(d);
        return;
    }
    const struct contact_group *group = &d->groups[d->group_next];
    if (plan_group(d, group, d->group_left) == PLAN_SINGLES)
        single_run(d, group, next_group);
    else if (group->lists.count > 0 && !d->surveyed)
        survey_run(d, begin_rounds);
    else
        import_run(d, group, next_group);
}

static void log_plan(const struct delivery *d)
{
    int64_t contacts = 0, imports = 0, singles = 0;
    for (size_t i = 0; i < d->group_count; i++) {
        const struct contact_group *group = &d->groups[i];
        contacts += group->count;
        if (plan_group(d, group, group->count) == PLAN_IMPORT)
            imports++;
        else
            singles += group->count;
    }
    log_line(LOG_LEVEL_INFO, "brevo", "delivery planned",
             "contacts=%" PRId64 " imports=%" PRId64 " singles=%" PRId64 " hourly_left=%" PRId64,
             contacts, imports, singles, delivery_hourly_left(d));
}

static int read_groups(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct delivery *d = arg;
    return contact_groups(tx, clock_unix_ms(), MAX_GROUPS, &d->groups, &d->group_count, e);
}

static void groups_came(void *arg, int result, const struct err_info *e)
{
    struct delivery *d = arg;
    if (result < 0)
        delivery_fail(d, e);
    if (delivery_ends(d) || d->group_count == 0) {
        finish(d);
        return;
    }
    uint64_t waiting = 0;
    for (size_t i = 0; i < d->group_count; i++)
        waiting += (uint64_t)d->groups[i].count;
    d->total = d->done_count + waiting;
    d->group_left = d->groups[0].count;
    log_plan(d);
    report(d);
    next_group(d);
}

static void forget_groups(struct delivery *d)
{
    contact_groups_free(d->groups, d->group_count);
    d->groups = NULL;
    d->group_count = d->group_next = 0;
    d->group_left = 0;
    d->round_taken = 0;
}

static void start_round(struct delivery *d)
{
    forget_groups(d);
    d->again = 0;
    store_submit(d->brevo->store, read_groups, groups_came, d);
}

static int release_rows(struct store_tx *tx, void *arg, struct err_info *e)
{
    (void)arg;
    return contact_release_all(tx, e);
}

static struct err_info outcome(const struct delivery *d)
{
    struct err_info e = {0};
    if (d->failed)
        return d->error;
    if (d->stopping)
        err_set(&e, ERR_CANCELLED, NULL, NULL, "delivery was stopped");
    else if (d->postponed > 0)
        return d->postponed_error;
    return e;
}

static void end_delivery(struct delivery *d)
{
    struct waiter *waiters = d->waiters;
    size_t count = d->waiter_count;
    struct err_info e = outcome(d);
    if (d->postponed > 0)
        log_line(LOG_LEVEL_WARN, "brevo", "contacts postponed", "contacts=%" PRIu64, d->postponed);
    d->brevo->delivery = NULL;
    loop_timer_clear(d->brevo->loop, &d->timer);
    forget_groups(d);
    json_decref(d->known);
    free(d);
    for (size_t i = 0; i < count; i++) {
        if (waiters[i].done != NULL)
            waiters[i].done(waiters[i].arg, e.code, e.code != 0 ? &e : NULL);
    }
    free(waiters);
}

static void rows_released(void *arg, int result, const struct err_info *e)
{
    struct delivery *d = arg;
    if (result < 0)
        delivery_fail(d, e);
    if (d->again && !delivery_ends(d)) {
        d->surveyed = 0;
        start_round(d);
    } else {
        end_delivery(d);
    }
}

static void finish(struct delivery *d)
{
    store_submit(d->brevo->store, release_rows, rows_released, d);
}

/* After the survey, too: it changes who is in which group. */
static void begin_rounds(struct delivery *d)
{
    if (delivery_ends(d))
        finish(d);
    else
        start_round(d);
}

static json_t *attribute_names(const struct attribute_table *table)
{
    json_t *names = json_object();
    for (size_t i = 0; i < table->count; i++)
        json_object_set_new(names, table->items[i].name, json_true());
    return names;
}

static void add_waiter(struct delivery *d, brevo_done done, void *arg)
{
    d->waiters = mem_resize(d->waiters, d->waiter_count + 1, sizeof(*d->waiters));
    d->waiters[d->waiter_count++] = (struct waiter){done, arg};
}

void brevo_deliver(struct brevo *brevo, brevo_done done, void *arg)
{
    struct delivery *d = brevo->delivery;
    if (d != NULL) {
        d->again = 1;
        add_waiter(d, done, arg);
        return;
    }
    d = brevo->delivery = mem_alloc(sizeof(*d));
    d->brevo = brevo;
    d->import_rows = IMPORT_ROWS;
    if (brevo->prepared)
        d->known = attribute_names(&brevo->account.attributes);
    add_waiter(d, done, arg);
    recover_run(d, begin_rounds);
}

void brevo_stop(struct brevo *brevo)
{
    struct delivery *d = brevo->delivery;
    if (d == NULL)
        return;
    d->stopping = 1;
    calls_cancel(brevo);
    if (d->timer.due_ms != 0)
        loop_timer_set(brevo->loop, &d->timer, 0, timer_rang, d);
}
