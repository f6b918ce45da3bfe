/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sqlite/query.h"

void dead_clear(struct dead_row *row)
{
    free(row->source);
    free(row->stage);
    free(row->subject);
    free(row->reason);
    free(row->detail);
    free(row->payload);
    *row = (struct dead_row){0};
}

void dead_list_free(struct dead_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        dead_clear(&rows[i]);
    free(rows);
}

#define TEXT_OF(number)       TEXT_OF_VALUE(number)
#define TEXT_OF_VALUE(number) #number

static int delete_oldest(struct store_tx *tx, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx,
                "DELETE FROM dead WHERE id <="
                " (SELECT id FROM dead ORDER BY id DESC LIMIT 1 OFFSET ?)",
                e);
    query_int(&q, DEAD_MAX);
    return query_run(&q);
}

static int count_dropped(struct store_tx *tx, int64_t dropped, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx,
                "INSERT INTO meta (key, value) VALUES ('" DEAD_DROPPED "', CAST(? AS TEXT))"
                " ON CONFLICT (key) DO UPDATE SET value = CAST(value + excluded.value AS TEXT)",
                e);
    query_int(&q, dropped);
    return query_run(&q);
}

static int keep_bound(struct store_tx *tx, struct err_info *e)
{
    int r = delete_oldest(tx, e);
    int64_t dropped = r == 0 ? query_changes(tx) : 0;

    return dropped > 0 ? count_dropped(tx, dropped, e) : r;
}

static int put(struct store_tx *tx, const struct dead_row *row, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx,
                "INSERT INTO dead (source, stage, subject, reason, detail, payload, at_ms)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source, stage, subject) DO UPDATE"
                " SET reason = excluded.reason, detail = excluded.detail,"
                " payload = excluded.payload, at_ms = excluded.at_ms",
                e);
    query_text(&q, row->source);
    query_text(&q, row->stage);
    query_text(&q, row->subject);
    query_text(&q, row->reason);
    query_text(&q, row->detail);
    query_text(&q, row->payload);
    query_int(&q, row->at_ms);
    return query_run(&q);
}

int dead_put(struct store_tx *tx, const struct dead_row *row, struct err_info *e)
{
    int r = put(tx, row, e);

    return r == 0 && tx->dead_puts++ % BOUND_SLACK == 0 ? keep_bound(tx, e) : r;
}

int dead_delete(struct store_tx *tx, const char *source, const char *stage, const char *subject,
                struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, "DELETE FROM dead WHERE source = ? AND stage = ? AND subject = ?", e);
    query_text(&q, source);
    query_text(&q, stage);
    query_text(&q, subject);
    return query_run(&q);
}

int dead_count(struct store_tx *tx, int64_t *ret, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, "SELECT count(*) FROM dead", e);
    int r = query_find(&q);
    if (r == 0)
        *ret = query_get_int(&q, 0);
    return r;
}

static struct dead_row read_dead(struct query *q)
{
    return (struct dead_row){
        .id = query_get_int(q, 0),
        .source = query_get_text(q, 1),
        .stage = query_get_text(q, 2),
        .subject = query_get_text(q, 3),
        .reason = query_get_text(q, 4),
        .detail = query_get_text(q, 5),
        .payload = query_get_text(q, 6),
        .at_ms = query_get_int(q, 7),
    };
}

int dead_list(struct store_tx *tx, size_t max, struct dead_row **ret, size_t *ret_count,
              struct err_info *e)
{
    _cleanup_(query_end) struct query q;
    struct dead_row *rows = NULL;
    size_t count = 0;
    int r = 0;

    query_start(&q, tx,
                "SELECT id, source, stage, subject, reason, detail, payload, at_ms FROM dead"
                " ORDER BY id LIMIT ?",
                e);
    query_int(&q, (int64_t)max);
    while ((r = query_row(&q)) > 0) {
        rows = query_grow(rows, count, sizeof(*rows));
        rows[count++] = read_dead(&q);
    }
    if (r < 0) {
        dead_list_free(rows, count);
        return r;
    }
    *ret = rows;
    *ret_count = count;
    return 0;
}
