/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sqlite/contact.h"

#include "base/hash.h"
#include "base/json.h"
#include "base/strbuf.h"

#include <string.h>

#define PENDING_MAX (1024 * 1024)

void contact_clear(struct contact_row *row)
{
    free(row->email);
    free(row->delivered);
    free(row->pending);
    id_set_clear(&row->lists_wanted);
    id_set_clear(&row->lists_delivered);
    free(row->rename_from);
    free(row->optout_from);
    free(row->hold);
    *row = (struct contact_row){0};
}

void contact_list_free(struct contact_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        contact_clear(&rows[i]);
    free(rows);
}

struct contact_row contact_read(struct query *q)
{
    struct contact_row row = {
        .email = query_get_text(q, 0),
        .known = (int)query_get_int(q, 1),
        .pending = query_get_text(q, 3),
        .blocklist = (int)query_get_int(q, 6),
        .remove = (int)query_get_int(q, 7),
        .rename_from = query_get_text(q, 8),
        .hold = query_get_text(q, 9),
        .due_ms = query_get_int(q, 10),
        .attempts = (int)query_get_int(q, 11),
        .rev = query_get_int(q, 12),
        .batch = query_get_int(q, 13),
        .batch_rev = query_get_int(q, 14),
        .optout_from = query_get_text(q, 15),
    };
    row.delivered = query_get_blob(q, 2, &row.delivered_len);
    query_get_set(q, 4, &row.lists_wanted);
    query_get_set(q, 5, &row.lists_delivered);
    return row;
}

int contact_read_all(struct query *q, struct contact_row **ret, size_t *ret_count)
{
    struct contact_row *rows = NULL;
    size_t count = 0;
    int r = 0;

    while ((r = query_row(q)) > 0) {
        rows = query_grow(rows, count, sizeof(*rows));
        rows[count++] = contact_read(q);
    }
    if (r < 0) {
        contact_list_free(rows, count);
        return r;
    }
    *ret = rows;
    *ret_count = count;
    return 0;
}

int contact_get(struct store_tx *tx, const char *email, struct contact_row *ret, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx,
                "SELECT " CONTACT_COLUMNS
                " FROM contact WHERE id = (SELECT id FROM address WHERE email = ?)",
                e);
    query_text(&q, email);
    int r = query_find(&q);
    if (r == 0)
        *ret = contact_read(&q);
    return r;
}

int contact_get_by_id(struct store_tx *tx, int64_t id, struct contact_row *ret, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, "SELECT " CONTACT_COLUMNS " FROM contact WHERE id = ?", e);
    query_int(&q, id);
    int r = query_find(&q);
    if (r == 0)
        *ret = contact_read(&q);
    return r;
}

/* ---- groups ---- */

void contact_lists_to_add(const struct contact_row *row, struct id_set *ret)
{
    id_set_copy(ret, &row->lists_wanted);
    id_set_subtract(ret, &row->lists_delivered);
}

/* 1 when an attribute goes to false, or when nobody can tell. */
static int has_false(const char *pending)
{
    const char *name = NULL;
    json_t *value = NULL;

    if (!strstr(pending, "false"))
        return 0;
    json_t *object _cleanup_json_ = NULL;
    if (json_parse(pending, strlen(pending), PENDING_MAX, &object, NULL) < 0)
        return 1;
    json_object_foreach(object, name, value)
    {
        if (json_is_false(value))
            return 1;
    }
    return 0;
}

static int needs_single_call(const struct contact_row *row)
{
    if (row->remove || row->rename_from || row->optout_from)
        return 1;
    for (size_t i = 0; i < row->lists_delivered.count; i++) {
        if (!id_set_has(&row->lists_wanted, row->lists_delivered.ids[i]))
            return 1;
    }
    /* An import does not overwrite true by false. */
    return row->known && row->pending && has_false(row->pending);
}

