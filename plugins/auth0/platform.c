/* SPDX-License-Identifier: Apache-2.0 */
#include "auth0/platform.h"

#define SETTING(id, option_flags, default_value, help_text)                                        \
    static const struct tajo_option setting_##id = {.size = sizeof(struct tajo_option),            \
                                                    .type = TAJO_TYPE_STRING,                      \
                                                    .flags = (option_flags),                       \
                                                    .min = 1,                                      \
                                                    .max = 1024,                                   \
                                                    .name = TAJO_STR(#id),                         \
                                                    .def = TAJO_STR(default_value),                \
                                                    .help = TAJO_STR(help_text)}

SETTING(domain, TAJO_OPTION_REQUIRED, "",
        "The tenant's own host name, such as acme.eu.auth0.com, not a custom domain.");
SETTING(client_id, TAJO_OPTION_REQUIRED, "", "Client ID of the Machine to Machine application.");
SETTING(client_secret, TAJO_OPTION_REQUIRED | TAJO_OPTION_SECRET, "",
        "Client secret of the Machine to Machine application.");
SETTING(audience, 0, "https://${domain}/api/v2/",
        "Identifier of the Auth0 Management API, with its trailing slash; it keeps the tenant's "
        "own domain even when a custom domain is used.");

static const struct tajo_option *const settings[] = {&setting_domain, &setting_client_id,
                                                     &setting_client_secret, &setting_audience};

const struct tajo_auth auth0_auth = {
    .size = sizeof(struct tajo_auth),
    .kind = TAJO_AUTH_CLIENT_CREDENTIALS,
    .settings = settings,
    .setting_count = sizeof(settings) / sizeof(settings[0]),
    .base_url = TAJO_STR("https://${domain}"),
    .token_path = TAJO_STR("/oauth/token"),
};

#define RATE(id, preset_name, class_name, count, seconds, burst_size)                              \
    static const struct tajo_rate rate_##id = {.size = sizeof(struct tajo_rate),                   \
                                               .requests = (count),                                \
                                               .period_seconds = (seconds),                        \
                                               .burst = (burst_size),                              \
                                               .preset = TAJO_STR(preset_name),                    \
                                               .rate_class = TAJO_STR(class_name)}

/* Auth0 lists no overall limit for Essentials and Professional, and no classes for the others. */
RATE(free, "free", "", 2, 1, 2);
RATE(essentials_users_read, "essentials", AUTH0_RATE_USERS_READ, 500, 60, 40);
RATE(essentials_users_write, "essentials", "users_write", 200, 60, 20);
RATE(essentials_logs_read, "essentials", "logs_read", 100, 60, 10);
RATE(essentials_other, "essentials", AUTH0_RATE_OTHER, 150, 60, 10);
RATE(enterprise, "enterprise", "", 16, 1, 50);
RATE(enterprise_nonprod, "enterprise_nonprod", "", 2, 1, 10);

const struct tajo_rate *const auth0_rates[AUTH0_RATE_COUNT] = {
    &rate_free,
    &rate_essentials_users_read,
    &rate_essentials_users_write,
    &rate_essentials_logs_read,
    &rate_essentials_other,
    &rate_enterprise,
    &rate_enterprise_nonprod,
};
