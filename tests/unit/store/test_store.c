/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "loop/loop.h"

#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>

static struct loop *loop;
static char order[512];
static sem_t gate;    /* what hold_thread waits for */
static sem_t reached; /* that it waits */

static void setup(void)
{
    make_dir();
    loop = loop_new();
    open_store(loop);
    order[0] = '\0';
    sem_init(&gate, 0, 0);
    sem_init(&reached, 0, 0);
}

static void teardown(void)
{
    store = store_close(store);
    loop = loop_free(loop);
    remove_dir();
}

/* Keeps the store thread busy, so that what is submitted meanwhile makes one group. */
static int hold_thread(struct store_tx *tx, void *arg, struct err_info *e)
{
    (void)arg;
    (void)e;
    sem_post(&reached);
    while (sem_wait(&gate) < 0 && errno == EINTR)
        ;
    return meta_put(tx, "held", "1", e);
}

static void hold_until_gate(void)
{
    store_submit(store, hold_thread, NULL, NULL);
    while (sem_wait(&reached) < 0 && errno == EINTR)
        ;
}

struct item {
    const char *key;
    int result; /* what the work answers after writing */
    int done_result;
    int done_calls;
    char what[512];
    int quit;
};

static int put_item(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct item *item = arg;
    int r = meta_put(tx, item->key, "v", e);

    if (r < 0)
        return r;
    if (item->result < 0)
        return err_set(e, item->result, NULL, NULL, "item %s failed", item->key);
    return item->result;
}

static void note_item(void *arg, int result, const struct err_info *e)
{
    struct item *item = arg;

    item->done_result = result;
    item->done_calls++;
    ck_assert((e != NULL) == (result < 0));
    if (e) {
        ck_assert_int_eq(e->code, result);
        snprintf(item->what, sizeof(item->what), "%s", e->what);
    }
    strcat(order, item->key);
    if (item->quit)
        loop_quit(loop);
}

struct lookup {
    const char *key;
    int found;
};

static int look_up(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct lookup *lookup = arg;
    char *value = NULL;
    int r = meta_get(tx, lookup->key, &value, e);

    free(value);
    lookup->found = r == 0;
    return r == ERR_NOT_FOUND ? 0 : r;
}

static int is_there(const char *key)
{
    struct lookup lookup = {.key = key};
    call(look_up, &lookup);
    return lookup.found;
}

START_TEST(done_in_order_on_the_loop)
{
    struct item items[5] = {{.key = "a"}, {.key = "b", .result = 7}, {.key = "c"}, {.key = "d"}};

    items[4] = (struct item){.key = "e", .quit = 1};
    for (int i = 0; i < 5; i++)
        store_submit(store, put_item, note_item, &items[i]);
    store_submit(store, put_item, NULL, &items[0]);
    ck_assert_str_eq(order, ""); /* nothing is called but from the loop */
    ok(loop_run(loop));
    ck_assert_str_eq(order, "abcde");
    ck_assert_int_eq(items[1].done_result, 7);
    ck_assert(is_there("a") && is_there("e"));
}
END_TEST

START_TEST(a_failed_work_rolls_back_alone)
{
    struct item items[5] = {{.key = "a", .result = ERR_DATA},
                            {.key = "b"},
                            {.key = "c", .result = ERR_LIMIT},
                            {.key = "d"},
                            {.key = "e", .quit = 1, .result = ERR_NOT_FOUND}};

    hold_until_gate();
    for (int i = 0; i < 5; i++)
        store_submit(store, put_item, note_item, &items[i]);
    ck_assert_uint_eq(store_backlog(store), 6);
    sem_post(&gate);
    ok(loop_run(loop));
    ck_assert_str_eq(order, "abcde");
    ck_assert_int_eq(items[0].done_result, ERR_DATA);
    ck_assert_str_eq(items[0].what, "item a failed");
    ck_assert_int_eq(items[1].done_result, 0);
    ck_assert_int_eq(items[2].done_result, ERR_LIMIT);
    ck_assert_int_eq(items[3].done_result, 0);
    ck_assert_int_eq(items[4].done_result, ERR_NOT_FOUND);
    ck_assert_uint_eq(store_backlog(store), 0);
    ck_assert(!is_there("a") && is_there("b") && !is_there("c") && is_there("d"));
    ck_assert(!is_there("e") && is_there("held"));
}
END_TEST

