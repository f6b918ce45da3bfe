/* SPDX-License-Identifier: Apache-2.0
 *
 * A store in a directory of its own, and the calls that every test of it makes.
 */
#ifndef TAJO_TESTS_STORE_FIXTURE_H
#define TAJO_TESTS_STORE_FIXTURE_H

#include "base/mem.h"
#include "store/store.h"
#include "store/tables.h"

#include <check.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64];
static struct store *store;

static inline void make_dir(void)
{
    snprintf(dir, sizeof(dir), "/tmp/tajo-store-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static inline void remove_dir(void)
{
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0);
}

static inline void open_store(struct loop *loop)
{
    struct err_info e = {0};
    struct store_options options = {.state_dir = dir};
    ck_assert_msg(store_open(&store, loop, &options, &e) == 0, "%s", e.what);
}

static inline void setup_store(void)
{
    make_dir();
    open_store(NULL);
}

static inline void teardown_store(void)
{
    store = store_close(store);
    remove_dir();
}

static inline void reopen_store(void)
{
    store = store_close(store);
    open_store(NULL);
}

/* Runs the work and expects success. The asserts inside it run on the store thread. */
static inline void call(store_work work, void *arg)
{
    struct err_info e = {0};
    int r = store_call(store, work, arg, &e);
    ck_assert_msg(r == 0, "%s: %s", err_name(r), e.what);
}

/* A test whose body runs as one work. */
#define STORE_TEST(name)                                                                           \
    static int name##_work(struct store_tx *tx, void *arg, struct err_info *e);                    \
    START_TEST(name)                                                                               \
    {                                                                                              \
        call(name##_work, NULL);                                                                   \
    }                                                                                              \
    END_TEST                                                                                       \
    static int name##_work(struct store_tx *tx, void *arg __attribute__((unused)),                 \
                           struct err_info *e)

#define ok(expression) ck_assert_int_eq((expression), 0)

static inline struct id_set set_of(size_t count, const int64_t *ids)
{
    struct id_set set = {0};
    for (size_t i = 0; i < count; i++)
        id_set_add(&set, ids[i]);
    return set;
}
#define SET(...)                                                                                   \
    set_of(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), (int64_t[]){__VA_ARGS__})

static inline int run_suite(const char *name, TCase *tcase)
{
    Suite *suite = suite_create(name);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
