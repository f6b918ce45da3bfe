/* SPDX-License-Identifier: Apache-2.0
 *
 * A number belongs to one contact; the others that wish it wait in line (store: phone_wait). The
 * line makes the outcome a function of who wishes what, not of the order in which they were read.
 */
#include "base/mem.h"
#include "map/fingerprint.h"
#include "map/people_internal.h"

#include <string.h>

static int is_delivered(const struct contact_row *row, const char *number)
{
    _cleanup_json_ json_t *value = json_string_nocheck(number);
    return fingerprint_matches(row->delivered, row->delivered_len, PHONE_ATTRIBUTE, value);
}

/* 1 when Brevo has the number with this contact, or may have it any moment: nobody can take it. */
static int is_fixed(const struct contact_row *row, const char *number)
{
    return row->batch != 0 || is_delivered(row, number);
}

/* First person of the address, refused ones included: phone_next orders by it too. */
static int find_rank(struct people_work *w, const char *email, struct person_row **ret,
                     size_t *ret_count)
{
    return person_by_email(w->tx, email, 1, ret, ret_count, w->e);
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
        hash = without ? hash | PERSON_NO_PHONE : hash & ~PERSON_NO_PHONE;
        r = person_rehash(w, &rows[i], hash);
        break;
    }
    person_list_free(rows, count);
    return r;
}

/* Gives a free number to a contact that waits for it; *ret_free is the number it had, if any. */
static int grant(struct people_work *w, const char *email, const char *number, char **ret_free)
{
    _cleanup_(contact_edit_clear) struct contact_edit edit = {0};
    _cleanup_json_ json_t *wish = json_object();
    _cleanup_free_ char *had = NULL;
    int r = contact_edit_open(w, email, &edit);
    if (r < 0 || (r = phone_wait_delete(w->tx, email, w->e)) < 0)
        return r;
    if (!edit.exists) {
        *ret_free = mem_strdup(number);
        return 0;
    }
    r = phone_of(w->tx, email, &had, w->e);
    if (r < 0 && r != ERR_NOT_FOUND)
        return r;
    if ((r = phone_delete_of(w->tx, email, w->e)) < 0 ||
        (r = phone_put(w->tx, number, email, w->e)) < 0 || (r = mark_leader(w, email, 0)) < 0)
        return r;
    json_object_set_new(wish, PHONE_ATTRIBUTE, json_string_nocheck(number));
    contact_edit_overlay(&edit, wish, NULL);
    *ret_free = take_ptr(had);
    return contact_edit_save(w, &edit, NULL);
}

/* A number became free (NULL: none did): whoever waits for it gets it, and what that frees goes on.
 * Ends, because every round takes one contact out of a line. */
static int pass_on(struct people_work *w, const char *number)
{
    _cleanup_free_ char *free_number = mem_strdup(number);
    while (free_number != NULL) {
        _cleanup_free_ char *email = NULL;
        char *next = NULL;
        int r = phone_next(w->tx, free_number, &email, w->e);
        if (r == ERR_NOT_FOUND)
            return 0;
        if (r < 0 || (r = grant(w, email, free_number, &next)) < 0)
            return r;
        free(free_number);
        free_number = next;
    }
    return 0;
}

static int take(struct people_work *w, const char *email, const char *number, const char *had)
{
    int r = had != NULL ? phone_delete_of(w->tx, email, w->e) : 0;
    if (r < 0 || (r = phone_put(w->tx, number, email, w->e)) < 0)
        return r;
    return pass_on(w, had);
}

/* The owner goes without from now on. */
static int dispossess(struct people_work *w, struct contact_edit *owner, const char *number)
{
    int r = phone_delete_of(w->tx, owner->row.email, w->e);
    if (r < 0 || (r = phone_wait(w->tx, number, owner->row.email, w->e)) < 0 ||
        (r = mark_leader(w, owner->row.email, 1)) < 0)
        return r;
    contact_edit_withdraw(owner, PHONE_ATTRIBUTE);
    return contact_edit_save(w, owner, NULL);
}

/* The number belongs to `owner_email`. *ret_lost: it keeps it. Who turns back to a number that
 * Brevo still has with it gets it from one that was not given it yet. */
