/* SPDX-License-Identifier: Apache-2.0 */
#include "base/civil.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/timezone.h"
#include "base/tzrule.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

START_TEST(test_civil)
{
    struct civil_date epoch = civil_from_days(0);
    ck_assert_int_eq(epoch.year, 1970);
    ck_assert_int_eq(epoch.month, 1);
    ck_assert_int_eq(epoch.day, 1);
    ck_assert_int_eq(civil_weekday(0), 4);
    ck_assert_int_eq(civil_weekday(-1), 3);
    ck_assert_int_eq(civil_month_days(2000, 2), 29);
    ck_assert_int_eq(civil_month_days(1900, 2), 28);
    for (int64_t day = -100000; day < 800000; day += 37) {
        struct civil_date date = civil_from_days(day);
        time_t seconds = (time_t)(day * 86400);
        struct tm tm;
        gmtime_r(&seconds, &tm);
        ck_assert_int_eq(date.year, tm.tm_year + 1900);
        ck_assert_int_eq(date.month, tm.tm_mon + 1);
        ck_assert_int_eq(date.day, tm.tm_mday);
        ck_assert_int_eq(civil_weekday(day), tm.tm_wday);
        ck_assert_int_eq(civil_to_days(date), day);
    }
}
END_TEST

/* The C library reads the same files: it must agree at any time. */
static void compare(const char *name)
{
    struct tz *zone = NULL;
    struct err_info e = {0};
    char variable[80];
    ck_assert_msg(tz_open(name, &zone, &e) == 0, "%s: %s", name, e.what);
    snprintf(variable, sizeof(variable), ":%s", name);
    setenv("TZ", variable, 1);
    tzset();
    for (int64_t at = 0; at < INT64_C(4102444800); at += 86400 * 3 + 3571) {
        time_t seconds = (time_t)at;
        struct tm tm;
        localtime_r(&seconds, &tm);
        ck_assert_msg(tz_offset(zone, at) == tm.tm_gmtoff, "%s at %lld: %lld, not %ld", name,
                      (long long)at, (long long)tz_offset(zone, at), tm.tm_gmtoff);
    }
    tz_free(zone);
}

START_TEST(test_against_libc)
{
    compare("Europe/Berlin");
    compare("America/New_York");
    compare("Australia/Lord_Howe");
    compare("America/Sao_Paulo");
    compare("Asia/Kathmandu");
    compare("Pacific/Apia");
    compare("America/Scoresbysund");
    compare("Etc/GMT+5");
}
END_TEST

START_TEST(test_utc_and_local)
{
    struct tz *zone = NULL;
    ck_assert_int_eq(tz_open("UTC", &zone, NULL), 0);
    ck_assert_int_eq(tz_offset(zone, 1789000000), 0);
    zone = tz_free(zone);
    ck_assert_ptr_null(zone);
    ck_assert_int_eq(tz_open("local", &zone, NULL), 0);
    tz_free(zone);
}
END_TEST

START_TEST(test_unknown)
{
    static const char longer[] =
        "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    static const char *const names[] = {
        "Europe/Nowhere", "",       "../../etc/passwd", "/etc/passwd",
        "Europe/../UTC",  "Europe", "Eur ope",          longer};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct tz *zone = NULL;
        struct err_info e = {0};
        ck_assert_msg(tz_open(names[i], &zone, &e) == ERR_CONFIG, "%s", names[i]);
        ck_assert_ptr_null(zone);
        ck_assert_ptr_nonnull(strstr(e.what, "no time zone"));
        ck_assert_ptr_nonnull(strstr(e.mend, "Europe/Berlin"));
    }
    struct tz *zone = NULL;
    struct err_info e = {0};
    ck_assert_int_eq(tz_open("tzdata.zi", &zone, &e), ERR_CONFIG); /* dots are no zone's */
    ck_assert_int_eq(tz_parse("x", "no zone at all", 14, &zone, &e), ERR_DATA);
    ck_assert_ptr_nonnull(strstr(e.what, "damaged"));
}
END_TEST

START_TEST(test_instants)
{
    struct tz *zone = NULL;
    int64_t at[2] = {0, 0};
    ck_assert_int_eq(tz_open("Europe/Berlin", &zone, NULL), 0);
    int64_t day = civil_to_days((struct civil_date){2026, 11, 23}) * 86400;
    ck_assert_int_eq(tz_instants(zone, day, at), 1);
    ck_assert_int_eq(at[0], day - 3600);
    int64_t autumn = civil_to_days((struct civil_date){2026, 10, 25}) * 86400;
    ck_assert_int_eq(tz_instants(zone, autumn + 9000, at), 2);
    ck_assert_int_eq(at[0], autumn + 1800);
    ck_assert_int_eq(at[1], autumn + 5400);
    int64_t spring = civil_to_days((struct civil_date){2027, 3, 28}) * 86400;
    ck_assert_int_eq(tz_instants(zone, spring + 9000, at), 0);
    ck_assert_int_eq(at[0], spring + 3600);
    ck_assert_int_eq(tz_instants(zone, spring + 10800, at), 1);
    ck_assert_int_eq(at[0], spring + 3600);
    tz_free(zone);
}
END_TEST

