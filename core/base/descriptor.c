/* SPDX-License-Identifier: Apache-2.0 */
#include "base/descriptor.h"

#include "base/descriptor_rules.h"
#include "base/json.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ALL_CAPABILITIES                                                                           \
    (TAJO_CAN_FULL | TAJO_CAN_INCREMENTAL | TAJO_CAN_SINCE | TAJO_CAN_REFRESH | TAJO_CAN_RECEIVE)
#define MAX_WEBHOOK_BODY (8u * 1024 * 1024)

/* ---- shape ----------------------------------------------------------------------------------- */

enum kind { KIND_TEXT, KIND_U32, KIND_I64 };

struct member {
    const char *name;
    enum kind kind;
};

#define T(name) {#name, KIND_TEXT},
#define U(name) {#name, KIND_U32},
#define I(name) {#name, KIND_I64},
#define END                                                                                        \
    {                                                                                              \
        NULL, KIND_TEXT                                                                            \
    }

static const struct member top_members[] = {DESCRIPTOR_TOP(T, U, I) END};
static const struct member auth_members[] = {DESCRIPTOR_AUTH(T, U, I) END};
static const struct member option_members[] = {DESCRIPTOR_OPTION(T, U, I) END};
static const struct member rate_members[] = {DESCRIPTOR_RATE(T, U, I) END};
static const struct member permission_members[] = {DESCRIPTOR_PERMISSION(T, U, I) END};
static const struct member field_members[] = {DESCRIPTOR_FIELD(T, U, I) END};
static const struct member list_members[] = {DESCRIPTOR_LIST(T, U, I) END};
static const struct member event_members[] = {DESCRIPTOR_EVENT(T, U, I) END};
static const struct member webhook_members[] = {DESCRIPTOR_WEBHOOK(T, U, I) END};
static const struct member metric_members[] = {DESCRIPTOR_METRIC(T, U, I) END};

static const struct {
    const char *name;
    const struct member *members;
} tables[] = {
    {"options", option_members},   {"rates", rate_members},     {"permissions", permission_members},
    {"fields", field_members},     {"lists", list_members},     {"events", event_members},
    {"webhooks", webhook_members}, {"metrics", metric_members},
};

static int member_fits(const json_t *value, enum kind kind)
{
    json_int_t number = json_integer_value(value);
    switch (kind) {
    case KIND_TEXT:
        return json_is_string(value) && json_string_length(value) <= DESCRIPTOR_MAX_TEXT &&
               utf8_valid(json_string_value(value), json_string_length(value));
    case KIND_U32:
        return json_is_integer(value) && number >= 0 && number <= UINT32_MAX;
    default:
        return json_is_integer(value);
    }
}

static int check_members(const json_t *entry, const struct member *members, const char *table,
                         long index, struct err_info *e)
{
    if (!json_is_object(entry))
        return rule_refuse(e, table, index, NULL, "no object");
    for (; members->name != NULL; members++)
        if (!member_fits(json_object_get(entry, members->name), members->kind))
            return rule_refuse(e, table, index, NULL, "%s is missing or has no proper value",
                               members->name);
    return 0;
}

static int check_table(const json_t *owner, const char *name, const struct member *members,
                       size_t max, struct err_info *e)
{
    const json_t *table = json_object_get(owner, name);
    if (!json_is_array(table))
        return rule_refuse(e, name, -1, NULL, "no table");
    if (json_array_size(table) > max)
        return rule_refuse(e, name, -1, NULL, "%zu entries, more than %zu", json_array_size(table),
                           max);
    for (size_t i = 0; i < json_array_size(table); i++) {
        int r = check_members(json_array_get(table, i), members, name, (long)i, e);
        if (r < 0)
            return r;
    }
    return 0;
}

static int check_shape(const json_t *document, struct err_info *e)
{
    const json_t *auth = json_object_get(document, "auth");
    int r = check_members(document, top_members, "descriptor", -1, e);
    if (r == 0)
        r = check_members(auth, auth_members, "auth", -1, e);
    if (r == 0)
        r = check_table(auth, "settings", option_members, DESCRIPTOR_MAX_SETTINGS, e);
    for (size_t i = 0; r == 0 && i < sizeof(tables) / sizeof(tables[0]); i++)
        r = check_table(document, tables[i].name, tables[i].members, DESCRIPTOR_MAX_ENTRIES, e);
    if (r == 0 && !json_is_object(json_object_get(document, "ops")))
        r = rule_refuse(e, "ops", -1, NULL, "no object");
    return r;
}