/* The first of a group has no savepoint: nothing is before it that would need one. */
START_TEST(a_failed_first_work_rolls_back_alone)
{
    struct item failing = {.key = "a", .result = ERR_DATA};
    struct item good = {.key = "b", .quit = 1};
    struct err_info e = {0};

    ck_assert_int_eq(store_call(store, put_item, &failing, &e), ERR_DATA);
    ck_assert_str_eq(e.what, "item a failed");
    ck_assert_int_eq(store_call(store, put_item, &failing, NULL), ERR_DATA);
    store_submit(store, put_item, note_item, &good);
    ok(loop_run(loop));
    ck_assert(!is_there("a") && is_there("b"));
}
END_TEST

static struct item last = {.key = "z"};

static void submit_last(void *arg, int result, const struct err_info *e)
{
    note_item(arg, result, e);
    store_submit(store, put_item, note_item, &last);
}

START_TEST(close_runs_what_waits)
{
    struct item items[2] = {{.key = "a"}, {.key = "b"}};

    hold_until_gate();
    store_submit(store, put_item, note_item, &items[0]);
    store_submit(store, put_item, submit_last, &items[1]);
    sem_post(&gate);
    store = store_close(store);
    ck_assert_str_eq(order, "abz");
    open_store(loop);
    ck_assert(is_there("a") && is_there("b") && is_there("z"));
    store = store_close(store);
    ck_assert_ptr_null(store_close(NULL));
    open_store(loop);
}
END_TEST

START_TEST(many_works_one_loop)
{
    enum { MANY = 3000 };
    static struct item items[MANY];
    static char keys[MANY][16];

    for (int i = 0; i < MANY; i++) {
        snprintf(keys[i], sizeof(keys[i]), "k%d", i);
        items[i] = (struct item){.key = keys[i], .quit = i == MANY - 1};
        store_submit(store, put_item, i == MANY - 1 ? note_item : NULL, &items[i]);
    }
    ok(loop_run(loop));
    ck_assert_uint_eq(store_backlog(store), 0);
    ck_assert(is_there("k0") && is_there("k1500") && is_there("k2999"));
}
END_TEST

/* ---- a commit that fails ---- */

static int put_large(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct item *item = arg;
    char *value = mem_alloc(300001);

    memset(value, 'x', 300000);
    int r = meta_put(tx, item->key, value, e);
    free(value);
    return r;
}

/* The log may not grow past the limit; the works themselves fit into the page cache, so that the
 * failure comes with COMMIT. */
START_TEST(a_failed_commit_fails_its_group)
{
    struct item items[3] = {{.key = "a"}, {.key = "b"}, {.key = "c", .quit = 1}};
    struct item after = {.key = "d"};
    struct rlimit before;

    signal(SIGXFSZ, SIG_IGN);
    ok(getrlimit(RLIMIT_FSIZE, &before));
    struct rlimit small = {.rlim_cur = 400000, .rlim_max = before.rlim_max};
    hold_until_gate();
    for (int i = 0; i < 3; i++)
        store_submit(store, put_large, note_item, &items[i]);
    ok(setrlimit(RLIMIT_FSIZE, &small));
    sem_post(&gate);
    ok(loop_run(loop));
    ok(setrlimit(RLIMIT_FSIZE, &before));
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(items[i].done_result, ERR_SYSTEM);
        ck_assert_msg(strstr(items[i].what, "writing the database failed") != NULL, "%s",
                      items[i].what);
        ck_assert(!is_there(items[i].key));
    }
    call(put_item, &after);
    ck_assert(is_there("d"));
    reopen_store();
    ck_assert(is_there("d") && !is_there("b"));
    reopen_store();
}
END_TEST

/* ---- the log ---- */

static off_t size_of(const char *name)
{
    char path[128];
    struct stat st;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    ok(stat(path, &st));
    return st.st_size;
}

