/* SPDX-License-Identifier: Apache-2.0
 *
 * Descriptors: refused files each with their reason, parsed ones, two of one id, folders.
 */
#include "harness.h"

#include "plugin/plugin_internal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- refusals -------------------------------------------------------------------------------- */

static const struct {
    const char *file;
    int code;
    const char *sentence;
} refused[] = {
    {PLUGIN("no_such"), ERR_NOT_FOUND, "cannot be opened: No such file"},
    {"/", ERR_NOT_FOUND, "not a regular file"},
    {"/etc/passwd", ERR_CONFIG, "not a shared object"},
    {PLUGIN("no_entry"), ERR_CONFIG, "does not export tajo_plugin_entry_v1"},
    {PLUGIN("undefined"), ERR_CONFIG, "the dynamic linker refuses it: undefined symbol"},
    {PLUGIN("null_entry"), ERR_BUG, "returned NULL"},
    {PLUGIN("other_major"), ERR_CONFIG, "built for plugin ABI 1.1; this tajo-connect has 0.1"},
    {PLUGIN("newer_minor"), ERR_CONFIG, "needs plugin ABI 0.2 or newer"},
    {PLUGIN("small_size"), ERR_BUG, "descriptor: its size is not plausible"},
    {PLUGIN("null_ops"), ERR_BUG, "ops: NULL"},
    {PLUGIN("null_auth"), ERR_BUG, "auth: NULL"},
    {PLUGIN("null_table"), ERR_BUG, "fields: NULL, but has a count"},
    {PLUGIN("null_option"), ERR_BUG, "options[0]: NULL"},
    {PLUGIN("too_many"), ERR_BUG, "options: 513 entries, more than 512"},
    {PLUGIN("no_run"), ERR_BUG, "ops: run is NULL"},
    {PLUGIN("bad_text"), ERR_BUG, "summary is not UTF-8"},
    {PLUGIN("null_text"), ERR_BUG, "licence is NULL, but has a length"},
    {PLUGIN("long_text"), ERR_BUG, "summary has 65537 bytes"},
    {PLUGIN("bad_default"), ERR_BUG, "options[0] (size): its default is not of its type"},
};

START_TEST(refuses_with_a_reason)
{
    struct harness h = {0};
    harness_start(&h, refused[_i].file, NULL);
    harness_wait(&h, &h.ends, 1);
    ck_assert_int_eq(h.hellos, 0);
    ck_assert_msg(strstr(h.end.what, refused[_i].sentence) != NULL, "%s: %s", refused[_i].file,
                  h.end.what);
    ck_assert_int_eq(h.end.code, refused[_i].code);
    ck_assert_str_eq(h.end.where, refused[_i].file);
    ck_assert_str_ne(h.end.mend, "");
    harness_close(&h);
}
END_TEST

static void copy_file(const char *from, const char *to, size_t max, mode_t mode)
{
    char buf[4096];
    FILE *in = fopen(from, "rb");
    FILE *out = fopen(to, "wb");
    size_t n = 0;
    while (max > 0 && (n = fread(buf, 1, sizeof(buf) < max ? sizeof(buf) : max, in)) > 0) {
        fwrite(buf, 1, n, out);
        max -= n;
    }
    fclose(in);
    fclose(out);
    ck_assert_int_eq(chmod(to, mode), 0);
}

static void spoil_machine(const char *file)
{
    int fd = open(file, O_RDWR);
    ck_assert_int_eq(pwrite(fd, "\x02\x00", 2, 18), 2); /* e_machine: SPARC */
    close(fd);
}

static void expect_refusal(const char *file, const char *sentence)
{
    struct harness h = {0};
    harness_start(&h, file, NULL);
    harness_wait(&h, &h.ends, 1);
    ck_assert_msg(strstr(h.end.what, sentence) != NULL, "%s", h.end.what);
    harness_close(&h);
}

