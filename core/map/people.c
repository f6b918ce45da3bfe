/* SPDX-License-Identifier: Apache-2.0 */
#include "map/people.h"

#include "base/mem.h"
#include "map/people_internal.h"

#include <string.h>

int person_refused(const struct person_row *row)
{
    return (row->content_hash & PERSON_REFUSED) != 0;
}

int person_leads(const struct person_row *a, const struct person_row *b)
{
    if (a->last_ms != b->last_ms)
        return a->last_ms > b->last_ms;
    if (a->created_ms != b->created_ms)
        return a->created_ms > b->created_ms;
    int order = strcmp(a->connector, b->connector);
    return order != 0 ? order > 0 : strcmp(a->user_id, b->user_id) > 0;
}

int person_same(const struct person_row *a, const struct person_row *b)
{
    return strcmp(a->user_id, b->user_id) == 0 && strcmp(a->connector, b->connector) == 0;
}

int person_rehash(struct people_work *w, const struct person_row *row, uint64_t content_hash)
{
    struct person_row changed = *row;
    changed.content_hash = content_hash;
    return person_put(w->tx, &changed, w->e);
}

static uint64_t stored_hash(const struct mapped_person *person)
{
    uint64_t hash = person->content_hash & ~PERSON_FLAGS;
    return hash != 0 ? hash : PERSON_FLAGS + 1;
}

/* Who goes without its number is looked at each time: it may have become free. */
static int is_unchanged(const struct person_row *old, const struct mapped_person *person)
{
    return (old->content_hash & PERSON_NO_PHONE) == 0 &&
           (old->content_hash & ~PERSON_FLAGS) == stored_hash(person) &&
           old->last_ms == person->last_ms && old->created_ms == person->created_ms;
}

/* 1 when the person says no, whatever else may be wrong with it. */
static int withdraws(const struct mapped_person *person)
{
    return person->skip == SKIP_NO_CONSENT || person->consent == CONSENT_REFUSED;
}

static void count_person(struct people_counts *counts, const struct mapped_person *person)
{
    if (person->skip == SKIP_NONE)
        counts->emitted++;
    else
        counts->skipped[person->skip]++;
    for (int i = 0; i < LOSS_COUNT; i++)
        counts->losses[i] += person->losses[i];
}

static int mark_seen(struct people_work *w, const struct person_row *old,
                     const struct mapped_person *person)
{
    if (person->skip == SKIP_NONE)
        w->counts->unchanged++;
    if (w->context->snapshot == 0 || old->snapshot == w->context->snapshot)
        return 0;
    return person_mark(w->tx, old->connector, old->user_id, w->context->snapshot, w->e);
}

/* What is known of the opt-out at an address that a person left. */
struct departure {
    int blocklist; /* 1: the contact there is blocklisted */
    char *optout;  /* address at which Brevo may know of one; NULL: none */
};

static void clear_departure(struct departure *departure)
{
    free(departure->optout);
}

static void depart(const struct contact_edit *edit, struct departure *ret)
{
    ret->blocklist = edit->row.blocklist != 0;
    /* Of the contacts that lead here delivery finds those before. */
    ret->optout = mem_strdup(contact_edit_reached(edit) ? edit->row.email : edit->row.optout_from);
}

/* The same of a person that has no address since. */
static struct departure recall(const struct person_row *old)
{
    return (struct departure){
        .blocklist = (old->content_hash & PERSON_OPTED_OUT) != 0,
        .optout = mem_strdup(old->former_email),
    };
}

/* The person is not at this address any more. ret may be NULL. */
static int leave(struct people_work *w, const struct person_row *old, struct departure *ret)
{
    _cleanup_(contact_edit_clear) struct contact_edit edit = {0};
    struct address_change change = {.was = old};
    int r = contact_edit_open(w, old->email, &edit);
    if (r < 0)
        return r;
    if (ret != NULL)
        depart(&edit, ret);
    return address_settle(w, &edit, &change, NULL);
}

