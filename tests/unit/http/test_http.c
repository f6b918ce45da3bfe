/* SPDX-License-Identifier: Apache-2.0 */
#include "account.h"

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
    ck_assert_uint_eq(account->pending, 0);
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

/* What listens on loopback trusts whoever is local: a vendor's link must not speak to it. */
START_TEST(a_link_from_abroad_does_not_lead_home)
{
    with_server(echo);
    struct http_account *abroad = NULL;
    options.base_url = "https://acme.example";
    ck_assert_int_eq(http_account_new(http, &options, &abroad, NULL), 0);
    struct http_request request = get_request(server_url("/secret"));
    request.flags = HTTP_NO_AUTH;
    struct result *r = &results[done_count];
    http_send(abroad, &request, record, r);
    run_until_done(1);
    ck_assert_int_eq(r->error.code, ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(r->error.what, "leads from another host to this machine"));
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
    ck_assert_str_eq(http_account_base_url(second), base.base_url);
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

int main(void)
{
    Suite *suite = suite_create("http");
    TCase *tests = tcase_create("http");
    tcase_set_timeout(tests, 20);
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, a_call_has_query_headers_body_credentials);
    tcase_add_test(tests, methods_without_body);
    tcase_add_test(tests, malformed_requests_are_refused);
    tcase_add_test(tests, a_link_from_abroad_does_not_lead_home);
    tcase_add_test(tests, accounts_are_checked);
    tcase_add_test(tests, bodies_are_unpacked_but_files_are_not);
    tcase_add_test(tests, a_body_can_go_to_a_file);
    tcase_add_test(tests, answers_are_bounded);
    tcase_add_test(tests, an_announced_size_is_believed);
    tcase_add_test(tests, a_folder_that_does_not_exist_is_named);
    tcase_add_test(tests, a_file_is_uploaded_whole_each_time);
    tcase_add_test(tests, a_file_shorter_than_said_is_an_error);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
