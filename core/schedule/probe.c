/* SPDX-License-Identifier: Apache-2.0 */
#include "schedule/probe.h"

#include "base/mem.h"

#include <stdlib.h>

struct probe {
    struct loop *loop;
    const struct source *source;
    struct plugin *plugin;
    struct loop_timer later;
    void (*done)(void *arg, int result, const struct err_info *e);
    void *arg;
    int created;
    int failed;
    struct err_info error;
};

struct plugin_setting *source_settings(const struct source *source, size_t *ret_count)
{
    const struct config_connector *connector = source->connector;
    const struct config_source *entry = source->config;
    size_t count = connector->setting_count + entry->option_count;
    struct plugin_setting *settings = mem_array(count + 1, sizeof(*settings));
    for (size_t i = 0; i < count; i++) {
        const struct config_value *value = i < connector->setting_count
                                               ? &connector->settings[i]
                                               : &entry->options[i - connector->setting_count];
        settings[i] = (struct plugin_setting){
            .name = value->name,
            .text = value->text,
            .secret = value->secret,
            .is_set = value->is_set,
        };
    }
    *ret_count = count;
    return settings;
}

static void fail(struct probe *probe, const struct err_info *e)
{
    if (!probe->failed)
        probe->error = *e;
    probe->failed = 1;
}

static void end_probe(void *arg)
{
    struct probe *probe = arg;
    plugin_free(probe->plugin);
    probe->done(probe->arg, probe->failed ? probe->error.code : 0,
                probe->failed ? &probe->error : NULL);
    free(probe);
}

static void on_hello(void *arg, const struct plugin_info *info)
{
    struct probe *probe = arg;
    (void)info;
    size_t count = 0;
    struct plugin_setting *settings = source_settings(probe->source, &count);
    plugin_create(probe->plugin, settings, count, probe->source->account);
    free(settings);
}

static void on_done(void *arg, int result, const struct err_info *e)
{
    struct probe *probe = arg;
    if (result < 0)
        fail(probe, e);
    if (result == 0 && !probe->created) {
        probe->created = 1;
        plugin_check(probe->plugin);
        return;
    }
    plugin_finish(probe->plugin);
}

static void on_end(void *arg, const struct err_info *e)
{
    struct probe *probe = arg;
    if (e != NULL)
        fail(probe, e);
    loop_timer_set(probe->loop, &probe->later, 0, end_probe, probe);
}

static int on_record(void *arg, const struct plugin_record *record, struct err_info *e)
{
    (void)arg;
    (void)record;
    return err_set(e, ERR_BUG, NULL, "report this to the plugin's author",
                   "the plugin emitted a record in its check");
}

static void on_commit(void *arg, struct tajo_str cursor, uint32_t flags)
{
    struct probe *probe = arg;
    (void)cursor;
    (void)flags;
    plugin_committed(probe->plugin, ERR_BUG);
}

void probe_source(struct loop *loop, const struct source *source, const struct config_host *host,
                  void (*done)(void *arg, int result, const struct err_info *e), void *arg)
{
    static const struct plugin_handlers handlers = {
        .on_hello = on_hello,
        .on_record = on_record,
        .on_commit = on_commit,
        .on_done = on_done,
        .on_end = on_end,
    };
    struct probe *probe = mem_alloc(sizeof(*probe));
    probe->loop = loop;
    probe->source = source;
    probe->done = done;
    probe->arg = arg;
    struct plugin_limits limits = {
        .silence_ms = host->plugin_silence_seconds * 1000,
        .name = source->name,
    };
    struct err_info e = {0};
    if (plugin_start(loop, source->info->path, &limits, &handlers, probe, &probe->plugin, &e) < 0) {
        fail(probe, &e);
        loop_timer_set(loop, &probe->later, 0, end_probe, probe);
    }
}
