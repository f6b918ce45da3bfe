/* SPDX-License-Identifier: Apache-2.0 */
#include "schedule/run_internal.h"

#include "base/clock.h"
#include "base/mem.h"
#include "log/log.h"
#include "schedule/probe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REFRESHES_IN_A_RUN 20000 /* more wait for the next run: a run ends */

/* ---- small things ---------------------------------------------------------------------------- */

/* The first failure is the one that is told. */
static void fail(struct run *run, const struct err_info *e)
{
    if (run->failed)
        return;
    run->failed = 1;
    run->result.error = *e;
    run->result.result = e->code != 0 ? e->code : ERR_SYSTEM;
}

static void add_counts(struct people_counts *to, const struct people_counts *from)
{
    to->emitted += from->emitted;
    to->unchanged += from->unchanged;
    to->changed += from->changed;
    to->gone += from->gone;
    for (int i = 0; i < SKIP_COUNT; i++)
        to->skipped[i] += from->skipped[i];
    for (int i = 0; i < LOSS_COUNT; i++)
        to->losses[i] += from->losses[i];
}

/* ---- the end --------------------------------------------------------------------------------- */

static void log_end(const struct run *run)
{
    const struct people_counts *p = &run->result.people;
    if (run->failed) {
        log_line(run->result.result == ERR_CANCELLED ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "run",
                 "run did not end well", "source=%s mode=%s class=%s error=%s mend=%s",
                 run->source->name, run->result.mode, err_name(run->result.result),
                 log_quote(run->result.error.what), log_quote(run->result.error.mend));
        return;
    }
    log_line(LOG_LEVEL_INFO, "run", "run ended",
             "source=%s mode=%s read=%" PRIu64 " emitted=%" PRIu64 " changed=%" PRIu64
             " unchanged=%" PRIu64 " gone=%" PRIu64 " ms=%" PRId64,
             run->source->name, run->result.mode, run->result.read, p->emitted, p->changed,
             p->unchanged, p->gone, run->result.milliseconds);
}

static void done_end(void *arg, int result, const struct err_info *e)
{
    struct run *run = arg;
    if (result < 0)
        fail(run, e);
    run->result.refreshing = run->failed && run->main_ended;
    run->result.milliseconds = clock_monotonic_ms() - run->started_ms;
    log_end(run);
    run->handlers.ended(run->arg, &run->result);
}

/* The worker is gone, or never was: writes the row, then tells the owner. */
static void end_run(struct run *run)
{
    if (run->plugin != NULL)
        run->result.peak_rss_kb = plugin_peak_rss_kb(run->plugin);
    run->plugin = plugin_free(run->plugin);
    if (run->stopping && !run->failed) {
        struct err_info stopped = {0};
        err_set(&stopped, ERR_CANCELLED, run->source->name, NULL, "interrupted");
        fail(run, &stopped);
    }
    if (run->id == 0) {
        done_end(run, 0, NULL);
        return;
    }
    store_submit(run->store, run_work_end, done_end, run);
}

/* The plugin failed at what it was reading. What another try, or the settings, can mend says
 * nothing against a subject. */
static void fail_reading(struct run *run, const struct err_info *e)
{
    if (!run->failed && run->reading && run->phase == PHASE_REFRESH &&
        (e->code == ERR_BUG || e->code == ERR_DATA))
        run->refresh_failed = 1;
    fail(run, e);
}

static void on_end(void *arg, const struct err_info *e)
{
    struct run *run = arg;
    /* A worker that was too slow to stop was killed for it: the run was interrupted all the same.
     */
    if (e != NULL && !run->stopping)
        fail_reading(run, e);
    batch_clear(&run->batch);
    end_run(run);
}

/* ---- phases ---------------------------------------------------------------------------------- */

static void start_phase(struct run *run)
{
    struct plugin_run_request request = {
        .mode = run->phase == PHASE_MAIN ? run->mode : TAJO_MODE_REFRESH,
        .since_ms = run->since_ms,
        .cursor = run->phase == PHASE_MAIN ? run->cursor : NULL,
        .subjects = (const char *const *)run->subjects,
        .subject_count = run->subject_count,
        .fields = mapping_paths(run->source->mapping),
    };
    run->phases++;
    run->reading = 1;
    plugin_run(run->plugin, &request);
}

