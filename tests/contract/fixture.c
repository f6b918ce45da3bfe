/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

static void abort_test(void *arg, const char *message)
{
    (void)arg;
    ck_abort_msg("%s", message);
}

struct fake_host *fixture_open(const char *const *names_and_values)
{
    const struct tajo_descriptor *descriptor = fake_plugin_load(AUTH0_USERS_SO);
    ck_assert_ptr_nonnull(descriptor);
    struct fake_host *host = fake_host_new();
    fake_host_set_failure(host, abort_test, NULL);
    fake_host_set_option(host, "domain", "acme.eu.auth0.com");
    for (size_t i = 0; names_and_values != NULL && names_and_values[i] != NULL; i += 2)
        fake_host_set_option(host, names_and_values[i], names_and_values[i + 1]);
    ck_assert_int_eq(fake_host_start(host, descriptor), TAJO_OK);
    return host;
}

void fixture_close(struct fake_host *host)
{
    const struct fake_host_seen *seen = fake_host_see(host);
    fake_host_verify(host);
    for (size_t i = 0; i < seen->record_count; i++)
        ck_assert_msg(strstr(seen->records[i].json, TENANT_PLANTED) == NULL,
                      "a secret left the plugin: %s", seen->records[i].json);
    for (size_t i = 0; i < seen->log_count; i++)
        ck_assert_msg(strchr(seen->logs[i].text, '@') == NULL &&
                          strchr(seen->logs[i].text, '|') == NULL &&
                          strstr(seen->logs[i].text, TENANT_PLANTED) == NULL,
                      "personal data in a log line: %s", seen->logs[i].text);
    for (size_t i = 0; i < seen->error_count; i++)
        ck_assert_msg(strchr(seen->errors[i].text, '@') == NULL &&
                          strchr(seen->errors[i].text, '|') == NULL,
                      "personal data in an error: %s", seen->errors[i].text);
    fake_host_free(host);
}

static const char *last_error(const struct fake_host *host)
{
    const struct fake_host_seen *seen = fake_host_see(host);
    return seen->error_count > 0 ? seen->errors[seen->error_count - 1].text : "none";
}

void fixture_run(struct fake_host *host, uint32_t mode, const char *cursor)
{
    int32_t r = fake_host_run_mode(host, mode, cursor);
    ck_assert_msg(r == TAJO_OK, "run in mode %u: %d: %s", mode, (int)r, last_error(host));
}

void fixture_run_fails(struct fake_host *host, uint32_t mode, int32_t error_class, const char *code,
                       const char *part)
{
    const struct fake_host_seen *seen = fake_host_see(host);
    int32_t r = fake_host_run_mode(host, mode, NULL);
    ck_assert_msg(r == error_class, "run: %d instead of %d: %s", (int)r, (int)error_class,
                  last_error(host));
    const struct fake_line *error = &seen->errors[seen->error_count - 1];
    ck_assert_int_eq(error->level, error_class);
    ck_assert_str_eq(error->code, code);
    ck_assert_msg(strstr(error->text, part) != NULL, "'%s' lacks '%s'", error->text, part);
}

const struct fake_commit *fixture_last_commit(const struct fake_host *host)
{
    const struct fake_host_seen *seen = fake_host_see(host);
    ck_assert_uint_gt(seen->commit_count, 0);
    return &seen->commits[seen->commit_count - 1];
}

void fixture_expect_everybody(const struct fake_host *host, const struct tenant *tenant,
                              bool matching_only)
{
    const struct fake_host_seen *seen = fake_host_see(host);
    json_t *subjects = json_object();
    for (size_t i = 0; i < seen->record_count; i++)
        json_object_set_new(subjects, seen->records[i].subject, json_true());
    size_t wanted = 0;
    for (size_t i = 0; i < tenant->count; i++) {
        const struct tenant_user *user = &tenant->users[i];
        if (user->deleted || (matching_only && !user->matches))
            continue;
        wanted++;
        ck_assert_msg(json_object_get(subjects, user->id) != NULL, "%s is missing", user->id);
    }
    ck_assert_uint_eq(json_object_size(subjects), wanted);
    json_decref(subjects);
}

size_t fixture_count_subject(const struct fake_host *host, const char *subject)
{
    const struct fake_host_seen *seen = fake_host_see(host);
    size_t count = 0;
    for (size_t i = 0; i < seen->record_count; i++)
        count += strcmp(seen->records[i].subject, subject) == 0;
    return count;
}

bool fixture_has_log(const struct fake_host *host, const char *part)
{
    const struct fake_host_seen *seen = fake_host_see(host);
    for (size_t i = 0; i < seen->log_count; i++)
        if (strstr(seen->logs[i].text, part) != NULL)
            return true;
    return false;
}

json_t *fixture_record_json(const struct fake_host *host, size_t index)
{
    const struct fake_host_seen *seen = fake_host_see(host);
    ck_assert_uint_lt(index, seen->record_count);
    json_t *json = json_loads(seen->records[index].json, JSON_ALLOW_NUL, NULL);
    ck_assert_ptr_nonnull(json);
    return json;
}

int fixture_main(const char *name, TCase *const *cases, size_t count)
{
    Suite *suite = suite_create(name);
    for (size_t i = 0; i < count; i++) {
        tcase_set_timeout(cases[i], 60);
        suite_add_tcase(suite, cases[i]);
    }
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
