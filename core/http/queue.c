/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "http/internal.h"

void queue_add(struct http_call *call)
{
    struct http_call_list *list = &call->lane->waiting;
    struct http_call *before = TAILQ_LAST(list, http_call_list);
    while (before != NULL && before->number > call->number)
        before = TAILQ_PREV(before, http_call_list, in_lane);
    if (before == NULL)
        TAILQ_INSERT_HEAD(list, call, in_lane);
    else
        TAILQ_INSERT_AFTER(list, before, call, in_lane);
    call->state = CALL_WAITING;
    queue_wake(call->account);
}

void queue_remove(struct http_call *call)
{
    TAILQ_REMOVE(&call->lane->waiting, call, in_lane);
}

static int needs_token(const struct http_call *call)
{
    return account_uses_token(call->account) && !(call->flags & HTTP_NO_AUTH);
}

/* How long the first call of the lane must still wait; -1: until something else happens. */
static int64_t lane_wait_ms(struct http_account *account, struct http_lane *lane, int64_t now)
{
    const struct http_call *call = TAILQ_FIRST(&lane->waiting);
    if (call == NULL || (!lane->apart && account->active >= HTTP_PARALLEL))
        return -1;
    if (needs_token(call) && !token_ready(account)) {
        token_want(account);
        return -1;
    }
    int64_t wait = gate_wait_ms(&lane->gate, now);
    if (!lane->apart) {
        int64_t overall = gate_wait_ms(&account->lanes[0]->gate, now);
        wait = overall > wait ? overall : wait;
    }
    return wait;
}

static void start_first(struct http_account *account, struct http_lane *lane, int64_t now)
{
    struct http_call *call = TAILQ_FIRST(&lane->waiting);
    queue_remove(call);
    gate_take(&lane->gate, now);
    if (!lane->apart) {
        if (lane != account->lanes[0])
            gate_take(&account->lanes[0]->gate, now);
        account->active++;
    }
    call->state = CALL_ACTIVE;
    call->token_generation = account->token.generation;
    struct err_info e = {0};
    if (attempt_start(call) != 0) {
        err_set(&e, ERR_SYSTEM, call->endpoint, "Look at the log; memory or files may be short",
                "%s: a request could not be started", account->name);
        call_fail_later(call, &e);
    }
}

/* Starts calls as long as there is one that may go; each lane in turn, so that none starves. */
static void run_queue(void *arg)
{
    struct http_account *account = arg;
    struct http_lane *lanes[HTTP_LANES + 2];
    int64_t next = -1;
    int started = 1;
    while (started) {
        size_t count = 0;
        int64_t now = clock_monotonic_ms();
        started = 0;
        next = -1;
        lanes[count++] = account->tokens;
        lanes[count++] = account->links;
        for (size_t i = 0; i < account->lane_count; i++)
            lanes[count++] = account->lanes[(account->next_lane + i) % account->lane_count];
        for (size_t i = 0; i < count && !started; i++) {
            int64_t wait = lane_wait_ms(account, lanes[i], now);
            if (wait == 0) {
                start_first(account, lanes[i], now);
                if (i >= 2)
                    account->next_lane = (account->next_lane + i - 1) % account->lane_count;
                started = 1;
            } else if (wait > 0 && (next < 0 || wait < next)) {
                next = wait;
            }
        }
    }
    if (next >= 0 && account->wake_timer.due_ms == 0)
        loop_timer_set(account->http->loop, &account->wake_timer, next, run_queue, account);
}

void queue_wake(struct http_account *account)
{
    loop_timer_set(account->http->loop, &account->wake_timer, 0, run_queue, account);
}
