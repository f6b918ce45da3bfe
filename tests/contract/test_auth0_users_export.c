/* SPDX-License-Identifier: Apache-2.0
 * auth0-users: export jobs, their links and files. */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <zlib.h>

#define SNAPSHOT TAJO_COMMIT_SNAPSHOT_COMPLETE
#define JOB      "GET /api/v2/jobs/job_1%7C2"
#define LINK     "https://files.example.com/acme.json.gz?sig=1"
#define COMPLETED                                                                                  \
    "{\"id\":\"job_1|2\",\"status\":\"completed\",\"percentage_done\":100,\"location\":\"" LINK    \
    "\"}"

static const char *const export_mode[] = {"mode", "export", NULL};

static void expect_create(struct fake_host *host)
{
    fake_host_expect_json(host, "POST /api/v2/jobs/users-exports", 200,
                          "{\"id\":\"job_1|2\",\"type\":\"users_export\",\"status\":\"pending\"}");
}

static void expect_file(struct fake_host *host, int32_t status, const char *file, size_t len)
{
    const struct fake_answer answer = {.status = status, .body = file, .body_len = len};
    fake_host_expect(host, "GET " LINK, &answer);
    fake_host_expect_flags(host, TAJO_HTTP_NO_AUTH | TAJO_HTTP_BODY_TO_FD);
}

/* Expects a whole job whose file holds these bytes. */
static void expect_job(struct fake_host *host, const char *file, size_t len)
{
    expect_create(host);
    fake_host_expect_json(host, JOB, 200, COMPLETED);
    expect_file(host, 200, file, len);
}

static void expect_lines(struct fake_host *host, const char *lines, size_t len)
{
    size_t size = 0;
    char *file = tenant_gzip(lines, len, &size);
    expect_job(host, file, size);
    free(file);
}

START_TEST(large_tenant_takes_ten_calls)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = tenant_new(host, 12000);
    tenant->pending_polls = 5;
    fixture_run(host, TAJO_MODE_FULL, NULL);
    const struct fake_host_seen *seen = fake_host_see(host);
    fixture_expect_everybody(host, tenant, false);
    ck_assert_uint_eq(seen->record_count, 12000);
    ck_assert_uint_le(seen->request_count, 10);
    ck_assert_uint_eq(tenant->searches, 1);
    ck_assert_uint_eq(seen->commit_count, 13);
    for (size_t i = 0; i < 12; i++) {
        ck_assert_uint_eq(seen->commits[i].records, 1000);
        ck_assert_str_eq(seen->commits[i].cursor, "");
        ck_assert_uint_eq(seen->commits[i].flags, 0);
    }
    ck_assert_uint_eq(fixture_last_commit(host)->flags, SNAPSHOT);
    /* the time before the job, not the one after the waits */
    ck_assert_str_eq(seen->cursor, "{\"v\":1,\"updated_at\":\"2026-11-23T10:00:00.000Z\"}");
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

static size_t count_field(const struct fake_request *request, const char *name)
{
    size_t count = 0, index;
    json_t *body = json_loadb(request->body.data, request->body.len, 0, NULL);
    const json_t *field;
    ck_assert_str_eq(json_string_value(json_object_get(body, "format")), "json");
    json_array_foreach(json_object_get(body, "fields"), index, field) count +=
        strcmp(json_string_value(json_object_get(field, "name")), name) == 0;
    json_decref(body);
    return count;
}

static bool serve_create(void *arg, const struct fake_request *request, struct fake_answer *answer)
{
    static const char *const once[] = {"user_id",    "email",  "user_metadata", "app_metadata",
                                       "identities", "gender", "last_login",    "emails"};
    (void)arg;
    for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++)
        ck_assert_msg(count_field(request, once[i]) == 1, "%s is not asked for once", once[i]);
    ck_assert_uint_eq(count_field(request, "identities.social"), 0);
    answer->status = 500;
    return true;
}

