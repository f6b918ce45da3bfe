/* SPDX-License-Identifier: Apache-2.0 */
#include "brevo/attributes.h"

#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_ATTRIBUTES 2000 /* plans have 200 of the account's own */
#define DATE_LEN       10   /* of "2026-11-23" */

static enum attribute_type read_type(const char *category, const char *type)
{
    static const struct {
        const char *name;
        enum attribute_type type;
    } types[] = {
        {"text", ATTRIBUTE_TEXT},         {"date", ATTRIBUTE_DATE},
        {"float", ATTRIBUTE_FLOAT},       {"boolean", ATTRIBUTE_BOOLEAN},
        {"category", ATTRIBUTE_CATEGORY}, {"multiple-choice", ATTRIBUTE_MULTIPLE_CHOICE},
    };
    if (strcasecmp(category, "category") == 0)
        return ATTRIBUTE_CATEGORY;
    if (strcasecmp(category, "normal") != 0)
        return ATTRIBUTE_OTHER;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcasecmp(type, types[i].name) == 0)
            return types[i].type;
    }
    return ATTRIBUTE_OTHER;
}

/* The number of an option. Since 2026-05 `value` is 0 for those that have none and valueStr has
 * the text. NULL: the label must be sent. */
static json_t *option_number(const json_t *option)
{
    const char *text = json_string_value(json_object_get(option, "valueStr"));
    const json_t *value = json_object_get(option, "value");
    if (text != NULL && text[0] != '\0') {
        char *end = NULL;
        long long number = strtoll(text, &end, 10);
        return *end == '\0' ? json_integer(number) : NULL;
    }
    return json_is_integer(value) ? json_integer(json_integer_value(value)) : NULL;
}

static json_t *category_options(const json_t *enumeration)
{
    json_t *options = json_object();
    size_t index = 0;
    json_t *item = NULL;
    json_array_foreach(enumeration, index, item)
    {
        const char *label = json_string_value(json_object_get(item, "label"));
        _cleanup_json_ json_t *number = option_number(item);
        if (number != NULL) {
            char name[24];
            snprintf(name, sizeof(name), "%" JSON_INTEGER_FORMAT, json_integer_value(number));
            json_object_set(options, name, number);
        }
        if (label != NULL)
            json_object_set_new(options, label,
                                number != NULL ? json_incref(number) : json_string(label));
    }
    return options;
}

static json_t *choice_options(const json_t *choices)
{
    json_t *options = json_array();
    size_t index = 0;
    json_t *item = NULL;
    json_array_foreach(choices, index, item)
    {
        if (json_is_string(item))
            json_array_append(options, item);
    }
    return options;
}

static void read_one(const json_t *item, struct attribute *ret)
{
    const char *category = json_string_value(json_object_get(item, "category"));
    const char *type = json_string_value(json_object_get(item, "type"));
    ret->name = mem_strdup(json_string_value(json_object_get(item, "name")));
    ret->type = read_type(category != NULL ? category : "normal", type != NULL ? type : "");
    ret->options = NULL;
    if (ret->type == ATTRIBUTE_CATEGORY)
        ret->options = category_options(json_object_get(item, "enumeration"));
    else if (ret->type == ATTRIBUTE_MULTIPLE_CHOICE)
        ret->options = choice_options(json_object_get(item, "multiCategoryOptions"));
}

