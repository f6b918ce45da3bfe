/* SPDX-License-Identifier: Apache-2.0
 *
 * store/store.h: what must survive a crash, and the one thread that writes it.
 *
 * store_open, store_submit as often as needed, store_close. A submitted work function runs on the
 * store thread inside a transaction and may read and write through store/tables.h; its done
 * function is called on the loop's thread after the COMMIT (or with the error, when the work
 * failed and was rolled back to its savepoint, or the commit failed). Works run in the order of
 * submission; whatever is waiting shares one transaction (group commit, no timer), so a work that
 * fails rolls back alone. The argument belongs to the store between submit and done.
 *
 * One process owns a state directory: store_open takes a lock and refuses a second one. A scratch
 * store takes none, as it only reads the original once. SQL and SQLite types stay in store/sqlite/.
 *
 * Below the reserve of free disk, and at max_bytes, the database file keeps its size: works that
 * need more room fail with ERR_LIMIT, those that fit into what was freed go on.
 *
 * Errors: ERR_SYSTEM (disk full, I/O, a damaged file), ERR_LIMIT (row or byte marks, reserve of
 * free disk), ERR_CONFIG (state directory unusable, newer schema), ERR_BUSY (held by another
 * process).
 */
#ifndef TAJO_STORE_STORE_H
#define TAJO_STORE_STORE_H

#include "base/error.h"
#include "loop/loop.h"

#include <stdint.h>

struct store;
struct store_tx; /* an open transaction on the store thread */

struct store_options {
    const char *state_dir;  /* created with 0700 when missing; refused when others may write it */
    int64_t min_free_bytes; /* reserve of free disk; 0: 64 MiB, negative: none */
    int64_t max_bytes;      /* of the database file; 0: none */
    int scratch;            /* 1: work on a throwaway copy in the same directory, removed at
                               close: what a dry run uses */
};

/* loop may be NULL when only store_call is used. */
int store_open(struct store **ret, struct loop *loop, const struct store_options *options,
               struct err_info *e);

/* Runs what was submitted, calls its done functions (which may submit more), checkpoints, closes.
 * Not from a done function. */
struct store *store_close(struct store *store);

typedef int (*store_work)(struct store_tx *tx, void *arg, struct err_info *e);
/* result: what the work returned, or why it was not committed; e is NULL unless that is negative.
 */
typedef void (*store_done)(void *arg, int result, const struct err_info *e);

/* done may be NULL. Loop thread (or, before the loop runs, the thread that will run it). */
void store_submit(struct store *store, store_work work, store_done done, void *arg);

/* How much waits, for back pressure: works submitted and not yet done. */
unsigned store_backlog(const struct store *store);

/* Waits for one work without the loop: only before loop_run or after it. */
int store_call(struct store *store, store_work work, void *arg, struct err_info *e);

/* Test seam: with TAJO_KILL_AT_WRITE=N in the environment of store_open, the process kills itself
 * (SIGKILL) at the Nth of these points: before each writing statement of a work, before each
 * COMMIT, after each COMMIT. Unset or 0: never. */

#endif
