/* SPDX-License-Identifier: Apache-2.0 */
#include "config/private.h"

#include "base/mem.h"
#include "config/text.h"

#include <string.h>

struct check {
    struct config *config;
    const struct config_schema *schema;
    const struct config_platform_schema *platform; /* of the connector at hand */
    struct config_connector *connector;
    struct at root;
    struct at connectors;
};

static const struct config_platform_schema *find_platform(const struct config_schema *schema,
                                                          const char *name)
{
    for (size_t i = 0; i < schema->platform_count; i++)
        if (strcmp(schema->platforms[i].name, name) == 0)
            return &schema->platforms[i];
    return NULL;
}

static const struct config_source_schema *find_source(const struct config_platform_schema *platform,
                                                      const char *name)
{
    for (size_t i = 0; platform != NULL && i < platform->source_count; i++)
        if (strcmp(platform->sources[i].name, name) == 0)
            return &platform->sources[i];
    return NULL;
}

static int has_list(const struct config_platform_schema *platform, const char *name)
{
    for (size_t i = 0; platform != NULL && i < platform->source_count; i++)
        if (word_known(name, platform->sources[i].list_names, platform->sources[i].list_name_count))
            return 1;
    return 0;
}

/* A default at the top level is for whichever connector can use it. */
static int other_platform_has(const struct check *c, const char *name,
                              int (*has)(const struct config_platform_schema *, const char *))
{
    for (size_t i = 0; i < c->config->connector_count; i++)
        if (has(find_platform(c->schema, c->config->connectors[i].platform), name))
            return 1;
    return 0;
}

static int has_source(const struct config_platform_schema *platform, const char *name)
{
    return find_source(platform, name) != NULL;
}

static int is_default(const struct check *c, const struct at *section)
{
    return section->parent == &c->root;
}

static void report_unread_source(const struct check *c, const struct at *section,
                                 const struct at *at, struct config_source *source)
{
    const struct config_schema *schema = c->schema;
    int was_enabled = source->enabled;
    source->enabled = 0;
    if (is_default(c, section) && other_platform_has(c, source->name, has_source))
        return;
    if (word_known(source->name, schema->known_sources, schema->known_source_count)) {
        if (was_enabled && c->connector->enabled)
            at_warning(
                at, NULL,
                "no plugin of platform %s reads it in this version; nothing is synced for it",
                c->platform->name);
        return;
    }
    size_t count = sync_key_count + c->platform->source_count;
    _cleanup_free_ const char **known = mem_array(count, sizeof(*known));
    for (size_t i = 0; i < sync_key_count; i++)
        known[i] = sync_keys[i];
    for (size_t i = 0; i < c->platform->source_count; i++)
        known[sync_key_count + i] = c->platform->sources[i].name;
    at_unknown(at, known, count);
}

static void warn_paths(const struct check *c, const struct at *connector,
                       const struct config_source_schema *schema)
{
    struct at section = find_section(&c->root, connector, "field_mapping");
    for (size_t i = 0; section.node != NULL && i < section.node->count; i++) {
        struct at entry = at_child(&section, &section.node->entries[i]);
        if (entry.name == NULL ||
            word_known(entry.name, schema->field_paths, schema->field_path_count))
            continue;
        const char *near = text_nearest(entry.name, schema->field_paths, schema->field_path_count);
        /* A path that goes on from a known one is a field inside it. */
        if (near == NULL || strncmp(near, entry.name, strlen(near)) == 0)
            continue;
        _cleanup_free_ char *mend = mem_printf("Did you mean %s?", near);
        at_warning(&entry, mend,
                   "%s.%s has no such field of its own; it stays empty unless your "
                   "account has it",
                   c->platform->name, schema->name);
    }
}

static void check_sources(const struct check *c, const struct at *connector)
{
    size_t enabled = 0;
    for (size_t i = 0; i < c->connector->source_count; i++) {
        struct config_source *source = &c->connector->sources[i];
        struct at section;
        struct at at = find_merged(&c->root, connector, "sync", source->name, &section);
        const struct config_source_schema *schema = find_source(c->platform, source->name);
        if (schema == NULL) {
            report_unread_source(c, &section, &at, source);
            continue;
        }
        /* What a source that is off lacks does not matter. */
        at.lenient = at.lenient || !source->enabled;
        check_source_options(&at, schema, source);
        if (source->enabled)
            warn_paths(c, connector, schema);
        enabled += source->enabled != 0;
    }
    struct at key = *connector;
    key.node = NULL; /* the warning is about the connector, not about its first line */
    if (enabled == 0 && c->connector->enabled)
        at_warning(&key, "Write sync: {users: true}", "no source is on, so nothing is synced");
}

