/* SPDX-License-Identifier: Apache-2.0 */
#include "map/email.h"

#include "base/error.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define A10 "aaaaaaaaaa"
#define A60 A10 A10 A10 A10 A10 A10

static const char *normalize(const char *text)
{
    static char email[EMAIL_MAX + 1];
    strcpy(email, "untouched");
    int r = email_normalize(text, strlen(text), email);
    ck_assert(r == 0 || r == ERR_DATA);
    if (r < 0)
        ck_assert_str_eq(email, "untouched");
    return r == 0 ? email : NULL;
}

START_TEST(addresses_are_written_in_one_form)
{
    static const char *const good[][2] = {
        {"jane@example.com", "jane@example.com"},
        {"  Jane.Doe@EXAMPLE.Com\r\n", "jane.doe@example.com"},
        {"a+b_c%d'e@sub.example.co.uk", "a+b_c%d'e@sub.example.co.uk"},
        {"x@xn--mnchen-3ya.de", "x@xn--mnchen-3ya.de"},
        {"1@2.a3", "1@2.a3"},
        {A60 "aaaa@example.com", A60 "aaaa@example.com"},
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        ck_assert_pstr_eq(normalize(good[i][0]), good[i][1]);
}
END_TEST

START_TEST(what_is_no_address_is_refused)
{
    static const char *const bad[] = {
        "",
        "   ",
        "jane",
        "@example.com",
        "jane@",
        "jane@example",
        "jane@@example.com",
        "jane@x@example.com",
        ".jane@example.com",
        "jane.@example.com",
        "ja..ne@example.com",
        "ja ne@example.com",
        "ja\tne@example.com",
        "ja\001ne@example.com",
        "\"jane\"@example.com",
        "jane@exa mple.com",
        "jane@.example.com",
        "jane@example.com.",
        "jane@exam..ple.com",
        "jane@-example.com",
        "jane@example-.com",
        "jane@exa_mple.com",
        "jane@192.168.0.1",
        "jane@[192.168.0.1]",
        "jan\xC3\xA9@example.com",
        "jane@m\xC3\xBCnchen.de",
        A60 "aaaaa@example.com",
        "a@" A60 "aaaa.com",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(normalize(bad[i]) == NULL, "accepted: '%s'", bad[i]);
}
END_TEST

START_TEST(length_is_bounded)
{
    char text[400];
    /* 254 and 255 bytes: a@, then labels of 60 and a last one. */
    snprintf(text, sizeof(text), "aa@%s.%s.%s.%s.aaaaaaa", A60, A60, A60, A60);
    ck_assert_uint_eq(strlen(text), 254);
    ck_assert_ptr_nonnull(normalize(text));
    strcat(text, "a");
    ck_assert_ptr_null(normalize(text));
    char email[EMAIL_MAX + 1];
    ck_assert_int_eq(email_normalize("a\0b@example.com", 15, email), ERR_DATA);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("email");
    TCase *t = tcase_create("email");
    tcase_add_test(t, addresses_are_written_in_one_form);
    tcase_add_test(t, what_is_no_address_is_refused);
    tcase_add_test(t, length_is_bounded);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
