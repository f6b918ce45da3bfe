/* SPDX-License-Identifier: Apache-2.0
 *
 * tajo/plugin.h: the plugin ABI of tajo-connect.
 *
 * A plugin is a shared object that reads one source of one platform (the users of Auth0, say) and
 * hands what it reads to the host. It exports exactly one symbol, tajo_plugin_entry_v1(), which
 * returns a constant descriptor: everything that can be said about the source as data, and the
 * operations (tajo_ops) that read it. It links no symbol of the host: the host passes a table of
 * functions (tajo_host) when it creates an instance.
 *
 * Order of calls
 *   tajo_plugin_entry_v1()                 once after loading; no host function exists yet
 *   ops->create(host, ctx, &instance)      options can be read from here on
 *   ops->check(instance) | ops->run(instance, request) ...     any number, in any order
 *   ops->destroy(instance)                 nothing may be kept
 *
 * Threads: one instance is never entered twice at once and always on the same thread. Host
 * functions may be called only on that thread and only inside an operation. A plugin starts no
 * threads or processes and opens no files or sockets; the host runs it in a process of its own
 * in which such calls may fail or end the process.
 *
 * Strings are UTF-8, pointer and length, not NUL-terminated. A string the plugin passes to a host
 * function need live only during the call. A string the host passes lives as its member says.
 *
 * Growing: every struct that may grow starts with its size as the writer knew it and is reached
 * by pointer only. The reader takes min(size, its own sizeof) into zeroed memory, so a member that
 * the writer did not know reads as zero. Members are appended, never moved, retyped or reused.
 * tajo_str, tajo_header and tajo_parameter are closed: they never grow.
 *
 * Results: 0 or a positive value is success, a negative TAJO_E_* is failure.
 *
 * tajo/sdk.h has inline wrappers that check what the host offers and shorten the common calls.
 */
#ifndef TAJO_PLUGIN_H
#define TAJO_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The ABI this header describes. 0.x may still change; 1.0 will not (docs/abi.md). A host takes a
 * plugin whose major equals its own and whose abi_minor_needed is not above its own minor. */
#define TAJO_ABI_MAJOR 0u
#define TAJO_ABI_MINOR 1u

/* The one symbol a plugin exports. The number changes only with an incompatible entry. */
#define TAJO_PLUGIN_ENTRY "tajo_plugin_entry_v1"

#if defined(__GNUC__)
#define TAJO_EXPORT __attribute__((visibility("default")))
#else
#define TAJO_EXPORT
#endif

/* A string or a run of bytes. data may be NULL when len is 0. */
struct tajo_str {
    const char *data;
    size_t len; /* bytes, without any NUL */
};

/* A string literal as a struct tajo_str initializer. */
#define TAJO_STR(literal)                                                                          \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

/* ---- Results and error classes -------------------------------------------------------------
 * The class decides what the host does:
 *   TRANSIENT    the run ends, is tried again with backoff
 *   RATE         the run ends, is tried again when the platform's limit allows
 *   AUTH, CONFIG the source is paused; a person must mend what the message says
 *   DATA         one record is wrong: it goes to the dead letters, the run goes on
 *   BUG          the worker is restarted; after repeated bugs the source is paused
 *   STOPPED      the host asked to stop; not a failure
 *   UNSUPPORTED  the host (or the plugin) is older than this call or record kind
 *   NOT_FOUND    what was asked for does not exist */
#define TAJO_OK            0
#define TAJO_E_TRANSIENT   (-1)
#define TAJO_E_RATE        (-2)
#define TAJO_E_AUTH        (-3)
#define TAJO_E_CONFIG      (-4)
#define TAJO_E_DATA        (-5)
#define TAJO_E_BUG         (-6)
#define TAJO_E_STOPPED     (-7)
#define TAJO_E_UNSUPPORTED (-8)
#define TAJO_E_NOT_FOUND   (-9)

/* Log levels of tajo_host.log. */
#define TAJO_LOG_ERROR 0
#define TAJO_LOG_WARN  1
#define TAJO_LOG_INFO  2
#define TAJO_LOG_DEBUG 3

