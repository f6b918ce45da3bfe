/* SPDX-License-Identifier: Apache-2.0 */
#include "base/descriptor_rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int descriptor_parse_integer(const char *text, size_t len, int64_t *ret)
{
    char copy[24];
    char *end = NULL;
    size_t sign = len > 0 && text[0] == '-' ? 1 : 0;
    if (len <= sign || len >= sizeof(copy))
        return 0;
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (strspn(copy + sign, RULE_DIGIT) != len - sign)
        return 0;
    errno = 0;
    long long value = strtoll(copy, &end, 10);
    if (errno != 0)
        return 0;
    *ret = value;
    return 1;
}

int descriptor_parse_boolean(const char *text, size_t len, int32_t *ret)
{
    int yes = len == 4 && memcmp(text, "true", 4) == 0;
    if (!yes && (len != 5 || memcmp(text, "false", 5) != 0))
        return 0;
    *ret = yes;
    return 1;
}

int descriptor_next_reference(struct tajo_str text, size_t *at, size_t *ret_start,
                              struct tajo_str *ret_name)
{
    for (size_t i = *at; i + 1 < text.len; i++) {
        if (text.data[i] != '$' || text.data[i + 1] != '{')
            continue;
        const char *name = text.data + i + 2;
        const char *end = memchr(name, '}', text.len - i - 2);
        if (end == NULL)
            return -1;
        *ret_start = i;
        *ret_name = (struct tajo_str){name, (size_t)(end - name)};
        *at = (size_t)(end - text.data) + 1;
        return 1;
    }
    return 0;
}

/* ---- one option ------------------------------------------------------------------------------ */

/* Is the text one of the words of "a|b|c"? */
static int is_choice(const char *choices, const char *text)
{
    size_t len = strlen(text);
    for (;;) {
        size_t word = strcspn(choices, "|");
        if (word == len && memcmp(choices, text, len) == 0)
            return 1;
        if (choices[word] == '\0')
            return 0;
        choices += word + 1;
    }
}

static int choices_well_formed(const char *choices)
{
    for (;;) {
        size_t word = strcspn(choices, "|");
        if (word == 0)
            return 0;
        if (choices[word] == '\0')
            return 1;
        choices += word + 1;
    }
}

static int in_range(const json_t *option, int64_t value)
{
    int64_t min = rule_number(option, "min");
    int64_t max = rule_number(option, "max");
    return (min == 0 && max == 0) || (value >= min && value <= max);
}

static int default_fits(const json_t *option, int is_setting)
{
    const char *def = rule_text(option, "def");
    int64_t number = 0;
    int32_t truth = 0;
    if (def[0] == '\0' || (is_setting && strstr(def, "${") != NULL))
        return 1;
    switch (rule_number(option, "type")) {
    case TAJO_TYPE_INTEGER:
        return descriptor_parse_integer(def, strlen(def), &number) && in_range(option, number);
    case TAJO_TYPE_BOOLEAN:
        return descriptor_parse_boolean(def, strlen(def), &truth);
    case TAJO_TYPE_CHOICE:
        return is_choice(rule_text(option, "choices"), def);
    default:
        return in_range(option, (int64_t)strlen(def));
    }
}

static int check_range(const json_t *option, const char *table, long i, struct err_info *e)
{
    const char *name = rule_text(option, "name");
    int64_t type = rule_number(option, "type");
    int64_t min = rule_number(option, "min");
    int64_t max = rule_number(option, "max");
    if (min > max)
        return rule_refuse(e, table, i, name, "its range is empty: min is above max");
    if (min == 0 && max == 0)
        return 0;
    if (type != TAJO_TYPE_INTEGER && type != TAJO_TYPE_STRING)
        return rule_refuse(e, table, i, name, "only INTEGER and STRING have a range");
    if (type == TAJO_TYPE_STRING && min < 0)
        return rule_refuse(e, table, i, name, "a length below 0");
    return 0;
}

