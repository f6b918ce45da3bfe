/* SPDX-License-Identifier: Apache-2.0
 *
 * unit/config/support.h: a configuration from text, and questions about its problems.
 */
#ifndef UNIT_CONFIG_SUPPORT_H
#define UNIT_CONFIG_SUPPORT_H

#include "config/private.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

/* Beside what a test is about, a configuration needs these. */
#define BREVO      "brevo: {api_key: xkeysib-test}\n"
#define LINE_AFTER "connectors:\n  auth0:\n"

static inline void support_environment(void)
{
    setenv("AUTH0_DOMAIN", "acme.eu.auth0.com", 1);
    setenv("AUTH0_CLIENT_ID", "client-1", 1);
    setenv("AUTH0_CLIENT_SECRET", "s3cr3t-of-auth0", 1);
    setenv("EMPTY", "", 1);
    setenv("HOME", "/home/somebody", 1);
    unsetenv("UNSET");
    unsetenv("BREVO_API_KEY");
    unsetenv("XDG_STATE_HOME");
    unsetenv("STATE_DIRECTORY");
}

static inline struct config *load_text(const char *text, int *ret_result, struct err_info *e)
{
    struct config *config = NULL;
    *ret_result = config_load_bytes(text, strlen(text), "tajo.yaml", NULL, &config, e);
    ck_assert_ptr_nonnull(config);
    return config;
}

static inline void dump_problems(const struct config *config)
{
    size_t count = 0;
    const struct config_problem *problems = config_problems(config, &count);
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, "  %s%s\n", problems[i].is_warning ? "warning: " : "",
                problems[i].sentence);
}

/* A problem at line:column whose sentence has the fragment. */
static inline void expect_problem(const struct config *config, int is_warning, int line, int column,
                                  const char *fragment)
{
    size_t count = 0;
    const struct config_problem *problems = config_problems(config, &count);
    char place[64] = "tajo.yaml: ";
    if (line > 0)
        snprintf(place, sizeof(place), "tajo.yaml:%d:%d: ", line, column);
    for (size_t i = 0; i < count; i++)
        if (problems[i].is_warning == is_warning && problems[i].mark.line == line &&
            problems[i].mark.column == column &&
            strncmp(problems[i].sentence, place, strlen(place)) == 0 &&
            strstr(problems[i].sentence, fragment) != NULL)
            return;
    dump_problems(config);
    ck_abort_msg("no %s at %d:%d with \"%s\"", is_warning ? "warning" : "problem", line, column,
                 fragment);
}

static inline size_t count_problems(const struct config *config, int is_warning)
{
    size_t count = 0;
    size_t found = 0;
    const struct config_problem *problems = config_problems(config, &count);
    for (size_t i = 0; i < count; i++)
        found += problems[i].is_warning == is_warning;
    return found;
}

/* The text has this one problem (warnings do not count) after loading. */
static inline void expect_only(const char *text, int line, int column, const char *fragment)
{
    int r = 0;
    struct err_info e = {0};
    struct config *config = load_text(text, &r, &e);
    expect_problem(config, 0, line, column, fragment);
    if (count_problems(config, 0) != 1)
        dump_problems(config);
    ck_assert_uint_eq(count_problems(config, 0), 1);
    ck_assert_int_eq(r, ERR_CONFIG);
    ck_assert_int_eq(e.code, ERR_CONFIG);
    config_free(config);
}

static inline struct config *load_clean(const char *text)
{
    int r = 0;
    struct err_info e = {0};
    struct config *config = load_text(text, &r, &e);
    if (r != 0 || count_problems(config, 0) != 0)
        dump_problems(config);
    ck_assert_int_eq(r, 0);
    ck_assert_uint_eq(count_problems(config, 0), 0);
    return config;
}

/* ---- What the Auth0 plugins would declare ---- */
static const struct config_option_schema support_settings[] = {
    {"domain", CONFIG_STRING, 1, 0, 1, 64, "", "", "The tenant's own host name."},
    {"client_id", CONFIG_STRING, 1, 0, 1, 1024, "", "", "Client ID"},
    {"client_secret", CONFIG_STRING, 1, 1, 1, 1024, "", "", "Client secret"},
    {"audience", CONFIG_STRING, 0, 0, 1, 1024, "https://${domain}/api/v2/", "", ""},
};
static const struct config_option_schema support_options[] = {
    {"page_size", CONFIG_INTEGER, 0, 0, 1, 100, "100", "", ""},
    {"poll", CONFIG_BOOLEAN, 0, 0, 0, 0, "false", "", ""},
    {"mode", CONFIG_CHOICE, 0, 0, 0, 0, "auto", "auto|pages|export", ""},
    {"query", CONFIG_STRING, 0, 0, 0, 0, "", "", ""},
    {"webhook_token", CONFIG_STRING, 0, 1, 4, 200, "", "", ""},
};
static const char *const support_paths[] = {"email", "given_name", "user_metadata", "last_login"};
static const char *const support_lists[] = {"all_users", "verified_users", "social_login"};
static const char *const support_presets[] = {"free", "essentials", "enterprise"};
static const char *const support_brevo_presets[] = {"general", "advanced"};
static const char *const support_known[] = {"events", "roles", "stats"};
static const struct config_source_schema support_sources[] = {
    {"users", support_options, 5, support_paths, 4, support_lists, 3},
};
static const char *const support_shop_lists[] = {"buyers", "roles"};
static const struct config_source_schema support_shop_sources[] = {
    {"customers", NULL, 0, NULL, 0, support_shop_lists, 2},
};
static const struct config_platform_schema support_platforms[] = {
    {"auth0", support_settings, 4, support_sources, 1, support_presets, 3},
    {"shop", NULL, 0, support_shop_sources, 1, NULL, 0},
};
static const struct config_schema support_schema = {support_platforms, 2, support_brevo_presets, 2,
                                                    support_known,     3};

#endif
