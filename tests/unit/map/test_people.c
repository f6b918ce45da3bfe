/* SPDX-License-Identifier: Apache-2.0
 *
 * One person and its contact; several persons of one address; leaving and coming back.
 */
#include "unit/map/people_fixture.h"

#define JANE "{\"FIRSTNAME\":\"Jane\"}"
#define JOAN "{\"FIRSTNAME\":\"Joan\"}"

PEOPLE_TEST(new_person_is_due)
{
    APPLY(f, "1", "a@x.co", JANE, 5, .lists = {20, 21}, .invalid_phones = 1);
    const struct contact_row *row = contact(f, "a@x.co");
    ck_assert_str_eq(row->pending, JANE);
    ck_assert(!row->known);
    ck_assert_int_eq(row->due_ms, NOW);
    ck_assert_int_eq(row->rev, 1);
    ck_assert_ptr_null(row->hold);
    check_lists(f, "a@x.co", "20,21");
    ck_assert_uint_eq(f->counts.emitted, 1);
    ck_assert_uint_eq(f->counts.changed, 1);
    ck_assert_uint_eq(f->counts.unchanged, 0);
    ck_assert_uint_eq(f->counts.losses[LOSS_INVALID_PHONE], 1);
}

PEOPLE_TEST(same_person_again_changes_nothing)
{
    APPLY(f, "1", "a@x.co", JANE, 5, .lists = {20});
    APPLY(f, "1", "a@x.co", JANE, 5, .lists = {20});
    ck_assert_int_eq(contact(f, "a@x.co")->rev, 1);
    ck_assert_uint_eq(f->counts.emitted, 2);
    ck_assert_uint_eq(f->counts.changed, 1);
    ck_assert_uint_eq(f->counts.unchanged, 1);
    /* A login alone is a change of the order, not of the contact. */
    APPLY(f, "1", "a@x.co", JANE, 6, .lists = {20});
    ck_assert_int_eq(contact(f, "a@x.co")->rev, 1);
    ck_assert_uint_eq(f->counts.unchanged, 2);
}

PEOPLE_TEST(only_the_difference_is_pending)
{
    struct contact_row *row;
    APPLY(f, "1", "a@x.co", "{\"CITY\":\"Ulm\",\"FIRSTNAME\":\"Jane\"}", .lists = {20});
    deliver(f, "a@x.co");
    row = contact(f, "a@x.co");
    row->attempts = 3;
    ck_assert_int_eq(contact_put(f->tx, row, NULL), 0);
    APPLY(f, "1", "a@x.co", "{\"CITY\":\"Bonn\",\"FIRSTNAME\":\"Jane\"}", .lists = {20});
    check_pending(f, "a@x.co", "{\"CITY\":\"Bonn\"}");
    ck_assert_int_eq(f->contact.due_ms, NOW);
    ck_assert_int_eq(f->contact.attempts, 0);
    ck_assert_int_eq(f->contact.rev, 2);
    APPLY(f, "1", "a@x.co", "{\"CITY\":\"Ulm\",\"FIRSTNAME\":\"Jane\"}", .lists = {20});
    check_pending(f, "a@x.co", NULL);
    ck_assert_int_eq(f->contact.due_ms, 0);
    ck_assert_int_eq(f->contact.rev, 3);
    APPLY(f, "1", "a@x.co", "{\"FIRSTNAME\":\"Jane\"}", .lists = {21});
    check_pending(f, "a@x.co", NULL);
    check_lists(f, "a@x.co", "21");
    ck_assert_int_eq(f->contact.due_ms, NOW);
}

PEOPLE_TEST(changed_wish_is_tried_at_once)
{
    struct contact_row *row;
    APPLY(f, "1", "a@x.co", JANE);
    row = contact(f, "a@x.co");
    row->attempts = 4;
    row->due_ms = NOW + 5000;
    ck_assert_int_eq(contact_put(f->tx, row, NULL), 0);
    APPLY(f, "1", "a@x.co", JANE, 9);
    ck_assert_int_eq(contact(f, "a@x.co")->due_ms, NOW + 5000);
    APPLY(f, "1", "a@x.co", JOAN, 9);
    ck_assert_int_eq(contact(f, "a@x.co")->due_ms, NOW);
    ck_assert_int_eq(f->contact.attempts, 0);
}

