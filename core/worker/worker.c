/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/worker.h"

#include "base/json.h"
#include "worker/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void send_hello(struct tajo_ctx *ctx)
{
    struct strbuf text = STRBUF_INIT;
    struct strbuf payload = STRBUF_INIT;
    json_write(ctx->loaded.document, &text);
    wire_put_str(&payload, text.data, text.len);
    channel_send(&ctx->channel, FRAME_HELLO, &payload);
    strbuf_release(&payload);
    strbuf_release(&text);
}

static void send_refusal(struct tajo_ctx *ctx, enum load_refusal refusal, const char *why)
{
    struct strbuf payload = STRBUF_INIT;
    wire_put_u32(&payload, refusal);
    wire_put_text(&payload, why);
    channel_send(&ctx->channel, FRAME_LOAD_FAILED, &payload);
    strbuf_release(&payload);
}

/* What an operation returned, as the ABI knows it: positive is success, a negative number that is
 * no class is a mistake of the plugin. */
static int32_t normalise(int32_t result)
{
    if (result >= 0)
        return TAJO_OK;
    return result >= TAJO_E_NOT_FOUND ? result : TAJO_E_BUG;
}

static void send_result(struct tajo_ctx *ctx, uint32_t type, int32_t result)
{
    struct strbuf payload = STRBUF_INIT;
    host_end(ctx);
    wire_put_u32(&payload, (uint32_t)-result);
    channel_send(&ctx->channel, type, &payload);
    strbuf_release(&payload);
}

static void serve_create(struct tajo_ctx *ctx, struct frame *frame)
{
    if (ctx->created || ctx->options != NULL)
        channel_break("the host asked for a second instance");
    if (options_take(ctx, frame) != 0)
        channel_break("the host sent a malformed CREATE");
    host_begin(ctx, OPERATION_CREATE);
    int32_t r = normalise(ctx->loaded.ops.create(&ctx->table, ctx, &ctx->instance));
    ctx->created = r == TAJO_OK;
    send_result(ctx, FRAME_CREATED, r);
}

static void serve_check(struct tajo_ctx *ctx)
{
    if (!ctx->created)
        channel_break("the host sent CHECK without an instance");
    host_begin(ctx, OPERATION_CHECK);
    int32_t r = TAJO_OK;
    if (ctx->loaded.ops.check != NULL)
        r = normalise(ctx->loaded.ops.check(ctx->instance));
    send_result(ctx, FRAME_DONE, r);
}

static void serve_run(struct tajo_ctx *ctx, const struct frame *frame)
{
    struct run_request request;
    if (!ctx->created || run_request_read(frame, &request) != 0)
        channel_break("the host sent RUN without an instance, or malformed");
    host_begin(ctx, OPERATION_RUN);
    ctx->mode = request.public.mode;
    int32_t r = normalise(ctx->loaded.ops.run(ctx->instance, &request.public));
    run_request_release(&request);
    send_result(ctx, FRAME_DONE, r);
}

static void serve(struct tajo_ctx *ctx)
{
    while (!ctx->exit) {
        struct frame frame = {.fd = -1};
        channel_receive(&ctx->channel, -1, &frame);
        switch (frame.type) {
        case FRAME_CREATE:
            serve_create(ctx, &frame);
            break;
        case FRAME_CHECK:
            serve_check(ctx);
            break;
        case FRAME_RUN:
            serve_run(ctx, &frame);
            break;
        case FRAME_COMMITTED:
            channel_break("the host answered a commit that nobody asked for");
        default:
            host_dispatch(ctx, &frame);
        }
        frame_release(&frame);
    }
}

static void release(struct tajo_ctx *ctx)
{
    if (ctx->created)
        ctx->loaded.ops.destroy(ctx->instance);
    http_release_all(ctx);
    options_release(ctx);
    strbuf_release(&ctx->records);
    strbuf_release(&ctx->error_code);
    strbuf_release(&ctx->error_message);
    json_decref(ctx->loaded.document);
}

int worker_main(const char *file)
{
    struct tajo_ctx ctx = {.channel = {.fd = FRAME_WORKER_FD}, .create = {.fd = -1}};
    struct err_info e = {0};
    enum load_refusal refusal = LOAD_DESCRIPTOR;
    if (worker_confine(&e) < 0) {
        fprintf(stderr, "tajo-connect worker: %s\n", e.what);
        return WORKER_BROKEN;
    }
    if (load_plugin(file, &ctx.loaded, &refusal, &e) < 0) {
        send_refusal(&ctx, refusal, e.what);
        return WORKER_REFUSED;
    }
    host_table_fill(&ctx);
    send_hello(&ctx);
    serve(&ctx);
    release(&ctx);
    return WORKER_ENDED;
}
