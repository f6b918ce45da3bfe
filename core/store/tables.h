/* SPDX-License-Identifier: Apache-2.0
 *
 * store/tables.h: the rows, and the functions that read and write them inside a work.
 *
 * All functions here run on the store thread with the tx of the running work. Rows that were read
 * belong to the caller: release them with their _clear function. Texts are copied in both
 * directions. _get functions answer ERR_NOT_FOUND without setting e. Times are Unix milliseconds.
 * Every function may fail with ERR_SYSTEM (e is set); the work returns that as it is.
 */
#ifndef TAJO_STORE_TABLES_H
#define TAJO_STORE_TABLES_H

#include "base/cleanup.h"
#include "base/error.h"
#include "store/store.h"

#include <stddef.h>
#include <stdint.h>

/* A sorted set of Brevo list ids. Zeroed is empty. */
struct id_set {
    int64_t *ids;
    size_t count;
};

void id_set_clear(struct id_set *set);
void id_set_add(struct id_set *set, int64_t id);
int id_set_has(const struct id_set *set, int64_t id);
int id_set_equal(const struct id_set *a, const struct id_set *b);
void id_set_copy(struct id_set *to, const struct id_set *from);
void id_set_merge(struct id_set *to, const struct id_set *from);     /* to := to + from */
void id_set_subtract(struct id_set *to, const struct id_set *minus); /* to := to - minus */

/* ---- person: who a connector knows, and the address it maps to ---- */
struct person_row {
    char *connector;    /* "auth0-eu" */
    char *user_id;      /* the platform's */
    char *email;        /* lower-cased, or NULL: has none that may be used */
    char *former_email; /* while it has none: where Brevo may know of its opt-out; NULL: nowhere */
    int64_t last_ms;    /* last login, 0 when unknown: the latest leads its contact */
    int64_t created_ms;
    uint64_t content_hash; /* of everything mapped; equal: nothing to do */
    int64_t snapshot;      /* id of the last full run that saw it */
    struct id_set lists;   /* what this person asks for */
};

void person_clear(struct person_row *row);
int person_get(struct store_tx *tx, const char *connector, const char *user_id,
               struct person_row *ret, struct err_info *e);
int person_put(struct store_tx *tx, const struct person_row *row, struct err_info *e);
int person_delete(struct store_tx *tx, const char *connector, const char *user_id,
                  struct err_info *e);
/* Only the snapshot column: the cheap way when nothing else changed. */
int person_mark(struct store_tx *tx, const char *connector, const char *user_id, int64_t snapshot,
                struct err_info *e);
/* Everybody with this address over all connectors, the leader first: last_ms, created_ms,
 * connector, user_id descending. At most max rows. Caller frees with person_list_free. */
int person_by_email(struct store_tx *tx, const char *email, size_t max, struct person_row **ret,
                    size_t *ret_count, struct err_info *e);
/* Persons of the connector whose snapshot is not `snapshot`: who vanished. At most max rows. */
int person_unseen(struct store_tx *tx, const char *connector, int64_t snapshot, size_t max,
                  struct person_row **ret, size_t *ret_count, struct err_info *e);
/* How many persons of the connector there are, and how many of them person_unseen would list. */
int person_unseen_count(struct store_tx *tx, const char *connector, int64_t snapshot,
                        int64_t *ret_all, int64_t *ret_unseen, struct err_info *e);
void person_list_free(struct person_row *rows, size_t count);

/* ---- contact: desired against delivered ---- */
struct contact_row {
    char *email;
    int known;       /* Brevo has it: a verdict said so */
    void *delivered; /* fingerprint of the delivered attributes (map/fingerprint.h) */
    size_t delivered_len;
    char *pending; /* JSON object: attributes to send; NULL: none */
    struct id_set lists_wanted;
    struct id_set lists_delivered; /* we put it there and have not taken it away, or it was left */
    int blocklist;                 /* 0 no, 1 to be sent, 2 delivered. There is no way back */
    int remove;                    /* 1: DELETE it */
    char *rename_from;             /* address under which Brevo still has it; NULL: none */
    char *optout_from; /* address where the person was before: its blocklisting there comes along;
                          NULL: none */
    char *hold;        /* source whose full run must end well before delivery; NULL: none */
    int64_t due_ms;    /* 0: nothing to deliver; otherwise when at the earliest */
    int attempts;      /* failed deliveries in a row */
    int64_t rev;       /* grows with each change of what is wanted */
    int64_t batch;     /* under way in this batch; 0: not under way */
    int64_t batch_rev; /* rev when it was taken into the batch */
};

void contact_clear(struct contact_row *row);
int contact_get(struct store_tx *tx, const char *email, struct contact_row *ret,
                struct err_info *e);
