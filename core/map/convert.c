/* SPDX-License-Identifier: Apache-2.0 */
#include "map/convert.h"

#include "base/civil.h"
#include "base/clock.h"
#include "map/phone.h"
#include "tajo/plugin.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define DAY_MS     INT64_C(86400000)
#define FIRST_YEAR 1600 /* of base/civil.h */
#define NUMBER_MAX 40   /* characters of a number as text */

static enum convert_result take(json_t *value, json_t **ret)
{
    if (value == NULL)
        return CONVERT_LOST;
    *ret = value;
    return CONVERT_OK;
}

static int is_empty(const json_t *value)
{
    return value == NULL || json_is_null(value) ||
           (json_is_string(value) && json_string_length(value) == 0) ||
           (json_is_array(value) && json_array_size(value) == 0);
}

/* The text of a string without NUL characters; NULL for anything else. */
static const char *plain_text(const json_t *value)
{
    const char *text = json_string_value(value);
    return text != NULL && strlen(text) == json_string_length(value) ? text : NULL;
}

static const char *number_text(const json_t *value, char buf[NUMBER_MAX])
{
    if (json_is_integer(value))
        snprintf(buf, NUMBER_MAX, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
        snprintf(buf, NUMBER_MAX, "%.15g", json_real_value(value));
    return buf;
}

/* Text of a string, number or boolean; NULL for anything else. */
static const char *scalar_text(const json_t *value, char buf[NUMBER_MAX])
{
    if (json_is_string(value))
        return plain_text(value);
    if (json_is_boolean(value))
        return json_is_true(value) ? "true" : "false";
    return json_is_number(value) ? number_text(value, buf) : NULL;
}

static enum convert_result join_texts(const json_t *array, json_t **ret)
{
    _cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
    size_t i;
    const json_t *item;
    json_array_foreach(array, i, item)
    {
        const char *part = plain_text(item);
        if (part == NULL)
            return CONVERT_LOST;
        if (*part == '\0')
            continue;
        if (text.len > 0)
            strbuf_add_text(&text, ", ");
        strbuf_add_text(&text, part);
    }
    if (text.len == 0)
        return CONVERT_ABSENT;
    return take(json_stringn_nocheck(text.data, text.len), ret);
}

static enum convert_result convert_text(const json_t *value, json_t **ret)
{
    char buf[NUMBER_MAX];
    if (json_is_array(value))
        return join_texts(value, ret);
    const char *text = scalar_text(value, buf);
    return text != NULL ? take(json_string_nocheck(text), ret) : CONVERT_LOST;
}

static enum convert_result convert_date(const json_t *value, json_t **ret)
{
    int64_t ms = 0;
    char buf[48];
    if (!json_is_string(value) ||
        clock_parse_iso(json_string_value(value), json_string_length(value), &ms) < 0)
        return CONVERT_LOST;
    struct civil_date date = civil_from_days((ms >= 0 ? ms : ms - (DAY_MS - 1)) / DAY_MS);
    if (date.year < FIRST_YEAR || date.year > 9999)
        return CONVERT_LOST;
    snprintf(buf, sizeof buf, "%04d-%02d-%02d", date.year, date.month, date.day);
    return take(json_string_nocheck(buf), ret);
}

static enum convert_result convert_float(const json_t *value, json_t **ret)
{
    if (json_is_integer(value))
        return take(json_integer(json_integer_value(value)), ret);
    if (json_is_real(value))
        return take(json_real(json_real_value(value)), ret);
    const char *text = plain_text(value);
    /* strtod also reads "inf", "nan" and hexadecimal, which nobody means by a number. */
    if (text == NULL || text[strspn(text, "0123456789+-.eE")] != '\0')
        return CONVERT_LOST;
    char *end = NULL;
    double number = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(number))
        return CONVERT_LOST;
    return take(json_real(number), ret);
}

int convert_boolean(const json_t *value)
{
    if (json_is_boolean(value))
        return json_is_true(value);
    if (json_is_integer(value)) {
        json_int_t number = json_integer_value(value);
        return number == 0 || number == 1 ? (int)number : -1;
    }
    const char *text = value != NULL ? plain_text(value) : NULL;
    if (text == NULL)
        return -1;
    return strcasecmp(text, "true") == 0 ? 1 : strcasecmp(text, "false") == 0 ? 0 : -1;
}

static const json_t *find_option(const json_t *options, const char *text)
{
    const json_t *exact = json_object_get(options, text);
    if (exact != NULL)
        return exact;
    const char *key;
    json_t *option;
    json_object_foreach((json_t *)(uintptr_t)options, key, option)
    {
        if (strcasecmp(key, text) == 0)
            return option;
    }
    return NULL;
}

