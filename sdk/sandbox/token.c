/* SPDX-License-Identifier: Apache-2.0 */
#include "token.h"
#include "moment.h"
#include "sandbox.h"
#include "tenant.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void token_make_secret(char *text, size_t size)
{
    unsigned char random[64] = {0};
    for (size_t i = 0; i < size; i++) {
        if (i % sizeof(random) == 0 && getrandom(random, sizeof(random), 0) < 0) {
            abort();
        }
        text[i] = "0123456789abcdef"[random[i % sizeof(random)] & 15];
    }
    text[size] = '\0';
}

static void add_base64url(struct buffer *buffer, const char *bytes, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint32_t bits = 0;
    unsigned have = 0;
    for (size_t i = 0; i < size; i++) {
        bits = bits << 8 | (unsigned char)bytes[i];
        for (have += 8; have >= 6; have -= 6) {
            buffer_add_char(buffer, digits[bits >> (have - 6) & 63]);
        }
    }
    if (have) {
        buffer_add_char(buffer, digits[bits << (6 - have) & 63]);
    }
}

static void add_part(struct buffer *buffer, json_t *json)
{
    BUFFER_AUTO text = {0};
    buffer_add_json(&text, json);
    json_decref(json);
    add_base64url(buffer, text.data, text.used);
    buffer_add_char(buffer, '.');
}

/* Looks like a JWT and says the truth; the signature is a random one, known by heart. */
static char *make_jwt(const struct tenant *tenant, const struct request *request,
                      const char *audience, int64_t now_ms)
{
    const char *host = request_get_header(request, "Host");
    char *issuer = mem_format("http://%s/auth0/", host ? host : "127.0.0.1");
    char *subject = mem_format("%s@clients", tenant->settings->client_id);
    BUFFER_AUTO text = {0};
    char signature[65];
    add_part(&text, json_pack("{s:s, s:s, s:s}", "alg", "RS256", "typ", "JWT", "kid", "sandbox"));
    add_part(&text, json_pack("{s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:s}", "iss", issuer, "sub",
                              subject, "aud", audience, "iat", (json_int_t)(now_ms / 1000), "exp",
                              (json_int_t)(now_ms / 1000 + tenant->settings->token_ttl_s), "scope",
                              tenant->settings->scopes, "gty", "client-credentials", "azp",
                              tenant->settings->client_id));
    token_make_secret(signature, sizeof(signature) - 1);
    add_base64url(&text, signature, sizeof(signature) - 1);
    free(issuer);
    free(subject);
    return mem_copy_bytes(text.data, text.used);
}

static void set_oauth_error(struct reply *reply, unsigned status, const char *error,
                            const char *description)
{
    reply_set_json(reply, status,
                   json_pack("{s:s, s:s}", "error", error, "error_description", description));
}

/* The form fields of the body as an object, so that both encodings read alike. */
static json_t *read_fields(const struct request *request)
{
    if (request->json) {
        return json_incref(request->json);
    }
    json_t *fields = json_object();
    char *text = mem_copy_bytes(request->body.data ? request->body.data : "", request->body.used);
    char *rest = text;
    char *pair;
    while ((pair = strsep(&rest, "&"))) {
        char *name = strsep(&pair, "=");
        if (pair && request_decode(name, true) && request_decode(pair, true)) {
            json_object_set_new(fields, name, json_string(pair));
        }
    }
    free(text);
    return fields;
}

static const char *field(const json_t *fields, const char *name)
{
    const char *text = json_string_value(json_object_get(fields, name));
    return text ? text : "";
}