START_TEST(the_log_is_moved_and_cut)
{
    static char keys[400][8];
    const off_t mib = 1024 * 1024;

    for (int i = 0; i < 400; i++) {
        snprintf(keys[i], sizeof(keys[i]), "%d", i);
        call(put_large, &(struct item){.key = keys[i]});
    }
    ck_assert_int_gt(size_of("tajo.db"), 60 * mib); /* while works went on */
    ck_assert_int_lt(size_of("tajo.db-wal"), 80 * mib);
    ck_assert_int_gt(size_of("tajo.db-wal"), 0);
    for (int i = 0; i < 90 && size_of("tajo.db-wal") > 0; i++)
        usleep(100000);
    ck_assert_int_eq(size_of("tajo.db-wal"), 0); /* when nothing had to be done */
    ck_assert(is_there("0") && is_there("399"));
}
END_TEST

/* ---- scratch ---- */

static void open_scratch(struct store **ret)
{
    struct err_info e = {0};
    struct store_options options = {.state_dir = dir, .scratch = 1};
    ck_assert_msg(store_open(ret, loop, &options, &e) == 0, "%s", e.what);
}

static int count_files(void)
{
    char command[128];
    int count = -1;

    snprintf(command, sizeof(command), "ls -A %s | wc -l", dir);
    FILE *pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    ck_assert_int_eq(fscanf(pipe, "%d", &count), 1);
    pclose(pipe);
    return count;
}

START_TEST(scratch_sees_all_and_changes_nothing)
{
    struct item first = {.key = "a"};
    struct item second = {.key = "b"};
    struct lookup lookup = {.key = "a"};
    struct store *scratch = NULL;

    call(put_item, &first); /* still in the log only */
    int files = count_files();
    open_scratch(&scratch); /* beside the owner of the lock */
    ok(store_call(scratch, look_up, &lookup, NULL));
    ck_assert_int_eq(lookup.found, 1);
    ok(store_call(scratch, put_large, &second, NULL));
    ok(store_call(scratch, put_item, &second, NULL));
    lookup.key = "b";
    ok(store_call(scratch, look_up, &lookup, NULL));
    ck_assert_int_eq(lookup.found, 1);
    ck_assert_int_eq(count_files(), files); /* the copy has no name */
    ck_assert(!is_there("b"));
    scratch = store_close(scratch);
    ck_assert_int_eq(count_files(), files);
    reopen_store();
    ck_assert(is_there("a") && !is_there("b"));
}
END_TEST

START_TEST(scratch_of_nothing)
{
    struct item item = {.key = "a"};
    struct store *scratch = NULL;

    store = store_close(store);
    remove_dir();
    open_scratch(&scratch);
    ok(store_call(scratch, put_item, &item, NULL));
    scratch = store_close(scratch);
    ck_assert_int_eq(count_files(), 0);
    open_store(loop);
    ck_assert(!is_there("a"));
}
END_TEST

START_TEST(scratch_needs_room_for_the_copy)
{
    struct store_options options = {.state_dir = dir, .scratch = 1, .min_free_bytes = INT64_MAX};
    struct store *scratch = NULL;
    struct err_info e = {0};

    ck_assert_int_eq(store_open(&scratch, loop, &options, &e), ERR_LIMIT);
    ck_assert_ptr_nonnull(strstr(e.what, "no room"));
    ck_assert_ptr_null(scratch);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("store");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, done_in_order_on_the_loop);
    tcase_add_test(tcase, a_failed_work_rolls_back_alone);
    tcase_add_test(tcase, a_failed_first_work_rolls_back_alone);
    tcase_add_test(tcase, close_runs_what_waits);
    tcase_add_test(tcase, many_works_one_loop);
    tcase_add_test(tcase, a_failed_commit_fails_its_group);
    tcase_add_test(tcase, the_log_is_moved_and_cut);
    tcase_add_test(tcase, scratch_sees_all_and_changes_nothing);
    tcase_add_test(tcase, scratch_of_nothing);
    tcase_add_test(tcase, scratch_needs_room_for_the_copy);
    return run_suite("store", tcase);
}
