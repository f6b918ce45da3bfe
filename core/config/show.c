/* SPDX-License-Identifier: Apache-2.0 */
#include "config/private.h"

#include "base/json.h"
#include "base/mem.h"

#include <inttypes.h>
#include <string.h>

#define MASK "•••"

/* A JSON string is a YAML string; only ${ has a meaning of its own here. */
static void add_quoted(struct strbuf *out, const char *text)
{
    struct strbuf escaped _cleanup_(strbuf_release) = STRBUF_INIT;
    strbuf_add_text(&escaped, "");
    for (; *text != '\0'; text++) {
        if (strncmp(text, "${", 2) == 0)
            strbuf_add_char(&escaped, '$');
        strbuf_add_char(&escaped, *text);
    }
    json_write_string(out, escaped.len > 0 ? escaped.data : "", escaped.len);
}

static void add_key(struct strbuf *out, int indent, const char *key)
{
    strbuf_add_format(out, "%*s", indent, "");
    if (strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-") ==
            strlen(key) &&
        key[0] >= 'a' && key[0] <= 'z')
        strbuf_add_text(out, key);
    else
        json_write_string(out, key, strlen(key));
    strbuf_add_char(out, ':');
}

static void add_text(struct strbuf *out, int indent, const char *key, const char *text)
{
    add_key(out, indent, key);
    strbuf_add_char(out, ' ');
    add_quoted(out, text);
    strbuf_add_char(out, '\n');
}

static void add_boolean(struct strbuf *out, int indent, const char *key, int v)
{
    add_key(out, indent, key);
    strbuf_add_text(out, v ? " true\n" : " false\n");
}

static void add_number(struct strbuf *out, int indent, const char *key, int64_t v)
{
    add_key(out, indent, key);
    strbuf_add_format(out, " %" PRId64 "\n", v);
}

static void add_value(struct strbuf *out, int indent, const struct config_value *value)
{
    if (!value->is_set)
        return;
    add_key(out, indent, value->name);
    strbuf_add_char(out, ' ');
    add_quoted(out, value->secret ? MASK : value->text);
    strbuf_add_text(out, value->mark.line == 0 ? " # default\n" : "\n");
}

static void add_rate(struct strbuf *out, int indent, const struct config_rate *rate)
{
    if (rate->preset == NULL && rate->requests_per_second == 0)
        return;
    add_key(out, indent, "rate_limit");
    if (rate->preset != NULL)
        strbuf_add_format(out, " %s%s\n", rate->preset, rate->mark.line == 0 ? " # default" : "");
    else
        strbuf_add_format(out, " {requests_per_second: %" PRId64 ", burst: %" PRId64 "}\n",
                          rate->requests_per_second, rate->burst);
}

static void add_schedule(struct strbuf *out, int indent, const char *key, const char *text)
{
    add_text(out, indent, key, text[0] != '\0' ? text : "never");
}

static void add_source(struct strbuf *out, const struct config_source *source)
{
    add_key(out, 6, source->name);
    strbuf_add_char(out, '\n');
    add_boolean(out, 8, "enabled", source->enabled);
    add_schedule(out, 8, "schedule", source->schedule);
    add_schedule(out, 8, "full_schedule", source->full_schedule);
    add_text(out, 8, "timezone", source->timezone);
    add_boolean(out, 8, "verified_only", source->verified_only);
    for (size_t i = 0; i < source->option_count; i++)
        add_value(out, 8, &source->options[i]);
}

/* "roles.admin" stands in the file as roles: {admin: ...}; they follow each other in the list. */
static void add_lists(struct strbuf *out, const struct config_connector *connector)
{
    size_t open_len = 0;
    const char *open = "";
    if (connector->list_count > 0)
        strbuf_add_text(out, "    lists:\n");
    for (size_t i = 0; i < connector->list_count; i++) {
        const char *name = connector->lists[i].name;
        const char *dot = strchr(name, '.');
        if (dot == NULL) {
            add_number(out, 6, name, connector->lists[i].id);
            continue;
        }
        size_t len = (size_t)(dot - name);
        if (len != open_len || strncmp(open, name, len) != 0) {
            _cleanup_free_ char *section = mem_strndup(name, len);
            add_key(out, 6, section);
            strbuf_add_char(out, '\n');
            open = name;
            open_len = len;
        }
        add_number(out, 8, dot + 1, connector->lists[i].id);
    }
}

