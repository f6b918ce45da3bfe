/* SPDX-License-Identifier: Apache-2.0
 *
 * The telephone numbers of a contact, and who goes without one because it belongs to another.
 */
#include "store/sqlite/query.h"

int phone_delete(struct store_tx *tx, const char *number, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, "DELETE FROM phone WHERE number = ?", e);
    query_text(&q, number);
    return query_run(&q);
}

int phone_of(struct store_tx *tx, const char *email, const char *after, char **ret_number,
             struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx,
                "SELECT number FROM phone WHERE email = ? AND number > ? ORDER BY number LIMIT 1",
                e);
    query_text(&q, email);
    query_text(&q, after ? after : "");
    int r = query_find(&q);
    if (r < 0)
        return r;
    *ret_number = query_get_text(&q, 0);
    return 0;
}

int phone_wait(struct store_tx *tx, const char *number, const char *email, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx,
                "INSERT INTO phone_wait (email, number) VALUES (?, ?)"
                " ON CONFLICT (email) DO UPDATE SET number = excluded.number",
                e);
    query_text(&q, email);
    query_text(&q, number);
    return query_run(&q);
}

int phone_wait_delete(struct store_tx *tx, const char *email, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, "DELETE FROM phone_wait WHERE email = ?", e);
    query_text(&q, email);
    return query_run(&q);
}

int phone_next(struct store_tx *tx, const char *number, char **ret_email, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    /* CROSS JOIN keeps the order: from the few that wait to their persons. */
    query_start(&q, tx,
                "SELECT w.email FROM phone_wait w CROSS JOIN address a ON a.email = w.email"
                " CROSS JOIN person p ON p.address_id = a.id"
                " WHERE w.number = ? ORDER BY p.last_ms DESC, p.created_ms DESC,"
                " p.connector DESC, p.user_id DESC LIMIT 1",
                e);
    query_text(&q, number);
    int r = query_find(&q);
    if (r < 0)
        return r;
    *ret_email = query_get_text(&q, 0);
    return 0;
}
