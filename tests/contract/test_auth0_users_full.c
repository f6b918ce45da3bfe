/* SPDX-License-Identifier: Apache-2.0
 * auth0-users: full runs that search. */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#define SNAPSHOT TAJO_COMMIT_SNAPSHOT_COMPLETE

#define CAP(code)                                                                                  \
    "{\"statusCode\":400,\"errorCode\":\"" code "\",\"message\":\"You can only page through the "  \
    "first 1000 records. See the documentation.\"}"

static const char *const pages_mode[] = {"mode", "pages", NULL};

START_TEST(small_tenant_takes_one_search_a_page)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = tenant_new(host, 250);
    fixture_run(host, TAJO_MODE_FULL, NULL);
    const struct fake_host_seen *seen = fake_host_see(host);
    fixture_expect_everybody(host, tenant, false);
    ck_assert_uint_eq(seen->record_count, 250);
    ck_assert_uint_eq(seen->request_count, 3);
    ck_assert_str_eq(seen->requests[0], "GET /api/v2/users?page=0&per_page=100&include_totals=true"
                                        "&search_engine=v3&sort=created_at:1");
    ck_assert_uint_eq(seen->commit_count, 1);
    ck_assert_uint_eq(seen->commits[0].flags, SNAPSHOT);
    ck_assert_str_eq(seen->cursor, "{\"v\":1,\"updated_at\":\"2026-11-23T10:00:00.000Z\"}");
    ck_assert_uint_eq(seen->progress_done, 250);
    ck_assert_uint_eq(seen->progress_total, 250);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

START_TEST(empty_tenant_is_complete)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = tenant_new(host, 0);
    fixture_run(host, TAJO_MODE_FULL, NULL);
    ck_assert_uint_eq(tenant->searches, 1);
    ck_assert_uint_eq(fixture_last_commit(host)->flags, SNAPSHOT);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

/* 999 users are searched; from 1,000 on the total says nothing and a job is made. */
START_TEST(job_begins_at_a_thousand)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = tenant_new(host, (size_t)_i);
    fixture_run(host, TAJO_MODE_FULL, NULL);
    fixture_expect_everybody(host, tenant, false);
    ck_assert_uint_eq(tenant->jobs, _i >= 1000);
    ck_assert_uint_eq(fixture_last_commit(host)->flags, SNAPSHOT);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

static void delete_early(struct tenant *tenant)
{
    tenant->users[5].deleted = true;
}

static void delete_late(struct tenant *tenant)
{
    tenant->users[240].deleted = true;
}

/* With numbered pages, user 100 would move to page 0 and never be seen. */
START_TEST(deletion_hides_nobody)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = tenant_new(host, 250);
    tenant->after_search = delete_early;
    fixture_run(host, TAJO_MODE_FULL, NULL);
    ck_assert_uint_eq(fake_host_see(host)->record_count, 250);
    ck_assert_uint_eq(fixture_count_subject(host, "auth0|000100"), 1);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

START_TEST(fewer_than_counted_is_no_snapshot)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = tenant_new(host, 250);
    tenant->after_search = delete_late;
    fixture_run(host, TAJO_MODE_FULL, NULL);
    ck_assert_uint_eq(fixture_last_commit(host)->flags, 0);
    ck_assert(fixture_has_log(host, "removes nobody"));
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

/* A user whose created_at is no string is beyond every bound: his absence must not remove him. */
START_TEST(user_without_time_forbids_snapshot)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = tenant_new(host, 250);
    tenant->users[20].timeless = true;
    tenant->users[150].timeless = true;
    fixture_run(host, TAJO_MODE_FULL, NULL);
    ck_assert_uint_eq(fake_host_see(host)->record_count, 249);
    ck_assert_uint_eq(fixture_count_subject(host, "auth0|000020"), 1);
    ck_assert_uint_eq(fixture_last_commit(host)->flags, 0);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

/* The last row of a page has no time: page numbers step instead. */
START_TEST(page_ending_without_time_is_stepped)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = tenant_new(host, 250);
    tenant->users[99].timeless = true;
    fixture_run(host, TAJO_MODE_FULL, NULL);
    fixture_expect_everybody(host, tenant, false);
    ck_assert_uint_eq(fixture_last_commit(host)->flags, SNAPSHOT);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

START_TEST(refused_page_size_falls_back)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = tenant_new(host, 120);
    tenant->max_per_page = 50;
    fixture_run(host, TAJO_MODE_FULL, NULL);
    fixture_expect_everybody(host, tenant, false);
    ck_assert_uint_eq(tenant->searches, 4);
    fixture_run(host, TAJO_MODE_FULL, NULL);
    ck_assert_uint_eq(tenant->searches, 7); /* the instance remembers */
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