/* Every documented field is listed, because the default set lacks some; and what is mapped. */
START_TEST(job_lists_its_fields)
{
    struct fake_host *host = fixture_open(export_mode);
    const struct tajo_str fields[] = {TAJO_STR("gender"), TAJO_STR("emails[0].value"),
                                      TAJO_STR("user_metadata.phone")};
    const struct tajo_run_request request = {
        .size = sizeof(request), .mode = TAJO_MODE_FULL, .fields = fields, .field_count = 3};
    fake_host_serve(host, serve_create, NULL);
    ck_assert_int_eq(fake_host_run(host, &request), TAJO_E_TRANSIENT);
    fixture_close(host);
}
END_TEST

START_TEST(polls_wait_longer_and_heed_the_estimate)
{
    static const char working[] = "{\"status\":\"processing\",\"percentage_done\":1}";
    struct fake_host *host = fixture_open(export_mode);
    expect_create(host);
    fake_host_expect_json(host, JOB, 200, "{\"status\":\"pending\"}"); /* after 0.5 s */
    fake_host_expect_json(host, JOB, 200, working);                    /* 1 s */
    fake_host_expect_json(host, JOB, 200, "{\"status\":\"processing\",\"time_left_seconds\":7}");
    fake_host_expect_json(host, JOB, 200, "{\"status\":\"brewing\",\"time_left_seconds\":90}");
    fake_host_expect_json(host, JOB, 200, "{\"status\":\"brewing\",\"time_left_seconds\":-4}");
    fake_host_expect_json(host, JOB, 500, "");
    ck_assert_int_eq(fake_host_run_mode(host, TAJO_MODE_FULL, NULL), TAJO_E_TRANSIENT);
    ck_assert_int_eq(fake_host_see(host)->slept_ms, 500 + 1000 + 2000 + 7000 + 15000 + 15000);
    ck_assert(fixture_has_log(host, "unknown status 'brewing'"));
    fixture_close(host);
}
END_TEST

static bool serve_endless(void *arg, const struct fake_request *request, struct fake_answer *answer)
{
    (void)arg;
    answer->status = 200;
    answer->body = strncmp(request->text, "POST", 4) == 0 ? "{\"id\":\"job_1\"}"
                                                          : "{\"status\":\"processing\"}";
    return true;
}

START_TEST(endless_job_is_given_up)
{
    struct fake_host *host =
        fixture_open((const char *const[]){"mode", "export", "export_timeout_seconds", "60", NULL});
    fake_host_serve(host, serve_endless, NULL);
    fixture_run_fails(host, TAJO_MODE_FULL, TAJO_E_TRANSIENT, "export_timeout",
                      "export_timeout_seconds");
    ck_assert_int_lt(fake_host_see(host)->slept_ms, 80000);
    fixture_close(host);
}
END_TEST

START_TEST(stop_ends_the_wait)
{
    struct fake_host *host = fixture_open(export_mode);
    fake_host_serve(host, serve_endless, NULL);
    fake_host_stop_at_time(host, fake_host_now(host) + 9100);
    ck_assert_int_eq(fake_host_run_mode(host, TAJO_MODE_FULL, NULL), TAJO_E_STOPPED);
    ck_assert_int_eq(fake_host_see(host)->slept_ms, 9100);
    fixture_close(host);
}
END_TEST

