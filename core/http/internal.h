/* SPDX-License-Identifier: Apache-2.0
 *
 * http/internal.h: the parts of http/ as they see each other. For http/ only; the loop's thread.
 *
 * The way of a call: request.c builds it, call.c puts it in a lane, queue.c starts it when its
 * gates and a token allow, attempt.c carries one attempt through curl, call.c judges the outcome
 * (repeat, wait, or done), token.c fetches what the credentials need as a call of its own kind.
 *
 * Nothing calls a caller's done function but finish() in call.c and tell_scopes() in token.c, and
 * these always come straight from the loop (a timer or a transfer), as its last act: done may free
 * the account.
 */
#ifndef TAJO_HTTP_INTERNAL_H
#define TAJO_HTTP_INTERNAL_H

#include "base/strbuf.h"
#include "http/headers.h"
#include "http/http.h"
#include "http/limit.h"

#include <sys/queue.h>

#define HTTP_LANES        32
#define HTTP_ENDPOINTS    256
#define HTTP_QUEUE        1000
#define HTTP_PARALLEL     8
#define HTTP_ATTEMPTS     5
#define HTTP_REDIRECTS    3
#define HTTP_MAX_BODY     (INT64_C(8) << 20)
#define HTTP_MAX_FILE     (INT64_C(16) << 30)
#define HTTP_FILE_TIMEOUT INT64_C(3600000)

TAILQ_HEAD(http_call_list, http_call);

/* Where calls of one rate class wait for their turn, oldest first. */
struct http_lane {
    char *name;
    struct gate gate;
    struct http_call_list waiting;
    int apart; /* 1: neither the overall limits nor the cap on parallel calls hold */
};

struct http_counter {
    char *endpoint;
    uint64_t count;
};

struct http_scope_wait {
    struct http_account *account;
    void (*done)(void *arg, const char *scopes, const struct err_info *e);
    void *arg;
    int answered;
    struct err_info error; /* code 0: none */
    struct loop_timer timer;
    TAILQ_ENTRY(http_scope_wait) link;
};
TAILQ_HEAD(http_scope_waits, http_scope_wait);

struct http_token_load; /* a look into the store under way (token_store.c) */

struct http_token {
    char *value; /* NULL: none */
    char *scopes;
    int64_t expires_ms; /* Unix */
    int64_t renew_ms;   /* Unix: from here on a new one is fetched */
    unsigned generation;
    int looked; /* the store was asked */
    int busy;   /* the store is being asked, or a new one fetched */
    char *store_key;
    struct http_token_load *load;
    struct http_scope_waits scope_waits;
};

struct http_account {
    struct http *http;
    TAILQ_ENTRY(http_account) link;
    char *name;
    char *base_url; /* without '/' at its end */
    enum http_auth auth;
    char *token_url;
    char *token_endpoint; /* "POST /oauth/token" */
    char *client_id;
    char *client_secret;
    char *audience;
    char *auth_header; /* HTTP_AUTH_HEADER: "name: value" */
    char *secret_value;
    char *proxy;
    char *temp_dir;
    int connect_timeout_ms;
    int timeout_ms;
    int stall_ms;
    int retry_base_ms;

    struct http_lane
        *lanes[HTTP_LANES]; /* [0] is "": the overall limits, and calls without class */
    size_t lane_count;
    size_t next_lane;            /* whose turn it is */
    struct http_lane *links;     /* HTTP_NO_AUTH calls to whole URLs */
    struct http_lane *tokens;    /* token.c's own calls */
    struct http_call_list calls; /* all of them, whatever their state */
    size_t pending;              /* calls of callers */
    size_t active;               /* under way, and not apart */
    uint64_t next_number;
    struct loop_timer wake_timer;
    struct http_counter counters[HTTP_ENDPOINTS];
    size_t counter_count;
    struct http_token token;
};
TAILQ_HEAD(http_accounts, http_account);

struct http {
    struct loop *loop;
    struct store *store;
    struct http_accounts accounts;
    uint64_t random;
};

enum call_state {
    CALL_WAITING, /* in its lane */
    CALL_ACTIVE,  /* an attempt is under way */
    CALL_RESTING, /* until its timer, before it goes back to its lane */
    CALL_FAILED   /* error is set; its timer tells the caller */
};

/* One attempt: what curl reads from and writes to. */
struct http_attempt {
    CURL *easy;
    struct curl_slist *headers;
    int64_t started_ms;
    int64_t moved_ms; /* last byte in either direction */
    int64_t sent;
    int64_t received;
    int begun;   /* the answer's headers are coming */
    int stalled; /* the watch ended it */
    int failure; /* enum err that one of our callbacks met */
    char curl_text[CURL_ERROR_SIZE];
    struct http_headers answer_headers;
    struct strbuf answer_body;
    int answer_fd;
};

