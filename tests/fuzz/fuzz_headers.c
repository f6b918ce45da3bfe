/* SPDX-License-Identifier: Apache-2.0
 *
 * Headers of an answer: whatever lines come, what is kept is bounded and what is read of limits
 * lies in its range.
 */
#include "http/headers.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_headers headers = {0};
    const char *at = (const char *)data;
    const char *end = at + size;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = newline != NULL ? (size_t)(newline - at) + 1 : (size_t)(end - at);
        headers_add_line(&headers, at, len);
        at += len;
    }
    struct rate_words words = headers_read_rate(&headers, INT64_C(1793500000000));
    if (headers.count > 128 || words.size < -1 || words.left < -1 || words.reset_ms < -1 ||
        words.retry_after_ms < -1)
        abort();
    headers_find(&headers, "content-type");
    headers_clear(&headers);
    return 0;
}