/* ---- what the rules share -------------------------------------------------------------------- */

const char *rule_text(const json_t *entry, const char *key)
{
    return json_string_value(json_object_get(entry, key));
}

int64_t rule_number(const json_t *entry, const char *key)
{
    return json_integer_value(json_object_get(entry, key));
}

int rule_word(const char *text, const char *first, const char *more, size_t max)
{
    size_t len = strlen(text);
    if (len == 0 || len > max || strchr(first, text[0]) == NULL)
        return 0;
    for (size_t i = 1; i < len; i++)
        if (strchr(first, text[i]) == NULL && strchr(more, text[i]) == NULL)
            return 0;
    return 1;
}

int rule_refuse(struct err_info *e, const char *table, long index, const char *name,
                const char *format, ...)
{
    char place[160];
    char reason[320];
    if (index < 0)
        snprintf(place, sizeof(place), "%s", table);
    else if (name == NULL || name[0] == '\0')
        snprintf(place, sizeof(place), "%s[%ld]", table, index);
    else
        snprintf(place, sizeof(place), "%s[%ld] (%.64s)", table, index, name);
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof(reason), format, args);
    va_end(args);
    return err_set(e, ERR_BUG, NULL, NULL, "%s: %s", place, reason);
}

int rule_unique(const json_t *table, const char *table_name, const char *key, struct err_info *e)
{
    for (size_t i = 0; i < json_array_size(table); i++) {
        const char *name = rule_text(json_array_get(table, i), key);
        for (size_t j = 0; j < i; j++)
            if (strcmp(name, rule_text(json_array_get(table, j), key)) == 0)
                return rule_refuse(e, table_name, (long)i, name, "the same %s as %s[%zu]", key,
                                   table_name, j);
    }
    return 0;
}

/* ---- identity and capabilities --------------------------------------------------------------- */

/* MAJOR.MINOR.PATCH with an optional -pre.release or +build. */
static int is_semver(const char *text)
{
    for (int part = 0; part < 3; part++) {
        size_t digits = strspn(text, RULE_DIGIT);
        if (digits == 0 || digits > 9)
            return 0;
        text += digits;
        if (part < 2 && *text++ != '.')
            return 0;
    }
    return *text == '\0' || ((*text == '-' || *text == '+') &&
                             rule_word(text + 1, RULE_LOWER RULE_UPPER RULE_DIGIT, "-+.", 64));
}

static int check_identity(const json_t *document, struct err_info *e)
{
    static const char *const names[] = {"platform", "source"};
    for (size_t i = 0; i < 2; i++)
        if (!rule_word(rule_text(document, names[i]), RULE_LOWER, RULE_DIGIT, 32))
            return rule_refuse(e, names[i], -1, NULL,
                               "\"%.40s\" is not of the form [a-z][a-z0-9]{0,31}",
                               rule_text(document, names[i]));
    if (!is_semver(rule_text(document, "version")))
        return rule_refuse(e, "version", -1, NULL, "\"%.40s\" is no version such as 1.2.3",
                           rule_text(document, "version"));
    if (rule_text(document, "summary")[0] == '\0')
        return rule_refuse(e, "summary", -1, NULL, "empty");
    return 0;
}

static int has_op(const json_t *document, const char *name)
{
    return json_is_true(json_object_get(json_object_get(document, "ops"), name));
}

