/* SPDX-License-Identifier: Apache-2.0
 *
 * An export job: created, asked after until it is complete, and its file read. The link to the
 * file lives for a minute, so it is followed at once, and asked for again when it was too late.
 */
#include "users.h"

#include "lines.h"

#include "auth0/api.h"
#include "auth0/json.h"
#include "auth0/platform.h"
#include "auth0/text.h"

#include <sys/stat.h>

#define CREATE           "POST /jobs/users-exports"
#define ASK              "GET /jobs/{id}"
#define DOWNLOAD         "GET export file"
#define FIRST_WAIT_MS    500
#define LONGEST_WAIT_MS  15000
#define LINKS_TRIED      3
#define LINES_PER_PAUSE  200u
#define EXPORT_FIELD_MAX 100u /* bytes of a field's name */

#define LINK_EXPIRED 3 /* beside enum users_outcome, between these functions */

struct job {
    char *path; /* "/api/v2/jobs/job_..." */
    int64_t deadline_ms;
    int64_t wait_ms; /* before the next question; 0: none */
    int64_t backoff_ms;
    int linkless; /* times it was complete without a link */
    bool told;    /* an unknown status was logged */
    int64_t told_percent;
};

static int32_t fail_or_deny(struct users_run *run, const struct tajo_http_response *response,
                            const char *endpoint)
{
    struct auth0_api_error error;
    if (response->status != 403 || run->users->mode == USERS_EXPORT)
        return auth0_api_fail(&run->users->sdk, response, endpoint, AUTH0_QUOTE_MESSAGE,
                              "Set mode: pages (sync.users.mode) to do without export jobs");
    auth0_api_read_error(response, &error);
    tajo_log(&run->users->sdk, TAJO_LOG_WARN, "Auth0 refused %s: %s", endpoint, error.message);
    return USERS_DENIED;
}

static char *write_body(const struct users_run *run)
{
    json_auto_t *body = json_object();
    json_t *fields = json_array();
    const char *key;
    json_t *value;
    json_object_foreach(run->roots, key, value)
    {
        if (strlen(key) <= EXPORT_FIELD_MAX)
            json_array_append_new(fields, json_pack("{s:s}", "name", key));
    }
    json_object_set_new(body, "format", json_string("json"));
    json_object_set_new(body, "fields", fields);
    return json_dumps(body, JSON_COMPACT);
}

static int32_t read_job_id(struct users_run *run, const struct tajo_http_response *response,
                           char **ret_path)
{
    json_t *root = NULL;
    int32_t r = auth0_api_read_json(&run->users->sdk, response, CREATE, &root);
    if (r < 0)
        return r;
    struct tajo_str id = auth0_json_get_text(root, "id");
    if (id.len > 0) {
        AUTH0_FREE_TEXT char *segment = auth0_text_encode_segment(id);
        *ret_path = auth0_text_format("/api/v2/jobs/%s", segment);
    }
    json_decref(root);
    if (id.len == 0)
        return tajo_fail(&run->users->sdk, TAJO_E_TRANSIENT, "bad_json",
                         "Auth0 answered " CREATE " without the job's id. The run is tried again");
    return TAJO_OK;
}

static int32_t create_job(struct users_run *run, char **ret_path)
{
    AUTH0_FREE_TEXT char *body = write_body(run);
    const struct tajo_http_request request = {
        .size = sizeof(request),
        .flags = TAJO_HTTP_IDEMPOTENT, /* a second job costs Auth0 work and us nothing */
        .method = TAJO_STR("POST"),
        .path = TAJO_STR("/api/v2/jobs/users-exports"),
        .endpoint = TAJO_STR(CREATE),
        .rate_class = TAJO_STR(AUTH0_RATE_OTHER),
        .body = tajo_str_from(body),
        .content_type = TAJO_STR("application/json"),
    };
    AUTH0_RELEASE struct auth0_api_answer answer = {.sdk = &run->users->sdk};
    int32_t r = tajo_http(&run->users->sdk, &request, &answer.response);
    if (r < 0)
        return r;
    users_run_note_answer(run, answer.response);
    if (!auth0_api_is_success(answer.response))
        return fail_or_deny(run, answer.response, CREATE);
    return read_job_id(run, answer.response, ret_path);
}

static int32_t fail_job(const struct users_run *run, const json_t *root)
{
    char why[200];
    auth0_text_copy_printable(auth0_json_get_text(root, "status_details"), why, sizeof(why));
    return tajo_fail(&run->users->sdk, TAJO_E_TRANSIENT, "export_failed",
                     "Auth0's export job failed (" ASK "): %s. The run is tried again; if this "
                     "repeats, set mode: pages (sync.users.mode)",
                     why[0] != '\0' ? why : "no reason given");
}

