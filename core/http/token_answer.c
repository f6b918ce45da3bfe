/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/mem.h"
#include "http/internal.h"
#include "http/url.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_TOKEN_JSON (1u << 20)
#define MAX_JWT        65536u
#define MAX_TEXT       200
#define DEFAULT_LIFE_S 3600 /* where the answer does not say; RFC 6749 recommends that it does */
#define LONGEST_LIFE_S INT64_C(2592000)

#define MEND_SECRET                                                                                \
    "Compare client_id and client_secret with the application's page at the vendor; after a "      \
    "rotation write the new secret into the configuration or its environment variable"
#define MEND_GRANT "Enable the Client Credentials grant type for this application at the vendor"
#define MEND_ACCESS                                                                                \
    "Authorise this application for the API at the vendor, with the permissions that check lists"
#define MEND_URL "Check domain, base_url and audience in the configuration"

static int base64url_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

static int decode_base64url(const char *text, size_t len, struct strbuf *out)
{
    unsigned bits = 0;
    int have = 0;
    for (size_t i = 0; i < len && text[i] != '='; i++) {
        int v = base64url_value(text[i]);
        if (v < 0)
            return ERR_DATA;
        bits = (bits << 6 | (unsigned)v) & 0xFFFFu;
        have += 6;
        if (have >= 8) {
            have -= 8;
            strbuf_add_char(out, (char)(bits >> have & 0xFFu));
        }
    }
    return 0;
}

char *token_jwt_scopes(const char *token)
{
    const char *payload = strchr(token, '.');
    const char *end = payload == NULL ? NULL : strchr(payload + 1, '.');
    _cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
    json_t *claims _cleanup_json_ = NULL;
    if (end == NULL || decode_base64url(payload + 1, (size_t)(end - payload - 1), &text) != 0 ||
        json_parse(text.data, text.len, MAX_JWT, &claims, NULL) != 0)
        return mem_strdup("");
    const char *scope = json_string_value(json_object_get(claims, "scope"));
    return mem_strdup(scope == NULL ? "" : scope);
}

/* The vendor's own words, fit to be shown: short, one line, without our secret. */
static void copy_words(const struct http_account *account, const json_t *body, const char *key,
                       char out[MAX_TEXT + 1])
{
    const char *text = json_string_value(json_object_get(body, key));
    out[0] = '\0';
    if (text == NULL || strstr(text, account->client_secret) != NULL)
        return;
    struct err_info cut = {0};
    err_set(&cut, ERR_DATA, NULL, NULL, "%.*s", MAX_TEXT, text);
    size_t i = 0;
    for (; cut.what[i] != '\0' && i < MAX_TEXT; i++)
        out[i] = (unsigned char)cut.what[i] < 0x20 ? ' ' : cut.what[i];
    out[i] = '\0';
}

static int explain_refusal(const struct http_account *account, const struct http_response *response,
                           const json_t *body, struct err_info *e)
{
    const char *where = account->token_endpoint;
    _cleanup_free_ char *host = url_host(account->token_url);
    char error[MAX_TEXT + 1];
    char words[MAX_TEXT + 1];
    int status = response->status;
    copy_words(account, body, "error", error);
    copy_words(account, body, "error_description", words);
    const char *said = words[0] != '\0' ? words : error[0] != '\0' ? error : "no reason given";
    if (strcmp(error, "unauthorized_client") == 0 || strstr(words, "Grant type") != NULL)
        return err_set(e, ERR_AUTH, where, MEND_GRANT,
                       "%s: %.100s does not give this application access tokens (%d: %s)",
                       account->name, host, status, said);
    if (status == 401 || strcmp(error, "invalid_client") == 0)
        return err_set(e, ERR_AUTH, where, MEND_SECRET,
                       "%s: %.100s refused the client_id or client_secret (%d: %s)", account->name,
                       host, status, said);
    if (status == 403)
        return err_set(e, ERR_AUTH, where, MEND_ACCESS,
                       "%s: %.100s does not authorise this application (%d: %s)", account->name,
                       host, status, said);
    if (status == 408 || status == 425 || status >= 500)
        return err_set(e, ERR_TRANSIENT, where,
                       "It is tried again later; if it stays, look at the vendor's status page",
                       "%s: %.100s answered %d instead of giving an access token", account->name,
                       host, status);
    return err_set(e, ERR_CONFIG, where, MEND_URL, "%s: %.100s gives no access token (%d: %s)",
                   account->name, host, status, said);
}

static int not_a_token(const struct http_account *account, const char *why, struct err_info *e)
{
    _cleanup_free_ char *host = url_host(account->token_url);
    return err_set(e, ERR_TRANSIENT, account->token_endpoint,
                   MEND_URL ", and what stands between (a proxy or a login page)",
                   "%s: what %.100s answered is not an access token: %.200s", account->name, host,
                   why);
}

static int is_token(const char *text)
{
    if (text == NULL || text[0] == '\0' || strlen(text) > MAX_JWT)
        return 0;
    for (; *text != '\0'; text++)
        if (*text <= ' ' || *text > '~')
            return 0;
    return 1;
}

int token_read_answer(const struct http_account *account, const struct http_response *response,
                      struct token_answer *ret, struct err_info *e)
{
    json_t *body _cleanup_json_ = NULL;
    struct err_info parse = {0};
    int r = json_parse(response->body, response->body_len, MAX_TOKEN_JSON, &body, &parse);
    if (response->status != 200)
        return explain_refusal(account, response, body, e);
    if (r != 0)
        return not_a_token(account, parse.what, e);
    const char *value = json_string_value(json_object_get(body, "access_token"));
    const char *type = json_string_value(json_object_get(body, "token_type"));
    const char *scope = json_string_value(json_object_get(body, "scope"));
    const json_t *life = json_object_get(body, "expires_in");
    if (!is_token(value))
        return not_a_token(account, "it has no access_token", e);
    if (type != NULL && strcasecmp(type, "Bearer") != 0)
        return not_a_token(account, "its token_type is not Bearer", e);
    double seconds = json_is_number(life) ? json_number_value(life) : DEFAULT_LIFE_S;
    if (seconds < 1)
        return not_a_token(account, "it has expired already", e);
    ret->value = mem_strdup(value);
    ret->scopes = scope != NULL ? mem_strdup(scope) : token_jwt_scopes(value);
    ret->lifetime_ms = (seconds > LONGEST_LIFE_S ? LONGEST_LIFE_S : (int64_t)seconds) * 1000;
    return 0;
}
