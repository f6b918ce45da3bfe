/* SPDX-License-Identifier: Apache-2.0
 *
 * Subjects to read again. One that is put again between refresh_list and refresh_delete stays: the
 * platform may have changed after it was read.
 */
#include "store/sqlite/query.h"

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
}

static int run_on_subject(struct store_tx *tx, const char *sql, const char *source,
                          const char *subject, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, sql, e);
    query_text(&q, source);
    query_text(&q, subject);
    return query_run(&q);
}

/* After the row is there: the work that is refused is undone as a whole. */
static int check_bound(struct store_tx *tx, struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx, "SELECT count(*) FROM refresh", e);
    int r = query_find(&q);
    if (r < 0 || query_get_int(&q, 0) <= REFRESH_MAX)
        return r;
    tx->refresh_puts--; /* the next one looks again */
    return err_set(e, ERR_LIMIT, NULL,
                   "They are read as the platform's limits allow; nothing else is needed",
                   "%d users wait to be read again, more are not taken", REFRESH_MAX);
}

static int put(struct store_tx *tx, const char *source, const char *subject, int64_t now_ms,
               struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx,
                "INSERT INTO refresh (source, subject, at_ms) VALUES (?, ?, ?)"
                " ON CONFLICT (source, subject) DO UPDATE SET state = 2 WHERE state = 1",
                e);
    query_text(&q, source);
    query_text(&q, subject);
    query_int(&q, now_ms);
    return query_run(&q);
}

int refresh_put(struct store_tx *tx, const char *source, const char *subject, int64_t now_ms,
                struct err_info *e)
{
    int r = put(tx, source, subject, now_ms, e);

    return r == 0 && tx->refresh_puts++ % BOUND_SLACK == 0 ? check_bound(tx, e) : r;
}

static int read_oldest(struct store_tx *tx, const char *source, size_t max, char ***ret,
                       size_t *ret_count, struct err_info *e)
{
    _cleanup_(query_end) struct query q;
    char **texts = NULL;
    size_t count = 0;
    int r = 0;

    query_start(&q, tx,
                "SELECT subject, attempts FROM refresh WHERE source = ?"
                " ORDER BY attempts, at_ms, id LIMIT ?",
                e);
    query_text(&q, source);
    query_int(&q, (int64_t)max);
    while ((r = query_row(&q)) > 0) {
        int alone = query_get_int(&q, 1) > 0;
        if (alone && count > 0)
            break;
        texts = query_grow(texts, count, sizeof(*texts));
        texts[count++] = query_get_text(&q, 0);
        if (alone)
            break;
    }
    if (r < 0) {
        free_texts(texts, count);
        return r;
    }
    *ret = texts;
    *ret_count = count;
    return 0;
}

int refresh_list(struct store_tx *tx, const char *source, size_t max, char ***ret,
                 size_t *ret_count, struct err_info *e)
{
    char **texts = NULL;
    size_t count = 0;
    int r = read_oldest(tx, source, max, &texts, &count, e);

    for (size_t i = 0; r == 0 && i < count; i++)
        r = run_on_subject(tx, "UPDATE refresh SET state = 1 WHERE source = ? AND subject = ?",
                           source, texts[i], e);
    if (r < 0) {
        free_texts(texts, count);
        return r;
    }
    *ret = texts;
    *ret_count = count;
    return 0;
}

int refresh_failed(struct store_tx *tx, const char *source, const char *subject, int *ret_attempts,
                   struct err_info *e)
{
    _cleanup_(query_end) struct query q;

    query_start(&q, tx,
                "UPDATE refresh SET attempts = attempts + 1 WHERE source = ? AND subject = ?"
                " RETURNING attempts",
                e);
    query_text(&q, source);
    query_text(&q, subject);
    int r = query_find(&q);
    if (r == 0)
        *ret_attempts = (int)query_get_int(&q, 0);
    return r;
}

int refresh_delete(struct store_tx *tx, const char *source, const char *subject, struct err_info *e)
{
    int r =
        run_on_subject(tx, "DELETE FROM refresh WHERE source = ? AND subject = ? AND state <> 2",
                       source, subject, e);

    if (r < 0 || query_changes(tx) > 0)
        return r;
    return run_on_subject(tx,
                          "UPDATE refresh SET state = 0, attempts = 0"
                          " WHERE source = ? AND subject = ?",
                          source, subject, e);
}
