/* SPDX-License-Identifier: Apache-2.0
 *
 * tajo/sdk.h: inline wrappers over the host table of tajo/plugin.h.
 *
 * Keep `struct tajo_sdk` in your instance and call through it. A wrapper tests that the host's
 * table covers the member before it calls it and answers TAJO_E_UNSUPPORTED where it does not, so
 * a plugin built with a newer SDK runs on an older host. Same threads and lifetimes as plugin.h.
 */
#ifndef TAJO_SDK_H
#define TAJO_SDK_H

#include "tajo/plugin.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct tajo_sdk {
    const struct tajo_host *host;
    struct tajo_ctx *ctx;
};

/* Does the struct at p, which begins with its uint32_t size, have the member? */
#define TAJO_HAS(p, type, member)                                                                  \
    ((p)->size >= offsetof(type, member) + sizeof(((type *)0)->member))
#define TAJO_HOST_HAS(h, member) (TAJO_HAS(h, struct tajo_host, member) && (h)->member != NULL)

static inline struct tajo_str tajo_str_from(const char *text)
{
    struct tajo_str s = {text, text == NULL ? 0 : strlen(text)};
    return s;
}

static inline int tajo_str_equals(struct tajo_str s, const char *text)
{
    size_t len = strlen(text);
    return s.len == len && (len == 0 || memcmp(s.data, text, len) == 0);
}

/* Writes a formatted log line of at most 1 KiB. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
static inline void
tajo_log(const struct tajo_sdk *sdk, int32_t level, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (len < 0 || !TAJO_HOST_HAS(sdk->host, log))
        return;
    size_t n = (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1;
    sdk->host->log(sdk->ctx, level, text, n);
}

/* Sets the error and returns its class: `return tajo_fail(sdk, TAJO_E_DATA, "bad_json", ...)`. */
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
static inline int32_t
tajo_fail(const struct tajo_sdk *sdk, int32_t error_class, const char *code, const char *format,
          ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (len < 0 || !TAJO_HOST_HAS(sdk->host, set_error))
        return error_class;
    size_t n = (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1;
    return sdk->host->set_error(sdk->ctx, error_class, code, strlen(code), text, n);
}

static inline int64_t tajo_now_ms(const struct tajo_sdk *sdk)
{
    return TAJO_HOST_HAS(sdk->host, now_ms) ? sdk->host->now_ms(sdk->ctx) : 0;
}

static inline int32_t tajo_should_stop(const struct tajo_sdk *sdk)
{
    return TAJO_HOST_HAS(sdk->host, should_stop) ? sdk->host->should_stop(sdk->ctx) : 0;
}

static inline int32_t tajo_sleep_ms(const struct tajo_sdk *sdk, int64_t ms)
{
    return TAJO_HOST_HAS(sdk->host, sleep_ms) ? sdk->host->sleep_ms(sdk->ctx, ms)
                                              : TAJO_E_UNSUPPORTED;
}

static inline int32_t tajo_option_string(const struct tajo_sdk *sdk, const char *name,
                                         struct tajo_str *ret)
{
    return TAJO_HOST_HAS(sdk->host, option_string)
               ? sdk->host->option_string(sdk->ctx, name, strlen(name), ret)
               : TAJO_E_UNSUPPORTED;
}

static inline int32_t tajo_option_integer(const struct tajo_sdk *sdk, const char *name,
                                          int64_t *ret)
{
    return TAJO_HOST_HAS(sdk->host, option_integer)
               ? sdk->host->option_integer(sdk->ctx, name, strlen(name), ret)
               : TAJO_E_UNSUPPORTED;
}

static inline int32_t tajo_option_boolean(const struct tajo_sdk *sdk, const char *name,
                                          int32_t *ret)
{
    return TAJO_HOST_HAS(sdk->host, option_boolean)
               ? sdk->host->option_boolean(sdk->ctx, name, strlen(name), ret)
               : TAJO_E_UNSUPPORTED;
}

/* Submits and waits. Release *ret with tajo_http_release. */
static inline int32_t tajo_http(const struct tajo_sdk *sdk, const struct tajo_http_request *request,
                                const struct tajo_http_response **ret)
{
    uint64_t ticket = 0;
    if (!TAJO_HOST_HAS(sdk->host, http_wait))
        return TAJO_E_UNSUPPORTED;
    int32_t r = sdk->host->http_submit(sdk->ctx, request, &ticket);
    return r < 0 ? r : sdk->host->http_wait(sdk->ctx, ticket, ret);
}

static inline void tajo_http_release(const struct tajo_sdk *sdk,
                                     const struct tajo_http_response *response)
{
    if (response != NULL && TAJO_HOST_HAS(sdk->host, http_release))
        sdk->host->http_release(sdk->ctx, response);
}

static inline int32_t tajo_emit(const struct tajo_sdk *sdk, const struct tajo_record *record)
{
    return TAJO_HOST_HAS(sdk->host, emit) ? sdk->host->emit(sdk->ctx, record) : TAJO_E_UNSUPPORTED;
}

static inline int32_t tajo_commit(const struct tajo_sdk *sdk, struct tajo_str cursor,
                                  uint32_t flags)
{
    return TAJO_HOST_HAS(sdk->host, commit)
               ? sdk->host->commit(sdk->ctx, cursor.data, cursor.len, flags)
               : TAJO_E_UNSUPPORTED;
}

static inline void tajo_progress(const struct tajo_sdk *sdk, uint64_t done, uint64_t total)
{
    if (TAJO_HOST_HAS(sdk->host, progress))
        sdk->host->progress(sdk->ctx, done, total);
}

static inline int32_t tajo_metric(const struct tajo_sdk *sdk, const char *name, int64_t value)
{
    return TAJO_HOST_HAS(sdk->host, metric) ? sdk->host->metric(sdk->ctx, name, strlen(name), value)
                                            : TAJO_E_UNSUPPORTED;
}

#endif
