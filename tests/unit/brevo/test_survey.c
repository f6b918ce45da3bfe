/* SPDX-License-Identifier: Apache-2.0
 *
 * Before an import adds to lists, the account's contacts are surveyed for people who left some.
 */
#include "leaving.h"

#define PAGES  "GET /contacts"
#define IMPORT "POST /contacts/import"

static void open_rig(struct rig *rig)
{
    rig_start(rig, NULL);
    rig->options.requests_per_second = 100; /* a general plan's hourly budget: imports pay */
    rig_open(rig);
}

static void put_many(struct rig *rig, int lists_too)
{
    RIG_EDIT(rig, .first = 0, .count = 300, .set_lists = 1,
             .lists = {ALL, lists_too ? VERIFIED : 0});
}

/* What Brevo has before we come: u0 and so on, on list 20. */
static void make_many(const struct rig *rig, int count)
{
    struct strbuf body = STRBUF_INIT;
    for (int i = 0; i < count && count <= 20; i++) {
        _cleanup_free_ char *email = mem_printf("u%d@example.com", i);
        make_contact(rig, email, ALL);
    }
    strbuf_add_text(&body, "{\"listIds\":[20],\"disableNotification\":true,\"jsonBody\":[");
    for (int i = 0; i < count; i++)
        strbuf_add_format(&body, "%s{\"email\":\"u%d@example.com\"}", i > 0 ? "," : "", i);
    strbuf_add_text(&body, "]}");
    if (count > 20)
        json_decref(rig_call(rig, "POST", "/brevo/v3/contacts/import", body.data));
    strbuf_release(&body);
    for (int i = 0; i < 500 && rig_figure(rig, "count") < count; i++)
        usleep(10000);
    ck_assert_int_eq(rig_figure(rig, "count"), count);
    forget_calls(rig);
}

static void deliver_all(struct rig *rig)
{
    ck_assert_msg(rig_deliver(rig) == 0, "%s", rig->error.what);
    ck_assert_int_eq(rig_pending(rig), 0);
}

START_TEST(an_empty_account_costs_one_call)
{
    struct rig rig;
    open_rig(&rig);
    put_many(&rig, 0);
    int64_t began = clock_unix_ms();
    deliver_all(&rig);
    ck_assert_int_eq(rig_calls(&rig, PAGES), 1);
    ck_assert_int_eq(rig_calls(&rig, IMPORT), 1);
    ck_assert_int_ge(surveyed_until(&rig), began - 603000);
    ck_assert_int_le(surveyed_until(&rig), clock_unix_ms() - 599000);

    /* Nobody is put on a list by what follows: no survey. */
    put_many(&rig, 0);
    deliver_all(&rig);
    ck_assert_int_eq(rig_calls(&rig, IMPORT), 2);
    ck_assert_int_eq(rig_calls(&rig, PAGES), 1);
    rig_end(&rig);
}
END_TEST

START_TEST(left_before_we_came)
{
    struct rig rig;
    open_rig(&rig);
    make_many(&rig, 20);
    leave(&rig, "u5@example.com", ALL);
    leave(&rig, "u6@example.com", ALL);
    leave(&rig, "u6@example.com", VERIFIED);
    put_many(&rig, 1);
    deliver_all(&rig);
    /* The page, and one that shows nobody new. */
    ck_assert_int_eq(rig_calls(&rig, PAGES), 2);
    ck_assert_int_eq(rig_calls(&rig, IMPORT), 1);
    ck_assert_int_eq(rig_calls(&rig, "POST /contacts"), 2);
    ck_assert_uint_eq(rig_counts(&rig)->kept_off_lists, 2);
    rig_expect_text(&rig, "u6@example.com", "FIRSTNAME", "User 6");
    expect_lists(&rig, "u4@example.com", 1, 1);
    expect_lists(&rig, "u5@example.com", 0, 1);
    expect_lists(&rig, "u6@example.com", 0, 0);
    struct rig_look look = rig_look(&rig, "u6@example.com");
    ck_assert(id_set_equal(&look.row.lists_delivered, &look.row.lists_wanted));
    rig_look_end(&look);

    forget_calls(&rig);
    deliver_all(&rig);
    ck_assert_int_eq(rig_calls(&rig, "total"), 0);
    rig_end(&rig);
}
END_TEST

