/* SPDX-License-Identifier: Apache-2.0 */
#include "brevo.h"
#include "sandbox.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_MAX    50
#define MEMBERS_MAX 500
#define CHANGES_MAX 150

static json_t *describe(const struct list *list)
{
    return json_pack("{s:i, s:s, s:i, s:I, s:i, s:i}", "id", (int)list->id, "name", list->name,
                     "folderId", (int)list->folder_id, "uniqueSubscribers",
                     (json_int_t)list->members, "totalSubscribers", 0, "totalBlacklisted", 0);
}

static void reply_listing(struct reply *reply, const char *name, json_t *items, size_t count)
{
    reply_set_json(reply, 200, json_pack("{s:I, s:o}", "count", (json_int_t)count, name, items));
}

/* The place of item `i` of a listing; the newest stands first unless asked otherwise. */
static size_t place_of(const struct request *request, size_t i, size_t count)
{
    const char *sort = request_get_query(request, "sort");
    return sort && strcmp(sort, "asc") == 0 ? i : count - 1 - i;
}

void brevo_get_lists(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    const struct account *account = sandbox->account;
    int64_t limit, offset;
    if (!brevo_read_paging(request, 10, PAGE_MAX, &limit, &offset, reply)) {
        return;
    }
    json_t *items = json_array();
    for (size_t i = (size_t)offset; i < account->list_count && i < (size_t)(offset + limit); i++) {
        size_t place = place_of(request, i, account->list_count);
        json_array_append_new(items, describe(&account->lists[place]));
    }
    reply_listing(reply, "lists", items, account->list_count);
}

void brevo_get_folders(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    const struct account *account = sandbox->account;
    int64_t limit, offset;
    if (!brevo_read_paging(request, 10, PAGE_MAX, &limit, &offset, reply)) {
        return;
    }
    json_t *items = json_array();
    size_t end = (size_t)(offset + limit);
    for (size_t i = (size_t)offset; i < account->folder_count && i < end; i++) {
        const struct folder *folder =
            &account->folders[place_of(request, i, account->folder_count)];
        json_array_append_new(items, json_pack("{s:i, s:s, s:i, s:i, s:i}", "id", (int)folder->id,
                                               "name", folder->name, "uniqueSubscribers", 0,
                                               "totalSubscribers", 0, "totalBlacklisted", 0));
    }
    reply_listing(reply, "folders", items, account->folder_count);
}

static struct list *find_list(struct account *account, const struct request *request,
                              struct reply *reply)
{
    char *end;
    unsigned long id = strtoul(request->params[0], &end, 10);
    struct list *list = *end || id > UINT32_MAX ? NULL : account_find_list(account, (uint32_t)id);
    if (!list) {
        reply_set_brevo_error(reply, 404, "document_not_found", "List ID does not exist");
    }
    return list;
}

void brevo_get_list(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    const struct list *list = find_list(sandbox->account, request, reply);
    if (list) {
        reply_set_json(reply, 200, describe(list));
    }
}

void brevo_post_list(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    struct account *account = sandbox->account;
    const char *name = json_string_value(json_object_get(request->json, "name"));
    json_int_t folder_id = json_integer_value(json_object_get(request->json, "folderId"));
    if (!name || !*name || !folder_id) {
        reply_set_brevo_error(reply, 400, "missing_parameter", "%s is missing",
                              name && *name ? "folderId" : "name");
        return;
    }
    if (folder_id < 1 || folder_id > UINT32_MAX ||
        !account_find_folder(account, (uint32_t)folder_id)) {
        reply_set_brevo_error(reply, 400, "invalid_parameter", "Folder ID does not exist");
        return;
    }
    uint32_t id = account_add_list(account, name, (uint32_t)folder_id);
    if (!id) {
        reply_set_brevo_error(reply, 400, "out_of_range", "Maximum number of lists reached");
        return;
    }
    reply_set_json(reply, 201, json_pack("{s:i}", "id", (int)id));
}

void brevo_get_list_contacts(struct sandbox *sandbox, const struct request *request,
                             struct reply *reply)
{
    const struct list *list = find_list(sandbox->account, request, reply);
    if (list) {
        brevo_write_contacts(sandbox->account, request, list->id, MEMBERS_MAX, reply);
    }
}

typedef bool list_change(struct account *account, struct contact *contact, uint32_t list_id);

static struct contact *find_member(struct account *account, const char *kind, const json_t *key)
{
    if (strcmp(kind, "ids") == 0) {
        json_int_t id = json_integer_value(key);
        return id < 1 ? NULL : contact_find_id(account, (uint64_t)id);
    }
    const char *text = json_string_value(key);
    if (!text) {
        return NULL;
    }
    return strcmp(kind, "emails") == 0 ? contact_find_email(account, text)
                                       : contact_find_ext_id(account, text);
}

static const json_t *find_keys(const json_t *body, const char **ret_kind)
{
    static const char *const kinds[] = {"emails", "ids", "extIds"};
    for (size_t i = 0; i < SANDBOX_COUNT(kinds); i++) {
        const json_t *keys = json_object_get(body, kinds[i]);
        if (keys) {
            *ret_kind = kinds[i];
            return keys;
        }
    }
    return NULL;
}

static void change_members(struct account *account, const struct request *request,
                           struct reply *reply, list_change *change, const char *refusal)
{
    const struct list *list = find_list(account, request, reply);
    const char *kind = NULL;
    const json_t *keys = find_keys(request->json, &kind);
    if (!list) {
        return;
    }
    if (!json_is_array(keys) || !json_array_size(keys)) {
        reply_set_brevo_error(reply, 400, "missing_parameter", "emails, ids or extIds is missing");
        return;
    }
    if (json_array_size(keys) > CHANGES_MAX) {
        reply_set_brevo_error(reply, 400, "out_of_range", "Maximum %d %s are allowed", CHANGES_MAX,
                              kind);
        return;
    }
    json_t *success = json_array();
    json_t *failure = json_array();
    json_t *key;
    size_t i;
    json_array_foreach((json_t *)(uintptr_t)keys, i, key)
    {
        struct contact *contact = find_member(account, kind, key);
        bool changed = contact && change(account, contact, list->id);
        json_array_append(changed ? success : failure, key);
    }
    if (!json_array_size(success)) {
        json_decref(success);
        json_decref(failure);
        reply_set_brevo_error(reply, 400, "invalid_parameter", "%s", refusal);
        return;
    }
    reply_set_json(reply, 201,
                   json_pack("{s:{s:o, s:o}}", "contacts", "success", success, "failure", failure));
}

void brevo_add_to_list(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    change_members(sandbox->account, request, reply, contact_join_list,
                   "Contact already in list and/or does not exist");
}

void brevo_remove_from_list(struct sandbox *sandbox, const struct request *request,
                            struct reply *reply)
{
    change_members(sandbox->account, request, reply, contact_leave_list,
                   "Contact already removed from list and/or does not exist");
}
