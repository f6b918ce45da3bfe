/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/internal.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void read_signals(void *arg, short revents)
{
    struct loop *loop = arg;
    struct signalfd_siginfo info;
    (void)revents;
    while (read(loop->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        struct loop_signal *entry =
            info.ssi_signo < LOOP_SIGNALS ? &loop->signals[info.ssi_signo] : NULL;
        if (entry != NULL && entry->call != NULL)
            entry->call(entry->arg, (int)info.ssi_signo);
    }
}

int loop_catch_signal(struct loop *loop, int signal, void (*call)(void *arg, int signal), void *arg)
{
    sigset_t caught;
    sigemptyset(&caught);
    if (signal <= 0 || signal >= LOOP_SIGNALS || sigaddset(&caught, signal) != 0)
        return ERR_SYSTEM;
    for (int i = 1; i < LOOP_SIGNALS; i++)
        if (loop->signals[i].call != NULL)
            sigaddset(&caught, i);
    if (pthread_sigmask(SIG_BLOCK, &caught, NULL) != 0)
        return ERR_SYSTEM;
    int fd = signalfd(loop->signal_fd, &caught, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        return ERR_SYSTEM;
    if (loop->signal_fd < 0) {
        loop->signal_fd = fd;
        loop->signal_watch = loop_watch_add(loop, fd, POLLIN, read_signals, loop);
    }
    loop->signals[signal] = (struct loop_signal){.call = call, .arg = arg};
    return 0;
}
