/* SPDX-License-Identifier: Apache-2.0
 *
 * brevo/brevo.h: what waits in the store goes out to Brevo, and each piece gets its verdict.
 *
 *   brevo_new(http, store, options)
 *   brevo_prepare(done)     account, attributes and lists are read; what is wrong is reported
 *   brevo_deliver(done)     delivers whatever is due until nothing is, then calls done; at most one
 *                           at a time: a second call while it runs only asks for another round, and
 *                           its done is called with the end of the delivery under way
 *   brevo_stop, brevo_free  free only when every done of brevo_deliver has been called; what
 *                           prepares is ended by it and its done is not called
 * Few contacts of one kind go as single calls, many as imports, by what costs less under the
 * account's limits (docs/architecture.md, "Delivery"); what was chosen is logged. A contact leaves
 * the queue only with a stored verdict. Never sent: emailBlacklisted:false, an attribute the
 * account does not have, a list the person already was put on or has left.
 * Loop thread only.
 */
#ifndef TAJO_BREVO_BREVO_H
#define TAJO_BREVO_BREVO_H

#include "base/error.h"
#include "http/http.h"
#include "map/mapping.h"
#include "store/store.h"

#include <stdint.h>

struct brevo;

struct brevo_options {
    const char *base_url;
    const char *api_key;
    const char *rate_preset; /* "general", "advanced", "extended"; NULL: numbers */
    int64_t requests_per_second;
    int64_t burst;
    int create_attributes;
    int64_t import_list;   /* list that carries imports which add nobody to a list; 0: by name */
    const char *spool_dir; /* for import bodies: unlinked files */
    const char *proxy;
    int log_sync;      /* one masked line per contact and verdict */
    int timeout_ms;    /* of one attempt of a call; 0: as http says */
    int retry_base_ms; /* first delay before a repetition; 0: as http says */
};

/* Preset names, NULL-terminated. */
const char *const *brevo_rate_presets(void);

int brevo_new(struct loop *loop, struct http *http, struct store *store,
              const struct brevo_options *options, struct brevo **ret, struct err_info *e);
struct brevo *brevo_free(struct brevo *brevo);

struct brevo_list {
    int64_t id;
    char *name;
};

/* What the account has; borrowed from the brevo until the next prepare. */
struct brevo_account {
    char *company; /* of GET /account; may be "" */
    char *plan;
    struct attribute_table attributes;
    struct brevo_list *lists;
    size_t list_count;
};

typedef void (*brevo_done)(void *arg, int result, const struct err_info *e);

/* with_account: also GET /account (one of 100 calls an hour): for `check`. */
void brevo_prepare(struct brevo *brevo, int with_account, brevo_done done, void *arg);
const struct brevo_account *brevo_account_of(const struct brevo *brevo);

/* Creates the missing attributes (after prepare, when create_attributes is set). Reloads. */
void brevo_create_attributes(struct brevo *brevo, const struct mapping_problem *problems,
                             size_t count, brevo_done done, void *arg);

/* ERR_AUTH, ERR_TRANSIENT, ERR_RATE, ERR_SYSTEM, ERR_CANCELLED: delivery stopped, what waits stays.
 * Dead letters are not an error: see the counts. */
void brevo_deliver(struct brevo *brevo, brevo_done done, void *arg);

/* Ends the delivery under way at once, with ERR_CANCELLED, whatever Brevo does: its calls are
 * cancelled, and what they were for stays queued and is sent again by the next delivery. */
void brevo_stop(struct brevo *brevo);

struct brevo_counts {
    uint64_t delivered; /* contacts with a good verdict in this process */
    uint64_t dead;
    uint64_t imports, singles, list_calls;
    uint64_t kept_blocklisted; /* hard deletes done softly to keep an opt-out */
    uint64_t kept_off_lists;   /* contacts that were not put back on a list they had left */
    uint64_t refused_phones;   /* SMS refused by Brevo, contact went without */
};
const struct brevo_counts *brevo_counts_of(const struct brevo *brevo);
struct http_account *brevo_http(struct brevo *brevo); /* for call counters and limits left */

/* Progress of the delivery under way: called on the loop when it changes. NULL: none. */
void brevo_on_progress(struct brevo *brevo, void (*call)(void *arg, uint64_t done, uint64_t total),
                       void *arg);

#endif
