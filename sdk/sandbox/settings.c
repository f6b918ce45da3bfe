/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"
#include "mem.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_kind { OPTION_NUMBER, OPTION_TEXT, OPTION_FLAG, OPTION_AUTH0_PLAN, OPTION_BREVO_PLAN };

struct option_row {
    const char *name;
    enum option_kind kind;
    size_t offset;
    int64_t low, high;
    const char *value; /* how the help calls it */
    const char *help;
};

#define NUMBER(name, member, low, high, value, help)                                               \
    {                                                                                              \
        name, OPTION_NUMBER, offsetof(struct settings, member), low, high, value, help             \
    }
#define TEXT(name, member, value, help)                                                            \
    {                                                                                              \
        name, OPTION_TEXT, offsetof(struct settings, member), 0, 0, value, help                    \
    }
#define FLAG(name, member, help)                                                                   \
    {                                                                                              \
        name, OPTION_FLAG, offsetof(struct settings, member), 0, 0, "", help                       \
    }

#define DAY_S  86400
#define HOUR_S 3600

static const struct option_row options[] = {
    NUMBER("--port", port, 0, 65535, "P", "port on 127.0.0.1, 0 for any free one (8787)"),
    TEXT("--port-file", port_file, "FILE", "write the port there when ready"),
    FLAG("--quiet", quiet, "no line per request"),

    NUMBER("--users", users, 0, 100000000, "N", "generated users (0)"),
    NUMBER("--seed", seed, 0, INT64_MAX, "S", "another seed, other users (1)"),
    TEXT("--load", load_file, "FILE", "add these users too, one JSON object a line"),
    FLAG("--plant-secrets", plant_secrets, "show IdP tokens in identities without the scope"),
    TEXT("--client-id", client_id, "ID", "(sandbox-client)"),
    TEXT("--client-secret", client_secret, "SECRET", "(sandbox-secret)"),
    TEXT("--scopes", scopes, "LIST", "granted scopes (all read scopes but IdP tokens, update)"),
    NUMBER("--token-ttl", token_ttl_s, 1, 30 * DAY_S, "S", "life of an access token (86400)"),
    {"--limits", OPTION_AUTH0_PLAN, offsetof(struct settings, auth0_plan), 0, 0, "PLAN",
     "Auth0 limits: off, free, essentials, enterprise (off)"},
    NUMBER("--search-delay", search_delay_ms, 0, HOUR_S * 1000, "MS",
           "a change shows up in GET /users this late (0)"),
    NUMBER("--export-ms", export_ms, 0, HOUR_S * 1000, "MS", "duration of an export job (300)"),
    NUMBER("--export-user-us", export_user_us, 0, 1000000, "US", "and of each user in it (20)"),
    NUMBER("--link-ttl", link_ttl_s, 1, DAY_S, "S", "life of a download link (60)"),
    NUMBER("--job-ttl", job_ttl_s, 1, 30 * DAY_S, "S", "life of a job (86400)"),

    TEXT("--brevo-key", brevo_key, "KEY", "(sandbox-key)"),
    {"--brevo-limits", OPTION_BREVO_PLAN, offsetof(struct settings, brevo_plan), 0, 0, "PLAN",
     "Brevo limits: off, general, advanced, extended (off)"},
    FLAG("--bare", bare, "only the attributes FIRSTNAME, LASTNAME and SMS exist"),
    NUMBER("--import-ms", import_ms, 0, HOUR_S * 1000, "MS", "duration of an import (200)"),
    NUMBER("--import-row-us", import_row_us, 0, 1000000, "US", "and of each row in it (2)"),
    FLAG("--import-false-sticky", import_false_sticky,
         "in an import, false does not overwrite true"),
    FLAG("--put-flag-loses", put_flag_loses,
         "emailBlacklisted in the PUT that changes EMAIL is lost"),
    FLAG("--bare-contacts-hourly", bare_contacts_hourly,
         "/contacts itself counts as one of the \"other\" endpoints"),
};

static const char *const auth0_plans[] = {"off", "free", "essentials", "enterprise"};
static const char *const brevo_plans[] = {"off", "general", "advanced", "extended"};

