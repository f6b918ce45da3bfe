/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "base/mem.h"

#include <sys/stat.h>
#include <unistd.h>

#define AUTH0                                                                                      \
    "connectors:\n"                                                                                \
    "  auth0:\n"                                                                                   \
    "    enabled: true\n"                                                                          \
    "    domain: \"${AUTH0_DOMAIN}\"\n"                                                            \
    "    client_id: \"${AUTH0_CLIENT_ID}\"\n"                                                      \
    "    client_secret: \"${AUTH0_CLIENT_SECRET}\"\n"                                              \
    "    audience: \"https://${AUTH0_DOMAIN}/api/v2/\"\n"

START_TEST(test_everything)
{
    struct config *config = load_clean(
        AUTH0
        "    platform: auth0\n"
        "    base_url: http://127.0.0.1:9999/\n"
        "    rate_limit: {requests_per_second: 50, burst: 60}\n"
        "    sync:\n"
        "      users: {enabled: true, schedule: \"*/5 * * * *\", full_schedule: never,\n"
        "              timezone: Europe/Berlin, verified_only: true, page_size: 50}\n"
        "      stats: false\n"
        "      schedule: \"@hourly\"\n"
        "      timezone: UTC\n"
        "    lists: {all_users: 20, verified_users: 21, roles: {admin: 23}}\n"
        "    field_mapping: {email: email, given_name: FIRSTNAME, \"identities[0].provider\": P}\n"
        "    event_mapping: {s: user_login}\n"
        "    consent: {field: user_metadata.ok}\n"
        "    delete_behavior: hard\n"
        "    debug: true\n"
        "    log_level: verbose\n"
        "    log_sync: true\n"
        "brevo: {api_key: \"xkeysib-1\", base_url: \"https://eu.brevo.test/v3/\", import_list: 7,\n"
        "        create_attributes: true, rate_limit: 15, phone_region: \"+49\"}\n"
        "host: {state_dir: /var/lib/tajo, listen: \"[::1]:0\", plugin_dirs: [/opt/p, /opt/q],\n"
        "       log_format: json, plugin_silence_seconds: 30, min_free_mb: 128,\n"
        "       max_store_mb: 256,\n"
        "       proxy: \"http://proxy:3128\"}\n");
    const struct config_connector *c = &config->connectors[0];
    ck_assert_uint_eq(config->connector_count, 1);
    ck_assert_str_eq(c->name, "auth0");
    ck_assert_str_eq(c->platform, "auth0");
    ck_assert_int_eq(c->mark.line, 2);
    ck_assert_int_eq(c->mark.column, 3);
    ck_assert_str_eq(c->base_url, "http://127.0.0.1:9999");
    ck_assert_ptr_null(c->rate_limit.preset);
    ck_assert_int_eq(c->rate_limit.requests_per_second, 50);
    ck_assert_int_eq(c->rate_limit.burst, 60);
    ck_assert_str_eq(config_setting(c, "domain")->text, "acme.eu.auth0.com");
    ck_assert_str_eq(config_setting(c, "audience")->text, "https://acme.eu.auth0.com/api/v2/");
    ck_assert_int_eq(config_setting(c, "client_secret")->secret, 1);
    ck_assert_int_eq(config_setting(c, "domain")->secret, 0);
    ck_assert_int_eq(config_setting(c, "domain")->mark.line, 4);
    ck_assert_int_eq(config_setting(c, "domain")->mark.column, 13);
    ck_assert_ptr_null(config_setting(c, "nothing"));
    ck_assert_uint_eq(c->source_count, 2);
    ck_assert_str_eq(c->sources[0].name, "users");
    ck_assert_str_eq(c->sources[0].schedule, "*/5 * * * *");
    ck_assert_str_eq(c->sources[0].full_schedule, "");
    ck_assert_str_eq(c->sources[0].timezone, "Europe/Berlin");
    ck_assert_int_eq(c->sources[0].verified_only, 1);
    ck_assert_int_eq(c->sources[0].verified_only_mark.line, 13);
    ck_assert_int_eq(c->sources[1].enabled, 0);
    ck_assert_int_eq(c->sources[1].verified_only, 0);
    ck_assert_int_eq(c->sources[1].verified_only_mark.line, 0);
    ck_assert_str_eq(c->sources[1].schedule, "@hourly");
    ck_assert_str_eq(c->sources[1].full_schedule, "0 3 * * 0");
    ck_assert_str_eq(c->sources[1].timezone, "UTC");
    ck_assert_uint_eq(c->list_count, 2);
    ck_assert_str_eq(c->lists[1].name, "verified_users");
    ck_assert_int_eq(c->lists[1].id, 21);
    ck_assert_uint_eq(c->field_mapping_count, 3);
    ck_assert_str_eq(c->field_mapping[2].key, "identities[0].provider");
    ck_assert_str_eq(c->field_mapping[2].value, "P");
    ck_assert_str_eq(c->consent_field, "user_metadata.ok");
    ck_assert_int_eq(c->delete_behavior, CONFIG_DELETE_HARD);
    ck_assert_int_eq(c->debug && c->log_sync, 1);
    ck_assert_int_eq(c->log_level, LOG_LEVEL_DEBUG);
    ck_assert_str_eq(config->brevo.api_key, "xkeysib-1");
    ck_assert_str_eq(config->brevo.base_url, "https://eu.brevo.test/v3");
    ck_assert_int_eq(config->brevo.create_attributes, 1);
    ck_assert_int_eq(config->brevo.rate_limit.requests_per_second, 15);
    ck_assert_int_eq(config->brevo.rate_limit.burst, 15);
    ck_assert_str_eq(config->brevo.phone_region, "49");
    ck_assert_int_eq(config->brevo.import_list, 7);
    ck_assert_str_eq(config->host.state_dir, "/var/lib/tajo");
    ck_assert_str_eq(config->host.listen, "[::1]:0");
    ck_assert_uint_eq(config->host.plugin_dir_count, 2);
    ck_assert_str_eq(config->host.plugin_dirs[1], "/opt/q");
    ck_assert_int_eq(config->host.log_format, LOG_JSON);
    ck_assert_int_eq(config->host.plugin_silence_seconds, 30);
    ck_assert_int_eq(config->host.min_free_mb, 128);
    ck_assert_int_eq(config->host.max_store_mb, 256);
    ck_assert_str_eq(config->host.proxy, "http://proxy:3128");
    ck_assert_ptr_null(config_free(config));
}
END_TEST

