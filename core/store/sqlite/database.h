/* SPDX-License-Identifier: Apache-2.0
 *
 * store/sqlite/database.h: the connection, as the store thread uses it. No SQLite types here.
 *
 * database_open, then per transaction database_begin, any number of works (the second and later
 * ones between database_guard and database_release or database_undo), database_commit or
 * database_rollback; database_tidy between transactions; database_close. One thread at a time.
 * A struct store_tx is the connection; it is an open transaction between begin and commit.
 */
#ifndef TAJO_STORE_SQLITE_DATABASE_H
#define TAJO_STORE_SQLITE_DATABASE_H

#include "base/error.h"
#include "store/store.h"

/* Opens (and creates, and brings to the current schema) state_dir/tajo.db, or its throwaway copy
 * when options->scratch. The directory has been prepared and, unless scratch, locked. */
int database_open(struct store_tx **ret, const struct store_options *options, struct err_info *e);
struct store_tx *database_close(struct store_tx *tx);

int database_begin(struct store_tx *tx, struct err_info *e);
int database_commit(struct store_tx *tx, struct err_info *e);
void database_rollback(struct store_tx *tx);

/* 0 when SQLite gave the transaction up by itself, which it does on a full disk or an I/O error:
 * everything since database_begin is gone then. */
int database_in_transaction(const struct store_tx *tx);

int database_guard(struct store_tx *tx, struct err_info *e);   /* a savepoint */
int database_release(struct store_tx *tx, struct err_info *e); /* keeps what came after it */
int database_undo(struct store_tx *tx, struct err_info *e);    /* drops what came after it */

/* Moves the log into the database when it has grown; with idle, whatever is in it, and cuts the
 * log file. A failure is logged once and tried again: nothing is lost by it. */
void database_tidy(struct store_tx *tx, int idle);
int database_is_dirty(const struct store_tx *tx); /* the log has something to move */

#endif
