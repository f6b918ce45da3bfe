/* SPDX-License-Identifier: Apache-2.0
 *
 * What the account has: GET /account when asked, its attributes, its lists page by page. The new
 * picture replaces the old one only when it is whole.
 */
#include "base/mem.h"
#include "brevo/attributes.h"
#include "brevo/internal.h"
#include "log/log.h"

#include <inttypes.h>
#include <stdio.h>

#define LISTS_PAGE 50
#define MAX_LISTS  2000 /* the largest plan has 600 */

struct prepare {
    LIST_ENTRY(prepare) in_brevo;
    struct brevo *brevo;
    struct brevo_account account;
    size_t rows_seen; /* of the lists, usable or not: what the next page is counted from */
    brevo_done done;
    void *arg;
};

void account_clear(struct brevo_account *account)
{
    free(account->company);
    free(account->plan);
    attribute_table_clear(&account->attributes);
    for (size_t i = 0; i < account->list_count; i++)
        free(account->lists[i].name);
    free(account->lists);
    memset(account, 0, sizeof(*account));
}

static void end_prepare(struct prepare *p, const struct err_info *e)
{
    struct brevo *brevo = p->brevo;
    if (e == NULL) {
        account_clear(&brevo->account);
        brevo->account = p->account;
        brevo->prepared = 1;
        log_line(LOG_LEVEL_DEBUG, "brevo", "account read", "attributes=%zu lists=%zu",
                 brevo->account.attributes.count, brevo->account.list_count);
    } else {
        account_clear(&p->account);
    }
    brevo_done done = p->done;
    void *arg = p->arg;
    LIST_REMOVE(p, in_brevo);
    free(p);
    if (done != NULL)
        done(arg, e != NULL ? e->code : 0, e);
}

/* The parsed answer; NULL after the prepare was ended with what is wrong with it. */
static json_t *expect_object(struct prepare *p, const struct http_response *response,
                             const struct err_info *e, const char *endpoint)
{
    struct err_info wrong = {0};
    if (response == NULL) {
        end_prepare(p, e);
        return NULL;
    }
    if (response->status != 200) {
        if (reply_error(response, endpoint, &wrong) == ERR_DATA)
            err_set(&wrong, ERR_CONFIG, endpoint,
                    "check brevo.base_url: it ends in /v3, as in https://api.brevo.com/v3",
                    "Brevo answered %d", response->status);
        end_prepare(p, &wrong);
        return NULL;
    }
    json_t *json = reply_json(response);
    if (json_is_object(json))
        return json;
    json_decref(json);
    err_set(&wrong, ERR_TRANSIENT, endpoint, "try again; check brevo.base_url if it stays so",
            "the answer is not the JSON object that Brevo documents");
    end_prepare(p, &wrong);
    return NULL;
}

static void ask_lists(struct prepare *p);

static size_t add_lists(struct brevo_account *account, const json_t *page)
{
    size_t index = 0;
    json_t *item = NULL;
    json_array_foreach(page, index, item)
    {
        const json_t *id = json_object_get(item, "id");
        const char *name = json_string_value(json_object_get(item, "name"));
        if (!json_is_integer(id) || account->list_count >= MAX_LISTS)
            continue;
        account->lists =
            mem_resize(account->lists, account->list_count + 1, sizeof(*account->lists));
        account->lists[account->list_count++] = (struct brevo_list){
            .id = json_integer_value(id), .name = mem_strdup(name != NULL ? name : "")};
    }
    return json_array_size(page);
}

static void lists_came(void *arg, const struct http_response *response, const struct err_info *e)
{
    struct prepare *p = arg;
    _cleanup_json_ json_t *json = expect_object(p, response, e, "GET /contacts/lists");
    if (json == NULL)
        return;
    size_t came = add_lists(&p->account, json_object_get(json, "lists"));
    p->rows_seen += came;
    if (came < LISTS_PAGE) {
        end_prepare(p, NULL);
    } else if (p->rows_seen <= MAX_LISTS) {
        ask_lists(p);
    } else {
        struct err_info wrong = {0};
        err_set(&wrong, ERR_DATA, "GET /contacts/lists",
                "remove lists that are not used (Brevo > Contacts > Lists), or report this if "
                "there are fewer",
                "Brevo names more than the %d lists that are read", MAX_LISTS);
        end_prepare(p, &wrong);
    }
}

static void ask_lists(struct prepare *p)
{
    char limit[24], offset[24];
    snprintf(limit, sizeof(limit), "%d", LISTS_PAGE);
    snprintf(offset, sizeof(offset), "%zu", p->rows_seen);
    const struct tajo_parameter query[] = {parameter("limit", limit), parameter("offset", offset),
                                           parameter("sort", "asc")};
    const struct call call = {.method = "GET",
                              .path = "/contacts/lists",
                              .endpoint = "GET /contacts/lists",
                              .query = query,
                              .query_count = 3,
                              .apart = 1};
    call_send(p->brevo, &call, lists_came, p);
}

static void attributes_came(void *arg, const struct http_response *response,
                            const struct err_info *e)
{
    struct prepare *p = arg;
    _cleanup_json_ json_t *json = expect_object(p, response, e, "GET /contacts/attributes");
    if (json == NULL)
        return;
    attributes_read(json, &p->account.attributes);
    ask_lists(p);
}

static void ask_attributes(struct prepare *p)
{
    const struct call call = {.method = "GET",
                              .path = "/contacts/attributes",
                              .endpoint = "GET /contacts/attributes",
                              .apart = 1};
    call_send(p->brevo, &call, attributes_came, p);
}

static void account_came(void *arg, const struct http_response *response, const struct err_info *e)
{
    struct prepare *p = arg;
    _cleanup_json_ json_t *json = expect_object(p, response, e, "GET /account");
    if (json == NULL)
        return;
    const char *company = json_string_value(json_object_get(json, "companyName"));
    const json_t *plan = json_array_get(json_object_get(json, "plan"), 0);
    const char *type = json_string_value(json_object_get(plan, "type"));
    p->account.company = mem_strdup(company != NULL ? company : "");
    p->account.plan = mem_strdup(type != NULL ? type : "");
    ask_attributes(p);
}

void brevo_prepare(struct brevo *brevo, int with_account, brevo_done done, void *arg)
{
    struct prepare *p = mem_alloc(sizeof(*p));
    LIST_INSERT_HEAD(&brevo->prepares, p, in_brevo);
    p->brevo = brevo;
    p->done = done;
    p->arg = arg;
    if (!with_account) {
        const struct brevo_account *old = &brevo->account;
        p->account.company = mem_strdup(old->company != NULL ? old->company : "");
        p->account.plan = mem_strdup(old->plan != NULL ? old->plan : "");
        ask_attributes(p);
        return;
    }
    const struct call call = {.method = "GET",
                              .path = "/account",
                              .endpoint = "GET /account",
                              .rate_class = CLASS_OTHER,
                              .apart = 1};
    call_send(brevo, &call, account_came, p);
}

void prepares_free(struct brevo *brevo)
{
    struct prepare *p;
    while ((p = LIST_FIRST(&brevo->prepares)) != NULL) {
        LIST_REMOVE(p, in_brevo);
        account_clear(&p->account);
        free(p);
    }
}
