/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/schema.h"

#include "base/mem.h"
#include "brevo/brevo.h"

#include <stdlib.h>
#include <string.h>

/* Sources of the vendor's page whose plugins are not part of this version. */
static const char *const KNOWN_SOURCES[] = {"events", "roles", "stats"};

struct schema {
    struct config_schema config;
    struct config_platform_schema *platforms;
    size_t platform_count;
};

static struct config_option_schema *convert_options(const struct plugin_option *options,
                                                    size_t count)
{
    struct config_option_schema *out = mem_array(count + 1, sizeof(*out));
    for (size_t i = 0; i < count; i++) {
        const struct plugin_option *from = &options[i];
        out[i] = (struct config_option_schema){
            .name = from->name,
            .type = from->type == TAJO_TYPE_INTEGER   ? CONFIG_INTEGER
                    : from->type == TAJO_TYPE_BOOLEAN ? CONFIG_BOOLEAN
                    : from->type == TAJO_TYPE_CHOICE  ? CONFIG_CHOICE
                                                      : CONFIG_STRING,
            .required = (from->flags & TAJO_OPTION_REQUIRED) != 0,
            .secret = (from->flags & TAJO_OPTION_SECRET) != 0,
            .min = from->min,
            .max = from->max,
            .def = from->def,
            .choices = from->choices,
            .help = from->help,
        };
    }
    return out;
}

static void convert_source(struct config_source_schema *to, const struct plugin_info *info)
{
    const char **paths = mem_array(info->field_count + 1, sizeof(*paths));
    const char **lists = mem_array(info->list_count + 1, sizeof(*lists));
    for (size_t i = 0; i < info->field_count; i++)
        paths[i] = info->fields[i].path;
    for (size_t i = 0; i < info->list_count; i++)
        lists[i] = info->lists[i].name;
    *to = (struct config_source_schema){
        .name = info->source,
        .options = convert_options(info->options, info->option_count),
        .option_count = info->option_count,
        .field_paths = paths,
        .field_path_count = info->field_count,
        .list_names = lists,
        .list_name_count = info->list_count,
    };
}

static void add_preset(const char **presets, size_t *count, const char *preset)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp(presets[i], preset) == 0)
            return;
    presets[(*count)++] = preset;
}

/* All plugins of one platform declare the same settings and rates: the first one's are taken. */
static void add_platform(struct schema *schema, struct plugin_info *const *infos, size_t count,
                         const struct plugin_info *first)
{
    struct config_platform_schema *platform = &schema->platforms[schema->platform_count++];
    struct config_source_schema *sources = mem_array(count + 1, sizeof(*sources));
    const char **presets = mem_array(first->rate_count + 1, sizeof(*presets));
    platform->name = first->platform;
    platform->settings = convert_options(first->settings, first->setting_count);
    platform->setting_count = first->setting_count;
    platform->sources = sources;
    platform->rate_presets = presets;
    for (size_t i = 0; i < count; i++)
        if (strcmp(infos[i]->platform, first->platform) == 0)
            convert_source(&sources[platform->source_count++], infos[i]);
    for (size_t i = 0; i < first->rate_count; i++)
        add_preset(presets, &platform->rate_preset_count, first->rates[i].preset);
}

static int has_platform(const struct schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->platform_count; i++)
        if (strcmp(schema->platforms[i].name, name) == 0)
            return 1;
    return 0;
}

struct schema *schema_new(struct plugin_info *const *infos, size_t count)
{
    struct schema *schema = mem_alloc(sizeof(*schema));
    schema->platforms = mem_array(count + 1, sizeof(*schema->platforms));
    for (size_t i = 0; i < count; i++)
        if (!has_platform(schema, infos[i]->platform))
            add_platform(schema, infos, count, infos[i]);
    const char *const *presets = brevo_rate_presets();
    size_t preset_count = 0;
    while (presets[preset_count] != NULL)
        preset_count++;
    schema->config = (struct config_schema){
        .platforms = schema->platforms,
        .platform_count = schema->platform_count,
        .brevo_rate_presets = presets,
        .brevo_rate_preset_count = preset_count,
        .known_sources = KNOWN_SOURCES,
        .known_source_count = sizeof(KNOWN_SOURCES) / sizeof(KNOWN_SOURCES[0]),
    };
    return schema;
}

const struct config_schema *schema_config(const struct schema *schema)
{
    return &schema->config;
}

struct schema *schema_free(struct schema *schema)
{
    if (schema == NULL)
        return NULL;
    for (size_t i = 0; i < schema->platform_count; i++) {
        struct config_platform_schema *platform = &schema->platforms[i];
        for (size_t j = 0; j < platform->source_count; j++) {
            free((void *)platform->sources[j].options);
            free((void *)platform->sources[j].field_paths);
            free((void *)platform->sources[j].list_names);
        }
        free((void *)platform->sources);
        free((void *)platform->settings);
        free((void *)platform->rate_presets);
    }
    free(schema->platforms);
    free(schema);
    return NULL;
}
