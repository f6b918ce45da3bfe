/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

static struct http_account_options options;

static void with_server(server_handler handler)
{
    static char url[200];
    server_start(handler);
    client_start();
    snprintf(url, sizeof(url), "%s", server_url(""));
    options = (struct http_account_options){.name = "test",
                                            .base_url = url,
                                            .auth = HTTP_AUTH_HEADER,
                                            .header = "api-key",
                                            .header_value = "k3y-s3cr3t",
                                            .retry_base_ms = 10,
                                            .timeout_ms = 3000,
                                            .stall_ms = 200};
    struct err_info e = {0};
    ck_assert_msg(http_account_new(http, &options, &account, &e) == 0, "%s", e.what);
}

static void teardown(void)
{
    client_stop();
    server_stop();
}

static struct result *fetch(const struct http_request *request)
{
    struct result *r = &results[done_count];
    http_send(account, request, record, r);
    ck_assert_int_eq(r->called, 0); /* never from inside http_send */
    run_until_done(1);
    ck_assert_int_eq(r->called, 1);
    return r;
}

/* ---- What goes out and comes in ---- */

static int echo(int index, const struct seen *request, int fd)
{
    (void)index;
    return reply(fd, 201, "X-Test: yes\r\nX-Other: 1\r\n",
                 request->body_len > 0 ? request->body : "none");
}

START_TEST(a_call_has_query_headers_body_credentials)
{
    with_server(echo);
    static const struct tajo_parameter query[] = {{TAJO_STR("q"), TAJO_STR("a b&c=d")},
                                                  {TAJO_STR("page"), TAJO_STR("0")}};
    static const struct tajo_header headers[] = {{TAJO_STR("X-One"), TAJO_STR("1")},
                                                 {TAJO_STR("X-Empty"), TAJO_STR("")}};
    struct http_request request = {.method = "POST",
                                   .path = "/things?x=1",
                                   .endpoint = "POST /things",
                                   .query = query,
                                   .query_count = 2,
                                   .headers = headers,
                                   .header_count = 2,
                                   .content_type = "application/json",
                                   .body = "{\"a\":1}",
                                   .body_len = 7};
    struct result *r = fetch(&request);
    ck_assert_int_eq(r->status, 201);
    ck_assert_str_eq(r->body, "{\"a\":1}");
    ck_assert_uint_eq(r->body_len, 7);
    ck_assert_str_eq(r->header, "yes");
    ck_assert_int_eq(r->fd, -1);
    const struct seen *seen = server.seen[0];
    ck_assert(seen_is(seen, "POST /things?x=1&q=a%20b%26c%3Dd&page=0 HTTP/1.1\r\n"));
    ck_assert(seen_has(seen, "\r\napi-key: k3y-s3cr3t\r\n"));
    ck_assert(seen_has(seen, "\r\nX-One: 1\r\n"));
    ck_assert(seen_has(seen, "\r\nX-Empty:\r\n"));
    ck_assert(seen_has(seen, "\r\nContent-Type: application/json\r\n"));
    ck_assert(seen_has(seen, "\r\nUser-Agent: tajo-connect/"));
    ck_assert(seen_has(seen, "\r\nAccept-Encoding: gzip\r\n"));
    ck_assert(!seen_has(seen, "\r\nExpect:"));
    ck_assert_uint_eq(calls_of("POST /things"), 1);
    ck_assert_uint_eq(http_account_pending(account), 0);
}
END_TEST

START_TEST(methods_without_body)
{
    with_server(echo);
    static const char *const methods[] = {"GET", "DELETE", "POST", "PUT", "PATCH", "HEAD"};
    for (int i = 0; i < 6; i++) {
        struct http_request request = {.method = methods[i], .path = "/x", .endpoint = "x"};
        ck_assert_int_eq(fetch(&request)->status, 201);
        ck_assert(seen_is(server.seen[i], methods[i]));
        ck_assert(!seen_has(server.seen[i], "Content-Type"));
        ck_assert_int_eq(seen_has(server.seen[i], "\r\nContent-Length: 0"), i >= 2 && i < 5);
    }
}
END_TEST

