/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include "plugin/plugin_internal.h"

#include <signal.h>
#include <unistd.h>

START_TEST(serves_check_and_runs)
{
    struct harness h = {0};
    harness_open(&h, PLUGIN("good"), NULL, NULL, NULL);
    ck_assert_msg(h.result == 0, "%s", h.error.what);
    ck_assert_int_gt(plugin_pid(h.plugin), 0);
    plugin_check(h.plugin);
    harness_wait(&h, &h.dones, 2);
    ck_assert_msg(h.result == 0, "%s", h.error.what);
    ck_assert_int_eq(h.metrics, 1);
    ck_assert_int_eq(h.metric, -7);
    ck_assert_int_ge(h.progresses, 1);

    harness_run(&h, TAJO_MODE_FULL);
    ck_assert_msg(h.result == 0, "%s", h.error.what);
    ck_assert_uint_eq(h.records, 2500);
    ck_assert_str_eq(h.subject, "probe|2499");
    ck_assert_int_eq(h.commits, 3);
    ck_assert_str_eq(h.cursor, "end");
    ck_assert_uint_eq(h.commit_flags, TAJO_COMMIT_SNAPSHOT_COMPLETE);
    ck_assert_int_gt(plugin_peak_rss_kb(h.plugin), 1000);

    plugin_finish(h.plugin);
    harness_wait(&h, &h.ends, 1);
    ck_assert_int_eq(h.ends, 1);
    ck_assert_int_eq(h.end.code, 0);
    ck_assert_int_gt(plugin_peak_rss_kb(h.plugin), 1000);
    harness_close(&h);
}
END_TEST

START_TEST(passes_what_a_run_is_asked)
{
    static const char *const subjects[] = {"a|1", "a|2", "a|3"};
    static const char *const fields[] = {"email", NULL};
    struct harness h = {0};
    harness_open(&h, PLUGIN("good"), NULL, NULL, NULL);
    struct plugin_run_request since = {.mode = TAJO_MODE_SINCE, .since_ms = 1700000000123};
    plugin_run(h.plugin, &since);
    harness_wait(&h, &h.dones, 2);
    ck_assert_msg(h.result == 0, "%s", h.error.what);
    ck_assert_str_eq(h.cursor, "since");
    ck_assert_uint_eq(h.records, 1);

    struct plugin_run_request refresh = {
        .mode = TAJO_MODE_REFRESH, .subjects = subjects, .subject_count = 3, .fields = fields};
    plugin_run(h.plugin, &refresh);
    harness_wait(&h, &h.dones, 3);
    ck_assert_msg(h.result == 0, "%s", h.error.what);
    ck_assert_uint_eq(h.records, 4);
    ck_assert_uint_eq(h.gone, 1);
    ck_assert_str_eq(h.cursor, ""); /* a refresh does not move it */

    struct plugin_run_request more = {.mode = TAJO_MODE_INCREMENTAL, .cursor = "before"};
    plugin_run(h.plugin, &more);
    harness_wait(&h, &h.dones, 4);
    ck_assert_msg(h.result == 0, "%s", h.error.what);
    ck_assert_str_eq(h.cursor, "after");
    harness_close(&h);
}
END_TEST

START_TEST(waits_for_a_commit)
{
    struct harness h = {.commit_later = 1};
    struct plugin_limits limits = {.silence_ms = 800};
    harness_open(&h, PLUGIN("hostile"), "commit_result", NULL, &limits);
    struct plugin_run_request request = {.mode = TAJO_MODE_FULL};
    plugin_run(h.plugin, &request);
    harness_wait(&h, &h.commits, 1);
    harness_idle(&h, 1300); /* longer than the silence: it is ours */
    ck_assert_int_eq(h.dones, 1);
    ck_assert_int_eq(h.ends, 0);
    plugin_committed(h.plugin, 0);
    plugin_committed(h.plugin, 0); /* answers nothing */
    harness_wait(&h, &h.dones, 2);
    ck_assert_int_eq(h.result, 0);
    harness_close(&h);
}
END_TEST