START_TEST(left_and_came_back)
{
    struct rig rig;
    open_rig(&rig);
    put_many(&rig, 0);
    deliver_all(&rig);
    leave(&rig, "u5@example.com", ALL);
    RIG_EDIT(&rig, .first = 0, .count = 300, .pending = "", .set_lists = 1);
    deliver_all(&rig);
    put_many(&rig, 0);
    deliver_all(&rig);
    ck_assert_int_eq(rig_calls(&rig, IMPORT), 2);
    expect_lists(&rig, "u5@example.com", 0, 0);
    expect_lists(&rig, "u6@example.com", 1, 0);
    rig_end(&rig);
}
END_TEST

/* Of known people who wait for nothing but the list, nothing is left to be delivered. */
START_TEST(left_before_they_were_verified)
{
    struct rig rig;
    open_rig(&rig);
    put_many(&rig, 0);
    deliver_all(&rig);
    make_contact(&rig, "u5@example.com", VERIFIED);
    leave(&rig, "u5@example.com", VERIFIED);
    forget_calls(&rig);
    RIG_EDIT(&rig, .first = 0, .count = 300, .pending = "", .set_lists = 1,
             .lists = {ALL, VERIFIED});
    deliver_all(&rig);
    ck_assert_int_eq(rig_calls(&rig, IMPORT), 1);
    ck_assert_int_eq(rig_calls(&rig, "POST /contacts"), 0);
    ck_assert_uint_eq(rig_counts(&rig)->kept_off_lists, 1);
    expect_lists(&rig, "u5@example.com", 1, 0);
    expect_lists(&rig, "u6@example.com", 1, 1);
    rig_end(&rig);
}
END_TEST

static int put_survey(struct store_tx *tx, void *arg, struct err_info *e)
{
    return meta_put(tx, "survey.until", arg, e);
}

START_TEST(many_pages_once_then_only_what_changed)
{
    static const int leavers[] = {5, 979, 980, 999, 1000, 1500, 2499};
    struct rig rig;
    open_rig(&rig);
    make_many(&rig, 2500);
    for (size_t i = 0; i < sizeof(leavers) / sizeof(*leavers); i++) {
        _cleanup_free_ char *email = mem_printf("u%d@example.com", leavers[i]);
        leave(&rig, email, ALL);
    }
    RIG_EDIT(&rig, .first = 0, .count = 2500, .set_lists = 1, .lists = {ALL});
    deliver_all(&rig);
    ck_assert_int_eq(rig_calls(&rig, PAGES), 4); /* three, and one that shows nobody new */
    ck_assert_uint_eq(rig_counts(&rig)->kept_off_lists, 7);
    for (size_t i = 0; i < sizeof(leavers) / sizeof(*leavers); i++) {
        _cleanup_free_ char *email = mem_printf("u%d@example.com", leavers[i]);
        expect_lists(&rig, email, 0, 0);
    }

    /* Without the margin, as it is ten minutes later. */
    char now[CLOCK_ISO_SIZE];
    usleep(20000);
    clock_format_iso(clock_unix_ms(), now);
    ck_assert_int_eq(store_call(rig.store, put_survey, now, NULL), 0);
    usleep(20000);
    leave(&rig, "u7@example.com", VERIFIED);
    forget_calls(&rig);
    RIG_EDIT(&rig, .first = 0, .count = 300, .set_lists = 1, .lists = {ALL, VERIFIED});
    deliver_all(&rig);
    ck_assert_int_eq(rig_calls(&rig, PAGES), 2);
    expect_lists(&rig, "u7@example.com", 1, 0);
    expect_lists(&rig, "u8@example.com", 1, 1);
    rig_end(&rig);
}
END_TEST

