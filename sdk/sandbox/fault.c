/* SPDX-License-Identifier: Apache-2.0 */
#include "fault.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define SLOW_DEFAULT 1000

static const char *const action_names[] = {"none",     "status",  "drop", "drop_after",
                                           "truncate", "garbage", "hang", "slow"};

static char *copy_member(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));
    return text ? mem_copy_text(text) : NULL;
}

static int64_t number_member(const json_t *json, const char *name, int64_t fallback)
{
    const json_t *member = json_object_get(json, name);
    return json_is_integer(member) ? json_integer_value(member) : fallback;
}

static bool parse_action(const json_t *json, enum fault_action *ret_action)
{
    const json_t *name = json_object_get(json, "action");
    if (!name) {
        *ret_action = json_object_get(json, "status") ? FAULT_STATUS : FAULT_NONE;
        return true;
    }
    for (unsigned i = 0; i < SANDBOX_COUNT(action_names); i++) {
        if (json_is_string(name) && strcmp(json_string_value(name), action_names[i]) == 0) {
            *ret_action = (enum fault_action)i;
            return true;
        }
    }
    return false;
}

/* "match" may say "*" for any. The body may be given as text or as the JSON it shall be. */
static void read_texts(const json_t *json, struct fault *fault)
{
    fault->side = copy_member(json, "side");
    fault->match = copy_member(json, "match");
    if (fault->match && strcmp(fault->match, "*") == 0) {
        free(fault->match);
        fault->match = NULL;
    }
    const json_t *body = json_object_get(json, "body");
    if (json_is_string(body)) {
        fault->body = mem_copy_text(json_string_value(body));
    } else if (body) {
        fault->body = json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY);
    }
    fault->headers = json_incref(json_object_get(json, "headers"));
}

bool fault_add(struct fault_list *list, const json_t *json, const char **ret_reason)
{
    struct fault fault = {0};
    if (!json_is_object(json)) {
        *ret_reason = "a fault is a JSON object";
        return false;
    }
    if (list->count == FAULT_MAX) {
        *ret_reason = "too many faults; DELETE /__faults first";
        return false;
    }
    if (!parse_action(json, &fault.action)) {
        *ret_reason = "action is one of status, drop, drop_after, truncate, garbage, hang, slow";
        return false;
    }
    int64_t status = number_member(json, "status", 500);
    if (status < 100 || status > 599) {
        *ret_reason = "status is a number from 100 to 599";
        return false;
    }
    fault.status = (unsigned)status;
    fault.after = number_member(json, "after", 0);
    fault.times = number_member(json, "times", 1);
    fault.delay_ms = number_member(json, "delay_ms", 0);
    fault.bytes_per_second = number_member(json, "bytes_per_second", SLOW_DEFAULT);
    if (fault.after < 0 || fault.times < 1 || fault.delay_ms < 0 || fault.bytes_per_second < 1) {
        *ret_reason = "after, times, delay_ms and bytes_per_second are positive numbers";
        return false;
    }
    read_texts(json, &fault);
    list->faults[list->count++] = fault;
    return true;
}

void fault_release(struct fault *fault)
{
    free(fault->side);
    free(fault->match);
    free(fault->body);
    json_decref(fault->headers);
    *fault = (struct fault){0};
}

void fault_clear(struct fault_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        fault_release(&list->faults[i]);
    }
    list->count = 0;
}

json_t *fault_dump(const struct fault_list *list)
{
    json_t *array = json_array();
    for (size_t i = 0; i < list->count; i++) {
        const struct fault *fault = &list->faults[i];
        json_array_append_new(
            array,
            json_pack("{s:s, s:s, s:s, s:I, s:I}", "side", fault->side ? fault->side : "*", "match",
                      fault->match ? fault->match : "*", "action", action_names[fault->action],
                      "after", (json_int_t)fault->after, "times", (json_int_t)fault->times));
    }
    return array;
}

static struct fault copy_fault(const struct fault *fault)
{
    struct fault copy = *fault;
    copy.side = copy.match = NULL;
    copy.body = fault->body ? mem_copy_text(fault->body) : NULL;
    copy.headers = json_deep_copy(fault->headers);
    return copy;
}

struct fault fault_take(struct fault_list *list, const char *side, const char *label)
{
    for (size_t i = 0; i < list->count; i++) {
        struct fault *fault = &list->faults[i];
        if ((fault->side && strcmp(fault->side, side) != 0) ||
            (fault->match && strcmp(fault->match, label) != 0)) {
            continue;
        }
        if (fault->after) {
            fault->after--;
            continue;
        }
        struct fault met = copy_fault(fault);
        if (--fault->times == 0) {
            fault_release(fault);
            memmove(fault, fault + 1, (list->count - i - 1) * sizeof(*fault));
            list->count--;
        }
        return met;
    }
    return (struct fault){0};
}
