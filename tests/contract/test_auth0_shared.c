/* SPDX-License-Identifier: Apache-2.0 */
#include "auth0/json.h"
#include "auth0/text.h"
#include "auth0/when.h"
#include "fixture.h"

#include <string.h>

static struct tajo_str str(const char *text)
{
    return (struct tajo_str){text, strlen(text)};
}

START_TEST(times_are_read_and_written)
{
    static const struct {
        const char *text;
        int64_t ms;
    } rows[] = {
        {"1970-01-01T00:00:00.000Z", 0},
        {"2026-11-23T10:00:00.000Z", INT64_C(1795428000000)},
        {"2024-02-29T23:59:59.999Z", INT64_C(1709251199999)},
        {"2000-03-01T00:00:00.001Z", INT64_C(951868800001)},
        {"9999-12-31T23:59:59.999Z", INT64_C(253402300799999)},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char room[AUTH0_WHEN_SIZE];
        int64_t ms = -1;
        ck_assert(auth0_when_parse_iso(str(rows[i].text), &ms));
        ck_assert_int_eq(ms, rows[i].ms);
        auth0_when_format_iso(ms, room);
        ck_assert_str_eq(room, rows[i].text);
    }
}
END_TEST

START_TEST(time_forms_are_understood)
{
    int64_t ms = -1;
    ck_assert(auth0_when_parse_iso(str("2026-11-23T12:00:00+02:00"), &ms));
    ck_assert_int_eq(ms, INT64_C(1795428000000));
    ck_assert(auth0_when_parse_iso(str("2026-11-23T04:30:00.1-0530"), &ms));
    ck_assert_int_eq(ms, INT64_C(1795428000100));
    ck_assert(auth0_when_parse_iso(str("2026-11-23 10:00:00.1234567Z"), &ms));
    ck_assert_int_eq(ms, INT64_C(1795428000123));
    ck_assert(auth0_when_parse_http(str("Mon, 23 Nov 2026 10:00:00 GMT"), &ms));
    ck_assert_int_eq(ms, INT64_C(1795428000000));
}
END_TEST

START_TEST(other_texts_are_no_times)
{
    static const char *const isos[] = {
        "",
        "2026-11-23",
        "2026-11-23T10:00:00",
        "2026-11-23T10:00:00.Z",
        "2026-02-30T10:00:00Z",
        "2026-13-01T10:00:00Z",
        "2026-11-23T24:00:00Z",
        "2026-11-23T10:00:00Zjunk",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+01:00",
        "2026-11-23T10:00:00+2",
        "tomorrow",
    };
    static const char *const https[] = {"",
                                        "Mon",
                                        "Mon, 23 Foo 2026 10:00:00 GMT",
                                        "Mon, 23 Nov 2026 10:00:00 CET",
                                        "Monday, 23-Nov-26 10:00:00 GMT",
                                        "Mon, 23 No"};
    int64_t ms = 42;
    for (size_t i = 0; i < sizeof(isos) / sizeof(isos[0]); i++)
        ck_assert_msg(!auth0_when_parse_iso(str(isos[i]), &ms), "%s", isos[i]);
    for (size_t i = 0; i < sizeof(https) / sizeof(https[0]); i++)
        ck_assert_msg(!auth0_when_parse_http(str(https[i]), &ms), "%s", https[i]);
    ck_assert_int_eq(ms, 42);
}
END_TEST

START_TEST(segments_are_encoded_whole)
{
    AUTH0_FREE_TEXT char *id = auth0_text_encode_segment(str("auth0|a/b c+d%~\xc3\xa9"));
    ck_assert_str_eq(id, "auth0%7Ca%2Fb%20c%2Bd%25~%C3%A9");
    AUTH0_FREE_TEXT char *dots = auth0_text_encode_segment(str(".."));
    ck_assert_str_eq(dots, "%2E%2E");
    AUTH0_FREE_TEXT char *phrase = auth0_text_quote_phrase(str("a\"b\\c"));
    ck_assert_str_eq(phrase, "\"a\\\"b\\\\c\"");
}
END_TEST

START_TEST(sentences_name_nobody)
{
    static const char *const rows[][2] = {
        {"Failed to parse query", "Failed to parse query"},
        {"user_id:\"auth0|123\" is bad", "(hidden) is bad"},
        {"near ann@example.com.", "near (hidden)"},
        {"GET /users/auth0%7C1  and x%40y", "GET (hidden)  and (hidden)"},
        {"", ""},
        {"a \xc3\xa9\n", "a ???"},
    };
    char room[64];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        auth0_text_copy_sentence(str(rows[i][0]), room, sizeof(room));
        ck_assert_str_eq(room, rows[i][1]);
    }
    /* Of a word that does not fit, nothing is shown that the rest would have hidden. */
    char tight[8];
    auth0_text_copy_sentence(str("by annabella@example.com"), tight, sizeof(tight));
    ck_assert_str_eq(tight, "by (hid");
    auth0_text_copy_sentence(str("abc defgh"), tight, 4);
    ck_assert_str_eq(tight, "abc");
}
END_TEST

START_TEST(foreign_json_is_read)
{
    json_t *root = auth0_json_parse(
        str("{\"big\":123456789012345678901,\"n\":[5,1.5],\"half\":\"a\\ud800b\\udc00\","
            "\"pair\":\"\\ud83d\\ude00\",\"escaped\":\"\\\\ud800\",\"nul\":\"x\\u0000y\"}"));
    ck_assert_ptr_nonnull(root);
    ck_assert(json_is_real(json_object_get(root, "big")));
    ck_assert(json_is_integer(json_array_get(json_object_get(root, "n"), 0)));
    ck_assert(json_is_real(json_array_get(json_object_get(root, "n"), 1)));
    ck_assert_str_eq(json_string_value(json_object_get(root, "half")), "a\xef\xbf\xbd"
                                                                       "b\xef\xbf\xbd");
    ck_assert_str_eq(json_string_value(json_object_get(root, "pair")), "\xf0\x9f\x98\x80");
    ck_assert_str_eq(json_string_value(json_object_get(root, "escaped")), "\\ud800");
    ck_assert_uint_eq(auth0_json_get_text(root, "nul").len, 3);
    json_decref(root);
    ck_assert_ptr_null(auth0_json_parse(str("")));
    ck_assert_ptr_null(auth0_json_parse(str("{\"a\":\"\\ud8")));
    ck_assert_ptr_null(auth0_json_parse(str("<html>")));
}
END_TEST

int main(void)
{
    TCase *shared = tcase_create("shared");
    tcase_add_test(shared, times_are_read_and_written);
    tcase_add_test(shared, time_forms_are_understood);
    tcase_add_test(shared, other_texts_are_no_times);
    tcase_add_test(shared, segments_are_encoded_whole);
    tcase_add_test(shared, sentences_name_nobody);
    tcase_add_test(shared, foreign_json_is_read);
    return fixture_main("auth0", &shared, 1);
}
