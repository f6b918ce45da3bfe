/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything that keeps a store from opening or from growing, and that each says what to do.
 */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>

static struct err_info e;

static int try_open(const struct store_options *options)
{
    memset(&e, 0, sizeof(e));
    store = NULL;
    return store_open(&store, NULL, options, &e);
}

static void expect_refused(const struct store_options *options, int code, const char *what)
{
    ck_assert_int_eq(try_open(options), code);
    ck_assert_ptr_null(store);
    ck_assert_int_eq(e.code, code);
    ck_assert_msg(strstr(e.what, what) != NULL, "%s", e.what);
    ck_assert_str_ne(e.mend, "");
}

static void expect_dir_refused(int code, const char *what)
{
    expect_refused(&(struct store_options){.state_dir = dir}, code, what);
}

static unsigned mode_of(const char *name)
{
    char path[128];
    struct stat st;

    snprintf(path, sizeof(path), "%s%s", dir, name);
    ck_assert_msg(stat(path, &st) == 0, "%s: %s", path, strerror(errno));
    return st.st_mode & 0777;
}

static void run_sql(const char *sql)
{
    char path[128];
    sqlite3 *db = NULL;

    snprintf(path, sizeof(path), "%s/tajo.db", dir);
    ok(sqlite3_open(path, &db));
    ok(sqlite3_exec(db, sql, NULL, NULL, NULL));
    ok(sqlite3_close(db));
}

static void write_file(const char *name, const char *text)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < 300; i++)
        fputs(text, file);
    ok(fclose(file));
}

START_TEST(files_are_private)
{
    char base[128];

    umask(0);
    snprintf(base, sizeof(base), "%s", dir);
    strcat(dir, "/a/b");
    open_store(NULL);
    ck_assert_uint_eq(mode_of(""), 0700);
    ck_assert_uint_eq(mode_of("/.."), 0700);
    ck_assert_uint_eq(mode_of("/tajo.db"), 0600);
    ck_assert_uint_eq(mode_of("/tajo.lock"), 0600);
    store = store_close(store);
    write_file("tajo.db-wal", "");
    char path[96];
    snprintf(path, sizeof(path), "%s/tajo.db", dir);
    ok(chmod(path, 0644));
    open_store(NULL);
    ck_assert_uint_eq(mode_of("/tajo.db"), 0600);
    store = store_close(store);
    strcpy(dir, base);
}
END_TEST

START_TEST(unusable_directories)
{
    char base[128];

    expect_refused(&(struct store_options){.state_dir = ""}, ERR_CONFIG, "no state directory");
    expect_refused(&(struct store_options){0}, ERR_CONFIG, "no state directory");
    ok(chmod(dir, 0770));
    expect_dir_refused(ERR_CONFIG, "may be written by others (mode 0770)");
    ok(chmod(dir, 0700));
    snprintf(base, sizeof(base), "%s", dir);
    write_file("file", "x");
    strcat(dir, "/file");
    expect_dir_refused(ERR_CONFIG, "is not a directory");
    strcat(dir, "/below");
    expect_dir_refused(ERR_CONFIG, "cannot be created or entered");
    strcpy(dir, base);
    strcat(base, "/tajo.db");
    ok(mkdir(base, 0700));
    expect_dir_refused(ERR_CONFIG, "cannot be opened: Is a directory");
    ok(rmdir(base));
    ok(mkfifo(base, 0600));
    expect_dir_refused(ERR_CONFIG, "not a regular file");
}
END_TEST

/* The child is nobody, for whom a directory without write permission is one. */
static void expect_read_only(void)
{
    if (geteuid() == 0 && setuid(65534) < 0)
        _exit(1);
    struct store_options options = {.state_dir = dir};
    if (try_open(&options) != ERR_CONFIG || !strstr(e.what, "Permission denied") || !*e.mend)
        _exit(2);
    _exit(0);
}

static void in_child(void (*body)(void))
{
    int status = 0;
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        body();
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", (unsigned)status);
}

START_TEST(read_only_directory)
{
    ok(chmod(dir, 0555));
    in_child(expect_read_only);
    ok(chmod(dir, 0700));
}
END_TEST

static int ends[2][2];

static void hold_lock(void)
{
    char byte = 'x';

    open_store(NULL);
    if (write(ends[0][1], &byte, 1) != 1 || read(ends[1][0], &byte, 1) != 1)
        _exit(1);
    store_close(store);
    _exit(0);
}

START_TEST(second_process_is_refused_by_name)
{
    char byte = 0;
    char name[32];
    int status = 0;

    ok(pipe(ends[0]));
    ok(pipe(ends[1]));
    pid_t pid = fork();
    if (pid == 0)
        hold_lock();
    ck_assert_int_eq(read(ends[0][0], &byte, 1), 1);
    snprintf(name, sizeof(name), "process %ld,", (long)pid);
    expect_dir_refused(ERR_BUSY, name);
    ck_assert_int_eq(write(ends[1][1], &byte, 1), 1);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    open_store(NULL);
    expect_refused(&(struct store_options){.state_dir = dir}, ERR_BUSY, "another tajo-connect");
}
END_TEST

START_TEST(newer_schema)
{
    open_store(NULL);
    store = store_close(store);
    run_sql("PRAGMA user_version=99");
    expect_dir_refused(ERR_CONFIG, "newer tajo-connect wrote this database (schema 99");
    expect_refused(&(struct store_options){.state_dir = dir, .scratch = 1}, ERR_CONFIG, "newer");
    run_sql("PRAGMA user_version=1");
    open_store(NULL);
}
END_TEST