/* Waits double; a job that says how long it takes is not asked before. */
static void plan_wait(struct job *job, const json_t *root)
{
    int64_t left_ms = auth0_json_get_integer(root, "time_left_seconds", 0);
    left_ms = left_ms < 0 ? 0 : left_ms > LONGEST_WAIT_MS / 1000 ? LONGEST_WAIT_MS : left_ms * 1000;
    job->backoff_ms = job->backoff_ms * 2 < LONGEST_WAIT_MS ? job->backoff_ms * 2 : LONGEST_WAIT_MS;
    job->wait_ms = job->backoff_ms > left_ms ? job->backoff_ms : left_ms;
}

static void tell_unknown(const struct users_run *run, struct job *job, struct tajo_str status)
{
    char word[64];
    if (job->told || tajo_str_equals(status, "pending") || tajo_str_equals(status, "processing"))
        return;
    job->told = true;
    auth0_text_copy_printable(status, word, sizeof(word));
    tajo_log(&run->users->sdk, TAJO_LOG_INFO,
             "the export job has the unknown status '%s': waiting on", word);
}

/* A large tenant's job takes minutes: whoever waits sees that it moves. */
static void tell_percentage(const struct users_run *run, struct job *job, const json_t *root)
{
    int64_t percent = auth0_json_get_integer(root, "percentage_done", 0);
    int64_t left = auth0_json_get_integer(root, "time_left_seconds", 0);
    if (percent < job->told_percent + 10 || percent > 100)
        return;
    job->told_percent = percent;
    tajo_log(&run->users->sdk, TAJO_LOG_INFO,
             "Auth0 prepares the export: %lld %% done, about %lld s left", (long long)percent,
             (long long)left);
}

/* TAJO_OK with a link, or without one (NULL) while the job is under way. */
static int32_t read_status(struct users_run *run, struct job *job, const json_t *root,
                           char **ret_link)
{
    struct tajo_str status = auth0_json_get_text(root, "status");
    struct tajo_str link = auth0_json_get_text(root, "location");
    bool completed = tajo_str_equals(status, "completed");
    if (tajo_str_equals(status, "failed"))
        return fail_job(run, root);
    if (completed && link.len > 0) {
        *ret_link = auth0_text_format("%.*s", (int)link.len, link.data);
        return TAJO_OK;
    }
    if (completed && ++job->linkless >= LINKS_TRIED)
        return tajo_fail(&run->users->sdk, TAJO_E_TRANSIENT, "no_link",
                         "Auth0's export job is complete but says no link to its file (" ASK
                         "). The run is tried again");
    if (!completed)
        tell_unknown(run, job, status);
    tell_percentage(run, job, root);
    plan_wait(job, root);
    return TAJO_OK;
}

static int32_t ask_job(struct users_run *run, struct job *job, char **ret_link)
{
    const struct tajo_http_request request = {
        .size = sizeof(request),
        .method = TAJO_STR("GET"),
        .path = tajo_str_from(job->path),
        .endpoint = TAJO_STR(ASK),
        .rate_class = TAJO_STR(AUTH0_RATE_OTHER),
    };
    AUTH0_RELEASE struct auth0_api_answer answer = {.sdk = &run->users->sdk};
    json_auto_t *root = NULL;
    int32_t r = tajo_http(&run->users->sdk, &request, &answer.response);
    if (r < 0)
        return r;
    if (answer.response->status == 404)
        return tajo_fail(&run->users->sdk, TAJO_E_TRANSIENT, "export_gone",
                         "Auth0 does not know its export job any more (" ASK ", HTTP 404). The "
                         "run is tried again with a new one");
    if (!auth0_api_is_success(answer.response))
        return fail_or_deny(run, answer.response, ASK);
    r = auth0_api_read_json(&run->users->sdk, answer.response, ASK, &root);
    return r < 0 ? r : read_status(run, job, root, ret_link);
}

/* Asks until there is a link. */
static int32_t await_link(struct users_run *run, struct job *job, char **ret_link)
{
    for (;;) {
        int32_t r = users_run_pause(run);
        if (r == TAJO_OK && job->wait_ms > 0)
            r = tajo_sleep_ms(&run->users->sdk, job->wait_ms);
        if (r == TAJO_OK)
            r = ask_job(run, job, ret_link);
        if (r != TAJO_OK || *ret_link != NULL)
            return r;
        if (tajo_now_ms(&run->users->sdk) >= job->deadline_ms)
            return tajo_fail(&run->users->sdk, TAJO_E_TRANSIENT, "export_timeout",
                             "Auth0's export job was not complete after %lld seconds (" ASK "). "
                             "The run is tried again; raise export_timeout_seconds if the "
                             "tenant is large",
                             (long long)(run->users->export_timeout_ms / 1000));
    }
}

