/* SPDX-License-Identifier: Apache-2.0
 *
 * http/limit.h: when the next request of a rate class may go. Pure: times come in, monotonic
 * milliseconds; one thread at a time.
 *
 * A gate has up to 4 token buckets, which hold together, and is shut for a while when the vendor's
 * headers say so. gate_wait_ms(), and when that is 0 gate_take(); gate_note() with each answer.
 */
#ifndef TAJO_HTTP_LIMIT_H
#define TAJO_HTTP_LIMIT_H

#include "http/headers.h"

#include <stddef.h>
#include <stdint.h>

#define GATE_BUCKETS 4

struct bucket {
    double tokens;
    int64_t filled_ms; /* when tokens was right */
    uint32_t requests;
    uint32_t burst;
    int64_t period_ms;
};

struct gate {
    struct bucket buckets[GATE_BUCKETS];
    size_t count;
    int64_t shut_until_ms;
    int64_t said_size; /* the last headers; -1: nothing said */
    int64_t said_left;
    int64_t said_reset_ms; /* monotonic; -1: not said */
};

void gate_init(struct gate *gate);

/* 0, or -1 when there is no room for another bucket. */
int gate_add(struct gate *gate, uint32_t requests, int64_t period_ms, uint32_t burst,
             int64_t now_ms);

int64_t gate_wait_ms(const struct gate *gate, int64_t now_ms);
void gate_take(struct gate *gate, int64_t now_ms);

/* jitter: 0..1, spreads callers who would all come back at the same moment. */
void gate_note(struct gate *gate, const struct rate_words *words, double jitter, int64_t now_ms);

/* After a 429, the nth in a row (1, 2 ...): shuts and gives for how long. Retry-After is believed
 * first, then the reset, else the wait doubles; always 1 s to 1 h and a little jitter. */
int64_t gate_refused(struct gate *gate, const struct rate_words *words, int nth, double jitter,
                     int64_t now_ms);

/* What the headers said is left; -1: nothing, or it is past its reset. */
int64_t gate_left(const struct gate *gate, int64_t now_ms);

#endif
