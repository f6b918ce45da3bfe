/* SPDX-License-Identifier: Apache-2.0
 *
 * People who left single lists at Brevo are not put back on them by single calls.
 */
#include "leaving.h"

#define GET_ONE "GET /contacts/{identifier}"

static void open_rig(struct rig *rig)
{
    rig_start(rig, NULL);
    rig_open(rig);
}

static void deliver_all(struct rig *rig)
{
    ck_assert_msg(rig_deliver(rig) == 0, "%s", rig->error.what);
    ck_assert_int_eq(rig_pending(rig), 0);
}

START_TEST(left_before_we_came)
{
    struct rig rig;
    open_rig(&rig);
    make_contact(&rig, "a@example.com", ALL);
    leave(&rig, "a@example.com", ALL);
    forget_calls(&rig);
    RIG_EDIT(&rig, .email = "a@example.com", .pending = "{\"FIRSTNAME\":\"A\"}", .set_lists = 1,
             .lists = {ALL, VERIFIED});
    deliver_all(&rig);
    ck_assert_int_eq(rig_calls(&rig, GET_ONE), 1);
    ck_assert_int_eq(rig_calls(&rig, "POST /contacts"), 1);
    ck_assert_int_eq(rig_calls(&rig, "GET /contacts"), 0);
    ck_assert_uint_eq(rig_counts(&rig)->kept_off_lists, 1);
    rig_expect_text(&rig, "a@example.com", "FIRSTNAME", "A");
    expect_lists(&rig, "a@example.com", 0, 1);

    /* It converged: nothing asks for the list again, and nothing has to be looked at. */
    forget_calls(&rig);
    RIG_EDIT(&rig, .email = "a@example.com", .pending = "{\"FIRSTNAME\":\"B\"}");
    deliver_all(&rig);
    ck_assert_int_eq(rig_calls(&rig, GET_ONE), 0);
    ck_assert_int_eq(rig_calls(&rig, "POST /contacts"), 1);
    expect_lists(&rig, "a@example.com", 0, 1);
    rig_end(&rig);
}
END_TEST

START_TEST(new_people_are_looked_for_only_when_lists_are_added)
{
    struct rig rig;
    open_rig(&rig);
    RIG_EDIT(&rig, .email = "a@example.com", .pending = "{}", .set_lists = 1, .lists = {ALL});
    RIG_EDIT(&rig, .email = "b@example.com", .pending = "{\"FIRSTNAME\":\"B\"}");
    deliver_all(&rig);
    ck_assert_int_eq(rig_calls(&rig, GET_ONE), 1);
    ck_assert_int_eq(rig_calls(&rig, "POST /contacts"), 2);
    ck_assert_uint_eq(rig_counts(&rig)->kept_off_lists, 0);
    expect_lists(&rig, "a@example.com", 1, 0);
    rig_end(&rig);
}
END_TEST

START_TEST(left_before_it_was_verified)
{
    struct rig rig;
    open_rig(&rig);
    RIG_EDIT(&rig, .email = "a@example.com", .pending = "{}", .set_lists = 1, .lists = {ALL});
    deliver_all(&rig);
    make_contact(&rig, "a@example.com", VERIFIED);
    leave(&rig, "a@example.com", VERIFIED);
    forget_calls(&rig);
    RIG_EDIT(&rig, .email = "a@example.com", .set_lists = 1, .lists = {ALL, VERIFIED});
    deliver_all(&rig);
    ck_assert_int_eq(rig_calls(&rig, GET_ONE), 1);
    ck_assert_int_eq(rig_calls(&rig, "total"), 1); /* nothing else was left to say */
    ck_assert_uint_eq(rig_counts(&rig)->kept_off_lists, 1);
    expect_lists(&rig, "a@example.com", 1, 0);
    rig_end(&rig);
}
END_TEST

