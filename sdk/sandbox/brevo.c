/* SPDX-License-Identifier: Apache-2.0
 *
 * The routes of the Brevo account and what each request to it has to pass: key and limits.
 */
#include "brevo.h"
#include "moment.h"
#include "sandbox.h"

#include <string.h>

static void add_limit_headers(struct reply *reply, const struct limit_state *state, int64_t now_ms)
{
    reply_add_header(reply, "x-sib-ratelimit-limit", "%u", state->limit);
    reply_add_header(reply, "x-sib-ratelimit-remaining", "%u", state->remaining);
    reply_add_header(reply, "x-sib-ratelimit-reset", "%lld",
                     (long long)(state->reset_ms - now_ms + 999) / 1000);
}

static enum brevo_family family_of(const struct account *account, const struct request *request)
{
    if (!request->route) {
        return BREVO_OTHER;
    }
    if (request->route->family == BREVO_BARE_CONTACTS) {
        return account->settings->bare_contacts_hourly ? BREVO_OTHER : BREVO_CONTACTS;
    }
    return (enum brevo_family)request->route->family;
}

static bool guard(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    struct account *account = sandbox->account;
    const char *key = request_get_header(request, "api-key");
    int64_t now_ms = moment_now();
    reply_add_header(reply, "sib-request-id", "sandbox-%llu",
                     (unsigned long long)++account->request_count);
    if (!key) {
        reply_set_brevo_error(reply, 401, "unauthorized", "authentication not found in headers");
        return false;
    }
    if (strcmp(key, sandbox->settings.brevo_key) != 0) {
        reply_set_brevo_error(reply, 401, "unauthorized", "Key not found");
        return false;
    }
    struct limit_state state = window_take(&account->families[family_of(account, request)], now_ms);
    add_limit_headers(reply, &state, now_ms);
    if (!state.allowed) {
        reply_set_brevo_error(reply, 429, "too_many_requests",
                              "The expected rate limit is exceeded.");
    }
    return state.allowed;
}

static void refuse_unknown(struct sandbox *sandbox, const struct request *request,
                           struct reply *reply)
{
    (void)sandbox;
    (void)request;
    reply_set_brevo_error(reply, 404, "document_not_found", "No such endpoint");
}

void brevo_get_account(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    (void)request;
    bool enterprise = sandbox->settings.brevo_plan == BREVO_EXTENDED;
    json_t *json = json_pack("{s:s, s:i, s:b, s:s, s:s, s:s, s:s}", "organization_id",
                             "5fa2b8c123456789abcdef01", "user_id", 1234567, "enterprise",
                             enterprise, "email", "owner@example.com", "firstName", "Sam",
                             "lastName", "Sandbox", "companyName", "Sandbox Ltd");
    json_object_set_new(json, "address",
                        json_pack("{s:s, s:s, s:s, s:s}", "street", "1 Loopback Lane", "city",
                                  "Localhost", "zipCode", "12700", "country", "France"));
    json_object_set_new(json, "plan",
                        json_pack("[{s:s, s:i, s:s}]", "type", "subscription", "credits", 100000,
                                  "creditsType", "sendLimit"));
    json_object_set_new(json, "planVerticals", json_array());
    json_object_set_new(json, "relay", json_pack("{s:b}", "enabled", 1));
    json_object_set_new(json, "marketingAutomation", json_pack("{s:b}", "enabled", 0));
    json_object_set_new(json, "dateTimePreferences",
                        json_pack("{s:s, s:s, s:s}", "timezone", "Europe/Paris", "timeFormat", "24",
                                  "dateFormat", "dd-mm-yyyy"));
    reply_set_json(reply, 200, json);
}

bool brevo_read_paging(const struct request *request, int64_t fallback, int64_t high,
                       int64_t *ret_limit, int64_t *ret_offset, struct reply *reply)
{
    if (!request_get_number(request, "limit", fallback, 0, high, ret_limit)) {
        reply_set_brevo_error(reply, 400, "out_of_range", "Limit exceeds max value");
        return false;
    }
    if (!request_get_number(request, "offset", 0, 0, INT32_MAX, ret_offset)) {
        reply_set_brevo_error(reply, 400, "invalid_parameter", "Offset is not valid");
        return false;
    }
    return true;
}

static const struct route routes[] = {
    {"GET /account", brevo_get_account, "", BREVO_OTHER},
    {"GET /contacts", brevo_get_contacts, "", BREVO_BARE_CONTACTS},
    {"POST /contacts", brevo_post_contact, "", BREVO_BARE_CONTACTS},
    {"GET /contacts/attributes", brevo_get_attributes, "", BREVO_CONTACTS},
    {"POST /contacts/attributes/{category}/{name}", brevo_post_attribute, "", BREVO_CONTACTS},
    {"GET /contacts/lists", brevo_get_lists, "", BREVO_CONTACTS},
    {"POST /contacts/lists", brevo_post_list, "", BREVO_CONTACTS},
    {"GET /contacts/lists/{id}", brevo_get_list, "", BREVO_CONTACTS},
    {"GET /contacts/lists/{id}/contacts", brevo_get_list_contacts, "", BREVO_CONTACTS},
    {"POST /contacts/lists/{id}/contacts/add", brevo_add_to_list, "", BREVO_CONTACTS},
    {"POST /contacts/lists/{id}/contacts/remove", brevo_remove_from_list, "", BREVO_CONTACTS},
    {"GET /contacts/folders", brevo_get_folders, "", BREVO_CONTACTS},
    {"POST /contacts/import", brevo_post_import, "", BREVO_CONTACTS},
    {"GET /contacts/{identifier}", brevo_get_contact, "", BREVO_CONTACTS},
    {"PUT /contacts/{identifier}", brevo_put_contact, "", BREVO_CONTACTS},
    {"DELETE /contacts/{identifier}", brevo_delete_contact, "", BREVO_CONTACTS},
    {"GET /processes", brevo_get_processes, "", BREVO_OTHER},
    {"GET /processes/{id}", brevo_get_process, "", BREVO_OTHER},
};

const struct side brevo_side = {
    .name = "brevo",
    .prefix = "/brevo/v3",
    .routes = routes,
    .route_count = SANDBOX_COUNT(routes),
    .guard = guard,
    .unknown = refuse_unknown,
};
