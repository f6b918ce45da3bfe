/* SPDX-License-Identifier: Apache-2.0 */
#include "config/private.h"

#include "base/mem.h"

#include <string.h>

#define COUNT(array)   (sizeof(array) / sizeof((array)[0]))
#define MAX_NAME       32
#define MAX_CONNECTORS 256

struct at root_at(struct config *config)
{
    return (struct at){.config = config, .node = config->priv->root, .mark = {0, 0}};
}

/* connectors, then the name: the middle of the way is kept for the whole check. */
struct at connector_at(const struct at *connectors, const struct config_connector *connector)
{
    struct at at = at_find(connectors, connector->name);
    at.lenient = !connector->enabled;
    return at;
}

static int name_ok(const char *name, const char *more)
{
    char allowed[64] = "abcdefghijklmnopqrstuvwxyz0123456789";
    strcat(allowed, more);
    return name[0] >= 'a' && name[0] <= 'z' && strlen(name) <= MAX_NAME &&
           strspn(name, allowed) == strlen(name);
}

/* With the indentation lost, a connector's sections look like connectors. */
static int check_name(const struct at *at)
{
    if (word_known(at->name, connector_keys, connector_key_count) ||
        word_known(at->name, root_keys, root_key_count))
        return at_key_problem(at,
                              "Indent it deeper, below a connector, or move it out to the top "
                              "level",
                              "this is a setting, but it stands where connectors are named");
    if (!name_ok(at->name, "-"))
        return at_key_problem(at, "Choose a name such as auth0 or auth0-eu",
                              "a connector's name has 1 to %d lower-case letters, digits and -, "
                              "and begins with a letter",
                              MAX_NAME);
    return 0;
}

static void load_platform(const struct at *at, struct config_connector *connector)
{
    struct at platform = at_find(at, "platform");
    int r = read_string(&platform, &connector->platform);
    if (r == 0 && !name_ok(connector->platform, ""))
        at_expected(&platform, NULL, "a platform such as auth0");
    if (r != 0)
        connector->platform = mem_strdup(connector->name);
}

static int looks_secret(const char *name)
{
    static const char *const marks[] = {"secret", "password", "token", "key"};
    for (size_t i = 0; i < COUNT(marks); i++)
        if (strstr(name, marks[i]) != NULL)
            return 1;
    return 0;
}

/* Whether a key exists is the plugin's to say; until then whatever has one value may be one. */
static void load_settings(const struct at *at, struct config_connector *connector)
{
    connector->settings = mem_array(at->node->count, sizeof(*connector->settings));
    for (size_t i = 0; i < at->node->count; i++) {
        struct at entry = at_child(at, &at->node->entries[i]);
        if (word_known(entry.name, connector_keys, connector_key_count) ||
            entry.node->kind != NODE_SCALAR)
            continue;
        struct config_value *value = &connector->settings[connector->setting_count++];
        read_value(&entry, entry.name, value);
        value->secret = looks_secret(value->name);
        if (value->secret)
            log_hide(value->text);
    }
}

/* Somebody meant to ask for consent. A connector that is off makes nobody a contact. */
static void report_empty_consent(const struct at *section, const struct at *field)
{
    struct at place = *section;
    if (section->lenient)
        return;
    place.mark = field != NULL && field->node != NULL ? field->mark : section->mark;
    at_key_problem(&place, "Write the path of the field, or remove consent",
                   "consent.field is empty: everybody would become a contact");
}

static void load_consent(const struct at *root, const struct at *at,
                         struct config_connector *connector)
{
    static const char *const keys[] = {"field"};
    struct at section = find_section(root, at, "consent");
    if (section.node == NULL)
        section = at_find(at, "consent"); /* written with nothing behind it, or not at all */
    if (section.node != NULL && section.node->is_null)
        report_empty_consent(&section, NULL);
    if (!is_mapping(&section))
        return;
    at_check_keys(&section, keys, COUNT(keys));
    struct at field = at_find(&section, "field");
    int r = read_field_path(&field, &connector->consent_field);
    if (r == 0)
        connector->consent_mark = field.node->mark;
    else if (r == UNSET && (field.node != NULL || section.node->count == 0))
        report_empty_consent(&section, &field);
}

static void load_delete_behavior(const struct at *root, const struct at *at,
                                 struct config_connector *connector)
{
    static const char *const words[] = {"keep", "soft", "hard"};
    struct at section = find_section(root, at, "delete_behavior");
    int index = CONFIG_DELETE_SOFT;
    read_choice(&section, words, COUNT(words), &index);
    connector->delete_behavior = (enum config_delete)index;
}

static void load_logging(const struct at *at, const struct config_overrides *overrides,
                         struct config_connector *connector)
{
    static const char *const levels[] = {"error", "warn", "info", "debug", "verbose"};
    struct at debug = at_find(at, "debug");
    struct at level = at_find(at, "log_level");
    struct at log_sync = at_find(at, "log_sync");
    read_boolean(&debug, &connector->debug);
    int index = connector->debug ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
    read_choice(&level, levels, COUNT(levels), &index);
    connector->log_level = index > LOG_LEVEL_DEBUG ? LOG_LEVEL_DEBUG : (enum log_level)index;
    if (overrides != NULL && overrides->log_level != NULL)
        log_parse_level(overrides->log_level, &connector->log_level);
    read_boolean(&log_sync, &connector->log_sync);
}

static void load_connector(const struct at *root, const struct at *at,
                           const struct config_overrides *overrides,
                           struct config_connector *connector)
{
    struct at enabled = at_find(at, "enabled");
    struct at own = *at;
    connector->name = mem_strdup(at->name);
    connector->mark = at->mark;
    connector->enabled = 1;
    read_boolean(&enabled, &connector->enabled);
    own.lenient = !connector->enabled;
    struct at base_url = at_find(&own, "base_url");
    struct at rate = at_find(&own, "rate_limit");
    load_platform(&own, connector);
    if (read_url(&base_url, &connector->base_url) != 0)
        connector->base_url = mem_strdup("");
    read_rate(&rate, &connector->rate_limit);
    load_settings(&own, connector);
    load_sources(root, &own, connector);
    load_lists(root, &own, connector);
    load_field_mapping(root, &own, connector);
    load_consent(root, &own, connector);
    load_delete_behavior(root, &own, connector);
    load_logging(&own, overrides, connector);
}

void load_connectors(const struct at *root, const struct config_overrides *overrides)
{
    struct config *config = root->config;
    struct at at = at_find(root, "connectors");
    if (at.node == NULL)
        at.mark = (struct config_mark){1, 1}; /* it is missing from the file as a whole */
    size_t count = is_mapping(&at) ? at.node->count : 0;
    if (count == 0 && (at.node == NULL || at.node->is_null || at.node->kind == NODE_MAPPING))
        at_key_problem(&at, "Write connectors: {auth0: {...}}, see docs/configuration.md",
                       "no connector is configured");
    if (count > MAX_CONNECTORS) {
        at_key_problem(&at, NULL, "more than %d connectors", MAX_CONNECTORS);
        return;
    }
    config->connectors = mem_array(count, sizeof(*config->connectors));
    for (size_t i = 0; i < count; i++) {
        struct at entry = at_child(&at, &at.node->entries[i]);
        if (check_name(&entry) != 0)
            continue;
        if (is_mapping(&entry))
            load_connector(root, &entry, overrides, &config->connectors[config->connector_count++]);
        else if (entry.node->is_null)
            at_key_problem(&entry, "Indent its settings below it, or remove it",
                           "this connector has no settings");
    }
}
