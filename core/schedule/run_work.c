/* SPDX-License-Identifier: Apache-2.0 */
#include "schedule/run_internal.h"

#include "base/clock.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define REMOVALS_UNASKED 20 /* fewer are removed without asking, whatever their share */
#define SWEEP_AT_ONCE    1000
#define REFRESH_AT_ONCE  1000
#define REFRESH_TRIES    3

const char *run_mode_name(uint32_t mode)
{
    switch (mode) {
    case TAJO_MODE_FULL:
        return "full";
    case TAJO_MODE_INCREMENTAL:
        return "incremental";
    case TAJO_MODE_SINCE:
        return "since";
    default:
        return "refresh";
    }
}

int run_can(const struct run *run, uint64_t capability)
{
    return (run->source->info->capabilities & capability) != 0;
}

void run_free_subjects(struct run *run)
{
    for (size_t i = 0; i < run->subject_count; i++)
        free(run->subjects[i]);
    free(run->subjects);
    run->subjects = NULL;
    run->subject_count = 0;
}

static struct people_context people_context_of(const struct run *run)
{
    const struct config_connector *connector = run->source->connector;
    int full = run->phase == PHASE_MAIN && run->mode == TAJO_MODE_FULL;
    return (struct people_context){
        .connector = connector->name,
        .source = run->source->name,
        .delete_behavior = connector->delete_behavior == CONFIG_DELETE_KEEP   ? PEOPLE_KEEP
                           : connector->delete_behavior == CONFIG_DELETE_HARD ? PEOPLE_HARD
                                                                              : PEOPLE_SOFT,
        .snapshot = full ? run->id : 0,
        .hold = full,
        .now_ms = clock_unix_ms(),
    };
}

static char *settings_key(const struct run *run)
{
    return mem_printf("settings.%s", run->source->name);
}

static char *settings_value(const struct run *run)
{
    return mem_printf("%016" PRIx64, run->source->settings_hash);
}

/* Since the last full run: what was left out or taken then may not be what is wanted now, and who
 * does not change at the platform would never be looked at again. Consent is such a setting. */
static int settings_changed(const struct run *run, struct store_tx *tx, int *ret,
                            struct err_info *e)
{
    _cleanup_free_ char *key = settings_key(run);
    _cleanup_free_ char *now = settings_value(run);
    _cleanup_free_ char *then = NULL;
    int r = meta_get(tx, key, &then, e);
    if (r < 0 && r != ERR_NOT_FOUND)
        return r;
    *ret = then == NULL || strcmp(then, now) != 0;
    return 0;
}

static int full_run_ended(const struct run *run, struct store_tx *tx, struct err_info *e)
{
    _cleanup_free_ char *key = settings_key(run);
    _cleanup_free_ char *value = settings_value(run);
    int r = meta_put(tx, key, value, e);
    return r < 0 ? r : hold_clear(tx, run->source->name, e);
}

/* A full run that has not ended well left contacts on hold: only another one can release them. */
static int choose_mode(struct run *run, struct store_tx *tx, struct err_info *e)
{
    int held = 0;
    int changed = 0;
    int r = hold_get(tx, run->source->name, &held, e);
    if (r == 0)
        r = settings_changed(run, tx, &changed, e);
    if (r < 0)
        return r;
    switch (run->asked) {
    case RUN_SUBJECTS:
        run->mode = TAJO_MODE_REFRESH;
        return 0;
    case RUN_SINCE:
        run->mode = TAJO_MODE_SINCE;
        return 0;
    case RUN_FULL:
        run->mode = TAJO_MODE_FULL;
        return 0;
    case RUN_AUTO:
        break;
    }
    int resumes = run->cursor != NULL && run_can(run, TAJO_CAN_INCREMENTAL) && !held && !changed;
    run->mode = resumes || !run_can(run, TAJO_CAN_FULL) ? TAJO_MODE_INCREMENTAL : TAJO_MODE_FULL;
    return 0;
}

static int queue_subjects(struct run *run, struct store_tx *tx, struct err_info *e)
{
    for (size_t i = 0; i < run->subject_count; i++) {
        int r = refresh_put(tx, run->source->name, run->subjects[i], clock_unix_ms(), e);
        if (r < 0)
            return r;
    }
    return 0;
}

int run_work_begin(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct run *run = arg;
    int r = cursor_get(tx, run->source->name, &run->cursor, e);
    if (r < 0 && r != ERR_NOT_FOUND)
        return r;
    r = choose_mode(run, tx, e);
    if (r == 0)
        r = run_begin(tx, run->source->name, run_mode_name(run->mode), clock_unix_ms(), &run->id,
                      e);
    if (r == 0 && run->mode == TAJO_MODE_FULL)
        r = hold_set(tx, run->source->name, e);
    if (r == 0 && run->mode == TAJO_MODE_REFRESH)
        r = queue_subjects(run, tx, e);
    return r;
}

