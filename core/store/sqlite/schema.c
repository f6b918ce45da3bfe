/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables. A change of this text needs a higher SCHEMA_VERSION and a step in STEPS.
 *
 * person and contact keep a rowid although their keys are texts: rows are appended, so that only
 * the small key indexes are written at random places (measured: 300,000 new persons write 0.75
 * million log pages; 1.38 million and 2.5 times the time when the tables are WITHOUT ROWID).
 * Addresses have a table of their own for the same reason: one random index for both.
 */
#include "store/sqlite/query.h"

#define SCHEMA_VERSION 1
#define APPLICATION_ID 0x54616a6f /* "Tajo" */

#define UNUSED                                                                                     \
    " AND NOT EXISTS (SELECT 1 FROM person WHERE person.address_id = address.id)"                  \
    " AND NOT EXISTS (SELECT 1 FROM contact WHERE contact.id = address.id)"

static const char *const STEPS[SCHEMA_VERSION] = {
    "CREATE TABLE address (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE) STRICT;"

    "CREATE TABLE person (id INTEGER PRIMARY KEY, connector TEXT NOT NULL, user_id TEXT NOT NULL,"
    " address_id INTEGER, last_ms INTEGER NOT NULL, created_ms INTEGER NOT NULL,"
    " content_hash INTEGER NOT NULL, snapshot INTEGER NOT NULL, lists TEXT NOT NULL,"
    " former_email TEXT,"
    " UNIQUE (connector, user_id)) STRICT;"
    "CREATE INDEX person_address ON person (address_id) WHERE address_id IS NOT NULL;"
    "CREATE INDEX person_former ON person (former_email) WHERE former_email IS NOT NULL;"

    /* id is the address's */
    "CREATE TABLE contact (id INTEGER PRIMARY KEY, email TEXT NOT NULL,"
    " known INTEGER NOT NULL, delivered BLOB, pending TEXT, lists_wanted TEXT NOT NULL,"
    " lists_delivered TEXT NOT NULL, blocklist INTEGER NOT NULL, remove INTEGER NOT NULL,"
    " rename_from TEXT, optout_from TEXT, hold TEXT, due_ms INTEGER NOT NULL, attempts INTEGER NOT "
    "NULL,"
    " rev INTEGER NOT NULL, batch INTEGER NOT NULL, batch_rev INTEGER NOT NULL,"
    " group_key INTEGER NOT NULL) STRICT;"
    "CREATE INDEX contact_due ON contact (group_key, due_ms, hold, known)"
    " WHERE due_ms <> 0 AND batch = 0;"
    "CREATE INDEX contact_batch ON contact (batch, email, known, due_ms) WHERE batch <> 0;"
    "CREATE INDEX contact_leaving ON contact (rename_from) WHERE rename_from IS NOT NULL;"
    "CREATE INDEX contact_optout ON contact (optout_from) WHERE optout_from IS NOT NULL;"
    "CREATE INDEX contact_known ON contact (known) WHERE known = 1;"

    /* an address goes with the last row that names it */
    "CREATE TRIGGER person_deleted AFTER DELETE ON person BEGIN"
    " DELETE FROM address WHERE id = old.address_id " UNUSED "; END;"
    "CREATE TRIGGER person_moved AFTER UPDATE OF address_id ON person"
    " WHEN old.address_id IS NOT new.address_id BEGIN"
    " DELETE FROM address WHERE id = old.address_id " UNUSED "; END;"
    "CREATE TRIGGER contact_deleted AFTER DELETE ON contact BEGIN"
    " DELETE FROM address WHERE id = old.id " UNUSED "; END;"

    "CREATE TABLE phone (number TEXT PRIMARY KEY, email TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX phone_email ON phone (email);"
    "CREATE TABLE phone_wait (email TEXT PRIMARY KEY, number TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX phone_wait_number ON phone_wait (number);"

    "CREATE TABLE leaver (email TEXT NOT NULL, list INTEGER NOT NULL, PRIMARY KEY (email, list))"
    " STRICT, WITHOUT ROWID;"

    "CREATE TABLE hold (source TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;"

    "CREATE TABLE cursor (source TEXT PRIMARY KEY, value TEXT NOT NULL, previous TEXT)"
    " STRICT, WITHOUT ROWID;"

    "CREATE TABLE run (id INTEGER PRIMARY KEY, source TEXT NOT NULL, mode TEXT NOT NULL,"
    " started_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL DEFAULT 0, result TEXT,"
    " counters TEXT, error TEXT) STRICT;"
    "CREATE INDEX run_source ON run (source);"

    /* state: 0 waits, 1 was listed, 2 was put again after it was listed */
    "CREATE TABLE refresh (id INTEGER PRIMARY KEY, source TEXT NOT NULL, subject TEXT NOT NULL,"
    " at_ms INTEGER NOT NULL, state INTEGER NOT NULL DEFAULT 0,"
    " attempts INTEGER NOT NULL DEFAULT 0, UNIQUE (source, subject)) STRICT;"
    "CREATE INDEX refresh_next ON refresh (source, attempts, at_ms);"

    "CREATE TABLE dead (id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL,"
    " stage TEXT NOT NULL, subject TEXT NOT NULL, reason TEXT, detail TEXT, payload TEXT,"
    " at_ms INTEGER NOT NULL, UNIQUE (source, stage, subject)) STRICT;"

    "CREATE TABLE token (key TEXT PRIMARY KEY, token TEXT NOT NULL, scopes TEXT NOT NULL,"
    " expires_ms INTEGER NOT NULL, fetched_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"

    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;",
};

static int read_number(struct store_tx *tx, const char *sql, int64_t *ret, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, sql, e);
    int r = query_find(&q);
    if (r < 0)
        return r;
    *ret = query_get_int(&q, 0);
    return 0;
}

static int apply_steps(struct store_tx *tx, int64_t from, struct err_info *e)
{
    for (int64_t i = from; i < SCHEMA_VERSION; i++) {
        int rc = sqlite3_exec(tx->db, STEPS[i], NULL, NULL, NULL);
        if (rc != SQLITE_OK)
            return query_fail(tx, rc, e);
    }
    char pragmas[96];
    sqlite3_snprintf(sizeof(pragmas), pragmas, "PRAGMA application_id=%d; PRAGMA user_version=%d",
                     APPLICATION_ID, SCHEMA_VERSION);
    int rc = sqlite3_exec(tx->db, pragmas, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : query_fail(tx, rc, e);
}

int schema_apply(struct store_tx *tx, struct err_info *e)
{
    int64_t application = 0;
    int64_t version = 0;
    int64_t tables = 0;
    int r = read_number(tx, "PRAGMA application_id", &application, e);

    if (r == 0)
        r = read_number(tx, "PRAGMA user_version", &version, e);
    if (r == 0)
        r = read_number(tx, "SELECT count(*) FROM sqlite_schema", &tables, e);
    if (r < 0)
        return r;
    if (tables > 0 && application != APPLICATION_ID)
        return err_set(e, ERR_CONFIG, tx->path,
                       "Move it away, or choose another state directory with --state-dir",
                       "this is the database of another program");
    if (version > SCHEMA_VERSION)
        return err_set(e, ERR_CONFIG, tx->path,
                       "Use that newer tajo-connect, or another state directory with --state-dir",
                       "a newer tajo-connect wrote this database (schema %lld; this one knows %d)",
                       (long long)version, SCHEMA_VERSION);
    return version == SCHEMA_VERSION ? 0 : apply_steps(tx, version, e);
}
