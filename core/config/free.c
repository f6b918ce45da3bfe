/* SPDX-License-Identifier: Apache-2.0 */
#include "config/private.h"

#include <string.h>

void value_clear(struct config_value *value)
{
    /* Secrets do not stay behind in freed memory. */
    if (value->text != NULL && value->secret)
        explicit_bzero(value->text, strlen(value->text));
    free(value->name);
    free(value->text);
    *value = (struct config_value){0};
}

void options_clear(struct config_source *source)
{
    for (size_t i = 0; i < source->option_count; i++)
        value_clear(&source->options[i]);
    free(source->options);
    source->options = NULL;
    source->option_count = 0;
}

static void source_clear(struct config_source *source)
{
    options_clear(source);
    free(source->name);
    free(source->schedule);
    free(source->full_schedule);
    free(source->timezone);
}

static void connector_clear(struct config_connector *connector)
{
    for (size_t i = 0; i < connector->setting_count; i++)
        value_clear(&connector->settings[i]);
    for (size_t i = 0; i < connector->source_count; i++)
        source_clear(&connector->sources[i]);
    for (size_t i = 0; i < connector->list_count; i++)
        free(connector->lists[i].name);
    for (size_t i = 0; i < connector->field_mapping_count; i++) {
        free(connector->field_mapping[i].key);
        free(connector->field_mapping[i].value);
    }
    free(connector->settings);
    free(connector->sources);
    free(connector->lists);
    free(connector->field_mapping);
    free(connector->name);
    free(connector->platform);
    free(connector->base_url);
    free(connector->rate_limit.preset);
    free(connector->consent_field);
}

struct config *config_free(struct config *config)
{
    if (config == NULL)
        return NULL;
    for (size_t i = 0; i < config->connector_count; i++)
        connector_clear(&config->connectors[i]);
    for (size_t i = 0; i < config->host.plugin_dir_count; i++)
        free(config->host.plugin_dirs[i]);
    if (config->brevo.api_key != NULL)
        explicit_bzero(config->brevo.api_key, strlen(config->brevo.api_key));
    free(config->connectors);
    free(config->brevo.api_key);
    free(config->brevo.base_url);
    free(config->brevo.rate_limit.preset);
    free(config->brevo.phone_region);
    free(config->host.state_dir);
    free(config->host.listen);
    free(config->host.plugin_dirs);
    free(config->host.proxy);
    node_free(config->priv->root);
    problems_free(config->priv);
    free(config->priv);
    free(config->file);
    free(config);
    return NULL;
}
