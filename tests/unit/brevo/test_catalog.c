/* SPDX-License-Identifier: Apache-2.0
 *
 * What the account has, what is created in it, and the settings that are refused.
 */
#include "rig.h"

static const struct attribute *find(const struct rig *rig, const char *name)
{
    return attribute_find(&brevo_account_of(rig->brevo)->attributes, name);
}

static int prepare_with_account(struct rig *rig)
{
    brevo_prepare(rig->brevo, 1, rig_done, rig);
    ck_assert_int_eq(loop_run(rig->loop), 0);
    return rig->result;
}

START_TEST(the_account_is_read)
{
    struct rig rig;
    rig_start(&rig, NULL);
    rig_open(&rig);
    ck_assert_int_eq(rig_prepare(&rig), 0);
    ck_assert_str_eq(brevo_account_of(rig.brevo)->company, "");
    ck_assert_int_eq(rig_calls(&rig, "GET /account"), 0);
    ck_assert_int_eq(prepare_with_account(&rig), 0);
    const struct brevo_account *account = brevo_account_of(rig.brevo);
    ck_assert_str_eq(account->company, "Sandbox Ltd");
    ck_assert_str_eq(account->plan, "subscription");
    ck_assert_int_eq(find(&rig, "FIRSTNAME")->type, ATTRIBUTE_TEXT);
    ck_assert_int_eq(find(&rig, "EMAIL_VERIFIED")->type, ATTRIBUTE_BOOLEAN);
    ck_assert_int_eq(find(&rig, "LAST_LOGIN_DATE")->type, ATTRIBUTE_DATE);
    ck_assert_int_eq(find(&rig, "LOGIN_COUNT")->type, ATTRIBUTE_FLOAT);
    ck_assert_uint_eq(account->list_count, 4);
    ck_assert_int_eq(account->lists[0].id, 20);
    ck_assert_str_eq(account->lists[0].name, "all_users");
    ck_assert_int_eq(rig_prepare(&rig), 0);
    ck_assert_str_eq(brevo_account_of(rig.brevo)->company, "Sandbox Ltd");
    rig_end(&rig);
}
END_TEST

/* Nobody waits any more: what is under way goes with the brevo (the sanitizer looks for the rest).
 */
START_TEST(it_may_be_freed_while_it_prepares)
{
    struct rig rig;
    rig_start(&rig, NULL);
    rig.options.create_attributes = 1;
    rig_open(&rig);
    rig.result = 77;
    const struct mapping_problem missing = {
        .attribute = (char[]){"SHOE_SIZE"}, .missing = 1, .suggested = ATTRIBUTE_FLOAT};
    brevo_prepare(rig.brevo, 1, rig_done, &rig);
    brevo_prepare(rig.brevo, 0, rig_done, &rig);
    brevo_create_attributes(rig.brevo, &missing, 1, rig_done, &rig);
    rig.brevo = brevo_free(rig.brevo);
    loop_quit(rig.loop);
    ck_assert_int_eq(loop_run(rig.loop), 0);
    ck_assert_int_eq(rig.result, 77);
    rig_end(&rig);
}
END_TEST

START_TEST(lists_come_in_pages)
{
    struct rig rig;
    rig_start(&rig, NULL);
    rig_open(&rig);
    for (int i = 0; i < 97; i++) {
        char body[64];
        snprintf(body, sizeof(body), "{\"name\":\"list %d\",\"folderId\":1}", i);
        json_decref(rig_call(&rig, "POST", "/brevo/v3/contacts/lists", body));
    }
    ck_assert_int_eq(rig_prepare(&rig), 0);
    ck_assert_uint_eq(brevo_account_of(rig.brevo)->list_count, 101);
    ck_assert_int_eq(rig_calls(&rig, "GET /contacts/lists"), 3);
    rig_end(&rig);
}
END_TEST