/* ---- What the descriptor is made of -------------------------------------------------------- */

/* Types of option values. Every value is written as text in the descriptor's default. */
#define TAJO_TYPE_STRING   1u
#define TAJO_TYPE_INTEGER  2u /* decimal, 64 bits */
#define TAJO_TYPE_BOOLEAN  3u /* "true" or "false" */
#define TAJO_TYPE_CHOICE   4u /* one of choices */
#define TAJO_TYPE_DATETIME 5u /* ISO 8601; fields only */
#define TAJO_TYPE_STRINGS  6u /* list of strings; fields only */
#define TAJO_TYPE_OBJECT   7u /* fields only */

#define TAJO_OPTION_REQUIRED 1u
/* The value is a secret: used by the host (tokens), masked in every output, and NEVER given to
 * the plugin: option getters answer TAJO_E_UNSUPPORTED for it. */
#define TAJO_OPTION_SECRET 2u

/* One setting a person may write: below the connector (tajo_auth.settings: domain, client_id) or
 * below sync.<source> (tajo_descriptor.options: page_size). Since 0.1. */
struct tajo_option {
    uint32_t size;           /* sizeof(struct tajo_option) */
    uint32_t type;           /* TAJO_TYPE_STRING, _INTEGER, _BOOLEAN or _CHOICE */
    uint32_t flags;          /* TAJO_OPTION_* */
    uint32_t reserved;       /* 0 */
    int64_t min, max;        /* inclusive; INTEGER: of the value, STRING: of its length in bytes;
                                both 0: no range */
    struct tajo_str name;    /* [a-z][a-z0-9_]{0,31}, unique in its table */
    struct tajo_str def;     /* value when unset; empty: unset stays unset. A setting's default may
                                use ${name} of other settings: "https://${domain}/api/v2/" */
    struct tajo_str choices; /* CHOICE: the values, separated by '|' */
    struct tajo_str help;    /* one sentence: what it does, its unit */
};

/* How the host authenticates requests of this platform. */
#define TAJO_AUTH_NONE               0u
#define TAJO_AUTH_CLIENT_CREDENTIALS 1u /* OAuth 2.0 (RFC 6749, 4.4): form body, bearer token */
#define TAJO_AUTH_HEADER             2u /* one header with a secret setting as its value */

/* Connection and credentials, equal in all plugins of one platform. Since 0.1. */
struct tajo_auth {
    uint32_t size;                             /* sizeof(struct tajo_auth) */
    uint32_t kind;                             /* TAJO_AUTH_* */
    const struct tajo_option *const *settings; /* keys directly below the connector */
    uint32_t setting_count;                    /* at most 32 */
    uint32_t reserved;                         /* 0 */
    struct tajo_str base_url;                  /* with ${setting}: "https://${domain}" */
    struct tajo_str token_path;   /* CLIENT_CREDENTIALS: appended to the base URL: "/oauth/token".
                                     Takes the settings client_id, client_secret and audience */
    struct tajo_str header;       /* HEADER: its name: "api-key" */
    struct tajo_str header_value; /* HEADER: with ${setting}: "${api_key}" */
};

/* One row of the platform's published limits: in preset P, requests of class C may be sent at
 * `requests` per `period_seconds`, `burst` at once. Class "" holds for all requests together.
 * Several rows for one class hold at once. Since 0.1. */
struct tajo_rate {
    uint32_t size; /* sizeof(struct tajo_rate) */
    uint32_t requests;
    uint32_t period_seconds;
    uint32_t burst;
    struct tajo_str preset;     /* the word a person writes in rate_limit: "essentials" */
    struct tajo_str rate_class; /* [a-z_]{0,31}; what tajo_http_request.rate_class names */
};

