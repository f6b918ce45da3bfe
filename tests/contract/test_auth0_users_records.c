/* SPDX-License-Identifier: Apache-2.0
 * auth0-users: what leaves in a record, and how refusals are told. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check_keys(const json_t *user)
{
    static const char *const keys[] = {"user_id",
                                       "email",
                                       "email_verified",
                                       "created_at",
                                       "updated_at",
                                       "user_metadata",
                                       "identities",
                                       "identities.social",
                                       "identities.providers",
                                       "identities.connections"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        ck_assert_msg(json_object_get(user, keys[i]) != NULL, "%s is missing", keys[i]);
    ck_assert_uint_eq(json_object_size(user), sizeof(keys) / sizeof(keys[0]));
}

START_TEST(record_is_clean_and_derived)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = tenant_new(host, 2);
    tenant->users[1].social = true;
    fixture_run(host, TAJO_MODE_FULL, NULL);
    json_t *user = fixture_record_json(host, 1);
    check_keys(user);
    ck_assert(json_is_true(json_object_get(user, "identities.social")));
    ck_assert_str_eq(
        json_string_value(json_array_get(json_object_get(user, "identities.providers"), 0)),
        "google-oauth2");
    json_t *identity = json_array_get(json_object_get(user, "identities"), 0);
    ck_assert_uint_eq(json_object_size(identity), 5); /* with profileData, without tokens */
    ck_assert_uint_eq(json_object_size(json_object_get(user, "user_metadata")), 1);
    json_decref(user);
    user = fixture_record_json(host, 0);
    ck_assert(json_is_false(json_object_get(user, "identities.social")));
    json_decref(user);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

START_TEST(asked_fields_are_kept)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = tenant_new(host, 1);
    const struct tajo_str fields[] = {TAJO_STR("gender"), TAJO_STR("emails[0].value"),
                                      TAJO_STR("password_hash")};
    const struct tajo_run_request request = {
        .size = sizeof(request), .mode = TAJO_MODE_FULL, .fields = fields, .field_count = 3};
    ck_assert_int_eq(fake_host_run(host, &request), TAJO_OK);
    json_t *user = fixture_record_json(host, 0);
    ck_assert_str_eq(json_string_value(json_object_get(user, "gender")), "unasked");
    ck_assert_ptr_null(json_object_get(user, "password_hash"));
    json_decref(user);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

START_TEST(odd_users_are_read_leniently)
{
    struct fake_host *host = fixture_open(NULL);
    fake_host_expect_json(
        host, "GET /api/v2/users?*", 200,
        "{\"start\":0,\"limit\":100,\"total\":3,\"users\":["
        "{\"user_id\":\"sms|1\",\"created_at\":{\"$date\":1},\"logins_count\":1e3},"
        "{\"user_id\":\"ad|x/y\",\"identities\":{\"odd\":1},\"email\":null},"
        "{\"user_id\":\"a|b\",\"identities\":[7,{\"provider\":\"b\"},{\"provider\":\"a\","
        "\"isSocial\":\"yes\"},{\"provider\":\"b\"}],\"name\":\"\\ud800\"}]}");
    fixture_run(host, TAJO_MODE_FULL, NULL);
    ck_assert_uint_eq(fake_host_see(host)->record_count, 3);
    json_t *user = fixture_record_json(host, 1);
    ck_assert_ptr_null(json_object_get(user, "email"));
    ck_assert_ptr_null(json_object_get(user, "identities.social"));
    json_decref(user);
    user = fixture_record_json(host, 2);
    const json_t *providers = json_object_get(user, "identities.providers");
    ck_assert_uint_eq(json_array_size(providers), 2);
    ck_assert_str_eq(json_string_value(json_array_get(providers, 0)), "a");
    ck_assert(json_is_false(json_object_get(user, "identities.social")));
    json_decref(user);
    fixture_close(host);
}
END_TEST

/* A page of `good` users and three entries that are none. */
static void expect_odd_page(struct fake_host *host, int good)
{
    char body[16384], longest[301];
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    int n = snprintf(body, sizeof(body),
                     "{\"total\":%d,\"users\":[{\"email\":\"who@example.com\"},17,{\"user_id\":"
                     "\"%s\"}",
                     good + 3, longest);
    for (int i = 0; i < good; i++)
        n += snprintf(body + n, sizeof(body) - (size_t)n, ",{\"user_id\":\"%d\"}", i);
    ck_assert_int_lt(n, (int)sizeof(body) - 2);
    memcpy(body + n, "]}", 3);
    fake_host_expect_json(host, "GET /api/v2/users?*", 200, body);
}

