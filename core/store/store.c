/* SPDX-License-Identifier: Apache-2.0
 *
 * The store thread, its queue, and the way back to the loop.
 *
 * A job waits in `queue`, is run by the thread in a group with its neighbours, and after the
 * group's COMMIT goes to `finished`; the eventfd wakes the loop, which calls the done functions.
 */
#include "store/store.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "store/sqlite/database.h"
#include "store/state_dir.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

/* A group ends here, so that those at its head do not wait for the whole of a long queue. */
#define GROUP_JOBS 512
#define GROUP_MS   100
/* Without work for so long, the log is moved into the database and cut. */
#define IDLE_S 5

struct job {
    struct job *next;
    store_work work;
    store_done done;
    void *arg;
    int result;
    struct err_info *error; /* NULL while nothing failed */
    int *waiter;            /* store_call: set to 1 under the mutex when finished */
};

struct job_list {
    struct job *first;
    struct job **last;
};

struct store {
    struct store_tx *tx; /* the thread's while it runs */
    struct loop *loop;
    struct loop_watch *watch;
    int wake_fd;
    int lock_fd;
    int thread_started;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t submitted;
    pthread_cond_t done;
    struct job_list queue;
    struct job_list finished;
    int stop;
    atomic_uint backlog;
};

DEFINE_CLEANUP(struct store *, store_close);

static void list_init(struct job_list *list)
{
    list->first = NULL;
    list->last = &list->first;
}

static void list_add(struct job_list *list, struct job *job)
{
    job->next = NULL;
    *list->last = job;
    list->last = &job->next;
}

/* Takes everything; returns its head. */
static struct job *list_take(struct job_list *list)
{
    struct job *first = list->first;

    list_init(list);
    return first;
}

static void job_fail(struct job *job, int result, const struct err_info *e)
{
    job->result = result;
    if (!job->error)
        job->error = mem_alloc(sizeof(*job->error));
    *job->error = *e;
}

/* ---- the store thread ---- */

/* Fails every job of a group that had been all right up to `end`. */
static void fail_group(struct job *job, const struct job *end, const struct err_info *e)
{
    for (; job != end; job = job->next) {
        if (job->result >= 0)
            job_fail(job, e->code, e);
    }
}

/* Runs one job; `protect` says that the transaction has something a failure must not take along.
 * Returns 0 while the transaction is still there. */
static int run_job(struct store_tx *tx, struct job *job, int protect, struct err_info *e)
{
    struct err_info problem = {0};
    int r = protect ? database_guard(tx, &problem) : 0;
    int guarded = protect && r == 0;

    if (r == 0)
        r = job->work(tx, job->arg, &problem);
    if (r >= 0 && database_in_transaction(tx)) {
        job->result = r;
        return guarded ? database_release(tx, e) : 0;
    }
    if (r >= 0)
        r = err_set(&problem, ERR_SYSTEM, NULL, NULL, "the transaction was rolled back");
    problem.code = r;
    job_fail(job, r, &problem);
    if (!database_in_transaction(tx)) {
        *e = problem;
        return r;
    }
    if (guarded)
        return database_undo(tx, e);
    if (protect)
        return 0;
    database_rollback(tx);
    return database_begin(tx, e);
}

/* Runs jobs from the head in one transaction. Returns the first that did not take part. */
static struct job *run_group(struct store_tx *tx, struct job *first)
{
    struct err_info e = {0};
    struct job *job = first;
    int64_t until = clock_monotonic_ms() + GROUP_MS;
    int kept = 0;
    int r = database_begin(tx, &e);

    if (r < 0) {
        fail_group(first, first->next, &e);
        return first->next;
    }
    for (int n = 0; job && n < GROUP_JOBS && (n == 0 || clock_monotonic_ms() < until); n++) {
        r = run_job(tx, job, kept > 0, &e);
        kept += job->result >= 0;
        job = job->next;
        if (r < 0)
            break;
    }
    if (r == 0)
        r = database_commit(tx, &e);
    if (r < 0) {
        database_rollback(tx);
        fail_group(first, job, &e);
    }
    return job;
}