static const struct {
    int32_t create_status;
    const char *create;
    int32_t job_status;
    const char *job; /* NULL: not asked for */
    int32_t error_class;
    const char *code, *part;
} refusals[] = {
    {200, "{\"type\":\"users_export\"}", 0, NULL, TAJO_E_TRANSIENT, "bad_json", "job's id"},
    {200, "oops", 0, NULL, TAJO_E_TRANSIENT, "bad_json", "not JSON"},
    {400, "{\"statusCode\":400,\"message\":\"The connection does not exist.\"}", 0, NULL,
     TAJO_E_CONFIG, "bad_request", "mode: pages"},
    {403, "{\"statusCode\":403,\"message\":\"Insufficient scope; expected any of: read:users.\"}",
     0, NULL, TAJO_E_AUTH, "insufficient_scope", "read:users."},
    {429, "", 0, NULL, TAJO_E_RATE, "rate_limited", "rate_limit"},
    {200, "{\"id\":\"job_1|2\"}", 404, "", TAJO_E_TRANSIENT, "export_gone", "new one"},
    {200, "{\"id\":\"job_1|2\"}", 200, "[", TAJO_E_TRANSIENT, "bad_json", "not JSON"},
    {200, "{\"id\":\"job_1|2\"}", 403,
     "{\"statusCode\":403,\"message\":\"Insufficient scope; expected any of: create:users.\"}",
     TAJO_E_AUTH, "insufficient_scope", "create:users"},
    {200, "{\"id\":\"job_1|2\"}", 200,
     "{\"status\":\"failed\",\"status_details\":\"no \\u0007space\"}", TAJO_E_TRANSIENT,
     "export_failed", "no ?space"},
    {200, "{\"id\":\"job_1|2\"}", 200, "{\"status\":\"failed\"}", TAJO_E_TRANSIENT, "export_failed",
     "no reason given"},
};

START_TEST(job_refusals_have_class_and_mend)
{
    struct fake_host *host = fixture_open(export_mode);
    fake_host_expect_json(host, "POST *", refusals[_i].create_status, refusals[_i].create);
    if (refusals[_i].job != NULL)
        fake_host_expect_json(host, JOB, refusals[_i].job_status, refusals[_i].job);
    fixture_run_fails(host, TAJO_MODE_FULL, refusals[_i].error_class, refusals[_i].code,
                      refusals[_i].part);
    ck_assert_uint_eq(fake_host_see(host)->commit_count, 0);
    fixture_close(host);
}
END_TEST

START_TEST(completed_without_link_is_asked_again)
{
    struct fake_host *host = fixture_open(export_mode);
    expect_create(host);
    for (int i = 0; i < 3; i++)
        fake_host_expect_json(host, JOB, 200, "{\"status\":\"completed\"}");
    fixture_run_fails(host, TAJO_MODE_FULL, TAJO_E_TRANSIENT, "no_link", "no link");
    fixture_close(host);
}
END_TEST

/* Whether read:users suffices for jobs is not documented: a search does it without them. */
START_TEST(forbidden_export_is_searched)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = tenant_new(host, 2500);
    tenant->forbids_export = true;
    fixture_run(host, TAJO_MODE_FULL, NULL);
    fixture_expect_everybody(host, tenant, false);
    ck_assert_uint_eq(fake_host_see(host)->record_count, 2500);
    ck_assert_uint_eq(fixture_last_commit(host)->flags, SNAPSHOT);
    ck_assert(fixture_has_log(host, "may not export"));
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

START_TEST(forbidden_export_of_a_crowd_is_told)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = tenant_new(host, 2500);
    tenant->forbids_export = true;
    for (size_t i = 0; i < 2500; i++)
        tenant->users[i].created_ms = TENANT_EPOCH;
    fixture_run_fails(host, TAJO_MODE_FULL, TAJO_E_CONFIG, "search_cap", "export jobs");
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

START_TEST(expired_link_is_renewed)
{
    static const int32_t refused[] = {403, 404, 410, 400};
    struct fake_host *host = fixture_open(export_mode);
    size_t len = 0;
    char *file = tenant_gzip("{\"user_id\":\"a|1\"}\n", 18, &len);
    expect_create(host);
    fake_host_expect_json(host, JOB, 200, COMPLETED);
    expect_file(host, refused[_i], "<Error/>", 8);
    fake_host_expect_json(host, JOB, 200, COMPLETED);
    expect_file(host, 200, file, len);
    free(file);
    fixture_run(host, TAJO_MODE_FULL, NULL);
    ck_assert_uint_eq(fake_host_see(host)->record_count, 1);
    ck_assert_int_eq(fake_host_see(host)->slept_ms, 500); /* the fresh link is asked for at once */
    fixture_close(host);
}
END_TEST

