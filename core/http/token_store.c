/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/mem.h"
#include "http/internal.h"
#include "log/log.h"
#include "store/store.h"
#include "store/tables.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

/* A look into the store; account is NULL once that is freed, and the look outlives it. */
struct http_token_load {
    struct http_account *account;
    char *key;
    struct token_row row;
};

/* A row to write, or (without a token) to delete. */
struct save {
    char *key;
    struct token_row row;
};

/* Whatever the token depends on is in the key: with a changed secret the old one is not found. */
char *token_store_key(const struct http_account *account)
{
    const char *parts[] = {account->token_url, account->client_id, account->audience,
                           account->client_secret};
    struct strbuf text = STRBUF_INIT;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const char *part = parts[i] == NULL ? "" : parts[i];
        strbuf_add_format(&text, "%zu:%s;", strlen(part), part);
    }
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)text.data, text.len, digest);
    strbuf_release(&text);
    for (size_t i = 0; i < sizeof(digest); i++)
        strbuf_add_format(&text, "%02x", (unsigned)digest[i]);
    return strbuf_detach(&text);
}

static int read_row(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct http_token_load *load = arg;
    return token_get(tx, load->key, &load->row, e);
}

static void row_read(void *arg, int result, const struct err_info *e)
{
    struct http_token_load *load = arg;
    struct http_account *account = load->account;
    struct token_row *row = &load->row;
    int usable = 0;
    if (result != 0 && result != ERR_NOT_FOUND)
        log_line(LOG_LEVEL_WARN, "http", "the stored access token cannot be read", "reason=%s",
                 log_quote(e == NULL ? err_name(result) : e->what));
    if (account != NULL) {
        int64_t life = row->expires_ms - row->fetched_ms;
        usable = result == 0 && row->token != NULL && row->token[0] != '\0' && life > 0 &&
                 row->expires_ms - life / 10 > clock_unix_ms();
        account->token.load = NULL;
    }
    if (usable) {
        char *scopes = row->scopes != NULL ? take_ptr(row->scopes) : mem_strdup("");
        token_take(account, take_ptr(row->token), scopes, row->fetched_ms, row->expires_ms);
    } else if (account != NULL) {
        token_fetch(account);
    }
    token_clear(row);
    free(load->key);
    free(load);
}

void token_store_load(struct http_account *account)
{
    struct http_token_load *load = mem_alloc(sizeof(*load));
    load->account = account;
    load->key = mem_strdup(account->token.store_key);
    account->token.load = load;
    store_submit(account->http->store, read_row, row_read, load);
}

void token_store_cancel(struct http_account *account)
{
    if (account->token.load != NULL)
        account->token.load->account = NULL;
    account->token.load = NULL;
}

static int write_row(struct store_tx *tx, void *arg, struct err_info *e)
{
    const struct save *save = arg;
    if (save->row.token != NULL)
        return token_put(tx, save->key, &save->row, e);
    int r = token_delete(tx, save->key, e);
    return r == ERR_NOT_FOUND ? 0 : r;
}

static void row_written(void *arg, int result, const struct err_info *e)
{
    struct save *save = arg;
    if (result != 0)
        log_line(LOG_LEVEL_WARN, "http", "the access token cannot be stored", "reason=%s",
                 log_quote(e == NULL ? err_name(result) : e->what));
    token_clear(&save->row);
    free(save->key);
    free(save);
}

static void submit(struct http_account *account, struct token_row row)
{
    struct save *save = mem_alloc(sizeof(*save));
    save->key = mem_strdup(account->token.store_key);
    save->row = row;
    store_submit(account->http->store, write_row, row_written, save);
}

void token_store_save(struct http_account *account, int64_t fetched_ms)
{
    const struct http_token *token = &account->token;
    if (account->http->store == NULL)
        return;
    submit(account, (struct token_row){.token = mem_strdup(token->value),
                                       .scopes = mem_strdup(token->scopes),
                                       .expires_ms = token->expires_ms,
                                       .fetched_ms = fetched_ms});
}

void token_store_drop(struct http_account *account)
{
    if (account->http->store != NULL && account->token.store_key != NULL)
        submit(account, (struct token_row){0});
}
