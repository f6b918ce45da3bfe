/* SPDX-License-Identifier: Apache-2.0
 *
 * A new or changed contact. POST with updateEnabled serves both; only leaving lists needs PUT.
 */
#include "brevo/job.h"

static void post_contact(struct job *job);

static void contact_posted(void *arg, const struct http_response *response,
                           const struct err_info *e)
{
    struct job *job = arg;
    if (job_ended(job, response, e, "POST /contacts"))
        return;
    if (response->status == 201 || response->status == 204 || response->status == 200) {
        /* 201 for one we had delivered: somebody deleted it in Brevo meanwhile. */
        if (response->status == 201 && job->row->known)
            job->fresh = 1;
        job_end(job, VERDICT_DELIVERED);
        return;
    }
    if (response->status == 400 && job_without_phones(job, response)) {
        post_contact(job);
        return;
    }
    job_refused(job, response);
}

static void post_contact(struct job *job)
{
    _cleanup_json_ json_t *body = job_body(job);
    json_object_set_new(body, "email", json_string(job->row->email));
    json_object_set_new(body, "updateEnabled", json_true());
    const struct call call = {
        .method = "POST", .path = "/contacts", .endpoint = "POST /contacts", .body = body};
    call_send(job->d->brevo, &call, contact_posted, job);
}

void upsert_create(struct job *job)
{
    job->fresh = 1;
    id_set_clear(&job->drop);
    id_set_copy(&job->add, &job->row->lists_wanted);
    id_set_subtract(&job->add, &job->left);
    if (job->add.count > 0 && !job->looked)
        leavers_start(job, post_contact);
    else
        post_contact(job);
}

static void put_contact(struct job *job);

/* Somebody deleted it in Brevo. That it should leave a list is no reason to bring it back. */
static void contact_unknown(struct job *job)
{
    if (json_object_size(job->attributes) == 0 && job->add.count == 0 && !job->blocklist)
        job_end(job, VERDICT_DELIVERED);
    else
        upsert_create(job);
}

static void contact_put_came(void *arg, const struct http_response *response,
                             const struct err_info *e)
{
    struct job *job = arg;
    if (job_ended(job, response, e, "PUT /contacts/{identifier}"))
        return;
    if (response->status == 204 || response->status == 200)
        job_end(job, VERDICT_DELIVERED);
    else if (response->status == 404)
        contact_unknown(job);
    else if (response->status == 400 && job_without_phones(job, response))
        put_contact(job);
    else
        job_refused(job, response);
}

static void put_contact(struct job *job)
{
    _cleanup_json_ json_t *body = job_body(job);
    call_contact(job->d->brevo, "PUT", job->row->email, body, contact_put_came, job);
}

/* Brevo has it, and all it waited for was a list that the person left. */
static int nothing_to_send(const struct job *job)
{
    return (job->there || job->row->known) && json_object_size(job->attributes) == 0 &&
           job->add.count == 0 && !job->blocklist;
}

static void send_changes(struct job *job)
{
    if (job->drop.count > 0)
        put_contact(job);
    else if (nothing_to_send(job))
        job_end(job, VERDICT_DELIVERED);
    else
        post_contact(job);
}

void upsert_start(struct job *job)
{
    if (job->add.count > 0)
        leavers_start(job, send_changes);
    else
        send_changes(job);
}
