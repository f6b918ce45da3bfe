/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/utf8.h"
#include "worker/internal.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LOG_LINES     1000u
#define MAX_LOG_LINE      1024u
#define MAX_ERROR_CODE    64u
#define MAX_ERROR_MESSAGE 1024u
#define ALIVE_EVERY_MS    1000
#define PROGRESS_EVERY_MS 200

/* ---- frames that come during an operation ---------------------------------------------------- */

void host_dispatch(struct tajo_ctx *ctx, struct frame *frame)
{
    struct wire_reader r = wire_read(frame->payload, frame->len);
    switch (frame->type) {
    case FRAME_STOP:
        ctx->stop = 1;
        break;
    case FRAME_EXIT:
        ctx->stop = 1;
        ctx->exit = 1;
        break;
    case FRAME_HTTP_RESPONSE:
        http_take_response(ctx, frame);
        break;
    case FRAME_COMMITTED:
        ctx->commit_result = -(int32_t)(wire_get_u32(&r) & 0xFF);
        ctx->committed = 1;
        if (!wire_done(&r))
            channel_break("the host sent a malformed COMMITTED");
        break;
    default:
        channel_break("the host sent a frame out of order");
    }
    frame_release(frame);
}

int host_receive(struct tajo_ctx *ctx, int timeout_ms)
{
    struct frame frame = {.fd = -1};
    if (!channel_receive(&ctx->channel, timeout_ms, &frame))
        return 0;
    host_dispatch(ctx, &frame);
    return 1;
}

static void take_what_came(struct tajo_ctx *ctx)
{
    while (host_receive(ctx, 0))
        ;
}

/* A plugin that calls us is not hanging: the host is told now and then. */
static void send_alive(struct tajo_ctx *ctx)
{
    if (clock_monotonic_ms() - ctx->channel.last_sent_ms >= ALIVE_EVERY_MS)
        channel_send(&ctx->channel, FRAME_ALIVE, NULL);
}

/* ---- errors ---------------------------------------------------------------------------------- */

static void keep_text(struct strbuf *to, const char *text, size_t len, size_t max)
{
    strbuf_clear(to);
    if (text != NULL && len > 0)
        strbuf_add(to, text, utf8_cut(text, len, max));
}

static int32_t host_set_error(struct tajo_ctx *ctx, int32_t error_class, const char *code,
                              size_t code_len, const char *message, size_t message_len)
{
    ctx->error_class = error_class;
    keep_text(&ctx->error_code, code, code_len, MAX_ERROR_CODE);
    keep_text(&ctx->error_message, message, message_len, MAX_ERROR_MESSAGE);
    return error_class;
}

int32_t host_fail(struct tajo_ctx *ctx, int32_t class, const char *code, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return host_set_error(ctx, class, code, strlen(code), text, strlen(text));
}

static void send_error(struct tajo_ctx *ctx)
{
    if (ctx->error_class >= 0)
        return;
    struct strbuf payload = STRBUF_INIT;
    wire_put_u32(&payload, (uint32_t)-ctx->error_class);
    wire_put_str(&payload, ctx->error_code.data, ctx->error_code.len);
    wire_put_str(&payload, ctx->error_message.data, ctx->error_message.len);
    channel_send(&ctx->channel, FRAME_ERROR, &payload);
    strbuf_release(&payload);
}

/* ---- log, clock, stop ------------------------------------------------------------------------ */

static void send_log(struct tajo_ctx *ctx, int32_t level, const char *text, size_t len)
{
    struct strbuf payload = STRBUF_INIT;
    wire_put_u32(&payload, (uint32_t)level);
    wire_put_str(&payload, text, len);
    channel_send(&ctx->channel, FRAME_LOG, &payload);
    strbuf_release(&payload);
}

static void host_log(struct tajo_ctx *ctx, int32_t level, const char *text, size_t len)
{
    if (text == NULL || len == 0)
        return;
    if (ctx->log_lines >= MAX_LOG_LINES) {
        ctx->lines_cut++;
        return;
    }
    ctx->log_lines++;
    if (level < TAJO_LOG_ERROR || level > TAJO_LOG_DEBUG)
        level = TAJO_LOG_INFO;
    send_log(ctx, level, text, utf8_cut(text, len, MAX_LOG_LINE));
}

static void send_cut(struct tajo_ctx *ctx)
{
    char text[96];
    if (ctx->lines_cut == 0)
        return;
    int len = snprintf(text, sizeof(text), "%llu more lines were cut: a run may write %u",
                       (unsigned long long)ctx->lines_cut, MAX_LOG_LINES);
    send_log(ctx, TAJO_LOG_WARN, text, (size_t)len);
}

