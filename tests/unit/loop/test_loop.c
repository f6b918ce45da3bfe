/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/loop.h"

#include "base/clock.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct loop *loop;
static char order[64];

static void note(const char *what)
{
    strncat(order, what, sizeof(order) - strlen(order) - 1);
}

static void quit(void *arg)
{
    (void)arg;
    loop_quit(loop);
}

static void note_arg(void *arg)
{
    note(arg);
}

static void setup(void)
{
    order[0] = '\0';
    loop = loop_new();
}

static void teardown(void)
{
    loop = loop_free(loop);
}

static struct loop_timer timer_a, timer_b, timer_c, timer_end;

START_TEST(timers_fire_in_order_of_time)
{
    int64_t start = clock_monotonic_ms();
    loop_timer_set(loop, &timer_b, 20, note_arg, "b");
    loop_timer_set(loop, &timer_a, 10, note_arg, "a");
    loop_timer_set(loop, &timer_c, 15, note_arg, "c");
    loop_timer_set(loop, &timer_end, 40, quit, NULL);
    loop_timer_set(loop, &timer_c, 30, note_arg, "C"); /* moved */
    loop_timer_clear(loop, &timer_b);
    loop_timer_clear(loop, &timer_b);
    ck_assert_int_eq(loop_run(loop), 0);
    ck_assert_str_eq(order, "aC");
    ck_assert(clock_monotonic_ms() - start >= 40);
    ck_assert_int_eq(timer_a.due_ms, 0);
}
END_TEST

static int rounds;

static void again(void *arg)
{
    if (++rounds == 5)
        loop_quit(loop);
    else
        loop_timer_set(loop, arg, 0, again, arg);
}

START_TEST(a_timer_may_set_itself_again)
{
    rounds = 0;
    loop_timer_set(loop, &timer_a, -5, again, &timer_a);
    ck_assert_int_eq(loop_run(loop), 0);
    ck_assert_int_eq(rounds, 5);
}
END_TEST

static void clear_b(void *arg)
{
    (void)arg;
    loop_timer_clear(loop, &timer_b);
}

START_TEST(a_timer_may_clear_another_that_is_due)
{
    loop_timer_set(loop, &timer_a, 0, clear_b, NULL);
    loop_timer_set(loop, &timer_b, 0, note_arg, "b");
    loop_timer_set(loop, &timer_end, 5, quit, NULL);
    loop_timer_set(loop, &timer_c, INT64_MAX, note_arg, "never");
    ck_assert_int_eq(loop_run(loop), 0);
    ck_assert_str_eq(order, "");
    loop_timer_clear(loop, &timer_c);
}
END_TEST

static int counted;

static void count_one(void *arg)
{
    (void)arg;
    if (++counted == 3000)
        loop_quit(loop);
}

START_TEST(thousands_of_timers_are_no_burden)
{
    static struct loop_timer timers[3000];
    int64_t start = clock_monotonic_ms();
    counted = 0;
    for (int i = 0; i < 3000; i++)
        loop_timer_set(loop, &timers[i], (i * 7919) % 200, count_one, NULL);
    ck_assert_int_eq(loop_run(loop), 0);
    ck_assert_int_eq(counted, 3000);
    ck_assert(clock_monotonic_ms() - start < 5000);
}
END_TEST

static struct loop_watch *watch;
static int pipe_fds[2];

static void read_pipe(void *arg, short revents)
{
    char text[16] = "";
    (void)arg;
    ssize_t n = revents & POLLIN ? read(pipe_fds[0], text, sizeof(text) - 1) : 0;
    if (n > 0) {
        note(text);
        return;
    }
    note(revents & POLLHUP ? "hup" : "?");
    watch = loop_watch_remove(watch);
    loop_quit(loop);
}

static void write_and_close(void *arg)
{
    (void)arg;
    ck_assert_int_eq(write(pipe_fds[1], "data,", 5), 5);
    close(pipe_fds[1]);
}

