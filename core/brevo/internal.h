/* SPDX-License-Identifier: Apache-2.0
 *
 * brevo/internal.h: what the files of this folder share. Nobody else includes it.
 *
 * One delivery is a chain of steps on the loop thread; each step gets a `step_done` and calls it
 * once, never from inside the call that started it where a loop could grow the stack. A step that
 * meets something that ends the delivery says so with delivery_fail() and still calls its done;
 * the next one sees delivery_ends().
 */
#ifndef TAJO_BREVO_INTERNAL_H
#define TAJO_BREVO_INTERNAL_H

#include "base/json.h"
#include "base/strbuf.h"
#include "brevo/brevo.h"

#include <string.h>
#include <sys/queue.h>

#define CLASS_CONTACTS "contacts"
#define CLASS_OTHER    "other"

/* Meta rows that outlive a crash. */
#define META_STARTED "import.started" /* an import may be on its way to Brevo, since then */
#define META_PROCESS "import.process" /* it was accepted under this id */
#define META_SURVEY  "survey.until"   /* who left lists before is known: leaver */
#define META_CARRIER "import.list"    /* the list that carries imports that add nobody to a list */

struct delivery;
struct prepare;
struct create;
struct open_call; /* of call.c */

struct brevo {
    struct loop *loop;
    struct store *store;
    struct http_account *http;
    char *spool_dir;
    int create_attributes;
    int log_sync;
    int prepared;
    int64_t hourly_size;  /* of the class "other" */
    int64_t last_batch;   /* batches are numbered within the process */
    int64_t carrier_list; /* 0: not resolved yet, -1: Brevo refuses to have one */
    struct brevo_account account;
    struct brevo_counts counts;
    struct delivery *delivery;     /* NULL: none under way */
    LIST_HEAD(, prepare) prepares; /* under way */
    LIST_HEAD(, create) creates;
    LIST_HEAD(, open_call) calls; /* of the delivery under way */
    void (*progress)(void *arg, uint64_t done, uint64_t total);
    void *progress_arg;
};

/* ---- call.c: requests ---- */
struct call {
    const char *method;
    const char *path;
    const char *endpoint;
    const char *rate_class; /* NULL: CLASS_CONTACTS */
    const struct tajo_parameter *query;
    size_t query_count;
    const json_t *body;
    int once;  /* must not be repeated by itself: creates something without a key */
    int fresh; /* HTTP_ONCE: rests on what was read just before, which must be read again */
    int apart; /* belongs to no delivery: brevo_stop leaves it alone */
};
/* From brevo_stop on calls of the delivery are not made any more: done gets ERR_CANCELLED. */
void call_send(struct brevo *brevo, const struct call *call, http_done done, void *arg);

/* The same for a request that is no struct call. */
void call_request(struct brevo *brevo, const struct http_request *request, http_done done,
                  void *arg);
void calls_cancel(struct brevo *brevo); /* those of the delivery; their done is called soon */
void calls_free(struct brevo *brevo);   /* their done is not called */

static inline struct tajo_parameter parameter(const char *name, const char *value)
{
    return (struct tajo_parameter){{name, strlen(name)}, {value, strlen(value)}};
}

/* The same for /contacts/{email}?identifierType=email_id. */
void call_contact(struct brevo *brevo, const char *method, const char *email, const json_t *body,
                  http_done done, void *arg);
/* ... in one attempt: what it rests on was read just before and must be read again after a while.
 */
void call_contact_once(struct brevo *brevo, const char *method, const char *email,
                       const json_t *body, http_done done, void *arg);

/* The account must be refused service until a person mends something: 401, 402, 403. */
int reply_stops(const struct http_response *response);
/* May go away by itself: 408, 409, 425, 429, 5xx. */
int reply_is_transient(const struct http_response *response);
/* Fills e for an answer that is not what was hoped for: ERR_AUTH, ERR_TRANSIENT or ERR_DATA.
 * Never quotes what Brevo wrote: it may hold addresses. Returns e->code. */
int reply_error(const struct http_response *response, const char *endpoint, struct err_info *e);
/* When it was answered by Brevo's clock, as modifiedSince is compared with it, less one second for
 * the header's resolution. */