/* ---- When it cannot be finished ---- */

static void expect_nothing_sent(struct rig *rig)
{
    ck_assert_int_eq(rig_calls(rig, IMPORT), 0);
    ck_assert_int_eq(rig_calls(rig, "POST /contacts"), 0);
    ck_assert_int_eq(rig_pending(rig), 300);
    ck_assert_int_eq(surveyed_until(rig), 0);
}

START_TEST(a_page_that_cannot_be_read)
{
    static const struct {
        const char *fault;
        int result;
    } cases[] = {
        {"\"action\":\"garbage\"", ERR_TRANSIENT},
        {"\"status\":200,\"body\":{}", ERR_TRANSIENT},
        {"\"status\":200,\"body\":{\"contacts\":5}", ERR_TRANSIENT},
        {"\"status\":200,\"body\":{\"contacts\":[7]}", ERR_TRANSIENT},
        {"\"status\":200,\"body\":{\"contacts\":[{\"listUnsubscribed\":{}}]}", ERR_TRANSIENT},
        {"\"status\":500,\"times\":30", ERR_TRANSIENT},
        {"\"status\":400", ERR_TRANSIENT},
        {"\"status\":401,\"times\":3", ERR_AUTH},
    };
    struct rig rig;
    open_rig(&rig);
    make_many(&rig, 20);
    leave(&rig, "u5@example.com", ALL);
    put_many(&rig, 0);
    _cleanup_free_ char *fault =
        mem_printf("{\"match\":\"GET /contacts\",%s%s}",
                   _i % 2 == 0 || cases[_i].result == ERR_AUTH ? "\"after\":0," : "\"after\":1,",
                   cases[_i].fault);
    rig_fault(&rig, fault);
    ck_assert_int_eq(rig_deliver(&rig), cases[_i].result);
    expect_nothing_sent(&rig);
    rig_end(&rig);
}
END_TEST

START_TEST(a_limit_is_waited_out)
{
    struct rig rig;
    open_rig(&rig);
    make_many(&rig, 20);
    leave(&rig, "u5@example.com", ALL);
    put_many(&rig, 0);
    rig_fault(&rig, "{\"match\":\"GET /contacts\",\"after\":1,\"status\":429,"
                    "\"headers\":{\"x-sib-ratelimit-reset\":\"1\"},\"body\":{}}");
    deliver_all(&rig);
    ck_assert_int_eq(rig_calls(&rig, PAGES), 3);
    expect_lists(&rig, "u5@example.com", 0, 0);
    rig_end(&rig);
}
END_TEST

/* Whoever ignores the offset shows the same page for ever, and hides the rest. */
START_TEST(pages_that_do_not_move)
{
    struct rig rig;
    struct strbuf fault = STRBUF_INIT;
    open_rig(&rig);
    put_many(&rig, 0);
    strbuf_add_text(&fault, "{\"match\":\"GET /contacts\",\"status\":200,\"times\":9,"
                            "\"body\":{\"contacts\":[");
    for (int i = 0; i < 1000; i++)
        strbuf_add_format(&fault, "%s{\"id\":%d}", i > 0 ? "," : "", i + 1);
    strbuf_add_text(&fault, "]}}");
    rig_fault(&rig, fault.data);
    strbuf_release(&fault);
    ck_assert_int_eq(rig_deliver(&rig), ERR_TRANSIENT);
    ck_assert_int_eq(rig_calls(&rig, PAGES), 2);
    expect_nothing_sent(&rig);
    rig_end(&rig);
}
END_TEST

