/* SPDX-License-Identifier: Apache-2.0
 *
 * People who take each other's addresses, from the mapped person to what Brevo has in the end.
 */
#include "rig.h"

#include "base/hash.h"
#include "map/people.h"

#define ALL      20
#define VERIFIED 21

#define A "a@example.com"
#define B "b@example.com"
#define C "c@example.com"

/* Ann asks for one list, Ben for two. */
struct who {
    const char *id;
    const char *email;
    int64_t last_ms;
    enum people_delete delete_behavior;
};

static void map_who(const struct who *who, struct mapped_person *ret)
{
    int is_ann = strcmp(who->id, "ann") == 0;
    *ret = (struct mapped_person){
        .email = mem_strdup(who->email),
        .attributes = json_pack("{s:s,s:s}", "FIRSTNAME", is_ann ? "Ann" : "Ben", "LASTNAME",
                                is_ann ? "Lee" : "Roe"),
        .last_ms = who->last_ms,
        .content_hash = hash_bytes(who->email, strlen(who->email)),
        .decides = json_pack("[s,s]", "FIRSTNAME", "LASTNAME"),
    };
    id_set_add(&ret->lists, ALL);
    if (!is_ann)
        id_set_add(&ret->lists, VERIFIED);
}

static int apply_work(struct store_tx *tx, void *arg, struct err_info *e)
{
    const struct who *who = arg;
    struct people_counts counts = {0};
    const struct people_context context = {.connector = "auth0",
                                           .source = "auth0.users",
                                           .delete_behavior = who->delete_behavior,
                                           .now_ms = 1};
    struct mapped_person person;
    map_who(who, &person);
    int r = people_apply(tx, &context, who->id, &person, &counts, e);
    mapped_person_clear(&person);
    return r;
}

static void apply(struct rig *rig, const struct who *who)
{
    struct err_info e = {0};
    int r = store_call(rig->store, apply_work, (void *)(uintptr_t)who, &e);
    ck_assert_msg(r == 0, "%s", e.what);
}

#define APPLY(rig, ...) apply((rig), &(const struct who){__VA_ARGS__, PEOPLE_SOFT})

static void start(struct rig *rig, const char *sandbox_arguments)
{
    rig_start(rig, sandbox_arguments);
    rig_open(rig);
    APPLY(rig, "ann", A, 5);
    APPLY(rig, "ben", B, 6);
    ck_assert_int_eq(rig_deliver(rig), 0);
}

static void expect(const struct rig *rig, const char *email, const char *first, const char *last,
                   int verified)
{
    rig_expect_text(rig, email, "FIRSTNAME", first);
    rig_expect_text(rig, email, "LASTNAME", last);
    ck_assert_int_eq(rig_on_list(rig, email, ALL), 1);
    ck_assert_int_eq(rig_on_list(rig, email, VERIFIED), verified);
}

/* Nothing is left, and asking again makes no call. */
static void expect_rest(struct rig *rig)
{
    ck_assert_int_eq(rig_pending(rig), 0);
    struct rig_look look = rig_look(rig, NULL);
    ck_assert_int_eq(look.dead, 0);
    rig_look_end(&look);
    int64_t before = rig_calls(rig, "total");
    ck_assert_int_gt(before, 0);
    ck_assert_int_eq(rig_deliver(rig), 0);
    ck_assert_int_eq(rig_calls(rig, "total"), before);
}

/* ---- In one run ---- */

struct swap {
    int ann_first;
    int64_t ann_last_ms; /* Ben's is 6 */
    const char *unsubscribed;
    enum people_delete delete_behavior;
};

