/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "base/mem.h"

#include <sys/stat.h>
#include <unistd.h>

#define SETTINGS                                                                                   \
    "    domain: acme.eu.auth0.com\n"                                                              \
    "    client_id: client-1\n"                                                                    \
    "    client_secret: s3cr3t-of-auth0\n"

/* Three lines of connector, three of settings, then the text from line 7 on (after brevo). */
#define HEAD BREVO "connectors:\n  auth0:\n" SETTINGS

static struct config *check_text(const char *text, int *ret_result, struct err_info *e)
{
    struct config *config = load_clean(text);
    *ret_result = config_check(config, &support_schema, e);
    return config;
}

static struct config *check_clean(const char *text)
{
    int r = 0;
    struct err_info e = {0};
    struct config *config = check_text(text, &r, &e);
    if (r != 0)
        dump_problems(config);
    ck_assert_int_eq(r, 0);
    return config;
}

static void check_only(const char *text, int line, int column, const char *fragment)
{
    int r = 0;
    struct err_info e = {0};
    struct config *config = check_text(text, &r, &e);
    expect_problem(config, 0, line, column, fragment);
    if (count_problems(config, 0) != 1)
        dump_problems(config);
    ck_assert_uint_eq(count_problems(config, 0), 1);
    ck_assert_int_eq(r, ERR_CONFIG);
    ck_assert_int_eq(e.code, ERR_CONFIG);
    config_free(config);
}

static void check_warning(const char *text, int line, int column, const char *fragment)
{
    struct config *config = check_clean(text);
    expect_problem(config, 1, line, column, fragment);
    if (count_problems(config, 1) != 1)
        dump_problems(config);
    ck_assert_uint_eq(count_problems(config, 1), 1);
    config_free(config);
}

static const struct config_value *option(const struct config_source *source, const char *name)
{
    for (size_t i = 0; i < source->option_count; i++)
        if (strcmp(source->options[i].name, name) == 0)
            return &source->options[i];
    ck_abort_msg("no option %s", name);
    return NULL;
}

START_TEST(test_defaults)
{
    struct config *config = check_clean(HEAD "    sync: {users: {poll: TRUE}}\n");
    const struct config_connector *c = &config->connectors[0];
    const struct config_value *audience = config_setting(c, "audience");
    ck_assert_uint_eq(count_problems(config, 1), 0);
    ck_assert_str_eq(audience->text, "https://acme.eu.auth0.com/api/v2/");
    ck_assert_int_eq(audience->mark.line, 0);
    ck_assert_int_eq(config_setting(c, "client_secret")->secret, 1);
    ck_assert_int_eq(config_setting(c, "client_id")->secret, 0);
    ck_assert_str_eq(c->rate_limit.preset, "free"); /* the first: the most careful */
    ck_assert_uint_eq(c->sources[0].option_count, 5);
    ck_assert_str_eq(option(&c->sources[0], "page_size")->text, "100");
    ck_assert_str_eq(option(&c->sources[0], "mode")->text, "auto");
    ck_assert_str_eq(option(&c->sources[0], "poll")->text, "true");
    ck_assert_int_eq(option(&c->sources[0], "poll")->mark.line, 7);
    ck_assert_int_eq(option(&c->sources[0], "query")->is_set, 0);
    ck_assert_str_eq(option(&c->sources[0], "query")->text, "");
    config_free(config);
}
END_TEST

/* The host's own key: no option of the plugin's, whatever its schema says. */
START_TEST(test_verified_only)
{
    struct config *config = check_clean(HEAD "    sync: {users: {verified_only: true}}\n");
    const struct config_source *users = &config->connectors[0].sources[0];
    ck_assert_int_eq(users->verified_only, 1);
    ck_assert_int_eq(users->verified_only_mark.line, 7);
    ck_assert_int_eq(users->verified_only_mark.column, 35);
    ck_assert_uint_eq(users->option_count, 5);
    for (size_t i = 0; i < users->option_count; i++)
        ck_assert_str_ne(users->options[i].name, "verified_only");
    config_free(config);
}
END_TEST

