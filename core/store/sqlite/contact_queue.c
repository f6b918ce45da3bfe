/* SPDX-License-Identifier: Apache-2.0
 *
 * What is to be delivered: groups, batches, totals. Everything here reads the partial indexes
 * contact_due and contact_batch, so its cost follows what waits, not how many contacts there are.
 */
#include "store/sqlite/contact.h"

#include "base/mem.h"

/* The terms of the index contact_due, letter by letter, so that SQLite can use it. */
#define WAITING  "due_ms <> 0 AND batch = 0"
#define NOT_HELD "(hold IS NULL OR hold NOT IN (SELECT source FROM hold))"
/* Brevo still has somebody else under this address, who is about to get another one. */
#define NOT_TAKEN                                                                                  \
    "id NOT IN (SELECT address.id FROM contact AS other INDEXED BY contact_leaving JOIN address"   \
    " ON address.email = other.rename_from"                                                        \
    " WHERE other.rename_from IS NOT NULL AND other.due_ms <> 0)"

void contact_groups_free(struct contact_group *groups, size_t count)
{
    for (size_t i = 0; i < count; i++)
        id_set_clear(&groups[i].lists);
    free(groups);
}

/* What the group would add, from any of its rows: they are equal in that. */
static int describe_group(struct store_tx *tx, struct contact_group *group, int64_t id,
                          struct err_info *e)
{
    _cleanup_(contact_clear) struct contact_row row = {0};

    if (group->key == 0)
        return 0;
    int r = contact_get_by_id(tx, id, &row, e);
    if (r < 0)
        return r;
    contact_lists_to_add(&row, &group->lists);
    group->blocklist = row.blocklist == 1;
    return 0;
}

int contact_groups(struct store_tx *tx, int64_t now_ms, size_t max, struct contact_group **ret,
                   size_t *ret_count, struct err_info *e)
{
    _cleanup_(query_end) struct query q;
    struct contact_group *groups = NULL;
    size_t count = 0;
    int r = 0;

    query_start(&q, tx,
                "SELECT group_key, count(*), min(id) FROM contact INDEXED BY contact_due"
                " WHERE " WAITING " AND due_ms <= ? AND " NOT_HELD " AND " NOT_TAKEN
                " GROUP BY group_key ORDER BY 2 DESC, 1 LIMIT ?",
                e);
    query_int(&q, now_ms);
    query_int(&q, (int64_t)max);
    while ((r = query_row(&q)) > 0) {
        groups = query_grow(groups, count, sizeof(*groups));
        struct contact_group *group = &groups[count++];
        *group = (struct contact_group){.key = query_get_int(&q, 0), .count = query_get_int(&q, 1)};
        r = describe_group(tx, group, query_get_int(&q, 2), e);
        if (r < 0)
            break;
    }
    if (r < 0) {
        contact_groups_free(groups, count);
        return r;
    }
    *ret = groups;
    *ret_count = count;
    return 0;
}

/* ---- taking a batch ---- */

/* Ids first: what is taken leaves the index that is being read. */
static int list_due(struct store_tx *tx, int64_t group_key, int64_t now_ms, size_t max,
                    int64_t **ret, size_t *ret_count, struct err_info *e)
{
    _cleanup_(query_end) struct query q;
    int64_t *ids = NULL;
    size_t count = 0;
    int r = 0;

    query_start(&q, tx,
                "SELECT id FROM contact INDEXED BY contact_due WHERE " WAITING
                " AND group_key = ? AND due_ms <= ? AND " NOT_HELD " AND " NOT_TAKEN
                " ORDER BY due_ms LIMIT ?",
                e);
    query_int(&q, group_key);
    query_int(&q, now_ms);
    query_int(&q, (int64_t)max);
    while ((r = query_row(&q)) > 0) {
        ids = query_grow(ids, count, sizeof(*ids));
        ids[count++] = query_get_int(&q, 0);
    }
    if (r < 0) {
        free(ids);
        return r;
    }
    *ret = ids;
    *ret_count = count;
    return 0;
}

static int set_batch(struct store_tx *tx, int64_t id, const struct contact_row *row,
                     struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, "UPDATE contact SET batch = ?, batch_rev = ? WHERE id = ?", e);
    query_int(&q, row->batch);
    query_int(&q, row->batch_rev);
    query_int(&q, id);
    return query_run(&q);
}

