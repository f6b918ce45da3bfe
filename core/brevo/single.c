/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool of single calls: a page of rows, at most eight contacts at once, each with its verdict
 * stored before the next page is read.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "brevo/job.h"
#include "log/log.h"

#include <inttypes.h>
#include <stdlib.h>

#define TAKE_ROWS 300 /* two full calls of list removal */
#define IN_FLIGHT 8

struct singles {
    struct delivery *d;
    int64_t key; /* group to take from; -1: the batch is taken already */
    int64_t batch;
    int64_t taken;
    struct contact_row *rows;
    char *settled; /* flags: the row has its verdict */
    size_t count;
    size_t next;
    struct job *jobs[IN_FLIGHT];
    unsigned in_flight;
    step_done done;
};

static void start_jobs(struct singles *s);

static void end_singles(struct singles *s)
{
    struct delivery *d = s->d;
    step_done done = s->done;
    contact_list_free(s->rows, s->count);
    free(s->settled);
    free(s);
    done(d);
}

/* ---- A page ---- */

static int take_all(void *arg, const struct contact_row *row)
{
    (void)arg;
    (void)row;
    return 0;
}

static int read_page(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct singles *s = arg;
    if (s->key >= 0) {
        int r = contact_take(tx, s->key, s->batch, clock_unix_ms(), TAKE_ROWS, take_all, NULL,
                             &s->taken, e);
        if (r < 0)
            return r;
    }
    return contact_batch_rows(tx, s->batch, NULL, TAKE_ROWS, &s->rows, &s->count, e);
}

static void ask_page(struct singles *s);

static void page_done(struct singles *s)
{
    size_t count = s->count;
    contact_list_free(s->rows, s->count);
    free(take_ptr(s->settled));
    s->rows = NULL;
    s->count = s->next = 0;
    /* What was taken for this fits one page; a batch left by an import may be longer. */
    if (delivery_ends(s->d) || s->key >= 0 || count < TAKE_ROWS)
        end_singles(s);
    else
        ask_page(s);
}

static void lists_left(struct delivery *d)
{
    struct singles *s = d->step;
    d->step = NULL;
    start_jobs(s);
}

static void page_came(void *arg, int result, const struct err_info *e)
{
    struct singles *s = arg;
    struct delivery *d = s->d;
    if (result < 0) {
        delivery_fail(d, e);
        end_singles(s);
        return;
    }
    if (s->key >= 0) {
        d->round_taken += s->taken;
        d->group_left = s->taken > 0 ? d->group_left - s->taken : 0;
    }
    if (delivery_ends(d) || s->count == 0) {
        end_singles(s);
        return;
    }
    d->step = s;
    s->settled = mem_alloc(s->count);
    lists_run(d, s->rows, s->count, s->settled, lists_left);
}

static void ask_page(struct singles *s)
{
    store_submit(s->d->brevo->store, read_page, page_came, s);
}

static struct singles *new_singles(struct delivery *d, int64_t key, int64_t batch, step_done done)
{
    struct singles *s = mem_alloc(sizeof(*s));
    s->d = d;
    s->key = key;
    s->batch = batch;
    s->done = done;
    return s;
}

void single_run(struct delivery *delivery, const struct contact_group *group, step_done done)
{
    ask_page(new_singles(delivery, group->key, ++delivery->brevo->last_batch, done));
}

void single_run_batch(struct delivery *delivery, int64_t batch, step_done done)
{
    ask_page(new_singles(delivery, -1, batch, done));
}

/* ---- The pool ---- */

static void free_job(struct job *job)
{
    json_decref(job->attributes);
    json_decref(job->inherited);
    for (size_t i = 0; i < job->ask_count; i++)
        free(job->ask[i]);
    id_set_clear(&job->add);
    id_set_clear(&job->drop);
    id_set_clear(&job->left);
    free(job);
}

static struct job *new_job(struct singles *s, const struct contact_row *row)
{
    struct job *job = mem_alloc(sizeof(*job));
    job->singles = s;
    job->d = s->d;
    job->row = row;
    job->attributes = pending_attributes(row, s->d->known);
    id_set_copy(&job->add, &row->lists_wanted);
    id_set_subtract(&job->add, &row->lists_delivered);
    id_set_copy(&job->drop, &row->lists_delivered);
    id_set_subtract(&job->drop, &row->lists_wanted);
    job->blocklist = row->blocklist == 1;
    return job;
}

