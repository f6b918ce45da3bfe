/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "brevo/attributes.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static json_t *parse(const char *text)
{
    json_t *json = json_loads(text, 0, NULL);
    ck_assert_msg(json != NULL, "%s", text);
    return json;
}

static const char table_text[] =
    "{\"attributes\":["
    "{\"name\":\"FIRSTNAME\",\"category\":\"normal\",\"type\":\"text\"},"
    "{\"name\":\"BORN\",\"category\":\"normal\",\"type\":\"date\"},"
    "{\"name\":\"VIP\",\"category\":\"normal\",\"type\":\"boolean\"},"
    "{\"name\":\"SCORE\",\"category\":\"normal\",\"type\":\"float\"},"
    "{\"name\":\"TAGS\",\"category\":\"normal\",\"type\":\"multiple-choice\","
    "\"multiCategoryOptions\":[\"a\",\"b\",7]},"
    "{\"name\":\"KIND\",\"category\":\"category\",\"enumeration\":["
    "{\"value\":1,\"label\":\"Man\"},{\"value\":0,\"valueStr\":\"2\",\"label\":\"Woman\"},"
    "{\"value\":0,\"valueStr\":\"x\",\"label\":\"Other\"}]},"
    "{\"name\":\"ORDER\",\"category\":\"transactional\",\"type\":\"id\"},"
    "{\"name\":\"SUM\",\"category\":\"calculated\",\"calculatedValue\":\"COUNT\"},"
    "{\"name\":\"WHO\",\"category\":\"normal\",\"type\":\"user\"},"
    "{\"name\":\"NEW\",\"category\":\"normal\",\"type\":\"invented\"},"
    "{\"name\":\"\"},{\"category\":\"normal\"},5]}";

static void read_table(struct attribute_table *table)
{
    _cleanup_json_ json_t *answer = parse(table_text);
    memset(table, 0, sizeof(*table));
    attributes_read(answer, table);
}

START_TEST(types_are_understood)
{
    struct attribute_table table;
    read_table(&table);
    ck_assert_uint_eq(table.count, 10);
    ck_assert_int_eq(attribute_find(&table, "FIRSTNAME")->type, ATTRIBUTE_TEXT);
    ck_assert_int_eq(attribute_find(&table, "BORN")->type, ATTRIBUTE_DATE);
    ck_assert_int_eq(attribute_find(&table, "VIP")->type, ATTRIBUTE_BOOLEAN);
    ck_assert_int_eq(attribute_find(&table, "SCORE")->type, ATTRIBUTE_FLOAT);
    ck_assert_int_eq(attribute_find(&table, "ORDER")->type, ATTRIBUTE_OTHER);
    ck_assert_int_eq(attribute_find(&table, "SUM")->type, ATTRIBUTE_OTHER);
    ck_assert_int_eq(attribute_find(&table, "WHO")->type, ATTRIBUTE_OTHER);
    ck_assert_int_eq(attribute_find(&table, "NEW")->type, ATTRIBUTE_OTHER);
    const struct attribute *tags = attribute_find(&table, "TAGS");
    ck_assert_int_eq(tags->type, ATTRIBUTE_MULTIPLE_CHOICE);
    ck_assert_uint_eq(json_array_size(tags->options), 2);
    attribute_table_clear(&table);
}
END_TEST

START_TEST(options_of_a_category)
{
    struct attribute_table table;
    read_table(&table);
    const struct attribute *kind = attribute_find(&table, "KIND");
    ck_assert_int_eq(kind->type, ATTRIBUTE_CATEGORY);
    ck_assert_int_eq(json_integer_value(json_object_get(kind->options, "Man")), 1);
    ck_assert_int_eq(json_integer_value(json_object_get(kind->options, "1")), 1);
    ck_assert_int_eq(json_integer_value(json_object_get(kind->options, "Woman")), 2);
    ck_assert_int_eq(json_integer_value(json_object_get(kind->options, "2")), 2);
    ck_assert_str_eq(json_string_value(json_object_get(kind->options, "Other")), "Other");
    ck_assert_ptr_null(json_object_get(kind->options, "0"));
    attribute_table_clear(&table);
}
END_TEST

START_TEST(garbage_has_no_attributes)
{
    struct attribute_table table = {0};
    _cleanup_json_ json_t *answer = parse("{\"attributes\":{\"a\":1}}");
    attributes_read(answer, &table);
    ck_assert_uint_eq(table.count, 0);
    attribute_table_clear(&table);
}
END_TEST

static void expect_lost(const char *sent, const char *found, const char *lost)
{
    struct attribute_table table;
    read_table(&table);
    _cleanup_json_ json_t *wish = parse(sent);
    _cleanup_json_ json_t *attributes = parse(found);
    _cleanup_json_ json_t *contact = json_object();
    json_object_set(contact, "attributes", attributes);
    const char *name = attributes_lost(wish, contact, &table);
    if (lost == NULL)
        ck_assert_msg(name == NULL, "%s against %s lost %s", sent, found, name);
    else
        ck_assert_msg(name != NULL && strcmp(name, lost) == 0, "%s against %s", sent, found);
    attribute_table_clear(&table);
}

