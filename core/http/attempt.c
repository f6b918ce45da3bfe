/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/mem.h"
#include "http/internal.h"
#include "http/url.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t take_header(char *line, size_t size, size_t count, void *arg)
{
    struct http_call *call = arg;
    struct http_attempt *attempt = &call->attempt;
    headers_add_line(&attempt->answer_headers, line, size * count);
    attempt->begun = 1;
    attempt->moved_ms = clock_monotonic_ms();
    return size * count;
}

static void ended(void *arg, CURL *easy, CURLcode code)
{
    (void)easy;
    call_attempt_ended(arg, code);
}

static int64_t watch_every_ms(const struct http_account *account)
{
    int64_t every = account->stall_ms / 4;
    return every < 20 ? 20 : every > 1000 ? 1000 : every;
}

/* curl's own low-speed limit would also end the patient wait for an answer that takes long to
 * compute; so standing still is judged here, only while a body moves. */
static void watch(void *arg)
{
    struct http_call *call = arg;
    struct http_attempt *attempt = &call->attempt;
    const struct http_account *account = call->account;
    int uploading = attempt->sent > 0 && attempt->sent < call->body_size;
    int64_t limit = attempt->begun || uploading ? account->stall_ms : call->patience_ms;
    if (clock_monotonic_ms() - attempt->moved_ms > limit) {
        attempt->stalled = 1;
        loop_transfer_remove(account->http->loop, attempt->easy);
        call_attempt_ended(call, CURLE_OPERATION_TIMEDOUT);
        return;
    }
    loop_timer_set(account->http->loop, &call->timer, watch_every_ms(account), watch, call);
}

static void add_line(struct http_attempt *attempt, const char *line)
{
    struct curl_slist *longer = curl_slist_append(attempt->headers, line);
    if (longer == NULL)
        abort();
    attempt->headers = longer;
}

static void set_headers(struct http_call *call)
{
    struct http_account *account = call->account;
    struct http_attempt *attempt = &call->attempt;
    for (const struct curl_slist *at = call->headers; at != NULL; at = at->next)
        add_line(attempt, at->data);
    if (!(call->flags & HTTP_NO_AUTH)) {
        if (account->auth == HTTP_AUTH_HEADER)
            add_line(attempt, account->auth_header);
        if (account->auth == HTTP_AUTH_CLIENT_CREDENTIALS) {
            char *line = mem_printf("Authorization: Bearer %s", account->token.value);
            add_line(attempt, line);
            free(line);
        }
    }
    curl_easy_setopt(attempt->easy, CURLOPT_HTTPHEADER, attempt->headers);
}

static void set_body(struct http_call *call, CURL *easy)
{
    int wants_body = strcmp(call->method, "POST") == 0 || strcmp(call->method, "PUT") == 0 ||
                     strcmp(call->method, "PATCH") == 0;
    if (call->body_size >= 0) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_size);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, body_read);
        curl_easy_setopt(easy, CURLOPT_READDATA, call);
        curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, body_seek);
        curl_easy_setopt(easy, CURLOPT_SEEKDATA, call);
    } else if (wants_body) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, 0L);
    } else if (strcmp(call->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    }
    if (strcmp(call->method, "GET") != 0 || call->body_size >= 0)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
}

static void set_connection(const struct http_call *call, CURL *easy)
{
    const struct http_account *account = call->account;
    const char *ca_file = getenv("SSL_CERT_FILE"); /* libcurl itself does not look at it */
    curl_easy_setopt(easy, CURLOPT_URL, call->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "tajo-connect/" TAJO_VERSION);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)account->connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)call->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)call->max_body);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    if (ca_file != NULL && ca_file[0] != '\0')
        curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
    if (url_is_loopback(call->url))
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
    else if (account->proxy != NULL)
        curl_easy_setopt(easy, CURLOPT_PROXY, account->proxy);
    if (!(call->flags & HTTP_BODY_TO_FD))
        curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
}

int attempt_start(struct http_call *call)
{
    struct http_attempt *attempt = &call->attempt;
    int64_t now = clock_monotonic_ms();
    *attempt = (struct http_attempt){.answer_fd = -1, .started_ms = now, .moved_ms = now};
    CURL *easy = curl_easy_init();
    if (easy == NULL)
        return ERR_SYSTEM;
    attempt->easy = easy;
    set_connection(call, easy);
    set_headers(call);
    set_body(call, easy);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, attempt->curl_text);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body_write);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    int r = loop_transfer_add(call->account->http->loop, easy, ended, call);
    if (r == 0)
        loop_timer_set(call->account->http->loop, &call->timer, watch_every_ms(call->account),
                       watch, call);
    return r;
}

int attempt_was_sent(const struct http_call *call)
{
    curl_off_t ready = 0;
    long bytes = 0;
    if (call->attempt.easy == NULL)
        return 0;
    /* The bytes alone would count what was said to a proxy before there was a connection. */
    curl_easy_getinfo(call->attempt.easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
    curl_easy_getinfo(call->attempt.easy, CURLINFO_REQUEST_SIZE, &bytes);
    return ready > 0 && bytes > 0;
}

void attempt_release(struct http_call *call)
{
    struct http_attempt *attempt = &call->attempt;
    if (attempt->easy == NULL)
        return;
    curl_easy_cleanup(attempt->easy);
    curl_slist_free_all(attempt->headers);
    headers_clear(&attempt->answer_headers);
    strbuf_release(&attempt->answer_body);
    if (attempt->answer_fd >= 0)
        close(attempt->answer_fd);
    *attempt = (struct http_attempt){.answer_fd = -1};
}

int attempt_response(struct http_call *call, struct http_response *ret)
{
    struct http_attempt *attempt = &call->attempt;
    long status = 0;
    curl_easy_getinfo(attempt->easy, CURLINFO_RESPONSE_CODE, &status);
    if ((call->flags & HTTP_BODY_TO_FD) && status / 100 == 2 &&
        (body_need_file(call) != 0 || lseek(attempt->answer_fd, 0, SEEK_SET) != 0))
        return ERR_SYSTEM;
    *ret = (struct http_response){
        .status = (int)status,
        .body = attempt->answer_body.len > 0 ? attempt->answer_body.data : "",
        .body_len = attempt->answer_body.len,
        .body_fd = attempt->answer_fd,
        .headers = attempt->answer_headers.list,
        .header_count = attempt->answer_headers.count,
    };
    return 0;
}
