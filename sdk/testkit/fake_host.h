/* SPDX-License-Identifier: Apache-2.0
 *
 * fake_host.h: a host in the test's own process, to test a plugin against.
 *
 * It answers the plugin's HTTP requests from a script, keeps a clock that only moves when the
 * plugin sleeps, records what the plugin emits, commits, logs and reports, and holds the plugin
 * to the rules of tajo/plugin.h.
 *
 * In order:
 *   1. fake_host_new(), fake_plugin_load(), fake_host_set_option(), fake_host_start()
 *   2. fake_host_expect() for every request, in the order in which the plugin makes them; or
 *      fake_host_serve() with a function that answers whatever the script does not
 *   3. fake_host_run(), fake_host_check()
 *   4. look at the public members: records, commits, errors, logs, requests
 *   5. fake_host_verify(): everything expected was requested, everything released
 *   6. fake_host_free()
 *
 * A broken rule or an unexpected request calls the failure function with a sentence that says
 * what was seen and what was expected; by default it is printed and the process aborted. Under
 * Check: fake_host_set_failure(host, a function that calls ck_abort_msg).
 *
 * Everything belongs to the host and lives until fake_host_free(). One thread only.
 */
#ifndef TAJO_FAKE_HOST_H
#define TAJO_FAKE_HOST_H

#include "tajo/plugin.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

struct fake_host;

/* What fake_host_run() returns when a kill that was asked for has struck. */
#define FAKE_KILLED (-1000)

/* ---- What the host recorded ---------------------------------------------------------------- */

struct fake_record {
    uint32_t kind;
    size_t commit; /* which commit made it durable, from 0 */
    char *subject;
    char *json;
    char *name;
    char *key;
    int64_t time_ms, value;
};

struct fake_commit {
    char *cursor; /* "" when empty */
    uint32_t flags;
    size_t records;
};

struct fake_line {
    int32_t level; /* of a log line; the class of an error */
    char *code;    /* of an error */
    char *text;
};

/* What is durable, and what was said. Counts are of the arrays beside them. */
struct fake_host_seen {
    struct fake_record *records; /* committed ones only */
    size_t record_count;
    struct fake_commit *commits;
    size_t commit_count;
    struct fake_line *errors;
    size_t error_count;
    struct fake_line *logs;
    size_t log_count;
    char **requests; /* "GET /api/v2/users?page=0&q=a b", query not encoded */
    size_t request_count;
    const char *cursor; /* the newest one committed; "" */
    uint64_t emitted;   /* calls of emit that succeeded, committed or not */
    uint64_t progress_done, progress_total;
    uint64_t progress_calls;
    uint32_t most_in_flight; /* requests submitted and not yet waited for */
    uint64_t abandoned;      /* requests that were not waited for when the operation ended */
    int64_t slept_ms;
    uint64_t emitted_after_stop; /* since should_stop or another function told of the stop */
};

const struct fake_host_seen *fake_host_see(const struct fake_host *host);

/* ---- Life ---------------------------------------------------------------------------------- */

struct fake_host *fake_host_new(void);
struct fake_host *fake_host_free(struct fake_host *host);

/* Loads a plugin's .so and returns its descriptor, NULL with a message on stderr on failure. It
 * stays loaded until the process ends. */
const struct tajo_descriptor *fake_plugin_load(const char *path);

void fake_host_set_failure(struct fake_host *host, void (*fail)(void *arg, const char *message),
                           void *arg);

/* An option or setting as text, before fake_host_start(); others take the descriptor's default,
 * in which ${name} stays as it stands. */
void fake_host_set_option(struct fake_host *host, const char *name, const char *value);

/* Shows the plugin an older host: its table ends after the first `size` bytes. */
void fake_host_set_table_size(struct fake_host *host, uint32_t size);

/* Creates the plugin's instance; the result of ops->create. */
int32_t fake_host_start(struct fake_host *host, const struct tajo_descriptor *descriptor);

int32_t fake_host_check(struct fake_host *host);

