/* SPDX-License-Identifier: Apache-2.0
 *
 * Contacts that go out and arrive: which way, what stays, who is left alone.
 */
#include "rig.h"

#define ALL      20 /* the sandbox's lists */
#define VERIFIED 21

START_TEST(many_go_by_import)
{
    struct rig rig;
    rig_start(&rig, NULL);
    rig.options.requests_per_second = 100;
    rig_open(&rig);
    ck_assert_int_eq(rig_prepare(&rig), 0);
    RIG_EDIT(&rig, .first = 0, .count = 500, .set_lists = 1, .lists = {ALL, VERIFIED});
    ck_assert_int_eq(rig_pending(&rig), 500);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_uint_eq(rig_counts(&rig)->imports, 1);
    ck_assert_uint_eq(rig_counts(&rig)->singles, 0);
    ck_assert_uint_eq(rig_counts(&rig)->delivered, 500);
    ck_assert_int_eq(rig_pending(&rig), 0);
    ck_assert_int_eq(rig_figure(&rig, "count"), 500);
    ck_assert_int_eq(rig_figure(&rig, "owner_mails"), 0);
    ck_assert_int_eq(rig_figure(&rig, "lost_values"), 0);
    rig_expect_text(&rig, "u499@example.com", "FIRSTNAME", "User 499");
    ck_assert_int_eq(rig_on_list(&rig, "u7@example.com", VERIFIED), 1);
    struct rig_look look = rig_look(&rig, "u7@example.com");
    ck_assert_int_eq(look.row.known, 1);
    ck_assert_ptr_null(look.row.pending);
    ck_assert_int_eq(id_set_has(&look.row.lists_delivered, ALL), 1);
    ck_assert_uint_eq(look.row.delivered_len, 32);
    ck_assert_int_eq(look.row.batch, 0);
    rig_look_end(&look);
    rig_end(&rig);
}
END_TEST

START_TEST(few_go_singly)
{
    struct rig rig;
    rig_start(&rig, NULL);
    rig_open(&rig);
    RIG_EDIT(&rig, .first = 0, .count = 10, .set_lists = 1, .lists = {ALL});
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_uint_eq(rig_counts(&rig)->imports, 0);
    ck_assert_uint_eq(rig_counts(&rig)->singles, 10);
    ck_assert_int_eq(rig_calls(&rig, "POST /contacts"), 10);
    ck_assert_int_eq(rig_figure(&rig, "count"), 10);
    rig_expect_text(&rig, "u9@example.com", "FIRSTNAME", "User 9");
    ck_assert_int_eq(rig_on_list(&rig, "u9@example.com", ALL), 1);
    ck_assert_int_eq(rig_pending(&rig), 0);
    rig_end(&rig);
}
END_TEST

START_TEST(updates_resubscribe_nobody)
{
    struct rig rig;
    rig_start(&rig, NULL);
    rig.options.requests_per_second = 100;
    rig_open(&rig);
    RIG_EDIT(&rig, .first = 0, .count = 300, .set_lists = 1, .lists = {ALL});
    ck_assert_int_eq(rig_deliver(&rig), 0);
    rig_unsubscribe(&rig, "u3@example.com");
    json_decref(
        rig_call(&rig, "POST", "/__brevo/contacts/u4@example.com", "{\"unsubscribe_list\":20}"));
    ck_assert_int_eq(rig_on_list(&rig, "u4@example.com", ALL), 0);

    RIG_EDIT(&rig, .first = 0, .count = 300, .pending = "{\"LOGIN_COUNT\":5}");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_uint_eq(rig_counts(&rig)->imports, 2);
    ck_assert_int_eq(rig_calls(&rig, "POST /contacts/lists"), 1);
    RIG_EDIT(&rig, .email = "u3@example.com", .pending = "{\"FIRSTNAME\":\"Single\"}");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    rig_expect_text(&rig, "u3@example.com", "FIRSTNAME", "Single");
    ck_assert_int_eq(rig_blacklisted(&rig, "u3@example.com"), 1);
    ck_assert_int_eq(rig_on_list(&rig, "u4@example.com", ALL), 0);
    ck_assert_int_eq(rig_figure(&rig, "resubscribed"), 0);

    /* The carrier list is found again by the next process, not created again. */
    rig_close(&rig);
    rig_open(&rig);
    ck_assert_int_eq(rig_prepare(&rig), 0);
    RIG_EDIT(&rig, .first = 0, .count = 300, .pending = "{\"LOGIN_COUNT\":6}");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_calls(&rig, "POST /contacts/lists"), 1);
    ck_assert_int_eq(rig_calls(&rig, "POST /contacts/import"), 3);
    rig_end(&rig);
}
END_TEST

