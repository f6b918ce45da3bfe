/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses that change and contacts that go, with the opt-outs of the people behind them.
 */
#include "rig.h"

#define ALL      20
#define VERIFIED 21

static void start_with(struct rig *rig, const char *sandbox_arguments, const char *email)
{
    rig_start(rig, sandbox_arguments);
    rig_open(rig);
    RIG_EDIT(rig, .email = email, .pending = "{\"FIRSTNAME\":\"Ada\"}", .set_lists = 1,
             .lists = {ALL});
    ck_assert_int_eq(rig_deliver(rig), 0);
}

START_TEST(an_address_changes)
{
    struct rig rig;
    start_with(&rig, NULL, "old@example.com");
    RIG_EDIT(&rig, .email = "new@example.com", .rename_from = "old@example.com",
             .pending = "{\"LASTNAME\":\"L\"}", .set_lists = 1, .lists = {VERIFIED});
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_ptr_null(rig_contact(&rig, "old@example.com"));
    rig_expect_text(&rig, "new@example.com", "FIRSTNAME", "Ada");
    rig_expect_text(&rig, "new@example.com", "LASTNAME", "L");
    ck_assert_int_eq(rig_on_list(&rig, "new@example.com", VERIFIED), 1);
    ck_assert_int_eq(rig_on_list(&rig, "new@example.com", ALL), 0);
    ck_assert_int_eq(rig_figure(&rig, "count"), 1);
    struct rig_look look = rig_look(&rig, "new@example.com");
    ck_assert_ptr_null(look.row.rename_from);
    ck_assert_int_eq(look.totals.pending, 0);
    ck_assert_uint_eq(look.row.delivered_len, 32);
    rig_look_end(&look);
    rig_end(&rig);
}
END_TEST

static void rename_blocklisted(const char *sandbox_arguments)
{
    struct rig rig;
    start_with(&rig, sandbox_arguments, "old@example.com");
    rig_unsubscribe(&rig, "old@example.com");
    RIG_EDIT(&rig, .email = "new@example.com", .rename_from = "old@example.com");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_blacklisted(&rig, "new@example.com"), 1);
    struct rig_look look = rig_look(&rig, "new@example.com");
    ck_assert_int_eq(look.row.blocklist, 2);
    rig_look_end(&look);
    rig_expect_text(&rig, "new@example.com", "FIRSTNAME", "Ada");
    ck_assert_int_eq(rig_on_list(&rig, "new@example.com", ALL), 1);
    /* Nobody is written to there again, whoever has the address next. */
    ck_assert_int_eq(rig_blacklisted(&rig, "old@example.com"), 1);
    ck_assert_int_eq(rig_on_list(&rig, "old@example.com", ALL), 0);
    ck_assert_int_eq(rig_figure(&rig, "resubscribed"), 0);
    rig_end(&rig);
}

START_TEST(a_rename_keeps_the_blocklist)
{
    rename_blocklisted(NULL);
}
END_TEST

START_TEST(a_blocklisted_contact_is_not_renamed)
{
    rename_blocklisted("--put-flag-loses");
}
END_TEST

START_TEST(a_move_that_is_cut_off_keeps_the_blocklist)
{
    struct rig rig;
    start_with(&rig, "--put-flag-loses", "old@example.com");
    rig_unsubscribe(&rig, "old@example.com");
    RIG_EDIT(&rig, .email = "new@example.com", .rename_from = "old@example.com");
    rig_fault(&rig, "{\"side\":\"brevo\",\"match\":\"GET /contacts/{identifier}\",\"after\":1,"
                    "\"times\":9,\"status\":403,\"body\":{}}");
    ck_assert_int_eq(rig_deliver(&rig), ERR_AUTH);
    json_decref(rig_call(&rig, "DELETE", "/__faults", NULL));
    ck_assert_ptr_null(rig_contact(&rig, "new@example.com"));
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_blacklisted(&rig, "new@example.com"), 1);
    ck_assert_int_eq(rig_pending(&rig), 0);
    rig_end(&rig);
}
END_TEST

static const char *const passing[] = {
    "\"status\":503,\"body\":{}",
    "\"status\":429,\"body\":{},\"headers\":{\"x-sib-ratelimit-remaining\":\"0\","
    "\"x-sib-ratelimit-reset\":\"1\"}",
};

