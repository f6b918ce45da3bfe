/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/cron.h"

#include <check.h>
#include <string.h>

static int64_t ms(const char *iso)
{
    int64_t v = 0;
    ck_assert_int_eq(clock_parse_iso(iso, strlen(iso), &v), 0);
    return v;
}

/* The times a schedule is due after `after`, in order. */
static void expect_next(const char *text, const char *zone, const char *after, const char *expected)
{
    struct cron cron;
    struct err_info e = {0};
    char got[CLOCK_ISO_SIZE];
    int64_t next = 0;
    ck_assert_msg(cron_parse(text, &cron, &e) == 0, "%s: %s", text, e.what);
    ck_assert_int_eq(cron_next(&cron, ms(after), zone, &next), 0);
    ck_assert_msg(next == ms(expected), "%s in %s after %s: %s instead of %s", text, zone, after,
                  clock_format_iso(next, got), expected);
}

static void expect_refused(const char *text, const char *fragment)
{
    struct cron cron = {.any_day = 77};
    struct err_info e = {0};
    ck_assert_msg(cron_parse(text, &cron, &e) == ERR_CONFIG, "\"%s\" was taken", text);
    ck_assert_msg(strstr(e.what, fragment) != NULL, "\"%s\": %s", text, e.what);
    ck_assert_ptr_nonnull(strstr(e.mend, "five fields"));
    ck_assert_int_eq(cron.any_day, 77);
}

START_TEST(test_fields)
{
    expect_next("0 */4 * * *", "UTC", "2026-11-23T10:00:00Z", "2026-11-23T12:00:00Z");
    expect_next("0 */4 * * *", "UTC", "2026-11-23T12:00:00Z", "2026-11-23T16:00:00Z");
    expect_next("0 */4 * * *", "UTC", "2026-11-23T11:59:59.999Z", "2026-11-23T12:00:00Z");
    expect_next("0 */4 * * *", "UTC", "2026-12-31T22:00:00Z", "2027-01-01T00:00:00Z");
    expect_next("5,35 9-17/4 * * *", "UTC", "2026-11-23T09:05:00Z", "2026-11-23T09:35:00Z");
    expect_next("5,35 9-17/4 * * *", "UTC", "2026-11-23T09:35:00Z", "2026-11-23T13:05:00Z");
    expect_next("10/20 * * * *", "UTC", "2026-11-23T09:31:00Z", "2026-11-23T09:50:00Z");
    expect_next("59 23 31 12 *", "UTC", "2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z");
}
END_TEST

START_TEST(test_names)
{
    expect_next("0 6 * * mon-fri", "UTC", "2026-11-27T06:00:00Z", "2026-11-30T06:00:00Z");
    expect_next("0 6 * * SUN", "UTC", "2026-11-23T00:00:00Z", "2026-11-29T06:00:00Z");
    expect_next("0 6 * * 7", "UTC", "2026-11-23T00:00:00Z", "2026-11-29T06:00:00Z");
    expect_next("0 6 * * 0", "UTC", "2026-11-23T00:00:00Z", "2026-11-29T06:00:00Z");
    expect_next("0 6 * * 5-7", "UTC", "2026-11-28T06:00:00Z", "2026-11-29T06:00:00Z");
    expect_next("0 6 1 Jan,jul *", "UTC", "2026-11-23T00:00:00Z", "2027-01-01T06:00:00Z");
}
END_TEST

START_TEST(test_shortcuts)
{
    expect_next("@hourly", "UTC", "2026-11-23T10:20:00Z", "2026-11-23T11:00:00Z");
    expect_next("@daily", "UTC", "2026-11-23T10:20:00Z", "2026-11-24T00:00:00Z");
    expect_next("@midnight", "UTC", "2026-11-23T10:20:00Z", "2026-11-24T00:00:00Z");
    expect_next("@weekly", "UTC", "2026-11-23T10:20:00Z", "2026-11-29T00:00:00Z");
    expect_next("@monthly", "UTC", "2026-11-23T10:20:00Z", "2026-12-01T00:00:00Z");
    expect_next("@Yearly", "UTC", "2026-11-23T10:20:00Z", "2027-01-01T00:00:00Z");
    expect_next("@annually", "UTC", "2026-11-23T10:20:00Z", "2027-01-01T00:00:00Z");
}
END_TEST

