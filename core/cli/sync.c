/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "base/clock.h"
#include "base/mem.h"
#include "cli/dryrun.h"
#include "cli/host.h"
#include "cli/progress.h"
#include "cli/summary.h"
#include "cli/sync_options.h"
#include "log/log.h"
#include "schedule/run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One `sync`: prepare, run every source, deliver, tell. */
struct sync {
    struct host host;
    struct sync_options options;
    struct source **sources;
    struct run **runs;
    struct summary_source *results;
    uint64_t *done, *total; /* of each run */
    size_t count;
    size_t running;
    struct progress *progress;
    int64_t started_ms;
    int interrupted;
    int preparing;
    int delivering;
    struct err_info error; /* of preparing or delivering; code 0: none */
    struct contact_totals totals;
};

static void finish(struct sync *sync)
{
    loop_quit(sync->host.loop);
}

static void keep_error(struct sync *sync, const struct err_info *e)
{
    if (sync->error.code == 0 && e != NULL && e->code != ERR_CANCELLED)
        sync->error = *e;
}

/* ---- the end --------------------------------------------------------------------------------- */

static int work_totals(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct sync *sync = arg;
    return contact_totals(tx, clock_unix_ms(), &sync->totals, e);
}

static void done_totals(void *arg, int result, const struct err_info *e)
{
    struct sync *sync = arg;
    if (result < 0)
        keep_error(sync, e);
    finish(sync);
}

static void on_delivered(void *arg, int result, const struct err_info *e)
{
    struct sync *sync = arg;
    sync->delivering = 0;
    if (result < 0)
        keep_error(sync, e);
    store_submit(sync->host.store, work_totals, done_totals, sync);
}

static void on_dry_report(void *arg, int result, const struct err_info *e)
{
    struct sync *sync = arg;
    if (result < 0)
        keep_error(sync, e);
    finish(sync);
}

static void on_delivery_progress(void *arg, uint64_t done, uint64_t total)
{
    struct sync *sync = arg;
    progress_update(sync->progress, done, total);
}

/* ---- runs ------------------------------------------------------------------------------------ */

/* Somebody waits for this delivery: what earlier failures put off is tried too. */
static int work_hurry(struct store_tx *tx, void *arg, struct err_info *e)
{
    (void)arg;
    return contact_hurry(tx, clock_unix_ms(), e);
}

static void done_hurry(void *arg, int result, const struct err_info *e)
{
    struct sync *sync = arg;
    if (result < 0)
        keep_error(sync, e);
    if (sync->interrupted)
        on_delivered(sync, 0, NULL);
    else
        brevo_deliver(sync->host.brevo, on_delivered, sync);
}

static void after_runs(struct sync *sync)
{
    if (sync->options.dry_run) {
        sync->progress = progress_end(sync->progress);
        const struct dryrun_options options = {
            .unmask = sync->options.unmask,
            .json = sync->options.json,
            .sources = sync->results,
            .source_count = sync->count,
        };
        dryrun_report(&sync->host, &options, on_dry_report, sync);
        return;
    }
    if (sync->interrupted) {
        store_submit(sync->host.store, work_totals, done_totals, sync);
        return;
    }
    progress_phase(sync->progress, "delivering");
    brevo_on_progress(sync->host.brevo, on_delivery_progress, sync);
    sync->delivering = 1;
    store_submit(sync->host.store, work_hurry, done_hurry, sync);
}

struct run_slot { /* what a run's callbacks get: which of the sync's runs it is */
    struct sync *sync;
    size_t index;
};

static void on_run_progress(void *arg, uint64_t done, uint64_t total)
{
    struct run_slot *slot = arg;
    struct sync *sync = slot->sync;
    uint64_t all_done = 0, all_total = 0;
    int unknown = 0;
    sync->done[slot->index] = done;
    sync->total[slot->index] = total;
    for (size_t i = 0; i < sync->count; i++) {
        all_done += sync->done[i];
        all_total += sync->total[i];
        unknown |= sync->total[i] == 0;
    }
    progress_update(sync->progress, all_done, unknown ? 0 : all_total);
}