START_TEST(test_defaults)
{
    struct config *config = load_clean(AUTH0 "    sync: {users: true}\n" BREVO);
    const struct config_connector *c = &config->connectors[0];
    ck_assert_str_eq(c->base_url, "");
    ck_assert_str_eq(c->sources[0].schedule, "0 */4 * * *");
    ck_assert_str_eq(c->sources[0].full_schedule, "0 3 * * 0");
    ck_assert_str_eq(c->sources[0].timezone, "UTC");
    ck_assert_int_eq(c->delete_behavior, CONFIG_DELETE_SOFT);
    ck_assert_int_eq(c->log_level, LOG_LEVEL_INFO);
    ck_assert_ptr_null(c->consent_field);
    ck_assert_uint_eq(c->field_mapping_count, 0);
    ck_assert_str_eq(config->brevo.base_url, "https://api.brevo.com/v3");
    ck_assert_str_eq(config->brevo.rate_limit.preset, "general");
    ck_assert_str_eq(config->host.state_dir, "/home/somebody/.local/state/tajo-connect");
    ck_assert_str_eq(config->host.listen, "127.0.0.1:8686");
    ck_assert_int_eq(config->host.log_format, LOG_LOGFMT);
    ck_assert_int_eq(config->host.plugin_silence_seconds, 120);
    ck_assert_int_eq(config->host.min_free_mb, 64);
    ck_assert_int_eq(config->host.max_store_mb, 8192);
    ck_assert_ptr_null(config->host.proxy);
    config_free(config);
}
END_TEST