static void done_next_refresh(void *arg, int result, const struct err_info *e)
{
    struct run *run = arg;
    if (run->plugin == NULL)
        return; /* the worker died meanwhile: the run is ending already */
    if (result < 0)
        fail(run, e);
    if (run->failed || run->stopping || run->subject_count == 0 ||
        run->refreshes >= REFRESHES_IN_A_RUN) {
        plugin_finish(run->plugin);
        return;
    }
    run->refreshes += run->subject_count;
    run->phase = PHASE_REFRESH;
    start_phase(run);
}

static void on_done(void *arg, int result, const struct err_info *e)
{
    struct run *run = arg;
    batch_clear(&run->batch); /* emitted without commit: leaves nothing behind */
    if (result < 0)
        fail_reading(run, e);
    run->reading = 0;
    if (run->failed || run->stopping) {
        plugin_finish(run->plugin);
        return;
    }
    if (run->phases > 0 && run->phase == PHASE_MAIN)
        run->main_ended = 1;
    if (run->phases == 0) {
        start_phase(run);
        return;
    }
    if ((run->source->info->capabilities & TAJO_CAN_REFRESH) == 0) {
        plugin_finish(run->plugin);
        return;
    }
    store_submit(run->store, run_work_next_refresh, done_next_refresh, run);
}

/* ---- records and commits --------------------------------------------------------------------- */

static int on_record(void *arg, const struct plugin_record *record, struct err_info *e)
{
    struct run *run = arg;
    if (run->failed)
        return run->result.result;
    switch (record->kind) {
    case TAJO_RECORD_PERSON:
        batch_add_person(&run->batch, run->source->mapping, record->subject, record->json);
        break;
    case TAJO_RECORD_PERSON_GONE:
        batch_add_gone(&run->batch, record->subject);
        break;
    default:
        return err_set(e, ERR_UNSUPPORTED, run->source->name,
                       "use a plugin that was built for this version of tajo-connect",
                       "the plugin sent a record of kind %u, which this host does not take",
                       record->kind);
    }
    run->result.read++;
    return 0;
}

static void done_commit(void *arg, int result, const struct err_info *e)
{
    struct run *run = arg;
    if (result < 0) {
        fail(run, e);
    } else {
        add_counts(&run->result.people, &run->step_counts);
        run->result.dead += run->step_dead;
    }
    batch_clear(&run->batch);
    if (result == 0 && run->complete && run->more && !run->stopping) {
        store_submit(run->store, run_work_sweep, done_commit, run);
        return;
    }
    plugin_committed(run->plugin, result);
}

static void log_records(const struct run *run)
{
    if (!run->source->connector->log_sync)
        return;
    for (size_t i = 0; i < run->batch.count; i++) {
        const struct batch_item *item = &run->batch.items[i];
        const char *what = item->gone           ? "gone"
                           : item->dead != NULL ? "malformed"
                                                : mapping_skip_name(item->person.skip);
        log_line(LOG_LEVEL_INFO, "sync", "record", "source=%s person=%s outcome=%s",
                 run->source->name, log_mask(item->subject), what);
    }
}

static void on_commit(void *arg, struct tajo_str cursor, uint32_t flags)
{
    struct run *run = arg;
    free(run->new_cursor);
    run->new_cursor = mem_strndup(cursor.data, cursor.len);
    run->new_cursor_len = cursor.len;
    run->complete = (flags & TAJO_COMMIT_SNAPSHOT_COMPLETE) != 0 && run->phase == PHASE_MAIN &&
                    run->mode == TAJO_MODE_FULL;
    run->more = run->complete;
    log_records(run);
    store_submit(run->store, run_work_commit, done_commit, run);
}

static void on_progress(void *arg, uint64_t done, uint64_t total)
{
    struct run *run = arg;
    if (run->handlers.progress != NULL && run->phase == PHASE_MAIN)
        run->handlers.progress(run->arg, done, total);
}