/* Only a run that goes on from the cursor, or has read everybody, knows where the next one may. */
static int moves_cursor(const struct run *run)
{
    return run->phase == PHASE_MAIN && run->new_cursor_len > 0 &&
           (run->mode == TAJO_MODE_FULL || run->mode == TAJO_MODE_INCREMENTAL);
}

int run_work_commit(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct run *run = arg;
    struct people_context context = people_context_of(run);
    run->step_counts = (struct people_counts){0};
    run->step_dead = 0;
    int r = batch_apply(tx, &run->batch, &context, &run->step_counts, &run->step_dead, e);
    if (r < 0 || run->complete || !moves_cursor(run))
        return r;
    return cursor_put(tx, run->source->name, run->new_cursor, run->new_cursor_len, e);
}

/* After the last commit of a complete snapshot. The cursor moves with the last step of the sweep,
 * so a run that dies in between is a full one again. */
/* A platform that answers with nobody, or a query with a slip, must not empty Brevo. */
static int refuse_mass_removal(struct run *run, struct store_tx *tx, struct err_info *e)
{
    int64_t all = 0;
    int64_t unseen = 0;
    if (run->swept || run->allow_removals)
        return 0;
    int r = person_unseen_count(tx, run->source->connector->name, run->id, &all, &unseen, e);
    if (r < 0)
        return r;
    run->swept = 1;
    if (unseen <= REMOVALS_UNASKED || unseen <= all / 2)
        return 0;
    return err_set(e, ERR_DATA, run->source->name,
                   "if they really are gone, run `tajo-connect sync --full --allow-removals`",
                   "the full run did not find %" PRId64 " of the %" PRId64
                   " people it knows, more than half; nobody was removed",
                   unseen, all);
}

int run_work_sweep(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct run *run = arg;
    struct people_context context = people_context_of(run);
    run->step_counts = (struct people_counts){0};
    run->step_dead = 0;
    int r = refuse_mass_removal(run, tx, e);
    if (r < 0)
        return r;
    r = people_sweep(tx, &context, SWEEP_AT_ONCE, &run->more, &run->step_counts, e);
    if (r < 0 || run->more || !moves_cursor(run))
        return r;
    return cursor_put(tx, run->source->name, run->new_cursor, run->new_cursor_len, e);
}

int run_work_next_refresh(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct run *run = arg;
    const char *source = run->source->name;
    if (run->phase == PHASE_REFRESH) {
        for (size_t i = 0; i < run->subject_count; i++) {
            int r = refresh_delete(tx, source, run->subjects[i], e);
            if (r == 0)
                r = dead_delete(tx, source, "refresh", run->subjects[i], e);
            if (r < 0)
                return r;
        }
    }
    run_free_subjects(run);
    return refresh_list(tx, source, REFRESH_AT_ONCE, &run->subjects, &run->subject_count, e);
}

static int bury_refresh(struct run *run, struct store_tx *tx, char *subject, struct err_info *e)
{
    struct dead_row row = {
        .source = run->source->name,
        .stage = "refresh",
        .subject = subject,
        .reason = run->result.result == ERR_DATA ? "data" : "bug",
        .detail = run->result.error.what,
        .payload = "{}",
        .at_ms = clock_unix_ms(),
    };
    int r = dead_put(tx, &row, e);
    run->result.dead++;
    return r < 0 ? r : refresh_delete(tx, run->source->name, subject, e);
}

/* Which of them it was shows when each is read alone; who fails alone often enough is given up, or
 * every run of the source would fail. */
static int refreshes_failed(struct run *run, struct store_tx *tx, struct err_info *e)
{
    for (size_t i = 0; i < run->subject_count; i++) {
        int attempts = 0;
        int r = refresh_failed(tx, run->source->name, run->subjects[i], &attempts, e);
        if (r == 0 && attempts >= REFRESH_TRIES && run->subject_count == 1)
            r = bury_refresh(run, tx, run->subjects[i], e);
        if (r < 0 && r != ERR_NOT_FOUND)
            return r;
    }
    return 0;
}

static char *counters_json(const struct run *run)
{
    const struct people_counts *p = &run->result.people;
    return mem_printf("{\"read\":%" PRIu64 ",\"emitted\":%" PRIu64 ",\"changed\":%" PRIu64
                      ",\"unchanged\":%" PRIu64 ",\"gone\":%" PRIu64 ",\"dead\":%" PRIu64 "}",
                      run->result.read, p->emitted, p->changed, p->unchanged, p->gone,
                      run->result.dead);
}

int run_work_end(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct run *run = arg;
    int r = run->refresh_failed ? refreshes_failed(run, tx, e) : 0;
    if (r < 0)
        return r;
    _cleanup_free_ char *counters = counters_json(run);
    const char *result = !run->failed                          ? "done"
                         : run->result.result == ERR_CANCELLED ? "cancelled"
                                                               : "failed";
    r = run_end(tx, run->id, clock_unix_ms(), result, counters,
                run->failed ? run->result.error.what : NULL, e);
    if (r == 0 && run->main_ended && run->mode == TAJO_MODE_FULL)
        r = full_run_ended(run, tx, e);
    return r;
}
