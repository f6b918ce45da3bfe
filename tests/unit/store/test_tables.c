/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <sqlite3.h>

static int count_rows(const char *sql)
{
    char path[96];
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;

    snprintf(path, sizeof(path), "%s/tajo.db", dir);
    ok(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL));
    ok(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL));
    ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
    int count = sqlite3_column_int(stmt, 0);
    sqlite3_finalize(stmt);
    ok(sqlite3_close(db));
    return count;
}

/* ---- person ---- */

static int put_person(struct store_tx *tx, const char *connector, const char *user,
                      const char *email, int64_t last_ms, int64_t created_ms, int64_t snapshot)
{
    char names[3][64];
    struct person_row row = {.last_ms = last_ms, .created_ms = created_ms, .snapshot = snapshot};

    snprintf(names[0], sizeof(names[0]), "%s", connector);
    snprintf(names[1], sizeof(names[1]), "%s", user);
    snprintf(names[2], sizeof(names[2]), "%s", email ? email : "");
    row.connector = names[0];
    row.user_id = names[1];
    row.email = email ? names[2] : NULL;
    return person_put(tx, &row, NULL);
}

STORE_TEST(person_round_trip)
{
    struct person_row row = {0};
    struct person_row back = {0};

    ck_assert_int_eq(person_get(tx, "auth0", "u1", &back, e), ERR_NOT_FOUND);
    ck_assert_int_eq(e->code, 0);
    row.connector = mem_strdup("auth0");
    row.user_id = mem_strdup("u1");
    row.email = mem_strdup("a@example.com");
    row.last_ms = 5;
    row.created_ms = -4;
    row.content_hash = UINT64_MAX - 1;
    row.snapshot = 7;
    row.lists = SET(21, 20, INT64_MAX);
    ok(person_put(tx, &row, e));
    ok(person_get(tx, "auth0", "u1", &back, e));
    ck_assert_ptr_null(back.former_email);
    ck_assert_str_eq(back.connector, "auth0");
    ck_assert_str_eq(back.user_id, "u1");
    ck_assert_str_eq(back.email, "a@example.com");
    ck_assert_int_eq(back.last_ms, 5);
    ck_assert_int_eq(back.created_ms, -4);
    ck_assert(back.content_hash == UINT64_MAX - 1);
    ck_assert_int_eq(back.snapshot, 7);
    ck_assert(id_set_equal(&back.lists, &row.lists));
    person_clear(&back);

    row.last_ms = 6; /* same address, then another, then none */
    ok(person_put(tx, &row, e));
    free(row.email);
    row.email = mem_strdup("b@example.com");
    ok(person_put(tx, &row, e));
    ok(person_get(tx, "auth0", "u1", &back, e));
    ck_assert_str_eq(back.email, "b@example.com");
    ck_assert_int_eq(back.last_ms, 6);
    person_clear(&back);
    free(row.email);
    row.email = NULL;
    row.former_email = mem_strdup("b@example.com");
    ok(person_put(tx, &row, e));
    ok(person_mark(tx, "auth0", "u1", 8, e));
    ok(person_get(tx, "auth0", "u1", &back, e));
    ck_assert_ptr_null(back.email);
    ck_assert_str_eq(back.former_email, "b@example.com");
    ck_assert_int_eq(back.snapshot, 8);
    person_clear(&back);
    free(row.former_email);
    row.former_email = NULL; /* the address is the same: none */
    ok(person_put(tx, &row, e));
    ok(person_get(tx, "auth0", "u1", &back, e));
    ck_assert_ptr_null(back.former_email);
    person_clear(&back);

    ok(person_delete(tx, "auth0", "u1", e));
    ck_assert_int_eq(person_get(tx, "auth0", "u1", &back, e), ERR_NOT_FOUND);
    person_clear(&row);
    return 0;
}

static int put_former(struct store_tx *tx, const char *user, char *former)
{
    struct person_row row = {.connector = "auth0", .user_id = (char *)(uintptr_t)user};

    row.former_email = former;
    return person_put(tx, &row, NULL);
}

