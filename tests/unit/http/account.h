/* SPDX-License-Identifier: Apache-2.0
 *
 * account.h: server.h, and an account with an API key on that server: with_server(handler) first,
 * fetch() for one call at a time, teardown() as the fixture's end.
 */
#ifndef TAJO_TESTS_HTTP_ACCOUNT_H
#define TAJO_TESTS_HTTP_ACCOUNT_H

#include "server.h"

static struct http_account_options options;

static inline void with_server(server_handler handler)
{
    static char url[200];
    server_start(handler);
    client_start();
    snprintf(url, sizeof(url), "%s", server_url(""));
    options = (struct http_account_options){.name = "test",
                                            .base_url = url,
                                            .auth = HTTP_AUTH_HEADER,
                                            .header = "api-key",
                                            .header_value = "k3y-s3cr3t",
                                            .retry_base_ms = 10,
                                            .timeout_ms = 3000,
                                            .stall_ms = 200};
    struct err_info e = {0};
    ck_assert_msg(http_account_new(http, &options, &account, &e) == 0, "%s", e.what);
}

static inline void teardown(void)
{
    client_stop();
    server_stop();
}

static inline struct result *fetch(const struct http_request *request)
{
    struct result *r = &results[done_count];
    http_send(account, request, record, r);
    ck_assert_int_eq(r->called, 0); /* never from inside http_send */
    run_until_done(1);
    ck_assert_int_eq(r->called, 1);
    return r;
}

#endif