START_TEST(links_that_always_expire_are_told)
{
    struct fake_host *host = fixture_open(export_mode);
    expect_create(host);
    for (int i = 0; i < 3; i++) {
        fake_host_expect_json(host, JOB, 200, COMPLETED);
        expect_file(host, 403, "<Error/>", 8);
    }
    fixture_run_fails(host, TAJO_MODE_FULL, TAJO_E_TRANSIENT, "link_expired", "60 seconds");
    fixture_close(host);
}
END_TEST

START_TEST(failing_storage_is_told)
{
    struct fake_host *host = fixture_open(export_mode);
    expect_create(host);
    fake_host_expect_json(host, JOB, 200, COMPLETED);
    expect_file(host, 502, "", 0);
    fixture_run_fails(host, TAJO_MODE_FULL, TAJO_E_TRANSIENT, "download_failed", "HTTP 502");
    fixture_close(host);
}
END_TEST

START_TEST(file_faults_are_told)
{
    const struct fake_answer answer = {.status = 200, .file_fault = _i};
    struct fake_host *host = fixture_open(export_mode);
    expect_create(host);
    fake_host_expect_json(host, JOB, 200, COMPLETED);
    fake_host_expect(host, "GET " LINK, &answer);
    if (_i == FAKE_FILE_MISSING)
        fixture_run_fails(host, TAJO_MODE_FULL, TAJO_E_BUG, "no_descriptor", "gave no file");
    else
        fixture_run_fails(host, TAJO_MODE_FULL, TAJO_E_TRANSIENT, "export_damaged",
                          "cannot be read");
    fixture_close(host);
}
END_TEST

START_TEST(broken_connections_are_passed_on)
{
    const struct fake_answer broken = {.failure = TAJO_E_RATE};
    struct fake_host *host = fixture_open(export_mode);
    if (_i > 0)
        expect_create(host);
    if (_i > 1)
        fake_host_expect_json(host, JOB, 200, COMPLETED);
    fake_host_expect(host, "*", &broken);
    fixture_run_fails(host, TAJO_MODE_FULL, TAJO_E_RATE, "http", "for good");
    fixture_close(host);
}
END_TEST

START_TEST(file_without_users_is_complete)
{
    struct fake_host *host = fixture_open(export_mode);
    expect_lines(host, "", 0);
    fixture_run(host, TAJO_MODE_FULL, NULL);
    ck_assert_uint_eq(fake_host_see(host)->record_count, 0);
    ck_assert_uint_eq(fixture_last_commit(host)->flags, SNAPSHOT);
    fixture_close(host);
}
END_TEST

static void expect_records(struct fake_host *host, size_t count, uint32_t flags)
{
    fixture_run(host, TAJO_MODE_FULL, NULL);
    ck_assert_uint_eq(fake_host_see(host)->record_count, count);
    ck_assert_uint_eq(fixture_last_commit(host)->flags, flags);
    ck_assert_str_ne(fake_host_see(host)->cursor, "");
    fixture_close(host);
}

START_TEST(line_ends_do_not_matter)
{
    static const char lines[] =
        "\n{\"user_id\":\"a|1\"}\r\n\r\n{\"user_id\":\"a|2\"}\n\n{\"user_id\":\"a|3\"}";
    struct fake_host *host = fixture_open(export_mode);
    expect_lines(host, lines, sizeof(lines) - 1);
    expect_records(host, 3, SNAPSHOT);
}
END_TEST

START_TEST(plain_and_joined_files_are_read)
{
    static const char line[] = "{\"user_id\":\"a|1\"}\n";
    struct fake_host *host = fixture_open(export_mode);
    if (_i == 0) {
        expect_job(host, line, sizeof(line) - 1);
        expect_records(host, 1, SNAPSHOT);
        return;
    }
    size_t len = 0;
    char *file = tenant_gzip(line, sizeof(line) - 1, &len);
    file = realloc(file, len * 2);
    memcpy(file + len, file, len);
    expect_job(host, file, len * 2);
    free(file);
    expect_records(host, 2, SNAPSHOT);
}
END_TEST

