/* SPDX-License-Identifier: Apache-2.0
 *
 * loop/loop.h: the one event loop: timers, descriptors, signals, outgoing transfers, and calls
 * posted by other threads.
 *
 * loop_new, add what should be watched, loop_run until somebody calls loop_quit, loop_free after
 * everything added was taken away again. Everything but loop_post and loop_quit belongs to the
 * loop's thread; callbacks run there, none may block. A callback may add and remove anything,
 * itself included. Waiting is curl_multi_poll, so transfers and descriptors wait together.
 */
#ifndef TAJO_LOOP_LOOP_H
#define TAJO_LOOP_LOOP_H

#include "base/error.h"

#include <curl/curl.h>
#include <stdint.h>

struct loop;
struct loop_watch; /* a watched descriptor */

struct loop *loop_new(void);
struct loop *loop_free(struct loop *loop);

/* Runs until loop_quit; what was posted before it is still called. Returns 0 or ERR_SYSTEM. */
int loop_run(struct loop *loop);
void loop_quit(struct loop *loop); /* any thread; the next loop_run runs again */

/* ---- Timers: embedded by their owner, zeroed before first use ---- */
struct loop_timer {
    int64_t due_ms; /* monotonic; 0: not set */
    void (*call)(void *arg);
    void *arg;
    struct loop_timer *next; /* the loop's, in order of due_ms */
};

/* Calls once, delay_ms from now; setting a set timer moves it. */
void loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t delay_ms,
                    void (*call)(void *arg), void *arg);
void loop_timer_clear(struct loop *loop, struct loop_timer *timer);

/* ---- Descriptors: events are POLLIN | POLLOUT; POLLHUP and POLLERR always come ---- */
struct loop_watch *loop_watch_add(struct loop *loop, int fd, short events,
                                  void (*call)(void *arg, short revents), void *arg);
void loop_watch_change(struct loop_watch *watch, short events);
struct loop_watch *loop_watch_remove(struct loop_watch *watch); /* does not close fd */

/* ---- Signals: blocked in the whole process, delivered here; call before threads start ---- */
int loop_catch_signal(struct loop *loop, int signal, void (*call)(void *arg, int signal),
                      void *arg);

/* ---- Transfers: the easy handle stays the caller's; done is called once, unless removed ---- */
int loop_transfer_add(struct loop *loop, CURL *easy,
                      void (*done)(void *arg, CURL *easy, CURLcode code), void *arg);
void loop_transfer_remove(struct loop *loop, CURL *easy);

/* ---- From any thread: call(arg) on the loop's thread, in order of posting ---- */
void loop_post(struct loop *loop, void (*call)(void *arg), void *arg);

#endif
