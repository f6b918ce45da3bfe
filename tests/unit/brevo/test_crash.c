/* SPDX-License-Identifier: Apache-2.0
 *
 * Killed or stopped in the middle: the next delivery leaves Brevo as an undisturbed one would.
 */
#include "rig.h"

#define ALL      20
#define VERIFIED 21

static void read_digest(const struct rig *rig, char digest[32])
{
    _cleanup_json_ json_t *state = rig_call(rig, "GET", "/__state?summary=1", NULL);
    snprintf(digest, 32, "%s", json_string_value(json_object_get(state, "digest")));
}

/* ---- An import ---- */

static void put_import(struct rig *rig)
{
    rig_open(rig);
    RIG_EDIT(rig, .first = 0, .count = 300, .set_lists = 1, .lists = {ALL});
    RIG_EDIT(rig, .first = 300, .count = 5, .set_lists = 1, .lists = {VERIFIED});
    rig_close(rig);
}

static void digest_of_import(char digest[32])
{
    struct rig rig;
    rig_start(&rig, NULL);
    rig.options.requests_per_second = 100;
    put_import(&rig);
    rig_open(&rig);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    read_digest(&rig, digest);
    rig_end(&rig);
}

static pid_t deliver_in_child(struct rig *rig)
{
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        rig_open(rig);
        int result = rig_deliver(rig);
        rig_close(rig);
        _exit(result == 0 ? 0 : 1);
    }
    return child;
}

static void wait_for_call(const struct rig *rig, const char *endpoint)
{
    for (int i = 0; i < 500 && rig_calls(rig, endpoint) == 0; i++)
        usleep(10000);
    ck_assert_int_gt(rig_calls(rig, endpoint), 0);
}

START_TEST(killed_during_an_import)
{
    char undisturbed[32], digest[32];
    struct rig rig;
    digest_of_import(undisturbed);
    rig_start(&rig, "--import-ms 1500");
    rig.options.requests_per_second = 100;
    put_import(&rig);
    pid_t child = deliver_in_child(&rig);
    wait_for_call(&rig, "GET /processes/{id}");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);

    rig_open(&rig);
    struct rig_look look = rig_look(&rig, "u1@example.com");
    ck_assert_int_ne(look.row.batch, 0);
    rig_look_end(&look);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_ge(rig_calls(&rig, "GET /processes"), 2);
    ck_assert_int_eq(rig_calls(&rig, "POST /contacts/import"), 2);
    ck_assert_int_eq(rig_pending(&rig), 0);
    read_digest(&rig, digest);
    ck_assert_str_eq(digest, undisturbed);
    ck_assert_int_eq(rig_figure(&rig, "resubscribed"), 0);

    /* Nothing is left to wait for. */
    int64_t asked = rig_calls(&rig, "GET /processes");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_calls(&rig, "GET /processes"), asked);
    rig_end(&rig);
}
END_TEST

static void stop_now(void *arg)
{
    struct rig *rig = arg;
    brevo_stop(rig->brevo);
}

START_TEST(stopped_during_an_import)
{
    struct rig rig;
    rig_start(&rig, "--import-ms 1500");
    rig.options.requests_per_second = 100;
    put_import(&rig);
    rig_open(&rig);
    struct loop_timer timer = {0};
    loop_timer_set(rig.loop, &timer, 500, stop_now, &rig);
    int64_t began = clock_monotonic_ms();
    ck_assert_int_eq(rig_deliver(&rig), ERR_CANCELLED);
    ck_assert_int_lt(clock_monotonic_ms() - began, 1300);
    ck_assert_int_eq(rig_pending(&rig), 305);
    struct rig_look look = rig_look(&rig, "u1@example.com");
    ck_assert_int_eq(look.row.batch, 0);
    rig_look_end(&look);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_pending(&rig), 0);
    rig_end(&rig);
}
END_TEST

