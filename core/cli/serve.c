/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "base/clock.h"
#include "base/strbuf.h"
#include "cli/host.h"
#include "cli/metrics.h"
#include "ingress/ingress.h"
#include "log/log.h"
#include "schedule/scheduler.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define HURRY_EVERY_MS     86400000
#define PUBLISH_EVERY_MS   5000
#define DELIVER_AGAIN_MS   60000 /* what was put off is looked for this often */
#define PREPARE_AGAIN_MS   30000
#define PREPARE_AGAIN_MOST 3600000

/* `tajo-connect run`: everything together until a signal. */
struct serve {
    struct host host;
    struct ingress *ingress;
    struct scheduler *scheduler;
    struct loop_timer publish;
    struct loop_timer deliver;
    struct loop_timer prepare;
    struct loop_timer hurry;
    int64_t prepare_delay;
    struct contact_totals totals;
    int delivering;
    int looking; /* the store is counting */
    int stopping;
    int runs_stopped;
    int code;
};

/* ---- the end --------------------------------------------------------------------------------- */

static void quit_when_idle(struct serve *serve)
{
    if (serve->stopping && serve->runs_stopped && !serve->delivering && !serve->looking)
        loop_quit(serve->host.loop);
}

static void on_runs_stopped(void *arg)
{
    struct serve *serve = arg;
    serve->runs_stopped = 1;
    quit_when_idle(serve);
}

static void stop(struct serve *serve)
{
    serve->stopping = 1;
    loop_timer_clear(serve->host.loop, &serve->deliver);
    loop_timer_clear(serve->host.loop, &serve->prepare);
    loop_timer_clear(serve->host.loop, &serve->hurry);
    if (serve->delivering)
        brevo_stop(serve->host.brevo);
    scheduler_stop(serve->scheduler, on_runs_stopped, serve);
}

static void on_signal(void *arg, int signal)
{
    struct serve *serve = arg;
    if (serve->stopping)
        _exit(CLI_INTERRUPTED);
    log_line(LOG_LEVEL_INFO, "run", "stopping", "signal=%s", strsignal(signal));
    stop(serve);
}

/* ---- delivery -------------------------------------------------------------------------------- */

static void deliver(void *arg);

static void on_delivered(void *arg, int result, const struct err_info *e)
{
    struct serve *serve = arg;
    serve->delivering = 0;
    if (result < 0)
        log_line(LOG_LEVEL_ERROR, "brevo", "delivery stopped; what waits stays",
                 "class=%s error=%s mend=%s", err_name(result), log_quote(e->what),
                 log_quote(e->mend));
    if (!serve->stopping)
        loop_timer_set(serve->host.loop, &serve->deliver, DELIVER_AGAIN_MS, deliver, serve);
    quit_when_idle(serve);
}

static void deliver(void *arg)
{
    struct serve *serve = arg;
    if (serve->stopping)
        return;
    serve->delivering = 1;
    brevo_deliver(serve->host.brevo, on_delivered, serve);
}

static int work_hurry(struct store_tx *tx, void *arg, struct err_info *e)
{
    (void)arg;
    return contact_hurry(tx, clock_unix_ms(), e);
}

/* Once a day what Brevo refused is tried again: an opt-out must not be stuck for ever because of
 * one refusal. */
static void hurry(void *arg)
{
    struct serve *serve = arg;
    store_submit(serve->host.store, work_hurry, NULL, NULL);
    loop_timer_set(serve->host.loop, &serve->hurry, HURRY_EVERY_MS, hurry, serve);
}

/* A second brevo_deliver while one runs only asks for another round. */
static void on_changed(void *arg)
{
    struct serve *serve = arg;
    if (!serve->delivering)
        deliver(serve);
    else
        brevo_deliver(serve->host.brevo, on_delivered, serve);
}

/* ---- figures --------------------------------------------------------------------------------- */

static void publish(void *arg);

static int work_totals(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct serve *serve = arg;
    return contact_totals(tx, clock_unix_ms(), &serve->totals, e);
}

static void done_totals(void *arg, int result, const struct err_info *e)
{
    struct serve *serve = arg;
    serve->looking = 0;
    if (result < 0)
        log_line(LOG_LEVEL_WARN, "store", "the backlog cannot be counted", "error=%s",
                 log_quote(e->what));
    struct strbuf text = STRBUF_INIT;
    metrics_write(&serve->host, serve->scheduler, &serve->totals, &text);
    if (serve->ingress != NULL)
        ingress_publish(serve->ingress, text.data);
    strbuf_release(&text);
    if (!serve->stopping)
        loop_timer_set(serve->host.loop, &serve->publish, PUBLISH_EVERY_MS, publish, serve);
    quit_when_idle(serve);
}

