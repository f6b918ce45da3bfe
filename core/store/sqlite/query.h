/* SPDX-License-Identifier: Apache-2.0
 *
 * store/sqlite/query.h: one statement, from its text to its rows. For the files of this folder.
 *
 *     _cleanup_(query_end) struct query q;
 *     query_start(&q, tx, "SELECT value FROM meta WHERE key = ?", e);
 *     query_text(&q, key);
 *     int r = query_find(&q);
 *     if (r < 0)
 *         return r;
 *     *ret_value = query_get_text(&q, 0);
 *
 * The text is a string literal: statements are kept by its address and prepared once. A failure of
 * start or of a binding is kept and answered by run, row or find. Bound texts must live until
 * query_end. A statement text is in use by one query at a time.
 */
#ifndef TAJO_STORE_SQLITE_QUERY_H
#define TAJO_STORE_SQLITE_QUERY_H

#include "store/tables.h"

#include <sqlite3.h>

struct statement {
    const char *sql;
    sqlite3_stmt *stmt;
};

#define BOUND_SLACK 1000u

/* Why the file may not grow at the moment. */
enum growth { GROWTH_FREE, GROWTH_MAX_BYTES, GROWTH_RESERVE };

struct store_tx {
    sqlite3 *db;
    char *dir;
    char *path;
    int64_t min_free_bytes;
    int64_t max_bytes;
    enum growth growth;
    int64_t kill_in; /* writes and commits until the process kills itself; 0: never */
    int wal_pages;   /* in the log after the last commit */
    int tidy_failed; /* the failure has been logged */
    struct statement *statements;
    size_t statement_count;
    /* Rows put by this process. Bounds are looked at with every BOUND_SLACK-th, the first too:
     * counting costs too much to do it every time. */
    unsigned dead_puts;
    unsigned refresh_puts;
    /* Where the next person_unseen starts: only saves it from reading the same rows again. */
    struct {
        char *connector;
        int64_t snapshot;
        int64_t id;
    } unseen;
};

struct query {
    struct store_tx *tx;
    struct err_info *e;
    sqlite3_stmt *stmt;
    int next;   /* parameter to bind */
    int failed; /* a negative enum err */
};

void query_start(struct query *q, struct store_tx *tx, const char *sql, struct err_info *e);
void query_end(struct query *q);

void query_text(struct query *q, const char *text); /* NULL binds NULL */
void query_text_n(struct query *q, const char *text, size_t len);
void query_blob(struct query *q, const void *data, size_t len);
void query_int(struct query *q, int64_t value);
void query_set(struct query *q, const struct id_set *set);

int query_run(struct query *q);  /* to its end. 0 or negative */
int query_row(struct query *q);  /* 1: a row, 0: no more, or negative */
int query_find(struct query *q); /* 0: a row, ERR_NOT_FOUND, or another negative */

char *query_get_text(struct query *q, int column); /* a copy; NULL for NULL */
void *query_get_blob(struct query *q, int column, size_t *ret_len);
int64_t query_get_int(struct query *q, int column);
void query_get_set(struct query *q, int column, struct id_set *ret);

/* Array with room for one more than `count`; doubles. */
void *query_grow(void *rows, size_t count, size_t size);

/* Rows that the last statement changed. */
int64_t query_changes(const struct store_tx *tx);

/* The sentence for a failed SQLite call; returns its code. rc is the (extended) result. */
int query_fail(const struct store_tx *tx, int rc, struct err_info *e);

/* Counts one point of the test seam and dies at the chosen one. */
void query_kill_point(struct store_tx *tx);

/* The number of an address, made when missing; the row that refers to it follows in the same work.
 * person.c */
int address_need(struct store_tx *tx, const char *email, int64_t *ret, struct err_info *e);

/* Creates or updates the tables; refuses a newer or foreign file. schema.c */
int schema_apply(struct store_tx *tx, struct err_info *e);

#endif
