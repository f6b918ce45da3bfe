/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of people who left lists share, on top of the rig.
 */
#ifndef TESTS_BREVO_LEAVING_H
#define TESTS_BREVO_LEAVING_H

#include "rig.h"

#define ALL      20
#define VERIFIED 21
#define SOCIAL   22

/* Somebody else makes the contact, and puts it on the list (0: on none). */
static inline void make_contact(const struct rig *rig, const char *email, int list)
{
    _cleanup_free_ char *lists = list != 0 ? mem_printf(",\"listIds\":[%d]", list) : mem_strdup("");
    _cleanup_free_ char *body =
        mem_printf("{\"email\":\"%s\",\"updateEnabled\":true%s}", email, lists);
    json_decref(rig_call(rig, "POST", "/brevo/v3/contacts", body));
}

static inline void leave(const struct rig *rig, const char *email, int list)
{
    _cleanup_free_ char *path = mem_printf("/__brevo/contacts/%s", email);
    _cleanup_free_ char *body = mem_printf("{\"unsubscribe_list\":%d}", list);
    _cleanup_json_ json_t *contact = rig_call(rig, "POST", path, body);
    ck_assert_msg(json_object_get(contact, "email") != NULL, "%s cannot leave", email);
}

static inline void forget_calls(const struct rig *rig)
{
    json_decref(rig_call(rig, "POST", "/__counts/reset", NULL));
}

static inline int read_survey(struct store_tx *tx, void *arg, struct err_info *e)
{
    int r = meta_get(tx, "survey.until", arg, e);
    return r == ERR_NOT_FOUND ? 0 : r;
}

/* Until when all is known; 0: nothing is. */
static inline int64_t surveyed_until(struct rig *rig)
{
    _cleanup_free_ char *until = NULL;
    int64_t ms = 0;
    ck_assert_int_eq(store_call(rig->store, read_survey, &until, NULL), 0);
    if (until != NULL)
        ck_assert_int_eq(clock_parse_iso(until, strlen(until), &ms), 0);
    return ms;
}

static inline void expect_lists(const struct rig *rig, const char *email, int all, int verified)
{
    ck_assert_msg(rig_on_list(rig, email, ALL) == all, "%s and list %d", email, ALL);
    ck_assert_msg(rig_on_list(rig, email, VERIFIED) == verified, "%s and list %d", email, VERIFIED);
    ck_assert_int_eq(rig_figure(rig, "resubscribed"), 0);
}

#endif
