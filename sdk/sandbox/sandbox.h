/* SPDX-License-Identifier: Apache-2.0
 *
 * The whole sandbox: one tenant, one account, the counts and the faults, behind one lock.
 *
 * main.c makes it with sandbox_create(), starts the server and the importer on it and releases it
 * after both have ended. Whoever touches anything below `lock` holds it: the server does while a
 * guard or a handler runs; streams and the importer take it themselves, for short pieces of work.
 */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include "fault.h"
#include "http.h"
#include "settings.h"

#include <pthread.h>

#define SANDBOX_MAX_ROUTES 64

struct tenant;
struct account;

/* The order is the order in which prefixes are tried: the longer one first. */
enum side_id {
    SIDE_AUTH0_API,
    SIDE_AUTH0_LOGIN,
    SIDE_STORAGE,
    SIDE_BREVO,
    SIDE_CONTROL,
    SIDE_COUNT,
};

struct side_count {
    uint64_t by_route[SANDBOX_MAX_ROUTES + 1]; /* the last one: unknown paths */
    uint64_t by_status[600];
};

struct sandbox {
    struct settings settings;
    const struct side *sides[SIDE_COUNT];

    pthread_mutex_t lock;
    pthread_cond_t wake; /* stopping, or an import was queued */
    bool stopping;
    struct tenant *tenant;
    struct account *account;
    struct fault_list faults;
    struct side_count counts[SIDE_COUNT];
};

extern const struct side auth0_api_side;
extern const struct side auth0_login_side;
extern const struct side storage_side;
extern const struct side brevo_side;
extern const struct side control_side;

struct sandbox *sandbox_create(const struct settings *settings);
struct sandbox *sandbox_release(struct sandbox *sandbox);
/* Ends every wait; hanging requests are dropped. */
void sandbox_stop(struct sandbox *sandbox);
/* Waits without the lock; false when the sandbox stops meanwhile. */
bool sandbox_sleep(struct sandbox *sandbox, int64_t ms);

#endif
