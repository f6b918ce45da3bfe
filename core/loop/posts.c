/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "loop/internal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* The queue is looked at in every turn of the loop; the descriptor only ends the waiting. */
static void drain(void *arg, short revents)
{
    struct loop *loop = arg;
    uint64_t count = 0;
    (void)revents;
    while (read(loop->post_fd, &count, sizeof(count)) < 0 && errno == EINTR)
        continue;
}

int posts_open(struct loop *loop)
{
    pthread_mutex_init(&loop->post_lock, NULL);
    loop->posts_end = &loop->posts;
    loop->post_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->post_fd < 0)
        return ERR_SYSTEM;
    loop->post_watch = loop_watch_add(loop, loop->post_fd, POLLIN, drain, loop);
    return 0;
}

static void ring(struct loop *loop)
{
    uint64_t one = 1;
    /* EAGAIN: the counter is full, so the loop is about to wake anyway. */
    while (write(loop->post_fd, &one, sizeof(one)) < 0 && errno == EINTR)
        continue;
}

void loop_post(struct loop *loop, void (*call)(void *arg), void *arg)
{
    struct loop_post_entry *entry = mem_alloc(sizeof(*entry));
    *entry = (struct loop_post_entry){.call = call, .arg = arg};
    pthread_mutex_lock(&loop->post_lock);
    int first = loop->posts == NULL;
    *loop->posts_end = entry;
    loop->posts_end = &entry->next;
    if (first)
        ring(loop); /* under the lock: the loop may end and be freed right after it */
    pthread_mutex_unlock(&loop->post_lock);
}

void loop_quit(struct loop *loop)
{
    pthread_mutex_lock(&loop->post_lock);
    loop->quit = 1;
    ring(loop);
    pthread_mutex_unlock(&loop->post_lock);
}

int posts_run(struct loop *loop)
{
    pthread_mutex_lock(&loop->post_lock);
    struct loop_post_entry *at = loop->posts;
    int quit = loop->quit;
    loop->posts = NULL;
    loop->posts_end = &loop->posts;
    loop->quit = 0;
    pthread_mutex_unlock(&loop->post_lock);
    while (at != NULL) {
        struct loop_post_entry *next = at->next;
        at->call(at->arg);
        free(at);
        at = next;
    }
    return quit;
}

void posts_close(struct loop *loop)
{
    loop_watch_remove(loop->post_watch);
    if (loop->post_fd >= 0)
        close(loop->post_fd);
    while (loop->posts != NULL) {
        struct loop_post_entry *next = loop->posts->next;
        free(loop->posts);
        loop->posts = next;
    }
    pthread_mutex_destroy(&loop->post_lock);
}