START_TEST(malformed_requests_are_refused)
{
    with_server(echo);
    static const struct tajo_header bad_headers[] = {
        {TAJO_STR("Authorization"), TAJO_STR("x")}, {TAJO_STR("host"), TAJO_STR("x")},
        {TAJO_STR("Cookie"), TAJO_STR("x")},        {TAJO_STR("X-A\r\nB"), TAJO_STR("x")},
        {TAJO_STR("X-A"), TAJO_STR("x\r\nB: c")},   {TAJO_STR(""), TAJO_STR("x")}};
    for (size_t i = 0; i < sizeof(bad_headers) / sizeof(bad_headers[0]); i++) {
        struct http_request request = get_request("/x");
        request.headers = &bad_headers[i];
        request.header_count = 1;
        ck_assert_int_eq(fetch(&request)->error.code, ERR_BUG);
    }
    static const char *const bad_paths[] = {"x",          "https://127.0.0.1/x", "/a b",
                                            "/a\r\nX: y", "/\xC3\xA4",           NULL};
    for (size_t i = 0; i < sizeof(bad_paths) / sizeof(bad_paths[0]); i++) {
        struct http_request request = get_request(bad_paths[i]);
        ck_assert_int_eq(fetch(&request)->error.code, ERR_BUG);
    }
    char *longest = mem_alloc(20000);
    memset(longest, '/', 19999);
    struct http_request cases[] = {
        {.path = "/x"},
        {.path = "/x", .endpoint = "e", .method = "get"},
        {.path = "/x", .endpoint = "e", .content_type = "a\nb"},
        {.path = "/x", .endpoint = "e", .header_count = 65},
        {.path = "/x", .endpoint = "e", .has_body_fd = 1, .body_fd = -1},
        {.path = longest, .endpoint = "e"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_int_eq(fetch(&cases[i])->error.code, ERR_BUG);
    free(longest);
    struct http_request abroad = get_request("http://example.com/x");
    abroad.flags = HTTP_NO_AUTH;
    ck_assert_int_eq(fetch(&abroad)->error.code, ERR_CONFIG);
    ck_assert_int_eq(seen_count(), 0);
}
END_TEST

START_TEST(accounts_are_checked)
{
    with_server(echo);
    static const struct http_account_options base = {.name = "shop",
                                                     .base_url = "https://h/v3",
                                                     .auth = HTTP_AUTH_HEADER,
                                                     .header = "api-key",
                                                     .header_value = "abcd"};
    struct http_account_options o[7];
    for (int i = 0; i < 7; i++)
        o[i] = base;
    o[0].base_url = "http://example.com";
    o[1].base_url = NULL;
    o[2].header_value = "";
    o[3].header_value = "abcd\n";
    o[4].auth = HTTP_AUTH_CLIENT_CREDENTIALS;
    o[5] = o[4];
    o[5].token_url = "http://example.com/token";
    o[5].client_id = o[5].client_secret = "x";
    o[6] = o[5];
    o[6].client_secret = NULL;
    for (int i = 0; i < 7; i++) {
        struct http_account *none = NULL;
        struct err_info e = {0};
        ck_assert_int_eq(http_account_new(http, &o[i], &none, &e), ERR_CONFIG);
        ck_assert_ptr_null(none);
        ck_assert_ptr_nonnull(strstr(e.what, "shop"));
        ck_assert_uint_gt(strlen(e.mend), 0);
    }
    struct http_account *second = NULL;
    ck_assert_int_eq(http_account_new(http, &base, &second, NULL), 0);
    ck_assert_str_eq(http_account_name(second), "shop");
    ck_assert_ptr_null(http_account_free(second));
    ck_assert_ptr_null(http_account_free(NULL));
    ck_assert_ptr_null(http_free(NULL));
}
END_TEST

/* gzip of 1,000 times 'z' */
static const unsigned char packed[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03,
                                       0xab, 0xaa, 0x1a, 0x05, 0xa3, 0x60, 0x14, 0x0c, 0x77, 0x00,
                                       0x00, 0x6e, 0x66, 0x96, 0x0c, 0xe8, 0x03, 0x00, 0x00};

static int send_gzip(int index, const struct seen *request, int fd)
{
    char head[100];
    (void)index;
    (void)request;
    snprintf(head, sizeof(head),
             "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
             sizeof(packed));
    send_text(fd, head);
    return send(fd, packed, sizeof(packed), MSG_NOSIGNAL) > 0;
}

START_TEST(bodies_are_unpacked_but_files_are_not)
{
    with_server(send_gzip);
    struct http_request request = get_request("/x");
    struct result *r = fetch(&request);
    ck_assert_uint_eq(r->body_len, 1000);
    ck_assert_int_eq(r->body[999], 'z');
    request.max_body = 999; /* counted unpacked */
    r = fetch(&request);
    ck_assert_int_eq(r->error.code, ERR_LIMIT);
    request.max_body = 0;
    request.flags = HTTP_BODY_TO_FD;
    r = fetch(&request);
    unsigned char magic[2] = {0};
    ck_assert_int_eq(r->status, 200);
    ck_assert_uint_eq(r->body_len, 0);
    ck_assert_int_eq(read(r->fd, magic, 2), 2); /* at offset 0, packed */
    ck_assert_int_eq(magic[0], 0x1f);
    close(r->fd);
    ck_assert(!seen_has(server.seen[2], "Accept-Encoding"));
}
END_TEST

/* ---- Files ---- */

static int big_then_error(int index, const struct seen *request, int fd)
{
    (void)request;
    if (index == 1)
        return reply(fd, 404, "", "{\"message\":\"gone\"}");
    if (index == 2)
        return reply(fd, 200, "", "");
    if (index == 3) { /* breaks off; the next attempt must start the file anew */
        send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbroken");
        return 0;
    }
    if (index == 4)
        return reply(fd, 200, "", "whole");
    send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n");
    char *block = mem_alloc(100001);
    memset(block, 'x', 100000);
    for (int i = 0; i < 200; i++)
        send_text(fd, block);
    free(block);
    return 1;
}

START_TEST(a_body_can_go_to_a_file)
{
    char text[32] = "";
    with_server(big_then_error);
    struct http_request request = get_request("/x");
    request.flags = HTTP_BODY_TO_FD;
    struct result *r = fetch(&request);
    ck_assert_int_eq(r->status, 200);
    ck_assert_int_eq(lseek(r->fd, 0, SEEK_CUR), 0);
    ck_assert_int_eq(lseek(r->fd, 0, SEEK_END), 20000000);
    close(r->fd);
    r = fetch(&request);
    ck_assert_int_eq(r->status, 404);
    ck_assert_int_eq(r->fd, -1);
    ck_assert_str_eq(r->body, "{\"message\":\"gone\"}");
    r = fetch(&request);
    ck_assert_int_ge(r->fd, 0); /* an empty file is a file */
    ck_assert_int_eq(lseek(r->fd, 0, SEEK_END), 0);
    close(r->fd);
    r = fetch(&request);
    ck_assert_int_eq(read(r->fd, text, sizeof(text) - 1), 5);
    ck_assert_str_eq(text, "whole");
    close(r->fd);
}
END_TEST

static int huge(int index, const struct seen *request, int fd)
{
    (void)index;
    (void)request;
    send_text(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 100; i++)
        send_text(fd, "a\r\n0123456789\r\n");
    send_text(fd, "0\r\n\r\n");
    return 1;
}

START_TEST(answers_are_bounded)
{
    with_server(huge);
    struct http_request request = get_request("/x");
    request.max_body = 999;
    struct result *r = fetch(&request);
    ck_assert_int_eq(r->error.code, ERR_LIMIT);
    ck_assert_ptr_nonnull(strstr(r->error.what, "999"));
    ck_assert_int_eq(seen_count(), 1); /* not repeated */
    request.flags = HTTP_BODY_TO_FD;
    ck_assert_int_eq(fetch(&request)->error.code, ERR_LIMIT);
    request.max_body = 1000;
    r = fetch(&request);
    ck_assert_int_eq(lseek(r->fd, 0, SEEK_END), 1000);
    close(r->fd);
}
END_TEST

static int announce_much(int index, const struct seen *request, int fd)
{
    (void)index;
    (void)request;
    send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
    return 1;
}

START_TEST(an_announced_size_is_believed)
{
    with_server(announce_much);
    struct http_request request = get_request("/x");
    ck_assert_int_eq(fetch(&request)->error.code, ERR_LIMIT);
    ck_assert_int_eq(seen_count(), 1);
}
END_TEST

START_TEST(a_folder_that_does_not_exist_is_named)
{
    with_server(echo);
    account = http_account_free(account);
    options.temp_dir = "/nonexistent/folder";
    ck_assert_int_eq(http_account_new(http, &options, &account, NULL), 0);
    struct http_request request = get_request("/x");
    request.flags = HTTP_BODY_TO_FD;
    struct result *r = fetch(&request);
    ck_assert_int_eq(r->error.code, ERR_SYSTEM);
    ck_assert_ptr_nonnull(strstr(r->error.what, "/nonexistent/folder"));
}
END_TEST

static int busy_then_count(int index, const struct seen *request, int fd)
{
    char text[40];
    unsigned long sum = 0;
    for (size_t i = 0; i < request->body_len; i++)
        sum += (unsigned char)request->body[i];
    snprintf(text, sizeof(text), "%zu %lu", request->body_len, sum);
    return reply(fd, index == 0 ? 503 : 200, "", text);
}

START_TEST(a_file_is_uploaded_whole_each_time)
{
    with_server(busy_then_count);
    FILE *file = tmpfile();
    unsigned long sum = 0;
    for (int i = 0; i < 300000; i++) {
        fputc(i % 251, file);
        sum += (unsigned long)(i % 251);
    }
    fflush(file);
    struct http_request request = {.method = "POST",
                                   .path = "/import",
                                   .endpoint = "POST /import",
                                   .has_body_fd = 1,
                                   .body_fd = fileno(file),
                                   .body_size = 300000,
                                   .flags = HTTP_IDEMPOTENT};
    struct result *r = &results[0];
    http_send(account, &request, record, r);
    fclose(file); /* ours is a duplicate */
    run_until_done(1);
    char want[40];
    snprintf(want, sizeof(want), "300000 %lu", sum);
    ck_assert_int_eq(r->status, 200);
    ck_assert_str_eq(r->body, want);
    ck_assert_int_eq(seen_count(), 2);
}
END_TEST

START_TEST(a_file_shorter_than_said_is_an_error)
{
    with_server(busy_then_count);
    FILE *file = tmpfile();
    fputs("short", file);
    fflush(file);
    struct http_request request = {.method = "PUT",
                                   .path = "/import",
                                   .endpoint = "PUT /import",
                                   .has_body_fd = 1,
                                   .body_fd = fileno(file),
                                   .body_size = 100};
    ck_assert_int_eq(fetch(&request)->error.code, ERR_SYSTEM);
    fclose(file);
}
END_TEST

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
    http_account_clear_limits(account);
    start = clock_monotonic_ms();
    for (int i = 0; i < 20; i++)
        http_send(account, &request, record, &results[20 + i]);
    run_until_done(20);
    ck_assert(clock_monotonic_ms() - start < 280);
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
    ck_assert_uint_eq(http_account_pending(account), 2);
    http_cancel(calls[1]);
    http_cancel(calls[2]);
    ck_assert_uint_eq(http_account_pending(account), 0);
}
END_TEST

START_TEST(calls_of_a_class_go_in_order)
{
    with_server(ok);
    http_account_limit(account, "c", 200, 1000, 1); /* one at a time, so that order shows */
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
    ck_assert_uint_eq(http_account_pending(account), 0);
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

/* ---- Cancelling and freeing ---- */

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
    ck_assert_uint_eq(http_account_pending(account), 0);
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
    Suite *suite = suite_create("http");
    TCase *tests = tcase_create("http");
    tcase_set_timeout(tests, 20);
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, a_call_has_query_headers_body_credentials);
    tcase_add_test(tests, methods_without_body);
    tcase_add_test(tests, malformed_requests_are_refused);
    tcase_add_test(tests, accounts_are_checked);
    tcase_add_test(tests, bodies_are_unpacked_but_files_are_not);
    tcase_add_test(tests, a_body_can_go_to_a_file);
    tcase_add_test(tests, answers_are_bounded);
    tcase_add_test(tests, an_announced_size_is_believed);
    tcase_add_test(tests, a_folder_that_does_not_exist_is_named);
    tcase_add_test(tests, a_file_is_uploaded_whole_each_time);
    tcase_add_test(tests, a_file_shorter_than_said_is_an_error);
    tcase_add_test(tests, idempotent_calls_are_repeated);
    tcase_add_test(tests, the_last_answer_is_given_after_five);
    tcase_add_test(tests, retry_after_of_503_is_kept);
    tcase_add_test(tests, a_truncated_body_is_never_given_as_whole);
    tcase_add_test(tests, a_post_is_not_sent_twice_on_a_kept_connection);
    tcase_add_test(tests, nobody_listens);
    tcase_add_test(tests, silence_ends_by_the_clock);
    tcase_add_test(tests, a_file_waits_no_longer_than_others_for_its_first_byte);
    tcase_add_test(tests, redirects_are_followed_without_credentials_only);
    tcase_add_test(tests, limits_are_kept);
    tcase_add_test(tests, a_slow_class_does_not_hold_up_another);
    tcase_add_test(tests, calls_of_a_class_go_in_order);
    tcase_add_test(tests, eight_at_once_and_a_thousand_in_line);
    tcase_add_test(tests, what_the_headers_say_holds);
    tcase_add_test(tests, a_429_is_waited_out);
    tcase_add_test(tests, patience_with_429_ends);
    tcase_add_test(tests, cancel_at_every_stage);
    tcase_add_test(tests, cancel_while_it_rests);
    tcase_add_test(tests, done_may_free_the_account);
    tcase_add_test(tests, done_may_send_more);
    tcase_add_test(tests, calls_are_logged_without_secrets_or_ids);
    tcase_add_test(tests, endpoints_are_counted_up_to_a_bound);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
