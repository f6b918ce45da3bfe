/* SPDX-License-Identifier: Apache-2.0
 *
 * The C descriptor as a JSON document. Keys are the names of the struct members; size, reserved
 * and counts are left out; a table is an array of objects:
 *
 *   {"abi_major":0, "abi_minor_built":1, "abi_minor_needed":1, "capabilities":15,
 *    "platform":"auth0", "source":"users", "version":"1.0.0", "summary":"...",
 *    "licence":"Apache-2.0", "vendor_url":"https://...",
 *    "auth":{"kind":1, "base_url":"https://${domain}", "token_path":"/oauth/token", "header":"",
 *            "header_value":"", "settings":[{... as options ...}]},
 *    "ops":{"create":true, "destroy":true, "check":true, "run":true, "receive":false},
 *    "options":[{"type":2, "flags":0, "min":1, "max":100, "name":"page_size", "def":"100",
 *                "choices":"", "help":"..."}],
 *    "rates":[{"requests":500, "period_seconds":60, "burst":40, "preset":"essentials",
 *              "rate_class":"users_read"}],
 *    "permissions":[{"required":1, "name":"read:users", "purpose":"...", "mend":"..."}],
 *    "fields":[{"type":1, "role":1, "path":"email", "attribute":"EMAIL", "meaning":"..."}],
 *    "lists":[{"kind":1, "name":"verified_users", "field":"email_verified", "help":"..."}],
 *    "events":[{"type":"ss", "category":"...", "meaning":"...", "event":"user_signup"}],
 *    "webhooks":[{"max_body":1048576, "name":"logs", "help":"..."}],
 *    "metrics":[{"name":"active_users", "unit":"users", "help":"..."}]}
 *
 * What has to hold of the values is base/descriptor.c's to say. Here is checked what only shows in
 * C: sizes, pointers, counts, and that texts are text.
 */
#include "base/descriptor.h"
#include "base/json.h"
#include "base/utf8.h"
#include "worker/internal.h"

#include <stdalign.h>
#include <string.h>

enum kind { KIND_TEXT, KIND_U32, KIND_I64 };

struct member {
    const char *name;
    enum kind kind;
    size_t offset;
};

#define T(member) {#member, KIND_TEXT, offsetof(struct THE_STRUCT, member)},
#define U(member) {#member, KIND_U32, offsetof(struct THE_STRUCT, member)},
#define I(member) {#member, KIND_I64, offsetof(struct THE_STRUCT, member)},
#define END                                                                                        \
    {                                                                                              \
        NULL, KIND_TEXT, 0                                                                         \
    }

#define THE_STRUCT tajo_descriptor
static const struct member top_members[] = {DESCRIPTOR_TOP(T, U, I) END};
#undef THE_STRUCT
#define THE_STRUCT tajo_auth
static const struct member auth_members[] = {DESCRIPTOR_AUTH(T, U, I) END};
#undef THE_STRUCT
#define THE_STRUCT tajo_option
static const struct member option_members[] = {DESCRIPTOR_OPTION(T, U, I) END};
#undef THE_STRUCT
#define THE_STRUCT tajo_rate
static const struct member rate_members[] = {DESCRIPTOR_RATE(T, U, I) END};
#undef THE_STRUCT
#define THE_STRUCT tajo_permission
static const struct member permission_members[] = {DESCRIPTOR_PERMISSION(T, U, I) END};
#undef THE_STRUCT
#define THE_STRUCT tajo_field
static const struct member field_members[] = {DESCRIPTOR_FIELD(T, U, I) END};
#undef THE_STRUCT
#define THE_STRUCT tajo_list
static const struct member list_members[] = {DESCRIPTOR_LIST(T, U, I) END};
#undef THE_STRUCT
#define THE_STRUCT tajo_event_type
static const struct member event_members[] = {DESCRIPTOR_EVENT(T, U, I) END};
#undef THE_STRUCT
#define THE_STRUCT tajo_webhook
static const struct member webhook_members[] = {DESCRIPTOR_WEBHOOK(T, U, I) END};
#undef THE_STRUCT
#define THE_STRUCT tajo_metric
static const struct member metric_members[] = {DESCRIPTOR_METRIC(T, U, I) END};
#undef THE_STRUCT

/* Room for a copy of any entry. */
union entry {
    struct tajo_option option;
    struct tajo_rate rate;
    struct tajo_permission permission;
    struct tajo_field field;
    struct tajo_list list;
    struct tajo_event_type event;
    struct tajo_webhook webhook;
    struct tajo_metric metric;
};

struct table {
    const char *name;
    const struct member *members;
    size_t size;     /* of an entry here */
    size_t min_size; /* that version 0.1 had */
};

static const struct table option_table = {"options", option_members, sizeof(struct tajo_option),
                                          SIZE_WITH(struct tajo_option, help)};

struct work {
    size_t text_bytes; /* of all texts so far */
    struct err_info *e;
};

static int add_text(struct work *w, json_t *to, const char *place, const char *key,
                    struct tajo_str text)
{
    if (text.data == NULL && text.len > 0)
        return err_set(w->e, ERR_BUG, NULL, NULL, "%s: %s is NULL, but has a length", place, key);
    if (text.len > DESCRIPTOR_MAX_TEXT)
        return err_set(w->e, ERR_BUG, NULL, NULL, "%s: %s has %zu bytes, more than %u", place, key,
                       text.len, DESCRIPTOR_MAX_TEXT);
    if (!utf8_valid(text.data, text.len))
        return err_set(w->e, ERR_BUG, NULL, NULL, "%s: %s is not UTF-8 without NUL", place, key);
    w->text_bytes += text.len;
    if (w->text_bytes > DESCRIPTOR_MAX_TEXTS)
        return err_set(w->e, ERR_BUG, NULL, NULL, "%s: all texts together have more than %u bytes",
                       place, DESCRIPTOR_MAX_TEXTS);
    json_object_set_new(to, key, json_stringn(text.len > 0 ? text.data : "", text.len));
    return 0;
}

