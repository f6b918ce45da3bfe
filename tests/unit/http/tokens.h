/* SPDX-License-Identifier: Apache-2.0
 *
 * tokens.h: server.h, with a token endpoint and an API behind it, and an account that needs both.
 */
#ifndef TAJO_TESTS_HTTP_TOKENS_H
#define TAJO_TESTS_HTTP_TOKENS_H

#include "server.h"

/* {"scope":"read:users read:logs"} between two parts that nobody reads. */
#define JWT   "eyJ4IjoxfQ.eyJzY29wZSI6InJlYWQ6dXNlcnMgcmVhZDpsb2dzIn0.c2ln"
#define BASIC "{\"access_token\":\"" JWT "\",\"expires_in\":86400,\"token_type\":\"Bearer\"}"

static struct http_account_options options;
static char base_url[200];
static char token_url[250];
static const char *token_answer; /* what the token endpoint says, with token_status */
static int token_status;
static const char *token_headers;
static int api_refuses_from, api_refuses_to; /* requests of the API in [from, to) get 401 */
static int api_count, token_count;

static inline int serve_both(int index, const struct seen *request, int fd)
{
    (void)index;
    if (seen_is(request, "POST /oauth/token")) {
        pthread_mutex_lock(&server.lock);
        int n = token_count++;
        pthread_mutex_unlock(&server.lock);
        if (token_answer != NULL)
            return reply(fd, token_status, token_headers, token_answer);
        usleep(30000);
        char *body = mem_printf("{\"access_token\":\"tok3n-%d\",\"expires_in\":86400,"
                                "\"scope\":\"read:users update:users\"}",
                                n);
        reply(fd, 200, "", body);
        free(body);
        return 1;
    }
    pthread_mutex_lock(&server.lock);
    int n = api_count++;
    pthread_mutex_unlock(&server.lock);
    return reply(fd, n >= api_refuses_from && n < api_refuses_to ? 401 : 200, "", "{}");
}

static inline void open_account(void)
{
    struct err_info e = {0};
    ck_assert_msg(http_account_new(http, &options, &account, &e) == 0, "%s", e.what);
}

static inline void setup(void)
{
    token_answer = NULL;
    token_status = 200;
    token_headers = "";
    api_count = token_count = api_refuses_from = api_refuses_to = 0;
    server_start(serve_both);
    client_start();
    snprintf(base_url, sizeof(base_url), "%s", server_url("/"));
    snprintf(token_url, sizeof(token_url), "%soauth/token", base_url);
    options = (struct http_account_options){.name = "auth0",
                                            .base_url = base_url,
                                            .auth = HTTP_AUTH_CLIENT_CREDENTIALS,
                                            .token_url = token_url,
                                            .client_id = "the-client",
                                            .client_secret = "s3cr3t/&+value",
                                            .audience = "https://t/api/v2/",
                                            .retry_base_ms = 5};
    open_account();
}

static inline void teardown(void)
{
    client_stop();
    server_stop();
}

static inline struct result *fetch(void)
{
    struct http_request request = get_request("/api/v2/users");
    struct result *r = &results[done_count];
    http_send(account, &request, record, r);
    run_until_done(1);
    return r;
}

static inline const struct seen *seen_call(const char *start, int nth)
{
    for (int i = 0; i < seen_count(); i++)
        if (seen_is(server.seen[i], start) && nth-- == 0)
            return server.seen[i];
    ck_abort_msg("the server never saw %s", start);
    return NULL;
}

static char told[3][200];
static struct err_info told_error;

static inline void scopes_told(void *arg, const char *scopes, const struct err_info *e)
{
    snprintf(arg, sizeof(told[0]), "%s", scopes == NULL ? "failed" : scopes);
    if (e != NULL)
        told_error = *e;
    if (++done_count == done_wanted)
        loop_quit(loop);
}

#endif
