/* SPDX-License-Identifier: Apache-2.0
 *
 * Brevo refuses, stalls and lies: nothing is lost, nothing is believed without proof.
 */
#include "rig.h"

#define ALL 20

static void open_with(struct rig *rig, const char *sandbox_arguments, int64_t per_second)
{
    rig_start(rig, sandbox_arguments);
    rig->options.requests_per_second = per_second;
    rig_open(rig);
}

START_TEST(a_wrong_key_stops_and_keeps_everything)
{
    struct rig rig;
    rig_start(&rig, NULL);
    rig.options.api_key = "wrong-key";
    rig_open(&rig);
    RIG_EDIT(&rig, .first = 0, .count = 12);
    ck_assert_int_eq(rig_prepare(&rig), ERR_AUTH);
    ck_assert_int_eq(rig_deliver(&rig), ERR_AUTH);
    ck_assert_ptr_nonnull(strstr(rig.error.mend, "brevo.api_key"));
    ck_assert_ptr_nonnull(strstr(rig.error.mend, "Authorised IPs"));
    ck_assert_int_eq(rig_pending(&rig), 12);
    struct rig_look look = rig_look(&rig, "u0@example.com");
    ck_assert_int_eq(look.row.batch, 0);
    ck_assert_int_eq(look.row.due_ms, 1);
    rig_look_end(&look);
    rig_end(&rig);
}
END_TEST

START_TEST(a_refused_service_stops_imports_too)
{
    struct rig rig;
    open_with(&rig, NULL, 100);
    RIG_EDIT(&rig, .first = 0, .count = 300, .set_lists = 1, .lists = {ALL});
    rig_fault(&rig, "{\"match\":\"POST /contacts/import\",\"status\":402,\"body\":{}}");
    ck_assert_int_eq(rig_deliver(&rig), ERR_AUTH);
    ck_assert_ptr_nonnull(strstr(rig.error.what, "402"));
    rig_fault(&rig, "{\"match\":\"GET /processes/{id}\",\"status\":403,\"body\":{}}");
    ck_assert_int_eq(rig_deliver(&rig), ERR_AUTH);
    ck_assert_int_eq(rig_pending(&rig), 300);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_pending(&rig), 0);
    ck_assert_int_eq(rig_figure(&rig, "count"), 300);
    rig_end(&rig);
}
END_TEST

START_TEST(limits_and_hiccups_are_waited_out)
{
    struct rig rig;
    open_with(&rig, NULL, 400);
    RIG_EDIT(&rig, .first = 0, .count = 12);
    rig_fault(&rig, "{\"match\":\"POST /contacts\",\"status\":429,"
                    "\"headers\":{\"x-sib-ratelimit-reset\":\"1\"},\"body\":{}}");
    rig_fault(&rig, "{\"match\":\"POST /contacts\",\"status\":503,\"body\":{},\"times\":2}");
    rig_fault(&rig, "{\"match\":\"POST /contacts\",\"action\":\"drop_after\"}");
    rig_fault(&rig, "{\"match\":\"POST /contacts\",\"action\":\"truncate\"}");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_figure(&rig, "count"), 12);
    ck_assert_int_eq(rig_pending(&rig), 0);
    rig_end(&rig);
}
END_TEST

START_TEST(what_fails_for_long_is_tried_later)
{
    struct rig rig;
    open_with(&rig, NULL, 400);
    /* Two groups, each too small for an import. */
    RIG_EDIT(&rig, .first = 0, .count = 15);
    RIG_EDIT(&rig, .first = 15, .count = 15, .set_lists = 1, .lists = {ALL});
    rig_fault(&rig, "{\"match\":\"POST /contacts\",\"status\":500,\"body\":{},\"times\":1000}");
    ck_assert_int_eq(rig_deliver(&rig), ERR_TRANSIENT);
    ck_assert_int_eq(rig_pending(&rig), 30);
    ck_assert_int_le(rig_calls(&rig, "POST /contacts"), 16 * 5);
    json_decref(rig_call(&rig, "DELETE", "/__faults", NULL));
    int later = 0;
    for (int i = 0; i < 30; i++) {
        char email[32];
        snprintf(email, sizeof(email), "u%d@example.com", i);
        struct rig_look look = rig_look(&rig, email);
        ck_assert_int_eq(look.row.batch, 0);
        if (look.row.attempts == 1) {
            later++;
            ck_assert_int_gt(look.row.due_ms, clock_unix_ms() + 20000);
            ck_assert_int_lt(look.row.due_ms, clock_unix_ms() + 38000);
        }
        rig_look_end(&look);
    }
    ck_assert_int_ge(later, 5);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_pending(&rig), later);
    rig_end(&rig);
}
END_TEST

START_TEST(one_contact_that_cannot_be_taken_stops_nobody)
{
    struct rig rig;
    open_with(&rig, NULL, 400);
    RIG_EDIT(&rig, .first = 0, .count = 9);
    rig_fault(&rig, "{\"match\":\"POST /contacts\",\"status\":409,\"body\":{}}");
    ck_assert_int_eq(rig_deliver(&rig), ERR_TRANSIENT);
    ck_assert_int_eq(rig_figure(&rig, "count"), 8);
    ck_assert_int_eq(rig_pending(&rig), 1);
    rig_end(&rig);
}
END_TEST

START_TEST(a_hanging_brevo)
{
    struct rig rig;
    rig_start(&rig, NULL);
    rig.options.timeout_ms = 300;
    rig_open(&rig);
    RIG_EDIT(&rig, .first = 0, .count = 3);
    rig_fault(&rig, "{\"match\":\"POST /contacts\",\"action\":\"hang\",\"times\":2}");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_figure(&rig, "count"), 3);
    rig_end(&rig);
}
END_TEST

START_TEST(the_limits_of_an_account_are_kept)
{
    struct rig rig;
    rig_start(&rig, "--brevo-limits general");
    rig.options.rate_preset = "general";
    rig_open(&rig);
    ck_assert_int_eq(rig_prepare(&rig), 0);
    RIG_EDIT(&rig, .first = 0, .count = 100, .set_lists = 1, .lists = {20});
    RIG_EDIT(&rig, .first = 100, .count = 20, .set_lists = 1, .lists = {21});
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_uint_eq(rig_counts(&rig)->imports, 1);
    ck_assert_uint_eq(rig_counts(&rig)->singles, 20);
    ck_assert_int_eq(rig_figure(&rig, "count"), 120);
    _cleanup_json_ json_t *counts = rig_call(&rig, "GET", "/__counts", NULL);
    const json_t *statuses = json_object_get(json_object_get(counts, "statuses"), "brevo");
    ck_assert_ptr_nonnull(json_object_get(statuses, "200"));
    ck_assert_ptr_null(json_object_get(statuses, "429"));
    rig_end(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("faults");
    TCase *tests = tcase_create("faults");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_wrong_key_stops_and_keeps_everything);
    tcase_add_test(tests, a_refused_service_stops_imports_too);
    tcase_add_test(tests, limits_and_hiccups_are_waited_out);
    tcase_add_test(tests, what_fails_for_long_is_tried_later);
    tcase_add_test(tests, one_contact_that_cannot_be_taken_stops_nobody);
    tcase_add_test(tests, a_hanging_brevo);
    tcase_add_test(tests, the_limits_of_an_account_are_kept);
    suite_add_tcase(suite, tests);
    return rig_run(suite);
}
