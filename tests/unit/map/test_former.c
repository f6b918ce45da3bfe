/* SPDX-License-Identifier: Apache-2.0
 *
 * A person that has no usable address for a while: the opt-out at the one it had is not lost.
 */
#include "unit/map/people_fixture.h"

#define JANE "{\"FIRSTNAME\":\"Jane\"}"

static const enum mapping_skip SKIPS[] = {SKIP_NO_EMAIL, SKIP_INVALID_EMAIL, SKIP_NOT_VERIFIED,
                                          SKIP_FILTERED};
#define SKIPS_COUNT (sizeof(SKIPS) / sizeof(SKIPS[0]))

static void check_former(struct fixture *f, const char *id, const char *expected)
{
    struct person_row row = {0};
    ck_assert_int_eq(person_get(f->tx, "auth0", id, &row, NULL), 0);
    ck_assert_pstr_eq(row.former_email, expected);
    person_clear(&row);
}

static void check_optout(struct fixture *f, const char *email, const char *expected, int blocklist)
{
    const struct contact_row *row = contact(f, email);
    ck_assert_msg(row != NULL, "no contact %s", email);
    ck_assert_pstr_eq(row->optout_from, expected);
    ck_assert_int_eq(row->blocklist, blocklist);
}

static void set_blocklist(struct fixture *f, const char *email, int blocklist)
{
    struct contact_row *row = contact(f, email);
    ck_assert_ptr_nonnull(row);
    row->blocklist = blocklist;
    ck_assert_int_eq(contact_put(f->tx, row, NULL), 0);
}

/* Was at a@x.co, is nowhere. */
static void lose(struct fixture *f, const char *id, enum mapping_skip skip)
{
    apply(f, (struct who){.id = id,
                          .email = skip == SKIP_NO_EMAIL ? NULL : "b@x.co",
                          .skip = skip,
                          .consent = CONSENT_GIVEN});
}

static void forget(struct fixture *f, const char *email)
{
    ck_assert_int_eq(contact_delete(f->tx, email, NULL), 0);
}

PEOPLE_TEST(the_next_address_asks_the_former)
{
    for (size_t i = 0; i < SKIPS_COUNT; i++) {
        APPLY(f, "1", "a@x.co", JANE, .lists = {20});
        deliver(f, "a@x.co");
        check_former(f, "1", NULL);
        lose(f, "1", SKIPS[i]);
        check_former(f, "1", "a@x.co");
        check_lists(f, "a@x.co", "");
        APPLY(f, "1", "b@x.co", JANE, .lists = {20});
        check_optout(f, "b@x.co", "a@x.co", 0);
        ck_assert_int_eq(f->contact.due_ms, NOW);
        check_former(f, "1", NULL);
        gone(f, "1");
        forget(f, "a@x.co");
    }
}

PEOPLE_TEST(one_reason_after_the_other)
{
    APPLY(f, "1", "a@x.co", JANE);
    deliver(f, "a@x.co");
    for (size_t i = 0; i < SKIPS_COUNT; i++) {
        lose(f, "1", SKIPS[i]);
        check_former(f, "1", "a@x.co");
    }
    APPLY(f, "1", "b@x.co", .skip = SKIP_NO_CONSENT, .consent = CONSENT_ABSENT);
    APPLY(f, "1", "b@x.co", JANE);
    check_optout(f, "b@x.co", "a@x.co", 0);
}

PEOPLE_TEST(contact_that_is_there_already_asks_too)
{
    APPLY(f, "1", "a@x.co", JANE);
    APPLY(f, "2", "b@x.co", JANE, 5);
    deliver(f, "a@x.co");
    deliver(f, "b@x.co");
    lose(f, "1", SKIP_NOT_VERIFIED);
    APPLY(f, "1", "b@x.co", JANE);
    check_optout(f, "b@x.co", "a@x.co", 0);
    ck_assert_int_eq(f->contact.due_ms, NOW);
}

