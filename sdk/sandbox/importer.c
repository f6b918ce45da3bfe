/* SPDX-License-Identifier: Apache-2.0 */
#include "importer.h"
#include "import.h"
#include "moment.h"

#include <stdlib.h>

#define ROWS_AT_ONCE 500

static struct import *wait_for_import(struct sandbox *sandbox)
{
    pthread_mutex_lock(&sandbox->lock);
    while (!sandbox->stopping && !sandbox->account->queue) {
        pthread_cond_wait(&sandbox->wake, &sandbox->lock);
    }
    struct import *import = sandbox->stopping ? NULL : sandbox->account->queue;
    if (import) {
        import->began_ms = moment_now();
        import_set_status(sandbox->account, import, PROCESS_RUNNING);
    }
    pthread_mutex_unlock(&sandbox->lock);
    return import;
}

/* False when the sandbox stops. */
static bool run_import(struct sandbox *sandbox, struct import *import)
{
    bool done = false;
    while (!done) {
        pthread_mutex_lock(&sandbox->lock);
        bool stopping = sandbox->stopping;
        done = stopping || import_step(sandbox->account, import, ROWS_AT_ONCE);
        pthread_mutex_unlock(&sandbox->lock);
        if (stopping) {
            return false;
        }
    }
    int64_t due_ms = import->began_ms + import_duration_ms(sandbox->account, import);
    int64_t left_ms = due_ms - moment_now();
    return sandbox_sleep(sandbox, left_ms > 0 ? left_ms : 0);
}

static void *work(void *context)
{
    struct sandbox *sandbox = context;
    struct import *import;
    while ((import = wait_for_import(sandbox)) && run_import(sandbox, import)) {
        pthread_mutex_lock(&sandbox->lock);
        import_set_status(sandbox->account, import, PROCESS_COMPLETED);
        sandbox->account->queue = import_release(import);
        pthread_mutex_unlock(&sandbox->lock);
    }
    return NULL;
}

pthread_t importer_start(struct sandbox *sandbox)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, work, sandbox) != 0) {
        abort();
    }
    return thread;
}