static void on_run_ended(void *arg, const struct run_result *result)
{
    struct run_slot *slot = arg;
    struct sync *sync = slot->sync;
    sync->results[slot->index] =
        (struct summary_source){.name = sync->sources[slot->index]->name, .result = *result};
    sync->runs[slot->index] = run_free(sync->runs[slot->index]);
    free(slot);
    if (--sync->running == 0)
        after_runs(sync);
}

static void start_runs(struct sync *sync)
{
    static const struct run_handlers handlers = {
        .progress = on_run_progress,
        .ended = on_run_ended,
    };
    progress_phase(sync->progress, "reading");
    sync->running = sync->count;
    for (size_t i = 0; i < sync->count; i++) {
        struct run_slot *slot = mem_alloc(sizeof(*slot));
        *slot = (struct run_slot){.sync = sync, .index = i};
        sync->runs[i] = run_start(sync->host.loop, sync->host.store, sync->sources[i],
                                  &sync->host.config->host, &sync->options.run, &handlers, slot);
    }
}

static void on_prepared(void *arg, int result, const struct err_info *e)
{
    struct sync *sync = arg;
    sync->preparing = 0;
    if (result < 0 || sync->interrupted) {
        keep_error(sync, e);
        finish(sync);
        return;
    }
    for (size_t i = 0; i < sync->host.unmapped_count; i++)
        log_line(LOG_LEVEL_WARN, "map", "attribute not delivered", "attribute=%s reason=%s",
                 sync->host.unmapped[i].attribute, log_quote(sync->host.unmapped[i].sentence));
    start_runs(sync);
}

/* The first signal ends what runs; what is committed stays and goes out next time. The second ends
 * the process. */
static void on_signal(void *arg, int signal)
{
    struct sync *sync = arg;
    (void)signal;
    if (sync->interrupted)
        _exit(CLI_INTERRUPTED);
    sync->interrupted = 1;
    for (size_t i = 0; i < sync->count; i++)
        if (sync->runs[i] != NULL)
            run_stop(sync->runs[i]);
    if (sync->delivering)
        brevo_stop(sync->host.brevo);
    if (sync->preparing) /* nothing has begun that would have to end well */
        finish(sync);
}

/* ---- telling --------------------------------------------------------------------------------- */

static int exit_code_of(const struct sync *sync)
{
    int worst = sync->error.code == 0 ? CLI_DONE : err_exit_code(sync->error.code);
    uint64_t dead = brevo_counts_of(sync->host.brevo)->dead;
    for (size_t i = 0; i < sync->count; i++) {
        const struct run_result *result = &sync->results[i].result;
        dead += result->dead;
        if (result->result < 0 && (worst == CLI_DONE || worst == CLI_FAILED))
            worst = err_exit_code(result->result);
    }
    if (sync->interrupted)
        return CLI_INTERRUPTED;
    return worst == CLI_DONE && dead > 0 ? CLI_DEAD_LETTERS : worst;
}

static int tell(struct sync *sync)
{
    int code = exit_code_of(sync);
    struct summary summary = {
        .result = sync->interrupted                              ? "interrupted"
                  : code == CLI_DONE || code == CLI_DEAD_LETTERS ? "done"
                                                                 : "failed",
        .milliseconds = clock_monotonic_ms() - sync->started_ms,
        .sources = sync->results,
        .source_count = sync->count,
        .waiting = sync->totals.pending,
    };
    for (size_t i = 0; i < sync->count; i++) {
        summary.unchanged += sync->results[i].result.people.unchanged;
        summary.worker_peak_kb += sync->results[i].result.peak_rss_kb;
        if (sync->results[i].name == NULL) { /* it never came to a run */
            sync->results[i].name = sync->sources[i]->name;
            sync->results[i].result.mode = "no";
        }
    }
    if (sync->error.code != 0)
        cli_report(&sync->error);
    if (!sync->options.dry_run) {
        if (!sync->options.quiet)
            summary_tell(&summary, &sync->host);
        if (sync->options.json)
            summary_print_json(&summary, &sync->host);
    }
    return code;
}

/* ---- the command ----------------------------------------------------------------------------- */

