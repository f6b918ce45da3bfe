/* SPDX-License-Identifier: Apache-2.0
 *
 * An address changed. Brevo takes a person off the blocklist when EMAIL changes, so: look first; a
 * blocklisted contact is not renamed. It stays where it is, blocklisted and off our lists, and the
 * new address gets a contact of its own, blocklisted from the start. That the person is
 * blocklisted is written down before, so that a crash at any later point cannot lose it. When the
 * new address is taken, the contact there is ours from now on and the old one leaves our lists.
 * Either way the new one is given what the old one was.
 */
#include "brevo/job.h"
#include "map/fingerprint.h"

static void put_rename(struct job *job);

static int is_good(const struct http_response *response)
{
    return response->status >= 200 && response->status < 300;
}

static int is_blocklisted(const json_t *contact)
{
    return json_is_true(json_object_get(contact, "emailBlacklisted"));
}

/* ---- The new address has a contact of its own ---- */

static void old_left(void *arg, const struct http_response *response, const struct err_info *e)
{
    struct job *job = arg;
    if (job_ended(job, response, e, "PUT /contacts/{identifier}"))
        return;
    if (is_good(response) || response->status == 404)
        upsert_create(job);
    else
        job_refused(job, response);
}

/* The old one goes first: until the verdict the row still says that it must. */
static void take_over(struct job *job)
{
    const struct id_set *lists = &job->row->lists_delivered;
    json_object_update_missing(job->attributes, job->inherited);
    if (lists->count == 0 && !job->blocklist) {
        upsert_create(job);
        return;
    }
    _cleanup_json_ json_t *body = json_object();
    json_t *ids = json_array();
    for (size_t i = 0; i < lists->count; i++)
        json_array_append_new(ids, json_integer(lists->ids[i]));
    if (lists->count > 0)
        json_object_set(body, "unlinkListIds", ids);
    json_decref(ids);
    if (job->blocklist)
        json_object_set_new(body, "emailBlacklisted", json_true());
    call_contact(job->d->brevo, "PUT", job->row->rename_from, body, old_left, job);
}

/* ---- The rename ---- */

static void rename_came(void *arg, const struct http_response *response, const struct err_info *e)
{
    struct job *job = arg;
    if (job_ended(job, response, e, "PUT /contacts/{identifier}"))
        return;
    if (is_good(response)) {
        job_end(job, VERDICT_DELIVERED);
    } else if (response->status == 404) {
        upsert_create(job);
    } else if (response->status == 400 && job_without_phones(job, response)) {
        put_rename(job);
    } else if (response->status == 400 && job->refusal.email_in_use) {
        take_over(job);
    } else {
        job_refused(job, response);
    }
}

static void put_rename(struct job *job)
{
    _cleanup_json_ json_t *body = job_body(job);
    json_t *attributes = json_copy(job->attributes);
    json_object_set_new(attributes, "EMAIL", json_string(job->row->email));
    json_object_set_new(body, "attributes", attributes);
    call_contact_once(job->d->brevo, "PUT", job->row->rename_from, body, rename_came, job);
}

/* A contact that somebody else has by now is not renamed away from there. */
static void go(struct job *job)
{
    if (job->displaced)
        upsert_create(job);
    else if (job->blocklist)
        take_over(job);
    else
        put_rename(job);
}

/* Of the old contact's attributes, those that we gave it. */
static void inherit(struct job *job, const json_t *contact)
{
    const struct contact_row *row = job->row;
    const char *name = NULL;
    json_t *value = NULL;
    job->inherited = json_object();
    json_object_foreach(json_object_get(contact, "attributes"), name, value)
    {
        if (fingerprint_matches(row->delivered, row->delivered_len, name, value))
            json_object_set(job->inherited, name, value);
    }
}

static void blocklisted_noted(void *arg, int result, const struct err_info *e)
{
    struct job *job = arg;
    if (result < 0) {
        delivery_fail(job->d, e);
        job_end(job, VERDICT_RELEASED);
        return;
    }
    go(job);
}

static void old_read(void *arg, const struct http_response *response, const struct err_info *e)
{
    struct job *job = arg;
    if (job_ended(job, response, e, "GET /contacts/{identifier}"))
        return;
    if (response->status == 404) {
        upsert_create(job);
        return;
    }
    if (response->status != 200) {
        job_refused(job, response);
        return;
    }
    _cleanup_json_ json_t *contact = reply_json(response);
    if (leavers_learn(job, contact) < 0) {
        job_unreadable(job);
        return;
    }
    inherit(job, contact);
    if (job->blocklist || !is_blocklisted(contact)) {
        go(job);
        return;
    }
    job->blocklist = 1;
    store_submit(job->d->brevo->store, job_note_blocklisted, blocklisted_noted, job);
}

int job_look_old(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct job *job = arg;
    _cleanup_(contact_clear) struct contact_row row = {0};
    int r = contact_get(tx, job->row->rename_from, &row, e);
    job->displaced = r == 0 && row.known;
    return r == ERR_NOT_FOUND ? 0 : r;
}

static void old_looked(void *arg, int result, const struct err_info *e)
{
    struct job *job = arg;
    if (result < 0) {
        delivery_fail(job->d, e);
        job_end(job, VERDICT_RELEASED);
        return;
    }
    call_contact(job->d->brevo, "GET", job->row->rename_from, NULL, old_read, job);
}

void rename_start(struct job *job)
{
    store_submit(job->d->brevo->store, job_look_old, old_looked, job);
}