static int64_t host_now_ms(struct tajo_ctx *ctx)
{
    (void)ctx;
    return clock_unix_ms();
}

static int32_t host_should_stop(struct tajo_ctx *ctx)
{
    if (ctx->operation == OPERATION_NONE)
        return 1;
    take_what_came(ctx);
    send_alive(ctx);
    return ctx->stop;
}

/* ---- progress and metrics -------------------------------------------------------------------- */

static void send_progress(struct tajo_ctx *ctx)
{
    if (!ctx->progress_waits)
        return;
    struct strbuf payload = STRBUF_INIT;
    wire_put_u64(&payload, ctx->progress_done);
    wire_put_u64(&payload, ctx->progress_total);
    channel_send(&ctx->channel, FRAME_PROGRESS, &payload);
    strbuf_release(&payload);
    ctx->progress_waits = 0;
    ctx->progress_sent_ms = clock_monotonic_ms();
}

static void host_progress(struct tajo_ctx *ctx, uint64_t done, uint64_t total)
{
    if (ctx->operation == OPERATION_NONE)
        return;
    ctx->progress_done = done;
    ctx->progress_total = total;
    ctx->progress_waits = 1;
    if (clock_monotonic_ms() - ctx->progress_sent_ms >= PROGRESS_EVERY_MS)
        send_progress(ctx);
}

static int has_metric(const struct tajo_ctx *ctx, const char *name, size_t name_len)
{
    const json_t *metrics = json_object_get(ctx->loaded.document, "metrics");
    for (size_t i = 0; i < json_array_size(metrics); i++) {
        const json_t *known = json_object_get(json_array_get(metrics, i), "name");
        if (json_string_length(known) == name_len &&
            memcmp(json_string_value(known), name, name_len) == 0)
            return 1;
    }
    return 0;
}

static int32_t host_metric(struct tajo_ctx *ctx, const char *name, size_t name_len, int64_t value)
{
    if (ctx->operation == OPERATION_NONE || name == NULL)
        return TAJO_E_BUG;
    if (!has_metric(ctx, name, name_len))
        return TAJO_E_NOT_FOUND;
    struct strbuf payload = STRBUF_INIT;
    wire_put_str(&payload, name, name_len);
    wire_put_u64(&payload, (uint64_t)value);
    channel_send(&ctx->channel, FRAME_METRIC, &payload);
    strbuf_release(&payload);
    return TAJO_OK;
}

static int32_t host_sleep_ms(struct tajo_ctx *ctx, int64_t ms)
{
    if (ctx->operation == OPERATION_NONE)
        return TAJO_E_BUG;
    int64_t now = clock_monotonic_ms();
    int64_t until = ms <= 0 ? now : ms > INT64_MAX - now ? INT64_MAX : now + ms;
    records_flush(ctx);
    send_progress(ctx);
    take_what_came(ctx);
    while (!ctx->stop && now < until) {
        send_alive(ctx);
        int64_t left = until - now;
        host_receive(ctx, left < ALIVE_EVERY_MS ? (int)left : ALIVE_EVERY_MS);
        now = clock_monotonic_ms();
    }
    return ctx->stop ? TAJO_E_STOPPED : TAJO_OK;
}

/* ---- an operation's beginning and end -------------------------------------------------------- */

void host_begin(struct tajo_ctx *ctx, enum operation operation)
{
    ctx->operation = operation;
    ctx->mode = 0;
    ctx->snapshot_complete = 0;
    ctx->log_lines = 0;
    ctx->lines_cut = 0;
    ctx->progress_waits = 0;
    ctx->progress_sent_ms = 0;
    ctx->error_class = 0;
    records_forget(ctx);
}

void host_end(struct tajo_ctx *ctx)
{
    send_progress(ctx);
    send_cut(ctx);
    send_error(ctx);
    records_forget(ctx);
    http_forget_tickets(ctx);
    ctx->operation = OPERATION_NONE;
}

void host_table_fill(struct tajo_ctx *ctx)
{
    ctx->table = (struct tajo_host){
        .size = sizeof(struct tajo_host),
        .abi_minor = TAJO_ABI_MINOR,
        .log = host_log,
        .now_ms = host_now_ms,
        .should_stop = host_should_stop,
        .sleep_ms = host_sleep_ms,
        .option_string = host_option_string,
        .option_integer = host_option_integer,
        .option_boolean = host_option_boolean,
        .http_submit = host_http_submit,
        .http_wait = host_http_wait,
        .http_release = host_http_release,
        .emit = host_emit,
        .commit = host_commit,
        .progress = host_progress,
        .metric = host_metric,
        .set_error = host_set_error,
    };
}
