/* SPDX-License-Identifier: Apache-2.0
 *
 * How a worker ends: by itself, by a violation, by a time limit.
 */
#include "base/clock.h"
#include "log/log.h"
#include "plugin/plugin_internal.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>

#define STOP_MS   2000
#define FINISH_MS 2000
#define CLOSED_MS 1000

/* ---- the end --------------------------------------------------------------------------------- */

void life_clear_timers(struct plugin *plugin)
{
    loop_timer_clear(plugin->loop, &plugin->hello_timer);
    loop_timer_clear(plugin->loop, &plugin->silence_timer);
    loop_timer_clear(plugin->loop, &plugin->stop_timer);
    loop_timer_clear(plugin->loop, &plugin->end_timer);
    loop_timer_clear(plugin->loop, &plugin->resume_timer);
}

static void warn_bad_finish(const struct plugin *plugin)
{
    struct err_info e = {0};
    if (plugin->exit_status == 0)
        return;
    process_end_sentence(plugin, &e);
    log_line(LOG_LEVEL_WARN, "plugin", "a worker that was asked to end did so badly",
             "plugin=%s reason=%s", log_quote(plugin->name), log_quote(e.what));
}

/* The process is reaped and nothing of it is left to read. */
static void tell_end(struct plugin *plugin)
{
    struct err_info e = plugin->failure;
    plugin->ended = 1;
    life_clear_timers(plugin);
    socket_close(plugin);
    plugin_http_cancel_all(plugin);
    if (plugin->host_failure.code != 0)
        e = plugin->host_failure;
    else if (plugin->finishing && e.code == 0)
        warn_bad_finish(plugin);
    else if (e.code == 0)
        process_end_sentence(plugin, &e);
    plugin->handlers.on_end(plugin->arg, e.code == 0 ? NULL : &e);
}

/* on_end does not come while on_commit waits for its answer, so that the caller has one thing at a
 * time to think of. */
void life_end_when_possible(struct plugin *plugin)
{
    if (!plugin->commit_waits)
        socket_drain(plugin);
    if (!plugin->commit_waits && !plugin->freed)
        tell_end(plugin);
}

static void on_exit_ready(void *arg, short revents)
{
    struct plugin *plugin = arg;
    (void)revents;
    plugin_enter(plugin);
    plugin->exit_watch = loop_watch_remove(plugin->exit_watch);
    process_reap(plugin);
    plugin_http_cancel_all(plugin);
    life_end_when_possible(plugin);
    plugin_leave(plugin);
}

void life_fail(struct plugin *plugin, const struct err_info *e)
{
    if (plugin->failure.code == 0)
        plugin->failure = *e;
    process_kill(plugin);
    socket_update(plugin);
}

void plugin_break(struct plugin *plugin, const char *format, ...)
{
    struct err_info e = {0};
    char text[sizeof(e.what)];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    err_set(&e, ERR_BUG, plugin_short_name(plugin->file), PLUGIN_MEND_AUTHOR,
            "the plugin's process %s", text);
    life_fail(plugin, &e);
}

void plugin_fail_run(struct plugin *plugin, const struct err_info *e)
{
    if (plugin->host_failure.code == 0)
        plugin->host_failure = *e;
    plugin_stop(plugin);
}

static void on_closed_too_long(void *arg)
{
    plugin_break(arg, "closed its socket and went on");
}

void plugin_socket_closed(struct plugin *plugin)
{
    plugin->socket_watch = loop_watch_remove(plugin->socket_watch);
    loop_timer_clear(plugin->loop, &plugin->silence_timer);
    if (!plugin->reaped && !plugin->finishing)
        loop_timer_set(plugin->loop, &plugin->end_timer, CLOSED_MS, on_closed_too_long, plugin);
}

/* ---- time limits ----------------------------------------------------------------------------- */

static void on_hello_late(void *arg)
{
    struct plugin *plugin = arg;
    plugin_break(plugin, "did not say hello within %lld ms of its start",
                 (long long)plugin->limits.hello_ms);
}

static void on_silence(void *arg)
{
    struct plugin *plugin = arg;
    int64_t now = clock_monotonic_ms();
    if (plugin->commit_waits || plugin_http_under_way(plugin))
        plugin->heard_ms = now; /* it waits for us */
    int64_t left = plugin->heard_ms + plugin->limits.silence_ms - now;
    if (left > 0)
        loop_timer_set(plugin->loop, &plugin->silence_timer, left, on_silence, plugin);
    else
        plugin_break(plugin, "said nothing for %.3g s", (double)plugin->limits.silence_ms / 1000.0);
}

static void on_stop_late(void *arg)
{
    struct plugin *plugin = arg;
    if (plugin->commit_waits)
        loop_timer_set(plugin->loop, &plugin->stop_timer, STOP_MS, on_stop_late, plugin);
    else
        plugin_break(plugin, "did not end within 2 s of being asked to stop");
}

void life_limit_stop(struct plugin *plugin)
{
    if (plugin->stopping && (plugin_in_operation(plugin) || plugin->phase == PHASE_LOADING) &&
        plugin->stop_timer.due_ms == 0)
        loop_timer_set(plugin->loop, &plugin->stop_timer, STOP_MS, on_stop_late, plugin);
}

static void on_finish_late(void *arg)
{
    struct plugin *plugin = arg;
    log_line(LOG_LEVEL_WARN, "plugin", "a worker did not end within 2 s and was killed",
             "plugin=%s", log_quote(plugin->name));
    process_kill(plugin);
}

void life_watch(struct plugin *plugin)
{
    plugin->exit_watch = loop_watch_add(plugin->loop, plugin->pidfd, POLLIN, on_exit_ready, plugin);
    loop_timer_set(plugin->loop, &plugin->hello_timer, plugin->limits.hello_ms, on_hello_late,
                   plugin);
}

void life_limit_silence(struct plugin *plugin)
{
    plugin->heard_ms = clock_monotonic_ms();
    loop_timer_set(plugin->loop, &plugin->silence_timer, plugin->limits.silence_ms, on_silence,
                   plugin);
}

void life_limit_finish(struct plugin *plugin)
{
    loop_timer_set(plugin->loop, &plugin->end_timer, FINISH_MS, on_finish_late, plugin);
}
