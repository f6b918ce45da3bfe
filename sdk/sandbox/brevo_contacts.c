/* SPDX-License-Identifier: Apache-2.0 */
#include "brevo.h"
#include "moment.h"
#include "sandbox.h"

#include <stdlib.h>
#include <string.h>

struct problem_text {
    unsigned status;
    const char *code;
    const char *message;
    const char *duplicate; /* for metadata.duplicate_identifiers */
};

static const struct problem_text problems[] = {
    [CONTACT_BAD_EMAIL] = {400, "invalid_parameter", "Invalid email address", NULL},
    [CONTACT_BAD_PHONE] = {400, "invalid_parameter", "Invalid phone number", NULL},
    [CONTACT_BAD_DATE] = {400, "invalid_parameter", "Invalid date format", NULL},
    [CONTACT_DUPLICATE_EMAIL] = {400, "duplicate_parameter",
                                 "email is already associated with another Contact", "email"},
    [CONTACT_DUPLICATE_SMS] = {400, "duplicate_parameter",
                               "SMS is already associated with another Contact", "SMS"},
    [CONTACT_DUPLICATE_EXT_ID] = {400, "duplicate_parameter",
                                  "ext_id is already associated with another Contact", "ext_id"},
};

static void refuse(struct reply *reply, const char *verb, enum contact_problem problem)
{
    const struct problem_text *text = &problems[problem];
    if (!text->duplicate) {
        reply_set_brevo_error(reply, text->status, text->code, "%s", text->message);
        return;
    }
    json_t *message = json_sprintf("Unable to %s contact, %s", verb, text->message);
    reply_set_json(reply, text->status,
                   json_pack("{s:s, s:o, s:{s:[s]}}", "code", text->code, "message", message,
                             "metadata", "duplicate_identifiers", text->duplicate));
}

bool brevo_check_lists(struct account *account, const json_t *ids, const char *name,
                       struct reply *reply)
{
    const json_t *id;
    size_t i;
    if (ids && !json_is_array(ids)) {
        reply_set_brevo_error(reply, 400, "invalid_parameter", "%s should be an array", name);
        return false;
    }
    json_array_foreach((json_t *)(uintptr_t)ids, i, id)
    {
        json_int_t number = json_integer_value(id);
        if (number < 1 || number > UINT32_MAX || !account_find_list(account, (uint32_t)number)) {
            reply_set_brevo_error(reply, 400, "invalid_parameter", "Invalid list id in %s", name);
            return false;
        }
    }
    return true;
}

/* The body as a write, or a reply that says what is wrong with it. */
static bool read_write(struct account *account, const json_t *json, struct contact_write *write,
                       struct reply *reply)
{
    *write = (struct contact_write){
        .attributes = json_object_get(json, "attributes"),
        .ext_id = json_string_value(json_object_get(json, "ext_id")),
        .list_ids = json_object_get(json, "listIds"),
        .unlink_ids = json_object_get(json, "unlinkListIds"),
        .email_blacklisted = json_object_get(json, "emailBlacklisted"),
        .sms_blacklisted = json_object_get(json, "smsBlacklisted"),
    };
    if (!json_is_object(json)) {
        reply_set_brevo_error(reply, 400, "bad_request", "Input must be a valid JSON object");
        return false;
    }
    if (write->attributes && !json_is_object(write->attributes)) {
        reply_set_brevo_error(reply, 400, "invalid_parameter", "attributes should be an object");
        return false;
    }
    return brevo_check_lists(account, write->list_ids, "listIds", reply) &&
           brevo_check_lists(account, write->unlink_ids, "unlinkListIds", reply);
}

/* A contact that has a number alone gets this address. */
static char *synthetic_email(const struct contact_write *write)
{
    char digits[PHONE_SIZE];
    const char *phone = json_string_value(json_object_get(write->attributes, "SMS"));
    return phone && contact_read_phone(phone, digits) ? mem_format("%s@mailin-sms.com", digits)
                                                      : NULL;
}

static struct contact *find_target(struct account *account, const char *email,
                                   const struct contact_write *write)
{
    const char *phone = json_string_value(json_object_get(write->attributes, "SMS"));
    if (email) {
        return contact_find_email(account, email);
    }
    if (write->ext_id) {
        return contact_find_ext_id(account, write->ext_id);
    }
    return phone ? contact_find_phone(account, phone) : NULL;
}

static void update_by_post(struct account *account, struct contact *contact,
                           const struct contact_write *write, bool allowed, struct reply *reply)
{
    enum contact_problem problem =
        allowed ? contact_check(account, contact, write) : CONTACT_DUPLICATE_EMAIL;
    if (problem != CONTACT_FINE) {
        refuse(reply, allowed ? "update" : "create", problem);
        return;
    }
    contact_apply(account, contact, write);
    reply_set_empty(reply, 204);
}

static void create_by_post(struct account *account, const char *email,
                           const struct contact_write *write, struct reply *reply)
{
    char *made = email ? NULL : synthetic_email(write);
    enum contact_problem problem = contact_check(account, NULL, write);
    if (problem != CONTACT_FINE) {
        refuse(reply, "create", problem);
    } else if (!email && !made) {
        reply_set_brevo_error(reply, 400, "missing_parameter", "email is missing");
    } else {
        struct contact *contact = contact_create(account, email ? email : made);
        contact_apply(account, contact, write);
        reply_set_json(reply, 201, json_pack("{s:i}", "id", (int)contact->id));
    }
    free(made);
}