START_TEST(phones_cost_the_number_not_the_contact)
{
    struct rig rig;
    rig_start(&rig, NULL);
    rig_open(&rig);
    json_decref(rig_call(&rig, "POST", "/brevo/v3/contacts",
                         "{\"email\":\"foreign@example.com\","
                         "\"attributes\":{\"SMS\":\"+491701234567\"}}"));
    RIG_EDIT(&rig, .email = "shared@example.com",
             .pending = "{\"FIRSTNAME\":\"Ada\",\"SMS\":\"+491701234567\"}");
    RIG_EDIT(&rig, .email = "bad@example.com", .pending = "{\"FIRSTNAME\":\"Bob\",\"SMS\":\"12\"}");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_uint_eq(rig_counts(&rig)->refused_phones, 2);
    ck_assert_uint_eq(rig_counts(&rig)->delivered, 2);
    ck_assert_uint_eq(rig_counts(&rig)->dead, 0);
    rig_expect_text(&rig, "shared@example.com", "FIRSTNAME", "Ada");
    rig_expect_text(&rig, "shared@example.com", "SMS", NULL);
    rig_expect_text(&rig, "bad@example.com", "FIRSTNAME", "Bob");
    rig_expect_text(&rig, "foreign@example.com", "SMS", "491701234567");
    struct rig_look look = rig_look(&rig, "shared@example.com");
    ck_assert_ptr_null(look.row.pending);
    ck_assert_uint_eq(look.row.delivered_len, 16);
    rig_look_end(&look);
    rig_end(&rig);
}
END_TEST

START_TEST(refused_contacts_become_dead_letters)
{
    struct rig rig;
    rig_start(&rig, NULL);
    rig_open(&rig);
    RIG_EDIT(&rig, .email = "not an address", .pending = "{\"FIRSTNAME\":\"X\"}");
    RIG_EDIT(&rig, .email = "fine@example.com", .pending = "{\"FIRSTNAME\":\"Y\"}");
    RIG_EDIT(&rig, .email = "lost@example.com", .set_lists = 1, .lists = {999});
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_uint_eq(rig_counts(&rig)->dead, 2);
    ck_assert_uint_eq(rig_counts(&rig)->delivered, 1);
    struct rig_look look = rig_look(&rig, "not an address");
    ck_assert_int_eq(look.dead, 2);
    ck_assert_int_eq(look.totals.pending, 0);
    ck_assert_str_eq(look.row.pending, "{\"FIRSTNAME\":\"X\"}");
    size_t i = strcmp(look.letters[0].subject, "not an address") == 0 ? 0 : 1;
    ck_assert_str_eq(look.letters[i].reason, "invalid_parameter");
    ck_assert_ptr_nonnull(strstr(look.letters[i].detail, "Invalid email address"));
    ck_assert_ptr_nonnull(strstr(look.letters[i].detail, "sib-request-id sandbox-"));
    ck_assert_str_eq(look.letters[i].payload, "{\"FIRSTNAME\":\"X\"}");
    rig_look_end(&look);

    /* What becomes deliverable later takes its letter back. */
    RIG_EDIT(&rig, .email = "lost@example.com", .set_lists = 1, .lists = {ALL});
    ck_assert_int_eq(rig_deliver(&rig), 0);
    look = rig_look(&rig, NULL);
    ck_assert_int_eq(look.dead, 1);
    rig_look_end(&look);
    rig_end(&rig);
}
END_TEST

