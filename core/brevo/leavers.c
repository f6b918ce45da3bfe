/* SPDX-License-Identifier: Apache-2.0
 *
 * Somebody who left a list by his own wish is not put back on it. Brevo does that to whoever is
 * named with the list, so before a single call adds lists the contact is read; what the store knows
 * of it, and of the addresses the person had before, counts too. For imports see survey.c.
 */
#include "brevo/attributes.h"
#include "brevo/job.h"

static void leave_out(struct job *job)
{
    size_t before = job->add.count;
    id_set_subtract(&job->add, &job->left);
    if (job->add.count < before)
        job->kept_off = 1;
}

int leavers_learn(struct job *job, const json_t *contact)
{
    int r = contact_left_lists(contact, &job->left);
    if (r == 0)
        leave_out(job);
    return r;
}

static void came(void *arg, const struct http_response *response, const struct err_info *e)
{
    struct job *job = arg;
    if (job_ended(job, response, e, "GET /contacts/{identifier}"))
        return;
    if (response->status == 404) {
        job->then(job);
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
    job->there = 1;
    job->then(job);
}

static int read_known(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct job *job = arg;
    const struct contact_row *row = job->row;
    const char *const addresses[] = {row->email, row->rename_from, row->optout_from};
    int r = 0;
    for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses) && r == 0; i++) {
        if (addresses[i] != NULL)
            r = leaver_lists(tx, addresses[i], &job->left, e);
    }
    return r;
}

static void known_came(void *arg, int result, const struct err_info *e)
{
    struct job *job = arg;
    if (result < 0) {
        delivery_fail(job->d, e);
        job_end(job, VERDICT_RELEASED);
        return;
    }
    leave_out(job);
    if (job->add.count == 0 || survey_is_recent(job->d))
        job->then(job);
    else
        call_contact(job->d->brevo, "GET", job->row->email, NULL, came, job);
}

void leavers_start(struct job *job, void (*then)(struct job *job))
{
    job->then = then;
    job->looked = 1;
    store_submit(job->d->brevo->store, read_known, known_came, job);
}
