/* SPDX-License-Identifier: Apache-2.0 */
#include "ingress/ingress.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct ingress *ingress;

static void start(void)
{
    struct err_info e = {0};
    ck_assert_int_eq(ingress_start("127.0.0.1:0", &ingress, &e), 0);
    ck_assert_int_gt(ingress_port(ingress), 0);
}

static void stop(void)
{
    ingress = ingress_stop(ingress);
}

/* Sends the request as it is; the whole answer, NUL-terminated. */
static const char *ask(const char *request)
{
    static char answer[8192];
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)ingress_port(ingress))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    ck_assert_int_eq(write(fd, request, strlen(request)), (ssize_t)strlen(request));
    size_t len = 0;
    ssize_t n;
    while ((n = read(fd, answer + len, sizeof(answer) - 1 - len)) > 0)
        len += (size_t)n;
    close(fd);
    answer[len] = '\0';
    return answer;
}

#define CLOSE "Host: x\r\nConnection: close\r\n\r\n"

START_TEST(health_is_ok_while_the_loop_publishes)
{
    const char *answer = ask("GET /healthz HTTP/1.1\r\n" CLOSE);
    ck_assert_ptr_nonnull(strstr(answer, " 200 "));
    ck_assert_ptr_nonnull(strstr(answer, "\r\n\r\nok\n"));
}
END_TEST

START_TEST(metrics_are_what_was_published_last)
{
    ingress_publish(ingress, "a 1\n");
    ingress_publish(ingress, "a 2\n");
    const char *answer = ask("GET /metrics HTTP/1.1\r\n" CLOSE);
    ck_assert_ptr_nonnull(strstr(answer, "text/plain; version=0.0.4"));
    ck_assert_ptr_nonnull(strstr(answer, "\r\n\r\na 2\n"));
}
END_TEST

START_TEST(what_is_not_there_is_404_and_writing_405)
{
    ck_assert_ptr_nonnull(strstr(ask("GET /x HTTP/1.1\r\n" CLOSE), " 404 "));
    const char *answer = ask("POST /metrics HTTP/1.1\r\nContent-Length: 4\r\n" CLOSE "body");
    ck_assert_ptr_nonnull(strstr(answer, " 405 "));
    ck_assert_ptr_nonnull(strstr(answer, "Allow: GET, HEAD"));
    ck_assert_ptr_nonnull(strstr(ask("HEAD /healthz HTTP/1.1\r\n" CLOSE), " 200 "));
}
END_TEST

START_TEST(a_line_without_end_is_refused)
{
    static char request[70000];
    memset(request, 'a', sizeof(request) - 1);
    memcpy(request, "GET /", 5);
    const char *answer = ask(request);
    ck_assert_ptr_null(strstr(answer, " 200 "));
}
END_TEST

START_TEST(an_address_that_is_none_or_taken_is_told)
{
    static const char *const bad[] = {"",          "8686",           ":8686",
                                      "localhost", "127.0.0.1:x",    "127.0.0.1:70000",
                                      "[::1",      "name.example:80"};
    struct ingress *other = NULL;
    struct err_info e = {0};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_msg(ingress_start(bad[i], &other, &e) == ERR_CONFIG, "%s", bad[i]);
        ck_assert_str_ne(e.mend, "");
    }
    char taken[32];
    snprintf(taken, sizeof(taken), "127.0.0.1:%d", ingress_port(ingress));
    ck_assert_int_eq(ingress_start(taken, &other, &e), ERR_SYSTEM);
    ck_assert_ptr_nonnull(strstr(e.what, taken));
    ck_assert_ptr_null(other);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ingress");
    TCase *tests = tcase_create("ingress");
    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_test(tests, health_is_ok_while_the_loop_publishes);
    tcase_add_test(tests, metrics_are_what_was_published_last);
    tcase_add_test(tests, what_is_not_there_is_404_and_writing_405);
    tcase_add_test(tests, a_line_without_end_is_refused);
    tcase_add_test(tests, an_address_that_is_none_or_taken_is_told);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