PEOPLE_TEST(wish_that_goes_back_while_the_new_one_is_under_way)
{
    APPLY(f, "1", "a@x.co", "{\"FIRSTNAME\":\"1\",\"CITY\":\"C\"}");
    deliver(f, "a@x.co");
    APPLY(f, "1", "a@x.co", "{\"FIRSTNAME\":\"2\",\"CITY\":\"C\"}");
    send_off(f, "a@x.co");
    int64_t rev = f->contact.rev;
    /* What is not under way does not become so. */
    APPLY(f, "1", "a@x.co", "{\"FIRSTNAME\":\"2\",\"CITY\":\"C\"}", 5);
    check_pending(f, "a@x.co", "{\"FIRSTNAME\":\"2\"}");
    ck_assert_int_eq(f->contact.rev, rev);
    APPLY(f, "1", "a@x.co", "{\"FIRSTNAME\":\"1\",\"CITY\":\"C\"}", 5);
    check_pending(f, "a@x.co", "{\"FIRSTNAME\":\"1\"}");
    ck_assert_int_eq(f->contact.rev, rev + 1);
    ck_assert_int_ne(f->contact.due_ms, 0);
}

PEOPLE_TEST(wish_that_is_withdrawn_and_goes_back_while_under_way)
{
    APPLY(f, "1", "a@x.co", "{\"FIRSTNAME\":\"1\"}");
    deliver(f, "a@x.co");
    APPLY(f, "1", "a@x.co", "{\"FIRSTNAME\":\"2\"}");
    send_off(f, "a@x.co");
    APPLY(f, "1", "a@x.co", NULL);
    check_pending(f, "a@x.co", NULL);
    APPLY(f, "1", "a@x.co", "{\"FIRSTNAME\":\"1\"}");
    check_pending(f, "a@x.co", "{\"FIRSTNAME\":\"1\"}");
    ck_assert_int_ne(f->contact.due_ms, 0);
}

PEOPLE_TEST(pending_is_merged_by_name)
{
    struct contact_row *row;
    APPLY(f, "1", "a@x.co", "{\"CITY\":\"Ulm\",\"FIRSTNAME\":\"Jane\"}");
    row = contact(f, "a@x.co");
    free(row->pending);
    row->pending = mem_strdup("{\"CITY\":\"Ulm\",\"FIRSTNAME\":\"Jane\",\"ROLES\":\"admin\"}");
    ck_assert_int_eq(contact_put(f->tx, row, NULL), 0);
    /* CITY is the mapping's and gone at the source; ROLES is another's and stays. */
    APPLY(f, "1", "a@x.co", JOAN);
    check_pending(f, "a@x.co", "{\"FIRSTNAME\":\"Joan\",\"ROLES\":\"admin\"}");
    row = contact(f, "a@x.co");
    free(row->pending);
    row->pending = mem_strdup("not JSON");
    ck_assert_int_eq(contact_put(f->tx, row, NULL), 0);
    APPLY(f, "1", "a@x.co", JANE);
    check_pending(f, "a@x.co", JANE);
}

PEOPLE_TEST(new_leader_brings_its_own)
{
    struct contact_row *row;
    APPLY(f, "1", "a@x.co", JANE, 5);
    row = contact(f, "a@x.co");
    free(row->pending);
    row->pending = mem_strdup("{\"FIRSTNAME\":\"Jane\",\"ROLES\":\"admin\"}");
    ck_assert_int_eq(contact_put(f->tx, row, NULL), 0);
    /* What still waits for another person, from whatever source, is not this one's. */
    APPLY(f, "2", "a@x.co", JOAN, 6);
    check_pending(f, "a@x.co", JOAN);
}

PEOPLE_TEST(latest_login_leads)
{
    APPLY(f, "1", "a@x.co", JANE, 5, .lists = {20});
    APPLY(f, "2", "a@x.co", JOAN, 4, .lists = {21});
    check_pending(f, "a@x.co", JANE);
    check_lists(f, "a@x.co", "20,21");
    APPLY(f, "2", "a@x.co", "{\"CITY\":\"Ulm\"}", 6, .lists = {22});
    check_pending(f, "a@x.co", "{\"CITY\":\"Ulm\"}");
    check_lists(f, "a@x.co", "20,22");
    ck_assert(!refreshed(f, "auth0.users", "1"));
}