static void check_former(struct store_tx *tx, const char *user, const char *expected)
{
    struct person_row row = {0};

    ok(person_get(tx, "auth0", user, &row, NULL));
    ck_assert_str_eq(row.former_email, expected);
    person_clear(&row);
}

STORE_TEST(opt_outs_follow_the_contact)
{
    struct contact_row row = {.email = "c@x", .optout_from = "a@x", .rev = 4};
    struct contact_row back = {0};
    struct person_row *rows = NULL;
    size_t count = 0;

    ok(put_former(tx, "u1", "a@x"));
    ok(put_former(tx, "u2", "a@x"));
    ok(put_former(tx, "u3", "b@x"));
    ok(contact_put(tx, &row, e));
    ok(optout_follow(tx, "a@x", "z@x", e));
    ok(optout_follow(tx, "nobody@x", "y@x", e));
    check_former(tx, "u1", "z@x");
    check_former(tx, "u2", "z@x");
    check_former(tx, "u3", "b@x");
    ok(contact_get(tx, "c@x", &back, e));
    ck_assert_str_eq(back.optout_from, "z@x");
    ck_assert_int_eq(back.rev, 4);
    contact_clear(&back);
    ok(person_unseen(tx, "auth0", 9, 10, &rows, &count, e));
    ck_assert_uint_eq(count, 3);
    ck_assert_str_eq(rows[2].former_email, "b@x");
    person_list_free(rows, count);
    return 0;
}

STORE_TEST(leader_comes_first)
{
    static const char *const expected[] = {"late", "old2", "old1", "eu"};
    struct person_row *rows = NULL;
    size_t count = 0;

    ok(put_person(tx, "auth0", "old1", "a@x", 10, 3, 1));
    ok(put_person(tx, "auth0", "old2", "a@x", 10, 3, 1));
    ok(put_person(tx, "a-eu", "eu", "a@x", 10, 3, 1));
    ok(put_person(tx, "a-eu", "late", "a@x", 11, 1, 1));
    ok(put_person(tx, "auth0", "new", "a@x", 10, 2, 1));
    ok(put_person(tx, "auth0", "other", "b@x", 99, 99, 1));
    ok(put_person(tx, "auth0", "none", NULL, 99, 99, 1));
    ok(person_by_email(tx, "a@x", 10, &rows, &count, e));
    ck_assert_uint_eq(count, 5);
    for (size_t i = 0; i < 4; i++)
        ck_assert_str_eq(rows[i].user_id, expected[i]);
    ck_assert_str_eq(rows[4].user_id, "new");
    person_list_free(rows, count);
    ok(person_by_email(tx, "a@x", 1, &rows, &count, e));
    ck_assert_uint_eq(count, 1);
    ck_assert_str_eq(rows[0].user_id, "late");
    person_list_free(rows, count);
    ok(person_by_email(tx, "nobody@x", 1, &rows, &count, e));
    ck_assert_uint_eq(count, 0);
    person_list_free(rows, count);
    return 0;
}

/* 10,000 persons: every tenth was not seen, another connector's never counts. */
static int put_many(struct store_tx *tx, void *arg, struct err_info *e)
{
    char user[32];

    (void)arg;
    (void)e;
    for (int i = 0; i < 10000; i++) {
        snprintf(user, sizeof(user), "u%d", i);
        ok(put_person(tx, "auth0", user, NULL, 0, 0, i % 10 == 3 ? 1 + i % 2 * 2 : 2));
    }
    ok(put_person(tx, "other", "x", NULL, 0, 0, 1));
    return 0;
}

struct pages {
    int64_t gone;
    size_t max;
    int drop;
};

