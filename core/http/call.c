/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "http/internal.h"
#include "http/url.h"
#include "log/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define MAX_REFUSALS     20
#define MAX_REFUSED_MS   INT64_C(3660000) /* one wait of an hour with its jitter fits */
#define LONGEST_503_REST INT64_C(60000)
#define WORTH_A_WORD_MS  10000 /* waits from here on are logged for everybody */

static void release(struct http_call *call)
{
    attempt_release(call);
    curl_slist_free_all(call->headers);
    if (call->body_fd >= 0)
        close(call->body_fd);
    free(call->method);
    free(call->url);
    free(call->endpoint);
    free(call->body);
    free(call);
}

static void leave_active(struct http_call *call)
{
    loop_timer_clear(call->account->http->loop, &call->timer);
    if (!call->lane->apart)
        call->account->active--;
}

/* Out of whatever it is in: lane, curl, timer. */
static void detach(struct http_call *call)
{
    struct loop *loop = call->account->http->loop;
    switch (call->state) {
    case CALL_WAITING:
        queue_remove(call);
        break;
    case CALL_ACTIVE:
        loop_transfer_remove(loop, call->attempt.easy);
        if (attempt_was_sent(call))
            account_count(call->account, call->endpoint);
        leave_active(call);
        break;
    case CALL_RESTING:
    case CALL_FAILED:
        loop_timer_clear(loop, &call->timer);
        break;
    }
}

static void leave_account(struct http_call *call)
{
    struct http_account *account = call->account;
    TAILQ_REMOVE(&account->calls, call, in_account);
    if (!call->own)
        account->pending--;
    queue_wake(account);
}

/* The last act of whoever calls it: done may free the account. The call is detached. */
static void finish(struct http_call *call, struct http_response *response, const struct err_info *e)
{
    leave_account(call);
    call->done(call->arg, response, e);
    if (response != NULL && response->body_fd < 0)
        call->attempt.answer_fd = -1; /* taken */
    release(call);
}

static void tell_failure(void *arg)
{
    struct http_call *call = arg;
    finish(call, NULL, &call->error);
}

void call_fail_later(struct http_call *call, const struct err_info *e)
{
    detach(call);
    call->error = *e;
    call->state = CALL_FAILED;
    loop_timer_set(call->account->http->loop, &call->timer, 0, tell_failure, call);
}

struct http_call *call_new(struct http_account *account, const struct http_request *request,
                           http_done done, void *arg)
{
    struct http_call *call = mem_alloc(sizeof(*call));
    call->account = account;
    call->done = done;
    call->arg = arg;
    call->number = account->next_number++;
    call->state = CALL_RESTING;
    call->attempt.answer_fd = -1;
    TAILQ_INSERT_TAIL(&account->calls, call, in_account);
    struct err_info e = {0};
    if (request_read(call, request, &e) != 0)
        call_fail_later(call, &e);
    return call;
}

struct http_call *http_send(struct http_account *account, const struct http_request *request,
                            http_done done, void *arg)
{
    struct err_info e = {0};
    struct http_call *call = call_new(account, request, done, arg);
    account->pending++;
    if (call->state == CALL_FAILED)
        return call;
    if (account->pending > HTTP_QUEUE) {
        err_set(&e, ERR_LIMIT, call->endpoint, "Wait for answers before more is asked",
                "%s: %d requests wait already", account->name, HTTP_QUEUE);
        call_fail_later(call, &e);
        return call;
    }
    queue_add(call);
    return call;
}

void http_cancel(struct http_call *call)
{
    if (call == NULL)
        return;
    detach(call);
    leave_account(call);
    release(call);
}

/* Back to its place in the lane, or to rest before that. */
static void go_back(struct http_call *call)
{
    leave_active(call);
    attempt_release(call);
    queue_add(call);
}

static void rested(void *arg)
{
    queue_add(arg);
}

static void rest(struct http_call *call, int64_t at_least_ms)
{
    struct http *http = call->account->http;
    int64_t delay = retry_delay_ms(call->account->retry_base_ms, call->tries, http_random(http));
    leave_active(call);
    attempt_release(call);
    queue_wake(call->account);
    call->state = CALL_RESTING;
    loop_timer_set(http->loop, &call->timer, delay > at_least_ms ? delay : at_least_ms, rested,
                   call);
}

static void fail(struct http_call *call, const struct err_info *e)
{
    call->error = *e;
    leave_active(call);
    finish(call, NULL, &call->error);
}

static void deliver(struct http_call *call)
{
    struct http_response response;
    struct err_info e = {0};
    if (attempt_response(call, &response) != 0) {
        call->attempt.failure = ERR_SYSTEM;
        retry_explain(call, CURLE_WRITE_ERROR, &e);
        fail(call, &e);
        return;
    }
    leave_active(call);
    finish(call, &response, NULL);
}

