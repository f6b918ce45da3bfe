/* SPDX-License-Identifier: Apache-2.0 */
#include "http/headers.h"
#include "http/limit.h"
#include "http/url.h"

#include "http/internal.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct gate gate;
static const struct rate_words silence = {-1, -1, -1, -1};

static void fresh_gate(void)
{
    gate_init(&gate);
}

/* Takes as often as the gate allows between two times; the count. */
static int take_between(int64_t from_ms, int64_t to_ms)
{
    int taken = 0;
    for (int64_t now = from_ms; now < to_ms;) {
        int64_t wait = gate_wait_ms(&gate, now);
        if (wait == 0) {
            gate_take(&gate, now);
            taken++;
        }
        now += wait;
    }
    return taken;
}

START_TEST(an_empty_gate_is_open)
{
    ck_assert_int_eq(gate_wait_ms(&gate, 5), 0);
    gate_take(&gate, 5);
    ck_assert_int_eq(gate_wait_ms(&gate, 5), 0);
    ck_assert_int_eq(gate_left(&gate, 5), -1);
}
END_TEST

START_TEST(burst_then_rate)
{
    ck_assert_int_eq(gate_add(&gate, 50, 1000, 5, 0), 0);
    ck_assert_int_eq(take_between(0, 1), 5);
    ck_assert_int_eq(gate_wait_ms(&gate, 0), 20);
    ck_assert_int_eq(take_between(0, 1001), 50);
    ck_assert_int_eq(gate_wait_ms(&gate, 100000), 0); /* never more than the burst */
    ck_assert_int_eq(take_between(100000, 100001), 5);
}
END_TEST

START_TEST(limits_of_a_class_hold_together)
{
    ck_assert_int_eq(gate_add(&gate, 10, 1000, 10, 0), 0);
    ck_assert_int_eq(gate_add(&gate, 30, 60000, 30, 0), 0);
    int taken = take_between(0, 10001);
    ck_assert_int_ge(taken, 34); /* the minute's 30 and what 10 s add */
    ck_assert_int_le(taken, 36);
    ck_assert_int_eq(gate_add(&gate, 1, 1, 0, 0), 0);
    ck_assert_int_eq(gate_add(&gate, 0, 0, 0, 0), 0);
    ck_assert_int_eq(gate_add(&gate, 1, 1, 1, 0), -1);
}
END_TEST

START_TEST(nothing_left_shuts_until_the_reset)
{
    struct rate_words words = {10, 0, 5000, -1};
    gate_note(&gate, &words, 0, 1000);
    ck_assert_int_eq(gate_wait_ms(&gate, 1000), 5000);
    ck_assert_int_eq(gate_left(&gate, 1000), 0);
    ck_assert_int_eq(gate_left(&gate, 6000), -1);
    words.reset_ms = 1;
    gate_note(&gate, &words, 0, 7000);
    ck_assert_int_eq(gate_wait_ms(&gate, 7000), 1000); /* at least a second */
    words.reset_ms = INT64_C(86400000);
    gate_note(&gate, &words, 0, 8000);
    ck_assert_int_eq(gate_wait_ms(&gate, 8000), 3600000); /* at most an hour */
    gate_note(&gate, &silence, 0, 9000);
    ck_assert_int_eq(gate_wait_ms(&gate, 8000), 3600000);
}
END_TEST

START_TEST(headers_correct_the_bucket_they_speak_of)
{
    gate_add(&gate, 100, 60000, 40, 0);
    gate_add(&gate, 1000, 3600000, 1000, 0);
    struct rate_words words = {40, 1, 60000, -1};
    gate_note(&gate, &words, 0, 0);
    ck_assert_int_eq(gate_left(&gate, 0), 1);
    ck_assert_int_eq(take_between(0, 1), 1);
    ck_assert_int_eq(gate_wait_ms(&gate, 0), 600);
    words.left = 39; /* somebody's window began anew: our own count stands */
    gate_note(&gate, &words, 0, 0);
    ck_assert_int_eq(gate_wait_ms(&gate, 0), 600);
}
END_TEST

START_TEST(a_refusal_waits_as_told_or_longer_each_time)
{
    struct rate_words words = silence;
    ck_assert_int_eq(gate_refused(&gate, &words, 1, 0, 0), 1000);
    ck_assert_int_eq(gate_refused(&gate, &words, 3, 0, 0), 4000);
    ck_assert_int_eq(gate_refused(&gate, &words, 20, 0, 0), 64000);
    ck_assert_int_eq(gate_wait_ms(&gate, 0), 64000);
    fresh_gate();
    words.reset_ms = 7000;
    ck_assert_int_eq(gate_refused(&gate, &words, 1, 0, 0), 7000);
    words.retry_after_ms = 2000;
    ck_assert_int_eq(gate_refused(&gate, &words, 1, 0, 0), 2000);
    ck_assert_int_eq(gate_wait_ms(&gate, 0), 7000); /* never opened earlier */
    int64_t wait = gate_refused(&gate, &words, 1, 0.999, 0);
    ck_assert(wait > 2000 && wait <= 2200);
}
END_TEST

static struct http_headers parsed;

