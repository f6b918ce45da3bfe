/* SPDX-License-Identifier: Apache-2.0 */
#include "tokens.h"

#include "http/internal.h"

START_TEST(one_token_serves_all_calls)
{
    struct http_request request = get_request("/api/v2/users");
    for (int i = 0; i < 20; i++)
        http_send(account, &request, record, &results[i]);
    run_until_done(20);
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(results[i].status, 200);
    ck_assert_int_eq(token_count, 1);
    const struct seen *token = seen_call("POST /oauth/token HTTP/1.1", 0);
    ck_assert_str_eq(token->body, "grant_type=client_credentials&client_id=the-client&"
                                  "client_secret=s3cr3t%2F%26%2Bvalue&"
                                  "audience=https%3A%2F%2Ft%2Fapi%2Fv2%2F");
    ck_assert(seen_has(token, "Content-Type: application/x-www-form-urlencoded"));
    ck_assert(!seen_has(token, "\r\nAuthorization:"));
    ck_assert(seen_has(seen_call("GET /api", 0), "\r\nAuthorization: Bearer tok3n-0\r\n"));
    ck_assert_uint_eq(calls_of("POST /oauth/token"), 1);
    ck_assert_uint_eq(calls_of("GET /x"), 20);
}
END_TEST

START_TEST(a_401_renews_the_token_once_for_all)
{
    fetch();
    api_refuses_from = 1;
    api_refuses_to = 6;
    struct http_request request = get_request("/api/v2/users");
    for (int i = 10; i < 15; i++)
        http_send(account, &request, record, &results[i]);
    run_until_done(5);
    for (int i = 10; i < 15; i++)
        ck_assert_int_eq(results[i].status, 200);
    ck_assert_int_eq(token_count, 2);
    ck_assert_int_eq(api_count, 11);
    ck_assert(seen_has(server.seen[seen_count() - 1], "Bearer tok3n-1"));
}
END_TEST

START_TEST(a_second_401_is_the_answer)
{
    api_refuses_to = 1000;
    ck_assert_int_eq(fetch()->status, 401);
    ck_assert_int_eq(api_count, 2);
    ck_assert_int_eq(token_count, 2);
}
END_TEST

START_TEST(a_post_is_repeated_after_a_401_too)
{
    api_refuses_to = 1;
    struct http_request request = {.method = "POST",
                                   .path = "/api/v2/jobs",
                                   .endpoint = "POST /jobs",
                                   .body = "body",
                                   .body_len = 4};
    http_send(account, &request, record, &results[0]);
    run_until_done(1);
    ck_assert_int_eq(results[0].status, 200);
    ck_assert_str_eq(seen_call("POST /api/v2/jobs", 1)->body, "body");
}
END_TEST

START_TEST(calls_without_credentials_need_no_token)
{
    char link[200];
    snprintf(link, sizeof(link), "%s", server_url("/file?signature=1"));
    struct http_request request = get_request(link);
    request.flags = HTTP_NO_AUTH;
    http_send(account, &request, record, &results[0]);
    request.path = "/public";
    http_send(account, &request, record, &results[1]);
    run_until_done(2);
    ck_assert_int_eq(token_count, 0);
    ck_assert_int_eq(results[0].status + results[1].status, 400);
    ck_assert(!seen_has(server.seen[0], "\r\nAuthorization:"));
}
END_TEST

static void expect_error(int status, const char *answer, int code, const char *what,
                         const char *mend)
{
    token_status = status;
    token_answer = answer;
    struct result *r = fetch();
    ck_assert_msg(r->error.code == code, "%d %s: %s %s", status, answer, err_name(r->error.code),
                  r->error.what);
    ck_assert_msg(strstr(r->error.what, what) != NULL, "%s", r->error.what);
    ck_assert_msg(strstr(r->error.mend, mend) != NULL, "%s", r->error.mend);
    ck_assert_str_eq(r->error.where, "POST /oauth/token");
    ck_assert_ptr_nonnull(strstr(r->error.what, "auth0: "));
    ck_assert_ptr_nonnull(strstr(r->error.what, "127.0.0.1"));
    ck_assert_ptr_null(strstr(r->error.what, "s3cr3t"));
}