/* Of lists_wanted, those in leaver are stored as delivered: nobody is put back on them. */
int contact_put(struct store_tx *tx, const struct contact_row *row, struct err_info *e);
int contact_delete(struct store_tx *tx, const char *email, struct err_info *e);
/* The contact whose rename_from is this address. */
int contact_leaving(struct store_tx *tx, const char *address, char **ret_email, struct err_info *e);

/* Work that one delivery group would carry. Groups are what contact_put derives from the row:
 * equal lists to add, same blocklist wish, and nothing that only a single call can do. */
struct contact_group {
    int64_t key;         /* 0: only single calls can deliver these (rename, remove, list removal,
                            a look at an opt-out, a boolean going to false on a known contact) */
    struct id_set lists; /* to add */
    int blocklist;
    int64_t count; /* contacts due and not held or under way */
};

/* A contact waits for the one whose rename_from is its address: Brevo still has that one there.
 * `held` rows are those whose hold source has an unfinished full run (hold_set). At most max
 * groups, the largest first. */
int contact_groups(struct store_tx *tx, int64_t now_ms, size_t max, struct contact_group **ret,
                   size_t *ret_count, struct err_info *e);
void contact_groups_free(struct contact_group *groups, size_t count);

/* Takes up to max due rows of the group into batch (a positive number of the caller's), setting
 * batch and batch_rev, and calls each for every one of them; each returns 0 to go on, 1 to leave
 * this row out and stop. */
int contact_take(struct store_tx *tx, int64_t group_key, int64_t batch, int64_t now_ms, size_t max,
                 int (*each)(void *arg, const struct contact_row *row), void *arg,
                 int64_t *ret_taken, struct err_info *e);
/* Rows of a batch in order of address, after `after` (NULL: from the first). */
int contact_batch_rows(struct store_tx *tx, int64_t batch, const char *after, size_t max,
                       struct contact_row **ret, size_t *ret_count, struct err_info *e);
void contact_list_free(struct contact_row *rows, size_t count);
/* Puts every row that is under way in any batch back into the queue: after a crash. */
int contact_release_all(struct store_tx *tx, struct err_info *e);

/* What was put off to a later time is due now, and what Brevo refused (its dead letter stays until
 * a good verdict): somebody asked for it. */
int contact_hurry(struct store_tx *tx, int64_t now_ms, struct err_info *e);

struct contact_totals {
    int64_t known;   /* contacts Brevo has */
    int64_t pending; /* due now or later, held or not */
    int64_t held;
    int64_t fresh;       /* pending and not known: would be new to this host */
    int64_t next_due_ms; /* earliest due time of a row not held; 0: none */
};
int contact_totals(struct store_tx *tx, int64_t now_ms, struct contact_totals *ret,
                   struct err_info *e);
/* The first max pending contacts in order of address, for a dry run's examples. */
int contact_pending_rows(struct store_tx *tx, size_t max, struct contact_row **ret,
                         size_t *ret_count, struct err_info *e);

/* The contact moves from one address to another, and with it whose opt-out is asked for there:
 * former_email of persons and optout_from of contacts. */
int optout_follow(struct store_tx *tx, const char *from, const char *to, struct err_info *e);

/* ---- phone: a number belongs to one contact ---- */
int phone_owner(struct store_tx *tx, const char *number, char **ret_email, struct err_info *e);
int phone_put(struct store_tx *tx, const char *number, const char *email, struct err_info *e);
int phone_delete_of(struct store_tx *tx, const char *email, struct err_info *e);
int phone_delete(struct store_tx *tx, const char *number, struct err_info *e);
/* The contact's first number behind `after` (NULL: of all). It has two while one replaces another
 * in Brevo. ERR_NOT_FOUND: none. */
int phone_of(struct store_tx *tx, const char *email, const char *after, char **ret_number,
             struct err_info *e);
/* The contact goes without a number that belongs to another; it waits for at most one. */
int phone_wait(struct store_tx *tx, const char *number, const char *email, struct err_info *e);
int phone_wait_delete(struct store_tx *tx, const char *email, struct err_info *e);
/* Of the contacts that wait for the number, the one whose first person in person_by_email's order
 * comes first. ERR_NOT_FOUND: nobody waits. */
int phone_next(struct store_tx *tx, const char *number, char **ret_email, struct err_info *e);

/* ---- leaver: lists that somebody left at Brevo. They outlive the contact's row ---- */
int leaver_put(struct store_tx *tx, const char *email, int64_t list, struct err_info *e);
/* Adds the lists that this address left to ret. */
int leaver_lists(struct store_tx *tx, const char *email, struct id_set *ret, struct err_info *e);

/* ---- hold: sources with a full run that has not ended well yet ---- */
int hold_set(struct store_tx *tx, const char *source, struct err_info *e);
int hold_clear(struct store_tx *tx, const char *source, struct err_info *e);
int hold_get(struct store_tx *tx, const char *source, int *ret_held, struct err_info *e);

