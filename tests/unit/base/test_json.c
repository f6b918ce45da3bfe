/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include "base/mem.h"

#include <check.h>
#include <string.h>

static int parse(const char *text, size_t max, json_t **ret, struct err_info *e)
{
    return json_parse(text, strlen(text), max, ret, e);
}

START_TEST(any_value_is_a_document)
{
    static const char *const texts[] = {"{}", "[1,2]", "17", "\"x\"", " null "};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        json_t *v _cleanup_json_ = NULL;
        ck_assert_int_eq(parse(texts[i], 100, &v, NULL), 0);
        ck_assert_ptr_nonnull(v);
    }
}
END_TEST

START_TEST(error_says_place_not_content)
{
    struct err_info e = {0};
    json_t *v = NULL;
    ck_assert_int_eq(parse("{\n \"secret-name\": secret-value}", 100, &v, &e), ERR_DATA);
    ck_assert_ptr_null(v);
    ck_assert_ptr_nonnull(strstr(e.what, "line 2"));
    ck_assert_ptr_null(strstr(e.what, "secret"));
    ck_assert_int_eq(parse("", 100, &v, &e), ERR_DATA);
    ck_assert_int_eq(json_parse(NULL, 0, 100, &v, &e), ERR_DATA);
    ck_assert_int_eq(parse("{} x", 100, &v, &e), ERR_DATA);
    ck_assert_ptr_nonnull(strstr(e.what, "after its end"));
    ck_assert_int_eq(parse("\"\xff\"", 100, &v, &e), ERR_DATA);
    ck_assert_ptr_nonnull(strstr(e.what, "UTF-8"));
    ck_assert_int_eq(parse("[123456789012345678901234567890]", 100, &v, &e), ERR_DATA);
    ck_assert_ptr_nonnull(strstr(e.what, "too large"));
}
END_TEST

START_TEST(size_and_depth_are_bounded)
{
    struct err_info e = {0};
    char deep[200];
    for (int depth = 64; depth <= 65; depth++) {
        json_t *v _cleanup_json_ = NULL;
        memset(deep, '[', (size_t)depth);
        memset(deep + depth, ']', (size_t)depth);
        deep[2 * depth] = '\0';
        ck_assert_int_eq(parse(deep, 1000, &v, &e), depth == 64 ? 0 : ERR_DATA);
    }
    ck_assert_ptr_nonnull(strstr(e.what, "deeper"));
    json_t *v _cleanup_json_ = NULL;
    ck_assert_int_eq(
        parse("[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[\"]", 1000,
              &v, &e),
        0);
    json_t *none = NULL;
    ck_assert_int_eq(parse("[1,2,3]", 6, &none, &e), ERR_DATA);
    ck_assert_ptr_nonnull(strstr(e.what, "more than 6"));
}
END_TEST

START_TEST(equal_values_give_equal_text)
{
    json_t *a _cleanup_json_ = NULL;
    json_t *b _cleanup_json_ = NULL;
    _cleanup_(strbuf_release) struct strbuf ta = STRBUF_INIT;
    _cleanup_(strbuf_release) struct strbuf tb = STRBUF_INIT;
    ck_assert_int_eq(parse("{\"b\": 1, \"a\": [true, null]}", 100, &a, NULL), 0);
    ck_assert_int_eq(parse("{\"a\":[true,null],\"b\":1}", 100, &b, NULL), 0);
    json_write(a, &ta);
    json_write(b, &tb);
    ck_assert_str_eq(ta.data, "{\"a\":[true,null],\"b\":1}");
    ck_assert_str_eq(ta.data, tb.data);
    strbuf_clear(&ta);
    json_write(NULL, &ta);
    ck_assert_str_eq(ta.data, "null");
}
END_TEST

START_TEST(strings_are_escaped_and_made_valid)
{
    static const struct {
        const char *in;
        size_t len;
        const char *out;
    } cases[] = {
        {"a\"b\\c\n\r\t\x01", 9, "\"a\\\"b\\\\c\\n\\r\\t\\u0001\""},
        {"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", 9, "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\""},
        {"\xFFz", 2, "\"\xEF\xBF\xBDz\""},
        {"\xC0\xAF", 2, "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xED\xA0\x80", 3, "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xE2\x82", 2, "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"\xE2\x82x", 3, "\"\xEF\xBF\xBD\xEF\xBF\xBDx\""},
        {"a\0b", 3, "\"a\\u0000b\""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        _cleanup_(strbuf_release) struct strbuf out = STRBUF_INIT;
        json_write_string(&out, cases[i].in, cases[i].len);
        ck_assert_str_eq(out.data, cases[i].out);
        json_t *back _cleanup_json_ = NULL;
        ck_assert_int_eq(json_parse(out.data, out.len, 1000, &back, NULL), 0);
    }
}
END_TEST

static const char *const document =
    "{\"a\":{\"b\":[{\"c\":7},{\"c\":8}],\"x.y\":5},\"m\":[[1,2],[3]],"
    "\"a.b\":\"whole\",\"https://t/roles\":9,\"deep\":{\"https://t/x\":{\"k\":4}}}";

START_TEST(path_walks_objects_and_arrays)
{
    static const struct {
        const char *path;
        json_int_t value; /* -1: not there */
    } cases[] = {
        {"a.b[1].c", 8},    {"a.b[0].c", 7},        {"a.b[2].c", -1}, {"a.nothing", -1},
        {"a.x.y", 5},       {"m[0][1]", 2},         {"m[1][0]", 3},   {"m[x]", -1},
        {"m[9999999]", -1}, {"https://t/roles", 9}, {"m.x", -1},      {"a..b", -1},
        {"m[0", -1},
    };
    json_t *root _cleanup_json_ = NULL;
    ck_assert_int_eq(parse(document, 1000, &root, NULL), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const json_t *v = json_at_path(root, cases[i].path);
        if (cases[i].value < 0)
            ck_assert_msg(v == NULL, "%s", cases[i].path);
        else
            ck_assert_msg(json_integer_value(v) == cases[i].value, "%s", cases[i].path);
    }
    ck_assert_str_eq(json_string_value(json_at_path(root, "a.b")), "whole");
    ck_assert_ptr_null(json_at_path(NULL, "a"));
}
END_TEST

START_TEST(paths_are_checked)
{
    static const char *const good[] = {"a", "a.b", "a[0]", "a[0][12].b", "https://x/y"};
    static const char *const bad[] = {"",    ".a",    "a.",    "a..b",
                                      "[0]", "a[]",   "a[x]",  "a[1",
                                      "a]",  "a[1]b", "a[-1]", "a[99999999999999999999]"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        ck_assert_msg(json_path_valid(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!json_path_valid(bad[i]), "%s", bad[i]);
    char longest[258];
    memset(longest, 'a', sizeof(longest));
    longest[256] = '\0';
    ck_assert(json_path_valid(longest));
    longest[256] = 'a';
    longest[257] = '\0';
    ck_assert(!json_path_valid(longest));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/json");
    TCase *tests = tcase_create("json");
    tcase_add_test(tests, any_value_is_a_document);
    tcase_add_test(tests, error_says_place_not_content);
    tcase_add_test(tests, size_and_depth_are_bounded);
    tcase_add_test(tests, equal_values_give_equal_text);
    tcase_add_test(tests, strings_are_escaped_and_made_valid);
    tcase_add_test(tests, path_walks_objects_and_arrays);
    tcase_add_test(tests, paths_are_checked);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