/* A permission (an OAuth scope) that the source needs. Since 0.1. */
struct tajo_permission {
    uint32_t size;           /* sizeof(struct tajo_permission) */
    uint32_t required;       /* 1: nothing works without it; 0: only the purpose is lost */
    struct tajo_str name;    /* "read:users" */
    struct tajo_str purpose; /* one sentence: what it is needed for */
    struct tajo_str mend;    /* one sentence: where a person grants it */
};

/* What the host itself does with a field, beside mapping it. */
#define TAJO_ROLE_NONE           0u
#define TAJO_ROLE_EMAIL          1u /* the person's address: the key in Brevo */
#define TAJO_ROLE_EMAIL_VERIFIED 2u /* boolean */
#define TAJO_ROLE_LAST_LOGIN     3u /* of two users with one address the latest leads */
#define TAJO_ROLE_CREATED_AT     4u /* breaks the tie */

/* One field of the objects the source emits, as a person may name it in field_mapping. Since 0.1.
 */
struct tajo_field {
    uint32_t size;             /* sizeof(struct tajo_field) */
    uint32_t type;             /* TAJO_TYPE_* */
    uint32_t role;             /* TAJO_ROLE_* */
    uint32_t reserved;         /* 0 */
    struct tajo_str path;      /* dotted, indexed: "user_metadata.phone", "identities[0].provider".
                                  A key with that very name, dots included, wins over the walk */
    struct tajo_str attribute; /* Brevo attribute it maps to by default; empty: not mapped */
    struct tajo_str meaning;   /* one sentence */
};

#define TAJO_LIST_EVERYONE 0u /* every eligible person */
#define TAJO_LIST_TRUE     1u /* persons whose field is true */

/* A name that a person may give a Brevo list under `lists:`. Since 0.1. */
struct tajo_list {
    uint32_t size;         /* sizeof(struct tajo_list) */
    uint32_t kind;         /* TAJO_LIST_* */
    struct tajo_str name;  /* "verified_users" */
    struct tajo_str field; /* TRUE: the path that is tested */
    struct tajo_str help;  /* one sentence: who is on it */
};

/* An event type the source can emit. Since 0.1. */
struct tajo_event_type {
    uint32_t size;            /* sizeof(struct tajo_event_type) */
    uint32_t reserved;        /* 0 */
    struct tajo_str type;     /* the platform's code: "ss" */
    struct tajo_str category; /* the platform's group: "auth.signup.success" */
    struct tajo_str meaning;  /* one sentence */
    struct tajo_str event;    /* Brevo event name by default; empty: not sent */
};

/* A route of the host's ingress whose deliveries ops->receive gets. Since 0.1. */
struct tajo_webhook {
    uint32_t size;        /* sizeof(struct tajo_webhook) */
    uint32_t max_body;    /* bytes; larger ones are refused with 413 */
    struct tajo_str name; /* last part of the path: /webhooks/<connector>/<name> */
    struct tajo_str help; /* one sentence: who calls it */
};

/* A figure that the source reports with tajo_host.metric. Since 0.1. */
struct tajo_metric {
    uint32_t size;        /* sizeof(struct tajo_metric) */
    uint32_t reserved;    /* 0 */
    struct tajo_str name; /* [a-z][a-z0-9_]{0,63}: "active_users" */
    struct tajo_str unit; /* "users" */
    struct tajo_str help; /* one sentence */
};

/* ---- What crosses during a run ------------------------------------------------------------- */

struct tajo_ctx; /* the host's; opaque to the plugin */

#define TAJO_RECORD_PERSON      1u /* somebody as he is now: subject, json */
#define TAJO_RECORD_PERSON_GONE 2u /* subject does not exist any more */
#define TAJO_RECORD_FACTS       3u /* some fields of a person: subject, json */
#define TAJO_RECORD_EVENT       4u /* something happened: subject, name, key, time_ms, json */
#define TAJO_RECORD_METRIC      5u /* a dated figure: name, time_ms, value */

