/* SPDX-License-Identifier: Apache-2.0 */
#include "account.h"

#include "http/internal.h"

/* ---- Limits ---- */

static int ok(int index, const struct seen *request, int fd)
{
    (void)index;
    (void)request;
    return reply(fd, 200, "", "ok");
}

START_TEST(limits_are_kept)
{
    with_server(ok);
    http_account_limit(account, "", 50, 1000, 5);
    struct http_request request = get_request("/x");
    int64_t start = clock_monotonic_ms();
    for (int i = 0; i < 20; i++)
        http_send(account, &request, record, &results[i]);
    run_until_done(20);
    int64_t took = clock_monotonic_ms() - start;
    ck_assert(took >= 290 && took < 1500); /* 5 at once, 15 at 20 ms */
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(results[i].status, 200);
}
END_TEST

START_TEST(a_slow_class_does_not_hold_up_another)
{
    with_server(ok);
    http_account_limit(account, "slow", 1, 60000, 1);
    http_account_limit(account, "fast", 1000, 1000, 100);
    struct http_request request = get_request("/x");
    struct http_call *calls[3];
    request.rate_class = "slow";
    for (int i = 0; i < 3; i++)
        calls[i] = http_send(account, &request, record, &results[i]);
    request.rate_class = "fast";
    for (int i = 10; i < 40; i++)
        http_send(account, &request, record, &results[i]);
    run_until_done(31);
    ck_assert_int_eq(results[0].status, 200); /* first come */
    ck_assert_int_eq(results[1].called, 0);
    ck_assert_uint_eq(account->pending, 2);
    http_cancel(calls[1]);
    http_cancel(calls[2]);
    ck_assert_uint_eq(account->pending, 0);
}
END_TEST

START_TEST(calls_of_a_class_go_in_order)
{
    with_server(ok);
    http_account_limit(account, "c", 20, 1000, 1); /* far apart, so that order shows */
    char paths[10][16];
    for (int i = 0; i < 10; i++) {
        snprintf(paths[i], sizeof(paths[i]), "/n%d", i);
        struct http_request request = get_request(paths[i]);
        request.rate_class = "c";
        http_send(account, &request, record, &results[i]);
    }
    run_until_done(10);
    for (int i = 0; i < 10; i++)
        ck_assert_ptr_nonnull(strstr(server.seen[i]->head, paths[i]));
}
END_TEST

static int parallel, most_parallel;

static int slow(int index, const struct seen *request, int fd)
{
    (void)index;
    (void)request;
    pthread_mutex_lock(&server.lock);
    if (++parallel > most_parallel)
        most_parallel = parallel;
    pthread_mutex_unlock(&server.lock);
    usleep(30000);
    pthread_mutex_lock(&server.lock);
    parallel--;
    pthread_mutex_unlock(&server.lock);
    return reply(fd, 200, "", "ok");
}

START_TEST(eight_at_once_and_a_thousand_in_line)
{
    with_server(slow);
    struct http_request request = get_request("/x");
    struct http_call *calls[1001];
    for (int i = 0; i < 1001; i++)
        calls[i] = http_send(account, &request, record, &results[i]);
    run_until_done(1);
    ck_assert_int_eq(results[1000].error.code, ERR_LIMIT);
    run_until_done(40);
    ck_assert_int_eq(most_parallel, 8);
    for (int i = 0; i < 1000; i++)
        if (!results[i].called)
            http_cancel(calls[i]);
    ck_assert_uint_eq(account->pending, 0);
}
END_TEST

static int say_limits(int index, const struct seen *request, int fd)
{
    char headers[200];
    (void)request;
    if (index == 0)
        return reply(fd, 200,
                     "x-sib-ratelimit-limit: 100\r\nx-sib-ratelimit-remaining: 42\r\n"
                     "x-sib-ratelimit-reset: 1800\r\n",
                     "");
    snprintf(headers, sizeof(headers),
             "x-ratelimit-limit: 10\r\nx-ratelimit-remaining: 0\r\nx-ratelimit-reset: %lld\r\n",
             (long long)(clock_unix_ms() / 1000 + 1));
    return reply(fd, 200, index == 1 ? headers : "", "");
}

