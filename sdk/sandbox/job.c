/* SPDX-License-Identifier: Apache-2.0 */
#include "job.h"
#include "moment.h"
#include "sandbox.h"
#include "token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX     100
#define CSV_FIELDS_MAX 30
#define NAME_MAX_SIZE  100

/* What an export without `fields` holds: no metadata, no identities, no logins. */
static const char *const default_fields[] = {
    "user_id", "given_name", "family_name", "nickname",   "name",
    "email",   "picture",    "created_at",  "updated_at", "email_verified",
};

struct job *job_keep(struct job *job)
{
    job->references++;
    return job;
}

struct job *job_drop(struct job *job)
{
    if (job && --job->references == 0) {
        for (size_t i = 0; i < job->field_count; i++) {
            free(job->fields[i].path);
            free(job->fields[i].name);
        }
        free(job->fields);
        free(job);
    }
    return NULL;
}

static void add_field(struct job *job, const char *path, const char *name)
{
    job->fields = mem_resize(job->fields, job->field_count + 1, sizeof(*job->fields));
    job->fields[job->field_count++] = (struct export_field){
        .path = mem_copy_text(path),
        .name = mem_copy_text(name),
        .write = user_find_field(path),
    };
}

static bool refuse_body(struct reply *reply, const char *what, const char *property)
{
    reply_set_auth0_error(reply, 400, "invalid_body",
                          "Payload validation error: '%s' on property %s.", what, property);
    return false;
}

static bool read_field(struct job *job, const json_t *field, struct reply *reply)
{
    const char *name = json_string_value(json_object_get(field, "name"));
    const json_t *export_as = json_object_get(field, "export_as");
    if (!name || !*name || strlen(name) > NAME_MAX_SIZE) {
        return refuse_body(reply, "Expected a name of 1 to 100 characters", "fields.name");
    }
    if (export_as &&
        (!json_is_string(export_as) || json_string_length(export_as) > NAME_MAX_SIZE)) {
        return refuse_body(reply, "Expected type string", "fields.export_as");
    }
    add_field(job, name, export_as ? json_string_value(export_as) : name);
    return true;
}

static bool read_fields(struct job *job, const json_t *fields, struct reply *reply)
{
    const json_t *field;
    size_t i;
    if (!fields) {
        for (i = 0; i < SANDBOX_COUNT(default_fields); i++) {
            add_field(job, default_fields[i], default_fields[i]);
        }
        return true;
    }
    if (!json_is_array(fields) || json_array_size(fields) > FIELDS_MAX) {
        return refuse_body(reply, "Expected type array", "fields");
    }
    json_array_foreach((json_t *)(uintptr_t)fields, i, field)
    {
        if (!read_field(job, field, reply)) {
            return false;
        }
    }
    if (job->csv && job->field_count > CSV_FIELDS_MAX) {
        return refuse_body(reply, "Array is too long, maximum 30", "fields");
    }
    return true;
}

static bool read_body(struct job *job, const struct request *request, struct reply *reply)
{
    static const char *const known[] = {"connection_id", "format", "limit", "fields"};
    const char *name;
    json_t *value;
    if (request->body.used && !json_is_object(request->json)) {
        return refuse_body(reply, "Expected type object", "(body)");
    }
    json_object_foreach(request->json, name, value)
    {
        bool found = false;
        for (size_t i = 0; i < SANDBOX_COUNT(known); i++) {
            found = found || strcmp(known[i], name) == 0;
        }
        if (!found) {
            return refuse_body(reply, "Additional properties not allowed", name);
        }
    }
    if (json_object_get(request->json, "connection_id")) {
        reply_set_auth0_error(reply, 400, "invalid_body", "The connection does not exist.");
        return false;
    }
    const json_t *limit = json_object_get(request->json, "limit");
    const char *format = json_string_value(json_object_get(request->json, "format"));
    if (limit && json_integer_value(limit) < 1) {
        return refuse_body(reply, "Expected an integer of at least 1", "limit");
    }
    if (format && strcmp(format, "json") != 0 && strcmp(format, "csv") != 0) {
        return refuse_body(reply, "No enum match (json,csv)", "format");
    }
    job->csv = !format || strcmp(format, "csv") == 0;
    job->limit = (uint64_t)json_integer_value(limit);
    return read_fields(job, json_object_get(request->json, "fields"), reply);
}

