/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static char line[256];

START_TEST(a_terminal_sees_bar_rate_and_time_left)
{
    progress_format(line, sizeof(line), "reading", 3000, 12000, 1000, 80);
    ck_assert_str_eq(line, "reading    [########........................] 3,000/12,000  "
                           "3,000/s  00:03 left");
    ck_assert_uint_lt(strlen(line), 80);
}
END_TEST

START_TEST(a_narrow_terminal_still_sees_the_figures)
{
    progress_format(line, sizeof(line), "delivering", 999999, 1000000, 100000, 40);
    ck_assert_ptr_nonnull(strstr(line, "[] 999,999/1,000,000"));
}
END_TEST

START_TEST(a_plain_line_has_no_bar)
{
    progress_format(line, sizeof(line), "reading", 500, 1000, 500, 0);
    ck_assert_str_eq(line, "reading    500/1,000  1,000/s  00:00 left");
}
END_TEST

START_TEST(an_unknown_total_shows_no_time_left)
{
    progress_format(line, sizeof(line), "reading", 1234567, 0, 2000, 80);
    ck_assert_str_eq(line, "reading    1,234,567  617,283/s");
}
END_TEST

START_TEST(nothing_divides_by_nothing)
{
    progress_format(line, sizeof(line), "reading", 0, 10, 0, 0);
    ck_assert_str_eq(line, "reading    0/10  0/s  00:00 left");
    progress_format(line, sizeof(line), "reading", 20, 10, 1000, 80);
    ck_assert_ptr_nonnull(strstr(line, "00:00 left"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("progress");
    TCase *tests = tcase_create("progress");
    tcase_add_test(tests, a_terminal_sees_bar_rate_and_time_left);
    tcase_add_test(tests, a_narrow_terminal_still_sees_the_figures);
    tcase_add_test(tests, a_plain_line_has_no_bar);
    tcase_add_test(tests, an_unknown_total_shows_no_time_left);
    tcase_add_test(tests, nothing_divides_by_nothing);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
