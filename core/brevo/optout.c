/* SPDX-License-Identifier: Apache-2.0
 *
 * A person moved to an address that Brevo has as a contact of its own. Whether the person is
 * blocklisted where it was is asked of Brevo, wherever that contact is by now, and written down
 * before anything goes to the new one. Where two may have been the person, one opt-out is enough.
 */
#include "base/mem.h"
#include "brevo/job.h"

#include <stdlib.h>
#include <string.h>

static void ask(struct job *job);

static void noted(void *arg, int result, const struct err_info *e)
{
    struct job *job = arg;
    if (result < 0) {
        delivery_fail(job->d, e);
        job_end(job, VERDICT_RELEASED);
        return;
    }
    job_go(job);
}

static void next(struct job *job)
{
    if (job->ask_next < job->ask_count)
        ask(job);
    else
        job_go(job);
}

static void came(void *arg, const struct http_response *response, const struct err_info *e)
{
    struct job *job = arg;
    if (job_ended(job, response, e, "GET /contacts/{identifier}"))
        return;
    if (response->status == 404) {
        next(job);
        return;
    }
    if (response->status != 200) {
        job_refused(job, response);
        return;
    }
    _cleanup_json_ json_t *contact = reply_json(response);
    const json_t *blocklisted = json_object_get(contact, "emailBlacklisted");
    if (leavers_learn(job, contact) < 0) {
        job_unreadable(job);
    } else if (json_is_true(blocklisted)) {
        job->blocklist = 1;
        store_submit(job->d->brevo->store, job_note_blocklisted, noted, job);
    } else if (json_is_false(blocklisted)) {
        next(job);
    } else {
        job_unreadable(job);
    }
}

static void ask(struct job *job)
{
    call_contact(job->d->brevo, "GET", job->ask[job->ask_next++], NULL, came, job);
}

static void add(struct job *job, const char *email)
{
    if (email != NULL && strcmp(email, job->row->email) != 0)
        job->ask[job->ask_count++] = mem_strdup(email);
}

/* The old place before the new one: a rename in between is not missed. */
static int look(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct job *job = arg;
    _cleanup_free_ char *email = mem_strdup(job->row->optout_from);
    for (int hop = 0; hop < OPTOUT_HOPS && email != NULL; hop++) {
        _cleanup_(contact_clear) struct contact_row row = {0};
        int r = contact_get(tx, email, &row, e);
        if (r < 0 && r != ERR_NOT_FOUND)
            return r;
        add(job, row.rename_from);
        add(job, email);
        free(email);
        email = take_ptr(row.optout_from);
    }
    return 0;
}

static void looked(void *arg, int result, const struct err_info *e)
{
    struct job *job = arg;
    if (result < 0) {
        delivery_fail(job->d, e);
        job_end(job, VERDICT_RELEASED);
        return;
    }
    next(job);
}

void optout_start(struct job *job)
{
    store_submit(job->d->brevo->store, look, looked, job);
}