static int check_option(const json_t *option, const char *table, long i, int is_setting,
                        struct err_info *e)
{
    const char *name = rule_text(option, "name");
    const char *choices = rule_text(option, "choices");
    int64_t type = rule_number(option, "type");
    int64_t flags = rule_number(option, "flags");
    if (!rule_word(name, RULE_LOWER, RULE_DIGIT "_", 32))
        return rule_refuse(e, table, i, NULL, "its name is not of the form [a-z][a-z0-9_]{0,31}");
    if (type < TAJO_TYPE_STRING || type > TAJO_TYPE_CHOICE)
        return rule_refuse(e, table, i, name, "%lld is no type of an option", (long long)type);
    if (flags > (TAJO_OPTION_REQUIRED | TAJO_OPTION_SECRET))
        return rule_refuse(e, table, i, name, "unknown flags");
    if ((flags & TAJO_OPTION_SECRET) != 0 &&
        (type != TAJO_TYPE_STRING || rule_text(option, "def")[0] != '\0'))
        return rule_refuse(e, table, i, name, "a secret is a STRING without default");
    if (type == TAJO_TYPE_CHOICE ? !choices_well_formed(choices) : choices[0] != '\0')
        return rule_refuse(e, table, i, name,
                           type == TAJO_TYPE_CHOICE ? "its choices are not words parted by |"
                                                    : "only a CHOICE has choices");
    int r = check_range(option, table, i, e);
    if (r == 0 && !default_fits(option, is_setting))
        r = rule_refuse(e, table, i, name,
                        "its default is not of its type, or outside its range or choices");
    return r;
}

static int check_options(const json_t *options, const char *table, int is_setting,
                         struct err_info *e)
{
    for (size_t i = 0; i < json_array_size(options); i++) {
        int r = check_option(json_array_get(options, i), table, (long)i, is_setting, e);
        if (r < 0)
            return r;
    }
    return rule_unique(options, table, "name", e);
}

/* Index in the table, or -1. */
static long find_option(const json_t *options, struct tajo_str name)
{
    for (size_t i = 0; i < json_array_size(options); i++) {
        const char *other = rule_text(json_array_get(options, i), "name");
        if (strlen(other) == name.len && memcmp(other, name.data, name.len) == 0)
            return (long)i;
    }
    return -1;
}

int rule_options(const json_t *document, struct err_info *e)
{
    const json_t *options = json_object_get(document, "options");
    const json_t *settings = json_object_get(json_object_get(document, "auth"), "settings");
    int r = check_options(options, "options", 0, e);
    for (size_t i = 0; r == 0 && i < json_array_size(options); i++) {
        const char *name = rule_text(json_array_get(options, i), "name");
        struct tajo_str text = {name, strlen(name)};
        if (find_option(settings, text) >= 0)
            r = rule_refuse(e, "options", (long)i, name, "a setting has the same name");
    }
    return r;
}

/* ---- settings and what refers to them -------------------------------------------------------- */

/* Every ${name} of the text is a setting, and no secret unless they are allowed. *ret_uses gets a
 * bit for each setting that is named. */
static int check_references(const json_t *settings, const char *value, const char *place,
                            int secrets_allowed, uint32_t *ret_uses, struct err_info *e)
{
    struct tajo_str text = {value, strlen(value)};
    struct tajo_str name = {NULL, 0};
    size_t at = 0;
    size_t start = 0;
    int found = 0;
    *ret_uses = 0;
    while ((found = descriptor_next_reference(text, &at, &start, &name)) > 0) {
        long i = find_option(settings, name);
        if (i < 0)
            return rule_refuse(e, place, -1, NULL, "${%.*s} is not among the settings",
                               (int)(name.len < 64 ? name.len : 64), name.data);
        int64_t flags = rule_number(json_array_get(settings, (size_t)i), "flags");
        if (!secrets_allowed && (flags & TAJO_OPTION_SECRET) != 0)
            return rule_refuse(e, place, -1, NULL, "${%.*s} is a secret", (int)name.len, name.data);
        *ret_uses |= (uint32_t)1 << i;
    }
    return found < 0 ? rule_refuse(e, place, -1, NULL, "a ${ without }") : 0;
}

