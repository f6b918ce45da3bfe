/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables of one key and a value or two: phone, leaver, hold, cursor, token, meta.
 */
#include "store/sqlite/query.h"

/* Runs a statement whose only parameter is a key. */
static int run_with_key(struct store_tx *tx, const char *sql, const char *key, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, sql, e);
    query_text(&q, key);
    return query_run(&q);
}

static int get_by_key(struct store_tx *tx, const char *sql, const char *key, char **ret,
                      struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, sql, e);
    query_text(&q, key);
    int r = query_find(&q);
    if (r == 0)
        *ret = query_get_text(&q, 0);
    return r;
}

static int put_pair(struct store_tx *tx, const char *sql, const char *key, const char *value,
                    struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, sql, e);
    query_text(&q, key);
    query_text(&q, value);
    return query_run(&q);
}

/* ---- phone ---- */

int phone_owner(struct store_tx *tx, const char *number, char **ret_email, struct err_info *e)
{
    return get_by_key(tx, "SELECT email FROM phone WHERE number = ?", number, ret_email, e);
}

int phone_put(struct store_tx *tx, const char *number, const char *email, struct err_info *e)
{
    return put_pair(tx,
                    "INSERT INTO phone (number, email) VALUES (?, ?)"
                    " ON CONFLICT (number) DO UPDATE SET email = excluded.email",
                    number, email, e);
}

int phone_delete_of(struct store_tx *tx, const char *email, struct err_info *e)
{
    return run_with_key(tx, "DELETE FROM phone WHERE email = ?", email, e);
}

/* ---- leaver ---- */

int leaver_put(struct store_tx *tx, const char *email, int64_t list, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, "INSERT OR IGNORE INTO leaver (email, list) VALUES (?, ?)", e);
    query_text(&q, email);
    query_int(&q, list);
    return query_run(&q);
}

int leaver_lists(struct store_tx *tx, const char *email, struct id_set *ret, struct err_info *e)
{
    _cleanup_(query_end) struct query q;
    int r = 0;

    query_start(&q, tx, "SELECT list FROM leaver WHERE email = ?", e);
    query_text(&q, email);
    while ((r = query_row(&q)) > 0)
        id_set_add(ret, query_get_int(&q, 0));
    return r;
}

/* ---- hold ---- */

int hold_set(struct store_tx *tx, const char *source, struct err_info *e)
{
    return run_with_key(tx, "INSERT OR IGNORE INTO hold (source) VALUES (?)", source, e);
}

int hold_clear(struct store_tx *tx, const char *source, struct err_info *e)
{
    return run_with_key(tx, "DELETE FROM hold WHERE source = ?", source, e);
}

int hold_get(struct store_tx *tx, const char *source, int *ret_held, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, "SELECT 1 FROM hold WHERE source = ?", e);
    query_text(&q, source);
    int r = query_row(&q);
    if (r < 0)
        return r;
    *ret_held = r;
    return 0;
}

/* ---- cursor ---- */

int cursor_get(struct store_tx *tx, const char *source, char **ret_value, struct err_info *e)
{
    return get_by_key(tx, "SELECT value FROM cursor WHERE source = ?", source, ret_value, e);
}

int cursor_get_previous(struct store_tx *tx, const char *source, char **ret_value,
                        struct err_info *e)
{
    return get_by_key(tx, "SELECT previous FROM cursor WHERE source = ? AND previous IS NOT NULL",
                      source, ret_value, e);
}

int cursor_put(struct store_tx *tx, const char *source, const char *value, size_t len,
               struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx,
                "INSERT INTO cursor (source, value) VALUES (?, ?) ON CONFLICT (source) DO UPDATE"
                " SET previous = value, value = excluded.value WHERE value <> excluded.value",
                e);
    query_text(&q, source);
    query_text_n(&q, value ? value : "", len);
    return query_run(&q);
}

int cursor_delete(struct store_tx *tx, const char *source, struct err_info *e)
{
    return run_with_key(tx, "DELETE FROM cursor WHERE source = ?", source, e);
}

/* ---- token ---- */

void token_clear(struct token_row *row)
{
    free(row->token);
    free(row->scopes);
    *row = (struct token_row){0};
}

int token_get(struct store_tx *tx, const char *key, struct token_row *ret, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, "SELECT token, scopes, expires_ms, fetched_ms FROM token WHERE key = ?", e);
    query_text(&q, key);
    int r = query_find(&q);
    if (r < 0)
        return r;
    *ret = (struct token_row){
        .token = query_get_text(&q, 0),
        .scopes = query_get_text(&q, 1),
        .expires_ms = query_get_int(&q, 2),
        .fetched_ms = query_get_int(&q, 3),
    };
    return 0;
}

static int delete_expired_tokens(struct store_tx *tx, int64_t now_ms, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, "DELETE FROM token WHERE expires_ms <= ?", e);
    query_int(&q, now_ms);
    return query_run(&q);
}

int token_put(struct store_tx *tx, const char *key, const struct token_row *row, struct err_info *e)
{
    int r = delete_expired_tokens(tx, row->fetched_ms, e);
    if (r < 0)
        return r;
    _cleanup_(query_end) struct query q;

    query_start(&q, tx,
                "INSERT OR REPLACE INTO token (key, token, scopes, expires_ms, fetched_ms)"
                " VALUES (?, ?, ?, ?, ?)",
                e);
    query_text(&q, key);
    query_text(&q, row->token);
    query_text(&q, row->scopes ? row->scopes : "");
    query_int(&q, row->expires_ms);
    query_int(&q, row->fetched_ms);
    return query_run(&q);
}

int token_delete(struct store_tx *tx, const char *key, struct err_info *e)
{
    return run_with_key(tx, "DELETE FROM token WHERE key = ?", key, e);
}

/* ---- meta ---- */

int meta_get(struct store_tx *tx, const char *key, char **ret_value, struct err_info *e)
{
    return get_by_key(tx, "SELECT value FROM meta WHERE key = ?", key, ret_value, e);
}

int meta_put(struct store_tx *tx, const char *key, const char *value, struct err_info *e)
{
    return put_pair(tx, "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", key, value, e);
}

int meta_delete(struct store_tx *tx, const char *key, struct err_info *e)
{
    return run_with_key(tx, "DELETE FROM meta WHERE key = ?", key, e);
}