START_TEST(refuses_files_that_others_may_change)
{
    char folder[] = "/tmp/tajo-files-XXXXXX";
    char file[64];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(file, sizeof(file), "%s/p.so", folder);
    copy_file(PLUGIN("good"), file, SIZE_MAX, 0664);
    expect_refusal(file, "others than its owner may write it (mode 0664)");
    chmod(file, 0755);
    chmod(folder, 0777);
    expect_refusal(file, "others than its owner may write into its folder (mode 0777)");
    chmod(folder, 0700);
    spoil_machine(file);
    expect_refusal(file, "another kind of processor");
    copy_file(PLUGIN("good"), file, 4096, 0700);
    expect_refusal(file, "its end is missing");
    if (geteuid() == 0) {
        copy_file(PLUGIN("good"), file, SIZE_MAX, 0700);
        ck_assert_int_eq(chown(file, 12345, 0), 0);
        expect_refusal(file, "belongs to user 12345");
    }
    unlink(file);
    rmdir(folder);
}
END_TEST

START_TEST(takes_a_plugin_of_a_later_minor)
{
    struct harness h = {0};
    harness_open(&h, PLUGIN("grown"), "", NULL, NULL);
    ck_assert_int_eq(h.result, 0);
    harness_run(&h, TAJO_MODE_FULL);
    ck_assert_int_eq(h.result, 0);
    harness_close(&h);
}
END_TEST

/* ---- describing ------------------------------------------------------------------------------ */

struct asked {
    struct loop *loop;
    struct plugin_info *infos[4];
    struct err_info errors[4];
    size_t count;
    int done;
};

static void on_each(void *arg, const char *file, struct plugin_info *info, const struct err_info *e)
{
    struct asked *asked = arg;
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(info == NULL, e != NULL);
    ck_assert_uint_lt(asked->count, 4);
    if (e != NULL)
        asked->errors[asked->count] = *e;
    asked->infos[asked->count++] = info;
}

static void on_done(void *arg)
{
    struct asked *asked = arg;
    asked->done++;
    loop_quit(asked->loop);
}

static void check_info(const struct plugin_info *info)
{
    ck_assert_ptr_nonnull(info);
    ck_assert_str_eq(info->path, PLUGIN("good"));
    ck_assert_str_eq(info->platform, "probe");
    ck_assert_str_eq(info->source, "users");
    ck_assert_str_eq(info->version, "1.2.3");
    ck_assert_uint_eq(info->abi_minor_needed, 1);
    ck_assert_uint_eq(info->capabilities, 15);
    ck_assert_uint_eq(info->auth_kind, TAJO_AUTH_CLIENT_CREDENTIALS);
    ck_assert_str_eq(info->base_url, "https://${domain}");
    ck_assert_str_eq(info->token_path, "/oauth/token");
    ck_assert_uint_eq(info->setting_count, 6);
    ck_assert_str_eq(info->settings[2].name, "client_secret");
    ck_assert_uint_eq(info->settings[2].flags, TAJO_OPTION_SECRET);
    ck_assert_uint_eq(info->option_count, 5);
    ck_assert_str_eq(info->options[0].def, "50");
    ck_assert_int_eq(info->options[0].max, 100);
    ck_assert_str_eq(info->options[2].choices, "auto|pages");
    ck_assert_uint_eq(info->rates[0].burst, 5);
    ck_assert_str_eq(info->rates[0].rate_class, "users_read");
    ck_assert_uint_eq(info->permissions[0].required, 1);
    ck_assert_uint_eq(info->fields[0].role, TAJO_ROLE_EMAIL);
    ck_assert_str_eq(info->lists[0].field, "email_verified");
    ck_assert_str_eq(json_string_value(json_object_get(
                         json_array_get(json_object_get(info->document, "events"), 0), "event")),
                     "user_login");
}

