/* SPDX-License-Identifier: Apache-2.0 */
#include "log/log.h"

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static FILE *captured;
static int real_stderr;

static void capture(void)
{
    captured = tmpfile();
    fflush(stderr);
    real_stderr = dup(STDERR_FILENO);
    dup2(fileno(captured), STDERR_FILENO);
}

/* What was written since capture(); caller frees. */
static char *written(void)
{
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    long size = lseek(fileno(captured), 0, SEEK_END);
    char *text = mem_alloc((size_t)size + 1);
    ck_assert_int_eq(pread(fileno(captured), text, (size_t)size, 0), size);
    fclose(captured);
    return text;
}

START_TEST(line_has_time_level_area_message_fields)
{
    capture();
    log_start(LOG_LOGFMT, LOG_LEVEL_INFO);
    log_line(LOG_LEVEL_WARN, "http", "limit reached", "account=%s left=%d", log_quote("a b"), 0);
    log_line(LOG_LEVEL_DEBUG, "http", "not shown", NULL);
    log_line(LOG_LEVEL_INFO, "http", "done", NULL);
    _cleanup_free_ char *text = written();
    ck_assert_int_eq(strncmp(text, "time=20", 7), 0);
    ck_assert_ptr_nonnull(
        strstr(text, "Z level=warn area=http message=\"limit reached\" account=\"a b\" left=0\n"));
    ck_assert_ptr_null(strstr(text, "not shown"));
    ck_assert_ptr_nonnull(strstr(text, " level=info area=http message=done\n"));
}
END_TEST

START_TEST(json_lines_are_json)
{
    capture();
    log_start(LOG_JSON, LOG_LEVEL_DEBUG);
    log_line(LOG_LEVEL_ERROR, "x", "it \"broke\"", "n=%d s=%s word=on zero=007 empty=%s neg=-4", 12,
             log_quote("a=\"b\"\nc\\"), log_quote(""));
    _cleanup_free_ char *text = written();
    json_t *v _cleanup_json_ = NULL;
    struct err_info e = {0};
    ck_assert_msg(json_parse(text, strlen(text), 10000, &v, &e) == 0, "%s in %s", e.what, text);
    ck_assert_str_eq(json_string_value(json_object_get(v, "level")), "error");
    ck_assert_str_eq(json_string_value(json_object_get(v, "area")), "x");
    ck_assert_str_eq(json_string_value(json_object_get(v, "message")), "it \"broke\"");
    ck_assert_int_eq(json_integer_value(json_object_get(v, "n")), 12);
    ck_assert_int_eq(json_integer_value(json_object_get(v, "neg")), -4);
    ck_assert_str_eq(json_string_value(json_object_get(v, "s")), "a=\"b\"\nc\\");
    ck_assert_str_eq(json_string_value(json_object_get(v, "word")), "on");
    ck_assert_str_eq(json_string_value(json_object_get(v, "zero")), "007");
    ck_assert_str_eq(json_string_value(json_object_get(v, "empty")), "");
}
END_TEST

START_TEST(json_takes_broken_fields)
{
    capture();
    log_start(LOG_JSON, LOG_LEVEL_INFO);
    log_line(LOG_LEVEL_INFO, "x", "m", "%s", "  word k=\"open =v end=\xff");
    _cleanup_free_ char *text = written();
    json_t *v _cleanup_json_ = NULL;
    ck_assert_int_eq(json_parse(text, strlen(text), 10000, &v, NULL), 0);
}
END_TEST

START_TEST(a_value_cannot_forge_a_line)
{
    capture();
    log_start(LOG_LOGFMT, LOG_LEVEL_INFO);
    log_line(LOG_LEVEL_INFO, "x", "two\nlines", "raw=%s", "a\nlevel=error");
    _cleanup_free_ char *text = written();
    ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
}
END_TEST

START_TEST(secrets_do_not_get_out)
{
    log_hide("s3cr3t-value");
    log_hide("s3cr3t-value-and-more");
    log_hide("with \"quotes\"");
    log_hide("abc"); /* too short to be searched for */
    log_hide(NULL);
    for (int format = LOG_LOGFMT; format <= LOG_JSON; format++) {
        capture();
        log_start((enum log_format)format, LOG_LEVEL_INFO);
        log_line(LOG_LEVEL_INFO, "x", "s3cr3t-value here", "a=s3cr3t-values3cr3t-value b=%s abc=1",
                 log_quote("with \"quotes\""));
        log_line(LOG_LEVEL_INFO, "x", "m", "long=s3cr3t-value-and-more");
        _cleanup_free_ char *text = written();
        ck_assert_ptr_null(strstr(text, "s3cr3t"));
        ck_assert_ptr_null(strstr(text, "and-more"));
        ck_assert_ptr_null(strstr(text, "quotes"));
        ck_assert_ptr_nonnull(strstr(text, "[hidden][hidden]"));
        ck_assert_ptr_nonnull(strstr(text, "abc"));
    }
}
END_TEST

START_TEST(the_oldest_secret_makes_room)
{
    char name[32];
    log_hide("first-secret");
    log_hide("second-secret");
    for (int i = 0; i < 62; i++) {
        snprintf(name, sizeof(name), "other-secret-%d", i);
        log_hide(name);
    }
    log_hide("first-secret"); /* used again: now the newest */
    log_hide("one-more-secret");
    capture();
    log_start(LOG_LOGFMT, LOG_LEVEL_INFO);
    log_line(LOG_LEVEL_INFO, "x", "m", "a=first-secret b=second-secret c=one-more-secret");
    _cleanup_free_ char *text = written();
    ck_assert_ptr_nonnull(strstr(text, "a=[hidden] b=second-secret c=[hidden]"));
}
END_TEST

