/* SPDX-License-Identifier: Apache-2.0
 * auth0-users: incremental runs and runs since a time. */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NOW    INT64_C(1795428000000) /* the fake host's clock */
#define CURSOR "{\"v\":1,\"updated_at\":\"2026-11-23T08:00:00.000Z\"}"
#define SINCE  (NOW - 7200000) /* CURSOR */

static const char *const small_pages[] = {"page_size", "20", NULL};

static int64_t read_cursor(const char *cursor)
{
    json_t *root = json_loads(cursor, 0, NULL);
    struct tm tm = {0};
    const char *when = json_string_value(json_object_get(root, "updated_at"));
    ck_assert_int_eq(json_integer_value(json_object_get(root, "v")), 1);
    const char *end = strptime(when, "%Y-%m-%dT%H:%M:%S", &tm);
    int64_t ms = (int64_t)timegm(&tm) * 1000 + atoi(end + 1);
    json_decref(root);
    return ms;
}

/* Moves the last `changed` users to one millisecond each after SINCE. */
static struct tenant *open_tenant(struct fake_host *host, size_t count, size_t changed)
{
    struct tenant *tenant = tenant_new(host, count);
    for (size_t i = count - changed; i < count; i++)
        tenant->users[i].updated_ms = SINCE + (int64_t)(i - (count - changed)) * 10;
    return tenant;
}

static void expect_changed(const struct fake_host *host, const struct tenant *tenant,
                           size_t changed, size_t times)
{
    for (size_t i = tenant->count - changed; i < tenant->count; i++)
        ck_assert_msg(fixture_count_subject(host, tenant->users[i].id) >= 1 &&
                          fixture_count_subject(host, tenant->users[i].id) <= times,
                      "%s was committed %zu times", tenant->users[i].id,
                      fixture_count_subject(host, tenant->users[i].id));
}

/* No cursor ever passes a user whose record is not durable, and none moves back. */
static void expect_safe_cursors(const struct fake_host *host, const struct tenant *tenant)
{
    const struct fake_host_seen *seen = fake_host_see(host);
    json_t *durable = json_object();
    int64_t last = 0;
    for (size_t i = 0, next = 0; i < seen->commit_count; i++) {
        for (; next < seen->record_count && seen->records[next].commit == i; next++)
            json_object_set_new(durable, seen->records[next].subject, json_true());
        if (seen->commits[i].cursor[0] == '\0')
            continue;
        int64_t cursor = read_cursor(seen->commits[i].cursor);
        ck_assert_int_ge(cursor, last);
        ck_assert_int_le(cursor, NOW);
        last = cursor;
        for (size_t k = 0; k < tenant->count; k++) {
            int64_t ms = tenant->users[k].updated_ms;
            ck_assert_msg(ms < SINCE - 60000 || ms >= cursor ||
                              json_object_get(durable, tenant->users[k].id) != NULL,
                          "cursor %s passes %s", seen->commits[i].cursor, tenant->users[k].id);
        }
    }
    json_decref(durable);
}

START_TEST(changes_are_read_from_the_overlap_on)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = open_tenant(host, 5000, 30);
    tenant->users[0].updated_ms = SINCE - 60000; /* just inside the overlap */
    tenant->users[1].updated_ms = SINCE - 60001;
    fixture_run(host, TAJO_MODE_INCREMENTAL, CURSOR);
    const struct fake_host_seen *seen = fake_host_see(host);
    ck_assert_uint_eq(seen->record_count, 31);
    ck_assert_uint_eq(fixture_count_subject(host, tenant->users[0].id), 1);
    ck_assert_uint_eq(seen->request_count, 1);
    ck_assert_str_eq(seen->requests[0],
                     "GET /api/v2/users?page=0&per_page=100&include_totals=true&search_engine=v3"
                     "&sort=updated_at:1&q=updated_at:[2026-11-23T07:59:00.000Z TO *]");
    ck_assert_uint_eq(seen->commit_count, 1);
    ck_assert_uint_eq(seen->commits[0].flags, 0);
    ck_assert_int_eq(read_cursor(seen->cursor), NOW);
    fixture_run(host, TAJO_MODE_INCREMENTAL, NULL);
    ck_assert_uint_le(seen->request_count, 3);
    ck_assert_uint_eq(seen->record_count, 31);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