START_TEST(left_and_came_back)
{
    struct rig rig;
    open_rig(&rig);
    RIG_EDIT(&rig, .email = "a@example.com", .pending = "{}", .set_lists = 1,
             .lists = {ALL, VERIFIED});
    deliver_all(&rig);
    leave(&rig, "a@example.com", ALL);
    RIG_EDIT(&rig, .email = "a@example.com", .set_lists = 1);
    deliver_all(&rig);
    expect_lists(&rig, "a@example.com", 0, 0);
    RIG_EDIT(&rig, .email = "a@example.com", .pending = "{\"FIRSTNAME\":\"A\"}", .set_lists = 1,
             .lists = {ALL, VERIFIED});
    deliver_all(&rig);
    expect_lists(&rig, "a@example.com", 0, 1);

    /* Once more, and the store knows by now. */
    RIG_EDIT(&rig, .email = "a@example.com", .set_lists = 1);
    deliver_all(&rig);
    forget_calls(&rig);
    RIG_EDIT(&rig, .email = "a@example.com", .set_lists = 1, .lists = {ALL});
    deliver_all(&rig);
    ck_assert_int_eq(rig_calls(&rig, "total"), 0);
    expect_lists(&rig, "a@example.com", 0, 0);
    rig_end(&rig);
}
END_TEST

START_TEST(left_and_renamed)
{
    struct rig rig;
    open_rig(&rig);
    RIG_EDIT(&rig, .email = "a@example.com", .pending = "{}", .set_lists = 1, .lists = {ALL});
    deliver_all(&rig);
    leave(&rig, "a@example.com", VERIFIED);
    forget_calls(&rig);
    RIG_EDIT(&rig, .email = "b@example.com", .rename_from = "a@example.com", .pending = "{}",
             .set_lists = 1, .lists = {ALL, VERIFIED});
    deliver_all(&rig);
    ck_assert_int_eq(rig_calls(&rig, GET_ONE), 1); /* the one that renames make anyway */
    ck_assert_uint_eq(rig_counts(&rig)->kept_off_lists, 1);
    expect_lists(&rig, "b@example.com", 1, 0);
    rig_end(&rig);
}
END_TEST

/* One list was left at the old address, one at the new one. */
START_TEST(left_and_took_an_address_over)
{
    struct rig rig;
    open_rig(&rig);
    RIG_EDIT(&rig, .email = "a@example.com", .pending = "{}", .set_lists = 1, .lists = {SOCIAL});
    deliver_all(&rig);
    leave(&rig, "a@example.com", VERIFIED);
    make_contact(&rig, "b@example.com", ALL);
    leave(&rig, "b@example.com", ALL);
    RIG_EDIT(&rig, .email = "b@example.com", .rename_from = "a@example.com", .pending = "{}",
             .set_lists = 1, .lists = {ALL, VERIFIED, SOCIAL});
    deliver_all(&rig);
    expect_lists(&rig, "b@example.com", 0, 0);
    ck_assert_int_eq(rig_on_list(&rig, "b@example.com", SOCIAL), 1);
    rig_end(&rig);
}
END_TEST

START_TEST(left_and_deleted_by_us)
{
    struct rig rig;
    open_rig(&rig);
    RIG_EDIT(&rig, .email = "a@example.com", .pending = "{}", .set_lists = 1, .lists = {ALL});
    deliver_all(&rig);
    leave(&rig, "a@example.com", ALL);
    RIG_EDIT(&rig, .email = "a@example.com", .remove = 1);
    deliver_all(&rig);
    ck_assert_int_eq(rig_figure(&rig, "count"), 0);
    RIG_EDIT(&rig, .email = "a@example.com", .pending = "{}", .set_lists = 1,
             .lists = {ALL, VERIFIED});
    deliver_all(&rig);
    expect_lists(&rig, "a@example.com", 0, 1);
    rig_end(&rig);
}
END_TEST

START_TEST(left_and_deleted_in_brevo)
{
    struct rig rig;
    open_rig(&rig);
    make_contact(&rig, "a@example.com", ALL);
    leave(&rig, "a@example.com", ALL);
    RIG_EDIT(&rig, .email = "a@example.com", .pending = "{}", .set_lists = 1,
             .lists = {ALL, VERIFIED});
    deliver_all(&rig);
    json_decref(
        rig_call(&rig, "DELETE", "/brevo/v3/contacts/a@example.com?identifierType=email_id", NULL));
    RIG_EDIT(&rig, .email = "a@example.com", .pending = "{\"FIRSTNAME\":\"A\"}", .set_lists = 1,
             .lists = {ALL, SOCIAL});
    deliver_all(&rig);
    expect_lists(&rig, "a@example.com", 0, 0);
    ck_assert_int_eq(rig_on_list(&rig, "a@example.com", SOCIAL), 1);
    rig_end(&rig);
}
END_TEST