START_TEST(passes_a_failed_commit)
{
    struct harness h = {.commit_result = ERR_SYSTEM};
    harness_open(&h, PLUGIN("hostile"), "commit_result", NULL, NULL);
    harness_run(&h, TAJO_MODE_FULL);
    ck_assert_int_eq(h.result, ERR_SYSTEM);
    ck_assert_ptr_nonnull(strstr(h.error.what, "durable"));
    harness_close(&h);
}
END_TEST

START_TEST(tells_the_end_after_a_commit_under_way)
{
    struct harness h = {.commit_later = 1};
    harness_open(&h, PLUGIN("hostile"), "commit_then_die", NULL, NULL);
    struct plugin_run_request request = {.mode = TAJO_MODE_FULL};
    plugin_run(h.plugin, &request);
    harness_wait(&h, &h.commits, 1);
    harness_idle(&h, 300);
    ck_assert_int_eq(h.ends, 0);
    plugin_committed(h.plugin, 0);
    ck_assert_int_eq(h.ends, 0); /* not from inside */
    harness_wait(&h, &h.ends, 1);
    ck_assert_int_eq(h.end.code, ERR_BUG);
    ck_assert_ptr_nonnull(strstr(h.end.what, "SIGKILL during a run"));
    harness_close(&h);
}
END_TEST

START_TEST(ends_a_run_whose_record_the_host_cannot_take)
{
    struct harness h = {.fail_record = 1};
    harness_open(&h, PLUGIN("hostile"), "", NULL, NULL);
    harness_run(&h, TAJO_MODE_FULL);
    ck_assert_int_eq(h.result, ERR_SYSTEM);
    ck_assert_str_eq(h.error.what, "the disk is full");
    ck_assert_uint_eq(h.records, 1);
    ck_assert_int_eq(h.commits, 0);
    harness_close(&h);
}
END_TEST

START_TEST(stops_a_run)
{
    struct harness h = {0};
    struct plugin_run_request request = {.mode = TAJO_MODE_FULL};
    harness_open(&h, PLUGIN("hostile"), "sleep", NULL, NULL);
    plugin_run(h.plugin, &request);
    harness_idle(&h, 50);
    ck_assert_int_eq(h.dones, 1);
    plugin_stop(h.plugin);
    harness_wait(&h, &h.dones, 2);
    ck_assert_int_eq(h.result, ERR_CANCELLED);
    harness_close(&h);
    ck_assert_int_eq(h.end.code, 0);
}
END_TEST

START_TEST(kills_what_does_not_stop)
{
    struct harness h = {0};
    struct plugin_run_request request = {.mode = TAJO_MODE_FULL};
    harness_open(&h, PLUGIN("hostile"), "ignore_stop", NULL, NULL);
    plugin_run(h.plugin, &request);
    harness_idle(&h, 50);
    int64_t began = clock_monotonic_ms();
    plugin_stop(h.plugin);
    harness_wait(&h, &h.ends, 1);
    int64_t took = clock_monotonic_ms() - began;
    ck_assert_int_ge(took, 1900);
    ck_assert_int_lt(took, 6000);
    ck_assert_int_eq(h.end.code, ERR_BUG);
    ck_assert_ptr_nonnull(strstr(h.end.what, "within 2 s"));
    harness_close(&h);
}
END_TEST

START_TEST(stops_before_hello)
{
    struct harness h = {0};
    harness_start(&h, PLUGIN("hostile"), NULL);
    plugin_stop(h.plugin);
    harness_open(&h, NULL, "", NULL, NULL);
    ck_assert_int_eq(h.result, 0);
    harness_run(&h, TAJO_MODE_FULL);
    ck_assert_int_eq(h.result, ERR_CANCELLED);
    harness_close(&h);
}
END_TEST

START_TEST(finishes_while_loading)
{
    struct harness h = {0};
    harness_start(&h, PLUGIN("slow_load"), NULL);
    plugin_finish(h.plugin);
    harness_wait(&h, &h.ends, 1);
    ck_assert_int_eq(h.end.code, 0);
    harness_close(&h);
}
END_TEST

