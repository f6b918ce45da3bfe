/* SPDX-License-Identifier: Apache-2.0 */
#include "map/convert.h"

#include "tajo/plugin.h"

#include <check.h>
#include <string.h>

static json_t *load(const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    ck_assert_ptr_nonnull(value);
    return value;
}

static int equals(json_t *value, const char *expected)
{
    _cleanup_json_ json_t *want = load(expected);
    return json_equal(value, want);
}

/* expected: JSON; NULL: lost; "": absent. */
static void check_value(enum attribute_type type, const char *options, const char *source,
                        const char *expected)
{
    _cleanup_json_ json_t *value = load(source);
    _cleanup_json_ json_t *choices = options != NULL ? load(options) : NULL;
    _cleanup_json_ json_t *got = NULL;
    struct attribute attribute = {.name = (char[]){"X"}, .type = type, .options = choices};
    enum convert_result want = expected == NULL    ? CONVERT_LOST
                               : *expected == '\0' ? CONVERT_ABSENT
                                                   : CONVERT_OK;
    ck_assert_msg(convert_value(&attribute, value, &got) == want, "type %d, source %s", (int)type,
                  source);
    if (want == CONVERT_OK)
        ck_assert_msg(equals(got, expected), "type %d, source %s", (int)type, source);
    else
        ck_assert_ptr_null(got);
}

START_TEST(nothing_is_ever_blanked)
{
    for (int type = ATTRIBUTE_TEXT; type <= ATTRIBUTE_OTHER; type++) {
        check_value((enum attribute_type)type, NULL, "null", "");
        check_value((enum attribute_type)type, NULL, "\"\"", "");
        check_value((enum attribute_type)type, NULL, "[]", "");
        check_value((enum attribute_type)type, NULL, "{\"a\":1}", NULL);
    }
    check_value(ATTRIBUTE_OTHER, NULL, "\"x\"", NULL);
}
END_TEST

START_TEST(text)
{
    check_value(ATTRIBUTE_TEXT, NULL, "\"J\xC3\xBCrgen\"", "\"J\xC3\xBCrgen\"");
    check_value(ATTRIBUTE_TEXT, NULL, "17", "\"17\"");
    check_value(ATTRIBUTE_TEXT, NULL, "1.5", "\"1.5\"");
    check_value(ATTRIBUTE_TEXT, NULL, "true", "\"true\"");
    check_value(ATTRIBUTE_TEXT, NULL, "false", "\"false\"");
    check_value(ATTRIBUTE_TEXT, NULL, "[\"a\",\"\",\"b\"]", "\"a, b\"");
    check_value(ATTRIBUTE_TEXT, NULL, "[\"\"]", "");
    check_value(ATTRIBUTE_TEXT, NULL, "[\"a\",1]", NULL);
    check_value(ATTRIBUTE_TEXT, NULL, "\"a\\u0000b\"", NULL);
}
END_TEST

START_TEST(date)
{
    check_value(ATTRIBUTE_DATE, NULL, "\"2026-11-23\"", "\"2026-11-23\"");
    check_value(ATTRIBUTE_DATE, NULL, "\"2026-11-23T23:30:00.123Z\"", "\"2026-11-23\"");
    check_value(ATTRIBUTE_DATE, NULL, "\"2026-11-23T23:30:00-02:00\"", "\"2026-11-24\"");
    check_value(ATTRIBUTE_DATE, NULL, "\"2024-02-29\"", "\"2024-02-29\"");
    check_value(ATTRIBUTE_DATE, NULL, "\"1969-12-31T23:59:59Z\"", "\"1969-12-31\"");
    check_value(ATTRIBUTE_DATE, NULL, "\"1958-03-01\"", "\"1958-03-01\"");
    check_value(ATTRIBUTE_DATE, NULL, "\"0999-03-01\"", NULL);
    check_value(ATTRIBUTE_DATE, NULL, "\"2026-02-30\"", NULL);
    check_value(ATTRIBUTE_DATE, NULL, "\"23.11.2026\"", NULL);
    check_value(ATTRIBUTE_DATE, NULL, "1700000000", NULL);
    check_value(ATTRIBUTE_DATE, NULL, "true", NULL);
}
END_TEST

START_TEST(number)
{
    check_value(ATTRIBUTE_FLOAT, NULL, "17", "17");
    check_value(ATTRIBUTE_FLOAT, NULL, "-1.25", "-1.25");
    check_value(ATTRIBUTE_FLOAT, NULL, "\"-1.25e2\"", "-125.0");
    check_value(ATTRIBUTE_FLOAT, NULL, "\"17\"", "17.0");
    check_value(ATTRIBUTE_FLOAT, NULL, "\"17 EUR\"", NULL);
    check_value(ATTRIBUTE_FLOAT, NULL, "\"0x10\"", NULL);
    check_value(ATTRIBUTE_FLOAT, NULL, "\"inf\"", NULL);
    check_value(ATTRIBUTE_FLOAT, NULL, "\"1e999\"", NULL);
    check_value(ATTRIBUTE_FLOAT, NULL, "\"+\"", NULL);
    check_value(ATTRIBUTE_FLOAT, NULL, "true", NULL);
}
END_TEST

START_TEST(boolean)
{
    check_value(ATTRIBUTE_BOOLEAN, NULL, "true", "true");
    check_value(ATTRIBUTE_BOOLEAN, NULL, "false", "false");
    check_value(ATTRIBUTE_BOOLEAN, NULL, "\"TRUE\"", "true");
    check_value(ATTRIBUTE_BOOLEAN, NULL, "\"false\"", "false");
    check_value(ATTRIBUTE_BOOLEAN, NULL, "1", "true");
    check_value(ATTRIBUTE_BOOLEAN, NULL, "0", "false");
    check_value(ATTRIBUTE_BOOLEAN, NULL, "2", NULL);
    check_value(ATTRIBUTE_BOOLEAN, NULL, "\"yes\"", NULL);
    check_value(ATTRIBUTE_BOOLEAN, NULL, "[true]", NULL);
}
END_TEST

