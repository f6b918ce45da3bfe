/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/mem.h"
#include "http/internal.h"
#include "log/log.h"

#include <stdlib.h>
#include <string.h>

#define LONGEST_MARGIN_MS INT64_C(300000)
#define TRY_AGAIN_MS      INT64_C(60000) /* with an old token that still holds */

void token_init(struct http_account *account)
{
    TAILQ_INIT(&account->token.scope_waits);
    if (account_uses_token(account))
        account->token.store_key = token_store_key(account);
}

static void forget(struct http_token *token)
{
    free(token->value);
    free(token->scopes);
    token->value = NULL;
    token->scopes = NULL;
    token->expires_ms = 0;
    token->renew_ms = 0;
}

void token_clear_state(struct http_account *account)
{
    struct http_token *token = &account->token;
    struct http_scope_wait *wait = NULL;
    token_store_cancel(account);
    while ((wait = TAILQ_FIRST(&token->scope_waits)) != NULL) {
        TAILQ_REMOVE(&token->scope_waits, wait, link);
        loop_timer_clear(account->http->loop, &wait->timer);
        free(wait);
    }
    forget(token);
    free(token->store_key);
}

int token_ready(const struct http_account *account)
{
    return account->token.value != NULL && clock_unix_ms() < account->token.renew_ms;
}

void token_want(struct http_account *account)
{
    struct http_token *token = &account->token;
    if (token->busy)
        return;
    token->busy = 1;
    if (token->looked || account->http->store == NULL) {
        token_fetch(account);
    } else {
        token->looked = 1;
        token_store_load(account);
    }
}

static void tell_scopes(void *arg)
{
    struct http_scope_wait *wait = arg;
    struct http_token *token = &wait->account->token;
    char *scopes = mem_strdup(token->scopes == NULL ? "" : token->scopes);
    TAILQ_REMOVE(&token->scope_waits, wait, link);
    if (wait->error.code != 0)
        wait->done(wait->arg, NULL, &wait->error);
    else
        wait->done(wait->arg, scopes, NULL); /* may free the account */
    free(scopes);
    free(wait);
}

static void answer_scope_waits(struct http_account *account, const struct err_info *e)
{
    struct http_scope_wait *wait = NULL;
    TAILQ_FOREACH(wait, &account->token.scope_waits, link)
    {
        if (wait->answered)
            continue;
        wait->answered = 1;
        if (e != NULL)
            wait->error = *e;
        loop_timer_set(account->http->loop, &wait->timer, 0, tell_scopes, wait);
    }
}

void token_take(struct http_account *account, char *value, char *scopes, int64_t fetched_ms,
                int64_t expires_ms)
{
    struct http_token *token = &account->token;
    int64_t margin = (expires_ms - fetched_ms) / 10;
    forget(token);
    log_hide(value);
    log_hide(account->client_secret); /* of all secrets known to the log it must not be oldest */
    token->value = value;
    token->scopes = scopes;
    token->expires_ms = expires_ms;
    token->renew_ms = expires_ms - (margin > LONGEST_MARGIN_MS ? LONGEST_MARGIN_MS : margin);
    token->generation++;
    token->busy = 0;
    answer_scope_waits(account, NULL);
    queue_wake(account);
}

/* Nothing that needs a token can go on, unless the old one still holds. */
static void fetch_failed(struct http_account *account, const struct err_info *e)
{
    struct http_token *token = &account->token;
    struct http_call *call = NULL;
    int64_t now = clock_unix_ms();
    token->busy = 0;
    if (token->value != NULL && now < token->expires_ms) {
        int64_t again = now + TRY_AGAIN_MS;
        token->renew_ms = again < token->expires_ms ? again : token->expires_ms;
        log_line(LOG_LEVEL_WARN, "http", "no new access token; the old one still holds",
                 "account=%s reason=%s", log_quote(account->name), log_quote(e->what));
        answer_scope_waits(account, NULL);
        queue_wake(account);
        return;
    }
    TAILQ_FOREACH(call, &account->calls, in_account)
    {
        if (call->state == CALL_WAITING && !(call->flags & HTTP_NO_AUTH))
            call_fail_later(call, e);
    }
    answer_scope_waits(account, e);
}

static void fetched(void *arg, const struct http_response *response, const struct err_info *e)
{
    struct http_account *account = arg;
    struct token_answer answer = {0};
    struct err_info reason = {0};
    if (response == NULL) {
        fetch_failed(account, e);
        return;
    }
    if (token_read_answer(account, response, &answer, &reason) != 0) {
        fetch_failed(account, &reason);
        return;
    }
    int64_t now = clock_unix_ms();
    token_take(account, answer.value, answer.scopes, now, now + answer.lifetime_ms);
    token_store_save(account, now);
}

static void add_field(struct strbuf *form, const char *name, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    strbuf_add_format(form, "%s%s=", form->len > 0 ? "&" : "", name);
    strbuf_add_percent(form, value, strlen(value));
}

void token_fetch(struct http_account *account)
{
    struct strbuf form = STRBUF_INIT;
    add_field(&form, "grant_type", "client_credentials");
    add_field(&form, "client_id", account->client_id);
    add_field(&form, "client_secret", account->client_secret);
    add_field(&form, "audience", account->audience);
    struct http_request request = {
        .method = "POST",
        .path = account->token_url,
        .endpoint = account->token_endpoint,
        .content_type = "application/x-www-form-urlencoded",
        .body = form.data,
        .body_len = form.len,
        .flags = HTTP_NO_AUTH | HTTP_IDEMPOTENT,
        .max_body = 1 << 20,
    };
    struct http_call *call = call_new(account, &request, fetched, account);
    call->own = 1;
    strbuf_release(&form);
    if (call->state == CALL_FAILED)
        return;
    call->lane = account->tokens;
    queue_add(call);
}

void token_refused(struct http_account *account, unsigned generation)
{
    if (account->token.value == NULL || account->token.generation != generation)
        return; /* another call's 401 was first */
    log_line(LOG_LEVEL_INFO, "http", "the access token was refused, fetching a new one",
             "account=%s", log_quote(account->name));
    http_account_forget_token(account);
}

void http_account_forget_token(struct http_account *account)
{
    forget(&account->token);
    account->token.looked = 1; /* what the store has is the same one */
    token_store_drop(account);
    if (account->token.load != NULL) {
        token_store_cancel(account);
        token_fetch(account);
    }
}

void http_account_token_scopes(struct http_account *account,
                               void (*done)(void *arg, const char *scopes,
                                            const struct err_info *e),
                               void *arg)
{
    struct http_scope_wait *wait = mem_alloc(sizeof(*wait));
    wait->account = account;
    wait->done = done;
    wait->arg = arg;
    TAILQ_INSERT_TAIL(&account->token.scope_waits, wait, link);
    if (!account_uses_token(account) || token_ready(account))
        answer_scope_waits(account, NULL);
    else
        token_want(account);
}