START_TEST(what_the_headers_say_holds)
{
    with_server(say_limits);
    struct http_request request = get_request("/x");
    request.rate_class = "other";
    ck_assert_int_eq(http_account_limit_left(account, "other"), -1);
    fetch(&request);
    ck_assert_int_eq(http_account_limit_left(account, "other"), 42);
    ck_assert_int_eq(http_account_limit_size(account, "other"), 100);
    ck_assert_int_eq(http_account_limit_left(account, ""), -1);
    ck_assert_int_eq(http_account_limit_size(account, "unknown"), -1);
    fetch(&request);
    ck_assert_int_eq(http_account_limit_left(account, "other"), 0);
    ck_assert_int_gt(http_account_limit_wait_ms(account, "other"), 500);
    ck_assert_int_eq(http_account_limit_wait_ms(account, ""), 0);
    int64_t start = clock_monotonic_ms();
    struct http_request another = get_request("/y");
    fetch(&another);
    ck_assert(clock_monotonic_ms() - start < 500);
    fetch(&request);
    ck_assert(clock_monotonic_ms() - start >= 800);
}
END_TEST

static int too_many_twice(int index, const struct seen *request, int fd)
{
    (void)request;
    if (index == 0)
        return reply(fd, 429, "Retry-After: 1\r\n", "");
    return reply(fd, index == 1 ? 429 : 200, "", "");
}

START_TEST(a_429_is_waited_out)
{
    with_server(too_many_twice);
    struct http_request request = get_request("/x");
    request.method = "POST"; /* also what must not happen twice: it has not happened */
    request.attempts = 1;    /* and it is no attempt */
    int64_t start = clock_monotonic_ms();
    ck_assert_int_eq(fetch(&request)->status, 200);
    int64_t took = clock_monotonic_ms() - start;
    ck_assert_int_eq(seen_count(), 3);
    ck_assert(server.seen[1]->at_ms - server.seen[0]->at_ms >= 1000);
    ck_assert(took >= 3000 && took < 6000); /* 1 s as told, then 2 s */
}
END_TEST

static int never(int index, const struct seen *request, int fd)
{
    (void)index;
    (void)request;
    return reply(fd, 429, "Retry-After: 7200\r\n", "");
}

START_TEST(patience_with_429_ends)
{
    with_server(never);
    struct http_request request = get_request("/x");
    struct http_call *call = http_send(account, &request, record, &results[0]);
    run_for(200);
    ck_assert_int_eq(results[0].called, 0); /* two hours are cut to one, and that is waited */
    ck_assert_int_gt(http_account_limit_wait_ms(account, ""), 3590000);
    http_cancel(call);
}
END_TEST

START_TEST(twenty_refusals_are_enough)
{
    with_server(never);
    struct http_request request = get_request("/x");
    struct http_call *call = http_send(account, &request, record, &results[0]);
    call->refusals = 20; /* as if it had waited twenty times */
    call->refused_ms = clock_monotonic_ms();
    run_until_done(1);
    ck_assert_int_eq(results[0].error.code, ERR_RATE);
    ck_assert_ptr_nonnull(strstr(results[0].error.what, "429"));
    ck_assert_ptr_nonnull(strstr(results[0].error.mend, "rate_limit"));
    request.rate_class = "another"; /* the overall line is shut for an hour now */
    account = http_account_free(account);
    ck_assert_int_eq(http_account_new(http, &options, &account, NULL), 0);
    call = http_send(account, &request, record, &results[1]);
    call->refusals = 1;
    call->refused_ms = clock_monotonic_ms() - 3600000; /* as if an hour had gone */
    run_until_done(1);
    ck_assert_int_eq(results[1].error.code, ERR_RATE);
}
END_TEST

static int no_tunnel(int index, const struct seen *request, int fd)
{
    (void)index;
    (void)request;
    return reply(fd, 403, "", "");
}