START_TEST(test_settings)
{
    check_only(HEAD "    clientid: x\n    sync: {users: true}\n", 7, 5,
               "connectors.auth0.clientid: unknown key; expected here: enabled, platform");
    check_only(HEAD "    clientid: x\n    sync: {users: true}\n", 7, 5, "Did you mean client_id?");
    check_only(HEAD "    shedule: x\n    sync: {users: true}\n", 7, 5,
               "Did you mean sync.schedule?");
    check_only(HEAD "    users: true\n    sync: {users: true}\n", 7, 5,
               "It belongs elsewhere: write sync.users");
    check_only(HEAD "    verified_only: true\n    sync: {users: true}\n", 7, 5,
               "It belongs elsewhere: write sync.<source>.verified_only");
    check_only(HEAD "    other: {a: b}\n    sync: {users: true}\n", 7, 5, "other: unknown key");
    check_only(HEAD "    audience: [a]\n    sync: {users: true}\n", 7, 15,
               "connectors.auth0.audience: expected a single value");
}
END_TEST

START_TEST(test_required)
{
    static const char text[] = BREVO "connectors:\n"
                                     "  auth0:\n"
                                     "    domain: \"\"\n"
                                     "    client_id: ${EMPTY}\n"
                                     "    sync: {users: true}\n";
    int r = 0;
    struct err_info e = {0};
    struct config *config = check_text(text, &r, &e);
    expect_problem(config, 0, 4, 13,
                   "connectors.auth0.domain: a value is required (The tenant's own host name). "
                   "Write domain: \"${AUTH0_DOMAIN}\" and export AUTH0_DOMAIN");
    expect_problem(config, 0, 5, 16, "connectors.auth0.client_id: a value is required");
    expect_problem(config, 0, 3, 3, "connectors.auth0.client_secret: a value is required");
    ck_assert_uint_eq(count_problems(config, 0), 3);
    ck_assert_int_eq(r, ERR_CONFIG);
    ck_assert_str_eq(e.where, "tajo.yaml:3:3");
    /* A default that needs an unset setting stays unset. */
    ck_assert_ptr_null(config_setting(&config->connectors[0], "audience"));
    config_free(config);
}
END_TEST

/* One mistake, one problem: not also "required". */
START_TEST(test_unset_is_not_missing)
{
    int r = 0;
    struct err_info e = {0};
    struct config *config = load_text(BREVO "connectors:\n  auth0:\n    domain: ${UNSET}\n"
                                            "    client_id: a\n    client_secret: b\n"
                                            "    sync: {users: true}\n",
                                      &r, &e);
    ck_assert_int_eq(r, ERR_CONFIG);
    e = (struct err_info){0};
    ck_assert_int_eq(config_check(config, &support_schema, &e), 0);
    ck_assert_int_eq(e.code, 0); /* nothing new */
    ck_assert_uint_eq(count_problems(config, 0), 1);
    config_free(config);
}
END_TEST