static int read_page(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct pages *pages = arg;
    struct person_row *rows = NULL;
    size_t count = 0;

    ok(person_unseen(tx, "auth0", 2, pages->max, &rows, &count, e));
    ck_assert_uint_le(count, pages->max);
    for (size_t i = 0; i < count; i++) {
        ck_assert_str_eq(rows[i].connector, "auth0");
        ck_assert_int_ne(rows[i].snapshot, 2);
        if (pages->drop)
            ok(person_delete(tx, "auth0", rows[i].user_id, e));
    }
    pages->gone += (int64_t)count;
    person_list_free(rows, count);
    return count < pages->max;
}

START_TEST(unseen_page_by_page)
{
    struct pages pages = {.max = 64, .drop = 1};

    call(put_many, NULL);
    while (store_call(store, read_page, &pages, NULL) == 0)
        ;
    ck_assert_int_eq(pages.gone, 1000);
    pages.gone = 0;
    ck_assert_int_eq(store_call(store, read_page, &pages, NULL), 1);
    ck_assert_int_eq(pages.gone, 0);
}
END_TEST

/* Who was read but not dealt with is found again, wherever the last call stopped. */
START_TEST(unseen_forgets_nobody)
{
    struct pages once = {.max = 700};
    struct pages all = {.max = 2000};

    call(put_many, NULL);
    call(read_page, &once);
    ck_assert_int_eq(store_call(store, read_page, &all, NULL), 1);
    ck_assert_int_eq(once.gone, 700);
    ck_assert_int_eq(all.gone, 1000);
}
END_TEST

/* ---- an address stays as long as somebody has it ---- */

static int use_address(struct store_tx *tx, void *arg, struct err_info *e)
{
    char email[] = "a@x";
    struct contact_row contact = {.email = email};

    (void)arg;
    ok(put_person(tx, "auth0", "u1", "a@x", 0, 0, 1));
    ok(put_person(tx, "auth0", "u2", "a@x", 0, 0, 1));
    return contact_put(tx, &contact, e);
}

static int move_first(struct store_tx *tx, void *arg, struct err_info *e)
{
    (void)arg;
    (void)e;
    return put_person(tx, "auth0", "u1", "b@x", 0, 0, 1);
}

static int drop_second_and_contact(struct store_tx *tx, void *arg, struct err_info *e)
{
    (void)arg;
    ok(person_delete(tx, "auth0", "u2", e));
    return contact_delete(tx, "a@x", e);
}

static int clear_first(struct store_tx *tx, void *arg, struct err_info *e)
{
    (void)arg;
    (void)e;
    return put_person(tx, "auth0", "u1", NULL, 0, 0, 1);
}

START_TEST(addresses_go_with_their_last_user)
{
    call(use_address, NULL);
    ck_assert_int_eq(count_rows("SELECT count(*) FROM address"), 1);
    call(move_first, NULL);
    ck_assert_int_eq(count_rows("SELECT count(*) FROM address"), 2);
    call(drop_second_and_contact, NULL);
    ck_assert_int_eq(count_rows("SELECT count(*) FROM address WHERE email = 'a@x'"), 0);
    ck_assert_int_eq(count_rows("SELECT count(*) FROM address WHERE email = 'b@x'"), 1);
    call(clear_first, NULL);
    ck_assert_int_eq(count_rows("SELECT count(*) FROM address"), 0);
}
END_TEST

/* ---- the small tables ---- */

#define expect_text(call, text, expected)                                                          \
    do {                                                                                           \
        ck_assert_int_eq((call), 0);                                                               \
        ck_assert_str_eq((text), (expected));                                                      \
        free(text);                                                                                \
    } while (0)

