/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_private.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct fake_host *fake_enter(struct tajo_ctx *ctx, const char *function)
{
    struct fake_host *host = (struct fake_host *)ctx;
    if (!host->inside)
        fake_host_fail(host, "host->%s was called outside of an operation", function);
    return host;
}

bool fake_is_stopping(struct fake_host *host)
{
    bool stopping = (host->stop_time_ms > 0 && host->now_ms >= host->stop_time_ms) ||
                    (host->stop_question > 0 && host->questions >= host->stop_question);
    host->told_to_stop = host->told_to_stop || stopping;
    return stopping;
}

static void add_line(struct fake_line **lines, size_t *count, int32_t level, struct tajo_str code,
                     struct tajo_str text)
{
    *lines = fake_grow(*lines, *count, sizeof(**lines));
    struct fake_line *line = &(*lines)[(*count)++];
    line->level = level;
    line->code = fake_copy(code.data, code.len);
    line->text = fake_copy(text.data, text.len);
}

static void take_log(struct tajo_ctx *ctx, int32_t level, const char *text, size_t len)
{
    struct fake_host *host = (struct fake_host *)ctx;
    add_line(&host->seen.logs, &host->seen.log_count, level, (struct tajo_str){NULL, 0},
             (struct tajo_str){text, len});
}

static int64_t tell_now(struct tajo_ctx *ctx)
{
    return ((struct fake_host *)ctx)->now_ms;
}

static int32_t should_stop(struct tajo_ctx *ctx)
{
    struct fake_host *host = fake_enter(ctx, "should_stop");
    host->questions++;
    return fake_is_stopping(host) ? 1 : 0;
}

static int32_t sleep_ms(struct tajo_ctx *ctx, int64_t ms)
{
    struct fake_host *host = fake_enter(ctx, "sleep_ms");
    int64_t until = host->now_ms + ms;
    if (ms < 0)
        fake_host_fail(host, "sleep_ms(%lld): negative", (long long)ms);
    if (host->stop_time_ms > 0 && until > host->stop_time_ms)
        until = host->now_ms > host->stop_time_ms ? host->now_ms : host->stop_time_ms;
    host->seen.slept_ms += until - host->now_ms;
    host->now_ms = until;
    return fake_is_stopping(host) ? TAJO_E_STOPPED : TAJO_OK;
}

static bool is_named(const struct tajo_option *option, const char *name, size_t len)
{
    return option->name.len == len && memcmp(option->name.data, name, len) == 0;
}

static const struct tajo_option *find_option(const struct tajo_descriptor *descriptor,
                                             const char *name, size_t len)
{
    for (uint32_t i = 0; i < descriptor->option_count; i++)
        if (is_named(descriptor->options[i], name, len))
            return descriptor->options[i];
    for (uint32_t i = 0; descriptor->auth != NULL && i < descriptor->auth->setting_count; i++)
        if (is_named(descriptor->auth->settings[i], name, len))
            return descriptor->auth->settings[i];
    return NULL;
}

static int32_t find_value(struct tajo_ctx *ctx, const char *name, size_t len, uint32_t type,
                          struct tajo_str *ret)
{
    struct fake_host *host = fake_enter(ctx, "option_*");
    const struct tajo_option *option = find_option(host->descriptor, name, len);
    if (option == NULL)
        return TAJO_E_NOT_FOUND;
    if (option->flags & TAJO_OPTION_SECRET)
        return TAJO_E_UNSUPPORTED;
    if (option->type != type && !(type == TAJO_TYPE_STRING && option->type == TAJO_TYPE_CHOICE))
        return TAJO_E_CONFIG;
    for (size_t i = 0; i < host->option_count; i++) {
        const struct fake_option *set = &host->options[i];
        if (strlen(set->name) == len && memcmp(set->name, name, len) == 0) {
            ret->data = set->value;
            ret->len = strlen(set->value);
            return TAJO_OK;
        }
    }
    if (option->def.len == 0)
        return TAJO_E_NOT_FOUND;
    *ret = option->def;
    return TAJO_OK;
}