static void parse_headers(const char *const *lines)
{
    headers_clear(&parsed);
    for (; *lines != NULL; lines++)
        headers_add_line(&parsed, *lines, strlen(*lines));
}

START_TEST(headers_are_found_in_any_case)
{
    parse_headers((const char *const[]){"HTTP/1.1 100 Continue\r\n", "X-Old: 1\r\n",
                                        "HTTP/1.1 200 OK\r\n", "Content-TYPE:  text/html \r\n",
                                        "empty:\r\n", "no colon\r\n", ": no name\r\n", "\r\n",
                                        NULL});
    ck_assert_uint_eq(parsed.count, 2);
    ck_assert_str_eq(parsed.list[0].name.data, "content-type");
    ck_assert_str_eq(headers_find(&parsed, "Content-Type"), "text/html");
    ck_assert_str_eq(headers_find(&parsed, "EMPTY"), "");
    ck_assert_ptr_null(headers_find(&parsed, "x-old"));
    for (int i = 0; i < 300; i++)
        headers_add_line(&parsed, "a: b\r\n", 6);
    ck_assert_uint_eq(parsed.count, 128);
    headers_clear(&parsed);
    char *big = malloc(70000);
    memset(big, 'a', 70000);
    big[1] = ':';
    headers_add_line(&parsed, big, 70000);
    ck_assert_uint_eq(parsed.count, 0);
    free(big);
}
END_TEST

static struct rate_words words_of(const char *a, const char *b, const char *c)
{
    parse_headers((const char *const[]){a, b, c, NULL});
    struct rate_words words = headers_read_rate(&parsed, INT64_C(1795428000000));
    headers_clear(&parsed);
    return words;
}

START_TEST(rate_headers_are_read)
{
    struct rate_words w = words_of("x-ratelimit-limit: 50", "x-ratelimit-remaining: 7",
                                   "x-ratelimit-reset: 1795428003");
    ck_assert_int_eq(w.size, 50);
    ck_assert_int_eq(w.left, 7);
    ck_assert_int_eq(w.reset_ms, 3000);
    ck_assert_int_eq(w.retry_after_ms, -1);
    w = words_of("x-sib-ratelimit-limit: 100", "x-sib-ratelimit-remaining: 0",
                 "x-sib-ratelimit-reset: 1800");
    ck_assert_int_eq(w.size, 100);
    ck_assert_int_eq(w.left, 0);
    ck_assert_int_eq(w.reset_ms, 1800000);
    w = words_of("x-ratelimit-reset: 1795427000", "x-ratelimit-remaining: -1",
                 "retry-after: Mon, 23 Nov 2026 10:00:30 GMT");
    ck_assert_int_eq(w.reset_ms, 0); /* past */
    ck_assert_int_eq(w.left, -1);
    ck_assert_int_eq(w.retry_after_ms, 30000);
    w = words_of("retry-after: 12", "x-ratelimit-reset: 99999999999999999999",
                 "x-ratelimit-limit: 60;w=60");
    ck_assert_int_eq(w.retry_after_ms, 12000);
    ck_assert_int_eq(w.reset_ms, INT64_C(31536000000));
    ck_assert_int_eq(w.size, -1);
    w = words_of("retry-after: soon", "x-ratelimit-limit: 60, 60", "x-ratelimit-reset: 1.5");
    ck_assert_int_eq(w.retry_after_ms, -1);
    ck_assert_int_eq(w.size, 60);
    ck_assert_int_eq(w.reset_ms, 1000);
    w = words_of("retry-after: 99999999999", "x: y", "z: z");
    ck_assert_int_eq(w.retry_after_ms, INT64_C(31536000000));
}
END_TEST