STORE_TEST(phone_has_one_owner)
{
    char *email = NULL;

    ck_assert_int_eq(phone_owner(tx, "+491", &email, e), ERR_NOT_FOUND);
    ok(phone_put(tx, "+491", "a@x", e));
    ok(phone_put(tx, "+492", "a@x", e));
    ok(phone_put(tx, "+491", "b@x", e));
    expect_text(phone_owner(tx, "+491", &email, e), email, "b@x");
    ok(phone_delete_of(tx, "b@x", e));
    ck_assert_int_eq(phone_owner(tx, "+491", &email, e), ERR_NOT_FOUND);
    expect_text(phone_owner(tx, "+492", &email, e), email, "a@x");
    expect_text(phone_of(tx, "a@x", NULL, &email, e), email, "+492");
    ok(phone_put(tx, "+490", "a@x", e));
    expect_text(phone_of(tx, "a@x", NULL, &email, e), email, "+490");
    expect_text(phone_of(tx, "a@x", "+490", &email, e), email, "+492");
    ck_assert_int_eq(phone_of(tx, "a@x", "+492", &email, e), ERR_NOT_FOUND);
    ck_assert_int_eq(phone_of(tx, "b@x", NULL, &email, e), ERR_NOT_FOUND);
    ok(phone_delete(tx, "+490", e));
    ck_assert_int_eq(phone_owner(tx, "+490", &email, e), ERR_NOT_FOUND);
    return 0;
}

STORE_TEST(phone_waits_for_the_leader)
{
    char *email = NULL;

    ok(put_person(tx, "auth0", "a", "a@x", 1, 0, 1));
    ok(put_person(tx, "auth0", "b", "b@x", 2, 0, 1));
    ck_assert_int_eq(phone_next(tx, "+491", &email, e), ERR_NOT_FOUND);
    ok(phone_wait(tx, "+491", "a@x", e));
    ok(phone_wait(tx, "+499", "b@x", e));
    ok(phone_wait(tx, "+491", "b@x", e)); /* waits for one only */
    expect_text(phone_next(tx, "+491", &email, e), email, "b@x");
    ck_assert_int_eq(phone_next(tx, "+499", &email, e), ERR_NOT_FOUND);
    ok(phone_wait_delete(tx, "b@x", e));
    expect_text(phone_next(tx, "+491", &email, e), email, "a@x");
    return 0;
}

STORE_TEST(hold_is_set_and_cleared)
{
    int held = -1;

    ok(hold_get(tx, "auth0.users", &held, e));
    ck_assert_int_eq(held, 0);
    ok(hold_set(tx, "auth0.users", e));
    ok(hold_set(tx, "auth0.users", e));
    ok(hold_get(tx, "auth0.users", &held, e));
    ck_assert_int_eq(held, 1);
    ok(hold_clear(tx, "auth0.users", e));
    ok(hold_get(tx, "auth0.users", &held, e));
    ck_assert_int_eq(held, 0);
    return 0;
}

STORE_TEST(cursor_keeps_the_previous_value)
{
    char *value = NULL;

    ck_assert_int_eq(cursor_get(tx, "auth0.users", &value, e), ERR_NOT_FOUND);
    ok(cursor_put(tx, "auth0.users", "one and more", 3, e));
    ck_assert_int_eq(cursor_get_previous(tx, "auth0.users", &value, e), ERR_NOT_FOUND);
    ok(cursor_put(tx, "auth0.users", "two", 3, e));
    ok(cursor_put(tx, "auth0.users", "two", 3, e)); /* the same again moves nothing */
    expect_text(cursor_get(tx, "auth0.users", &value, e), value, "two");
    expect_text(cursor_get_previous(tx, "auth0.users", &value, e), value, "one");
    ok(cursor_put(tx, "auth0.users", NULL, 0, e));
    expect_text(cursor_get(tx, "auth0.users", &value, e), value, "");
    ok(cursor_delete(tx, "auth0.users", e));
    ck_assert_int_eq(cursor_get(tx, "auth0.users", &value, e), ERR_NOT_FOUND);
    return 0;
}

