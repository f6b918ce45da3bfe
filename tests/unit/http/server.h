/* SPDX-License-Identifier: Apache-2.0
 *
 * server.h: an HTTP server on loopback that the http tests script, and the client side's frame.
 *
 * server_start(handler) listens on a free port; every connection gets a thread, every request a
 * call of the handler, which writes its answer to the socket (reply() or raw bytes) and returns 1
 * to keep the connection. server_stop ends all of it. One server a test process; its log of
 * requests is read after the client is done.
 */
#ifndef TAJO_TESTS_HTTP_SERVER_H
#define TAJO_TESTS_HTTP_SERVER_H

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "http/http.h"
#include "http/internal.h"
#include "log/log.h"
#include "loop/loop.h"

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_SEEN 256

struct seen {
    char head[4096]; /* request line and headers */
    char *body;
    size_t body_len;
    int64_t at_ms;
};

typedef int (*server_handler)(int index, const struct seen *request, int fd);

static struct {
    server_handler handler;
    int fd;
    int port;
    pthread_t thread;
    pthread_mutex_t lock;
    struct seen *seen[MAX_SEEN];
    int count;
    int stopping;
    int fds[MAX_SEEN];
    pthread_t threads[MAX_SEEN];
    int connections;
} server;

static inline void send_text(int fd, const char *text)
{
    size_t len = strlen(text);
    while (len > 0) {
        ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        text += n;
        len -= (size_t)n;
    }
}

/* headers: whole lines with \r\n, or "". */
static inline int reply(int fd, int status, const char *headers, const char *body)
{
    char *text = mem_printf("HTTP/1.1 %d X\r\n%sContent-Length: %zu\r\n\r\n%s", status, headers,
                            strlen(body), body);
    send_text(fd, text);
    free(text);
    return 1;
}

static inline int seen_has(const struct seen *request, const char *text)
{
    return strcasestr(request->head, text) != NULL;
}

static inline int seen_is(const struct seen *request, const char *start)
{
    return strncmp(request->head, start, strlen(start)) == 0;
}

/* Requests so far. */
static inline int seen_count(void)
{
    pthread_mutex_lock(&server.lock);
    int count = server.count;
    pthread_mutex_unlock(&server.lock);
    return count;
}

static inline int read_bytes(int fd, char *to, size_t len)
{
    while (len > 0) {
        ssize_t n = read(fd, to, len);
        if (n <= 0)
            return 0;
        to += n;
        len -= (size_t)n;
    }
    return 1;
}

static inline struct seen *read_request(int fd)
{
    struct seen *request = mem_alloc(sizeof(*request));
    size_t len = 0;
    while (len + 1 < sizeof(request->head) && strstr(request->head, "\r\n\r\n") == NULL)
        if (!read_bytes(fd, request->head + len++, 1))
            break;
    const char *length = strcasestr(request->head, "\r\nContent-Length:");
    request->body_len = length == NULL ? 0 : strtoul(length + 17, NULL, 10);
    request->body = mem_alloc(request->body_len + 1);
    request->at_ms = clock_monotonic_ms();
    if (strstr(request->head, "\r\n\r\n") != NULL &&
        read_bytes(fd, request->body, request->body_len))
        return request;
    free(request->body);
    free(request);
    return NULL;
}

static inline void *serve_connection(void *arg)
{
    int fd = (int)(intptr_t)arg;
    int keep = 1;
    while (keep) {
        struct seen *request = read_request(fd);
        if (request == NULL)
            break;
        pthread_mutex_lock(&server.lock);
        int index = server.count;
        ck_assert_int_lt(index, MAX_SEEN);
        server.seen[server.count++] = request;
        pthread_mutex_unlock(&server.lock);
        keep = server.handler(index, request, fd);
    }
    shutdown(fd, SHUT_RDWR); /* closed by server_stop, so that the number is not used again */
    return NULL;
}

static inline void *serve(void *arg)
{
    (void)arg;
    for (;;) {
        int fd = accept4(server.fd, NULL, NULL, SOCK_CLOEXEC);
        pthread_mutex_lock(&server.lock);
        if (fd < 0 || server.stopping || server.connections == MAX_SEEN) {
            pthread_mutex_unlock(&server.lock);
            if (fd >= 0)
                close(fd);
            return NULL;
        }
        int i = server.connections++;
        server.fds[i] = fd;
        pthread_create(&server.threads[i], NULL, serve_connection, (void *)(intptr_t)fd);
        pthread_mutex_unlock(&server.lock);
    }
}