static void swap_addresses(const struct swap *swap)
{
    struct rig rig;
    const struct who ann = {"ann", B, swap->ann_last_ms, swap->delete_behavior};
    const struct who ben = {"ben", A, 6, swap->delete_behavior};
    start(&rig, NULL);
    if (swap->unsubscribed != NULL)
        rig_unsubscribe(&rig, swap->unsubscribed);
    apply(&rig, swap->ann_first ? &ann : &ben);
    apply(&rig, swap->ann_first ? &ben : &ann);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    /* Who was asked to be read again is. */
    apply(&rig, &ann);
    apply(&rig, &ben);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    expect(&rig, A, "Ben", "Roe", 1);
    expect(&rig, B, "Ann", "Lee", 0);
    ck_assert_int_eq(rig_blacklisted(&rig, A), swap->unsubscribed != NULL);
    ck_assert_int_eq(rig_blacklisted(&rig, B), swap->unsubscribed != NULL);
    ck_assert_int_eq(rig_figure(&rig, "resubscribed"), 0);
    ck_assert_int_eq(rig_figure(&rig, "count"), 2);
    expect_rest(&rig);
    rig_end(&rig);
}

START_TEST(two_swap_addresses)
{
    static const char *const unsubscribed[] = {NULL, A, B};
    const struct swap swap = {
        .ann_first = _i & 1,
        .ann_last_ms = _i & 2 ? 5 : 7,
        .unsubscribed = unsubscribed[_i / 4 % 3],
        .delete_behavior = _i / 12 == 0 ? PEOPLE_SOFT : PEOPLE_HARD,
    };
    swap_addresses(&swap);
}
END_TEST

/* ---- By way of a third address ---- */

START_TEST(two_swap_by_way_of_a_third_address)
{
    struct rig rig;
    start(&rig, _i == 0 ? NULL : "--put-flag-loses");
    rig_unsubscribe(&rig, A);
    APPLY(&rig, "ann", C, 5);
    APPLY(&rig, "ben", A, 6);
    APPLY(&rig, "ann", B, 5);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    expect(&rig, A, "Ben", "Roe", 1);
    expect(&rig, B, "Ann", "Lee", 0);
    /* Ann left a contact behind; whoever it was, it is on no list. */
    ck_assert_int_eq(rig_on_list(&rig, C, ALL), 0);
    ck_assert_int_eq(rig_blacklisted(&rig, C), 1);
    ck_assert_int_eq(rig_blacklisted(&rig, B), 1);
    expect_rest(&rig);
    rig_end(&rig);
}
END_TEST

/* Ann there and back again while Ben was at hers. */
START_TEST(a_third_address_is_left_again)
{
    struct rig rig;
    start(&rig, NULL);
    rig_unsubscribe(&rig, A);
    APPLY(&rig, "ann", C, 5);
    APPLY(&rig, "ann", A, 5);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_ptr_null(rig_contact(&rig, C));
    expect(&rig, A, "Ann", "Lee", 0);
    APPLY(&rig, "ann", C, 5);
    APPLY(&rig, "ben", A, 6);
    APPLY(&rig, "ben", B, 6);
    APPLY(&rig, "ann", A, 5);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    expect(&rig, A, "Ann", "Lee", 0);
    expect(&rig, B, "Ben", "Roe", 1);
    ck_assert_int_eq(rig_blacklisted(&rig, A), 1);
    expect_rest(&rig);
    rig_end(&rig);
}
END_TEST

/* ---- An address that was left is taken ---- */

START_TEST(the_next_one_moves_in)
{
    struct rig rig;
    start(&rig, NULL);
    if (_i == 1)
        rig_unsubscribe(&rig, B);
    APPLY(&rig, "ann", C, 5);
    APPLY(&rig, "ben", A, 6);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    expect(&rig, C, "Ann", "Lee", 0);
    expect(&rig, A, "Ben", "Roe", 1);
    ck_assert_int_eq(rig_on_list(&rig, B, ALL), 0);
    ck_assert_int_eq(rig_blacklisted(&rig, A), _i == 1);
    ck_assert_int_eq(rig_blacklisted(&rig, C), 0);
    expect_rest(&rig);
    rig_end(&rig);
}
END_TEST