/* Ids as texts, letters in capitals, contacts without an address, a count that is wrong. */
START_TEST(a_page_that_is_not_as_described)
{
    struct rig rig;
    open_rig(&rig);
    make_contact(&rig, "u5@example.com", 0);
    put_many(&rig, 0);
    rig_fault(&rig, "{\"match\":\"GET /contacts\",\"status\":200,\"body\":{\"count\":0,"
                    "\"contacts\":[{\"listUnsubscribed\":[20]},{\"email\":\"U5@Example.com\","
                    "\"listUnsubscribed\":[\"20\"]},{\"email\":\"u6@example.com\","
                    "\"listUnsubscribed\":null}]}}");
    deliver_all(&rig);
    expect_lists(&rig, "u5@example.com", 0, 0);
    expect_lists(&rig, "u6@example.com", 1, 0);
    rig_end(&rig);
}
END_TEST

static void stop_now(void *arg)
{
    struct rig *rig = arg;
    brevo_stop(rig->brevo);
}

START_TEST(stopped)
{
    struct rig rig;
    struct loop_timer timer = {0};
    open_rig(&rig);
    make_many(&rig, 20);
    put_many(&rig, 0);
    rig_fault(&rig, "{\"match\":\"GET /contacts\",\"delay_ms\":600}");
    loop_timer_set(rig.loop, &timer, 200, stop_now, &rig);
    ck_assert_int_eq(rig_deliver(&rig), ERR_CANCELLED);
    ck_assert_int_eq(rig_calls(&rig, PAGES), 1);
    expect_nothing_sent(&rig);
    deliver_all(&rig);
    rig_end(&rig);
}
END_TEST

static int read_leaver(struct store_tx *tx, void *arg, struct err_info *e)
{
    return leaver_lists(tx, "u5@example.com", arg, e);
}

START_TEST(killed)
{
    struct rig rig;
    open_rig(&rig);
    make_many(&rig, 1500);
    leave(&rig, "u5@example.com", ALL);
    leave(&rig, "u1400@example.com", ALL);
    RIG_EDIT(&rig, .first = 0, .count = 1500, .set_lists = 1, .lists = {ALL});
    rig_close(&rig);
    rig_fault(&rig, "{\"match\":\"GET /contacts\",\"after\":1,\"delay_ms\":5000}");
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        rig_open(&rig);
        rig_deliver(&rig);
        _exit(0);
    }
    for (int i = 0; i < 500 && rig_calls(&rig, PAGES) < 2; i++)
        usleep(10000);
    ck_assert_int_eq(rig_calls(&rig, PAGES), 2);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);

    struct id_set lists = {0};
    rig_open(&rig);
    ck_assert_int_eq(surveyed_until(&rig), 0);
    ck_assert_int_eq(store_call(rig.store, read_leaver, &lists, NULL), 0);
    ck_assert_int_eq(id_set_has(&lists, ALL), 1);
    id_set_clear(&lists);
    ck_assert_int_eq(rig_calls(&rig, IMPORT), 0);
    deliver_all(&rig);
    ck_assert_int_gt(surveyed_until(&rig), 0);
    expect_lists(&rig, "u5@example.com", 0, 0);
    expect_lists(&rig, "u1400@example.com", 0, 0);
    rig_end(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("survey");
    TCase *tests = tcase_create("survey");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, an_empty_account_costs_one_call);
    tcase_add_test(tests, left_before_we_came);
    tcase_add_test(tests, left_and_came_back);
    tcase_add_test(tests, left_before_they_were_verified);
    tcase_add_test(tests, many_pages_once_then_only_what_changed);
    tcase_add_loop_test(tests, a_page_that_cannot_be_read, 0, 8);
    tcase_add_test(tests, a_limit_is_waited_out);
    tcase_add_test(tests, pages_that_do_not_move);
    tcase_add_test(tests, a_page_that_is_not_as_described);
    tcase_add_test(tests, stopped);
    tcase_add_test(tests, killed);
    suite_add_tcase(suite, tests);
    return rig_run(suite);
}
