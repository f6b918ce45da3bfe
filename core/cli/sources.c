/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "base/clock.h"
#include "base/cron.h"
#include "base/json.h"
#include "cli/host.h"

#include <stdio.h>
#include <string.h>

static int take_json(void *arg, int id, const char *value)
{
    (void)id;
    (void)value;
    *(int *)arg = 1;
    return 0;
}

static void next_time(const struct config_source *entry, char text[CLOCK_ISO_SIZE])
{
    struct cron cron;
    int64_t next = 0;
    snprintf(text, CLOCK_ISO_SIZE, "-");
    if (entry->enabled && cron_parse(entry->schedule, &cron, NULL) == 0 &&
        cron_next(&cron, clock_unix_ms(), entry->timezone, &next) == 0)
        clock_format_iso(next, text);
}

static json_t *describe(const struct host *host, const struct config_connector *connector,
                        const struct config_source *entry)
{
    const struct plugin_info *info =
        source_plugin(host->infos, host->info_count, connector->platform, entry->name);
    char name[80], next[CLOCK_ISO_SIZE];
    snprintf(name, sizeof(name), "%s.%s", connector->name, entry->name);
    next_time(entry, next);
    return json_pack("{s:s, s:s, s:b, s:s*, s:s*, s:s, s:s, s:s}", "source", name, "platform",
                     connector->platform, "enabled", connector->enabled && entry->enabled, "plugin",
                     info != NULL ? info->path : NULL, "version",
                     info != NULL ? info->version : NULL, "schedule", entry->schedule, "timezone",
                     entry->timezone, "next", next);
}

static void tell(const json_t *row)
{
    const char *version = json_string_value(json_object_get(row, "version"));
    printf("%-20s %-9s %-22s %-16s %s\n", json_string_value(json_object_get(row, "source")),
           json_is_true(json_object_get(row, "enabled")) ? "enabled" : "off",
           version != NULL ? version : "no plugin installed",
           json_string_value(json_object_get(row, "schedule")),
           json_string_value(json_object_get(row, "next")));
}

static void list_sources(const struct host *host, int json)
{
    json_t *rows _cleanup_json_ = json_array();
    for (size_t i = 0; i < host->config->connector_count; i++) {
        const struct config_connector *connector = &host->config->connectors[i];
        for (size_t j = 0; j < connector->source_count; j++)
            json_array_append_new(rows, describe(host, connector, &connector->sources[j]));
    }
    if (json) {
        struct strbuf text = STRBUF_INIT;
        json_write(rows, &text);
        printf("%s\n", text.data);
        strbuf_release(&text);
        return;
    }
    printf("%-20s %-9s %-22s %-16s %s\n", "SOURCE", "STATE", "PLUGIN", "SCHEDULE", "NEXT (UTC)");
    for (size_t i = 0; i < json_array_size(rows); i++)
        tell(json_array_get(rows, i));
}

static int sources_command(struct cli *cli, int argc, char **argv)
{
    static const struct cli_option options[] = {{"json", 0, 1}, {NULL, 0, 0}};
    int first = 0, json = 0;
    int code = cli_parse(cli, &CLI_SOURCES, options, take_json, &json, argc, argv, &first);
    if (code >= 0)
        return code;
    struct host host = {0};
    code = host_load(&host, cli, HOST_TELL_ALL);
    if (host.config != NULL)
        list_sources(&host, json);
    host_close(&host);
    return code;
}

const struct cli_command CLI_SOURCES = {
    .name = "sources",
    .summary = "list the configured sources and when they run next",
    .help = "Usage: tajo-connect sources [--json]\n"
            "\n"
            "One line a source: target name, state, plugin version, schedule, next run.\n"
            "\n"
            "Options:\n"
            "  --json             an array of objects on stdout\n",
    .run = sources_command,
};