/* A hash instead of a number from a table: equal on every host, and nothing to clean up. */
static int64_t group_key(const struct contact_row *row)
{
    struct id_set lists = {0};
    struct strbuf text = STRBUF_INIT;

    if (needs_single_call(row))
        return 0;
    contact_lists_to_add(row, &lists);
    strbuf_add_text(&text, row->blocklist == 1 ? "b" : "-");
    for (size_t i = 0; i < lists.count; i++)
        strbuf_add_format(&text, ",%lld", (long long)lists.ids[i]);
    int64_t key = (int64_t)(hash_bytes(text.data, text.len) & INT64_MAX);
    strbuf_release(&text);
    id_set_clear(&lists);
    return key ? key : 1;
}

/* ---- writing ---- */

/* The delivered lists, and the wanted ones that the person left. */
static int delivered_or_left(struct store_tx *tx, const struct contact_row *row, struct id_set *ret,
                             struct err_info *e)
{
    struct id_set wanted = {0};
    struct id_set left = {0};
    int r = 0;

    id_set_copy(ret, &row->lists_delivered);
    contact_lists_to_add(row, &wanted);
    if (wanted.count > 0)
        r = leaver_lists(tx, row->email, &left, e);
    for (size_t i = 0; i < left.count; i++) {
        if (id_set_has(&wanted, left.ids[i]))
            id_set_add(ret, left.ids[i]);
    }
    id_set_clear(&wanted);
    id_set_clear(&left);
    return r;
}

static int put_row(struct store_tx *tx, const struct contact_row *row, struct err_info *e)
{
    int64_t id = 0;
    int r = address_need(tx, row->email, &id, e);

    if (r < 0)
        return r;
    _cleanup_(query_end) struct query q;
    query_start(&q, tx,
                "INSERT INTO contact (" CONTACT_COLUMNS ", group_key, id)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET known = excluded.known,"
                " delivered = excluded.delivered, pending = excluded.pending,"
                " lists_wanted = excluded.lists_wanted,"
                " lists_delivered = excluded.lists_delivered, blocklist = excluded.blocklist,"
                " remove = excluded.remove, rename_from = excluded.rename_from,"
                " optout_from = excluded.optout_from,"
                " hold = excluded.hold, due_ms = excluded.due_ms, attempts = excluded.attempts,"
                " rev = excluded.rev, batch = excluded.batch, batch_rev = excluded.batch_rev,"
                " group_key = excluded.group_key",
                e);
    query_text(&q, row->email);
    query_int(&q, row->known != 0);
    query_blob(&q, row->delivered, row->delivered_len);
    query_text(&q, row->pending);
    query_set(&q, &row->lists_wanted);
    query_set(&q, &row->lists_delivered);
    query_int(&q, row->blocklist);
    query_int(&q, row->remove != 0);
    query_text(&q, row->rename_from);
    query_text(&q, row->hold);
    query_int(&q, row->due_ms);
    query_int(&q, row->attempts);
    query_int(&q, row->rev);
    query_int(&q, row->batch);
    query_int(&q, row->batch_rev);
    query_text(&q, row->optout_from);
    query_int(&q, group_key(row));
    query_int(&q, id);
    return query_run(&q);
}

int contact_put(struct store_tx *tx, const struct contact_row *row, struct err_info *e)
{
    struct contact_row stored = *row;

    stored.lists_delivered = (struct id_set){0};
    int r = delivered_or_left(tx, row, &stored.lists_delivered, e);
    if (r == 0)
        r = put_row(tx, &stored, e);
    id_set_clear(&stored.lists_delivered);
    return r;
}

int contact_delete(struct store_tx *tx, const char *email, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, "DELETE FROM contact WHERE id = (SELECT id FROM address WHERE email = ?)",
                e);
    query_text(&q, email);
    return query_run(&q);
}

int contact_leaving(struct store_tx *tx, const char *address, char **ret_email, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, "SELECT email FROM contact WHERE rename_from = ? LIMIT 1", e);
    query_text(&q, address);
    int r = query_find(&q);
    if (r == 0)
        *ret_email = query_get_text(&q, 0);
    return r;
}
