/* SPDX-License-Identifier: Apache-2.0
 *
 * When the next run comes, after what. The clock is the test's: it leaps when nothing runs.
 */
#include "fixture.h"
#include "schedule/scheduler.h"

#include <sys/syscall.h>
#include <time.h>

#define MINUTE 60000
#define RARELY "{schedule: \"0 0 29 2 *\", full_schedule: \"0 0 29 2 *\"}"

static _Atomic int64_t wall_ahead_ms;      /* of the real time */
static _Atomic int64_t monotonic_ahead_ms; /* of timers */

/* In place of libc's, for this program; the store thread asks too. */
int clock_gettime(clockid_t id, struct timespec *ret)
{
    int r = (int)syscall(SYS_clock_gettime, id, ret);
    int64_t ahead = id == CLOCK_REALTIME ? wall_ahead_ms : monotonic_ahead_ms;
    if (r == 0 && (id == CLOCK_REALTIME || id == CLOCK_MONOTONIC))
        ret->tv_sec += ahead / 1000;
    return r;
}

static void leap(int64_t ms)
{
    wall_ahead_ms += ms;
    monotonic_ahead_ms += ms;
}

static struct fixture f;
static struct scheduler *scheduler;
static int changes;

static void on_changed(void *arg)
{
    (void)arg;
    changes++;
    loop_quit(f.loop);
}

static void open_with(const char *entry)
{
    fixture_open(&f, entry);
    scheduler = scheduler_new(f.loop, f.store, f.set, &f.config->host, on_changed, NULL);
}

static void close_all(void)
{
    wall_ahead_ms = monotonic_ahead_ms = 0; /* libcheck looks at the clock too */
    scheduler = scheduler_free(scheduler);
    fixture_close(&f);
}

static const struct scheduler_state *state(void)
{
    const struct scheduler_state *states = NULL;
    ck_assert_uint_eq(scheduler_states(scheduler, &states), 1);
    return states;
}

/* How long until the next run, to the second. */
static int64_t wait_s(void)
{
    int64_t ms = state()->next_ms - clock_unix_ms();
    return (ms + 999) / 1000;
}

static void wait_for_change(void)
{
    int before = changes;
    while (changes == before)
        ck_assert_int_eq(loop_run(f.loop), 0);
}

static void idle(int64_t ms)
{
    struct loop_timer timer = {0};
    loop_timer_set(f.loop, &timer, ms, fixture_quit, &f);
    ck_assert_int_eq(loop_run(f.loop), 0);
    loop_timer_clear(f.loop, &timer);
}

static int has_run(void)
{
    fixture_work(&f, fixture_count_runs, &f);
    return (int)f.count;
}

/* ---- failures -------------------------------------------------------------------------------- */

START_TEST(it_waits_longer_after_each_failure)
{
    static const int minutes[] = {1, 2, 4, 8, 16, 32, 60, 60};
    open_with(RARELY);
    fixture_act(&f, "transient");
    scheduler_start(scheduler);
    for (size_t i = 0; i < sizeof(minutes) / sizeof(minutes[0]); i++) {
        wait_for_change();
        ck_assert_int_ge(wait_s(), minutes[i] * 60 - 2);
        ck_assert_int_le(wait_s(), minutes[i] * 60);
        ck_assert_uint_eq(state()->failures, i + 1);
        leap(minutes[i] * MINUTE);
    }
    ck_assert_str_eq(state()->reason, "nobody answered (away)");
    fixture_act(&f, NULL);
    wait_for_change();
    ck_assert_str_eq(state()->reason, "");
    ck_assert_int_gt(wait_s(), 7200); /* its own time again */
    ck_assert_int_gt(state()->last_success_ms, 0);
    close_all();
}
END_TEST

START_TEST(what_a_person_must_mend_pauses_at_once)
{
    static const char *const acts[] = {"auth", "config"};
    open_with("{schedule: \"* * * * *\"}");
    fixture_act(&f, acts[_i]);
    scheduler_start(scheduler);
    wait_for_change();
    ck_assert_int_eq(state()->paused, 1);
    ck_assert_int_eq(state()->next_ms, 0);
    ck_assert_uint_gt(strlen(state()->reason), 0);
    leap(120 * MINUTE);
    idle(100);
    ck_assert_uint_eq(state()->runs, 1);
    close_all();
}
END_TEST

START_TEST(three_crashes_in_a_row_pause)
{
    open_with(RARELY);
    fixture_act(&f, "kill");
    scheduler_start(scheduler);
    for (int i = 0; i < 2; i++) {
        wait_for_change();
        ck_assert_int_eq(state()->paused, 0);
        leap(10 * MINUTE);
    }
    fixture_act(&f, "transient"); /* in between: not in a row */
    wait_for_change();
    fixture_act(&f, "kill");
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(state()->paused, 0);
        leap(90 * MINUTE);
        wait_for_change();
    }
    ck_assert_int_eq(state()->paused, 1);
    ck_assert_uint_eq(state()->failures, 6);
    close_all();
}
END_TEST