/* Lines of `good` users, then what follows them: the caller's to free. */
static char *write_lines(size_t good, const char *rest, size_t rest_len, size_t *ret_len)
{
    char *lines = malloc(good * 32 + rest_len + 1);
    size_t len = 0;
    for (size_t i = 0; i < good; i++)
        len += (size_t)sprintf(lines + len, "{\"user_id\":\"b|%zu\"}\n", i);
    memcpy(lines + len, rest, rest_len);
    *ret_len = len + rest_len;
    return lines;
}

static void expect_users(struct fake_host *host, size_t good, const char *rest, size_t rest_len)
{
    size_t len = 0;
    char *lines = write_lines(good, rest, rest_len, &len);
    expect_lines(host, lines, len);
    free(lines);
}

static const char bad_lines[] =
    "{\"user_id\":\"a|2\",\n[\"who@example.com\"]\n{\"email\":\"who@example.com\"}\n";

START_TEST(bad_lines_cost_themselves)
{
    struct fake_host *host = fixture_open(export_mode);
    expect_users(host, 297, bad_lines, sizeof(bad_lines) - 1);
    fixture_run(host, TAJO_MODE_FULL, NULL);
    ck_assert(fixture_has_log(host, "user number 298 of this run"));
    ck_assert(fixture_has_log(host, "3 malformed"));
    ck_assert_uint_eq(fake_host_see(host)->record_count, 297);
    ck_assert_uint_eq(fixture_last_commit(host)->flags, 0);
    fixture_close(host);
}
END_TEST

/* More than one in a hundred is damage: the run fails, its cursor stays, nobody is gone. */
START_TEST(many_bad_lines_fail)
{
    struct fake_host *host = fixture_open(export_mode);
    expect_users(host, 296, bad_lines, sizeof(bad_lines) - 1);
    fixture_run_fails(host, TAJO_MODE_FULL, TAJO_E_TRANSIENT, "export_damaged",
                      "3 of its 299 entries");
    ck_assert_str_eq(fake_host_see(host)->cursor, "");
    ck_assert_uint_eq(fake_host_see(host)->commit_count, 0);
    fixture_close(host);
}
END_TEST

START_TEST(file_of_nobody_readable_fails)
{
    static const char half[] = "{\"users\":[{\"user_id\":\"auth0|";
    struct fake_host *host = fixture_open(export_mode);
    expect_job(host, half, sizeof(half) - 1);
    fixture_run_fails(host, TAJO_MODE_FULL, TAJO_E_TRANSIENT, "export_damaged",
                      "1 of its 1 entries");
    ck_assert_uint_eq(fake_host_see(host)->commit_count, 0);
    fixture_close(host);
}
END_TEST

/* A line of exactly 1 MiB is read, a longer one is skipped and the next one read. */
START_TEST(long_lines_are_skipped)
{
    struct fake_host *host = fixture_open(export_mode);
    static const char tail[] = "\n{\"user_id\":\"a|2\"}\n";
    size_t line = (size_t)(1 << 20) + (size_t)_i, room = line + sizeof(tail);
    char *lines = malloc(room);
    int n = snprintf(lines, room, "{\"user_id\":\"a|1\",\"gone\":\"");
    memset(lines + n, 'x', line - (size_t)n - 2);
    memcpy(lines + line - 2, "\"}", 2);
    memcpy(lines + line, tail, sizeof(tail));
    expect_users(host, 100, lines, line + sizeof(tail) - 1);
    free(lines);
    fixture_run(host, TAJO_MODE_FULL, NULL);
    ck_assert_uint_eq(fake_host_see(host)->record_count, _i == 0 ? 102 : 101);
    ck_assert_uint_eq(fixture_count_subject(host, "a|2"), 1);
    ck_assert_int_eq(fixture_has_log(host, "longer than 1 MiB"), _i > 0);
    fixture_close(host);
}
END_TEST

