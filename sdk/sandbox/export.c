/* SPDX-License-Identifier: Apache-2.0
 *
 * The file of an export job, made while it is downloaded: lines, gzipped, in constant memory.
 */
#include "job.h"
#include "moment.h"
#include "path.h"
#include "sandbox.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Users handled each time the lock is taken. */
#define BATCH 64

struct export
{
    struct sandbox *sandbox;
    struct job *job;
    uint64_t slot;
    uint64_t written; /* users */
    bool ended;       /* no more lines */
    bool finished;    /* no more gzip bytes */
    struct buffer lines;
    z_stream zip;
};

static bool write_value(const struct tenant *tenant, const struct user_view *view,
                        const struct user *user, const struct export_field *field,
                        struct buffer *buffer)
{
    if (view->generated) {
        return field->write && field->write(user, tenant->secrets, buffer);
    }
    const json_t *value = path_get(view->object, field->path);
    if (!value || json_is_null(value)) {
        return false;
    }
    buffer_add_json(buffer, value);
    return true;
}

static void write_json_line(const struct export *export, const struct user_view *view,
                            const struct user *user, struct buffer *buffer)
{
    const struct job *job = export->job;
    size_t start = buffer->used;
    for (size_t i = 0; i < job->field_count; i++) {
        size_t before = buffer->used;
        buffer_add_char(buffer, before == start ? '{' : ',');
        buffer_add_string(buffer, job->fields[i].name, strlen(job->fields[i].name));
        buffer_add_char(buffer, ':');
        if (!write_value(export->sandbox->tenant, view, user, &job->fields[i], buffer)) {
            buffer->used = before;
        }
    }
    buffer_add_text(buffer, buffer->used == start ? "{}\n" : "}\n");
}

/* A cell: quoted; a text that a spreadsheet would take for a formula gets a ' before it. */
static void write_cell(const char *text, struct buffer *buffer)
{
    buffer_add_char(buffer, '"');
    if (*text && strchr("=+-@", *text)) {
        buffer_add_char(buffer, '\'');
    }
    for (; *text; text++) {
        if (*text == '"') {
            buffer_add_char(buffer, '"');
        }
        buffer_add_char(buffer, *text);
    }
    buffer_add_char(buffer, '"');
}

static void write_csv_cell(const struct export *export, const struct user_view *view,
                           const struct user *user, const struct export_field *field,
                           struct buffer *buffer)
{
    BUFFER_AUTO text = {0};
    if (!write_value(export->sandbox->tenant, view, user, field, &text)) {
        return;
    }
    SANDBOX_JSON json_t *value = json_loadb(text.data, text.used, JSON_DECODE_ANY, NULL);
    if (json_is_string(value)) {
        write_cell(json_string_value(value), buffer);
    } else if (!json_is_object(value) && !json_is_array(value)) {
        buffer_add(buffer, text.data, text.used);
    }
}

static void write_csv_line(const struct export *export, const struct user_view *view,
                           const struct user *user, struct buffer *buffer)
{
    for (size_t i = 0; i < export->job->field_count; i++) {
        if (i) {
            buffer_add_char(buffer, ',');
        }
        write_csv_cell(export, view, user, &export->job->fields[i], buffer);
    }
    buffer_add_char(buffer, '\n');
}

static void write_csv_header(const struct job *job, struct buffer *buffer)
{
    for (size_t i = 0; i < job->field_count; i++) {
        if (i) {
            buffer_add_char(buffer, ',');
        }
        write_cell(job->fields[i].name, buffer);
    }
    buffer_add_char(buffer, '\n');
}

static void write_batch(struct export *export)
{
    const struct tenant *tenant = export->sandbox->tenant;
    struct user user;
    pthread_mutex_lock(&export->sandbox->lock);
    uint64_t slots = tenant_count_slots(tenant);
    for (unsigned i = 0; i < BATCH && !export->ended; i++) {
        struct user_view view;
        export->ended =
            export->slot >= slots || (export->job->limit && export->written == export->job->limit);
        if (export->ended || !tenant_get_slot(tenant, export->slot++, false, &view)) {
            continue;
        }
        if (view.generated) {
            user_generate(tenant->seed, view.index, &user);
        }
        if (export->job->csv) {
            write_csv_line(export, &view, &user, &export->lines);
        } else {
            write_json_line(export, &view, &user, &export->lines);
        }
        export->written++;
    }
    pthread_mutex_unlock(&export->sandbox->lock);
}

static size_t read_export(void *context, char *bytes, size_t size)
{
    struct export *export = context;
    z_stream *zip = &export->zip;
    zip->next_out = (Bytef *)bytes;
    zip->avail_out = (uInt)size;
    while (zip->avail_out && !export->finished) {
        if (!zip->avail_in && !export->ended) {
            export->lines.used = 0;
            write_batch(export);
            zip->next_in = (Bytef *)export->lines.data;
            zip->avail_in = (uInt) export->lines.used;
        }
        export->finished = deflate(zip, export->ended ? Z_FINISH : Z_NO_FLUSH) == Z_STREAM_END;
    }
    return size - zip->avail_out;
}

static bool is_half_done(const void *context)
{
    const struct export *export = context;
    return export->written * 2 >= export->job->users;
}

static void release_export(void *context)
{
    struct export *export = context;
    pthread_mutex_lock(&export->sandbox->lock);
    job_drop(export->job);
    pthread_mutex_unlock(&export->sandbox->lock);
    deflateEnd(&export->zip);
    buffer_free(&export->lines);
    free(export);
}

struct stream export_open(struct sandbox *sandbox, struct job *job)
{
    struct export *export = mem_alloc(sizeof(*export));
    export->sandbox = sandbox;
    export->job = job_keep(job);
    /* 15 + 16: a gzip header instead of a zlib one. */
    deflateInit2(&export->zip, 1, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
    if (job->csv) {
        write_csv_header(job, &export->lines);
        export->zip.next_in = (Bytef *)export->lines.data;
        export->zip.avail_in = (uInt) export->lines.used;
    }
    return (struct stream){
        .context = export,
        .read = read_export,
        .is_half_done = is_half_done,
        .release = release_export,
    };
}
