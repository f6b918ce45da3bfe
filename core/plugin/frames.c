/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "log/log.h"
#include "plugin/plugin_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SUBJECT    255u
#define MAX_JSON       1048576u
#define MAX_NAME       1024u
#define MAX_CURSOR     65536u
#define MAX_LOG_LINE   1024u
#define MAX_LOG_LINES  1010u  /* the worker sends 1,000 and says how many it cut */
#define MAX_METRICS    10000u /* an operation */
#define MAX_ERROR_TEXT 1024u
#define MAX_DESCRIPTOR FRAME_MAX_PAYLOAD

/* 1 when the frame was read to its end; otherwise the worker is done for. */
static int complete(struct plugin *plugin, const struct wire_reader *r, const char *name)
{
    if (wire_done(r))
        return 1;
    plugin_break(plugin, "sent a malformed %s frame", name);
    return 0;
}

/* ---- loading --------------------------------------------------------------------------------- */

static void take_hello(struct plugin *plugin, struct wire_reader *r)
{
    struct plugin_info *info = NULL;
    struct err_info e = {0};
    struct tajo_str json = wire_get_str(r, MAX_DESCRIPTOR);
    if (!complete(plugin, r, "HELLO"))
        return;
    if (plugin_info_parse(plugin->file, json.data, json.len, &info, &e) < 0)
        plugin_break(plugin, "described itself wrongly: %s", e.what);
    else
        plugin_said_hello(plugin, info);
}

static void take_load_failed(struct plugin *plugin, struct wire_reader *r)
{
    uint32_t refusal = wire_get_u32(r);
    struct tajo_str sentence = wire_get_str(r, MAX_ERROR_TEXT);
    if (complete(plugin, r, "LOAD_FAILED"))
        plugin_refused(plugin, refusal, sentence);
}

/* ---- records --------------------------------------------------------------------------------- */

static int record_well_formed(const struct plugin_record *record)
{
    return record->subject.len <= MAX_SUBJECT &&
           utf8_valid(record->subject.data, record->subject.len) &&
           (record->subject.len > 0 || record->kind == TAJO_RECORD_METRIC);
}

static int read_record(struct wire_reader *r, struct plugin_record *ret)
{
    *ret = (struct plugin_record){.kind = wire_get_u32(r)};
    ret->subject = wire_get_str(r, MAX_SUBJECT);
    ret->json = wire_get_str(r, MAX_JSON);
    ret->name = wire_get_str(r, MAX_NAME);
    ret->key = wire_get_str(r, MAX_NAME);
    ret->time_ms = (int64_t)wire_get_u64(r);
    ret->value = (int64_t)wire_get_u64(r);
    return wire_ok(r) && record_well_formed(ret);
}

static void take_record(struct plugin *plugin, const struct plugin_record *record)
{
    struct err_info e = {0};
    if (plugin->host_failure.code != 0)
        return;
    int r = plugin->handlers.on_record(plugin->arg, record, &e);
    if (r >= 0 || plugin->freed)
        return;
    if (e.code == 0)
        err_set(&e, r, plugin->name, NULL, "a record could not be taken");
    plugin_fail_run(plugin, &e);
}

static void take_records(struct plugin *plugin, struct wire_reader *r)
{
    uint32_t count = wire_get_u32(r);
    size_t bytes = (size_t)(r->end - r->at);
    if (plugin->phase != PHASE_RUNNING || plugin->snapshot_complete) {
        plugin_break(plugin, "sent records out of order");
        return;
    }
    plugin->pending_records += count;
    plugin->pending_bytes += bytes;
    if (plugin->pending_records > plugin->limits.pending_records ||
        plugin->pending_bytes > plugin->limits.pending_bytes) {
        plugin_break(plugin,
                     "emitted more than %" PRIu64 " records or %" PRIu64 " bytes without a commit",
                     plugin->limits.pending_records, plugin->limits.pending_bytes);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct plugin_record record;
        if (!read_record(r, &record)) {
            plugin_break(plugin, "sent a malformed RECORDS frame");
            return;
        }
        take_record(plugin, &record);
        if (plugin->freed)
            return;
    }
    complete(plugin, r, "RECORDS");
}

static void take_commit(struct plugin *plugin, struct wire_reader *r)
{
    uint32_t flags = wire_get_u32(r);
    struct tajo_str cursor = wire_get_str(r, MAX_CURSOR);
    if (!complete(plugin, r, "COMMIT"))
        return;
    if (plugin->phase != PHASE_RUNNING) {
        plugin_break(plugin, "sent a commit without a run");
        return;
    }
    if ((flags & ~TAJO_COMMIT_SNAPSHOT_COMPLETE) != 0 || plugin->snapshot_complete ||
        (flags != 0 && plugin->mode != TAJO_MODE_FULL)) {
        plugin_break(plugin, "sent a commit whose flags do not suit the run");
        return;
    }
    plugin->commit_waits = 1;
    if (plugin->host_failure.code != 0) {
        plugin_committed(plugin, plugin->host_failure.code);
        return;
    }
    plugin->snapshot_complete = flags != 0;
    if (plugin->mode == TAJO_MODE_REFRESH)
        cursor.len = 0; /* a refresh does not move it */
    socket_update(plugin);
    plugin->handlers.on_commit(plugin->arg, cursor, flags);
}

/* ---- words on the way ------------------------------------------------------------------------ */

