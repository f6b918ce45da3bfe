/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "worker/internal.h"

#include <string.h>

#define BATCH_BYTES         65536u
#define MAX_JSON            1048576u
#define MAX_PENDING_RECORDS 20000u
#define RECORD_OVERHEAD     36u /* of its numbers and lengths in a frame */
#define MAX_PENDING_BYTES   (16u * 1024 * 1024)

void records_forget(struct tajo_ctx *ctx)
{
    strbuf_clear(&ctx->records);
    ctx->record_count = 0;
    ctx->pending_records = 0;
    ctx->pending_bytes = 0;
}

void records_flush(struct tajo_ctx *ctx)
{
    if (ctx->record_count == 0)
        return;
    struct strbuf payload = STRBUF_INIT;
    wire_put_u32(&payload, ctx->record_count);
    strbuf_add(&payload, ctx->records.data, ctx->records.len);
    channel_send(&ctx->channel, FRAME_RECORDS, &payload);
    strbuf_release(&payload);
    strbuf_clear(&ctx->records);
    ctx->record_count = 0;
}

static int is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Only the braces: the host parses it anyway, once. */
static int looks_like_object(struct tajo_str json)
{
    size_t begin = 0;
    size_t end = json.len;
    while (begin < end && is_space(json.data[begin]))
        begin++;
    while (end > begin && is_space(json.data[end - 1]))
        end--;
    return end - begin >= 2 && json.data[begin] == '{' && json.data[end - 1] == '}';
}

static int32_t check_record(struct tajo_ctx *ctx, const struct tajo_record *record)
{
    if (record->kind != TAJO_RECORD_PERSON && record->kind != TAJO_RECORD_PERSON_GONE)
        return TAJO_E_UNSUPPORTED;
    if (record->subject.data == NULL || record->subject.len == 0 ||
        record->subject.len > MAX_SUBJECT || !utf8_valid(record->subject.data, record->subject.len))
        return host_fail(ctx, TAJO_E_DATA, "bad_subject",
                         "a record's subject is not 1..%u bytes of UTF-8", MAX_SUBJECT);
    if (record->kind == TAJO_RECORD_PERSON_GONE)
        return TAJO_OK;
    if (record->json.len > MAX_JSON)
        return host_fail(ctx, TAJO_E_DATA, "record_too_large",
                         "a record's JSON has more than %u bytes", MAX_JSON);
    if (record->json.data == NULL || !looks_like_object(record->json))
        return host_fail(ctx, TAJO_E_DATA, "bad_json", "a record's JSON is no object");
    return TAJO_OK;
}

static void add_record(struct tajo_ctx *ctx, const struct tajo_record *record)
{
    int gone = record->kind == TAJO_RECORD_PERSON_GONE;
    struct strbuf *b = &ctx->records;
    size_t before = b->len;
    wire_put_u32(b, record->kind);
    wire_put_str(b, record->subject.data, record->subject.len);
    wire_put_str(b, record->json.data, gone ? 0 : record->json.len);
    wire_put_str(b, NULL, 0);
    wire_put_str(b, NULL, 0);
    wire_put_u64(b, 0);
    wire_put_u64(b, 0);
    ctx->record_count++;
    ctx->pending_records++;
    ctx->pending_bytes += b->len - before;
}

int32_t host_emit(struct tajo_ctx *ctx, const struct tajo_record *record)
{
    struct tajo_record copy;
    if (ctx->operation != OPERATION_RUN)
        return host_fail(ctx, TAJO_E_BUG, "emit_outside_run", "emit was called outside a run");
    if (struct_take(&copy, sizeof(copy), SIZE_WITH(struct tajo_record, value), record) != 0)
        return host_fail(ctx, TAJO_E_BUG, "bad_struct",
                         "emit got a tajo_record that is NULL or whose size is not plausible");
    if (ctx->snapshot_complete)
        return host_fail(ctx, TAJO_E_BUG, "emit_after_snapshot",
                         "emit was called after the commit that said SNAPSHOT_COMPLETE");
    int32_t r = check_record(ctx, &copy);
    if (r < 0)
        return r;
    if (ctx->pending_records >= MAX_PENDING_RECORDS ||
        ctx->pending_bytes + RECORD_OVERHEAD + copy.subject.len + copy.json.len > MAX_PENDING_BYTES)
        return host_fail(ctx, TAJO_E_BUG, "no_commit",
                         "more than %u records or %u bytes were emitted without a commit",
                         MAX_PENDING_RECORDS, MAX_PENDING_BYTES);
    add_record(ctx, &copy);
    if (ctx->records.len >= BATCH_BYTES)
        records_flush(ctx);
    return TAJO_OK;
}

static void send_commit(struct tajo_ctx *ctx, const char *cursor, size_t cursor_len, uint32_t flags)
{
    struct strbuf payload = STRBUF_INIT;
    wire_put_u32(&payload, flags);
    wire_put_str(&payload, cursor, cursor_len);
    channel_send(&ctx->channel, FRAME_COMMIT, &payload);
    strbuf_release(&payload);
}

int32_t host_commit(struct tajo_ctx *ctx, const char *cursor, size_t cursor_len, uint32_t flags)
{
    if (ctx->operation != OPERATION_RUN)
        return host_fail(ctx, TAJO_E_BUG, "commit_outside_run", "commit was called outside a run");
    if (cursor_len > MAX_CURSOR || (cursor == NULL && cursor_len > 0))
        return host_fail(ctx, TAJO_E_BUG, "bad_cursor",
                         "commit got a cursor that is NULL or has more than %u bytes", MAX_CURSOR);
    if ((flags & ~TAJO_COMMIT_SNAPSHOT_COMPLETE) != 0 || ctx->snapshot_complete ||
        (flags != 0 && ctx->mode != TAJO_MODE_FULL))
        return host_fail(ctx, TAJO_E_BUG, "bad_commit",
                         "commit got flags that do not suit the run, or came after the commit that "
                         "said SNAPSHOT_COMPLETE");
    records_flush(ctx);
    ctx->committed = 0;
    send_commit(ctx, cursor, cursor_len, flags);
    while (!ctx->committed)
        host_receive(ctx, -1);
    ctx->committed = 0;
    if (ctx->commit_result < 0)
        return ctx->commit_result;
    ctx->pending_records = 0;
    ctx->pending_bytes = 0;
    ctx->snapshot_complete = flags != 0;
    return TAJO_OK;
}
