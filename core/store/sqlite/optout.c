/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sqlite/query.h"

static int follow(struct store_tx *tx, const char *sql, const char *from, const char *to,
                  struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, sql, e);
    query_text(&q, to);
    query_text(&q, from);
    return query_run(&q);
}

int optout_follow(struct store_tx *tx, const char *from, const char *to, struct err_info *e)
{
    int r = follow(tx, "UPDATE person SET former_email = ? WHERE former_email = ?", from, to, e);

    if (r < 0)
        return r;
    return follow(tx, "UPDATE contact SET optout_from = ? WHERE optout_from = ?", from, to, e);
}
