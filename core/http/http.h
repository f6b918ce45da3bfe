/* SPDX-License-Identifier: Apache-2.0
 *
 * http/http.h: outgoing HTTP: credentials, limits, retries and time bounds, so that callers only
 * say what they want to know.
 *
 *     struct http *http = http_new(loop, store);
 *     http_account_new(http, &options, &account, &e);
 *     http_account_limit(account, "", 10, 1000, 10);
 *     http_send(account, &request, done, arg);          any number, done is called later
 *     http_account_free(account); http_free(http);      cancel what is still under way
 *
 * An account is one connector's connection to one vendor account. Its calls wait in one line a
 * rate class until the class's limits and the overall ones let them go, at most 8 at once, and
 * 1,000 may wait. What is done without asking: access tokens are fetched, kept, shared and renewed
 * (once a call on 401); 429 is waited out (at most 20 times or an hour); 408, 425, 5xx and broken
 * connections are repeated for idempotent calls with growing, jittered delays; a POST is repeated
 * only when no connection was made, unless it is marked HTTP_IDEMPOTENT. Redirects are followed
 * only without credentials (HTTP_NO_AUTH), at most 3, https or loopback only.
 *
 * Owner: everything passed in is copied. A response belongs to http and lives during done; its
 * body_fd can be taken. The handle of a call is gone when done is called.
 * Thread: the loop's only; never from inside one of curl's own callbacks.
 *
 * Errors that done gets: ERR_TRANSIENT (no answer), ERR_RATE (429 outlasted the patience),
 * ERR_AUTH (no token; the sentence says which setting), ERR_LIMIT (answer too large, queue full),
 * ERR_BUG (malformed request), ERR_SYSTEM (temporary file), ERR_CONFIG (plain http abroad). An
 * HTTP status, whatever it is, is no error: it comes as a response.
 */
#ifndef TAJO_HTTP_HTTP_H
#define TAJO_HTTP_HTTP_H

#include "base/error.h"
#include "loop/loop.h"
#include "tajo/plugin.h"

#include <stddef.h>
#include <stdint.h>

struct store;
struct http;
struct http_account;
struct http_call;

/* store may be NULL: tokens are then kept in memory only. */
struct http *http_new(struct loop *loop, struct store *store);
struct http *http_free(struct http *http); /* frees accounts too; no done is called any more */

enum http_auth {
    HTTP_AUTH_NONE,
    HTTP_AUTH_CLIENT_CREDENTIALS, /* token_url, client_id, client_secret, audience */
    HTTP_AUTH_HEADER              /* header: header_value */
};

/* Numbers that are 0 and texts that are NULL take what is said here. */
struct http_account_options {
    const char *name;     /* "auth0", "brevo": in counters, logs and sentences. Required */
    const char *base_url; /* https, or http to loopback only; a path is kept. Required */
    enum http_auth auth;
    const char *token_url;
    const char *client_id;
    const char *client_secret;
    const char *audience; /* NULL: not sent */
    const char *header;
    const char *header_value;
    const char *proxy;      /* URL; NULL: as the environment says. Never used for loopback */
    const char *temp_dir;   /* of bodies on disk; NULL: $TMPDIR, then /tmp */
    int connect_timeout_ms; /* 10 s */
    int timeout_ms;         /* of one attempt: 60 s; with a file: 1 h */
    int stall_ms;           /* without a byte while a body moves: 30 s */
    int retry_base_ms;      /* first delay before a repetition: 500; doubles up to 30 s */
};

/* ERR_CONFIG with a sentence that names the setting. */
int http_account_new(struct http *http, const struct http_account_options *options,
                     struct http_account **ret, struct err_info *e);
struct http_account *http_account_free(struct http_account *account);
const char *http_account_base_url(const struct http_account *account);

/* In class ("": all requests together) at most `requests` in period_ms, burst at once (0: as many
 * as requests). Several limits of one class hold together. At most 32 classes, 4 limits each;
 * more are ignored with a warning. */