static int same_address(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* 1 when the first leaves, or looks at, an address that the other has or gives away. */
static int meets(const struct contact_row *row, const struct contact_row *other)
{
    return same_address(row->rename_from, other->email) ||
           same_address(row->optout_from, other->email) ||
           same_address(row->optout_from, other->rename_from);
}

/* Two rows that touch one contact at Brevo. */
static int touches(const struct singles *s, const struct contact_row *row)
{
    for (size_t i = 0; i < IN_FLIGHT; i++) {
        const struct contact_row *other = s->jobs[i] != NULL ? s->jobs[i]->row : NULL;
        if (other == NULL)
            continue;
        if (meets(row, other) || meets(other, row))
            return 1;
    }
    return 0;
}

void job_go(struct job *job)
{
    if (job->row->remove)
        remove_start(job);
    else if (job->row->rename_from != NULL)
        rename_start(job);
    else
        upsert_start(job);
}

static void start_job(struct singles *s, const struct contact_row *row)
{
    struct job *job = new_job(s, row);
    size_t slot = 0;
    while (s->jobs[slot] != NULL)
        slot++;
    s->jobs[slot] = job;
    s->in_flight++;
    if (row->optout_from != NULL && row->blocklist == 0)
        optout_start(job);
    else
        job_go(job);
}

static void start_jobs(struct singles *s)
{
    while (s->in_flight < IN_FLIGHT && s->next < s->count && !delivery_ends(s->d)) {
        const struct contact_row *row = &s->rows[s->next];
        if (touches(s, row))
            break;
        if (!s->settled[s->next++])
            start_job(s, row);
    }
    if (s->in_flight == 0)
        page_done(s);
}

/* ---- The verdict of a job ---- */

static int store_verdict(struct store_tx *tx, void *arg, struct err_info *e)
{
    const struct job *job = arg;
    const struct verdict verdict = {
        .kind = job->kind,
        .email = job->row->email,
        .sent = job->attributes,
        .added = &job->add,
        .removed = &job->drop,
        .left = &job->left,
        .blocklisted = job->blocklist,
        .optout_from = job->row->optout_from,
        .fresh = job->fresh,
        .reason = job->refusal.code,
        .detail = job->refusal.detail,
        .now_ms = clock_unix_ms(),
    };
    return verdict_store(tx, &verdict, e);
}

static const char *kind_name(enum verdict_kind kind)
{
    static const char *const names[] = {"delivered", "removed", "dead", "later", "released"};
    return names[kind];
}

static void count_verdict(const struct job *job)
{
    struct delivery *d = job->d;
    struct brevo_counts *counts = &d->brevo->counts;
    counts->singles++;
    if (job->kind == VERDICT_DELIVERED || job->kind == VERDICT_REMOVED) {
        counts->refused_phones += (uint64_t)job->no_phones;
        counts->kept_off_lists += (uint64_t)(job->kept_off && job->kind == VERDICT_DELIVERED);
        delivery_delivered(d, 1);
    } else if (job->kind == VERDICT_DEAD) {
        counts->dead++;
        d->streak = 0;
        delivery_advance(d, 1);
    } else if (job->kind == VERDICT_LATER) {
        delivery_advance(d, 1);
    }
    if (d->brevo->log_sync)
        log_line(LOG_LEVEL_INFO, "brevo", "contact verdict", "contact=%s way=single verdict=%s",
                 log_mask(job->row->email), kind_name(job->kind));
}

static void verdict_stored(void *arg, int result, const struct err_info *e)
{
    struct job *job = arg;
    struct singles *s = job->singles;
    if (result < 0)
        delivery_fail(s->d, e);
    else
        count_verdict(job);
    for (size_t i = 0; i < IN_FLIGHT; i++) {
        if (s->jobs[i] == job)
            s->jobs[i] = NULL;
    }
    s->in_flight--;
    free_job(job);
    start_jobs(s);
}

int job_note_blocklisted(struct store_tx *tx, void *arg, struct err_info *e)
{
    const struct job *job = arg;
    _cleanup_(contact_clear) struct contact_row row = {0};
    int r = contact_get(tx, job->row->email, &row, e);
    if (r < 0)
        return r == ERR_NOT_FOUND ? 0 : r;
    row.blocklist = 1;
    return contact_put(tx, &row, e);
}

void job_end(struct job *job, enum verdict_kind kind)
{
    job->kind = kind;
    store_submit(job->d->brevo->store, store_verdict, verdict_stored, job);
}

/* Nobody knows: neither subscribe the person again nor blocklist it for a broken answer. */
void job_unreadable(struct job *job)
{
    struct err_info wrong = {0};
    err_set(&wrong, ERR_TRANSIENT, NULL, "it is asked again later",
            "Brevo's answer does not say what a contact has opted out of");
    delivery_postpone(job->d, &wrong);
    job_end(job, VERDICT_LATER);
}

int job_ended(struct job *job, const struct http_response *response, const struct err_info *e,
              const char *endpoint)
{
    struct err_info wrong = {0};
    if (response != NULL && !reply_stops(response) && !reply_is_transient(response))
        return 0;
    if (response != NULL)
        reply_error(response, endpoint, &wrong);
    else
        wrong = *e;
    if (wrong.code == ERR_TRANSIENT) {
        delivery_postpone(job->d, &wrong);
        job_end(job, VERDICT_LATER);
    } else {
        delivery_fail(job->d, &wrong);
        job_end(job, VERDICT_RELEASED);
    }
    return 1;
}

int job_without_phones(struct job *job, const struct http_response *response)
{
    refusal_read(response, &job->refusal);
    if (!job->refusal.phone || !attributes_drop_phones(job->attributes))
        return 0;
    job->no_phones = 1;
    return 1;
}

void job_refused(struct job *job, const struct http_response *response)
{
    refusal_read(response, &job->refusal);
    job_end(job, VERDICT_DEAD);
}

static json_t *ids_of(const struct id_set *set)
{
    json_t *ids = json_array();
    for (size_t i = 0; i < set->count; i++)
        json_array_append_new(ids, json_integer(set->ids[i]));
    return ids;
}

json_t *job_body(const struct job *job)
{
    json_t *body = json_object();
    if (json_object_size(job->attributes) > 0)
        json_object_set(body, "attributes", job->attributes);
    if (job->add.count > 0)
        json_object_set_new(body, "listIds", ids_of(&job->add));
    if (job->drop.count > 0)
        json_object_set_new(body, "unlinkListIds", ids_of(&job->drop));
    if (job->blocklist)
        json_object_set_new(body, "emailBlacklisted", json_true());
    return body;
}
