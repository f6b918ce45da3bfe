/* SPDX-License-Identifier: Apache-2.0
 *
 * Consent that is taken back, and addresses that change.
 */
#include "unit/map/people_fixture.h"

#define JANE    "{\"FIRSTNAME\":\"Jane\"}"
#define JOAN    "{\"FIRSTNAME\":\"Joan\"}"
#define REFUSED .skip = SKIP_NO_CONSENT, .consent = CONSENT_REFUSED
#define ABSENT  .skip = SKIP_NO_CONSENT, .consent = CONSENT_ABSENT

static void known(struct fixture *f, const char *id, const char *email)
{
    APPLY(f, id, email, JANE, .lists = {20, 21});
    deliver(f, email);
}

static void check_blocklist(struct fixture *f, const char *email, int expected)
{
    ck_assert_ptr_nonnull(contact(f, email));
    ck_assert_int_eq(f->contact.blocklist, expected);
}

PEOPLE_TEST(refusing_blocklists_once_and_for_all)
{
    known(f, "1", "a@x.co");
    APPLY(f, "1", "a@x.co", JOAN, .lists = {20, 21});
    APPLY(f, "1", "a@x.co", JOAN, REFUSED);
    check_blocklist(f, "a@x.co", 1);
    check_lists(f, "a@x.co", "20,21");
    ck_assert_ptr_null(f->contact.pending);
    ck_assert_int_eq(f->contact.due_ms, NOW);
    ck_assert_uint_eq(f->counts.skipped[SKIP_NO_CONSENT], 1);
    int64_t rev = f->contact.rev;
    APPLY(f, "1", "a@x.co", JOAN, REFUSED);
    ck_assert_int_eq(contact(f, "a@x.co")->rev, rev);
    deliver(f, "a@x.co");
    APPLY(f, "1", "a@x.co", JOAN, 9, REFUSED);
    check_blocklist(f, "a@x.co", 2);
    APPLY(f, "1", "a@x.co", JOAN, .lists = {20}, .consent = CONSENT_GIVEN);
    check_blocklist(f, "a@x.co", 2);
    check_pending(f, "a@x.co", JOAN);
    check_lists(f, "a@x.co", "20");
    APPLY(f, "1", "a@x.co", JOAN, REFUSED);
    check_blocklist(f, "a@x.co", 2);
}

PEOPLE_TEST(missing_consent_of_a_contact_is_refusal)
{
    known(f, "1", "a@x.co");
    APPLY(f, "1", "a@x.co", JANE, ABSENT);
    check_blocklist(f, "a@x.co", 1);
}

PEOPLE_TEST(refusal_counts_whatever_else_is_wrong)
{
    known(f, "1", "a@x.co");
    APPLY(f, "1", "a@x.co", JANE, .skip = SKIP_NOT_VERIFIED, .consent = CONSENT_REFUSED);
    check_blocklist(f, "a@x.co", 1);
    known(f, "2", "b@x.co");
    APPLY(f, "2", NULL, JANE, .skip = SKIP_NO_EMAIL, .consent = CONSENT_REFUSED);
    check_blocklist(f, "b@x.co", 1);
}

PEOPLE_TEST(refusal_before_delivery_leaves_nothing)
{
    APPLY(f, "1", "a@x.co", JANE, .lists = {20});
    APPLY(f, "1", "a@x.co", JANE, REFUSED);
    ck_assert_ptr_null(contact(f, "a@x.co"));
    APPLY(f, "2", "b@x.co", JANE, .lists = {20});
    send_off(f, "b@x.co");
    APPLY(f, "2", "b@x.co", JANE, REFUSED);
    check_blocklist(f, "b@x.co", 1);
}

PEOPLE_TEST(another_consenting_person_keeps_the_contact)
{
    known(f, "1", "a@x.co");
    APPLY(f, "2", "a@x.co", JOAN, 5, .lists = {22});
    deliver(f, "a@x.co");
    APPLY(f, "2", "a@x.co", JOAN, 6, REFUSED);
    check_blocklist(f, "a@x.co", 0);
    check_lists(f, "a@x.co", "20,21");
    ck_assert(refreshed(f, "auth0.users", "1"));
    APPLY(f, "1", "a@x.co", JANE, .lists = {20, 21});
    check_pending(f, "a@x.co", JANE);
    /* The last one that agreed leaves: nobody is put on a list for one that refused. */
    gone(f, "1");
    check_blocklist(f, "a@x.co", 1);
    check_lists(f, "a@x.co", "");
    ck_assert_ptr_null(f->contact.pending);
    gone(f, "2");
    check_blocklist(f, "a@x.co", 1);
}

PEOPLE_TEST(refused_contact_goes_with_its_person)
{
    f->context.delete_behavior = PEOPLE_HARD;
    known(f, "1", "a@x.co");
    APPLY(f, "1", "a@x.co", JANE, REFUSED);
    gone(f, "1");
    ck_assert(contact(f, "a@x.co")->remove);
}

