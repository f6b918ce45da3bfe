/* SPDX-License-Identifier: Apache-2.0
 *
 * A contact that is to be deleted. Deleting a blocklisted one would delete the opt-out with it, and
 * a later import would bring the person back as subscribed: such a contact only leaves our lists.
 */
#include "brevo/job.h"

#include <stdio.h>

static void delete_came(void *arg, const struct http_response *response, const struct err_info *e)
{
    struct job *job = arg;
    if (job_ended(job, response, e, "DELETE /contacts/{identifier}"))
        return;
    if ((response->status >= 200 && response->status < 300) || response->status == 404) {
        job_end(job, VERDICT_REMOVED);
        return;
    }
    refusal_read(response, &job->refusal);
    if (response->status == 405)
        snprintf(job->refusal.detail, sizeof(job->refusal.detail),
                 "Brevo does not delete this contact (405): it is the address that the Brevo "
                 "account itself is registered with");
    job_end(job, VERDICT_DEAD);
}

static void left_came(void *arg, const struct http_response *response, const struct err_info *e)
{
    struct job *job = arg;
    if (job_ended(job, response, e, "PUT /contacts/{identifier}"))
        return;
    if ((response->status >= 200 && response->status < 300) || response->status == 404) {
        job->d->brevo->counts.kept_blocklisted++;
        job_end(job, VERDICT_REMOVED);
    } else {
        job_refused(job, response);
    }
}

/* Off our lists, and only that. */
static void leave_lists(struct job *job)
{
    json_decref(job->attributes);
    job->attributes = json_object();
    id_set_clear(&job->add);
    id_set_copy(&job->drop, &job->row->lists_delivered);
    if (job->drop.count == 0 && !job->blocklist) {
        job->d->brevo->counts.kept_blocklisted++;
        job_end(job, VERDICT_REMOVED);
        return;
    }
    _cleanup_json_ json_t *body = job_body(job);
    call_contact(job->d->brevo, "PUT", job->row->email, body, left_came, job);
}

static void contact_read(void *arg, const struct http_response *response, const struct err_info *e)
{
    struct job *job = arg;
    if (job_ended(job, response, e, "GET /contacts/{identifier}"))
        return;
    if (response->status == 404) {
        job_end(job, VERDICT_REMOVED);
        return;
    }
    if (response->status != 200) {
        job_refused(job, response);
        return;
    }
    _cleanup_json_ json_t *contact = reply_json(response);
    /* An answer that cannot be read must not lead to a deletion. */
    if (job->blocklist || !json_is_false(json_object_get(contact, "emailBlacklisted")))
        leave_lists(job);
    else
        call_contact(job->d->brevo, "DELETE", job->row->email, NULL, delete_came, job);
}

void remove_start(struct job *job)
{
    call_contact(job->d->brevo, "GET", job->row->email, NULL, contact_read, job);
}
