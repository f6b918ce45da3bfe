/* SPDX-License-Identifier: Apache-2.0
 *
 * A telephone number belongs to one contact.
 */
#include "unit/map/people_fixture.h"

#define N1 "{\"SMS\":\"+491\"}"
#define N2 "{\"SMS\":\"+492\"}"

static uint64_t shared(const struct fixture *f)
{
    return f->counts.losses[LOSS_SHARED_PHONE];
}

PEOPLE_TEST(later_login_has_the_number)
{
    APPLY(f, "1", "a@x.co", N1, 5);
    check_phone(f, "+491", "a@x.co");
    APPLY(f, "2", "b@x.co", N1, 6);
    check_phone(f, "+491", "b@x.co");
    check_waiting(f, "+491", "a@x.co");
    check_pending(f, "a@x.co", NULL);
    check_pending(f, "b@x.co", N1);
    ck_assert_uint_eq(shared(f), 1);
    APPLY(f, "3", "c@x.co", N1, 4);
    check_pending(f, "c@x.co", NULL);
    check_phone(f, "+491", "b@x.co");
    ck_assert_uint_eq(shared(f), 2);
}

/* Whoever is read in whatever order: two of three end without the number. */
PEOPLE_TEST(full_run_counts_each_loss_once)
{
    static const int64_t logins[][3] = {{5, 6, 7}, {7, 6, 5}, {6, 7, 5}, {5, 7, 6}};
    static const char *const ids[] = {"1", "2", "3"};
    static const char *const emails[] = {"a@x.co", "b@x.co", "c@x.co"};
    for (size_t order = 0; order < 4; order++) {
        f->context.snapshot++;
        memset(&f->counts, 0, sizeof(f->counts));
        for (size_t i = 0; i < 3; i++)
            APPLY(f, ids[i], emails[i], N1, logins[order][i]);
        ck_assert_uint_eq(shared(f), 2);
    }
}

PEOPLE_TEST(full_run_takes_a_loss_back)
{
    int more = 0;
    f->context.snapshot = 1;
    APPLY(f, "1", "a@x.co", N1, 9);
    APPLY(f, "2", "b@x.co", N1, 6);
    ck_assert_uint_eq(shared(f), 1);
    /* The owner changes its number after the other was read. */
    f->context.snapshot = 2;
    memset(&f->counts, 0, sizeof(f->counts));
    APPLY(f, "2", "b@x.co", N1, 6);
    ck_assert_uint_eq(shared(f), 1);
    APPLY(f, "1", "a@x.co", N2, 9);
    check_phone(f, "+491", "b@x.co");
    ck_assert_uint_eq(shared(f), 0);
    /* The owner turns out to be gone. */
    APPLY(f, "3", "c@x.co", N1, 5);
    f->context.snapshot = 3;
    memset(&f->counts, 0, sizeof(f->counts));
    APPLY(f, "3", "c@x.co", N1, 5);
    ck_assert_uint_eq(shared(f), 1);
    APPLY(f, "1", "a@x.co", N2, 9);
    ck_assert_int_eq(people_sweep(f->tx, &f->context, 9, &more, &f->counts, NULL), 0);
    check_phone(f, "+491", "c@x.co");
    ck_assert_uint_eq(shared(f), 0);
}

PEOPLE_TEST(loss_is_counted_in_every_run)
{
    APPLY(f, "1", "a@x.co", N1, 5);
    APPLY(f, "2", "b@x.co", N1, 6);
    APPLY(f, "3", "c@x.co", N1, 4);
    memset(&f->counts, 0, sizeof(f->counts));
    APPLY(f, "1", "a@x.co", N1, 5);
    APPLY(f, "2", "b@x.co", N1, 6);
    APPLY(f, "3", "c@x.co", N1, 4);
    ck_assert_uint_eq(f->counts.unchanged, 3);
    ck_assert_uint_eq(shared(f), 2);
    gone(f, "2");
    memset(&f->counts, 0, sizeof(f->counts));
    APPLY(f, "1", "a@x.co", N1, 5);
    APPLY(f, "3", "c@x.co", N1, 4);
    ck_assert_uint_eq(shared(f), 1);
}