/* What a plugin hands over. Copied by emit. Since 0.1. */
struct tajo_record {
    uint32_t size;           /* sizeof(struct tajo_record) */
    uint32_t kind;           /* TAJO_RECORD_* */
    struct tajo_str subject; /* the platform's id of the person, stable; 1..255 bytes */
    struct tajo_str json;    /* PERSON, FACTS, EVENT: one JSON object, at most 1 MiB. Only fields
                                that may leave the platform: never passwords, tokens, links */
    struct tajo_str name;    /* EVENT: type; METRIC: name */
    struct tajo_str key;     /* EVENT: id that makes a replay recognizable */
    int64_t time_ms;         /* EVENT, METRIC: Unix time in milliseconds */
    int64_t value;           /* METRIC */
};

#define TAJO_MODE_FULL        1u /* everybody; cursor is empty */
#define TAJO_MODE_INCREMENTAL 2u /* what changed since cursor */
#define TAJO_MODE_SINCE       3u /* what changed since since_ms; the cursor does not move */
#define TAJO_MODE_REFRESH     4u /* only these subjects; the cursor does not move */

/* What a run is asked to read. Lives until ops->run returns. Since 0.1. */
struct tajo_run_request {
    uint32_t size;                   /* sizeof(struct tajo_run_request) */
    uint32_t mode;                   /* TAJO_MODE_* */
    int64_t since_ms;                /* SINCE: Unix time in milliseconds */
    struct tajo_str cursor;          /* INCREMENTAL: what the last commit passed; at most 64 KiB */
    const struct tajo_str *subjects; /* REFRESH: ids, at most 1000 */
    size_t subject_count;
    const struct tajo_str *fields; /* paths that the configuration reads (field_mapping, consent,
                                      lists): a plugin that projects must ask for these */
    size_t field_count;
};

#define TAJO_COMMIT_SNAPSHOT_COMPLETE                                                              \
    1u /* this run has emitted everybody there is: a person that                                   \
          it did not emit is gone. Only in FULL runs, last */

/* A name and a value: query parameters and form fields (not yet encoded). Closed: never grows. */
struct tajo_parameter {
    struct tajo_str name;
    struct tajo_str value;
};

/* A header. Names compare without case. Closed: never grows. */
struct tajo_header {
    struct tajo_str name;
    struct tajo_str value;
};

/* Send no credentials: a link that the API itself returned. A whole URL may lead only to the
 * connector's own host or to a host (scheme and port too) that an answer to this instance has named
 * as "https://host" in an inline body or in its location or link header; the newest 64 are
 * remembered. Otherwise http_wait fails with TAJO_E_BUG. */
#define TAJO_HTTP_NO_AUTH    1u
#define TAJO_HTTP_BODY_TO_FD 2u /* hand the body over as a file descriptor, whatever its size */
#define TAJO_HTTP_IDEMPOTENT 4u /* a POST that may be repeated; other methods always may */

/* A request. Copied by http_submit. Since 0.1. */
struct tajo_http_request {
    uint32_t size;            /* sizeof(struct tajo_http_request) */
    uint32_t flags;           /* TAJO_HTTP_* */
    struct tajo_str method;   /* "GET" when empty */
    struct tajo_str path;     /* starts with '/', already percent-encoded, appended to the base URL;
                                 or, with NO_AUTH only, a whole https URL (plain http to loopback) */
    struct tajo_str endpoint; /* what calls are counted and logged as, without ids or queries:
                                 "GET /users/{id}". Required */
    struct tajo_str rate_class; /* a class of the descriptor's rates; empty: only the overall one */
    const struct tajo_parameter *query; /* encoded and appended by the host */
    size_t query_count;
    struct tajo_str body;              /* at most 1 MiB */
    struct tajo_str content_type;      /* of body */
    const struct tajo_header *headers; /* extra request headers; Authorization, Host and Cookie are
                                          the host's and refused */
    size_t header_count;
};

/* An answer. Owned by the host table until http_release. Since 0.1. */
struct tajo_http_response {
    uint32_t size;        /* sizeof(struct tajo_http_response) as the host knew it */
    int32_t status;       /* HTTP status: the last one after the host's own retries */
    struct tajo_str body; /* decompressed; empty when body_fd is used; at most 8 MiB */
    int32_t body_fd;      /* -1, or an unlinked file at offset 0, readable, not decompressed;
                             closed by http_release. At most 16 GiB */
    uint32_t header_count;
    const struct tajo_header *headers; /* content-type, link, etag, last-modified, location, date,
                                          retry-after and those starting with x- */
};