PEOPLE_TEST(blocklisted_there_needs_no_question)
{
    APPLY(f, "1", "a@x.co", JANE);
    APPLY(f, "2", "b@x.co", JANE, 5);
    deliver(f, "a@x.co");
    deliver(f, "b@x.co");
    set_blocklist(f, "b@x.co", 2);
    lose(f, "1", SKIP_NOT_VERIFIED);
    APPLY(f, "1", "b@x.co", JANE);
    check_optout(f, "b@x.co", NULL, 2);
}

PEOPLE_TEST(what_our_own_row_says_comes_along)
{
    for (int blocklist = 1; blocklist <= 2; blocklist++) {
        APPLY(f, "1", "a@x.co", JANE);
        deliver(f, "a@x.co");
        set_blocklist(f, "a@x.co", blocklist);
        lose(f, "1", SKIP_NOT_VERIFIED);
        lose(f, "1", SKIP_FILTERED);
        /* Whatever became of the row since: it was known when the person left. */
        forget(f, "a@x.co");
        APPLY(f, "1", "b@x.co", JANE);
        check_optout(f, "b@x.co", NULL, 1);
        gone(f, "1");
    }
}

PEOPLE_TEST(what_our_own_row_hears_later_comes_along)
{
    APPLY(f, "1", "a@x.co", JANE);
    deliver(f, "a@x.co");
    lose(f, "1", SKIP_NOT_VERIFIED);
    set_blocklist(f, "a@x.co", 2);
    APPLY(f, "1", "b@x.co", JANE);
    check_optout(f, "b@x.co", NULL, 1);
}

PEOPLE_TEST(back_to_the_same_address_is_nothing_special)
{
    APPLY(f, "1", "a@x.co", JANE, .lists = {20});
    deliver(f, "a@x.co");
    lose(f, "1", SKIP_NOT_VERIFIED);
    deliver(f, "a@x.co");
    APPLY(f, "1", "a@x.co", JANE, .lists = {20});
    check_optout(f, "a@x.co", NULL, 0);
    check_lists(f, "a@x.co", "20");
    check_former(f, "1", NULL);
    set_blocklist(f, "a@x.co", 2);
    lose(f, "1", SKIP_NOT_VERIFIED);
    APPLY(f, "1", "a@x.co", JANE, .lists = {20});
    check_optout(f, "a@x.co", NULL, 2);
    /* It is over with that: the next loss starts anew. */
    APPLY(f, "2", "c@x.co", JANE);
    deliver(f, "c@x.co");
    lose(f, "2", SKIP_NOT_VERIFIED);
    check_former(f, "2", "c@x.co");
}

PEOPLE_TEST(contact_that_brevo_never_had_hands_on_what_it_knew)
{
    APPLY(f, "1", "a@x.co", JANE);
    lose(f, "1", SKIP_NOT_VERIFIED);
    check_former(f, "1", NULL);
    APPLY(f, "1", "a@x.co", JANE);
    deliver(f, "a@x.co");
    lose(f, "1", SKIP_NOT_VERIFIED);
    APPLY(f, "1", "b@x.co", JANE);
    lose(f, "1", SKIP_NO_EMAIL);
    ck_assert_ptr_null(contact(f, "b@x.co"));
    check_former(f, "1", "a@x.co");
    APPLY(f, "1", "c@x.co", JANE);
    check_optout(f, "c@x.co", "a@x.co", 0);
    /* The same when it is known already: the row that says so goes with the address. */
    set_blocklist(f, "c@x.co", 1);
    lose(f, "1", SKIP_NOT_VERIFIED);
    ck_assert_ptr_null(contact(f, "c@x.co"));
    forget(f, "a@x.co");
    APPLY(f, "1", "c@x.co", JANE);
    check_optout(f, "c@x.co", NULL, 1);
}