STORE_TEST(token_round_trip)
{
    char name[] = "secret-token";
    char scopes[] = "read:users read:roles";
    struct token_row row = {.token = name, .scopes = scopes, .expires_ms = 9, .fetched_ms = 8};
    struct token_row back = {0};

    ck_assert_int_eq(token_get(tx, "auth0", &back, e), ERR_NOT_FOUND);
    ok(token_put(tx, "auth0", &row, e));
    ok(token_get(tx, "auth0", &back, e));
    ck_assert_str_eq(back.token, name);
    ck_assert_str_eq(back.scopes, scopes);
    ck_assert_int_eq(back.expires_ms, 9);
    ck_assert_int_eq(back.fetched_ms, 8);
    token_clear(&back);
    row.scopes = NULL;
    row.expires_ms = 10;
    ok(token_put(tx, "auth0", &row, e));
    ok(token_get(tx, "auth0", &back, e));
    ck_assert_str_eq(back.scopes, "");
    ck_assert_int_eq(back.expires_ms, 10);
    token_clear(&back);
    ok(token_delete(tx, "auth0", e));
    ck_assert_int_eq(token_get(tx, "auth0", &back, e), ERR_NOT_FOUND);
    return 0;
}

static int meta_first(struct store_tx *tx, void *arg, struct err_info *e)
{
    char *value = NULL;

    (void)arg;
    ck_assert_int_eq(meta_get(tx, "k", &value, e), ERR_NOT_FOUND);
    ok(meta_put(tx, "k", "v1", e));
    return meta_put(tx, "k", "v2 \xc3\xa4", e);
}

static int meta_second(struct store_tx *tx, void *arg, struct err_info *e)
{
    char *value = NULL;

    (void)arg;
    expect_text(meta_get(tx, "k", &value, e), value, "v2 \xc3\xa4");
    ok(meta_delete(tx, "k", e));
    ck_assert_int_eq(meta_get(tx, "k", &value, e), ERR_NOT_FOUND);
    return 0;
}

START_TEST(meta_survives_a_restart)
{
    call(meta_first, NULL);
    reopen_store();
    call(meta_second, NULL);
}
END_TEST

/* ---- run ---- */

STORE_TEST(run_history)
{
    struct run_row row = {0};
    int64_t full = 0;
    int64_t next = 0;

    ck_assert_int_eq(run_last(tx, "auth0.users", NULL, 0, &row, e), ERR_NOT_FOUND);
    ok(run_begin(tx, "auth0.users", "full", 100, &full, e));
    ck_assert_int_eq(run_last(tx, "auth0.users", NULL, 0, &row, e), ERR_NOT_FOUND);
    ok(run_end(tx, full, 200, "done", "{\"read\":3}", NULL, e));
    ok(run_begin(tx, "auth0.users", "incremental", 300, &next, e));
    ck_assert_int_gt(next, full);
    ok(run_end(tx, next, 400, "failed", NULL, "the token was refused", e));
    ok(run_last(tx, "auth0.users", NULL, 0, &row, e));
    ck_assert_int_eq(row.id, next);
    ck_assert_str_eq(row.mode, "incremental");
    ck_assert_str_eq(row.result, "failed");
    ck_assert_ptr_null(row.counters);
    ck_assert_str_eq(row.error, "the token was refused");
    run_clear(&row);
    ok(run_last(tx, "auth0.users", NULL, 1, &row, e));
    ck_assert_int_eq(row.id, full);
    ck_assert_str_eq(row.source, "auth0.users");
    ck_assert_int_eq(row.started_ms, 100);
    ck_assert_int_eq(row.ended_ms, 200);
    ck_assert_str_eq(row.counters, "{\"read\":3}");
    ck_assert_ptr_null(row.error);
    run_clear(&row);
    ck_assert_int_eq(run_last(tx, "auth0.users", "incremental", 1, &row, e), ERR_NOT_FOUND);
    ck_assert_int_eq(run_last(tx, "auth0.roles", NULL, 0, &row, e), ERR_NOT_FOUND);
    return 0;
}