/* ---- The host table ------------------------------------------------------------------------- */

/* The functions a plugin may call. The host owns the table; it lives as long as the instance.
 * ctx is the one given to create. All are callable inside create, check, run and receive; only
 * log and now_ms inside destroy. Test `size` before calling a member newer than your
 * abi_minor_needed, or call through tajo/sdk.h, which does. Since 0.1. */
struct tajo_host {
    uint32_t size;      /* sizeof(struct tajo_host) as the host knows it */
    uint32_t abi_minor; /* the host's minor */

    /* Writes one log line. Never personal data or secrets. Lines above 1,000 a run or 1 KiB each
     * are cut, and the cut is counted. Never fails. */
    void (*log)(struct tajo_ctx *ctx, int32_t level, const char *text, size_t len);

    /* Unix time in milliseconds. */
    int64_t (*now_ms)(struct tajo_ctx *ctx);

    /* 1 when the run should end: return TAJO_E_STOPPED within two seconds. Otherwise 0. */
    int32_t (*should_stop)(struct tajo_ctx *ctx);

    /* Waits. TAJO_OK, or TAJO_E_STOPPED as soon as the run should end. */
    int32_t (*sleep_ms)(struct tajo_ctx *ctx, int64_t ms);

    /* The value of an option or (not secret) setting: its default when unset. The string lives as
     * long as the instance. TAJO_E_NOT_FOUND: unset without default, or not in the descriptor;
     * TAJO_E_UNSUPPORTED: secret; TAJO_E_CONFIG: of another type. *ret untouched on failure. */
    int32_t (*option_string)(struct tajo_ctx *ctx, const char *name, size_t name_len,
                             struct tajo_str *ret);
    int32_t (*option_integer)(struct tajo_ctx *ctx, const char *name, size_t name_len,
                              int64_t *ret);
    int32_t (*option_boolean)(struct tajo_ctx *ctx, const char *name, size_t name_len,
                              int32_t *ret);

    /* Queues a request (at most 16 not yet waited for) and gives a ticket for http_wait. The host
     * adds credentials, keeps the limits, retries idempotent requests on 429, 5xx and broken
     * connections, renews a token once on 401. TAJO_E_BUG: malformed request. */
    int32_t (*http_submit)(struct tajo_ctx *ctx, const struct tajo_http_request *request,
                           uint64_t *ret_ticket);

    /* Waits for an answer. TAJO_OK: *ret is to be released, whatever its status. Otherwise there
     * is none, the host's error is already set and the plugin returns the result as it is. */
    int32_t (*http_wait)(struct tajo_ctx *ctx, uint64_t ticket,
                         const struct tajo_http_response **ret);
    void (*http_release)(struct tajo_ctx *ctx, const struct tajo_http_response *response);

    /* Adds a record to what the next commit makes durable. At most 20,000 records or 16 MiB may
     * wait. TAJO_E_DATA: the record itself is malformed, it was not added;
     * TAJO_E_UNSUPPORTED: this host does not take that kind. */
    int32_t (*emit)(struct tajo_ctx *ctx, const struct tajo_record *record);

    /* Makes the emitted records and the cursor durable in one transaction; returns when they are.
     * An empty cursor leaves the stored one as it is. Commit every 1,000 records or so: a run that
     * ends without commit leaves nothing of what it emitted since the last one. */
    int32_t (*commit)(struct tajo_ctx *ctx, const char *cursor, size_t cursor_len, uint32_t flags);

    /* How far the run is. total 0: unknown. Cheap: call it as often as you like. */
    void (*progress)(struct tajo_ctx *ctx, uint64_t done, uint64_t total);

