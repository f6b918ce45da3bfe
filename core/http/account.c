/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "http/internal.h"
#include "http/url.h"
#include "log/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct http_lane *lane_new(const char *name, int apart)
{
    struct http_lane *lane = mem_alloc(sizeof(*lane));
    lane->name = mem_strdup(name);
    lane->apart = apart;
    gate_init(&lane->gate);
    TAILQ_INIT(&lane->waiting);
    return lane;
}

static void lane_free(struct http_lane *lane)
{
    free(lane->name);
    free(lane);
}

static struct http_lane *find_lane(const struct http_account *account, const char *rate_class)
{
    for (size_t i = 0; i < account->lane_count; i++)
        if (strcmp(account->lanes[i]->name, rate_class) == 0)
            return account->lanes[i];
    return NULL;
}

struct http_lane *account_lane(struct http_account *account, const char *rate_class)
{
    struct http_lane *lane = find_lane(account, rate_class == NULL ? "" : rate_class);
    if (lane != NULL)
        return lane;
    if (account->lane_count == HTTP_LANES) {
        log_line(LOG_LEVEL_WARN, "http", "too many rate classes; the overall limits hold",
                 "account=%s class=%s", log_quote(account->name), log_quote(rate_class));
        return account->lanes[0];
    }
    lane = lane_new(rate_class, 0);
    account->lanes[account->lane_count++] = lane;
    return lane;
}

int account_uses_token(const struct http_account *account)
{
    return account->auth == HTTP_AUTH_CLIENT_CREDENTIALS;
}

/* A text that becomes part of a header line. */
static int is_header_text(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            return 0;
    return 1;
}

static int need(const char *value, const char *setting, const char *name, struct err_info *e)
{
    if (value != NULL && value[0] != '\0')
        return 0;
    return err_set(e, ERR_CONFIG, NULL, "Set it, or the environment variable it comes from",
                   "%s has no %s", name, setting);
}

static int check_credentials(const struct http_account_options *o, struct err_info *e)
{
    char what[128];
    int r = 0;
    if (o->auth == HTTP_AUTH_CLIENT_CREDENTIALS) {
        snprintf(what, sizeof(what), "token URL of %.80s", o->name);
        if ((r = need(o->token_url, "token URL", o->name, e)) != 0 ||
            (r = need(o->client_id, "client_id", o->name, e)) != 0 ||
            (r = need(o->client_secret, "client_secret", o->name, e)) != 0)
            return r;
        return url_check_base(o->token_url, what, e);
    }
    if (o->auth == HTTP_AUTH_HEADER) {
        if ((r = need(o->header, "credentials header", o->name, e)) != 0 ||
            (r = need(o->header_value, "API key", o->name, e)) != 0)
            return r;
        if (!is_header_text(o->header) || !is_header_text(o->header_value))
            return err_set(e, ERR_CONFIG, NULL,
                           "Copy it again, without the line break; a file may end in one",
                           "the API key of %s has a control character in it", o->name);
    }
    return 0;
}

static int check_options(const struct http_account_options *o, struct err_info *e)
{
    char what[128];
    int r = need(o->base_url, "base_url", o->name, e);
    if (r != 0)
        return r;
    snprintf(what, sizeof(what), "base_url of %.80s", o->name);
    r = url_check_base(o->base_url, what, e);
    return r != 0 ? r : check_credentials(o, e);
}

static void hide_secrets(const struct http_account *account)
{
    log_hide(account->client_secret);
    log_hide(account->secret_value);
    if (account->proxy != NULL) {
        _cleanup_free_ char *password = url_password(account->proxy);
        log_hide(password);
    }
}

static char *choose_temp_dir(const char *given)
{
    const char *env = getenv("TMPDIR");
    if (given != NULL && given[0] != '\0')
        return mem_strdup(given);
    return mem_strdup(env != NULL && env[0] != '\0' ? env : "/tmp");
}

/* As it is counted: without what the base URL already says. */
static char *token_path(const struct http_account_options *o)
{
    size_t base = strlen(o->base_url);
    return strncmp(o->token_url, o->base_url, base) == 0 && o->token_url[base] == '/'
               ? mem_strdup(o->token_url + base)
               : url_path(o->token_url);
}

static void take_credentials(struct http_account *account, const struct http_account_options *o)
{
    account->auth = o->auth;
    if (o->auth == HTTP_AUTH_CLIENT_CREDENTIALS) {
        _cleanup_free_ char *path = token_path(o);
        account->token_url = mem_strdup(o->token_url);
        account->token_endpoint = mem_printf("POST %s", path);
        account->client_id = mem_strdup(o->client_id);
        account->client_secret = mem_strdup(o->client_secret);
        account->audience = mem_strdup(o->audience);
    } else if (o->auth == HTTP_AUTH_HEADER) {
        account->secret_value = mem_strdup(o->header_value);
        account->auth_header = mem_printf("%s: %s", o->header, o->header_value);
    }
}

