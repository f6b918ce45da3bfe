/* SPDX-License-Identifier: Apache-2.0
 *
 * The control API: counts, faults, credentials, flags of contacts.
 */
#include "control.h"
#include "contact.h"
#include "sandbox.h"
#include "tenant.h"
#include "token.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void control_refuse(struct reply *reply, unsigned status, const char *format, ...)
{
    char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    reply_set_json(reply, status, json_pack("{s:s}", "error", text));
}

static void add_to(json_t *object, const char *name, uint64_t number)
{
    json_int_t sum = json_integer_value(json_object_get(object, name)) + (json_int_t)number;
    json_object_set_new(object, name, json_integer(sum));
}

/* Two sides of one name (Auth0's login and its API) are counted together. */
static json_t *count_object(json_t *all, const char *name)
{
    json_t *object = json_object_get(all, name);
    if (!object) {
        object = json_pack("{s:i}", "total", 0);
        json_object_set_new(all, name, object);
    }
    return object;
}

static void add_side(json_t *all, const struct side *side, const struct side_count *count)
{
    json_t *object = count_object(all, side->name);
    for (size_t i = 0; i <= SANDBOX_MAX_ROUTES; i++) {
        if (count->by_route[i]) {
            add_to(object, i < side->route_count ? side->routes[i].label : "unknown",
                   count->by_route[i]);
            add_to(object, "total", count->by_route[i]);
        }
    }
}

static void add_statuses(json_t *statuses, const struct side *side, const struct side_count *count)
{
    json_t *object = json_object_get(statuses, side->name);
    if (!object) {
        object = json_object();
        json_object_set_new(statuses, side->name, object);
    }
    for (unsigned i = 0; i < SANDBOX_COUNT(count->by_status); i++) {
        if (count->by_status[i]) {
            char name[8];
            snprintf(name, sizeof(name), "%u", i);
            add_to(object, name, count->by_status[i]);
        }
    }
}

static void get_counts(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    (void)request;
    json_t *all = json_object();
    json_t *statuses = json_object();
    for (unsigned i = 0; i < SIDE_CONTROL; i++) {
        add_side(all, sandbox->sides[i], &sandbox->counts[i]);
        add_statuses(statuses, sandbox->sides[i], &sandbox->counts[i]);
    }
    json_object_set_new(all, "statuses", statuses);
    reply_set_json(reply, 200, all);
}

static void reset_counts(struct sandbox *sandbox, const struct request *request,
                         struct reply *reply)
{
    (void)request;
    memset(sandbox->counts, 0, sizeof(sandbox->counts));
    reply_set_empty(reply, 204);
}

static void post_fault(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    const char *reason;
    if (!fault_add(&sandbox->faults, request->json, &reason)) {
        control_refuse(reply, 400, "%s", reason);
        return;
    }
    reply_set_json(reply, 201, fault_dump(&sandbox->faults));
}

static void get_faults(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    (void)request;
    reply_set_json(reply, 200, fault_dump(&sandbox->faults));
}

static void delete_faults(struct sandbox *sandbox, const struct request *request,
                          struct reply *reply)
{
    (void)request;
    fault_clear(&sandbox->faults);
    reply_set_empty(reply, 204);
}

static void post_secret(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    const char *secret = json_string_value(json_object_get(request->json, "client_secret"));
    if (!secret) {
        control_refuse(reply, 400, "client_secret is missing");
        return;
    }
    free(sandbox->tenant->client_secret);
    sandbox->tenant->client_secret = mem_copy_text(secret);
    reply_set_empty(reply, 204);
}

static void post_revoke(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    (void)request;
    token_revoke_all(sandbox->tenant);
    reply_set_empty(reply, 204);
}

/* What the person does, not the API: an opt-in here is consent and not counted. */
static void patch_contact(struct sandbox *sandbox, const struct request *request,
                          struct reply *reply)
{
    struct account *account = sandbox->account;
    struct contact *contact = contact_find_email(account, request->params[0]);
    const json_t *blacklisted = json_object_get(request->json, "emailBlacklisted");
    const json_t *sms = json_object_get(request->json, "smsBlacklisted");
    json_int_t list_id = json_integer_value(json_object_get(request->json, "unsubscribe_list"));
    if (!contact) {
        control_refuse(reply, 404, "there is no such contact");
        return;
    }
    if (list_id &&
        (list_id < 1 || list_id > UINT32_MAX || !account_find_list(account, (uint32_t)list_id))) {
        control_refuse(reply, 400, "there is no such list");
        return;
    }
    if (json_is_boolean(blacklisted)) {
        contact->email_blacklisted = json_is_true(blacklisted);
    }
    if (json_is_boolean(sms)) {
        contact->sms_blacklisted = json_is_true(sms);
    }
    if (list_id) {
        contact_unsubscribe_list(account, contact, (uint32_t)list_id);
    }
    reply->status = 200;
    reply->content_type = "application/json; charset=utf-8";
    contact_write_json(account, contact, &reply->body);
}

static void refuse_unknown(struct sandbox *sandbox, const struct request *request,
                           struct reply *reply)
{
    (void)sandbox;
    (void)request;
    control_refuse(reply, 404,
                   "Auth0 is at /auth0, Brevo at /brevo/v3, the controls at /__state, "
                   "/__counts, /__users, /__brevo, /__faults, /__secret, /__revoke");
}

static const struct route routes[] = {
    {"GET /__counts", get_counts, "", 0},
    {"POST /__counts/reset", reset_counts, "", 0},
    {"GET /__state", control_get_state, "", 0},
    {"POST /__users", control_post_users, "", 0},
    {"POST /__users/touch", control_touch_users, "", 0},
    {"GET /__users/{id}", control_get_user, "", 0},
    {"DELETE /__users/{id}", control_delete_user, "", 0},
    {"POST /__brevo/contacts/{email}", patch_contact, "", 0},
    {"GET /__faults", get_faults, "", 0},
    {"POST /__faults", post_fault, "", 0},
    {"DELETE /__faults", delete_faults, "", 0},
    {"POST /__secret", post_secret, "", 0},
    {"POST /__revoke", post_revoke, "", 0},
};

const struct side control_side = {
    .name = "control",
    .prefix = "",
    .routes = routes,
    .route_count = SANDBOX_COUNT(routes),
    .unknown = refuse_unknown,
};