START_TEST(test_debug_level)
{
    struct config *config = load_clean(AUTH0 "    debug: true\n" BREVO);
    ck_assert_int_eq(config->connectors[0].log_level, LOG_LEVEL_DEBUG);
    config_free(config);
    config = load_clean(AUTH0 "    debug: true\n    log_level: warn\n" BREVO);
    ck_assert_int_eq(config->connectors[0].log_level, LOG_LEVEL_WARN);
    config_free(config);
}
END_TEST

START_TEST(test_top_level_defaults)
{
    struct config *config = load_clean("connectors:\n"
                                       "  auth0: {domain: a}\n"
                                       "  auth0-eu:\n"
                                       "    platform: auth0\n"
                                       "    sync: {users: false, timezone: Europe/Berlin}\n"
                                       "    lists: {all_users: 99}\n"
                                       "    field_mapping: {email: email}\n"
                                       "    consent: {field: mine}\n"
                                       "    delete_behavior: keep\n"
                                       "sync: {users: true, schedule: \"5 * * * *\"}\n"
                                       "lists: {all_users: 1, verified_users: 2}\n"
                                       "field_mapping: {email: email, given_name: FIRSTNAME}\n"
                                       "consent: {field: yours}\n"
                                       "delete_behavior: hard\n" BREVO);
    const struct config_connector *first = &config->connectors[0];
    const struct config_connector *second = &config->connectors[1];
    ck_assert_int_eq(first->sources[0].enabled, 1);
    ck_assert_int_eq(first->sources[0].mark.line, 10);
    ck_assert_str_eq(first->sources[0].timezone, "UTC");
    ck_assert_uint_eq(first->field_mapping_count, 2);
    ck_assert_str_eq(first->consent_field, "yours");
    ck_assert_int_eq(first->delete_behavior, CONFIG_DELETE_HARD);
    /* Maps are merged by key, the connector's first; the mapping is replaced whole. */
    ck_assert_uint_eq(second->source_count, 1);
    ck_assert_int_eq(second->sources[0].enabled, 0);
    ck_assert_str_eq(second->sources[0].schedule, "5 * * * *");
    ck_assert_str_eq(second->sources[0].timezone, "Europe/Berlin");
    ck_assert_uint_eq(second->list_count, 2);
    ck_assert_int_eq(second->lists[0].id, 99);
    ck_assert_str_eq(second->lists[1].name, "verified_users");
    ck_assert_uint_eq(second->field_mapping_count, 1);
    ck_assert_str_eq(second->consent_field, "mine");
    ck_assert_int_eq(second->delete_behavior, CONFIG_DELETE_KEEP);
    config_free(config);
}
END_TEST

/* A wrong default is one problem, however many connectors inherit it. */
START_TEST(test_default_reported_once)
{
    expect_only("connectors: {a: {x: 1}, b: {x: 1}}\nlists: {all_users: none}\n" BREVO, 2, 20,
                "lists.all_users: expected a whole number from 1 to");
}
END_TEST

START_TEST(test_unknown_keys)
{
    expect_only("connectors: {a: {x: 1}}\nhots: {}\n" BREVO, 2, 1,
                "hots: unknown key; expected here: connectors, brevo, host, sync, lists");
    expect_only("connectors: {a: {x: 1}}\nhots: {}\n" BREVO, 2, 1, "Did you mean host?");
    expect_only("connectors: {a: {x: 1}}\nschedule: \"* * * * *\"\n" BREVO, 2, 1,
                "It belongs elsewhere: write sync.schedule");
    expect_only("connectors: {a: {x: 1}}\nshedule: \"* * * * *\"\n" BREVO, 2, 1,
                "Did you mean sync.schedule?");
    expect_only("connectors: {a: {x: \"ü日😀\", x2: 1, log_sync: 5}}\n" BREVO, 1, 45,
                "log_sync: expected true or false");
}
END_TEST

