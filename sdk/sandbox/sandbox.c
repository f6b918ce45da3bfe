/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox.h"
#include "account.h"
#include "mem.h"
#include "moment.h"
#include "tenant.h"

#include <stdlib.h>
#include <time.h>

struct sandbox *sandbox_create(const struct settings *settings)
{
    struct sandbox *sandbox = mem_alloc(sizeof(*sandbox));
    sandbox->settings = *settings;
    sandbox->sides[SIDE_AUTH0_API] = &auth0_api_side;
    sandbox->sides[SIDE_AUTH0_LOGIN] = &auth0_login_side;
    sandbox->sides[SIDE_STORAGE] = &storage_side;
    sandbox->sides[SIDE_BREVO] = &brevo_side;
    sandbox->sides[SIDE_CONTROL] = &control_side;
    pthread_mutex_init(&sandbox->lock, NULL);
    pthread_cond_init(&sandbox->wake, NULL);
    sandbox->tenant = tenant_create(settings);
    sandbox->account = account_create(settings);
    return sandbox;
}

struct sandbox *sandbox_release(struct sandbox *sandbox)
{
    if (sandbox) {
        tenant_release(sandbox->tenant);
        account_release(sandbox->account);
        fault_clear(&sandbox->faults);
        pthread_cond_destroy(&sandbox->wake);
        pthread_mutex_destroy(&sandbox->lock);
        free(sandbox);
    }
    return NULL;
}

void sandbox_stop(struct sandbox *sandbox)
{
    pthread_mutex_lock(&sandbox->lock);
    sandbox->stopping = true;
    pthread_cond_broadcast(&sandbox->wake);
    pthread_mutex_unlock(&sandbox->lock);
}

bool sandbox_sleep(struct sandbox *sandbox, int64_t ms)
{
    int64_t until_ms = moment_now() + ms;
    struct timespec until = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
    pthread_mutex_lock(&sandbox->lock);
    while (!sandbox->stopping && moment_now() < until_ms) {
        pthread_cond_timedwait(&sandbox->wake, &sandbox->lock, &until);
    }
    bool running = !sandbox->stopping;
    pthread_mutex_unlock(&sandbox->lock);
    return running;
}
