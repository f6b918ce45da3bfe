/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "brevo/addresses.h"
#include "brevo/import_info.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct import_info read_text(const char *text)
{
    struct import_info info;
    _cleanup_json_ json_t *json = NULL;
    ck_assert_int_eq(json_parse(text, strlen(text), 65536, &json, NULL), 0);
    import_info_read(json, &info);
    return info;
}

static void expect(const char *text, enum process_state state, int64_t dropped, size_t urls)
{
    struct import_info info = read_text(text);
    ck_assert_msg((int)info.state == (int)state, "state of %s", text);
    ck_assert_msg(info.dropped == dropped, "dropped of %s", text);
    ck_assert_msg(info.url_count == urls, "files of %s", text);
    import_info_clear(&info);
}

START_TEST(states_by_word)
{
    expect("{\"status\":\"queued\"}", PROCESS_RUNNING, 0, 0);
    expect("{\"status\":\"in_process\"}", PROCESS_RUNNING, 0, 0);
    expect("{\"status\":\"processing\"}", PROCESS_RUNNING, 0, 0);
    expect("{\"status\":\"completed\"}", PROCESS_COMPLETED, 0, 0);
    expect("{\"status\":\"failed\"}", PROCESS_FAILED, 0, 0);
    expect("{\"status\":\"cancelled\"}", PROCESS_FAILED, 0, 0);
    expect("{\"status\":\"something new\"}", PROCESS_RUNNING, 0, 0);
}
END_TEST

START_TEST(garbage_is_running)
{
    struct import_info info;
    import_info_read(NULL, &info);
    ck_assert_int_eq(info.state, PROCESS_RUNNING);
    expect("[]", PROCESS_RUNNING, 0, 0);
    expect("{\"status\":7}", PROCESS_RUNNING, 0, 0);
    expect("{\"status\":\"completed\",\"info\":3}", PROCESS_COMPLETED, 0, 0);
    expect("{\"status\":\"completed\",\"info\":{\"import\":[1]}}", PROCESS_COMPLETED, 0, 0);
}
END_TEST

#define INFO(members) "{\"status\":\"completed\",\"info\":{\"import\":{" members "}}}"

START_TEST(nothing_dropped_in_all_spellings)
{
    expect("{\"status\":\"completed\",\"info\":null}", PROCESS_COMPLETED, 0, 0);
    expect("{\"status\":\"completed\",\"info\":{\"import\":null}}", PROCESS_COMPLETED, 0, 0);
    expect(INFO("\"invalid_emails\":0,\"duplicate_email_id\":null"), PROCESS_COMPLETED, 0, 0);
    expect(INFO("\"invalid_emails\":\"\",\"a\":\"0\",\"b\":[],\"c\":{},\"d\":false,\"e\":0.0"),
           PROCESS_COMPLETED, 0, 0);
}
END_TEST

START_TEST(numbers_add_up)
{
    expect(INFO("\"invalid_emails\":2,\"duplicate_phone_id\":3"), PROCESS_COMPLETED, 5, 0);
    expect(INFO("\"invalid_emails\":\"4\""), PROCESS_COMPLETED, 4, 0);
    expect(INFO("\"invalid_emails\":[\"a\",\"b\"]"), PROCESS_COMPLETED, 2, 0);
    expect(INFO("\"invalid_emails\":\"some\""), PROCESS_COMPLETED, 1, 0);
    expect(INFO("\"invalid_emails\":-3"), PROCESS_COMPLETED, 1, 0);
    expect(INFO("\"x\":9223372036854775807,\"y\":9223372036854775807"), PROCESS_COMPLETED,
           INT64_MAX, 0);
    expect(INFO("\"x\":true,\"y\":0.5,\"z\":{\"a\":1}"), PROCESS_COMPLETED, 3, 0);
}
END_TEST

START_TEST(files_are_kept)
{
    struct import_info info =
        read_text(INFO("\"duplicate_email_id\":\"https://x.test/a.csv\",\"invalid_emails\":1"));
    ck_assert_uint_eq(info.url_count, 1);
    ck_assert_str_eq(info.urls[0], "https://x.test/a.csv");
    ck_assert_int_eq(info.dropped, 1);
    import_info_clear(&info);
    ck_assert_uint_eq(info.url_count, 0);
    expect(INFO("\"1\":\"http://a\",\"2\":\"http://a\",\"3\":\"http://a\",\"4\":\"http://a\","
                "\"5\":\"http://a\",\"6\":\"http://a\",\"7\":\"http://a\",\"8\":\"http://a\","
                "\"9\":\"http://a\""),
           PROCESS_COMPLETED, 1, IMPORT_INFO_URLS);
}
END_TEST

START_TEST(addresses_by_thousands)
{
    struct addresses set = {0};
    char email[32];
    ck_assert_int_eq(addresses_has(&set, "a@b.c", 5), 0);
    addresses_remove(&set, "a@b.c", 5);
    for (int i = 0; i < 5000; i++) {
        int len = snprintf(email, sizeof(email), "u%d@example.com", i);
        addresses_add(&set, email, (size_t)len);
        addresses_add(&set, email, (size_t)len);
    }
    ck_assert_uint_eq(set.count, 5000);
    for (int i = 0; i < 5000; i += 2) {
        int len = snprintf(email, sizeof(email), "U%d@EXAMPLE.com", i);
        addresses_remove(&set, email, (size_t)len);
    }
    ck_assert_uint_eq(set.count, 2500);
    ck_assert_int_eq(addresses_has(&set, "u4998@example.com", 17), 0);
    ck_assert_int_eq(addresses_has(&set, "u4999@example.com", 17), 1);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 1000; i++) {
            int len = snprintf(email, sizeof(email), "r%d-%d@example.com", round, i);
            addresses_add(&set, email, (size_t)len);
            addresses_remove(&set, email, (size_t)len);
        }
    }
    ck_assert_uint_eq(set.count, 2500);
    ck_assert_uint_le(set.capacity, 65536);
    addresses_clear(&set);
    ck_assert_uint_eq(set.count, 0);
}
END_TEST

START_TEST(addresses_out_of_csv)
{
    struct addresses set = {0};
    static const char csv[] = "EMAIL;LINE\n\"A@example.com\";2\r\n<b@example.com>,3\nnobody;4\n"
                              "c@example.com";
    addresses_add_csv(&set, csv, strlen(csv));
    ck_assert_uint_eq(set.count, 3);
    ck_assert_int_eq(addresses_has(&set, "a@example.com", 13), 1);
    ck_assert_int_eq(addresses_has(&set, "b@example.com", 13), 1);
    ck_assert_int_eq(addresses_has(&set, "c@example.com", 13), 1);
    addresses_add_csv(&set, "", 0);
    ck_assert_uint_eq(set.count, 3);
    addresses_clear(&set);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("import_info");
    TCase *tests = tcase_create("import_info");
    tcase_add_test(tests, states_by_word);
    tcase_add_test(tests, garbage_is_running);
    tcase_add_test(tests, nothing_dropped_in_all_spellings);
    tcase_add_test(tests, numbers_add_up);
    tcase_add_test(tests, files_are_kept);
    tcase_add_test(tests, addresses_by_thousands);
    tcase_add_test(tests, addresses_out_of_csv);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