START_TEST(foreign_database)
{
    run_sql("CREATE TABLE theirs (x)");
    expect_dir_refused(ERR_CONFIG, "another program");
}
END_TEST

START_TEST(not_a_database)
{
    write_file("tajo.db", "this is a text ");
    expect_dir_refused(ERR_SYSTEM, "damaged or is not a database");
    expect_refused(&(struct store_options){.state_dir = dir, .scratch = 1}, ERR_SYSTEM, "damaged");
}
END_TEST

static int put_meta(struct store_tx *tx, void *arg, struct err_info *info)
{
    char *value = mem_alloc(200001);

    memset(value, 'x', 200000);
    int r = meta_put(tx, arg, value, info);
    free(value);
    return r;
}

static int get_meta(struct store_tx *tx, void *arg, struct err_info *info)
{
    char *value = NULL;
    int r = meta_get(tx, arg, &value, info);

    free(value);
    return r;
}

static int drop_meta(struct store_tx *tx, void *arg, struct err_info *info)
{
    return meta_delete(tx, arg, info);
}

START_TEST(damaged_in_the_middle)
{
    char path[128];
    char junk[4096];

    open_store(NULL);
    call(put_meta, "k");
    store = store_close(store);
    snprintf(path, sizeof(path), "%s/tajo.db", dir);
    memset(junk, 0x5a, sizeof(junk));
    int fd = open(path, O_WRONLY);
    for (off_t page = 50; page < 60; page++) /* within the value */
        ck_assert_int_eq(pwrite(fd, junk, sizeof(junk), page * 4096), sizeof(junk));
    close(fd);
    open_store(NULL);
    ck_assert_int_eq(store_call(store, get_meta, "k", &e), ERR_SYSTEM);
    ck_assert_ptr_nonnull(strstr(e.what, "damaged"));
    ck_assert_ptr_nonnull(strstr(e.where, "/tajo.db"));
}
END_TEST

/* ---- limits ---- */

static void expect_full_but_usable(const char *what)
{
    ck_assert_int_eq(store_call(store, put_meta, "more", &e), ERR_LIMIT);
    ck_assert_msg(strstr(e.what, what) != NULL, "%s", e.what);
    ck_assert_str_ne(e.mend, "");
    call(get_meta, "there");
    call(drop_meta, "there");
    call(put_meta, "more"); /* into what was freed */
    ck_assert_int_eq(store_call(store, put_meta, "too much", &e), ERR_LIMIT);
}

START_TEST(reserve_of_free_disk)
{
    struct store_options options = {.state_dir = dir, .min_free_bytes = INT64_MAX};

    expect_refused(&options, ERR_LIMIT, "less than the reserve");
    open_store(NULL);
    call(put_meta, "there");
    store = store_close(store);
    ok(try_open(&options));
    expect_full_but_usable("less than the reserve");
}
END_TEST

START_TEST(limit_of_bytes)
{
    struct store_options options = {.state_dir = dir, .max_bytes = 400000};

    ok(try_open(&options));
    call(put_meta, "there");
    expect_full_but_usable("limit of 400000 bytes");
}
END_TEST

/* A small disk of our own, where the system lets us have one. */
static void fill_small_disk(void)
{
    char key[16];
    char path[128];
    struct store_options options = {.state_dir = dir, .min_free_bytes = -1};
    int r = 0;
    int stored = 0;

    if ((geteuid() == 0 ? unshare(CLONE_NEWNS) : unshare(CLONE_NEWUSER | CLONE_NEWNS)) < 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tmpfs", dir, "tmpfs", 0, "size=4m,mode=0700") < 0) {
        fprintf(stderr, "test_open: no mounts here, the full disk is not tested\n");
        _exit(0);
    }
    snprintf(path, sizeof(path), "%s/ballast", dir);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    if (fd < 0 || posix_fallocate(fd, 0, 1 << 20) != 0 || close(fd) < 0)
        _exit(5);
    if (try_open(&options) < 0)
        _exit(1);
    while (stored < 100 && r == 0) {
        snprintf(key, sizeof(key), "%d", stored);
        r = store_call(store, put_meta, key, &e);
        stored += r == 0;
    }
    if (r != ERR_SYSTEM || !strstr(e.what, "the disk is full") || !*e.mend || stored == 0)
        _exit(2);
    if (unlink(path) < 0 || store_call(store, drop_meta, "0", &e) < 0)
        _exit(3);
    for (int i = 1; i < stored; i++) {
        snprintf(key, sizeof(key), "%d", i);
        if (store_call(store, get_meta, key, &e) < 0)
            _exit(4);
    }
    store_close(store);
    _exit(0);
}

START_TEST(full_disk)
{
    in_child(fill_small_disk);
}
END_TEST

static void setup(void)
{
    make_dir();
    store = NULL;
}

int main(void)
{
    TCase *tcase = tcase_create("open");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown_store);
    tcase_add_test(tcase, files_are_private);
    tcase_add_test(tcase, unusable_directories);
    tcase_add_test(tcase, read_only_directory);
    tcase_add_test(tcase, second_process_is_refused_by_name);
    tcase_add_test(tcase, newer_schema);
    tcase_add_test(tcase, foreign_database);
    tcase_add_test(tcase, not_a_database);
    tcase_add_test(tcase, damaged_in_the_middle);
    tcase_add_test(tcase, reserve_of_free_disk);
    tcase_add_test(tcase, limit_of_bytes);
    tcase_add_test(tcase, full_disk);
    return run_suite("open", tcase);
}
