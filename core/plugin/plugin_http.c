/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/request.h"
#include "plugin/plugin_internal.h"

#include <stdlib.h>
#include <string.h>

#define MAX_TEXT         1048576u
#define MAX_HEADERS      256u
#define MAX_HEADER_BYTES 262144u

/* ---- the answer ------------------------------------------------------------------------------ */

static int is_allowed(struct tajo_str name)
{
    static const char *const allowed[] = {"content-type", "link", "etag",       "last-modified",
                                          "location",     "date", "retry-after"};
    if (name.len > 2 && memcmp(name.data, "x-", 2) == 0)
        return 1;
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
        if (name.len == strlen(allowed[i]) && memcmp(name.data, allowed[i], name.len) == 0)
            return 1;
    return 0;
}

/* Headers above the bounds are left out: none that a plugin needs is so long or so late. */
static void write_headers(struct strbuf *b, const struct http_response *response)
{
    struct strbuf pairs = STRBUF_INIT;
    uint32_t count = 0;
    for (size_t i = 0; i < response->header_count && count < MAX_HEADERS; i++) {
        const struct tajo_header *h = &response->headers[i];
        if (!is_allowed(h->name) || pairs.len + h->name.len + h->value.len > MAX_HEADER_BYTES)
            continue;
        wire_put_str(&pairs, h->name.data, h->name.len);
        wire_put_str(&pairs, h->value.data, h->value.len);
        count++;
    }
    wire_put_u32(b, count);
    strbuf_add(b, pairs.data, pairs.len);
    strbuf_release(&pairs);
}

static void send_failure(struct plugin *plugin, uint64_t ticket, const struct err_info *e)
{
    struct strbuf payload = STRBUF_INIT;
    plugin->error = *e;
    wire_put_u64(&payload, ticket);
    wire_put_u32(&payload, (uint32_t)-plugin_error_class(e->code));
    wire_put_u32(&payload, 0);
    wire_put_u32(&payload, 0);
    wire_put_str(&payload, NULL, 0);
    wire_put_u32(&payload, 0);
    socket_send(plugin, FRAME_HTTP_RESPONSE, &payload, -1);
    strbuf_release(&payload);
}

static void send_response(struct plugin *plugin, uint64_t ticket,
                          const struct http_response *response)
{
    struct strbuf payload = STRBUF_INIT;
    int fd = http_response_take_fd(response);
    wire_put_u64(&payload, ticket);
    wire_put_u32(&payload, 0);
    wire_put_u32(&payload, (uint32_t)response->status);
    wire_put_u32(&payload, fd >= 0);
    wire_put_str(&payload, response->body, response->body_len);
    write_headers(&payload, response);
    socket_send(plugin, FRAME_HTTP_RESPONSE, &payload, fd);
    strbuf_release(&payload);
}

static void on_response(void *arg, const struct http_response *response, const struct err_info *e)
{
    struct plugin_ticket *ticket = arg;
    struct plugin *plugin = ticket->plugin;
    uint64_t id = ticket->id;
    *ticket = (struct plugin_ticket){0};
    plugin->heard_ms = clock_monotonic_ms(); /* its time begins again */
    if (response == NULL) {
        send_failure(plugin, id, e);
        return;
    }
    links_note_answer(&plugin->links, response);
    send_response(plugin, id, response);
}

/* ---- the request ----------------------------------------------------------------------------- */

struct submitted {
    uint64_t ticket;
    struct tajo_http_request request; /* points into the frame */
    struct tajo_parameter *query;
    struct tajo_header *headers;
};

static void submitted_release(struct submitted *s)
{
    free(s->query);
    free(s->headers);
}

static int read_request(struct wire_reader *r, struct submitted *s)
{
    struct tajo_http_request *request = &s->request;
    s->ticket = wire_get_u64(r);
    request->flags = wire_get_u32(r);
    request->method = wire_get_str(r, MAX_TEXT);
    request->path = wire_get_str(r, MAX_TEXT);
    request->endpoint = wire_get_str(r, MAX_TEXT);
    request->rate_class = wire_get_str(r, MAX_TEXT);
    request->content_type = wire_get_str(r, MAX_TEXT);
    request->body = wire_get_str(r, MAX_TEXT);
    uint32_t count = wire_get_u32(r);
    if (count > REQUEST_MAX_PAIRS)
        return 0;
    s->query = mem_array(count, sizeof(*s->query));
    for (uint32_t i = 0; i < count; i++) {
        s->query[i].name = wire_get_str(r, MAX_TEXT);
        s->query[i].value = wire_get_str(r, MAX_TEXT);
    }
    request->query = s->query;
    request->query_count = count;
    count = wire_get_u32(r);
    if (count > REQUEST_MAX_PAIRS)
        return 0;
    s->headers = mem_array(count, sizeof(*s->headers));
    for (uint32_t i = 0; i < count; i++) {
        s->headers[i].name = wire_get_str(r, MAX_TEXT);
        s->headers[i].value = wire_get_str(r, MAX_TEXT);
    }
    request->headers = s->headers;
    request->header_count = count;
    return wire_done(r);
}

