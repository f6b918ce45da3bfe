/* SPDX-License-Identifier: Apache-2.0
 *
 * brevo/job.h: one contact on its way by single calls, shared by the files that know the ways:
 * single.c (the pool of jobs), optout.c, leavers.c, upsert.c, rename.c, remove.c. Each way ends
 * with exactly one job_end(). Loop thread only.
 */
#ifndef TAJO_BREVO_JOB_H
#define TAJO_BREVO_JOB_H

#include "brevo/internal.h"
#include "brevo/verdict.h"

struct singles;

/* Addresses within one delivery; each has two places. */
#define OPTOUT_HOPS 3

struct job {
    struct singles *singles;
    struct delivery *d;
    const struct contact_row *row; /* the page's, in place until the page is done */
    json_t *attributes;            /* what is left to be sent of the wish */
    json_t *inherited;             /* rename.c: what the old contact has of us; NULL: not read */
    struct id_set add;
    struct id_set drop;
    struct id_set left;            /* lists that the person left, as far as it is known */
    int kept_off;                  /* one of them was to be added */
    int looked;                    /* leavers.c has been asked */
    int there;                     /* leavers.c found the contact */
    void (*then)(struct job *job); /* of leavers.c */
    int blocklist;                 /* 1: emailBlacklisted:true goes along */
    int fresh;                     /* Brevo does not have what we delivered before */
    int displaced;                 /* somebody else has the contact at rename_from by now */
    int renamed;                   /* remove.c: Brevo has it under its new address already */
    char *ask[2 * OPTOUT_HOPS];    /* optout.c: whose blocklisting is asked for */
    size_t ask_count;
    size_t ask_next;
    int no_phones; /* phone numbers were refused and left out */
    enum verdict_kind kind;
    struct refusal refusal;
};

void optout_start(struct job *job); /* before all others: does an opt-out come along? */
void job_go(struct job *job);       /* ... and then its own way */

/* Before lists are added: takes those out of job->add that the person left, by the store and by
 * Brevo's own word, then goes on. */
void leavers_start(struct job *job, void (*then)(struct job *job));
/* The same from a contact that was read anyway. ERR_DATA when the answer does not tell. */
int leavers_learn(struct job *job, const json_t *contact);

void upsert_start(struct job *job);  /* by POST, or PUT when lists are to be left */
void upsert_create(struct job *job); /* by POST, on all wanted lists: Brevo has no such contact */
void rename_start(struct job *job);
void remove_start(struct job *job);

void job_end(struct job *job, enum verdict_kind kind);

/* An answer that does not say what a person opted out of: asked again later. */
void job_unreadable(struct job *job);

/* In a work, arg is the job: a crash at any later point will not lose that it is blocklisted. */
int job_note_blocklisted(struct store_tx *tx, void *arg, struct err_info *e);

/* The same: sets job->displaced. */
int job_look_old(struct store_tx *tx, void *arg, struct err_info *e);

/* 1 when the answer ended the job: none came, Brevo refuses service, or cannot now. 0: a status
 * below 500 that the way must judge. */
int job_ended(struct job *job, const struct http_response *response, const struct err_info *e,
              const char *endpoint);

/* For a 400: 1 when the phone numbers were the reason and are out now: send again. 0: job->refusal
 * says why. */
int job_without_phones(struct job *job, const struct http_response *response);

/* Ends the job as a dead letter with what the answer says. */
void job_refused(struct job *job, const struct http_response *response);

/* Body of a PUT or POST: attributes, lists, blocklist. Caller drops it. */
json_t *job_body(const struct job *job);

#endif
