/* SPDX-License-Identifier: Apache-2.0
 *
 * Each step of a single call's way meets an answer it did not hope for.
 */
#include "rig.h"

#define ALL     20
#define GET_ONE "GET /contacts/{identifier}"
#define PUT_ONE "PUT /contacts/{identifier}"

static void open_rig(struct rig *rig)
{
    rig_start(rig, NULL);
    rig_open(rig);
}

/* One contact, one fault: a dead letter (1), or later (0), or a stop (-1). */
static void expect_single(const struct rig_edit *edit, const char *call, int status, int after,
                          int dead)
{
    struct rig rig;
    char fault[200];
    open_rig(&rig);
    RIG_EDIT(&rig, .email = "a@example.com", .set_lists = 1, .lists = {ALL});
    RIG_EDIT(&rig, .email = "out@example.com", .set_lists = 1, .lists = {ALL});
    ck_assert_int_eq(rig_deliver(&rig), 0);
    rig_unsubscribe(&rig, "out@example.com");
    rig_edit(&rig, edit);
    snprintf(fault, sizeof(fault),
             "{\"match\":\"%s\",\"status\":%d,\"after\":%d,\"times\":%d,\"body\":{}}", call, status,
             after, status == 500 ? 5 : 1);
    rig_fault(&rig, fault);
    ck_assert_int_eq(rig_deliver(&rig), dead > 0 ? 0 : dead == 0 ? ERR_TRANSIENT : ERR_AUTH);
    struct rig_look look = rig_look(&rig, NULL);
    ck_assert_int_eq(look.dead, dead > 0);
    ck_assert_int_eq(look.totals.pending, dead <= 0);
    if (dead > 0) {
        char code[16];
        snprintf(code, sizeof(code), "http_%d", status);
        ck_assert_str_eq(look.letters[0].reason, code);
    }
    rig_look_end(&look);
    rig_end(&rig);
}

#define SINGLE(call, status, after, dead, ...)                                                     \
    expect_single(&(const struct rig_edit){__VA_ARGS__}, call, status, after, dead)

START_TEST(steps_of_a_rename)
{
#define RENAME .email = "new@example.com", .rename_from = "out@example.com"
    SINGLE(GET_ONE, 400, 0, 1, RENAME);
    SINGLE(GET_ONE, 500, 0, 0, RENAME);
    SINGLE(PUT_ONE, 400, 0, 1, RENAME);
    SINGLE(PUT_ONE, 403, 0, -1, RENAME);
    SINGLE(GET_ONE, 500, 1, 0, RENAME);
    SINGLE("POST /contacts", 405, 0, 1, .email = "new@example.com",
           .rename_from = "nobody@example.com");
}
END_TEST

START_TEST(steps_of_a_removal)
{
    SINGLE(GET_ONE, 400, 0, 1, .email = "a@example.com", .remove = 1);
    SINGLE(GET_ONE, 500, 0, 0, .email = "a@example.com", .remove = 1);
    SINGLE("DELETE /contacts/{identifier}", 400, 0, 1, .email = "a@example.com", .remove = 1);
    SINGLE("DELETE /contacts/{identifier}", 409, 0, 0, .email = "a@example.com", .remove = 1);
    SINGLE(PUT_ONE, 400, 0, 1, .email = "out@example.com", .remove = 1);
}
END_TEST

START_TEST(steps_of_an_update)
{
    SINGLE(PUT_ONE, 405, 0, 1, .email = "a@example.com", .set_lists = 1,
           .pending = "{\"FIRSTNAME\":\"A\"}");
    SINGLE(PUT_ONE, 500, 0, 0, .email = "a@example.com", .set_lists = 1,
           .pending = "{\"FIRSTNAME\":\"A\"}");
    SINGLE("POST /contacts/lists/{id}/contacts/remove", 500, 0, 0, .email = "a@example.com",
           .set_lists = 1);
    SINGLE("POST /contacts/lists/{id}/contacts/remove", 403, 0, -1, .email = "a@example.com",
           .set_lists = 1);
    SINGLE("POST /contacts", 402, 0, -1, .email = "a@example.com",
           .pending = "{\"FIRSTNAME\":\"A\"}");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("steps");
    TCase *tests = tcase_create("steps");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, steps_of_a_rename);
    tcase_add_test(tests, steps_of_a_removal);
    tcase_add_test(tests, steps_of_an_update);
    suite_add_tcase(suite, tests);
    return rig_run(suite);
}