START_TEST(only_https_or_loopback)
{
    static const char *const good[] = {"https://acme.eu.auth0.com", "https://api.brevo.com/v3",
                                       "http://127.0.0.1:80/x",     "http://127.9.9.9",
                                       "http://[::1]:8080",         "http://LOCALHOST/"};
    static const char *const bad[] = {"http://acme.auth0.com",
                                      "http://localhost.evil.com",
                                      "http://127.0.0.1.evil.com",
                                      "http://localhost@evil.com",
                                      "https://user:hunter2@host/",
                                      "http://128.0.0.1",
                                      "http://[::2]",
                                      "ftp://127.0.0.1",
                                      "file:///etc/passwd",
                                      "acme.auth0.com",
                                      "",
                                      "https://"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        ck_assert_msg(url_check_base(good[i], "x", NULL) == 0, "%s", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct err_info e = {0};
        ck_assert_msg(url_check_base(bad[i], "base_url of x", &e) == ERR_CONFIG, "%s", bad[i]);
        ck_assert_ptr_nonnull(strstr(e.what, "base_url of x"));
        ck_assert_ptr_null(strstr(e.what, "hunter2"));
        ck_assert_uint_gt(strlen(e.mend), 0);
    }
    ck_assert_int_eq(url_check_base("https://h/?a=b", "x", NULL), ERR_CONFIG);
    ck_assert_int_eq(url_check("https://h/?a=b", "x", NULL), 0);
    ck_assert(url_is_loopback("https://127.0.0.1/") && !url_is_loopback("https://h/"));
}
END_TEST

START_TEST(urls_come_apart)
{
    static const struct {
        char *(*part)(const char *url);
        const char *url;
        const char *want;
    } cases[] = {
        {url_host, "https://a.b:8/c", "a.b"},
        {url_path, "https://a.b/oauth/token", "/oauth/token"},
        {url_password, "http://u:p%40w@h/", "p@w"},
        {url_password, "http://h/", ""},
        {url_host, "nonsense url", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *got = cases[i].part(cases[i].url);
        ck_assert_str_eq(got, cases[i].want);
        free(got);
    }
    char *url = url_resolve("https://a/b/c?d", "../e");
    ck_assert_str_eq(url, "https://a/e");
    free(url);
    ck_assert_ptr_null(url_resolve("nonsense url", "/x"));
    ck_assert_ptr_null(url_resolve("https://a/", "http://"));
}
END_TEST

START_TEST(delays_grow_and_are_spread)
{
    ck_assert_int_eq(retry_delay_ms(500, 1, 0.5), 250);
    ck_assert_int_eq(retry_delay_ms(500, 3, 0.5), 1000);
    ck_assert_int_eq(retry_delay_ms(500, 50, 0.5), 15000);
    ck_assert_int_eq(retry_delay_ms(500, 1, 0), 0);
}
END_TEST

START_TEST(outcomes_are_judged)
{
    struct http_call call = {.idempotent = 1, .tries = 1, .attempts = 2};
    static const int passing[] = {408, 425, 500, 502, 503, 504, 524};
    static const int final[] = {200, 304, 400, 401, 404, 409, 501};
    for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
        ck_assert_int_eq(retry_judge_status(&call, passing[i]), OUTCOME_REPEAT);
    for (size_t i = 0; i < sizeof(final) / sizeof(final[0]); i++)
        ck_assert_int_eq(retry_judge_status(&call, final[i]), OUTCOME_ANSWER);
    ck_assert_int_eq(retry_judge_code(&call, CURLE_RECV_ERROR, 1), OUTCOME_REPEAT);
    ck_assert_int_eq(retry_judge_code(&call, CURLE_PEER_FAILED_VERIFICATION, 0), OUTCOME_FAIL);
    call.idempotent = 0;
    ck_assert_int_eq(retry_judge_status(&call, 503), OUTCOME_ANSWER);
    ck_assert_int_eq(retry_judge_code(&call, CURLE_RECV_ERROR, 1), OUTCOME_FAIL);
    ck_assert_int_eq(retry_judge_code(&call, CURLE_COULDNT_CONNECT, 0), OUTCOME_REPEAT);
    call.tries = 2;
    ck_assert_int_eq(retry_judge_code(&call, CURLE_COULDNT_CONNECT, 0), OUTCOME_FAIL);
}
END_TEST

START_TEST(every_failure_has_its_sentence)
{
    static const CURLcode codes[] = {CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY,
                                     CURLE_COULDNT_CONNECT,      CURLE_PEER_FAILED_VERIFICATION,
                                     CURLE_OPERATION_TIMEDOUT,   CURLE_GOT_NOTHING,
                                     CURLE_SEND_FAIL_REWIND};
    struct http_account acc = {.name = (char *)(size_t) "auth0"};
    struct http_call call = {.account = &acc,
                             .endpoint = (char *)(size_t) "GET /users/{id}",
                             .url = (char *)(size_t) "https://acme.auth0.com/users/auth0%7C1",
                             .tries = 5};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        struct err_info e = {0};
        ck_assert_int_eq(retry_explain(&call, codes[i], &e), ERR_TRANSIENT);
        ck_assert_ptr_nonnull(strstr(e.what, "auth0: no answer from acme.auth0.com after 5"));
        ck_assert_str_eq(e.where, "GET /users/{id}");
        ck_assert_uint_gt(strlen(e.mend), 20);
        ck_assert_ptr_null(strstr(e.what, "7C1"));
    }
    struct err_info e = {0};
    ck_assert_int_eq(retry_explain(&call, CURLE_FILESIZE_EXCEEDED, &e), ERR_LIMIT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http/limit");
    TCase *tests = tcase_create("limit");
    tcase_add_checked_fixture(tests, fresh_gate, NULL);
    tcase_add_test(tests, an_empty_gate_is_open);
    tcase_add_test(tests, burst_then_rate);
    tcase_add_test(tests, limits_of_a_class_hold_together);
    tcase_add_test(tests, nothing_left_shuts_until_the_reset);
    tcase_add_test(tests, headers_correct_the_bucket_they_speak_of);
    tcase_add_test(tests, a_refusal_waits_as_told_or_longer_each_time);
    tcase_add_test(tests, headers_are_found_in_any_case);
    tcase_add_test(tests, rate_headers_are_read);
    tcase_add_test(tests, only_https_or_loopback);
    tcase_add_test(tests, urls_come_apart);
    tcase_add_test(tests, delays_grow_and_are_spread);
    tcase_add_test(tests, outcomes_are_judged);
    tcase_add_test(tests, every_failure_has_its_sentence);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
