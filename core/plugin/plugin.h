/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin/plugin.h: the host's side of a worker process.
 *
 * The host never loads plugin code: plugin_start() starts `tajo-connect worker FILE` on a
 * socketpair and speaks the frames of base/frame.h with it. Order:
 *   plugin_start -> on_hello(info)            [or on_end, with why it was refused]
 *   plugin_create(options, account)           what the plugin's requests go out with
 *   plugin_check | plugin_run -> on_record*, on_commit*, on_done(result)      any number
 *   plugin_finish -> on_end                   asks it to end; kills after two seconds
 *   plugin_free                               kills what is left; no callback comes after it
 * Everything happens on the loop's thread. HTTP requests of the plugin are served here, through
 * the account given to plugin_create. A worker that crashes, breaks the frame rules, floods or
 * says nothing for too long is killed, and on_end comes with ERR_BUG and the sentence.
 */
#ifndef TAJO_PLUGIN_PLUGIN_H
#define TAJO_PLUGIN_PLUGIN_H

#include "base/error.h"
#include "http/http.h"
#include "loop/loop.h"
#include "tajo/plugin.h"

#include <jansson.h>
#include <stdint.h>

/* ---- What a descriptor says, on the host's side (parsed from the HELLO frame) ---- */
struct plugin_option {
    char *name, *def, *choices, *help;
    uint32_t type, flags;
    int64_t min, max;
};
struct plugin_rate {
    char *preset, *rate_class;
    uint32_t requests, period_seconds, burst;
};
struct plugin_permission {
    char *name, *purpose, *mend;
    uint32_t required;
};
struct plugin_field {
    char *path, *attribute, *meaning;
    uint32_t type, role;
};
struct plugin_list {
    char *name, *field, *help;
    uint32_t kind;
};

struct plugin_info {
    char *path; /* of the file */
    uint32_t abi_major, abi_minor_built, abi_minor_needed;
    uint64_t capabilities;
    char *platform, *source, *version, *summary, *licence, *vendor_url;
    uint32_t auth_kind;
    char *base_url, *token_path, *auth_header, *auth_header_value;
    struct plugin_option *settings;
    size_t setting_count;
    struct plugin_option *options;
    size_t option_count;
    struct plugin_rate *rates;
    size_t rate_count;
    struct plugin_permission *permissions;
    size_t permission_count;
    struct plugin_field *fields;
    size_t field_count;
    struct plugin_list *lists;
    size_t list_count;
    json_t *document; /* the descriptor as JSON, for `plugin describe --json` */
};
struct plugin_info *plugin_info_free(struct plugin_info *info);

/* ---- A worker ---- */
struct plugin;

struct plugin_limits {
    int64_t silence_ms;       /* killed when it says nothing for so long (time that the host itself
                                 takes for HTTP or commits does not count); 0: 120,000 */
    int64_t hello_ms;         /* to load and say hello; 0: 10,000 */
    uint64_t pending_records; /* between commits; 0: 20,000 */
    uint64_t pending_bytes;   /* between commits; 0: 16 MiB */
    const char *name;         /* "auth0.users", for logs */
};

struct plugin_record { /* borrowed during the call */
    uint32_t kind;
    struct tajo_str subject, json, name, key;
    int64_t time_ms, value;
};

struct plugin_handlers {
    void (*on_hello)(void *arg, const struct plugin_info *info);
    /* 0, or a negative enum err that ends the run as the host's own failure. */
    int (*on_record)(void *arg, const struct plugin_record *record, struct err_info *e);
    /* Everything up to here is to be made durable; answer with plugin_committed. The worker is not
     * read from until then. */
    void (*on_commit)(void *arg, struct tajo_str cursor, uint32_t flags);
    void (*on_progress)(void *arg, uint64_t done, uint64_t total);
    void (*on_metric)(void *arg, struct tajo_str name, int64_t value);
    /* create, check or run ended: 0, or e with the plugin's own sentence and class. */
    void (*on_done)(void *arg, int result, const struct err_info *e);
    /* The process is gone: e is NULL after plugin_finish, otherwise why. Nothing comes after. Does
     * not come while on_commit waits for its answer. on_hello, on_progress and on_metric may be
     * NULL, the others not; on_record and on_commit only when there is no run. */
    void (*on_end)(void *arg, const struct err_info *e);
};

/* ERR_SYSTEM: no process could be started. */
int plugin_start(struct loop *loop, const char *file, const struct plugin_limits *limits,
                 const struct plugin_handlers *handlers, void *arg, struct plugin **ret,
                 struct err_info *e);

struct plugin_setting { /* one option or setting for the instance */
    const char *name;
    const char *text; /* ignored when secret */
    int secret;
    int is_set;
};
/* Ends with on_done. account serves the plugin's requests; NULL: requests fail. */
void plugin_create(struct plugin *plugin, const struct plugin_setting *settings, size_t count,
                   struct http_account *account);
void plugin_check(struct plugin *plugin);

struct plugin_run_request {
    uint32_t mode;
    int64_t since_ms;
    const char *cursor; /* NULL: empty */
    const char *const *subjects;
    size_t subject_count;
    const char *const *fields; /* NULL-terminated; NULL: none */
};
void plugin_run(struct plugin *plugin, const struct plugin_run_request *request);

/* Answers on_commit: 0 or a negative enum err. */
void plugin_committed(struct plugin *plugin, int result);

void plugin_stop(struct plugin *plugin);   /* should_stop answers 1; killed after 2 s more */
void plugin_finish(struct plugin *plugin); /* no operation is under way: ends the worker */
struct plugin *plugin_free(struct plugin *plugin);

int64_t plugin_peak_rss_kb(const struct plugin *plugin); /* VmHWM while alive, or of the reaped */
/* The same of any process that lives; 0: not to be had. getrusage will not do: its figure starts
 * with what the parent had at the fork. */
int64_t plugin_process_peak_kb(int pid);
int plugin_pid(const struct plugin *plugin);

/* ---- Files ---- */
/* Every *.so of the shipped folder (lib/tajo-connect/plugins beside the binary's bin/, where a
 * build tree has it too) and then of dirs; each folder's sorted, absolute, none twice. The caller
 * frees the names and the array. ERR_CONFIG: a folder that cannot be read. */
int plugin_find_files(const char *const *dirs, size_t dir_count, char ***ret, size_t *ret_count,
                      struct err_info *e);

/* Loads each file's descriptor in a worker, one after the other. Calls each with the info (owned
 * by the callee then) or with the refusal; two plugins of one platform and source: the second is
 * refused ("id twice"). Then done. */
void plugin_describe_files(struct loop *loop, char *const *files, size_t count,
                           void (*each)(void *arg, const char *file, struct plugin_info *info,
                                        const struct err_info *e),
                           void (*done)(void *arg), void *arg);

#endif