START_TEST(user_without_id_is_skipped)
{
    struct fake_host *host = fixture_open(NULL);
    expect_odd_page(host, 297);
    fixture_run(host, TAJO_MODE_FULL, NULL);
    ck_assert_uint_eq(fake_host_see(host)->record_count, 297);
    ck_assert_uint_eq(fixture_last_commit(host)->flags, 0);
    ck_assert(fixture_has_log(host, "no usable user_id"));
    ck_assert(fixture_has_log(host, "3 malformed"));
    fixture_close(host);
}
END_TEST

START_TEST(many_users_without_id_fail)
{
    struct fake_host *host = fixture_open(NULL);
    expect_odd_page(host, 296);
    fixture_run_fails(host, TAJO_MODE_FULL, TAJO_E_TRANSIENT, "export_damaged",
                      "3 of its 299 entries");
    ck_assert_uint_eq(fake_host_see(host)->commit_count, 0);
    fixture_close(host);
}
END_TEST

START_TEST(refused_record_costs_itself_only)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = tenant_new(host, 3);
    fake_host_refuse_subject(host, "auth0|000001", TAJO_E_DATA);
    fixture_run(host, TAJO_MODE_FULL, NULL);
    ck_assert_uint_eq(fake_host_see(host)->record_count, 2);
    ck_assert_uint_eq(fixture_last_commit(host)->flags, 0);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

START_TEST(failing_emit_ends_the_run)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = tenant_new(host, 3);
    fake_host_refuse_subject(host, "auth0|000001", TAJO_E_TRANSIENT);
    fixture_run_fails(host, TAJO_MODE_FULL, TAJO_E_TRANSIENT, "emit", "refused");
    ck_assert_uint_eq(fake_host_see(host)->commit_count, 0);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

START_TEST(user_above_a_mebibyte_is_skipped)
{
    struct fake_host *host = fixture_open(NULL);
    size_t room = (size_t)(1 << 20) + 200;
    char *body = malloc(room);
    int n = snprintf(body, room,
                     "{\"total\":2,\"users\":[{\"user_id\":\"a|1\",\"user_metadata\":{\"x\":\"");
    memset(body + n, 'x', 1 << 20);
    snprintf(body + n + (1 << 20), room - (size_t)n - (1 << 20), "\"}},{\"user_id\":\"a|2\"}]}");
    fake_host_expect_json(host, "GET /api/v2/users?*", 200, body);
    free(body);
    fixture_run(host, TAJO_MODE_FULL, NULL);
    ck_assert_uint_eq(fake_host_see(host)->record_count, 1);
    ck_assert(fixture_has_log(host, "above 1 MiB"));
    fixture_close(host);
}
END_TEST

#define ERROR_BODY(status, message, code)                                                          \
    "{\"statusCode\":" #status ",\"error\":\"x\",\"message\":\"" message                           \
    "\",\"errorCode\":\"" code "\"}"

static const struct {
    int32_t status;
    const char *body;
    int32_t error_class;
    const char *code, *part;
} refusals[] = {
    {400, ERROR_BODY(400, "Failed to parse query", "invalid_query_string"), TAJO_E_CONFIG,
     "invalid_query_string", "sync.users.query"},
    {400, "<html>", TAJO_E_CONFIG, "bad_request", "Lucene"},
    {401, ERROR_BODY(401, "Invalid token", ""), TAJO_E_AUTH, "unauthorized", "audience"},
    {403,
     ERROR_BODY(403, "Insufficient scope, expected any of: read:users,read:user_idp_tokens",
                "insufficient_scope"),
     TAJO_E_AUTH, "insufficient_scope",
     "the scope read:users,read:user_idp_tokens. Grant it in "
     "Auth0 Dashboard"},
    {403, ERROR_BODY(403, "Insufficient scope; expected all of: read:users, read:roles.", ""),
     TAJO_E_AUTH, "insufficient_scope", "the scope read:users,read:roles. Grant"},
    {403, ERROR_BODY(403, "Not in this plan", "insufficient_entitlement"), TAJO_E_AUTH,
     "insufficient_entitlement", "Not in this plan"},
    {404, "not here", TAJO_E_CONFIG, "not_found", "domain"},
    {404, ERROR_BODY(404, "Not Found", ""), TAJO_E_TRANSIENT, "not_found", "Not Found"},
    {414, "<html>", TAJO_E_CONFIG, "query_too_long", "sync.users.query"},
    {429, ERROR_BODY(429, "Global limit has been reached", "too_many_requests"), TAJO_E_RATE,
     "rate_limited", "Global limit"},
    {503, "", TAJO_E_TRANSIENT, "search_timeout", "query"},
    {500, "", TAJO_E_TRANSIENT, "server_error", "HTTP 500"},
    {302, "", TAJO_E_TRANSIENT, "unexpected_status", "HTTP 302"},
    {200, "{\"users\":[{\"user_id\":", TAJO_E_TRANSIENT, "bad_json", "not JSON"},
    {200, "{\"users\":[],\"total\":300}", TAJO_E_TRANSIENT, "users_missing",
     "Auth0 says 300 users and lists none"},
    {200, "{\"message\":\"hello\"}", TAJO_E_TRANSIENT, "bad_json", "no list of users"},
};

