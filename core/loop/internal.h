/* SPDX-License-Identifier: Apache-2.0
 *
 * loop/internal.h: the loop's own parts, each in its file. For loop/ only; the loop's thread only
 * unless a comment says otherwise.
 *
 * All watched descriptors, the signalfd and the eventfd of loop_post sit in one epoll set, whose
 * descriptor is the only extra one that curl_multi_poll waits for: the set keeps HUP and ERR,
 * which curl 7.88 folds into POLLIN and POLLOUT.
 */
#ifndef TAJO_LOOP_INTERNAL_H
#define TAJO_LOOP_INTERNAL_H

#include "loop/loop.h"

#include <pthread.h>
#include <stddef.h>

#define LOOP_SIGNALS 65

struct loop_post_entry {
    void (*call)(void *arg);
    void *arg;
    struct loop_post_entry *next;
};

struct loop_transfer {
    CURL *easy;
    void (*done)(void *arg, CURL *easy, CURLcode code);
    void *arg;
    struct loop_transfer *next;
};

struct loop_signal {
    void (*call)(void *arg, int signal);
    void *arg;
};

struct loop {
    CURLM *multi;
    int epoll_fd;
    struct loop_timer *timers; /* in order of due_ms */
    struct loop_watch *dead;   /* removed during a dispatch, freed after it */
    int dispatching;
    struct loop_transfer *transfers;

    int signal_fd; /* -1 until the first loop_catch_signal */
    struct loop_watch *signal_watch;
    struct loop_signal signals[LOOP_SIGNALS];

    int post_fd; /* eventfd: something was posted, or quit was set */
    struct loop_watch *post_watch;
    pthread_mutex_t post_lock; /* guards what follows */
    struct loop_post_entry *posts;
    struct loop_post_entry **posts_end;
    int quit;
};

/* timers.c: calls what is due; milliseconds until the next, or `none` when there is none. */
void timers_run(struct loop *loop);
int timers_wait_ms(const struct loop *loop, int none);

/* watches.c: calls the callbacks of the descriptors that are ready now. ERR_SYSTEM. */
int watches_dispatch(struct loop *loop);

/* posts.c: makes the door of loop_post; calls what was posted. Returns 1 when quit was set. */
int posts_open(struct loop *loop);
int posts_run(struct loop *loop);
void posts_close(struct loop *loop);

/* transfers.c: moves transfers on and calls done for those that ended. */
void transfers_run(struct loop *loop);

#endif