START_TEST(test_unknown_inner_keys)
{
    int r = 0;
    struct err_info e = {0};
    struct config *config = load_text("connectors:\n"
                                      "  auth0:\n"
                                      "    consent: {felid: x}\n"
                                      "    rate_limit: {requests_per_secnd: 5}\n"
                                      "    sync: {Users: true}\n"
                                      "brevo: {api_key: k, listen: x}\n"
                                      "host: {state_dri: /x}\n",
                                      &r, &e);
    expect_problem(config, 0, 3, 15,
                   "connectors.auth0.consent.felid: unknown key; expected here: field. Did you "
                   "mean field?");
    expect_problem(config, 0, 4, 18, "rate_limit.requests_per_secnd: unknown key");
    expect_problem(config, 0, 4, 17, "requests_per_second is missing");
    expect_problem(config, 0, 5, 12, "connectors.auth0.sync.Users: unknown key");
    expect_problem(config, 0, 6, 21, "brevo.listen: unknown key; expected here: api_key");
    expect_problem(config, 0, 6, 21, "It belongs elsewhere: write host.listen");
    expect_problem(config, 0, 7, 8, "host.state_dri: unknown key");
    /* All in file order, and the first of them is what the call returns. */
    size_t count = 0;
    const struct config_problem *problems = config_problems(config, &count);
    for (size_t i = 1; i < count; i++)
        ck_assert(problems[i - 1].mark.line <= problems[i].mark.line);
    ck_assert_str_eq(e.where, "tajo.yaml:3:15");
    ck_assert_ptr_nonnull(strstr(e.what, "connectors.auth0.consent.felid: unknown key"));
    ck_assert_str_eq(e.mend, "Did you mean field?");
    config_free(config);
}
END_TEST

