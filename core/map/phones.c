/* SPDX-License-Identifier: Apache-2.0
 *
 * A number belongs to one contact; the others that wish it wait in line (store: phone_wait). The
 * line makes the outcome a function of who wishes what, not of the order in which they were read.
 *
 * A contact owns the number it wishes and was granted, and the one that Brevo has with it, until
 * Brevo has the new one. Nothing tells of that moment here: the old number is then found to be held
 * by nobody when somebody who waits for it is read again.
 */
#include "base/mem.h"
#include "map/fingerprint.h"
#include "map/people_internal.h"

#include <string.h>

/* 1 when Brevo has the number with this contact, or may have it any moment: nobody can take it. */
static int is_fixed(const struct contact_row *row, const char *number)
{
    _cleanup_json_ json_t *value = json_string_nocheck(number);
    return row->batch != 0 ||
           fingerprint_matches(row->delivered, row->delivered_len, PHONE_ATTRIBUTE, value);
}

/* *ret: 1 when the contact with this address comes before `rank`. Its first person decides, a
 * refused one included: phone_next orders by it too. */
static int find_leads(struct people_work *w, const char *email, const struct person_row *rank,
                      int *ret)
{
    struct person_row *first = NULL;
    size_t count = 0;
    int r = person_by_email(w->tx, email, 1, &first, &count, w->e);
    if (r < 0)
        return r;
    *ret = count > 0 && person_leads(&first[0], rank);
    person_list_free(first, count);
    return 0;
}

/* A loss is counted when the person is read. In a full run nobody is read twice: of those whose
 * turn was before, it is counted or taken back when it happens. */
static void count_turn(struct people_work *w, const struct person_row *leader, int without)
{
    int64_t run = w->context->snapshot;
    int was_read = run != 0 && leader->snapshot == run;
    if (without && (was_read || run == 0))
        w->counts->losses[LOSS_SHARED_PHONE]++;
    else if (!without && was_read && (leader->content_hash & PERSON_NO_PHONE) != 0)
        w->counts->losses[LOSS_SHARED_PHONE]--;
}

/* Writes down whether the contact's leader goes without its number. */
static int mark_leader(struct people_work *w, const char *email, int without)
{
    struct person_row *rows = NULL;
    size_t count = 0;
    int r = person_by_email(w->tx, email, PEOPLE_PER_ADDRESS, &rows, &count, w->e);
    if (r < 0)
        return r;
    for (size_t i = 0; i < count; i++) {
        if (person_refused(&rows[i]))
            continue;
        uint64_t hash = rows[i].content_hash;
        count_turn(w, &rows[i], without);
        hash = without ? hash | PERSON_NO_PHONE : hash & ~PERSON_NO_PHONE;
        r = person_rehash(w, &rows[i], hash);
        break;
    }
    person_list_free(rows, count);
    return r;
}

/* Gives a free number to a contact that waits for it. *ret_done is 0 when there is none such. */
static int grant(struct people_work *w, const char *email, const char *number, int *ret_done)
{
    _cleanup_(contact_edit_clear) struct contact_edit edit = {0};
    _cleanup_json_ json_t *wish = json_object();
    int r = contact_edit_open(w, email, &edit);
    if (r < 0 || (r = phone_wait_delete(w->tx, email, w->e)) < 0)
        return r;
    *ret_done = edit.exists;
    if (!edit.exists)
        return 0;
    if ((r = phone_put(w->tx, number, email, w->e)) < 0 || (r = mark_leader(w, email, 0)) < 0)
        return r;
    json_object_set_new(wish, PHONE_ATTRIBUTE, json_string_nocheck(number));
    contact_edit_overlay(&edit, wish, NULL);
    return contact_edit_save(w, &edit, NULL);
}

/* The contact has no claim to the number any more: the first in the line gets it. */
static int release(struct people_work *w, const char *number)
{
    int r = phone_delete(w->tx, number, w->e);
    for (int done = 0; r == 0 && !done;) {
        _cleanup_free_ char *email = NULL;
        r = phone_next(w->tx, number, &email, w->e);
        if (r == ERR_NOT_FOUND)
            return 0;
        if (r == 0)
            r = grant(w, email, number, &done);
    }
    return r;
}