START_TEST(lists_are_left_150_at_a_time)
{
    struct rig rig;
    rig_start(&rig, NULL);
    rig_open(&rig);
    RIG_EDIT(&rig, .first = 0, .count = 200, .set_lists = 1, .lists = {ALL, VERIFIED});
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_uint_eq(rig_counts(&rig)->delivered, 200);
    ck_assert_int_eq(rig_on_list(&rig, "u199@example.com", VERIFIED), 1);
    RIG_EDIT(&rig, .first = 0, .count = 200, .set_lists = 1, .lists = {ALL}, .pending = "");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_uint_eq(rig_counts(&rig)->list_calls, 2);
    ck_assert_uint_eq(rig_counts(&rig)->imports, 1);
    ck_assert_uint_eq(rig_counts(&rig)->singles, 0);
    ck_assert_uint_eq(rig_counts(&rig)->delivered, 400);
    ck_assert_int_eq(rig_on_list(&rig, "u5@example.com", VERIFIED), 0);
    ck_assert_int_eq(rig_on_list(&rig, "u199@example.com", VERIFIED), 0);
    ck_assert_int_eq(rig_on_list(&rig, "u5@example.com", ALL), 1);
    ck_assert_int_eq(rig_pending(&rig), 0);

    /* Who is off already is no failure, nor is a list that does not exist. */
    json_decref(rig_call(&rig, "POST", "/brevo/v3/contacts/lists/20/contacts/remove",
                         "{\"emails\":[\"u5@example.com\"]}"));
    RIG_EDIT(&rig, .email = "u5@example.com", .set_lists = 1, .pending = "");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    rig_fault(&rig, "{\"side\":\"brevo\",\"match\":\"POST "
                    "/contacts/lists/{id}/contacts/remove\",\"status\":404,\"body\":{}}");
    RIG_EDIT(&rig, .email = "u6@example.com", .set_lists = 1, .pending = "");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_uint_eq(rig_counts(&rig)->list_calls, 4);
    ck_assert_int_eq(rig_pending(&rig), 0);
    ck_assert_int_eq(rig_calls(&rig, "PUT /contacts/{identifier}"), 0);

    /* A call refused as such: one by one. */
    rig_fault(&rig, "{\"side\":\"brevo\",\"match\":\"POST "
                    "/contacts/lists/{id}/contacts/remove\",\"status\":400,"
                    "\"body\":{\"message\":\"bad\"}}");
    RIG_EDIT(&rig, .first = 10, .count = 3, .set_lists = 1, .pending = "");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_calls(&rig, "PUT /contacts/{identifier}"), 3);
    ck_assert_int_eq(rig_on_list(&rig, "u12@example.com", ALL), 0);
    rig_end(&rig);
}
END_TEST

START_TEST(a_list_and_an_attribute_go_in_one_call)
{
    struct rig rig;
    rig_start(&rig, NULL);
    rig_open(&rig);
    RIG_EDIT(&rig, .email = "a@example.com", .set_lists = 1, .lists = {ALL, VERIFIED});
    ck_assert_int_eq(rig_deliver(&rig), 0);
    RIG_EDIT(&rig, .email = "a@example.com", .set_lists = 1, .lists = {ALL},
             .pending = "{\"FIRSTNAME\":\"Ada\"}");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_calls(&rig, "PUT /contacts/{identifier}"), 1);
    ck_assert_int_eq(rig_on_list(&rig, "a@example.com", VERIFIED), 0);
    rig_expect_text(&rig, "a@example.com", "FIRSTNAME", "Ada");

    /* Somebody deleted it in Brevo: it comes back with what it should have. */
    json_decref(rig_call(&rig, "DELETE", "/brevo/v3/contacts/a@example.com", NULL));
    RIG_EDIT(&rig, .email = "a@example.com", .set_lists = 1, .lists = {VERIFIED},
             .pending = "{\"FIRSTNAME\":\"Eve\"}");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_on_list(&rig, "a@example.com", VERIFIED), 1);
    ck_assert_int_eq(rig_on_list(&rig, "a@example.com", ALL), 0);
    /* But not in order to leave a list. */
    json_decref(rig_call(&rig, "DELETE", "/brevo/v3/contacts/a@example.com", NULL));
    RIG_EDIT(&rig, .email = "a@example.com", .set_lists = 1);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_ptr_null(rig_contact(&rig, "a@example.com"));
    ck_assert_int_eq(rig_pending(&rig), 0);
    rig_end(&rig);
}
END_TEST