START_TEST(refusals_have_class_and_mend)
{
    struct fake_host *host = fixture_open((const char *const[]){"query", "a:b", NULL});
    fake_host_expect_json(host, "GET /api/v2/users?*&q=(a:b)", refusals[_i].status,
                          refusals[_i].body);
    fixture_run_fails(host, TAJO_MODE_FULL, refusals[_i].error_class, refusals[_i].code,
                      refusals[_i].part);
    ck_assert_uint_eq(fake_host_see(host)->commit_count, 0);
    fixture_close(host);
}
END_TEST

START_TEST(refusal_without_query_blames_no_query)
{
    struct fake_host *host = fixture_open((const char *const[]){"page_size", "50", NULL});
    fake_host_expect_json(host, "GET /api/v2/users?*", 400,
                          ERROR_BODY(400, "bad per_page", "invalid_query_string"));
    fixture_run_fails(host, TAJO_MODE_FULL, TAJO_E_CONFIG, "invalid_query_string",
                      "No query option is set");
    fixture_close(host);
}
END_TEST

START_TEST(transport_failure_is_passed_on)
{
    struct fake_host *host = fixture_open(NULL);
    const struct fake_answer broken = {.failure = TAJO_E_TRANSIENT};
    fake_host_expect(host, "GET /api/v2/users?*", &broken);
    fixture_run_fails(host, TAJO_MODE_FULL, TAJO_E_TRANSIENT, "http", "for good");
    fixture_close(host);
}
END_TEST

START_TEST(check_makes_one_request)
{
    struct fake_host *host = fixture_open((const char *const[]){"query", "a:b", NULL});
    fake_host_expect_json(host, "GET /api/v2/users?page=0&per_page=1&*&q=(a:b)", 200, "[]");
    ck_assert_int_eq(fake_host_check(host), TAJO_OK);
    fake_host_expect_json(host, "GET /api/v2/users?page=0&per_page=1&*", 403,
                          ERROR_BODY(403, "Insufficient scope, expected any of: read:users", ""));
    ck_assert_int_eq(fake_host_check(host), TAJO_E_AUTH);
    fixture_close(host);
}
END_TEST

START_TEST(unknown_mode_is_unsupported)
{
    struct fake_host *host = fixture_open(NULL);
    fixture_run_fails(host, 99, TAJO_E_UNSUPPORTED, "unknown_mode", "update the plugin");
    fixture_close(host);
}
END_TEST

static TCase *make_record_case(void)
{
    TCase *record = tcase_create("record");
    tcase_add_test(record, record_is_clean_and_derived);
    tcase_add_test(record, asked_fields_are_kept);
    tcase_add_test(record, odd_users_are_read_leniently);
    tcase_add_test(record, user_without_id_is_skipped);
    tcase_add_test(record, many_users_without_id_fail);
    tcase_add_test(record, refused_record_costs_itself_only);
    tcase_add_test(record, failing_emit_ends_the_run);
    tcase_add_test(record, user_above_a_mebibyte_is_skipped);
    return record;
}

static TCase *make_error_case(void)
{
    TCase *error = tcase_create("error");
    tcase_add_loop_test(error, refusals_have_class_and_mend, 0,
                        (int)(sizeof(refusals) / sizeof(refusals[0])));
    tcase_add_test(error, refusal_without_query_blames_no_query);
    tcase_add_test(error, transport_failure_is_passed_on);
    tcase_add_test(error, check_makes_one_request);
    tcase_add_test(error, unknown_mode_is_unsupported);
    return error;
}

int main(void)
{
    TCase *cases[] = {make_record_case(), make_error_case()};
    return fixture_main("auth0-users: records", cases, 2);
}
