/* SPDX-License-Identifier: Apache-2.0 */
#include "schedule/source.h"

#include "base/mem.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct plugin_field shop_fields[] = {
    {.path = (char[]){"mail"}, .attribute = (char[]){"email"}, .role = TAJO_ROLE_EMAIL},
    {.path = (char[]){"mail_ok"},
     .attribute = (char[]){""},
     .type = TAJO_TYPE_BOOLEAN,
     .role = TAJO_ROLE_EMAIL_VERIFIED},
};

static struct plugin_info shop = {
    .platform = (char[]){"shop"},
    .source = (char[]){"customers"},
    .base_url = (char[]){"http://127.0.0.1:1"},
    .token_path = (char[]){""},
    .auth_header_value = (char[]){""},
    .auth_kind = TAJO_AUTH_NONE,
    .fields = shop_fields,
};

static struct loop *loop;
static struct http *http;
static struct config *config;
static struct source_set *set;
static struct err_info e;
static char path[64];

static void start(void)
{
    loop = loop_new();
    http = http_new(loop, NULL);
    shop.field_count = 2;
}

static void stop(void)
{
    sources_free(set);
    http_free(http);
    loop_free(loop);
    config_free(config);
    unlink(path);
}

/* A configuration whose source customers is `customers`. The result of sources_new. */
static int open_sources(const char *customers)
{
    struct plugin_info *infos[] = {&shop};
    snprintf(path, sizeof(path), "/tmp/tajo-source-XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    dprintf(fd,
            "brevo: {api_key: k}\n"
            "connectors:\n"
            "  shop-eu:\n"
            "    platform: shop\n"
            "    sync:\n"
            "      customers: %s\n",
            customers);
    close(fd);
    ck_assert_msg(config_load(path, NULL, &config, &e) == 0, "%s", e.what);
    return sources_new(config, infos, 1, http, &set, &e);
}

static enum mapping_skip skip_of(const char *json)
{
    struct mapped_person person;
    ck_assert_int_eq(mapping_apply(set->sources[0].mapping, json, strlen(json), &person, &e), 0);
    enum mapping_skip skip = person.skip;
    mapped_person_clear(&person);
    return skip;
}

START_TEST(unverified_people_are_skipped_on_request)
{
    ck_assert_msg(open_sources("{verified_only: true}") == 0, "%s", e.what);
    ck_assert_uint_eq(set->source_count, 1);
    ck_assert_str_eq(set->sources[0].name, "shop-eu.customers");
    ck_assert_int_eq(skip_of("{\"mail\":\"a@b.co\",\"mail_ok\":true}"), SKIP_NONE);
    ck_assert_int_eq(skip_of("{\"mail\":\"a@b.co\",\"mail_ok\":false}"), SKIP_NOT_VERIFIED);
    ck_assert_int_eq(skip_of("{\"mail\":\"a@b.co\",\"mail_ok\":null}"), SKIP_NOT_VERIFIED);
    ck_assert_int_eq(skip_of("{\"mail\":\"a@b.co\"}"), SKIP_NOT_VERIFIED);
}
END_TEST

/* Without the key nobody is asked, and a platform need not say it. */
START_TEST(unverified_people_are_taken_otherwise)
{
    static const char *const ways[] = {"true", "{verified_only: false}"};
    shop.field_count = _i < 2 ? 2 : 1;
    ck_assert_msg(open_sources(ways[_i % 2]) == 0, "%s", e.what);
    ck_assert_int_eq(skip_of("{\"mail\":\"a@b.co\",\"mail_ok\":false}"), SKIP_NONE);
    ck_assert_int_eq(skip_of("{\"mail\":\"a@b.co\"}"), SKIP_NONE);
}
END_TEST

/* Nobody would ever be skipped, or everybody: neither is what was asked for. */
START_TEST(platform_that_does_not_say_it_is_refused)
{
    char where[128];
    shop.field_count = 1;
    ck_assert_int_eq(open_sources("{verified_only: true}"), ERR_CONFIG);
    snprintf(where, sizeof(where), "%s:6:34", path);
    ck_assert_str_eq(e.where, where);
    ck_assert_str_eq(e.what, "connectors.shop-eu.sync.customers.verified_only: the plugin "
                             "shop.customers does not say whose address is verified");
    ck_assert_str_eq(e.mend, "Remove sync.customers.verified_only");
    ck_assert_ptr_null(set);
}
END_TEST

START_TEST(source_that_is_off_promises_nothing)
{
    shop.field_count = 1;
    ck_assert_msg(open_sources("{enabled: false, verified_only: true}") == 0, "%s", e.what);
    ck_assert_uint_eq(set->source_count, 0);
}
END_TEST

START_TEST(role_names_its_field)
{
    ck_assert_str_eq(source_role_path(&shop, TAJO_ROLE_EMAIL_VERIFIED), "mail_ok");
    ck_assert_ptr_null(source_role_path(&shop, TAJO_ROLE_LAST_LOGIN));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("source");
    TCase *tests = tcase_create("verified_only");
    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_test(tests, unverified_people_are_skipped_on_request);
    tcase_add_loop_test(tests, unverified_people_are_taken_otherwise, 0, 4);
    tcase_add_test(tests, platform_that_does_not_say_it_is_refused);
    tcase_add_test(tests, source_that_is_off_promises_nothing);
    tcase_add_test(tests, role_names_its_field);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
