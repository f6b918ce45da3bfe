/* SPDX-License-Identifier: Apache-2.0
 *
 * What a run leaves behind: cursor, refreshes, dead letters, hold, the row in the history.
 */
#include "fixture.h"

static struct fixture f;

static void start(void)
{
    fixture_open(&f, "true");
}

static void stop(void)
{
    fixture_close(&f);
}

static int work_cursor(struct store_tx *tx, void *arg, struct err_info *e)
{
    return cursor_get(tx, SOURCE, arg, e);
}

static void expect_cursor(const char *expected)
{
    char *value = NULL;
    fixture_work(&f, work_cursor, &value);
    ck_assert_str_eq(value, expected);
    free(value);
}

static void expect_run(enum run_mode mode, const char *name)
{
    ck_assert_msg(fixture_run(&f, mode, NULL) == 0, "%s", f.result.error.what);
    ck_assert_str_eq(f.result.mode, name);
}

START_TEST(what_changed_since_a_time_leaves_the_cursor)
{
    expect_run(RUN_AUTO, "full");
    expect_cursor("full");
    expect_run(RUN_SINCE, "since");
    expect_cursor("full");
    ck_assert_int_eq(fixture_run(&f, RUN_SUBJECTS, "two"), 0);
    expect_cursor("full");
    expect_run(RUN_AUTO, "incremental");
    expect_cursor("incremental");
}
END_TEST

/* ---- refreshes ---- */

struct known {
    const char *subject;
    int is;
};

static int work_known(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct known *known = arg;
    struct person_row row = {0};
    int r = person_get(tx, "probe", known->subject, &row, e);
    known->is = r == 0;
    person_clear(&row);
    return r == ERR_NOT_FOUND ? 0 : r;
}

static int is_known(const char *subject)
{
    struct known known = {.subject = subject};
    fixture_work(&f, work_known, &known);
    return known.is;
}

static int work_expect_dead(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct dead_row *rows = NULL;
    size_t count = 0;
    int r = dead_list(tx, 10, &rows, &count, e);
    ck_assert_uint_eq(count, 1);
    ck_assert_str_eq(rows[0].source, SOURCE);
    ck_assert_str_eq(rows[0].stage, "refresh");
    ck_assert_str_eq(rows[0].subject, arg);
    ck_assert_uint_gt(strlen(rows[0].detail), 0);
    dead_list_free(rows, count);
    return r;
}

static char *const POISON[] = {(char *)"kill me", (char *)"data"};
static const int CLASSES[] = {ERR_BUG, ERR_DATA};

START_TEST(who_cannot_be_read_is_given_up_and_holds_back_nobody)
{
    fixture_queue(&f, "before");
    fixture_queue(&f, POISON[_i]);
    fixture_queue(&f, "after");
    ck_assert_int_eq(fixture_run(&f, RUN_AUTO, NULL), CLASSES[_i]); /* all together */
    ck_assert_str_eq(f.result.mode, "full");
    ck_assert_int_eq(f.result.refreshing, 1);
    ck_assert_int_eq(is_known("after"), 0);
    ck_assert_int_eq(fixture_run(&f, RUN_AUTO, NULL), CLASSES[_i]); /* each alone */
    ck_assert_str_eq(f.result.mode, "incremental");
    ck_assert_int_eq(is_known("before"), 1);
    ck_assert_int_eq(fixture_dead(&f), 0);
    fixture_queue(&f, "fresh");
    ck_assert_int_eq(fixture_run(&f, RUN_AUTO, NULL), CLASSES[_i]);
    ck_assert_int_eq(is_known("fresh"), 1);
    ck_assert_int_eq(is_known("after"), 1);
    ck_assert_uint_eq(f.result.dead, 1);
    fixture_work(&f, work_expect_dead, POISON[_i]);
    expect_run(RUN_AUTO, "incremental"); /* nothing is left of it */
}
END_TEST

/* What goes away by itself is nobody's fault. */
START_TEST(a_failure_that_passes_counts_for_nobody)
{
    fixture_queue(&f, "later");
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(fixture_run(&f, RUN_AUTO, NULL), ERR_TRANSIENT);
    ck_assert_int_eq(fixture_dead(&f), 0);
}
END_TEST

START_TEST(who_fails_three_times_by_hand_is_given_up_too)
{
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(fixture_run(&f, RUN_SUBJECTS, "data"), ERR_DATA);
    ck_assert_int_eq(fixture_dead(&f), 1);
    ck_assert_int_eq(fixture_run(&f, RUN_SUBJECTS, "other"), 0);
    ck_assert_int_eq(fixture_dead(&f), 1);
}
END_TEST

static int work_bury(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct dead_row row = {.source = (char[]){SOURCE},
                           .stage = (char[]){"refresh"},
                           .subject = arg,
                           .reason = (char[]){"bug"},
                           .detail = (char[]){"it was so"},
                           .payload = (char[]){"{}"},
                           .at_ms = 1};
    return dead_put(tx, &row, e);
}

