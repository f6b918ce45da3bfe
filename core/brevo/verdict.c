/* SPDX-License-Identifier: Apache-2.0 */
#include "brevo/verdict.h"

#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "map/fingerprint.h"

#include <string.h>

#define FIRST_DELAY_MS 30000
#define MAX_DELAY_MS   3600000
#define MAX_PENDING    (1024u * 1024)

int64_t verdict_delay_ms(int attempts, uint64_t seed)
{
    int64_t delay = FIRST_DELAY_MS;
    for (int i = 0; i < attempts && delay < MAX_DELAY_MS; i++)
        delay *= 2;
    if (delay > MAX_DELAY_MS)
        delay = MAX_DELAY_MS;
    return delay + (int64_t)(seed % (uint64_t)(delay / 4));
}

json_t *pending_attributes(const struct contact_row *row, const json_t *known)
{
    json_t *wish = NULL;
    if (row->pending == NULL ||
        json_parse(row->pending, strlen(row->pending), MAX_PENDING, &wish, NULL) != 0 ||
        !json_is_object(wish)) {
        json_decref(wish);
        return json_object();
    }
    if (known == NULL)
        return wish;
    const char *name = NULL;
    json_t *value = NULL;
    void *next = NULL;
    json_object_foreach_safe(wish, next, name, value)
    {
        if (json_object_get(known, name) == NULL)
            json_object_del(wish, name);
    }
    return wish;
}

static void note_attributes(struct contact_row *row, const struct verdict *verdict)
{
    struct strbuf fingerprint = STRBUF_INIT;
    _cleanup_json_ json_t *nothing = json_object();
    int keep = !verdict->fresh && !verdict->unknown;
    fingerprint_update(keep ? row->delivered : NULL, keep ? row->delivered_len : 0,
                       verdict->sent != NULL ? verdict->sent : nothing, &fingerprint);
    free(row->delivered);
    row->delivered_len = fingerprint.len;
    row->delivered = strbuf_detach(&fingerprint);
}

/* What the person left counts as delivered. 1 when it was waited for. */
static int note_left(struct contact_row *row, const struct id_set *left)
{
    size_t before = row->lists_delivered.count;
    for (size_t i = 0; i < left->count; i++) {
        if (id_set_has(&row->lists_wanted, left->ids[i]))
            id_set_add(&row->lists_delivered, left->ids[i]);
    }
    return row->lists_delivered.count > before;
}

static void note_lists(struct contact_row *row, const struct verdict *verdict)
{
    if (verdict->fresh)
        id_set_clear(&row->lists_delivered);
    if (verdict->added != NULL)
        id_set_merge(&row->lists_delivered, verdict->added);
    if (verdict->removed != NULL)
        id_set_subtract(&row->lists_delivered, verdict->removed);
    if (verdict->left != NULL)
        note_left(row, verdict->left);
}

/* Of a row that changed while it was under way, what the delivery has settled already. */
static void shrink_pending(struct contact_row *row)
{
    _cleanup_json_ json_t *wish = pending_attributes(row, NULL);
    fingerprint_drop_delivered(row->delivered, row->delivered_len, wish);
    free(row->pending);
    row->pending = NULL;
    if (json_object_size(wish) == 0)
        return;
    struct strbuf text = STRBUF_INIT;
    json_write(wish, &text);
    row->pending = strbuf_detach(&text);
}

static int nothing_pending(const struct contact_row *row)
{
    return row->pending == NULL && id_set_equal(&row->lists_wanted, &row->lists_delivered) &&
           row->blocklist != 1 && !row->remove && row->rename_from == NULL &&
           row->optout_from == NULL;
}

/* Looked at, or not needed any more. */
static void note_optout(struct contact_row *row, const struct verdict *verdict)
{
    if (row->optout_from != NULL &&
        (row->blocklist == 2 ||
         (verdict->optout_from != NULL && strcmp(row->optout_from, verdict->optout_from) == 0)))
        free(take_ptr(row->optout_from));
}

int verdict_store_row(struct store_tx *tx, struct contact_row *row, const struct verdict *verdict,
                      struct err_info *e)
{
    int changed = row->rev != row->batch_rev;
    note_attributes(row, verdict);
    note_lists(row, verdict);
    row->known = 1;
    if (verdict->blocklisted)
        row->blocklist = 2;
    note_optout(row, verdict);
    free(row->rename_from);
    row->rename_from = NULL;
    if (changed) {
        shrink_pending(row);
    } else {
        free(row->pending);
        row->pending = NULL;
    }
    /* A contact that turned out to be new to Brevo may have lists left to be put on. */
    if (nothing_pending(row) || (!changed && !verdict->fresh))
        row->due_ms = 0;
    else if (row->due_ms == 0)
        row->due_ms = verdict->now_ms; /* taken back while it was being delivered */
    row->attempts = 0;
    row->batch = 0;
    int r = contact_put(tx, row, e);
    if (r < 0)
        return r;
    return dead_delete(tx, "brevo", "deliver", row->email, e);
}

