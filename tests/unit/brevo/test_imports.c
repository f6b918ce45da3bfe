/* SPDX-License-Identifier: Apache-2.0
 *
 * Imports that drop rows, lose values, fail or are refused: each row still gets its verdict.
 */
#include "rig.h"

#define ALL 20

static void open_with(struct rig *rig, const char *sandbox_arguments, int64_t per_second)
{
    rig_start(rig, sandbox_arguments);
    rig->options.requests_per_second = per_second;
    rig->options.burst = 400;
    rig_open(rig);
}

/* Of 300 contacts, 2 have a number that belongs to somebody else. */
static void put_dropped(struct rig *rig)
{
    json_decref(rig_call(rig, "POST", "/brevo/v3/contacts",
                         "{\"email\":\"foreign@example.com\","
                         "\"attributes\":{\"SMS\":\"+491701234567\"}}"));
    RIG_EDIT(rig, .first = 0, .count = 300, .set_lists = 1, .lists = {ALL});
    RIG_EDIT(rig, .email = "u7@example.com",
             .pending = "{\"FIRSTNAME\":\"Seven\",\"SMS\":\"+491701234567\"}");
    RIG_EDIT(rig, .email = "u8@example.com",
             .pending = "{\"FIRSTNAME\":\"Eight\",\"SMS\":\"+491701234567\"}");
}

static void expect_dropped_delivered(struct rig *rig)
{
    ck_assert_int_eq(rig_figure(rig, "dropped_rows"), 2);
    ck_assert_int_eq(rig_figure(rig, "count"), 301);
    ck_assert_uint_eq(rig_counts(rig)->imports, 1);
    ck_assert_uint_eq(rig_counts(rig)->singles, 2);
    ck_assert_uint_eq(rig_counts(rig)->refused_phones, 2);
    ck_assert_uint_eq(rig_counts(rig)->delivered, 300);
    rig_expect_text(rig, "u7@example.com", "FIRSTNAME", "Seven");
    rig_expect_text(rig, "u8@example.com", "FIRSTNAME", "Eight");
    ck_assert_int_eq(rig_pending(rig), 0);
}

START_TEST(dropped_rows_are_found_by_list)
{
    struct rig rig;
    open_with(&rig, NULL, 100);
    put_dropped(&rig);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    expect_dropped_delivered(&rig);
    rig_end(&rig);
}
END_TEST

START_TEST(dropped_rows_are_found_by_file)
{
    struct rig rig;
    open_with(&rig, NULL, 100);
    put_dropped(&rig);
    /* The sandbox has no such files: another address of it plays one. */
    rig_fault(&rig, "{\"match\":\"GET /contacts/folders\",\"status\":200,"
                    "\"body\":\"email;line\\n\\\"U7@example.com\\\";7\\nu8@example.com;8\\n\"}");
    char fault[256];
    snprintf(fault, sizeof(fault),
             "{\"match\":\"GET /processes/{id}\",\"status\":200,\"body\":{\"status\":\"completed\","
             "\"info\":{\"import\":{\"duplicate_phone_id\":\"%s/contacts/folders\"}}},"
             "\"delay_ms\":300}",
             rig.base_url);
    rig_fault(&rig, fault);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    expect_dropped_delivered(&rig);
    ck_assert_int_eq(rig_calls(&rig, "GET /contacts/lists/{id}/contacts"), 0);
    rig_end(&rig);
}
END_TEST

START_TEST(a_file_that_is_gone_is_replaced_by_the_list)
{
    struct rig rig;
    open_with(&rig, NULL, 100);
    put_dropped(&rig);
    rig_fault(&rig, "{\"match\":\"GET /processes/{id}\",\"status\":200,\"body\":{\"status\":"
                    "\"completed\",\"info\":{\"import\":{\"duplicate_phone_id\":"
                    "\"http://127.0.0.1:1/x.csv\"}}},\"delay_ms\":300}");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    expect_dropped_delivered(&rig);
    rig_end(&rig);
}
END_TEST

