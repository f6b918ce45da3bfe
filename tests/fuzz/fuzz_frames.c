/* SPDX-License-Identifier: Apache-2.0
 *
 * Frames of a worker, as one that was taken over would send them: the first byte says in which
 * phase, the rest is what comes through the socket. There is no process behind it.
 */
#include "base/json.h"
#include "base/mem.h"
#include "log/log.h"
#include "plugin/plugin_internal.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_hello(void *arg, const struct plugin_info *info)
{
    (void)arg;
    if (info->document == NULL)
        abort();
}

static int on_record(void *arg, const struct plugin_record *record, struct err_info *e)
{
    (void)arg;
    if (record->subject.len > 255 || record->json.len > 1048576)
        abort();
    return record->value == 1 ? err_set(e, ERR_DATA, NULL, NULL, "no") : 0;
}

static void on_commit(void *arg, struct tajo_str cursor, uint32_t flags)
{
    if (cursor.len > 65536 || flags > 1)
        abort();
    plugin_committed(*(struct plugin **)arg, 0);
}

static void on_done(void *arg, int result, const struct err_info *e)
{
    (void)arg;
    if ((result == 0) != (e == NULL))
        abort();
}

static void on_end(void *arg, const struct err_info *e)
{
    (void)arg;
    (void)e;
    abort(); /* nobody reaps a process here */
}

static const struct plugin_handlers handlers = {
    .on_hello = on_hello,
    .on_record = on_record,
    .on_commit = on_commit,
    .on_done = on_done,
    .on_end = on_end,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    log_set_level(LOG_LEVEL_ERROR);
    struct loop *loop = loop_new();
    struct plugin *plugin = mem_alloc(sizeof(*plugin));
    *plugin = (struct plugin){
        .loop = loop,
        .file = mem_strdup("fuzz.so"),
        .name = mem_strdup("fuzz"),
        .limits = {.silence_ms = 1000, .pending_records = 1000, .pending_bytes = 1 << 20},
        .handlers = handlers,
        .arg = &plugin,
        .pidfd = -1,
        .fd = -1,
        .reaped = 1,
        .phase = data[0] % (PHASE_RUNNING + 1),
        .mode = TAJO_MODE_FULL,
    };
    plugin->out_end = &plugin->out;
    if (plugin->phase != PHASE_LOADING) {
        plugin->info = mem_alloc(sizeof(*plugin->info));
        plugin->info->document = json_pack("{s:[{s:s}]}", "metrics", "name", "m");
    }
    strbuf_add(&plugin->in, data + 1, size - 1);
    socket_take_frames(plugin);
    plugin_free(plugin);
    loop_free(loop);
    return 0;
}