PEOPLE_TEST(ties_are_broken_by_creation_connector_id)
{
    APPLY(f, "1", "a@x.co", JANE, 5, 7);
    APPLY(f, "2", "a@x.co", JOAN, 5, 6);
    check_pending(f, "a@x.co", JANE);
    APPLY(f, "0", "a@x.co", JOAN, 5, 7);
    check_pending(f, "a@x.co", JANE);
    APPLY(f, "3", "a@x.co", JOAN, 5, 7);
    check_pending(f, "a@x.co", JOAN);
    f->context.connector = "auth0-eu";
    APPLY(f, "0", "a@x.co", "{\"CITY\":\"Ulm\"}", 5, 7);
    check_pending(f, "a@x.co", "{\"CITY\":\"Ulm\"}");
}

PEOPLE_TEST(next_leader_is_read_again)
{
    APPLY(f, "1", "a@x.co", JANE, 5, .lists = {20});
    APPLY(f, "2", "a@x.co", JOAN, 6, .lists = {21});
    gone(f, "2");
    check_pending(f, "a@x.co", NULL);
    check_lists(f, "a@x.co", "20");
    ck_assert_int_eq(f->contact.due_ms, NOW);
    ck_assert(refreshed(f, "auth0.users", "1"));
    /* Unchanged at the platform, and applied all the same. */
    APPLY(f, "1", "a@x.co", JANE, 5, .lists = {20});
    check_pending(f, "a@x.co", JANE);
    gone(f, "unknown");
    ck_assert_uint_eq(f->counts.gone, 1);
}

PEOPLE_TEST(leader_that_falls_back_hands_over)
{
    f->context.connector = "auth0-eu";
    f->context.source = "auth0-eu.users";
    APPLY(f, "1", "a@x.co", JANE, 5);
    f->context.connector = "auth0";
    f->context.source = "auth0.users";
    APPLY(f, "2", "a@x.co", JOAN, 6);
    APPLY(f, "2", "a@x.co", JOAN, 4);
    check_pending(f, "a@x.co", NULL);
    ck_assert(refreshed(f, "auth0-eu.users", "1"));
    ck_assert(!refreshed(f, "auth0.users", "2"));
}

PEOPLE_TEST(follower_that_leaves_takes_its_lists)
{
    APPLY(f, "1", "a@x.co", JANE, 5, .lists = {20});
    APPLY(f, "2", "a@x.co", JOAN, 4, .lists = {21});
    gone(f, "2");
    check_pending(f, "a@x.co", JANE);
    check_lists(f, "a@x.co", "20");
    ck_assert(!refreshed(f, "auth0.users", "1"));
}

PEOPLE_TEST(contact_that_was_lost_is_built_again)
{
    APPLY(f, "1", "a@x.co", JANE, 5, .lists = {20});
    ck_assert_int_eq(contact_delete(f->tx, "a@x.co", NULL), 0);
    APPLY(f, "2", "a@x.co", JOAN, 4, .lists = {21});
    check_pending(f, "a@x.co", NULL);
    check_lists(f, "a@x.co", "20,21");
    ck_assert(refreshed(f, "auth0.users", "1"));
    gone(f, "1");
    gone(f, "2");
    ck_assert_ptr_null(contact(f, "a@x.co"));
}

PEOPLE_TEST(skipped_persons_are_known_without_address)
{
    struct person_row row = {0};
    for (int i = SKIP_NO_EMAIL; i < SKIP_COUNT; i++) {
        APPLY(f, "1", "a@x.co", .skip = (enum mapping_skip)i);
        ck_assert_ptr_null(contact(f, "a@x.co"));
        APPLY(f, "1", "a@x.co", .skip = (enum mapping_skip)i);
        ck_assert_uint_eq(f->counts.skipped[i], 2);
    }
    ck_assert_int_eq(person_get(f->tx, "auth0", "1", &row, NULL), 0);
    ck_assert_ptr_null(row.email);
    person_clear(&row);
    ck_assert_uint_eq(f->counts.emitted + f->counts.unchanged + f->counts.changed, 0);
    gone(f, "1");
    ck_assert_uint_eq(f->counts.gone, 1);
}

