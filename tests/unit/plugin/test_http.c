/* SPDX-License-Identifier: Apache-2.0
 *
 * A plugin's requests, served through a real account against a server of a few lines: /echo gives
 * the request line back, /big more than may be, /slow nothing, /links its own address, /moved its
 * other name in a header.
 */
#include "harness.h"
#include "http/internal.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

static int listener;
static char base_url[64];

static void answer(int fd, const char *line)
{
    char header[400], own[100], moved[100] = "";
    if (strncmp(line, "GET /links ", 11) == 0)
        line = strcat(strcpy(own, base_url), "/ is here");
    else if (strncmp(line, "GET /moved ", 11) == 0)
        snprintf(moved, sizeof(moved), "Location: http://localhost%s/\r\n", strrchr(base_url, ':'));
    size_t len = strlen(line);
    size_t big = strncmp(line, "GET /big ", 9) == 0 ? 9u << 20 : 0;
    if (strncmp(line, "GET /slow ", 10) == 0)
        sleep(20);
    int n = snprintf(header, sizeof(header),
                     "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Probe: 1\r\nServer: s\r\n"
                     "Set-Cookie: a=b\r\nConnection: close\r\nContent-Length: %zu\r\n%s\r\n",
                     big > 0 ? big : len, moved);
    if (write(fd, header, (size_t)n) < 0 || (big == 0 && write(fd, line, len) < 0))
        return;
    for (; big > 0; big -= 1024)
        if (send(fd, (char[1024]){0}, 1024, MSG_NOSIGNAL) < 0)
            return;
}

static void *serve_one(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char request[4096] = {0};
    size_t len = 0;
    while (strstr(request, "\r\n\r\n") == NULL && len < sizeof(request) - 1) {
        ssize_t n = read(fd, request + len, sizeof(request) - 1 - len);
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    request[strcspn(request, "\r")] = '\0';
    answer(fd, request);
    close(fd);
    return NULL;
}

static void *serve(void *arg)
{
    for (;;) {
        pthread_t thread;
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            return arg;
        pthread_create(&thread, NULL, serve_one, (void *)(intptr_t)fd);
        pthread_detach(thread);
    }
}

static void start_server(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    pthread_t thread;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(listener, 64), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    snprintf(base_url, sizeof(base_url), "http://127.0.0.1:%d", ntohs(address.sin_port));
    pthread_create(&thread, NULL, serve, NULL);
    pthread_detach(thread);
}

struct client {
    struct harness h;
    struct http *http;
    struct http_account *account;
};

static void open_client(struct client *c, const char *act, const struct plugin_limits *limits)
{
    struct http_account_options options = {.name = "probe"};
    struct err_info e = {0};
    start_server();
    options.base_url = base_url;
    harness_start(&c->h, PLUGIN("client"), limits);
    c->http = http_new(c->h.loop, NULL);
    ck_assert_msg(http_account_new(c->http, &options, &c->account, &e) == 0, "%s", e.what);
    harness_open(&c->h, NULL, act, c->account, NULL);
    ck_assert_msg(c->h.result == 0, "%s", c->h.error.what);
}

static void close_client(struct client *c)
{
    struct loop *loop = c->h.loop;
    c->h.plugin = plugin_free(c->h.plugin);
    ck_assert_uint_eq(c->account->pending, 0);
    http_account_free(c->account);
    http_free(c->http);
    loop_free(loop);
}

static const char *const good_acts[] = {"get",   "to_fd", "refused", "many",
                                        "hoard", "named", "unnamed"};

START_TEST(serves_requests)
{
    struct client c = {0};
    open_client(&c, good_acts[_i], NULL);
    harness_run(&c.h, TAJO_MODE_FULL);
    ck_assert_msg(c.h.ends == 0, "%s", c.h.end.what);
    ck_assert_msg(c.h.result == 0, "%s: %s", good_acts[_i], c.h.error.what);
    close_client(&c);
}
END_TEST

START_TEST(refuses_a_large_answer)
{
    struct client c = {0};
    open_client(&c, "big", NULL);
    harness_run(&c.h, TAJO_MODE_FULL);
    ck_assert_int_eq(c.h.ends, 0);
    ck_assert_msg(c.h.result == ERR_LIMIT, "%d %s", c.h.result, c.h.error.what);
    close_client(&c);
}
END_TEST

START_TEST(refuses_a_host_that_nobody_named)
{
    struct client c = {0};
    open_client(&c, "wander", NULL);
    harness_run(&c.h, TAJO_MODE_FULL);
    ck_assert_int_eq(c.h.ends, 0);
    ck_assert_int_eq(c.h.result, ERR_BUG);
    ck_assert_ptr_nonnull(strstr(c.h.error.what, "no answer of the platform named"));
    ck_assert_ptr_null(strstr(c.h.error.what, "never-named"));
    close_client(&c);
}
END_TEST

START_TEST(waits_longer_than_the_silence)
{
    struct client c = {0};
    struct plugin_limits limits = {.silence_ms = 800};
    struct plugin_run_request request = {.mode = TAJO_MODE_FULL};
    open_client(&c, "slow", &limits);
    plugin_run(c.h.plugin, &request);
    harness_idle(&c.h, 1300);
    ck_assert_int_eq(c.h.ends, 0);
    ck_assert_int_eq(c.h.dones, 1);
    plugin_stop(c.h.plugin);
    harness_wait(&c.h, &c.h.dones, 2);
    ck_assert_int_eq(c.h.result, ERR_CANCELLED);
    ck_assert_uint_eq(c.account->pending, 0);
    close_client(&c);
}
END_TEST

START_TEST(is_freed_with_a_request_under_way)
{
    struct client c = {0};
    struct plugin_run_request request = {.mode = TAJO_MODE_FULL};
    open_client(&c, "slow", NULL);
    plugin_run(c.h.plugin, &request);
    harness_idle(&c.h, 100);
    ck_assert_uint_eq(c.account->pending, 1);
    close_client(&c);
}
END_TEST

START_TEST(has_no_account)
{
    struct harness h = {0};
    harness_open(&h, PLUGIN("client"), "get", NULL, NULL);
    harness_run(&h, TAJO_MODE_FULL);
    ck_assert_int_eq(h.result, ERR_UNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(h.error.what, "no account"));
    harness_close(&h);
}
END_TEST

int main(int argc, char **argv)
{
    if (harness_worker(argc, argv))
        return worker_main(argv[2]);
    Suite *suite = suite_create("http");
    TCase *tc = tcase_create("http");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, serves_requests, 0, sizeof(good_acts) / sizeof(good_acts[0]));
    tcase_add_test(tc, refuses_a_large_answer);
    tcase_add_test(tc, refuses_a_host_that_nobody_named);
    tcase_add_test(tc, waits_longer_than_the_silence);
    tcase_add_test(tc, is_freed_with_a_request_under_way);
    tcase_add_test(tc, has_no_account);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