/* A file of synthetic users, made without holding its lines in memory. */
static char *make_file(size_t count, size_t *ret_len)
{
    z_stream z = {0};
    size_t room = count * 64 + 4096;
    char *file = malloc(room), line[128];
    deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    z.next_out = (unsigned char *)file;
    z.avail_out = (uInt)room;
    for (size_t i = 0; i < count; i++) {
        z.avail_in = (uInt)snprintf(line, sizeof(line),
                                    "{\"user_id\":\"auth0|%zu\",\"email\":\"u%zu@example.com\","
                                    "\"logins_count\":%zu}\n",
                                    i, i * 7919, i % 97);
        z.next_in = (unsigned char *)line;
        deflate(&z, i + 1 == count ? Z_FINISH : Z_NO_FLUSH);
    }
    *ret_len = z.total_out;
    deflateEnd(&z);
    return file;
}

/* Cut anywhere, from nothing at all to the last byte, the file is never taken for whole. */
START_TEST(truncated_file_is_no_snapshot)
{
    struct fake_host *host = fixture_open(export_mode);
    size_t len = 0;
    char *file = make_file(3000, &len);
    const size_t cuts[] = {0, 1, 5, 12, len / 3, len - 9, len - 4, len - 1};
    expect_job(host, cuts[_i] == 0 ? "" : file, cuts[_i]);
    free(file);
    fixture_run_fails(host, TAJO_MODE_FULL, TAJO_E_TRANSIENT, "export_damaged", "ends too early");
    const struct fake_host_seen *seen = fake_host_see(host);
    ck_assert_str_eq(seen->cursor, "");
    for (size_t i = 0; i < seen->commit_count; i++)
        ck_assert_uint_eq(seen->commits[i].flags, 0);
    ck_assert_uint_eq(seen->record_count, cuts[_i] > len / 2 ? 3000 : seen->record_count);
    fixture_close(host);
}
END_TEST

START_TEST(damaged_file_is_no_snapshot)
{
    struct fake_host *host = fixture_open(export_mode);
    size_t len = 0;
    char *file = make_file(3000, &len);
    if (_i == 0) {
        memset(file + len / 2, 0x55, 64); /* inside the data */
    } else if (_i == 1) {
        file[len - 6] = (char)(file[len - 6] + 1); /* the checksum */
    } else if (_i == 2) {
        file[0] = '<'; /* an error page */
    } else {
        file = realloc(file, len + 3);
        memcpy(file + len, "xyz", 3); /* something behind the end */
        len += 3;
    }
    expect_job(host, file, len);
    free(file);
    fixture_run_fails(host, TAJO_MODE_FULL, TAJO_E_TRANSIENT, "export_damaged", "is damaged");
    ck_assert_str_eq(fake_host_see(host)->cursor, "");
    fixture_close(host);
}
END_TEST

START_TEST(killed_runs_are_repeated)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = tenant_new(host, 3500);
    const struct fake_host_seen *seen = fake_host_see(host);
    int how = _i % 2 == 0 ? FAKE_KILL_BEFORE : FAKE_KILL_AFTER;
    fake_host_kill_at_commit(host, (uint64_t)_i / 2 + 1, how);
    ck_assert_int_eq(fake_host_run_mode(host, TAJO_MODE_FULL, NULL), FAKE_KILLED);
    bool finished = _i == 7;
    ck_assert_int_eq(seen->cursor[0] != '\0', finished);
    for (size_t i = 0; i < seen->commit_count && !finished; i++)
        ck_assert_uint_eq(seen->commits[i].flags, 0);
    ck_assert_int_eq(fake_host_restart(host), TAJO_OK);
    fixture_run(host, TAJO_MODE_FULL, NULL);
    fixture_expect_everybody(host, tenant, false);
    ck_assert_uint_eq(fixture_last_commit(host)->flags, SNAPSHOT);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