START_TEST(stopped_between_single_calls)
{
    struct rig rig;
    rig_start(&rig, NULL);
    rig.options.requests_per_second = 20;
    rig.options.burst = 1;
    rig_open(&rig);
    /* Two groups, each too small for an import. */
    RIG_EDIT(&rig, .first = 0, .count = 20);
    RIG_EDIT(&rig, .first = 20, .count = 20, .set_lists = 1, .lists = {ALL});
    struct loop_timer timer = {0};
    loop_timer_set(rig.loop, &timer, 500, stop_now, &rig);
    ck_assert_int_eq(rig_deliver(&rig), ERR_CANCELLED);
    int64_t pending = rig_pending(&rig);
    ck_assert_int_gt(pending, 10);
    ck_assert_int_lt(pending, 40);
    /* Each call that was answered has its verdict; those under way are made again. */
    ck_assert_int_ge(rig_figure(&rig, "count"), 40 - pending);
    ck_assert_int_le(rig_figure(&rig, "count"), 40 - pending + 8);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_ge(rig_calls(&rig, "POST /contacts"), 40);
    ck_assert_int_le(rig_calls(&rig, "POST /contacts"), 40 + 8);
    ck_assert_int_eq(rig_pending(&rig), 0);
    rig_end(&rig);
}
END_TEST

/* ---- Single calls, killed at each write ---- */

static void put_singles(struct rig *rig)
{
    rig_open(rig);
    RIG_EDIT(rig, .first = 0, .count = 6, .set_lists = 1, .lists = {ALL, VERIFIED});
    ck_assert_int_eq(rig_deliver(rig), 0);
    rig_unsubscribe(rig, "u1@example.com");
    RIG_EDIT(rig, .email = "u0@example.com", .pending = "{\"FIRSTNAME\":\"Again\"}");
    RIG_EDIT(rig, .email = "new@example.com", .rename_from = "u1@example.com");
    RIG_EDIT(rig, .email = "u2@example.com", .remove = 1);
    RIG_EDIT(rig, .email = "u3@example.com", .set_lists = 1, .lists = {ALL});
    RIG_EDIT(rig, .email = "u4@example.com", .blocklist = 1);
    RIG_EDIT(rig, .email = "not an address", .pending = "{\"FIRSTNAME\":\"X\"}");
    rig_close(rig);
}

/* 1 when the child lived to the end. */
static int deliver_killed_at(int write, char digest[32])
{
    struct rig rig;
    int status = 0;
    rig_start(&rig, "--put-flag-loses");
    put_singles(&rig);
    char number[16];
    snprintf(number, sizeof(number), "%d", write);
    setenv("TAJO_KILL_AT_WRITE", number, 1);
    waitpid(deliver_in_child(&rig), &status, 0);
    unsetenv("TAJO_KILL_AT_WRITE");
    rig_open(&rig);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_pending(&rig), 0);
    struct rig_look look = rig_look(&rig, NULL);
    ck_assert_int_eq(look.dead, 1);
    rig_look_end(&look);
    ck_assert_int_eq(rig_blacklisted(&rig, "new@example.com"), 1);
    read_digest(&rig, digest);
    rig_end(&rig);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

START_TEST(killed_at_each_write)
{
    char undisturbed[32], digest[32];
    ck_assert_int_eq(deliver_killed_at(100000, undisturbed), 1);
    int write = 1, killed = 0;
    while (write < 120 && !deliver_killed_at(write, digest)) {
        ck_assert_msg(strcmp(digest, undisturbed) == 0, "killed at write %d", write);
        killed++;
        write += 3;
    }
    ck_assert_int_gt(killed, 5);
    ck_assert_int_lt(write, 120);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("crash");
    TCase *tests = tcase_create("crash");
    tcase_set_timeout(tests, 100);
    tcase_add_test(tests, killed_during_an_import);
    tcase_add_test(tests, stopped_during_an_import);
    tcase_add_test(tests, stopped_between_single_calls);
    tcase_add_test(tests, killed_at_each_write);
    suite_add_tcase(suite, tests);
    return rig_run(suite);
}