static int32_t option_string(struct tajo_ctx *ctx, const char *name, size_t len,
                             struct tajo_str *ret)
{
    return find_value(ctx, name, len, TAJO_TYPE_STRING, ret);
}

static int32_t option_integer(struct tajo_ctx *ctx, const char *name, size_t len, int64_t *ret)
{
    struct tajo_str text = {NULL, 0};
    int32_t r = find_value(ctx, name, len, TAJO_TYPE_INTEGER, &text);
    if (r == TAJO_OK)
        *ret = strtoll(text.data, NULL, 10);
    return r;
}

static int32_t option_boolean(struct tajo_ctx *ctx, const char *name, size_t len, int32_t *ret)
{
    struct tajo_str text = {NULL, 0};
    int32_t r = find_value(ctx, name, len, TAJO_TYPE_BOOLEAN, &text);
    if (r == TAJO_OK)
        *ret = text.len == 4 && memcmp(text.data, "true", 4) == 0;
    return r;
}

static void check_record(struct fake_host *host, const struct tajo_record *record)
{
    bool has_subject = record->kind != TAJO_RECORD_METRIC;
    bool has_json = record->kind == TAJO_RECORD_PERSON || record->kind == TAJO_RECORD_FACTS ||
                    record->kind == TAJO_RECORD_EVENT;
    if (host->snapshot_done)
        fake_host_fail(host, "emit after the commit that said SNAPSHOT_COMPLETE");
    if (record->kind != TAJO_RECORD_EVENT && has_subject &&
        (record->subject.len < 1 || record->subject.len > 255))
        fake_host_fail(host, "emit: the subject has %zu bytes, 1 to 255 are allowed",
                       record->subject.len);
    if (!has_json)
        return;
    json_t *json = json_loadb(record->json.data, record->json.len, JSON_ALLOW_NUL, NULL);
    if (!json_is_object(json) || record->json.len > FAKE_JSON_MAX)
        fake_host_fail(host,
                       "emit: json must be one object of at most 1 MiB, not %zu bytes: %.200s",
                       record->json.len, record->json.data);
    json_decref(json);
}

static void keep_record(struct fake_host *host, const struct tajo_record *record)
{
    host->pending = fake_grow(host->pending, host->pending_count, sizeof(*host->pending));
    struct fake_record *kept = &host->pending[host->pending_count++];
    host->pending_bytes += record->json.len;
    if (host->drops_records)
        return;
    *kept = (struct fake_record){.kind = record->kind,
                                 .subject = fake_copy(record->subject.data, record->subject.len),
                                 .json = fake_copy(record->json.data, record->json.len),
                                 .name = fake_copy(record->name.data, record->name.len),
                                 .key = fake_copy(record->key.data, record->key.len),
                                 .time_ms = record->time_ms,
                                 .value = record->value};
}

static int32_t set_error(struct tajo_ctx *ctx, int32_t error_class, const char *code,
                         size_t code_len, const char *message, size_t message_len)
{
    struct fake_host *host = fake_enter(ctx, "set_error");
    if (error_class >= 0)
        fake_host_fail(host, "set_error: %d is no error class", (int)error_class);
    add_line(&host->seen.errors, &host->seen.error_count, error_class,
             (struct tajo_str){code, code_len}, (struct tajo_str){message, message_len});
    return error_class;
}

static int32_t emit(struct tajo_ctx *ctx, const struct tajo_record *record)
{
    struct fake_host *host = fake_enter(ctx, "emit");
    check_record(host, record);
    const char *refused = host->refused_subject;
    if (refused != NULL && record->subject.len == strlen(refused) &&
        memcmp(record->subject.data, refused, record->subject.len) == 0)
        return host->refusal == TAJO_E_DATA
                   ? host->refusal
                   : set_error(ctx, host->refusal, "emit", 4, "the record was refused", 22);
    keep_record(host, record);
    if (host->pending_count > FAKE_PENDING_RECORDS || host->pending_bytes > FAKE_PENDING_BYTES)
        fake_host_fail(host, "emit: %zu records of %zu bytes wait for a commit, which is too much",
                       host->pending_count, host->pending_bytes);
    host->seen.emitted++;
    if (host->told_to_stop)
        host->seen.emitted_after_stop++;
    return TAJO_OK;
}