START_TEST(test_days)
{
    /* Both restricted: either is enough. One of them "*": the other decides. */
    expect_next("0 0 13 * fri", "UTC", "2026-11-13T00:00:00Z", "2026-11-20T00:00:00Z");
    expect_next("0 0 13 * fri", "UTC", "2026-12-11T00:00:00Z", "2026-12-13T00:00:00Z");
    expect_next("0 0 */10 * *", "UTC", "2026-11-22T00:00:00Z", "2026-12-01T00:00:00Z");
    /* A step over "*" leaves it unrestricted: both must hold, here 1 September on a Sunday. */
    expect_next("0 5 */31 9 0", "UTC", "2097-09-01T05:00:00Z", "2109-09-01T05:00:00Z");
    expect_next("0 0 31 2 mon", "UTC", "2027-01-05T00:00:00Z", "2027-02-01T00:00:00Z");
    expect_next("0 0 30 * *", "UTC", "2027-01-30T00:00:00Z", "2027-03-30T00:00:00Z");
}
END_TEST

START_TEST(test_leap_years)
{
    expect_next("0 12 29 2 *", "UTC", "2026-11-23T00:00:00Z", "2028-02-29T12:00:00Z");
    expect_next("0 12 29 2 *", "UTC", "2028-02-29T12:00:00Z", "2032-02-29T12:00:00Z");
    /* 2100 is no leap year: eight years apart. */
    expect_next("0 12 29 2 *", "UTC", "2096-02-29T12:00:00Z", "2104-02-29T12:00:00Z");
}
END_TEST

START_TEST(test_zone_offsets)
{
    expect_next("0 3 * * *", "Europe/Berlin", "2026-11-23T00:00:00Z", "2026-11-23T02:00:00Z");
    expect_next("0 3 * * *", "Europe/Berlin", "2026-07-01T00:00:00Z", "2026-07-01T01:00:00Z");
    expect_next("0 0 * * *", "America/New_York", "2026-07-01T04:00:00Z", "2026-07-02T04:00:00Z");
    expect_next("30 5 * * *", "Asia/Kolkata", "2026-07-01T00:00:00Z", "2026-07-02T00:00:00Z");
    /* The footer's rule: after the last transition that the file lists. */
    expect_next("0 3 * * *", "Europe/Berlin", "2060-07-01T00:00:00Z", "2060-07-01T01:00:00Z");
    expect_next("0 3 * * *", "Europe/Berlin", "2060-12-01T00:00:00Z", "2060-12-01T02:00:00Z");
}
END_TEST

/* Berlin: 2027-03-28 02:00 -> 03:00 at 01:00Z; New York: 2027-03-14 02:00 -> 03:00 at 07:00Z. */
START_TEST(test_skipped_times)
{
    expect_next("30 2 * * *", "Europe/Berlin", "2027-03-27T12:00:00Z", "2027-03-28T01:00:00Z");
    expect_next("30 2 * * *", "Europe/Berlin", "2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z");
    expect_next("0,15,30 2 * * *", "Europe/Berlin", "2027-03-28T01:00:00Z", "2027-03-29T00:00:00Z");
    expect_next("15 2,3 * * *", "Europe/Berlin", "2027-03-28T01:00:00Z", "2027-03-28T01:15:00Z");
    expect_next("30 2 * * *", "America/New_York", "2027-03-13T12:00:00Z", "2027-03-14T07:00:00Z");
    expect_next("30 2 * * *", "America/New_York", "2027-03-14T07:00:00Z", "2027-03-15T06:30:00Z");
    /* An hourly schedule notices nothing: 00:30Z is 01:30, 01:30Z is 03:30. */
    expect_next("30 * * * *", "Europe/Berlin", "2027-03-28T00:30:00Z", "2027-03-28T01:30:00Z");
}
END_TEST