static int check_capabilities(const json_t *document, struct err_info *e)
{
    static const char *const required[] = {"create", "destroy", "run"};
    for (size_t i = 0; i < 3; i++)
        if (!has_op(document, required[i]))
            return rule_refuse(e, "ops", -1, NULL, "%s is NULL", required[i]);
    int64_t can = rule_number(document, "capabilities");
    size_t webhooks = json_array_size(json_object_get(document, "webhooks"));
    if (can == 0)
        return rule_refuse(e, "capabilities", -1, NULL, "none: the plugin says it can do nothing");
    if ((can & ~(int64_t)ALL_CAPABILITIES) != 0)
        return rule_refuse(e, "capabilities", -1, NULL, "0x%llx has bits that ABI %u.%u does not",
                           (unsigned long long)can, TAJO_ABI_MAJOR, TAJO_ABI_MINOR);
    if ((can & TAJO_CAN_RECEIVE) != 0 && !has_op(document, "receive"))
        return rule_refuse(e, "capabilities", -1, NULL, "RECEIVE, but ops.receive is NULL");
    if ((can & TAJO_CAN_RECEIVE) != 0 && webhooks == 0)
        return rule_refuse(e, "capabilities", -1, NULL, "RECEIVE, but there are no webhooks");
    if ((can & TAJO_CAN_RECEIVE) == 0 && webhooks > 0)
        return rule_refuse(e, "webhooks", -1, NULL, "declared without the capability RECEIVE");
    return 0;
}

/* ---- tables ---------------------------------------------------------------------------------- */

static int check_rates(const json_t *document, struct err_info *e)
{
    const json_t *rates = json_object_get(document, "rates");
    for (size_t i = 0; i < json_array_size(rates); i++) {
        const json_t *rate = json_array_get(rates, i);
        const char *preset = rule_text(rate, "preset");
        const char *class = rule_text(rate, "rate_class");
        if (!rule_word(preset, RULE_LOWER, RULE_DIGIT "_-", 32))
            return rule_refuse(e, "rates", (long)i, NULL,
                               "its preset is not of the form [a-z][a-z0-9_-]{0,31}");
        if (class[0] != '\0' && !rule_word(class, RULE_LOWER "_", "", 31))
            return rule_refuse(e, "rates", (long)i, preset,
                               "its rate_class is not of the form [a-z_]{0,31}");
        if (rule_number(rate, "requests") == 0 || rule_number(rate, "period_seconds") == 0 ||
            rule_number(rate, "burst") == 0)
            return rule_refuse(e, "rates", (long)i, preset,
                               "requests, period_seconds and burst must all be above 0");
    }
    return 0;
}

static int check_permissions(const json_t *document, struct err_info *e)
{
    const json_t *permissions = json_object_get(document, "permissions");
    for (size_t i = 0; i < json_array_size(permissions); i++) {
        const json_t *permission = json_array_get(permissions, i);
        if (rule_text(permission, "name")[0] == '\0')
            return rule_refuse(e, "permissions", (long)i, NULL, "no name");
        if (rule_number(permission, "required") > 1)
            return rule_refuse(e, "permissions", (long)i, rule_text(permission, "name"),
                               "required is neither 0 nor 1");
    }
    return rule_unique(permissions, "permissions", "name", e);
}

static int check_field(const json_t *field, size_t i, size_t role_seen[], struct err_info *e)
{
    static const int64_t types[] = {
        [TAJO_ROLE_NONE] = 0,
        [TAJO_ROLE_EMAIL] = TAJO_TYPE_STRING,
        [TAJO_ROLE_EMAIL_VERIFIED] = TAJO_TYPE_BOOLEAN,
        [TAJO_ROLE_LAST_LOGIN] = TAJO_TYPE_DATETIME,
        [TAJO_ROLE_CREATED_AT] = TAJO_TYPE_DATETIME,
    };
    const char *path = rule_text(field, "path");
    int64_t type = rule_number(field, "type");
    int64_t role = rule_number(field, "role");
    if (!json_path_valid(path))
        return rule_refuse(e, "fields", (long)i, path, "its path is malformed");
    if (type < TAJO_TYPE_STRING || type > TAJO_TYPE_OBJECT || type == TAJO_TYPE_CHOICE)
        return rule_refuse(e, "fields", (long)i, path, "%lld is no type of a field",
                           (long long)type);
    if (role > TAJO_ROLE_CREATED_AT)
        return rule_refuse(e, "fields", (long)i, path, "%lld is no role", (long long)role);
    if (role == TAJO_ROLE_NONE)
        return 0;
    if (role_seen[role] > 0)
        return rule_refuse(e, "fields", (long)i, path, "the same role as fields[%zu]",
                           role_seen[role] - 1);
    if (type != types[role])
        return rule_refuse(e, "fields", (long)i, path, "its type does not suit its role");
    role_seen[role] = i + 1;
    return 0;
}