static const struct settings defaults = {
    .port = 8787,
    .seed = 1,
    .client_id = "sandbox-client",
    .client_secret = "sandbox-secret",
    .scopes = "read:users read:users_app_metadata read:roles read:role_members read:organizations "
              "read:organization_members read:logs read:logs_users read:stats read:connections "
              "update:users_app_metadata",
    .token_ttl_s = DAY_S,
    .export_ms = 300,
    .export_user_us = 20,
    .link_ttl_s = 60,
    .job_ttl_s = DAY_S,
    .brevo_key = "sandbox-key",
    .import_ms = 200,
    .import_row_us = 2,
};

static void print_help(void)
{
    puts("usage: tajo-sandbox [OPTION...]\n\n"
         "An Auth0 tenant and a Brevo account on 127.0.0.1, as nasty as the real ones.\n"
         "Auth0 answers below /auth0, Brevo below /brevo/v3, the controls at /__counts,\n"
         "/__state, /__users, /__brevo, /__faults, /__secret and /__revoke (see README.md).\n"
         "It ends on SIGTERM or SIGINT.\n");
    for (size_t i = 0; i < SANDBOX_COUNT(options); i++) {
        char left[40];
        snprintf(left, sizeof(left), "%s %s", options[i].name, options[i].value);
        printf("  %-24s %s\n", left, options[i].help);
    }
    printf("  %-24s %s\n", "--help", "this text");
}

static bool set_number(const struct option_row *row, const char *text, void *member)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno || end == text || *end || number < row->low || number > row->high) {
        fprintf(stderr, "tajo-sandbox: %s needs a whole number from %lld to %lld, not \"%s\"\n",
                row->name, (long long)row->low, (long long)row->high, text);
        return false;
    }
    memcpy(member, &(int64_t){number}, sizeof(int64_t));
    return true;
}

static bool set_plan(const struct option_row *row, const char *const names[4], const char *text,
                     unsigned *ret_plan)
{
    for (unsigned i = 0; i < 4; i++) {
        if (strcmp(names[i], text) == 0) {
            *ret_plan = i;
            return true;
        }
    }
    fprintf(stderr, "tajo-sandbox: %s knows %s, %s, %s and %s, not \"%s\"\n", row->name, names[0],
            names[1], names[2], names[3], text);
    return false;
}

static bool set_option(const struct option_row *row, const char *text, struct settings *settings)
{
    char *member = (char *)settings + row->offset;
    unsigned plan;
    switch (row->kind) {
    case OPTION_NUMBER:
        return set_number(row, text, member);
    case OPTION_TEXT:
        memcpy(member, &text, sizeof(text));
        return true;
    case OPTION_AUTH0_PLAN:
        if (!set_plan(row, auth0_plans, text, &plan)) {
            return false;
        }
        settings->auth0_plan = (enum auth0_plan)plan;
        return true;
    case OPTION_BREVO_PLAN:
        if (!set_plan(row, brevo_plans, text, &plan)) {
            return false;
        }
        settings->brevo_plan = (enum brevo_plan)plan;
        return true;
    case OPTION_FLAG:
        *(bool *)member = true;
        return true;
    }
    return false;
}

static const struct option_row *find_option(const char *name, size_t size)
{
    for (size_t i = 0; i < SANDBOX_COUNT(options); i++) {
        if (strlen(options[i].name) == size && memcmp(options[i].name, name, size) == 0) {
            return &options[i];
        }
    }
    return NULL;
}

enum settings_result settings_parse(int argc, char **argv, struct settings *ret_settings)
{
    struct settings settings = defaults;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_help();
            return SETTINGS_HELP;
        }
        const char *equals = strchr(argv[i], '=');
        size_t size = equals ? (size_t)(equals - argv[i]) : strlen(argv[i]);
        const struct option_row *row = find_option(argv[i], size);
        if (!row || (equals && row->kind == OPTION_FLAG)) {
            fprintf(stderr, "tajo-sandbox: unknown option \"%s\"; see --help\n", argv[i]);
            return SETTINGS_WRONG;
        }
        const char *value = equals ? equals + 1 : NULL;
        if (!value && row->kind != OPTION_FLAG) {
            if (i + 1 == argc) {
                fprintf(stderr, "tajo-sandbox: %s needs a value; see --help\n", row->name);
                return SETTINGS_WRONG;
            }
            value = argv[++i];
        }
        if (!set_option(row, value, &settings)) {
            return SETTINGS_WRONG;
        }
    }
    *ret_settings = settings;
    return SETTINGS_RUN;
}
