/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#define NOW 1000

static struct contact_row contact_of(const char *email)
{
    return (struct contact_row){
        .email = mem_strdup(email), .pending = mem_strdup("{\"A\":1}"), .due_ms = 10, .rev = 1};
}

/* Puts and clears. */
static void put(struct store_tx *tx, struct contact_row *row)
{
    ok(contact_put(tx, row, NULL));
    contact_clear(row);
}

static void put_plain(struct store_tx *tx, const char *email, struct id_set lists)
{
    struct contact_row row = contact_of(email);
    row.lists_wanted = lists;
    put(tx, &row);
}

/* "count:lists:blocklist " of each group, "0" before the key 0. */
static void expect_groups(struct store_tx *tx, const char *expected)
{
    struct contact_group *groups = NULL;
    size_t count = 0;
    char text[256] = "";

    ok(contact_groups(tx, NOW, 16, &groups, &count, NULL));
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(text);
        ck_assert_int_ge(groups[i].key, 0);
        snprintf(text + len, sizeof(text) - len, "%s%lld:", groups[i].key ? "" : "0",
                 (long long)groups[i].count);
        for (size_t j = 0; j < groups[i].lists.count; j++) {
            len = strlen(text);
            snprintf(text + len, sizeof(text) - len, j ? ",%lld" : "%lld",
                     (long long)groups[i].lists.ids[j]);
        }
        strcat(text, groups[i].blocklist ? ":b " : ": ");
    }
    contact_groups_free(groups, count);
    ck_assert_str_eq(text, expected);
}

STORE_TEST(contact_round_trip)
{
    struct contact_row row = {0};
    struct contact_row back = {0};

    ck_assert_int_eq(contact_get(tx, "a@x", &back, e), ERR_NOT_FOUND);
    row.email = mem_strdup("a@x");
    row.known = 1;
    row.delivered = mem_alloc(16);
    memcpy(row.delivered, "\0\1bytes\0with\0nul", 16);
    row.delivered_len = 16;
    row.pending = mem_strdup("{\"VIP\":true}");
    row.lists_wanted = SET(1, 2);
    row.lists_delivered = SET(2);
    row.blocklist = 2;
    row.remove = 1;
    row.rename_from = mem_strdup("old@x");
    row.optout_from = mem_strdup("before@x");
    row.hold = mem_strdup("auth0");
    row.due_ms = 11;
    row.attempts = 3;
    row.rev = 12;
    row.batch = 13;
    row.batch_rev = 14;
    ok(contact_put(tx, &row, e));
    ok(contact_get(tx, "a@x", &back, e));
    ck_assert_str_eq(back.email, "a@x");
    ck_assert_int_eq(back.known, 1);
    ck_assert_uint_eq(back.delivered_len, 16);
    ck_assert_mem_eq(back.delivered, row.delivered, 16);
    ck_assert_str_eq(back.pending, row.pending);
    ck_assert(id_set_equal(&back.lists_wanted, &row.lists_wanted));
    ck_assert(id_set_equal(&back.lists_delivered, &row.lists_delivered));
    ck_assert_int_eq(back.blocklist, 2);
    ck_assert_int_eq(back.remove, 1);
    ck_assert_str_eq(back.rename_from, "old@x");
    ck_assert_str_eq(back.optout_from, "before@x");
    ck_assert_str_eq(back.hold, "auth0");
    ck_assert_int_eq(back.due_ms, 11);
    ck_assert_int_eq(back.attempts, 3);
    ck_assert_int_eq(back.rev, 12);
    ck_assert_int_eq(back.batch, 13);
    ck_assert_int_eq(back.batch_rev, 14);
    contact_clear(&back);
    contact_clear(&row);

    row.email = mem_strdup("a@x"); /* everything else empty: nothing of before stays */
    put(tx, &row);
    ok(contact_get(tx, "a@x", &back, e));
    ck_assert(!back.known && !back.delivered && !back.delivered_len && !back.pending);
    ck_assert(!back.rename_from && !back.optout_from && !back.hold && !back.remove &&
              !back.due_ms && !back.batch);
    ck_assert_uint_eq(back.lists_wanted.count + back.lists_delivered.count, 0);
    contact_clear(&back);
    ok(contact_delete(tx, "a@x", e));
    ck_assert_int_eq(contact_get(tx, "a@x", &back, e), ERR_NOT_FOUND);
    return 0;
}

