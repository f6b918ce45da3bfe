/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

static const char text[] =
    "connectors:\n"
    "  auth0:\n"
    "    domain: \"a$${b\\\"c\\\\\\u00e9\"\n"
    "    client_id: \"12\"\n"
    "    client_secret: s3cr3t-of-auth0\n"
    "    rate_limit: {requests_per_second: 9, burst: 12}\n"
    "    sync:\n"
    "      users: {schedule: never, full_schedule: \"@daily\", webhook: {token: hidden-token},\n"
    "              verified_only: true}\n"
    "      roles: true\n"
    "    lists: {all_users: 20}\n"
    "    field_mapping: {email: email, \"identities[0].provider\": PROVIDER, \"true\": X}\n"
    "    consent: {field: user_metadata.ok}\n"
    "    delete_behavior: keep\n"
    "    log_level: warn\n"
    "  shop:\n"
    "    enabled: false\n"
    "    sync: {customers: {timezone: Europe/Berlin}}\n"
    "    lists: {buyers: 4, roles: {vip: 5, staff: 6}}\n"
    "brevo: {api_key: xkeysib-hidden, phone_region: 49, rate_limit: advanced}\n"
    "host: {listen: \"\", plugin_dirs: [/a, \"/b c\"], log_format: json,\n"
    "       proxy: \"http://user:pass@proxy:3128\"}\n";

static struct config *load_checked(const char *yaml)
{
    struct config *config = load_clean(yaml);
    struct err_info e = {0};
    if (config_check(config, &support_schema, &e) != 0)
        dump_problems(config);
    ck_assert_int_eq(e.code, 0);
    return config;
}

/* What is shown, loaded and shown again, is the same: it says everything that matters. */
START_TEST(test_round_trip)
{
    struct strbuf first = STRBUF_INIT;
    struct strbuf second = STRBUF_INIT;
    struct config *config = load_checked(text);
    config_show(config, &first);
    config_free(config);
    config = load_checked(first.data);
    const struct config_connector *c = &config->connectors[0];
    ck_assert_str_eq(config_setting(c, "domain")->text, "a${b\"c\\é");
    ck_assert_str_eq(config_setting(c, "client_secret")->text, "•••");
    ck_assert_str_eq(c->sources[0].schedule, "");
    ck_assert_str_eq(c->sources[0].full_schedule, "@daily");
    ck_assert_int_eq(c->sources[0].verified_only, 1);
    ck_assert_int_eq(c->sources[1].verified_only, 0);
    ck_assert_int_eq(c->rate_limit.burst, 12);
    ck_assert_str_eq(c->field_mapping[1].key, "identities[0].provider");
    ck_assert_str_eq(c->field_mapping[2].key, "true");
    ck_assert_int_eq(config->connectors[1].enabled, 0);
    ck_assert_uint_eq(config->connectors[1].list_count, 3);
    ck_assert_str_eq(config->connectors[1].lists[2].name, "roles.staff");
    ck_assert_str_eq(config->host.plugin_dirs[1], "/b c");
    ck_assert_str_eq(config->host.listen, "");
    ck_assert_str_eq(config->brevo.rate_limit.preset, "advanced");
    config_show(config, &second);
    /* Only where a default came from is no longer known. */
    char *comment = NULL;
    while ((comment = strstr(first.data, " # default")) != NULL)
        memmove(comment, comment + 10, strlen(comment + 10) + 1);
    ck_assert_str_eq(first.data, second.data);
    config_free(config);
    strbuf_release(&first);
    strbuf_release(&second);
}
END_TEST

START_TEST(test_secrets)
{
    struct strbuf shown = STRBUF_INIT;
    struct config *config = load_checked(text);
    config_show(config, &shown);
    ck_assert_ptr_null(strstr(shown.data, "s3cr3t"));
    ck_assert_ptr_null(strstr(shown.data, "hidden-token"));
    ck_assert_ptr_null(strstr(shown.data, "xkeysib"));
    ck_assert_ptr_null(strstr(shown.data, "pass@"));
    ck_assert_ptr_nonnull(strstr(shown.data, "client_secret: \"•••\"\n"));
    ck_assert_ptr_nonnull(strstr(shown.data, "webhook_token: \"•••\"\n"));
    ck_assert_ptr_nonnull(strstr(shown.data, "api_key: \"•••\"\n"));
    ck_assert_ptr_nonnull(strstr(shown.data, "proxy: \"http://•••@proxy:3128\"\n"));
    ck_assert_ptr_nonnull(strstr(shown.data, "page_size: \"100\" # default\n"));
    config_free(config);
    strbuf_release(&shown);
}
END_TEST

START_TEST(test_plain_proxy)
{
    struct strbuf shown = STRBUF_INIT;
    struct config *config =
        load_clean("connectors: {a: {x: 1}}\n" BREVO "host: {proxy: \"socks5h://proxy:1\"}\n");
    config_show(config, &shown);
    ck_assert_ptr_nonnull(strstr(shown.data, "  proxy: \"socks5h://proxy:1\"\n"));
    config_free(config);
    strbuf_release(&shown);
}
END_TEST

/* Also what could not be read in full can be shown. */
START_TEST(test_broken)
{
    struct strbuf shown = STRBUF_INIT;
    int r = 0;
    struct config *config = load_text("a: [\n", &r, NULL);
    config_show(config, &shown);
    ck_assert_uint_eq(shown.len, 0);
    config_free(config);
    config = load_text("connectors: {auth0: {domain: \"${UNSET}\"}}\n", &r, NULL);
    config_show(config, &shown);
    ck_assert_ptr_nonnull(strstr(shown.data, "  auth0:\n    enabled: true\n"));
    ck_assert_ptr_null(strstr(shown.data, "domain"));
    ck_assert_ptr_null(strstr(shown.data, "api_key"));
    config_free(config);
    strbuf_release(&shown);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("show");
    TCase *tests = tcase_create("show");
    tcase_add_checked_fixture(tests, support_environment, NULL);
    tcase_add_test(tests, test_round_trip);
    tcase_add_test(tests, test_secrets);
    tcase_add_test(tests, test_plain_proxy);
    tcase_add_test(tests, test_broken);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
