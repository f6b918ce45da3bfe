/* SPDX-License-Identifier: Apache-2.0
 *
 * The rarer answers: each step of a delivery meets one it did not hope for.
 */
#include "rig.h"

#define ALL 20

static void open_rig(struct rig *rig)
{
    rig_start(rig, NULL);
    rig->options.requests_per_second = 10;
    rig->options.burst = 400;
    rig_open(rig);
}

/* times: 5 outlast the repetitions of one call. */
static void answer_with(struct rig *rig, const char *call, int status, int times)
{
    char fault[256];
    snprintf(fault, sizeof(fault),
             "{\"match\":\"%s\",\"status\":%d,\"times\":%d,\"body\":{\"message\":\"no\"}}", call,
             status, times);
    rig_fault(rig, fault);
}

static void no_faults(struct rig *rig)
{
    json_decref(rig_call(rig, "DELETE", "/__faults", NULL));
}

/* Fails with the error, keeps everything, and delivers once the fault is over. */
static void expect_stop(struct rig *rig, int error, int64_t pending)
{
    ck_assert_int_eq(rig_deliver(rig), error);
    ck_assert_int_eq(rig_pending(rig), pending);
    no_faults(rig);
    ck_assert_int_eq(rig_deliver(rig), 0);
    ck_assert_int_eq(rig_pending(rig), 0);
}

#define GET_ONE  "GET /contacts/{identifier}"
#define GET_POLL "GET /processes/{id}"

START_TEST(steps_of_an_import)
{
    static const struct {
        const char *call;
        int status, times, error;
    } cases[] = {
        {"POST /contacts/import", 500, 5, ERR_TRANSIENT},
        {"POST /contacts/import", 202, 1, ERR_TRANSIENT}, /* no process id */
        {GET_ONE, 503, 5, ERR_TRANSIENT},                 /* read-back */
        {GET_ONE, 418, 1, ERR_TRANSIENT},
        {GET_ONE, 401, 1, ERR_AUTH},
        {"GET /contacts/lists", 503, 5, ERR_TRANSIENT}, /* carrier */
        {"GET /contacts/folders", 401, 1, ERR_AUTH},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig rig;
        open_rig(&rig);
        RIG_EDIT(&rig, .first = 0, .count = 30);
        answer_with(&rig, cases[i].call, cases[i].status, cases[i].times);
        expect_stop(&rig, cases[i].error, 30);
        ck_assert_int_eq(rig_figure(&rig, "count"), 30);
        rig_end(&rig);
    }
}
END_TEST

START_TEST(polls_that_fail_are_repeated)
{
    struct rig rig;
    open_rig(&rig);
    RIG_EDIT(&rig, .first = 0, .count = 30, .set_lists = 1, .lists = {ALL});
    answer_with(&rig, GET_POLL, 503, 5);
    answer_with(&rig, GET_POLL, 404, 1); /* an unknown process: once more */
    rig_fault(&rig, "{\"match\":\"" GET_POLL "\",\"action\":\"garbage\"}");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_calls(&rig, "POST /contacts/import"), 2);
    ck_assert_uint_eq(rig_counts(&rig)->imports, 1);
    ck_assert_int_eq(rig_pending(&rig), 0);
    rig_end(&rig);
}
END_TEST

START_TEST(a_row_that_is_not_there)
{
    struct rig rig;
    open_rig(&rig);
    RIG_EDIT(&rig, .first = 0, .count = 30, .set_lists = 1, .lists = {ALL});
    answer_with(&rig, GET_ONE, 404, 1); /* late, not lost */
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_uint_eq(rig_counts(&rig)->singles, 0);
    RIG_EDIT(&rig, .first = 0, .count = 30, .pending = "{\"LOGIN_COUNT\":1}");
    answer_with(&rig, GET_ONE, 404, 2);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_uint_eq(rig_counts(&rig)->singles, 30);
    rig_end(&rig);
}
END_TEST

START_TEST(the_list_of_dropped_rows_cannot_be_read)
{
    struct rig rig;
    open_rig(&rig);
    RIG_EDIT(&rig, .first = 0, .count = 30, .set_lists = 1, .lists = {ALL});
    rig_fault(&rig, "{\"match\":\"" GET_POLL "\",\"status\":200,\"body\":{\"status\":"
                    "\"completed\",\"info\":{\"import\":{\"invalid_emails\":1}}}}");
    answer_with(&rig, "GET /contacts/lists/{id}/contacts", 503, 5);
    expect_stop(&rig, ERR_TRANSIENT, 30);
    rig_end(&rig);
}
END_TEST

START_TEST(after_an_interruption_brevo_must_answer)
{
    struct rig rig;
    open_rig(&rig);
    RIG_EDIT(&rig, .first = 0, .count = 30, .set_lists = 1, .lists = {ALL});
    answer_with(&rig, GET_POLL, 401, 1);
    ck_assert_int_eq(rig_deliver(&rig), ERR_AUTH);
    answer_with(&rig, "GET /processes", 401, 1);
    expect_stop(&rig, ERR_AUTH, 30);
    rig_end(&rig);
}
END_TEST

START_TEST(no_room_for_the_body)
{
    struct rig rig;
    rig_start(&rig, NULL);
    rig.options.requests_per_second = 10;
    rig.options.spool_dir = "/nonexistent";
    rig_open(&rig);
    RIG_EDIT(&rig, .first = 0, .count = 30, .set_lists = 1, .lists = {ALL});
    ck_assert_int_eq(rig_deliver(&rig), ERR_SYSTEM);
    ck_assert_str_eq(rig.error.where, "/nonexistent");
    ck_assert_int_eq(rig_pending(&rig), 30);
    rig_end(&rig);
}
END_TEST

START_TEST(a_list_for_imports_by_option)
{
    struct rig rig;
    rig_start(&rig, NULL);
    rig.options.requests_per_second = 10;
    rig.options.import_list = 23;
    rig_open(&rig);
    RIG_EDIT(&rig, .first = 0, .count = 30);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_on_list(&rig, "u1@example.com", 23), 1);
    struct rig_look look = rig_look(&rig, "u1@example.com");
    ck_assert_uint_eq(look.row.lists_delivered.count, 0);
    rig_look_end(&look);
    rig_end(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("answers");
    TCase *tests = tcase_create("answers");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, steps_of_an_import);
    tcase_add_test(tests, polls_that_fail_are_repeated);
    tcase_add_test(tests, a_row_that_is_not_there);
    tcase_add_test(tests, the_list_of_dropped_rows_cannot_be_read);
    tcase_add_test(tests, after_an_interruption_brevo_must_answer);
    tcase_add_test(tests, no_room_for_the_body);
    tcase_add_test(tests, a_list_for_imports_by_option);
    suite_add_tcase(suite, tests);
    return rig_run(suite);
}
