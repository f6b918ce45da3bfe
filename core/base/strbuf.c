/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strbuf.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void strbuf_release(struct strbuf *b)
{
    free(b->data);
    *b = (struct strbuf)STRBUF_INIT;
}

void strbuf_clear(struct strbuf *b)
{
    b->len = 0;
    if (b->data != NULL)
        b->data[0] = '\0';
}

void strbuf_reserve(struct strbuf *b, size_t more)
{
    size_t needed = 0;
    if (__builtin_add_overflow(b->len, more, &needed) || __builtin_add_overflow(needed, 1, &needed))
        needed = SIZE_MAX; /* mem_resize ends the process */
    if (needed <= b->capacity)
        return;
    size_t doubled = b->capacity > SIZE_MAX / 2 ? needed : b->capacity * 2;
    size_t capacity = needed > doubled ? needed : doubled;
    if (capacity < 32)
        capacity = 32;
    int fresh = b->data == NULL;
    b->data = mem_resize(b->data, capacity, 1);
    b->capacity = capacity;
    if (fresh)
        b->data[0] = '\0';
}

void strbuf_add(struct strbuf *b, const void *data, size_t len)
{
    strbuf_reserve(b, len);
    if (len > 0)
        memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void strbuf_add_text(struct strbuf *b, const char *text)
{
    strbuf_add(b, text, strlen(text));
}

void strbuf_add_char(struct strbuf *b, char c)
{
    strbuf_add(b, &c, 1);
}

void strbuf_add_format(struct strbuf *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len > 0) {
        strbuf_reserve(b, (size_t)len);
        vsnprintf(b->data + b->len, (size_t)len + 1, format, again);
        b->len += (size_t)len;
    } else {
        strbuf_reserve(b, 0);
    }
    va_end(again);
}

void strbuf_consume(struct strbuf *b, size_t len)
{
    if (len >= b->len) {
        strbuf_clear(b);
        return;
    }
    memmove(b->data, b->data + len, b->len - len);
    b->len -= len;
    b->data[b->len] = '\0';
}

char *strbuf_detach(struct strbuf *b)
{
    strbuf_reserve(b, 0);
    char *data = b->data;
    *b = (struct strbuf)STRBUF_INIT;
    return data;
}

static int is_unreserved(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void strbuf_add_percent(struct strbuf *b, const char *data, size_t len)
{
    static const char digits[] = "0123456789ABCDEF";
    strbuf_reserve(b, len);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)data[i];
        if (is_unreserved(c)) {
            strbuf_add_char(b, data[i]);
        } else {
            char coded[3] = {'%', digits[c >> 4], digits[c & 15]};
            strbuf_add(b, coded, sizeof(coded));
        }
    }
}