static void refused(struct http_call *call, const struct rate_words *words)
{
    struct http_account *account = call->account;
    int64_t now = clock_monotonic_ms();
    if (call->refusals++ == 0)
        call->refused_ms = now;
    int64_t wait =
        gate_refused(&call->lane->gate, words, call->refusals, http_random(account->http), now);
    if (call->flags & HTTP_ONCE) {
        deliver(call);
        return;
    }
    if (call->refusals > MAX_REFUSALS || now + wait - call->refused_ms > MAX_REFUSED_MS) {
        struct err_info e = {0};
        err_set(&e, ERR_RATE, call->endpoint,
                "Lower rate_limit in the configuration, or find what else uses this account's "
                "limit",
                "%s answered 429 (too many requests) %d times in %" PRId64 " s", account->name,
                call->refusals, (now - call->refused_ms) / 1000);
        fail(call, &e);
        return;
    }
    log_line(wait >= WORTH_A_WORD_MS ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG, "http",
             "limit reached, waiting", "account=%s endpoint=%s class=%s ms=%" PRId64,
             log_quote(account->name), log_quote(call->endpoint), log_quote(call->lane->name),
             wait);
    go_back(call);
}

static int is_redirect(const struct http_call *call, int status)
{
    return (call->flags & HTTP_NO_AUTH) && call->redirects < HTTP_REDIRECTS &&
           (status == 301 || status == 302 || status == 303 || status == 307 || status == 308) &&
           (strcmp(call->method, "GET") == 0 || strcmp(call->method, "HEAD") == 0) &&
           headers_find(&call->attempt.answer_headers, "location") != NULL;
}

static void follow(struct http_call *call)
{
    struct err_info e = {0};
    char *url = url_resolve(call->url, headers_find(&call->attempt.answer_headers, "location"));
    if (url_check_link(url == NULL ? "" : url, call->url, "target of a redirect", &e) != 0) {
        e.code = ERR_TRANSIENT; /* the vendor's doing, no setting of ours */
        free(url);
        fail(call, &e);
        return;
    }
    call->redirects++;
    call->tries--;
    free(call->url);
    call->url = url;
    leave_active(call);
    attempt_release(call);
    call->lane = call->account->links; /* it may lead anywhere: no limit of ours speaks of that */
    queue_add(call);
}

static void answered(struct http_call *call, int status)
{
    struct http_account *account = call->account;
    struct rate_words words = headers_read_rate(&call->attempt.answer_headers, clock_unix_ms());
    gate_note(&call->lane->gate, &words, http_random(account->http), clock_monotonic_ms());
    if (status == 429) {
        call->tries--;
        refused(call, &words);
    } else if (status == 401 && !call->renewed && account_uses_token(account) &&
               !(call->flags & HTTP_NO_AUTH)) {
        call->tries--;
        call->renewed = 1;
        token_refused(account, call->token_generation);
        go_back(call);
    } else if (is_redirect(call, status)) {
        follow(call);
    } else if (retry_judge_status(call, status) == OUTCOME_REPEAT) {
        int64_t asked = words.retry_after_ms;
        rest(call, asked > LONGEST_503_REST ? LONGEST_503_REST : asked);
    } else {
        deliver(call);
    }
}

static void log_attempt(const struct http_call *call, CURLcode code, int status)
{
    const struct http_attempt *attempt = &call->attempt;
    const char *id = headers_find(&attempt->answer_headers, "sib-request-id");
    if (!log_enabled(LOG_LEVEL_DEBUG))
        return;
    log_line(LOG_LEVEL_DEBUG, "http", "request",
             "account=%s endpoint=%s status=%d ms=%" PRId64 " attempt=%d result=%s%s%s",
             log_quote(call->account->name), log_quote(call->endpoint), status,
             clock_monotonic_ms() - attempt->started_ms, call->tries,
             attempt->stalled ? "stalled" : log_quote(curl_easy_strerror(code)),
             id == NULL ? "" : " sib-request-id=", id == NULL ? "" : log_quote(id));
}

void call_attempt_ended(struct http_call *call, CURLcode code)
{
    long status = 0;
    int sent = attempt_was_sent(call);
    call->tries++;
    curl_easy_getinfo(call->attempt.easy, CURLINFO_RESPONSE_CODE, &status);
    if (sent)
        account_count(call->account, call->endpoint);
    log_attempt(call, code, (int)status);
    if (code == CURLE_OK) {
        answered(call, (int)status);
        return;
    }
    if (retry_judge_code(call, code, sent) == OUTCOME_REPEAT) {
        rest(call, 0);
        return;
    }
    struct err_info e = {0};
    retry_explain(call, code, &e);
    fail(call, &e);
}

const char *http_response_header(const struct http_response *response, const char *name)
{
    for (size_t i = 0; i < response->header_count; i++)
        if (strcasecmp(response->headers[i].name.data, name) == 0)
            return response->headers[i].value.data;
    return NULL;
}

int http_response_take_fd(const struct http_response *response)
{
    /* const for the caller's eyes; the object itself is finish()'s own. */
    return take_fd(&((struct http_response *)response)->body_fd);
}
