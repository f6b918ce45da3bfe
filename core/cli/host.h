/* SPDX-License-Identifier: Apache-2.0
 *
 * cli/host.h: the parts put together, for the commands that need them.
 *
 *   host_load      configuration and plugins; every problem is told. Nothing is opened yet
 *   host_open      store, HTTP, sources and Brevo
 *   host_prepare   Brevo's attributes and lists are read, mappings bound, lists checked
 *   host_close
 * A host is zeroed before host_load; host_close takes it in any state. Loop thread.
 */
#ifndef TAJO_CLI_HOST_H
#define TAJO_CLI_HOST_H

#include "brevo/brevo.h"
#include "cli/cli.h"
#include "schedule/source.h"
#include "store/store.h"

struct host_refusal { /* a plugin file that was not taken */
    char *file;
    struct err_info error;
};

struct host {
    struct loop *loop;
    struct config *config;
    struct plugin_info **infos;
    size_t info_count;
    struct host_refusal *refusals;
    size_t refusal_count;
    struct store *store;
    struct http *http;
    struct source_set *sources;
    struct brevo *brevo;
    int reads_only; /* nothing may be changed at Brevo: set before host_prepare */
    struct {        /* host_prepare's own */
        brevo_done done;
        void *arg;
        int created;
    } preparing;
    struct mapping_problem *unmapped; /* after host_prepare */
    size_t unmapped_count;
    struct mapping_problem *to_create; /* attributes that host_prepare would create; mapped as if */
    size_t to_create_count;
};

/* Only the plugins: for commands that need no configuration. dirs as in config_host. */
void host_load_plugins(struct host *host, char *const *dirs, size_t dir_count);

enum host_telling { HOST_TELL_ALL, HOST_TELL_ERRORS };
/* CLI_DONE, or the exit code after telling why. */
int host_load(struct host *host, const struct cli *cli, enum host_telling telling);

enum host_state { HOST_OWN_STATE, HOST_SCRATCH_STATE /* a throwaway copy of it */ };
int host_open(struct host *host, enum host_state state, struct err_info *e);
/* Without a store: nothing is kept; for `check` beside a running host. */
int host_open_parts(struct host *host, struct err_info *e);

/* Creates missing attributes when the configuration says so, unless reads_only is set.
 * done once, unless host_close comes before: ERR_CONFIG for a list that Brevo does not have, or
 * what brevo_prepare says. Attributes that cannot be delivered are in host->unmapped. One at a
 * time. */
void host_prepare(struct host *host, brevo_done done, void *arg);
/* The same with GET /account, of which Brevo grants few: for `check`. */
void host_prepare_with_account(struct host *host, brevo_done done, void *arg);

/* 0, or the sentence about the first configured list that the account does not have. */
int host_check_lists(const struct host *host, struct err_info *e);

void host_close(struct host *host);

/* Sources that the targets name (all when none); NULL-terminated, caller frees the array. NULL
 * after telling that a target names nothing. */
struct source **host_select(const struct host *host, char *const *targets, size_t count);

#endif