/* The owner goes without from now on. */
static int dispossess(struct people_work *w, struct contact_edit *owner, const char *number)
{
    int r = phone_wait(w->tx, number, owner->row.email, w->e);
    if (r < 0 || (r = mark_leader(w, owner->row.email, 1)) < 0)
        return r;
    contact_edit_withdraw(owner, PHONE_ATTRIBUTE);
    return contact_edit_save(w, owner, NULL);
}

/* The number belongs to `owner_email`. *ret_lost: it keeps it. */
static int contend(struct people_work *w, const char *owner_email, const struct person_row *rank,
                   const char *number, int *ret_lost)
{
    _cleanup_(contact_edit_clear) struct contact_edit owner = {0};
    int leads = 0;
    int r = contact_edit_open(w, owner_email, &owner);
    if (r < 0)
        return r;
    int fixed = owner.exists && is_fixed(&owner.row, number);
    if (fixed || !contact_edit_has(&owner, PHONE_ATTRIBUTE, number)) {
        *ret_lost = fixed;
        return 0;
    }
    r = find_leads(w, owner_email, rank, &leads);
    *ret_lost = leads;
    return r < 0 || leads ? r : dispossess(w, &owner, number);
}

/* The contact has the number it wishes; its rank may have fallen below that of one in the line. */
static int defend(struct people_work *w, struct contact_edit *edit, const struct person_row *rank,
                  const char *number, int *ret_lost)
{
    _cleanup_free_ char *rival = NULL;
    int leads = 0;
    int r = is_fixed(&edit->row, number) ? ERR_NOT_FOUND : phone_next(w->tx, number, &rival, w->e);
    if (r == ERR_NOT_FOUND)
        return 0;
    if (r < 0 || (r = find_leads(w, rival, rank, &leads)) < 0 || !leads)
        return r;
    if ((r = release(w, number)) < 0)
        return r;
    *ret_lost = 1;
    return phone_wait(w->tx, number, edit->row.email, w->e);
}

/* The contact wishes a number that it does not have. */
static int claim(struct people_work *w, struct contact_edit *edit, const struct person_row *rank,
                 const char *number, int *ret_lost)
{
    _cleanup_free_ char *owner = NULL;
    int r = phone_owner(w->tx, number, &owner, w->e);
    if (r < 0 && r != ERR_NOT_FOUND)
        return r;
    if (r == 0 && (r = contend(w, owner, rank, number, ret_lost)) < 0)
        return r;
    return *ret_lost ? phone_wait(w->tx, number, edit->row.email, w->e)
                     : phone_put(w->tx, number, edit->row.email, w->e);
}

/* Gives up what the contact neither wishes nor has in Brevo. *ret_keeps: it has `number`. */
static int give_up(struct people_work *w, const struct contact_edit *edit, const char *number,
                   int *ret_keeps)
{
    _cleanup_free_ char *after = NULL;
    int r = phone_wait_delete(w->tx, edit->row.email, w->e);
    while (r == 0) {
        char *owned = NULL;
        r = phone_of(w->tx, edit->row.email, after, &owned, w->e);
        if (r < 0)
            break;
        free(after);
        after = owned;
        if (number != NULL && strcmp(owned, number) == 0)
            *ret_keeps = 1;
        else if (!is_fixed(&edit->row, owned))
            r = release(w, owned);
    }
    return r == ERR_NOT_FOUND ? 0 : r;
}

int phones_wish(struct people_work *w, struct contact_edit *edit, const struct person_row *rank,
                const char *number, int *ret_lost)
{
    int keeps = 0;
    int lost = 0;
    /* A new contact has no numbers and waits for none. */
    int r = edit->exists ? give_up(w, edit, number, &keeps) : 0;
    if (r < 0)
        return r;
    if (keeps)
        r = defend(w, edit, rank, number, &lost);
    else if (number != NULL)
        r = claim(w, edit, rank, number, &lost);
    if (r < 0)
        return r;
    *ret_lost = lost;
    return 0;
}
