/* SPDX-License-Identifier: Apache-2.0 */
#include "account.h"

static int echo(int index, const struct seen *request, int fd)
{
    (void)index;
    return reply(fd, 201, "X-Test: yes\r\nX-Other: 1\r\n",
                 request->body_len > 0 ? request->body : "none");
}

/* ---- Repeating ---- */

static int third_time(int index, const struct seen *request, int fd)
{
    (void)request;
    static const int status[] = {503, 425, 200};
    return reply(fd, status[index % 3], "", "x");
}

START_TEST(idempotent_calls_are_repeated)
{
    with_server(third_time);
    struct http_request request = get_request("/x");
    ck_assert_int_eq(fetch(&request)->status, 200);
    ck_assert_int_eq(seen_count(), 3);
    ck_assert_uint_eq(calls_of("GET /x"), 3);
    request.method = "POST";
    ck_assert_int_eq(fetch(&request)->status, 503); /* as it is */
    ck_assert_int_eq(seen_count(), 4);
    request.flags = HTTP_IDEMPOTENT;
    request.attempts = 1;
    ck_assert_int_eq(fetch(&request)->status, 425);
    ck_assert_int_eq(seen_count(), 5);
}
END_TEST

static int always_500(int index, const struct seen *request, int fd)
{
    (void)index;
    (void)request;
    return reply(fd, 500, "", "broken");
}

START_TEST(the_last_answer_is_given_after_five)
{
    with_server(always_500);
    struct http_request request = get_request("/x");
    struct result *r = fetch(&request);
    ck_assert_int_eq(r->status, 500);
    ck_assert_str_eq(r->body, "broken");
    ck_assert_int_eq(seen_count(), 5);
}
END_TEST

static int after_503(int index, const struct seen *request, int fd)
{
    (void)request;
    return reply(fd, index == 0 ? 503 : 200, index == 0 ? "Retry-After: 1\r\n" : "", "");
}

START_TEST(retry_after_of_503_is_kept)
{
    with_server(after_503);
    struct http_request request = get_request("/x");
    int64_t start = clock_monotonic_ms();
    ck_assert_int_eq(fetch(&request)->status, 200);
    ck_assert_int_ge(clock_monotonic_ms() - start, 1000);
}
END_TEST

static int refuses_then_breaks(int index, const struct seen *request, int fd)
{
    (void)request;
    return reply(fd, index == 0 ? 429 : 503, "Retry-After: 1\r\n", "");
}

/* PUT may be repeated by its nature; what it decides on may have changed by then. */
START_TEST(a_call_made_once_gives_what_came)
{
    with_server(refuses_then_breaks);
    struct http_request request = get_request("/x");
    request.method = "PUT";
    request.flags = HTTP_ONCE;
    ck_assert_int_eq(fetch(&request)->status, 429);
    ck_assert_int_eq(seen_count(), 1);
    ck_assert_int_eq(fetch(&request)->status, 503);
    ck_assert_int_eq(seen_count(), 2);
}
END_TEST

static int cut_off(int index, const struct seen *request, int fd)
{
    (void)request;
    if (index % 2 == 0) {
        send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
        return 0;
    }
    return reply(fd, 200, "", "whole");
}

START_TEST(a_truncated_body_is_never_given_as_whole)
{
    with_server(cut_off);
    struct http_request request = get_request("/x");
    ck_assert_str_eq(fetch(&request)->body, "whole");
    request.method = "POST";
    struct result *r = fetch(&request);
    ck_assert_int_eq(r->status, 0);
    ck_assert_int_eq(r->error.code, ERR_TRANSIENT);
    ck_assert_int_eq(seen_count(), 3);
}
END_TEST

static int close_second(int index, const struct seen *request, int fd)
{
    (void)request;
    return index == 1 ? 0 : reply(fd, 200, "", "ok");
}

START_TEST(a_post_is_not_sent_twice_on_a_kept_connection)
{
    with_server(close_second);
    struct http_request request = {.method = "POST",
                                   .path = "/events",
                                   .endpoint = "POST /events",
                                   .body = "once",
                                   .body_len = 4};
    ck_assert_int_eq(fetch(&request)->status, 200);
    struct result *r = fetch(&request);
    ck_assert_int_eq(r->error.code, ERR_TRANSIENT);
    ck_assert_int_eq(seen_count(), 2);
    ck_assert_int_eq(fetch(&request)->status, 200);
}
END_TEST

START_TEST(nobody_listens)
{
    with_server(echo);
    int port = 0;
    close(listen_somewhere(&port));
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%d", port);
    account = http_account_free(account);
    options.base_url = url;
    ck_assert_int_eq(http_account_new(http, &options, &account, NULL), 0);
    struct http_request request = {.method = "POST", .path = "/x", .endpoint = "POST /x"};
    struct result *r = fetch(&request);
    ck_assert_int_eq(r->error.code, ERR_TRANSIENT);
    ck_assert_ptr_nonnull(strstr(r->error.what, "127.0.0.1 after 5 attempts"));
    ck_assert_str_eq(r->error.where, "POST /x");
    ck_assert_ptr_nonnull(strstr(r->error.mend, "firewall"));
    ck_assert_uint_eq(calls_of("POST /x"), 0); /* nothing was sent */
}
END_TEST

