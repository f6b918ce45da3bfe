/* SPDX-License-Identifier: Apache-2.0
 *
 * The two kinds of rate limit: Auth0's token bucket and Brevo's fixed windows.
 *
 * A zeroed struct is unlimited. Both take one request at a time and tell what the headers of its
 * answer have to say. The caller holds the sandbox's lock.
 */
#ifndef SANDBOX_LIMIT_H
#define SANDBOX_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

struct bucket {
    double burst;      /* 0: unlimited */
    double per_second; /* refill */
    double tokens;
    int64_t at_ms;
};

/* A second and an hour that hold at once; Brevo counts both. */
struct window_pair {
    uint32_t per_second; /* 0: no such limit */
    uint32_t per_hour;
    uint32_t used_second;
    uint32_t used_hour;
    int64_t second_ms; /* when the running windows began */
    int64_t hour_ms;
};

struct limit_state {
    bool allowed;
    uint32_t limit;
    uint32_t remaining;
    int64_t reset_ms; /* when there is more: the moment itself */
};

struct bucket bucket_make(double burst, double per_second);
struct limit_state bucket_take(struct bucket *bucket, int64_t now_ms);
struct limit_state window_take(struct window_pair *window, int64_t now_ms);

#endif