START_TEST(somebody_new_moves_in)
{
    struct rig rig;
    start(&rig, NULL);
    rig_unsubscribe(&rig, A);
    APPLY(&rig, "ann", C, 5);
    APPLY(&rig, "cleo", A, 9);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    expect(&rig, C, "Ann", "Lee", 0);
    expect(&rig, A, "Ben", "Roe", 1); /* cleo wishes what Ben does */
    /* Brevo knows the address as opted out, whoever has it. */
    ck_assert_int_eq(rig_blacklisted(&rig, A), 1);
    ck_assert_int_eq(rig_blacklisted(&rig, C), 1);
    expect_rest(&rig);
    rig_end(&rig);
}
END_TEST

START_TEST(whoever_waits_for_an_address_waits_for_its_rename)
{
    struct rig rig;
    start(&rig, NULL);
    rig_fault(&rig, "{\"match\":\"PUT /contacts/{identifier}\",\"status\":409,\"body\":{}}");
    APPLY(&rig, "ann", C, 5);
    APPLY(&rig, "cleo", A, 9);
    ck_assert_int_eq(rig_deliver(&rig), ERR_TRANSIENT);
    rig_expect_text(&rig, A, "FIRSTNAME", "Ann");
    struct rig_look look = rig_look(&rig, NULL);
    ck_assert_int_eq(look.totals.pending, 2);
    /* Nobody is woken up before the rename is due again. */
    ck_assert_int_gt(look.totals.next_due_ms, clock_unix_ms() + 20000);
    rig_look_end(&look);
    rig_end(&rig);
}
END_TEST

/* ---- What Brevo answers about the opt-out ---- */

START_TEST(an_opt_out_that_cannot_be_read_is_asked_for_again)
{
    static const char *const faults[] = {
        "{\"match\":\"GET /contacts/{identifier}\",\"action\":\"garbage\"}",
        "{\"match\":\"GET /contacts/{identifier}\",\"status\":409,\"body\":{}}",
    };
    struct rig rig;
    start(&rig, NULL);
    rig_unsubscribe(&rig, B);
    APPLY(&rig, "ben", A, 6);
    rig_fault(&rig, faults[_i]);
    ck_assert_int_eq(rig_deliver(&rig), ERR_TRANSIENT);
    rig_expect_text(&rig, A, "FIRSTNAME", "Ann");
    ck_assert_int_eq(rig_pending(&rig), 1);
    APPLY(&rig, "ben", A, 7);
    RIG_EDIT(&rig, .email = A);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    rig_expect_text(&rig, A, "FIRSTNAME", "Ben");
    ck_assert_int_eq(rig_blacklisted(&rig, A), 1);
    expect_rest(&rig);
    rig_end(&rig);
}
END_TEST

START_TEST(a_question_that_is_refused_is_a_dead_letter)
{
    struct rig rig;
    start(&rig, NULL);
    APPLY(&rig, "ben", A, 6);
    rig_fault(&rig, "{\"match\":\"GET /contacts/{identifier}\",\"status\":400,\"body\":{}}");
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_uint_eq(rig_counts(&rig)->dead, 1);
    rig_expect_text(&rig, A, "FIRSTNAME", "Ann");
    rig_end(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("swap");
    TCase *tests = tcase_create("swap");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, two_swap_addresses, 0, 24);
    tcase_add_loop_test(tests, two_swap_by_way_of_a_third_address, 0, 2);
    tcase_add_test(tests, a_third_address_is_left_again);
    tcase_add_loop_test(tests, the_next_one_moves_in, 0, 2);
    tcase_add_test(tests, somebody_new_moves_in);
    tcase_add_test(tests, whoever_waits_for_an_address_waits_for_its_rename);
    tcase_add_loop_test(tests, an_opt_out_that_cannot_be_read_is_asked_for_again, 0, 2);
    tcase_add_test(tests, a_question_that_is_refused_is_a_dead_letter);
    suite_add_tcase(suite, tests);
    return rig_run(suite);
}
