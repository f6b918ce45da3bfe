/* SPDX-License-Identifier: Apache-2.0 */
#include "import.h"
#include "brevo.h"
#include "moment.h"
#include "sandbox.h"

#include <stdlib.h>
#include <string.h>

#define BODY_MAX ((size_t)10 << 20)

struct import *import_release(struct import *import)
{
    struct import *next = import->next;
    json_decref(import->body);
    json_decref(import->list_ids);
    free(import);
    return next;
}

static const json_t *rows_of(const struct import *import)
{
    return json_object_get(import->body, "jsonBody");
}

int64_t import_duration_ms(const struct account *account, const struct import *import)
{
    int64_t rows = (int64_t)json_array_size(rows_of(import));
    return account->settings->import_ms + rows * account->settings->import_row_us / 1000;
}

static struct process *process_of(struct account *account, uint32_t id)
{
    return id && id <= account->process_count ? &account->processes[id - 1] : NULL;
}

void import_set_status(struct account *account, const struct import *import,
                       enum process_status status)
{
    struct process *process = process_of(account, import->process_id);
    process->status = status;
    process->completed_ms = status == PROCESS_COMPLETED ? moment_now() : 0;
}

/* Why a row is not written, in the only counters Brevo has: a bad number is counted as a
 * duplicate one. */
static void drop_row(struct account *account, struct process *process, enum contact_problem problem)
{
    account->counts.dropped_rows++;
    switch (problem) {
    case CONTACT_BAD_PHONE:
    case CONTACT_DUPLICATE_SMS:
        process->counts.duplicate_phone_id++;
        break;
    case CONTACT_DUPLICATE_EXT_ID:
        process->counts.duplicate_ext_id++;
        break;
    default:
        process->counts.invalid_emails++;
        break;
    }
}

static const char *ext_id_of(const json_t *row, const json_t *attributes)
{
    const char *ext_id = json_string_value(json_object_get(row, "ext_id"));
    if (!ext_id) {
        ext_id = json_string_value(json_object_get(attributes, "EXT_ID"));
    }
    return ext_id && *ext_id ? ext_id : NULL;
}

/* `false` in emailBlacklist and smsBlacklist un-blocks nobody. */
static const json_t *true_or_null(const json_t *body, const char *name)
{
    const json_t *value = json_object_get(body, name);
    return json_is_true(value) ? value : NULL;
}

static void import_row(struct account *account, const struct import *import, const json_t *row)
{
    struct process *process = process_of(account, import->process_id);
    const json_t *attributes = json_object_get(row, "attributes");
    const char *email = json_string_value(json_object_get(row, "email"));
    struct contact_write write = {
        .attributes = attributes,
        .ext_id = ext_id_of(row, attributes),
        .list_ids = import->list_ids,
        .email_blacklisted = true_or_null(import->body, "emailBlacklist"),
        .sms_blacklisted = true_or_null(import->body, "smsBlacklist"),
        .import = true,
        .erase_empty = json_is_true(json_object_get(import->body, "emptyContactsAttributes")),
    };
    if (!email || !contact_is_email(email)) {
        drop_row(account, process, CONTACT_BAD_EMAIL);
        return;
    }
    struct contact *contact = contact_find_email(account, email);
    enum contact_problem problem = contact_check(account, contact, &write);
    if (problem != CONTACT_FINE) {
        drop_row(account, process, problem);
        return;
    }
    if (contact && json_is_false(json_object_get(import->body, "updateExistingContacts"))) {
        return;
    }
    if (contact && contact->import_id == import->process_id) {
        process->counts.duplicate_email_id++;
    }
    if (!contact) {
        contact = contact_create(account, email);
    }
    contact->import_id = import->process_id;
    contact_apply(account, contact, &write);
}

bool import_step(struct account *account, struct import *import, size_t rows)
{
    const json_t *all = rows_of(import);
    size_t count = json_array_size(all);
    for (; rows && import->row < count; rows--) {
        import_row(account, import, json_array_get(all, import->row++));
    }
    return import->row == count;
}

static bool check_body(struct account *account, const struct request *request, struct reply *reply)
{
    const json_t *body = request->json;
    const json_t *list_ids = json_object_get(body, "listIds");
    if (request->body.used > BODY_MAX) {
        reply_set_brevo_error(reply, 400, "invalid_parameter",
                              "jsonBody exceeds the maximum size of 10 MB");
    } else if (!json_is_object(body)) {
        reply_set_brevo_error(reply, 400, "bad_request", "Input must be a valid JSON object");
    } else if (json_object_get(body, "fileBody") || json_object_get(body, "fileUrl")) {
        reply_set_brevo_error(reply, 400, "invalid_parameter",
                              "The sandbox takes jsonBody only, not fileBody or fileUrl");
    } else if (!json_array_size(json_object_get(body, "jsonBody"))) {
        reply_set_brevo_error(reply, 400, "missing_parameter",
                              "Either fileUrl, fileBody or jsonBody is required");
    } else if (!json_array_size(list_ids) && !json_object_get(body, "newList")) {
        reply_set_brevo_error(reply, 400, "missing_parameter",
                              "Either listIds or newList is required");
    } else {
        return brevo_check_lists(account, list_ids, "listIds", reply);
    }
    return false;
}

