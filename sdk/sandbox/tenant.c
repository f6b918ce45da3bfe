/* SPDX-License-Identifier: Apache-2.0 */
#include "tenant.h"
#include "job.h"
#include "moment.h"
#include "token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set_limits(struct tenant *tenant)
{
    struct bucket *families = tenant->families;
    switch (tenant->settings->auth0_plan) {
    case AUTH0_OFF:
        break;
    case AUTH0_FREE:
        tenant->overall = bucket_make(2, 2);
        families[AUTH0_LOGIN] = bucket_make(30, 30);
        break;
    case AUTH0_ESSENTIALS:
        families[AUTH0_READ_USERS] = bucket_make(40, 500.0 / 60);
        families[AUTH0_WRITE_USERS] = bucket_make(20, 200.0 / 60);
        families[AUTH0_READ_LOGS] = bucket_make(10, 100.0 / 60);
        families[AUTH0_OTHER] = bucket_make(10, 150.0 / 60);
        families[AUTH0_LOGIN] = bucket_make(25, 25);
        break;
    case AUTH0_ENTERPRISE:
        tenant->overall = bucket_make(50, 16);
        families[AUTH0_LOGIN] = bucket_make(100, 100);
        break;
    }
}

struct tenant *tenant_create(const struct settings *settings)
{
    struct tenant *tenant = mem_alloc(sizeof(*tenant));
    tenant->settings = settings;
    tenant->client_secret = mem_copy_text(settings->client_secret);
    tenant->seed = (uint64_t)settings->seed;
    tenant->generated = (uint64_t)settings->users;
    tenant->changed = mem_alloc(tenant->generated / 8 + 1);
    tenant->secrets = settings->plant_secrets || token_has_scope(tenant, "read:user_idp_tokens");
    set_limits(tenant);
    return tenant;
}

struct tenant *tenant_release(struct tenant *tenant)
{
    if (!tenant) {
        return NULL;
    }
    for (size_t i = 0; i < tenant->change_count; i++) {
        free(tenant->changes[i].user_id);
        json_decref(tenant->changes[i].now);
        json_decref(tenant->changes[i].before);
    }
    for (size_t i = 0; i < TENANT_TOKENS; i++) {
        free(tenant->tokens[i].text);
    }
    for (size_t i = 0; i < TENANT_LINKS; i++) {
        job_drop(tenant->links[i].job);
    }
    for (size_t i = 0; i < TENANT_JOBS; i++) {
        job_drop(tenant->jobs[i]);
    }
    keymap_free(&tenant->changes_by_id);
    keymap_free(&tenant->changes_by_slot);
    free(tenant->changes);
    free(tenant->changed);
    free(tenant->added);
    free(tenant->client_secret);
    free(tenant);
    return NULL;
}

uint64_t tenant_count_slots(const struct tenant *tenant)
{
    return tenant->generated + tenant->added_count;
}

uint64_t tenant_count_users(const struct tenant *tenant)
{
    return tenant_count_slots(tenant) - tenant->deleted_count;
}

static bool same_id(const void *context, uint32_t value, const char *key)
{
    const struct tenant *tenant = context;
    return strcmp(tenant->changes[value].user_id, key) == 0;
}

static void name_slot(uint64_t slot, char key[24])
{
    snprintf(key, 24, "%llu", (unsigned long long)slot);
}

static bool same_slot(const void *context, uint32_t value, const char *key)
{
    const struct tenant *tenant = context;
    return tenant->changes[value].slot == strtoull(key, NULL, 10);
}

static struct change *change_at_slot(const struct tenant *tenant, uint64_t slot)
{
    if (slot >= tenant->generated) {
        return &tenant->changes[tenant->added[slot - tenant->generated]];
    }
    if (!(tenant->changed[slot / 8] >> (slot % 8) & 1)) {
        return NULL;
    }
    char key[24];
    name_slot(slot, key);
    return &tenant->changes[keymap_find(&tenant->changes_by_slot, key, same_slot, tenant)];
}

