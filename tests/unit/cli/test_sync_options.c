/* SPDX-License-Identifier: Apache-2.0
 *
 * What `sync` refuses before anything is started.
 */
#include "cli/sync_options.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct sync_options options;
static struct cli cli;
static int first;

/* -1: taken. Arguments end with NULL. */
static int parse(const char *const *given)
{
    static char *argv[SYNC_SUBJECTS_MOST * 2 + 8];
    int argc = 0;
    argv[argc++] = (char *)"sync";
    for (; *given != NULL; given++)
        argv[argc++] = (char *)*given;
    argv[argc] = NULL;
    options = (struct sync_options){0};
    return sync_options_parse(&cli, &CLI_SYNC, &options, argc, argv, &first);
}

#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})

START_TEST(one_way_of_choosing_people)
{
    ck_assert_int_eq(PARSE("--full", "auth0", "--full"), -1);
    ck_assert_int_eq((int)options.run.mode, RUN_FULL);
    ck_assert_int_eq(PARSE("--since", "2026-11-23"), -1);
    ck_assert_int_eq((int)options.run.mode, RUN_SINCE);
    ck_assert_int_eq(PARSE("--user", "a", "--user=b"), -1);
    ck_assert_int_eq((int)options.run.mode, RUN_SUBJECTS);
    ck_assert_uint_eq(options.run.subject_count, 2);
    ck_assert_str_eq(options.run.subjects[1], "b");
    ck_assert_int_eq(PARSE("--full", "--user", "a"), CLI_USAGE);
    ck_assert_int_eq(PARSE("--user", "a", "--full"), CLI_USAGE);
    ck_assert_int_eq(PARSE("--full", "--since", "2026-11-23"), CLI_USAGE);
    ck_assert_int_eq(PARSE("--since", "2026-11-23", "--user", "a"), CLI_USAGE);
    ck_assert_int_eq(PARSE("--since", "yesterday"), CLI_USAGE);
}
END_TEST

/* Taken, it would be asked for in every later run, and no worker takes it. */
START_TEST(user_ids_that_no_worker_takes)
{
    char id[257];
    memset(id, 'x', sizeof(id));
    id[256] = '\0';
    ck_assert_int_eq(PARSE("--user", id), CLI_USAGE);
    id[255] = '\0';
    ck_assert_int_eq(PARSE("--user", id), -1);
    ck_assert_int_eq(PARSE("--user", ""), CLI_USAGE);
    ck_assert_int_eq(PARSE("--user", "auth0|\xC3\x28"), CLI_USAGE);
    ck_assert_int_eq(PARSE("--user"), CLI_USAGE);
}
END_TEST

START_TEST(a_thousand_users_and_no_more)
{
    static const char *given[SYNC_SUBJECTS_MOST + 2];
    for (int i = 0; i < SYNC_SUBJECTS_MOST; i++)
        given[i] = "--user=a";
    ck_assert_int_eq(parse(given), -1);
    ck_assert_uint_eq(options.run.subject_count, SYNC_SUBJECTS_MOST);
    given[SYNC_SUBJECTS_MOST] = "--user=a";
    ck_assert_int_eq(parse(given), CLI_USAGE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sync_options");
    TCase *tests = tcase_create("sync_options");
    tcase_add_test(tests, one_way_of_choosing_people);
    tcase_add_test(tests, user_ids_that_no_worker_takes);
    tcase_add_test(tests, a_thousand_users_and_no_more);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