/* The lists of an import as ids; a newList is made at once. NULL: the reply says why. */
static json_t *resolve_lists(struct account *account, const json_t *body, struct reply *reply)
{
    const json_t *new_list = json_object_get(body, "newList");
    json_t *ids = json_array();
    const json_t *listed = json_object_get(body, "listIds");
    if (listed) {
        json_array_extend(ids, (json_t *)(uintptr_t)listed);
    }
    if (new_list) {
        const char *name = json_string_value(json_object_get(new_list, "listName"));
        json_int_t folder_id = json_integer_value(json_object_get(new_list, "folderId"));
        uint32_t id = 0;
        if (name && folder_id > 0 && folder_id <= UINT32_MAX &&
            account_find_folder(account, (uint32_t)folder_id)) {
            id = account_add_list(account, name, (uint32_t)folder_id);
        }
        if (!id) {
            json_decref(ids);
            reply_set_brevo_error(reply, 400, "invalid_parameter", "newList is not valid");
            return NULL;
        }
        json_array_append_new(ids, json_integer(id));
    }
    return ids;
}

static uint32_t add_process(struct account *account)
{
    size_t count = ++account->process_count;
    account->processes = mem_resize(account->processes, count, sizeof(*account->processes));
    account->processes[count - 1] =
        (struct process){.id = (uint32_t)count, .created_ms = moment_now()};
    return (uint32_t)count;
}

void brevo_post_import(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    struct account *account = sandbox->account;
    if (!check_body(account, request, reply)) {
        return;
    }
    json_t *list_ids = resolve_lists(account, request->json, reply);
    if (!list_ids) {
        return;
    }
    struct import *import = mem_alloc(sizeof(*import));
    import->process_id = add_process(account);
    import->body = json_incref(request->json);
    import->list_ids = list_ids;
    struct import **end = &account->queue;
    while (*end) {
        end = &(*end)->next;
    }
    *end = import;
    if (!json_is_true(json_object_get(request->json, "disableNotification"))) {
        account->counts.owner_mails++;
    }
    pthread_cond_broadcast(&sandbox->wake);
    reply_set_json(reply, 202, json_pack("{s:i}", "processId", (int)import->process_id));
}

static json_t *number_or_null(uint64_t number)
{
    return number ? json_integer((json_int_t)number) : json_null();
}

static json_t *describe(const struct process *process)
{
    static const char *const names[] = {"queued", "in_process", "completed"};
    char created[MOMENT_SIZE];
    char completed[MOMENT_SIZE];
    moment_format(process->created_ms, created);
    json_t *json = json_pack("{s:i, s:s, s:s, s:s}", "id", (int)process->id, "name", "IMPORTUSER",
                             "status", names[process->status], "created_at", created);
    if (process->status != PROCESS_COMPLETED) {
        return json;
    }
    moment_format(process->completed_ms, completed);
    json_object_set_new(json, "completed_at", json_string(completed));
    const struct import_counts *counts = &process->counts;
    json_object_set_new(json, "info",
                        json_pack("{s:{s:o, s:n, s:o, s:o, s:o, s:n, s:n}}", "import",
                                  "invalid_emails", number_or_null(counts->invalid_emails),
                                  "duplicate_contact_id", "duplicate_ext_id",
                                  number_or_null(counts->duplicate_ext_id), "duplicate_email_id",
                                  number_or_null(counts->duplicate_email_id), "duplicate_phone_id",
                                  number_or_null(counts->duplicate_phone_id),
                                  "duplicate_whatsapp_id", "duplicate_landline_number_id"));
    return json;
}

void brevo_get_process(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    char *end;
    unsigned long id = strtoul(request->params[0], &end, 10);
    const struct process *process =
        *end || id > UINT32_MAX ? NULL : process_of(sandbox->account, (uint32_t)id);
    if (!process) {
        reply_set_brevo_error(reply, 404, "invalid_parameter", "Process ID does not exist");
        return;
    }
    reply_set_json(reply, 200, describe(process));
}

void brevo_get_processes(struct sandbox *sandbox, const struct request *request,
                         struct reply *reply)
{
    const struct account *account = sandbox->account;
    int64_t limit, offset;
    if (!brevo_read_paging(request, 10, 50, &limit, &offset, reply)) {
        return;
    }
    const char *sort = request_get_query(request, "sort");
    bool ascending = sort && strcmp(sort, "asc") == 0;
    json_t *items = json_array();
    size_t end = (size_t)(offset + limit);
    for (size_t i = (size_t)offset; i < account->process_count && i < end; i++) {
        size_t place = ascending ? i : account->process_count - 1 - i;
        json_array_append_new(items, describe(&account->processes[place]));
    }
    reply_set_json(
        reply, 200,
        json_pack("{s:I, s:o}", "count", (json_int_t)account->process_count, "processes", items));
}
