/* SPDX-License-Identifier: Apache-2.0
 *
 * A contact that is to be deleted. Deleting a blocklisted one would delete the opt-out with it, and
 * a later import would bring the person back as subscribed: such a contact only leaves our lists.
 * What lists a deleted one had left is remembered here.
 * One whose new address never arrived is there under the old one, unless the rename did arrive and
 * its verdict was lost.
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

static const char *address(const struct job *job)
{
    return job->row->rename_from != NULL && !job->renamed ? job->row->rename_from : job->row->email;
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
    call_contact(job->d->brevo, "PUT", address(job), body, left_came, job);
}

static void read_contact(struct job *job);

static void contact_read(void *arg, const struct http_response *response, const struct err_info *e)
{
    struct job *job = arg;
    if (job_ended(job, response, e, "GET /contacts/{identifier}"))
        return;
    if (response->status == 404 && job->row->rename_from != NULL && !job->renamed) {
        job->renamed = 1;
        read_contact(job);
        return;
    }
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
    if (leavers_learn(job, contact) < 0 || job->blocklist ||
        !json_is_false(json_object_get(contact, "emailBlacklisted")))
        leave_lists(job);
    else
        call_contact_once(job->d->brevo, "DELETE", address(job), NULL, delete_came, job);
}

static void read_contact(struct job *job)
{
    call_contact(job->d->brevo, "GET", address(job), NULL, contact_read, job);
}

static void old_looked(void *arg, int result, const struct err_info *e)
{
    struct job *job = arg;
    if (result < 0) {
        delivery_fail(job->d, e);
        job_end(job, VERDICT_RELEASED);
        return;
    }
    job->renamed = job->displaced;
    read_contact(job);
}

void remove_start(struct job *job)
{
    if (job->row->rename_from != NULL)
        store_submit(job->d->brevo->store, job_look_old, old_looked, job);
    else
        read_contact(job);
}
