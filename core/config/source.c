/* SPDX-License-Identifier: Apache-2.0 */
#include "config/private.h"

#include "base/mem.h"

#include <string.h>

#define DEFAULT_SCHEDULE      "0 */4 * * *"
#define DEFAULT_FULL_SCHEDULE "0 3 * * 0"
#define DEFAULT_TIMEZONE      "UTC"
#define MAX_NAME              32

static int name_ok(const char *name)
{
    return name[0] >= 'a' && name[0] <= 'z' && strlen(name) <= MAX_NAME &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

struct sync {
    struct config_connector *connector;
    char *schedule, *full_schedule, *timezone;
};

static void read_or_inherit(const struct at *at, int (*read)(const struct at *, char **),
                            const char *inherited, char **ret)
{
    if (read(at, ret) != 0)
        *ret = mem_strdup(inherited);
}

static void read_verified_only(const struct at *options, struct config_source *source)
{
    struct at at = at_find(options, "verified_only");
    if (read_boolean(&at, &source->verified_only) == 0)
        source->verified_only_mark = at.node->mark;
}

static void add_source(void *arg, const struct at *entry)
{
    struct sync *sync = arg;
    struct config_connector *connector = sync->connector;
    struct config_source source = {.mark = entry->mark};
    if (word_known(entry->name, sync_keys, sync_key_count))
        return;
    if (!name_ok(entry->name)) {
        at_unknown(entry, sync_keys, sync_key_count);
        return;
    }
    struct at options = *entry;
    if (entry->node->kind == NODE_MAPPING) {
        struct at enabled = at_find(entry, "enabled");
        source.enabled = 1;
        read_boolean(&enabled, &source.enabled);
    } else {
        int r = entry->node->kind == NODE_SCALAR ? read_boolean(entry, &source.enabled) : UNSET;
        if (r == UNSET)
            at_expected(entry, NULL, "true, false, or the source's options");
        options.node = NULL;
    }
    struct at schedule = at_find(&options, "schedule");
    struct at full = at_find(&options, "full_schedule");
    struct at timezone = at_find(&options, "timezone");
    read_or_inherit(&schedule, read_cron, sync->schedule, &source.schedule);
    read_or_inherit(&full, read_cron, sync->full_schedule, &source.full_schedule);
    read_or_inherit(&timezone, read_zone, sync->timezone, &source.timezone);
    read_verified_only(&options, &source);
    source.name = mem_strdup(entry->name);
    connector->sources =
        mem_resize(connector->sources, connector->source_count + 1, sizeof(*connector->sources));
    connector->sources[connector->source_count++] = source;
}

void load_sources(const struct at *root, const struct at *at, struct config_connector *connector)
{
    struct sync sync = {.connector = connector};
    struct at section[3];
    struct at schedule = find_merged(root, at, "sync", "schedule", &section[0]);
    struct at full = find_merged(root, at, "sync", "full_schedule", &section[1]);
    struct at timezone = find_merged(root, at, "sync", "timezone", &section[2]);
    read_or_inherit(&schedule, read_cron, DEFAULT_SCHEDULE, &sync.schedule);
    read_or_inherit(&full, read_cron, DEFAULT_FULL_SCHEDULE, &sync.full_schedule);
    read_or_inherit(&timezone, read_zone, DEFAULT_TIMEZONE, &sync.timezone);
    each_merged(root, at, "sync", add_source, &sync);
    free(sync.schedule);
    free(sync.full_schedule);
    free(sync.timezone);
}
