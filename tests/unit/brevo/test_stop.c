/* SPDX-License-Identifier: Apache-2.0
 *
 * A delivery that is stopped ends at once, whatever Brevo does, and the next one finishes it.
 */
#include "rig.h"

static void stop_now(void *arg)
{
    struct rig *rig = arg;
    brevo_stop(rig->brevo);
}

static const char *const faults[] = {
    "\"action\":\"hang\"",
    "\"status\":429,\"headers\":{\"x-sib-ratelimit-remaining\":\"0\","
    "\"x-sib-ratelimit-reset\":\"3600\"}",
};

static const char *const calls[] = {
    "POST /contacts",
    "POST /contacts/import",
    "GET /processes/{id}",
    "GET /contacts/{identifier}",
    "PUT /contacts/{identifier}",
    "POST /contacts/lists/{id}/contacts/remove",
};

#define FAULTS ((int)(sizeof(faults) / sizeof(*faults)))
#define CALLS  ((int)(sizeof(calls) / sizeof(*calls)))

/* Work that needs the call. */
static void give_work(struct rig *rig, int call)
{
    if (call == 1 || call == 2) {
        RIG_EDIT(rig, .first = 0, .count = 200);
    } else if (call == 0) {
        RIG_EDIT(rig, .first = 0, .count = 10);
    } else {
        RIG_EDIT(rig, .first = 0, .count = 4, .set_lists = 1, .lists = {20});
        ck_assert_int_eq(rig_deliver(rig), 0);
        if (call == 5)
            RIG_EDIT(rig, .email = "u1@example.com", .set_lists = 1);
        else if (call == 4)
            RIG_EDIT(rig, .email = "u1@example.com", .pending = "{\"LASTNAME\":\"L\"}",
                     .set_lists = 1);
        else
            RIG_EDIT(rig, .email = "new@example.com", .rename_from = "u1@example.com");
    }
}

START_TEST(stops_at_once)
{
    struct rig rig;
    struct loop_timer timer = {0};
    _cleanup_free_ char *fault =
        mem_printf("{\"match\":\"%s\",\"times\":8,%s}", calls[_i / FAULTS], faults[_i % FAULTS]);
    rig_start(&rig, NULL);
    rig_open(&rig);
    give_work(&rig, _i / FAULTS);
    int64_t waiting = rig_pending(&rig);
    rig_fault(&rig, fault);
    loop_timer_set(rig.loop, &timer, _i / FAULTS == 2 ? 1200 : 400, stop_now, &rig);
    int64_t began = clock_monotonic_ms();
    ck_assert_int_eq(rig_deliver(&rig), ERR_CANCELLED);
    ck_assert_int_gt(clock_monotonic_ms() - began, 350);
    ck_assert_int_lt(clock_monotonic_ms() - began, 2200);
    ck_assert_int_eq(rig_pending(&rig), waiting);

    /* As the next process would. */
    rig_close(&rig);
    json_decref(rig_call(&rig, "DELETE", "/__faults", NULL));
    rig_open(&rig);
    ck_assert_int_eq(rig_deliver(&rig), 0);
    ck_assert_int_eq(rig_pending(&rig), 0);
    rig_end(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("brevo_stop");
    TCase *tcase = tcase_create("stop");
    tcase_set_timeout(tcase, 30);
    tcase_add_loop_test(tcase, stops_at_once, 0, CALLS * FAULTS);
    suite_add_tcase(suite, tcase);
    return rig_run(suite);
}
