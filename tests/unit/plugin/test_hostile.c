/* SPDX-License-Identifier: Apache-2.0
 *
 * Workers that crash, hang, flood and lie: each ends with its own sentence, and the host goes on.
 */
#include "harness.h"

static const struct {
    const char *act;
    const char *sentence;
} killed[] = {
    {"crash", "killed by SIGSEGV (Segmentation fault) during a run"},
    {"abort", "killed by SIGABRT"},
    {"kill", "killed by SIGKILL during a run"},
    {"exit", "exited with status 7 during a run"},
    {"close", "closed its socket and went on"},
    {"loop", "said nothing for 1 s"},
    {"half_frame", "said nothing for 1 s"},
    {"flood", "emitted more than 500 records or 1048576 bytes without a commit"},
    {"raw_log_flood", "logged without end"},
    {"raw_metric_flood", "reported a figure that its descriptor does not have"},
    {"unknown_frame", "unknown type 99"},
    {"host_frame", "unknown type 64"},
    {"hello_again", "type 1 out of order"},
    {"malformed_records", "malformed RECORDS"},
    {"no_subject", "malformed RECORDS"},
    {"malformed_commit", "malformed COMMIT"},
    {"malformed_progress", "malformed PROGRESS"},
    {"malformed_error", "malformed ERROR"},
    {"malformed_alive", "malformed ALIVE"},
    {"malformed_log", "malformed LOG"},
    {"malformed_submit", "malformed HTTP_SUBMIT"},
    {"bad_flags", "flags do not suit the run"},
    {"unknown_metric", "a figure that its descriptor does not have"},
    {"created_again", "ended another operation"},
    {"no_result", "a result that is none"},
    {"garbage", "announced a frame of 1936287860 bytes"},
    {"too_long", "announced a frame of 2147483647 bytes"},
};

START_TEST(ends_with_its_sentence)
{
    struct harness h = {0};
    struct plugin_limits limits = {
        .silence_ms = 1000, .pending_records = 500, .pending_bytes = 1048576};
    harness_open(&h, PLUGIN("hostile"), killed[_i].act, NULL, &limits);
    harness_run(&h, TAJO_MODE_FULL);
    ck_assert_int_eq(h.ends, 1);
    ck_assert_int_eq(h.dones, 1);
    ck_assert_int_eq(h.end.code, ERR_BUG);
    ck_assert_str_eq(h.end.where, "hostile.so");
    ck_assert_str_ne(h.end.mend, "");
    ck_assert_msg(strstr(h.end.what, killed[_i].sentence) != NULL, "%s: %s", killed[_i].act,
                  h.end.what);
    harness_close(&h);
}
END_TEST

static const struct {
    const char *act;
    int result;
    const char *sentence;
} failing[] = {
    {"fail_with_words", ERR_AUTH, "read:users is missing (insufficient_scope)"},
    {"fail_otherwise", ERR_CONFIG, "the error \"config\" and did not say why"},
    {"fail_without_words", ERR_RATE, "the error \"rate\" and did not say why"},
    {"fail_unknown", ERR_BUG, "the error \"bug\""},
    {"stopped_unasked", ERR_BUG, "the error \"cancelled\""},
    {"log_flood", 0, ""},
};

START_TEST(fails_with_its_class)
{
    struct harness h = {0};
    harness_open(&h, PLUGIN("hostile"), failing[_i].act, NULL, NULL);
    harness_run(&h, TAJO_MODE_FULL);
    ck_assert_int_eq(h.ends, 0);
    ck_assert_int_eq(h.result, failing[_i].result);
    ck_assert_msg(strstr(h.error.what, failing[_i].sentence) != NULL, "%s", h.error.what);
    harness_close(&h);
    ck_assert_int_eq(h.end.code, 0);
}
END_TEST

START_TEST(fails_to_create)
{
    struct harness h = {0};
    harness_open(&h, PLUGIN("hostile"), "fail_create", NULL, NULL);
    ck_assert_int_eq(h.result, ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(h.error.what, "act must not be fail_create (bad_option)"));
    harness_close(&h);
    ck_assert_int_eq(h.end.code, 0);
}
END_TEST

/* The host table's own bound lies below the host's. */
START_TEST(stops_emitting_at_the_bound)
{
    struct harness h = {0};
    harness_open(&h, PLUGIN("hostile"), "emit_until_refused", NULL, NULL);
    harness_run(&h, TAJO_MODE_FULL);
    ck_assert_msg(h.ends == 0, "%s", h.end.what);
    ck_assert_int_eq(h.result, 0);
    ck_assert_uint_eq(h.records, 20000);
    harness_close(&h);
}
END_TEST

START_TEST(lies_after_the_operation)
{
    struct harness h = {0};
    harness_open(&h, PLUGIN("hostile"), "after_done", NULL, NULL);
    harness_run(&h, TAJO_MODE_FULL); /* the forged DONE ends it; records follow */
    harness_wait(&h, &h.ends, 1);
    ck_assert_ptr_nonnull(strstr(h.end.what, "out of order"));
    harness_close(&h);
}
END_TEST

START_TEST(says_hello_too_late)
{
    struct harness h = {0};
    struct plugin_limits limits = {.hello_ms = 300};
    harness_start(&h, PLUGIN("slow_load"), &limits);
    harness_wait(&h, &h.ends, 1);
    ck_assert_int_eq(h.hellos, 0);
    ck_assert_ptr_nonnull(strstr(h.end.what, "did not say hello within 300 ms"));
    harness_close(&h);
}
END_TEST

START_TEST(crashes_at_load)
{
    struct harness h = {0};
    harness_start(&h, PLUGIN("crash_at_load"), NULL);
    harness_wait(&h, &h.ends, 1);
    ck_assert_int_eq(h.hellos, 0);
    ck_assert_int_eq(h.end.code, ERR_BUG);
    ck_assert_ptr_nonnull(strstr(h.end.what, "SIGSEGV (Segmentation fault) while it was loaded"));
    harness_close(&h);
}
END_TEST

int main(int argc, char **argv)
{
    if (harness_worker(argc, argv))
        return worker_main(argv[2]);
    Suite *suite = suite_create("hostile");
    TCase *tc = tcase_create("hostile");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, ends_with_its_sentence, 0, sizeof(killed) / sizeof(killed[0]));
    tcase_add_loop_test(tc, fails_with_its_class, 0, sizeof(failing) / sizeof(failing[0]));
    tcase_add_test(tc, fails_to_create);
    tcase_add_test(tc, stops_emitting_at_the_bound);
    tcase_add_test(tc, lies_after_the_operation);
    tcase_add_test(tc, says_hello_too_late);
    tcase_add_test(tc, crashes_at_load);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
