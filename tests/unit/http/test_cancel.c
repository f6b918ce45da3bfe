/* SPDX-License-Identifier: Apache-2.0 */
#include "account.h"

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

static int always_500(int index, const struct seen *request, int fd)
{
    (void)index;
    (void)request;
    return reply(fd, 500, "", "broken");
}

static int ok(int index, const struct seen *request, int fd)
{
    (void)index;
    (void)request;
    return reply(fd, 200, "", "ok");
}

static void must_not_be_called(void *arg, const struct http_response *response,
                               const struct err_info *e)
{
    (void)arg;
    (void)response;
    (void)e;
    ck_abort_msg("a cancelled call was answered");
}

START_TEST(cancel_at_every_stage)
{
    with_server(say_nothing);
    http_account_limit(account, "shut", 1, 3600000, 1);
    struct http_request request = get_request("/silent");
    http_cancel(NULL);
    http_cancel(http_send(account, &request, must_not_be_called, NULL)); /* not started */
    struct http_call *active = http_send(account, &request, must_not_be_called, NULL);
    request.rate_class = "shut";
    struct http_call *first = http_send(account, &request, must_not_be_called, NULL);
    struct http_call *waiting = http_send(account, &request, must_not_be_called, NULL);
    struct http_request bad = get_request("bad");
    http_cancel(http_send(account, &bad, must_not_be_called, NULL)); /* failed, not told yet */
    request = get_request("/stall");
    struct http_call *body = http_send(account, &request, must_not_be_called, NULL);
    run_for(100);
    ck_assert_int_eq(seen_count(), 3);
    http_cancel(active);
    http_cancel(first);
    http_cancel(waiting);
    http_cancel(body);
    run_for(50);
    ck_assert_uint_eq(account->pending, 0);
    ck_assert_uint_eq(calls_of("GET /x"), 3); /* what was sent counts */
}
END_TEST

START_TEST(cancel_while_it_rests)
{
    with_server(always_500);
    account = http_account_free(account);
    options.retry_base_ms = 60000;
    ck_assert_int_eq(http_account_new(http, &options, &account, NULL), 0);
    struct http_request request = get_request("/x");
    struct http_call *call = http_send(account, &request, must_not_be_called, NULL);
    run_for(100);
    ck_assert_int_eq(seen_count(), 1);
    http_cancel(call);
    run_for(20);
}
END_TEST

static void free_account(void *arg, const struct http_response *response, const struct err_info *e)
{
    record(arg, response, e);
    account = http_account_free(account);
}

START_TEST(done_may_free_the_account)
{
    with_server(ok);
    struct http_request request = get_request("/x");
    http_send(account, &request, free_account, &results[0]);
    for (int i = 0; i < 20; i++)
        http_send(account, &request, record, &results[1]);
    http_account_limit(account, "", 1, 1000, 1);
    run_until_done(1);
    ck_assert_ptr_null(account);
    run_for(20);
    ck_assert_int_eq(results[1].called, 0);
}
END_TEST

static void send_again(void *arg, const struct http_response *response, const struct err_info *e)
{
    struct http_request request = get_request("/again");
    record(&results[0], response, e);
    http_send(account, &request, record, arg);
}

START_TEST(done_may_send_more)
{
    with_server(ok);
    struct http_request request = get_request("/x");
    http_send(account, &request, send_again, &results[1]);
    run_until_done(2);
    ck_assert_int_eq(results[1].status, 200);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http/cancel");
    TCase *tests = tcase_create("cancel");
    tcase_set_timeout(tests, 20);
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, cancel_at_every_stage);
    tcase_add_test(tests, cancel_while_it_rests);
    tcase_add_test(tests, done_may_free_the_account);
    tcase_add_test(tests, done_may_send_more);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