static int set_optout_from(struct store_tx *tx, void *arg, struct err_info *e)
{
    _cleanup_(contact_clear) struct contact_row row = {0};
    (void)arg;
    int r = contact_get(tx, "b@example.com", &row, e);
    if (r < 0)
        return r;
    row.optout_from = mem_strdup("a@example.com");
    return contact_put(tx, &row, e);
}

/* The answer that is asked for because of the blocklist tells of the lists, too. */
START_TEST(left_where_the_person_was_before)
{
    struct rig rig;
    open_rig(&rig);
    make_contact(&rig, "a@example.com", ALL);
    leave(&rig, "a@example.com", ALL);
    forget_calls(&rig);
    RIG_EDIT(&rig, .email = "b@example.com", .pending = "{}", .set_lists = 1,
             .lists = {ALL, VERIFIED});
    ck_assert_int_eq(store_call(rig.store, set_optout_from, NULL, NULL), 0);
    deliver_all(&rig);
    ck_assert_int_eq(rig_calls(&rig, GET_ONE), 2); /* the old one, then the new one */
    expect_lists(&rig, "b@example.com", 0, 1);
    rig_end(&rig);
}
END_TEST

/* Without a clear answer nothing is sent; what the store knows so far stays. */
START_TEST(nobody_can_tell)
{
    static const char *const faults[] = {
        "{\"match\":\"GET /contacts/{identifier}\",\"action\":\"garbage\"}",
        "{\"match\":\"GET /contacts/{identifier}\",\"status\":200,\"body\":[]}",
        "{\"match\":\"GET /contacts/{identifier}\",\"status\":200,"
        "\"body\":{\"email\":\"a@example.com\",\"listUnsubscribed\":\"20\"}}",
        "{\"match\":\"GET /contacts/{identifier}\",\"status\":200,"
        "\"body\":{\"email\":\"a@example.com\",\"listUnsubscribed\":[{}]}}",
        "{\"match\":\"GET /contacts/{identifier}\",\"status\":500,\"times\":30}",
    };
    struct rig rig;
    open_rig(&rig);
    RIG_EDIT(&rig, .email = "a@example.com", .pending = "{}", .set_lists = 1, .lists = {ALL});
    rig_fault(&rig, faults[_i]);
    ck_assert_int_eq(rig_deliver(&rig), ERR_TRANSIENT);
    ck_assert_int_eq(rig_calls(&rig, "POST /contacts"), 0);
    ck_assert_int_eq(rig_pending(&rig), 1);
    rig_end(&rig);
}
END_TEST

START_TEST(a_look_that_is_refused)
{
    struct rig rig;
    open_rig(&rig);
    RIG_EDIT(&rig, .email = "a@example.com", .pending = "{}", .set_lists = 1, .lists = {ALL});
    rig_fault(&rig, "{\"match\":\"GET /contacts/{identifier}\",\"status\":400,"
                    "\"body\":{\"code\":\"invalid_parameter\",\"message\":\"no\"}}");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_calls(&rig, "POST /contacts"), 0);
    struct rig_look look = rig_look(&rig, NULL);
    ck_assert_int_eq(look.dead, 1);
    rig_look_end(&look);
    rig_end(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("leavers");
    TCase *tests = tcase_create("leavers");
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, left_before_we_came);
    tcase_add_test(tests, new_people_are_looked_for_only_when_lists_are_added);
    tcase_add_test(tests, left_before_it_was_verified);
    tcase_add_test(tests, left_and_came_back);
    tcase_add_test(tests, left_and_renamed);
    tcase_add_test(tests, left_and_took_an_address_over);
    tcase_add_test(tests, left_and_deleted_by_us);
    tcase_add_test(tests, left_and_deleted_in_brevo);
    tcase_add_test(tests, left_where_the_person_was_before);
    tcase_add_loop_test(tests, nobody_can_tell, 0, 5);
    tcase_add_test(tests, a_look_that_is_refused);
    suite_add_tcase(suite, tests);
    return rig_run(suite);
}