/* Few users; many; many at one time; answers that do not even say that they were cut. */
START_TEST(silently_smaller_pages_are_no_end)
{
    struct fake_host *host = fixture_open(pages_mode);
    struct tenant *tenant = tenant_new(host, _i == 0 || _i == 3 ? 120 : 2500);
    tenant->clamp = 50;
    tenant->bare = _i == 3;
    for (size_t i = 500; _i == 2 && i < 800; i++)
        tenant->users[i].created_ms = tenant->users[500].created_ms;
    fixture_run(host, TAJO_MODE_FULL, NULL);
    fixture_expect_everybody(host, tenant, false);
    ck_assert_uint_eq(fake_host_see(host)->record_count, tenant->count);
    ck_assert_uint_eq(tenant->jobs, 0);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

START_TEST(answers_without_totals_are_read)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = tenant_new(host, (size_t)_i);
    tenant->bare = true;
    fixture_run(host, TAJO_MODE_FULL, NULL);
    fixture_expect_everybody(host, tenant, false);
    ck_assert_uint_eq(tenant->jobs, _i >= 1000);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

/* The host skips and counts them: it could not if they were left out here. */
START_TEST(unverified_users_are_emitted)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = tenant_new(host, _i == 0 ? 250 : 1500);
    for (size_t i = 0; i < tenant->count; i += 3)
        tenant->users[i].verified = false;
    fixture_run(host, TAJO_MODE_FULL, NULL);
    fixture_expect_everybody(host, tenant, false);
    ck_assert_uint_eq(tenant->jobs, (size_t)_i);
    for (size_t i = 0; i < 6; i++) {
        json_t *json = fixture_record_json(host, i);
        ck_assert_int_eq(json_is_true(json_object_get(json, "email_verified")), i % 3 != 0);
        ck_assert(json_is_boolean(json_object_get(json, "email_verified")));
        json_decref(json);
    }
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

START_TEST(query_is_honoured_beyond_the_cap)
{
    struct fake_host *host = fixture_open((const char *const[]){
        "query", "app_metadata.plan:\"pro\"", "mode", _i == 0 ? "auto" : "export", NULL});
    struct tenant *tenant = tenant_new(host, 5000);
    tenant->query = "app_metadata.plan:\"pro\"";
    for (size_t i = 0; i < tenant->count; i += 2)
        tenant->users[i].matches = true;
    fixture_run(host, TAJO_MODE_FULL, NULL);
    const struct fake_host_seen *seen = fake_host_see(host);
    fixture_expect_everybody(host, tenant, true);
    ck_assert_uint_eq(tenant->jobs, 0);
    ck_assert_uint_eq(seen->commit_count, 3);
    ck_assert_str_eq(seen->commits[0].cursor, "");
    ck_assert_uint_eq(seen->commits[0].flags, 0);
    ck_assert_uint_eq(fixture_last_commit(host)->flags, SNAPSHOT);
    ck_assert(fake_matches("*&q=(app_metadata.plan:\"pro\") AND created_at:[*Z TO *]",
                           seen->requests[1]));
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

/* Users that share a created_at, in pages of every size: nobody is lost, nobody twice. */
START_TEST(windows_lose_nobody)
{
    static const char *const sizes[] = {"1", "7", "30", "100"};
    struct fake_host *host =
        fixture_open((const char *const[]){"mode", "pages", "page_size", sizes[_i], NULL});
    struct tenant *tenant = tenant_new(host, _i == 0 ? 120 : 2500);
    unsigned seed = 7;
    for (size_t i = 1; i < tenant->count; i++)
        if (rand_r(&seed) % 4 != 0)
            tenant->users[i].created_ms = tenant->users[i - 1].created_ms;
    fixture_run(host, TAJO_MODE_FULL, NULL);
    fixture_expect_everybody(host, tenant, false);
    ck_assert_uint_eq(fake_host_see(host)->record_count, tenant->count);
    ck_assert_uint_eq(tenant->jobs, 0);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

START_TEST(cluster_is_stepped_through)
{
    struct fake_host *host = fixture_open(pages_mode);
    struct tenant *tenant = tenant_new(host, 2500);
    for (size_t i = 500; i < 1000; i++)
        tenant->users[i].created_ms = tenant->users[500].created_ms;
    fixture_run(host, TAJO_MODE_FULL, NULL);
    fixture_expect_everybody(host, tenant, false);
    ck_assert_uint_eq(fake_host_see(host)->record_count, 2500);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

START_TEST(cluster_beyond_the_cap_is_exported)
{
    struct fake_host *host = fixture_open(pages_mode);
    struct tenant *tenant = tenant_new(host, 2500);
    for (size_t i = 500; i < 2000; i++)
        tenant->users[i].created_ms = tenant->users[500].created_ms;
    fixture_run(host, TAJO_MODE_FULL, NULL);
    fixture_expect_everybody(host, tenant, false);
    ck_assert_uint_eq(tenant->jobs, 1);
    ck_assert(fixture_has_log(host, "share one created_at"));
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

/* Another cap than the expected one is believed all the same. */
START_TEST(refused_page_is_a_cap)
{
    struct fake_host *host = fixture_open((const char *const[]){"query", "a:b", NULL});
    fake_host_expect_json(host, "GET /api/v2/users?*", 400,
                          _i == 0 ? CAP("invalid_paging") : CAP(""));
    fixture_run_fails(host, TAJO_MODE_FULL, TAJO_E_CONFIG, "search_cap", "sync.users.query");
    fixture_close(host);
}
END_TEST

START_TEST(cluster_beyond_the_cap_with_query_is_told)
{
    struct fake_host *host = fixture_open((const char *const[]){"query", "a:b", NULL});
    struct tenant *tenant = tenant_new(host, 2500);
    tenant->query = "a:b";
    for (size_t i = 0; i < 2500; i++) {
        tenant->users[i].matches = true;
        if (i >= 500)
            tenant->users[i].created_ms = tenant->users[500].created_ms;
    }
    fixture_run_fails(host, TAJO_MODE_FULL, TAJO_E_CONFIG, "search_cap", "sync.users.query");
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

/* Dies at each commit in turn, before and after it is durable; the next run completes. */
START_TEST(killed_runs_are_repeated)
{
    struct fake_host *host = fixture_open(pages_mode);
    struct tenant *tenant = tenant_new(host, 2500);
    const struct fake_host_seen *seen = fake_host_see(host);
    fake_host_kill_at_commit(host, (uint64_t)_i / 2 + 1,
                             _i % 2 == 0 ? FAKE_KILL_BEFORE : FAKE_KILL_AFTER);
    ck_assert_int_eq(fake_host_run_mode(host, TAJO_MODE_FULL, NULL), FAKE_KILLED);
    bool finished = _i == 5;
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

START_TEST(failed_commit_ends_the_run)
{
    struct fake_host *host = fixture_open(pages_mode);
    struct tenant *tenant = tenant_new(host, 2500);
    fake_host_kill_at_commit(host, 2, FAKE_FAIL_COMMIT);
    ck_assert_int_eq(fake_host_run_mode(host, TAJO_MODE_FULL, NULL), TAJO_E_TRANSIENT);
    ck_assert_uint_eq(fake_host_see(host)->commit_count, 1);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

START_TEST(stop_ends_at_the_next_page)
{
    struct fake_host *host = fixture_open(pages_mode);
    struct tenant *tenant = tenant_new(host, 2500);
    fake_host_stop_at_question(host, 4);
    ck_assert_int_eq(fake_host_run_mode(host, TAJO_MODE_FULL, NULL), TAJO_E_STOPPED);
    ck_assert_uint_eq(tenant->searches, 3);
    ck_assert_uint_eq(fake_host_see(host)->emitted_after_stop, 0);
    ck_assert_str_eq(fake_host_see(host)->cursor, "");
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

/* Auth0's clock sets the cursor: the date of the first answer, less what has passed since. */
START_TEST(cursor_follows_auth0s_clock)
{
    struct fake_host *host = fixture_open(NULL);
    const struct fake_answer answer = {
        .status = 200, .body = "[]", .headers = {{"Date", "Mon, 23 Nov 2026 09:00:00 GMT"}}};
    fake_host_set_latency(host, 2000);
    fake_host_expect(host, "GET /api/v2/users?*", &answer);
    fixture_run(host, TAJO_MODE_FULL, NULL);
    ck_assert_str_eq(fake_host_see(host)->cursor,
                     "{\"v\":1,\"updated_at\":\"2026-11-23T08:59:58.000Z\"}");
    ck_assert(fixture_has_log(host, "clock"));
    fixture_close(host);
}
END_TEST

static TCase *make_walk_case(void)
{
    TCase *walk = tcase_create("walk");
    tcase_add_test(walk, small_tenant_takes_one_search_a_page);
    tcase_add_test(walk, empty_tenant_is_complete);
    tcase_add_loop_test(walk, job_begins_at_a_thousand, 999, 1001);
    tcase_add_test(walk, deletion_hides_nobody);
    tcase_add_test(walk, fewer_than_counted_is_no_snapshot);
    tcase_add_test(walk, user_without_time_forbids_snapshot);
    tcase_add_test(walk, page_ending_without_time_is_stepped);
    tcase_add_test(walk, refused_page_size_falls_back);
    tcase_add_loop_test(walk, silently_smaller_pages_are_no_end, 0, 4);
    tcase_add_loop_test(walk, answers_without_totals_are_read, 250, 251);
    tcase_add_loop_test(walk, answers_without_totals_are_read, 1500, 1501);
    tcase_add_loop_test(walk, unverified_users_are_emitted, 0, 2);
    tcase_add_loop_test(walk, query_is_honoured_beyond_the_cap, 0, 2);
    tcase_add_loop_test(walk, windows_lose_nobody, 0, 4);
    tcase_add_test(walk, cluster_is_stepped_through);
    tcase_add_test(walk, cluster_beyond_the_cap_is_exported);
    tcase_add_test(walk, cluster_beyond_the_cap_with_query_is_told);
    tcase_add_loop_test(walk, refused_page_is_a_cap, 0, 2);
    tcase_add_loop_test(walk, killed_runs_are_repeated, 0, 6);
    tcase_add_test(walk, failed_commit_ends_the_run);
    tcase_add_test(walk, stop_ends_at_the_next_page);
    tcase_add_test(walk, cursor_follows_auth0s_clock);
    return walk;
}

int main(void)
{
    TCase *walk = make_walk_case();
    return fixture_main("auth0-users: full", &walk, 1);
}
