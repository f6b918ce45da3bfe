/* SPDX-License-Identifier: Apache-2.0 */
#include "map/phone.h"

#include "base/error.h"

#include <check.h>
#include <string.h>

static const char *normalize(const char *text, const char *region)
{
    static char number[PHONE_SIZE];
    strcpy(number, "untouched");
    int r = phone_normalize(text, strlen(text), region, number);
    ck_assert(r == 0 || r == ERR_DATA);
    if (r < 0)
        ck_assert_str_eq(number, "untouched");
    return r == 0 ? number : NULL;
}

START_TEST(international_numbers)
{
    ck_assert_pstr_eq(normalize("+4915112345678", NULL), "+4915112345678");
    ck_assert_pstr_eq(normalize("004915112345678", NULL), "+4915112345678");
    ck_assert_pstr_eq(normalize("  +49 (151) 123-45.67/8 ", NULL), "+4915112345678");
    ck_assert_pstr_eq(normalize("(+49) 151 12345678", NULL), "+4915112345678");
    ck_assert_pstr_eq(normalize("+49 (0)151 12345678", NULL), "+4915112345678");
    ck_assert_pstr_eq(normalize("+49 (0)151 12345678", "33"), "+4915112345678");
    ck_assert_pstr_eq(normalize("+1234567", NULL), "+1234567");
    ck_assert_pstr_eq(normalize("+123456789012345", NULL), "+123456789012345");
}
END_TEST

START_TEST(national_numbers_need_a_region)
{
    ck_assert_ptr_null(normalize("0151 12345678", NULL));
    ck_assert_ptr_null(normalize("4915112345678", NULL));
    ck_assert_pstr_eq(normalize("0151 12345678", "49"), "+4915112345678");
    ck_assert_pstr_eq(normalize("151 12345678", "49"), "+4915112345678");
    ck_assert_pstr_eq(normalize("(415) 555-0100", "1"), "+14155550100");
    ck_assert_pstr_eq(normalize("1 (415) 555-0100", "1"), "+14155550100");
    ck_assert_pstr_eq(normalize("06 1234 5678", "39"), "+390612345678");
}
END_TEST

START_TEST(what_is_no_number_is_refused)
{
    static const char *const bad[] = {"",
                                      "+",
                                      "00",
                                      "+49",
                                      "+123456",
                                      "+1234567890123456",
                                      "abc",
                                      "+49 151 x1",
                                      "+49+151123",
                                      "49+151123456",
                                      "+0151123456",
                                      "000151123456",
                                      "--()",
                                      "+49,151123",
                                      "0",
                                      "+4915112345678901234567890123"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_msg(normalize(bad[i], NULL) == NULL, "accepted: '%s'", bad[i]);
        ck_assert_msg(normalize(bad[i], "49") == NULL, "accepted with a region: '%s'", bad[i]);
    }
    char number[PHONE_SIZE];
    ck_assert_int_eq(phone_normalize("+4915\0112345", 12, NULL, number), ERR_DATA);
}
END_TEST

START_TEST(regions)
{
    ck_assert(phone_region_valid("1"));
    ck_assert(phone_region_valid("49"));
    ck_assert(phone_region_valid("420"));
    ck_assert(!phone_region_valid(""));
    ck_assert(!phone_region_valid("0"));
    ck_assert(!phone_region_valid("049"));
    ck_assert(!phone_region_valid("+49"));
    ck_assert(!phone_region_valid("4900"));
    ck_assert(!phone_region_valid("DE"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("phone");
    TCase *t = tcase_create("phone");
    tcase_add_test(t, international_numbers);
    tcase_add_test(t, national_numbers_need_a_region);
    tcase_add_test(t, what_is_no_number_is_refused);
    tcase_add_test(t, regions);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
