/* SPDX-License-Identifier: Apache-2.0
 *
 * The fake host holds a plugin to the rules of the real one: here, where it may go.
 */
#include "fake_host.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

struct complaints {
    int count;
    char last[200];
};

static void complain(void *arg, const char *message)
{
    struct complaints *complaints = arg;
    complaints->count++;
    snprintf(complaints->last, sizeof(complaints->last), "%s", message);
}

static bool serve(void *arg, const struct fake_request *request, struct fake_answer *ret)
{
    (void)arg;
    *ret = (struct fake_answer){.status = 200, .body = ""};
    if (strcmp(request->text, "GET /links") == 0)
        ret->body = "http:\\/\\/127.0.0.1:9\\/ is here";
    if (strcmp(request->text, "GET /moved") == 0) {
        ret->headers[0][0] = "Location";
        ret->headers[0][1] = "http://localhost:9/";
    }
    return true;
}

START_TEST(only_named_hosts_are_let_out)
{
    struct complaints complaints = {0};
    struct fake_host *host = fake_host_new();
    fake_host_set_failure(host, complain, &complaints);
    fake_host_set_option(host, "act", "named");
    fake_host_serve(host, serve, NULL);
    ck_assert_int_eq(fake_host_start(host, fake_plugin_load(CLIENT_SO)), TAJO_OK);
    ck_assert_int_eq(fake_host_run_mode(host, TAJO_MODE_FULL, NULL), TAJO_OK);
    ck_assert_msg(complaints.count == 0, "%s", complaints.last);
    fake_host_free(host);
}
END_TEST

START_TEST(others_are_told_of)
{
    struct complaints complaints = {0};
    struct fake_host *host = fake_host_new();
    fake_host_set_failure(host, complain, &complaints);
    fake_host_set_option(host, "act", "wander");
    fake_host_serve(host, serve, NULL);
    ck_assert_int_eq(fake_host_start(host, fake_plugin_load(CLIENT_SO)), TAJO_OK);
    ck_assert_int_eq(fake_host_run_mode(host, TAJO_MODE_FULL, NULL), TAJO_E_BUG);
    ck_assert_int_eq(complaints.count, 1);
    ck_assert_ptr_nonnull(strstr(complaints.last, "no answer has named this host"));
    fake_host_free(host);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("testkit");
    TCase *tc = tcase_create("hosts");
    tcase_add_test(tc, only_named_hosts_are_let_out);
    tcase_add_test(tc, others_are_told_of);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