/* A whole page of lists without ids: nothing of it can be used, but it was a page. */
static void give_lists_without_ids(struct rig *rig, int times)
{
    struct strbuf fault = STRBUF_INIT;
    strbuf_add_text(&fault,
                    "{\"match\":\"GET /contacts/lists\",\"status\":200,\"body\":{\"lists\":[");
    for (int i = 0; i < 50; i++)
        strbuf_add_text(&fault, i == 0 ? "{\"id\":\"x\"}" : ",{\"id\":\"x\"}");
    strbuf_add_format(&fault, "]},\"times\":%d}", times);
    rig_fault(rig, fault.data);
    strbuf_release(&fault);
}

START_TEST(pages_are_counted_by_what_they_hold)
{
    struct rig rig;
    rig_start(&rig, NULL);
    rig_open(&rig);
    for (int i = 0; i < 97; i++) {
        char body[64];
        snprintf(body, sizeof(body), "{\"name\":\"list %d\",\"folderId\":1}", i);
        json_decref(rig_call(&rig, "POST", "/brevo/v3/contacts/lists", body));
    }
    give_lists_without_ids(&rig, 1);
    ck_assert_int_eq(rig_prepare(&rig), 0);
    ck_assert_uint_eq(brevo_account_of(rig.brevo)->list_count, 51);
    ck_assert_int_eq(rig_calls(&rig, "GET /contacts/lists"), 3);
    give_lists_without_ids(&rig, 1000);
    ck_assert_int_eq(rig_prepare(&rig), ERR_DATA);
    ck_assert_ptr_nonnull(strstr(rig.error.what, "2000 lists"));
    ck_assert_int_eq(rig_calls(&rig, "GET /contacts/lists"), 3 + 41);
    rig_end(&rig);
}
END_TEST

START_TEST(bad_answers_are_explained)
{
    struct rig rig;
    rig_start(&rig, NULL);
    rig_open(&rig);
    rig_fault(&rig, "{\"match\":\"GET /contacts/attributes\",\"action\":\"garbage\"}");
    ck_assert_int_eq(rig_prepare(&rig), ERR_TRANSIENT);
    ck_assert_str_eq(rig.error.where, "GET /contacts/attributes");
    rig_fault(&rig, "{\"match\":\"GET /contacts/lists\",\"status\":404,\"body\":{}}");
    ck_assert_int_eq(rig_prepare(&rig), ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(rig.error.mend, "brevo.base_url"));
    rig_fault(&rig, "{\"match\":\"GET /account\",\"action\":\"drop\",\"times\":9}");
    ck_assert_int_eq(prepare_with_account(&rig), ERR_TRANSIENT);
    ck_assert_uint_eq(brevo_account_of(rig.brevo)->list_count, 0);
    rig_end(&rig);
}
END_TEST

static int create(struct rig *rig, const char *name, enum attribute_type type, int missing)
{
    const struct mapping_problem problem = {.attribute = (char *)(uintptr_t)name,
                                            .where = (char *)(uintptr_t) "tajo.yaml:3:5",
                                            .missing = missing,
                                            .suggested = type};
    brevo_create_attributes(rig->brevo, &problem, 1, rig_done, rig);
    ck_assert_int_eq(loop_run(rig->loop), 0);
    return rig->result;
}

START_TEST(attributes_are_created)
{
    struct rig rig;
    rig_start(&rig, "--bare");
    rig.options.create_attributes = 1;
    rig_open(&rig);
    ck_assert_int_eq(rig_prepare(&rig), 0);
    ck_assert_ptr_null(find(&rig, "SIGNUP_DATE"));
    ck_assert_int_eq(create(&rig, "SIGNUP_DATE", ATTRIBUTE_DATE, 1), 0);
    ck_assert_int_eq(find(&rig, "SIGNUP_DATE")->type, ATTRIBUTE_DATE);
    ck_assert_int_eq(create(&rig, "VERIFIED", ATTRIBUTE_BOOLEAN, 1), 0);
    ck_assert_int_eq(find(&rig, "VERIFIED")->type, ATTRIBUTE_BOOLEAN);
    ck_assert_int_eq(create(&rig, "SCORE", ATTRIBUTE_FLOAT, 1), 0);
    ck_assert_int_eq(find(&rig, "SCORE")->type, ATTRIBUTE_FLOAT);
    ck_assert_int_eq(create(&rig, "PLANS", ATTRIBUTE_MULTIPLE_CHOICE, 1), 0);
    ck_assert_int_eq(find(&rig, "PLANS")->type, ATTRIBUTE_TEXT);
    /* Somebody was quicker. */
    ck_assert_int_eq(create(&rig, "SCORE", ATTRIBUTE_FLOAT, 1), 0);
    /* Of an unsuitable type: that is not ours to mend. */
    int64_t calls = rig_calls(&rig, "POST /contacts/attributes/{category}/{name}");
    ck_assert_int_eq(create(&rig, "FIRSTNAME", ATTRIBUTE_FLOAT, 0), 0);
    ck_assert_int_eq(rig_calls(&rig, "POST /contacts/attributes/{category}/{name}"), calls);
    rig_end(&rig);
}
END_TEST