void brevo_post_contact(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    struct account *account = sandbox->account;
    struct contact_write write;
    if (!read_write(account, request->json, &write, reply)) {
        return;
    }
    const char *email = json_string_value(json_object_get(request->json, "email"));
    email = email && *email ? email : NULL;
    if (!email && !write.ext_id && !json_object_get(write.attributes, "SMS")) {
        reply_set_brevo_error(reply, 400, "missing_parameter",
                              "At least one of email, ext_id or SMS is needed");
        return;
    }
    if (email && !contact_is_email(email)) {
        refuse(reply, "create", CONTACT_BAD_EMAIL);
        return;
    }
    struct contact *contact = find_target(account, email, &write);
    if (contact) {
        bool allowed = json_is_true(json_object_get(request->json, "updateEnabled"));
        update_by_post(account, contact, &write, allowed, reply);
    } else {
        create_by_post(account, email, &write, reply);
    }
}

static struct contact *find_by_number(const struct account *account, const char *text)
{
    char *end;
    unsigned long long id = strtoull(text, &end, 10);
    return end != text && !*end ? contact_find_id(account, id) : NULL;
}

/* Without a type an address and an id are understood; a number of digits is an id. */
static struct contact *find_contact(struct account *account, const struct request *request,
                                    struct reply *reply)
{
    const char *identifier = request->params[0];
    const char *type = request_get_query(request, "identifierType");
    struct contact *contact = NULL;
    if (!type) {
        type = strchr(identifier, '@') ? "email_id" : "contact_id";
    }
    if (strcmp(type, "email_id") == 0) {
        contact = contact_find_email(account, identifier);
    } else if (strcmp(type, "contact_id") == 0) {
        contact = find_by_number(account, identifier);
    } else if (strcmp(type, "ext_id") == 0) {
        contact = contact_find_ext_id(account, identifier);
    } else if (strcmp(type, "phone_id") == 0) {
        contact = contact_find_phone(account, identifier);
    } else if (strcmp(type, "whatsapp_id") != 0 && strcmp(type, "landline_number_id") != 0) {
        reply_set_brevo_error(reply, 400, "invalid_parameter", "identifierType is not valid");
        return NULL;
    }
    if (!contact) {
        reply_set_brevo_error(reply, 404, "document_not_found", "Contact does not exist");
    }
    return contact;
}

void brevo_get_contact(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    const struct contact *contact = find_contact(sandbox->account, request, reply);
    if (!contact) {
        return;
    }
    reply->status = 200;
    reply->content_type = "application/json; charset=utf-8";
    contact_write_json(sandbox->account, contact, &reply->body);
    reply->body.used--;
    buffer_add_text(&reply->body, ",\"statistics\":{}}");
}

void brevo_put_contact(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    struct contact_write write;
    struct contact *contact = find_contact(sandbox->account, request, reply);
    if (!contact || !read_write(sandbox->account, request->json, &write, reply)) {
        return;
    }
    enum contact_problem problem = contact_check(sandbox->account, contact, &write);
    if (problem != CONTACT_FINE) {
        refuse(reply, "update", problem);
        return;
    }
    contact_apply(sandbox->account, contact, &write);
    reply_set_empty(reply, 204);
}

void brevo_delete_contact(struct sandbox *sandbox, const struct request *request,
                          struct reply *reply)
{
    struct contact *contact = find_contact(sandbox->account, request, reply);
    if (!contact) {
        return;
    }
    if (strcmp(contact->email, "owner@example.com") == 0) {
        reply_set_brevo_error(reply, 405, "method_not_allowed",
                              "The registered email of the account cannot be deleted");
        return;
    }
    contact_delete(sandbox->account, contact);
    reply_set_empty(reply, 204);
}

/* The moments a listing starts from; 0 when not asked for. */
struct since {
    int64_t modified_ms;
    int64_t created_ms;
};

static bool read_since(const struct request *request, struct since *ret_since, struct reply *reply)
{
    const char *modified = request_get_query(request, "modifiedSince");
    const char *created = request_get_query(request, "createdSince");
    *ret_since = (struct since){0};
    if ((modified && !moment_parse(modified, &ret_since->modified_ms)) ||
        (created && !moment_parse(created, &ret_since->created_ms))) {
        reply_set_brevo_error(reply, 400, "invalid_parameter", "Date is not valid");
        return false;
    }
    return true;
}

static bool is_picked(const struct contact *contact, uint32_t list_id, const struct since *since)
{
    return !contact->deleted && contact->modified_ms >= since->modified_ms &&
           contact->created_ms >= since->created_ms &&
           (!list_id || id_set_has(&contact->lists, list_id));
}

void brevo_write_contacts(struct account *account, const struct request *request, uint32_t list_id,
                          int64_t high, struct reply *reply)
{
    int64_t limit, offset;
    struct since since;
    if (!brevo_read_paging(request, 50, high, &limit, &offset, reply) ||
        !read_since(request, &since, reply)) {
        return;
    }
    const char *sort = request_get_query(request, "sort");
    bool ascending = sort && strcmp(sort, "asc") == 0;
    struct buffer *body = &reply->body;
    int64_t count = 0;
    buffer_add_text(body, "{\"contacts\":[");
    for (size_t i = 0; i < account->contact_slots; i++) {
        size_t place = ascending ? i : account->contact_slots - 1 - i;
        const struct contact *contact = account->contacts[place];
        if (!is_picked(contact, list_id, &since)) {
            continue;
        }
        if (count >= offset && count < offset + limit) {
            if (count > offset) {
                buffer_add_char(body, ',');
            }
            contact_write_json(account, contact, body);
        }
        count++;
    }
    buffer_add_format(body, "],\"count\":%lld}", (long long)count);
    reply->status = 200;
    reply->content_type = "application/json; charset=utf-8";
}

void brevo_get_contacts(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    brevo_write_contacts(sandbox->account, request, 0, 1000, reply);
}
