/* SPDX-License-Identifier: Apache-2.0
 *
 * users.h: what the files of the auth0-users plugin share.
 *
 *   descriptor.c  the source as data          plugin.c   create, check, run, destroy
 *   run.c         a run: clock, commits       person.c   one user object -> one record
 *   search.c      GET /users, one page        walk.c     many pages, keyed by a time
 *   full.c        everybody                   changes.c  what changed since a time
 *   export.c      export job, its link        lines.c    gzip file -> lines
 *   refresh.c     GET /users/{id}             cursor.c   the stored cursor
 *
 * Functions return TAJO_OK or a negative TAJO_E_*, with the host's error set; some return one of
 * the positive enum users_outcome values below, which the caller must act upon.
 */
#ifndef USERS_H
#define USERS_H

#include "tajo/sdk.h"

#include <jansson.h>
#include <stdbool.h>

#define USERS_SEARCH_CAP   1000 /* Auth0 pages no further, and counts no further */
#define USERS_COMMIT_EVERY 1000u
#define USERS_JSON_MAX     1048576u /* of a record; also the longest line of an export */
#define USERS_SUBJECT_MAX  255u

enum users_outcome {
    USERS_OK = 0,
    USERS_CAPPED = 1, /* the search cannot reach everybody: read another way */
    USERS_DENIED = 2, /* the application may not export: read another way */
};

enum users_mode { USERS_AUTO, USERS_PAGES, USERS_EXPORT };

/* An instance. Strings are the host's and live as long. */
struct users {
    struct tajo_sdk sdk;
    struct tajo_str query; /* Lucene; empty: everybody */
    int64_t page_size;
    enum users_mode mode;
    int64_t overlap_ms;
    int64_t export_timeout_ms;
};

/* One run. */
struct users_run {
    struct users *users;
    const struct tajo_run_request *request;
    json_t *roots;     /* root keys that may leave, as an object; owned */
    int64_t began_ms;  /* before the first request, by Auth0's clock once clock_read */
    bool clock_read;   /* a date header was seen, or its absence */
    bool moves_cursor; /* false in SINCE and REFRESH: the stored cursor is not theirs */
    bool complete;     /* FULL, and nothing so far forbids SNAPSHOT_COMPLETE */
    int64_t cursor_ms; /* the newest committed cursor; -1: none */
    uint64_t read, emitted, filtered, malformed;
    uint64_t damaged;       /* of the malformed: no user at all, as in a damaged answer */
    uint64_t pending;       /* emitted since the last commit */
    uint64_t total;         /* for progress; 0: unknown */
    uint64_t file_size;     /* of the export being read; 0: none */
    uint64_t file_consumed; /* of it */
};

/* ---- run.c */
void users_run_begin(struct users_run *run, struct users *users,
                     const struct tajo_run_request *request);
void users_run_end(struct users_run *run);
/* To be called with every answer of the API: the first one's date header sets began_ms. */
void users_run_note_answer(struct users_run *run, const struct tajo_http_response *response);
/* Between two pages or every few lines: commits when enough waits, reports progress, and
 * TAJO_E_STOPPED when the host wants the run to end. */
int32_t users_run_pause(struct users_run *run);
/* Commits what waits with the cursor at ms, or farther if it was already; never beyond began_ms. */
int32_t users_run_commit_until(struct users_run *run, int64_t ms);
/* The run's last commit. */
int32_t users_run_finish(struct users_run *run);

/* ---- person.c */
/* The set of root keys that may leave: the descriptor's fields and what the request reads. */
json_t *users_person_list_roots(const struct tajo_run_request *request);
/* Emits a user object unless it is malformed, which is counted. Changes it. */
int32_t users_person_emit(struct users_run *run, json_t *user);
/* Counts and logs a user that cannot be taken. */
void users_person_reject(struct users_run *run, const char *why);
/* The same for what is no user at all; many of those fail a listing: users_full_read(). */
void users_person_reject_damaged(struct users_run *run, const char *why);

/* ---- search.c */
struct users_search {
    const char *field; /* sorted by, and bounded: "created_at" */
    int64_t bound_ms;  /* from here on, inclusive; -1: no bound */
    int64_t offset;    /* rows to skip, in whole pages */
    int64_t per_page;
    struct tajo_str also; /* one more condition; empty: none */
};

struct users_search_page {
    json_t *root;        /* owned: json_decref */
    const json_t *items; /* borrowed from root */
    int64_t offset;      /* rows skipped */
    int64_t limit;       /* rows asked for, as Auth0 applied it */
    int64_t total;       /* -1: not said */
};

/* USERS_OK, USERS_CAPPED or an error. Falls back to pages of 50 where Auth0 wants that. */
int32_t users_search_read(struct users_run *run, const struct users_search *search,
                          struct users_search_page *ret);

/* ---- walk.c */
struct users_walk {
    const char *field; /* "created_at" or "updated_at" */
    int64_t from_ms;   /* -1: from the beginning */
    bool small_only;   /* give up with USERS_CAPPED at 1,000 users, before they are read */
    bool checkpoints;  /* commit page by page and move the cursor */
};

/* USERS_OK, USERS_CAPPED or an error. */
int32_t users_walk_read(struct users_run *run, const struct users_walk *walk);

/* ---- export.c: USERS_OK, USERS_DENIED or an error. */
int32_t users_export_read(struct users_run *run);

/* ---- full.c, changes.c, refresh.c: whole runs, their last commit included. */
int32_t users_full_read(struct users_run *run); /* without the last commit */
int32_t users_full_run(struct users_run *run);
int32_t users_changes_run(struct users_run *run, int64_t since_ms);
int32_t users_refresh_run(struct users_run *run);

/* ---- cursor.c */
#define USERS_CURSOR_SIZE 64
void users_cursor_format(int64_t ms, char room[USERS_CURSOR_SIZE]);
/* False when this version cannot read it. */
bool users_cursor_parse(struct tajo_str text, int64_t *ret_ms);

/* ---- descriptor.c */
extern const struct tajo_field *const users_fields[];
extern const uint32_t users_field_count;
extern const struct tajo_ops users_ops;

#endif