START_TEST(overlap_is_an_option)
{
    struct fake_host *host = fixture_open((const char *const[]){"overlap_seconds", "0", NULL});
    fake_host_expect_json(host, "*&q=updated_at:[2026-11-23T08:00:00.000Z TO *]", 200, "[]");
    fixture_run(host, TAJO_MODE_INCREMENTAL, CURSOR);
    fixture_close(host);
}
END_TEST

START_TEST(many_changes_commit_page_by_page)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = open_tenant(host, 3000, 2500);
    fixture_run(host, TAJO_MODE_INCREMENTAL, CURSOR);
    expect_changed(host, tenant, 2500, 1);
    expect_safe_cursors(host, tenant);
    ck_assert_uint_ge(fake_host_see(host)->commit_count, 25);
    ck_assert_uint_eq(tenant->jobs, 0);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

/* Clusters of one timestamp at random, in pages of several sizes. */
START_TEST(equal_times_lose_nobody)
{
    static const char *const sizes[] = {"1", "3", "20", "100"};
    struct fake_host *host = fixture_open((const char *const[]){"page_size", sizes[_i % 4], NULL});
    struct tenant *tenant = open_tenant(host, 300, 280);
    unsigned seed = (unsigned)_i;
    for (size_t i = 21; i < 300; i++)
        if (rand_r(&seed) % 10 < 7)
            tenant->users[i].updated_ms = tenant->users[i - 1].updated_ms;
    fixture_run(host, TAJO_MODE_INCREMENTAL, CURSOR);
    expect_changed(host, tenant, 280, 1);
    expect_safe_cursors(host, tenant);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

START_TEST(whole_pages_of_one_time_are_stepped)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = open_tenant(host, 1200, 1100);
    for (size_t i = 300; i < 1150; i++)
        tenant->users[i].updated_ms = tenant->users[300].updated_ms;
    fixture_run(host, TAJO_MODE_INCREMENTAL, CURSOR);
    expect_changed(host, tenant, 1100, 1);
    expect_safe_cursors(host, tenant);
    ck_assert_uint_eq(tenant->jobs, 0);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

START_TEST(crowd_of_one_time_is_exported)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = open_tenant(host, 2500, 2000);
    for (size_t i = 600; i < 2500; i++)
        tenant->users[i].updated_ms = tenant->users[600].updated_ms;
    fixture_run(host, TAJO_MODE_INCREMENTAL, CURSOR);
    fixture_expect_everybody(host, tenant, false);
    expect_safe_cursors(host, tenant);
    ck_assert_uint_eq(tenant->jobs, 1);
    ck_assert_uint_eq(fixture_last_commit(host)->flags, 0);
    ck_assert_int_eq(read_cursor(fake_host_see(host)->cursor), NOW);
    ck_assert(fixture_has_log(host, "share one updated_at"));
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

static size_t turn; /* of the tenant that changes while it is read */

static void change_meanwhile(struct tenant *tenant)
{
    size_t user = 100 + turn++ * 13 % 400;
    tenant->users[user].updated_ms = SINCE + 3600000 + (int64_t)turn * 1000;
    tenant->users[500 + turn].deleted = turn % 3 == 0;
}

START_TEST(tenant_may_change_meanwhile)
{
    struct fake_host *host = fixture_open(small_pages);
    struct tenant *tenant = open_tenant(host, 600, 500);
    turn = 0;
    tenant->after_search = change_meanwhile;
    fixture_run(host, TAJO_MODE_INCREMENTAL, CURSOR);
    for (size_t i = 100; i < 600; i++)
        ck_assert_msg(tenant->users[i].deleted ||
                          fixture_count_subject(host, tenant->users[i].id) >= 1,
                      "%s was lost", tenant->users[i].id);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

/* Dies at each commit in turn and goes on from the last durable cursor. */
START_TEST(killed_runs_resume)
{
    struct fake_host *host = fixture_open(small_pages);
    struct tenant *tenant = open_tenant(host, 220, 200);
    const struct fake_host_seen *seen = fake_host_see(host);
    fake_host_kill_at_commit(host, (uint64_t)_i / 2 + 1,
                             _i % 2 == 0 ? FAKE_KILL_BEFORE : FAKE_KILL_AFTER);
    ck_assert_int_eq(fake_host_run_mode(host, TAJO_MODE_INCREMENTAL, CURSOR), FAKE_KILLED);
    ck_assert_int_eq(fake_host_restart(host), TAJO_OK);
    fixture_run(host, TAJO_MODE_INCREMENTAL, seen->commit_count > 0 ? NULL : CURSOR);
    expect_changed(host, tenant, 200, 2);
    expect_safe_cursors(host, tenant);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

/* Every commit kills: each new run gets at least one page farther. */
START_TEST(runs_that_always_die_get_through)
{
    struct fake_host *host =
        fixture_open((const char *const[]){"page_size", "20", "overlap_seconds", "0", NULL});
    struct tenant *tenant = open_tenant(host, 220, 200);
    const struct fake_host_seen *seen = fake_host_see(host);
    for (int i = 0; i < 15; i++) {
        fake_host_kill_at_commit(host, 1, FAKE_KILL_AFTER);
        ck_assert_int_eq(
            fake_host_run_mode(host, TAJO_MODE_INCREMENTAL, seen->commit_count > 0 ? NULL : CURSOR),
            FAKE_KILLED);
        ck_assert_int_eq(fake_host_restart(host), TAJO_OK);
    }
    expect_changed(host, tenant, 200, 15);
    expect_safe_cursors(host, tenant);
    ck_assert_int_eq(read_cursor(seen->cursor), NOW);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

/* A time ahead of Auth0's clock must not carry the cursor past what is still to come. */
START_TEST(future_changes_do_not_carry_the_cursor)
{
    struct fake_host *host = fixture_open(small_pages);
    struct tenant *tenant = open_tenant(host, 100, 50);
    for (size_t i = 70; i < 100; i++)
        tenant->users[i].updated_ms = NOW + 86400000 * (int64_t)i;
    fixture_run(host, TAJO_MODE_INCREMENTAL, CURSOR);
    expect_changed(host, tenant, 50, 1);
    expect_safe_cursors(host, tenant);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

START_TEST(future_cursor_hides_nothing)
{
    static const char future[] = "{\"v\":1,\"updated_at\":\"2030-01-01T00:00:00.000Z\"}";
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = tenant_new(host, 10);
    tenant->users[3].updated_ms = NOW - 1000;
    fixture_run(host, TAJO_MODE_INCREMENTAL, future);
    ck_assert_uint_eq(fixture_count_subject(host, tenant->users[3].id), 1);
    ck_assert_str_eq(fake_host_see(host)->cursor, future); /* it does not move back either */
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

static const char *const bad_cursors[] = {
    "",
    "2026-11-23T08:00:00.000Z",
    "{\"v\":2,\"updated_at\":\"2026-11-23T08:00:00.000Z\"}",
    "{\"v\":1,\"updated_at\":\"yesterday\"}",
    "{\"v\":1}",
    "[]",
};

START_TEST(unreadable_cursor_reads_everybody)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = tenant_new(host, 120);
    fixture_run(host, TAJO_MODE_INCREMENTAL, bad_cursors[_i]);
    fixture_expect_everybody(host, tenant, false);
    ck_assert_uint_eq(fixture_last_commit(host)->flags, 0);
    ck_assert_int_eq(read_cursor(fake_host_see(host)->cursor), NOW);
    ck_assert(fixture_has_log(host, "reading everybody"));
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

/* The stored cursor may be older or newer than since_ms: either way it is not this run's. */
START_TEST(since_leaves_the_cursor)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = open_tenant(host, 3000, 2500);
    const struct tajo_run_request request = {
        .size = sizeof(request), .mode = TAJO_MODE_SINCE, .since_ms = SINCE};
    ck_assert_int_eq(fake_host_run(host, &request), TAJO_OK);
    const struct fake_host_seen *seen = fake_host_see(host);
    expect_changed(host, tenant, 2500, 1);
    ck_assert_uint_eq(seen->record_count, 2500);
    ck_assert_str_eq(seen->cursor, "");
    for (size_t i = 0; i < seen->commit_count; i++)
        ck_assert_uint_eq(seen->commits[i].flags, 0);
    ck_assert(strstr(seen->requests[0], "[2026-11-23T07:59:00.000Z TO *]") != NULL);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

START_TEST(since_before_time_began_is_the_beginning)
{
    struct fake_host *host = fixture_open(NULL);
    const struct tajo_run_request request = {
        .size = sizeof(request), .mode = TAJO_MODE_SINCE, .since_ms = 1000};
    fake_host_expect_json(host, "*&q=updated_at:[1970-01-01T00:00:00.000Z TO *]", 200, "[]");
    ck_assert_int_eq(fake_host_run(host, &request), TAJO_OK);
    fixture_close(host);
}
END_TEST

START_TEST(since_with_a_crowd_is_exported)
{
    struct fake_host *host = fixture_open(NULL);
    struct tenant *tenant = open_tenant(host, 1500, 1500);
    for (size_t i = 0; i < 1500; i++)
        tenant->users[i].updated_ms = SINCE;
    const struct tajo_run_request request = {
        .size = sizeof(request), .mode = TAJO_MODE_SINCE, .since_ms = SINCE};
    ck_assert_int_eq(fake_host_run(host, &request), TAJO_OK);
    fixture_expect_everybody(host, tenant, false);
    ck_assert_str_eq(fake_host_see(host)->cursor, "");
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

/* What was committed before the failure stays, and the next run goes on from there. */
START_TEST(failure_in_the_middle_keeps_its_cursor)
{
    struct fake_host *host = fixture_open((const char *const[]){"page_size", "2", NULL});
    fake_host_expect_json(host, "*", 200,
                          "{\"start\":0,\"limit\":2,\"total\":3,\"users\":["
                          "{\"user_id\":\"a|1\",\"updated_at\":\"2026-11-23T08:30:00.001Z\"},"
                          "{\"user_id\":\"a|2\",\"updated_at\":\"2026-11-23T08:30:00.002Z\"}]}");
    fake_host_expect_json(host, "*&q=updated_at:[2026-11-23T08:30:00.002Z TO *]", 503, "");
    ck_assert_int_eq(fake_host_run_mode(host, TAJO_MODE_INCREMENTAL, CURSOR), TAJO_E_TRANSIENT);
    ck_assert_str_eq(fake_host_see(host)->cursor,
                     "{\"v\":1,\"updated_at\":\"2026-11-23T08:30:00.002Z\"}");
    ck_assert_uint_eq(fake_host_see(host)->record_count, 2);
    fixture_close(host);
}
END_TEST

START_TEST(stop_keeps_what_is_committed)
{
    struct fake_host *host = fixture_open(small_pages);
    struct tenant *tenant = open_tenant(host, 220, 200);
    fake_host_stop_at_question(host, 4);
    ck_assert_int_eq(fake_host_run_mode(host, TAJO_MODE_INCREMENTAL, CURSOR), TAJO_E_STOPPED);
    expect_safe_cursors(host, tenant);
    ck_assert_uint_ge(fake_host_see(host)->record_count, 40);
    ck_assert_uint_eq(fake_host_see(host)->emitted_after_stop, 0);
    tenant_free(tenant);
    fixture_close(host);
}
END_TEST

int main(void)
{
    TCase *window = tcase_create("window"), *cursor = tcase_create("cursor");
    tcase_add_test(window, changes_are_read_from_the_overlap_on);
    tcase_add_test(window, overlap_is_an_option);
    tcase_add_test(window, many_changes_commit_page_by_page);
    tcase_add_loop_test(window, equal_times_lose_nobody, 0, 16);
    tcase_add_test(window, whole_pages_of_one_time_are_stepped);
    tcase_add_test(window, crowd_of_one_time_is_exported);
    tcase_add_test(window, tenant_may_change_meanwhile);
    tcase_add_loop_test(cursor, killed_runs_resume, 0, 20);
    tcase_add_test(cursor, runs_that_always_die_get_through);
    tcase_add_test(cursor, future_changes_do_not_carry_the_cursor);
    tcase_add_test(cursor, future_cursor_hides_nothing);
    tcase_add_loop_test(cursor, unreadable_cursor_reads_everybody, 0,
                        (int)(sizeof(bad_cursors) / sizeof(bad_cursors[0])));
    tcase_add_test(cursor, since_leaves_the_cursor);
    tcase_add_test(cursor, since_before_time_began_is_the_beginning);
    tcase_add_test(cursor, since_with_a_crowd_is_exported);
    tcase_add_test(cursor, failure_in_the_middle_keeps_its_cursor);
    tcase_add_test(cursor, stop_keeps_what_is_committed);
    TCase *cases[] = {window, cursor};
    return fixture_main("auth0-users: changes", cases, 2);
}
