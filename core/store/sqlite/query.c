/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sqlite/query.h"

#include "base/mem.h"
#include "base/strbuf.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

static int fail_full(const struct store_tx *tx, struct err_info *e)
{
    if (tx->growth == GROWTH_RESERVE)
        return err_set(e, ERR_LIMIT, tx->path,
                       "Free space there; what is stored is still delivered meanwhile",
                       "the disk has less than the reserve of %lld bytes left, so the database may "
                       "not grow",
                       (long long)tx->min_free_bytes);
    if (tx->growth == GROWTH_MAX_BYTES)
        return err_set(e, ERR_LIMIT, tx->path,
                       "Raise host.max_store_mb, or wait until more has been delivered",
                       "the database has reached its limit of %lld bytes",
                       (long long)tx->max_bytes);
    return err_set(e, ERR_SYSTEM, tx->path, "Free space on this disk; nothing stored is lost",
                   "the disk is full, or a quota or a limit of file sizes is reached");
}

int query_fail(const struct store_tx *tx, int rc, struct err_info *e)
{
    int number = tx->db ? sqlite3_system_errno(tx->db) : errno;

    switch (rc & 0xff) {
    case SQLITE_FULL:
        return fail_full(tx, e);
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return err_set(
            e, ERR_SYSTEM, tx->path,
            "Restore it from a backup, or move it and its -wal file away: the next start "
            "creates a new one and reads everybody again",
            "this file is damaged or is not a database");
    case SQLITE_IOERR:
        return err_set(e, ERR_SYSTEM, tx->path,
                       "Look at the disk and the kernel log; nothing acknowledged is lost",
                       "reading or writing the database failed: %s (SQLite %d)",
                       number ? strerror(number) : sqlite3_errstr(rc), rc);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return err_set(e, ERR_SYSTEM, tx->path,
                       "Let the user that runs tajo-connect write the file and its directory",
                       "the database cannot be opened for writing: %s",
                       number ? strerror(number) : sqlite3_errstr(rc));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_set(e, ERR_SYSTEM, tx->path, "End the other program; only read it while we run",
                       "another program keeps the database locked");
    default:
        return err_set(e, ERR_SYSTEM, tx->path, "Report this as a defect",
                       "the database refused a statement: %s (SQLite %d)",
                       tx->db ? sqlite3_errmsg(tx->db) : sqlite3_errstr(rc), rc);
    }
}

void query_kill_point(struct store_tx *tx)
{
    if (tx->kill_in > 0 && --tx->kill_in == 0)
        raise(SIGKILL);
}

static sqlite3_stmt *find_statement(struct store_tx *tx, const char *sql)
{
    for (size_t i = 0; i < tx->statement_count; i++) {
        if (tx->statements[i].sql == sql)
            return tx->statements[i].stmt;
    }
    return NULL;
}

void query_start(struct query *q, struct store_tx *tx, const char *sql, struct err_info *e)
{
    *q = (struct query){.tx = tx, .e = e, .next = 1, .stmt = find_statement(tx, sql)};
    if (q->stmt)
        return;
    int rc = sqlite3_prepare_v3(tx->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &q->stmt, NULL);
    if (rc != SQLITE_OK) {
        q->failed = query_fail(tx, rc, e);
        return;
    }
    tx->statements = query_grow(tx->statements, tx->statement_count, sizeof(*tx->statements));
    tx->statements[tx->statement_count++] = (struct statement){.sql = sql, .stmt = q->stmt};
}

void query_end(struct query *q)
{
    if (!q->stmt)
        return;
    sqlite3_reset(q->stmt);
    sqlite3_clear_bindings(q->stmt);
    q->stmt = NULL;
}

static void check_bound(struct query *q, int rc)
{
    q->next++;
    if (rc != SQLITE_OK && q->failed == 0)
        q->failed = query_fail(q->tx, rc, q->e);
}

void query_text_n(struct query *q, const char *text, size_t len)
{
    if (q->failed == 0)
        check_bound(q,
                    sqlite3_bind_text64(q->stmt, q->next, text, len, SQLITE_STATIC, SQLITE_UTF8));
}

void query_text(struct query *q, const char *text)
{
    query_text_n(q, text, text ? strlen(text) : 0);
}

void query_blob(struct query *q, const void *data, size_t len)
{
    if (q->failed == 0)
        check_bound(q, sqlite3_bind_blob64(q->stmt, q->next, data, len, SQLITE_STATIC));
}

void query_int(struct query *q, int64_t value)
{
    if (q->failed == 0)
        check_bound(q, sqlite3_bind_int64(q->stmt, q->next, value));
}

void query_set(struct query *q, const struct id_set *set)
{
    struct strbuf text = STRBUF_INIT;

    if (q->failed < 0)
        return;
    for (size_t i = 0; i < set->count; i++)
        strbuf_add_format(&text, i ? ",%lld" : "%lld", (long long)set->ids[i]);
    size_t len = text.len;
    check_bound(
        q, sqlite3_bind_text64(q->stmt, q->next, strbuf_detach(&text), len, free, SQLITE_UTF8));
}

int query_row(struct query *q)
{
    if (q->failed < 0)
        return q->failed;
    if (!sqlite3_stmt_readonly(q->stmt) && !sqlite3_get_autocommit(q->tx->db))
        query_kill_point(q->tx);
    int rc = sqlite3_step(q->stmt);
    if (rc == SQLITE_ROW)
        return 1;
    if (rc == SQLITE_DONE)
        return 0;
    q->failed = query_fail(q->tx, rc, q->e);
    return q->failed;
}

int query_find(struct query *q)
{
    int r = query_row(q);

    if (r == 0)
        return ERR_NOT_FOUND;
    return r > 0 ? 0 : r;
}

int query_run(struct query *q)
{
    int r = query_row(q);

    while (r > 0)
        r = query_row(q);
    return r;
}

char *query_get_text(struct query *q, int column)
{
    const char *text = (const char *)sqlite3_column_text(q->stmt, column);

    if (!text)
        return NULL;
    return mem_strndup(text, (size_t)sqlite3_column_bytes(q->stmt, column));
}

void *query_get_blob(struct query *q, int column, size_t *ret_len)
{
    const void *data = sqlite3_column_blob(q->stmt, column);
    size_t len = (size_t)sqlite3_column_bytes(q->stmt, column);

    if (!data)
        return NULL;
    void *copy = mem_alloc(len);
    memcpy(copy, data, len);
    *ret_len = len;
    return copy;
}

int64_t query_get_int(struct query *q, int column)
{
    return sqlite3_column_int64(q->stmt, column);
}

void query_get_set(struct query *q, int column, struct id_set *ret)
{
    const char *text = (const char *)sqlite3_column_text(q->stmt, column);

    while (text && *text) {
        char *end = NULL;
        int64_t id = strtoll(text, &end, 10);
        if (end == text)
            break;
        id_set_add(ret, id);
        text = *end == ',' ? end + 1 : end;
    }
}

void *query_grow(void *rows, size_t count, size_t size)
{
    if (count & (count - 1)) /* room up to the next power of two */
        return rows;
    return mem_resize(rows, count ? count * 2 : 1, size);
}

int64_t query_changes(const struct store_tx *tx)
{
    return sqlite3_changes64(tx->db);
}