/* Berlin: 2026-10-25 03:00 -> 02:00 at 01:00Z; New York: 2026-11-01 02:00 -> 01:00 at 06:00Z. */
START_TEST(test_repeated_times)
{
    expect_next("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z");
    expect_next("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z");
    expect_next("0 */2 * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", "2026-10-25T03:00:00Z");
    expect_next("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", "2026-11-01T05:30:00Z");
    expect_next("30 1 * * *", "America/New_York", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z");
    expect_next("30 * * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z");
    expect_next("*/15 * * * *", "Europe/Berlin", "2026-10-25T00:45:00Z", "2026-10-25T01:00:00Z");
}
END_TEST

/* Lord Howe moves by half an hour; Samoa skipped the whole of 2011-12-30. */
START_TEST(test_odd_zones)
{
    expect_next("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z",
                "2026-10-03T15:30:00Z");
    expect_next("0 12 30 12 *", "Pacific/Apia", "2011-12-29T12:00:00Z", "2011-12-30T10:00:00Z");
}
END_TEST

/* Every schedule is strictly after, and walking it gives each time once. */
START_TEST(test_walk)
{
    struct cron cron;
    struct tz *zone = NULL;
    ck_assert_int_eq(cron_parse("*/20 * * * *", &cron, NULL), 0);
    ck_assert_int_eq(tz_open("Europe/Berlin", &zone, NULL), 0);
    int64_t at = ms("2026-10-24T00:00:00Z");
    for (int i = 0; i < 300; i++) {
        int64_t next = cron_next_in(&cron, at, zone);
        ck_assert_int_eq(next - at, 20 * 60000);
        at = next;
    }
    tz_free(zone);
}
END_TEST

START_TEST(test_refused)
{
    expect_refused("", "0 fields instead of 5");
    expect_refused("* * * *", "4 fields instead of 5");
    expect_refused("* * * * * *", "6 fields instead of 5");
    expect_refused("60 * * * *", "the minute field \"60\" is out of range (0 to 59)");
    expect_refused("* 24 * * *", "the hour field \"24\" is out of range");
    expect_refused("* * 0 * *", "the day of month field \"0\" is out of range");
    expect_refused("* * * 13 *", "the month field \"13\" is out of range");
    expect_refused("* * * * 8", "the weekday field \"8\" is out of range");
    expect_refused("x * * * *", "the minute field \"x\" is neither");
    expect_refused("mon * * * *", "the minute field");
    expect_refused("5- * * * *", "range without an end");
    expect_refused("5-x * * * *", "range without an end");
    expect_refused("9-5 * * * *", "ends before it starts");
    expect_refused("*/0 * * * *", "step that is not in range");
    expect_refused("*/ * * * *", "step that is not in range");
    expect_refused("* */30 * * *", "step that is not in range");
    expect_refused("1,,2 * * * *", "the minute field \"\" is neither");
    expect_refused("1, * * * *", "neither");
    expect_refused("5x * * * *", "something after its value");
    expect_refused("99999 * * * *", "the minute field");
    expect_refused("* * * monday *", "the month field \"monday\" is neither");
    expect_refused("* * * * monday", "something after its value");
    expect_refused("0 0 31 2 *", "no year has");
    expect_refused("0 0 30,31 2 *", "no year has");
    expect_refused("0 0 31 4,6,9,11 *", "no year has");
    expect_refused("@fortnightly", "no known short form");
    char longer[400];
    memset(longer, ' ', sizeof(longer));
    longer[399] = '\0';
    expect_refused(longer, "longer than");
}
END_TEST

START_TEST(test_unknown_zone)
{
    struct cron cron;
    int64_t next = 7;
    ck_assert_int_eq(cron_parse("* * * * *", &cron, NULL), 0);
    ck_assert_int_eq(cron_next(&cron, 0, "Europe/Nowhere", &next), ERR_CONFIG);
    ck_assert_int_eq(next, 7);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cron");
    TCase *tests = tcase_create("cron");
    tcase_add_test(tests, test_fields);
    tcase_add_test(tests, test_names);
    tcase_add_test(tests, test_shortcuts);
    tcase_add_test(tests, test_days);
    tcase_add_test(tests, test_leap_years);
    tcase_add_test(tests, test_zone_offsets);
    tcase_add_test(tests, test_skipped_times);
    tcase_add_test(tests, test_repeated_times);
    tcase_add_test(tests, test_odd_zones);
    tcase_add_test(tests, test_walk);
    tcase_add_test(tests, test_refused);
    tcase_add_test(tests, test_unknown_zone);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