int64_t reply_time_ms(const struct http_response *response, int64_t otherwise_ms);
/* The parsed body, or NULL. Caller drops it. */
json_t *reply_json(const struct http_response *response);

/* ---- refusal.c: why Brevo refused a contact ---- */
struct refusal {
    char code[64];     /* "invalid_parameter"; "http_400" when Brevo gave none */
    char detail[1024]; /* Brevo's message and the request id: for the dead letter only */
    int phone;         /* a phone number is the reason */
    int email_in_use;  /* the address belongs to another contact */
};
void refusal_read(const struct http_response *response, struct refusal *ret);
/* Takes every phone number out; 1 when there was one. */
int attributes_drop_phones(json_t *attributes);

/* ---- delivery.c: the chain ---- */
typedef void (*step_done)(struct delivery *delivery);

struct waiter {
    brevo_done done;
    void *arg;
};

struct delivery {
    struct brevo *brevo;
    struct waiter *waiters;
    size_t waiter_count;
    int again;    /* somebody asked while it ran */
    int stopping; /* brevo_stop */
    int failed;
    struct err_info error;
    uint64_t postponed; /* contacts that Brevo could not take now */
    struct err_info postponed_error;
    unsigned streak;     /* of them, since the last good verdict */
    uint64_t done_count; /* progress */
    uint64_t total;
    struct contact_group *groups; /* of this round */
    size_t group_count;
    size_t group_next;
    int64_t group_left;  /* contacts of the group that this round has not taken yet */
    int64_t round_taken; /* contacts that this round has taken */
    int64_t import_rows; /* at most so many in one import; halves after one that failed */
    int surveyed;        /* who left lists is known; surveyed_ms: since then (monotonic) */
    int64_t surveyed_ms;
    json_t *known; /* object: names of the account's attributes; NULL: not known */
    struct loop_timer timer;
    step_done timer_step;
    void *step; /* of the file whose step is running, for its timer_step */
};

int delivery_ends(const struct delivery *delivery);
void delivery_fail(struct delivery *delivery, const struct err_info *e);
void delivery_postpone(struct delivery *delivery, const struct err_info *e);
void delivery_delivered(struct delivery *delivery, uint64_t contacts);
void delivery_advance(struct delivery *delivery, uint64_t contacts);
/* Goes on with `step` after the delay, or at once when the delivery is stopped. */
void delivery_wait(struct delivery *delivery, int64_t delay_ms, step_done step);
int64_t delivery_hourly_left(const struct delivery *delivery);

/* ---- recover.c: after a crash, an import may still run ---- */
void recover_run(struct delivery *delivery, step_done done);
/* In a work: no import is under way any more. */
int recover_forget_import(struct store_tx *tx, struct err_info *e);

/* ---- survey.c: who left lists, before an import adds to lists ---- */
/* Sets surveyed, or ends the delivery. */
void survey_run(struct delivery *delivery, step_done done);
/* A few minutes ago at most. */
int survey_is_recent(const struct delivery *delivery);

/* ---- import.c, single.c: a group goes out ---- */
/* Takes rows of the group, imports them and stores their verdicts. Lowers group_left. */
void import_run(struct delivery *delivery, const struct contact_group *group, step_done done);
/* Takes up to a few hundred rows of the group and sends them one by one. */
void single_run(struct delivery *delivery, const struct contact_group *group, step_done done);
/* The rows of a batch that is already taken, one by one. */
void single_run_batch(struct delivery *delivery, int64_t batch, step_done done);

/* ---- lists.c ---- */
/* 1: nothing waits but to be taken off lists. */
int lists_only(const struct contact_row *row);
/* Takes those of the rows for which lists_only holds off their lists, by list and 150 at a time.
 * The rows stay the caller's and in place until done; settled, one flag a row, becomes 1 for those
 * that have their verdict. */
void lists_run(struct delivery *delivery, const struct contact_row *rows, size_t count,
               char *settled, step_done done);

/* ---- carrier.c: the list that carries imports which add nobody to a list ---- */
/* Sets brevo->carrier_list to an id, or to -1 when Brevo refuses. */
void carrier_run(struct delivery *delivery, step_done done);

/* ---- catalog.c ---- */
void account_clear(struct brevo_account *account);
void prepares_free(struct brevo *brevo); /* those under way; their done is not called */
void creates_free(struct brevo *brevo);

#endif