static void finish_jobs(struct store *store, struct job *job, const struct job *end)
{
    pthread_mutex_lock(&store->mutex);
    while (job != end) {
        struct job *next = job->next;
        if (job->waiter) {
            *job->waiter = 1;
            atomic_fetch_sub(&store->backlog, 1);
        } else {
            list_add(&store->finished, job);
        }
        job = next;
    }
    pthread_cond_broadcast(&store->done);
    pthread_mutex_unlock(&store->mutex);
    uint64_t one = 1;
    while (write(store->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

/* Waits for jobs; NULL: to stop. Idle time is used for the log. */
static struct job *next_jobs(struct store *store)
{
    pthread_mutex_lock(&store->mutex);
    while (!store->queue.first && !store->stop) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += IDLE_S;
        if (!database_is_dirty(store->tx)) {
            pthread_cond_wait(&store->submitted, &store->mutex);
        } else if (pthread_cond_timedwait(&store->submitted, &store->mutex, &until) == ETIMEDOUT &&
                   !store->queue.first) {
            pthread_mutex_unlock(&store->mutex);
            database_tidy(store->tx, 1);
            pthread_mutex_lock(&store->mutex);
        }
    }
    struct job *jobs = list_take(&store->queue);
    pthread_mutex_unlock(&store->mutex);
    return jobs;
}

static void *run_thread(void *arg)
{
    struct store *store = arg;
    struct job *job = NULL;

    while ((job = next_jobs(store))) {
        while (job) {
            struct job *end = run_group(store->tx, job);
            finish_jobs(store, job, end);
            database_tidy(store->tx, 0);
            job = end;
        }
    }
    database_tidy(store->tx, 1);
    return NULL;
}

/* ---- the loop's side ---- */

static void call_done(struct store *store)
{
    pthread_mutex_lock(&store->mutex);
    struct job *job = list_take(&store->finished);
    pthread_mutex_unlock(&store->mutex);

    while (job) {
        struct job *next = job->next;
        atomic_fetch_sub(&store->backlog, 1);
        if (job->done)
            job->done(job->arg, job->result, job->error);
        free(job->error);
        free(job);
        job = next;
    }
}

static void wake_loop(void *arg, short revents)
{
    struct store *store = arg;
    uint64_t count = 0;

    (void)revents;
    if (read(store->wake_fd, &count, sizeof(count)) == (ssize_t)sizeof(count))
        call_done(store);
}

static void submit_job(struct store *store, struct job *job)
{
    atomic_fetch_add(&store->backlog, 1);
    pthread_mutex_lock(&store->mutex);
    list_add(&store->queue, job);
    pthread_cond_signal(&store->submitted);
    pthread_mutex_unlock(&store->mutex);
}

void store_submit(struct store *store, store_work work, store_done done, void *arg)
{
    struct job *job = mem_alloc(sizeof(*job));

    *job = (struct job){.work = work, .done = done, .arg = arg};
    submit_job(store, job);
}

unsigned store_backlog(const struct store *store)
{
    return atomic_load(&((struct store *)(uintptr_t)store)->backlog);
}

int store_call(struct store *store, store_work work, void *arg, struct err_info *e)
{
    int finished = 0;
    struct job job = {.work = work, .arg = arg, .waiter = &finished};

    submit_job(store, &job);
    pthread_mutex_lock(&store->mutex);
    while (!finished)
        pthread_cond_wait(&store->done, &store->mutex);
    pthread_mutex_unlock(&store->mutex);
    if (job.error && e)
        *e = *job.error;
    free(job.error);
    return job.result;
}

/* ---- opening and closing ---- */

/* Signals belong to the loop: the thread blocks all of them. */
static int start_thread(struct store *store, struct err_info *e)
{
    sigset_t all;
    sigset_t before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int number = pthread_create(&store->thread, NULL, run_thread, store);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (number != 0)
        return err_set(e, ERR_SYSTEM, NULL, "Raise the limit of threads or processes",
                       "the store's thread cannot be started: %s", strerror(number));
    store->thread_started = 1;
    return 0;
}

static void init_sync(struct store *store)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&store->mutex, NULL);
    pthread_cond_init(&store->submitted, &monotonic);
    pthread_cond_init(&store->done, NULL);
    pthread_condattr_destroy(&monotonic);
}

int store_open(struct store **ret, struct loop *loop, const struct store_options *options,
               struct err_info *e)
{
    _cleanup_(cleanup_store_close) struct store *store = mem_alloc(sizeof(*store));

    store->loop = loop;
    store->lock_fd = -1;
    store->wake_fd = -1;
    list_init(&store->queue);
    list_init(&store->finished);
    init_sync(store);

    int r = state_dir_prepare(options->state_dir, e);
    if (r == 0 && !options->scratch)
        r = state_dir_lock(options->state_dir, &store->lock_fd, e);
    if (r == 0)
        r = database_open(&store->tx, options, e);
    if (r < 0)
        return r;
    store->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (store->wake_fd < 0)
        return err_set(e, ERR_SYSTEM, NULL, "Raise the limit of open files",
                       "the store cannot open a descriptor: %s", strerror(errno));
    r = start_thread(store, e);
    if (r < 0)
        return r;
    if (loop)
        store->watch = loop_watch_add(loop, store->wake_fd, POLLIN, wake_loop, store);
    *ret = take_ptr(store);
    return 0;
}

/* A done function may submit more: goes on until nothing is left. */
static void drain(struct store *store)
{
    while (store_backlog(store) > 0) {
        pthread_mutex_lock(&store->mutex);
        while (!store->finished.first)
            pthread_cond_wait(&store->done, &store->mutex);
        pthread_mutex_unlock(&store->mutex);
        call_done(store);
    }
}

struct store *store_close(struct store *store)
{
    if (!store)
        return NULL;
    if (store->thread_started) {
        drain(store);
        pthread_mutex_lock(&store->mutex);
        store->stop = 1;
        pthread_cond_signal(&store->submitted);
        pthread_mutex_unlock(&store->mutex);
        pthread_join(store->thread, NULL);
    }
    if (store->watch)
        loop_watch_remove(store->watch);
    database_close(store->tx);
    cleanup_close(&store->wake_fd);
    cleanup_close(&store->lock_fd);
    pthread_cond_destroy(&store->done);
    pthread_cond_destroy(&store->submitted);
    pthread_mutex_destroy(&store->mutex);
    free(store);
    return NULL;
}
