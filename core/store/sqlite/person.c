/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sqlite/query.h"

#include "base/mem.h"

#include <string.h>

#define COLUMNS                                                                                    \
    "p.connector, p.user_id, a.email, p.last_ms, p.created_ms, p.content_hash, p.snapshot, "       \
    "p.lists, p.former_email"
#define FROM_PERSON " FROM person p LEFT JOIN address a ON a.id = p.address_id "

void person_clear(struct person_row *row)
{
    free(row->connector);
    free(row->user_id);
    free(row->email);
    free(row->former_email);
    id_set_clear(&row->lists);
    *row = (struct person_row){0};
}

void person_list_free(struct person_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        person_clear(&rows[i]);
    free(rows);
}

static struct person_row read_person(struct query *q)
{
    struct person_row row = {
        .connector = query_get_text(q, 0),
        .user_id = query_get_text(q, 1),
        .email = query_get_text(q, 2),
        .last_ms = query_get_int(q, 3),
        .created_ms = query_get_int(q, 4),
        .content_hash = (uint64_t)query_get_int(q, 5),
        .snapshot = query_get_int(q, 6),
        .former_email = query_get_text(q, 8),
    };
    query_get_set(q, 7, &row.lists);
    return row;
}

int person_get(struct store_tx *tx, const char *connector, const char *user_id,
               struct person_row *ret, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, "SELECT " COLUMNS FROM_PERSON "WHERE p.connector = ? AND p.user_id = ?", e);
    query_text(&q, connector);
    query_text(&q, user_id);
    int r = query_find(&q);
    if (r == 0)
        *ret = read_person(&q);
    return r;
}

static int address_find(struct store_tx *tx, const char *email, int64_t *ret, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, "SELECT id FROM address WHERE email = ?", e);
    query_text(&q, email);
    int r = query_find(&q);
    if (r == 0)
        *ret = query_get_int(&q, 0);
    return r;
}

int address_need(struct store_tx *tx, const char *email, int64_t *ret, struct err_info *e)
{
    int r = address_find(tx, email, ret, e);

    if (r != ERR_NOT_FOUND)
        return r;
    _cleanup_(query_end) struct query q;
    query_start(&q, tx, "INSERT INTO address (email) VALUES (?)", e);
    query_text(&q, email);
    r = query_run(&q);
    if (r == 0)
        *ret = sqlite3_last_insert_rowid(tx->db);
    return r;
}

/* 0 stands for no address. */
static void bind_address(struct query *q, int64_t address)
{
    if (address == 0)
        query_text(q, NULL);
    else
        query_int(q, address);
}

static void bind_content(struct query *q, const struct person_row *row)
{
    query_int(q, row->last_ms);
    query_int(q, row->created_ms);
    query_int(q, (int64_t)row->content_hash);
    query_int(q, row->snapshot);
    query_set(q, &row->lists);
    query_text(q, row->former_email);
}

/* The common change leaves the address alone, and then its index is not written. */
static int update_same_address(struct store_tx *tx, const struct person_row *row, int64_t address,
                               struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(
        &q, tx,
        "UPDATE person SET last_ms = ?, created_ms = ?, content_hash = ?, snapshot = ?,"
        " lists = ?, former_email = ? WHERE connector = ? AND user_id = ? AND address_id IS ?",
        e);
    bind_content(&q, row);
    query_text(&q, row->connector);
    query_text(&q, row->user_id);
    bind_address(&q, address);
    return query_run(&q);
}

static int insert_or_replace(struct store_tx *tx, const struct person_row *row, int64_t address,
                             struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx,
                "INSERT INTO person (last_ms, created_ms, content_hash, snapshot, lists,"
                " former_email, connector, user_id, address_id)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (connector, user_id) DO UPDATE SET address_id = excluded.address_id,"
                " last_ms = excluded.last_ms, created_ms = excluded.created_ms,"
                " content_hash = excluded.content_hash, snapshot = excluded.snapshot,"
                " lists = excluded.lists, former_email = excluded.former_email",
                e);
    bind_content(&q, row);
    query_text(&q, row->connector);
    query_text(&q, row->user_id);
    bind_address(&q, address);
    return query_run(&q);
}

int person_put(struct store_tx *tx, const struct person_row *row, struct err_info *e)
{
    int64_t address = 0;
    int r = row->email ? address_need(tx, row->email, &address, e) : 0;

    if (r == 0)
        r = update_same_address(tx, row, address, e);
    return r < 0 || query_changes(tx) > 0 ? r : insert_or_replace(tx, row, address, e);
}

