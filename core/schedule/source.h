/* SPDX-License-Identifier: Apache-2.0
 *
 * schedule/source.h: the configured sources, ready to run.
 *
 * sources_new joins the checked configuration with the installed plugins: one link a connector
 * (credentials, limits, counters: shared by its sources) and one source an enabled entry under
 * `sync`. Borrowed from the caller for the life of the set: config, plugin infos, http.
 * Loop thread.
 */
#ifndef TAJO_SCHEDULE_SOURCE_H
#define TAJO_SCHEDULE_SOURCE_H

#include "config/config.h"
#include "http/http.h"
#include "map/mapping.h"
#include "map/people.h"
#include "plugin/plugin.h"

/* A connector's connection to its platform. */
struct connector_link {
    const struct config_connector *config;
    struct http_account *account;
};

struct source {
    char *name; /* "auth0.users": target of commands, key of cursor and run rows */
    const struct config_connector *connector;
    const struct config_source *config;
    const struct plugin_info *info;
    struct http_account *account; /* of the connector's link */
    struct mapping *mapping;
    uint64_t configured_hash; /* of what the configuration says about both of the next */
    uint64_t settings_hash;   /* of all that decides who is a contact and what it gets: with the
                                 attributes that are bound, so after sources_bind */
};

struct source_set {
    struct connector_link *links;
    size_t link_count;
    struct source *sources;
    size_t source_count;
};

/* ERR_CONFIG with position for what only shows here (a base URL, a mapping, verified_only where
 * the platform does not say whose address is verified). */
int sources_new(const struct config *config, struct plugin_info *const *infos, size_t info_count,
                struct http *http, struct source_set **ret, struct err_info *e);
struct source_set *sources_free(struct source_set *set);

/* Whether TARGET names it: "auth0" all of a connector, "auth0.users" one. */
int source_matches(const struct source *source, const char *target);

/* Which source, if any, a platform's plugin offers under that name. */
const struct plugin_info *source_plugin(struct plugin_info *const *infos, size_t info_count,
                                        const char *platform, const char *source);

/* The field with that TAJO_ROLE_*, or NULL. Borrowed. */
const char *source_role_path(const struct plugin_info *info, uint32_t role);

/* Attributes that several sources map, with every mapping bound to the account's attributes.
 * Caller frees with mapping_problems_free. */
void sources_bind(struct source_set *set, const struct attribute_table *table,
                  struct mapping_problem **ret, size_t *ret_count);

#endif
