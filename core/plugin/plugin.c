/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/mem.h"
#include "plugin/plugin_internal.h"

#include <stdlib.h>
#include <unistd.h>

#define SILENCE_MS      120000
#define HELLO_MS        10000
#define PENDING_RECORDS 20000u
#define PENDING_BYTES   (16u * 1024 * 1024)

int plugin_in_operation(const struct plugin *plugin)
{
    return plugin->phase != PHASE_LOADING && plugin->phase != PHASE_IDLE;
}

int plugin_may_read(const struct plugin *plugin)
{
    return !plugin->freed && !plugin->ended && !plugin->commit_waits && plugin->failure.code == 0;
}

/* ---- the beginning --------------------------------------------------------------------------- */

static void set_limits(struct plugin *plugin, const struct plugin_limits *limits)
{
    if (limits != NULL)
        plugin->limits = *limits;
    if (plugin->limits.silence_ms <= 0)
        plugin->limits.silence_ms = SILENCE_MS;
    if (plugin->limits.hello_ms <= 0)
        plugin->limits.hello_ms = HELLO_MS;
    if (plugin->limits.pending_records == 0)
        plugin->limits.pending_records = PENDING_RECORDS;
    if (plugin->limits.pending_bytes == 0)
        plugin->limits.pending_bytes = PENDING_BYTES;
    plugin->name = mem_strdup(plugin->limits.name != NULL ? plugin->limits.name
                                                          : plugin_short_name(plugin->file));
    plugin->limits.name = plugin->name;
}

int plugin_start(struct loop *loop, const char *file, const struct plugin_limits *limits,
                 const struct plugin_handlers *handlers, void *arg, struct plugin **ret,
                 struct err_info *e)
{
    struct plugin *plugin = mem_alloc(sizeof(*plugin));
    plugin->loop = loop;
    plugin->file = mem_strdup(file);
    plugin->handlers = *handlers;
    plugin->arg = arg;
    plugin->fd = plugin->pidfd = -1;
    plugin->reaped = 1;
    set_limits(plugin, limits);
    int r = process_start(file, plugin, e);
    if (r < 0) {
        plugin_free(plugin);
        return r;
    }
    plugin->reaped = 0;
    socket_open(plugin);
    life_watch(plugin);
    *ret = plugin;
    return 0;
}

void plugin_said_hello(struct plugin *plugin, struct plugin_info *info)
{
    plugin->info = info;
    plugin->phase = PHASE_IDLE;
    loop_timer_clear(plugin->loop, &plugin->hello_timer);
    loop_timer_clear(plugin->loop, &plugin->stop_timer);
    process_sample_rss(plugin);
    if (plugin->stopping)
        socket_send(plugin, FRAME_STOP, NULL, -1);
    if (plugin->handlers.on_hello != NULL)
        plugin->handlers.on_hello(plugin->arg, info);
}

void plugin_refused(struct plugin *plugin, uint32_t refusal, struct tajo_str sentence)
{
    static const struct {
        int code;
        const char *mend;
    } refusals[] = {
        [LOAD_NOT_A_FILE] = {ERR_NOT_FOUND, "Install the plugin again, or correct the folder"},
        [LOAD_WRITABLE] = {ERR_CONFIG, "Make file and folder root's or your own (chown), and take "
                                       "away the others' right to write (chmod go-w)"},
        [LOAD_NOT_ELF] = {ERR_CONFIG, "Install a build for this machine, or take the file out of "
                                      "the plugin folder"},
        [LOAD_DLOPEN] = {ERR_CONFIG, "Install the libraries it names, or a build for this system"},
        [LOAD_NO_ENTRY] = {ERR_CONFIG, "Take the file out of the plugin folder"},
        [LOAD_MAJOR] = {ERR_CONFIG, "Install the plugin's version for this tajo-connect"},
        [LOAD_MINOR] = {ERR_CONFIG, "Update tajo-connect, or install an older version of the "
                                    "plugin"},
        [LOAD_DESCRIPTOR] = {ERR_BUG, PLUGIN_MEND_AUTHOR},
    };
    struct err_info e = {0};
    if (refusal < LOAD_NOT_A_FILE || refusal > LOAD_DESCRIPTOR) {
        plugin_break(plugin, "refused the plugin for the unknown reason %u", refusal);
        return;
    }
    char *what = mem_strndup(sentence.data, sentence.len);
    err_set(&e, refusals[refusal].code, plugin->file, refusals[refusal].mend,
            "this plugin cannot be used: %s", what);
    free(what);
    life_fail(plugin, &e);
}