START_TEST(an_import_that_loses_values_is_found_out)
{
    struct rig rig;
    open_with(&rig, "--import-false-sticky", 100);
    for (int i = 0; i < 3; i++) {
        _cleanup_free_ char *body = mem_printf(
            "{\"email\":\"u%d@example.com\",\"attributes\":{\"EMAIL_VERIFIED\":true}}", i);
        json_decref(rig_call(&rig, "POST", "/brevo/v3/contacts", body));
    }
    /* New to us, not to Brevo: imports carry the false, and lose it. */
    RIG_EDIT(&rig, .first = 0, .count = 300, .pending = "{\"EMAIL_VERIFIED\":false}",
             .set_lists = 1, .lists = {ALL});
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_uint_eq(rig_counts(&rig)->imports, 1);
    ck_assert_uint_eq(rig_counts(&rig)->singles, 300);
    _cleanup_json_ json_t *contact = rig_contact(&rig, "u1@example.com");
    ck_assert(
        json_is_false(json_object_get(json_object_get(contact, "attributes"), "EMAIL_VERIFIED")));
    ck_assert_int_eq(rig_pending(&rig), 0);
    rig_end(&rig);
}
END_TEST

START_TEST(a_failed_import_is_repeated_then_halved)
{
    struct rig rig;
    open_with(&rig, NULL, 40);
    RIG_EDIT(&rig, .first = 0, .count = 250, .set_lists = 1, .lists = {ALL});
    rig_fault(&rig, "{\"match\":\"GET /processes/{id}\",\"status\":200,"
                    "\"body\":{\"status\":\"failed\"},\"times\":1}");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_calls(&rig, "POST /contacts/import"), 2);
    ck_assert_uint_eq(rig_counts(&rig)->imports, 1);

    RIG_EDIT(&rig, .first = 0, .count = 250, .pending = "{\"LOGIN_COUNT\":7}");
    rig_fault(&rig, "{\"match\":\"GET /processes/{id}\",\"status\":200,"
                    "\"body\":{\"status\":\"cancelled\"},\"times\":2}");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_calls(&rig, "POST /contacts/import"), 6);
    ck_assert_uint_eq(rig_counts(&rig)->imports, 3);
    ck_assert_int_eq(rig_pending(&rig), 0);
    rig_end(&rig);
}
END_TEST

START_TEST(an_import_that_is_refused_ends_in_single_calls)
{
    struct rig rig;
    open_with(&rig, NULL, 20);
    RIG_EDIT(&rig, .first = 0, .count = 60, .set_lists = 1, .lists = {ALL, 999});
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_calls(&rig, "POST /contacts/import"), 1);
    ck_assert_uint_eq(rig_counts(&rig)->dead, 60);
    ck_assert_uint_eq(rig_counts(&rig)->imports, 0);
    ck_assert_int_eq(rig_pending(&rig), 0);
    rig_end(&rig);
}
END_TEST

START_TEST(without_a_list_for_imports_updates_go_singly)
{
    struct rig rig;
    open_with(&rig, NULL, 100);
    rig_fault(&rig, "{\"match\":\"POST /contacts/lists\",\"status\":400,\"body\":{}}");
    RIG_EDIT(&rig, .first = 0, .count = 260);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_uint_eq(rig_counts(&rig)->imports, 0);
    ck_assert_uint_eq(rig_counts(&rig)->singles, 260);
    rig_end(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("imports");
    TCase *tests = tcase_create("imports");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, dropped_rows_are_found_by_list);
    tcase_add_test(tests, dropped_rows_are_found_by_file);
    tcase_add_test(tests, a_file_that_is_gone_is_replaced_by_the_list);
    tcase_add_test(tests, an_import_that_loses_values_is_found_out);
    tcase_add_test(tests, a_failed_import_is_repeated_then_halved);
    tcase_add_test(tests, an_import_that_is_refused_ends_in_single_calls);
    tcase_add_test(tests, without_a_list_for_imports_updates_go_singly);
    suite_add_tcase(suite, tests);
    return rig_run(suite);
}
