/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "base/mem.h"

#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static void setup(void)
{
    support_environment();
    strcpy(folder, "/tmp/tajo-expand-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static char *write_file(const char *name, const char *data, size_t len, mode_t mode)
{
    char *path = mem_printf("%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data, 1, len, file), len);
    fclose(file);
    chmod(path, mode);
    return path;
}

static void remove_file(char *path)
{
    unlink(path);
    free(path);
    rmdir(folder);
}

static char *with_domain(const char *value)
{
    return mem_printf("connectors:\n  auth0:\n    domain: %s\n" BREVO, value);
}

static void expect_domain(const char *value, const char *expected)
{
    char *text = with_domain(value);
    struct config *config = load_clean(text);
    const struct config_value *domain = config_setting(&config->connectors[0], "domain");
    ck_assert_ptr_nonnull(domain);
    ck_assert_str_eq(domain->text, expected);
    config_free(config);
    free(text);
}

static void refuse_domain(const char *value, const char *fragment)
{
    char *text = with_domain(value);
    expect_only(text, 3, 13, fragment);
    free(text);
}

START_TEST(test_variables)
{
    expect_domain("\"${AUTH0_DOMAIN}\"", "acme.eu.auth0.com");
    expect_domain("${AUTH0_DOMAIN}", "acme.eu.auth0.com");
    expect_domain("x${EMPTY}y${AUTH0_CLIENT_ID}z", "xyclient-1z");
    expect_domain("\"$${AUTH0_DOMAIN}\"", "${AUTH0_DOMAIN}");
    expect_domain("\"$$${AUTH0_CLIENT_ID}\"", "$${AUTH0_CLIENT_ID}");
    expect_domain("\"$5 and $ and $\"", "$5 and $ and $");
    expect_domain("12345", "12345");
    expect_domain("true", "true");
    rmdir(folder);
}
END_TEST

START_TEST(test_unset)
{
    refuse_domain("\"${UNSET}\"", "connectors.auth0.domain: the environment variable UNSET is not "
                                  "set. Export it before the program starts, for example: export "
                                  "UNSET=...");
    refuse_domain("\"${}\"", "${...} holds no variable's name");
    refuse_domain("\"${a b}\"", "holds no variable's name");
    refuse_domain("\"${1A}\"", "holds no variable's name");
    refuse_domain("\"${A:-b}\"", "holds no variable's name");
    refuse_domain("\"${AUTH0_DOMAIN\"", "${ is not closed in its line");
    char longer[200];
    snprintf(longer, sizeof(longer), "\"${%0150d}\"", 1);
    refuse_domain(longer, "the name in ${...} is too long");
    rmdir(folder);
}
END_TEST

/* Empty is allowed where nothing is required; the schema decides. */
START_TEST(test_empty)
{
    struct config *config = load_clean("connectors: {a: {x: \"${EMPTY}\", y: \"\", z: }}\n" BREVO);
    ck_assert_ptr_null(config_setting(&config->connectors[0], "x"));
    ck_assert_ptr_null(config_setting(&config->connectors[0], "y"));
    ck_assert_ptr_null(config_setting(&config->connectors[0], "z"));
    ck_assert_str_eq(config->connectors[0].settings[0].text, "");
    config_free(config);
    rmdir(folder);
}
END_TEST

START_TEST(test_disabled)
{
    struct config *config =
        load_clean("connectors:\n"
                   "  auth0:\n"
                   "    enabled: false\n"
                   "    domain: ${UNSET}\n"
                   "    client_secret: ${file:/nowhere/at/all}\n"
                   "    base_url: ${UNSET}\n"
                   "    lists: {all_users: \"${UNSET}\"}\n" BREVO "sync: {users: \"${UNSET}\"}\n");
    ck_assert_int_eq(config->connectors[0].enabled, 0);
    ck_assert_ptr_null(config_setting(&config->connectors[0], "domain"));
    config_free(config);
    /* What is wrong in itself stays wrong. */
    expect_only("connectors:\n  auth0:\n    enabled: false\n    debug: maybe\n" BREVO, 4, 12,
                "expected true or false");
    rmdir(folder);
}
END_TEST

START_TEST(test_files)
{
    char *path = write_file("secret", "from-a-file\r\n", 13, 0600);
    char *value = mem_printf("\"<${file:%s}>\"", path);
    expect_domain(value, "<from-a-file>");
    free(value);
    value = mem_printf("\"${file:%s}\"", folder);
    refuse_domain(value, "is not a regular file");
    free(value);
    value = mem_printf("\"${file:%s/none}\"", folder);
    refuse_domain(value, "none No such file or directory. Give an existing file");
    free(value);
    refuse_domain("\"${file:secret}\"", "needs an absolute path");
    refuse_domain("\"${file:/dev/zero}\"", "is not a regular file");
    remove_file(path);
}
END_TEST

START_TEST(test_file_bounds)
{
    static char data[65537];
    memset(data, 'x', sizeof(data));
    char *path = write_file("big", data, 65536, 0600);
    char *value = mem_printf("\"${file:%s}\"", path);
    data[65536] = '\0';
    expect_domain(value, data);
    free(path);
    data[65536] = 'x';
    path = write_file("big", data, 65537, 0600);
    refuse_domain(value, "has more than 64 KiB");
    free(path);
    data[5] = '\0';
    path = write_file("big", data, 10, 0600);
    refuse_domain(value, "contains a NUL character");
    free(value);
    remove_file(path);
}
END_TEST

/* A small file must not stand for gigabytes. */
START_TEST(test_total_bound)
{
    static char data[65536];
    memset(data, 'x', sizeof(data));
    char *path = write_file("big", data, sizeof(data), 0600);
    char text[16384] = "connectors:\n  auth0:\n";
    for (int i = 0; i < 65; i++)
        sprintf(text + strlen(text), "    s%d: ${file:%s}\n", i, path);
    strcat(text, BREVO);
    expect_only(text, 67, 10, "stand for more than 4 MiB");
    remove_file(path);
}
END_TEST

START_TEST(test_exposed_secret)
{
    char *path = write_file("secret", "brevo-key-1\n", 12, 0644);
    char *text = mem_printf("connectors: {a: {x: 1}}\nbrevo: {api_key: \"${file:%s}\"}\n", path);
    struct config *config = load_clean(text);
    ck_assert_str_eq(config->brevo.api_key, "brevo-key-1");
    expect_problem(config, 1, 2, 18, "can be read by other users of the machine");
    config_free(config);
    chmod(path, 0600);
    config = load_clean(text);
    ck_assert_uint_eq(count_problems(config, 1), 0);
    config_free(config);
    free(text);
    remove_file(path);
}
END_TEST

/* A secret that was read is hidden in log lines from then on. */
START_TEST(test_hidden)
{
    int ends[2];
    char line[512] = "";
    ck_assert_int_eq(pipe(ends), 0);
    struct config *config = load_clean("connectors:\n  auth0:\n"
                                       "    client_secret: \"${AUTH0_CLIENT_SECRET}\"\n"
                                       "brevo: {api_key: xkeysib-hidden}\n");
    int saved = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    log_start(LOG_LOGFMT, LOG_LEVEL_INFO);
    log_line(LOG_LEVEL_INFO, "test", "line", "a=%s b=%s", "s3cr3t-of-auth0", "xkeysib-hidden");
    dup2(saved, STDERR_FILENO);
    ck_assert_int_gt(read(ends[0], line, sizeof(line) - 1), 0);
    close(saved);
    close(ends[0]);
    close(ends[1]);
    ck_assert_ptr_nonnull(strstr(line, "a="));
    ck_assert_ptr_null(strstr(line, "s3cr3t"));
    ck_assert_ptr_null(strstr(line, "xkeysib"));
    config_free(config);
    rmdir(folder);
}
END_TEST

/* A secret in the wrong place is not shown by the sentence that refuses it. */
START_TEST(test_expanded_text_is_not_shown)
{
    static const char *const lines[] = {
        "sync: {schedule: \"${AUTH0_CLIENT_SECRET}\"}",
        "sync: {schedule: \"a ${AUTH0_CLIENT_SECRET} * * *\"}",
        "sync: {full_schedule: \"@${AUTH0_CLIENT_SECRET}\"}",
        "sync: {users: {schedule: \"1 2 3 4 ${AUTH0_CLIENT_SECRET}\"}}",
        "sync: {timezone: \"${AUTH0_CLIENT_SECRET}\"}",
        "sync: {users: {timezone: \"Europe/${AUTH0_CLIENT_SECRET}\"}}",
        "sync: {users: \"${AUTH0_CLIENT_SECRET}\"}",
        "sync: {users: {page_size: \"${AUTH0_CLIENT_SECRET}\"}}",
        "sync: {users: {mode: \"${AUTH0_CLIENT_SECRET}\"}}",
        "platform: \"${AUTH0_CLIENT_SECRET}\"",
        "platform: \"${PLAIN_SECRET}\"",
        "rate_limit: \"${AUTH0_CLIENT_SECRET}\"",
        "rate_limit: {requests_per_second: \"${AUTH0_CLIENT_SECRET}\"}",
        "base_url: \"${AUTH0_CLIENT_SECRET}\"",
        "base_url: \"http://${AUTH0_CLIENT_SECRET}\"",
        "lists: {all_users: \"${AUTH0_CLIENT_SECRET}\"}",
        "field_mapping: {email: email, x: \"${PLAIN_SECRET}\", y: \"${PLAIN_SECRET}\"}",
        "field_mapping: {email: email, x: \"a b${AUTH0_CLIENT_SECRET}\"}",
        "consent: {field: \"..${AUTH0_CLIENT_SECRET}\"}",
        "delete_behavior: \"${AUTH0_CLIENT_SECRET}\"",
        "debug: \"${AUTH0_CLIENT_SECRET}\"",
        "log_level: \"${AUTH0_CLIENT_SECRET}\"",
    };
    int r = 0;
    struct err_info e = {0}, later = {0};
    setenv("PLAIN_SECRET", "plains3cr3t", 1);
    char *text = mem_printf("connectors:\n  auth0:\n    domain: a.b\n    client_id: c\n"
                            "    client_secret: d\n    %s\n" BREVO,
                            lines[_i]);
    struct config *config = load_text(text, &r, &e);
    int checked = config_check(config, &support_schema, &later);
    size_t count = 0;
    const struct config_problem *problems = config_problems(config, &count);
    ck_assert(r != 0 || checked != 0);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(strstr(problems[i].sentence, "s3cr3t") == NULL, "%s", problems[i].sentence);
    ck_assert_ptr_null(strstr(e.what, "s3cr3t"));
    ck_assert_ptr_null(strstr(e.mend, "s3cr3t"));
    ck_assert_ptr_null(strstr(later.what, "s3cr3t"));
    config_free(config);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("expand");
    TCase *tests = tcase_create("expand");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, test_variables);
    tcase_add_test(tests, test_unset);
    tcase_add_test(tests, test_empty);
    tcase_add_test(tests, test_disabled);
    tcase_add_test(tests, test_files);
    tcase_add_test(tests, test_file_bounds);
    tcase_add_test(tests, test_total_bound);
    tcase_add_test(tests, test_exposed_secret);
    tcase_add_test(tests, test_hidden);
    tcase_add_loop_test(tests, test_expanded_text_is_not_shown, 0, 22);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
