/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "plugin/plugin_internal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_AT_ONCE   65536u
#define READ_PER_EVENT (1024u * 1024)      /* then others get their turn */
#define MAX_LEFT       (32u * 1024 * 1024) /* more than a socket holds: a child of it may still write */

/* ---- in -------------------------------------------------------------------------------------- */

void socket_take_frames(struct plugin *plugin)
{
    size_t at = 0;
    while (plugin_may_read(plugin) && plugin->in.len - at >= FRAME_HEADER_SIZE) {
        struct wire_reader r = wire_read(plugin->in.data + at, FRAME_HEADER_SIZE);
        uint32_t len = wire_get_u32(&r);
        uint32_t type = wire_get_u32(&r);
        if (len > FRAME_MAX_PAYLOAD) {
            plugin_break(plugin, "announced a frame of %u bytes, more than %u", len,
                         FRAME_MAX_PAYLOAD);
            break;
        }
        if (plugin->in.len - at - FRAME_HEADER_SIZE < len)
            break;
        at += FRAME_HEADER_SIZE;
        frames_take(plugin, type, plugin->in.data + at, len);
        at += len;
    }
    strbuf_consume(&plugin->in, at);
    /* What one large frame needed is not kept for the small ones after it. */
    if (plugin->in.len == 0 && plugin->in.capacity > READ_PER_EVENT)
        strbuf_release(&plugin->in);
}

/* Bytes read; 0 when there is nothing now, -1 when the other side has closed. */
static ssize_t read_some(struct plugin *plugin)
{
    strbuf_reserve(&plugin->in, READ_AT_ONCE);
    ssize_t n = 0;
    do {
        n = recv(plugin->fd, plugin->in.data + plugin->in.len, READ_AT_ONCE, MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
    if (n == 0)
        return -1;
    plugin->in.len += (size_t)n;
    plugin->in.data[plugin->in.len] = '\0';
    return n;
}

static void read_frames(struct plugin *plugin, size_t max)
{
    size_t total = 0;
    while (total < max && plugin_may_read(plugin)) {
        ssize_t n = read_some(plugin);
        if (n < 0)
            plugin_socket_closed(plugin);
        if (n <= 0)
            return;
        total += (size_t)n;
        socket_take_frames(plugin);
    }
}

void socket_drain(struct plugin *plugin)
{
    plugin->socket_watch = loop_watch_remove(plugin->socket_watch);
    read_frames(plugin, MAX_LEFT);
}

/* ---- out ------------------------------------------------------------------------------------- */

static void out_free(struct plugin_out *out)
{
    if (out->fd >= 0)
        close(out->fd);
    strbuf_release(&out->bytes);
    free(out);
}

static void drop_out(struct plugin *plugin)
{
    while (plugin->out != NULL) {
        struct plugin_out *next = plugin->out->next;
        out_free(plugin->out);
        plugin->out = next;
    }
    plugin->out_end = &plugin->out;
}

static ssize_t send_part(struct plugin *plugin, struct plugin_out *out)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {out->bytes.data + out->sent, out->bytes.len - out->sent};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (out->fd >= 0) {
        memset(&control, 0, sizeof(control));
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof(control.bytes);
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &out->fd, sizeof(int));
    }
    ssize_t n = 0;
    do {
        n = sendmsg(plugin->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    if (n > 0 && out->fd >= 0) {
        close(out->fd);
        out->fd = -1;
    }
    return n;
}

static void write_frames(struct plugin *plugin)
{
    while (plugin->out != NULL) {
        struct plugin_out *out = plugin->out;
        ssize_t n = send_part(plugin, out);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        if (n < 0) {
            drop_out(plugin); /* it is going: the process's end says why */
            break;
        }
        out->sent += (size_t)n;
        if (out->sent < out->bytes.len)
            continue;
        plugin->out = out->next;
        if (plugin->out == NULL)
            plugin->out_end = &plugin->out;
        out_free(out);
    }
    socket_update(plugin);
}

void socket_send(struct plugin *plugin, uint32_t type, const struct strbuf *payload, int fd)
{
    struct plugin_out *out = mem_alloc(sizeof(*out));
    out->fd = fd;
    wire_put_u32(&out->bytes, payload == NULL ? 0 : (uint32_t)payload->len);
    wire_put_u32(&out->bytes, type);
    if (payload != NULL)
        strbuf_add(&out->bytes, payload->data, payload->len);
    if (plugin->socket_watch == NULL) {
        out_free(out);
        return;
    }
    *plugin->out_end = out;
    plugin->out_end = &out->next;
    write_frames(plugin);
}

/* ---- the watch ------------------------------------------------------------------------------- */

void socket_update(struct plugin *plugin)
{
    if (plugin->socket_watch == NULL)
        return;
    int events = plugin_may_read(plugin) ? POLLIN : 0;
    if (plugin->out != NULL)
        events |= POLLOUT;
    loop_watch_change(plugin->socket_watch, (short)events);
}

static void on_socket(void *arg, short revents)
{
    struct plugin *plugin = arg;
    plugin_enter(plugin);
    if ((revents & POLLOUT) != 0)
        write_frames(plugin);
    if ((revents & POLLIN) != 0)
        read_frames(plugin, READ_PER_EVENT);
    else if ((revents & (POLLHUP | POLLERR)) != 0)
        plugin_socket_closed(plugin);
    plugin_leave(plugin);
}

void socket_open(struct plugin *plugin)
{
    plugin->out_end = &plugin->out;
    plugin->socket_watch = loop_watch_add(plugin->loop, plugin->fd, POLLIN, on_socket, plugin);
}

void socket_close(struct plugin *plugin)
{
    plugin->socket_watch = loop_watch_remove(plugin->socket_watch);
    drop_out(plugin);
    if (plugin->fd >= 0)
        close(plugin->fd);
    plugin->fd = -1;
}