static json_t *describe(const struct job *job, const char *status)
{
    char created[MOMENT_SIZE];
    moment_format(job->created_ms, created);
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:s, s:s}", "type", "users_export", "status", status, "format",
                  job->csv ? "csv" : "json", "created_at", created, "id", job->id);
    json_t *fields = json_array();
    for (size_t i = 0; i < job->field_count; i++) {
        json_array_append_new(fields, json_pack("{s:s, s:s}", "name", job->fields[i].path,
                                                "export_as", job->fields[i].name));
    }
    json_object_set_new(json, "fields", fields);
    if (job->limit) {
        json_object_set_new(json, "limit", json_integer((json_int_t)job->limit));
    }
    return json;
}

void job_post_export(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    struct tenant *tenant = sandbox->tenant;
    struct job *job = job_keep(mem_alloc(sizeof(*job)));
    if (!read_body(job, request, reply)) {
        job_drop(job);
        return;
    }
    memcpy(job->id, "job_", 4);
    token_make_secret(job->id + 4, 16);
    job->created_ms = moment_now();
    job->users = tenant_count_users(tenant);
    if (job->limit && job->limit < job->users) {
        job->users = job->limit;
    }
    job->done_ms = job->created_ms + sandbox->settings.export_ms +
                   (int64_t)job->users * sandbox->settings.export_user_us / 1000;
    struct job **place = &tenant->jobs[tenant->job_count++ % TENANT_JOBS];
    job_drop(*place);
    *place = job;
    reply_set_json(reply, 200, describe(job, "pending"));
}

static struct job *find_job(const struct tenant *tenant, const char *id, int64_t now_ms)
{
    for (size_t i = 0; i < TENANT_JOBS; i++) {
        struct job *job = tenant->jobs[i];
        if (job && strcmp(job->id, id) == 0 &&
            now_ms < job->created_ms + tenant->settings->job_ttl_s * 1000) {
            return job;
        }
    }
    return NULL;
}

/* Each look at a finished job gives another link: the old ones die within a minute. */
static json_t *make_location(struct tenant *tenant, struct job *job, const struct request *request,
                             int64_t now_ms)
{
    struct link *link = &tenant->links[tenant->link_count++ % TENANT_LINKS];
    job_drop(link->job);
    link->job = job_keep(job);
    link->expires_ms = now_ms + tenant->settings->link_ttl_s * 1000;
    token_make_secret(link->key, sizeof(link->key) - 1);
    const char *host = request_get_header(request, "Host");
    return json_sprintf("http://%s/storage/%s.%s.gz?X-Amz-Expires=%lld", host ? host : "127.0.0.1",
                        link->key, job->csv ? "csv" : "json",
                        (long long)tenant->settings->link_ttl_s);
}

void job_get(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    int64_t now_ms = moment_now();
    struct job *job = find_job(sandbox->tenant, request->params[0], now_ms);
    if (!job) {
        reply_set_auth0_error(reply, 404, "inexistent_job", "The job does not exist.");
        return;
    }
    int64_t length = job->done_ms - job->created_ms;
    int64_t passed = now_ms - job->created_ms;
    if (passed * 10 < length) {
        reply_set_json(reply, 200, describe(job, "pending"));
        return;
    }
    bool done = now_ms >= job->done_ms;
    json_t *json = describe(job, done ? "completed" : "processing");
    json_object_set_new(json, "percentage_done", json_integer(done ? 100 : passed * 100 / length));
    json_object_set_new(json, "time_left_seconds",
                        json_integer(done ? 0 : (job->done_ms - now_ms + 999) / 1000));
    if (done) {
        json_object_set_new(json, "location", make_location(sandbox->tenant, job, request, now_ms));
    }
    reply_set_json(reply, 200, json);
}
