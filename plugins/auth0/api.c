/* SPDX-License-Identifier: Apache-2.0 */
#include "auth0/api.h"

#include "auth0/json.h"
#include "auth0/platform.h"
#include "auth0/text.h"

#include <strings.h>

/* Both texts are in use: "..., expected any of: a,b" and "...; expected all of: a, b". */
static void find_scopes(struct auth0_api_error *error)
{
    const char *from = strstr(error->message, "expected any of:");
    if (from == NULL)
        from = strstr(error->message, "expected all of:");
    if (from == NULL)
        return;
    from += strlen("expected any of:");
    size_t n = 0;
    for (; *from != '\0' && n < sizeof(error->scopes) - 1; from++)
        if (*from != ' ')
            error->scopes[n++] = *from;
    while (n > 0 && error->scopes[n - 1] == '.')
        n--;
    error->scopes[n] = '\0';
}

void auth0_api_read_error(const struct tajo_http_response *response, struct auth0_api_error *ret)
{
    memset(ret, 0, sizeof(*ret));
    json_auto_t *body = auth0_json_parse(response->body);
    if (!json_is_object(body))
        return;
    ret->is_auth0 = auth0_json_get_integer(body, "statusCode", -1) == response->status;
    auth0_text_copy_printable(auth0_json_get_text(body, "errorCode"), ret->code, sizeof(ret->code));
    auth0_text_copy_sentence(auth0_json_get_text(body, "message"), ret->message,
                             sizeof(ret->message));
    find_scopes(ret);
}

static int32_t fail_forbidden(const struct tajo_sdk *sdk, const char *endpoint,
                              const struct auth0_api_error *error)
{
    if (error->scopes[0] != '\0')
        return tajo_fail(sdk, TAJO_E_AUTH, "insufficient_scope",
                         "Auth0 refused %s (HTTP 403): the application's token lacks the scope "
                         "%s. Grant it in %s; the host then has to fetch a new token, because "
                         "old ones do not get it",
                         endpoint, error->scopes, AUTH0_GRANT_PLACE);
    return tajo_fail(sdk, TAJO_E_AUTH, error->code[0] != '\0' ? error->code : "forbidden",
                     "Auth0 refused %s (HTTP 403): %s. Look at what the application may do in %s",
                     endpoint, error->message[0] != '\0' ? error->message : "no reason given",
                     AUTH0_GRANT_PLACE);
}

static int32_t fail_client_error(const struct tajo_sdk *sdk, int32_t status, const char *endpoint,
                                 const struct auth0_api_error *error, const char *bad_request)
{
    const char *message = error->message[0] != '\0' ? error->message : "no reason given";
    switch (status) {
    case 400:
        return tajo_fail(sdk, TAJO_E_CONFIG, error->code[0] != '\0' ? error->code : "bad_request",
                         "Auth0 did not understand %s (HTTP 400): %s. %s", endpoint, message,
                         bad_request);
    case 401:
        return tajo_fail(sdk, TAJO_E_AUTH, "unauthorized",
                         "Auth0 did not accept the token for %s (HTTP 401): %s. Check domain, "
                         "client_id, client_secret and that audience is "
                         "https://<tenant domain>/api/v2/",
                         endpoint, message);
    case 403:
        return fail_forbidden(sdk, endpoint, error);
    case 404:
        return tajo_fail(sdk, error->is_auth0 ? TAJO_E_TRANSIENT : TAJO_E_CONFIG, "not_found",
                         "Auth0 found nothing at %s (HTTP 404): %s. %s", endpoint, message,
                         error->is_auth0 ? "The run is tried again"
                                         : "Check that domain is the tenant's host name");
    case 414:
        return tajo_fail(sdk, TAJO_E_CONFIG, "query_too_long",
                         "Auth0 found the address of %s too long (HTTP 414). %s", endpoint,
                         bad_request);
    case 429:
        return tajo_fail(sdk, TAJO_E_RATE, "rate_limited",
                         "Auth0's request limit is used up at %s (HTTP 429): %s. Other "
                         "applications of the tenant share it; lower rate_limit if this repeats",
                         endpoint, message);
    default:
        return tajo_fail(sdk, TAJO_E_TRANSIENT, "unexpected_status",
                         "Auth0 answered %s with HTTP %d: %s. The run is tried again", endpoint,
                         (int)status, message);
    }
}

int32_t auth0_api_fail(const struct tajo_sdk *sdk, const struct tajo_http_response *response,
                       const char *endpoint, enum auth0_api_quote quote, const char *bad_request)
{
    struct auth0_api_error error;
    auth0_api_read_error(response, &error);
    if (quote == AUTH0_QUOTE_CODE)
        memcpy(error.message, error.code, sizeof(error.code));
    if (response->status == 503 && strcmp(endpoint, "GET /users") == 0)
        return tajo_fail(sdk, TAJO_E_TRANSIENT, "search_timeout",
                         "Auth0's search took more than its two seconds (GET /users, HTTP 503). "
                         "The run is tried again; if this repeats, make the query option simpler");
    if (response->status >= 500)
        return tajo_fail(sdk, TAJO_E_TRANSIENT, "server_error",
                         "Auth0 failed at %s (HTTP %d). The run is tried again", endpoint,
                         (int)response->status);
    return fail_client_error(sdk, response->status, endpoint, &error, bad_request);
}

int32_t auth0_api_read_json(const struct tajo_sdk *sdk, const struct tajo_http_response *response,
                            const char *endpoint, json_t **ret)
{
    json_t *root = auth0_json_parse(response->body);
    if (root == NULL)
        return tajo_fail(sdk, TAJO_E_TRANSIENT, "bad_json",
                         "Auth0 answered %s with HTTP %d and %zu bytes that are not JSON. The "
                         "run is tried again",
                         endpoint, (int)response->status, response->body.len);
    *ret = root;
    return TAJO_OK;
}

struct tajo_str auth0_api_find_header(const struct tajo_http_response *response, const char *name)
{
    struct tajo_str none = {NULL, 0};
    for (uint32_t i = 0; i < response->header_count; i++) {
        const struct tajo_header *header = &response->headers[i];
        if (header->name.len == strlen(name) &&
            strncasecmp(header->name.data, name, header->name.len) == 0)
            return header->value;
    }
    return none;
}
