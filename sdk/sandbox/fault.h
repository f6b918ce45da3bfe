/* SPDX-License-Identifier: Apache-2.0
 *
 * Faults on request: what POST /__faults asks for, and which request meets it.
 *
 * A fault matches requests by side and label, lets the first `after` of them pass, strikes the next
 * `times`, and is then forgotten. The caller holds the sandbox's lock.
 */
#ifndef SANDBOX_FAULT_H
#define SANDBOX_FAULT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAULT_MAX 64

enum fault_action {
    FAULT_NONE,       /* only the delay, if any */
    FAULT_STATUS,     /* the given status, headers and body instead of the answer */
    FAULT_DROP,       /* the request is not processed, the connection is closed */
    FAULT_DROP_AFTER, /* the request is processed, the connection is closed unanswered */
    FAULT_TRUNCATE,   /* processed; the body ends half way */
    FAULT_GARBAGE,    /* not processed; 200 with malformed JSON */
    FAULT_HANG,       /* not processed, never answered */
    FAULT_SLOW,       /* processed; the body trickles */
};

struct fault {
    enum fault_action action;
    char *side;  /* NULL: any */
    char *match; /* a label, or NULL for any */
    int64_t after;
    int64_t times;
    int64_t delay_ms;
    int64_t bytes_per_second; /* of FAULT_SLOW */
    unsigned status;
    json_t *headers; /* object of strings */
    char *body;
};

struct fault_list {
    struct fault faults[FAULT_MAX];
    size_t count;
};

/* Reads what a client sent; false with a reason that says what is wrong. */
bool fault_add(struct fault_list *list, const json_t *json, const char **ret_reason);
void fault_clear(struct fault_list *list);
json_t *fault_dump(const struct fault_list *list);
/* The fault this request meets, as a copy to be released; action FAULT_NONE and no delay when it
 * meets none. */
struct fault fault_take(struct fault_list *list, const char *side, const char *label);
void fault_release(struct fault *fault);

#endif
