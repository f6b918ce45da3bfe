/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "log/log.h"
#include "loop/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define LONGEST_WAIT_MS 60000

struct loop *loop_new(void)
{
    struct loop *loop = mem_alloc(sizeof(*loop));
    loop->signal_fd = -1;
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK ||
        (loop->multi = curl_multi_init()) == NULL || loop->epoll_fd < 0 || posts_open(loop) != 0) {
        log_line(LOG_LEVEL_ERROR, "loop",
                 "cannot make the event loop; is the limit of open files too low?", "reason=%s",
                 log_quote(strerror(errno)));
        abort();
    }
    return loop;
}

struct loop *loop_free(struct loop *loop)
{
    if (loop == NULL)
        return NULL;
    loop_watch_remove(loop->signal_watch);
    if (loop->signal_fd >= 0)
        close(loop->signal_fd);
    while (loop->transfers != NULL)
        loop_transfer_remove(loop, loop->transfers->easy);
    posts_close(loop);
    curl_multi_cleanup(loop->multi);
    close(loop->epoll_fd);
    curl_global_cleanup();
    free(loop);
    return NULL;
}

static int wait_for_work(struct loop *loop)
{
    struct curl_waitfd all = {.fd = loop->epoll_fd, .events = CURL_WAIT_POLLIN};
    CURLMcode code =
        curl_multi_poll(loop->multi, &all, 1, timers_wait_ms(loop, LONGEST_WAIT_MS), NULL);
    if (code == CURLM_OK)
        return 0;
    log_line(LOG_LEVEL_ERROR, "loop", "cannot wait for events", "reason=%s",
             log_quote(curl_multi_strerror(code)));
    return ERR_SYSTEM;
}

int loop_run(struct loop *loop)
{
    for (;;) {
        if (posts_run(loop))
            return 0;
        timers_run(loop);
        transfers_run(loop);
        int r = wait_for_work(loop);
        if (r == 0)
            r = watches_dispatch(loop);
        if (r != 0)
            return r;
    }
}
