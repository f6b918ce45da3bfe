/* SPDX-License-Identifier: Apache-2.0
 *
 * fake_private.h: what the files of the fake host share.
 *
 *   fake_host.c   life, runs, dying     fake_table.c  the host table but for HTTP
 *   fake_http.c   script and answers    fake_plugin.c loading a plugin
 *   fake_links.c  hosts that answers named
 */
#ifndef TAJO_FAKE_PRIVATE_H
#define TAJO_FAKE_PRIVATE_H

#include "fake_host.h"

#include <setjmp.h>

#define FAKE_IN_FLIGHT_MAX   16u
#define FAKE_PENDING_RECORDS 20000u
#define FAKE_PENDING_BYTES   ((size_t)16 << 20)
#define FAKE_JSON_MAX        ((size_t)1 << 20)
#define FAKE_CURSOR_MAX      ((size_t)64 << 10)

struct fake_option {
    char *name, *value;
};

struct fake_expectation {
    char *pattern;
    char *body_part; /* NULL: any */
    bool flags_matter;
    uint32_t flags;
    struct fake_answer answer; /* owns its strings */
};

/* A response and what it owns; the public part comes first. */
struct fake_response {
    struct tajo_http_response public;
    struct tajo_header headers[8];
    char *strings[17]; /* body and headers */
    struct fake_response *next;
};

struct fake_ticket {
    uint64_t number; /* 0: free */
    int32_t failure;
    struct fake_response *response;
};

struct fake_host {
    struct fake_host_seen seen;
    struct tajo_host table;
    const struct tajo_descriptor *descriptor;
    void *instance;

    void (*fail)(void *arg, const char *message);
    void *fail_arg;

    struct fake_option *options;
    size_t option_count;

    int64_t now_ms, latency_ms, stop_time_ms;
    uint64_t stop_question, questions;
    bool told_to_stop;

    bool inside;                            /* an operation is running */
    const struct tajo_run_request *request; /* of the run */
    bool snapshot_done;
    struct fake_record *pending;
    size_t pending_count, pending_bytes;
    bool drops_records;
    char *refused_subject;
    int32_t refusal;
    uint64_t kill_at; /* 0: never */
    int kill_how;
    jmp_buf death;

    struct fake_expectation *script;
    size_t script_count, script_next;
    fake_serve *serve;
    void *serve_arg;
    struct fake_ticket tickets[FAKE_IN_FLIGHT_MAX];
    uint64_t last_ticket;
    uint32_t in_flight;
    struct fake_response *given; /* not yet released */
    char *named;                 /* what answers said, for fake_links.c */
    size_t named_len;
};

/* Makes room for one more item: array may move, its new item is zeroed. Aborts without memory. */
void *fake_grow(void *array, size_t count, size_t item_size);
char *fake_copy(const char *data, size_t len);
char *fake_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

void fake_table_fill(struct tajo_host *table);
void fake_http_fill(struct tajo_host *table);
/* Frees tickets and answers that are still out; how many answers. */
size_t fake_http_reset(struct fake_host *host);
void fake_http_free(struct fake_host *host);

void fake_links_note(struct fake_host *host, const struct tajo_http_response *response);
bool fake_links_allow(const struct fake_host *host, struct tajo_str url);

void fake_record_free(struct fake_record *record);
void fake_pending_drop(struct fake_host *host);

/* Fails the test when no operation is running: the plugin kept the table and calls it later. */
struct fake_host *fake_enter(struct tajo_ctx *ctx, const char *function);
bool fake_is_stopping(struct fake_host *host);

#endif
