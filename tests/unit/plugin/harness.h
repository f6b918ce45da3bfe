/* SPDX-License-Identifier: Apache-2.0
 *
 * A host around one worker, for the tests of plugin/: starts it, waits for what it does, keeps what
 * it said. The test program is its own worker, so each main() begins with harness_worker().
 */
#ifndef TAJO_TEST_HARNESS_H
#define TAJO_TEST_HARNESS_H

#include "base/clock.h"
#include "plugin/plugin.h"
#include "worker/worker.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS 20000

struct harness {
    struct loop *loop;
    struct plugin *plugin;
    struct loop_timer patience;
    int hellos, dones, ends, commits, progresses, metrics;
    int result;
    struct err_info error; /* of the last on_done */
    struct err_info end;   /* code 0: as asked */
    uint64_t records;
    uint64_t gone;
    char subject[256];
    char cursor[64];
    uint32_t commit_flags;
    int64_t metric;
    /* What the handlers do. */
    int commit_result;
    int commit_later;    /* the test answers */
    int fail_record;     /* on_record fails */
    int stop_at_records; /* plugin_stop once so many came */
    int free_in;         /* 'h'ello, 'r'ecord, 'c'ommit, 'd'one: plugin_free there */
};

static inline int harness_worker(int argc, char **argv)
{
    return argc == 3 && strcmp(argv[1], "worker") == 0;
}

static inline void harness_free_in(struct harness *h, int place)
{
    if (h->free_in == place)
        h->plugin = plugin_free(h->plugin);
    loop_quit(h->loop);
}

static inline void harness_hello(void *arg, const struct plugin_info *info)
{
    struct harness *h = arg;
    ck_assert_ptr_nonnull(info->document);
    h->hellos++;
    harness_free_in(h, 'h');
}

static inline int harness_record(void *arg, const struct plugin_record *record, struct err_info *e)
{
    struct harness *h = arg;
    h->records++;
    h->gone += record->kind == TAJO_RECORD_PERSON_GONE;
    snprintf(h->subject, sizeof(h->subject), "%.*s", (int)record->subject.len,
             record->subject.data);
    if (h->free_in == 'r')
        harness_free_in(h, 'r');
    else if (h->stop_at_records > 0 && h->records == (uint64_t)h->stop_at_records)
        plugin_stop(h->plugin);
    if (h->fail_record)
        return err_set(e, ERR_SYSTEM, "host", NULL, "the disk is full");
    return 0;
}

static inline void harness_commit(void *arg, struct tajo_str cursor, uint32_t flags)
{
    struct harness *h = arg;
    h->commits++;
    h->commit_flags = flags;
    snprintf(h->cursor, sizeof(h->cursor), "%.*s", (int)cursor.len, cursor.data);
    if (h->free_in == 'c' || h->commit_later)
        harness_free_in(h, 'c');
    else
        plugin_committed(h->plugin, h->commit_result);
}

static inline void harness_progress(void *arg, uint64_t done, uint64_t total)
{
    struct harness *h = arg;
    ck_assert_uint_le(done, total);
    h->progresses++;
}

static inline void harness_metric(void *arg, struct tajo_str name, int64_t value)
{
    struct harness *h = arg;
    ck_assert_uint_eq(name.len, strlen("active_users"));
    h->metric = value;
    h->metrics++;
}

static inline void harness_done(void *arg, int result, const struct err_info *e)
{
    struct harness *h = arg;
    h->dones++;
    h->result = result;
    h->error = (struct err_info){0};
    ck_assert_int_eq(result == 0, e == NULL);
    if (e != NULL)
        h->error = *e;
    harness_free_in(h, 'd');
}

static inline void harness_end(void *arg, const struct err_info *e)
{
    struct harness *h = arg;
    h->ends++;
    if (e != NULL)
        h->end = *e;
    loop_quit(h->loop);
}

static inline void harness_impatient(void *arg)
{
    (void)arg;
    ck_abort_msg("nothing happened for too long");
}

static inline void harness_wait(struct harness *h, const int *counter, int value)
{
    loop_timer_set(h->loop, &h->patience, PATIENCE_MS, harness_impatient, h);
    while (*counter < value && h->ends == 0)
        ck_assert_int_eq(loop_run(h->loop), 0);
    loop_timer_clear(h->loop, &h->patience);
}

static inline void harness_quit(void *arg)
{
    loop_quit(arg);
}

static inline void harness_idle(struct harness *h, int64_t ms)
{
    struct loop_timer timer = {0};
    int64_t until = clock_monotonic_ms() + ms;
    loop_timer_set(h->loop, &timer, ms, harness_quit, h->loop);
    while (clock_monotonic_ms() < until)
        loop_run(h->loop);
    loop_timer_clear(h->loop, &timer);
}

/* Starts the worker; nothing is waited for. */
static inline void harness_start(struct harness *h, const char *file,
                                 const struct plugin_limits *limits)
{
    static const struct plugin_handlers handlers = {
        .on_hello = harness_hello,
        .on_record = harness_record,
        .on_commit = harness_commit,
        .on_progress = harness_progress,
        .on_metric = harness_metric,
        .on_done = harness_done,
        .on_end = harness_end,
    };
    struct err_info e = {0};
    h->loop = loop_new();
    ck_assert_msg(plugin_start(h->loop, file, limits, &handlers, h, &h->plugin, &e) == 0, "%s",
                  e.what);
}

/* A worker with an instance whose option act is set. */
static inline void harness_open(struct harness *h, const char *file, const char *act,
                                struct http_account *account, const struct plugin_limits *limits)
{
    struct plugin_setting settings[] = {
        {.name = "act", .text = act, .is_set = act != NULL},
        {.name = "domain", .text = "acme.example", .is_set = 1},
        {.name = "client_secret", .text = "hunter22", .secret = 1, .is_set = 1},
        {.name = "page_size", .text = "25", .is_set = 1},
    };
    if (h->loop == NULL)
        harness_start(h, file, limits);
    harness_wait(h, &h->hellos, 1);
    ck_assert_msg(h->ends == 0, "%s", h->end.what);
    plugin_create(h->plugin, settings, 4, account);
    harness_wait(h, &h->dones, 1);
}

static inline void harness_run(struct harness *h, uint32_t mode)
{
    struct plugin_run_request request = {.mode = mode};
    int before = h->dones;
    plugin_run(h->plugin, &request);
    harness_wait(h, &h->dones, before + 1);
}

static inline void harness_close(struct harness *h)
{
    if (h->plugin != NULL && h->ends == 0) {
        plugin_finish(h->plugin);
        harness_wait(h, &h->ends, 1);
    }
    h->plugin = plugin_free(h->plugin);
    h->loop = loop_free(h->loop);
}

#define PLUGIN(name) TAJO_TEST_PLUGIN_DIR "/" name ".so"

#endif
