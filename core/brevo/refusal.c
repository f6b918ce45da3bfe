/* SPDX-License-Identifier: Apache-2.0
 *
 * Brevo's codes and texts for the same refusal have changed several times; what did not change is
 * metadata.duplicate_identifiers, so that decides, and the text only where there is nothing else.
 */
#include "brevo/internal.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const phone_names[] = {"SMS", "WHATSAPP", "LANDLINE_NUMBER"};
#define PHONE_NAMES (sizeof(phone_names) / sizeof(phone_names[0]))

static int names_phone(const char *identifier)
{
    static const char *const words[] = {"sms", "phone", "whatsapp", "landline"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasestr(identifier, words[i]) != NULL)
            return 1;
    }
    return 0;
}

static void read_duplicates(const json_t *json, struct refusal *ret)
{
    const json_t *list =
        json_object_get(json_object_get(json, "metadata"), "duplicate_identifiers");
    size_t index = 0;
    json_t *item = NULL;
    json_array_foreach(list, index, item)
    {
        const char *identifier = json_string_value(item);
        if (identifier == NULL)
            continue;
        if (names_phone(identifier))
            ret->phone = 1;
        else if (strcasestr(identifier, "email") != NULL)
            ret->email_in_use = 1;
    }
}

static void read_texts(const char *code, const char *message, struct refusal *ret)
{
    if (ret->phone || ret->email_in_use)
        return;
    if (strcasestr(message, "invalid phone") != NULL ||
        strcasestr(message, "invalid whatsapp") != NULL ||
        strcasestr(message, "invalid landline") != NULL)
        ret->phone = 1;
    else if (strcasecmp(code, "duplicate_parameter") == 0)
        *(names_phone(message) ? &ret->phone : &ret->email_in_use) = 1;
}

void refusal_read(const struct http_response *response, struct refusal *ret)
{
    memset(ret, 0, sizeof(*ret));
    _cleanup_json_ json_t *json = reply_json(response);
    const char *code = json_string_value(json_object_get(json, "code"));
    const char *message = json_string_value(json_object_get(json, "message"));
    const char *request = http_response_header(response, "sib-request-id");
    if (code != NULL && code[0] != '\0')
        snprintf(ret->code, sizeof(ret->code), "%s", code);
    else
        snprintf(ret->code, sizeof(ret->code), "http_%d", response->status);
    snprintf(ret->detail, sizeof(ret->detail), "Brevo answered %d: %s (sib-request-id %s)",
             response->status, message != NULL ? message : "no message",
             request != NULL ? request : "not given");
    read_duplicates(json, ret);
    read_texts(code != NULL ? code : "", message != NULL ? message : "", ret);
}

int attributes_drop_phones(json_t *attributes)
{
    int dropped = 0;
    for (size_t i = 0; i < PHONE_NAMES; i++)
        dropped |= json_object_del(attributes, phone_names[i]) == 0;
    return dropped;
}