START_TEST(a_contact_deleted_in_brevo_gets_all_its_lists_back)
{
    struct rig rig;
    rig_start(&rig, NULL);
    rig_open(&rig);
    RIG_EDIT(&rig, .email = "a@example.com", .set_lists = 1, .lists = {ALL, VERIFIED});
    ck_assert_int_eq(rig_deliver(&rig), 0);
    json_decref(rig_call(&rig, "DELETE", "/brevo/v3/contacts/a@example.com", NULL));
    RIG_EDIT(&rig, .email = "a@example.com", .pending = "{\"FIRSTNAME\":\"Ada\"}");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_on_list(&rig, "a@example.com", ALL), 1);
    ck_assert_int_eq(rig_on_list(&rig, "a@example.com", VERIFIED), 1);
    ck_assert_int_eq(rig_pending(&rig), 0);
    rig_end(&rig);
}
END_TEST

START_TEST(the_blocklist_goes_one_way)
{
    struct rig rig;
    rig_start(&rig, NULL);
    rig.options.requests_per_second = 100;
    rig_open(&rig);
    RIG_EDIT(&rig, .email = "a@example.com", .set_lists = 1, .lists = {ALL});
    RIG_EDIT(&rig, .first = 0, .count = 300, .set_lists = 1, .lists = {ALL});
    ck_assert_int_eq(rig_deliver(&rig), 0);
    RIG_EDIT(&rig, .email = "a@example.com", .blocklist = 1);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_blacklisted(&rig, "a@example.com"), 1);
    struct rig_look look = rig_look(&rig, "a@example.com");
    ck_assert_int_eq(look.row.blocklist, 2);
    rig_look_end(&look);
    RIG_EDIT(&rig, .first = 0, .count = 300, .pending = "{}", .blocklist = 1);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_uint_eq(rig_counts(&rig)->imports, 2);
    ck_assert_int_eq(rig_figure(&rig, "blacklisted"), 301);
    ck_assert_int_eq(rig_pending(&rig), 0);
    rig_end(&rig);
}
END_TEST

START_TEST(attributes_that_do_not_exist_are_not_sent)
{
    struct rig rig;
    rig_start(&rig, "--bare");
    rig_open(&rig);
    ck_assert_int_eq(rig_prepare(&rig), 0);
    RIG_EDIT(&rig, .email = "a@example.com", .pending = "{\"FIRSTNAME\":\"A\",\"NOSUCH\":1}");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_figure(&rig, "lost_values"), 0);
    rig_expect_text(&rig, "a@example.com", "FIRSTNAME", "A");
    rig_end(&rig);
}
END_TEST

struct progress {
    uint64_t done, total;
    unsigned calls;
};

static void note_progress(void *arg, uint64_t done, uint64_t total)
{
    struct progress *progress = arg;
    ck_assert_uint_ge(done, progress->done);
    ck_assert_uint_le(done, total);
    progress->done = done;
    progress->total = total;
    progress->calls++;
}

static void count_done(void *arg, int result, const struct err_info *e)
{
    ck_assert_int_eq(result, 0);
    ck_assert_ptr_null(e);
    ++*(int *)arg;
}

START_TEST(progress_and_a_second_call)
{
    struct rig rig;
    struct progress progress = {0};
    int done = 0;
    rig_start(&rig, NULL);
    rig_open(&rig);
    brevo_on_progress(rig.brevo, note_progress, &progress);
    RIG_EDIT(&rig, .first = 0, .count = 20);
    brevo_deliver(rig.brevo, count_done, &done);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(done, 1);
    ck_assert_uint_eq(progress.done, 20);
    ck_assert_uint_eq(progress.total, 20);
    ck_assert_uint_eq(progress.calls, 21);
    rig_end(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("delivery");
    TCase *tests = tcase_create("delivery");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, many_go_by_import);
    tcase_add_test(tests, few_go_singly);
    tcase_add_test(tests, updates_resubscribe_nobody);
    tcase_add_test(tests, phones_cost_the_number_not_the_contact);
    tcase_add_test(tests, refused_contacts_become_dead_letters);
    tcase_add_test(tests, lists_are_left_150_at_a_time);
    tcase_add_test(tests, a_list_and_an_attribute_go_in_one_call);
    tcase_add_test(tests, a_contact_deleted_in_brevo_gets_all_its_lists_back);
    tcase_add_test(tests, the_blocklist_goes_one_way);
    tcase_add_test(tests, attributes_that_do_not_exist_are_not_sent);
    tcase_add_test(tests, progress_and_a_second_call);
    suite_add_tcase(suite, tests);
    return rig_run(suite);
}