static int run_often(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct run_row row = {0};
    int64_t full = 0;
    int64_t roles = 0;
    int64_t first_roles = 0;
    int64_t id = 0;

    (void)arg;
    ok(run_begin(tx, "auth0.roles", "full", 1, &first_roles, e));
    ok(run_begin(tx, "auth0.users", "full", 1, &full, e));
    ok(run_end(tx, full, 2, "done", "{}", NULL, e));
    for (int i = 0; i < 1100; i++) {
        ok(run_begin(tx, "auth0.users", "incremental", 10 + i, &id, e));
        ok(run_end(tx, id, 11 + i, i == 50 ? "since" : "failed", "{}", NULL, e));
    }
    /* the last good full run decides about the next one: it stays */
    ok(run_last(tx, "auth0.users", "full", 1, &row, e));
    ck_assert_int_eq(row.id, full);
    run_clear(&row);
    ok(run_begin(tx, "auth0.roles", "full", 1, &roles, e));
    ok(run_end(tx, first_roles, 5, "done", "{}", NULL, e));
    ok(run_last(tx, "auth0.roles", NULL, 0, &row, e)); /* other sources have their own count */
    ck_assert_int_eq(row.id, first_roles);
    run_clear(&row);
    return 0;
}

START_TEST(run_history_is_pruned)
{
    call(run_often, NULL);
    /* the good full run is the odd one */
    ck_assert_int_eq(count_rows("SELECT count(*) FROM run WHERE source = 'auth0.users'"), 1001);
}
END_TEST

/* ---- refresh ---- */

static void expect_subjects(struct store_tx *tx, size_t max, const char *expected)
{
    char **subjects = NULL;
    size_t count = 0;
    char text[128] = "";

    ok(refresh_list(tx, "auth0.users", max, &subjects, &count, NULL));
    for (size_t i = 0; i < count; i++) {
        strcat(text, subjects[i]);
        free(subjects[i]);
    }
    free(subjects);
    ck_assert_str_eq(text, expected);
}

STORE_TEST(refresh_oldest_first)
{
    ok(refresh_put(tx, "auth0.users", "c", 30, e));
    ok(refresh_put(tx, "auth0.users", "b", 20, e));
    ok(refresh_put(tx, "auth0.users", "a", 30, e));
    ok(refresh_put(tx, "auth0.users", "b", 90, e)); /* keeps its place */
    ok(refresh_put(tx, "auth0-eu.users", "x", 1, e));
    expect_subjects(tx, 10, "bca");
    expect_subjects(tx, 2, "bc");
    ok(refresh_delete(tx, "auth0.users", "b", e));
    ok(refresh_delete(tx, "auth0.users", "nobody", e));
    expect_subjects(tx, 10, "ca");
    return 0;
}

STORE_TEST(refresh_put_again_while_read_stays)
{
    ok(refresh_put(tx, "auth0.users", "a", 10, e));
    expect_subjects(tx, 10, "a");
    ok(refresh_put(tx, "auth0.users", "a", 20, e));
    ok(refresh_delete(tx, "auth0.users", "a", e));
    expect_subjects(tx, 10, "a");
    ok(refresh_delete(tx, "auth0.users", "a", e));
    expect_subjects(tx, 10, "");
    ok(refresh_put(tx, "auth0.users", "never listed", 30, e));
    ok(refresh_put(tx, "auth0.users", "never listed", 31, e));
    ok(refresh_delete(tx, "auth0.users", "never listed", e));
    expect_subjects(tx, 10, "");
    return 0;
}

/* One that cannot be read must not hold back those that were listed with it. */
STORE_TEST(refresh_that_failed_is_listed_alone)
{
    int attempts = 0;

    for (const char *c = "a\0b\0c\0"; *c != '\0'; c += 2)
        ok(refresh_put(tx, "auth0.users", c, *c, e));
    expect_subjects(tx, 10, "abc");
    ok(refresh_failed(tx, "auth0.users", "a", &attempts, e));
    ck_assert_int_eq(attempts, 1);
    ok(refresh_failed(tx, "auth0.users", "b", &attempts, e));
    ok(refresh_failed(tx, "auth0.users", "a", &attempts, e));
    ck_assert_int_eq(attempts, 2);
    expect_subjects(tx, 10, "c");
    ok(refresh_delete(tx, "auth0.users", "c", e));
    expect_subjects(tx, 10, "b");
    ok(refresh_delete(tx, "auth0.users", "b", e));
    expect_subjects(tx, 10, "a");
    /* Asked for again: a new matter. */
    ok(refresh_put(tx, "auth0.users", "a", 5, e));
    ok(refresh_delete(tx, "auth0.users", "a", e));
    ok(refresh_put(tx, "auth0.users", "d", 6, e));
    expect_subjects(tx, 10, "da");
    ck_assert_int_eq(refresh_failed(tx, "auth0.users", "z", &attempts, e), ERR_NOT_FOUND);
    ck_assert_int_eq(attempts, 2);
    return 0;
}

