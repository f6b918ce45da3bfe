/* SPDX-License-Identifier: Apache-2.0 */
#include "limit.h"

#include <math.h>

/* What an unlimited answer claims: enough that no client slows down. */
#define PLENTY UINT32_C(10000)

#define SECOND_MS 1000
#define HOUR_MS   3600000

struct bucket bucket_make(double burst, double per_second)
{
    return (struct bucket){.burst = burst, .per_second = per_second, .tokens = burst};
}

struct limit_state bucket_take(struct bucket *bucket, int64_t now_ms)
{
    if (bucket->burst <= 0) {
        return (struct limit_state){true, PLENTY, PLENTY - 1, now_ms + SECOND_MS};
    }
    if (bucket->at_ms && now_ms > bucket->at_ms) {
        double added = (double)(now_ms - bucket->at_ms) / 1000.0 * bucket->per_second;
        bucket->tokens = fmin(bucket->burst, bucket->tokens + added);
    }
    bucket->at_ms = now_ms;
    bool allowed = bucket->tokens >= 1;
    if (allowed) {
        bucket->tokens -= 1;
    }
    double missing = 1 - (bucket->tokens - floor(bucket->tokens));
    return (struct limit_state){
        .allowed = allowed,
        .limit = (uint32_t)bucket->burst,
        .remaining = (uint32_t)bucket->tokens,
        .reset_ms = now_ms + (int64_t)ceil(missing / bucket->per_second * 1000),
    };
}

static void roll(int64_t *began_ms, uint32_t *used, int64_t length_ms, int64_t now_ms)
{
    if (now_ms - *began_ms >= length_ms || now_ms < *began_ms) {
        *began_ms = now_ms;
        *used = 0;
    }
}

struct limit_state window_take(struct window_pair *window, int64_t now_ms)
{
    if (!window->per_second && !window->per_hour) {
        return (struct limit_state){true, PLENTY, PLENTY - 1, now_ms + SECOND_MS};
    }
    roll(&window->second_ms, &window->used_second, SECOND_MS, now_ms);
    roll(&window->hour_ms, &window->used_hour, HOUR_MS, now_ms);
    bool hour_full = window->per_hour && window->used_hour >= window->per_hour;
    bool second_full = window->per_second && window->used_second >= window->per_second;
    bool allowed = !hour_full && !second_full;
    window->used_second += allowed;
    window->used_hour += allowed;
    if (window->per_second && !hour_full) {
        return (struct limit_state){allowed, window->per_second,
                                    window->per_second - window->used_second,
                                    window->second_ms + SECOND_MS};
    }
    return (struct limit_state){allowed, window->per_hour, window->per_hour - window->used_hour,
                                window->hour_ms + HOUR_MS};
}
