/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sqlite/query.h"

#define KEPT_RUNS 1000

void run_clear(struct run_row *row)
{
    free(row->source);
    free(row->mode);
    free(row->result);
    free(row->counters);
    free(row->error);
    *row = (struct run_row){0};
}

/* The last good run of each mode stays whatever its age: it decides whether a full run is due. */
static int drop_old(struct store_tx *tx, const char *source, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx,
                "DELETE FROM run WHERE source = ?1"
                " AND id <= (SELECT id FROM run WHERE source = ?1 ORDER BY id DESC"
                "            LIMIT 1 OFFSET ?2)"
                " AND id NOT IN (SELECT max(id) FROM run WHERE source = ?1 AND result = 'done'"
                "                GROUP BY mode)",
                e);
    query_text(&q, source);
    query_int(&q, KEPT_RUNS);
    return query_run(&q);
}

int run_begin(struct store_tx *tx, const char *source, const char *mode, int64_t now_ms,
              int64_t *ret_id, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, "INSERT INTO run (source, mode, started_ms) VALUES (?, ?, ?)", e);
    query_text(&q, source);
    query_text(&q, mode);
    query_int(&q, now_ms);
    int r = query_run(&q);
    if (r < 0)
        return r;
    int64_t id = sqlite3_last_insert_rowid(tx->db);
    r = drop_old(tx, source, e);
    if (r == 0)
        *ret_id = id;
    return r;
}

int run_end(struct store_tx *tx, int64_t id, int64_t now_ms, const char *result,
            const char *counters, const char *error, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx,
                "UPDATE run SET ended_ms = ?, result = ?, counters = ?, error = ? WHERE id = ?", e);
    query_int(&q, now_ms);
    query_text(&q, result);
    query_text(&q, counters);
    query_text(&q, error);
    query_int(&q, id);
    return query_run(&q);
}

int run_last(struct store_tx *tx, const char *source, const char *mode, int only_done,
             struct run_row *ret, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx,
                "SELECT id, source, mode, started_ms, ended_ms, result, counters, error FROM run"
                " WHERE source = ?1 AND ended_ms <> 0 AND (?2 IS NULL OR mode = ?2)"
                " AND (?3 = 0 OR result = 'done') ORDER BY id DESC LIMIT 1",
                e);
    query_text(&q, source);
    query_text(&q, mode);
    query_int(&q, only_done != 0);
    int r = query_find(&q);
    if (r < 0)
        return r;
    *ret = (struct run_row){
        .id = query_get_int(&q, 0),
        .source = query_get_text(&q, 1),
        .mode = query_get_text(&q, 2),
        .started_ms = query_get_int(&q, 3),
        .ended_ms = query_get_int(&q, 4),
        .result = query_get_text(&q, 5),
        .counters = query_get_text(&q, 6),
        .error = query_get_text(&q, 7),
    };
    return 0;
}
