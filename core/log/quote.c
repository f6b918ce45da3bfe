/* SPDX-License-Identifier: Apache-2.0 */
#include "log/log.h"

#include <stdio.h>
#include <string.h>

#define RING     8
#define MAX_TEXT 400
#define DOTS     "\xE2\x80\xA2\xE2\x80\xA2\xE2\x80\xA2"

/* Quotes, an escape for each byte, and the NUL. */
static char *next_buffer(void)
{
    static _Thread_local char ring[RING][2 * MAX_TEXT + 4];
    static _Thread_local unsigned next;
    return ring[next++ % RING];
}

/* strlen(text), at most max and not inside a character. */
static size_t cut_length(const char *text, size_t max)
{
    size_t len = strnlen(text, max + 1);
    if (len <= max)
        return len;
    len = max;
    while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
        len--;
    return len;
}

static int needs_quotes(const char *text, size_t len)
{
    if (len == 0)
        return 1;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7F)
            return 1;
    }
    return 0;
}

const char *log_quote(const char *value)
{
    char *buf = next_buffer();
    if (value == NULL)
        value = "";
    size_t len = cut_length(value, MAX_TEXT);
    if (!needs_quotes(value, len)) {
        memcpy(buf, value, len);
        buf[len] = '\0';
        return buf;
    }
    char *at = buf;
    *at++ = '"';
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)value[i];
        if (c == '"' || c == '\\' || c == '\n' || c == '\r' || c == '\t')
            *at++ = '\\';
        *at++ = c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : c < 0x20 ? '?' : value[i];
    }
    *at++ = '"';
    *at = '\0';
    return buf;
}

/* Bytes of the first character; malformed UTF-8 counts byte by byte. */
static int first_character(const char *text)
{
    size_t n = 0;
    if (text[0] == '\0')
        return 0;
    do
        n++;
    while (n < 4 && ((unsigned char)text[n] & 0xC0) == 0x80);
    return (int)n;
}

const char *log_mask(const char *value)
{
    enum { SIZE = 2 * MAX_TEXT + 4 };
    char *buf = next_buffer();
    if (value == NULL || value[0] == '\0') {
        buf[0] = '\0';
        return buf;
    }
    const char *at = strrchr(value, '@');
    if (value[0] == '+' && value[1] >= '0' && value[1] <= '9') {
        snprintf(buf, SIZE, "%.3s" DOTS, value);
    } else if (at != NULL && at != value && at[1] != '\0') {
        const char *dot = strrchr(at, '.');
        snprintf(buf, SIZE, "%.*s" DOTS "@%.*s" DOTS "%.20s", first_character(value), value,
                 first_character(at + 1), at + 1, dot == NULL ? "" : dot);
    } else {
        snprintf(buf, SIZE, "%.*s" DOTS, first_character(value), value);
    }
    return buf;
}