START_TEST(refusals_say_which_setting)
{
    expect_error(401, "{\"error\":\"access_denied\",\"error_description\":\"Unauthorized\"}",
                 ERR_AUTH, "refused the client_id or client_secret (401: Unauthorized)",
                 "client_secret");
    expect_error(403,
                 "{\"error\":\"access_denied\",\"error_description\":\"Client is not authorized to "
                 "access \\\"https://t/api/v2/\\\". You need to create a \\\"client-grant\\\"\"}",
                 ERR_AUTH, "create a \"client-grant\"", "Authorise this application");
    expect_error(403,
                 "{\"error\":\"unauthorized_client\",\"error_description\":\"Grant type "
                 "'client_credentials' not allowed for the client.\"}",
                 ERR_AUTH, "not allowed for the client", "Client Credentials grant");
    expect_error(400, "{\"error\":\"invalid_client\"}", ERR_AUTH, "invalid_client",
                 "client_secret");
    expect_error(404, "<html>", ERR_CONFIG, "no access token (404", "domain");
    expect_error(401, "{\"error\":\"echo s3cr3t/&+value\"}", ERR_AUTH, "refused", "client_id");
    expect_error(401, "{\"error\":\"a\\nb\\u0001c\"}", ERR_AUTH, "a b c", "");
    ck_assert_int_eq(token_count, 7); /* none of them is repeated */
    ck_assert_int_eq(api_count, 0);
}
END_TEST