static int store_removed(struct store_tx *tx, struct contact_row *row, struct err_info *e)
{
    int r = dead_delete(tx, "brevo", "deliver", row->email, e);
    if (r < 0)
        return r;
    if (row->rev == row->batch_rev) {
        r = phone_delete_of(tx, row->email, e);
        return r < 0 ? r : contact_delete(tx, row->email, e);
    }
    /* Somebody came back to this address while it was being removed. An opt-out was kept. */
    if (row->rename_from != NULL && row->optout_from == NULL)
        row->optout_from = take_ptr(row->rename_from);
    free(take_ptr(row->rename_from));
    row->known = 0;
    free(row->delivered);
    row->delivered = NULL;
    row->delivered_len = 0;
    id_set_clear(&row->lists_delivered);
    row->attempts = 0;
    row->batch = 0;
    return contact_put(tx, row, e);
}

static int store_dead(struct store_tx *tx, struct contact_row *row, const struct verdict *verdict,
                      struct err_info *e)
{
    struct dead_row dead = {
        .source = (char *)(uintptr_t) "brevo",
        .stage = (char *)(uintptr_t) "deliver",
        .subject = row->email,
        .reason = (char *)(uintptr_t)verdict->reason,
        .detail = (char *)(uintptr_t)verdict->detail,
        .payload = row->pending != NULL ? row->pending : (char *)(uintptr_t) "{}",
        .at_ms = verdict->now_ms,
    };
    int r = dead_put(tx, &dead, e);
    if (r < 0)
        return r;
    if (row->rev == row->batch_rev)
        row->due_ms = 0;
    row->attempts = 0;
    row->batch = 0;
    return contact_put(tx, row, e);
}

static int store_later(struct store_tx *tx, struct contact_row *row, const struct verdict *verdict,
                       struct err_info *e)
{
    uint64_t seed = hash_bytes(row->email, strlen(row->email)) ^ (uint64_t)verdict->now_ms;
    row->due_ms = verdict->now_ms + verdict_delay_ms(row->attempts, seed);
    if (row->attempts < INT32_MAX)
        row->attempts++;
    row->batch = 0;
    return contact_put(tx, row, e);
}

static int remember_left(struct store_tx *tx, const char *email, const struct id_set *left,
                         struct err_info *e)
{
    int r = 0;
    for (size_t i = 0; i < left->count && r == 0; i++)
        r = leaver_put(tx, email, left->ids[i], e);
    return r;
}

int verdict_leaver(struct store_tx *tx, const char *email, const struct id_set *left,
                   int *ret_kept_off, struct err_info *e)
{
    _cleanup_(contact_clear) struct contact_row row = {0};
    int r = remember_left(tx, email, left, e);
    if (r < 0)
        return r;
    r = contact_get(tx, email, &row, e);
    if (r < 0)
        return r == ERR_NOT_FOUND ? 0 : r;
    if (!note_left(&row, left))
        return 0;
    if (row.known && nothing_pending(&row)) {
        row.due_ms = 0;
        row.attempts = 0;
    }
    r = contact_put(tx, &row, e);
    if (r == 0)
        *ret_kept_off = 1;
    return r;
}

int verdict_store(struct store_tx *tx, const struct verdict *verdict, struct err_info *e)
{
    _cleanup_(contact_clear) struct contact_row row = {0};
    int r = contact_get(tx, verdict->email, &row, e);
    if (r == ERR_NOT_FOUND)
        return 0;
    if (r == 0 && verdict->left != NULL)
        r = remember_left(tx, verdict->email, verdict->left, e);
    if (r < 0)
        return r;
    switch (verdict->kind) {
    case VERDICT_DELIVERED:
        return verdict_store_row(tx, &row, verdict, e);
    case VERDICT_REMOVED:
        return store_removed(tx, &row, e);
    case VERDICT_DEAD:
        return store_dead(tx, &row, verdict, e);
    case VERDICT_LATER:
        return store_later(tx, &row, verdict, e);
    case VERDICT_RELEASED:
        row.batch = 0;
        return contact_put(tx, &row, e);
    }
    return 0;
}