static void leave_with(struct fixture *f, enum people_delete behavior)
{
    f->context.delete_behavior = behavior;
    APPLY(f, "1", "a@x.co", JANE, .lists = {20, 21});
    deliver(f, "a@x.co");
    APPLY(f, "1", "a@x.co", JOAN, .lists = {20, 21});
    gone(f, "1");
}

PEOPLE_TEST(gone_and_kept)
{
    leave_with(f, PEOPLE_KEEP);
    check_lists(f, "a@x.co", "20,21");
    ck_assert_ptr_null(f->contact.pending);
    ck_assert_int_eq(f->contact.due_ms, 0);
    ck_assert(!f->contact.remove);
}

PEOPLE_TEST(gone_and_off_the_lists)
{
    leave_with(f, PEOPLE_SOFT);
    check_lists(f, "a@x.co", "");
    ck_assert_uint_eq(f->contact.lists_delivered.count, 2);
    ck_assert_int_eq(f->contact.due_ms, NOW);
    ck_assert(!f->contact.remove);
}

PEOPLE_TEST(gone_and_deleted)
{
    leave_with(f, PEOPLE_HARD);
    ck_assert(contact(f, "a@x.co")->remove);
    ck_assert_ptr_null(f->contact.pending);
    ck_assert_int_eq(f->contact.due_ms, NOW);
    APPLY(f, "1", "a@x.co", JOAN, .lists = {20, 21});
    ck_assert(!contact(f, "a@x.co")->remove);
    check_pending(f, "a@x.co", JOAN);
    ck_assert(f->contact.known);
}

PEOPLE_TEST(comes_back_while_it_is_deleted)
{
    leave_with(f, PEOPLE_HARD);
    send_off(f, "a@x.co");
    APPLY(f, "1", "a@x.co", JANE, .lists = {20});
    check_pending(f, "a@x.co", JANE);
    ck_assert(!f->contact.remove && !f->contact.known);
    ck_assert_uint_eq(f->contact.delivered_len, 0);
    ck_assert_uint_eq(f->contact.lists_delivered.count, 0);
}

PEOPLE_TEST(never_delivered_leaves_nothing)
{
    static const enum people_delete behaviors[] = {PEOPLE_KEEP, PEOPLE_SOFT, PEOPLE_HARD};
    for (int i = 0; i < 3; i++) {
        f->context.delete_behavior = behaviors[i];
        APPLY(f, "1", "a@x.co", JANE, .lists = {20});
        gone(f, "1");
        ck_assert_ptr_null(contact(f, "a@x.co"));
        APPLY(f, "1", "a@x.co", JANE, .lists = {20});
        send_off(f, "a@x.co");
        gone(f, "1");
        ck_assert_ptr_nonnull(contact(f, "a@x.co"));
        ck_assert_int_eq(contact_delete(f->tx, "a@x.co", NULL), 0);
    }
}

PEOPLE_TEST(address_that_brevo_still_has_is_not_renamed_to)
{
    APPLY(f, "1", "a@x.co", "{\"CITY\":\"A\"}");
    APPLY(f, "2", "b@x.co", "{\"CITY\":\"B\"}");
    deliver(f, "a@x.co");
    deliver(f, "b@x.co");
    APPLY(f, "1", "c@x.co", "{\"CITY\":\"A\"}");
    ck_assert_str_eq(contact(f, "c@x.co")->rename_from, "a@x.co");
    APPLY(f, "2", "a@x.co", "{\"CITY\":\"B\"}");
    check_pending(f, "a@x.co", "{\"CITY\":\"B\"}");
    ck_assert_ptr_null(f->contact.rename_from);
    ck_assert_str_eq(f->contact.optout_from, "b@x.co");
    ck_assert_int_eq(f->contact.known, 0);
    ck_assert_ptr_nonnull(contact(f, "b@x.co"));
    /* Back where Brevo has it: that is no rename. */
    gone(f, "2");
    APPLY(f, "3", "d@x.co", NULL);
    deliver(f, "d@x.co");
    APPLY(f, "3", "e@x.co", NULL);
    APPLY(f, "3", "d@x.co", NULL);
    ck_assert_ptr_null(contact(f, "d@x.co")->rename_from);
    ck_assert_ptr_null(contact(f, "e@x.co"));
}