/* No default needs itself, be it by way of others. */
static int check_setting_defaults(const json_t *settings, struct err_info *e)
{
    uint32_t uses[DESCRIPTOR_MAX_SETTINGS] = {0};
    size_t count = json_array_size(settings);
    for (size_t i = 0; i < count; i++) {
        const json_t *setting = json_array_get(settings, i);
        int r = check_references(settings, rule_text(setting, "def"), rule_text(setting, "name"), 0,
                                 &uses[i], e);
        if (r < 0)
            return r;
    }
    for (size_t round = 0; round < count; round++)
        for (size_t i = 0; i < count; i++)
            for (size_t j = 0; j < count; j++)
                if ((uses[i] >> j & 1) != 0)
                    uses[i] |= uses[j];
    for (size_t i = 0; i < count; i++)
        if ((uses[i] >> i & 1) != 0)
            return rule_refuse(e, "settings", (long)i,
                               rule_text(json_array_get(settings, i), "name"),
                               "its default needs itself");
    return 0;
}

static int check_client_credentials(const json_t *auth, struct err_info *e)
{
    static const char *const needed[] = {"client_id", "client_secret"};
    const json_t *settings = json_object_get(auth, "settings");
    for (size_t i = 0; i < 2; i++) {
        long at = find_option(settings, (struct tajo_str){needed[i], strlen(needed[i])});
        if (at < 0)
            return rule_refuse(e, "auth", -1, NULL, "CLIENT_CREDENTIALS needs a setting %s",
                               needed[i]);
        int64_t flags = rule_number(json_array_get(settings, (size_t)at), "flags");
        if (i == 1 && (flags & TAJO_OPTION_SECRET) == 0)
            return rule_refuse(e, "settings", at, needed[i], "not marked as a secret");
    }
    if (rule_text(auth, "token_path")[0] != '/')
        return rule_refuse(e, "auth", -1, NULL,
                           "CLIENT_CREDENTIALS needs a token_path that starts with /");
    return 0;
}

static int check_header(const json_t *auth, struct err_info *e)
{
    if (!rule_word(rule_text(auth, "header"), RULE_LOWER RULE_UPPER RULE_DIGIT, "-_", 64))
        return rule_refuse(e, "auth", -1, NULL, "HEADER needs the name of a header");
    if (rule_text(auth, "header_value")[0] == '\0')
        return rule_refuse(e, "auth", -1, NULL, "HEADER needs a header_value");
    return 0;
}

int rule_auth(const json_t *document, struct err_info *e)
{
    const json_t *auth = json_object_get(document, "auth");
    const json_t *settings = json_object_get(auth, "settings");
    int64_t kind = rule_number(auth, "kind");
    uint32_t uses = 0;
    int r = check_options(settings, "settings", 1, e);
    if (r == 0)
        r = check_setting_defaults(settings, e);
    if (r == 0)
        r = check_references(settings, rule_text(auth, "base_url"), "base_url", 0, &uses, e);
    if (r == 0)
        r = check_references(settings, rule_text(auth, "header_value"), "header_value", 1, &uses,
                             e);
    if (r < 0)
        return r;
    if (kind > TAJO_AUTH_HEADER)
        return rule_refuse(e, "auth", -1, NULL, "%lld is no kind", (long long)kind);
    if (kind != TAJO_AUTH_NONE && rule_text(auth, "base_url")[0] == '\0')
        return rule_refuse(e, "auth", -1, NULL, "no base_url");
    if (kind == TAJO_AUTH_CLIENT_CREDENTIALS)
        return check_client_credentials(auth, e);
    return kind == TAJO_AUTH_HEADER ? check_header(auth, e) : 0;
}