PEOPLE_TEST(delivered_number_stays)
{
    APPLY(f, "1", "a@x.co", N1, 5);
    deliver(f, "a@x.co");
    APPLY(f, "2", "b@x.co", N1, 6);
    check_phone(f, "+491", "a@x.co");
    check_waiting(f, "+491", "b@x.co");
    ck_assert_uint_eq(shared(f), 1);
    /* Deleted at the source; Brevo still has it there. */
    APPLY(f, "1", "a@x.co", NULL, 5);
    check_phone(f, "+491", "a@x.co");
    gone(f, "1");
    check_phone(f, "+491", "a@x.co");
    APPLY(f, "2", "b@x.co", N1, 7);
    check_phone(f, "+491", "a@x.co");
}

PEOPLE_TEST(number_under_way_stays)
{
    APPLY(f, "1", "a@x.co", N1, 5);
    send_off(f, "a@x.co");
    APPLY(f, "2", "b@x.co", N1, 6);
    check_phone(f, "+491", "a@x.co");
    check_pending(f, "b@x.co", NULL);
}

PEOPLE_TEST(changed_number_goes_to_the_first_in_line)
{
    APPLY(f, "1", "a@x.co", N1, 9);
    APPLY(f, "2", "b@x.co", N1, 5);
    APPLY(f, "3", "c@x.co", N1, 6);
    APPLY(f, "1", "a@x.co", N2, 9);
    check_phone(f, "+492", "a@x.co");
    check_phone(f, "+491", "c@x.co");
    check_pending(f, "a@x.co", N2);
    check_pending(f, "b@x.co", NULL);
    check_pending(f, "c@x.co", N1);
    ck_assert_int_eq(f->contact.due_ms, NOW);
}

PEOPLE_TEST(delivered_number_is_free_when_brevo_has_the_new_one)
{
    APPLY(f, "1", "a@x.co", N1, 9);
    APPLY(f, "2", "b@x.co", N1, 5);
    APPLY(f, "3", "c@x.co", N1, 6);
    deliver(f, "a@x.co");
    APPLY(f, "1", "a@x.co", N2, 9);
    check_phone(f, "+492", "a@x.co");
    check_phone(f, "+491", "a@x.co");
    APPLY(f, "3", "c@x.co", N1, 6);
    check_pending(f, "c@x.co", NULL);
    deliver(f, "a@x.co");
    /* Unchanged persons; whoever is read first, the order decides. */
    APPLY(f, "2", "b@x.co", N1, 5);
    check_pending(f, "b@x.co", N1);
    APPLY(f, "3", "c@x.co", N1, 6);
    check_pending(f, "b@x.co", NULL);
    check_pending(f, "c@x.co", N1);
    check_phone(f, "+491", "c@x.co");
    check_phone(f, "+492", "a@x.co");
}

PEOPLE_TEST(number_that_brevo_still_has_comes_back)
{
    APPLY(f, "1", "a@x.co", N1, 5);
    deliver(f, "a@x.co");
    APPLY(f, "2", "b@x.co", N1, 9);
    APPLY(f, "1", "a@x.co", N2, 5);
    APPLY(f, "3", "c@x.co", N2, 4);
    check_phone(f, "+491", "a@x.co");
    check_phone(f, "+492", "a@x.co");
    APPLY(f, "1", "a@x.co", N1, 5);
    check_phone(f, "+491", "a@x.co");
    check_phone(f, "+492", "c@x.co");
    check_pending(f, "a@x.co", NULL);
    check_pending(f, "b@x.co", NULL);
    check_pending(f, "c@x.co", N2);
}

PEOPLE_TEST(both_numbers_move_with_the_address)
{
    APPLY(f, "1", "a@x.co", N1, 5);
    deliver(f, "a@x.co");
    APPLY(f, "1", "a@x.co", N2, 5);
    APPLY(f, "1", "b@x.co", N2, 5);
    check_phone(f, "+491", "b@x.co");
    check_phone(f, "+492", "b@x.co");
    check_pending(f, "b@x.co", N2);
}