STORE_TEST(groups_by_lists_and_blocklist)
{
    struct contact_row row = contact_of("f@x");

    (void)e;
    put_plain(tx, "a@x", SET(20, 21));
    put_plain(tx, "b@x", SET(21, 20));
    put_plain(tx, "c@x", SET(20, 21));
    put_plain(tx, "d@x", SET(20));
    row.lists_wanted = SET(20, 21, 22); /* 22 is there already: adds the same as the first three */
    row.lists_delivered = SET(22);
    row.blocklist = 2;
    put(tx, &row);
    row = contact_of("g@x");
    row.lists_wanted = SET(20, 21);
    row.blocklist = 1;
    put(tx, &row);
    row = contact_of("h@x");
    row.lists_wanted = SET(20);
    row.blocklist = 1;
    row.due_ms = 0; /* nothing to deliver */
    put(tx, &row);
    row = contact_of("i@x");
    row.due_ms = NOW + 1; /* later */
    put(tx, &row);
    row = contact_of("j@x");
    row.batch = 5; /* under way */
    put(tx, &row);
    struct contact_group *groups = NULL;
    size_t count = 0;
    ok(contact_groups(tx, NOW, 1, &groups, &count, e));
    ck_assert_uint_eq(count, 1);
    ck_assert_int_eq(groups[0].count, 4);
    ck_assert_int_eq(groups[0].blocklist, 0);
    ck_assert_uint_eq(groups[0].lists.count, 2);
    contact_groups_free(groups, count);
    ok(contact_groups(tx, NOW, 16, &groups, &count, e));
    ck_assert_uint_eq(count, 3);
    for (size_t i = 1; i < 3; i++) {
        ck_assert_int_eq(groups[i].count, 1);
        ck_assert_int_eq((int64_t)groups[i].lists.count, groups[i].blocklist ? 2 : 1);
        ck_assert_int_eq(groups[i].lists.ids[0], 20);
    }
    contact_groups_free(groups, count);
    return 0;
}

/* Brevo still has somebody else at the address. */
STORE_TEST(waits_until_the_address_is_left)
{
    struct contact_row row = contact_of("new@x");
    struct contact_totals totals;
    char *email = NULL;

    ck_assert_int_eq(contact_leaving(tx, "old@x", &email, e), ERR_NOT_FOUND);
    row.rename_from = mem_strdup("old@x");
    put(tx, &row);
    ok(contact_leaving(tx, "old@x", &email, e));
    ck_assert_str_eq(email, "new@x");
    free(email);
    row = contact_of("old@x");
    put(tx, &row);
    expect_groups(tx, "01:: ");

    row = contact_of("new@x"); /* put off: both wait */
    row.rename_from = mem_strdup("old@x");
    row.due_ms = NOW + 5;
    put(tx, &row);
    expect_groups(tx, "");
    ok(contact_totals(tx, NOW, &totals, e));
    ck_assert_int_eq(totals.pending, 2);
    ck_assert_int_eq(totals.next_due_ms, NOW + 5);

    row = contact_of("new@x"); /* a dead letter keeps nobody waiting */
    row.rename_from = mem_strdup("old@x");
    row.due_ms = 0;
    put(tx, &row);
    expect_groups(tx, "1:: ");
    return 0;
}

static void put_single(struct store_tx *tx, const char *email, int known, const char *pending)
{
    struct contact_row row = contact_of(email);

    row.known = known;
    free(row.pending);
    row.pending = mem_strdup(pending);
    put(tx, &row);
}

