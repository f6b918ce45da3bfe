/* SPDX-License-Identifier: Apache-2.0
 *
 * map/people_internal.h: what the files behind map/people.h share. Nobody else includes it.
 *
 * people.c decides what a mapped person means for the addresses it had and has; settle.c brings one
 * address to what its persons ask for; phones.c says whose a telephone number is; contact_edit.c
 * changes one contact row and knows whether anything changed. Store thread only.
 */
#ifndef TAJO_MAP_PEOPLE_INTERNAL_H
#define TAJO_MAP_PEOPLE_INTERNAL_H

#include "map/people.h"

#include <jansson.h>

/* What every step needs. */
struct people_work {
    struct store_tx *tx;
    const struct people_context *context;
    struct people_counts *counts;
    struct err_info *e;
};

/* ---- persons ---- */

/* Of the persons of one address only so many, the leading ones, are looked at. */
#define PEOPLE_PER_ADDRESS 1000

/* The three lowest bits of person_row.content_hash are not of the hash. */
#define PERSON_REFUSED   UINT64_C(1) /* took its consent back: gives nothing, leads nothing */
#define PERSON_NO_PHONE  UINT64_C(2) /* its contact goes without the number it wishes */
#define PERSON_OPTED_OUT UINT64_C(4) /* has no address; was blocklisted at the one it had */
#define PERSON_FLAGS     (PERSON_REFUSED | PERSON_NO_PHONE | PERSON_OPTED_OUT)
/* The rest being zero: to be applied even if nothing has changed. */

int person_refused(const struct person_row *row);
/* The order of person_by_email: 1 when a leads b. */
int person_leads(const struct person_row *a, const struct person_row *b);
int person_same(const struct person_row *a, const struct person_row *b);

/* Writes the row with its content_hash replaced. */
int person_rehash(struct people_work *w, const struct person_row *row, uint64_t content_hash);

/* ---- one contact row being changed ---- */

struct contact_edit {
    struct contact_row row;
    int exists;
    struct contact_row before; /* email and what is wanted: pending, lists_wanted, blocklist,
                                  remove, rename_from, optout_from */
};

int contact_edit_open(struct people_work *w, const char *email, struct contact_edit *ret);
void contact_edit_clear(struct contact_edit *edit);

/* 1 when Brevo may have it: it is not as if it had never been. */
int contact_edit_reached(const struct contact_edit *edit);

/* What still waits, overlaid by wish, less what was delivered. Of the names in `decides` (may be
 * NULL) only those in wish remain. */
void contact_edit_overlay(struct contact_edit *edit, const json_t *wish, const json_t *decides);
/* 1 when the attribute waits with this text as its value. */
int contact_edit_has(const struct contact_edit *edit, const char *attribute, const char *text);
void contact_edit_withdraw(struct contact_edit *edit, const char *attribute);
void contact_edit_drop_pending(struct contact_edit *edit);

/* The contact under its new address; the old row and its telephone number go with it. */
int contact_edit_rename(struct people_work *w, struct contact_edit *edit, const char *email);

/* Writes the row when something changed, and makes it due. *ret_changed may be NULL. */
int contact_edit_save(struct people_work *w, struct contact_edit *edit, int *ret_changed);

/* ---- one address ---- */

/* What happened to an address; the person table says it already. */
struct address_change {
    const struct person_row *was;     /* the person's row there before; NULL: was not there */
    const struct person_row *now;     /* NULL: is not there any more */
    const struct mapped_person *wish; /* of `now`; NULL: gives nothing */
};

/* Brings the contact to what its persons ask for, and saves it. */
int address_settle(struct people_work *w, struct contact_edit *edit,
                   const struct address_change *change, int *ret_changed);

/* ---- whose a telephone number is ---- */

#define PHONE_ATTRIBUTE "SMS"

/* The contact's leader wishes number (NULL: none). rank: its first person in person_by_email's
 * order. *ret_lost is 1 when it goes without. Of all contacts that wish a number the one of the
 * highest rank has it, unless Brevo already has it with another, and until Brevo has that one with
 * another number: a number that two contacts have at the same time may merge them there. */
int phones_wish(struct people_work *w, struct contact_edit *edit, const struct person_row *rank,
                const char *number, int *ret_lost);

#endif
