/* SPDX-License-Identifier: Apache-2.0 */
#include "http/limit.h"

#include <math.h>

#define MIN_WAIT_MS INT64_C(1000)
#define MAX_WAIT_MS INT64_C(3600000)
#define ROUNDING    1e-6 /* a token short of this much counts as whole */

void gate_init(struct gate *gate)
{
    *gate = (struct gate){.said_size = -1, .said_left = -1, .said_reset_ms = -1};
}

int gate_add(struct gate *gate, uint32_t requests, int64_t period_ms, uint32_t burst,
             int64_t now_ms)
{
    if (gate->count == GATE_BUCKETS)
        return -1;
    if (requests == 0)
        requests = 1;
    if (burst == 0)
        burst = requests;
    gate->buckets[gate->count++] = (struct bucket){.tokens = burst,
                                                   .filled_ms = now_ms,
                                                   .requests = requests,
                                                   .burst = burst,
                                                   .period_ms = period_ms > 0 ? period_ms : 1};
    return 0;
}

static double tokens_at(const struct bucket *b, int64_t now_ms)
{
    double gained = (double)(now_ms - b->filled_ms) * b->requests / (double)b->period_ms;
    double tokens = b->tokens + (gained > 0 ? gained : 0);
    return tokens > b->burst ? b->burst : tokens;
}

static int64_t bucket_wait_ms(const struct bucket *b, int64_t now_ms)
{
    double missing = 1.0 - tokens_at(b, now_ms);
    if (missing <= ROUNDING)
        return 0;
    return (int64_t)ceil(missing * (double)b->period_ms / b->requests);
}

int64_t gate_wait_ms(const struct gate *gate, int64_t now_ms)
{
    int64_t wait = gate->shut_until_ms > now_ms ? gate->shut_until_ms - now_ms : 0;
    for (size_t i = 0; i < gate->count; i++) {
        int64_t w = bucket_wait_ms(&gate->buckets[i], now_ms);
        wait = w > wait ? w : wait;
    }
    return wait;
}

void gate_take(struct gate *gate, int64_t now_ms)
{
    for (size_t i = 0; i < gate->count; i++) {
        struct bucket *b = &gate->buckets[i];
        b->tokens = tokens_at(b, now_ms) - 1;
        b->filled_ms = now_ms;
    }
}

static int64_t shut(struct gate *gate, int64_t wait_ms, double jitter, int64_t now_ms)
{
    int64_t wait = wait_ms < MIN_WAIT_MS   ? MIN_WAIT_MS
                   : wait_ms > MAX_WAIT_MS ? MAX_WAIT_MS
                                           : wait_ms;
    wait += (int64_t)(jitter * 0.1 * (double)(wait < 10000 ? wait : 10000));
    if (now_ms + wait > gate->shut_until_ms)
        gate->shut_until_ms = now_ms + wait;
    return wait;
}

void gate_note(struct gate *gate, const struct rate_words *words, double jitter, int64_t now_ms)
{
    if (words->left < 0)
        return;
    gate->said_size = words->size;
    gate->said_left = words->left;
    gate->said_reset_ms = words->reset_ms < 0 ? -1 : now_ms + words->reset_ms;
    /* Only the bucket that the headers speak of: a class may have one a second and one an hour. */
    for (size_t i = 0; i < gate->count; i++) {
        struct bucket *b = &gate->buckets[i];
        if (words->size != b->requests && words->size != b->burst)
            continue;
        double tokens = tokens_at(b, now_ms);
        b->tokens = tokens > (double)words->left ? (double)words->left : tokens;
        b->filled_ms = now_ms;
    }
    if (words->left == 0 && words->reset_ms >= 0)
        shut(gate, words->reset_ms, jitter, now_ms);
}

int64_t gate_refused(struct gate *gate, const struct rate_words *words, int nth, double jitter,
                     int64_t now_ms)
{
    int64_t wait = words->retry_after_ms;
    if (wait < 0)
        wait = words->reset_ms;
    if (wait < 0)
        wait = MIN_WAIT_MS << (nth > 6 ? 6 : nth - 1);
    return shut(gate, wait, jitter, now_ms);
}

int64_t gate_left(const struct gate *gate, int64_t now_ms)
{
    if (gate->said_left < 0 || (gate->said_reset_ms >= 0 && now_ms >= gate->said_reset_ms))
        return -1;
    return gate->said_left;
}