STORE_TEST(what_only_a_single_call_can_do)
{
    struct contact_row row = contact_of("rename@x");

    (void)e;
    row.rename_from = mem_strdup("old@x");
    put(tx, &row);
    row = contact_of("remove@x");
    row.remove = 1;
    put(tx, &row);
    row = contact_of("list@x");
    row.lists_wanted = SET(20);
    row.lists_delivered = SET(21);
    put(tx, &row);
    put_single(tx, "false@x", 1, "{\"A\":\"x\",\"VIP\":false}");
    put_single(tx, "broken@x", 1, "{\"VIP\":false");
    expect_groups(tx, "05:: ");
    put_single(tx, "new@x", 0, "{\"VIP\":false}");
    put_single(tx, "text@x", 1, "{\"A\":\"false\"}");
    put_single(tx, "true@x", 1, "{\"A\":true}");
    expect_groups(tx, "05:: 3:: ");
    row = contact_of("list@x"); /* a change moves it to another group */
    row.lists_wanted = SET(20);
    put(tx, &row);
    expect_groups(tx, "04:: 3:: 1:20: ");
    return 0;
}

STORE_TEST(held_rows_wait_for_their_source)
{
    struct contact_row row = contact_of("a@x");
    struct contact_totals totals;
    int64_t taken = -1;

    row.hold = mem_strdup("auth0.users");
    put(tx, &row);
    row = contact_of("b@x");
    row.hold = mem_strdup("auth0.roles");
    row.known = 1;
    row.due_ms = NOW + 77;
    put(tx, &row);
    row = contact_of("c@x");
    row.batch = 3;
    put(tx, &row);
    row = contact_of("d@x");
    row.due_ms = 0;
    row.known = 1;
    put(tx, &row);
    expect_groups(tx, "1:: ");
    ok(hold_set(tx, "auth0.users", e));
    expect_groups(tx, "");
    ok(contact_take(tx, 0, 1, NOW, 10, NULL, NULL, &taken, e));
    ck_assert_int_eq(taken, 0);
    ok(contact_totals(tx, NOW, &totals, e));
    ck_assert_int_eq(totals.known, 2);
    ck_assert_int_eq(totals.pending, 3);
    ck_assert_int_eq(totals.held, 1);
    ck_assert_int_eq(totals.fresh, 2);
    ck_assert_int_eq(totals.next_due_ms, NOW + 77);
    ok(hold_clear(tx, "auth0.users", e));
    expect_groups(tx, "1:: ");
    ok(contact_totals(tx, NOW, &totals, e));
    ck_assert_int_eq(totals.held, 0);
    ck_assert_int_eq(totals.next_due_ms, 10);
    return 0;
}

STORE_TEST(totals_of_nothing)
{
    struct contact_totals totals = {1, 1, 1, 1, 1};

    ok(contact_totals(tx, NOW, &totals, e));
    ck_assert_int_eq(totals.known + totals.pending + totals.held + totals.fresh, 0);
    ck_assert_int_eq(totals.next_due_ms, 0);
    return 0;
}

/* ---- batches ---- */

struct seen {
    char emails[256];
    int stop_at; /* refuse the nth */
    int calls;
};

static int note(void *arg, const struct contact_row *row)
{
    struct seen *seen = arg;

    seen->calls++;
    if (seen->calls == seen->stop_at)
        return 1;
    ck_assert_int_eq(row->batch_rev, row->rev);
    strcat(seen->emails, row->email);
    return 0;
}

static int64_t take(struct store_tx *tx, int64_t key, int64_t batch, size_t max, struct seen *seen)
{
    int64_t taken = -1;

    ok(contact_take(tx, key, batch, NOW, max, note, seen, &taken, NULL));
    return taken;
}

static void expect_batch(struct store_tx *tx, int64_t batch, const char *after, size_t max,
                         const char *expected)
{
    struct contact_row *rows = NULL;
    size_t count = 0;
    char text[64] = "";

    ok(contact_batch_rows(tx, batch, after, max, &rows, &count, NULL));
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(rows[i].batch, batch);
        strcat(text, rows[i].email);
    }
    contact_list_free(rows, count);
    ck_assert_str_eq(text, expected);
}

