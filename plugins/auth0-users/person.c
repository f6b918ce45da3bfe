/* SPDX-License-Identifier: Apache-2.0 */
#include "users.h"

#include "auth0/json.h"
#include "auth0/text.h"

#include <ctype.h>

#define REJECTS_LOGGED 20u

json_t *users_person_list_roots(const struct tajo_run_request *request)
{
    json_t *roots = json_object();
    size_t total = users_field_count + request->field_count;
    for (size_t i = 0; i < total; i++) {
        struct tajo_str path =
            i < users_field_count ? users_fields[i]->path : request->fields[i - users_field_count];
        size_t len = 0;
        while (len < path.len && path.data[len] != '.' && path.data[len] != '[')
            len++;
        if (len > 0)
            json_object_setn_new(roots, path.data, len, json_true());
    }
    return roots;
}

void users_person_reject(struct users_run *run, const char *why)
{
    run->malformed++;
    run->complete = false; /* somebody is there who was not emitted: nobody may count as gone */
    if (run->malformed <= REJECTS_LOGGED)
        tajo_log(&run->users->sdk, TAJO_LOG_WARN, "user number %llu of this run is skipped: %s",
                 (unsigned long long)run->read, why);
}

void users_person_reject_damaged(struct users_run *run, const char *why)
{
    run->damaged++;
    users_person_reject(run, why);
}

/* Letters and digits of a key in lower case, so that accessToken and access_token are one. */
static void fold_key(const char *key, char room[32])
{
    size_t n = 0;
    for (; *key != '\0' && n < 31; key++)
        if (isalnum((unsigned char)*key))
            room[n++] = (char)tolower((unsigned char)*key);
    room[n] = '\0';
}

/* Names that are secrets wherever they stand; the bare words only in identities, because an
 * application's metadata may use them for harmless things. */
static bool is_secret(const char *key, bool in_identities)
{
    static const char *const always[] = {
        "accesstoken",      "accesstokensecret", "refreshtoken", "idtoken", "oauthtoken",
        "oauthtokensecret", "clientsecret",      "privatekey",   "apikey",  "otpsecret",
        "totpsecret",       "mfasecret",         "recoverycode",
    };
    static const char *const words[] = {"token",   "tokens",      "secret",
                                        "secrets", "credentials", "authorization"};
    char folded[32];
    fold_key(key, folded);
    if (strncmp(folded, "password", 8) == 0)
        return true;
    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
        if (strcmp(folded, always[i]) == 0)
            return true;
    for (size_t i = 0; in_identities && i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(folded, words[i]) == 0)
            return true;
    return false;
}

static void drop_secrets(json_t *value, bool in_identities)
{
    const char *key;
    size_t index;
    json_t *child;
    void *next;
    if (json_is_object(value)) {
        json_object_foreach_safe(value, next, key, child)
        {
            if (is_secret(key, in_identities))
                json_object_del(value, key);
            else
                drop_secrets(child, in_identities);
        }
    } else if (json_is_array(value)) {
        json_array_foreach(value, index, child) drop_secrets(child, in_identities);
    }
}

/* Keeps the root keys that may leave. null and absent mean the same at Auth0; exports write the
 * one and searches the other, and the record must not differ for it. */
static void project(json_t *user, const json_t *roots)
{
    const char *key;
    json_t *child;
    void *next;
    json_object_foreach_safe(user, next, key, child)
    {
        if (json_is_null(child) || json_object_get(roots, key) == NULL || is_secret(key, false))
            json_object_del(user, key);
        else
            drop_secrets(child, strcmp(key, "identities") == 0);
    }
}

static void insert_sorted(json_t *list, struct tajo_str text)
{
    size_t i = 0;
    if (text.len == 0)
        return;
    for (; i < json_array_size(list); i++) {
        int order = strcmp(json_string_value(json_array_get(list, i)), text.data);
        if (order == 0)
            return;
        if (order > 0)
            break;
    }
    json_array_insert_new(list, i, json_stringn(text.data, text.len));
}

static void derive(json_t *user)
{
    const json_t *identities = json_object_get(user, "identities");
    if (!json_is_array(identities))
        return;
    json_t *providers = json_array(), *connections = json_array();
    const json_t *identity;
    size_t index;
    bool social = false;
    json_array_foreach(identities, index, identity)
    {
        social = social || json_is_true(json_object_get(identity, "isSocial"));
        insert_sorted(providers, auth0_json_get_text(identity, "provider"));
        insert_sorted(connections, auth0_json_get_text(identity, "connection"));
    }
    json_object_set_new(user, "identities.social", json_boolean(social));
    json_object_set_new(user, "identities.providers", providers);
    json_object_set_new(user, "identities.connections", connections);
}

static int32_t emit(struct users_run *run, const json_t *user)
{
    AUTH0_FREE_TEXT char *json = json_dumps(user, JSON_COMPACT);
    if (json == NULL || strlen(json) > USERS_JSON_MAX) {
        users_person_reject(run, json == NULL ? "it cannot be written" : "it is above 1 MiB");
        return TAJO_OK;
    }
    struct tajo_record record = {
        .size = sizeof(record),
        .kind = TAJO_RECORD_PERSON,
        .subject = auth0_json_get_text(user, "user_id"),
        .json = tajo_str_from(json),
    };
    int32_t r = tajo_emit(&run->users->sdk, &record);
    if (r == TAJO_E_DATA) {
        users_person_reject(run, "the host did not take it");
        return TAJO_OK;
    }
    if (r < 0)
        return r;
    run->emitted++;
    run->pending++;
    return TAJO_OK;
}

int32_t users_person_emit(struct users_run *run, json_t *user)
{
    run->read++;
    struct tajo_str id = auth0_json_get_text(user, "user_id");
    if (id.len == 0 || id.len > USERS_SUBJECT_MAX) {
        users_person_reject_damaged(run, "it has no usable user_id");
        return TAJO_OK;
    }
    project(user, run->roots);
    derive(user);
    return emit(run, user);
}