static bool view_change(const struct change *change, bool searching, struct user_view *ret_view)
{
    *ret_view = (struct user_view){.index = change->slot, .object = change->now};
    if (searching && moment_now() < change->visible_ms) {
        ret_view->object = change->before;
        ret_view->generated = change->before_kind == BEFORE_GENERATED;
    }
    return ret_view->object || ret_view->generated;
}

bool tenant_get_slot(const struct tenant *tenant, uint64_t slot, bool searching,
                     struct user_view *ret_view)
{
    const struct change *change = change_at_slot(tenant, slot);
    if (change) {
        return view_change(change, searching, ret_view);
    }
    *ret_view = (struct user_view){.generated = true, .index = slot};
    return true;
}

static struct change *find_change(const struct tenant *tenant, const char *user_id)
{
    uint32_t found = keymap_find(&tenant->changes_by_id, user_id, same_id, tenant);
    return found == KEYMAP_NONE ? NULL : &tenant->changes[found];
}

bool tenant_find_user(const struct tenant *tenant, const char *user_id, struct user_view *ret_view)
{
    const struct change *change = find_change(tenant, user_id);
    uint64_t index;
    if (change) {
        return view_change(change, false, ret_view);
    }
    if (!user_find_index(tenant->seed, tenant->generated, user_id, &index)) {
        return false;
    }
    *ret_view = (struct user_view){.generated = true, .index = index};
    return true;
}

json_t *tenant_view_object(const struct tenant *tenant, const struct user_view *view)
{
    if (view->object) {
        return json_deep_copy(view->object);
    }
    struct user user;
    BUFFER_AUTO text = {0};
    user_generate(tenant->seed, view->index, &user);
    user_write_json(&user, tenant->secrets, &text);
    return json_loadb(text.data, text.used, 0, NULL);
}

void tenant_write_view(const struct tenant *tenant, const struct user_view *view,
                       struct buffer *buffer)
{
    if (view->generated) {
        struct user user;
        user_generate(tenant->seed, view->index, &user);
        user_write_json(&user, tenant->secrets, buffer);
    } else {
        buffer_add_json(buffer, view->object);
    }
}

/* The change of a user who has none yet; it starts as what he is now. */
static struct change *add_change(struct tenant *tenant, const char *user_id)
{
    size_t at = tenant->change_count++;
    uint64_t slot;
    tenant->changes = mem_resize(tenant->changes, tenant->change_count, sizeof(struct change));
    struct change *change = &tenant->changes[at];
    *change = (struct change){.user_id = mem_copy_text(user_id)};
    keymap_add(&tenant->changes_by_id, user_id, (uint32_t)at);
    if (user_find_index(tenant->seed, tenant->generated, user_id, &slot)) {
        char key[24];
        name_slot(slot, key);
        struct user_view view = {.generated = true, .index = slot};
        change->now = tenant_view_object(tenant, &view);
        change->before_kind = BEFORE_GENERATED;
        tenant->changed[slot / 8] |= (uint8_t)(1U << (slot % 8));
        keymap_add(&tenant->changes_by_slot, key, (uint32_t)at);
    } else {
        slot = tenant->generated + tenant->added_count++;
        tenant->added = mem_resize(tenant->added, tenant->added_count, sizeof(uint32_t));
        tenant->added[tenant->added_count - 1] = (uint32_t)at;
        tenant->deleted_count++; /* until put_change() gives him data */
        change->before_kind = BEFORE_ABSENT;
    }
    change->slot = slot;
    return change;
}