static void report_unknown_list(const struct check *c, const struct at *at)
{
    size_t count = 0;
    for (size_t i = 0; i < c->platform->source_count; i++)
        count += c->platform->sources[i].list_name_count;
    _cleanup_free_ const char **known = mem_array(count, sizeof(*known));
    count = 0;
    for (size_t i = 0; i < c->platform->source_count; i++) {
        const struct config_source_schema *source = &c->platform->sources[i];
        for (size_t j = 0; j < source->list_name_count; j++)
            if (!word_known(source->list_names[j], known, count))
                known[count++] = source->list_names[j];
    }
    at_unknown(at, known, count);
}

static void add_inner_lists(const struct check *c, const struct at *at)
{
    _cleanup_free_ char *prefix = mem_printf("%s.", at->name);
    for (size_t i = 0; i < at->node->count; i++) {
        struct at entry = at_child(at, &at->node->entries[i]);
        list_add(c->connector, &entry, prefix);
    }
}

static void check_list(void *arg, const struct at *at)
{
    const struct check *c = arg;
    int is_nested = at->node->kind == NODE_MAPPING;
    if (has_list(c->platform, at->name)) {
        if (is_nested)
            add_inner_lists(c, at);
        return;
    }
    if (is_default(c, at->parent) && other_platform_has(c, at->name, has_list))
        return;
    if (is_nested && c->connector->enabled)
        at_warning(at, NULL,
                   "no plugin of platform %s fills these lists in this version; nobody is put on "
                   "them",
                   c->platform->name);
    else if (!is_nested)
        report_unknown_list(c, at);
}

static void check_rate(const struct at *parent, const char *const *presets, size_t count,
                       struct config_rate *rate)
{
    struct at at = at_find(parent, "rate_limit");
    int is_unset = rate->preset == NULL && rate->requests_per_second == 0;
    if (is_unset && count > 0)
        rate->preset = mem_strdup(presets[0]);
    if (at.node == NULL || rate->preset == NULL || word_known(rate->preset, presets, count))
        return;
    char all[200] = "";
    for (size_t i = 0; i < count && strlen(all) + strlen(presets[i]) + 3 < sizeof(all); i++) {
        strcat(all, presets[i]);
        strcat(all, ", ");
    }
    const char *near = text_nearest(rate->preset, presets, count);
    _cleanup_free_ char *mend = near != NULL ? mem_printf("Did you mean %s?", near) : NULL;
    at_expected(&at, mend, "%sor a number of requests a second", all);
}

static void check_event_mapping(const struct check *c, const struct at *connector)
{
    struct at section = find_section(&c->root, connector, "event_mapping");
    if (section.node == NULL || section.node->is_null || has_source(c->platform, "events") ||
        !c->connector->enabled)
        return;
    at_warning(&section, NULL,
               "no plugin of platform %s reads events in this version, so this has no effect",
               c->platform->name);
}

static void report_platform(const struct check *c, const struct at *connector)
{
    const struct config_schema *schema = c->schema;
    const char *name = c->connector->platform;
    _cleanup_free_ const char **known = mem_array(schema->platform_count, sizeof(*known));
    for (size_t i = 0; i < schema->platform_count; i++)
        known[i] = schema->platforms[i].name;
    const char *near = text_nearest(name, known, schema->platform_count);
    _cleanup_free_ char *mend =
        near != NULL ? mem_printf("Did you mean %s? A connector of another name says platform: %s",
                                  near, near)
                     : mem_strdup("Install its plugins, name their folder in host.plugin_dirs, or "
                                  "write platform: if the connector's name is not the platform's; "
                                  "`tajo-connect plugin list` shows what there is");
    struct at platform = at_find(connector, "platform");
    if (is_expanded(&platform))
        at_key_problem(&platform, mend, "no plugin of the platform that ${...} names is installed");
    else
        at_key_problem(platform.node != NULL ? &platform : connector, mend,
                       "no plugin of platform %s is installed", name);
}

static void check_connector(struct check *c)
{
    struct at connector = connector_at(&c->connectors, c->connector);
    c->platform = find_platform(c->schema, c->connector->platform);
    if (c->platform == NULL) {
        if (c->connector->enabled)
            report_platform(c, &connector);
        return;
    }
    check_settings(&connector, c->platform, c->connector);
    check_rate(&connector, c->platform->rate_presets, c->platform->rate_preset_count,
               &c->connector->rate_limit);
    check_sources(c, &connector);
    each_merged(&c->root, &connector, "lists", check_list, c);
    check_event_mapping(c, &connector);
}

int config_check(struct config *config, const struct config_schema *schema, struct err_info *e)
{
    size_t since = config->priv->problem_count;
    struct check c = {.config = config, .schema = schema, .root = root_at(config)};
    c.connectors = at_find(&c.root, "connectors");
    struct at brevo = at_find(&c.root, "brevo");
    check_rate(&brevo, schema->brevo_rate_presets, schema->brevo_rate_preset_count,
               &config->brevo.rate_limit);
    for (size_t i = 0; i < config->connector_count; i++) {
        c.connector = &config->connectors[i];
        check_connector(&c);
    }
    return problems_finish(config, since, e);
}