void http_account_limit(struct http_account *account, const char *rate_class, uint32_t requests,
                        int64_t period_ms, uint32_t burst);

#define HTTP_NO_AUTH    TAJO_HTTP_NO_AUTH
#define HTTP_BODY_TO_FD TAJO_HTTP_BODY_TO_FD
#define HTTP_IDEMPOTENT TAJO_HTTP_IDEMPOTENT
/* One attempt, and no waiting for a 429: the status is given to the caller. What the answer says of
 * the limit holds back the calls behind it all the same. */
#define HTTP_ONCE 0x10000u

struct http_request {
    const char *method; /* NULL: "GET" */
    const char *path;   /* starts with '/', percent-encoded, appended to base_url; with HTTP_NO_AUTH
                           also a whole URL: such a call is not held back by the limits */
    const char *endpoint;   /* "GET /users/{id}": counted and logged, without ids. Required */
    const char *rate_class; /* NULL: only the overall limits */
    const struct tajo_parameter *query; /* encoded and appended */
    size_t query_count;
    const struct tajo_header *headers; /* not Authorization, Host or Cookie */
    size_t header_count;
    const char *content_type; /* NULL: none */
    const void *body;         /* NULL: none */
    size_t body_len;
    int has_body_fd; /* 1: body_fd is the body, read from offset 0 by pread (its position does not
                        matter), duplicated: the caller may close it after http_send */
    int body_fd;
    int64_t body_size;
    unsigned flags;     /* HTTP_* */
    int64_t max_body;   /* bytes of the answer; 0: 8 MiB, to a file 16 GiB */
    int attempts;       /* 0: 5 */
    int64_t timeout_ms; /* of one attempt; 0: the account's */
};

struct http_response {
    int status;
    const char *body; /* decompressed, NUL-terminated behind body_len; "" when body_fd is used */
    size_t body_len;
    int body_fd; /* -1, or an unlinked file at offset 0. With HTTP_BODY_TO_FD and a 2xx status:
                    what came, not decompressed. Answers that are not 2xx are always in body */
    const struct tajo_header *headers; /* names in lower case */
    size_t header_count;
};

/* response is NULL on failure, e is NULL on success. */
typedef void (*http_done)(void *arg, const struct http_response *response,
                          const struct err_info *e);

/* Never fails and never calls done by itself: done is called from the loop exactly once, unless
 * the call is cancelled before. */
struct http_call *http_send(struct http_account *account, const struct http_request *request,
                            http_done done, void *arg);
void http_cancel(struct http_call *call); /* takes NULL; done is not called */

/* The value of the first header of that name, any case; NULL: none. */
const char *http_response_header(const struct http_response *response, const char *name);

/* The caller closes it; -1 when there is none. */
int http_response_take_fd(const struct http_response *response);

/* Scopes of the current token, which is fetched if needed: space separated, "" when unknown or
 * when the account has no tokens. done as with http_send; scopes is NULL when e is set. */
void http_account_token_scopes(struct http_account *account,
                               void (*done)(void *arg, const char *scopes,
                                            const struct err_info *e),
                               void *arg);

/* Drops the token, here and in the store: for `check` after a permission was granted. */
void http_account_forget_token(struct http_account *account);

/* Requests really sent so far, repetitions included, by endpoint: the index-th endpoint in order
 * of first use. 1, or 0 when there is none with that index. */
int http_account_calls(const struct http_account *account, size_t index, const char **ret_endpoint,
                       uint64_t *ret_count);

/* Requests left in the class as the last answer's headers said; -1: unknown or past its reset. */
int64_t http_account_limit_left(const struct http_account *account, const char *rate_class);

/* Requests per window as the last answer's headers said; -1: unknown. */
int64_t http_account_limit_size(const struct http_account *account, const char *rate_class);

/* Milliseconds the class (or all of them) is held back because of what the headers said; 0: not. */
int64_t http_account_limit_wait_ms(const struct http_account *account, const char *rate_class);

#endif
