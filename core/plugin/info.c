/* SPDX-License-Identifier: Apache-2.0 */
#include "base/descriptor.h"
#include "base/json.h"
#include "base/mem.h"
#include "plugin/plugin_internal.h"

#include <stdlib.h>
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

#define THE_STRUCT plugin_info
static const struct member top_members[] = {DESCRIPTOR_TOP(T, U, I) END};
static const struct member auth_members[] = {
    {"kind", KIND_U32, offsetof(struct plugin_info, auth_kind)},
    {"base_url", KIND_TEXT, offsetof(struct plugin_info, base_url)},
    {"token_path", KIND_TEXT, offsetof(struct plugin_info, token_path)},
    {"header", KIND_TEXT, offsetof(struct plugin_info, auth_header)},
    {"header_value", KIND_TEXT, offsetof(struct plugin_info, auth_header_value)},
    END};
#undef THE_STRUCT
#define THE_STRUCT plugin_option
static const struct member option_members[] = {DESCRIPTOR_OPTION(T, U, I) END};
#undef THE_STRUCT
#define THE_STRUCT plugin_rate
static const struct member rate_members[] = {DESCRIPTOR_RATE(T, U, I) END};
#undef THE_STRUCT
#define THE_STRUCT plugin_permission
static const struct member permission_members[] = {DESCRIPTOR_PERMISSION(T, U, I) END};
#undef THE_STRUCT
#define THE_STRUCT plugin_field
static const struct member field_members[] = {DESCRIPTOR_FIELD(T, U, I) END};
#undef THE_STRUCT
#define THE_STRUCT plugin_list
static const struct member list_members[] = {DESCRIPTOR_LIST(T, U, I) END};
#undef THE_STRUCT

static void fill(void *to, const struct member *members, const json_t *from)
{
    for (; members->name != NULL; members++) {
        char *at = (char *)to + members->offset;
        const json_t *value = json_object_get(from, members->name);
        char *text = NULL;
        uint32_t u32 = (uint32_t)json_integer_value(value);
        int64_t i64 = json_integer_value(value);
        switch (members->kind) {
        case KIND_TEXT:
            text = mem_strdup(json_string_value(value));
            memcpy(at, &text, sizeof(text));
            break;
        case KIND_U32:
            memcpy(at, &u32, sizeof(u32));
            break;
        case KIND_I64:
            memcpy(at, &i64, sizeof(i64));
            break;
        }
    }
}

static void release(const void *from, const struct member *members)
{
    for (; members->name != NULL; members++) {
        char *text = NULL;
        if (members->kind != KIND_TEXT)
            continue;
        memcpy(&text, (const char *)from + members->offset, sizeof(text));
        free(text);
    }
}

static void *fill_table(const json_t *table, const struct member *members, size_t size,
                        size_t *ret_count)
{
    size_t count = json_array_size(table);
    char *entries = mem_array(count, size);
    for (size_t i = 0; i < count; i++)
        fill(entries + i * size, members, json_array_get(table, i));
    *ret_count = count;
    return entries;
}

static void release_table(void *entries, const struct member *members, size_t size, size_t count)
{
    for (size_t i = 0; i < count; i++)
        release((const char *)entries + i * size, members);
    free(entries);
}

static void fill_info(struct plugin_info *info, const json_t *document)
{
    const json_t *auth = json_object_get(document, "auth");
    fill(info, top_members, document);
    fill(info, auth_members, auth);
    info->settings = fill_table(json_object_get(auth, "settings"), option_members,
                                sizeof(*info->settings), &info->setting_count);
    info->options = fill_table(json_object_get(document, "options"), option_members,
                               sizeof(*info->options), &info->option_count);
    info->rates = fill_table(json_object_get(document, "rates"), rate_members, sizeof(*info->rates),
                             &info->rate_count);
    info->permissions = fill_table(json_object_get(document, "permissions"), permission_members,
                                   sizeof(*info->permissions), &info->permission_count);
    info->fields = fill_table(json_object_get(document, "fields"), field_members,
                              sizeof(*info->fields), &info->field_count);
    info->lists = fill_table(json_object_get(document, "lists"), list_members, sizeof(*info->lists),
                             &info->list_count);
}

struct plugin_info *plugin_info_free(struct plugin_info *info)
{
    if (info == NULL)
        return NULL;
    release(info, top_members);
    release(info, auth_members);
    release_table(info->settings, option_members, sizeof(*info->settings), info->setting_count);
    release_table(info->options, option_members, sizeof(*info->options), info->option_count);
    release_table(info->rates, rate_members, sizeof(*info->rates), info->rate_count);
    release_table(info->permissions, permission_members, sizeof(*info->permissions),
                  info->permission_count);
    release_table(info->fields, field_members, sizeof(*info->fields), info->field_count);
    release_table(info->lists, list_members, sizeof(*info->lists), info->list_count);
    json_decref(info->document);
    free(info->path);
    free(info);
    return NULL;
}

static int check_versions(const json_t *document, struct err_info *e)
{
    json_int_t major = json_integer_value(json_object_get(document, "abi_major"));
    json_int_t needed = json_integer_value(json_object_get(document, "abi_minor_needed"));
    if (major == TAJO_ABI_MAJOR && needed <= TAJO_ABI_MINOR)
        return 0;
    return err_set(e, ERR_BUG, NULL, NULL, "it needs plugin ABI %lld.%lld", (long long)major,
                   (long long)needed);
}

int plugin_info_parse(const char *file, const char *json, size_t len, struct plugin_info **ret,
                      struct err_info *e)
{
    _cleanup_json_ json_t *document = NULL;
    int r = json_parse(json, len, FRAME_MAX_PAYLOAD, &document, e);
    if (r == 0)
        r = descriptor_check(document, e);
    if (r == 0)
        r = check_versions(document, e);
    if (r < 0)
        return r;
    struct plugin_info *info = mem_alloc(sizeof(*info));
    info->path = mem_strdup(file);
    fill_info(info, document);
    info->document = take_ptr(document);
    *ret = info;
    return 0;
}
