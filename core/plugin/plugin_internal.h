/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin/plugin_internal.h: the parts of the host's side of a worker, each in its file. For plugin/
 * and its tests only. Loop thread.
 *
 *   plugin.c       the public calls and the phases
 *   life.c         its end: by itself, by a violation, by a time limit
 *   process.c      starting the process, what its end means
 *   socket.c       bytes of the socket -> whole frames; frames out, with descriptors
 *   frames.c       what each frame of the worker means and may hold
 *   plugin_http.c  the plugin's requests
 *   links.c        which hosts its requests without credentials may go to
 *   info.c         the HELLO document -> struct plugin_info
 *   files.c        finding plugins and asking each for its descriptor
 *
 * The worker is not trusted: every frame is checked against base/frame.h and the state, and the
 * first violation kills the process (plugin_break). A handler may call anything, plugin_free too:
 * whoever calls handlers does so between plugin_enter and plugin_leave, which frees what was freed
 * meanwhile.
 */
#ifndef TAJO_PLUGIN_PLUGIN_INTERNAL_H
#define TAJO_PLUGIN_PLUGIN_INTERNAL_H

#include "base/frame.h"
#include "base/strbuf.h"
#include "base/wire.h"
#include "plugin/links.h"
#include "plugin/plugin.h"

#include <sys/types.h>

#define MAX_TICKETS 16u

enum phase { PHASE_LOADING, PHASE_IDLE, PHASE_CREATING, PHASE_CHECKING, PHASE_RUNNING };

struct plugin_ticket {
    uint64_t id; /* 0: free */
    struct http_call *call;
    struct plugin *plugin;
};

struct plugin_out { /* a frame on its way to the worker */
    struct strbuf bytes;
    size_t sent;
    int fd; /* -1, or goes with the first byte; closed then */
    struct plugin_out *next;
};

struct plugin {
    struct loop *loop;
    char *file;
    char *name; /* for logs */
    struct plugin_limits limits;
    struct plugin_handlers handlers;
    void *arg;
    struct plugin_info *info; /* NULL before HELLO */

    /* The process. */
    pid_t pid;
    int pidfd;
    int fd;
    int reaped;
    int exit_status; /* as wait4 gives it; when reaped */
    int64_t peak_rss_kb;
    struct loop_watch *socket_watch;
    struct loop_watch *exit_watch;

    /* Where it stands. */
    enum phase phase;
    int created;
    int stopping;
    int finishing;
    int ended;
    int freed;
    int inside;                   /* depth of plugin_enter */
    struct err_info failure;      /* why it was killed or refused */
    struct err_info host_failure; /* what on_record answered: ends the run */
    struct err_info error;        /* why the operation fails, as far as told */

    /* Of the operation under way. */
    uint32_t mode;
    int commit_waits;
    int snapshot_complete;
    uint64_t pending_records;
    uint64_t pending_bytes;
    uint32_t log_lines;
    uint32_t metric_count;
    int64_t heard_ms;

    struct loop_timer hello_timer;
    struct loop_timer silence_timer;
    struct loop_timer stop_timer;
    struct loop_timer end_timer;
    struct loop_timer resume_timer;

    struct strbuf in;
    struct plugin_out *out;
    struct plugin_out **out_end;

    struct http_account *account;
    struct plugin_ticket tickets[MAX_TICKETS];
    uint64_t last_ticket;
    struct links links;
};

/* ---- plugin.c ---- */
#define PLUGIN_MEND_AUTHOR "Report this to the plugin's author"

void plugin_enter(struct plugin *plugin);
void plugin_leave(struct plugin *plugin); /* plugin may be gone afterwards */
int plugin_in_operation(const struct plugin *plugin);
/* May frames be taken now? Not while a commit waits, not after a violation. */
int plugin_may_read(const struct plugin *plugin);
void plugin_said_hello(struct plugin *plugin, struct plugin_info *info);
void plugin_refused(struct plugin *plugin, uint32_t refusal, struct tajo_str sentence);
void plugin_end_operation(struct plugin *plugin, int32_t result);

/* ---- life.c ---- */
void life_watch(struct plugin *plugin); /* for its end, and for its hello */
void life_limit_silence(struct plugin *plugin);
void life_limit_stop(struct plugin *plugin); /* when it was asked to stop */
void life_limit_finish(struct plugin *plugin);
void life_clear_timers(struct plugin *plugin);
/* Records why and kills the process; on_end follows. The first reason stays. */
void life_fail(struct plugin *plugin, const struct err_info *e);
/* The process is reaped: takes what it left and tells, unless a commit waits. */
void life_end_when_possible(struct plugin *plugin);
/* life_fail as the plugin's fault. */
void plugin_break(struct plugin *plugin, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void plugin_fail_run(struct plugin *plugin, const struct err_info *e); /* as the host's failure */
void plugin_socket_closed(struct plugin *plugin);

/* ---- process.c ---- */
/* For tests: the program to start instead of this one; borrowed. */
void plugin_set_program(const char *path);
int process_start(const char *file, struct plugin *plugin, struct err_info *e);
void process_kill(const struct plugin *plugin);
void process_reap(struct plugin *plugin); /* waits for it */
void process_sample_rss(struct plugin *plugin);
/* Why it ended, from its exit status. */
void process_end_sentence(const struct plugin *plugin, struct err_info *e);

/* ---- socket.c ---- */
void socket_open(struct plugin *plugin);
void socket_close(struct plugin *plugin);
void socket_send(struct plugin *plugin, uint32_t type, const struct strbuf *payload, int fd);
void socket_update(struct plugin *plugin); /* what is waited for has changed */
void socket_drain(struct plugin *plugin);  /* the process is gone: what is left in the socket */
void socket_take_frames(struct plugin *plugin);

/* ---- frames.c ---- */
void frames_take(struct plugin *plugin, uint32_t type, const char *payload, size_t len);

/* ---- plugin_http.c ---- */
void plugin_http_submit(struct plugin *plugin, struct wire_reader *r);
void plugin_http_cancel_all(struct plugin *plugin);
int plugin_http_under_way(const struct plugin *plugin);

/* ---- info.c ---- */
/* ERR_BUG with what is wrong with the document. */
int plugin_info_parse(const char *file, const char *json, size_t len, struct plugin_info **ret,
                      struct err_info *e);

/* ---- classes.c ---- */
int plugin_error_code(int32_t result); /* TAJO_E_* -> enum err */
int32_t plugin_error_class(int code);  /* enum err -> TAJO_E_* */
const char *plugin_short_name(const char *file);

#endif