START_TEST(category)
{
    static const char options[] = "{\"Gold\":1,\"Silver\":2,\"3\":3}";
    check_value(ATTRIBUTE_CATEGORY, options, "\"Gold\"", "1");
    check_value(ATTRIBUTE_CATEGORY, options, "\"silver\"", "2");
    check_value(ATTRIBUTE_CATEGORY, options, "3", "3");
    check_value(ATTRIBUTE_CATEGORY, options, "\"3\"", "3");
    check_value(ATTRIBUTE_CATEGORY, options, "\"Bronze\"", NULL);
    check_value(ATTRIBUTE_CATEGORY, options, "[\"Gold\"]", NULL);
    check_value(ATTRIBUTE_CATEGORY, NULL, "\"Gold\"", NULL);
}
END_TEST

START_TEST(choices)
{
    static const char options[] = "[\"red\",\"green\",\"blue\"]";
    check_value(ATTRIBUTE_MULTIPLE_CHOICE, options, "[\"blue\",\"red\"]", "[\"blue\",\"red\"]");
    check_value(ATTRIBUTE_MULTIPLE_CHOICE, options, "\"green\"", "[\"green\"]");
    check_value(ATTRIBUTE_MULTIPLE_CHOICE, options, "[\"pink\",\"red\",\"red\",7]", "[\"red\"]");
    check_value(ATTRIBUTE_MULTIPLE_CHOICE, options, "[\"pink\"]", NULL);
    check_value(ATTRIBUTE_MULTIPLE_CHOICE, options, "17", NULL);
    check_value(ATTRIBUTE_MULTIPLE_CHOICE, NULL, "\"red\"", NULL);
}
END_TEST

static void check_phone(const char *source, enum convert_result want, const char *expected)
{
    _cleanup_json_ json_t *value = load(source);
    _cleanup_json_ json_t *got = NULL;
    ck_assert_int_eq(convert_phone("49", value, &got), want);
    ck_assert_pstr_eq(json_string_value(got), expected);
}

START_TEST(phone)
{
    check_phone("\"+4915112345678\"", CONVERT_OK, "+4915112345678");
    check_phone("15112345678", CONVERT_OK, "+4915112345678");
    check_phone("null", CONVERT_ABSENT, NULL);
    check_phone("\"\"", CONVERT_ABSENT, NULL);
    check_phone("\"n/a\"", CONVERT_LOST, NULL);
    check_phone("[\"+4915112345678\"]", CONVERT_LOST, NULL);
    check_phone("1.5", CONVERT_LOST, NULL);
}
END_TEST

static enum mapping_consent consent_of(const char *source)
{
    _cleanup_json_ json_t *value = load(source);
    return convert_consent(value);
}

START_TEST(consent)
{
    static const char *const given[] = {"true",    "1",      "2.5",   "\"true\"",
                                        "\"YES\"", "\"on\"", "\"1\"", "\"2026-11-23T10:00:00Z\""};
    static const char *const refused[] = {
        "false",   "0",         "\"false\"", "\"no\"", "\"0\"",
        "\"off\"", "\"maybe\"", "{\"a\":1}", "[true]", "\"yes\\u0000\""};
    for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
        ck_assert_msg(consent_of(given[i]) == CONSENT_GIVEN, "%s", given[i]);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        ck_assert_msg(consent_of(refused[i]) == CONSENT_REFUSED, "%s", refused[i]);
    ck_assert_int_eq(consent_of("null"), CONSENT_ABSENT);
    ck_assert_int_eq(consent_of("\"\""), CONSENT_ABSENT);
    ck_assert_int_eq(convert_consent(NULL), CONSENT_ABSENT);
}
END_TEST

START_TEST(which_types_fit)
{
    /* rows: unknown, string, integer, boolean, choice, datetime, strings, object;
     * columns: text, date, float, boolean, category, multiple-choice, other */
    static const char *const fits[] = {"1111110", "1111110", "1011100", "1001100",
                                       "1111110", "1100100", "1000010", "0000000"};
    for (int source = 0; source <= (int)TAJO_TYPE_OBJECT; source++)
        for (int type = ATTRIBUTE_TEXT; type <= ATTRIBUTE_OTHER; type++)
            ck_assert_msg(convert_possible(source, (enum attribute_type)type) ==
                              fits[source][type] - '0',
                          "source %d, type %d", source, type);
}
END_TEST

START_TEST(times)
{
    _cleanup_json_ json_t *iso = json_string("1970-01-01T00:00:01.500Z");
    _cleanup_json_ json_t *object = json_object();
    _cleanup_json_ json_t *other = json_string("yesterday");
    ck_assert_int_eq(convert_time(iso), 1500);
    ck_assert_int_eq(convert_time(object), 0);
    ck_assert_int_eq(convert_time(other), 0);
    ck_assert_int_eq(convert_time(NULL), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("convert");
    TCase *t = tcase_create("convert");
    tcase_add_test(t, nothing_is_ever_blanked);
    tcase_add_test(t, text);
    tcase_add_test(t, date);
    tcase_add_test(t, number);
    tcase_add_test(t, boolean);
    tcase_add_test(t, category);
    tcase_add_test(t, choices);
    tcase_add_test(t, phone);
    tcase_add_test(t, consent);
    tcase_add_test(t, which_types_fit);
    tcase_add_test(t, times);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
