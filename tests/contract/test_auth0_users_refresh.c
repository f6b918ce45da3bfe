/* SPDX-License-Identifier: Apache-2.0
 * auth0-users: single users by id, and the descriptor. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GONE                                                                                       \
    "{\"statusCode\":404,\"error\":\"Not Found\",\"message\":\"The user does not exist.\","        \
    "\"errorCode\":\"inexistent_user\"}"

static int32_t refresh(struct fake_host *host, const char *const *ids, size_t count)
{
    struct tajo_str subjects[64];
    struct tajo_run_request request = {.size = sizeof(request),
                                       .mode = TAJO_MODE_REFRESH,
                                       .subjects = subjects,
                                       .subject_count = count};
    for (size_t i = 0; i < count; i++)
        subjects[i] = (struct tajo_str){ids[i], strlen(ids[i])};
    return fake_host_run(host, &request);
}

static int32_t refresh_all(struct fake_host *host, const struct tenant *tenant)
{
    const char *ids[64];
    for (size_t i = 0; i < tenant->count; i++)
        ids[i] = tenant->users[i].id;
    return refresh(host, ids, tenant->count);
}

START_TEST(users_are_read_eight_at_a_time)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = tenant_new(host, 30);
    tenant->users[7].deleted = true;
    ck_assert_int_eq(refresh_all(host, tenant), TAJO_OK);
    const struct fake_host_seen *seen = fake_host_see(host);
    ck_assert_uint_eq(seen->record_count, 30);
    ck_assert_uint_eq(seen->records[7].kind, TAJO_RECORD_PERSON_GONE);
    ck_assert_str_eq(seen->records[7].subject, "auth0|000007");
    for (size_t i = 0; i < 30; i++)
        if (i != 7)
            ck_assert_uint_eq(seen->records[i].kind, TAJO_RECORD_PERSON);
    ck_assert_uint_eq(seen->most_in_flight, 8);
    ck_assert_uint_eq(seen->commit_count, 1);
    ck_assert_str_eq(seen->commits[0].cursor, "");
    ck_assert_uint_eq(seen->commits[0].flags, 0);
    ck_assert_uint_eq(seen->progress_total, 30);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

START_TEST(ids_are_encoded_whole)
{
    static const char *const ids[] = {"samlp|acme|a/b c@d", "..", "\xc3\xa9"};
    struct fake_host *host = fixture_open(NULL);
    fake_host_expect_json(host, "GET /api/v2/users/samlp%7Cacme%7Ca%2Fb%20c%40d", 404, GONE);
    fake_host_expect_json(host, "GET /api/v2/users/%2E%2E", 404, GONE);
    fake_host_expect_json(host, "GET /api/v2/users/%C3%A9", 404, GONE);
    ck_assert_int_eq(refresh(host, ids, 3), TAJO_OK);
    fixture_close(host);
}
END_TEST

static const struct {
    int32_t status;
    const char *body;
    int32_t error_class;
    const char *code;
} refusals[] = {
    {404, "<html>no such page</html>", TAJO_E_CONFIG, "not_found"},
    {400, "<html>", TAJO_E_CONFIG, "bad_request"},
    {401, "{\"statusCode\":401,\"message\":\"Invalid token\"}", TAJO_E_AUTH, "unauthorized"},
    {429, "{}", TAJO_E_RATE, "rate_limited"},
    {503, "", TAJO_E_TRANSIENT, "server_error"},
    {200, "{\"user_id\":", TAJO_E_TRANSIENT, "bad_json"},
};

/* Requests that are under way are taken back, and nothing is committed. */
START_TEST(refusal_ends_the_run)
{
    static const char *const ids[] = {"a|1", "a|2", "a|3"};
    struct fake_host *host = fixture_open(NULL);
    fake_host_expect_json(host, "*/a%7C1", 200, "{\"user_id\":\"a|1\"}");
    fake_host_expect_json(host, "*/a%7C2", refusals[_i].status, refusals[_i].body);
    fake_host_expect_json(host, "*/a%7C3", 200, "{\"user_id\":\"a|3\"}");
    ck_assert_int_eq(refresh(host, ids, 3), refusals[_i].error_class);
    ck_assert_str_eq(fake_host_see(host)->errors[0].code, refusals[_i].code);
    ck_assert_uint_eq(fake_host_see(host)->commit_count, 0);
    ck_assert_uint_eq(fake_host_see(host)->abandoned, 0);
    fixture_close(host);
}
END_TEST

