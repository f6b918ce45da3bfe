/* SPDX-License-Identifier: Apache-2.0
 *
 * An import must name a list. For contacts that are only updated none of the marketing lists will
 * do: whoever left one would be put back. So a list of our own carries them, found by its number
 * in the store, by its name, or created in the first folder.
 */
#include "base/mem.h"
#include "brevo/internal.h"
#include "log/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define CARRIER_NAME "tajo-connect imports"
#define PAGE         50
#define MAX_OFFSET   2000

struct carrier {
    struct delivery *d;
    int64_t id; /* 0: none found */
    int64_t offset;
    step_done done;
};

static void ask_lists(struct carrier *c);

static void end_carrier(struct carrier *c)
{
    struct delivery *d = c->d;
    step_done done = c->done;
    free(c);
    done(d);
}

/* 1 when the answer ended the delivery: what only a person or time can mend. */
static int ended_by(struct carrier *c, const struct http_response *response,
                    const struct err_info *e, const char *endpoint)
{
    struct err_info wrong = {0};
    if (response != NULL && response->status != 401 && !reply_is_transient(response))
        return 0;
    if (response != NULL)
        reply_error(response, endpoint, &wrong);
    delivery_fail(c->d, response != NULL ? &wrong : e);
    end_carrier(c);
    return 1;
}

static void refused(struct carrier *c, int status)
{
    c->d->brevo->carrier_list = -1;
    log_line(LOG_LEVEL_WARN, "brevo", "no list for imports could be created: updates go one by one",
             "status=%d", status);
    end_carrier(c);
}

static int keep_id(struct store_tx *tx, void *arg, struct err_info *e)
{
    const struct carrier *c = arg;
    char id[24];
    snprintf(id, sizeof(id), "%" PRId64, c->id);
    return meta_put(tx, META_CARRIER, id, e);
}

static void id_kept(void *arg, int result, const struct err_info *e)
{
    struct carrier *c = arg;
    if (result < 0)
        delivery_fail(c->d, e);
    else
        c->d->brevo->carrier_list = c->id;
    end_carrier(c);
}

static void list_created(void *arg, const struct http_response *response, const struct err_info *e)
{
    struct carrier *c = arg;
    if (ended_by(c, response, e, "POST /contacts/lists"))
        return;
    _cleanup_json_ json_t *json = reply_json(response);
    c->id = json_integer_value(json_object_get(json, "id"));
    if (response->status != 201 || c->id <= 0) {
        refused(c, response->status);
        return;
    }
    log_line(LOG_LEVEL_INFO, "brevo", "list for imports created", "list=%" PRId64, c->id);
    store_submit(c->d->brevo->store, keep_id, id_kept, c);
}

static void folders_came(void *arg, const struct http_response *response, const struct err_info *e)
{
    struct carrier *c = arg;
    if (ended_by(c, response, e, "GET /contacts/folders"))
        return;
    _cleanup_json_ json_t *json = reply_json(response);
    const json_t *folder = json_array_get(json_object_get(json, "folders"), 0);
    int64_t id = json_integer_value(json_object_get(folder, "id"));
    if (response->status != 200 || id <= 0) {
        refused(c, response->status);
        return;
    }
    _cleanup_json_ json_t *body = json_object();
    json_object_set_new(body, "name", json_string(CARRIER_NAME));
    json_object_set_new(body, "folderId", json_integer(id));
    const struct call call = {.method = "POST",
                              .path = "/contacts/lists",
                              .endpoint = "POST /contacts/lists",
                              .body = body,
                              .once = 1};
    call_send(c->d->brevo, &call, list_created, c);
}

static void ask_folders(struct carrier *c)
{
    const struct tajo_parameter query[] = {parameter("limit", "1"), parameter("sort", "asc")};
    const struct call call = {.method = "GET",
                              .path = "/contacts/folders",
                              .endpoint = "GET /contacts/folders",
                              .query = query,
                              .query_count = 2};
    call_send(c->d->brevo, &call, folders_came, c);
}

static int64_t find_list(const json_t *lists)
{
    size_t index = 0;
    json_t *list = NULL;
    json_array_foreach(lists, index, list)
    {
        const char *name = json_string_value(json_object_get(list, "name"));
        if (name != NULL && strcmp(name, CARRIER_NAME) == 0)
            return json_integer_value(json_object_get(list, "id"));
    }
    return 0;
}

static void lists_came(void *arg, const struct http_response *response, const struct err_info *e)
{
    struct carrier *c = arg;
    if (ended_by(c, response, e, "GET /contacts/lists"))
        return;
    _cleanup_json_ json_t *json = response->status == 200 ? reply_json(response) : NULL;
    const json_t *lists = json_object_get(json, "lists");
    c->id = find_list(lists);
    c->offset += PAGE;
    if (c->id > 0)
        store_submit(c->d->brevo->store, keep_id, id_kept, c);
    else if (json_array_size(lists) == PAGE && c->offset < MAX_OFFSET)
        ask_lists(c);
    else
        ask_folders(c);
}

static void ask_lists(struct carrier *c)
{
    char limit[24], offset[24];
    snprintf(limit, sizeof(limit), "%d", PAGE);
    snprintf(offset, sizeof(offset), "%" PRId64, c->offset);
    const struct tajo_parameter query[] = {parameter("limit", limit), parameter("offset", offset),
                                           parameter("sort", "asc")};
    const struct call call = {.method = "GET",
                              .path = "/contacts/lists",
                              .endpoint = "GET /contacts/lists",
                              .query = query,
                              .query_count = 3};
    call_send(c->d->brevo, &call, lists_came, c);
}

static int has_list(const struct brevo_account *account, int64_t id)
{
    for (size_t i = 0; i < account->list_count; i++) {
        if (account->lists[i].id == id)
            return 1;
    }
    return 0;
}

static int read_id(struct store_tx *tx, void *arg, struct err_info *e)
{
    struct carrier *c = arg;
    _cleanup_free_ char *text = NULL;
    int r = meta_get(tx, META_CARRIER, &text, e);
    if (r == ERR_NOT_FOUND)
        return 0;
    if (r == 0)
        c->id = strtoll(text, NULL, 10);
    return r;
}

static void id_read(void *arg, int result, const struct err_info *e)
{
    struct carrier *c = arg;
    struct brevo *brevo = c->d->brevo;
    if (result < 0) {
        delivery_fail(c->d, e);
        end_carrier(c);
        return;
    }
    /* Somebody may have deleted it in Brevo. */
    if (c->id > 0 && (!brevo->prepared || has_list(&brevo->account, c->id))) {
        brevo->carrier_list = c->id;
        end_carrier(c);
        return;
    }
    c->id = 0;
    ask_lists(c);
}

void carrier_run(struct delivery *delivery, step_done done)
{
    struct carrier *c = mem_alloc(sizeof(*c));
    c->d = delivery;
    c->done = done;
    store_submit(delivery->brevo->store, read_id, id_read, c);
}