static int64_t only_key(struct store_tx *tx)
{
    struct contact_group *groups = NULL;
    size_t count = 0;

    ok(contact_groups(tx, NOW, 2, &groups, &count, NULL));
    ck_assert_uint_eq(count, 1);
    int64_t key = groups[0].key;
    contact_groups_free(groups, count);
    return key;
}

static void put_due(struct store_tx *tx, const char *email, int64_t due_ms, int64_t rev)
{
    struct contact_row row = contact_of(email);

    row.due_ms = due_ms;
    row.rev = rev;
    put(tx, &row);
}

STORE_TEST(take_a_batch_and_give_it_back)
{
    struct contact_row row = {0};

    put_due(tx, "d", 1, 7);
    put_due(tx, "a", 4, 8);
    put_due(tx, "c", 2, 9);
    put_due(tx, "b", 3, 9);
    put_due(tx, "later", NOW + 1, 9);
    int64_t key = only_key(tx);
    struct seen first = {.stop_at = 3};
    ck_assert_int_eq(take(tx, key, 41, 10, &first), 2); /* the third is left where it was */
    ck_assert_str_eq(first.emails, "dc");
    struct seen second = {0};
    ck_assert_int_eq(take(tx, key, 42, 1, &second), 1);
    ck_assert_str_eq(second.emails, "b");
    expect_groups(tx, "1:: ");
    expect_batch(tx, 41, NULL, 10, "cd");
    expect_batch(tx, 41, NULL, 1, "c");
    expect_batch(tx, 41, "c", 10, "d");
    expect_batch(tx, 42, NULL, 10, "b");
    expect_batch(tx, 43, NULL, 10, "");
    ok(contact_get(tx, "d", &row, e));
    ck_assert_int_eq(row.batch, 41);
    ck_assert_int_eq(row.batch_rev, 7);
    row.due_ms = 0; /* delivered */
    row.batch = 0;
    put(tx, &row);
    expect_batch(tx, 41, NULL, 10, "c");

    ok(contact_release_all(tx, e));
    expect_batch(tx, 41, NULL, 10, "");
    expect_groups(tx, "3:: ");
    ok(contact_get(tx, "b", &row, e));
    ck_assert_int_eq(row.batch, 0);
    ck_assert_int_eq(row.batch_rev, 0);
    contact_clear(&row);
    return 0;
}

STORE_TEST(pending_rows_in_order_of_address)
{
    struct contact_row row = contact_of("b");
    struct contact_row *rows = NULL;
    size_t count = 0;

    row.batch = 2;
    put(tx, &row);
    put_due(tx, "c", 1, 1);
    put_due(tx, "a", NOW + 5, 1);
    put_due(tx, "done", 0, 1);
    ok(contact_pending_rows(tx, 10, &rows, &count, e));
    ck_assert_uint_eq(count, 3);
    ck_assert_str_eq(rows[0].email, "a");
    ck_assert_str_eq(rows[1].email, "b");
    ck_assert_str_eq(rows[2].email, "c");
    contact_list_free(rows, count);
    ok(contact_pending_rows(tx, 2, &rows, &count, e));
    ck_assert_uint_eq(count, 2);
    contact_list_free(rows, count);
    return 0;
}

int main(void)
{
    TCase *tcase = tcase_create("contacts");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup_store, teardown_store);
    tcase_add_test(tcase, contact_round_trip);
    tcase_add_test(tcase, groups_by_lists_and_blocklist);
    tcase_add_test(tcase, waits_until_the_address_is_left);
    tcase_add_test(tcase, what_only_a_single_call_can_do);
    tcase_add_test(tcase, held_rows_wait_for_their_source);
    tcase_add_test(tcase, totals_of_nothing);
    tcase_add_test(tcase, take_a_batch_and_give_it_back);
    tcase_add_test(tcase, pending_rows_in_order_of_address);
    return run_suite("contacts", tcase);
}