static int check_fields(const json_t *document, struct err_info *e)
{
    const json_t *fields = json_object_get(document, "fields");
    size_t role_seen[TAJO_ROLE_CREATED_AT + 1] = {0};
    for (size_t i = 0; i < json_array_size(fields); i++) {
        int r = check_field(json_array_get(fields, i), i, role_seen, e);
        if (r < 0)
            return r;
    }
    return rule_unique(fields, "fields", "path", e);
}

static int check_lists(const json_t *document, struct err_info *e)
{
    const json_t *lists = json_object_get(document, "lists");
    for (size_t i = 0; i < json_array_size(lists); i++) {
        const json_t *list = json_array_get(lists, i);
        const char *name = rule_text(list, "name");
        const char *field = rule_text(list, "field");
        if (!rule_word(name, RULE_LOWER, RULE_DIGIT "_", 32))
            return rule_refuse(e, "lists", (long)i, NULL,
                               "its name is not of the form [a-z][a-z0-9_]{0,31}");
        if (rule_number(list, "kind") > TAJO_LIST_TRUE)
            return rule_refuse(e, "lists", (long)i, name, "%lld is no kind",
                               (long long)rule_number(list, "kind"));
        if (rule_number(list, "kind") == TAJO_LIST_TRUE && !json_path_valid(field))
            return rule_refuse(e, "lists", (long)i, name, "the path of its field is malformed");
        if (rule_number(list, "kind") == TAJO_LIST_EVERYONE && field[0] != '\0')
            return rule_refuse(e, "lists", (long)i, name, "a list of everyone tests no field");
    }
    return rule_unique(lists, "lists", "name", e);
}

static int check_pushes(const json_t *document, struct err_info *e)
{
    const json_t *events = json_object_get(document, "events");
    const json_t *webhooks = json_object_get(document, "webhooks");
    for (size_t i = 0; i < json_array_size(events); i++)
        if (rule_text(json_array_get(events, i), "type")[0] == '\0')
            return rule_refuse(e, "events", (long)i, NULL, "no type");
    for (size_t i = 0; i < json_array_size(webhooks); i++) {
        const json_t *webhook = json_array_get(webhooks, i);
        int64_t max = rule_number(webhook, "max_body");
        if (!rule_word(rule_text(webhook, "name"), RULE_LOWER, RULE_DIGIT "_-", 32))
            return rule_refuse(e, "webhooks", (long)i, NULL,
                               "its name is not of the form [a-z][a-z0-9_-]{0,31}");
        if (max == 0 || max > MAX_WEBHOOK_BODY)
            return rule_refuse(e, "webhooks", (long)i, rule_text(webhook, "name"),
                               "max_body is not within 1..%u", MAX_WEBHOOK_BODY);
    }
    int r = rule_unique(events, "events", "type", e);
    return r < 0 ? r : rule_unique(webhooks, "webhooks", "name", e);
}

static int check_metrics(const json_t *document, struct err_info *e)
{
    const json_t *metrics = json_object_get(document, "metrics");
    for (size_t i = 0; i < json_array_size(metrics); i++)
        if (!rule_word(rule_text(json_array_get(metrics, i), "name"), RULE_LOWER, RULE_DIGIT "_",
                       64))
            return rule_refuse(e, "metrics", (long)i, NULL,
                               "its name is not of the form [a-z][a-z0-9_]{0,63}");
    return rule_unique(metrics, "metrics", "name", e);
}

int descriptor_check(const json_t *document, struct err_info *e)
{
    static int (*const rules[])(const json_t *, struct err_info *) = {
        check_shape,  check_identity, check_capabilities, rule_auth,
        rule_options, check_rates,    check_permissions,  check_fields,
        check_lists,  check_pushes,   check_metrics,
    };
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        int r = rules[i](document, e);
        if (r < 0)
            return r;
    }
    return 0;
}
