/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"
#include "sandbox.h"
#include "tenant.h"

#include <stdlib.h>
#include <string.h>

#define TOUCH_MAX 1000000

void control_post_users(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    char *text = mem_copy_bytes(request->body.data ? request->body.data : "", request->body.used);
    char *rest = text;
    char *line;
    unsigned number = 0;
    json_int_t count = 0;
    const char *reason = NULL;
    while (!reason && (line = strsep(&rest, "\n"))) {
        number++;
        if (!line[strspn(line, " \t\r")]) {
            continue;
        }
        SANDBOX_JSON json_t *user = json_loads(line, 0, NULL);
        if (!user) {
            reason = "it is no JSON object";
        } else if (tenant_put_user(sandbox->tenant, user, false, &reason)) {
            count++;
        }
    }
    free(text);
    if (reason) {
        control_refuse(reply, 400, "line %u: %s", number, reason);
    } else {
        reply_set_json(reply, 200, json_pack("{s:I}", "users", count));
    }
}

void control_get_user(struct sandbox *sandbox, const struct request *request, struct reply *reply)
{
    struct user_view view;
    if (!tenant_find_user(sandbox->tenant, request->params[0], &view)) {
        control_refuse(reply, 404, "there is no such user");
        return;
    }
    reply_set_json(reply, 200, tenant_view_object(sandbox->tenant, &view));
}

void control_delete_user(struct sandbox *sandbox, const struct request *request,
                         struct reply *reply)
{
    if (tenant_delete_user(sandbox->tenant, request->params[0])) {
        reply_set_empty(reply, 204);
    } else {
        control_refuse(reply, 404, "there is no such user");
    }
}

/* Renames the user at a slot; his id, or NULL when there is nobody. */
static json_t *touch(struct tenant *tenant, uint64_t slot, uint64_t number)
{
    struct user_view view;
    const char *reason;
    if (!tenant_get_slot(tenant, slot, false, &view)) {
        return NULL;
    }
    SANDBOX_JSON json_t *user = tenant_view_object(tenant, &view);
    json_t *id = json_incref(json_object_get(user, "user_id"));
    json_t *name = json_sprintf("Touched%llu", (unsigned long long)(number % 100000));
    SANDBOX_JSON json_t *patch = json_pack("{s:O, s:o}", "user_id", id, "given_name", name);
    tenant_put_user(tenant, patch, false, &reason);
    return id;
}

void control_touch_users(struct sandbox *sandbox, const struct request *request,
                         struct reply *reply)
{
    struct tenant *tenant = sandbox->tenant;
    int64_t count, seed;
    if (!request_get_number(request, "count", 1, 0, TOUCH_MAX, &count) ||
        !request_get_number(request, "seed", 1, 0, INT64_MAX, &seed)) {
        control_refuse(reply, 400, "count and seed are numbers, count at most %d", TOUCH_MAX);
        return;
    }
    if ((uint64_t)count > tenant_count_users(tenant)) {
        control_refuse(reply, 400, "there are not so many users");
        return;
    }
    uint64_t slots = tenant_count_slots(tenant);
    uint8_t *taken = mem_alloc(slots / 8 + 1);
    json_t *ids = json_array();
    /* Deleted users use up draws without adding to the answer. */
    for (uint64_t draw = (uint64_t)seed; json_array_size(ids) < (size_t)count; draw++) {
        uint64_t number = user_mix(draw * UINT64_C(0x9e3779b97f4a7c15));
        uint64_t slot = number % slots;
        while (taken[slot / 8] >> (slot % 8) & 1) {
            slot = (slot + 1) % slots;
        }
        taken[slot / 8] |= (uint8_t)(1U << (slot % 8));
        json_t *id = touch(tenant, slot, number);
        if (id) {
            json_array_append_new(ids, id);
        }
    }
    free(taken);
    reply_set_json(reply, 200, json_pack("{s:o}", "user_ids", ids));
}
