/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_private.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

bool fake_matches(const char *pattern, const char *text)
{
    const char *star = NULL, *retry = NULL;
    while (*text != '\0') {
        if (*pattern == '*') {
            star = pattern++;
            retry = text;
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star + 1;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

/* ---- Script */

static void copy_answer(struct fake_answer *to, const struct fake_answer *from)
{
    *to = *from;
    to->body_len = from->body_len > 0 || from->body == NULL ? from->body_len : strlen(from->body);
    to->body = fake_copy(from->body, to->body_len);
    for (size_t i = 0; i < 8 && from->headers[i][0] != NULL; i++)
        for (size_t k = 0; k < 2; k++)
            to->headers[i][k] = fake_copy(from->headers[i][k], strlen(from->headers[i][k]));
}

void fake_host_expect(struct fake_host *host, const char *pattern, const struct fake_answer *answer)
{
    host->script = fake_grow(host->script, host->script_count, sizeof(*host->script));
    struct fake_expectation *expected = &host->script[host->script_count++];
    expected->pattern = fake_copy(pattern, strlen(pattern));
    copy_answer(&expected->answer, answer);
}

void fake_host_expect_json(struct fake_host *host, const char *pattern, int32_t status,
                           const char *body)
{
    const struct fake_answer answer = {
        .status = status, .body = body, .headers = {{"content-type", "application/json"}}};
    fake_host_expect(host, pattern, &answer);
}

void fake_host_expect_body(struct fake_host *host, const char *text)
{
    struct fake_expectation *last = &host->script[host->script_count - 1];
    free(last->body_part);
    last->body_part = fake_copy(text, strlen(text));
}

void fake_host_expect_flags(struct fake_host *host, uint32_t flags)
{
    host->script[host->script_count - 1].flags_matter = true;
    host->script[host->script_count - 1].flags = flags;
}

void fake_host_serve(struct fake_host *host, fake_serve *serve, void *arg)
{
    host->serve = serve;
    host->serve_arg = arg;
}

void fake_host_verify(struct fake_host *host)
{
    if (host->script_next < host->script_count)
        fake_host_fail(host, "expected, but never requested: %s (and %zu more after it)",
                       host->script[host->script_next].pattern,
                       host->script_count - host->script_next - 1);
}

void fake_http_free(struct fake_host *host)
{
    fake_http_reset(host);
    for (size_t i = 0; i < host->script_count; i++) {
        struct fake_expectation *expected = &host->script[i];
        for (size_t k = 0; k < 8 && expected->answer.headers[k][0] != NULL; k++) {
            free((char *)expected->answer.headers[k][0]);
            free((char *)expected->answer.headers[k][1]);
        }
        free((char *)expected->answer.body);
        free(expected->pattern);
        free(expected->body_part);
    }
    free(host->script);
    free(host->named);
}

/* ---- Requests */

static char *describe(const struct tajo_http_request *request)
{
    char *text = fake_format("%.*s %.*s", request->method.len > 0 ? (int)request->method.len : 3,
                             request->method.len > 0 ? request->method.data : "GET",
                             (int)request->path.len, request->path.data);
    for (size_t i = 0; i < request->query_count; i++) {
        const struct tajo_parameter *parameter = &request->query[i];
        char *longer =
            fake_format("%s%c%.*s=%.*s", text, i == 0 ? '?' : '&', (int)parameter->name.len,
                        parameter->name.data, (int)parameter->value.len, parameter->value.data);
        free(text);
        text = longer;
    }
    return text;
}

static void check_request(struct fake_host *host, const struct tajo_http_request *request,
                          const char *text)
{
    bool whole = request->path.len >= 8 && (memcmp(request->path.data, "https://", 8) == 0 ||
                                            memcmp(request->path.data, "http://", 7) == 0);
    if (request->endpoint.len == 0)
        fake_host_fail(host, "http_submit %s: endpoint is required", text);
    if (whole != ((request->flags & TAJO_HTTP_NO_AUTH) != 0 && request->path.data[0] != '/'))
        fake_host_fail(host, "http_submit %s: whole addresses only with NO_AUTH", text);
    if (!whole && (request->path.len == 0 || request->path.data[0] != '/'))
        fake_host_fail(host, "http_submit %s: the path must start with '/'", text);
    if (memchr(request->path.data, ' ', request->path.len) != NULL)
        fake_host_fail(host, "http_submit %s: the path is not percent-encoded", text);
    for (size_t i = 0; i < request->header_count; i++) {
        struct tajo_str name = request->headers[i].name;
        if ((name.len == 13 && strncasecmp(name.data, "authorization", 13) == 0) ||
            (name.len == 4 && strncasecmp(name.data, "host", 4) == 0) ||
            (name.len == 6 && strncasecmp(name.data, "cookie", 6) == 0))
            fake_host_fail(host, "http_submit %s: header %.*s is the host's", text, (int)name.len,
                           name.data);
    }
}

static bool check_expectation(struct fake_host *host, const struct fake_expectation *expected,
                              const struct fake_request *request)
{
    if (!fake_matches(expected->pattern, request->text)) {
        fake_host_fail(host, "unexpected request number %zu:\n  %s\nexpected:\n  %s",
                       host->seen.request_count, request->text, expected->pattern);
        return false;
    }
    char *body = fake_copy(request->body.data, request->body.len);
    if (expected->body_part != NULL && strstr(body, expected->body_part) == NULL)
        fake_host_fail(host, "the body of %s lacks %s:\n  %s", request->text, expected->body_part,
                       body);
    free(body);
    if (expected->flags_matter && expected->flags != request->flags)
        fake_host_fail(host, "%s has the flags %u, expected %u", request->text, request->flags,
                       expected->flags);
    return true;
}

static bool find_answer(struct fake_host *host, const struct fake_request *request,
                        struct fake_answer *ret)
{
    if (host->script_next < host->script_count) {
        const struct fake_expectation *expected = &host->script[host->script_next++];
        *ret = expected->answer;
        return check_expectation(host, expected, request);
    }
    if (host->serve != NULL && host->serve(host->serve_arg, request, ret)) {
        if (ret->body_len == 0 && ret->body != NULL)
            ret->body_len = strlen(ret->body);
        return true;
    }
    fake_host_fail(host, "unexpected request number %zu, the script is used up:\n  %s",
                   host->seen.request_count, request->text);
    return false;
}

static int make_file(const struct fake_answer *answer)
{
    char path[] = "/tmp/fake-host-XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0)
        abort();
    unlink(path);
    if (answer->file_fault != 0)
        close(fd);
    if (answer->file_fault == FAKE_FILE_MISSING)
        return -1;
    if (answer->file_fault == FAKE_FILE_UNREADABLE)
        return open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* read() of a directory fails */
    for (size_t done = 0; done < answer->body_len;) {
        ssize_t n = write(fd, answer->body + done, answer->body_len - done);
        if (n <= 0)
            abort();
        done += (size_t)n;
    }
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static struct fake_response *make_response(const struct fake_answer *answer, uint32_t flags)
{
    struct fake_response *response = calloc(1, sizeof(*response));
    if (response == NULL)
        abort();
    response->public.size = sizeof(response->public);
    response->public.status = answer->status;
    response->public.headers = response->headers;
    response->public.body_fd = -1;
    if (flags & TAJO_HTTP_BODY_TO_FD) {
        response->public.body_fd = make_file(answer);
    } else {
        response->strings[0] = fake_copy(answer->body, answer->body_len);
        response->public.body = (struct tajo_str){response->strings[0], answer->body_len};
    }
    for (uint32_t i = 0; i < 8 && answer->headers[i][0] != NULL; i++) {
        char *name = fake_copy(answer->headers[i][0], strlen(answer->headers[i][0]));
        char *value = fake_copy(answer->headers[i][1], strlen(answer->headers[i][1]));
        response->strings[1 + i * 2] = name;
        response->strings[2 + i * 2] = value;
        response->headers[i].name = (struct tajo_str){name, strlen(name)};
        response->headers[i].value = (struct tajo_str){value, strlen(value)};
        response->public.header_count = i + 1;
    }
    return response;
}

static void free_response(struct fake_response *response)
{
    if (response == NULL)
        return;
    if (response->public.body_fd >= 0)
        close(response->public.body_fd);
    for (size_t i = 0; i < sizeof(response->strings) / sizeof(response->strings[0]); i++)
        free(response->strings[i]);
    free(response);
}

static struct fake_ticket *find_ticket(struct fake_host *host, uint64_t number)
{
    for (size_t i = 0; i < FAKE_IN_FLIGHT_MAX; i++)
        if (host->tickets[i].number == number)
            return &host->tickets[i];
    return NULL;
}

static int32_t http_submit(struct tajo_ctx *ctx, const struct tajo_http_request *request,
                           uint64_t *ret_ticket)
{
    struct fake_host *host = fake_enter(ctx, "http_submit");
    struct fake_answer answer = {.failure = 0};
    struct fake_ticket *ticket = find_ticket(host, 0);
    char *text = describe(request);
    host->seen.requests =
        fake_grow(host->seen.requests, host->seen.request_count, sizeof(*host->seen.requests));
    host->seen.requests[host->seen.request_count++] = text;
    check_request(host, request, text);
    if (ticket == NULL) {
        fake_host_fail(host, "http_submit %s: more than %u requests not yet waited for", text,
                       FAKE_IN_FLIGHT_MAX);
        return TAJO_E_BUG;
    }
    const struct fake_request seen = {.text = text,
                                      .body = request->body,
                                      .rate_class = request->rate_class,
                                      .endpoint = request->endpoint,
                                      .flags = request->flags};
    if (!fake_links_allow(host, request->path)) {
        fake_host_fail(host, "http_submit %s: no answer has named this host", text);
        answer.failure = TAJO_E_BUG;
    } else if (!find_answer(host, &seen, &answer)) {
        return TAJO_E_BUG;
    }
    ticket->number = ++host->last_ticket;
    ticket->failure = answer.failure;
    ticket->response = answer.failure < 0 ? NULL : make_response(&answer, request->flags);
    if (++host->in_flight > host->seen.most_in_flight)
        host->seen.most_in_flight = host->in_flight;
    *ret_ticket = ticket->number;
    return TAJO_OK;
}

static int32_t http_wait(struct tajo_ctx *ctx, uint64_t number,
                         const struct tajo_http_response **ret)
{
    struct fake_host *host = fake_enter(ctx, "http_wait");
    struct fake_ticket *ticket = number == 0 ? NULL : find_ticket(host, number);
    if (ticket == NULL) {
        fake_host_fail(host, "http_wait: ticket %llu was never given or is used up",
                       (unsigned long long)number);
        return TAJO_E_BUG;
    }
    struct fake_ticket taken = *ticket;
    *ticket = (struct fake_ticket){.number = 0};
    host->in_flight--;
    host->now_ms += host->latency_ms;
    if (taken.failure < 0) {
        static const char message[] = "the request failed for good";
        return host->table.set_error(ctx, taken.failure, "http", 4, message, sizeof(message) - 1);
    }
    if (host->stop_time_ms > 0 && fake_is_stopping(host)) {
        free_response(taken.response);
        return TAJO_E_STOPPED;
    }
    taken.response->next = host->given;
    host->given = taken.response;
    fake_links_note(host, &taken.response->public);
    *ret = &taken.response->public;
    return TAJO_OK;
}

static void http_release(struct tajo_ctx *ctx, const struct tajo_http_response *response)
{
    struct fake_host *host = fake_enter(ctx, "http_release");
    struct fake_response **at = &host->given;
    while (*at != NULL && &(*at)->public != response)
        at = &(*at)->next;
    if (*at == NULL) {
        fake_host_fail(host, "http_release: not an answer of this host, or released twice");
        return;
    }
    struct fake_response *found = *at;
    *at = found->next;
    free_response(found);
}

size_t fake_http_reset(struct fake_host *host)
{
    size_t kept = 0;
    for (size_t i = 0; i < FAKE_IN_FLIGHT_MAX; i++) {
        host->seen.abandoned += host->tickets[i].number != 0;
        free_response(host->tickets[i].response);
        host->tickets[i] = (struct fake_ticket){.number = 0};
    }
    host->in_flight = 0;
    while (host->given != NULL) {
        struct fake_response *next = host->given->next;
        free_response(host->given);
        host->given = next;
        kept++;
    }
    return kept;
}

void fake_http_fill(struct tajo_host *table)
{
    table->http_submit = http_submit;
    table->http_wait = http_wait;
    table->http_release = http_release;
}