PEOPLE_TEST(opt_out_is_looked_for_where_the_person_was)
{
    APPLY(f, "1", "a@x.co");
    APPLY(f, "2", "b@x.co");
    APPLY(f, "3", "c@x.co");
    deliver(f, "a@x.co");
    deliver(f, "b@x.co");
    APPLY(f, "1", "b@x.co");
    ck_assert_str_eq(contact(f, "b@x.co")->optout_from, "a@x.co");
    ck_assert_int_eq(f->contact.due_ms, NOW);
    APPLY(f, "2", "a@x.co");
    ck_assert_str_eq(contact(f, "a@x.co")->optout_from, "b@x.co");
    /* Brevo never had the one at c. */
    APPLY(f, "3", "a@x.co");
    ck_assert_str_eq(contact(f, "a@x.co")->optout_from, "b@x.co");
    APPLY(f, "4", "d@x.co");
    APPLY(f, "5", "e@x.co");
    APPLY(f, "4", "e@x.co");
    ck_assert_ptr_null(contact(f, "e@x.co")->optout_from);
}

PEOPLE_TEST(losing_the_address_is_leaving)
{
    static const enum mapping_skip skips[] = {SKIP_NO_EMAIL, SKIP_INVALID_EMAIL, SKIP_NOT_VERIFIED,
                                              SKIP_FILTERED};
    for (int i = 0; i < 4; i++) {
        APPLY(f, "1", "a@x.co", JANE, .lists = {20});
        deliver(f, "a@x.co");
        APPLY(f, "1", skips[i] == SKIP_NO_EMAIL ? NULL : "a@x.co", .skip = skips[i],
              .consent = CONSENT_GIVEN);
        check_lists(f, "a@x.co", "");
        ck_assert_int_eq(f->contact.blocklist, 0);
        ck_assert_uint_eq(f->counts.skipped[skips[i]], 1);
        deliver(f, "a@x.co");
        gone(f, "1");
        ck_assert_int_eq(contact(f, "a@x.co")->due_ms, 0);
    }
}

PEOPLE_TEST(whom_the_full_run_did_not_see_is_gone)
{
    char id[2] = "1";
    int more = 1;
    for (; id[0] <= '5'; id[0]++)
        APPLY(f, id, "a@x.co", JANE, id[0], .lists = {20 + id[0] - '0'});
    f->context.connector = "other";
    APPLY(f, "1", "a@x.co", JANE, .lists = {20});
    f->context.connector = "auth0";
    f->context.snapshot = 77;
    APPLY(f, "2", "a@x.co", JANE, '2', .lists = {22});
    APPLY(f, "4", .skip = SKIP_NO_EMAIL);
    ck_assert_int_eq(people_sweep(f->tx, &f->context, 2, &more, &f->counts, NULL), 0);
    ck_assert_int_eq(more, 1);
    ck_assert_uint_eq(f->counts.gone, 2);
    while (more)
        ck_assert_int_eq(people_sweep(f->tx, &f->context, 2, &more, &f->counts, NULL), 0);
    ck_assert_uint_eq(f->counts.gone, 3);
    check_lists(f, "a@x.co", "20,22");
    ck_assert(refreshed(f, "auth0.users", "2"));
}

PEOPLE_TEST(full_run_holds_what_it_changes)
{
    APPLY(f, "1", "a@x.co", JANE);
    APPLY(f, "3", "c@x.co", JANE);
    deliver(f, "c@x.co");
    f->context.hold = 1;
    f->context.snapshot = 5;
    APPLY(f, "1", "a@x.co", JOAN);
    ck_assert_ptr_null(contact(f, "a@x.co")->hold);
    APPLY(f, "2", "b@x.co", JANE);
    ck_assert_str_eq(contact(f, "b@x.co")->hold, "auth0.users");
    APPLY(f, "3", "c@x.co", JOAN);
    ck_assert_str_eq(contact(f, "c@x.co")->hold, "auth0.users");
    f->context.hold = 0;
    f->context.snapshot = 0;
    APPLY(f, "2", "b@x.co", JANE, 9);
    ck_assert_str_eq(contact(f, "b@x.co")->hold, "auth0.users");
    APPLY(f, "2", "b@x.co", JOAN, 9);
    ck_assert_ptr_null(contact(f, "b@x.co")->hold);
    /* Back to what Brevo has: nothing to hold. */
    APPLY(f, "3", "c@x.co", JANE);
    ck_assert_ptr_null(contact(f, "c@x.co")->hold);
    ck_assert_int_eq(f->contact.due_ms, 0);
}

