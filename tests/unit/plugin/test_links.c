/* SPDX-License-Identifier: Apache-2.0
 *
 * Which hosts an answer names, and which of them a whole URL may lead to.
 */
#include "plugin/links.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASE "https://acme.eu.auth0.com"

static int allows(const char *text, const char *url)
{
    struct links links = {0};
    links_note_text(&links, text, strlen(text));
    int allowed = links_allow(&links, BASE, url);
    links_clear(&links);
    return allowed;
}

static const struct {
    const char *text, *url;
    int allowed;
} rows[] = {
    /* the connector's own */
    {"", BASE "/x", 1},
    {"", "https://acme.eu.auth0.com:443/x", 1},
    {"", "https://acme.eu.auth0.com:8443/x", 0},
    {"", "https://acme.eu.auth0.com.evil.example/", 0},
    {"", "https://evil.example/", 0},
    /* named, in each form */
    {"{\"location\":\"https://a.example/b?c\"}", "https://a.example/other", 1},
    {"{\"location\":\"https:\\/\\/a.example\\/b\"}", "https://a.example/b", 1},
    {"https://a.example", "https://a.example", 1},
    {"<https://a.example/p2>; rel=next", "https://a.example/p2", 1},
    {"HTTPS://A.Example/", "https://a.exAMPLE/", 1},
    {"https://a.example./", "https://a.example/", 1},
    {"https://a.example/", "https://a.example./", 1},
    {"https://[2001:db8::1]/", "https://[2001:db8::1]/", 1},
    {"https://[2001:db8::1]/", "https://[2001:db8::2]/", 0},
    {"https://[2001:db8::1]:8443/", "https://[2001:db8::1]/", 0},
    /* a port is part of it */
    {"https://a.example:8443/", "https://a.example:8443/", 1},
    {"https://a.example:8443/", "https://a.example/", 0},
    {"https://a.example/", "https://a.example:8443/", 0},
    {"https://a.example:443/", "https://a.example/", 1},
    {"https://a.example/", "https://a.example:0443/", 1},
    /* plain http is for loopback, and another thing than https */
    {"http://127.0.0.1:80/", "http://127.0.0.1/", 1},
    {"http://127.0.0.1:80/", "http://127.0.0.1:81/", 0},
    {"http://127.0.0.1:443/", "https://127.0.0.1/", 0},
    {"https://localhost/", "https://127.0.0.1/", 0},
    /* names that only look alike */
    {"https://a.example/", "https://b.a.example/", 0},
    {"https://b.a.example/", "https://a.example/", 0},
    {"https://a.example/https:\\evil.example", "https://evil.example/", 0},
    {"https:/a.example/ https:a.example ttps://a.example ://a.example", "https://a.example/", 0},
    {"a.example", "https://a.example/", 0},
    {"https://a.example.evil/", "https://a.example/", 0},
    {"https://a.example\\@evil.example/", "https://evil.example/", 0},
    {"https://a.example#@evil.example/", "https://evil.example/", 0},
    {"https://a.example?@evil.example/", "https://evil.example/", 0},
    /* a user in it: names nothing; asking so is refused by http itself */
    {"https://good@evil.example/", "https://evil.example/", 0},
    {"https://good@evil.example/", "https://good/", 0},
    {"https://good:x@evil.example/", "https://good/", 0},
    {"https://", "https://a.example/", 0},
    {"https:\\", "https://a.example/", 0},
};

START_TEST(hosts_are_compared_whole)
{
    ck_assert_msg(allows(rows[_i].text, rows[_i].url) == rows[_i].allowed, "%s -> %s",
                  rows[_i].text, rows[_i].url);
}
END_TEST

START_TEST(what_http_refuses_is_left_to_it)
{
    ck_assert_int_eq(allows("", "https://user@evil.example/"), 1);
    ck_assert_int_eq(allows("", "http://evil.example/"), 1);
    ck_assert_int_eq(allows("", "https://"), 1);
}
END_TEST

static void note(struct links *links, int number)
{
    char text[64];
    int len = snprintf(text, sizeof(text), "https://h%d.example/", number);
    links_note_text(links, text, (size_t)len);
}

static int is_known(const struct links *links, int number)
{
    char url[64];
    snprintf(url, sizeof(url), "https://h%d.example/", number);
    return links_allow(links, BASE, url);
}

START_TEST(the_newest_are_kept)
{
    struct links links = {0};
    for (int i = 0; i < 64; i++)
        note(&links, i);
    note(&links, 0); /* named again: the newest */
    note(&links, 64);
    ck_assert_uint_eq(links.count, LINKS_MAX);
    ck_assert(is_known(&links, 0) && !is_known(&links, 1) && is_known(&links, 2));
    for (int i = 65; i < 1000; i++)
        note(&links, i);
    ck_assert_uint_eq(links.count, LINKS_MAX);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(is_known(&links, i), i >= 936);
    links_clear(&links);
    ck_assert(!is_known(&links, 999));
}
END_TEST

START_TEST(one_text_is_looked_at_for_a_while)
{
    struct links links = {0};
    char text[5000 * 8 + 32] = "";
    for (int i = 0; i < 5000; i++)
        memcpy(text + i * 8, "https://", 8);
    strcpy(text + 5000 * 8, "https://late.example/");
    links_note_text(&links, text, strlen(text));
    ck_assert(!links_allow(&links, BASE, "https://late.example/"));
    /* Not past its end, and no name longer than one can be. */
    links_note_text(&links, "https://cut.example", 11);
    ck_assert(!links_allow(&links, BASE, "https://cut.example/"));
    memset(text, 'a', 2000);
    memcpy(text, "https://", 8);
    links_note_text(&links, text, 2000);
    ck_assert_uint_eq(links.count, 2); /* "https" and "cut" */
    links_clear(&links);
}
END_TEST

START_TEST(two_headers_count)
{
    struct links links = {0};
    const struct tajo_header headers[] = {
        {TAJO_STR("location"), TAJO_STR("https://moved.example/")},
        {TAJO_STR("link"), TAJO_STR("<https://next.example/?a=1>; rel=\"next\"")},
        {TAJO_STR("x-other"), TAJO_STR("https://other.example/")},
    };
    const struct http_response response = {
        .body = "", .body_fd = -1, .headers = headers, .header_count = 3};
    links_note_answer(&links, &response);
    ck_assert(links_allow(&links, BASE, "https://moved.example/"));
    ck_assert(links_allow(&links, BASE, "https://next.example/"));
    ck_assert(!links_allow(&links, BASE, "https://other.example/"));
    links_clear(&links);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("links");
    TCase *tc = tcase_create("links");
    tcase_add_loop_test(tc, hosts_are_compared_whole, 0, sizeof(rows) / sizeof(rows[0]));
    tcase_add_test(tc, what_http_refuses_is_left_to_it);
    tcase_add_test(tc, the_newest_are_kept);
    tcase_add_test(tc, one_text_is_looked_at_for_a_while);
    tcase_add_test(tc, two_headers_count);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