START_TEST(broken_connection_ends_the_run)
{
    static const char *const ids[] = {"a|1", "a|2", "a|3"};
    const struct fake_answer broken = {.failure = TAJO_E_TRANSIENT};
    struct fake_host *host = fixture_open(NULL);
    fake_host_expect(host, "*/a%7C1", &broken);
    fake_host_expect_json(host, "*/a%7C2", 200, "{\"user_id\":\"a|2\"}");
    fake_host_expect(host, "*/a%7C3", &broken);
    ck_assert_int_eq(refresh(host, ids, 3), TAJO_E_TRANSIENT);
    fixture_close(host);
}
END_TEST

START_TEST(id_that_auth0_refuses_is_skipped)
{
    static const char *const ids[] = {"bad", "a|2"};
    struct fake_host *host = fixture_open(NULL);
    fake_host_expect_json(
        host, "*/bad", 400,
        "{\"statusCode\":400,\"message\":\"invalid\",\"errorCode\":\"invalid_uri\"}");
    fake_host_expect_json(host, "*/a%7C2", 200, "{\"user_id\":\"a|2\"}");
    ck_assert_int_eq(refresh(host, ids, 2), TAJO_OK);
    ck_assert_uint_eq(fake_host_see(host)->record_count, 1);
    ck_assert(fixture_has_log(host, "does not take its id"));
    fixture_close(host);
}
END_TEST

