/* SPDX-License-Identifier: Apache-2.0
 *
 * tenant.h: an Auth0 tenant in memory, as the fake host's answering function.
 *
 * tenant_new() makes users one second apart; tests change them in place. Searches stop at 1,000
 * as Auth0's do: totals, offsets, sort, the time bound, user_id:"..." and the query tenant.query
 * are understood, anything else fails the test. Every user object carries tokens and passwords
 * that contain TENANT_PLANTED, which no record may show.
 */
#ifndef TAJO_CONTRACT_TENANT_H
#define TAJO_CONTRACT_TENANT_H

#include "fake_host.h"

#include <jansson.h>

#define TENANT_PLANTED "PLANTED"
#define TENANT_EPOCH   INT64_C(1790000000000)

struct tenant_user {
    char id[64];
    int64_t created_ms, updated_ms;
    bool verified, matches, social, deleted;
    bool timeless; /* created_at and updated_at are objects */
};

struct tenant {
    struct fake_host *host;
    struct tenant_user *users;
    size_t count;
    const char *query;    /* what the option query holds; users with .matches match */
    int64_t max_per_page; /* larger ones: 400; 0: 100 */
    int64_t clamp;        /* larger pages are cut to this without a word; 0: none */
    bool bare;            /* answers arrays without totals */
    bool forbids_export;
    int pending_polls; /* polls before the job is complete */
    size_t searches, jobs, polls, downloads;
    void (*after_search)(struct tenant *tenant); /* changes the tenant in the middle of a run */
    char *answer;                                /* the last one */
    char *file;                                  /* the last export */
};

struct tenant *tenant_new(struct fake_host *host, size_t count);
struct tenant *tenant_free(struct tenant *tenant);

json_t *tenant_user_json(const struct tenant_user *user);
void tenant_format_time(int64_t ms, char room[32]);

/* text as a gzip file: the caller's to free. */
char *tenant_gzip(const char *text, size_t len, size_t *ret_len);

#endif