/* A change of address never subscribes anybody again. */
static void arrive(struct contact_edit *edit, struct departure *from)
{
    struct contact_row *row = &edit->row;
    if (row->blocklist != 0)
        return;
    if (from->blocklist)
        row->blocklist = 1;
    else if (from->optout != NULL && row->optout_from == NULL &&
             strcmp(from->optout, row->email) != 0)
        row->optout_from = take_ptr(from->optout);
}

/* The person had no address in between. */
static int arrive_late(struct people_work *w, struct contact_edit *edit,
                       const struct person_row *old)
{
    _cleanup_(contact_clear) struct contact_row former = {0};
    _cleanup_(clear_departure) struct departure from = recall(old);
    if (from.optout != NULL && strcmp(from.optout, edit->row.email) != 0) {
        int r = contact_get(w->tx, from.optout, &former, w->e);
        if (r < 0 && r != ERR_NOT_FOUND)
            return r;
        from.blocklist |= former.blocklist != 0;
    }
    arrive(edit, &from);
    return 0;
}

/* 1 when nobody has the address, neither here nor in Brevo. */
static int is_free(struct people_work *w, const char *email, const char *except, int *ret)
{
    _cleanup_(contact_clear) struct contact_row other = {0};
    _cleanup_free_ char *leaving = NULL;
    int r = contact_get(w->tx, email, &other, w->e);
    if (r == 0)
        return 0;
    if (r != ERR_NOT_FOUND)
        return r;
    r = contact_leaving(w->tx, email, &leaving, w->e);
    if (r < 0 && r != ERR_NOT_FOUND)
        return r;
    *ret = r == ERR_NOT_FOUND || strcmp(leaving, except) == 0;
    return 0;
}

/* Sets *ret when the contact at `from` can take the new address along with what Brevo knows. */
static int may_rename(struct people_work *w, const struct contact_edit *from, const char *to,
                      int *ret)
{
    struct person_row *rest = NULL;
    size_t count = 0;
    /* Under way: until the verdict nobody knows which address Brevo has. */
    if (!from->exists || from->row.batch != 0 || from->row.remove)
        return 0;
    int r = person_by_email(w->tx, from->row.email, 1, &rest, &count, w->e);
    if (r < 0)
        return r;
    person_list_free(rest, count);
    return count == 0 ? is_free(w, to, from->row.email, ret) : 0;
}

/* The address changed and the person's row says so already. */
static int move(struct people_work *w, const struct person_row *old, const struct person_row *now,
                const struct mapped_person *person, int *ret_changed)
{
    _cleanup_(contact_edit_clear) struct contact_edit edit = {0};
    struct address_change change = {.now = now, .wish = person};
    _cleanup_(clear_departure) struct departure from = {0};
    int rename = 0;
    int r = contact_edit_open(w, old->email, &edit);
    if (r < 0 || (r = may_rename(w, &edit, now->email, &rename)) < 0)
        return r;
    if (rename) {
        change.was = old;
        if ((r = contact_edit_rename(w, &edit, now->email)) < 0)
            return r;
        return address_settle(w, &edit, &change, ret_changed);
    }
    contact_edit_clear(&edit);
    if ((r = leave(w, old, &from)) < 0 || (r = contact_edit_open(w, now->email, &edit)) < 0)
        return r;
    arrive(&edit, &from);
    return address_settle(w, &edit, &change, ret_changed);
}

static int join(struct people_work *w, const struct person_row *old, struct person_row *now,
                const struct mapped_person *person)
{
    int changed = 0;
    now->email = mem_strdup(person->email);
    id_set_copy(&now->lists, &person->lists);
    int r = person_put(w->tx, now, w->e);
    if (r < 0)
        return r;
    if (old != NULL && old->email != NULL && strcmp(old->email, now->email) != 0) {
        r = move(w, old, now, person, &changed);
    } else {
        _cleanup_(contact_edit_clear) struct contact_edit edit = {0};
        struct address_change change = {.now = now, .wish = person};
        change.was = old != NULL && old->email != NULL ? old : NULL;
        if ((r = contact_edit_open(w, now->email, &edit)) < 0)
            return r;
        if (old != NULL && old->email == NULL && (r = arrive_late(w, &edit, old)) < 0)
            return r;
        r = address_settle(w, &edit, &change, &changed);
    }
    if (r == 0 && !changed)
        w->counts->unchanged++;
    return r;
}