START_TEST(descriptors_report_data_then_hangup)
{
    ck_assert_int_eq(pipe(pipe_fds), 0);
    watch = loop_watch_add(loop, pipe_fds[0], POLLIN, read_pipe, NULL);
    loop_timer_set(loop, &timer_a, 5, write_and_close, NULL);
    ck_assert_int_eq(loop_run(loop), 0);
    ck_assert_str_eq(order, "data,hup");
    ck_assert_ptr_null(loop_watch_remove(NULL));
    close(pipe_fds[0]);
}
END_TEST

START_TEST(hangup_comes_without_asking_for_it)
{
    ck_assert_int_eq(pipe(pipe_fds), 0);
    watch = loop_watch_add(loop, pipe_fds[0], POLLIN, read_pipe, NULL);
    loop_watch_change(watch, 0);
    loop_timer_set(loop, &timer_a, 5, write_and_close, NULL);
    ck_assert_int_eq(loop_run(loop), 0);
    ck_assert_str_eq(order, "hup"); /* the data was not asked for */
    close(pipe_fds[0]);
}
END_TEST

static void writable(void *arg, short revents)
{
    (void)arg;
    ck_assert_int_eq(revents, POLLOUT);
    note("w");
    loop_watch_change(watch, 0);
}

START_TEST(events_can_be_changed)
{
    ck_assert_int_eq(pipe(pipe_fds), 0);
    watch = loop_watch_add(loop, pipe_fds[1], POLLOUT, writable, NULL);
    loop_timer_set(loop, &timer_end, 20, quit, NULL);
    ck_assert_int_eq(loop_run(loop), 0);
    ck_assert_str_eq(order, "w");
    loop_watch_remove(watch);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}
END_TEST

static struct loop_watch *both[2];

static void remove_both(void *arg, short revents)
{
    (void)arg;
    (void)revents;
    note("x");
    both[0] = loop_watch_remove(both[0]);
    both[1] = loop_watch_remove(both[1]);
    loop_timer_set(loop, &timer_end, 5, quit, NULL);
}

START_TEST(a_callback_may_remove_others_that_are_ready)
{
    int fds[2][2];
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(pipe(fds[i]), 0);
        ck_assert_int_eq(write(fds[i][1], "x", 1), 1);
        both[i] = loop_watch_add(loop, fds[i][0], POLLIN, remove_both, NULL);
    }
    ck_assert_int_eq(loop_run(loop), 0);
    ck_assert_str_eq(order, "x");
    for (int i = 0; i < 4; i++)
        close(fds[i / 2][i % 2]);
}
END_TEST

static void *post_many(void *arg)
{
    for (int i = 0; i < 1000; i++)
        loop_post(loop, count_one, arg);
    return NULL;
}

START_TEST(threads_post_to_the_loop)
{
    pthread_t threads[3];
    counted = 0;
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, post_many, NULL);
    ck_assert_int_eq(loop_run(loop), 0); /* the 3000th quits */
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(counted, 3000);
}
END_TEST

static void post_then_quit(void *arg)
{
    (void)arg;
    loop_post(loop, note_arg, "1");
    loop_quit(loop);
    loop_post(loop, note_arg, "2");
}

START_TEST(quit_is_remembered_and_posts_before_it_are_called)
{
    loop_timer_set(loop, &timer_a, 0, post_then_quit, NULL);
    ck_assert_int_eq(loop_run(loop), 0);
    ck_assert_str_eq(order, "12");
    loop_timer_set(loop, &timer_a, 5, note_arg, "3");
    loop_timer_set(loop, &timer_end, 10, quit, NULL);
    ck_assert_int_eq(loop_run(loop), 0); /* runs again */
    ck_assert_str_eq(order, "123");
    loop_quit(loop);
    ck_assert_int_eq(loop_run(loop), 0); /* asked before it ran */
    loop_post(loop, note_arg, "never");  /* dropped by loop_free */
}
END_TEST

static void caught(void *arg, int signal)
{
    note(arg);
    if (signal == SIGUSR2)
        loop_quit(loop);
}

static void raise_both(void *arg)
{
    (void)arg;
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGUSR2);
}

