/* SPDX-License-Identifier: Apache-2.0
 *
 * Access tokens: issued by POST /oauth/token, checked before each request to the Management API.
 * The caller holds the sandbox's lock.
 */
#ifndef SANDBOX_TOKEN_H
#define SANDBOX_TOKEN_H

#include "http.h"

#include <stddef.h>

struct tenant;

route_handler token_post;
/* Whether the request bears a valid token; the reply says why not. */
bool token_check(struct tenant *tenant, const struct request *request, struct reply *reply);
/* Whether one of the scopes in the comma-separated `wanted` is granted. */
bool token_has_scope(const struct tenant *tenant, const char *wanted);
void token_revoke_all(struct tenant *tenant);
/* `size` characters of [0-9a-f] nobody can guess, and the terminating zero. */
void token_make_secret(char *text, size_t size);

#endif