static enum convert_result convert_category(const json_t *options, const json_t *value,
                                            json_t **ret)
{
    char buf[NUMBER_MAX];
    const char *text = scalar_text(value, buf);
    const json_t *option = text != NULL ? find_option(options, text) : NULL;
    return option != NULL ? take(json_deep_copy(option), ret) : CONVERT_LOST;
}

static int has_text(const json_t *array, const char *text)
{
    size_t i;
    const json_t *item;
    json_array_foreach(array, i, item)
    {
        if (json_is_string(item) && strcmp(json_string_value(item), text) == 0)
            return 1;
    }
    return 0;
}

static void add_choice(const json_t *options, const json_t *value, json_t *chosen)
{
    const char *text = plain_text(value);
    if (text != NULL && has_text(options, text) && !has_text(chosen, text))
        json_array_append_new(chosen, json_string_nocheck(text));
}

static enum convert_result convert_choices(const json_t *options, const json_t *value, json_t **ret)
{
    _cleanup_json_ json_t *chosen = json_array();
    size_t i;
    const json_t *item;
    add_choice(options, value, chosen);
    json_array_foreach(value, i, item)
    {
        add_choice(options, item, chosen);
    }
    return json_array_size(chosen) > 0 ? take(take_ptr(chosen), ret) : CONVERT_LOST;
}

enum convert_result convert_value(const struct attribute *attribute, const json_t *value,
                                  json_t **ret)
{
    int yes = 0;
    if (is_empty(value))
        return CONVERT_ABSENT;
    switch (attribute->type) {
    case ATTRIBUTE_TEXT:
        return convert_text(value, ret);
    case ATTRIBUTE_DATE:
        return convert_date(value, ret);
    case ATTRIBUTE_FLOAT:
        return convert_float(value, ret);
    case ATTRIBUTE_BOOLEAN:
        yes = convert_boolean(value);
        return yes >= 0 ? take(json_boolean(yes), ret) : CONVERT_LOST;
    case ATTRIBUTE_CATEGORY:
        return convert_category(attribute->options, value, ret);
    case ATTRIBUTE_MULTIPLE_CHOICE:
        return convert_choices(attribute->options, value, ret);
    case ATTRIBUTE_OTHER:
        break;
    }
    return CONVERT_LOST;
}

enum convert_result convert_phone(const char *region, const json_t *value, json_t **ret)
{
    char buf[NUMBER_MAX];
    char number[PHONE_SIZE];
    if (is_empty(value))
        return CONVERT_ABSENT;
    const char *text = json_is_integer(value) ? number_text(value, buf) : plain_text(value);
    if (text == NULL || phone_normalize(text, strlen(text), region, number) < 0)
        return CONVERT_LOST;
    return take(json_string_nocheck(number), ret);
}

int convert_possible(int source_type, enum attribute_type type)
{
    unsigned source = (unsigned)source_type;
    int is_list = source == TAJO_TYPE_STRINGS;
    int is_time = source == TAJO_TYPE_DATETIME;
    if (type == ATTRIBUTE_OTHER || source == TAJO_TYPE_OBJECT)
        return 0;
    switch (type) {
    case ATTRIBUTE_DATE:
        return !is_list && source != TAJO_TYPE_INTEGER && source != TAJO_TYPE_BOOLEAN;
    case ATTRIBUTE_FLOAT:
        return !is_list && !is_time && source != TAJO_TYPE_BOOLEAN;
    case ATTRIBUTE_BOOLEAN:
        return !is_list && !is_time;
    case ATTRIBUTE_CATEGORY:
        return !is_list;
    case ATTRIBUTE_MULTIPLE_CHOICE:
        return !is_time && source != TAJO_TYPE_INTEGER && source != TAJO_TYPE_BOOLEAN;
    default:
        return 1;
    }
}

int64_t convert_time(const json_t *value)
{
    int64_t ms = 0;
    if (json_is_string(value))
        (void)clock_parse_iso(json_string_value(value), json_string_length(value), &ms);
    return ms;
}

enum mapping_consent convert_consent(const json_t *value)
{
    static const char *const yes[] = {"true", "yes", "on", "1"};
    int64_t ms = 0;
    if (is_empty(value))
        return CONSENT_ABSENT;
    if (json_is_true(value) || (json_is_number(value) && json_number_value(value) != 0))
        return CONSENT_GIVEN;
    const char *text = plain_text(value);
    if (text == NULL)
        return CONSENT_REFUSED;
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        if (strcasecmp(text, yes[i]) == 0)
            return CONSENT_GIVEN;
    return clock_parse_iso(text, strlen(text), &ms) == 0 ? CONSENT_GIVEN : CONSENT_REFUSED;
}