/* ---- cursor: where the next run of a source resumes; the previous value is kept ---- */
int cursor_get(struct store_tx *tx, const char *source, char **ret_value, struct err_info *e);
int cursor_put(struct store_tx *tx, const char *source, const char *value, size_t len,
               struct err_info *e);
/* The value before the present one. ERR_NOT_FOUND: none. */
int cursor_get_previous(struct store_tx *tx, const char *source, char **ret_value,
                        struct err_info *e);
int cursor_delete(struct store_tx *tx, const char *source, struct err_info *e);

/* ---- run: history; the newest 1,000 a source are kept, and the last "done" of each mode ---- */
struct run_row {
    int64_t id;
    char *source; /* "auth0.users" */
    char *mode;   /* "full", "incremental", "since", "refresh" */
    int64_t started_ms;
    int64_t ended_ms; /* 0: under way, or died */
    char *result;     /* "done", "failed", "cancelled"; NULL while under way */
    char *counters;   /* JSON object */
    char *error;      /* the sentence, without personal data; NULL: none */
};
void run_clear(struct run_row *row);
int run_begin(struct store_tx *tx, const char *source, const char *mode, int64_t now_ms,
              int64_t *ret_id, struct err_info *e);
int run_end(struct store_tx *tx, int64_t id, int64_t now_ms, const char *result,
            const char *counters, const char *error, struct err_info *e);
/* The last ended run of a source; mode NULL: any; only_done: only results "done". */
int run_last(struct store_tx *tx, const char *source, const char *mode, int only_done,
             struct run_row *ret, struct err_info *e);

/* ---- refresh: subjects to read again by id ---- */
#define REFRESH_MAX 200000 /* rows of all sources; 1,000 more may come before it is noticed */
/* ERR_LIMIT: too many wait already. The run that asks fails and comes again when some are read. */
int refresh_put(struct store_tx *tx, const char *source, const char *subject, int64_t now_ms,
                struct err_info *e);
/* What to read next: the oldest max subjects that have not failed, in order, or one that has,
 * alone. Caller frees each and the array. */
int refresh_list(struct store_tx *tx, const char *source, size_t max, char ***ret,
                 size_t *ret_count, struct err_info *e);
/* Reading it failed, perhaps because of it: it is listed alone from now on. */
int refresh_failed(struct store_tx *tx, const char *source, const char *subject, int *ret_attempts,
                   struct err_info *e);
/* A subject that was put again since it was listed stays: it may have changed after it was read. */
int refresh_delete(struct store_tx *tx, const char *source, const char *subject,
                   struct err_info *e);

/* ---- dead: records that will not be tried again by themselves; one row a (source, stage,
 *      subject). The newest 100,000 are kept (1,000 more may come before it is noticed): whoever
 *      let so many lie does not read the oldest. How many were dropped is in meta ---- */
#define DEAD_MAX     100000
#define DEAD_DROPPED "dead_dropped" /* key of meta: a number; none while nothing was dropped */
struct dead_row {
    int64_t id;
    char *source; /* "auth0.users"; "brevo" for a delivery */
    char *stage;  /* "map", "refresh", "deliver" */

    char *subject; /* user id or address */
    char *reason;  /* stable word: "invalid_parameter" */
    char *detail;  /* the sentence */
    char *payload; /* JSON */
    int64_t at_ms;
};
void dead_clear(struct dead_row *row);
int dead_put(struct store_tx *tx, const struct dead_row *row, struct err_info *e);
int dead_delete(struct store_tx *tx, const char *source, const char *stage, const char *subject,
                struct err_info *e);
int dead_count(struct store_tx *tx, int64_t *ret, struct err_info *e);
/* In order of id. */
int dead_list(struct store_tx *tx, size_t max, struct dead_row **ret, size_t *ret_count,
              struct err_info *e);
void dead_list_free(struct dead_row *rows, size_t count);

/* ---- token: so that a restart does not fetch a new one ---- */
struct token_row {
    char *token;
    char *scopes; /* space separated; may be empty */
    int64_t expires_ms;
    int64_t fetched_ms;
};
void token_clear(struct token_row *row);
int token_get(struct store_tx *tx, const char *key, struct token_row *ret, struct err_info *e);
/* Also deletes what had expired when this one was fetched: keys of earlier secrets. */
int token_put(struct store_tx *tx, const char *key, const struct token_row *row,
              struct err_info *e);
int token_delete(struct store_tx *tx, const char *key, struct err_info *e);

/* ---- meta: single values ---- */
int meta_get(struct store_tx *tx, const char *key, char **ret_value, struct err_info *e);
int meta_put(struct store_tx *tx, const char *key, const char *value, struct err_info *e);
int meta_delete(struct store_tx *tx, const char *key, struct err_info *e);

#endif
