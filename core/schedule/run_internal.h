/* SPDX-License-Identifier: Apache-2.0
 *
 * schedule/run_internal.h: a run's state, shared by its two halves: run.c, which follows the worker
 * on the loop, and run_work.c, which writes in the store. While a work is under way, what it reads
 * and writes belongs to the store thread; run.c then waits for its done function.
 */
#ifndef TAJO_SCHEDULE_RUN_INTERNAL_H
#define TAJO_SCHEDULE_RUN_INTERNAL_H

#include "schedule/batch.h"
#include "schedule/run.h"

enum phase { PHASE_MAIN, PHASE_REFRESH };

struct run {
    struct loop *loop;
    struct store *store;
    const struct source *source;
    const struct config_host *host;
    struct run_handlers handlers;
    void *arg;

    /* What is to be read. */
    uint32_t mode; /* TAJO_MODE_* of the main phase */
    enum run_mode asked;
    int64_t since_ms;
    char **subjects;
    size_t subject_count;
    char *cursor;

    struct plugin *plugin;
    enum phase phase;
    int phases;
    size_t refreshes; /* subjects */
    int stopping;
    int reading;        /* the plugin is: how this phase ends is not known yet */
    int failed;         /* result.error says why */
    int refresh_failed; /* and perhaps because of one of the subjects */
    int complete;       /* the plugin listed everybody */
    int main_ended;     /* well: what it held may go, whatever becomes of the refreshes after it */
    int64_t id;         /* of the run row; also the snapshot number */
    int64_t started_ms;

    /* The commit under way: owned by the store while it runs. */
    struct batch batch;
    char *new_cursor;
    size_t new_cursor_len;
    int allow_removals;
    int swept; /* the sweep has begun: what it may remove was looked at */
    int more;  /* the sweep is not through */
    struct people_counts step_counts;
    uint64_t step_dead;

    struct run_result result;
};

const char *run_mode_name(uint32_t mode);
int run_can(const struct run *run, uint64_t capability);
void run_free_subjects(struct run *run);

/* Store thread. Each is a store_work with the run as its argument. */
int run_work_begin(struct store_tx *tx, void *arg, struct err_info *e);
int run_work_commit(struct store_tx *tx, void *arg, struct err_info *e);
int run_work_sweep(struct store_tx *tx, void *arg, struct err_info *e);
int run_work_next_refresh(struct store_tx *tx, void *arg, struct err_info *e);
int run_work_end(struct store_tx *tx, void *arg, struct err_info *e);

#endif