int contact_take(struct store_tx *tx, int64_t group_key, int64_t batch, int64_t now_ms, size_t max,
                 int (*each)(void *arg, const struct contact_row *row), void *arg,
                 int64_t *ret_taken, struct err_info *e)
{
    _cleanup_free_ int64_t *ids = NULL;
    size_t count = 0;
    int64_t taken = 0;
    int r = list_due(tx, group_key, now_ms, max, &ids, &count, e);

    for (size_t i = 0; r == 0 && i < count; i++) {
        _cleanup_(contact_clear) struct contact_row row = {0};
        r = contact_get_by_id(tx, ids[i], &row, e);
        if (r < 0)
            break;
        row.batch = batch;
        row.batch_rev = row.rev;
        if (each(arg, &row) != 0)
            break;
        r = set_batch(tx, ids[i], &row, e);
        taken++;
    }
    if (r == 0)
        *ret_taken = taken;
    return r;
}

int contact_batch_rows(struct store_tx *tx, int64_t batch, const char *after, size_t max,
                       struct contact_row **ret, size_t *ret_count, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx,
                "SELECT " CONTACT_COLUMNS " FROM contact INDEXED BY contact_batch"
                " WHERE batch <> 0 AND batch = ? AND email > ? ORDER BY email LIMIT ?",
                e);
    query_int(&q, batch);
    query_text(&q, after ? after : "");
    query_int(&q, (int64_t)max);
    return contact_read_all(&q, ret, ret_count);
}

static int revive_dead(struct store_tx *tx, int64_t now_ms, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx,
                "UPDATE contact SET due_ms = ? WHERE due_ms = 0 AND batch = 0 AND id IN"
                " (SELECT a.id FROM dead d JOIN address a ON a.email = d.subject"
                " WHERE d.source = 'brevo' AND d.stage = 'deliver')",
                e);
    query_int(&q, now_ms);
    return query_run(&q);
}

int contact_hurry(struct store_tx *tx, int64_t now_ms, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, "UPDATE contact SET due_ms = ?1 WHERE " WAITING " AND due_ms > ?1", e);
    query_int(&q, now_ms);
    int r = query_run(&q);
    return r < 0 ? r : revive_dead(tx, now_ms, e);
}

int contact_release_all(struct store_tx *tx, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, "UPDATE contact SET batch = 0, batch_rev = 0 WHERE batch <> 0", e);
    return query_run(&q);
}

/* ---- what there is ---- */

static int add_known(struct store_tx *tx, struct contact_totals *totals, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, "SELECT count(*) FROM contact INDEXED BY contact_known WHERE known = 1", e);
    int r = query_find(&q);
    if (r == 0)
        totals->known = query_get_int(&q, 0);
    return r;
}

static int add_waiting(struct store_tx *tx, struct contact_totals *totals, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx,
                "SELECT count(*), total(NOT " NOT_HELD "), total(known = 0),"
                " min(due_ms) FILTER (WHERE " NOT_HELD " AND " NOT_TAKEN ")"
                " FROM contact INDEXED BY contact_due WHERE " WAITING,
                e);
    int r = query_find(&q);
    if (r < 0)
        return r;
    totals->pending += query_get_int(&q, 0);
    totals->held = query_get_int(&q, 1);
    totals->fresh += query_get_int(&q, 2);
    totals->next_due_ms = query_get_int(&q, 3);
    return 0;
}

static int add_under_way(struct store_tx *tx, struct contact_totals *totals, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx,
                "SELECT count(*), total(known = 0) FROM contact INDEXED BY contact_batch"
                " WHERE batch <> 0 AND due_ms <> 0",
                e);
    int r = query_find(&q);
    if (r < 0)
        return r;
    totals->pending += query_get_int(&q, 0);
    totals->fresh += query_get_int(&q, 1);
    return 0;
}

int contact_totals(struct store_tx *tx, int64_t now_ms, struct contact_totals *ret,
                   struct err_info *e)
{
    struct contact_totals totals = {0};
    int r = add_known(tx, &totals, e);

    (void)now_ms; /* what is due later counts as pending, too */
    if (r == 0)
        r = add_waiting(tx, &totals, e);
    if (r == 0)
        r = add_under_way(tx, &totals, e);
    if (r == 0)
        *ret = totals;
    return r;
}

int contact_pending_rows(struct store_tx *tx, size_t max, struct contact_row **ret,
                         size_t *ret_count, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx,
                "SELECT " CONTACT_COLUMNS " FROM contact WHERE id IN ("
                " SELECT id FROM contact INDEXED BY contact_due WHERE " WAITING
                " UNION ALL SELECT id FROM contact INDEXED BY contact_batch"
                "  WHERE batch <> 0 AND due_ms <> 0) ORDER BY email LIMIT ?",
                e);
    query_int(&q, (int64_t)max);
    return contact_read_all(&q, ret, ret_count);
}