/* ---- operations ------------------------------------------------------------------------------ */

static void begin_operation(struct plugin *plugin, enum phase phase, uint32_t type,
                            const struct strbuf *payload)
{
    plugin->phase = phase;
    plugin->mode = 0;
    plugin->snapshot_complete = 0;
    plugin->pending_records = 0;
    plugin->pending_bytes = 0;
    plugin->log_lines = 0;
    plugin->metric_count = 0;
    plugin->error = (struct err_info){0};
    plugin->host_failure = (struct err_info){0};
    life_limit_silence(plugin);
    life_limit_stop(plugin);
    socket_send(plugin, type, payload, -1);
}

/* The sentence for a failed operation: the host's own, what the plugin or its request said, or
 * that nothing was said. */
static void result_sentence(const struct plugin *plugin, int32_t result, struct err_info *ret)
{
    int code = plugin_error_code(result);
    if (plugin->host_failure.code != 0)
        *ret = plugin->host_failure;
    else if (plugin->error.code != 0 && plugin_error_class(plugin->error.code) == result)
        *ret = plugin->error;
    else if (result == TAJO_E_STOPPED && plugin->stopping)
        err_set(ret, ERR_CANCELLED, plugin->name, NULL, "interrupted");
    else
        err_set(ret, result == TAJO_E_STOPPED ? ERR_BUG : code, plugin->name, PLUGIN_MEND_AUTHOR,
                "the plugin ended with the error \"%s\" and did not say why", err_name(code));
}

void plugin_end_operation(struct plugin *plugin, int32_t result)
{
    struct err_info e = {0};
    loop_timer_clear(plugin->loop, &plugin->silence_timer);
    loop_timer_clear(plugin->loop, &plugin->stop_timer);
    plugin_http_cancel_all(plugin);
    process_sample_rss(plugin);
    if (result < 0 || plugin->host_failure.code != 0)
        result_sentence(plugin, result, &e);
    if (plugin->phase == PHASE_CREATING)
        plugin->created = e.code == 0;
    plugin->phase = PHASE_IDLE;
    plugin->host_failure = (struct err_info){0};
    plugin->handlers.on_done(plugin->arg, e.code, e.code == 0 ? NULL : &e);
}

static int is_usable(const struct plugin *plugin)
{
    return !plugin->ended && plugin->phase == PHASE_IDLE && !plugin->finishing;
}

void plugin_create(struct plugin *plugin, const struct plugin_setting *settings, size_t count,
                   struct http_account *account)
{
    struct strbuf payload = STRBUF_INIT;
    if (!is_usable(plugin))
        return;
    plugin->account = account;
    wire_put_u32(&payload, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        int shown = settings[i].is_set && !settings[i].secret;
        wire_put_text(&payload, settings[i].name);
        wire_put_u32(&payload, settings[i].secret != 0);
        wire_put_u32(&payload, settings[i].is_set != 0);
        wire_put_text(&payload, shown ? settings[i].text : NULL);
    }
    begin_operation(plugin, PHASE_CREATING, FRAME_CREATE, &payload);
    strbuf_release(&payload);
}

void plugin_check(struct plugin *plugin)
{
    if (is_usable(plugin))
        begin_operation(plugin, PHASE_CHECKING, FRAME_CHECK, NULL);
}

