/* SPDX-License-Identifier: Apache-2.0
 *
 * Wishes that change while a contact is on its way.
 */
#include "rig.h"

#define ALL      20
#define VERIFIED 21

struct change {
    struct rig *rig;
    const struct rig_edit *edit;
    struct loop_timer timer;
    int made;
};

static void change_made(void *arg, int result, const struct err_info *e)
{
    struct change *change = arg;
    ck_assert_msg(result == 0, "%s", e != NULL ? e->what : "");
    change->made = 1;
}

static int edit_in_flight(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct change *change = arg;
    struct contact_row row = {0};
    const char *email = change->edit->count > 0 ? "u0@example.com" : change->edit->email;
    ck_assert_int_eq(contact_get(tx, email, &row, e), 0);
    ck_assert_int_ne(row.batch, 0);
    contact_clear(&row);
    return rig_edit_work(tx, (void *)(uintptr_t)change->edit, e);
}

static void change_now(void *arg)
{
    struct change *change = arg;
    store_submit(change->rig->store, edit_in_flight, change_made, change);
}

/* Delivers, and makes the change while the first call is under way. */
static void deliver_and_change(struct rig *rig, const char *call, const struct rig_edit *edit)
{
    struct change change = {.rig = rig, .edit = edit};
    char fault[160];
    snprintf(fault, sizeof(fault), "{\"match\":\"%s\",\"action\":\"none\",\"delay_ms\":400}", call);
    rig_fault(rig, fault);
    loop_timer_set(rig->loop, &change.timer, 150, change_now, &change);
    ck_assert_int_eq(rig_deliver(rig), 0);
    ck_assert_int_eq(change.made, 1);
    ck_assert_int_eq(rig_pending(rig), 0);
}

#define CHANGE(rig, call, ...)                                                                     \
    deliver_and_change((rig), (call), &(const struct rig_edit){__VA_ARGS__})

START_TEST(an_attribute_changes_under_way)
{
    struct rig rig;
    rig_start(&rig, NULL);
    rig_open(&rig);
    RIG_EDIT(&rig, .email = "a@example.com", .set_lists = 1, .lists = {ALL},
             .pending = "{\"FIRSTNAME\":\"Ada\",\"LASTNAME\":\"L\"}");
    CHANGE(&rig, "POST /contacts", .email = "a@example.com",
           .pending = "{\"FIRSTNAME\":\"Eve\",\"LASTNAME\":\"L\"}");
    rig_expect_text(&rig, "a@example.com", "FIRSTNAME", "Eve");
    ck_assert_int_eq(rig_calls(&rig, "POST /contacts"), 2);
    struct rig_look look = rig_look(&rig, "a@example.com");
    ck_assert_ptr_null(look.row.pending);
    ck_assert_uint_eq(look.row.delivered_len, 32);
    rig_look_end(&look);
    rig_end(&rig);
}
END_TEST

START_TEST(an_attribute_goes_back_under_way)
{
    struct rig rig;
    rig_start(&rig, NULL);
    rig_open(&rig);
    for (int idle = 0; idle < 2; idle++) {
        RIG_EDIT(&rig, .email = "a@example.com", .pending = "{\"FIRSTNAME\":\"One\"}");
        ck_assert_int_eq(rig_deliver(&rig), 0);
        RIG_EDIT(&rig, .email = "a@example.com",
                 .pending = "{\"FIRSTNAME\":\"Two\",\"LASTNAME\":\"L\"}");
        CHANGE(&rig, "POST /contacts", .email = "a@example.com",
               .pending = "{\"FIRSTNAME\":\"One\",\"LASTNAME\":\"L\"}", .idle = idle);
        rig_expect_text(&rig, "a@example.com", "FIRSTNAME", "One");
        ck_assert_int_eq(rig_calls(&rig, "POST /contacts"), 3 * (idle + 1));
    }
    rig_end(&rig);
}
END_TEST