static void take_log(struct plugin *plugin, struct wire_reader *r)
{
    static const enum log_level levels[] = {
        [TAJO_LOG_ERROR] = LOG_LEVEL_ERROR,
        [TAJO_LOG_WARN] = LOG_LEVEL_WARN,
        [TAJO_LOG_INFO] = LOG_LEVEL_INFO,
        [TAJO_LOG_DEBUG] = LOG_LEVEL_DEBUG,
    };
    uint32_t level = wire_get_u32(r);
    struct tajo_str text = wire_get_str(r, MAX_LOG_LINE);
    if (!complete(plugin, r, "LOG"))
        return;
    if (level > TAJO_LOG_DEBUG || ++plugin->log_lines > MAX_LOG_LINES) {
        plugin_break(plugin,
                     level > TAJO_LOG_DEBUG ? "sent a malformed LOG frame" : "logged without end");
        return;
    }
    char *message = mem_strndup(text.data, text.len);
    log_line(levels[level], "plugin", message, "plugin=%s", log_quote(plugin->name));
    free(message);
}

static void take_progress(struct plugin *plugin, struct wire_reader *r)
{
    uint64_t done = wire_get_u64(r);
    uint64_t total = wire_get_u64(r);
    if (complete(plugin, r, "PROGRESS") && plugin->handlers.on_progress != NULL)
        plugin->handlers.on_progress(plugin->arg, done, total);
}

static int knows_metric(const struct plugin *plugin, struct tajo_str name)
{
    const json_t *metrics = json_object_get(plugin->info->document, "metrics");
    for (size_t i = 0; i < json_array_size(metrics); i++) {
        const json_t *known = json_object_get(json_array_get(metrics, i), "name");
        if (json_string_length(known) == name.len &&
            memcmp(json_string_value(known), name.data, name.len) == 0)
            return 1;
    }
    return 0;
}

static void take_metric(struct plugin *plugin, struct wire_reader *r)
{
    struct tajo_str name = wire_get_str(r, MAX_NAME);
    int64_t value = (int64_t)wire_get_u64(r);
    if (!complete(plugin, r, "METRIC"))
        return;
    if (!knows_metric(plugin, name))
        plugin_break(plugin, "reported a figure that its descriptor does not have");
    else if (++plugin->metric_count > MAX_METRICS)
        plugin_break(plugin, "reported more than %u figures", MAX_METRICS);
    else if (plugin->handlers.on_metric != NULL)
        plugin->handlers.on_metric(plugin->arg, name, value);
}

static void take_error(struct plugin *plugin, struct wire_reader *r)
{
    uint32_t class = wire_get_u32(r);
    struct tajo_str code = wire_get_str(r, MAX_NAME);
    struct tajo_str message = wire_get_str(r, MAX_ERROR_TEXT);
    if (!complete(plugin, r, "ERROR"))
        return;
    char *what = mem_strndup(message.data, message.len);
    char *word = mem_strndup(code.data, code.len);
    err_set(&plugin->error, plugin_error_code(-(int32_t)(class & 0xFF)), plugin->name, NULL,
            "%s%s%s%s", what, word[0] != '\0' ? " (" : "", word, word[0] != '\0' ? ")" : "");
    free(word);
    free(what);
}

/* ---- results --------------------------------------------------------------------------------- */

static void take_result(struct plugin *plugin, struct wire_reader *r, int of_create)
{
    uint32_t negated = wire_get_u32(r);
    if (!complete(plugin, r, of_create ? "CREATED" : "DONE"))
        return;
    if (negated > -TAJO_E_NOT_FOUND)
        plugin_break(plugin, "ended an operation with a result that is none");
    else if (of_create != (plugin->phase == PHASE_CREATING))
        plugin_break(plugin, "ended another operation than was asked of it");
    else
        plugin_end_operation(plugin, -(int32_t)negated);
}

static void take_in_operation(struct plugin *plugin, uint32_t type, struct wire_reader *r)
{
    switch (type) {
    case FRAME_CREATED:
        take_result(plugin, r, 1);
        break;
    case FRAME_DONE:
        take_result(plugin, r, 0);
        break;
    case FRAME_RECORDS:
        take_records(plugin, r);
        break;
    case FRAME_COMMIT:
        take_commit(plugin, r);
        break;
    case FRAME_HTTP_SUBMIT:
        plugin_http_submit(plugin, r);
        break;
    case FRAME_PROGRESS:
        take_progress(plugin, r);
        break;
    case FRAME_METRIC:
        take_metric(plugin, r);
        break;
    case FRAME_ERROR:
        take_error(plugin, r);
        break;
    case FRAME_ALIVE:
        complete(plugin, r, "ALIVE");
        break;
    default:
        plugin_break(plugin, "sent a frame of the unknown type %u", type);
    }
}

void frames_take(struct plugin *plugin, uint32_t type, const char *payload, size_t len)
{
    struct wire_reader r = wire_read(payload, len);
    plugin->heard_ms = clock_monotonic_ms();
    int loads = type == FRAME_HELLO || type == FRAME_LOAD_FAILED;
    if (type < FRAME_HELLO || type > FRAME_DONE)
        plugin_break(plugin, "sent a frame of the unknown type %u", type);
    else if (loads != (plugin->phase == PHASE_LOADING))
        plugin_break(plugin, "sent a frame of type %u out of order", type);
    else if (type == FRAME_HELLO)
        take_hello(plugin, &r);
    else if (type == FRAME_LOAD_FAILED)
        take_load_failed(plugin, &r);
    else if (type == FRAME_LOG)
        take_log(plugin, &r);
    else if (type == FRAME_RECORDS || type == FRAME_COMMIT || plugin_in_operation(plugin))
        take_in_operation(plugin, type, &r);
    else
        plugin_break(plugin, "sent a frame of type %u while nothing was asked of it", type);
}