/* Stays at its address, so that the contact goes when the person does, but gives nothing. */
static int refuse(struct people_work *w, const struct person_row *old, struct person_row *now,
                  struct contact_edit *edit)
{
    struct address_change change = {.was = old, .now = now};
    now->email = mem_strdup(old->email);
    id_set_copy(&now->lists, &old->lists);
    now->content_hash |= PERSON_REFUSED;
    int r = person_put(w->tx, now, w->e);
    return r < 0 ? r : address_settle(w, edit, &change, NULL);
}

/* Has no address now; the next one is to hear of the opt-out at the last one. */
static int lose_address(struct people_work *w, struct person_row *now, struct departure *from)
{
    now->former_email = take_ptr(from->optout);
    if (from->blocklist)
        now->content_hash |= PERSON_OPTED_OUT;
    return person_put(w->tx, now, w->e);
}

static int skip(struct people_work *w, const struct person_row *old, struct person_row *now,
                const struct mapped_person *person)
{
    _cleanup_(contact_edit_clear) struct contact_edit edit = {0};
    _cleanup_(clear_departure) struct departure from = {0};
    struct address_change change = {.was = old};
    int r = 0;
    if (old == NULL)
        return person_put(w->tx, now, w->e);
    if (old->email == NULL) {
        from = recall(old);
        return lose_address(w, now, &from);
    }
    if ((r = contact_edit_open(w, old->email, &edit)) < 0)
        return r;
    if (withdraws(person) && contact_edit_reached(&edit))
        return refuse(w, old, now, &edit);
    depart(&edit, &from);
    r = lose_address(w, now, &from);
    return r < 0 ? r : address_settle(w, &edit, &change, NULL);
}

int people_apply(struct store_tx *tx, const struct people_context *context, const char *user_id,
                 const struct mapped_person *person, struct people_counts *counts,
                 struct err_info *e)
{
    struct people_work w = {tx, context, counts, e};
    _cleanup_(person_clear) struct person_row old = {0};
    _cleanup_(person_clear) struct person_row now = {0};
    int r = person_get(tx, context->connector, user_id, &old, e);
    if (r < 0 && r != ERR_NOT_FOUND)
        return r;
    const struct person_row *known = r == 0 ? &old : NULL;
    count_person(counts, person);
    if (known != NULL && is_unchanged(known, person))
        return mark_seen(&w, known, person);
    now.connector = mem_strdup(context->connector);
    now.user_id = mem_strdup(user_id);
    now.last_ms = person->last_ms;
    now.created_ms = person->created_ms;
    now.content_hash = stored_hash(person);
    now.snapshot = context->snapshot != 0 || known == NULL ? context->snapshot : known->snapshot;
    return person->skip == SKIP_NONE ? join(&w, known, &now, person)
                                     : skip(&w, known, &now, person);
}

static int remove_person(struct people_work *w, const struct person_row *row)
{
    int r = person_delete(w->tx, row->connector, row->user_id, w->e);
    if (r < 0)
        return r;
    w->counts->gone++;
    return row->email != NULL ? leave(w, row, NULL) : 0;
}

int people_gone(struct store_tx *tx, const struct people_context *context, const char *user_id,
                struct people_counts *counts, struct err_info *e)
{
    struct people_work w = {tx, context, counts, e};
    _cleanup_(person_clear) struct person_row row = {0};
    int r = person_get(tx, context->connector, user_id, &row, e);
    if (r == ERR_NOT_FOUND)
        return 0;
    return r < 0 ? r : remove_person(&w, &row);
}

int people_sweep(struct store_tx *tx, const struct people_context *context, size_t max,
                 int *ret_more, struct people_counts *counts, struct err_info *e)
{
    struct people_work w = {tx, context, counts, e};
    struct person_row *rows = NULL;
    size_t count = 0;
    int r = person_unseen(tx, context->connector, context->snapshot, max, &rows, &count, e);
    if (r < 0)
        return r;
    for (size_t i = 0; i < count && r == 0; i++)
        r = remove_person(&w, &rows[i]);
    person_list_free(rows, count);
    if (r == 0)
        *ret_more = count == max && max > 0;
    return r;
}
