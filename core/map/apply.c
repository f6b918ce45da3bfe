/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"
#include "base/mem.h"
#include "map/convert.h"
#include "map/email.h"
#include "map/mapping_internal.h"

#include <stdio.h>
#include <string.h>

#define OBJECT_MAX 1048576 /* include/tajo/plugin.h: tajo_record.json */

void mapped_person_clear(struct mapped_person *person)
{
    free(person->email);
    json_decref(person->attributes);
    json_decref(person->decides);
    id_set_clear(&person->lists);
    memset(person, 0, sizeof *person);
}

static enum mapping_skip read_email(const json_t *value, char **ret)
{
    char email[EMAIL_MAX + 1];
    if (value == NULL || json_is_null(value) ||
        (json_is_string(value) && json_string_length(value) == 0))
        return SKIP_NO_EMAIL;
    if (!json_is_string(value) ||
        email_normalize(json_string_value(value), json_string_length(value), email) < 0)
        return SKIP_INVALID_EMAIL;
    *ret = mem_strdup(email);
    return SKIP_NONE;
}

static enum mapping_skip decide_skip(const struct mapping *m, const json_t *root,
                                     struct mapped_person *person)
{
    if (m->consent_field != NULL)
        person->consent = convert_consent(json_at_path(root, m->consent_field));
    enum mapping_skip skip = read_email(json_at_path(root, m->email_path), &person->email);
    if (skip != SKIP_NONE)
        return skip;
    if (m->verified_only && convert_boolean(json_at_path(root, m->email_verified_path)) != 1)
        return SKIP_NOT_VERIFIED;
    if (person->consent == CONSENT_ABSENT || person->consent == CONSENT_REFUSED)
        return SKIP_NO_CONSENT;
    return SKIP_NONE;
}

static void map_attributes(const struct mapping *m, const json_t *root,
                           struct mapped_person *person)
{
    for (size_t i = 0; i < m->field_count; i++) {
        const struct bound_field *field = &m->fields[i];
        const json_t *value = NULL;
        json_t *converted = NULL;
        if (field->attribute.name == NULL ||
            (value = json_at_path(root, field->source.path)) == NULL)
            continue;
        enum convert_result result = field->is_phone
                                         ? convert_phone(m->phone_region, value, &converted)
                                         : convert_value(&field->attribute, value, &converted);
        if (result == CONVERT_OK)
            json_object_set_new_nocheck(person->attributes, field->attribute.name, converted);
        else if (result == CONVERT_LOST)
            person->losses[field->is_phone ? LOSS_INVALID_PHONE : LOSS_UNCONVERTIBLE]++;
    }
}

static void map_lists(const struct mapping *m, const json_t *root, struct mapped_person *person)
{
    for (size_t i = 0; i < m->list_count; i++)
        if (m->lists[i].field == NULL ||
            convert_boolean(json_at_path(root, m->lists[i].field)) == 1)
            id_set_add(&person->lists, m->lists[i].id);
}

/* Kind, length, bytes: no two different values give the same run of bytes. */
static void add_run(struct strbuf *out, char kind, const void *data, size_t len)
{
    uint64_t n = len;
    strbuf_add_char(out, kind);
    strbuf_add(out, &n, sizeof n);
    strbuf_add(out, data, len);
}

static void add_value(struct strbuf *out, const json_t *value)
{
    json_int_t integer = json_integer_value(value);
    double real = json_real_value(value);
    size_t i;
    const json_t *item;
    switch (json_typeof(value)) {
    case JSON_STRING:
        add_run(out, 's', json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        add_run(out, 'i', &integer, sizeof integer);
        break;
    case JSON_REAL:
        add_run(out, 'r', &real, sizeof real);
        break;
    case JSON_ARRAY:
        add_run(out, 'a', NULL, json_array_size(value));
        json_array_foreach(value, i, item)
        {
            add_value(out, item);
        }
        break;
    default:
        add_run(out, json_is_true(value) ? 't' : 'f', NULL, 0);
    }
}

static uint64_t hash_person(const struct mapped_person *person)
{
    _cleanup_(strbuf_release) struct strbuf text = STRBUF_INIT;
    const char *key;
    json_t *value;
    strbuf_reserve(&text, 512);
    add_run(&text, 'e', person->email, person->email != NULL ? strlen(person->email) : 0);
    strbuf_add_char(&text, (char)('0' + (int)person->skip));
    strbuf_add_char(&text, (char)('0' + (int)person->consent));
    json_object_foreach(person->attributes, key, value)
    {
        add_run(&text, 'k', key, strlen(key));
        add_value(&text, value);
    }
    add_run(&text, 'l', person->lists.ids, person->lists.count * sizeof *person->lists.ids);
    return hash_bytes(text.data, text.len);
}

int mapping_apply(const struct mapping *mapping, const char *json, size_t len,
                  struct mapped_person *ret, struct err_info *e)
{
    _cleanup_json_ json_t *root = NULL;
    struct mapped_person person = {0};
    int r = json_parse(json, len, OBJECT_MAX, &root, e);
    if (r < 0)
        return r;
    if (!json_is_object(root))
        return err_set(e, ERR_DATA, NULL, NULL, "The record is not a JSON object");
    person.attributes = json_object();
    person.decides = json_incref(mapping->decides);
    person.skip = decide_skip(mapping, root, &person);
    if (person.skip == SKIP_NONE) {
        map_attributes(mapping, root, &person);
        map_lists(mapping, root, &person);
    }
    if (mapping->last_login_path != NULL)
        person.last_ms = convert_time(json_at_path(root, mapping->last_login_path));
    if (mapping->created_at_path != NULL)
        person.created_ms = convert_time(json_at_path(root, mapping->created_at_path));
    person.content_hash = hash_person(&person);
    *ret = person;
    return 0;
}
