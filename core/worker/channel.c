/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/mem.h"
#include "worker/internal.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

_Noreturn void channel_break(const char *why)
{
    /* A host that is gone needs no line; one that broke the rules does. */
    if (why != NULL)
        fprintf(stderr, "tajo-connect worker: %s; ending\n", why);
    _exit(WORKER_BROKEN);
}

void frame_release(struct frame *frame)
{
    free(frame->payload);
    if (frame->fd >= 0)
        close(frame->fd);
    *frame = (struct frame){.fd = -1};
}

void channel_send(struct channel *channel, uint32_t type, const struct strbuf *payload)
{
    struct strbuf header = STRBUF_INIT;
    size_t len = payload == NULL ? 0 : payload->len;
    if (len > FRAME_MAX_PAYLOAD)
        channel_break("a frame to the host would be too long");
    wire_put_u32(&header, (uint32_t)len);
    wire_put_u32(&header, type);
    struct iovec parts[2] = {{header.data, header.len},
                             {payload == NULL ? NULL : payload->data, len}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    size_t left = header.len + len;
    while (left > 0) {
        ssize_t n = sendmsg(channel->fd, &message, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            channel_break(NULL);
        left -= (size_t)n;
        for (size_t i = 0; i < 2; i++) {
            size_t part = (size_t)n < parts[i].iov_len ? (size_t)n : parts[i].iov_len;
            if (part > 0)
                parts[i].iov_base = (char *)parts[i].iov_base + part;
            parts[i].iov_len -= part;
            n -= (ssize_t)part;
        }
    }
    strbuf_release(&header);
    channel->last_sent_ms = clock_monotonic_ms();
}

static void take_descriptor(struct msghdr *message, int *fd)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
            c->cmsg_len != CMSG_LEN(sizeof(int)) || *fd >= 0)
            channel_break("the host sent descriptors out of order");
        memcpy(fd, CMSG_DATA(c), sizeof(int));
    }
}

/* Reads exactly len bytes: never into the next frame, whose descriptor would come along. */
static void receive_exactly(struct channel *channel, char *to, size_t len, int *fd)
{
    while (len > 0) {
        union {
            struct cmsghdr align;
            char bytes[CMSG_SPACE(sizeof(int))];
        } control;
        struct iovec part = {to, len};
        struct msghdr message = {.msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_control = control.bytes,
                                 .msg_controllen = sizeof(control.bytes)};
        ssize_t n = recvmsg(channel->fd, &message, MSG_CMSG_CLOEXEC);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            channel_break(NULL);
        take_descriptor(&message, fd);
        to += n;
        len -= (size_t)n;
    }
}

static int wait_readable(const struct channel *channel, int timeout_ms)
{
    struct pollfd waited = {.fd = channel->fd, .events = POLLIN};
    int64_t until = clock_monotonic_ms() + timeout_ms;
    for (;;) {
        int n = poll(&waited, 1, timeout_ms);
        if (n >= 0)
            return n;
        if (errno != EINTR)
            channel_break("cannot wait for the host");
        if (timeout_ms > 0) {
            int64_t left = until - clock_monotonic_ms();
            timeout_ms = left > 0 ? (int)left : 0;
        }
    }
}

int channel_receive(struct channel *channel, int timeout_ms, struct frame *ret)
{
    if (timeout_ms >= 0 && wait_readable(channel, timeout_ms) == 0)
        return 0;
    char header[FRAME_HEADER_SIZE];
    struct frame frame = {.fd = -1};
    receive_exactly(channel, header, sizeof(header), &frame.fd);
    struct wire_reader reader = wire_read(header, sizeof(header));
    frame.len = wire_get_u32(&reader);
    frame.type = wire_get_u32(&reader);
    if (frame.len > FRAME_MAX_PAYLOAD)
        channel_break("the host sent a frame that is too long");
    frame.payload = mem_alloc(frame.len);
    receive_exactly(channel, frame.payload, frame.len, &frame.fd);
    *ret = frame;
    return 1;
}