START_TEST(kills_what_does_not_finish)
{
    struct harness h = {0};
    harness_open(&h, PLUGIN("hostile"), _i == 0 ? "hang_at_end" : "crash_at_end", NULL, NULL);
    int64_t began = clock_monotonic_ms();
    harness_close(&h);
    ck_assert_int_eq(h.end.code, 0);
    if (_i == 0)
        ck_assert_int_ge(clock_monotonic_ms() - began, 1900);
}
END_TEST

START_TEST(can_be_freed_anywhere)
{
    static const int places[] = {'h', 'd', 'r', 'c', 0};
    struct harness h = {.free_in = places[_i]};
    harness_start(&h, PLUGIN("good"), NULL);
    int pid = plugin_pid(h.plugin);
    harness_wait(&h, &h.hellos, 1);
    if (h.plugin != NULL) {
        plugin_create(h.plugin, NULL, 0, NULL);
        harness_wait(&h, &h.dones, 1);
    }
    if (h.plugin != NULL) {
        struct plugin_run_request request = {.mode = TAJO_MODE_FULL};
        plugin_run(h.plugin, &request);
        harness_wait(&h, h.free_in == 'r' ? (const int *)&h.records : &h.commits, 1);
    }
    h.plugin = plugin_free(h.plugin);
    ck_assert_int_eq(kill(pid, 0), -1); /* gone and reaped */
    harness_idle(&h, 50);
    ck_assert_int_eq(h.ends, 0);
    ck_assert_ptr_null(plugin_free(NULL));
    harness_close(&h);
}
END_TEST

START_TEST(says_when_no_process_starts)
{
    static const struct plugin_handlers handlers = {0};
    struct loop *loop = loop_new();
    struct plugin *plugin = NULL;
    struct err_info e = {0};
    plugin_set_program("/nonexistent/program");
    ck_assert_int_eq(plugin_start(loop, PLUGIN("good"), NULL, &handlers, NULL, &plugin, &e),
                     ERR_SYSTEM);
    ck_assert_ptr_null(plugin);
    ck_assert_str_eq(e.where, "good.so");
    ck_assert_ptr_nonnull(strstr(e.what, "No such file"));
    loop_free(loop);
}
END_TEST

START_TEST(calls_after_the_end_do_nothing)
{
    struct harness h = {0};
    struct plugin_run_request request = {.mode = TAJO_MODE_FULL};
    harness_open(&h, PLUGIN("hostile"), "exit", NULL, NULL);
    harness_run(&h, TAJO_MODE_FULL);
    ck_assert_int_eq(h.ends, 1);
    plugin_create(h.plugin, NULL, 0, NULL);
    plugin_check(h.plugin);
    plugin_run(h.plugin, &request);
    plugin_stop(h.plugin);
    plugin_finish(h.plugin);
    harness_idle(&h, 50);
    ck_assert_int_eq(h.ends, 1);
    harness_close(&h);
}
END_TEST

int main(int argc, char **argv)
{
    if (harness_worker(argc, argv))
        return worker_main(argv[2]);
    Suite *suite = suite_create("plugin");
    TCase *tc = tcase_create("plugin");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, serves_check_and_runs);
    tcase_add_test(tc, passes_what_a_run_is_asked);
    tcase_add_test(tc, waits_for_a_commit);
    tcase_add_test(tc, passes_a_failed_commit);
    tcase_add_test(tc, tells_the_end_after_a_commit_under_way);
    tcase_add_test(tc, ends_a_run_whose_record_the_host_cannot_take);
    tcase_add_test(tc, stops_a_run);
    tcase_add_test(tc, kills_what_does_not_stop);
    tcase_add_test(tc, stops_before_hello);
    tcase_add_test(tc, finishes_while_loading);
    tcase_add_loop_test(tc, kills_what_does_not_finish, 0, 2);
    tcase_add_loop_test(tc, can_be_freed_anywhere, 0, 5);
    tcase_add_test(tc, says_when_no_process_starts);
    tcase_add_test(tc, calls_after_the_end_do_nothing);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
