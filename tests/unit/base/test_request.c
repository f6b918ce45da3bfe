/* SPDX-License-Identifier: Apache-2.0 */
#include "base/request.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct tajo_str text(const char *s)
{
    return (struct tajo_str){s, strlen(s)};
}

static struct tajo_http_request good(void)
{
    struct tajo_http_request request = {.size = sizeof(request)};
    request.path = text("/users");
    request.endpoint = text("GET /users");
    return request;
}

START_TEST(takes_requests)
{
    struct tajo_http_request request = good();
    ck_assert_ptr_null(request_problem(&request));
    request.method = text("POST");
    request.content_type = text("application/json");
    request.body = text("{}");
    request.rate_class = text("users_write");
    request.flags = TAJO_HTTP_IDEMPOTENT | TAJO_HTTP_BODY_TO_FD;
    ck_assert_ptr_null(request_problem(&request));
    request.flags = TAJO_HTTP_NO_AUTH;
    request.path = text("https://elsewhere.example/x?y");
    ck_assert_ptr_null(request_problem(&request));
}
END_TEST

#define REFUSED(member, value, words)                                                              \
    do {                                                                                           \
        struct tajo_http_request request = good();                                                 \
        request.member = (value);                                                                  \
        const char *problem = request_problem(&request);                                           \
        ck_assert_ptr_nonnull(problem);                                                            \
        ck_assert_msg(strstr(problem, words) != NULL, "%s", problem);                              \
    } while (0)

START_TEST(refuses_bad_parts)
{
    struct tajo_str null = {NULL, 1};
    REFUSED(flags, 8, "flags");
    REFUSED(method, text("get"), "method");
    REFUSED(method, null, "method");
    REFUSED(path, text(""), "path");
    REFUSED(path, text("users"), "path");
    REFUSED(path, text("/a b"), "path");
    REFUSED(path, text("/a\r\nHost: x"), "path");
    REFUSED(path, text("https://elsewhere.example/"), "NO_AUTH");
    REFUSED(endpoint, text(""), "endpoint");
    REFUSED(endpoint, text("a\nb"), "endpoint");
    REFUSED(rate_class, text("0123456789012345678901234567890123"), "rate_class");
    REFUSED(content_type, text("a\r\nb"), "content_type");
    REFUSED(body, ((struct tajo_str){"", (1u << 20) + 1}), "body");
    REFUSED(body, null, "body");
    REFUSED(query_count, 1, "NULL");
    REFUSED(header_count, 129, "more than 128");
}
END_TEST

static const char *header_problem(const char *name, const char *value)
{
    struct tajo_http_request request = good();
    struct tajo_header header = {text(name), text(value)};
    request.headers = &header;
    request.header_count = 1;
    return request_problem(&request);
}

START_TEST(refuses_headers)
{
    static const char *const own[] = {"Authorization", "HOST", "cookie", "Transfer-Encoding"};
    ck_assert_ptr_null(header_problem("Accept", "text/csv"));
    for (size_t i = 0; i < 4; i++)
        ck_assert_ptr_nonnull(strstr(header_problem(own[i], "x"), "the host's"));
    ck_assert_ptr_nonnull(strstr(header_problem("", "x"), "malformed"));
    ck_assert_ptr_nonnull(strstr(header_problem("a:b", "x"), "malformed"));
    ck_assert_ptr_nonnull(strstr(header_problem("a", "x\r\nCookie: y"), "malformed"));
}
END_TEST

START_TEST(bounds_pairs_together)
{
    static char value[65536];
    struct tajo_parameter query[17];
    struct tajo_http_request request = good();
    memset(value, 'x', sizeof(value));
    for (size_t i = 0; i < 17; i++)
        query[i] = (struct tajo_parameter){text("q"), {value, sizeof(value)}};
    request.query = query;
    request.query_count = 15;
    ck_assert_ptr_null(request_problem(&request));
    request.query_count = 17;
    ck_assert_ptr_nonnull(strstr(request_problem(&request), "1 MiB"));
    query[0].value.len++;
    ck_assert_ptr_nonnull(strstr(request_problem(&request), "64 KiB"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("request");
    TCase *tc = tcase_create("request");
    tcase_add_test(tc, takes_requests);
    tcase_add_test(tc, refuses_bad_parts);
    tcase_add_test(tc, refuses_headers);
    tcase_add_test(tc, bounds_pairs_together);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