int person_delete(struct store_tx *tx, const char *connector, const char *user_id,
                  struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, "DELETE FROM person WHERE connector = ? AND user_id = ?", e);
    query_text(&q, connector);
    query_text(&q, user_id);
    return query_run(&q);
}

int person_mark(struct store_tx *tx, const char *connector, const char *user_id, int64_t snapshot,
                struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, "UPDATE person SET snapshot = ? WHERE connector = ? AND user_id = ?", e);
    query_int(&q, snapshot);
    query_text(&q, connector);
    query_text(&q, user_id);
    return query_run(&q);
}

int person_by_email(struct store_tx *tx, const char *email, size_t max, struct person_row **ret,
                    size_t *ret_count, struct err_info *e)
{
    _cleanup_(query_end) struct query q;
    struct person_row *rows = NULL;
    size_t count = 0;
    int r = 0;

    query_start(&q, tx,
                "SELECT " COLUMNS " FROM address a JOIN person p ON p.address_id = a.id"
                " WHERE a.email = ? ORDER BY p.last_ms DESC, p.created_ms DESC,"
                " p.connector DESC, p.user_id DESC LIMIT ?",
                e);
    query_text(&q, email);
    query_int(&q, (int64_t)max);
    while ((r = query_row(&q)) > 0) {
        rows = query_grow(rows, count, sizeof(*rows));
        rows[count++] = read_person(&q);
    }
    if (r < 0) {
        person_list_free(rows, count);
        return r;
    }
    *ret = rows;
    *ret_count = count;
    return 0;
}

/* ---- who vanished ---- */

struct unseen_page {
    struct person_row *rows;
    size_t count;
    int64_t last_id;
};

/* Adds unseen rows with after < id <= upto until the page has max. */
static int read_unseen(struct query *q, struct unseen_page *page, size_t max, int64_t after,
                       int64_t upto, const char *connector, int64_t snapshot)
{
    int r = 0;

    query_int(q, after);
    query_int(q, upto);
    query_text(q, connector);
    query_int(q, snapshot);
    query_int(q, (int64_t)(max - page->count));
    while ((r = query_row(q)) > 0) {
        page->rows = query_grow(page->rows, page->count, sizeof(*page->rows));
        page->rows[page->count++] = read_person(q);
        page->last_id = query_get_int(q, 9);
    }
    return r;
}

static int add_unseen(struct store_tx *tx, struct unseen_page *page, size_t max, int64_t after,
                      int64_t upto, const char *connector, int64_t snapshot, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx,
                "SELECT " COLUMNS ", p.id FROM person p NOT INDEXED"
                " LEFT JOIN address a ON a.id = p.address_id WHERE p.id > ? AND p.id <= ?"
                " AND p.connector = ? AND p.snapshot <> ? ORDER BY p.id LIMIT ?",
                e);
    return read_unseen(&q, page, max, after, upto, connector, snapshot);
}

int person_unseen_count(struct store_tx *tx, const char *connector, int64_t snapshot,
                        int64_t *ret_all, int64_t *ret_unseen, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx,
                "SELECT count(*), count(*) FILTER (WHERE snapshot <> ?) FROM person"
                " WHERE connector = ?",
                e);
    query_int(&q, snapshot);
    query_text(&q, connector);
    int r = query_find(&q);
    if (r < 0)
        return r;
    *ret_all = query_get_int(&q, 0);
    *ret_unseen = query_get_int(&q, 1);
    return 0;
}

/* An index on the snapshot would cost two writes for each person of each full run; instead, each
 * call goes on where the last one ended, and only the end of the table makes it look from the
 * start: all calls at the end of a run read the table twice, and none relies on the memory. */
int person_unseen(struct store_tx *tx, const char *connector, int64_t snapshot, size_t max,
                  struct person_row **ret, size_t *ret_count, struct err_info *e)
{
    struct unseen_page page = {0};
    int64_t after = 0;

    if (tx->unseen.connector && tx->unseen.snapshot == snapshot &&
        strcmp(tx->unseen.connector, connector) == 0)
        after = tx->unseen.id;
    int r = add_unseen(tx, &page, max, after, INT64_MAX, connector, snapshot, e);
    if (r == 0 && page.count < max && after > 0)
        r = add_unseen(tx, &page, max, 0, after, connector, snapshot, e);
    if (r < 0) {
        person_list_free(page.rows, page.count);
        return r;
    }
    free(tx->unseen.connector);
    tx->unseen.connector = mem_strdup(connector);
    tx->unseen.snapshot = snapshot;
    tx->unseen.id = page.last_id;
    *ret = page.rows;
    *ret_count = page.count;
    return 0;
}
