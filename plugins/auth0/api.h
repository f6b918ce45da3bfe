/* SPDX-License-Identifier: Apache-2.0
 *
 * auth0/api.h: answers of the Management API: their JSON, their errors.
 *
 * Use: send with tajo_http(), look at status, then auth0_api_read_json() for a 2xx or
 * auth0_api_fail() for anything else; release the answer with tajo_http_release()
 * (AUTH0_RELEASE does it at scope end). auth0_api_fail() sets the host's error and returns its
 * class, so that it can be returned as it is.
 */
#ifndef AUTH0_API_H
#define AUTH0_API_H

#include "tajo/sdk.h"

#include <jansson.h>
#include <stdbool.h>

/* An answer together with the host that takes it back. */
struct auth0_api_answer {
    const struct tajo_sdk *sdk;
    const struct tajo_http_response *response;
};

static inline void auth0_api_release(struct auth0_api_answer *answer)
{
    tajo_http_release(answer->sdk, answer->response);
}

#define AUTH0_RELEASE __attribute__((cleanup(auth0_api_release)))

/* The error object of the Management API, made printable. Empty strings where it said nothing.
 * What looks like an address or an id is hidden in message: it goes to logs and the run history. */
struct auth0_api_error {
    bool is_auth0; /* the body has Auth0's shape: it is not some proxy that answered */
    char code[64]; /* errorCode: "invalid_paging"; often missing */
    char message[320];
    char scopes[160]; /* what a 403 asks for: "read:users,read:current_user" */
};

void auth0_api_read_error(const struct tajo_http_response *response, struct auth0_api_error *ret);

/* What of Auth0's error may be repeated to a person: it may echo what the request asked for. */
enum auth0_api_quote {
    AUTH0_QUOTE_MESSAGE,
    AUTH0_QUOTE_CODE /* only errorCode: the request named users */
};

/* endpoint: as counted, "GET /users"; bad_request: what a person can do about HTTP 400 and 414 */
int32_t auth0_api_fail(const struct tajo_sdk *sdk, const struct tajo_http_response *response,
                       const char *endpoint, enum auth0_api_quote quote, const char *bad_request);

/* The body of a 2xx. Not JSON: TAJO_E_TRANSIENT. */
int32_t auth0_api_read_json(const struct tajo_sdk *sdk, const struct tajo_http_response *response,
                            const char *endpoint, json_t **ret);

static inline bool auth0_api_is_success(const struct tajo_http_response *response)
{
    return response->status >= 200 && response->status < 300;
}

/* The value of a header, borrowed; empty when absent. */
struct tajo_str auth0_api_find_header(const struct tajo_http_response *response, const char *name);

#endif
