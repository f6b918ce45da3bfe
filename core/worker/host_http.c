/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "base/request.h"
#include "worker/internal.h"

#include <stdlib.h>

#define MAX_HEADERS       256u
#define MAX_RESPONSE_BODY (8u * 1024 * 1024)

/* ---- sending it ------------------------------------------------------------------------------ */

static void put(struct strbuf *b, struct tajo_str text)
{
    wire_put_str(b, text.data, text.len);
}

static void write_request(struct strbuf *b, uint64_t ticket,
                          const struct tajo_http_request *request)
{
    wire_put_u64(b, ticket);
    wire_put_u32(b, request->flags);
    put(b, request->method);
    put(b, request->path);
    put(b, request->endpoint);
    put(b, request->rate_class);
    put(b, request->content_type);
    put(b, request->body);
    wire_put_u32(b, (uint32_t)request->query_count);
    for (size_t i = 0; i < request->query_count; i++) {
        put(b, request->query[i].name);
        put(b, request->query[i].value);
    }
    wire_put_u32(b, (uint32_t)request->header_count);
    for (size_t i = 0; i < request->header_count; i++) {
        put(b, request->headers[i].name);
        put(b, request->headers[i].value);
    }
}

static struct ticket *find_ticket(struct tajo_ctx *ctx, uint64_t id)
{
    for (size_t i = 0; i < MAX_TICKETS; i++)
        if (ctx->tickets[i].id == id)
            return &ctx->tickets[i];
    return NULL;
}

int32_t host_http_submit(struct tajo_ctx *ctx, const struct tajo_http_request *request,
                         uint64_t *ret_ticket)
{
    struct tajo_http_request copy;
    if (ctx->operation == OPERATION_NONE || ret_ticket == NULL)
        return TAJO_E_BUG;
    if (struct_take(&copy, sizeof(copy), SIZE_WITH(struct tajo_http_request, header_count),
                    request) != 0)
        return host_fail(ctx, TAJO_E_BUG, "bad_struct",
                         "http_submit got a tajo_http_request that is NULL or whose size is not "
                         "plausible");
    const char *problem = request_problem(&copy);
    if (problem != NULL)
        return host_fail(ctx, TAJO_E_BUG, "bad_request", "a request is refused: %s", problem);
    struct ticket *ticket = find_ticket(ctx, 0);
    if (ticket == NULL)
        return host_fail(ctx, TAJO_E_BUG, "too_many_requests",
                         "more than %u requests were submitted and not waited for", MAX_TICKETS);
    struct strbuf payload = STRBUF_INIT;
    write_request(&payload, ctx->last_ticket + 1, &copy);
    *ticket = (struct ticket){.id = ++ctx->last_ticket};
    records_flush(ctx);
    channel_send(&ctx->channel, FRAME_HTTP_SUBMIT, &payload);
    strbuf_release(&payload);
    *ret_ticket = ticket->id;
    return TAJO_OK;
}

/* ---- the answer ------------------------------------------------------------------------------ */

static void response_free(struct response *response)
{
    if (response == NULL)
        return;
    frame_release(&response->frame);
    free(response->headers);
    free(response);
}

/* What the frame holds behind ticket and result. NULL: malformed. */
static struct response *read_response(struct wire_reader *r, struct frame *frame)
{
    struct response *response = mem_alloc(sizeof(*response));
    struct tajo_http_response *public = &response->public;
    response->frame = (struct frame){.fd = -1};
    public->size = sizeof(*public);
    public->status = (int32_t)(wire_get_u32(r) & 0xFFFF);
    uint32_t has_fd = wire_get_u32(r);
    public->body = wire_get_str(r, MAX_RESPONSE_BODY);
    uint32_t count = wire_get_u32(r);
    if (count > MAX_HEADERS || (has_fd != 0) != (frame->fd >= 0))
        r->bad = 1;
    if (wire_ok(r))
        response->headers = mem_array(count, sizeof(*response->headers));
    for (uint32_t i = 0; i < count && wire_ok(r); i++) {
        response->headers[i].name = wire_get_str(r, FRAME_MAX_PAYLOAD);
        response->headers[i].value = wire_get_str(r, FRAME_MAX_PAYLOAD);
    }
    if (!wire_done(r)) {
        response_free(response);
        return NULL;
    }
    public->header_count = count;
    public->headers = response->headers;
    public->body_fd = frame->fd;
    response->frame = *frame;
    *frame = (struct frame){.fd = -1};
    return response;
}

void http_take_response(struct tajo_ctx *ctx, struct frame *frame)
{
    struct wire_reader r = wire_read(frame->payload, frame->len);
    uint64_t id = wire_get_u64(&r);
    int32_t result = -(int32_t)(wire_get_u32(&r) & 0xFF);
    struct response *response = read_response(&r, frame);
    if (response == NULL || id == 0 || id > ctx->last_ticket)
        channel_break("the host sent a malformed HTTP_RESPONSE");
    struct ticket *ticket = find_ticket(ctx, id);
    if (ticket == NULL || ticket->answered || result < 0) {
        response_free(response); /* nobody waits for it any more, or there is nothing in it */
        response = NULL;
    }
    if (ticket != NULL && !ticket->answered) {
        ticket->answered = 1;
        ticket->result = result;
        ticket->response = response;
    }
}

int32_t host_http_wait(struct tajo_ctx *ctx, uint64_t id, const struct tajo_http_response **ret)
{
    struct ticket *ticket = id == 0 ? NULL : find_ticket(ctx, id);
    if (ctx->operation == OPERATION_NONE || ret == NULL)
        return TAJO_E_BUG;
    if (ticket == NULL)
        return host_fail(ctx, TAJO_E_BUG, "bad_ticket",
                         "http_wait got a ticket that was never given or was waited for before");
    records_flush(ctx);
    while (!ticket->answered && !ctx->stop)
        host_receive(ctx, -1);
    struct ticket taken = *ticket;
    *ticket = (struct ticket){0};
    if (!taken.answered)
        return TAJO_E_STOPPED;
    if (taken.response == NULL) {
        ctx->error_class = 0; /* the host knows better why than anything said before */
        return taken.result < 0 ? taken.result : TAJO_E_BUG;
    }
    if (ctx->response_count >= MAX_RESPONSES) {
        response_free(taken.response);
        return host_fail(ctx, TAJO_E_BUG, "responses_not_released",
                         "more than %u responses were not released", MAX_RESPONSES);
    }
    taken.response->next = ctx->responses;
    ctx->responses = taken.response;
    ctx->response_count++;
    *ret = &taken.response->public;
    return TAJO_OK;
}

void host_http_release(struct tajo_ctx *ctx, const struct tajo_http_response *response)
{
    for (struct response **at = &ctx->responses; *at != NULL; at = &(*at)->next) {
        struct response *found = *at;
        if (&found->public != response)
            continue;
        *at = found->next;
        ctx->response_count--;
        response_free(found);
        return;
    }
}

void http_forget_tickets(struct tajo_ctx *ctx)
{
    for (size_t i = 0; i < MAX_TICKETS; i++) {
        response_free(ctx->tickets[i].response);
        ctx->tickets[i] = (struct ticket){0};
    }
}

void http_release_all(struct tajo_ctx *ctx)
{
    http_forget_tickets(ctx);
    while (ctx->responses != NULL)
        host_http_release(ctx, &ctx->responses->public);
}
