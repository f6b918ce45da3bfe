/* SPDX-License-Identifier: Apache-2.0 */
#include "http/headers.h"

#include "base/mem.h"

#include <ctype.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_HEADERS 128
#define MAX_BYTES   65536
#define MAX_SECONDS INT64_C(31536000) /* a year: more than any wait, far from overflow */

void headers_clear(struct http_headers *headers)
{
    for (size_t i = 0; i < headers->count; i++) {
        free((char *)headers->list[i].name.data);
        free((char *)headers->list[i].value.data);
    }
    free(headers->list);
    *headers = (struct http_headers){0};
}

static void trim(const char **at, size_t *len)
{
    while (*len > 0 && strchr(" \t\r\n", **at) != NULL) {
        (*at)++;
        (*len)--;
    }
    while (*len > 0 && strchr(" \t\r\n", (*at)[*len - 1]) != NULL)
        (*len)--;
}

void headers_add_line(struct http_headers *headers, const char *line, size_t len)
{
    if (len >= 5 && strncasecmp(line, "HTTP/", 5) == 0) {
        headers_clear(headers);
        return;
    }
    const char *colon = memchr(line, ':', len);
    if (colon == NULL || colon == line || headers->count == MAX_HEADERS ||
        headers->bytes + len > MAX_BYTES || memchr(line, '\0', len) != NULL)
        return;
    size_t name_len = (size_t)(colon - line);
    const char *value = colon + 1;
    size_t value_len = len - name_len - 1;
    trim(&value, &value_len);
    char *name = mem_strndup(line, name_len);
    for (size_t i = 0; i < name_len; i++)
        name[i] = (char)tolower((unsigned char)name[i]);
    if (headers->count == headers->capacity) {
        headers->capacity = headers->capacity > 0 ? headers->capacity * 2 : 16;
        headers->list = mem_resize(headers->list, headers->capacity, sizeof(headers->list[0]));
    }
    headers->list[headers->count++] =
        (struct tajo_header){{name, name_len}, {mem_strndup(value, value_len), value_len}};
    headers->bytes += len;
}

const char *headers_find(const struct http_headers *headers, const char *name)
{
    for (size_t i = 0; i < headers->count; i++)
        if (strcasecmp(headers->list[i].name.data, name) == 0)
            return headers->list[i].value.data;
    return NULL;
}

/* A whole or decimal number that is not negative; the fraction is dropped. -1: none. */
static int64_t read_number(const char *text)
{
    if (text == NULL || *text < '0' || *text > '9')
        return -1;
    char *end = NULL;
    long long v = strtoll(text, &end, 10);
    if (*end == '.')
        end += 1 + strspn(end + 1, "0123456789");
    return *end == '\0' || *end == ',' || *end == ' ' ? v : -1;
}

static int64_t seconds_to_ms(int64_t seconds)
{
    return (seconds > MAX_SECONDS ? MAX_SECONDS : seconds) * 1000;
}

static int64_t until_ms(int64_t then_s, int64_t unix_ms)
{
    int64_t left = then_s > INT64_MAX / 1000 ? INT64_MAX : then_s * 1000 - unix_ms;
    return left < 0 ? 0 : left > MAX_SECONDS * 1000 ? MAX_SECONDS * 1000 : left;
}

static int64_t read_retry_after(const char *text, int64_t unix_ms)
{
    if (text == NULL)
        return -1;
    int64_t seconds = read_number(text);
    if (seconds >= 0)
        return seconds_to_ms(seconds);
    time_t then = curl_getdate(text, NULL);
    return then == (time_t)-1 ? -1 : until_ms(then, unix_ms);
}

static int64_t read_reset(const char *text, int64_t unix_ms)
{
    int64_t v = read_number(text);
    if (v < 0)
        return -1;
    return v > INT64_C(1000000000) ? until_ms(v, unix_ms) : seconds_to_ms(v);
}

struct rate_words headers_read_rate(const struct http_headers *headers, int64_t unix_ms)
{
    static const char *const families[][3] = {
        {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"},
        {"x-sib-ratelimit-limit", "x-sib-ratelimit-remaining", "x-sib-ratelimit-reset"},
    };
    struct rate_words words = {-1, -1, -1, -1};
    for (size_t i = 0; i < 2; i++) {
        const char *const *names = families[i];
        if (words.size < 0)
            words.size = read_number(headers_find(headers, names[0]));
        if (words.left < 0)
            words.left = read_number(headers_find(headers, names[1]));
        if (words.reset_ms < 0)
            words.reset_ms = read_reset(headers_find(headers, names[2]), unix_ms);
    }
    words.retry_after_ms = read_retry_after(headers_find(headers, "retry-after"), unix_ms);
    return words;
}