START_TEST(answers_that_are_no_tokens)
{
    static const char *const bad[] = {
        "<html>login</html>",
        "",
        "[]",
        "{\"access_token\":7}",
        "{\"access_token\":\"\"}",
        "{\"access_token\":\"a b\"}",
        "{\"access_token\":\"a\\r\\nX-Evil: 1\"}",
        "{\"access_token\":\"abc\",\"token_type\":\"DPoP\"}",
        "{\"access_token\":\"abc\",\"expires_in\":0}",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        expect_error(200, bad[i], ERR_TRANSIENT, "is not an access token", "proxy");
    ck_assert_int_eq(api_count, 0);
    expect_error(503, "", ERR_TRANSIENT, "answered 503", "status page");
    ck_assert_int_eq(token_count, 9 + 5);
}
END_TEST

START_TEST(a_429_of_the_token_endpoint_is_waited_out)
{
    token_status = 429;
    token_answer = "{\"error\":\"too_many_requests\"}";
    token_headers = "Retry-After: 1\r\n";
    struct http_request request = get_request("/api/v2/users");
    http_send(account, &request, record, &results[0]);
    run_for(300);
    ck_assert_int_eq(token_count, 1);
    ck_assert_int_eq(results[0].called, 0);
    token_answer = NULL;
    run_until_done(1);
    ck_assert_int_eq(results[0].status, 200);
    ck_assert(seen_call("POST /oauth/token", 1)->at_ms - server.seen[0]->at_ms >= 1000);
}
END_TEST

START_TEST(nobody_at_the_token_endpoint)
{
    char url[100];
    int port = 0;
    close(listen_somewhere(&port));
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/oauth/token", port);
    options.token_url = url;
    account = http_account_free(account);
    open_account();
    struct result *r = fetch();
    ck_assert_int_eq(r->error.code, ERR_TRANSIENT);
    ck_assert_str_eq(r->error.where, "POST /oauth/token");
}
END_TEST

START_TEST(all_who_wait_hear_the_refusal)
{
    token_status = 401;
    token_answer = "{}";
    struct http_request request = get_request("/x");
    for (int i = 0; i < 30; i++)
        http_send(account, &request, record, &results[i]);
    run_until_done(30);
    for (int i = 0; i < 30; i++)
        ck_assert_int_eq(results[i].error.code, ERR_AUTH);
    ck_assert_int_eq(token_count, 1);
    token_answer = NULL; /* mended: the next call works */
    ck_assert_int_eq(fetch()->status, 200);
}
END_TEST

START_TEST(scopes_come_from_the_answer_or_the_token)
{
    http_account_token_scopes(account, scopes_told, told[0]);
    http_account_token_scopes(account, scopes_told, told[1]);
    run_until_done(2);
    ck_assert_str_eq(told[0], "read:users update:users");
    ck_assert_str_eq(told[1], told[0]);
    http_account_token_scopes(account, scopes_told, told[2]);
    run_until_done(1);
    ck_assert_str_eq(told[2], told[0]);
    ck_assert_int_eq(token_count, 1);
    http_account_forget_token(account);
    token_answer = BASIC;
    http_account_token_scopes(account, scopes_told, told[0]);
    run_until_done(1);
    ck_assert_str_eq(told[0], "read:users read:logs");
    http_account_forget_token(account);
    token_answer = "{}";
    token_status = 401;
    http_account_token_scopes(account, scopes_told, told[0]);
    run_until_done(1);
    ck_assert_str_eq(told[0], "failed");
    ck_assert_int_eq(told_error.code, ERR_AUTH);
}
END_TEST

START_TEST(accounts_without_tokens_have_no_scopes)
{
    account = http_account_free(account);
    options.auth = HTTP_AUTH_NONE;
    open_account();
    http_account_token_scopes(account, scopes_told, told[0]);
    run_until_done(1);
    ck_assert_str_eq(told[0], "");
    ck_assert_int_eq(fetch()->status, 200);
    ck_assert_int_eq(token_count, 0);
    http_account_token_scopes(account, scopes_told, told[0]);
    account = http_account_free(account); /* whoever waits is not told */
    run_for(20);
}
END_TEST

START_TEST(scopes_of_strange_tokens)
{
    static const struct {
        const char *token;
        const char *scopes;
    } cases[] = {
        {JWT, "read:users read:logs"},
        {"opaque", ""},
        {"a.b", ""},
        {"..", ""},
        {"a.!!.c", ""},
        {"a.e30.c", ""},
        {"a.bm90anNvbg.c", ""},
        {"a.W10=.c", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *scopes = token_jwt_scopes(cases[i].token);
        ck_assert_str_eq(scopes, cases[i].scopes);
        free(scopes);
    }
}
END_TEST

START_TEST(a_token_is_renewed_before_it_ends)
{
    token_answer = "{\"access_token\":\"short\",\"expires_in\":1}";
    fetch();
    fetch();
    ck_assert_int_eq(token_count, 1);
    run_for(920); /* 90 % of its life is over */
    fetch();
    ck_assert_int_eq(token_count, 2);
    run_for(920);
    token_status = 401; /* no new one, but the old one holds a little longer */
    ck_assert_int_eq(fetch()->status, 200);
    ck_assert_int_eq(token_count, 3);
    run_for(150);
    ck_assert_int_eq(fetch()->error.code, ERR_AUTH);
}
END_TEST

START_TEST(long_lives_have_a_margin_of_five_minutes)
{
    fetch();
    int64_t left = account->token.expires_ms - account->token.renew_ms;
    ck_assert_int_eq(left, 300000);
    ck_assert(account->token.expires_ms > clock_unix_ms() + 86000000);
}
END_TEST

START_TEST(cancelling_while_the_token_is_fetched)
{
    struct http_request request = get_request("/x");
    struct http_call *call = http_send(account, &request, record, &results[0]);
    run_for(10);
    http_cancel(call);
    run_for(60);
    ck_assert_int_eq(results[0].called, 0);
    http_account_forget_token(account);
    http_send(account, &request, record, &results[0]);
    run_for(10);
    account = http_account_free(account); /* with the fetch under way */
    run_for(60);
    ck_assert_int_eq(results[0].called, 0);
}
END_TEST

START_TEST(no_secret_is_ever_written)
{
    struct capture c = capture_start();
    log_start(LOG_LOGFMT, LOG_LEVEL_DEBUG);
    api_refuses_to = 1;
    fetch();
    log_line(LOG_LEVEL_ERROR, "test", "by mistake", "a=%s b=%s c=%s", "s3cr3t/&+value", "tok3n-0",
             "tok3n-1");
    token_status = 401;
    token_answer = "{\"error\":\"s3cr3t/&+value\"}";
    http_account_forget_token(account);
    fetch();
    char *text = capture_end(&c);
    ck_assert_ptr_null(strstr(text, "s3cr3t"));
    ck_assert_ptr_null(strstr(text, "tok3n-"));
    ck_assert_ptr_nonnull(strstr(text, "endpoint=\"POST /oauth/token\" status=200"));
    ck_assert_ptr_nonnull(strstr(text, "the access token was refused"));
    free(text);
}
END_TEST

START_TEST(the_key_of_a_stored_token_covers_its_secret)
{
    char *first = token_store_key(account);
    ck_assert_uint_eq(strlen(first), 64);
    account->client_secret[0] = 'S';
    char *second = token_store_key(account);
    ck_assert_str_ne(first, second);
    free(first);
    free(second);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http/token");
    TCase *tests = tcase_create("token");
    tcase_set_timeout(tests, 20);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, one_token_serves_all_calls);
    tcase_add_test(tests, a_401_renews_the_token_once_for_all);
    tcase_add_test(tests, a_second_401_is_the_answer);
    tcase_add_test(tests, a_post_is_repeated_after_a_401_too);
    tcase_add_test(tests, calls_without_credentials_need_no_token);
    tcase_add_test(tests, refusals_say_which_setting);
    tcase_add_test(tests, answers_that_are_no_tokens);
    tcase_add_test(tests, a_429_of_the_token_endpoint_is_waited_out);
    tcase_add_test(tests, nobody_at_the_token_endpoint);
    tcase_add_test(tests, all_who_wait_hear_the_refusal);
    tcase_add_test(tests, scopes_come_from_the_answer_or_the_token);
    tcase_add_test(tests, accounts_without_tokens_have_no_scopes);
    tcase_add_test(tests, scopes_of_strange_tokens);
    tcase_add_test(tests, a_token_is_renewed_before_it_ends);
    tcase_add_test(tests, long_lives_have_a_margin_of_five_minutes);
    tcase_add_test(tests, cancelling_while_the_token_is_fetched);
    tcase_add_test(tests, no_secret_is_ever_written);
    tcase_add_test(tests, the_key_of_a_stored_token_covers_its_secret);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