/* Who crashes it is given up after three tries: the source goes on. */
START_TEST(crashes_at_a_refresh_do_not_pause)
{
    open_with(RARELY);
    fixture_queue(&f, "kill me");
    scheduler_start(scheduler);
    for (int i = 0; i < 3; i++) {
        wait_for_change();
        ck_assert_uint_eq(state()->failures, (uint64_t)i + 1);
        ck_assert_int_eq(state()->paused, 0);
        leap(10 * MINUTE);
    }
    wait_for_change();
    ck_assert_uint_eq(state()->failures, 3);
    ck_assert_str_eq(state()->reason, "");
    ck_assert_int_eq(fixture_dead(&f), 1);
    close_all();
}
END_TEST

/* ---- times ----------------------------------------------------------------------------------- */

static void ten_minutes_pass(void *arg)
{
    (void)arg;
    wall_ahead_ms += 10 * MINUTE;
}

START_TEST(a_time_that_passed_during_a_run_is_made_up_for_once)
{
    struct loop_timer timer = {0};
    open_with("{schedule: \"* * * * *\"}");
    fixture_act(&f, "slow");
    scheduler_start(scheduler);
    loop_timer_set(f.loop, &timer, 200, ten_minutes_pass, NULL);
    wait_for_change();
    ck_assert_int_le(wait_s(), 0);
    fixture_act(&f, NULL);
    wait_for_change(); /* at once */
    ck_assert_uint_eq(state()->runs, 2);
    ck_assert_int_le(wait_s(), 60);
    ck_assert_int_gt(state()->next_ms, clock_unix_ms());
    close_all();
}
END_TEST

START_TEST(who_read_everybody_waits_for_the_next_time)
{
    open_with(RARELY);
    ck_assert_int_eq(fixture_run(&f, RUN_AUTO, NULL), 0);
    scheduler_start(scheduler);
    idle(100);
    ck_assert_uint_eq(state()->runs, 0);
    ck_assert_int_gt(state()->next_ms, clock_unix_ms());
    close_all();
}
END_TEST

START_TEST(who_read_named_people_only_reads_everybody_at_once)
{
    open_with(RARELY);
    ck_assert_int_eq(fixture_run(&f, RUN_SUBJECTS, "two"), 0);
    ck_assert_int_eq(fixture_run(&f, RUN_SINCE, NULL), 0);
    scheduler_start(scheduler);
    wait_for_change();
    ck_assert_uint_eq(state()->runs, 1);
    ck_assert_str_eq(state()->reason, "");
    close_all();
}
END_TEST

/* ---- stopping -------------------------------------------------------------------------------- */

static void on_stopped(void *arg)
{
    (*(int *)arg)++;
    loop_quit(f.loop);
}

START_TEST(stopped_while_it_looks_it_starts_nothing)
{
    int stopped = 0;
    open_with(RARELY);
    scheduler_start(scheduler);
    scheduler_stop(scheduler, on_stopped, &stopped);
    ck_assert_int_eq(stopped, 0);
    ck_assert_int_eq(loop_run(f.loop), 0);
    ck_assert_int_eq(stopped, 1);
    idle(100);
    ck_assert_int_eq(stopped, 1);
    ck_assert_int_eq(has_run(), 0);
    close_all();
}
END_TEST

START_TEST(stopping_ends_what_runs_first)
{
    int stopped = 0;
    open_with(RARELY);
    fixture_act(&f, "slow");
    scheduler_start(scheduler);
    idle(300);
    ck_assert_int_eq(state()->running, 1);
    scheduler_stop(scheduler, on_stopped, &stopped);
    while (stopped == 0)
        ck_assert_int_eq(loop_run(f.loop), 0);
    ck_assert_int_eq(state()->running, 0);
    ck_assert_int_eq(changes, 0);
    ck_assert_int_eq(has_run(), 1);
    close_all();
}
END_TEST

int main(int argc, char **argv)
{
    if (fixture_worker(argc, argv))
        return worker_main(argv[2]);
    Suite *suite = suite_create("scheduler");
    TCase *tests = tcase_create("scheduler");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, it_waits_longer_after_each_failure);
    tcase_add_loop_test(tests, what_a_person_must_mend_pauses_at_once, 0, 2);
    tcase_add_test(tests, three_crashes_in_a_row_pause);
    tcase_add_test(tests, crashes_at_a_refresh_do_not_pause);
    tcase_add_test(tests, a_time_that_passed_during_a_run_is_made_up_for_once);
    tcase_add_test(tests, who_read_everybody_waits_for_the_next_time);
    tcase_add_test(tests, who_read_named_people_only_reads_everybody_at_once);
    tcase_add_test(tests, stopped_while_it_looks_it_starts_nothing);
    tcase_add_test(tests, stopping_ends_what_runs_first);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