void attributes_read(const json_t *answer, struct attribute_table *ret)
{
    const json_t *list = json_object_get(answer, "attributes");
    size_t index = 0;
    json_t *item = NULL;
    attribute_table_clear(ret);
    ret->items = mem_array(json_array_size(list) + 1, sizeof(*ret->items));
    json_array_foreach(list, index, item)
    {
        const char *name = json_string_value(json_object_get(item, "name"));
        if (name != NULL && name[0] != '\0' && ret->count < MAX_ATTRIBUTES)
            read_one(item, &ret->items[ret->count++]);
    }
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int same_text(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b);
    for (; a_len > 0 && is_blank(*a); a_len--)
        a++;
    for (; b_len > 0 && is_blank(*b); b_len--)
        b++;
    while (a_len > 0 && is_blank(a[a_len - 1]))
        a_len--;
    while (b_len > 0 && is_blank(b[b_len - 1]))
        b_len--;
    return a_len == b_len && memcmp(a, b, a_len) == 0;
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_to_digit(const char *text)
{
    while (*text != '\0' && !is_digit(*text))
        text++;
    return text;
}

static int same_digits(const char *a, const char *b)
{
    for (a = skip_to_digit(a), b = skip_to_digit(b); *a != '\0' && *a == *b;
         a = skip_to_digit(a + 1), b = skip_to_digit(b + 1))
        ;
    return *a == *b;
}

/* Text of a string or number; "" for the rest. */
static const char *as_text(const json_t *value, char *buf, size_t size)
{
    buf[0] = '\0';
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_integer(value))
        snprintf(buf, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        snprintf(buf, size, "%.17g", json_real_value(value));
    return buf;
}

static double as_number(const json_t *value)
{
    if (json_is_string(value))
        return strtod(json_string_value(value), NULL);
    return json_number_value(value);
}

static int same_number(const json_t *sent, const json_t *found)
{
    double a = as_number(sent), b = as_number(found);
    return fabs(a - b) <= 1e-9 * fmax(1.0, fmax(fabs(a), fabs(b)));
}

static int same_choices(const json_t *sent, const json_t *found)
{
    size_t index = 0;
    json_t *item = NULL;
    if (json_array_size(sent) != json_array_size(found))
        return 0;
    json_array_foreach(sent, index, item)
    {
        size_t i = 0;
        while (i < json_array_size(found) && !json_equal(item, json_array_get(found, i)))
            i++;
        if (i == json_array_size(found))
            return 0;
    }
    return 1;
}

static int is_true(const json_t *value)
{
    const char *text = json_string_value(value);
    if (text != NULL)
        return strcasecmp(text, "true") == 0 || strcasecmp(text, "yes") == 0 ||
               strcmp(text, "1") == 0;
    return json_is_true(value) || json_number_value(value) != 0.0;
}

static int is_phone(const char *name)
{
    return strcasecmp(name, "SMS") == 0 || strcasecmp(name, "WHATSAPP") == 0 ||
           strcasecmp(name, "LANDLINE_NUMBER") == 0;
}

static int same_value(const char *name, enum attribute_type type, const json_t *sent,
                      const json_t *found)
{
    char sent_buf[40], found_buf[40];
    const char *a = as_text(sent, sent_buf, sizeof(sent_buf));
    const char *b = as_text(found, found_buf, sizeof(found_buf));
    if (type == ATTRIBUTE_CATEGORY)
        return found != NULL; /* a number or a label, as it pleases */
    if (json_is_boolean(sent))
        return json_is_true(sent) == is_true(found);
    if (json_is_array(sent))
        return same_choices(sent, found);
    if (is_phone(name))
        return same_digits(a, b);
    if (type == ATTRIBUTE_DATE)
        return strncmp(a, b, DATE_LEN) == 0;
    if (json_is_number(sent))
        return found != NULL && same_number(sent, found);
    return same_text(a, b);
}

const char *attributes_lost(const json_t *sent, const json_t *contact,
                            const struct attribute_table *table)
{
    const json_t *found = json_object_get(contact, "attributes");
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)sent, name, value)
    {
        const struct attribute *attribute = attribute_find(table, name);
        enum attribute_type type = attribute != NULL ? attribute->type : ATTRIBUTE_TEXT;
        if (!json_is_null(value) && !same_value(name, type, value, json_object_get(found, name)))
            return name;
    }
    return NULL;
}

static int array_has(const json_t *array, int64_t id)
{
    size_t index = 0;
    json_t *item = NULL;
    json_array_foreach(array, index, item)
    {
        if (json_is_integer(item) && json_integer_value(item) == id)
            return 1;
    }
    return 0;
}

int contact_has_list(const json_t *contact, int64_t list)
{
    return array_has(json_object_get(contact, "listIds"), list) ||
           array_has(json_object_get(contact, "listUnsubscribed"), list);
}

static int64_t list_id(const json_t *value)
{
    const char *text = json_string_value(value);
    return json_is_integer(value) ? json_integer_value(value)
                                  : (text != NULL ? strtoll(text, NULL, 10) : 0);
}

int contact_left_lists(const json_t *contact, struct id_set *ret)
{
    const json_t *lists = json_object_get(contact, "listUnsubscribed");
    size_t index = 0;
    json_t *value = NULL;
    if (!json_is_object(contact) ||
        (lists != NULL && !json_is_null(lists) && !json_is_array(lists)))
        return ERR_DATA;
    json_array_foreach(lists, index, value)
    {
        if (list_id(value) <= 0)
            return ERR_DATA;
    }
    json_array_foreach(lists, index, value) id_set_add(ret, list_id(value));
    return 0;
}
