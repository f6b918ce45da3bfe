/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/mem.h"
#include "http/internal.h"

#include <stdlib.h>
#include <sys/random.h>

struct http *http_new(struct loop *loop, struct store *store)
{
    struct http *http = mem_alloc(sizeof(*http));
    http->loop = loop;
    http->store = store;
    TAILQ_INIT(&http->accounts);
    if (getrandom(&http->random, sizeof(http->random), GRND_NONBLOCK) !=
        (ssize_t)sizeof(http->random))
        http->random = (uint64_t)clock_monotonic_ms();
    http->random |= 1; /* xorshift stands still at 0 */
    return http;
}

struct http *http_free(struct http *http)
{
    if (http == NULL)
        return NULL;
    while (!TAILQ_EMPTY(&http->accounts))
        http_account_free(TAILQ_FIRST(&http->accounts));
    free(http);
    return NULL;
}

double http_random(struct http *http)
{
    http->random ^= http->random << 13;
    http->random ^= http->random >> 7;
    http->random ^= http->random << 17;
    return (double)(http->random >> 11) / (double)(UINT64_C(1) << 53);
}