START_TEST(signals_arrive_as_calls)
{
    ck_assert_int_eq(loop_catch_signal(loop, SIGUSR1, caught, "1"), 0);
    ck_assert_int_eq(loop_catch_signal(loop, SIGUSR2, caught, "2"), 0);
    ck_assert_int_eq(loop_catch_signal(loop, 0, caught, ""), ERR_SYSTEM);
    ck_assert_int_eq(loop_catch_signal(loop, 1000, caught, ""), ERR_SYSTEM);
    loop_timer_set(loop, &timer_a, 0, raise_both, NULL);
    ck_assert_int_eq(loop_run(loop), 0);
    ck_assert_str_eq(order, "12");
}
END_TEST

/* A socket that accepts and either answers or says nothing. */
static int listen_on_loopback(char *url, size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(fd, 5), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    snprintf(url, size, "http://127.0.0.1:%d/", ntohs(address.sin_port));
    return fd;
}

static void *answer(void *arg)
{
    static const char text[] = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
    char request[2000];
    int fd = accept(*(int *)arg, NULL, NULL);
    if (read(fd, request, sizeof(request)) > 0 && write(fd, text, sizeof(text) - 1) > 0)
        close(fd);
    return NULL;
}

static CURLcode ended_with;
static CURL *other;

static void ended(void *arg, CURL *easy, CURLcode code)
{
    (void)arg;
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    ended_with = code;
    note(status == 204 ? "204" : "?");
    if (other != NULL)
        loop_transfer_remove(loop, other);
    loop_quit(loop);
}

static CURL *transfer_to(const char *url)
{
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    return easy;
}

START_TEST(transfers_end_with_their_code)
{
    char url[64];
    pthread_t thread;
    int fd = listen_on_loopback(url, sizeof(url));
    pthread_create(&thread, NULL, answer, &fd);
    CURL *easy = transfer_to(url);
    ck_assert_int_eq(loop_transfer_add(loop, easy, ended, NULL), 0);
    ck_assert_int_eq(loop_transfer_add(loop, easy, ended, NULL), ERR_SYSTEM); /* twice */
    ck_assert_int_eq(loop_run(loop), 0);
    ck_assert_int_eq(ended_with, CURLE_OK);
    ck_assert_str_eq(order, "204");
    pthread_join(thread, NULL);
    close(fd);
    ck_assert_int_eq(loop_transfer_add(loop, easy, ended, NULL), 0);
    ck_assert_int_eq(loop_run(loop), 0);
    ck_assert_int_eq(ended_with, CURLE_COULDNT_CONNECT);
    curl_easy_cleanup(easy);
}
END_TEST

START_TEST(a_removed_transfer_never_ends)
{
    char url[64];
    int fd = listen_on_loopback(url, sizeof(url)); /* never accepts */
    CURL *easy = transfer_to(url);
    other = transfer_to(url);
    ck_assert_int_eq(loop_transfer_add(loop, easy, ended, NULL), 0);
    ck_assert_int_eq(loop_transfer_add(loop, other, ended, NULL), 0);
    loop_timer_set(loop, &timer_end, 30, quit, NULL);
    ck_assert_int_eq(loop_run(loop), 0);
    loop_transfer_remove(loop, easy);
    loop_transfer_remove(loop, easy);
    loop_transfer_remove(loop, other);
    ck_assert_str_eq(order, "");
    curl_easy_cleanup(easy);
    curl_easy_cleanup(other);
    close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loop");
    TCase *tests = tcase_create("loop");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, timers_fire_in_order_of_time);
    tcase_add_test(tests, a_timer_may_set_itself_again);
    tcase_add_test(tests, a_timer_may_clear_another_that_is_due);
    tcase_add_test(tests, thousands_of_timers_are_no_burden);
    tcase_add_test(tests, descriptors_report_data_then_hangup);
    tcase_add_test(tests, hangup_comes_without_asking_for_it);
    tcase_add_test(tests, events_can_be_changed);
    tcase_add_test(tests, a_callback_may_remove_others_that_are_ready);
    tcase_add_test(tests, threads_post_to_the_loop);
    tcase_add_test(tests, quit_is_remembered_and_posts_before_it_are_called);
    tcase_add_test(tests, signals_arrive_as_calls);
    tcase_add_test(tests, transfers_end_with_their_code);
    tcase_add_test(tests, a_removed_transfer_never_ends);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