static struct tzrule rule(const char *text)
{
    struct tzrule r;
    ck_assert_msg(tzrule_parse(text, strlen(text), &r) == 0, "%s", text);
    return r;
}

START_TEST(test_rules)
{
    struct tzrule r = rule("UTC0");
    ck_assert_int_eq(r.standard, 0);
    ck_assert_int_eq(r.has_summer, 0);
    r = rule("<+0530>-5:30");
    ck_assert_int_eq(tzrule_offset(&r, 0), 19800);
    r = rule("<-02>2<-01>,M3.5.0/-1,M10.5.0/0");
    ck_assert_int_eq(r.start.time, -3600);
    ck_assert_int_eq(r.summer, -3600);
    r = rule("IST-2IDT,M3.4.4/26,M10.5.0");
    ck_assert_int_eq(r.start.time, 26 * 3600);
    /* Day 60 without counting 29 February is 1 March in every year. */
    r = rule("AAA0BBB,J60/0,J300/0");
    int64_t leap = civil_to_days((struct civil_date){2028, 3, 1}) * 86400;
    int64_t common = civil_to_days((struct civil_date){2027, 3, 1}) * 86400;
    ck_assert_int_eq(tzrule_offset(&r, leap - 1), 0);
    ck_assert_int_eq(tzrule_offset(&r, leap), 3600);
    ck_assert_int_eq(tzrule_offset(&r, common - 1), 0);
    ck_assert_int_eq(tzrule_offset(&r, common), 3600);
    r = rule("AAA0BBB,59/0,299/0");
    ck_assert_int_eq(tzrule_offset(&r, leap - 86400), 3600);
    ck_assert_int_eq(tzrule_offset(&r, common), 3600);
    /* Southern summer goes over the new year. */
    r = rule("AEST-10AEDT,M10.1.0,M4.1.0/3");
    ck_assert_int_eq(tzrule_offset(&r, civil_to_days((struct civil_date){2027, 1, 1}) * 86400),
                     39600);
    ck_assert_int_eq(tzrule_offset(&r, civil_to_days((struct civil_date){2027, 7, 1}) * 86400),
                     36000);
}
END_TEST

START_TEST(test_bad_rules)
{
    static const char *const texts[] = {"",
                                        "UT0",
                                        "CET-1CEST-x,M3.5.0,M10.5.0",
                                        "UTC",
                                        "<UTC0",
                                        "UTC0X",
                                        "CET-1CEST",
                                        "CET-1CEST,",
                                        "CET-1CEST,M3.5.0",
                                        "CET-25",
                                        "CET-1:60",
                                        "CET-1CEST,M13.5.0,M10.5.0",
                                        "CET-1CEST,M3.6.0,M10.5.0",
                                        "CET-1CEST,M3.5.7,M10.5.0",
                                        "CET-1CEST,J0,J300",
                                        "CET-1CEST,J366,J300",
                                        "CET-1CEST,366,0",
                                        "CET-1CEST,M3.5.0/168,M10.5.0",
                                        "CET-1CEST,M3.5.0,M10.5.0/3 ",
                                        "CET-99999999999999999999"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct tzrule r;
        ck_assert_msg(tzrule_parse(texts[i], strlen(texts[i]), &r) == ERR_DATA, "%s", texts[i]);
    }
}
END_TEST

/* Every cut and every changed byte of a real file is taken or refused, never read beyond. */
START_TEST(test_damaged_files)
{
    static char data[65536];
    FILE *file = fopen("/usr/share/zoneinfo/Europe/Berlin", "rb");
    ck_assert_ptr_nonnull(file);
    size_t len = fread(data, 1, sizeof(data), file);
    fclose(file);
    struct tz *zone = NULL;
    for (size_t cut = 0; cut < len; cut += cut < 128 ? 1 : 17) {
        char *copy = mem_strndup(data, cut);
        ck_assert_int_eq(tz_parse("x", copy, cut, &zone, NULL), ERR_DATA);
        free(copy);
    }
    for (size_t i = 0; i < len; i += 3) {
        char *copy = mem_strndup(data, len);
        copy[i] = (char)0xFF;
        zone = NULL;
        if (tz_parse("x", copy, len, &zone, NULL) == 0) {
            tz_offset(zone, 1789000000);
            tz_free(zone);
        }
        free(copy);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("timezone");
    TCase *tests = tcase_create("timezone");
    tcase_add_test(tests, test_civil);
    tcase_add_test(tests, test_against_libc);
    tcase_add_test(tests, test_utc_and_local);
    tcase_add_test(tests, test_unknown);
    tcase_add_test(tests, test_instants);
    tcase_add_test(tests, test_rules);
    tcase_add_test(tests, test_bad_rules);
    tcase_add_test(tests, test_damaged_files);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
