/* SPDX-License-Identifier: Apache-2.0
 *
 * What the command line says. settings_parse() fills it once, before any thread starts; nothing
 * changes it afterwards. Strings point into argv.
 */
#ifndef SANDBOX_SETTINGS_H
#define SANDBOX_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

enum auth0_plan { AUTH0_OFF, AUTH0_FREE, AUTH0_ESSENTIALS, AUTH0_ENTERPRISE };
enum brevo_plan { BREVO_OFF, BREVO_GENERAL, BREVO_ADVANCED, BREVO_EXTENDED };

struct settings {
    int64_t port;
    const char *port_file;
    bool quiet;

    int64_t users;
    int64_t seed;
    const char *load_file;
    bool plant_secrets;
    const char *client_id;
    const char *client_secret;
    const char *scopes;
    int64_t token_ttl_s;
    enum auth0_plan auth0_plan;
    int64_t search_delay_ms;
    int64_t export_ms;
    int64_t export_user_us;
    int64_t link_ttl_s;
    int64_t job_ttl_s;

    const char *brevo_key;
    enum brevo_plan brevo_plan;
    bool bare;
    int64_t import_ms;
    int64_t import_row_us;
    bool import_false_sticky;
    bool put_flag_loses;
    bool bare_contacts_hourly;
};

enum settings_result { SETTINGS_RUN, SETTINGS_HELP, SETTINGS_WRONG };

/* On SETTINGS_HELP the help is printed, on SETTINGS_WRONG the reason is. */
enum settings_result settings_parse(int argc, char **argv, struct settings *ret_settings);

#endif
