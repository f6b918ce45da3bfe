/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "loop/internal.h"

#include <limits.h>

void loop_timer_clear(struct loop *loop, struct loop_timer *timer)
{
    if (timer->due_ms == 0)
        return;
    for (struct loop_timer **at = &loop->timers; *at != NULL; at = &(*at)->next) {
        if (*at == timer) {
            *at = timer->next;
            break;
        }
    }
    timer->due_ms = 0;
    timer->next = NULL;
}

void loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t delay_ms,
                    void (*call)(void *arg), void *arg)
{
    loop_timer_clear(loop, timer);
    int64_t now = clock_monotonic_ms();
    if (delay_ms < 0)
        delay_ms = 0;
    timer->due_ms = delay_ms > INT64_MAX - now ? INT64_MAX : now + delay_ms;
    if (timer->due_ms == 0)
        timer->due_ms = 1; /* 0 says "not set"; a clock may begin there */
    timer->call = call;
    timer->arg = arg;
    struct loop_timer **at = &loop->timers;
    while (*at != NULL && (*at)->due_ms <= timer->due_ms)
        at = &(*at)->next;
    timer->next = *at;
    *at = timer;
}

void timers_run(struct loop *loop)
{
    int64_t now = clock_monotonic_ms();
    while (loop->timers != NULL && loop->timers->due_ms <= now) {
        struct loop_timer *timer = loop->timers;
        loop->timers = timer->next;
        timer->due_ms = 0;
        timer->next = NULL;
        timer->call(timer->arg); /* may free the timer */
    }
}

int timers_wait_ms(const struct loop *loop, int none)
{
    if (loop->timers == NULL)
        return none;
    int64_t left = loop->timers->due_ms - clock_monotonic_ms();
    return left <= 0 ? 0 : left > none ? none : (int)left;
}
