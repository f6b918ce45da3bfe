/* SPDX-License-Identifier: Apache-2.0 */
#include "brevo/plan.h"

#include <check.h>
#include <stdlib.h>

START_TEST(few_go_singly_many_by_import)
{
    ck_assert_int_eq(plan_choose(1, 100), PLAN_SINGLES);
    ck_assert_int_eq(plan_choose(24, 100), PLAN_SINGLES);
    ck_assert_int_eq(plan_choose(25, 100), PLAN_IMPORT);
    ck_assert_int_eq(plan_choose(1000000, 100), PLAN_IMPORT);
}
END_TEST

START_TEST(a_scarce_hour_makes_imports_dear)
{
    ck_assert_int_eq(plan_choose(25, 31), PLAN_IMPORT);
    ck_assert_int_eq(plan_choose(25, 30), PLAN_SINGLES);
    ck_assert_int_eq(plan_choose(499, 5), PLAN_SINGLES);
    ck_assert_int_eq(plan_choose(500, 5), PLAN_IMPORT);
    ck_assert_int_eq(plan_choose(500, 0), PLAN_IMPORT);
}
END_TEST

START_TEST(no_number_breaks_it)
{
    ck_assert_int_eq(plan_choose(0, 100), PLAN_SINGLES);
    ck_assert_int_eq(plan_choose(INT64_MAX, 100), PLAN_IMPORT);
    ck_assert_int_eq(plan_choose(3, -1), PLAN_SINGLES);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan");
    TCase *tests = tcase_create("plan");
    tcase_add_test(tests, few_go_singly_many_by_import);
    tcase_add_test(tests, a_scarce_hour_makes_imports_dear);
    tcase_add_test(tests, no_number_breaks_it);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