static void run_sync(struct sync *sync)
{
    size_t n = 0;
    while (sync->sources[n] != NULL)
        n++;
    sync->count = n;
    sync->runs = mem_array(n, sizeof(*sync->runs));
    sync->results = mem_array(n, sizeof(*sync->results));
    sync->done = mem_array(n, sizeof(*sync->done));
    sync->total = mem_array(n, sizeof(*sync->total));
    sync->progress = progress_start(sync->options.quiet);
    loop_catch_signal(sync->host.loop, SIGINT, on_signal, sync);
    loop_catch_signal(sync->host.loop, SIGTERM, on_signal, sync);
    sync->host.reads_only = sync->options.dry_run;
    sync->preparing = 1;
    host_prepare(&sync->host, on_prepared, sync);
    if (loop_run(sync->host.loop) < 0 && sync->error.code == 0)
        err_set(&sync->error, ERR_SYSTEM, NULL, "look at the log above; start it again",
                "waiting for the network and the store failed");
    sync->progress = progress_end(sync->progress);
}

/* Lines about what goes well would tear the bar; whoever asked for them gets them. */
static void spare_the_bar(const struct config *config, const struct cli *cli)
{
    int asked = cli->log_level != NULL || !isatty(STDERR_FILENO);
    for (size_t i = 0; i < config->connector_count; i++) {
        const struct config_connector *connector = &config->connectors[i];
        asked |=
            connector->enabled && (connector->log_sync || connector->log_level > LOG_LEVEL_INFO);
    }
    if (!asked)
        log_set_level(LOG_LEVEL_WARN);
}

static int sync_command(struct cli *cli, int argc, char **argv)
{
    struct sync sync = {.started_ms = clock_monotonic_ms()};
    struct err_info e = {0};
    int first = 0;
    int code = sync_options_parse(cli, &CLI_SYNC, &sync.options, argc, argv, &first);
    if (code >= 0)
        return code;
    code = host_load(&sync.host, cli, sync.options.quiet ? HOST_TELL_ERRORS : HOST_TELL_ALL);
    if (code == CLI_DONE)
        spare_the_bar(sync.host.config, cli);
    if (code == CLI_DONE &&
        host_open(&sync.host, sync.options.dry_run ? HOST_SCRATCH_STATE : HOST_OWN_STATE, &e) < 0)
        code = cli_report(&e);
    if (code == CLI_DONE) {
        sync.sources = host_select(&sync.host, argv + first, (size_t)(argc - first));
        code = sync.sources == NULL ? CLI_USAGE : CLI_DONE;
    }
    if (code == CLI_DONE) {
        run_sync(&sync);
        code = tell(&sync);
    }
    host_close(&sync.host);
    free(sync.sources);
    free(sync.runs);
    free(sync.results);
    free(sync.done);
    free(sync.total);
    return code;
}

const struct cli_command CLI_SYNC = {
    .name = "sync",
    .summary = "run sources now and wait until Brevo has what changed",
    .help =
        "Usage: tajo-connect sync [OPTION...] [TARGET...]\n"
        "\n"
        "Reads what changed at the platforms, delivers it to Brevo and says what was done. TARGET\n"
        "is a connector (auth0) or a source (auth0.users); without one, all enabled sources run.\n"
        "The first run of a source reads everybody, later ones what changed since.\n"
        "\n"
        "Options:\n"
        "  --full             read everybody; who is not there any more is gone\n"
        "  --allow-removals   even if more than half of the known people are gone: without it "
        "such\n"
        "                     a full run fails and removes nobody\n"
        "  --since TIME       read what changed since TIME (2026-11-23 or 2026-11-23T10:00:00Z)\n"
        "  --user ID          read only this user; may be given up to 1000 times\n"
        "                     (one of --full, --since and --user at most)\n"
        "  --dry-run          send nothing; show what would be created or changed, and ten\n"
        "                     examples as a difference\n"
        "  --unmask           show personal data in the examples of --dry-run\n"
        "  --json             end with one JSON object on stdout\n"
        "  --quiet            no progress and no summary on stderr\n",
    .run = sync_command,
};