/* Who opts out while Brevo cannot take a change is read again before the change is made again. */
static void opts_out_meanwhile(const char *call, const char *fault, const struct rig_edit *edit)
{
    struct rig rig;
    _cleanup_free_ char *text = mem_printf("{\"side\":\"brevo\",\"match\":\"%s\",%s}", call, fault);
    start_with(&rig, NULL, "old@example.com");
    rig_edit(&rig, edit);
    rig_fault(&rig, text);
    ck_assert_int_eq(rig_deliver(&rig), ERR_TRANSIENT);
    ck_assert_int_eq(rig_calls(&rig, call), 1);
    ck_assert_int_eq(rig_pending(&rig), 1);
    rig_unsubscribe(&rig, "old@example.com");
    RIG_EDIT(&rig, .email = edit->email, .remove = edit->remove);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_blacklisted(&rig, edit->email), 1);
    ck_assert_int_eq(rig_figure(&rig, "resubscribed"), 0);
    ck_assert_int_eq(rig_pending(&rig), 0);
    rig_end(&rig);
}

START_TEST(who_opts_out_before_a_rename_is_repeated_stays_out)
{
    const struct rig_edit edit = {.email = "new@example.com", .rename_from = "old@example.com"};
    opts_out_meanwhile("PUT /contacts/{identifier}", passing[_i], &edit);
}
END_TEST

START_TEST(who_opts_out_before_a_deletion_is_repeated_stays_out)
{
    const struct rig_edit edit = {.email = "old@example.com", .remove = 1};
    opts_out_meanwhile("DELETE /contacts/{identifier}", passing[_i], &edit);
}
END_TEST

START_TEST(a_rename_onto_somebody_takes_that_contact)
{
    struct rig rig;
    start_with(&rig, NULL, "old@example.com");
    json_decref(rig_call(&rig, "POST", "/brevo/v3/contacts", "{\"email\":\"new@example.com\"}"));
    rig_unsubscribe(&rig, "old@example.com");
    RIG_EDIT(&rig, .email = "new@example.com", .rename_from = "old@example.com",
             .pending = "{\"LASTNAME\":\"L\"}");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_on_list(&rig, "old@example.com", ALL), 0);
    ck_assert_int_eq(rig_on_list(&rig, "new@example.com", ALL), 1);
    rig_expect_text(&rig, "new@example.com", "LASTNAME", "L");
    rig_expect_text(&rig, "new@example.com", "FIRSTNAME", "Ada");
    struct rig_look look = rig_look(&rig, "new@example.com");
    ck_assert_uint_eq(look.row.delivered_len, 32);
    rig_look_end(&look);
    ck_assert_int_eq(rig_blacklisted(&rig, "old@example.com"), 1);
    ck_assert_int_eq(rig_blacklisted(&rig, "new@example.com"), 1);
    ck_assert_int_eq(rig_pending(&rig), 0);
    rig_end(&rig);
}
END_TEST

/* Only what differs is pending: the contact there is given what the old one had, too. */
START_TEST(a_contact_that_is_taken_gets_all_attributes)
{
    struct rig rig;
    start_with(&rig, NULL, "old@example.com");
    json_decref(rig_call(&rig, "POST", "/brevo/v3/contacts", "{\"email\":\"shop@example.com\"}"));
    RIG_EDIT(&rig, .email = "shop@example.com", .rename_from = "old@example.com");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    rig_expect_text(&rig, "shop@example.com", "FIRSTNAME", "Ada");
    ck_assert_int_eq(rig_blacklisted(&rig, "shop@example.com"), 0);
    struct rig_look look = rig_look(&rig, "shop@example.com");
    ck_assert_uint_eq(look.row.delivered_len, 16);
    rig_look_end(&look);
    rig_end(&rig);
}
END_TEST

START_TEST(a_rename_of_nobody_creates)
{
    struct rig rig;
    start_with(&rig, NULL, "old@example.com");
    json_decref(rig_call(&rig, "DELETE", "/brevo/v3/contacts/old@example.com", NULL));
    RIG_EDIT(&rig, .email = "new@example.com", .rename_from = "old@example.com",
             .pending = "{\"LASTNAME\":\"L\"}");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    rig_expect_text(&rig, "new@example.com", "LASTNAME", "L");
    ck_assert_int_eq(rig_on_list(&rig, "new@example.com", ALL), 1);
    struct rig_look look = rig_look(&rig, "new@example.com");
    ck_assert_uint_eq(look.row.delivered_len, 16);
    rig_look_end(&look);
    rig_end(&rig);
}
END_TEST