static int contend(struct people_work *w, const struct contact_edit *edit, const char *owner_email,
                   const struct person_row *rank, const char *number, int *ret_lost)
{
    _cleanup_(contact_edit_clear) struct contact_edit owner = {0};
    struct person_row *other = NULL;
    size_t count = 0;
    int r = contact_edit_open(w, owner_email, &owner);
    if (r < 0 || (r = find_rank(w, owner_email, &other, &count)) < 0)
        return r;
    int leads = count > 0 && person_leads(&other[0], rank) && !is_delivered(&edit->row, number);
    person_list_free(other, count);
    *ret_lost = owner.exists && (leads || is_fixed(&owner.row, number));
    if (*ret_lost)
        return 0;
    if (owner.exists && count > 0)
        return dispossess(w, &owner, number);
    return phone_delete_of(w->tx, owner_email, w->e);
}

/* The contact has the number it wishes; its rank may have fallen below that of one in the line. */
static int defend(struct people_work *w, struct contact_edit *edit, const struct person_row *rank,
                  const char *number, int *ret_lost)
{
    _cleanup_free_ char *rival = NULL;
    _cleanup_free_ char *freed = NULL;
    struct person_row *other = NULL;
    size_t count = 0;
    int r = is_fixed(&edit->row, number) ? ERR_NOT_FOUND : phone_next(w->tx, number, &rival, w->e);
    if (r == ERR_NOT_FOUND)
        return 0;
    if (r < 0 || (r = find_rank(w, rival, &other, &count)) < 0)
        return r;
    int leads = count > 0 && person_leads(&other[0], rank);
    person_list_free(other, count);
    if (!leads)
        return 0;
    if ((r = phone_delete_of(w->tx, edit->row.email, w->e)) < 0 ||
        (r = grant(w, rival, number, &freed)) < 0 || (r = pass_on(w, freed)) < 0)
        return r;
    *ret_lost = 1;
    return phone_wait(w->tx, number, edit->row.email, w->e);
}

/* The contact wishes a number that it does not have; `had` is the one it has. */
static int claim(struct people_work *w, struct contact_edit *edit, const struct person_row *rank,
                 const char *number, const char *had, int *ret_lost)
{
    _cleanup_free_ char *owner = NULL;
    const char *email = edit->row.email;
    int r = phone_owner(w->tx, number, &owner, w->e);
    if (r < 0 && r != ERR_NOT_FOUND)
        return r;
    if (r == 0 && (r = contend(w, edit, owner, rank, number, ret_lost)) < 0)
        return r;
    return *ret_lost ? phone_wait(w->tx, number, email, w->e) : take(w, email, number, had);
}

/* The number the contact has, NULL for none. A new contact has none and waits for none. */
static int leave_line(struct people_work *w, const struct contact_edit *edit, char **ret_had)
{
    if (!edit->exists)
        return 0;
    int r = phone_wait_delete(w->tx, edit->row.email, w->e);
    if (r < 0)
        return r;
    r = phone_of(w->tx, edit->row.email, ret_had, w->e);
    return r == ERR_NOT_FOUND ? 0 : r;
}

int phones_wish(struct people_work *w, struct contact_edit *edit, const struct person_row *rank,
                const char *number, int *ret_lost)
{
    _cleanup_free_ char *had = NULL;
    int lost = 0;
    int r = leave_line(w, edit, &had);
    if (r < 0)
        return r;
    int keeps = had != NULL && number != NULL && strcmp(had, number) == 0;
    /* A number that Brevo has with this contact stays its own until another replaces it there. */
    if (had != NULL && !keeps && !is_fixed(&edit->row, had)) {
        if ((r = phone_delete_of(w->tx, edit->row.email, w->e)) < 0 || (r = pass_on(w, had)) < 0)
            return r;
        free(take_ptr(had));
    }
    if (keeps)
        r = defend(w, edit, rank, number, &lost);
    else if (number != NULL)
        r = claim(w, edit, rank, number, had, &lost);
    if (r < 0)
        return r;
    *ret_lost = lost;
    return 0;
}