/* NULL for an empty text: what http takes as "not given". */
static char *text_of(struct tajo_str text)
{
    return text.len == 0 ? NULL : mem_strndup(text.data, text.len);
}

static void send_request(struct plugin *plugin, struct plugin_ticket *ticket,
                         const struct tajo_http_request *request)
{
    _cleanup_free_ char *method = text_of(request->method);
    _cleanup_free_ char *path = text_of(request->path);
    _cleanup_free_ char *endpoint = text_of(request->endpoint);
    _cleanup_free_ char *rate_class = text_of(request->rate_class);
    _cleanup_free_ char *content_type = text_of(request->content_type);
    struct http_request sent = {
        .method = method,
        .path = path,
        .endpoint = endpoint,
        .rate_class = rate_class,
        .query = request->query,
        .query_count = request->query_count,
        .headers = request->headers,
        .header_count = request->header_count,
        .content_type = content_type,
        .body = request->body.len > 0 ? request->body.data : NULL,
        .body_len = request->body.len,
        .flags = request->flags,
    };
    ticket->call = http_send(plugin->account, &sent, on_response, ticket);
}

/* May the request go where it wants to? Sets e otherwise. */
static int check_place(const struct plugin *plugin, const struct tajo_http_request *request,
                       struct err_info *e)
{
    if (plugin->account == NULL)
        return err_set(e, ERR_UNSUPPORTED, plugin->name, NULL,
                       "the plugin sent a request where there is no account to send it with");
    if (request->path.data[0] == '/')
        return 0;
    _cleanup_free_ char *url = text_of(request->path);
    if (links_allow(&plugin->links, http_account_base_url(plugin->account), url))
        return 0;
    return err_set(e, ERR_BUG, plugin->name, PLUGIN_MEND_AUTHOR,
                   "the plugin asked for a host that no answer of the platform named");
}

static struct plugin_ticket *free_ticket(struct plugin *plugin)
{
    for (size_t i = 0; i < MAX_TICKETS; i++)
        if (plugin->tickets[i].id == 0)
            return &plugin->tickets[i];
    return NULL;
}

static void take_request(struct plugin *plugin, const struct submitted *s)
{
    const char *problem = request_problem(&s->request);
    struct plugin_ticket *ticket = free_ticket(plugin);
    struct err_info e = {0};
    if (s->ticket <= plugin->last_ticket) {
        plugin_break(plugin, "used an HTTP ticket twice");
    } else if (problem != NULL) {
        plugin_break(plugin, "sent a request that breaks the rules: %s", problem);
    } else if (ticket == NULL) {
        plugin_break(plugin, "has more than %u requests under way", MAX_TICKETS);
    } else if (check_place(plugin, &s->request, &e) != 0) {
        plugin->last_ticket = s->ticket;
        send_failure(plugin, s->ticket, &e);
    } else {
        plugin->last_ticket = s->ticket;
        if (plugin->stopping)
            return; /* the worker has heard of it, or will, and does not wait */
        *ticket = (struct plugin_ticket){.id = s->ticket, .plugin = plugin};
        send_request(plugin, ticket, &s->request);
    }
}

void plugin_http_submit(struct plugin *plugin, struct wire_reader *r)
{
    struct submitted s = {0};
    if (read_request(r, &s))
        take_request(plugin, &s);
    else
        plugin_break(plugin, "sent a malformed HTTP_SUBMIT frame");
    submitted_release(&s);
}

void plugin_http_cancel_all(struct plugin *plugin)
{
    for (size_t i = 0; i < MAX_TICKETS; i++) {
        if (plugin->tickets[i].id != 0)
            http_cancel(plugin->tickets[i].call);
        plugin->tickets[i] = (struct plugin_ticket){0};
    }
}

int plugin_http_under_way(const struct plugin *plugin)
{
    for (size_t i = 0; i < MAX_TICKETS; i++)
        if (plugin->tickets[i].id != 0)
            return 1;
    return 0;
}