START_TEST(a_rename_with_a_foreign_phone)
{
    struct rig rig;
    start_with(&rig, NULL, "old@example.com");
    json_decref(rig_call(&rig, "POST", "/brevo/v3/contacts",
                         "{\"email\":\"foreign@example.com\","
                         "\"attributes\":{\"SMS\":\"+491701234567\"}}"));
    RIG_EDIT(&rig, .email = "new@example.com", .rename_from = "old@example.com",
             .pending = "{\"LASTNAME\":\"L\",\"SMS\":\"+491701234567\"}");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    rig_expect_text(&rig, "new@example.com", "LASTNAME", "L");
    rig_expect_text(&rig, "new@example.com", "SMS", NULL);
    ck_assert_uint_eq(rig_counts(&rig)->refused_phones, 1);
    rig_end(&rig);
}
END_TEST

START_TEST(a_contact_is_deleted)
{
    struct rig rig;
    start_with(&rig, NULL, "a@example.com");
    RIG_EDIT(&rig, .email = "a@example.com", .remove = 1);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_ptr_null(rig_contact(&rig, "a@example.com"));
    struct rig_look look = rig_look(&rig, "a@example.com");
    ck_assert_int_eq(look.found, 0);
    rig_look_end(&look);
    RIG_EDIT(&rig, .email = "nobody@example.com", .remove = 1);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    look = rig_look(&rig, "nobody@example.com");
    ck_assert_int_eq(look.found, 0);
    rig_look_end(&look);
    rig_end(&rig);
}
END_TEST

START_TEST(an_opt_out_outlives_a_deletion)
{
    struct rig rig;
    start_with(&rig, NULL, "a@example.com");
    rig_unsubscribe(&rig, "a@example.com");
    RIG_EDIT(&rig, .email = "a@example.com", .remove = 1);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_blacklisted(&rig, "a@example.com"), 1);
    ck_assert_int_eq(rig_on_list(&rig, "a@example.com", ALL), 0);
    ck_assert_uint_eq(rig_counts(&rig)->kept_blocklisted, 1);
    ck_assert_int_eq(rig_figure(&rig, "resubscribed"), 0);
    struct rig_look look = rig_look(&rig, "a@example.com");
    ck_assert_int_eq(look.found, 0);
    rig_look_end(&look);

    /* One that nobody delivered yet is kept, too. */
    RIG_EDIT(&rig, .email = "b@example.com", .pending = "{\"FIRSTNAME\":\"B\"}");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    RIG_EDIT(&rig, .email = "b@example.com", .remove = 1, .blocklist = 1);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_blacklisted(&rig, "b@example.com"), 1);
    rig_end(&rig);
}
END_TEST

START_TEST(a_deletion_overtakes_a_rename)
{
    struct rig rig;
    start_with(&rig, NULL, "old@example.com");
    RIG_EDIT(&rig, .email = "new@example.com", .rename_from = "old@example.com", .remove = 1);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_figure(&rig, "count"), 0);

    /* The rename had arrived, but its verdict was lost. */
    RIG_EDIT(&rig, .email = "old@example.com", .set_lists = 1, .lists = {ALL});
    ck_assert_int_eq(rig_deliver(&rig), 0);
    json_decref(rig_call(&rig, "PUT", "/brevo/v3/contacts/old@example.com",
                         "{\"attributes\":{\"EMAIL\":\"new@example.com\"}}"));
    RIG_EDIT(&rig, .email = "new@example.com", .rename_from = "old@example.com", .remove = 1);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_figure(&rig, "count"), 0);

    /* An opt-out is kept where it is. */
    RIG_EDIT(&rig, .email = "old@example.com", .set_lists = 1, .lists = {ALL});
    ck_assert_int_eq(rig_deliver(&rig), 0);
    rig_unsubscribe(&rig, "old@example.com");
    RIG_EDIT(&rig, .email = "new@example.com", .rename_from = "old@example.com", .remove = 1);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_blacklisted(&rig, "old@example.com"), 1);
    ck_assert_int_eq(rig_on_list(&rig, "old@example.com", ALL), 0);
    ck_assert_int_eq(rig_figure(&rig, "count"), 1);
    struct rig_look look = rig_look(&rig, "new@example.com");
    ck_assert_int_eq(look.found, 0);
    ck_assert_int_eq(look.totals.pending, 0);
    rig_look_end(&look);
    rig_end(&rig);
}
END_TEST