START_TEST(a_good_reading_takes_the_dead_letter_back)
{
    char subject[] = "back";
    fixture_work(&f, work_bury, subject);
    ck_assert_int_eq(fixture_dead(&f), 1);
    ck_assert_int_eq(fixture_run(&f, RUN_SUBJECTS, subject), 0);
    ck_assert_int_eq(fixture_dead(&f), 0);
}
END_TEST

/* ---- settings ---- */

START_TEST(changed_settings_make_the_next_run_a_full_one)
{
    expect_run(RUN_AUTO, "full");
    expect_run(RUN_AUTO, "incremental");
    fixture_configure(&f, "{options_of_nobody: 1}"); /* not checked against the plugin here */
    expect_run(RUN_AUTO, "incremental");
    f.set->sources[0].configured_hash++;
    fixture_bind(&f, 1);
    expect_run(RUN_AUTO, "full");
    expect_run(RUN_AUTO, "incremental");
}
END_TEST

START_TEST(an_attribute_that_brevo_gains_reaches_everybody)
{
    fixture_bind(&f, 0);
    expect_run(RUN_AUTO, "full");
    fixture_bind(&f, 0);
    expect_run(RUN_AUTO, "incremental");
    fixture_bind(&f, 1);
    expect_run(RUN_AUTO, "full");
    fixture_bind(&f, 1);
    expect_run(RUN_AUTO, "incremental");
}
END_TEST

/* ---- hold ---- */

static int work_hold(struct store_tx *tx, void *arg, struct err_info *e)
{
    return hold_set(tx, arg, e);
}

struct held {
    const char *source;
    int is;
};

static int work_held(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct held *held = arg;
    return hold_get(tx, held->source, &held->is, e);
}

static int is_held(const char *source)
{
    struct held held = {.source = source, .is = -1};
    fixture_work(&f, work_held, &held);
    return held.is;
}

START_TEST(a_full_run_releases_its_own_hold_only)
{
    char other[] = "probe.other";
    fixture_work(&f, work_hold, other);
    fixture_act(&f, "transient");
    ck_assert_int_eq(fixture_run(&f, RUN_FULL, NULL), ERR_TRANSIENT);
    ck_assert_int_eq(is_held(SOURCE), 1);
    fixture_act(&f, NULL);
    expect_run(RUN_FULL, "full");
    ck_assert_int_eq(is_held(SOURCE), 0);
    ck_assert_int_eq(is_held(other), 1);
    expect_run(RUN_AUTO, "incremental"); /* another's hold is not this one's matter */
}
END_TEST

START_TEST(refreshes_that_fail_do_not_keep_the_hold)
{
    fixture_queue(&f, "later");
    ck_assert_int_eq(fixture_run(&f, RUN_FULL, NULL), ERR_TRANSIENT);
    ck_assert_int_eq(is_held(SOURCE), 0);
}
END_TEST

/* ---- stopping ---- */

static void stop_run(void *arg)
{
    run_stop(((struct fixture *)arg)->run);
}

static int work_last_result(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct run_row row = {0};
    int r = run_last(tx, SOURCE, NULL, 0, &row, e);
    snprintf(arg, 32, "%s", r == 0 ? row.result : "");
    run_clear(&row);
    return r;
}

START_TEST(a_worker_that_is_slow_to_stop_was_interrupted)
{
    struct loop_timer timer = {0};
    char result[32];
    fixture_act(&f, "stuck");
    fixture_start(&f, RUN_AUTO, NULL);
    loop_timer_set(f.loop, &timer, 500, stop_run, &f);
    while (f.run != NULL)
        ck_assert_int_eq(loop_run(f.loop), 0);
    ck_assert_int_eq(f.result.result, ERR_CANCELLED);
    ck_assert_str_eq(f.result.error.what, "interrupted");
    fixture_work(&f, work_last_result, result);
    ck_assert_str_eq(result, "cancelled");
}
END_TEST

int main(int argc, char **argv)
{
    if (fixture_worker(argc, argv))
        return worker_main(argv[2]);
    Suite *suite = suite_create("run");
    TCase *tests = tcase_create("run");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_test(tests, what_changed_since_a_time_leaves_the_cursor);
    tcase_add_loop_test(tests, who_cannot_be_read_is_given_up_and_holds_back_nobody, 0, 2);
    tcase_add_test(tests, a_failure_that_passes_counts_for_nobody);
    tcase_add_test(tests, who_fails_three_times_by_hand_is_given_up_too);
    tcase_add_test(tests, a_good_reading_takes_the_dead_letter_back);
    tcase_add_test(tests, changed_settings_make_the_next_run_a_full_one);
    tcase_add_test(tests, an_attribute_that_brevo_gains_reaches_everybody);
    tcase_add_test(tests, a_full_run_releases_its_own_hold_only);
    tcase_add_test(tests, refreshes_that_fail_do_not_keep_the_hold);
    tcase_add_test(tests, a_worker_that_is_slow_to_stop_was_interrupted);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