START_TEST(a_list_is_taken_back_under_way)
{
    struct rig rig;
    rig_start(&rig, NULL);
    rig_open(&rig);
    RIG_EDIT(&rig, .email = "a@example.com", .set_lists = 1, .lists = {ALL});
    ck_assert_int_eq(rig_deliver(&rig), 0);
    RIG_EDIT(&rig, .email = "a@example.com", .set_lists = 1, .lists = {ALL, VERIFIED});
    CHANGE(&rig, "POST /contacts", .email = "a@example.com", .set_lists = 1, .lists = {ALL},
           .idle = 1);
    ck_assert_int_eq(rig_on_list(&rig, "a@example.com", VERIFIED), 0);
    ck_assert_int_eq(rig_on_list(&rig, "a@example.com", ALL), 1);
    rig_end(&rig);
}
END_TEST

START_TEST(somebody_comes_back_while_being_removed)
{
    struct rig rig;
    rig_start(&rig, NULL);
    rig_open(&rig);
    RIG_EDIT(&rig, .email = "a@example.com", .set_lists = 1, .lists = {ALL});
    ck_assert_int_eq(rig_deliver(&rig), 0);
    RIG_EDIT(&rig, .email = "a@example.com", .remove = 1);
    CHANGE(&rig, "DELETE /contacts/{identifier}", .email = "a@example.com",
           .pending = "{\"FIRSTNAME\":\"Back\"}");
    rig_expect_text(&rig, "a@example.com", "FIRSTNAME", "Back");
    ck_assert_int_eq(rig_on_list(&rig, "a@example.com", ALL), 1);
    rig_end(&rig);
}
END_TEST

START_TEST(an_import_is_overtaken)
{
    struct rig rig;
    rig_start(&rig, NULL);
    rig.options.requests_per_second = 10;
    rig.options.burst = 100;
    rig_open(&rig);
    RIG_EDIT(&rig, .first = 0, .count = 40);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    RIG_EDIT(&rig, .first = 0, .count = 40, .set_lists = 1, .lists = {ALL},
             .pending = "{\"FIRSTNAME\":\"New\"}");
    CHANGE(&rig, "POST /contacts/import", .first = 0, .count = 2,
           .pending = "{\"FIRSTNAME\":\"Newer\"}");
    rig_expect_text(&rig, "u1@example.com", "FIRSTNAME", "Newer");
    rig_expect_text(&rig, "u2@example.com", "FIRSTNAME", "New");
    ck_assert_uint_eq(rig_counts(&rig)->imports, 2);
    ck_assert_uint_eq(rig_counts(&rig)->singles, 2);
    /* Nobody can tell what the import gave it: only what the single call said counts. */
    struct rig_look look = rig_look(&rig, "u1@example.com");
    ck_assert_uint_eq(look.row.delivered_len, 16);
    rig_look_end(&look);
    rig_end(&rig);
}
END_TEST

START_TEST(a_dead_letter_that_changed_is_tried_again)
{
    struct rig rig;
    rig_start(&rig, NULL);
    rig_open(&rig);
    RIG_EDIT(&rig, .email = "a@example.com", .set_lists = 1, .lists = {999});
    CHANGE(&rig, "POST /contacts", .email = "a@example.com", .set_lists = 1, .lists = {ALL});
    ck_assert_int_eq(rig_on_list(&rig, "a@example.com", ALL), 1);
    struct rig_look look = rig_look(&rig, NULL);
    ck_assert_int_eq(look.dead, 0);
    rig_look_end(&look);
    rig_end(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("changes");
    TCase *tests = tcase_create("changes");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, an_attribute_changes_under_way);
    tcase_add_test(tests, an_attribute_goes_back_under_way);
    tcase_add_test(tests, a_list_is_taken_back_under_way);
    tcase_add_test(tests, somebody_comes_back_while_being_removed);
    tcase_add_test(tests, an_import_is_overtaken);
    tcase_add_test(tests, a_dead_letter_that_changed_is_tried_again);
    suite_add_tcase(suite, tests);
    return rig_run(suite);
}