static int say_nothing(int index, const struct seen *request, int fd)
{
    char byte;
    (void)index;
    if (seen_has(request, "/stall"))
        send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nstart");
    while (read(fd, &byte, 1) > 0)
        continue;
    return 0;
}

START_TEST(silence_ends_by_the_clock)
{
    with_server(say_nothing);
    struct http_request request = get_request("/silent");
    request.attempts = 2;
    request.timeout_ms = 150;
    int64_t start = clock_monotonic_ms();
    struct result *r = fetch(&request);
    int64_t took = clock_monotonic_ms() - start;
    ck_assert_int_eq(r->error.code, ERR_TRANSIENT);
    ck_assert(took >= 300 && took < 2000);
    ck_assert_int_eq(seen_count(), 2);
    request.path = "/stall"; /* a body that stands still ends before the whole time is over */
    request.timeout_ms = 0;
    request.attempts = 1;
    start = clock_monotonic_ms();
    r = fetch(&request);
    took = clock_monotonic_ms() - start;
    ck_assert_ptr_nonnull(strstr(r->error.what, "stood still"));
    ck_assert(took >= 200 && took < 2000);
    request.method = "POST"; /* it was sent: not again */
    request.timeout_ms = 100;
    request.attempts = 5;
    int before = seen_count();
    ck_assert_int_eq(fetch(&request)->error.code, ERR_TRANSIENT);
    ck_assert_int_eq(seen_count(), before + 1);
}
END_TEST

START_TEST(a_file_waits_no_longer_than_others_for_its_first_byte)
{
    with_server(say_nothing);
    account = http_account_free(account);
    options.timeout_ms = 300;
    ck_assert_int_eq(http_account_new(http, &options, &account, NULL), 0);
    struct http_request request = get_request("/silent");
    request.flags = HTTP_BODY_TO_FD;
    request.attempts = 1;
    int64_t start = clock_monotonic_ms();
    ck_assert_int_eq(fetch(&request)->error.code, ERR_TRANSIENT);
    ck_assert(clock_monotonic_ms() - start < 2000);
}
END_TEST

/* ---- Redirects and links ---- */

static int redirect(int index, const struct seen *request, int fd)
{
    char headers[200];
    (void)index;
    if (seen_is(request, "GET /end"))
        return reply(fd, 200, "", "end");
    if (seen_is(request, "GET /abroad"))
        return reply(fd, 302, "Location: http://example.com/x\r\n", "");
    if (seen_is(request, "GET /file"))
        return reply(fd, 302, "Location: file:///etc/passwd\r\n", "");
    if (seen_is(request, "GET /loop"))
        return reply(fd, 302, "Location: /loop\r\n", "");
    snprintf(headers, sizeof(headers), "Location: http://127.0.0.1:%d/end\r\n", server.port);
    return reply(fd, 302, headers, "");
}

START_TEST(redirects_are_followed_without_credentials_only)
{
    with_server(redirect);
    struct http_request request = get_request("/start");
    ck_assert_int_eq(fetch(&request)->status, 302);
    ck_assert_int_eq(seen_count(), 1);
    request.flags = HTTP_NO_AUTH;
    struct result *r = fetch(&request);
    ck_assert_str_eq(r->body, "end");
    for (int i = 1; i < seen_count(); i++)
        ck_assert(!seen_has(server.seen[i], "api-key"));
    char link[200];
    snprintf(link, sizeof(link), "%s", server_url("/start?signed=1"));
    request.path = link;
    ck_assert_str_eq(fetch(&request)->body, "end");
    request.path = "/abroad";
    r = fetch(&request);
    ck_assert_int_eq(r->error.code, ERR_TRANSIENT);
    ck_assert_ptr_nonnull(strstr(r->error.what, "redirect"));
    request.path = "/file";
    ck_assert_int_eq(fetch(&request)->error.code, ERR_TRANSIENT);
    int before = seen_count();
    request.path = "/loop";
    ck_assert_int_eq(fetch(&request)->status, 302);
    ck_assert_int_eq(seen_count() - before, 4); /* 3 redirects */
    request.path = "/start";
    request.method = "POST";
    ck_assert_int_eq(fetch(&request)->status, 302);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http/retry");
    TCase *tests = tcase_create("retry");
    tcase_set_timeout(tests, 20);
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, idempotent_calls_are_repeated);
    tcase_add_test(tests, the_last_answer_is_given_after_five);
    tcase_add_test(tests, retry_after_of_503_is_kept);
    tcase_add_test(tests, a_call_made_once_gives_what_came);
    tcase_add_test(tests, a_truncated_body_is_never_given_as_whole);
    tcase_add_test(tests, a_post_is_not_sent_twice_on_a_kept_connection);
    tcase_add_test(tests, nobody_listens);
    tcase_add_test(tests, silence_ends_by_the_clock);
    tcase_add_test(tests, a_file_waits_no_longer_than_others_for_its_first_byte);
    tcase_add_test(tests, redirects_are_followed_without_credentials_only);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
