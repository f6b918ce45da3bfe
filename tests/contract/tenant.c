/* SPDX-License-Identifier: Apache-2.0 */
#include "tenant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

static fake_serve serve;

struct tenant *tenant_new(struct fake_host *host, size_t count)
{
    struct tenant *tenant = calloc(1, sizeof(*tenant));
    tenant->host = host;
    tenant->count = count;
    tenant->users = calloc(count + 1, sizeof(*tenant->users));
    for (size_t i = 0; i < count; i++) {
        struct tenant_user *user = &tenant->users[i];
        snprintf(user->id, sizeof(user->id), "auth0|%06zu", i);
        user->created_ms = user->updated_ms = TENANT_EPOCH + (int64_t)i * 1000 + 7;
        user->verified = true;
    }
    fake_host_serve(host, serve, tenant);
    return tenant;
}

struct tenant *tenant_free(struct tenant *tenant)
{
    free(tenant->users);
    free(tenant->answer);
    free(tenant->file);
    free(tenant);
    return NULL;
}

void tenant_format_time(int64_t ms, char room[32])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    size_t n = strftime(room, 32, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(room + n, 32 - n, ".%03dZ", (int)(ms % 1000));
}

static int64_t parse_time(const char *text)
{
    struct tm tm = {0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    return end == NULL || *end != '.' ? -1 : (int64_t)timegm(&tm) * 1000 + atoi(end + 1);
}

static json_t *time_json(const struct tenant_user *user, int64_t ms)
{
    char text[32];
    tenant_format_time(ms, text);
    return user->timeless ? json_pack("{s:s}", "when", text) : json_string(text);
}

json_t *tenant_user_json(const struct tenant_user *user)
{
    char email[96];
    snprintf(email, sizeof(email), "%s@example.com", user->id + 6);
    return json_pack("{s:s, s:s, s:b, s:o, s:o, s:n, s:s, s:{s:s, s:s}, s:s,"
                     " s:[{s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:{s:s, s:{s:s}}}]}",
                     "user_id", user->id, "email", email, "email_verified", user->verified,
                     "created_at", time_json(user, user->created_ms), "updated_at",
                     time_json(user, user->updated_ms), "nickname", "password_hash", TENANT_PLANTED,
                     "user_metadata", "company", "Acme", "Password2", TENANT_PLANTED, "gender",
                     "unasked", "identities", "provider", user->social ? "google-oauth2" : "auth0",
                     "connection", user->social ? "google" : "db", "user_id", user->id, "isSocial",
                     user->social, "access_token", TENANT_PLANTED, "access_token_secret",
                     TENANT_PLANTED, "refreshToken", TENANT_PLANTED, "profileData", "id_token",
                     TENANT_PLANTED, "deep", "token", TENANT_PLANTED);
}

char *tenant_gzip(const char *text, size_t len, size_t *ret_len)
{
    z_stream z = {0};
    deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    size_t room = deflateBound(&z, len) + 64;
    char *file = malloc(room);
    z.next_in = (unsigned char *)text;
    z.avail_in = (uInt)len;
    z.next_out = (unsigned char *)file;
    z.avail_out = (uInt)room;
    deflate(&z, Z_FINISH);
    *ret_len = z.total_out;
    deflateEnd(&z);
    return file;
}

/* ---- Search */

struct search {
    int64_t page, per_page, bound_ms;
    bool by_update;
    const char *ids; /* the part of q that names ids; NULL: all */
    bool matching_only;
};

static int64_t read_number(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at == NULL ? -1 : atoll(at + strlen(name));
}

static struct search read_search(struct tenant *tenant, const char *text)
{
    const char *q = strstr(text, "&q=");
    const char *bound = strstr(text, "_at:[");
    struct search search = {.page = read_number(text, "?page="),
                            .per_page = read_number(text, "&per_page="),
                            .bound_ms = bound == NULL ? -1 : parse_time(bound + 5),
                            .by_update = strstr(text, "&sort=updated_at:1") != NULL};
    if (!fake_matches("*&include_totals=true&search_engine=v3&sort=*_at:1*", text) ||
        (bound != NULL && (search.bound_ms < 0 || strcmp(bound + 29, " TO *]") != 0)))
        fake_host_fail(tenant->host, "the tenant does not understand %s", text);
    if (q == NULL)
        return search;
    search.ids = strstr(q, "user_id:\"");
    search.matching_only = tenant->query != NULL;
    char wanted[512];
    snprintf(wanted, sizeof(wanted), "&q=(%s)", tenant->query != NULL ? tenant->query : "");
    if (tenant->query != NULL && strncmp(q, wanted, strlen(wanted)) != 0)
        fake_host_fail(tenant->host, "%s does not begin its q with the option query", text);
    return search;
}

static bool is_found(const struct search *search, const struct tenant_user *user)
{
    char quoted[80];
    snprintf(quoted, sizeof(quoted), "user_id:\"%s\"", user->id);
    return !user->deleted && !(search->matching_only && !user->matches) &&
           !(search->ids != NULL && strstr(search->ids, quoted) == NULL) &&
           !(search->bound_ms >= 0 &&
             (user->timeless ||
              (search->by_update ? user->updated_ms : user->created_ms) < search->bound_ms));
}

static bool by_update; /* qsort has no argument to pass it in */

static int compare_users(const void *a, const void *b)
{
    const struct tenant_user *x = *(const struct tenant_user *const *)a;
    const struct tenant_user *y = *(const struct tenant_user *const *)b;
    int64_t s = by_update ? x->updated_ms : x->created_ms;
    int64_t t = by_update ? y->updated_ms : y->created_ms;
    return s < t ? -1 : s > t ? 1 : strcmp(x->id, y->id);
}

static json_t *make_page(struct tenant *tenant, const struct search *search)
{
    const struct tenant_user **found = calloc(tenant->count + 1, sizeof(const void *));
    size_t count = 0;
    for (size_t i = 0; i < tenant->count; i++)
        if (is_found(search, &tenant->users[i]))
            found[count++] = &tenant->users[i];
    by_update = search->by_update;
    qsort(found, count, sizeof(const void *), compare_users);
    int64_t limit =
        tenant->clamp > 0 && search->per_page > tenant->clamp ? tenant->clamp : search->per_page;
    json_t *users = json_array();
    size_t from = (size_t)(search->page * limit);
    for (size_t i = from; i < count && i < from + (size_t)limit; i++)
        json_array_append_new(users, tenant_user_json(found[i]));
    free(found);
    if (tenant->bare)
        return users;
    return json_pack("{s:I, s:I, s:I, s:I, s:o}", "start", (json_int_t)from, "limit",
                     (json_int_t)limit, "length", (json_int_t)json_array_size(users), "total",
                     (json_int_t)(count < 1000 ? count : 1000), "users", users);
}

static void refuse(struct fake_answer *answer, int32_t status, const char *code,
                   const char *message)
{
    static char body[1024];
    snprintf(body, sizeof(body),
             "{\"statusCode\":%d,\"error\":\"Refused\",\"message\":\"%s\",\"errorCode\":\"%s\"}",
             (int)status, message, code);
    answer->status = status;
    answer->body = body;
}

static void set_body(struct tenant *tenant, struct fake_answer *answer, json_t *body)
{
    free(tenant->answer);
    tenant->answer = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    answer->status = 200;
    answer->body = tenant->answer;
}

static void serve_search(struct tenant *tenant, const char *text, struct fake_answer *answer)
{
    struct search search = read_search(tenant, text);
    int64_t most = tenant->max_per_page > 0 ? tenant->max_per_page : 100;
    tenant->searches++;
    if (search.per_page > most)
        refuse(answer, 400, "invalid_query_string",
               "Query validation error: 'Value 100 is greater than maximum' on property per_page "
               "(Number of results per page).");
    else if (search.page * search.per_page >= 1000)
        refuse(answer, 400, "invalid_paging", "You can only page through the first 1000 records.");
    else
        set_body(tenant, answer, make_page(tenant, &search));
    if (tenant->after_search != NULL)
        tenant->after_search(tenant);
}

static void serve_user(struct tenant *tenant, const char *id, struct fake_answer *answer)
{
    for (size_t i = 0; i < tenant->count; i++) {
        const struct tenant_user *user = &tenant->users[i];
        char encoded[80];
        snprintf(encoded, sizeof(encoded), "auth0%%7C%s", user->id + 6);
        if (strcmp(encoded, id) == 0 && !user->deleted) {
            set_body(tenant, answer, tenant_user_json(user));
            return;
        }
    }
    refuse(answer, 404, "inexistent_user", "The user does not exist.");
}

/* ---- Export */

static void serve_file(struct tenant *tenant, struct fake_answer *answer)
{
    size_t room = tenant->count * 1024 + 1, len = 0;
    char *lines = malloc(room);
    for (size_t i = 0; i < tenant->count; i++) {
        if (tenant->users[i].deleted)
            continue;
        json_t *user = tenant_user_json(&tenant->users[i]);
        char *line = json_dumps(user, JSON_COMPACT);
        len += (size_t)snprintf(lines + len, room - len, "%s\n", line);
        free(line);
        json_decref(user);
    }
    free(tenant->file);
    tenant->file = tenant_gzip(lines, len, &answer->body_len);
    free(lines);
    answer->status = 200;
    answer->body = tenant->file;
    tenant->downloads++;
}

static void serve_job(struct tenant *tenant, struct fake_answer *answer)
{
    tenant->polls++;
    if (tenant->pending_polls-- > 0)
        set_body(tenant, answer,
                 json_pack("{s:s, s:s, s:s, s:i, s:i}", "id", "job_0000000000000001", "type",
                           "users_export", "status", "processing", "percentage_done", 40,
                           "time_left_seconds", 2));
    else
        set_body(tenant, answer,
                 json_pack("{s:s, s:s, s:s, s:s}", "id", "job_0000000000000001", "type",
                           "users_export", "status", "completed", "location",
                           "https://files.example.com/acme.json.gz?sig=1"));
}

static bool serve(void *arg, const struct fake_request *request, struct fake_answer *answer)
{
    struct tenant *tenant = arg;
    const char *text = request->text;
    if (strncmp(text, "GET /api/v2/users?", 18) == 0) {
        serve_search(tenant, text, answer);
    } else if (strncmp(text, "GET /api/v2/users/", 18) == 0) {
        serve_user(tenant, text + 18, answer);
    } else if (strncmp(text, "POST /api/v2/jobs/users-exports", 31) == 0) {
        tenant->jobs++;
        if (tenant->forbids_export)
            refuse(answer, 403, "insufficient_entitlement", "Exports are not in this plan");
        else
            set_body(tenant, answer,
                     json_pack("{s:s, s:s, s:s}", "id", "job_0000000000000001", "type",
                               "users_export", "status", "pending"));
    } else if (strcmp(text, "GET /api/v2/jobs/job_0000000000000001") == 0) {
        serve_job(tenant, answer);
    } else if (strncmp(text, "GET https://files.example.com/", 30) == 0) {
        serve_file(tenant, answer);
    } else {
        return false;
    }
    return true;
}
