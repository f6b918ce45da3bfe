/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/mem.h"
#include "map/fingerprint.h"
#include "map/people_internal.h"

#include <string.h>

#define PENDING_MAX 4194304 /* bytes; what was mapped from one record of 1 MiB stays far below */

static int same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void remember(struct contact_edit *edit)
{
    struct contact_row *before = &edit->before;
    before->email = mem_strdup(edit->row.email);
    before->pending = mem_strdup(edit->row.pending);
    id_set_copy(&before->lists_wanted, &edit->row.lists_wanted);
    before->blocklist = edit->row.blocklist;
    before->remove = edit->row.remove;
    before->rename_from = mem_strdup(edit->row.rename_from);
    before->optout_from = mem_strdup(edit->row.optout_from);
}

int contact_edit_open(struct people_work *w, const char *email, struct contact_edit *ret)
{
    struct contact_edit edit = {0};
    int r = contact_get(w->tx, email, &edit.row, w->e);
    if (r < 0 && r != ERR_NOT_FOUND)
        return r;
    edit.exists = r == 0;
    if (!edit.exists)
        edit.row.email = mem_strdup(email);
    remember(&edit);
    *ret = edit;
    return 0;
}

void contact_edit_clear(struct contact_edit *edit)
{
    contact_clear(&edit->row);
    contact_clear(&edit->before);
}

int contact_edit_reached(const struct contact_edit *edit)
{
    const struct contact_row *row = &edit->row;
    return edit->exists &&
           (row->known || row->batch != 0 || row->delivered_len > 0 || row->rename_from != NULL);
}

static json_t *parse_pending(const char *text)
{
    json_t *pending = NULL;
    if (text != NULL)
        (void)json_parse(text, strlen(text), PENDING_MAX, &pending, NULL);
    if (json_is_object(pending))
        return pending;
    json_decref(pending);
    return json_object();
}

static json_t *pending_object(const struct contact_edit *edit)
{
    return parse_pending(edit->row.pending);
}

/* Of what is under way Brevo may have the new value any moment: a wish for the value it had before
 * is not fulfilled then. The verdict takes out of pending what turns out to be so. */
static void drop_delivered(const struct contact_edit *edit, json_t *wish)
{
    const struct contact_row *row = &edit->row;
    if (row->batch == 0) {
        fingerprint_drop_delivered(row->delivered, row->delivered_len, wish);
        return;
    }
    /* Changed since it was taken: nobody knows any more what is under way. */
    if (row->rev != row->batch_rev)
        return;
    _cleanup_json_ json_t *sent = parse_pending(edit->before.pending);
    const char *name = NULL;
    json_t *value = NULL;
    void *next = NULL;
    json_object_foreach_safe(wish, next, name, value)
    {
        if (json_object_get(sent, name) == NULL &&
            fingerprint_matches(row->delivered, row->delivered_len, name, value))
            json_object_del(wish, name);
    }
}

static void set_pending(struct contact_edit *edit, json_t *pending)
{
    _cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
    drop_delivered(edit, pending);
    contact_edit_drop_pending(edit);
    if (json_object_size(pending) == 0)
        return;
    json_write(pending, &text);
    edit->row.pending = strbuf_detach(&text);
}

void contact_edit_overlay(struct contact_edit *edit, const json_t *wish, const json_t *decides)
{
    _cleanup_json_ json_t *pending = pending_object(edit);
    size_t i;
    const json_t *name;
    json_array_foreach(decides, i, name)
    {
        json_object_del(pending, json_string_value(name));
    }
    json_object_update(pending, (json_t *)(uintptr_t)wish);
    set_pending(edit, pending);
}

int contact_edit_has(const struct contact_edit *edit, const char *attribute, const char *text)
{
    _cleanup_json_ json_t *pending = pending_object(edit);
    return same_text(json_string_value(json_object_get(pending, attribute)), text);
}

void contact_edit_withdraw(struct contact_edit *edit, const char *attribute)
{
    _cleanup_json_ json_t *pending = pending_object(edit);
    json_object_del(pending, attribute);
    set_pending(edit, pending);
}

void contact_edit_drop_pending(struct contact_edit *edit)
{
    free(edit->row.pending);
    edit->row.pending = NULL;
}

static int move_phones(struct people_work *w, const char *from, const char *to)
{
    for (;;) {
        _cleanup_free_ char *number = NULL;
        int r = phone_of(w->tx, from, NULL, &number, w->e);
        if (r == ERR_NOT_FOUND)
            return phone_wait_delete(w->tx, from, w->e);
        if (r < 0 || (r = phone_put(w->tx, number, to, w->e)) < 0)
            return r;
    }
}

int contact_edit_rename(struct people_work *w, struct contact_edit *edit, const char *email)
{
    struct contact_row *row = &edit->row;
    int reached = contact_edit_reached(edit);
    int r = contact_delete(w->tx, row->email, w->e);
    if (r < 0 || (r = move_phones(w, row->email, email)) < 0)
        return r;
    if (reached && (r = optout_follow(w->tx, row->email, email, w->e)) < 0)
        return r;
    /* Brevo knows it by the address before the first change that was not delivered. */
    if (row->rename_from == NULL && reached)
        row->rename_from = take_ptr(row->email);
    free(row->email);
    row->email = mem_strdup(email);
    if (row->rename_from != NULL && strcmp(row->rename_from, email) == 0) {
        free(row->rename_from);
        row->rename_from = NULL;
    }
    return 0;
}

static int is_changed(const struct contact_edit *edit)
{
    const struct contact_row *row = &edit->row;
    const struct contact_row *before = &edit->before;
    return !edit->exists || !same_text(row->email, before->email) ||
           !same_text(row->pending, before->pending) ||
           !id_set_equal(&row->lists_wanted, &before->lists_wanted) ||
           row->blocklist != before->blocklist || row->remove != before->remove ||
           !same_text(row->rename_from, before->rename_from) ||
           !same_text(row->optout_from, before->optout_from);
}

static int is_deliverable(const struct contact_row *row)
{
    return !row->known || row->pending != NULL || row->blocklist == 1 || row->remove ||
           row->rename_from != NULL || row->optout_from != NULL ||
           !id_set_equal(&row->lists_wanted, &row->lists_delivered);
}

static void set_hold(struct contact_row *row, const struct people_context *context)
{
    /* What was on its way before this run goes on: holding it back now would only delay it. */
    if (context->hold && row->due_ms != 0 && row->hold == NULL)
        return;
    free(row->hold);
    row->hold = context->hold ? mem_strdup(context->source) : NULL;
}

int contact_edit_save(struct people_work *w, struct contact_edit *edit, int *ret_changed)
{
    struct contact_row *row = &edit->row;
    int changed = is_changed(edit);
    if (ret_changed != NULL)
        *ret_changed = changed;
    if (!changed)
        return 0;
    row->rev++;
    if (is_deliverable(row)) {
        set_hold(row, w->context);
        if (row->due_ms == 0 || row->attempts > 0)
            row->due_ms = w->context->now_ms > 0 ? w->context->now_ms : 1;
        w->counts->changed++;
    } else {
        row->due_ms = 0;
        free(row->hold);
        row->hold = NULL;
    }
    row->attempts = 0;
    return contact_put(w->tx, row, w->e);
}