/* The rename was refused, and Brevo's contact became that of the next person at the address. */
static void displace(struct rig *rig)
{
    start_with(rig, NULL, "old@example.com");
    rig_fault(rig, "{\"match\":\"PUT /contacts/{identifier}\",\"status\":400,"
                   "\"body\":{\"code\":\"invalid_parameter\"}}");
    RIG_EDIT(rig, .email = "new@example.com", .rename_from = "old@example.com");
    ck_assert_int_eq(rig_deliver(rig), 0);
    ck_assert_uint_eq(rig_counts(rig)->dead, 1);
    RIG_EDIT(rig, .email = "old@example.com", .pending = "{\"FIRSTNAME\":\"Next\"}", .set_lists = 1,
             .lists = {VERIFIED});
    ck_assert_int_eq(rig_deliver(rig), 0);
    rig_expect_text(rig, "old@example.com", "FIRSTNAME", "Next");
}

START_TEST(a_rename_does_not_take_the_next_one_along)
{
    struct rig rig;
    displace(&rig);
    RIG_EDIT(&rig, .email = "new@example.com", .pending = "{\"FIRSTNAME\":\"Ada\"}");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    rig_expect_text(&rig, "old@example.com", "FIRSTNAME", "Next");
    ck_assert_int_eq(rig_on_list(&rig, "old@example.com", VERIFIED), 1);
    rig_expect_text(&rig, "new@example.com", "FIRSTNAME", "Ada");
    ck_assert_int_eq(rig_on_list(&rig, "new@example.com", ALL), 1);
    ck_assert_int_eq(rig_pending(&rig), 0);
    rig_end(&rig);
}
END_TEST

START_TEST(a_deletion_does_not_take_the_next_one_along)
{
    struct rig rig;
    displace(&rig);
    RIG_EDIT(&rig, .email = "new@example.com", .remove = 1);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    rig_expect_text(&rig, "old@example.com", "FIRSTNAME", "Next");
    ck_assert_int_eq(rig_pending(&rig), 0);
    rig_end(&rig);
}
END_TEST

START_TEST(the_owner_cannot_be_deleted)
{
    struct rig rig;
    start_with(&rig, NULL, "owner@example.com");
    RIG_EDIT(&rig, .email = "owner@example.com", .remove = 1);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    struct rig_look look = rig_look(&rig, "owner@example.com");
    ck_assert_int_eq(look.dead, 1);
    ck_assert_int_eq(look.found, 1);
    ck_assert_ptr_nonnull(strstr(look.letters[0].detail, "registered"));
    rig_look_end(&look);
    rig_end(&rig);
}
END_TEST

START_TEST(an_answer_that_cannot_be_read_deletes_nobody)
{
    struct rig rig;
    start_with(&rig, NULL, "a@example.com");
    rig_fault(&rig, "{\"side\":\"brevo\",\"match\":\"GET /contacts/{identifier}\","
                    "\"action\":\"garbage\"}");
    RIG_EDIT(&rig, .email = "a@example.com", .remove = 1);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_on_list(&rig, "a@example.com", ALL), 0);
    rig_end(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("identity");
    TCase *tests = tcase_create("identity");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, who_opts_out_before_a_rename_is_repeated_stays_out, 0, 2);
    tcase_add_loop_test(tests, who_opts_out_before_a_deletion_is_repeated_stays_out, 0, 2);
    tcase_add_test(tests, an_address_changes);
    tcase_add_test(tests, a_rename_keeps_the_blocklist);
    tcase_add_test(tests, a_blocklisted_contact_is_not_renamed);
    tcase_add_test(tests, a_move_that_is_cut_off_keeps_the_blocklist);
    tcase_add_test(tests, a_rename_onto_somebody_takes_that_contact);
    tcase_add_test(tests, a_contact_that_is_taken_gets_all_attributes);
    tcase_add_test(tests, a_rename_of_nobody_creates);
    tcase_add_test(tests, a_rename_with_a_foreign_phone);
    tcase_add_test(tests, a_contact_is_deleted);
    tcase_add_test(tests, an_opt_out_outlives_a_deletion);
    tcase_add_test(tests, a_deletion_overtakes_a_rename);
    tcase_add_test(tests, a_rename_does_not_take_the_next_one_along);
    tcase_add_test(tests, a_deletion_does_not_take_the_next_one_along);
    tcase_add_test(tests, the_owner_cannot_be_deleted);
    tcase_add_test(tests, an_answer_that_cannot_be_read_deletes_nobody);
    suite_add_tcase(suite, tests);
    return rig_run(suite);
}