START_TEST(stop_ends_the_reading)
{
    struct fake_host *host = fixture_open(export_mode);
    size_t len = 0;
    char *file = make_file(5000, &len);
    expect_job(host, file, len);
    free(file);
    fake_host_stop_at_question(host, 8);
    ck_assert_int_eq(fake_host_run_mode(host, TAJO_MODE_FULL, NULL), TAJO_E_STOPPED);
    ck_assert_uint_eq(fake_host_see(host)->emitted_after_stop, 0);
    ck_assert_uint_ge(fake_host_see(host)->emitted, 1000);
    ck_assert_uint_le(fake_host_see(host)->emitted, 1600);
    fixture_close(host);
}
END_TEST

/* There with the address sanitizer, which keeps what is freed and so makes the peak useless. */
extern void __asan_init(void) __attribute__((weak));

static long read_peak_kb(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

START_TEST(memory_does_not_grow_with_the_file)
{
    struct fake_host *host = fixture_open(export_mode);
    size_t len = 0;
    char *file = make_file(200000, &len);
    fake_host_drop_records(host);
    expect_job(host, file, len);
    free(file);
    long before = read_peak_kb();
    fixture_run(host, TAJO_MODE_FULL, NULL);
    long grown = read_peak_kb() - before;
    ck_assert_uint_eq(fake_host_see(host)->emitted, 200000);
    ck_assert_uint_eq(fixture_last_commit(host)->flags, SNAPSHOT);
    /* The lines alone are 15 MB, their objects a multiple of that. */
    ck_assert_msg(__asan_init != NULL || grown < 4096, "reading 200,000 users took %ld KiB", grown);
    fixture_close(host);
}
END_TEST

int main(void)
{
    TCase *job = tcase_create("job"), *file = tcase_create("file");
    tcase_add_test(job, large_tenant_takes_ten_calls);
    tcase_add_test(job, job_lists_its_fields);
    tcase_add_test(job, polls_wait_longer_and_heed_the_estimate);
    tcase_add_test(job, endless_job_is_given_up);
    tcase_add_test(job, stop_ends_the_wait);
    tcase_add_loop_test(job, job_refusals_have_class_and_mend, 0,
                        (int)(sizeof(refusals) / sizeof(refusals[0])));
    tcase_add_test(job, completed_without_link_is_asked_again);
    tcase_add_test(job, forbidden_export_is_searched);
    tcase_add_test(job, forbidden_export_of_a_crowd_is_told);
    tcase_add_loop_test(job, expired_link_is_renewed, 0, 4);
    tcase_add_test(job, links_that_always_expire_are_told);
    tcase_add_test(job, failing_storage_is_told);
    tcase_add_loop_test(job, file_faults_are_told, FAKE_FILE_MISSING, FAKE_FILE_UNREADABLE + 1);
    tcase_add_loop_test(job, broken_connections_are_passed_on, 0, 3);
    tcase_add_test(file, file_without_users_is_complete);
    tcase_add_test(file, line_ends_do_not_matter);
    tcase_add_loop_test(file, plain_and_joined_files_are_read, 0, 2);
    tcase_add_test(file, bad_lines_cost_themselves);
    tcase_add_test(file, many_bad_lines_fail);
    tcase_add_test(file, file_of_nobody_readable_fails);
    tcase_add_loop_test(file, long_lines_are_skipped, 0, 2);
    tcase_add_loop_test(file, truncated_file_is_no_snapshot, 0, 8);
    tcase_add_loop_test(file, damaged_file_is_no_snapshot, 0, 4);
    tcase_add_loop_test(file, killed_runs_are_repeated, 0, 8);
    tcase_add_test(file, stop_ends_the_reading);
    tcase_add_test(file, memory_does_not_grow_with_the_file);
    TCase *cases[] = {job, file};
    return fixture_main("auth0-users: export", cases, 2);
}