START_TEST(values_are_quoted_when_needed)
{
    ck_assert_str_eq(log_quote("plain-1.2/3"), "plain-1.2/3");
    ck_assert_str_eq(log_quote(""), "\"\"");
    ck_assert_str_eq(log_quote(NULL), "\"\"");
    ck_assert_str_eq(log_quote("a b"), "\"a b\"");
    ck_assert_str_eq(log_quote("a\"b\\c\td"), "\"a\\\"b\\\\c\\td\"");
    ck_assert_str_eq(log_quote("a\x01z"), "\"a?z\"");
    char text[600];
    memset(text, '"', sizeof(text));
    text[599] = '\0';
    ck_assert_uint_eq(strlen(log_quote(text)), 802);
    for (size_t i = 0; i + 2 < sizeof(text); i += 3)
        memcpy(text + i, "\xE2\x82\xAC", 3);
    ck_assert_uint_eq(strlen(log_quote(text)), 399);
    const char *first = log_quote("one");
    for (int i = 0; i < 7; i++)
        log_quote("other");
    ck_assert_str_eq(first, "one");
}
END_TEST

START_TEST(personal_data_is_masked)
{
    static const char dots[] = "\xE2\x80\xA2\xE2\x80\xA2\xE2\x80\xA2";
    char want[64];
    snprintf(want, sizeof(want), "j%s@e%s.com", dots, dots);
    ck_assert_str_eq(log_mask("john@example.com"), want);
    snprintf(want, sizeof(want), "+49%s", dots);
    ck_assert_str_eq(log_mask("+4917012345678"), want);
    snprintf(want, sizeof(want), "A%s", dots);
    ck_assert_str_eq(log_mask("Anna"), want);
    snprintf(want, sizeof(want), "\xC3\x84%s", dots);
    ck_assert_str_eq(log_mask("\xC3\x84nne"), want);
    ck_assert_str_eq(log_mask(""), "");
    ck_assert_str_eq(log_mask(NULL), "");
    snprintf(want, sizeof(want), "@%s", dots);
    ck_assert_str_eq(log_mask("@example.com"), want);
}
END_TEST

START_TEST(levels_have_names)
{
    enum log_level level = LOG_LEVEL_ERROR;
    ck_assert_int_eq(log_parse_level("verbose", &level), 0);
    ck_assert_int_eq(level, LOG_LEVEL_DEBUG);
    ck_assert_int_eq(log_parse_level("warn", &level), 0);
    ck_assert_int_eq(level, LOG_LEVEL_WARN);
    ck_assert_int_eq(log_parse_level("loud", &level), ERR_USAGE);
    ck_assert_int_eq(level, LOG_LEVEL_WARN);
    log_set_level(LOG_LEVEL_WARN);
    ck_assert(log_enabled(LOG_LEVEL_ERROR) && !log_enabled(LOG_LEVEL_INFO));
}
END_TEST

static void count_hook(void *arg)
{
    (*(int *)arg)++;
}

static void *write_lines(void *arg)
{
    for (int i = 0; i < 200; i++)
        log_line(LOG_LEVEL_INFO, "thread", "a line", "who=%s i=%03d end=%s", (const char *)arg, i,
                 log_quote("yes"));
    return NULL;
}

START_TEST(lines_of_threads_stay_whole_and_are_hooked)
{
    int hooked = 0;
    pthread_t threads[4];
    capture();
    log_start(LOG_LOGFMT, LOG_LEVEL_INFO);
    log_hook(count_hook, &hooked);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, write_lines, (void *)(size_t) "abcd");
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    log_hook(NULL, NULL);
    _cleanup_free_ char *text = written();
    int lines = 0;
    for (char *at = strtok(text, "\n"); at != NULL; at = strtok(NULL, "\n"), lines++) {
        ck_assert_int_eq(strncmp(at, "time=", 5), 0);
        ck_assert_str_eq(at + strlen(at) - 8, " end=yes");
    }
    ck_assert_int_eq(lines, 800);
    ck_assert_int_eq(hooked, 800);
}
END_TEST

START_TEST(a_closed_stderr_is_survived)
{
    log_start(LOG_LOGFMT, LOG_LEVEL_INFO);
    int kept = dup(STDERR_FILENO);
    close(STDERR_FILENO);
    log_line(LOG_LEVEL_INFO, "x", "nobody hears", NULL);
    dup2(kept, STDERR_FILENO);
    close(kept);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log");
    TCase *tests = tcase_create("log");
    tcase_add_test(tests, line_has_time_level_area_message_fields);
    tcase_add_test(tests, json_lines_are_json);
    tcase_add_test(tests, json_takes_broken_fields);
    tcase_add_test(tests, a_value_cannot_forge_a_line);
    tcase_add_test(tests, secrets_do_not_get_out);
    tcase_add_test(tests, the_oldest_secret_makes_room);
    tcase_add_test(tests, values_are_quoted_when_needed);
    tcase_add_test(tests, personal_data_is_masked);
    tcase_add_test(tests, levels_have_names);
    tcase_add_test(tests, lines_of_threads_stay_whole_and_are_hooked);
    tcase_add_test(tests, a_closed_stderr_is_survived);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
