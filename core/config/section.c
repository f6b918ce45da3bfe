/* SPDX-License-Identifier: Apache-2.0 */
#include "config/private.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *const root_keys[] = {"connectors",    "brevo",   "host",
                                 "sync",          "lists",   "field_mapping",
                                 "event_mapping", "consent", "delete_behavior"};
const size_t root_key_count = COUNT(root_keys);

const char *const connector_keys[] = {
    "enabled", "platform",      "base_url",      "rate_limit", "sync",
    "lists",   "field_mapping", "event_mapping", "consent",    "delete_behavior",
    "debug",   "log_level",     "log_sync"};
const size_t connector_key_count = COUNT(connector_keys);

const char *const sync_keys[] = {"schedule", "full_schedule", "timezone"};
const size_t sync_key_count = COUNT(sync_keys);

const char *const source_keys[] = {"enabled", "schedule", "full_schedule", "timezone",
                                   "verified_only"};
const size_t source_key_count = COUNT(source_keys);

int word_known(const char *word, const char *const *known, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (known[i] != NULL && strcmp(known[i], word) == 0)
            return 1;
    return 0;
}

static struct at find_default(const struct at *root, const struct at *connector, const char *key)
{
    struct at at = at_find(root, key);
    at.lenient = connector->lenient;
    return at;
}

struct at find_section(const struct at *root, const struct at *connector, const char *key)
{
    struct at own = at_find(connector, key);
    return own.node != NULL && !own.node->is_null ? own : find_default(root, connector, key);
}

struct at find_merged(const struct at *root, const struct at *connector, const char *section,
                      const char *key, struct at *ret_section)
{
    struct at own = at_find(connector, section);
    struct at inherited = find_default(root, connector, section);
    int is_own = node_find(own.node, key) != NULL || node_find(inherited.node, key) == NULL;
    *ret_section = is_own ? own : inherited;
    return at_find(ret_section, key);
}

void each_merged(const struct at *root, const struct at *connector, const char *section,
                 void (*each)(void *arg, const struct at *entry), void *arg)
{
    struct at own = at_find(connector, section);
    struct at inherited = find_default(root, connector, section);
    size_t own_count = is_mapping(&own) ? own.node->count : 0;
    size_t inherited_count = is_mapping(&inherited) ? inherited.node->count : 0;
    for (size_t i = 0; i < own_count; i++) {
        struct at entry = at_child(&own, &own.node->entries[i]);
        each(arg, &entry);
    }
    for (size_t i = 0; i < inherited_count; i++) {
        struct at entry = at_child(&inherited, &inherited.node->entries[i]);
        if (node_find(own.node, entry.name) == NULL)
            each(arg, &entry);
    }
}