PEOPLE_TEST(snapshot_is_kept_outside_full_runs)
{
    struct person_row row = {0};
    f->context.snapshot = 8;
    APPLY(f, "1", "a@x.co", JANE);
    f->context.snapshot = 0;
    APPLY(f, "1", "a@x.co", JOAN);
    APPLY(f, "1", "a@x.co", JOAN);
    ck_assert_int_eq(person_get(f->tx, "auth0", "1", &row, NULL), 0);
    ck_assert_int_eq(row.snapshot, 8);
    person_clear(&row);
}

static int apply_until_full(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct fixture *f = arg;
    int r = 0;
    for (int i = 0; r == 0 && i < 100000; i++) {
        char id[16];
        char email[32];
        struct mapped_person person;
        snprintf(id, sizeof(id), "%d", i);
        snprintf(email, sizeof(email), "%d@x.co", i);
        map_who(&(struct who){.id = id, .email = email, .attributes = JANE}, &person);
        r = people_apply(tx, &f->context, id, &person, &f->counts, e);
        mapped_person_clear(&person);
    }
    return r;
}

static int check_nobody(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct person_row *persons = NULL;
    size_t count = 1;
    struct contact_row row = {0};
    (void)arg;
    ck_assert_int_eq(person_unseen(tx, "auth0", -1, 10, &persons, &count, e), 0);
    ck_assert_uint_eq(count, 0);
    person_list_free(persons, count);
    ck_assert_int_eq(contact_get(tx, "0@x.co", &row, e), ERR_NOT_FOUND);
    return 0;
}

START_TEST(full_store_is_reported_and_leaves_nothing_half)
{
    char dir[] = "/tmp/tajo-people-XXXXXX";
    char command[64];
    struct store *store = NULL;
    struct err_info e = {0};
    struct fixture f = {.context = {.connector = "auth0", .source = "auth0.users", .now_ms = NOW}};
    ck_assert_ptr_nonnull(mkdtemp(dir));
    struct store_options options = {.state_dir = dir, .min_free_bytes = 1, .max_bytes = 600000};
    ck_assert_msg(store_open(&store, NULL, &options, &e) == 0, "%s", e.what);
    ck_assert_int_eq(store_call(store, apply_until_full, &f, &e), ERR_LIMIT);
    ck_assert_str_ne(e.what, "");
    ck_assert_uint_gt(f.counts.emitted, 10);
    ck_assert_int_eq(store_call(store, check_nobody, NULL, &e), 0);
    store_close(store);
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &new_person_is_due,
        &same_person_again_changes_nothing,
        &only_the_difference_is_pending,
        &changed_wish_is_tried_at_once,
        &wish_that_goes_back_while_the_new_one_is_under_way,
        &wish_that_is_withdrawn_and_goes_back_while_under_way,
        &pending_is_merged_by_name,
        &new_leader_brings_its_own,
        &latest_login_leads,
        &ties_are_broken_by_creation_connector_id,
        &next_leader_is_read_again,
        &leader_that_falls_back_hands_over,
        &follower_that_leaves_takes_its_lists,
        &contact_that_was_lost_is_built_again,
        &skipped_persons_are_known_without_address,
        &gone_and_kept,
        &gone_and_off_the_lists,
        &gone_and_deleted,
        &comes_back_while_it_is_deleted,
        &never_delivered_leaves_nothing,
        &address_that_brevo_still_has_is_not_renamed_to,
        &opt_out_is_looked_for_where_the_person_was,
        &losing_the_address_is_leaving,
        &whom_the_full_run_did_not_see_is_gone,
        &full_run_holds_what_it_changes,
        &snapshot_is_kept_outside_full_runs,
        &full_store_is_reported_and_leaves_nothing_half,
    };
    return run_suite("people", tests, sizeof(tests) / sizeof(tests[0]));
}