PEOPLE_TEST(deleted_contact_is_asked_for_all_the_same)
{
    f->context.delete_behavior = PEOPLE_HARD;
    APPLY(f, "1", "a@x.co", JANE);
    deliver(f, "a@x.co");
    lose(f, "1", SKIP_NOT_VERIFIED);
    ck_assert(contact(f, "a@x.co")->remove);
    deliver(f, "a@x.co");
    ck_assert_ptr_null(contact(f, "a@x.co"));
    APPLY(f, "1", "b@x.co", JANE);
    check_optout(f, "b@x.co", "a@x.co", 0);
}

PEOPLE_TEST(full_run_in_between_forgets_nothing)
{
    int more = 0;
    APPLY(f, "1", "a@x.co", JANE);
    APPLY(f, "2", "c@x.co", JANE);
    deliver(f, "a@x.co");
    deliver(f, "c@x.co");
    lose(f, "1", SKIP_NOT_VERIFIED);
    for (int run = 5; run <= 6; run++) {
        f->context.snapshot = run;
        lose(f, "1", SKIP_NOT_VERIFIED);
        lose(f, "2", SKIP_FILTERED);
        ck_assert_int_eq(people_sweep(f->tx, &f->context, 9, &more, &f->counts, NULL), 0);
    }
    ck_assert_uint_eq(f->counts.gone, 0);
    APPLY(f, "1", "b@x.co", JANE, 5);
    APPLY(f, "2", "d@x.co", JANE);
    check_optout(f, "b@x.co", "a@x.co", 0);
    check_optout(f, "d@x.co", "c@x.co", 0);
}

PEOPLE_TEST(opt_out_is_asked_for_where_the_contact_went)
{
    APPLY(f, "1", "a@x.co", JANE);
    APPLY(f, "2", "a@x.co", JANE, 5);
    APPLY(f, "3", "a@x.co", JANE);
    APPLY(f, "4", "e@x.co", JANE, 5);
    deliver(f, "a@x.co");
    deliver(f, "e@x.co");
    lose(f, "1", SKIP_NOT_VERIFIED);
    APPLY(f, "3", "e@x.co", JANE);
    check_optout(f, "e@x.co", "a@x.co", 0);
    APPLY(f, "2", "z@x.co", JANE, 5);
    ck_assert_str_eq(contact(f, "z@x.co")->rename_from, "a@x.co");
    check_optout(f, "e@x.co", "z@x.co", 0);
    deliver(f, "z@x.co");
    check_former(f, "1", "z@x.co");
    APPLY(f, "1", "b@x.co", JANE);
    check_optout(f, "b@x.co", "z@x.co", 0);
}

PEOPLE_TEST(contact_that_never_was_takes_no_question_along)
{
    f->context.delete_behavior = PEOPLE_HARD;
    APPLY(f, "1", "a@x.co", JANE);
    deliver(f, "a@x.co");
    lose(f, "1", SKIP_NOT_VERIFIED);
    deliver(f, "a@x.co");
    /* Brevo keeps who opted out: at a, whoever was about to come there since. */
    APPLY(f, "2", "a@x.co", JANE);
    APPLY(f, "2", "z@x.co", JANE);
    check_former(f, "1", "a@x.co");
}

int main(void)
{
    static const TTest *const *const tests[] = {
        &the_next_address_asks_the_former,
        &one_reason_after_the_other,
        &contact_that_is_there_already_asks_too,
        &blocklisted_there_needs_no_question,
        &what_our_own_row_says_comes_along,
        &what_our_own_row_hears_later_comes_along,
        &back_to_the_same_address_is_nothing_special,
        &contact_that_brevo_never_had_hands_on_what_it_knew,
        &deleted_contact_is_asked_for_all_the_same,
        &full_run_in_between_forgets_nothing,
        &opt_out_is_asked_for_where_the_contact_went,
        &contact_that_never_was_takes_no_question_along,
    };
    return run_suite("former", tests, sizeof(tests) / sizeof(tests[0]));
}
