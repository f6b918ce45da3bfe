/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables that other people's data could fill: nothing grows without bound.
 */
#include "fixture.h"

static char source[] = "auth0.users", stage[] = "map", reason[] = "invalid_email";

static void put_dead(struct store_tx *tx, int number, struct err_info *e)
{
    char subject[24];
    struct dead_row row = {.source = source, .stage = stage, .reason = reason, .at_ms = number};

    snprintf(subject, sizeof(subject), "u%d", number);
    row.subject = subject;
    ok(dead_put(tx, &row, e));
}

static void expect_dropped(struct store_tx *tx, int64_t newest, struct err_info *e)
{
    struct dead_row *rows = NULL;
    size_t listed = 0;
    int64_t count = 0;
    char *dropped = NULL;

    ok(dead_count(tx, &count, e));
    ck_assert_int_ge(count, DEAD_MAX);
    ck_assert_int_le(count, DEAD_MAX + 1000);
    ok(dead_list(tx, 1, &rows, &listed, e));
    ck_assert_int_eq(rows[0].at_ms, newest + 1 - count); /* the oldest went, nothing between */
    dead_list_free(rows, listed);
    ok(meta_get(tx, DEAD_DROPPED, &dropped, e));
    ck_assert_int_eq(strtoll(dropped, NULL, 10), newest + 1 - count);
    free(dropped);
}

STORE_TEST(the_newest_dead_letters_are_kept)
{
    char *dropped = NULL;

    for (int i = 0; i < DEAD_MAX; i++)
        put_dead(tx, i, e);
    ck_assert_int_eq(meta_get(tx, DEAD_DROPPED, &dropped, e), ERR_NOT_FOUND);
    for (int i = DEAD_MAX; i < DEAD_MAX + 1500; i++)
        put_dead(tx, i, e);
    expect_dropped(tx, DEAD_MAX + 1499, e);
    for (int i = DEAD_MAX + 1500; i < DEAD_MAX + 3000; i++)
        put_dead(tx, i, e);
    expect_dropped(tx, DEAD_MAX + 2999, e);
    return 0;
}

static int put_many_subjects(struct store_tx *tx, void *arg, struct err_info *e)
{
    const int *range = arg;
    char subject[24];
    int r = 0;

    for (int i = range[0]; i < range[1] && r == 0; i++) {
        snprintf(subject, sizeof(subject), "u%d", i);
        r = refresh_put(tx, source, subject, i, e);
    }
    return r;
}

static int read_some(struct store_tx *tx, void *arg, struct err_info *e)
{
    char **subjects = NULL;
    size_t count = 0;

    ok(refresh_list(tx, source, *(size_t *)arg, &subjects, &count, e));
    for (size_t i = 0; i < count; i++) {
        ok(refresh_delete(tx, source, subjects[i], e));
        free(subjects[i]);
    }
    free(subjects);
    return 0;
}

static int expect_waiting(struct store_tx *tx, void *arg, struct err_info *e)
{
    char **subjects = NULL;
    size_t count = 0;

    ok(refresh_list(tx, source, REFRESH_MAX + 1000, &subjects, &count, e));
    for (size_t i = 0; i < count; i++)
        free(subjects[i]);
    free(subjects);
    ck_assert_int_eq((int64_t)count, *(int64_t *)arg);
    return 0;
}

START_TEST(too_many_subjects_are_refused)
{
    struct err_info e = {0};
    int most[] = {0, REFRESH_MAX}, more[] = {REFRESH_MAX, REFRESH_MAX + 1001};
    int again[] = {0, 2000}, one[] = {REFRESH_MAX, REFRESH_MAX + 1};
    size_t room = 1500;
    int64_t waiting = 0;

    call(put_many_subjects, most);
    call(put_many_subjects, again); /* what waits already takes no room */
    ck_assert_int_eq(store_call(store, put_many_subjects, more, &e), ERR_LIMIT);
    ck_assert_ptr_nonnull(strstr(e.what, "200000 users wait"));
    /* Refused as a whole, and the next one at once. */
    ck_assert_int_eq(store_call(store, put_many_subjects, one, &e), ERR_LIMIT);
    waiting = REFRESH_MAX;
    call(expect_waiting, &waiting);
    call(read_some, &room);
    call(put_many_subjects, more);
}
END_TEST

STORE_TEST(tokens_of_old_secrets_go)
{
    char name[] = "secret-token";
    struct token_row row = {.token = name, .expires_ms = 100, .fetched_ms = 10};
    struct token_row back = {0};

    ok(token_put(tx, "auth0 old", &row, e));
    row.expires_ms = 101;
    ok(token_put(tx, "auth0-eu", &row, e));
    row.fetched_ms = 100;
    row.expires_ms = 190;
    ok(token_put(tx, "auth0 new", &row, e));
    ck_assert_int_eq(token_get(tx, "auth0 old", &back, e), ERR_NOT_FOUND);
    ok(token_get(tx, "auth0-eu", &back, e));
    token_clear(&back);
    ok(token_get(tx, "auth0 new", &back, e));
    token_clear(&back);
    return 0;
}

int main(void)
{
    TCase *tcase = tcase_create("bounds");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup_store, teardown_store);
    tcase_add_test(tcase, the_newest_dead_letters_are_kept);
    tcase_add_test(tcase, too_many_subjects_are_refused);
    tcase_add_test(tcase, tokens_of_old_secrets_go);
    return run_suite("bounds", tcase);
}
