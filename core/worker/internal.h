/* SPDX-License-Identifier: Apache-2.0
 *
 * worker/internal.h: the worker's own parts, each in its file. For worker/ only. One thread.
 *
 *   worker.c       the order of things: confine, load, hello, serve operations, end
 *   confine.c      what the process gives up before it loads foreign code
 *   load.c         the checks before and after dlopen, each with its refusal
 *   describe.c     the C descriptor -> the JSON document of base/descriptor.h
 *   channel.c      whole frames over the socket
 *   requests.c     the payloads of CREATE and RUN
 *   host_*.c       the host table, by concern
 *
 * A broken socket, or a host that breaks the rules of base/frame.h, ends the process on the spot
 * with WORKER_BROKEN: there is nobody left to tell.
 */
#ifndef TAJO_WORKER_INTERNAL_H
#define TAJO_WORKER_INTERNAL_H

#include "base/error.h"
#include "base/frame.h"
#include "base/strbuf.h"
#include "base/wire.h"
#include "tajo/plugin.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

enum worker_exit { WORKER_ENDED = 0, WORKER_REFUSED = 1, WORKER_BROKEN = 2 };

/* ---- structs that grow ---- */

/* The size of a struct up to and with its member: what version 0.1 had at least. */
#define SIZE_WITH(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))

/* Copies min(their size, size) into zeroed *to. -1 when from is NULL or its size is below min_size
 * or beyond reason. */
int struct_take(void *to, size_t size, size_t min_size, const void *from);

/* ---- confine.c ---- */
/* ERR_SYSTEM with the sentence. */
int worker_confine(struct err_info *e);

/* ---- load.c ---- */
struct loaded {
    struct tajo_descriptor descriptor; /* copies that have every member this host knows */
    struct tajo_auth auth;
    struct tajo_ops ops;
    json_t *document;
};
/* ERR_BUG with why in *ret_refusal and e->what. The library stays loaded until the process ends. */
int load_plugin(const char *file, struct loaded *ret, enum load_refusal *ret_refusal,
                struct err_info *e);

/* ---- describe.c ---- */
/* descriptor, auth and ops of *loaded are set. The caller drops *ret. ERR_BUG. */
int describe_plugin(const struct loaded *loaded, json_t **ret, struct err_info *e);

/* ---- channel.c ---- */
struct channel {
    int fd;
    int64_t last_sent_ms; /* monotonic */
};
struct frame {
    uint32_t type;
    uint32_t len;
    char *payload; /* the receiver frees it */
    int fd;        /* -1, or the receiver closes it */
};
void channel_send(struct channel *channel, uint32_t type, const struct strbuf *payload);
/* 1, or 0 when nothing began to come within timeout_ms (-1: waits). */
int channel_receive(struct channel *channel, int timeout_ms, struct frame *ret);
void frame_release(struct frame *frame);
_Noreturn void channel_break(const char *why);

/* ---- the instance and what its host functions share ---- */

#define MAX_TICKETS   16u
#define MAX_RESPONSES 64u /* waited for and not released */

enum operation { OPERATION_NONE, OPERATION_CREATE, OPERATION_CHECK, OPERATION_RUN };

struct option_value {
    struct tajo_option declared;
    int has_value;
    struct tajo_str value; /* in tajo_ctx.create, in the plugin's descriptor, or owned */
    char *owned;
};

struct response {
    struct tajo_http_response public;
    struct frame frame; /* what public points into */
    struct tajo_header *headers;
    struct response *next;
};

struct ticket {
    uint64_t id; /* 0: free */
    int answered;
    int32_t result;
    struct response *response; /* NULL when result is a failure */
};

struct tajo_ctx {
    struct channel channel;
    struct loaded loaded;
    struct tajo_host table;
    void *instance;
    int created;
    enum operation operation;
    int stop;
    int exit; /* EXIT came during an operation */

    struct frame create;          /* option values point into it */
    struct option_value *options; /* options, then settings */
    size_t option_count;

    /* Of the operation under way. */
    uint32_t mode;
    int snapshot_complete;
    uint64_t pending_records; /* since the last commit */
    uint64_t pending_bytes;
    struct strbuf records; /* of the next RECORDS frame, without its count */
    uint32_t record_count;
    int committed; /* COMMITTED has come */
    int32_t commit_result;
    uint32_t log_lines;
    uint64_t lines_cut;
    int progress_waits;
    int64_t progress_sent_ms;
    uint64_t progress_done;
    uint64_t progress_total;
    int32_t error_class; /* 0: none set */
    struct strbuf error_code;
    struct strbuf error_message;

    struct ticket tickets[MAX_TICKETS];
    uint64_t last_ticket;
    struct response *responses; /* given out and not released */
    size_t response_count;
};

/* ---- host_table.c ---- */
void host_table_fill(struct tajo_ctx *ctx);
void host_begin(struct tajo_ctx *ctx, enum operation operation);
void host_end(struct tajo_ctx *ctx); /* sends what waits; forgets what was not committed */
void host_dispatch(struct tajo_ctx *ctx, struct frame *frame); /* takes what it keeps of it */
int host_receive(struct tajo_ctx *ctx, int timeout_ms);        /* waits for a frame, 0: none came */
/* Sets the error of the operation under way; returns class. */
int32_t host_fail(struct tajo_ctx *ctx, int32_t class, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- host_options.c ---- */
int options_take(struct tajo_ctx *ctx, struct frame *frame); /* keeps the frame */
void options_release(struct tajo_ctx *ctx);
int32_t host_option_string(struct tajo_ctx *ctx, const char *name, size_t name_len,
                           struct tajo_str *ret);
int32_t host_option_integer(struct tajo_ctx *ctx, const char *name, size_t name_len, int64_t *ret);
int32_t host_option_boolean(struct tajo_ctx *ctx, const char *name, size_t name_len, int32_t *ret);

/* ---- host_records.c ---- */
int32_t host_emit(struct tajo_ctx *ctx, const struct tajo_record *record);
int32_t host_commit(struct tajo_ctx *ctx, const char *cursor, size_t cursor_len, uint32_t flags);
void records_flush(struct tajo_ctx *ctx);
void records_forget(struct tajo_ctx *ctx);

/* ---- host_http.c ---- */
int32_t host_http_submit(struct tajo_ctx *ctx, const struct tajo_http_request *request,
                         uint64_t *ret_ticket);
int32_t host_http_wait(struct tajo_ctx *ctx, uint64_t ticket,
                       const struct tajo_http_response **ret);
void host_http_release(struct tajo_ctx *ctx, const struct tajo_http_response *response);
void http_take_response(struct tajo_ctx *ctx, struct frame *frame); /* keeps the frame */
void http_forget_tickets(struct tajo_ctx *ctx);
void http_release_all(struct tajo_ctx *ctx);

/* ---- requests.c ---- */
#define MAX_SUBJECTS 1000u
#define MAX_FIELDS   512u
#define MAX_CURSOR   65536u
#define MAX_SUBJECT  255u
struct run_request {
    struct tajo_run_request public;
    struct tajo_str *subjects;
    struct tajo_str *fields;
};
/* Points into the frame. -1: malformed. */
int run_request_read(const struct frame *frame, struct run_request *ret);
void run_request_release(struct run_request *request);

#endif