/* Runs. Uncommitted records are dropped when it ends, as a host does. */
int32_t fake_host_run(struct fake_host *host, const struct tajo_run_request *request);

/* The same for a mode and, for INCREMENTAL, a cursor (NULL: the newest committed one). */
int32_t fake_host_run_mode(struct fake_host *host, uint32_t mode, const char *cursor);

int32_t fake_host_receive(struct fake_host *host, const struct tajo_delivery *delivery);

/* Ends the instance and makes a new one, as a new worker would. Keeps records and commits. */
int32_t fake_host_restart(struct fake_host *host);

/* Fails the test unless the script is used up and every answer was released. */
void fake_host_verify(struct fake_host *host);

/* Fails the test with a formatted message. */
void fake_host_fail(struct fake_host *host, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- Time, stopping, dying ----------------------------------------------------------------- */

void fake_host_set_now(struct fake_host *host, int64_t now_ms);
int64_t fake_host_now(const struct fake_host *host);

/* Every request takes that long. */
void fake_host_set_latency(struct fake_host *host, int64_t ms);

/* From the nth call of should_stop on (1 is the first) the run should end; 0: never. */
void fake_host_stop_at_question(struct fake_host *host, uint64_t nth);
/* From that time on the run should end, sleeping included; 0: never. */
void fake_host_stop_at_time(struct fake_host *host, int64_t now_ms);

#define FAKE_KILL_BEFORE 1 /* the process dies in the commit, which is lost */
#define FAKE_KILL_AFTER  2 /* the process dies after the commit is durable */
#define FAKE_FAIL_COMMIT 3 /* the commit answers TAJO_E_TRANSIENT and is lost */

/* What happens at the nth commit from now (1 is the next). Killed, fake_host_run() returns
 * FAKE_KILLED and the instance is gone: fake_host_restart() makes another. */
void fake_host_kill_at_commit(struct fake_host *host, uint64_t nth, int how);

/* Does not keep records, only counts them: for runs too large to keep. */
void fake_host_drop_records(struct fake_host *host);

/* Every emit of this subject answers with this result. */
void fake_host_refuse_subject(struct fake_host *host, const char *subject, int32_t result);

/* ---- HTTP ---------------------------------------------------------------------------------- */

struct fake_request {
    const char *text; /* "GET /api/v2/users?page=0", query not encoded */
    struct tajo_str body;
    struct tajo_str rate_class;
    struct tajo_str endpoint;
    uint32_t flags;
};

#define FAKE_FILE_MISSING    1 /* a body that is asked for as a file has no descriptor */
#define FAKE_FILE_UNREADABLE 2 /* reading from its descriptor fails */

struct fake_answer {
    int32_t failure; /* negative: http_wait fails with it, as after the host's own retries */
    int32_t status;  /* HTTP */
    const char *body;
    size_t body_len;           /* 0: the length of body up to its NUL */
    const char *headers[8][2]; /* name and value; NULL ends */
    int file_fault;            /* FAKE_FILE_*; 0: none */
};

/* Adds one request to the script. In pattern, '*' stands for any text: "GET /api/v2/users?*".
 * The answer's strings are copied. */
void fake_host_expect(struct fake_host *host, const char *pattern,
                      const struct fake_answer *answer);
/* The same with a JSON body. */
void fake_host_expect_json(struct fake_host *host, const char *pattern, int32_t status,
                           const char *body);
/* Of the request expected last: its body has this text; it has exactly these TAJO_HTTP_* flags. */
void fake_host_expect_body(struct fake_host *host, const char *text);
void fake_host_expect_flags(struct fake_host *host, uint32_t flags);

/* Answers requests when the script is used up. False: the request is unexpected after all. The
 * answer's strings must live until the next call. */
typedef bool fake_serve(void *arg, const struct fake_request *request, struct fake_answer *answer);
void fake_host_serve(struct fake_host *host, fake_serve *serve, void *arg);

/* Does text match the pattern, in which '*' stands for any text? */
bool fake_matches(const char *pattern, const char *text);

#ifdef __cplusplus
}
#endif
#endif