static bool check_client(const struct tenant *tenant, const json_t *fields, struct reply *reply)
{
    const char *grant = field(fields, "grant_type");
    const char *audience = field(fields, "audience");
    size_t size = strlen(audience);
    if (!*grant) {
        set_oauth_error(reply, 400, "invalid_request", "Missing required parameter: grant_type");
    } else if (strcmp(field(fields, "client_id"), tenant->settings->client_id) != 0 ||
               strcmp(field(fields, "client_secret"), tenant->client_secret) != 0) {
        set_oauth_error(reply, 401, "access_denied", "Unauthorized");
    } else if (strcmp(grant, "client_credentials") != 0) {
        char *text = mem_format("Grant type '%s' not allowed for the client.", grant);
        set_oauth_error(reply, 403, "unauthorized_client", text);
        free(text);
    } else if (size && (size < 8 || strcmp(audience + size - 8, "/api/v2/") != 0)) {
        char *text = mem_format("Client is not authorized to access \"%s\". You need to create a "
                                "\"client-grant\" associated to this API.",
                                audience);
        set_oauth_error(reply, 403, "access_denied", text);
        free(text);
    } else {
        return true;
    }
    return false;
}

static void remember(struct tenant *tenant, char *text, int64_t expires_ms)
{
    struct token *token = &tenant->tokens[tenant->token_count++ % TENANT_TOKENS];
    free(token->text);
    *token = (struct token){.text = text, .expires_ms = expires_ms};
}

void token_post(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    struct tenant *tenant = sandbox->tenant;
    SANDBOX_JSON json_t *fields = read_fields(request);
    if (!check_client(tenant, fields, reply)) {
        return;
    }
    int64_t now_ms = moment_now();
    json_int_t ttl = tenant->settings->token_ttl_s;
    const char *audience = field(fields, "audience");
    if (!*audience) {
        /* Without an audience the token is an opaque one, which the API does not take. */
        char opaque[33];
        token_make_secret(opaque, sizeof(opaque) - 1);
        reply_set_json(reply, 200,
                       json_pack("{s:s, s:I, s:s}", "access_token", opaque, "expires_in", ttl,
                                 "token_type", "Bearer"));
        return;
    }
    char *text = make_jwt(tenant, request, audience, now_ms);
    remember(tenant, text, now_ms + ttl * 1000);
    reply_set_json(reply, 200,
                   json_pack("{s:s, s:s, s:I, s:s}", "access_token", text, "scope",
                             tenant->settings->scopes, "expires_in", ttl, "token_type", "Bearer"));
    reply_add_header(reply, "cache-control", "no-store");
}

static void refuse(struct reply *reply, const char *message)
{
    reply_set_json(reply, 401,
                   json_pack("{s:i, s:s, s:s, s:{s:s}}", "statusCode", 401, "error", "Unauthorized",
                             "message", message, "attributes", "error", message));
}

bool token_check(struct tenant *tenant, const struct request *request, struct reply *reply)
{
    const char *header = request_get_header(request, "Authorization");
    if (!header) {
        reply_set_auth0_error(reply, 401, NULL, "Missing authentication");
        return false;
    }
    const char *text = header + 7;
    if (strncasecmp(header, "Bearer ", 7) != 0 || !strchr(text, '.')) {
        reply_set_auth0_error(reply, 400, "Bearer", "Bad HTTP authentication header format");
        return false;
    }
    for (size_t i = 0; i < TENANT_TOKENS; i++) {
        const struct token *token = &tenant->tokens[i];
        if (token->text && !token->revoked && strcmp(token->text, text) == 0) {
            if (moment_now() < token->expires_ms) {
                return true;
            }
            refuse(reply, "Expired token received for JSON Web Token validation");
            return false;
        }
    }
    refuse(reply, "Invalid token");
    return false;
}

static bool contains_word(const char *words, const char *word, size_t size)
{
    while (*words) {
        size_t length = strcspn(words, " ");
        if (length == size && memcmp(words, word, size) == 0) {
            return true;
        }
        words += length;
        words += strspn(words, " ");
    }
    return false;
}

bool token_has_scope(const struct tenant *tenant, const char *wanted)
{
    while (*wanted) {
        size_t size = strcspn(wanted, ",");
        if (contains_word(tenant->settings->scopes, wanted, size)) {
            return true;
        }
        wanted += size;
        wanted += strspn(wanted, ",");
    }
    return false;
}

void token_revoke_all(struct tenant *tenant)
{
    for (size_t i = 0; i < TENANT_TOKENS; i++) {
        tenant->tokens[i].revoked = true;
    }
}