void plugin_run(struct plugin *plugin, const struct plugin_run_request *request)
{
    struct strbuf payload = STRBUF_INIT;
    uint32_t fields = 0;
    if (!is_usable(plugin))
        return;
    while (request->fields != NULL && request->fields[fields] != NULL)
        fields++;
    wire_put_u32(&payload, request->mode);
    wire_put_u64(&payload, (uint64_t)request->since_ms);
    wire_put_text(&payload, request->cursor);
    wire_put_u32(&payload, (uint32_t)request->subject_count);
    for (size_t i = 0; i < request->subject_count; i++)
        wire_put_text(&payload, request->subjects[i]);
    wire_put_u32(&payload, fields);
    for (uint32_t i = 0; i < fields; i++)
        wire_put_text(&payload, request->fields[i]);
    begin_operation(plugin, PHASE_RUNNING, FRAME_RUN, &payload);
    plugin->mode = request->mode;
    strbuf_release(&payload);
}

static void on_resume(void *arg)
{
    struct plugin *plugin = arg;
    plugin_enter(plugin);
    socket_take_frames(plugin);
    if (plugin->reaped && !plugin->freed && !plugin->ended)
        life_end_when_possible(plugin);
    plugin_leave(plugin);
}

void plugin_committed(struct plugin *plugin, int result)
{
    struct strbuf payload = STRBUF_INIT;
    if (!plugin->commit_waits)
        return;
    plugin->commit_waits = 0;
    plugin->pending_records = 0;
    plugin->pending_bytes = 0;
    plugin->heard_ms = clock_monotonic_ms();
    if (result < 0) {
        plugin->snapshot_complete = 0;
        err_set(&plugin->error, result, plugin->name, NULL,
                "what the run had read could not be made durable");
    }
    wire_put_u32(&payload, result < 0 ? (uint32_t)-plugin_error_class(result) : 0);
    socket_send(plugin, FRAME_COMMITTED, &payload, -1);
    strbuf_release(&payload);
    socket_update(plugin);
    /* Frames that came behind the commit are not waited for in the socket any more. */
    loop_timer_set(plugin->loop, &plugin->resume_timer, 0, on_resume, plugin);
}

/* ---- ending it ------------------------------------------------------------------------------- */

void plugin_stop(struct plugin *plugin)
{
    if (plugin->ended || plugin->stopping)
        return;
    plugin->stopping = 1;
    plugin_http_cancel_all(plugin);
    if (plugin->phase != PHASE_LOADING)
        socket_send(plugin, FRAME_STOP, NULL, -1);
    life_limit_stop(plugin);
}

void plugin_finish(struct plugin *plugin)
{
    if (plugin->ended || plugin->finishing)
        return;
    plugin->finishing = 1;
    process_sample_rss(plugin);
    if (plugin->phase == PHASE_LOADING)
        process_kill(plugin);
    socket_send(plugin, FRAME_EXIT, NULL, -1);
    life_limit_finish(plugin);
}

void plugin_enter(struct plugin *plugin)
{
    plugin->inside++;
}

void plugin_leave(struct plugin *plugin)
{
    if (--plugin->inside > 0 || !plugin->freed)
        return;
    strbuf_release(&plugin->in);
    links_clear(&plugin->links);
    plugin_info_free(plugin->info);
    free(plugin->name);
    free(plugin->file);
    free(plugin);
}

struct plugin *plugin_free(struct plugin *plugin)
{
    if (plugin == NULL || plugin->freed)
        return NULL;
    plugin_enter(plugin);
    plugin->freed = 1;
    life_clear_timers(plugin);
    plugin_http_cancel_all(plugin);
    socket_close(plugin);
    plugin->exit_watch = loop_watch_remove(plugin->exit_watch);
    process_kill(plugin);
    process_reap(plugin); /* it was killed: a matter of milliseconds */
    if (plugin->pidfd >= 0)
        close(plugin->pidfd);
    plugin->pidfd = -1;
    plugin_leave(plugin);
    return NULL;
}

int64_t plugin_peak_rss_kb(const struct plugin *plugin)
{
    struct plugin copy = *plugin;
    process_sample_rss(&copy);
    return copy.peak_rss_kb;
}

int plugin_pid(const struct plugin *plugin)
{
    return (int)plugin->pid;
}