int http_account_new(struct http *http, const struct http_account_options *o,
                     struct http_account **ret, struct err_info *e)
{
    int r = check_options(o, e);
    if (r != 0)
        return r;
    struct http_account *account = mem_alloc(sizeof(*account));
    account->http = http;
    account->name = mem_strdup(o->name);
    account->base_url = mem_strdup(o->base_url);
    for (size_t len = strlen(account->base_url); len > 0 && account->base_url[len - 1] == '/';)
        account->base_url[--len] = '\0';
    account->proxy = o->proxy != NULL && o->proxy[0] != '\0' ? mem_strdup(o->proxy) : NULL;
    account->temp_dir = choose_temp_dir(o->temp_dir);
    account->connect_timeout_ms = o->connect_timeout_ms > 0 ? o->connect_timeout_ms : 10000;
    account->timeout_ms = o->timeout_ms > 0 ? o->timeout_ms : 60000;
    account->stall_ms = o->stall_ms > 0 ? o->stall_ms : 30000;
    account->retry_base_ms = o->retry_base_ms > 0 ? o->retry_base_ms : 500;
    take_credentials(account, o);
    TAILQ_INIT(&account->calls);
    account->lanes[account->lane_count++] = lane_new("", 0);
    account->links = lane_new("links", 1);
    account->tokens = lane_new("tokens", 1);
    token_init(account);
    hide_secrets(account);
    TAILQ_INSERT_TAIL(&http->accounts, account, link);
    *ret = account;
    return 0;
}

struct http_account *http_account_free(struct http_account *account)
{
    if (account == NULL)
        return NULL;
    while (!TAILQ_EMPTY(&account->calls))
        http_cancel(TAILQ_FIRST(&account->calls));
    loop_timer_clear(account->http->loop, &account->wake_timer);
    token_clear_state(account);
    for (size_t i = 0; i < account->lane_count; i++)
        lane_free(account->lanes[i]);
    lane_free(account->links);
    lane_free(account->tokens);
    for (size_t i = 0; i < account->counter_count; i++)
        free(account->counters[i].endpoint);
    TAILQ_REMOVE(&account->http->accounts, account, link);
    char *texts[] = {account->name,      account->base_url,      account->token_url,
                     account->client_id, account->client_secret, account->token_endpoint,
                     account->audience,  account->auth_header,   account->secret_value,
                     account->proxy,     account->temp_dir};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        free(texts[i]);
    free(account);
    return NULL;
}

const char *http_account_base_url(const struct http_account *account)
{
    return account->base_url;
}

void http_account_limit(struct http_account *account, const char *rate_class, uint32_t requests,
                        int64_t period_ms, uint32_t burst)
{
    struct http_lane *lane = account_lane(account, rate_class);
    if (gate_add(&lane->gate, requests, period_ms, burst, clock_monotonic_ms()) != 0)
        log_line(LOG_LEVEL_WARN, "http", "too many limits for one rate class; one is ignored",
                 "account=%s class=%s", log_quote(account->name), log_quote(lane->name));
}

void account_count(struct http_account *account, const char *endpoint)
{
    size_t i = 0;
    while (i < account->counter_count && strcmp(account->counters[i].endpoint, endpoint) != 0)
        i++;
    if (i == account->counter_count) {
        if (i == HTTP_ENDPOINTS - 1)
            endpoint = "other";
        if (i == HTTP_ENDPOINTS)
            i--;
        else
            account->counters[account->counter_count++].endpoint = mem_strdup(endpoint);
    }
    account->counters[i].count++;
}

int http_account_calls(const struct http_account *account, size_t index, const char **ret_endpoint,
                       uint64_t *ret_count)
{
    if (index >= account->counter_count)
        return 0;
    *ret_endpoint = account->counters[index].endpoint;
    *ret_count = account->counters[index].count;
    return 1;
}

int64_t http_account_limit_left(const struct http_account *account, const char *rate_class)
{
    const struct http_lane *lane = find_lane(account, rate_class);
    return lane == NULL ? -1 : gate_left(&lane->gate, clock_monotonic_ms());
}

int64_t http_account_limit_size(const struct http_account *account, const char *rate_class)
{
    const struct http_lane *lane = find_lane(account, rate_class);
    return lane == NULL ? -1 : lane->gate.said_size;
}

int64_t http_account_limit_wait_ms(const struct http_account *account, const char *rate_class)
{
    const struct http_lane *lane = find_lane(account, rate_class);
    int64_t now = clock_monotonic_ms();
    int64_t until = account->lanes[0]->gate.shut_until_ms;
    if (lane != NULL && lane->gate.shut_until_ms > until)
        until = lane->gate.shut_until_ms;
    return until > now ? until - now : 0;
}
