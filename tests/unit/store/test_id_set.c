/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

START_TEST(sorted_without_doubles)
{
    struct id_set set = SET(30, 10, 20, 10, 30);

    ck_assert_uint_eq(set.count, 3);
    ck_assert_int_eq(set.ids[0], 10);
    ck_assert_int_eq(set.ids[1], 20);
    ck_assert_int_eq(set.ids[2], 30);
    ck_assert(id_set_has(&set, 10) && id_set_has(&set, 30));
    ck_assert(!id_set_has(&set, 5) && !id_set_has(&set, 15) && !id_set_has(&set, 35));
    id_set_clear(&set);
    ck_assert_ptr_null(set.ids);
    ck_assert(!id_set_has(&set, 10));
}
END_TEST

START_TEST(merge_and_subtract)
{
    struct id_set a = SET(1, 3, 5);
    struct id_set b = SET(2, 3);
    struct id_set expected = SET(1, 2, 3, 5);

    id_set_merge(&a, &b);
    ck_assert(id_set_equal(&a, &expected));
    id_set_subtract(&a, &b);
    id_set_clear(&expected);
    expected = SET(1, 5);
    ck_assert(id_set_equal(&a, &expected));
    ck_assert(!id_set_equal(&a, &b));
    id_set_subtract(&a, &expected);
    ck_assert_uint_eq(a.count, 0);
    ck_assert_ptr_null(a.ids);
    id_set_clear(&b);
    id_set_clear(&expected);
}
END_TEST

START_TEST(copy_replaces_and_may_copy_itself)
{
    struct id_set a = SET(1, 2);
    struct id_set b = SET(9);
    struct id_set empty = {0};

    id_set_copy(&b, &a);
    ck_assert(id_set_equal(&a, &b) && a.ids != b.ids);
    id_set_copy(&b, &b);
    ck_assert(id_set_equal(&a, &b));
    id_set_copy(&b, &empty);
    ck_assert(id_set_equal(&b, &empty));
    id_set_clear(&a);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("id_set");
    tcase_add_test(tcase, sorted_without_doubles);
    tcase_add_test(tcase, merge_and_subtract);
    tcase_add_test(tcase, copy_replaces_and_may_copy_itself);
    return run_suite("id_set", tcase);
}