PEOPLE_TEST(number_that_brevo_refused_is_held_by_nobody)
{
    APPLY(f, "1", "a@x.co", N1, 9);
    struct contact_row *row = contact(f, "a@x.co");
    free(take_ptr(row->pending));
    ck_assert_int_eq(contact_put(f->tx, row, NULL), 0);
    APPLY(f, "2", "b@x.co", N1, 5);
    check_phone(f, "+491", "b@x.co");
}

PEOPLE_TEST(leader_that_leaves_frees_the_number)
{
    APPLY(f, "1", "a@x.co", N1, 9);
    APPLY(f, "2", "a@x.co", NULL, 5);
    APPLY(f, "3", "b@x.co", N1, 6);
    gone(f, "1");
    check_phone(f, "+491", "b@x.co");
    ck_assert(refreshed(f, "auth0.users", "2"));
    APPLY(f, "4", "c@x.co", N2, 9);
    gone(f, "4");
    check_phone(f, "+492", NULL);
}

PEOPLE_TEST(who_waits_and_leaves_waits_no_more)
{
    APPLY(f, "1", "a@x.co", N1, 9);
    APPLY(f, "2", "b@x.co", N1, 6);
    check_waiting(f, "+491", "b@x.co");
    gone(f, "2");
    check_waiting(f, "+491", NULL);
    APPLY(f, "3", "c@x.co", N1, 6);
    APPLY(f, "3", "c@x.co", NULL, 6);
    check_waiting(f, "+491", NULL);
}

PEOPLE_TEST(owner_that_falls_back_gives_way)
{
    APPLY(f, "1", "a@x.co", N1, 9);
    APPLY(f, "2", "b@x.co", N1, 6);
    APPLY(f, "1", "a@x.co", N1, 7);
    check_phone(f, "+491", "a@x.co");
    APPLY(f, "1", "a@x.co", N1, 4);
    check_phone(f, "+491", "b@x.co");
    check_pending(f, "a@x.co", NULL);
    check_waiting(f, "+491", "a@x.co");
    ck_assert_uint_eq(shared(f), 2);
}

PEOPLE_TEST(owner_without_contact_is_none)
{
    ck_assert_int_eq(phone_put(f->tx, "+491", "lost@x.co", NULL), 0);
    APPLY(f, "1", "a@x.co", N1, 5);
    check_phone(f, "+491", "a@x.co");
    check_pending(f, "a@x.co", N1);
    ck_assert_int_eq(phone_put(f->tx, "+492", "lost@x.co", NULL), 0);
    ck_assert_int_eq(phone_wait(f->tx, "+491", "b@x.co", NULL), 0);
    APPLY(f, "2", "b@x.co", NULL, 4);
    ck_assert_int_eq(contact_delete(f->tx, "b@x.co", NULL), 0);
    /* In the line without a contact: passed over. */
    gone(f, "1");
    check_phone(f, "+491", NULL);
    check_waiting(f, "+491", NULL);
}

int main(void)
{
    static const TTest *const *const tests[] = {
        &later_login_has_the_number,
        &full_run_counts_each_loss_once,
        &full_run_takes_a_loss_back,
        &loss_is_counted_in_every_run,
        &delivered_number_stays,
        &number_under_way_stays,
        &changed_number_goes_to_the_first_in_line,
        &delivered_number_is_free_when_brevo_has_the_new_one,
        &number_that_brevo_still_has_comes_back,
        &both_numbers_move_with_the_address,
        &number_that_brevo_refused_is_held_by_nobody,
        &leader_that_leaves_frees_the_number,
        &who_waits_and_leaves_waits_no_more,
        &owner_that_falls_back_gives_way,
        &owner_without_contact_is_none,
    };
    return run_suite("phones", tests, sizeof(tests) / sizeof(tests[0]));
}
