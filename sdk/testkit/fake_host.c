/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* There with the address sanitizer, else NULL. A killed run leaks by nature. */
extern void __lsan_disable(void) __attribute__((weak));
extern void __lsan_enable(void) __attribute__((weak));
extern void __lsan_ignore_object(const void *p) __attribute__((weak));

static void print_and_abort(void *arg, const char *message)
{
    (void)arg;
    fprintf(stderr, "fake host: %s\n", message);
    abort();
}

void *fake_grow(void *array, size_t count, size_t item_size)
{
    if (count != 0 && (count & (count - 1)) != 0)
        return array;
    char *grown = realloc(array, (count == 0 ? 1 : count * 2) * item_size);
    if (grown == NULL)
        abort();
    memset(grown + count * item_size, 0, (count == 0 ? 1 : count) * item_size);
    return grown;
}

char *fake_copy(const char *data, size_t len)
{
    char *copy = malloc(len + 1);
    if (copy == NULL)
        abort();
    if (len > 0)
        memcpy(copy, data, len);
    copy[len] = '\0';
    return copy;
}

char *fake_format(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0)
        abort();
    va_end(args);
    return text;
}

void fake_host_fail(struct fake_host *host, const char *format, ...)
{
    char message[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    host->fail(host->fail_arg, message);
}

struct fake_host *fake_host_new(void)
{
    struct fake_host *host = calloc(1, sizeof(*host));
    if (host == NULL)
        abort();
    host->fail = print_and_abort;
    host->now_ms = INT64_C(1795428000000); /* 2026-11-23T10:00:00Z */
    host->seen.cursor = "";
    fake_table_fill(&host->table);
    fake_http_fill(&host->table);
    return host;
}

void fake_record_free(struct fake_record *record)
{
    free(record->subject);
    free(record->json);
    free(record->name);
    free(record->key);
}

void fake_pending_drop(struct fake_host *host)
{
    for (size_t i = 0; i < host->pending_count; i++)
        fake_record_free(&host->pending[i]);
    free(host->pending);
    host->pending = NULL;
    host->pending_count = 0;
    host->pending_bytes = 0;
}

static void free_lines(struct fake_line *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(lines[i].code);
        free(lines[i].text);
    }
    free(lines);
}

static void end_instance(struct fake_host *host)
{
    if (host->instance != NULL)
        host->descriptor->ops->destroy(host->instance);
    host->instance = NULL;
}

struct fake_host *fake_host_free(struct fake_host *host)
{
    if (host == NULL)
        return NULL;
    end_instance(host);
    fake_pending_drop(host);
    fake_http_free(host);
    for (size_t i = 0; i < host->seen.record_count; i++)
        fake_record_free(&host->seen.records[i]);
    for (size_t i = 0; i < host->seen.commit_count; i++)
        free(host->seen.commits[i].cursor);
    for (size_t i = 0; i < host->seen.request_count; i++)
        free(host->seen.requests[i]);
    for (size_t i = 0; i < host->option_count; i++) {
        free(host->options[i].name);
        free(host->options[i].value);
    }
    free_lines(host->seen.errors, host->seen.error_count);
    free_lines(host->seen.logs, host->seen.log_count);
    free(host->seen.records);
    free(host->seen.commits);
    free(host->seen.requests);
    free(host->options);
    free(host->refused_subject);
    free(host);
    return NULL;
}

const struct fake_host_seen *fake_host_see(const struct fake_host *host)
{
    return &host->seen;
}

void fake_host_set_failure(struct fake_host *host, void (*fail)(void *arg, const char *message),
                           void *arg)
{
    host->fail = fail;
    host->fail_arg = arg;
}

void fake_host_set_option(struct fake_host *host, const char *name, const char *value)
{
    host->options = fake_grow(host->options, host->option_count, sizeof(*host->options));
    host->options[host->option_count].name = fake_copy(name, strlen(name));
    host->options[host->option_count++].value = fake_copy(value, strlen(value));
}

void fake_host_set_table_size(struct fake_host *host, uint32_t size)
{
    host->table.size = size;
}

void fake_host_set_now(struct fake_host *host, int64_t now_ms)
{
    host->now_ms = now_ms;
}

int64_t fake_host_now(const struct fake_host *host)
{
    return host->now_ms;
}

void fake_host_set_latency(struct fake_host *host, int64_t ms)
{
    host->latency_ms = ms;
}