START_TEST(the_proxy_is_used_and_its_password_kept)
{
    char proxy[200];
    with_server(no_tunnel);
    snprintf(proxy, sizeof(proxy), "http://someone:pr0xy-pass@127.0.0.1:%d", server.port);
    account = http_account_free(account);
    options.base_url = "https://api.example.invalid/v3";
    options.proxy = proxy;
    ck_assert_int_eq(http_account_new(http, &options, &account, NULL), 0);
    struct capture c = capture_start();
    log_start(LOG_LOGFMT, LOG_LEVEL_DEBUG);
    struct http_request request = {.method = "POST", .path = "/x", .endpoint = "POST /x"};
    request.attempts = 2;
    struct result *r = fetch(&request);
    log_line(LOG_LEVEL_ERROR, "test", "by mistake", "%s", proxy);
    char *text = capture_end(&c);
    ck_assert_int_eq(r->error.code, ERR_TRANSIENT);
    ck_assert_ptr_null(strstr(r->error.what, "pr0xy-pass"));
    ck_assert_ptr_null(strstr(text, "pr0xy-pass"));
    ck_assert(seen_is(server.seen[0], "CONNECT api.example.invalid:443 "));
    ck_assert(!seen_has(server.seen[0], "api-key"));
    ck_assert_int_eq(seen_count(), 2); /* the request itself was never sent */
    ck_assert_uint_eq(calls_of("POST /x"), 0);
    free(text);
}
END_TEST

/* ---- What is told ---- */

static int with_id(int index, const struct seen *request, int fd)
{
    (void)index;
    (void)request;
    return reply(fd, 200, "sib-request-id: abc-123\r\n", "");
}

START_TEST(calls_are_logged_without_secrets_or_ids)
{
    with_server(with_id);
    struct capture c = capture_start();
    log_start(LOG_LOGFMT, LOG_LEVEL_DEBUG);
    struct http_request request = {.path = "/users/auth0%7Cperson-1",
                                   .endpoint = "GET /users/{id}"};
    fetch(&request);
    log_line(LOG_LEVEL_ERROR, "test", "by mistake", "key=k3y-s3cr3t");
    char *text = capture_end(&c);
    ck_assert_ptr_nonnull(strstr(text, "account=test endpoint=\"GET /users/{id}\" status=200 ms="));
    ck_assert_ptr_nonnull(strstr(text, "attempt=1"));
    ck_assert_ptr_nonnull(strstr(text, "sib-request-id=abc-123"));
    ck_assert_ptr_null(strstr(text, "person-1"));
    ck_assert_ptr_null(strstr(text, "k3y-s3cr3t"));
    free(text);
}
END_TEST

START_TEST(endpoints_are_counted_up_to_a_bound)
{
    with_server(ok);
    char name[32];
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof(name), "GET /e%d", i % 20);
        struct http_request request = {.path = "/x", .endpoint = name};
        http_send(account, &request, record, &results[i]);
    }
    run_until_done(40);
    const char *endpoint = NULL;
    uint64_t count = 0;
    ck_assert_int_eq(http_account_calls(account, 0, &endpoint, &count), 1);
    ck_assert_int_eq(http_account_calls(account, 20, &endpoint, &count), 0);
    ck_assert_uint_eq(calls_of("GET /e7"), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http/line");
    TCase *tests = tcase_create("line");
    tcase_set_timeout(tests, 20);
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, limits_are_kept);
    tcase_add_test(tests, a_slow_class_does_not_hold_up_another);
    tcase_add_test(tests, calls_of_a_class_go_in_order);
    tcase_add_test(tests, eight_at_once_and_a_thousand_in_line);
    tcase_add_test(tests, what_the_headers_say_holds);
    tcase_add_test(tests, a_429_is_waited_out);
    tcase_add_test(tests, patience_with_429_ends);
    tcase_add_test(tests, twenty_refusals_are_enough);
    tcase_add_test(tests, the_proxy_is_used_and_its_password_kept);
    tcase_add_test(tests, calls_are_logged_without_secrets_or_ids);
    tcase_add_test(tests, endpoints_are_counted_up_to_a_bound);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
