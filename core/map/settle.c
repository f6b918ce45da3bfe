/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "map/people_internal.h"

#include <string.h>

/* The persons of an address, the leader first. */
struct members {
    struct person_row *rows;
    size_t count;
};

static void release_members(struct members *members)
{
    person_list_free(members->rows, members->count);
}

static const struct person_row *leader_now(const struct members *members)
{
    for (size_t i = 0; i < members->count; i++)
        if (!person_refused(&members->rows[i]))
            return &members->rows[i];
    return NULL;
}

static const struct person_row *leader_before(const struct members *members,
                                              const struct address_change *change)
{
    const struct person_row *was = change->was;
    const struct person_row *leader = NULL;
    for (size_t i = 0; i < members->count && leader == NULL; i++)
        if (!person_refused(&members->rows[i]) &&
            (change->now == NULL || !person_same(&members->rows[i], change->now)))
            leader = &members->rows[i];
    if (was != NULL && !person_refused(was) && (leader == NULL || person_leads(was, leader)))
        return was;
    return leader;
}

static void intersect(struct id_set *set, const struct id_set *with)
{
    struct id_set rest = {0};
    id_set_copy(&rest, set);
    id_set_subtract(&rest, with);
    id_set_subtract(set, &rest);
    id_set_clear(&rest);
}

static void merge_lists(const struct members *members, int refused, struct id_set *ret)
{
    for (size_t i = 0; i < members->count; i++)
        if (person_refused(&members->rows[i]) == refused)
            id_set_merge(ret, &members->rows[i].lists);
}

/* Its attributes are not kept anywhere but at the platform: it has to be read again. */
static int refresh_leader(struct people_work *w, const struct person_row *leader)
{
    const char *dot = strchr(w->context->source, '.');
    _cleanup_free_ char *source =
        mem_printf("%s.%s", leader->connector, dot != NULL ? dot + 1 : w->context->source);
    int r = person_rehash(w, leader, 0);
    if (r < 0)
        return r;
    return refresh_put(w->tx, source, leader->user_id, w->context->now_ms, w->e);
}

/* Nobody wishes attributes of this contact at the moment. */
static int drop_wish(struct people_work *w, struct contact_edit *edit)
{
    int lost = 0;
    contact_edit_drop_pending(edit);
    return phones_wish(w, edit, NULL, NULL, &lost);
}

static int forget_contact(struct people_work *w, struct contact_edit *edit, int *ret_changed)
{
    if (ret_changed != NULL)
        *ret_changed = 0;
    if (!edit->exists)
        return 0;
    int r = drop_wish(w, edit);
    return r < 0 ? r : contact_delete(w->tx, edit->row.email, w->e);
}

/* The last person left. */
static int settle_empty(struct people_work *w, struct contact_edit *edit,
                        const struct address_change *change, int *ret_changed)
{
    if (!contact_edit_reached(edit))
        return forget_contact(w, edit, ret_changed);
    int r = drop_wish(w, edit);
    if (r < 0)
        return r;
    if (w->context->delete_behavior == PEOPLE_SOFT && change->was != NULL)
        id_set_subtract(&edit->row.lists_wanted, &change->was->lists);
    if (w->context->delete_behavior == PEOPLE_HARD)
        edit->row.remove = 1;
    return contact_edit_save(w, edit, ret_changed);
}

/* Whoever is left took the consent back. */
static int settle_refused(struct people_work *w, struct contact_edit *edit,
                          const struct members *members, int *ret_changed)
{
    struct id_set lists = {0};
    if (!contact_edit_reached(edit))
        return forget_contact(w, edit, ret_changed);
    int r = drop_wish(w, edit);
    if (r < 0)
        return r;
    merge_lists(members, 1, &lists);
    intersect(&edit->row.lists_wanted, &lists);
    id_set_clear(&lists);
    if (edit->row.blocklist == 0)
        edit->row.blocklist = 1;
    return contact_edit_save(w, edit, ret_changed);
}

/* Wanted again before or while it is deleted. In the latter case Brevo may have lost everything. */
static void revive(struct contact_edit *edit)
{
    struct contact_row *row = &edit->row;
    if (row->remove && row->batch != 0) {
        row->known = 0;
        free(row->delivered);
        row->delivered = NULL;
        row->delivered_len = 0;
        id_set_clear(&row->lists_delivered);
    }
    row->remove = 0;
}

static int apply_wish(struct people_work *w, struct contact_edit *edit,
                      const struct members *members, const struct address_change *change)
{
    _cleanup_json_ json_t *wish = json_copy(change->wish->attributes);
    const char *number = json_string_value(json_object_get(wish, PHONE_ATTRIBUTE));
    int lost = 0;
    int r = phones_wish(w, edit, &members->rows[0], number, &lost);
    if (r < 0)
        return r;
    if (lost) {
        json_object_del(wish, PHONE_ATTRIBUTE);
        w->counts->losses[LOSS_SHARED_PHONE]++;
        r = person_rehash(w, change->now, change->now->content_hash | PERSON_NO_PHONE);
    }
    contact_edit_overlay(edit, wish, change->wish->decides);
    return r;
}

static int settle_led(struct people_work *w, struct contact_edit *edit,
                      const struct members *members, const struct address_change *change)
{
    const struct person_row *leader = leader_now(members);
    const struct person_row *before = leader_before(members, change);
    int same_leader = before != NULL && person_same(before, leader);
    int wishes = change->wish != NULL && person_same(leader, change->now);
    int r = 0;
    revive(edit);
    id_set_clear(&edit->row.lists_wanted);
    merge_lists(members, 0, &edit->row.lists_wanted);
    if (wishes) {
        if (!same_leader)
            contact_edit_drop_pending(edit);
        return apply_wish(w, edit, members, change);
    }
    if (same_leader && edit->exists)
        return 0;
    if ((r = drop_wish(w, edit)) < 0)
        return r;
    return refresh_leader(w, leader);
}

int address_settle(struct people_work *w, struct contact_edit *edit,
                   const struct address_change *change, int *ret_changed)
{
    _cleanup_(release_members) struct members members = {0};
    int r = person_by_email(w->tx, edit->row.email, PEOPLE_PER_ADDRESS, &members.rows,
                            &members.count, w->e);
    if (r < 0)
        return r;
    if (members.count == 0)
        return settle_empty(w, edit, change, ret_changed);
    if (leader_now(&members) == NULL)
        return settle_refused(w, edit, &members, ret_changed);
    if ((r = settle_led(w, edit, &members, change)) < 0)
        return r;
    return contact_edit_save(w, edit, ret_changed);
}
