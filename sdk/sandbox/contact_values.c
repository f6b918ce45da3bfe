/* SPDX-License-Identifier: Apache-2.0 */
#include "contact_values.h"
#include "moment.h"

#include <stdlib.h>
#include <string.h>

#define ENTRY_HEAD 3

struct entry {
    unsigned attribute;
    struct value value;
    size_t next;
};

static struct entry read_entry(const struct contact *contact, size_t at)
{
    const unsigned char *head = (const unsigned char *)contact->values + at;
    size_t size = head[1] | (size_t)head[2] << 8;
    return (struct entry){
        .attribute = head[0],
        .value = {.text = contact->values + at + ENTRY_HEAD, .size = size},
        .next = at + ENTRY_HEAD + size,
    };
}

void values_open(const struct contact *contact, struct value ret_table[ACCOUNT_ATTRIBUTES])
{
    memset(ret_table, 0, sizeof(*ret_table) * ACCOUNT_ATTRIBUTES);
    for (size_t at = 0; at < contact->values_size;) {
        struct entry entry = read_entry(contact, at);
        ret_table[entry.attribute] = entry.value;
        at = entry.next;
    }
}

void values_pack(struct contact *contact, const struct value table[ACCOUNT_ATTRIBUTES])
{
    size_t size = 0;
    for (size_t i = 0; i < ACCOUNT_ATTRIBUTES; i++) {
        size += table[i].text ? ENTRY_HEAD + table[i].size : 0;
    }
    char *block = mem_resize(NULL, size, 1);
    char *at = block;
    for (size_t i = 0; i < ACCOUNT_ATTRIBUTES; i++) {
        if (table[i].text) {
            *at++ = (char)i;
            *at++ = (char)(table[i].size & 255);
            *at++ = (char)(table[i].size >> 8);
            memcpy(at, table[i].text, table[i].size);
            at += table[i].size;
        }
    }
    free(contact->values);
    contact->values = block;
    contact->values_size = (uint32_t)size;
}

struct value values_get(const struct contact *contact, int attribute)
{
    for (size_t at = 0; at < contact->values_size;) {
        struct entry entry = read_entry(contact, at);
        if ((int)entry.attribute == attribute) {
            return entry.value;
        }
        at = entry.next;
    }
    return (struct value){0};
}

static bool has_option(const struct attribute *attribute, const json_t *value)
{
    const json_t *option;
    size_t i;
    json_array_foreach(attribute->options, i, option)
    {
        if (json_equal(json_object_get(option, "value"), value) ||
            json_equal(json_object_get(option, "label"), value) || json_equal(option, value)) {
            return true;
        }
    }
    return false;
}

static bool are_options(const struct attribute *attribute, const json_t *values)
{
    const json_t *value;
    size_t i;
    json_array_foreach((json_t *)(uintptr_t)values, i, value)
    {
        if (!has_option(attribute, value)) {
            return false;
        }
    }
    return json_is_array(values);
}

static bool fits_type(const struct attribute *attribute, const json_t *value)
{
    switch (attribute->type) {
    case ATTRIBUTE_FLOAT:
        return json_is_number(value);
    case ATTRIBUTE_BOOLEAN:
        return json_is_boolean(value);
    case ATTRIBUTE_CATEGORY:
        return has_option(attribute, value);
    case ATTRIBUTE_CHOICE:
        return are_options(attribute, value);
    default:
        return json_is_string(value);
    }
}

enum value_result values_encode(const struct attribute *attribute, const json_t *value,
                                struct buffer *buffer)
{
    if (json_is_null(value) || (json_is_string(value) && !json_string_length(value))) {
        return VALUE_ERASES;
    }
    if (!fits_type(attribute, value)) {
        return VALUE_IGNORED;
    }
    if (attribute->type == ATTRIBUTE_DATE && !moment_is_date(json_string_value(value))) {
        return VALUE_BAD_DATE;
    }
    size_t before = buffer->used;
    buffer_add_json(buffer, value);
    if (buffer->used - before > VALUE_MAX) {
        buffer->used = before;
        return VALUE_IGNORED;
    }
    return VALUE_TAKEN;
}

struct named_value {
    const char *name;
    struct value value;
};

static int compare_names(const void *left, const void *right)
{
    const struct named_value *a = left;
    const struct named_value *b = right;
    return strcmp(a->name, b->name);
}

void values_write(const struct account *account, const struct contact *contact,
                  struct buffer *buffer)
{
    struct named_value sorted[ACCOUNT_ATTRIBUTES];
    size_t count = 0;
    for (size_t at = 0; at < contact->values_size;) {
        struct entry entry = read_entry(contact, at);
        sorted[count++] =
            (struct named_value){account->attributes[entry.attribute].name, entry.value};
        at = entry.next;
    }
    qsort(sorted, count, sizeof(*sorted), compare_names);
    buffer_add_char(buffer, '{');
    for (size_t i = 0; i < count; i++) {
        if (i) {
            buffer_add_char(buffer, ',');
        }
        buffer_add_string(buffer, sorted[i].name, strlen(sorted[i].name));
        buffer_add_char(buffer, ':');
        buffer_add(buffer, sorted[i].value.text, sorted[i].value.size);
    }
    buffer_add_char(buffer, '}');
}