static int add_members(struct work *w, json_t *to, const char *place, const struct member *members,
                       const void *from)
{
    for (; members->name != NULL; members++) {
        const char *at = (const char *)from + members->offset;
        struct tajo_str text;
        uint32_t u32 = 0;
        int64_t i64 = 0;
        int r = 0;
        switch (members->kind) {
        case KIND_TEXT:
            memcpy(&text, at, sizeof(text));
            r = add_text(w, to, place, members->name, text);
            break;
        case KIND_U32:
            memcpy(&u32, at, sizeof(u32));
            json_object_set_new(to, members->name, json_integer(u32));
            break;
        case KIND_I64:
            memcpy(&i64, at, sizeof(i64));
            json_object_set_new(to, members->name, json_integer(i64));
            break;
        }
        if (r < 0)
            return r;
    }
    return 0;
}

/* entries is one of the descriptor's `const struct x *const *`; all pointers to structs look the
 * same in memory. */
static int add_table(struct work *w, json_t *to, const char *name, const struct table *table,
                     const void *entries, uint32_t count)
{
    json_t *array = json_array();
    json_object_set_new(to, name, array);
    if (count > DESCRIPTOR_MAX_ENTRIES)
        return err_set(w->e, ERR_BUG, NULL, NULL, "%s: %u entries, more than %u", name, count,
                       DESCRIPTOR_MAX_ENTRIES);
    if (entries == NULL && count > 0)
        return err_set(w->e, ERR_BUG, NULL, NULL, "%s: NULL, but has a count", name);
    for (uint32_t i = 0; i < count; i++) {
        const void *from = NULL;
        union entry copy;
        char place[64];
        snprintf(place, sizeof(place), "%s[%u]", name, i);
        memcpy(&from, (const char *)entries + i * sizeof(from), sizeof(from));
        if (struct_take(&copy, table->size, table->min_size, from) != 0)
            return err_set(w->e, ERR_BUG, NULL, NULL, "%s: NULL, or its size is not plausible",
                           place);
        json_t *object = json_object();
        json_array_append_new(array, object);
        int r = add_members(w, object, place, table->members, &copy);
        if (r < 0)
            return r;
    }
    return 0;
}

static int add_auth(struct work *w, json_t *to, const struct tajo_auth *auth)
{
    json_t *object = json_object();
    json_object_set_new(to, "auth", object);
    int r = add_members(w, object, "auth", auth_members, auth);
    return r < 0 ? r
                 : add_table(w, object, "settings", &option_table, auth->settings,
                             auth->setting_count);
}

static void add_ops(json_t *to, const struct tajo_ops *ops)
{
    json_object_set_new(to, "ops",
                        json_pack("{s:b,s:b,s:b,s:b,s:b}", "create", ops->create != NULL, "destroy",
                                  ops->destroy != NULL, "check", ops->check != NULL, "run",
                                  ops->run != NULL, "receive", ops->receive != NULL));
}

/* A table of the descriptor, where it begins and how long it says it is. */
struct listed {
    struct table table;
    const void *entries;
    uint32_t count;
};

static int add_listed(struct work *w, json_t *to, const struct listed *tables, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int r = add_table(w, to, tables[i].table.name, &tables[i].table, tables[i].entries,
                          tables[i].count);
        if (r < 0)
            return r;
    }
    return 0;
}

static int add_tables(struct work *w, json_t *to, const struct tajo_descriptor *d)
{
    const struct listed tables[] = {
        {option_table, d->options, d->option_count},
        {{"rates", rate_members, sizeof(struct tajo_rate), SIZE_WITH(struct tajo_rate, rate_class)},
         d->rates,
         d->rate_count},
        {{"permissions", permission_members, sizeof(struct tajo_permission),
          SIZE_WITH(struct tajo_permission, mend)},
         d->permissions,
         d->permission_count},
        {{"fields", field_members, sizeof(struct tajo_field),
          SIZE_WITH(struct tajo_field, meaning)},
         d->fields,
         d->field_count},
        {{"lists", list_members, sizeof(struct tajo_list), SIZE_WITH(struct tajo_list, help)},
         d->lists,
         d->list_count},
        {{"events", event_members, sizeof(struct tajo_event_type),
          SIZE_WITH(struct tajo_event_type, event)},
         d->events,
         d->event_count},
        {{"webhooks", webhook_members, sizeof(struct tajo_webhook),
          SIZE_WITH(struct tajo_webhook, help)},
         d->webhooks,
         d->webhook_count},
        {{"metrics", metric_members, sizeof(struct tajo_metric),
          SIZE_WITH(struct tajo_metric, help)},
         d->metrics,
         d->metric_count},
    };
    return add_listed(w, to, tables, sizeof(tables) / sizeof(tables[0]));
}

int describe_plugin(const struct loaded *loaded, json_t **ret, struct err_info *e)
{
    _cleanup_json_ json_t *document = json_object();
    struct work w = {.e = e};
    int r = add_members(&w, document, "descriptor", top_members, &loaded->descriptor);
    if (r == 0)
        r = add_auth(&w, document, &loaded->auth);
    if (r == 0)
        r = add_tables(&w, document, &loaded->descriptor);
    if (r < 0)
        return r;
    add_ops(document, &loaded->ops);
    *ret = take_ptr(document);
    return 0;
}
