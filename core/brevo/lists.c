/* SPDX-License-Identifier: Apache-2.0
 *
 * Contacts that only leave lists: one call takes 150 of them off one list. A contact has its
 * verdict when it is off all of its lists; taking it off one twice does no harm. A call that Brevo
 * refuses as such leaves its contacts to single calls, which find out whose fault it is.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "brevo/internal.h"
#include "brevo/verdict.h"
#include "log/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_EMAILS 150
#define ENDPOINT   "POST /contacts/lists/{id}/contacts/remove"

struct leaving {
    const struct contact_row *row;
    int refused; /* left to a single call */
    struct id_set todo;
    struct id_set gone;
};

struct lists {
    struct delivery *d;
    const struct contact_row *rows;
    char *settled; /* the caller's, one flag a row */
    struct leaving *items;
    size_t count;
    int64_t list; /* of the call under way */
    size_t first; /* its first contact, and one behind its last */
    size_t end;
    int later; /* Brevo could not answer */
    step_done done;
};

static void next_call(struct lists *l);

int lists_only(const struct contact_row *row)
{
    if (row->pending != NULL || row->blocklist == 1 || row->remove || row->rename_from != NULL ||
        row->optout_from != NULL || row->lists_delivered.count == 0)
        return 0;
    for (size_t i = 0; i < row->lists_wanted.count; i++) {
        if (!id_set_has(&row->lists_delivered, row->lists_wanted.ids[i]))
            return 0;
    }
    return 1;
}

static void end_lists(struct lists *l)
{
    struct delivery *d = l->d;
    step_done done = l->done;
    for (size_t i = 0; i < l->count; i++) {
        id_set_clear(&l->items[i].todo);
        id_set_clear(&l->items[i].gone);
    }
    free(l->items);
    free(l);
    done(d);
}

/* ---- Verdicts ---- */

static int store_one(struct store_tx *tx, const struct lists *l, const struct leaving *item,
                     struct err_info *e)
{
    struct verdict verdict = {
        .kind = VERDICT_DELIVERED,
        .email = item->row->email,
        .removed = &item->gone,
        .now_ms = clock_unix_ms(),
    };
    if (item->todo.count > 0)
        verdict.kind = l->later ? VERDICT_LATER : VERDICT_RELEASED;
    return verdict_store(tx, &verdict, e);
}

static int store_all(struct store_tx *tx, void *arg, struct err_info *e)
{
    const struct lists *l = arg;
    for (size_t i = 0; i < l->count; i++) {
        int r = l->items[i].refused ? 0 : store_one(tx, l, &l->items[i], e);
        if (r < 0)
            return r;
    }
    return 0;
}

static void note_item(struct lists *l, const struct leaving *item)
{
    struct delivery *d = l->d;
    l->settled[item->row - l->rows] = !item->refused;
    if (item->refused)
        return;
    if (item->todo.count == 0)
        delivery_delivered(d, 1);
    if (d->brevo->log_sync)
        log_line(LOG_LEVEL_INFO, "brevo", "contact verdict", "contact=%s way=lists verdict=%s",
                 log_mask(item->row->email), item->todo.count == 0 ? "delivered" : "later");
}

static void all_stored(void *arg, int result, const struct err_info *e)
{
    struct lists *l = arg;
    for (size_t i = 0; i < l->count && result == 0; i++)
        note_item(l, &l->items[i]);
    if (result < 0)
        delivery_fail(l->d, e);
    end_lists(l);
}

static void store_verdicts(struct lists *l)
{
    store_submit(l->d->brevo->store, store_all, all_stored, l);
}

/* ---- Calls ---- */

static void mark_gone(struct lists *l, int refused)
{
    for (size_t i = l->first; i < l->end; i++) {
        struct leaving *item = &l->items[i];
        struct id_set one = {&l->list, 1};
        if (item->refused || !id_set_has(&item->todo, l->list))
            continue;
        item->refused = refused;
        if (refused)
            continue;
        id_set_subtract(&item->todo, &one);
        id_set_add(&item->gone, l->list);
    }
}

/* There is no such list, or nobody of them is on it: as it should be. */
static int nothing_to_do(const struct http_response *response)
{
    struct refusal refusal;
    refusal_read(response, &refusal);
    return response->status == 404 ||
           (response->status == 400 && (strcasestr(refusal.detail, "already removed") != NULL ||
                                        strcasestr(refusal.detail, "not exist") != NULL));
}

static void left_came(void *arg, const struct http_response *response, const struct err_info *e)
{
    struct lists *l = arg;
    struct err_info wrong = {0};
    l->d->brevo->counts.list_calls++;
    if (response == NULL || reply_stops(response) || reply_is_transient(response)) {
        if (response != NULL)
            reply_error(response, ENDPOINT, &wrong);
        else
            wrong = *e;
        l->later = wrong.code == ERR_TRANSIENT;
        if (l->later)
            delivery_postpone(l->d, &wrong);
        else
            delivery_fail(l->d, &wrong);
        store_verdicts(l);
        return;
    }
    mark_gone(l, response->status >= 300 && !nothing_to_do(response));
    next_call(l);
}

static void call_remove(struct lists *l)
{
    _cleanup_json_ json_t *body = json_object();
    json_t *emails = json_array();
    json_object_set_new(body, "emails", emails);
    for (l->end = l->first; l->end < l->count && json_array_size(emails) < MAX_EMAILS; l->end++) {
        if (!l->items[l->end].refused && id_set_has(&l->items[l->end].todo, l->list))
            json_array_append_new(emails, json_string(l->items[l->end].row->email));
    }
    char path[80];
    snprintf(path, sizeof(path), "/contacts/lists/%" PRId64 "/contacts/remove", l->list);
    const struct call call = {.method = "POST", .path = path, .endpoint = ENDPOINT, .body = body};
    call_send(l->d->brevo, &call, left_came, l);
}

static void next_call(struct lists *l)
{
    if (delivery_ends(l->d)) {
        store_verdicts(l);
        return;
    }
    for (l->first = 0; l->first < l->count; l->first++) {
        if (!l->items[l->first].refused && l->items[l->first].todo.count > 0) {
            l->list = l->items[l->first].todo.ids[0];
            call_remove(l);
            return;
        }
    }
    store_verdicts(l);
}

void lists_run(struct delivery *delivery, const struct contact_row *rows, size_t count,
               char *settled, step_done done)
{
    struct lists *l = mem_alloc(sizeof(*l));
    l->d = delivery;
    l->done = done;
    l->rows = rows;
    l->settled = settled;
    l->items = mem_array(count + 1, sizeof(*l->items));
    for (size_t i = 0; i < count; i++) {
        if (!lists_only(&rows[i]))
            continue;
        struct leaving *item = &l->items[l->count++];
        item->row = &rows[i];
        id_set_copy(&item->todo, &rows[i].lists_delivered);
        id_set_subtract(&item->todo, &rows[i].lists_wanted);
    }
    if (l->count == 0)
        end_lists(l);
    else
        next_call(l);
}