/* Nobody says how many users an export holds: the part of the file that was read tells. */
static void estimate_total(struct users_run *run)
{
    if (run->file_consumed > 0 && run->file_consumed <= run->file_size)
        run->total =
            (uint64_t)((double)run->read * (double)run->file_size / (double)run->file_consumed);
}

static int32_t take_line(void *arg, struct tajo_str line)
{
    struct users_run *run = arg;
    json_auto_t *user = line.data != NULL ? auth0_json_parse(line) : NULL;
    int32_t r = TAJO_OK;
    if (json_is_object(user)) {
        r = users_person_emit(run, user);
    } else {
        run->read++;
        users_person_reject_damaged(run, line.data == NULL ? "its line is longer than 1 MiB"
                                                           : "its line is not a JSON object");
    }
    if (r != TAJO_OK || run->read % LINES_PER_PAUSE != 0)
        return r;
    estimate_total(run);
    return users_run_pause(run);
}

static int32_t read_file(struct users_run *run, int fd)
{
    static const char *const words[] = {"", "ends too early", "is damaged", "cannot be read"};
    struct stat file;
    run->file_size = fstat(fd, &file) == 0 && file.st_size > 0 ? (uint64_t)file.st_size : 0;
    run->file_consumed = 0;
    int32_t r = users_lines_read(fd, take_line, run, &run->file_consumed);
    if (r == USERS_LINES_DONE)
        run->total = run->read;
    if (r <= 0)
        return r;
    return tajo_fail(&run->users->sdk, TAJO_E_TRANSIENT, "export_damaged",
                     "the gzip file of the export %s after %llu users (" DOWNLOAD "). What was "
                     "read is kept, nobody counts as gone, and the run is tried again",
                     words[r], (unsigned long long)run->read);
}

static bool is_expired(int32_t status)
{
    return status == 400 || status == 403 || status == 404 || status == 410;
}

static int32_t download(struct users_run *run, const char *link)
{
    const struct tajo_sdk *sdk = &run->users->sdk;
    const struct tajo_http_request request = {
        .size = sizeof(request),
        .flags = TAJO_HTTP_NO_AUTH | TAJO_HTTP_BODY_TO_FD,
        .method = TAJO_STR("GET"),
        .path = tajo_str_from(link),
        .endpoint = TAJO_STR(DOWNLOAD),
    };
    AUTH0_RELEASE struct auth0_api_answer answer = {.sdk = sdk};
    int32_t r = tajo_http(sdk, &request, &answer.response);
    if (r < 0)
        return r;
    if (is_expired(answer.response->status))
        return LINK_EXPIRED;
    if (!auth0_api_is_success(answer.response))
        return tajo_fail(sdk, TAJO_E_TRANSIENT, "download_failed",
                         "the file of the export could not be fetched (" DOWNLOAD ", HTTP %d). "
                         "The run is tried again",
                         (int)answer.response->status);
    if (answer.response->body_fd < 0)
        return tajo_fail(sdk, TAJO_E_BUG, "no_descriptor",
                         "the host gave no file for the body of " DOWNLOAD);
    return read_file(run, answer.response->body_fd);
}

static int32_t read_job(struct users_run *run, struct job *job)
{
    for (int tries = 0; tries < LINKS_TRIED; tries++) {
        AUTH0_FREE_TEXT char *link = NULL;
        int32_t r = await_link(run, job, &link);
        if (r == TAJO_OK)
            r = download(run, link);
        if (r != LINK_EXPIRED)
            return r;
        job->wait_ms = 0;
    }
    return tajo_fail(&run->users->sdk, TAJO_E_TRANSIENT, "link_expired",
                     "%d links to the export's file in a row were refused (" DOWNLOAD "). Auth0's "
                     "links live for 60 seconds: check that a proxy does not hold requests back",
                     LINKS_TRIED);
}

int32_t users_export_read(struct users_run *run)
{
    struct job job = {.wait_ms = FIRST_WAIT_MS, .backoff_ms = FIRST_WAIT_MS};
    int32_t r = create_job(run, &job.path);
    if (r == USERS_OK) {
        job.deadline_ms = tajo_now_ms(&run->users->sdk) + run->users->export_timeout_ms;
        r = read_job(run, &job);
    }
    free(job.path);
    return r;
}