START_TEST(describes_files)
{
    char *files[] = {(char *)PLUGIN("good"), (char *)PLUGIN("no_entry"),
                     (char *)PLUGIN("good_twin"), (char *)PLUGIN("hostile")};
    struct asked asked = {.loop = loop_new()};
    plugin_describe_files(asked.loop, files, 4, on_each, on_done, &asked);
    ck_assert_uint_eq(asked.count, 0);
    ck_assert_int_eq(loop_run(asked.loop), 0);
    ck_assert_int_eq(asked.done, 1);
    ck_assert_uint_eq(asked.count, 4);
    check_info(asked.infos[0]);
    ck_assert_ptr_nonnull(strstr(asked.errors[1].what, "does not export"));
    ck_assert_ptr_nonnull(strstr(asked.errors[2].what, "probe.users, which " PLUGIN("good")));
    ck_assert_int_eq(asked.errors[2].code, ERR_CONFIG);
    ck_assert_str_eq(asked.infos[3]->source, "hostile");
    for (size_t i = 0; i < 4; i++)
        plugin_info_free(asked.infos[i]);
    loop_free(asked.loop);
}
END_TEST

START_TEST(describes_nothing)
{
    struct asked asked = {.loop = loop_new()};
    plugin_describe_files(asked.loop, NULL, 0, on_each, on_done, &asked);
    ck_assert_int_eq(asked.done, 0);
    ck_assert_int_eq(loop_run(asked.loop), 0);
    ck_assert_int_eq(asked.done, 1);
    loop_free(asked.loop);
}
END_TEST

/* ---- finding --------------------------------------------------------------------------------- */

START_TEST(finds_files)
{
    char folder[] = "/tmp/tajo-find-XXXXXX";
    static const char *const names[] = {"b.so", "a.so", "note.txt", ".hidden.so"};
    char path[64];
    char **files = NULL;
    size_t count = 0;
    struct err_info e = {0};
    ck_assert_ptr_nonnull(mkdtemp(folder));
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        copy_file("/dev/null", path, 0, 0600);
    }
    snprintf(path, sizeof(path), "%s/./", folder);
    const char *const dirs[] = {folder, path};
    ck_assert_int_eq(plugin_find_files(dirs, 2, &files, &count, &e), 0);
    ck_assert_uint_ge(count, 2); /* what is shipped comes first */
    ck_assert_str_eq(strrchr(files[count - 2], '/'), "/a.so");
    ck_assert_str_eq(strrchr(files[count - 1], '/'), "/b.so");
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(files[i][0], '/');
        free(files[i]);
    }
    free(files);
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
    ck_assert_int_eq(plugin_find_files(dirs, 1, &files, &count, &e), ERR_CONFIG);
    ck_assert_str_eq(e.where, folder);
}
END_TEST

START_TEST(does_not_trust_hello)
{
    static const char *const documents[] = {"", "{", "[]", "{}", "{\"abi_major\":0}"};
    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
        struct plugin_info *info = NULL;
        struct err_info e = {0};
        int r = plugin_info_parse("x.so", documents[i], strlen(documents[i]), &info, &e);
        ck_assert_int_lt(r, 0);
        ck_assert_ptr_null(info);
        ck_assert_str_ne(e.what, "");
    }
    ck_assert_ptr_null(plugin_info_free(NULL));
}
END_TEST

int main(int argc, char **argv)
{
    if (harness_worker(argc, argv))
        return worker_main(argv[2]);
    Suite *suite = suite_create("files");
    TCase *tc = tcase_create("files");
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, refuses_with_a_reason, 0, sizeof(refused) / sizeof(refused[0]));
    tcase_add_test(tc, refuses_files_that_others_may_change);
    tcase_add_test(tc, takes_a_plugin_of_a_later_minor);
    tcase_add_test(tc, describes_files);
    tcase_add_test(tc, describes_nothing);
    tcase_add_test(tc, finds_files);
    tcase_add_test(tc, does_not_trust_hello);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