static void add_mapping(struct strbuf *out, const struct config_connector *connector)
{
    if (connector->field_mapping_count > 0)
        strbuf_add_text(out, "    field_mapping:\n");
    for (size_t i = 0; i < connector->field_mapping_count; i++)
        add_text(out, 6, connector->field_mapping[i].key, connector->field_mapping[i].value);
}

static const char *level_word(enum log_level level)
{
    static const char *const words[] = {"error", "warn", "info", "debug"};
    return words[level];
}

static void add_connector(struct strbuf *out, const struct config_connector *connector)
{
    static const char *const behaviors[] = {"keep", "soft", "hard"};
    add_key(out, 2, connector->name);
    strbuf_add_char(out, '\n');
    add_boolean(out, 4, "enabled", connector->enabled);
    add_text(out, 4, "platform", connector->platform);
    for (size_t i = 0; i < connector->setting_count; i++)
        add_value(out, 4, &connector->settings[i]);
    add_text(out, 4, "base_url", connector->base_url);
    add_rate(out, 4, &connector->rate_limit);
    if (connector->source_count > 0)
        strbuf_add_text(out, "    sync:\n");
    for (size_t i = 0; i < connector->source_count; i++)
        add_source(out, &connector->sources[i]);
    add_lists(out, connector);
    add_mapping(out, connector);
    if (connector->consent_field != NULL) {
        strbuf_add_text(out, "    consent:\n");
        add_text(out, 6, "field", connector->consent_field);
    }
    add_text(out, 4, "delete_behavior", behaviors[connector->delete_behavior]);
    add_boolean(out, 4, "debug", connector->debug);
    add_text(out, 4, "log_level", level_word(connector->log_level));
    add_boolean(out, 4, "log_sync", connector->log_sync);
}

static void add_brevo(struct strbuf *out, const struct config_brevo *brevo)
{
    strbuf_add_text(out, "brevo:\n");
    if (brevo->api_key != NULL)
        add_text(out, 2, "api_key", MASK);
    add_text(out, 2, "base_url", brevo->base_url);
    add_boolean(out, 2, "create_attributes", brevo->create_attributes);
    add_rate(out, 2, &brevo->rate_limit);
    if (brevo->phone_region != NULL)
        add_text(out, 2, "phone_region", brevo->phone_region);
    add_number(out, 2, "import_list", brevo->import_list);
}

/* A proxy's URL may hold a password: only what stands behind the @ is shown. */
static void add_proxy(struct strbuf *out, const char *proxy)
{
    const char *at = strrchr(proxy, '@');
    const char *host = strstr(proxy, "://");
    if (at == NULL || host == NULL) {
        add_text(out, 2, "proxy", proxy);
        return;
    }
    _cleanup_free_ char *masked =
        mem_printf("%.*s://" MASK "@%s", (int)(host - proxy), proxy, at + 1);
    add_text(out, 2, "proxy", masked);
}

static void add_host(struct strbuf *out, const struct config_host *host)
{
    strbuf_add_text(out, "host:\n");
    add_text(out, 2, "state_dir", host->state_dir);
    add_text(out, 2, "listen", host->listen);
    strbuf_add_text(out, "  plugin_dirs: [");
    for (size_t i = 0; i < host->plugin_dir_count; i++) {
        strbuf_add_text(out, i > 0 ? ", " : "");
        add_quoted(out, host->plugin_dirs[i]);
    }
    strbuf_add_text(out, "]\n");
    add_text(out, 2, "log_format", host->log_format == LOG_JSON ? "json" : "logfmt");
    add_number(out, 2, "plugin_silence_seconds", host->plugin_silence_seconds);
    add_number(out, 2, "min_free_mb", host->min_free_mb);
    add_number(out, 2, "max_store_mb", host->max_store_mb);
    if (host->proxy != NULL)
        add_proxy(out, host->proxy);
}

void config_show(const struct config *config, struct strbuf *out)
{
    if (config->connector_count > 0)
        strbuf_add_text(out, "connectors:\n");
    for (size_t i = 0; i < config->connector_count; i++)
        add_connector(out, &config->connectors[i]);
    if (config->brevo.base_url != NULL)
        add_brevo(out, &config->brevo);
    if (config->host.state_dir != NULL)
        add_host(out, &config->host);
}