static void on_metric(void *arg, struct tajo_str name, int64_t value)
{
    struct run *run = arg;
    if (run->handlers.metric == NULL)
        return;
    _cleanup_free_ char *text = mem_strndup(name.data, name.len);
    run->handlers.metric(run->arg, text, value);
}

/* ---- the beginning --------------------------------------------------------------------------- */

static void on_hello(void *arg, const struct plugin_info *info)
{
    struct run *run = arg;
    (void)info;
    size_t count = 0;
    _cleanup_free_ struct plugin_setting *settings = source_settings(run->source, &count);
    plugin_create(run->plugin, settings, count, run->source->account);
}

static const struct plugin_handlers HANDLERS = {
    .on_hello = on_hello,
    .on_record = on_record,
    .on_commit = on_commit,
    .on_progress = on_progress,
    .on_metric = on_metric,
    .on_done = on_done,
    .on_end = on_end,
};

static int mode_offered(struct run *run, struct err_info *e)
{
    static const uint64_t needs[] = {
        [TAJO_MODE_FULL] = TAJO_CAN_FULL,
        [TAJO_MODE_INCREMENTAL] = TAJO_CAN_INCREMENTAL,
        [TAJO_MODE_SINCE] = TAJO_CAN_SINCE,
        [TAJO_MODE_REFRESH] = TAJO_CAN_REFRESH,
    };
    if (run_can(run, needs[run->mode]))
        return 0;
    return err_set(e, ERR_USAGE, run->source->name, "choose another kind of run",
                   "its plugin does not offer %s runs", run_mode_name(run->mode));
}

static void done_begin(void *arg, int result, const struct err_info *e)
{
    struct run *run = arg;
    struct err_info own = {0};
    run->result.mode = run_mode_name(run->mode);
    if (result < 0)
        fail(run, e);
    else if (mode_offered(run, &own) < 0)
        fail(run, &own);
    if (run->failed || run->stopping) {
        end_run(run);
        return;
    }
    if (run->mode != TAJO_MODE_INCREMENTAL) {
        free(run->cursor);
        run->cursor = NULL;
    }
    run->phase = run->mode == TAJO_MODE_REFRESH ? PHASE_REFRESH : PHASE_MAIN;
    log_line(LOG_LEVEL_INFO, "run", "run started", "source=%s mode=%s", run->source->name,
             run->result.mode);
    struct plugin_limits limits = {
        .silence_ms = run->host->plugin_silence_seconds * 1000,
        .name = run->source->name,
    };
    if (plugin_start(run->loop, run->source->info->path, &limits, &HANDLERS, run, &run->plugin,
                     &own) < 0) {
        fail(run, &own);
        end_run(run);
    }
}

struct run *run_start(struct loop *loop, struct store *store, const struct source *source,
                      const struct config_host *host, const struct run_options *options,
                      const struct run_handlers *handlers, void *arg)
{
    struct run *run = mem_alloc(sizeof(*run));
    run->loop = loop;
    run->store = store;
    run->source = source;
    run->host = host;
    run->handlers = *handlers;
    run->arg = arg;
    run->asked = options->mode;
    run->allow_removals = options->allow_removals;
    run->since_ms = options->since_ms;
    run->subjects = mem_array(options->subject_count + 1, sizeof(*run->subjects));
    for (size_t i = 0; i < options->subject_count; i++)
        run->subjects[run->subject_count++] = mem_strdup(options->subjects[i]);
    run->started_ms = clock_monotonic_ms();
    run->result.mode = "";
    store_submit(store, run_work_begin, done_begin, run);
    return run;
}

void run_stop(struct run *run)
{
    run->stopping = 1;
    if (run->plugin != NULL)
        plugin_stop(run->plugin);
}

struct run *run_free(struct run *run)
{
    if (run == NULL)
        return NULL;
    plugin_free(run->plugin);
    batch_clear(&run->batch);
    run_free_subjects(run);
    free(run->cursor);
    free(run->new_cursor);
    free(run);
    return NULL;
}