/* Replaces what a user is; takes over `now`. A change still unseen keeps its older "before". */
static void put_change(struct tenant *tenant, struct change *change, json_t *now, bool settled)
{
    int64_t at_ms = moment_now();
    if (at_ms >= change->visible_ms) {
        if (change->visible_ms) {
            json_decref(change->before);
            change->before = json_incref(change->now);
            change->before_kind = change->now ? BEFORE_OBJECT : BEFORE_ABSENT;
        }
        change->visible_ms = settled ? at_ms : at_ms + tenant->settings->search_delay_ms;
    }
    tenant->deleted_count += (size_t)(now == NULL);
    tenant->deleted_count -= (size_t)(change->now == NULL);
    json_decref(change->now);
    change->now = now;
}

static void set_moment(json_t *user, const char *name, int64_t ms)
{
    char text[MOMENT_SIZE];
    moment_format(ms, text);
    json_object_set_new(user, name, json_string(text));
}

static json_t *make_user(const char *user_id)
{
    json_t *user = json_pack("{s:s}", "user_id", user_id);
    const char *bar = strchr(user_id, '|');
    set_moment(user, "created_at", moment_now());
    if (bar) {
        bool own = strncmp(user_id, "auth0|", 6) == 0;
        json_t *provider = json_stringn(user_id, (size_t)(bar - user_id));
        json_t *connection =
            own ? json_string("Username-Password-Authentication") : json_incref(provider);
        json_object_set_new(user, "identities",
                            json_pack("[{s:o, s:s, s:o, s:b}]", "connection", connection, "user_id",
                                      bar + 1, "provider", provider, "isSocial", !own));
    }
    return user;
}

static void strip_secrets(json_t *user)
{
    json_t *identities = json_deep_copy(json_object_get(user, "identities"));
    json_t *identity;
    size_t i;
    json_array_foreach(identities, i, identity)
    {
        json_object_del(identity, "access_token");
        json_object_del(identity, "access_token_secret");
        json_object_del(identity, "refresh_token");
    }
    if (identities) {
        json_object_set_new(user, "identities", identities);
    }
}

static void merge(json_t *user, const json_t *patch)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)patch, name, value)
    {
        if (json_is_null(value)) {
            json_object_del(user, name);
        } else {
            json_object_set(user, name, value);
        }
    }
}

bool tenant_put_user(struct tenant *tenant, json_t *patch, bool settled, const char **ret_reason)
{
    const char *user_id = json_string_value(json_object_get(patch, "user_id"));
    if (!user_id || !*user_id) {
        *ret_reason = "a user is a JSON object with a user_id";
        return false;
    }
    struct change *change = find_change(tenant, user_id);
    if (!change) {
        change = add_change(tenant, user_id);
    }
    json_t *user = change->now ? json_deep_copy(change->now) : make_user(user_id);
    set_moment(user, "updated_at", moment_now());
    merge(user, patch);
    if (!tenant->secrets) {
        strip_secrets(user);
    }
    put_change(tenant, change, user, settled);
    return true;
}

bool tenant_delete_user(struct tenant *tenant, const char *user_id)
{
    struct user_view view;
    if (!tenant_find_user(tenant, user_id, &view)) {
        return false;
    }
    struct change *change = find_change(tenant, user_id);
    put_change(tenant, change ? change : add_change(tenant, user_id), NULL, false);
    return true;
}

bool tenant_load_file(struct tenant *tenant, const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file) {
        fprintf(stderr, "tajo-sandbox: cannot read --load %s: %m\n", path);
        return false;
    }
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    bool good = true;
    for (unsigned number = 1; good && (length = getline(&line, &size, file)) >= 0; number++) {
        json_error_t error;
        SANDBOX_JSON json_t *user = json_loadb(line, (size_t)length, 0, &error);
        const char *reason = error.text;
        if (line[strspn(line, " \t\r\n")] == '\0') {
            continue;
        }
        good = user && tenant_put_user(tenant, user, true, &reason);
        if (!good) {
            fprintf(stderr, "tajo-sandbox: %s:%u: %s; one user object a line is needed\n", path,
                    number, reason);
        }
    }
    free(line);
    fclose(file);
    return good;
}