START_TEST(test_values)
{
    static const struct {
        const char *line;
        int column;
        const char *fragment;
    } cases[] = {
        {"page_size: 101", 31, "sync.users.page_size: expected a whole number from 1 to 100, not"},
        {"page_size: many", 31, "not \"many\""},
        {"poll: yes", 26, "expected true or false, not \"yes\". Write true or false"},
        {"mode: exprot", 26,
         "expected one of auto, pages, export, not \"exprot\". Did you mean "
         "export?"},
        {"webhook_token: abc", 35, "expected 4 to 200 bytes of text"},
        {"webhook: {token: abc}", 37, "sync.users.webhook.token: expected 4 to 200 bytes"},
        {"webhook: {tokn: abcd}", 30,
         "sync.users.webhook.tokn: unknown key; expected here: token. "
         "Did you mean token?"},
        {"webhook: {token: abcd}, webhook_token: abcd", 44, "webhook_token is given twice"},
        {"page_sice: 5", 20, "sync.users.page_sice: unknown key; expected here: enabled, schedule"},
        {"page_sice: 5", 20, "Did you mean page_size?"},
        {"domain: x", 20, "sync.users.domain: unknown key"},
        {"verifed_only: true", 20, "timezone, verified_only, page_size"},
        {"verifed_only: true", 20, "Did you mean verified_only?"},
        {"page_size: [1]", 31, "expected a single value, not a list"},
        {"page_size: {a: 1}", 31, "expected a single value, not a section with keys"},
        {"query: \"${UNSET}\"", 27, "the environment variable UNSET is not set"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = mem_printf(HEAD "    sync: {users: {%s}}\n", cases[i].line);
        check_only(text, 7, cases[i].column, cases[i].fragment);
        free(text);
    }
}
END_TEST

/* The value of a secret is never in a sentence. */
START_TEST(test_secret_not_quoted)
{
    int r = 0;
    struct err_info e = {0};
    struct config *config = check_text(HEAD "    sync: {users: {webhook_token: xyz}}\n", &r, &e);
    size_t count = 0;
    const struct config_problem *problems = config_problems(config, &count);
    ck_assert_uint_eq(count, 1);
    ck_assert_ptr_null(strstr(problems[0].sentence, "xyz"));
    ck_assert_ptr_null(strstr(e.what, "xyz"));
    config_free(config);
}
END_TEST

START_TEST(test_nested_option)
{
    struct config *config = check_clean(HEAD "    sync: {users: {webhook: {token: token-1}}}\n");
    const struct config_value *token = option(&config->connectors[0].sources[0], "webhook_token");
    ck_assert_str_eq(token->text, "token-1");
    ck_assert_int_eq(token->secret, 1);
    config_free(config);
}
END_TEST

START_TEST(test_off_is_lenient)
{
    struct config *config =
        check_clean(HEAD "    sync: {users: {enabled: false, query: \"${UNSET}\"}}\n");
    expect_problem(config, 1, 3, 3, "no source is on, so nothing is synced");
    config_free(config);
    config = check_clean(BREVO "connectors:\n  auth0:\n    enabled: false\n"
                               "    domain: ${UNSET}\n    sync: {users: {query: \"${UNSET}\"}}\n");
    ck_assert_uint_eq(count_problems(config, 1), 0);
    config_free(config);
    config = check_clean(BREVO "connectors: {later: {enabled: false, x: y}}\n");
    config_free(config);
}
END_TEST

START_TEST(test_sources)
{
    check_warning(HEAD "    sync: {users: true, roles: true}\n", 7, 32,
                  "connectors.auth0.sync.roles: no plugin of platform auth0 reads it in this "
                  "version; nothing is synced for it");
    struct config *config = check_clean(HEAD "    sync: {users: true, stats: false, events: "
                                             "{webhook: {token: \"${UNSET}\"}}}\n");
    ck_assert_uint_eq(count_problems(config, 1), 1); /* events; stats is off anyway */
    ck_assert_int_eq(config->connectors[0].sources[2].enabled, 0);
    config_free(config);
    check_only(HEAD "    sync: {users: true, userz: true}\n", 7, 25,
               "connectors.auth0.sync.userz: unknown key; expected here: schedule, full_schedule, "
               "timezone, users. Did you mean users?");
    check_only(HEAD "    sync: {users: true, verified_only: true}\n", 7, 25,
               "It belongs elsewhere: write sync.<source>.verified_only");
    check_warning(HEAD "    debug: false\n", 3, 3, "no source is on");
}
END_TEST

START_TEST(test_platforms)
{
    check_only(BREVO "connectors:\n  auth00: {x: 1}\n", 3, 3,
               "connectors.auth00: no plugin of platform auth00 is installed. Did you mean auth0? "
               "A connector of another name says platform: auth0");
    check_only(BREVO "connectors:\n  eu: {platform: okta}\n", 3, 8,
               "connectors.eu.platform: no plugin of platform okta is installed. Install");
}
END_TEST

/* Defaults at the top level are for whichever platform can use them. */
START_TEST(test_defaults_for_two_platforms)
{
    struct config *config =
        check_clean(BREVO "connectors:\n  auth0:\n" SETTINGS "  shop: {enabled: true}\n"
                          "sync: {users: true, customers: true}\n"
                          "lists: {all_users: 1, buyers: 2, roles: {vip: 3}}\n");
    const struct config_connector *auth0 = &config->connectors[0];
    const struct config_connector *shop = &config->connectors[1];
    ck_assert_uint_eq(count_problems(config, 1), 0);
    ck_assert_int_eq(auth0->sources[0].enabled, 1);
    ck_assert_int_eq(auth0->sources[1].enabled, 0);
    ck_assert_int_eq(shop->sources[0].enabled, 0);
    ck_assert_int_eq(shop->sources[1].enabled, 1);
    ck_assert_uint_eq(auth0->list_count, 2);
    ck_assert_uint_eq(shop->list_count, 3);
    ck_assert_str_eq(shop->lists[2].name, "roles.vip");
    ck_assert_int_eq(shop->lists[2].id, 3);
    config_free(config);
}
END_TEST

START_TEST(test_lists)
{
    check_only(HEAD "    sync: {users: true}\n    lists: {all_user: 1}\n", 8, 13,
               "connectors.auth0.lists.all_user: unknown key; expected here: all_users, "
               "verified_users, social_login. Did you mean all_users?");
    check_warning(HEAD "    sync: {users: true}\n    lists: {roles: {admin: 23}}\n", 8, 20,
                  "no plugin of platform auth0 fills these lists in this version");
    check_only(BREVO "connectors:\n  shop: {sync: {customers: true}, lists: {roles: {vip: x}}}\n",
               3, 56, "connectors.shop.lists.roles.vip: expected a whole number from 1");
}
END_TEST

START_TEST(test_rates)
{
    check_only(HEAD "    sync: {users: true}\n    rate_limit: essential\n", 8, 17,
               "expected free, essentials, enterprise, or a number of requests a second, not "
               "\"essential\". Did you mean essentials?");
    check_only(BREVO "connectors: {shop: {rate_limit: fast, sync: {customers: true}}}\n", 2, 33,
               "expected or a number of requests a second");
    check_only("brevo: {api_key: k, rate_limit: generel}\n"
               "connectors: {shop: {sync: {customers: true}}}\n",
               1, 33, "brevo.rate_limit: expected general, advanced, or a number");
    struct config *config = check_clean(HEAD "    sync: {users: true}\n    rate_limit: 100\n");
    ck_assert_ptr_null(config->connectors[0].rate_limit.preset);
    ck_assert_int_eq(config->connectors[0].rate_limit.requests_per_second, 100);
    config_free(config);
}
END_TEST

START_TEST(test_mapping_warnings)
{
    check_warning(HEAD
                  "    sync: {users: true}\n"
                  "    field_mapping: {email: email, gven_name: X, user_metadata.a: Y, q: Z}\n",
                  8, 46, "Did you mean given_name?");
    check_warning(HEAD "    sync: {users: true}\n    event_mapping: {s: login}\n", 8, 20,
                  "no plugin of platform auth0 reads events in this version, so this has no "
                  "effect");
}
END_TEST

START_TEST(test_exposed)
{
    char path[] = "/tmp/tajo-check-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "file-secret\n", 12), 12);
    fchmod(fd, 0640);
    close(fd);
    char *text = mem_printf(BREVO "connectors:\n  auth0:\n    domain: \"${file:%s}\"\n"
                                  "    client_id: a\n    client_secret: ${file:%s}\n"
                                  "    sync: {users: true}\n",
                            path, path);
    check_warning(text, 6, 20, "can be read by other users"); /* the domain is no secret */
    free(text);
    unlink(path);
}
END_TEST

/* ---- The vendor's page, in both readings of its lost indentation ---- */
#define VENDOR_CONNECTOR                                                                           \
    "connectors:\n  auth0:\n    enabled: true\n    domain: \"${AUTH0_DOMAIN}\"\n"                  \
    "    client_id: \"${AUTH0_CLIENT_ID}\"\n    client_secret: \"${AUTH0_CLIENT_SECRET}\"\n"       \
    "    audience: \"https://${AUTH0_DOMAIN}/api/v2/\"\n"
#define VENDOR_DEBUG "    debug: true\n    log_level: verbose\n    log_sync: true\n"
#define VENDOR_SECTIONS(i)                                                                         \
    i "sync:\n" i "  users: true\n" i "  events: true\n" i "  roles: true\n" i                     \
      "  schedule: \"0 */4 * * *\" # Every 4 hours\n" i "lists:\n" i "  all_users: 20\n" i         \
      "  verified_users: 21\n" i "  social_login: 22\n" i "field_mapping:\n" i                     \
      "  email: email\n" i "  given_name: FIRSTNAME\n" i "  family_name: LASTNAME\n" i             \
      "  nickname: NICKNAME\n" i "  picture: AVATAR_URL\n" i                                       \
      "  email_verified: EMAIL_VERIFIED\n" i "  logins_count: LOGIN_COUNT\n" i                     \
      "  last_login: LAST_LOGIN_DATE\n" i "  created_at: SIGNUP_DATE\n" i                          \
      "  user_metadata.phone: SMS\n" i "  user_metadata.company: COMPANY\n" i                      \
      "  app_metadata.plan: SUBSCRIPTION_PLAN\n" i "  app_metadata.role: USER_ROLE\n"

START_TEST(test_vendor_page)
{
    static const char *const texts[2] = {VENDOR_CONNECTOR VENDOR_SECTIONS("    ") VENDOR_DEBUG,
                                         VENDOR_CONNECTOR VENDOR_DEBUG VENDOR_SECTIONS("")};
    struct strbuf shown[2] = {STRBUF_INIT, STRBUF_INIT};
    setenv("BREVO_API_KEY", "xkeysib-env", 1); /* the page has no brevo section */
    for (int i = 0; i < 2; i++) {
        struct config *config = check_clean(texts[i]);
        const struct config_connector *c = &config->connectors[0];
        ck_assert_uint_eq(count_problems(config, 1), 2); /* events and roles */
        ck_assert_uint_eq(c->field_mapping_count, 13);
        ck_assert_uint_eq(c->list_count, 3);
        ck_assert_int_eq(c->lists[0].id, 20);
        ck_assert_int_eq(c->log_level, LOG_LEVEL_DEBUG);
        ck_assert_int_eq(c->debug && c->log_sync, 1);
        ck_assert_str_eq(c->sources[0].schedule, "0 */4 * * *");
        config_show(config, &shown[i]);
        config_free(config);
    }
    ck_assert_str_eq(shown[0].data, shown[1].data);
    strbuf_release(&shown[0]);
    strbuf_release(&shown[1]);
}
END_TEST

/* The shipped file is that example too. */
START_TEST(test_shipped_file)
{
    struct config *config = NULL;
    struct err_info e = {0};
    char path[1024];
    snprintf(path, sizeof(path), "%s", __FILE__);
    char *root = strstr(path, "tests/unit/config");
    ck_assert_ptr_nonnull(root);
    strcpy(root, "config/tajo.yaml");
    setenv("BREVO_API_KEY", "xkeysib-env", 1);
    ck_assert_int_eq(config_load(path, NULL, &config, &e), 0);
    ck_assert_int_eq(config_check(config, &support_schema, &e), 0);
    ck_assert_uint_eq(count_problems(config, 1), 2); /* events and roles */
    ck_assert_uint_eq(config->connectors[0].field_mapping_count, 13);
    config_free(config);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("check");
    TCase *tests = tcase_create("check");
    tcase_add_checked_fixture(tests, support_environment, NULL);
    tcase_add_test(tests, test_defaults);
    tcase_add_test(tests, test_verified_only);
    tcase_add_test(tests, test_settings);
    tcase_add_test(tests, test_required);
    tcase_add_test(tests, test_unset_is_not_missing);
    tcase_add_test(tests, test_values);
    tcase_add_test(tests, test_secret_not_quoted);
    tcase_add_test(tests, test_nested_option);
    tcase_add_test(tests, test_off_is_lenient);
    tcase_add_test(tests, test_sources);
    tcase_add_test(tests, test_platforms);
    tcase_add_test(tests, test_defaults_for_two_platforms);
    tcase_add_test(tests, test_lists);
    tcase_add_test(tests, test_rates);
    tcase_add_test(tests, test_mapping_warnings);
    tcase_add_test(tests, test_exposed);
    tcase_add_test(tests, test_vendor_page);
    tcase_add_test(tests, test_shipped_file);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
