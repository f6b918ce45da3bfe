/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "log/log.h"
#include "loop/internal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define BATCH 64

struct loop_watch {
    struct loop *loop;
    int fd;
    int dead;
    void (*call)(void *arg, short revents);
    void *arg;
    struct loop_watch *next; /* in loop->dead */
};

static uint32_t to_epoll(short events)
{
    return (events & POLLIN ? (uint32_t)EPOLLIN : 0u) |
           (events & POLLOUT ? (uint32_t)EPOLLOUT : 0u);
}

static short from_epoll(uint32_t events)
{
    int r = 0;
    r |= events & EPOLLIN ? POLLIN : 0;
    r |= events & EPOLLOUT ? POLLOUT : 0;
    r |= events & EPOLLHUP ? POLLHUP : 0;
    r |= events & EPOLLERR ? POLLERR : 0;
    return (short)r;
}

static int control(struct loop_watch *watch, int operation, short events)
{
    struct epoll_event event = {.events = to_epoll(events), .data.ptr = watch};
    return epoll_ctl(watch->loop->epoll_fd, operation, watch->fd, &event);
}

struct loop_watch *loop_watch_add(struct loop *loop, int fd, short events,
                                  void (*call)(void *arg, short revents), void *arg)
{
    struct loop_watch *watch = mem_alloc(sizeof(*watch));
    *watch = (struct loop_watch){.loop = loop, .fd = fd, .call = call, .arg = arg};
    if (control(watch, EPOLL_CTL_ADD, events) != 0) {
        /* A bad, twice watched or unwatchable descriptor is our own mistake. */
        log_line(LOG_LEVEL_ERROR, "loop", "cannot watch a descriptor", "fd=%d reason=%s", fd,
                 log_quote(strerror(errno)));
        abort();
    }
    return watch;
}

void loop_watch_change(struct loop_watch *watch, short events)
{
    control(watch, EPOLL_CTL_MOD, events);
}

struct loop_watch *loop_watch_remove(struct loop_watch *watch)
{
    if (watch == NULL)
        return NULL;
    control(watch, EPOLL_CTL_DEL, 0);
    watch->dead = 1;
    if (watch->loop->dispatching) {
        watch->next = watch->loop->dead;
        watch->loop->dead = watch;
    } else {
        free(watch);
    }
    return NULL;
}

int watches_dispatch(struct loop *loop)
{
    struct epoll_event ready[BATCH];
    int n = epoll_wait(loop->epoll_fd, ready, BATCH, 0);
    if (n < 0)
        return errno == EINTR ? 0 : ERR_SYSTEM;
    loop->dispatching = 1;
    for (int i = 0; i < n; i++) {
        struct loop_watch *watch = ready[i].data.ptr;
        if (!watch->dead)
            watch->call(watch->arg, from_epoll(ready[i].events));
    }
    loop->dispatching = 0;
    while (loop->dead != NULL) {
        struct loop_watch *next = loop->dead->next;
        free(loop->dead);
        loop->dead = next;
    }
    return 0;
}