START_TEST(attributes_that_cannot_be_created)
{
    struct rig rig;
    rig_start(&rig, "--bare");
    rig.options.create_attributes = 1;
    rig_open(&rig);
    ck_assert_int_eq(create(&rig, "../lists", ATTRIBUTE_TEXT, 1), ERR_CONFIG);
    ck_assert_str_eq(rig.error.where, "tajo.yaml:3:5");
    rig_fault(&rig, "{\"match\":\"POST /contacts/attributes/{category}/{name}\",\"status\":400,"
                    "\"body\":{\"message\":\"too many attributes\"}}");
    ck_assert_int_eq(create(&rig, "MORE", ATTRIBUTE_TEXT, 1), ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(rig.error.what, "too many attributes"));
    rig_fault(&rig, "{\"match\":\"POST /contacts/attributes/{category}/{name}\",\"status\":401,"
                    "\"body\":{}}");
    ck_assert_int_eq(create(&rig, "MORE", ATTRIBUTE_TEXT, 1), ERR_AUTH);
    rig_close(&rig);
    rig.options.create_attributes = 0;
    rig_open(&rig);
    ck_assert_int_eq(create(&rig, "MORE", ATTRIBUTE_TEXT, 1), 0);
    ck_assert_int_eq(rig_prepare(&rig), 0);
    ck_assert_ptr_null(find(&rig, "MORE"));
    rig_end(&rig);
}
END_TEST

static int try_options(struct rig *rig, struct brevo_options options, struct err_info *e)
{
    struct brevo *brevo = NULL;
    options.base_url = rig->base_url;
    options.api_key = "sandbox-key";
    int r = brevo_new(rig->loop, rig->http, rig->store, &options, &brevo, e);
    brevo_free(brevo);
    return r;
}

START_TEST(rates_are_checked)
{
    struct rig rig;
    struct err_info e = {0};
    rig_start(&rig, NULL);
    rig_open(&rig);
    for (const char *const *name = brevo_rate_presets(); *name != NULL; name++)
        ck_assert_int_eq(try_options(&rig, (struct brevo_options){.rate_preset = *name}, &e), 0);
    ck_assert_int_eq(try_options(&rig, (struct brevo_options){.rate_preset = "warp"}, &e),
                     ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(e.what, "warp"));
    ck_assert_int_eq(try_options(&rig, (struct brevo_options){.requests_per_second = 0}, &e),
                     ERR_CONFIG);
    ck_assert_int_eq(try_options(&rig, (struct brevo_options){.requests_per_second = 5}, &e), 0);
    brevo_stop(rig.brevo);
    ck_assert_ptr_null(brevo_free(NULL));
    rig_end(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("catalog");
    TCase *tests = tcase_create("catalog");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, the_account_is_read);
    tcase_add_test(tests, it_may_be_freed_while_it_prepares);
    tcase_add_test(tests, lists_come_in_pages);
    tcase_add_test(tests, pages_are_counted_by_what_they_hold);
    tcase_add_test(tests, bad_answers_are_explained);
    tcase_add_test(tests, attributes_are_created);
    tcase_add_test(tests, attributes_that_cannot_be_created);
    tcase_add_test(tests, rates_are_checked);
    suite_add_tcase(suite, tests);
    return rig_run(suite);
}