    /* Reports a figure of the descriptor's metric table as it is now. */
    int32_t (*metric)(struct tajo_ctx *ctx, const char *name, size_t name_len, int64_t value);

    /* Says why an operation is about to fail, for a person: what happened, where, what to do.
     * code: a short stable word ("insufficient_scope"). Returns error_class, so that
     * `return host->set_error(...)` is how an operation fails. */
    int32_t (*set_error)(struct tajo_ctx *ctx, int32_t error_class, const char *code,
                         size_t code_len, const char *message, size_t message_len);
};

/* ---- Operations and the descriptor ---------------------------------------------------------- */

/* A delivery that a webhook route took. Since 0.1. */
struct tajo_delivery {
    uint32_t size;           /* sizeof(struct tajo_delivery) */
    uint32_t reserved;       /* 0 */
    struct tajo_str webhook; /* tajo_webhook.name */
    struct tajo_str content_type;
    struct tajo_str body;
    int64_t received_ms; /* Unix time in milliseconds */
};

/* Since 0.1. create, destroy and run are required; check and receive may be NULL. */
struct tajo_ops {
    uint32_t size;     /* sizeof(struct tajo_ops) */
    uint32_t reserved; /* 0 */

    /* Makes an instance; reads and checks options. On failure *ret_instance is not looked at and
     * destroy is not called. */
    int32_t (*create)(const struct tajo_host *host, struct tajo_ctx *ctx, void **ret_instance);
    void (*destroy)(void *instance);

    /* Proves with as few requests as possible that a run would work. No emit, no commit. */
    int32_t (*check)(void *instance);

    /* Reads what the request asks for: emits, commits, returns. */
    int32_t (*run)(void *instance, const struct tajo_run_request *request);

    /* Turns one delivery into records; the host commits when it returns TAJO_OK. */
    int32_t (*receive)(void *instance, const struct tajo_delivery *delivery);
};

#define TAJO_CAN_FULL        1u /* ops->run takes TAJO_MODE_FULL and ends it SNAPSHOT_COMPLETE */
#define TAJO_CAN_INCREMENTAL 2u
#define TAJO_CAN_SINCE       4u
#define TAJO_CAN_REFRESH     8u
#define TAJO_CAN_RECEIVE     16u

/* What a plugin is. Constant: lives as long as the plugin is loaded. All counts at most 512. */
struct tajo_descriptor {
    uint32_t size;              /* sizeof(struct tajo_descriptor) */
    uint32_t abi_major;         /* TAJO_ABI_MAJOR the plugin was built with */
    uint32_t abi_minor_built;   /* TAJO_ABI_MINOR the plugin was built with */
    uint32_t abi_minor_needed;  /* lowest host minor it can work with */
    uint64_t capabilities;      /* TAJO_CAN_* */
    struct tajo_str platform;   /* [a-z][a-z0-9]{0,31}: "auth0" */
    struct tajo_str source;     /* [a-z][a-z0-9]{0,31}: "users" */
    struct tajo_str version;    /* the plugin's own, semver */
    struct tajo_str summary;    /* one sentence */
    struct tajo_str licence;    /* SPDX expression */
    struct tajo_str vendor_url; /* documentation of the API it reads */
    const struct tajo_auth *auth;
    const struct tajo_ops *ops;
    const struct tajo_option *const *options;
    const struct tajo_rate *const *rates;
    const struct tajo_permission *const *permissions;
    const struct tajo_field *const *fields;
    const struct tajo_list *const *lists;
    const struct tajo_event_type *const *events;
    const struct tajo_webhook *const *webhooks;
    const struct tajo_metric *const *metrics;
    uint32_t option_count;
    uint32_t rate_count;
    uint32_t permission_count;
    uint32_t field_count;
    uint32_t list_count;
    uint32_t event_count;
    uint32_t webhook_count;
    uint32_t metric_count;
};

/* Defined by every plugin. Called once, before anything else; must not fail or do any work. */
TAJO_EXPORT const struct tajo_descriptor *tajo_plugin_entry_v1(void);

#ifdef __cplusplus
}
#endif
#endif
