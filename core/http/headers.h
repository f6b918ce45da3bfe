/* SPDX-License-Identifier: Apache-2.0
 *
 * http/headers.h: the headers of one answer, and what they say about limits.
 *
 * Zeroed is empty. headers_add_line for each line as curl gives it; a status line begins anew (of
 * several answers, 100 Continue say, the last one counts). At most 128 headers and 64 KiB are
 * kept. One thread at a time.
 */
#ifndef TAJO_HTTP_HEADERS_H
#define TAJO_HTTP_HEADERS_H

#include "tajo/plugin.h"

#include <stddef.h>
#include <stdint.h>

struct http_headers {
    struct tajo_header *list; /* names in lower case; both texts NUL-terminated */
    size_t count;
    size_t capacity;
    size_t bytes;
};

void headers_clear(struct http_headers *headers);
void headers_add_line(struct http_headers *headers, const char *line, size_t len);
const char *headers_find(const struct http_headers *headers, const char *name);

/* What an answer says about the limit of its class; -1: nothing. */
struct rate_words {
    int64_t size;           /* requests per window */
    int64_t left;           /* of them */
    int64_t reset_ms;       /* from now */
    int64_t retry_after_ms; /* from now */
};

/* Reads Retry-After (seconds or a date), x-ratelimit-* and x-sib-ratelimit-*. A reset above 10^9 is
 * Unix seconds, otherwise a duration in seconds. */
struct rate_words headers_read_rate(const struct http_headers *headers, int64_t unix_ms);

#endif