PEOPLE_TEST(change_of_address_renames)
{
    known(f, "1", "a@x.co");
    APPLY(f, "1", "b@x.co", JOAN, .lists = {20, 21});
    ck_assert_ptr_null(contact(f, "a@x.co"));
    check_pending(f, "b@x.co", JOAN);
    ck_assert_str_eq(f->contact.rename_from, "a@x.co");
    ck_assert(f->contact.known);
    ck_assert_uint_eq(f->contact.lists_delivered.count, 2);
    ck_assert_int_eq(f->contact.due_ms, NOW);
    /* Not delivered yet: Brevo still has the first address. */
    APPLY(f, "1", "c@x.co", JANE, .lists = {20, 21});
    ck_assert_ptr_null(contact(f, "b@x.co"));
    check_pending(f, "c@x.co", NULL);
    ck_assert_str_eq(f->contact.rename_from, "a@x.co");
    APPLY(f, "1", "a@x.co", JANE, .lists = {20, 21});
    check_pending(f, "a@x.co", NULL);
    ck_assert_ptr_null(f->contact.rename_from);
    ck_assert_int_eq(f->contact.due_ms, 0);
}

PEOPLE_TEST(undelivered_contact_moves_without_trace)
{
    APPLY(f, "1", "a@x.co", JANE, .lists = {20});
    APPLY(f, "1", "b@x.co", JOAN, .lists = {20});
    ck_assert_ptr_null(contact(f, "a@x.co"));
    check_pending(f, "b@x.co", JOAN);
    ck_assert_ptr_null(f->contact.rename_from);
    ck_assert(!f->contact.known);
}

PEOPLE_TEST(blocklist_moves_with_the_address)
{
    known(f, "1", "a@x.co");
    APPLY(f, "1", "a@x.co", JANE, REFUSED);
    deliver(f, "a@x.co");
    APPLY(f, "1", "b@x.co", JANE, .lists = {20}, .consent = CONSENT_GIVEN);
    check_blocklist(f, "b@x.co", 2);
    ck_assert_str_eq(f->contact.rename_from, "a@x.co");
    known(f, "2", "c@x.co");
    APPLY(f, "1", "c@x.co", JANE, .lists = {20}, .consent = CONSENT_GIVEN);
    check_blocklist(f, "c@x.co", 1);
    APPLY(f, "2", "d@x.co", JANE, .lists = {20}, .consent = CONSENT_GIVEN);
    check_blocklist(f, "d@x.co", 1);
}

PEOPLE_TEST(refusing_with_a_new_address_blocklists_the_old)
{
    known(f, "1", "a@x.co");
    APPLY(f, "1", "b@x.co", JANE, REFUSED);
    check_blocklist(f, "a@x.co", 1);
    ck_assert_ptr_null(contact(f, "b@x.co"));
    APPLY(f, "1", "b@x.co", JANE, .consent = CONSENT_GIVEN);
    check_blocklist(f, "b@x.co", 1);
    ck_assert_str_eq(f->contact.rename_from, "a@x.co");
}

PEOPLE_TEST(shared_contact_is_not_renamed)
{
    known(f, "1", "a@x.co");
    APPLY(f, "2", "a@x.co", JOAN, 5, .lists = {22});
    deliver(f, "a@x.co");
    APPLY(f, "2", "b@x.co", JOAN, 5, .lists = {22});
    check_lists(f, "a@x.co", "20,21");
    ck_assert(refreshed(f, "auth0.users", "1"));
    check_pending(f, "b@x.co", JOAN);
    ck_assert_ptr_null(f->contact.rename_from);
    ck_assert(!f->contact.known);
}

PEOPLE_TEST(existing_address_is_joined)
{
    known(f, "1", "a@x.co");
    known(f, "2", "b@x.co");
    APPLY(f, "1", "b@x.co", JOAN, 9, .lists = {22});
    check_lists(f, "a@x.co", "");
    check_lists(f, "b@x.co", "20,21,22");
    check_pending(f, "b@x.co", JOAN);
    ck_assert_ptr_null(f->contact.rename_from);
}

PEOPLE_TEST(contact_under_way_is_not_renamed)
{
    known(f, "1", "a@x.co");
    send_off(f, "a@x.co");
    APPLY(f, "1", "b@x.co", JANE, .lists = {20});
    check_lists(f, "a@x.co", "");
    check_pending(f, "b@x.co", JANE);
    ck_assert_ptr_null(f->contact.rename_from);
}

PEOPLE_TEST(number_moves_with_the_address)
{
    APPLY(f, "1", "a@x.co", "{\"SMS\":\"+491\"}", 5);
    deliver(f, "a@x.co");
    APPLY(f, "1", "b@x.co", "{\"SMS\":\"+491\"}", 5);
    check_phone(f, "+491", "b@x.co");
    check_pending(f, "b@x.co", NULL);
    APPLY(f, "1", "c@x.co", JANE, 5);
    check_phone(f, "+491", "c@x.co");
    APPLY(f, "2", "d@x.co", "{\"SMS\":\"+491\"}", 9);
    check_phone(f, "+491", "c@x.co");
}

int main(void)
{
    static const TTest *const *const tests[] = {
        &refusing_blocklists_once_and_for_all,
        &missing_consent_of_a_contact_is_refusal,
        &refusal_counts_whatever_else_is_wrong,
        &refusal_before_delivery_leaves_nothing,
        &another_consenting_person_keeps_the_contact,
        &refused_contact_goes_with_its_person,
        &change_of_address_renames,
        &undelivered_contact_moves_without_trace,
        &blocklist_moves_with_the_address,
        &refusing_with_a_new_address_blocklists_the_old,
        &shared_contact_is_not_renamed,
        &existing_address_is_joined,
        &contact_under_way_is_not_renamed,
        &number_moves_with_the_address,
    };
    return run_suite("consent", tests, sizeof(tests) / sizeof(tests[0]));
}