START_TEST(what_arrived_is_recognised)
{
    expect_lost("{}", "{}", NULL);
    expect_lost("{\"FIRSTNAME\":\" Ada \"}", "{\"FIRSTNAME\":\"Ada\"}", NULL);
    expect_lost("{\"FIRSTNAME\":\"\"}", "{}", NULL);
    expect_lost("{\"FIRSTNAME\":null}", "{}", NULL);
    expect_lost("{\"BORN\":\"2001-02-03\"}", "{\"BORN\":\"2001-02-03T00:00:00Z\"}", NULL);
    expect_lost("{\"VIP\":true}", "{\"VIP\":true}", NULL);
    expect_lost("{\"VIP\":true}", "{\"VIP\":\"Yes\"}", NULL);
    expect_lost("{\"VIP\":true}", "{\"VIP\":1}", NULL);
    expect_lost("{\"VIP\":false}", "{}", NULL);
    expect_lost("{\"SCORE\":1.5}", "{\"SCORE\":\"1.5\"}", NULL);
    expect_lost("{\"SCORE\":3}", "{\"SCORE\":3.0}", NULL);
    expect_lost("{\"SMS\":\"+49 170 123\"}", "{\"SMS\":\"49170123\"}", NULL);
    expect_lost("{\"TAGS\":[\"a\",\"b\"]}", "{\"TAGS\":[\"b\",\"a\"]}", NULL);
    expect_lost("{\"KIND\":1}", "{\"KIND\":\"Man\"}", NULL);
    expect_lost("{\"FIRSTNAME\":\"5\"}", "{\"FIRSTNAME\":5}", NULL);
}
END_TEST

START_TEST(what_was_lost_is_named)
{
    expect_lost("{\"FIRSTNAME\":\"Ada\"}", "{\"FIRSTNAME\":\"Ad\"}", "FIRSTNAME");
    expect_lost("{\"FIRSTNAME\":\"Ada\"}", "{}", "FIRSTNAME");
    expect_lost("{\"BORN\":\"2001-02-03\"}", "{\"BORN\":\"2001-03-02\"}", "BORN");
    expect_lost("{\"VIP\":true}", "{\"VIP\":false}", "VIP");
    expect_lost("{\"VIP\":true}", "{}", "VIP");
    expect_lost("{\"VIP\":false}", "{\"VIP\":true}", "VIP");
    expect_lost("{\"SCORE\":1.5}", "{\"SCORE\":1.4}", "SCORE");
    expect_lost("{\"SCORE\":0}", "{}", "SCORE");
    expect_lost("{\"SMS\":\"+49170123\"}", "{\"SMS\":\"49170124\"}", "SMS");
    expect_lost("{\"SMS\":\"+49170123\"}", "{\"SMS\":\"491701234\"}", "SMS");
    expect_lost("{\"TAGS\":[\"a\",\"b\"]}", "{\"TAGS\":[\"a\"]}", "TAGS");
    expect_lost("{\"TAGS\":[\"a\",\"b\"]}", "{\"TAGS\":[\"a\",\"c\"]}", "TAGS");
    expect_lost("{\"KIND\":1}", "{}", "KIND");
}
END_TEST

START_TEST(lists_of_a_contact)
{
    _cleanup_json_ json_t *contact = parse("{\"listIds\":[20,21],\"listUnsubscribed\":[22]}");
    _cleanup_json_ json_t *bare = parse("{\"listUnsubscribed\":null}");
    ck_assert_int_eq(contact_has_list(contact, 21), 1);
    ck_assert_int_eq(contact_has_list(contact, 22), 1);
    ck_assert_int_eq(contact_has_list(contact, 23), 0);
    ck_assert_int_eq(contact_has_list(bare, 20), 0);
}
END_TEST

START_TEST(lists_that_were_left)
{
    static const char *const unclear[] = {
        "[]", "{\"listUnsubscribed\":{}}", "{\"listUnsubscribed\":\"20\"}",
        "{\"listUnsubscribed\":[20,{}]}", "{\"listUnsubscribed\":[-1]}"};
    _cleanup_json_ json_t *bare = parse("{\"listIds\":[20]}");
    _cleanup_json_ json_t *contact = parse("{\"listUnsubscribed\":[22,\"21\"]}");
    struct id_set left = {0};
    ck_assert_int_eq(contact_left_lists(bare, &left), 0);
    ck_assert_uint_eq(left.count, 0);
    for (size_t i = 0; i < sizeof(unclear) / sizeof(*unclear); i++) {
        _cleanup_json_ json_t *json = parse(unclear[i]);
        ck_assert_int_eq(contact_left_lists(json, &left), ERR_DATA);
    }
    ck_assert_int_eq(contact_left_lists(NULL, &left), ERR_DATA);
    ck_assert_uint_eq(left.count, 0);
    ck_assert_int_eq(contact_left_lists(contact, &left), 0);
    ck_assert_uint_eq(left.count, 2);
    ck_assert_int_eq(id_set_has(&left, 21), 1);
    ck_assert_int_eq(id_set_has(&left, 22), 1);
    id_set_clear(&left);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("attributes");
    TCase *tests = tcase_create("attributes");
    tcase_add_test(tests, types_are_understood);
    tcase_add_test(tests, options_of_a_category);
    tcase_add_test(tests, garbage_has_no_attributes);
    tcase_add_test(tests, what_arrived_is_recognised);
    tcase_add_test(tests, what_was_lost_is_named);
    tcase_add_test(tests, lists_of_a_contact);
    tcase_add_test(tests, lists_that_were_left);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
