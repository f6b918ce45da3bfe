/* SPDX-License-Identifier: Apache-2.0
 *
 * schedule/run.h: one execution of a source, from its worker's start to its row in the history.
 *
 *   run_start -> (progress...) -> ended(result)     then run_free
 *
 * A run reads the cursor, starts a worker, turns each record into a mapped person, and at every
 * commit of the plugin puts persons, contacts and cursor into one transaction. A full run that
 * listed everybody then sweeps whoever it did not see. Afterwards it empties the source's refresh
 * queue with the same worker. Subjects whose reading ends with the class bug or data are read
 * alone from then on; one that fails three times, the last of them alone, becomes a dead letter
 * (stage "refresh"). Nothing is delivered here: what changed waits in the store.
 *
 * While a full run of a source has not ended well, contacts that it changed are held: of two
 * users with one address the leader is only known at its end (docs/decisions/0004).
 * Loop thread only.
 */
#ifndef TAJO_SCHEDULE_RUN_H
#define TAJO_SCHEDULE_RUN_H

#include "loop/loop.h"
#include "schedule/source.h"
#include "store/store.h"

enum run_mode { RUN_AUTO, RUN_FULL, RUN_SINCE, RUN_SUBJECTS };

struct run_options {
    enum run_mode mode;          /* AUTO: incremental when there is a cursor, the plugin can, and
                                    the settings are those of the last full run */
    int allow_removals;          /* a full run may find most people gone */
    int64_t since_ms;            /* SINCE */
    const char *const *subjects; /* SUBJECTS; copied */
    size_t subject_count;
};

struct run_result {
    int result; /* 0, or the negative enum err of error */
    struct err_info error;
    int refreshing;   /* it failed after the main phase had ended well */
    const char *mode; /* "full", "incremental", "since", "refresh" */
    uint64_t read;    /* records received */
    uint64_t dead;    /* records that went to the dead letters */
    struct people_counts people;
    int64_t milliseconds;
    int64_t peak_rss_kb; /* of the worker */
};

struct run_handlers {
    void (*progress)(void *arg, uint64_t done, uint64_t total); /* total 0: unknown; may be NULL */
    void (*metric)(void *arg, const char *name, int64_t value); /* may be NULL */
    void (*ended)(void *arg, const struct run_result *result);
};

struct run;

/* The run always ends with `ended`, never from inside run_start. */
struct run *run_start(struct loop *loop, struct store *store, const struct source *source,
                      const struct config_host *host, const struct run_options *options,
                      const struct run_handlers *handlers, void *arg);

/* Ends it soon, as cancelled: what was committed stays. */
void run_stop(struct run *run);

/* Only after `ended`. */
struct run *run_free(struct run *run);

#endif