void fake_host_stop_at_question(struct fake_host *host, uint64_t nth)
{
    host->stop_question = nth;
    host->questions = 0;
    host->told_to_stop = false;
}

void fake_host_stop_at_time(struct fake_host *host, int64_t now_ms)
{
    host->stop_time_ms = now_ms;
    host->told_to_stop = false;
}

void fake_host_kill_at_commit(struct fake_host *host, uint64_t nth, int how)
{
    host->kill_at = nth;
    host->kill_how = how;
}

void fake_host_drop_records(struct fake_host *host)
{
    host->drops_records = true;
}

void fake_host_refuse_subject(struct fake_host *host, const char *subject, int32_t result)
{
    host->refusal = result;
    free(host->refused_subject);
    host->refused_subject = fake_copy(subject, strlen(subject));
}

int32_t fake_host_start(struct fake_host *host, const struct tajo_descriptor *descriptor)
{
    void *instance = NULL;
    host->descriptor = descriptor;
    host->inside = true;
    int32_t r = descriptor->ops->create(&host->table, (struct tajo_ctx *)host, &instance);
    host->inside = false;
    if (r < 0)
        return r;
    if (instance == NULL)
        fake_host_fail(host, "ops->create succeeded without an instance");
    host->instance = instance;
    return r;
}

int32_t fake_host_restart(struct fake_host *host)
{
    end_instance(host);
    return fake_host_start(host, host->descriptor);
}

/* Ends an operation: what was not committed is lost; what was not released is a broken rule. */
static void leave(struct fake_host *host, bool killed)
{
    host->inside = false;
    host->request = NULL;
    fake_pending_drop(host);
    size_t kept = fake_http_reset(host);
    if (kept > 0 && !killed)
        fake_host_fail(host, "%zu HTTP answers were not released when the operation ended", kept);
}

static int32_t run_or_die(struct fake_host *host, const struct tajo_run_request *request)
{
    if (__lsan_disable != NULL)
        __lsan_disable();
    volatile int32_t r = FAKE_KILLED;
    if (setjmp(host->death) == 0)
        r = host->descriptor->ops->run(host->instance, request);
    if (__lsan_enable != NULL)
        __lsan_enable();
    if (r == FAKE_KILLED) {
        if (__lsan_ignore_object != NULL)
            __lsan_ignore_object(host->instance);
        host->instance = NULL;
    }
    return r;
}

int32_t fake_host_run(struct fake_host *host, const struct tajo_run_request *request)
{
    host->inside = true;
    host->request = request;
    host->snapshot_done = false;
    size_t errors = host->seen.error_count;
    int32_t r = host->kill_at > 0 && host->kill_how != FAKE_FAIL_COMMIT
                    ? run_or_die(host, request)
                    : host->descriptor->ops->run(host->instance, request);
    leave(host, r == FAKE_KILLED);
    host->kill_at = r == FAKE_KILLED ? 0 : host->kill_at;
    if (r < 0 && r != FAKE_KILLED && r != TAJO_E_STOPPED && host->seen.error_count == errors)
        fake_host_fail(host, "the run failed (%d) without telling why with set_error", (int)r);
    return r;
}

int32_t fake_host_run_mode(struct fake_host *host, uint32_t mode, const char *cursor)
{
    struct tajo_run_request request = {.size = sizeof(request), .mode = mode};
    if (mode == TAJO_MODE_INCREMENTAL) {
        request.cursor.data = cursor != NULL ? cursor : host->seen.cursor;
        request.cursor.len = strlen(request.cursor.data);
    }
    return fake_host_run(host, &request);
}

int32_t fake_host_check(struct fake_host *host)
{
    size_t emitted = host->seen.emitted, commits = host->seen.commit_count;
    host->inside = true;
    int32_t r = host->descriptor->ops->check(host->instance);
    leave(host, false);
    if (host->seen.emitted != emitted || host->seen.commit_count != commits)
        fake_host_fail(host, "ops->check emitted or committed");
    return r;
}

int32_t fake_host_receive(struct fake_host *host, const struct tajo_delivery *delivery)
{
    host->inside = true;
    int32_t r = host->descriptor->ops->receive(host->instance, delivery);
    if (r == TAJO_OK)
        r = host->table.commit((struct tajo_ctx *)host, NULL, 0, 0);
    leave(host, false);
    return r;
}
