/* SPDX-License-Identifier: Apache-2.0
 *
 * One source, probe.moody, ready to run: a real worker of the plugin tests/plugins/moody.c, a real
 * store in a directory of its own. The test program is its own worker, so main() begins with
 * fixture_worker().
 */
#ifndef TAJO_TEST_SCHEDULE_FIXTURE_H
#define TAJO_TEST_SCHEDULE_FIXTURE_H

#include "base/clock.h"
#include "base/mem.h"
#include "schedule/run.h"
#include "schedule/source.h"
#include "store/tables.h"
#include "worker/worker.h"

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOURCE "probe.moody"

struct fixture {
    char dir[64];
    struct loop *loop;
    struct http *http;
    struct store *store;
    struct plugin_info *info;
    struct config *config;
    struct config_value act;
    struct source_set *set;
    struct run *run;
    struct run_result result;
    int64_t count; /* what a question to the store found */
};

static inline int fixture_worker(int argc, char **argv)
{
    return argc == 3 && strcmp(argv[1], "worker") == 0;
}

static inline void fixture_described(void *arg, const char *file, struct plugin_info *info,
                                     const struct err_info *e)
{
    struct fixture *f = arg;
    ck_assert_msg(info != NULL, "%s: %s", file, e != NULL ? e->what : "");
    f->info = info;
}

static inline void fixture_quit(void *arg)
{
    loop_quit(((struct fixture *)arg)->loop);
}

/* Brevo has FIRSTNAME, or does not. */
static inline void fixture_bind(struct fixture *f, int with_firstname)
{
    struct attribute items[] = {{.name = (char[]){"FIRSTNAME"}, .type = ATTRIBUTE_TEXT}};
    const struct attribute_table table = {.items = items, .count = with_firstname != 0};
    struct mapping_problem *problems = NULL;
    size_t count = 0;
    sources_bind(f->set, &table, &problems, &count);
    mapping_problems_free(problems, count);
}

/* The source as `entry` (below sync.moody) configures it. May be called again. */
static inline void fixture_configure(struct fixture *f, const char *entry)
{
    struct err_info e = {0};
    char path[96];
    f->set = sources_free(f->set);
    f->config = config_free(f->config);
    snprintf(path, sizeof(path), "%s/tajo.yaml", f->dir);
    FILE *file = fopen(path, "w");
    fprintf(file,
            "brevo: {api_key: k}\n"
            "connectors:\n"
            "  probe:\n"
            "    base_url: \"http://127.0.0.1:1\"\n"
            "    field_mapping: {email: email, name: FIRSTNAME}\n"
            "    sync:\n"
            "      moody: %s\n",
            entry);
    fclose(file);
    ck_assert_msg(config_load(path, NULL, &f->config, &e) == 0, "%s", e.what);
    ck_assert_msg(sources_new(f->config, &f->info, 1, f->http, &f->set, &e) == 0, "%s", e.what);
    ck_assert_uint_eq(f->set->source_count, 1);
    ck_assert_str_eq(f->set->sources[0].name, SOURCE);
    fixture_bind(f, 1);
}

static inline void fixture_open(struct fixture *f, const char *entry)
{
    struct err_info e = {0};
    char *files[] = {(char *)TAJO_TEST_PLUGIN_DIR "/moody.so"};
    *f = (struct fixture){.dir = "/tmp/tajo-schedule-XXXXXX"};
    ck_assert_ptr_nonnull(mkdtemp(f->dir));
    f->loop = loop_new();
    const struct store_options options = {.state_dir = f->dir};
    ck_assert_msg(store_open(&f->store, f->loop, &options, &e) == 0, "%s", e.what);
    f->http = http_new(f->loop, NULL);
    plugin_describe_files(f->loop, files, 1, fixture_described, fixture_quit, f);
    ck_assert_int_eq(loop_run(f->loop), 0);
    fixture_configure(f, entry);
}

static inline int fixture_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

/* How the plugin ends what is not a refresh; NULL: well. */
static inline void fixture_act(struct fixture *f, const char *act)
{
    static char name[] = "act";
    struct config_source *entry = (struct config_source *)f->set->sources[0].config;
    f->act = (struct config_value){.name = name, .text = (char *)act, .is_set = 1};
    entry->options = act != NULL ? &f->act : NULL;
    entry->option_count = act != NULL;
}

static inline void fixture_close(struct fixture *f)
{
    fixture_act(f, NULL);
    f->set = sources_free(f->set);
    f->http = http_free(f->http);
    f->store = store_close(f->store);
    f->config = config_free(f->config);
    f->info = plugin_info_free(f->info);
    f->loop = loop_free(f->loop);
    nftw(f->dir, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- Runs ---- */

static inline void fixture_ended(void *arg, const struct run_result *result)
{
    struct fixture *f = arg;
    f->result = *result;
    f->run = run_free(f->run);
    loop_quit(f->loop);
}

static inline void fixture_start(struct fixture *f, enum run_mode mode, const char *subject)
{
    static const struct run_handlers handlers = {.ended = fixture_ended};
    const struct run_options options = {
        .mode = mode, .since_ms = 1, .subjects = &subject, .subject_count = subject != NULL};
    f->run =
        run_start(f->loop, f->store, &f->set->sources[0], &f->config->host, &options, &handlers, f);
}

/* The run's result; its mode is in f->result. */
static inline int fixture_run(struct fixture *f, enum run_mode mode, const char *subject)
{
    fixture_start(f, mode, subject);
    while (f->run != NULL)
        ck_assert_int_eq(loop_run(f->loop), 0);
    return f->result.result;
}

/* ---- The store ---- */

static inline void fixture_work(struct fixture *f, store_work work, void *arg)
{
    struct err_info e = {0};
    ck_assert_msg(store_call(f->store, work, arg, &e) == 0, "%s", e.what);
}

static inline int fixture_queue_one(struct store_tx *tx, void *arg, struct err_info *e)
{
    static int64_t at;
    return refresh_put(tx, SOURCE, arg, ++at, e);
}

static inline void fixture_queue(struct fixture *f, const char *subject)
{
    fixture_work(f, fixture_queue_one, (void *)subject);
}

static inline int fixture_count_dead(struct store_tx *tx, void *arg, struct err_info *e)
{
    return dead_count(tx, &((struct fixture *)arg)->count, e);
}

static inline int64_t fixture_dead(struct fixture *f)
{
    fixture_work(f, fixture_count_dead, f);
    return f->count;
}

static inline int fixture_count_runs(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct run_row row = {0};
    int r = run_last(tx, SOURCE, NULL, 0, &row, e);
    ((struct fixture *)arg)->count = r == 0;
    run_clear(&row);
    return r == ERR_NOT_FOUND ? 0 : r;
}

#endif