static void publish(void *arg)
{
    struct serve *serve = arg;
    if (serve->stopping)
        return;
    serve->looking = 1;
    store_submit(serve->host.store, work_totals, done_totals, serve);
}

/* ---- the beginning --------------------------------------------------------------------------- */

static void prepare(void *arg);

static void on_prepared(void *arg, int result, const struct err_info *e)
{
    struct serve *serve = arg;
    if (serve->stopping)
        return;
    if (result == ERR_TRANSIENT || result == ERR_RATE) {
        log_line(LOG_LEVEL_WARN, "brevo", "not reached yet", "error=%s again_in_ms=%" PRId64,
                 log_quote(e->what), serve->prepare_delay);
        loop_timer_set(serve->host.loop, &serve->prepare, serve->prepare_delay, prepare, serve);
        if (serve->prepare_delay < PREPARE_AGAIN_MOST)
            serve->prepare_delay *= 2;
        return;
    }
    if (result < 0) {
        serve->code = cli_report(e);
        stop(serve);
        return;
    }
    for (size_t i = 0; i < serve->host.unmapped_count; i++)
        log_line(LOG_LEVEL_WARN, "map", "attribute not delivered", "attribute=%s reason=%s",
                 serve->host.unmapped[i].attribute, log_quote(serve->host.unmapped[i].sentence));
    scheduler_start(serve->scheduler);
    hurry(serve); /* what an earlier process left */
    deliver(serve);
}

static void prepare(void *arg)
{
    struct serve *serve = arg;
    host_prepare(&serve->host, on_prepared, serve);
}

static void on_hangup(void *arg, int signal)
{
    (void)arg;
    (void)signal;
    log_line(LOG_LEVEL_WARN, "run", "SIGHUP: restart to apply a changed configuration", NULL);
}

static int serve_until_signal(struct serve *serve)
{
    struct host *host = &serve->host;
    const struct config_host *config = &host->config->host;
    struct err_info e = {0};
    /* Before the ingress threads start: they inherit that these signals are the loop's. */
    loop_catch_signal(host->loop, SIGINT, on_signal, serve);
    loop_catch_signal(host->loop, SIGTERM, on_signal, serve);
    loop_catch_signal(host->loop, SIGHUP, on_hangup, serve);
    if (config->listen[0] != '\0' && ingress_start(config->listen, &serve->ingress, &e) < 0)
        return cli_report(&e);
    if (serve->ingress != NULL)
        log_line(LOG_LEVEL_INFO, "ingress", "serving /healthz and /metrics", "listen=%s port=%d",
                 config->listen, ingress_port(serve->ingress));
    serve->scheduler =
        scheduler_new(host->loop, host->store, host->sources, config, on_changed, serve);
    serve->prepare_delay = PREPARE_AGAIN_MS;
    loop_timer_set(host->loop, &serve->prepare, 0, prepare, serve);
    loop_timer_set(host->loop, &serve->publish, 0, publish, serve);
    int r = loop_run(host->loop);
    loop_timer_clear(host->loop, &serve->publish);
    serve->scheduler = scheduler_free(serve->scheduler);
    serve->ingress = ingress_stop(serve->ingress);
    return r < 0 ? CLI_FAILED : serve->code;
}

static int no_option(void *arg, int id, const char *value)
{
    (void)arg;
    (void)id;
    (void)value;
    return 0;
}

static int run_command(struct cli *cli, int argc, char **argv)
{
    static const struct cli_option options[] = {{NULL, 0, 0}};
    struct serve serve = {0};
    struct err_info e = {0};
    int first = 0;
    int code = cli_parse(cli, &CLI_RUN, options, no_option, NULL, argc, argv, &first);
    if (code >= 0)
        return code;
    if (first < argc) {
        fputs("tajo-connect run: takes no arguments; what runs is said by the configuration\n",
              stderr);
        return CLI_USAGE;
    }
    code = host_load(&serve.host, cli, HOST_TELL_ALL);
    if (code == CLI_DONE && host_open(&serve.host, HOST_OWN_STATE, &e) < 0)
        code = cli_report(&e);
    if (code == CLI_DONE)
        code = serve_until_signal(&serve);
    host_close(&serve.host);
    return code;
}

const struct cli_command CLI_RUN = {
    .name = "run",
    .summary = "serve: run every source on its schedule, deliver, report health",
    .help = "Usage: tajo-connect run [OPTION...]\n"
            "\n"
            "Runs every enabled source when its cron line says so and delivers to Brevo what\n"
            "changed, until SIGTERM or SIGINT (exit code 0; what is under way is ended, nothing\n"
            "accepted is lost). A changed configuration takes a restart. Serves GET /healthz\n"
            "and GET /metrics (Prometheus) on host.listen.\n",
    .run = run_command,
};
