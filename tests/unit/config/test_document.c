/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include "base/strbuf.h"
#include "config/text.h"

static struct node *parse(const char *text)
{
    struct node *node = NULL;
    struct config_mark mark = {0, 0};
    struct err_info e = {0};
    int r = document_parse(text, strlen(text), &node, &mark, &e);
    ck_assert_msg(r == 0, "%d:%d: %s", mark.line, mark.column, e.what);
    return node;
}

static void refuse_bytes(const char *data, size_t len, int line, int column, const char *fragment)
{
    struct node *node = NULL;
    struct config_mark mark = {0, 0};
    struct err_info e = {0};
    ck_assert_int_eq(document_parse(data, len, &node, &mark, &e), ERR_CONFIG);
    ck_assert_ptr_null(node);
    ck_assert_msg(strstr(e.what, fragment) != NULL, "%d:%d: %s", mark.line, mark.column, e.what);
    ck_assert_msg(mark.line == line && mark.column == column, "%d:%d, not %d:%d: %s", mark.line,
                  mark.column, line, column, e.what);
}

static void refuse(const char *text, int line, int column, const char *fragment)
{
    refuse_bytes(text, strlen(text), line, column, fragment);
}

static void expect_mark(struct config_mark mark, int line, int column)
{
    ck_assert_int_eq(mark.line, line);
    ck_assert_int_eq(mark.column, column);
}

START_TEST(test_tree)
{
    struct node *root = parse("a: 1\nb:\n  - x\n  - {c: \"é\", d: ~}\ne:\n");
    ck_assert_int_eq(root->kind, NODE_MAPPING);
    ck_assert_uint_eq(root->count, 3);
    const struct node *list = node_find(root, "b")->value;
    ck_assert_int_eq(list->kind, NODE_SEQUENCE);
    ck_assert_str_eq(list->entries[0].value->text, "x");
    ck_assert_ptr_null(list->entries[0].key);
    const struct node_entry *d = node_find(list->entries[1].value, "d");
    ck_assert_int_eq(d->value->is_null, 1);
    /* Columns count characters, not bytes. */
    expect_mark(d->mark, 4, 14);
    expect_mark(node_find(root, "e")->mark, 5, 1);
    ck_assert_int_eq(node_find(root, "e")->value->is_null, 1);
    ck_assert_ptr_null(node_find(root, "z"));
    ck_assert_ptr_null(node_free(root));
}
END_TEST

START_TEST(test_multibyte_positions)
{
    struct node *root = parse("\xEF\xBB\xBFü: {\"日本\": x, \"😀😀\": y, k: z}\r\nnext: \"\"\n");
    const struct node *inner = node_find(root, "ü")->value;
    expect_mark(node_find(root, "ü")->mark, 1, 1);
    expect_mark(node_find(inner, "😀😀")->mark, 1, 14);
    expect_mark(node_find(inner, "k")->mark, 1, 23);
    expect_mark(node_find(root, "next")->value->mark, 2, 7);
    ck_assert_int_eq(node_find(root, "next")->value->is_null, 0); /* quoted */
    node_free(root);
}
END_TEST

START_TEST(test_encodings)
{
    refuse_bytes("\xFF\xFE"
                 "a\0",
                 4, 1, 1, "UTF-16");
    refuse_bytes("\xFE\xFF\0a", 4, 1, 1, "UTF-16");
    refuse("a: b\nü: \xFF\n", 2, 4, "the byte 0xFF is not UTF-8");
    refuse("a: \xC3", 1, 4, "the byte 0xC3 is not UTF-8");
    refuse("a: \xED\xA0\x80", 1, 4, "not UTF-8");
    refuse("a: \xC0\xAF", 1, 4, "not UTF-8");
    refuse("a: \xF4\x90\x80\x80", 1, 4, "not UTF-8");
    refuse("a: \xE2\x82\x28", 1, 4, "not UTF-8");
    refuse("a: \x01", 1, 4, "control character");
    refuse("a: \xC2\x9B", 1, 4, "control character");
    refuse("a: \xEF\xBF\xBF", 1, 4, "control character");
    refuse("a: b\xEF\xBB\xBF", 1, 5, "control character");
    refuse_bytes("a: b\0c", 6, 1, 5, "control character");
}
END_TEST

START_TEST(test_syntax)
{
    refuse("a:\n\tb: 1\n", 2, 1, "a tab stands where YAML takes spaces only");
    refuse("a: @x\n", 1, 4, "a value may not begin with this character");
    refuse("a: b: c\n", 1, 5, "a second \": \" stands in one line");
    refuse("a: 1\n  b: 2\n", 2, 4, "a second \": \"");
    refuse("a:\n    b: 1\n  c: 2\n", 3, 3, "not indented like its neighbours");
    refuse("a: 1\nb\n", 3, 1, "a key without \": \"");
    refuse("a: \"x\nb: 1\n", 1, 4, "never closed");
    refuse("a: [1, 2\n", 2, 1, "a bracket is not closed");
    refuse("a: {b: 1\nc: 2}\n", 2, 2, "a bracket is not closed");
    refuse("a: {b: ${C}}\n", 1, 9, "inside { } and [ ] a value may not contain {");
    refuse("a: \"\\q\"\n", 1, 5, "unknown letter");
    refuse("a: %x\n", 1, 4, "a value may not begin");
    refuse("%YAML 1.1\n%YAML 1.1\n---\na: 1\n", 2, 1, "this is not YAML: found duplicate %YAML");
}
END_TEST