static void check_commit(struct fake_host *host, size_t cursor_len, uint32_t flags)
{
    uint32_t mode = host->request != NULL ? host->request->mode : 0;
    if (cursor_len > FAKE_CURSOR_MAX)
        fake_host_fail(host, "commit: the cursor has %zu bytes, 64 KiB are allowed", cursor_len);
    if ((flags & TAJO_COMMIT_SNAPSHOT_COMPLETE) && mode != TAJO_MODE_FULL)
        fake_host_fail(host, "commit: SNAPSHOT_COMPLETE in mode %u, only FULL may", mode);
    if (cursor_len > 0 && mode == TAJO_MODE_REFRESH)
        fake_host_fail(host, "commit: a refresh must not move the cursor");
    if (host->snapshot_done)
        fake_host_fail(host, "commit after the commit that said SNAPSHOT_COMPLETE");
}

static void make_durable(struct fake_host *host, const char *cursor, size_t len, uint32_t flags)
{
    struct fake_host_seen *seen = &host->seen;
    for (size_t i = 0; i < host->pending_count && !host->drops_records; i++) {
        seen->records = fake_grow(seen->records, seen->record_count, sizeof(*seen->records));
        host->pending[i].commit = seen->commit_count;
        seen->records[seen->record_count++] = host->pending[i];
    }
    seen->commits = fake_grow(seen->commits, seen->commit_count, sizeof(*seen->commits));
    struct fake_commit *commit = &seen->commits[seen->commit_count++];
    *commit = (struct fake_commit){
        .cursor = fake_copy(cursor, len), .flags = flags, .records = host->pending_count};
    if (len > 0)
        seen->cursor = commit->cursor;
    free(host->pending);
    host->pending = NULL;
    host->pending_count = 0;
    host->pending_bytes = 0;
    host->snapshot_done = (flags & TAJO_COMMIT_SNAPSHOT_COMPLETE) != 0;
}

static int32_t commit(struct tajo_ctx *ctx, const char *cursor, size_t cursor_len, uint32_t flags)
{
    struct fake_host *host = fake_enter(ctx, "commit");
    check_commit(host, cursor_len, flags);
    bool strikes = host->kill_at > 0 && --host->kill_at == 0;
    if (strikes && host->kill_how == FAKE_FAIL_COMMIT)
        return set_error(ctx, TAJO_E_TRANSIENT, "store", 5, "the store failed", 16);
    if (strikes && host->kill_how == FAKE_KILL_BEFORE)
        longjmp(host->death, 1);
    make_durable(host, cursor, cursor_len, flags);
    if (strikes)
        longjmp(host->death, 1);
    return TAJO_OK;
}

static void progress(struct tajo_ctx *ctx, uint64_t done, uint64_t total)
{
    struct fake_host *host = fake_enter(ctx, "progress");
    host->seen.progress_calls++;
    host->seen.progress_done = done;
    host->seen.progress_total = total;
}

static int32_t metric(struct tajo_ctx *ctx, const char *name, size_t name_len, int64_t value)
{
    struct fake_host *host = fake_enter(ctx, "metric");
    (void)value;
    for (uint32_t i = 0; i < host->descriptor->metric_count; i++) {
        struct tajo_str known = host->descriptor->metrics[i]->name;
        if (known.len == name_len && memcmp(known.data, name, name_len) == 0)
            return TAJO_OK;
    }
    fake_host_fail(host, "metric: '%.*s' is not in the descriptor", (int)name_len, name);
    return TAJO_E_NOT_FOUND;
}

void fake_table_fill(struct tajo_host *table)
{
    table->size = sizeof(*table);
    table->abi_minor = TAJO_ABI_MINOR;
    table->log = take_log;
    table->now_ms = tell_now;
    table->should_stop = should_stop;
    table->sleep_ms = sleep_ms;
    table->option_string = option_string;
    table->option_integer = option_integer;
    table->option_boolean = option_boolean;
    table->emit = emit;
    table->commit = commit;
    table->progress = progress;
    table->metric = metric;
    table->set_error = set_error;
}
