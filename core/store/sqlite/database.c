/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sqlite/database.h"

#include "base/mem.h"
#include "log/log.h"
#include "store/sqlite/query.h"
#include "store/state_dir.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#define DEFAULT_RESERVE (64LL * 1024 * 1024)
#define PAGE_BYTES      4096
/* Long enough that a page changed by many works reaches the database file once, short enough for
 * a quick start after a crash. */
#define WAL_PAGES    16384
#define BUSY_WAIT_MS 5000

DEFINE_CLEANUP(struct store_tx *, database_close);

static int count_wal_pages(void *arg, sqlite3 *db, const char *name, int pages)
{
    struct store_tx *tx = arg;

    (void)db;
    (void)name;
    tx->wal_pages = pages;
    return SQLITE_OK;
}

/* Temporary files (sorting, savepoints, the scratch copy) belong on the disk whose reserve we
 * watch, and under the directory's mode. SQLite has one such directory a process. */
static void place_temporary_files(const char *dir)
{
    sqlite3_mutex *mutex = sqlite3_mutex_alloc(SQLITE_MUTEX_STATIC_VFS1);

    sqlite3_mutex_enter(mutex);
    sqlite3_free(sqlite3_temp_directory);
    sqlite3_temp_directory = sqlite3_mprintf("%s", dir);
    sqlite3_mutex_leave(mutex);
}