struct http_call {
    TAILQ_ENTRY(http_call) in_account;
    TAILQ_ENTRY(http_call) in_lane;
    struct http_account *account;
    struct http_lane *lane;
    enum call_state state;
    uint64_t number; /* order of arrival: a repeated call goes back to its old place */
    http_done done;
    void *arg;
    int own; /* token.c's, not a caller's */

    char *method;
    char *url;
    char *endpoint;
    struct curl_slist *headers;
    char *body;
    int body_fd;       /* -1: body */
    int64_t body_size; /* -1: no body at all */
    unsigned flags;
    int idempotent;
    int64_t max_body;
    int attempts;
    int64_t timeout_ms;  /* of one attempt as a whole */
    int64_t patience_ms; /* between the request's last byte and the answer's first */

    int tries;          /* attempts made, those answered with 429 and 401 not counted */
    int refusals;       /* 429 so far */
    int64_t refused_ms; /* when the first one came */
    int redirects;
    int renewed; /* a 401 was answered with a new token */
    unsigned token_generation;
    struct loop_timer timer;
    struct err_info error;
    struct http_attempt attempt;
};

/* http.c */
double http_random(struct http *http); /* 0 <= r < 1; for jitter */

/* account.c */
struct http_lane *lane_new(const char *name, int apart);
struct http_lane *account_lane(struct http_account *account, const char *rate_class);
void account_count(struct http_account *account, const char *endpoint);
int account_uses_token(const struct http_account *account);

/* request.c: fills a zeroed call. ERR_BUG, ERR_CONFIG. */
int request_read(struct http_call *call, const struct http_request *request, struct err_info *e);

/* queue.c */
void queue_add(struct http_call *call);        /* to its place in its lane */
void queue_remove(struct http_call *call);     /* from its lane */
void queue_wake(struct http_account *account); /* soon: starts what may start */

/* call.c */
struct http_call *call_new(struct http_account *account, const struct http_request *request,
                           http_done done, void *arg);
void call_fail_later(struct http_call *call, const struct err_info *e);
void call_attempt_ended(struct http_call *call, CURLcode code);

/* attempt.c: starts one; tells whether anything of it went out; frees what it holds, when curl has
 * ended it; gives the response of one that ended well, ERR_SYSTEM when its file fails. */
int attempt_start(struct http_call *call);
int attempt_was_sent(const struct http_call *call);
void attempt_release(struct http_call *call);
int attempt_response(struct http_call *call, struct http_response *ret);

/* body.c: what curl calls, and the file of a body. */
size_t body_read(char *buffer, size_t size, size_t count, void *arg);
int body_seek(void *arg, curl_off_t offset, int origin);
size_t body_write(char *data, size_t size, size_t count, void *arg);
int body_need_file(struct http_call *call);

/* retry.c: what an outcome means. All pure. */
enum outcome { OUTCOME_ANSWER, OUTCOME_REPEAT, OUTCOME_FAIL };
enum outcome retry_judge_status(const struct http_call *call, int status);
enum outcome retry_judge_code(const struct http_call *call, CURLcode code, int request_sent);
int64_t retry_delay_ms(int base_ms, int tries, double random);
int retry_explain(const struct http_call *call, CURLcode code, struct err_info *e);

/* token.c */
void token_init(struct http_account *account);
void token_clear_state(struct http_account *account);
int token_ready(const struct http_account *account);
void token_want(struct http_account *account);
void token_refused(struct http_account *account, unsigned generation); /* 401 */
void token_take(struct http_account *account, char *value, char *scopes, int64_t fetched_ms,
                int64_t expires_ms); /* owns value and scopes */
void token_fetch(struct http_account *account);

/* token_answer.c: reads the token endpoint's answer. value and scopes are the caller's. */
struct token_answer {
    char *value;
    char *scopes;
    int64_t lifetime_ms;
};
int token_read_answer(const struct http_account *account, const struct http_response *response,
                      struct token_answer *ret, struct err_info *e);
char *token_jwt_scopes(const char *token); /* "" when there are none; caller frees */

/* token_store.c */
char *token_store_key(const struct http_account *account);
void token_store_load(struct http_account *account); /* ends in token_take or token_fetch */
void token_store_cancel(struct http_account *account);
void token_store_save(struct http_account *account, int64_t fetched_ms);
void token_store_drop(struct http_account *account);

#endif