static inline int listen_somewhere(int *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(fd, 64), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static inline void server_start(server_handler handler)
{
    pthread_mutex_init(&server.lock, NULL);
    server.handler = handler;
    server.count = 0;
    server.connections = 0;
    server.stopping = 0;
    server.fd = listen_somewhere(&server.port);
    pthread_create(&server.thread, NULL, serve, NULL);
}

static inline void server_stop(void)
{
    pthread_mutex_lock(&server.lock);
    server.stopping = 1;
    shutdown(server.fd, SHUT_RDWR);
    for (int i = 0; i < server.connections; i++)
        shutdown(server.fds[i], SHUT_RDWR);
    pthread_mutex_unlock(&server.lock);
    pthread_join(server.thread, NULL);
    for (int i = 0; i < server.connections; i++) {
        pthread_join(server.threads[i], NULL);
        close(server.fds[i]);
    }
    close(server.fd);
    for (int i = 0; i < server.count; i++) {
        free(server.seen[i]->body);
        free(server.seen[i]);
    }
    server.count = 0;
}

/* ---- The client's side ---- */

#define MAX_RESULTS 1200

struct result {
    int called;
    int status; /* 0: failure */
    char body[2000];
    size_t body_len;
    int fd;
    char header[200]; /* of "x-test" */
    struct err_info error;
};

static struct loop *loop;
static struct http *http;
static struct http_account *account;
static struct result results[MAX_RESULTS];
static int done_count;
static int done_wanted;

static inline void record(void *arg, const struct http_response *response, const struct err_info *e)
{
    struct result *r = arg;
    r->called++;
    r->fd = -1;
    if (response != NULL) {
        ck_assert_ptr_null(e);
        r->status = response->status;
        r->body_len = response->body_len;
        snprintf(r->body, sizeof(r->body), "%s", response->body);
        r->fd = http_response_take_fd(response);
        const char *header = http_response_header(response, "X-Test");
        snprintf(r->header, sizeof(r->header), "%s", header == NULL ? "" : header);
    } else {
        ck_assert_ptr_nonnull(e);
        r->error = *e;
    }
    if (++done_count == done_wanted)
        loop_quit(loop);
}

static inline void too_long(void *arg)
{
    (void)arg;
    ck_abort_msg("the calls did not end");
}

/* Runs the loop until `count` more calls are done. */
static inline void run_until_done(int count)
{
    struct loop_timer guard = {0};
    done_wanted = done_count + count;
    loop_timer_set(loop, &guard, 9000, too_long, NULL);
    ck_assert_int_eq(loop_run(loop), 0);
    loop_timer_clear(loop, &guard);
}

static inline void quit_loop(void *arg)
{
    (void)arg;
    loop_quit(loop);
}

static inline void run_for(int64_t ms)
{
    struct loop_timer timer = {0};
    loop_timer_set(loop, &timer, ms, quit_loop, NULL);
    ck_assert_int_eq(loop_run(loop), 0);
}

static inline const char *server_url(const char *path)
{
    static char url[200];
    snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", server.port, path);
    return url;
}

static inline void client_start(void)
{
    loop = loop_new();
    http = http_new(loop, NULL);
    done_count = 0;
    memset(results, 0, sizeof(results));
}

static inline void client_stop(void)
{
    http = http_free(http);
    account = NULL;
    loop = loop_free(loop);
}

static inline struct http_request get_request(const char *path)
{
    struct http_request request = {.path = path, .endpoint = "GET /x"};
    return request;
}

static inline uint64_t calls_of(const char *endpoint)
{
    const char *name = NULL;
    uint64_t count = 0;
    for (size_t i = 0; http_account_calls(account, i, &name, &count); i++)
        if (strcmp(name, endpoint) == 0)
            return count;
    return 0;
}

static inline int run_suite(Suite *suite)
{
    signal(SIGPIPE, SIG_IGN);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

/* ---- What the process writes to stderr ---- */

struct capture {
    FILE *file;
    int real;
};

static inline struct capture capture_start(void)
{
    struct capture c = {tmpfile(), dup(STDERR_FILENO)};
    dup2(fileno(c.file), STDERR_FILENO);
    return c;
}

static inline char *capture_end(struct capture *c)
{
    dup2(c->real, STDERR_FILENO);
    close(c->real);
    long size = lseek(fileno(c->file), 0, SEEK_END);
    char *text = mem_alloc((size_t)size + 1);
    ck_assert_int_eq(pread(fileno(c->file), text, (size_t)size, 0), size);
    fclose(c->file);
    return text;
}

#endif