START_TEST(test_types)
{
    static const struct {
        const char *line;
        int column;
        const char *fragment;
    } cases[] = {
        {"enabled: yes", 14, "expected true or false, not \"yes\". Write true or false"},
        {"debug: 1", 12, "connectors.auth0.debug: expected true or false, not \"1\""},
        {"log_sync: [true]", 15, "expected a single value, not a list"},
        {"log_level: loud", 16, "expected one of error, warn, info, debug, verbose, not \"loud\""},
        {"log_level: inof", 16, "Did you mean info?"},
        {"delete_behavior: softly", 22, "expected one of keep, soft, hard"},
        {"platform: Auth0", 15, "expected a platform such as auth0"},
        {"base_url: ftp://x", 15, "expected a URL that begins with https://"},
        {"base_url: http://example.com", 15, "plain http is for this machine"},
        {"base_url: http://127.0.0.1.example.com", 15, "plain http is for this machine"},
        {"base_url: https://u:p@example.com", 15, "no user, query, fragment or space"},
        {"base_url: https://example.com?x=1", 15, "no user, query"},
        {"base_url: \"https://\"", 15, "no user, query"},
        {"base_url: \"https://[::1\"", 15, "no user, query"},
        {"rate_limit: 0", 17, "expected a preset's name, a number"},
        {"rate_limit: -5", 17, "expected a preset's name, a number"},
        {"rate_limit: Fast!", 17, "expected a preset's name, a number"},
        {"rate_limit: {requests_per_second: 20000}", 39, "a whole number from 1 to 10000"},
        {"rate_limit: {requests_per_second: 5, burst: x}", 49, "a whole number from 1 to 10000"},
        {"sync: true", 11, "expected keys with values, not a single value"},
        {"sync: [users]", 11, "expected keys with values, not a list"},
        {"sync: {users: maybe}", 19, "sync.users: expected true or false, not \"maybe\""},
        {"sync: {users: }", 19, "sync.users: expected true, false, or the source's options"},
        {"sync: {users: [1]}", 19, "sync.users: expected true, false, or the source's options"},
        {"sync: {users: {enabled: no}}", 29, "sync.users.enabled: expected true or false"},
        {"sync: {schedule: \"* * *\"}", 22, "has 3 fields instead of 5"},
        {"sync: {users: {schedule: \"0 0 31 2 *\"}}", 30, "names a date that no year has"},
        {"sync: {users: {full_schedule: \"61 * * * *\"}}", 35, "the minute field \"61\""},
        {"sync: {timezone: Europe/Nowhere}", 22, "no time zone \"Europe/Nowhere\""},
        {"sync: {users: {timezone: Mars}}", 30, "no time zone \"Mars\""},
        {"sync: {users: {verified_only: yes}}", 35,
         "sync.users.verified_only: expected true or false, not \"yes\""},
        {"sync: {users: {verified_only: [a]}}", 35, "sync.users.verified_only: expected"},
        {"lists: {all_users: \"\"}", 24, "lists.all_users: expected the list's number"},
        {"lists: {all_users: 0}", 24, "a whole number from 1 to"},
        {"lists: {all_users: 99999999999999999999}", 24, "a whole number from 1 to"},
        {"lists: {all_users: 0x10}", 24, "a whole number from 1 to"},
        {"lists: [20]", 12, "expected keys with values, not a list"},
        {"field_mapping: {given_name: FIRSTNAME}", 5, "no field is mapped to email"},
        {"field_mapping: {email: email, \"a..b\": X}", 35, "this is not a field's path"},
        {"field_mapping: {email: email, name: \"\"}", 41, "expected the name of a Brevo attribute"},
        {"field_mapping: {email: email, name: \"A B\"}", 41, "expected the name of a Brevo"},
        {"field_mapping: {email: email, a: X, b: x}", 44, "x is filled by a at line 3 already"},
        {"field_mapping: {email: email, other: EMAIL}", 42, "EMAIL is filled by email at line 3"},
        {"field_mapping: email", 20, "expected keys with values"},
        {"consent: {field: \"a..b\"}", 22, "expected a field's path"},
        {"consent: user_metadata.ok", 14, "expected keys with values"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = mem_printf("connectors:\n  auth0:\n    %s\n" BREVO, cases[i].line);
        expect_only(text, 3, cases[i].column, cases[i].fragment);
        free(text);
    }
}
END_TEST

/* Whoever writes consent means it: without a field everybody would be one. */
START_TEST(test_empty_consent)
{
    static const struct {
        const char *line;
        int column;
    } cases[] = {
        {"consent:", 5},
        {"consent: ~", 5},
        {"consent: {}", 5},
        {"consent: {field: }", 15},
        {"consent: {field: \"\"}", 15},
        {"consent: {field: \"${EMPTY}\"}", 15},
    };
    static const char fragment[] =
        "connectors.auth0.consent: consent.field is empty: everybody would become a contact. Write "
        "the path of the field, or remove consent";
    const char *line = cases[_i].line;
    char *text = mem_printf("connectors:\n  auth0:\n    %s\n    domain: x\n" BREVO, line);
    expect_only(text, 3, cases[_i].column, fragment);
    free(text);
    /* The same at the top level, which two connectors share; */
    text = mem_printf("%s\nconnectors: {a: {domain: x}, b: {domain: x}}\n" BREVO, line);
    expect_only(text, 1, cases[_i].column - 4, "consent: consent.field is empty");
    free(text);
    /* a connector that is off makes nobody a contact. */
    text = mem_printf("connectors:\n  auth0:\n    enabled: false\n    %s\n" BREVO, line);
    config_free(load_clean(text));
    free(text);
}
END_TEST

START_TEST(test_inherited_consent)
{
    struct config *config =
        load_clean("consent: {field: a}\nconnectors:\n  auth0:\n    consent:\n" BREVO);
    ck_assert_str_eq(config->connectors[0].consent_field, "a");
    config_free(config);
}
END_TEST

START_TEST(test_host_and_brevo_types)
{
    static const struct {
        const char *line;
        int column;
        const char *fragment;
    } cases[] = {
        {"host: {listen: \"8686\"}", 16, "expected an address and port such as 127.0.0.1:8686"},
        {"host: {listen: \":8686\"}", 16, "expected an address and port"},
        {"host: {listen: \"127.0.0.1:65536\"}", 16, "expected an address and port"},
        {"host: {listen: \"[::1:80\"}", 16, "expected an address and port"},
        {"host: {listen: \"a b:80\"}", 16, "expected an address and port"},
        {"host: {state_dir: var/lib}", 19, "expected an absolute folder, not \"var/lib\""},
        {"host: {plugin_dirs: /opt}", 21, "expected a list of folders, not \"/opt\""},
        {"host: {plugin_dirs: [opt]}", 22, "host.plugin_dirs.item: expected an absolute folder"},
        {"host: {plugin_dirs: [\"\"]}", 22, "expected an absolute folder"},
        {"host: {log_format: xml}", 20, "expected one of logfmt, json, not \"xml\""},
        {"host: {plugin_silence_seconds: 0}", 32, "a whole number from 1 to 86400"},
        {"host: {min_free_mb: lots}", 21, "a whole number from 1 to 1048576"},
        {"host: {max_store_mb: 0}", 22, "a whole number from 1 to 1048576"},
        {"host: {proxy: \"proxy:3128\"}", 15, "expected a URL such as http://proxy"},
        {"host: true", 7, "host: expected keys with values, not a single value"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = mem_printf("connectors: {a: {x: 1}}\n" BREVO "%s\n", cases[i].line);
        expect_only(text, 3, cases[i].column, cases[i].fragment);
        free(text);
    }
    expect_only("connectors: {a: {x: 1}}\nbrevo: {api_key: k, phone_region: DE}\n", 2, 35,
                "expected a country's calling code such as 49 or 1, not \"DE\"");
    expect_only("connectors: {a: {x: 1}}\nbrevo: {api_key: k, import_list: -1}\n", 2, 34,
                "a whole number from 0 to");
    expect_only("connectors: {a: {x: 1}}\nbrevo: {api_key: [k]}\n", 2, 18,
                "brevo.api_key: expected a single value, not a list");
}
END_TEST

START_TEST(test_connector_names)
{
    expect_only(BREVO, 1, 1, "no connector is configured");
    expect_only("# nothing\n" BREVO, 1, 1, "no connector is configured");
    expect_only("connectors:\n" BREVO, 1, 1, "no connector is configured");
    expect_only("connectors: {}\n" BREVO, 1, 1, "no connector is configured");
    expect_only("connectors: auth0\n" BREVO, 1, 13, "expected keys with values");
    expect_only("connectors: {Auth0: {x: 1}}\n" BREVO, 1, 14, "a connector's name has 1 to 32");
    expect_only("connectors: {auth0_eu: {x: 1}}\n" BREVO, 1, 14, "a connector's name has 1 to 32");
    expect_only("connectors: {a123456789012345678901234567890123: {x: 1}}\n" BREVO, 1, 14,
                "a connector's name has 1 to 32");
    expect_only("connectors:\n  auth0:\n" BREVO, 2, 3, "this connector has no settings");
    expect_only("connectors: {auth0: true}\n" BREVO, 1, 21, "expected keys with values");
    /* Sections of a connector that are indented one step too little. */
    expect_only("connectors:\n  auth0: {x: 1}\n  sync: {users: true}\n" BREVO, 3, 3,
                "it stands where connectors are named");
    char text[8192] = "connectors:\n";
    for (int i = 0; i < 257; i++)
        sprintf(text + strlen(text), "  a%d: {x: 1}\n", i);
    strcat(text, BREVO);
    expect_only(text, 1, 1, "more than 256 connectors");
}
END_TEST

START_TEST(test_api_key)
{
    int r = 0;
    struct err_info e = {0};
    struct config *config = load_text("connectors: {a: {x: 1}}\n", &r, &e);
    expect_problem(config, 0, 0, 0, "the Brevo API key is missing, here and in the environment");
    expect_problem(config, 0, 0, 0,
                   "Write brevo: {api_key: \"${BREVO_API_KEY}\"} or export "
                   "BREVO_API_KEY");
    ck_assert_int_eq(r, ERR_CONFIG);
    ck_assert_str_eq(e.where, "tajo.yaml");
    ck_assert_uint_eq(config->connector_count, 1); /* the caller may go on */
    ck_assert_ptr_null(config->brevo.api_key);
    config_free(config);
    expect_only("connectors: {a: {x: 1}}\nbrevo: {api_key: \"\"}\n", 2, 9, "brevo.api_key: the");
    setenv("BREVO_API_KEY", "xkeysib-env", 1);
    config = load_clean("connectors: {a: {x: 1}}\n");
    ck_assert_str_eq(config->brevo.api_key, "xkeysib-env");
    config_free(config);
    config = load_clean("connectors: {a: {x: 1}}\nbrevo: {api_key: xkeysib-file}\n");
    ck_assert_str_eq(config->brevo.api_key, "xkeysib-file");
    config_free(config);
}
END_TEST

START_TEST(test_api_key_with_line_break)
{
    static const char *const keys[] = {"xkeysib\r", "xkeysib\nX-Other: 1", "\x7Fxkeysib", "x\ty"};
    struct err_info e = {0};
    int r = 0;
    setenv("SOME_KEY", keys[_i], 1);
    expect_only("connectors: {a: {x: 1}}\nbrevo: {api_key: \"${SOME_KEY}\"}\n", 2, 18,
                "brevo.api_key: the Brevo API key has a line break or another control character "
                "in it. Copy it again");
    setenv("BREVO_API_KEY", keys[_i], 1);
    struct config *config = load_text("connectors: {a: {x: 1}}\n", &r, &e);
    expect_problem(config, 0, 0, 0, "the environment variable BREVO_API_KEY has a line break");
    ck_assert_int_eq(r, ERR_CONFIG);
    ck_assert_ptr_null(config->brevo.api_key);
    ck_assert_ptr_null(strstr(e.what, "xkeysib"));
    config_free(config);
}
END_TEST

START_TEST(test_counts)
{
    struct strbuf text = STRBUF_INIT;
    strbuf_add_text(&text, "connectors: {a: {x: 1}}\n" BREVO "host:\n  plugin_dirs:\n");
    for (int i = 0; i < 65; i++)
        strbuf_add_format(&text, "    - /p%d\n", i);
    expect_only(text.data, 5, 5, "host.plugin_dirs: more than 64 folders");
    strbuf_clear(&text);
    strbuf_add_format(&text, "connectors: {a: {x: 1}}\n" BREVO "lists: {%065d: 1}\n", 7);
    expect_only(text.data, 3, 9, "a list's name has more than 64 characters");
    strbuf_release(&text);
}
END_TEST

START_TEST(test_loopback)
{
    static const char *const urls[] = {"http://localhost:80", "http://[::1]/v3",
                                       "http://127.1.2.3:9/x", "HTTPS://example.com"};
    for (size_t i = 0; i < 4; i++) {
        char *text = mem_printf("connectors: {a: {base_url: \"%s\"}}\n" BREVO, urls[i]);
        struct config *config = load_clean(text);
        ck_assert_str_eq(config->connectors[0].base_url, urls[i]);
        config_free(config);
        free(text);
    }
    ck_assert_ptr_null(config_free(NULL));
}
END_TEST

START_TEST(test_state_dir)
{
    static const char text[] = "connectors: {a: {x: 1}}\n" BREVO;
    static const char with[] = "connectors: {a: {x: 1}}\n" BREVO "host: {state_dir: /from/file}\n";
    struct config_overrides overrides = {"from/line", "debug"};
    struct config *config = NULL;
    setenv("XDG_STATE_HOME", "/xdg", 1);
    config = load_clean(text);
    ck_assert_str_eq(config->host.state_dir, "/xdg/tajo-connect");
    config_free(config);
    setenv("STATE_DIRECTORY", "/var/lib/a:/var/lib/b", 1);
    config = load_clean(text);
    ck_assert_str_eq(config->host.state_dir, "/var/lib/a");
    config_free(config);
    config = load_clean(with);
    ck_assert_str_eq(config->host.state_dir, "/from/file");
    config_free(config);
    ck_assert_int_eq(config_load_bytes(with, strlen(with), "f", &overrides, &config, NULL), 0);
    ck_assert_str_eq(config->host.state_dir, "from/line");
    ck_assert_int_eq(config->connectors[0].log_level, LOG_LEVEL_DEBUG);
    config_free(config);
    unsetenv("STATE_DIRECTORY");
    unsetenv("XDG_STATE_HOME");
    unsetenv("HOME");
    expect_only(text, 0, 0, "host.state_dir: no folder to keep state in");
}
END_TEST

START_TEST(test_listen_empty)
{
    struct config *config = load_clean("connectors: {a: {x: 1}}\n" BREVO "host: {listen: \"\"}\n");
    ck_assert_str_eq(config->host.listen, "");
    config_free(config);
    config = load_clean("connectors: {a: {x: 1}}\n" BREVO "host:\n  listen:\n");
    ck_assert_str_eq(config->host.listen, "127.0.0.1:8686");
    config_free(config);
}
END_TEST

START_TEST(test_roots)
{
    int r = 0;
    struct err_info e = {0};
    struct config *config = load_text("- a\n", &r, &e);
    expect_problem(config, 0, 1, 1, "expected keys with values, not a list");
    config_free(config);
    config = load_text("~\n", &r, &e);
    expect_problem(config, 0, 1, 1, "the file has no settings");
    config_free(config);
    config = load_text("a:\n\tb: c\n", &r, &e);
    expect_problem(config, 0, 2, 1,
                   "a tab stands where YAML takes spaces only. Indent with spaces");
    ck_assert_int_eq(r, ERR_CONFIG);
    ck_assert_str_eq(e.where, "tajo.yaml:2:1");
    ck_assert_uint_eq(config->connector_count, 0);
    config_free(config);
}
END_TEST

START_TEST(test_problem_bound)
{
    char text[20000] = "connectors: {a: {x: 1}}\nhost:\n";
    for (int i = 0; i < 500; i++)
        sprintf(text + strlen(text), "  k%d: 1\n", i);
    int r = 0;
    struct config *config = load_text(text, &r, NULL);
    ck_assert_uint_eq(count_problems(config, 0), CONFIG_MAX_PROBLEMS);
    config_free(config);
}
END_TEST

START_TEST(test_files)
{
    char dir[] = "/tmp/tajo-config-XXXXXX";
    struct config *config = NULL;
    struct err_info e = {0};
    ck_assert_ptr_nonnull(mkdtemp(dir));
    char *path = mem_printf("%s/tajo.yaml", dir);
    ck_assert_int_eq(config_load(path, NULL, &config, &e), ERR_CONFIG);
    ck_assert_ptr_null(config);
    ck_assert_str_eq(e.where, path);
    ck_assert_ptr_nonnull(strstr(e.what, "cannot be read: No such file"));
    ck_assert_int_eq(config_load(dir, NULL, &config, &e), ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(e.what, "not a regular file"));
    FILE *file = fopen(path, "w");
    fputs("connectors: {a: {x: 1}}\n" BREVO, file);
    fclose(file);
    ck_assert_int_eq(config_load(path, NULL, &config, &e), 0);
    ck_assert_str_eq(config->file, path);
    config = config_free(config);
    file = fopen(path, "a");
    for (int i = 0; i < 1024 * 1024; i += 64)
        fputs("###############################################################\n", file);
    fclose(file);
    ck_assert_int_eq(config_load(path, NULL, &config, &e), ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(e.what, "more than 1 MiB"));
    ck_assert_ptr_null(config);
    unlink(path);
    rmdir(dir);
    free(path);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("load");
    TCase *tests = tcase_create("load");
    tcase_add_checked_fixture(tests, support_environment, NULL);
    tcase_add_test(tests, test_everything);
    tcase_add_test(tests, test_defaults);
    tcase_add_test(tests, test_debug_level);
    tcase_add_test(tests, test_top_level_defaults);
    tcase_add_test(tests, test_default_reported_once);
    tcase_add_test(tests, test_unknown_keys);
    tcase_add_test(tests, test_unknown_inner_keys);
    tcase_add_test(tests, test_types);
    tcase_add_loop_test(tests, test_empty_consent, 0, 6);
    tcase_add_test(tests, test_inherited_consent);
    tcase_add_test(tests, test_host_and_brevo_types);
    tcase_add_test(tests, test_connector_names);
    tcase_add_test(tests, test_api_key);
    tcase_add_loop_test(tests, test_api_key_with_line_break, 0, 4);
    tcase_add_test(tests, test_counts);
    tcase_add_test(tests, test_loopback);
    tcase_add_test(tests, test_state_dir);
    tcase_add_test(tests, test_listen_empty);
    tcase_add_test(tests, test_roots);
    tcase_add_test(tests, test_problem_bound);
    tcase_add_test(tests, test_files);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
