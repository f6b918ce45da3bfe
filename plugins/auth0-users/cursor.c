/* SPDX-License-Identifier: Apache-2.0 */
#include "users.h"

#include "auth0/json.h"
#include "auth0/when.h"

#define CURSOR_VERSION 1

void users_cursor_format(int64_t ms, char room[USERS_CURSOR_SIZE])
{
    char when[AUTH0_WHEN_SIZE];
    auth0_when_format_iso(ms, when);
    snprintf(room, USERS_CURSOR_SIZE, "{\"v\":%d,\"updated_at\":\"%s\"}", CURSOR_VERSION, when);
}

bool users_cursor_parse(struct tajo_str text, int64_t *ret_ms)
{
    json_auto_t *root = auth0_json_parse(text);
    return auth0_json_get_integer(root, "v", -1) == CURSOR_VERSION &&
           auth0_when_parse_iso(auth0_json_get_text(root, "updated_at"), ret_ms);
}