START_TEST(test_one_document)
{
    refuse("a: 1\n---\nb: 2\n", 2, 1, "a second YAML document");
    refuse("", 1, 1, "no settings");
    refuse("# only a comment\n", 2, 1, "no settings");
    node_free(parse("---\na: 1\n...\n"));
}
END_TEST

START_TEST(test_keys)
{
    refuse("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n", 5, 3,
           "the key \"c\" stands here and already at line 3, column 3");
    refuse("a: 1\n\"a\": 2\n", 2, 1, "already at line 1, column 1");
    refuse("? [a]\n: 1\n", 1, 3, "a key must be a plain name");
    refuse("? {a: b}\n: 1\n", 1, 3, "a key must be a plain name");
    refuse("\"\": 1\n", 1, 1, "a key is empty");
    refuse("\"a\\0b\": 1\n", 1, 1, "a key is empty");
    refuse("a: \"b\\0c\"\n", 1, 4, "NUL");
}
END_TEST

START_TEST(test_anchors)
{
    refuse("a: &x 1\nb: *x\n", 1, 4, "anchors (&), aliases (*)");
    refuse("a: *x\n", 1, 4, "anchors (&), aliases (*)");
    refuse("a: &x {b: 1}\n", 1, 4, "anchors");
    refuse("a: &x [1]\n", 1, 4, "anchors");
    refuse("&x a: 1\n", 1, 1, "anchors");
    refuse("a: !!str 1\n", 1, 4, "tags (!)");
    refuse("!x {a: 1}\n", 1, 1, "tags (!)");
}
END_TEST

START_TEST(test_bounds)
{
    struct strbuf text = STRBUF_INIT;
    for (int i = 0; i < 31; i++)
        strbuf_add_char(&text, '[');
    for (int i = 0; i < 31; i++)
        strbuf_add_char(&text, ']');
    node_free(parse(text.data));
    strbuf_clear(&text);
    for (int i = 0; i < 100; i++)
        strbuf_add_char(&text, '[');
    refuse(text.data, 1, 33, "deeper than 32");

    strbuf_clear(&text);
    for (int i = 0; i < 1000; i++)
        strbuf_add_format(&text, "k%d: 1\n", i);
    node_free(parse(text.data));
    strbuf_add_text(&text, "k1000: 1\n");
    refuse(text.data, 1001, 1, "more than 1000 keys");

    strbuf_clear(&text);
    strbuf_add_text(&text, "a: [");
    for (int i = 0; i < 99998; i++)
        strbuf_add_text(&text, "1,");
    strbuf_add_text(&text, "]");
    node_free(parse(text.data));
    strbuf_consume(&text, 0);
    text.len--;
    strbuf_add_text(&text, "1]");
    refuse(text.data, 1, 5 + 2 * 99998, "more than 100,000 values");
    strbuf_release(&text);
}
END_TEST

START_TEST(test_nearest)
{
    static const char *const known[] = {"schedule", "sync", "users", NULL, "log_level", "log_sync"};
    ck_assert_str_eq(text_nearest("shedule", known, 6), "schedule");
    ck_assert_str_eq(text_nearest("schedlue", known, 6), "schedule"); /* a swap is one slip */
    ck_assert_str_eq(text_nearest("scheudel", known, 6), "schedule");
    ck_assert_str_eq(text_nearest("sched", known, 6), "schedule");
    ck_assert_str_eq(text_nearest("user", known, 6), "users");
    ck_assert_str_eq(text_nearest("usersource", known, 6), "users");
    ck_assert_str_eq(text_nearest("log_synk", known, 6), "log_sync");
    ck_assert_ptr_null(text_nearest("xyz", known, 6));
    ck_assert_ptr_null(text_nearest("lists", known, 6));
    ck_assert_ptr_null(text_nearest("", known, 6));
    char longer[200];
    memset(longer, 'a', sizeof(longer));
    longer[199] = '\0';
    ck_assert_ptr_null(text_nearest(longer, known, 6));
}
END_TEST

START_TEST(test_clean)
{
    char buf[TEXT_CLEAN_SIZE];
    ck_assert_str_eq(text_clean("plain", buf), "plain");
    ck_assert_str_eq(text_clean("a\x1b[31m\nb", buf), "a?[31m?b");
    ck_assert_str_eq(text_clean("a\xC2\x9B"
                                "b",
                                buf),
                     "a??b");
    char longer[200] = "";
    for (int i = 0; i < 60; i++)
        strcat(longer, "é");
    text_clean(longer, buf);
    ck_assert_str_eq(buf + strlen(buf) - 5, "é...");
    ck_assert_uint_lt(strlen(buf), TEXT_CLEAN_SIZE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("document");
    TCase *tests = tcase_create("document");
    tcase_add_test(tests, test_tree);
    tcase_add_test(tests, test_multibyte_positions);
    tcase_add_test(tests, test_encodings);
    tcase_add_test(tests, test_syntax);
    tcase_add_test(tests, test_one_document);
    tcase_add_test(tests, test_keys);
    tcase_add_test(tests, test_anchors);
    tcase_add_test(tests, test_bounds);
    tcase_add_test(tests, test_nearest);
    tcase_add_test(tests, test_clean);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