static int run_text(struct store_tx *tx, const char *sql, struct err_info *e)
{
    int rc = sqlite3_exec(tx->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : query_fail(tx, rc, e);
}

/* Below the reserve the file keeps its size: what shrinks or replaces goes on, so that deliveries
 * can finish, and what would add is refused by name. */
static int limit_growth(struct store_tx *tx, struct err_info *e)
{
    enum growth growth = tx->max_bytes > 0 ? GROWTH_MAX_BYTES : GROWTH_FREE;
    int64_t pages = tx->max_bytes > 0 ? tx->max_bytes / PAGE_BYTES + 1 : 0xfffffffe;
    char sql[64];

    if (state_dir_free_bytes(tx->dir) < tx->min_free_bytes) {
        growth = GROWTH_RESERVE;
        pages = 1; /* SQLite raises it to the present size */
    }
    if (growth == tx->growth)
        return 0;
    sqlite3_snprintf(sizeof(sql), sql, "PRAGMA max_page_count=%lld", (long long)pages);
    int r = run_text(tx, sql, e);
    if (r == 0)
        tx->growth = growth;
    return r;
}

/* The copy is one snapshot, taken through a connection that cannot write or checkpoint. */
static int copy_original(struct store_tx *tx, struct err_info *e)
{
    struct store_tx original = {.path = tx->path};
    struct stat st;

    if (stat(tx->path, &st) < 0 && errno == ENOENT)
        return 0;
    if (st.st_size > state_dir_free_bytes(tx->dir) - tx->min_free_bytes)
        return err_set(e, ERR_LIMIT, tx->dir, "Free space there",
                       "a dry run works on a copy of the database, and the disk has no room for "
                       "its %lld bytes",
                       (long long)st.st_size);
    int rc = sqlite3_open_v2(tx->path, &original.db, SQLITE_OPEN_READONLY, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_busy_timeout(original.db, BUSY_WAIT_MS);
        sqlite3_db_config(original.db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        sqlite3_backup *backup = sqlite3_backup_init(tx->db, "main", original.db, "main");
        if (backup)
            sqlite3_backup_step(backup, -1);
        rc = backup ? sqlite3_backup_finish(backup) : sqlite3_errcode(tx->db);
    }
    int r = rc == SQLITE_OK ? 0 : query_fail(&original, rc, e);
    sqlite3_close(original.db);
    return r;
}

static int open_scratch(struct store_tx *tx, struct err_info *e)
{
    /* An empty name is SQLite's temporary database: a file without a name that ends with us. */
    int rc = sqlite3_open_v2(
        "", &tx->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK)
        return query_fail(tx, rc, e);
    return copy_original(tx, e);
}

static int open_file(struct store_tx *tx, struct err_info *e)
{
    int r = state_dir_make_private(tx->path, e);

    if (r < 0)
        return r;
    int rc =
        sqlite3_open_v2(tx->path, &tx->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);
    if (rc != SQLITE_OK)
        return query_fail(tx, rc, e);
    sqlite3_busy_timeout(tx->db, BUSY_WAIT_MS);
    return 0;
}

/* After schema_apply, which refuses a foreign file before anything of it is changed. */
static int start_log(struct store_tx *tx, struct err_info *e)
{
    sqlite3_wal_hook(tx->db, count_wal_pages, tx); /* replaces the checkpoint inside COMMIT */
    return run_text(tx, "PRAGMA journal_mode=WAL; PRAGMA journal_size_limit=67108864", e);
}

static int prepare_schema(struct store_tx *tx, struct err_info *e)
{
    int r = database_begin(tx, e);

    if (r == 0)
        r = schema_apply(tx, e);
    if (r == 0)
        return database_commit(tx, e);
    database_rollback(tx);
    return r;
}

int database_open(struct store_tx **ret, const struct store_options *options, struct err_info *e)
{
    _cleanup_(cleanup_database_close) struct store_tx *tx = mem_alloc(sizeof(*tx));

    tx->dir = mem_strdup(options->state_dir);
    tx->path = mem_printf("%s/tajo.db", options->state_dir);
    tx->min_free_bytes = options->min_free_bytes ? options->min_free_bytes : DEFAULT_RESERVE;
    tx->max_bytes = options->max_bytes;
    place_temporary_files(tx->dir);

    int r = options->scratch ? open_scratch(tx, e) : open_file(tx, e);
    if (r == 0)
        sqlite3_extended_result_codes(tx->db, 1);
    if (r == 0)
        r = run_text(tx,
                     "PRAGMA synchronous=FULL; PRAGMA cache_size=-4096; PRAGMA mmap_size=0;"
                     "PRAGMA temp_store=FILE; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON",
                     e);
    if (r == 0)
        r = prepare_schema(tx, e);
    if (r == 0 && !options->scratch)
        r = start_log(tx, e);
    if (r < 0)
        return r;
    /* After the schema, so that the points which a test counts do not depend on it. */
    const char *kill_at = getenv("TAJO_KILL_AT_WRITE");
    tx->kill_in = kill_at ? strtoll(kill_at, NULL, 10) : 0;
    *ret = take_ptr(tx);
    return 0;
}

struct store_tx *database_close(struct store_tx *tx)
{
    if (!tx)
        return NULL;
    for (size_t i = 0; i < tx->statement_count; i++)
        sqlite3_finalize(tx->statements[i].stmt);
    sqlite3_close(tx->db);
    free(tx->statements);
    free(tx->unseen.connector);
    free(tx->dir);
    free(tx->path);
    free(tx);
    return NULL;
}

static int run_plain(struct store_tx *tx, const char *sql, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, sql, e);
    return q.failed < 0 ? q.failed : query_run(&q);
}

int database_begin(struct store_tx *tx, struct err_info *e)
{
    int r = limit_growth(tx, e);
    return r < 0 ? r : run_plain(tx, "BEGIN IMMEDIATE", e);
}

int database_commit(struct store_tx *tx, struct err_info *e)
{
    query_kill_point(tx);
    int r = run_plain(tx, "COMMIT", e);
    if (r < 0) {
        database_rollback(tx);
        return r;
    }
    query_kill_point(tx);
    return 0;
}

void database_rollback(struct store_tx *tx)
{
    if (database_in_transaction(tx))
        (void)run_plain(tx, "ROLLBACK", NULL);
}

int database_in_transaction(const struct store_tx *tx)
{
    return !sqlite3_get_autocommit(tx->db);
}

int database_guard(struct store_tx *tx, struct err_info *e)
{
    return run_plain(tx, "SAVEPOINT work", e);
}

int database_release(struct store_tx *tx, struct err_info *e)
{
    return run_plain(tx, "RELEASE work", e);
}

int database_undo(struct store_tx *tx, struct err_info *e)
{
    int r = run_plain(tx, "ROLLBACK TO work", e);
    return r < 0 ? r : run_plain(tx, "RELEASE work", e);
}

int database_is_dirty(const struct store_tx *tx)
{
    return tx->wal_pages > 0;
}

void database_tidy(struct store_tx *tx, int idle)
{
    int mode = idle ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
    int left = 0;
    int moved = 0;

    if (!idle && tx->wal_pages < WAL_PAGES)
        return;
    int rc = sqlite3_wal_checkpoint_v2(tx->db, "main", mode, &left, &moved);
    int failed = rc != SQLITE_OK && (rc & 0xff) != SQLITE_BUSY;
    if (failed && !tx->tidy_failed)
        log_line(LOG_LEVEL_WARN, "store",
                 "the log could not be moved into the database; will retry", "reason=%s",
                 log_quote(sqlite3_errstr(rc)));
    tx->tidy_failed = failed;
    if (rc == SQLITE_OK && left == moved)
        tx->wal_pages = 0;
}