/* Whether a user matches the query only a search can tell; that he is gone, only his id. */
START_TEST(query_holds_for_single_users)
{
    struct fake_host *host = fixture_open((const char *const[]){"query", "a:b OR c:d", NULL});
    struct tenant *tenant = tenant_new(host, 45);
    tenant->query = "a:b OR c:d";
    for (size_t i = 0; i < 45; i += 3)
        tenant->users[i].matches = true;
    tenant->users[9].deleted = true;
    ck_assert_int_eq(refresh_all(host, tenant), TAJO_OK);
    const struct fake_host_seen *seen = fake_host_see(host);
    ck_assert_uint_eq(tenant->searches, 3);
    ck_assert(fake_matches("*&q=(a:b OR c:d) AND (user_id:\"auth0|000000\" OR user_id:\"*\")",
                           seen->requests[0]));
    ck_assert_uint_eq(seen->record_count, 15);
    ck_assert(fixture_has_log(host, "30 filtered"));
    for (size_t i = 0; i < 15; i++)
        ck_assert_uint_eq(seen->records[i].kind, strcmp(seen->records[i].subject, "auth0|000009")
                                                     ? TAJO_RECORD_PERSON
                                                     : TAJO_RECORD_PERSON_GONE);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

START_TEST(failing_match_ends_the_run)
{
    static const char *const ids[] = {"a|1"};
    struct fake_host *host = fixture_open((const char *const[]){"query", "a:b", NULL});
    fake_host_expect_json(host, "GET /api/v2/users?*", 503, "");
    ck_assert_int_eq(refresh(host, ids, 1), TAJO_E_TRANSIENT);
    fixture_close(host);
}
END_TEST

/* A refusal may repeat what was asked for: ids, in the search of a query and in the path. */
START_TEST(refusal_does_not_repeat_ids)
{
    static const char *const ids[] = {"custom john doe"};
    static const char body[] = "{\"statusCode\":%d,\"errorCode\":\"invalid_query_string\","
                               "\"message\":\"no such thing: custom john doe\"}";
    static const int32_t statuses[] = {400, 401, 403, 404, 429, 418};
    char text[200];
    struct fake_host *host = fixture_open((const char *const[]){"query", "a:b", NULL});
    snprintf(text, sizeof(text), body, statuses[_i]);
    fake_host_expect_json(host, "GET /api/v2/users?*", statuses[_i], text);
    ck_assert_int_lt(refresh(host, ids, 1), 0);
    ck_assert_ptr_null(strstr(fake_host_see(host)->errors[0].text, "john"));
    ck_assert_ptr_nonnull(strstr(fake_host_see(host)->errors[0].text, "invalid_query_string"));
    fixture_close(host);
    host = fixture_open(NULL);
    fake_host_expect_json(host, "GET /api/v2/users/*", 418,
                          "{\"statusCode\":418,\"message\":\"teapot of custom john doe\"}");
    ck_assert_int_lt(refresh(host, ids, 1), 0);
    ck_assert_ptr_null(strstr(fake_host_see(host)->errors[0].text, "john"));
    fixture_close(host);
}
END_TEST

START_TEST(stop_ends_the_refresh)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = tenant_new(host, 30);
    fake_host_stop_at_question(host, 5);
    ck_assert_int_eq(refresh_all(host, tenant), TAJO_E_STOPPED);
    ck_assert_uint_eq(fake_host_see(host)->emitted, 4);
    ck_assert_uint_eq(fake_host_see(host)->commit_count, 0);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

START_TEST(killed_refresh_is_repeated)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = tenant_new(host, 10);
    fake_host_kill_at_commit(host, 1, _i == 0 ? FAKE_KILL_BEFORE : FAKE_KILL_AFTER);
    ck_assert_int_eq(refresh_all(host, tenant), FAKE_KILLED);
    ck_assert_uint_eq(fake_host_see(host)->record_count, _i == 0 ? 0 : 10);
    ck_assert_int_eq(fake_host_restart(host), TAJO_OK);
    ck_assert_int_eq(refresh_all(host, tenant), TAJO_OK);
    fixture_expect_everybody(host, tenant, false);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

START_TEST(nobody_is_quickly_refreshed)
{
    struct fake_host *host = fixture_open((const char *const[]){"query", "a:b", NULL});
    ck_assert_int_eq(refresh(host, NULL, 0), TAJO_OK);
    ck_assert_uint_eq(fake_host_see(host)->request_count, 0);
    fixture_close(host);
}
END_TEST

/* ---- Descriptor and options */

START_TEST(options_are_checked)
{
    static const char *const bad[][2] = {{"mode", "fast"},
                                         {"page_size", "0"},
                                         {"page_size", "101"},
                                         {"overlap_seconds", "-1"},
                                         {"export_timeout_seconds", "9"}};
    const struct tajo_descriptor *descriptor = fake_plugin_load(AUTH0_USERS_SO);
    struct fake_host *host = fake_host_new();
    fake_host_set_option(host, bad[_i][0], bad[_i][1]);
    ck_assert_int_eq(fake_host_start(host, descriptor), TAJO_E_CONFIG);
    ck_assert_str_eq(fake_host_see(host)->errors[0].code, "bad_option");
    ck_assert(strstr(fake_host_see(host)->errors[0].text, bad[_i][0]) != NULL);
    fake_host_free(host);
}
END_TEST

static const char *const bad_domains[] = {"https://acme.eu.auth0.com",
                                          "acme.eu.auth0.com/",
                                          "acme.eu.auth0.com/api/v2",
                                          "a@evil.example",
                                          "acme..auth0.com",
                                          ".auth0.com",
                                          "acme.auth0.com.",
                                          "acme .auth0.com",
                                          "acme.auth0.com ",
                                          "-a.com",
                                          "a-.com",
                                          "acme.com:",
                                          "acme.com:8x",
                                          "acme.com:123456",
                                          ":443",
                                          "acme.com?x",
                                          "acme.com#x",
                                          "acme\\com",
                                          "m\xc3\xbcnchen.auth0.com",
                                          "acme.com\n",
                                          "[::1]:80",
                                          "a:b@c.com"};

static int32_t start_with_domain(struct fake_host *host, const char *domain)
{
    fake_host_set_option(host, "domain", domain);
    return fake_host_start(host, fake_plugin_load(AUTH0_USERS_SO));
}

START_TEST(domain_is_a_bare_host)
{
    struct fake_host *host = fake_host_new();
    ck_assert_int_eq(start_with_domain(host, bad_domains[_i]), TAJO_E_CONFIG);
    ck_assert_str_eq(fake_host_see(host)->errors[0].code, "bad_domain");
    ck_assert(strstr(fake_host_see(host)->errors[0].text, "domain: acme.eu.auth0.com") != NULL);
    fake_host_free(host);
}
END_TEST

START_TEST(hosts_are_domains)
{
    static const char *const good[] = {"acme.eu.auth0.com", "Acme-2.auth0.com", "a--b.example",
                                       "localhost:8080", "127.0.0.1:1"};
    struct fake_host *host = fake_host_new();
    ck_assert_int_eq(start_with_domain(host, good[_i]), TAJO_OK);
    fake_host_free(host);
}
END_TEST

static const struct tajo_field *find_field(const struct tajo_descriptor *d, const char *path)
{
    for (uint32_t i = 0; i < d->field_count; i++)
        if (d->fields[i]->path.len == strlen(path) &&
            memcmp(d->fields[i]->path.data, path, strlen(path)) == 0)
            return d->fields[i];
    ck_abort_msg("no field %s", path);
}

START_TEST(descriptor_says_what_the_page_maps)
{
    static const char *const mapped[][2] = {{"email", "email"},
                                            {"given_name", "FIRSTNAME"},
                                            {"family_name", "LASTNAME"},
                                            {"nickname", "NICKNAME"},
                                            {"picture", "AVATAR_URL"},
                                            {"email_verified", "EMAIL_VERIFIED"},
                                            {"logins_count", "LOGIN_COUNT"},
                                            {"last_login", "LAST_LOGIN_DATE"},
                                            {"created_at", "SIGNUP_DATE"},
                                            {"user_metadata.phone", "SMS"},
                                            {"user_metadata.company", "COMPANY"},
                                            {"app_metadata.plan", "SUBSCRIPTION_PLAN"},
                                            {"app_metadata.role", "USER_ROLE"}};
    const struct tajo_descriptor *d = fake_plugin_load(AUTH0_USERS_SO);
    uint32_t count = 0;
    for (uint32_t i = 0; i < d->field_count; i++)
        count += d->fields[i]->attribute.len > 0;
    ck_assert_uint_eq(count, sizeof(mapped) / sizeof(mapped[0]));
    for (uint32_t i = 0; i < count; i++) {
        const struct tajo_field *field = find_field(d, mapped[i][0]);
        ck_assert_int_eq(strncmp(field->attribute.data, mapped[i][1], field->attribute.len), 0);
    }
    ck_assert_uint_eq(find_field(d, "email")->role, TAJO_ROLE_EMAIL);
    ck_assert_uint_eq(find_field(d, "email_verified")->role, TAJO_ROLE_EMAIL_VERIFIED);
    ck_assert_uint_eq(find_field(d, "last_login")->role, TAJO_ROLE_LAST_LOGIN);
    ck_assert_uint_eq(find_field(d, "created_at")->role, TAJO_ROLE_CREATED_AT);
    ck_assert_uint_eq(find_field(d, "identities.social")->type, TAJO_TYPE_BOOLEAN);
    ck_assert_uint_eq(d->option_count, 5);
    ck_assert_uint_eq(d->list_count, 3);
    ck_assert_uint_eq(d->rate_count, 7);
    ck_assert_uint_eq(d->capabilities,
                      TAJO_CAN_FULL | TAJO_CAN_INCREMENTAL | TAJO_CAN_SINCE | TAJO_CAN_REFRESH);
}
END_TEST

START_TEST(plugin_exports_one_symbol)
{
    char line[256];
    int count = 0;
    FILE *nm = popen("nm -D --defined-only " AUTH0_USERS_SO, "r");
    ck_assert_ptr_nonnull(nm);
    while (fgets(line, sizeof(line), nm) != NULL) {
        count++;
        ck_assert_msg(strstr(line, " T tajo_plugin_entry_v1\n") != NULL, "exports %s", line);
    }
    ck_assert_int_eq(pclose(nm), 0);
    ck_assert_int_eq(count, 1);
}
END_TEST

int main(void)
{
    TCase *single = tcase_create("single"), *descriptor = tcase_create("descriptor");
    tcase_add_test(single, users_are_read_eight_at_a_time);
    tcase_add_test(single, ids_are_encoded_whole);
    tcase_add_loop_test(single, refusal_ends_the_run, 0,
                        (int)(sizeof(refusals) / sizeof(refusals[0])));
    tcase_add_test(single, broken_connection_ends_the_run);
    tcase_add_test(single, id_that_auth0_refuses_is_skipped);
    tcase_add_test(single, query_holds_for_single_users);
    tcase_add_test(single, failing_match_ends_the_run);
    tcase_add_loop_test(single, refusal_does_not_repeat_ids, 0, 6);
    tcase_add_test(single, stop_ends_the_refresh);
    tcase_add_loop_test(single, killed_refresh_is_repeated, 0, 2);
    tcase_add_test(single, nobody_is_quickly_refreshed);
    tcase_add_loop_test(descriptor, options_are_checked, 0, 5);
    tcase_add_loop_test(descriptor, domain_is_a_bare_host, 0,
                        (int)(sizeof(bad_domains) / sizeof(bad_domains[0])));
    tcase_add_loop_test(descriptor, hosts_are_domains, 0, 5);
    tcase_add_test(descriptor, descriptor_says_what_the_page_maps);
    tcase_add_test(descriptor, plugin_exports_one_symbol);
    TCase *cases[] = {single, descriptor};
    return fixture_main("auth0-users: refresh", cases, 2);
}
