/* SPDX-License-Identifier: Apache-2.0
 *
 * base/strbuf.h: a growing run of bytes.
 *
 * Start with STRBUF_INIT, add, read `data`/`len`, end with strbuf_release (which leaves it as
 * STRBUF_INIT). data is NUL-terminated whenever anything was added; it may contain NULs. The owner
 * is whoever declared it; strbuf_detach hands the bytes out. One thread at a time. Never fails.
 */
#ifndef TAJO_BASE_STRBUF_H
#define TAJO_BASE_STRBUF_H

#include <stddef.h>

struct strbuf {
    char *data;
    size_t len;
    size_t capacity;
};

#define STRBUF_INIT                                                                                \
    {                                                                                              \
        NULL, 0, 0                                                                                 \
    }

void strbuf_release(struct strbuf *b);
void strbuf_clear(struct strbuf *b); /* len 0, memory kept */
void strbuf_reserve(struct strbuf *b, size_t more);
void strbuf_add(struct strbuf *b, const void *data, size_t len);
void strbuf_add_text(struct strbuf *b, const char *text);
void strbuf_add_char(struct strbuf *b, char c);
void strbuf_add_format(struct strbuf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void strbuf_consume(struct strbuf *b, size_t len); /* drops the first len bytes */
char *strbuf_detach(struct strbuf *b);             /* caller frees; "" when empty */

/* Percent-encodes everything but the unreserved characters of RFC 3986. */
void strbuf_add_percent(struct strbuf *b, const char *data, size_t len);

#endif