/* ---- dead ---- */

STORE_TEST(dead_has_one_row_a_subject)
{
    char texts[6][32] = {"auth0.users", "map", "u1", "invalid_email", "what happened", "{}"};
    char later[] = "blocked";
    struct dead_row row = {.source = texts[0],
                           .stage = texts[1],
                           .subject = texts[2],
                           .reason = texts[3],
                           .detail = texts[4],
                           .payload = texts[5],
                           .at_ms = 5};
    struct dead_row *rows = NULL;
    size_t count = 0;
    int64_t number = -1;

    ok(dead_put(tx, &row, e));
    row.subject = later;
    ok(dead_put(tx, &row, e));
    row.subject = texts[2];
    row.reason = later;
    row.payload = NULL;
    row.at_ms = 6;
    ok(dead_put(tx, &row, e));
    ok(dead_count(tx, &number, e));
    ck_assert_int_eq(number, 2);
    ok(dead_list(tx, 10, &rows, &count, e));
    ck_assert_uint_eq(count, 2);
    ck_assert_int_lt(rows[0].id, rows[1].id);
    ck_assert_str_eq(rows[0].source, "auth0.users");
    ck_assert_str_eq(rows[0].stage, "map");
    ck_assert_str_eq(rows[0].subject, "u1");
    ck_assert_str_eq(rows[0].reason, "blocked");
    ck_assert_str_eq(rows[0].detail, "what happened");
    ck_assert_ptr_null(rows[0].payload);
    ck_assert_int_eq(rows[0].at_ms, 6);
    ck_assert_str_eq(rows[1].payload, "{}");
    dead_list_free(rows, count);
    ok(dead_list(tx, 1, &rows, &count, e));
    ck_assert_uint_eq(count, 1);
    dead_list_free(rows, count);
    ok(dead_delete(tx, "auth0.users", "map", "u1", e));
    ok(dead_delete(tx, "brevo", "deliver", "blocked", e));
    ok(dead_count(tx, &number, e));
    ck_assert_int_eq(number, 1);
    return 0;
}

int main(void)
{
    TCase *tcase = tcase_create("tables");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup_store, teardown_store);
    tcase_add_test(tcase, person_round_trip);
    tcase_add_test(tcase, opt_outs_follow_the_contact);
    tcase_add_test(tcase, leader_comes_first);
    tcase_add_test(tcase, unseen_page_by_page);
    tcase_add_test(tcase, unseen_forgets_nobody);
    tcase_add_test(tcase, addresses_go_with_their_last_user);
    tcase_add_test(tcase, phone_has_one_owner);
    tcase_add_test(tcase, phone_waits_for_the_leader);
    tcase_add_test(tcase, hold_is_set_and_cleared);
    tcase_add_test(tcase, cursor_keeps_the_previous_value);
    tcase_add_test(tcase, token_round_trip);
    tcase_add_test(tcase, meta_survives_a_restart);
    tcase_add_test(tcase, run_history);
    tcase_add_test(tcase, run_history_is_pruned);
    tcase_add_test(tcase, refresh_oldest_first);
    tcase_add_test(tcase, refresh_put_again_while_read_stays);
    tcase_add_test(tcase, refresh_that_failed_is_listed_alone);

    tcase_add_test(tcase, dead_has_one_row_a_subject);
    return run_suite("tables", tcase);
}
