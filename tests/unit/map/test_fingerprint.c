/* SPDX-License-Identifier: Apache-2.0 */
#include "map/fingerprint.h"

#include "base/cleanup.h"
#include "base/json.h"

#include <check.h>
#include <stdio.h>

static void deliver(struct strbuf *fp, const char *sent)
{
    _cleanup_(strbuf_release) struct strbuf next = STRBUF_INIT;
    _cleanup_json_ json_t *attributes = json_loads(sent, 0, NULL);
    ck_assert_ptr_nonnull(attributes);
    fingerprint_update(fp->data, fp->len, attributes, &next);
    strbuf_clear(fp);
    strbuf_add(fp, next.data, next.len);
}

static void check_left(const struct strbuf *fp, const char *wish, const char *left)
{
    _cleanup_json_ json_t *got = json_loads(wish, 0, NULL);
    _cleanup_json_ json_t *want = json_loads(left, 0, NULL);
    fingerprint_drop_delivered(fp->data, fp->len, got);
    ck_assert(json_equal(got, want));
}

START_TEST(only_what_differs_is_left)
{
    _cleanup_(strbuf_release) struct strbuf fp = STRBUF_INIT;
    check_left(&fp, "{\"A\":1,\"B\":\"x\"}", "{\"A\":1,\"B\":\"x\"}");
    deliver(&fp, "{\"A\":1,\"B\":\"x\",\"C\":[\"p\",\"q\"],\"D\":true}");
    check_left(&fp, "{\"A\":1,\"B\":\"x\",\"C\":[\"p\",\"q\"],\"D\":true}", "{}");
    check_left(&fp, "{\"A\":2,\"B\":\"x\",\"C\":[\"q\",\"p\"],\"D\":false,\"E\":1}",
               "{\"A\":2,\"C\":[\"q\",\"p\"],\"D\":false,\"E\":1}");
    check_left(&fp, "{\"A\":\"1\"}", "{\"A\":\"1\"}");
    deliver(&fp, "{\"A\":2,\"E\":1}");
    check_left(&fp, "{\"A\":2,\"B\":\"x\",\"E\":1}", "{}");
    check_left(&fp, "{\"A\":1}", "{\"A\":1}");
    ck_assert_uint_eq(fp.len, 5 * 16);
}
END_TEST

START_TEST(matches_what_was_delivered)
{
    _cleanup_(strbuf_release) struct strbuf fp = STRBUF_INIT;
    _cleanup_json_ json_t *one = json_integer(1);
    _cleanup_json_ json_t *two = json_integer(2);
    ck_assert(!fingerprint_matches(NULL, 0, "A", one));
    deliver(&fp, "{\"A\":1}");
    ck_assert(!fingerprint_matches(fp.data, fp.len, "B", one));
    ck_assert(fingerprint_matches(fp.data, fp.len, "A", one));
    ck_assert(!fingerprint_matches(fp.data, fp.len, "A", two));
    /* A torn fingerprint is read as far as it goes. */
    ck_assert(!fingerprint_matches(fp.data, fp.len - 1, "A", one));
}
END_TEST

START_TEST(many_attributes_in_any_order)
{
    _cleanup_(strbuf_release) struct strbuf whole = STRBUF_INIT;
    _cleanup_(strbuf_release) struct strbuf parts = STRBUF_INIT;
    _cleanup_json_ json_t *all = json_object();
    char name[16];
    for (int i = 0; i < 200; i++) {
        char one[40];
        int k = (i * 77) % 200;
        snprintf(name, sizeof(name), "ATTR_%d", k);
        json_object_set_new(all, name, json_integer(k));
        snprintf(one, sizeof(one), "{\"%s\":%d}", name, k);
        deliver(&parts, one);
    }
    fingerprint_update(NULL, 0, all, &whole);
    ck_assert_uint_eq(whole.len, parts.len);
    ck_assert_mem_eq(whole.data, parts.data, whole.len);
    fingerprint_drop_delivered(parts.data, parts.len, all);
    ck_assert_uint_eq(json_object_size(all), 0);
}
END_TEST

START_TEST(stored_form_is_stable)
{
    /* It outlives versions: this is what version 1 wrote for {"A":1}. */
    static const unsigned char frozen[] = {0xbd, 0x50, 0x59, 0x26, 0x8c, 0xc5, 0x15, 0xda,
                                           0xd6, 0xd3, 0x20, 0xe0, 0xdd, 0x32, 0x38, 0x7c};
    _cleanup_(strbuf_release) struct strbuf fp = STRBUF_INIT;
    deliver(&fp, "{\"A\":1}");
    ck_assert_uint_eq(fp.len, sizeof(frozen));
    ck_assert_mem_eq(fp.data, frozen, sizeof(frozen));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("fingerprint");
    TCase *t = tcase_create("fingerprint");
    tcase_add_test(t, only_what_differs_is_left);
    tcase_add_test(t, matches_what_was_delivered);
    tcase_add_test(t, many_attributes_in_any_order);
    tcase_add_test(t, stored_form_is_stable);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
